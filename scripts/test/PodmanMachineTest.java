import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * macOS and Windows do not exist here, nor can a real Podman be made to fail at will. A stand-in {@code podman} on the PATH plays
 * outputs and exit codes as Podman 3 to 5 have them, and a stand-in engine answers on a real socket.
 */
@DisplayName("podman-machine: each state of Podman, played by a stand-in")
@DisabledOnOs(OS.WINDOWS)
class PodmanMachineTest {
    private static final String CANNOT_CONNECT = """
            Cannot connect to Podman. Please verify your connection to the Linux system using `podman system connection list`, or try `podman machine init` and `podman machine start` to manage a new Linux VM
            Error: unable to connect to Podman socket: failed to connect: dial tcp 127.0.0.1:61253: connect: connection refused
            """;
    static final String PODMAN = "HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 5.3.1\r\nServer: Libpod/5.3.1 (linux)\r\nContent-Length: 2\r\n\r\nOK";
    static final String DOCKER = "HTTP/1.0 200 OK\r\nApi-Version: 1.48\r\nServer: Docker/28.2.2 (linux)\r\nContent-Length: 2\r\n\r\nOK";

    @TempDir
    Path temp;
    private Path bin;

    /** What the stand-in plays: for "podman ps" the files ps.out, ps.err, ps.exit, and ps.do, which is run first. */
    @BeforeEach
    void standIn() throws IOException {
        bin = Files.createDirectory(temp.resolve("bin"));
        program("podman", """
                #!/bin/sh
                echo "podman $*" >>'%1$s/calls'
                case "$1 $2" in
                    'ps '*) what=ps ;;
                    'machine list') case "$*" in *json) what=list ;; *) what=table ;; esac ;;
                    *) what=$2 ;;
                esac
                [ ! -e '%1$s'/$what.do ] || . '%1$s'/$what.do
                [ ! -e '%1$s'/$what.out ] || cat '%1$s'/$what.out
                [ ! -e '%1$s'/$what.err ] || cat '%1$s'/$what.err >&2
                [ ! -e '%1$s'/$what.exit ] || exit "$(cat '%1$s'/$what.exit)"
                """.formatted(temp));
        plays("ps", 125, "", CANNOT_CONNECT);
    }

    private void program(String name, String text) throws IOException {
        Files.setPosixFilePermissions(Files.writeString(bin.resolve(name), text), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void plays(String what, int exit, String out, String err) throws IOException {
        Files.writeString(temp.resolve(what + ".out"), out);
        Files.writeString(temp.resolve(what + ".err"), err);
        Files.writeString(temp.resolve(what + ".exit"), "" + exit);
    }

    private void first(String what, String shell) throws IOException {
        Files.writeString(temp.resolve(what + ".do"), shell + "\n");
    }

    /** podman machine list and inspect as Podman 5 has them on macOS. */
    private void machine(String name, boolean running, boolean starting, boolean rootful) throws IOException {
        plays("list", 0, """
                [
                    {
                        "Name": "%s",
                        "Default": true,
                        "Created": "2025-11-02T18:04:11.301Z",
                        "Running": %s,
                        "Starting": %s,
                        "LastUp": "2025-11-09T09:12:40.108Z",
                        "Stream": "",
                        "VMType": "applehv",
                        "CPUs": 5,
                        "Memory": "2147483648",
                        "Swap": "0",
                        "DiskSize": "107374182400",
                        "Port": 61253,
                        "RemoteUsername": "core",
                        "IdentityPath": "/Users/dev/.local/share/containers/podman/machine/machine",
                        "UserModeNetworking": true
                    }
                ]
                """.formatted(name, running, starting), "");
        plays("inspect", 0, """
                [
                     {
                          "ConfigDir": {"Path": "/Users/dev/.config/containers/podman/machine/applehv"},
                          "ConnectionInfo": {"PodmanSocket": {"Path": "%s"}, "PodmanPipe": null},
                          "Created": "2025-11-02T18:04:11.301Z",
                          "LastUp": "2025-11-09T09:12:40.108Z",
                          "Name": "%s",
                          "Resources": {"CPUs": 5, "DiskSize": 100, "Memory": 2048, "USBs": []},
                          "SSHConfig": {"IdentityPath": "/Users/dev/.local/share/containers/podman/machine/machine", "Port": 61253, "RemoteUsername": "core"},
                          "State": "%s",
                          "UserModeNetworking": true,
                          "Rootful": %s,
                          "Rosetta": true
                     }
                ]
                """.formatted(socket(), name, starting ? "starting" : running ? "running" : "stopped", rootful), "");
    }

    private void machine(boolean running) throws IOException {
        machine("podman-machine-default", running, false, false);
    }

    private Path socket() {
        return temp.resolve("machine.sock");
    }

    private void running() throws IOException {
        machine(true);
        plays("ps", 0, "CONTAINER ID  IMAGE       COMMAND     CREATED     STATUS      PORTS       NAMES\n", "");
    }

    private Run on(String os, String... arguments) {
        return alone(Run.script("podman-machine", arguments).jvm("-Drunbook.os=" + os));
    }

    /** Nothing that this machine has is seen, but the stand-ins and what is in /bin. */
    private Run alone(Run run) {
        return run.jvm("-Duser.home=" + temp, "-Drunbook.docker=" + temp.resolve("docker.sock")).with("PATH", bin + ":" + System.getenv("PATH")).with("XDG_RUNTIME_DIR", temp.resolve("run").toString())
                .with("DOCKER_HOST", null).with("CONTAINER_HOST", null).with("TESTCONTAINERS_RYUK_DISABLED", null).with("TESTCONTAINERS_HOST_OVERRIDE", null);
    }

    private Run.Result mac(String... arguments) throws Exception {
        return on("mac", arguments).go();
    }

    private static void found(Run.Result result, String code, String... words) {
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).contains("\n" + code).contains("\nproblems  checked ");
        assertThat(List.of(words)).allSatisfy(word -> assertThat(result.out()).contains(word));
        assertThat(result.all()).doesNotContain("Exception", "\tat ");
    }

    private String calls() throws IOException {
        return Files.readString(temp.resolve("calls"));
    }

    /** An engine's socket, for as long as one test takes; null as answer accepts and says nothing. */
    static final class Engine implements AutoCloseable {
        private final ServerSocketChannel socket;
        private final List<SocketChannel> callers = new ArrayList<>();

        Engine(Path path, String answer) throws IOException {
            socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
            Thread thread = new Thread(() -> {
                while (socket.isOpen()) {
                    try {
                        SocketChannel caller = socket.accept();
                        callers.add(caller);
                        if (answer != null) {
                            caller.read(ByteBuffer.allocate(1000));
                            caller.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.ISO_8859_1)));
                            caller.close();
                        }
                    } catch (IOException e) {
                        // The caller has gone, or the test is over.
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() throws IOException {
            socket.close();
            for (SocketChannel caller : callers) {
                caller.close();
            }
        }
    }

    // States of the machine -------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @CsvSource({"mac, brew install podman", "windows, winget install RedHat.Podman", "linux, sudo apt-get install podman"})
    @DisplayName("no podman on the PATH: how to install it")
    void absent(String os, String remedy) throws Exception {
        Run.Result result = on(os).with("PATH", Files.createDirectory(temp.resolve("nothing")).toString()).go();
        found(result, "PODMAN_ABSENT", "there is no podman on the PATH", "do: " + remedy);
        Run.Result env = on(os, "--env").with("PATH", temp.resolve("nothing").toString()).go();
        assertThat(env.exit()).isEqualTo(10);
        assertThat(env.out()).as("eval of nothing does nothing").isEmpty();
        assertThat(env.err()).contains("PODMAN_ABSENT", remedy);
        assertThat(env.err().lines()).hasSize(1);
    }

    @Test
    @DisplayName("no machine yet")
    void noMachine() throws Exception {
        plays("list", 0, "[]\n", "");
        found(mac(), "PODMAN_NO_MACHINE", "there is no machine", "exit status 125", "do: podman machine init", "do: podman machine start");
    }

    @Test
    @DisplayName("stopped: the incident; the machine that podman uses is named where it is not the usual one")
    void stopped() throws Exception {
        machine(false);
        found(mac(), "PODMAN_STOPPED", "podman-machine-default, the default: stopped", "exit status 125\n      Cannot connect to Podman.", "do: podman machine start\n");
        machine("work", false, false, false);
        found(mac(), "PODMAN_STOPPED", "the machine work is stopped", "do: podman machine start work\n");
    }

    @Test
    @DisplayName("starting, which may be stuck")
    void starting() throws Exception {
        machine("podman-machine-default", false, true, false);
        found(mac(), "PODMAN_STARTING", "the machine podman-machine-default says that it is starting", "podman machine stop && podman machine start");
    }

    @Test
    @DisplayName("running with a dead socket: not there, and one that accepts and says nothing")
    void deadSocket() throws Exception {
        running();
        found(mac(), "PODMAN_NOT_ANSWERING", "the machine podman-machine-default runs, but its socket is dead", "is not there", "do: podman machine stop   # ends the containers in it");
        try (Engine mute = new Engine(socket(), null)) {
            found(mac("--patience", "1"), "PODMAN_NOT_ANSWERING", "accepts and says nothing within 1 s", "its socket is dead");
        }
        // What is left of an engine that has gone: the file is there, and nobody listens.
        found(mac(), "PODMAN_NOT_ANSWERING", "nothing listens on unix://" + socket());
    }

    @Test
    @DisplayName("running: sound, but Testcontainers would not find it; with the exports it does")
    void sound() throws Exception {
        running();
        try (Engine engine = new Engine(socket(), PODMAN)) {
            found(mac(), "TESTCONTAINERS_BLIND", "200, Podman 5.3.1", "do: export DOCKER_HOST='unix://" + socket() + "'", "do: export TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE='/var/run/docker.sock'",
                    "do: export TESTCONTAINERS_RYUK_DISABLED='true'");
            Run.Result env = mac("--env");
            assertThat(env.exit()).as(env.all()).isZero();
            assertThat(env.out()).isEqualTo("export DOCKER_HOST='unix://" + socket() + "'\nexport TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE='/var/run/docker.sock'\nexport TESTCONTAINERS_RYUK_DISABLED='true'\n");
            Run.Result told = on("mac").with("DOCKER_HOST", "unix://" + socket()).go();
            assertThat(told.exit()).as(told.all()).isZero();
            assertThat(told.out()).contains("✓ DOCKER_HOST: 200, Podman 5.3.1", "it also needs TESTCONTAINERS_RYUK_DISABLED=true: Ryuk does not work without root", "\nsound  checked ");
        }
    }

    @Test
    @DisplayName("a rootful machine: Ryuk works in it")
    void rootful() throws Exception {
        running();
        machine("podman-machine-default", true, false, true);
        try (Engine engine = new Engine(socket(), PODMAN)) {
            assertThat(mac("--env").out()).contains("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE").doesNotContain("RYUK");
            assertThat(mac().out()).contains("podman-machine-default, the default: running, rootful");
        }
    }

    @Test
    @DisplayName("the list says stopped, the socket answers: the socket is believed")
    void socketIsTheTruth() throws Exception {
        running();
        machine(false);
        try (Engine engine = new Engine(socket(), PODMAN)) {
            Run.Result result = on("mac").with("DOCKER_HOST", "unix://" + socket()).go();
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("Podman is sound");
        }
    }

    @Test
    @DisplayName("a full disk in the machine, and a quota")
    void storage() throws Exception {
        running();
        try (Engine engine = new Engine(socket(), PODMAN)) {
            plays("ps", 125, "", "Error: open /var/lib/containers/storage/overlay-containers/containers.lock: no space left on device\n");
            found(mac(), "PODMAN_STORAGE", "no space left on device", "do: podman machine ssh df -h /");
            plays("ps", 125, "", "Error: mkdir /home/core/.local/share/containers/storage/overlay: disk quota exceeded\n");
            found(mac(), "PODMAN_STORAGE", "disk quota exceeded");
        }
    }

    @Test
    @DisplayName("without subordinate ids: a question of permission")
    void permission() throws Exception {
        plays("ps", 125, "", "Error: cannot set up namespace using \"/usr/bin/newuidmap\": exit status 1\n");
        found(on("linux").go(), "PODMAN_PERMISSION", "newuidmap", "--add-subuids");
    }

    // A podman that has gone wrong ------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"mac", "linux"})
    @DisplayName("hangs: it is ended, with what it has started")
    void hangs(String os) throws Exception {
        machine(true);
        first("ps", "sleep 1234.5");
        found(on(os, "--patience", "1").go(), "PODMAN_NOT_ANSWERING", "podman ps does not answer");
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains("sleep 1234.5"))).isEmpty();
    }

    @Test
    @DisplayName("prints garbage, without end")
    void garbage() throws Exception {
        plays("list", 0, "\u001b[31mBIOS ROM checksum error\u0007 {{{", "");
        Run.Result list = mac();
        found(list, "PODMAN_NOT_ANSWERING", "podman machine list --format json answers with what is no list of machines", "\\u001b[31mBIOS ROM checksum error\\u0007 {{{");
        assertThat(list.all()).doesNotContain("\u001b", "\u0007");
        first("ps", "exec yes '\u001b[2J garbage' >&2");
        found(mac("--patience", "1"), "PODMAN_NOT_ANSWERING", "podman ps does not answer", "\\u001b[2J garbage");
    }

    @Test
    @DisplayName("exits 125 and says nothing")
    void silent125() throws Exception {
        plays("list", 125, "", "Error: cannot run command \"podman machine list\" as root\n");
        found(mac(), "PODMAN_NOT_ANSWERING", "podman machine list --format json fails: exit status 125", "as root");
        plays("ps", 125, "", "");
        found(on("linux").go(), "PODMAN_NOT_ANSWERING", "podman ps ends with exit status 125 and says nothing");
        machine(false);
        found(mac(), "PODMAN_STOPPED", "exit status 125\n      it says nothing");
    }

    // Start -----------------------------------------------------------------------------------------------------------

    /** The machine's socket comes to life by what the stand-in does. */
    private String comesUp() throws IOException {
        running();
        Path up = Files.createDirectory(temp.resolve("up"));
        for (String file : List.of("list.out", "inspect.out", "ps.exit", "ps.err")) {
            Files.move(temp.resolve(file), up.resolve(file));
        }
        plays("ps", 125, "", CANNOT_CONNECT);
        return "cp '" + up + "'/* '" + temp + "' && ln -sf '" + temp + "/live.sock' '" + socket() + "'";
    }

    @Test
    @DisplayName("--start: a machine that is stopped; podman's progress goes to stderr")
    void start() throws Exception {
        String comesUp = comesUp();
        machine(false);
        first("start", comesUp);
        plays("start", 0, "Starting machine \"podman-machine-default\"\nMachine \"podman-machine-default\" started successfully\n", "");
        try (Engine engine = new Engine(temp.resolve("live.sock"), PODMAN)) {
            Run.Result result = mac("--start");
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("$ podman machine start\n", "Podman is sound", "TESTCONTAINERS_BLIND", "do: export DOCKER_HOST=");
            assertThat(result.err()).contains("podman: Machine \"podman-machine-default\" started successfully");
            assertThat(calls()).doesNotContain("machine stop", "machine init");
            Run.Result again = mac("--start");
            assertThat(again.exit()).isZero();
            assertThat(again.out()).doesNotContain("Start it");
        }
    }

    @Test
    @DisplayName("--start: no machine, so one is made first")
    void startMakesMachine() throws Exception {
        String comesUp = comesUp();
        plays("list", 0, "[]\n", "");
        plays("init", 0, "Machine init complete\n", "");
        first("start", comesUp);
        try (Engine engine = new Engine(temp.resolve("live.sock"), PODMAN)) {
            Run.Result result = mac("--start");
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(calls()).containsSubsequence("podman machine init\n", "podman machine start\n");
        }
        plays("list", 0, "[]\n", "");
        plays("init", 125, "", "Error: failed to pull quay.io/podman/machine-os:5.3: dial tcp: lookup quay.io: no such host\n");
        Files.delete(socket());
        plays("ps", 125, "", CANNOT_CONNECT);
        found(mac("--start"), "PODMAN_NO_MACHINE", "exit status 125", "lookup quay.io: no such host");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"Error: cannot start VM podman-machine-default: VM already running or starting", "Error: unable to start \"podman-machine-default\": already running"})
    @DisplayName("--start: the list says stopped, podman says that it runs already: waited for, and never stopped")
    void alreadyRunning(String words) throws Exception {
        String comesUp = comesUp();
        machine(false);
        plays("start", 125, "", words + "\n");
        first("start", "(sleep 2; " + comesUp + ") >/dev/null 2>&1 &");
        try (Engine engine = new Engine(temp.resolve("live.sock"), PODMAN)) {
            Run.Result result = mac("--start");
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains(words, "Podman is sound");
            assertThat(result.err()).contains("podman-machine: waiting for the socket");
            assertThat(calls()).doesNotContain("machine stop");
        }
    }

    @Test
    @DisplayName("--start: already running, but the socket stays dead: within the time limit, and never stopped")
    void alreadyRunningDead() throws Exception {
        machine(false);
        plays("start", 125, "", "Error: unable to start \"podman-machine-default\": already running\n");
        found(mac("--start", "--timeout", "2"), "PODMAN_STOPPED", "already running");
        assertThat(calls()).doesNotContain("machine stop");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', value = {"PODMAN_STOPPED|Error: vfkit exited unexpectedly with exit code 1", "PODMAN_STORAGE|Error: write /Users/dev/machine.raw: no space left on device",
            "PODMAN_PERMISSION|Error: open /Users/dev/.config/containers: permission denied"})
    @DisplayName("--start: podman's own error is shown, and not masked")
    void startFails(String code, String words) throws Exception {
        machine(false);
        plays("start", 125, "Starting machine \"podman-machine-default\"\n", words + "\n");
        Run.Result result = mac("--start");
        found(result, code, words);
        assertThat(result.err()).contains("podman: " + words);
    }

    @Test
    @DisplayName("--start: a machine that another podman starts is waited for, and not started twice; one that hangs is ended")
    void startWaits() throws Exception {
        machine("podman-machine-default", false, true, false);
        Run.Result waited = mac("--start", "--timeout", "2");
        found(waited, "PODMAN_STARTING", "it is stuck");
        assertThat(calls()).doesNotContain("machine start");
        machine(false);
        first("start", "sleep 1234.75");
        found(mac("--start", "--timeout", "1"), "PODMAN_STOPPED", "no answer in time");
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains("sleep 1234.75"))).isEmpty();
    }

    @ParameterizedTest(name = "SIG{0}")
    @ValueSource(strings = {"INT", "TERM"})
    @DisplayName("--start, ended while podman starts the machine: podman is ended gently, and the half-started machine stopped")
    void startEnded(String signal) throws Exception {
        machine(false);
        // What another run of this test may have left is not this one's.
        String nap = "sleep 1234." + System.nanoTime();
        first("start", "trap 'echo gently >>\"" + temp + "/calls\"; exit 1' TERM; echo '# at work' >>'" + temp + "/calls'; " + nap + " & wait");
        Process run = on("mac", "--start").start();
        until(run, () -> Files.exists(temp.resolve("calls")) && calls().contains("# at work"));
        Run.signal(signal, run.pid());
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(result.all()).isIn(130, 143);
        assertThat(calls()).containsSubsequence("# at work", "gently", "podman machine stop");
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains(nap))).isEmpty();
    }

    interface Look {
        boolean sees() throws Exception;
    }

    static void until(Process run, Look look) throws Exception {
        long began = System.nanoTime();
        while (!look.sees()) {
            assertThat(run.isAlive()).as("it runs until then").isTrue();
            assertThat(System.nanoTime() - began).as("a minute").isLessThan(TimeUnit.MINUTES.toNanos(1));
            Thread.sleep(20);
        }
    }

    @Test
    @DisplayName("--start with systemd: the socket unit is started; what systemctl cannot do is shown")
    void systemd() throws Exception {
        program("systemctl", """
                #!/bin/sh
                echo "systemctl $*" >>'%s/calls'
                case "$*" in *is-system-running) echo degraded; exit 1 ;; esac
                echo 'Failed to start podman.socket: Unit podman.socket not found.' >&2
                exit 5
                """.formatted(temp));
        plays("ps", 0, "", "");
        Run.Result result = on("linux", "--start").go();
        found(result, "PODMAN_STOPPED", "podman.socket", "exit status 5", "Unit podman.socket not found.");
        assertThat(calls()).containsPattern("systemctl (--user )?start podman.socket").doesNotContain("system service");
    }

    // The incident on a machine ---------------------------------------------------------------------------------------

    @Test
    @DisplayName("--replay on macOS: the words of the incident, and the machine is as it was found")
    void replayOnMachine() throws Exception {
        String comesUp = comesUp();
        machine(false);
        first("start", comesUp);
        try (Engine engine = new Engine(temp.resolve("live.sock"), PODMAN)) {
            Run.Result result = mac("--replay");
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("❌ Preflight check failed: ❌ Podman not available: exit status 125\n", "Cannot connect to Podman.", "$ podman machine start\n",
                    "✓ Preflight check passed", "200, Podman 5.3.1", "\nPODMAN_STOPPED\n", "\nsound  checked ");
            assertThat(calls()).endsWith("podman machine stop\n");
            Run.Result runs = mac("--replay");
            assertThat(runs.exit()).as("a machine that runs is not stopped for a replay").isEqualTo(3);
            assertThat(runs.err()).contains("yours runs: podman machine stop, then again");
        }
    }

    // Sockets ---------------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', value = {"SSH-2.0-OpenSSH_9.2\\r\\n|answers, but not as an engine: SSH-2.0-OpenSSH_9.2", "HTTP/1.1 500 Internal Server Error\\r\\n\\r\\n|answers, but not as an engine: HTTP/1.1 500",
            "HTTP/1.1 200 OK\\r\\n\\r\\n<html>|answers, but not as an engine: HTTP/1.1 200", "''|accepts and says nothing and closes"})
    @DisplayName("a socket that is no engine's")
    void noEngine(String answer, String words) throws Exception {
        plays("ps", 0, "", "");
        try (Engine engine = new Engine(socket(), answer.replace("\\r", "\r").replace("\\n", "\n"))) {
            found(on("linux").with("DOCKER_HOST", "unix://" + socket()).go(), "PODMAN_NOT_ANSWERING", words);
        }
    }

    @Test
    @DisplayName("DOCKER_HOST: over TCP, no address, SSH")
    void dockerHost() throws Exception {
        plays("ps", 0, "", "");
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        found(on("linux").with("DOCKER_HOST", "tcp://127.0.0.1:" + closed).go(), "PODMAN_STOPPED", "nothing listens on tcp://127.0.0.1:" + closed);
        found(on("linux").with("DOCKER_HOST", "/run/podman.sock").go(), "PODMAN_STOPPED", "DOCKER_HOST: /run/podman.sock is no address");
        found(on("linux").with("DOCKER_HOST", "ssh://core@127.0.0.1/run/podman.sock").go(), "PODMAN_STOPPED", "is no address");
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            Thread answering = new Thread(() -> {
                try {
                    while (true) {
                        SocketChannel caller = server.accept();
                        caller.read(ByteBuffer.allocate(1000));
                        caller.write(ByteBuffer.wrap(PODMAN.getBytes(StandardCharsets.US_ASCII)));
                        caller.close();
                    }
                } catch (IOException e) {
                    // The test is over.
                }
            });
            answering.start();
            Run.Result tcp = on("linux").with("DOCKER_HOST", "tcp://127.0.0.1:" + ((InetSocketAddress) server.getLocalAddress()).getPort()).go();
            assertThat(tcp.exit()).as(tcp.all()).isZero();
            assertThat(tcp.out()).contains("✓ DOCKER_HOST: 200, Podman 5.3.1");
        }
    }

    @Test
    @DisplayName("Docker answers where Podman is down: containers can be used, and Podman's state is a warning")
    void docker() throws Exception {
        machine(false);
        try (Engine docker = new Engine(temp.resolve("docker.sock"), DOCKER)) {
            Run.Result result = mac();
            assertThat(result.exit()).as(result.all()).isZero();
            assertThat(result.out()).contains("200, Docker 28.2.2", "containers can be used, by Docker", "PODMAN_STOPPED", "\nsound  checked ");
            Run.Result alone = on("linux").with("PATH", Files.createDirectory(temp.resolve("nothing")).toString()).go();
            assertThat(alone.exit()).isZero();
            assertThat(alone.out()).contains("Docker is sound, and there is no Podman here");
        }
    }

    @Test
    @DisplayName("--env: whatever the path holds, a shell gets it as it is")
    void quoted() throws Exception {
        running();
        Path odd = Files.createDirectory(temp.resolve("it's $(touch pwned) `x` \"y\""));
        try (Engine engine = new Engine(odd.resolve("p.sock"), PODMAN)) {
            Run.Result env = on("linux", "--env").with("DOCKER_HOST", "unix://" + odd.resolve("p.sock")).go();
            Run.Result told = Run.command("bash", "-c", env.out() + "printf %s \"$DOCKER_HOST\"").in(temp).go();
            assertThat(told.out()).isEqualTo("unix://" + odd.resolve("p.sock"));
            assertThat(temp.resolve("pwned")).doesNotExist();
        }
    }

    // Usage -----------------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {"--start --prove|--start", "--timeout 0|at least 1", "--patience x|--patience", "--start --env|--env"})
    @DisplayName("wrong usage: one sentence, and 2")
    void usage(String arguments, String words) throws Exception {
        Run.Result result = mac(arguments.split(" "));
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.err().lines()).as(result.err()).hasSize(1);
        assertThat(result.err()).contains(words).doesNotContain("Exception");
    }

    @Test
    @DisplayName("--format json is one document")
    void formats() throws Exception {
        machine(false);
        Run.Result json = mac("--format", "json");
        assertThat(json.exit()).isEqualTo(10);
        assertThat(json.out()).startsWith("{").contains("\"verdict\" : \"problems\"", "\"code\" : \"PODMAN_STOPPED\"", "\"podman machine start\"").endsWith("}\n");
    }

    @Test
    @DisplayName("nothing to replay without podman: 3")
    void unchecked() throws Exception {
        Run.Result replay = on("linux", "--replay").with("PATH", Files.createDirectory(temp.resolve("nothing")).toString()).go();
        assertThat(replay.exit()).isEqualTo(3);
        assertThat(replay.err()).contains("there is no podman on the PATH to replay the incident with");
    }
}
