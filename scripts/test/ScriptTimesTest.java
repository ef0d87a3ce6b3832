import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("script-times: what each script costs, against a hello-world")
class ScriptTimesTest {
    @TempDir
    Path temp;

    @Test
    @DisplayName("two scripts, of which one fails: the other's ratios, the chart, what failed and why, and nothing left")
    void twoScripts() throws Exception {
        write("sound.java", "class sound { public static void main(String... a) { System.out.println(\"sound\"); } }\n");
        write("fails.java", "class fails { public static void main(String... a) { System.err.println(\"::error::why \\u001b[31m\"); System.exit(5); } }\n");
        write("jbang-catalog.json", "{\"aliases\": {\"sound\": {\"script-ref\": \"sound.java\"}, \"fails\": {\"script-ref\": \"fails.java\"}, \"far\": {\"script-ref\": \"https://example.invalid/far.java\"}}}");
        Path tmp = Files.createDirectory(temp.resolve("tmp"));

        Run.Result result = times("--rounds", "1", "--out", "charts", "--format", "json").jvm("-Djava.io.tmpdir=" + tmp).go();

        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        JsonNode document = JsonMapper.shared().readTree(result.out());
        assertThat(document.path("checked").path("scripts").asInt()).isEqualTo(1);
        assertThat(document.path("skipped").toString()).contains("\"far\"", "its script is no file here");
        assertThat(document.path("findings")).hasSize(1);
        assertThat(document.path("findings").path(0).path("code").asString()).isEqualTo("SCRIPT_FAILS");
        assertThat(document.path("findings").path(0).path("evidence").asString()).isEqualTo("exit 5, ::error::why \\u001b[31m");
        assertThat(document.path("scripts")).hasSize(1);
        JsonNode sound = document.path("scripts").path(0);
        assertThat(sound.path("command").asString()).isEqualTo("sound --help");
        for (String what : Files.exists(Path.of("/proc/self/status")) ? List.of("warm", "cold", "memory") : List.of("warm", "cold")) {
            JsonNode figures = sound.path(what);
            assertThat(figures.path("pairs").asInt()).as(what).isEqualTo(1);
            assertThat(figures.path("ratio").asDouble()).as(what).isPositive().isEqualTo(figures.path("least").asDouble()).isEqualTo(figures.path("most").asDouble());
            assertThat(figures.path(what.equals("memory") ? "megabytes" : "seconds").asDouble()).as(what).isPositive();
        }
        assertThat(result.err()).contains("script-times: 1 of 1, sound, about 0 s left");
        assertThat(temp.resolve("charts/script-times.svg")).content().contains("<svg");
        assertThat(temp.resolve("charts/script-times.png")).isNotEmptyFile();
        nothingLeft(tmp);
    }

    @Test
    @DisplayName("ended in the middle of a script, it takes the script and its folder along")
    void endedInTheMiddle() throws Exception {
        Path pid = temp.resolve("pid");
        write("sleeps.java", "class sleeps { public static void main(String... a) throws Exception { java.nio.file.Files.writeString(java.nio.file.Path.of(\"pid.new\"), \"\" + ProcessHandle.current().pid()); "
                + "new java.io.File(\"pid.new\").renameTo(new java.io.File(\"pid\")); Thread.sleep(600_000); } }\n");
        write("jbang-catalog.json", "{\"aliases\": {\"sleeps\": {\"script-ref\": \"sleeps.java\"}}}");
        Path tmp = Files.createDirectory(temp.resolve("tmp"));
        Process process = times().jvm("-Djava.io.tmpdir=" + tmp).start();
        while (!Files.exists(pid) && process.isAlive()) {
            Thread.sleep(50);
        }
        assertThat(process.isAlive()).isTrue();
        process.toHandle().destroy();
        Run.finish(process);
        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid)))).isEmpty();
        nothingLeft(tmp);
    }

    @Test
    @DisplayName("bad input: one sentence that says what to do")
    void badInput() throws Exception {
        oneSentence(2, "there is no jbang-catalog.json: run it in the folder of a catalogue, or name one with --catalog");
        write("bad.json", "{");
        write("empty.json", "{\"aliases\": {}}");
        write("jbang-catalog.json", "{\"aliases\": {\"a\": {\"script-ref\": \"a.java\"}}}");
        oneSentence(2, "bad.json is no catalogue of JBang: it is not JSON", "--catalog", "bad.json");
        oneSentence(3, "empty.json has no aliases: there is nothing to measure", "--catalog", "empty.json");
        oneSentence(2, "jbang-catalog.json has no alias b: it has a", "--only", "b");
        oneSentence(2, "--rounds is a number of at least 1", "--rounds", "0");
    }

    /** The place of all runs may stay, and there is nothing in it. */
    private static void nothingLeft(Path tmp) {
        assertThat(tmp.toFile().listFiles()).allSatisfy(home -> {
            assertThat(home.getName()).isEqualTo("datastorage-runbooks-" + System.getProperty("user.name"));
            assertThat(home).isEmptyDirectory();
        });
    }

    private void oneSentence(int exit, String sentence, String... arguments) throws Exception {
        Run.Result result = times(arguments).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.all().strip()).isEqualTo("script-times: " + sentence);
    }

    private Run times(String... arguments) {
        return Run.script("script-times", arguments).in(temp).with("JBANG_LAUNCH_CMD", Run.ROOT.resolve("jbangw").toString());
    }

    private void write(String file, String text) throws Exception {
        Files.writeString(temp.resolve(file), text);
    }
}
