import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.postgres.Server;
import kit.report.Clean;
import kit.report.Stop;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("a server that does not do what it should is told in one sentence")
class ServersTest {
    private static final String PASSWORD = "s3cret-of-the-reader";
    private static EmbeddedPostgres reader;
    private static Path project;

    @TempDir
    Path temp;

    @BeforeAll
    static void aServerAndAProject(@TempDir Path folder) throws Exception {
        reader = Run.readersServer(folder, PASSWORD);
        project = Files.createDirectory(folder.resolve("project"));
        Files.writeString(Files.createDirectory(project.resolve("migrations")).resolve("001_one.sql"), "-- +goose Up\nCREATE TABLE one (id int);\n");
        try (Connection c = DriverManager.getConnection(readers("postgres", "postgres", PASSWORD)); Statement s = c.createStatement()) {
            s.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0 PASSWORD '" + PASSWORD + "'");
        }
    }

    @AfterAll
    static void stop() throws IOException {
        reader.close();
    }

    private static String readers(String database, String user, String password) {
        return "jdbc:postgresql://localhost:" + reader.getPort() + "/" + database + "?user=" + user + (password == null ? "" : "&password=" + password);
    }

    /** Exactly one sentence, in the words of the reader's world, and in it what is expected. */
    private static void oneSentence(Run.Result result, int exit, String... words) {
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.err().lines()).as(result.err()).hasSize(1);
        assertThat(result.err()).contains(words).doesNotContain("Exception", "java.", "org.postgresql", "\tat ");
        assertThat(result.all()).doesNotContain(PASSWORD);
    }

    private static Run.Result status(String url) throws Exception {
        Run.Result migrate = bounded(Run.script("migrate", "status", "--url", url).in(project));
        // A tool, over the kit, says the same as a runbook script.
        Server.Options options = new Server.Options();
        options.url = url;
        try (Server opened = options.open()) {
            assertThat(migrate.exit()).as(migrate.all()).isIn(0, 10);
        } catch (Stop e) {
            assertThat(migrate.exit()).as(migrate.all()).isEqualTo(e.exit);
            assertThat(migrate.err()).contains(Clean.text(e.getMessage()).replace('\n', ' '));
        }
        return migrate;
    }

    /** The promise is five seconds; what is asserted is only that it does not hang. */
    private static Run.Result bounded(Run run) throws Exception {
        Process process = run.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(20, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        Run.Result result = Run.finish(process);
        assertThat(ended).as("it ends by itself; so far it said: " + result.all()).isTrue();
        return result;
    }

    // What listens, if anything ---------------------------------------------------------------------------------------

    @Test
    @DisplayName("nothing listens; a host that is not known; IPv6; an address in the environment")
    void nothingListens() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        oneSentence(status("jdbc:postgresql://localhost:" + closed + "/app"), 3, "nothing listens on localhost:" + closed);
        oneSentence(status("jdbc:postgresql://[::1]:" + closed + "/app?user=u&password=" + PASSWORD), 3, "nothing listens on", "::1", ":" + closed);
        oneSentence(status("postgres://u:" + PASSWORD + "@no-such-host.invalid/app"), 3, "no host named no-such-host.invalid");
        oneSentence(bounded(Run.script("migrate", "status").in(project).with("PGHOST", "127.0.0.1").with("PGPORT", "" + closed).with("PGPASSWORD", PASSWORD)),
                3, "nothing listens on 127.0.0.1:" + closed);
        oneSentence(bounded(Run.script("workflow-repository", "--url", "jdbc:postgresql://localhost:" + closed + "/app")), 3, "nothing listens on localhost:" + closed);
        oneSentence(bounded(Run.script("schema-mismatch", "--url", "jdbc:postgresql://localhost:" + closed + "/app")), 3, "nothing listens on localhost:" + closed);
    }

    private static String url(Run.Listener listener) {
        return "jdbc:postgresql://127.0.0.1:" + listener.port() + "/app?user=u&password=" + PASSWORD;
    }

    @Test
    @DisplayName("accepts and says nothing, or one byte a second: did not answer")
    void hangs() throws Exception {
        try (Run.Listener mute = new Run.Listener(caller -> { })) {
            oneSentence(status(url(mute)), 3, "127.0.0.1:" + mute.port() + " did not answer within 5 s");
        }
        CountDownLatch over = new CountDownLatch(1);
        try (Run.Listener slow = new Run.Listener(caller -> {
            caller.getOutputStream().write("NR\0\0\0\u0060".getBytes(StandardCharsets.ISO_8859_1));
            while (!over.await(1, TimeUnit.SECONDS)) {
                caller.getOutputStream().write(0);
            }
        })) {
            oneSentence(status(url(slow)), 3, "127.0.0.1:" + slow.port() + " did not answer within 5 s");
        } finally {
            over.countDown();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("takes no more connections, so that packets are dropped: did not answer")
    void backlogFull() throws Exception {
        List<Socket> waiting = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            try {
                while (waiting.size() < 20) {
                    Socket socket = new Socket();
                    socket.connect(full.getLocalSocketAddress(), 300);
                    waiting.add(socket);
                }
            } catch (java.net.SocketTimeoutException e) {
                oneSentence(status("jdbc:postgresql://127.0.0.1:" + full.getLocalPort() + "/app"), 3, "did not answer within 5 s");
                return;
            } finally {
                for (Socket socket : waiting) {
                    socket.close();
                }
            }
        }
        assumeTrue(false, "this system's backlog cannot be filled");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {"closes at once|", "HTTP|HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n", "SSH|SSH-2.0-OpenSSH_9.2\\r\\n",
            "zeros|\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0", "a message of two gigabytes|NE\\x7f\\xff\\xff\\xff", "a message of negative length|NR\\xff\\xff\\xff\\xf0", "an error without text|NE\\0\\0\\0\\x05\\0"})
    @DisplayName("is no PostgreSQL")
    void noPostgres(String kind, String bytes) throws Exception {
        byte[] said = unescaped(bytes == null ? "" : bytes);
        try (Run.Listener fake = new Run.Listener(caller -> {
            if (said.length > 0) {
                caller.getInputStream().read(new byte[8]);
                caller.getOutputStream().write(said);
                caller.getOutputStream().flush();
                // What the client still sends is read, so that closing is no reset that would swallow the answer.
                caller.setSoTimeout(500);
                try {
                    caller.getInputStream().readNBytes(200);
                } catch (java.net.SocketTimeoutException e) {
                    // It waits for more of the answer.
                }
            }
            caller.close();
        })) {
            oneSentence(status(url(fake)), 3, "127.0.0.1:" + fake.port());
        }
    }

    private static byte[] unescaped(String text) {
        String plain = java.util.regex.Pattern.compile("\\\\x([0-9a-f]{2})").matcher(text.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0"))
                .replaceAll(m -> java.util.regex.Matcher.quoteReplacement(Character.toString((char) Integer.parseInt(m.group(1), 16))));
        return plain.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    @DisplayName("is starting up (a fake that sends PostgreSQL's 57P03)")
    void startingUp() throws Exception {
        try (Run.Listener fake = new Run.Listener(caller -> {
            DataInputStream in = new DataInputStream(caller.getInputStream());
            in.readNBytes(in.readInt() - 4);
            caller.getOutputStream().write('N');
            in.readNBytes(in.readInt() - 4);
            byte[] fields = "SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0".getBytes(StandardCharsets.US_ASCII);
            caller.getOutputStream().write(ByteBuffer.allocate(5 + fields.length).put((byte) 'E').putInt(4 + fields.length).put(fields).array());
            caller.getOutputStream().flush();
        })) {
            oneSentence(status(url(fake)), 3, "the database system is starting up (SQLSTATE 57P03)");
        }
    }

    // A real server that refuses --------------------------------------------------------------------------------------

    @Test
    @DisplayName("wants a password: none given, a wrong one; no such role, no such database, too many connections")
    void refuses() throws Exception {
        String at = "localhost:" + reader.getPort();
        Path home = Files.createDirectory(temp.resolve("home"));
        oneSentence(bounded(Run.script("migrate", "status", "--url", readers("postgres", "postgres", null)).jvm("-Duser.home=" + home).in(project)),
                3, at + " wants a password for user postgres: set PGPASSWORD");
        String wrong = "wr0ng-guess";
        Run.Result result = status(readers("postgres", "postgres", wrong));
        oneSentence(result, 3, at + " wants a password for user postgres, and refuses the one given");
        assertThat(result.all()).doesNotContain(wrong);
        oneSentence(status("postgres://nobody:" + PASSWORD + "@" + at + "/postgres"), 3, at, "user nobody");
        oneSentence(status(readers("nowhere", "postgres", PASSWORD)), 3, at, "database \"nowhere\" does not exist");
        oneSentence(status(readers("postgres", "crowded", PASSWORD)), 3, at, "too many connections for role \"crowded\"");
        oneSentence(status(readers("postgres", "postgres", PASSWORD) + "&sslmode=require"), 3, at);
    }

    @Test
    @DisplayName("an address in the environment, in libpq's form, with an encoded password, or of IPv6 is understood")
    void understood() throws Exception {
        List<Run> runs = new ArrayList<>(List.of(
                Run.script("migrate", "up").with("PGHOST", "localhost").with("PGPORT", "" + reader.getPort()).with("PGUSER", "postgres").with("PGPASSWORD", PASSWORD),
                Run.script("migrate", "status", "--url", "postgresql://postgres:" + PASSWORD.replace("-", "%2D") + "@localhost:" + reader.getPort() + "/postgres?application_name=x")));
        try (Socket v6 = new Socket()) {
            v6.connect(new InetSocketAddress("::1", reader.getPort()), 1000);
            runs.add(Run.script("migrate", "status", "--url", "jdbc:postgresql://[::1]:" + reader.getPort() + "/postgres?user=postgres&password=" + PASSWORD));
        } catch (IOException e) {
            // This machine has no IPv6, or the server does not listen on it.
        }
        for (Run run : runs) {
            Run.Result result = bounded(run.in(project));
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("yours, on ", ":" + reader.getPort() + ", database postgres");
            assertThat(result.err()).isEmpty();
            assertThat(result.all()).doesNotContain(PASSWORD, PASSWORD.replace("-", "%2D"));
        }
    }

    @Test
    @DisplayName("dies in the middle of migrate up: one sentence that names the file")
    void dies() throws Exception {
        Path migrations = Files.createDirectory(temp.resolve("migrations"));
        Files.writeString(migrations.resolve("001_long.sql"), "-- +goose Up\nSELECT pg_sleep(600);\n");
        EmbeddedPostgres mortal = Run.readersServer(temp, PASSWORD);
        try {
            String url = "jdbc:postgresql://localhost:" + mortal.getPort() + "/postgres?user=postgres&password=" + PASSWORD;
            Process run;
            try (Connection c = DriverManager.getConnection(url); Statement s = c.createStatement()) {
                run = Run.script("migrate", "up", "--migrations", migrations.toString(), "--url", url).start();
                long began = System.nanoTime();
                boolean sleeping = false;
                while (!sleeping && run.isAlive() && System.nanoTime() - began < 60e9) {
                    try (var row = s.executeQuery("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%'")) {
                        row.next();
                        sleeping = row.getBoolean(1);
                    }
                }
                assertThat(sleeping).isTrue();
                // Without a word to its clients, as when a machine is switched off.
                ProcessHandle.of(Long.parseLong(Files.readAllLines(temp.resolve("pg/postmaster.pid")).get(0))).orElseThrow().destroyForcibly();
            }
            oneSentence(Run.finish(run), 3, "the server went away while 001_long.sql was running");
        } finally {
            mortal.close();
        }
    }

    // Wrong usage -----------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "--url {0}")
    @ValueSource(strings = {"jdbc:mysql://u:" + PASSWORD + "@localhost/db", "localhost:5432/db", "''", "' '", "jdbc:postgresql://localhost:99999/db?password=" + PASSWORD,
            "jdbc:tc:mysql:8:///db", "jdbc:postgresql://host:port/db", "http://localhost:5432/db", "jdbc:postgresql://local host/db"})
    @DisplayName("is no address")
    void malformed(String url) throws Exception {
        oneSentence(status(url.replace("'", "")), 2, "--url");
    }

    @Test
    @DisplayName("a password is in no output, not even after a mistyped option or with an @ in it")
    void passwordsAppearNowhere() throws Exception {
        oneSentence(bounded(Run.script("migrate", "status", "--ulr", "postgres://u:" + PASSWORD + "@localhost/app").in(project)), 2, "--ulr");
        oneSentence(bounded(Run.script("migrate", "status", "--ulr=jdbc:postgresql://localhost/app?user=u&password=" + PASSWORD).in(project)), 2, "--ulr");
        Run.Result at = status("postgres://u:be@fore-" + PASSWORD + "@127.0.0.1:1/app");
        oneSentence(at, 3, "127.0.0.1:1");
        assertThat(at.all()).doesNotContain("fore");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    @DisplayName("a password is in no command line of what a script starts")
    void passwordsInNoCommandLine() throws Exception {
        Process run = Run.script("explain-error", "--error", "ERROR: column \"x\" of relation \"one\" does not exist (SQLSTATE 42703)",
                "--migrations", project.resolve("migrations").toString(), "--url", readers("postgres", "postgres", PASSWORD)).start();
        // What is forked shows its parent's words until it is another program; those were the test's own.
        String own = run.info().commandLine().orElse("");
        Set<String> seen = new TreeSet<>();
        while (run.isAlive()) {
            run.descendants().forEach(process -> seen.add(process.info().commandLine().orElse("")));
        }
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(seen).anyMatch(command -> command.contains("pg_ctl")).noneMatch(command -> command.contains(PASSWORD) && !command.equals(own));
        assertThat(result.all()).doesNotContain(PASSWORD);
    }

    // Containers ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("jdbc:tc: without an engine")
    void noEngine() throws Exception {
        Run.Result result = Run.script("workflow-repository", "--url", "jdbc:tc:postgresql:16-alpine:///action_history?password=" + PASSWORD)
                .jvm("-Duser.home=" + temp).with("DOCKER_HOST", "unix://" + temp.resolve("dead.sock")).with("XDG_RUNTIME_DIR", temp.toString()).go();
        assumeTrue(result.exit() != 0, "an engine was found in spite of a DOCKER_HOST that is not there");
        assertThat(result.err()).startsWith("starting a container for jdbc:tc:postgresql:16-alpine:///action_history\n");
        oneSentence(new Run.Result(result.exit(), result.out(), result.err().replaceFirst(".*\n", "")), 3, "no container could be started", "DOCKER_HOST");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"incident", "preflight migrations", "workflow-repository", "schema-mismatch", "migrate up", "verify-migrations migrations", "explain-error --error README.md --migrations migrations", "check-sql scripts/workflow-repository.java --migrations migrations", "benchmark --quick -wi 1 -w 1 -i 1 -r 1 steady"})
    @DisplayName("jdbc:tc: with an engine: the verdict is that of any other server, and no container is left")
    void container(String commandLine) throws Exception {
        String host = Run.engine();
        // The name tells this test's container from those of others on the same engine.
        String database = "action_history_" + Long.toString(System.nanoTime(), 36);
        List<String> words = new ArrayList<>(List.of(commandLine.split(" ")));
        words.addAll(List.of("--url", "jdbc:tc:postgresql:16-alpine:///" + database));
        if (words.get(0).equals("benchmark")) {
            words.addAll(List.of("--out", temp.toString()));
        }
        Process run = Run.script(words.get(0), words.subList(1, words.size()).toArray(new String[0])).start();
        boolean started = false;
        while (run.isAlive()) {
            started = started || containers(host, database) > 0;
        }
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(result.all()).isEqualTo(words.get(0).equals("explain-error") ? 10 : 0);
        // A preflight has a line for each check, and none to spare for where the replay's server is; nor has explain-error.
        if (!words.get(0).equals("explain-error")) {
            assertThat(result.out()).contains("PostgreSQL 16.", words.get(0).equals("preflight") ? "PostgreSQL 16." : ", in a container, on ");
        }
        assertThat(result.err().replaceAll("benchmark: 1 of 1, .* left\n", "")).isEqualTo("starting a container for jdbc:tc:postgresql:16-alpine:///" + database + "\n");
        assertThat(started).as("the container was seen while it ran").isTrue();
        assertThat(containers(host, database)).isZero();
    }

    @Test
    @DisplayName("jdbc:tc: is tested with every script that takes --url")
    void everyScriptWithContainer() throws Exception {
        String[] tested = ServersTest.class.getDeclaredMethod("container", String.class).getAnnotation(ValueSource.class).strings();
        for (Path script : HouseTest.scripts()) {
            String name = script.getFileName().toString().replace(".java", "");
            if (Pattern.compile("    (Server|Postgres)\\.Options server;").matcher(Files.readString(script)).find()) {
                assertThat(tested).as("--url jdbc:tc:… of " + name).anyMatch(commandLine -> commandLine.split(" ")[0].equals(name));
            }
        }
    }

    private static long containers(String host, String database) throws IOException {
        String all = Run.ask(host, "/v1.40/containers/json?all=true");
        long found = 0;
        var ids = java.util.regex.Pattern.compile("\"Id\":\"(\\w{64})\"").matcher(all);
        while (ids.find()) {
            found += Run.ask(host, "/v1.40/containers/" + ids.group(1) + "/json").contains("POSTGRES_DB=" + database) ? 1 : 0;
        }
        return found;
    }

    // The machine -----------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{1}")
    @CsvSource({"20, the binaries are unpacked", "75, the data folder is made", "0, migrations run"})
    @EnabledOnOs(OS.LINUX)
    @DisplayName("a full disk, in each part of the start: one sentence, and no server is left")
    void fullDisk(int megabytes, String when) throws Exception {
        Path disk = Files.createDirectory(temp.resolve("disk"));
        Run.Result mounted = Run.command("mount", "-t", "tmpfs", "-o", "size=" + (megabytes == 0 ? 200 : megabytes) + "m", "tmpfs", disk.toString()).go();
        assumeTrue(mounted.exit() == 0, "mounting is not allowed here: " + mounted.err().strip());
        Path home = disk.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
        try {
            Path migrations = Files.createDirectory(temp.resolve("migrations"));
            Files.writeString(migrations.resolve("001_large.sql"), "-- +goose Up\nCREATE TABLE large AS SELECT repeat(md5(i::text), 50) FROM generate_series(1, 1000000) i;\n");
            Run.Result result = Run.script("migrate", "up", "--migrations", migrations.toString()).jvm("-Djava.io.tmpdir=" + disk).go();
            if (megabytes == 0) {
                // PostgreSQL itself says so, and the migration is what fails.
                assertThat(result.exit()).as(result.all()).isIn(10, 3);
                assertThat(result.all()).containsPattern("No space left on device|went away").doesNotContain("\tat ");
            } else {
                oneSentence(result, 3, disk.toString(), "space");
            }
            try (var files = Files.list(home)) {
                assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.matches("postgres.*|binaries|data"))).isEmpty();
                String[] data = home.resolve("data").toFile().list();
                assertThat(data == null || data.length == 0).as("no server's data are left").isTrue();
            }
        } finally {
            // A server that has no space left may take a moment to end.
            DatastorageTest.until("nothing holds the disk", () -> Run.command("umount", disk.toString()).go().exit() == 0);
        }
    }

    @Test
    @DisplayName("a temp folder that cannot be written to")
    void noTempFolder() throws Exception {
        Path file = Files.createFile(temp.resolve("file"));
        Run.Result result = Run.script("workflow-repository").jvm("-Djava.io.tmpdir=" + file).go();
        assertThat(result.exit()).isIn(1, 3);
        // A newer JVM warns of its own, before the script's first line.
        oneSentence(new Run.Result(result.exit(), result.out(), result.err().replaceFirst("(?m)^WARNING: java.io.tmpdir .*\\R", "")), result.exit(), file.toString());
    }

    @Test
    @DisplayName("the locale changes no verdict, and a pipe gets no escape sequences")
    void locales() throws Exception {
        List<Run> runs = List.of(
                Run.script("migrate", "up").with("LANG", "C").with("LC_ALL", "C").with("TERM", "dumb"),
                Run.script("migrate", "up").with("LC_ALL", "de_DE.UTF-8").jvm("-Duser.language=de", "-Duser.country=DE").with("NO_COLOR", "1").with("TERM", "xterm-256color"),
                Run.script("migrate", "up").jvm("-Duser.language=tr", "-Duser.country=TR").with("TERM", "xterm-256color"));
        Set<String> printed = new TreeSet<>();
        for (Run run : runs) {
            Run.Result result = run.in(project).go();
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.all()).doesNotContain("\u001b");
            printed.add(result.out().replaceAll("localhost:\\d+|\\d+ ms|\\d+\\.\\d s", "…"));
        }
        assertThat(printed).hasSize(1);
        // Messages of the JVM and of the driver are in the reader's language; what a script recognises must not depend on it.
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        oneSentence(bounded(Run.script("migrate", "status", "--url", "jdbc:postgresql://localhost:" + closed + "/app").jvm("-Duser.language=de").in(project)), 3, "nothing listens on");
        oneSentence(bounded(Run.script("migrate", "status", "--url", readers("postgres", "postgres", null)).jvm("-Duser.language=de", "-Duser.home=" + temp).in(project)),
                3, "wants a password for user postgres");
    }
}
