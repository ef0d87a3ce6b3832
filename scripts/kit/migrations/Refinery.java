//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Flyway.java
//SOURCES Listing.java
//SOURCES Migration.java
package kit.migrations;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** refinery (Rust): V1__words.sql, and U1__words.sql, which is no undo but may come in any order; each in a
 * transaction; no Down. */
final class Refinery extends Dialect {
    Refinery() {
        super("refinery", "(?-i:[UV](?<version>\\d+(?:\\.\\d+)?))__(?<words>.+)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return listing.above("Cargo.toml", "refinery") && new Flyway().marks(listing) != null
                ? new Flyway().marks(listing) + ", in a crate with refinery"
                : null;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return inTransaction(listing, file, version, words, flaws);
    }

    @Override
    List<Book> books() {
        return List.of(new Book("refinery_schema_history", null, "SELECT version, 'applied' FROM %s ORDER BY version"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return new Flyway().newFiles(version, words, up, down);
    }
}
