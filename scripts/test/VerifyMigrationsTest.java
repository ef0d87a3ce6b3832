import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.migrations.Folder;
import kit.migrations.LiveCheck;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Tag("unit")
@DisplayName("verify-migrations")
class VerifyMigrationsTest {
    private static final String PASSWORD = "verify-wort";
    @TempDir
    static Path shared;
    private static EmbeddedPostgres yours;

    @TempDir
    Path temp;

    @BeforeAll
    static void server() throws Exception {
        yours = Run.readersServer(shared, PASSWORD);
    }

    @AfterAll
    static void end() throws Exception {
        yours.close();
    }

    private Path folder(String name, String... namesAndTexts) throws Exception {
        Path dir = Files.createDirectories(temp.resolve(name));
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Files.writeString(dir.resolve(namesAndTexts[i]), namesAndTexts[i + 1]);
        }
        return dir;
    }

    private static String goose(String up, String down) {
        return "-- +goose Up\n" + up + "\n-- +goose Down\n" + down + "\n";
    }

    /** As a process. */
    private Run script(String... arguments) {
        return Run.script("verify-migrations", arguments).in(temp).with("PGPASSWORD", PASSWORD);
    }

    private Run.Result process(int exit, String... arguments) throws Exception {
        return sound(exit, script(arguments).go());
    }

    /** In this JVM: a process each would take minutes. */
    private Run.Result run(int exit, String... arguments) {
        VerifyMigrations tool = new VerifyMigrations();
        return sound(exit, Run.inProcess(Tool.commandLine(tool), temp, Set.of("--url", "--format", "--role"), () -> {
            Folder[] folders = tool.folders();
            Report report = new Report(tool.spec, tool.output.format);
            try (Server live = tool.server.namesYours() ? tool.server.open() : null) {
                return tool.verify(report, Run.server(), live, folders);
            }
        }, arguments));
    }

    private static Run.Result sound(int exit, Run.Result result) {
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.all()).doesNotContain(PASSWORD, "\tat ", "failed in a way");
        return result;
    }

    private static List<JsonNode> findings(Run.Result result) {
        return StreamSupport.stream(JsonMapper.shared().readTree(result.out()).get("findings").spliterator(), false).toList();
    }

    private static TreeSet<String> codes(List<JsonNode> findings) {
        TreeSet<String> codes = new TreeSet<>();
        findings.forEach(f -> codes.add(f.get("code").asString()));
        return codes;
    }

    /** A class of trouble: its folder, the codes that must be found in it, no more and no fewer, and words that must be said. */
    record Trouble(String folder, List<String> codes, String... words) {
    }

    @Test
    @DisplayName("each class of trouble in a folder is found, and nothing else; the clean twin of each dialect is silent")
    void classesOfTrouble() throws Exception {
        List<Trouble> table = new ArrayList<>();
        folder("bad-name", "001_a.sql", goose("CREATE TABLE a(i int);", "DROP TABLE a;"), "first.sql", goose("SELECT 1;", ""));
        table.add(new Trouble("bad-name", List.of("MIGRATION_BAD_NAME", "MIGRATION_NOT_RERUNNABLE"), "first.sql is not named as goose names its files"));
        folder("empty", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "002_b.sql", "");
        table.add(new Trouble("empty", List.of("MIGRATION_EMPTY"), "002_b.sql is empty"));
        folder("twice-021", "021_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "021_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE b;"));
        table.add(new Trouble("twice-021", List.of("MIGRATION_DUPLICATE_VERSION"), "git mv twice-021/021_b.sql twice-021/022_b.sql"));
        folder("needs-the-other", "021_a.sql", goose("ALTER TABLE b ADD COLUMN IF NOT EXISTS j int;", "SELECT 1;"), "021_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE b;"));
        table.add(new Trouble("needs-the-other", List.of("MIGRATION_DUPLICATE_VERSION", "MIGRATION_FAILS"), "git mv needs-the-other/021_a.sql needs-the-other/022_a.sql",
                "021_a.sql is the first by name and yet moves: if it kept the number, 021_a.sql fails: ERROR: relation "));
        folder("thrice", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "001_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE b;"), "001_c.sql", goose("CREATE TABLE IF NOT EXISTS c(i int);", "DROP TABLE c;"),
                "002_d.sql", goose("CREATE TABLE IF NOT EXISTS d(i int);", "DROP TABLE d;"), "002_e.sql", goose("CREATE TABLE IF NOT EXISTS e(i int);", "DROP TABLE e;"));
        table.add(new Trouble("thrice", List.of("MIGRATION_DUPLICATE_VERSION"), "git mv thrice/001_b.sql thrice/003_b.sql", "git mv thrice/001_c.sql thrice/004_c.sql", "git mv thrice/002_e.sql thrice/005_e.sql"));
        folder("needed-between", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "001_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE b;"),
                "002_c.sql", goose("CREATE OR REPLACE VIEW c AS SELECT a.i FROM a, b;", "DROP VIEW c;"));
        table.add(new Trouble("needed-between", List.of("MIGRATION_DUPLICATE_VERSION"), "# then 002_c.sql fails: ERROR: relation \"b\" does not exist (SQLSTATE 42P01); what needs it moves behind it, too"));
        folder("zeros", "002_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "02_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE b;"));
        table.add(new Trouble("zeros", List.of("MIGRATION_DUPLICATE_VERSION")));
        folder("flyway-zero", "V1__a.sql", "CREATE TABLE IF NOT EXISTS a(i int);", "V1.0__b.sql", "CREATE TABLE IF NOT EXISTS b(i int);");
        table.add(new Trouble("flyway-zero", List.of("MIGRATION_DUPLICATE_VERSION")));
        folder("as-text", "999_a.sql", "CREATE TABLE a(i int);", "1000_b.sql", "ALTER TABLE a ADD j int;");
        table.add(new Trouble("as-text", List.of("MIGRATION_NOT_RERUNNABLE", "MIGRATION_ORDER_AMBIGUOUS"), "too early when names are sorted as text", "1000_b.sql then fails"));
        folder("as-text-harmless", "999_a.sql", "CREATE TABLE IF NOT EXISTS a(i int);", "1000_b.sql", "CREATE TABLE IF NOT EXISTS b(i int);");
        table.add(new Trouble("as-text-harmless", List.of("MIGRATION_ORDER_AMBIGUOUS"), "both orders give the same schema: harmless"));
        folder("no-up", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "002_b.sql", "CREATE TABLE b(i int);\n");
        table.add(new Trouble("no-up", List.of("MIGRATION_NO_UP")));
        folder("marks", "001_a.sql", "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE IF NOT EXISTS a(i int);\n-- +goose Down\nDROP TABLE a;\n");
        table.add(new Trouble("marks", List.of("MIGRATION_MARKERS"), "this StatementBegin has no StatementEnd"));
        folder("dollar", "001_a.sql", "-- +goose Up\nCREATE TABLE IF NOT EXISTS a(i int);\nDO $$ BEGIN NULL; END;\n");
        table.add(new Trouble("dollar", List.of("MIGRATION_FAILS", "MIGRATION_MARKERS"), "unterminated dollar-quoted string"));
        folder("dropped-before", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int, j int);", "DROP TABLE a;"), "002_b.sql", goose("ALTER TABLE a DROP COLUMN IF EXISTS j;", "ALTER TABLE a ADD j int;"),
                "003_c.sql", goose("UPDATE a\nSET j = 1;", ""), "004_d.sql", goose("CREATE TABLE IF NOT EXISTS d(i int);", "DROP TABLE d;"));
        table.add(new Trouble("dropped-before", List.of("MIGRATION_FAILS"), "dropped-before/003_c.sql:3", "SQLSTATE 42703", "002_b.sql dropped or renamed it", "3 of 4 files apply"));
        folder("too-early", "001_a.sql", goose("ALTER TABLE b ADD j int;", ""), "002_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE b;"));
        table.add(new Trouble("too-early", List.of("MIGRATION_FAILS"), "002_b.sql, which comes later, adds it"));
        folder("follows", "001_a.sql", goose("CREATE TABLE a(i nosuchtype);", ""), "002_b.sql", goose("ALTER TABLE a ADD j int;", ""));
        table.add(new Trouble("follows", List.of("MIGRATION_FAILS"), "it follows from 001_a.sql, which failed"));
        folder("role", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);\nGRANT SELECT ON a TO reporting;", "DROP TABLE a;"));
        table.add(new Trouble("role", List.of("ROLE_MISSING"), "--role reporting"));
        folder("extension", "001_a.sql", goose("CREATE EXTENSION vector;", ""));
        table.add(new Trouble("extension", List.of("EXTENSION_MISSING"), "vector"));
        folder("hostile", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(t text);\nCOPY a FROM PROGRAM 'touch " + temp.resolve("pwned") + "';", ""), "002_b.sql", goose("SET statement_timeout = 200;\nSELECT pg_sleep(1e9);", ""),
                "003_c.sql", goose("ALTER TABLE \"x\u001b[31m\n::error::y\" ADD j int;", ""));
        table.add(new Trouble("hostile", List.of("MIGRATION_FAILS", "PRIVILEGE_MISSING"), "SQLSTATE 42501", "SQLSTATE 57014", "x\\u001b[31m"));
        folder("down-fails", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;\nDROP TABLE nosuch;"));
        table.add(new Trouble("down-fails", List.of("MIGRATION_DOWN_FAILS"), "down-fails/001_a.sql:5"));
        folder("down-lossy", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);\nCREATE INDEX IF NOT EXISTS ai ON a(i);\nCREATE TABLE IF NOT EXISTS b(i int);", "DROP TABLE a;"));
        table.add(new Trouble("down-lossy", List.of("MIGRATION_DOWN_LOSSY"), "table public.b is still there", "DROP TABLE public.b"));
        folder("down-other", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int NOT NULL DEFAULT 1);", "DROP TABLE a;"), "002_b.sql", goose("ALTER TABLE a ALTER i DROP NOT NULL;", "SELECT 1;"));
        table.add(new Trouble("down-other", List.of("MIGRATION_DOWN_LOSSY"), "not null public.a.i is not there", "ALTER TABLE public.a ALTER COLUMN i SET NOT NULL"));
        Path subfolders = folder("subfolders", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"));
        Files.createDirectories(subfolders.resolve("archive"));
        table.add(new Trouble("subfolders", List.of(), "archive/ is a subfolder"));
        folder("down-alone", "000001_a.up.sql", "CREATE TABLE IF NOT EXISTS a(i int);", "000001_a.down.sql", "DROP TABLE a;", "000002_b.down.sql", "DROP TABLE b;");
        table.add(new Trouble("down-alone", List.of(), "000002_b.down.sql is a Down file without its Up file"));
        // The clean twins
        folder("clean-goose", "001_a.sql", goose("CREATE TABLE IF NOT EXISTS a(i int);", "DROP TABLE a;"), "002_b.sql", "-- +goose NO TRANSACTION\n" + goose("CREATE INDEX CONCURRENTLY ai ON a(i);", "DROP INDEX CONCURRENTLY ai;"),
                "003_f.sql", "-- +goose Up\n-- +goose StatementBegin\nCREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND $$;\n-- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n");
        table.add(new Trouble("clean-goose", List.of()));
        folder("clean-golang", "000001_a.up.sql", "CREATE TABLE IF NOT EXISTS a(i int);", "000001_a.down.sql", "DROP TABLE a;");
        table.add(new Trouble("clean-golang", List.of()));
        folder("clean-dbmate", "20260101000000_a.sql", "-- migrate:up\nCREATE TABLE IF NOT EXISTS a(i int);\n-- migrate:down\nDROP TABLE a;\n");
        table.add(new Trouble("clean-dbmate", List.of()));
        folder("clean-node", "1751131910823_a.sql", "-- Up Migration\nCREATE TABLE IF NOT EXISTS a(i int);\n\n-- Down Migration: gone\nDROP TABLE a;\n", "1751131910824_b.sql", "-- +migrate Up\nCREATE TABLE IF NOT EXISTS b(i int);\n-- +migrate Down\nDROP TABLE b;\n");
        table.add(new Trouble("clean-node", List.of()));
        folder("clean-flyway", "V1__a.sql", "CREATE TABLE IF NOT EXISTS a(i int);", "V1.1__b.sql", "ALTER TABLE a ADD COLUMN IF NOT EXISTS j int;", "R__v.sql", "CREATE OR REPLACE VIEW v AS SELECT i FROM a;");
        table.add(new Trouble("clean-flyway", List.of()));
        folder("clean-plain", "01-a.sql", "CREATE TABLE IF NOT EXISTS a(i int);", "02-b.sql", "CREATE TABLE IF NOT EXISTS b(i int);");
        table.add(new Trouble("clean-plain", List.of()));

        Run.Result result = run(10, Stream.concat(table.stream().map(Trouble::folder), Stream.of("--down", "--rerun", "--format", "json")).toArray(String[]::new));
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> found = new LinkedHashMap<>();
        for (Trouble each : table) {
            expected.put(each.folder, new TreeSet<>(each.codes).toString());
            found.put(each.folder, codes(findings(result).stream().filter(f -> f.get("where").get("file").asString().startsWith(each.folder + "/") || f.get("where").get("file").asString().equals(each.folder)).toList()).toString());
            for (String words : each.words) {
                assertThat(result.out().replace("\\\\", "\\").replace("\\\"", "\"")).contains(words);
            }
        }
        assertThat(found).isEqualTo(expected);
        assertThat(temp.resolve("pwned")).as("a migration cannot run a command").doesNotExist();
    }

    /** A folder that is clean, and a text of one of its files with which it has one finding. */
    record Style(String name, String file, String mutant, String code, String... clean) {
    }

    @Test
    @DisplayName("twelve styles of folders are silent, and each mutant is one finding, whatever follows from it")
    void styles() throws Exception {
        String down = "ALTER TABLE shop DROP COLUMN b;";
        List<Style> styles = List.of(
                new Style("goose", "002_b.sql", goose("ALTER TABLE shopp ADD b int;", down), "MIGRATION_FAILS", "001_a.sql", goose("CREATE TABLE shop (id int);", "DROP TABLE shop;"), "002_b.sql", goose("ALTER TABLE shop ADD b int;", down)),
                new Style("golang-migrate", "3_c.down.sql", "ALTER TABLE shop ADD b int REFERENCES nowhere (id);", "MIGRATION_DOWN_FAILS", "1_a.up.sql", "CREATE TABLE shop (id int);", "1_a.down.sql", "DROP TABLE shop;", "2_b.up.sql", "ALTER TABLE shop ADD b int;", "2_b.down.sql", down, "3_c.up.sql", down, "3_c.down.sql", "ALTER TABLE shop ADD b int;"),
                new Style("dbmate", "2_b.sql", "-- migrate:up\nALTER TABLE shopp ADD b int;\n-- migrate:down\n", "MIGRATION_FAILS", "1_a.sql", "-- migrate:up\nCREATE TABLE shop (id int);\n-- migrate:down\nDROP TABLE shop;\n", "2_b.sql", "-- migrate:up\nALTER TABLE shop ADD b int;\n-- migrate:down\n" + down),
                new Style("Flyway, from a dump", "V2__b.sql", "\\connect app\nALTER TABLE shop ADD b int;", "MIGRATION_PSQL", "V1__a.sql", "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.shop (id int);\nCOPY public.shop (id) FROM stdin;\n1\n\\.\n", "V2__b.sql", "ALTER TABLE shop ADD b int;"),
                new Style("psql", "2_b.sql", "ALTER TABLE shop ADD b int REFERENCES nowhere;", "MIGRATION_FAILS", "1_a.sql", "\\set ON_ERROR_STOP on\nCREATE TABLE shop (id int, t text);\nCOPY shop FROM stdin;\n1\ta;b'c\n\\.\n", "2_b.sql", "SELECT g FROM generate_series(1, 100000) g;\nALTER TABLE shop ADD b int;"),
                new Style("roles", "2_b.sql", "GRANT SELECT ON shop TO redaer;", "ROLE_MISSING", "1_a.sql", "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN CREATE ROLE reader; END IF; END $$;\nCREATE ROLE gate LOGIN;\nGRANT reader TO gate;\nCREATE TABLE shop (id int);\nALTER TABLE shop OWNER TO CURRENT_USER;", "2_b.sql", "GRANT SELECT ON shop TO reader;\nALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO gate;"),
                new Style("templates", "9_z.sql", "ALTER TABLE shopp ADD z int;", "MIGRATION_FAILS", "1_a.sql", "CREATE TABLE {{ .Schema }}.a (id int);", "2_b.sql", "CREATE INDEX ON a (id);", "3_c.sql", "CREATE TABLE shop (t text DEFAULT '{{ name }}');", "9_z.sql", "ALTER TABLE shop ADD z int;"),
                new Style("sql-migrate", "2_b.sql", "-- +migrate Up\nALTER TABLE shopp ADD b int;\n", "MIGRATION_FAILS", "1_a.sql", "-- +migrate Up\nCREATE TABLE shop (id int);\n-- +migrate Down\nDROP TABLE shop;\n", "2_b.sql", "-- +migrate Up\nALTER TABLE shop ADD b int;\n-- +migrate Down\n" + down),
                new Style("node-pg-migrate", "2_b.sql", "-- Up Migration\nALTER TABLE shopp ADD b int;\n", "MIGRATION_FAILS", "1_a.sql", "-- Up Migration\nCREATE TABLE shop (id int);\n-- Down Migration\nDROP TABLE shop;\n", "2_b.sql", "-- Up Migration\nALTER TABLE shop ADD b int;\n-- Down Migration\n" + down),
                new Style("functions", "2_b.sql", "DROP FUNCTION fg();", "MIGRATION_FAILS", "1_a.sql", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;", "2_b.sql", "DROP FUNCTION f();"),
                new Style("timestamps", "20260102000000_b.sql", "ALTER TABLE shop ADD b nosuch;", "MIGRATION_FAILS", "20260101000000_a.sql", "CREATE TABLE shop (id int);", "20260102000000_b.sql", "ALTER TABLE shop ADD b int;", "20260103000000_c.sql", "ALTER TABLE shop ADD c int;"),
                new Style("what follows", "1_a.sql", "CREATE TABLE shop (id nosuch);", "MIGRATION_FAILS", "1_a.sql", "CREATE TABLE shop (id int);", "2_b.sql", "ALTER TABLE shop ADD b int;", "3_c.sql", "CREATE INDEX shop_b ON shop (b);", "4_d.sql", "ALTER TABLE shop ADD d int;"));
        for (Style style : styles) {
            folder("clean/" + style.name, style.clean);
            folder("mutant/" + style.name, style.clean);
            folder("mutant/" + style.name, style.file, style.mutant);
        }
        Run.Result templates = run(3, "clean/templates", "--down");
        assertThat(templates.out()).contains("1 file is a text template ({{ … }}) and no plain SQL, not replayed", "unchecked  checked");
        Run.Result clean = run(0, Stream.concat(styles.stream().map(s -> "clean/" + s.name).filter(s -> !s.endsWith("templates")), Stream.of("--down", "--format", "json")).toArray(String[]::new));
        assertThat(findings(clean)).as(clean.out()).isEmpty();
        Run.Result mutants = run(10, Stream.concat(styles.stream().map(s -> "mutant/" + s.name), Stream.of("--down", "--format", "json")).toArray(String[]::new));
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> found = new LinkedHashMap<>();
        for (Style style : styles) {
            expected.put(style.name, style.code);
            found.put(style.name, String.join(", ", findings(mutants).stream().filter(f -> f.get("where").get("file").asString().startsWith("mutant/" + style.name + "/")).map(f -> f.get("code").asString()).toList()));
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    @DisplayName("Down: a file of its own is cited, with what took away what is missing; of a long text the line that differs; extensions are named once")
    void downAndExtensions() throws Exception {
        folder("down", "1_a.up.sql", "CREATE TABLE t (id int);\nALTER TABLE t ADD gone int;\nCREATE INDEX t_gone ON t (gone);", "1_a.down.sql", "\nALTER TABLE t DROP COLUMN gone;\nDROP INDEX t_gone;\nDROP TABLE t;");
        assertThat(run(10, "down", "--down", "--format", "github").out()).contains("::error file=down/1_a.down.sql,line=3,", "line 2 has taken it away already: ALTER TABLE t DROP COLUMN gone");
        String f = "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  IF NEW IS DISTINCT FROM OLD AND true AND true AND true AND true THEN\n    NEW.at = %s;\n  END IF;\n  RETURN NEW;\nEND $$;";
        folder("lossy", "1_a.up.sql", f.formatted("CURRENT_TIMESTAMP"), "1_a.down.sql", "DROP FUNCTION f();", "2_b.up.sql", f.formatted("now()"), "2_b.down.sql", f.formatted("statement_timestamp()"));
        assertThat(run(0, "lossy", "--down").out()).contains("NEW.at = statement_timestamp(); and should be NEW.at = CURRENT_TIMESTAMP;", "MIGRATION_DOWN_LOSSY  lossy/2_b.down.sql");
        folder("vector", "1_a.sql", "CREATE EXTENSION vector;\nCREATE TABLE d (id int, e vector(3));\nCREATE INDEX ON d USING hnsw (e vector_cosine_ops);", "2_b.sql", "ALTER TABLE d ADD lang text;");
        Run.Result vector = run(10, "vector", "--format", "json");
        assertThat(codes(findings(vector))).containsExactly("EXTENSION_MISSING");
        assertThat(vector.out()).contains("--url jdbc:tc:pgvector/pgvector:pg", "vector/1_a.sql:3");
    }

    @Test
    @DisplayName("of two files with one number the one that git saw last is renumbered")
    void gitHistory() throws Exception {
        Path dir = folder("m", "001_z.sql", goose("CREATE TABLE z(i int);", "DROP TABLE z;"));
        for (String command : List.of("git init -q .", "git add .", "git -c user.name=t -c user.email=t@example.org commit -q -m one --date 2026-01-01T00:00:00Z")) {
            assertThat(Run.command(command.split(" ")).in(temp).with("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z").go().exit()).isZero();
        }
        Files.writeString(dir.resolve("001_a.sql"), goose("CREATE TABLE a(i int);", "DROP TABLE a;"));
        for (String command : List.of("git add .", "git -c user.name=t -c user.email=t@example.org commit -q -m two --date 2026-02-01T00:00:00Z")) {
            assertThat(Run.command(command.split(" ")).in(temp).with("GIT_COMMITTER_DATE", "2026-02-01T00:00:00Z").go().exit()).isZero();
        }
        assertThat(run(10, "m").out()).contains("do: git mv m/001_a.sql m/002_a.sql", "001_a.sql came last, by the history of git");
    }

    @Test
    @DisplayName("a list that omits a file: an error where SQL nearby needs what it lacks, a fact where not; absent names and order; the complete list is silent")
    void lists() throws Exception {
        folder("m", "001_a.sql", goose("CREATE TABLE a(i int);", "DROP TABLE a;"), "002_b.sql", goose("ALTER TABLE a ADD note text;", ""), "003_c.sql", goose("CREATE TABLE c(i int);", "DROP TABLE c;"));
        folder("needs", "suite_test.go", "var files = []string{\n\t\"001_a.sql\",\n\t\"003_c.sql\",\n}\n\nconst q = `UPDATE a SET note = $1`\n");
        assertThat(run(10, "m", "--suite", "needs").out()).contains("✗ needs/suite_test.go:2 lists 2 of 3 files; a database built from it lacks column public.a.note, which needs/suite_test.go:6 needs", "LIST_OMITS_FILE  needs/suite_test.go:2");
        folder("partial", "setup.py", "FILES = ['001_a.sql', '002_b.sql']\nq = 'SELECT i FROM a'\n");
        Run.Result partial = run(0, "m", "--suite", "partial", "--format", "json");
        assertThat(findings(partial)).singleElement().satisfies(f -> {
            assertThat(f.get("code").asString()).isEqualTo("LIST_OMITS_FILE");
            assertThat(f.get("severity").asString()).isEqualTo("info");
            assertThat(f.get("evidence").asString()).isEqualTo("a database built from it lacks table public.c");
        });
        folder("absent", "Makefile", "FILES = 001_a.sql 002_note.sql 003_c.sql\n");
        assertThat(run(10, "m", "--suite", "absent").out()).contains("LIST_NAMES_ABSENT_FILE  absent/Makefile:1", "LIST_OMITS_FILE  absent/Makefile:1");
        folder("order", "ci.yaml", "files:\n  - 002_b.sql\n  - 001_a.sql\n  - 003_c.sql\n");
        assertThat(run(10, "m", "--suite", "order").out()).contains("LIST_ORDER  order/ci.yaml:2", "002_b.sql then fails: ERROR: relation \"a\" does not exist (SQLSTATE 42P01)");
        folder("complete", "Suite.java", "List.of(\"001_a.sql\",\n  \"002_b.sql\",\n  \"003_c.sql\");", "apply.sh", "for f in 001_a 002_b; do echo no list here; done\n",
                "setup.sh", "for f in 001_a.sql 002_b.sql 003_c.sql; do psql -f m/$f; done\n", "all.sql", "\\i m/001_a.sql\n\\i m/002_b.sql\n\\i m/003_c.sql\n");
        Run.Result complete = run(0, "m", "--suite", "complete", "--format", "json");
        assertThat(findings(complete)).isEmpty();
        assertThat(complete.out()).contains("one call a file gives the same schema as the tool's way", "\"source files\" : 4", "\"lists\" : 3");
    }

    @Test
    @DisplayName("where one call a file does otherwise than one statement after the other, that is said")
    void oneCall() throws Exception {
        folder("m", "001_a.sql", goose("CREATE TABLE a(i int);", ""), "002_b.sql", "-- +goose NO TRANSACTION\n" + goose("CREATE INDEX CONCURRENTLY ai ON a(i);\nCREATE INDEX CONCURRENTLY aj ON a(i);", ""));
        folder("suite", "s.go", "m := []string{\"001_a.sql\", \"002_b.sql\"}\n");
        assertThat(run(0, "m", "--suite", "suite").out()).contains("! 002_b.sql fails as one call: ERROR: CREATE INDEX CONCURRENTLY cannot");
        Files.writeString(temp.resolve("suite/s.go"), "m := []string{\"001_a.sql\", \"002_b.sql\"}\nsql = strings.ReplaceAll(sql, \"CONCURRENTLY\", \"\")\n");
        assertThat(run(0, "m", "--suite", "suite").out()).contains("✓ one call a file without CONCURRENTLY gives the same schema");
    }

    @Test
    @DisplayName("a copy: missing, added, changed files and line ends are told; an equal copy is silent")
    void copies() throws Exception {
        folder("m", "001_a.sql", "CREATE TABLE a(i int);\n\nCREATE TABLE x(i int);\n", "002_b.sql", "CREATE TABLE b(i int);\n", "003_c.sql", "CREATE TABLE c(i int);\n");
        folder("same", "001_a.sql", "CREATE TABLE a(i int);\n\nCREATE TABLE x(i int);\n", "002_b.sql", "CREATE TABLE b(i int);\n", "003_c.sql", "CREATE TABLE c(i int);\n");
        folder("g", "1_a.up.sql", "CREATE TABLE a(i int);\n", "1_a.down.sql", "DROP TABLE a;\n");
        folder("other", "1_a.up.sql", "CREATE TABLE a(i int);\n", "1_a.down.sql", "DROP TABLE IF EXISTS a;\n");
        assertThat(run(10, "g", "--copy", "other").out()).contains("✗ other/1_a.up.sql  the Down file of 1_a.up.sql differs", "COPY_DIFFERS");
        folder("lags", "001_a.sql", "CREATE TABLE a(i int);\n\nCREATE TABLE x(i bigint);\n", "002_b.sql", "CREATE TABLE b(i int);\r\n", "004_d.sql", "CREATE TABLE d(i int);\n");
        assertThat(run(0, "m", "--copy", "same").out()).contains("✓ the same 3 files");
        assertThat(run(10, "m", "--copy", "lags").out()).contains("✗ lags/001_a.sql:3  001_a.sql differs", "002_b.sql differs in its line ends only", "✗ lags  003_c.sql is not in the copy", "004_d.sql is in the copy only", "COPY_DIFFERS");
    }

    private static final String HISTORY = "CREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TYPE size AS ENUM ('s', 'm', 'l');\nCREATE TABLE a(i int PRIMARY KEY, q int, n varchar(20) NOT NULL DEFAULT 'x', m mood, p numeric CHECK (p > 0));\n"
            + "CREATE TABLE b(i int REFERENCES a, j int);\nCREATE INDEX bj ON b(j);\nCREATE VIEW v AS SELECT i, n FROM a;\n"
            + "CREATE FUNCTION one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\nCREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION one();\n";

    private static String url(String database) throws Exception {
        try (Connection c = DriverManager.getConnection(yours.getJdbcUrl("postgres", "postgres") + "&password=" + PASSWORD); var s = c.createStatement()) {
            s.execute("CREATE DATABASE " + database);
        }
        return "jdbc:postgresql://localhost:" + yours.getPort() + "/" + database + "?user=postgres&password=" + PASSWORD;
    }

    private static void execute(String url, String sql) throws Exception {
        try (Connection c = DriverManager.getConnection(url + "&preferQueryMode=simple"); var s = c.createStatement()) {
            s.execute(sql);
        }
    }

    @Test
    @DisplayName("a live database that is as the folder makes it is sound; each kind of drift is told, and the SQL told with it mends it")
    void drift() throws Exception {
        folder("m", "001_a.sql", goose(HISTORY, ""));
        String url = url("drifts");
        execute(url, HISTORY + "CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean, tstamp timestamp); INSERT INTO goose_db_version VALUES (1, 0, true), (2, 1, true)");
        Run.Result sound = run(0, "m", "--url", url);
        assertThat(sound.out()).contains("✓ goose has applied all 1 files", "✓ the schema is the one that 1 files make", "skipped grants, comments, rows: not compared");

        execute(url, "DROP VIEW v; ALTER TABLE a ALTER n TYPE text, ALTER n DROP NOT NULL, ALTER n SET DEFAULT 'y', DROP CONSTRAINT a_p_check; DROP INDEX bj; ALTER TABLE b DROP CONSTRAINT b_i_fkey; ALTER TABLE b DROP COLUMN j;"
                + "DROP TRIGGER t ON a; CREATE OR REPLACE FUNCTION one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; CREATE TABLE extra(i int); ALTER TABLE a ADD own int; ALTER TYPE mood ADD VALUE 'so-so'; DROP TYPE size; CREATE TYPE size AS ENUM ('m'); ALTER TABLE a ALTER q TYPE text");
        Run.Result drift = run(10, "m", "--url", url, "--format", "json");
        assertThat(codes(findings(drift))).containsExactly("SCHEMA_DRIFT");
        List<String> texts = findings(drift).stream().map(f -> f.get("text").asString()).toList();
        for (String thing : List.of("column public.a.n is text and should be character varying(20)", "not null public.a.n is not there", "default public.a.n is 'y'::text and should be 'x'::character varying", "constraint public.a.a_p_check is not there",
                "constraint public.b.b_i_fkey is not there", "column public.b.j is not there", "index public.bj is not there", "trigger public.a.t is not there", "function public.one() is ", "view public.v is not there",
                "table public.extra is there, and no migration makes it", "column public.a.own is there, and no migration makes it", "enum public.mood is 'good', 'bad', 'so-so' and should be 'good', 'bad'",
                "enum public.size is 'm' and should be 's', 'm', 'l'", "column public.a.q is text and should be integer")) {
            assertThat(texts).as(String.join("\n", texts)).anyMatch(text -> text.startsWith(thing));
        }
        assertThat(texts).hasSize(15);
        // What is told to be run mends it, in the order of dependence: tables and columns first, views last.
        List<String> mends = new ArrayList<>(findings(drift).stream().map(f -> f.get("remediation").get(0).asString()).toList());
        mends.sort(java.util.Comparator.comparing(sql -> sql.contains("VIEW") ? 2 : sql.contains("COLUMN") ? 0 : 1));
        for (String sql : mends) {
            execute(url, sql);
        }
        // What would lose data is a comment, and left to the reader.
        assertThat(findings(run(10, "m", "--url", url, "--format", "json")).stream().map(f -> f.get("text").asString().split(" is ")[0]))
                .containsExactlyInAnyOrder("table public.extra", "column public.a.own", "enum public.mood");
    }

    @Test
    @DisplayName("ledger against folder and schema: pending, out of order, unknown, and a ledger that lies; the live database is not changed")
    void ledger() throws Exception {
        folder("m", "001_a.sql", goose("CREATE TABLE a(i int);", ""), "002_b.sql", goose("CREATE TABLE b(i int);", ""), "003_c.sql", goose("CREATE TABLE c(i int);", ""), "005_e.sql", goose("CREATE TABLE e(i int);", ""));
        String url = url("ledgers");
        execute(url, "CREATE TABLE a(i int); CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean); INSERT INTO goose_db_version VALUES (1, 1, true), (2, 3, true), (3, 4, true)");
        Run.Result result = run(10, "m", "--url", url, "--format", "json");
        assertThat(findings(result).stream().map(f -> f.get("code").asString() + " " + f.get("text").asString())).containsExactlyInAnyOrder(
                "MIGRATION_OUT_OF_ORDER 002_b.sql is not applied although a later file is", "MIGRATION_NOT_APPLIED 005_e.sql is not applied",
                "MIGRATION_UNKNOWN version 4 is written down in goose_db_version, and the folder has no file for it",
                "LEDGER_LIES goose_db_version says that 003_c.sql is applied, and nothing of it is there", "SCHEMA_DRIFT table public.c is not there");
        folder("f", "V1__a.sql", "CREATE TABLE a(i int);\n", "V2__b.sql", "CREATE TABLE b(i int);\n");
        String flyway = url("flyways");
        execute(flyway, "CREATE TABLE a(i int); CREATE TABLE b(i int); CREATE TABLE flyway_schema_history (installed_rank int, version text, description text, type text, script text, checksum int, success boolean);"
                + "INSERT INTO flyway_schema_history VALUES (1, '1', 'a', 'SQL', 'V1__a.sql', " + LiveCheck.checksum("CREATE TABLE a(i int);\n") + ", true), (2, '2', 'b', 'SQL', 'V2__b.sql', 12345, true)");
        assertThat(findings(run(10, "f", "--url", flyway, "--format", "json")).stream().map(f -> f.get("code").asString() + " " + f.get("where").get("file").asString())).containsExactly("MIGRATION_CHANGED f/V2__b.sql");
    }

    @Test
    @DisplayName("the ledgers of golang-migrate and dbmate: a column that is written down and not there, pending, unknown, broken off; sound ones are silent")
    void otherLedgers() throws Exception {
        folder("g", "000001_a.up.sql", "CREATE TABLE a(i int);", "000002_b.up.sql", "ALTER TABLE a ADD j int;", "000003_c.up.sql", "CREATE TABLE c(i int);");
        String golang = url("golangs");
        execute(golang, "CREATE TABLE a(i int, j int); CREATE TABLE c(i int); CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (3, false)");
        assertThat(run(0, "g", "--url", golang).out()).contains("✓ golang-migrate has applied all 3 files", "golang-migrate writes down no checksum");
        execute(golang, "ALTER TABLE a DROP j; DROP TABLE c; UPDATE schema_migrations SET dirty = true");
        assertThat(findings(run(10, "g", "--url", golang, "--format", "json")).stream().map(f -> f.get("code").asString() + " " + f.get("text").asString())).containsExactlyInAnyOrder(
                "MIGRATION_DIRTY 000003_c.up.sql broke off in its middle", "LEDGER_LIES schema_migrations says that 000002_b.up.sql is applied, and nothing of it is there", "SCHEMA_DRIFT column public.a.j is not there");
        folder("d", "20260101000000_a.sql", "-- migrate:up\nCREATE TABLE a(i int);\n-- migrate:down\nDROP TABLE a;\n", "20260102000000_b.sql", "-- migrate:up\nCREATE TABLE b(i int);\n-- migrate:down\nDROP TABLE b;\n");
        String dbmate = url("dbmates");
        execute(dbmate, "CREATE TABLE a(i int); CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20260101000000'), ('20260103000000')");
        assertThat(findings(run(10, "d", "--url", dbmate, "--format", "json")).stream().map(f -> f.get("code").asString() + " " + f.get("text").asString())).containsExactlyInAnyOrder(
                "MIGRATION_NOT_APPLIED 20260102000000_b.sql is not applied", "MIGRATION_UNKNOWN version 20260103000000 is written down in schema_migrations, and the folder has no file for it");
        execute(dbmate, "CREATE TABLE b(i int); UPDATE schema_migrations SET version = '20260102000000' WHERE version = '20260103000000'");
        assertThat(run(0, "d", "--url", dbmate).out()).contains("✓ dbmate has applied all 2 files");
    }

    @Test
    @DisplayName("--whole-file: what is left when the Down part runs with the Up part")
    void wholeFile() throws Exception {
        folder("m", "001_a.sql", goose("CREATE TABLE a(i int);", "DROP TABLE a;"), "002_b.sql", goose("CREATE TABLE IF NOT EXISTS b(i int);", "SELECT 1;"));
        assertThat(run(0, "m", "--whole-file").out()).contains("MIGRATION_MARKS_IGNORED  m", "1 things are missing or differ, 0 statements fail", "table public.a is not there");
        folder("plain", "1_a.sql", "CREATE TABLE a(i int);");
        folder("same", "001_a.sql", goose("CREATE TABLE a(i int);", "SELECT 1;"));
        assertThat(run(0, "plain", "same", "--whole-file").out()).contains("✓ the schema is the same: no Down part undoes what its Up part did", "skipped whole files: files of plain numbered SQL hold no Down part");
    }

    @Test
    @DisplayName("--sarif and --junit hold the findings, whole, with places; --format github annotates; the built-in case is sound")
    void exports() throws Exception {
        folder("m", "001_a.sql", goose("CREATE TABLE a(i int);", ""), "002_b.sql", goose("ALTER TABLE a ADD \"<&>\" nosuchtype;", ""));
        Run.Result result = process(10, "m", "--sarif", "out/x.sarif", "--junit", "out/x.xml", "--format", "github");
        assertThat(result.out()).contains("::error file=m/002_b.sql,line=2,title=MIGRATION_FAILS::");
        JsonNode sarif = JsonMapper.shared().readTree(Files.readString(temp.resolve("out/x.sarif")));
        JsonNode first = sarif.get("runs").get(0).get("results").get(0);
        assertThat(first.get("ruleId").asString()).isEqualTo("MIGRATION_FAILS");
        assertThat(first.get("locations").get(0).get("physicalLocation").get("artifactLocation").get("uri").asString()).isEqualTo("m/002_b.sql");
        var xml = javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(temp.resolve("out/x.xml").toFile());
        assertThat(xml.getDocumentElement().getAttribute("failures")).isEqualTo("1");
        assertThat(xml.getElementsByTagName("failure").item(0).getTextContent()).contains("nosuchtype");

        Run.Result builtIn = run(0, Run.ROOT.resolve("migrations").toString(), "--down", "--format", "json");
        assertThat(findings(builtIn)).isEmpty();
        assertThat(builtIn.out()).contains("17 Down parts give back what was there before; Up after Down gives the same schema");
    }

    @Test
    @DisplayName("wrong usage and folders that cannot be read are one sentence")
    void usage() throws Exception {
        assertThat(process(2).err()).contains("there is no folder migrations or db/migrations here").hasLineCount(1);
        assertThat(process(2, "nosuch").err()).contains("nosuch does not exist").hasLineCount(1);
        folder("m", "001_a.sql", "CREATE TABLE a(i int);");
        assertThat(run(2, "m", "--suite", "nosuch").err()).contains("--suite nosuch does not exist").hasLineCount(1);
        Files.createDirectories(temp.resolve("none"));
        assertThat(run(3, "m", "--suite", "none").err()).contains("--suite none holds no file of text");
        assertThat(run(2, "m", "--copy", "nosuch").err()).contains("nosuch does not exist").hasLineCount(1);
        assertThat(run(2, "m", "--role", "x", "--whole").err()).contains("--whole").hasLineCount(1);
        Files.write(temp.resolve("m/002_b.sql"), new byte[] {'a', 0, 'b'});
        assertThat(run(2, "m").err()).contains("m/002_b.sql is not text").hasLineCount(1);
        Files.write(temp.resolve("m/002_b.sql"), "SELECT 'ü';\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(run(0, "m").out()).contains("MIGRATION_NOT_UTF8");
    }

    @Test
    @DisplayName("a live server that dies in the middle is one sentence; a ledger without checksums is said to have none")
    void serverDies() throws Exception {
        folder("m", "001_a.sql", goose("CREATE TABLE a(i int);", "DROP TABLE a;"));
        String url = url("dies");
        execute(url, "CREATE TABLE a(i int); CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean); INSERT INTO goose_db_version VALUES (1, 1, true)");
        assertThat(process(0, "m", "--url", url.replace("&password=" + PASSWORD, "")).out()).contains("skipped whether applied files were changed since: goose writes down no checksum");
        for (String words : List.of("quote_ident", "SELECT version_id")) {
            try (var dying = new java.net.ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress())) {
                Run.diesWhenAsked(dying, yours.getPort(), words);
                assertThat(run(3, "m", "--url", url.replace(":" + yours.getPort(), ":" + dying.getLocalPort())).err().lines().filter(line -> !line.matches("verify-migrations: \\d .*")))
                        .singleElement().asString().contains("the server went away");
            }
        }
    }

    @Test
    @DisplayName("a migration that would sleep for ever, and takes the time limit away, is named by the time limit")
    void sleeps() throws Exception {
        folder("m", "001_a.sql", goose("SELECT 1;\nSELECT pg_sleep(1e9);", ""), "002_b.sql", goose("SET statement_timeout = 0;\nSET application_name = x;\nSELECT pg_sleep(1e9);", ""), "003_c.sql", goose("\\! touch pwned\n;", ""));
        Run.Result result = script("m").jvm("-Drunbook.statement.seconds=1").go();
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).contains("✗ m/001_a.sql:3  ERROR: canceling statement due to statement timeout (SQLSTATE 57014)\n      it ran longer than the 1 s that a statement may take here",
                "✗ m/002_b.sql:4  ERROR: canceling statement due to user request (SQLSTATE 57014)\n      it ran longer than the 1 s", "m/003_c.sql:2  003_c.sql has \\!, a command of psql's own, which goose's driver cannot run: take the lines out");
        assertThat(temp.resolve("pwned")).doesNotExist();
    }

    @Test
    @DisplayName("a password that goose's ENVSUB takes from the environment is used, and not shown")
    void passwordOfTheEnvironment() throws Exception {
        folder("m", "001_a.sql", "-- +goose ENVSUB ON\n" + goose("CREATE TABLE ${SOME_NAME} (i int);\nCREATE ROLE app PASSWORD '${APP_PASSWORD}' NOSUCH;", ""));
        Run.Result result = script("m").with("SOME_NAME", "filled").with("APP_PASSWORD", "not-to-be-shown").go();
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).contains("✗ m/001_a.sql:4", "unrecognized role option", "PASSWORD '***'").doesNotContain("not-to-be-shown");
    }

    @Test
    @DisplayName("odd files: links that loop or lead nowhere, unreadable, empty, CRLF and BOM, huge ones, in the folder and in --suite")
    void oddFiles() throws Exception {
        Path dir = folder("m", "001_a.sql", "\uFEFF" + goose("CREATE TABLE a(i int);", "DROP TABLE a;").replace("\n", "\r\n"), "002_b.sql", "");
        Path suite = folder("suite", "a.go", "package s\r\nvar f = []string{\"001_a.sql\", \"002_b.sql\"}\r\n", "min.js", "'001_a.sql','003_b.sql';".repeat(900_000), "empty.go", "");
        Files.createSymbolicLink(dir.resolve("loop"), dir);
        Files.createSymbolicLink(suite.resolve("loop"), suite);
        Files.write(suite.resolve("binary.go"), new byte[] {'0', '0', '1', '_', 0});
        Files.write(suite.resolve("latin.py"), "# \u00fc\nF = ['001_a.sql', '002_b.sql']\n".getBytes(StandardCharsets.ISO_8859_1));
        Files.createSymbolicLink(temp.resolve("named"), suite);
        assertThat(run(0, "m", "--suite", "named").out()).contains("001_a.sql begins with a byte order mark", "002_b.sql is empty", "suite/min.js is larger than 2 MB: not read", "suite/loop is a link: not read", "suite/binary.go (no text): not read",
                "suite/a.go:2 lists 2 of 2 files", "suite/latin.py:2 lists 2 of 2 files", "loop/ is a subfolder");
        Files.createSymbolicLink(dir.resolve("003_c.sql"), Path.of("003_c.sql"));
        assertThat(run(2, "m").err()).contains("m/003_c.sql").hasLineCount(1);
        Files.delete(dir.resolve("003_c.sql"));
        Files.writeString(dir.resolve("003_c.sql"), "-- +goose Up\n" + "INSERT INTO a VALUES (1);\n".repeat(800_000));
        assertThat(run(2, "m").err()).contains("m/003_c.sql is 19 MB large, too large for a migration (limit 8 MB)").hasLineCount(1);
        Files.delete(dir.resolve("003_c.sql"));
        Files.delete(dir.resolve("001_a.sql"));
        Files.delete(dir.resolve("002_b.sql"));
        assertThat(run(2, "m").err()).contains("holds no migration").hasLineCount(1);
    }
}
