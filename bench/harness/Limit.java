//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES Target.java
//SOURCES Trial.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** The empty durable transaction: a commit with nothing in it but its own record, from as many clients. No update can
 * be quicker. */
public final class Limit {
    public static final String NAME = "pg_logical_emit_message";
    public static final String SQL = "SELECT pg_logical_emit_message(true, 'bench', '')";

    private Limit() {
    }

    public static double perSecond(PGSimpleDataSource source, int clients, int seconds) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            // Connections first, so that the clock runs for transactions only.
            CyclicBarrier start = new CyclicBarrier(clients);
            List<Callable<Double>> loops = Collections.nCopies(clients, () -> {
                try (Connection c = source.getConnection(); PreparedStatement s = c.prepareStatement(SQL)) {
                    for (int i = 0; i < 10; i++) {
                        s.executeQuery().close();
                    }
                    start.await(30, TimeUnit.SECONDS);
                    long began = System.nanoTime();
                    long end = began + seconds * 1_000_000_000L;
                    int done = 0;
                    for (; System.nanoTime() < end; done++) {
                        s.executeQuery().close();
                    }
                    return done * 1e9 / (System.nanoTime() - began);
                }
            });
            double sum = 0;
            for (Future<Double> loop : threads.invokeAll(loops)) {
                sum += loop.get();
            }
            return sum;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof SQLException sql ? sql
                    : new IOException("the empty transaction cannot be measured: " + e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    /** A first guess at the throughput, for an open loop that is measured without the closed one. */
    public static double updatesPerSecond(Target target, Trial trial) {
        try {
            return perSecond(target.source(trial.schema()), trial.clients(), 1) / 2;
        } catch (Exception e) {
            throw Stop.unchecked("the throughput cannot be measured, so the open loop has no rate: " + e.getMessage()
                    + "; measure the closed loop, too, or give -p rate=N");
        }
    }
}
