//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import kit.report.Severity;

/** Diesel (diesel.rs): a folder each, VERSION_words, with up.sql and down.sql; the version is what stands before the
 * first underscore, without its dashes; metadata.toml can say run_in_transaction = false. */
final class Diesel extends Dialect {
    Diesel() {
        super("Diesel", "(?<version>\\d[\\d-]*)_(?<words>.+)/up\\.sql");
    }

    @Override
    String marks(Listing listing) {
        int folders = listing.foldersWith("up.sql").size();
        return folders == 0 ? null : folders + " subfolders with up.sql";
    }

    @Override
    List<Migration> read(Listing listing) {
        List<Migration> files = new ArrayList<>();
        for (Path folder : listing.foldersWith("up.sql")) {
            String[] parts = Listing.name(folder).split("_", 2);
            if (parts[0].matches("\\d[\\d-]*")) {
                Path up = folder.resolve("up.sql");
                files.add(migration(listing, up, parts[0].replace("-", ""), parts.length > 1 ? parts[1] : "",
                        listing.flaws(up)));
            } else {
                listing.leftOut.add(Listing.name(folder) + "/ is not named as Diesel names its folders");
            }
        }
        listing.folders().stream().filter(folder -> !listing.foldersWith("up.sql").contains(folder)
                && Files.exists(folder.resolve("down.sql")))
                .forEach(folder -> listing.leftOut
                        .add(Listing.name(folder) + "/down.sql is a Down file without its Up file"));
        listing.sql()
                .forEach(file -> listing.leftOut.add(Listing.name(file) + " is not named as Diesel names its files"));
        files.sort(Comparator.comparing(Migration::version));
        return files;
    }

    @Override
    Migration migration(Listing listing, Path up, String version, String words, List<Flaw> flaws) {
        boolean transactional = !listing.sibling(up.resolveSibling("metadata.toml"))
                .matches("(?s)(.*\\n)?\\s*run_in_transaction\\s*=\\s*false.*");
        String text = listing.text(up);
        if (!Files.exists(up.resolveSibling("down.sql"))) {
            flaws.add(new Flaw("MIGRATION_MARKERS", Severity.info, 0,
                    up.getParent().getFileName() + " has no down.sql: Diesel cannot revert it"));
        }
        return new Migration(up, version, words, text, transactional, Splitter.split(text, 1),
                Splitter.split(listing.sibling(up.resolveSibling("down.sql")), 1), flaws);
    }

    @Override
    List<Book> books() {
        return List
                .of(new Book("__diesel_schema_migrations", null, "SELECT version, 'applied' FROM %s ORDER BY version"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        String folder = version + "_" + words;
        return two(folder + "/up.sql", up + "\n", folder + "/down.sql", down + "\n");
    }
}
