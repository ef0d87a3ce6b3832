//SOURCES ../UpdateStatus.java
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.vertx:vertx-pg-client:5.0.12
//DEPS com.ongres.scram:scram-client:3.2
package bench.harness;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import bench.UpdateStatus.Change;
import bench.UpdateStatus.Connecting;
import bench.UpdateStatus.Direct;
import bench.UpdateStatus.Queries;
import bench.UpdateStatus.Storm;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import org.postgresql.ds.PGSimpleDataSource;

/** The ways to send a burst; each leaves the table as one update after the other does. */
public enum Ways {
    /** One statement after the other, each its own transaction: what the service does. */
    loop(false) {
        @Override
        public Burst open(Connecting to) throws SQLException {
            Direct direct = new Direct(to.connect(false), to.queries);
            AtomicInteger next = new AtomicInteger();
            return burst(direct, changes -> {
                next.set(0);
                each(direct, changes, next);
            });
        }
    },
    /** One statement after the other in one transaction. */
    transaction(true) {
        @Override
        public Burst open(Connecting to) throws SQLException {
            Connection c = to.connect(false);
            Direct direct = new Direct(c, to.queries);
            return burst(direct, changes -> atOnce(c, () -> {
                for (Change change : changes) {
                    direct.update(change);
                }
            }));
        }
    },
    /** Eight connections at the same time, each in a loop: commits share their syncs. */
    connections(false) {
        @Override
        public Burst open(Connecting to) throws SQLException {
            ExecutorService threads = Executors.newFixedThreadPool(8);
            List<Direct> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(new Direct(to.connect(false), to.queries));
            }
            return burst(() -> {
                threads.shutdownNow();
                for (Direct direct : all) {
                    direct.close();
                }
            }, changes -> {
                AtomicInteger next = new AtomicInteger();
                List<Callable<Void>> loops = all.stream().<Callable<Void>>map(direct -> () -> {
                    each(direct, changes, next);
                    return null;
                }).toList();
                for (Future<Void> loop : threads.invokeAll(loops)) {
                    loop.get();
                }
            });
        }
    },
    /** JDBC's batch with autocommit: what the driver sends at once, up to 255 statements, is one transaction. */
    batch(true) {
        @Override
        public Burst open(Connecting to) throws SQLException {
            Direct direct = new Direct(to.connect(false), to.queries);
            return burst(direct, direct::batch);
        }
    },
    /** UPDATE … FROM unnest(…): one statement for a form, the rows as arrays. */
    unnest(true) {
        @Override
        public Burst open(Connecting to) throws SQLException {
            Connection c = to.connect(false);
            return burst(c, changes -> atOnce(c, () -> {
                for (List<Change> form : by(changes, Change::disables)) {
                    String sql = Queries.PARAMETER.matcher(to.queries.of(form.get(0).disables()).replace("WHERE", FROM))
                            .replaceAll("v.p$1");
                    try (PreparedStatement s = c.prepareStatement(sql)) {
                        List<Function<Change, Object>> columns = List.of(Change::status, Change::reason, Change::by,
                                Change::id, Change::version);
                        for (int i = 0; i < columns.size(); i++) {
                            s.setArray(i + 1, c.createArrayOf(i == 3 ? "uuid" : "text",
                                    form.stream().map(columns.get(i)).toArray()));
                        }
                        Direct.touched(s.executeUpdate(), form.size());
                    }
                }
            }));
        }
    },
    /** WHERE workflow_id = ANY(…): one statement for what has the same status, reason and version. */
    any(true) {
        @Override
        public Burst open(Connecting to) throws SQLException {
            Connection c = to.connect(false);
            return burst(c, changes -> atOnce(c, () -> {
                for (List<Change> same : by(changes, each -> List.of(each.status(), each.reason(), each.by(),
                        each.version()))) {
                    Change change = same.get(0);
                    String sql = to.queries.of(change.disables());
                    int[] order = Queries.order(sql);
                    try (PreparedStatement s = c.prepareStatement(Queries.jdbc(KEYS.matcher(sql)
                            .replaceFirst("WHERE workflow_id = ANY (\\$4) AND version = \\$5")))) {
                        Queries.bind(s, order, change);
                        int ids = IntStream.range(0, order.length).filter(i -> order[i] == 4).findFirst().orElseThrow();
                        s.setArray(ids + 1, c.createArrayOf("uuid", same.stream().map(Change::id).toArray()));
                        Direct.touched(s.executeUpdate(), same.size());
                    }
                }
            }));
        }
    },
    /** One connection, all statements sent before the first answer is read, each its own transaction; by Vert.x'
     * client, since JDBC cannot. */
    pipelined(false) {
        @Override
        public Burst open(Connecting to) throws Exception {
            Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
            PgConnection c = await(PgConnection.connect(vertx, options(to.source)));
            return burst(() -> {
                await(c.close());
                await(vertx.close());
            }, changes -> {
                List<io.vertx.core.Future<RowSet<Row>>> sent = changes.stream().map(change -> c
                        .preparedQuery(to.queries.of(change.disables())).execute(Tuple.of(change.status(),
                                change.reason(), change.by(), change.id(), change.version())))
                        .toList();
                Exception failed = null;
                for (io.vertx.core.Future<RowSet<Row>> each : sent) {
                    try {
                        Direct.touched(await(each).rowCount(), 1);
                    } catch (ExecutionException e) {
                        failed = e;
                    }
                }
                if (failed != null) {
                    throw failed;
                }
            });
        }
    };

    private static final Pattern KEYS = Pattern.compile("WHERE workflow_id = \\$4 AND version = \\$5");
    private static final String FROM = "FROM unnest(?::text[], ?::text[], ?::text[], ?::uuid[], ?::text[]) "
            + "AS v (p1, p2, p3, p4, p5) WHERE";

    /** Whether a burst in which one update fails leaves nothing of it; else the other updates stand. */
    public final boolean atomic;

    Ways(boolean atomic) {
        this.atomic = atomic;
    }

    /** On connections that are open from then on. */
    public abstract Burst open(Connecting to) throws Exception;

    /** A burst of updates of distinct rows. */
    public interface Burst extends AutoCloseable {
        /** @throws Exception an update failed or touched no row; what of the burst then stands is {@link #atomic} */
        void send(List<Change> changes) throws Exception;
    }

    private interface Sending {
        void send(List<Change> changes) throws Exception;
    }

    private interface Work {
        void run() throws Exception;
    }

    private static Burst burst(AutoCloseable connections, Sending sending) {
        return new Burst() {
            @Override
            public void send(List<Change> changes) throws Exception {
                sending.send(changes);
            }

            @Override
            public void close() throws Exception {
                connections.close();
            }
        };
    }

    /** Takes the next of the changes until none is left; one that fails does not keep the others. */
    private static void each(Direct direct, List<Change> changes, AtomicInteger next) throws SQLException {
        SQLException failed = null;
        for (int i = next.getAndIncrement(); i < changes.size(); i = next.getAndIncrement()) {
            try {
                direct.update(changes.get(i));
            } catch (SQLException e) {
                failed = e;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    private static Collection<List<Change>> by(List<Change> changes, Function<Change, Object> what) {
        return changes.stream().collect(Collectors.groupingBy(what)).values();
    }

    private static void atOnce(Connection c, Work work) throws Exception {
        c.setAutoCommit(false);
        try {
            work.run();
            c.commit();
        } catch (Exception e) {
            c.rollback();
            throw e;
        } finally {
            c.setAutoCommit(true);
        }
    }

    private static PgConnectOptions options(PGSimpleDataSource source) {
        return new PgConnectOptions().setHost(source.getServerNames()[0]).setPort(source.getPortNumbers()[0])
                .setDatabase(source.getDatabaseName()).setUser(source.getUser()).setPassword(source.getPassword())
                .setPipeliningLimit(Storm.BURST).setCachePreparedStatements(true);
    }

    private static <T> T await(io.vertx.core.Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
