import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The README's commands are run, and their output is what stands there. In a block marked {@code console} a line that
 * begins with "$ " is typed at the top of the repository; what follows is its output, where "…" on a line of its own
 * stands for any lines, and times and ports may differ. "# exit N" behind a command says its exit code.
 */
@DisplayName("the pages: their commands do what they show")
class ReadmeTest {
    private static final Path PICTURES = Run.ROOT.resolve("scripts/pictures");
    /** What commands printed: the pages and the pictures show the same runs, and each is made once. */
    private static final Map<String, Run.Result> RUNS = new HashMap<>();
    private static final Pattern BLOCK = Pattern.compile("^```console\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);

    record Sample(String command, int exit, String output) {
        @Override
        public String toString() {
            return command.lines().findFirst().orElse("");
        }
    }

    static List<Sample> samples() throws Exception {
        List<Sample> samples = new ArrayList<>();
        for (Matcher block = BLOCK.matcher(Run.pages()); block.find(); ) {
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
        Run.Result result = run(sample.command);
        assertThat(result.exit()).as(result.all()).isEqualTo(sample.exit);
        assertThat(steady(result.out()) + "\n").matches(pattern(steady(sample.output)));
    }

    private static List<String> all(String text, String regex) {
        return Pattern.compile(regex).matcher(text).results().map(match -> match.group(1)).toList();
    }

    static List<Path> pictures() throws Exception {
        try (Stream<Path> files = Files.list(PICTURES)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest(name = "{0} shows what its command prints")
    @MethodSource("pictures")
    void pictureIsTrue(Path picture) throws Exception {
        String svg = Files.readString(picture);
        String command = all(svg, "<title>(.+)</title>").get(0).replace("&gt;", ">").replace("&amp;", "&");
        List<String> titles = all(svg, "(?m)^<g[^>]*><text[^>]*>\\d+</text><text class=\"b\"[^>]*>([^<]+)</text></g>$");
        assertThat(titles).isNotEmpty();
        List<String> printed = all(run(command).out(), "(?m)^ ?\\d+  (.+)$");
        assertThat(titles).allSatisfy(title -> assertThat(printed).contains(title.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")));
        assertThat(Run.pages()).containsPattern("\\((scripts/)?pictures/" + picture.getFileName() + "\\)");
    }

    private static Run.Result run(String command) throws Exception {
        if (command.contains("podman-machine")) {
            Run.engine();
        }
        // What the page's commands pipe into; bash itself would go on without it.
        Pattern.compile("(?<!\\|)\\| (\\w+) ").matcher(command).results().map(match -> match.group(1)).filter(program -> !Run.onPath(program)).findFirst().ifPresent(Run::missing);
        if (RUNS.containsKey(command)) {
            return RUNS.get(command);
        }
        Run.Result result = Run.command("bash", "-c", command).go();
        // One that did not end well is made anew, when its test is tried once more.
        if (result.exit() == 0) {
            RUNS.put(command, result);
        }
        return result;
    }

    @Test
    @DisplayName("the first two commands are those that a new user is told")
    void firstTwo() throws Exception {
        assertThat(samples().stream().map(Sample::command).limit(2)).containsExactly("./jbangw schema-mismatch", "./jbangw test");
    }

    @Test
    @DisplayName("the evening by hand: its five commands, as they stand, on a real Podman")
    void eveningByHand(@TempDir Path results) throws Exception {
        Run.engine();
        String readme = Files.readString(Run.ROOT.resolve("README.md"));
        String section = readme.split("(?m)^## The evening by hand$")[1];
        String commands = section.substring(section.indexOf("```sh\n") + 6, section.indexOf("\n```\n"));
        assertThat(commands.lines()).hasSize(5);
        try {
            Run.Result done = Run.command("bash", "-ec", commands + " --out '" + results + "'").go();
            assertThat(done.exit()).as(done.all()).isZero();
            assertThat(done.out()).contains("17 applied").contains("updates/s");
        } finally {
            Run.command("podman", "rm", "-f", "datastorage-postgres-test").go();
        }
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
        for (String page : Run.PAGES) {
            Path file = Run.ROOT.resolve(page);
            List<String> links = all(Files.readString(file), "\\]\\(([^)#:]+)(?:#[^)]*)?\\)");
            assertThat(links).as(page).isNotEmpty().allSatisfy(link -> assertThat(file.resolveSibling(link)).exists());
        }
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
