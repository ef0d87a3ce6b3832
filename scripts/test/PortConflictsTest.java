import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("port-conflicts: the incident, and one table that ends it")
class PortConflictsTest {
    @TempDir
    Path temp;

    private static List<String> codes(Run.Result result) {
        return result.out().lines().filter(line -> line.matches("PORT_[A-Z_]+(  .*)?")).toList();
    }

    @Test
    @DisplayName("the incident: refused in Go's and the driver's words, one port wanted twice, something else there; one table ends it")
    void incident() throws Exception {
        Run.Result result = Run.script("port-conflicts").go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsPattern("failed to connect to `user=slm_user database=action_history`:\\s+\\S+:\\d+ \\(localhost\\): dial error: dial tcp \\S+:\\d+: connect: connection refused")
                .containsPattern("Connection to localhost:\\d+ refused\\. Check that the hostname and port are correct")
                .contains("could not bind IPv4 address \"127.0.0.1\": Address already in use", "could not create any TCP/IP sockets")
                .contains("an HTTP server (HTTP/1.1 404 Not Found) answers", "✓ every place says what the table says", "\nsound  checked 4 servers")
                .contains("✓ config/config.yaml:3 says 5432 inside the container network, and is right");
        assertThat(codes(result).stream().map(code -> code.replaceFirst(" .*", ""))).containsExactly("PORT_DISAGREES", "PORT_REFUSED", "PORT_SHARED", "PORT_NOT_POSTGRES", "PORT_TAKEN");
        assertThat(result.out().lines().filter(line -> line.contains("✓ PostgreSQL 16") && line.contains("slm_user@action_history on localhost:"))).hasSize(3);
    }

    @Test
    @DisplayName("the incident where 15433 is in use says so and takes another; ended by a signal it leaves no server and no file")
    void incidentElsewhereAndEnded() throws Exception {
        Path tmp = Files.createDirectory(temp.resolve("tmp"));
        ServerSocket holder = null;
        for (int i = 0; holder == null && i < 600; i++) {
            try {
                holder = new ServerSocket(15433);
            } catch (IOException e) {
                // Another run of the incident has it for some seconds.
                Thread.sleep(100);
            }
        }
        Process run = Run.script("port-conflicts").jvm("-Djava.io.tmpdir=" + tmp).start();
        StringBuilder said = new StringBuilder();
        try (InputStream out = run.getInputStream()) {
            byte[] some = new byte[4096];
            for (int n; !said.toString().contains("Prove it by connecting") && (n = out.read(some)) > 0; ) {
                said.append(new String(some, 0, n, StandardCharsets.UTF_8));
            }
            run.destroy();
            assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            if (holder != null) {
                holder.close();
            }
        }
        assertThat(said).contains("15433 is in use on this machine (port-conflicts --free 15433 says by whom)").containsPattern("154\\d3 is taken in its place");
        assertThat(ProcessHandle.allProcesses().filter(p -> String.join(" ", p.info().arguments().orElse(new String[0])).contains(tmp + "/datastorage")).toList()).isEmpty();
        try (Stream<Path> left = Files.list(tmp.resolve("datastorage-runbooks-" + System.getProperty("user.name")))) {
            assertThat(left.map(p -> p.getFileName().toString()).filter(name -> !name.startsWith("postgres"))).isEmpty();
        }
    }
}
