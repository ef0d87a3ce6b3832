import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("incident: the whole evening in one run")
@EnabledOnOs(OS.LINUX)
class WholeEveningTest {
    private static final String THE_ERROR = "ERROR: column \"status_reason\" of relation \"remediation_workflow_catalog\" does not exist (SQLSTATE 42703)";

    @TempDir
    Path temp;

    @Test
    @DisplayName("four issues in their order and in their words, the tiers before and after, READY; without podman the second is skipped, and said to be")
    void wholeEvening() throws Exception {
        Path empty = Files.createDirectory(temp.resolve("empty"));
        Run.Result result = Run.script("incident").with("PATH", Run.pathWithout(temp, "podman", "redis")).in(empty).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsSubsequence("✗ ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)\n      exit 1: works as designed",
                "Redis 7.0.15, embedded, on 127.0.0.1:", "✓ 200 {\"status\":\"ready\"}",
                "! not replayed: there is no podman on the PATH\n", "❌ Preflight check failed: ❌ Podman not available: exit status 125\n",
                "✓ unit: 8 of 8 tests passed", "✗ integration: 1 of 11 tests passed\n      failed to update workflow status: " + THE_ERROR + "\n",
                "E2E: not run, blocked by integration", "performance: not run, blocked by integration",
                "✗ " + THE_ERROR, "✓ the migration exists but was not applied: suite_test.go:6 lists 3 of 4 files, and not 021_add_status_reason_column.sql", "✗ the migration is missing",
                "! two files bear one number: 021_add_status_reason_column.sql, 021_create_notification_audit_table.sql", "BEGIN;", "ROLLBACK;", "✓ the statement is accepted",
                "$ git mv migrations/021_add_status_reason_column.sql migrations/022_add_status_reason_column.sql", "✗ failed to connect to `user=slm_user database=action_history`:",
                " dials 154", "✓ config/container.yaml:3 says 5432 inside the container's network, and is right", "datastorage-postgres-test: {kind: postgres, host: 154", "✓ PostgreSQL 16.",
                "✓ unit: 8 of 8", "✓ integration: 11 of 11", "✓ E2E: 5 of 5", "write storm: 150 at once in ", "smoke figures", "✓ performance: 4 of 4",
                "! issue 2, the Podman machine is not running: not replayed: there is no podman on the PATH   (more: jbang podman-machine)",
                "\nCONFIG_PATH_UNSET\n", "\nCAUSE_NOT_APPLIED  suite_test.go:6\n", "\nPORT_DISAGREES  repository_test.go:3\n",
                "\nsound  checked 3 issues, 47 tests, 4 migrations; ", "    skipped issue 2: there is no podman on the PATH\n");
        assertThat(result.out()).containsPattern("\\[::1]:\\d+ \\(localhost\\): dial error|127\\.0\\.0\\.1:\\d+ \\(localhost\\): dial error").containsPattern("Connection to localhost:154\\d\\d refused");
        assertThat(result.out()).containsPattern("before\n +tier +total +passed +failed +not run\n +unit +8 +8 +0 +0\n +integration +11 +1 +10 +0\n +E2E +5 +0 +0 +5 +blocked by integration\n"
                + " +performance +4 +0 +0 +4 +blocked by integration\n +all +28 +9 +10 +9 +32\\.1 % passed: NOT READY\n"
                + " +after\n.*\n +unit +8 +8 +0 +0\n +integration +11 +11 +0 +0\n +E2E +5 +5 +0 +0\n +performance +4 +4 +0 +0\n +all +28 +28 +0 +0 +100\\.0 % passed: READY\n +✓ READY: 28 of 28 tests passed, 9 before\n");
        assertThat(result.out()).doesNotContain("password: ", "PODMAN_");
        assertThat(result.err()).isEmpty();
        assertThat(empty).as("the run leaves nothing where it is started").isEmptyDirectory();
    }

    @Test
    @DisplayName("the report for the ticket; with a podman on the PATH the second issue is replayed, too")
    void forTheTicket() throws Exception {
        boolean podman = Stream.of(System.getenv("PATH").split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, "podman")));
        Run.Result result = Run.script("incident", "--format", "markdown").go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).startsWith("# incident: sound\n").containsSubsequence(" errors, mended**. Checked " + (podman ? 4 : 3) + " issues, 47 tests, 17 migrations in ", "\n## 1. Issue 1: ", "\n## 2. Issue 2: ", "\n## 3. The test tiers, before\n", THE_ERROR, "\n## 4. Issue 3: ", "\n## 5. Issue 4: ",
                "\n## 6. The test tiers, after\n", "\n## 7. Readiness\n", "✓ READY: 28 of 28 tests passed, 9 before\n");
        assertThat(Pattern.compile("(?m)^\\*\\*([A-Z_]+)\\*\\*").matcher(result.out()).results().map(code -> code.group(1)))
                .isEqualTo(podman ? List.of("CONFIG_PATH_UNSET", "PODMAN_STOPPED", "CAUSE_NOT_APPLIED", "PORT_DISAGREES") : List.of("CONFIG_PATH_UNSET", "CAUSE_NOT_APPLIED", "PORT_DISAGREES"));
        if (podman) {
            assertThat(result.out()).containsSubsequence("✗ ❌ Preflight check failed: ❌ Podman not available: exit status 125\n", "! PODMAN_STOPPED: ", "$ podman system service --time=60 unix://", "✓ Preflight check passed: exit status 0\n");
        }
        assertThat(result.err().lines()).as("progress").contains("incident: 7 Readiness");
    }

    @Test
    @DisplayName("a podman that does not start and a PostgreSQL that dies: NOT READY, exit 10, and both are named")
    void notReady() throws Exception {
        Path tmp = Files.createDirectory(temp.resolve("tmp"));
        String path = Run.pathWithout(temp, "podman");
        Files.setPosixFilePermissions(Files.writeString(Path.of(path, "podman"), "#!/bin/sh\necho 'Error: unable to connect to Podman socket' >&2\nexit 125\n"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Process run = Run.script("incident").jvm("-Djava.io.tmpdir=" + tmp, "-Drunbook.binaries=" + LeavesNothingTest.binariesOfTests()).with("PATH", path).start();
        String said = until(run, "✓ integration: 11 of 11");
        assertThat(of(tmp).filter(process -> process.info().commandLine().orElse("").contains("pg-published")).map(ProcessHandle::destroyForcibly)).as(said).isNotEmpty();
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(said + result.out()).contains("✗ ❌ Preflight check failed", "✗ issue 2, the Podman machine is not running: podman does not answer", "✗ NOT READY: the Podman machine is not running: podman does not answer; ", "\nproblems  checked 4 issues")
                .doesNotContain("✓ READY").containsPattern("(E2E|performance): \\d of \\d tests passed\n").containsPattern("all +28 +\\d+ +\\d+ +\\d+ +\\d+\\.\\d % passed: NOT READY\n +✗ NOT READY");
    }

    /** Reads what it says until these words come. */
    private static String until(Process run, String words) throws Exception {
        InputStream out = run.getInputStream();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        for (int c; !said.toString(StandardCharsets.UTF_8).endsWith(words) && (c = out.read()) >= 0; ) {
            said.write(c);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest(name = "SIG{0} at “{1}”")
    @CsvSource({"TERM, Issue 1", "INT, Issue 2", "TERM, Issue 4", "TERM, 'The test tiers, after'"})
    @DisplayName("ended in the middle, it leaves no process and no file")
    void leavesNothing(String signal, String moment) throws Exception {
        Path tmp = Files.createDirectory(temp.resolve("tmp"));
        Process run = Run.script("incident").jvm("-Djava.io.tmpdir=" + tmp, "-Drunbook.binaries=" + LeavesNothingTest.binariesOfTests()).start();
        String said = until(run, moment);
        DatastorageTest.until("it has started something", () -> of(tmp).count() > 1);
        List<ProcessHandle> below = run.descendants().toList();
        Run.signal(signal, run.pid());
        Run.Result result = Run.finish(run);
        assertThat(result.exit()).as(said + result.all()).isIn(130, 143);
        assertThat(result.err()).isEmpty();
        DatastorageTest.until("all that it started has ended", () -> below.stream().noneMatch(ProcessHandle::isAlive) && of(tmp).findAny().isEmpty());
        try (Stream<Path> left = Files.list(tmp.resolve("datastorage-runbooks-" + System.getProperty("user.name")))) {
            assertThat(left.map(file -> file.getFileName().toString()).filter(name -> !name.startsWith("postgres"))).isEmpty();
        }
    }

    /** The processes that were started with this folder: the script, its servers, its service. */
    private static Stream<ProcessHandle> of(Path tmp) {
        return ProcessHandle.allProcesses().filter(process -> String.join(" ", process.info().arguments().orElse(new String[0])).contains(tmp.toString()));
    }
}
