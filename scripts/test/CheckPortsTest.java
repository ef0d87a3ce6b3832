import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.ports.PortJudgement;
import kit.ports.PortProject;
import kit.report.Stop;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@DisplayName("check-ports: who names a port, who listens, and one table of them")
class CheckPortsTest {
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

    /** In this JVM; paths as they are seen from the project. */
    private static Run.Result in(Path root, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(new CheckPorts()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        line.setExecutionExceptionHandler((e, at, parsed) -> {
            if (!(e instanceof Stop stop)) {
                throw e;
            }
            at.getErr().println(at.getCommandName() + ": " + stop.getMessage());
            return stop.exit;
        });
        int exit = line.execute(Stream.of(arguments.length == 0 ? new String[] {"."} : arguments).map(each -> each.equals(".") ? root.toString() : each).toArray(String[]::new));
        return new Run.Result(exit, out.toString().replace(root + "/", ""), err.toString().replace(root + "/", ""));
    }

    /** As the reader calls it. */
    private static Run.Result process(Path root, String... arguments) throws Exception {
        return Run.script("check-ports", arguments).in(root).go();
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

    private static Map<String, String> contents(Path root) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                contents.put(root.relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }

    private static void oneSentence(Run.Result result, int exit, String... words) {
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.err().lines()).as(result.err()).hasSize(1);
        assertThat(result.err()).contains(words).doesNotContain("Exception", "\tat ");
    }

    // What the files say ----------------------------------------------------------------------------------------------

    /** A project whose ports agree, and what makes one of them disagree.
     *
     * @param mutant what stands in place of what in which file */
    record Clean(String name, List<String> files, String file, String of, String mutant) {
    }

    private static Clean ci(String name, String file, String text) {
        return new Clean(name, List.of("compose.yaml", compose("db", 15999, 5432), file, text, "a_test.go", "var u = \"postgres://localhost:15999/x\"\n"),
                "a_test.go", "15999", "15998");
    }

    private static Stream<Clean> clean() {
        return Stream.of(
                ci("GitHub's workflows", ".github/workflows/a.yml", "jobs:\n  t:\n    runs-on: u\n    services:\n      pg:\n        image: postgres:16\n        ports: ['5444:5432']\n    steps:\n      - run: x\n        env:\n          U: postgres://a@localhost:5444/x\n"),
                ci("another's workflows, a MySQL beside", ".depot/workflows/a.yml", "jobs:\n  t:\n    runs-on: u\n    services:\n      my:\n        image: mysql:8\n        ports: ['3444:3306']\n      pg:\n        image: postgres:16\n        ports: ['5444:5432']\n    steps:\n      - env:\n          TEST_DATABASE: 'mysql://root@(localhost:3444)/x'\n          DB: postgres://a@localhost:5444/x\n"),
                ci("GitLab", ".gitlab-ci.yml", "test:\n  services:\n    - postgres:16\n  variables:\n    DATABASE_URL: postgres://a@localhost:5432/x\n  script: [make]\n"),
                ci("CircleCI", ".circleci/config.yml", "jobs:\n  t:\n    docker:\n      - image: cimg/go:1.22\n      - image: cimg/postgres:16.2\n    environment:\n      DATABASE_URL: postgres://a@localhost:5432/x\n    steps: [checkout]\n"),
                ci("Travis", ".travis.yml", "services:\n  - postgresql\nenv:\n  - DATABASE_URL=postgres://a@localhost:5432/x\nscript: make\n"),
                ci("Bitbucket", "bitbucket-pipelines.yml", "definitions:\n  services:\n    pg:\n      image: postgres:16\npipelines:\n  default:\n    - step:\n        script:\n          - DATABASE_URL=postgres://a@localhost:5432/x make\n"),
                ci("Azure", "azure-pipelines.yml", "resources:\n  containers:\n    - container: pg\n      image: postgres:16\nsteps:\n  - script: make\n    env:\n      DATABASE_URL: postgres://a@localhost:5432/x\n"),
                ci("Drone", ".drone.yml", "kind: pipeline\nservices:\n  - name: pg\n    image: postgres:16\nsteps:\n  - name: t\n    environment:\n      DATABASE_URL: postgres://a@localhost:5432/x\n"),
                ci("Cirrus", ".cirrus.yml", "task:\n  container:\n    additional_containers:\n      - name: pg\n        image: postgres:16\n  env:\n    DATABASE_URL: postgres://a@localhost:5432/x\n"),
                new Clean("a pooler", List.of("compose.yaml", "services:\n  pg:\n    image: postgres:16\n    ports: ['15431:5432']\n  pool:\n    image: x/pgcat\n    ports: ['16431:6432']\n", "a_test.py", "A = 'postgresql://localhost:15431/a'\nB = 'postgresql://localhost:16431/a'\n"), "a_test.py", "16431", "16439"),
                ci("a list of services on one line", ".travis.yml", "services: [docker, postgresql]\nenv:\n  - PGPORT=5433\n  - DATABASE_URL=postgres://a@localhost:5433/x\n"),
                ci("GitLab's parts", "ci/t.gitlab-ci.yml", "t:\n  services: [postgres:16]\n  variables:\n    DATABASE_URL: postgres://a@localhost:5432/x\n  script: [make]\n"),
                ci("Jenkins", "Jenkinsfile", "environment { DATABASE_URL = 'postgres://a@localhost:5477/x' }\ndocker.image('postgres:16').withRun('-p 5477:5432') { sh 'make' }\n"),
                new Clean("what tunnels, proxies, forwards and tools publish", List.of("compose.yaml", compose("db", 15999, 5432),
                        "Makefile", "t:\n\tssh -N -L 16432:db.internal:5432 bastion &\n\tcloud-sql-proxy --port 19432 p:r:i &\n\tsocat TCP-LISTEN:21432,fork TCP:db:5432 &\n",
                        "Tiltfile", "k8s_resource('pg', port_forwards=['15478:5432'])\n", "main.tf", "resource \"docker_container\" \"pg\" {\n  ports {\n    internal = 5432\n    external = 15480\n  }\n}\n",
                        "a_test.py", "A = 'postgresql://localhost:16432/x'\nB = 'postgresql://localhost:19432/x'\nC = 'postgresql://localhost:21432/x'\nD = 'postgresql://localhost:15478/x'\nE = 'postgresql://localhost:15480/x'\n"),
                        "a_test.py", "19432", "19433"),
                new Clean("a node port, a container's own port, a default in a default", List.of("k8s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: pg}\nspec:\n  ports:\n    - port: 5432\n      nodePort: 30432\n",
                        "compose.yaml", "services:\n  db:\n    image: postgres:16\n    ports: [\"${IP:-127.0.0.1}:${DB_PORT:-${PGPORT:-15433}}:5432\"]\n",
                        "a_test.py", "pg = PostgresContainer('postgres:16'); port = pg.get_exposed_port(5432)\nA = 'postgresql://localhost:30432/x'\nB = 'postgresql://localhost:15433/x'\n"),
                        "a_test.py", "15433", "15434"),
                new Clean("a range", List.of("compose.yaml", "services:\n  pg:\n    image: postgres:16\n    ports: ['15430-15439:5432']\n", "a_test.py", "A = 'postgresql://localhost:15433/a'\n"), "a_test.py", "15433", "15443"),
                new Clean("a service's variable", List.of("compose.yaml", "services:\n  api:\n    build: .\n    ports: ['${API_PORT:-8080}:8080']\n  pg:\n    image: postgres:16\n    ports: ['${PG_HOST_PORT:-5432}:5432']\n", ".env", "API_PORT=9001\nPG_HOST_PORT=15432\n", ".env.example", "PG_HOST_PORT=1\n", "a_test.sh", "curl http://localhost:9001/health\npsql -h localhost -p 15432\n"), "a_test.sh", "15432", "15439"),
                new Clean("a MySQL's URLs", List.of("compose.yaml", "services:\n  pg:\n    image: postgres:16\n    ports: ['15431:5432']\n  my:\n    image: mariadb\n    ports: ['13306:3306']\n", "a_test.go", "const a = \"postgres://localhost:15431/a\"\nconst database = \"root:x@tcp(localhost:13306)/db\"\nconst j = \"jdbc:mysql://localhost:13306/db\"\nconst DB = \"localhost:13306\"\n"), "a_test.go", "15431", "15441"));
    }

    @ParameterizedTest
    @MethodSource("clean")
    @DisplayName("a clean project is silent, and its mutant is one finding")
    void cleanAndMutant(Clean project) throws Exception {
        Path root = tree(project.files.toArray(String[]::new));
        Run.Result clean = in(root);
        assertThat(codes(clean)).as(clean.all()).isEmpty();
        Path file = root.resolve(project.file);
        Files.writeString(file, Files.readString(file).replace(project.of, project.mutant));
        Run.Result mutant = in(root);
        assertThat(codes(mutant)).as(mutant.all()).singleElement().asString().startsWith("PORT_DISAGREES  " + project.file);
    }

    @Test
    @DisplayName("each kind of file, each kind of place: dialled, published, inside")
    void places() throws Exception {
        Path root = tree("compose.yaml", """
                x-common: &common
                  restart: always
                services:
                  postgres:
                    <<: *common
                    image: postgres:16-alpine
                    container_name: ds-postgres
                    ports:
                      - "127.0.0.1:21433:5432"
                  redis:
                    image: redis:7-alpine
                    ports:
                      - target: 6379
                        published: "21379"
                  api:
                    build: .
                    environment:
                      DB_HOST: postgres
                      DB_PORT: 5432
                      REDIS_ADDR: redis:6379
                    ports: ["${API_PORT:-21090}:8080"]
                    volumes:
                      - ./mounted:/etc/api:ro
                """,
                "mounted/config.yaml", "database:\n  host: localhost\n  port: 5432\nserver:\n  port: 8080\n",
                "config.yaml", "database:\n  host: ds-postgres\n  port: 5432\nredis:\n  addr: redis:6379\n",
                ".env", "PGHOST=localhost\nPGPORT=21433\nREDIS_URL=redis://localhost:21379/0\nAPI_URL=http://localhost:21090\n",
                "Makefile", "PG_PORT ?= 21433\nup:\n\tpodman run -d --name ds-postgres \\\n\t  -e POSTGRES_PASSWORD=x \\\n\t  -p $(PG_PORT):5432 postgres:16\n\tpsql -h localhost -p 21433\n\tpodman exec ds-postgres psql -p 5432\n",
                "test/suite_test.go", "package x\nconst pgPort = \"21433\"\nvar a = exec.Command(\"podman\", \"run\", \"--name\", \"ds-postgres\",\n\t\"-p\", pgPort+\":5432\",\n\t\"postgres:16\")\n"
                        + "var b = redis.Options{Addr: \"localhost:21379\"}\nvar pgAddr = net.JoinHostPort(\"localhost\", \"21433\")\n// localhost:5432 postgres\n",
                "src/App.java", "class App {\n  String u = \"jdbc:postgresql://localhost:21433/app\";\n  int mysqlPort = 3306;\n  Object c = pg.withExposedPorts(5432);\n}\n",
                "src/app.py", "c = psycopg2.connect(\n    host=\"localhost\",\n    port=21433,\n)\nr = redis.Redis(host='localhost', port=21379)\n",
                "src/app.ts", "import { Pool } from 'pg';\nconst p = new Pool({\n  host: 'localhost',\n  port: 21433,\n  user: 'x',\n});\nserver.listen({ port: 3000 });\nconst api = `http://localhost:21090/api`;\n",
                "src/application.properties", "spring.datasource.url=jdbc:postgresql://${DB_HOST:localhost}:${DB_PORT:21433}/x\nspring.data.redis.host=localhost\nspring.data.redis.port=21379\n",
                "deploy/k8s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: pg}\nspec:\n  ports:\n  - port: 5432\n    nodePort: 30433\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  config.yaml: |\n    database:\n      host: pg\n      port: 5432\n",
                "deploy/kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- extraPortMappings:\n  - containerPort: 30433\n    hostPort: 25433\n",
                ".github/workflows/ci.yml", "jobs:\n  test:\n    services:\n      postgres:\n        image: postgres:16\n        ports: [\"21433:5432\"]\n",
                "wait.sh", "pg_isready -h localhost -p 21433\nkubectl port-forward svc/pg 25433:5432 &\ndocker run -p 21379:6379/tcp redis:7\n");
        Run.Result result = in(root);
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(codes(result)).isEmpty();
        assertThat(section(result, "PostgreSQL, dialled from the host")).contains(".env:2", "Makefile:6", "src/App.java:2", "src/app.py:3", "src/app.ts:4", "src/application.properties:1",
                "test/suite_test.go:7", "wait.sh:1").hasSize(8);
        assertThat(section(result, "PostgreSQL, published on the host")).contains("compose.yaml:9", "Makefile:1", "test/suite_test.go:2", "deploy/kind.yaml:6", ".github/workflows/ci.yml:6", "wait.sh:2").hasSize(6);
        assertThat(section(result, "PostgreSQL, inside the container network")).contains("compose.yaml:19", "config.yaml:3", "mounted/config.yaml:3", "Makefile:7", "src/App.java:4", "deploy/k8s.yaml:6", "deploy/k8s.yaml:16").hasSize(7);
        assertThat(section(result, "Redis, dialled from the host")).contains(".env:3", "test/suite_test.go:6", "src/app.py:5", "src/application.properties:3").hasSize(4);
        assertThat(section(result, "Redis, published on the host")).contains("compose.yaml:14", "wait.sh:3").hasSize(2);
        assertThat(section(result, "Redis, inside the container network")).contains("compose.yaml:20", "config.yaml:5").hasSize(2);
        assertThat(section(result, "service, dialled from the host")).contains(".env:4", "src/app.ts:8").hasSize(2);
        assertThat(section(result, "service, published on the host")).containsExactly("compose.yaml:21");
        assertThat(result.out()).contains("✓ 21433 outside, 5432 inside: two sides of one mapping", "25433 is published by deploy/kind.yaml:6, wait.sh:2, and no one here uses it");
    }

    private static List<String> section(Run.Result result, String title) {
        return result.out().lines().dropWhile(line -> !line.strip().equals(title)).skip(1).takeWhile(line -> line.startsWith("        ")).map(line -> line.strip().replaceFirst(" .*", "")).toList();
    }

    /** A conflict, and the same project without it: an alarm that is false costs more than a conflict that is missed. */
    record Twins(String name, String code, String where, List<String> broken, List<String> clean) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Twins> twins() {
        String run = "package a\nvar c = exec.Command(\"podman\", \"run\", \"--name\", \"%s\", \"-p\", \"%d:5432\", \"postgres:16\")\n";
        return List.of(
                new Twins("a test dials the container's side", "PORT_DISAGREES", "a_test.go:2",
                        List.of("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(5432)),
                        List.of("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433))),
                new Twins("the config within says the host's side", "PORT_DISAGREES", "config.yaml:3",
                        List.of("compose.yaml", compose("pg", 21433, 5432), "config.yaml", "database:\n  host: pg-test\n  port: 21433\n"),
                        List.of("compose.yaml", compose("pg", 21433, 5432), "config.yaml", "database:\n  host: pg-test\n  port: 5432\n")),
                new Twins("one publishes what none of many dials", "PORT_DISAGREES", "compose.yaml:6",
                        List.of("compose.yaml", compose("pg", 21434, 5432), "a_test.go", dsn(21433), "b_test.go", dsn(21433)),
                        List.of("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433), "b_test.go", dsn(21433))),
                new Twins("the odd one of many", "PORT_DISAGREES", "c_test.go:2",
                        List.of("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433), "b_test.go", dsn(21433), "c_test.go", dsn(21434)),
                        List.of("compose.yaml", compose("pg", 21433, 5432), "compose.e2e.yaml", compose("pg-e2e", 25433, 5432), "a_test.go", dsn(21433), "c_test.go", dsn(25433))),
                new Twins("an .env beside the compose file", "PORT_DISAGREES", ".env:2",
                        List.of("compose.yaml", compose("pg", 21433, 5432), ".env", "DB_HOST=localhost\nDB_PORT=5432\n"),
                        List.of("compose.yaml", compose("pg", "${DB_PORT:-5432}", 5432), ".env", "DB_HOST=localhost\nDB_PORT=21433\n", "a_test.go", dsn(21433))),
                new Twins("a service's own side from the host", "PORT_DISAGREES", "e2e/a_test.py:1",
                        List.of("compose.yaml", "services:\n  api:\n    build: .\n    ports: [\"21090:8080\"]\n", "e2e/a_test.py", "BASE = 'http://localhost:8080/api'\n"),
                        List.of("compose.yaml", "services:\n  api:\n    build: .\n    ports: [\"21090:8080\"]\n", "e2e/a_test.py", "BASE = 'http://localhost:21090/api'\nFAKE = 'http://localhost:9999'\n")),
                new Twins("two services of one compose file", "PORT_SHARED", "compose.yaml:8",
                        List.of("compose.yaml", "services:\n  pg:\n    image: postgres:16\n    ports: [\"21433:5432\"]\n\n  other:\n    image: postgres:16\n    ports: [\"21433:5432\"]\n"),
                        List.of("compose.yaml", "services:\n  pg:\n    image: postgres:16\n    ports: [\"21433:5432\"]\n  other:\n    image: postgres:15\n    profiles: [old]\n    ports: [\"21434:5432\"]\n",
                                "compose.override.yaml", "services:\n  pg:\n    ports: [\"21433:5432\"]\n", "examples/compose.yaml", "services:\n  db:\n    image: postgres:16\n    ports: [\"21433:5432\"]\n")),
                new Twins("profiles that are never up at once share a port", "PORT_SHARED", "compose.yaml:10",
                        List.of("compose.yaml", "services:\n  pg15:\n    image: postgres:15\n    profiles: [a]\n    ports: [\"21433:5432\"]\n\n  pg16:\n    image: postgres:16\n    profiles: [a]\n    ports: [\"21433:5432\"]\n"),
                        List.of("compose.yaml", "services:\n  pg15:\n    image: postgres:15\n    profiles: [a]\n    ports: [\"21433:5432\"]\n\n  pg16:\n    image: postgres:16\n    profiles: [b]\n    ports: [\"21433:5432\"]\n")),
                new Twins("two suites race", "PORT_SHARED", "test/b/b_test.go:2",
                        List.of("test/a/a_test.go", run.formatted("a-postgres", 21433), "test/b/b_test.go", run.formatted("b-postgres", 21433)),
                        List.of("test/a/a_test.go", run.formatted("a-postgres", 21433), "test/b/b_test.go", run.formatted("b-postgres", 21434))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("twins")
    @DisplayName("found, and its clean twin is not")
    void twins(Twins twins) throws Exception {
        assertThat(judged(tree(twins.broken.toArray(String[]::new)))).containsExactly(twins.code + "  " + twins.where + "  error");
        assertThat(judged(tree(twins.clean.toArray(String[]::new)))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"DB_HOST=db.example.com\nDB_PORT=6432\n", "DATABASE_URL=postgres://u@db.example.com:6432/app\n", "# DB_PORT=6432\nMYSQL_PORT=3306\nDB_PORT=3306\n",
            "TIMEOUT_MS=15000\nYEAR=2024\nIMPORT_BATCH=5000\n"})
    @DisplayName("another host, another database, a comment, a number: nobody's conflict")
    void notOurs(String env) throws Exception {
        assertThat(judged(tree("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433), ".env", env))).isEmpty();
    }

    /** What the files alone say. */
    private static List<String> judged(Path root) throws Exception {
        return new PortJudgement(PortProject.read(root), null, null).problems.all.stream()
                .map(p -> p.code() + "  " + root.relativize(p.place().source.path()) + ":" + p.place().line + "  " + p.severity()).toList();
    }

    @Test
    @DisplayName("a developer's own server on another port than that of the tests is left alone while it answers")
    void ownServer() throws Exception {
        Path root = tree("compose.test.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433), ".env", "DB_HOST=localhost\nDB_PORT=" + port + "\n");
        Run.Result result = in(root);
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(codes(result)).isEmpty();
    }

    // What listens ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("PostgreSQL says its version and who it is; a login that it refuses is another server's")
    void identity() throws Exception {
        String url = "package x\nconst u = \"postgres://slm_user:%s@localhost:%d/%s\"\n";
        Run.Result right = in(tree("a_test.go", url.formatted(PASSWORD, port, "action_history")));
        assertThat(right.exit()).as(right.all()).isZero();
        assertThat(codes(right)).isEmpty();
        assertThat(right.out()).contains("127.0.0.1: PostgreSQL").containsPattern("PostgreSQL 16\\.\\d+, system identifier \\d+, up since .*; it has slm_user and action_history")
                .containsPattern("held by postgres, process \\d+ of [\\w-]+ on 127\\.0\\.0\\.1");
        Run.Result wrong = in(tree("a_test.go", url.formatted(PASSWORD, port, "not_there")));
        assertThat(wrong.exit()).isEqualTo(10);
        assertThat(codes(wrong)).containsExactly("PORT_WRONG_SERVER  a_test.go:2");
        assertThat(wrong.out()).contains("database \"not_there\" does not exist");
        assertThat(right.all() + wrong.all()).doesNotContain(PASSWORD);
    }

    @Test
    @DisplayName("nothing listens where it is dialled, while PostgreSQL listens on the other port that is named")
    void refused() throws Exception {
        int dead = freePort();
        Run.Result result = in(tree("a_test.go", dsn(dead), "b_test.go", dsn(port)));
        assertThat(result.exit()).isEqualTo(10);
        assertThat(codes(result)).containsExactly("PORT_REFUSED  a_test.go:2");
        assertThat(result.out()).contains("PostgreSQL listens on " + port + ": postgres, process ");
        Run.Result alone = in(tree("a_test.go", dsn(dead)));
        assertThat(alone.exit()).isEqualTo(10);
        assertThat(codes(alone)).containsExactly("PORT_REFUSED  a_test.go:2");
        Run.Result atRest = in(tree("a_test.go", dsn(dead), "compose.yaml", compose("pg", dead, 5432)));
        assertThat(atRest.exit()).as(atRest.all()).isZero();
        assertThat(codes(atRest)).isEmpty();
        assertThat(atRest.out()).contains(dead + "  nothing, which compose.yaml:6 publishes once it is started");
    }

    @Test
    @DisplayName("an HTTP server, a Redis (a stand-in that says +PONG), SSH's banner, and silence, where PostgreSQL is dialled")
    void somethingElse() throws Exception {
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        http.start();
        try (Run.Listener redis = new Run.Listener(says("PING", "+PONG\r\n")); Run.Listener ssh = new Run.Listener(says(null, "SSH-2.0-OpenSSH_9.2\r\n")); Run.Listener mute = new Run.Listener(says("never", ""))) {
            Run.Result result = in(tree("h_test.go", dsn(http.getAddress().getPort()), "r_test.go", dsn(redis.port()), "s_test.go", dsn(ssh.port()), "m_test.go", dsn(mute.port())));
            assertThat(result.exit()).as(result.all()).isEqualTo(10);
            assertThat(codes(result)).containsExactly("PORT_NOT_POSTGRES  h_test.go:2", "PORT_NOT_POSTGRES  r_test.go:2", "PORT_NOT_POSTGRES  s_test.go:2");
            assertThat(result.out()).contains("where an HTTP server (HTTP/1.1 404 Not Found) answers", "where Redis answers", "“SSH-2.0-OpenSSH_9.2” answers", "127.0.0.1: something that accepts, and does not answer");

            String dialsRedis = "package x\nvar o = redis.Options{Addr: \"localhost:%d\"}\n";
            Run.Result right = in(tree("a_test.go", dialsRedis.formatted(redis.port())));
            assertThat(right.exit()).as(right.all()).isZero();
            Run.Result wrong = in(tree("a_test.go", dialsRedis.formatted(port)));
            assertThat(codes(wrong)).containsExactly("PORT_WRONG_SERVER  a_test.go:2");

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
    @EnabledOnOs(OS.LINUX)
    @DisplayName("IPv4 and IPv6: a literal of the wrong family, a localhost that is ::1 only, two servers on one port; IPv6 switched off is no conflict")
    void families() throws Exception {
        Run.Result literal = in(tree("a_test.go", dsn(port).replace("host=localhost", "host=::1")));
        assertThat(codes(literal)).containsExactly("PORT_FAMILY  a_test.go:2");

        Path hosts = Files.writeString(temp.resolve("hosts"), "::1 localhost\n");
        Run.Result only = Run.script("check-ports", ".").jvm("-Djdk.net.hosts.file=" + hosts).in(tree("a_test.go", dsn(port))).go();
        assertThat(codes(only)).as(only.all()).containsExactly("PORT_FAMILY  a_test.go:2");
        assertThat(only.out()).contains("localhost is ::1 on this machine", "the server listens on 127.0.0.1 only");

        Run.Result both = in(tree("a_test.go", dsn(port)));
        assertThat(codes(both)).as(both.all()).isEmpty();

        try (Run.Listener six = new Run.Listener(new ServerSocket(port, 50, InetAddress.getByName("::1")), says("never", ""))) {
            Run.Result two = in(tree("a_test.go", dsn(six.port())));
            assertThat(codes(two)).as(two.all()).containsExactly("PORT_FAMILY  a_test.go:2");
            assertThat(two.out()).contains("it depends on the client which one it gets");
        }

        Run.Result off = Run.script("check-ports", ".").under("unshare", "-n", "sh", "-c", "ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; exec \"$@\"", "sh")
                .in(tree("a_test.go", dsn(21433), "compose.yaml", compose("pg", 21433, 5432))).go();
        assumeTrue(off.exit() != 1 || !off.err().contains("unshare"), "no network namespace may be made here");
        assertThat(off.exit()).as(off.all()).isZero();
        assertThat(codes(off)).isEmpty();
    }

    // --free ----------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("--free names the holder and how to free the port, and ends nothing; a port that is free; a number that is no port")
    void free() throws Exception {
        Run.Result held = in(temp, "--free", "" + port);
        assertThat(held.exit()).as(held.all()).isEqualTo(10);
        assertThat(held.out()).containsPattern("127\\.0\\.0\\.1:" + port + "  postgres, process \\d+ of ").contains("PORT_TAKEN").containsPattern("do: (kill \\d+|sudo systemctl stop )");
        try (Socket still = new Socket("127.0.0.1", port)) {
            assertThat(still.isConnected()).isTrue();
        }
        Run.Result free = in(temp, "--free", "" + freePort());
        assertThat(free.exit()).as(free.all()).isZero();
        assertThat(free.out()).contains("✓ nobody: it is free");
        oneSentence(in(temp, "--free", "70000"), 2, "--free 70000", "1 to 65535");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("a port held by a process of another user: the user is named, and what it takes to see the process")
    void anotherUsers() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to become another user");
        Process holder = new ProcessBuilder("setpriv", "--reuid=65534", "--clear-groups", "perl", "-MIO::Socket::INET", "-e",
                "$| = 1; $s = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or exit 1; print $s->sockport, \"\\n\"; sleep 600").directory(new java.io.File("/")).start();
        try {
            String held = holder.inputReader().readLine();
            assumeTrue(held != null, "no process of another user may be started here");
            Run run = Run.script("check-ports", "--free", held).under("setpriv", "--bounding-set=-sys_ptrace,-dac_override,-dac_read_search", "--inh-caps=-all");
            Run.Result result = run.go();
            assertThat(result.exit()).as(result.all()).isEqualTo(10);
            assertThat(result.out()).contains("a process of user nobody, which this user may not see", "do: sudo ss -ltnp 'sport = :" + held + "'").doesNotContain("kill ");
        } finally {
            holder.destroyForcibly();
        }
    }

    // The table -------------------------------------------------------------------------------------------------------

    private Path conflicted() throws IOException {
        return tree("compose.yaml", compose("pg", 21433, 5432), "test/a_test.go", dsn(5432), "test/b_test.go", dsn(21433).replace("\n", "\r\n"),
                "test/c_test.go", "package x\nvar a = \"postgres://localhost/x\" // the usual port is meant", "config.yaml", "database:\n  host: pg-test\n  port: 21433\n  user: x\n  name: é\n");
    }

    @Test
    @DisplayName("--plan changes nothing; its diff is taken by git apply and by patch, and leads to what --apply makes; --undo brings all back")
    void planApplyUndo() throws Exception {
        Path root = conflicted();
        Map<String, String> before = contents(root);
        Run.Result plan = process(root, "--plan", ".");
        assertThat(plan.exit()).as(plan.all()).isZero();
        assertThat(contents(root)).isEqualTo(before);
        assertThat(plan.out()).contains("pg-test  PostgreSQL  21433       5432", "test/a_test.go:2  5432 becomes 21433", "config.yaml:3  21433 becomes 5432");

        List<Map<String, String>> patched = new ArrayList<>();
        for (String tool : Run.onPath("patch") ? List.of("git apply", "patch -p1 -s") : List.of("git apply")) {
            Path copy = conflicted();
            Run.Result applied = Run.command("sh", "-c", tool + " < \"$0\"", Files.writeString(temp.resolve("diff"), plan.out()).toString()).in(copy).go();
            assertThat(applied.exit()).as(tool + applied.all()).isZero();
            patched.add(contents(copy));
        }
        Run.Result apply = process(root, "--apply", ".");
        assertThat(apply.exit()).as(apply.all()).isZero();
        Map<String, String> after = contents(root);
        after.keySet().removeIf(name -> name.startsWith(".check-ports"));
        assertThat(patched).isNotEmpty().containsOnly(after);
        assertThat(after.get("ports.yaml")).contains("  pg-test: {kind: postgres, host: 21433, container: 5432}\n");
        assertThat(after.get("test/c_test.go")).isEqualTo("package x\nvar a = \"postgres://localhost:21433/x\" // the usual port is meant");

        assertThat(in(root, "--check", ".").exit()).isZero();
        Run.Result again = in(root, "--apply", ".");
        assertThat(again.out()).contains("every place says so already");
        Run.Result undo = in(root, "--undo", ".");
        assertThat(undo.exit()).as(undo.all()).isZero();
        assertThat(contents(root)).isEqualTo(before);
        oneSentence(in(root, "--undo", "."), 2, "nothing was applied");
    }

    @Test
    @DisplayName("two suites on one port: the second gets the next that is free, and what dials it follows; where two are as near, it is left to the reader")
    void nextPort() throws Exception {
        String run = "package a\nvar c = exec.Command(\"podman\", \"run\", \"--name\", \"%s\", \"-p\", \"21433:5432\", \"postgres:16\")\n";
        Path root = tree("test/a/a_test.go", run.formatted("a-postgres"), "test/a/db_test.go", dsn(21433), "test/b/b_test.go", run.formatted("b-postgres"), "test/b/db_test.go", dsn(21433),
                "test/other_test.go", dsn(21433));
        Run.Result apply = in(root, "--apply", ".");
        assertThat(apply.exit()).as("something is left to do: " + apply.all()).isEqualTo(10);
        assertThat(Files.readString(root.resolve("test/b/b_test.go"))).contains("21434:5432");
        assertThat(Files.readString(root.resolve("test/b/db_test.go"))).contains("port=21434");
        assertThat(Files.readString(root.resolve("test/a/db_test.go")) + Files.readString(root.resolve("test/other_test.go"))).doesNotContain("21434");
        assertThat(apply.out()).contains("test/other_test.go:2 dials 21433: two services are as near, so say which one is meant");
    }

    @Test
    @DisplayName("--check holds the project to its table: a new service, a moved one, a stray dial; without a table it says so")
    void check() throws Exception {
        Path root = tree("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433));
        oneSentence(in(root, "--check", "."), 3, "there is no ports.yaml");
        Files.writeString(root.resolve("ports.yaml"), "services:\n  pg-test: {kind: postgres, host: 21433, container: 5432}\n");
        Run.Result sound = in(root, "--check", ".");
        assertThat(sound.exit()).as(sound.all()).isZero();
        assertThat(sound.out()).doesNotContain("What listens now");
        Files.writeString(root.resolve("compose.yaml"), compose("pg", 21435, 5432));
        Files.writeString(root.resolve("compose.two.yaml"), compose("new", 21436, 5432));
        Files.writeString(root.resolve("b_test.go"), dsn(21437));
        Run.Result broken = in(root, "--check", ".", "--format", "github");
        assertThat(broken.exit()).isEqualTo(10);
        assertThat(broken.out()).contains("::error file=compose.yaml,line=6,title=PORT_DISAGREES::publishes pg-test on 21435; in ports.yaml it has 21433",
                "::error file=compose.two.yaml,line=6,title=PORT_DISAGREES::publishes 21436 for new-test, which ports.yaml does not have", "::error file=b_test.go,line=2,title=PORT_DISAGREES::dials PostgreSQL on 21437");
        for (String bad : List.of("hello", "services: {pg: {kind: mysql, host: 1}}", "services: [\t")) {
            Files.writeString(root.resolve("ports.yaml"), bad);
            oneSentence(in(root, "--check", "."), 2, "ports.yaml");
        }
    }

    @Test
    @DisplayName("passwords are in no diff: such an edit is named, and made by --apply")
    void noPasswords() throws Exception {
        Path root = tree("compose.yaml", compose("pg", 21433, 5432) + "    environment:\n      POSTGRES_PASSWORD: " + PASSWORD + "\n",
                "a_test.go", "package x\nconst u = \"postgres://slm_user:" + PASSWORD + "@localhost:5432/action_history\"\n", "b_test.go", dsn(5432) + "\n\nvar password = \"" + PASSWORD + "\"\n");
        for (String mode : List.of("--plan", "--apply")) {
            Run.Result result = in(root, mode, ".");
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("not in the diff, for a password stands there: a_test.go:2");
            assertThat(result.all()).doesNotContain(PASSWORD);
            assertThat(result.out().contains("+const dsn = \"host=localhost port=21433")).isEqualTo(mode.equals("--plan"));
        }
        assertThat(Files.readString(root.resolve("a_test.go"))).contains(PASSWORD + "@localhost:21433/");
        Run.Result json = in(root, "--plan", ".", "--format", "json");
        assertThat(json.out()).startsWith("{").endsWith("}\n").contains("\"verdict\" : \"sound\"").doesNotContain(PASSWORD);
    }

    @Test
    @DisplayName("--apply is all or none: a file that may not be written; --undo minds later edits; a run that was killed is named, and undone")
    void allOrNone() throws Exception {
        assumeTrue(Files.getFileStore(temp).supportsFileAttributeView("posix"));
        Path root = conflicted();
        Map<String, String> before = contents(root);
        Files.setPosixFilePermissions(root.resolve("test/c_test.go"), PosixFilePermissions.fromString("r--r--r--"));
        Run.Result refused = asOrdinary(Run.script("check-ports", "--apply", ".").in(root));
        assertThat(refused.exit()).as(refused.all()).isEqualTo(3);
        assertThat(refused.err()).contains("test/c_test.go may not be written by this user: nothing was written");
        assertThat(contents(root)).isEqualTo(before);
        Files.setPosixFilePermissions(root.resolve("test/c_test.go"), PosixFilePermissions.fromString("rwxr-x---"));
        assertThat(in(root, "--apply", ".").exit()).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("test/c_test.go")))).isEqualTo("rwxr-x---");

        String applied = Files.readString(root.resolve("test/a_test.go"));
        Files.writeString(root.resolve("test/a_test.go"), applied + "// edited\n");
        oneSentence(in(root, "--undo", "."), 2, "test/a_test.go was edited after --apply: nothing was undone");
        // As a run that was killed between two files leaves it: some are new, some old, and it does not say it is done.
        Files.writeString(root.resolve("test/a_test.go"), before.get("test/a_test.go"));
        Files.delete(root.resolve(".check-ports/1/done"));
        oneSentence(in(root, "."), 2, "an --apply was cut off", "--undo");
        assertThat(in(root, "--undo", ".").exit()).isZero();
        assertThat(contents(root)).isEqualTo(before);
    }

    private static Run.Result asOrdinary(Run run) throws Exception {
        return ("root".equals(System.getProperty("user.name")) ? run.under("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all") : run).go();
    }

    // Bad input -------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("tabs, a bomb of aliases, deep nesting, binary, huge, links in a loop, unreadable folders, node_modules: named, and the rest is read")
    void badFiles() throws Exception {
        StringBuilder bomb = new StringBuilder("services:\n  a: &a0 [x, x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append("  b").append(i).append(": &a").append(i).append(" [").append(("*a" + (i - 1) + ", ").repeat(60)).append("x]\n");
        }
        Path root = tree("compose.yaml", compose("pg", 21433, 5432), "a_test.go", dsn(21433), "tabs/compose.yaml", "services:\n\tpg:\n\t\timage: postgres\n", "bomb.yaml", bomb.toString(),
                "deep.yaml", "services: " + "[".repeat(100_000), "binary.json", "{\0}", "huge.json", "\"localhost:5432\"\n".repeat(70_000), "node_modules/x/index.js", "const u = 'postgres://localhost:9999/x'\n",
                "vendor/x/x.go", dsn(9999), ".git/config.yaml", "port: 9999\n", "latin.sh", "");
        Files.write(root.resolve("latin.sh"), "# caf\u00e9\npsql -p 21433\n".getBytes(StandardCharsets.ISO_8859_1));
        Files.createSymbolicLink(root.resolve("loop"), root);
        Path closed = Files.createDirectory(root.resolve("closed"));
        Files.writeString(closed.resolve("a_test.go"), dsn(9999));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        Run.Result result;
        try {
            result = asOrdinary(Run.script("check-ports", ".").in(root));
        } finally {
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        }
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(codes(result)).isEmpty();
        assertThat(result.out()).contains("latin.sh:2", "skipped binary: 1: binary.json", "skipped could not be read: 1: closed", "skipped larger than 1 MiB: 1: huge.json", "skipped links, not followed: 1: loop",
                "skipped node_modules: 1: node_modules", "skipped vendor: 1: vendor", "skipped .git: 1: .git").containsPattern("skipped not read as YAML: 3, such as bomb\\.yaml")
                .doesNotContain("9999");
        Run.Result tabs = in(tree("compose.yaml", "services:\n\tpg:\n", "a_test.go", dsn(21433), "b.yaml", compose("pg", 21433, 5432)));
        assertThat(tabs.out()).contains("skipped not read as YAML: 1: compose.yaml:2 ");
    }

    @Test
    @DisplayName("no folder, a file, an empty folder, nothing that names a port, two modes at once")
    void usage() throws Exception {
        oneSentence(process(temp, "nowhere"), 2, "nowhere does not exist");
        Path file = Files.writeString(temp.resolve("file"), "");
        oneSentence(process(temp, file.toString()), 2, "is not a folder");
        oneSentence(process(tree(), "."), 3, "has no file that could name a port");
        Run.Result none = process(tree("a.go", "package x\n"), ".");
        assertThat(none.exit()).as(none.all()).isEqualTo(3);
        assertThat(none.out()).contains("unchecked  checked nothing");
        oneSentence(process(temp, "--plan", "--apply", "."), 2, "--plan");
    }

    @Test
    @DisplayName("a container engine whose socket accepts and says nothing, and one that is not there, do not stop it")
    void engines() throws Exception {
        Path socket = temp.resolve("engine.sock");
        try (var server = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            server.bind(java.net.UnixDomainSocketAddress.of(socket));
            Run.Result result = Run.script("check-ports", ".").with("DOCKER_HOST", "unix://" + socket).with("PATH", temp.toString())
                    .in(tree("a_test.go", dsn(21433), "compose.yaml", compose("pg", 21433, 5432))).go();
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("skipped docker: " + socket + " does not answer: no answer within 5 s");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("an engine's containers: a published port has a name, however many addresses it is published on")
    void containers() throws Exception {
        int published = freePort();
        String one = "{\"IP\": \"0.0.0.0\", \"PrivatePort\": 5432, \"PublicPort\": " + published + ", \"Type\": \"tcp\"}";
        String answer = "HTTP/1.0 200 OK\r\nLibpod-Api-Version: 5.3.1\r\n\r\n[{\"Id\": \"1\", \"Names\": [\"/shop-pg\"], \"Image\": \"postgres:16\", \"Ports\": [" + one + ", " + one + "], \"Labels\": null}]";
        try (PodmanMachineTest.Engine engine = new PodmanMachineTest.Engine(temp.resolve("engine.sock"), answer)) {
            Run.Result free = Run.script("check-ports", "--free", "" + published).with("DOCKER_HOST", "unix://" + temp.resolve("engine.sock")).with("PATH", temp.toString()).go();
            assertThat(free.exit()).as(free.all()).isEqualTo(10);
            assertThat(free.out()).containsOnlyOnce("✗ container shop-pg (podman, postgres:16) publishes " + published + " → 5432").contains("do: podman stop shop-pg");
        }
    }

    // Containers ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("a real container: its name and published port are told, it is the project's own, and --free names it")
    void container() throws Exception {
        String host = System.getenv("DOCKER_HOST");
        boolean answers = host != null && host.startsWith("unix://") && Run.command("curl", "-s", "--unix-socket", host.substring(7), "http://engine/_ping").go().out().equals("OK");
        // Where CI has set an engine up, a skipped test would hide that it is broken.
        assertThat(answers || System.getenv("RUNBOOK_REQUIRE_ENGINE") == null).as("an engine must answer on DOCKER_HOST here").isTrue();
        assumeTrue(answers, "no engine answers on DOCKER_HOST; see .ci/podman.sh");
        int published = freePort();
        String name = "check-ports-" + Long.toString(System.nanoTime(), 36);
        Run.Result started = podman(host, "run", "-d", "--rm", "--name", name, "-p", published + ":5432", "-e", "POSTGRES_PASSWORD=" + PASSWORD, "docker.io/library/postgres:16-alpine");
        assertThat(started.exit()).as(started.all()).isZero();
        try {
            // Its log says that it is ready once before, of the server that sets the database up.
            await("jdbc:postgresql://localhost:" + published + "/postgres?user=postgres&password=" + PASSWORD);
            String mapped = "services:\n  pg:\n    image: postgres:16-alpine\n    container_name: %s\n    ports: [\"%d:5432\"]\n";
            Path root = tree("compose.yaml", mapped.formatted(name, published), "a_test.go", dsn(published));
            Run.Result own = in(root);
            assertThat(own.exit()).as(own.all()).isZero();
            assertThat(codes(own)).isEmpty();
            assertThat(own.out()).contains("container " + name + " (podman, docker.io/library/postgres:16-alpine) publishes " + published + " → 5432");

            int dead = freePort();
            Run.Result moved = in(tree("compose.yaml", mapped.formatted(name, dead), "a_test.go", dsn(dead)));
            assertThat(codes(moved)).as(moved.all()).containsExactly("PORT_REFUSED  a_test.go:2");
            Run.Result foreign = in(tree("compose.yaml", mapped.formatted("other-postgres", published), "a_test.go", dsn(published)));
            assertThat(codes(foreign)).as(foreign.all()).containsExactly("PORT_TAKEN  compose.yaml:5");

            Run.Result free = in(temp, "--free", "" + published);
            assertThat(free.exit()).isEqualTo(10);
            assertThat(free.out()).contains("do: podman stop " + name);
            assertThat(podman(host, "ps", "--format", "{{.Names}}").out()).contains(name);
        } finally {
            podman(host, "rm", "-f", "-t", "0", name);
        }
    }

    private static void await(String url) throws Exception {
        for (int i = 0; ; i++) {
            try (Connection c = DriverManager.getConnection(url)) {
                return;
            } catch (SQLException e) {
                assertThat(i).as(e.getMessage()).isLessThan(600);
                Thread.sleep(100);
            }
        }
    }

    private static Run.Result podman(String host, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("podman", "--url", host));
        command.addAll(List.of(words));
        return Run.command(command.toArray(String[]::new)).go();
    }
}
