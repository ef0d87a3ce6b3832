//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
package kit.migrations;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Severity;

/** Drizzle (drizzle-kit): what meta/_journal.json names, in its order; all of a run in one transaction; no Down. The
 * version is the journal's “when”: an entry that is not later than the last one applied is passed over. */
final class Drizzle extends Dialect {
    private static final Pattern ENTRY = Pattern.compile("\\{[^{}]*\"tag\"[^{}]*}");
    private static final Pattern TAG = Pattern.compile("\"tag\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern WHEN = Pattern.compile("\"when\"\\s*:\\s*(\\d+)");

    Drizzle() {
        super("Drizzle", "(?<version>\\d+)_(?<words>.+)\\.sql");
    }

    private static Path journal(Listing listing) {
        return listing.dir.resolve("meta/_journal.json");
    }

    @Override
    String marks(Listing listing) {
        return Files.isRegularFile(journal(listing)) ? "meta/_journal.json" : null;
    }

    @Override
    List<Migration> read(Listing listing) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (Matcher m = ENTRY.matcher(listing.text(journal(listing))); m.find();) {
            Matcher tag = TAG.matcher(m.group());
            Matcher when = WHEN.matcher(m.group());
            if (tag.find()) {
                entries.put(tag.group(1), when.find() ? when.group(1) : String.valueOf(entries.size()));
            }
        }
        List<Migration> files = new ArrayList<>();
        String last = "0";
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            Path file = listing.dir.resolve(entry.getKey() + ".sql");
            if (!listing.sql().contains(file)) {
                listing.broken.add(new Listing.Break(journal(listing), "the journal names " + entry.getKey()
                        + ", and there is no " + Listing.name(file) + ": drizzle's migrator fails at it"));
                continue;
            }
            List<Flaw> flaws = listing.flaws(file);
            if (Long.parseLong(entry.getValue()) <= Long.parseLong(last)) {
                flaws.add(
                        new Flaw("MIGRATION_OUT_OF_ORDER", Severity.error, 0, Listing.name(file) + " is in the journal "
                                + "behind one with a later “when”: a database that has that one never gets it"));
            } else {
                last = entry.getValue();
            }
            files.add(migration(listing, file, entry.getValue(), entry.getKey().replaceFirst("^\\d+_", ""), flaws));
        }
        listing.sql().stream().filter(file -> files.stream().noneMatch(m -> m.file().equals(file)))
                .forEach(file -> listing.leftOut.add(Listing.name(file) + " is not in the journal"));
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return inTransaction(listing, file, version, words, flaws);
    }

    @Override
    List<Book> books() {
        // The newest counts: what the journal has with an earlier time is taken as applied.
        return List.of(
                new Book("__drizzle_migrations", null, "SELECT created_at, unnest('{up to,applied}'::text[]) FROM %s "
                        + "ORDER BY created_at"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of();
    }
}
