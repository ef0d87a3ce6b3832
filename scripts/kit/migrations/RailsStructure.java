//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
//SOURCES ../report/Words.java
package kit.migrations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import kit.report.Severity;
import kit.report.Words;

/** Rails with config.active_record.schema_format = :sql: db/structure.sql is the schema after all migrations, which are
 * Ruby; it ends with the versions that are in it. */
final class RailsStructure extends Dialect {
    private static final Pattern VERSION = Pattern.compile("\\('(\\d{3,})'\\)");

    RailsStructure() {
        super("Rails' structure.sql", "(?<version>)(?<words>structure)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return listing.has("structure.sql") && listing.text(listing.dir.resolve("structure.sql"))
                .contains("schema_migrations") ? "structure.sql with its versions" : null;
    }

    @Override
    List<Migration> read(Listing listing) {
        Path file = listing.dir.resolve("structure.sql");
        List<Flaw> flaws = listing.flaws(file);
        String text = listing.text(file);
        Set<String> there = new TreeSet<>(VERSION.matcher(text).results().map((MatchResult m) -> m.group(1)).toList());
        Set<String> written = new TreeSet<>();
        Path migrate = listing.dir.resolve("migrate");
        if (Files.isDirectory(migrate)) {
            try {
                Listing.entries(migrate).stream().map(Listing::name).filter(name -> name.matches("\\d+_.*\\.rb"))
                        .forEach(name -> written.add(name.replaceFirst("_.*", "")));
            } catch (IOException e) {
                listing.leftOut.add("migrate/ is not to be read");
            }
            List<String> missing = written.stream().filter(version -> !there.contains(version)).toList();
            if (!missing.isEmpty()) {
                flaws.add(new Flaw("MIGRATION_NOT_APPLIED", Severity.error, 0,
                        "structure.sql is older than the migrations: "
                                + missing.size() + " of migrate/ are not in it: " + Words.some(missing, 5)
                                + "; bin/rails db:migrate writes it anew"));
            }
        }
        List<Migration> files = new ArrayList<>();
        files.add(migration(listing, file, "", "structure", flaws));
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        return new Migration(file, version, words, text, false, Splitter.split(text, 1), List.of(), flaws);
    }

    @Override
    boolean ofPsql() {
        return true;
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of();
    }
}
