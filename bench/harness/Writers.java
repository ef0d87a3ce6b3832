//SOURCES ../../scripts/kit/report/Leftovers.java
//SOURCES ../../scripts/kit/report/Report.java
//SOURCES ../../scripts/kit/report/Severity.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ../UpdateStatus.java
//SOURCES Table.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import bench.UpdateStatus.Change;
import bench.UpdateStatus.Direct;
import bench.UpdateStatus.Workload;
import kit.report.Leftovers;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** Eight clients, each of which writes a number with each update until they are stopped; one that loses its connection
 * comes back, and asks what its row holds. */
public final class Writers implements AutoCloseable {
    public static final int CLIENTS = 8;
    private final PGSimpleDataSource source;
    private final Table table;
    private final AtomicIntegerArray acknowledged = new AtomicIntegerArray(CLIENTS);
    private final AtomicIntegerArray returned = new AtomicIntegerArray(CLIENTS);
    private final AtomicInteger all = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();
    public final AtomicInteger broken = new AtomicInteger();
    private final AtomicLong last = new AtomicLong();
    private final AtomicLong gap = new AtomicLong();
    private volatile boolean stopped;
    private final List<Thread> threads = IntStream.range(0, CLIENTS).mapToObj(client -> new Thread(() -> write(client)))
            .toList();

    public Writers(PGSimpleDataSource source, Table table) {
        this.source = source;
        this.table = table;
        threads.forEach(Thread::start);
    }

    private void write(int client) {
        for (boolean again = false; !stopped; again = true) {
            try (Connection c = source.getConnection(); Direct direct = new Direct(c, table.variant.queries())) {
                settle(client, table.number(c, client));
                for (int i = acknowledged.get(client) + 1; !stopped; i++) {
                    direct.update(new Change(Workload.id(client), Change.VERSION, Workload.STATUSES.get(i % 4),
                            String.valueOf(i), "benchmark"));
                    acknowledged(client, i, again);
                }
            } catch (SQLException | IllegalStateException e) {
                broken.incrementAndGet();
                Leftovers.pause(20);
            }
        }
    }

    /** What the row holds is what counts: less than was acknowledged is lost, more is an update whose answer never
     * came. */
    private void settle(int client, int stored) {
        lost.addAndGet(Math.max(0, acknowledged.get(client) - stored));
        unanswered.addAndGet(Math.max(0, stored - acknowledged.get(client)));
        acknowledged.set(client, stored);
    }

    private void acknowledged(int client, int number, boolean again) {
        acknowledged.set(client, number);
        all.incrementAndGet();
        long now = System.nanoTime();
        long before = last.getAndSet(now);
        gap.accumulateAndGet(before == 0 ? 0 : now - before, Math::max);
        returned.set(client, again ? 1 : 0);
    }

    public void untilAllWrite(int seconds) {
        for (int i = 0; i < seconds * 10; i++) {
            if (IntStream.range(0, CLIENTS).allMatch(client -> returned.get(client) == 1)) {
                return;
            }
            Leftovers.pause(100);
        }
        throw Stop.unchecked("not every client could write again within " + seconds
                + " s of the failover: is there a primary among the servers of the URL?");
    }

    /** What was lost, and how long nobody could write.
     *
     * @param allowed  why acknowledged updates may be gone; null where they may not
     * @param although what should have kept them */
    public void tell(Report report, String allowed, String although) throws InterruptedException {
        close();
        report.checked("acknowledged updates", all.get());
        report.say(
                String.format(Locale.ROOT, "nobody could write for %.1f s; %d updates had arrived whose answer had not",
                        gap.get() / 1e9, unanswered.get()));
        String said = all + " updates were acknowledged, " + lost + " of them are gone";
        if (lost.get() == 0) {
            report.good(said);
        } else if (allowed != null) {
            report.warn(said + ": " + allowed);
        } else {
            report.bad(said);
            report.finding("BENCH_UPDATES_LOST", Severity.error, null,
                    lost + " acknowledged updates are gone although " + although, said);
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
