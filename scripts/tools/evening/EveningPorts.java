//SOURCES EveningProject.java
//SOURCES EveningServers.java
//SOURCES Issue.java
//SOURCES ../../kit/postgres/Embedded.java
//SOURCES ../../kit/postgres/Server.java
//SOURCES ../../kit/postgres/Sql.java
//SOURCES ../../kit/report/Report.java
//SOURCES ../../kit/report/Severity.java
//SOURCES ../../kit/report/SqlError.java
//DEPS org.postgresql:postgresql:42.7.14

import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;

import kit.postgres.Embedded;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;
import kit.report.SqlError;
import org.postgresql.ds.PGSimpleDataSource;

/** Issue 4: the tests dial one port, their PostgreSQL is published on another. */
final class EveningPorts {
    private static final String DIALS = "port=(\\d+)", ROLE = "slm_user", DATABASE = "action_history";
    private final Report report;
    private final EveningProject project;
    private final String password = EveningServers.password();
    /** The port of the agreed table, or the next that is free. */
    private final int agreed;

    EveningPorts(Report report, EveningProject project, int postgres) {
        this.report = report;
        this.project = project;
        this.agreed = EveningServers.free(postgres);
        if (agreed != postgres) {
            report.warn(postgres + " is in use on this machine (check-ports --free " + postgres + " says by whom): "
                    + agreed + " is taken in its place");
        }
    }

    Issue replay(Server opened, int redis, int api) throws Exception {
        project.publish(opened.address().replaceFirst(".*:", ""));
        project.dial(agreed);
        report.run(psql() + "   # as pgx says it, and as the JDBC driver does");
        report.bad(EveningServers.dialError(agreed));
        boolean refused = !connects();
        EveningProject.Place dials = project.port("repository_test.go", DIALS);
        EveningProject.Place published = project.port("containers_test.go", "\"-p\", \"(\\d+):");
        EveningProject.Place inside = project.port("config/container.yaml", "port: (\\d+)");
        String disagree = dials.where() + " dials " + dials.port() + ", and " + published.where() + " publishes "
                + published.port();
        report.run("grep -rnE '\\b(5432|5433|" + agreed + ")\\b' --include '*.go' --include '*.yaml' .");
        report.bad(disagree);
        report.good(inside.where() + " says " + inside.port() + " inside the container's network, and is right");
        report.finding("PORT_DISAGREES", Severity.error, dials.where(), disagree,
                "nothing listens on " + dials.port(), "jbang check-ports --plan .", "jbang check-ports --apply .");
        boolean proven = refused && dials.port() != published.port() && fix(opened, redis, api);
        return new Issue("the tests dial a port on which nothing listens", proven
                ? "one table of ports, and everybody keeps to it"
                : "the connection could not be proven",
                "port-conflicts", proven);
    }

    private String psql() {
        return "psql 'host=localhost port=" + agreed + " user=" + ROLE + " dbname=" + DATABASE + "'";
    }

    /** The table is written, the suite's PostgreSQL published where it says, and the port dialled. */
    private boolean fix(Server opened, int redis, int api) throws Exception {
        String table = """
            services:
              datastorage-postgres-test: {kind: postgres, host: %s, container: 5432}
              datastorage-redis-test: {kind: redis, host: %s, container: 6379}
              datastorage-service-test: {kind: service, host: %s, container: 8080}
            """.formatted(agreed, redis, api);
        Files.writeString(project.dir.resolve("ports.yaml"), table);
        project.publish(agreed);
        report.run("cat ports.yaml");
        report.say(table.strip());
        report.run("podman run -d --name datastorage-postgres-test -p " + agreed
                + ":5432 postgres:16-alpine   # here: postgres -p " + agreed);
        if (opened.kind != Server.Kind.EMBEDDED) {
            // The published server is a copy of what an embedded one leaves on this machine.
            Server.embedded().close();
        }
        String words = Embedded.publish(agreed, "pg-published", ROLE, password, DATABASE);
        if (!words.isEmpty()) {
            report.bad(words);
        }
        report.run(psql() + " -c 'SELECT version()'");
        return connects();
    }

    private boolean connects() {
        try (Connection c = database(agreed).getConnection()) {
            report.good(Sql.rows(c, "SELECT split_part(version(), ' on ', 1) || ', ' || current_user || '@' || "
                    + "current_database()").get(0).get(0) + " on localhost:" + agreed);
            return true;
        } catch (SQLException e) {
            report.bad(SqlError.message(e));
            return false;
        }
    }

    /** The database where the tests dial now. */
    PGSimpleDataSource dialled() throws IOException {
        return database(project.port("repository_test.go", DIALS).port());
    }

    private PGSimpleDataSource database(int port) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"localhost"});
        source.setPortNumbers(new int[] {port});
        source.setUser(ROLE);
        source.setPassword(password);
        source.setDatabaseName(DATABASE);
        source.setConnectTimeout(5);
        source.setSocketTimeout(EveningServers.PATIENCE_SECONDS);
        return source;
    }
}
