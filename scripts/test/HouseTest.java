import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
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
        return ALIAS.matcher(Files.readString(Run.ROOT.resolve("jbang-catalog.json"))).results().map(m -> m.group(1)).toList();
    }

    static List<Path> scripts() throws IOException {
        return java("scripts");
    }

    private static List<Path> java(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Run.ROOT.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        }
    }

    @Test
    @DisplayName("each alias is the name of its file, and each script has an alias")
    void aliasIsFileName() throws IOException {
        List<MatchResult> entries = ALIAS.matcher(Files.readString(Run.ROOT.resolve("jbang-catalog.json"))).results().toList();
        assertThat(entries).isNotEmpty().allSatisfy(entry -> {
            assertThat(entry.group(2)).endsWith("/" + entry.group(1) + ".java");
            assertThat(Run.ROOT.resolve(entry.group(2))).exists();
        });
        assertThat(entries.stream().map(entry -> Run.ROOT.resolve(entry.group(2)))).containsAll(scripts());
    }

    @ParameterizedTest(name = "{0} --help: what it does, examples, exit codes")
    @MethodSource("aliases")
    void help(String alias) throws Exception {
        Run.Result help = Run.jbangw(alias, "--help").go();
        assertThat(help.exit()).as(help.all()).isZero();
        assertThat(help.out()).contains("Usage: " + alias, "Exit codes:");
        Run.Result wrong = Run.jbangw(alias, "--no-such-option").go();
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.err()).contains("--no-such-option").doesNotContain("Exception");
        Run.Result version = Run.jbangw(alias, "--version").go();
        assertThat(version.out()).matches("(?s)" + alias + " \\d+\\.\\d+\\.\\d+\\s*");
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
        assertThat(lines).noneMatch(line -> line.startsWith("public class"));
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
                if (line.startsWith("//DEPS ")) {
                    String[] parts = line.substring(7).replace("@pom", "").split(":");
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

    @ParameterizedTest(name = "{0}, copied alone into an empty folder, runs")
    @MethodSource("scripts")
    void copiedAlone(Path script, @TempDir Path empty) throws Exception {
        Path copy = Files.copy(script, empty.resolve(script.getFileName()));
        String name = script.getFileName().toString();
        String[] alone = name.equals("migrate.java") ? new String[] {copy.toString(), "status"} : new String[] {copy.toString()};
        Run.Result result = Run.jbangw(alone).in(empty).go();
        // What works on a folder of the reader's says that there is none.
        Map<String, List<String>> onFolder = Map.of("migrate.java", List.of("up"), "verify-migrations.java", List.of("migrations"), "check-sql.java", List.of("migrations", "--migrations", "migrations"));
        if (onFolder.containsKey(name)) {
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.err().replaceAll("(?m)^\\[jbang].*\\R", "")).contains("name ").hasLineCount(1);
            Files.createDirectories(empty.resolve("migrations/seeds"));
            Files.writeString(empty.resolve("migrations/001_t.sql"), "-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n");
            Files.writeString(empty.resolve("migrations/seeds/t.sql"), "INSERT INTO t (id) VALUES (1);\n");
            result = Run.jbangw(Stream.concat(Stream.of(copy.toString()), onFolder.get(name).stream()).toArray(String[]::new)).in(empty).go();
        }
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("\nsound  checked ");
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
    @DisplayName("nothing else stands at the top level")
    void topLevel() throws IOException {
        try (Stream<Path> entries = Files.list(Run.ROOT)) {
            assertThat(entries.map(entry -> entry.getFileName().toString()).filter(name -> !name.startsWith(".")))
                    .isSubsetOf("README.md", "LICENSE", "jbang-catalog.json", "jbangw", "migrations", "scripts", "bench");
        }
    }
}
