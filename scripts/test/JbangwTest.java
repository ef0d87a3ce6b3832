import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as a process, on a small repository of its own, with caches of its own. */
@DisplayName("jbangw: runs a script on a machine with a JDK and Maven")
class JbangwTest {
    private static final String FETCHING = "jbangw: fetching JBang 0.132.1 with Maven into ";
    private static final String ECHO = """
            //JAVA 17+
            class Echo {
                public static void main(String[] args) throws Exception {
                    boolean wait = args.length > 0 && args[0].equals("wait");
                    if (wait) {
                        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("told to end")));
                    }
                    for (String arg : args) {
                        System.out.println("<" + arg + ">");
                    }
                    Thread.sleep(wait ? 60_000 : 0);
                    System.out.println("stdin " + new String(System.in.readAllBytes()));
                    System.exit(args.length);
                }
            }
            """;

    @TempDir
    static Path shared;
    @TempDir
    Path temp;

    private static Path repository;
    private static Run.Result firstRun;

    @BeforeAll
    static void warm() throws Exception {
        repository = Files.createDirectories(shared.resolve("re po/$HOME"));
        Files.copy(Run.ROOT.resolve("jbangw"), repository.resolve("jbangw"));
        Files.createDirectory(repository.resolve("scripts"));
        Files.writeString(repository.resolve("scripts/echo-args.java"), ECHO);
        Files.writeString(repository.resolve("jbang-catalog.json"), """
                {
                  "aliases": {
                    "echo-args": {
                      "script-ref": "scripts/echo-args.java",
                      "description": "Says what it was given."
                    }
                  }
                }
                """);
        firstRun = jbangw(shared.resolve("cache"), "echo-args").go();
    }

    private static Run jbangw(Path cache, String... arguments) {
        List<String> command = new ArrayList<>(List.of(repository.resolve("jbangw").toString()));
        command.addAll(List.of(arguments));
        return Run.command(command.toArray(String[]::new)).with("XDG_CACHE_HOME", cache.toString()).with("JBANG_DIR", shared.resolve("jbang dir").toString())
                .with("JBANG_CACHE_DIR", null).with("JAVA_HOME", System.getProperty("java.home")).with("PATH", System.getenv("PATH"));
    }

    private static Run warm(String... arguments) {
        return jbangw(shared.resolve("cache"), arguments);
    }

    @Test
    @DisplayName("the first run says in one line what it fetches, the next ones say nothing")
    void oneLineTheFirstTime() throws Exception {
        assertThat(firstRun.exit()).as(firstRun.all()).isZero();
        assertThat(firstRun.err().lines().filter(line -> !line.startsWith("[jbang] "))).containsExactly(FETCHING + shared.resolve("cache/jbangw") + ", this once");
        Run.Result next = warm("echo-args").go();
        assertThat(next.err()).isEmpty();
        assertThat(next.out()).isEqualTo("stdin \n");
    }

    @Test
    @DisplayName("arguments, stdin and exit code pass through as they are")
    void passesThrough() throws Exception {
        String[] odd = {"echo-args", "", "a b", "$HOME", "it's", "\"q\"", "*", "@/etc/hostname", "line\nend", "back\\slash", "--", "--help", "-x=1", "`id`", "ü"};
        Run.Result result = warm(odd).typing("what was typed").go();
        StringBuilder expected = new StringBuilder();
        Stream.of(odd).skip(1).forEach(arg -> expected.append("<" + arg + ">\n"));
        assertThat(result.out()).isEqualTo(expected + "stdin what was typed\n");
        assertThat(result.exit()).isEqualTo(odd.length - 1);
        assertThat(result.err()).isEmpty();
    }

    @Test
    @DisplayName("JBang is not asked again for a script that is as it was; it is for one that has changed, whose jar is gone, or with options")
    void answersAreKept() throws Exception {
        Path script = Files.writeString(temp.resolve("kept.java"), ECHO);
        assertThat(warm(script.toString(), "one").go().out()).startsWith("<one>\n");
        assertThat(warm(script.toString(), "two", "").with("JBANG_JAVA_OPTIONS", "-XX:NoSuchOption").go().out()).startsWith("<two>\n<>\n");
        assertThat(warm("--verbose", script.toString()).with("JBANG_JAVA_OPTIONS", "-XX:NoSuchOption").go().exit()).isNotZero();
        Files.writeString(script, ECHO.replace("<", "["));
        assertThat(warm(script.toString(), "three").with("JBANG_JAVA_OPTIONS", "-XX:NoSuchOption").go().out()).doesNotContain("three");
        assertThat(warm(script.toString(), "four").go().out()).startsWith("[four>\n");
        try (Stream<Path> jars = Files.walk(shared.resolve("jbang dir/cache/jars"))) {
            for (Path jar : jars.filter(file -> file.endsWith("kept.jar")).toList()) {
                Files.delete(jar);
            }
        }
        assertThat(warm(script.toString(), "five").go().out()).as("built again").startsWith("[five>\n");
    }

    @Test
    @DisplayName("a tool of the repository and its kit: a kit file that changed is noticed at once, and JBang is not asked while none has")
    void kit() throws Exception {
        Path kit = Files.createDirectories(repository.resolve("scripts/kit/words"));
        Files.createDirectories(repository.resolve("scripts/tools"));
        Files.writeString(kit.resolve("Word.java"), "package kit.words;\npublic class Word { public static String word() { return Other.WORD; } }\n//SOURCES Other.java\n");
        Files.writeString(repository.resolve("scripts/tools/tool.java"), """
                //SOURCES ../kit/words/Word.java
                class Tool {
                    public static void main(String[] args) {
                        System.out.println(kit.words.Word.word() + " by " + System.getenv("JBANG_LAUNCH_CMD"));
                    }
                }
                """);
        String by = " by " + repository.resolve("jbangw") + "\n";
        for (String word : List.of("one", "two")) {
            Files.writeString(kit.resolve("Other.java"), "package kit.words;\nclass Other { static final String WORD = \"" + word + "\"; }\n");
            assertThat(withoutJBang("scripts/tools/tool.java").exit()).as("asks JBang").isNotZero();
            assertThat(warm("scripts/tools/tool.java").in(repository).go().out()).isEqualTo(word + by);
            assertThat(withoutJBang("scripts/tools/tool.java").out()).isEqualTo(word + by);
        }
        Files.writeString(kit.resolve("Other.java"), "package kit.words;\nclass Other { static final String WORD = \"one\"; }\n");
        assertThat(warm("scripts/tools/tool.java").in(repository).go().out()).as("as it once was").isEqualTo("one" + by);
        Files.writeString(repository.resolve("scripts/another.java"), "class Another { }\n");
        assertThat(withoutJBang("scripts/tools/tool.java").exit()).as("a file more may be one that a //SOURCES with * means").isNotZero();
    }

    @Test
    @DisplayName("a script elsewhere with sources of its own: JBang is asked, who follows them")
    void sourcesElsewhere() throws Exception {
        Files.writeString(temp.resolve("Word.java"), "class Word { static final String WORD = \"one\"; }\n");
        Path script = Files.writeString(temp.resolve("tool.java"), "//SOURCES Word.java\nclass Tool { public static void main(String[] args) { System.out.println(Word.WORD); } }\n");
        assertThat(warm(script.toString()).go().out()).isEqualTo("one\n");
        assertThat(withoutJBang(script.toString()).exit()).isNotZero();
    }

    /** A JVM that cannot start stands for JBang's: whoever asks it fails. */
    private static Run.Result withoutJBang(String... arguments) throws Exception {
        return warm(arguments).in(repository).with("JBANG_JAVA_OPTIONS", "-XX:NoSuchOption").go();
    }

    @Test
    @DisplayName("any folder: no file or catalogue there takes the place of the repository's alias")
    void fromAnyFolder() throws Exception {
        Files.writeString(temp.resolve("echo-args"), "class Wrong { public static void main(String[] a) { System.out.println(\"wrong\"); } }");
        Files.writeString(temp.resolve("jbang-catalog.json"), "{\"aliases\": {\"echo-args\": {\"script-ref\": \"echo-args\"}}}");
        assertThat(warm("echo-args", "x").in(temp).go().out()).isEqualTo("<x>\nstdin \n");
    }

    @Test
    @DisplayName("through links, absolute, relative and chained")
    void throughLinks() throws Exception {
        Path first = Files.createSymbolicLink(temp.resolve("first"), repository.resolve("jbangw"));
        Files.createDirectory(temp.resolve("bin"));
        Path second = Files.createSymbolicLink(temp.resolve("bin/second"), Path.of("../first"));
        for (Path link : List.of(first, second)) {
            Run.Result result = Run.command(link.toString(), "echo-args", "x").with("XDG_CACHE_HOME", shared.resolve("cache").toString())
                    .with("JBANG_DIR", shared.resolve("jbang dir").toString()).with("JBANG_CACHE_DIR", null).go();
            assertThat(result.out()).as(result.all()).isEqualTo("<x>\nstdin \n");
        }
    }

    @Test
    @DisplayName("JBang's own options and commands work")
    void jbangsOwn() throws Exception {
        assertThat(warm("--version").go().all().strip()).isEqualTo("0.132.1");
        assertThat(warm("-D", "a=b", "echo-args", "x").go().out()).isEqualTo("<x>\nstdin \n");
        assertThat(warm("run", "echo-args", "x").go().out()).isEqualTo("<x>\nstdin \n");
        assertThat(warm("info", "classpath", "echo-args").go().out()).contains("echo-args.jar");
        assertThat(warm("build", "echo-args").go().exit()).isZero();
        assertThat(warm("echo-args.java").in(repository.resolve("scripts")).go().out()).isEqualTo("stdin \n");
        for (String none : List.of("no-such-alias", "aliases")) {
            Run.Result result = warm(none).go();
            assertThat(result.exit()).isNotZero();
            assertThat(result.out()).doesNotContain("stdin");
            assertThat(result.err()).containsOnlyOnce("[ERROR]").contains(none);
        }
    }

    @Test
    @DisplayName("a jbang of the PATH is used if it is recent enough; one that leads back here is not taken for JBang")
    void jbangOfThePath() throws Exception {
        Path bin = Files.createDirectory(temp.resolve("bin"));
        String path = bin + ":" + System.getenv("PATH");
        // A stand-in for what a version manager puts on the PATH: a program without a jar beside it.
        program(bin.resolve("jbang"), "[ \"$1\" = --version ] && echo 0.130.0 >&2 || printf 'theirs %s\\n' \"$@\"");
        assertThat(warm("echo-args", "x").with("PATH", path).go().out()).isEqualTo("theirs " + repository.resolve("scripts/echo-args.java") + "\ntheirs x\n");

        program(bin.resolve("jbang"), "[ \"$1\" = --version ] && echo 0.99.0 >&2 || echo theirs, though too old");
        assertThat(warm("echo-args", "x").with("PATH", path).go().out()).isEqualTo("<x>\nstdin \n");

        Files.delete(bin.resolve("jbang"));
        Files.createSymbolicLink(bin.resolve("jbang"), repository.resolve("jbangw"));
        assertThat(warm("echo-args", "x").with("PATH", path).go().out()).isEqualTo("<x>\nstdin \n");
    }

    @Test
    @DisplayName("two at once on a cold machine both succeed, and nothing half-finished stays")
    void twoAtOnceCold() throws Exception {
        Path cache = temp.resolve("cache");
        String jbangDir = temp.resolve("jbang").toString();
        Process one = jbangw(cache, "echo-args", "1").with("JBANG_DIR", jbangDir).start();
        Process two = jbangw(cache, "echo-args", "2").with("JBANG_DIR", jbangDir).start();
        one.getOutputStream().close();
        two.getOutputStream().close();
        Run.Result first = Run.finish(one);
        Run.Result second = Run.finish(two);
        assertThat(first.out()).as(first.err()).isEqualTo("<1>\nstdin \n");
        assertThat(second.out()).as(second.err()).isEqualTo("<2>\nstdin \n");
        try (Stream<Path> files = Files.list(cache.resolve("jbangw"))) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith("tmp.") || name.startsWith("turn."));
        }
        assertThat(jbangw(cache, "echo-args").go().err()).isEmpty();
    }

    @Test
    @DisplayName("a fetch that was killed is not taken for a whole one, and is cleared away")
    void killedFetch() throws Exception {
        Path cache = temp.resolve("cache");
        Process killed = jbangw(cache, "echo-args").start();
        while (temporary(cache).isEmpty() && killed.isAlive()) {
            Thread.sleep(10);
        }
        killed.destroyForcibly().waitFor();
        killed.descendants().forEach(ProcessHandle::destroyForcibly);
        List<Path> left = temporary(cache);
        assertThat(left).hasSize(1);
        Run.Result next = jbangw(cache, "echo-args", "x").go();
        assertThat(next.out()).as(next.err()).isEqualTo("<x>\nstdin \n");
        assertThat(left.get(0)).doesNotExist();
    }

    private static List<Path> temporary(Path cache) throws IOException {
        if (!Files.isDirectory(cache.resolve("jbangw"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(cache.resolve("jbangw"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("tmp.")).toList();
        }
    }

    @Test
    @DisplayName("no way to JBang: one sentence and exit code 3")
    void noWay() throws Exception {
        Path tools = tools("java", "javac");
        refused(jbangw(temp.resolve("c1"), "echo-args").with("PATH", tools.toString()),
                "jbangw: there is no JBang, and neither Maven (mvn) nor curl to fetch it with: install one of the three");

        program(tools.resolve("mvn"), "echo '[INFO] scanning'; echo '[ERROR] Could not transfer artifact: Network is unreachable'; echo '[ERROR] more'; exit 1");
        refused(jbangw(temp.resolve("c2"), "echo-args").with("PATH", tools.toString()),
                FETCHING + temp.resolve("c2/jbangw") + ", this once",
                "jbangw: Maven could not fetch JBang 0.132.1: Could not transfer artifact: Network is unreachable (all it said: " + temp.resolve("c2/jbangw/fetch.log") + ")");

        program(tools.resolve("mvn"), "mkdir jars; echo half > jars/jbang-cli.jar");
        Run.Result half = jbangw(temp.resolve("c3"), "echo-args").with("PATH", tools.toString()).go();
        assertThat(half.exit()).isEqualTo(3);
        assertThat(half.err()).endsWith("jbangw: the JBang that was fetched does not start: is the disk full? Make room, then try again\n");
        assertThat(temp.resolve("c3/jbangw/jbang-0.132.1")).doesNotExist();

        refused(jbangw(Path.of("/proc/nowhere"), "echo-args"), "jbangw: cannot write to /proc/nowhere/jbangw: set XDG_CACHE_HOME to a folder that you can write to");
    }

    @Test
    @DisplayName("no JDK, or one that is too old: one sentence and exit code 3")
    void noJdk() throws Exception {
        refused(jbangw(temp.resolve("c"), "echo-args").with("PATH", tools().toString()).with("JAVA_HOME", null),
                "jbangw: there is no JDK: install a JDK 17 or newer, and put its bin folder on the PATH or set JAVA_HOME");
        Path old = Files.createDirectories(temp.resolve("jdk11/bin"));
        program(old.resolve("java"), "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
        program(old.resolve("javac"), "exit 1");
        refused(warm("echo-args").with("JAVA_HOME", old.getParent().toString()),
                "jbangw: " + old.resolve("java") + " is Java 11.0.2, and the scripts need 17: install a JDK 17 or newer, or set JAVA_HOME to it");
    }

    @Test
    @DisplayName("a signal reaches the script")
    void signal() throws Exception {
        Process process = warm("echo-args", "wait").start();
        try (var out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("<wait>");
            // Process.destroy would close the stream, too.
            process.toHandle().destroy();
            assertThat(out.readLine()).isEqualTo("told to end");
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
    }

    private static void refused(Run run, String... sentences) throws Exception {
        Run.Result result = run.go();
        assertThat(result.err().lines()).containsExactly(sentences);
        assertThat(result.out()).isEmpty();
        assertThat(result.exit()).isEqualTo(3);
    }

    /** A PATH with little more than what the launcher itself calls. */
    private Path tools(String... more) throws IOException {
        Path tools = Files.createDirectories(temp.resolve("tools" + more.length));
        List<String> names = new ArrayList<>(List.of("bash", "cat", "cksum", "env", "ln", "mkdir", "mktemp", "mv", "readlink", "rm", "sleep", "stat", "tail"));
        names.addAll(List.of(more));
        for (String name : names) {
            Path program = more.length > 0 && List.of(more).contains(name) ? Path.of(System.getProperty("java.home"), "bin", name)
                    : Stream.of("/bin", "/usr/bin").map(dir -> Path.of(dir, name)).filter(Files::exists).findFirst().orElseThrow();
            Files.createSymbolicLink(tools.resolve(name), program);
        }
        return tools;
    }

    private static void program(Path file, String body) throws IOException {
        Files.writeString(file, "#!/usr/bin/env bash\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
