//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Marked.java
//SOURCES Migration.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** node-pg-migrate: files of SQL with “-- Up Migration” and “-- Down Migration”, among files in JavaScript. */
final class NodePgMigrate extends Dialect {
    private static final Pattern UP = Pattern.compile("(?im)^\\s*--[\\s-]*up\\s+migration");
    private static final Pattern DOWN = Pattern.compile("(?im)^\\s*--[\\s-]*down\\s+migration");

    NodePgMigrate() {
        super("node-pg-migrate", "(?<version>\\d+)[_-](?<words>.+)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return Marked.of(listing, file -> listing.says(file, UP) || listing.says(file, DOWN),
                "have “-- Up Migration” or “-- Down Migration”");
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        Matcher up = UP.matcher(text);
        Matcher down = DOWN.matcher(text);
        int upAt = up.find() ? up.start() : 0;
        int downAt = down.find() ? down.start() : text.length();
        int upEnd = downAt > upAt ? downAt : text.length();
        int downEnd = downAt > upAt ? text.length() : upAt;
        return new Migration(file, version, words, text, true,
                Splitter.split(text.substring(upAt, upEnd), 1 + Splitter.newlines(text, 0, upAt)),
                Splitter.split(text.substring(downAt, downEnd), 1 + Splitter.newlines(text, 0, downAt)), flaws);
    }

    @Override
    List<Book> books() {
        return List.of(new Book("pgmigrations", null, "SELECT name || '.sql', 'applied' FROM %s ORDER BY run_on, id"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of(version + "_" + words.replace('_', '-') + ".sql",
                "-- Up Migration\n" + up + "\n\n-- Down Migration\n" + down + "\n");
    }
}
