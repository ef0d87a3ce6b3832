//SOURCES JmhOptions.java
//SOURCES Trial.java
package bench.harness;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is being measured, on stderr, and how long the rest will take. */
public final class Progress {
    private final List<Trial> plan;
    private final JmhOptions options;
    private final boolean schemas;
    /** Seconds that each trial still takes by the plan; a round that is made again takes none of them, and so slows the
     * pace. */
    private final Map<Trial, Double> left = new LinkedHashMap<>();
    private final double all;
    private final long began = System.nanoTime();

    public Progress(List<Trial> plan, JmhOptions options) {
        this.plan = plan;
        this.options = options;
        this.schemas = plan.stream().map(Trial::schema).distinct().count() > 1;
        plan.forEach(trial -> left.put(trial, trial.seconds(options)));
        this.all = sum();
    }

    public void show(Trial trial, int round, int rounds) {
        double seconds = trial.seconds(options);
        left.put(trial, seconds * (rounds - round + 1) / rounds);
        double done = all - sum();
        double pace = done < 20 ? 1 : (System.nanoTime() - began) / 1e9 / done;
        System.err.printf(Locale.ROOT, "benchmark: %d of %d, %s%s%s, about %s left%n", plan.indexOf(trial) + 1,
                plan.size(), trial.name(), schemas ? ", schema " + trial.schema() : "",
                rounds > 1 ? ", round " + round + " of " + rounds : "", shown(sum() * pace));
        left.put(trial, seconds * (rounds - round) / rounds);
    }

    private double sum() {
        return left.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    public static String shown(double seconds) {
        return seconds < 90 ? Math.round(seconds) + " s" : Math.round(seconds / 60) + " min";
    }
}
