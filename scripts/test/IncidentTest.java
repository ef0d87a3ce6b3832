import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("schema-mismatch: the incident, and the diagnosis that does not know its cause")
class IncidentTest {
    private static final String THE_ERROR = "ERROR: column \"status_reason\" of relation \"remediation_workflow_catalog\" does not exist (SQLSTATE 42703)";

    @TempDir
    Path temp;

    @ParameterizedTest(name = "--cause {0} → {1}")
    @CsvSource(delimiter = '|', nullValues = "-", value = {
            "- | CAUSE_NOT_APPLIED | suite_test.go:6 | the hard-coded list of the tests does not name it",
            "missing | CAUSE_MIGRATION_MISSING | queries/update_status.sql:3 | no migration adds what the code uses",
            "code | CAUSE_CODE_NAME | queries/update_status.sql:3 | the code says status_reasn where the database has status_reason",
            "order | CAUSE_ORDER | suite_test.go:6 | in an order in which a later file undoes it",
            "dropped | CAUSE_DROPPED_LATER | migrations/023_drop_unused_columns.sql:2 | a later migration took it away while the code still uses it"})
    @DisplayName("each root cause: the tests fail with the message, the cause is named with its place, and the same tests pass after the fix")
    void replay(String option, String code, String where, String sentence) throws Exception {
        Run.Result result = (option == null ? Run.script("schema-mismatch") : Run.script("schema-mismatch", "--cause", option)).in(temp).go();
        String error = "code".equals(option) ? THE_ERROR.replace("status_reason", "status_reasn") : THE_ERROR;
        assertThat(result.out()).as(result.err()).contains("✗ failed to update workflow status: " + error).contains("11 tests, 10 failed").contains("11 tests, 0 failed")
                .contains("tests of UpdateStatus: 1 of 11 passed before, 11 of 11 after").contains("\n" + code + "  " + where + "\n    ").contains(sentence);
        assertThat(codes(result.out())).containsExactly(code);
        assertThat(result.out().indexOf("11 tests, 10 failed")).isLessThan(result.out().indexOf("Prove the fix, in a transaction that is rolled back"));
        assertThat(result.out()).containsSubsequence("Prove the fix", "✗ " + error.replace("update workflow status: ", ""), "✓ the statement is accepted", "Apply the fix");
        assertThat(result.exit()).isZero();
        assertThat(said(result)).isEmpty();
        assertThat(temp).as("the replay leaves nothing where it is run").isEmptyDirectory();
        if (option == null) {
            assertThat(result.out()).contains("! two files are numbered 021: 021_add_status_reason_column.sql, 021_create_notification_audit_table.sql")
                    .contains("suite_test.go:6 lists 16 of 17 files: 021_add_status_reason_column.sql is not in it").contains("✓ migrations/021_add_status_reason_column.sql:4 adds it")
                    .contains("rename migrations/021_add_status_reason_column.sql → migrations/022_add_status_reason_column.sql")
                    .contains("-\tmigrations := []string{").contains("+\tmigrations, err := discoverMigrations(dir)")
                    .contains("do: git mv migrations/021_add_status_reason_column.sql migrations/022_add_status_reason_column.sql")
                    .contains("Build the schema anew: the suite discovers the files").contains("✓ 17 files applied, no error");
        }
    }

    @Test
    @DisplayName("an unknown cause, or options of the own project without a message, is one sentence and exit 2")
    void wrongUsage() throws Exception {
        for (String[] arguments : new String[][] {{"--cause", "weather"}, {"--migrations", "db"}, {"--fix", "out"}, {"--source", "."}, {"--error", THE_ERROR},
                {"--error", THE_ERROR, "--cause", "code", "--migrations", "db"}}) {
            Run.Result result = Run.script("schema-mismatch", arguments).in(temp).go();
            assertThat(result.err()).as(String.join(" ", arguments)).startsWith("schema-mismatch: --").hasLineCount(1);
            assertThat(result.exit()).isEqualTo(2);
        }
    }

    /** What a run said on stderr, but for the removal of what another run, that a test killed, left behind. */
    static String said(Run.Result result) {
        return result.err().replaceAll("(?m)^removing what a run that was killed left behind: .*\\R", "");
    }

    static TreeSet<String> codes(String out) {
        var codes = new TreeSet<String>();
        Pattern.compile("^CAUSE_\\w+", Pattern.MULTILINE).matcher(out).results().forEach(m -> codes.add(m.group()));
        return codes;
    }
}
