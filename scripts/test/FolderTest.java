import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import kit.migrations.Dialect;
import kit.migrations.Failure;
import kit.migrations.FileList;
import kit.migrations.Flaw;
import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Replay;
import kit.migrations.Runner;
import kit.migrations.Splitter;
import kit.migrations.Watch;
import kit.postgres.Definitions;
import kit.postgres.Difference;
import kit.postgres.Scratch;
import kit.postgres.Sql;
import kit.report.Severity;
import kit.report.Stop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kit's reading of folders, files and ledgers of every tool, in this JVM, on databases of one server. */
@Tag("unit")
@DisplayName("folders of migrations, as the kit reads them")
class FolderTest {
    @TempDir
    Path temp;
    private Scratch scratch;

    private Folder folder(String... namesAndTexts) throws Exception {
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Files.writeString(temp.resolve(namesAndTexts[i]), namesAndTexts[i + 1]);
        }
        return Folder.read(temp);
    }

    private static String goose(String up) {
        return "-- +goose Up\n" + up + "\n-- +goose Down\n";
    }

    /** As a migration runner connects; the database is new for each test, and dropped after it. */
    private Connection database() throws Exception {
        if (scratch != null) {
            scratch.close();
        }
        scratch = Run.server().scratch();
        return scratch.runner();
    }

    @AfterEach
    void drop() throws SQLException {
        if (scratch != null) {
            scratch.close();
        }
    }

    private static void up(Connection c, Folder folder) throws Exception {
        for (Migration m : folder.files()) {
            Runner.apply(c, m, m.up());
        }
    }

    private static void down(Connection c, Folder folder) throws Exception {
        List<Migration> newestFirst = new ArrayList<>(folder.files());
        Collections.reverse(newestFirst);
        for (Migration m : newestFirst) {
            Runner.apply(c, m, m.down());
        }
    }

    private static List<String> column(Connection c, String sql) throws SQLException {
        return Sql.rows(c, sql).stream().map(row -> row.get(0)).toList();
    }

    private static List<String> tables(Connection c) throws SQLException {
        return column(c, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                + " ORDER BY oid");
    }

    private static void isValid(Connection c, String index) throws SQLException {
        assertThat(column(c, "SELECT indisvalid FROM pg_index WHERE indexrelid = '" + index + "'::regclass"))
                .containsExactly("t");
    }

    private static void refusedInTransaction(Connection c, Migration m, int line) {
        assertThatThrownBy(() -> Runner.apply(c, m, m.up())).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.line).isEqualTo(line);
            assertThat(failure.getMessage()).contains("cannot run inside a transaction block", "25001");
        });
    }

    private static List<String> names(List<Migration> files) {
        return files.stream().map(Migration::name).toList();
    }

    @Nested
    @DisplayName("of each tool")
    class Dialects {
        @Test
        @DisplayName("goose: recognised by its marks, 1000 after 999, CONCURRENTLY in NO TRANSACTION, and only there")
        void gooseFolder() throws Exception {
            Folder folder = folder("1000_d.sql", goose("CREATE TABLE d();"), "999_c.sql",
                    goose("CREATE TABLE c(i int);"), "1_a.sql", goose("CREATE TABLE a(i int);"), "1001_i.sql",
                    "-- +goose NO TRANSACTION\n" + goose("CREATE INDEX CONCURRENTLY ci ON c (i);"),
                    "5_go.go", "package migrations");
            assertThat(folder.dialect()).isEqualTo(Dialect.GOOSE);
            assertThat(folder.describe()).contains("4 files of goose (4 of 4 files have “-- +goose” marks)",
                    "5_go.go is a migration written in Go");
            try (Connection c = database()) {
                up(c, folder);
                assertThat(tables(c)).containsExactly("a", "c", "d");
                isValid(c, "ci");
                Folder more = folder("1002_j.sql", goose("CREATE INDEX CONCURRENTLY cj ON c (i);"));
                refusedInTransaction(c, more.files().get(4), 2);
            }
        }

        @Test
        @DisplayName("golang-migrate: by their numbers, undone by their down files; CONCURRENTLY alone in its file")
        void golangMigrate() throws Exception {
            Folder folder = folder("10_c.up.sql", "CREATE INDEX CONCURRENTLY ai ON a (i);",
                    "10_c.down.sql", "DROP INDEX CONCURRENTLY ai;",
                    "2_a.up.sql", "BEGIN;\nCREATE TABLE a(i int);\nCOMMIT;", "2_a.down.sql", "DROP TABLE a;");
            assertThat(folder.describe()).isEqualTo("2 files of golang-migrate (4 of 4 files are named so)");
            try (Connection c = database()) {
                up(c, folder);
                isValid(c, "ai");
                // golang-migrate sends a file as one command: beside other statements the server refuses it.
                Folder more = folder("11_d.up.sql", "CREATE TABLE d();\nCREATE INDEX CONCURRENTLY di ON a (i);");
                refusedInTransaction(c, more.files().get(2), 2);
                down(c, folder);
                assertThat(tables(c)).isEmpty();
            }
        }

        @Test
        @DisplayName("dbmate: transaction:false lets CONCURRENTLY pass, its default does not; each part for itself")
        void dbmate() throws Exception {
            Folder folder = folder("20250101_a.sql",
                    "-- migrate:up\nCREATE TABLE a(i int);\n\n-- migrate:down\nDROP TABLE a;\n", "20250102_i.sql",
                    "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ai ON a (i);\n"
                            + "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY ai;\n");
            assertThat(folder.describe()).isEqualTo("2 files of dbmate (2 of 2 files have “-- migrate:” marks)");
            try (Connection c = database()) {
                up(c, folder);
                isValid(c, "ai");
                Folder more = folder("20250103_j.sql", "-- migrate:up\nCREATE INDEX CONCURRENTLY aj ON a (i);\n");
                refusedInTransaction(c, more.files().get(2), 2);
                down(c, folder);
                assertThat(tables(c)).isEmpty();
            }
        }

        @Test
        @DisplayName("Flyway: V1.1 between V1 and V2, V1.10 after V1.9, R__ last; undo files only undo")
        void flyway() throws Exception {
            Folder folder = folder("V2__b.sql", "CREATE TABLE b();", "V1__a.sql", "CREATE TABLE a();",
                    "V1.10__d.sql", "CREATE TABLE d();", "V1.9__c.sql", "CREATE TABLE c();", "V1.1__e.sql",
                    "CREATE TABLE e();", "R__view.sql", "CREATE VIEW v AS SELECT 1;", "U2__b.sql", "DROP TABLE b;");
            assertThat(folder.dialect()).isEqualTo(Dialect.FLYWAY);
            assertThat(names(folder.files())).containsExactly("V1__a.sql", "V1.1__e.sql", "V1.9__c.sql",
                    "V1.10__d.sql", "V2__b.sql", "R__view.sql");
            assertThat(folder.files().get(4).down()).extracting(Part::sql).containsExactly("DROP TABLE b");
            assertThat(folder.leftOut()).isEmpty();
            assertThat(folder.files().get(1).number()).containsExactly(BigInteger.ONE, BigInteger.ONE);
        }

        @Test
        @DisplayName("plain numbered SQL: 2 before 10, CONCURRENTLY outside a transaction; the rest is left out")
        void plain() throws Exception {
            Files.createDirectory(temp.resolve("012_folder.sql"));
            Folder folder = folder("10-c.sql", "CREATE TABLE c AS SELECT * FROM a;", "2 b's \"file\".sql",
                    "CREATE TABLE a(i int);", "011.sql", "CREATE UNIQUE INDEX CONCURRENTLY ai ON a (i);",
                    "seed data.sql", "nonsense");
            assertThat(folder.describe()).startsWith("3 files of plain numbered SQL (no marks and no tool's names)");
            assertThat(folder.leftOut()).containsExactlyInAnyOrder("012_folder.sql/ is a subfolder",
                    "seed data.sql is not named as plain numbered SQL names its files");
            try (Connection c = database()) {
                up(c, folder);
                assertThat(tables(c)).containsExactly("a", "c");
                isValid(c, "ai");
            }
        }

        @Test
        @DisplayName("one number twice, whatever its zeros; the next number stands behind the unbroken run")
        void numbers() throws Exception {
            Folder folder = folder("001_a.sql", goose("SELECT 1;"), "002_b.sql", goose("SELECT 1;"), "02_c.sql",
                    goose("SELECT 1;"), "1000_d.sql", goose("SELECT 1;"));
            assertThat(folder.duplicates()).singleElement()
                    .satisfies(same -> assertThat(names(same)).containsExactly("002_b.sql", "02_c.sql"));
            assertThat(folder.broken()).isTrue();
            assertThat(folder.nextVersion()).isEqualTo("003");
        }
    }

    @Nested
    @DisplayName("ledgers")
    class Ledgers {
        private Ledger ledger(Connection c, String sql) throws SQLException {
            Sql.execute(c, sql);
            return Ledger.read(c).get(0);
        }

        private List<String> states(Ledger ledger, Folder folder) {
            List<Migration> late = ledger.outOfOrder(folder);
            return folder.files().stream().map(m -> m.name().replaceFirst(".*_", "").replaceFirst("\\..*", "") + " "
                    + (ledger.applied(m) ? "applied" : ledger.dirty(m) ? "dirty"
                            : late.contains(m) ? "out of order" : "pending")).toList();
        }

        @Test
        @DisplayName("goose: the last row of a version counts, in any order")
        void gooseRows() throws Exception {
            Folder folder = folder("001_a.sql", goose(""), "002_b.sql", goose(""), "003_c.sql", goose(""));
            try (Connection c = database()) {
                Ledger ledger = ledger(c, "CREATE TABLE goose_db_version (id int, version_id bigint, is_applied "
                        + "boolean); INSERT INTO goose_db_version VALUES (4, 2, false), (1, 0, true), (2, 1, true), "
                        + "(3, 2, true), (5, 3, true)");
                assertThat(ledger.tool()).isEqualTo("goose");
                assertThat(states(ledger, folder)).containsExactly("a applied", "b out of order", "c applied");
            }
        }

        @Test
        @DisplayName("golang-migrate: files up to its version are applied; a dirty one, and one without a file")
        void golangMigrate() throws Exception {
            Folder folder = folder("000001_a.up.sql", "SELECT 1;", "000001_a.down.sql", "SELECT 1;",
                    "000002_b.up.sql", "SELECT 1;", "000003_c.up.sql", "SELECT 1;");
            try (Connection c = database()) {
                Ledger ledger = ledger(c, "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty "
                        + "boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, false)");
                assertThat(ledger.tool()).isEqualTo("golang-migrate");
                assertThat(states(ledger, folder)).containsExactly("a applied", "b applied", "c pending");
                ledger = ledger(c, "UPDATE schema_migrations SET dirty = true");
                assertThat(states(ledger, folder)).containsExactly("a applied", "b dirty", "c pending");
                assertThat(ledger.unknown(folder)).isEmpty();
                ledger = ledger(c, "UPDATE schema_migrations SET version = 9, dirty = false");
                assertThat(ledger.unknown(folder)).containsExactly("9");
            }
        }

        @Test
        @DisplayName("dbmate keeps each version as text")
        void dbmate() throws Exception {
            Folder folder = folder("20250101120000_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n",
                    "20250102120000_b.sql", "-- migrate:up\nSELECT 1;\n", "20250103120000_c.sql",
                    "-- migrate:up\nSELECT 1;\n");
            try (Connection c = database()) {
                Ledger ledger = ledger(c, "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY); INSERT "
                        + "INTO schema_migrations VALUES ('20250101120000'), ('20250103120000'), ('20240101000000')");
                assertThat(ledger.tool()).isEqualTo("dbmate");
                assertThat(states(ledger, folder)).containsExactly("a applied", "b out of order", "c applied");
                assertThat(ledger.unknown(folder)).containsExactly("20240101000000");
            }
        }

        private static final String FLYWAY = """
                CREATE TABLE flyway_schema_history (installed_rank integer NOT NULL PRIMARY KEY, version varchar(50),
                    type varchar(20) NOT NULL, script varchar(1000) NOT NULL, success boolean NOT NULL);
                INSERT INTO flyway_schema_history VALUES
                """;

        @Test
        @DisplayName("Flyway: dotted versions, repeatable files by name, a failed one, an undone one, a baseline")
        void flyway() throws Exception {
            Folder folder = folder("V1__a.sql", "SELECT 1;", "V1.1__b.sql", "SELECT 1;", "V2__c.sql", "SELECT 1;",
                    "V3__d.sql", "SELECT 1;", "R__views.sql", "SELECT 1;", "R__more.sql", "SELECT 1;");
            try (Connection c = database()) {
                Ledger ledger = ledger(c, FLYWAY + """
                        (0, NULL, 'SCHEMA', '"app"', true), (1, '1', 'SQL', 'V1__a.sql', true),
                        (2, '1.1', 'SQL', 'V1.1__b.sql', true), (3, '2', 'SQL', 'V2__c.sql', true),
                        (4, NULL, 'SQL', 'R__views.sql', true), (5, '2', 'UNDO_SQL', 'U2__c.sql', true),
                        (6, '3', 'SQL', 'V3__d.sql', false)""");
                assertThat(states(ledger, folder)).containsExactly("a applied", "b applied", "c pending", "d dirty",
                        "more pending", "views applied");
                assertThat(ledger.unknown(folder)).isEmpty();
            }
            try (Connection c = database()) {
                Ledger ledger = ledger(c, FLYWAY + """
                        (1, '2', 'BASELINE', '<< Flyway Baseline >>', true), (2, '3', 'SQL', 'V3__d.sql', true),
                        (3, NULL, 'SQL', 'R__views.sql', true), (4, NULL, 'SQL', 'R__more.sql', true)""");
                assertThat(states(ledger, folder)).allMatch(state -> state.endsWith(" applied"));
            }
        }

        @Test
        @DisplayName("Liquibase keeps change sets; its files are known by their names, not by the sets' ids")
        void liquibase() throws Exception {
            Folder folder = folder("001_a.sql", "--liquibase formatted sql\n--changeset ann:create-a\nSELECT 1;",
                    "002_b.sql", "SELECT 1;", "003_c.sql", "SELECT 1;");
            try (Connection c = database()) {
                Ledger ledger = ledger(c, """
                        CREATE TABLE databasechangelog (id varchar(255), filename varchar(255), orderexecuted integer);
                        INSERT INTO databasechangelog VALUES ('create-a', 'db/changelog/001_a.sql', 1),
                            ('3', 'db/changelog/001_a.sql', 2), ('raw', 'classpath:db/changelog/002_b.sql', 3)""");
                assertThat(ledger.tool()).isEqualTo("Liquibase");
                assertThat(states(ledger, folder)).containsExactly("a applied", "b applied", "c pending");
                assertThat(ledger.unknown(folder)).isEmpty();
            }
        }

        @Test
        @DisplayName("one that this role may not read is named, and not read")
        void unreadable() throws Exception {
            try (Connection c = database()) {
                Sql.execute(c, "CREATE SCHEMA s; CREATE TABLE s.schema_migrations (version text);"
                        + "REVOKE ALL ON s.schema_migrations FROM CURRENT_USER");
                assertThat(Ledger.read(c)).isEmpty();
                assertThat(Ledger.unreadable(c)).containsExactly("s.schema_migrations");
            }
        }
    }

    @Nested
    @DisplayName("SQL texts")
    class Texts {
        private static final String SQL = """
                CREATE TABLE a (t text DEFAULT 'a;b--c', "odd;""name" text, atomic boolean, "end" int);
                INSERT INTO a (t) VALUES ('it''s; fine'), (E'it\\'s; /* fine'), ($$;'$$), \
                ($x$ $$;$$ ; $x$), ('$$'), (U&'\\0041;');
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
        @DisplayName("are cut where PostgreSQL cuts them, and nothing is lost")
        void cut() {
            List<Part> parts = Splitter.split(SQL, 1);
            assertThat(parts).extracting(Part::line).containsExactly(1, 2, 3, 3, 5, 12, 16, 17, 18, 19);
            assertThat(String.join(";", parts.stream().map(Part::sql).toList()).replaceAll("\\s", ""))
                    .as("nothing is lost").endsWith("CREATETABLElast(iint)");
            assertThat(Splitter.split("SELECT 1;\nSELECT $$ never closed; SELECT 2;", 1)).hasSize(2).last()
                    .extracting(Part::sql).asString().endsWith("SELECT 2;");
            assertThat(Splitter.split("SELECT 1; -- the end", 1)).hasSize(1);
            assertThat(Splitter.split("SELECT date'2025-01-01\\'; SELECT 'x'", 1)).as("only E'' has escapes")
                    .hasSize(2);
            assertThat(Splitter.split("SELECT 1;\n/* open; SELECT 2;", 1)).as("a comment that is not closed")
                    .extracting(Part::line).containsExactly(1, 2);
        }

        @Test
        @DisplayName("are applied as they are in plain files and in goose's, with Unix and Windows line ends")
        void applied() throws Exception {
            for (String text : List.of(SQL, SQL.replace("\n", "\r\n"),
                    "-- +goose Up\n-- +goose StatementBegin\n" + SQL + ";\n-- +goose StatementEnd")) {
                Folder folder = folder("001_a.sql", text, "002_b.sql", (text.contains("+goose") ? "-- +goose Up\n" : "")
                        + "INSERT INTO last VALUES (f(1)), (g(0)), (h(7)); CALL p();");
                assertThat(folder.files()).allSatisfy(m -> assertThat(m.flaws()).isEmpty());
                try (Connection c = database()) {
                    up(c, folder);
                    assertThat(column(c, "SELECT string_agg(i::text, ' ') FROM last")).containsExactly("1 2 7");
                    assertThat(column(c, "SELECT string_agg(t, '|' ORDER BY ctid) FROM a WHERE atomic IS NULL"))
                            .containsExactly("it's; fine|it's; /* fine|;'| $$;$$ ; |$$|A;");
                }
            }
        }

        @Test
        @DisplayName("a function that goose would cut in two is pointed at, for goose knows nothing of $$")
        void gooseWouldCut() throws Exception {
            Folder folder = folder("001_a.sql", goose("SELECT 1; -- one;\nCREATE FUNCTION f() RETURNS int AS $$\n"
                    + "BEGIN\n  -- not here;\n  RETURN 1; -- here\nEND;\n$$ LANGUAGE plpgsql;"));
            assertThat(folder.files().get(0).flaws()).singleElement().isEqualTo(new Flaw("MIGRATION_MARKERS",
                    Severity.error, 6,
                    "goose cuts the statement after this line: put it between StatementBegin and StatementEnd"));
        }
    }

    @Nested
    @DisplayName("bad folders and files")
    class BadInput {
        @ParameterizedTest(name = "{0}")
        @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, value = {
                "no Up mark        | CREATE TABLE b();                                      | MIGRATION_NO_UP   | 1",
                "Begin without End | -- +goose Up~-- +goose StatementBegin~CREATE TABLE b(); | MIGRATION_MARKERS | 2",
                "End without Begin | -- +goose Up~CREATE TABLE b();~-- +goose StatementEnd   | MIGRATION_MARKERS | 3",
                "a second Begin    | -- +goose Up~-- +goose StatementBegin~-- +goose StatementBegin~SELECT 1;~"
                        + "-- +goose StatementEnd | MIGRATION_MARKERS | 3"})
        @DisplayName("marks that do not fit together are named with their line")
        void marks(String what, String text, String code, int line) throws Exception {
            Folder folder = folder("001_a.sql", goose("SELECT 1;"), "002_b.sql", text.replace('~', '\n'));
            assertThat(folder.broken()).isTrue();
            assertThat(folder.files().get(1).flaws()).singleElement().satisfies(flaw -> {
                assertThat(flaw.code()).isEqualTo(code);
                assertThat(flaw.line()).isEqualTo(line);
                assertThat(flaw.severity()).isEqualTo(Severity.error);
            });
        }

        @ParameterizedTest(name = "{0}")
        @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"$$ BEGIN NULL; END;|dollar-quoted string",
                "'open;|quoted string", "\"open;|quoted identifier", "/* open; /* */|/* comment"})
        @DisplayName("what is not closed is not lost: the server names it, with its line, and the file is rolled back")
        void unclosed(String sql, String named) throws Exception {
            Migration file = folder("001_a.sql", goose("CREATE TABLE a();\n\n DO " + sql)).files().get(0);
            try (Connection c = database()) {
                assertThatThrownBy(() -> Runner.apply(c, file, file.up()))
                        .isInstanceOfSatisfying(Failure.class, failure -> {
                            assertThat(failure.line).isEqualTo(4);
                            assertThat(failure.getMessage()).contains("unterminated " + named, "SQLSTATE 42601");
                        });
                assertThat(tables(c)).isEmpty();
            }
        }

        private void refused(String... words) {
            assertThatThrownBy(() -> Folder.read(temp)).isInstanceOf(Stop.class).hasMessageContainingAll(words);
        }

        @Test
        @DisplayName("a folder that is missing, a file, empty, or without a number: one sentence each")
        void noFolder() throws Exception {
            refused("holds no migration: there is no .sql file in it");
            assertThatThrownBy(() -> Folder.read(temp.resolve("no where"))).isInstanceOf(Stop.class)
                    .hasMessage("--migrations " + temp.resolve("no where") + " does not exist");
            Path file = Files.writeString(temp.resolve("create.sql"), "SELECT 1;");
            assertThatThrownBy(() -> Folder.read("--copy", file)).isInstanceOf(Stop.class)
                    .hasMessageContainingAll("--copy ", "create.sql is a file: name the folder that holds it");
            Files.writeString(temp.resolve("drop.sql"), "SELECT 1;");
            refused("holds no migration: none of its 2 .sql files is named as plain numbered SQL names them");
        }

        @Test
        @DisplayName("a file too large, or not text: its name, its size or its zero byte, and what to do")
        void notText() throws Exception {
            Path large = temp.resolve("002_large.sql");
            try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
                sparse.setLength(50L << 20);
            }
            refused("002_large.sql is 50 MB large", "COPY");
            Files.write(large, new byte[] {'-', '-', 0, 1});
            refused("002_large.sql", "zero byte at offset 2");
        }

        @Test
        @DisplayName("Latin-1 is read with a warning; a BOM, Windows line ends, an empty file, odd names do no harm")
        void odd() throws Exception {
            Files.write(temp.resolve("003_latin.sql"),
                    goose("INSERT INTO a VALUES ('Gr\u00fc\u00dfe');").getBytes(StandardCharsets.ISO_8859_1));
            Folder folder = folder("001_a.sql",
                    "\uFEFF-- +goose Up\r\nCREATE TABLE a(t text);\r\n-- +goose Down\r\nDROP TABLE a;\r\n",
                    "002_it's a \"test\" [x].sql", goose("CREATE TABLE b();"), "004_empty.sql", "");
            assertThat(folder.files().stream().flatMap(m -> m.flaws().stream()).map(Flaw::code))
                    .containsExactly("MIGRATION_BOM", "MIGRATION_NOT_UTF8", "MIGRATION_EMPTY");
            assertThat(folder.broken()).isFalse();
            try (Connection c = database()) {
                up(c, folder);
                assertThat(column(c, "SELECT t FROM a")).containsExactly("Gr\u00fc\u00dfe");
                down(c, folder);
                assertThat(tables(c)).containsExactly("b");
            }
        }
    }

    @Nested
    @DisplayName("a replay")
    class Replays {
        @Test
        @DisplayName("tells what each file adds and takes, and after which statement a name came and went")
        void watched() throws Exception {
            Folder folder = folder("1_a.sql", "CREATE TABLE t (a int);\nALTER TABLE t RENAME a TO b;", "2_b.sql",
                    "ALTER TABLE t DROP b;\nALTER TABLE absent ADD x int;", "3_c.sql",
                    "ALTER TABLE t ADD c text;\nALTER TABLE t RENAME TO u;", "4_d.sql", "ALTER TABLE u DROP b;");
            Watch watch = Watch.names(List.of("a", "b", "t", "u"));
            try (var replay = Replay.ofCatalogue(Run.server().scratch()).watch(watch).apply(folder.files())) {
                List<Migration> files = folder.files();
                assertThat(names(replay.failures.stream().map(f -> f.migration).toList())).containsExactly("2_b.sql");
                assertThat(replay.adds(files.get(0))).containsExactly("public.t", "public.t.b");
                assertThat(replay.adds(files.get(1))).isEmpty();
                assertThat(replay.takes(files.get(3))).containsExactly("public.u.b");
                assertThat(replay.lastThatTakes(name -> name.endsWith(".b"))).contains(files.get(3));
                assertThat(replay.end().columnTypes(table -> false)).isEqualTo(java.util.Map.of("u.c", "text"));
            }
            assertThat(watch.events()).extracting(e -> e.at().line() + " " + e.name() + " " + e.how()).containsExactly(
                    "1 t creates it", "1 a adds it", "2 a renames it to b", "2 b adds it",
                    "2 t renames the table to u", "2 u creates it", "1 b drops it");
            assertThat(watch.events().get(2).renamedTo()).isEqualTo("b");
        }

        @Test
        @DisplayName("of one column: who gives it, or took it away; a rename is told by what it was called before")
        void column() throws Exception {
            Folder folder = folder("1_a.sql", "CREATE TABLE t (old int);", "2_b.sql", "ALTER TABLE t RENAME old TO n;",
                    "3_c.sql", "DROP TABLE t;");
            Watch watch = Watch.column("n", "t");
            try (var replay = Replay.ofCatalogue(Run.server().scratch()).watch(watch)) {
                replay.apply(folder.files().subList(0, 2));
                assertThat(watch.supplier()).get().satisfies(e -> {
                    assertThat(e.how()).isEqualTo("renames old to it");
                    assertThat(e.type()).isEqualTo("integer");
                });
                replay.apply(folder.files().subList(2, 3));
                assertThat(watch.supplier()).isEmpty();
                assertThat(watch.taker()).get().extracting(Watch.Event::how).isEqualTo("drops the table");
            }
        }

        @Test
        @DisplayName("of everything: two ends are compared, and the SQL told with each difference mends it")
        void definitions() throws Exception {
            Folder folder = folder("1_a.sql", "CREATE TABLE a (i int);\nCREATE INDEX ai ON a (i);", "2_b.sql",
                    "ALTER TABLE a ADD j text NOT NULL DEFAULT 'x';\nCREATE VIEW v AS SELECT 1 AS one;");
            try (Replay<Definitions> whole = Replay.ofDefinitions(Run.server(), folder.files());
                    Replay<Definitions> first = Replay.ofDefinitions(Run.server(), folder.files().subList(0, 1))) {
                List<Difference> lacks = whole.end().against(first.end());
                assertThat(lacks).extracting(Difference::name).containsExactly("column public.a.j", "view public.v");
                assertThat(lacks).allMatch(Difference::missing);
                for (Difference each : lacks) {
                    Sql.execute(first.c, each.mend());
                }
                assertThat(whole.end().against(first.now())).isEmpty();
            }
        }

        @Test
        @DisplayName("what the run's own server lacks or forbids is no failure: extensions, their types, roles, rights")
        void allowances() throws Exception {
            Folder folder = folder("1_a.sql", "CREATE EXTENSION pg_stat_statements;\nCREATE EXTENSION postgis;\n"
                    + "CREATE TABLE a (i int, at geometry(Point, 4326) NOT NULL);\n"
                    + "CREATE INDEX ON a USING gist (at);\nSELECT ST_X(at) FROM a;", "2_b.sql",
                    "ALTER TABLE a ADD t text;\nCREATE ROLE \"own Er\";\nGRANT SELECT ON a TO \"own Er\";\n"
                            + "CREATE ROLE su SUPERUSER;\nGRANT su TO \"own Er\";\nGRANT pg_read_all_data TO su;",
                    "3_c.sql", "SET session_replication_role = replica;\nALTER TABLE a ADD u text;", "4_d.sql",
                    "CREATE TABLE d (t nosuchtype);", "5_e.sql", "ALTER TABLE a OWNER TO su;");
            for (int round = 0; round < 2; round++) {
                try (var replay = Replay.ofCatalogue(Run.server().scratch()).apply(folder.files())) {
                    assertThat(replay.failures).extracting(Failure::getMessage).containsExactly(
                            "ERROR: type \"nosuchtype\" does not exist (SQLSTATE 42704)");
                    assertThat(replay.lacks().keySet()).singleElement()
                            .satisfies(e -> assertThat(e.remedy(18)).contains("postgis/postgis:18-"));
                    assertThat(replay.passed()).extracting(f -> f.line).containsExactly(4, 5);
                    assertThat(replay.rights()).extracting(f -> f.migration.name() + ":" + f.line)
                            .contains("3_c.sql:1");
                    assertThat(replay.end().columnTypes(table -> table.startsWith("pg_"))).isEqualTo(java.util.Map.of("a.i",
                            "integer", "a.at", "geometry", "a.t", "text", "a.u", "text"));
                }
            }
        }

        @Test
        @DisplayName("psql's own commands are passed over, COPY has its data, templates are left out, rows are thrown away")
        void psqlsOwn() throws Exception {
            Folder folder = folder("1_a.sql", "\\restrict abc\nSELECT set_config('search_path', '', false);\n"
                    + "CREATE TABLE public.a (i int, t text);\nCOPY public.a (i, t) FROM stdin;\n1\tit's; $$\n2\t\\N\n"
                    + "\\.\n\nINSERT INTO public.a VALUES (3, '\\connect');\n\\connect other", "2_b.sql",
                    "SELECT g FROM generate_series(1, 300000) g;\nALTER TABLE a ADD u text DEFAULT '{{ name }}';",
                    "3_c.sql", "CREATE TABLE {{ .Schema }}.c (i int);", "4_d.sql", "ALTER TABLE \"${schema}\".c ADD j int;",
                    "5_e.sql", "DO $$ BEGIN PERFORM '{{x}}' /* {% y %} */; END $$; -- ${z}");
            try (var replay = Replay.ofCatalogue(Run.server().scratch()).apply(folder.files())) {
                assertThat(replay.failures).isEmpty();
                assertThat(names(new java.util.ArrayList<>(replay.templates.keySet()))).containsExactly("3_c.sql", "4_d.sql");
                assertThat(Sql.rows(replay.c, "SELECT i, t FROM a ORDER BY i").toString())
                        .isEqualTo("[[1, it's; $$], [2, null], [3, \\connect]]");
                assertThat(replay.end().columnTypes(table -> false)).containsOnlyKeys("a.i", "a.t", "a.u");
            }
        }
    }

    @Test
    @DisplayName("a list of files: which it names, in its order, which not, and which are not there")
    void lists() throws Exception {
        Folder folder = folder("001_a.sql", goose(""), "002_b.sql", goose(""), "003_c.sql", goose(""));
        FileList list = FileList.in(Path.of("suite_test.go"), "var f = []string{\n\t\"003_c.sql\",\n\t\"001_a.sql\",\n"
                + "\t\"009_z.sql\",\n\t\"001_a.sql\",\n}\n", folder).get(0);
        assertThat(names(list.listed(folder))).containsExactly("003_c.sql", "001_a.sql");
        assertThat(names(list.omitted(folder))).containsExactly("002_b.sql");
        assertThat(list.absent(folder)).containsExactly("009_z.sql");
        assertThat(list.at("009_z.sql").line()).isEqualTo(4);
        assertThat(FileList.in(Path.of("README.md"), "001_a.sql 002_b.sql", folder)).as("prose is no list").isEmpty();
        assertThat(FileList.in(Path.of("a.sh"), "psql -f 001_a.sql", folder)).as("one is a mention").isEmpty();
    }
}
