//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
//SOURCES ../report/Words.java
package kit.migrations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import kit.report.Severity;
import kit.report.Words;

/** Folders of tools that know a file's parts by marks in comments. */
final class Marked {
    private Marked() {
    }

    /** Whether a file's name alone says that it is golang-migrate's or Flyway's. */
    static boolean namedOtherwise(Path file) {
        return Listing.name(file)
                .matches("(?i)\\d+_.*\\.(up|down)\\.sql|(V\\d+([._]\\d+)*|R|U\\d+([._]\\d+)*)__.+\\.sql");
    }

    /** The reason by which a folder is known; null where no file is marked. */
    static String of(Listing listing, Predicate<Path> marked, String how) {
        long count = listing.sql().stream().filter(marked).count();
        return count == 0 ? null : count + " of " + listing.sql().size() + " files " + how;
    }

    /** A folder that was begun without the tool, or that another applies: its tool would run nothing of the files
     * without marks, so whoever has applied them did so as they are. Files that lost their mark among others are
     * flawed, and stay so. */
    static List<Migration> asTheyAre(List<Migration> files, Predicate<Migration> marked, String title, String mark) {
        List<Migration> without = files.stream().filter(m -> !marked.test(m) && !m.text().isBlank()).toList();
        List<Migration> with = files.stream().filter(marked).toList();
        boolean first = !with.isEmpty() && files.indexOf(with.get(0)) == without.size();
        if (without.isEmpty() || with.isEmpty() || (!first || without.size() < 2) && without.size() <= with.size()) {
            return files;
        }
        String text = without.size() + " of " + files.size() + " files have no mark of " + title + " (“" + mark
                + "”), which runs nothing of them: whoever applied them did so as they are, and so they are "
                + "replayed: "
                + Words.some(without.stream().map(Migration::name).toList(), 5);
        List<Migration> read = new ArrayList<>();
        for (Migration m : files) {
            List<Flaw> flaws = new ArrayList<>(m.flaws());
            flaws.removeIf(flaw -> without.contains(m) && flaw.code().equals("MIGRATION_NO_UP"));
            if (m == without.get(0)) {
                flaws.add(new Flaw("MIGRATION_NO_UP", Severity.warning, 1, text));
            }
            read.add(!without.contains(m) ? m
                    : new Migration(m.file(), m.version(), m.words(), m.text(),
                            Dialect.whole(m.file(), "", "", m.text(), "", flaws).transactional(),
                            Splitter.split(m.text(), 1),
                            List.of(), flaws));
        }
        return read;
    }
}
