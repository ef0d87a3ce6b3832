import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("schema-mismatch: the incident, and the diagnosis that does not know its cause")
class IncidentTest {
    private static final String THE_ERROR =
            "ERROR: column \"status_reason\" of relation \"remediation_workflow_catalog\" does not exist (SQLSTATE 42703)";
    /** Each replay is run once, and looked at by many tests. */
    private static final Map<String, Run.Result> REPLAYS = new LinkedHashMap<>();

    @TempDir
    static Path alone;

    @TempDir
    Path temp;

    /** A cause, replayed by a copy of the script that has no clone around it, or in the clone. */
    private static synchronized Run.Result replay(String cause, boolean inClone) throws Exception {
        if (!REPLAYS.containsKey(cause + inClone)) {
            Run run = cause == null ? Run.script("schema-mismatch") : Run.script("schema-mismatch", "--cause", cause);
            REPLAYS.put(cause + inClone, run.in(inClone ? Run.ROOT : alone).go());
        }
        return REPLAYS.get(cause + inClone);
    }

    @ParameterizedTest(name = "--cause {0} → {1}")
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "- | CAUSE_NOT_APPLIED | suite_test.go:6 | the hard-coded list of the tests does not name it",
        "missing | CAUSE_MIGRATION_MISSING | queries/update_status.sql:3 | no migration adds what the code uses",
        "code | CAUSE_CODE_NAME | queries/update_status.sql:3 | the code says status_reasn where the database has status_reason",
        "order | CAUSE_ORDER | suite_test.go:6 | in an order in which a later file undoes it",
        "dropped | CAUSE_DROPPED_LATER | migrations/023_drop_unused_columns.sql:2 | a later migration took it away while the code still uses it"})
    @DisplayName("each root cause: the tests fail with the message, the cause is named with its place, and the same tests pass after the fix")
    void causes(String option, String code, String where, String sentence) throws Exception {
        Run.Result result = replay(option, false);
        String error = "code".equals(option) ? THE_ERROR.replace("status_reason", "status_reasn") : THE_ERROR;
        assertThat(result.out()).as(result.err()).contains("✗ failed to update workflow status: " + error)
                .contains("10 tests, 9 failed", "10 tests, 0 failed", "tests of UpdateStatus: 1 of 10 passed before, 10 of 10 after")
                .contains("\n" + code + "  " + where + "\n    ", sentence);
        assertThat(codes(result.out())).containsExactly(code);
        assertThat(result.out()).containsSubsequence("10 tests, 9 failed", "Prove the fix, in a transaction that is rolled back", "✗ " + error,
                "✓ the statement is accepted", "Apply the fix", "10 tests, 0 failed", "What changed", "explain-error");
        assertThat(result.exit()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(alone).as("the replay leaves nothing where it is run").isEmptyDirectory();
    }

    @Test
    @DisplayName("in the clone it is the incident word for word: 16 of 17 files, twice 021, renumbered to 022, discovered from now on")
    void inTheClone() throws Exception {
        Run.Result result = replay(null, true);
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out())
                .contains("! two files are numbered 021: 021_add_status_reason_column.sql, 021_create_notification_audit_table.sql")
                .contains("suite_test.go:6 lists 16 of 17 files: 021_add_status_reason_column.sql is not in it")
                .contains("✓ migrations/021_add_status_reason_column.sql:4 adds it")
                .contains("$ git mv migrations/021_add_status_reason_column.sql migrations/022_add_status_reason_column.sql")
                .contains("$ # discover the files in suite_test.go:6 instead of listing them")
                .contains("do: git mv migrations/021_add_status_reason_column.sql migrations/022_add_status_reason_column.sql")
                .contains("Build the schema anew: the suite discovers the files", "✓ 17 files applied, no error");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "- | ✗ the migration is missing~        − migrations/021_add_status_reason_column.sql:2 adds it",
        "- | ✓ the migration exists but was not applied~        + suite_test.go:6 does not list 021_add_status_reason_column.sql",
        "missing | ✓ the migration is missing~        + no file of migrations adds it~        + 2 places in the code use it",
        "code | ✓ the code or test uses a wrong name~        + status_reason is there, and with it in its place the statement is accepted",
        "order | ✓ migrations were applied in the wrong order~        + replayed in the order of suite_test.go:6, the name is not there~"
                + "        + migrations/019_uuid_primary_key.sql:2 drops the table, after migrations/022_add_status_reason_column.sql:2 adds it",
        "dropped | ✓ a later migration dropped or renamed it~        + migrations/022_add_status_reason_column.sql:2 adds it~"
                + "        + migrations/023_drop_unused_columns.sql:2 drops it"})
    @DisplayName("the evidence for and against each cause")
    void evidence(String option, String lines) throws Exception {
        assertThat(replay(option, false).out()).contains(lines.replace('~', '\n'));
    }

    @Test
    @DisplayName("the order in the clone: the line of the statement that drops the table")
    void orderInTheClone() throws Exception {
        assertThat(replay("order", true).out()).contains("migrations/019_uuid_primary_key.sql:74 drops the table, after "
                + "migrations/022_add_status_reason_column.sql:4 adds it").contains("LIST_ORDER  suite_test.go:18");
    }

    @ParameterizedTest(name = "--format {0}")
    @ValueSource(strings = {"json", "markdown"})
    @DisplayName("the other formats hold the same steps and findings")
    void formats(String format) throws Exception {
        Run.Result result = Run.script("schema-mismatch", "--format", format).in(alone).go();
        assertThat(result.exit()).as(result.all()).isZero();
        if (format.equals("markdown")) {
            assertThat(result.out()).startsWith("# schema-mismatch: sound\n\n## 1. Start a real PostgreSQL\n\n```text\n  PostgreSQL 16")
                    .contains("**CAUSE\\_NOT\\_APPLIED** (error) suite\\_test.go:6".replace("CAUSE\\_NOT\\_APPLIED", "CAUSE_NOT_APPLIED"));
            return;
        }
        JsonNode document = JsonMapper.shared().readTree(result.out());
        assertThat(document.propertyNames()).containsExactly("script", "version", "verdict", "checked", "skipped", "steps", "findings", "seconds");
        assertThat(document.get("verdict").asString()).isEqualTo("sound");
        assertThat(document.get("steps").size()).isEqualTo(13);
        assertThat(document.get("steps").get(8).propertyNames()).containsExactly("n", "title", "command", "observed", "ok", "seconds");
        JsonNode last = document.get("findings").get(document.get("findings").size() - 1);
        assertThat(last.get("code").asString()).isEqualTo("CAUSE_NOT_APPLIED");
        assertThat(last.at("/where/file").asString()).isEqualTo("suite_test.go");
        assertThat(last.at("/where/line").asInt()).isEqualTo(6);
        assertThat(last.get("remediation").size()).isEqualTo(3);
    }

    @Test
    @DisplayName("an unknown cause, or options that do not go together, is one sentence and exit 2")
    void wrongUsage() throws Exception {
        for (String[] arguments : new String[][] {{"--cause", "weather"}, {"--suite", "a.go"}, {"--statement", "SELECT 1"}, {"--column", "a.b"},
            {"--migrations", "nowhere", "--column", "a.b"}, {"--migrations", "nowhere"}, {"--migrations", "x", "--cause", "code", "--column", "a.b"},
            {"--migrations", ".", "--column", "a.b"}}) {
            Run.Result result = Run.script("schema-mismatch", arguments).in(temp).go();
            assertThat(result.err()).as(String.join(" ", arguments)).startsWith("schema-mismatch: ").hasLineCount(1);
            assertThat(result.exit()).as(result.all()).isEqualTo(2);
        }
    }

    // The reader's project: the same steps from the investigation on.

    private static final String TABLE = "CREATE TABLE orders (id int, state text);", ADD = "ALTER TABLE orders ADD COLUMN note text;";
    private static final String ANEW = "DROP TABLE orders; CREATE TABLE orders (id int, state text);", TEAMS = "CREATE TABLE teams (id int);";
    private static final String OTHER = "CREATE TABLE other (id int);", USE = "UPDATE orders SET note = $1 WHERE id = $2", READ = "SELECT id FROM teams";

    @Test
    @DisplayName("the diagnosis tells the causes apart by the files alone, for a column and for a table")
    void causesByFilesAlone() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>(), found = new LinkedHashMap<>();
        judge(expected, found, "column: a list leaves the file out", "CAUSE_NOT_APPLIED", USE, "1 3", TABLE, ADD, OTHER);
        judge(expected, found, "column: no file adds it", "CAUSE_MIGRATION_MISSING", USE, "1 2", TABLE, OTHER);
        judge(expected, found, "column: a slip in the code", "CAUSE_CODE_NAME", USE.replace("note", "noet"), "1 2", TABLE, ADD);
        judge(expected, found, "column: a list in another order", "CAUSE_ORDER", USE, "1 3 2", TABLE, ANEW, ADD);
        judge(expected, found, "column: dropped later", "CAUSE_DROPPED_LATER", USE, "1 2 3", TABLE, ADD, "ALTER TABLE orders DROP COLUMN note;");
        judge(expected, found, "column: renamed later", "CAUSE_DROPPED_LATER", USE, "1 2 3", TABLE, ADD, "ALTER TABLE orders RENAME note TO remark;");
        judge(expected, found, "column: its table was made anew without it", "CAUSE_DROPPED_LATER", USE, "1 2 3", TABLE, ADD, ANEW);
        judge(expected, found, "table: a list leaves the file out", "CAUSE_NOT_APPLIED", READ, "1 3", TABLE, TEAMS, ADD);
        judge(expected, found, "table: no file creates it", "CAUSE_MIGRATION_MISSING", READ, "1 2", TABLE, ADD);
        judge(expected, found, "table: a list in another order", "CAUSE_ORDER", READ, "1 3 2", TABLE, "DROP TABLE IF EXISTS teams;", TEAMS);
        judge(expected, found, "table: dropped later", "CAUSE_DROPPED_LATER", READ, "1 2 3", TABLE, TEAMS, "DROP TABLE teams;");
        judge(expected, found, "table: renamed later", "CAUSE_DROPPED_LATER", READ, "1 2 3", TABLE, TEAMS, "ALTER TABLE teams RENAME TO groups;");
        assertThat(found).isEqualTo(expected);
    }

    private void judge(Map<String, String> expected, Map<String, String> found, String name, String code, String statement, String listed,
            String... migrations) throws Exception {
        Path project = project(statement.hashCode() + name.hashCode() + "", listed, migrations);
        Run.Result result = diagnose(10, project, "--suite", project.resolve("apply.sh").toString(), "--statement", statement);
        expected.put(name, code);
        found.put(name, String.join(" ", codes(result.out())));
    }

    @Test
    @DisplayName("renamed later: the fix is the new name in the statement, and it is proven")
    void renamedLater() throws Exception {
        Path project = project("p", "1 2 3", "CREATE TABLE orders (id int);", ADD, "\nALTER TABLE orders RENAME note TO remark;");
        assertThat(diagnose(10, project, "--column", "orders.note").out()).contains("renames it to remark", "003_c.sql:3", "SELECT remark FROM orders",
                "✓ the statement is accepted").doesNotContain("could NOT be proven");
    }

    @Test
    @DisplayName("dropped later, and made with its table: the fix adds it alone, with the type that it had")
    void droppedFromItsTable() throws Exception {
        Path project = project("p", "1 2", "CREATE TABLE orders (id int, note varchar(20));", "ALTER TABLE orders DROP COLUMN note, ADD COLUMN remark text;");
        assertThat(diagnose(10, project, "--column", "orders.note").out()).contains("002_b.sql:2 drops it", "CAUSE_DROPPED_LATER",
                "$ ALTER TABLE orders ADD COLUMN IF NOT EXISTS note character varying(20);", "✓ the statement is accepted").doesNotContain("could NOT be proven");
    }

    @Test
    @DisplayName("a database of the reader's is only read, its password not shown; where nothing is missing, that is said")
    void readersDatabase() throws Exception {
        Path project = project("p", "", "CREATE TABLE orders (id int);", ADD);
        try (EmbeddedPostgres server = Run.readersServer(Files.createDirectory(temp.resolve("data")), "reader's own")) {
            String url = "jdbc:postgresql://localhost:" + server.getPort() + "/postgres?user=postgres&password=reader's%20own";
            try (Connection c = DriverManager.getConnection(url)) {
                c.createStatement().execute("CREATE TABLE orders (id int)");
                String young = "runbook_scratch_own_" + System.currentTimeMillis() / 1000 + "_young";
                c.createStatement().execute("CREATE DATABASE " + young);
                c.createStatement().execute("CREATE DATABASE runbook_scratch_own_1700000000_old");
                assertThat(diagnose(10, project, "--column", "orders.note", "--url", url).out()).contains("CAUSE_NOT_APPLIED",
                        "✓ the statement is accepted", "migrate up --migrations").doesNotContain("reader's own");
                c.createStatement().execute("ALTER TABLE orders ADD COLUMN note text");
                Run.Result there = diagnose(3, project, "--column", "orders.note", "--url", url);
                assertThat(there.err()).contains("this database has all that the statement names: check which one the failing code dials");
                assertThat(Run.script("workflow-repository", "--url", url).go().exit()).isZero();
                var scratches = c.createStatement().executeQuery("SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'runbook%'");
                assertThat(scratches.next()).isTrue();
                assertThat(scratches.getString(1)).as("a killed run's of long ago is gone, too; another's of just now is not").isEqualTo(young);
            }
        }
    }

    @Test
    @DisplayName("a migration that fails is said with its line, and the others are judged all the same")
    void failingMigration() throws Exception {
        Path project = project("p", "1", "CREATE TABLE orders (id int);", ADD, "CREATE TABLE x (id int);\n\nSELECT 1/0;");
        assertThat(diagnose(10, project, "--suite", project.resolve("apply.sh").toString(), "--column", "orders.note").out())
                .contains("003_c.sql:4  ERROR: division by zero (SQLSTATE 22012)", "MIGRATION_FAILS").contains("CAUSE_NOT_APPLIED");
    }

    /** Files 001_a.sql, 002_b.sql, … in db/, and a list of the numbered ones in apply.sh. */
    private Path project(String name, String listed, String... migrations) throws Exception {
        Path project = Files.createDirectories(temp.resolve(name)), db = Files.createDirectories(project.resolve("db"));
        List<String> names = new ArrayList<>();
        for (String sql : migrations) {
            names.add(String.format("%03d_%c.sql", names.size() + 1, 'a' + names.size()));
            Files.writeString(db.resolve(names.get(names.size() - 1)), "-- +goose Up\n" + sql + "\n");
        }
        StringBuilder list = new StringBuilder();
        for (String number : listed.isEmpty() ? new String[0] : listed.split(" ")) {
            list.append(names.get(Integer.parseInt(number) - 1)).append('\n');
        }
        Files.writeString(project.resolve("apply.sh"), list);
        return project;
    }

    /** The script in this process. */
    private static Run.Result diagnose(int exit, Path project, String... arguments) {
        StringWriter out = new StringWriter(), err = new StringWriter();
        List<String> all = new ArrayList<>(List.of("--migrations", project.resolve("db").toString()));
        all.addAll(List.of(arguments));
        int code = SchemaMismatch.Steps.commandLine(new SchemaMismatch()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
        assertThat(code).as("%s%s", out, err).isEqualTo(exit);
        return new Run.Result(code, out.toString(), err.toString());
    }

    static TreeSet<String> codes(String out) {
        var codes = new TreeSet<String>();
        Pattern.compile("^CAUSE_\\w+", Pattern.MULTILINE).matcher(out).results().forEach(m -> codes.add(m.group()));
        return codes;
    }
}
