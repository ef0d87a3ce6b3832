package bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import bench.harness.Node;
import bench.harness.Schemas;
import bench.harness.Table;
import bench.harness.Variant;
import bench.harness.Ways;
import kit.postgres.Scratch;
import kit.postgres.Server;
import org.postgresql.ds.PGSimpleDataSource;

/** In the package of the benchmark, for what it sends is not for others. */
@DisplayName("what the benchmark sends")
class StrategiesTest {
    private static final int ROWS = 320;
    private static final List<String> SCHEMAS = List.of("base", "side-table");
    private static final Map<String, Table> TABLES = new HashMap<>();
    private static final Map<String, Scratch> SCRATCHES = new HashMap<>();
    /** What the loop leaves of each. */
    private static final Map<String, List<String>> LOOPS = new HashMap<>();
    private static final Properties TOLD = new Properties();
    private static Server server;
    private static String began = "infinity";

    @BeforeAll
    static void tables() throws Exception {
        if (server != null) {
            // A class that is run again in this JVM; the server ends with it.
            return;
        }
        // The one of this JVM, which is kept by a class without a package.
        Method shared = Class.forName("Run").getDeclaredMethod("server");
        shared.setAccessible(true);
        server = (Server) shared.invoke(null);
        for (String schema : SCHEMAS) {
            Scratch scratch = server.scratch();
            Variant variant = Variant.of(schema);
            PGSimpleDataSource source = (PGSimpleDataSource) scratch.source();
            SCRATCHES.put(schema, scratch);
            TABLES.put(schema, new Table(scratch, variant, ROWS));
            // Each database has an owner of its own; the last one logs in to all.
            for (Scratch other : SCRATCHES.values()) {
                String owner = ((PGSimpleDataSource) other.source()).getUser();
                if (!owner.equals(source.getUser())) {
                    server.asAdmin("postgres", "GRANT " + owner + " TO " + source.getUser());
                }
            }
            TOLD.putAll(Map.of("rows", "" + ROWS, "user", source.getUser(), "password", source.getPassword(), "url." + schema, source.getURL(), "disable." + schema, variant.queries().disable(), "change." + schema, variant.queries().change()));
        }
    }

    static Stream<Arguments> strategies() {
        return SCHEMAS.stream().flatMap(schema -> Stream.of(Ways.values()).map(strategy -> Arguments.of(strategy, schema)));
    }

    @ParameterizedTest(name = "{0}, schema {1}: the table is as a loop leaves it")
    @MethodSource("strategies")
    void asTheLoop(Ways strategy, String schema) throws Exception {
        List<UpdateStatus.Change> changes = changes(150, -1);
        List<String> loop = LOOPS.get(schema);
        if (loop == null) {
            send(Ways.loop, schema, changes);
            loop = table(schema);
            LOOPS.put(schema, loop);
        }
        assertThat(loop.stream().filter(row -> row.contains("disabled|why 0|operator|operator|why 0|t|t"))).hasSize(50);
        send(strategy, schema, changes);
        assertThat(table(schema)).isEqualTo(loop);
    }

    @ParameterizedTest(name = "{0}, schema {1}: one update fails, and what stands is what the strategy promises")
    @MethodSource("strategies")
    void oneFails(Ways strategy, String schema) throws Exception {
        TABLES.get(schema).restore();
        began = "infinity";
        List<String> untouched = table(schema);
        // A batch is one transaction only where all of it has one form.
        List<UpdateStatus.Change> changes = strategy == Ways.batch ? same(150, 70) : changes(150, 70);
        assertThatThrownBy(() -> send(strategy, schema, changes)).extracting(StrategiesTest::root).asString().contains(schema.equals("base") ? "workflow_catalog_status_check" : "workflow_status_check");
        List<String> left = table(schema);
        if (strategy.atomic) {
            assertThat(left).isEqualTo(untouched);
        } else {
            assertThatThrownBy(() -> send(Ways.loop, schema, changes(150, 70)));
            assertThat(left).isEqualTo(table(schema)).isNotEqualTo(untouched);
        }
    }

    @Test
    @DisplayName("an autocommit batch is one transaction up to 255 statements, and not above")
    void batchAbove255() throws Exception {
        assertThatThrownBy(() -> send(Ways.batch, "base", same(300, 280))).isInstanceOf(SQLException.class);
        assertThat(changed("base")).isEqualTo(255);
        assertThatThrownBy(() -> send(Ways.batch, "base", same(255, 240))).isInstanceOf(SQLException.class);
        assertThat(changed("base")).isZero();
    }

    @ParameterizedTest(name = "{0}: a workflow that is not there is an error")
    @EnumSource(Ways.class)
    void noRow(Ways strategy) {
        List<UpdateStatus.Change> changes = new ArrayList<>(changes(3, -1));
        changes.add(new UpdateStatus.Change(UpdateStatus.Workload.id(ROWS + 1), "v1.0.0", "archived", "why", "operator"));
        assertThatThrownBy(() -> send(strategy, "base", changes)).extracting(StrategiesTest::root).asString().containsPattern("an update touched 0 rows, not one|\\d+ updates touched \\d+ rows");
    }

    @Test
    @DisplayName("the side table enforces what the wide table does")
    void sideTableRules() throws Exception {
        TABLES.get("side-table").restore();
        try (Connection c = SCRATCHES.get("side-table").connect()) {
            assertThat(rows(c, "SELECT count(*), count(DISTINCT workflow_id), count(*) FILTER (WHERE status = 'active') FROM remediation_workflow_status")).containsExactly("320|320|320");
            refused(c, "UPDATE remediation_workflow_status SET status = 'paused'", "23514");
            refused(c, "INSERT INTO remediation_workflow_status (workflow_id, version) SELECT workflow_id, version FROM remediation_workflow_status LIMIT 1", "23505");
            refused(c, "INSERT INTO remediation_workflow_status (workflow_id, version) VALUES (gen_random_uuid(), 'v1')", "23503");
            refused(c, "DELETE FROM remediation_workflow_status WHERE workflow_id = (SELECT min(workflow_id::text)::uuid FROM remediation_workflow_status)", "23514");
            refused(c, "INSERT INTO remediation_workflow_catalog SELECT gen_random_uuid(), (t).workflow_name FROM (SELECT t FROM remediation_workflow_catalog t LIMIT 1)", "23502");
            kit.postgres.Sql.execute(c, "DELETE FROM remediation_workflow_catalog WHERE workflow_name = 'restart-pod-7'");
            assertThat(rows(c, "SELECT count(*) FROM remediation_workflow_status")).containsExactly("319");
        }
    }

    @Test
    @DisplayName("the benchmarks' table is the one that the migrations make")
    void tableOfTheMigrations() throws Exception {
        Scratch replayed = server.scratch();
        List<Path> files;
        try (Stream<Path> all = Files.list(Path.of("migrations"))) {
            files = all.filter(file -> file.toString().endsWith(".sql")).sorted(Comparator.comparing(file -> Integer.valueOf(file.getFileName().toString().replaceFirst("\\D.*", "")))).toList();
        }
        try (Connection c = replayed.runner()) {
            for (Path file : files) {
                // As the suite of the service applies a file: in one call, without CONCURRENTLY, up to the Down part.
                kit.postgres.Sql.execute(c, Files.readString(file).split("(?m)^-- \\+goose Down")[0].replace("CONCURRENTLY", ""));
            }
            try (Connection ours = SCRATCHES.get("base").connect()) {
                assertThat(rows(ours, DEFINITIONS)).hasSizeGreaterThan(50).isEqualTo(rows(c, DEFINITIONS));
            }
        }
    }

    private static final String DEFINITIONS = """
            SELECT attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
                FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = 'remediation_workflow_catalog'::regclass AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'remediation_workflow_catalog'::regclass
            UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'remediation_workflow_catalog'::regclass
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'remediation_workflow_catalog'::regclass
            UNION ALL SELECT prosrc FROM pg_proc WHERE proname = 'update_updated_at_column' ORDER BY 1
            """;

    @ParameterizedTest(name = "variant {0} applies, and an update of it changes one row")
    @MethodSource("variants")
    void variantApplies(String schema) throws Exception {
        Variant variant = Variant.of(schema);
        Scratch scratch = server.scratch();
        Table table = new Table(scratch, variant, ROWS);
        table.restore();
        try (UpdateStatus.Direct direct = new UpdateStatus.Direct(scratch.connect(), variant.queries())) {
            for (String status : UpdateStatus.Workload.STATUSES) {
                direct.update(UpdateStatus.Workload.id(3), status);
            }
        }
    }

    static Stream<String> variants() {
        return Schemas.files().keySet().stream().map(file -> file.replace(".sql", "")).filter(schema -> !SCHEMAS.contains(schema));
    }

    /** A third is disabled; the one of a number gets a status that the table does not know. */
    private static List<UpdateStatus.Change> changes(int many, int bad) {
        return IntStream.range(0, many).mapToObj(i -> new UpdateStatus.Change(UpdateStatus.Workload.id(i), "v1.0.0",
                i == bad ? "paused" : List.of("disabled", "archived", "deprecated").get(i % 3), "why " + i % 3, "operator")).toList();
    }

    private static List<UpdateStatus.Change> same(int many, int bad) {
        return IntStream.range(0, many).mapToObj(i -> new UpdateStatus.Change(UpdateStatus.Workload.id(i), "v1.0.0", i == bad ? "paused" : "archived", "why", "operator")).toList();
    }

    @ParameterizedTest(name = "--failover over a URL of two servers of the reader, synchronous: {0}")
    @ValueSource(booleans = {false, true})
    @EnabledOnOs(OS.LINUX)
    void failoverOfTheReader(boolean synchronous, @TempDir Path folder) throws Exception {
        String set = Long.toString(System.nanoTime(), 36);
        Node primary = Node.embedded(server).standby("primary-" + set).await();
        primary.promote();
        Node standby = primary.standby("standby-" + set).await();
        primary.synchronously(synchronous);
        ProcessBuilder builder = new ProcessBuilder(Path.of("jbangw").toAbsolutePath().toString(), "lost-updates", "failover", "--fast-and-loose", "--url",
                "jdbc:postgresql://localhost:" + primary.port() + ",localhost:" + standby.port() + "/postgres?user=postgres&targetServerType=primary&hostRecheckSeconds=0&options=-c%20synchronous_commit=on", "--out", folder.toString());
        builder.environment().put("PGPASSWORD", primary.admin.getPassword());
        Process bench = builder.redirectOutput(folder.resolve("out").toFile()).redirectError(folder.resolve("err").toFile()).start();
        for (int i = 0; i < 600 && !Files.readString(folder.resolve("err")).contains("make the primary fail over"); i++) {
            Thread.sleep(100);
        }
        Thread.sleep(1000);
        standby.cutOff();
        Thread.sleep(200);
        primary.kill();
        standby.promote();
        assertThat(bench.waitFor(90, TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(folder.resolve("out")) + Files.readString(folder.resolve("err"));
        assertThat(bench.exitValue()).as(said).isZero();
        assertThat(said).contains("Updates over a URL of 2 servers").containsPattern("nobody could write for \\d+\\.\\d s")
                .containsPattern(synchronous ? "✓ [1-9]\\d* updates were acknowledged, 0 of them are gone" : "! [1-9]\\d* updates were acknowledged, [1-9]\\d* of them are gone: a commit did not wait").doesNotContain(primary.admin.getPassword());
        try (Connection c = standby.admin.getConnection()) {
            assertThat(kit.postgres.Sql.rows(c, "SELECT datname FROM pg_database WHERE datname LIKE 'runbook_scratch_%\\_%\\_%'")).isEmpty();
        }
        standby.kill();
    }

    private static void send(Ways strategy, String schema, List<UpdateStatus.Change> changes) throws Exception {
        TABLES.get(schema).restore();
        try (Connection c = SCRATCHES.get(schema).connect()) {
            began = rows(c, "SELECT clock_timestamp()").get(0);
        }
        try (Ways.Burst burst = strategy.open(new UpdateStatus.Connecting(TOLD).to(schema))) {
            burst.send(changes);
        }
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }

    private static long changed(String schema) throws SQLException {
        return table(schema).stream().filter(row -> !row.contains("|active|")).count();
    }

    /** What a reader of the table sees; the times only as whether they were set since the last burst began. */
    private static List<String> table(String schema) throws SQLException {
        String statuses = schema.equals("base") ? "remediation_workflow_catalog s" : "remediation_workflow_catalog c JOIN remediation_workflow_status s USING (workflow_id)";
        try (Connection c = SCRATCHES.get(schema).connect()) {
            return rows(c, "SELECT workflow_name, status, status_reason, s.updated_by, disabled_by, disabled_reason, disabled_at >= '" + began + "', s.updated_at >= '" + began + "' FROM " + statuses + " ORDER BY 1");
        }
    }

    private static List<String> rows(Connection c, String sql) throws SQLException {
        return kit.postgres.Sql.rows(c, sql).stream().map(row -> String.join("|", row.stream().map(String::valueOf).toList())).toList();
    }

    private static void refused(Connection c, String sql, String state) {
        assertThatThrownBy(() -> kit.postgres.Sql.execute(c, sql)).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state));
    }
}
