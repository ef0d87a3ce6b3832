//SOURCES ../kit/house/Amalgamation.java

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.tools.ToolProvider;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import kit.house.Amalgamation;
import kit.house.JavaFile;
import kit.house.SourceGraph;
import kit.report.Stop;

@DisplayName("amalgamate: one file of a tool and its kit")
class AmalgamateTest {
    /** A real job of a tool in a folder that holds the small project below. */
    private record Job(int exit, String words, String... arguments) {
    }

    private static final Map<String, Job> JOBS = Map.ofEntries(
            Map.entry("amalgamate", new Job(0, "// ---- amalgamate.java\n", "amalgamate.java")),
            Map.entry("check-sql", new Job(10, "\nSQL_COLUMN_MISSING  store.go:2\n", "store.go", "--migrations", "migrations")),
            Map.entry("verify-migrations", new Job(0, "\nsound  checked ", "migrations")),
            Map.entry("preflight", new Job(10, "\nSQL_COLUMN_MISSING  store.go:2\n", ".")),
            Map.entry("explain-error", new Job(10, "\nproblems  checked ", "--migrations", "migrations", "--error",
                    "ERROR: column \"status_reason\" of relation \"workflow\" does not exist (SQLSTATE 42703)")),
            Map.entry("check-ports", new Job(0, "\nsound  checked ", ".")),
            Map.entry("check-config", new Job(10, "\nCONFIG_INVALID  config.yaml", "config.yaml")),
            Map.entry("run-tests", new Job(0, "✓ READY\n")),
            Map.entry("incident", new Job(0, "\nsound  checked ")),
            Map.entry("benchmark-report", new Job(3, "there is no folder bench-results here: run jbang benchmark first, or name a run\n")),
            Map.entry("script-times", new Job(2, "there is no jbang-catalog.json: run it in the folder of a catalogue")));

    static Stream<String> tools() throws IOException {
        // JMH wants its benchmarks in a public class of a package, in a file of its own.
        return HouseTest.catalogue().entrySet().stream().filter(each -> each.getValue().matches("scripts/tools/.*|bench/(benchmark-report|script-times).java"))
                .map(Map.Entry::getKey);
    }

    @ParameterizedTest(name = "{0}, as one file in an empty folder, helps and does its job")
    @MethodSource("tools")
    void runsAlone(String tool, @TempDir Path empty) throws Exception {
        SourceGraph graph = SourceGraph.of(Run.ROOT.resolve(HouseTest.catalogue().get(tool)));
        Path file = empty.resolve(graph.first().path().getFileName());
        Files.writeString(file, new Amalgamation(graph, Run.ROOT).text());
        assertThat(Files.readString(file)).doesNotContain("\n//SOURCES", "\npackage kit.", "\nimport kit.");
        assertThat(libraries(List.of(JavaFile.read(file)))).isEqualTo(libraries(graph.files()));
        List<String> program = compiled(tool, file, empty.resolve("classes"));
        Run.Result help = Run.command(with(program, "--help")).in(empty).go();
        assertThat(help.exit()).as(help.all()).isZero();
        assertThat(help.out()).startsWith("Usage: " + tool);
        assertThat(JOBS).as("a job of the tool, in the table of this test").containsKey(tool);
        Job job = JOBS.get(tool);
        project(empty);
        Run.Result done = Run.command(with(program, job.arguments)).in(empty).go();
        assertThat(done.all()).contains(job.words);
        assertThat(done.exit()).as(done.all()).isEqualTo(job.exit);
    }

    /** But for lists of versions, of which the tool's own wins. */
    private static Set<String> libraries(List<JavaFile> files) {
        return files.stream().flatMap(each -> each.directives("DEPS").stream()).map(JavaFile.Directive::value)
                .filter(value -> !value.endsWith("@pom")).collect(Collectors.toSet());
    }

    /** By the compiler of this JVM, which is warm; with the tool's libraries, which are those that the file names. */
    private static List<String> compiled(String tool, Path file, Path classes) {
        String jars = Run.classpath(tool).replaceFirst("^[^" + File.pathSeparator + "]*", "");
        List<String> options = new ArrayList<>(List.of("-nowarn", "-d", classes.toString(), "-cp", jars));
        JavaFile.read(file).directives("JAVAC_OPTIONS").forEach(each -> options.addAll(Stream.of(each.value().split(" +"))
                .filter(option -> !option.startsWith("-J")).toList()));
        options.add(file.toString());
        var errors = new ByteArrayOutputStream();
        int exit = ToolProvider.getSystemJavaCompiler().run(null, errors, errors, options.toArray(String[]::new));
        assertThat(exit).as(errors.toString(StandardCharsets.UTF_8)).isZero();
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-cp", classes + jars, Run.mainClass(tool));
    }

    private static String[] with(List<String> program, String... arguments) {
        return Stream.concat(program.stream(), Stream.of(arguments)).toArray(String[]::new);
    }

    @Test
    @DisplayName("what the command writes JBang runs: ./jbangw amalgamate --to DIR check-sql")
    void byJbang(@TempDir Path empty) throws Exception {
        Run.Result made = Run.jbangw("amalgamate", "--to", empty.toString(), "check-sql").go();
        assertThat(made.exit()).as(made.all()).isZero();
        project(empty);
        Job job = JOBS.get("check-sql");
        Run.Result done = Run.jbangw(Stream.concat(Stream.of(empty.resolve("check-sql.java").toString()),
                Stream.of(job.arguments)).toArray(String[]::new)).in(empty).go();
        assertThat(done.all()).contains(job.words);
        assertThat(done.exit()).as(done.all()).isEqualTo(job.exit);
        // JBang says so where it has to guess the program.
        assertThat(done.err()).doesNotContain("unique main");
    }

    private static void project(Path folder) throws IOException {
        write(folder, "migrations/001_workflow.sql", """
                -- +goose Up
                CREATE TABLE workflow (id int PRIMARY KEY, status text);
                -- +goose Down
                DROP TABLE workflow;
                """);
        write(folder, "store.go", """
                package store
                const update = `UPDATE workflow SET status_reason = $1 WHERE id = $2`
                """);
        write(folder, "config.yaml", "server:\n  port: 8080\ndatabase:\n  port: 5432\n");
        write(folder, ".run-tests.yaml", "tiers:\n  unit:\n    command: echo '1 passed, 0 failed, 0 skipped'\n    results: summary\n");
    }

    // ---- how the parts become one -------------------------------------------------------------------------------------

    @Test
    @DisplayName("header of the tool, libraries and imports once, no packages, no public types; the same bytes each time")
    void oneFile(@TempDir Path folder) throws Exception {
        sample(folder);
        String once = amalgamated(folder);
        assertThat(once).isEqualTo("""
                ///usr/bin/env jbang "$0" "$@" ; exit $?
                //DESCRIPTION Says something.
                //DESCRIPTION   jbang say
                //JAVA 17+
                //DEPS org.junit:junit-bom:6.1.3@pom
                //DEPS info.picocli:picocli:4.7.7
                //DEPS org.postgresql:postgresql:42.7.14

                // Made from tools/say.java and 2 files that it names: it is they that are edited, not this.

                import static java.util.stream.Collectors.joining;

                import java.util.List;
                import java.util.stream.Stream;

                import picocli.CommandLine;

                // ---- tools/say.java

                // Why there is no other library.

                class Say {
                    public static void main(String... args) {
                        // Also a Words in full.
                        System.out.println(new Words(List.of("a"), Words.Kind.loud).text() + Words.Kind.loud + CommandLine.VERSION);
                    }
                }

                // ---- kit/a/Letters.java

                /** Of {@link Words}. */
                @Deprecated
                final class Letters {
                    public static final String TEXT = \"""
                            import java.util.Date;
                            package kit.b.Words;
                            \""" + "kit.b.Words";
                }

                // ---- kit/b/Words.java

                record Words(List<String> all, Kind kind) {
                    public enum Kind { loud }
                    public String text() {
                        return Stream.of(Letters.TEXT).collect(joining());
                    }
                }
                """);
        assertThat(amalgamated(folder)).isEqualTo(once);
    }

    private static void sample(Path folder) throws IOException {
        write(folder, "tools/say.java", """
                ///usr/bin/env jbang "$0" "$@" ; exit $?
                //DESCRIPTION Says something.
                //DESCRIPTION   jbang say
                //JAVA 17+
                //SOURCES ../kit/b/Words.java
                //DEPS info.picocli:picocli:4.7.7

                // Why there is no other library.

                import java.util.List;

                import kit.b.Words;
                import kit.b.Words.Kind;
                import picocli.CommandLine;

                class Say {
                    public static void main(String... args) {
                        // Also a kit.b.Words in full.
                        System.out.println(new kit.b.Words(List.of("a"), Kind.loud).text() + Words.Kind.loud + CommandLine.VERSION);
                    }
                }
                """);
        write(folder, "kit/b/Words.java", """
                //SOURCES ../a/Letters.java
                //DEPS org.postgresql:postgresql:42.7.14
                //DEPS org.junit:junit-bom:6.1.3@pom
                //DEPS info.picocli:picocli:4.7.7
                package kit.b;

                import static java.util.stream.Collectors.joining;

                import java.util.List;
                import java.util.stream.Stream;

                import kit.a.Letters;

                public record Words(List<String> all, Kind kind) {
                    public enum Kind { loud }
                    public String text() {
                        return Stream.of(Letters.TEXT).collect(joining());
                    }
                }
                """);
        write(folder, "kit/a/Letters.java", """
                package kit.a;

                /** Of {@link kit.b.Words}. */
                @Deprecated
                public final class Letters {
                    public static final String TEXT = \"""
                            import java.util.Date;
                            package kit.b.Words;
                            \""" + "kit.b.Words";
                }
                """);
    }

    @Test
    @DisplayName("where another part has a method main, the program is named")
    void severalMains(@TempDir Path folder) throws Exception {
        write(folder, "tools/say.java", "//SOURCES ../other.java\nclass Say { public static void main(String... args) { } }\n");
        write(folder, "other.java", "class Other { public static void main(String... args) { } }\n");
        assertThat(amalgamated(folder)).startsWith("//MAIN Say\n");
    }

    @Test
    @DisplayName("a name that means something else in another file is written in full")
    void inFull(@TempDir Path folder) throws Exception {
        write(folder, "tools/say.java", """
                //SOURCES ../kit/a/Tree.java
                //SOURCES ../kit/b/Process.java

                import java.util.List;

                import kit.a.Tree;

                class Say {
                    Tree tree;
                    List<Object> list;
                }
                """);
        write(folder, "kit/a/Tree.java", """
                package kit.a;

                import java.awt.List;

                /** A List. */
                public class Tree extends List {
                    Process process = List.class == null ? null : new ProcessBuilder("Process").start();
                }
                """);
        write(folder, "kit/b/Process.java", """
                package kit.b;

                import com.sun.source.tree.Tree;

                public class Process {
                    Tree.Kind kind(Process other, Tree... trees) {
                        return null;
                    }
                }
                """);
        assertThat(amalgamated(folder)).contains("""
                import java.util.List;

                // ---- tools/say.java
                """, "    Tree tree;\n    List<Object> list;\n", """
                /** A List. */
                class Tree extends java.awt.List {
                    java.lang.Process process = java.awt.List.class == null ? null : new ProcessBuilder("Process").start();
                """, """
                class Process {
                    com.sun.source.tree.Tree.Kind kind(Process other, com.sun.source.tree.Tree... trees) {
                """);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "a source that is not there | tools/say.java:5: //SOURCES ../kit/b/Wrds.java is not there"
                    + " | tools/say.java | Words.java | Wrds.java",
            "a pattern | tools/say.java:5: //SOURCES ../kit/b/*.java is a pattern | tools/say.java | Words.java | *.java",
            "two classes of one name | kit/b/Words.java:14: the class Words stands in "
                    + " | kit/a/Letters.java | class Letters | class Words",
            "two versions of a library | kit/b/Words.java:4: info.picocli:picocli:4.7.6 is info.picocli:picocli:4.7.7 in "
                    + " | kit/b/Words.java | picocli:4.7.7 | picocli:4.7.6",
            "two static imports of one name | kit/b/Words.java:7: another file has a static import of a.B.joining, "
                    + " | tools/say.java | import java.util.List; | import static a.B.joining;",
            "an import of everything | kit/b/Words.java:9: an import of all that java.util.* has"
                    + " | kit/b/Words.java | import java.util.List; | import java.util.*;",
            "a static import of ours | tools/say.java:13: a static import of the project's own class cannot stay in one"
                    + " file: write Words.Kind | tools/say.java | import kit.b.Words.Kind; | import static kit.b.Words.Kind;",
            "a file that is not Java | kit/a/Letters.java:5 is not Java: | kit/a/Letters.java | class Letters { | class {",
            "a directive in a text block | kit/a/Letters.java:7: JBang takes this line of a text block for its own //DEPS"
                    + " | kit/a/Letters.java | import java.util.Date; | DEPS"})
    void refused(String what, String words, String file, String from, String to, @TempDir Path folder) throws Exception {
        sample(folder);
        String text = Files.readString(folder.resolve(file));
        assertThat(text).contains(from);
        Files.writeString(folder.resolve(file), to.equals("DEPS")
                ? text.replace(" ".repeat(12) + from, "//DEPS a:b:1") : text.replace(from, to));
        assertThatThrownBy(() -> amalgamated(folder)).isInstanceOf(Stop.class).hasMessageContaining(words.strip())
                .satisfies(stop -> assertThat(((Stop) stop).exit).isEqualTo(2))
                .satisfies(stop -> assertThat(stop.getMessage()).doesNotContain("\n"));
    }

    @Test
    @DisplayName("a name that is none, several without a folder, a folder that is a file, and the tool's own folder: one sentence, 2")
    void wrongUsage(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        for (List<String> wrong : List.of(
                List.of("name the tool: amalgamate NAME"),
                List.of("chek-sql is neither a name of jbang-catalog.json nor a file", "chek-sql"),
                List.of("more than one file needs a folder: name it with --to DIR", "amalgamate", "amalgamate"),
                List.of("is a file: name a folder", "--to", file.toString(), "amalgamate"),
                List.of("itself stands: name another folder", "--to", "scripts/tools", "amalgamate"))) {
            Run.Result result = Run.script("amalgamate", wrong.subList(1, wrong.size()).toArray(String[]::new)).go();
            assertThat(result.exit()).as(result.all()).isEqualTo(2);
            assertThat(result.err()).contains(wrong.get(0)).hasLineCount(1);
            assertThat(result.out()).isEmpty();
        }
    }

    private static String amalgamated(Path folder) {
        return new Amalgamation(SourceGraph.of(folder.resolve("tools/say.java")), folder).text();
    }

    private static void write(Path folder, String file, String text) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.writeString(folder.resolve(file), text);
    }
}
