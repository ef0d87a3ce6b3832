//SOURCES ../UpdateStatus.java
//SOURCES Ways.java
//DEPS org.openjdk.jmh:jmh-core:1.37
package bench.harness;

import java.util.List;
import java.util.concurrent.TimeUnit;

import bench.UpdateStatus.Change;
import bench.UpdateStatus.Connecting;
import bench.UpdateStatus.Latency;
import bench.UpdateStatus.Storm;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The write storm in the other ways. */
@State(Scope.Benchmark)
public class Storms {
    @Param("base")
    public String schema;
    @Param("unnest")
    public Ways strategy;
    private Ways.Burst burst;
    private List<List<Change>> turns;
    private int turn;

    @Setup(Level.Trial)
    public void open() throws Exception {
        burst = strategy.open(Connecting.read().to(schema));
        turns = Storm.turns();
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
        burst.close();
    }

    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public void writeStorm() throws Exception {
        Latency.updates = Storm.BURST;
        burst.send(turns.get(turn++ % 2));
    }
}
