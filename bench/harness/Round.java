//DEPS org.openjdk.jmh:jmh-core:1.37
package bench.harness;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;

/** One measurement, and what was measured right after it. */
public final class Round {
    public final Collection<BenchmarkResult> forks;
    public final double score;
    public final List<Double> iterations;
    public Double pgbench;
    public Double pgbenchHotShare;
    public Double pgbenchCpuMicros;
    public Double empty;
    public Double fsyncMillis;
    public String rejected;

    public Round(RunResult result) {
        forks = result.getBenchmarkResults();
        score = result.getPrimaryResult().getScore();
        iterations = result.getBenchmarkResults().stream().flatMap(fork -> fork.getIterationResults().stream())
                .map(i -> i.getPrimaryResult().getScore()).toList();
    }

    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("score", score);
        map.put("iterations", iterations);
        map.put("pgbench", pgbench);
        map.put("pgbenchHotShare", pgbenchHotShare);
        map.put("pgbenchCpuMicros", pgbenchCpuMicros);
        map.put("empty", empty);
        map.put("fsyncMillis", fsyncMillis);
        map.put("rejected", rejected);
        return map;
    }
}
