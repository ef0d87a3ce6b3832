//SOURCES Flaw.java
//SOURCES Goose.java
//SOURCES Listing.java
//SOURCES MarkedDialect.java
//SOURCES Migration.java
package kit.migrations;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** goose (github.com/pressly/goose): NNN_words.sql with marks in comments, and migrations in Go between them. */
final class GooseDialect extends MarkedDialect {
    GooseDialect() {
        super("goose", "(?<version>\\d+)_(?<words>.+)\\.sql", "-- +goose");
    }

    @Override
    boolean marked(Listing listing, Path file) {
        return listing.text(file).lines().anyMatch(line -> Goose.mark(line) != null);
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return new Goose(Listing.name(file), listing.text(file), flaws).migration(file, version, words);
    }

    @Override
    List<Book> books() {
        return List.of(new Book("goose_db_version", null, "SELECT version_id, CASE WHEN is_applied THEN 'applied' ELSE "
                + "'undone' END FROM %s WHERE version_id > 0 ORDER BY id"));
    }

    @Override
    public String upMark() {
        return "-- +goose Up";
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        // A function's semicolons end no statement there.
        String block = up.contains("$") ? "-- +goose StatementBegin\n" + up + "\n-- +goose StatementEnd" : up;
        return Map.of(version + "_" + words + ".sql", upMark() + "\n" + block + "\n\n-- +goose Down\n"
                + (down.contains("$") ? "-- +goose StatementBegin\n" + down + "\n-- +goose StatementEnd" : down)
                + "\n");
    }
}
