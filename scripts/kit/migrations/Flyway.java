//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
package kit.migrations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Flyway: V1.2__words.sql by number, R__words.sql last and again when they change, U1.2__words.sql to undo. */
class Flyway extends Dialect {
    private static final Pattern NAMED = Pattern.compile("(V\\d+([._]\\d+)*|R|U\\d+([._]\\d+)*)__.+\\.sql");

    Flyway() {
        this("Flyway");
    }

    Flyway(String title) {
        super(title, "(?-i:V(?<version>\\d+(?:[._]\\d+)*)|R)__(?<words>.+)\\.sql");
    }

    @Override
    long votes(Listing listing) {
        return listing.sql().stream().filter(file -> NAMED.matcher(Listing.name(file)).matches()).count();
    }

    @Override
    String marks(Listing listing) {
        return most(listing, votes(listing), "are named so");
    }

    /** It looks into subfolders, too. */
    @Override
    List<Migration> read(Listing listing) throws IOException {
        listing.deep(NAMED);
        return super.read(listing);
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return whole(file, version, words, listing.text(file), version.isEmpty() ? ""
                : listing.sibling(file.resolveSibling("U" + file.getFileName().toString().substring(1))), flaws);
    }

    @Override
    void leaveOut(Listing listing, Path file) {
        if (!Listing.name(file).matches("U\\d.*__.*")) {
            super.leaveOut(listing, file);
        }
    }

    @Override
    boolean copiesData() {
        return true;
    }

    @Override
    List<Book> books() {
        return List.of(new Book("flyway_schema_history", null,
                "SELECT coalesce(version, script), CASE WHEN NOT success "
                        + "THEN 'failed' WHEN type LIKE '%%BASELINE' THEN 'up to' WHEN type LIKE 'UNDO%%' OR type IN "
                        + "('SCHEMA', "
                        + "'DELETE') THEN 'undone' ELSE 'applied' END FROM %s ORDER BY installed_rank"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of("V" + version + "__" + words + ".sql", up + "\n");
    }
}
