//SOURCES ../UpdateStatus.java
//SOURCES Round.java
//SOURCES Trial.java
//DEPS org.openjdk.jmh:jmh-core:1.37
package bench.harness;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

import bench.UpdateStatus.Storm;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/** A trial and its rounds. */
public final class Measured {
    private static final List<String> METRICS = List.of("hotShare", "deadRowsPerUpdate", "transactionsPerUpdate",
            "walBytesPerUpdate", "syncsPerUpdate", "blocksWrittenPerUpdate", "tableGrowthBytesPerUpdate",
            "indexGrowthBytesPerUpdate", "lockWaiting", "clientCpuMicrosPerUpdate", "peakMiB");
    public final Trial trial;
    public final List<Round> rounds = new ArrayList<>();
    public BenchmarkParams parameters;
    /** Where the rounds begin that count, after a trial that had to be repeated. */
    public int start;
    public boolean drifted;
    public String failed;

    public Measured(Trial trial) {
        this.trial = trial;
    }

    private Stream<Round> counted() {
        return rounds.stream().filter(round -> round.rejected == null);
    }

    public double score() {
        return counted().mapToDouble(round -> round.score).average().orElse(Double.NaN);
    }

    /** The forks of the rounds that count. */
    private List<BenchmarkResult> forks() {
        return counted().flatMap(round -> round.forks.stream()).toList();
    }

    public boolean hasResult() {
        return failed == null && !forks().isEmpty();
    }

    public RunResult all() {
        return new RunResult(parameters, forks());
    }

    private Optional<Result<?>> secondary(String label) {
        return Optional.ofNullable(all().getSecondaryResults().get(label)).map(result -> (Result<?>) result);
    }

    public static Double median(Stream<Double> values) {
        List<Double> sorted = values.sorted().toList();
        return sorted.isEmpty() ? null : (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }

    private Double ratio(Function<Round, Double> to) {
        return median(counted().filter(round -> to.apply(round) != null).map(round -> round.score / to.apply(round)));
    }

    public String summary() {
        if (counted().findAny().isEmpty()) {
            return "every round was rejected, since " + rounds.get(rounds.size() - 1).rejected;
        }
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, trial.bursts() ? "%.1f ms" : "%.0f updates/s", score()));
        secondary("latency").ifPresent(latency -> text.append(String.format(Locale.ROOT, ", p50 %.2f ms, p99 %.2f ms",
                latency.getStatistics().getPercentile(50), latency.getStatistics().getPercentile(99))));
        if (trial.test().equals("cold")) {
            List.of("connect", "first", "second").forEach(stage -> secondary(stage).ifPresent(
                    result -> text.append(String.format(Locale.ROOT, ", %s %.2f", stage, result.getScore()))));
        }
        if (ratio(round -> round.pgbench) != null) {
            text.append(String.format(Locale.ROOT, ", %.2f of pgbench", ratio(round -> round.pgbench)));
        }
        if (ratio(round -> round.empty) != null) {
            text.append(String.format(Locale.ROOT, ", %.2f of the empty transaction", ratio(round -> round.empty)));
        }
        secondary("hotShare").filter(hot -> !trial.bursts())
                .ifPresent(hot -> text.append(String.format(Locale.ROOT, ", HOT %.0f %%", hot.getScore() * 100)));
        return text.toString();
    }

    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("test", trial.test());
        map.put("name", trial.name());
        map.put("benchmark", trial.benchmark());
        map.put("schema", trial.schema());
        map.put("clients", trial.clients());
        Map<String, String> shown = new LinkedHashMap<>(trial.parameters());
        shown.remove("schema");
        if (trial.test().equals("cold")) {
            shown.put("jvm", trial.warmups() == 0 ? "fresh" : "warm");
        }
        map.put("params", shown);
        map.put("unit", trial.unit());
        map.put("rounds", rounds.stream().map(Round::asMap).toList());
        map.put("latency", trial.method().equals("openLoop") ? "open loop, from the moment at which an update was due"
                : "closed loop");
        Map<String, Double> metrics = new LinkedHashMap<>();
        if (hasResult()) {
            map.put("latencyMillis",
                    secondary("latency").map(latency -> percentiles(latency.getStatistics())).orElse(null));
            if (trial.test().equals("cold")) {
                map.put("stagesMillis", stages());
            }
            METRICS.forEach(name -> secondary(name).ifPresent(result -> metrics.put(name, result.getScore())));
            secondary("gc.alloc.rate.norm").or(() -> secondary("·gc.alloc.rate.norm"))
                    .ifPresent(result -> metrics.put("allocatedBytesPerUpdate",
                            result.getScore() / (trial.test().equals("storm") ? Storm.BURST : 1)));
        }
        map.put("metrics", metrics);
        map.put("failed", failed);
        map.put("drifted", drifted);
        return map;
    }

    private static Map<String, Double> percentiles(Statistics latency) {
        Map<String, Double> map = new LinkedHashMap<>();
        for (String p : List.of("50", "90", "95", "99", "99.9")) {
            map.put("p" + p, latency.getPercentile(Double.parseDouble(p)));
        }
        map.put("max", latency.getMax());
        return map;
    }

    private Map<String, List<Double>> stages() {
        Map<String, List<Double>> map = new LinkedHashMap<>();
        for (String stage : List.of("connect", "first", "second")) {
            map.put(stage,
                    forks().stream().flatMap(fork -> fork.getIterationResults().stream())
                            .map(i -> i.getSecondaryResults().get(stage)).filter(Objects::nonNull).map(Result::getScore)
                            .toList());
        }
        return map;
    }
}
