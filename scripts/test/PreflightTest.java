import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.preflight.Chain;
import kit.preflight.CheckOutcome;
import kit.migrations.Folder;
import kit.migrations.Migration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("preflight: the first real cause, in whole projects")
@DisabledOnOs(OS.WINDOWS)
class PreflightTest {
    private static final String PASSWORD = "reader-s3cret";
    private static EmbeddedPostgres reader;
    private static int databases;

    @TempDir
    Path temp;
    private Path project;
    private Path bin;

    @BeforeAll
    static void readersServer(@TempDir Path data) throws Exception {
        reader = Run.readersServer(data, PASSWORD);
    }

    @AfterAll
    static void stop() throws IOException {
        reader.close();
    }

    /** A project, and a PATH on which only the programs of the test stand before the system's, without an engine. */
    @BeforeEach
    void folders() throws IOException {
        project = Files.createDirectory(temp.resolve("project"));
        bin = Files.createDirectory(temp.resolve("bin"));
        program("podman", "echo CONTAINER ID");
        program("docker", "exit 1");
    }

    private void program(String name, String text) throws IOException {
        Files.setPosixFilePermissions(Files.writeString(bin.resolve(name), "#!/bin/sh\n" + text + "\n"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(project.resolve(name).getParent());
        Files.writeString(project.resolve(name), text);
    }

    private Run preflight(String... arguments) {
        return alone(Run.script("preflight", arguments).jvm("-Duser.home=" + temp, "-Drunbook.docker=" + temp.resolve("docker.sock")));
    }

    private Run alone(Run run) {
        return run.in(project).with("PATH", bin + ":" + System.getenv("PATH")).with("XDG_RUNTIME_DIR", temp.resolve("run").toString()).with("DOCKER_HOST", null).with("CONTAINER_HOST", null);
    }

    /** The line of a check, without its time. */
    private static String line(Run.Result result, String check) {
        return result.out().lines().filter(line -> line.matches("    [✓!✗–] " + Pattern.quote(check) + " .*")).reduce((a, b) -> b).map(line -> line.strip().replaceAll(" +", " ").replaceFirst(" \\(\\d+\\.\\d s\\)$", "")).orElse("no line " + check + " in\n" + result.all());
    }

    private static Run.Result exits(Run.Result result, int exit) {
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.all()).doesNotContain("Exception", "\tat ", PASSWORD, "\u001b");
        return result;
    }

    // Projects ---------------------------------------------------------------------------------------------------------

    private void migrations() throws IOException {
        write("db/migrations/001_orders.sql", "-- +goose Up\nCREATE TABLE orders (id int PRIMARY KEY, what text);\n-- +goose Down\nDROP TABLE orders;\n");
        write("db/migrations/002_note.sql", "-- +goose Up\nALTER TABLE orders ADD COLUMN note text;\n-- +goose Down\nALTER TABLE orders DROP COLUMN note;\n");
        write("db/migrations/003_price.sql", "-- +goose Up\nALTER TABLE orders ADD COLUMN price int;\n-- +goose Down\nALTER TABLE orders DROP COLUMN price;\n");
    }

    /** A service in Go: compose file, configuration with a secrets file, a suite with a list, statements. */
    private void service(int port, String database) throws IOException {
        migrations();
        write("compose.yaml", "services:\n  app-postgres:\n    image: postgres:16-alpine\n    ports:\n      - \"" + port + ":5432\"\n    environment:\n      POSTGRES_USER: postgres\n");
        write("config/config.yaml", "server: {port: 8080}\ndatabase:\n  host: app-postgres\n  port: 5432\n  name: " + database + "\n  user: postgres\n  secretsFile: db-secrets.yaml\n  passwordKey: password\n");
        write("config/db-secrets.yaml", "password: " + PASSWORD + "\n");
        write("store/store.go", "package store\n\n// it's the store\nconst find = `SELECT id, note, price FROM orders WHERE id = $1`\n\nfunc f(t string) { exec(\"SELECT x FROM \" + t); exec(\"UPDATE orders SET note = $1 WHERE id = $2\") }\n");
        write("test/integration/suite_test.go", "package it\n\nvar files = []string{\n\t\"001_orders.sql\",\n\t\"002_note.sql\",\n\t\"003_price.sql\",\n}\n");
    }

    /** A database of the reader's to which the project's files of these numbers were applied, with goose's ledger. */
    private String database(String... numbers) throws Exception {
        String name = "app" + ++databases;
        execute("postgres", "CREATE DATABASE " + name);
        execute(name, "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint, is_applied boolean, tstamp timestamp DEFAULT now())");
        for (String number : numbers) {
            Path file = Files.list(project.resolve("db/migrations")).filter(f -> f.getFileName().toString().startsWith(number)).findFirst().orElseThrow();
            execute(name, Files.readString(file).split("-- \\+goose Down")[0] + "; INSERT INTO goose_db_version (version_id, is_applied) VALUES (" + number + ", true)");
        }
        return name;
    }

    private static void execute(String database, String sql) throws SQLException {
        try (Connection c = DriverManager.getConnection(reader.getJdbcUrl("postgres", database), "postgres", PASSWORD); Statement s = c.createStatement()) {
            s.execute(sql);
        }
    }

    private void incident() throws IOException {
        List<String> list = new ArrayList<>();
        for (Migration m : Folder.read(Run.ROOT.resolve("migrations")).files()) {
            boolean added = m.name().equals("022_add_status_reason_column.sql");
            write("migrations/" + (added ? m.name().replace("022", "021") : m.name()), m.text());
            if (!added) {
                list.add(m.name());
            }
        }
        write("suite_test.go", "package datastorage_test\n\n// applyMigrations builds the schema of the tests.\nfunc applyMigrations(dir string) error {\n\tmigrations := []string{\n\t\t\"" + String.join("\",\n\t\t\"", list) + "\",\n\t}\n\treturn apply(dir, migrations)\n}\n");
        write("queries/update_status.sql", """
                -- name: DisableWorkflow :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                WHERE workflow_id = $4 AND version = $5;

                -- name: ChangeStatus :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                WHERE workflow_id = $4 AND version = $5;
                """);
    }

    // Tests ------------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("an empty folder: nothing to check, which is no pass")
    void empty() throws Exception {
        Run.Result result = exits(preflight().go(), 3);
        assertThat(line(result, "engine")).isEqualTo("– engine nothing here uses containers");
        assertThat(line(result, "replay")).isEqualTo("– replay there is no folder of migrations here");
        assertThat(result.out()).contains("\nunchecked  checked nothing; ").doesNotContain("✓", "✗");
        assertThat(exits(preflight("nowhere").go(), 2).err()).isEqualTo("preflight: nowhere does not exist: name the folder of your project\n");
    }

    @Test
    @DisplayName("the incident: the list is the cause, and what it omits is proven to mend it")
    void incidentProject() throws Exception {
        incident();
        write("notes/\u001b[31m::set-output.sql", "SELECT a FROM \"\u001b[2J\";\n");
        Run.Result result = exits(preflight("--fix", "--junit", "out/preflight.xml").go(), 10);
        assertThat(line(result, "folder")).startsWith("✗ folder migrations/021_create_notification_audit_table.sql 021_add_status_reason_column.sql and 021_create");
        assertThat(line(result, "replay")).startsWith("✓ replay 17 of 17 files apply to a new database (PostgreSQL 1");
        assertThat(line(result, "lists")).startsWith("✗ lists suite_test.go:6 the list names 16 of 17 files: 021_add_status_reason_column.sql is not in it; queries/update_status.sql:3 is then refused: column \"status_reason\"");
        assertThat(line(result, "code's SQL")).startsWith("✗ code's SQL notes/\\u001b[31m::set-output.sql:1");
        assertThat(line(result, "integration")).isEqualTo("✗ integration blocked by folder, lists, code's SQL");
        assertThat(line(result, "performance")).isEqualTo("– performance not run: integration comes before it");
        assertThat(result.out()).contains("✓ they apply, and the columns are those of the whole folder; statements of the code that are refused: 3 before, 1 after\n",
                "\nLIST_OMITS_FILE  suite_test.go:6\n", "do: jbang explain-error --migrations migrations --source . --error 'column \"status_reason\"");
        assertThat(Files.readString(project.resolve("out/preflight.xml"))).contains("<failure type=\"LIST_OMITS_FILE\"");
    }

    @Test
    @DisplayName("this repository is clean: its scripts set what they read, and what only can use an engine needs none")
    void thisRepository() throws Exception {
        Run.Result result = exits(preflight("--format", "json").in(Run.ROOT).go(), 0);
        assertThat(JsonMapper.shared().readTree(result.out()).path("findings")).as(result.out()).isEmpty();
        migrations();
        write("main.go", "package main\n\nfunc main() { os.Getenv(\"CONFIG_PATH\") }\n");
        assertThat(exits(preflight().go(), 0).out()).contains("\nCONFIG_PATH_UNSET  main.go:3\n");
        write("main_test.go", "package main\n\nfunc TestIt(t *testing.T) { t.Setenv(\"CONFIG_PATH\", \"x.yaml\") }\n");
        assertThat(exits(preflight().go(), 0).out()).doesNotContain("CONFIG_PATH_UNSET");
    }

    @Test
    @DisplayName("a sound service with its database; a dry run says what was taken for what, and checks nothing")
    void soundService() throws Exception {
        migrations();
        service(reader.getPort(), database("001", "002", "003"));
        Run.Result result = exits(preflight().go(), 0);
        assertThat(line(result, "engine")).isEqualTo("✓ engine podman ps: exit status 0");
        assertThat(line(result, "ports")).isEqualTo("✓ ports localhost:" + reader.getPort() + " accepts");
        assertThat(line(result, "listener")).startsWith("✓ listener PostgreSQL on localhost:");
        assertThat(line(result, "login")).startsWith("✓ login postgres@app");
        assertThat(line(result, "ledger")).isEqualTo("✓ ledger goose has applied 3 of 3 files");
        assertThat(line(result, "catalogue")).isEqualTo("✓ catalogue 4 columns, as the migrations make them");
        assertThat(line(result, "lists")).isEqualTo("✓ lists test/integration/suite_test.go:4 names all 3 files, in their order");
        assertThat(line(result, "code's SQL")).isEqualTo("✓ code's SQL statements that fit the schema: 2; 1 in pieces are not judged here");
        assertThat(line(result, "configuration")).isEqualTo("✓ configuration compose.yaml, config/config.yaml are whole");
        assertThat(line(result, "E2E")).isEqualTo("✓ E2E not blocked");
        Run.Result dry = exits(preflight("--dry-run").go(), 0);
        assertThat(dry.out()).contains("migrations    db/migrations: 3 files of goose", "(config/config.yaml:3)", "app-postgres publishes " + reader.getPort(), "containers    compose.yaml", "source        2 Go; whole SQL statements: 2, 1 in pieces")
                .doesNotContain("The chain");
    }

    @Test
    @DisplayName("a ledger out of order is the cause; the catalogue is blocked by it; the mending is proven, and on the live database only asked for")
    void outOfOrder() throws Exception {
        migrations();
        String database = database("001", "003");
        service(reader.getPort(), database);
        program("jbang", "echo \"$* as $PGUSER\" >> '" + temp + "/called'");
        Run.Result result = exits(preflight("--fix").go(), 10);
        assertThat(line(result, "ledger")).startsWith("✗ ledger db/migrations/002_note.sql 002_note.sql is not applied although a later file is on localhost:");
        assertThat(line(result, "catalogue")).isEqualTo("– catalogue blocked by ledger: what is missing there belongs to files that are not applied");
        assertThat(line(result, "code's SQL")).startsWith("✓");
        String up = "jbang migrate up --allow-missing --migrations db/migrations --url jdbc:postgresql://localhost:" + reader.getPort() + "/" + database;
        assertThat(result.out()).contains("✓ they apply, and the columns are those of the whole folder; statements of the code that are refused: 2 before, 0 after",
                "– would do, but nobody can be asked here: " + up, "\nMIGRATION_OUT_OF_ORDER  db/migrations/002_note.sql\n");
        assertThat(temp.resolve("called")).doesNotExist();
    }

    @Test
    @DisplayName("on a terminal it asks before the rest, and does what is agreed to")
    void asks() throws Exception {
        migrations();
        String database = database("001", "002");
        service(reader.getPort(), database);
        // In place of the tool: it applies the file, with the password of the configuration, which it is given in the environment.
        program("jbang", "echo \"$*\" >> '" + temp + "/called'; test \"$PGPASSWORD\" = " + PASSWORD + " && touch '" + temp + "/go'; while [ ! -e '" + temp + "/done' ]; do sleep 0.05; done");
        Process process = alone(Run.command("script", "-qec", preflight("--fix").words(), "/dev/null")).start();
        process.getOutputStream().write("y\n".getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        while (process.isAlive() && !Files.exists(temp.resolve("go"))) {
            Thread.sleep(20);
        }
        execute(database, "ALTER TABLE orders ADD COLUMN price int; INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, true)");
        Files.createFile(temp.resolve("done"));
        Run.Result result = Run.finish(process);
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("Do this? [y/N]", "The chain again", "goose has applied 3 of 3 files").doesNotContain(PASSWORD);
        assertThat(Files.readString(temp.resolve("called"))).startsWith("migrate up --migrations db/migrations --url jdbc:postgresql://localhost:");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"http, an HTTP server answers", "mute, 'it accepts, and says nothing within 2 s, or closes'"})
    @DisplayName("what listens is no PostgreSQL: the rest of the live database is blocked, what needs none is checked")
    void otherListener(String kind, String words) throws Exception {
        try (ServerSocket listens = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            Thread server = new Thread(() -> {
                try {
                    for (Socket caller = listens.accept(); ; caller = listens.accept()) {
                        if (kind.equals("http")) {
                            caller.getInputStream().read(new byte[100]);
                            caller.getOutputStream().write("HTTP/1.0 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                            caller.close();
                        }
                    }
                } catch (IOException e) {
                    // The test is over.
                }
            });
            server.setDaemon(true);
            server.start();
            service(listens.getLocalPort(), "app");
            Run.Result result = exits(preflight("--format", "markdown").go(), 10);
            assertThat(result.out()).contains("**PORT_NOT_POSTGRES**", "is no PostgreSQL: " + words).containsPattern("– login +blocked by listener\n– ledger +blocked by listener\n– catalogue +blocked by listener")
                    .containsPattern("✓ replay +3 of 3").containsPattern("✓ lists ");
        }
    }

    @Test
    @DisplayName("a login that is refused; an unreadable configuration and a statement that does not fit are causes of their own")
    void badLogin() throws Exception {
        service(reader.getPort(), "app");
        write("config/db-secrets.yaml", "password: wrong-s3cret\n");
        write("config/broken-config.yaml", "a: [1\n");
        write("store/more.py", "QUERY = \"\"\"\n  SELECT id\n  FROM orders WHERE nte = %s\"\"\"\n");
        Run.Result result = exits(preflight("--format", "github").go(), 10);
        assertThat(result.out()).contains("::error file=config/config.yaml,line=3,title=LOGIN_REFUSED::", "::error file=config/broken-config.yaml,line=", "title=CONFIG_SYNTAX::", "::error file=store/more.py,line=3,title=SQL_COLUMN_MISSING::column \"nte\" does not exist")
                .containsPattern("– ledger +blocked by login").doesNotContain("wrong-s3cret");
    }

    @Test
    @DisplayName("Podman's machine is stopped: what nothing listens on is blocked by it; --fix starts it, and the chain is sound")
    void engineStopped() throws Exception {
        migrations();
        String database = database("001", "002", "003");
        int closed;
        try (ServerSocket free = new ServerSocket(0)) {
            closed = free.getLocalPort();
        }
        service(closed, database);
        program("podman", "[ ! -e '" + temp + "/up' ] || exit 0\ncase \"$*\" in 'machine start') touch '" + temp + "/up' ;; 'machine inspect'*) ;; *) echo 'Cannot connect to Podman. Error: unable to connect to Podman socket' >&2; exit 125 ;; esac");
        Run.Result result = exits(preflight("--format", "json").jvm("-Drunbook.os=mac").go(), 10);
        JsonNode json = JsonMapper.shared().readTree(result.out());
        assertThat(json.path("findings")).extracting(f -> f.path("code").asString()).containsExactly("PODMAN_STOPPED");
        assertThat(json.path("skipped")).extracting(s -> s.path("what").asString() + ": " + s.path("why").asString())
                .contains("socket: blocked by engine", "ports: blocked by engine: nothing listens on localhost:" + closed, "listener: blocked by engine", "login: blocked by engine", "catalogue: blocked by engine");
        // The container comes with the machine: here another port, on which the reader's server is.
        Path moved = Files.writeString(temp.resolve("moved.yaml"), Files.readString(project.resolve("compose.yaml")).replace(closed + ":", reader.getPort() + ":"));
        program("podman", Files.readString(bin.resolve("podman")).replace("touch '", "cp '" + moved + "' '" + project + "/compose.yaml'; touch '"));
        Run.Result fixed = preflight("--fix").jvm("-Drunbook.os=mac").go();
        assertThat(line(fixed, "engine")).as(fixed.all()).isEqualTo("✓ engine podman ps: exit status 0");
        assertThat(line(fixed, "catalogue")).startsWith("✓");
        assertThat(fixed.out()).contains("$ podman machine start\n", "The chain again");
        exits(fixed, 0);
    }

    @Test
    @DisplayName("on Linux Testcontainers needs a socket: --fix starts the service; one that Testcontainers cannot see is told with the exports")
    void socket() throws Exception {
        migrations();
        write("requirements.txt", "testcontainers[postgres]==4.13.0\n");
        Path socket = temp.resolve("run/podman/podman.sock");
        program("systemctl", "exit 1");
        program("podman", "[ \"$1 $2\" != 'system service' ] || ln -s '" + temp + "/live.sock' '" + socket + "'");
        try (PodmanMachineTest.Engine engine = new PodmanMachineTest.Engine(temp.resolve("live.sock"), PodmanMachineTest.PODMAN)) {
            Run.Result result = exits(preflight("--fix").with("DOCKER_HOST", "unix://" + socket).go(), 0);
            assertThat(result.out()).contains("✗ socket        no engine answers on a socket, and Testcontainers (requirements.txt) needs one", "\nPODMAN_STOPPED\n", "$ podman system service --time=0 unix://" + socket + " &\n");
            assertThat(line(result, "socket")).isEqualTo("✓ socket unix://" + socket + " answers: Podman 5.3.1");
            Run.Result blind = exits(preflight().go(), 10);
            assertThat(blind.out()).contains("\nTESTCONTAINERS_BLIND\n", "do: export DOCKER_HOST='unix://" + socket + "'");
            assertThat(line(blind, "integration")).isEqualTo("✗ integration blocked by socket");
        }
    }

    @Test
    @DisplayName("no engine at all; a server that is down and that nothing here starts")
    void nothingUp() throws Exception {
        int closed;
        try (ServerSocket free = new ServerSocket(0)) {
            closed = free.getLocalPort();
        }
        migrations();
        write("go.mod", "module x\nrequire github.com/testcontainers/testcontainers-go v0.40.0\n");
        write(".env", "DATABASE_URL=postgres://app:" + PASSWORD + "@localhost:" + closed + "/app\n");
        Files.delete(bin.resolve("podman"));
        Files.delete(bin.resolve("docker"));
        // What the system has, but for an engine: PostgreSQL needs some of it to start.
        Run.command("bash", "-c", "IFS=:; for dir in $PATH; do ln -s \"$dir\"/* '" + bin + "' 2>/dev/null; done; rm -f '" + bin + "'/podman* '" + bin + "'/docker*").go();
        Run.Result absent = exits(preflight().with("PATH", bin.toString()).go(), 10);
        assertThat(line(absent, "engine")).isEqualTo("✗ engine neither podman nor docker is installed here, and go.mod needs one");
        assertThat(line(absent, "replay")).startsWith("✓");
        assertThat(line(absent, "ports")).isEqualTo("– ports blocked by engine: nothing listens on localhost:" + closed);
        Files.delete(project.resolve("go.mod"));
        Run.Result down = exits(preflight().go(), 10);
        assertThat(line(down, "ports")).isEqualTo("✗ ports .env:1 nothing listens on localhost:" + closed + ", and nothing here would start it");
        assertThat(line(down, "login")).isEqualTo("– login blocked by ports");
        assertThat(line(down, "replay")).startsWith("✓");
    }

    @Test
    @DisplayName("checks that do not depend on each other run at the same time; one that crashes ends no other, and blocks what needs it")
    void chain() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        Chain.Judge meets = () -> {
            both.countDown();
            return CheckOutcome.sound(both.await(30, TimeUnit.SECONDS) ? "met" : "alone");
        };
        List<String> order = new ArrayList<>();
        Map<String, CheckOutcome> outcomes = Chain.run(List.of(
                new Chain.Check("a", List.of(), List.of("b"), () -> CheckOutcome.sound("a")),
                new Chain.Check("b", List.of(), List.of(), meets),
                new Chain.Check("c", List.of(), List.of(), meets),
                new Chain.Check("d", List.of(), List.of(), () -> {
                    throw new StackOverflowError();
                }),
                new Chain.Check("e", List.of("d"), List.of(), () -> CheckOutcome.sound("never")),
                new Chain.Check("f", List.of("e"), List.of(), () -> CheckOutcome.sound("never"))), (name, outcome) -> order.add(name + " " + outcome.state()));
        assertThat(order).containsExactly("a OK", "b OK", "c OK", "d BAD", "e BLOCKED", "f BLOCKED");
        assertThat(outcomes.get("b").text()).startsWith("met");
        assertThat(outcomes.get("f").text()).isEqualTo("blocked by d");
        assertThat(outcomes.get("d").findings.get(0).code()).isEqualTo("CHECK_FAILED");
    }

    // The snippets of the pages ---------------------------------------------------------------------------------------

    private static String snippet(String begins) throws IOException {
        Matcher m = Pattern.compile("^```\\w+\\n(" + Pattern.quote(begins) + ".*?)^```", Pattern.DOTALL | Pattern.MULTILINE).matcher(Run.pages());
        assertThat(m.find()).as("the pages have a snippet that begins with " + begins).isTrue();
        return m.group(1);
    }

    /** In place of JBang's own launcher, which would compile the script anew for each copy. */
    private String pathWithJbang() throws IOException {
        program("jbang", "[ \"$1\" = scripts/preflight.java ] || exit 99\nshift\nexec " + Run.script("preflight").words() + " \"$@\"");
        return bin + ":" + System.getenv("PATH");
    }

    private Run.Result shell(String command) throws Exception {
        return Run.command("bash", "-ec", command).in(project).with("PATH", pathWithJbang()).with("GIT_CONFIG_GLOBAL", "/dev/null").with("GIT_CONFIG_SYSTEM", "/dev/null").go();
    }

    @Test
    @DisplayName("as a pre-push hook: a sound project is pushed, a broken one is not")
    void hook() throws Exception {
        migrations();
        Files.writeString(temp.resolve("pre-push"), snippet("#!/bin/sh\n# .git/hooks/pre-push"));
        String identity = "git config user.name t; git config user.email t@example.org; ";
        assertThat(shell("git init -q --bare ../remote.git; git init -q .; " + identity + "git remote add origin ../remote.git; cp ../pre-push .git/hooks/pre-push; chmod +x .git/hooks/pre-push; git add .; git commit -qm sound").exit()).isZero();
        Run.Result passes = shell("git push -q origin HEAD:main");
        assertThat(passes.exit()).as(passes.all()).isZero();
        write("db/migrations/004_broken.sql", "-- +goose Up\nALTER TABLE ordrs ADD COLUMN x int;\n");
        Run.Result refused = shell("git add .; git commit -qm broken; git push -q origin HEAD:main");
        assertThat(refused.exit()).as(refused.all()).isNotZero();
        assertThat(refused.all()).contains("MIGRATION_FAILS", "failed to push some refs");
        assertThat(shell("git --git-dir ../remote.git log --format=%s main").out()).isEqualTo("sound\n");
    }

    @Test
    @DisplayName("as a step of CI")
    void ciStep() throws Exception {
        Matcher run = Pattern.compile("(?m)^ *- run: (.*)$").matcher(snippet("- uses: jbangdev/setup-jbang@main\n- run: jbang scripts/preflight.java"));
        assertThat(run.find()).isTrue();
        migrations();
        assertThat(shell(run.group(1)).exit()).isZero();
        write("db/migrations/004_broken.sql", "-- +goose Up\nALTER TABLE ordrs ADD COLUMN x int;\n");
        Run.Result broken = shell(run.group(1));
        assertThat(broken.exit()).as(broken.all()).isEqualTo(10);
        assertThat(broken.out()).contains("::error file=db/migrations/004_broken.sql,line=2,title=MIGRATION_FAILS::");
        assertThat(Files.readString(project.resolve("target/preflight.xml"))).contains("<failure type=\"MIGRATION_FAILS\"");
    }
}
