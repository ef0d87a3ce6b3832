//SOURCES Dbmate.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES MarkedDialect.java
//SOURCES Migration.java
package kit.migrations;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** dbmate (github.com/amacneil/dbmate): NNN_words.sql with “-- migrate:up” and “-- migrate:down”. */
final class DbmateDialect extends MarkedDialect {
    DbmateDialect() {
        super("dbmate", "(?<version>\\d+)_(?<words>.+)\\.sql", "-- migrate:");
    }

    @Override
    boolean marked(Listing listing, Path file) {
        return listing.text(file).lines().anyMatch(line -> Dbmate.MARK.matcher(line).lookingAt());
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return Dbmate.read(file, version, words, listing.text(file), flaws);
    }

    @Override
    List<Book> books() {
        return List.of(new Book("schema_migrations", null, "SELECT version, 'applied' FROM %s ORDER BY version"));
    }

    @Override
    public String upMark() {
        return "-- migrate:up";
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of(version + "_" + words + ".sql", upMark() + "\n" + up + "\n\n-- migrate:down\n" + down + "\n");
    }
}
