import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("podman-machine on a real Podman")
@EnabledOnOs(OS.LINUX)
class PodmanEngineTest {
    @TempDir
    Path temp;
    private String host;
    private final List<ProcessHandle> started = new ArrayList<>();

    @BeforeEach
    void engine() throws Exception {
        host = Run.engine();
    }

    /** A test that fails must not leave processes behind, either. */
    @AfterEach
    void stop() {
        for (ProcessHandle each : started) {
            each.destroyForcibly();
            each.onExit().join();
        }
    }

    /** In its own temp folder and home, so that what it leaves there is seen. */
    private Run script(String... arguments) throws IOException {
        Files.createDirectories(temp.resolve("tmp"));
        return Run.script("podman-machine", arguments).jvm("-Djava.io.tmpdir=" + temp.resolve("tmp"), "-Duser.home=" + temp, "-Drunbook.docker=" + temp.resolve("docker.sock")).with("CONTAINER_HOST", null);
    }

    /** A second service on the same storage, which may be killed. */
    private Process service(String address) throws Exception {
        Process service = Run.command("podman", "system", "service", "--time=0", address).in(Path.of("/")).start();
        started.add(service.toHandle());
        if (address.startsWith("unix://")) {
            PodmanMachineTest.until(service, () -> Run.ask(address, "/_ping").contains("200 OK"));
        }
        return service;
    }

    private String names() throws IOException {
        return Run.ask(host, "/containers/json?all=true") + Run.ask(host, "/networks");
    }

    private static void found(Run.Result result, String code, String... words) {
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).contains("\n" + code).contains(words);
        assertThat(result.all()).doesNotContain("Exception", "\tat ");
    }

    // States ----------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("sound, over a Unix socket and over TCP")
    void sound() throws Exception {
        Run.Result result = script().go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("$ podman ps\n    ✓ exit status 0", "/_ping\n    ✓ 200, Podman ", "✓ DOCKER_HOST: 200, Podman ", "\nsound  checked 1 command, ");
        assertThat(result.err()).isEmpty();
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Process tcp = service("tcp://127.0.0.1:" + port);
        PodmanMachineTest.until(tcp, () -> script().with("DOCKER_HOST", "tcp://127.0.0.1:" + port).go().out().contains("✓ DOCKER_HOST: 200, Podman "));
    }

    @Test
    @DisplayName("the incident: nothing listens, podman ps ends with 125")
    void stopped() throws Exception {
        String dead = "unix://" + temp.resolve("dead.sock");
        found(script().with("CONTAINER_HOST", dead).with("DOCKER_HOST", null).go(), "PODMAN_STOPPED", "exit status 125\n      Cannot connect to Podman.", "Podman's service is not running: nothing listens on " + dead);
    }

    @Test
    @DisplayName("a socket of another user")
    void permission() throws Exception {
        Path socket = temp.resolve("other.sock");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket))) {
            boolean root = "root".equals(System.getProperty("user.name"));
            assertThat(Run.command("chmod", "000", socket.toString()).go().exit()).isZero();
            Run run = script().with("CONTAINER_HOST", "unix://" + socket).with("DOCKER_HOST", null);
            Run.Result result = (root ? run.under("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all") : run).go();
            found(result, "PODMAN_PERMISSION", "this user may not open unix://" + socket, "permission denied");
        }
    }

    @Test
    @DisplayName("a full disk under its storage")
    void storage() throws Exception {
        Path disk = Files.createDirectory(temp.resolve("disk"));
        Run.Result mounted = Run.command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()).go();
        assumeTrue(mounted.exit() == 0, "mounting is not allowed here: " + mounted.err().strip());
        try {
            Path configuration = Files.writeString(temp.resolve("storage.conf"), "[storage]\ndriver=\"vfs\"\ngraphroot=\"" + disk + "/root\"\nrunroot=\"" + disk + "/run\"\n");
            Run full = script().with("CONTAINERS_STORAGE_CONF", configuration.toString()).with("DOCKER_HOST", null);
            fill(disk);
            found(full.go(), "PODMAN_STORAGE", "no space left on device", "do: podman system df");
        } finally {
            assertThat(Run.command("umount", disk.toString()).go().exit()).as("nothing holds the disk").isZero();
        }
    }

    private static void fill(Path disk) throws Exception {
        assertThat(Run.command("dd", "if=/dev/zero", "of=" + disk.resolve("full"), "bs=4k").go().exit()).as("no space is left").isNotZero();
    }

    // Start -----------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("--start on a socket of one's own: a service that outlives the script, also on a socket that an old one has left")
    void start() throws Exception {
        Path socket = Files.createDirectories(temp.resolve("run/podman")).resolve("podman.sock");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket)).close();
        Run.Result result = script("--start").with("CONTAINER_HOST", "unix://" + socket).with("DOCKER_HOST", null).go();
        Matcher pid = Pattern.compile("process (\\d+)").matcher(result.out());
        assertThat(pid.find()).as(result.all()).isTrue();
        started.add(ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow());
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("$ podman system service --time=0 unix://" + socket + " &", "it answers after ", "Podman is sound", "do: export DOCKER_HOST='unix://" + socket + "'");
        assertThat(Run.ask("unix://" + socket, "/_ping")).contains("200 OK");
        Run.Result env = script("--env").with("CONTAINER_HOST", "unix://" + socket).with("DOCKER_HOST", null).go();
        assertThat(env.out()).startsWith("export DOCKER_HOST='unix://" + socket + "'\n");
    }

    @Test
    @DisplayName("--start of a service that cannot: podman's own error")
    void startFails() throws Exception {
        Path configuration = Files.writeString(temp.resolve("containers.conf"), "[engine\nbroken");
        Run.Result result = script("--start").with("CONTAINER_HOST", "unix://" + temp.resolve("run/p.sock")).with("DOCKER_HOST", null).with("CONTAINERS_CONF", configuration.toString()).go();
        found(result, "PODMAN_NOT_ANSWERING", configuration.toString());
    }

    // Prove -----------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("--prove: a container that answers and is gone")
    void prove() throws Exception {
        Run.Result result = script("--prove").go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("✓ container runbook-prove-", "✓ SELECT version(): PostgreSQL 16.", "no container is left", "1 container;");
        assertThat(names()).doesNotContain("runbook-prove-");
        assertThat(temp.resolve(".testcontainers.properties")).as("Testcontainers has written nothing down").doesNotExist();
        assertThat(temp.resolve("tmp")).isEmptyDirectory();
    }

    /** Waits until the container of a run is there; its name. */
    private String container(Process run) throws Exception {
        String name = "runbook-prove-" + run.pid() + "-";
        PodmanMachineTest.until(run, () -> names().contains(name));
        Matcher full = Pattern.compile(name + "\\w+").matcher(names());
        assertThat(full.find()).isTrue();
        return full.group();
    }

    @ParameterizedTest(name = "SIG{0}")
    @ValueSource(strings = {"INT", "TERM"})
    @DisplayName("--prove, ended while the container starts: nothing is left")
    void proveEnded(String signal) throws Exception {
        Process run = script("--prove").start();
        String name = container(run);
        List<ProcessHandle> below = run.descendants().toList();
        Run.signal(signal, run.pid());
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(result.all()).isIn(130, 143);
        assertThat(names()).doesNotContain(name);
        assertThat(below).noneMatch(ProcessHandle::isAlive);
        assertThat(result.all()).doesNotContain("Exception", "\tat ");
    }

    @Test
    @DisplayName("--prove of an image that cannot be had")
    void badImage() throws Exception {
        found(script("--prove", "--image", "localhost/no-such-image:1").go(), "CONTAINER_FAILS", "Testcontainers could not run localhost/no-such-image:1", "no container is left");
    }

    // Replay ----------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("--replay: the words of the incident, the cause, the start, podman ps, /_ping and a container")
    void replay() throws Exception {
        Run.Result result = script("--replay").go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsSubsequence("❌ Preflight check failed: ❌ Podman not available: exit status 125\n", "125 only means an error of podman itself", "Cannot connect to Podman.",
                "PODMAN_STOPPED", "$ podman system service --time=60 unix://", "✓ it answers", "✓ Preflight check passed: exit status 0", "✓ 200, Podman ", "✓ SELECT version(): PostgreSQL 16.",
                "\nPODMAN_STOPPED", "\nsound  checked ");
        assertThat(result.out()).contains("no container is left");
        assertThat(names()).doesNotContain("runbook-prove-");
        nothingIsLeft();
    }

    private void nothingIsLeft() {
        assertThat(temp.resolve("tmp")).isEmptyDirectory();
        assertThat(ProcessHandle.allProcesses().map(p -> p.info().commandLine().orElse("")).filter(line -> line.contains(temp.toString()) && line.contains("podman"))).isEmpty();
    }

    @ParameterizedTest(name = "step {0}, SIG{1}")
    @CsvSource({"1, INT", "2, TERM", "3, INT", "4, TERM", "5, INT"})
    @DisplayName("--replay, ended in each of its steps: nothing is left")
    void replayEnded(int step, String signal) throws Exception {
        Process run = script("--replay").start();
        BufferedReader out = new BufferedReader(new InputStreamReader(run.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); !line.startsWith(" " + step + "  "); ) {
            line = out.readLine();
            assertThat(line).as("step " + step + " comes").isNotNull();
        }
        Run.signal(signal, run.pid());
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(result.all()).isIn(130, 143);
        assertThat(result.all()).doesNotContain("Exception", "\tat ");
        assertThat(names()).doesNotContain("runbook-prove-" + run.pid());
        nothingIsLeft();
    }
}
