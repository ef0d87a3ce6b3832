//SOURCES History.java
//SOURCES Plan.java
//SOURCES Row.java
//SOURCES Tier.java
package kit.tiers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** All tiers of a run, and what they come to. */
public final class Matrix {
    public final List<Row> rows = new ArrayList<>();
    private final History history;

    public Matrix(History history, Plan plan) {
        this.history = history;
        for (Tier tier : plan.tiers) {
            long before = history.before(tier.name()).map(History.Before::total).orElse(0L);
            rows.add(new Row(tier, tier.tests() > 0 ? tier.tests() : before));
        }
    }

    private Row row(String name) {
        return rows.stream().filter(row -> row.tier.name().equals(name)).findFirst().orElseThrow();
    }

    public boolean passed(String name) {
        return row(name).state == Row.State.PASSED;
    }

    /** The tier that failed, behind those that are only blocked by it. */
    public String root(String name) {
        Row row = row(name);
        return row.state == Row.State.BLOCKED ? row.why.replaceFirst("^blocked by ", "") : name;
    }

    public long sum(ToLongFunction<Row> column) {
        return rows.stream().mapToLong(column).sum();
    }

    public boolean ready() {
        return rows.stream().allMatch(row -> row.state == Row.State.PASSED);
    }

    public static String share(long passed, long total) {
        return total == 0 ? "number of tests not known"
                : passed + " of " + total + " passed (" + String.format(Locale.ROOT, "%.1f", percent(passed, total))
                        + " %)";
    }

    /** Only all of them are 100. */
    private static double percent(long passed, long total) {
        return total == 0 ? 0 : passed == total ? 100 : Math.min(99.9, Math.round(1000.0 * passed / total) / 10.0);
    }

    public String unknown() {
        List<String> unknown = rows.stream().filter(row -> row.total() == 0).map(row -> row.tier.name()).toList();
        return unknown.isEmpty() ? "" : "; how many tests there are is not known of " + String.join(", ", unknown);
    }

    public List<String> lines() {
        int width = Stream.concat(rows.stream().map(row -> row.tier.name()), Stream.of("tier")).mapToInt(String::length)
                .max().orElse(4);
        String form = "%-" + width + "s %7s %7s %7s %8s %8s  %s";
        List<String> lines = new ArrayList<>();
        lines.add(String.format(form, "tier", "total", "passed", "failed", "blocked", "not run", "").stripTrailing());
        for (Row row : rows) {
            String total = row.total() == 0 ? "?" : String.valueOf(row.total());
            lines.add(String
                    .format(form, row.tier.name(), total, row.passed, row.failed, row.blocked, row.notRun,
                            row.state.mark + " " + (row.state == Row.State.PASSED ? "passed " : "") + row.why)
                    .stripTrailing());
        }
        lines.add(String.format(form, "all", sum(Row::total), sum(row -> row.passed), sum(row -> row.failed),
                sum(row -> row.blocked), sum(row -> row.notRun), "").stripTrailing());
        return lines;
    }

    public Map<String, Object> asMap(boolean partial) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("run", history.name());
        map.put("partial", partial);
        map.put("tiers", rows.stream().map(Row::asMap).toList());
        long total = sum(Row::total);
        Map<String, Object> readiness = new LinkedHashMap<>();
        readiness.put("verdict", ready() && !partial ? "READY" : "NOT READY");
        readiness.put("passed", sum(row -> row.passed));
        readiness.put("total", total);
        readiness.put("percent", percent(sum(row -> row.passed), total));
        map.put("readiness", readiness);
        return map;
    }
}
