///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The ports of your project: who names them, who dials, who listens, and one table on which all agree.
//DESCRIPTION   jbang check-ports .
//DESCRIPTION   jbang check-ports --plan . | git apply
//DESCRIPTION   jbang check-ports --free 15433
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//SOURCES ../kit/engine/Container.java
//SOURCES ../kit/ports/Listener.java
//SOURCES ../kit/ports/LocalMachine.java
//SOURCES ../kit/ports/PortChange.java
//SOURCES ../kit/ports/PortJournal.java
//SOURCES ../kit/ports/PortJudgement.java
//SOURCES ../kit/ports/PortKind.java
//SOURCES ../kit/ports/PortPlan.java
//SOURCES ../kit/ports/PortProbe.java
//SOURCES ../kit/ports/PortProject.java
//SOURCES ../kit/ports/PortTable.java
//SOURCES ../kit/report/Accepted.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/report/Severity.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.engine.Container;
import kit.ports.Listener;
import kit.ports.LocalMachine;
import kit.ports.PortChange;
import kit.ports.PortJournal;
import kit.ports.PortJudgement;
import kit.ports.PortKind;
import kit.ports.PortPlan;
import kit.ports.PortProbe;
import kit.ports.PortProject;
import kit.ports.PortTable;
import kit.report.Accepted;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Finds where the ports of a project disagree, with each other and with what listens; plans one table of them, and
 * keeps it. */
@Command(name = "check-ports", version = "check-ports 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Every place of a project that names a port of PostgreSQL, Redis or the service, what listens "
                + "now, and where they disagree.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: the ports agree, or with --plan and --apply would",
                "1:the script itself failed", "2:wrong usage",
                "3:could not check: nothing in DIR names a port, or there is no table to hold it to",
                "10:problems found: ports disagree, or --free found the port held"},
        footer = {"%nExamples:", "  check-ports .", "  check-ports --plan . | git apply",
                "  check-ports --apply .      # and --undo . takes it back",
                "  check-ports --check .      # in CI: hold the project to its ports.yaml",
                "  check-ports --free 15433"})
class CheckPorts implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "DIR",
            description = "The project to look through. Default: the current folder.")
    Path dir;
    @ArgGroup
    Mode mode = new Mode();
    @Mixin
    Accepted.Options accepted;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    static final class Mode {
        @Option(names = "--plan", description = "Print one table of ports, and the edits that lead to it as a unified "
                + "diff; change nothing.")
        boolean plan;
        @Option(names = "--apply", description = "Make these edits, all or none, and write the table to ports.yaml; "
                + "what is replaced is kept in .check-ports/.")
        boolean apply;
        @Option(names = "--undo", description = "Take the last --apply back.")
        boolean undo;
        @Option(names = "--check", description = "Change nothing, only check: hold the project to its ports.yaml; "
                + "looks at files only.")
        boolean check;
        @Option(names = "--free", paramLabel = "PORT",
                description = "Say who holds this port and how to free it; nothing is ended.")
        Integer free;
    }

    public static void main(String... args) {
        System.exit(Tool.commandLine(new CheckPorts()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Report report = new Report(spec, output.format);
        if (mode.free != null) {
            return free(report, mode.free);
        }
        Path root = (dir == null ? Path.of("") : dir).toAbsolutePath().normalize();
        if (!Files.isDirectory(root)) {
            throw Stop.usage(dir + (Files.exists(root) ? " is not a folder" : " does not exist")
                    + ": name the folder of your project");
        }
        return mode.undo ? undo(report, root) : tree(report, root);
    }

    private int tree(Report report, Path root) throws Exception {
        PortJournal.refuseHalfDone(root);
        // Listing sockets and containers takes as long as reading the files.
        CompletableFuture<LocalMachine> looking = mode.check ? null
                : CompletableFuture.supplyAsync(LocalMachine::look);
        PortProject project = PortProject.read(root);
        PortTable table = PortTable.read(root);
        if (mode.check && table == null) {
            throw Stop.unchecked("there is no " + PortTable.FILE + " in " + Where.shown(root)
                    + " to hold the project to: check-ports --apply writes it");
        }
        Accepted known = new Accepted(report, accepted, Pattern.compile("PORT_(DISAGREES|SHARED)"));
        Set<String> read = new TreeSet<>();
        project.places.stream().map(place -> place.source).distinct().forEach(source -> {
            known.read(source.path(), source.text());
            read.add(Where.shown(source.path()));
        });
        project.show(report);
        LocalMachine machine = mode.check ? null : looking.get().probe(project);
        if (machine != null) {
            machine.show(report, project);
        }
        PortJudgement judgement = new PortJudgement(project, machine, table);
        judgement.show(report);
        judgement.problems.all.forEach(problem -> (mode.apply ? judgement.problems.applied(problem) : problem)
                .addTo(report));
        known.end(read);
        return mode.plan || mode.apply ? plan(report, new PortPlan(project, judgement, machine, table))
                : report.end(false);
    }

    private int plan(Report report, PortPlan plan) throws IOException {
        String diff = plan.show(report);
        boolean atTheMargin = mode.plan && output.format == Report.Format.text;
        if (mode.plan && !atTheMargin) {
            report.say(diff);
        }
        if (mode.apply) {
            report.step("Make the edits");
            List<PortChange> files = plan.files();
            PortJournal.apply(plan.project.root, files);
            files.forEach(file -> report.good("wrote " + Where.shown(file.path())));
            report.say("undo: check-ports --undo " + Where.shown(plan.project.root));
        }
        int exit = report.end(plan.byHand.isEmpty());
        if (atTheMargin) {
            // After the report and not indented, so that git apply and patch find it.
            spec.commandLine().getOut().print("\n" + diff);
            spec.commandLine().getOut().flush();
        }
        return exit;
    }

    private static int undo(Report report, Path root) throws IOException {
        report.step("Take the last --apply back");
        List<Path> restored = PortJournal.undo(root);
        restored.forEach(file -> report.good("restored " + Where.shown(file)));
        report.checked("files", restored.size());
        return report.end(false);
    }

    /** Names the holder of a port in each address family, and the commands that would free it. */
    private static int free(Report report, int port) {
        if (port < 1 || port > 65535) {
            throw Stop.usage("--free " + port + ": a port is a number from 1 to 65535");
        }
        LocalMachine machine = LocalMachine.look();
        report.step("Who holds port " + port);
        report.run(LocalMachine.listCommand(port));
        List<Listener> held = machine.held(port);
        List<Container> boxes = machine.boxes(port);
        held.forEach(h -> report.bad(h.describe()));
        boxes.forEach(b -> report.bad(b.describe()));
        List<String> how = Stream.concat(boxes.stream().map(Container::stop),
                held.stream().filter(h -> boxes.isEmpty()).map(Listener::stop)).distinct().toList();
        boolean open = held.isEmpty() && boxes.isEmpty() && LocalMachine.LOOPBACKS.stream()
                .anyMatch(address -> PortProbe.ask(address, port, PortKind.POSTGRES).open());
        if (open) {
            report.bad("something answers, but neither this system nor an engine says who");
        }
        if (!how.isEmpty() || open) {
            report.finding("PORT_TAKEN", Severity.error, null, "port " + port + " is held by "
                    + (open ? "something that does not show itself" : LocalMachine.holders(boxes, held)), "",
                    how.toArray(String[]::new));
        } else {
            report.good("nobody: it is free");
        }
        machine.skipped.forEach(s -> report.skipped(s.get(0), s.get(1)));
        report.checked("ports", 1);
        return report.end(false);
    }
}
