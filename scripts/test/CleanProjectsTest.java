import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.migrations.Folder;
import kit.postgres.Server;
import kit.report.Accepted;
import kit.report.Finding;
import kit.report.Report;
import kit.report.Stop;
import kit.source.Globs;
import kit.source.Judge;
import kit.source.Schema;
import kit.source.Source;
import kit.source.Verdict;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Clean projects in miniature, which give no finding, each beside a mutant of it, which gives exactly one. In the text
 * of a row "--- path" begins a file, and «right|wrong» is where the mutant differs. */
@DisplayName("clean projects are silent, and each mutant is found")
class CleanProjectsTest {
    private static final Pattern MUTATION = Pattern.compile("«([^|»]*)\\|([^»]*)»", Pattern.DOTALL);
    private static final String MIGRATIONS = """
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text, data jsonb, feeling mood, created_at timestamptz);
            CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, state text NOT NULL, total numeric, placed date);
            """;
    private static EmbeddedPostgres postgres;
    private static Server server;
    private static Schema schema;
    private static Folder folder;

    @TempDir
    Path temp;

    /** One project.
     *
     * @param code of the one finding of its mutant */
    record Row(String name, String code, String files) {
        String clean() {
            return MUTATION.matcher(files).replaceAll(m -> Matcher.quoteReplacement(m.group(1)));
        }

        String mutant() {
            return MUTATION.matcher(files).replaceAll(m -> Matcher.quoteReplacement(m.group(2)));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        postgres = Run.readersServer(data, "clean-wort");
        var options = new Server.Options();
        options.url = "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres?user=postgres&password=clean-wort";
        server = options.open();
        write(data, "--- app/migrations/001_a.sql\n" + MIGRATIONS);
        folder = Folder.read(data.resolve("app/migrations"));
        schema = Schema.replayed(folder, server);
    }

    @AfterAll
    static void stop() throws Exception {
        schema.close();
        server.close();
        postgres.close();
    }

    /** The files of a text, below a folder. */
    static void write(Path dir, String text) throws Exception {
        for (String file : text.split("(?m)^--- ")) {
            if (!file.isBlank()) {
                int line = file.indexOf('\n');
                Path path = dir.resolve(file.substring(0, line).strip());
                Files.createDirectories(path.getParent());
                Files.writeString(path, file.substring(line + 1));
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sources")
    @DisplayName("check-sql:")
    void source(Row row) throws Exception {
        assertThat(checkSql(temp.resolve("clean"), row.clean())).as("clean").isEmpty();
        assertThat(checkSql(temp.resolve("mutant"), row.mutant())).as("mutant").extracting(Finding::code).containsExactly(row.code);
    }

    /** What check-sql finds in a project: by the shared schema, or by that of the project's folder "migrations". */
    private static List<Finding> checkSql(Path project, String files) throws Exception {
        write(project, files);
        Report report = new Report(new CommandLine(new CheckSql()).setOut(new PrintWriter(new StringWriter())).getCommandSpec(), Report.Format.text);
        Accepted accepted = new Accepted(report, new Accepted.Options(), Verdict.CODES);
        Path own = Stream.of("migrations", "server/migrations").map(project::resolve).filter(Files::exists).findFirst().orElse(null);
        Folder of = own == null ? folder : Folder.read(own);
        Source source = Source.read(List.of(project), of, Globs.of(List.of(), List.of()), accepted);
        try (Schema replayed = own == null ? null : Schema.replayed(of, server)) {
            Schema by = own == null ? schema : replayed;
            new Verdict(report, by, source).tell(new Judge(by, source).judge());
        } catch (Stop e) {
            throw new AssertionError("nothing was judged: " + report.skipped, e);
        }
        accepted.end(source.files);
        return report.findings;
    }

    private static Row row(String name, String files) {
        return new Row(name, "SQL_COLUMN_MISSING", files);
    }

    static Stream<Row> sources() {
        return Stream.of(
                row("more of what mocks answer and tests compare", """
                        --- src/store.ts
                        client.query('SELECT id FROM users WHERE «name|nme» = $1', [n]);
                        --- test/store.test.ts
                        td.when(db.query('SELECT nick FROM gone')).thenResolve(rows);
                        expect(db.query).toHaveBeenCalledWith(expect.objectContaining({ text: 'SELECT nick FROM gone' }));
                        assert.deepStrictEqual(calls, [['SELECT nick FROM gone', []]]);
                        it.each([['SELECT nick FROM gone', 1]])('parses', (sql) => parse(sql));
                        --- tests/test_parse.py
                        @pytest.mark.parametrize("sql, tables", [("SELECT nick FROM gone", ["gone"]), ("DELETE FROM gone", ["gone"])])
                        def test_parse(sql, tables): assert parse(sql) == tables
                        --- src/lib.rs
                        #[cfg(test)]
                        mod tests {
                            fn t() { expect![["SELECT nick FROM gone"]].assert_eq(&sql); let expected = "SELECT nick FROM gone"; }
                        }
                        --- spec/query_spec.rb
                        describe Query do
                          let(:expected_sql) { "SELECT nick FROM gone" }
                        end
                        --- tests/StoreTests.cs
                        class StoreTests { void T() { A.CallTo(() => db.Query("SELECT nick FROM gone")).MustHaveHappened(); } }
                        --- src/test/scala/StoreSpec.scala
                        class StoreSpec { when(db.query("SELECT nick FROM gone")) thenReturn rows }
                        """),
                row("what a test hands to what runs nothing, and what stands in a list or a wrapper beside a sign", """
                        --- tests/test_store.py
                        def test_a(mocker, cur):
                            mocker.patch("x.q", return_value="SELECT nick FROM gone")
                            assert cur.execute.mock_calls == [mocker.call("SELECT nick FROM gone", (1,))]
                            assert normalize(sql) == normalize("SELECT nick FROM gone")
                            self.assert_compile(stmt, "SELECT nick FROM gone")
                            cur.execute("SELECT id FROM users WHERE «name|nme» = 'x'")
                        --- src/test/java/StoreTest.java
                        class StoreTest {
                            @ParameterizedTest @CsvSource({"SELECT nick FROM gone, 1"}) void a(String q, int n) { }
                            @ParameterizedTest @ValueSource(strings = "SELECT nick FROM gone") void b(String q) { }
                            static Stream<Arguments> rows() { return Stream.of(Arguments.of("SELECT nick FROM gone", 1)); }
                            static Object[] row() { return new Object[] {"SELECT nick FROM gone", 1}; }
                            @Test void c() { new Expectations() {{ db.query("SELECT nick FROM gone"); result = rows; }}; }
                        }
                        --- store_test.go
                        package store
                        func BenchmarkA(b *testing.B) { parse("SELECT nick FROM gone") }
                        func FuzzA(f *testing.F) { f.Add("SELECT nick FROM gone") }
                        --- spec/store_spec.rb
                        describe Store do
                          it("a") { expect { q }.to make_database_queries(matching: "SELECT nick FROM gone") }
                          it("b") { _(sql).must_equal "SELECT nick FROM gone" }
                          it("c") { DB.sqls.must_equal ["SELECT nick FROM gone"] }
                        end
                        --- tests/StoreTests.cs
                        class StoreTests {
                            [Theory, InlineData("SELECT nick FROM gone")] void A(string q) { }
                            void B() { db.When(x => x.Execute("DELETE FROM gone")).Do(x => {}); sql.ShouldBe("SELECT nick FROM gone"); }
                        }
                        --- tests/StoreTest.php
                        <?php
                        class StoreTest { function a() { $pdo->prepare('SELECT nick FROM gone')->shouldBeCalled()->willReturn($s); } }
                        --- test/store_test.exs
                        defmodule StoreTest do
                          test "a" do
                            assert {"SELECT nick FROM gone", [1]} = Repo.to_sql(:all, q)
                          end
                        end
                        --- testdata/golden/a.sql
                        SELECT nick FROM gone;
                        """),
                row("the other branch of a question for PostgreSQL, and files of another database by their names", """
                        --- store.py
                        def a(conn):
                            if conn.dialect.name == "postgresql":
                                return "SELECT id FROM users WHERE «name|nme» = 1"
                            else:
                                return "SELECT nick FROM gone"
                        --- H2UserDao.java
                        class H2UserDao { String q = "SELECT nick FROM gone"; }
                        --- c.cs
                        using Microsoft.Azure.Cosmos;
                        class C { string q = "SELECT c.nick FROM c WHERE c.id = @id"; }
                        --- crdb.go
                        package crdb
                        const q = "SELECT id FROM gone AS OF SYSTEM TIME '-1m'"
                        --- dbt/dbt_project.yml
                        name: x
                        --- dbt/models/a.sql
                        select nick from gone
                        """),
                row("names and lists that tools put in for what stands there", """
                        --- q.ts
                        db.query('SELECT id, $1:name FROM $2:name WHERE nick IN ($3:csv)', [a, b, c]);
                        --- q.sql
                        SELECT id FROM $(table) WHERE nick = 1;
                        SELECT * FROM :table;
                        SELECT id FROM :i:table WHERE id IN (:v*:ids);
                        SELECT id FROM users WHERE «name|nme» = :v:name;
                        --- q.py
                        cur.execute("UPDATE users SET " + ", ".join(sets) + " WHERE id = %s")
                        cur.execute("SELECT id INTO TEMP scratch FROM users")
                        cur.execute("SELECT id FROM scratch")
                        """),
                row("builders of text that is made longer", """
                        --- Q.java
                        class Q {
                            void a() {
                                StringBuilder sql = new StringBuilder("SELECT id, nick FROM users");
                                sql.append(" JOIN nicks USING (id)");
                                StringBuilder where = new StringBuilder("SELECT id, «email|mail» FROM users WHERE name = ?");
                                where.append(" ORDER BY id");
                            }
                        }
                        --- q.rs
                        fn a() {
                            let mut q = String::from("SELECT id, nick FROM users");
                            q.push_str(" JOIN nicks USING (id)");
                        }
                        --- q.rb
                        sql = +"SELECT id, nick FROM users"
                        sql << " JOIN nicks USING (id)"
                        --- q.php
                        <?php
                        $sql = "SELECT id, nick FROM users";
                        $sql .= " JOIN nicks USING (id)";
                        --- q.py
                        rows = f"INSERT INTO users (id, name) VALUES {', '.join(marks)}"
                        page = "SELECT id FROM users WHERE id IN ({})".format(marks)
                        """),
                row("names that templates put in", """
                        --- Q.java
                        class Q {
                            String a = "SELECT id FROM %TABLE_PREFIX%users WHERE nick = 1";
                            String b = "DELETE FROM %sLOCK WHERE id = ?";
                            String c = "SELECT id FROM <table> WHERE nick = :n";
                            String d = "SELECT id FROM #TABLE# WHERE nick = 1";
                            String e = "SELECT id FROM @schema@.things WHERE nick = 1";
                            String f = "SELECT id FROM users WHERE «id|nick» = 1";
                            @Property(example = "SELECT nick FROM gone") String g;
                        }
                        """),
                row("scripts for several databases", """
                        --- db/schema-postgresql.sql
                        INSERT INTO users (id, «name|nme») VALUES (1, 'x');
                        --- db/schema-derbyx.sql
                        CREATE TABLE gadgets (id BLOB);
                        INSERT INTO gizmos (nick) VALUES (1);
                        """),
                row("Go, sqlmock", """
                        --- store/store.go
                        package store
                        func (s *Store) Get(id int) { s.db.QueryRow("SELECT id, «name|nme» FROM users WHERE id = $1", id) }
                        --- store/store_test.go
                        package store
                        import "github.com/DATA-DOG/go-sqlmock"
                        func TestGet(t *testing.T) {
                        	db, mock, _ := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherRegexp))
                        	mock.ExpectQuery(`SELECT id, nick FROM users WHERE id = \\$1`).WithArgs(7)
                        	mock.ExpectExec("INSERT INTO gone \\(id, state\\) VALUES \\(\\$1, \\$2\\)")
                        	mock.ExpectQuery(regexp.QuoteMeta("SELECT nick FROM gone"))
                        	query := "SELECT .+ FROM gone"
                        	mock.ExpectQuery(query).WillReturnRows(rows)
                        	db.Query("SELECT nick FROM gone")
                        }
                        """),
                row("Go, pgxmock and helpers of its own", """
                        --- store.go
                        package store
                        var q = "UPDATE orders SET state = $1 WHERE «id|nr» = $2"
                        --- mock_test.go
                        package store
                        import "github.com/pashagolub/pgxmock/v4"
                        func expectLoad(m pgxmock.PgxPoolIface) { m.ExpectQuery("SELECT (.+) FROM gone").WithArgs(pgxmock.AnyArg()) }
                        func TestA(t *testing.T) { m.ExpectBatch().ExpectExec("insert into gone").WillReturnResult(x); m.ExpectCopyFrom(pgx.Identifier{"gone"}, []string{"a"}) }
                        """),
                row("Go, testify and gomock", """
                        --- store.go
                        package store
                        func f() { db.Exec("DELETE FROM orders WHERE «state|stat» = $1", s) }
                        --- store_test.go
                        package store
                        func TestA(t *testing.T) {
                        	m.On("Query", mock.Anything, "SELECT nick FROM gone").Return(rows, nil)
                        	m.EXPECT().Exec(ctx, "DELETE FROM gone WHERE nick = $1", 7).Return(nil)
                        	m.AssertCalled(t, "Exec", "DELETE FROM gone")
                        	require.Equal(t, "SELECT nick FROM gone", got)
                        	assert.Contains(t, got, "SELECT nick FROM gone")
                        	if got != "SELECT nick FROM gone" { t.Fatal() }
                        	want := "SELECT nick FROM gone"
                        	Expect(sql).To(Equal("SELECT nick FROM gone"))
                        }
                        """),
                row("Go, a table of what a builder makes", """
                        --- builder.go
                        package b
                        const q = "SELECT id FROM users WHERE «name|nme» = $1"
                        --- builder_test.go
                        package b
                        func TestB(t *testing.T) {
                        	for _, c := range []struct{ name string; b B; sql string }{
                        		{"plain", Select("a").From("t"), "SELECT a FROM t"},
                        		{name: "where", b: Select("a").From("t").Where("x"), sql: "SELECT a FROM t WHERE x"},
                        	} {
                        		if got := c.b.String(); got != c.sql { t.Error(got) }
                        	}
                        	expectedSQL := `UPDATE t SET a = 1`
                        	got, _ := Update("t").Build()
                        	assert.Equal(t, expectedSQL, got)
                        }
                        """),
                row("Go, squirrel", """
                        --- q.go
                        package q
                        import sq "github.com/Masterminds/squirrel"
                        func a() sq.SelectBuilder {
                        	n := "( SELECT COUNT(id) FROM orders WHERE user_id = u.id )"
                        	return sq.Select("u.name", n).From("users u").
                        		LeftJoin("(SELECT user_id, count(*) AS uses FROM orders GROUP BY user_id) o ON o.user_id = u.id").
                        		Where("EXISTS (SELECT 1 FROM orders WHERE orders.user_id = u.id)").Suffix("RETURNING id")
                        }
                        func b() { db.Query("SELECT id FROM orders WHERE «total|sum» > $1", 5) }
                        """),
                row("Go, gorm, bun and goqu", """
                        --- q.go
                        package q
                        func a() {
                        	db.Where("id IN (SELECT user_id FROM orders)").Joins("LEFT JOIN orders o ON o.user_id = users.id").Find(&us)
                        	db.Table("(SELECT id AS nick FROM users) AS u").Where("nick = ?", 1)
                        	db.NewSelect().ColumnExpr("(SELECT count(*) FROM orders WHERE user_id = u.id) AS n").TableExpr("users AS u")
                        	goqu.From("users").Select(goqu.L("(SELECT max(total) FROM orders WHERE user_id = u.id)"))
                        	db.Raw("SELECT id FROM users WHERE «email|mail» = ?", m).Scan(&us)
                        }
                        """),
                row("Go, verbs within quotes", """
                        --- q.go
                        package q
                        func a(schema string) {
                        	fmt.Sprintf("SELECT reltuples::bigint FROM pg_class WHERE oid = '%q.users'::regclass", schema)
                        	fmt.Sprintf("SELECT nextval('%s_id_seq')", table)
                        	fmt.Sprintf("SELECT '%s'::%s", v, t)
                        	fmt.Sprintf("SELECT id FROM users WHERE created_at > now() - interval '%d days'", n)
                        	fmt.Sprintf("SELECT %s FROM users ORDER BY summe", columns)
                        	fmt.Sprintf("SELECT id FROM users WHERE «name|nme» = '%s'", n)
                        }
                        """),
                new Row("Go, conditions and lists that are added when the program runs", "SQL_COLUMN_MISSING", """
                        --- q.go
                        package q
                        func a() {
                        	q := `SELECT id, «name|nme» FROM users WHERE 1=1`
                        	if x { q += " AND email = $1" }
                        	q += " ORDER BY id"
                        	r := "SELECT id, nick FROM users"
                        	if x { r += " JOIN nicks USING (id)" }
                        	var b strings.Builder
                        	b.WriteString("SELECT u.id FROM users u WHERE u.id IN (")
                        	for range ids { b.WriteString("?,") }
                        	b.WriteString(")")
                        	db.Query("SELECT id FROM users WHERE id IN (" + strings.Join(marks, ",") + ") AND email = $1")
                        }
                        """),
                new Row("Go, columns of an INSERT that are added when the program runs", "SQL_COLUMN_MISSING", """
                        --- q.go
                        package q
                        func a() {
                        	q := "INSERT INTO orders (id, «state|stat»"
                        	if x { q += ", total" }
                        	q += ") VALUES ($1, $2)"
                        	fmt.Sprintf("INSERT INTO orders (id, state, %s) VALUES ($1, $2, %s)", cols, marks)
                        }
                        """),
                row("Java, Mockito on JdbcTemplate", """
                        --- src/main/java/Users.java
                        class Users { List<User> all() { return jdbc.query("SELECT id, «name|nme» FROM users", mapper); } }
                        --- src/test/java/UsersTest.java
                        class UsersTest {
                            @Test void t() {
                                when(jdbc.query("SELECT nick FROM gone", mapper)).thenReturn(List.of());
                                when(jdbc.queryForObject(eq("SELECT nick FROM gone"), any(), eq(1))).thenReturn(1);
                                given(jdbc.query("SELECT nick FROM gone")).willReturn(rows);
                                doReturn(1).when(jdbc).update("UPDATE gone SET nick = 1");
                                verify(jdbc, times(1)).update("UPDATE gone SET nick = ?", 1);
                                then(jdbc).should().update("UPDATE gone SET nick = ?");
                                expect(statement.executeQuery("SELECT nick FROM gone")).andReturn(rs);
                                assertThat(sql.getValue()).isEqualTo("SELECT nick FROM gone");
                                assertEquals("SELECT nick FROM gone", captor.getValue());
                                assertThat(sql, is("SELECT nick FROM gone"));
                                if (sql.startsWith("SELECT nick FROM gone")) { }
                                switch (sql) { case "SELECT nick FROM gone": break; }
                            }
                        }
                        """),
                row("Java, jOOQ with a MockDataProvider", """
                        --- src/main/java/Repo.java
                        class Repo {
                            Field<?> n = DSL.field("(select count(*) from orders where orders.user_id = u.id)");
                            Condition c = DSL.condition("exists (select 1 from orders)");
                            Table<?> t = DSL.table("(select id as nick from users) x");
                            Result<?> r = ctx.fetch("select id from users where «email|mail» = ?", m);
                        }
                        --- src/test/java/RepoTest.java
                        class RepoTest {
                            MockDataProvider p = ctx -> {
                                String sql = ctx.sql();
                                return sql.equals("select nick from gone") ? rows : "select nick from gone where id = ?".equals(sql) ? one : none;
                            };
                            String s = run("select nick from gone");
                        }
                        """),
                row("Java, Hibernate and Spring Data", """
                        --- src/main/java/UserRepository.java
                        import org.springframework.data.jpa.repository.Query;
                        interface UserRepository {
                            @Query("SELECT u FROM User u WHERE u.nick = :nick") List<User> a(String nick);
                            @Query("SELECT new com.x.Dto(u.id, u.nick) FROM User u") List<Dto> b();
                            @Query(value = "SELECT * FROM users WHERE «email|mail» = :m", nativeQuery = true) List<User> c(String m);
                            @Modifying @Query("update User u set u.nick = :n where u.id = :id") int d(String n, long id);
                        }
                        --- src/main/java/User.java
                        @Entity class User {
                            @Formula("(select count(*) from orders o where o.user_id = id)") int orders;
                            @Formula("select max(o.total) from orders o where o.user_id = id and nick is null") int most;
                        }
                        """),
                row("Java, a StringBuilder", """
                        --- Q.java
                        class Q {
                            void a() {
                                StringBuilder sql = new StringBuilder("SELECT id, «state|stat» FROM orders WHERE user_id = ?");
                                if (x) { sql.append(" AND total > ?"); }
                                StringBuilder other = new StringBuilder();
                                other.append("SELECT id FROM users WHERE EXISTS (");
                                other.append("SELECT 1 FROM orders WHERE user_id = users.id AND nick = 1");
                                other.append(")");
                                String q = "SELECT id FROM orders WHERE id IN (" + String.join(",", ids) + ")";
                                jdbc.query("SELECT * FROM (" + inner + ") x WHERE x.nick = 1");
                            }
                        }
                        """),
                row("Kotlin, MockK and Kotest", """
                        --- src/main/kotlin/Repo.kt
                        class Repo { fun a() = jdbc.query("SELECT id FROM users WHERE «name|nme» = :n") }
                        --- src/test/kotlin/RepoTest.kt
                        class RepoTest {
                            fun t() {
                                every { jdbc.query("SELECT nick FROM gone", any()) } returns listOf()
                                coEvery { client.sql("SELECT nick FROM gone").fetch() } returns flow
                                verify(exactly = 1) { jdbc.update("UPDATE gone SET nick = 1") }
                                whenever(jdbc.query("SELECT nick FROM gone")).thenReturn(rows)
                                sql shouldBe "SELECT nick FROM gone"
                                sql.shouldContain("SELECT nick FROM gone")
                                when (sql) { "SELECT nick FROM gone" -> rows; else -> none }
                                assertEquals("SELECT nick FROM gone", sql)
                                assertThat(sql).isEqualTo(""\"
                                    SELECT nick FROM gone
                                ""\".trimIndent())
                            }
                        }
                        """),
                row("Scala, doobie and ScalaTest", """
                        --- src/main/scala/Repo.scala
                        object Repo {
                          def all = sql"SELECT id, «name|nme» FROM users WHERE id = $id".query[User]
                          def part = fr"SELECT id, nick FROM users" ++ join ++ Fragments.whereAnd(a, b)
                        }
                        --- src/test/scala/RepoSpec.scala
                        class RepoSpec {
                          sql should be("SELECT nick FROM gone")
                          sql shouldBe "SELECT nick FROM gone"
                          assert(sql == "SELECT nick FROM gone")
                          sql mustEqual "SELECT nick FROM gone"
                          (db.query _).expects("SELECT nick FROM gone").returning(rows)
                        }
                        """),
                row("Groovy, Spock", """
                        --- src/main/groovy/Repo.groovy
                        class Repo { def a() { sql.rows("SELECT id FROM users WHERE «email|mail» = ?", [m]) } }
                        --- src/test/groovy/RepoSpec.groovy
                        class RepoSpec extends Specification {
                            def "reads"() {
                                given:
                                jdbc.queryForList("SELECT nick FROM gone") >> [[id: 1]]
                                expect:
                                query.sql == "SELECT nick FROM gone"
                                then:
                                1 * jdbc.update("UPDATE gone SET nick = ?", _)
                            }
                        }
                        """),
                row("Python, unittest.mock", """
                        --- app/store.py
                        def get(cur):
                            cur.execute("SELECT id, «name|nme» FROM users WHERE id = %s", (1,))
                        --- tests/test_store.py
                        from unittest.mock import MagicMock, call, patch
                        def test_get(mocker):
                            cur = MagicMock()
                            cur.execute.assert_called_once_with("SELECT nick FROM gone WHERE id = %s", (1,))
                            cur.execute.assert_has_calls([call("SELECT nick FROM gone"), call("DELETE FROM gone")])
                            cur.execute.assert_any_call("SELECT nick FROM gone")
                            assert cur.execute.call_args_list == [call("SELECT nick FROM gone")]
                            assert cur.execute.call_args[0][0] == "SELECT nick FROM gone"
                            assert "SELECT nick FROM gone" in cur.queries
                            expected = "SELECT nick FROM gone"
                            assert str(stmt.compile()) == expected
                            self.assertEqual(sql, "SELECT nick FROM gone")
                            self.assertIn("SELECT nick FROM gone", sql)
                            responses = {"SELECT nick FROM gone": [(1,)]}
                        """),
                row("Python, SQLAlchemy", """
                        --- app/store.py
                        from sqlalchemy import text, literal_column, select
                        q = select(User).where(text("id IN (SELECT user_id FROM orders)")).order_by(text("nick"))
                        r = select(literal_column("(SELECT count(*) FROM orders WHERE user_id = users.id)"))
                        s = session.query(User).filter(text("EXISTS (SELECT 1 FROM orders)"))
                        n = column_property(text("SELECT count(*) FROM orders WHERE orders.user_id = users.id"))
                        t = session.execute(text("SELECT id FROM users WHERE «email|mail» = :m"), {"m": m})
                        u = conn.execute(f"SELECT id FROM users WHERE id IN ({','.join(['%s'] * len(ids))})", ids)
                        """),
                row("Python, Django", """
                        --- shop/views.py
                        from django.db.models.expressions import RawSQL
                        Users.objects.annotate(n=RawSQL("SELECT count(*) FROM orders WHERE user_id = shop_user.id", ()))
                        Users.objects.extra(select={"n": "SELECT count(*) FROM orders WHERE user_id = shop_user.id"}, where=["nick = %s"])
                        Users.objects.raw("SELECT id, «name|nme» FROM users")
                        with connection.cursor() as c: c.execute("SELECT session_data FROM django_session")
                        --- shop/migrations/0001_initial.py
                        class Migration(migrations.Migration):
                            operations = [migrations.RunSQL("UPDATE users SET nick = 'x'")]
                        """),
                row("JavaScript, jest", """
                        --- src/store.js
                        const { Pool } = require('pg');
                        exports.get = id => pool.query('SELECT id, «name|nme» FROM users WHERE id = $1', [id]);
                        --- src/store.test.js
                        test('get', async () => {
                          expect(pool.query).toHaveBeenCalledWith('SELECT nick FROM gone WHERE id = $1', [1]);
                          expect(pool.query).toHaveBeenNthCalledWith(2, 'SELECT nick FROM gone');
                          expect(pool.query.mock.calls[0][0]).toBe('SELECT nick FROM gone');
                          expect(sql).toEqual(`SELECT nick
                            FROM gone`);
                          expect(sql).toMatchInlineSnapshot(`SELECT nick FROM gone`);
                          pool.query.mockImplementation(sql => sql.includes('SELECT nick FROM gone') ? rows : none);
                          sinon.stub(pool, 'query').withArgs('SELECT nick FROM gone').resolves(rows);
                          sinon.assert.calledWith(pool.query, 'SELECT nick FROM gone');
                          expect(sql).to.equal('SELECT nick FROM gone');
                          assert.strictEqual(sql, 'SELECT nick FROM gone');
                          const answers = { 'SELECT nick FROM gone': [{ id: 1 }] };
                        });
                        --- src/other.spec.js
                        jest.mock('pg', () => ({ Pool: jest.fn() }));
                        it('x', () => { db.run('SELECT nick FROM gone'); });
                        """),
                row("TypeScript, knex and mock-client", """
                        --- src/store.ts
                        knex.select('id', knex.raw('(SELECT count(*) FROM orders WHERE user_id = u.id) AS n')).from('users as u').whereRaw('id IN (SELECT user_id FROM orders)');
                        knex('users').joinRaw('LEFT JOIN orders o ON o.user_id = users.id').orderByRaw('nick');
                        knex.from(knex.raw('(SELECT id AS nick FROM users) AS x'));
                        knex.raw('SELECT id FROM users WHERE «email|mail» = ?', [m]);
                        --- src/store.test.ts
                        import { createTracker } from 'knex-mock-client';
                        tracker.on.select('select nick from gone').response([]);
                        tracker.on.update(({ sql }) => sql === 'update gone set nick = 1').response(1);
                        """),
                row("TypeScript, Sequelize, TypeORM, Prisma and Drizzle", """
                        --- src/store.ts
                        User.findAll({ attributes: [[sequelize.literal('(SELECT count(*) FROM orders WHERE orders.user_id = "User".id)'), 'n']] });
                        repo.createQueryBuilder('u').addSelect('(SELECT count(*) FROM orders o WHERE o.user_id = u.id)', 'n').where('u.id IN (SELECT user_id FROM orders)');
                        db.select({ n: sql<number>`(select count(*) from ${orders} where ${orders.userId} = ${users.id})` }).from(users);
                        await prisma.$queryRaw`SELECT id FROM users WHERE id IN (${Prisma.join(ids)}) AND «email|mail» = ${m}`;
                        """),
                row("TypeScript, pg-mem", """
                        --- src/store.ts
                        client.query(`SELECT id FROM orders WHERE «state|stat» = $1`, [s]);
                        --- test/store.ts
                        import { newDb } from 'pg-mem';
                        const db = newDb();
                        db.public.none(`create table gone (nick text)`);
                        db.public.many(`select nick from gone_too`);
                        """),
                row("Ruby, RSpec", """
                        --- lib/store.rb
                        class Store
                          def get(id) = conn.exec_params('SELECT id, «name|nme» FROM users WHERE id = $1', [id])
                        end
                        --- spec/store_spec.rb
                        describe Store do
                          it 'reads' do
                            expect(conn).to receive(:exec_params).with('SELECT nick FROM gone WHERE id = $1', [1]).and_return([])
                            allow(conn).to receive(:exec).with("SELECT nick FROM gone")
                            expect(relation.to_sql).to eq('SELECT nick FROM gone')
                            expect(relation.to_sql).to eq "SELECT nick FROM gone"
                            expect(sql).to include "SELECT nick FROM gone"
                            assert_equal "SELECT nick FROM gone", sql
                            expect(conn).to have_received(:exec).with("SELECT nick FROM gone")
                          end
                        end
                        """),
                row("Ruby, ActiveRecord", """
                        --- app/models/user.rb
                        class User < ApplicationRecord
                          scope :busy, -> { where("id IN (SELECT user_id FROM orders)") }
                          scope :n, -> { select("(SELECT count(*) FROM orders WHERE orders.user_id = users.id) AS n") }
                          scope :x, -> { from("(SELECT id AS nick FROM users) AS users").order(Arel.sql("nick")) }
                          def self.all_of(m) = find_by_sql(["SELECT id FROM users WHERE «email|mail» = ?", m])
                        end
                        --- db/migrate/20200101000000_add_nick.rb
                        class AddNick < ActiveRecord::Migration[7.0]
                          def up
                            execute "UPDATE users SET handle = name"
                          end
                        end
                        """),
                row("PHP, PHPUnit, Mockery and Doctrine", """
                        --- src/Store.php
                        <?php
                        class Store {
                            function a() { return $this->pdo->prepare('SELECT id, «name|nme» FROM users WHERE id = :id'); }
                            function b() { return $this->em->createQuery('SELECT u.nick FROM App\\Entity\\User u WHERE u.id = :id'); }
                            function c($qb) { return $qb->select('u')->from('users', 'u')->where('u.id IN (SELECT user_id FROM orders)')->andWhere('nick = 1'); }
                        }
                        --- tests/StoreTest.php
                        <?php
                        class StoreTest extends TestCase {
                            function testA() {
                                $pdo->expects($this->once())->method('prepare')->with('SELECT nick FROM gone')->willReturn($s);
                                $pdo->shouldReceive('select')->with('SELECT nick FROM gone')->andReturn([]);
                                $this->assertSame('SELECT nick FROM gone', $qb->getSQL());
                                self::assertEquals('SELECT nick FROM gone', $sql);
                                $this->assertStringContainsString('SELECT nick FROM gone', $sql);
                                expect($sql)->toBe('SELECT nick FROM gone');
                            }
                        }
                        """),
                row("PHP, Laravel", """
                        --- app/Store.php
                        <?php
                        DB::table('users')->selectRaw('(SELECT count(*) FROM orders WHERE orders.user_id = users.id) AS n')->whereRaw('id IN (SELECT user_id FROM orders)')->get();
                        DB::table('users')->select(DB::raw('(SELECT max(total) FROM orders WHERE orders.user_id = users.id) AS m'));
                        DB::select('SELECT id FROM users WHERE «email|mail» = ?', [$m]);
                        DB::select('SELECT payload FROM failed_jobs');
                        --- database/migrations/2014_10_12_000000_add_nick.php
                        <?php
                        return new class extends Migration {
                            public function up() { DB::statement('UPDATE users SET handle = name'); Schema::create('handles', fn($t) => $t->id()); }
                        };
                        """),
                row("C#, Moq, NSubstitute and Dapper", """
                        --- src/Store.cs
                        class Store { User Get(long id) => c.QuerySingle<User>("SELECT id, «name|nme» FROM users WHERE id = @id", new { id }); }
                        --- tests/StoreTests.cs
                        class StoreTests {
                            [Fact] void T() {
                                db.Setup(x => x.Query("SELECT nick FROM gone")).Returns(rows);
                                db.Verify(x => x.Execute("UPDATE gone SET nick = 1"), Times.Once);
                                sub.Received(1).Execute("UPDATE gone SET nick = 1");
                                sub.Query("SELECT nick FROM gone").Returns(rows);
                                Assert.Equal("SELECT nick FROM gone", sql);
                                sql.Should().Be("SELECT nick FROM gone");
                                Assert.That(sql, Is.EqualTo("SELECT nick FROM gone"));
                                var r = sql switch { "SELECT nick FROM gone" => rows, _ => none };
                            }
                        }
                        """),
                row("C#, EF Core and its migrations", """
                        --- Data/Store.cs
                        class Store { void A() { ctx.Users.FromSqlRaw("SELECT * FROM users WHERE «email|mail» = {0}", m); } }
                        --- Migrations/20200101000000_Nick.cs
                        public partial class Nick : Migration {
                            protected override void Up(MigrationBuilder b) { b.Sql("UPDATE users SET handle = name"); }
                        }
                        """),
                row("Rust, mockall, sea-orm and sqlx", """
                        --- src/store.rs
                        fn get() { sqlx::query("SELECT id, «name|nme» FROM users WHERE id = $1"); }
                        fn list() {
                            let mut b = QueryBuilder::new("SELECT id, email FROM users WHERE id IN (");
                            b.push_bind(1).push(") AND name = 'x'");
                        }
                        --- tests/store.rs
                        #[test] fn t() {
                            mock.expect_query().with(eq("SELECT nick FROM gone")).returning(|_| Ok(vec![]));
                            assert_eq!(sql, "SELECT nick FROM gone");
                            assert_eq!(q.to_string(PostgresQueryBuilder), [r#"SELECT "nick""#, r#"FROM "gone""#].join(" "));
                            assert!(sql.contains("SELECT nick FROM gone"));
                            let db = MockDatabase::new(DatabaseBackend::Postgres).append_query_results(vec![rows]);
                            assert_eq!(db.into_transaction_log(), vec![Transaction::from_sql_and_values(DatabaseBackend::Postgres, r#"SELECT "nick" FROM "gone""#, vec![])]);
                        }
                        """),
                row("Rust, diesel and its folders", """
                        --- src/store.rs
                        fn a() { diesel::sql_query("SELECT id FROM orders WHERE «state|stat» = $1"); }
                        fn b() { users.select(sql::<BigInt>("(SELECT count(*) FROM orders WHERE user_id = users.id)")).filter(sql("nick = 1")); }
                        --- other/migrations/2020-01-01-000000_nick/up.sql
                        UPDATE users SET handle = name;
                        --- other/migrations/2020-01-01-000000_nick/down.sql
                        UPDATE users SET name = handle;
                        """),
                row("Elixir, Ecto and Mox", """
                        --- lib/store.ex
                        defmodule Store do
                          def a, do: Repo.query("SELECT id, «name|nme» FROM users WHERE id = $1", [1])
                          def b, do: from(u in "users", select: fragment("(SELECT count(*) FROM orders WHERE user_id = ?)", u.id))
                          def c, do: from(u in User, where: fragment("SELECT bool_or(o.total > 1) FROM orders o WHERE o.user_id = nick"))
                          def d, do: Repo.query("SELECT state FROM oban_jobs")
                        end
                        --- test/store_test.exs
                        defmodule StoreTest do
                          test "a" do
                            expect(MockRepo, :query, fn "SELECT nick FROM gone", [1] -> {:ok, []} end)
                            assert all(query) == ~s{SELECT nick FROM gone}
                            assert sql =~ "SELECT nick FROM gone"
                            assert_received {:query, "SELECT nick FROM gone"}
                          end
                        end
                        --- priv/repo/migrations/20200101000000_nick.exs
                        defmodule Repo.Migrations.Nick do
                          use Ecto.Migration
                          def up, do: execute("UPDATE users SET handle = name")
                        end
                        """),
                row("shell, psql and bats", """
                        --- bin/report.sh
                        psql -c "SELECT id, «name|nme» FROM users WHERE id = $1"
                        --- test/report.bats
                        [ "$(cat out)" = "SELECT nick FROM gone" ]
                        """),
                row("schemas and tables that libraries and the application make", """
                        --- app.js
                        await pool.query("delete from graphile_worker.jobs where key = $1", ["mail"]);
                        await pool.query("select name from pgboss.job where state = 'x'");
                        await pool.query('CREATE SCHEMA IF NOT EXISTS cache');
                        await pool.query('SELECT v FROM cache.entries');
                        await knex.schema.createTable('sessions', t => t.uuid('id'));
                        await knex.raw('SELECT id FROM sessions');
                        await pool.query("select id from orders where «state|stat» = 'x'");
                        --- Quartz.java
                        class Quartz { String q = "SELECT trigger_name FROM qrtz_triggers"; String s = "SELECT name FROM shedlock"; }
                        """),
                row("several databases in one file", """
                        --- store.go
                        package store
                        import ("github.com/go-sql-driver/mysql"; "github.com/jackc/pgx/v5")
                        func list(driver string) string {
                        	switch driver {
                        	case "postgres":
                        		return "SELECT id FROM users WHERE «name|nme» = $1"
                        	case "mysql":
                        		return "SELECT id FROM gone WHERE nick = ?"
                        	}
                        }
                        --- dialect/DB2Dialect.java
                        class DB2Dialect { String now = "values current timestamp"; String seq() { return "select identity_val_local() from sysibm.sysdummy1"; } }
                        --- dialect/TransactSql.java
                        class TransactSql { String id() { return "select newid()"; } String u() { return "select user_name()"; } }
                        --- dialect/TiDB.java
                        class TiDB { String s = "SELECT min_value, start FROM information_schema.sequences WHERE sequence_schema = database()"; }
                        --- sparql.py
                        q = "SELECT ?nick WHERE { ?nick a ?gone }"
                        """),
                new Row("another part of the project with migrations of its own", "SQL_COLUMN_MISSING", """
                        --- server/migrations/001_users.sql
                        CREATE TABLE users (id bigint PRIMARY KEY, name text);
                        CREATE TABLE history (id bigint PRIMARY KEY, body text);
                        --- server/src/main.rs
                        fn a() { sqlx::query("select id, «name|nme» from users"); }
                        --- client/migrations/001_history.sql
                        CREATE TABLE history (id text PRIMARY KEY, duration integer NOT NULL);
                        --- client/src/db.rs
                        fn b() { sqlx::query("select id from history where duration >= 0"); }
                        --- tool/package.json
                        { "dependencies": { "better-sqlite3": "1.0.0" } }
                        --- tool/index.js
                        db.prepare("select id from history where seconds > 1").all();
                        """),
                new Row("a migration in code between those in SQL", "SQL_COLUMN_MISSING", """
                        --- migrations/001_teams.up.sql
                        CREATE TABLE teams (id bigint PRIMARY KEY, auth text, note text);
                        --- migrations/002_rename.up.go
                        package migrations
                        func Up(tx *sql.Tx) error { _, err := tx.Exec("ALTER TABLE teams RENAME COLUMN auth TO legacy_auth"); return err }
                        --- store/team.go
                        package store
                        const clear = "UPDATE teams SET legacy_auth = NULL WHERE id = $1"
                        const set = "UPDATE teams SET «note|nte» = $1 WHERE id = $2"
                        """),
                new Row("tests about an earlier schema", "SQL_COLUMN_MISSING", """
                        --- migrations/001_teams.sql
                        -- +goose Up
                        CREATE TABLE teams (id bigint PRIMARY KEY, name text);
                        --- migrations/migrations_test.go
                        package migrations
                        func TestBackfill(t *testing.T) { goose.UpTo(db, ".", 12); db.Exec("INSERT INTO teams (id, nick) VALUES (1, 'x')") }
                        --- store/upgrade_test.go
                        package store
                        func TestUpgrade(t *testing.T) { m.Migrate(12); db.Exec("INSERT INTO teams (id, nick) VALUES (1, 'x')") }
                        --- store/team_test.go
                        package store
                        func TestTeam(t *testing.T) { db.Exec("INSERT INTO teams (id, «name|nme») VALUES (1, 'x')") }
                        """),
                row("histories of other tools", """
                        --- db/migrate/20200101000000_nick.sql
                        UPDATE users SET handle = name;
                        --- prisma/migrations/20200101000000_nick/migration.sql
                        UPDATE users SET handle = name;
                        --- deploy/nick.sql
                        -- Deploy app:nick to pg
                        UPDATE users SET handle = name;
                        --- src/migrations/1599000000000-Nick.ts
                        export class Nick1599000000000 implements MigrationInterface { up(q) { return q.query("UPDATE users SET handle = name"); } }
                        --- migrations2/20200101-nick.js
                        exports.up = knex => knex.raw("UPDATE users SET handle = name");
                        --- src/main/java/db/migration/V2__Nick.java
                        public class V2__Nick extends BaseJavaMigration { void migrate(Context c) { s.execute("UPDATE users SET handle = name"); } }
                        --- alembic/versions/ae1027a6acf_nick.py
                        def upgrade():
                            op.execute("UPDATE users SET handle = name")
                        --- seed.sql
                        INSERT INTO users (id, «name|nme») VALUES (1, 'x');
                        """),
                new Row("what is ignored with a reason", "SQL_COLUMN_MISSING", """
                        --- a.go
                        package a
                        // runbook: ignore SQL_COLUMN_MISSING because the archive has it
                        var q = "SELECT id, nick FROM users"

                        var r = "SELECT id, «name|nme» FROM users"
                        var s = "SELECT nick2 FROM users" // runbook: ignore SQL_COLUMN_MISSING because of the archive, too
                        --- b.sql
                        -- runbook: ignore SQL_TABLE_MISSING because a dump brings it

                        SELECT a FROM gone;
                        SELECT b FROM gone_too;
                        --- c.py
                        # runbook: ignore SQL_COLUMN_MISSING because of the archive
                        q = \"\"\"
                            SELECT nick
                            FROM users\"\"\"
                        """),
                new Row("an ignore that hits nothing", "IGNORE_UNUSED", """
                        --- a.go
                        package a
                        // runbook: ignore SQL_COLUMN_MISSING because the archive has it
                        var q = "SELECT id, «nick|name» FROM users"
                        """),
                new Row("one cause in many places", "SQL_TABLE_MISSING", """
                        --- a.go
                        package a
                        var q = "SELECT id FROM «users|usrs»"
                        var r = "DELETE FROM «users|usrs» WHERE id = $1"
                        --- b.py
                        cur.execute("SELECT name FROM «users|usrs»")
                        """));
    }
}
