//SOURCES Address.java
//SOURCES ../report/Leftovers.java
//SOURCES Sql.java
//SOURCES ../report/SqlError.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

import kit.report.Leftovers;
import kit.report.SqlError;
import org.postgresql.ds.PGSimpleDataSource;

/** A database that a run made for itself. */
public final class Scratch implements AutoCloseable {
    /** The database's name. */
    public final String name;
    private final PGSimpleDataSource source;
    private final PGSimpleDataSource admin;
    private final String owner;
    /** Roles that another scratch database of the server had made already. */
    private final Set<String> adopted = new TreeSet<>();
    private static final long PATIENCE_NANOS = 5_000_000_000L;
    /** By server, those that are closed and go with it: each takes 8 MB, so the oldest go before. */
    private static final Map<String, Queue<String>> CLOSED = new ConcurrentHashMap<>();
    private static final int CLOSED_KEPT = 8;
    private boolean dropped;

    /** @param owner the ordinary role that owns it, on a server that is ours; null on the reader's */
    Scratch(String name, PGSimpleDataSource source, PGSimpleDataSource admin, String owner) {
        this.name = name;
        this.source = source;
        this.admin = admin;
        this.owner = owner;
    }

    /** As an application connects. */
    public Connection connect() throws SQLException {
        return source.getConnection();
    }

    /** As a migration runner connects: text goes to the server as it is. */
    public Connection runner() throws SQLException {
        return Address.inSimpleMode(Address.copy(source, name)).getConnection();
    }

    public DataSource source() {
        return source;
    }

    /** What an ordinary role may not do; only on a server that is ours. */
    public void asAdmin(String sql) throws SQLException {
        try (Connection c = Address.connect(Address.copy(admin, name))) {
            Sql.execute(c, sql);
        }
    }

    synchronized void create(Connection c) throws SQLException {
        if (dropped) {
            return;
        }
        Sql.execute(c, "CREATE DATABASE " + name + (owner == null ? "" : " OWNER " + owner));
        if (owner == null) {
            Sql.execute(c, "COMMENT ON DATABASE " + name + " IS " + Sql.literal(comment(ProcessHandle.current())));
        }
    }

    /** Whether the whole server is the run's own. */
    public boolean throwaway() {
        return owner != null;
    }

    /** Says on the database whose it is, so that a later run can tell whether that run is no more. */
    public static String comment(ProcessHandle process) {
        return "datastorage-runbooks scratch of process " + process.pid() + " started " + started(process) + " on "
                + hostname();
    }

    public static boolean ownerIsGone(String comment) {
        Matcher m = Pattern.compile("datastorage-runbooks scratch of process (\\d+) started (\\S+) on (.*)")
                .matcher(String.valueOf(comment));
        return m.matches() && m.group(3).equals(hostname())
                && ProcessHandle.of(Long.parseLong(m.group(1))).filter(p -> started(p).equals(m.group(2))).isEmpty();
    }

    /** In ticks since the machine's start, where it says so: what Java works out from the time of day is another moment
     * once the clock has been set. */
    private static String started(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/"
                    + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        } catch (IOException | RuntimeException e) {
            return process.info().startInstant().map(Object::toString).orElse("unknown");
        }
    }

    private static String hostname() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    /** Drops a database, also while somebody is in it: autovacuum and monitors, which only a superuser may end, leave
     * it soon by themselves.
     *
     * @return empty, or why it could not be dropped */
    static String drop(Connection c, String name) {
        String how = " WITH (FORCE)";
        for (long until = System.nanoTime() + PATIENCE_NANOS;;) {
            try {
                Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(name) + how);
                return "";
            } catch (SQLException e) {
                // 42601: an engine that only speaks PostgreSQL's protocol; 42501, 55006: somebody whom we may not end.
                String state = String.valueOf(e.getSQLState());
                if (!state.matches("42601|42501|55006") || System.nanoTime() > until) {
                    return SqlError.message(e);
                }
                Leftovers.pause(how.isEmpty() ? 200 : 0);
                how = how.isEmpty() && !state.equals("42601") ? " WITH (FORCE)" : "";
            }
        }
    }

    /** Roles belong to the whole server. One that is there already, made for another scratch database, is this one's,
     * too, with all that may be done to a role of one's own; only on a server that is ours.
     *
     * @return false where this database itself has made it */
    public boolean adopt(String role) throws SQLException {
        try (Connection c = Address.connect(admin)) {
            if (made(c).contains(role)) {
                return false;
            }
            if (Sql.rows(c, "SELECT FROM pg_roles WHERE rolname = ?", role).isEmpty()) {
                Sql.execute(c, "CREATE ROLE " + Sql.identifier(role));
            }
            Sql.execute(c, "GRANT " + Sql.identifier(role) + " TO " + owner + " WITH ADMIN OPTION");
            return adopted.add(role);
        }
    }

    /** The roles that this database's owner may hand on because it has made them. */
    private List<String> made(Connection c) throws SQLException {
        return Sql.rows(c, "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
                + " JOIN pg_roles o ON o.oid = m.member WHERE o.rolname = ? AND m.admin_option AND g.oid >= 16384"
                + " AND m.grantor = 10 AND g.rolname <> ALL (string_to_array(?, chr(10)))", owner,
                String.join("\n", adopted)).stream().map(row -> row.get(0)).distinct().toList();
    }

    /** With the database go the roles that were made in it; what still uses one elsewhere keeps it. */
    private void dropRoles(Connection c) throws SQLException {
        List<String> roles = made(c);
        if (!roles.isEmpty() || !adopted.isEmpty()) {
            drop(c, name);
        }
        for (String role : roles) {
            try {
                Sql.execute(c, "DROP ROLE IF EXISTS " + Sql.identifier(role));
            } catch (SQLException e) {
                // The next database adopts it.
            }
        }
    }

    @Override
    public synchronized void close() throws SQLException {
        if (!dropped) {
            dropped = true;
            try (Connection c = Address.connect(admin)) {
                if (owner == null) {
                    String left = drop(c, name);
                    if (!left.isEmpty()) {
                        System.err.println("could not drop " + name + ": " + left + "; when nobody is in it any more: "
                                + "DROP DATABASE " + Sql.identifier(name));
                    }
                } else {
                    dropRoles(c);
                    Queue<String> closed = CLOSED.computeIfAbsent(admin.getUrl(), url -> new ConcurrentLinkedQueue<>());
                    closed.add(name);
                    if (closed.size() > CLOSED_KEPT) {
                        drop(c, closed.remove());
                    }
                }
            }
        }
    }
}
