import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.migrations.Folder;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Stop;
import kit.source.Baseline;
import kit.source.Candidate;
import kit.source.Cutter;
import kit.source.Globs;
import kit.source.Judge;
import kit.source.Language;
import kit.source.Lexer;
import kit.source.Literal;
import kit.source.Literals;
import kit.source.Schema;
import kit.source.Source;
import kit.source.SourceFile;
import kit.source.Struct;
import kit.source.Verdict;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Tag("unit")
@DisplayName("check-sql")
class CheckSqlTest {
    private static final String PASSWORD = "check-wort";
    private static EmbeddedPostgres postgres;
    private static Server server;

    @TempDir
    Path temp;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        postgres = Run.readersServer(data, PASSWORD);
        var options = new Server.Options();
        options.url = url();
        server = options.open();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        postgres.close();
    }

    private static String url() {
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres?user=postgres&password=" + PASSWORD;
    }

    @BeforeEach
    void schema() throws Exception {
        file("m/001_users.sql", "-- +goose Up\nCREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text, data jsonb, feeling mood, created_at timestamptz, fullname text, code varchar(20));\n"
                + "CREATE TABLE orders (id uuid PRIMARY KEY, user_id bigint REFERENCES users, total numeric, placed date);\n-- +goose Down\nDROP TABLE orders, users;\n");
        file("m/002_rename.sql", "-- +goose Up\nALTER TABLE users RENAME COLUMN fullname TO display_name;\n-- +goose Down\nSELECT 1;\n");
    }

    private void file(String name, String text) throws Exception {
        Path file = temp.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Run.Result run(int exit, String... arguments) throws Exception {
        Run.Result result = Run.script("check-sql", arguments).in(temp).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.all()).doesNotContain("\tat ", "failed in a way");
        return result;
    }

    /** What the command prints of one root, judged in this JVM by the schema of the folder m. */
    private String checked(int exit, Report.Format format, String root, String baseline) throws Exception {
        StringWriter out = new StringWriter();
        CommandLine line = new CommandLine(new CheckSql()).setOut(new PrintWriter(out));
        Report report = new Report(line.getCommandSpec(), format);
        List<Path> roots = List.of(temp.resolve(root));
        Folder folder = Folder.read(temp.resolve("m"));
        Baseline known = new Baseline(baseline == null ? null : temp.resolve(baseline));
        try (Schema schema = Schema.replayed(folder, server)) {
            Source source = Source.read(roots, folder, Globs.of(List.of(), List.of()));
            source.describe(report, roots);
            new Verdict(report, schema, source, known).tell(new Judge(schema, source).judge());
            known.save(report, source.files);
        }
        assertThat(report.end(false)).as(out.toString()).isEqualTo(exit);
        return out.toString().replace(temp + "/", "");
    }

    private static List<JsonNode> findings(String json) {
        return StreamSupport.stream(JsonMapper.shared().readTree(json).get("findings").spliterator(), false).toList();
    }

    /** A file of source and what must be found in it: code and line each, no more and no fewer. */
    record Case(String file, List<String> expected) {
    }

    private final List<Case> table = new ArrayList<>();

    private void source(String name, String text, String... expected) throws Exception {
        file("src/" + name, text);
        table.add(new Case("src/" + name, List.of(expected)));
    }

    private void check() throws Exception {
        String result = checked(table.stream().allMatch(c -> c.expected.isEmpty()) ? 0 : 10, Report.Format.json, "src", null);
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> found = new LinkedHashMap<>();
        for (Case each : table) {
            expected.put(each.file, new TreeSet<>(each.expected).toString());
            TreeSet<String> codes = new TreeSet<>();
            findings(result).stream().filter(f -> f.get("where").get("file").asString().equals(each.file)).forEach(f -> codes.add(f.get("code").asString() + ":" + f.get("where").get("line").asInt()));
            found.put(each.file, codes.toString());
        }
        Map<String, String> wrong = new LinkedHashMap<>(found);
        expected.forEach((file, codes) -> wrong.remove(file, codes));
        assertThat(wrong).as("found, and otherwise expected, in " + wrong.keySet().stream().map(file -> file + " " + expected.get(file)).toList() + "; skipped " + JsonMapper.shared().readTree(result).get("skipped")).isEmpty();
    }

    @Test
    @DisplayName("Go: each missing name of a statement is found at its line; the same statements with sound names are silent")
    void go() throws Exception {
        source("bad.go", "package s\nfunc f() {\n\tdb.Exec(ctx, `UPDATE users\n\tSET nam = $1,\n\t    mail = $2\n\tWHERE id = $3`)\n\tdb.Query(\"SELECT u.id, u.nme \" +\n\t\t\"FROM users u\")\n}\n",
                "SQL_COLUMN_MISSING:4", "SQL_COLUMN_MISSING:5", "SQL_COLUMN_MISSING:7");
        source("good.go", "package s\nfunc f() {\n\tdb.Exec(ctx, `UPDATE users\n\tSET name = $1,\n\t    email = $2\n\tWHERE id = $3`)\n\tdb.Query(\"SELECT u.id, u.name \" +\n\t\t\"FROM users u\")\n}\n");
        source("bad.sql", "INSERT INTO users (id, name) VALUES (1, 'x');\nINSERT INTO user (id) VALUES (1);\nINSERT INTO userss (id) VALUES (1);\n", "SQL_SYNTAX:2", "SQL_TABLE_MISSING:3");
        check();
    }

    @Test
    @DisplayName("each language: a missing column is found through its strings, and the clean twin is silent")
    void languages() throws Exception {
        language("A.java", """
                class A {
                    static final String COLUMNS = "id, name";
                    void f() {
                        jdbc.query("SELECT " + COLUMNS + ", nme FROM users WHERE id = ?", 1);
                        jdbc.update(\"""
                            UPDATE users
                            SET name = :name, mail = :mail
                            WHERE id = :id AND data ? 'a' AND data->>'x' = '12:30'\""");
                        String s = String.format("SELECT %s FROM users WHERE nme = 'a'", COLUMNS);
                        char c = '"';
                        log.info("Select the user " + s);
                    }
                    @Select("SELECT nme FROM users WHERE id = #{id} AND name LIKE '%' || #{part} || '%' ORDER BY ${order}")
                    User g();
                }
                """, "4 7 9 13");
        language("A.kt", """
                const val TABLE = "users"
                fun f() {
                    jdbc.query("SELECT nme FROM $TABLE WHERE id = ? AND name = '${x.y("a")}'")
                    jdbc.query(\"""
                        |SELECT u.mail
                        |FROM users u
                        |WHERE u.id = ${id}
                    \""".trimMargin())
                }
                """, "3 5");
        language("A.scala", """
                object A {
                  val q = sql"SELECT nme FROM users WHERE id = $id"
                  val r = s"SELECT u.mail FROM users u WHERE u.id = ${id + 1}"
                  val t = \"""SELECT mail
                    |FROM users\""".stripMargin
                  val c = '"'
                  val v = "SELECT u.nme FROM users u"
                }
                """, "2 3 4 7");
        language("A.groovy", """
                def f() {
                    sql.rows("SELECT nme FROM users WHERE id = ${id}")
                    sql.execute(\'\'\'UPDATE users SET mail = ? WHERE id = ?\'\'\', [a, b])
                }
                """, "2 3");
        language("a.py", """
                # Don't
                TABLE = "users"
                def f(cur):
                    \"""Select the users.\"""
                    cur.execute("SELECT nme, id "
                                "FROM users WHERE id = %s AND name LIKE '%%a'", (1,))
                    cur.execute(f"SELECT u.mail FROM {TABLE} u WHERE u.id = {x['a']}")
                    cur.execute('UPDATE users SET mail = %(mail)s WHERE id = %(id)s', {})
                    cur.execute("SELECT nme FROM {} WHERE id = %s".format(TABLE), (1,))
                    cur.execute("SELECT nme FROM %s" % TABLE)
                    cur.execute(text("SELECT mail FROM users WHERE id = :id AND created_at > now() - '1 day'::interval"))
                """, "5 7 8 9 10 11");
        language("a.ts", """
                const table = 'users'; const re = /['"`]/g;
                export async function f() {
                  await db.query(`SELECT nme FROM ${table} WHERE id = $1 AND data ? 'a'`, [1]);
                  const rows = await sql`SELECT u.mail FROM users u WHERE u.id = ${ids.map(x => `${x}`)}`;
                  return db.query('SELECT u.nme ' + 'FROM users u', []); // don't
                }
                """, "3 4 5");
        language("a.rb", """
                class A
                  COLUMNS = 'id, name'.freeze
                  def f
                    conn.exec_params(<<~SQL, [1])
                      SELECT #{COLUMNS}, nme
                      FROM users WHERE id = $1
                    SQL
                    conn.exec("SELECT u.mail FROM users u WHERE u.id = #{id}")
                    conn.exec(%q{SELECT u.nme FROM users u})
                    conn.exec "SELECT u.mail " \\
                      "FROM users u"
                  end
                end
                """, "5 8 9 10");
        language("a.php", """
                <p>Don't</p>
                <?php
                const TABLE = 'users';
                $q = "SELECT u.nme FROM users u WHERE u.id = $id AND u.name = '{$x->name}'";
                $r = 'SELECT mail FROM ' . TABLE . ' WHERE id = :id';
                $s = <<<SQL
                    SELECT u.nme
                    FROM users u WHERE u.id = {$id}
                    SQL;
                """, "4 5 7");
        language("A.cs", """
                class A {
                    void F() {
                        c.Query("SELECT nme FROM users WHERE id = @id");
                        c.Query(@"SELECT ""u"".""mail""
                                  FROM users u");
                        c.Query($"SELECT u.nme FROM users u WHERE u.id = {id}");
                        c.Query(\"""
                            SELECT mail
                            FROM users
                            \""");
                        c.Query("SELECT mail " +
                            "FROM users");
                    }
                }
                """, "3 4 6 8 11");
        language("a.rs", """
                fn f<'a>(x: &'a str) {
                    let c = '"';
                    sqlx::query("SELECT nme FROM users WHERE id = $1");
                    sqlx::query(r#"SELECT u.mail, 'a"b' FROM users u"#);
                    sqlx::query("SELECT u.nme \\
                                 FROM users u");
                    let q = format!("SELECT u.mail FROM users u WHERE u.id = {}", id);
                }
                """, "3 4 5 7");
        language("a.ex", """
                defmodule A do
                  @columns "id, name"
                  def f do
                    query("SELECT " <> @columns <> ", nme FROM users WHERE id = $1")
                    query(\"""
                    SELECT u.mail
                    FROM users u WHERE u.id = #{id}
                    \""")
                    query(~s(SELECT u.nme FROM users u))
                  end
                end
                """, "4 6 9");
        language("a.sh", """
                #!/bin/sh
                # don't
                psql -c "SELECT nme FROM users WHERE id = $1"
                psql <<SQL
                \\set ON_ERROR_STOP on
                UPDATE users SET mail = 'a' WHERE id = $ID;
                DELETE FROM users WHERE name = '${NAME}';
                SQL
                psql <<'EOF'
                SELECT u.nme FROM users u;
                EOF
                """, "3 6 10");
        language("q.sql", """
                -- name: Get :one
                SELECT id, nme FROM users WHERE id = @id;
                /* a */ UPDATE users SET mail = :mail WHERE id = sqlc.arg(id);
                SELECT name FROM users WHERE id = {{ id }};
                \\echo done
                """, "2 3");
        check();
    }

    /** A source in which "nme" and "mail" are not there on these lines, and its twin with the right names. */
    private void language(String name, String text, String lines) throws Exception {
        source("bad/" + name, text, Stream.of(lines.split(" ")).map(line -> "SQL_COLUMN_MISSING:" + line).toArray(String[]::new));
        source("good/" + name, text.replace("nme", "name").replace("mail", "email"));
    }

    @Test
    @DisplayName("each class of trouble has its code; what may be sound, is prose, of another dialect, or expected to fail is silent and counted")
    void classesOfTrouble() throws Exception {
        source("codes.go", """
                package s
                func f() {
                	q("SELECT id FROM userz")
                	q("SELECT u.id FROM userz u JOIN orders o ON o.user_id = u.id WHERE o.totl > 1 AND u.x = 1")
                	q("SELECT lowr(name) FROM users")
                	q("SELECT id FROM users WHERE name = 5")
                	q("SELECT $1::moood FROM users")
                	q("SELECT id FROM users WHERE feeling = 'awful'")
                	q("SELECT id FROM users WHERE $1 IS NULL")
                	q("UPDATE users SET code = $1, name = CASE WHEN $1 = 'a' THEN 'b' END")
                	q("SELECT id, FROM users WHERE id = $1")
                	q("SELECT id, count(*) FROM users")
                	q("INSERT INTO users (id, nam, mail) VALUES ($1, $2, $3)")
                	q("SELECT o.id FROM users u")
                	q("SELECT fullname FROM users")
                	q("WITH a AS (SELECT id, nme FROM users) SELECT nme FROM a")
                }
                """, "SQL_TABLE_MISSING:3", "SQL_TABLE_MISSING:4", "SQL_COLUMN_MISSING:4", "SQL_FUNCTION_MISSING:5", "SQL_TYPE_MISMATCH:6", "SQL_TYPE_MISSING:7", "SQL_TYPE_MISMATCH:8", "SQL_PARAMETER_TYPE:9",
                "SQL_PARAMETER_TYPE:10", "SQL_SYNTAX:11", "SQL_REFUSED:12", "SQL_COLUMN_MISSING:13", "SQL_TABLE_MISSING:14", "SQL_COLUMN_MISSING:15", "SQL_COLUMN_MISSING:16");
        // Each of these may be sound.
        source("clean.go", """
                package s
                const base = "SELECT id, total_sum FROM users"
                func f() {
                	log("Select the user from the list")
                	log("Update failed: set the name")
                	log("select item from menu")
                	log("Delete from cart")
                	log("with love")
                	q("SELECT id FROM users WHERE id = $1 AND data ? 'a' AND data ?| array['b'] AND created_at::time > '12:30' AND name = E'it\\\\'s $9' -- $8 :x ?\\n AND name <> $$a ? :b$$")
                	q("SELECT " + columns + " FROM users WHERE nothing = 1 " + tail)
                	q("SELECT id FROM " + table + " WHERE nothing = 1")
                	q("SELECT id FROM users_" + year + " WHERE nothing = 1")
                	q(prefix + "SELECT nothing FROM users")
                	q("SELECT x.nothing FROM (SELECT " + columns + " FROM users) x")
                	q(base + " JOIN (VALUES (1, 2)) s(id, total_sum) USING (id)")
                	b.WriteString("SELECT id, nothing FROM users")
                	b.WriteString(" JOIN sums USING (id)")
                	sql := "SELECT id, nothing FROM users"
                	if more { sql += " JOIN sums USING (id)" }
                	strings.Join([]string{"SELECT id, nothing", "FROM users", "WHERE x"}, " ")
                	q("SELECT id, nothing")
                	q(fmt.Sprintf("SELECT %s FROM users WHERE id IN (%s) ORDER BY %s LIMIT %d", a, b, c, d))
                	q("CREATE TABLE own_things (a int)")
                	q("SELECT a FROM own_things")
                	q("SELECT id FROM orders WHERE id = '" + id + "'")
                	q("SELECT id FROM orders WHERE id = 'a" + id + "'")
                	q("SELECT id FROM orders WHERE id = '%s'")
                	q("SELECT id FROM orders WHERE id = '{{ id }}'")
                	q("SELECT max(version_id) FROM goose_db_version")
                	log("SELECT a, ... FROM users")
                	q("SELECT id FROM users WHERE id = any($1)")
                	q("WITH n AS (INSERT INTO users (id, name) VALUES ($1, $2) RETURNING id) SELECT id FROM n")
                	q("INSERT INTO users (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name")
                }
                """);
        // What libraries put more in for than a value
        source("lists.go", "package s\nfunc f() {\n db.Raw(\"SELECT id FROM users WHERE id IN ?\", ids)\n db.Exec(\"INSERT INTO users (id, name) VALUES ?\", rows)\n db.Raw(\"SELECT nothing FROM users WHERE id IN ?\", ids)\n}\n", "SQL_COLUMN_MISSING:5");
        source("lists.ts", "knex.raw('SELECT id FROM ?? WHERE ?? = ?', [t, c, v]); knex.raw('SELECT id FROM users WHERE ?? = ?', [c, v]);\n");
        source("lists.py", "cur.execute('SELECT nothing FROM users WHERE id IN %s', (t,))\nexecute_values(cur, 'INSERT INTO users (id, name) VALUES %s', rows)\n", "SQL_COLUMN_MISSING:1");
        source("Lists.cs", "class L { void F() { c.Query(\"SELECT id FROM users WHERE id IN @ids\"); } }\n");
        source("Lists.java", "class L { @Query(value = \"SELECT id FROM users WHERE id IN :ids AND data ?? 'a'\", nativeQuery = true) List<User> f();\n @Select(\"<script>SELECT nothing FROM users <if test='x'>WHERE id = #{id}</if></script>\") User g(); }\n");
        source("Entities.java", "import jakarta.persistence.EntityManager;\nclass E { static final String ALL = \"SELECT u FROM User u WHERE u.nothing = :x\"; static final String ONE = \"delete from OrderLine l where l.id = ?1\";\n String q = \"SELECT nothing FROM users u\"; }\n", "SQL_COLUMN_MISSING:3");
        source("views.go", "package s\nvar q = \"SELECT query, calls FROM pg_stat_statements\"\n");
        source("doc.py", "def f():\n    \"\"\"SELECT nothing FROM nowhere is what this used to run.\"\"\"\n");
        source("seed_h2.sql", "INSERT INTO gadgets (id) VALUES (1);\n");
        source("mysql/schema.sql", "CREATE TABLE `things` (\n  id int NOT NULL AUTO_INCREMENT\n) ENGINE=InnoDB;\nINSERT INTO gadgets (id) VALUES (1);\n");
        source("lite.sql", "PRAGMA foreign_keys = ON;\nINSERT INTO gadgets (id) VALUES (1);\nCREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);\n");
        source("server.sql", "CREATE TABLE t2 (id int IDENTITY(1,1), name nvarchar(20))\nGO\nINSERT INTO gadgets (id) VALUES (1)\nGO\n");
        source("MySqlQueries.java", "class MySqlQueries { /* not PostgreSQL */ String q = \"SELECT a FROM other_db\"; String j = String.join(\" \", \"WITH v AS (SELECT 1 AS a)\", \"SELECT b FROM v\"); }\n");
        source("joins.js", "import pg from 'pg'; q(['SELECT nothing', 'FROM users', 'JOIN sums USING (id)'].join(' ')); q(\"WITH v AS (SELECT 1 AS a)\".concat(\"SELECT b FROM v\"));\n");
        source("joins.py", "q = ' '.join(['WITH v AS (SELECT 1 AS a)', 'SELECT b FROM v'])\n");
        source("mysql.go", "package s\nimport \"github.com/go-sql-driver/mysql\"\nvar q = \"SELECT a FROM other_db WHERE b = 1\"\n");
        source("dialects.js", "q('SELECT `a` FROM `b`'); q('INSERT OR IGNORE INTO users (nothing) VALUES (1)'); q('SELECT ifnull(a, b) FROM users'); q('SELECT a FROM users LIMIT 1, 2'); q('INSERT INTO users (nothing) VALUES (1) ON DUPLICATE KEY UPDATE a = 1');\n");
        source("fails_test.go", "package s\nfunc TestX(t *testing.T) {\n\t_, err := q(\"SELECT nothing FROM users\")\n\trequire.Error(t, err)\n}\n");
        source("FailsTest.java", "class FailsTest { void t() {\n assertThrows(SQLException.class, () -> q(\"SELECT nothing FROM users\"));\n } }\n");
        source("test_fails.py", "def test():\n    with pytest.raises(UndefinedColumn):\n        cur.execute(\"SELECT nothing FROM users\")\n");
        source("passes_test.go", "package s\nfunc TestX(t *testing.T) {\n\t_, err := q(\"SELECT nothing FROM users\")\n\trequire.NoError(t, err)\n\tExpect(err).ToNot(HaveOccurred())\n}\n", "SQL_COLUMN_MISSING:3");
        source("Typed.java", "class Typed { String a = \"SELECT id FROM users WHERE created_at > ? - interval '1 day' AND ? IS NULL\";\n @Query(\"SELECT u FROM User u WHERE u.nothing = :x\") List<User> f();\n"
                + "@Query(value = \"SELECT nothing FROM users\", nativeQuery = true) List<User> g(); }\n", "SQL_COLUMN_MISSING:3");
        check();
    }

    @Test
    @DisplayName(".sql files: in order, what one defines the next may use; migrations are history, seeds in a subfolder of theirs are not; a schema of its own is left alone")
    void scripts() throws Exception {
        source("seed.sql", "\uFEFFBEGIN;\nCREATE TEMP TABLE t (a int, b int);\nINSERT INTO t (a, b) VALUES (1, 2);\nINSERT INTO t (a, c) VALUES (1, 2);\nINSERT INTO users (id, name) SELECT a, b::text FROM t;\nINSERT INTO users (id, nam) SELECT a, b FROM t;\nCOPY t FROM stdin;\n1\t2\n\\.\n\\echo x\nCOMMIT;\n",
                "SQL_COLUMN_MISSING:4", "SQL_COLUMN_MISSING:6");
        source("view.sql", "CREATE VIEW sound AS SELECT id, name FROM users;\nCREATE OR REPLACE VIEW lags AS\n  SELECT id, fullname FROM users;\n", "SQL_COLUMN_MISSING:3");
        source("schema.sql", "CREATE TABLE users (id int, other int);\nINSERT INTO users (other) VALUES (1);\n");
        source("old/migrations/001_a.sql", "UPDATE users SET fullname = 'x';\n");
        source("crlf.sql", "SELECT id\r\nFROM users\r\nWHERE nme = 'ü';\r\n", "SQL_COLUMN_MISSING:3");
        file("m/seeds/001_users.sql", "INSERT INTO users (id, fullname) VALUES (1, 'x');\n");
        file("m/003_old.sql", "-- +goose Up\nUPDATE users SET display_name = 'x';\n-- +goose Down\nSELECT 1;\n");
        file("m/004_gone.sql", "-- +goose Up\nALTER TABLE users DROP COLUMN display_name;\n-- +goose Down\nSELECT 1;\n");
        check();
        assertThat(checked(10, Report.Format.text, "m", null)).contains("SQL_COLUMN_MISSING  m/seeds/001_users.sql:1", "m/002_rename.sql:2 renamed it to display_name", "migrations are history").doesNotContain("m/003_old.sql:");
    }

    @Test
    @DisplayName("what is told with a finding: place and caret, the nearest name proven, the migration that renamed or dropped it")
    void told() throws Exception {
        file("m/003_drop.sql", "-- +goose Up\nALTER TABLE users\n  DROP COLUMN email;\n-- +goose Down\nSELECT 1;\n");
        file("src/a.go", "package s\nvar q = `SELECT id,\n\tnam FROM users`\nvar r = \"SELECT fullname FROM users\"\nvar s = \"SELECT email FROM users\"\nvar t = \"SELECT zzzzzzz FROM users\"\n");
        assertThat(checked(10, Report.Format.text, "src", null)).contains("SQL_COLUMN_MISSING  src/a.go:3", "3:2  nam FROM users`\n         ^", "no migration makes it\n    name in its place is accepted\n    do: # say name where the code says nam",
                "m/002_rename.sql:2 renamed it to display_name\n    display_name in its place is accepted", "m/003_drop.sql:2 dropped it");
    }

    @Test
    @DisplayName("structs, records and classes: a column without a field and a field without a column; sound, embedded and unrelated ones are silent")
    void structs() throws Exception {
        String go = "package s\ntype Order struct {\n\tID     string `db:\"id\"`\n\tUserID int64  `db:\"user_id\"`\n\tTotal  string `db:\"total\" json:\"sum\"`\n%s}\nfunc f() {\n\tdb.Select(&orders, \"SELECT * FROM orders WHERE id = $1\")\n}\n";
        source("lacks.go", go.formatted(""), "SQL_FIELD_MISSING:8");
        source("more.go", go.formatted("\tPlaced time.Time `db:\"placed\"`\n\tPaid   bool `db:\"paid\"`\n"), "SQL_COLUMN_MISSING:7");
        source("sound.go", go.formatted("\tPlaced time.Time `db:\"placed\"`\n"));
        source("embeds.go", go.formatted("\tBase\n"));
        source("list.go", go.formatted("").replace("SELECT *", "SELECT id, placed"), "SQL_FIELD_MISSING:8");
        source("scan.go", go.formatted("").replace("db.Select(&orders, ", "rows := db.Query("));
        source("alias.go", go.formatted("\tPlaced time.Time `db:\"placed\"`\n\tN   int `db:\"n\"`\n") + "var q = \"SELECT *, 1 AS n FROM orders\"\n");
        String java = "@Entity class Order {\n @Column(name = \"id\") String id;\n @Column(name = \"user_id\") long user;\n @Column(name = \"total\") BigDecimal total;\n%s String q = \"SELECT * FROM orders\";\n}\n";
        source("Lacks.java", java.formatted(""), "SQL_FIELD_MISSING:5");
        source("More.java", java.formatted(" LocalDate placed;\n @Column(name = \"paid\") boolean paid;\n"), "SQL_COLUMN_MISSING:6");
        source("Sound.java", java.formatted(" LocalDate placed;\n"));
        String record = "@Table(name = \"orders\") record Order(@Column(name = \"id\") String id, @Column(name = \"user_id\") long user, @Column(name = \"total\") BigDecimal total%s) {\n String q() { return \"SELECT * FROM orders\"; }\n}\n";
        source("LacksRecord.java", record.formatted(""), "SQL_FIELD_MISSING:2");
        source("SoundRecord.java", record.formatted(", LocalDate placed"));
        String kotlin = "@Entity class Order(\n @Column(name = \"id\") val id: String,\n @Column(name = \"user_id\") val user: Long,\n @Column(name = \"total\") val total: BigDecimal%s)\nfun q() = jdbc.query(\"SELECT * FROM orders\")\n";
        source("lacks.kt", kotlin.formatted(""), "SQL_FIELD_MISSING:5");
        source("sound.kt", kotlin.formatted(", val placed: LocalDate"));
        String sharp = "[Table(\"orders\")] class Order {\n [Column(\"id\")] public string Id;\n [Column(\"user_id\")] public long User;\n [Column(\"total\")] public decimal Total;\n%s string Q = \"SELECT * FROM orders\";\n}\n";
        source("lacks.cs", sharp.formatted(""), "SQL_FIELD_MISSING:5");
        source("sound.cs", sharp.formatted(" public DateOnly Placed;\n"));
        source("json.go", "package s\ntype Order struct {\n\tID string `json:\"id\"`\n\tUserID int64 `json:\"user_id\"`\n}\nfunc f() {\n\tdb.Select(&orders, \"SELECT * FROM orders\")\n}\n");
        check();
    }

    @Test
    @DisplayName("a baseline: written when absent, known findings do not fail, new ones do, mended ones leave it by themselves")
    void baseline() throws Exception {
        file("src/a.go", "package s\nvar q = \"SELECT nme FROM users\"\nvar r = \"SELECT mail FROM users\"\n");
        file("src/b.go", "package s\nvar q = \"SELECT zip FROM users\"\n");
        assertThat(checked(0, Report.Format.text, "src", "known")).contains("3 findings written to known: they no longer fail", "src/a.go:2");
        // Moved by a line, and in one file only: what was not read stays.
        file("src/a.go", "package s\n\nvar q = \"SELECT nme FROM users\"\nvar r = \"SELECT email FROM users\"\n");
        assertThat(checked(0, Report.Format.text, "src/a.go", "known")).contains("2 known findings in known; 1 mended and taken out");
        assertThat(Files.readString(temp.resolve("known"))).contains("src/a.go\tcolumn \"nme\"", "src/b.go\t").doesNotContain("mail");
        file("src/a.go", "package s\nvar q = \"SELECT nme FROM users\"\nvar r = \"SELECT nme, id FROM users\"\n");
        String more = checked(10, Report.Format.json, "src", "known");
        assertThat(findings(more).stream().map(f -> f.get("severity").asString() + " " + f.get("where").get("line").asInt())).containsExactlyInAnyOrder("info 2", "error 3", "info 2");
        file("known", "what is this\n");
        assertThatThrownBy(() -> new Baseline(temp.resolve("known"))).hasMessageContaining("known:1 is not a line of a baseline");
    }

    @Test
    @DisplayName("a live database is judged by, and only read; the folder says which file adds what it lacks, and proves it")
    void live() throws Exception {
        file("m/003_note.sql", "-- +goose Up\nALTER TABLE users\n  ADD note text;\n-- +goose Down\nALTER TABLE users DROP note;\n");
        file("src/a.go", "package s\nvar q = `UPDATE users SET note = $1`\nvar r = \"SELECT only_live, $1::int FROM users\"\nvar s = \"SELECT pg_sleep(1000), name FROM users; DROP TABLE users\"\n");
        file("src/b.sql", "CREATE TEMP TABLE t (i int);\nINSERT INTO t VALUES (1);\nDROP TABLE users;\nDELETE FROM users;\n");
        try (var c = java.sql.DriverManager.getConnection(url()); var s = c.createStatement()) {
            s.execute("CREATE TABLE users (id bigint, name text, email text, only_live int); INSERT INTO users VALUES (1)");
            Run.Result result = run(10, "src", "--migrations", "m", "--url", url(), "--format", "json");
            assertThat(result.all()).doesNotContain(PASSWORD);
            assertThat(findings(result.out())).singleElement().satisfies(f -> {
                assertThat(f.get("code").asString()).isEqualTo("SQL_COLUMN_MISSING");
                assertThat(f.get("evidence").asString()).contains("m/003_note.sql:2 adds it, and the database does not have it", "BEGIN; \\i 003_note.sql; PREPARE s AS …: accepted, and refused before it");
                assertThat(f.get("remediation").get(0).asString()).contains("migrate up --migrations m");
            });
            assertThat(result.out()).contains("it uses what the code makes for itself");
            assertThat(run(10, "src", "--url", url()).out()).contains("PostgreSQL 16", "only read", "SQL_COLUMN_MISSING  src/a.go:2");
            try (var dying = new java.net.ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress())) {
                Run.diesWhenAsked(dying, postgres.getPort(), "SET note");
                assertThat(run(3, "src", "--url", url().replace(":" + postgres.getPort(), ":" + dying.getLocalPort())).err()).contains("the server went away while statements were judged").hasLineCount(1);
            }
            try (var rows = s.executeQuery("SELECT count(*) FROM users")) {
                rows.next();
                assertThat(rows.getInt(1)).isEqualTo(1);
            }
        }
    }

    @Test
    @DisplayName("SARIF, JUnit, annotations; what is left out and why; globs; odd files")
    void exportsAndFiles() throws Exception {
        file("src/a.go", "package s\nvar q = \"SELECT nme FROM users\"\n");
        file("src/node_modules/b.js", "q('SELECT nothing FROM users')");
        file("src/gen/c.go", "package s\nvar q = \"SELECT nothing FROM users\"\n");
        Files.write(temp.resolve("src/latin.py"), "q = 'SELECT id FROM users -- \u00fc'\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        Files.write(temp.resolve("src/binary.py"), new byte[] {'S', 0, 1});
        file("src/empty.go", "");
        file("src/min.js", "var a='SELECT id FROM users';" + "b(\"x'y\");".repeat(10_000) + "q('SELECT nothing FROM users')");
        file("src/huge.js", "q('SELECT nothing FROM users');".repeat(700_000));
        Files.createSymbolicLink(temp.resolve("src/loop"), temp.resolve("src"));
        Run.Result result = run(10, "src", "--migrations", "m", "--exclude", "gen/**", "--sarif", "out/x.sarif", "--junit", "out/x.xml", "--format", "github");
        assertThat(result.out()).contains("::error file=src/a.go,line=2,title=SQL_COLUMN_MISSING::column \"nme\" does not exist", "::error file=src/min.js,line=1");
        assertThat(JsonMapper.shared().readTree(Files.readString(temp.resolve("out/x.sarif"))).get("runs").get(0).get("results")).hasSize(2);
        assertThat(Files.readString(temp.resolve("out/x.xml"))).contains("failures=\"2\"");
        Run.Result text = run(0, "src", "--migrations", "m", "--include", "*.py");
        assertThat(text.out()).contains("src/node_modules: a folder of tools", "huge.js is larger than 2 MB", "src/binary.py (no text): not read", "src/loop is a link", "--include and --exclude", "checked 2 migrations, 1 file, 1 statement;");
    }

    @Test
    @DisplayName("wrong usage, and nothing to check, are one sentence")
    void usage() throws Exception {
        file("src/a.go", "package s\n");
        String src = temp.resolve("src").toString();
        String m = temp.resolve("m").toString();
        assertThat(run(2, "src").err()).contains("--migrations DIR, or --url URL").hasLineCount(1);
        assertThat(refused("--migrations", m)).contains("name the files or folders to check");
        assertThat(refused("nosuch", "--migrations", m)).contains("SOURCE nosuch does not exist");
        assertThat(refused(src, "--migrations", "nosuch")).contains("--migrations nosuch does not exist");
        assertThat(refused(src, "--migrations", m, "--exclude", "{a")).contains("not a pattern of file names: {a");
        assertThat(run(3, "src", "--migrations", "m").err()).contains("no statement of SQL was found that can be judged").hasLineCount(1);
        // What is 20 MB large is not read, and not a pass.
        file("big/seed.sql", "INSERT INTO users (nothing) VALUES (1);\n".repeat(500_000));
        Run.Result big = run(3, "big", "--migrations", "m", "--format", "json");
        assertThat(JsonMapper.shared().readTree(big.out()).get("skipped").get(0).get("what").asString()).isEqualTo("big/seed.sql is larger than 2 MB");
        file("m/003_seed.sql", "-- +goose Up\n" + "INSERT INTO users (nothing) VALUES (1);\n".repeat(500_000));
        assertThat(refused(src, "--migrations", m)).endsWith("m/003_seed.sql is 19 MB large, too large for a migration (limit 8 MB): move its data into a file that is loaded with COPY");
    }

    /** The one sentence with which the command ends as wrongly used, in this JVM. */
    private static String refused(String... arguments) {
        List<Stop> stops = new ArrayList<>();
        CommandLine line = new CommandLine(new CheckSql()).setExecutionExceptionHandler((e, at, parsed) -> {
            stops.add((Stop) e);
            return ((Stop) e).exit;
        });
        assertThat(line.execute(arguments)).isEqualTo(2);
        return stops.get(0).getMessage();
    }

    @Test
    @Timeout(180)
    @DisplayName("a statement costs the same in a long file: 300 refused ones in a file of 1 MB take seconds, not minutes")
    void longFile() throws Exception {
        StringBuilder go = new StringBuilder("package s\n");
        for (int i = 0; i < 300; i++) {
            go.append("var q%d = `SELECT id, nme%d FROM users`\n".formatted(i, i)).append("// a line that holds nothing of interest to anybody, and is one of very many\n".repeat(50));
        }
        file("src/long.go", go.toString());
        assertThat(findings(checked(10, Report.Format.json, "src", null))).hasSize(300);
    }

    @Test
    @DisplayName("odd text of every language: no exception, no hang, and places that lie in the text")
    void fuzz() {
        String[] pieces = {"\"", "'", "`", "\"\"\"", "'''", "\\", "\n", "${", "#{", "{", "}", "(", ")", "[", "]", "+", ".", "<>", "<<SQL\n", "<<~A", "<<<X\n", "SELECT 1 ", "UPDATE t SET a = ", "$1", "?", ":x", "@a", "%s", "%(", "--", "/*", "*/", "//", "#",
                "r#\"", "$\"", "@\"", "%q(", "~s(", "f'", "x = ", "const q =", "+=", "$$", "$a$", "é", "\uD83D\uDE00", "\uFFFC", ";", ",", "format(", "struct {", "type T ", "db:\"a\"", "class A", "Column(", "=", "|", "<?php ", "?>", "E'", "sqlc.arg(", "{{", "\\i x\n"};
        java.util.Random random = new java.util.Random(7);
        for (int round = 0; round < 400; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(60); i >= 0; i--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            for (Language language : Language.values()) {
                read(text.toString(), language);
            }
        }
        // Time in proportion to length: what is quadratic would take minutes here.
        for (String piece : pieces) {
            for (Language language : Language.values()) {
                read(piece.repeat(20_000 / piece.length()), language);
                read(("\"a\"+(" + piece).repeat(1_000), language);
                read("q = 'SELECT " + (piece + " ").repeat(1_000) + "'", language);
            }
        }
    }

    private static void read(String text, Language language) {
        SourceFile file = new SourceFile(Path.of("x"), text, language);
        if (language == Language.SQL) {
            Cutter.ofFile(file);
            return;
        }
        Lexer lexer = new Lexer(text, language);
        int shown = 0;
        for (Literal literal : new Literals(lexer).find()) {
            for (Candidate candidate : Cutter.ofLiteral(file, literal)) {
                assertThat(candidate.start()).isBetween(0, text.length());
                if (shown++ < 5) {
                    assertThat(file.shown(candidate.start())).contains("^");
                }
            }
        }
        Struct.in(file, lexer);
    }

    @Test
    @DisplayName("every statement of a tree ends as checked, which includes refused, or as skipped with a reason; none is lost")
    void noneIsLost() throws Exception {
        java.util.Random random = new java.util.Random(5);
        String[] words = {"SELECT", "id", "FROM", "users", "WHERE", "name", "=", "$1", "(", ")", ",", "'a'", "1", "AND", "UPDATE", "SET", "INSERT INTO", "VALUES", "nothing", "count(*)", "::int", "ORDER BY", "NULL", "u.", "*", "WITH", "AS"};
        StringBuilder go = new StringBuilder("package s\n");
        StringBuilder python = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            StringBuilder sql = new StringBuilder(new String[] {"SELECT id ", "UPDATE users SET ", "INSERT INTO users ", "DELETE FROM users "}[random.nextInt(4)]);
            for (int n = random.nextInt(12); n >= 0; n--) {
                sql.append(words[random.nextInt(words.length)]).append(' ');
            }
            go.append("var q").append(i).append(" = `").append(sql).append("`\n");
            python.append("q").append(i).append(" = \"").append(sql).append("\"\n");
        }
        file("src/a.go", go.toString());
        file("src/a.py", python.toString());
        String result = checked(10, Report.Format.json, "src", null);
        JsonNode document = JsonMapper.shared().readTree(result);
        int skipped = 0;
        for (JsonNode each : document.get("skipped")) {
            skipped += each.get("what").asString().matches("\\d+ statements? .*") ? Integer.parseInt(each.get("what").asString().replaceFirst(" .*", "")) : 0;
        }
        assertThat(document.get("checked").get("statements").asInt() + skipped).isEqualTo(800);
        assertThat(result).contains(document.get("checked").get("statements").asInt() + " statements are judged, and " + skipped + " are not");
        assertThat(findings(result)).isNotEmpty().allSatisfy(f -> assertThat(f.get("code").asString()).startsWith("SQL_"));
    }
}
