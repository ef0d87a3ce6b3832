import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import kit.report.Tool;
import picocli.CommandLine;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("benchmark")
class BenchTest {
    private static final String PASSWORD = "reader-s3cret";
    /** Unpacked once for all tests. */
    private static final Path BINARIES = Path.of(System.getProperty("java.io.tmpdir"), "datastorage-runbooks-" + System.getProperty("user.name"), "postgres-of-tests");
    private static EmbeddedPostgres reader;

    /** As the embedded server of the library comes: not durable. Runs have a temp folder, and with it a JMH lock, of their own. */
    @BeforeAll
    static void readersServer(@TempDir Path data) throws Exception {
        reader = Run.readersServer(data, PASSWORD);
    }

    @AfterAll
    static void close() throws IOException {
        reader.close();
    }

    private static String url() {
        return "jdbc:postgresql://localhost:" + reader.getPort() + "/postgres?user=postgres";
    }

    private static Run bench(Path folder, String... arguments) throws IOException {
        return Run.script("benchmark", arguments).in(folder).jvm("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")), "-Drunbook.binaries=" + BINARIES);
    }

    private static Run onReader(Path folder, String... arguments) throws IOException {
        return bench(folder, Stream.concat(Stream.of("--url", url()), Stream.of(arguments)).toArray(String[]::new)).with("PGPASSWORD", PASSWORD);
    }

    private static Run lost(Path folder, String how) throws IOException {
        return Run.script("lost-updates", how).in(folder).jvm("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")), "-Drunbook.binaries=" + BINARIES);
    }

    private static JsonNode ours(Path folder) throws IOException {
        return result(folder, "\\d+-\\d+\\.json");
    }

    private static JsonNode result(Path folder, String name) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("bench-results"))) {
            List<Path> found = files.filter(file -> file.getFileName().toString().matches(name)).toList();
            assertThat(found).hasSize(1);
            return JsonMapper.shared().readTree(Files.readString(found.get(0)));
        }
    }

    @Test
    @DisplayName("--quick: every shape is measured on a durable server of its own, in two files, and the report judges them")
    void quick(@TempDir Path folder) throws Exception {
        // What is measured is not looked at here, so short iterations do; a storm is judged by three bursts.
        Run.Result run = bench(folder, "--quick", "-wi", "1", "-w", "100ms", "-i", "3", "-r", "100ms").go();
        assertThat(run.exit()).as(run.all()).isZero();
        assertThat(run.out()).contains("fsync on, full_page_writes on, synchronous_commit on", "sound  checked 10 trials");
        assertThat(run.err()).contains("benchmark: 1 of 10, cold start").contains(" left").doesNotContain("Exception").doesNotContain("WARNING");
        JsonNode ours = ours(folder);
        assertThat(ours.get("partial").asBoolean()).isFalse();
        assertThat(ours.get("marks").toString()).isEqualTo("[\"smoke figures: --quick\"]");
        assertThat(ours.at("/server/settings/fsync").asString()).isEqualTo("on");
        assertThat(ours.get("trials")).hasSize(10);
        for (JsonNode trial : ours.get("trials")) {
            assertThat(trial.get("failed").isNull()).as(trial.toString()).isTrue();
            assertThat(trial.at("/rounds/0/score").asDouble()).isPositive();
        }
        JsonNode steady = ours.get("trials").valueStream().filter(trial -> trial.get("test").asString().equals("steady")).findFirst().orElseThrow();
        assertThat(steady.at("/metrics/hotShare").asDouble()).as("an update of the status is never HOT on the base schema").isZero();
        assertThat(steady.at("/metrics/syncsPerUpdate").asDouble()).as("one client's every update is synced").isBetween(0.95, 1.1);
        assertThat(steady.at("/metrics/transactionsPerUpdate").asDouble()).isBetween(0.95, 1.05);
        assertThat(steady.at("/metrics/walBytesPerUpdate").asDouble()).isGreaterThan(500);
        if (!ours.get("pgbench").isNull()) {
            assertThat(steady.at("/rounds/0/pgbench").asDouble()).isPositive();
            assertThat(steady.at("/rounds/0/pgbenchHotShare").asDouble()).as("pgbench's updates change the status, too").isLessThan(0.05);
            assertThat(steady.at("/rounds/0/pgbenchCpuMicros").asDouble()).isPositive();
        }
        assertThat(steady.at("/latencyMillis/p99").asDouble()).isGreaterThanOrEqualTo(steady.at("/latencyMillis/p50").asDouble());
        JsonNode jmh = result(folder, ".*\\.jmh\\.json");
        assertThat(jmh).hasSize(10);
        assertThat(jmh.get(0).get("benchmark").asString()).isEqualTo("bench.UpdateStatus.coldStart");
        assertThat(jmh.get(0).get("secondaryMetrics").propertyNames()).contains("connect", "first", "second");
        Run.Result report = Run.script("benchmark-report").in(folder).go();
        // Whether this machine keeps the thresholds is its own affair; that all four are judged is not.
        assertThat(report.exit()).as(report.all()).isIn(0, 10);
        assertThat(report.out()).containsPattern("[0-4] of 4 passed, [0-4] failed, 0 not measured");
    }

    @Test
    @DisplayName("an open loop sees a server that stalls for half a second; a closed loop does not")
    void stall(@TempDir Path folder) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Thread stalls = new Thread(() -> stall(done));
        stalls.start();
        Run.Result run = withoutPgbench(onReader(folder, "--quick", "--fast-and-loose", "-p", "rate=100", "-wi", "1", "-w", "100ms", "-i", "1", "-r", "4", "open loop|distinct, 8")).go();
        done.set(true);
        stalls.join();
        assertThat(run.exit()).as(run.all()).isZero();
        assertThat(run.out()).contains("NOT DURABLE", "! no pgbench here, so there is no comparison with it: it comes with PostgreSQL's server package");
        assertThat(p99(folder, "openLoop")).isGreaterThan(200);
        assertThat(p99(folder, "concurrent")).isLessThan(200);
        assertThat(ours(folder).get("marks").toString()).contains("NOT DURABLE: fsync off");
    }

    /** Neither on the PATH nor where Debian has it. */
    private static Run withoutPgbench(Run run) throws Exception {
        Run without = run.with("PATH", "/nowhere");
        if (!Files.isDirectory(Path.of("/usr/lib/postgresql"))) {
            return without;
        }
        Run.Result allowed = Run.command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/usr/lib/postgresql").go();
        assumeTrue(allowed.exit() == 0, "mounting is not allowed here: " + allowed.err().strip());
        return without.under("/usr/bin/unshare", "-m", "/bin/sh", "-c", "/bin/mount -t tmpfs none /usr/lib/postgresql && exec \"$@\"", "sh");
    }

    private static double p99(Path folder, String method) throws IOException {
        return ours(folder).get("trials").valueStream().filter(trial -> trial.get("benchmark").asString().endsWith(method)).findFirst().orElseThrow().at("/latencyMillis/p99").asDouble();
    }

    /** Locks the table of the run's scratch database for half a second, every two seconds. */
    private static void stall(AtomicBoolean done) {
        while (!done.get()) {
            try (Connection admin = DriverManager.getConnection(url(), "postgres", PASSWORD); Statement s = admin.createStatement();
                 ResultSet found = s.executeQuery("SELECT datname FROM pg_database WHERE datname LIKE 'runbook\\_scratch%'")) {
                if (found.next()) {
                    try (Connection c = DriverManager.getConnection(url().replace("/postgres?", "/" + found.getString(1) + "?"), "postgres", PASSWORD); Statement lock = c.createStatement()) {
                        lock.execute("BEGIN; LOCK TABLE remediation_workflow_catalog IN EXCLUSIVE MODE; SELECT pg_sleep(0.5); COMMIT");
                    }
                }
                Thread.sleep(1500);
            } catch (SQLException e) {
                // The table is not there yet, or any more.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Test
    @DisplayName("a server whose writes are not durable is refused, and the scratch database is gone")
    void notDurable(@TempDir Path folder) throws Exception {
        Run.Result run = onReader(folder, "--quick").go();
        assertThat(run.exit()).isEqualTo(3);
        assertThat(run.err()).isEqualTo("benchmark: fsync off, full_page_writes on, synchronous_commit off: writes on this server are not durable, which flatters every figure; "
                + "switch these on, or give --fast-and-loose to measure all the same\n");
        assertThat(run.all()).doesNotContain(PASSWORD);
        assertThat(scratches()).isZero();
    }

    private static int scratches() throws SQLException {
        try (Connection admin = DriverManager.getConnection(url(), "postgres", PASSWORD); Statement s = admin.createStatement();
             ResultSet found = s.executeQuery("SELECT count(*) FROM pg_database WHERE datname LIKE 'runbook\\_scratch%'")) {
            found.next();
            return found.getInt(1);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
            "--quik | --quik is an option that neither benchmark (see --help) nor JMH has",
            "--quick --full | --quick and --full exclude each other: give one of them",
            "--rows 10 | --rows 10 is too few: 32 clients with 16 rows each want at least 512",
            "--quick -i 0 | JMH's option -i cannot be '0': the value 0 should be positive",
            "--quick -f 0 | -f 0 would measure nothing: give at least 1",
            "--quick -t 64 | -t 64 is more than the table has rows for: give at most 32",
            "--quick '[' | \"[\" is no regular expression: Unclosed character class",
            "--quick nothing | no trial has a name such as that: benchmark --list shows all",
            "--schema wide | --schema wide is none of base, fillfactor80, hot-fillfactor80, hot, no-status-index, no-trigger, side-table, thirteen-indexes, and no file of SQL",
            "--schema none.sql | --schema none.sql does not exist",
            "--out taken | --out taken is a file: give a folder",
            "--pgbench none --quick steady | --pgbench none is no pgbench that runs here",
            "--rows many | Invalid value for option '--rows': 'many' is not an int (see benchmark --help)",
    })
    void usage(String arguments, String sentence, @TempDir Path folder) throws Exception {
        String taken = Files.createFile(folder.resolve("taken")).toString();
        assertThat(inProcess(new Campaign(), arguments.replace("'", "").replace("taken", taken)))
                .isEqualTo(new Run.Result(2, "", "benchmark: " + sentence.replace("taken", taken) + "\n"));
    }

    private static Run.Result inProcess(Object command, String arguments) {
        PrintStream stderr = System.err;
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        try {
            CommandLine line = Tool.commandLine(command).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
            return new Run.Result(line.execute(arguments.split(" ")), out.toString(), err.toString());
        } finally {
            System.setErr(stderr);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
            "crash --url jdbc:postgresql://localhost/db | crash kills the server: it is for the embedded one only, so leave --url out (and PGHOST unset)",
            "failover --url jdbc:postgresql://localhost/db | failover wants a --url of several hosts that finds the primary: jdbc:postgresql://host1,host2,host3/db?targetServerType=primary",
    })
    void usageOfLostUpdates(String arguments, String sentence) {
        assertThat(inProcess(new LostUpdates(), arguments)).isEqualTo(new Run.Result(2, "", "lost-updates: " + sentence + "\n"));
    }

    @Test
    @DisplayName("update-status: JMH's own table, the thresholds after it, nothing left; a server that is not durable and a name that is none are refused")
    void alone(@TempDir Path folder) throws Exception {
        Path temp = Files.createDirectories(folder.resolve("tmp"));
        // What a killed JMH has left is gone afterwards; what only looks like it stays.
        Files.createFile(temp.resolve("jmh123stdout"));
        Files.createFile(temp.resolve("jmh.notes"));
        Run.Result run = updateStatus(folder, "-f", "1", "-wi", "1", "-w", "100ms", "-i", "3", "-r", "100ms", "Storm|openLoop").go();
        assertThat(run.exit()).as(run.all()).isIn(0, 10);
        assertThat(run.out()).contains("fsync on, full_page_writes on, synchronous_commit on", "Benchmark  ", "UpdateStatus.writeStorm", "loop", "batch",
                "Thresholds of the service", "not measured  cold start", "not measured  concurrency").containsPattern("(pass|FAIL)  write storm.*ms").containsPattern("(pass|FAIL)  sustained load.*ms");
        try (Stream<Path> left = Files.walk(temp)) {
            assertThat(left.filter(Files::isRegularFile).map(file -> file.getFileName().toString())).containsOnly("jmh.lock", "jmh.notes");
        }
        Run.Result loose = updateStatus(folder, "--url", url().replaceFirst("user=postgres", "user=postgres&password=" + PASSWORD), "steady").go();
        assertThat(loose.exit()).as(loose.all()).isEqualTo(3);
        assertThat(loose.err()).startsWith("update-status: fsync off, full_page_writes on, synchronous_commit off: writes on this server are not durable").hasLineCount(1);
        assertThat(loose.all()).doesNotContain(PASSWORD);
        assertThat(scratches()).isZero();
    }

    private static Run updateStatus(Path folder, String... arguments) {
        return Run.script("update-status", arguments).in(folder).jvm("-Djava.io.tmpdir=" + folder.resolve("tmp"), "-Drunbook.binaries=" + BINARIES);
    }

    @Test
    @DisplayName("two runs at once: the second says so and measures nothing")
    void locked(@TempDir Path folder) throws Exception {
        Path lock = Files.createDirectories(folder.resolve("tmp")).resolve("jmh.lock");
        try (FileChannel file = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE); FileLock held = file.lock()) {
            Run.Result run = bench(folder, "--quick").go();
            assertThat(run.exit()).isEqualTo(3);
            assertThat(run.err()).isEqualTo("benchmark: another JMH run is under way on this machine (it holds " + lock + "), and two would measure each other: wait until it has ended\n");
        }
    }

    @Test
    @DisplayName("JMH's lock file of another user of the machine is left alone: each user has one that it can have")
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void lockOfAnotherUser(@TempDir Path folder) throws Exception {
        Path temp = Files.createDirectories(folder.resolve("tmp"));
        Path others = Files.createFile(temp.resolve("jmh.lock"), PosixFilePermissions.asFileAttribute(Set.of()));
        assumeFalse(Files.isWritable(others), "root may write every file");
        Path own = temp.resolve("jmh-" + System.getProperty("user.name") + ".lock");
        try (FileChannel file = FileChannel.open(own, StandardOpenOption.CREATE, StandardOpenOption.WRITE); FileLock held = file.lock()) {
            assertThat(bench(folder, "--quick").go().err()).startsWith("benchmark: another JMH run is under way on this machine (it holds " + own + ")");
        }
    }

    @Test
    @DisplayName("--list, and what JMH lists itself")
    void lists(@TempDir Path folder) throws Exception {
        Run.Result list = bench(folder, "--list", "--schema", "base,side-table").go();
        assertThat(list.exit()).isZero();
        assertThat(list.out()).contains("write storm, pipelined", "side-table", " trials, about ");
        Run.Result jmh = bench(folder, "-l").go();
        assertThat(jmh.exit()).isZero();
        assertThat(jmh.out()).contains("bench.UpdateStatus.coldStart", "bench.UpdateStatus.writeStorm");
        assertThat(bench(folder, "-p", "strategy=any,batch", "--list", "write storm").go().out()).contains("write storm, any ", "2 trials, about ");
    }

    @Test
    @DisplayName("the pgbench scripts of the repository are those that a run uses")
    void pgbenchScripts(@TempDir Path folder) throws Exception {
        assertThat(bench(folder, "--pgbench-scripts", "scripts").go().exit()).isZero();
        for (String name : List.of("distinct.sql", "hot.sql", "empty.sql")) {
            assertThat(folder.resolve("scripts").resolve(name)).hasSameTextualContentAs(Run.ROOT.resolve("bench/pgbench").resolve(name));
        }
    }

    @Test
    @DisplayName("a server that restarts, and one that goes, in the middle: the trial is void, the others stand, and the run is partial")
    void serverGone(@TempDir Path folder, @TempDir Path data) throws Exception {
        EmbeddedPostgres dying = Run.readersServer(data, PASSWORD);
        String url = url().replace(":" + reader.getPort(), ":" + dying.getPort());
        Process process = bench(folder, "--url", url, "--quick", "--fast-and-loose", "-wi", "1", "-w", "100ms", "write storm|steady").with("PGPASSWORD", PASSWORD).start();
        try (Connection admin = DriverManager.getConnection(url, "postgres", PASSWORD); Statement s = admin.createStatement()) {
            // What clients see of a restart: every session ends.
            until(() -> {
                s.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'runbook\\_scratch%' AND query LIKE 'UPDATE %'");
                return trials(folder) == 1;
            });
            until(() -> trials(folder) == 2);
            dying.close();
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
            String out = new String(process.getInputStream().readAllBytes());
            assertThat(process.exitValue()).as(out).isEqualTo(10);
            assertThat(new String(process.getErrorStream().readAllBytes())).contains("could not be dropped, the next run with this --url does it").doesNotContain("\tat ");
            assertThat(out).contains("✗ steady state, prepared: ", "✓ write storm, loop: ", "BENCH_FAILS", "BENCH_SERVER_GONE").doesNotContain("Exception in", PASSWORD);
        } finally {
            process.destroyForcibly();
        }
        assertThat(ours(folder).get("partial").asBoolean()).isTrue();
    }

    @Test
    @DisplayName("a role without rights, before an engine that lacks some of PostgreSQL (a stand-in: a line that spoils these words): each is named, the rest is measured")
    void another(@TempDir Path folder) throws Exception {
        try (Connection admin = DriverManager.getConnection(url(), "postgres", PASSWORD); Statement s = admin.createStatement()) {
            s.execute("CREATE ROLE guest LOGIN CREATEDB PASSWORD '" + PASSWORD + "'");
        }
        try (ServerSocket line = new ServerSocket(0)) {
            spoil(line, List.of("CREATE TRIGGER", "VACUUM (FULL", "pg_logical_emit_message", "pg_stat_wal", "pg_stat_user_tables", "unnest(", "WITH (FORCE)"));
            Run.Result run = bench(folder, "--url", url().replace(":" + reader.getPort(), ":" + line.getLocalPort()).replace("=postgres", "=guest"), "--quick", "--fast-and-loose", "-p", "pool=4", "distinct, 8|storm, unnest")
                    .with("PGPASSWORD", PASSWORD).go();
            assertThat(run.exit()).as(run.all()).isEqualTo(10);
            assertThat(run.out()).contains("; it calls itself PostgreSQL 16.", "the server does not grant CHECKPOINT", "the server does not grant VACUUM (FULL, ANALYZE)", "there is no ratio to the empty durable transaction: ERROR: function pg_logical",
                            "the server refuses a statement of the table: CREATE TRIG", "✓ concurrent distinct, 8 clients, pool 4: ", "✗ write storm, unnest: ERROR: function unnes")
                    .doesNotContain("of the empty transaction,", "pg_current_wal_insert_lsn").doesNotContain(PASSWORD);
            assertThat(run.err()).doesNotContain("Exception", "could not");
        }
        JsonNode trial = ours(folder).get("trials").get(0);
        assertThat(trial.at("/rounds/0/empty").isNull()).isTrue();
        assertThat(trial.at("/metrics").propertyNames()).contains("walBytesPerUpdate", "transactionsPerUpdate").doesNotContain("hotShare", "syncsPerUpdate", "tableGrowthBytesPerUpdate");
        assertThat(ours(folder).get("marks").toString()).contains("the server does not grant CHECKPOINT");
        assertThat(scratches()).isZero();
    }

    /** A line to the server on which these words arrive with another last letter but one, so that the server says of each what an engine says that does not know it. */
    private static void spoil(ServerSocket line, List<String> words) {
        new Thread(() -> {
            while (!line.isClosed()) {
                try {
                    Socket client = line.accept();
                    Socket server = new Socket("localhost", reader.getPort());
                    new Thread(() -> pass(server, client, List.of())).start();
                    new Thread(() -> pass(client, server, words)).start();
                } catch (IOException e) {
                    return;
                }
            }
        }).start();
    }

    private static void pass(Socket from, Socket to, List<String> words) {
        byte[] buffer = new byte[1 << 16];
        try (from; to) {
            for (int n = from.getInputStream().read(buffer); n > 0; n = from.getInputStream().read(buffer)) {
                String text = new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
                for (String word : words) {
                    text = text.replace(word, word.substring(0, word.length() - 2) + "z" + word.substring(word.length() - 1));
                }
                to.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            // The other side has hung up.
        }
    }

    @Test
    @DisplayName("a disk that fills up: one sentence, and nothing holds it")
    @EnabledOnOs(OS.LINUX)
    void fullDisk(@TempDir Path folder) throws Exception {
        Path disk = Files.createDirectory(folder.resolve("tmp"));
        Run.Result mounted = Run.command("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.toString()).go();
        assumeTrue(mounted.exit() == 0, "mounting is not allowed here: " + mounted.err().strip());
        try {
            Run.Result run = bench(folder, "--quick", "--fast-and-loose", "--out", "tmp/results", "--rows", "20000", "steady").go();
            assertThat(run.exit()).as(run.all()).isIn(3, 10);
            assertThat(run.all()).containsPattern("No space left on device|went away").doesNotContain("\tat ");
        } finally {
            assertThat(Run.command("umount", disk.toString()).go().exit()).as("nothing holds the disk").isZero();
        }
    }

    @ParameterizedTest(name = "{0} in the middle: the results so far stand, marked partial, and nothing else is left")
    @CsvSource({"INT", "TERM"})
    @EnabledOnOs(OS.LINUX)
    void brokenOff(String signal, @TempDir Path folder) throws Exception {
        Process process = onReader(folder, "--quick", "--fast-and-loose", "steady|write storm").start();
        until(() -> trials(folder) == 1);
        List<ProcessHandle> started = new ArrayList<>(process.descendants().toList());
        assertThat(Run.signal(signal, process.pid())).isTrue();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(signal.equals("INT") ? 130 : 143);
        until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
        until(() -> scratches() == 0);
        assertThat(ours(folder).get("partial").asBoolean()).isTrue();
        try (Stream<Path> left = Files.walk(folder.resolve("tmp/datastorage-runbooks-" + System.getProperty("user.name")), 1)) {
            assertThat(left.map(file -> file.getFileName().toString())).noneMatch(name -> name.matches("\\d+-.*"));
        }
    }

    @Test
    @DisplayName("lost-updates crash: what was acknowledged with synchronous_commit on survives a kill of the server")
    void crash(@TempDir Path folder) throws Exception {
        Run.Result run = lost(folder, "crash").go();
        assertThat(run.exit()).as(run.all()).isZero();
        assertThat(run.out()).containsPattern("✓ [1-9]\\d* updates were acknowledged, 0 of them are gone").containsPattern("synchronous_commit off\n(.*\n)+.*[✓!] [1-9]\\d* updates were acknowledged, \\d+ of them are gone")
                .containsPattern("(?s)it recovers in .*it recovers in ");
    }

    @Test
    @DisplayName("lost-updates failover: without a synchronous standby acknowledged updates go with the primary, with one they do not")
    void failover(@TempDir Path folder) throws Exception {
        Run.Result run = lost(folder, "failover").go();
        assertThat(run.exit()).as(run.all()).isZero();
        assertThat(run.out()).containsPattern("(?s)asynchronous: .*nobody could write for .*! [1-9]\\d* updates were acknowledged, [1-9]\\d* of them are gone: a commit did not wait for a standby.*"
                + "synchronous: .*nobody could write for .*✓ [1-9]\\d* updates were acknowledged, 0 of them are gone");
    }

    @ParameterizedTest(name = "SIG{0} while there are standbys: no server and no folder is left")
    @CsvSource({"TERM", "KILL"})
    @EnabledOnOs(OS.LINUX)
    void standbysAreGone(String signal, @TempDir Path folder) throws Exception {
        Process process = lost(folder, "failover").start();
        until(() -> ProcessHandle.allProcesses().anyMatch(other -> String.join(" ", other.info().arguments().orElse(new String[0])).contains(folder + "/tmp") && String.join(" ", other.info().arguments().get()).contains("pg-standby-2")));
        assertThat(Run.signal(signal, process.pid())).isTrue();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        if (signal.equals("KILL")) {
            // The next run of any script removes it.
            Run.Result next = Run.script("verify-migrations", "migrations").jvm("-Djava.io.tmpdir=" + folder.resolve("tmp"), "-Drunbook.binaries=" + BINARIES).go();
            assertThat(next.err()).contains("removing what a run that was killed left behind: ");
        }
        until(() -> ProcessHandle.allProcesses().noneMatch(other -> String.join(" ", other.info().arguments().orElse(new String[0])).contains(folder + "/tmp")));
        try (Stream<Path> left = Files.walk(folder.resolve("tmp/datastorage-runbooks-" + System.getProperty("user.name")), 1)) {
            assertThat(left.map(file -> file.getFileName().toString())).noneMatch(name -> name.matches("\\d+-.*"));
        }
    }

    private static int trials(Path folder) throws IOException {
        if (!Files.isDirectory(folder.resolve("bench-results"))) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder.resolve("bench-results"))) {
            List<Path> found = files.filter(file -> file.getFileName().toString().matches("\\d+-\\d+\\.json")).toList();
            return found.isEmpty() ? 0 : JsonMapper.shared().readTree(Files.readString(found.get(0))).get("trials").size();
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(Condition condition) throws Exception {
        for (int i = 0; i < 1200; i++) {
            if (condition.holds()) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("it did not come to that within a minute");
    }
}
