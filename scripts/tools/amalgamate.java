///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Prints one file made of a tool and its kit, for those who want to copy it.
//DESCRIPTION   jbang amalgamate check-sql > check-sql.java
//DESCRIPTION   jbang amalgamate --to DIR check-sql preflight
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m
//SOURCES ../kit/house/Amalgamation.java
//SOURCES ../kit/house/Catalogue.java
//SOURCES ../kit/house/SourceGraph.java
//SOURCES ../kit/report/Exit.java
//SOURCES ../kit/report/Nearest.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/TextFiles.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//DEPS info.picocli:picocli:4.7.7

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

import kit.house.Amalgamation;
import kit.house.Catalogue;
import kit.house.SourceGraph;
import kit.report.Exit;
import kit.report.Nearest;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tool;
import kit.report.Where;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A tool names its parts by //SOURCES, and these name others. Here they become one file that can be copied alone. */
@Command(name = "amalgamate", version = "amalgamate 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {
            "Prints one file made of a tool and all that it is made of: its header, each library once, each part.",
            "It runs alone, in any folder. The same sources give the same bytes."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:sound: the file is made", "1:the script itself failed",
            "2:wrong usage: there is no such tool, or its parts cannot stand in one file",
            "3:could not check: this Java has no compiler"},
        footer = {
            "%nExamples:", "  amalgamate check-sql > check-sql.java", "  amalgamate --to DIR check-sql preflight",
            "  amalgamate scripts/tools/check-sql.java"})
class Amalgamate implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Aliases of jbang-catalog.json, or files.")
    List<String> names = List.of();
    @Option(names = "--to", paramLabel = "DIR", description = "Write the files into this folder, each by its own name.")
    Path to;
    @Spec
    CommandSpec spec;
    private Optional<Catalogue> catalogue;

    public static void main(String... args) {
        System.exit(Tool
                .commandLine(new Amalgamate(),
                        "JBANG_LAUNCH_CMD:the launcher, whose catalogue is meant; jbangw sets it")
                .execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (names.isEmpty()) {
            throw Stop.usage("name the tool: amalgamate NAME");
        }
        if (to == null && names.size() > 1) {
            throw Stop.usage("more than one file needs a folder: name it with --to DIR");
        }
        Map<Path, String> made = new LinkedHashMap<>();
        for (String name : names) {
            Path file = file(name);
            made.put(file, new Amalgamation(SourceGraph.of(file), root(file)).text());
        }
        if (to == null) {
            spec.commandLine().getOut().print(made.values().iterator().next());
            spec.commandLine().getOut().flush();
            return Exit.SOUND;
        }
        for (Map.Entry<Path, String> each : made.entrySet()) {
            write(each.getKey(), each.getValue());
        }
        return Exit.SOUND;
    }

    private Path file(String name) throws IOException {
        Path file = catalogue().map(Catalogue::files).map(files -> files.get(name)).orElse(Path.of(name));
        if (Files.isRegularFile(file)) {
            return file.toAbsolutePath().normalize();
        }
        if (catalogue().isEmpty()) {
            throw Stop.usage(name + " is no file, and neither this folder nor one above it holds jbang-catalog.json,"
                    + " which has the names");
        }
        throw Stop.usage(name + " is neither a name of jbang-catalog.json nor a file"
                + Nearest.of(name, catalogue().get().files().keySet(), 3).map(near -> ": did you mean " + near + "?")
                        .orElse(""));
    }

    /** The parts are named as seen from the catalogue; for a file elsewhere, from the current folder. */
    private Path root(Path file) throws IOException {
        return catalogue().map(Catalogue::root).filter(file::startsWith).orElse(Path.of(""));
    }

    private Optional<Catalogue> catalogue() throws IOException {
        catalogue = catalogue == null ? Catalogue.find() : catalogue;
        return catalogue;
    }

    private void write(Path source, String text) throws IOException {
        if (Files.exists(to) && !Files.isDirectory(to)) {
            throw Stop.usage("--to " + to + " is a file: name a folder");
        }
        Path file = Files.createDirectories(to).resolve(source.getFileName());
        if (Files.exists(file) && Files.isSameFile(file, source)) {
            throw Stop.usage("--to " + to + " is where " + Where.shown(source) + " itself stands: name another folder");
        }
        spec.commandLine().getErr().println("wrote " + TextFiles.write(file, text));
    }
}
