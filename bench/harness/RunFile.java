//SOURCES ../../scripts/kit/report/Report.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ../../scripts/kit/report/TextFiles.java
//SOURCES ../../scripts/kit/report/Where.java
//SOURCES RunData.java
//SOURCES TrialData.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.report.Report;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.json.JsonMapper;

/** A run with the file that it was read from. */
public record RunFile(Path file, RunData run) {
    private static final Path DEFAULT = Path.of("bench-results");
    private static final Pattern RUN = Pattern.compile("\\d{8}-\\d{6}[\\w-]*\\.json");
    /** A full run has some 200 kB. */
    private static final long LARGEST = 8L << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The runs that were named, the oldest first. */
    public static List<RunFile> all(List<Path> named, Report report) {
        List<RunFile> runs = new ArrayList<>();
        for (Path path : named) {
            if (Files.isDirectory(path)) {
                runs.addAll(ofFolder(path, report));
            } else {
                runs.add(read(path));
            }
        }
        if (named.isEmpty()) {
            if (!Files.isDirectory(DEFAULT)) {
                throw Stop.unchecked("there is no folder bench-results here: run jbang benchmark first, or name a run");
            }
            runs.add(newest(DEFAULT));
        }
        runs.sort(Comparator.comparing(stored -> stored.run.started()));
        return runs;
    }

    public static RunFile newest(Path path) {
        if (!Files.isDirectory(path)) {
            return read(path);
        }
        List<Path> files = files(path);
        return read(files.get(files.size() - 1));
    }

    /** All runs of a folder; a file there that cannot be read is named and passed by, unless it is the only one. */
    private static List<RunFile> ofFolder(Path folder, Report report) {
        List<RunFile> runs = new ArrayList<>();
        Stop last = null;
        for (Path file : files(folder)) {
            try {
                runs.add(read(file));
            } catch (Stop e) {
                last = e;
                report.skipped(Where.shown(file), e.getMessage());
            }
        }
        if (runs.isEmpty()) {
            throw last;
        }
        return runs;
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> files = all.filter(file -> RUN.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.comparing(file -> file.getFileName().toString())).toList();
            if (files.isEmpty()) {
                throw Stop.unchecked("there is no run in " + Where.shown(folder)
                        + " (files such as 20261124-014500.json): run jbang benchmark first, or name a run");
            }
            return files;
        } catch (IOException e) {
            throw Stop.unchecked(TextFiles.trouble(e));
        }
    }

    public static RunFile read(Path file) {
        String shown = Where.shown(file);
        if (Files.isDirectory(file)) {
            throw Stop.usage(shown + " is a folder: name a file");
        }
        if (!Files.exists(file)) {
            throw Stop.usage(shown + " does not exist: name a run of the benchmark");
        }
        try {
            if (Files.isRegularFile(file) && Files.size(file) > LARGEST) {
                throw Stop.unchecked(shown + " has " + (Files.size(file) >> 20)
                        + " MiB: no run of the benchmark has more than " + (LARGEST >> 20));
            }
            byte[] bytes = Files.newInputStream(file).readNBytes((int) LARGEST);
            if (bytes.length == 0) {
                throw Stop.unchecked(shown + " is empty: was the run broken off? Run the benchmark again");
            }
            return new RunFile(file, parse(bytes, shown));
        } catch (IOException e) {
            throw Stop.unchecked(TextFiles.trouble(e));
        }
    }

    private static RunData parse(byte[] bytes, String shown) {
        try {
            var tree = JSON.readTree(bytes);
            if (tree.isArray() && tree.path(0).has("jmhVersion")) {
                throw Stop.unchecked(shown + " is JMH's own format: name the file without .jmh that lies beside it");
            }
            String format = tree.path("format").asString("");
            if (!format.equals(RunData.FORMAT)) {
                throw Stop.unchecked(shown + " is no run that this version reads: its \"format\" is "
                        + (format.isEmpty() ? "not there" : "\"" + format + "\"") + ", and should be \""
                        + RunData.FORMAT + "\"");
            }
            RunData run = JSON.treeToValue(tree, RunData.class);
            String missing = missing(run);
            if (missing != null) {
                throw Stop.unchecked(shown + " lacks what a run has: " + missing);
            }
            return run;
        } catch (StreamReadException e) {
            throw Stop.unchecked(shown + ":" + Math.max(1, e.getLocation().getLineNr())
                    + " is not JSON, or only the beginning of it: " + firstLine(e));
        } catch (DatabindException e) {
            String path = e.getPath().stream()
                    .map(at -> at.getPropertyName() != null ? "." + at.getPropertyName() : "[" + at.getIndex() + "]")
                    .collect(Collectors.joining()).replaceFirst("^\\.", "");
            throw Stop.unchecked(shown + " has a value of the wrong type" + (path.isEmpty() ? "" : " at " + path) + ": "
                    + firstLine(e));
        } catch (JacksonException e) {
            throw Stop.unchecked(shown + " cannot be read as JSON: " + firstLine(e));
        }
    }

    /** Without the class names of Java. */
    private static String firstLine(JacksonException e) {
        return String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("")
                .replaceAll("`?(?:\\w+\\.)+[A-Z][\\w$.<>]*`?", "what is expected");
    }

    private static String missing(RunData run) {
        if (run.run() == null || run.started() == null) {
            return run.run() == null ? "\"run\"" : "\"started\"";
        }
        if (run.server() == null || run.server().version() == null) {
            return "\"server\" with its \"version\"";
        }
        if (run.trials() == null) {
            return "\"trials\"";
        }
        for (int i = 0; i < run.trials().size(); i++) {
            String missing = missing(run.trials().get(i));
            if (missing != null) {
                return "trials[" + i + "] has no " + missing;
            }
        }
        return null;
    }

    private static String missing(TrialData trial) {
        if (trial == null || trial.test() == null || trial.name() == null) {
            return trial == null || trial.test() == null ? "\"test\"" : "\"name\"";
        }
        if (trial.unit() == null || trial.failed() == null && trial.clients() == null) {
            return trial.unit() == null ? "\"unit\"" : "\"clients\"";
        }
        for (TrialData.Round round : trial.rounds()) {
            if (round == null || round.rejected() == null && !positive(round.score())) {
                return "\"score\" above zero in a round that counts";
            }
            if (!round.iterations().stream().allMatch(RunFile::positive) && round.rejected() == null) {
                return "iterations above zero in a round that counts";
            }
        }
        boolean numbers = Stream.of(trial.latencyMillis().values(), trial.metrics().values())
                .flatMap(Collection::stream).allMatch(value -> value == null || Double.isFinite(value))
                && trial.stagesMillis().values().stream().allMatch(values -> values != null
                        && values.stream().allMatch(value -> value != null && Double.isFinite(value)));
        return numbers ? null : "finite numbers in latencyMillis, stagesMillis and metrics";
    }

    private static boolean positive(Double value) {
        return value != null && Double.isFinite(value) && value > 0;
    }
}
