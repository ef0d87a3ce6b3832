///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Podman for tests: is it running, what does exit status 125 mean, start it, what Testcontainers needs.
//DESCRIPTION   jbang podman-machine
//DESCRIPTION   jbang podman-machine --start
//DESCRIPTION   eval "$(jbang podman-machine --env)"
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
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
import tools.jackson.databind.json.JsonMapper;

/**
 * The preflight check of that evening's tests said "Podman not available: exit status 125": the machine was stopped.
 * 125 only means an error of podman itself; its stderr has the cause. This looks at Podman, its machine and its
 * sockets, starts what is down, and proves with a PostgreSQL container that Testcontainers can use it.
 */
@Command(name = "podman-machine", version = "podman-machine 1.0.0", description = {
        "Says whether containers can be used here: by which engine (Podman, else Docker), over which socket, in which "
                + "state, and whether Testcontainers finds it.", "Without options it only looks.",
        "More, as part of all that tests need: preflight."},
        exitCodeList = {"0:sound: containers can be used, or what was asked for is done", "1:the script itself failed",
                "2:wrong usage", "3:could not check: there is no podman to replay the incident with",
                "10:problems found: the engine or Testcontainers cannot be used, or could not be started"},
        footer = {"%nEnvironment:", "  DOCKER_HOST, CONTAINER_HOST   where the engine listens, asked first",
                "%nExamples:", "  podman-machine", "  podman-machine --start", "  eval \"$(podman-machine --env)\"",
                "  podman-machine --prove"})
class PodmanMachine implements Callable<Integer> {
    static final class Mode {
        @Option(names = "--start", description = "Start Podman, and wait until its socket answers.")
        boolean start;
        @Option(names = "--env", description = "Print the exports that Testcontainers needs, and nothing else.")
        boolean env;
        @Option(names = "--prove", description = "Start a PostgreSQL through Testcontainers, run a query, remove it.")
        boolean prove;
        @Option(names = "--replay", description = "The incident: exit status 125; why, and the fix. On Linux with a "
                + "service of its own, else on your machine, where it is stopped.")
        boolean replay;
    }

    @ArgGroup
    Mode mode = new Mode();
    @Option(names = "--image", defaultValue = "postgres:16-alpine",
            description = "The image that --prove starts (${DEFAULT-VALUE}).")
    String image;
    @Option(names = "--timeout", defaultValue = "600",
            description = "How long --start and --prove may take, in seconds (${DEFAULT-VALUE}).")
    int timeout;
    @Option(names = "--patience", defaultValue = "5",
            description = "How long one answer may take, in seconds (${DEFAULT-VALUE}).")
    int patience;
    @Mixin
    Steps steps;
    private Ran ps, list;
    private Machine machine;
    private final Map<String, Ping> pings = new LinkedHashMap<>();
    /** The engine that can be used: Podman, else Docker; and the first socket that is to be Podman's and is silent. */
    private Ping engine, silent;
    private State state;
    /** What podman said when it could not be started: the cause stands there, and not in the state that it left. */
    private String trouble = "";
    /** What undoes what is half done. */
    private String undo = "";

    public static void main(String... args) {
        System.exit(Steps.commandLine(new PodmanMachine()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (timeout < 1 || patience < 1) {
            throw new Stop(2, "--timeout and --patience are seconds, and at least 1");
        }
        Steps.atEnd(this::undo);
        look();
        if (mode.replay) {
            return replay();
        } else if (mode.env) {
            return exportsForEval();
        }
        podman();
        sockets();
        if (mode.start && Set.of(State.NO_MACHINE, State.STOPPED, State.STARTING).contains(state)) {
            start();
            podman();
            sockets();
        }
        conclude();
        testcontainers();
        if (mode.prove && engine != null) {
            prove(engine);
        }
        return steps.end(false);
    }

    // Look ------------------------------------------------------------------------------------------------------------

    private void look() {
        ps = run("podman ps");
        list = MACHINE ? run("podman machine list --format json") : null;
        machine = MACHINE ? machine() : null;
        pings.clear();
        Stream.of(System.getenv("CONTAINER_HOST"), machine == null ? null : machine.address,
                MACHINE ? null : "unix://" + defaultSocket(), System.getenv("DOCKER_HOST"))
                .filter(each -> each != null && !each.isBlank()).forEach(this::ping);
        silent = pings.values().stream().filter(ping -> !ping.answers()).findFirst().orElse(null);
        state = judge();
        if (Files.exists(Path.of(DOCKER.substring(7)))) {
            ping(DOCKER);
        }
        engine = pings.values().stream().filter(Ping::answers).max(Comparator.comparing(Ping::podman)).orElse(null);
        state = state == State.ABSENT && engine != null ? State.SOUND : state;
    }

    /** A socket that answers is the truth; then comes what podman says, then what is known of its machine. */
    private State judge() {
        State said = ps.exit == 0 ? State.SOUND : ps.exit < 0 ? State.NOT_ANSWERING : State.said(ps.said);
        Set<State> states = pings.values().stream().map(Ping::state).collect(Collectors.toSet());
        states.add(said);
        return ps.missing() ? State.ABSENT : said == State.STORAGE ? said
                : pings.values().stream().anyMatch(Ping::podman)
                ? said == State.SOUND || said == State.PERMISSION ? said : State.NOT_ANSWERING
                : MACHINE && list.exit != 0 ? State.said(list.said)
                : MACHINE && machine == null ? list.said.length() < 5 ? State.NO_MACHINE : State.NOT_ANSWERING
                : MACHINE && machine.state != State.SOUND ? machine.state
                : states.contains(State.PERMISSION) ? State.PERMISSION
                : MACHINE || states.contains(State.NOT_ANSWERING) ? State.NOT_ANSWERING : State.STOPPED;
    }

    private String sentence() {
        String its = "the machine " + (machine == null ? "" : machine.name);
        return state == State.STARTING ? its + " says that it is starting"
                : state == State.STOPPED && machine != null ? its + " is stopped"
                : state == State.STOPPED && silent != null ? state.meaning + ": nothing listens on " + silent.address
                : state != State.NOT_ANSWERING ? state.meaning
                : ps.exit == Ran.TOO_LONG ? ps.command + " does not answer"
                : MACHINE && list.exit != 0 ? list.command + " fails: " + list.how()
                : MACHINE && machine == null ? list.command + " answers with what is no list of machines"
                : MACHINE && engine == null ? its + " runs, but its socket is dead"
                : ps.exit > 0 ? ps.command + " ends with " + ps.how() + (ps.said.isBlank() ? " and says nothing" : "")
                : state.meaning;
    }

    private void podman() {
        steps.step("Podman on this machine");
        if (MACHINE && !ps.missing()) {
            steps.run(list.command);
            if (machine != null) {
                steps.say(machine.text);
            } else {
                steps.bad(list.exit == 0 && list.said.length() < 5 ? "there is no machine" : list.outcome());
            }
        }
        steps.run(ps.command);
        steps.tell(ps.exit == 0, ps.outcome());
        steps.checked("commands", ps.missing() ? 0 : 1);
    }

    private void sockets() {
        steps.step("The sockets");
        pings.values().forEach(ping -> show(ping, state == State.SOUND));
        steps.checked("sockets", pings.size());
    }

    /** One that does not answer is nothing bad where another does. */
    private void show(Ping ping, boolean another) {
        steps.run(ping.asCommand());
        if (another && !ping.answers()) {
            steps.say(ping.text);
        } else {
            steps.tell(ping.answers(), ping.text);
        }
    }

    /** The state as a finding; a Podman that is down is no error where Docker does its work. */
    private void conclude() {
        boolean docker = engine != null && !engine.podman();
        if (state == State.SOUND) {
            steps.good(docker ? "Docker is sound, and there is no Podman here" : "Podman is sound");
            return;
        } else if (docker) {
            steps.warn("containers can be used, by Docker");
        }
        State said = State.said(trouble), cause = said == State.STORAGE || said == State.PERMISSION ? said : state;
        steps.finding(cause.code(), docker ? Severity.warning : Severity.error,
                silent == null ? null : new Where(silent.address.replaceFirst("^unix://", ""), 0),
                cause == state ? sentence() : cause.meaning, !trouble.isEmpty() ? trouble
                : MACHINE && machine == null && !ps.missing() ? list.brief()
                : ps.exit != 0 && !ps.missing() ? ps.brief() : silent == null ? "" : silent.text, remedies(cause));
    }

    /** Testcontainers asks DOCKER_HOST, else Docker's own socket; it knows nothing of Podman's. */
    private void testcontainers() {
        steps.step("Where Testcontainers looks for an engine");
        String host = System.getenv("DOCKER_HOST"), asked = host == null || host.isEmpty() ? DOCKER : host;
        Ping found = pings.getOrDefault(asked, new Ping(asked, State.STOPPED, "", asked + " is not there"));
        Consumer<String> tell = found.answers() ? steps::good : steps::warn;
        tell.accept((asked.equals(host) ? "DOCKER_HOST" : DOCKER.substring(7)) + ": " + found.text);
        if (engine == null) {
            steps.skipped("Testcontainers", "there is no engine that it could find");
            return;
        }
        steps.checked("configurations of Testcontainers", 1);
        if (!found.answers()) {
            steps.bad("it would not find " + engine.text + " on " + engine.address);
            steps.finding("TESTCONTAINERS_BLIND", mode.start || mode.prove ? Severity.warning : Severity.error, null,
                    "Testcontainers would not find the engine on " + engine.address, "it looks at DOCKER_HOST "
                            + "and the sockets of Docker, not at Podman's own", exportLines(engine));
        } else if (exports(engine).containsKey(RYUK) && System.getenv(RYUK) == null) {
            steps.warn("it also needs " + RYUK + "=true: Ryuk does not work without root, so a test run that is killed "
                    + "leaves its containers");
        }
    }

    /** On stdout nothing but exports, so that a sentence is never taken for a command. */
    private int exportsForEval() {
        if (engine == null) {
            System.err.println("podman-machine: " + state.code() + ": " + Steps.clean(sentence()).replace('\n', ' ')
                    + "; do: " + String.join("; ", remedies(state)));
            return 10;
        }
        System.out.println(String.join("\n", exportLines(engine)));
        return 0;
    }

    private String[] exportLines(Ping engine) {
        return exports(engine).entrySet().stream().map(each -> "export " + each.getKey() + "='"
                + each.getValue().replace("'", "'\\''") + "'").toArray(String[]::new);
    }

    private Map<String, String> exports(Ping engine) {
        Map<String, String> exports = new LinkedHashMap<>(Map.of("DOCKER_HOST", engine.address));
        String user = uid(engine.address.replaceFirst("^unix://", ""));
        if (engine.podman() && machine != null) {
            // The path inside the machine, for Ryuk.
            exports.put("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", "/var/run/docker.sock");
        }
        if (engine.podman() && (machine != null ? !machine.rootful : !user.isEmpty() && !user.equals("0"))) {
            exports.put(RYUK, "true");
        }
        if (engine.podman() && machine == null && Files.exists(Path.of("/.dockerenv"))) {
            // In a container it would dial the gateway, but this Podman publishes its ports in here.
            exports.put("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1");
        }
        return exports;
    }

    // Start -----------------------------------------------------------------------------------------------------------

    /** A machine is made first where there is none; on Linux systemd starts the socket, where it runs. */
    private void start() throws Exception {
        steps.step("Start it");
        String named = System.getenv("CONTAINER_HOST");
        boolean waits = state == State.STARTING;
        if (named != null && !named.startsWith("unix://")) {
            throw new Stop(2, "CONTAINER_HOST is " + named + ", which cannot be started from here: start it there");
        }
        if (MACHINE && !waits) {
            waits = (state != State.NO_MACHINE || starts("podman machine init", "podman machine stop"))
                    && starts("podman machine start" + suffix(), "podman machine stop" + suffix());
        } else if (named == null && !MACHINE && run(SYSTEMCTL + "is-system-running").said
                .matches("(running|degraded|starting)\\s*")) {
            waits = starts(SYSTEMCTL + "start podman.socket", SYSTEMCTL + "stop podman.socket");
        } else if (!MACHINE) {
            Path socket = named == null ? defaultSocket() : Path.of(named.substring(7));
            Files.createDirectories(socket.getParent());
            RUNNING.remove(serve(socket, "--time=0"));
        }
        look();
        for (long began = System.nanoTime(); waits && state != State.SOUND && seconds(began) < timeout; look()) {
            System.err.println("podman-machine: waiting for the socket: " + sentence());
            Thread.sleep(1000);
        }
    }

    /** Whether its socket is to be waited for; what is ended half-way is stopped again. */
    private boolean starts(String start, String stop) {
        steps.run(start);
        undo = stop;
        Ran ran = run(timeout, true, new ProcessBuilder(start.split(" ")));
        undo = "";
        trouble = ran.exit == 0 ? "" : ran.brief();
        steps.tell(ran.exit == 0, ran.outcome());
        return ran.exit == 0 || trouble.contains("already running");
    }

    /** A service that the terminal's Ctrl-C does not reach. */
    private ProcessHandle serve(Path socket, String option) throws Exception {
        String address = "unix://" + socket, command = "podman system service " + option + " " + address;
        Path log = socket.resolveSibling("podman-service.log");
        steps.run(command + " &");
        ProcessBuilder builder = new ProcessBuilder(("setsid " + command).split(" ")).directory(new File("/"))
                .redirectErrorStream(true).redirectOutput(log.toFile());
        // With these podman would be a client only.
        builder.environment().keySet().removeAll(Set.of("CONTAINER_HOST", "CONTAINER_CONNECTION"));
        Process service = begin(builder);
        long began = System.nanoTime();
        while (service.isAlive() && seconds(began) < timeout && !Ping.ask(address, patience).answers()) {
            Thread.sleep(50);
        }
        boolean answers = Ping.ask(address, patience).answers();
        trouble = answers ? "" : new Ran("", 1, Files.readString(log)).brief();
        steps.tell(answers, answers ? "it answers after %.1f s\nprocess %d".formatted(seconds(began), service.pid())
                : service.isAlive() ? "it does not answer within " + timeout + " s\n" + trouble
                : "podman system service ended with exit status " + service.exitValue() + "\n" + trouble);
        if (!answers) {
            end(Stream.of(service.toHandle()));
        }
        return service.toHandle();
    }

    // Replay ----------------------------------------------------------------------------------------------------------

    /** On Linux with a service of its own, elsewhere on the reader's machine, which is stopped again. */
    private int replay() throws Exception {
        if (ps.missing()) {
            throw new Stop(3, "there is no podman on the PATH to replay the incident with; do: "
                    + remedies(State.ABSENT)[0]);
        } else if (MACHINE && state != State.STOPPED) {
            throw new Stop(3, "the replay needs a machine that is stopped, and " + (state == State.SOUND
                    ? "yours runs: podman machine stop, then again" : sentence()));
        }
        Path folder = Files.createTempDirectory("podman-machine-" + ProcessHandle.current().pid() + "-");
        Steps.atEnd(() -> Steps.delete(folder));
        String own = "unix://" + folder + "/podman.sock", podman = MACHINE ? "podman" : "podman --url " + own;
        steps.step("The preflight check of the tests");
        Ran failed = preflight(podman + " ps");
        State said = State.said(failed.said);
        steps.step("Why: 125 only means an error of podman itself, the cause stands in stderr");
        steps.say(failed.brief());
        if (!MACHINE) {
            show(Ping.ask(own, patience), false);
        }
        steps.warn(said.code() + ": " + said.meaning);
        steps.finding(said.code(), Severity.error, null, said.meaning, failed.brief(), remedies(said));
        if (MACHINE) {
            start();
            undo = "podman machine stop";
        } else {
            steps.step("Start it");
            // Where this run is killed, the service ends by itself.
            serve(folder.resolve("podman.sock"), "--time=60");
        }
        steps.step("The preflight check again");
        boolean passed = preflight(podman + " ps").exit == 0;
        Ping ping = Ping.ask(!MACHINE ? own : engine == null ? "" : engine.address, patience);
        show(ping, false);
        steps.checked("preflight checks", 2);
        if (!MACHINE && run(podman + " image exists " + image).exit == 0) {
            passed &= prove(ping);
        } else if (!MACHINE) {
            steps.skipped("Testcontainers", image + " is not here, and a replay pulls nothing: --prove does");
        }
        Steps.endAll();
        return steps.end(passed && ping.answers());
    }

    /** The check as the tests of the incident make it, in its words. */
    private Ran preflight(String command) {
        Ran ran = run(command);
        steps.run(command);
        steps.tell(ran.exit == 0, ran.exit == 0 ? "Preflight check passed: exit status 0"
                : "❌ Preflight check failed: ❌ Podman not available: " + ran.how());
        return ran;
    }

    // Prove -----------------------------------------------------------------------------------------------------------

    /** True if the container came up, answered, and is gone. Testcontainers is told by the environment of a process. */
    private boolean prove(Ping engine) {
        steps.step("A PostgreSQL container through Testcontainers");
        String name = "runbook-prove-" + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36);
        Stream.of(exportLines(engine)).forEach(steps::run);
        steps.run("new PostgreSQLContainer(\"" + image + "\").start()   # Testcontainers");
        System.err.println("podman-machine: starting a container of " + image);
        undo = (engine.podman() ? "podman --url " : "docker -H ") + engine.address + " rm -f -v " + name;
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx160m", "-cp", System.getProperty("java.class.path"),
                "-Duser.home=" + System.getProperty("user.home"), Proof.class.getName(), image, name);
        builder.environment().putAll(exports(engine));
        Ran proof = run(timeout, false, builder);
        if (proof.exit == 0) {
            proof.said.lines().filter(line -> line.matches("(container|SELECT) .*")).forEach(steps::good);
        } else {
            String said = proof.exit == Ran.TOO_LONG ? "not ready within " + timeout + " s" : proof.brief();
            State cause = State.said(said);
            steps.bad("Testcontainers could not run " + image + "\n" + said);
            steps.finding(cause == State.NOT_ANSWERING ? "CONTAINER_FAILS" : cause.code(), Severity.error, null,
                    "Testcontainers could not run " + image, said);
        }
        Ran gone = run(20, undo);
        undo = "";
        steps.say(gone.exit == 0 || gone.said.contains("no such container") ? "no container is left" : gone.outcome());
        steps.checked("containers", 1);
        return proof.exit == 0;
    }

    /** The process: an image, and a name for the container. */
    static final class Proof {
        public static void main(String... args) {
            DockerImageName image = DockerImageName.parse(args[0]).asCompatibleSubstituteFor("postgres");
            try (PostgreSQLContainer postgres = new PostgreSQLContainer(image)) {
                postgres.withCreateContainerCmdModifier(command -> command.withName(args[1])).start();
                System.out.println("container " + args[1] + " runs " + args[0] + ", published on " + postgres.getHost()
                        + ":" + postgres.getMappedPort(5432));
                ResultSet row = postgres.createConnection("").createStatement().executeQuery("SELECT version()");
                row.next();
                System.out.println("SELECT version(): " + row.getString(1));
                System.out.flush();
                Runtime.getRuntime().halt(0);
            } catch (Exception e) {
                Stream.iterate((Throwable) e, each -> each != null, Throwable::getCause)
                        .reduce((outer, cause) -> cause).ifPresent(root -> System.err.println(root.getMessage()));
            }
            // Without Testcontainers' own end, which has more to say; who started this removes the container.
            Runtime.getRuntime().halt(1);
        }
    }

    // What 125 means, and what to do ----------------------------------------------------------------------------------

    /** The state of Podman here, and podman's words by which it is known; PODMAN_ before it is a finding's code. */
    enum State {
        SOUND("Podman can be used"), ABSENT("Podman is not installed here"), STARTING("the machine is starting"),
        STORAGE("Podman's storage is full, or over its quota", "no space left on device", "disk quota exceeded",
                "read-only file system", "not enough disk space", "not enough free disk space"),
        PERMISSION("Podman may not be used by this user", "permission denied", "operation not permitted",
                "access is denied", "newuidmap", "newgidmap", "/etc/subuid"),
        NO_MACHINE("Podman has no machine yet", "vm does not exist", "no such vm"),
        STOPPED("Podman's service is not running", "unable to connect", "cannot connect", "failed to connect",
                "connection refused"),
        NOT_ANSWERING("Podman is there, but does not answer as it should", "");

        final String meaning;
        private final List<String> words;

        State(String meaning, String... words) {
            this.meaning = meaning;
            this.words = List.of(words);
        }

        String code() { return "PODMAN_" + name(); }

        /** The first that fits: "unable to connect: permission denied" is of permission. */
        static State said(String stderr) {
            String said = stderr.toLowerCase(Locale.ROOT);
            return Stream.of(values()).filter(s -> s.words.stream().anyMatch(said::contains)).findFirst().orElseThrow();
        }
    }

    private String[] remedies(State state) {
        String start = "# or: jbang podman-machine --start", again = "podman machine start" + suffix();
        String text = switch (state) {
            case SOUND -> "";
            case ABSENT -> OS.startsWith("mac") ? "brew install podman" : MACHINE
                    ? "winget install RedHat.Podman" : "sudo apt-get install podman   # or dnf, zypper, pacman";
            case NO_MACHINE -> "podman machine init\npodman machine start\n" + start;
            case STOPPED -> MACHINE ? again + "\n" + start : SYSTEMCTL
                    + "enable --now podman.socket\n# without systemd: podman system service --time=0 "
                    + "unix://" + defaultSocket() + " &\n" + start;
            case STARTING -> "jbang podman-machine --start   # waits\n# if it is stuck: podman machine stop" + suffix()
                    + " && " + again;
            case NOT_ANSWERING -> MACHINE
                    ? "podman machine stop" + suffix() + "   # ends the containers in it\n" + again
                    : "podman --log-level=debug ps\n" + SYSTEMCTL + "restart podman.socket podman.service";
            case PERMISSION -> MACHINE ? "podman machine inspect" + suffix() + "   # whose socket is it"
                    : "ls -l " + defaultSocket() + "   # whose is it\n" + SYSTEMCTL + "enable --now podman.socket\n"
                    + "# newuidmap, subuid: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                    + "$USER && podman system migrate";
            case STORAGE -> (MACHINE ? "podman machine ssh" + suffix() + " df -h /"
                    : "df -h ~/.local/share/containers /var/lib/containers")
                    + "\npodman system df\npodman system prune";
        };
        return text.lines().toArray(String[]::new);
    }

    // Parts -----------------------------------------------------------------------------------------------------------

    /** On all but Linux Podman needs a virtual machine; -Drunbook.os and -Drunbook.docker are for the tests. */
    private static final String OS =
            System.getProperty("runbook.os", System.getProperty("os.name")).toLowerCase(Locale.ROOT);
    private static final boolean MACHINE = OS.startsWith("mac") || OS.startsWith("win");
    private static final boolean ROOT = uid("/proc/self").equals("0");
    private static final String SYSTEMCTL = ROOT ? "systemctl " : "systemctl --user ";
    private static final String DOCKER = "unix://" + System.getProperty("runbook.docker", "/var/run/docker.sock");
    private static final String RYUK = "TESTCONTAINERS_RYUK_DISABLED";

    /** Where podman system service listens if nothing else is said (podman-system-service(1)). */
    private static Path defaultSocket() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return ROOT ? Path.of("/run/podman/podman.sock")
                : Path.of(runtime != null ? runtime : "/run/user/" + uid("/proc/self"), "podman/podman.sock");
    }

    private static String uid(String file) {
        try {
            return String.valueOf(Files.getAttribute(Path.of(file), "unix:uid"));
        } catch (IOException | RuntimeException e) {
            return "";
        }
    }

    /** What names the machine in a command; the default one needs no name. */
    private String suffix() {
        return machine == null || machine.name.equals("podman-machine-default") ? "" : " " + machine.name;
    }

    private static double seconds(long began) { return (System.nanoTime() - began) / 1e9; }

    /** The virtual machine that podman would use; its address on this side is null where podman does not say. */
    private record Machine(String name, State state, String address, boolean rootful, String text) { }

    /** The default of podman's list, else one that runs; null where the list has none. */
    private Machine machine() {
        JsonNode found = json(list.said).valueStream().min(Comparator.comparing((JsonNode m) -> !is(m, "Default"))
                .thenComparing(m -> !is(m, "Running"))).orElse(null);
        if (found == null) {
            return null;
        }
        String name = found.path("Name").asString("");
        JsonNode more = json(run("podman machine inspect " + name).said).path(0);
        String socket = more.at("/ConnectionInfo/PodmanSocket/Path").asString("");
        String says = is(found, "Starting") ? "starting" : is(found, "Running") ? "running"
                : more.path("State").asString("stopped");
        State state = says.equals("starting") ? State.STARTING : says.equals("running") ? State.SOUND : State.STOPPED;
        return new Machine(name, state, socket.isEmpty() ? null : "unix://" + socket, is(more, "Rootful"), name
                + (is(found, "Default") ? ", the default: " : ": ") + says + (is(more, "Rootful") ? ", rootful" : ""));
    }

    private static boolean is(JsonNode machine, String what) { return machine.path(what).asBoolean(false); }

    private static JsonNode json(String text) {
        try {
            return JsonMapper.shared().readTree(text.substring(Math.max(0, text.indexOf('['))));
        } catch (JacksonException e) {
            return JsonMapper.shared().createArrayNode();
        }
    }

    private void ping(String address) {
        pings.computeIfAbsent(address.strip(), each -> Ping.ask(each, patience));
    }

    /** What an address answered to GET /_ping, the truth about an engine; text says which engine, or what is wrong. */
    record Ping(String address, State state, String engine, String text) {
        boolean answers() { return state == State.SOUND; }

        boolean podman() { return engine.equals("Podman"); }

        String asCommand() {
            return address.startsWith("tcp://") ? "curl " + address.replaceFirst("tcp", "http") + "/_ping"
                    : "curl --unix-socket " + address.replaceFirst("unix://", "") + " http://d/_ping";
        }

        static Ping ask(String address, int patience) {
            String mute = address + " accepts and says nothing within " + patience + " s";
            return CompletableFuture.supplyAsync(() -> ask(address), task -> new Thread(task).start())
                    .completeOnTimeout(new Ping(address, State.NOT_ANSWERING, "", mute), patience, TimeUnit.SECONDS)
                    .join();
        }

        private static Ping ask(String address) {
            boolean tcp = address.startsWith("tcp://");
            if (!address.matches("unix://.+|tcp://[^/:]+:\\d{1,5}/?")) {
                return new Ping(address, State.STOPPED, "", address + " is neither unix:///path nor tcp://host:port");
            }
            Path socket = Path.of(address.substring(tcp ? 5 : 7));
            URI uri = URI.create(tcp ? address : "tcp://none:0");
            try (SocketChannel channel = SocketChannel.open(tcp ? new InetSocketAddress(uri.getHost(), uri.getPort())
                    : UnixDomainSocketAddress.of(socket))) {
                // HTTP/1.0: the answer ends with the connection, and comes in one piece.
                channel.write(StandardCharsets.UTF_8.encode("GET /_ping HTTP/1.0\r\nHost: d\r\n\r\n"));
                byte[] answer = Channels.newInputStream(channel).readNBytes(1 << 16);
                return judge(address, new String(answer, StandardCharsets.UTF_8));
            } catch (IOException | UnresolvedAddressException e) {
                // The system's words are in the reader's language, so the file is asked.
                boolean gone = !tcp && Files.notExists(socket), denied = !tcp && !gone && !Files.isWritable(socket);
                return new Ping(address, denied ? State.PERMISSION : State.STOPPED, "", denied
                        ? "this user may not open " + address : gone ? address + " is not there"
                        : "nothing listens on " + address);
            }
        }

        private static Ping judge(String address, String answer) {
            String first = answer.lines().findFirst().orElse("");
            Matcher engine = Pattern.compile("Libpod-Api-Version: (\\S+)|Server: Docker/(\\S+)").matcher(answer);
            if (first.contains(" 200") && engine.find()) {
                String name = engine.group(1) != null ? "Podman" : "Docker";
                String version = engine.group(engine.group(1) != null ? 1 : 2);
                return new Ping(address, State.SOUND, name, "200, " + name + " " + version);
            }
            return new Ping(address, State.NOT_ANSWERING, "", address + (answer.isEmpty()
                    ? " accepts and says nothing and closes" : " answers, but not as an engine: "
                    + first.substring(0, Math.min(80, first.length()))));
        }
    }

    /** A command that was run; exit is TOO_LONG where it was ended for that, MISSING where there is no such command. */
    record Ran(String command, int exit, String said) {
        static final int TOO_LONG = -1, MISSING = -2;

        boolean missing() { return exit == MISSING; }

        String how() {
            return missing() ? "there is no " + command.replaceFirst(" .*", "") + " on the PATH"
                    : exit == TOO_LONG ? "no answer in time" : "exit status " + exit;
        }

        /** How it ended, and in its own words why. */
        String outcome() { return exit == 0 || missing() ? how() : how() + "\n" + brief(); }

        /** The first lines of what it said, for what a program prints that has gone wrong may be anything. */
        String brief() {
            return said.isBlank() ? "it says nothing" : said.lines().filter(line -> !line.isBlank()).limit(6)
                    .map(line -> line.substring(0, Math.min(300, line.length()))).collect(Collectors.joining("\n"));
        }
    }

    private Ran run(String command) { return run(patience, command); }

    private static Ran run(int seconds, String command) {
        return run(seconds, false, new ProcessBuilder(command.split(" ")));
    }

    /** Aloud: what it says is also passed on to stderr, as it is said. More than enough of it is not read. */
    private static Ran run(int seconds, boolean aloud, ProcessBuilder builder) {
        String command = String.join(" ", builder.command());
        StringBuffer said = new StringBuffer();
        try {
            Process process = begin(builder.redirectErrorStream(true));
            CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> process
                    .inputReader(StandardCharsets.UTF_8).lines().limit(9999).forEach(line -> {
                        said.append(line).append('\n');
                        System.err.print(aloud ? "podman: " + Steps.clean(line) + "\n" : "");
                    }), task -> new Thread(task).start());
            boolean inTime = process.waitFor(seconds, TimeUnit.SECONDS);
            end(Stream.concat(Stream.of(process.toHandle()), process.descendants()));
            reader.completeOnTimeout(null, 1, TimeUnit.SECONDS).join();
            return new Ran(command, inTime ? process.exitValue() : Ran.TOO_LONG, said.toString());
        } catch (IOException | InterruptedException e) {
            return new Ran(command, Ran.MISSING, "");
        }
    }

    private static final Set<ProcessHandle> RUNNING = ConcurrentHashMap.newKeySet();

    private static Process begin(ProcessBuilder builder) throws IOException {
        synchronized (Steps.class) {
            if (Steps.over) {
                throw new Stop(1, "nothing is begun any more");
            }
            Process process = builder.start();
            RUNNING.add(process.toHandle());
            // Without a terminal podman asks nothing.
            process.getOutputStream().close();
            return process;
        }
    }

    /** Ends what runs, and then what is half done; twice, for it may come into being after its client's end. */
    private void undo() throws Exception {
        String half = undo;
        end(RUNNING.stream().flatMap(each -> Stream.concat(Stream.of(each), each.descendants())));
        for (int times = half.isEmpty() ? 0 : 2; times > 0; times--) {
            new ProcessBuilder(half.split(" ")).redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start()
                    .waitFor(20, TimeUnit.SECONDS);
            Thread.sleep(500);
        }
    }

    /** Gently first: podman then writes down that it no longer starts its machine. */
    private static void end(Stream<ProcessHandle> processes) {
        List<ProcessHandle> all = processes.peek(ProcessHandle::destroy).toList();
        all.forEach(each -> each.onExit().completeOnTimeout(each, 2, TimeUnit.SECONDS).join());
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(each -> each.onExit().completeOnTimeout(each, 5, TimeUnit.SECONDS).join());
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
