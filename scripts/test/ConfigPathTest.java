import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("config-path: the incident")
class ConfigPathTest {
    @TempDir
    Path dir;

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("the incident: each check in its turn, then 200; without a redis-server a stand-in takes its place, and is named as one")
    void standIn() throws Exception {
        Run.Result result = Run.script("config-path").with("PATH", Run.pathWithout(dir, "redis")).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsSubsequence("✗ ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)\n      exit 1\n",
                "✗ ERROR datastorage Failed to load configuration file (ADR-030)", "no such file", "exit 1", "✗ ERROR datastorage Failed to load configuration file (ADR-030)", "not YAML", "exit 1",
                "database secretsFile required", "exit 1", "password key 'password' not found in database secret file db-secrets.yaml", "exit 1", "database host required", "exit 1",
                "server port must be between 1024 and 65535, got: 80", "exit 1", "failed to ping PostgreSQL: ", "exit 1", "failed to connect to Redis: ", "exit 1",
                "no redis-server on this machine: a stand-in that answers AUTH and PING, and is no Redis", "✓ 200 {\"status\":\"healthy\"}", "✓ 200 {\"status\":\"ready\"}", "exit 0",
                "works as designed", "\nCONFIG_PATH_UNSET", "\nsound  checked 9 checks of the service");
        assertThat(result.out()).doesNotContain("password: ");
    }

    @ParameterizedTest(name = "SIG{0} when it says “{1}”")
    @CsvSource({"KILL, there is no such file", "TERM, Start it with everything in place"})
    @EnabledOnOs(OS.LINUX)
    @DisplayName("ended in the middle, it leaves no service and no Redis behind")
    void leavesNothing(String signal, String moment) throws Exception {
        Process run = Run.script("config-path").start();
        BufferedReader out = new BufferedReader(new InputStreamReader(run.getInputStream(), java.nio.charset.StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null && !line.contains(moment); ) {
            line = out.readLine();
        }
        DatastorageTest.until("it has started something", () -> run.descendants().findAny().isPresent());
        List<ProcessHandle> below = run.descendants().toList();
        Run.signal(signal, run.pid());
        DatastorageTest.until("all that it started has ended", () -> !run.isAlive() && below.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(run.exitValue()).isNotZero();
    }
}
