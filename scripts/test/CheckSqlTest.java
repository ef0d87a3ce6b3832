import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("check-sql")
class CheckSqlTest {
    @TempDir
    Path temp;

    @BeforeEach
    void schema() throws Exception {
        file("m/001_users.sql", "-- +goose Up\nCREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text, data jsonb, feeling mood, created_at timestamptz, fullname text);\n"
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

    private static List<JsonNode> findings(Run.Result result) {
        return StreamSupport.stream(JsonMapper.shared().readTree(result.out()).get("findings").spliterator(), false).toList();
    }

    /** A file of source and what must be found in it: code and line each, no more and no fewer. */
    record Case(String file, List<String> expected) {
    }

    private final List<Case> table = new ArrayList<>();

    private void source(String name, String text, String... expected) throws Exception {
        file("src/" + name, text);
        table.add(new Case("src/" + name, List.of(expected)));
    }

    private void check(String... more) throws Exception {
        Run.Result result = run(table.stream().allMatch(c -> c.expected.isEmpty()) ? 0 : 10, Stream.concat(Stream.of("src", "--migrations", "m", "--format", "json"), Stream.of(more)).toArray(String[]::new));
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
        assertThat(wrong).as("found, and otherwise expected, in " + wrong.keySet().stream().map(file -> file + " " + expected.get(file)).toList() + "; skipped " + JsonMapper.shared().readTree(result.out()).get("skipped")).isEmpty();
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
}
