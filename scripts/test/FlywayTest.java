//DEPS org.flywaydb:flyway-core:13.12.1
//DEPS org.flywaydb:flyway-database-postgresql:13.12.1

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.ValidateOutput;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Flyway itself migrates and validates, and verify-migrations looks at the same folder and database. */
@DisplayName("verify-migrations against Flyway's validate")
class FlywayTest {
    private static final Logger LOG = Logger.getLogger("org.flywaydb");
    private static EmbeddedPostgres postgres;

    @TempDir
    Path temp;
    private final Map<String, String> expected = new LinkedHashMap<>();
    private final Map<String, String> found = new LinkedHashMap<>();

    @BeforeAll
    static void server() throws Exception {
        LOG.setLevel(Level.OFF);
        postgres = EmbeddedPostgres.start();
    }

    @AfterAll
    static void end() throws Exception {
        postgres.close();
    }

    private interface Act {
        void on(Path folder, Flyway flyway) throws Exception;
    }

    /** A case: what is done to a folder and its database, Flyway's verdict on it, and ours, of which what Flyway does not look at stands behind "+". */
    private void same(String what, String flyways, String ours, Act act) throws Exception {
        String name = what.replaceAll("\\W+", "_").toLowerCase(java.util.Locale.ROOT);
        execute("postgres", "CREATE DATABASE " + name);
        Path folder = Files.createDirectories(temp.resolve(name));
        write(folder, "V1__first.sql", "CREATE TABLE a (i int);\r\n-- ü\r\n");
        write(folder, "V2__second_one.sql", "CREATE TABLE b (i int);\n");
        write(folder, "R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT i FROM a;\n");
        Flyway flyway = Flyway.configure().dataSource(postgres.getJdbcUrl("postgres", name), "postgres", "").locations("filesystem:" + folder).load();
        act.on(folder, flyway);
        expected.put(what, flyways + " | " + ours);
        found.put(what, verdict(flyway) + " | " + verdict(name));
    }

    private static void write(Path folder, String name, String text) throws Exception {
        Files.writeString(folder.resolve(name), text);
    }

    private static void execute(String database, String sql) throws Exception {
        try (var c = DriverManager.getConnection(postgres.getJdbcUrl("postgres", database)); var s = c.createStatement()) {
            s.execute(sql);
        }
    }

    private static String verdict(Flyway flyway) {
        TreeSet<String> says = new TreeSet<>();
        try {
            for (ValidateOutput each : flyway.validateWithResult().invalidMigrations) {
                boolean late = each.errorDetails.errorMessage.contains("outOfOrder");
                says.add((each.version.isEmpty() ? "R" : each.version) + " " + each.errorDetails.errorCode + (late ? " (out of order)" : ""));
            }
        } catch (FlywayException e) {
            says.add(e.getMessage().lines().findFirst().orElse("").replaceFirst("(?<=version \\d).*", ""));
        }
        return says.isEmpty() ? "sound" : String.join(", ", says);
    }

    private String verdict(String name) throws Exception {
        Run.Result result = Run.script("verify-migrations", name, "--url", postgres.getJdbcUrl("postgres", name), "--format", "json").in(temp).go();
        TreeSet<String> says = new TreeSet<>();
        TreeSet<String> more = new TreeSet<>();
        for (JsonNode finding : JsonMapper.shared().readTree(result.out()).get("findings")) {
            if (finding.get("severity").asString().equals("error")) {
                (finding.get("code").asString().startsWith("MIGRATION_") ? says : more).add(finding.get("code").asString());
            }
        }
        assertThat(result.exit()).as(result.all()).isEqualTo(says.isEmpty() && more.isEmpty() ? 0 : 10);
        return (says.isEmpty() ? "sound" : String.join(", ", says)) + (more.isEmpty() ? "" : " + " + String.join(", ", more));
    }

    @Test
    @DisplayName("a table of cases: where Flyway's validate is content so are we, where it is not we say the same")
    void table() throws Exception {
        same("sound", "sound", "sound", (folder, flyway) -> flyway.migrate());
        same("line ends changed", "sound", "sound", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "V2__second_one.sql", "CREATE TABLE b (i int);\r\n");
        });
        same("nothing applied and no ledger of any tool", "1 RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED, 2 RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED, R RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED", "sound + SCHEMA_DRIFT", (folder, flyway) -> { });
        same("pending", "3 RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED", "MIGRATION_NOT_APPLIED", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "V3__third.sql", "CREATE TABLE c (i int);\n");
        });
        same("out of order", "1.5 RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED (out of order)", "MIGRATION_OUT_OF_ORDER", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "V1.5__late.sql", "CREATE TABLE c (i int);\n");
        });
        same("changed after it was applied", "2 CHECKSUM_MISMATCH", "MIGRATION_CHANGED + SCHEMA_DRIFT", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "V2__second_one.sql", "CREATE TABLE b (i bigint);\n");
        });
        same("changed and repaired", "sound", "sound + SCHEMA_DRIFT", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "V2__second_one.sql", "CREATE TABLE b (i bigint);\n");
            flyway.repair();
        });
        same("renamed after it was applied", "2 DESCRIPTION_MISMATCH", "MIGRATION_CHANGED", (folder, flyway) -> {
            flyway.migrate();
            Files.move(folder.resolve("V2__second_one.sql"), folder.resolve("V2__other.sql"));
        });
        same("a number written otherwise", "sound", "sound", (folder, flyway) -> {
            flyway.migrate();
            Files.move(folder.resolve("V2__second_one.sql"), folder.resolve("V02__second_one.sql"));
        });
        same("gone", "1 APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED", "MIGRATION_FAILS, MIGRATION_UNKNOWN + SCHEMA_DRIFT", (folder, flyway) -> {
            flyway.migrate();
            Files.delete(folder.resolve("V1__first.sql"));
        });
        // Flyway takes it for one of a newer release and is content; whoever tests this folder on this database should know.
        same("gone and the last one", "sound", "MIGRATION_UNKNOWN + SCHEMA_DRIFT", (folder, flyway) -> {
            flyway.migrate();
            Files.delete(folder.resolve("V2__second_one.sql"));
        });
        same("repeatable changed", "R OUTDATED_REPEATABLE_MIGRATION, R RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED", "MIGRATION_NOT_APPLIED", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT i FROM a; -- again\n");
        });
        same("repeatable changed and applied again", "sound", "sound", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT i FROM a; -- again\n");
            flyway.migrate();
        });
        same("duplicate version", "Found more than one migration with version 2", "MIGRATION_DUPLICATE_VERSION", (folder, flyway) -> {
            flyway.migrate();
            write(folder, "V2.0__second_one.sql", "-- nothing new\n");
        });
        same("failed row", "2 FAILED_VERSIONED_MIGRATION", "MIGRATION_DIRTY + SCHEMA_DRIFT", (folder, flyway) -> {
            flyway.migrate();
            // As Flyway leaves it where a file that runs outside of a transaction fails
            execute(folder.getFileName().toString(), "UPDATE flyway_schema_history SET success = false WHERE version = '2'");
        });
        same("baseline", "3 RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED, R RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED", "MIGRATION_NOT_APPLIED", (folder, flyway) -> {
            execute(folder.getFileName().toString(), "CREATE TABLE a (i int); CREATE TABLE b (i int)");
            Flyway.configure().configuration(flyway.getConfiguration()).baselineVersion("2").load().baseline();
            write(folder, "V3__third.sql", "CREATE TABLE c (i int);\n");
        });
        same("dropped by hand", "sound", "sound + LEDGER_LIES, SCHEMA_DRIFT", (folder, flyway) -> {
            flyway.migrate();
            execute(folder.getFileName().toString(), "DROP TABLE b");
        });

        Map<String, String> wrong = new LinkedHashMap<>(found);
        expected.forEach((what, verdicts) -> wrong.remove(what, verdicts));
        assertThat(wrong).as("Flyway | ours, and expected: " + wrong.keySet().stream().map(what -> what + "=" + expected.get(what)).toList()).isEmpty();
    }
}
