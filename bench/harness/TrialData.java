//SOURCES ../../scripts/kit/report/Clean.java
//SOURCES Round.java
//SOURCES RunData.java
//DEPS org.apache.commons:commons-math3:3.6.1
package bench.harness;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;

import kit.report.Clean;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;

/** What one benchmark measured with one set of parameters. */
public record TrialData(String test, String name, String benchmark, String schema, Integer clients,
        Map<String, String> params, String unit, List<TrialData.Round> rounds,
        Map<String, Double> latencyMillis, String latency, Map<String, List<Double>> stagesMillis,
        Map<String, Double> metrics, String failed, Boolean drifted) {

    public TrialData {
        schema = schema == null ? "base" : schema;
        params = RunData.Db.said(params);
        rounds = rounds == null ? List.of() : rounds;
        latencyMillis = latencyMillis == null ? Map.of() : latencyMillis;
        stagesMillis = stagesMillis == null ? Map.of() : stagesMillis;
        metrics = metrics == null ? Map.of() : metrics;
    }

    public TrialData scoresOnly() {
        List<TrialData.Round> scores = valid().stream()
                .map(round -> new TrialData.Round(round.score, round.iterations, null, null, null, null, null))
                .toList();
        return new TrialData(test, name, benchmark, schema, clients, params, unit, scores, null, null, null, null, null,
                drifted);
    }

    public String key() {
        return String.join("|", test, schema, String.valueOf(clients), params.toString(), unit);
    }

    public String label() {
        return Clean.text(name + (is("schema", "base") || name.contains(schema) ? "" : " [" + schema + "]"));
    }

    /** Whether the trial has this value of a parameter, or does not know the parameter. */
    public boolean is(String param, String value) {
        return param.equals("schema") ? schema.equals(value) : value.equals(params.getOrDefault(param, value));
    }

    /** As the service's own tests ask it: each client its own rows, nothing beside them, commits as the server makes
     * them. */
    public boolean ordinary() {
        return is("access", "distinct") && is("beside", "alone") && is("commit", "server");
    }

    public boolean openLoop() {
        return latency != null && latency.startsWith("open loop");
    }

    public boolean smallerIsBetter() {
        return unit.equals("ms");
    }

    public List<TrialData.Round> valid() {
        return rounds.stream().filter(round -> round.rejected == null).toList();
    }

    public boolean measured() {
        return failed == null && !valid().isEmpty();
    }

    public List<String> rejections() {
        return IntStream.range(0, rounds.size()).filter(i -> rounds.get(i).rejected != null)
                .mapToObj(i -> "round " + (i + 1) + " does not count: " + rounds.get(i).rejected).toList();
    }

    public double[] scores() {
        return valid().stream().mapToDouble(TrialData.Round::score).toArray();
    }

    /** What is independent: the rounds, each with a server that was set up anew. Of a single round the iterations have
     * to do, and then what differs from round to round is not in the interval. */
    public double[] observations() {
        return valid().size() > 1 ? scores()
                : valid().get(0).iterations.stream().mapToDouble(Double::doubleValue).toArray();
    }

    public String basis() {
        return valid().size() > 1 ? valid().size() + " rounds"
                : observations().length > 1 ? observations().length + " iterations of one round" : "one measurement";
    }

    public double mean() {
        return StatUtils.mean(scores());
    }

    /** Half the width of the 95 % confidence interval of the mean, by Student's t; NaN for a single measurement. */
    public double halfWidth() {
        double[] values = observations();
        return values.length < 2 ? Double.NaN
                : t(values.length - 1) * Math.sqrt(StatUtils.variance(values) / values.length);
    }

    public static double t(double degreesOfFreedom) {
        return new TDistribution(null, degreesOfFreedom).inverseCumulativeProbability(0.975);
    }

    /** Score over what was measured beside it, round by round. */
    public double[] ratios(Function<TrialData.Round, Double> beside) {
        return smallerIsBetter() ? new double[0]
                : valid().stream().filter(round -> beside.apply(round) != null && beside.apply(round) > 0)
                        .mapToDouble(round -> round.score / beside.apply(round)).toArray();
    }

    public double median(Function<TrialData.Round, Double> of) {
        return StatUtils.percentile(
                valid().stream().map(of).filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray(), 50);
    }

    /** One measurement of a trial, with what was measured beside it.
     *
     * @param score    mean, in the trial's unit
     * @param pgbench  updates/s of pgbench with the same statement and clients, or null
     * @param empty    empty durable transactions/s with the same clients: what no update can exceed; or null
     * @param rejected why the round does not count, or null */
    public record Round(Double score, List<Double> iterations, Double pgbench, Double pgbenchCpuMicros, Double empty,
            Double fsyncMillis, String rejected) {
        public Round {
            iterations = iterations == null ? List.of() : iterations;
        }
    }
}
