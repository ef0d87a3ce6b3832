import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
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

@DisplayName("migrate")
class MigrateTest {
    private static final String BUILT_IN = Run.ROOT.resolve("migrations").toString();
    /** What goose itself locks, so that goose and this script keep out of each other's way. */
    private static final long GOOSE_LOCK = 5887940537704921958L;
    private static final String PASSWORD = Reader.ROLE_PASSWORD;

    private static Reader postgres;
    @TempDir
    Path temp;

    @BeforeAll
    static void start() throws Exception {
        postgres = Reader.start();
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

    /** The same with its password, for a run in this process. */
    private static String owned(String database) {
        return url(database, "app") + "&password=" + URLEncoder.encode(PASSWORD, StandardCharsets.UTF_8);
    }

    /** What needs no environment of its own needs no process of its own. */
    private static Run.Result inProcess(int exit, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Migrate.Steps.commandLine(new Migrate()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
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
            return Migrate.Postgres.rows(c, sql).stream().map(row -> String.join(" ", row)).toList();
        }
    }

    private static void execute(String database, String sql) throws SQLException {
        try (Connection c = postgres.owner(database)) {
            Migrate.Postgres.execute(c, sql);
        }
    }

    private static List<String> ledger(String database) throws SQLException {
        return query(database, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id");
    }

    private static List<String> tables(String database) throws SQLException {
        return query(database, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace AND relname <> 'goose_db_version' ORDER BY oid");
    }

    @Nested
    @DisplayName("on the embedded server")
    class Embedded {
        @Test
        @DisplayName("up without --url applies the built-in history, and the server is gone afterwards")
        void builtIn() throws Exception {
            Run.Result result = exits(0, script("up", "--migrations", BUILT_IN));
            assertThat(result.err()).isEmpty();
            assertThat(result.out()).contains("17 files of goose", "embedded", "✓ 022_add_status_reason_column.sql", "17 applied", "sound  checked 17 migrations");
            assertThat(result.out().indexOf("✓ 1000_")).isGreaterThan(result.out().indexOf("✓ 022_"));
            Matcher port = Pattern.compile("localhost:(\\d+)").matcher(result.out());
            assertThat(port.find()).isTrue();
            assertThatThrownBy(() -> new Socket("localhost", Integer.parseInt(port.group(1))).close()).isInstanceOf(java.net.ConnectException.class);
        }

        @Test
        @DisplayName("status has nothing to compare with, and says so: that is no pass")
        void statusOfNothing() throws Exception {
            folder("001_a.sql", goose("CREATE TABLE a();"));
            assertThat(exits(3, script("status")).all()).contains("pending       001_a.sql", "nothing to compare with", "--url").doesNotContain("sound");
        }

        @Test
        @DisplayName("a migration cannot run commands on the machine, nor become one who can")
        void noCommands() throws Exception {
            Path proof = temp.resolve("proof");
            folder("001_a.sql", "CREATE TABLE a(t text);\nDO $$ BEGIN ALTER ROLE slm_user SUPERUSER; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;\n"
                    + "DO $$ BEGIN PERFORM pg_read_file('/etc/passwd'); RAISE 'read'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;\nCOPY a FROM PROGRAM 'touch " + proof + "';");
            assertThat(exits(10, script("up")).out()).contains("migrations/001_a.sql:4", "SQLSTATE 42501", "MIGRATION_FAILS");
            assertThat(proof).doesNotExist();
        }

    }

    @Nested
    @DisplayName("beside another run")
    class Beside {
        @Test
        @DisplayName("a run that lives is not taken for one that was killed, however long it has lived; ended by a signal, it leaves nothing")
        void livesOn() throws Exception {
            folder("001_a.sql", goose("SET statement_timeout = 0;\nSELECT pg_sleep(600);"));
            Path tmp = Files.createDirectories(temp.resolve("tmp"));
            Path data = tmp.resolve("datastorage-runbooks-" + System.getProperty("user.name") + "/data");
            Process first = script("up").jvm("-Djava.io.tmpdir=" + tmp).start();
            try {
                await(() -> below(data).filter(folder -> Files.exists(folder.resolve("postmaster.pid")) && Files.exists(folder.resolve("epg-lock"))).count() == 1);
                Path folder = below(data).findFirst().orElseThrow();
                // Old enough to be swept up, were it not that the run holds its lock.
                Files.setLastModifiedTime(folder.resolve("epg-lock"), FileTime.from(Instant.now().minusSeconds(3600)));
                Path other = Files.createDirectories(temp.resolve("other/migrations"));
                Files.writeString(other.resolve("001_a.sql"), goose("SELECT 1;"));
                exits(0, script("up").jvm("-Djava.io.tmpdir=" + tmp).in(other.getParent()));
                assertThat(first.isAlive()).isTrue();
                assertThat(folder.resolve("postmaster.pid")).exists();

                first.destroy();
                sound(Run.finish(first));
                assertThat(below(data)).isEmpty();
            } finally {
                first.destroyForcibly();
            }
        }

        private static Stream<Path> below(Path folder) throws Exception {
            if (!Files.exists(folder)) {
                return Stream.empty();
            }
            try (Stream<Path> folders = Files.list(folder)) {
                return folders.toList().stream();
            }
        }
    }

    @Nested
    @DisplayName("on the reader's own server")
    class Yours {
        @Test
        @DisplayName("from empty to all and back: status, up-to, up, down-to, by every way to name a server, in a ledger that is goose's own")
        void lifecycle() throws Exception {
            String db = postgres.create();
            Run.Result first = exits(10, on(db, "status", "--migrations", BUILT_IN));
            assertThat(first.out()).contains("no tool has kept a ledger", "pending       001_initial_schema.sql", "MIGRATION_NOT_APPLIED", "database " + db);
            assertThat(tables(db)).isEmpty();
            assertThat(query(db, "SELECT to_regclass('goose_db_version') IS NULL")).as("status writes nothing").containsExactly("t");

            Run.Result upTo = exits(0, script("up-to", "21", "--migrations", BUILT_IN, "--url", "postgres://app@localhost:" + postgres.port() + "/" + db).with("PGPASSWORD", PASSWORD));
            assertThat(upTo.out()).contains("✓ 021_create_notification_audit_table.sql", "15 applied").doesNotContain("✓ 022_");
            assertThat(query(db, """
                    SELECT column_name, data_type, is_nullable, coalesce(column_default, identity_generation) FROM information_schema.columns
                    WHERE table_name = 'goose_db_version' ORDER BY ordinal_position"""))
                    .containsExactly("id integer NO BY DEFAULT", "version_id bigint NO null", "is_applied boolean NO null", "tstamp timestamp without time zone NO now()");
            assertThat(query(db, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'goose_db_version'::regclass AND contype = 'p'")).containsExactly("PRIMARY KEY (id)");
            assertThat(ledger(db)).hasSize(16).startsWith("0 t", "1 t", "2 t", "3 t", "4 t", "6 t", "11 t").endsWith("21 t");

            Run.Result status = exits(10, script("status", "--migrations", BUILT_IN).with("PGHOST", "localhost").with("PGPORT", "" + postgres.port())
                    .with("PGUSER", "app").with("PGPASSWORD", PASSWORD).with("PGDATABASE", db));
            assertThat(status.out()).contains("goose has written down 15 versions", "applied       021_", "pending       022_", "pending       1000_").doesNotContain("out of order");

            assertThat(exits(0, on(db, "up", "--migrations", BUILT_IN)).out()).contains("2 applied");
            assertThat(ledger(db)).hasSize(18).endsWith("22 t", "1000 t");
            assertThat(exits(0, on(db, "status", "--migrations", BUILT_IN)).out()).contains("applied       1000_").doesNotContain("pending");
            assertThat(exits(0, on(db, "up", "--migrations", BUILT_IN)).out()).contains("nothing was pending");
            assertThat(ledger(db)).hasSize(18);

            Run.Result refused = exits(2, on(db, "down-to", "20", "--migrations", BUILT_IN));
            assertThat(refused.err()).contains("To be undone on localhost:" + postgres.port(), "022_add_status_reason_column.sql", "nothing was undone", "--yes");
            assertThat(exits(2, on(db, "down-to", "20", "--migrations", BUILT_IN).typing("no\n")).err()).contains("nothing was undone");
            assertThat(ledger(db)).hasSize(18);

            assertThat(exits(0, on(db, "down-to", "20", "--yes", "--migrations", BUILT_IN)).out()).contains("3 undone");
            assertThat(ledger(db)).hasSize(15).endsWith("20 t");
            assertThat(query(db, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'remediation_workflow_catalog'::regclass AND attname = 'status_reason'")).containsExactly("0");

            assertThat(exits(0, on(db, "down-to", "0", "--yes", "--migrations", BUILT_IN)).out()).contains("14 undone");
            assertThat(ledger(db)).containsExactly("0 t");
            assertThat(tables(db)).isEmpty();
        }

        @Test
        @DisplayName("goose's own rows are understood: the last row of a version counts, in any order")
        void goosesLedger() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();"), "002_b.sql", goose("CREATE TABLE b();"), "003_c.sql", goose("CREATE TABLE c();"));
            execute(db, """
                    CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
                    INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (3, true), (3, false), (7, true)""");
            Run.Result result = exits(10, on(db, "status"));
            assertThat(result.out()).contains("applied       001_a", "applied       002_b", "pending       003_c", "unknown       version 7").doesNotContain("version 0");
            exits(0, on(db, "up"));
            assertThat(tables(db)).containsExactly("c");
            assertThat(ledger(db)).endsWith("7 t", "3 t");
        }

        @Test
        @DisplayName("a password with +, & and % in a postgres:// address is taken as libpq takes it, and shown nowhere")
        void passwordInUri() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();"));
            exits(0, script("up", "--url", "postgresql://app:" + PASSWORD.replace("%", "%25") + "@localhost:" + postgres.port() + "/" + db + "?sslmode=disable"));
            assertThat(tables(db)).containsExactly("a");
        }

        @Test
        @DisplayName("two at once on an empty database: both end well, and each file is applied once")
        void twoAtOnce() throws Exception {
            String db = postgres.create();
            List<Process> both = new ArrayList<>();
            try (Connection lock = postgres.owner(db)) {
                Migrate.Postgres.execute(lock, "SELECT pg_advisory_lock(" + GOOSE_LOCK + ")");
                both.add(on(db, "up", "--migrations", BUILT_IN).start());
                both.add(on(db, "up", "--migrations", BUILT_IN).start());
                for (Process each : both) {
                    each.getOutputStream().close();
                }
                await(() -> Migrate.Postgres.rows(lock, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock%'").size() == 2);
                assertThat(tables(db)).as("nothing is written beside another run").isEmpty();
            }
            int applied = 0;
            for (Process each : both) {
                Run.Result result = sound(Run.finish(each));
                assertThat(result.exit()).as(result.all()).isZero();
                assertThat(result.err()).contains("waiting for another run");
                applied += result.out().contains("17 applied") ? 17 : 0;
            }
            assertThat(applied).isEqualTo(17);
            assertThat(ledger(db)).hasSize(18).doesNotHaveDuplicates();
        }

        @Test
        @DisplayName("a lock that goose holds: after --lock-timeout a sentence, exit 3, and nothing is written")
        void heldLock() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();"));
            try (Connection lock = postgres.owner(db)) {
                Migrate.Postgres.execute(lock, "SELECT pg_advisory_lock(" + GOOSE_LOCK + ")");
                assertThat(exits(3, on(db, "up", "--lock-timeout", "1")).err()).contains("another run has held the migration lock for 1 s");
                sentence(inProcess(2, "up", "--lock-timeout", "soon"), "--lock-timeout");
            }
            assertThat(query(db, "SELECT to_regclass('goose_db_version') IS NULL")).containsExactly("t");
            exits(0, on(db, "up", "--lock-timeout", "0"));
        }

        @Test
        @DisplayName("no rights: a sentence with the SQLSTATE, and neither ledger nor schema change")
        void noRights() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();"), "002_b.sql", goose("CREATE TABLE b();"));
            exits(0, on(db, "up-to", "1"));
            try (Connection c = postgres.admin(db)) {
                Migrate.Postgres.execute(c, "CREATE ROLE reader LOGIN PASSWORD 'reader''s own'; CREATE ROLE stranger LOGIN PASSWORD 'reader''s own'; CREATE ROLE frozen LOGIN PASSWORD 'reader''s own' IN ROLE app;"
                        + "ALTER ROLE frozen SET default_transaction_read_only = on; GRANT SELECT ON goose_db_version TO reader");
            }
            for (String user : List.of("reader", "stranger", "frozen")) {
                Run.Result up = run(script("up", "--url", url(db, user)).with("PGPASSWORD", "reader's own"));
                assertThat(up.exit()).as(up.all()).isIn(3, 10);
                assertThat(up.all()).contains(user.equals("frozen") ? "SQLSTATE 25006" : user.equals("reader") ? "SQLSTATE 42501" : "permission denied for table goose_db_version (SQLSTATE 42501)");
                Run.Result status = run(script("status", "--url", url(db, user)).with("PGPASSWORD", "reader's own"));
                assertThat(status.exit()).as(status.all()).isEqualTo(user.equals("stranger") ? 3 : 10);
                assertThat(status.all()).contains(user.equals("stranger") ? "permission denied for table goose_db_version (SQLSTATE 42501)" : "pending       002_b.sql");
            }
            String empty = postgres.create();
            sentence(exits(3, script("up", "--url", url(empty, "reader")).with("PGPASSWORD", "reader's own")), "permission denied for schema public (SQLSTATE 42501)");
            assertThat(ledger(db)).containsExactly("0 t", "1 t");
            assertThat(tables(db)).containsExactly("a");
        }

        @Test
        @DisplayName("a server that is not there, a wrong password, a database that does not exist: a sentence and exit 3; an address of another kind: exit 2")
        void noServer() throws Exception {
            folder("001_a.sql", goose("CREATE TABLE a();"));
            int closed;
            try (var socket = new java.net.ServerSocket(0)) {
                closed = socket.getLocalPort();
            }
            sentence(exits(3, script("up", "--url", "jdbc:postgresql://localhost:" + closed + "/db")), "nothing listens on localhost:" + closed);
            sentence(exits(3, script("up", "--url", url("postgres", "app")).with("PGPASSWORD", "another-word")), "PGPASSWORD");
            sentence(exits(3, on("nowhere", "status")), "database \"nowhere\" does not exist");
            sentence(exits(2, script("up", "--url", "mysql://localhost/db")), "--url");
        }
    }

    @Nested
    @DisplayName("when a file fails")
    class Failing {
        @Test
        @DisplayName("file 7 of 20 in its middle: rolled back and named with line and SQLSTATE; 1 to 6 stay, 8 to 20 wait; mended, the rest is applied")
        void seventhOfTwenty() throws Exception {
            String db = postgres.create();
            for (int i = 1; i <= 20; i++) {
                folder(String.format("%03d_t.sql", i), goose("CREATE TABLE t" + i + "();\n\nCREATE TABLE u" + i + "();" + (i == 7 ? "\nALTER TABLE t7\n  ADD COLUMN c nosuchtype;\nCREATE TABLE w7();" : "")));
            }
            Run.Result result = exits(10, on(db, "up"));
            assertThat(result.out()).contains("✗ migrations/007_t.sql:6", "SQLSTATE 42704", "the file is rolled back", "MIGRATION_FAILS  migrations/007_t.sql:6", "✓ 006_t.sql").doesNotContain("✓ 007", "✓ 008", "ROLE_MISSING");
            assertThat(tables(db)).hasSize(12).endsWith("t6", "u6");
            assertThat(ledger(db)).containsExactly("0 t", "1 t", "2 t", "3 t", "4 t", "5 t", "6 t");

            folder("007_t.sql", goose("CREATE TABLE t7();\nCREATE TABLE u7();"));
            assertThat(exits(0, on(db, "up")).out()).contains("14 applied");
            assertThat(tables(db)).hasSize(40);
        }

        @Test
        @DisplayName("a NO TRANSACTION file: what stood before the failing line is done, and that is said")
        void noTransaction() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", "-- +goose NO TRANSACTION\n" + goose("CREATE TABLE a(i int);\nCREATE INDEX CONCURRENTLY ON a (i);\nSELECT 1/0;\nCREATE TABLE b();"));
            assertThat(exits(10, on(db, "up")).out()).contains("migrations/001_a.sql:5", "22012", "outside a transaction, what stood before this line is done").doesNotContain("rolled back");
            assertThat(tables(db)).containsExactly("a");
            assertThat(ledger(db)).containsExactly("0 t");
        }

        @Test
        @DisplayName("a file that commits by itself: what stood before that is done, and that is said")
        void commitsItself() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();\nCOMMIT;\nCREATE TABLE b();\nSELECT 1/0;"));
            assertThat(exits(10, on(db, "up")).out()).contains("migrations/001_a.sql:5", "22012", "what stood before the file's own COMMIT is done");
            assertThat(ledger(db)).containsExactly("0 t");
            assertThat(tables(db)).contains("a");
        }

        @Test
        @DisplayName("a check that is put off until the commit fails there: the file is named all the same")
        void failsAtCommit() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1, 2);"));
            assertThat(exits(10, on(db, "up")).out()).contains("MIGRATION_FAILS  migrations/001_a.sql", "23503", "rolled back");
            assertThat(tables(db)).isEmpty();
            assertThat(ledger(db)).containsExactly("0 t");
        }

        @Test
        @DisplayName("a failing Down stops there: its row stays, those undone before it are gone")
        void failingDown() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();", "DROP TABLE a;"), "002_b.sql", goose("CREATE TABLE b();", "DROP TABLE b;\nDROP TABLE nosuch;"), "003_c.sql", goose("CREATE TABLE c();", "DROP TABLE c;"));
            exits(0, on(db, "up"));
            assertThat(exits(10, on(db, "down-to", "0", "--yes")).out()).contains("✓ 003_c.sql", "migrations/002_b.sql:5", "42P01");
            assertThat(ledger(db)).containsExactly("0 t", "1 t", "2 t");
            assertThat(tables(db)).containsExactly("a", "b");
        }

        @Test
        @DisplayName("a file without a Down part loses only its row, and that is said")
        void withoutDown() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", "-- +goose Up\nCREATE TABLE a();");
            exits(0, on(db, "up"));
            assertThat(exits(0, on(db, "down-to", "0", "--yes")).out()).contains("! 001_a.sql has no Down part");
            String fresh = postgres.create();
            assertThat(exits(0, on(fresh, "down-to", "0", "--yes")).out()).contains("nothing after 0 is applied");
            assertThat(query(fresh, "SELECT to_regclass('goose_db_version') IS NULL")).as("nothing to undo, nothing written").containsExactly("t");
            assertThat(ledger(db)).containsExactly("0 t");
        }
    }

    @Nested
    @DisplayName("order and numbers")
    class Order {
        @Test
        @DisplayName("a file out of order is refused, named, and applied with --allow-missing")
        void outOfOrder() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();"), "003_c.sql", goose("CREATE TABLE c();"));
            exits(0, on(db, "up"));
            folder("002_b.sql", goose("CREATE TABLE b();"), "004_d.sql", goose("CREATE TABLE d();"));
            assertThat(exits(10, on(db, "status")).out()).contains("out of order  002_b.sql", "MIGRATION_OUT_OF_ORDER  migrations/002_b.sql", "pending       004_d.sql");
            assertThat(exits(10, on(db, "up")).out()).contains("MIGRATION_OUT_OF_ORDER  migrations/002_b.sql", "--allow-missing");
            assertThat(tables(db)).containsExactly("a", "c");
            exits(0, on(db, "up", "--allow-missing"));
            assertThat(tables(db)).containsExactly("a", "c", "b", "d");
            assertThat(ledger(db)).containsExactly("0 t", "1 t", "3 t", "2 t", "4 t");
        }

        @Test
        @DisplayName("two files with one number, whatever their zeros, are refused before anything is written")
        void duplicates() throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();"), "002_b.sql", goose("CREATE TABLE b();"), "02_c.sql", goose("CREATE TABLE c();"));
            assertThat(exits(10, on(db, "up")).all()).contains("002_b.sql and 02_c.sql bear the same number", "MIGRATION_DUPLICATE_VERSION");
            assertThat(query(db, "SELECT to_regclass('goose_db_version') IS NULL")).containsExactly("t");
            assertThat(tables(db)).isEmpty();
            assertThat(exits(10, on(db, "status")).out()).contains("MIGRATION_DUPLICATE_VERSION");
        }

        @Test
        @DisplayName("a version that goose's ledger cannot hold is left out, and that is said")
        void unholdable() throws Exception {
            folder("001_a.sql", "CREATE TABLE a();", "99999999999999999999_c.sql", "SELECT 1;");
            assertThat(exits(0, script("up")).out()).contains("1 files of plain", "skipped 99999999999999999999_c.sql: is not named as");
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource(delimiter = '|', value = {
                "up-to|up-to", "up-to x|VERSION", "down-to|VERSION", "down-to 1.5|VERSION", "down --yes|down-to VERSION", "sideways|sideways", "up --to 5|--to", "up extra|extra", "up --format yaml|yaml"})
        @DisplayName("wrong usage is one sentence and exit 2")
        void usage(String arguments, String named) {
            sentence(inProcess(2, arguments.split(" ")), named, "--help");
        }
    }

    @Nested
    @DisplayName("folders of each tool")
    class Dialects {
        @Test
        @DisplayName("goose: recognised by its marks, 1000 after 999, CONCURRENTLY in NO TRANSACTION; without that the server's refusal is shown")
        void gooseFolder() throws Exception {
            String db = postgres.create();
            folder("1000_d.sql", goose("CREATE TABLE d();"), "999_c.sql", goose("CREATE TABLE c(i int);"), "1_a.sql", goose("CREATE TABLE a(i int);"),
                    "1001_i.sql", "-- +goose NO TRANSACTION\n" + goose("CREATE INDEX CONCURRENTLY ci ON c (i);"), "5_go.go", "package migrations");
            assertThat(exits(0, on(db, "up")).out()).contains("4 files of goose (with “-- +goose” marks)", "left out: 5_go.go", "skipped 5_go.go");
            assertThat(tables(db)).containsExactly("a", "c", "d");
            assertThat(query(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ci'::regclass")).containsExactly("t");

            folder("1002_j.sql", goose("CREATE INDEX CONCURRENTLY cj ON c (i);"));
            assertThat(exits(10, on(db, "up")).out()).contains("migrations/1002_j.sql:2", "CREATE INDEX CONCURRENTLY cannot run inside a transaction block", "25001");
        }

        @Test
        @DisplayName("plain numbered SQL: 2 before 10, and a file with CONCURRENTLY outside a transaction; what is not numbered is left out, and said by its whole name")
        void plain() throws Exception {
            String db = postgres.create();
            folder("10-c.sql", "CREATE TABLE c AS SELECT * FROM a;", "2 b's \"file\".sql", "CREATE TABLE a(i int);", "011.sql", "CREATE UNIQUE INDEX CONCURRENTLY ai ON a (i);", "seed data.sql", "nonsense");
            Files.createDirectory(temp.resolve("migrations/012_folder.sql"));
            Run.Result result = exits(0, on(db, "up", "--format", "json"));
            JsonNode document = JsonMapper.shared().readTree(result.out());
            assertThat(document.at("/steps/0/observed").asString()).contains("3 files of plain numbered SQL (no marks and no tool's names)");
            assertThat(document.get("skipped").valueStream().map(skipped -> skipped.get("what").asString())).containsExactly("seed data.sql");
            assertThat(tables(db)).containsExactly("a", "c");
            assertThat(query(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ai'::regclass")).containsExactly("t");
        }
    }

    @Nested
    @DisplayName("SQL texts")
    class Texts {
        private static final String SQL = """
                CREATE TABLE a (t text DEFAULT 'a;b--c', "odd;""name" text, atomic boolean, "end" int);
                INSERT INTO a (t) VALUES ('it''s; fine'), (E'it\\'s; /* fine'), ($$;'$$), ($x$ $$;$$ ; $x$), ('$$'), (U&'\\0041;');
                /* outer ; /* inner ; */ still ; a comment */ SELECT atomic FROM a; SELECT 1; -- one; more
                -- a comment with ' and $$ and ;
                CREATE FUNCTION f(i int) RETURNS int LANGUAGE plpgsql AS $fn$
                DECLARE s text := $$;$$;
                BEGIN
                    IF i > 0 THEN RETURN 1; END IF;
                    RETURN 2;
                END;
                $fn$;
                CREATE FUNCTION g(i int) RETURNS int LANGUAGE sql BEGIN ATOMIC
                    SELECT 1;
                    SELECT CASE WHEN i > 0 THEN 1 ELSE 2 END;
                END;
                CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO a (atomic) VALUES (true); END;
                CREATE FUNCTION h(i int) RETURNS int LANGUAGE sql RETURN i;
                CREATE RULE r AS ON DELETE TO a DO ALSO (SELECT 1; SELECT 2);
                CREATE TABLE last (i int)""";

        @Test
        @DisplayName("strings, dollar quotes, nested comments, rules and standard SQL bodies are cut where PostgreSQL cuts them, and nothing is lost")
        void cut() throws Exception {
            List<Migrate.Part> parts = Migrate.Part.split(SQL);
            // The driver's parser leaves what follows a standard body with CASE … END in one part, which the server cuts.
            assertThat(parts).extracting(Migrate.Part::line).containsExactly(1, 2, 3, 3, 5, 12);
            assertThat(String.join(";", parts.stream().map(Migrate.Part::sql).toList()).replaceAll("\\s", "")).as("nothing is lost").endsWith("CREATETABLElast(iint)");
            assertThat(Migrate.Part.split("SELECT 1;\nSELECT $$ never closed; SELECT 2;")).hasSize(2).last().extracting(Migrate.Part::sql).asString().endsWith("SELECT 2;");
            assertThat(Migrate.Part.split("SELECT 1; -- the end")).hasSize(1);
            assertThat(Migrate.Part.split("SELECT date'2025-01-01\\'; SELECT 'x'")).as("only E'' has escapes").hasSize(2);
        }

        @Test
        @DisplayName("they are applied as they are in plain files and in goose's, with Unix and Windows line ends")
        void applied() throws Exception {
            for (String text : List.of(SQL, "-- +goose Up\n-- +goose StatementBegin\n" + SQL + ";\n-- +goose StatementEnd", SQL.replace("\n", "\r\n"))) {
                folder("001_a.sql", text, "002_b.sql", (text.contains("+goose") ? "-- +goose Up\n" : "") + "INSERT INTO last VALUES (f(1)), (g(0)), (h(7)); CALL p();");
                String db = postgres.create();
                inProcess(0, "up", "--migrations", temp.resolve("migrations").toString(), "--url", owned(db));
                assertThat(query(db, "SELECT string_agg(i::text, ' ') FROM last")).containsExactly("1 2 7");
                assertThat(query(db, "SELECT string_agg(t, '|' ORDER BY ctid) FROM a WHERE atomic IS NULL")).containsExactly("it's; fine|it's; /* fine|;'| $$;$$ ; |$$|A;");
            }
        }
    }

    @Nested
    @DisplayName("bad folders and files")
    class BadInput {
        @Test
        @DisplayName("a file of goose without its Up mark is named before anything is applied; what else goose refuses is verify-migrations' to say")
        void noUpMark() throws Exception {
            folder("001_a.sql", goose("SELECT 1;"), "002_b.sql", "CREATE TABLE b();");
            sentence(exits(2, script("up")), "migrations/002_b.sql has no line “-- +goose Up”");
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"$$ BEGIN NULL; END;|dollar-quoted string", "'open;|quoted string", "\"open;|quoted identifier", "/* open; /* */|/* comment"})
        @DisplayName("what is not closed is not lost: the server names it, with its line, and the file is rolled back")
        void unclosed(String sql, String named) throws Exception {
            String db = postgres.create();
            folder("001_a.sql", goose("CREATE TABLE a();\n\n DO " + sql));
            Run.Result result = inProcess(10, "up", "--migrations", temp.resolve("migrations").toString(), "--url", owned(db));
            assertThat(result.out()).contains("001_a.sql:4  ERROR: unterminated " + named, "(SQLSTATE 42601); the file is rolled back");
            assertThat(tables(db)).isEmpty();
        }

        @Test
        @DisplayName("a comment that is not closed after the last statement is not lost either")
        void unclosedComment() throws Exception {
            assertThat(Migrate.Part.split("SELECT 1;\n/* open; SELECT 2;")).extracting(Migrate.Part::line).containsExactly(1, 2);
        }

        @Test
        @DisplayName("a folder that is missing, a file, or empty; none here at all: one sentence each")
        void noFolder() throws Exception {
            sentence(exits(2, script("up", "--url", url("postgres", "app")).with("PGPASSWORD", PASSWORD)), "--migrations DIR");
            assertThat(exits(0, script("up")).out()).as("alone it carries a history of its own").contains("built-in: 4 files of goose", "4 applied");
            sentence(exits(2, script("up", "--migrations", "no where")), "--migrations no where does not exist");
            Path file = Files.writeString(temp.resolve("001_a.sql"), "SELECT 1;");
            sentence(exits(2, script("up", "--migrations", file.toString())), "is a file", "001_a.sql");
            Path dir = folder();
            assertThatThrownBy(() -> Migrate.Folder.read(dir)).isInstanceOf(Migrate.Stop.class).hasMessageContaining("holds no migration: none of its 0 files of SQL is named like 001_words.sql");
            folder("create.sql", "SELECT 1;", "drop.sql", "SELECT 1;");
            sentence(exits(2, script("status")), "--migrations", "holds no migration: none of its 2 files of SQL is named");
        }

        @Test
        @DisplayName("a file too large, or not text: its name, or its zero byte, and what to do")
        void notText() throws Exception {
            folder("001_a.sql", goose("SELECT 1;"));
            Path large = temp.resolve("migrations/002_large.sql");
            try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
                sparse.setLength(50L << 20);
            }
            sentence(exits(2, script("up")), "migrations/002_large.sql is larger than 8 MB", "COPY");
            Files.write(large, new byte[] {'-', '-', 0, 1});
            sentence(exits(2, script("up")), "migrations/002_large.sql", "zero byte at offset 2");
        }

        @Test
        @DisplayName("what is not UTF-8 is refused; a BOM, Windows line ends, an empty file and odd names do no harm")
        void odd() throws Exception {
            String db = postgres.create();
            Path dir = folder("001_a.sql", "\uFEFF-- +goose Up\r\nCREATE TABLE a(t text);\r\n-- +goose Down\r\nDROP TABLE a;\r\n", "002_it's a \"test\" [x].sql", goose("CREATE TABLE b();"), "004_empty.sql", "");
            Files.write(dir.resolve("003_latin.sql"), goose("INSERT INTO a VALUES ('Gr\u00fc\u00dfe');").getBytes(StandardCharsets.ISO_8859_1));
            sentence(exits(2, on(db, "up")), "003_latin.sql is not UTF-8");
            folder("003_latin.sql", goose("INSERT INTO a VALUES ('Gr\u00fc\u00dfe');"));
            Run.Result result = exits(0, on(db, "up"));
            assertThat(result.out()).contains("✓ 004_empty.sql  0 statements", "✓ 002_it's a \"test\" [x].sql", "4 applied");
            assertThat(query(db, "SELECT t FROM a")).containsExactly("Gr\u00fc\u00dfe");
            exits(0, on(db, "status"));
            exits(0, on(db, "down-to", "0", "--yes"));
            assertThat(tables(db)).containsExactly("b");
        }
    }

    @Nested
    @DisplayName("what it prints")
    class Output {
        /** A file with tricks in its name and its text, and one that fails. */
        private void tricky() throws Exception {
            folder("001_a.sql", goose("CREATE TABLE a();"), "002_\u001b[31m_b.sql", goose("CREATE TABLE b();"), "003_c,d.sql", goose("CREATE TABLE c();\n\nSELECT '\u001b[2J' ||\n\"no\n::error::such\";"));
        }

        @Test
        @DisplayName("json is one document with the documented keys")
        void json() throws Exception {
            tricky();
            Run.Result result = exits(10, on(postgres.create(), "up", "--format", "json"));
            JsonNode document = JsonMapper.shared().readTree(result.out());
            assertThat(document.propertyNames()).containsExactly("script", "version", "verdict", "checked", "skipped", "steps", "findings", "seconds");
            assertThat(document.get("script").asString()).isEqualTo("migrate");
            assertThat(document.get("verdict").asString()).isEqualTo("problems");
            assertThat(document.at("/checked/migrations").asInt()).isEqualTo(3);
            assertThat(document.get("steps").get(0).propertyNames()).containsExactly("n", "title", "command", "observed", "ok", "seconds");
            assertThat(document.get("steps").valueStream().map(step -> step.get("ok").asBoolean())).endsWith(false);
            JsonNode finding = document.get("findings").get(0);
            assertThat(finding.propertyNames()).containsExactlyInAnyOrder("code", "severity", "where", "text", "evidence", "remediation");
            assertThat(finding.get("code").asString()).isEqualTo("MIGRATION_FAILS");
            assertThat(finding.at("/where/file").asString()).isEqualTo("migrations/003_c,d.sql");
            assertThat(finding.at("/where/line").asInt()).isEqualTo(5);
            assertThat(result.out()).doesNotContain("\u001b");
        }

        @Test
        @DisplayName("json of a run that is refused or cannot check is a document, too, and agrees with the exit code")
        void jsonOfARefusal() throws Exception {
            folder("001_a.sql", goose("SELECT 1;"), "01_b.sql", goose("SELECT 1;"));
            JsonNode refused = JsonMapper.shared().readTree(exits(10, on(postgres.create(), "up", "--format", "json")).out());
            assertThat(refused.get("verdict").asString()).isEqualTo("problems");
            assertThat(refused.at("/findings/0/code").asString()).isEqualTo("MIGRATION_DUPLICATE_VERSION");
            JsonNode unchecked = JsonMapper.shared().readTree(exits(3, on("nowhere", "up", "--format", "json")).out());
            assertThat(unchecked.get("verdict").asString()).isEqualTo("unchecked");
            assertThat(unchecked.get("error").asString()).contains("nowhere");
        }

        @Test
        @DisplayName("markdown and text hold no terminal escapes from a file")
        void markdown() throws Exception {
            tricky();
            Run.Result markdown = exits(10, on(postgres.create(), "up", "--format", "markdown"));
            assertThat(markdown.out()).startsWith("# migrate: problems").contains("## 4. Apply", "**MIGRATION_FAILS** (error) migrations/003\\_c,d.sql:5", "✓ 001_a.sql", "Checked 3 migrations");
            assertThat(markdown.all().chars().filter(c -> Character.isISOControl(c) && c != '\n' && c != '\t')).isEmpty();
            assertThat(exits(3, script("status", "--format", "markdown")).out()).as("what was found before the end").startsWith("# migrate: unchecked").contains("## 3. Ledger against folder");
            Run.Result text = exits(10, on(postgres.create(), "up"));
            assertThat(text.all().chars().filter(c -> Character.isISOControl(c) && c != '\n' && c != '\t')).isEmpty();
        }

        @Test
        @DisplayName("help: without arguments, and of each command, with what it takes and how it ends")
        void help() throws Exception {
            Run.Result none = exits(0, script());
            assertThat(none.out()).contains("status", "up-to", "down-to", "Exit codes:", "10", "problems found", "Examples:");
            assertThat(inProcess(0, "--help").out()).isEqualTo(none.out());
            assertThat(inProcess(0, "--version").out()).matches("migrate \\d+\\.\\d+\\.\\d+\\s*");
        }

        @ParameterizedTest
        @ValueSource(strings = {"status", "up", "up-to", "down-to"})
        @DisplayName("help of a command lists its options")
        void helpOf(String command) throws Exception {
            Run.Result help = inProcess(0, command, "--help");
            assertThat(help.out()).contains("Usage: migrate " + command, "--migrations", "--url", "--format");
            assertThat(help.out().contains("--lock-timeout")).isEqualTo(!command.equals("status"));
        }
    }

    /** A server as a reader has it, with an ordinary role that owns the databases. */
    record Reader(EmbeddedPostgres server, Path folder) implements AutoCloseable {
        static final String ROLE_PASSWORD = "the+role's&own%password", ADMIN_PASSWORD = "superuser's-own";
        private static final AtomicInteger DATABASES = new AtomicInteger();

        static Reader start() throws Exception {
            Path folder = Files.createTempDirectory("reader");
            Reader started = new Reader(Run.readersServer(folder, ADMIN_PASSWORD), folder);
            try (Connection c = started.admin("postgres")) {
                Migrate.Postgres.execute(c, "CREATE ROLE app LOGIN PASSWORD 'the+role''s&own%password'");
            }
            return started;
        }

        int port() {
            return server.getPort();
        }

        String password() {
            return ADMIN_PASSWORD;
        }

        Connection admin(String database) throws SQLException {
            return DriverManager.getConnection("jdbc:postgresql://localhost:" + port() + "/" + database, "postgres", ADMIN_PASSWORD);
        }

        Connection owner(String database) throws SQLException {
            return DriverManager.getConnection("jdbc:postgresql://localhost:" + port() + "/" + database + "?preferQueryMode=simple", "app", ROLE_PASSWORD);
        }

        /** A new database that an ordinary role owns. */
        String create() throws SQLException {
            String name = "db" + DATABASES.incrementAndGet();
            try (Connection c = admin("postgres")) {
                Migrate.Postgres.execute(c, "CREATE DATABASE " + name + " OWNER app");
            }
            return name;
        }

        Connection database() throws SQLException {
            return owner(create());
        }

        @Override
        public void close() throws Exception {
            server.close();
            try (Stream<Path> all = Files.walk(folder)) {
                all.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("still waiting after a minute").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
