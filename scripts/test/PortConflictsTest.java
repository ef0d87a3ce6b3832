import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("port-conflicts: who names a port, who listens, and one table of them")
class PortConflictsTest {
    private static final String PASSWORD = "s3cret-of-the-reader";
    private static EmbeddedPostgres postgres;
    private static int port;

    @TempDir
    Path temp;

    @BeforeAll
    static void aServer(@TempDir Path folder) throws Exception {
        postgres = Run.readersServer(folder, PASSWORD);
        port = postgres.getPort();
        try (Connection c = DriverManager.getConnection("jdbc:postgresql://localhost:" + port + "/postgres?user=postgres&password=" + PASSWORD); Statement s = c.createStatement()) {
            s.execute("CREATE ROLE slm_user LOGIN PASSWORD '" + PASSWORD + "'");
            s.execute("CREATE DATABASE action_history OWNER slm_user");
        }
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    // Helps -----------------------------------------------------------------------------------------------------------

    private Path tree(String... namesAndTexts) throws IOException {
        Path root = Files.createTempDirectory(temp, "project");
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Path file = root.resolve(namesAndTexts[i]);
            Files.createDirectories(file.getParent());
            Files.writeString(file, namesAndTexts[i + 1]);
        }
        return root;
    }

    private static Run.Result in(Path root, String... arguments) throws Exception {
        return Run.script("port-conflicts", arguments.length == 0 ? new String[] {"."} : arguments).in(root).go();
    }

    private static List<String> codes(Run.Result result) {
        return result.out().lines().filter(line -> line.matches("PORT_[A-Z_]+(  .*)?")).toList();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String compose(String name, Object host, int container) {
        return "services:\n  " + name + ":\n    image: postgres:16-alpine\n    container_name: " + name + "-test\n    ports:\n      - \"" + host + ":" + container + "\"\n";
    }

    private static String dsn(int port) {
        return "package x\nconst dsn = \"host=localhost port=" + port + " user=slm_user dbname=action_history\"\n";
    }

    private static void oneSentence(Run.Result result, int exit, String... words) {
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.err().lines()).as(result.err()).hasSize(1);
        assertThat(result.err()).contains(words).doesNotContain("Exception", "\tat ");
    }

    // The incident ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the incident: refused in Go's and the driver's words, one port wanted twice; one table ends it")
    void incident() throws Exception {
        Run.Result result = Run.script("port-conflicts").go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsPattern("failed to connect to `user=slm_user database=action_history`:\\s+\\S+:\\d+ \\(localhost\\): dial error: dial tcp \\S+:\\d+: connect: connection refused")
                .containsPattern("Connection to localhost:\\d+ refused\\. Check that the hostname and port are correct")
                .contains("could not bind IPv4 address \"127.0.0.1\": Address already in use", "could not create any TCP/IP sockets")
                .contains("✓ every place says what the table says", "\nsound  checked 3 servers")
                .contains("✓ config/config.yaml:3 says 5432 inside the container network, and is right");
        assertThat(codes(result).stream().map(code -> code.replaceFirst(" .*", ""))).containsExactly("PORT_DISAGREES", "PORT_REFUSED", "PORT_SHARED");
        assertThat(result.out().lines().filter(line -> line.contains("✓ PostgreSQL 16") && line.contains("slm_user@action_history on localhost:"))).hasSize(2);
    }

    @Test
    @DisplayName("the incident where 15433 is in use says so and takes another; ended by a signal it leaves no server and no file")
    void incidentElsewhereAndEnded() throws Exception {
        Path tmp = Files.createDirectory(temp.resolve("tmp"));
        ServerSocket holder = null;
        for (int i = 0; holder == null && i < 600; i++) {
            try {
                holder = new ServerSocket(15433);
            } catch (IOException e) {
                // Another run of the incident has it for some seconds.
                Thread.sleep(100);
            }
        }
        Process run = Run.script("port-conflicts").jvm("-Djava.io.tmpdir=" + tmp).start();
        StringBuilder said = new StringBuilder();
        try (InputStream out = run.getInputStream()) {
            byte[] some = new byte[4096];
            for (int n; !said.toString().contains("Prove it by connecting") && (n = out.read(some)) > 0; ) {
                said.append(new String(some, 0, n, StandardCharsets.UTF_8));
            }
            run.destroy();
            assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            if (holder != null) {
                holder.close();
            }
        }
        assertThat(said).contains("15433 is in use on this machine, by java, process " + ProcessHandle.current().pid()).containsPattern("154\\d3 is taken in its place");
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains(tmp + "/datastorage")).toList()).isEmpty();
        try (Stream<Path> left = Files.list(tmp)) {
            assertThat(left.map(p -> p.getFileName().toString())).containsExactly("datastorage-runbooks-" + System.getProperty("user.name"));
        }
    }

    // The reader's own project -----------------------------------------------------------------------------------------

    @Test
    @DisplayName("compose files, podman commands, URLs, DSNs and configuration: published, dialled, inside; each with its line")
    void places() throws Exception {
        Run.Result result = in(tree("compose.yaml", compose("pg", 21433, 5432), "run.sh", "podman run -d --name r-test -p 127.0.0.1:21379:6379 redis\n",
                "test/a_test.go", dsn(21433), "test/u_test.py", "url = 'postgresql://slm_user:%s@localhost:21433/x'\nr = 'redis://127.0.0.1:21379'\n".formatted(PASSWORD),
                ".env", "PGPORT=21433\n", "config.yaml", "database:\n  name: x\n  host: pg-test\n  port: 5432\n"));
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("compose.yaml:6  PostgreSQL 21433 of pg-test, published on the host", "run.sh:1  Redis 21379 of r-test, published on the host",
                "test/a_test.go:2  PostgreSQL 21433, dialled from the host", "test/u_test.py:1  PostgreSQL 21433, dialled", "test/u_test.py:2  Redis 21379, dialled",
                ".env:1  PostgreSQL 21433, dialled", "config.yaml:4  PostgreSQL 5432 of pg-test, inside the container network", "21433  127.0.0.1: nothing", "21433  ::1: nothing",
                "held by nobody", "\nsound  checked 7 places, 2 ports");
        assertThat(result.all()).doesNotContain(PASSWORD);
    }

    @Test
    @DisplayName("found, and its clean twin is not: published on one port and dialled on another, one port of two suites")
    void twins() throws Exception {
        assertThat(codes(in(tree("compose.yaml", compose("pg", 21434, 5432), "a_test.go", dsn(21433))))).containsExactly("PORT_DISAGREES  compose.yaml:6", "PORT_REFUSED  a_test.go:2");
        assertThat(codes(in(tree("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433))))).isEmpty();
        String run = "var start = exec.Command(\"podman\", \"run\", \"--name\", \"%s\", \"-p\", \"%d:5432\", \"postgres\")\n";
        assertThat(codes(in(tree("test/a/a_test.go", run.formatted("a-postgres", 21433), "test/b/b_test.go", run.formatted("b-postgres", 21433))))).containsExactly("PORT_SHARED  test/b/b_test.go:1");
        assertThat(codes(in(tree("test/a/a_test.go", run.formatted("a-postgres", 21433), "test/b/b_test.go", run.formatted("b-postgres", 21434))))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"DB_HOST=db.example.com\nDB_PORT=6432\n", "DATABASE_URL=postgres://u@db.example.com:6432/app\n", "# DB_PORT=6432\nMYSQL_PORT=3306\n",
            "TIMEOUT_MS=15000\nYEAR=2024\nIMPORT_BATCH=5000\n"})
    @DisplayName("another host, another database, a comment, a number: nobody's conflict")
    void notOurs(String env) throws Exception {
        assertThat(codes(in(tree("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433), ".env", env)))).isEmpty();
    }

    @Test
    @DisplayName("nothing listens where it is dialled, while PostgreSQL listens on the other port that is named; who listens is named, with its process")
    void refused() throws Exception {
        int dead = freePort();
        Run.Result result = in(tree("a_test.go", dsn(dead), "b_test.go", dsn(port)));
        assertThat(result.exit()).isEqualTo(10);
        assertThat(codes(result)).containsExactly("PORT_REFUSED  a_test.go:2");
        assertThat(result.out()).contains("PostgreSQL listens on " + port + ": postgres, process ", port + "  127.0.0.1: PostgreSQL").containsPattern("held by postgres, process \\d+ of [\\w-]+");
        assertThat(codes(in(tree("a_test.go", dsn(dead))))).containsExactly("PORT_REFUSED  a_test.go:2");
        assertThat(codes(in(tree("a_test.go", dsn(dead), "compose.yaml", compose("pg", dead, 5432))))).as("its container is not started yet").isEmpty();
    }

    @Test
    @DisplayName("an HTTP server, a Redis, SSH's banner, and silence, where PostgreSQL is dialled or published")
    void somethingElse() throws Exception {
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        http.start();
        try (Run.Listener redis = new Run.Listener(says("GET", "-ERR unknown command\r\n")); Run.Listener ssh = new Run.Listener(says(null, "SSH-2.0-OpenSSH_9.2\r\n")); Run.Listener mute = new Run.Listener(says("never", ""))) {
            Run.Result result = in(tree("h_test.go", dsn(http.getAddress().getPort()), "r_test.go", dsn(redis.port()), "s_test.go", dsn(ssh.port()), "m_test.go", dsn(mute.port())));
            assertThat(result.exit()).as(result.all()).isEqualTo(10);
            assertThat(codes(result)).containsExactly("PORT_NOT_POSTGRES  h_test.go:2", "PORT_NOT_POSTGRES  m_test.go:2", "PORT_NOT_POSTGRES  r_test.go:2", "PORT_NOT_POSTGRES  s_test.go:2");
            assertThat(result.out()).contains("where an HTTP server (HTTP/1.1 404 Not Found) answers", "where Redis answers", "“SSH-2.0-OpenSSH_9.2” answers", "127.0.0.1: something that accepts, and does not answer");
            Run.Result taken = in(tree("compose.yaml", compose("pg", http.getAddress().getPort(), 5432)));
            assertThat(codes(taken)).containsExactly("PORT_TAKEN  compose.yaml:6");
            assertThat(taken.out()).contains("which java, process " + ProcessHandle.current().pid() + " of ");
        } finally {
            http.stop(0);
        }
    }

    /** Says one thing, at once or when it hears a word. */
    private static Run.Listener.Talk says(String word, String answer) {
        return caller -> {
            byte[] heard = new byte[100];
            int n = word == null ? 0 : caller.getInputStream().read(heard);
            if (word == null || new String(heard, 0, Math.max(n, 0), StandardCharsets.ISO_8859_1).contains(word)) {
                caller.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
            }
        };
    }

    @Test
    @DisplayName("no folder, a file, an empty folder, nothing that names a port, an option that there is not")
    void usage() throws Exception {
        oneSentence(in(temp, "nowhere"), 2, "nowhere does not exist");
        Path file = Files.writeString(temp.resolve("file"), "");
        oneSentence(in(temp, file.toString()), 2, "is not a folder");
        oneSentence(in(tree()), 3, "names a port");
        oneSentence(in(tree("a.go", "package x\n")), 3, "names a port");
        oneSentence(in(temp, "--plan", "."), 2, "--plan");
    }
}
