//SOURCES HouseRules.java

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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
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
        List<Path> scripts = new ArrayList<>(runbooks());
        scripts.addAll(java("scripts/tools"));
        scripts.addAll(java("bench"));
        return scripts;
    }

    /** The scripts that are copied with cp. */
    static List<Path> runbooks() throws IOException {
        return java("scripts");
    }

    /** The command that a script is: its file's name, but for the benchmarks' own, which has a class's name, since JMH wants it public. */
    static String alias(String file) {
        return file.equals("bench/UpdateStatus.java") ? "update-status" : file.replaceFirst(".*/", "").replace(".java", "");
    }

    private static List<Path> java(String folder) throws IOException {
        if (!Files.isDirectory(Run.ROOT.resolve(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(Run.ROOT.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        }
    }

    // ---- the rules of the house, each with a house that keeps it and one that breaks it -------------------------------

    enum Rule {
        arrows(HouseRules::arrows), circles(HouseRules::circles), runbooks(HouseRules::runbooksAlone), kitFiles(HouseRules::kitFiles),
        declared(HouseRules::declared), headers(HouseRules::headers), hidden(HouseRules::hiddenDirectives), sizes(HouseRules::sizes),
        aliases(HouseRules::aliases);

        interface Check {
            List<String> of(HouseRules house) throws IOException;
        }

        final Check check;

        Rule(Check check) {
            this.check = check;
        }
    }

    private static final HouseRules OURS = new HouseRules(Run.ROOT);

    @Tag("unit")
    @ParameterizedTest
    @EnumSource(Rule.class)
    @DisplayName("the house keeps its rules")
    void kept(Rule rule) throws IOException {
        assertThat(rule.check.of(OURS)).isEmpty();
    }

    @Tag("unit")
    @ParameterizedTest
    @EnumSource(Rule.class)
    @DisplayName("a small house that keeps the rules")
    void keptByTwin(Rule rule, @TempDir Path house) throws IOException {
        twin(house);
        assertThat(rule.check.of(new HouseRules(house))).isEmpty();
    }

    @Tag("unit")
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '§', value = {
            "arrows | report may not need postgres, which stands above it | scripts/kit/report/Stop.java"
                    + " | package | //SOURCES ../postgres/Server.java\\npackage",
            "arrows | a kit file names only files of the kit, not scripts/tools/look.java | scripts/kit/report/Stop.java"
                    + " | package | //SOURCES ../../tools/look.java\\npackage",
            "arrows | there is no room attic in the design | scripts/kit/attic/Box.java | | package kit.attic;\\nclass Box { }\\n",
            "arrows | rooms need each other: ports → tiers → ports | scripts/kit/tiers/Tier.java | package"
                    + " | //SOURCES ../ports/Port.java\\npackage",
            "circles | files need each other: scripts/kit/postgres/Server.java → scripts/kit/postgres/Url.java → scripts/kit/postgres/Server.java"
                    + " | scripts/kit/postgres/Url.java | package | //SOURCES Server.java\\npackage",
            "runbooks | scripts/act.java:6: a runbook script is one file, without //SOURCES | scripts/act.java"
                    + " | //DEPS | //SOURCES kit/report/Stop.java\\n//DEPS",
            "runbooks | scripts/act.java:8: a runbook script imports nothing of the project | scripts/act.java"
                    + " | import picocli | import kit.report.Stop;\\nimport picocli",
            "kitFiles | its package is not kit.report | scripts/kit/report/Stop.java | kit.report | kit.rapport",
            "kitFiles | it is not one class Stop | scripts/kit/report/Stop.java | class Stop | class Halt",
            "kitFiles | no kit class has a method main | scripts/kit/report/Stop.java | { } | { String main() { return null; } }",
            "kitFiles | its header is not //SOURCES, then //DEPS, but [SOURCES, JAVA, DEPS] | scripts/kit/postgres/Server.java"
                    + " | //DEPS | //JAVA 17+\\n//DEPS",
            "declared | scripts/kit/postgres/Server.java: it uses scripts/kit/postgres/Url.java without naming it by //SOURCES"
                    + " | scripts/kit/postgres/Server.java | //SOURCES Url.java | ",
            "declared | scripts/kit/postgres/Server.java: it uses scripts/kit/report/Stop.java without naming it by //SOURCES"
                    + " | scripts/kit/postgres/Server.java | //SOURCES ../report/Stop.java | ",
            "declared | scripts/tools/look.java: it uses scripts/kit/postgres/Server.java without naming it by //SOURCES"
                    + " | scripts/tools/look.java | //SOURCES ../kit/postgres/Server.java | ",
            "declared | scripts/kit/ports/Port.java: it uses scripts/kit/report/Stop.java without naming it by //SOURCES"
                    + " | scripts/kit/ports/Port.java | { } | { kit.report.Stop stop; }",
            "declared | it names scripts/kit/report/Stop.java by //SOURCES and does not use it | scripts/kit/ports/Port.java"
                    + " | package | //SOURCES ../report/Stop.java\\npackage",
            "declared | Url.java is named twice | scripts/kit/postgres/Server.java | //DEPS | //SOURCES Url.java\\n//DEPS",
            "declared | it imports org.postgresql.Driver without //DEPS org.postgresql:postgresql | scripts/kit/postgres/Server.java"
                    + " | //DEPS org.postgresql:postgresql:42.7.14 | ",
            "declared | it names //DEPS info.picocli:picocli and does not import it | scripts/kit/postgres/Server.java"
                    + " | //DEPS | //DEPS info.picocli:picocli:4.7.7\\n//DEPS",
            "declared | com.acme.Anvil: the table of this test does not say in which library it stands | scripts/tools/look.java"
                    + " | import picocli | import com.acme.Anvil;\\nimport picocli",
            "headers | its first line is not the one by which a shell starts JBang | scripts/act.java | ///usr | //usr",
            "headers | //SOURCES, //DEPS, but [DESCRIPTION, | scripts/tools/look.java"
                    + " | //DEPS | //DEPS org.slf4j:slf4j-nop:2.0.20\\n//SOURCES ../kit/report/Stop.java\\n//DEPS",
            "headers | but [SOURCES, DESCRIPTION, | scripts/tools/look.java | //DESCRIPTION"
                    + " | //SOURCES ../kit/report/Stop.java\\n//DESCRIPTION",
            "headers | but [DESCRIPTION, JAVA, MAIN, JAVAC_OPTIONS, | scripts/act.java | //JAVAC_OPTIONS | //MAIN Act\\n//JAVAC_OPTIONS",
            "headers | it does not say //JAVA 17+ | scripts/act.java | 17+ | 21+",
            "hidden | scripts/kit/ports/Port.java:6: JBang takes this line of a text block for its own //DEPS: indent the block"
                    + " | scripts/kit/ports/Port.java | { } | {\\n    String text = ```\\n//DEPS a:b:1\\n```;\\n}",
            "sizes | 401 lines, and 400 are the most | scripts/kit/ports/Port.java | { } | {\\n#396\\n}",
            "sizes | 251 lines, and 250 are the most | scripts/tools/look.java | class Look { } | class Look {\\n#236\\n}",
            "sizes | scripts/kit/ports/Port.java:4: over 120 columns | scripts/kit/ports/Port.java | { } | {#110}",
            "aliases | lok: its file is scripts/tools/look.java | jbang-catalog.json | `look` | `lok`",
            "aliases | scripts/act.java: it has no alias | jbang-catalog.json | act.java | tools/look.java",
            "aliases | act: scripts/acts.java is not there | jbang-catalog.json | act.java | acts.java",
            "aliases | look is the name of a folder, too | look/file | | text"})
    void broken(Rule rule, String words, String file, String from, String to, @TempDir Path house) throws IOException {
        twin(house);
        String before = from == null ? null : plain(from);
        String text = before == null ? "" : Files.readString(house.resolve(file));
        assertThat(text).contains(before == null ? "" : before);
        String after = plain(to == null ? "" : to);
        write(house, file, before == null ? after : text.replaceFirst(Pattern.quote(before), Matcher.quoteReplacement(after)));
        assertThat(rule.check.of(new HouseRules(house))).anySatisfy(complaint -> assertThat(complaint).contains(words));
    }

    private static String plain(String text) {
        String lines = text.replace("\\n", "\n").replace('`', '"');
        Matcher many = Pattern.compile("#(\\d+)").matcher(lines);
        return many.replaceAll(m -> lines.contains("\n#") ? "//\n".repeat(Integer.parseInt(m.group(1))).stripTrailing() : " ".repeat(Integer.parseInt(m.group(1))));
    }

    /** A house of one runbook script, one tool, and a kit of four rooms. */
    private static void twin(Path house) throws IOException {
        String header = """
                ///usr/bin/env jbang "$0" "$@" ; exit $?
                //DESCRIPTION Something.
                //JAVA 17+
                //JAVAC_OPTIONS -encoding UTF-8
                //RUNTIME_OPTIONS -Xshare:auto
                """;
        write(house, "jbang-catalog.json", """
                {"aliases": {"act": {"script-ref": "scripts/act.java"}, "look": {"script-ref": "scripts/tools/look.java"}}}
                """);
        write(house, "scripts/act.java", header + "//DEPS info.picocli:picocli:4.7.7\n\nimport picocli.CommandLine;\n\nclass Act { }\n");
        write(house, "scripts/tools/look.java", header + """
                //MAIN Look
                //SOURCES ../kit/postgres/Server.java
                //DEPS info.picocli:picocli:4.7.7

                import kit.postgres.Server;
                import picocli.CommandLine;

                /** {@link kit.report.Stop} is not used by being spoken of. */
                class Look { }
                """);
        write(house, "scripts/kit/report/Stop.java", "package kit.report;\npublic class Stop { }\n");
        write(house, "scripts/kit/postgres/Url.java", "package kit.postgres;\nclass Url { }\n");
        write(house, "scripts/kit/postgres/Server.java", """
                //SOURCES Url.java
                //SOURCES ../report/Stop.java
                //DEPS org.postgresql:postgresql:42.7.14
                package kit.postgres;

                import kit.report.Stop;
                import org.postgresql.Driver;

                public class Server {
                    Url url;
                }
                """);
        write(house, "scripts/kit/ports/Port.java", "//SOURCES ../tiers/Tier.java\npackage kit.ports;\nimport kit.tiers.Tier;\npublic class Port { }\n");
        write(house, "scripts/kit/tiers/Tier.java", "package kit.tiers;\npublic class Tier { }\n");
    }

    private static void write(Path house, String file, String text) throws IOException {
        Files.createDirectories(house.resolve(file).getParent());
        Files.writeString(house.resolve(file), text);
    }

    @ParameterizedTest(name = "{0} --help: what it does, exit codes, environment, examples; as the pages have it")
    @MethodSource("aliases")
    void help(String alias) throws Exception {
        String readme = Run.pages();
        Run.Result help = Run.jbangw(alias, "--help").go();
        assertThat(help.exit()).as(help.all()).isZero();
        assertThat(help.out()).contains("Usage: " + alias, "Exit codes:", "Examples:");
        // What is broken by the terminal's edge cannot be copied.
        assertThat(help.out().substring(help.out().indexOf("Examples:")).lines().filter(line -> !line.isEmpty() && !line.matches(".*[:.]"))).allSatisfy(line -> assertThat(line).startsWith("  "));
        if (!catalogue().get(alias).startsWith("scripts/test/")) {
            assertThat(help.out()).contains("Environment:");
        }
        String mark = "<!-- >>> ./jbangw " + alias + " --help -->\n";
        assertThat(readme.indexOf(mark)).as("the pages' place for the help of " + alias).isNotNegative();
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
    @DisplayName("bash completes options and their values by what a tool prints for --completion")
    void completion() throws Exception {
        assertThat(completed("preflight", "--mig")).containsExactly("--migrations");
        assertThat(completed("check-sql", "--format", "m")).containsExactly("markdown");
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

    @ParameterizedTest(name = "{0}: no file of another kind, and no public class but the benchmark's")
    @MethodSource("scripts")
    void oneFile(Path script) throws IOException {
        List<String> lines = Files.readAllLines(script);
        assertThat(lines).noneMatch(line -> line.startsWith("//FILES"));
        assertThat(lines.stream().anyMatch(line -> line.startsWith("public class"))).isEqualTo(script.endsWith("bench/UpdateStatus.java"));
    }

    @Test
    @DisplayName("the campaign's parts are one class a file, 300 lines of 120 columns at most, and name each other by //SOURCES")
    void harness() throws IOException {
        List<Path> parts = java("bench/harness");
        assertThat(parts).isNotEmpty();
        for (Path part : parts) {
            String text = Files.readString(part);
            String name = part.getFileName().toString().replace(".java", "");
            assertThat(text).as(name).containsPattern("(?m)^package bench.harness;$").containsPattern("\npublic (final )?(class|record|enum) " + name + "\\b");
            assertThat(text.lines().count()).as(name).isLessThanOrEqualTo(300);
            assertThat(name.equals("Schemas") ? 0 : text.lines().filter(line -> line.codePointCount(0, line.length()) > 120).count()).as(name).isZero();
            String code = text.replaceAll("(?m)^\\s*(//|/?\\*).*", "").replaceAll("\"(\\\\.|[^\"\\\\\n])*\"", "\"\"");
            for (Path other : parts) {
                String simple = other.getFileName().toString().replace(".java", "");
                boolean imported = text.contains("." + simple + ";");
                assertThat(text.contains("//SOURCES " + simple + ".java\n")).as(name + " and " + simple)
                        .isEqualTo(!simple.equals(name) && !imported && Pattern.compile("(?<![\\w.])" + simple + "\\b").matcher(code).find());
            }
        }
    }

    @Test
    @DisplayName("every dependency is pinned, and has one version everywhere")
    void dependencies() throws IOException {
        Map<String, String> versions = new TreeMap<>();
        List<Path> all = allJava();
        for (Path script : all) {
            String boms = String.join(" ", Files.readAllLines(script).stream().filter(line -> line.endsWith("@pom")).toList());
            for (String line : Files.readAllLines(script)) {
                // Also those of a script that a script writes; but the tools' own server is that of the reader's project.
                if (line.strip().startsWith("//DEPS ") && !line.contains("${postgres:")) {
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
            "--baseline", "what later runs are held to: findings of check-sql, figures of benchmark-report",
            "--fix", "mends, and asks before what is not safe; explain-error writes what mends into a folder of that name",
            "--only", "picks what its script is about: test classes, aliases",
            "--out", "a folder for what is written; benchmark and script-times have a default, benchmark-report takes the run's own",
            "--to", "where amalgamate writes its files; the last line that a picture of a terminal shows",
            "--quick", "less than all: smoke figures of benchmark, the tests before a commit",
            "--suite", "where the tests list migrations: one file for schema-mismatch, a tree for verify-migrations",
            "--timeout", "how long one may take: seconds for podman, a time with its unit for a tier of run-tests");

    @Test
    @DisplayName("an option of one name takes the same and begins its description alike in every script")
    void options() throws IOException {
        Pattern option = Pattern.compile("@Option\\(names = \"(--[\\w-]+)\",[^@]*? description = \\{?\\s*\"(\\S+ \\S+ [\\w-]+)");
        Pattern label = Pattern.compile("paramLabel = \"([^\"]+)\"");
        Map<String, Set<String>> forms = new TreeMap<>();
        List<Path> all = allJava();
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
    @MethodSource("runbooks")
    void copiedAlone(Path script, @TempDir Path empty) throws Exception {
        Path copy = Files.copy(script, empty.resolve(script.getFileName()));
        String name = copy.getFileName().toString();
        switch (name) {
            case "migrate.java" -> alone(copy, List.of(0), "\nsound  checked ", "up");
            // Whether containers can be used depends on the machine.
            case "podman-machine.java" -> alone(copy, List.of(0, 10), "  checked ");
            // It serves; without its configuration it says so and ends.
            case "datastorage.java" -> alone(copy, List.of(1), "ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030)\n");
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

    /** All of the collection: scripts, kit and tests. */
    private static List<Path> allJava() throws IOException {
        List<Path> all = new ArrayList<>(java("bench"));
        all.addAll(java("bench/harness"));
        try (Stream<Path> files = Files.walk(Run.ROOT.resolve("scripts"))) {
            files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(all::add);
        }
        return all;
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
