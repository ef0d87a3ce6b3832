//DEPS org.signal:embedded-redis:0.9.1

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("datastorage: the service, on a real PostgreSQL and a real Redis")
class DatastorageTest {
    private static final String PASSWORD = "s3cret-of-postgres";
    private static final String REDIS_PASSWORD = "s3cret-of-redis";
    private static final String BODY = "{\"status\": \"archived\", \"reason\": \"superseded\", \"updatedBy\": \"operator\"}";
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();

    @TempDir
    static Path folder;
    private static int postgresPort;
    private static EmbeddedPostgres postgres;
    private static Redis redis;
    private static Service service;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        redis = new Redis(REDIS_PASSWORD);
        postgresPort = freePort();
        postgres = startPostgres();
        try (Connection c = connect()) {
            c.createStatement().execute(WorkflowRepositoryScript.SCHEMA);
            // A reason that says a SQLSTATE is that error of the server's.
            c.createStatement().execute("CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'made to fail' USING ERRCODE = substr(NEW.status_reason, 7); END $$ LANGUAGE plpgsql;"
                    + "CREATE TRIGGER fail BEFORE UPDATE ON remediation_workflow_catalog FOR EACH ROW WHEN (NEW.status_reason LIKE 'raise %') EXECUTE FUNCTION fail()");
        }
        Files.writeString(folder.resolve("db.yaml"), "password: " + PASSWORD + "\nnumber: 5\n");
        Files.writeString(folder.resolve("redis.json"), "{\n\t\"password\": \"" + REDIS_PASSWORD + "\"\n}\n");
        service = new Service(config("debug"));
    }

    @AfterAll
    static void stop() throws Exception {
        Run.close(service, postgres, redis);
    }

    @BeforeEach
    void aWorkflow() throws SQLException {
        id = one("INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, content, content_hash) "
                + "VALUES ('restart-pod-' || gen_random_uuid(), 'v1.0.0', 'Restart pod', 'Deletes the pod', 'steps: []', repeat('0', 64)) RETURNING workflow_id");
    }

    // Parts ------------------------------------------------------------------------------------------------------------

    private static EmbeddedPostgres startPostgres() throws IOException {
        Path pg = folder.resolve("pg");
        return EmbeddedPostgres.builder().setDataDirectory(pg).setCleanDataDirectory(false).setPort(postgresPort).setLocaleConfig("locale", "C")
                .setLocaleConfig("pwfile", Files.writeString(folder.resolve("pw"), PASSWORD).toString()).setLocaleConfig("auth", "scram-sha-256")
                .setConnectConfig("password", PASSWORD).setPGStartupWait(Duration.ofSeconds(60)).start();
    }

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + postgresPort + "/postgres", "postgres", PASSWORD);
    }

    private static String one(String sql) throws SQLException {
        try (Connection c = connect(); Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            r.next();
            return r.getString(1);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static void until(String what, Check check) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!check.holds()) {
            assertThat(System.nanoTime()).as("a minute has passed, and still not: " + what).isLessThan(end);
            Thread.sleep(20);
        }
    }

    interface Check {
        boolean holds() throws Exception;
    }

    /** A real Redis with a password, from Maven Central: none needs to be installed. */
    static final class Redis implements AutoCloseable {
        final int port = freePort();
        private final Process process;

        Redis(String password) throws Exception {
            process = new ProcessBuilder(Run.redisServer().toString(), "-").redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            try (var in = process.getOutputStream()) {
                in.write(("port " + port + "\nbind 127.0.0.1\nsave \"\"\nrequirepass " + password + "\n").getBytes(StandardCharsets.US_ASCII));
            }
            until("redis-server listens", () -> {
                try (Socket socket = new Socket("127.0.0.1", port)) {
                    return true;
                } catch (ConnectException e) {
                    return false;
                }
            });
        }

        @Override
        public void close() throws Exception {
            process.destroy();
            process.waitFor();
        }
    }

    private static String config(String level) throws IOException {
        return config(level, freePort(), postgresPort, redis.port);
    }

    static String config(String level, int port, int postgresPort, int redisPort) {
        return """
                server:
                  port: %d
                  read_timeout: 30s
                  write_timeout: 30s
                logging:
                  level: %s
                  format: json
                database:
                  host: 127.0.0.1
                  port: %d
                  name: postgres
                  user: postgres
                  ssl_mode: disable
                  max_open_conns: 5
                  max_idle_conns: 2
                  conn_max_lifetime: 5m
                  conn_max_idle_time: 10m
                  secretsFile: db.yaml
                  passwordKey: password
                redis:
                  addr: 127.0.0.1:%d
                  db: 0
                  secretsFile: redis.json
                  passwordKey: password
                """.formatted(port, level, postgresPort, redisPort);
    }

    /** The service as a process of its own, listening. */
    private static final class Service implements AutoCloseable {
        final Process process;
        final String url;
        final Path log = Files.createTempFile(folder, "service", ".log");

        Service(String config) throws Exception {
            Path file = Files.writeString(Files.createTempFile(folder, "config", ".yaml"), config);
            url = "http://127.0.0.1:" + config.replaceFirst("(?s).*?port: (\\d+).*", "$1");
            process = Run.script("datastorage").in(folder).with("CONFIG_PATH", file.toString()).under("sh", "-c", "exec \"$@\" 2>" + log, "sh").start();
            until("the service listens; it says " + Files.readString(log), () -> Files.readString(log).contains("listening") || !process.isAlive());
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
        }

        HttpResponse<String> get(String path) throws Exception {
            return HTTP.send(HttpRequest.newBuilder(URI.create(url + path)).build(), HttpResponse.BodyHandlers.ofString());
        }

        HttpResponse<String> patch(String path, String body) throws Exception {
            return patching(path, body).get(60, TimeUnit.SECONDS);
        }

        CompletableFuture<HttpResponse<String>> patching(String path, String body) {
            return HTTP.sendAsync(HttpRequest.newBuilder(URI.create(url + "/api/v1/workflows/" + path)).method("PATCH", HttpRequest.BodyPublishers.ofString(body)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }

        @Override
        public void close() throws Exception {
            process.destroy();
            process.waitFor();
        }
    }

    private static void problem(HttpResponse<String> answer, int status, String detail) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body()).startsWith("{\"type\":\"about:blank\",\"title\":\"").contains("\"status\":" + status, detail).doesNotContain("Exception", "\\tat ", PASSWORD);
    }

    // The checks before it starts ---------------------------------------------------------------------------------------

    @Test
    @DisplayName("without CONFIG_PATH, or with an empty one: the line of the incident, exit 1")
    void configPathUnset() throws Exception {
        for (String value : new String[] {null, ""}) {
            Run.Result result = Run.script("datastorage").with("CONFIG_PATH", value).go();
            assertThat(result).isEqualTo(new Run.Result(1, "", "ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)\n"));
        }
    }

    /** What is wrong with a configuration, as a replacement in a sound one; what the service says of it; the code by which config-path finds it. */
    record Wrong(String pattern, String replacement, String message, String error, String code) {
        String in(String config) {
            return config.replaceFirst(pattern, java.util.regex.Matcher.quoteReplacement(replacement));
        }

        @Override
        public String toString() {
            return error;
        }
    }

    static List<Wrong> wrong() {
        String file = "Failed to load configuration file (ADR-030)";
        String secrets = "Failed to load secrets (ADR-030 Section 6)";
        String invalid = "Invalid configuration (ADR-030)";
        return List.of(
                new Wrong("(?s).*", "\tserver: {}", file, "failed to parse config: config.yaml:1: not YAML at column 1", "CONFIG_SYNTAX"),
                new Wrong("(?s).*", "just text", file, "failed to parse config: config.yaml: not a map in YAML", "CONFIG_SYNTAX"),
                new Wrong("port: \\d+", "port: s3cret-misplaced", file, "failed to parse config: config.yaml: the value of server.port has another type than it should", "CONFIG_INVALID"),
                new Wrong("\\s+secretsFile: db.yaml", "", secrets, "database secretsFile required", "CONFIG_INVALID"),
                new Wrong("\\s+passwordKey: password", "", secrets, "database passwordKey required", "CONFIG_INVALID"),
                new Wrong("db.yaml", "gone.yaml", secrets, "failed to load database secrets: gone.yaml: no such file", "SECRET_MISSING"),
                new Wrong("db.yaml", "config.yaml", secrets, "password key 'password' not found in database secret file config.yaml", "SECRET_KEY_MISSING"),
                new Wrong("passwordKey: password", "passwordKey: pasword", secrets, "password key 'pasword' not found in database secret file db.yaml", "SECRET_KEY_MISSING"),
                new Wrong("passwordKey: password", "passwordKey: number", secrets, "database key 'number' in secret file db.yaml is not a string: quote it", "SECRET_KEY_MISSING"),
                new Wrong("\\s+secretsFile: redis.json", "", secrets, "redis secretsFile required", "CONFIG_INVALID"),
                new Wrong("\\s+host: 127.0.0.1", "", invalid, "database host required", "CONFIG_INVALID"),
                new Wrong("\\s+name: postgres", "", invalid, "database name required", "CONFIG_INVALID"),
                new Wrong("\\s+user: postgres", "", invalid, "database user required", "CONFIG_INVALID"),
                new Wrong("port: \\d+", "port: 80", invalid, "server port must be between 1024 and 65535, got: 80", "CONFIG_INVALID"),
                new Wrong("\\s+addr: \\S+", "", invalid, "redis address required", "CONFIG_INVALID"),
                new Wrong("level: debug", "level: loud", invalid, "invalid log level: loud (must be debug, info, warn, or error)", "CONFIG_INVALID"),
                new Wrong("lifetime: 5m", "lifetime: 5", invalid, "invalid conn_max_lifetime: a duration is written like 30s, 5m or 1h30m", "CONFIG_INVALID"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrong")
    @DisplayName("each check in turn: its line, and exit 1")
    void refused(Wrong wrong) throws Exception {
        refused(wrong.in(config("debug")), wrong.message, wrong.error);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"1m30s, PT1M30S", "1.5s, PT1.5S", "100us, PT0.0001S", "100µs, PT0.0001S", "1h0.5m, PT1H30S", "300ms, PT0.3S", "0, PT0S", "1d, ", "5, ", "-1s, ", "1e3s, "})
    @DisplayName("a duration is read as Go reads it")
    void durations(String written, Duration read) throws Exception {
        String config = config("debug").replace("read_timeout: 30s", "read_timeout: " + written).replace("db.yaml", folder + "/db.yaml").replace("redis.json", folder + "/redis.json");
        Path file = Files.writeString(Files.createTempFile(folder, "durations", ".yaml"), config);
        if (read != null) {
            assertThat(Datastorage.Startup.check(file.toString()).duration("server.read_timeout", "30s")).isEqualTo(read);
        } else {
            assertThatThrownBy(() -> Datastorage.Startup.check(file.toString())).hasMessage("Invalid configuration (ADR-030)");
        }
    }

    private void refused(String config, String message, String error) throws Exception {
        Files.writeString(folder.resolve("config.yaml"), config);
        Run.Result result = Run.script("datastorage").in(folder).with("CONFIG_PATH", "config.yaml").go();
        assertThat(result).isEqualTo(new Run.Result(1, "", "ERROR datastorage " + message + " error=\"" + error + "\"\n"));
    }

    @Test
    @DisplayName("a configuration that is not there, that is a folder, whose aliases multiply or whose lists nest without end")
    void unreadable() throws Exception {
        String message = "Failed to load configuration file (ADR-030)";
        Run.Result result = Run.script("datastorage").in(folder).with("CONFIG_PATH", "gone.yaml").go();
        assertThat(result).isEqualTo(new Run.Result(1, "", "ERROR datastorage " + message + " error=\"failed to read config file: gone.yaml: no such file\"\n"));
        Files.createDirectory(folder.resolve("mounted.yaml"));
        result = Run.script("datastorage").in(folder).with("CONFIG_PATH", "mounted.yaml").go();
        assertThat(result.err()).isEqualTo("ERROR datastorage " + message + " error=\"failed to read config file: mounted.yaml: it is a folder; a container engine makes one where the file of a mount is missing\"\n");
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }
        refused(bomb.toString(), message, "failed to parse config: config.yaml: aliases or lists that multiply without end");
        refused("logging: &l {x: *l}\n", message, "failed to parse config: config.yaml: aliases or lists that multiply without end");
        refused("[".repeat(50_000), message, "failed to parse config: config.yaml: aliases or lists that multiply without end");
    }

    @Test
    @DisplayName("PostgreSQL and Redis that do not answer, refuse the login, or lack what is asked of them")
    void serversRefuse() throws Exception {
        String message = "Failed to create server";
        int closed = freePort();
        String sound = config("info").replace("format: json", "format: console");
        refused(sound.replace("  port: " + postgresPort, "  port: " + closed), message,
                "failed to ping PostgreSQL: Connection to 127.0.0.1:" + closed + " refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections. (SQLSTATE 08001)");
        refused(sound.replace("ssl_mode: disable", "ssl_mode: require"), message, "failed to ping PostgreSQL: The server does not support SSL. (SQLSTATE 08004)");
        refused(sound.replace("name: postgres", "name: nowhere"), message, "failed to ping PostgreSQL: ERROR: database \"nowhere\" does not exist (SQLSTATE 3D000)");
        Files.writeString(folder.resolve("wrong.yaml"), "password: wr0ng-guess\n");
        refused(sound.replace("db.yaml", "wrong.yaml"), message, "failed to ping PostgreSQL: ERROR: password authentication failed for user \"postgres\" (SQLSTATE 28P01)");
        refused(sound.replace("redis.json", "wrong.yaml"), message, "failed to connect to Redis: WRONGPASS invalid username-password pair or user is disabled.");
        refused(sound.replace("127.0.0.1:" + redis.port, "127.0.0.1:" + closed), message, "failed to connect to Redis: Failed to connect to 127.0.0.1:" + closed + ".");
        refused(sound.replaceFirst("port: \\d+", "port: " + service.url.replaceFirst(".*:", "")), message,
                "cannot listen on " + service.url.substring(7) + ": Port already in use. Make sure no other process is using port " + service.url.replaceFirst(".*:", "") + " and try again.");
    }

    // What it serves ---------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("health and readiness; a workflow is read, changed, disabled")
    void serves() throws Exception {
        assertThat(service.get("/health").body()).isEqualTo("{\"status\":\"healthy\"}");
        assertThat(service.get("/health/ready").body()).isEqualTo("{\"status\":\"ready\"}");
        assertThat(service.patch(id, BODY).statusCode()).isEqualTo(204);
        assertThat(one("SELECT concat_ws(' ', status, status_reason, updated_by, disabled_by) FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "'")).isEqualTo("archived superseded operator");
        assertThat(service.patch(id + "/disable", "{\"reason\": \"löops\", \"updatedBy\": \"o'neill\", \"version\": \"v1.0.0\"}").statusCode()).isEqualTo(204);
        HttpResponse<String> read = service.get("/api/v1/workflows/" + id);
        assertThat(read.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(read.body()).contains("\"workflowId\":\"" + id + "\"", "\"version\":\"v1.0.0\"", "\"status\":\"disabled\"", "\"disabledBy\":\"o'neill\"", "\"disabledReason\":\"löops\"");
    }

    @Test
    @DisplayName("what a client does wrong is a problem document that names it")
    void clientsFault() throws Exception {
        String unknown = "00000000-0000-4000-8000-000000000000";
        problem(service.get("/api/v1/workflows/" + unknown), 404, "workflow not found: workflow_id=" + unknown);
        problem(service.patch(unknown, BODY), 404, "workflow not found: workflow_id=" + unknown);
        problem(service.patch(id, BODY.replace("{", "{\"version\": \"v9\", ")), 404, "workflow not found: workflow_id=" + id + " version=v9");
        problem(service.get("/api/v1/workflows/restart-pod"), 400, "\"sqlstate\":\"22P02\"");
        problem(service.patch(id, BODY.replace("archived", "paused")), 400, "\"sqlstate\":\"23514\"");
        problem(service.patch(id, BODY.replace("superseded", "\\u0000")), 400, "\"sqlstate\":\"22021\"");
        problem(service.patch(id, "{\"status\": \"active\", \"reason\": 5, \"updatedBy\": \"x\"}"), 400, "\\\"reason\\\" is required, as a string");
        problem(service.patch(id, BODY.replace("updatedBy", "updated_by")), 400, "unknown member \\\"updated_by\\\"; known are reason, status, updatedBy, version");
        problem(service.patch(id, "nonsense"), 400, "the body is not JSON");
        problem(service.patch(id, "[]"), 400, "the body is not a JSON object");
        problem(service.patch(id, " ".repeat(70_000) + BODY), 413, "");
        problem(service.get("/nope"), 404, "Endpoint GET /nope not found");
        HttpResponse<String> tooLong = service.get("/" + "x".repeat(20_000));
        problem(tooLong, 414, "");
        assertThat(tooLong.headers().firstValue("Connection")).contains("close");
        HttpResponse<String> post = HTTP.send(HttpRequest.newBuilder(URI.create(service.url + "/health")).POST(HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
        problem(post, 405, "");
        assertThat(post.headers().firstValue("Allow")).contains("GET");
    }

    @ParameterizedTest(name = "SQLSTATE {0} is {1}")
    @CsvSource({"22003, 400", "23502, 400", "23505, 409", "40001, 409", "40P01, 409", "55P03, 409", "25006, 503", "53300, 503", "57014, 503", "57P01, 503", "42703, 500", "XX000, 500"})
    @DisplayName("a refusal of the database has its meaning in HTTP")
    void sqlState(String state, int status) throws Exception {
        HttpResponse<String> answer = service.patch(id, BODY.replace("superseded", "raise " + state));
        problem(answer, status, "\"sqlstate\":\"" + state + "\"");
        assertThat(answer.headers().firstValue("Retry-After").isPresent()).isEqualTo(status == 503);
    }

    @Test
    @DisplayName("the column of the incident is missing: 500, in the incident's words")
    void columnMissing() throws Exception {
        try (Connection c = connect()) {
            c.createStatement().execute("DROP TRIGGER fail ON remediation_workflow_catalog; ALTER TABLE remediation_workflow_catalog RENAME status_reason TO reason");
            try {
                problem(service.patch(id, BODY), 500, "failed to update workflow status: ERROR: column \\\"status_reason\\\" of relation \\\"remediation_workflow_catalog\\\" does not exist (SQLSTATE 42703)");
            } finally {
                c.createStatement().execute("ALTER TABLE remediation_workflow_catalog RENAME reason TO status_reason;"
                        + "CREATE TRIGGER fail BEFORE UPDATE ON remediation_workflow_catalog FOR EACH ROW WHEN (NEW.status_reason LIKE 'raise %') EXECUTE FUNCTION fail()");
            }
        }
    }

    @Test
    @DisplayName("the log is one JSON object a line, without a password; what a client sends cannot make a second line")
    void log() throws Exception {
        assertThat(service.patch(id, BODY.replace("operator", "a\\nb")).statusCode()).isEqualTo(204);
        until("the change is logged", () -> Files.readString(service.log).contains("a\\nb"));
        assertThat(Files.readAllLines(service.log)).allSatisfy(line -> assertThat(line).startsWith("{").endsWith("}").contains("\"level\":", "\"message\":"));
        assertThat(Files.readString(service.log)).doesNotContain(PASSWORD, REDIS_PASSWORD);
        String console = config("debug").replace("format: json", "format: console");
        try (Service other = new Service(console)) {
            assertThat(other.patch(id, BODY.replace("operator", "a\\nERROR b")).statusCode()).isEqualTo(204);
            until("the change is logged", () -> Files.readString(other.log).contains("by=\"a ERROR b\""));
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"0.0.0.0", "127.0.0.1"})
    @DisplayName("it listens on loopback unless told otherwise")
    void host(String host) throws Exception {
        List<InetAddress> others = java.net.NetworkInterface.networkInterfaces().flatMap(java.net.NetworkInterface::inetAddresses)
                .filter(a -> a instanceof java.net.Inet4Address && !a.isLoopbackAddress()).toList();
        assumeTrue(!others.isEmpty(), "this machine has only loopback");
        String config = config("info");
        try (Service told = new Service(host.equals("127.0.0.1") ? config : config.replaceFirst("server:\n", "server:\n  host: " + host + "\n"))) {
            // Any of them: those of containers come and go.
            boolean answers = false;
            for (InetAddress other : others) {
                try (Socket socket = new Socket(other, Integer.parseInt(told.url.replaceFirst(".*:", "")))) {
                    answers = true;
                } catch (IOException e) {
                    // Not on this one
                }
            }
            assertThat(answers).isEqualTo(host.equals("0.0.0.0"));
            assertThat(told.get("/health").statusCode()).isEqualTo(200);
        }
    }

    // Under strain -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the pool is as large as max_open_conns says; who finds no connection, and whose statement takes too long, is told 503")
    void pool() throws Exception {
        String config = config("info").replace("max_open_conns: 5", "max_open_conns: 2").replace("write_timeout: 30s", "write_timeout: 5s");
        try (Service small = new Service(config); Connection holder = connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("SELECT 1 FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "' FOR UPDATE");
            List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(small.patching(id, BODY));
            }
            until("two statements wait for the row", () -> one("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')").equals("2"));
            assertThat(one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'datastorage' AND query LIKE 'UPDATE%' AND state = 'active'")).isEqualTo("2");
            List<String> answers = new ArrayList<>();
            for (CompletableFuture<HttpResponse<String>> each : waiting) {
                problem(each.get(60, TimeUnit.SECONDS), 503, "\"sqlstate\":");
                answers.add(each.get().body().replaceFirst(".*sqlstate\":\"(.*)\".*", "$1"));
            }
            assertThat(answers).containsExactlyInAnyOrder("57014", "57014", "08001", "08001", "08001");
            holder.rollback();
            assertThat(small.patch(id, BODY).statusCode()).isEqualTo(204);
        }
    }

    @Test
    @DisplayName("SIGTERM: the request in flight is answered, a new one is not taken, exit 0")
    void gracefulStop() throws Exception {
        Service stopped = new Service(config("info"));
        CompletableFuture<HttpResponse<String>> inFlight;
        try (Connection holder = connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("SELECT 1 FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "' FOR UPDATE");
            inFlight = stopped.patching(id, BODY);
            until("the statement waits for the row", () -> one("SELECT count(*) FROM pg_locks WHERE NOT granted").equals("1"));
            stopped.process.destroy();
            until("no new connection is taken", () -> {
                try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(stopped.url.replaceFirst(".*:", "")))) {
                    return false;
                } catch (ConnectException e) {
                    return true;
                }
            });
            assertThat(inFlight).isNotDone();
            holder.commit();
        }
        assertThat(inFlight.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(204);
        assertThat(one("SELECT status FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "'")).isEqualTo("archived");
        assertThat(stopped.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped.process.exitValue()).isZero();
        assertThat(Files.readString(stopped.log)).contains("stopping: requests in flight are finished", "\"message\":\"stopped\"");
    }

    @Test
    @DisplayName("PostgreSQL restarts under load: not ready and ready again, and every request has its answer")
    void restart() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        ConcurrentLinkedQueue<Integer> answers = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(CompletableFuture.runAsync(() -> {
                while (!over.get()) {
                    // An exception here is a request without an answer, and fails the test at join.
                    answers.add(service.patching(id, BODY).orTimeout(60, TimeUnit.SECONDS).join().statusCode());
                }
            }));
        }
        until("it serves", () -> answers.contains(204));
        postgres.close();
        until("it is not ready", () -> service.get("/health/ready").statusCode() == 503);
        assertThat(service.get("/health").statusCode()).isEqualTo(200);
        until("clients are told", () -> answers.contains(503));
        postgres = startPostgres();
        until("it is ready again", () -> service.get("/health/ready").statusCode() == 200);
        answers.clear();
        until("it serves again", () -> answers.contains(204));
        over.set(true);
        for (CompletableFuture<Void> client : clients) {
            client.get(60, TimeUnit.SECONDS);
        }
        assertThat(answers).isSubsetOf(204, 503);
    }
}
