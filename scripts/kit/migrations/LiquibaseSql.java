//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Marked.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Liquibase's formatted SQL: files that begin with “--liquibase formatted sql”, cut into change sets, with what undoes
 * each behind “--rollback”. Files are taken in the order of their names, as includeAll does. */
final class LiquibaseSql extends Dialect {
    private static final Pattern FORMATTED = Pattern.compile("(?i)\\A\\s*--\\s*liquibase\\s*formatted");
    private static final Pattern SET = Pattern.compile("(?i)^\\s*--\\s*changeset\\s+\\S+.*");
    private static final Pattern ROLLBACK = Pattern.compile("(?i)^\\s*--\\s*rollback\\s+(.*)");
    private static final Pattern OTHER_ENGINE = Pattern.compile(
            "(?i).*\\bdbms:\"?(?!.*(?:postgres|all\\b))[\\w, !]+.*|.*\\bignore:true.*");

    LiquibaseSql() {
        super("Liquibase's formatted SQL", "(?<version>)(?<words>.+)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return Marked.of(listing, file -> listing.says(file, FORMATTED), "begin with “--liquibase formatted sql”");
    }

    @Override
    List<Migration> read(Listing listing) {
        List<Migration> files = new ArrayList<>();
        for (Path file : listing.sql()) {
            // includeAll sorts by name; the place is the number.
            files.add(migration(listing, file, String.valueOf(files.size() + 1), Listing.name(file),
                    listing.flaws(file)));
        }
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        if (!listing.says(file, FORMATTED)) {
            return whole(file, version, words, text, "", flaws);
        }
        StringBuilder up = new StringBuilder();
        List<Part> down = new ArrayList<>();
        List<Part> ofSet = new ArrayList<>();
        boolean left = false;
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            Matcher rollback = ROLLBACK.matcher(line);
            if (SET.matcher(line).matches()) {
                down.addAll(0, ofSet);
                ofSet.clear();
                left = OTHER_ENGINE.matcher(line).matches();
            } else if (!left && rollback.matches()
                    && !rollback.group(1).matches("(?i)(not required|empty|changesetid).*")) {
                ofSet.addAll(Splitter.split(rollback.group(1), number));
            }
            up.append(left ? "" : line).append('\n');
        }
        down.addAll(0, ofSet);
        return new Migration(file, version, words, text,
                !Pattern.compile("(?im)^\\s*--\\s*changeset\\s.*runInTransaction:false").matcher(text).find(),
                Splitter.split(up.toString(), 1), down, flaws);
    }

    @Override
    List<Book> books() {
        return List.of(
                new Book("databasechangelog", null, "SELECT regexp_replace(filename, '.*[/\\\\:]', ''), 'applied' FROM "
                        + "%s ORDER BY orderexecuted"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of(version + "_" + words + ".sql", "--liquibase formatted sql\n\n--changeset " + words + ":1\n" + up
                + "\n--rollback " + down.replace("\n", " ") + "\n");
    }
}
