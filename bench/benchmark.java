///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The campaign: the benchmarks of the status update in turn with pgbench and with the limit of the disk.
//DESCRIPTION   jbang benchmark --quick
//DESCRIPTION   jbang benchmark --schema base,side-table concurrent
//DESCRIPTION   jbang benchmark --url jdbc:postgresql://localhost:5432/mydb steady -f 5 -r 10
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8 -processor org.openjdk.jmh.generators.BenchmarkProcessor
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow
//MAIN Campaign
//SOURCES ../scripts/kit/report/Exit.java
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/TextFiles.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES ../scripts/kit/report/Where.java
//SOURCES UpdateStatus.java
//SOURCES harness/Asked.java
//SOURCES harness/JmhOptions.java
//SOURCES harness/Pgbench.java
//SOURCES harness/Plan.java
//SOURCES harness/Results.java
//SOURCES harness/Runs.java
//SOURCES harness/Target.java
//SOURCES harness/Trial.java
//SOURCES harness/Variant.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.openjdk.jmh:jmh-generator-annprocess:1.37
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import bench.UpdateStatus;
import bench.harness.Asked;
import bench.harness.JmhOptions;
import bench.harness.Pgbench;
import bench.harness.Plan;
import bench.harness.Results;
import bench.harness.Runs;
import bench.harness.Target;
import bench.harness.Trial;
import bench.harness.Variant;
import kit.report.Exit;
import kit.report.Report;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** A server, a table, the trials in turn with what they are compared with, two files of results. */
@Command(name = "benchmark", version = "benchmark 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Measures the service's UpdateStatus with JMH on a PostgreSQL whose writes are durable: cold "
                + "start, steady state, concurrent clients (closed loop and open loop) and write storms; in turn with "
                + "pgbench and the empty durable transaction, so that ratios hold where the machine is noisy.",
                "Every other argument is JMH's own: a pattern chooses the tests, -f the rounds, -wi, -w, -i, -r the "
                        + "iterations, -t the clients, -p the parameters (-l and -lprof list)."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every trial was measured", "1:the script itself failed", "2:wrong usage",
                "3:could not check: no database, or one that is not durable", "10:problems found: a trial failed"},
        footer = {"%nExamples:", "  benchmark --quick", "  benchmark --list",
                "  benchmark --schema base,side-table 'concurrent distinct, 8'",
                "  benchmark --url postgres://localhost:5432/app steady   # in a scratch database",
                "  benchmark-report                  # afterwards: tables, charts, thresholds"})
class Campaign implements Callable<Integer> {
    @Option(names = "--quick", description = "Less than a minute: smoke figures, and marked so.")
    boolean quick;
    @Option(names = "--full", description = "More of everything: about an hour.")
    boolean full;
    @Mixin
    Asked asked = new Asked();
    @Mixin
    Report.Options output;
    @Option(names = "--pgbench", paramLabel = "FILE",
            description = "The pgbench to compare with (default: the one on the PATH, or the newest of Debian's).")
    Path pgbench;
    @Option(names = "--pgbench-scripts", paramLabel = "DIR",
            description = "Write the pgbench scripts of the schema into a folder, and end.")
    Path scripts;
    @Option(names = "--list", description = "Show what would run, with the time each trial takes, and end.")
    boolean list;
    @Unmatched
    List<String> jmh = new ArrayList<>();
    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new Campaign()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        JmhOptions options = JmhOptions.of(jmh);
        if (options.lists()) {
            return Exit.SOUND;
        }
        asked.quick = quick;
        asked.full = full;
        asked.command = "benchmark " + String.join(" ", spec.commandLine().getParseResult().originalArgs());
        asked.check();
        List<Trial> plan = Plan.of(asked, options);
        if (list) {
            Plan.print(plan, options, spec.commandLine().getOut());
            return Exit.SOUND;
        }
        Report report = new Report(spec, output.format);
        if (scripts != null) {
            return writeScripts(report);
        }
        // What cannot be used is said before a server is started.
        options.forks(1);
        Pgbench found = Pgbench.find(pgbench);
        Target.durably(asked);
        Results results = new Results(asked);
        try (FileChannel lock = UpdateStatus.lock(); Target target = Target.open(asked, report)) {
            Pgbench pg = found.on(target);
            report.step("The table, as the migrations make it, and its variants");
            target.createAll(asked, report);
            target.said(report, results);
            report.say(plan.size() + (plan.size() == 1 ? " trial, " : " trials, ") + Plan.time(plan, options)
                    + " in all");
            report.step("The trials");
            report.run("benchmark --list" + (quick ? " --quick" : full ? " --full" : ""));
            new Runs(asked, options, target, pg, results, report).all(plan);
            report.step("The results");
            results.end();
            results.files().forEach(file -> report.good(Where.shown(file)));
            report.say("jbang benchmark-report " + Where.shown(results.ours) + "   # tables, charts, thresholds");
        } catch (UpdateStatus.Refused e) {
            throw Stop.unchecked(e.getMessage());
        }
        return report.end(false);
    }

    private int writeScripts(Report report) throws IOException {
        report.step("The pgbench scripts of schema " + asked.schemas.get(0));
        Files.createDirectories(scripts);
        for (Map.Entry<String, String> each : Pgbench.scripts(Variant.of(asked.schemas.get(0))).entrySet()) {
            report.good(Where.shown(TextFiles.write(scripts.resolve(each.getKey()), each.getValue())));
            report.checked("files", 1);
        }
        return report.end(false);
    }
}
