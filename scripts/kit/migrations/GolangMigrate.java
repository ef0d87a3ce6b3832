//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** golang-migrate (github.com/golang-migrate/migrate): NNN_words.up.sql and NNN_words.down.sql; a file is one call. */
class GolangMigrate extends Dialect {
    GolangMigrate() {
        this("golang-migrate");
    }

    GolangMigrate(String title) {
        super(title, "(?<version>\\d+)_(?<words>.*)\\.up\\.sql");
    }

    @Override
    long votes(Listing listing) {
        return listing.sql().stream().filter(file -> Listing.name(file).matches("(?i)\\d+_.*\\.(up|down)\\.sql"))
                .count();
    }

    @Override
    String marks(Listing listing) {
        return most(listing, votes(listing), "are named so");
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        String down = Listing.name(file).replaceFirst("(?i)\\.up\\.sql$", ".down.sql");
        return migration(file, version, words, text, Splitter.split(text, 1),
                Splitter.split(listing.sibling(file.resolveSibling(down)), 1), true, flaws);
    }

    @Override
    List<Book> books() {
        return List.of(new Book("schema_migrations", "dirty", "SELECT version, unnest(CASE WHEN dirty THEN "
                + "'{up to,failed}' ELSE '{up to,applied}' END::text[]) FROM %s"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        String name = version + "_" + words;
        return two(name + ".up.sql", up + "\n", name + ".down.sql", down + "\n");
    }
}
