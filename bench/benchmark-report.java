///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION What runs of the benchmark say: an HTML page with charts, Markdown, the service's thresholds, and a comparison of two runs.
//DESCRIPTION   jbang benchmark-report
//DESCRIPTION   jbang benchmark-report bench-results/20261124-014500.json --out report
//DESCRIPTION   jbang benchmark-report --compare before.json after.json --tolerance 10
//DESCRIPTION   jbang benchmark-report --baseline benchmark.baseline.json --format github
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx384m -Djava.awt.headless=true
//MAIN BenchmarkReport
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/Severity.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/TextFiles.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES ../scripts/kit/report/Where.java
//SOURCES harness/Charts.java
//SOURCES harness/Comparison.java
//SOURCES harness/Drawing.java
//SOURCES harness/Figure.java
//SOURCES harness/Page.java
//SOURCES harness/RunData.java
//SOURCES harness/RunFile.java
//SOURCES harness/Sheet.java
//SOURCES harness/Sheets.java
//SOURCES harness/Threshold.java
//SOURCES harness/TrialData.java
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.2.4

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

import bench.harness.Charts;
import bench.harness.Comparison;
import bench.harness.Drawing;
import bench.harness.Figure;
import bench.harness.Page;
import bench.harness.RunData;
import bench.harness.RunFile;
import bench.harness.Sheet;
import bench.harness.Sheets;
import bench.harness.Threshold;
import bench.harness.TrialData;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads what the benchmark left, and says what it means: tables, charts, the service's thresholds, and what changed
 * since another run. */
@Command(name = "benchmark-report", version = "benchmark-report 1.0.0", mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
                "Reports one or more runs of the benchmark: report.html, report.md and the charts as SVG and PNG, "
                        + "and on stdout what they say.",
                "The service's four thresholds are judged for the newest of the runs; a threshold that no trial can "
                        + "judge is \"not measured\", never a pass."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: no threshold is missed, nothing is worse than the tolerance",
                "1:the script itself failed", "2:wrong usage",
                "3:could not check: there is no run, or a file is not one",
                "10:problems found: a threshold is missed, or a test is surely worse than the tolerance"},
        footer = {"%nExamples:", "  benchmark-report", "  benchmark-report bench-results --out report",
                "  benchmark-report --compare before.json after.json",
                "  benchmark-report --save-baseline benchmark.baseline.json",
                "  benchmark-report --baseline benchmark.baseline.json --tolerance 15"})
class BenchmarkReport implements Callable<Integer> {
    @Parameters(paramLabel = "RUN.json|FOLDER", arity = "0..*",
            description = "Runs to report, a folder is all of its runs (default: the newest of bench-results).")
    List<Path> named = List.of();
    @Option(names = "--out", paramLabel = "DIR",
            description = "Where to write the report (default: the folder of the newest run).")
    Path out;
    @Option(names = "--compare", paramLabel = "RUN.json", arity = "2",
            description = "Only compare: what changed from the first run to the second.")
    List<Path> compare = List.of();
    @Option(names = "--baseline", paramLabel = "FILE", description = "Compare the run with this one, too.")
    Path baseline;
    @Option(names = "--save-baseline", paramLabel = "FILE",
            description = "Write what a later --baseline needs of the run.")
    Path saveBaseline;
    @Option(names = "--tolerance", paramLabel = "PERCENT", defaultValue = "10",
            description = "How much worse a test may be. It fails where its whole confidence interval lies beyond "
                    + "(default: ${DEFAULT-VALUE}).")
    double tolerance;

    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private final Map<String, Object> extra = new LinkedHashMap<>();
    private Report report;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new BenchmarkReport()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (!(tolerance >= 0 && tolerance < 100)) {
            throw Stop.usage("--tolerance is a percentage from 0 to below 100");
        }
        if (!compare.isEmpty() && (!named.isEmpty() || baseline != null || saveBaseline != null || out != null)) {
            throw Stop.usage(
                    "--compare takes two runs and writes nothing: leave out other runs, --out, --baseline and "
                            + "--save-baseline");
        }
        if (output.format == Report.Format.json) {
            spec.commandLine().setOut(new Enriched(spec.commandLine().getOut(), extra));
        }
        report = new Report(spec, output.format);
        return compare.isEmpty() ? reportRuns() : compareOnly();
    }

    private int compareOnly() {
        RunFile before = RunFile.newest(compare.get(0));
        RunFile after = RunFile.newest(compare.get(1));
        compared(before, after);
        return report.end(false);
    }

    private int reportRuns() throws IOException {
        List<RunFile> runs = RunFile.all(named, report);
        RunFile newest = runs.get(runs.size() - 1);
        RunFile before = baseline == null ? null : RunFile.read(baseline);
        describe(runs);
        List<Sheet> tables = Sheets.of(newest.run());
        report.step("What was measured");
        tables.forEach(table -> report.say(table.text()));
        if (runs.size() > 1) {
            Sheet side = Sheets.sideBySide(runs);
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

    private void describe(List<RunFile> runs) {
        for (RunFile stored : runs) {
            RunData run = stored.run();
            report.step("Run " + run.run() + ", " + Where.shown(stored.file()));
            run.facts().forEach((what, value) -> report.say(what + ": " + value));
            run.warnings().forEach(report::warn);
            if (!run.durable()) {
                report.finding("BENCH_NOT_DURABLE", Severity.warning, Where.of(stored.file(), 0),
                        "the server did not wait for the disk, or does not say that it did: these figures flatter",
                        run.durability());
            }
        }
    }

    private void nameWhatFailed(RunFile stored) {
        long usable = stored.run().trials().stream().filter(TrialData::measured).count();
        report.checked("trials", usable);
        for (TrialData trial : stored.run().trials()) {
            if (trial.failed() != null) {
                report.warn(trial.label() + ": " + trial.failed());
                report.finding("BENCH_TRIAL_FAILED", Severity.warning, Where.of(stored.file(), 0),
                        trial.label() + " has no result", trial.failed());
            } else if (!trial.measured()) {
                report.warn(trial.label() + ": every round was rejected");
                report.finding("BENCH_TRIAL_FAILED", Severity.warning, Where.of(stored.file(), 0),
                        trial.label() + " has no result", "every round was rejected");
            }
            if (Boolean.TRUE.equals(trial.drifted())) {
                report.warn(trial.label() + ": the machine drifted while it ran");
                report.finding("BENCH_DRIFTED", Severity.warning, Where.of(stored.file(), 0),
                        trial.label() + " drifted: its first measurement, repeated last, differs", "");
            }
            trial.rejections().forEach(reason -> report.skipped(trial.label(), reason));
        }
    }

    private List<Threshold> judged(RunFile stored) {
        report.step("The thresholds of the service");
        List<Threshold> thresholds = Threshold.judge(stored.run());
        for (Threshold threshold : thresholds) {
            String line = threshold.name() + " (" + threshold.limit() + "): " + threshold.outcome().words + ", "
                    + threshold.observed();
            switch (threshold.outcome()) {
                case PASS -> report.good(line);
                case FAIL -> report.bad(line);
                case NOT_MEASURED -> {
                    report.warn(line);
                    report.skipped("threshold " + threshold.name(), threshold.observed());
                }
            }
            if (threshold.outcome() == Threshold.Outcome.FAIL) {
                report.finding("BENCH_THRESHOLD", Severity.error, Where.of(stored.file(), 0),
                        threshold.name() + " misses its threshold: " + threshold.limit(), threshold.observed());
            }
        }
        Map<Threshold.Outcome, Long> counts = thresholds.stream()
                .collect(Collectors.groupingBy(Threshold::outcome, Collectors.counting()));
        long passed = counts.getOrDefault(Threshold.Outcome.PASS, 0L);
        long failed = counts.getOrDefault(Threshold.Outcome.FAIL, 0L);
        report.say(passed + " of " + thresholds.size() + " passed, " + failed + " failed, "
                + (thresholds.size() - passed - failed) + " not measured");
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
    private Sheet compared(RunFile before, RunFile after) {
        report.step("What changed from " + Where.shown(before.file()) + " to " + Where.shown(after.file()));
        List<String> differences = after.run().differences(before.run());
        if (!differences.isEmpty()) {
            String all = String.join("; ", differences);
            report.warn("the two are not alike: " + all);
            report.finding("BENCH_NOT_COMPARABLE", Severity.warning, Where.of(after.file(), 0),
                    "the two runs differ in more than the code that they measure", all);
        }
        Map<String, TrialData> old = before.run().byKey();
        Map<String, TrialData> now = after.run().byKey();
        List<Comparison> changes = new ArrayList<>();
        now.forEach((key, trial) -> {
            if (old.containsKey(key)) {
                changes.add(Comparison.between(old.get(key), trial, tolerance / 100));
            } else {
                report.skipped(trial.label(), "only " + Where.shown(after.file()) + " has it");
            }
        });
        old.forEach((key, trial) -> {
            if (!now.containsKey(key)) {
                report.skipped(trial.label(), "only " + Where.shown(before.file()) + " has it");
            }
        });
        Sheet table = Sheets.changes(changes);
        if (!changes.isEmpty()) {
            report.say(table.text());
        }
        long judged = changes.stream().filter(change -> change.verdict() != Comparison.Verdict.UNJUDGED).count();
        report.checked("tests compared", judged);
        if (judged > 0) {
            report.say(String.format(Locale.ROOT,
                    "at 95 %% confidence about %.1f of %d tests are called better or worse by chance alone",
                    judged * 0.05, judged));
        }
        for (Comparison change : changes) {
            if (change.regression()) {
                report.bad(change.after().label() + " is " + change.sentence());
                report.finding("BENCH_REGRESSION", Severity.error, Where.of(after.file(), 0),
                        change.after().label() + " is worse by more than " + percent() + " %",
                        change.sentence() + " (" + change.basis() + ")");
            }
        }
        if (judged > 0 && changes.stream().noneMatch(Comparison::regression)) {
            report.good("nothing is surely worse than the tolerance of " + percent() + " %");
        }
        extra.put("comparison", changes.stream().map(Comparison::asMap).toList());
        return table;
    }

    private void write(Page page) throws IOException {
        report.step("What was written");
        Path folder = out != null ? out : page.newest().file().toAbsolutePath().getParent();
        Files.createDirectories(folder);
        List<Figure> figures = List.of();
        String noFonts = Drawing.troubleWithFonts();
        if (noFonts == null) {
            figures = Charts.of(page.newest().run());
        } else {
            report.warn(noFonts);
            report.skipped("charts", noFonts);
        }
        for (Figure figure : figures) {
            TextFiles.write(folder.resolve(figure.name() + ".svg"), figure.svg());
            TextFiles.write(folder.resolve(figure.name() + ".png"), figure.png());
        }
        TextFiles.write(folder.resolve("report.html"), page.html(figures));
        TextFiles.write(folder.resolve("report.md"), page.markdown(figures));
        report.good(Where.shown(folder.resolve("report.html")) + ", report.md" + (figures.isEmpty() ? ""
                : ", and as .svg and .png: " + String.join(", ", figures.stream().map(Figure::name).toList())));
        if (saveBaseline != null) {
            page.newest().run().saveBaseline(saveBaseline);
            report.good("baseline: " + Where.shown(saveBaseline));
        }
    }

    private String percent() {
        return String.format(Locale.ROOT, tolerance == Math.rint(tolerance) ? "%.0f" : "%s", tolerance);
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
}
