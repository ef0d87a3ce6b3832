//SOURCES ../postgres/Address.java
//SOURCES ../report/Clean.java
//SOURCES ../config/ComposeFile.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Where.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.preflight;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;

import kit.config.ComposeFile;
import kit.migrations.Ledger;
import kit.postgres.Address;
import kit.postgres.Sql;
import kit.report.Clean;
import kit.report.Where;
import org.postgresql.ds.PGSimpleDataSource;

/** A server that the project's configuration names, or --url; it is dialled only where it is on this machine, or named
 * by hand. */
final class Target {
    final boolean postgres;
    /** Null where it is named by hand. */
    final Where where;
    final String host;
    final int port;
    /** The container of a compose file that would listen there; null if none would. */
    final ComposeFile.Server provider;
    /** Null for Redis. */
    final PGSimpleDataSource source;
    /** Why there is no password, where one was to be. */
    final String noPassword;
    /** The check that this one did not get past. */
    volatile String stopped;
    /** From the login on: one snapshot, which writes nothing. */
    Connection c;
    Ledger ledger;

    Target(Where where, String host, int port, ComposeFile.Server provider, PGSimpleDataSource source,
            String noPassword) {
        this.postgres = source != null;
        this.where = where;
        this.host = host;
        this.port = port;
        this.provider = provider;
        this.source = source;
        this.noPassword = noPassword;
    }

    /** Of --url, or of the environment. */
    static Target named(PGSimpleDataSource source) {
        int port = source.getPortNumbers()[0];
        return new Target(null, source.getServerNames()[0], port == 0 ? 5432 : port, null, source, "");
    }

    static Target of(Where where, String host, int port, ComposeFile.Server provider, Login login) {
        String user = login.user.isEmpty() ? "" : "?user=" + URLEncoder.encode(login.user, StandardCharsets.UTF_8);
        PGSimpleDataSource source = Address.source("jdbc:postgresql://" + host + ":" + port + "/"
                + URLEncoder.encode(login.database, StandardCharsets.UTF_8) + user);
        Clean.name(login.user);
        Clean.name(login.database);
        Clean.secret(login.password);
        source.setReadOnly(true);
        if (!login.password.isEmpty()) {
            source.setPassword(login.password);
        }
        return new Target(where, host, port, provider, source, login.noPassword);
    }

    /** How an application logs in; each "" where nothing says so.
     *
     * @param noPassword why there is no password, where one was to be */
    record Login(String database, String user, String password, String noPassword) {
        Login {
            database = !database.isEmpty() ? database : !user.isEmpty() ? user : "postgres";
            // A variable that only the run knows
            password = password.contains("$") ? "" : password;
        }
    }

    String address() {
        return host + ":" + port;
    }

    String kind() {
        return postgres ? "PostgreSQL" : "Redis";
    }

    @Override
    public String toString() {
        return postgres ? source.getUser() + "@" + source.getDatabaseName() + " on " + address()
                : "Redis on " + address();
    }

    /** With lock and time limits that the server keeps. */
    void open() throws SQLException {
        c = source.getConnection();
        c.setReadOnly(true);
        c.setAutoCommit(false);
        Sql.execute(c, "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'");
    }
}
