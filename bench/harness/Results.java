//SOURCES ../../scripts/kit/report/Clean.java
//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES Asked.java
//SOURCES Machine.java
//SOURCES Measured.java
//SOURCES Target.java
//DEPS org.openjdk.jmh:jmh-core:1.37
//DEPS tools.jackson.core:jackson-databind:3.2.4
package bench.harness;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Clean;
import kit.report.RunFolder;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Version;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Two files a run: JMH's own format, which its viewers open, and ours with what was measured beside it. Written after
 * every trial, so that a run that is broken off leaves what it has. */
public final class Results {
    private final Asked asked;
    private final Map<String, Object> head = new LinkedHashMap<>();
    private final List<Map<String, Object>> trials = new ArrayList<>();
    private final List<RunResult> ofJmh = new ArrayList<>();
    private final Set<String> marks = new LinkedHashSet<>();
    private final long began = System.nanoTime();
    public final Path ours;
    private final Path jmhs;
    private final Path log;
    public boolean partial;
    private boolean ended;

    public Results(Asked asked) throws IOException {
        this.asked = asked;
        Files.createDirectories(asked.out);
        Instant now = Instant.now();
        String run = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC).format(now);
        ours = asked.out.resolve(run + ".json");
        jmhs = asked.out.resolve(run + ".jmh.json");
        log = RunFolder.get().resolve("jmh.log");
        if (asked.quick) {
            marks.add("smoke figures: --quick");
        }
        head.put("format", "datastorage-bench 1");
        head.put("run", run);
        head.put("started", now.toString());
        head.put("profile", asked.quick ? "quick" : asked.full ? "full" : "default");
        head.put("revision", Machine.revision());
        head.put("command", Clean.text(asked.command));
        head.put("client",
                Map.of("driver", org.postgresql.util.DriverInfo.DRIVER_VERSION, "jmh", Version.getPlainVersion()));
    }

    public void server(Target target, String pgbench) throws IOException {
        if (!target.durable()) {
            marks.add("NOT DURABLE: " + target.durability());
        }
        head.put("machine", Machine.asMap(target.placement));
        Map<String, Object> server = new LinkedHashMap<>();
        server.put("version", target.server.version);
        server.put("engine", target.engine);
        server.put("kind", target.server.kind.name().toLowerCase(Locale.ROOT));
        server.put("settings", target.settings);
        server.put("filesystem", target.filesystem);
        head.put("server", server);
        head.put("pgbench", pgbench);
        save();
    }

    public void mark(String text) {
        marks.add(text);
    }

    public void add(Measured trial) throws IOException {
        trials.add(trial.asMap());
        if (trial.hasResult()) {
            ofJmh.add(trial.all());
        }
        save();
    }

    public void end() throws IOException {
        ended = true;
        save();
    }

    public List<Path> files() {
        return List.of(ours, jmhs);
    }

    /** One call of JMH; its own words go to a log, for they are many. */
    public RunResult run(Options options, Measured into) throws RunnerException, IOException {
        PrintStream words = options.verbosity().hasValue() ? System.err
                : new PrintStream(Files.newOutputStream(log), true, StandardCharsets.UTF_8);
        RunResult result = new Runner(options,
                OutputFormatFactory.createFormatInstance(words, options.verbosity().orElse(VerboseMode.NORMAL)))
                .runSingle();
        into.parameters = result.getParams();
        return result;
    }

    /** The first sentence of the exception that a fork ended with. */
    public String whyJmhFailed(RunnerException e) throws IOException {
        Pattern exception = Pattern.compile("^(?:Caused by: )?(?:[\\w.$]+\\.)?(\\w+(?:Exception|Error|Failed)): (.+)");
        List<String> causes = Files.exists(log)
                ? Files.readAllLines(log).stream().map(exception::matcher).filter(Matcher::find).map(m -> m.group(2))
                        .toList()
                : List.of();
        return Clean.text(causes.isEmpty() ? "JMH: " + e.getMessage() : causes.get(causes.size() - 1));
    }

    private void save() throws IOException {
        Map<String, Object> document = new LinkedHashMap<>(head);
        document.put("seconds", Math.round((System.nanoTime() - began) / 1e8) / 10.0);
        document.put("partial", partial || !ended);
        document.put("marks", marks);
        document.put("trials", trials);
        replace(ours,
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        ByteArrayOutputStream jmh = new ByteArrayOutputStream();
        ResultFormatFactory.getInstance(ResultFormatType.JSON, new PrintStream(jmh, true, StandardCharsets.UTF_8))
                .writeOut(ofJmh);
        replace(jmhs, jmh.toString(StandardCharsets.UTF_8));
    }

    /** Whole or not at all: a disk that is full leaves what was there. */
    private static void replace(Path file, String text) throws IOException {
        Path whole = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(whole, text);
            Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(whole);
        }
    }
}
