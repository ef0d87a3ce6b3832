//SOURCES ConfigCheck.java
//SOURCES ConfigSecrets.java
//SOURCES RedisLogin.java
//SOURCES ../report/Report.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.config;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

import kit.report.Report;
import kit.report.SqlError;
import kit.report.Where;
import org.postgresql.ds.PGSimpleDataSource;

/** The servers that a configuration names: whether they answer, and take the login. */
public final class ConfigServers {
    /** In seconds. */
    private static final int PATIENCE = 5;
    /** Its own log is not part of what is printed; a logger that nobody holds forgets its level. */
    private static final Logger DRIVER = Logger.getLogger("org.postgresql");

    private final ConfigCheck check;
    private final ConfigSecrets secrets;
    private final Report report;

    /** Asks each of them. */
    public ConfigServers(ConfigCheck check, ConfigSecrets secrets) {
        this.check = check;
        this.secrets = secrets;
        this.report = check.findings.report;
        if (check.rules.postgres() != null) {
            postgres(check.rules.postgres());
        }
        if (check.rules.redis() != null) {
            redis(check.rules.redis());
        }
    }

    private String value(String section, String key) {
        return check.config.text(section + "." + key);
    }

    /** The entry of a secrets file that a key names; null if there is none. */
    private String secret(String section, String key) {
        Yaml file = secrets.found.get(section + ".secretsFile");
        Yaml entry = file == null ? null : file.members().get(value(section, key));
        return entry == null ? null : entry.text();
    }

    private void postgres(String section) {
        String port = value(section, "port");
        String password = secret(section, "passwordKey");
        String user = secret(section, "usernameKey") != null ? secret(section, "usernameKey") : value(section, "user");
        boolean usable = Stream.of("host", "port", "name").noneMatch(key -> value(section, key).isEmpty())
                && Stream.of("host", "port", "name", "user", "ssl_mode")
                        .noneMatch(key -> check.invalid.contains(section + "." + key));
        if (!usable || !port.matches("\\d{1,5}") || user.isEmpty() || password == null) {
            report.skipped("PostgreSQL", "what its login needs is not there, or is no use: see above");
            return;
        }
        String at = value(section, "host") + ":" + port;
        String database = value(section, "name");
        report.run("psql -h " + value(section, "host") + " -p " + port + " -U " + user + " " + database);
        report.checked("servers", 1);
        DRIVER.setLevel(Level.OFF);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {value(section, "host")});
        source.setPortNumbers(new int[] {Integer.parseInt(port)});
        source.setDatabaseName(database);
        source.setUser(user);
        source.setPassword(password);
        if (!value(section, "ssl_mode").isEmpty()) {
            source.setSslMode(value(section, "ssl_mode"));
        }
        source.setConnectTimeout(PATIENCE);
        source.setLoginTimeout(PATIENCE);
        source.setSocketTimeout(PATIENCE);
        try (Connection c = source.getConnection()) {
            report.good("PostgreSQL " + c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "")
                    + " on " + at + " answers and takes the login");
        } catch (SQLException e) {
            refused(section, "PostgreSQL", at, e,
                    String.valueOf(e.getSQLState()).matches("28...|08004") ? "LOGIN_REFUSED"
                            : "3D000".equals(e.getSQLState()) ? "CONFIG_INVALID" : "PORT_NOT_POSTGRES",
                    SqlError.message(e));
        }
    }

    private void redis(String section) {
        String at = value(section, "addr");
        String password = secret(section, "passwordKey");
        String db = value(section, "db").isEmpty() ? "0" : value(section, "db");
        if (!at.matches(".+:\\d{1,5}") || password == null || !db.matches("\\d{1,5}")) {
            report.skipped("Redis", "what its login needs is not there, or is no use: see above");
            return;
        }
        report.run("redis-cli -h " + at.replaceFirst(":(\\d+)$", " -p $1") + " -n " + db + " ping");
        report.checked("servers", 1);
        try {
            RedisLogin.ping(at, Integer.parseInt(db), password, PATIENCE);
            report.good("Redis on " + at + " answers PING" + (password.isEmpty() ? "" : " and takes the password"));
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage());
            boolean login = why.matches("(?s).*(WRONGPASS|NOAUTH|NOPERM|without any password).*");
            refused(section, "Redis", at, e, login ? "LOGIN_REFUSED"
                    : why.contains("DB index") ? "CONFIG_INVALID" : "PORT_WRONG_SERVER",
                    "failed to connect to Redis: " + why);
        }
    }

    private void refused(String section, String what, String at, Exception e, String code, String why) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String host = at.replaceFirst(":\\d+$", "");
        try {
            InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            report
                    .warn("there is no host " + host + " as seen from here; in the container's network there may be");
            report.skipped(what, "there is no host " + host + " as seen from here");
            return;
        }
        boolean closed = root instanceof ConnectException;
        Where where = Where.of(check.file, check.config.at(section).line());
        check.findings.error(closed ? "PORT_REFUSED" : code, where,
                closed ? "nothing listens on " + at + ", where " + section + " says that " + what + " is"
                        : what + " on " + at + ": " + why,
                "");
    }
}
