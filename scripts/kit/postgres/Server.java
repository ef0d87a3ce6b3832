//SOURCES Address.java
//SOURCES Binaries.java
//SOURCES Embedded.java
//SOURCES ../report/Leftovers.java
//SOURCES ../report/RunFolder.java
//SOURCES Scratch.java
//SOURCES Sql.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Stop.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
package kit.postgres;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Leftovers;
import kit.report.RunFolder;
import kit.report.SqlError;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Option;

/** A PostgreSQL to work on: embedded, in a container, or the reader's own. */
public final class Server implements AutoCloseable {
    public enum Kind {
        EMBEDDED, CONTAINER, YOURS
    }

    public static final class Options {
        @Option(names = "--url", paramLabel = "URL", description = {
                "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also "
                        + "named by PGHOST, PGPORT, "
                        + "PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a container.",
                "Default: an embedded PostgreSQL that is gone when the script ends."})
        public String url;

        @Option(names = "--postgres", paramLabel = "MAJOR", description = "The major of the embedded PostgreSQL, "
                + "14 to 18. Default: the one that the project names, else the newest.")
        Integer postgres;

        /** From now on the embedded server is of the major that --postgres names, or that of the reader's server, or
         * the one that the project names.
         *
         * @param found the project's major, 0 for none
         * @param where ", as … names it"
         * @return a sentence where that could not be had, and another is used; else "" */
        public String settle(int found, String where) throws IOException, SQLException {
            if (postgres != null) {
                Binaries.need(postgres);
                return "";
            }
            boolean had = found == 0 || Binaries.use(found, where);
            return had ? "" : "PostgreSQL " + found + where + ", could not be had: PostgreSQL "
                    + Binaries.used().major() + " is used";
        }

        /** Whether a server of the reader's is named, by option or by environment. */
        public boolean namesYours() {
            String named = named();
            return named != null && !named.startsWith("jdbc:tc:");
        }

        /** The reader's server that is named. */
        public PGSimpleDataSource source() {
            return Address.source(named());
        }

        /** The address, or "env" for PGHOST and its sisters; null for an embedded server. */
        public String named() {
            return url != null ? url : System.getenv("PGHOST") == null ? null : "env";
        }

        /** The server that is named, started where it is ours; one sentence where it cannot be had. */
        public Server open() throws IOException, SQLException {
            String named = named();
            return named == null ? embedded() : named.startsWith("jdbc:tc:") ? container(named) : yours(named);
        }
    }

    private static final String ROLE = "runbook_";

    public final Kind kind;
    /** "16.4". */
    public final String version;
    /** Who may create roles and databases there. */
    public final PGSimpleDataSource admin;
    private final String rolePassword;
    /** Roles that the reader has asked for: a scratch database makes and drops its own beside them. */
    private final Set<String> roles = new TreeSet<>();
    private final List<AutoCloseable> owned;
    private final AtomicInteger scratches = new AtomicInteger();

    /** A server that runs already.
     *
     * @param owned what is closed with it */
    public Server(Kind kind, PGSimpleDataSource admin, AutoCloseable... owned) throws SQLException {
        this.kind = kind;
        this.owned = List.of(owned);
        this.admin = admin;
        this.rolePassword = new BigInteger(130, new SecureRandom()).toString(36);
        try (Connection c = Address.connect(admin)) {
            version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
        }
    }

    /** Untrusted SQL runs as an ordinary role, one for each scratch database: COPY … FROM PROGRAM and the like need a
     * superuser. From 16 on it may make roles and hand them on, none of which can do more than it can itself; before,
     * who may make roles may take every right of the server. */
    private void createOwner(Connection c, String owner) throws SQLException {
        boolean makesRoles = c.getMetaData().getDatabaseMajorVersion() >= 16;
        // The password guards a server that lives for seconds; strong hashing would only slow the logins.
        Sql.execute(c, (makesRoles ? "SET scram_iterations = 1; " : "") + "CREATE ROLE " + owner + " LOGIN PASSWORD "
                + Sql.literal(rolePassword) + (makesRoles ? " CREATEROLE CREATEDB BYPASSRLS" : "") + "; ALTER ROLE "
                + owner + " SET statement_timeout = '" + Sql.PATIENCE + "s'"
                + (makesRoles ? "; ALTER ROLE " + owner + " SET createrole_self_grant = 'set, inherit'; "
                        + "GRANT pg_read_all_data, pg_write_all_data, pg_monitor, pg_signal_backend, pg_checkpoint TO "
                        + owner + " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" : ""));
        for (String role : roles) {
            Sql.execute(c, "GRANT " + Sql.identifier(role) + " TO " + owner + " WITH ADMIN OPTION");
        }
    }

    /** Makes a role that every scratch database may grant; only on a server that is ours. */
    public void createRole(String role) throws SQLException {
        asAdmin("postgres", "DO " + Sql.literal("BEGIN CREATE ROLE " + Sql.identifier(role)
                + "; EXCEPTION WHEN duplicate_object THEN NULL; END"));
        roles.add(role);
    }

    /** A server of the run's own, whatever the options name. */
    public static Server embedded() throws IOException, SQLException {
        PGSimpleDataSource source = Embedded.start();
        Path folder = RunFolder.get();
        // Quicker than the library's own end, which makes a checkpoint of what is then deleted.
        return new Server(Kind.EMBEDDED, source, () -> Leftovers.stopPostgres(folder));
    }

    private static Server container(String named) throws IOException, SQLException {
        // The image by its whole name, as it is pulled; Testcontainers knows it by the last part.
        String url = named.replaceFirst(
                "^jdbc:tc:(?:pgvector/(?=pgvector)|postgis/(?=postgis)|timescale/(?=timescaledb))",
                "jdbc:tc:");
        if (!url.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
            throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
        }
        System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
        try {
            // The container lives as long as one connection of this URL is open.
            Connection keeper = DriverManager.getConnection(url);
            RunFolder.atEnd(keeper);
            var source = new PGSimpleDataSource();
            source.setUrl(keeper.getMetaData().getURL());
            source.setUser(keeper.getMetaData().getUserName());
            Matcher password = Pattern.compile("[?&]password=([^&]*)").matcher(url);
            source.setPassword(password.find() ? password.group(1) : "test");
            return new Server(Kind.CONTAINER, source, keeper);
        } catch (SQLException | RuntimeException e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw Stop.unchecked(
                    "no container could be started for " + url.replaceFirst("\\?.*", "") + ": " + root.getMessage()
                            + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
        }
    }

    private static Server yours(String url) throws SQLException {
        return new Server(Kind.YOURS, Address.source(url));
    }

    /** The reader's database, read only: one snapshot, closed by the caller. */
    public Connection readOnly() throws SQLException {
        Connection c = Address.connect(admin);
        c.setReadOnly(true);
        c.setAutoCommit(false);
        Sql.execute(c, "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s'");
        return c;
    }

    /** The database that the URL names, to write to; files go there as they are, in simple query mode. */
    public Connection itself() throws SQLException {
        return Address.connect(Address.inSimpleMode(Address.copy(admin, admin.getDatabaseName())));
    }

    /** The same server and user, another database. */
    public static PGSimpleDataSource copy(PGSimpleDataSource from, String database) {
        return Address.copy(from, database);
    }

    public String describe() {
        return "PostgreSQL " + version + switch (kind) {
            case EMBEDDED -> Binaries.why() + ", embedded, on " + address() + ", gone when this ends";
            case CONTAINER -> ", in a container, on " + address() + ", gone when this ends";
            case YOURS -> ", yours, on " + address() + ", database " + admin.getDatabaseName();
        };
    }

    public int major() {
        return Integer.parseInt(version.replaceFirst("\\D.*", ""));
    }

    public String address() {
        return admin.getServerNames()[0] + ":" + (admin.getPortNumbers()[0] == 0 ? 5432 : admin.getPortNumbers()[0]);
    }

    /** A database of our own, owned by an ordinary role where the server is ours too; dropped when closed. */
    public Scratch scratch() throws SQLException, IOException {
        String name = kind == Kind.YOURS
                ? Sql.SCRATCH_PREFIX + ProcessHandle.current().pid() + "_" + Long.toString(System.nanoTime(), 36)
                : Sql.SCRATCH_PREFIX + scratches.incrementAndGet();
        String owner = kind == Kind.YOURS ? null : ROLE + name.substring(Sql.SCRATCH_PREFIX.length());
        var source = Address.copy(admin, name);
        if (owner != null) {
            source.setUser(owner);
            source.setPassword(rolePassword);
        }
        Scratch scratch = new Scratch(name, source, admin, owner);
        try (Connection c = Address.connect(admin)) {
            if (owner != null) {
                createOwner(c, owner);
            }
            if (kind == Kind.YOURS) {
                dropLeftovers(c);
                // Before it is there: a run that is ended in the middle of CREATE DATABASE cancels that, and drops what
                // is there.
                RunFolder.atEnd(scratch);
                RunFolder.atEnd(() -> Sql.cancel(c));
            }
            scratch.create(c);
        } catch (SQLException e) {
            throw Stop.unchecked("no scratch database could be made on " + address() + ": " + SqlError.message(e)
                    + (kind == Kind.YOURS ? "; leave --url out to use an embedded PostgreSQL"
                            : "; is there space in " + System.getProperty("java.io.tmpdir") + "?"));
        }
        return scratch;
    }

    /** Scratch databases of runs on this machine that are no more. */
    private void dropLeftovers(Connection c) throws SQLException {
        for (List<String> row : Sql.rows(c,
                "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ "
                        + "'^runbook_scratch_[0-9]{1,18}_[0-9a-z]+$'")) {
            if (Scratch.ownerIsGone(row.get(1))) {
                System.err.println("dropping " + row.get(0) + ", which a run that was killed left behind");
                String left = Scratch.drop(c, row.get(0));
                if (!left.isEmpty()) {
                    System.err.println("it could not be dropped: " + left);
                }
            } else if (row.get(1) == null && ProcessHandle.of(Long.parseLong(row.get(0).split("_")[2])).isEmpty()) {
                // Killed before it could say which machine it is on; another machine's run may be making it just now.
                System.err.println(row.get(0)
                        + " was left behind by a run that was killed, unless one on another machine is making it: "
                        + "DROP DATABASE "
                        + row.get(0));
            }
        }
    }

    /** Creates what a migration file needs and an ordinary role may not create; only on a server that is ours. */
    public void asAdmin(String database, String sql) throws SQLException {
        try (Connection c = Address.connect(Address.copy(admin, database))) {
            Sql.execute(c, sql);
        }
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : owned) {
            each.close();
        }
    }
}
