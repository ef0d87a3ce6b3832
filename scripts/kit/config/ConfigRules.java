//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
//SOURCES YamlError.java
package kit.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** What a service's configuration may hold; the names are those of the rules' file.
 *
 * @param service  its container image or compose service bears this name
 * @param variable names the file
 * @param keys     by their dotted names
 * @param secrets  keys whose value is a secrets file, with the keys that name an entry of it
 * @param postgres the section of a PostgreSQL, or null
 * @param redis    the section of a Redis, or null */
public record ConfigRules(String service, String variable, Map<String, Key> keys, Map<String, List<String>> secrets,
        String postgres, String redis) {

    /** What a configuration of DataStorage may hold. */
    private static final String DATASTORAGE = """
        service: datastorage        # its container image or compose service bears this name
        variable: CONFIG_PATH       # names the file
        keys:                       # type: string, int, duration (Go's: 30s, 1h30m)
          server.port: {type: int, required: true, min: 1024, max: 65535}
          server.host: {type: string}
          server.read_timeout: {type: duration}
          server.write_timeout: {type: duration}
          logging.level: {type: string, values: [debug, info, warn, error]}
          logging.format: {type: string, values: [json, console]}
          database.host: {type: string, required: true}
          database.port: {type: int, required: true, min: 1, max: 65535}
          database.name: {type: string, required: true}
          database.user: {type: string, required: true, unless: database.usernameKey}
          database.ssl_mode: {type: string, values: [disable, allow, prefer, require, verify-ca, verify-full]}
          database.max_open_conns: {type: int}
          database.max_idle_conns: {type: int}
          database.conn_max_lifetime: {type: duration}
          database.conn_max_idle_time: {type: duration}
          database.secretsFile: {type: string, required: true}
          database.usernameKey: {type: string}
          database.passwordKey: {type: string, required: true}
          redis.addr: {type: string, required: true}
          redis.db: {type: int, min: 0}
          redis.dlq_stream_name: {type: string}
          redis.dlq_max_len: {type: int}
          redis.dlq_consumer_group: {type: string}
          redis.secretsFile: {type: string, required: true}
          redis.passwordKey: {type: string, required: true}
        secrets:                    # keys whose value is a secrets file, with the keys that name an entry of it
          database.secretsFile: [database.passwordKey]
          redis.secretsFile: [redis.passwordKey]
        # sections with host, port, name, user, ssl_mode, secretsFile, usernameKey, passwordKey
        postgres: database
        # and with addr, db, secretsFile, passwordKey
        redis: redis
        """;

    /** @param type string, int or duration
     * @param unless a key in whose place this one need not be there, or null
     * @param min    null is no limit
     * @param values those that it may have; empty is any */
    public record Key(String type, boolean required, String unless, Long min, Long max, List<String> values) {
    }

    /** The rules of a file, as they stand there; the built-in ones for null. */
    public static String text(Path file) throws IOException {
        return (file == null ? DATASTORAGE : Files.readString(file)).stripTrailing();
    }

    /** @param file null for the built-in ones */
    public static ConfigRules read(Path file) {
        String name = file == null ? "the built-in rules" : Where.shown(file);
        try {
            return of(name, Yaml.read(text(file)).orElse(null));
        } catch (YamlError e) {
            throw Stop.usage(name + (e.line > 0 ? ":" + e.line : "") + ": " + e.getMessage() + e.place());
        } catch (IOException e) {
            throw Stop.usage("--rules " + TextFiles.trouble(e));
        }
    }

    private static ConfigRules of(String name, Yaml rules) {
        if (rules == null || rules.text("service").isEmpty() || rules.text("variable").isEmpty()
                || rules.at("keys").members().isEmpty()) {
            throw Stop.usage(name + " lacks service, variable or keys; --print-rules shows the form");
        }
        only(name, rules, Set.of("service", "variable", "keys", "secrets", "postgres", "redis"));
        Map<String, Key> keys = new LinkedHashMap<>();
        rules.at("keys").members().forEach((path, key) -> keys.put(path, key(name, path, key)));
        Map<String, List<String>> secrets = new LinkedHashMap<>();
        rules.at("secrets").members().forEach((path, entries) -> secrets.put(path, texts(entries)));
        return new ConfigRules(rules.text("service"), rules.text("variable"), keys, secrets,
                orNull(rules.text("postgres")), orNull(rules.text("redis")));
    }

    private static Key key(String name, String path, Yaml key) {
        only(name, key, Set.of("type", "required", "unless", "min", "max", "values"));
        if (!Set.of("string", "int", "duration").contains(key.text("type"))) {
            throw Stop.usage(name + ": " + path + " has no type string, int or duration");
        }
        return new Key(key.text("type"), key.text("required").equals("true"), orNull(key.text("unless")),
                number(name, key.at("min")), number(name, key.at("max")), texts(key.at("values")));
    }

    private static void only(String name, Yaml map, Set<String> known) {
        map.members().forEach((key, value) -> {
            if (!known.contains(key)) {
                throw cannot(name, value);
            }
        });
    }

    private static Long number(String name, Yaml value) {
        if (!value.textOr("x").matches("|-?\\d{1,18}")) {
            throw cannot(name, value);
        }
        return value.text().isEmpty() ? null : Long.valueOf(value.text());
    }

    private static Stop cannot(String name, Yaml value) {
        return Stop.usage(name + ":" + value.line() + ": cannot be read at column " + value.column()
                + "; --print-rules shows the form");
    }

    private static List<String> texts(Yaml list) {
        return list.items().stream().map(each -> each.textOr("")).toList();
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
