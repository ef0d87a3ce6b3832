import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The README's commands are run, and their output is what stands there. In a block marked {@code console} a line that
 * begins with "$ " is typed at the top of the repository; what follows is its output, where "…" on a line of its own
 * stands for any lines, and times and ports may differ. "# exit N" behind a command says its exit code.
 */
@DisplayName("README.md: its commands do what it shows")
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("^```console\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);

    record Sample(String command, int exit, String output) {
        @Override
        public String toString() {
            return command.lines().findFirst().orElse("");
        }
    }

    static List<Sample> samples() throws Exception {
        List<Sample> samples = new ArrayList<>();
        for (Matcher block = BLOCK.matcher(Files.readString(Run.ROOT.resolve("README.md"))); block.find(); ) {
            for (String part : block.group(1).split("(?m)^\\$ ")) {
                if (!part.isBlank()) {
                    int end = part.indexOf('\n');
                    while (part.charAt(end - 1) == '\\') {
                        end = part.indexOf('\n', end + 1);
                    }
                    String command = part.substring(0, end);
                    Matcher exit = Pattern.compile("# exit (\\d+)$").matcher(command);
                    samples.add(new Sample(command, exit.find() ? Integer.parseInt(exit.group(1)) : 0, part.substring(end + 1)));
                }
            }
        }
        return samples;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void sampleIsTrue(Sample sample) throws Exception {
        if (sample.command.startsWith("./jbangw test")) {
            return;
        }
        if (sample.command.contains("podman-machine")) {
            Run.engine();
        }
        Run.Result result = Run.command("bash", "-c", sample.command).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(sample.exit);
        assertThat(steady(result.out()) + "\n").matches(pattern(steady(sample.output)));
    }

    @Test
    @DisplayName("the first two commands are those that a new user is told")
    void firstTwo() throws Exception {
        assertThat(samples().stream().map(Sample::command).limit(2)).containsExactly("./jbangw schema-mismatch", "./jbangw test");
    }

    @Test
    @DisplayName("every script has its line in the table")
    void table() throws Exception {
        String readme = Files.readString(Run.ROOT.resolve("README.md"));
        for (Path script : HouseTest.scripts()) {
            String file = Run.ROOT.relativize(script).toString();
            assertThat(readme).contains("| [`" + HouseTest.alias(file) + "`](" + file + ")");
        }
    }

    @Test
    @DisplayName("what it links to, and shows, is there")
    void links() throws Exception {
        List<String> links = Pattern.compile("\\]\\(([^)#:]+)\\)").matcher(Files.readString(Run.ROOT.resolve("README.md"))).results().map(link -> link.group(1)).toList();
        assertThat(links).contains("bench/charts/throughput.svg").allSatisfy(link -> assertThat(Run.ROOT.resolve(link)).exists());
    }

    /** What differs from run to run. */
    private static String steady(String text) {
        return text.replaceAll("\\d+\\.\\d+ s", "N s").replaceAll("\\d+ ms", "N ms").replaceAll("localhost:\\d+", "localhost:N").strip();
    }

    private static Pattern pattern(String sample) {
        StringBuilder regex = new StringBuilder();
        for (String line : sample.split("\n")) {
            regex.append(line.strip().equals("…") ? "(?:.*\\n)*?" : Pattern.quote(line.stripTrailing()) + "[ \\t]*\\n");
        }
        return Pattern.compile(regex.toString());
    }
}
