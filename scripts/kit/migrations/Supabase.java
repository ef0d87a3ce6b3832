//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
package kit.migrations;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Supabase: supabase/migrations/TIMESTAMP_words.sql, each in a transaction; seed.sql beside the folder is data; no
 * Down. */
final class Supabase extends Dialect {
    Supabase() {
        super("Supabase", "(?<version>\\d+)_(?<words>.+)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        Path dir = listing.dir.toAbsolutePath().normalize();
        return dir.getParent() != null && !listing.sql().isEmpty() && dir.endsWith("supabase/migrations")
                || dir.endsWith("migrations") && Files.isRegularFile(dir.resolveSibling("config.toml"))
                        && listing.sibling(dir.resolveSibling("config.toml")).contains("project_id")
                                ? "supabase/migrations"
                                : null;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return inOneCall(listing, file, version, words, flaws);
    }

    @Override
    List<Book> books() {
        return List
                .of(new Book("schema_migrations", "statements", "SELECT version, 'applied' FROM %s ORDER BY version"));
    }
}
