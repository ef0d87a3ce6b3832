//SOURCES RunData.java
//SOURCES Sheet.java
//SOURCES TrialData.java
//DEPS org.apache.commons:commons-math3:3.6.1
package bench.harness;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import org.apache.commons.math3.stat.StatUtils;

/** One of the four limits that the service's performance tests set.
 *
 * @param observed the worst that was seen, and in which trial; or why it was not judged */
public record Threshold(String name, String limit, Threshold.Outcome outcome, String observed) {

    private static final double FIRST = 2000, SECOND = 250, STORM = 5000, BURST_OVER_MEAN = 2, P95 = 500, P99 = 1000,
            SUSTAINED_P95 = 800;
    private static final int BURSTS = 3, CLIENTS = 20;

    public static List<Threshold> judge(RunData run) {
        List<TrialData> base = run.trials().stream().filter(trial -> trial.is("schema", "base")).toList();
        return Stream.of(coldStart(base), storm(base), concurrency(base), sustained(base))
                .map(threshold -> run.durable() ? threshold : threshold.notDurable()).toList();
    }

    /** A server that does not wait for the disk can miss a limit, but not prove that it is kept. */
    private Threshold notDurable() {
        return outcome == Threshold.Outcome.PASS
                ? new Threshold(name, limit, Threshold.Outcome.NOT_MEASURED,
                        "kept, but by a server that is not durable: " + observed)
                : this;
    }

    private static Threshold coldStart(List<TrialData> trials) {
        String name = "cold start";
        String limit = "first update < 2 s, counted from connect; second < 250 ms; worst of the forks";
        List<TrialData> fresh = of(trials, "cold").filter(trial -> "fresh".equals(trial.params().get("jvm"))).toList();
        double first = Double.NaN;
        double second = Double.NaN;
        for (TrialData trial : fresh.stream().filter(TrialData::measured).toList()) {
            List<Double> connects = trial.stagesMillis().getOrDefault("connect", List.of());
            List<Double> firsts = trial.stagesMillis().getOrDefault("first", List.of());
            for (int i = 0; i < Math.min(connects.size(), firsts.size()); i++) {
                first = worse(first, connects.get(i) + firsts.get(i));
            }
            for (double value : trial.stagesMillis().getOrDefault("second", List.of())) {
                second = worse(second, value);
            }
        }
        if (Double.isNaN(first) || Double.isNaN(second)) {
            return unjudged(name, limit, fresh, "no trial has connect, first and second update of a fresh JVM");
        }
        return judged(name, limit, first < FIRST && second < SECOND, "first " + Sheet.number(first) + " ms, second "
                + Sheet.number(second) + " ms, the worst of " + count(fresh, "trial"));
    }

    private static Threshold storm(List<TrialData> trials) {
        String name = "write storm";
        String limit = "150 updates < 5 s in every burst, none above twice the mean of its three; one by one, as the "
                + "service does it";
        List<TrialData> loops = of(trials, "storm").filter(trial -> trial.is("strategy", "loop")).toList();
        double longest = Double.NaN;
        double overMean = Double.NaN;
        for (TrialData.Round round : loops.stream().filter(TrialData::measured).flatMap(trial -> trial.valid().stream())
                .toList()) {
            double[] bursts = round.iterations().stream().mapToDouble(Double::doubleValue).toArray();
            for (int i = 0; i < bursts.length; i++) {
                longest = worse(longest, bursts[i]);
                int three = i / BURSTS * BURSTS;
                if (three + BURSTS <= bursts.length) {
                    overMean = worse(overMean, bursts[i] / StatUtils.mean(bursts, three, BURSTS));
                }
            }
        }
        if (Double.isNaN(overMean)) {
            return unjudged(name, limit, loops, "no trial of the loop has three bursts in a row");
        }
        return judged(name, limit, longest < STORM && overMean <= BURST_OVER_MEAN,
                "the longest burst " + Sheet.number(longest) + " ms, at most "
                        + String.format(Locale.ROOT, "%.2f", overMean) + " times the mean of its three");
    }

    private static Threshold concurrency(List<TrialData> trials) {
        String name = "concurrency";
        String limit = "20 clients: p95 < 500 ms, p99 < 1 s";
        List<TrialData> wide = ordinary(trials, "concurrent")
                .filter(trial -> trial.clients() != null && trial.clients() >= CLIENTS).toList();
        List<TrialData> able = wide.stream().filter(TrialData::measured)
                .filter(trial -> trial.latencyMillis().get("p95") != null && trial.latencyMillis().get("p99") != null)
                .toList();
        if (able.isEmpty()) {
            return unjudged(name, limit, wide, "no trial has the percentiles of 20 clients or more on distinct rows");
        }
        int clients = able.stream().mapToInt(TrialData::clients).min().getAsInt();
        double p95 = worst(able, clients, "p95");
        double p99 = worst(able, clients, "p99");
        return judged(name, limit, p95 < P95 && p99 < P99,
                clients + " clients: p95 " + Sheet.number(p95) + " ms, p99 " + Sheet.number(p99) + " ms");
    }

    private static double worst(List<TrialData> trials, int clients, String percentile) {
        return trials.stream().filter(trial -> trial.clients() == clients)
                .mapToDouble(trial -> trial.latencyMillis().get(percentile)).max().getAsDouble();
    }

    private static Threshold sustained(List<TrialData> trials) {
        String name = "sustained load";
        String limit = "p95 < 800 ms";
        List<TrialData> all = Stream
                .concat(ordinary(trials, "concurrent").filter(TrialData::openLoop), ordinary(trials, "steady"))
                .toList();
        List<TrialData> able = all.stream().filter(TrialData::measured)
                .filter(trial -> trial.latencyMillis().get("p95") != null).toList();
        List<TrialData> open = able.stream().filter(TrialData::openLoop).toList();
        TrialData worst = (open.isEmpty() ? able : open).stream()
                .max(Comparator.comparing(trial -> trial.latencyMillis().get("p95"))).orElse(null);
        if (worst == null) {
            return unjudged(name, limit, all, "no trial in open loop or of one client has percentiles");
        }
        double p95 = worst.latencyMillis().get("p95");
        return judged(name, limit, p95 < SUSTAINED_P95, "p95 " + Sheet.number(p95) + " ms, "
                + (open.isEmpty() ? "closed loop" : "open loop") + ": " + worst.label());
    }

    private static Stream<TrialData> of(List<TrialData> trials, String test) {
        return trials.stream().filter(trial -> trial.test().equals(test));
    }

    private static Stream<TrialData> ordinary(List<TrialData> trials, String test) {
        return of(trials, test).filter(TrialData::ordinary);
    }

    private static Threshold judged(String name, String limit, boolean kept, String observed) {
        return new Threshold(name, limit, kept ? Threshold.Outcome.PASS : Threshold.Outcome.FAIL, observed);
    }

    /** Where the trials that could judge failed, that is why. */
    private static Threshold unjudged(String name, String limit, List<TrialData> trials, String why) {
        return new Threshold(name, limit, Threshold.Outcome.NOT_MEASURED,
                trials.stream().filter(trial -> trial.failed() != null)
                        .map(trial -> trial.label() + " failed: " + trial.failed()).findFirst().orElse(why));
    }

    private static double worse(double a, double b) {
        return Double.isNaN(a) ? b : Math.max(a, b);
    }

    private static String count(List<TrialData> trials, String what) {
        return trials.size() + " " + what + (trials.size() == 1 ? "" : "s");
    }

    public enum Outcome {
        PASS("pass"), FAIL("FAIL"), NOT_MEASURED("not measured");

        public final String words;

        Outcome(String words) {
            this.words = words;
        }
    }
}
