//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
package kit.migrations;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import kit.report.Severity;

/** Atlas (atlasgo.io): VERSION_words.sql, versioned by atlas.sum, which has a sum of each file and those before it; no
 * Down; “-- atlas:txmode none”. */
final class Atlas extends Dialect {
    private static final Pattern OUTSIDE = Pattern.compile("(?m)^--\\s*atlas:txmode\\s+none");
    private static final Pattern IGNORED = Pattern.compile("(?m)^--\\s*atlas:sum\\s+ignore");

    Atlas() {
        super("Atlas", "(?<version>\\d+)(?:_(?<words>.*))?\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return listing.has("atlas.sum") ? "atlas.sum" : null;
    }

    @Override
    List<Migration> read(Listing listing) throws IOException {
        List<Migration> files = super.read(listing);
        compare(listing, files);
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        Migration read = whole(file, version, words, text, "", flaws);
        return new Migration(file, version, words, text, !listing.says(file, OUTSIDE), read.up(), List.of(), flaws);
    }

    /** Each file's sum goes on from the one before it, so the first that differs is the one that was changed, added,
     * put elsewhere; a file that is gone is named. */
    static void compare(Listing listing, List<Migration> files) {
        Map<String, String> known = new LinkedHashMap<>();
        listing.text(listing.dir.resolve("atlas.sum")).lines().filter(line -> line.contains(" h1:"))
                .forEach(line -> known.put(line.substring(0, line.indexOf(" h1:")),
                        line.substring(line.indexOf(" h1:") + 4)));
        List<Path> inOrder = listing.sql();
        MessageDigest sha = sha256();
        boolean differs = false;
        for (Path file : inOrder) {
            String name = file.getFileName().toString();
            sha.update(name.getBytes(StandardCharsets.UTF_8));
            if (listing.says(file, IGNORED)) {
                continue;
            }
            sha.update(listing.text(file).getBytes(StandardCharsets.UTF_8));
            String sum = Base64.getEncoder().encodeToString(copy(sha).digest());
            Migration m = files.stream().filter(each -> each.file().equals(file)).findFirst().orElse(null);
            if (m != null && !known.containsKey(name)) {
                m.flaws().add(
                        new Flaw("MIGRATION_CHANGED", Severity.error, 0, name + " is not in atlas.sum: Atlas refuses "
                                + "the folder; atlas migrate hash, if it belongs there"));
                differs = true;
            } else if (m != null && !differs && !known.get(name).equals(sum)) {
                m.flaws().add(new Flaw("MIGRATION_CHANGED", Severity.error, 0, name
                        + " is not as atlas.sum has it: it was "
                        + "changed after it was written, or one before it was added or removed; Atlas refuses the "
                        + "folder"));
                differs = true;
            }
        }
        known.keySet().stream().filter(name -> inOrder.stream().noneMatch(f -> f.getFileName().toString().equals(name)))
                .forEach(name -> listing.broken.add(new Listing.Break(listing.dir.resolve("atlas.sum"),
                        "atlas.sum names " + name + ", which is not there")));
    }

    private static MessageDigest copy(MessageDigest sha) {
        try {
            return (MessageDigest) sha.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    List<Book> books() {
        return List.of(
                new Book("atlas_schema_revisions", "version", "SELECT version, CASE WHEN applied < total THEN 'failed' "
                        + "ELSE 'applied' END FROM %s WHERE version ~ '^[0-9]' ORDER BY executed_at, version"));
    }
}
