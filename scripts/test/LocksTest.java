import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import kit.locks.LockCheck;
import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Replay;
import kit.postgres.Definitions;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Finding;
import kit.report.Report;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Tag("unit")
@DisplayName("verify-migrations --locks")
class LocksTest {
    @TempDir
    Path temp;

    /** A change of tables that were there before: what is found in it, and what stands in the evidence or the remedy. */
    private record Case(String before, String change, String codes, String... words) {
    }

    /** Each kind, and behind it its clean twins. */
    private static final List<Case> CASES = List.of(
            // ---- indexes
            new Case("CREATE TABLE t(id int PRIMARY KEY, a text);", "CREATE INDEX i ON t (a);", "INDEX_NOT_CONCURRENT",
                    "i on t is built while SHARE on t blocks writes", "CREATE INDEX CONCURRENTLY i ON public.t USING btree (a);"),
            new Case("CREATE TABLE t(id int PRIMARY KEY, a text);", "CREATE INDEX CONCURRENTLY i ON t (a);", ""),
            new Case("CREATE TABLE t(id int);", "CREATE TABLE u(id int, a text); INSERT INTO u SELECT 1, 'x'; CREATE INDEX j ON u (a); ALTER TABLE u ALTER a SET NOT NULL;", ""),
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ADD CONSTRAINT t_key UNIQUE (id);", "INDEX_NOT_CONCURRENT", "ACCESS EXCLUSIVE on t blocks reads and writes",
                    "CREATE UNIQUE INDEX CONCURRENTLY t_key ON public.t USING btree (id);", "ALTER TABLE t ADD CONSTRAINT t_key UNIQUE USING INDEX t_key;"),
            new Case("CREATE TABLE t(id int NOT NULL, a text); CREATE UNIQUE INDEX t_i ON t (id);", "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_i;", ""),
            new Case("CREATE TABLE t(id int, a text); CREATE INDEX i ON t (a);", "REINDEX INDEX i;", "INDEX_NOT_CONCURRENT", "REINDEX INDEX CONCURRENTLY i;"),
            new Case("CREATE TABLE t(id int, a date) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); CREATE TABLE t2 PARTITION OF t DEFAULT;",
                    "CREATE INDEX i ON t (id);", "INDEX_NOT_CONCURRENT", "i on t (2 partitions) is built", "CREATE INDEX i ON ONLY public.t", "CREATE INDEX CONCURRENTLY t1_id_idx ON public.t1",
                    "ALTER INDEX i ATTACH PARTITION t2_id_idx;"),
            new Case("CREATE TABLE t(id int, a date) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');", "CREATE INDEX i ON ONLY t (id);", ""),
            // ---- rewrites
            new Case("CREATE TABLE t(id int PRIMARY KEY);", "ALTER TABLE t ADD c uuid NOT NULL DEFAULT gen_random_uuid();", "MIGRATION_REWRITES", "t is rewritten, every row and every index",
                    "ALTER TABLE t ADD COLUMN c uuid, ALTER COLUMN c SET DEFAULT gen_random_uuid();", "UPDATE t SET c = DEFAULT", "COMMIT;"),
            new Case("CREATE TABLE t(id int PRIMARY KEY);", "ALTER TABLE t ADD c int NOT NULL DEFAULT 7, ADD d timestamptz DEFAULT now();", ""),
            new Case("CREATE TABLE t(id int PRIMARY KEY, n int NOT NULL DEFAULT 3);", "ALTER TABLE t ALTER n TYPE bigint;", "MIGRATION_REWRITES", "ADD COLUMN n_new bigint", "RENAME COLUMN n_new TO n"),
            new Case("CREATE TABLE t(id int, a varchar(10)); CREATE INDEX i ON t (a);", "ALTER TABLE t ALTER a TYPE varchar(20);", ""),
            new Case("CREATE TABLE t(id int, a varchar(10)); CREATE INDEX i ON t (a);", "ALTER TABLE t ALTER a TYPE text;", ""),
            new Case("CREATE TABLE t(id int, a varchar(20));", "ALTER TABLE t ALTER a TYPE varchar(10);", "MIGRATION_REWRITES"),
            new Case("CREATE TABLE t(id int);", "ALTER TABLE t ADD g int GENERATED ALWAYS AS (id * 2) STORED;", "MIGRATION_REWRITES", "no other way was found"),
            new Case("CREATE TABLE t(id int);", "TRUNCATE t;", ""),
            new Case("CREATE TABLE t(id int);", "DROP TABLE t;", ""),
            // ---- scans
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ALTER a SET NOT NULL;", "MIGRATION_SCANS", "NOT NULL of a", "VALIDATE CONSTRAINT t_a_not_null;"),
            new Case("CREATE TABLE t(id int, a text, CONSTRAINT c CHECK (a IS NOT NULL));", "ALTER TABLE t ALTER a SET NOT NULL;", ""),
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ADD CONSTRAINT c CHECK (a IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10'));", "MIGRATION_SCANS",
                    "to check the constraint c while ACCESS EXCLUSIVE", " NOT VALID;", "ALTER TABLE t VALIDATE CONSTRAINT c;"),
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ADD CONSTRAINT c CHECK (a <> '') NOT VALID;", ""),
            new Case("CREATE TABLE t(id int, a text, CONSTRAINT x CHECK (id > 0)); ALTER TABLE t ADD CONSTRAINT c CHECK (a <> '') NOT VALID;", "ALTER TABLE t VALIDATE CONSTRAINT c;", ""),
            new Case("CREATE TABLE t(id int PRIMARY KEY); CREATE TABLE u(t_id int);", "ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (t_id) REFERENCES t;", "MIGRATION_SCANS",
                    "SHARE ROW EXCLUSIVE on t, u blocks writes", "FOREIGN KEY (t_id) REFERENCES t(id) NOT VALID;", "VALIDATE CONSTRAINT f;"),
            new Case("CREATE TABLE t(id int PRIMARY KEY); CREATE TABLE u(t_id int);", "ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (t_id) REFERENCES t NOT VALID;", ""),
            new Case("CREATE TABLE t(id int PRIMARY KEY); CREATE TABLE u(t_id int); ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (t_id) REFERENCES t NOT VALID;", "ALTER TABLE u VALIDATE CONSTRAINT f;", ""),
            new Case("CREATE TABLE t(id int PRIMARY KEY); CREATE TABLE u(id int);", "ALTER TABLE u ADD t_id int REFERENCES t;", ""),
            new Case("CREATE TABLE t(id int PRIMARY KEY);", "CREATE TABLE u(t_id int REFERENCES t);", ""),
            new Case("CREATE TABLE t(id int, a date NOT NULL) PARTITION BY RANGE (a); CREATE TABLE p(id int, a date NOT NULL);",
                    "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');", "MIGRATION_SCANS", "every row of p is read", "ALTER TABLE p ADD CONSTRAINT p_bound CHECK (",
                    "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM", "DROP CONSTRAINT p_bound;"),
            new Case("CREATE TABLE t(id int, a date NOT NULL) PARTITION BY RANGE (a); CREATE TABLE p(id int, a date NOT NULL, CHECK (a >= '2025-01-01' AND a < '2026-01-01'));",
                    "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');", ""),
            new Case("CREATE TABLE t(id int, a date NOT NULL) PARTITION BY RANGE (a); CREATE TABLE d PARTITION OF t DEFAULT;", "CREATE TABLE p PARTITION OF t FOR VALUES FROM ('1999-01-01') TO ('2000-01-01');",
                    "MIGRATION_SCANS", "every row of d is read"),
            new Case("CREATE TABLE t(id int, a date NOT NULL) PARTITION BY RANGE (a);", "CREATE TABLE p PARTITION OF t FOR VALUES FROM ('1999-01-01') TO ('2000-01-01');", ""),
            new Case("CREATE TYPE m AS ENUM ('a'); CREATE TABLE t(id int, f m);", "ALTER TYPE m ADD VALUE 'b';", ""),
            // ---- what else takes long while a lock is held
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ADD CONSTRAINT c CHECK (a <> '') NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;", "MIGRATION_LOCKS",
                    "until the transaction ends, and line 2 reads every row of t", "# line 2 in a file of its own"),
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ADD b text;\nCREATE INDEX i ON t (id);", "INDEX_NOT_CONCURRENT",
                    "while SHARE on t blocks writes, and since line 1 ACCESS EXCLUSIVE on t blocks reads and writes"),
            new Case("CREATE MATERIALIZED VIEW v AS SELECT 1 AS x; CREATE UNIQUE INDEX i ON v (x);", "REFRESH MATERIALIZED VIEW v;", "MIGRATION_LOCKS", "REFRESH MATERIALIZED VIEW CONCURRENTLY v;"),
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t ADD b text;\nUPDATE t SET b = a WHERE a <> 'x';", "BACKFILL_IN_DDL", "every row of t is read to change some", "UPDATE t SET b = a",
                    "AND (a <> 'x'"),
            new Case("CREATE TABLE t(id int, n int);", "ALTER TABLE t ADD b int;\nUPDATE t SET n = n + 1, b = 2;", "BACKFILL_IN_DDL", "# line 2 in a file of its own, behind this one, and in batches"),
            new Case("CREATE TABLE t(id int, a text, s text);", "ALTER TABLE t ADD b text;\nUPDATE t SET b = a WHERE s IN ('x');", "BACKFILL_IN_DDL", "AND (s IN ('x')"),
            new Case("CREATE TABLE t(id int, a text);", "UPDATE t SET a = 'y' WHERE a <> 'x';", ""),
            new Case("CREATE TABLE t(id int PRIMARY KEY, a text);", "ALTER TABLE t ADD b text;\nINSERT INTO t VALUES (99, 'a', 'b');\nUPDATE t SET b = 'x' WHERE id = 99;", ""),
            new Case("CREATE TABLE t(id int, a text);", "DO $$ BEGIN ALTER TABLE t ADD b text; UPDATE t SET b = a; END $$;", "BACKFILL_IN_DDL"),
            new Case("CREATE TABLE t(id int, a text);", "ALTER TABLE t RENAME a TO b; COMMENT ON TABLE t IS 'x'; CREATE VIEW w AS SELECT count(*) FROM t;", ""));

    private StringWriter printed;

    private List<Finding> found(Server server, Folder folder, Set<Migration> fresh, Integer rows) throws Exception {
        printed = new StringWriter();
        CommandLine line = new CommandLine(new VerifyMigrations()).setOut(new PrintWriter(printed));
        Report report = new Report(line.getCommandSpec(), Report.Format.text);
        try (Replay<Definitions> replay = Replay.ofDefinitions(server, folder.files())) {
            assertThat(replay.failures).as("only what cannot be in a transaction fails").allMatch(LockCheck::tells);
            new LockCheck(folder, report, server, replay, fresh, rows).check();
        }
        assertThat(report.skipped).isEmpty();
        return report.findings;
    }

    private Path write(String dir, String... namesAndTexts) throws Exception {
        Path folder = Files.createDirectories(temp.resolve(dir));
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            Files.writeString(folder.resolve(namesAndTexts[i]), namesAndTexts[i + 1]);
        }
        return folder;
    }

    @Test
    @DisplayName("each kind by its statement, with what blocks and another way that was gone; its clean twins are silent")
    void kinds() throws Exception {
        List<String> files = new ArrayList<>();
        for (int i = 0; i < CASES.size(); i++) {
            // Each case in a schema of its own, so that one replay has them all.
            String path = "SET search_path = s" + i + ";";
            files.addAll(List.of((1001 + 2 * i) + "_before.sql", "CREATE SCHEMA s" + i + "; " + path + CASES.get(i).before,
                    (1002 + 2 * i) + "_change.sql", CASES.get(i).change.contains("CONCURRENTLY") || CASES.get(i).change.startsWith("REINDEX") ? qualified(i) : path + " " + CASES.get(i).change));
        }
        Folder folder = Folder.read(write("kinds", files.toArray(String[]::new)));
        Map<String, List<Finding>> byFile = new LinkedHashMap<>();
        for (Finding f : found(Run.server(), folder, null, null)) {
            if (!f.code().equals("LOCK_TIMEOUT_UNSET")) {
                byFile.computeIfAbsent(f.where().file().replaceFirst(".*/", ""), x -> new ArrayList<>()).add(f);
            }
        }
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < CASES.size(); i++) {
            List<Finding> found = byFile.getOrDefault((1002 + 2 * i) + "_change.sql", List.of());
            String all = found.toString().replace("s" + i + ".", "").replace("public.", "");
            String codes = String.join(" ", found.stream().map(Finding::code).toList());
            List<String> missing = Stream.of(CASES.get(i).words).filter(word -> !all.contains(word.replace("public.", ""))).toList();
            if (!codes.equals(CASES.get(i).codes) || !missing.isEmpty()) {
                wrong.add("\n" + CASES.get(i).change + "\n  " + CASES.get(i).codes + " " + missing + "\n  " + all);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static String qualified(int i) {
        return CASES.get(i).change.replace(" ON t", " ON s" + i + ".t").replace("REINDEX INDEX ", "REINDEX INDEX s" + i + ".");
    }

    @Test
    @DisplayName("CONCURRENTLY in a transaction is told once, with the tool's own word for it; a table of the same change is no finding; a timeout that is set")
    void tools() throws Exception {
        Map<String, String> marks = Map.of("-- +goose Up\n", "-- +goose NO TRANSACTION", "-- migrate:up\n", "transaction:false");
        for (Map.Entry<String, String> each : marks.entrySet()) {
            String up = each.getKey();
            Path dir = write(up.contains("goose") ? "goose" : "dbmate", "001_a.sql", up + "CREATE TABLE a(i int);\n", "002_b.sql", up + "CREATE INDEX CONCURRENTLY x ON a (i);\n",
                    "003_c.sql", up + "CREATE TABLE c(i int);\n", "004_d.sql", up + "CREATE INDEX y ON c (i);\nSET LOCAL lock_timeout = '2s';\nALTER TABLE a ADD j int;\n");
            Folder folder = Folder.read(dir);
            List<Finding> found = found(Run.server(), folder, null, 50);
            assertThat(printed.toString()).containsPattern("004_d.sql:2  [0-9.]+ ms with 50 rows a table, [0-9.]+ ms with 500: [0-9.]+ ×");
            assertThat(found.stream().map(Finding::code)).containsExactly("CONCURRENTLY_IN_TRANSACTION", "INDEX_NOT_CONCURRENT", "LOCK_TIMEOUT_UNSET");
            assertThat(found.get(0).remediation().toString()).contains(each.getValue());
            assertThat(found.get(2).where().line()).isEqualTo(2);
            // Both files are new: what one makes nobody uses before the other.
            assertThat(found(Run.server(), folder, Set.copyOf(folder.files().subList(2, 4)), null)).isEmpty();
        }
    }

    @Test
    @DisplayName("ten statements of the documentation's table of locks: what is stated there, and what was observed")
    void documentation() throws Exception {
        // https://www.postgresql.org/docs/current/explicit-locking.html, section 13.3.1
        Map<String, String> stated = new LinkedHashMap<>();
        stated.put("SELECT count(*) FROM t", "AccessShareLock");
        stated.put("SELECT * FROM t FOR UPDATE", "RowShareLock");
        stated.put("UPDATE t SET a = 'x'", "RowExclusiveLock");
        stated.put("ANALYZE t", "ShareUpdateExclusiveLock");
        stated.put("ALTER TABLE t VALIDATE CONSTRAINT c", "ShareUpdateExclusiveLock");
        stated.put("CREATE INDEX ON t (a)", "ShareLock");
        stated.put("CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", "ShareRowExclusiveLock");
        stated.put("ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES u", "ShareRowExclusiveLock");
        stated.put("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "ExclusiveLock");
        stated.put("TRUNCATE t", "AccessExclusiveLock");
        stated.put("DROP TABLE t", "AccessExclusiveLock");
        try (Scratch scratch = Run.server().scratch(); Connection c = scratch.runner()) {
            Sql.execute(c, "CREATE TABLE t(id int, a text); CREATE TABLE u(id int PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID;"
                    + "CREATE MATERIALIZED VIEW v AS SELECT 1 AS x; CREATE UNIQUE INDEX ON v (x)");
            Map<String, String> observed = new LinkedHashMap<>();
            c.setAutoCommit(false);
            for (String sql : stated.keySet()) {
                // Before it is run, for what is dropped has no name any more.
                String oid = Sql.rows(c, "SELECT '" + (sql.contains("VIEW") ? "v" : "t") + "'::regclass::oid").get(0).get(0);
                Sql.execute(c, sql);
                TreeSet<String> modes = new TreeSet<>((a, b) -> Integer.compare(rank(a), rank(b)));
                Sql.rows(c, "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = " + oid).forEach(row -> modes.add(row.get(0)));
                observed.put(sql, modes.last());
                c.rollback();
            }
            observed.forEach((sql, mode) -> System.out.printf("%-60.60s stated %-26s observed %s%n", sql, stated.get(sql), mode));
            assertThat(observed).isEqualTo(stated);
        }
    }

    private static int rank(String mode) {
        return List.of("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock").indexOf(mode);
    }
}
