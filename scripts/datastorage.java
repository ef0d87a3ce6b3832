///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION DataStorage, the service of the incident, small but real: the system under test of this collection.
//DESCRIPTION   jbang datastorage
//DESCRIPTION   CONFIG_PATH=config.yaml jbang datastorage
//DESCRIPTION   curl -X PATCH localhost:8080/api/v1/workflows/ID/disable -d '{"reason": "loops", "updatedBy": "me"}'
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xshare:auto -Xmx256m
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS com.zaxxer:HikariCP:7.1.0
//DEPS redis.clients:jedis:8.0.2
//DEPS jakarta.servlet:jakarta.servlet-api:6.0.0
//DEPS io.javalin:javalin:7.2.3
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

// The servlet API is named because the resolver would take 5.0.0 with Javalin, and Jetty 12 needs 6.0.

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The service of the incident. It checks its configuration and its servers in the original's order, each check a
 * message and exit 1 (block Startup); then it changes the status of workflows over HTTP, until it is ended.
 */
@Command(name = "datastorage", version = "datastorage 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        descriptionHeading = "%n", optionListHeading = "%nOptions:%n", exitCodeListHeading = "%nExit codes:%n",
        description = """
                DataStorage, the service of the incident, small but real. It is configured by the file that \
                CONFIG_PATH names, checks it as the original does, and serves until it is ended; requests in flight \
                are finished. One log line an event, on stderr.

                  GET   /health                        it runs
                  GET   /health/ready                  and its database answers
                  GET   /api/v1/workflows/ID           the workflow
                  PATCH /api/v1/workflows/ID           {"status", "reason", "updatedBy"}
                  PATCH /api/v1/workflows/ID/disable   {"reason", "updatedBy"}

                With "version" in the body a workflow is changed only if it has that version. Errors are RFC 9457 \
                problem documents.""",
        exitCodeList = {"0:ended by SIGTERM or Ctrl-C, requests in flight finished",
                "1:a check of the configuration failed, and the log says which", "2:wrong usage"},
        footer = """

                Environment:
                  CONFIG_PATH   the file of its configuration

                Examples:
                  CONFIG_PATH=config.yaml datastorage
                  curl localhost:8080/health/ready

                A configuration; a secrets file holds a map, in YAML or JSON:
                  server:   {port: 8080, host: 127.0.0.1, read_timeout: 30s, write_timeout: 30s}
                  logging:  {level: info, format: json}
                  database: {host: localhost, port: 15433, name: action_history,
                             user: slm_user, ssl_mode: disable,
                             max_open_conns: 25, max_idle_conns: 5,
                             conn_max_lifetime: 5m, conn_max_idle_time: 10m,
                             secretsFile: db-secrets.yaml, passwordKey: password}
                  redis:    {addr: 'localhost:16379', db: 0,
                             secretsFile: redis-secrets.yaml, passwordKey: password}
                """)
class Datastorage implements Callable<Integer> {
    private static final int CONNECT_SECONDS = 5;
    /** How long a request waits for a connection of the pool before it is answered with 503. */
    private static final Duration POOL_PATIENCE = Duration.ofSeconds(3);

    public static void main(String... args) {
        System.exit(new CommandLine(new Datastorage()).setUsageHelpAutoWidth(true).execute(args));
    }

    /** Serves until the process is ended; 1 if a check fails, after its line in the log. */
    @Override
    public Integer call() throws InterruptedException {
        try {
            Startup checked = Startup.check(System.getenv("CONFIG_PATH"));
            Log.start(checked.text("logging.level"), checked.text("logging.format"));
            serve(checked, database(checked));
            return 0;
        } catch (Refused e) {
            Log.refused(e);
            return 1;
        }
    }

    private static void serve(Startup checked, DataSource database) throws Refused, InterruptedException {
        pingRedis(checked);
        try (HikariDataSource pool = pool(checked, database)) {
            Javalin api = new Api(pool).start(checked);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(api, pool)));
            InetSocketAddress at = checked.listens();
            Log.write("INFO", "listening", "host", at.getHostString(), "port", at.getPort());
            api.jettyServer().server().join();
        }
    }

    private static void stop(Javalin api, HikariDataSource pool) {
        Log.write("INFO", "stopping: requests in flight are finished");
        api.stop();
        pool.close();
        Log.write("INFO", "stopped");
        // An end that was asked for is no failure; the JVM itself would say 143.
        Runtime.getRuntime().halt(0);
    }

    /**
     * The pool as the keys say, in HikariCP's terms. Go closes an idle connection above max_idle_conns at once,
     * HikariCP after conn_max_idle_time.
     */
    private static HikariDataSource pool(Startup checked, DataSource database) {
        HikariConfig pool = new HikariConfig();
        pool.setDataSource(database);
        pool.setPoolName("datastorage");
        int open = checked.number("database.max_open_conns");
        int idle = checked.number("database.max_idle_conns");
        pool.setMaximumPoolSize(open > 0 ? open : 25);
        pool.setMinimumIdle(Math.min(pool.getMaximumPoolSize(), idle > 0 ? idle : 5));
        long lifetime = atLeast(30, "conn_max_lifetime", checked.duration("database.conn_max_lifetime", "5m"));
        long idleTime = atLeast(10, "conn_max_idle_time", checked.duration("database.conn_max_idle_time", "10m"));
        pool.setMaxLifetime(lifetime);
        // A connection whose life ends first is never idle for too long.
        pool.setIdleTimeout(lifetime > 0 && idleTime >= lifetime - 1000 ? 0 : idleTime);
        pool.setConnectionTimeout(POOL_PATIENCE.toMillis());
        // The database has just answered; should it be gone again, the readiness says so.
        pool.setInitializationFailTimeout(-1);
        return new HikariDataSource(pool);
    }

    /** Zero is for ever, in both; less than HikariCP's minimum would be its default of half an hour, unsaid. */
    private static long atLeast(int seconds, String key, Duration given) {
        if (!given.isZero() && given.compareTo(Duration.ofSeconds(seconds)) < 0) {
            Log.write("WARN", "raised to the least that the pool can do", "key", key, "seconds", seconds);
            return seconds * 1000L;
        }
        return given.toMillis();
    }

    // >>> block Startup (owner: datastorage.java)
    /** The service does not start: the check that failed, in the original's words, and why; the first has no why. */
    static final class Refused extends Exception {
        final String error;

        Refused(String check, String error) {
            super(check);
            this.error = error;
        }
    }

    /** What the service checks before it serves, in its order: the file, the secrets, the values, the two servers. */
    static final class Startup {
        private static final String FILE = "Failed to load configuration file (ADR-030)";
        private static final String SECRETS = "Failed to load secrets (ADR-030 Section 6)";
        private static final String INVALID = "Invalid configuration (ADR-030)";
        private static final String SERVER = "Failed to create server";
        private static final List<String> NUMBERS = List.of("server.port", "database.port", "database.max_open_conns",
                "database.max_idle_conns", "redis.db");
        private static final List<String> DURATIONS = List.of("server.read_timeout", "server.write_timeout",
                "database.conn_max_lifetime", "database.conn_max_idle_time");
        private static final List<String> TEXTS = List.of("server.host", "logging.level", "logging.format",
                "database.host", "database.name", "database.user", "database.ssl_mode", "database.secretsFile",
                "database.usernameKey", "database.passwordKey", "redis.addr", "redis.secretsFile", "redis.passwordKey");
        private static final Pattern PART = Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(ns|us|ms|s|m|h)");
        private static final Map<String, Double> NANOS =
                Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9, "m", 60e9, "h", 3600e9);
        private final Map<?, ?> file;
        private String user, password, redisPassword;

        private Startup(Map<?, ?> file) { this.file = file; }

        /** All that needs no server. */
        static Startup check(String path) throws Refused {
            if (path == null || path.isEmpty()) {
                throw new Refused("CONFIG_PATH environment variable required (ADR-030)", null);
            }
            Startup read = new Startup(map(path, FILE, "failed to read config file: ", "failed to parse config: "));
            for (String key : Stream.of(NUMBERS, DURATIONS, TEXTS).flatMap(List::stream).toList()) {
                Object value = read.value(key);
                boolean fits = value == null || value instanceof Integer
                        || !NUMBERS.contains(key) && !(value instanceof Map || value instanceof List);
                demand(fits, FILE, "failed to parse config: " + path + ": the value of " + key
                        + " has another type than it should");
            }
            Map<?, ?> secrets = read.secrets("database");
            String userKey = read.text("database.usernameKey");
            read.password = read.secret(secrets, "database", read.text("database.passwordKey"));
            read.user = secrets.containsKey(userKey) ? read.secret(secrets, "database", userKey)
                    : read.text("database.user");
            read.redisPassword = read.secret(read.secrets("redis"), "redis", read.text("redis.passwordKey"));
            read.values();
            return read;
        }

        private Map<?, ?> secrets(String of) throws Refused {
            demand(!text(of + ".secretsFile").isEmpty(), SECRETS, of + " secretsFile required");
            demand(!text(of + ".passwordKey").isEmpty(), SECRETS, of + " passwordKey required");
            return map(text(of + ".secretsFile"), SECRETS, "failed to load " + of + " secrets: ",
                    "failed to parse secret file as YAML or JSON: ");
        }

        private String secret(Map<?, ?> secrets, String of, String key) throws Refused {
            String path = text(of + ".secretsFile");
            demand(secrets.containsKey(key), SECRETS,
                    "password key '" + key + "' not found in " + of + " secret file " + path);
            demand(secrets.get(key) instanceof String, SECRETS,
                    of + " key '" + key + "' in secret file " + path + " is not a string: quote it");
            return (String) secrets.get(key);
        }

        private void values() throws Refused {
            int port = number("database.port"), own = number("server.port");
            String level = text("logging.level"), format = text("logging.format");
            demand(!text("database.host").isEmpty(), INVALID, "database host required");
            demand(port != 0, INVALID, "database port required");
            demand(port > 0 && port < 65536, INVALID, "database port must be between 1 and 65535, got: " + port);
            demand(!text("database.name").isEmpty(), INVALID, "database name required");
            demand(!user.isEmpty(), INVALID, "database user required");
            demand(own != 0, INVALID, "server port required");
            demand(own > 1023 && own < 65536, INVALID, "server port must be between 1024 and 65535, got: " + own);
            demand(!text("redis.addr").isEmpty(), INVALID, "redis address required");
            demand(level.matches("(debug|info|warn|error)?"), INVALID,
                    "invalid log level: " + level + " (must be debug, info, warn, or error)");
            demand(format.matches("(json|console)?"), INVALID,
                    "invalid log format: " + format + " (must be json or console)");
            for (String key : DURATIONS) {
                demand(duration(key, "0") != null, INVALID, "invalid " + key.replaceFirst(".*\\.", "")
                        + ": a duration is written like 30s, 5m or 1h30m");
            }
        }

        private static void demand(boolean holds, String check, String error) throws Refused {
            if (!holds) {
                throw new Refused(check, error);
            }
        }

        /** A map in YAML, or in JSON. Of what is wrong only the place is told: the text around it may be a password. */
        private static Map<?, ?> map(String path, String check, String unreadable, String wrong) throws Refused {
            try {
                Object read = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(Path.of(path)));
                demand(read == null || read instanceof Map, check, wrong + path + ": not a map in YAML");
                // Goes through all of it: a list that holds itself shows here.
                Objects.hashCode(read);
                return read == null ? Map.of() : (Map<?, ?>) read;
            } catch (IOException e) {
                throw new Refused(check, unreadable + path + ": " + (Files.isDirectory(Path.of(path))
                        ? "it is a folder; a container engine makes one where the file of a mount is missing"
                        : e instanceof NoSuchFileException ? "no such file"
                        : e instanceof AccessDeniedException ? "permission denied" : "it is no UTF-8 text"));
            } catch (YamlEngineException | StackOverflowError e) {
                throw new Refused(check, wrong + path + (e instanceof MarkedYamlEngineException at
                        ? at.getProblemMark().map(mark -> ":" + (mark.getLine() + 1) + ": not YAML at column "
                                + (mark.getColumn() + 1)).orElse(": not YAML")
                        : ": aliases or lists that multiply without end"));
            }
        }

        /** Null where the file does not have it; a list where the section itself is no map. */
        private Object value(String key) {
            Object section = file.get(key.replaceFirst("\\..*", ""));
            return section instanceof Map<?, ?> keys ? keys.get(key.replaceFirst(".*\\.", ""))
                    : section == null ? null : List.of();
        }

        /** A value of the file; empty or 0 if it is absent, as in the original. */
        String text(String key) { return value(key) == null ? "" : value(key).toString(); }
        int number(String key) { return value(key) == null ? 0 : (Integer) value(key); }

        /** A duration as Go writes it: 1h30m, 1.5s, 100us, or 0; null if it is none. */
        Duration duration(String key, String otherwise) {
            String given = (text(key).isEmpty() ? otherwise : text(key)).replaceAll("[µμ]s", "us");
            double nanos = PART.matcher(given).results()
                    .mapToDouble(part -> Double.parseDouble(part.group(1)) * NANOS.get(part.group(2))).sum();
            return given.equals("0") || given.matches("(" + PART + ")+") && nanos < Long.MAX_VALUE
                    ? Duration.ofNanos((long) nanos) : null;
        }

        /** The address of its own port. */
        InetSocketAddress listens() {
            return new InetSocketAddress(text("server.host").isEmpty() ? "127.0.0.1" : text("server.host"),
                    number("server.port"));
        }
    }
    // <<< block Startup

    // The last check: the two servers that the configuration names.

    /** The database, which answers. It gives a statement up before the client does, so that each is answered. */
    static DataSource database(Startup checked) throws Refused {
        java.util.logging.Logger.getLogger("org.postgresql").setLevel(java.util.logging.Level.OFF);
        Duration patience = checked.duration("server.write_timeout", "30s");
        String ssl = checked.text("database.ssl_mode");
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {checked.text("database.host")});
        source.setPortNumbers(new int[] {checked.number("database.port")});
        source.setDatabaseName(checked.text("database.name"));
        source.setUser(checked.user);
        source.setPassword(checked.password);
        source.setSslMode(ssl.isEmpty() ? "prefer" : ssl);
        source.setApplicationName("datastorage");
        source.setConnectTimeout(CONNECT_SECONDS);
        source.setLoginTimeout(CONNECT_SECONDS);
        source.setOptions("-c statement_timeout=" + (patience.isZero() ? 0 : Math.max(1, patience.toMillis())));
        source.setSocketTimeout(patience.isZero() ? 0 : (int) patience.toSeconds() + CONNECT_SECONDS);
        try (Connection c = source.getConnection()) {
            return source;
        } catch (SQLException e) {
            throw new Refused(Startup.SERVER, "failed to ping PostgreSQL: " + message(e));
        }
    }

    static void pingRedis(Startup checked) throws Refused {
        var settings = DefaultJedisClientConfig.builder().timeoutMillis(CONNECT_SECONDS * 1000)
                .database(checked.number("redis.db"))
                .password(checked.redisPassword.isEmpty() ? null : checked.redisPassword);
        try (Jedis client = new Jedis(HostAndPort.from(checked.text("redis.addr")), settings.build())) {
            client.ping();
        } catch (JedisException | IllegalArgumentException e) {
            throw new Refused(Startup.SERVER, "failed to connect to Redis: " + e.getMessage());
        }
    }

    /** An error as pgx words it. */
    static String message(SQLException e) {
        String text = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return !(e instanceof PSQLException) ? text
                : text.replaceFirst("^FATAL:", "ERROR:") + " (SQLSTATE " + e.getSQLState() + ")";
    }

    /** The HTTP interface. */
    static final class Api {
        private static final JsonMapper JSON = JsonMapper.shared();
        private static final String WORKFLOW = "/api/v1/workflows/{id}";
        private static final int LARGEST_BODY = 64 * 1024;

        private final DataSource database;

        Api(DataSource database) { this.database = database; }

        Javalin start(Startup checked) throws Refused {
            try {
                return Javalin.create(http -> {
                    configure(http, checked);
                    http.routes.get("/health", ctx -> answer(ctx, Map.of("status", "healthy")));
                    http.routes.get("/health/ready", this::ready);
                    http.routes.get(WORKFLOW, this::workflow);
                    http.routes.patch(WORKFLOW, ctx -> update(ctx, null));
                    http.routes.patch(WORKFLOW + "/disable", ctx -> update(ctx, "disabled"));
                    faults(http);
                }).start();
            } catch (RuntimeException e) {
                InetSocketAddress at = checked.listens();
                throw new Refused(Startup.SERVER, "cannot listen on " + at.getHostString() + ":" + at.getPort() + ": "
                        + e.getMessage().lines().findFirst().orElse(""));
            }
        }

        private static void configure(JavalinConfig http, Startup checked) {
            http.startup.showJavalinBanner = false;
            http.startup.showOldJavalinVersionWarning = false;
            http.startup.startupWatcherEnabled = false;
            http.http.prefer405over404 = true;
            http.http.maxRequestSize = LARGEST_BODY;
            http.http.compressionStrategy = CompressionStrategy.NONE;
            Duration patience = checked.duration("server.write_timeout", "30s");
            http.jetty.modifyServer(server -> {
                server.setHandler(new GracefulHandler());
                // How long requests in flight have to be finished when the service stops.
                server.setStopTimeout((patience.isZero() ? Duration.ofSeconds(30) : patience).toMillis());
                server.setErrorHandler(Api::jettyError);
            });
            http.jetty.modifyServletContextHandler(handler -> handler.setErrorHandler(Api::jettyError));
            http.jetty.modifyHttpConfiguration(settings -> settings.setSendServerVersion(false));
            http.jetty.addConnector((server, settings) -> {
                ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(settings));
                connector.setHost(checked.listens().getHostString());
                connector.setPort(checked.number("server.port"));
                // Also while a statement takes its time.
                connector.setIdleTimeout(checked.duration("server.read_timeout", "30s").plus(patience).toMillis());
                return connector;
            });
        }

        private static void faults(JavalinConfig http) {
            http.routes.exception(SQLException.class,
                    (e, ctx) -> Problem.of(e.getSQLState(), message(e)).answer(ctx));
            http.routes.exception(HttpResponseException.class, (e, ctx) -> {
                if (e.getStatus() == 405) {
                    ctx.header("Allow", e.getDetails().get("availableMethods"));
                } else if (e.getStatus() == 413) {
                    ctx.header("Connection", "close");
                }
                new Problem(e.getStatus(), e.getMessage(), null).answer(ctx);
            });
            http.routes.exception(Exception.class, (e, ctx) -> {
                failed(ctx.path(), e);
                new Problem(500, "the service failed; its log says more", null).answer(ctx);
            });
        }

        /** What goes wrong before a request reaches a route: it is not HTTP, or comes while the service stops. */
        private static boolean jettyError(Request request, Response response, Callback callback) {
            if (request.getAttribute(ErrorHandler.ERROR_EXCEPTION) instanceof Throwable cause
                    && response.getStatus() >= 500) {
                failed(request.getHttpURI().getPath(), cause);
            }
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.TYPE);
            // What is left of such a request is not read, so nothing can follow it.
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
            Content.Sink.write(response, true, new Problem(response.getStatus(), "", null).json(), callback);
            return true;
        }

        /** A fault of ours; where it came from is said in one line. */
        private static void failed(String path, Throwable cause) {
            StackTraceElement[] trace = cause.getStackTrace();
            Log.write("ERROR", "a request failed in a way that it should not", "path", path, "error", cause,
                    "at", trace.length == 0 ? "" : trace[0]);
        }

        private void ready(Context ctx) throws SQLException {
            try (Connection c = database.getConnection()) {
                if (!c.isValid((int) POOL_PATIENCE.toSeconds())) {
                    throw new SQLException("the database does not answer a ping", "08000");
                }
            }
            answer(ctx, Map.of("status", "ready"));
        }

        private static void answer(Context ctx, Map<String, String> body) {
            ctx.contentType("application/json").result(JSON.writeValueAsBytes(body));
        }

        private void workflow(Context ctx) throws SQLException {
            String found = one("""
                    SELECT row_to_json(w) FROM (
                        SELECT workflow_id AS "workflowId", workflow_name AS "workflowName", version, name, description,
                            status, status_reason AS "statusReason", disabled_at AS "disabledAt",
                            disabled_by AS "disabledBy", disabled_reason AS "disabledReason",
                            updated_at AS "updatedAt", updated_by AS "updatedBy"
                        FROM remediation_workflow_catalog WHERE workflow_id = ?) w""", ctx.pathParam("id"));
            ctx.contentType("application/json").result(found);
        }

        /** The one value of a workflow. */
        private String one(String sql, String id) throws SQLException {
            try (Connection c = database.getConnection(); PreparedStatement s = c.prepareStatement(sql)) {
                s.setObject(1, id, Types.OTHER);
                try (ResultSet row = s.executeQuery()) {
                    if (!row.next()) {
                        throw new HttpResponseException(404, "workflow not found: workflow_id=" + id);
                    }
                    return row.getString(1);
                }
            }
        }

        /** Changes the status; the id alone names a workflow, a version that is given must be the one it has. */
        private void update(Context ctx, String status) throws SQLException {
            Change change = Change.read(ctx.bodyAsBytes(), status);
            String id = ctx.pathParam("id");
            String version = change.version != null ? change.version
                    : one("SELECT version FROM remediation_workflow_catalog WHERE workflow_id = ?", id);
            change.apply(database, id, version);
            Log.write("DEBUG", "status changed", "workflow", id, "status", change.status, "by", change.updatedBy);
            ctx.status(204);
        }
    }

    /** The body of a PATCH, and UpdateStatus as the service has it; version may be null. */
    record Change(String version, String status, String reason, String updatedBy) {
        private static final String CHANGE = """
                UPDATE remediation_workflow_catalog
                SET status = ?, status_reason = ?, updated_by = ?, updated_at = NOW()
                WHERE workflow_id = ? AND version = ?""";
        private static final String DISABLE = """
                UPDATE remediation_workflow_catalog
                SET status = ?, status_reason = ?, updated_by = ?, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = ?, disabled_reason = ?
                WHERE workflow_id = ? AND version = ?""";

        /** @param status that of the path, or null: then the body names it */
        static Change read(byte[] body, String status) {
            JsonNode read;
            try {
                read = Api.JSON.readTree(body);
            } catch (JacksonException e) {
                throw new HttpResponseException(400, "the body is not JSON");
            }
            if (!(read instanceof ObjectNode object)) {
                throw new HttpResponseException(400, "the body is not a JSON object");
            }
            List<String> known = status == null ? List.of("reason", "status", "updatedBy", "version")
                    : List.of("reason", "updatedBy", "version");
            object.propertyNames().stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
                throw new HttpResponseException(400, "unknown member \"" + name + "\"; known are "
                        + String.join(", ", known));
            });
            String version = object.has("version") ? text(object, "version") : null;
            String to = status != null ? status : text(object, "status");
            return new Change(version, to, text(object, "reason"), text(object, "updatedBy"));
        }

        private static String text(ObjectNode body, String name) {
            JsonNode value = body.get(name);
            if (value == null || !value.isString()) {
                throw new HttpResponseException(400, "\"" + name + "\" is required, as a string");
            }
            return value.asString();
        }

        /** UpdateStatus. One statement with a CASE would use a parameter both as text and as varchar: 42P08. */
        void apply(DataSource database, String id, String ofVersion) throws SQLException {
            boolean disable = status.equals("disabled");
            List<String> values = disable ? List.of(status, reason, updatedBy, updatedBy, reason, id, ofVersion)
                    : List.of(status, reason, updatedBy, id, ofVersion);
            try (Connection c = database.getConnection();
                    PreparedStatement s = c.prepareStatement(disable ? DISABLE : CHANGE)) {
                for (int i = 0; i < values.size(); i++) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    s.setObject(i + 1, values.get(i), Types.OTHER);
                }
                if (s.executeUpdate() == 0) {
                    throw new HttpResponseException(404, "workflow not found: workflow_id=" + id + " version="
                            + ofVersion);
                }
            } catch (SQLException e) {
                throw new SQLException("failed to update workflow status: " + message(e), e.getSQLState());
            }
        }
    }

    /** An RFC 9457 problem document; sqlState is PostgreSQL's, or null. */
    record Problem(int status, String detail, String sqlState) {
        static final String TYPE = "application/problem+json";

        /** What an error of the database is in HTTP. No state at all is the pool's: it had no connection to give. */
        static Problem of(String sqlState, String message) {
            String state = sqlState == null ? "08001" : sqlState;
            int status = state.matches("22...|23502|23514") ? 400
                    : state.matches("23...|40...|55P03") ? 409
                    : state.matches("08...|28...|3D000|53...|57...|58...|25006") ? 503 : 500;
            String detail = status != 503 ? message : state.matches("08006|08003|57...")
                    ? "the database broke off: whether the change was made is not known, "
                            + "and to ask for it again is safe"
                    : "the database cannot be reached now";
            if (status >= 500) {
                Log.write("WARN", "the database failed a request", "sqlstate", state, "error", message);
            }
            return new Problem(status, detail, state);
        }

        void answer(Context ctx) {
            ctx.status(status).contentType(TYPE).result(json());
            if (status == 503) {
                ctx.header("Retry-After", "1");
            }
        }

        String json() {
            ObjectNode document = Api.JSON.createObjectNode().put("type", "about:blank")
                    .put("title", HttpStatus.getMessage(status)).put("status", status);
            if (detail != null && !detail.isEmpty()) {
                document.put("detail", detail);
            }
            return (sqlState == null ? document : document.put("sqlstate", sqlState)).toString();
        }
    }

    /** The log: one line an event, on stderr, as JSON or as the incident shows it; a container engine adds the time. */
    static final class Log {
        private static final List<String> LEVELS = List.of("DEBUG", "INFO", "WARN", "ERROR");
        private static final PrintStream ERR =
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        private static int least = 1;
        private static boolean json;

        static void start(String level, String format) {
            least = Math.max(LEVELS.indexOf(level.isEmpty() ? "INFO" : level.toUpperCase(Locale.ROOT)), 0);
            json = !format.equals("console");
        }

        /** The first check has the place in the original's source that the incident's log shows. */
        static void refused(Refused e) {
            write("ERROR", e.error == null ? "datastorage/main.go:63" : "datastorage", e.getMessage(),
                    e.error == null ? new Object[0] : new Object[] {"error", e.error});
        }

        /** @param pairs key, value, key, value */
        static void write(String level, String message, Object... pairs) {
            if (LEVELS.indexOf(level) >= least) {
                write(level, "datastorage", message, pairs);
            }
        }

        private static void write(String level, String logger, String message, Object[] pairs) {
            ObjectNode event = Api.JSON.createObjectNode().put("timestamp", Instant.now().toEpochMilli())
                    .put("level", level).put("loggerName", logger).put("message", message);
            StringBuilder line = new StringBuilder(level + " " + logger + " " + message);
            for (int i = 0; i < pairs.length; i += 2) {
                event.withArray("kvpList").addObject().put((String) pairs[i], String.valueOf(pairs[i + 1]));
                line.append(' ').append(pairs[i]).append("=\"").append(pairs[i + 1]).append('"');
            }
            // What a client sends must not make a second line.
            ERR.println(json ? event.toString() : line.toString().replaceAll("\\p{Cntrl}+", " "));
        }
    }
}
