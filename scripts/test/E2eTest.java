import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a request: an empty database, the migrations, the service, HTTP, and the row as another client sees it. */
@Tag("e2e")
@DisplayName("end to end: migrate, start the service, PATCH over HTTP, read the row")
class E2eTest {
    private static final String PASSWORD = "s3cret-of-postgres";
    private static final String REDIS_PASSWORD = "s3cret-of-redis";
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Path JDK = Path.of(System.getProperty("java.home"));

    @TempDir
    Path temp;

    @Test
    @DisplayName("in processes: an embedded PostgreSQL, a redis-server, the service")
    void processes() throws Exception {
        try (EmbeddedPostgres server = Run.readersServer(temp, PASSWORD); DatastorageTest.Redis redis = new DatastorageTest.Redis(REDIS_PASSWORD)) {
            try (Connection c = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres", "postgres", PASSWORD)) {
                c.createStatement().execute("CREATE ROLE slm_user LOGIN PASSWORD '" + PASSWORD + "'");
                c.createStatement().execute("CREATE DATABASE action_history OWNER slm_user");
            }
            int port = DatastorageTest.freePort();
            Path config = configuration("127.0.0.1", port, "127.0.0.1", server.getPort(), "127.0.0.1:" + redis.port, "");
            migrate(server.getPort());
            Path log = Files.createFile(temp.resolve("service.log"));
            Process service = Run.script("datastorage").with("CONFIG_PATH", config.toString()).in(config.getParent()).under("sh", "-c", "exec \"$@\" 2>" + log, "sh").start();
            try {
                DatastorageTest.until("the service is ready; it says " + Files.readString(log), () -> ready(port) || !service.isAlive());
                assertThat(service.isAlive()).as(Files.readString(log)).isTrue();
                patchAndRead(port, server.getPort());
            } finally {
                service.destroy();
                service.waitFor();
            }
            assertThat(service.exitValue()).as(Files.readString(log)).isZero();
            assertThat(Files.readString(log)).contains("stopped").doesNotContain(PASSWORD, REDIS_PASSWORD);
        }
    }

    /**
     * The mounts and the variable are those of the incident. Where no registry answers there is no image with Java in it: the service's image is made of this
     * machine's C library and the few others that its JDK and redis-server load; the JDK and the service's jars are mounted into it, read-only.
     */
    @Test
    @DisplayName("in containers: PostgreSQL, Redis and the service on a network of their own, CONFIG_PATH and its two mounts as in the incident")
    void containers() throws Exception {
        Run.engine();
        String run = "-e2e-" + ProcessHandle.current().pid();
        String network = "datastorage" + run;
        String image = "localhost/datastorage" + run;
        List<String> names = Stream.of("datastorage-postgres-test", "datastorage-redis-test", "datastorage-service-test").map(name -> name + run).toList();
        Path redis = Run.redisServer();
        try {
            podman("network", "create", network);
            podman("import", "-q", imageOf(redis).toString(), image);
            podman("run", "-d", "--name", names.get(0), "--network", network, "--network-alias", "postgres", "-p", "127.0.0.1::5432", "-e", "POSTGRES_USER=slm_user", "-e", "POSTGRES_PASSWORD=" + PASSWORD,
                    "-e", "POSTGRES_DB=action_history", "docker.io/library/postgres:16-alpine");
            podman("run", "-d", "--name", names.get(1), "--network", network, "--network-alias", "redis", "--tmpfs", "/tmp", image, redis.toString(), "--dir", "/tmp", "--save", "", "--bind", "0.0.0.0",
                    "--requirepass", REDIS_PASSWORD);
            int postgres = published(names.get(0), 5432);
            DatastorageTest.until("PostgreSQL answers", () -> quietly(() -> one(postgres, "SELECT 1").equals("1")));
            migrate(postgres);

            Path config = configuration("0.0.0.0", 8080, "postgres", 5432, "redis:6379", "/etc/datastorage/secrets/").getParent();
            List<String> start = new ArrayList<>(List.of("run", "-d", "--name", names.get(2), "--network", network, "-p", "127.0.0.1::8080", "--tmpfs", "/tmp", "-e", "CONFIG_PATH=/etc/datastorage/config.yaml",
                    "-v", config + "/config.yaml:/etc/datastorage/config.yaml:ro", "-v", config + ":/etc/datastorage/secrets:ro", "-v", jars() + ":/app:ro"));
            // Debian keeps the JDK's configuration in /etc, and links it.
            for (Path mounted : Stream.of(JDK, JDK.resolve("conf").toRealPath(), JDK.resolve("conf/security/java.security").toRealPath().getParent()).distinct().toList()) {
                start.addAll(List.of("-v", mounted + ":" + mounted + ":ro"));
            }
            start.addAll(List.of(image, JDK.resolve("bin/java").toString(), "-Xmx128m", "-cp", "/app/*", Run.mainClass("datastorage")));
            podman(start.toArray(String[]::new));
            int port = published(names.get(2), 8080);
            DatastorageTest.until("the service is ready; it says " + logs(names.get(2)), () -> ready(port) || !podman("ps", "--format", "{{.Names}}").contains(names.get(2)));
            patchAndRead(port, postgres);

            podman("stop", "--time", "20", names.get(2));
            assertThat(podman("inspect", "--format", "{{.State.ExitCode}}", names.get(2))).as(logs(names.get(2))).isEqualTo("0");
            assertThat(logs(names.get(2))).contains("stopped").doesNotContain(PASSWORD, REDIS_PASSWORD);
        } finally {
            Run.command(Stream.concat(Stream.of("podman", "rm", "-f", "-v", "-i"), names.stream()).toArray(String[]::new)).go();
            Run.command("podman", "network", "rm", "-f", network).go();
            Run.command("podman", "rmi", "-f", image).go();
        }
        assertThat(podman("ps", "-a", "--format", "{{.Names}}")).doesNotContain(run);
    }

    // The steps --------------------------------------------------------------------------------------------------------

    private Path configuration(String host, int port, String databaseHost, int databasePort, String redis, String secrets) throws IOException {
        Path folder = Files.createDirectory(temp.resolve("config"));
        Files.writeString(folder.resolve("db-secrets.yaml"), "password: " + PASSWORD + "\n");
        Files.writeString(folder.resolve("redis-secrets.yaml"), "password: " + REDIS_PASSWORD + "\n");
        return Files.writeString(folder.resolve("config.yaml"), """
                server: {port: %d, host: %s, read_timeout: 30s, write_timeout: 30s}
                logging: {level: info, format: json}
                database: {host: %s, port: %d, name: action_history, user: slm_user, ssl_mode: disable, max_open_conns: 5, secretsFile: %sdb-secrets.yaml, passwordKey: password}
                redis: {addr: '%s', db: 0, secretsFile: %sredis-secrets.yaml, passwordKey: password}
                """.formatted(port, host, databaseHost, databasePort, secrets, redis, secrets));
    }

    private static void migrate(int port) throws Exception {
        Run.Result result = Run.script("migrate", "up", "--migrations", "migrations", "--url", "jdbc:postgresql://127.0.0.1:" + port + "/action_history?user=slm_user&password=" + PASSWORD).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(one(port, "SELECT count(*) FROM goose_db_version WHERE version_id > 0")).isEqualTo("17");
    }

    private static void patchAndRead(int port, int postgres) throws Exception {
        String id = one(postgres, "INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, content, content_hash) "
                + "VALUES ('restart-pod', 'v1.0.0', 'Restart pod', 'Deletes the pod', 'steps: []', repeat('0', 64)) RETURNING workflow_id");
        assertThat(send("PATCH", port, id, "{\"status\": \"archived\", \"reason\": \"superseded\", \"updatedBy\": \"operator\"}")).isEqualTo(204);
        assertThat(row(postgres, id)).isEqualTo("archived, superseded, operator, disabled: false");
        assertThat(send("PATCH", port, id, "{\"status\": \"lost\", \"reason\": \"r\", \"updatedBy\": \"operator\"}")).as("a status that the CHECK refuses").isEqualTo(400);
        assertThat(row(postgres, id)).isEqualTo("archived, superseded, operator, disabled: false");
        assertThat(send("PATCH", port, id + "/disable", "{\"reason\": \"it loops\", \"updatedBy\": \"on-call\"}")).isEqualTo(204);
        assertThat(row(postgres, id)).isEqualTo("disabled, it loops, on-call, disabled: true");
        assertThat(send("PATCH", port, "00000000-0000-0000-0000-000000000000", "{\"status\": \"active\", \"reason\": \"r\", \"updatedBy\": \"operator\"}")).isEqualTo(404);
        assertThat(send("GET", port, id, "")).isEqualTo(200);
    }

    private static String row(int postgres, String id) throws SQLException {
        return one(postgres, "SELECT concat_ws(', ', status, status_reason, updated_by, 'disabled: ' || (disabled_at IS NOT NULL AND disabled_by = updated_by AND disabled_reason = status_reason)) FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "'");
    }

    private static int send(String method, int port, String path, String body) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/workflows/" + path)).method(method, HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString()).statusCode();
    }

    private static boolean ready(int port) throws Exception {
        return quietly(() -> HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready")).build(), HttpResponse.BodyHandlers.ofString()).statusCode() == 200);
    }

    /** What cannot be asked yet is not so yet. */
    private static boolean quietly(Callable<Boolean> asked) throws Exception {
        try {
            return asked.call();
        } catch (IOException | SQLException e) {
            return false;
        }
    }

    private static String one(int port, String sql) throws SQLException {
        try (Connection c = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/action_history?connectTimeout=5", "slm_user", PASSWORD); ResultSet r = c.createStatement().executeQuery(sql)) {
            r.next();
            return r.getString(1);
        }
    }

    // Containers -------------------------------------------------------------------------------------------------------

    private static String podman(String... arguments) throws Exception {
        Run.Result result = Run.command(Stream.concat(Stream.of("podman"), Stream.of(arguments)).toArray(String[]::new)).go();
        assertThat(result.exit()).as(String.join(" ", arguments) + "\n" + result.all()).isZero();
        return result.out().strip();
    }

    private static String logs(String name) throws Exception {
        return Run.command("podman", "logs", name).go().all();
    }

    private static int published(String name, int port) throws Exception {
        return Integer.parseInt(podman("port", name, String.valueOf(port)).replaceFirst("(?s)^.*:(\\d+).*$", "$1"));
    }

    /** A tar of redis-server and of the libraries that it and the JDK load. */
    private Path imageOf(Path redis) throws Exception {
        Set<String> files = new TreeSet<>(Set.of(redis.toString()));
        try (Stream<Path> all = Files.walk(JDK)) {
            for (Path loaded : Stream.concat(Stream.of(redis, JDK.resolve("bin/java")), all.filter(file -> file.toString().endsWith(".so"))).toList()) {
                Pattern.compile("(?:=> |^\\s*)(/\\S+) \\(0x").matcher(Run.command("ldd", loaded.toString()).go().out().replace("\n", "\n ")).results().map(m -> m.group(1)).filter(file -> !file.startsWith(JDK.toString())).forEach(files::add);
            }
        }
        Pattern.compile("\\s(/lib\\S*/ld-\\S+) ").matcher(Run.command("ldd", JDK.resolve("bin/java").toString()).go().out()).results().forEach(m -> files.add(m.group(1)));
        Path tar = temp.resolve("image.tar");
        List<String> command = new ArrayList<>(List.of("tar", "-chf", tar.toString(), "-C", "/"));
        files.forEach(file -> command.add(file.substring(1)));
        Run.Result result = Run.command(command.toArray(String[]::new)).go();
        assertThat(result.exit()).as(result.all()).isZero();
        return tar;
    }

    private Path jars() throws Exception {
        Path folder = Files.createDirectory(temp.resolve("app"));
        for (String jar : Run.classpath("datastorage").split(":")) {
            Files.copy(Path.of(jar), folder.resolve(Path.of(jar).getFileName()));
        }
        return folder;
    }
}
