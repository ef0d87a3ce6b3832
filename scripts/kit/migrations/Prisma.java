//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
package kit.migrations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Prisma Migrate: a folder each with migration.sql, in the order of the folders' names as text; the file is one call;
 * no Down. */
final class Prisma extends Dialect {
    Prisma() {
        super("Prisma", "(?<version>\\d*)_?(?<words>.+)/migration\\.sql");
    }

    @Override
    String marks(Listing listing) {
        int folders = listing.foldersWith("migration.sql").size();
        return folders > 0 ? folders + " subfolders with migration.sql"
                : listing.has("migration_lock.toml") ? "migration_lock.toml" : null;
    }

    @Override
    List<Migration> read(Listing listing) {
        List<Path> folders = listing.foldersWith("migration.sql");
        // Where not every name begins with a number of its own, the place counts.
        long numbers = folders.stream().map(folder -> Listing.name(folder).replaceFirst("_.*", ""))
                .filter(number -> number.matches("\\d+")).distinct().count();
        List<Migration> files = new ArrayList<>();
        for (Path folder : folders) {
            String name = Listing.name(folder);
            Path file = folder.resolve("migration.sql");
            files.add(migration(listing, file, numbers == folders.size() ? name.replaceFirst("_.*", "")
                    : String.valueOf(files.size() + 1), name.replaceFirst("^\\d+_", ""), listing.flaws(file)));
        }
        listing.sql()
                .forEach(file -> listing.leftOut.add(Listing.name(file) + " is not named as Prisma names its files"));
        listing.folders().stream().filter(folder -> !folders.contains(folder))
                .forEach(folder -> listing.leftOut.add(Listing.name(folder) + "/ is a folder without migration.sql"));
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return inOneCall(listing, file, version, words, flaws);
    }

    @Override
    List<Book> books() {
        return List.of(new Book("_prisma_migrations", null, "SELECT migration_name || '/migration.sql', CASE WHEN "
                + "rolled_back_at IS NOT NULL THEN 'undone' WHEN finished_at IS NULL THEN 'failed' ELSE 'applied' END "
                + "FROM %s ORDER BY started_at"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of(version + "_" + words + "/migration.sql", up + "\n");
    }
}
