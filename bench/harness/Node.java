//SOURCES ../../scripts/kit/postgres/Server.java
//SOURCES ../../scripts/kit/postgres/Sql.java
//SOURCES ../../scripts/kit/report/Leftovers.java
//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES ../../scripts/kit/report/Stop.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.io.IOException;
import java.math.BigInteger;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Leftovers;
import kit.report.RunFolder;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** One PostgreSQL of this run: the embedded one, or a standby of it. All lie in the run's folder under the name of its
 * data folder, so that whatever ends the run ends them. */
public final class Node {
    private static final String ROLE = "bench_standby";
    public final String name;
    private final Path data;
    public final PGSimpleDataSource admin;
    private final List<String> command;

    private Node(String name, Path data, PGSimpleDataSource admin, List<String> command) {
        this.name = name;
        this.data = data;
        this.admin = admin;
        this.command = command;
    }

    /** The postmaster's own note says how it was started. */
    public static Node embedded(Server server) throws IOException {
        Path data = RunFolder.get().resolve("pg");
        List<String> command = new ArrayList<>(
                Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(Files.readString(data.resolve("postmaster.opts")))
                        .results().map(m -> m.group(1) != null ? m.group(1) : m.group(2)).toList());
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL refuses to run as root; in a namespace of its own it is not.
            command.addAll(0, List.of("unshare", "-U"));
        }
        return new Node("primary", data, Server.copy(server.admin, "postgres"), command);
    }

    public int port() {
        return admin.getPortNumbers()[0];
    }

    /** A copy of this server, made while it runs, that follows it from then on; the binaries of an embedded server have
     * no pg_basebackup. */
    public Node standby(String called) throws IOException, SQLException {
        Path copy = RunFolder.get().resolve("pg-" + called);
        PGSimpleDataSource other = Server.copy(admin, "postgres");
        other.setPortNumbers(new int[] {freePort()});
        List<String> started = command.stream()
                .map(word -> word.equals(data.toString()) ? copy.toString()
                        : word.equals(String.valueOf(port())) ? String.valueOf(other.getPortNumbers()[0]) : word)
                .toList();
        Node standby = new Node(called, copy, other, started);
        letIn();
        try (Connection c = admin.getConnection()) {
            Sql.rows(c, "SELECT pg_backup_start(?, true)", called);
            copyData(copy);
            Files.writeString(copy.resolve("backup_label"),
                    Sql.rows(c, "SELECT labelfile FROM pg_backup_stop(false)").get(0).get(0));
        }
        Files.createFile(copy.resolve("standby.signal"));
        // Of two settings of one name the last one holds.
        Files.writeString(copy.resolve("postgresql.auto.conf"),
                "\nprimary_conninfo = " + Sql.literal(standby.conninfo(this)) + "\nsynchronous_standby_names = ''\n",
                StandardOpenOption.APPEND);
        standby.start();
        return standby;
    }

    /** What a standby may do: log in for replication, and find there the WAL since the copy was made. */
    private void letIn() throws IOException, SQLException {
        if (!execute("SELECT FROM pg_roles WHERE rolname = '" + ROLE + "'").isEmpty()) {
            return;
        }
        String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
        execute("CREATE ROLE " + ROLE + " LOGIN REPLICATION PASSWORD " + Sql.literal(password));
        execute("ALTER SYSTEM SET wal_keep_size = '1GB'");
        Files.writeString(data.resolve("pg_hba.conf"), "host replication " + ROLE + " samehost scram-sha-256\n"
                + Files.readString(data.resolve("pg_hba.conf")));
        Path file = RunFolder.get().resolve("pgpass-standby");
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, "*:*:*:" + ROLE + ":" + password + "\n");
        reload();
    }

    private String conninfo(Node primary) throws IOException {
        return "host=localhost port=" + primary.port() + " user=" + ROLE + " passfile="
                + RunFolder.get().resolve("pgpass-standby") + " application_name=" + name;
    }

    /** Files that are the running server's own, or that it removes meanwhile, are not in a backup. */
    private void copyData(Path to) throws IOException {
        try (Stream<Path> all = Files.walk(data)) {
            for (Path each : (Iterable<Path>) all.filter(
                    file -> !file.getFileName().toString().matches("postmaster\\..*|epg-lock|pgsql_tmp.*"))::iterator) {
                try {
                    Files.copy(each, to.resolve(data.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException e) {
                    // Gone since it was listed.
                }
            }
        }
    }

    /** From now on a commit of this server waits for the disk of any one standby; or it does not. */
    public void synchronously(boolean on) throws SQLException {
        execute("ALTER SYSTEM SET synchronous_standby_names = '" + (on ? "ANY 1 (*)" : "") + "'");
        reload();
    }

    /** A standby becomes the primary. */
    public void promote() throws SQLException {
        execute("SELECT pg_promote(true, 60)");
    }

    /** Follows another primary than before. */
    public void follow(Node primary) throws IOException, SQLException {
        execute("ALTER SYSTEM SET primary_conninfo = " + Sql.literal(conninfo(primary)));
        reload();
    }

    /** How much WAL a standby holds on its disk, as a position in it. */
    public double received() throws SQLException {
        return Double.parseDouble(
                execute("SELECT pg_wal_lsn_diff(coalesce(pg_last_wal_receive_lsn(), '0/0'), '0/0')").get(0).get(0));
    }

    /** A standby no longer asks its primary for anything. */
    public void cutOff() throws SQLException {
        execute("ALTER SYSTEM SET primary_conninfo = ''");
        reload();
    }

    /** Until a standby receives what its primary writes. */
    public Node await() throws IOException {
        until("SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'", "it does not follow its primary");
        return this;
    }

    /** Until a commit of this primary waits for a standby. */
    public void awaitQuorum() throws IOException {
        until("SELECT FROM pg_stat_replication WHERE sync_state = 'quorum'", "no standby of it is synchronous");
    }

    private void until(String query, String trouble) throws IOException {
        for (int i = 0; i < 600; i++) {
            try {
                if (!execute(query).isEmpty()) {
                    return;
                }
            } catch (SQLException e) {
                // It is starting.
            }
            Leftovers.pause(100);
        }
        throw Stop.unchecked("the server " + name + ": " + trouble + " within a minute: " + lastWords());
    }

    private void reload() throws SQLException {
        execute("SELECT pg_reload_conf()");
    }

    /** One statement, outside a transaction as ALTER SYSTEM wants it; its rows, if it has any. */
    private List<List<String>> execute(String sql) throws SQLException {
        try (Connection c = admin.getConnection()) {
            if (sql.startsWith("SELECT")) {
                return Sql.rows(c, sql);
            }
            Sql.execute(c, sql);
            return List.of();
        }
    }

    public void start() throws IOException {
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile()).start();
    }

    private Path log() throws IOException {
        return RunFolder.get().resolve(name + ".log");
    }

    public String lastWords() throws IOException {
        return Files.exists(log()) ? Files.readString(log()).lines().reduce((a, b) -> b).orElse("it said nothing")
                : "it keeps no log";
    }

    public void kill() throws IOException {
        long pid = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
        List<ProcessHandle> processes = ProcessHandle.of(pid).stream()
                .flatMap(server -> Stream.concat(Stream.of(server), server.descendants())).toList();
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(Leftovers::awaitEnd);
        // A killed process that nobody has reaped yet would be taken for a server that runs.
        Files.delete(data.resolve("postmaster.pid"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
