//SOURCES Attempt.java
//SOURCES ../report/Clean.java
//SOURCES Plan.java
//SOURCES ../report/Report.java
//SOURCES ../report/RunFolder.java
//SOURCES ../report/Severity.java
//SOURCES ../explain/Signature.java
//SOURCES Tally.java
//SOURCES Tier.java
//SOURCES ../report/Where.java
package kit.tiers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

import kit.explain.Signature;
import kit.report.Clean;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Where;

/** A tier, and what became of its tests. Blocked is what could not run for want of something; not run is what was
 * skipped, left out or cut off. */
public final class Row {
    /** How a tier ended. */
    public enum State {
        PASSED("✓", true), FAILED("✗", true), RAN_NOTHING("✗", true), TIMED_OUT("✗", true), ENDED("✗", true),
        BLOCKED("–", false), NOT_RUN("–", false);

        final String mark;
        public final boolean ran;

        State(String mark, boolean ran) {
            this.mark = mark;
            this.ran = ran;
        }
    }

    /** How many names a list shows. */
    static final int NAMES_SHOWN = 10;

    public final Tier tier;
    /** What is known of the number of its tests before it runs: from the file, else from an earlier run, else 0. */
    final long expected;
    public State state = State.NOT_RUN;
    public String why = "";
    public long passed;
    public long failed;
    public long blocked;
    public long notRun;
    double seconds;
    Optional<Signature.Seen> cause = Optional.empty();
    List<Signature.Seen> signatures = List.of();
    Set<String> failing = Set.of();
    Set<String> flaky = Set.of();
    /** The names of all tests that ran; null where the runner does not print those that pass. */
    Set<String> names;
    List<String> counted = List.of();
    String log = "";

    Row(Tier tier, long expected) {
        this.tier = tier;
        this.expected = expected;
    }

    public long total() {
        return passed + failed + blocked + notRun;
    }

    public void leave(State left, String reason) {
        state = left;
        why = reason;
        blocked = left == State.BLOCKED ? expected : 0;
        notRun = left == State.BLOCKED ? 0 : expected;
    }

    void judge(Attempt first, Attempt last, Set<String> stillFailing, Set<String> flickering) {
        Tally tally = last.tally;
        seconds = last.seconds;
        names = tally.names;
        counted = tally.sources.isEmpty() ? List.of("exit status") : tally.sources;
        log = Where.shown(last.log);
        failing = shown(stillFailing);
        flaky = shown(flickering);
        // What failed in this attempt and not in another is flaky, and has passed once.
        long mended = tally.failing.stream().filter(name -> !stillFailing.contains(name)).count();
        failed = Math.max(0, tally.failed - mended);
        passed = tally.passed + tally.failed - failed;
        notRun = tally.skipped;
        blocked = tally.blocked;
        boolean failedWhole = last.exit != 0 && tally.failed == 0;
        state = RunFolder.ending() ? State.ENDED
                : last.timedOut ? State.TIMED_OUT
                        : failed > 0 || failedWhole || tally.broken != null ? State.FAILED
                                : last.ranNothing() ? State.RAN_NOTHING : State.PASSED;
        if (tally.sources.isEmpty() && !last.ranNothing()) {
            countByExit();
        }
        long missing = Math.max(0, Math.max(expected, total() + tally.missing) - total());
        boolean fewer = state == State.PASSED && (tally.missing > 0 || tier.tests() > total());
        if (state == State.FAILED && failedWhole && tally.ran() == 0) {
            blocked += missing;
        } else if (state != State.PASSED || fewer) {
            notRun += missing;
        }
        if (fewer) {
            state = State.FAILED;
        }
        if (state == State.PASSED && first.failed() && flaky.isEmpty()) {
            flaky = Set.of("(the command as a whole)");
        }
        if (state != State.PASSED && state != State.ENDED) {
            signatures = Signature.causes(last.seen, List.of());
            cause = Signature.causes(last.seen, tally.failureText).stream().findFirst();
        }
        why = reason(last, fewer ? missing : 0);
    }

    private void countByExit() {
        passed = state == State.PASSED ? Math.max(1, tier.tests()) : 0;
        failed = state == State.FAILED && expected == 0 ? 1 : 0;
    }

    private String reason(Attempt last, long missing) {
        String because = cause.map(seen -> ": " + seen.signature().cause + " (jbang " + seen.signature().script + ")")
                .orElse("");
        return switch (state) {
            case PASSED -> flaky.isEmpty() ? "" : flaky.size() + " flaky";
            case TIMED_OUT ->
                "not done within " + Plan.shown(tier.limit()) + ", all its processes were ended" + because;
            case ENDED -> "ended from outside";
            case RAN_NOTHING -> "reports success, but no test ran" + last.nothing.map(line -> ": " + line).orElse("");
            case FAILED ->
                (missing > 0 ? missing + " tests that there should be did not run"
                        : last.tally.broken != null ? last.tally.broken
                                : last.tally.blocked > 0 ? "its set-up failed"
                                        : failed > 0 && !counted.contains("exit status") ? failed + " failed"
                                                : last.how() + (passed > 0 ? ", although no test failed" : ""))
                        + because;
            default -> "";
        };
    }

    /** Names go into files and reports: nothing in them may be a secret or an escape. */
    static Set<String> shown(Set<String> names) {
        return names.stream().map(name -> Clean.text(name).replace('\n', ' '))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    public void show(Report report, String line) {
        switch (state) {
            case PASSED -> report.good(line);
            case BLOCKED, NOT_RUN -> report.warn(line);
            default -> report.bad(line);
        }
    }

    String sentence() {
        return passed + " passed, " + failed + " failed" + (blocked > 0 ? ", " + blocked + " blocked" : "")
                + (notRun > 0 ? ", " + notRun + " not run" : "")
                + String.format(Locale.ROOT, " in %.1f s", seconds) + (why.isEmpty() ? "" : "; " + why);
    }

    void addFindings(Report report, Attempt last) {
        Where where = Where.of(last.log, cause.map(seen -> seen.line()).orElse(0));
        String code = switch (state) {
            case RAN_NOTHING -> "TIER_RAN_NOTHING";
            case TIMED_OUT -> "TIER_TIMEOUT";
            default -> "TIER_FAILED";
        };
        if (state == State.FAILED || state == State.RAN_NOTHING || state == State.TIMED_OUT) {
            List<String> evidence = new ArrayList<>(failing.stream().limit(NAMES_SHOWN).toList());
            cause.ifPresent(seen -> evidence.add(seen.text()));
            report.finding(code, Severity.error, where, tier.name() + ": " + why, String.join("\n", evidence),
                    cause.map(seen -> seen.signature().commands(seen.text(), where.file()).toArray(String[]::new))
                            .orElse(new String[] {"less " + Where.shown(last.log)}));
        }
        // Each other known sign, so that a second cause is not hidden behind the first.
        for (Signature.Seen seen : signatures.stream()
                .filter(seen -> cause.isEmpty() || seen.signature() != cause.get().signature()).toList()) {
            report.finding(seen.signature().code, Severity.warning, Where.of(last.log, seen.line()),
                    tier.name() + ": " + seen.signature().cause
                            + (seen.times() > 1 ? ", " + seen.times() + " times" : ""),
                    seen.text(),
                    seen.signature().commands(seen.text(), where.file()).toArray(String[]::new));
        }
        if (!flaky.isEmpty()) {
            report.finding("TEST_FLAKY", Severity.warning, where,
                    tier.name() + ": " + flaky.size() + " tests failed and passed in the same run",
                    String.join("\n", flaky.stream().limit(NAMES_SHOWN).toList()));
        }
    }

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("tier", tier.name());
        map.put("state", state.name().toLowerCase(Locale.ROOT));
        map.put("total", total());
        map.put("passed", passed);
        map.put("failed", failed);
        map.put("blocked", blocked);
        map.put("notRun", notRun);
        map.put("why", Clean.text(why));
        cause.ifPresent(seen -> map.put("cause", Map.of("code", seen.signature().code, "text", seen.signature().cause,
                "script", seen.signature().script)));
        map.put("counted", counted);
        map.put("seconds", Math.round(seconds * 1000) / 1000.0);
        map.put("log", log);
        map.put("failing", failing);
        map.put("flaky", flaky);
        return map;
    }
}
