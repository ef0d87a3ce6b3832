///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Whether containers can be used here: which engine, over which socket, in which state, and whether Testcontainers finds it.
//DESCRIPTION   jbang podman-machine
//DESCRIPTION   jbang podman-machine --start
//DESCRIPTION   eval "$(jbang podman-machine --env)"
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Looks at the container engine of this machine, starts it, and proves that Testcontainers can use it. */
@Command(name = "podman-machine", version = "podman-machine 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Says whether containers can be used here: by which engine (Podman, else Docker), over which socket, in which state, and whether Testcontainers finds it.",
                "Without options it only looks."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: containers can be used, or what was asked for is done", "1:the script itself failed", "2:wrong usage",
                "3:could not check: there is no podman to replay the incident with", "10:problems found: the engine or Testcontainers cannot be used, or could not be started"},
        footer = {"%nExamples:", "  podman-machine", "  podman-machine --start", "  eval \"$(podman-machine --env)\"", "  podman-machine --prove",
                "  podman-machine --clean 'datastorage-*-test'"})
class PodmanMachine implements Callable<Integer> {
    /** What is asked for, one at a time; nothing is looking only. */
    static final class Mode {
        @Option(names = "--start", description = "Start Podman, and wait until its socket answers. A machine that runs is never stopped.")
        boolean start;
        @Option(names = "--env", description = "Print the exports that Testcontainers needs, for eval, and nothing else.")
        boolean env;
        @Option(names = "--prove", description = "Start a PostgreSQL container through Testcontainers, run a query, remove it.")
        boolean prove;
        @Option(names = "--replay", description = "The incident: the preflight check fails with exit status 125; why, and the fix. On Linux with a service of its own.")
        boolean replay;
        @Option(names = "--clean", paramLabel = "PATTERN", description = "Show the containers and networks whose name matches (* and ? stand for any), ask, and remove them.")
        String clean;
    }

    @ArgGroup(exclusive = true)
    Mode mode = new Mode();
    @Option(names = "--yes", description = "Do not ask, with --clean.")
    boolean yes;
    @Option(names = "--image", paramLabel = "IMAGE", defaultValue = "postgres:16-alpine", description = "The image that --prove starts (default: ${DEFAULT-VALUE}).")
    String image;
    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "600", description = "How long --start and --prove may take (default: ${DEFAULT-VALUE}).")
    int timeout;
    @Option(names = "--patience", paramLabel = "SECONDS", defaultValue = "5", description = "How long podman and a socket may take to answer (default: ${DEFAULT-VALUE}).")
    int patience;

    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private Report report;
    /** What podman said when it could not be started: the cause stands there, and not in the state that it left. */
    private String trouble = "";

    public static void main(String... args) {
        System.exit(Report.commandLine(new PodmanMachine(), "DOCKER_HOST, CONTAINER_HOST:where the engine listens, asked before the usual places").execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (timeout < 1 || patience < 1) {
            throw Stop.usage("--timeout and --patience are seconds, and at least 1");
        }
        if (mode.env) {
            return printExports();
        }
        report = new Report(spec, output.format);
        return mode.start ? start() : mode.prove ? prove() : mode.replay ? replay() : mode.clean != null ? clean() : look();
    }

    // Look ------------------------------------------------------------------------------------------------------------

    private int look() {
        Sight sight = Sight.take(patience);
        show(sight);
        addFinding(sight);
        showTestcontainers(sight, Severity.error);
        return report.end(false);
    }

    private void show(Sight sight) {
        report.step("Podman on this machine");
        if (Os.HERE.needsMachine() && !sight.ps.missing()) {
            report.run(sight.list.command);
            sight.machines.forEach(machine -> report.say(machine.describe()));
            if (sight.machines.isEmpty()) {
                report.bad(sight.list.exit == 0 && !sight.unreadable ? "there is no machine" : sight.list.outcome());
            }
        }
        report.run(sight.ps.command);
        if (sight.ps.exit == 0) {
            report.good("exit status 0");
        } else {
            report.bad(sight.ps.outcome());
        }
        report.checked("commands", sight.ps.missing() ? 0 : 1);
        report.step("The sockets");
        for (Ping ping : sight.worthTelling()) {
            report.run(ping.place.asCommand());
            if (ping.answers()) {
                report.good(ping.describe());
            } else {
                report.tell(sight.state == State.SOUND ? Severity.info : Severity.error, ping.describe());
            }
        }
        report.checked("sockets", sight.pings.size());
    }

    /** The state as a finding; a Podman that is down is no error where Docker does its work. */
    private void addFinding(Sight sight) {
        if (sight.state == State.SOUND) {
            report.good(sight.engine().reply == Reply.PODMAN ? "Podman is sound" : "Docker is sound, and there is no Podman here");
            return;
        }
        boolean docker = sight.engine() != null && sight.engine().reply == Reply.DOCKER;
        if (docker) {
            report.warn("containers can be used, by Docker");
        }
        State cause = State.said(trouble) == State.STORAGE || State.said(trouble) == State.PERMISSION ? State.said(trouble) : sight.state;
        report.finding(cause.code(), docker ? Severity.warning : Severity.error, sight.socket() == null ? null : new Where(sight.socket().replaceFirst("^unix://", ""), 0),
                cause == sight.state ? sight.sentence() : cause.meaning, trouble.isEmpty() ? sight.evidence() : trouble, sight.remedies(cause).toArray(String[]::new));
    }

    /** Whether Testcontainers, as it is configured here, would find an engine, and what to export if not. */
    private void showTestcontainers(Sight sight, Severity blind) {
        report.step("Where Testcontainers looks for an engine");
        Ping engine = sight.engine();
        Ping found = null;
        for (Ping ping : sight.testcontainers()) {
            if (ping.answers()) {
                found = ping;
                report.good(ping.place.why + ": " + ping.describe());
                break;
            }
            report.warn(ping.place.why + ": " + ping.describe());
            if (ping.reply == Reply.NOT_ASKED) {
                report.skipped("Testcontainers", ping.describe());
                return;
            }
            // It would wait there for ever.
            if (ping.reply == Reply.MUTE) {
                break;
            }
        }
        if (engine == null) {
            report.skipped("Testcontainers", "there is no engine that it could find");
            return;
        }
        report.checked("configurations of Testcontainers", 1);
        Map<String, String> exports = sight.exports();
        if (found == null) {
            report.bad("it would not find " + engine.describe() + " on " + engine.place.address);
            report.finding("TESTCONTAINERS_BLIND", blind, null, "Testcontainers would not find the engine on " + engine.place.address,
                    "it looks at DOCKER_HOST, ~/.testcontainers.properties and the sockets of Docker, not at Podman's own", exportLines(exports).toArray(String[]::new));
        } else if (found.place.address.equals(engine.place.address)) {
            exports.forEach((name, value) -> {
                if (!name.equals("DOCKER_HOST") && System.getenv(name) == null) {
                    report.warn("it also needs " + name + "=" + value + (name.contains("RYUK") ? ": Ryuk does not work without root, so a test run that is killed leaves its containers (--clean removes them)" : ""));
                }
            });
        } else {
            report.warn("it would use this one, not " + engine.describe().replaceFirst("200, ", "") + " on " + engine.place.address);
        }
    }

    private static List<String> exportLines(Map<String, String> exports) {
        return exports.entrySet().stream().map(e -> Os.HERE == Os.WINDOWS ? "$env:" + e.getKey() + " = '" + e.getValue().replace("'", "''") + "'"
                : "export " + e.getKey() + "='" + e.getValue().replace("'", "'\\''") + "'").toList();
    }

    /** For eval: on stdout nothing but exports, so that a sentence is never taken for a command. */
    private int printExports() {
        Sight sight = Sight.take(patience);
        if (sight.engine() == null) {
            System.err.println("podman-machine: " + sight.state.code() + ": " + Report.clean(sight.sentence()).replace('\n', ' ') + "; do: " + String.join("; ", sight.remedies()));
            return Report.PROBLEMS;
        }
        exportLines(sight.exports()).forEach(spec.commandLine().getOut()::println);
        return Report.SOUND;
    }

    // Start -----------------------------------------------------------------------------------------------------------

    private int start() throws Exception {
        Sight sight = Sight.take(patience);
        show(sight);
        if (Set.of(State.NO_MACHINE, State.STOPPED, State.STARTING).contains(sight.state)) {
            sight = bringUp(sight);
            show(sight);
        }
        addFinding(sight);
        showTestcontainers(sight, Severity.warning);
        return report.end(false);
    }

    /** Starts what is down, and waits for the socket; what podman says on the way is shown as it says it. */
    private Sight bringUp(Sight sight) throws Exception {
        report.step("Start it");
        try (Starter starter = new Starter(report, timeout, patience)) {
            if (Os.HERE.needsMachine()) {
                starter.startMachine(sight);
            } else {
                starter.startService(Sight.ownSocket());
            }
            Sight after = starter.awaitAnswer();
            trouble = starter.trouble;
            // A machine that has started but does not answer is still the reader's; a service that does not is of no use.
            starter.keep = Os.HERE.needsMachine() || after.answersAsPodman();
            return after;
        }
    }

    // Prove -----------------------------------------------------------------------------------------------------------

    private int prove() throws Exception {
        Sight sight = Sight.take(patience);
        show(sight);
        if (sight.engine() == null) {
            addFinding(sight);
            return report.end(false);
        }
        showTestcontainers(sight, Severity.warning);
        report.step("A PostgreSQL container through Testcontainers");
        Proof.run(report, sight.engine().place.address, sight.exports(), image, timeout, patience);
        return report.end(false);
    }

    // Replay ----------------------------------------------------------------------------------------------------------

    private int replay() throws Exception {
        if (Ran.run(patience, "podman", "--version").missing()) {
            throw Stop.unchecked("there is no podman on the PATH to replay the incident with; do: " + String.join("; ", Os.HERE.install()));
        }
        return Os.HERE.needsMachine() ? replayOnMachine() : replayOnService();
    }

    /** On Linux: a service on a socket of this run, down and then up; the reader's own is not asked for anything. */
    private int replayOnService() throws Exception {
        Path socket = RunFolder.get().resolve("podman.sock");
        String address = "unix://" + socket;
        report.step("The preflight check of the tests");
        Ran before = preflight("podman", "--url", address, "ps");
        explain(before, address);
        report.step("Start it");
        try (Starter starter = new Starter(report, timeout, patience)) {
            // Where this run is killed, the service ends by itself.
            starter.startService(socket, "--time=60");
            starter.awaitService();
            report.step("The preflight check again");
            boolean passes = preflight("podman", "--url", address, "ps").exit == 0;
            Ping ping = ping(address);
            boolean proven = passes && ping.answers() && proveOn(address);
            report.checked("preflight checks", 2);
            return report.end(proven);
        }
    }

    /** On macOS and Windows: the reader's machine, if it is down; it is stopped again at the end. */
    private int replayOnMachine() throws Exception {
        Sight sight = Sight.take(patience);
        if (sight.state != State.STOPPED) {
            throw Stop.unchecked("the replay needs a machine that is stopped, and " + (sight.state == State.SOUND ? "yours runs: podman machine stop, then again" : sight.sentence()));
        }
        report.step("The preflight check of the tests");
        Ran before = preflight("podman", "ps");
        explain(before, null);
        report.step("Start it");
        try (Starter starter = new Starter(report, timeout, patience)) {
            starter.startMachine(sight);
            Sight after = starter.awaitAnswer();
            report.step("The preflight check again");
            boolean passes = preflight("podman", "ps").exit == 0;
            boolean proven = passes && after.state == State.SOUND && ping(after.engine().place.address).answers();
            report.checked("preflight checks", 2);
            return report.end(proven);
        }
    }

    /** The check as the tests of the incident make it, in its words. */
    private Ran preflight(String... words) {
        Ran ps = Ran.run(patience, words);
        report.run(ps.command);
        if (ps.exit == 0) {
            report.good("Preflight check passed: exit status 0");
        } else {
            report.bad("❌ Preflight check failed: ❌ Podman not available: " + ps.how());
        }
        return ps;
    }

    private Ping ping(String address) {
        Place place = Place.named(address, "");
        report.run(place.asCommand());
        Ping ping = place.ping(patience);
        if (ping.answers()) {
            report.good(ping.describe());
        } else {
            report.bad(ping.describe());
        }
        return ping;
    }

    private void explain(Ran ps, String address) {
        report.step("Why: 125 only means an error of podman itself, the cause stands in stderr");
        report.say(ps.brief());
        State state = State.said(ps.err);
        if (address != null) {
            ping(address);
        }
        report.warn(state.code() + ": " + state.meaning);
        report.finding(state.code(), Severity.error, null, state.meaning, ps.brief(), Sight.remedies(state, Os.HERE.needsMachine(), "").toArray(String[]::new));
    }

    /** A container on the replay's service, which shares the reader's images; none is pulled for a replay. */
    private boolean proveOn(String address) throws Exception {
        report.step("A PostgreSQL container through Testcontainers");
        if (Api.ask(address, "/images/" + image + "/json", patience).status != 200) {
            report.skipped("Testcontainers", image + " is not on this machine, and a replay pulls nothing: --prove does");
            return true;
        }
        return Proof.run(report, address, Testcontainers.exports(address, true, null), image, timeout, patience);
    }

    // Clean -----------------------------------------------------------------------------------------------------------

    /** Removes what holds names and ports: what the pattern named, what was shown, and nothing else. */
    private int clean() throws Exception {
        if (mode.clean.isBlank()) {
            throw Stop.usage("--clean wants a pattern of names, such as 'datastorage-*'");
        }
        Ping engine = Sight.take(patience).engine();
        if (engine == null) {
            throw Stop.unchecked("no engine answers: podman-machine says why");
        }
        report.step("Containers and networks named " + mode.clean);
        List<Leftover> all = Leftover.all(engine.place.address, patience);
        List<Leftover> named = all.stream().filter(left -> left.matches(mode.clean)).toList();
        named.forEach(left -> report.say(left.describe()));
        report.checked("containers and networks", all.size());
        if (named.isEmpty()) {
            report.good("none of " + all.size());
        } else if (confirmed(named.size())) {
            report.step("Remove them");
            named.forEach(left -> remove(engine.place.address, left));
        } else {
            report.say("nothing is removed");
        }
        return report.end(false);
    }

    private boolean confirmed(int count) {
        Console console = System.console();
        String answer = yes ? "y" : console == null ? null : console.readLine("Remove these %d? [y/N] ", count);
        if (answer == null) {
            throw Stop.usage("nobody can be asked here: add --yes to remove the " + count + " that are shown");
        }
        return answer.strip().equalsIgnoreCase("y");
    }

    private void remove(String address, Leftover left) {
        report.run("podman " + (left.network ? "network rm " : "rm -f -v ") + left.name);
        String trouble = left.remove(address, patience);
        if (trouble.isEmpty()) {
            report.good("removed");
        } else {
            report.bad(trouble);
            report.finding("LEFTOVER_STAYS", Severity.error, null, left.name + " could not be removed", trouble);
        }
    }

    // Parts -----------------------------------------------------------------------------------------------------------

    /** The operating system: on all but Linux Podman needs a virtual machine. */
    enum Os {
        LINUX, MAC, WINDOWS;

        /** -Drunbook.os=mac|windows|linux, for the tests, which have no other systems. */
        static final Os HERE = of(System.getProperty("runbook.os", System.getProperty("os.name")).toLowerCase(Locale.ROOT));

        private static Os of(String name) {
            return name.startsWith("mac") ? MAC : name.startsWith("win") ? WINDOWS : LINUX;
        }

        boolean needsMachine() {
            return this != LINUX;
        }

        List<String> install() {
            return List.of(this == MAC ? "brew install podman" : this == WINDOWS ? "winget install RedHat.Podman" : "sudo apt-get install podman   # or dnf, zypper, pacman");
        }
    }

    // >>> block PodmanState (owner: podman-machine.java)
    /** The state of Podman here; all but SOUND are finding codes with PODMAN_ before them. */
    enum State {
        SOUND("Podman can be used"),
        ABSENT("Podman is not installed here"),
        NO_MACHINE("Podman has no machine yet"),
        STOPPED("Podman's service is not running"),
        STARTING("the machine is starting"),
        NOT_ANSWERING("Podman is there, but does not answer as it should"),
        PERMISSION("Podman may not be used by this user"),
        STORAGE("Podman's storage is full, or over its quota");

        private static final Map<State, Pattern> WORDS = new LinkedHashMap<>();

        static {
            // The first that fits: "unable to connect …: permission denied" is a question of permission.
            WORDS.put(STORAGE, Pattern.compile("no space left on device|disk quota exceeded|read-only file system|not enough (free )?(disk )?space"));
            WORDS.put(PERMISSION, Pattern.compile("permission denied|operation not permitted|access is denied|newuidmap|newgidmap|/etc/subuid"));
            WORDS.put(NO_MACHINE, Pattern.compile("vm does not exist|no such vm"));
            WORDS.put(STOPPED, Pattern.compile("unable to connect|cannot connect|failed to connect|connection refused"));
        }

        final String meaning;

        State(String meaning) {
            this.meaning = meaning;
        }

        String code() {
            return "PODMAN_" + name();
        }

        /** What podman's own words on stderr mean; its exit code says nothing, and empty stderr does not either. */
        static State said(String stderr) {
            String words = stderr.toLowerCase(Locale.ROOT);
            return WORDS.entrySet().stream().filter(e -> e.getValue().matcher(words).find()).map(Map.Entry::getKey).findFirst().orElse(NOT_ANSWERING);
        }
    }
    // <<< block PodmanState

    /**
     * A command that was run, with its own time limit.
     *
     * @param exit its exit status; TOO_LONG where it was ended for that, MISSING where there is no such command
     */
    record Ran(String command, int exit, String out, String err) {
        static final int TOO_LONG = -1, MISSING = -2;
        /** More of what a command prints is not read. */
        private static final int ENOUGH = 1 << 20;

        static Ran run(int seconds, String... words) {
            return run(seconds, Ran::read, words);
        }

        /** What the command says is also passed on to stderr, line by line, as it is said. */
        static Ran aloud(int seconds, String... words) {
            return run(seconds, Ran::passOn, words);
        }

        private static Ran run(int seconds, Reader reader, String... words) {
            String command = String.join(" ", words);
            try (Child child = Child.start(new ProcessBuilder(words))) {
                Future<String> out = Background.run(() -> reader.read(child.process.getInputStream()));
                Future<String> err = Background.run(() -> reader.read(child.process.getErrorStream()));
                boolean ended = child.process.waitFor(seconds, TimeUnit.SECONDS);
                if (!ended) {
                    child.end();
                }
                return new Ran(command, ended ? child.process.exitValue() : TOO_LONG, Background.get(out, 1, ""), Background.get(err, 1, ""));
            } catch (IOException e) {
                return new Ran(command, MISSING, "", "");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        interface Reader {
            String read(InputStream from) throws IOException;
        }

        private static String read(InputStream from) throws IOException {
            return new String(from.readNBytes(ENOUGH), StandardCharsets.UTF_8);
        }

        private static String passOn(InputStream from) throws IOException {
            StringBuilder all = new StringBuilder();
            BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null && all.length() < ENOUGH; line = lines.readLine()) {
                System.err.println("podman: " + Report.clean(line));
                all.append(line).append('\n');
            }
            return all.toString();
        }

        boolean missing() {
            return exit == MISSING;
        }

        /** How it ended, and in its own words why. */
        String outcome() {
            return missing() ? how() : how() + "\n" + brief();
        }

        String how() {
            return missing() ? "there is no " + command.replaceFirst(" .*", "") + " on the PATH" : exit == TOO_LONG ? "no answer in time" : "exit status " + exit;
        }

        /** The first lines of what it said, for what a program prints that has gone wrong may be anything. */
        String brief() {
            String said = err.isBlank() ? out : err;
            List<String> lines = said.lines().filter(line -> !line.isBlank()).limit(6).map(line -> line.length() > 300 ? line.substring(0, 300) + "…" : line).toList();
            return lines.isEmpty() ? "it says nothing" : String.join("\n", lines);
        }
    }

    /** A process that is ended with the run. */
    static final class Child implements AutoCloseable {
        final Process process;
        private final Undo undo;

        private Child(Process process) {
            this.process = process;
            this.undo = RunFolder.atEnd(this::end);
        }

        static Child start(ProcessBuilder builder) throws IOException {
            return RunFolder.unlessEnding(() -> {
                Child child = new Child(builder.start());
                // Without a terminal podman asks nothing.
                child.process.getOutputStream().close();
                return child;
            });
        }

        /** Only for what has not ended, for what podman machine start leaves running is to run. Gently first: podman then writes down that it no longer starts it. */
        void end() throws InterruptedException {
            // By their handles: Process.destroy would close the streams, and what was said last would be lost.
            List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
            all.forEach(ProcessHandle::destroy);
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                all.forEach(ProcessHandle::destroyForcibly);
            }
        }

        /** It has ended, or may outlive the run. */
        @Override
        public void close() {
            undo.close();
        }
    }

    /** Work on the side, in threads that keep nobody from ending. */
    static final class Background {
        private static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        });

        static <T> Future<T> run(Callable<T> work) {
            return THREADS.submit(work);
        }

        static <T> T get(Future<T> future, int seconds, T otherwise) {
            try {
                return future.get(seconds, TimeUnit.SECONDS);
            } catch (TimeoutException | ExecutionException e) {
                return otherwise;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** For work that has a time limit of its own. */
        static <T> T get(Future<T> future) {
            try {
                return future.get();
            } catch (InterruptedException | ExecutionException e) {
                throw e.getCause() instanceof RuntimeException own ? own : new IllegalStateException(e);
            }
        }
    }

    /** What an address answers to GET /_ping. */
    enum Reply { PODMAN, DOCKER, NOTHING_THERE, REFUSED, DENIED, MUTE, NONSENSE, NO_ADDRESS, NOT_ASKED }

    /**
     * Where an engine's API may be.
     *
     * @param address unix:///path, tcp://host:port or npipe:////./pipe/name
     * @param why     who names it
     * @param named   by the environment, a file or podman; else it is where Docker usually is
     */
    record Place(String address, String why, boolean named) {
        static Place named(String address, String why) {
            return new Place(address.strip(), why, true);
        }

        static Place usual(String path) {
            return new Place("unix://" + path, path, false);
        }

        /** The path of a Unix socket; null for any other address. */
        Path socket() {
            return address.startsWith("unix://") ? Path.of(address.substring(7)) : null;
        }

        String asCommand() {
            return socket() != null ? "curl --unix-socket " + socket() + " http://d/_ping" : address.startsWith("tcp://") ? "curl " + address.replaceFirst("tcp", "http") + "/_ping" : "GET /_ping on " + address;
        }

        /** The truth about an engine: podman info is content without its socket. */
        Ping ping(int patience) {
            if (!address.matches("unix://.+|npipe://.+|tcp://[^/:]+:\\d{1,5}/?")) {
                return new Ping(this, address.startsWith("ssh://") ? Reply.NOT_ASKED : Reply.NO_ADDRESS, "");
            }
            if (address.startsWith("tcp://") && System.getenv("DOCKER_TLS_VERIFY") != null) {
                return new Ping(this, Reply.NOT_ASKED, "");
            }
            try {
                if (socket() != null) {
                    Files.readAttributes(socket(), BasicFileAttributes.class);
                }
                return judge(Api.call("GET", address, "/_ping", patience));
            } catch (NoSuchFileException e) {
                return new Ping(this, Reply.NOTHING_THERE, "");
            } catch (AccessDeniedException e) {
                return new Ping(this, Reply.DENIED, "");
            } catch (TimeoutException e) {
                return new Ping(this, Reply.MUTE, "within " + patience + " s");
            } catch (IOException e) {
                // The system's words are in the reader's language, so the file is asked.
                return new Ping(this, socket() != null && !Files.isWritable(socket()) ? Reply.DENIED : Reply.REFUSED, "");
            }
        }

        private Ping judge(Api.Answer answer) {
            Optional<String> podman = answer.header("Libpod-Api-Version");
            return answer.status == 200 && podman.isPresent() ? new Ping(this, Reply.PODMAN, podman.get())
                    : answer.status == 200 && answer.header("Api-Version").isPresent() ? new Ping(this, Reply.DOCKER, answer.header("Server").orElse("").replaceFirst("^Docker/(\\S+).*", "$1"))
                    : answer.text.isEmpty() ? new Ping(this, Reply.MUTE, "and closes")
                    : new Ping(this, Reply.NONSENSE, answer.text.lines().findFirst().map(line -> line.length() > 80 ? line.substring(0, 80) + "…" : line).orElse(""));
        }
    }

    /** What a place answered; detail is a version, or what it said instead. */
    record Ping(Place place, Reply reply, String detail) {
        boolean answers() {
            return reply == Reply.PODMAN || reply == Reply.DOCKER;
        }

        String describe() {
            return switch (reply) {
                case PODMAN -> "200, Podman " + detail;
                case DOCKER -> "200, Docker " + detail;
                case NOTHING_THERE -> place.address + " is not there";
                case REFUSED -> "nothing listens on " + place.address;
                case DENIED -> "this user may not open " + place.address;
                case MUTE -> place.address + " accepts and says nothing " + detail;
                case NONSENSE -> place.address + " answers, but not as an engine: " + detail;
                case NO_ADDRESS -> place.address + " is no address: unix:///path or tcp://host:port";
                case NOT_ASKED -> place.address + " is not asked: SSH and TLS are not spoken here";
            };
        }
    }

    /** The engine's HTTP interface over a Unix socket, TCP, or a named pipe of Windows; a request a connection. */
    static final class Api {
        private static final int ENOUGH = 16 << 20;

        record Answer(int status, String text) {
            Optional<String> header(String name) {
                Matcher m = Pattern.compile("(?im)^" + name + ": *(.*?)\\r?$").matcher(text);
                return m.find() ? Optional.of(m.group(1)) : Optional.empty();
            }

            String body() {
                int end = text.indexOf("\r\n\r\n");
                return end < 0 ? "" : text.substring(end + 4);
            }

            JsonNode json() throws IOException {
                try {
                    return JsonMapper.shared().readTree(body());
                } catch (JacksonException e) {
                    throw new IOException("the engine's answer is not JSON");
                }
            }
        }

        /** @throws TimeoutException it took longer than that, however much it has said by then */
        static Answer call(String method, String address, String path, int seconds) throws IOException, TimeoutException {
            ByteChannel[] opened = new ByteChannel[1];
            Future<Answer> answer = Background.run(() -> {
                try (ByteChannel channel = open(address)) {
                    opened[0] = channel;
                    // HTTP/1.0: the answer ends with the connection, and comes in one piece.
                    channel.write(ByteBuffer.wrap((method + " " + path + " HTTP/1.0\r\nHost: d\r\n\r\n").getBytes(StandardCharsets.UTF_8)));
                    return read(Channels.newInputStream(channel));
                }
            });
            try {
                return answer.get(seconds, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                answer.cancel(true);
                throw e;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        /** For what cannot go on without an answer. */
        static Answer ask(String address, String path, int seconds) {
            try {
                return call("GET", address, path, seconds);
            } catch (IOException | TimeoutException e) {
                throw Stop.unchecked("the engine on " + address + " no longer answers: podman-machine says why");
            }
        }

        private static ByteChannel open(String address) throws IOException {
            if (address.startsWith("npipe://")) {
                if (java.io.File.separatorChar == '/') {
                    throw new IOException("only Windows has named pipes");
                }
                return new RandomAccessFile(address.substring(8).replace('/', '\\'), "rw").getChannel();
            }
            if (address.startsWith("unix://")) {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                channel.connect(UnixDomainSocketAddress.of(address.substring(7)));
                return channel;
            }
            String[] parts = address.substring(6).replace("/", "").split(":");
            return SocketChannel.open(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
        }

        /** A pipe of Windows does not end with the answer, so its length counts where it is given. */
        private static Answer read(InputStream from) throws IOException {
            byte[] all = new byte[0];
            byte[] piece = new byte[8192];
            for (int n = from.read(piece); n > 0 && all.length < ENOUGH; n = complete(all) ? -1 : from.read(piece)) {
                int before = all.length;
                all = java.util.Arrays.copyOf(all, before + n);
                System.arraycopy(piece, 0, all, before, n);
            }
            String text = new String(all, StandardCharsets.UTF_8);
            Matcher status = Pattern.compile("HTTP/1\\.[01] (\\d{3}).*").matcher(text.lines().findFirst().orElse(""));
            return new Answer(status.matches() ? Integer.parseInt(status.group(1)) : 0, text);
        }

        private static boolean complete(byte[] all) {
            String text = new String(all, StandardCharsets.ISO_8859_1);
            Matcher length = Pattern.compile("(?i)\\r\\nContent-Length: *(\\d+)").matcher(text);
            int end = text.indexOf("\r\n\r\n");
            return end > 0 && length.find() && length.start() < end && all.length - end - 4 >= Long.parseLong(length.group(1));
        }
    }

    /**
     * A virtual machine of Podman.
     *
     * @param address of its API on this side; null where podman does not say, as before 4.2
     */
    record Machine(String name, boolean byDefault, boolean running, boolean starting, String address, boolean rootful) {
        String describe() {
            return name + (byDefault ? ", the default" : "") + ": " + (starting ? "starting" : running ? "running" : "stopped") + (rootful ? ", rootful" : "");
        }

        /** The words that name it in a command; the default one needs no name. */
        String[] command(String what) {
            return name.equals("podman-machine-default") ? new String[] {"podman", "machine", what} : new String[] {"podman", "machine", what, name};
        }

        /** Podman's own list; null if it cannot be read. */
        static List<Machine> read(Ran list, int patience) {
            List<Machine> machines = new ArrayList<>();
            if (list.out.strip().matches("(json\\s*)+")) {
                // Podman 3 takes the word json for a template, and forwards no socket.
                Ran table = Ran.run(patience, "podman", "machine", "list", "--noheading", "--format", "{{.Name}}\t{{.LastUp}}");
                table.out.lines().map(line -> line.split("\t")).filter(cells -> cells.length == 2).forEach(cells -> machines.add(
                        new Machine(cells[0].replace("*", ""), cells[0].endsWith("*"), cells[1].startsWith("Currently running"), false, null, false)));
                return machines.isEmpty() ? null : machines;
            }
            try {
                JsonNode all = JsonMapper.shared().readTree(list.out);
                if (!all.isArray()) {
                    return list.exit == 0 && list.out.isBlank() ? machines : null;
                }
                all.forEach(m -> machines.add(new Machine(m.path("Name").asString("").replaceFirst("\\*$", ""), m.path("Default").asBoolean(false) || m.path("Name").asString("").endsWith("*"),
                        m.path("Running").asBoolean(false), m.path("Starting").asBoolean(false), null, false)));
                return machines;
            } catch (JacksonException e) {
                return null;
            }
        }

        /** The one that podman itself would use: the default, else one that runs. */
        static Optional<Machine> used(List<Machine> machines) {
            return machines.stream().min(Comparator.comparing((Machine m) -> !m.byDefault).thenComparing(m -> !m.running));
        }

        /** With what only podman machine inspect knows: its socket, and whether it is rootful. */
        Machine inspected(int patience) {
            Ran inspect = Ran.run(patience, "podman", "machine", "inspect", name);
            try {
                JsonNode m = JsonMapper.shared().readTree(inspect.out).path(0);
                String socket = m.path("ConnectionInfo").path("PodmanSocket").path("Path").asString("");
                String pipe = m.path("ConnectionInfo").path("PodmanPipe").path("Path").asString("");
                String address = !pipe.isEmpty() ? "npipe://" + pipe.replace('\\', '/') : !socket.isEmpty() ? "unix://" + socket : null;
                String state = m.path("State").asString("");
                return new Machine(name, byDefault, running || state.equals("running"), starting || state.equals("starting"), address, m.path("Rootful").asBoolean(false));
            } catch (JacksonException e) {
                return this;
            }
        }
    }

    /** What was seen of the engine, and the state that follows from it. */
    static final class Sight {
        final Ran ps;
        /** podman machine list; null on Linux. */
        final Ran list;
        final boolean unreadable;
        final List<Machine> machines;
        final Map<String, Ping> pings = new LinkedHashMap<>();
        final State state;

        private Sight(Ran ps, Ran list, List<Machine> machines, List<Place> places, int patience) {
            this.ps = ps;
            this.list = list;
            this.unreadable = machines == null;
            this.machines = machines == null ? List.of() : machines;
            Map<String, Future<Ping>> asked = new LinkedHashMap<>();
            places.forEach(place -> asked.computeIfAbsent(place.address, address -> Background.run(() -> place.ping(patience))));
            asked.forEach((address, ping) -> pings.put(address, Background.get(ping)));
            this.state = judge();
        }

        /** Asks podman and every socket at once. */
        static Sight take(int patience) {
            Future<Ran> asked = Background.run(() -> Ran.run(patience, "podman", "ps"));
            Ran list = Os.HERE.needsMachine() ? Ran.run(patience, "podman", "machine", "list", "--format", "json") : null;
            List<Machine> machines = list == null || list.missing() ? List.of() : Machine.read(list, patience);
            if (machines != null && !machines.isEmpty()) {
                Machine used = Machine.used(machines).orElseThrow();
                machines = machines.stream().map(m -> m == used ? m.inspected(patience) : m).toList();
            }
            List<Place> places = new ArrayList<>(podmanPlaces(machines == null ? List.of() : machines));
            places.addAll(Testcontainers.places());
            return new Sight(Background.get(asked), list, machines, places, patience);
        }

        /** Where Podman's own socket is, or is expected. */
        private static List<Place> podmanPlaces(List<Machine> machines) {
            List<Place> places = new ArrayList<>();
            Optional.ofNullable(System.getenv("CONTAINER_HOST")).ifPresent(address -> places.add(Place.named(address, "CONTAINER_HOST")));
            Machine.used(machines).filter(m -> m.address != null).ifPresent(m -> places.add(Place.named(m.address, "machine " + m.name)));
            if (Os.HERE == Os.LINUX) {
                places.add(Place.named("unix://" + defaultSocket(), "Podman's own socket"));
            }
            return places;
        }

        /** Where podman system service listens if nothing else is said (podman-system-service(1)). */
        static Path defaultSocket() {
            String uid = uid();
            String runtime = System.getenv("XDG_RUNTIME_DIR");
            return uid.equals("0") ? Path.of("/run/podman/podman.sock") : Path.of(runtime != null && !runtime.isEmpty() ? runtime : "/run/user/" + uid, "podman/podman.sock");
        }

        /** Where --start lets a service listen. */
        static Path ownSocket() {
            String named = System.getenv("CONTAINER_HOST");
            if (named != null && !named.startsWith("unix://")) {
                throw Stop.usage("CONTAINER_HOST is " + named + ", which cannot be started from here: start it there, or unset CONTAINER_HOST");
            }
            return named != null ? Path.of(named.substring(7)) : defaultSocket();
        }

        static String uid() {
            try {
                return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
            } catch (IOException | UnsupportedOperationException e) {
                return "";
            }
        }

        private State judge() {
            State said = ps.missing() || ps.exit == 0 ? State.SOUND : ps.exit == Ran.TOO_LONG ? State.NOT_ANSWERING : State.said(ps.err);
            // A podman that only reads does not notice a full disk.
            if (said == State.STORAGE || list == null && !ps.missing() && Storage.full()) {
                return State.STORAGE;
            }
            if (answersAsPodman()) {
                return said == State.SOUND ? State.SOUND : said == State.PERMISSION ? said : State.NOT_ANSWERING;
            }
            if (ps.missing()) {
                return engine() != null ? State.SOUND : State.ABSENT;
            }
            return list != null ? judgeMachine(said) : judgeService(said);
        }

        private State judgeMachine(State said) {
            Machine machine = machine();
            return unreadable || list.exit != 0 ? State.said(list.err)
                    : machine == null ? State.NO_MACHINE
                    : machine.starting ? State.STARTING
                    : !machine.running ? State.STOPPED
                    : said == State.PERMISSION || anyOwn(Reply.DENIED) ? State.PERMISSION : State.NOT_ANSWERING;
        }

        private State judgeService(State said) {
            return said == State.PERMISSION || anyOwn(Reply.DENIED) ? State.PERMISSION
                    : said == State.NOT_ANSWERING || anyOwn(Reply.MUTE) || anyOwn(Reply.NONSENSE) ? State.NOT_ANSWERING : State.STOPPED;
        }

        /** Among the places that are to be Podman's: its own, and those that the environment names. */
        private boolean anyOwn(Reply reply) {
            return pings.values().stream().anyMatch(ping -> ping.reply == reply && ping.place.named);
        }

        Machine machine() {
            return Machine.used(machines).orElse(null);
        }

        /** The engine that can be used: Podman, else Docker; null if there is none. */
        Ping engine() {
            return pings.values().stream().filter(Ping::answers).min(Comparator.comparing(Ping::reply)).orElse(null);
        }

        boolean answersAsPodman() {
            return engine() != null && engine().reply == Reply.PODMAN;
        }

        /** The socket that a finding is about. */
        String socket() {
            return pings.values().stream().filter(ping -> ping.place.named && !ping.answers()).findFirst().map(ping -> ping.place.address).orElse(null);
        }

        /** Docker's sockets that are not there tell nothing. */
        List<Ping> worthTelling() {
            return pings.values().stream().filter(ping -> ping.reply != Reply.NOTHING_THERE || ping.place.named).toList();
        }

        /** The places where Testcontainers looks, in its order, with their answers. */
        List<Ping> testcontainers() {
            return Testcontainers.places().stream().map(place -> new Ping(place, pings.get(place.address).reply, pings.get(place.address).detail)).toList();
        }

        Map<String, String> exports() {
            return Testcontainers.exports(engine().place.address, answersAsPodman() && !(list == null && ps.missing()), machine());
        }

        String sentence() {
            Machine machine = machine();
            if (ps.exit == Ran.TOO_LONG && state == State.NOT_ANSWERING) {
                return ps.command + " does not answer";
            }
            return switch (state) {
                case STOPPED -> machine != null ? "the machine " + machine.name + " is stopped" : state.meaning + (socket() == null ? "" : ": nothing listens on " + socket());
                case STARTING -> "the machine " + machine.name + (starter().isPresent() ? " is being started, by process " + starter().get().pid() : " says that it is starting, and nothing starts it: it is stuck");
                case STORAGE -> ps.exit == 0 ? "less than " + Storage.LITTLE + " MB are free under Podman's storage" : state.meaning;
                case NOT_ANSWERING -> list != null && list.exit != 0 ? list.command + " fails: " + list.how()
                        : unreadable ? list.command + " answers with what is no list of machines"
                        : machine != null && machine.address == null ? "the machine " + machine.name + " runs, but this podman forwards no socket: it is older than 4.2"
                        : machine != null && machine.running && engine() == null ? "the machine " + machine.name + " runs, but its socket is dead"
                        : ps.exit > 0 ? ps.command + " ends with exit status " + ps.exit + (ps.err.isBlank() ? " and says nothing" : "")
                        : state.meaning;
                default -> state.meaning;
            };
        }

        /** A podman machine start that is at work. */
        private static Optional<ProcessHandle> starter() {
            return ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").matches("(?s).*podman\\S* machine (start|init)\\b.*")).findFirst();
        }

        String evidence() {
            return state == State.STORAGE && ps.exit == 0 ? Storage.describe()
                    : list != null && !list.missing() && (unreadable || list.exit != 0) ? list.brief()
                    : ps.exit != 0 && !ps.missing() ? ps.brief()
                    : pings.values().stream().filter(ping -> ping.place.address.equals(socket())).findFirst().map(Ping::describe).orElse("");
        }

        List<String> remedies() {
            return remedies(state);
        }

        List<String> remedies(State cause) {
            return machine() != null && machine().running && machine().address == null ? Os.HERE.install().stream().map(line -> line.replace("install", "upgrade")).toList()
                    : remedies(cause, Os.HERE.needsMachine(), machine() == null || machine().name.equals("podman-machine-default") ? "" : " " + machine().name);
        }

        static List<String> remedies(State state, boolean machine, String name) {
            String user = uid().equals("0") ? "systemctl " : "systemctl --user ";
            return switch (state) {
                case SOUND -> List.of();
                case ABSENT -> Os.HERE.install();
                case NO_MACHINE -> List.of("podman machine init", "podman machine start", "# or: jbang podman-machine --start");
                case STOPPED -> machine ? List.of("podman machine start" + name, "# or: jbang podman-machine --start")
                        : List.of(user + "enable --now podman.socket", "# without systemd: podman system service --time=0 unix://" + defaultSocket() + " &", "# or: jbang podman-machine --start");
                case STARTING -> List.of("jbang podman-machine --start   # waits", "# if it is stuck: podman machine stop" + name + " && podman machine start" + name);
                case NOT_ANSWERING -> machine ? List.of("podman machine stop" + name + "   # ends the containers in it", "podman machine start" + name) : List.of("podman --log-level=debug ps", user + "restart podman.socket podman.service");
                case PERMISSION -> machine ? List.of("podman machine inspect" + name + "   # whose socket is it") : List.of("ls -l " + defaultSocket() + "   # whose is it", user + "enable --now podman.socket   # a socket of this user", "# newuidmap, subuid: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER && podman system migrate");
                case STORAGE -> machine ? List.of("podman machine ssh" + name + " df -h /", "podman system df", "podman system prune   # asks first") : List.of("df -h ~/.local/share/containers /var/lib/containers", "podman system df", "podman system prune   # asks first");
            };
        }
    }

    /** Where Podman on Linux keeps images and containers (containers-storage.conf(5)). */
    static final class Storage {
        /** In megabytes: with less no PostgreSQL starts. */
        static final int LITTLE = 100;
        private static final Pattern GRAPHROOT = Pattern.compile("(?m)^\\s*graphroot\\s*=\\s*[\"']([^\"'$]+)[\"']");

        private static Path root() {
            String home = System.getProperty("user.home");
            boolean root = Sight.uid().equals("0");
            for (String file : new String[] {System.getenv("CONTAINERS_STORAGE_CONF"), root ? "/etc/containers/storage.conf" : home + "/.config/containers/storage.conf"}) {
                try {
                    Matcher m = GRAPHROOT.matcher(file == null ? "" : Files.readString(Path.of(file)));
                    if (m.find()) {
                        return Path.of(m.group(1));
                    }
                } catch (IOException e) {
                    // Then the default counts.
                }
            }
            String data = System.getenv("XDG_DATA_HOME");
            return root ? Path.of("/var/lib/containers/storage") : Path.of(data != null && !data.isEmpty() ? data : home + "/.local/share", "containers/storage");
        }

        /** In megabytes; plenty where nothing is stored yet. */
        private static long free() {
            try {
                return Files.getFileStore(root()).getUsableSpace() >> 20;
            } catch (IOException e) {
                return Long.MAX_VALUE;
            }
        }

        static boolean full() {
            return free() < LITTLE;
        }

        static String describe() {
            return "$ df -h " + root() + ": " + free() + " MB are free";
        }
    }

    /** Where Testcontainers looks for an engine, and what it must be told: DockerClientProviderStrategy of version 2.0.5 and its documentation on Podman. */
    static final class Testcontainers {
        /** As Docker, and what is like it, has it; -Drunbook.docker=… for the tests, on a machine that has one. */
        private static final String DOCKER = System.getProperty("runbook.docker", "/var/run/docker.sock");

        /** In the order in which it tries them; it takes the first that answers. */
        static List<Place> places() {
            Properties own = properties();
            List<Place> places = new ArrayList<>();
            named(places, own.getProperty("tc.host"), "tc.host in ~/.testcontainers.properties");
            String host = System.getenv("DOCKER_HOST");
            if (host != null && !host.isEmpty()) {
                places.add(Place.named(host, "DOCKER_HOST"));
            } else if (!"autoIgnoringUserProperties".equals(own.getProperty("dockerconfig.source"))) {
                named(places, own.getProperty("docker.host"), "docker.host in ~/.testcontainers.properties");
            }
            if (Os.HERE == Os.WINDOWS) {
                places.add(new Place("npipe:////./pipe/docker_engine", "//./pipe/docker_engine", false));
                return places;
            }
            if (String.valueOf(own.getProperty("docker.client.strategy")).contains(".UnixSocket")) {
                places.add(Place.usual(DOCKER));
            }
            String home = System.getProperty("user.home");
            if (Os.HERE == Os.LINUX) {
                Stream.of(System.getenv("XDG_RUNTIME_DIR"), home + "/.docker/run", "/run/user/" + Sight.uid()).filter(dir -> dir != null && Files.exists(Path.of(dir, "docker.sock")))
                        .findFirst().ifPresent(dir -> places.add(Place.usual(dir + "/docker.sock")));
            }
            places.add(Place.usual(DOCKER));
            Stream.of(home + "/.docker/desktop", home + "/.docker/run").filter(dir -> Files.exists(Path.of(dir, "docker.sock")))
                    .findFirst().ifPresent(dir -> places.add(Place.usual(dir + "/docker.sock")));
            return places;
        }

        private static void named(List<Place> places, String address, String why) {
            if (address != null && !address.isBlank()) {
                places.add(Place.named(address, why));
            }
        }

        private static Properties properties() {
            Properties properties = new Properties();
            try (InputStream file = Files.newInputStream(Path.of(System.getProperty("user.home"), ".testcontainers.properties"))) {
                properties.load(file);
            } catch (IOException | IllegalArgumentException e) {
                // Testcontainers goes on without it, too.
            }
            return properties;
        }

        /**
         * What must be exported for an engine.
         *
         * @param podman  a Podman of this machine
         * @param machine the machine in which it runs; null if it runs in none
         */
        static Map<String, String> exports(String address, boolean podman, Machine machine) {
            Map<String, String> exports = new LinkedHashMap<>();
            exports.put("DOCKER_HOST", address);
            if (podman && machine != null) {
                // The path inside the machine, for Ryuk.
                exports.put("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", "/var/run/docker.sock");
            }
            if (podman && (machine != null ? !machine.rootful : rootless(address))) {
                exports.put("TESTCONTAINERS_RYUK_DISABLED", "true");
            }
            if (podman && machine == null && Files.exists(Path.of("/.dockerenv"))) {
                // In a container it would dial the gateway, but this Podman publishes its ports in here.
                exports.put("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1");
            }
            return exports;
        }

        private static boolean rootless(String address) {
            try {
                return !"0".equals(String.valueOf(Files.getAttribute(Path.of(address.replaceFirst("^unix://", "")), "unix:uid")));
            } catch (IOException | RuntimeException e) {
                return false;
            }
        }
    }

    /** Starts Podman and waits for its socket. What it has started is ended again, also by a signal, unless it is to be kept. */
    static final class Starter implements AutoCloseable {
        boolean keep;
        /** What podman said when it could not start; empty if it could. */
        String trouble = "";
        private final Report report;
        private final int timeout;
        private final int patience;
        private final List<Undo> undo = new ArrayList<>();
        private Child service;
        private String address;
        private Path log;

        Starter(Report report, int timeout, int patience) {
            this.report = report;
            this.timeout = timeout;
            this.patience = patience;
        }

        /** The reader's machine, made first where there is none; one that starts already is waited for. */
        void startMachine(Sight sight) throws IOException {
            if (sight.state == State.NO_MACHINE && !succeeds("podman", "machine", "init")) {
                return;
            }
            if (sight.state != State.STARTING) {
                Machine machine = sight.machine() != null ? sight.machine() : new Machine("podman-machine-default", true, false, false, null, false);
                Undo stop = RunFolder.atEnd(() -> Ran.run(60, machine.command("stop")));
                if (succeeds(machine.command("start"))) {
                    undo.add(stop);
                } else {
                    // Podman has cleaned up after itself, or the machine is not of our starting.
                    stop.close();
                }
            }
        }

        private boolean succeeds(String... words) {
            report.run(String.join(" ", words));
            Ran ran = Ran.aloud(timeout, words);
            if (ran.exit == 0) {
                report.good("exit status 0");
            } else {
                report.bad(ran.outcome());
                trouble = ran.brief();
            }
            return ran.exit == 0;
        }

        /** On Linux: through systemd where that runs, else as a process that outlives this script. */
        void startService(Path socket, String... options) throws IOException {
            boolean ofTheRun = options.length > 0;
            String[] systemctl = Sight.uid().equals("0") ? new String[] {"systemctl"} : new String[] {"systemctl", "--user"};
            if (!ofTheRun && socket.equals(Sight.defaultSocket()) && Ran.run(patience, words(systemctl, "is-system-running")).out.matches("(?s)(running|degraded|starting|initializing).*")) {
                Undo stop = RunFolder.atEnd(() -> Ran.run(60, words(systemctl, "stop", "podman.socket")));
                if (succeeds(words(systemctl, "start", "podman.socket"))) {
                    undo.add(stop);
                } else {
                    stop.close();
                }
                return;
            }
            Files.createDirectories(socket.getParent());
            address = "unix://" + socket;
            String[] command = words(new String[] {"podman", "system", "service"}, ofTheRun ? options[0] : "--time=0", address);
            report.run(String.join(" ", command) + " &");
            log = socket.resolveSibling("podman-service.log");
            // Out of reach of the terminal's Ctrl-C, also where there is no setsid.
            String[] apart = {"sh", "-c", "command -v setsid >/dev/null && exec setsid \"$@\"; trap '' INT HUP; exec \"$@\"", "sh"};
            ProcessBuilder builder = new ProcessBuilder(words(apart, command)).directory(new java.io.File("/"))
                    .redirectErrorStream(true).redirectOutput(log.toFile());
            // With these podman would be a client only.
            builder.environment().keySet().removeAll(Set.of("CONTAINER_HOST", "CONTAINER_CONNECTION"));
            service = Child.start(builder);
            undo.add(service.undo);
        }

        private static String[] words(String[] first, String... then) {
            return Stream.concat(Stream.of(first), Stream.of(then)).toArray(String[]::new);
        }

        /** Looks again until the engine answers, or there is no more sense in waiting. */
        Sight awaitAnswer() throws IOException {
            if (service != null) {
                awaitService();
            }
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeout);
            Sight sight = Sight.take(patience);
            boolean sense = trouble.isEmpty() || trouble.matches("(?is).*already (running|starting).*");
            for (int round = 0; sense && service == null && sight.state != State.SOUND && System.nanoTime() < until; round++) {
                if (round % 5 == 0) {
                    System.err.println("podman-machine: waiting for the socket: " + sight.sentence());
                }
                RunFolder.pause(1000);
                sight = Sight.take(patience);
            }
            return sight;
        }

        /** Waits for the /_ping of the service that startService has started. */
        void awaitService() {
            long began = System.nanoTime();
            while (System.nanoTime() - began < TimeUnit.SECONDS.toNanos(timeout)) {
                if (Place.named(address, "").ping(patience).answers()) {
                    report.good(String.format(Locale.ROOT, "it answers after %.1f s", (System.nanoTime() - began) / 1e9));
                    report.say("process " + service.process.pid());
                    return;
                }
                if (!service.process.isAlive()) {
                    trouble = readLog();
                    report.bad("podman system service ended with exit status " + service.process.exitValue() + "\n" + trouble);
                    return;
                }
                RunFolder.pause(50);
            }
            report.bad("it does not answer within " + timeout + " s\n" + readLog());
        }

        private String readLog() {
            try {
                return new Ran("", 1, "", Files.readString(log)).brief();
            } catch (IOException e) {
                return "";
            }
        }

        @Override
        public void close() throws Exception {
            for (Undo each : undo) {
                if (keep) {
                    each.close();
                } else {
                    each.now();
                }
            }
        }
    }

    /** A PostgreSQL container through Testcontainers, in a process of its own, for what Testcontainers is told stands in its environment. */
    static final class Proof {
        private static final String LABEL = "datastorage-runbooks.owner";

        /** The process: image, name of the container, owner. */
        public static void main(String... args) {
            try (PostgreSQLContainer postgres = new PostgreSQLContainer(DockerImageName.parse(args[0]).asCompatibleSubstituteFor("postgres"))) {
                postgres.withLabel(LABEL, args[2]).withCreateContainerCmdModifier(command -> command.withName(args[1]));
                postgres.start();
                System.out.println("container " + args[1] + " runs " + args[0] + ", published on " + postgres.getHost() + ":" + postgres.getMappedPort(5432));
                try (Connection c = postgres.createConnection(""); ResultSet row = c.createStatement().executeQuery("SELECT version()")) {
                    row.next();
                    System.out.println("SELECT version(): " + row.getString(1));
                }
            } catch (Exception e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                System.err.println(root.getMessage() == null ? root.toString() : root.getMessage());
                // Without Testcontainers' own end, which has more to say on stderr; what starts this removes the container.
                Runtime.getRuntime().halt(1);
            }
            // Threads of the HTTP client live on.
            System.exit(0);
        }

        /** True if the container came up, answered, and is gone. */
        static boolean run(Report report, String address, Map<String, String> exports, String image, int timeout, int patience) throws Exception {
            removeLeftovers(address, patience);
            String name = "runbook-prove-" + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36);
            exportLines(exports).forEach(report::run);
            report.run("new PostgreSQLContainer(\"" + image + "\").start()   # Testcontainers");
            System.err.println("podman-machine: starting a container of " + image);
            Undo remove = RunFolder.atEnd(() -> remove(address, name, patience));
            boolean proven = new Proof(report, address, patience).watch(start(exports, image, name), image, timeout);
            String left = remove(address, name, patience);
            remove.close();
            if (left.isEmpty()) {
                report.say("no container is left");
            } else {
                report.finding("LEFTOVER_STAYS", Severity.error, null, "the container " + name + " could not be removed", left, "podman rm -f -v " + name);
            }
            report.checked("containers", 1);
            return proven && left.isEmpty();
        }

        private final Report report;
        private final String address;
        private final int patience;

        private Proof(Report report, String address, int patience) {
            this.report = report;
            this.address = address;
            this.patience = patience;
        }

        private static Child start(Map<String, String> exports, String image, String name) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx192m",
                    "-cp", System.getProperty("java.class.path"), "-Duser.home=" + System.getProperty("user.home"), Proof.class.getName(), image, name, owner());
            builder.environment().putAll(exports);
            return Child.start(builder);
        }

        /** Waits for the proof while the engine lives: Testcontainers itself would wait on a dead one for minutes. */
        private boolean watch(Child child, String image, int timeout) throws Exception {
            try (child) {
                Process process = child.process;
                Future<String> out = Background.run(() -> Ran.read(process.getInputStream()));
                Future<String> err = Background.run(() -> Ran.read(process.getErrorStream()));
                long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeout);
                int silent = 0;
                while (!process.waitFor(500, TimeUnit.MILLISECONDS) && System.nanoTime() < until && silent < 3) {
                    silent = Place.named(address, "").ping(patience).answers() ? 0 : silent + 1;
                }
                boolean ended = !process.isAlive();
                if (!ended) {
                    child.end();
                }
                Background.get(out, 1, "").lines().forEach(report::good);
                boolean answers = Place.named(address, "").ping(patience).answers();
                if (ended && process.exitValue() == 0 && answers) {
                    return true;
                }
                fail(answers, ended ? new Ran("", 1, "", Background.get(err, 1, "")).brief() : "not ready within " + timeout + " s", image);
                return false;
            }
        }

        private void fail(boolean answers, String said, String image) {
            State state = answers ? State.said(said) : State.NOT_ANSWERING;
            String sentence = answers ? "Testcontainers could not run " + image : "the engine on " + address + " stopped answering while the container ran";
            report.bad(sentence + "\n" + said);
            report.finding(answers && state == State.NOT_ANSWERING ? "CONTAINER_FAILS" : state.code(), Severity.error, null, sentence, said);
        }

        /** Empty if no such container is there afterwards; over the API, or where that is dead with podman, which on Linux needs no service. */
        private static String remove(String address, String name, int patience) {
            try {
                int status = Api.call("DELETE", address, "/containers/" + name + "?force=true&v=true", Math.max(patience, 20)).status;
                return status / 100 == 2 || status == 404 ? "" : "the engine answers " + status;
            } catch (IOException | TimeoutException e) {
                Ran rm = Ran.run(Math.max(patience, 20), "podman", "rm", "-f", "-v", "-i", name);
                return rm.exit == 0 ? "" : rm.outcome();
            }
        }

        /** Of runs on this machine that were killed. */
        private static void removeLeftovers(String address, int patience) throws IOException {
            for (JsonNode container : Api.ask(address, "/containers/json?all=true", patience).json()) {
                Matcher owner = Pattern.compile("(\\d{1,9})@(.*)").matcher(container.path("Labels").path(LABEL).asString(""));
                if (owner.matches() && owner.group(2).equals(host()) && ProcessHandle.of(Long.parseLong(owner.group(1))).isEmpty()) {
                    System.err.println("podman-machine: removing what a run that was killed left behind: container " + container.path("Names").path(0).asString(""));
                    remove(address, container.path("Id").asString(""), patience);
                }
            }
        }

        private static String owner() {
            return ProcessHandle.current().pid() + "@" + host();
        }

        private static String host() {
            try {
                return java.net.InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "unknown";
            }
        }
    }

    /** A container or a network on the engine. */
    record Leftover(String id, String name, boolean network, String detail) {
        static List<Leftover> all(String address, int patience) throws IOException {
            List<Leftover> all = new ArrayList<>();
            for (JsonNode c : Api.ask(address, "/containers/json?all=true", patience).json()) {
                Set<String> ports = new LinkedHashSet<>();
                c.path("Ports").forEach(port -> port.path("PublicPort").asIntOpt().ifPresent(published -> ports.add(published + "->" + port.path("PrivatePort").asInt(0))));
                all.add(new Leftover(c.path("Id").asString(""), c.path("Names").path(0).asString("").replaceFirst("^/", ""), false,
                        c.path("State").asString("") + ", " + c.path("Image").asString("") + (ports.isEmpty() ? "" : ", holds " + String.join(", ", ports))));
            }
            for (JsonNode n : Api.ask(address, "/networks", patience).json()) {
                String name = n.path("Name").asString("");
                // The engines' own can only be removed by accident.
                if (!Set.of("podman", "bridge", "host", "none").contains(name)) {
                    all.add(new Leftover(n.path("Id").asString(""), name, true, n.path("Driver").asString("")));
                }
            }
            return all;
        }

        boolean matches(String pattern) {
            return name.matches(Stream.of(pattern.split("(?=[*?])|(?<=[*?])")).map(part -> part.equals("*") ? ".*" : part.equals("?") ? "." : Pattern.quote(part)).reduce("", String::concat));
        }

        String describe() {
            return (network ? "network   " : "container ") + name + "  " + detail;
        }

        /** Empty, or why not. A container by its id, so that it is the one shown; a network by its name, for by its id Podman 4 would remove one that is in use. */
        String remove(String address, int patience) {
            try {
                Api.Answer answer = Api.call("DELETE", address, network ? "/networks/" + name : "/containers/" + id + "?force=true&v=true", Math.max(patience, 20));
                return answer.status / 100 == 2 ? "" : answer.json().path("message").asString("the engine answers " + answer.status);
            } catch (IOException | TimeoutException e) {
                return e instanceof TimeoutException ? "the engine does not answer" : String.valueOf(e.getMessage());
            }
        }
    }

    /** Something that is to be done when the run ends, whatever ends it. */
    static final class Undo implements AutoCloseable {
        private final Callable<?> action;

        private Undo(Callable<?> action) {
            this.action = action;
        }

        /** It need not be done any more. */
        @Override
        public void close() {
            RunFolder.forget(this);
        }

        void now() throws Exception {
            close();
            action.call();
        }
    }

    /** The temp folder of a run, and what is done when the run ends, also by a signal. Block Report asks it whether that is so. */
    static final class RunFolder {
        private static final Deque<Undo> UNDO = new ArrayDeque<>();
        private static final Thread END = new Thread(RunFolder::end);
        private static volatile boolean ending;
        private static Path folder;

        static {
            Runtime.getRuntime().addShutdownHook(END);
        }

        interface Action {
            void run() throws Exception;
        }

        interface Beginning<T> {
            T run() throws IOException;
        }

        static boolean ending() {
            return ending;
        }

        /** Begins something that {@link #atEnd} is to know of: what the end does not find is not begun any more. */
        static <T> T unlessEnding(Beginning<T> beginning) throws IOException {
            synchronized (UNDO) {
                if (ending && Thread.currentThread() != END) {
                    throw new Stop(Report.FAILED, "ended from outside");
                }
                return beginning.run();
            }
        }

        static Undo atEnd(Action action) {
            Undo undo = new Undo(() -> {
                action.run();
                return null;
            });
            synchronized (UNDO) {
                UNDO.push(undo);
            }
            return undo;
        }

        static void forget(Undo undo) {
            synchronized (UNDO) {
                UNDO.remove(undo);
            }
        }

        private static void end() {
            List<Undo> left;
            synchronized (UNDO) {
                ending = true;
                left = List.copyOf(UNDO);
            }
            left.forEach(RunFolder::perform);
        }

        private static void perform(Undo undo) {
            try {
                undo.action.call();
            } catch (Exception e) {
                System.err.println("could not clean up: " + e.getMessage());
            }
        }

        static Path get() throws IOException {
            if (folder == null) {
                removeLeftovers();
                folder = unlessEnding(() -> {
                    Path made = Files.createTempDirectory("podman-machine-" + ProcessHandle.current().pid() + "-");
                    atEnd(() -> delete(made));
                    return made;
                });
            }
            return folder;
        }

        /** Of runs that were killed: their folders, and the services that still listen in them. */
        private static void removeLeftovers() throws IOException {
            List<Path> left;
            try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                left = files.filter(file -> {
                    Matcher m = Pattern.compile("podman-machine-(\\d{1,9})-\\d+").matcher(file.getFileName().toString());
                    return m.matches() && ProcessHandle.of(Long.parseLong(m.group(1))).isEmpty() && Files.isWritable(file);
                }).toList();
            }
            for (Path each : left) {
                System.err.println("podman-machine: removing what a run that was killed left behind: " + each);
                ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains(each.toString())).forEach(ProcessHandle::destroy);
                delete(each);
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

    /** What block Report asks of a script that uses a database. */
    static final class Sql {
        static String message(SQLException e) {
            return String.valueOf(e.getMessage());
        }
    }

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
}
