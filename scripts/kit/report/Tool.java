//SOURCES Clean.java
//SOURCES Exit.java
//SOURCES Report.java
//SOURCES RunFolder.java
//SOURCES SqlError.java
//SOURCES Stop.java
//SOURCES TextFiles.java
//DEPS info.picocli:picocli:4.7.7
package kit.report;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/** The command line as every tool has it: sentences on stderr, documented exit codes, UTF-8 wherever it can be
 * shown. */
public final class Tool {
    private Tool() {
    }

    /** @param environment what the tool itself reads there, as "NAME:what it is", for its help */
    public static CommandLine commandLine(Object command, String... environment) {
        CommandLine line = new CommandLine(command);
        addCompletion(line);
        layOut(line, environment);
        // Under LANG=C Java would print a question mark for every tick.
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, outputCharset()));
        line.setOut(new PrintWriter(new OutputStreamWriter(System.out, outputCharset()), true));
        line.setErr(new PrintWriter(new OutputStreamWriter(System.err, outputCharset()), true));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        line.setParameterExceptionHandler((e, args) -> {
            CommandLine at = e.getCommandLine();
            at.getErr().println(at.getCommandName() + ": " + Clean.arguments(e.getMessage()) + " (see "
                    + at.getCommandSpec().qualifiedName() + " --help)");
            return Exit.USAGE;
        });
        line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, line));
        return line;
    }

    private static void addCompletion(CommandLine line) {
        line.getCommandSpec().addOption(OptionSpec.builder("--completion").versionHelp(true)
                .description("Print what completes this command in bash and zsh, and end.").build());
        line.setExecutionStrategy(parsed -> {
            if (!parsed.hasMatchedOption("--completion")) {
                return run(line, parsed);
            }
            line.getOut().print(AutoComplete.bash(line.getCommandName(), line));
            line.getOut().flush();
            return Exit.SOUND;
        });
    }

    /** An error of the machine is no exception, and would end in a stack trace. */
    private static int run(CommandLine line, ParseResult parsed) {
        try {
            return new CommandLine.RunLast().execute(parsed);
        } catch (OutOfMemoryError | StackOverflowError e) {
            throw new ExecutionException(line, String.valueOf(e),
                    e instanceof StackOverflowError ? new Stop(Exit.FAILED,
                            "something that it has read is nested too deeply") : outOfMemory(line));
        }
    }

    private static Stop outOfMemory(CommandLine line) {
        return new Stop(Exit.FAILED, "out of memory, of which it has " + (Runtime.getRuntime().maxMemory() >> 20)
                + " MB: give it more with jbang -R-Xmx1g " + line.getCommandName() + " …");
    }

    /** Every help as a man page has it: before the examples stand the variables that a run heeds. */
    private static void layOut(CommandLine line, String... environment) {
        List<CommandLine> commands = Stream.concat(Stream.of(line), line.getSubcommands().values().stream()).toList();
        Map<String, String> variables = new LinkedHashMap<>();
        Stream.of(environment).map(entry -> entry.split(":", 2)).forEach(e -> variables.put(e[0], e[1]));
        if (commands.stream().anyMatch(command -> command.getCommandSpec().findOption("--url") != null)) {
            variables.put("PGHOST", "your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD "
                    + "(or ~/.pgpass)");
            variables.put("DOCKER_HOST", "the engine for jdbc:tc:…; podman-machine --env prints it");
        }
        variables.put("NO_COLOR", "no colours; CLICOLOR_FORCE=1: colours also into a pipe");
        List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
        keys.add(keys.indexOf(UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), "environment");
        line.setHelpSectionKeys(keys);
        Map<String, String> exitCodes = line.getCommandSpec().usageMessage().exitCodeList();
        for (CommandLine command : commands) {
            command.getCommandSpec().usageMessage().descriptionHeading("%n").parameterListHeading("%nArguments:%n")
                    .optionListHeading("%nOptions:%n").commandListHeading("%nCommands:%n")
                    .exitCodeListHeading("%nExit codes:%n").exitCodeList(exitCodes);
            command.getHelpSectionMap().put("environment",
                    help -> "%nEnvironment:%n".formatted() + help.createTextTable(variables));
        }
    }

    private static Charset outputCharset() {
        String terminal = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
        // A terminal that says it cannot show UTF-8 is believed; a file or a pipe gets UTF-8.
        return terminal != null && System.console() != null ? Charset.forName(terminal) : StandardCharsets.UTF_8;
    }

    private static int failed(Exception e, CommandLine line) {
        Throwable root = e;
        // A line that was cut has a cause without words.
        while (root.getCause() != null && !(root instanceof Stop)
                && !(root instanceof SQLException sql && SqlError.isGone(sql))) {
            root = root.getCause();
        }
        if (System.getProperty("runbook.stacktrace") != null) {
            e.printStackTrace();
        }
        String sentence = root instanceof OutOfMemoryError ? outOfMemory(line).getMessage() : sentence(root);
        Report.broken(sentence, RunFolder.ending());
        if (!RunFolder.ending()) {
            line.getErr().println(line.getCommandName() + ": " + Clean.text(sentence).replace('\n', ' '));
        }
        return root instanceof Stop stop ? stop.exit : root instanceof SQLException ? Exit.UNCHECKED : Exit.FAILED;
    }

    private static String sentence(Throwable root) {
        if (root instanceof Stop) {
            return root.getMessage();
        }

        if (root instanceof SQLException sql) {
            return "the server " + (SqlError.isGone(sql) ? "went away: " : "answered: ") + SqlError.message(sql);
        }
        return root instanceof IOException io ? "could not read or write: " + TextFiles.trouble(io)
                : "failed in a way that it should not: " + root + "; --stack-trace shows where";
    }
}
