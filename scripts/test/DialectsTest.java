import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("folders and ledgers of other tools than goose")
class DialectsTest {
    private static final String BUILT_IN = Run.ROOT.resolve("migrations").toString();
    /** What goose itself locks, so that goose and this script keep out of each other's way. */
    private static final long GOOSE_LOCK = 5887940537704921958L;
    private static final String PASSWORD = MigrationsTest.Postgres.rolePassword();

    private static MigrationsTest.Postgres postgres;
    @TempDir
    Path temp;

    @BeforeAll
    static void start() throws Exception {
        postgres = MigrationsTest.Postgres.start("16");
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
    }

    // What a test asks for

    /** Files of temp/migrations, which the script finds by itself when it runs in temp: name, text, name, text, … */
    private Path folder(String... namesAndTexts) throws Exception {
        Path dir = Files.createDirectories(temp.resolve("migrations"));
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Files.writeString(dir.resolve(namesAndTexts[i]), namesAndTexts[i + 1]);
        }
        return dir;
    }

    private static String goose(String up) {
        return "-- +goose Up\n" + up + "\n-- +goose Down\n";
    }

    private static String goose(String up, String down) {
        return goose(up) + down + "\n";
    }

    private Run script(String... arguments) {
        return Run.script("migrate", arguments).in(temp);
    }

    /** On a database of the reader's server, as its owner. */
    private Run on(String database, String... arguments) {
        return script(Stream.concat(Stream.of(arguments), Stream.of("--url", url(database, "app"))).toArray(String[]::new)).with("PGPASSWORD", PASSWORD);
    }

    private static String url(String database, String user) {
        return "jdbc:postgresql://localhost:" + postgres.port() + "/" + database + "?user=" + user;
    }

    /** What is told without a database needs no process of its own. */
    private static Run.Result inProcess(int exit, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Migrate.Report.commandLine(new Migrate()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
        assertThat(code).as("%s%s", out, err).isEqualTo(exit);
        return sound(new Run.Result(code, out.toString(), err.toString()));
    }

    private static Run.Result run(Run run) throws Exception {
        return sound(run.go());
    }

    /** What holds for every run. */
    private static Run.Result sound(Run.Result result) {
        assertThat(result.all()).doesNotContain(PASSWORD, postgres.password(), "\tat ", "Exception", "failed in a way that it should not");
        return result;
    }

    private static Run.Result exits(int exit, Run run) throws Exception {
        Run.Result result = run(run);
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        if (exit != 0) {
            assertThat(result.all()).isNotBlank();
        }
        return result;
    }

    /** One sentence, and nothing else, on stderr. */
    private static void sentence(Run.Result result, String... parts) {
        assertThat(result.err().strip().lines().toList()).as(result.all()).hasSize(1).first().asString().matches("(migrate|status|up|up-to|down-to): .+").contains(parts);
    }

    private static List<String> query(String database, String sql) throws SQLException {
        try (Connection c = postgres.owner(database)) {
            return Migrate.Sql.rows(c, sql).stream().map(row -> String.join(" ", row)).toList();
        }
    }

    private static void execute(String database, String sql) throws SQLException {
        try (Connection c = postgres.owner(database)) {
            Migrate.Sql.execute(c, sql);
        }
    }

    private static List<String> ledger(String database) throws SQLException {
        return query(database, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id");
    }

    private static List<String> tables(String database) throws SQLException {
        return query(database, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace AND relname <> 'goose_db_version' ORDER BY oid");
    }

        @Test
        @DisplayName("Flyway's folder: V1.1 between V1 and V2, V1.10 after V1.9, R__ last, undo files are no migrations; all are applied, and undone without asking")
        void flyway() throws Exception {
            folder("V2__c.sql", "CREATE TABLE c();", "V1__a.sql", "CREATE TABLE a();", "V1.1__b.sql", "CREATE TABLE b();", "V1_10__d.sql", "CREATE TABLE d();", "V1.9__e.sql", "CREATE TABLE e();",
                    "R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 FROM a, b, c, d, e;", "U2__c.sql", "DROP TABLE c CASCADE;");
            Run.Result result = exits(0, script("up"));
            assertThat(result.out()).contains("6 files of Flyway", "6 applied").doesNotContain("U2__c.sql", "skipped");
            assertThat(result.out().lines().filter(line -> line.contains("✓")).map(line -> line.replaceFirst(".*✓ (\\S+).*", "$1")))
                    .containsExactly("V1__a.sql", "V1.1__b.sql", "V1.9__e.sql", "V1_10__d.sql", "V2__c.sql", "R__view.sql");
            Run.Result down = exits(0, script("down-to", "1"));
            assertThat(down.out()).contains("Apply all first", "✓ R__view.sql", "1 undone").containsPattern("(?s)Undo.*✓ V2__c.sql");
        }

    @Nested
    @DisplayName("ledgers of other tools")
    class Ledgers {
        private final String golang = "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);";
        private final String flyway = """
                CREATE TABLE flyway_schema_history (installed_rank integer NOT NULL PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL,
                    script varchar(1000) NOT NULL, checksum integer, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time integer NOT NULL, success boolean NOT NULL);
                INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, installed_by, execution_time, success) VALUES
                """;

        private Run.Result status(int exit, String database) throws Exception {
            Run.Result result = exits(exit, on(database, "status"));
            List<String> before = tables(database);
            Run.Result up = exits(2, on(database, "up"));
            assertThat(up.err()).contains("keeps this database", "two ledgers would contradict each other");
            assertThat(tables(database)).isEqualTo(before);
            assertThat(query(database, "SELECT to_regclass('goose_db_version') IS NULL")).containsExactly("t");
            return result;
        }

        @Test
        @DisplayName("golang-migrate keeps how far it got: files up to there are applied, a dirty version is said, one without a file is unknown")
        void golangMigrate() throws Exception {
            folder("000001_a.up.sql", "SELECT 1;", "000001_a.down.sql", "SELECT 1;", "000002_b.up.sql", "SELECT 1;", "000003_c.up.sql", "SELECT 1;");
            String db = postgres.create();
            execute(db, golang + "INSERT INTO schema_migrations VALUES (2, false)");
            assertThat(status(10, db).out()).contains("golang-migrate has written down", "applied       000001_a.up.sql", "applied       000002_b", "pending       000003_c").doesNotContain("down.sql", "dirty");
            execute(db, "UPDATE schema_migrations SET dirty = true");
            assertThat(exits(10, on(db, "status")).out()).contains("applied       000001_a", "dirty         000002_b", "MIGRATION_DIRTY", "pending       000003_c");
            execute(db, "UPDATE schema_migrations SET version = 3, dirty = false");
            exits(0, on(db, "status"));
            execute(db, "UPDATE schema_migrations SET version = 9");
            assertThat(exits(10, on(db, "status")).out()).contains("unknown       version 9", "MIGRATION_UNKNOWN");
        }

        @Test
        @DisplayName("dbmate keeps each version as text")
        void dbmate() throws Exception {
            folder("20250101120000_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n", "20250102120000_b.sql", "-- migrate:up\nSELECT 1;\n", "20250103120000_c.sql", "-- migrate:up\nSELECT 1;\n");
            String db = postgres.create();
            execute(db, "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20250101120000'), ('20250103120000'), ('20240101000000')");
            assertThat(status(10, db).out()).contains("dbmate has written down 3", "applied       20250101120000_a.sql", "out of order  20250102120000_b.sql", "applied       20250103120000_c.sql", "unknown       version 20240101000000", "do: dbmate up");
            execute(db, "DELETE FROM schema_migrations WHERE version LIKE '2024%'; INSERT INTO schema_migrations VALUES ('20250102120000')");
            exits(0, on(db, "status"));
        }

        @Test
        @DisplayName("Flyway: dotted versions, repeatable files by name, a failed one, an undone one, and what a baseline covers")
        void flywayHistory() throws Exception {
            folder("V1__a.sql", "SELECT 1;", "V1.1__b.sql", "SELECT 1;", "V2__c.sql", "SELECT 1;", "V3__d.sql", "SELECT 1;", "R__views.sql", "SELECT 1;", "R__more.sql", "SELECT 1;");
            String db = postgres.create();
            execute(db, flyway + """
                    (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', 'app', 0, true), (1, '1', 'a', 'SQL', 'V1__a.sql', 'app', 5, true), (2, '1.1', 'b', 'SQL', 'V1.1__b.sql', 'app', 5, true),
                    (3, '2', 'c', 'SQL', 'V2__c.sql', 'app', 5, true), (4, NULL, 'views', 'SQL', 'R__views.sql', 'app', 5, true), (5, '2', 'c', 'UNDO_SQL', 'U2__c.sql', 'app', 5, true),
                    (6, '3', 'd', 'SQL', 'V3__d.sql', 'app', 5, false)""");
            assertThat(status(10, db).out()).contains("Flyway has written down", "applied       V1__a.sql", "applied       V1.1__b.sql", "pending       V2__c.sql", "dirty         V3__d.sql", "applied       R__views.sql", "pending       R__more.sql", "do: flyway migrate")
                    .doesNotContain("unknown", "out of order", "jbang migrate");

            String baselined = postgres.create();
            execute(baselined, flyway + "(1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', 'app', 0, true), (2, '3', 'd', 'SQL', 'V3__d.sql', 'app', 5, true),"
                    + "(3, NULL, 'views', 'SQL', 'R__views.sql', 'app', 5, true), (4, NULL, 'more', 'SQL', 'R__more.sql', 'app', 5, true)");
            assertThat(exits(0, on(baselined, "status")).out()).contains("applied       V1__a.sql").doesNotContain("out of order", "pending");
        }

        @Test
        @DisplayName("Liquibase keeps change sets; its files are known by their names, not by the sets' ids")
        void liquibase() throws Exception {
            folder("001_a.sql", "--liquibase formatted sql\n--changeset ann:create-a\nSELECT 1;", "002_b.sql", "SELECT 1;", "003_c.sql", "SELECT 1;");
            String db = postgres.create();
            execute(db, """
                    CREATE TABLE databasechangeloglock (id integer NOT NULL PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp, lockedby varchar(255));
                    CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL, dateexecuted timestamp NOT NULL, orderexecuted integer NOT NULL,
                        exectype varchar(10) NOT NULL, md5sum varchar(35), description varchar(255), comments varchar(255), tag varchar(255), liquibase varchar(20), contexts varchar(255), labels varchar(255), deployment_id varchar(10));
                    INSERT INTO databasechangelog (id, author, filename, dateexecuted, orderexecuted, exectype) VALUES
                        ('create-a', 'ann', 'db/changelog/001_a.sql', now(), 1, 'EXECUTED'), ('3', 'ann', 'db/changelog/001_a.sql', now(), 2, 'EXECUTED'), ('raw', 'bob', 'classpath:db/changelog/002_b.sql', now(), 3, 'EXECUTED')""");
            assertThat(status(10, db).out()).contains("Liquibase has written down", "applied       001_a.sql", "applied       002_b.sql", "pending       003_c.sql").doesNotContain("unknown");
        }
    }

        @Test
        @DisplayName("golang-migrate: up files in the order of their numbers, undone by their down files; a file with CONCURRENTLY is outside a transaction")
        void golangMigrate() throws Exception {
            String db = postgres.create();
            folder("10_c.up.sql", "CREATE INDEX CONCURRENTLY ai ON a (i);", "10_c.down.sql", "DROP INDEX CONCURRENTLY ai;", "2_a.up.sql", "BEGIN;\nCREATE TABLE a(i int);\nCOMMIT;", "2_a.down.sql", "DROP TABLE a;");
            assertThat(exits(0, on(db, "up")).out()).contains("2 files of golang-migrate (4 of 4 files are named so)", "2 applied").doesNotContain("left out");
            assertThat(query(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ai'::regclass")).containsExactly("t");
            exits(0, on(db, "down-to", "0", "--yes"));
            assertThat(tables(db)).isEmpty();
            // golang-migrate sends a file as one command: beside other statements the server refuses it.
            folder("11_d.up.sql", "CREATE TABLE d();\nCREATE INDEX CONCURRENTLY di ON a (i);");
            assertThat(exits(10, on(db, "up")).out()).contains("migrations/11_d.up.sql:2", "cannot run inside a transaction block", "25001");
        }

        @Test
        @DisplayName("dbmate: transaction:false lets CONCURRENTLY pass, its default does not; the Down part is not applied with the Up part")
        void dbmate() throws Exception {
            String db = postgres.create();
            folder("20250101_a.sql", "-- migrate:up\nCREATE TABLE a(i int);\n\n-- migrate:down\nDROP TABLE a;\n",
                    "20250102_i.sql", "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ai ON a (i);\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY ai;\n");
            assertThat(exits(0, on(db, "up")).out()).contains("2 files of dbmate (2 of 2 files have “-- migrate:” marks)");
            assertThat(query(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ai'::regclass")).containsExactly("t");
            folder("20250103_j.sql", "-- migrate:up\nCREATE INDEX CONCURRENTLY aj ON a (i);\n");
            assertThat(exits(10, on(db, "up")).out()).contains("20250103_j.sql:2", "25001");
            Files.delete(temp.resolve("migrations/20250103_j.sql"));
            exits(0, on(db, "down-to", "0", "--yes"));
            assertThat(tables(db)).isEmpty();
        }

        @Test
        @DisplayName("github gives one annotation a finding, with file and line, and no file can smuggle in another")
        void github() throws Exception {
            tricky();
            Run.Result result = exits(10, on(postgres.create(), "up", "--format", "github"));
            List<String> commands = result.out().lines().filter(line -> line.stripLeading().startsWith("::")).filter(line -> !line.contains("group::")).toList();
            assertThat(commands).singleElement().asString().startsWith("::error file=migrations/003_c%2Cd.sql,line=5,title=MIGRATION_FAILS::003_c,d.sql fails: ERROR: column \"no%0A::error::such\" does not exist");
            assertThat(result.out().lines().filter(line -> line.startsWith("::group::")).count()).isEqualTo(result.out().lines().filter(line -> line.equals("::endgroup::")).count());
            assertThat(result.out()).doesNotContain("\u001b");

            folder("003_c,d.sql", "-- +goose Up\n-- +goose StatementBegin\n");
            assertThat(exits(10, on(postgres.create(), "up", "--format", "github")).out()).contains("::error file=migrations/003_c%2Cd.sql,line=2,title=MIGRATION_MARKERS::");
        }
}
