import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("the house: catalogue, files and conventions")
class HouseTest {
    private static final Pattern ALIAS = Pattern.compile("\"([\\w-]+)\": \\{\\s*\"script-ref\": \"([^\"]+)\"");

    static List<String> aliases() throws IOException {
        return List.copyOf(catalogue().keySet());
    }

    /** Each alias with its file, as seen from the top of the repository. */
    static Map<String, String> catalogue() throws IOException {
        Map<String, String> files = new LinkedHashMap<>();
        ALIAS.matcher(Files.readString(Run.ROOT.resolve("jbang-catalog.json"))).results().forEach(m -> files.put(m.group(1), m.group(2)));
        return files;
    }

    static List<Path> scripts() throws IOException {
        List<Path> scripts = new ArrayList<>(java("scripts"));
        scripts.addAll(java("bench"));
        return scripts;
    }

    /** The command that a script is: its file's name, in bench/ behind that folder's, where the benchmark itself has a class's name, which JMH wants public. */
    static String alias(String file) {
        return file.equals("bench/UpdateStatus.java") ? "bench" : file.replaceFirst("^bench/", "bench-").replaceFirst(".*/", "").replace(".java", "");
    }

    private static List<Path> java(String folder) throws IOException {
        if (!Files.isDirectory(Run.ROOT.resolve(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(Run.ROOT.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        }
    }

    @Test
    @DisplayName("each alias is the name of its file, and each script has an alias")
    void aliasIsFileName() throws IOException {
        assertThat(catalogue()).isNotEmpty().allSatisfy((alias, file) -> {
            assertThat(alias).isEqualTo(alias(file));
            assertThat(Run.ROOT.resolve(file)).exists();
        });
        assertThat(catalogue().values().stream().map(Run.ROOT::resolve)).containsAll(scripts());
    }

    @ParameterizedTest(name = "{0} --help: what it does, exit codes, environment, examples; as the README has it")
    @MethodSource("aliases")
    void help(String alias) throws Exception {
        String readme = Files.readString(Run.ROOT.resolve("README.md"));
        Run.Result help = Run.jbangw(alias, "--help").go();
        assertThat(help.exit()).as(help.all()).isZero();
        assertThat(help.out()).contains("Usage: " + alias, "Exit codes:", "Examples:");
        // What is broken by the terminal's edge cannot be copied.
        assertThat(help.out().substring(help.out().indexOf("Examples:")).lines().filter(line -> !line.isEmpty() && !line.endsWith(":"))).allSatisfy(line -> assertThat(line).startsWith("  "));
        if (!catalogue().get(alias).startsWith("scripts/test/")) {
            assertThat(help.out()).contains("Environment:");
        }
        String mark = "<!-- >>> ./jbangw " + alias + " --help -->\n";
        assertThat(readme.indexOf(mark)).as("the README's place for the help of " + alias).isNotNegative();
        assertThat(readme.substring(readme.indexOf(mark) + mark.length()).split("(?m)^<!-- <<< -->")[0]).as("./jbangw blocks --pages help brings it there").isEqualTo("```text\n" + help.out().stripTrailing() + "\n```\n");
        Run.Result wrong = Run.jbangw(alias, "--no-such-option").go();
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.err()).contains("--no-such-option").doesNotContain("Exception");
        Run.Result version = Run.jbangw(alias, "--version").go();
        Matcher newest = Pattern.compile("(?m)^### (\\d+\\.\\d+\\.\\d+)").matcher(readme);
        assertThat(newest.find()).isTrue();
        assertThat(version.out().strip()).isEqualTo(alias + " " + newest.group(1));
    }

    @Test
    @DisplayName("bash completes options, their values and subcommands by what --completion prints")
    void completion() throws Exception {
        assertThat(completed("schema-mismatch", "--mig")).containsExactly("--migrations");
        assertThat(completed("schema-mismatch", "--format", "m")).containsExactly("markdown");
        assertThat(completed("migrate", "down")).containsExactly("down-to");
        assertThat(completed("migrate", "up", "--allow")).containsExactly("--allow-missing");
    }

    /** What a Tab at the end of the words would offer, in a shell that knows the command. */
    private static List<String> completed(String... words) throws Exception {
        Run.Result script = Run.script(words[0], "--completion").go();
        assertThat(script.exit()).as(script.all()).isZero();
        List<String> command = new ArrayList<>(List.of("bash", "-c", script.out() + """
                complete -p "$1" >/dev/null || exit
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
                "_complete_$1"
                printf '%s\\n' "${COMPREPLY[@]}"
                """, "bash"));
        command.addAll(List.of(words));
        Run.Result offered = Run.command(command.toArray(String[]::new)).go();
        assertThat(offered.exit()).as(offered.all()).isZero();
        return offered.out().lines().map(String::strip).toList();
    }

    @ParameterizedTest(name = "{0} is one file with a header in the agreed order")
    @MethodSource("scripts")
    void header(Path script) throws IOException {
        List<String> lines = Files.readAllLines(script);
        assertThat(lines.get(0)).isEqualTo("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?");
        List<String> kinds = lines.stream().filter(line -> line.startsWith("//") && !line.startsWith("///")).takeWhile(line -> line.matches("//[A-Z_]+ .*"))
                .map(line -> line.substring(2, line.indexOf(' '))).toList();
        assertThat(kinds.stream().distinct()).containsExactly("DESCRIPTION", "JAVA", "JAVAC_OPTIONS", "RUNTIME_OPTIONS", "DEPS");
        assertThat(lines).noneMatch(line -> line.startsWith("//SOURCES") || line.startsWith("//FILES"));
        assertThat(lines.stream().anyMatch(line -> line.startsWith("public class"))).isEqualTo(script.endsWith("bench/UpdateStatus.java"));
    }

    @Test
    @DisplayName("every dependency is pinned, and has one version everywhere")
    void dependencies() throws IOException {
        Map<String, String> versions = new TreeMap<>();
        List<Path> all = new ArrayList<>(scripts());
        all.addAll(java("scripts/test"));
        for (Path script : all) {
            String boms = String.join(" ", Files.readAllLines(script).stream().filter(line -> line.endsWith("@pom")).toList());
            for (String line : Files.readAllLines(script)) {
                // Also those of a script that a script writes.
                if (line.strip().startsWith("//DEPS ")) {
                    String[] parts = line.strip().substring(7).replace("@pom", "").split(":");
                    if (parts.length == 2) {
                        assertThat(boms).as(script + " " + line + " has no version, so a BOM must have it").contains(parts[0].replaceFirst("\\.\\w+$", ""));
                    } else {
                        String other = versions.putIfAbsent(parts[0] + ":" + parts[1], parts[2]);
                        assertThat(other == null ? parts[2] : other).as(script + " " + line).isEqualTo(parts[2]);
                    }
                }
            }
        }
        assertThat(versions).isNotEmpty();
    }

    /** Options of one name and several meanings, and why they keep it. */
    private static final Map<String, String> HOMONYMS = Map.of(
            "--baseline", "what later runs are held to: findings of check-sql, figures of bench-report",
            "--fix", "mends, and asks before what is not safe; explain-error writes what mends into a folder of that name",
            "--only", "picks what its script is about: test classes, aliases",
            "--out", "a folder for what is written; bench and script-times have a default, bench-report takes the run's own",
            "--timeout", "how long one may take: seconds for podman, a time with its unit for a tier of run-tests");

    @Test
    @DisplayName("an option of one name takes the same and begins its description alike in every script")
    void options() throws IOException {
        Pattern option = Pattern.compile("@Option\\(names = \"(--[\\w-]+)\",[^@]*? description = \\{?\\s*\"(\\S+ \\S+ [\\w-]+)");
        Pattern label = Pattern.compile("paramLabel = \"([^\"]+)\"");
        Map<String, Set<String>> forms = new TreeMap<>();
        List<Path> all = new ArrayList<>(scripts());
        all.addAll(java("scripts/test"));
        for (Path script : all) {
            String text = Files.readString(script);
            List<MatchResult> found = option.matcher(text).results().toList();
            assertThat(found).as(script + ": options that this test can read").hasSize(text.split("@Option\\(names", -1).length - 1);
            for (MatchResult one : found) {
                Matcher takes = label.matcher(one.group());
                forms.computeIfAbsent(one.group(1), name -> new TreeSet<>()).add((takes.find() ? takes.group(1) + ": " : "") + one.group(2));
            }
        }
        forms.keySet().removeAll(HOMONYMS.keySet());
        assertThat(forms).isNotEmpty().allSatisfy((name, form) -> assertThat(form).as(name).hasSize(1));
    }

    @ParameterizedTest(name = "{0}, copied alone into an empty folder, runs")
    @MethodSource("scripts")
    void copiedAlone(Path script, @TempDir Path empty) throws Exception {
        Path copy = Files.copy(script, empty.resolve(script.getFileName()));
        String name = copy.getFileName().toString();
        if (Set.of("migrate.java", "verify-migrations.java").contains(name)) {
            // There is nothing to work on, and that is one sentence.
            alone(copy, List.of(2), "there is no folder migrations or db/migrations here: name yours", name.equals("migrate.java") ? new String[] {"status"} : new String[0]);
            Files.createDirectory(empty.resolve("migrations"));
            Files.writeString(empty.resolve("migrations/001_t.sql"), "-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n");
        }
        switch (name) {
            case "migrate.java" -> alone(copy, List.of(0), "\nsound  checked ", "up");
            case "check-sql.java" -> alone(copy, List.of(2), "name the files or folders to check: check-sql SOURCE… --migrations DIR");
            // A whole benchmark would take its time.
            case "UpdateStatus.java" -> alone(copy, List.of(0), " trials, about ", "--list");
            case "script-times.java" -> alone(copy, List.of(2), "there is no jbang-catalog.json: run it in the folder of a catalogue, or name one with --catalog");
            // An empty folder holds nothing to check.
            case "preflight.java" -> alone(copy, List.of(3), "\nunchecked  checked nothing");
            case "report.java" -> alone(copy, List.of(3), "there is no folder bench-results here: run jbang bench first, or name a run\n");
            // Whether containers can be used depends on the machine.
            case "podman-machine.java" -> alone(copy, List.of(0, 10), "  checked ");
            // It serves; without its configuration it says so and ends.
            case "datastorage.java" -> alone(copy, List.of(1), "ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)\n");
            case "run-tests.java" -> alone(copy, List.of(3), "there is no .run-tests.yaml: run-tests --init writes one by looking at the project\n");
            default -> alone(copy, List.of(0), "\nsound  checked ");
        }
    }

    private static void alone(Path copy, List<Integer> exits, String words, String... arguments) throws Exception {
        Run.Result result = Run.jbangw(Stream.concat(Stream.of(copy.toString()), Stream.of(arguments)).toArray(String[]::new)).in(copy.getParent()).go();
        assertThat(result.exit()).as(result.all()).isIn(exits);
        assertThat(result.all()).contains(words);
    }

    @Test
    @DisplayName("shell files are clean for shellcheck")
    void shellcheck() throws Exception {
        boolean there = Stream.of(System.getenv("PATH").split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, "shellcheck")));
        if (System.getenv("CI") == null) {
            assumeThat(there).as("shellcheck is not installed").isTrue();
        }
        List<String> command = new ArrayList<>(List.of("shellcheck", "jbangw"));
        try (Stream<Path> files = Files.list(Run.ROOT.resolve(".ci"))) {
            files.map(file -> Run.ROOT.relativize(file).toString()).forEach(command::add);
        }
        Run.Result result = Run.command(command.toArray(String[]::new)).go();
        assertThat(result.exit()).as(result.all()).isZero();
    }

    @Test
    @DisplayName("nothing else stands at the top level, but what the benchmarks leave and git does not see")
    void topLevel() throws IOException {
        try (Stream<Path> entries = Files.list(Run.ROOT)) {
            assertThat(entries.map(entry -> entry.getFileName().toString()).filter(name -> !name.startsWith(".")))
                    .isSubsetOf("README.md", "LICENSE", "jbang-catalog.json", "jbangw", "migrations", "scripts", "bench", "bench-results");
        }
    }
}
