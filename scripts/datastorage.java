///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION DataStorage, the service of the incident, small but real: the system under test of this collection.
//DESCRIPTION   jbang datastorage
//DESCRIPTION   CONFIG_PATH=config.yaml jbang datastorage
//DESCRIPTION   curl -X PATCH localhost:8080/api/v1/workflows/ID -d '{"status": "archived", "reason": "superseded", "updatedBy": "operator"}'
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
//DEPS ch.qos.logback:logback-classic:1.6.6

// The servlet API is named because the resolver would take 5.0.0 with Javalin, and Jetty 12 needs 6.0.

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import com.fasterxml.jackson.annotation.JsonProperty;
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
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The service as a command. */
@Command(name = "datastorage", version = "datastorage 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        descriptionHeading = "%n", optionListHeading = "%nOptions:%n",
        description = {"DataStorage, the service of the incident, small but real. It is configured by the file that CONFIG_PATH names, checks it as the original does, "
                + "and serves until it is ended; requests in flight are finished. One log line an event, on stderr.",
                "", "  GET   /health                        it runs", "  GET   /health/ready                  and its database answers",
                "  GET   /api/v1/workflows/ID           the workflow", "  PATCH /api/v1/workflows/ID           {\"status\", \"reason\", \"updatedBy\"}",
                "  PATCH /api/v1/workflows/ID/disable   {\"reason\", \"updatedBy\"}",
                "", "With \"version\" in the body a workflow is changed only if it has that version. Errors are RFC 9457 problem documents."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:ended by SIGTERM or Ctrl-C, requests in flight finished", "1:a check of the configuration failed, and the log says which", "2:wrong usage"},
        footer = {"%nEnvironment:", "  CONFIG_PATH   the file of its configuration",
                "%nExamples:", "  CONFIG_PATH=config.yaml datastorage", "  curl localhost:8080/health/ready",
                "%nA configuration; a secrets file holds a map, in YAML or JSON:",
                "  server:   {port: 8080, host: 127.0.0.1, read_timeout: 30s, write_timeout: 30s}", "  logging:  {level: info, format: json}",
                "  database: {host: localhost, port: 15433, name: action_history,", "             user: slm_user, ssl_mode: disable,",
                "             max_open_conns: 25, max_idle_conns: 5,", "             conn_max_lifetime: 5m, conn_max_idle_time: 10m,", "             secretsFile: db-secrets.yaml, passwordKey: password}",
                "  redis:    {addr: 'localhost:16379', db: 0,", "             secretsFile: redis-secrets.yaml, passwordKey: password}"})
class Datastorage implements Callable<Integer> {
    public static void main(String... args) {
        System.exit(new CommandLine(new Datastorage()).setUsageHelpAutoWidth(true).execute(args));
    }

    @Override
    public Integer call() {
        return Service.run(System.getenv("CONFIG_PATH"));
    }

    /** An error as pgx words it; where block Server is, it is there. */
    static final class Sql {
        static String message(SQLException e) {
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            String text = server != null && server.getMessage() != null ? "ERROR: " + server.getMessage() : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
        }
    }

    // >>> block Service (owner: datastorage.java)
    /** The service: its checks in their order, its pool, its HTTP interface, and its end. */
    static final class Service {
        private static final Logger LOG = LoggerFactory.getLogger("datastorage");
        /** How long a request waits for a connection of the pool before it is answered with 503. */
        private static final Duration POOL_PATIENCE = Duration.ofSeconds(3);
        private static final int CONNECT_SECONDS = 5;

        /** Serves until the process is ended; returns 1 if a check fails, after its line in the log. */
        static int run(String configPath) {
            Log.start("info", "console");
            try {
                Config config = Config.load(configPath);
                Secrets secrets = Secrets.load(config);
                config.validate(secrets);
                Log.start(config.logging.level, config.logging.format);
                serve(config, secrets);
                return 0;
            } catch (Refused e) {
                // The first check has the place in the original's source that the incident's log shows.
                var line = LoggerFactory.getLogger(e.error == null ? "datastorage/main.go:63" : "datastorage").atError();
                (e.error == null ? line : line.addKeyValue("error", e.error)).log(e.getMessage());
                return 1;
            }
        }

        private static void serve(Config config, Secrets secrets) throws Refused {
            HikariDataSource pool = pool(config, secrets);
            try {
                ping(config.redis, secrets.redisPassword);
                Javalin api = new Api(pool).start(config.server);
                Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(api, pool)));
                LOG.atInfo().addKeyValue("host", config.server.host).addKeyValue("port", config.server.port).log("listening");
                api.jettyServer().server().join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                pool.close();
            }
        }

        private static void stop(Javalin api, HikariDataSource pool) {
            LOG.info("stopping: requests in flight are finished");
            api.stop();
            pool.close();
            LOG.info("stopped");
            // An end that was asked for is no failure; the JVM itself would say 143.
            Runtime.getRuntime().halt(0);
        }

        /** A fault of ours; where it came from is said in one line. */
        static void failed(String path, Throwable cause) {
            StackTraceElement[] trace = cause.getStackTrace();
            LOG.atError().addKeyValue("path", path).addKeyValue("error", cause).addKeyValue("at", trace.length == 0 ? "" : trace[0]).log("a request failed in a way that it should not");
        }

        /** The pool as the keys say; a database that does not answer now is a failed check. */
        private static HikariDataSource pool(Config config, Secrets secrets) throws Refused {
            java.util.logging.Logger.getLogger("org.postgresql").setLevel(java.util.logging.Level.OFF);
            HikariConfig settings = new HikariConfig();
            settings.setDataSource(source(config, secrets));
            settings.setPoolName("datastorage");
            config.database.apply(settings);
            settings.setConnectionTimeout(POOL_PATIENCE.toMillis());
            settings.setInitializationFailTimeout(1);
            try {
                return new HikariDataSource(settings);
            } catch (RuntimeException e) {
                String why = e.getCause() instanceof SQLException sql ? Sql.message(sql) : String.valueOf(e.getMessage());
                throw new Refused("Failed to create server", "failed to ping PostgreSQL: " + why);
            }
        }

        private static DataSource source(Config config, Secrets secrets) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setServerNames(new String[] {config.database.host});
            source.setPortNumbers(new int[] {config.database.port});
            source.setDatabaseName(config.database.name);
            source.setUser(secrets.databaseUser);
            source.setPassword(secrets.databasePassword);
            source.setSslMode(config.database.sslMode);
            source.setApplicationName("datastorage");
            source.setConnectTimeout(CONNECT_SECONDS);
            source.setLoginTimeout(CONNECT_SECONDS);
            long patience = config.server.patience().toMillis();
            // The server gives a statement up before the client does, so that each request has an answer in time.
            source.setOptions("-c statement_timeout=" + patience);
            source.setSocketTimeout(patience == 0 ? 0 : (int) (patience / 1000) + CONNECT_SECONDS);
            return source;
        }

        private static void ping(Config.Redis redis, String password) throws Refused {
            try {
                HostAndPort at = HostAndPort.from(redis.addr);
                DefaultJedisClientConfig.Builder settings = DefaultJedisClientConfig.builder().timeoutMillis(CONNECT_SECONDS * 1000).database(redis.db);
                try (Jedis client = new Jedis(at, (password.isEmpty() ? settings : settings.password(password)).build())) {
                    client.ping();
                }
            } catch (JedisException | IllegalArgumentException e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw new Refused("Failed to create server", "failed to connect to Redis: " + root.getMessage());
            }
        }
    }

    /** The service does not start. The message says which check failed, in the original's words; the error why, and is null for the first check. */
    static final class Refused extends Exception {
        final String error;

        Refused(String message, String error) {
            super(message);
            this.error = error;
        }
    }

    /** The configuration file; a key that is absent is null or 0, as in the original. */
    record Config(Listen server, Logging logging, Database database, Redis redis) {
        private static final JsonMapper MAPPER = JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS).disable(tools.jackson.databind.DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();
        private static final Pattern DURATION = Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|ms|s|m|h)");
        private static final Map<String, BigDecimal> NANOS = Map.of("ns", new BigDecimal(1), "us", new BigDecimal(1_000), "µs", new BigDecimal(1_000),
                "ms", new BigDecimal(1_000_000), "s", new BigDecimal(1_000_000_000), "m", new BigDecimal(60_000_000_000L), "h", new BigDecimal(3_600_000_000_000L));

        Config {
            server = server != null ? server : new Listen(0, null, null, null);
            logging = logging != null ? logging : new Logging(null, null);
            database = database != null ? database : new Database(null, 0, null, null, null, 0, 0, null, null, null, null, null);
            redis = redis != null ? redis : new Redis(null, 0, null, null);
        }

        record Listen(int port, String host, String readTimeout, String writeTimeout) {
            Listen {
                host = host == null || host.isEmpty() ? "127.0.0.1" : host;
            }

            /** How long a statement may take; zero is without end. */
            Duration patience() {
                return duration(writeTimeout, "30s");
            }

            /** How long requests in flight have to be finished when the service stops. */
            Duration grace() {
                return patience().isZero() ? Duration.ofSeconds(30) : patience();
            }

            /** How long a connection may be silent, also while a statement takes its time. */
            Duration idle() {
                return duration(readTimeout, "30s").plus(patience());
            }
        }

        record Logging(String level, String format) {
        }

        record Database(String host, int port, String name, String user, String sslMode, int maxOpenConns, int maxIdleConns, String connMaxLifetime, String connMaxIdleTime,
                        @JsonProperty("secretsFile") String secretsFile, @JsonProperty("usernameKey") String usernameKey, @JsonProperty("passwordKey") String passwordKey) {
            Database {
                sslMode = sslMode == null || sslMode.isEmpty() ? "prefer" : sslMode;
            }

            /** The keys in HikariCP's terms. Go closes an idle connection above max_idle_conns at once, HikariCP after conn_max_idle_time. */
            void apply(HikariConfig pool) {
                int open = maxOpenConns > 0 ? maxOpenConns : 25;
                pool.setMaximumPoolSize(open);
                pool.setMinimumIdle(Math.min(open, maxIdleConns > 0 ? maxIdleConns : 5));
                long lifetime = atLeast(30, "conn_max_lifetime", duration(connMaxLifetime, "5m"));
                long idle = atLeast(10, "conn_max_idle_time", duration(connMaxIdleTime, "10m"));
                pool.setMaxLifetime(lifetime);
                // A connection whose life ends first is never idle for too long.
                pool.setIdleTimeout(lifetime > 0 && idle >= lifetime - 1000 ? 0 : idle);
            }

            /** Zero is for ever, in both; less than HikariCP's minimum would be its default of half an hour, unsaid. */
            private static long atLeast(int seconds, String key, Duration given) {
                if (!given.isZero() && given.compareTo(Duration.ofSeconds(seconds)) < 0) {
                    Service.LOG.atWarn().addKeyValue("key", key).addKeyValue("seconds", seconds).log("raised to the least that the pool can do");
                    return seconds * 1000L;
                }
                return given.toMillis();
            }
        }

        record Redis(String addr, int db, @JsonProperty("secretsFile") String secretsFile, @JsonProperty("passwordKey") String passwordKey) {
        }

        static Config load(String path) throws Refused {
            if (path == null || path.isEmpty()) {
                throw new Refused("CONFIG_PATH environment variable required (ADR-030)", null);
            }
            try {
                return MAPPER.convertValue(Yaml.map(Path.of(path)), Config.class);
            } catch (IOException e) {
                throw new Refused("Failed to load configuration file (ADR-030)", "failed to read config file: " + Yaml.trouble(path, e));
            } catch (YamlEngineException e) {
                throw new Refused("Failed to load configuration file (ADR-030)", "failed to parse config: " + path + Yaml.place(e));
            } catch (DatabindException e) {
                throw new Refused("Failed to load configuration file (ADR-030)", "failed to parse config: " + path + ": the value of " + key(e) + " has another type than it should");
            } catch (JacksonException | StackOverflowError e) {
                throw new Refused("Failed to load configuration file (ADR-030)", "failed to parse config: " + path + ": " + Yaml.ENDLESS);
            }
        }

        private static String key(DatabindException e) {
            return String.join(".", e.getPath().stream().map(step -> String.valueOf(step.getPropertyName())).toList());
        }

        /** What the original demands before it connects, in its order. */
        void validate(Secrets secrets) throws Refused {
            demand(database.host != null && !database.host.isEmpty(), "database host required");
            demand(database.port != 0, "database port required");
            demand(database.port > 0 && database.port < 65536, "database port must be between 1 and 65535, got: " + database.port);
            demand(database.name != null && !database.name.isEmpty(), "database name required");
            demand(secrets.databaseUser != null && !secrets.databaseUser.isEmpty(), "database user required");
            demand(server.port != 0, "server port required");
            demand(server.port >= 1024 && server.port < 65536, "server port must be between 1024 and 65535, got: " + server.port);
            demand(redis.addr != null && !redis.addr.isEmpty(), "redis address required");
            demand(among(logging.level, "debug", "info", "warn", "error"), "invalid log level: " + logging.level + " (must be debug, info, warn, or error)");
            demand(among(logging.format, "json", "console"), "invalid log format: " + logging.format + " (must be json or console)");
            demandDuration("read_timeout", server.readTimeout);
            demandDuration("write_timeout", server.writeTimeout);
            demandDuration("conn_max_lifetime", database.connMaxLifetime);
            demandDuration("conn_max_idle_time", database.connMaxIdleTime);
        }

        private static boolean among(String value, String... known) {
            return value == null || value.isEmpty() || List.of(known).contains(value);
        }

        private static void demandDuration(String key, String value) throws Refused {
            try {
                duration(value, "0");
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new Refused("Invalid configuration (ADR-030)", "invalid " + key + ": a duration is written like 30s, 5m or 1h30m");
            }
        }

        private static void demand(boolean holds, String error) throws Refused {
            if (!holds) {
                throw new Refused("Invalid configuration (ADR-030)", error);
            }
        }

        /** A duration in Go's notation: 300ms, 1.5h, 1h30m, 0. */
        static Duration duration(String text, String otherwise) {
            String given = text == null || text.isEmpty() ? otherwise : text;
            if (given.equals("0")) {
                return Duration.ZERO;
            }
            BigDecimal nanos = BigDecimal.ZERO;
            Matcher part = DURATION.matcher(given);
            int end = 0;
            while (part.find() && part.start() == end) {
                nanos = nanos.add(new BigDecimal(part.group(1)).multiply(NANOS.get(part.group(2))));
                end = part.end();
            }
            if (end == 0 || end < given.length()) {
                throw new IllegalArgumentException(given);
            }
            return Duration.ofNanos(nanos.longValue());
        }
    }

    /** What the secrets files hold; in no log, and in no message. */
    record Secrets(String databaseUser, String databasePassword, String redisPassword) {
        static Secrets load(Config config) throws Refused {
            Map<?, ?> database = file("database", config.database.secretsFile, config.database.passwordKey);
            String password = text(database, "database", config.database.secretsFile, config.database.passwordKey);
            String userKey = config.database.usernameKey;
            String user = userKey != null && database.containsKey(userKey) ? text(database, "database", config.database.secretsFile, userKey) : config.database.user;
            Map<?, ?> redis = file("redis", config.redis.secretsFile, config.redis.passwordKey);
            return new Secrets(user, password, text(redis, "redis", config.redis.secretsFile, config.redis.passwordKey));
        }

        private static Map<?, ?> file(String of, String path, String passwordKey) throws Refused {
            demand(path != null && !path.isEmpty(), of + " secretsFile required");
            demand(passwordKey != null && !passwordKey.isEmpty(), of + " passwordKey required");
            try {
                return Yaml.map(Path.of(path));
            } catch (IOException e) {
                throw new Refused("Failed to load secrets (ADR-030 Section 6)", "failed to load " + of + " secrets: " + Yaml.trouble(path, e));
            } catch (YamlEngineException e) {
                throw new Refused("Failed to load secrets (ADR-030 Section 6)", "failed to parse secret file as YAML or JSON: " + path + Yaml.place(e));
            }
        }

        private static String text(Map<?, ?> secrets, String of, String path, String key) throws Refused {
            demand(secrets.containsKey(key), "password key '" + key + "' not found in " + of + " secret file " + path);
            demand(secrets.get(key) instanceof String, of + " key '" + key + "' in secret file " + path + " is not a string: quote it");
            return (String) secrets.get(key);
        }

        private static void demand(boolean holds, String error) throws Refused {
            if (!holds) {
                throw new Refused("Failed to load secrets (ADR-030 Section 6)", error);
            }
        }

        @Override
        public String toString() {
            return "Secrets[***]";
        }
    }

    /** YAML files of the service; JSON is read by the same parser. Of an error only the place is told: the text around it may be a password. */
    static final class Yaml {
        private static final String NO_MAP = "not a map in YAML";
        private static final String ENDLESS = "aliases or lists that multiply without end";

        /** @throws YamlEngineException it is not YAML, not a map, or its aliases multiply without end */
        static Map<?, ?> map(Path file) throws IOException {
            if (Files.isDirectory(file)) {
                throw new IOException("it is a folder; a container engine makes one where the file of a mount is missing");
            }
            Object read;
            try {
                read = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
            } catch (StackOverflowError e) {
                throw new YamlEngineException(ENDLESS);
            }
            if (read != null && !(read instanceof Map)) {
                throw new YamlEngineException(NO_MAP);
            }
            return read == null ? Map.of() : (Map<?, ?>) read;
        }

        static String place(YamlEngineException e) {
            return e instanceof MarkedYamlEngineException marked && marked.getProblemMark().isPresent()
                    ? ":" + (marked.getProblemMark().get().getLine() + 1) + ": not YAML at column " + (marked.getProblemMark().get().getColumn() + 1)
                    : ": " + (NO_MAP.equals(e.getMessage()) ? NO_MAP : ENDLESS);
        }

        static String trouble(String path, IOException e) {
            return path + ": " + (e instanceof NoSuchFileException ? "no such file" : e instanceof AccessDeniedException ? "permission denied"
                    : e instanceof CharacterCodingException ? "not UTF-8 text" : e.getMessage());
        }
    }

    /** The log: one line an event, on stderr. */
    static final class Log {
        static void start(String level, String format) {
            LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
            context.reset();
            ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
            appender.setContext(context);
            appender.setTarget("System.err");
            Encoder<ILoggingEvent> encoder = "console".equals(format) ? console(context) : json();
            encoder.setContext(context);
            encoder.start();
            appender.setEncoder(encoder);
            appender.start();
            context.getLogger("ROOT").addAppender(appender);
            context.getLogger("ROOT").setLevel(Level.OFF);
            context.getLogger("datastorage").setLevel(Level.toLevel(level, Level.INFO));
            context.getLogger("datastorage/main.go:63").setLevel(Level.INFO);
        }

        private static Encoder<ILoggingEvent> json() {
            JsonEncoder encoder = new JsonEncoder();
            encoder.setWithSequenceNumber(false);
            encoder.setWithNanoseconds(false);
            encoder.setWithContext(false);
            encoder.setWithMDC(false);
            encoder.setWithMarkers(false);
            encoder.setWithArguments(false);
            encoder.setWithThrowable(false);
            return encoder;
        }

        /** LEVEL logger message key="value", as the incident shows it; a container engine adds the time. */
        private static Encoder<ILoggingEvent> console(LoggerContext context) {
            LayoutBase<ILoggingEvent> layout = new LayoutBase<>() {
                @Override
                public String doLayout(ILoggingEvent event) {
                    StringBuilder line = new StringBuilder(event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage());
                    if (event.getKeyValuePairs() != null) {
                        event.getKeyValuePairs().forEach(pair -> line.append(' ').append(pair.key).append("=\"").append(pair.value).append('"'));
                    }
                    // What a client sends must not make a second line.
                    return line.toString().replaceAll("\\p{Cntrl}+", " ") + "\n";
                }
            };
            layout.setContext(context);
            layout.start();
            LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
            encoder.setLayout(layout);
            encoder.setCharset(StandardCharsets.UTF_8);
            return encoder;
        }
    }

    /** The HTTP interface. */
    static final class Api {
        private static final JsonMapper JSON = JsonMapper.shared();
        private static final String WORKFLOW = "/api/v1/workflows/{id}";
        private static final int LARGEST_BODY = 64 * 1024;

        private final DataSource database;
        private final WorkflowRepository repository;

        Api(DataSource database) {
            this.database = database;
            this.repository = new WorkflowRepository(database, UpdateStatusQueries.TEXT);
        }

        Javalin start(Config.Listen listen) throws Refused {
            try {
                return Javalin.create(http -> {
                    configure(http, listen);
                    http.routes.get("/health", ctx -> answer(ctx, Map.of("status", "healthy")));
                    http.routes.get("/health/ready", this::ready);
                    http.routes.get(WORKFLOW, this::workflow);
                    http.routes.patch(WORKFLOW, ctx -> update(ctx, null));
                    http.routes.patch(WORKFLOW + "/disable", ctx -> update(ctx, "disabled"));
                    http.routes.exception(UpdateFailed.class, (e, ctx) -> Problem.of(e.state, e.getMessage()).answer(ctx));
                    http.routes.exception(SQLException.class, (e, ctx) -> Problem.of(e.getSQLState(), Sql.message(e)).answer(ctx));
                    http.routes.exception(HttpResponseException.class, (e, ctx) -> {
                        if (e.getStatus() == 405) {
                            ctx.header("Allow", e.getDetails().get("availableMethods"));
                        } else if (e.getStatus() == 413) {
                            ctx.header("Connection", "close");
                        }
                        new Problem(e.getStatus(), e.getMessage(), null).answer(ctx);
                    });
                    http.routes.exception(Exception.class, (e, ctx) -> {
                        Service.failed(ctx.path(), e);
                        new Problem(500, "the service failed; its log says more", null).answer(ctx);
                    });
                }).start();
            } catch (RuntimeException e) {
                throw new Refused("Failed to create server", "cannot listen on " + listen.host() + ":" + listen.port() + ": " + e.getMessage().lines().findFirst().orElse(""));
            }
        }

        private static void configure(JavalinConfig http, Config.Listen listen) {
            http.startup.showJavalinBanner = false;
            http.startup.showOldJavalinVersionWarning = false;
            http.startup.startupWatcherEnabled = false;
            http.http.prefer405over404 = true;
            http.http.maxRequestSize = LARGEST_BODY;
            http.http.compressionStrategy = CompressionStrategy.NONE;
            http.jetty.modifyServer(server -> {
                server.setHandler(new GracefulHandler());
                server.setStopTimeout(listen.grace().toMillis());
                server.setErrorHandler(Api::jettyError);
            });
            http.jetty.modifyServletContextHandler(handler -> handler.setErrorHandler(Api::jettyError));
            http.jetty.modifyHttpConfiguration(settings -> settings.setSendServerVersion(false));
            http.jetty.addConnector((server, settings) -> {
                ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(settings));
                connector.setHost(listen.host());
                connector.setPort(listen.port());
                connector.setIdleTimeout(listen.idle().toMillis());
                return connector;
            });
        }

        /** What goes wrong before a request reaches a route, such as one that is not HTTP, or comes while the service stops. */
        private static boolean jettyError(Request request, Response response, Callback callback) {
            if (request.getAttribute(ErrorHandler.ERROR_EXCEPTION) instanceof Throwable cause && response.getStatus() >= 500) {
                Service.failed(request.getHttpURI().getPath(), cause);
            }
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.TYPE);
            // What is left of such a request is not read, so nothing can follow it.
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
            Content.Sink.write(response, true, new Problem(response.getStatus(), "", null).json(), callback);
            return true;
        }

        private void ready(Context ctx) throws SQLException {
            try (Connection c = database.getConnection()) {
                if (!c.isValid((int) Service.POOL_PATIENCE.toSeconds())) {
                    throw new SQLException("the database does not answer a ping", "08000");
                }
            }
            answer(ctx, Map.of("status", "ready"));
        }

        private static void answer(Context ctx, Map<String, String> body) {
            ctx.contentType("application/json").result(JSON.writeValueAsBytes(body));
        }

        private void workflow(Context ctx) throws SQLException, UpdateFailed {
            String found = one("""
                    SELECT row_to_json(w) FROM (SELECT workflow_id AS "workflowId", workflow_name AS "workflowName", version, name, description, status,
                        status_reason AS "statusReason", disabled_at AS "disabledAt", disabled_by AS "disabledBy", disabled_reason AS "disabledReason",
                        updated_at AS "updatedAt", updated_by AS "updatedBy" FROM remediation_workflow_catalog WHERE workflow_id = ?) w""", ctx.pathParam("id"));
            ctx.contentType("application/json").result(found);
        }

        /** The one value of a workflow. */
        private String one(String sql, String id) throws SQLException, UpdateFailed {
            try (Connection c = database.getConnection(); PreparedStatement s = c.prepareStatement(sql)) {
                s.setObject(1, id, Types.OTHER);
                try (ResultSet row = s.executeQuery()) {
                    if (!row.next()) {
                        throw new UpdateFailed("workflow not found: workflow_id=" + id, UpdateFailed.NO_DATA);
                    }
                    return row.getString(1);
                }
            }
        }

        /** Changes the status; the id alone names a workflow, a version that is given must be the one it has. */
        private void update(Context ctx, String status) throws SQLException, UpdateFailed {
            Change change = Change.read(ctx.bodyAsBytes(), status);
            String id = ctx.pathParam("id");
            String version = change.version != null ? change.version : one("SELECT version FROM remediation_workflow_catalog WHERE workflow_id = ?", id);
            repository.updateStatus(id, version, change.status, change.reason, change.updatedBy);
            Service.LOG.atDebug().addKeyValue("workflow", id).addKeyValue("status", change.status).addKeyValue("by", change.updatedBy).log("status changed");
            ctx.status(204);
        }

        /** The body of a PATCH; version may be null. */
        record Change(String version, String status, String reason, String updatedBy) {
            static Change read(byte[] body, String status) {
                JsonNode read;
                try {
                    read = JSON.readTree(body);
                } catch (JacksonException e) {
                    throw new HttpResponseException(400, "the body is not JSON");
                }
                if (!(read instanceof ObjectNode object)) {
                    throw new HttpResponseException(400, "the body is not a JSON object");
                }
                Set<String> known = status == null ? Set.of("version", "status", "reason", "updatedBy") : Set.of("version", "reason", "updatedBy");
                object.propertyNames().stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
                    throw new HttpResponseException(400, "unknown member \"" + name + "\"; known are " + String.join(", ", known.stream().sorted().toList()));
                });
                return new Change(object.has("version") ? text(object, "version") : null, status != null ? status : text(object, "status"), text(object, "reason"), text(object, "updatedBy"));
            }

            private static String text(ObjectNode body, String name) {
                JsonNode value = body.get(name);
                if (value == null || !value.isString()) {
                    throw new HttpResponseException(400, "\"" + name + "\" is required, as a string");
                }
                return value.asString();
            }
        }
    }

    /** An RFC 9457 problem document; sqlState is PostgreSQL's, or null. */
    record Problem(int status, String detail, String sqlState) {
        static final String TYPE = "application/problem+json";

        /** What an error of the database is to an HTTP client. No state at all is the pool's: it had no connection to give. */
        static Problem of(String sqlState, String message) {
            String state = sqlState == null ? "08001" : sqlState;
            int status = state.equals(UpdateFailed.NO_DATA) ? 404
                    : state.matches("22...|23502|23514") ? 400
                    : state.matches("23...|40...|55P03") ? 409
                    : state.matches("08...|28...|3D000|53...|57...|58...|25006") ? 503 : 500;
            String detail = status != 503 ? message : state.matches("08006|08003|57...")
                    ? "the database broke off: whether the change was made is not known, and to ask for it again is safe" : "the database cannot be reached now";
            if (status >= 500) {
                Service.LOG.atWarn().addKeyValue("sqlstate", state).addKeyValue("error", message).log("the database failed a request");
            }
            return new Problem(status, detail, status == 404 ? null : state);
        }

        void answer(Context ctx) {
            ctx.status(status).contentType(TYPE).result(json());
            if (status == 503) {
                ctx.header("Retry-After", "1");
            }
        }

        String json() {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("type", "about:blank");
            document.put("title", HttpStatus.getMessage(status));
            document.put("status", status);
            if (detail != null && !detail.isEmpty()) {
                document.put("detail", detail);
            }
            if (sqlState != null) {
                document.put("sqlstate", sqlState);
            }
            return Api.JSON.writeValueAsString(document);
        }
    }
    // <<< block Service

    // >>> block UpdateStatus (owner: workflow-repository.java)
    /** The update of a workflow's status failed; the message is the service's own, with the server's words and SQLSTATE in it. */
    static final class UpdateFailed extends Exception {
        /** SQLSTATE of the standard: the statement touched no row. */
        static final String NO_DATA = "02000";
        final String state;

        UpdateFailed(String message, String state) {
            super(message);
            this.state = state;
        }
    }

    /** The service's two statements. */
    interface UpdateStatusQueries {
        /** The two statements, in the form in which sqlc reads them. $1 status, $2 reason, $3 updatedBy, $4 id, $5 version. */
        String TEXT = """
                -- name: DisableWorkflow :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                WHERE workflow_id = $4 AND version = $5;

                -- name: ChangeStatus :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                WHERE workflow_id = $4 AND version = $5;
                """;
    }

    /** The service's repository of workflows, as far as the status goes. Safe for use by many threads: it holds no connection. */
    static final class WorkflowRepository {
        private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");
        private final DataSource database;
        private final String disable;
        private final String change;

        /** @param queries the text of {@code queries/update_status.sql}, whose two statements are what runs */
        WorkflowRepository(DataSource database, String queries) {
            this.database = database;
            this.disable = query(queries, "DisableWorkflow");
            this.change = query(queries, "ChangeStatus");
        }

        private static String query(String queries, String name) {
            Matcher m = Pattern.compile("-- name: " + name + " .*\\R([^;]*);").matcher(queries);
            if (!m.find()) {
                throw new IllegalArgumentException("update_status.sql has no query named " + name);
            }
            return m.group(1);
        }

        /**
         * Sets the status of one version of a workflow, and why.
         *
         * @throws UpdateFailed there is no such workflow, or the server refused: 23514 for a status that the table does not
         *                      know, 22P02 for an id that is no UUID, 42703 for a column that it does not have
         */
        void updateStatus(String id, String version, String status, String reason, String updatedBy) throws UpdateFailed {
            // One statement with a CASE would use a parameter both as text and as varchar: SQLSTATE 42P08.
            String sql = status.equals("disabled") ? disable : change;
            List<String> values = List.of(status, reason, updatedBy, id, version);
            try (Connection c = database.getConnection(); PreparedStatement s = c.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"))) {
                int position = 1;
                for (Matcher m = PARAMETER.matcher(sql); m.find(); ) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    s.setObject(position++, values.get(Integer.parseInt(m.group(1)) - 1), Types.OTHER);
                }
                if (s.executeUpdate() == 0) {
                    throw new UpdateFailed("workflow not found: workflow_id=" + id + " version=" + version, UpdateFailed.NO_DATA);
                }
            } catch (SQLException e) {
                throw new UpdateFailed("failed to update workflow status: " + Sql.message(e), e.getSQLState());
            }
        }
    }
    // <<< block UpdateStatus
}
