//SOURCES ../report/Clean.java
//SOURCES PortPlace.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/SqlError.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.ports;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.Clean;
import kit.report.SqlError;
import org.postgresql.ds.PGSimpleDataSource;

/** The login with which a place dials, so that the server can say which one it is. The password is given to nobody
 * else. */
public record PortLogin(String user, String password, String database) {

    private static final Pattern URL = Pattern
            .compile("://(?<user>[\\w.-]+):(?<password>[^\\s/@:\"'`$%{}]+)@[^\\s/\"'`]+/(?<db>[\\w.-]+)");

    static Optional<PortLogin> of(PortPlace place) {
        String line = place.source.lineAt(place.start);
        Matcher url = URL.matcher(line);
        if (url.find()) {
            return Optional.of(new PortLogin(url.group("user"), url.group("password"), url.group("db")));
        }
        String user = word(line, "user");
        String password = word(line, "password");
        String database = word(line, "dbname");
        return user == null || password == null || database == null ? Optional.empty()
                : Optional.of(new PortLogin(user, password, database));
    }

    private static String word(String line, String name) {
        Matcher m = Pattern.compile("\\b" + name + "=['\"]?([^\\s'\"&;,$%{}]+)").matcher(line);
        return m.find() ? m.group(1) : null;
    }

    /** What a server said to it.
     *
     * @param refused it is another server than the one that is meant */
    record Said(String words, boolean refused) {
    }

    /** Asks the server who it is, reading only. */
    Said attempt(String address, PortPlace place) {
        Clean.secret(password);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {address.contains(":") ? "[" + address + "]" : address});
        source.setPortNumbers(new int[] {place.port});
        source.setUser(user);
        source.setPassword(password);
        source.setDatabaseName(database);
        source.setConnectTimeout(5);
        // An HTTP server waits for the end of a line, and the driver for an answer.
        source.setSocketTimeout(3);
        source.setLoginTimeout(3);
        source.setReadOnly(true);
        try (Connection c = source.getConnection()) {
            List<String> row = Sql.rows(c,
                    "SELECT current_setting('server_version'), pg_postmaster_start_time()::timestamp(0)::text, "
                            + "(SELECT system_identifier::text FROM pg_control_system())")
                    .get(0);
            return new Said("PostgreSQL " + row.get(0) + ", system identifier " + row.get(2) + ", up since "
                    + row.get(1) + "; it has " + user + " and " + database, false);
        } catch (SQLException e) {
            // No such role, no such database, a wrong password: then it is another server than the one that is meant.
            return new Said("the login of " + place.where() + " is refused: " + SqlError.message(e),
                    String.valueOf(e.getSQLState()).matches("3D000|28000|28P01"));
        }
    }
}
