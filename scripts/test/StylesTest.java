import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

import kit.migrations.Failure;
import kit.migrations.Flaw;
import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.LiveCheck;
import kit.migrations.Migration;
import kit.migrations.Replay;
import kit.migrations.Runner;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;

/**
 * A small project of each style, laid out by the tool's own rules: goose's README, golang-migrate's MIGRATIONS.md, dbmate's README, Flyway's “Migrations”, Diesel's “Migrations” guide
 * (diesel_migrations::file_based_migrations), Prisma's “About migration histories”, drizzle-orm's migrator.ts and pg-core/dialect.ts, tern's README and migrate.go, sqitchtutorial and sqitch-plan,
 * sqlx's migrate/source.rs, node-pg-migrate's sqlMigration.ts, Atlas's “Migration Directory Integrity File” and dir.go, Rails' “Active Record Migrations” (schema dumps), Supabase's “Database
 * Migrations”, refinery's README, Liquibase's “SQL changelog format”.
 */
@DisplayName("styles of folders of migrations: marks, order, Up, Down, ledger, transactions, checksums")
class StylesTest {
    private static final String SHOP = "CREATE TABLE shop (id bigint PRIMARY KEY);\n", TITLE = "ALTER TABLE shop ADD COLUMN title text;\n";
    private static final String NO_SHOP = "DROP TABLE shop;\n", NO_TITLE = "ALTER TABLE shop DROP COLUMN title;\n";

    /**
     * @param folder below the project
     * @param files  in the order in which they are applied
     * @param ledger that has the first of them, but not the second
     * @param tree   paths and texts
     */
    record Project(String title, String folder, List<String> files, boolean down, String ledger, String... tree) {
    }

    private static final List<Project> PROJECTS = List.of(
            new Project("goose", "m", List.of("001_shop.sql", "002_title.sql"), true,
                    "CREATE TABLE goose_db_version (id int GENERATED ALWAYS AS IDENTITY, version_id bigint, is_applied boolean); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true)",
                    "m/001_shop.sql", "-- +goose Up\n" + SHOP + "-- +goose Down\n" + NO_SHOP, "m/002_title.sql", "-- +goose Up\n" + TITLE + "-- +goose Down\n" + NO_TITLE),
            new Project("golang-migrate", "m", List.of("1_shop.up.sql", "2_title.up.sql"), true, "CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (1, false)",
                    "m/1_shop.up.sql", SHOP, "m/1_shop.down.sql", NO_SHOP, "m/2_title.up.sql", TITLE, "m/2_title.down.sql", NO_TITLE),
            new Project("dbmate", "m", List.of("20260101000000_shop.sql", "20260102000000_title.sql"), true, "CREATE TABLE schema_migrations (version varchar); INSERT INTO schema_migrations VALUES ('20260101000000')",
                    "m/20260101000000_shop.sql", "-- migrate:up\n" + SHOP + "-- migrate:down\n" + NO_SHOP, "m/20260102000000_title.sql", "-- migrate:up\n" + TITLE + "-- migrate:down\n" + NO_TITLE),
            new Project("Flyway", "m", List.of("V1__shop.sql", "V1.1__title.sql"), true,
                    "CREATE TABLE flyway_schema_history (installed_rank int, version varchar, script varchar, type varchar, success boolean); INSERT INTO flyway_schema_history VALUES (1, '1', 'V1__shop.sql', 'SQL', true)",
                    "m/V1__shop.sql", SHOP, "m/U1__shop.sql", NO_SHOP, "m/later/V1.1__title.sql", TITLE, "m/later/U1.1__title.sql", NO_TITLE),
            new Project("Diesel", "m", List.of("2024-01-01-000000_shop/up.sql", "2024-01-02-000000_title/up.sql"), true, "CREATE TABLE __diesel_schema_migrations (version varchar(50), run_on timestamp); INSERT INTO __diesel_schema_migrations VALUES ('20240101000000')",
                    "m/2024-01-01-000000_shop/up.sql", SHOP, "m/2024-01-01-000000_shop/down.sql", NO_SHOP, "m/2024-01-02-000000_title/up.sql", TITLE, "m/2024-01-02-000000_title/down.sql", NO_TITLE),
            new Project("Prisma", "prisma/migrations", List.of("20240101000000_shop/migration.sql", "20240102000000_title/migration.sql"), false,
                    "CREATE TABLE _prisma_migrations (migration_name varchar, checksum varchar, started_at timestamptz, finished_at timestamptz, rolled_back_at timestamptz);"
                            + "INSERT INTO _prisma_migrations VALUES ('20240101000000_shop', '', now(), now(), NULL), ('20240102000000_title', '', now(), now(), now())",
                    "prisma/migrations/20240101000000_shop/migration.sql", SHOP, "prisma/migrations/20240102000000_title/migration.sql", TITLE, "prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n"),
            new Project("Drizzle", "drizzle", List.of("0000_shop.sql", "0001_title.sql"), false, "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint); INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('', 1700000000000)",
                    "drizzle/0000_shop.sql", SHOP.strip() + "\n--> statement-breakpoint\nCREATE INDEX shop_idx ON shop (id);", "drizzle/0001_title.sql", TITLE, "drizzle/meta/_journal.json",
                    "{\"entries\": [{\"idx\": 0, \"when\": 1700000000000, \"tag\": \"0000_shop\"},\n {\"idx\": 1, \"when\": 1700000100000, \"tag\": \"0001_title\"}]}"),
            new Project("tern", "m", List.of("001_shop.sql", "002_title.sql"), true, "CREATE TABLE schema_version (version int4); INSERT INTO schema_version VALUES (1)",
                    "m/001_shop.sql", SHOP + "\n---- create above / drop below ----\n\n" + NO_SHOP, "m/002_title.sql", TITLE + "\n---- create above / drop below ----\n\n" + NO_TITLE),
            new Project("sqitch", ".", List.of("shop.sql", "a_title.sql"), true, "CREATE SCHEMA sqitch; CREATE TABLE sqitch.changes (change_id text, change text, committed_at timestamptz); INSERT INTO sqitch.changes VALUES ('1', 'shop', now())",
                    "sqitch.plan", "%syntax-version=1.0.0\n%project=shop\n\nshop 2026-01-01T00:00:00Z A <a@b.c> # the shop\n@v1 2026-01-01T00:00:00Z A <a@b.c> # tag\na_title [shop] 2026-01-02T00:00:00Z A <a@b.c> # title\n",
                    "deploy/shop.sql", "-- Deploy shop\nBEGIN;\n" + SHOP + "COMMIT;\n", "revert/shop.sql", "BEGIN;\n" + NO_SHOP + "COMMIT;\n", "deploy/a_title.sql", "BEGIN;\n" + TITLE + "COMMIT;\n", "revert/a_title.sql", "BEGIN;\n" + NO_TITLE + "COMMIT;\n"),
            new Project("sqlx", "migrations", List.of("20260101000000_shop.up.sql", "20260102000000_title.up.sql"), true,
                    "CREATE TABLE _sqlx_migrations (version bigint, description text, installed_on timestamptz, success boolean, checksum bytea); INSERT INTO _sqlx_migrations VALUES (20260101000000, 'shop', now(), true, '')",
                    "Cargo.toml", "[dependencies]\nsqlx = { version = \"0.8\" }\n", "migrations/20260101000000_shop.up.sql", SHOP, "migrations/20260101000000_shop.down.sql", NO_SHOP, "migrations/20260102000000_title.up.sql", TITLE, "migrations/20260102000000_title.down.sql", NO_TITLE),
            new Project("node-pg-migrate", "migrations", List.of("1700000000000_shop.sql", "1700000000001_title.sql"), true, "CREATE TABLE pgmigrations (id serial, name varchar, run_on timestamp); INSERT INTO pgmigrations (name, run_on) VALUES ('1700000000000_shop', now())",
                    "migrations/1700000000000_shop.sql", "-- Up Migration\n" + SHOP + "-- Down Migration\n" + NO_SHOP, "migrations/1700000000001_title.sql", "-- Up Migration\n" + TITLE + "-- Down Migration\n" + NO_TITLE),
            new Project("Atlas", "m", List.of("20260101000000_shop.sql", "20260102000000.sql"), false,
                    "CREATE SCHEMA atlas_schema_revisions; CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version varchar, applied bigint, total bigint, executed_at timestamptz); INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES ('20260101000000', 1, 1, now())",
                    "m/20260101000000_shop.sql", SHOP, "m/20260102000000.sql", TITLE, "m/atlas.sum", atlasSum("20260101000000_shop.sql", SHOP, "20260102000000.sql", TITLE)),
            new Project("Rails' structure.sql", "db", List.of("structure.sql"), false, "", "db/structure.sql",
                    "\\restrict x\nSET client_encoding = 'UTF8';\nCREATE TABLE public.schema_migrations (version character varying NOT NULL);\nCREATE TABLE public.shop (id bigint, title text);\n\nSET search_path TO \"$user\", public;\n\nINSERT INTO \"schema_migrations\" (version) VALUES\n('20260102000000'),\n('20260101000000');\n",
                    "db/migrate/20260101000000_shop.rb", "class Shop\nend\n", "db/migrate/20260102000000_title.rb", "class Title\nend\n"),
            new Project("Supabase", "supabase/migrations", List.of("20260101000000_shop.sql", "20260102000000_title.sql"), false,
                    "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations (version text, statements text[], name text); INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000')",
                    "supabase/migrations/20260101000000_shop.sql", SHOP, "supabase/migrations/20260102000000_title.sql", TITLE, "supabase/seed.sql", "INSERT INTO shop VALUES (1);\n", "supabase/config.toml", "project_id = \"shop\"\n"),
            new Project("refinery", "migrations", List.of("V1__shop.sql", "V2__title.sql"), false, "CREATE TABLE refinery_schema_history (version int4, name varchar, applied_on varchar, checksum varchar); INSERT INTO refinery_schema_history VALUES (1, 'shop', '', '')",
                    "Cargo.toml", "[dependencies]\nrefinery = { version = \"0.8\", features = [\"tokio-postgres\"] }\n", "migrations/V1__shop.sql", SHOP, "migrations/V2__title.sql", TITLE),
            new Project("Liquibase's formatted SQL", "changelog", List.of("001_shop.sql", "002_title.sql"), true,
                    "CREATE TABLE databasechangelog (id varchar, author varchar, filename varchar, orderexecuted int); INSERT INTO databasechangelog VALUES ('1', 'me', 'changelog/001_shop.sql', 1)",
                    "changelog/001_shop.sql", "--liquibase formatted sql\n\n--changeset me:1\n" + SHOP + "--rollback " + NO_SHOP + "\n--changeset me:2 dbms:mysql\nCREATE TABLE x (a int) ENGINE=InnoDB;\n--rollback DROP TABLE x;\n",
                    "changelog/002_title.sql", "--liquibase formatted sql\n--changeset me:3\n" + TITLE + "--rollback " + NO_TITLE));

    @TempDir
    Path temp;

    private static String atlasSum(String... namesAndTexts) {
        try {
            MessageDigest all = MessageDigest.getInstance("SHA-256");
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < namesAndTexts.length; i += 2) {
                all.update((namesAndTexts[i] + namesAndTexts[i + 1]).getBytes());
                lines.append(namesAndTexts[i]).append(" h1:").append(Base64.getEncoder().encodeToString(((MessageDigest) all.clone()).digest())).append('\n');
            }
            return "h1:ofAll=\n" + lines;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Path lay(String name, String... tree) throws Exception {
        Path project = temp.resolve(name.replaceAll("\\W", "_"));
        for (int i = 0; i < tree.length; i += 2) {
            Path file = project.resolve(tree[i]);
            Files.createDirectories(file.getParent());
            Files.writeString(file, tree[i + 1]);
        }
        return project;
    }

    private static List<String> flaws(Folder folder) {
        return Stream.concat(folder.files().stream().flatMap(m -> m.flaws().stream().map(Flaw::text)), folder.breaks().stream().map(each -> each.text())).toList();
    }

    @Test
    @DisplayName("each style is recognised by its own marks, replayed in its order, undone, and its ledger is read; nothing is wrong with it")
    void cleanProjects() throws Exception {
        for (Project each : PROJECTS) {
            Folder folder = Folder.read(lay(each.title, each.tree).resolve(each.folder));
            assertThat(folder.dialect().title).isEqualTo(each.title);
            assertThat(folder.files()).as(each.title).extracting(Migration::name).isEqualTo(each.files);
            assertThat(flaws(folder)).as(each.title).isEmpty();
            assertThat(folder.duplicates()).as(each.title).isEmpty();
            assertThat(folder.unread()).as(each.title).isNull();
            try (Scratch scratch = Run.server().scratch(); Connection c = scratch.runner()) {
                for (Migration m : folder.files()) {
                    Runner.apply(c, m, m.up());
                }
                assertThat(columns(c)).as(each.title).containsExactly("id", "title");
                List<Migration> back = new ArrayList<>(folder.files());
                Collections.reverse(back);
                assertThat(back.stream().noneMatch(m -> m.down().isEmpty())).as(each.title + " has Down").isEqualTo(each.down);
                for (Migration m : each.down ? back : List.<Migration>of()) {
                    assertThat(m.downFile()).exists();
                    Runner.apply(c, m, m.down());
                }
                assertThat(columns(c)).as(each.title).hasSize(each.down ? 0 : 2);
                if (!each.ledger.isEmpty()) {
                    Sql.execute(c, each.ledger);
                    Ledger ledger = Ledger.read(c).get(0);
                    assertThat(each.title).startsWith(ledger.tool());
                    assertThat(folder.files()).as(each.title).extracting(ledger::applied).containsExactly(true, false);
                    assertThat(ledger.unknown(folder)).as(each.title).isEmpty();
                    assertThat(ledger.table().replaceFirst("^public\\.", "")).matches(Ledger.TABLES);
                }
            }
        }
    }

    private static List<String> columns(Connection c) throws Exception {
        return Sql.rows(c, "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('shop') AND attnum > 0 AND NOT attisdropped ORDER BY attnum").stream().map(row -> row.get(0)).toList();
    }

    @Test
    @DisplayName("a fault of each style is named; what belongs to nobody is left out, by name")
    void faults() throws Exception {
        Map<String, List<String[]>> changes = Map.of(
                "Drizzle", List.of(new String[] {"drizzle/meta/_journal.json", "{\"entries\": [{\"when\": 5, \"tag\": \"0000_shop\"}, {\"when\": 4, \"tag\": \"0001_title\"}]}", "a database that has that one never gets it"},
                        new String[] {"drizzle/meta/_journal.json", "{\"entries\": [{\"when\": 4, \"tag\": \"0000_shop\"}, {\"when\": 5, \"tag\": \"0001_gone\"}]}", "the journal names 0001_gone, and there is no 0001_gone.sql"}),
                "sqitch", List.of(new String[][] {{"sqitch.plan", "%project=shop\nshop 2026-01-01T00:00:00Z A <a@b.c>\ngone 2026-01-01T00:00:00Z A <a@b.c>\n", "line 3 of the plan has the change gone"}}),
                "tern", List.of(new String[][] {{"m/004_later.sql", "SELECT 1;\n", "there is no number 3"}}),
                "Atlas", List.of(new String[] {"m/20260101000000_shop.sql", SHOP + "-- changed\n", "20260101000000_shop.sql is not as atlas.sum has it"},
                        new String[] {"m/20260103000000_new.sql", "SELECT 1;\n", "20260103000000_new.sql is not in atlas.sum"}, new String[] {"m/atlas.sum", atlasSum("20260101000000_shop.sql", SHOP, "20260102000000.sql", TITLE, "3.sql", ""), "atlas.sum names 3.sql"}),
                "Rails' structure.sql", List.of(new String[][] {{"db/migrate/20260103000000_more.rb", "class More\nend\n", "structure.sql is older than the migrations: 1 of migrate/ are not in it: 20260103000000"}}),
                "goose", List.of(new String[][] {{"m/003_more.sql", "CREATE TABLE more ();\n", "003_more.sql has no “-- +goose Up” line"}}),
                "dbmate", List.of(new String[][] {{"m/20260103000000_more.sql", "CREATE TABLE more ();\n", "has no “-- migrate:up” line"}}));
        for (Map.Entry<String, List<String[]>> each : changes.entrySet()) {
            Project project = PROJECTS.stream().filter(p -> p.title.equals(each.getKey())).findFirst().orElseThrow();
            for (String[] change : each.getValue()) {
                Path dir = lay(project.title + each.getValue().indexOf(change), project.tree);
                Files.writeString(dir.resolve(change[0]), change[1]);
                assertThat(flaws(Folder.read(dir.resolve(project.folder)))).as(project.title).hasSize(1).first().asString().contains(change[2]);
            }
        }
        Project drizzle = PROJECTS.stream().filter(p -> p.title.equals("Drizzle")).findFirst().orElseThrow();
        Path dir = lay("left", drizzle.tree);
        Files.writeString(dir.resolve("drizzle/0001_old_try.sql"), TITLE);
        assertThat(Folder.read(dir.resolve("drizzle")).leftOut()).containsExactly("0001_old_try.sql is not in the journal");
    }

    @Test
    @DisplayName("transactions: CONCURRENTLY goes through where the tool runs the file outside of one, and is refused where it does not")
    void transactions() throws Exception {
        String index = "CREATE INDEX CONCURRENTLY i ON shop (id);\n", two = index + "SELECT 1;\n";
        String[][] outside = {{"Diesel", "m/2024-01-03-000000_i/up.sql", two, "m/2024-01-03-000000_i/metadata.toml", "run_in_transaction = false\n"}, {"tern", "m/003_i.sql", "---- tern: disable-tx ----\n" + two},
                {"sqlx", "migrations/20260103000000_i.sql", "-- no-transaction\n" + index}, {"Atlas", "m/20260103000000_i.sql", "-- atlas:txmode none\n" + two}, {"Prisma", "prisma/migrations/20240103000000_i/migration.sql", index},
                {"Liquibase's formatted SQL", "changelog/003_i.sql", "--liquibase formatted sql\n--changeset me:4 runInTransaction:false\n" + two}};
        String[][] inside = {{"Diesel", "m/2024-01-03-000000_i/up.sql", index}, {"tern", "m/003_i.sql", index}, {"sqlx", "migrations/20260103000000_i.sql", index}, {"Atlas", "m/20260103000000_i.sql", index},
                {"Prisma", "prisma/migrations/20240103000000_i/migration.sql", two}, {"node-pg-migrate", "migrations/1700000000002_i.sql", "-- Up Migration\n" + index}, {"refinery", "migrations/V3__i.sql", index}};
        for (String[][] all : List.of(outside, inside)) {
            for (String[] each : all) {
                Project project = PROJECTS.stream().filter(p -> p.title.equals(each[0])).findFirst().orElseThrow();
                Path dir = lay(each[0] + (all == inside), Stream.concat(Stream.of(project.tree), Stream.of(each).skip(1)).toArray(String[]::new));
                try (Scratch scratch = Run.server().scratch(); Connection c = scratch.runner()) {
                    List<String> failed = new ArrayList<>();
                    for (Migration m : Folder.read(dir.resolve(project.folder)).files()) {
                        try {
                            Runner.apply(c, m, m.up());
                        } catch (Failure e) {
                            failed.add(e.getMessage());
                        }
                    }
                    assertThat(failed).as(each[0]).hasSize(all == inside ? 1 : 0).allMatch(text -> text.contains("25001"));
                }
            }
        }
    }

    @Test
    @DisplayName("checksums of Prisma, sqlx and Drizzle: a file that was changed since is named, its twin is not")
    void checksums() throws Exception {
        check("Prisma", "SHA-256", "UPDATE _prisma_migrations SET checksum = '%s' WHERE rolled_back_at IS NULL", "20240101000000_shop/migration.sql was changed after it was applied: Prisma refuses");
        check("sqlx", "SHA-384", "UPDATE _sqlx_migrations SET checksum = decode('%s', 'hex')", "20260101000000_shop.up.sql was changed after it was applied: sqlx refuses");
        check("Drizzle", "SHA-256", "UPDATE drizzle.__drizzle_migrations SET hash = '%s'", "0000_shop.sql was changed after it was applied: Drizzle does not notice it");
    }

    private void check(String title, String digest, String update, String sentence) throws Exception {
        Project project = PROJECTS.stream().filter(p -> p.title.equals(title)).findFirst().orElseThrow();
        Path dir = lay("sum" + title, project.tree).resolve(project.folder);
        Migration first = Folder.read(dir).files().get(0);
        String sum = HexFormat.of().formatHex(MessageDigest.getInstance(digest).digest(first.text().getBytes()));
        try (Scratch scratch = Run.server().scratch(); Connection c = scratch.runner()) {
            Runner.apply(c, first, first.up());
            Sql.execute(c, project.ledger);
            Sql.execute(c, update.formatted(sum));
            assertThat(live(dir, scratch)).as(title).doesNotContain("was changed");
            Sql.execute(c, update.formatted(sum.replaceFirst("..", "00")));
            assertThat(live(dir, scratch)).contains(sentence, "MIGRATION_CHANGED").doesNotContain("SCHEMA_DRIFT");
        }
    }

    /** What verify-migrations says of a live database. */
    private static String live(Path dir, Scratch scratch) throws Exception {
        var out = new java.io.StringWriter();
        var line = new picocli.CommandLine(new VerifyMigrations());
        line.setOut(new java.io.PrintWriter(out, true));
        Report report = new Report(line.getCommandSpec(), Report.Format.text);
        Folder folder = Folder.read(dir);
        try (var replay = Replay.ofDefinitions(Run.server(), folder.files()); Server live = new Server(Server.Kind.YOURS, (PGSimpleDataSource) scratch.source())) {
            new LiveCheck(folder, report, Run.server(), replay, live).check();
        }
        report.end(false);
        return out.toString();
    }

    @Test
    @DisplayName("one folder for several engines, empty blocks, numbers that are times, half-marked folders, migrations in code")
    void kinds() throws Exception {
        String[][] suffixes = {{"1_shop.postgres.up.sql", "1_shop.mysql.up.sql", "1_shop.sqlite3.up.sql"}, {"1_shop.up.sql", "1_shop.mysql.up.sql"}, {"1_shop.sql", "1_shop.postgresql.sql", "1_shop.mssql.sql"}};
        String[] taken = {"1_shop.postgres.up.sql", "1_shop.up.sql", "1_shop.postgresql.sql"};
        for (int i = 0; i < suffixes.length; i++) {
            String[] tree = Stream.of(suffixes[i]).flatMap(name -> Stream.of(name, SHOP)).toArray(String[]::new);
            assertThat(Folder.read(lay("engines" + i, tree)).files()).extracting(Migration::name).containsExactly(taken[i]);
        }
        String[][] numbers = {{"1510262030_a.up.sql", "1626194317_b.up.sql", "1[6-9]\\d{8}"}, {"1510262030000_a.up.sql", "1626194317000_b.up.sql", "1[6-9]\\d{11}"}, {"20260101_a.up.sql", "20260102_b.up.sql", "20\\d{6}"},
                {"202601010000_a.up.sql", "202601020000_b.up.sql", "20\\d{10}"}, {"20260101000000_a.up.sql", "20260102000000_b.up.sql", "20\\d{12}"}, {"001_a.up.sql", "002_b.up.sql", "003"}, {"999_a.up.sql", "1000_b.up.sql", "1001"},
                {"3510262030_a.up.sql", "3626194317_b.up.sql", "3626194318"}};
        for (String[] each : numbers) {
            Folder folder = Folder.read(lay("n" + each[1], each[0], SHOP, each[1], TITLE));
            assertThat(folder.nextVersion()).as(each[0]).matches(each[2]);
            assertThat(new java.math.BigInteger(folder.nextVersion())).isGreaterThan(folder.files().get(1).number().get(0));
        }
        String empty = "-- +goose StatementBegin\n-- +goose StatementEnd\n";
        assertThat(flaws(Folder.read(lay("e1", "1_a.sql", "-- +goose Up\n" + SHOP + "-- +goose Down\n" + empty)))).isEmpty();
        assertThat(flaws(Folder.read(lay("e2", "1_a.sql", "-- +goose Up\n" + SHOP + empty + "-- a word\n-- +goose Down\n" + NO_SHOP)))).isEmpty();
        assertThat(flaws(Folder.read(lay("e3", "1_a.sql", "-- +goose Up\n" + empty + SHOP)))).hasSize(1).first().asString().contains("loses the line after it");
        String marked = "-- +goose Up\n" + TITLE;
        assertThat(flaws(Folder.read(lay("h1", "1_a.sql", SHOP, "2_b.sql", "SELECT 1;\n", "3_c.sql", marked)))).hasSize(1).first().asString().contains("2 of 3 files have no mark of goose");
        assertThat(Folder.read(temp.resolve("h1")).files()).extracting(m -> m.up().size()).containsExactly(1, 1, 1);
        assertThat(flaws(Folder.read(lay("h2", "1_a.sql", "-- +goose Up\n" + SHOP, "2_b.sql", "SELECT 1;\n")))).hasSize(1).first().asString().contains("2_b.sql has no “-- +goose Up” line");
        Folder code = Folder.read(lay("c", "1_a.sql", "-- +goose Up\n" + SHOP, "2_b.go", "tx.Exec(\"CREATE TABLE other ()\")", "2_b_test.go", "", "3_c.sql", "-- +goose Up\nDROP TABLE other;\n"));
        assertThat(code.unread()).isEqualTo("1 migration written in Go (2_b.go)");
        assertThat(code.inCode(code.files().get(1), "other")).contains("2_b.go");
        assertThat(code.inCode(code.files().get(0), "other")).isEmpty();
        assertThat(code.inCode(code.files().get(1), "shop")).isEmpty();
    }
}
