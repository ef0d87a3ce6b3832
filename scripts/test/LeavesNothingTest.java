import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run starts is looked for in /proc, which only Linux has. */
@DisplayName("nothing is left behind, whatever ends a script")
@EnabledOnOs(OS.LINUX)
class LeavesNothingTest {
    private static final String PASSWORD = "reader-s3cret";
    private static EmbeddedPostgres reader;

    @TempDir
    Path temp;

    private final List<Running> started = new ArrayList<>();

    @BeforeAll
    static void readersServer(@TempDir Path data) throws Exception {
        reader = Run.readersServer(data, PASSWORD);
        try (Connection c = admin("postgres")) {
            execute(c, "CREATE DATABASE app");
        }
        try (Connection c = admin("app")) {
            execute(c, "CREATE TABLE orders (id int PRIMARY KEY, what text); INSERT INTO orders SELECT i, 'order ' || i FROM generate_series(1, 50) i");
        }
    }

    /** The moments are those of a machine on which a script has run before, but where a test says otherwise. */
    @BeforeAll
    static void unpacked(@TempDir Path tmp) throws Exception {
        Run.Result first = Run.script("verify-migrations", "migrations").jvm("-Djava.io.tmpdir=" + tmp, "-Drunbook.binaries=" + binariesOfTests()).go();
        assertThat(first.exit()).as(first.all()).isZero();
    }

    @AfterAll
    static void stopReadersServer() throws IOException {
        reader.close();
    }

    /** A test that fails must not leave processes behind, either. */
    @AfterEach
    void stop() throws Exception {
        for (Running each : started) {
            each.process.destroyForcibly().waitFor();
        }
        servers().forEach(ProcessHandle::destroyForcibly);
    }

    // The moments of a run -------------------------------------------------------------------------------------------

    /** Moments of the start, in their order; each is seen from outside, in the files and processes of the run. */
    enum Moment { JVM, RUN_FOLDER, DATA_FOLDER, INITDB_SERVER, SERVER_STARTS }

    private void await(Running run, Moment moment) throws Exception {
        run.until(moment.toString(), () -> switch (moment) {
            case JVM -> run.process.info().command().orElse("").endsWith("/java");
            case RUN_FOLDER -> runFolder() != null;
            case DATA_FOLDER -> runFolder() != null && Files.exists(runFolder().resolve("pg"));
            case INITDB_SERVER -> !sharedMemory().isEmpty();
            case SERVER_STARTS -> runFolder() != null && Files.exists(runFolder().resolve("pg/PG_VERSION")) && !Files.exists(runFolder().resolve("pw"));
        });
    }

    private static final List<String> SIGNALS = List.of("HUP", "INT", "TERM");

    /** The start is one block, which all scripts share: each moment is met twice, but that of a server that is unpacked anew, and scripts and signals take turns. */
    static Stream<Object[]> moments() {
        List<String> scripts = List.of("verify-migrations migrations", "check-sql migrations --migrations migrations", "preflight migrations", "incident", "verify-migrations migrations --down");
        return IntStream.range(0, 2 * Moment.values().length).filter(i -> i != 5 + Moment.INITDB_SERVER.ordinal()).mapToObj(i -> new Object[] {scripts.get((i + i / 5) % 5), Moment.values()[i % 5], SIGNALS.get(i % 3)});
    }

    static Stream<TrustTest.Script> scripts() {
        return TrustTest.scripts().filter(script -> script.alone() != null);
    }

    @ParameterizedTest(name = "{0}, SIG{2} in the start: {1}")
    @MethodSource("moments")
    @DisplayName("ended by a signal while its server starts")
    void endedInTheStart(String script, Moment moment, String signal) throws Exception {
        Running run = start(script, moment);
        await(run, moment);
        endsCleanly(run, signal);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("ended by SIGHUP, SIGINT and SIGTERM in turn, at one step after the other, until a run ends by itself")
    void endedAtEachStep(TrustTest.Script script) throws Exception {
        Path project = Files.createDirectories(temp.resolve("project"));
        Files.writeString(Files.createDirectory(project.resolve("migrations")).resolve("001_one.sql"), "-- +goose Up\nCREATE TABLE one (id int);\n-- +goose Down\nDROP TABLE one;\n");
        Files.writeString(Files.createDirectory(project.resolve("src")).resolve("a.go"), "package a\n\nconst q = \"SELECT id FROM one\"\n");
        Files.writeString(project.resolve("error.txt"), "ERROR: column \"note\" of relation \"one\" does not exist (SQLSTATE 42703)\n");
        Files.writeString(project.resolve(".run-tests.yaml"), "tiers:\n  unit:\n    command: sleep 1; echo 3 passed, 0 failed, 0 skipped\n");
        new BenchReportTest.MadeUp(7, 0).trial("steady", "steady, prepared", 1, "", "updates/s", 800, BenchReportTest.MadeUp.latency(1, 2, 3, "closed loop")).in(project.resolve("bench-results"), "20260102-030405.json");
        int ended = 0;
        for (int step = 1, turn = 0; ; step += script.stride(), turn++) {
            Running run = start(script(script.alias(), script.alone().isEmpty() ? new String[0] : script.alone().split(" ")).in(project).with("DOCKER_HOST", null));
            if (!run.reaches(step)) {
                // Short steps may be over before the signal comes, those of a server's start are not.
                assertThat(ended).as(run.out.toString()).isGreaterThanOrEqualTo(script.middle() > 0 ? 1 : 0);
                assertThat(step).as(run.out.toString()).isGreaterThan(1);
                Run.Result result = run.finish();
                assertThat(result.exit()).as(result.all()).isIn(0, 10);
                nothingLeft(Set.of());
                return;
            }
            String signal = SIGNALS.get(turn % 3);
            ended += endsCleanly(run, signal, 0, 10) == exitOf(signal) ? 1 : 0;
        }
    }

    @ParameterizedTest(name = "{0}, SIG{1}")
    @CsvSource({"verify-migrations,INT", "check-sql,TERM", "preflight,TERM"})
    @DisplayName("ended by a signal while a migration of the replay sleeps")
    void endedInTheReplay(String script, String signal) throws Exception {
        Path folder = Files.createDirectory(temp.resolve("sleeps"));
        Files.writeString(folder.resolve("001_a.sql"), "-- +goose Up\nSELECT pg_sleep(600);\n");
        Running running = start(script(script, script.equals("verify-migrations") ? new String[] {folder.toString()} : new String[] {folder.toString(), "--migrations", folder.toString()}));
        running.until("pg_sleep", () -> servers().stream().anyMatch(server -> title(server).contains(") SELECT")));
        endsCleanly(running, signal);
    }

    /** The exit code: that of the signal, or one of those of a run that may be over before the signal comes. */
    private int endsCleanly(Running run, String signal, Integer... over) throws Exception {
        Set<String> memory = sharedMemory();
        List<ProcessHandle> below = run.process.descendants().toList();
        run.signal(signal);
        Run.Result result = run.finish();
        nothingLeft(memory);
        until("all that it started has ended", () -> below.stream().noneMatch(ProcessHandle::isAlive));
        List<Integer> exits = new ArrayList<>(List.of(over));
        exits.add(exitOf(signal));
        assertThat(result.exit()).as(result.all()).isIn(exits);
        assertThat(result.err().lines().filter(line -> !line.matches("benchmark: .* left|run-tests: .*|unit \\| .*"))).isEmpty();
        return result.exit();
    }

    private static int exitOf(String signal) {
        return signal.equals("HUP") ? 129 : signal.equals("INT") ? 130 : 143;
    }

    @Test
    @DisplayName("ended while Podman does not answer: it is not waited for, and not left behind")
    void endedWhilePodmanHangs() throws Exception {
        Path podman = Files.createDirectory(temp.resolve("bin")).resolve("podman");
        Files.setPosixFilePermissions(Files.writeString(podman, "#!/bin/sh\nexec sleep 600\n"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Running run = start(script("podman-machine", "--patience", "600").with("PATH", podman.getParent() + ":" + System.getenv("PATH")));
        run.until("podman hangs", () -> run.process.descendants().anyMatch(child -> child.info().arguments().map(List::of).orElse(List.of()).contains("600")));
        endsCleanly(run, "TERM");
    }

    @Test
    @DisplayName("SIGQUIT is the JVM's own: it prints its threads, and the run goes on to its end")
    void quit() throws Exception {
        Running run = start("verify-migrations migrations");
        run.reaches(1);
        run.signal("QUIT");
        Run.Result result = run.finish();
        assertThat(result.exit()).isZero();
        assertThat(result.out()).contains("Full thread dump", "\nsound  checked ");
        nothingLeft(Set.of());
    }

    @Test
    @DisplayName("ended while the server's binaries are unpacked for the first time: the next run is sound")
    void endedWhileUnpacking() throws Exception {
        Path binaries = home(temp.resolve("tmp")).resolve("postgres");
        Running first = start(script(binaries, "verify-migrations", "migrations"));
        first.until("unpacking", () -> Files.exists(binaries) && find(binaries, "libcrypto"));
        first.signal("KILL");
        first.finish();
        Run.Result next = start(script(binaries, "verify-migrations", "migrations")).finish();
        assertThat(next.exit()).as(next.all()).isZero();
    }

    private static boolean find(Path folder, String name) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.anyMatch(file -> file.getFileName().toString().contains(name));
        } catch (java.io.UncheckedIOException e) {
            return false;
        }
    }

    // Normal ends ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("a migration that fails, and an output that is closed early, leave nothing either")
    void normalEnds() throws Exception {
        Path folder = Files.createDirectory(temp.resolve("bad"));
        Files.writeString(folder.resolve("001_bad.sql"), "-- +goose Up\nSELECT nonsense;\n");
        Run.Result bad = start(script("migrate", "up", "--migrations", folder.toString())).finish();
        assertThat(bad.exit()).as(bad.all()).isEqualTo(10);
        assertThat(bad.err()).isEmpty();
        nothingLeft(Set.of());

        Process process = script("schema-mismatch").start();
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < 3; i++) {
                out.readLine();
            }
        }
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(err).isEmpty();
        nothingLeft(Set.of());
    }

    // kill -9 --------------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "killed with SIGKILL: {0}")
    @ValueSource(strings = {"RUN_FOLDER", "INITDB_SERVER", "SERVER_STARTS", "step 2"})
    @DisplayName("what a killed run left is removed by the next one, which says so")
    void killed(String moment) throws Exception {
        boolean step = moment.startsWith("step");
        Running victim = step ? start("verify-migrations migrations --down") : start("verify-migrations migrations", Moment.valueOf(moment));
        if (step) {
            victim.untilStep(2);
        } else {
            await(victim, Moment.valueOf(moment));
        }
        Set<String> memory = sharedMemory();
        victim.signal("KILL");
        victim.finish();
        Path left = runFolder();
        assertThat(left).exists();

        Run.Result next = start("verify-migrations migrations").finish();
        assertThat(next.exit()).as(next.all()).isZero();
        assertThat(next.err()).isEqualTo("removing what a run that was killed left behind: " + left + "\n");
        nothingLeft(memory);
    }

    @Test
    @DisplayName("a run that lives is not touched by one that starts beside it")
    void livingRun() throws Exception {
        Running living = start("verify-migrations migrations --down");
        living.untilStep(2);
        // A lock that is garbage is given back: collect all there is.
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        assertThat(Run.command(jcmd, String.valueOf(living.process.pid()), "GC.run").go().exit()).isZero();
        Path folder = runFolder();
        Run.Result other = start("verify-migrations migrations").finish();
        assertThat(other.exit()).as(other.all()).isZero();
        assertThat(other.err()).isEmpty();
        assertThat(living.process.isAlive() ? Files.exists(folder) : living.process.exitValue() == 0).isTrue();
        assertThat(living.finish().exit()).isZero();
        nothingLeft(Set.of());
    }

    // The reader's own server ----------------------------------------------------------------------------------------

    @Test
    @DisplayName("on your server: scratch databases are gone after a normal end, SIGHUP and SIGTERM, and your database is as it was")
    void scratchDatabasesAreGone() throws Exception {
        List<String> before = everything();
        Run.Result normal = start(onReaders("workflow-repository")).finish();
        assertThat(normal.exit()).as(normal.all()).isZero();
        assertThat(normal.out()).contains("database runbook_scratch_");
        assertThat(everything()).isEqualTo(before);

        for (String[] each : new String[][] {{"HUP", "workflow-repository"}, {"TERM", "schema-mismatch"}}) {
            Running run = start(onReaders(each[1]));
            run.untilStep(3);
            assertThat(everything()).isNotEqualTo(before);
            endsCleanly(run, each[0]);
            assertThat(everything()).isEqualTo(before);
        }
    }

    @Test
    @DisplayName("on your server: a run that is ended while it creates its scratch database leaves none")
    void endedWhileCreating() throws Exception {
        List<String> before = everything();
        Running run;
        // CREATE DATABASE waits some seconds for others to leave its template.
        try (Connection blocker = admin("template1"); Connection c = admin("postgres")) {
            run = start(onReaders("workflow-repository"));
            run.until("CREATE DATABASE", () -> one(c, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE runbook%' AND state = 'active'").equals("1"));
            run.signal("TERM");
            blocker.close();
            Run.Result result = run.finish();
            assertThat(result.exit()).isEqualTo(143);
            assertThat(result.err()).isEmpty();
            until("no CREATE DATABASE", () -> one(c, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE runbook%' AND state = 'active'").equals("0"));
        }
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    @DisplayName("on your server: the next run drops what a killed one left, and nothing of a living run, nor what only has such a name")
    void killedOnReadersServer() throws Exception {
        List<String> before = everything();
        String mine = kit.postgres.Scratch.comment(ProcessHandle.current());
        try (Connection c = admin("postgres")) {
            execute(c, "CREATE DATABASE runbook_scratch_4194305_nocomment");
            execute(c, "CREATE DATABASE runbook_scratch_2_living");
            execute(c, "COMMENT ON DATABASE runbook_scratch_2_living IS '" + mine + "'");
            execute(c, "CREATE DATABASE runbook_scratch_3_elsewhere");
            execute(c, "COMMENT ON DATABASE runbook_scratch_3_elsewhere IS 'datastorage-runbooks scratch of process 4194305 started x on another-host'");
            Running victim = start(onReaders("incident"));
            victim.untilStep(3);
            victim.signal("KILL");
            victim.finish();
            List<String> scratches = List.of(one(c, "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'runbook%' AND datname NOT SIMILAR TO '%(nocomment|living|elsewhere)'").split(" "));
            assertThat(scratches).hasSize(1);

            Run.Result next = start(onReaders("incident")).finish();
            assertThat(next.exit()).as(next.all()).isZero();
            assertThat(next.err()).containsOnlyOnce("dropping " + scratches.get(0) + ", which a run that was killed left behind");
            assertThat(next.err().lines().filter(line -> line.startsWith("dropping"))).hasSize(1);
            assertThat(next.err()).as("whose it was cannot be told").contains("runbook_scratch_4194305_nocomment was left behind by a run that was killed, unless");
            assertThat(one(c, "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'runbook%'"))
                    .isEqualTo("runbook_scratch_2_living runbook_scratch_3_elsewhere runbook_scratch_4194305_nocomment");
            for (String decoy : List.of("4194305_nocomment", "2_living", "3_elsewhere")) {
                execute(c, "DROP DATABASE runbook_scratch_" + decoy);
            }
        }
        assertThat(everything()).isEqualTo(before);
    }

    @ParameterizedTest(name = "SIG{0}")
    @CsvSource({"INT, 130", "TERM, 143"})
    @DisplayName("migrate up, ended in a long statement: it is cancelled, its file rolled back, the ledger has only the files before it, the lock is free")
    void endedInAMigration(String signal, int exit) throws Exception {
        Path folder = Files.createDirectory(temp.resolve("migrations"));
        Files.writeString(folder.resolve("001_one.sql"), "-- +goose Up\nCREATE TABLE one (id int);\n");
        Files.writeString(folder.resolve("002_two.sql"), "-- +goose Up\nCREATE TABLE two (id int);\nSELECT pg_sleep(600);\n");
        Files.writeString(folder.resolve("003_three.sql"), "-- +goose Up\nCREATE TABLE three (id int);\n");
        String database = "migrated_" + signal.toLowerCase(java.util.Locale.ROOT);
        try (Connection c = admin("postgres")) {
            execute(c, "CREATE DATABASE " + database);
        }
        try (Connection c = admin(database)) {
            Running run = start(script("migrate", "up", "--migrations", folder.toString(), "--url", url(database)));
            run.until("pg_sleep", () -> one(c, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'").equals("1"));
            run.signal(signal);
            Run.Result result = run.finish();
            assertThat(result.exit()).as(result.all()).isEqualTo(exit);
            assertThat(result.err()).isEmpty();
            // The client is gone; the server's backends end when they have seen that.
            until("no other session", () -> one(c, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").equals("0"));
            assertThat(one(c, "SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM goose_db_version")).isEqualTo("0 1");
            assertThat(one(c, "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'")).isEqualTo("goose_db_version one");
            assertThat(one(c, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).isEqualTo("0");
        }
        try (Connection c = admin("postgres")) {
            execute(c, "DROP DATABASE " + database);
        }
        nothingLeft(Set.of());
    }

    private static Connection admin(String database) throws SQLException {
        return DriverManager.getConnection(url(database));
    }

    private static String url(String database) {
        return "jdbc:postgresql://localhost:" + reader.getPort() + "/" + database + "?user=postgres&password=" + PASSWORD;
    }

    private Run onReaders(String alias) throws IOException {
        return script(alias, "--url", url("app"));
    }

    /** All databases and roles of the reader's server, and the catalogue and the rows of the reader's database. */
    private static List<String> everything() throws SQLException {
        List<String> all = new ArrayList<>();
        try (Connection c = admin("app")) {
            for (String sql : List.of("SELECT d::text FROM (SELECT datname, datdba, datacl, datconnlimit FROM pg_database ORDER BY 1) d", "SELECT rolname FROM pg_roles ORDER BY 1",
                    "SELECT s::text FROM pg_db_role_setting s", "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%temp%' ORDER BY 1",
                    "SELECT oid::text || relname::text FROM pg_class WHERE oid >= 16384 ORDER BY 1", "SELECT extname FROM pg_extension ORDER BY 1",
                    "SELECT proname FROM pg_proc WHERE oid >= 16384 ORDER BY 1", "SELECT xmin::text || o::text FROM orders o ORDER BY id")) {
                try (Statement s = c.createStatement(); var rows = s.executeQuery(sql)) {
                    while (rows.next()) {
                        all.add(rows.getString(1));
                    }
                }
            }
        }
        return all;
    }

    private static void execute(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute(sql);
        }
    }

    private static String one(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement(); var row = s.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    // What a run leaves ----------------------------------------------------------------------------------------------

    /** The temp folder holds nothing but the server's unpacked binaries, no server runs in it, and its shared memory is given back. */
    private void nothingLeft(Set<String> memory) throws Exception {
        Path home = home(temp.resolve("tmp"));
        if (Files.exists(home)) {
            try (Stream<Path> files = Files.list(home)) {
                assertThat(files.map(Path::getFileName).map(Path::toString).filter(name -> !name.matches("postgres.*|binaries|data"))).isEmpty();
                if (Files.exists(home.resolve("data"))) {
                    assertThat(home.resolve("data")).isEmptyDirectory();
                }
            }
        }
        try (Stream<Path> files = Files.list(temp.resolve("tmp"))) {
            // The library of the embedded server asks a script of its own which Linux this is; after SIGKILL that stays.
            assertThat(files.filter(file -> !file.equals(home) && !file.getFileName().toString().matches("detect_linux_distribution_.*|jmh(-.*)?\\.lock"))).isEmpty();
        }
        assertThat(servers()).isEmpty();
        Set<String> still = new TreeSet<>(memory);
        still.retainAll(existingSharedMemory());
        assertThat(still).as("shared memory").isEmpty();
    }

    private Path runFolder() throws IOException {
        Path home = home(temp.resolve("tmp"));
        if (!Files.exists(home)) {
            return null;
        }
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d+-\\w+")).findFirst().orElse(null);
        }
    }

    /** The processes of PostgreSQL that work in this test's temp folder: each of them has its data folder as current folder. */
    private List<ProcessHandle> servers() {
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd")).toString().startsWith(temp + "/tmp/");
            } catch (IOException e) {
                return false;
            }
        }).toList();
    }

    /** What a server's process calls itself, which says what it does. */
    private static String title(ProcessHandle server) {
        try {
            return Files.readString(Path.of("/proc/" + server.pid() + "/cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    /** POSIX and System V segments that the servers of this test have mapped. */
    private Set<String> sharedMemory() {
        Set<String> mapped = new TreeSet<>();
        for (ProcessHandle server : servers()) {
            try (Stream<String> maps = Files.lines(Path.of("/proc/" + server.pid() + "/maps"))) {
                maps.map(line -> line.split(" +")).filter(line -> line.length > 5)
                        .forEach(line -> {
                            if (line[5].startsWith("/dev/shm/PostgreSQL.")) {
                                mapped.add(line[5]);
                            } else if (line[5].startsWith("/SYSV")) {
                                mapped.add("System V segment " + line[4]);
                            }
                        });
            } catch (IOException | java.io.UncheckedIOException e) {
                // It has just ended.
            }
        }
        return mapped;
    }

    private static Set<String> existingSharedMemory() throws IOException {
        Set<String> existing = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
            files.forEach(file -> existing.add(file.toString()));
        }
        // The second column is the segment's id, which is the inode of its mapping.
        Files.readAllLines(Path.of("/proc/sysvipc/shm")).stream().skip(1).forEach(line -> existing.add("System V segment " + line.strip().split(" +")[1]));
        return existing;
    }

    // Processes ------------------------------------------------------------------------------------------------------

    /** The server's binaries are unpacked once for all of them. */
    private Run script(String alias, String... arguments) throws IOException {
        return script(binariesOfTests(), alias, arguments);
    }

    static Path binariesOfTests() {
        return home(Path.of(System.getProperty("java.io.tmpdir"))).resolve("postgres-of-tests");
    }

    /** Only the first run on a machine calls initdb. */
    private Running start(String commandLine, Moment moment) throws IOException {
        String[] words = commandLine.split(" ");
        String[] arguments = Arrays.copyOfRange(words, 1, words.length);
        return moment == Moment.INITDB_SERVER ? start(script(home(temp.resolve("tmp")).resolve("postgres"), words[0], arguments)) : start(commandLine);
    }

    private static Path home(Path tmp) {
        return tmp.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
    }

    private Run script(Path binaries, String alias, String... arguments) throws IOException {
        Files.createDirectories(temp.resolve("tmp"));
        // So that SIGINT can reach all of it as Ctrl-C does.
        return Run.script(alias, arguments).jvm("-Djava.io.tmpdir=" + temp.resolve("tmp"), "-Drunbook.binaries=" + binaries)
                .inGroupOfItsOwn();
    }

    private Running start(String commandLine) throws IOException {
        String[] words = commandLine.split(" ");
        return start(script(words[0], Arrays.copyOfRange(words, 1, words.length)));
    }

    private Running start(Run run) throws IOException {
        Running running = new Running(run.start());
        started.add(running);
        return running;
    }

    private static void until(String what, Callable<Boolean> condition) throws Exception {
        for (long began = System.nanoTime(); !condition.call(); Thread.sleep(2)) {
            // A benchmark's step takes most of a minute where other tests have the processors.
            if (System.nanoTime() - began > 150e9) {
                fail("waited two and a half minutes for: " + what);
            }
        }
    }

    /** A script that runs, and what it has printed so far. */
    private static final class Running {
        final Process process;
        private final StringBuffer out = new StringBuffer();
        private final StringBuffer err = new StringBuffer();
        private final List<Thread> readers;

        Running(Process process) {
            this.process = process;
            this.readers = List.of(reader(process.inputReader(StandardCharsets.UTF_8), out), reader(process.errorReader(StandardCharsets.UTF_8), err));
        }

        private static Thread reader(BufferedReader from, StringBuffer to) {
            Thread thread = new Thread(() -> from.lines().forEach(line -> to.append(line).append('\n')));
            thread.setDaemon(true);
            thread.start();
            return thread;
        }

        void untilStep(int step) throws Exception {
            until("step " + step, () -> hasReached(step));
        }

        private boolean hasReached(int step) {
            return Pattern.compile("(?m)^ ?" + step + "  ").matcher(out).find();
        }

        /** Waits for a step; false if the run ended without it. */
        boolean reaches(int step) throws Exception {
            LeavesNothingTest.until("step " + step, () -> hasReached(step) || !process.isAlive() && readers.stream().noneMatch(Thread::isAlive));
            return hasReached(step);
        }

        void until(String what, Callable<Boolean> condition) throws Exception {
            LeavesNothingTest.until(what, () -> {
                boolean met = condition.call();
                if (!met && !process.isAlive()) {
                    fail("it ended before: " + what + "\n" + out + err);
                }
                return met;
            });
        }

        /** SIGINT to all of its process group, as the terminal does on Ctrl-C; other signals to the script alone. */
        void signal(String signal) throws Exception {
            boolean sent = signal.equals("INT") ? Run.interrupt(process.pid()) : Run.signal(signal, process.pid());
            assertThat(sent || !process.isAlive()).as("SIG" + signal + " reaches it, unless it is over").isTrue();
        }

        Run.Result finish() throws Exception {
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                fail("still running after two minutes:\n" + out + err);
            }
            for (Thread each : readers) {
                each.join(10_000);
            }
            return new Run.Result(process.exitValue(), out.toString(), err.toString());
        }
    }
}
