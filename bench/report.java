///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION What runs of the benchmark say: an HTML page with charts, Markdown, the service's thresholds, and a comparison of two runs.
//DESCRIPTION   jbang bench-report
//DESCRIPTION   jbang bench-report bench-results/20261124-014500.json --out report
//DESCRIPTION   jbang bench-report --compare before.json after.json --tolerance 10
//DESCRIPTION   jbang bench-report --baseline bench.baseline.json --format github
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx384m -Djava.awt.headless=true
//SOURCES ../scripts/kit/report/Clean.java
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/Severity.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/TextFiles.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES ../scripts/kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.knowm.xchart:xchart:4.0.3
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13
//DEPS org.apache.commons:commons-math3:3.6.1

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import kit.report.Clean;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads what the benchmark left, and says what it means: tables, charts, the service's thresholds, and what changed since another run. */
@Command(name = "bench-report", version = "bench-report 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Reports one or more runs of the benchmark: report.html, report.md and the charts as SVG and PNG, and on stdout what they say.",
                "The service's four thresholds are judged for the newest of the runs; a threshold that no trial can judge is \"not measured\", never a pass."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: no threshold is missed, nothing is worse than the tolerance", "1:the script itself failed", "2:wrong usage",
                "3:could not check: there is no run, or a file is not one", "10:problems found: a threshold is missed, or a test is surely worse than the tolerance"},
        footer = {"%nExamples:", "  bench-report", "  bench-report bench-results --out report", "  bench-report --compare before.json after.json",
                "  bench-report --save-baseline bench.baseline.json", "  bench-report --baseline bench.baseline.json --tolerance 15 --format github"})
class BenchReport implements Callable<Integer> {
    @Parameters(paramLabel = "RUN.json|FOLDER", arity = "0..*", description = "Runs to report, a folder is all of its runs (default: the newest of bench-results).")
    List<Path> named = List.of();
    @Option(names = "--out", paramLabel = "DIR", description = "Where to write the report (default: the folder of the newest run).")
    Path out;
    @Option(names = "--compare", paramLabel = "RUN.json", arity = "2", description = "Only compare: what changed from the first run to the second.")
    List<Path> compare = List.of();
    @Option(names = "--baseline", paramLabel = "FILE", description = "Compare the run with this one, too.")
    Path baseline;
    @Option(names = "--save-baseline", paramLabel = "FILE", description = "Write what a later --baseline needs of the run.")
    Path saveBaseline;
    @Option(names = "--tolerance", paramLabel = "PERCENT", defaultValue = "10",
            description = "How much worse a test may be. It fails where its whole confidence interval lies beyond (default: ${DEFAULT-VALUE}).")
    double tolerance;

    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private final Map<String, Object> extra = new LinkedHashMap<>();
    private Report report;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new BenchReport()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (!(tolerance >= 0 && tolerance < 100)) {
            throw Stop.usage("--tolerance is a percentage from 0 to below 100");
        }
        if (!compare.isEmpty() && (!named.isEmpty() || baseline != null || saveBaseline != null || out != null)) {
            throw Stop.usage("--compare takes two runs and writes nothing: leave out other runs, --out, --baseline and --save-baseline");
        }
        if (output.format == Report.Format.json) {
            spec.commandLine().setOut(new Enriched(spec.commandLine().getOut(), extra));
        }
        report = new Report(spec, output.format);
        return compare.isEmpty() ? reportRuns() : compareOnly();
    }

    private int compareOnly() {
        Stored before = Stored.newest(compare.get(0));
        Stored after = Stored.newest(compare.get(1));
        compared(before, after);
        return report.end(false);
    }

    private int reportRuns() throws IOException {
        List<Stored> runs = Stored.all(named, report);
        Stored newest = runs.get(runs.size() - 1);
        Stored before = baseline == null ? null : Stored.read(baseline);
        describe(runs);
        List<Table> tables = Tables.of(newest.run);
        report.step("What was measured");
        tables.forEach(table -> report.say(table.text()));
        if (runs.size() > 1) {
            Table side = Tables.sideBySide(runs);
            tables.add(side);
            report.step("Side by side");
            report.say(side.text());
        }
        nameWhatFailed(newest);
        List<Threshold> thresholds = judged(newest);
        if (before != null) {
            tables.add(compared(before, newest));
        }
        write(new Page(newest, runs, thresholds, tables));
        return report.end(false);
    }

    private void describe(List<Stored> runs) {
        for (Stored stored : runs) {
            Run run = stored.run;
            report.step("Run " + run.run + ", " + Where.shown(stored.file));
            run.facts().forEach((what, value) -> report.say(what + ": " + value));
            run.warnings().forEach(report::warn);
            if (!run.durable()) {
                report.finding("BENCH_NOT_DURABLE", Severity.warning, Where.of(stored.file, 0), "the server did not wait for the disk, or does not say that it did: these figures flatter", run.durability());
            }
        }
    }

    private void nameWhatFailed(Stored stored) {
        long usable = stored.run.trials.stream().filter(Trial::measured).count();
        report.checked("trials", usable);
        for (Trial trial : stored.run.trials) {
            if (trial.failed != null) {
                report.warn(trial.label() + ": " + trial.failed);
                report.finding("BENCH_TRIAL_FAILED", Severity.warning, Where.of(stored.file, 0), trial.label() + " has no result", trial.failed);
            } else if (!trial.measured()) {
                report.warn(trial.label() + ": every round was rejected");
                report.finding("BENCH_TRIAL_FAILED", Severity.warning, Where.of(stored.file, 0), trial.label() + " has no result", "every round was rejected");
            }
            if (Boolean.TRUE.equals(trial.drifted)) {
                report.warn(trial.label() + ": the machine drifted while it ran");
                report.finding("BENCH_DRIFTED", Severity.warning, Where.of(stored.file, 0), trial.label() + " drifted: its first measurement, repeated last, differs", "");
            }
            trial.rejections().forEach(reason -> report.skipped(trial.label(), reason));
        }
    }

    private List<Threshold> judged(Stored stored) {
        report.step("The thresholds of the service");
        List<Threshold> thresholds = Threshold.judge(stored.run);
        for (Threshold threshold : thresholds) {
            String line = threshold.name + " (" + threshold.limit + "): " + threshold.outcome.words + ", " + threshold.observed;
            switch (threshold.outcome) {
                case PASS -> report.good(line);
                case FAIL -> report.bad(line);
                case NOT_MEASURED -> {
                    report.warn(line);
                    report.skipped("threshold " + threshold.name, threshold.observed);
                }
            }
            if (threshold.outcome == Outcome.FAIL) {
                report.finding("BENCH_THRESHOLD", Severity.error, Where.of(stored.file, 0), threshold.name + " misses its threshold: " + threshold.limit, threshold.observed);
            }
        }
        Map<Outcome, Long> counts = thresholds.stream().collect(Collectors.groupingBy(Threshold::outcome, Collectors.counting()));
        long passed = counts.getOrDefault(Outcome.PASS, 0L);
        long failed = counts.getOrDefault(Outcome.FAIL, 0L);
        report.say(passed + " of " + thresholds.size() + " passed, " + failed + " failed, " + (thresholds.size() - passed - failed) + " not measured");
        report.checked("thresholds", passed + failed);
        Map<String, Object> tier = new LinkedHashMap<>();
        tier.put("tier", "performance");
        tier.put("total", thresholds.size());
        tier.put("passed", passed);
        tier.put("failed", failed);
        tier.put("notMeasured", thresholds.size() - passed - failed);
        extra.put("performance", tier);
        extra.put("thresholds", thresholds);
        return thresholds;
    }

    /** Prints what changed between two runs, and finds what is worse than the tolerance. */
    private Table compared(Stored before, Stored after) {
        report.step("What changed from " + Where.shown(before.file) + " to " + Where.shown(after.file));
        List<String> differences = after.run.differences(before.run);
        if (!differences.isEmpty()) {
            String all = String.join("; ", differences);
            report.warn("the two are not alike: " + all);
            report.finding("BENCH_NOT_COMPARABLE", Severity.warning, Where.of(after.file, 0), "the two runs differ in more than the code that they measure", all);
        }
        Map<String, Trial> old = before.run.byKey();
        Map<String, Trial> now = after.run.byKey();
        List<Change> changes = new ArrayList<>();
        now.forEach((key, trial) -> {
            if (old.containsKey(key)) {
                changes.add(Change.between(old.get(key), trial, tolerance / 100));
            } else {
                report.skipped(trial.label(), "only " + Where.shown(after.file) + " has it");
            }
        });
        old.forEach((key, trial) -> {
            if (!now.containsKey(key)) {
                report.skipped(trial.label(), "only " + Where.shown(before.file) + " has it");
            }
        });
        Table table = Tables.changes(changes);
        if (!changes.isEmpty()) {
            report.say(table.text());
        }
        long judged = changes.stream().filter(change -> change.verdict != Verdict.UNJUDGED).count();
        report.checked("tests compared", judged);
        if (judged > 0) {
            report.say(String.format(Locale.ROOT, "at 95 %% confidence about %.1f of %d tests are called better or worse by chance alone", judged * 0.05, judged));
        }
        for (Change change : changes) {
            if (change.regression) {
                report.bad(change.after.label() + " is " + change.sentence());
                report.finding("BENCH_REGRESSION", Severity.error, Where.of(after.file, 0),
                        change.after.label() + " is worse by more than " + percent() + " %", change.sentence() + " (" + change.basis + ")");
            }
        }
        if (judged > 0 && changes.stream().noneMatch(Change::regression)) {
            report.good("nothing is surely worse than the tolerance of " + percent() + " %");
        }
        extra.put("comparison", changes.stream().map(Change::asMap).toList());
        return table;
    }

    private void write(Page page) throws IOException {
        report.step("What was written");
        Path folder = out != null ? out : page.newest.file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        List<Figure> figures = List.of();
        String noFonts = Charts.troubleWithFonts();
        if (noFonts == null) {
            figures = Charts.of(page.newest.run);
        } else {
            report.warn(noFonts);
            report.skipped("charts", noFonts);
        }
        for (Figure figure : figures) {
            TextFiles.write(folder.resolve(figure.name + ".svg"), figure.svg);
            TextFiles.write(folder.resolve(figure.name + ".png"), figure.png);
        }
        TextFiles.write(folder.resolve("report.html"), page.html(figures));
        TextFiles.write(folder.resolve("report.md"), page.markdown(figures));
        report.good(Where.shown(folder.resolve("report.html")) + ", report.md" + (figures.isEmpty() ? "" : ", and as .svg and .png: " + String.join(", ", figures.stream().map(Figure::name).toList())));
        if (saveBaseline != null) {
            page.newest.run.saveBaseline(saveBaseline);
            report.good("baseline: " + Where.shown(saveBaseline));
        }
    }

    private String percent() {
        return String.format(Locale.ROOT, tolerance == Math.rint(tolerance) ? "%.0f" : "%s", tolerance);
    }

    /** A number as it is read: thousands apart, three digits that matter. */
    static String number(Double value) {
        if (value == null || value.isNaN()) {
            return "";
        }
        double size = Math.abs(value);
        return size >= 100 ? String.format(Locale.ROOT, "%,.0f", value)
                : size == 0 ? "0"
                : String.format(Locale.ROOT, size >= 10 ? "%.1f" : size >= 0.01 ? "%.2f" : "%.4f", value);
    }

    /** Block Report prints its document with one println; what only this script knows goes into it on the way. */
    static final class Enriched extends PrintWriter {
        private final Map<String, Object> extra;

        Enriched(PrintWriter out, Map<String, Object> extra) {
            super(out, true);
            this.extra = extra;
        }

        @Override
        public void println(String json) {
            JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
            ObjectNode document = (ObjectNode) mapper.readTree(json);
            extra.forEach((name, value) -> document.set(name, mapper.valueToTree(value)));
            super.println(mapper.writeValueAsString(document));
        }
    }

    // ---- a run, as the benchmark writes it ----

    record Machine(String os, String cpu, Integer processors, Integer memoryMiB, String jdk, String placement) {
    }

    record Client(String driver, String jmh, Double peakMiB) {
    }

    record Db(String version, String kind, Map<String, String> settings, String filesystem) {
        Db {
            settings = said(settings);
        }

        /** What has a value, in the order of the names. */
        static Map<String, String> said(Map<String, String> values) {
            Map<String, String> said = new TreeMap<>(values == null ? Map.of() : values);
            said.values().removeIf(Objects::isNull);
            return said;
        }
    }

    /**
     * One measurement of a trial, with what was measured beside it.
     *
     * @param score    mean, in the trial's unit
     * @param pgbench  updates/s of pgbench with the same statement and clients, or null
     * @param empty    empty durable transactions/s with the same clients: what no update can exceed; or null
     * @param rejected why the round does not count, or null
     */
    record Round(Double score, List<Double> iterations, Double pgbench, Double pgbenchCpuMicros, Double empty, Double fsyncMillis, String rejected) {
        Round {
            iterations = iterations == null ? List.of() : iterations;
        }
    }

    /** A run, as {@code RUN.json} holds it. What it does not know is null. */
    record Run(String format, Boolean baseline, String run, String started, Double seconds, Boolean partial, String profile, List<String> marks, Long seed, String revision,
            String command, Machine machine, Client client, Db server, String pgbench, List<Trial> trials) {
        static final String FORMAT = "datastorage-bench 1";

        Run {
            marks = marks == null ? List.of() : marks.stream().filter(Objects::nonNull).toList();
            machine = machine == null ? new Machine(null, null, null, null, null, null) : machine;
            client = client == null ? new Client(null, null, null) : client;
        }

        Map<String, String> facts() {
            Map<String, String> facts = new LinkedHashMap<>();
            put(facts, "started", started + (seconds == null ? "" : ", took " + number(Math.rint(seconds)) + " s"));
            put(facts, "profile", profile);
            put(facts, "command", command);
            put(facts, "revision", revision);
            put(facts, "seed", seed);
            put(facts, "server", "PostgreSQL " + server.version + (server.kind == null ? "" : ", " + server.kind) + (server.filesystem == null ? "" : ", on " + server.filesystem));
            put(facts, "durability", durability());
            put(facts, "machine", joined(machine.cpu, machine.processors == null ? null : machine.processors + " processors",
                    machine.memoryMiB == null ? null : number(machine.memoryMiB.doubleValue()) + " MiB", machine.os));
            put(facts, "placement", machine.placement);
            put(facts, "client", joined(machine.jdk == null ? null : "JDK " + machine.jdk, client.driver == null ? null : "pgjdbc " + client.driver,
                    client.jmh == null ? null : "JMH " + client.jmh, client.peakMiB == null ? null : "at most " + number(client.peakMiB) + " MiB"));
            put(facts, "pgbench", pgbench == null ? "not on this machine, so there are no ratios to it" : pgbench);
            return facts;
        }

        private static void put(Map<String, String> facts, String what, Object value) {
            if (value != null && !value.toString().isEmpty()) {
                facts.put(what, Clean.text(value.toString()));
            }
        }

        private static String joined(String... parts) {
            return Stream.of(parts).filter(Objects::nonNull).collect(Collectors.joining(", "));
        }

        List<String> warnings() {
            List<String> warnings = new ArrayList<>();
            if (Boolean.TRUE.equals(partial)) {
                warnings.add("PARTIAL: the run was broken off, and these are the results so far");
            }
            marks.stream().map(Clean::text).forEach(warnings::add);
            if (!durable() && warnings.stream().noneMatch(mark -> mark.contains("NOT DURABLE"))) {
                warnings.add("NOT DURABLE: " + durability());
            }
            return warnings;
        }

        /** The settings that make a commit wait for the disk, as the server itself told them. */
        String durability() {
            return Stream.of("fsync", "synchronous_commit", "full_page_writes").map(name -> name + " = " + server.settings.getOrDefault(name, "not said")).collect(Collectors.joining(", "));
        }

        boolean durable() {
            return "on".equals(server.settings.get("fsync")) && "on".equals(server.settings.get("full_page_writes"))
                    && Set.of("on", "local", "remote_write", "remote_apply").contains(server.settings.getOrDefault("synchronous_commit", "off"));
        }

        /** Every trial that has a result, by what it measured; one that was measured twice counts twice. */
        Map<String, Trial> byKey() {
            Map<String, Trial> all = new LinkedHashMap<>();
            for (Trial trial : trials) {
                if (trial.measured()) {
                    int n = 2;
                    String key = trial.key();
                    while (all.putIfAbsent(key, trial) != null) {
                        key = trial.key() + "#" + n++;
                    }
                }
            }
            return all;
        }

        /** What else than the measured code may make two runs differ. */
        List<String> differences(Run before) {
            Map<String, String[]> pairs = new LinkedHashMap<>();
            pairs.put("profile", new String[] {before.profile, profile});
            pairs.put("server", new String[] {before.server.version, server.version});
            pairs.put("kind of server", new String[] {before.server.kind, server.kind});
            pairs.put("file system", new String[] {before.server.filesystem, server.filesystem});
            Set<String> settings = new TreeSet<>(before.server.settings.keySet());
            settings.addAll(server.settings.keySet());
            settings.forEach(name -> pairs.put(name, new String[] {before.server.settings.get(name), server.settings.get(name)}));
            pairs.put("CPU", new String[] {before.machine.cpu, machine.cpu});
            pairs.put("processors", new String[] {Objects.toString(before.machine.processors, null), Objects.toString(machine.processors, null)});
            pairs.put("JDK", new String[] {before.machine.jdk, machine.jdk});
            pairs.put("placement", new String[] {before.machine.placement, machine.placement});
            pairs.put("driver", new String[] {before.client.driver, client.driver});
            pairs.put("marks", new String[] {String.join(", ", before.marks), String.join(", ", marks)});
            List<String> differences = new ArrayList<>();
            pairs.forEach((what, pair) -> {
                if (!Objects.equals(pair[0], pair[1])) {
                    differences.add(what + " " + said(pair[0]) + " → " + said(pair[1]));
                }
            });
            return differences;
        }

        private static String said(String value) {
            return value == null ? "not said" : value.isEmpty() ? "none" : value;
        }

        /** A comparison needs who, where and the scores; stages, percentiles and counters stay behind. */
        void saveBaseline(Path file) throws IOException {
            Run small = new Run(format, true, run, started, seconds, partial, profile, marks, seed, revision, command, machine, client, server, pgbench,
                    trials.stream().filter(Trial::measured).map(Trial::scoresOnly).toList());
            TextFiles.write(file, JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).changeDefaultPropertyInclusion(include -> include.withValueInclusion(JsonInclude.Include.NON_EMPTY)).build().writeValueAsString(small) + "\n");
        }
    }

    /** What one benchmark measured with one set of parameters. */
    record Trial(String test, String name, String benchmark, String schema, Integer clients, Map<String, String> params, String unit, List<Round> rounds,
            Map<String, Double> latencyMillis, String latency, Map<String, List<Double>> stagesMillis, Map<String, Double> metrics, String failed, Boolean drifted) {
        Trial {
            schema = schema == null ? "base" : schema;
            params = Db.said(params);
            rounds = rounds == null ? List.of() : rounds;
            latencyMillis = latencyMillis == null ? Map.of() : latencyMillis;
            stagesMillis = stagesMillis == null ? Map.of() : stagesMillis;
            metrics = metrics == null ? Map.of() : metrics;
        }

        Trial scoresOnly() {
            List<Round> scores = valid().stream().map(round -> new Round(round.score, round.iterations, null, null, null, null, null)).toList();
            return new Trial(test, name, benchmark, schema, clients, params, unit, scores, null, null, null, null, null, drifted);
        }

        String key() {
            return String.join("|", test, schema, String.valueOf(clients), params.toString(), unit);
        }

        String label() {
            return Clean.text(name + (is("schema", "base") || name.contains(schema) ? "" : " [" + schema + "]"));
        }

        /** Whether the trial has this value of a parameter, or does not know the parameter. */
        boolean is(String param, String value) {
            return param.equals("schema") ? schema.equals(value) : value.equals(params.getOrDefault(param, value));
        }

        /** As the service's own tests ask it: each client its own rows, nothing beside them, commits as the server makes them. */
        boolean ordinary() {
            return is("access", "distinct") && is("beside", "alone") && is("commit", "server");
        }

        boolean openLoop() {
            return latency != null && latency.startsWith("open loop");
        }

        boolean smallerIsBetter() {
            return unit.equals("ms");
        }

        List<Round> valid() {
            return rounds.stream().filter(round -> round.rejected == null).toList();
        }

        boolean measured() {
            return failed == null && !valid().isEmpty();
        }

        List<String> rejections() {
            return IntStream.range(0, rounds.size()).filter(i -> rounds.get(i).rejected != null).mapToObj(i -> "round " + (i + 1) + " does not count: " + rounds.get(i).rejected).toList();
        }

        double[] scores() {
            return valid().stream().mapToDouble(Round::score).toArray();
        }

        /**
         * What is independent: the rounds, each with a server that was set up anew. Of a single round the iterations have to do, and then what
         * differs from round to round is not in the interval.
         */
        double[] observations() {
            return valid().size() > 1 ? scores() : valid().get(0).iterations.stream().mapToDouble(Double::doubleValue).toArray();
        }

        String basis() {
            return valid().size() > 1 ? valid().size() + " rounds" : observations().length > 1 ? observations().length + " iterations of one round" : "one measurement";
        }

        double mean() {
            return StatUtils.mean(scores());
        }

        /** Half the width of the 95 % confidence interval of the mean, by Student's t; NaN for a single measurement. */
        double halfWidth() {
            double[] values = observations();
            return values.length < 2 ? Double.NaN : t(values.length - 1) * Math.sqrt(StatUtils.variance(values) / values.length);
        }

        static double t(double degreesOfFreedom) {
            return new TDistribution(null, degreesOfFreedom).inverseCumulativeProbability(0.975);
        }

        /** Score over what was measured beside it, round by round. */
        double[] ratios(Function<Round, Double> beside) {
            return smallerIsBetter() ? new double[0]
                    : valid().stream().filter(round -> beside.apply(round) != null && beside.apply(round) > 0).mapToDouble(round -> round.score / beside.apply(round)).toArray();
        }

        double median(Function<Round, Double> of) {
            return StatUtils.percentile(valid().stream().map(of).filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray(), 50);
        }
    }

    /** A run with the file that it was read from. */
    record Stored(Path file, Run run) {
        private static final Path DEFAULT = Path.of("bench-results");
        private static final Pattern RUN = Pattern.compile("\\d{8}-\\d{6}[\\w-]*\\.json");
        /** A full run has some 200 kB. */
        private static final long LARGEST = 8L << 20;
        private static final JsonMapper JSON = JsonMapper.builder().build();

        /** The runs that were named, the oldest first. */
        static List<Stored> all(List<Path> named, Report report) {
            List<Stored> runs = new ArrayList<>();
            for (Path path : named) {
                if (Files.isDirectory(path)) {
                    runs.addAll(ofFolder(path, report));
                } else {
                    runs.add(read(path));
                }
            }
            if (named.isEmpty()) {
                if (!Files.isDirectory(DEFAULT)) {
                    throw Stop.unchecked("there is no folder bench-results here: run jbang bench first, or name a run");
                }
                runs.add(newest(DEFAULT));
            }
            runs.sort(Comparator.comparing(stored -> stored.run.started));
            return runs;
        }

        static Stored newest(Path path) {
            if (!Files.isDirectory(path)) {
                return read(path);
            }
            List<Path> files = files(path);
            return read(files.get(files.size() - 1));
        }

        /** All runs of a folder; a file there that cannot be read is named and passed by, unless it is the only one. */
        private static List<Stored> ofFolder(Path folder, Report report) {
            List<Stored> runs = new ArrayList<>();
            Stop last = null;
            for (Path file : files(folder)) {
                try {
                    runs.add(read(file));
                } catch (Stop e) {
                    last = e;
                    report.skipped(Where.shown(file), e.getMessage());
                }
            }
            if (runs.isEmpty()) {
                throw last;
            }
            return runs;
        }

        private static List<Path> files(Path folder) {
            try (Stream<Path> all = Files.list(folder)) {
                List<Path> files = all.filter(file -> RUN.matcher(file.getFileName().toString()).matches()).sorted(Comparator.comparing(file -> file.getFileName().toString())).toList();
                if (files.isEmpty()) {
                    throw Stop.unchecked("there is no run in " + Where.shown(folder) + " (files such as 20261124-014500.json): run jbang bench first, or name a run");
                }
                return files;
            } catch (IOException e) {
                throw Stop.unchecked(TextFiles.trouble(e));
            }
        }

        static Stored read(Path file) {
            String shown = Where.shown(file);
            if (Files.isDirectory(file)) {
                throw Stop.usage(shown + " is a folder: name a file");
            }
            if (!Files.exists(file)) {
                throw Stop.usage(shown + " does not exist: name a run of the benchmark");
            }
            try {
                if (Files.isRegularFile(file) && Files.size(file) > LARGEST) {
                    throw Stop.unchecked(shown + " has " + (Files.size(file) >> 20) + " MiB: no run of the benchmark has more than " + (LARGEST >> 20));
                }
                byte[] bytes = Files.newInputStream(file).readNBytes((int) LARGEST);
                if (bytes.length == 0) {
                    throw Stop.unchecked(shown + " is empty: was the run broken off? Run the benchmark again");
                }
                return new Stored(file, parse(bytes, shown));
            } catch (IOException e) {
                throw Stop.unchecked(TextFiles.trouble(e));
            }
        }

        private static Run parse(byte[] bytes, String shown) {
            try {
                var tree = JSON.readTree(bytes);
                if (tree.isArray() && tree.path(0).has("jmhVersion")) {
                    throw Stop.unchecked(shown + " is JMH's own format: name the file without .jmh that lies beside it");
                }
                String format = tree.path("format").asString("");
                if (!format.equals(Run.FORMAT)) {
                    throw Stop.unchecked(shown + " is no run that this version reads: its \"format\" is " + (format.isEmpty() ? "not there" : "\"" + format + "\"") + ", and should be \"" + Run.FORMAT + "\"");
                }
                Run run = JSON.treeToValue(tree, Run.class);
                String missing = missing(run);
                if (missing != null) {
                    throw Stop.unchecked(shown + " lacks what a run has: " + missing);
                }
                return run;
            } catch (StreamReadException e) {
                throw Stop.unchecked(shown + ":" + Math.max(1, e.getLocation().getLineNr()) + " is not JSON, or only the beginning of it: " + firstLine(e));
            } catch (DatabindException e) {
                String path = e.getPath().stream().map(at -> at.getPropertyName() != null ? "." + at.getPropertyName() : "[" + at.getIndex() + "]").collect(Collectors.joining()).replaceFirst("^\\.", "");
                throw Stop.unchecked(shown + " has a value of the wrong type" + (path.isEmpty() ? "" : " at " + path) + ": " + firstLine(e));
            } catch (JacksonException e) {
                throw Stop.unchecked(shown + " cannot be read as JSON: " + firstLine(e));
            }
        }

        /** Without the class names of Java. */
        private static String firstLine(JacksonException e) {
            return String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("").replaceAll("`?(?:\\w+\\.)+[A-Z][\\w$.<>]*`?", "what is expected");
        }

        private static String missing(Run run) {
            if (run.run == null || run.started == null) {
                return run.run == null ? "\"run\"" : "\"started\"";
            }
            if (run.server == null || run.server.version == null) {
                return "\"server\" with its \"version\"";
            }
            if (run.trials == null) {
                return "\"trials\"";
            }
            for (int i = 0; i < run.trials.size(); i++) {
                String missing = missing(run.trials.get(i));
                if (missing != null) {
                    return "trials[" + i + "] has no " + missing;
                }
            }
            return null;
        }

        private static String missing(Trial trial) {
            if (trial == null || trial.test == null || trial.name == null) {
                return trial == null || trial.test == null ? "\"test\"" : "\"name\"";
            }
            if (trial.unit == null || trial.failed == null && trial.clients == null) {
                return trial.unit == null ? "\"unit\"" : "\"clients\"";
            }
            for (Round round : trial.rounds) {
                if (round == null || round.rejected == null && !positive(round.score)) {
                    return "\"score\" above zero in a round that counts";
                }
                if (!round.iterations.stream().allMatch(Stored::positive) && round.rejected == null) {
                    return "iterations above zero in a round that counts";
                }
            }
            boolean numbers = Stream.of(trial.latencyMillis.values(), trial.metrics.values()).flatMap(Collection::stream).allMatch(value -> value == null || Double.isFinite(value))
                    && trial.stagesMillis.values().stream().allMatch(values -> values != null && values.stream().allMatch(value -> value != null && Double.isFinite(value)));
            return numbers ? null : "finite numbers in latencyMillis, stagesMillis and metrics";
        }

        private static boolean positive(Double value) {
            return value != null && Double.isFinite(value) && value > 0;
        }
    }

    // ---- the service's thresholds ----

    enum Outcome {
        PASS("pass"), FAIL("FAIL"), NOT_MEASURED("not measured");

        final String words;

        Outcome(String words) {
            this.words = words;
        }
    }

    /**
     * One of the four limits that the service's performance tests set.
     *
     * @param observed the worst that was seen, and in which trial; or why it was not judged
     */
    record Threshold(String name, String limit, Outcome outcome, String observed) {
        private static final double FIRST = 2000, SECOND = 250, STORM = 5000, BURST_OVER_MEAN = 2, P95 = 500, P99 = 1000, SUSTAINED_P95 = 800;
        private static final int BURSTS = 3, CLIENTS = 20;

        static List<Threshold> judge(Run run) {
            List<Trial> base = run.trials.stream().filter(trial -> trial.is("schema", "base")).toList();
            return Stream.of(coldStart(base), storm(base), concurrency(base), sustained(base)).map(threshold -> run.durable() ? threshold : threshold.notDurable()).toList();
        }

        /** A server that does not wait for the disk can miss a limit, but not prove that it is kept. */
        private Threshold notDurable() {
            return outcome == Outcome.PASS ? new Threshold(name, limit, Outcome.NOT_MEASURED, "kept, but by a server that is not durable: " + observed) : this;
        }

        private static Threshold coldStart(List<Trial> trials) {
            String name = "cold start";
            String limit = "first update < 2 s, counted from connect; second < 250 ms; worst of the forks";
            List<Trial> fresh = of(trials, "cold").filter(trial -> "fresh".equals(trial.params.get("jvm"))).toList();
            double first = Double.NaN;
            double second = Double.NaN;
            for (Trial trial : fresh.stream().filter(Trial::measured).toList()) {
                List<Double> connects = trial.stagesMillis.getOrDefault("connect", List.of());
                List<Double> firsts = trial.stagesMillis.getOrDefault("first", List.of());
                for (int i = 0; i < Math.min(connects.size(), firsts.size()); i++) {
                    first = worse(first, connects.get(i) + firsts.get(i));
                }
                for (double value : trial.stagesMillis.getOrDefault("second", List.of())) {
                    second = worse(second, value);
                }
            }
            if (Double.isNaN(first) || Double.isNaN(second)) {
                return unjudged(name, limit, fresh, "no trial has connect, first and second update of a fresh JVM");
            }
            return judged(name, limit, first < FIRST && second < SECOND, "first " + number(first) + " ms, second " + number(second) + " ms, the worst of " + count(fresh, "trial"));
        }

        private static Threshold storm(List<Trial> trials) {
            String name = "write storm";
            String limit = "150 updates < 5 s in every burst, none above twice the mean of its three; one by one, as the service does it";
            List<Trial> loops = of(trials, "storm").filter(trial -> trial.is("strategy", "loop")).toList();
            double longest = Double.NaN;
            double overMean = Double.NaN;
            for (Round round : loops.stream().filter(Trial::measured).flatMap(trial -> trial.valid().stream()).toList()) {
                double[] bursts = round.iterations.stream().mapToDouble(Double::doubleValue).toArray();
                for (int i = 0; i < bursts.length; i++) {
                    longest = worse(longest, bursts[i]);
                    int three = i / BURSTS * BURSTS;
                    if (three + BURSTS <= bursts.length) {
                        overMean = worse(overMean, bursts[i] / StatUtils.mean(bursts, three, BURSTS));
                    }
                }
            }
            if (Double.isNaN(overMean)) {
                return unjudged(name, limit, loops, "no trial of the loop has three bursts in a row");
            }
            return judged(name, limit, longest < STORM && overMean <= BURST_OVER_MEAN,
                    "the longest burst " + number(longest) + " ms, at most " + String.format(Locale.ROOT, "%.2f", overMean) + " times the mean of its three");
        }

        private static Threshold concurrency(List<Trial> trials) {
            String name = "concurrency";
            String limit = "20 clients: p95 < 500 ms, p99 < 1 s";
            List<Trial> wide = ordinary(trials, "concurrent").filter(trial -> trial.clients != null && trial.clients >= CLIENTS).toList();
            List<Trial> able = wide.stream().filter(Trial::measured).filter(trial -> trial.latencyMillis.get("p95") != null && trial.latencyMillis.get("p99") != null).toList();
            if (able.isEmpty()) {
                return unjudged(name, limit, wide, "no trial has the percentiles of 20 clients or more on distinct rows");
            }
            int clients = able.stream().mapToInt(Trial::clients).min().getAsInt();
            double p95 = worst(able, clients, "p95");
            double p99 = worst(able, clients, "p99");
            return judged(name, limit, p95 < P95 && p99 < P99, clients + " clients: p95 " + number(p95) + " ms, p99 " + number(p99) + " ms");
        }

        private static double worst(List<Trial> trials, int clients, String percentile) {
            return trials.stream().filter(trial -> trial.clients == clients).mapToDouble(trial -> trial.latencyMillis.get(percentile)).max().getAsDouble();
        }

        private static Threshold sustained(List<Trial> trials) {
            String name = "sustained load";
            String limit = "p95 < 800 ms";
            List<Trial> all = Stream.concat(ordinary(trials, "concurrent").filter(Trial::openLoop), ordinary(trials, "steady")).toList();
            List<Trial> able = all.stream().filter(Trial::measured).filter(trial -> trial.latencyMillis.get("p95") != null).toList();
            List<Trial> open = able.stream().filter(Trial::openLoop).toList();
            Trial worst = (open.isEmpty() ? able : open).stream().max(Comparator.comparing(trial -> trial.latencyMillis.get("p95"))).orElse(null);
            if (worst == null) {
                return unjudged(name, limit, all, "no trial in open loop or of one client has percentiles");
            }
            double p95 = worst.latencyMillis.get("p95");
            return judged(name, limit, p95 < SUSTAINED_P95, "p95 " + number(p95) + " ms, " + (open.isEmpty() ? "closed loop" : "open loop") + ": " + worst.label());
        }

        private static Stream<Trial> of(List<Trial> trials, String test) {
            return trials.stream().filter(trial -> trial.test.equals(test));
        }

        private static Stream<Trial> ordinary(List<Trial> trials, String test) {
            return of(trials, test).filter(Trial::ordinary);
        }

        private static Threshold judged(String name, String limit, boolean kept, String observed) {
            return new Threshold(name, limit, kept ? Outcome.PASS : Outcome.FAIL, observed);
        }

        /** Where the trials that could judge failed, that is why. */
        private static Threshold unjudged(String name, String limit, List<Trial> trials, String why) {
            return new Threshold(name, limit, Outcome.NOT_MEASURED, trials.stream().filter(trial -> trial.failed != null).map(trial -> trial.label() + " failed: " + trial.failed).findFirst().orElse(why));
        }

        private static double worse(double a, double b) {
            return Double.isNaN(a) ? b : Math.max(a, b);
        }

        private static String count(List<Trial> trials, String what) {
            return trials.size() + " " + what + (trials.size() == 1 ? "" : "s");
        }
    }

    // ---- comparison ----

    enum Verdict { BETTER, WORSE, SAME, UNCLEAR, UNJUDGED }

    /**
     * What changed between two measurements of one thing.
     *
     * @param ratio      score after over score before, each a geometric mean; {@code low} and {@code high} are its 95 % confidence interval
     * @param verdict    better or worse where the interval leaves out 1; same where all of it lies within the tolerance; else unclear
     * @param regression the whole interval is worse than the tolerance: surely, and not by chance
     */
    record Change(Trial before, Trial after, double ratio, double low, double high, Verdict verdict, boolean regression, String basis) {
        /**
         * The interval of a difference of mean logarithms by Welch's t-test, which does not take both variances for equal (B. L. Welch, "The
         * generalization of 'Student's' problem when several different population variances are involved", Biometrika 34, 1947), taken
         * back to a ratio: effects and noise of a benchmark multiply. What is repeated is the round, the highest level that a run repeats
         * (T. Kalibera and R. Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013); a run with one round has its iterations only.
         */
        static Change between(Trial before, Trial after, double tolerance) {
            boolean rounds = before.valid().size() > 1 && after.valid().size() > 1;
            double[] a = logarithms(before, rounds);
            double[] b = logarithms(after, rounds);
            String basis = rounds ? before.basis() + " against " + after.basis() : a.length + " against " + b.length + " iterations";
            if (a.length < 2 || b.length < 2) {
                return new Change(before, after, after.mean() / before.mean(), Double.NaN, Double.NaN, Verdict.UNJUDGED, false, "one measurement has no interval");
            }
            double difference = StatUtils.mean(b) - StatUtils.mean(a);
            double va = StatUtils.variance(a) / a.length;
            double vb = StatUtils.variance(b) / b.length;
            double half = va + vb == 0 ? 0 : Trial.t((va + vb) * (va + vb) / (va * va / (a.length - 1) + vb * vb / (b.length - 1))) * Math.sqrt(va + vb);
            double low = Math.exp(difference - half);
            double high = Math.exp(difference + half);
            // Above 1 is slower where the score is a time.
            double best = after.smallerIsBetter() ? low : 1 / high;
            double worst = after.smallerIsBetter() ? high : 1 / low;
            Verdict verdict = best > 1 ? Verdict.WORSE : worst < 1 ? Verdict.BETTER : low > 1 - tolerance && high < 1 + tolerance ? Verdict.SAME : Verdict.UNCLEAR;
            boolean regression = after.smallerIsBetter() ? low > 1 + tolerance : high < 1 - tolerance;
            return new Change(before, after, Math.exp(difference), low, high, verdict, regression, basis);
        }

        private static double[] logarithms(Trial trial, boolean rounds) {
            double[] values = rounds ? trial.scores() : trial.valid().stream().flatMap(round -> round.iterations.stream()).mapToDouble(Double::doubleValue).toArray();
            return IntStream.range(0, values.length).mapToDouble(i -> Math.log(values[i])).toArray();
        }

        String interval() {
            return Double.isNaN(low) ? "" : percent(low) + " … " + percent(high);
        }

        String sentence() {
            return verdict.name().toLowerCase(Locale.ROOT) + ": " + percent(ratio) + (Double.isNaN(low) ? "" : ", 95 % confidence " + interval());
        }

        static String percent(double ratio) {
            return String.format(Locale.ROOT, "%+.1f %%", (ratio - 1) * 100).replace('-', '−');
        }

        Map<String, Object> asMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("test", after.label());
            map.put("unit", after.unit);
            map.put("before", before.mean());
            map.put("after", after.mean());
            map.put("ratio", ratio);
            map.put("low", Double.isNaN(low) ? null : low);
            map.put("high", Double.isNaN(high) ? null : high);
            map.put("verdict", verdict.name().toLowerCase(Locale.ROOT));
            map.put("regression", regression);
            map.put("basis", basis);
            return map;
        }
    }

    // ---- tables ----

    /** Rows of text; what a column is, its head says. A column that is empty in every row is left out. */
    record Table(String title, String note, List<String> head, List<List<String>> rows) {
        static Table of(String title, String note, List<String> head, List<List<String>> rows) {
            List<Integer> used = IntStream.range(0, head.size()).filter(i -> i == 0 || rows.stream().anyMatch(row -> !row.get(i).isEmpty())).boxed().toList();
            return new Table(title, note, used.stream().map(head::get).toList(), rows.stream().map(row -> used.stream().map(row::get).toList()).toList());
        }

        String text() {
            int[] widths = IntStream.range(0, head.size()).map(i -> Stream.concat(Stream.of(head), rows.stream()).mapToInt(row -> row.get(i).length()).max().getAsInt()).toArray();
            return title + "\n" + Stream.concat(Stream.of(head), rows.stream()).map(row -> "  " + IntStream.range(0, row.size())
                    .mapToObj(i -> i == 0 ? row.get(i) + " ".repeat(widths[i] - row.get(i).length()) : " ".repeat(widths[i] - row.get(i).length()) + row.get(i))
                    .collect(Collectors.joining("  ")).stripTrailing()).collect(Collectors.joining("\n"));
        }

        String markdown() {
            Function<List<String>, String> line = row -> row.stream().map(Page::markdownCell).collect(Collectors.joining(" | ", "| ", " |\n"));
            return line.apply(head) + head.stream().map(name -> name.equals(head.get(0)) ? "---" : "---:").collect(Collectors.joining(" | ", "| ", " |\n")) + rows.stream().map(line).collect(Collectors.joining());
        }

        String html() {
            StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><thead><tr>");
            head.forEach(name -> html.append("<th>").append(Page.escaped(name)).append("</th>"));
            html.append("</tr></thead><tbody>\n");
            for (List<String> row : rows) {
                html.append("<tr>");
                IntStream.range(0, row.size()).forEach(i -> html.append(i == 0 ? "<th scope=\"row\">" : "<td>").append(Page.escaped(row.get(i))).append(i == 0 ? "</th>" : "</td>"));
                html.append("</tr>\n");
            }
            return html.append("</tbody></table></div>\n").toString();
        }
    }

    /** What the tables of a report hold. */
    static final class Tables {
        private static final int BURST = 150;

        static List<Table> of(Run run) {
            List<Trial> measured = run.trials.stream().filter(Trial::measured).toList();
            List<Table> tables = new ArrayList<>();
            tables.add(Table.of("Scores", "Mean over the rounds, with its 95 % confidence interval by Student's t (over the iterations where there is one round only). Ratios are taken round by round against "
                            + "what ran beside it: the median of the pairs, with the least and the greatest. The limit is an empty durable transaction.",
                    List.of("test", "score", "±", "unit", "rounds", "to pgbench", "to the limit"), measured.stream().map(Tables::score).toList()));
            tables.add(Table.of("Cold start, ms", "Median over the forks or iterations, and the worst.", List.of("test", "connect", "first update", "second update", "worst first, from connect", "worst second"),
                    measured.stream().filter(trial -> !trial.stagesMillis.isEmpty()).map(Tables::cold).toList()));
            tables.add(Table.of("Latency, ms", "Open loop: counted from when the update was due, so that a stall counts for all that waited. Closed loop: from when it was sent.",
                    List.of("test", "p50", "p90", "p95", "p99", "p99.9", "max", "loop"), measured.stream().filter(trial -> !trial.latencyMillis.isEmpty()).map(Tables::latency).toList()));
            tables.add(Table.of("Cost of an update", "From the server's own counters, and the driving JVM's.",
                    List.of("test", "HOT", "WAL, B", "syncs", "dead rows", "lock waits", "table growth, B", "index growth, B", "client CPU, µs", "pgbench's CPU, µs", "allocated, B"),
                    measured.stream().filter(trial -> !trial.metrics.isEmpty()).map(Tables::cost).toList()));
            tables.add(Table.of("Write storm: 150 updates at once", "One by one, as the service does it, is the loop; how many times faster each of the others is, counts against it on the same schema.",
                    List.of("test", "ms a burst", "updates/s", "transactions", "times the loop"), measured.stream().filter(trial -> trial.test.equals("storm")).map(trial -> storm(trial, measured)).toList()));
            tables.removeIf(table -> table.rows.isEmpty());
            return tables;
        }

        private static List<String> score(Trial trial) {
            return List.of(trial.label(), number(trial.mean()), number(trial.halfWidth()), trial.unit, trial.valid().size() + (trial.rejections().isEmpty() ? "" : " of " + trial.rounds.size()),
                    ratio(trial.ratios(Round::pgbench)), ratio(trial.ratios(Round::empty)));
        }

        private static String ratio(double[] pairs) {
            return pairs.length == 0 ? "" : String.format(Locale.ROOT, pairs.length == 1 ? "%.2f" : "%.2f (%.2f–%.2f)", StatUtils.percentile(pairs, 50), StatUtils.min(pairs), StatUtils.max(pairs));
        }

        private static List<String> cold(Trial trial) {
            double[] connect = stage(trial, "connect");
            double[] first = stage(trial, "first");
            double[] fromConnect = IntStream.range(0, Math.min(connect.length, first.length)).mapToDouble(i -> connect[i] + first[i]).toArray();
            double[] second = stage(trial, "second");
            return List.of(trial.label(), number(median(connect)), number(median(first)), number(median(second)), number(StatUtils.max(fromConnect)), number(StatUtils.max(second)));
        }

        static double[] stage(Trial trial, String stage) {
            return trial.stagesMillis.getOrDefault(stage, List.of()).stream().mapToDouble(Double::doubleValue).toArray();
        }

        static double median(double[] values) {
            return StatUtils.percentile(values, 50);
        }

        private static List<String> latency(Trial trial) {
            List<String> row = new ArrayList<>(List.of(trial.label()));
            Stream.of("p50", "p90", "p95", "p99", "p99.9", "max").forEach(name -> row.add(number(trial.latencyMillis.get(name))));
            row.add(trial.openLoop() ? "open" : "closed");
            return row;
        }

        private static List<String> cost(Trial trial) {
            Double hot = trial.metrics.get("hotShare");
            List<String> row = new ArrayList<>(List.of(trial.label(), hot == null ? "" : String.format(Locale.ROOT, "%.0f %%", hot * 100)));
            Stream.of("walBytesPerUpdate", "syncsPerUpdate", "deadRowsPerUpdate", "lockWaiting", "tableGrowthBytesPerUpdate", "indexGrowthBytesPerUpdate", "clientCpuMicrosPerUpdate")
                    .forEach(name -> row.add(number(trial.metrics.get(name))));
            row.add(number(trial.median(Round::pgbenchCpuMicros)));
            row.add(number(trial.metrics.get("allocatedBytesPerUpdate")));
            return row;
        }

        private static List<String> storm(Trial trial, List<Trial> all) {
            Double transactions = trial.metrics.get("transactionsPerUpdate");
            Double loop = all.stream().filter(other -> other.test.equals("storm") && other.is("schema", trial.schema) && "loop".equals(other.params.get("strategy"))).map(other -> other.mean() / trial.mean()).findFirst().orElse(null);
            return List.of(trial.label(), number(trial.mean()), number(BURST * 1000 / trial.mean()), transactions == null ? "" : number(Math.rint(BURST * transactions)), number(loop));
        }

        static Table sideBySide(List<Stored> runs) {
            List<String> head = new ArrayList<>(List.of("test", "unit"));
            runs.forEach(stored -> head.add(stored.run.run));
            head.add("last to first");
            Map<String, Trial> any = new LinkedHashMap<>();
            List<Map<String, Trial>> byKey = runs.stream().map(stored -> stored.run.byKey()).toList();
            byKey.forEach(trials -> trials.forEach(any::putIfAbsent));
            List<List<String>> rows = new ArrayList<>();
            any.forEach((key, trial) -> {
                List<String> row = new ArrayList<>(List.of(trial.label(), trial.unit));
                byKey.forEach(trials -> row.add(trials.containsKey(key) ? number(trials.get(key).mean()) : "–"));
                Trial first = byKey.get(0).get(key);
                Trial last = byKey.get(byKey.size() - 1).get(key);
                row.add(first == null || last == null ? "" : String.format(Locale.ROOT, "%.2f", last.mean() / first.mean()));
                rows.add(row);
            });
            return Table.of("Side by side", "Mean scores, the oldest run first.", head, rows);
        }

        static Table changes(List<Change> changes) {
            return Table.of("What changed", "Ratio of geometric means with its 95 % confidence interval (Welch, on logarithms). Better or worse is said only where the interval leaves out no change.",
                    List.of("test", "unit", "before", "after", "change", "95 % confidence", "verdict"),
                    changes.stream().map(change -> List.of(change.after.label(), change.after.unit, number(change.before.mean()), number(change.after.mean()), Change.percent(change.ratio), change.interval(),
                            change.verdict == Verdict.UNJUDGED ? change.basis : change.verdict.name().toLowerCase(Locale.ROOT) + (change.regression ? ", beyond the tolerance" : ""))).toList());
        }
    }

    // ---- charts ----

    /**
     * A chart as it is shown: in a page wide, and narrow for a telephone, with the legend as text beside them; and as files of their own.
     * The colours of an SVG are variables of CSS, so that one drawing serves light and dark.
     */
    record Figure(String name, String title, String caption, List<Entry> legend, String wide, String narrow, String svg, byte[] png) {
        String html() {
            String entries = legend.size() < 2 ? "" : legend.stream().map(entry -> "<li style=\"border-color:" + entry.colour.variable() + ";border-left-style:" + entry.stroke + "\">" + Page.escaped(entry.label) + "</li>")
                    .collect(Collectors.joining("", "<ul class=\"legend\">", "</ul>"));
            return "<figure><h2>" + Page.escaped(title) + "</h2><div class=\"wide\">" + wide + "</div><div class=\"narrow\">" + narrow + "</div>" + entries + "<figcaption>" + Page.escaped(caption) + "</figcaption></figure>\n";
        }
    }

    /** One series in a legend; the stroke by its name in CSS. */
    record Entry(String label, Palette colour, String stroke) {
        static List<Entry> of(Collection<String> labels) {
            List<Entry> entries = new ArrayList<>();
            int colour = 0;
            for (String label : labels) {
                boolean reference = label.startsWith("pgbench") || label.startsWith("limit");
                entries.add(new Entry(label, reference ? Palette.INK : Palette.series(colour++), !reference ? "solid" : label.startsWith("pgbench") ? "dashed" : "dotted"));
            }
            return entries;
        }
    }

    /** Colours by what they mean. The first of a pair is on light ground, the second on dark; neighbours can be told apart by people who are colour-blind. */
    enum Palette {
        PAPER("ffffff", "1c1f24"), INK("24292f", "e4e7eb"), GRID("d8dee4", "3a4048"),
        S0("0b62c4", "6cb0ff"), S1("c9510c", "ff9d5c"), S2("1a7f5a", "4fd1a1"), S3("8a3ffc", "c6a0ff"), S4("a8325e", "ff8fb3"), S5("6e6a00", "d9d04f");

        final Color light;
        private final String dark;

        Palette(String light, String dark) {
            this.light = Color.decode("#" + light);
            this.dark = dark;
        }

        static Palette series(int i) {
            return values()[S0.ordinal() + i % 6];
        }

        String variable() {
            return "var(" + property() + ")";
        }

        private String property() {
            return "--" + name().toLowerCase(Locale.ROOT);
        }

        static String css(String selector) {
            return selector + "{" + Stream.of(values()).map(c -> c.property() + ":#" + String.format("%06x", c.light.getRGB() & 0xffffff)).collect(Collectors.joining(";"))
                    + "}@media(prefers-color-scheme:dark){" + selector + "{" + Stream.of(values()).map(c -> c.property() + ":#" + c.dark).collect(Collectors.joining(";")) + "}}";
        }

        /** An SVG with these colours, in their place the variables. */
        static String asVariables(String svg) {
            for (Palette c : values()) {
                svg = svg.replace("rgb(" + c.light.getRed() + "," + c.light.getGreen() + "," + c.light.getBlue() + ")", c.variable());
            }
            return svg;
        }
    }

    /** The charts of a run; one that has nothing to show is left out. */
    static final class Charts {
        private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
        /** XChart paints the ground of the plot last, over the tips of slanted labels. */
        private static final Color CLEAR = new Color(255, 255, 255, 0);
        private static final int WIDE = 640, NARROW = 360;
        private static final List<String> PERCENTILES = List.of("p50", "p90", "p95", "p99", "p99.9", "max");
        private static final Map<String, String> STRATEGIES = Map.of("loop", "autocommit loop", "transaction", "one transaction", "connections", "N connections", "batch", "JDBC batch",
                "unnest", "FROM unnest", "any", "= ANY", "pipelined", "pipelined");

        /** What the charts lack on a machine without fonts, where Java can draw no letter; null where it can. */
        static String troubleWithFonts() {
            try {
                new TextLayout("0", FONT, new FontRenderContext(null, true, true)).getBounds();
                return null;
            } catch (Error | RuntimeException e) {
                // Java says it with InternalError, Error, UnsatisfiedLinkError or NullPointerException, by what is missing.
                return "no charts, since Java finds no font to draw letters with: install one, on Debian with apt-get install fontconfig fonts-dejavu-core";
            }
        }

        static List<Figure> of(Run run) throws IOException {
            List<Trial> measured = run.trials.stream().filter(Trial::measured).toList();
            List<Figure> figures = new ArrayList<>();
            for (Figure figure : new Figure[] {throughput(measured), conditions(measured), latency(measured), storm(measured), cold(measured, "fresh"), cold(measured, "warm"), schemas(measured)}) {
                if (figure != null) {
                    figures.add(figure);
                }
            }
            return figures;
        }

        private static Figure throughput(List<Trial> trials) throws IOException {
            // One client is the steady state.
            List<Trial> closed = trials.stream().filter(trial -> (trial.test.equals("concurrent") || trial.test.equals("steady") && trial.is("protocol", "prepared")) && trial.is("schema", "base") && !trial.openLoop() && trial.is("pool", "0")).toList();
            List<Integer> clients = closed.stream().map(Trial::clients).distinct().sorted().toList();
            if (clients.size() < 2) {
                return null;
            }
            Map<String, List<Double>> lines = new LinkedHashMap<>();
            for (Trial trial : closed) {
                put(lines, accessOf(trial), clients, trial, trial.mean());
            }
            for (Trial trial : closed.stream().filter(Trial::ordinary).toList()) {
                put(lines, "pgbench, distinct rows", clients, trial, trial.median(Round::pgbench));
                put(lines, "limit: empty transaction", clients, trial, trial.median(Round::empty));
            }
            // What was measured with one number of clients only is no line; it stands among the bars.
            lines.values().removeIf(values -> values.stream().filter(Objects::nonNull).count() < 2);
            return lines.isEmpty() ? null : figure("throughput", "Throughput over clients", "Updates a second in closed loop, base schema; dashed: pgbench with the same statement, and what an empty durable transaction reaches.",
                    lines.keySet(), (width, legend) -> lines(width, legend, clients.stream().map(String::valueOf).toList(), lines, "clients", "updates/s", false));
        }

        /** What the same number of clients reaches on other rows, beside other work, with other commits, over a pool. */
        private static Figure conditions(List<Trial> trials) throws IOException {
            Map<String, Double> bars = new LinkedHashMap<>();
            trials.stream().filter(trial -> trial.test.equals("concurrent") && trial.is("schema", "base") && !trial.openLoop() && Set.of(8, 32).contains(trial.clients)).sorted(Comparator.comparing(Trial::mean).reversed())
                    .forEach(trial -> bars.put(trial.clients + ", " + conditionOf(trial) + ", " + number(trial.mean()), trial.mean()));
            return bars.size() < 2 ? null : figure("conditions", "8 and 32 clients under other conditions", "Updates a second in closed loop, base schema. Commit: synchronous_commit of the clients; off is not durable, and is there to show what durability costs.", List.of(),
                    (width, legend) -> bars(width, bars, "updates/s"));
        }

        private static void put(Map<String, List<Double>> lines, String line, List<Integer> clients, Trial trial, double value) {
            List<Double> values = lines.computeIfAbsent(line, name -> new ArrayList<>(Collections.nCopies(clients.size(), null)));
            values.set(clients.indexOf(trial.clients), Double.isNaN(value) ? null : value);
        }

        private static String accessOf(Trial trial) {
            String access = trial.params.getOrDefault("access", "distinct");
            String rows = switch (access) {
                case "distinct" -> "distinct rows";
                case "hot" -> "one hot row";
                case "zipf" -> "skewed (Zipf)";
                default -> access;
            };
            String beside = trial.is("beside", "alone") ? "" : ", beside " + (trial.is("beside", "search") ? "searches" : trial.is("beside", "snapshot") ? "a held snapshot" : trial.params.get("beside"));
            return rows + beside + (trial.is("commit", "server") ? "" : ", synchronous_commit " + trial.params.get("commit"));
        }

        /** What is not ordinary about a trial, in words so short that bars beside them have room on a telephone. */
        private static String conditionOf(Trial trial) {
            List<String> words = new ArrayList<>();
            if (!trial.is("access", "distinct")) {
                words.add(accessOf(trial).replaceAll("^one |,.*", ""));
            }
            if (!trial.is("beside", "alone")) {
                words.add(trial.is("beside", "search") ? "searches" : trial.is("beside", "snapshot") ? "held snapshot" : trial.params.get("beside"));
            }
            if (!trial.is("commit", "server")) {
                words.add("commit " + trial.params.get("commit"));
            }
            if (!trial.is("pool", "0")) {
                words.add("pool of " + trial.params.get("pool"));
            }
            return words.isEmpty() ? "distinct rows" : String.join(", ", words);
        }

        /** Open loop, and beside it closed loop with as many clients: what waiting does that a closed loop does not count. */
        private static Figure latency(List<Trial> trials) throws IOException {
            List<Trial> base = trials.stream().filter(trial -> trial.is("schema", "base") && !trial.latencyMillis.isEmpty()).toList();
            List<Trial> open = base.stream().filter(Trial::openLoop).toList();
            Set<Integer> clients = open.stream().map(Trial::clients).collect(Collectors.toSet());
            List<Trial> closed = base.stream().filter(trial -> !trial.openLoop() && trial.ordinary() && trial.is("pool", "0") && trial.is("protocol", "prepared"))
                    .filter(trial -> trial.test.equals("steady") || clients.isEmpty() || clients.contains(trial.clients)).toList();
            Map<String, List<Double>> lines = new LinkedHashMap<>();
            Stream.of(open, closed).flatMap(List::stream).limit(6).forEach(trial ->
                    lines.put(shortened(trial.name) + (trial.openLoop() ? (trial.name.contains("open loop") ? "" : ", open loop") : trial.name.contains("closed loop") ? "" : ", closed loop"),
                            PERCENTILES.stream().map(trial.latencyMillis::get).map(value -> value == null || value <= 0 ? null : value).toList()));
            return lines.isEmpty() ? null : figure("latency", "Latency percentiles", "Milliseconds on a logarithmic axis. Open loop counts from when an update was due, closed loop from when it was sent.",
                    lines.keySet(), (width, legend) -> lines(width, legend, PERCENTILES, lines, "", "ms", true));
        }

        private static Figure storm(List<Trial> trials) throws IOException {
            List<Trial> storms = trials.stream().filter(trial -> trial.test.equals("storm") && trial.smallerIsBetter() && trial.is("schema", "base")).toList();
            double loop = storms.stream().filter(trial -> "loop".equals(trial.params.get("strategy"))).mapToDouble(Trial::mean).findFirst().orElse(Double.NaN);
            Map<String, Double> bars = new LinkedHashMap<>();
            Set<String> drawn = new LinkedHashSet<>();
            storms.stream().sorted(Comparator.comparing(Trial::mean).reversed()).forEach(trial -> {
                String strategy = trial.params.getOrDefault("strategy", trial.name);
                String label = STRATEGIES.getOrDefault(strategy, strategy);
                bars.put((drawn.contains(label) ? shortened(trial.name) : label) + ", " + number(trial.mean()) + (Double.isNaN(loop) || strategy.equals("loop") ? "" : String.format(Locale.ROOT, " (× %.1f)", loop / trial.mean())), trial.mean());
                drawn.add(label);
            });
            return bars.size() < 2 ? null : figure("storm", "Write storm: 150 updates at once", "Milliseconds a burst, by how the updates are sent; in brackets how many times faster than the autocommit loop.",
                    List.of(), (width, legend) -> bars(width, bars, "ms a burst"));
        }

        private static Figure cold(List<Trial> trials, String jvm) throws IOException {
            List<Trial> cold = trials.stream().filter(trial -> trial.test.equals("cold") && trial.is("schema", "base") && !trial.stagesMillis.isEmpty() && jvm.equals(trial.params.get("jvm"))).toList();
            if (cold.isEmpty()) {
                return null;
            }
            List<String> labels = new ArrayList<>();
            for (Trial trial : cold) {
                // A chart takes a label once.
                labels.add(labels.contains(coldLabel(trial)) ? (labels.size() + 1) + ": " + coldLabel(trial) : coldLabel(trial));
            }
            Map<String, List<Double>> stages = new LinkedHashMap<>();
            Map.of("connect", 0, "first", 1, "second", 2).entrySet().stream().sorted(Map.Entry.comparingByValue()).map(Map.Entry::getKey).forEach(stage ->
                    stages.put(stage.equals("connect") ? stage : stage + " update", cold.stream().map(trial -> {
                        double median = Tables.median(Tables.stage(trial, stage));
                        return Double.isNaN(median) ? 0 : median;
                    }).toList()));
            return figure("cold-start-" + jvm, "Cold start, " + jvm + " JVM", "Median milliseconds of connect, first and second update, one upon the other.", stages.keySet(),
                    (width, legend) -> stacked(width, legend, labels, stages, "ms"));
        }

        private static String coldLabel(Trial trial) {
            List<String> parts = new ArrayList<>();
            String pool = trial.params.get("pool");
            if (pool != null) {
                parts.add(pool.matches("0|none") ? "no pool" : pool.matches("\\d+") ? "pool of " + pool : pool.contains("pool") ? pool : pool + " pool");
            }
            trial.params.forEach((name, value) -> {
                if (!Set.of("pool", "jvm").contains(name)) {
                    parts.add(value.equals("scram") ? "SCRAM" : value);
                }
            });
            return parts.isEmpty() ? shortened(trial.name) : String.join(", ", parts);
        }

        private static Figure schemas(List<Trial> trials) throws IOException {
            Map<String, Double> bars = new LinkedHashMap<>();
            for (Trial variant : trials.stream().filter(trial -> !trial.is("schema", "base")).toList()) {
                trials.stream().filter(trial -> trial.is("schema", "base") && trial.test.equals(variant.test) && Objects.equals(trial.clients, variant.clients) && trial.params.equals(variant.params)
                        && trial.unit.equals(variant.unit)).findFirst().ifPresent(base -> bars.put(variant.schema + (variant.test.equals("concurrent") ? ", " : ", " + variant.test + ", ") + variant.clients + (variant.clients == 1 ? " client" : " clients")
                                + (variant.is("access", "distinct") ? "" : ", " + accessOf(variant)) + (variant.is("strategy", "loop") ? "" : ", " + variant.params.get("strategy")),
                                variant.smallerIsBetter() ? base.mean() / variant.mean() : variant.mean() / base.mean()));
            }
            return bars.isEmpty() ? null : figure("schemas", "Variants of the schema", "Speed as a ratio to the base schema, with the same clients and parameters: above 1 is faster.", List.of(),
                    (width, legend) -> bars(width, bars, "times the base"));
        }

        private static String shortened(String name) {
            String clean = Clean.text(name).replaceFirst("^(?:cold start|write storm|storm|cold|concurrent)[:,]? ", "");
            return clean.length() <= 48 ? clean : clean.substring(0, 47) + "…";
        }

        /** Draws a chart of a width; with a legend where it stands alone. */
        private interface Drawing {
            AxesChart<?, ?> draw(int width, boolean legend);
        }

        private static Figure figure(String name, String title, String caption, Collection<String> series, Drawing drawing) throws IOException {
            AxesChart<?, ?> alone = drawing.draw(WIDE, true);
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            BitmapEncoder.saveBitmap(alone, png, BitmapEncoder.BitmapFormat.PNG);
            String svg = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg(name, title, alone).replaceFirst(">", "><style>" + Palette.css("svg") + "</style>");
            return new Figure(name, title, caption, Entry.of(series), svg(name, title, drawing.draw(WIDE, false)), svg(name + "-narrow", title, drawing.draw(NARROW, false)), svg, png.toByteArray());
        }

        /** Letters come as outlines, so that it looks alike everywhere; hundredths of a point are more than an eye sees. */
        private static String svg(String name, String title, AxesChart<?, ?> chart) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
            String svg = bytes.toString(StandardCharsets.UTF_8);
            svg = svg.substring(svg.indexOf("<svg")).replaceFirst("<svg[^>]*>", "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"" + Matcher.quoteReplacement(Page.escaped(title))
                    + "\" viewBox=\"0 0 " + chart.getWidth() + " " + chart.getHeight() + "\" width=\"" + chart.getWidth() + "\" height=\"" + chart.getHeight() + "\">");
            return Palette.asVariables(svg.replaceAll("(\\d\\.\\d\\d)\\d+", "$1").replaceAll("\\bclip(\\d+)", name + "-$1").replaceAll("\n\\s*", "\n")).strip() + "\n";
        }

        private static CategoryChart lines(int width, boolean legend, List<String> categories, Map<String, List<Double>> lines, String x, String y, boolean logarithmic) {
            CategoryChart chart = new CategoryChartBuilder().width(width).height(320 + (legend ? 24 * lines.size() : 0)).xAxisTitle(x).yAxisTitle(y).build();
            style(chart.getStyler(), logarithmic);
            chart.getStyler().setDefaultSeriesRenderStyle(CategorySeries.CategorySeriesRenderStyle.Line).setOverlapped(true).setLegendVisible(legend);
            for (Entry entry : Entry.of(lines.keySet())) {
                CategorySeries series = chart.addSeries(entry.label, categories, lines.get(entry.label));
                series.setMarker(entry.colour == Palette.INK ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE).setMarkerColor(entry.colour.light);
                series.setLineColor(entry.colour.light).setLineStyle(new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1,
                        switch (entry.stroke) {
                            case "dashed" -> new float[] {8, 4};
                            case "dotted" -> new float[] {2, 4};
                            default -> null;
                        }, 0));
            }
            return chart;
        }

        private static CategoryChart stacked(int width, boolean legend, List<String> categories, Map<String, List<Double>> stages, String y) {
            CategoryChart chart = new CategoryChartBuilder().width(width).height(360 + (legend ? 24 * stages.size() : 0)).yAxisTitle(y).build();
            style(chart.getStyler(), false);
            chart.getStyler().setStacked(true).setAvailableSpaceFill(0.6).setXAxisLabelRotation(width == WIDE ? 40 : 65).setLegendVisible(legend);
            for (Entry entry : Entry.of(stages.keySet())) {
                chart.addSeries(entry.label, categories, stages.get(entry.label)).setFillColor(entry.colour.light);
            }
            return chart;
        }

        private static HorizontalBarChart bars(int width, Map<String, Double> bars, String x) {
            HorizontalBarChart chart = new HorizontalBarChartBuilder().width(width).height(90 + 36 * bars.size()).xAxisTitle(x).build();
            style(chart.getStyler(), false);
            chart.getStyler().setLabelsVisible(false).setAvailableSpaceFill(0.7).setLegendVisible(false);
            // XChart leaves out labels of bars that are closer than the spacing of the other axis.
            chart.getStyler().setXAxisMin(0.0).setXAxisTickMarkSpacingHint(25).setPlotGridHorizontalLinesVisible(false).setPlotGridVerticalLinesVisible(true);
            chart.addSeries(x, List.copyOf(bars.values()), List.copyOf(bars.keySet())).setFillColor(Palette.series(0).light);
            return chart;
        }

        private static void style(AxesChartStyler styler, boolean logarithmic) {
            styler.setBaseFont(FONT).setChartBackgroundColor(Palette.PAPER.light).setChartFontColor(Palette.INK.light).setPlotBackgroundColor(CLEAR).setPlotBorderVisible(false)
                    .setChartTitleVisible(false).setLegendPosition(Styler.LegendPosition.OutsideS).setLegendLayout(Styler.LegendLayout.Vertical).setLegendFont(FONT)
                    .setLegendBackgroundColor(Palette.PAPER.light).setLegendBorderColor(Palette.PAPER.light).setLocale(Locale.ROOT).setMarkerSize(7);
            styler.setAxisTickLabelsFont(FONT).setAxisTitleFont(FONT).setAxisTickLabelsColor(Palette.INK.light).setAxisTickMarksColor(Palette.GRID.light).setPlotGridLinesColor(Palette.GRID.light)
                    .setPlotGridLinesStroke(new BasicStroke(1)).setAxisTicksLineVisible(false).setPlotGridVerticalLinesVisible(false).setXAxisTickMarkSpacingHint(1).setYAxisTickMarkSpacingHint(30).setXAxisTitleColor(Palette.INK.light).setYAxisTitleColor(Palette.INK.light);
            if (logarithmic) {
                styler.setYAxisLogarithmic(true);
            } else {
                styler.setYAxisMin(0.0);
            }
        }
    }

    // ---- the report's page ----

    /** All that a report shows of its runs, as HTML and as Markdown. */
    record Page(Stored newest, List<Stored> runs, List<Threshold> thresholds, List<Table> tables) {
        private static final String METHOD = "Each trial is repeated in rounds; beside each round run, with as many clients, pgbench with the same statement, the empty durable transaction "
                + "(pg_logical_emit_message), and a probe of the disk. A round whose probe drifted counts nowhere, and is named. Ratios compare what ran side by side, "
                + "so that a machine which slows down slows both.";

        String passed() {
            return thresholds.stream().filter(threshold -> threshold.outcome == Outcome.PASS).count() + " of " + thresholds.size();
        }

        String markdown(List<Figure> figures) {
            Run run = newest.run;
            StringBuilder md = new StringBuilder("# Benchmark of UpdateStatus, run " + markdownCell(run.run) + "\n\n");
            run.warnings().forEach(warning -> md.append("> **").append(markdownCell(warning)).append("**\n\n"));
            md.append("## Thresholds of the service: ").append(passed()).append(" passed\n\n");
            md.append(thresholdTable().markdown()).append('\n');
            for (Figure figure : figures) {
                md.append("## ").append(figure.title).append("\n\n![").append(figure.title).append("](").append(figure.name).append(".svg)\n\n").append(figure.caption).append("\n\n");
            }
            for (Table table : tables) {
                md.append("## ").append(table.title).append("\n\n").append(table.markdown()).append('\n').append(table.note).append("\n\n");
            }
            md.append("## Method\n\n").append(METHOD).append("\n\n");
            notes().forEach(note -> md.append("- ").append(markdownCell(note)).append('\n'));
            md.append("\n## Where it ran\n\n");
            run.facts().forEach((what, value) -> md.append("- ").append(what).append(": ").append(markdownCell(value)).append('\n'));
            md.append("\nSettings of the server: ").append(settings().stream().map(setting -> "`" + setting.replace("`", "'") + "`").collect(Collectors.joining(", "))).append(".\n");
            return md.toString();
        }

        private Table thresholdTable() {
            return new Table("", "", List.of("threshold", "verdict", "limit", "observed"), thresholds.stream().map(threshold -> List.of(threshold.name, threshold.outcome.words, threshold.limit, threshold.observed)).toList());
        }

        /** What did not count, and why. */
        private List<String> notes() {
            List<String> notes = new ArrayList<>();
            for (Trial trial : newest.run.trials) {
                if (trial.failed != null) {
                    notes.add(trial.label() + " failed: " + Clean.text(trial.failed));
                }
                if (Boolean.TRUE.equals(trial.drifted)) {
                    notes.add(trial.label() + " drifted");
                }
                trial.rejections().forEach(reason -> notes.add(trial.label() + ", " + Clean.text(reason)));
            }
            return notes;
        }

        private List<String> settings() {
            return newest.run.server.settings.entrySet().stream().map(setting -> Clean.text(setting.getKey() + " = " + setting.getValue())).toList();
        }

        String html(List<Figure> figures) {
            Run run = newest.run;
            StringBuilder body = new StringBuilder("<header><h1>Benchmark of UpdateStatus</h1><p>Run " + escaped(run.run) + " · PostgreSQL " + escaped(run.server.version)
                    + (run.profile == null ? "" : " · profile " + escaped(run.profile)) + (run.revision == null ? "" : " · revision " + escaped(run.revision)) + "</p>\n");
            run.warnings().forEach(warning -> body.append("<p class=\"mark\">").append(escaped(warning)).append("</p>\n"));
            body.append("</header>\n<section><h2>Thresholds of the service <small>").append(passed()).append(" passed</small></h2>\n<div class=\"cards\">\n");
            for (Threshold threshold : thresholds) {
                body.append("<div class=\"card ").append(threshold.outcome.name().toLowerCase(Locale.ROOT)).append("\"><b>").append(threshold.outcome.words).append("</b><h3>").append(escaped(threshold.name))
                        .append("</h3><p>").append(escaped(threshold.observed)).append("</p><p class=\"limit\">").append(escaped(threshold.limit)).append("</p></div>\n");
            }
            body.append("</div></section>\n<section class=\"figures\">\n");
            for (Figure figure : figures) {
                body.append(figure.html());
            }
            body.append("</section>\n");
            for (Table table : tables) {
                body.append("<section><h2>").append(escaped(table.title)).append("</h2>\n").append(table.html()).append("<p class=\"note\">").append(escaped(table.note)).append("</p></section>\n");
            }
            body.append("<section><h2>Method</h2><p>").append(escaped(METHOD)).append("</p>");
            list(body, notes());
            body.append("</section>\n<section><h2>Where it ran</h2><dl>");
            run.facts().forEach((what, value) -> body.append("<dt>").append(escaped(what)).append("</dt><dd>").append(escaped(value)).append("</dd>\n"));
            body.append("</dl><h3>Settings of the server</h3>");
            list(body, settings());
            return HTML.replace("$TITLE", escaped(run.run)).replace("$PALETTE", Palette.css(":root")).replace("$BODY", body.append("</section>\n"));
        }

        private static void list(StringBuilder body, List<String> lines) {
            if (!lines.isEmpty()) {
                body.append("<ul>");
                lines.forEach(line -> body.append("<li>").append(escaped(line)).append("</li>\n"));
                body.append("</ul>");
            }
        }

        static String escaped(String text) {
            return Clean.text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
        }

        static String markdownCell(String text) {
            return Clean.text(text).replace('\n', ' ').replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private static final String HTML = """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
                <title>Benchmark of UpdateStatus, $TITLE</title>
                <style>
                $PALETTE
                :root{--page:#f4f6f8;--muted:#57606a;--good:#1a7f37;--bad:#cf222e;--doubt:#9a6700;--mark:#fff3d1}
                @media(prefers-color-scheme:dark){:root{--page:#111418;--muted:#a0a8b2;--good:#4ac26b;--bad:#ff7b72;--doubt:#e0b040;--mark:#3a2f10}}
                *{box-sizing:border-box}
                body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:84rem;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);background:var(--page)}
                h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.2rem;margin:0 0 .75rem}h3{font-size:1rem;margin:0}
                header p{color:var(--muted);margin:0 0 .75rem}small,.note,figcaption,.limit{color:var(--muted);font-size:.875rem;font-weight:400}
                header .mark{background:var(--mark);color:var(--doubt);border-left:4px solid var(--doubt);padding:.5rem .75rem;font-weight:600;border-radius:4px}
                section,figure{background:var(--paper);border:1px solid var(--grid);border-radius:10px;padding:1.25rem;margin:0 0 1rem;min-width:0}
                .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:1rem;background:none;border:0;padding:0}.figures figure{margin:0}.figures:empty{display:none}
                .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:1rem}
                .card{border:1px solid var(--grid);border-top:4px solid var(--doubt);border-radius:8px;padding:.75rem 1rem}.card p{margin:.25rem 0 0}
                .card b{float:right;color:var(--doubt)}.card.pass{border-top-color:var(--good)}.card.pass b{color:var(--good)}.card.fail{border-top-color:var(--bad)}.card.fail b{color:var(--bad)}
                svg{display:block;width:100%;height:auto}.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.25rem 0 .75rem;padding:0;font-size:.875rem}.legend li{border-left:0 solid;border-left-width:.3rem;padding-left:.5rem;line-height:1.2}.narrow{display:none}
                @media(max-width:600px){.wide{display:none}.narrow{display:block}section,figure{padding:1rem .75rem}body{padding:1rem .5rem}}
                .scroll{overflow-x:auto}table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
                th,td{padding:.35rem .6rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}th:first-child{text-align:left;position:sticky;left:0;background:var(--paper);font-weight:500}
                thead th{color:var(--muted);font-weight:600}@media(max-width:600px){th:first-child{white-space:normal;min-width:9rem}}
                dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0 0 1rem}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}ul{margin:.25rem 0 0;padding-left:1.2rem}li{overflow-wrap:anywhere}
                @media print{body{background:none}section,figure{break-inside:avoid}}
                </style></head><body>
                $BODY</body></html>
                """;
    }
}
