//SOURCES ../../kit/report/Report.java

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

import kit.report.Report;

/** The test tiers in their order, each run only if the one before it passed. */
final class EveningTiers {
    /** What a tier came to. What is not run is blocked by the tier before it. */
    record Tier(String name, long total, long passed, long failed, String blockedBy) {
        long notRun() {
            return total - passed - failed;
        }

        /** No test is no pass. */
        boolean sound() {
            return total > 0 && passed == total;
        }
    }

    /** Runs the tests of a tier: each test's name and why it failed; empty where it passed. */
    interface Tests {
        Map<String, String> run() throws Exception;
    }

    private final Report report;
    private final List<Tier> tiers = new ArrayList<>();

    EveningTiers(Report report) {
        this.report = report;
    }

    /** @param total how many tests the tier has, run or not */
    void run(String name, long total, Tests tests) throws Exception {
        Tier before = tiers.isEmpty() ? null : tiers.get(tiers.size() - 1);
        if (before != null && !before.sound()) {
            String blocker = before.blockedBy != null ? before.blockedBy : before.name;
            report.say(name + ": not run, blocked by " + blocker);
            tiers.add(new Tier(name, total, 0, 0, blocker));
            return;
        }
        Map<String, String> results = tests.run();
        report.checked("tests", results.size());
        List<String> failures = results.values().stream().filter(failure -> !failure.isEmpty()).toList();
        Tier tier = new Tier(name, Math.max(total, results.size()), results.size() - failures.size(), failures.size(),
                null);
        tiers.add(tier);
        if (tier.sound()) {
            report.good(told(tier));
        } else {
            // The server's words say more than what a test expected.
            String telling = failures.stream().filter(failure -> failure.contains("SQLSTATE")).findFirst()
                    .orElse(failures.isEmpty() ? "no test ran" : failures.get(0));
            report.bad(told(tier) + "\n" + telling);
        }
    }

    private static String told(Tier tier) {
        return tier.name + ": " + tier.passed + " of " + tier.total + " tests passed";
    }

    boolean sound() {
        return tiers.stream().allMatch(Tier::sound);
    }

    long total() {
        return sum(Tier::total);
    }

    long passed() {
        return sum(Tier::passed);
    }

    List<String> failed() {
        return tiers.stream().filter(tier -> !tier.sound()).map(EveningTiers::told).toList();
    }

    private long sum(ToLongFunction<Tier> what) {
        return tiers.stream().mapToLong(what).sum();
    }

    String matrix() {
        StringBuilder text = new StringBuilder(row("tier", "total", "passed", "failed", "not run"));
        for (Tier tier : tiers) {
            text.append(row(tier.name, tier.total, tier.passed, tier.failed, tier.notRun()))
                    .append(tier.blockedBy == null ? "" : "   blocked by " + tier.blockedBy);
        }
        text.append(row("all", total(), passed(), sum(Tier::failed), sum(Tier::notRun)));
        return text.toString().strip() + String.format(Locale.ROOT, "   %.1f %% passed: %s",
                100.0 * passed() / total(), sound() ? "READY" : "NOT READY");
    }

    private static String row(Object... cells) {
        return String.format("%n%-12s%7s%8s%8s%9s", cells).replace("\r", "");
    }
}
