//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES Splitter.java
package kit.migrations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How one tool keeps its migrations: by what a folder is known as its own, how files are named, ordered, cut into Up
 * and Down, run in transactions, and written down as applied. A new style is one such class, named in
 * {@link Dialects}. */
public abstract class Dialect {
    private static final Pattern OUTSIDE_TRANSACTION = Pattern.compile(
            "(?is)\\s*(?:create\\s+(?:unique\\s+)?index\\s+concurrently|drop\\s+index\\s+concurrently"
                    + "|reindex\\b.*\\bconcurrently|vacuum\\b|alter\\s+system|create\\s+database|drop\\s+database"
                    + "|create\\s+tablespace).*");

    /** A table in which a tool writes down what it has applied.
     *
     * @param table  its name, without its schema
     * @param column one that tells it from another tool's table of that name, or null
     * @param sql    gives version and "applied", "failed", "up to" or "undone", in the order of application; %s is the
     *               table */
    record Book(String table, String column, String sql) {
    }

    /** The tool's name, as it stands in sentences. */
    public final String title;
    /** Its files' names, with the groups version and words. */
    public final Pattern name;

    Dialect(String title, String name) {
        this.title = title;
        this.name = Pattern.compile(name, Pattern.CASE_INSENSITIVE);
    }

    /** By what a folder is known to be the tool's; null where it is not. */
    abstract String marks(Listing listing);

    /** How many files are named or marked as the tool's, for those that are known by nothing else: the most count. */
    long votes(Listing listing) {
        return 0;
    }

    /** One file of the folder. */
    abstract Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws);

    /** The migrations in the order in which the tool applies them; what is none of them is left out, and named. */
    List<Migration> read(Listing listing) throws IOException {
        List<Migration> files = new ArrayList<>();
        listing.leaveFolders();
        for (Path file : listing.sql()) {
            Matcher m = name.matcher(Listing.name(file));
            if (m.matches()) {
                String version = m.group("version") == null ? "" : m.group("version");
                String words = m.group("words") == null ? "" : m.group("words").replaceFirst("^[_-]+", "");
                files.add(migration(listing, file, version, words, listing.flaws(file)));
            } else {
                leaveOut(listing, file);
            }
        }
        files.sort(Comparator.comparing((Migration m) -> m.version().isEmpty())
                .thenComparing(Migration::number, Migration::compare).thenComparing(Migration::name));
        return files;
    }

    /** A file that is not named as the tool names its files. */
    void leaveOut(Listing listing, Path file) {
        String other = Listing.name(file);
        if (!other.matches("(?i).*\\.down\\.sql")) {
            listing.leftOut.add(other + " is not named as " + title + " names its files");
        } else if (listing.sql().stream().noneMatch(
                up -> Listing.name(up).equalsIgnoreCase(other.replaceFirst("(?i)\\.down\\.sql$", ".up.sql")))) {
            listing.leftOut.add(other + " is a Down file without its Up file");
        }
    }

    /** The tables in which it writes down what it has applied. */
    List<Book> books() {
        return List.of();
    }

    /** Whether psql runs the files, and its own commands are understood. */
    boolean ofPsql() {
        return false;
    }

    /** Whether the data behind COPY … FROM stdin are read as psql does. */
    boolean copiesData() {
        return ofPsql();
    }

    /** The line that begins the Up part; null where nothing has to. */
    public String upMark() {
        return null;
    }

    /** The files of a new migration, by their names; none where only the tool itself can write one.
     *
     * @param words of letters, digits and underscores */
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of(version + "_" + words + ".sql", up + "\n");
    }

    /** Two files, in this order. */
    static Map<String, String> two(String first, String text, String second, String other) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put(first, text);
        files.put(second, other);
        return files;
    }

    /** A file that is Up as a whole, in a transaction unless a statement cannot be in one. */
    static Migration whole(Path file, String version, String words, String up, String down, List<Flaw> flaws) {
        return migration(file, version, words, up, Splitter.split(up, 1), Splitter.split(down, 1), false, flaws);
    }

    /** A file without Down that is always in a transaction. */
    static Migration inTransaction(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        return new Migration(file, version, words, text, true, Splitter.split(text, 1), List.of(), flaws);
    }

    /** A file without Down that is sent as one text: a statement that cannot be in a transaction must be alone. */
    static Migration inOneCall(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        return migration(file, version, words, text, Splitter.split(text, 1), List.of(), true, flaws);
    }

    /** @param strict with such a statement, too, unless it is the whole file */
    static Migration migration(Path file, String version, String words, String text, List<Part> up, List<Part> down,
            boolean strict, List<Flaw> flaws) {
        boolean transactional = strict && up.size() > 1
                || up.stream().noneMatch(part -> OUTSIDE_TRANSACTION.matcher(Splitter.bare(part.sql())).matches());
        return new Migration(file, version, words, text, transactional, up, down, flaws);
    }

    /** A text in two parts: what stands before a mark, and after it. */
    static Migration cut(Path file, String version, String words, String text, Pattern mark, boolean transactional,
            List<Flaw> flaws) {
        Matcher m = mark.matcher(text);
        int at = m.find() ? m.start() : text.length();
        return new Migration(file, version, words, text, transactional, Splitter.split(text.substring(0, at), 1),
                Splitter.split(text.substring(at), 1 + Splitter.newlines(text, 0, at)), flaws);
    }

    /** How many of the files are so, as a reason; null where none is. */
    static String most(Listing listing, long votes, String how) {
        return votes == 0 ? null : votes + " of " + listing.sql().size() + " files " + how;
    }
}
