//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** The folder as it lies there: names, numbers, marks, order. */
public final class NamesCheck {
    /** How many numbers are tried on their own, each with a replay or two. */
    private static final int MOST_TRIES = 3;
    private final Folder folder;
    private final Report report;
    private final Server server;
    private Map<String, String> added;
    private Set<Migration> anyway;
    private Boolean sound;
    private int tried;

    public NamesCheck(Folder folder, Report report, Server server) {
        this.folder = folder;
        this.report = report;
        this.server = server;
    }

    public void check() {
        report.step("The folder " + Where.shown(folder.dir()));
        report.run("ls " + Where.shown(folder.dir()));
        report.say(folder.describe());
        folder.addFlawsTo(report, this::renumber);
        folder.leftOut().stream().filter(left -> left.contains(".sql is not named"))
                .forEach(left -> report.finding("MIGRATION_BAD_NAME", Severity.warning,
                        Where.of(folder.dir().resolve(left.substring(0, left.indexOf(" is "))), 0),
                        left + ", so " + folder.dialect().title + " passes it over", ""));
        List<Migration> flawed = folder.files().stream().filter(m -> !m.flaws().isEmpty()).toList();
        flawed.forEach(
                m -> m.flaws().forEach(flaw -> report.tell(flaw.severity(), m.at(flaw.line()) + "  " + flaw.text())));
        folder.duplicates().forEach(same -> report.bad("two files are numbered " + same.get(0).version() + ": "
                + String.join(", ", same.stream().map(Migration::name).toList())));
        if (flawed.isEmpty() && folder.duplicates().isEmpty()) {
            report.good("every file has a number of its own, and its marks are whole");
        }
    }

    /** Of files that bear one number the first keeps it, for databases have it already, unless the others need to be
     * before it; the rest move behind the last number. Whether that can be is tried for all at once; only where
     * something fails then, for some on their own. */
    private String[] renumber(List<Migration> same) {
        boolean known = known(same);
        List<Migration> byAge = byAge(same);
        Renumbering first = null;
        Renumbering best = null;
        boolean tries = !sound() && tried++ < MOST_TRIES;
        for (Migration stays : byAge) {
            Renumbering next = new Renumbering(stays, byAge.stream().filter(m -> m != stays).toList());
            next.failures.addAll(tries ? failures(next.moved) : List.of());
            first = first == null ? next : first;
            best = best == null || next.failures.size() < best.failures.size() ? next : best;
            if (best.failures.isEmpty()) {
                break;
            }
        }
        if (!best.failures.isEmpty()) {
            best.failures.removeIf(failure -> anyway().contains(failure.migration));
        }
        int given = folder.duplicates().stream().takeWhile(twins -> !twins.equals(same))
                .mapToInt(twins -> twins.size() - 1).sum();
        return best.told(folder, given, known, first, tries || sound());
    }

    private boolean known(List<Migration> same) {
        List<String> times = same.stream().map(m -> added().getOrDefault(m.file().getFileName().toString(), ""))
                .toList();
        return !times.contains("") && new HashSet<>(times).size() == same.size();
    }

    private List<Migration> byAge(List<Migration> same) {
        return !known(same) ? same
                : same.stream()
                        .sorted(Comparator.comparing(m -> added().get(m.file().getFileName().toString()))).toList();
    }

    /** Whether nothing more fails where all but the first of each number come behind the last. */
    private boolean sound() {
        if (sound == null) {
            List<Migration> moved = folder.duplicates().stream().flatMap(same -> byAge(same).stream().skip(1)).toList();
            sound = failures(moved).isEmpty();
        }
        return sound;
    }

    /** The files that fail wherever the others stand. */
    private Set<Migration> anyway() {
        if (anyway == null) {
            anyway = new HashSet<>(failures(List.of()).stream().map(failure -> failure.migration).toList());
        }
        return anyway;
    }

    /** What fails in a replay in which some files come behind the last number. */
    private List<Failure> failures(List<Migration> moved) {
        BigInteger last = new BigInteger(folder.nextVersion());
        Set<Migration> behind = Collections.newSetFromMap(new IdentityHashMap<>());
        behind.addAll(moved);
        List<Migration> order = new ArrayList<>(folder.files());
        order.removeIf(behind::contains);
        order.addAll((int) order.stream()
                .filter(m -> !m.version().isEmpty() && Migration.compare(m.number(), List.of(last)) < 0).count(),
                moved);
        try (Replay<?> replay = Replay.of(server.scratch(), order)) {
            return replay.failures;
        } catch (SQLException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Renumbering(Migration stays, List<Migration> moved, List<Failure> failures) {
        Renumbering(Migration stays, List<Migration> moved) {
            this(stays, moved, new ArrayList<>());
        }

        /** @param given how many numbers other files have been given already */
        String[] told(Folder folder, int given, boolean known, Renumbering first, boolean tried) {
            List<String> commands = new ArrayList<>();
            String version = folder.nextVersion();
            for (Migration m : moved) {
                String number = new BigInteger(version).add(BigInteger.valueOf(given + commands.size())).toString();
                number = "0".repeat(Math.max(0, version.length() - number.length())) + number;
                commands.add("git mv " + Where.shown(m.file()) + " "
                        + Where.shown(folder.dir().resolve(Folder.withVersion(m.file(), number))));
            }
            commands.add("# " + (this != first
                    ? first.stays.name() + (known ? " came first, by the history of git," : " is the first by name")
                            + " and yet moves: if it kept the number, " + first.fails()
                    : known ? String.join(", ", moved.stream().map(Migration::name).toList())
                            + " came last, by the history of git: what is deployed has the other"
                            : "which of them is deployed already keeps its number; git does not tell, so the last by "
                                    + "name is moved"));
            if (!tried) {
                commands.add(
                        "# whether they can be applied there was not tried: " + MOST_TRIES + " of the numbers were");
            } else if (!failures.isEmpty()) {
                commands.add("# then " + fails() + "; what needs it moves behind it, too");
            }
            return commands.toArray(String[]::new);
        }

        private String fails() {
            return failures.get(0).migration.name() + " fails: " + failures.get(0).getMessage();
        }
    }

    /** When git first saw each file of the folder, under whatever name, as seconds since 1970 in ten digits; empty
     * where there is no history. */
    private Map<String, String> added() {
        if (added == null) {
            added = new HashMap<>();
            String time = "";
            for (String line : log().split("\n")) {
                String[] change = line.split("\t");
                time = line.matches("\\d+") ? line : time;
                String name = change[change.length - 1].replaceFirst(".*/", "");
                if (change.length == 2) {
                    added.putIfAbsent(name, time);
                } else if (change.length == 3) {
                    added.put(name, added.getOrDefault(change[1].replaceFirst(".*/", ""), time));
                }
            }
        }
        return added;
    }

    private String log() {
        try {
            Process git = new ProcessBuilder("git", "-C", folder.dir().toString(), "log", "--reverse", "-M",
                    "--diff-filter=AR", "--name-status", "--format=%ct", "--", ".")
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            git.getOutputStream().close();
            String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return git.waitFor() == 0 ? said : "";
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
