///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Wall time and memory of each script of a catalogue, warm and cold, as ratios to a hello-world of the same kind.
//DESCRIPTION   jbang script-times
//DESCRIPTION   jbang script-times --only migrate --only check-sql --rounds 10
//DESCRIPTION   jbang script-times --out charts --format json
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m -Djava.awt.headless=true
//MAIN ScriptTimes
//SOURCES ../scripts/kit/report/Clean.java
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/RunFolder.java
//SOURCES ../scripts/kit/report/Severity.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/TextFiles.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES ../scripts/kit/report/Where.java
//SOURCES harness/Hello.java
//SOURCES harness/ScriptChart.java
//SOURCES harness/ScriptFigures.java
//SOURCES harness/ScriptLauncher.java
//SOURCES harness/ScriptRun.java
//SOURCES harness/ScriptSubject.java
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.2.4

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import bench.harness.Hello;
import bench.harness.ScriptChart;
import bench.harness.ScriptFigures;
import bench.harness.ScriptLauncher;
import bench.harness.ScriptRun;
import bench.harness.ScriptSubject;
import kit.report.Clean;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs each script of a catalogue in turn with a hello-world, and says how much longer it takes and how much more
 * memory. */
@Command(name = "script-times", version = "script-times 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {
                "Measures wall time and peak memory of each alias of a catalogue, in turn with a hello-world of the "
                        + "same kind: one that parses its command line, and for scripts with a database one that "
                        + "starts the embedded PostgreSQL and asks for its version.",
                "Warm: JBang has compiled the script. Cold: JBang's cache is empty, so that it resolves the "
                        + "dependencies, which are in the Maven repository, and compiles. A ratio is of one pair; "
                        + "the median of the pairs counts."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every script was measured", "1:the script itself failed", "2:wrong usage",
                "3:could not check: there is no JBang, or nothing to measure",
                "10:problems found: a script did not end as it should"},
        footer = {"%nExamples:", "  script-times", "  script-times --only migrate --rounds 10",
                "  script-times --catalog ../other/jbang-catalog.json --format json"})
class ScriptTimes implements Callable<Integer> {
    /** What a script is asked, so that it does its work, and how that ends; one that is not here is asked for its
     * help. */
    private static final Map<String, ScriptSubject.Task> TASKS = Map.ofEntries(
            Map.entry("schema-mismatch", new ScriptSubject.Task(Hello.POSTGRES, "")),
            // The README has the incident's message.
            Map.entry("explain-error",
                    new ScriptSubject.Task(Hello.POSTGRES, "--error README.md --migrations migrations", 10)),
            Map.entry("migrate", new ScriptSubject.Task(Hello.POSTGRES, "up --migrations migrations")),
            Map.entry("verify-migrations", new ScriptSubject.Task(Hello.POSTGRES, "migrations --down")),
            Map.entry("check-sql",
                    new ScriptSubject.Task(Hello.POSTGRES, "scripts/workflow-repository.java --migrations migrations")),
            Map.entry("workflow-repository", new ScriptSubject.Task(Hello.POSTGRES, "")),
            Map.entry("config-path", new ScriptSubject.Task(Hello.POSTGRES, "")),
            Map.entry("incident", new ScriptSubject.Task(Hello.POSTGRES, "")),
            // Whether the engine that this project's tests need is up depends on the machine.
            Map.entry("preflight", new ScriptSubject.Task(Hello.POSTGRES, "", 0, 10)),
            Map.entry("run-tests", new ScriptSubject.Task(Hello.PLAIN, "--list")),
            Map.entry("port-conflicts", new ScriptSubject.Task(Hello.POSTGRES, "")),
            // Whether containers can be used depends on the machine.
            Map.entry("podman-machine", new ScriptSubject.Task(Hello.PLAIN, "", 0, 10)),
            // Without its configuration it says so and ends; with it, it would serve.
            Map.entry("datastorage", new ScriptSubject.Task(Hello.PLAIN, "", 1)),
            Map.entry("benchmark", new ScriptSubject.Task(Hello.PLAIN, "--list")),
            Map.entry("blocks", new ScriptSubject.Task(Hello.PLAIN, "--check")));

    @Option(names = "--catalog", paramLabel = "FILE", defaultValue = "jbang-catalog.json",
            description = "The catalogue; its scripts run in its folder (default: ${DEFAULT-VALUE}).")
    Path catalog;
    @Option(names = "--only", paramLabel = "ALIAS", description = "Measure these aliases only. May be repeated.")
    List<String> only = List.of();
    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3",
            description = "How often each is measured, after once that does not count (default: ${DEFAULT-VALUE}).")
    int rounds;
    @Option(names = "--out", paramLabel = "DIR", defaultValue = "bench-results",
            description = "Where the results go: script-times.svg and .png (default: ${DEFAULT-VALUE}).")
    Path out;

    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private Report report;
    private ScriptLauncher launcher;

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
            throw Stop.usage(Where.shown(catalog) + " has no alias " + String.join(", ", unknown) + ": it has "
                    + String.join(", ", scripts.keySet()));
        }
        report = new Report(spec, output.format);
        launcher = ScriptLauncher.find(catalog.toAbsolutePath().getParent());
        describe();
        List<ScriptSubject> subjects = once(scripts);
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
        report.say(processors + " processors, " + System.getProperty("os.name") + ", Java "
                + System.getProperty("java.version"));
        if (load > 0.5 * processors) {
            report.warn(String.format(Locale.ROOT,
                    "it is busy: a load of %.1f before this begins; the ratios hold better than the times", load));
        }
    }

    /** A run that does not count: it compiles what is not compiled yet, and shows which scripts can be measured. */
    private List<ScriptSubject> once(Map<String, Path> scripts) throws IOException, InterruptedException {
        report.step("Each once, which does not count");
        for (Hello hello : Hello.values()) {
            ScriptRun run = launcher.run(hello.script(), hello.arguments(), false);
            if (run.exit() != 0) {
                throw Stop
                        .unchecked("the " + hello.words + " does not run, exit " + run.exit() + ": " + run.lastWords());
            }
        }
        List<ScriptSubject> subjects = new ArrayList<>();
        for (Map.Entry<String, Path> script : scripts.entrySet()) {
            if (only.isEmpty() || only.contains(script.getKey())) {
                if (!Files.isRegularFile(script.getValue())) {
                    report.skipped(script.getKey(), "its script is no file here");
                    continue;
                }
                ScriptSubject subject = new ScriptSubject(script.getKey(), script.getValue(),
                        TASKS.getOrDefault(script.getKey(), new ScriptSubject.Task(Hello.PLAIN, "--help")));
                ScriptRun run = launcher.run(subject.script(), subject.task().arguments(), false);
                if (subject.task().exits().contains(run.exit())) {
                    report.good(subject.command() + (TASKS.containsKey(subject.alias()) ? ""
                            : "   # it is not known here what else it could be asked"));
                    subjects.add(subject);
                } else {
                    report.bad(subject.command() + ": " + run.how());
                    report.finding("SCRIPT_FAILS", Severity.error, Where.of(subject.script(), 0),
                            subject.alias() + " does not end as it should, and is not measured", run.how());
                }
            }
        }
        report.checked("scripts", subjects.size());
        return subjects;
    }

    /** Hello-world and script in turn, so that a machine which slows down slows both. */
    private void measure(List<ScriptSubject> subjects) throws IOException, InterruptedException {
        int done = 0;
        int all = rounds * subjects.size();
        long began = System.nanoTime();
        for (int round = 1; round <= rounds; round++) {
            for (ScriptSubject subject : subjects) {
                for (boolean cold : new boolean[] {false, true}) {
                    ScriptRun hello = launcher.run(subject.task().hello().script(), subject.task().hello().arguments(),
                            cold);
                    ScriptRun run = launcher.run(subject.script(), subject.task().arguments(), cold);
                    if (hello.exit() == 0 && subject.task().exits().contains(run.exit())) {
                        (cold ? subject.cold() : subject.warm()).add(new ScriptFigures.Pair(run, hello));
                    } else {
                        report.skipped(subject.alias() + ", round " + round, (hello.exit() == 0 ? run : hello).how());
                    }
                }
                done++;
                double left = (System.nanoTime() - began) / 1e9 / done * (all - done);
                System.err.printf(Locale.ROOT, "script-times: %d of %d, %s, about %.0f s left%n", done, all,
                        Clean.text(subject.alias()), left);
            }
        }
    }

    private void tell(List<ScriptSubject> subjects) {
        report.step("Median of " + rounds + (rounds == 1 ? " round" : " rounds")
                + ", and as ratio to the hello-world beside it (least to most)");
        List<List<String>> rows = new ArrayList<>(
                List.of(List.of("script", "against", "warm", "ratio", "cold", "ratio", "memory", "ratio")));
        List<Map<String, Object>> documents = new ArrayList<>();
        for (ScriptSubject subject : subjects) {
            List<String> row = new ArrayList<>(List.of(subject.command(), subject.task().hello().words));
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("alias", subject.alias());
            document.put("command", subject.command());
            document.put("against", subject.task().hello().words);
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
        if (subjects.stream().allMatch(subject -> subject.memory().values().length == 0)) {
            report.skipped("memory", "only Linux tells it, in /proc");
        }
    }

    private static String aligned(List<List<String>> rows) {
        int[] widths = IntStream.range(0, rows.get(0).size())
                .map(i -> rows.stream().mapToInt(row -> row.get(i).length()).max().orElse(0)).toArray();
        return rows.stream()
                .map(row -> IntStream.range(0, row.size())
                        .mapToObj(i -> row.get(i) + " ".repeat(widths[i] - row.get(i).length()))
                        .collect(Collectors.joining("  ")).stripTrailing())
                .collect(Collectors.joining("\n"));
    }

    private void draw(List<ScriptSubject> subjects) throws IOException {
        report.step("The chart");
        try {
            Files.createDirectories(out);
            ScriptChart.write(subjects, out.resolve("script-times"));
            report.good(Where.shown(out.resolve("script-times.svg")) + ", and as .png");
        } catch (Error | RuntimeException e) {
            // Java says it with InternalError, UnsatisfiedLinkError or NullPointerException, by what is missing.
            report.skipped("chart",
                    "Java finds no font to draw letters with: install one, on Debian with apt-get install fontconfig "
                            + "fonts-dejavu-core");
        }
    }

    /** The aliases of a catalogue, each with its file. */
    static final class Catalog {
        static Map<String, Path> read(Path file) {
            String shown = Where.shown(file);
            Map<String, Path> scripts = new LinkedHashMap<>();
            try {
                for (Map.Entry<String, JsonNode> alias : JsonMapper.shared().readTree(Files.readString(file))
                        .path("aliases").properties()) {
                    String script = alias.getValue().path("script-ref").asString("");
                    // An address is no file.
                    scripts.put(alias.getKey(),
                            file.toAbsolutePath().resolveSibling(script.contains(":") ? "" : script).normalize());
                }
            } catch (NoSuchFileException e) {
                throw Stop.usage(
                        "there is no " + shown + ": run it in the folder of a catalogue, or name one with --catalog");
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
}
