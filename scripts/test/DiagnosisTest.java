import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import kit.explain.Diagnosis;
import kit.explain.FailingDatabase;
import kit.explain.Missing;
import kit.explain.Uses;
import kit.migrations.Folder;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Stop;

@Tag("unit")
@DisplayName("explain-error: the diagnosis, on projects that are laid out here")
class DiagnosisTest {
    @TempDir
    Path temp;

    @Test
    @DisplayName("no message, or no folder of migrations: one sentence and exit 2")
    void wrongUsage() throws Exception {
        for (String[] arguments : new String[][] {{}, {"--migrations", "db"}, {"--fix", "out"}, {"--source", "."}, {"--error", "ERROR: column \"a\" of relation \"b\" does not exist"}}) {
            Run.Result result = Run.script("explain-error", arguments).in(temp).go();
            assertThat(result.err()).as(String.join(" ", arguments)).startsWith("explain-error: ").contains("--").hasLineCount(1);
            assertThat(result.exit()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("the diagnosis tells the causes apart by the files alone, for a column and for a table")
    void causesByFilesAlone() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> found = new LinkedHashMap<>();
        // A file's name says nothing: what it does is found by running it.
        String table = "CREATE TABLE orders (id int, state text);", add = "ALTER TABLE orders ADD COLUMN note text;", anew = "DROP TABLE orders; CREATE TABLE orders (id int, state text);";
        String use = "UPDATE orders SET note = $1 WHERE id = $2";
        String column = "ERROR: column \"note\" of relation \"orders\" does not exist (SQLSTATE 42703)";
        judge(expected, found, "column: a list leaves the file out", "CAUSE_NOT_APPLIED", project("a", use, "1 3", table, add, "CREATE TABLE other (id int);"), column);
        judge(expected, found, "column: no file adds it", "CAUSE_MIGRATION_MISSING", project("b", use, "1 2", table, "CREATE TABLE other (id int);"), column);
        judge(expected, found, "column: a slip in the code", "CAUSE_CODE_NAME", project("c", use.replace("note", "noet"), "1 2", table, add), column.replace("note", "noet"));
        judge(expected, found, "column: a list in another order", "CAUSE_ORDER", project("d", use, "1 3 2", table, anew, add), column);
        judge(expected, found, "column: dropped later", "CAUSE_DROPPED_LATER", project("e", use, "1 2 3", table, add, "ALTER TABLE orders DROP COLUMN note;"), column);
        judge(expected, found, "column: renamed later", "CAUSE_DROPPED_LATER", project("f", use, "1 2 3", table, add, "ALTER TABLE orders RENAME note TO remark;"), column);
        judge(expected, found, "column: its table was made anew without it", "CAUSE_DROPPED_LATER", project("g", use, "1 2 3", table, add, anew), column);

        String teams = "CREATE TABLE teams (id int);", read = "SELECT id FROM teams";
        String noTable = "ERROR: relation \"teams\" does not exist (SQLSTATE 42P01)";
        judge(expected, found, "table: a list leaves the file out", "CAUSE_NOT_APPLIED", project("h", read, "1 3", table, teams, add), noTable);
        judge(expected, found, "table: no file creates it", "CAUSE_MIGRATION_MISSING", project("i", read, "1 2", table, add), noTable);
        judge(expected, found, "table: a slip in the code", "CAUSE_CODE_NAME", project("j", "SELECT id FROM taems", "1 2", table, teams), noTable.replace("teams", "taems"));
        judge(expected, found, "table: a list in another order", "CAUSE_ORDER", project("k", read, "1 3 2", table, "DROP TABLE IF EXISTS teams;", teams), noTable);
        judge(expected, found, "table: dropped later", "CAUSE_DROPPED_LATER", project("l", read, "1 2 3", table, teams, "DROP TABLE teams;"), noTable);
        judge(expected, found, "table: renamed later", "CAUSE_DROPPED_LATER", project("m", read, "1 2 3", table, teams, "ALTER TABLE teams RENAME TO groups;"), noTable);
        assertThat(found).isEqualTo(expected);
    }

    private void judge(Map<String, String> expected, Map<String, String> found, String name, String code, Path project, String message) throws Exception {
        expected.put(name, code);
        found.put(name, String.join(" ", codes(diagnose(project, message, null))));
    }

    @Test
    @DisplayName("renamed later: the fix is the new name in the code, and it is proven")
    void renamedLater() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "1 2 3", "CREATE TABLE orders (id int);", "ALTER TABLE orders ADD COLUMN note text;", "\nALTER TABLE orders RENAME note TO remark;");
        assertThat(diagnose(project, "column \"note\" of relation \"orders\" does not exist", null))
                .contains("renames it to remark").contains("003_c.sql:3").contains("-UPDATE orders SET note = $1").contains("+UPDATE orders SET remark = $1")
                .contains("✓ the statement is accepted").doesNotContain("could NOT be proven");
    }

    @Test
    @DisplayName("a table that was renamed later: the code gets the new name")
    void tableRenamedLater() throws Exception {
        Path project = project("p", "SELECT id FROM teams", "1 2", "CREATE TABLE teams (id int);", "ALTER TABLE teams RENAME TO groups;");
        assertThat(diagnose(project, "relation \"teams\" does not exist", null)).contains("renames the table to groups").contains("+SELECT id FROM groups").contains("✓ the statement is accepted");
    }

    @Test
    @DisplayName("a list that names a file that is gone: said with its line, and the entry is replaced where only the number changed")
    void listNamesAbsentFile() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "", "CREATE TABLE orders (id int);", "CREATE TABLE other (id int);");
        Files.writeString(project.resolve("db/003_note.sql"), "-- +goose Up\nALTER TABLE orders ADD COLUMN note text;\n");
        Files.writeString(project.resolve("apply.py"), "FILES = [\n    \"001_a.sql\",\n    \"002_note.sql\",\n    \"002_b.sql\"\n]\n");
        assertThat(diagnose(project, "column \"note\" of relation \"orders\" does not exist", null)).contains("LIST_NAMES_ABSENT_FILE").contains("apply.py:3\n    the list names 002_note.sql, which is not in")
                .contains("-    \"002_note.sql\",").contains("+    \"003_note.sql\",").containsPattern("CAUSE_NOT_APPLIED  .*apply.py:2");
    }

    @Test
    @DisplayName("002 and 02 are one number: said, and the file gets a number of its own")
    void equalNumbers() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "1 2", "CREATE TABLE orders (id int);", "CREATE TABLE other (id int);");
        Files.writeString(project.resolve("db/02_note.sql"), "-- +goose Up\nALTER TABLE orders ADD COLUMN note text;\n");
        assertThat(diagnose(project, "column \"note\" of relation \"orders\" does not exist", null)).contains("MIGRATION_DUPLICATE_VERSION").contains("002_b.sql and 02_note.sql bear the same number")
                .contains("rename db/02_note.sql → db/003_note.sql").contains("+003_note.sql\n").contains("CAUSE_NOT_APPLIED");
    }

    @Test
    @DisplayName("1000 before 999: where sorting the names as text loses the column, that is the cause")
    void textOrder() throws Exception {
        Path project = Files.createDirectories(temp.resolve("p"));
        Path db = Files.createDirectories(project.resolve("db"));
        Files.writeString(db.resolve("998_a.sql"), "-- +goose Up\nCREATE TABLE orders (id int);\n");
        Files.writeString(db.resolve("999_b.sql"), "-- +goose Up\nDROP TABLE orders;\nCREATE TABLE orders (id int, owner text);\n");
        Files.writeString(db.resolve("1000_c.sql"), "-- +goose Up\nALTER TABLE IF EXISTS orders ADD COLUMN note text;\n");
        Files.writeString(project.resolve("q.sql"), "UPDATE orders SET note = $1;\n");
        assertThat(diagnose(project, "column \"note\" of relation \"orders\" does not exist", null)).contains("replayed in the order of the file names sorted as text, the name is not there")
                .contains("MIGRATION_ORDER_AMBIGUOUS").contains("1000_c.sql where the folder has 998_a.sql").contains("| sort -n").contains("CAUSE_ORDER").contains("✓ the statement is accepted");
    }

    @Test
    @DisplayName("a file without its Up mark: not “missing”, but not run by goose; with the mark the statement is accepted")
    void withoutUpMark() throws Exception {
        for (String text : List.of("-- why\nALTER TABLE orders ADD COLUMN note text;\n", "ALTER TABLE orders ADD COLUMN note text;\n\n-- +goose Down\nALTER TABLE orders DROP COLUMN note;\n")) {
            Path project = project("p", "UPDATE orders SET note = $1", "1 2", "CREATE TABLE orders (id int);", "CREATE TABLE other (id int);");
            Files.writeString(project.resolve("db/003_note.sql"), text);
            String out = diagnose(project, "column \"note\" of relation \"orders\" does not exist", null);
            assertThat(out).contains("MIGRATION_NO_UP").contains("so goose runs nothing of it").contains("+-- +goose Up").contains("✓ the statement is accepted");
            assertThat(codes(out)).containsExactly("CAUSE_NOT_APPLIED");
        }
    }

    @Test
    @DisplayName("unbalanced statement marks are evidence: goose stops at the file")
    void unbalancedMarks() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "1 2 3", "CREATE TABLE orders (id int);", "CREATE TABLE other (id int);", "-- +goose StatementBegin\nALTER TABLE orders ADD COLUMN note text;");
        String out = diagnose(project, "column \"note\" of relation \"orders\" does not exist", null);
        assertThat(out).contains("MIGRATION_MARKERS").contains("003_c.sql:2 this StatementBegin has no StatementEnd");
        assertThat(codes(out)).containsExactly("CAUSE_NOT_APPLIED");
    }

    @Test
    @DisplayName("the live database had the Down parts run with the Up parts: told by its tables and columns")
    void downWithUp() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "1 2", "CREATE TABLE orders (id int);", "ALTER TABLE orders ADD COLUMN note text;\n\n-- +goose Down\nALTER TABLE orders DROP COLUMN note;");
        FailingDatabase live = live("CREATE TABLE orders (id int); ALTER TABLE orders ADD COLUMN note text; ALTER TABLE orders DROP COLUMN note");
        String out = diagnose(project, "column \"note\" of relation \"orders\" does not exist", live);
        assertThat(out).contains("the Down part was run with the Up part").containsPattern("CAUSE_DROPPED_LATER  .*002_b.sql").contains("the Down part of 002_b.sql was run with its Up part").contains("✓ the statement is accepted");
        assertThat(codes(out)).containsExactly("CAUSE_DROPPED_LATER");
    }

    @Test
    @DisplayName("an out-of-order file on a database that is further on: said, and goose is told to take it")
    void outOfOrder() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "", "CREATE TABLE orders (id int);", "ALTER TABLE orders ADD COLUMN note text;", "CREATE TABLE other (id int);");
        FailingDatabase live = live("CREATE TABLE orders (id int); CREATE TABLE other (id int); " + goose(1, 3));
        String out = diagnose(project, "column \"note\" of relation \"orders\" does not exist", live);
        assertThat(out).contains("MIGRATION_OUT_OF_ORDER").contains("goose_db_version does not have version 002").contains("--allow-missing").contains("✓ the statement is accepted");
        assertThat(codes(out)).containsExactly("CAUSE_NOT_APPLIED");
    }

    @Test
    @DisplayName("applied in another order, as the ledger has it: the order is the cause")
    void ledgerOrder() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "", "CREATE TABLE orders (id int);", "DROP TABLE orders; CREATE TABLE orders (id int);", "ALTER TABLE orders ADD COLUMN note text;");
        String out = diagnose(project, "column \"note\" of relation \"orders\" does not exist", live("CREATE TABLE orders (id int); " + goose(1, 3, 2)));
        assertThat(out).contains("replayed in the order of goose_db_version, the name is not there").contains("MIGRATION_OUT_OF_ORDER");
        assertThat(codes(out)).containsExactly("CAUSE_ORDER");
    }

    @Test
    @DisplayName("a ledger that says applied while the column is not there: LEDGER_LIES, and the Up part is to be run by hand")
    void ledgerLies() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "", "CREATE TABLE orders (id int);", "ALTER TABLE orders ADD COLUMN note text;");
        String out = diagnose(project, "column \"note\" of relation \"orders\" does not exist", live("CREATE TABLE orders (id int); " + goose(1, 2)));
        assertThat(out).contains("LEDGER_LIES").contains("goose_db_version says that 002_b.sql is applied, and nothing of it is there").contains("goose_db_version has version 002")
                .contains("run its Up part by hand").doesNotContain("jbang migrate up");
        assertThat(codes(out)).containsExactly("CAUSE_NOT_APPLIED");
    }

    @Test
    @DisplayName("the live database has the column after all: exit 3, and a sentence that says to look for the other database")
    void liveHasIt() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "1", "CREATE TABLE orders (id int);");
        assertThatThrownBy(() -> diagnose(project, "column \"note\" of relation \"orders\" does not exist", live("CREATE TABLE orders (id int, note text)")))
                .hasMessageContaining("this database has column note of orders (public.orders)").hasMessageContaining("check which one the failing code dials")
                .extracting(e -> ((Stop) e).exit).isEqualTo(3);
    }

    @Test
    @DisplayName("a document that mentions migrations is no list of what is applied")
    void prose() throws Exception {
        Path project = project("p", "UPDATE orders SET note = $1", "", "CREATE TABLE orders (id int);", "CREATE TABLE other (id int);", "ALTER TABLE orders ADD COLUMN note text;");
        Files.writeString(project.resolve("README.md"), "First 001_a.sql, then 002_b.sql.\n");
        assertThat(diagnose(project, "column \"note\" of relation \"orders\" does not exist", null)).contains("no list of migration files in the code").doesNotContain("LIST_OMITS_FILE");
    }

    /** A live database, to be looked at as long as the tests' server lives. */
    private static synchronized FailingDatabase live(String sql) throws Exception {
        Scratch database = Run.server().scratch();
        try (Connection c = database.runner()) {
            Sql.execute(c, sql);
        }
        return () -> {
            Connection c = database.runner();
            c.setReadOnly(true);
            return c;
        };
    }

    private static String goose(int... versions) {
        StringBuilder sql = new StringBuilder("CREATE TABLE goose_db_version (id int GENERATED ALWAYS AS IDENTITY, version_id bigint, is_applied boolean, tstamp timestamp DEFAULT now());"
                + "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)");
        for (int version : versions) {
            sql.append(", (").append(version).append(", true)");
        }
        return sql.toString();
    }

    /** Files 001_a.sql, 002_b.sql, … in db/, a statement in q.sql, and a list of the numbered ones in apply.sh. */
    private Path project(String name, String statement, String listed, String... migrations) throws Exception {
        Path project = Files.createDirectories(temp.resolve(name));
        Path db = Files.createDirectories(project.resolve("db"));
        List<String> names = new ArrayList<>();
        for (String sql : migrations) {
            names.add(String.format("%03d_%c.sql", names.size() + 1, 'a' + names.size()));
            Files.writeString(db.resolve(names.get(names.size() - 1)), "-- +goose Up\n" + sql + "\n");
        }
        Files.writeString(project.resolve("q.sql"), statement + ";\n");
        if (!listed.isEmpty()) {
            Files.writeString(project.resolve("apply.sh"), String.join("", List.of(listed.split(" ")).stream().map(n -> names.get(Integer.parseInt(n) - 1) + "\n").toList()));
        }
        return project;
    }

    /** The same steps as explain-error takes, on one server for all tests, one after the other; the fix is written where a folder is given. */
    static synchronized String diagnose(Path project, String message, FailingDatabase live, Path fix) throws Exception {
        StringWriter out = new StringWriter();
        var line = new CommandLine(new ExplainError());
        line.setOut(new PrintWriter(out, true));
        Report report = new Report(line.getCommandSpec(), Report.Format.text);
        Missing missing = Missing.in(message);
        Folder folder = Folder.read(project.resolve("db"));
        report.step("The migrations");
        folder.addFlawsTo(report);
        try (var diagnosis = new Diagnosis(report, Run.server(), missing, folder, Uses.scan(List.of(project), folder, missing))) {
            diagnosis.investigate(live);
            diagnosis.weighAndProve();
            diagnosis.whatToDo();
            if (fix != null) {
                diagnosis.remedy().writeTo(fix, report);
            }
            assertThat(report.end(false)).isEqualTo(10);
        }
        try (Connection c = Run.server().itself()) {
            // The server sees a little later that a connection was closed.
            DatastorageTest.until("no connection is left open", () -> Sql.rows(c, "SELECT 1 FROM pg_stat_activity WHERE datname LIKE 'runbook_scratch%'").isEmpty());
        }
        return out.toString().replace(project + "/", "").replace(project.toString(), ".");
    }

    private static String diagnose(Path project, String message, FailingDatabase live) throws Exception {
        return diagnose(project, message, live, null);
    }

    static String said(Run.Result result) {
        return result.err().replaceAll("(?m)^removing what a run that was killed left behind: .*\\R", "");
    }

    static TreeSet<String> codes(String out) {
        var codes = new TreeSet<String>();
        Pattern.compile("^CAUSE_\\w+", Pattern.MULTILINE).matcher(out).results().forEach(m -> codes.add(m.group()));
        return codes;
    }
}
