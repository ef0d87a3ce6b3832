//DEPS org.liquibase:liquibase-core:4.33.0

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.ValidationFailedException;
import liquibase.logging.core.NoOpLogService;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Liquibase itself applies and validates, and verify-migrations looks at the same folder and database. */
@DisplayName("verify-migrations against Liquibase's validate")
class LiquibaseTest {
    @TempDir
    Path temp;

    private void file(String name, String text) throws Exception {
        Files.createDirectories(temp.resolve(name).getParent());
        Files.writeString(temp.resolve(name), text);
    }

    private interface Call {
        void on(Liquibase liquibase) throws Exception;
    }

    private void liquibase(EmbeddedPostgres postgres, Call call) throws Exception {
        Scope.child(Map.of(Scope.Attr.logService.name(), new NoOpLogService(), Scope.Attr.ui.name(), new LoggerUIService()), () -> {
            try (Connection c = DriverManager.getConnection(postgres.getJdbcUrl("postgres", "postgres"))) {
                call.on(new Liquibase("master.xml", new DirectoryResourceAccessor(temp), DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(c))));
            }
        });
    }

    private List<JsonNode> findings(int exit, EmbeddedPostgres postgres) throws Exception {
        Run.Result result = Run.script("verify-migrations", "sql", "--url", postgres.getJdbcUrl("postgres", "postgres"), "--format", "json").in(temp).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        JsonNode document = JsonMapper.shared().readTree(result.out());
        assertThat(document.get("checked").get("checksums").asInt()).isEqualTo(5);
        assertThat(document.get("skipped").toString()).contains("1 of 6 checksums", "change set seldom of ann in 004_d.sql");
        return StreamSupport.stream(document.get("findings").spliterator(), false).toList();
    }

    @Test
    @DisplayName("change sets as Liquibase wrote them down are sound; of changed ones those are told that its validate refuses, and what it would apply")
    void changeSets() throws Exception {
        file("master.xml", """
                <databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                    xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">
                  <includeAll path="sql"/>
                </databaseChangeLog>
                """);
        String first = "--liquibase formatted sql\r\n\r\n--changeset ann:create-a\r\n--comment the first\r\nCREATE TABLE a (i int);\r\n-- ü, a word\r\nCREATE TABLE b (i int);\r\n--rollback DROP TABLE a;\r\n"
                + "--changeset \"bob builder\":2 splitStatements:false\r\n--preconditions onFail:MARK_RAN\r\n--precondition-sql-check expectedResult:1 SELECT 1\r\nALTER TABLE a ADD j int;\r\n";
        file("sql/001_a.sql", first);
        file("sql/002_b.sql", "-- liquibase formatted sql\n\n-- changeset ann:view runOnChange:true\nCREATE OR REPLACE VIEW v AS SELECT i FROM a;\n");
        file("sql/003_c.sql", "CREATE TABLE c (i int);\n");
        file("sql/004_d.sql", "--liquibase formatted sql\n--changeset ann:seldom context:never\nCREATE TABLE d (i int);\n--changeset ann:often\nCREATE TABLE e (i int);\n--changeset ann:filled\nCREATE TABLE f (i int);\n-- ${word}\n");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            liquibase(postgres, liquibase -> {
                liquibase.setChangeLogParameter("word", "x");
                liquibase.setShowSummaryOutput(UpdateSummaryOutputEnum.LOG);
                liquibase.update("prod");
            });
            // With which contexts Liquibase is called is not known here.
            assertThat(findings(10, postgres)).extracting(f -> f.get("code").asString() + " " + f.get("text").asString()).containsExactly("SCHEMA_DRIFT table public.d is not there");

            file("sql/001_a.sql", first.replace("CREATE TABLE b (i int);", "CREATE  TABLE b (i\tint);").replace("ADD j int", "ADD j bigint") + "--changeset ann:3\nCREATE TABLE late (i int);\n");
            file("sql/002_b.sql", "-- liquibase formatted sql\n\n-- changeset ann:view runOnChange:true\nCREATE OR REPLACE VIEW v AS SELECT i, j FROM a;\n");
            file("sql/003_c.sql", "CREATE TABLE c (i int);\n-- and more\n");
            liquibase(postgres, liquibase -> assertThatThrownBy(() -> {
                liquibase.setChangeLogParameter("word", "x");
                liquibase.validate();
            }).hasCauseInstanceOf(ValidationFailedException.class).hasMessageContaining("2 changesets check sum").hasMessageContaining("001_a.sql::2::bob builder")
                    .hasMessageContaining("003_c.sql::raw::includeAll"));
            assertThat(findings(10, postgres).stream().filter(f -> f.get("code").asString().startsWith("MIGRATION_")).map(f -> f.get("code").asString() + " " + f.get("where").get("file").asString() + ":" + f.get("where").get("line").asInt()
                    + " " + f.get("text").asString())).containsExactlyInAnyOrder("MIGRATION_CHANGED sql/001_a.sql:9 change set 2 of bob builder in 001_a.sql was changed after it was applied",
                    "MIGRATION_NOT_APPLIED sql/001_a.sql:13 change set 3 of ann in 001_a.sql is not applied",
                    "MIGRATION_NOT_APPLIED sql/002_b.sql:3 change set view of ann in 002_b.sql was changed after it was applied: Liquibase applies it again",
                    "MIGRATION_CHANGED sql/003_c.sql:1 change set raw of includeAll in 003_c.sql was changed after it was applied");
        }
    }
}
