///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Finds out why a database lacks a column or table that the code uses, and proves the fix.
//DESCRIPTION   jbang explain-error --error 'ERROR: column "x" of relation "y" does not exist' --migrations db
//DESCRIPTION   go test ./... 2>&1 | jbang explain-error --error - --migrations db --url postgres://localhost/app
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//SOURCES ../kit/explain/Diagnosis.java
//SOURCES ../kit/migrations/Folder.java
//SOURCES ../kit/explain/Missing.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/postgres/Server.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/explain/Uses.java
//SOURCES ../kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

import kit.explain.Diagnosis;
import kit.explain.Missing;
import kit.explain.Uses;
import kit.migrations.Folder;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** From “column does not exist” to the migration that would supply it, and the proof that it does. */
@Command(name = "explain-error", version = "explain-error 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Finds out why a database lacks a column or table that the code uses (SQLSTATE 42703, 42P01), "
                + "and proves the fix.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"1:the script itself failed", "2:wrong usage",
                "3:could not check: no database, or the database given has what is said to be missing",
                "10:problems found: the cause is named"},
        footer = {"%nExamples:", "  explain-error --migrations db/migrations --source . \\",
                "      --error 'ERROR: column \"x\" of relation \"y\" does not exist'",
                "  go test ./... 2>&1 | explain-error --error - --migrations db/migrations \\",
                "      --source . --url postgres://localhost:15433/app"})
class ExplainError implements Callable<Integer> {
    @Option(names = "--error", paramLabel = "TEXT", description = "The message as it was printed, in the words of any "
            + "driver; a file that holds it; or - to read it from stdin.")
    String error;
    @Mixin
    Folder.Options migrations;
    @Option(names = "--source", paramLabel = "DIR", description = "Source to search for uses of the name and for lists "
            + "of migration files. May be repeated.")
    List<Path> sources = List.of();
    @Option(names = "--fix", paramLabel = "DIR", description = "Write the files of the fix into this folder, after "
            + "showing them. Nothing is written without it.")
    Path fix;
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new ExplainError()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (error == null) {
            throw Stop.usage("give the message with --error: as text, as a file, or - for stdin");
        }
        if (migrations.dir == null) {
            throw Stop.usage("--error needs --migrations DIR: the folder of migrations that should have made the "
                    + "schema");
        }
        Missing missing = Missing.read(error);
        Folder folder = Folder.read(migrations.dir);
        Uses code = Uses.scan(sources, folder, missing);
        Report report = new Report(spec, output.format);
        report.step("What is missing");
        missing.describe(report);
        report.step("The migrations");
        report.run("ls " + Where.shown(folder.dir()));
        report.say(folder.describe());
        folder.addFlawsTo(report);
        Server live = server.namesYours() ? server.open() : null;
        server.settle(live == null ? 0 : live.major(), ", as your server is");
        try (Server replays = live != null ? Server.embedded() : server.open();
                Diagnosis diagnosis = new Diagnosis(report, replays, missing, folder, code)) {
            migrations.createRoles(replays);
            diagnosis.investigate(live == null ? null : live::readOnly);
            diagnosis.weighAndProve();
            diagnosis.whatToDo();
            if (fix != null) {
                diagnosis.remedy().writeTo(fix, report);
            }
            return report.end(false);
        }
    }
}
