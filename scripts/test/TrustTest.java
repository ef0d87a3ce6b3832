import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The faults that can meet every script. What is looked for in processes needs /proc, which only Linux has. */
@DisplayName("trust: every script, whatever goes wrong around it")
@EnabledOnOs(OS.LINUX)
class TrustTest {
    /**
     * How a script is run here.
     *
     * @param alone   its own case, in an empty folder; null where it has none
     * @param project on a project of the reader's
     * @param stride  of its own case each step is ended by a signal, or each second, third, … of a long one
     * @param middle  the step in which its server is there and something is still to come; 0 where it starts none
     */
    record Script(String alias, String alone, String project, int stride, int middle) {
        Run run(String arguments, Path folder) {
            return Run.script(alias, arguments.isEmpty() ? new String[0] : arguments.split(" ")).in(folder);
        }

        @Override
        public String toString() {
            return alias;
        }
    }

    /** The fault table's other side: a script that is not here is not tested, and the first test says so. */
    static final List<Script> SCRIPTS = List.of(
            new Script("explain-error", "--error error.txt --migrations migrations", "--error - --migrations migrations --source .", 1, 3),
            new Script("schema-mismatch", "", "", 4, 4),
            new Script("migrate", "up --migrations migrations", "up --migrations migrations", 2, 3),
            new Script("verify-migrations", "migrations --down", "migrations --suite . --down --rerun --sarif ../v.sarif --junit ../v.xml", 1, 2),
            new Script("check-sql", "src --migrations migrations", "src --migrations migrations --sarif ../c.sarif --junit ../c.xml", 1, 2),
            new Script("workflow-repository", "", "", 4, 3),
            new Script("podman-machine", "", "", 1, 0),
            new Script("config-path", "", "", 4, 4),
            new Script("check-config", null, "config.yaml --compose compose.yaml", 1, 0),
            new Script("datastorage", null, "", 1, 0),
            new Script("port-conflicts", "", "", 5, 4),
            new Script("benchmark", "--quick --fast-and-loose steady", "--quick --fast-and-loose --list", 1, 2),
            new Script("update-status", null, "-l", 1, 0),
            new Script("lost-updates", null, "--help", 1, 0),
            new Script("check-ports", null, "--plan .", 1, 0),
            new Script("benchmark-report", "", "", 1, 0),
            new Script("script-times", null, "", 1, 0),
            new Script("preflight", "", "", 1, 2),
            new Script("run-tests", "", "", 1, 0),
            new Script("incident", "", "", 8, 3));
    /** They serve the collection, not its reader. */
    private static final Set<String> INTERNAL = Set.of("test", "blocks", "amalgamate");

    /** Every planted secret begins so. */
    private static final String PLANTED = "pl4nted";
    private static final String PASSWORD = PLANTED + "-server";
    /** What a terminal, a browser, Markdown and GitHub's runner would obey. */
    private static final String HOSTILE = "\u001b]0;owned\u0007\u202e<script>alert(1)</script>![x](http://x)|`";

    private static EmbeddedPostgres reader;
    private static Path binaries;

    @TempDir
    Path temp;

    static Stream<Script> scripts() {
        return SCRIPTS.stream();
    }

    private static Script script(String alias) {
        return SCRIPTS.stream().filter(each -> each.alias.equals(alias)).findFirst().orElseThrow();
    }

    static Stream<Script> withServer() {
        return scripts().filter(script -> script.middle > 0);
    }

    @BeforeAll
    static void servers(@TempDir Path data) throws Exception {
        reader = Run.readersServer(data, PASSWORD);
        binaries = LeavesNothingTest.binariesOfTests();
        // The server's binaries are there once for all.
        assertThat(Run.script("workflow-repository").jvm("-Drunbook.binaries=" + binaries, "-Djava.io.tmpdir=" + data).go().exit()).isZero();
    }

    @AfterAll
    static void stop() throws IOException {
        reader.close();
    }

    @Test
    @DisplayName("every script is in the fault table")
    void everyScript() throws IOException {
        Set<String> aliases = new TreeSet<>(HouseTest.catalogue().keySet());
        aliases.removeAll(INTERNAL);
        assertThat(SCRIPTS.stream().map(Script::alias)).as("TrustTest.SCRIPTS holds every alias of the catalogue").containsExactlyInAnyOrderElementsOf(aliases);
    }

    @Test
    @DisplayName("every test that the table of faults names exists")
    void faultTable() throws Exception {
        String readme = Run.pages();
        Matcher table = Pattern.compile("\\| fault \\| what happens \\| test \\|\\n\\|[-| ]+\\|\\n((?:\\|.*\\|\\n)+)").matcher(readme);
        assertThat(table.find()).as("the pages have the table of faults").isTrue();
        for (String row : table.group(1).split("\n")) {
            List<String> tests = Pattern.compile("`(\\w+Test(?:\\$\\w+)?)\\.(\\w+)`").matcher(row.substring(row.lastIndexOf("| ", row.length() - 2))).results().map(m -> m.group(1) + "." + m.group(2)).toList();
            assertThat(tests).as(row).isNotEmpty().allSatisfy(test -> assertThat(Class.forName(test.replaceFirst("\\.\\w+$", "")).getDeclaredMethods())
                    .anyMatch(m -> m.getName().equals(test.replaceFirst(".*\\.", "")) && (m.isAnnotationPresent(Test.class) || m.isAnnotationPresent(ParameterizedTest.class))));
        }
    }

    // The project -----------------------------------------------------------------------------------------------------

    /** A project with something for every script: sound but for one column, or with secrets and hostile text wherever a script reads. */
    private Path project(String name, boolean hostile, String lineEnd) throws Exception {
        Path root = Files.createDirectories(temp.resolve(name));
        String evil = hostile ? HOSTILE : "";
        Map<String, String> files = new TreeMap<>();
        files.put("migrations/001_orders.sql", "-- +goose Up\nCREATE TABLE orders (id int PRIMARY KEY, what text);\nCREATE TABLE users (id int, password text);\n-- +goose Down\nDROP TABLE users;\nDROP TABLE orders;\n");
        files.put("src/store.go", "package store\n\nconst (\n\tu = `UPDATE orders SET note = $1 WHERE id = $2`\n\tq = \"SELECT what FROM orders WHERE id = $1\"\n)\n");
        files.put("suite_test.go", "package store\n\nvar files = []string{\n\t\"001_orders.sql\",\n}\n");
        files.put("compose.yaml", "services:\n  postgres:\n    image: postgres:16-alpine\n    environment:\n      POSTGRES_PASSWORD: " + PLANTED + "-compose\n    ports: [\"17433:5432\"]\n"
                + "  datastorage:\n    image: datastorage\n    environment:\n      CONFIG_PATH: /etc/ds/config.yaml\n      DB_PASSWORD: '" + PLANTED + "-compose'\n    volumes: [\"./:/etc/ds:ro\"]\n");
        files.put(".env", "DATABASE_URL=postgres://app:" + PLANTED + "-env@localhost:17432/app\nPOSTGRES_PASSWORD=" + PLANTED + "-env\n");
        files.put("config.yaml", DatastorageTest.config("debug", 18080, reader.getPort(), 1));
        files.put("jbang-catalog.json", "{\"aliases\": {\"far" + evil.replace("\u001b", "\\u001b").replace("\u0007", "\\u0007") + "\": {\"script-ref\": \"https://a:" + PLANTED + "-catalog@h/far.java\"}}}");
        files.put(".run-tests.yaml", "tiers:\n  unit:\n    command: cat error.txt && exit 1\n  integration:\n    command: echo unreached\n");
        files.put("db.yaml", "password: " + PASSWORD + "\n");
        files.put("redis.json", "{\n  \"password\": \"" + PLANTED + "-redis" + "\"\n}\n");
        files.put("error.txt", "DSN postgres://app:" + PLANTED + "-log@localhost/app password='" + PLANTED + "-log'\nERROR: column \"note\" of relation \"orders\" does not exist (SQLSTATE 42703)\n"
                + "STATEMENT:  UPDATE orders SET note = 'x' WHERE (SELECT password FROM users) = '" + "x" + "'\n");
        if (hostile) {
            files.put("migrations/002_raise.sql", "-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN RAISE NOTICE '" + evil + "'; RAISE EXCEPTION E'" + evil + "\\n::error title=pwned::y\\n##[command]z postgres://a:" + PLANTED
                    + "-raise@h/d' USING HINT = '" + evil + "'; END $$;\n-- +goose StatementEnd\n");
            files.put("migrations/003_role.sql", "-- +goose Up\nCREATE ROLE app LOGIN PASSWORD '" + PLANTED + "-migration';\n");
            files.put("migrations/004_evil\u001b[2J\u202e\n::error::y##[group]`<script>.sql", "-- +goose Up\nCREATE TABLE \"evil" + evil + "\n::set-output name=x::y\" (id int);\n");
            files.put("src/evil\u001b[2J\n::warning::y.go", "package store\n\nconst dsn = \"postgres://app:" + PLANTED + "-source@localhost:17434/app\" // " + evil + "\n\nconst h = `SELECT \"no" + evil
                    + "\n::error title=pwned::y\" FROM orders WHERE what = $1`\nconst s = `UPDATE users SET password = '" + PLANTED + "-sql', nope = $1 WHERE id = $2`\n");
            files.put("config.yaml", files.get("config.yaml") + "\"evil\\e]0;x\\a\\u202e\\n::error title=pwned::y<script>\": 1\nurl: \"postgres://a:" + PLANTED + "-config@h/d\"\npassword: " + PLANTED + "-config\n");
            files.put("compose.yaml", files.get("compose.yaml") + "  \"evil\\e]0;x\\a\\u202e\\n::error title=pwned::y\":\n    image: redis\n    container_name: \"evil\\e[2J##[error]\"\n    ports: [\"17433:6379\"]\n");
            files.put("error.txt", files.get("error.txt").replace("ERROR: ", evil + "\n::error title=pwned::y\nERROR: ").replace("= 'x' WHERE", "= 'x" + evil + "' WHERE") + "  AND password = '" + PLANTED + "-log'\n");
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue().replace("\n", lineEnd));
        }
        Files.setPosixFilePermissions(root.resolve("db.yaml"), PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(root.resolve("redis.json"), PosixFilePermissions.fromString("rw-------"));
        BenchReportTest.MadeUp run = new BenchReportTest.MadeUp(7, 0).with("command", "'bench --url postgres://a:" + (hostile ? PLANTED + "-run" : "***") + "@h/d'");
        if (hostile) {
            run.with("machine", "{'os': '" + evil.replace("\u001b", "\\u001b").replace("\u0007", "\\u0007") + "\\n::error title=pwned::y', 'cpu': 'x', 'processors': 2, 'memoryMiB': 24000, 'jdk': '17', 'placement': 'x'}");
        }
        run.trial("steady", "steady, prepared" + (hostile ? "<script>##[error]" : ""), 1, "", "updates/s", 800, BenchReportTest.MadeUp.latency(1, 2, 3, "closed loop")).in(root.resolve("bench-results"), "20260102-030405.json");
        Path podman = Files.createDirectories(root.resolve("bin")).resolve("podman");
        Files.writeString(podman, "#!/bin/sh\nprintf 'Error: " + (hostile ? "\\033]0;x\\007\\n::error title=pwned::y\\n##[error] password=" + PLANTED + "-podman" : "no such machine") + "\\n' >&2\nexit 125\n");
        Files.setPosixFilePermissions(podman, PosixFilePermissions.fromString("rwxr-xr-x"));
        return root;
    }

    /** In the project, with a temp folder of its own, and with a Podman that is a stand-in. */
    private Run run(Script script, String arguments, Path project) throws IOException {
        return run(script, arguments, project, Files.createDirectories(temp.resolve("tmp")), binaries);
    }

    private Run run(Script script, String arguments, Path project, Path tmp, Path unpacked) throws IOException {
        Run run = script.run(arguments, project).jvm("-Djava.io.tmpdir=" + tmp, "-Drunbook.binaries=" + unpacked)
                .with("PATH", project.resolve("bin") + ":" + System.getenv("PATH")).with("DOCKER_HOST", null).with("CONFIG_PATH", script.alias.equals("datastorage") ? "config.yaml" : null)
                .with("XDG_RUNTIME_DIR", temp.toString());
        return arguments.contains("--error - ") ? run.typing(Files.readString(project.resolve("error.txt"))) : run;
    }

    /** Nothing but what runs share: the server's binaries; and JMH's lock, the library's. */
    private void nothingLeft() throws IOException {
        try (Stream<Path> files = Files.walk(temp.resolve("tmp"), 3)) {
            assertThat(files.map(file -> temp.resolve("tmp").relativize(file).toString()).filter(name -> !name.matches("|jmh(-.*)?\\.lock|datastorage-runbooks-[^/]+(/(postgres-|binaries).*|/data)?|hsperfdata.*|detect_linux_distribution_.*"))).isEmpty();
        }
        assertThat(below(temp.resolve("tmp"))).isEmpty();
    }

    /** Processes that work in a folder, as each process of a PostgreSQL does in its data folder. */
    private static List<ProcessHandle> below(Path folder) {
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd")).startsWith(folder);
            } catch (IOException e) {
                return false;
            }
        }).toList();
    }

    // Secrets and hostile text ----------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("secrets in every input are in no output, file and command line; hostile text is harmless, in each format")
    void secretsAndHostileText(Script script) throws Exception {
        Path project = project("p", true, "\n");
        boolean formats = !Set.of("datastorage", "update-status", "lost-updates").contains(script.alias);
        // What is shared of the formats is shown by the first script; the others take turns.
        int turn = SCRIPTS.indexOf(script);
        List<String> each = List.of("text", "json", "markdown", "github");
        List<String> all = !formats ? List.of("text") : turn == 0 ? each : List.of(each.get(turn % 4));
        // A runbook script has no format for a build server.
        boolean runbook = HouseTest.runbooks().stream().anyMatch(file -> file.endsWith(script.alias + ".java"));
        for (String format : all.stream().map(format -> runbook && format.equals("github") ? "json" : format).toList()) {
            Process process = run(script, (script.project + (formats ? " --format " + format : "")).strip(), project).with("PGPASSWORD", PLANTED + "-pgpassword").with("GITHUB_ACTIONS", "true").start();
            Set<String> commands = new TreeSet<>();
            Thread watch = new Thread(() -> {
                while (process.isAlive()) {
                    process.descendants().forEach(child -> commands.add(child.info().commandLine().orElse("")));
                    pause(20);
                }
            });
            watch.start();
            try (var in = process.getOutputStream()) {
                in.write(script.project.contains("--error -") ? Files.readAllBytes(project.resolve("error.txt")) : new byte[0]);
            } catch (IOException e) {
                // It does not read.
            }
            Run.Result result = Run.finish(process);
            watch.join();
            // The service finds no Redis, and that is 1.
            assertThat(result.exit()).as(result.all()).isIn(formats ? List.of(0, 3, 10) : List.of(script.alias.equals("datastorage") ? 1 : 0));
            harmless(result.out(), format);
            harmless(result.err(), "text");
            assertThat(String.join("\n", commands)).doesNotContain(PLANTED);
            if (format.equals("json")) {
                assertThat(JsonMapper.shared().readTree(result.out()).get("script").asString()).isEqualTo(script.alias);
            }
        }
        for (String written : List.of("../v.sarif", "../v.xml", "../c.sarif", "../c.xml", "bench-results/report.html", "bench-results/report.md")) {
            if (Files.exists(project.resolve(written))) {
                String text = Files.readString(project.resolve(written));
                harmless(text, written.endsWith(".md") ? "markdown" : "file");
                if (written.endsWith(".xml")) {
                    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(project.resolve(written).toFile());
                } else if (written.endsWith(".sarif")) {
                    JsonMapper.shared().readTree(text);
                } else {
                    assertThat(text).doesNotContain("<script>");
                }
            }
        }
        nothingLeft();
    }

    private static void harmless(String text, String format) {
        assertThat(text).doesNotContain(PLANTED).doesNotContain("\u001b", "\u0007", "\u202e").doesNotContain("Exception", "\tat ");
        if (!format.equals("file")) {
            assertThat(text).doesNotContain("##[");
            assertThat(text.lines().map(String::strip).filter(line -> line.startsWith("::")).toList())
                    .allMatch(line -> format.equals("github") && line.matches("::(group::\\d+ .*|endgroup::|(error|warning|notice) (file=[^:,]*,(line=\\d+,)?)?title=[A-Z_0-9]+::.*)"));
        }
        if (format.equals("markdown")) {
            String outside = text.replaceAll("(?ms)^(`{3,})text\n.*?^\\1\n", "");
            assertThat(outside).doesNotContain("```").doesNotContain("<script>").doesNotContain("![x](");
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // Another machine -------------------------------------------------------------------------------------------------

    /** For a JVM it is yesterday and tomorrow in turn; what it starts has the machine's time. */
    private static final String JUMPING_CLOCK = """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <string.h>
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <time.h>
            #include <unistd.h>
            static long jump(void) {
                struct timespec now;
                syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
                return strcmp(program_invocation_short_name, "java") ? 0 : now.tv_nsec / 50000000 % 2 ? 86400 : -86400;
            }
            int clock_gettime(clockid_t clock, struct timespec *time) {
                int failed = syscall(SYS_clock_gettime, clock, time);
                if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += jump();
                return failed;
            }
            int gettimeofday(struct timeval *restrict time, void *restrict zone) {
                struct timespec now;
                clock_gettime(CLOCK_REALTIME, &now);
                time->tv_sec = now.tv_sec, time->tv_usec = now.tv_nsec / 1000;
                return 0;
            }
            """;

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("a clock that jumps, Windows line ends, a Turkish or Arabic locale, a dumb terminal of 40 columns: what is printed is the same")
    void elsewhere(Script script) throws Exception {
        if (Set.of("datastorage", "lost-updates").contains(script.alias)) {
            // One serves, and has no verdict; of the other only the help is quick, whose lines go with the terminal.
            return;
        }
        Path here = project("here/p", false, "\n"), there = project("there/p", false, "\r\n");
        Files.copy(here.resolve("bin/podman"), there.resolve("bin/podman"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        // A terminal would show what is typed into it.
        String arguments = script.project.replace("--error -", "--error error.txt");
        Run.Result usual = run(script, arguments, here).go();
        boolean turkish = SCRIPTS.indexOf(script) % 2 == 0;
        Path clock = clock(), dates = temp.resolve("dates");
        Run.Result odd = run(script, arguments, there).jvm("-Duser.language=" + (turkish ? "tr" : "ar"), "-Duser.country=" + (turkish ? "TR" : "EG"), "-Xlog:class+load:file=" + dates + ":utctime")
                .inTerminal(40).with("TERM", "dumb").with("LC_ALL", "C.UTF-8").with("LD_PRELOAD", clock.toString()).go();
        assertThat(usual.exit()).as(usual.all()).isIn(0, 3, 10);
        assertThat(odd.exit()).as(odd.all()).isEqualTo(usual.exit());
        assertThat(lines(script, odd.out())).isEqualTo(lines(script, usual.all()));
        assertThat(Files.readAllLines(dates).stream().map(line -> line.substring(1, 11)).distinct()).as("the clock did jump").hasSizeGreaterThan(1);
        nothingLeft();
    }

    private Path clock() throws Exception {
        Path source = Files.writeString(temp.resolve("clock.c"), JUMPING_CLOCK), library = temp.resolve("clock.so");
        boolean there = Stream.of(System.getenv("PATH").split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, "gcc")));
        assumeTrue(there || System.getenv("CI") != null, "there is no gcc here to make the clock with");
        Run.Result compiled = Run.command("gcc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString()).go();
        assertThat(compiled.exit()).as(compiled.all()).isZero();
        return library;
    }

    /** In their order; but on a terminal what a tier prints stands where it was printed, and elsewhere apart. */
    private static List<String> lines(Script script, String text) {
        Stream<String> lines = steady(text).lines();
        return (script.alias.equals("run-tests") ? lines.sorted() : lines).toList();
    }

    /** What differs from run to run, and the terminal's own line ends. */
    private static String steady(String text) {
        return text.replace("\r", "").replaceAll("\\d+\\.\\d+ s", "N s").replaceAll("\\d+ ms", "N ms").replaceAll("localhost:\\d+", "localhost:N").replaceAll("/(here|there)/p", "/p").replaceAll("\\d{8}-\\d{6}-\\d{3}|\\d+-\\w+(?=/podman\\.sock)", "RUN")
                // Where another run has the agreed port, the next free one is taken, and that is said.
                .replaceAll("(?m)^ *! .* is taken in its place\n", "").replaceAll("\\b(process|kill) \\d+", "$1 PID").replaceAll("\\b\\d{5}\\b", "PORT").replaceAll("at once in .* ms", "at once in N ms").strip();
    }

    @Test
    @DisplayName("colour on a terminal, and none where NO_COLOR is set or there is no terminal")
    void colour() throws Exception {
        Path project = project("p", false, "\n");
        Script script = script("podman-machine");
        assertThat(run(script, "", project).inTerminal(80).with("TERM", "xterm-256color").with("NO_COLOR", null).go().out()).contains("\u001b[31m✗ ");
        assertThat(run(script, "", project).inTerminal(80).with("TERM", "xterm-256color").with("NO_COLOR", "1").go().out()).contains("✗ ").doesNotContain("\u001b");
        assertThat(run(script, "", project).with("TERM", "xterm-256color").with("NO_COLOR", null).go().all()).contains("✗ ").doesNotContain("\u001b");
    }

    @Test
    @DisplayName("after the clock was set, the scratch database of a run that lives is not taken for a leftover")
    void clockIsSet() throws Exception {
        // The machine's start, from which the start of a process is worked out, is another when the clock is set.
        Path stat = Files.writeString(temp.resolve("stat"), Files.readString(Path.of("/proc/stat")).replaceFirst("btime \\d+", "btime 1000000000"));
        Run.Result allowed = Run.command("unshare", "--mount", "mount", "--bind", stat.toString(), "/proc/stat").go();
        assumeTrue(allowed.exit() == 0, "mounting is not allowed here: " + allowed.err().strip());
        String url = "jdbc:postgresql://localhost:" + reader.getPort() + "/postgres?user=postgres&password=" + PASSWORD;
        try (Connection c = DriverManager.getConnection(url); var s = c.createStatement()) {
            s.execute("CREATE DATABASE runbook_scratch_" + ProcessHandle.current().pid() + "_x");
            s.execute("COMMENT ON DATABASE runbook_scratch_" + ProcessHandle.current().pid() + "_x IS '" + kit.postgres.Scratch.comment(ProcessHandle.current()) + "'");
            Run.Result other = Run.script("workflow-repository", "--url", url).under("unshare", "--mount", "sh", "-c", "mount --bind '" + stat + "' /proc/stat && exec \"$@\"", "sh").go();
            assertThat(other.exit()).as(other.all()).isZero();
            assertThat(other.err()).isEmpty();
            // It is still there to be dropped.
            s.execute("DROP DATABASE runbook_scratch_" + ProcessHandle.current().pid() + "_x");
        }
    }

    @Test
    @DisplayName("no script takes a duration from the clock, or formats a number or changes case in the reader's language")
    void sources() throws IOException {
        Pattern careless = Pattern.compile("currentTimeMillis|to(?:Lower|Upper)Case\\(\\)|\\b(?:format|printf)\\((?!Locale)[^;\\n]*?%[-,.\\d]*[df]|%[-,.\\d]*[df](?:(?!\"\"\")[^;])*\"\"\"\\.formatted\\(");
        for (Path script : HouseTest.scripts()) {
            assertThat(careless.matcher(Files.readString(script)).results().map(m -> m.group())).as(script.toString()).isEmpty();
        }
    }

    // The server dies -------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource("withServer")
    @DisplayName("its PostgreSQL is killed in the middle: exit 3 or a finding, in words and without a stack trace, and nothing is left")
    void serverDies(Script script) throws Exception {
        Path project = project("p", false, "\n");
        // So that a run with one quick file is not over before its server is ended.
        Files.writeString(project.resolve("migrations/002_wait.sql"), "-- +goose Up\nSELECT pg_sleep(1);\n");
        Process process = run(script, script.alone, project).start();
        process.getOutputStream().close();
        StringBuffer said = new StringBuffer();
        Thread out = new Thread(() -> process.inputReader(StandardCharsets.UTF_8).lines().forEach(line -> said.append(line).append('\n')));
        out.start();
        Pattern step = Pattern.compile("(?m)^ ?" + script.middle + "  ");
        // On a busy machine the incidents take their time until then.
        for (long began = System.nanoTime(); !step.matcher(said).find() || postmasters().isEmpty(); pause(20)) {
            assertThat(process.isAlive() && System.nanoTime() - began < 180e9).as("step " + script.middle + " comes: " + said).isTrue();
        }
        // It stands still until its servers are gone, so that it is surely in the middle.
        signal(process.pid(), "STOP");
        List<ProcessHandle> servers = below(temp.resolve("tmp")).stream().filter(each -> each.info().commandLine().orElse("").contains("postgres")).toList();
        postmasters().forEach(ProcessHandle::destroyForcibly);
        DatastorageTest.until("its servers are gone", () -> servers.stream().noneMatch(server -> server.info().command().isPresent()));
        signal(process.pid(), "CONT");
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        DatastorageTest.until("it ends", () -> !process.isAlive());
        out.join();
        // What port-conflicts proves next may need another server only, which it starts then.
        assertThat(process.exitValue()).as(said + err).isIn(script.alias.equals("port-conflicts") ? List.of(0, 3, 10) : List.of(3, 10));
        assertThat(err.lines().filter(line -> !line.endsWith(" left"))).as(err).hasSizeLessThanOrEqualTo(1);
        assertThat(said + err).doesNotContain("Exception", "\tat ");
        nothingLeft();
    }

    private List<ProcessHandle> postmasters() {
        return below(temp.resolve("tmp")).stream().filter(process -> process.info().commandLine().orElse("").contains("/bin/postgres -D ")).toList();
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(Run.signal(name, pid)).isTrue();
    }

    // The machine -----------------------------------------------------------------------------------------------------

    private interface OnDisk {
        void run(Path disk) throws Exception;
    }

    private void onSmallDisk(String size, OnDisk work) throws Exception {
        Path disk = Files.createDirectory(temp.resolve("disk"));
        Run.Result mounted = Run.command("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()).go();
        assumeTrue(mounted.exit() == 0, "mounting is not allowed here: " + mounted.err().strip());
        try {
            work.run(disk);
        } finally {
            assertThat(Run.command("umount", disk.toString()).go().exit()).as("nothing holds the disk").isZero();
        }
    }

    @Test
    @DisplayName("no space in the temp folder: one sentence and exit 3, and no server and no folder is left")
    void noSpaceForTheServer() throws Exception {
        onSmallDisk("2m", disk -> {
            Path project = project("p", false, "\n");
            for (Script script : withServer().toList()) {
                Run.Result result = run(script, script.alone, project, disk, binaries).go();
                // One check that cannot be made ends none of the others of a preflight, and is told as its finding.
                boolean one = !script.alias.equals("preflight");
                assertThat(result.exit()).as(script + result.all()).isEqualTo(one ? 3 : 10);
                assertThat(result.err().lines()).as(result.err()).hasSize(one ? 1 : 0);
                assertThat(one ? result.err() : result.out()).contains("space").doesNotContain("Exception", "\tat ");
                try (Stream<Path> files = Files.walk(disk)) {
                    assertThat(files.filter(Files::isRegularFile).map(Path::toString).filter(name -> !name.matches(".*/jmh(-[^/]*)?\\.lock") && !name.contains("/binaries/"))).isEmpty();
                }
            }
        });
    }

    @Test
    @DisplayName("no space where it writes: one sentence that names the file, and what was there is as it was")
    void noSpaceForTheOutput() throws Exception {
        onSmallDisk("256k", disk -> {
            Path project = project("p", false, "\n");
            Path tree = project("disk/tree", false, "\n");
            Map<String, String> writing = new TreeMap<>(Map.of("explain-error", "--error error.txt --migrations migrations --fix DISK/fix", "verify-migrations", "migrations --sarif DISK/v.sarif",
                    "check-sql", "src --migrations migrations --baseline DISK/baseline", "benchmark", "--pgbench-scripts DISK/pgbench", "benchmark-report", "--out DISK/report", "check-ports", "--apply DISK/tree"));
            try (var full = Files.newOutputStream(disk.resolve("full"))) {
                full.write(new byte[1 << 20]);
            } catch (IOException e) {
                // That is what is wanted.
            }
            String before = contents(tree);
            for (Script script : SCRIPTS.stream().filter(each -> writing.containsKey(each.alias)).toList()) {
                Run.Result result = run(script, writing.get(script.alias).replace("DISK", disk.toString()), project).go();
                assertThat(result.exit()).as(script + result.all()).isIn(1, 3);
                assertThat(result.err().lines()).as(result.err()).hasSize(1);
                assertThat(result.err()).contains(disk.toString()).doesNotContain("Exception", "\tat ");
            }
            assertThat(contents(tree)).isEqualTo(before);
        });
        nothingLeft();
    }

    private static String contents(Path folder) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                all.append(file).append('\n').append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }

    @Test
    @DisplayName("as a user of no rights: what may not be read or written is said in one sentence; without a home it works")
    void nobody() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        Path jars = Files.createDirectory(temp.resolve("jars"));
        Path project = project("p", false, "\n");
        open(project, jars);
        Path mine = Files.createDirectory(temp.resolve("nobody"));
        Files.setOwner(mine, mine.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        for (Script script : SCRIPTS) {
            if (script.alias.equals("datastorage")) {
                continue;
            }
            for (boolean readable : new boolean[] {true, false}) {
                // Benchmarks write their results, and nothing here may be written; of the others with a server one is enough for what all share.
                if (readable && (script.alias.matches("bench.*|script-times") || script.middle > 0 && script != script("migrate")) || !readable && !script.project.contains("migrations")) {
                    continue;
                }
                Files.setPosixFilePermissions(project.resolve("migrations"), PosixFilePermissions.fromString(readable ? "rwxr-xr-x" : "rwx------"));
                Run.Result result = run(script, script.project.replaceAll(" --(sarif|junit) \\S+", ""), project, mine, mine.resolve("postgres")).asNobody(jars).with("HOME", "/nonexistent").with("USER", "nobody").go();
                assertThat(result.exit()).as(script + result.all()).isIn(0, 1, 2, 3, 10);
                assertThat(result.err().lines()).as(result.err()).hasSizeLessThanOrEqualTo(1);
                assertThat(result.all()).doesNotContain("Exception", "\tat ");
                if (!readable) {
                    assertThat(result.exit()).as(result.all()).isIn(1, 2, 3);
                    assertThat(result.err()).contains("migrations");
                }
            }
        }
    }

    private static void open(Path... folders) throws IOException {
        for (Path folder : folders) {
            Files.createDirectories(folder);
            for (Path at = folder; at != null && at.startsWith("/tmp") && !at.equals(Path.of("/tmp")); at = at.getParent()) {
                Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    // Ten at once -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("ten at once, each with a server of its own; on one database; on one tree of files: each succeeds or says why not")
    void tenAtOnce() throws Exception {
        Path project = project("p", false, "\n");
        Script migrate = script("migrate"), ports = script("check-ports");
        List<Run.Result> own = ten(() -> run(migrate, migrate.alone, project));
        assertThat(own).anyMatch(result -> result.exit() == 0).allSatisfy(result -> {
            // Ten servers that start at once on a busy machine may not all come within a minute.
            boolean late = result.err().contains("the embedded PostgreSQL did not start: ");
            assertThat(result.exit()).as(result.all()).isEqualTo(late ? 3 : 0);
            assertThat(result.err().lines()).hasSize(late ? 1 : 0);
        });
        nothingLeft();
        String url = "jdbc:postgresql://localhost:" + reader.getPort() + "/ten?user=postgres&password=" + PASSWORD;
        try (Connection c = DriverManager.getConnection(url.replace("/ten", "/postgres")); var s = c.createStatement()) {
            s.execute("CREATE DATABASE ten");
        }
        assertThat(ten(() -> run(migrate, migrate.alone + " --url " + url, project))).anyMatch(result -> result.exit() == 0).allSatisfy(result -> {
            // On a busy machine ten logins at once may take longer than the five seconds that a server is given.
            assertThat(result.exit()).as(result.all()).isEqualTo(result.err().contains(" did not answer within 5 s: ") ? 3 : 0);
            assertThat(result.err()).matches("|migrate: waiting for another run to finish\\n|migrate: \\S+ did not answer within 5 s: .*\\n");
        });
        try (Connection c = DriverManager.getConnection(url); var s = c.createStatement(); var row = s.executeQuery("SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM goose_db_version")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo("0 1");
        }
        List<Run.Result> tree = ten(() -> run(ports, "--apply .", project));
        assertThat(tree).anyMatch(result -> result.exit() == 0).allSatisfy(result -> {
            assertThat(result.exit()).as(result.all()).isIn(0, 3, 10);
            assertThat(result.err().lines()).as(result.err()).hasSizeLessThanOrEqualTo(1);
            assertThat(result.all()).doesNotContain("Exception", "\tat ");
        });
        Run.Result after = run(ports, "--check .", project).go();
        assertThat(after.exit()).as(after.all()).isZero();
    }

    private interface Starts {
        Run one() throws Exception;
    }

    private static List<Run.Result> ten(Starts starts) throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            processes.add(starts.one().start());
        }
        List<Run.Result> results = new ArrayList<>();
        for (Process process : processes) {
            process.getOutputStream().close();
            results.add(Run.finish(process));
        }
        return results;
    }
}
