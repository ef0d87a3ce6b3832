//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Difference.java
//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES Reasons.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES Runner.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import kit.postgres.Definitions;
import kit.postgres.Difference;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** Every Down part, the newest first, and Up again. A Down part that fails after another did is tried once more on what
 * the files before it make: so it is known whether it only follows. */
public final class DownCheck implements AutoCloseable {
    /** How often the files before a Down part are replayed for it. */
    private static final int MOST_REPLAYS = 10;
    private final Folder folder;
    private final Report report;
    private final Replay<Definitions> replay;
    private final Server server;
    private final List<Migration> files;
    /** The database that is undone now: another where a Down part has failed. */
    private Replay<Definitions> now;
    private int replays;
    /** The file whose Down part failed last, and has not been made good since; null for none. */
    private Migration failed;

    /** @param replay which has looked at the database after every file */
    public DownCheck(Folder folder, Report report, Server server, Replay<Definitions> replay) {
        this.folder = folder;
        this.report = report;
        this.server = server;
        this.replay = replay;
        this.now = replay;
        files = new ArrayList<>(folder.files().stream()
                .filter(m -> !replay.failed(m) && !replay.templates.containsKey(m)).toList());
    }

    public void check() throws Exception {
        report.step("Every Down part, then Up again");
        List<Migration> without = files.stream().filter(m -> m.down().isEmpty()).toList();
        if (without.size() == files.size()) {
            report.say("no file has a Down part");
            report.skipped("Down parts", "no file has one");
            return;
        }
        without.forEach(m -> report.skipped("Down part of " + m.name(), "it has none"));
        List<Migration> newest = new ArrayList<>(files);
        Collections.reverse(newest);
        Set<String> known = new HashSet<>();
        boolean clean = true;
        for (Migration m : newest) {
            clean &= undo(m, known);
        }
        report.checked("Down parts", files.size() - without.size());
        if (clean && without.isEmpty()) {
            clean = upAgain();
        }
        if (clean) {
            report.good((files.size() - without.size()) + " Down parts give back what was there before"
                    + (without.isEmpty() ? "; Up after Down gives the same schema" : ""));
        }
    }

    private boolean undo(Migration m, Set<String> known) throws SQLException, IOException {
        Failure failure = down(m);
        if (failure != null && failed != null && replays++ < MOST_REPLAYS) {
            List<Migration> until = files.subList(0, files.indexOf(m) + 1);
            Replay<Definitions> afresh = Replay.ofDefinitions(server, until);
            close();
            now = afresh;
            Failure again = down(m);
            if (again == null) {
                report.none(m.downAt(failure.line) + "  " + failure.getMessage() + "\nit follows from the Down part of "
                        + failed.name() + ", which failed");
                report.skipped("failure of the Down part of " + m.name(),
                        "it follows from the Down part of " + failed.name() + ", which failed");
            }
            failure = again;
            failed = null;
        }
        Definitions before = replay.before(m);
        List<Difference> left = before.against(now.now());
        if (failure != null) {
            fails(m, failure);
            left.forEach(d -> known.add(d.name()));
            return false;
        }
        // An extension may serve others: to leave it is the custom.
        left = left.stream().filter(d -> !d.name().startsWith("extension ") && known.add(d.name())).toList();
        return left.isEmpty() || m.down().isEmpty() || lossy(m, left);
    }

    private Failure down(Migration m) throws SQLException {
        try {
            Runner.apply(now.c, m, m.down(), now.onlooker());
            return null;
        } catch (Failure e) {
            return e;
        }
    }

    private void fails(Migration m, Failure e) throws SQLException {
        failed = m;
        String why = why(m, e);
        Severity severity = report.finding("MIGRATION_DOWN_FAILS", Severity.error, m.downAt(e.line),
                "the Down part of " + m.name()
                        + " fails: " + e.getMessage() + (why.isEmpty() ? "" : "; " + why),
                e.statement.strip());
        if (severity != null) {
            report.tell(severity, m.downAt(e.line) + "  " + e.getMessage() + (why.isEmpty() ? "" : "\n" + why));
        }
    }

    /** The statement of the same Down part that took away what is missing: run again, and rolled back. */
    private String why(Migration m, Failure e) throws SQLException {
        String name = Reasons.missing(e.getMessage());
        if (name == null || !m.transactional()) {
            return "";
        }
        Connection c = now.c;
        c.setAutoCommit(false);
        try {
            boolean there = has(Definitions.KIND.read(c), name);
            for (Part part : there ? m.down() : List.<Part>of()) {
                Runner.execute(c, m, part);
                if (!has(Definitions.KIND.read(c), name)) {
                    return "line " + part.line() + " has taken it away already: "
                            + part.sql().strip().replaceAll("\\s+", " ");
                }
            }
            return there ? "" : "it is not there before the Down part begins";
        } catch (Failure again) {
            return "";
        } finally {
            c.rollback();
            c.setAutoCommit(true);
        }
    }

    private static boolean has(Definitions definitions, String name) {
        return definitions.names().stream().anyMatch(n -> Reasons.wanted(name).matcher(n).matches());
    }

    private boolean lossy(Migration m, List<Difference> left) {
        String what = left.get(0).asLeftOver()
                + (left.size() > 1 ? ", and " + (left.size() - 1) + " more" : "");
        Severity severity = report.finding("MIGRATION_DOWN_LOSSY", Severity.warning, m.downAt(0),
                "the Down part of " + m.name() + " does not give back what was there before: " + what,
                String.join("\n", left.stream().limit(5).map(Difference::toString).toList()),
                left.stream().limit(5).map(d -> d.mend().replaceFirst("^-- ", "")).toArray(String[]::new));
        if (severity != null) {
            report.tell(severity, m.name() + ": after its Down part " + what);
        }
        return false;
    }

    private boolean upAgain() throws SQLException {
        for (Migration m : files) {
            try {
                Runner.apply(now.c, m, m.up(), now.onlooker());
            } catch (Failure e) {
                report.bad(m.at(e.line) + "  " + e.getMessage());
                report.finding("MIGRATION_DOWN_LOSSY", Severity.error, m.at(e.line),
                        m.name() + " cannot be applied after everything was undone: " + e.getMessage(), "");
                return false;
            }
        }
        List<Difference> different = replay.end().against(now.now());
        different.stream().limit(5).forEach(d -> report.bad("after up, down, up " + d));
        if (!different.isEmpty()) {
            report.finding("MIGRATION_DOWN_LOSSY", Severity.error, Where.of(folder.dir(), 0),
                    "up, down, up gives another schema than up: " + different.get(0),
                    String.join("\n", different.stream().map(Difference::toString).toList()));
        }
        return different.isEmpty();
    }

    /** What it has replayed itself. */
    @Override
    public void close() throws SQLException {
        if (now != replay) {
            now.close();
        }
    }
}
