//SOURCES ../../scripts/kit/postgres/Embedded.java
//SOURCES ../../scripts/kit/postgres/Scratch.java
//SOURCES ../../scripts/kit/postgres/Server.java
//SOURCES ../../scripts/kit/postgres/Sql.java
//SOURCES ../../scripts/kit/report/Leftovers.java
//SOURCES ../../scripts/kit/report/Report.java
//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES ../../scripts/kit/report/Severity.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES Asked.java
//SOURCES Placement.java
//SOURCES Results.java
//SOURCES Table.java
//SOURCES Variant.java
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
package bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import kit.postgres.Embedded;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Leftovers;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The server that is measured, and the scratch databases on it: one a schema. */
public final class Target implements AutoCloseable {
    private static final List<String> DURABLE = List.of("fsync", "full_page_writes", "synchronous_commit");
    private static final List<String> SHOWN = List.of("fsync", "full_page_writes", "synchronous_commit",
            "wal_sync_method", "commit_delay", "shared_buffers", "max_wal_size", "checkpoint_timeout",
            "max_connections",
            "autovacuum", "jit", "wal_level", "wal_compression", "synchronous_standby_names");

    public final Server server;
    public final Map<String, String> settings = new LinkedHashMap<>();
    public final Map<String, Table> tables = new LinkedHashMap<>();
    public final Path told;
    private final Properties properties = new Properties();
    public final String placement;
    public final String filesystem;
    /** As it calls itself, with its extensions: Citus is one, and other engines have a version of PostgreSQL's, too. */
    public final String engine;
    private boolean owned;

    private Target(Asked asked, Server server) throws Exception {
        this.server = server;
        this.told = RunFolder.get().resolve("target.properties");
        this.filesystem = server.kind == Server.Kind.EMBEDDED ? Files.getFileStore(RunFolder.get()).type() : null;
        this.placement = (asked.pin ? Placement.pin(server) : Placement.unpinned(server));
        properties.setProperty("rows", String.valueOf(asked.rows));
        try (Connection c = server.readOnly()) {
            for (String name : SHOWN) {
                Sql.rows(c, "SELECT current_setting(?, true)", name).forEach(row -> settings.put(name, row.get(0)));
            }
            engine = Sql.rows(c, "SELECT version()").get(0).get(0) + Sql.rows(c,
                    "SELECT extname || ' ' || extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
                    .stream().map(row -> ", " + row.get(0)).collect(Collectors.joining());
        }
    }

    /** Before the run has a folder: where its server must be durable, that is not in memory. */
    public static void durably(Asked asked) {
        String durable = asked.fastAndLoose ? "off" : "on";
        Embedded.SETTINGS.putAll(Map.of("fsync", durable, "full_page_writes", durable, "synchronous_commit", durable));
        if (!asked.fastAndLoose) {
            RunFolder.durable();
        }
    }

    /** The server that is asked for, running, and said to be durable.
     *
     * @throws Stop its writes are not durable */
    public static Target open(Asked asked, Report report) throws Exception {
        report.step("The server, and whether its writes are durable");
        String url = asked.server.named();
        Target target = new Target(asked, url != null && url.startsWith("jdbc:tc:") && !asked.fastAndLoose
                ? durableContainer(url)
                : asked.server.open());
        report.say(target.describe());
        report.run("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', "
                + "'synchronous_commit')");
        String said = target.durability();
        if (target.durable()) {
            report.good(said);
        } else if (asked.fastAndLoose) {
            report.warn(said + ": NOT DURABLE, as --fast-and-loose allows");
        } else {
            target.close();
            throw Stop.unchecked(said + ": writes on this server are not durable, which flatters every figure; switch "
                    + "these on, or give --fast-and-loose to measure all the same");
        }
        report.say(target.placement);
        return target;
    }

    /** The table in each schema that is asked for, filled. */
    public void createAll(Asked asked, Report report) throws Exception {
        for (String schema : asked.schemas) {
            Table table = create(Variant.of(schema));
            table.restore();
            table.fits();
            report.good(schema + ": " + table.describe());
        }
    }

    /** Testcontainers starts PostgreSQL with fsync off, on the command line, where nothing overrides it; so this
     * container gets another. */
    private static Server durableContainer(String url) throws IOException, SQLException {
        Matcher image = Pattern.compile("jdbc:tc:postgresql(?::([\\w.-]+))?:///?(\\w*).*").matcher(url);
        if (!image.matches()) {
            throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
        }
        System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
        var container = new PostgreSQLContainer("postgres:" + (image.group(1) == null ? "16-alpine" : image.group(1)))
                .withCommand("postgres", "-c", "fsync=on");
        if (!image.group(2).isEmpty()) {
            container.withDatabaseName(image.group(2));
        }
        RunFolder.atEnd(container);
        try {
            container.start();
        } catch (RuntimeException e) {
            throw Stop.unchecked("no container could be started for " + url.replaceFirst("\\?.*", "") + ": "
                    + e.getMessage() + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
        }
        var source = new PGSimpleDataSource();
        source.setUrl(container.getJdbcUrl());
        source.setUser(container.getUsername());
        source.setPassword(container.getPassword());
        return new Server(Server.Kind.CONTAINER, source, container);
    }

    public boolean durable() {
        return DURABLE.stream()
                .allMatch(name -> List.of("on", "local", "remote_write", "remote_apply").contains(settings.get(name)))
                && !List.of("tmpfs", "ramfs").contains(String.valueOf(filesystem));
    }

    public String durability() {
        return String
                .join(", ", DURABLE.stream()
                        .map(name -> name + " " + Objects.requireNonNullElse(settings.get(name), "not said")).toList())
                + (filesystem == null ? "" : ", data on " + filesystem);
    }

    public String describe() {
        return server.describe() + (server.kind == Server.Kind.YOURS ? "; it calls itself " + engine : "");
    }

    public Table create(Variant variant) throws Exception {
        Scratch scratch = server.scratch();
        PGSimpleDataSource source = (PGSimpleDataSource) scratch.source();
        Table table = new Table(scratch, variant, Integer.parseInt(properties.getProperty("rows")));
        tables.put(variant.name(), table);
        if (server.kind != Server.Kind.YOURS) {
            roles(source);
        }
        properties.setProperty("lacks", String.join(";", table.lacks.keySet()));
        properties.setProperty("url." + variant.name(), source.getURL());
        properties.setProperty("disable." + variant.name(), variant.queries().disable());
        properties.setProperty("change." + variant.name(), variant.queries().change());
        properties.setProperty("user", source.getUser());
        properties.setProperty("password", String.valueOf(source.getPassword()));
        try (var file = Files.newBufferedWriter(told)) {
            properties.store(file, null);
        }
        return table;
    }

    /** One role for each way to log in. Trust holds for the benchmark's role on loopback, which may touch the scratch
     * databases only. */
    private void roles(PGSimpleDataSource owner) throws SQLException, IOException {
        if (owned) {
            server.asAdmin("postgres", "GRANT " + owner.getUser() + " TO bench_trust, bench_scram");
            return;
        }
        owned = true;
        for (String auth : List.of("trust", "scram")) {
            server.asAdmin("postgres", "CREATE ROLE bench_" + auth + " LOGIN PASSWORD "
                    + Sql.literal(owner.getPassword()) + " IN ROLE " + owner.getUser());
            properties.setProperty("user." + auth, "bench_" + auth);
        }
        if (server.kind == Server.Kind.EMBEDDED) {
            Path hba = RunFolder.get().resolve("pg/pg_hba.conf");
            Files.writeString(hba, "host all bench_trust 127.0.0.1/32 trust\nhost all bench_trust ::1/128 trust\n"
                    + Files.readString(hba));
            server.asAdmin("postgres", "SELECT pg_reload_conf()");
        }
    }

    public PGSimpleDataSource source(String schema) {
        return (PGSimpleDataSource) tables.get(schema).scratch.source();
    }

    /** What the server lacks, in every output. */
    public void said(Report report, Results results) {
        Table any = tables.values().iterator().next();
        any.lacks.forEach((what, why) -> {
            report.finding("BENCH_SERVER_LACKS", Severity.warning, null, "the server does not grant " + what, why);
            results.mark("the server does not grant " + what + ", so " + why);
        });
        any.refused.forEach((statement, why) -> {
            report.finding("BENCH_SERVER_LACKS", Severity.warning, null,
                    "the server refuses a statement of the table: " + statement, why);
            results.mark("the server refuses a statement of the table: " + statement);
        });
    }

    /** After a failure: whether the server answers within half a minute, as one that restarts or fails over does. */
    public boolean answers() {
        for (int i = 0; i < 300; i++) {
            try (Connection c = tables.values().iterator().next().scratch.connect()) {
                Sql.execute(c, "SELECT 1");
                return true;
            } catch (SQLException e) {
                Leftovers.pause(100);
            }
        }
        return false;
    }

    @Override
    public void close() throws Exception {
        for (Table table : tables.values()) {
            try {
                table.scratch.close();
            } catch (Stop | SQLException e) {
                // The server is gone: what was measured before stands, and counts.
                if (!table.scratch.throwaway()) {
                    System.err.println("benchmark: " + table.scratch.name
                            + " could not be dropped, the next run with this --url does it: " + e.getMessage());
                }
            }
        }
        server.close();
    }
}
