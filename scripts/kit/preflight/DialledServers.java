//SOURCES ../postgres/Address.java
//SOURCES ../report/Clean.java
//SOURCES ../config/DottedValues.java
//SOURCES ../report/Severity.java
//SOURCES ../config/ShellWords.java
//SOURCES Target.java
//SOURCES ../report/Where.java
//SOURCES ../config/YamlError.java
//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Targets.java
package kit.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.config.DottedValues;
import kit.config.ShellWords;
import kit.config.YamlError;
import kit.postgres.Address;
import kit.report.Clean;
import kit.report.Severity;
import kit.report.Where;
import org.postgresql.Driver;

/** The servers that a configuration file names: by a URL, or by a host and what stands beside it. */
final class DialledServers {
    private static final Pattern HOST = Pattern.compile("(?i)(.*?)(?:host|hostname|addr|address)");
    private static final Pattern URL = Pattern.compile("(?i)((?:jdbc:)?postgres(?:ql)?|rediss?)://.*");
    private static final Pattern REDIS_URL = Pattern.compile("(?i)rediss?://(?:[^@/]*@)?([\\w.-]+)(?::(\\d{1,5}))?.*");
    private static final Pattern POSTGRES = Pattern.compile("(?i)postgres|(?:^|[._-])pg|db(?:$|[._-])|database"
            + "|datasource|(?:^|[._-])sql(?:$|[._-])");
    private static final Pattern OTHERS = Pattern.compile("(?i)mysql|mariadb|mongo|sqlite|mssql|sqlserver|oracle"
            + "|cassandra|clickhouse|influx|elastic");
    /** Where a problem goes. */
    interface Problems {
        void add(String code, Severity severity, Path file, int line, String text);
    }

    private final Path root;
    private final Targets targets;
    private final UnaryOperator<String> filled;
    private final Problems problems;
    private final Path file;
    private final Map<String, DottedValues.Value> values;

    /** @param filled puts what the environment says into a value */
    DialledServers(Path root, Targets targets, UnaryOperator<String> filled, Problems problems, Path file,
            Map<String, DottedValues.Value> values) {
        this.root = root;
        this.targets = targets;
        this.filled = filled;
        this.problems = problems;
        this.file = file;
        this.values = values;
    }

    /** Adds them to the project's targets, and what is wrong with them to its problems. */
    void find() {
        values.forEach((key, value) -> {
            String text = filled.apply(value.text());
            Matcher host = HOST.matcher(key);
            if (URL.matcher(text).matches()) {
                ofUrl(key, text, Where.of(file, value.line()));
            } else if (host.matches() && !text.isEmpty() && !ShellWords.unknown(text)
                    && !OTHERS.matcher(key + sibling(key, "driver", "dialect", "type", "adapter")).find()) {
                ofHost(key, text, value.line());
            }
        });
    }

    /** A value whose key begins as this one does: database.host, database.port; DB_HOST, DB_PORT. */
    private String sibling(String key, String... names) {
        int end = Math.max(key.lastIndexOf('.'), Math.max(key.lastIndexOf('_'), key.lastIndexOf('-')));
        Matcher host = HOST.matcher(key);
        String prefix = end < 0 && host.matches() ? host.group(1) : key.substring(0, end + 1);
        return Stream.of(names).filter(name -> values.containsKey(prefix + name)).findFirst()
                .map(name -> filled.apply(values.get(prefix + name).text())).orElse("");
    }

    private void ofUrl(String key, String url, Where where) {
        if (url.toLowerCase(Locale.ROOT).startsWith("redis")) {
            Matcher m = REDIS_URL.matcher(url);
            if (m.matches()) {
                targets.redis(where, m.group(1), m.group(2) == null ? 6379 : Integer.parseInt(m.group(2)));
            }
            return;
        }
        Properties known = ShellWords.unknown(url) ? null
                : Driver.parseURL(url.startsWith("jdbc:") ? url
                        : Address.jdbcOf(url.replaceFirst("(?i)^postgres(?:ql)?", "postgres")), new Properties());
        if (known != null) {
            targets.postgres(where, known.getProperty("PGHOST", "localhost"),
                    Integer.parseInt(known.getProperty("PGPORT", "5432")),
                    new Target.Login(known.getProperty("PGDBNAME", ""),
                            known.getProperty("user", sibling(key, "user", "username")),
                            known.getProperty("password", sibling(key, "password")), ""));
        }
    }

    private void ofHost(String key, String text, int line) {
        boolean redis = key.toLowerCase(Locale.ROOT).contains("redis");
        String what = HOST.matcher(key).replaceFirst("$1").replaceFirst("[._-]$", "");
        if (!redis && !POSTGRES.matcher(what).find()) {
            return;
        }
        String port = text.matches("[^:]+:\\d+") ? text.replaceFirst(".*:", "") : sibling(key, "port");
        if (ShellWords.unknown(port)) {
            return;
        }
        if (!port.isEmpty() && !(port.matches("\\d{1,5}") && Integer.parseInt(port) >= 1
                && Integer.parseInt(port) <= 65535)) {
            problems.add("CONFIG_INVALID", Severity.error, file, line,
                    "port " + port + " is no number from 1 to 65535");
            return;
        }
        String host = text.replaceFirst(":\\d+$", "");
        int number = !port.isEmpty() ? Integer.parseInt(port) : redis ? 6379 : 5432;
        if (redis) {
            targets.redis(Where.of(file, line), host, number);
        } else {
            targets.postgres(Where.of(file, line), host, number, login(key, line));
        }
    }

    private Target.Login login(String key, int line) {
        String password = sibling(key, "password", "pass", "passwd");
        Map<String, DottedValues.Value> secrets = Map.of();
        String noPassword = "";
        String secretsFile = sibling(key, "secretsFile", "secrets_file", "passwordFile", "password_file");
        if (!secretsFile.isEmpty() && !ShellWords.unknown(secretsFile)) {
            Path found = found(secretsFile);
            if (found == null) {
                noPassword = secretsFile + ", where its password is to be, is not here";
                // An absolute path is one in the container.
                problems.add("SECRET_MISSING",
                        Path.of(secretsFile).isAbsolute() ? Severity.warning : Severity.error, file, line,
                        "the secrets file " + secretsFile + " is not here");
            } else {
                secrets = secrets(found);
                String named = sibling(key, "passwordKey", "password_key");
                String passwordKey = named.isEmpty() ? "password" : named;
                if (secrets.containsKey(passwordKey)) {
                    password = secrets.get(passwordKey).text();
                } else {
                    problems.add("SECRET_KEY_MISSING", Severity.error, found, 0, "there is no key " + passwordKey
                            + ", which " + Where.of(file, line) + " takes the password from");
                }
            }
        }
        DottedValues.Value user = secrets.get(sibling(key, "usernameKey", "username_key"));
        return new Target.Login(sibling(key, "name", "database", "dbname", "db", "database_name", "db_name"),
                user != null ? user.text() : sibling(key, "user", "username"), password, noPassword);
    }

    private Path found(String secretsFile) {
        Path name = Path.of(secretsFile).getFileName();
        return Stream.of(file.resolveSibling(secretsFile), root.resolve(secretsFile), file.resolveSibling(name))
                .filter(Files::isRegularFile).findFirst().orElse(null);
    }

    private static Map<String, DottedValues.Value> secrets(Path file) {
        try {
            Map<String, DottedValues.Value> secrets = DottedValues.read(Path.of("secrets.yaml"),
                    Files.readString(file));
            secrets.values().forEach(value -> Clean.secret(value.text()));
            return secrets;
        } catch (IOException | YamlError e) {
            return Map.of();
        }
    }
}
