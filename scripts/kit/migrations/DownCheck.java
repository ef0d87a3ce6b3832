//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Difference.java
//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES Runner.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import kit.postgres.Definitions;
import kit.postgres.Difference;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** Every Down part, the newest first, and Up again. */
public record DownCheck(Folder folder, Report report, Replay<Definitions> replay) {
    public void check() throws Exception {
        report.step("Every Down part, then Up again");
        List<Migration> files = new ArrayList<>(folder.files().stream().filter(m -> !replay.failed(m)).toList());
        List<Migration> without = files.stream().filter(m -> m.down().isEmpty()).toList();
        if (without.size() == files.size()) {
            report.say("no file has a Down part");
            report.skipped("Down parts", "no file has one");
            return;
        }
        without.forEach(m -> report.skipped("Down part of " + m.name(), "it has none"));
        Collections.reverse(files);
        Set<String> known = new HashSet<>();
        boolean clean = true;
        for (Migration m : files) {
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

    private boolean undo(Migration m, Set<String> known) throws SQLException {
        try {
            Runner.apply(replay.c, m, m.down());
        } catch (Failure e) {
            report.bad(m.at(e.line) + "  " + e.getMessage());
            report.finding("MIGRATION_DOWN_FAILS", Severity.error, m.at(e.line),
                    "the Down part of " + m.name() + " fails: " + e.getMessage(), e.statement.strip());
            replay.before(m).against(replay.now()).forEach(d -> known.add(d.name()));
            return false;
        }
        // An extension may serve others: to leave it is the custom.
        List<Difference> left = replay.before(m).against(replay.now()).stream()
                .filter(d -> !d.name().startsWith("extension ") && known.add(d.name())).toList();
        if (left.isEmpty() || m.down().isEmpty()) {
            return true;
        }
        String what = left.get(0).asLeftOver()
                + (left.size() > 1 ? ", and " + (left.size() - 1) + " more" : "");
        report.warn(m.name() + ": after its Down part " + what);
        report.finding("MIGRATION_DOWN_LOSSY", Severity.warning, m.at(0),
                "the Down part of " + m.name() + " does not give back what was there before: " + what,
                String.join("\n", left.stream().limit(5).map(Difference::toString).toList()),
                left.stream().limit(5).map(d -> d.mend().replaceFirst("^-- ", "")).toArray(String[]::new));
        return false;
    }

    private boolean upAgain() throws SQLException {
        for (Migration m : folder.files().stream().filter(m -> !replay.failed(m)).toList()) {
            try {
                Runner.apply(replay.c, m, m.up());
            } catch (Failure e) {
                report.bad(m.at(e.line) + "  " + e.getMessage());
                report.finding("MIGRATION_DOWN_LOSSY", Severity.error, m.at(e.line),
                        m.name() + " cannot be applied after everything was undone: " + e.getMessage(), "");
                return false;
            }
        }
        List<Difference> different = replay.end().against(replay.now());
        different.stream().limit(5).forEach(d -> report.bad("after up, down, up " + d));
        if (!different.isEmpty()) {
            report.finding("MIGRATION_DOWN_LOSSY", Severity.error, Where.of(folder.dir(), 0),
                    "up, down, up gives another schema than up: " + different.get(0),
                    String.join("\n", different.stream().map(Difference::toString).toList()));
        }
        return different.isEmpty();
    }
}
