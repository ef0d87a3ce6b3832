//SOURCES Comparison.java
//SOURCES RunData.java
//SOURCES RunFile.java
//SOURCES Sheet.java
//SOURCES TrialData.java
//DEPS org.apache.commons:commons-math3:3.6.1
package bench.harness;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.apache.commons.math3.stat.StatUtils;

/** What the tables of a report hold. */
public final class Sheets {
    private static final int BURST = 150;

    public static List<Sheet> of(RunData run) {
        List<TrialData> measured = run.trials().stream().filter(TrialData::measured).toList();
        List<Sheet> tables = new ArrayList<>();
        tables.add(Sheet.of("Scores",
                "Mean over the rounds, with its 95 % confidence interval by Student's t (over the iterations where "
                        + "there is one round only). Ratios are taken round by round against "
                        + "what ran beside it: the median of the pairs, with the least and the greatest. The limit "
                        + "is an empty durable transaction.",
                List.of("test", "score", "±", "unit", "rounds", "to pgbench", "to the limit"),
                measured.stream().map(Sheets::score).toList()));
        tables.add(Sheet.of("Cold start, ms", "Median over the forks or iterations, and the worst.",
                List.of("test", "connect", "first update", "second update", "worst first, from connect",
                        "worst second"),
                measured.stream().filter(trial -> !trial.stagesMillis().isEmpty()).map(Sheets::cold).toList()));
        tables.add(Sheet.of("Latency, ms",
                "Open loop: counted from when the update was due, so that a stall counts for all that waited. Closed "
                        + "loop: from when it was sent.",
                List.of("test", "p50", "p90", "p95", "p99", "p99.9", "max", "loop"),
                measured.stream().filter(trial -> !trial.latencyMillis().isEmpty()).map(Sheets::latency).toList()));
        tables.add(Sheet.of("Cost of an update", "From the server's own counters, and the driving JVM's.",
                List.of("test", "HOT", "WAL, B", "syncs", "dead rows", "lock waits", "table growth, B",
                        "index growth, B", "client CPU, µs", "pgbench's CPU, µs", "allocated, B"),
                measured.stream().filter(trial -> !trial.metrics().isEmpty()).map(Sheets::cost).toList()));
        tables.add(Sheet.of("Write storm: 150 updates at once",
                "One by one, as the service does it, is the loop; how many times faster each of the others is, "
                        + "counts against it on the same schema.",
                List.of("test", "ms a burst", "updates/s", "transactions", "times the loop"), measured.stream()
                        .filter(trial -> trial.test().equals("storm")).map(trial -> storm(trial, measured)).toList()));
        tables.removeIf(table -> table.rows().isEmpty());
        return tables;
    }

    private static List<String> score(TrialData trial) {
        return List.of(trial.label(), Sheet.number(trial.mean()), Sheet.number(trial.halfWidth()), trial.unit(),
                trial.valid().size() + (trial.rejections().isEmpty() ? "" : " of " + trial.rounds().size()),
                ratio(trial.ratios(TrialData.Round::pgbench)), ratio(trial.ratios(TrialData.Round::empty)));
    }

    private static String ratio(double[] pairs) {
        return pairs.length == 0 ? ""
                : String.format(Locale.ROOT, pairs.length == 1 ? "%.2f" : "%.2f (%.2f–%.2f)",
                        StatUtils.percentile(pairs, 50), StatUtils.min(pairs), StatUtils.max(pairs));
    }

    private static List<String> cold(TrialData trial) {
        double[] connect = stage(trial, "connect");
        double[] first = stage(trial, "first");
        double[] fromConnect = IntStream.range(0, Math.min(connect.length, first.length))
                .mapToDouble(i -> connect[i] + first[i]).toArray();
        double[] second = stage(trial, "second");
        return List.of(trial.label(), Sheet.number(median(connect)), Sheet.number(median(first)),
                Sheet.number(median(second)), Sheet.number(StatUtils.max(fromConnect)),
                Sheet.number(StatUtils.max(second)));
    }

    public static double[] stage(TrialData trial, String stage) {
        return trial.stagesMillis().getOrDefault(stage, List.of()).stream().mapToDouble(Double::doubleValue).toArray();
    }

    public static double median(double[] values) {
        return StatUtils.percentile(values, 50);
    }

    private static List<String> latency(TrialData trial) {
        List<String> row = new ArrayList<>(List.of(trial.label()));
        Stream.of("p50", "p90", "p95", "p99", "p99.9", "max")
                .forEach(name -> row.add(Sheet.number(trial.latencyMillis().get(name))));
        row.add(trial.openLoop() ? "open" : "closed");
        return row;
    }

    private static List<String> cost(TrialData trial) {
        Double hot = trial.metrics().get("hotShare");
        List<String> row = new ArrayList<>(
                List.of(trial.label(), hot == null ? "" : String.format(Locale.ROOT, "%.0f %%", hot * 100)));
        Stream.of("walBytesPerUpdate", "syncsPerUpdate", "deadRowsPerUpdate", "lockWaiting",
                "tableGrowthBytesPerUpdate", "indexGrowthBytesPerUpdate", "clientCpuMicrosPerUpdate")
                .forEach(name -> row.add(Sheet.number(trial.metrics().get(name))));
        row.add(Sheet.number(trial.median(TrialData.Round::pgbenchCpuMicros)));
        row.add(Sheet.number(trial.metrics().get("allocatedBytesPerUpdate")));
        return row;
    }

    private static List<String> storm(TrialData trial, List<TrialData> all) {
        Double transactions = trial.metrics().get("transactionsPerUpdate");
        Double loop = all.stream()
                .filter(other -> other.test().equals("storm") && other.is("schema", trial.schema())
                        && "loop".equals(other.params().get("strategy")))
                .map(other -> other.mean() / trial.mean()).findFirst().orElse(null);
        return List.of(trial.label(), Sheet.number(trial.mean()), Sheet.number(BURST * 1000 / trial.mean()),
                transactions == null ? "" : Sheet.number(Math.rint(BURST * transactions)), Sheet.number(loop));
    }

    public static Sheet sideBySide(List<RunFile> runs) {
        List<String> head = new ArrayList<>(List.of("test", "unit"));
        runs.forEach(stored -> head.add(stored.run().run()));
        head.add("last to first");
        Map<String, TrialData> any = new LinkedHashMap<>();
        List<Map<String, TrialData>> byKey = runs.stream().map(stored -> stored.run().byKey()).toList();
        byKey.forEach(trials -> trials.forEach(any::putIfAbsent));
        List<List<String>> rows = new ArrayList<>();
        any.forEach((key, trial) -> {
            List<String> row = new ArrayList<>(List.of(trial.label(), trial.unit()));
            byKey.forEach(trials -> row.add(trials.containsKey(key) ? Sheet.number(trials.get(key).mean()) : "–"));
            TrialData first = byKey.get(0).get(key);
            TrialData last = byKey.get(byKey.size() - 1).get(key);
            row.add(first == null || last == null ? ""
                    : String.format(Locale.ROOT, "%.2f", last.mean() / first.mean()));
            rows.add(row);
        });
        return Sheet.of("Side by side", "Mean scores, the oldest run first.", head, rows);
    }

    public static Sheet changes(List<Comparison> changes) {
        return Sheet.of("What changed",
                "Ratio of geometric means with its 95 % confidence interval (Welch, on logarithms). Better or worse "
                        + "is said only where the interval leaves out no change.",
                List.of("test", "unit", "before", "after", "change", "95 % confidence", "verdict"),
                changes.stream()
                        .map(change -> List
                                .of(change.after().label(), change.after().unit(), Sheet.number(change.before().mean()),
                                        Sheet.number(change.after().mean()), Comparison.percent(change.ratio()),
                                        change.interval(),
                                        change.verdict() == Comparison.Verdict.UNJUDGED ? change.basis()
                                                : change.verdict().name().toLowerCase(Locale.ROOT)
                                                        + (change.regression() ? ", beyond the tolerance" : "")))
                        .toList());
    }
}
