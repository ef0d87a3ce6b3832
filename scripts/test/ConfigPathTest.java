import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("config-path: the incident, and the reader's own configuration")
class ConfigPathTest {
    private static final String PASSWORD = "s3cret-of-postgres";
    private static final String REDIS_PASSWORD = "s3cret-of-redis";
    private static EmbeddedPostgres postgres;
    private static DatastorageTest.Redis redis;

    @TempDir
    Path dir;

    @BeforeAll
    static void servers(@TempDir Path data) throws Exception {
        redis = new DatastorageTest.Redis(REDIS_PASSWORD);
        postgres = Run.readersServer(data, PASSWORD);
        port = DatastorageTest.freePort();
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
        redis.close();
    }

    @BeforeEach
    void aSoundConfiguration() throws IOException {
        write("config.yaml", sound());
        secret("db.yaml", "password: " + PASSWORD + "\nnumber: 5\n");
        secret("redis.json", "{\n  \"password\": \"" + REDIS_PASSWORD + "\"\n}\n");
    }

    private static int port;

    private static String sound() {
        return DatastorageTest.config("debug", port, postgres.getPort(), redis.port);
    }

    private Path write(String name, String text) throws IOException {
        Files.createDirectories(dir.resolve(name).getParent());
        return Files.writeString(dir.resolve(name), text);
    }

    private void secret(String name, String text) throws IOException {
        Files.setPosixFilePermissions(write(name, text), java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    }

    /** The reader's service is the one of this collection. */
    private Run.Result yours() throws Exception {
        Run.Result result = Run.script("config-path", "--service", Run.script("datastorage").words(), "--config", "config.yaml").in(dir).go();
        assertThat(result.all()).doesNotContain(PASSWORD, REDIS_PASSWORD, "s3cret", "Exception", "\tat ");
        return result;
    }

    private static void found(Run.Result result, String... lines) {
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains(lines);
    }

    // The incident -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the incident: each check in its turn, then 200, with a real Redis; none needs to be installed")
    void incident() throws Exception {
        Run.Result result = Run.script("config-path").with("PATH", Run.pathWithout(dir, "redis")).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsSubsequence("✗ ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)\n      exit 1\n",
                "✗ ERROR datastorage Failed to load configuration file (ADR-030)", "no such file", "exit 1", "✗ ERROR datastorage Failed to load configuration file (ADR-030)", "not YAML", "exit 1",
                "database secretsFile required", "exit 1", "password key 'password' not found in database secret file db-secrets.yaml", "exit 1", "database host required", "exit 1",
                "server port must be between 1024 and 65535, got: 80", "exit 1", "failed to ping PostgreSQL: ", "exit 1", "PostgreSQL 16.", "failed to connect to Redis: ", "exit 1",
                "Redis 7.0.15, embedded, on 127.0.0.1:", "✓ 200 {\"status\":\"healthy\"}", "✓ 200 {\"status\":\"ready\"}", "exit 0",
                "works as designed", "\nCONFIG_PATH_UNSET", "\nsound  checked 9 checks of the service");
        assertThat(result.out()).doesNotContain("password: ");
    }

    @ParameterizedTest(name = "SIG{0} when it says “{1}”")
    @CsvSource({"KILL, there is no such file", "TERM, Start it with everything in place"})
    @EnabledOnOs(OS.LINUX)
    @DisplayName("ended in the middle, it leaves no service and no Redis behind")
    void leavesNothing(String signal, String moment) throws Exception {
        Process run = Run.script("config-path").start();
        BufferedReader out = new BufferedReader(new InputStreamReader(run.getInputStream(), java.nio.charset.StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null && !line.contains(moment); ) {
            line = out.readLine();
        }
        DatastorageTest.until("it has started something", () -> run.descendants().findAny().isPresent());
        List<ProcessHandle> below = run.descendants().toList();
        Run.signal(signal, run.pid());
        DatastorageTest.until("all that it started has ended", () -> !run.isAlive() && below.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(run.exitValue()).isNotZero();
    }

    // The reader's own -------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource
    @DisplayName("which check stops the reader's service: its words, the code, and no secret")
    void whichCheck(DatastorageTest.Wrong wrong) throws Exception {
        write("config.yaml", wrong.in(sound()));
        Run.Result result = yours();
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).contains("exit 1", "    ✗ " + wrong.code(), "\n" + wrong.code() + "  config.yaml\n", wrong.message(), "do: jbang check-config config.yaml");
    }

    /** One of each code and each check. */
    static List<DatastorageTest.Wrong> whichCheck() {
        Set<String> seen = new HashSet<>();
        return DatastorageTest.wrong().stream().filter(wrong -> seen.add(wrong.code() + wrong.message())).toList();
    }

    @Test
    @DisplayName("a file that is gone, servers that refuse; a sound one serves, and is ended")
    void filesAndServers() throws Exception {
        Files.delete(dir.resolve("config.yaml"));
        found(yours(), "\nCONFIG_UNREADABLE  config.yaml\n");
        write("config.yaml", sound().replace("port: " + postgres.getPort(), "port: " + DatastorageTest.freePort()));
        found(yours(), "\nPORT_REFUSED  config.yaml\n");
        write("config.yaml", sound().replace("name: postgres", "name: nowhere"));
        found(yours(), "\nCONFIG_INVALID  config.yaml\n", "does not exist (SQLSTATE 3D000)");
        secret("redis.json", "password: wr0ng-guess\n");
        write("config.yaml", sound());
        found(yours(), "\nLOGIN_REFUSED  config.yaml\n", "WRONGPASS");
        aSoundConfiguration();
        Run.Result result = yours();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("✓ no check stops it: it listens on " + port + ", and is ended now", "\nsound  checked 1 service");
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains("Datastorage") && p.parent().isEmpty()).toList()).isEmpty();
    }

    @Test
    @DisplayName("a service that stops with words of its own, or none")
    void unknownWords() throws Exception {
        Run.Result own = Run.script("config-path", "--service", "echo \"password=s3cret and $CONFIG_PATH\"; exit 7", "--config", "config.yaml").in(dir).go();
        found(own, "exit 7", "\nSERVICE_STOPS  config.yaml\n", "password=*** and config.yaml");
        found(Run.script("config-path", "--service", "exit 3", "--config", "config.yaml").in(dir).go(), "it says nothing", "exit 3", "\nSERVICE_STOPS");
    }

    @Test
    @DisplayName("wrong usage: one sentence, exit 2")
    void usage() throws Exception {
        for (List<String> arguments : List.of(List.of("--service", "x"), List.of("--config", "config.yaml"), List.of("config.yaml"), List.of("--nonsense"))) {
            Run.Result result = Run.script("config-path", arguments.toArray(new String[0])).in(dir).go();
            assertThat(result.exit()).as(arguments + result.all()).isEqualTo(2);
            assertThat(result.err().lines()).hasSize(1);
        }
    }

    @Test
    @DisplayName("json is one document")
    void json() throws Exception {
        Run.Result result = Run.script("config-path", "--service", "exit 3", "--config", "config.yaml", "--format", "json").in(dir).go();
        assertThat(result.exit()).isEqualTo(10);
        assertThat(result.out()).startsWith("{").contains("\"script\" : \"config-path\"", "\"verdict\" : \"problems\"");
    }
}
