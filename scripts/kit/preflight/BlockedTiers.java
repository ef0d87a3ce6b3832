//SOURCES CheckOutcome.java
//SOURCES ../report/Finding.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
package kit.preflight;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import kit.report.Finding;
import kit.report.Report;
import kit.report.Severity;

/** Which tiers of the tests a chain blocks. */
public final class BlockedTiers {
    /** In the order in which they run; each runs only if the one before it passed. */
    private enum Tier {
        unit, integration, E2E, performance
    }

    private BlockedTiers() {
    }

    /** A database is needed from the integration tests on; what lies among the tests of a later tier blocks no earlier
     * one. */
    private static Tier blockedBy(Finding finding) {
        String file = finding.where() == null ? ""
                : finding.where().file().replace('\\', '/').toLowerCase(Locale.ROOT);
        return !file.contains("test") ? Tier.integration
                : file.matches("(?:.*[/_.-])?(?:perf[a-z]*|bench[a-z]*|load)[/_.-].*") ? Tier.performance
                        : file.matches("(?:.*[/_.-])?(?:e2e|end-?to-?end)[/_.-].*") ? Tier.E2E : Tier.integration;
    }

    /** As a step of its own. */
    public static void show(Report report, Map<String, CheckOutcome> outcomes) {
        report.step("What this blocks");
        if (outcomes.values().stream().noneMatch(CheckOutcome::judged)) {
            report.none("nothing could be judged");
            return;
        }
        Map<Tier, Set<String>> blocked = new EnumMap<>(Tier.class);
        outcomes.forEach((name, outcome) -> outcome.findings.stream().filter(f -> f.severity() == Severity.error)
                .forEach(f -> blocked.computeIfAbsent(blockedBy(f), tier -> new LinkedHashSet<>()).add(name)));
        boolean notUp = outcomes.values().stream().filter(outcome -> outcome.state() == CheckOutcome.State.BLOCKED)
                .anyMatch(outcome -> outcomes.get(outcome.cause).state() == CheckOutcome.State.WARN);
        Tier stop = null;
        for (Tier tier : Tier.values()) {
            String line = String.format("%-14s", tier);
            String by = blocked.containsKey(tier) ? "blocked by " + String.join(", ", blocked.get(tier)) : "";
            if (stop != null) {
                report.none(line + "not run: " + stop + " comes before it" + (by.isEmpty() ? "" : ", and " + by));
            } else if (!by.isEmpty()) {
                report.bad(line + by);
                stop = tier;
            } else if (tier != Tier.unit && notUp) {
                report.warn(line + "not blocked, if what they dial is started first");
            } else {
                report.good(line + (tier == Tier.unit ? "needs none of this" : "not blocked"));
            }
        }
    }
}
