import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import kit.explain.Missing;
import kit.explain.Placeholders;
import kit.report.Stop;

@Tag("unit")
@DisplayName("explain-error --error: the message, in the words of any driver")
class ErrorTextTest {
    private static final String COLUMN = "column \"status_reason\" of relation \"workflows\" does not exist";
    private static final String UPDATE = "UPDATE workflows SET status_reason = $1 WHERE id = $2";

    static Stream<Arguments> wordings() {
        return Stream.of(
                arguments("psql, with its line and caret", "ERROR:  " + COLUMN + "\nLINE 1: UPDATE workflows SET status_reason = 'x';\n                             ^\n", null),
                arguments("psql -f, with file and line", "psql:seed.sql:3: ERROR:  " + COLUMN, null),
                arguments("psql with VERBOSITY verbose", "ERROR:  42703: " + COLUMN + "\nLOCATION:  transformUpdateTargetList, analyze.c:2566", null),
                arguments("the server's log, with its STATEMENT",
                        "2025-11-20 21:04:11.317 UTC [71] ERROR:  " + COLUMN + " at character 22\n2025-11-20 21:04:11.317 UTC [71] STATEMENT:  UPDATE workflows\n\tSET status_reason = $1\n\tWHERE id = $2\n"
                                + "2025-11-20 21:04:12.001 UTC [71] LOG:  disconnection", "UPDATE workflows\n\tSET status_reason = $1\n\tWHERE id = $2"),
                arguments("pgx", "failed to update workflow status: ERROR: " + COLUMN + " (SQLSTATE 42703)", null),
                arguments("lib/pq, old", "pq: " + COLUMN, null),
                arguments("lib/pq, new, on one line", "pq: " + COLUMN + " at column 22 (42703)", null),
                arguments("lib/pq, new, on several lines", "pq: " + COLUMN + " at position 2:5 (42703)", null),
                arguments("pgjdbc in a stack trace", "Exception in thread \"main\" org.postgresql.util.PSQLException: ERROR: " + COLUMN + "\n  Position: 22\n"
                        + "\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733)\n\tat app.Repository.update(Repository.java:41)\n", null),
                arguments("Spring 5", "org.springframework.jdbc.BadSqlGrammarException: PreparedStatementCallback; bad SQL grammar [" + UPDATE + "]; nested exception is org.postgresql.util.PSQLException: ERROR: "
                        + COLUMN + "\n  Position: 22", UPDATE),
                arguments("Spring 6", "org.springframework.jdbc.BadSqlGrammarException: PreparedStatementCallback; bad SQL grammar [UPDATE workflows SET tags[1] = ?, status_reason = ?]\n\tat x.Y(Y.java:1)\n"
                        + "Caused by: org.postgresql.util.PSQLException: ERROR: " + COLUMN, "UPDATE workflows SET tags[1] = ?, status_reason = ?"),
                arguments("Hibernate", "org.hibernate.exception.SQLGrammarException: JDBC exception executing SQL [" + UPDATE + "] [ERROR: " + COLUMN + "\n  Position: 22] [n/a]", UPDATE),
                arguments("psycopg2", "psycopg2.errors.UndefinedColumn: " + COLUMN + "\nLINE 1: UPDATE workflows SET status_reason = 'x'\n                             ^\n", null),
                arguments("psycopg 3", "psycopg.errors.UndefinedColumn: " + COLUMN + "\nLINE 1: UPDATE workflows SET status_reason = $1\n                             ^", null),
                arguments("SQLAlchemy", "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) " + COLUMN + "\nLINE 1: UPDATE workflows SET status_reason='x'\n                             ^\n\n"
                        + "[SQL: UPDATE workflows SET status_reason=%(status_reason)s WHERE workflows.id = %(id_1)s]\n[parameters: {'status_reason': 'x', 'id_1': 1}]\n"
                        + "(Background on this error at: https://sqlalche.me/e/20/f405)", "UPDATE workflows SET status_reason=%(status_reason)s WHERE workflows.id = %(id_1)s"),
                arguments("SQLAlchemy on asyncpg", "sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class 'asyncpg.exceptions.UndefinedColumnError'>: " + COLUMN + "\n[SQL: "
                        + UPDATE + "]\n[parameters: ('x', 1)]", UPDATE),
                arguments("asyncpg", "asyncpg.exceptions.UndefinedColumnError: " + COLUMN, null),
                arguments("node-postgres, the object printed", "error: " + COLUMN + "\n    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:278:15) {\n  length: 138,\n  severity: 'ERROR',\n"
                        + "  code: '42703',\n  position: '22',\n  file: 'parse_target.c',\n  routine: 'checkInsertTargets'\n}", null),
                arguments("node-postgres in JSON in JSON", "{\"7\":\"{\\n \\\"message\\\": \\\"column \\\\\\\"status_reason\\\\\\\" of relation \\\\\\\"workflows\\\\\\\" does not exist\\\",\\n \\\"code\\\": \\\"42703\\\"}\"}", null),
                arguments("Rust, sqlx", "Error: error returned from database: " + COLUMN, null),
                arguments("Rust, tokio-postgres", "Error { kind: Db, cause: Some(DbError { severity: \"ERROR\", code: SqlState(E42703), message: \"column \\\"status_reason\\\" of relation \\\"workflows\\\" does not exist\" }) }", null),
                arguments("zap, a JSON line", "{\"level\":\"error\",\"ts\":1763672651.3,\"msg\":\"update failed\",\"error\":\"ERROR: column \\\"status_reason\\\" of relation \\\"workflows\\\" does not exist (SQLSTATE 42703)\"}", null),
                arguments("Ginkgo, painted", "\u001b[38;5;9m[FAILED] Unexpected error:\n      <*pgconn.PgError | 0xc0001>: \n      ERROR: \u001b[1mcolumn \"status_reason\" of relation \"workflows\" does not exist\u001b[0m (SQLSTATE 42703)", null),
                arguments("ActiveRecord", "ActiveRecord::StatementInvalid: PG::UndefinedColumn: ERROR:  " + COLUMN + "\nLINE 1: UPDATE \"workflows\" SET \"status_reason\" = $1 WHERE ...\n", null),
                arguments("Npgsql", "Npgsql.PostgresException (0x80004005): 42703: " + COLUMN + "\n\nPOSITION: 22", null),
                arguments("PHP PDO", "SQLSTATE[42703]: Undefined column: 7 ERROR:  " + COLUMN + "\nLINE 1: update \"workflows\" set \"status_reason\" = $1\n", null),
                arguments("DBeaver", "SQL Error [42703]: ERROR: " + COLUMN + "\n  Position: 22", null),
                arguments("pgjdbc, German server", "org.postgresql.util.PSQLException: FEHLER: Spalte »status_reason« von Relation »workflows« existiert nicht\n  Position: 22; SQL state [42703]", null),
                arguments("psql verbose, German server", "Meldung „fertig“ kam vorher\nFEHLER:  42703: Spalte »status_reason« von Relation »workflows« existiert nicht\n", null),
                arguments("pgx, Japanese server", "ERROR: リレーション\"workflows\"の列\"status_reason\"は存在しません (SQLSTATE 42703)", null),
                arguments("psql, Chinese server, without a SQLSTATE", "错误:  关系 \"workflows\" 的 \"status_reason\" 字段不存在\n", null),
                arguments("JSON log, Russian server", "{\"level\":\"error\",\"msg\":\"ОШИБКА: столбец \\\"status_reason\\\" в таблице \\\"workflows\\\" не существует\",\"code\":\"42703\"}", null),
                arguments("psql, Spanish server, without a SQLSTATE", "ERROR:  no existe la columna «status_reason» en la relación «workflows»\n", null),
                arguments("PDO, French server", "SQLSTATE[42703]: Undefined column: 7 ERREUR:  la colonne «\u00a0status_reason\u00a0» de la relation «\u00a0workflows\u00a0» n'existe pas", null),
                arguments("csvlog, with its statement", "2024-06-10 09:00:00.123 UTC,\"app\",\"app\",71,\"172.18.0.3:5001\",66,3,\"UPDATE\",2024-06-10 08:59:00 UTC,3/10,0,ERROR,42703,\"column \"\"status_reason\"\" of relation \"\"workflows\"\" does not exist\",,,,,,\"UPDATE workflows\n SET status_reason = $1\",26,,\"api\",\"client backend\",,0",
                        "UPDATE workflows\n\t SET status_reason = $1"),
                arguments("jsonlog, with its statement", "{\"timestamp\":\"2026-01-02 03:04:05.678 UTC\",\"pid\":71,\"error_severity\":\"ERROR\",\"state_code\":\"42703\",\"message\":\"column \\\"status_reason\\\" of relation \\\"workflows\\\" does not exist\",\"statement\":\"UPDATE \\\"workflows\\\" SET status_reason = $1\",\"cursor_position\":22}",
                        "UPDATE \"workflows\" SET status_reason = $1"),
                arguments("docker compose logs", "db-1  | 2025-11-20 21:04:11.317 UTC [71] ERROR:  " + COLUMN + " at character 22\ndb-1  | 2025-11-20 21:04:11.317 UTC [71] STATEMENT:  UPDATE workflows\ndb-1  | \tSET status_reason = $1\ndb-1  | 2025-11-20 21:04:12.001 UTC [71] LOG:  disconnection",
                        "UPDATE workflows\n\tSET status_reason = $1"),
                arguments("kubectl logs --prefix --timestamps", "[pod/db-0/postgres] 2025-11-20T21:04:11.317000000Z 2025-11-20 21:04:11.317 UTC [71] ERROR:  " + COLUMN + "\n[pod/db-0/postgres] 2025-11-20T21:04:11.317000001Z 2025-11-20 21:04:11.317 UTC [71] STATEMENT:  UPDATE workflows\n"
                        + "[pod/db-0/postgres] 2025-11-20T21:04:11.317000002Z \tSET status_reason = $1\n[pod/db-0/postgres] 2025-11-20T21:04:12Z 2025-11-20 21:04:12 UTC [71] LOG:  x", "UPDATE workflows\n\tSET status_reason = $1"),
                arguments("journald", "Nov 20 21:04:11 host postgres[71]: [5-1] 2025-11-20 21:04:11.317 UTC [71] ERROR:  " + COLUMN + "\nNov 20 21:04:11 host postgres[71]: [5-2] 2025-11-20 21:04:11.317 UTC [71] STATEMENT:  UPDATE workflows\n"
                        + "Nov 20 21:04:11 host postgres[71]: [5-3] #011SET status_reason = $1\nNov 20 21:04:12 host postgres[71]: [6-1] 2025-11-20 21:04:12 UTC [71] LOG:  x", "UPDATE workflows\n\tSET status_reason = $1"),
                arguments("GitHub Actions", "2025-11-20T21:04:11.3170000Z ##[error]ERROR: " + COLUMN + " (SQLSTATE 42703)\n2025-11-20T21:04:11.4Z ##[error]Process completed with exit code 1.", null),
                arguments("Hibernate's validation", "Schema-validation: missing column [status_reason] in table [public.workflows]", null),
                arguments("Hibernate 4", "org.hibernate.HibernateException: Missing column: status_reason in public.workflows", null),
                arguments("Prisma P2022", "PrismaClientKnownRequestError:\nInvalid `prisma.workflow.findMany()` invocation:\n\nThe column `workflows.status_reason` does not exist in the current database.\n  code: 'P2022',\n  meta: { modelName: 'Workflow', column: 'workflows.status_reason' }", null),
                arguments("Prisma P2022 with a schema", "The column `public.workflows.status_reason` does not exist in the current database.", null),
                arguments("PostgREST, PGRST204", "{\"code\":\"PGRST204\",\"details\":null,\"hint\":null,\"message\":\"Could not find the 'status_reason' column of 'workflows' in the schema cache\"}", null),
                arguments("TypeORM", "QueryFailedError: column Workflow.status_reason does not exist\n    at PostgresQueryRunner.query {\n  query: 'SELECT \"Workflow\".\"id\" AS \"Workflow_id\", \"Workflow\".\"status_reason\" FROM \"workflows\" \"Workflow\"',\n  parameters: [],\n  driverError: error: x",
                        "SELECT \"Workflow\".\"id\" AS \"Workflow_id\", \"Workflow\".\"status_reason\" FROM \"workflows\" \"Workflow\""),
                arguments("Sequelize", "SequelizeDatabaseError: column \"status_reason\" does not exist\n    at Query.formatError {\n  parent: error: column \"status_reason\" does not exist {\n    code: '42703',\n    sql: 'SELECT \"id\", \"status_reason\" FROM \"workflows\" AS \"Workflow\";',\n    parameters: undefined\n  }",
                        "SELECT \"id\", \"status_reason\" FROM \"workflows\" AS \"Workflow\""),
                arguments("Drizzle", "DrizzleQueryError: Failed query: select \"id\", \"status_reason\" from \"workflows\" where \"workflows\".\"id\" = $1\nparams: 1\n    at x {\n  [cause]: error: column \"status_reason\" does not exist", "select \"id\", \"status_reason\" from \"workflows\" where \"workflows\".\"id\" = $1"),
                arguments("EF Core", "fail: Microsoft.EntityFrameworkCore.Database.Command[20102]\n      Failed executing DbCommand (5ms) [Parameters=[], CommandType='Text', CommandTimeout='30']\n      SELECT w.\"Id\", w.status_reason\n      FROM workflows AS w\nNpgsql.PostgresException (0x80004005): 42703: column w.status_reason does not exist\n\nPOSITION: 16",
                        "SELECT w.\"Id\", w.status_reason\n      FROM workflows AS w"),
                arguments("Ecto", "** (Postgrex.Error) ERROR 42703 (undefined_column) column w0.status_reason does not exist\n\n    query: SELECT w0.\"id\", w0.\"status_reason\" FROM \"workflows\" AS w0\n    (ecto_sql 3.12.1) lib/ecto/adapters/sql.ex:1096: Ecto.Adapters.SQL.raise_sql_call_error/1", "SELECT w0.\"id\", w0.\"status_reason\" FROM \"workflows\" AS w0"),
                arguments("Django", "django.db.utils.ProgrammingError: column workflows.status_reason does not exist\nLINE 1: SELECT \"workflows\".\"id\", \"workflows\".\"status_reason\" FROM \"workflows\"\n                                ^\n", null),
                arguments("jOOQ", "org.jooq.exception.DataAccessException: SQL [select \"w\".\"status_reason\" from \"public\".\"workflows\" as \"w\"]; ERROR: column w.status_reason does not exist\n  Position: 8", "select \"w\".\"status_reason\" from \"public\".\"workflows\" as \"w\""),
                arguments("Laravel", "SQLSTATE[42703]: Undefined column: 7 ERROR:  column \"status_reason\" does not exist\nLINE 1: select ... (Connection: pgsql, SQL: select \"status_reason\" from \"workflows\")", "select \"status_reason\" from \"workflows\""),
                arguments("Knex", "error: select \"status_reason\" from \"workflows\" where \"id\" = $1 - column \"status_reason\" does not exist", "select \"status_reason\" from \"workflows\" where \"id\" = $1"),
                arguments("sqlx, at compile time", "error: error returned from database: column \"status_reason\" does not exist\n  --> src/main.rs:10:5\n   |\n10 | /     sqlx::query!(\n11 | |         \"SELECT status_reason FROM workflows WHERE id = $1\",\n12 | |         id\n13 | |     )\n   | |_____^\n", "SELECT status_reason FROM workflows WHERE id = $1"),
                arguments("after a NOTICE of DROP IF EXISTS", "NOTICE:  table \"leftovers\" does not exist, skipping\nNOTICE:  column \"gone\" of relation \"workflows\" does not exist, skipping\nERROR:  " + COLUMN, null),
                arguments("after a constraint of the same table", "ERROR:  constraint \"workflows_check\" of relation \"workflows\" does not exist\nERROR:  trigger \"t\" for table \"workflows\" does not exist\nERROR:  " + COLUMN, null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wordings")
    @DisplayName("column and table are read from")
    void wording(String driver, String text, String statement) {
        Missing missing = Missing.in(text);
        assertThat(missing.column()).isEqualTo("status_reason");
        assertThat(missing.relation()).isEqualTo("workflows");
        assertThat(missing.state()).isEqualTo("42703");
        assertThat(missing.others()).isEmpty();
        assertThat(missing.statement()).isEqualTo(statement);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '\u0001', value = {
            // text | relation | column
            "ERROR: column \"status_reason\" does not exist (SQLSTATE 42703) | - | status_reason",
            "ERROR:  column w.status_reason does not exist | - | status_reason",
            "ERROR:  column w.statusReason does not exist | - | statusReason",
            "ERROR:  column w.Status Reason does not exist | - | Status Reason",
            "ERROR:  column t1.größe does not exist | - | größe",
            "ERROR: column \"Status Reason\" of relation \"My Workflows\" does not exist | My Workflows | Status Reason",
            "ERROR: column \"statusReason\" of relation \"workFlows\" does not exist | workFlows | statusReason",
            "ERROR: column \"größe\" of relation \"aufträge\" does not exist | aufträge | größe",
            "ERROR: record \"new\" has no field \"status_reason\" (SQLSTATE 42703) | - | status_reason",
            "ERROR: column \"owner\" named in key does not exist | - | owner",
            "ERROR: column \"owner\" referenced in foreign key constraint does not exist | - | owner",
            "ERROR: relation \"workflows\" does not exist (SQLSTATE 42P01) | workflows | -",
            "ERROR:  relation \"audit.workflows\" does not exist | workflows | -",
            "ERROR:  table \"workflows\" does not exist | workflows | -",
            "ERROR:  view \"active_workflows\" does not exist | active_workflows | -",
            "psycopg2.errors.UndefinedTable: relation \"WorkFlows\" does not exist | WorkFlows | -",
            "SQLSTATE[42P01]: Undefined table: 7 ERROR:  relation \"workflows\" does not exist | workflows | -",
            "The table `public.workflows` does not exist in the current database. | workflows | -",
            "Schema-validation: missing table [workflows] | workflows | -",
            "Could not find the table 'public.workflows' in the schema cache | workflows | -",
            "column \"Workflow.statusReason\" does not exist | - | Workflow.statusReason",
            "FEHLER: Relation »workflows« existiert nicht (SQLSTATE 42P01) | workflows | -",
            "FEHLER: Spalte »status_reason« existiert nicht (SQLSTATE 42703) | - | status_reason",
            "FEHLER: Spalte w.status_reason existiert nicht (SQLSTATE 42703) | - | status_reason",
            "ERREUR: la relation « workflows » n'existe pas (SQLSTATE 42P01) | workflows | -",
            "ERREUR: la colonne w.status_reason n'existe pas (SQLSTATE 42703) | - | status_reason"})
    @DisplayName("names as they are")
    void names(String text, String relation, String column) {
        Missing missing = Missing.in(text);
        assertThat(missing.relation()).isEqualTo(relation);
        assertThat(missing.column()).isEqualTo(column);
        assertThat(missing.state()).isEqualTo(column == null ? "42P01" : "42703");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', value = {
            "ERROR: missing FROM-clause entry for table \"w\" (SQLSTATE 42P01) | table alias",
            "ERROR: function now_utc() does not exist (SQLSTATE 42883) | names no missing column or table",
            "ERROR: role \"slm_user\" does not exist (SQLSTATE 42704) | names no missing column or table",
            "FATAL: database \"action_history\" does not exist (SQLSTATE 3D000) | names no missing column or table",
            "ERROR: schema \"audit\" does not exist | names no missing column or table",
            "ERROR: type \"status\" does not exist | names no missing column or table",
            "ERROR: constraint \"c\" of relation \"workflows\" does not exist | names no missing column or table",
            "ERROR: trigger \"t\" for table \"workflows\" does not exist | names no missing column or table",
            "The column `(not available)` does not exist in the current database. | Prisma does not say which column",
            "Schema-validation: missing sequence [workflow_seq] | names no missing column or table",
            "NOTICE: table \"workflows\" does not exist, skipping | names no missing column or table",
            "NOTICE: column \"x\" of relation \"workflows\" does not exist, skipping | names no missing column or table",
            "all “tests” passed | names no missing column or table"})
    @DisplayName("what is no missing column or table is not taken for one")
    void otherTroubles(String text, String sentence) {
        assertThatThrownBy(() -> Missing.in(text)).isInstanceOf(Stop.class).hasMessageContaining(sentence)
                .extracting(e -> ((Stop) e).exit).isEqualTo(2);
    }

    @Test
    @DisplayName("a log with several errors: the first one is taken, and the others are kept")
    void severalErrors() {
        Missing missing = Missing.in("ok\nERROR: " + COLUMN + " (SQLSTATE 42703)\nERROR: relation \"audit_log\" does not exist (SQLSTATE 42P01)\n"
                + "ERROR: column \"owner\" of relation \"teams\" does not exist (SQLSTATE 42703)\nERROR: " + COLUMN + " (SQLSTATE 42703)\n");
        assertThat(missing.column()).isEqualTo("status_reason");
        assertThat(missing.others()).containsExactly("audit_log", "teams.owner");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '→', quoteCharacter = '\u0001', value = {
            "UPDATE t SET a = ?, b = ? WHERE c = ? → UPDATE t SET a = $1, b = $2 WHERE c = $3",
            "UPDATE t SET a = %s, b = %s → UPDATE t SET a = $1, b = $2",
            "UPDATE t SET a = %(a)s, b = %(b)s, c = %(a)s → UPDATE t SET a = $1, b = $2, c = $1",
            "UPDATE t SET a = :a, b = :b, c = :a → UPDATE t SET a = $1, b = $2, c = $1",
            "UPDATE t SET a = @a, b = @b → UPDATE t SET a = $1, b = $2",
            "UPDATE t SET a = ${a}, b = #{b} → UPDATE t SET a = $1, b = $2",
            "UPDATE t SET a = $2, b = $1 → UPDATE t SET a = $2, b = $1",
            "SELECT * FROM t WHERE labels ? $1 → SELECT * FROM t WHERE labels ? $1",
            "SELECT * FROM t WHERE labels ?? ? → SELECT * FROM t WHERE labels ? $1",
            "SELECT * FROM t WHERE labels ?| ARRAY['a'] AND labels ?& ARRAY['b'] AND x = ? → SELECT * FROM t WHERE labels ?| ARRAY['a'] AND labels ?& ARRAY['b'] AND x = $1",
            "SELECT ?::text, a::int, b @> c FROM t WHERE at > '12:30' AND s = ':x ? %s' → SELECT $1::text, a::int, b @> c FROM t WHERE at > '12:30' AND s = ':x ? %s'",
            "SELECT \"a?b\", a[1:n] FROM t -- what?  → SELECT \"a?b\", a[1:n] FROM t -- what?",
            "SELECT /* why? */ $$ :a ? $$, ? → SELECT /* why? */ $$ :a ? $$, $1",
            "SELECT 'it''s :x', ? → SELECT 'it''s :x', $1"})
    @DisplayName("the drivers' placeholders become the server's; operators, casts, literals and comments stay")
    void placeholders(String written, String expected) {
        assertThat(Placeholders.numbered(written)).isEqualTo(expected);
    }

    @Test
    @DisplayName("a very long literal or line does not exhaust the stack")
    void longTexts() {
        String literal = "'" + "x''".repeat(200_000) + "'";
        assertThat(Placeholders.numbered("SELECT " + literal + ", ?")).endsWith(", $1");
        assertThat(Missing.in("column \"" + "y".repeat(300_000) + "\nERROR: " + COLUMN).relation()).isEqualTo("workflows");
        assertThat(Missing.in("ERROR: " + COLUMN + "\nSTATEMENT:  UPDATE workflows" + "\n\t, x = 1".repeat(50_000)).statement()).startsWith("UPDATE workflows");
    }

    @Test
    @DisplayName("the same message is taken as text, from a file, in PowerShell's UTF-16, and from stdin")
    void threeWays(@TempDir Path temp) throws Exception {
        Files.createDirectory(temp.resolve("db"));
        String message = "ERROR: column \"note\" of relation \"t\" does not exist (SQLSTATE 42703)";
        // Nothing to replay: the message is read first, and the empty folder is said after it.
        Files.writeString(temp.resolve("test.log"), "running\n" + message + "\n");
        Files.write(temp.resolve("wide.log"), ("\uFEFF" + message + "\r\n").getBytes(StandardCharsets.UTF_16LE));
        for (Run run : List.of(script("--error", message), script("--error", "test.log"), script("--error", "wide.log"), script("--error", "-").typing(message))) {
            Run.Result result = run.in(temp).go();
            assertThat(result.err()).contains("--migrations db holds no migration");
            assertThat(result.exit()).isEqualTo(2);
        }
        Files.writeString(temp.resolve("db/1_t.sql"), "CREATE TABLE t (id int);\n");
        Run.Result result = script("--error", "-").typing(message + "\nERROR: relation \"other\" does not exist\n").in(temp).go();
        assertThat(result.out()).contains("✗ column note of t does not exist (SQLSTATE 42703)").contains("skipped other: the text names it, too");
        assertThat(result.exit()).isEqualTo(10);
    }

    @Test
    @DisplayName("a text that cannot be used is one sentence and exit 2")
    void unusable(@TempDir Path temp) throws Exception {
        Files.createDirectory(temp.resolve("db"));
        Files.write(temp.resolve("binary.log"), new byte[] {0, 1, 2, (byte) 0xff, (byte) 0xfe, 10, 0});
        Files.writeString(temp.resolve("empty.log"), "");
        try (var huge = new java.io.RandomAccessFile(temp.resolve("huge.log").toFile(), "rw")) {
            huge.setLength(20 << 20);
        }
        refused(script("--error", "").in(temp), "--error names no missing column or table");
        refused(script("--error", "-").in(temp).typing(""), "--error names no missing column or table");
        refused(script("--error", "binary.log").in(temp), "binary.log holds NUL, a byte that no message has");
        refused(script("--error", "empty.log").in(temp), "--error names no missing column or table");
        refused(script("--error", "huge.log").in(temp), "huge.log holds more than 16 MB");
        refused(script("--error", "absent.log").in(temp), "--error absent.log is no file that can be read");
        refused(script("--error", "db").in(temp), "--error db is no file that can be read");
    }

    private static Run script(String... arguments) {
        return Run.script("explain-error", Stream.concat(Stream.of(arguments), Stream.of("--migrations", "db")).toArray(String[]::new));
    }

    private static void refused(Run run, String sentence) throws Exception {
        Run.Result result = run.go();
        assertThat(result.err()).contains(sentence).hasLineCount(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.exit()).isEqualTo(2);
    }
}
