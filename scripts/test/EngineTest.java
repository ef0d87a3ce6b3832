import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import kit.config.ComposeFile;
import kit.config.ShellWords;
import kit.config.Yaml;
import kit.engine.Ping;
import kit.engine.PodmanState;
import kit.engine.Ran;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
@DisplayName("kit: what an engine answers, and what compose files and commands say")
@DisabledOnOs(OS.WINDOWS)
class EngineTest {
    @TempDir
    Path temp;

    @Test
    @DisplayName("/_ping: Podman, Docker, something else, silence, nothing there, no address")
    void ping() throws Exception {
        String docker = "HTTP/1.0 200 OK\r\nApi-Version: 1.47\r\nServer: Docker/27.3.1 (linux)\r\n\r\nOK";
        assertThat(asked("podman.sock", PodmanMachineTest.PODMAN).describe()).endsWith("podman.sock answers: Podman 5.3.1");
        assertThat(asked("docker.sock", docker).describe()).endsWith("docker.sock answers: Docker 27.3.1");
        assertThat(asked("other.sock", "SSH-2.0-x\r\n").reply()).isEqualTo(Ping.Reply.NONSENSE);
        assertThat(asked("mute.sock", null).describe()).endsWith("mute.sock accepts and says nothing within 1 s");
        assertThat(Ping.of("unix://" + temp.resolve("gone.sock"), 1).reply()).isEqualTo(Ping.Reply.NOTHING_THERE);
        assertThat(Ping.of("tcp://127.0.0.1:1", 1).reply()).isEqualTo(Ping.Reply.REFUSED);
        assertThat(Ping.of("podman.sock", 1).reply()).isEqualTo(Ping.Reply.NO_ADDRESS);
    }

    private Ping asked(String name, String answer) throws Exception {
        try (PodmanMachineTest.Engine engine = new PodmanMachineTest.Engine(temp.resolve(name), answer)) {
            return Ping.of("unix://" + temp.resolve(name), 1);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"'Error: VM does not exist', NO_MACHINE", "'unable to connect to Podman socket: connection refused', STOPPED",
            "'unable to connect: permission denied', PERMISSION", "'write /x: no space left on device', STORAGE", "'', NOT_ANSWERING"})
    @DisplayName("125 is classified by stderr")
    void states(String stderr, PodmanState state) {
        assertThat(PodmanState.said(stderr)).isEqualTo(state);
        assertThat(PodmanState.of(new Ran("podman ps", 125, "", stderr))).isEqualTo(state);
        assertThat(state.remedies()).isNotEmpty();
    }

    @Test
    @DisplayName("a command: what it says on both outputs, one that takes too long with all below it, one that is not there")
    void commands() throws Exception {
        Ran ran = Ran.run(10, Map.of("X", "1"), temp, "sh", "-c", "pwd; echo $X >&2; exit 125");
        assertThat(ran.how()).endsWith(": exit status 125");
        assertThat(List.of(ran.out().strip(), ran.brief())).containsExactly(temp.toRealPath().toString(), "1");
        long began = System.nanoTime();
        assertThat(Ran.run(1, "sh", "-c", "sleep 77 & sleep 77").how()).endsWith(": no answer in time");
        assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(20));
        assertThat(Ran.run(1, "no-such-command-here").how()).isEqualTo("no-such-command-here: there is no such command");
    }

    @Test
    @DisplayName("a compose file: merge keys, both forms of each thing, variables, the servers in it")
    void compose() throws Exception {
        Path file = Files.writeString(temp.resolve("compose.yaml"), """
                x: &x {environment: {POSTGRES_USER: app, POSTGRES_DB: "${DB:-shop}"}}
                services:
                  pg:
                    <<: *x
                    image: postgres:16
                    ports: [{target: 9000, published: 1}, {target: 5432, published: "${PGPORT_HERE}"}]
                  cache:
                    image: valkey/valkey:8
                    environment: [A=1, B]
                    ports: ["127.0.0.1:16379:6379/tcp"]
                    env_file: [a.env, {path: b.env}]
                    volumes: ["./c:/c:ro,Z", {type: bind, source: ./d, target: /d/}]
                """);
        Files.writeString(temp.resolve(".env"), "PGPORT_HERE=15433\n");
        ComposeFile compose = new ComposeFile(file, Yaml.all(Files.readString(file), 1000).get(0));
        ComposeFile.Service pg = compose.services().get(0);
        ComposeFile.Service cache = compose.services().get(1);
        ComposeFile.Server postgres = pg.server(compose.variables()).orElseThrow();
        assertThat(List.of(postgres.published(), postgres.where().line(), postgres.environment()))
                .containsExactly(15433, 6, Map.of("POSTGRES_USER", "app", "POSTGRES_DB", "shop"));
        assertThat(cache.server(compose.variables()).orElseThrow().published()).isEqualTo(16379);
        assertThat(cache.environment(name -> null)).containsEntry("A", "1").containsEntry("B", null);
        assertThat(cache.environmentFiles()).containsExactly("a.env", "b.env");
        assertThat(cache.mounts(name -> null)).extracting(m -> m.source() + " " + m.target() + " " + m.options()).containsExactly("./c /c ro,Z", "./d /d ");
    }

    @Test
    @DisplayName("words and variables of a shell, of compose, of make and of Spring")
    void words() {
        assertThat(ShellWords.words("a \"b c\" 'd $X' e\\ f $X ${Y:-z} $(pwd)/g \\\n h; i", name -> name.equals("X") ? "1" : null))
                .containsExactly("a", "b c", "d $X", "e f", "1", "z", "$pwd/g", "h");
        assertThat(ShellWords.expanded("${HOST:localhost}:${PORT:?needed} ${A:+b} $", name -> null)).isEqualTo("localhost:$PORT $A $");
    }
}
