///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Which acknowledged updates are gone after a crash or a failover, and how long nobody could write.
//DESCRIPTION   jbang lost-updates crash
//DESCRIPTION   jbang lost-updates failover
//DESCRIPTION   jbang lost-updates failover --url 'jdbc:postgresql://a,b,c/db?targetServerType=primary'
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8 -proc:none
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow
//MAIN LostUpdates
//SOURCES ../scripts/kit/report/Report.java
//SOURCES ../scripts/kit/report/Stop.java
//SOURCES ../scripts/kit/report/Tool.java
//SOURCES harness/Asked.java
//SOURCES harness/Crash.java
//SOURCES harness/Failover.java
//SOURCES harness/Target.java
//SOURCES harness/Variant.java
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.util.concurrent.Callable;

import bench.harness.Asked;
import bench.harness.Crash;
import bench.harness.Failover;
import bench.harness.Target;
import bench.harness.Variant;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Eight clients write; the server dies in the middle; each row is asked for the last number that was acknowledged. */
@Command(name = "lost-updates", version = "lost-updates 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Loses a server in the middle of updates, and tells how long nobody could write and which "
                + "acknowledged updates are gone.",
                "crash: the embedded server is killed, with synchronous_commit on and off. failover: the primary is "
                        + "lost; the embedded server gets two standbys, asynchronous, then synchronous; with a --url "
                        + "of several "
                        + "hosts and targetServerType=primary, the failover is yours to make while it runs."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: what must be kept was kept", "1:the script itself failed", "2:wrong usage",
                "3:could not check: no database, one that is not durable, or no failover",
                "10:problems found: acknowledged updates are gone that must not be"},
        footer = {"%nExamples:", "  lost-updates crash", "  lost-updates failover",
                "  lost-updates failover \\",
                "      --url 'jdbc:postgresql://a,b,c/db?targetServerType=primary'"})
class LostUpdates implements Callable<Integer> {
    enum How {
        crash, failover
    }

    @Parameters(paramLabel = "crash|failover", arity = "0..1", description = "How the server is lost.")
    How how;
    @Mixin
    Asked asked = new Asked();
    @Mixin
    Report.Options output;
    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new LostUpdates()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (how == null) {
            throw Stop.usage("say how the server is lost: crash or failover");
        }
        asked.check();
        String named = asked.server.named();
        if (how == How.crash && named != null) {
            throw Stop.usage("crash kills the server: it is for the embedded one only, so leave --url out (and PGHOST "
                    + "unset)");
        }
        if (how == How.failover && named != null && !(asked.server.namesYours()
                && named.matches("(?s).*://[^/]*,.*targetServerType=(primary|master).*"))) {
            throw Stop.usage("failover wants a --url of several hosts that finds the primary: "
                    + "jdbc:postgresql://host1,host2,host3/db?targetServerType=primary");
        }
        Report report = new Report(spec, output.format);
        Target.durably(asked);
        try (Target target = Target.open(asked, report)) {
            report.step("The table, as the migrations make it");
            target.createAll(asked, report);
            String schema = Variant.of(asked.schemas.get(0)).name();
            if (how == How.crash) {
                new Crash(target, schema).show(report);
            } else {
                new Failover(target, schema).show(report);
            }
        }
        return report.end(false);
    }
}
