///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The configuration of your service: its keys, its secrets, the servers that it names, and what starts it.
//DESCRIPTION   jbang check-config config.yaml
//DESCRIPTION   jbang check-config config.yaml --command 'podman run -e CONFIG_PATH=/a.yaml -v ./a.yaml:/a.yaml app'
//DESCRIPTION   jbang check-config config.yaml --compose compose.yaml
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//SOURCES ../kit/config/ConfigCheck.java
//SOURCES ../kit/config/ConfigFindings.java
//SOURCES ../kit/config/ConfigMounts.java
//SOURCES ../kit/config/ConfigRules.java
//SOURCES ../kit/config/ConfigSecrets.java
//SOURCES ../kit/config/ConfigServers.java
//SOURCES ../kit/config/Launch.java
//SOURCES ../kit/config/LaunchSearch.java
//SOURCES ../kit/report/Exit.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/Tool.java
//DEPS info.picocli:picocli:4.7.7

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

import kit.config.ConfigCheck;
import kit.config.ConfigFindings;
import kit.config.ConfigMounts;
import kit.config.ConfigRules;
import kit.config.ConfigSecrets;
import kit.config.ConfigServers;
import kit.config.Launch;
import kit.config.LaunchSearch;
import kit.report.Exit;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The configuration of a service that a variable names. */
@Command(name = "check-config", version = "check-config 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Checks a configuration file: its keys, its secrets files, the servers that it names, and "
                + "whether what starts the service sets the variable and mounts the file where the variable points.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound", "1:the script itself failed", "2:wrong usage", "3:could not check",
                "10:problems found"},
        footer = {"%nExamples:", "  check-config config.yaml", "  check-config config.yaml --compose compose.yaml",
                "  check-config config.yaml --source test/",
                "  check-config config.yaml --command 'podman run -e CONFIG_PATH=/etc/app.yaml \\",
                "      -v ./config.yaml:/etc/app.yaml:ro app'"})
class CheckConfig implements Callable<Integer> {
    /** What starts the service. */
    static final class Start {
        @Option(names = "--command", paramLabel = "'podman run …'",
                description = "The command that starts its container.")
        String command;
        @Option(names = "--compose", paramLabel = "FILE", description = "The compose file that starts it.")
        Path compose;
        @Option(names = "--source", paramLabel = "DIR", description = "Source to search for what starts it: "
                + "podman run in scripts, Makefiles and source, compose files, Kubernetes manifests.")
        Path source;
    }

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", description = "The configuration to check.")
    Path file;
    @ArgGroup
    Start start;
    @Option(names = "--rules", paramLabel = "FILE",
            description = "The rules of another service; --print-rules shows the form.")
    Path rules;
    @Option(names = "--print-rules", description = "Print the rules in use, and end.")
    boolean printRules;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new CheckConfig()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (printRules) {
            spec.commandLine().getOut().println(ConfigRules.text(rules));
            return Exit.SOUND;
        }
        if (file == null) {
            throw Stop.usage("name the configuration file" + (start == null && rules == null ? "" : ", too")
                    + ": check-config FILE …");
        }
        Report report = new Report(spec, output.format);
        ConfigRules known = ConfigRules.read(rules);
        report.step("The configuration");
        if (rules == null) {
            report.say("by the built-in rules, which are those of " + known.service()
                    + "; for another service: --rules FILE, whose form --print-rules shows");
        }
        ConfigCheck check = new ConfigCheck(new ConfigFindings(report), known, file);
        ConfigMounts mounts = new ConfigMounts(check);
        started(report, mounts);
        if (check.config != null) {
            report.step("The secrets");
            ConfigSecrets secrets = new ConfigSecrets(check, mounts);
            report.step("The servers that it names");
            new ConfigServers(check, secrets);
        }
        return report.end(false);
    }

    private void started(Report report, ConfigMounts mounts) throws IOException {
        if (start == null) {
            report.skipped("what starts the service", "name it with --command, --compose or --source");
            return;
        }
        report.step("What starts the service");
        if (start.command != null) {
            mounts.check(List.of(Launch.command(start.command, null)), null);
        } else if (start.compose != null) {
            mounts.check(LaunchSearch.compose(start.compose), start.compose);
        } else {
            mounts.check(LaunchSearch.source(start.source, report), start.source);
        }
    }
}
