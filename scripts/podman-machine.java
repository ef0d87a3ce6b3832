///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Podman for tests: is it running, what does exit status 125 mean, start it, what Testcontainers needs.
//DESCRIPTION   jbang podman-machine
//DESCRIPTION   jbang podman-machine --start
//DESCRIPTION   eval "$(jbang podman-machine --env)"
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
import tools.jackson.databind.SerializationFeature;
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
    /** What is asked for, one at a time; nothing is looking only. */
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
    /** What podman said when it could not be started: the cause stands there, and not in the state that it left. */
    private String trouble = "";
    /** The service that --start or --replay has started on Linux without systemd, and where it listens. */
    private Process service;
    private String address;

    public static void main(String... args) {
        Steps.atEnd(End::all);
        System.exit(Steps.commandLine(new PodmanMachine()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (timeout < 1 || patience < 1) {
            throw new Stop(2, "--timeout and --patience are seconds, and at least 1");
        }
        if (mode.replay) {
            return replay();
        }
        Sight sight = new Sight(patience);
        if (mode.env) {
            return printExports(sight);
        }
        show(sight);
        if (mode.start && Set.of(State.NO_MACHINE, State.STOPPED, State.STARTING).contains(sight.state)) {
            sight = start(sight);
            show(sight);
        }
        if (!mode.prove || sight.engine == null) {
            conclude(sight);
        }
        if (!mode.prove || sight.engine != null) {
            testcontainers(sight);
        }
        if (mode.prove && sight.engine != null) {
            proveOn(sight.engine, sight.exports());
        }
        return steps.end(false);
    }

    // Look ------------------------------------------------------------------------------------------------------------

    private void show(Sight sight) {
        steps.step("Podman on this machine");
        if (MACHINE && !sight.ps.missing()) {
            steps.run(sight.list.command);
            sight.machines.forEach(machine -> steps.say(machine.describe()));
            if (sight.machines.isEmpty()) {
                steps.bad(sight.list.exit == 0 && !sight.unreadable ? "there is no machine" : sight.list.outcome());
            }
        }
        steps.run(sight.ps.command);
        mark(sight.ps.exit == 0, sight.ps.outcome());
        steps.checked("commands", sight.ps.missing() ? 0 : 1);
        steps.step("The sockets");
        for (Ping ping : sight.pings.values()) {
            if (ping.answers() || sight.state != State.SOUND) {
                show(ping);
            } else {
                steps.run(ping.asCommand());
                steps.say(ping.text);
            }
        }
        steps.checked("sockets", sight.pings.size());
    }

    private boolean show(Ping ping) {
        steps.run(ping.asCommand());
        return mark(ping.answers(), ping.text);
    }

    private boolean mark(boolean well, String text) {
        steps.tell(well, text);
        return well;
    }

    /** The state as a finding; a Podman that is down is no error where Docker does its work. */
    private void conclude(Sight sight) {
        boolean docker = sight.engine != null && !sight.engine.podman();
        if (sight.state == State.SOUND) {
            steps.good(docker ? "Docker is sound, and there is no Podman here" : "Podman is sound");
            return;
        }
        if (docker) {
            steps.warn("containers can be used, by Docker");
        }
        State said = State.said(trouble);
        State cause = said == State.STORAGE || said == State.PERMISSION ? said : sight.state;
        steps.finding(cause.code(), docker ? Severity.warning : Severity.error,
                sight.dead == null ? null : new Where(sight.dead.address.replaceFirst("^unix://", ""), 0),
                cause == sight.state ? sight.sentence() : cause.meaning, trouble.isEmpty() ? sight.evidence() : trouble,
                remedies(cause, sight.suffix()));
    }

    /** Testcontainers asks DOCKER_HOST, else Docker's own socket; it knows nothing of Podman's. */
    private void testcontainers(Sight sight) {
        steps.step("Where Testcontainers looks for an engine");
        String host = System.getenv("DOCKER_HOST"), asked = host == null || host.isEmpty() ? DOCKER : host;
        Ping found = sight.pings.getOrDefault(asked, new Ping(asked, "", asked + " is not there"));
        String told = (asked.equals(host) ? "DOCKER_HOST" : DOCKER.substring(7)) + ": " + found.text;
        if (sight.engine == null) {
            steps.warn(told);
            steps.skipped("Testcontainers", "there is no engine that it could find");
            return;
        }
        steps.checked("configurations of Testcontainers", 1);
        if (found.answers()) {
            steps.good(told);
            sight.exports().keySet().stream().filter(name -> !name.equals("DOCKER_HOST") && System.getenv(name) == null)
                    .forEach(name -> steps.warn("it also needs " + name + "=" + sight.exports().get(name)
                            + (name.contains("RYUK") ? ": Ryuk does not work without root, so a test run that is "
                                    + "killed leaves its containers" : "")));
        } else {
            steps.warn(told);
            steps.bad("it would not find " + sight.engine.text + " on " + sight.engine.address);
            steps.finding("TESTCONTAINERS_BLIND", mode.start || mode.prove ? Severity.warning : Severity.error, null,
                    "Testcontainers would not find the engine on " + sight.engine.address, "it looks at DOCKER_HOST "
                            + "and the sockets of Docker, not at Podman's own", exportLines(sight.exports()));
        }
    }

    private static String[] exportLines(Map<String, String> exports) {
        return exports.keySet().stream().map(name -> "export " + name + "='"
                + exports.get(name).replace("'", "'\\''") + "'").toArray(String[]::new);
    }

    /** For eval: on stdout nothing but exports, so that a sentence is never taken for a command. */
    private int printExports(Sight sight) {
        if (sight.engine == null) {
            System.err.println("podman-machine: " + sight.state.code() + ": " + Steps.clean(sight.sentence())
                    .replace('\n', ' ') + "; do: " + String.join("; ", remedies(sight.state, sight.suffix())));
            return 10;
        }
        System.out.println(String.join("\n", exportLines(sight.exports())));
        return 0;
    }

    // Start -----------------------------------------------------------------------------------------------------------

    private Sight start(Sight before) throws Exception {
        steps.step("Start it");
        if (MACHINE) {
            startMachine(before);
        } else {
            startService(ownSocket());
            awaitService();
        }
        long began = System.nanoTime();
        Sight sight = new Sight(patience);
        boolean sense = trouble.isEmpty() || trouble.matches("(?is).*already (running|starting).*");
        boolean waits = sense && service == null;
        for (int round = 0; waits && sight.state != State.SOUND && seconds(began) < timeout; round++) {
            if (round % 5 == 0) {
                System.err.println("podman-machine: waiting for the socket: " + sight.sentence());
            }
            Thread.sleep(1000);
            sight = new Sight(patience);
        }
        // A machine that has started but does not answer is still the reader's; a service that does not is of no use.
        keep(MACHINE || sight.engine != null && sight.engine.podman());
        return sight;
    }

    /** Made first where there is none; one that starts already is waited for. */
    private void startMachine(Sight sight) {
        if (sight.state != State.STARTING && (sight.state != State.NO_MACHINE || succeeds("podman machine init"))) {
            starts("podman machine start" + sight.suffix(), "podman machine stop" + sight.suffix());
        }
    }

    /** If it fails, podman has cleaned up after itself, or what runs is not of our starting. */
    private void starts(String start, String stop) {
        End.with("started", () -> Ran.run(60, stop));
        if (!succeeds(start)) {
            End.forget("started");
        }
    }

    private boolean succeeds(String command) {
        steps.run(command);
        Ran ran = Ran.run(timeout, true, command.split(" "));
        trouble = ran.exit == 0 ? "" : ran.brief();
        return mark(ran.exit == 0, ran.outcome());
    }

    /** On Linux: through systemd where that runs, else as a process that outlives this script. */
    private void startService(Path socket, String... option) throws IOException {
        String systemctl = uid("/proc/self").equals("0") ? "systemctl" : "systemctl --user";
        if (option.length == 0 && socket.equals(defaultSocket()) && Ran.run(patience, systemctl + " is-system-running")
                .out.matches("(?s)(running|degraded|starting|initializing).*")) {
            starts(systemctl + " start podman.socket", systemctl + " stop podman.socket");
            return;
        }
        Files.createDirectories(socket.getParent());
        address = "unix://" + socket;
        String command = "podman system service " + (option.length == 0 ? "--time=0" : option[0]) + " " + address;
        steps.run(command + " &");
        // Out of reach of the terminal's Ctrl-C, also where there is no setsid.
        String apart = "command -v setsid >/dev/null && exec setsid " + command + "; trap '' INT HUP; exec " + command;
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", apart).directory(new File("/"))
                .redirectErrorStream(true).redirectOutput(socket.resolveSibling("podman-service.log").toFile());
        // With these podman would be a client only.
        builder.environment().keySet().removeAll(Set.of("CONTAINER_HOST", "CONTAINER_CONNECTION"));
        service = End.start(builder);
        End.with("started", End.forget(service));
    }

    private void awaitService() throws Exception {
        long began = System.nanoTime();
        while (service != null && !Ping.ask(address, patience).answers()) {
            if (!service.isAlive() || seconds(began) > timeout) {
                Path log = Path.of(address.substring(7)).resolveSibling("podman-service.log");
                trouble = new Ran("", 1, "", Files.readString(log)).brief();
                steps.bad((service.isAlive() ? "it does not answer within " + timeout + " s"
                        : "podman system service ended with exit status " + service.exitValue()) + "\n" + trouble);
                return;
            }
            Thread.sleep(50);
        }
        if (service != null) {
            steps.good(String.format(Locale.ROOT, "it answers after %.1f s", seconds(began)));
            steps.say("process " + service.pid());
        }
    }

    private void keep(boolean keep) throws Exception {
        AutoCloseable stop = End.forget("started");
        if (!keep && stop != null) {
            stop.close();
        }
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    // Replay ----------------------------------------------------------------------------------------------------------

    private int replay() throws Exception {
        if (Ran.run(patience, "podman --version").missing()) {
            throw new Stop(3, "there is no podman on the PATH to replay the incident with; do: " + install());
        }
        Sight sight = MACHINE ? new Sight(patience) : null;
        if (MACHINE && sight.state != State.STOPPED) {
            throw new Stop(3, "the replay needs a machine that is stopped, and " + (sight.state == State.SOUND
                    ? "yours runs: podman machine stop, then again" : sight.sentence()));
        }
        String own = MACHINE ? null : "unix://" + End.folder().resolve("podman.sock");
        steps.step("The preflight check of the tests");
        explain(preflight(own), own);
        if (MACHINE) {
            sight = start(sight);
            End.with("started", () -> Ran.run(60, "podman machine stop"));
        } else {
            steps.step("Start it");
            // Where this run is killed, the service ends by itself.
            startService(Path.of(own.substring(7)), "--time=60");
            awaitService();
        }
        steps.step("The preflight check again");
        Ping ping = Ping.ask(own != null ? own : sight.engine == null ? "" : sight.engine.address, patience);
        boolean proven = preflight(own).exit == 0 & show(ping);
        steps.checked("preflight checks", 2);
        if (!MACHINE && proven) {
            proven = proveIfThere(ping);
        }
        keep(false);
        return steps.end(proven);
    }

    /** The check as the tests of the incident make it, in its words. */
    private Ran preflight(String own) {
        Ran ps = Ran.run(patience, own == null ? "podman ps" : "podman --url " + own + " ps");
        steps.run(ps.command);
        mark(ps.exit == 0, ps.exit == 0 ? "Preflight check passed: exit status 0"
                : "❌ Preflight check failed: ❌ Podman not available: " + ps.how());
        return ps;
    }

    private void explain(Ran ps, String own) {
        steps.step("Why: 125 only means an error of podman itself, the cause stands in stderr");
        steps.say(ps.brief());
        State state = State.said(ps.err);
        if (own != null) {
            show(Ping.ask(own, patience));
        }
        steps.warn(state.code() + ": " + state.meaning);
        steps.finding(state.code(), Severity.error, null, state.meaning, ps.brief(), remedies(state, ""));
    }

    /** On the replay's service, which shares the reader's images; none is pulled for a replay. */
    private boolean proveIfThere(Ping engine) throws Exception {
        if (Ran.run(patience, "podman --url " + engine.address + " image exists " + image).exit == 0) {
            return proveOn(engine, exports(engine.address, true, null));
        }
        steps.skipped("Testcontainers", image + " is not on this machine, and a replay pulls nothing: --prove does");
        return true;
    }

    // Prove -----------------------------------------------------------------------------------------------------------

    /** True if the container came up, answered, and is gone. Testcontainers is told by the environment of a process. */
    private boolean proveOn(Ping engine, Map<String, String> exports) throws Exception {
        steps.step("A PostgreSQL container through Testcontainers");
        String name = "runbook-prove-" + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36);
        removeLeftovers(engine);
        Stream.of(exportLines(exports)).forEach(steps::run);
        steps.run("new PostgreSQLContainer(\"" + image + "\").start()   # Testcontainers");
        System.err.println("podman-machine: starting a container of " + image);
        End.with(name, () -> {
            // What was on its way to the engine when the process ended may come into being after that.
            remove(engine, name);
            Thread.sleep(1000);
            remove(engine, name);
        });
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx160m", "-cp", System.getProperty("java.class.path"),
                "-Duser.home=" + System.getProperty("user.home"), Proof.class.getName(), image, name);
        builder.environment().putAll(exports);
        boolean proven = watch(End.start(builder), engine);
        String left = remove(engine, name);
        End.forget(name);
        if (left.isEmpty()) {
            steps.say("no container is left");
        } else {
            steps.finding("LEFTOVER_STAYS", Severity.error, null, "the container " + name + " could not be removed",
                    left, "podman rm -f -v " + name);
        }
        steps.checked("containers", 1);
        return proven && left.isEmpty();
    }

    /** Waits for the proof while the engine lives: Testcontainers itself would wait on a dead one for minutes. */
    private boolean watch(Process process, Ping engine) throws Exception {
        Future<String> out = POOL.submit(() -> Ran.read(process.getInputStream(), false));
        Future<String> err = POOL.submit(() -> Ran.read(process.getErrorStream(), false));
        long began = System.nanoTime();
        for (int silent = 0; !process.waitFor(500, TimeUnit.MILLISECONDS) && seconds(began) < timeout && silent < 3;) {
            silent = Ping.ask(engine.address, patience).answers() ? 0 : silent + 1;
        }
        boolean ended = !process.isAlive(), answers = Ping.ask(engine.address, patience).answers();
        if (!ended) {
            End.end(process);
        }
        End.forget(process);
        Ran.get(out).lines().forEach(steps::good);
        if (ended && process.exitValue() == 0 && answers) {
            return true;
        }
        String said = ended ? new Ran("", 1, "", Ran.get(err)).brief() : "not ready within " + timeout + " s";
        State state = answers ? State.said(said) : State.NOT_ANSWERING;
        String sentence = answers ? "Testcontainers could not run " + image
                : "the engine on " + engine.address + " stopped answering while the container ran";
        steps.bad(sentence + "\n" + said);
        steps.finding(answers && state == State.NOT_ANSWERING ? "CONTAINER_FAILS" : state.code(), Severity.error, null,
                sentence, said);
        return false;
    }

    private Ran engine(Ping engine, String words) {
        return Ran.run(20, (engine.podman() ? "podman --url " : "docker -H ") + engine.address + " " + words);
    }

    /** Empty if it is gone; where the service is dead, by podman without it, which works on Linux. */
    private String remove(Ping engine, String container) {
        Ran rm = engine(engine, "rm -f -v " + container);
        boolean dead = rm.exit != 0 && !rm.err.contains("no such container") && engine.podman();
        Ran last = dead ? Ran.run(20, "podman rm -f -v " + container) : rm;
        return last.exit == 0 || last.err.toLowerCase(Locale.ROOT).contains("no such container") ? "" : last.outcome();
    }

    /** Of runs on this machine that were killed. */
    private void removeLeftovers(Ping engine) {
        engine(engine, "ps -a --filter name=runbook-prove- --format {{.Names}}").out.lines()
                .filter(each -> each.matches("runbook-prove-\\d{1,9}-\\w+"))
                .filter(each -> ProcessHandle.of(Long.parseLong(each.split("-")[2])).isEmpty()).forEach(each -> {
                    System.err.println("podman-machine: removing what a run that was killed left behind: container /"
                            + each);
                    remove(engine, each);
                });
    }

    /** The process: an image, and a name for the container. */
    static final class Proof {
        public static void main(String... args) {
            DockerImageName image = DockerImageName.parse(args[0]).asCompatibleSubstituteFor("postgres");
            try (PostgreSQLContainer postgres = new PostgreSQLContainer(image)) {
                postgres.withCreateContainerCmdModifier(command -> command.withName(args[1])).start();
                System.out.println("container " + args[1] + " runs " + args[0] + ", published on "
                        + postgres.getHost() + ":" + postgres.getMappedPort(5432));
                try (Connection c = postgres.createConnection("");
                        ResultSet row = c.createStatement().executeQuery("SELECT version()")) {
                    row.next();
                    System.out.println("SELECT version(): " + row.getString(1));
                }
            } catch (Exception e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                System.err.println(root.getMessage() == null ? root.toString() : root.getMessage());
                // Without Testcontainers' own end, which has more to say; who started this removes the container.
                Runtime.getRuntime().halt(1);
            }
            // Threads of the HTTP client live on.
            System.exit(0);
        }
    }

    // What 125 means, and what to do ----------------------------------------------------------------------------------

    /** The state of Podman here; all but SOUND are finding codes with PODMAN_ before them. */
    enum State {
        SOUND("Podman can be used", null), ABSENT("Podman is not installed here", null),
        STARTING("the machine is starting", null),
        STORAGE("Podman's storage is full, or over its quota",
                "no space left on device|disk quota exceeded|read-only file system|not enough (free )?(disk )?space"),
        PERMISSION("Podman may not be used by this user",
                "permission denied|operation not permitted|access is denied|newuidmap|newgidmap|/etc/subuid"),
        NO_MACHINE("Podman has no machine yet", "vm does not exist|no such vm"),
        STOPPED("Podman's service is not running",
                "unable to connect|cannot connect|failed to connect|connection refused"),
        NOT_ANSWERING("Podman is there, but does not answer as it should", "");

        final String meaning;
        private final Pattern words;

        State(String meaning, String words) {
            this.meaning = meaning;
            this.words = words == null ? null : Pattern.compile("(?i)" + words);
        }

        String code() {
            return "PODMAN_" + name();
        }

        /** By podman's own words. The first that fits: "unable to connect: permission denied" is of permission. */
        static State said(String stderr) {
            return Stream.of(values()).filter(s -> s.words != null && s.words.matcher(stderr).find()).findFirst()
                    .orElseThrow();
        }
    }

    private static String install() {
        return OS.startsWith("mac") ? "brew install podman" : OS.startsWith("win") ? "winget install RedHat.Podman"
                : "sudo apt-get install podman   # or dnf, zypper, pacman";
    }

    /** @param name of the machine, where it is not the usual one */
    private static String[] remedies(State state, String name) {
        String systemctl = uid("/proc/self").equals("0") ? "systemctl " : "systemctl --user ";
        String start = "# or: jbang podman-machine --start", again = "podman machine start" + name;
        List<String> commands = switch (state) {
            case SOUND -> List.of();
            case ABSENT -> List.of(install());
            case NO_MACHINE -> List.of("podman machine init", "podman machine start", start);
            case STOPPED -> MACHINE ? List.of(again, start) : List.of(systemctl + "enable --now podman.socket",
                    "# without systemd: podman system service --time=0 unix://" + defaultSocket() + " &", start);
            case STARTING -> List.of("jbang podman-machine --start   # waits",
                    "# if it is stuck: podman machine stop" + name + " && " + again);
            case NOT_ANSWERING -> MACHINE
                    ? List.of("podman machine stop" + name + "   # ends the containers in it", again)
                    : List.of("podman --log-level=debug ps", systemctl + "restart podman.socket podman.service");
            case PERMISSION -> MACHINE ? List.of("podman machine inspect" + name + "   # whose socket is it")
                    : List.of("ls -l " + defaultSocket() + "   # whose is it", systemctl + "enable --now podman.socket",
                            "# newuidmap, subuid: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                                    + "$USER && podman system migrate");
            case STORAGE -> List.of(MACHINE ? "podman machine ssh" + name + " df -h /"
                    : "df -h ~/.local/share/containers /var/lib/containers", "podman system df", "podman system prune");
        };
        return commands.toArray(String[]::new);
    }

    /** What must be exported for an engine; podman is a Podman of this machine, machine null if it runs in none. */
    private static Map<String, String> exports(String address, boolean podman, Machine machine) {
        Map<String, String> exports = new LinkedHashMap<>(Map.of("DOCKER_HOST", address));
        if (podman && machine != null) {
            // The path inside the machine, for Ryuk.
            exports.put("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", "/var/run/docker.sock");
        }
        boolean rootless = machine != null ? !machine.rootful
                : uid(address.replaceFirst("^unix://", "")).matches("[1-9]\\d*");
        if (podman && rootless) {
            exports.put("TESTCONTAINERS_RYUK_DISABLED", "true");
        }
        if (podman && machine == null && Files.exists(Path.of("/.dockerenv"))) {
            // In a container it would dial the gateway, but this Podman publishes its ports in here.
            exports.put("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1");
        }
        return exports;
    }

    // What is seen ----------------------------------------------------------------------------------------------------

    /** On all but Linux Podman needs a virtual machine; -Drunbook.os=mac|windows|linux is for the tests. */
    private static final String OS =
            System.getProperty("runbook.os", System.getProperty("os.name")).toLowerCase(Locale.ROOT);
    private static final boolean MACHINE = OS.startsWith("mac") || OS.startsWith("win");
    /** As Docker, and what is like it, has it; -Drunbook.docker=… is for the tests. */
    private static final String DOCKER = "unix://" + System.getProperty("runbook.docker", "/var/run/docker.sock");

    /** Where podman system service listens if nothing else is said (podman-system-service(1)). */
    private static Path defaultSocket() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return uid("/proc/self").equals("0") ? Path.of("/run/podman/podman.sock")
                : Path.of(runtime != null ? runtime : "/run/user/" + uid("/proc/self"), "podman/podman.sock");
    }

    /** Where --start lets a service listen. */
    private static Path ownSocket() {
        String named = System.getenv("CONTAINER_HOST");
        if (named != null && !named.startsWith("unix://")) {
            throw new Stop(2, "CONTAINER_HOST is " + named + ", which cannot be started from here: start it there");
        }
        return named != null ? Path.of(named.substring(7)) : defaultSocket();
    }

    private static String uid(String file) {
        try {
            return String.valueOf(Files.getAttribute(Path.of(file), "unix:uid"));
        } catch (IOException | RuntimeException e) {
            return "";
        }
    }

    /** What was seen of the engine, and the state that follows from it. */
    static final class Sight {
        final Ran ps;
        /** podman machine list; null on Linux. */
        final Ran list;
        final boolean unreadable;
        final List<Machine> machines;
        /** The one that podman itself would use: the default, else one that runs; null if there is none. */
        final Machine machine;
        final Map<String, Ping> pings = new LinkedHashMap<>();
        /** The engine that can be used: Podman, else Docker; null if there is none. */
        final Ping engine;
        /** The first socket that is to be Podman's and does not answer; null if there is none. */
        final Ping dead;
        final State state;

        /** Asks podman and every socket at once. */
        Sight(int patience) throws Exception {
            Future<Ran> asked = POOL.submit(() -> Ran.run(patience, "podman ps"));
            list = MACHINE ? Ran.run(patience, "podman machine list --format json") : null;
            List<Machine> read = list == null || list.missing() ? List.of() : Machine.read(list);
            unreadable = read == null;
            Machine used = unreadable ? null : read.stream().min(Comparator.comparing((Machine m) -> !m.byDefault)
                    .thenComparing(m -> !m.running)).orElse(null);
            machine = used == null ? null : used.inspected(patience);
            machines = unreadable ? List.of() : read.stream().map(m -> m == used ? machine : m).toList();
            List<String> podmans = Stream.of(System.getenv("CONTAINER_HOST"), machine == null ? null : machine.address,
                    MACHINE ? null : "unix://" + defaultSocket(), System.getenv("DOCKER_HOST"))
                    .filter(address -> address != null && !address.isBlank()).map(String::strip).distinct().toList();
            Map<String, Future<Ping>> answers = new LinkedHashMap<>();
            Stream.concat(podmans.stream(), Stream.of(DOCKER).filter(d -> Files.exists(Path.of(d.substring(7)))))
                    .forEach(each -> answers.computeIfAbsent(each, a -> POOL.submit(() -> Ping.ask(a, patience))));
            for (String each : answers.keySet()) {
                pings.put(each, answers.get(each).get());
            }
            ps = asked.get();
            engine = pings.values().stream().filter(Ping::answers).max(Comparator.comparing(Ping::podman)).orElse(null);
            dead = podmans.stream().map(pings::get).filter(p -> !p.answers()).findFirst().orElse(null);
            state = judge(podmans.stream().map(each -> pings.get(each).text).collect(Collectors.joining("\n")));
        }

        private State judge(String answers) {
            State said = ps.missing() || ps.exit == 0 ? State.SOUND
                    : ps.exit == Ran.TOO_LONG ? State.NOT_ANSWERING : State.said(ps.err);
            if (said == State.STORAGE) {
                return said;
            }
            if (engine != null && engine.podman()) {
                return said == State.SOUND || said == State.PERMISSION ? said : State.NOT_ANSWERING;
            }
            if (ps.missing()) {
                return engine != null ? State.SOUND : State.ABSENT;
            }
            boolean denied = said == State.PERMISSION || answers.contains(Ping.DENIED);
            if (list == null) {
                return denied ? State.PERMISSION : said == State.NOT_ANSWERING || answers.contains("says nothing")
                        || answers.contains("not as an engine") ? State.NOT_ANSWERING : State.STOPPED;
            }
            return unreadable || list.exit != 0 ? State.said(list.err) : machine == null ? State.NO_MACHINE
                    : machine.starting ? State.STARTING : !machine.running ? State.STOPPED
                    : denied ? State.PERMISSION : State.NOT_ANSWERING;
        }

        Map<String, String> exports() {
            return PodmanMachine.exports(engine.address, engine.podman() && (list != null || !ps.missing()), machine);
        }

        String sentence() {
            String named = machine == null ? "" : "the machine " + machine.name;
            return state == State.STOPPED ? machine != null ? named + " is stopped"
                    : state.meaning + (dead == null ? "" : ": nothing listens on " + dead.address)
                    : state == State.STARTING ? named + " says that it is starting"
                    : state != State.NOT_ANSWERING ? state.meaning
                    : ps.exit == Ran.TOO_LONG ? ps.command + " does not answer"
                    : list != null && list.exit != 0 ? list.command + " fails: " + list.how()
                    : unreadable ? list.command + " answers with what is no list of machines"
                    : machine != null && engine == null ? named + " runs, but its socket is dead"
                    : ps.exit > 0 ? ps.command + " ends with exit status " + ps.exit
                            + (ps.err.isBlank() ? " and says nothing" : "") : state.meaning;
        }

        String evidence() {
            return list != null && !list.missing() && (unreadable || list.exit != 0) ? list.brief()
                    : ps.exit != 0 && !ps.missing() ? ps.brief() : dead == null ? "" : dead.text;
        }

        /** What names the machine in a command; the default one needs no name. */
        String suffix() {
            return machine == null || machine.name.equals("podman-machine-default") ? "" : " " + machine.name;
        }
    }

    /** A virtual machine of Podman; its address on this side is null where podman does not say. */
    record Machine(String name, boolean byDefault, boolean running, boolean starting, String address, boolean rootful) {
        String describe() {
            return name + (byDefault ? ", the default" : "") + ": "
                    + (starting ? "starting" : running ? "running" : "stopped") + (rootful ? ", rootful" : "");
        }

        /** Podman's own list; null if it cannot be read. */
        static List<Machine> read(Ran list) {
            try {
                List<Machine> machines = new ArrayList<>();
                JsonNode all = JsonMapper.shared().readTree(list.out);
                all.forEach(m -> machines.add(new Machine(m.path("Name").asString(""),
                        m.path("Default").asBoolean(false), m.path("Running").asBoolean(false),
                        m.path("Starting").asBoolean(false), null, false)));
                return all.isArray() || list.exit == 0 && list.out.isBlank() ? machines : null;
            } catch (JacksonException e) {
                return null;
            }
        }

        /** With what only podman machine inspect knows: its socket, and whether it is rootful. */
        Machine inspected(int patience) {
            try {
                Ran inspect = Ran.run(patience, "podman machine inspect " + name);
                JsonNode m = JsonMapper.shared().readTree(inspect.out).path(0);
                String socket = m.path("ConnectionInfo").path("PodmanSocket").path("Path").asString("");
                String state = m.path("State").asString("");
                return new Machine(name, byDefault, running || state.equals("running"),
                        starting || state.equals("starting"), socket.isEmpty() ? null : "unix://" + socket,
                        m.path("Rootful").asBoolean(false));
            } catch (JacksonException e) {
                return this;
            }
        }
    }

    /** What an address answered to GET /_ping; engine is Podman, Docker or empty, text says which, or what is wrong. */
    record Ping(String address, String engine, String text) {
        static final String DENIED = "this user may not open ";

        boolean answers() {
            return !engine.isEmpty();
        }

        boolean podman() {
            return engine.equals("Podman");
        }

        String asCommand() {
            return address.startsWith("tcp://") ? "curl " + address.replaceFirst("tcp", "http") + "/_ping"
                    : "curl --unix-socket " + address.replaceFirst("unix://", "") + " http://d/_ping";
        }

        /** The truth about an engine: podman info is content without its socket. */
        static Ping ask(String address, int patience) {
            if (!address.matches("unix://.+|tcp://[^/:]+:\\d{1,5}/?")) {
                return new Ping(address, "", address + " is no address: unix:///path or tcp://host:port");
            }
            Path socket = address.startsWith("unix://") ? Path.of(address.substring(7)) : null;
            try {
                if (socket != null) {
                    Files.readAttributes(socket, BasicFileAttributes.class);
                }
                return judge(address, call(address, "/_ping", patience));
            } catch (NoSuchFileException e) {
                return new Ping(address, "", address + " is not there");
            } catch (TimeoutException e) {
                return new Ping(address, "", address + " accepts and says nothing within " + patience + " s");
            } catch (IOException e) {
                // The system's words are in the reader's language, so the file is asked.
                boolean denied = e instanceof AccessDeniedException || socket != null && !Files.isWritable(socket);
                return new Ping(address, "", (denied ? DENIED : "nothing listens on ") + address);
            }
        }

        private static Ping judge(String address, String answer) {
            Matcher podman = Pattern.compile("(?im)^Libpod-Api-Version: *(\\S+)").matcher(answer);
            Matcher docker = Pattern.compile("(?im)^Server: Docker/(\\S+)").matcher(answer);
            boolean well = answer.matches("(?s)HTTP/1\\.[01] 200.*");
            String first = answer.lines().findFirst().orElse("");
            return well && podman.find() ? new Ping(address, "Podman", "200, Podman " + podman.group(1))
                    : well && docker.find() ? new Ping(address, "Docker", "200, Docker " + docker.group(1))
                    : new Ping(address, "", address + (answer.isEmpty() ? " accepts and says nothing and closes"
                            : " answers, but not as an engine: " + first.substring(0, Math.min(80, first.length()))));
        }

        /** The answer, headers and all; not over the time, however much it has said by then. */
        static String call(String address, String path, int seconds) throws IOException, TimeoutException {
            Future<String> answer = POOL.submit(() -> {
                try (SocketChannel channel = open(address)) {
                    // HTTP/1.0: the answer ends with the connection, and comes in one piece.
                    channel.write(StandardCharsets.UTF_8.encode("GET " + path + " HTTP/1.0\r\nHost: d\r\n\r\n"));
                    return new String(Channels.newInputStream(channel).readNBytes(1 << 20), StandardCharsets.UTF_8);
                }
            });
            try {
                return answer.get(seconds, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                answer.cancel(true);
                throw e;
            } catch (ExecutionException | InterruptedException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e);
            }
        }

        private static SocketChannel open(String address) throws IOException {
            String[] parts = address.replaceFirst("\\w+://", "").replaceFirst("/$", "").split(":");
            if (address.startsWith("tcp")) {
                return SocketChannel.open(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
            }
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(address.substring(7)));
            return channel;
        }
    }

    // Parts -----------------------------------------------------------------------------------------------------------

    private static final ExecutorService POOL = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });

    /** A command that was run; exit is TOO_LONG where it was ended for that, MISSING where there is no such command. */
    record Ran(String command, int exit, String out, String err) {
        private static final int TOO_LONG = -1, MISSING = -2;

        static Ran run(int seconds, String command) {
            return run(seconds, false, command.split(" "));
        }

        /** Aloud: what the command says is also passed on to stderr, as it is said. */
        static Ran run(int seconds, boolean aloud, String... words) {
            String command = String.join(" ", words);
            try {
                Process process = End.start(new ProcessBuilder(words));
                Future<String> out = POOL.submit(() -> read(process.getInputStream(), aloud));
                Future<String> err = POOL.submit(() -> read(process.getErrorStream(), aloud));
                boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
                if (!ended) {
                    End.end(process);
                }
                End.forget(process);
                return new Ran(command, ended ? process.exitValue() : TOO_LONG, get(out), get(err));
            } catch (IOException e) {
                return new Ran(command, MISSING, "", "");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** More than enough of what a command prints is not read. */
        private static String read(InputStream from, boolean aloud) throws IOException {
            StringBuilder all = new StringBuilder();
            BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null && all.length() < 1 << 20; line = lines.readLine()) {
                all.append(line).append('\n');
                if (aloud) {
                    System.err.println("podman: " + Steps.clean(line));
                }
            }
            return all.toString();
        }

        /** A child that lives on may hold its end of the pipe. */
        private static String get(Future<String> text) throws InterruptedException {
            try {
                return text.get(1, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                return "";
            }
        }

        boolean missing() {
            return exit == MISSING;
        }

        String how() {
            return missing() ? "there is no " + command.replaceFirst(" .*", "") + " on the PATH"
                    : exit == TOO_LONG ? "no answer in time" : "exit status " + exit;
        }

        /** How it ended, and in its own words why. */
        String outcome() {
            return exit == 0 || missing() ? how() : how() + "\n" + brief();
        }

        /** The first lines of what it said, for what a program prints that has gone wrong may be anything. */
        String brief() {
            return (err.isBlank() && out.isBlank() ? "it says nothing" : err.isBlank() ? out : err).lines()
                    .filter(line -> !line.isBlank()).limit(6)
                    .map(line -> line.substring(0, Math.min(300, line.length()))).collect(Collectors.joining("\n"));
        }
    }

    /** What is ended, stopped and removed at the end, also by a signal; then only the end itself begins anything. */
    static final class End {
        private static final Map<Object, AutoCloseable> LEFT = new LinkedHashMap<>();
        private static Thread ending;
        private static Path folder;

        static synchronized Process start(ProcessBuilder builder) throws IOException {
            if (ending != null && ending != Thread.currentThread()) {
                throw new Stop(1, "ended from outside");
            }
            Process process = builder.start();
            // Without a terminal podman asks nothing.
            process.getOutputStream().close();
            LEFT.put(process, () -> end(process));
            return process;
        }

        static synchronized void with(Object key, AutoCloseable undo) {
            LEFT.put(key, undo);
        }

        static synchronized AutoCloseable forget(Object key) {
            return LEFT.remove(key);
        }

        /** Gently first: podman then writes down that it no longer starts its machine. */
        static void end(Process process) throws InterruptedException {
            // By their handles, which leave the streams open: what was said last is not lost.
            List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
            all.forEach(ProcessHandle::destroy);
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                all.forEach(ProcessHandle::destroyForcibly);
            }
        }

        static void all() throws Exception {
            List<AutoCloseable> left;
            synchronized (End.class) {
                ending = Thread.currentThread();
                left = new ArrayList<>(LEFT.values());
            }
            for (int i = left.size() - 1; i >= 0; i--) {
                left.get(i).close();
            }
        }

        /** For the socket of a service of this run. Those of runs that were killed are swept up, with their services. */
        static Path folder() throws IOException {
            try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                for (Path left : files.filter(End::isLeft).toList()) {
                    System.err.println("podman-machine: removing what a run that was killed left behind: " + left);
                    ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains(left.toString()))
                            .forEach(ProcessHandle::destroy);
                    delete(left);
                }
            }
            with("folder", () -> delete(folder));
            folder = Files.createTempDirectory("podman-machine-" + ProcessHandle.current().pid() + "-");
            return folder;
        }

        private static boolean isLeft(Path file) {
            String[] name = file.getFileName().toString().split("-");
            return file.getFileName().toString().matches("podman-machine-\\d{1,9}-\\d+")
                    && ProcessHandle.of(Long.parseLong(name[2])).isEmpty() && Files.isWritable(file);
        }

        private static void delete(Path folder) throws IOException {
            try (Stream<Path> all = folder == null || !Files.exists(folder) ? Stream.empty() : Files.walk(folder)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
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
