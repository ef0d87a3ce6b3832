//SOURCES ../../datastorage.java
//SOURCES EveningServers.java
//SOURCES EveningTests.java
//DEPS com.zaxxer:HikariCP:7.1.0

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;

/** The four shapes of the service's performance tests, asked of UpdateStatus; small, for a look and not for a
 * measurement. */
final class EveningPerformance {
    private static final int PODS = 50, EVENTS = 3, CLIENTS = 20;

    private EveningPerformance() {
    }

    /** @param figures what was measured, a line a test */
    static Map<String, EveningTests.Check> tests(DataSource database, List<String> figures) throws SQLException {
        List<String> ids = EveningTests.workflows(database, PODS * EVENTS);
        // It opens its connections when the first is asked for.
        HikariDataSource pool = new HikariDataSource();
        pool.setDataSource(database);
        pool.setMaximumPoolSize(25);
        pool.setConnectionTimeout(5000);
        Map<String, EveningTests.Check> tests = new LinkedHashMap<>();
        tests.put("cold start: the first update in less than 2 s, the second in less than 250 ms", () -> {
            double first = update(pool, ids.get(0)), second = update(pool, ids.get(0));
            figures.add(String.format(Locale.ROOT, "cold start: the first update after %.0f ms, pool and all; "
                    + "the second took %.0f ms", first, second));
            less(first, 2000);
            less(second, 250);
        });
        tests.put("write storm: 150 at once in less than 5 s, three times, none of twice the average", () -> {
            List<Double> bursts = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                long began = System.nanoTime();
                updates(pool, ids, PODS * EVENTS, PODS * EVENTS, 0);
                bursts.add((System.nanoTime() - began) / 1e6);
            }
            double average = bursts.stream().mapToDouble(each -> each).average().orElseThrow();
            figures.add(String.format(Locale.ROOT, "write storm: %d at once in %.0f, %.0f and %.0f ms",
                    PODS * EVENTS, bursts.get(0), bursts.get(1), bursts.get(2)));
            // A burst of milliseconds may take twice the average for any reason; the rule is meant for those of a
            // second.
            bursts.forEach(each -> less(each, each < 1000 ? 5000 : Math.min(5000, 2 * average)));
        });
        tests.put("concurrency: 20 clients, p95 less than 500 ms, p99 less than 1 s", () -> {
            List<Double> took = updates(pool, ids, CLIENTS, CLIENTS * 25, 0);
            double p95 = percentile(took, 0.95), p99 = percentile(took, 0.99);
            figures.add(String.format(Locale.ROOT, "concurrency: %d clients, p95 %.0f ms, p99 %.0f ms", CLIENTS,
                    p95, p99));
            less(p95, 500);
            less(p99, 1000);
        });
        tests.put("sustained load: p95 less than 800 ms", () -> {
            double p95 = percentile(updates(pool, ids, CLIENTS, 150, 10), 0.95);
            figures.add(String.format(Locale.ROOT, "sustained load: 100 updates a second, by the clock, p95 %.0f ms",
                    p95));
            pool.close();
            less(p95, 800);
        });
        return tests;
    }

    private static void less(double took, double limit) {
        if (took >= limit) {
            throw new AssertionError(String.format(Locale.ROOT, "%.0f ms, and less than %.0f was asked", took, limit));
        }
    }

    private static double update(DataSource pool, String id) throws SQLException {
        long began = System.nanoTime();
        EveningTests.change("deprecated", "superseded by v2").apply(pool, id, "v1.0.0");
        return (System.nanoTime() - began) / 1e6;
    }

    /** What each update took, in milliseconds, sorted; those that come by the clock are counted from when they were
     * due. */
    private static List<Double> updates(DataSource pool, List<String> ids, int clients, int count, int millisApart)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            long began = System.nanoTime();
            List<Future<Double>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String id = ids.get(i % ids.size());
                long due = began + i * millisApart * 1_000_000L;
                running.add(threads.submit(() -> {
                    LockSupport.parkNanos(due - System.nanoTime());
                    double late = millisApart == 0 ? 0 : Math.max(0, (System.nanoTime() - due) / 1e6);
                    return late + update(pool, id);
                }));
            }
            List<Double> took = new ArrayList<>();
            for (Future<Double> each : running) {
                took.add(each.get(EveningServers.PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
            return took.stream().sorted().toList();
        } finally {
            threads.shutdownNow();
        }
    }

    private static double percentile(List<Double> sorted, double share) {
        return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }
}
