import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("explain-error --error: on your own project")
class OwnProjectTest {
    private static final String NOTE = "ERROR: column \"note\" of relation \"orders\" does not exist (SQLSTATE 42703)";
    private static final String ORDERS = "CREATE TABLE orders (id int, state text);\n";
    private static final String ADD = "ALTER TABLE orders ADD COLUMN note text;\n";

    @TempDir
    Path temp;

    @Test
    @DisplayName("lists of files in Go, Python, Java, shell, YAML, Makefile, SQL and JavaScript: the omission is named with its line, and the missing entry is written like the others")
    void lists() throws Exception {
        Map<String, String[]> cases = new LinkedHashMap<>();
        cases.put("suite_test.go", new String[] {"var m = []string{\n\t\"001_a.sql\",\n\t\"003_c.sql\",\n}\n", "2", "+\t\"002_b.sql\","});
        cases.put("one.go", new String[] {"var m = []string{\"001_a.sql\", \"003_c.sql\"}\n", "1", "+var m = []string{\"001_a.sql\", \"002_b.sql\", \"003_c.sql\"}"});
        cases.put("setup.py", new String[] {"M = [\n    '001_a.sql',\n    '003_c.sql'\n]\n", "2", "+    '002_b.sql',"});
        cases.put("Setup.java", new String[] {"List<String> m = List.of(\"001_a.sql\",\n        \"003_c.sql\");\n", "1", "+        \"002_b.sql\","});
        cases.put("apply.sh", new String[] {"for f in 001_a.sql 003_c.sql; do psql -f db/$f; done\n", "1", "+for f in 001_a.sql 002_b.sql 003_c.sql; do psql -f db/$f; done"});
        cases.put("ci.yaml", new String[] {"files:\n  - db/001_a.sql\n  - db/003_c.sql\n", "2", "+  - db/002_b.sql"});
        cases.put("Makefile", new String[] {"FILES = 001_a.sql \\\n\t003_c.sql\n", "1", "+\t002_b.sql \\"});
        cases.put("all.sql", new String[] {"\\i db/001_a.sql\n\\i db/003_c.sql\n", "1", "+\\i db/002_b.sql"});
        cases.put("setup.mjs", new String[] {"const m = [`001_a.sql`, `003_c.sql`];", "1", "+const m = [`001_a.sql`, `002_b.sql`, `003_c.sql`];\n"});
        for (var each : cases.entrySet()) {
            Path project = project(each.getKey() + "-project", "001_a.sql", ORDERS, "002_b.sql", ADD, "003_c.sql", "CREATE TABLE other (id int);");
            Files.writeString(project.resolve(each.getKey()), each.getValue()[0]);
            String out = DiagnosisTest.diagnose(project, NOTE, null, null);
            assertThat(out).contains("CAUSE_NOT_APPLIED  " + each.getKey() + ":" + each.getValue()[1] + "\n").contains(each.getKey() + ":" + each.getValue()[1] + " lists 2 of 3 files: 002_b.sql is not in it")
                    .contains(each.getValue()[2].replaceAll("(?m)^(?=.)", "      "));
        }
    }

    @Test
    @DisplayName("the last entry of a list gets the comma that it lacked")
    void lastEntry() throws Exception {
        Path project = project("p", "001_a.sql", ORDERS, "002_b.sql", "CREATE TABLE other (id int);", "003_c.sql", ADD);
        Files.writeString(project.resolve("setup.py"), "M = [\n    '001_a.sql',\n    '002_b.sql'\n]\n");
        assertThat(DiagnosisTest.diagnose(project, NOTE, null, null)).contains("      -    '002_b.sql'\n      +    '002_b.sql',\n      +    '003_c.sql'\n       ]");
    }

    @Test
    @DisplayName("two lists in one file get the missing entry each, at their own lines")
    void twoLists() throws Exception {
        Path project = project("p", "001_a.sql", ORDERS, "002_b.sql", ADD, "003_c.sql", "CREATE TABLE other (id int);");
        Files.writeString(project.resolve("setup.py"), "UNIT = [\n    '001_a.sql',\n    '003_c.sql',\n]\n\n\ndef more():\n    pass\n\n\nE2E = [\n    '001_a.sql',\n    '003_c.sql',\n]\n");
        assertThat(DiagnosisTest.diagnose(project, NOTE, null, null)).contains("      @@ -1,4 +1,5 @@\n       UNIT = [\n           '001_a.sql',\n      +    '002_b.sql',\n           '003_c.sql',\n       ]\n",
                "       E2E = [\n           '001_a.sql',\n      +    '002_b.sql',\n           '003_c.sql',\n       ]");
    }

    @Test
    @DisplayName("statements in Go, Java, Python, JavaScript and others are found and judged by the server as they are written")
    void statements() throws Exception {
        Map<String, String[]> cases = new LinkedHashMap<>();
        cases.put("repo.go", new String[] {"const q = `\n\tUPDATE orders\n\tSET note = $1 WHERE id = $2`\n", "PREPARE s AS UPDATE orders\n      SET note = $1 WHERE id = $2;"});
        cases.put("Repo.java", new String[] {"String q = \"\"\"\n        UPDATE orders SET note = ?\n        WHERE id = ?\"\"\";\n", "UPDATE orders SET note = $1\n      WHERE id = $2;"});
        cases.put("repo.py", new String[] {"q = 'UPDATE orders SET note = %s WHERE id = %s'\n", "UPDATE orders SET note = $1 WHERE id = $2;"});
        cases.put("named.py", new String[] {"q = \"UPDATE orders SET note = %(n)s, state = %(n)s WHERE id = %(id)s\"\n", "UPDATE orders SET note = $1, state = $1 WHERE id = $2;"});
        cases.put("repo.js", new String[] {"const q = sql`UPDATE orders SET note = ${note} WHERE id = ${order.id}`;\n", "UPDATE orders SET note = $1 WHERE id = $2;"});
        cases.put("repo.rb", new String[] {"q = \"UPDATE orders SET note = :note WHERE id = :id\"\n", "UPDATE orders SET note = $1 WHERE id = $2;"});
        cases.put("Repo.cs", new String[] {"var q = \"UPDATE orders SET note = @note WHERE id = @id\";\n", "UPDATE orders SET note = $1 WHERE id = $2;"});
        cases.put("cast.java", new String[] {"String q = \"UPDATE orders SET note = ?::text, state = '12:30' WHERE to_jsonb(orders) ?? 'a:b'\";\n", "UPDATE orders SET note = $1::text, state = '12:30' WHERE to_jsonb(orders) ? 'a:b';"});
        for (var each : cases.entrySet()) {
            Path project = project(each.getKey() + "-project", "001_a.sql", ORDERS, "002_b.sql", ADD);
            Files.writeString(project.resolve(each.getKey()), each.getValue()[0]);
            assertThat(DiagnosisTest.diagnose(project, NOTE, null, null)).contains(each.getKey() + ":").contains(each.getValue()[1]).contains("✗ " + NOTE).contains("✓ the statement is accepted");
        }
    }

    @Test
    @DisplayName("which migration supplies it, and on which line: by ALTER, in CREATE TABLE, by renaming, in a statement block, in a DO block")
    void supplier() throws Exception {
        Map<String, String[]> cases = new LinkedHashMap<>();
        cases.put("alter", new String[] {"-- +goose Up\n\n" + ADD, "002_b.sql:3 adds it"});
        cases.put("create", new String[] {"-- +goose Up\nDROP TABLE orders;\nCREATE TABLE orders (\n  id int,\n  note text);\n", "002_b.sql:3 adds it"});
        cases.put("rename", new String[] {"-- +goose Up\nALTER TABLE orders RENAME state TO note;\n", "002_b.sql:2 renames state to it"});
        cases.put("block", new String[] {"-- +goose Up\n-- +goose StatementBegin\nSELECT ';';\n" + ADD + "-- +goose StatementEnd\n", "002_b.sql:4 adds it"});
        cases.put("do", new String[] {"-- +goose Up\n-- +goose StatementBegin\nDO $$\nBEGIN\n  EXECUTE 'ALTER TABLE orders ADD no' || 'te text';\nEND $$;\n-- +goose StatementEnd\n", "002_b.sql:3 adds it"});
        for (var each : cases.entrySet()) {
            Path project = project(each.getKey(), "001_a.sql", ORDERS);
            Files.writeString(project.resolve("db/002_b.sql"), each.getValue()[0]);
            assertThat(DiagnosisTest.diagnose(project, NOTE, null, null)).contains("✓ db/" + each.getValue()[1]).contains("✓ the statement is accepted").contains("CAUSE_NOT_APPLIED  db/" + each.getValue()[1].split(" ")[0]);
        }
    }

    @Test
    @DisplayName("a migration that is missing is written in the folder's dialect; put there, a second run finds that it supplies the column")
    void dialects() throws Exception {
        Map<String, String[]> cases = new LinkedHashMap<>();
        cases.put("goose", new String[] {"001_a.sql", "-- +goose Up\n" + ORDERS, "002_add_note_column.sql", "-- +goose Up\nALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;\n\n-- +goose Down\nALTER TABLE orders DROP COLUMN IF EXISTS note;\n"});
        cases.put("golang-migrate", new String[] {"000001_a.up.sql", ORDERS, "000002_add_note_column.up.sql", "ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;\n"});
        cases.put("dbmate", new String[] {"20250101000000_a.sql", "-- migrate:up\n" + ORDERS, null, "-- migrate:up\nALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;\n\n-- migrate:down\nALTER TABLE orders DROP COLUMN IF EXISTS note;\n"});
        cases.put("flyway", new String[] {"V1__a.sql", ORDERS, "V2__add_note_column.sql", "ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;\n"});
        cases.put("plain", new String[] {"01-a.sql", ORDERS, "02_add_note_column.sql", "ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;\n"});
        for (var each : cases.entrySet()) {
            Path db = Files.createDirectories(temp.resolve(each.getKey()).resolve("db"));
            Files.writeString(db.resolve(each.getValue()[0]), each.getValue()[1]);
            if (each.getKey().equals("flyway")) {
                Files.writeString(db.resolve("R__view.sql"), "CREATE OR REPLACE VIEW v AS SELECT id FROM orders;\n");
            }
            Path project = db.getParent();
            assertThat(DiagnosisTest.codes(DiagnosisTest.diagnose(project, NOTE, null, db))).as(each.getKey()).containsExactly("CAUSE_MIGRATION_MISSING");
            List<Path> written = files(db).stream().filter(f -> f.toString().contains("add_note_column") && !f.toString().contains(".down.")).toList();
            assertThat(written).hasSize(1);
            assertThat(written.get(0)).hasContent(each.getValue()[3]);
            if (each.getValue()[2] != null) {
                assertThat(written.get(0)).hasFileName(each.getValue()[2]);
            } else {
                assertThat(written.get(0).getFileName().toString()).matches("\\d{14}_add_note_column\\.sql");
            }
            assertThat(DiagnosisTest.diagnose(project, NOTE, null, null)).contains("✓ db/" + written.get(0).getFileName() + ":").contains("✓ the statement is accepted").contains("CAUSE_NOT_APPLIED");
        }
        assertThat(temp.resolve("golang-migrate/db/000002_add_note_column.down.sql")).hasContent("ALTER TABLE orders DROP COLUMN IF EXISTS note;\n");
    }

    @Test
    @DisplayName("--fix: nothing without it; a renumbering moves the file and is no error a second time; a file that is there and differs is never overwritten")
    void fix() throws Exception {
        Path project = project("p", "001_a.sql", ORDERS, "002_b.sql", "CREATE TABLE other (id int);", "002_note.sql", ADD);
        Map<String, String> before = texts(project);
        Run.Result shown = script(project, "--error", NOTE).go();
        assertThat(shown.out()).contains("rename db/002_note.sql → db/003_note.sql");
        assertThat(shown.exit()).isEqualTo(10);
        assertThat(texts(project)).isEqualTo(before);

        Files.writeString(Files.createDirectory(project.resolve("out")).resolve("003_note.sql"), "mine\n");
        Run.Result refused = script(project, "--error", NOTE, "--fix", "out").go();
        assertThat(refused.err()).contains("out/003_note.sql is there and differs: nothing was written");
        assertThat(refused.exit()).isEqualTo(2);
        assertThat(project.resolve("out/003_note.sql")).hasContent("mine\n");

        Run.Result moved = script(project, "--error", NOTE, "--fix", "db").go();
        assertThat(moved.out()).contains("✓ wrote db/003_note.sql").contains("✓ removed db/002_note.sql");
        assertThat(files(project.resolve("db")).stream().map(f -> f.getFileName().toString())).containsExactly("001_a.sql", "002_b.sql", "003_note.sql");
        assertThat(project.resolve("db/003_note.sql")).hasContent("-- +goose Up\n" + ADD);
    }

    @Test
    @DisplayName("a fix of code comes as a patch that patch and git take, with CRLF, without a last line end, beside a Latin-1 file")
    void patch() throws Exception {
        Path project = project("p", "001_a.sql", ORDERS, "002_b.sql", ADD);
        Files.writeString(project.resolve("win.go"), "package x\r\n\r\nconst q = `UPDATE orders SET noet = $1`\r\n");
        Files.writeString(project.resolve("end.py"), "q = 'UPDATE orders SET noet = %s'");
        Files.write(project.resolve("latin.js"), "// für\nq = 'UPDATE orders SET noet = $1'\n".getBytes(StandardCharsets.ISO_8859_1));
        String out = DiagnosisTest.diagnose(project, NOTE.replace("note", "noet"), null, project.resolve("fix"));
        assertThat(out).contains("CAUSE_CODE_NAME").contains("sed -i 's/\\bnoet\\b/note/g' latin.js").contains("✓ wrote fix/explain-error.patch");
        // The diagnosis ran elsewhere: here its paths are those of the project.
        Path patch = project.resolve("fix/explain-error.patch");
        Files.writeString(patch, Files.readString(patch).replace(project + "/", ""));
        for (String[] command : new String[][] {{"git", "apply", "-p0", "fix/explain-error.patch"}, {"patch", "--binary", "-R", "-p0", "-i", "fix/explain-error.patch"}, {"patch", "--binary", "-p0", "-i", "fix/explain-error.patch"}}) {
            if (onPath(command[0])) {
                Run.Result result = Run.command(command).in(project).go();
                assertThat(result.exit()).as(result.all()).isZero();
            }
        }
        if (onPath("git") && onPath("patch")) {
            assertThat(Files.readString(project.resolve("win.go"))).isEqualTo("package x\r\n\r\nconst q = `UPDATE orders SET note = $1`\r\n");
            assertThat(Files.readString(project.resolve("end.py"))).isEqualTo("q = 'UPDATE orders SET note = %s'");
        }
    }

    @Test
    @DisplayName("--url: the live database is only read, with a role that may do nothing but that; the password is printed nowhere, in no format")
    void live() throws Exception {
        String password = "s3cr%t-Wort";
        Path project = project("p", "001_a.sql", ORDERS, "002_b.sql", ADD, "003_c.sql", "CREATE TABLE other (id int);");
        try (EmbeddedPostgres yours = scram(temp.resolve("yours"), "owner-wort")) {
            String owner = yours.getJdbcUrl("postgres", "postgres") + "&password=owner-wort";
            String before;
            try (Connection c = DriverManager.getConnection(owner); var s = c.createStatement()) {
                s.execute(ORDERS + "CREATE TABLE other (id int); INSERT INTO orders VALUES (1, 'new');"
                        + "CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean); INSERT INTO goose_db_version VALUES (1, 1, true), (2, 3, true);"
                        + "CREATE ROLE reader LOGIN PASSWORD '" + password + "'; GRANT SELECT ON goose_db_version TO reader; CREATE ROLE nobody_here LOGIN PASSWORD '" + password + "'");
                before = state(c);
            }
            String uri = "postgres://reader:s3cr%25t-Wort@localhost:" + yours.getPort() + "/postgres";
            // Once as a role that might write, and then as one that may not.
            for (String format : List.of("text", "json", "markdown", "github")) {
                Run.Result result = script(project, "--error", NOTE, "--url", format.equals("text") ? uri.replaceFirst("//.*@", "//postgres:owner-wort@") : uri, "--format", format).go();
                assertThat(result.out()).as(result.err()).contains("CAUSE_NOT_APPLIED").contains("MIGRATION_OUT_OF_ORDER").contains("goose_db_version does not have version 002");
                assertThat(result.all()).doesNotContain(password).doesNotContain("s3cr%25t").doesNotContain("owner-wort");
                assertThat(result.exit()).isEqualTo(10);
            }
            // The environment names the server, too; a ledger that the role may not read is told, and the diagnosis goes on without.
            Run.Result denied = script(project, "--error", NOTE).with("PGHOST", "localhost").with("PGPORT", String.valueOf(yours.getPort())).with("PGUSER", "nobody_here").with("PGPASSWORD", password).with("PGDATABASE", "postgres").go();
            assertThat(denied.out()).contains("CAUSE_NOT_APPLIED", "skipped public.goose_db_version: this role may not read it").doesNotContain(password);
            assertThat(denied.exit()).as(denied.err()).isEqualTo(10);
            Run.Result wrong = script(project, "--error", NOTE, "--url", uri.replace("Wort", "Wrt")).go();
            assertThat(DiagnosisTest.said(wrong)).contains("wants a password for user reader, and refuses the one given").hasLineCount(1).doesNotContain("Wrt");
            assertThat(wrong.exit()).isEqualTo(3);
            try (Connection c = DriverManager.getConnection(owner)) {
                assertThat(state(c)).as("relations, columns, rows, roles and databases").isEqualTo(before);
            }
        }
        Run.Result mistaken = script(project, "--error", NOTE, "postgres://reader:hunter22@localhost/x").go();
        assertThat(mistaken.err()).hasLineCount(1).doesNotContain("hunter22");
        assertThat(mistaken.exit()).isEqualTo(2);
    }

    @Test
    @DisplayName("files that fail are named with line and SQLSTATE, and the diagnosis goes on; a shell command in a migration is not run; roles and extensions")
    void failingFiles() throws Exception {
        Path project = project("p", "001_a.sql", ORDERS, "002_copy.sql", "CREATE TABLE c (x text);\nCOPY c FROM PROGRAM 'touch " + temp.resolve("pwned") + "';\n",
                "003_broken.sql", "SELECT 1;\n\nALTER TABLE absent ADD x int;\n", "004_vector.sql", "CREATE EXTENSION vector;\n", "005_stat.sql", "CREATE EXTENSION pg_stat_statements;\n",
                "006_grant.sql", "GRANT SELECT ON orders TO auditor;\n", "007_grant.sql", "GRANT SELECT ON orders TO absent_role;\n", "008_b.sql", ADD);
        Run.Result result = script(project, "--error", NOTE, "--role", "auditor", "--format", "json").go();
        var document = JsonMapper.shared().readTree(result.out());
        Map<String, String> found = new TreeMap<>();
        document.get("findings").forEach(f -> found.put(f.get("where").get("file").asString() + ":" + f.get("where").get("line").asInt(), f.get("code").asString()));
        assertThat(found).isEqualTo(new TreeMap<>(Map.of("db/002_copy.sql:3", "PRIVILEGE_MISSING", "db/003_broken.sql:4", "MIGRATION_FAILS", "db/004_vector.sql:2", "EXTENSION_MISSING",
                "db/007_grant.sql:2", "ROLE_MISSING", "db/008_b.sql:2", "CAUSE_NOT_APPLIED")));
        assertThat(result.out()).contains("(SQLSTATE 42P01)").contains("(SQLSTATE 42501)");
        assertThat(document.get("checked").get("files replayed").asInt()).isEqualTo(6);
        assertThat(document.get("verdict").asString()).isEqualTo("problems");
        assertThat(temp.resolve("pwned")).doesNotExist();
        assertThat(result.exit()).isEqualTo(10);
    }

    @Test
    @DisplayName("a folder that does not make the table at all is said to be the wrong one")
    void wrongFolder() throws Exception {
        Path project = project("p", "001_a.sql", "CREATE TABLE other (id int);\n");
        assertThat(DiagnosisTest.diagnose(project, NOTE, null, null)).contains("# no file of db creates orders: name the folder that does with --migrations").contains("could NOT be proven");
    }

    @Test
    @DisplayName("a --migrations or --source that cannot be used is one sentence that names it, and exit 2")
    void unusableFolders() throws Exception {
        Path project = project("p", "001_a.sql", ORDERS);
        Files.createDirectory(project.resolve("empty"));
        Files.writeString(Files.createDirectory(project.resolve("names")).resolve("notes.sql"), "SELECT 1;");
        Files.write(Files.createDirectory(project.resolve("binary")).resolve("001_a.sql"), new byte[] {'S', 0, 1});
        try (var sparse = new RandomAccessFile(Files.createDirectory(project.resolve("huge")).resolve("001_a.sql").toFile(), "rw")) {
            sparse.setLength(50 << 20);
        }
        Map<String, String> sentences = new LinkedHashMap<>();
        sentences.put("absent", "--migrations absent does not exist");
        sentences.put("db/001_a.sql", "--migrations db/001_a.sql is a file: name the folder that holds it");
        sentences.put("empty", "--migrations empty holds no migration: there is no .sql file in it");
        sentences.put("names", "--migrations names holds no migration: none of its 1 .sql files is named as");
        sentences.put("binary", "binary/001_a.sql is not text: it holds a zero byte at offset 1");
        sentences.put("huge", "huge/001_a.sql is 50 MB large, too large for a migration");
        for (var each : sentences.entrySet()) {
            refused(Run.script("explain-error", "--error", NOTE, "--migrations", each.getKey()).in(project), each.getValue());
        }
        refused(Run.script("explain-error", "--error", NOTE, "--migrations", "db", "--source", "nowhere").in(project), "--source nowhere does not exist");
    }

    @Test
    @DisplayName("without the right to read or write a folder: one sentence, no stack trace")
    void noRights() throws Exception {
        assumeTrue(onPath("setpriv") || !"root".equals(System.getProperty("user.name")), "needs a user without root's rights");
        Path project = project("p", "001_a.sql", ORDERS);
        Path closed = Files.createDirectory(project.resolve("closed"));
        Files.writeString(closed.resolve("001_a.sql"), ORDERS);
        Files.createDirectory(project.resolve("src"));
        Files.writeString(project.resolve("src/secret.go"), "`UPDATE orders SET note = $1`");
        assertThat(closed.toFile().setReadable(false, false) && closed.toFile().setWritable(false, false)).isTrue();
        assertThat(project.resolve("src/secret.go").toFile().setReadable(false, false)).isTrue();
        Run.Result folder = unprivileged(project, "--error", NOTE, "--migrations", "closed");
        assertThat(folder.err()).contains("--migrations closed cannot be read: closed may not be read or written by this user").hasLineCount(1);
        assertThat(folder.exit()).isEqualTo(2);
        Run.Result written = unprivileged(project, "--error", NOTE, "--migrations", "db", "--source", "src", "--fix", "closed");
        assertThat(DiagnosisTest.said(written)).contains("could not read or write: ").contains("may not be read or written by this user").hasLineCount(1);
        assertThat(written.out()).contains("CAUSE_MIGRATION_MISSING").contains("secret.go may not be read");
        assertThat(written.exit()).isEqualTo(1);
    }

    @Test
    @DisplayName("odd files are read: Latin-1, CRLF, a byte order mark, an open $$; source with symlink loops, binaries, minified and huge files")
    void oddFiles() throws Exception {
        Path db = Files.createDirectories(temp.resolve("p/db"));
        Path src = Files.createDirectories(temp.resolve("p/src"));
        Files.writeString(db.resolve("001_a.sql"), "\uFEFF-- +goose Up\r\nCREATE TABLE orders (\r\n  id int);\r\n");
        Files.write(db.resolve("002_b.sql"), "-- +goose Up\nCOMMENT ON TABLE orders IS 'Aufträge';\n".getBytes(StandardCharsets.ISO_8859_1));
        Files.writeString(db.resolve("003_c.sql"), "-- +goose Up\nDO $$ BEGIN\n");
        Files.writeString(db.resolve("004_d.sql"), "-- +goose Up\r\n" + ADD.replace("\n", "\r\n"));
        Files.createSymbolicLink(src.resolve("loop"), src);
        Files.createSymbolicLink(src.resolve("dangling"), src.resolve("nothing"));
        Files.write(src.resolve("tool.bin"), "note\0UPDATE orders SET note = 1".getBytes(StandardCharsets.UTF_8));
        String escaped = "\\n".repeat(300_000);
        Files.writeString(src.resolve("app.min.js"), "var a=\"" + escaped + "\";q='UPDATE orders SET note = $1';var b='" + escaped + "';");
        Files.writeString(src.resolve("huge.json"), "note ".repeat(600_000));
        Run.Result result = script(temp.resolve("p"), "--error", NOTE, "--source", "src").go();
        assertThat(result.out()).as(result.err()).contains("src/app.min.js:1").contains("✓ db/004_d.sql:2 adds it").contains("✓ the statement is accepted").contains("PREPARE s AS UPDATE orders SET note = $1;")
                .contains("MIGRATION_NOT_UTF8").contains("MIGRATION_FAILS  db/003_c.sql:2").contains("huge.json is larger than 2 MB").contains("CAUSE_NOT_APPLIED  db/004_d.sql:2").doesNotContain("tool.bin");
        assertThat(result.out().lines().mapToInt(String::length).max().orElse(0)).as("no line of the minified file is printed whole").isLessThan(400);
        assertThat(result.exit()).isEqualTo(10);
    }

    @Test
    @DisplayName("hostile names do no harm: no terminal escapes, no workflow commands, no broken JSON or Markdown")
    void hostileNames() throws Exception {
        Path project = project("p", "001_a.sql", "CREATE TABLE \"evil\u001b]8;;```\n::error::table\" (id int);\n");
        Files.createDirectory(project.resolve("src"));
        Files.writeString(project.resolve("src/::error::x\u001b[2J```.sql"), "SELECT \"x\n::error title=pwned::y```\u001b]0;z\u0007\";\n");
        String error = "ERROR: column \"x\n::error title=pwned::y```\u001b]0;z\u0007\" of relation \"evil\u001b]8;;```\n::error::table\" does not exist (SQLSTATE 42703)";
        for (String format : List.of("text", "json", "markdown", "github")) {
            Run.Result result = script(project, "--error", error, "--source", "src", "--format", format).go();
            assertThat(result.exit()).as(result.all()).isEqualTo(10);
            assertThat(result.all()).doesNotContain("\u001b").doesNotContain("\u0007");
            if (format.equals("json")) {
                assertThat(JsonMapper.shared().readTree(result.out()).get("findings").get(0).get("code").asString()).isEqualTo("CAUSE_MIGRATION_MISSING");
            }
            if (format.equals("github")) {
                assertThat(result.out().lines().filter(line -> line.strip().startsWith("::")).toList()).allMatch(line -> line.matches("::(group::\\d+ .*|endgroup::|(error|warning|notice) .*title=[A-Z_]+::.*)"))
                        .noneMatch(line -> line.startsWith("::error title=pwned"));
            }
            if (format.equals("markdown")) {
                // Outside of fences, that are longer than any run of back ticks inside, there is no code left open.
                assertThat(result.out().lines().filter(line -> line.matches("`{3,}(text)?")).count() % 2).isZero();
                assertThat(result.out().lines().filter(line -> line.startsWith("## ")).toList()).allMatch(line -> line.matches("## (\\d+\\. .+|Findings)"));
            }
            assertThat(result.err().lines().toList()).noneMatch(line -> line.strip().startsWith("::"));
        }
    }

    private static void refused(Run run, String sentence) throws Exception {
        Run.Result result = run.go();
        assertThat(result.err()).contains(sentence).hasLineCount(1);
        assertThat(result.exit()).isEqualTo(2);
    }

    /** The script as a user whom permissions bind; root gives up what sets it above them. */
    private static Run.Result unprivileged(Path project, String... arguments) throws Exception {
        Run run = Run.script("explain-error", arguments).in(project);
        return ("root".equals(System.getProperty("user.name")) ? run.under("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all") : run).go();
    }

    private static boolean onPath(String tool) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(dir -> Files.isExecutable(Path.of(dir, tool)));
    }

    /** Runs in the project with its folder db; --source is what the test says. */
    private static Run script(Path project, String... arguments) {
        return Run.script("explain-error", Stream.concat(Stream.of("--migrations", "db"), Stream.of(arguments)).toArray(String[]::new)).in(project);
    }

    /** A project with goose files, each with its Up mark on line 1. */
    private Path project(String name, String... namesAndTexts) throws Exception {
        Path project = temp.resolve(name);
        Files.createDirectories(project.resolve("db"));
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Files.writeString(project.resolve("db").resolve(namesAndTexts[i]), "-- +goose Up\n" + namesAndTexts[i + 1]);
        }
        return project;
    }

    private static List<Path> files(Path folder) throws Exception {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static Map<String, String> texts(Path folder) throws Exception {
        Map<String, String> texts = new TreeMap<>();
        for (Path file : files(folder)) {
            texts.put(file.toString(), Files.readString(file));
        }
        return texts;
    }

    /** A server as the reader has one: it wants a password, by SCRAM. */
    private static EmbeddedPostgres scram(Path folder, String password) throws Exception {
        Path file = Files.writeString(folder.resolveSibling("pw"), password);
        return EmbeddedPostgres.builder().setDataDirectory(folder).setLocaleConfig("pwfile", file.toString()).setConnectConfig("password", password).setServerConfig("unix_socket_directories", "")
                .setDataDirectoryCustomizer(data -> {
                    try {
                        Files.writeString(data.toPath().resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }).start();
    }

    private static String state(Connection c) throws Exception {
        try (var s = c.createStatement(); var r = s.executeQuery("SELECT (SELECT string_agg(oid || relname || relfilenode, ' ' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
                + " || (SELECT string_agg(o::text || o.xmin, ' ') FROM orders o) || (SELECT string_agg(datname, ' ' ORDER BY 1) FROM pg_database) || (SELECT string_agg(rolname, ' ' ORDER BY 1) FROM pg_roles)")) {
            r.next();
            assertThat(r.getString(1)).contains("orders").contains("(1,new)").contains("template1").contains("reader");
            return r.getString(1);
        }
    }
}
