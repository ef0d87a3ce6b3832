//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
//SOURCES Part.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import kit.report.Severity;

/** sqitch: the changes of sqitch.plan in its order, deploy/NAME.sql and revert/NAME.sql, run by psql; the scripts bring
 * their own BEGIN and COMMIT. */
final class Sqitch extends Dialect {
    private static final Pattern CHANGE = Pattern.compile("^([^\\s%@#\\[][^\\s\\[]*)");
    private static final Pattern ENDS = Pattern
            .compile("(?is)(begin|commit|start\\s+transaction|end)(\\s+(work|transaction))?");

    Sqitch() {
        super("sqitch", "(?<version>)(?<words>.+)\\.sql");
    }

    private static Path top(Listing listing) {
        return listing.has("sqitch.plan") ? listing.dir : listing.dir.toAbsolutePath().normalize().getParent();
    }

    @Override
    String marks(Listing listing) {
        Path dir = listing.dir.toAbsolutePath().normalize();
        return listing.has("sqitch.plan") || dir.getFileName() != null && dir.getFileName().toString().equals("deploy")
                && Files.isRegularFile(dir.resolveSibling("sqitch.plan")) ? "sqitch.plan" : null;
    }

    @Override
    List<Migration> read(Listing listing) {
        Path plan = top(listing).resolve("sqitch.plan");
        Path deploy = listing.has("sqitch.plan") ? listing.dir.resolve("deploy") : listing.dir;
        List<Migration> files = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        List<String> lines = listing.text(plan).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            var m = CHANGE.matcher(lines.get(i));
            if (!m.find()) {
                continue;
            }
            // A change that is reworked after a tag: its older script is NAME@TAG.sql.
            String change = m.group(1);
            Path file = deploy.resolve(change + ".sql");
            if (!Files.isRegularFile(file)) {
                listing.broken.add(new Listing.Break(plan, "line " + (i + 1) + " of the plan has the change " + change
                        + ", and there is no deploy/" + change + ".sql"));
            } else if (seen.add(change)) {
                files.add(migration(listing, file, String.valueOf(files.size() + 1), change, listing.flaws(file)));
            } else {
                listing.leftOut.add(change + ", reworked, is in its older form (NAME@TAG.sql)");
            }
        }
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        List<Part> up = new ArrayList<>(Splitter.split(text, 1));
        List<Part> down = new ArrayList<>(Splitter.split(listing.sibling(revert(file)), 1));
        boolean transactional = up.removeIf(Sqitch::ends);
        down.removeIf(Sqitch::ends);
        if (!Files.exists(revert(file))) {
            flaws.add(new Flaw("MIGRATION_MARKERS", Severity.info, 0, words + " has no revert script"));
        }
        return new Migration(file, version, words, text, transactional, up, down, flaws);
    }

    private static Path revert(Path deploy) {
        Path at = deploy.toAbsolutePath().normalize();
        while (at != null && !at.endsWith("deploy")) {
            at = at.getParent();
        }
        return at == null ? deploy.resolveSibling("no revert")
                : at.resolveSibling("revert")
                        .resolve(at.relativize(deploy.toAbsolutePath().normalize()).toString());
    }

    private static boolean ends(Part part) {
        return ENDS.matcher(Splitter.bare(part.sql())).matches();
    }

    @Override
    List<Book> books() {
        return List.of(
                new Book("changes", "change_id", "SELECT change || '.sql', 'applied' FROM %s ORDER BY committed_at"));
    }

    @Override
    boolean ofPsql() {
        return true;
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return two("deploy/" + words + ".sql", "BEGIN;\n" + up + "\nCOMMIT;\n", "revert/" + words + ".sql",
                "BEGIN;\n" + down + "\nCOMMIT;\n");
    }
}
