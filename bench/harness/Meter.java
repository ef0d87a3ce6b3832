//SOURCES ../UpdateStatus.java
//SOURCES Counters.java
//SOURCES LockWaits.java
//SOURCES Machine.java
//DEPS org.openjdk.jmh:jmh-core:1.37
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bench.UpdateStatus.Connecting;
import bench.UpdateStatus.Latency;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;
import org.postgresql.ds.PGSimpleDataSource;

/** What an iteration did besides taking time: what the server counted, what the client spent; JMH's viewers show it as
 * secondary results. */
public final class Meter implements InternalProfiler {
    private PGSimpleDataSource source;
    private Connection connection;
    private Set<String> lacks;
    private Map<String, Double> before;
    private long cpu;
    private LockWaits waits;

    @Override
    public String getDescription() {
        return "The server's counters and the client's CPU time of an update";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        try {
            if (connection == null) {
                Connecting connecting = Connecting.read().to(benchmark.getParam("schema"));
                lacks = Set.of(connecting.told.getProperty("lacks", "").split(";"));
                source = connecting.source;
                connection = source.getConnection();
            }
            waits = benchmark.getThreads() > 1 && !lacks.contains(LockWaits.NAME)
                    ? new LockWaits(source.getConnection())
                    : null;
            before = Counters.read(connection, lacks);
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("the counters of the server cannot be read: " + e.getMessage(), e);
        }
        cpu = cpu();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(BenchmarkParams benchmark, IterationParams iteration,
            IterationResult result) {
        long spent = cpu() - cpu;
        double updates = Latency.updates > 0 ? Latency.updates : result.getMetadata().getAllOps();
        List<Result<?>> results = new ArrayList<>();
        try {
            if (waits != null) {
                results.add(new ScalarResult("lockWaiting", waits.end(), "clients", AggregationPolicy.AVG));
            }
            flush();
            Counters.perUpdate(before, Counters.read(connection, lacks), updates).forEach((name, value) -> results
                    .add(new ScalarResult(name, value, Counters.unit(name), AggregationPolicy.AVG)));
        } catch (SQLException e) {
            throw new IllegalStateException("the counters of the server cannot be read: " + e.getMessage(), e);
        }
        results.add(new ScalarResult("clientCpuMicrosPerUpdate", spent / 1e3 / updates, "us", AggregationPolicy.AVG));
        Machine.peakMiB()
                .ifPresent(peak -> results.add(new ScalarResult("peakMiB", peak, "MiB", AggregationPolicy.MAX)));
        return results;
    }

    /** What the clients' sessions did is counted now, and not within a second. */
    private void flush() throws SQLException {
        for (Connection made : Connecting.MADE) {
            if (!made.isClosed()) {
                Counters.flush(made, lacks);
            }
        }
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
