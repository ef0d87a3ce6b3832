import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import kit.report.Clean;
import kit.report.Exports;
import kit.report.Launcher;
import kit.report.Nearest;
import kit.report.Report;
import kit.report.Severity;
import kit.report.SqlError;
import kit.report.TextFiles;
import kit.report.Where;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Tag("unit")
@DisplayName("what a run prints: steps, findings, counts and a verdict, in each format")
class ReportTest {
    @Command(name = "some-tool", version = "some-tool 1.2.3")
    static final class SomeTool {
    }

    /** What a run prints in a format, and its exit code at the end of the last line. */
    private static String printed(Report.Format format, Consumer<Report> run, boolean mended) {
        StringWriter out = new StringWriter();
        CommandLine line = new CommandLine(new SomeTool()).setOut(new PrintWriter(out));
        Report report = new Report(line.getCommandSpec(), format);
        run.accept(report);
        int exit = report.end(mended);
        return out.toString().replaceAll("\\d+\\.\\d+ s", "N s") + "exit " + exit;
    }

    private static void aFinding(Report report) {
        report.step("Look");
        report.run("\\d orders");
        report.bad("no note");
        report.checked("migrations", 1);
        report.checked("lists", 2);
        report.skipped("a.go", "no text");
        report.finding("COLUMN_MISSING", Severity.error, new Where("a|b.go", 7), "no column <note>", "two\nlines",
                "do it");
    }

    @Test
    @DisplayName("text: the command behind $, what was observed behind its symbol, then finding, remedy, verdict and "
            + "counts")
    void text() {
        assertThat(printed(Report.Format.text, ReportTest::aFinding, false)).isEqualTo("""
             1  Look
                $ \\d orders
                ✗ no note

            COLUMN_MISSING  a|b.go:7
                no column <note>
                two
                lines
                do: do it

            problems  checked 1 migration, 2 lists; N s
                skipped a.go: no text
            exit 10""");
    }

    @Test
    @DisplayName("markdown: what Markdown would obey is escaped, and a fence is longer than those within")
    void markdown() {
        String page = printed(Report.Format.markdown, report -> {
            aFinding(report);
            report.step("Fence");
            report.say("```");
        }, false);
        assertThat(page).startsWith("# some-tool: problems\n\n**1 error**. Checked ")
                .contains("| **COLUMN_MISSING** | a\\|b.go:7 | no column \\<note\\> |\n", "## 1. Look\n\n```text\n$ \\d orders\n✗ no note\n```\n",
                        "````text\n  ```\n````\n", "**COLUMN_MISSING** (error) a\\|b.go:7\n\nno column \\<note\\>\n");
        assertThat(page.split("<details>", -1)).as("what is long is folded, and every fold ends").hasSameSizeAs(page.split("</details>", -1));
    }

    @Test
    @DisplayName("json: the members of the contract, and a finding with its place and remedy as data")
    void json() {
        String out = printed(Report.Format.json, ReportTest::aFinding, false);
        JsonNode document = JsonMapper.shared().readTree(out.substring(0, out.lastIndexOf("exit ")));
        assertThat(document.propertyNames())
                .containsExactly("script", "version", "verdict", "checked", "skipped", "steps", "findings", "seconds");
        assertThat(document.get("version").asString()).isEqualTo("1.2.3");
        assertThat(document.get("checked").get("lists").asInt()).isEqualTo(2);
        JsonNode step = document.get("steps").get(0);
        assertThat(step.get("command").asString()).isEqualTo("\\d orders");
        assertThat(step.get("ok").asBoolean()).isFalse();
        JsonNode finding = document.get("findings").get(0);
        assertThat(finding.get("where").get("line").asInt()).isEqualTo(7);
        assertThat(finding.get("remediation").get(0).asString()).isEqualTo("do it");
    }

    @Test
    @DisplayName("github: groups, an annotation at its place, and nothing of others' text that the runner would obey")
    void github() {
        String log = printed(Report.Format.github, report -> {
            aFinding(report);
            report.say("::error title=pwned::y\n##[command]x");
        }, false);
        assertThat(log).contains("::group::1 Look\n", "::endgroup::\n",
                "::error file=a|b.go,line=7,title=COLUMN_MISSING::no column <note>%0Ado it\n")
                .doesNotContain("::error title=pwned", "##[command]");
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Report.Format.class)
    @DisplayName("nothing checked is never a pass; what the run has mended is sound; a warning is no problem")
    void verdicts(Report.Format format) {
        assertThat(printed(format, report -> {}, false)).contains("unchecked").endsWith("exit 3");
        assertThat(printed(format, report -> report.checked("files", 0), false)).endsWith("exit 3");
        assertThat(printed(format, ReportTest::aFinding, true)).endsWith("exit 0");
        assertThat(printed(format, report -> {
            report.checked("files", 1);
            report.finding("X", Severity.warning, null, "look", "");
        }, false)).contains("sound").endsWith("exit 0");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"postgres://app:hush-1@localhost/app", "jdbc:postgresql://h/d?user=a&password=hush-1",
            "CREATE ROLE a PASSWORD 'hush-1'", "ALTER ROLE a PASSWORD $x$hush-1$x$", "password: hush-1",
            "password=hush-1",
            "{\"password\": \"hush-1\"}", "passwd := 'hush-1'", "PASSWORD E'it''s hush-1'"})
    @DisplayName("a password is not shown")
    void passwords(String text) {
        assertThat(Clean.text(text)).contains("***").doesNotContain("hush-1");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {"password: ${DB_PASSWORD}, see the docs", "the password was refused", "passwordKey names it",
                    "http://localhost:8080/health"})
    @DisplayName("what is no password stays")
    void noPasswords(String text) {
        assertThat(Clean.text(text)).isEqualTo(text);
    }

    @Test
    @DisplayName("what a terminal would obey is shown as its number, and a secret that was named is nowhere")
    void escapes() {
        Clean.secret("zx9-named");
        Clean.secret("a");
        Clean.secret("postgres");
        assertThat(Clean.text("db/postgres/a.sql postgres@postgres postgres://postgres:postgres@h/postgres password: postgres")).as("a word is a secret only where it is one")
                .isEqualTo("db/postgres/a.sql postgres@postgres postgres://postgres:***@h/postgres password: ***");
        Clean.name("shop-db");
        Clean.secret("shop-db");
        assertThat(Clean.text("shop-db on h")).isEqualTo("shop-db on h");
        assertThat(kit.report.Where.of(java.nio.file.Path.of("m/a\n::error::b\u001b.sql"), 1)).hasToString("m/a\\n::error::b\\u001b.sql:1");
        assertThat(Clean.text("a zx9-named\u001b[2J\u202e\tb\n")).isEqualTo("a ***\\u001b[2J\\u202e\tb\n");
    }

    @Test
    @DisplayName("SARIF and JUnit's XML hold each finding; an error fails, a warning does not")
    void exports(@TempDir Path temp) throws Exception {
        Exports exports = new Exports();
        exports.sarif = temp.resolve("new/x.sarif");
        exports.junit = temp.resolve("x.xml");
        CommandLine line = new CommandLine(new SomeTool()).setOut(new PrintWriter(new StringWriter()));
        Report report = new Report(line.getCommandSpec(), Report.Format.text);
        aFinding(report);
        report.finding("W", Severity.warning, new Where("ö b.go", 0), "<&>\u0001", "");
        exports.write(report);
        JsonNode run = JsonMapper.shared().readTree(Files.readString(exports.sarif)).get("runs").get(0);
        assertThat(run.get("tool").get("driver").get("rules")).hasSize(2);
        JsonNode place = run.get("results").get(1).get("locations").get(0).get("physicalLocation");
        assertThat(place.get("artifactLocation").get("uri").asString()).isEqualTo("%C3%B6%20b.go");
        assertThat(place.get("region").get("startLine").asInt()).isEqualTo(1);
        var xml = javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(exports.junit.toFile()).getDocumentElement();
        assertThat(xml.getAttribute("tests")).isEqualTo("4");
        assertThat(xml.getAttribute("failures")).isEqualTo("1");
        assertThat(xml.getElementsByTagName("failure").getLength()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
            "ERROR: column \"x\" does not exist\\n  Hint: y\\n  Position: 8 | 42703 | ERROR: column \"x\" does not "
                    + "exist (SQLSTATE 42703)",
            "FEHLER: Spalte »x« existiert nicht\\n  Position: 8 | 42703 | ERROR: Spalte »x« existiert nicht "
                    + "(SQLSTATE 42703)",
            "Connection to localhost:1 refused. Check that.\\nMore | 08001 | Connection to localhost:1 refused. "
                    + "Check that. (SQLSTATE 08001)",
            "ERROR: two\\nlines\\n  Where: there | P0001 | ERROR: two\\nlines (SQLSTATE P0001)"})
    @DisplayName("an error of the server is told as pgx words it, in any language")
    void sqlErrors(String message, String state, String shown) {
        assertThat(SqlError.message(new SQLException(message.replace("\\n", "\n"), state)))
                .isEqualTo(shown.replace("\\n", "\n"));
    }

    @Test
    @DisplayName("a server that is gone is told from one that refuses")
    void gone() {
        for (Map.Entry<String, Boolean> each : Map.of("08006", true, "57P01", true, "57014", false, "42703", false)
                .entrySet()) {
            assertThat(SqlError.isGone(new SQLException("x", each.getKey()))).as(each.getKey())
                    .isEqualTo(each.getValue());
        }
    }

    @Test
    @DisplayName("a file is written whole or not at all, and the message names it")
    void wholeFiles(@TempDir Path temp) throws Exception {
        Path file = TextFiles.write(temp.resolve("a.txt"), "one");
        assertThat(file).hasContent("one");
        assertThat(TextFiles.write(file, "two")).hasContent("two");
        Path absent = temp.resolve("absent/a.txt");
        try {
            TextFiles.write(absent, "x");
            throw new AssertionError("a folder that is not there is no place for a file");
        } catch (java.io.IOException e) {
            assertThat(TextFiles.trouble(e)).contains("absent").endsWith("does not exist");
        }
        try (var left = Files.list(temp)) {
            assertThat(left).containsExactly(file);
        }
    }

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(delimiter = '|', nullValues = "-", value = {"./jbangw | jbang migrate up | ./jbangw migrate up",
            "../x/jbangw | # or: jbang podman-machine --start | # or: ../x/jbangw podman-machine --start",
            "jbang | jbang migrate up | jbang migrate up", "- | jbang migrate up | jbang migrate up",
            "./jbangw | jbang trust add URL | jbang trust add URL"})
    @DisplayName("a remedy begins with the launcher by which the script was called")
    void launcher(String typed, String command, String shown) {
        Launcher.as(typed);
        try {
            assertThat(printed(Report.Format.text, report -> report.finding("X", Severity.error, null, "x", "", command),
                    false)).contains("do: " + shown + "\n");
        } finally {
            Launcher.as(null);
        }
    }

    @Test
    @DisplayName("the nearest name is offered, and none where all are far")
    void nearest() {
        assertThat(Nearest.of("statis", List.of("state", "status", "owner"), 2)).contains("status");
        assertThat(Nearest.of("statsu", List.of("owner"), 2)).isEmpty();
        assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    }
}
