//SOURCES TrialData.java
//DEPS org.apache.commons:commons-math3:3.6.1
package bench.harness;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

import org.apache.commons.math3.stat.StatUtils;

/** What changed between two measurements of one thing.
 *
 * @param ratio      score after over score before, each a geometric mean; {@code low} and {@code high} are its 95 %
 *                   confidence interval
 * @param verdict    better or worse where the interval leaves out 1; same where all of it lies within the tolerance;
 *                   else unclear
 * @param regression the whole interval is worse than the tolerance: surely, and not by chance */
public record Comparison(TrialData before, TrialData after, double ratio, double low, double high,
        Comparison.Verdict verdict, boolean regression, String basis) {

    /** The interval of a difference of mean logarithms by Welch's t-test, which does not take both variances for equal
     * (B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
     * involved", Biometrika 34, 1947), taken back to a ratio: effects and noise of a benchmark multiply. What is
     * repeated is the round, the highest level that a run repeats (T. Kalibera and R. Jones, "Rigorous Benchmarking in
     * Reasonable Time", ISMM 2013); a run with one round has its iterations only. */
    public static Comparison between(TrialData before, TrialData after, double tolerance) {
        boolean rounds = before.valid().size() > 1 && after.valid().size() > 1;
        double[] a = logarithms(before, rounds);
        double[] b = logarithms(after, rounds);
        String basis = rounds ? before.basis() + " against " + after.basis()
                : a.length + " against " + b.length + " iterations";
        if (a.length < 2 || b.length < 2) {
            return new Comparison(before, after, after.mean() / before.mean(), Double.NaN, Double.NaN,
                    Comparison.Verdict.UNJUDGED, false, "one measurement has no interval");
        }
        double difference = StatUtils.mean(b) - StatUtils.mean(a);
        double va = StatUtils.variance(a) / a.length;
        double vb = StatUtils.variance(b) / b.length;
        double half = va + vb == 0 ? 0
                : TrialData.t((va + vb) * (va + vb) / (va * va / (a.length - 1) + vb * vb / (b.length - 1)))
                        * Math.sqrt(va + vb);
        double low = Math.exp(difference - half);
        double high = Math.exp(difference + half);
        // Above 1 is slower where the score is a time.
        double best = after.smallerIsBetter() ? low : 1 / high;
        double worst = after.smallerIsBetter() ? high : 1 / low;
        Comparison.Verdict verdict = best > 1 ? Comparison.Verdict.WORSE
                : worst < 1 ? Comparison.Verdict.BETTER
                        : low > 1 - tolerance && high < 1 + tolerance ? Comparison.Verdict.SAME
                                : Comparison.Verdict.UNCLEAR;
        boolean regression = after.smallerIsBetter() ? low > 1 + tolerance : high < 1 - tolerance;
        return new Comparison(before, after, Math.exp(difference), low, high, verdict, regression, basis);
    }

    private static double[] logarithms(TrialData trial, boolean rounds) {
        double[] values = rounds ? trial.scores()
                : trial.valid().stream().flatMap(round -> round.iterations().stream()).mapToDouble(Double::doubleValue)
                        .toArray();
        return IntStream.range(0, values.length).mapToDouble(i -> Math.log(values[i])).toArray();
    }

    public String interval() {
        return Double.isNaN(low) ? "" : percent(low) + " … " + percent(high);
    }

    public String sentence() {
        return verdict.name().toLowerCase(Locale.ROOT) + ": " + percent(ratio)
                + (Double.isNaN(low) ? "" : ", 95 % confidence " + interval());
    }

    public static String percent(double ratio) {
        return String.format(Locale.ROOT, "%+.1f %%", (ratio - 1) * 100).replace('-', '−');
    }

    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("test", after.label());
        map.put("unit", after.unit());
        map.put("before", before.mean());
        map.put("after", after.mean());
        map.put("ratio", ratio);
        map.put("low", Double.isNaN(low) ? null : low);
        map.put("high", Double.isNaN(high) ? null : high);
        map.put("verdict", verdict.name().toLowerCase(Locale.ROOT));
        map.put("regression", regression);
        map.put("basis", basis);
        return map;
    }

    public enum Verdict {
        BETTER, WORSE, SAME, UNCLEAR, UNJUDGED
    }
}
