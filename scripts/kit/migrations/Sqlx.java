//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES GolangMigrate.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES Splitter.java
package kit.migrations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** sqlx (Rust): VERSION_words.sql, or .up.sql and .down.sql, in a crate that has sqlx; in a transaction unless the
 * first line is “-- no-transaction”; each file with its SHA-384 in the ledger. */
final class Sqlx extends Dialect {
    Sqlx() {
        super("sqlx", "(?<version>\\d+)_(?<words>.+?)(?:\\.up)?\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return listing.above("Cargo.toml", "sqlx") && !listing.sql().isEmpty()
                ? most(listing,
                        listing.sql().stream().filter(file -> Listing.name(file).matches("\\d+_.*\\.sql")).count(),
                        "are named so, in a crate with sqlx")
                : null;
    }

    @Override
    List<Migration> read(Listing listing) throws IOException {
        List<Path> down = listing.sql().stream().filter(file -> Listing.name(file).matches("(?i).*\\.down\\.sql"))
                .toList();
        List<Path> alone = down.stream().filter(file -> !listing.sql().contains(file.resolveSibling(
                file.getFileName().toString().replaceFirst("\\.down\\.sql$", ".up.sql")))).toList();
        alone.forEach(file -> leaveOut(listing, file));
        listing.sql().removeAll(down);
        return super.read(listing);
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        String down = file.getFileName().toString().replaceFirst("\\.up\\.sql$", ".down.sql");
        return new Migration(file, version, words, text, !text.startsWith("-- no-transaction"), Splitter.split(text, 1),
                down.equals(file.getFileName().toString()) ? List.of()
                        : Splitter.split(listing.sibling(file.resolveSibling(down)), 1),
                flaws);
    }

    @Override
    List<Book> books() {
        return List
                .of(new Book("_sqlx_migrations", null, "SELECT version, CASE WHEN success THEN 'applied' ELSE 'failed' "
                        + "END FROM %s ORDER BY installed_on, version"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return new GolangMigrate().newFiles(version, words, up, down);
    }
}
