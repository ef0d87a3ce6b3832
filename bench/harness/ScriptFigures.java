//SOURCES ScriptRun.java
package bench.harness;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The pairs in numbers, each sorted. */
public record ScriptFigures(double[] values, double[] ratios) {

    public static ScriptFigures of(List<ScriptFigures.Pair> pairs, ToDoubleFunction<ScriptRun> what) {
        return new ScriptFigures(pairs.stream().mapToDouble(pair -> what.applyAsDouble(pair.run)).sorted().toArray(),
                pairs.stream().mapToDouble(pair -> what.applyAsDouble(pair.run) / what.applyAsDouble(pair.hello))
                        .sorted().toArray());
    }

    public static double median(double[] sorted) {
        return sorted.length == 0 ? 0 : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    public String value(String format) {
        return values.length == 0 ? "–" : String.format(Locale.ROOT, format, median(values));
    }

    public String ratio() {
        return ratios.length == 0 ? "–"
                : String.format(Locale.ROOT, "%.1f (%.1f to %.1f)", median(ratios), ratios[0],
                        ratios[ratios.length - 1]);
    }

    /** Null where nothing was measured. */
    public Map<String, Object> asMap(String unit) {
        return ratios.length == 0 ? null
                : new TreeMap<>(Map.of(unit, median(values), "ratio", median(ratios), "least", ratios[0], "most",
                        ratios[ratios.length - 1], "pairs", ratios.length));
    }

    /** One run of a script, and the one of the hello-world just before it. */
    public record Pair(ScriptRun run, ScriptRun hello) {
    }
}
