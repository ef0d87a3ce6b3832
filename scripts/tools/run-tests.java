///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs a project's test tiers in order, each only if those that it needs passed, and states the readiness:
//DESCRIPTION a matrix, what blocks, what changed since the run before.
//DESCRIPTION   jbang run-tests --init
//DESCRIPTION   jbang run-tests
//DESCRIPTION   jbang run-tests --only unit --retry 2
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m
//SOURCES ../kit/tiers/Child.java
//SOURCES ../kit/tiers/Comparison.java
//SOURCES ../kit/engine/Containers.java
//SOURCES ../kit/report/Exports.java
//SOURCES ../kit/tiers/History.java
//SOURCES ../kit/tiers/Init.java
//SOURCES ../kit/tiers/Matrix.java
//SOURCES ../kit/tiers/Plan.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/tiers/Row.java
//SOURCES ../kit/report/RunFolder.java
//SOURCES ../kit/report/Severity.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/tiers/Tier.java
//SOURCES ../kit/tiers/TierRun.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

import kit.engine.Containers;
import kit.report.Exports;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import kit.tiers.Child;
import kit.tiers.Comparison;
import kit.tiers.History;
import kit.tiers.Init;
import kit.tiers.Matrix;
import kit.tiers.Plan;
import kit.tiers.Row;
import kit.tiers.Tier;
import kit.tiers.TierRun;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The tiers of a project's tests: run, counted, compared with the run before, and summed up as a readiness
 * statement. */
@Command(name = "run-tests", version = "run-tests 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Runs the test tiers that .run-tests.yaml names, in its order, each only if those that it needs "
                + "passed. What a tier prints is shown, kept in a file, and counted: JUnit XML, "
                + "Surefire, go test, Ginkgo, pytest, Jest, cargo, TAP, \"N passed, N failed, N skipped\"; else its "
                + "exit status counts, and that is said.",
                "A tier that reports success and ran nothing has failed."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every tier that was to run passed", "1:the script itself failed",
                "2:wrong usage, or .run-tests.yaml is wrong",
                "3:could not check: there is no .run-tests.yaml, or another run is going on here",
                "10:problems found: a tier failed, was blocked, or ran nothing"},
        footer = {"%nExamples:", "  run-tests --init", "  run-tests --list", "  run-tests",
                "  run-tests --only integration --retry 2", "  run-tests --format markdown > readiness.md",
                "%nThe file; only command is needed:",
                "  containers: [shop-postgres-test]   # these, and no others, are removed before", "  tiers:",
                "    unit:", "      command: make test-unit",
                "    integration:", "      command: mvn -B verify",
                "      results: '**/target/failsafe-reports/TEST-*.xml'",
                "                       # or auto, go, ginkgo, pytest, jest, cargo, tap,",
                "                       # surefire, summary, exit",
                "      needs: [unit]    # without it: the tier above; [] is none",
                "      timeout: 20m     # its whole process tree is ended then",
                "      tests: 164       # fewer are a failure", "      folder: service",
                "      env: {DB_PORT: '15433'}"})
class RunTests implements Callable<Integer> {
    @Option(names = "--file", paramLabel = "FILE", defaultValue = ".run-tests.yaml",
            description = "The tiers; their commands run in its folder (default: ${DEFAULT-VALUE}).")
    Path file;
    @Option(names = "--init", description = "Write the file by looking at the Makefile, or the Maven, Gradle, npm or "
            + "Go project, and show it.")
    boolean init;
    @Option(names = "--list", description = "Show what would run, and end.")
    boolean list;
    @Option(names = "--only", paramLabel = "TIER", split = ",", description = "Run these tiers only; those that they "
            + "need and that are not named are taken as passed. May be repeated.")
    List<String> only = List.of();
    @Option(names = "--retry", paramLabel = "N", defaultValue = "0", description = "Run a tier that failed up to N "
            + "times more: what fails each time fails, the rest is flaky (default: ${DEFAULT-VALUE}).")
    int retry;
    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "30m",
            description = "The limit of a tier that has none of its own: 90s, 20m, 1h (default: ${DEFAULT-VALUE}).")
    String timeout;
    @Option(names = "--results", paramLabel = "DIR",
            description = "Where each run keeps its folder (default: .run-tests beside the file).")
    Path results;
    @Option(names = "--quiet", description = "Do not show what the tiers print; it is kept all the same.")
    boolean quiet;
    @Mixin
    Exports exports;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private Report report;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new RunTests()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (retry < 0) {
            throw Stop.usage("--retry is a number of times, 0 or more");
        }
        Duration limit = Plan.duration(timeout)
                .orElseThrow(() -> Stop.usage("--timeout is a time such as 90s, 20m or 1h, not " + timeout));
        file = file.toAbsolutePath().normalize();
        System.getenv().forEach(Child::hide);
        if (init) {
            return new Init(file.getParent()).write(spec, file);
        }
        Plan plan = Plan.read(file, limit);
        for (String name : only) {
            if (!plan.names().contains(name)) {
                throw Stop.usage("--only " + name + ": " + Where.shown(file) + " has no such tier, it has "
                        + String.join(", ", plan.names()));
            }
        }
        report = new Report(spec, output.format);
        if (list) {
            show(plan);
            report.checked("tiers", plan.tiers.size());
            return report.end(false);
        }
        Path place = results == null ? file.resolveSibling(".run-tests") : results;
        try (History history = History.open(place); AutoCloseable done = Child.endWithRun()) {
            Child.endLeftovers(place);
            return run(plan, history);
        }
    }

    private void show(Plan plan) {
        report.step("The tiers of " + Where.shown(file));
        for (Tier tier : plan.tiers) {
            report.run(tier.command());
            report.say(tier.name() + ": "
                    + (tier.needs().isEmpty() ? "needs none" : "needs " + String.join(", ", tier.needs()))
                    + "; at most " + Plan.shown(tier.limit()) + "; counted by " + tier.countedBy()
                    + (tier.tests() > 0 ? "; " + tier.tests() + " tests" : ""));
        }
        if (!plan.containers.isEmpty()) {
            report.say("removed before: " + String.join(", ", plan.containers));
        }
    }

    private int run(Plan plan, History history) throws Exception {
        if (!plan.containers.isEmpty()) {
            report.step("Clean the environment");
            Containers.remove(plan.containers, report);
        }
        Matrix matrix = new Matrix(history, plan);
        runTiers(plan, matrix, history);
        boolean partial = RunFolder.ending();
        show(matrix, partial);
        Comparison comparison = new Comparison(matrix, history);
        comparison.show(report);
        readiness(matrix, partial);
        Child.endAll();
        report.extra.putAll(matrix.asMap(partial));
        history.keep(report.extra);
        report.extra.put("comparison", comparison.asMap());
        report.checked("tiers", matrix.rows.stream().filter(row -> row.state.ran).count());
        report.checked("tests", matrix.sum(row -> row.passed + row.failed));
        exports.write(report);
        return report.end(false);
    }

    private void runTiers(Plan plan, Matrix matrix, History history) throws Exception {
        TierRun tierRun = new TierRun(report, history, retry, quiet, output.format);
        for (Row row : matrix.rows) {
            Optional<String> missing = row.tier.needs().stream()
                    .filter(need -> only.isEmpty() || only.contains(need)).filter(need -> !matrix.passed(need))
                    .findFirst();
            if (RunFolder.ending()) {
                row.leave(Row.State.NOT_RUN, "the run was ended before");
            } else if (!only.isEmpty() && !only.contains(row.tier.name())) {
                row.leave(Row.State.NOT_RUN, "not named with --only");
            } else if (missing.isPresent()) {
                row.leave(Row.State.BLOCKED, "blocked by " + matrix.root(missing.get()));
            } else if (tierRun.run(row)) {
                if (row.state == Row.State.TIMED_OUT || row.state == Row.State.ENDED) {
                    // What it would have removed itself.
                    Containers.remove(plan.containers, report);
                }
                // So that what was measured stands, whatever ends the run.
                history.keep(matrix.asMap(true));
            }
        }
    }

    private void show(Matrix matrix, boolean partial) {
        report.step("The matrix" + (partial ? ", partial: the run was ended before its end" : ""));
        matrix.lines().forEach(report::say);
        for (Row row : matrix.rows) {
            if (row.state == Row.State.BLOCKED) {
                report.finding("TIER_BLOCKED", Severity.error, Where.of(file, row.tier.line()),
                        row.tier.name() + " was not run: " + row.why, "", "run-tests   # again, when that is mended");
            }
        }
        if (partial) {
            report.finding("RUN_ENDED", Severity.error, null,
                    "the run was ended from outside; what was measured so far stands in the matrix", "");
        }
    }

    private void readiness(Matrix matrix, boolean partial) {
        report.step("Readiness");
        for (Row row : matrix.rows) {
            row.show(report, row.tier.name() + ": " + Matrix.share(row.passed, row.total())
                    + (row.why.isEmpty() ? "" : ", " + row.why));
        }
        report.say("all: " + Matrix.share(matrix.sum(row -> row.passed), matrix.sum(Row::total)) + matrix.unknown());
        if (matrix.ready()) {
            report.good("READY");
        } else {
            report.bad("NOT READY" + (partial ? ", as far as it was measured" : ""));
        }
    }
}
