//SOURCES Attempt.java
//SOURCES History.java
//SOURCES ../report/Report.java
//SOURCES Row.java
//SOURCES ../report/RunFolder.java
//SOURCES ../report/Stop.java
//SOURCES Tier.java
//SOURCES ../report/Where.java
package kit.tiers;

import java.util.LinkedHashSet;
import java.util.Set;

import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Stop;
import kit.report.Where;

/** Runs tiers, says what became of them, and tries those that fail once more. */
public final class TierRun {
    private final Report report;
    private final History history;
    private final int retry;
    private final boolean quiet;
    private final Report.Format format;

    /** @param retry how often a tier that fails is run again; @param quiet what it prints is kept, and not shown */
    public TierRun(Report report, History history, int retry, boolean quiet, Report.Format format) {
        this.report = report;
        this.history = history;
        this.retry = retry;
        this.quiet = quiet;
        this.format = format;
    }

    /** Runs a tier, and where it fails its retries: failing is what fails each time. False if the run ends before the
     * tier begins. */
    public boolean run(Row row) throws Exception {
        Tier tier = row.tier;
        report.step("Tier " + tier.name());
        report.run(tier.command());
        Attempt first = attempt(tier, 1);
        if (first == null) {
            row.leave(Row.State.NOT_RUN, "the run was ended before");
            return false;
        }
        Attempt last = first;
        Set<String> failing = new LinkedHashSet<>(first.tally.failing);
        Set<String> flaky = new LinkedHashSet<>(first.tally.flaky);
        for (int n = 1; n <= retry && last.failed() && !last.timedOut && !RunFolder.ending(); n++) {
            report.warn(last.describe() + "; once more, " + n + " of " + retry);
            Attempt again = attempt(tier, n + 1);
            last = again == null ? last : again;
            Set<String> now = last.tally.failing;
            flaky.addAll(failing);
            flaky.addAll(now);
            // What ended before its tests ran says nothing about them.
            if (last.tally.ran() > 0 || !last.failed()) {
                failing.retainAll(now);
            }
        }
        flaky.removeAll(failing);
        row.judge(first, last, failing, flaky);
        tell(row, last);
        return true;
    }

    private Attempt attempt(Tier tier, int n) throws Exception {
        try {
            return Attempt.make(tier, history.file(tier.name(), n), quiet, format, report);
        } catch (Stop e) {
            if (!RunFolder.ending()) {
                throw e;
            }
            return null;
        }
    }

    private void tell(Row row, Attempt last) {
        String by = last.tally.sources.isEmpty()
                ? "its exit status alone: nothing that it printed says how many tests ran"
                : String.join(", ", last.tally.sources);
        report.say("counted by " + by + "; kept in " + Where.shown(last.log));
        last.tally.notes.forEach(report::warn);
        row.show(report, row.sentence());
        row.failing.stream().limit(Row.NAMES_SHOWN).forEach(report::bad);
        if (row.failing.size() > Row.NAMES_SHOWN) {
            report.say("and " + (row.failing.size() - Row.NAMES_SHOWN) + " more");
        }
        row.addFindings(report, last);
    }
}
