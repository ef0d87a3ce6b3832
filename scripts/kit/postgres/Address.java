//SOURCES ../report/Clean.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Stop.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.postgres;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Clean;
import kit.report.SqlError;
import kit.report.Stop;
import org.postgresql.Driver;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;
import org.postgresql.util.PSQLException;

/** Where a server of the reader's is: a URL in pgjdbc's or libpq's words, or PGHOST and its sisters; and why it does
 * not answer. */
public final class Address {
    /** How long a server may take to answer, in seconds. */
    static final int PATIENCE_SECONDS = 5;
    private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");

    private Address() {
    }

    /** @param url an address, or "env" for what PGHOST and its sisters say */
    public static PGSimpleDataSource source(String url) {
        String jdbc = url.equals("env")
                ? "jdbc:postgresql://" + env("PGHOST", "localhost") + ":" + env("PGPORT", "5432") + "/"
                        + env("PGDATABASE", "")
                : url.matches("postgres(ql)?://.*") ? jdbcOf(url) : url;
        // The driver's own warnings would come before the one sentence.
        DRIVER_LOG.setLevel(Level.OFF);
        Properties known = jdbc.startsWith("jdbc:postgresql:") ? Driver.parseURL(jdbc, new Properties()) : null;
        if (known == null || known.getProperty("PGHOST", "").matches(".*\\s.*")) {
            throw Stop.usage("--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
        }
        Clean.name(known.getProperty("user"));
        Clean.name(known.getProperty("PGDBNAME"));
        Clean.secret(known.getProperty("password"));
        Clean.secret(System.getenv("PGPASSWORD"));
        var source = new PGSimpleDataSource();
        source.setUrl(jdbc);
        if (known.getProperty("user") == null) {
            source.setUser(env("PGUSER", System.getProperty("user.name")));
        }
        if (known.getProperty("password") == null && System.getenv("PGPASSWORD") != null) {
            source.setPassword(System.getenv("PGPASSWORD"));
        }
        if (known.getProperty("PGDBNAME") == null || known.getProperty("PGDBNAME").isEmpty()) {
            source.setDatabaseName(env("PGDATABASE", source.getUser()));
        }
        if (known.getProperty("connectTimeout") == null) {
            source.setConnectTimeout(PATIENCE_SECONDS);
        }
        source.setLoginTimeout(PATIENCE_SECONDS);
        if (known.getProperty("socketTimeout") == null) {
            source.setSocketTimeout(120);
        }
        source.setApplicationName("datastorage-runbooks");
        return source;
    }

    private static String env(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    /** libpq's form, as it stands in many a .env file, in pgjdbc's words. */
    public static String jdbcOf(String uri) {
        Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^@/?]*)(/[^?]*)?(?:\\?(.*))?")
                .matcher(uri);
        if (!m.matches()) {
            throw Stop.usage("--url cannot be read as postgres://user@host:port/database");
        }
        List<String> parameters = new ArrayList<>();
        if (m.group(1) != null) {
            parameters.add("user=" + literally(m.group(1)));
        }
        if (m.group(2) != null) {
            parameters.add("password=" + literally(m.group(2)));
        }
        if (m.group(5) != null) {
            parameters.add(m.group(5));
        }
        return "jdbc:postgresql://" + m.group(3) + (m.group(4) == null ? "/" : m.group(4))
                + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters));
    }

    /** Before the @ of a URI these two mean themselves; among parameters they do not. */
    private static String literally(String text) {
        return text.replace("+", "%2B").replace("&", "%26");
    }

    /** A connection; one that cannot be had ends the run with one sentence. */
    static Connection connect(PGSimpleDataSource source) {
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw Stop.unchecked(whyNot(e, source));
        }
    }

    /** Why it could not be connected to, as a sentence. */
    public static String whyNot(SQLException e, PGSimpleDataSource source) {
        String at = source.getServerNames()[0] + ":"
                + (source.getPortNumbers()[0] == 0 ? 5432 : source.getPortNumbers()[0]);
        String state = String.valueOf(e.getSQLState());
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        boolean server = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
        if (state.equals("28P01") || state.equals("08004") && !server) {
            return at + " wants a password for user " + source.getUser()
                    + (state.equals("28P01") ? ", and refuses the one given" : "")
                    + ": set PGPASSWORD or write it to ~/.pgpass";
        }
        if (server) {
            return at + " refused the connection: " + SqlError.message(e);
        }
        if (root instanceof UnknownHostException) {
            return "there is no host named " + source.getServerNames()[0] + ": check --url";
        }
        if (root instanceof ConnectException && !String.valueOf(root.getMessage()).contains("imed out")) {
            return "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url";
        }
        if (root instanceof SocketTimeoutException || root instanceof ConnectException
                || root instanceof TimeoutException || state.equals("08001") && root == e) {
            return at + " did not answer within " + PATIENCE_SECONDS + " s: is it PostgreSQL, and is it well?";
        }
        return at + " answers, but not as PostgreSQL does: check host and port of --url";
    }

    static PGSimpleDataSource copy(PGSimpleDataSource from, String database) {
        var copy = new PGSimpleDataSource();
        copy.setUrl(from.getURL());
        copy.setUser(from.getUser());
        copy.setPassword(from.getPassword());
        copy.setDatabaseName(database);
        return copy;
    }

    static PGSimpleDataSource inSimpleMode(PGSimpleDataSource source) {
        source.setPreferQueryMode(PreferQueryMode.SIMPLE);
        return source;
    }
}
