///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION One look at a whole project before its tests run: the first real cause of what will fail, what it blocks.
//DESCRIPTION   jbang preflight
//DESCRIPTION   jbang preflight --fix
//DESCRIPTION   jbang preflight --format github --junit target/preflight.xml
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//SOURCES ../kit/preflight/BlockedTiers.java
//SOURCES ../kit/preflight/CheckOutcome.java
//SOURCES ../kit/report/Accepted.java
//SOURCES ../kit/report/Exports.java
//SOURCES ../kit/preflight/Fix.java
//SOURCES ../kit/migrations/Folder.java
//SOURCES ../kit/preflight/Look.java
//SOURCES ../kit/preflight/OwnServer.java
//SOURCES ../kit/preflight/Project.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/postgres/Server.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.migrations.Folder;
import kit.postgres.Server;
import kit.preflight.BlockedTiers;
import kit.preflight.CheckOutcome;
import kit.preflight.Fix;
import kit.preflight.Look;
import kit.preflight.OwnServer;
import kit.preflight.Project;
import kit.report.Accepted;
import kit.report.Exports;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at a whole project before its tests run, and says what the first real cause is of what will fail. */
@Command(name = "preflight", version = "preflight 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Finds a project's migrations, lists of them, configuration, compose files and source by itself, "
                + "and checks one chain: engine, socket, ports, who listens, login, ledger, catalogue, folder, replay, "
                + "lists, the code's SQL, configuration. What cannot be judged because of something before it is "
                + "blocked, and not blamed. Databases are only read.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: nothing was found that fails; with --fix also: it was mended",
                "1:the script itself failed", "2:wrong usage", "3:could not check: there is nothing here to check",
                "10:problems found: each is named"},
        footer = {"%nExamples:", "  preflight", "  preflight services/datastorage --dry-run", "  preflight --fix",
                "  preflight --format github --junit target/preflight.xml",
                "  preflight --url postgres://app@localhost:5432/app"})
class Preflight implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The project's folder (default: this one).")
    Path dir = Path.of("");

    @Option(names = "--dry-run", description = "Say what was found and taken for what, and stop there.")
    boolean dryRun;

    @Option(names = "--fix", description = {
            "Do what is safe: start the engine, and prove on a scratch database that the missing migrations mend it.",
            "Ask before the rest; without a terminal say what it would be, and do not do it."})
    boolean fix;

    @Mixin
    Folder.Options migrations;
    @Mixin
    Server.Options server;
    @Mixin
    Accepted.Options accepted;
    @Mixin
    Report.Options output;
    @Mixin
    Exports exports;
    @Spec
    CommandSpec spec;

    /** It makes no kind of finding in full, and a comment may be for another tool. */
    private static final Pattern NEVER_ALL = Pattern.compile("(?!)");

    public static void main(String... args) {
        System.exit(Tool.commandLine(new Preflight()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (!Files.isDirectory(dir)) {
            throw Stop.usage(dir + (Files.exists(dir) ? " is not a folder" : " does not exist")
                    + ": name the folder of your project");
        }
        dir = dir.toAbsolutePath().normalize();
        Where.relativeTo(dir);
        Report report = new Report(spec, output.format);
        int exit;
        try (OwnServer own = new OwnServer(server, migrations)) {
            Accepted known = new Accepted(report, accepted, NEVER_ALL);
            Project project = Project.read(dir, migrations.dir, server, dryRun ? null : own, known);
            project.show(report);
            if (dryRun) {
                project.count(report);
            }
            exit = dryRun ? report.end(false) : checked(report, project, own, known);
        }
        exports.write(report);
        return exit;
    }

    private int checked(Report report, Project project, OwnServer own, Accepted known)
            throws Exception {
        Map<String, CheckOutcome> first;
        boolean changed;
        try (Look look = new Look(project, own)) {
            first = look.run(report, "The chain");
            List<Fix> fixes = first.values().stream().flatMap(outcome -> outcome.fixes.stream()).toList();
            changed = fix && Fix.all(report, fixes);
        }
        Map<String, CheckOutcome> last = first;
        if (changed) {
            try (Look again = new Look(Project.read(dir, migrations.dir, server, own, known), own)) {
                last = again.run(report, "The chain again");
            }
        }
        BlockedTiers.show(report, last);
        Stream.concat(first.values().stream(), last == first ? Stream.of() : last.values().stream())
                .flatMap(outcome -> outcome.findings.stream()).distinct()
                .forEach(f -> report.finding(f.code(), f.severity(), f.where(), f.text(), f.evidence(),
                        f.remediation().toArray(String[]::new)));
        known.end(Set.of());
        long judged = last.values().stream().filter(CheckOutcome::judged).count();
        if (judged > 0) {
            report.checked("checks", judged);
            project.count(report);
        }
        last.forEach((name, outcome) -> {
            if (outcome.state() == CheckOutcome.State.BLOCKED) {
                report.skipped(name, outcome.text());
            }
        });
        return report.end(changed
                && last.values().stream().noneMatch(outcome -> outcome.state() == CheckOutcome.State.BAD));
    }
}
