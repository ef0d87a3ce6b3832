//SOURCES ../../scripts/kit/report/Exit.java
//SOURCES ../../scripts/kit/report/Leftovers.java
//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ScriptRun.java
package bench.harness;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Exit;
import kit.report.Leftovers;
import kit.report.RunFolder;
import kit.report.Stop;

/** What starts the scripts: the catalogue's own launcher, the one that started this script, or JBang. */
public record ScriptLauncher(String command, Path folder) {

    private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB");

    public static ScriptLauncher find(Path folder) {
        boolean windows = File.separatorChar == '\\';
        Stream<Path> onPath = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(dir -> Path.of(dir, windows ? "jbang.cmd" : "jbang"));
        Stream<Path> named = Stream
                .of(windows ? "" : folder.resolve("jbangw").toString(),
                        System.getenv().getOrDefault("JBANG_LAUNCH_CMD", ""))
                .filter(command -> !command.isEmpty()).map(Path::of);
        return Stream.concat(named, onPath).filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst()
                .map(file -> new ScriptLauncher(file.toAbsolutePath().toString(), folder))
                .orElseThrow(() -> Stop.unchecked(
                        "there is no JBang to run the scripts with: install it, or put jbangw beside the catalogue"));
    }

    public ScriptRun run(Path script, List<String> arguments, boolean cold) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(command));
        if (cold) {
            // With an option of JBang's own the launcher asks JBang, and keeps no answer.
            words.add("--quiet");
        }
        words.add(script.toString());
        words.addAll(arguments);
        Path errors = RunFolder.get().resolve("stderr");
        ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(errors.toFile());
        // Neither the reader's server nor the reader's configuration is measured.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.equals("CONFIG_PATH"));
        if (cold) {
            builder.environment().put("JBANG_CACHE_DIR",
                    Files.createTempDirectory(RunFolder.get(), "cold-").toString());
        }
        long began = System.nanoTime();
        Process process = Running.start(builder);
        process.getOutputStream().close();
        double megabytes = 0;
        while (!process.waitFor(10, TimeUnit.MILLISECONDS)
                && System.nanoTime() - began < TimeUnit.MINUTES.toNanos(ScriptRun.MINUTES)) {
            megabytes = Math.max(peak(process), megabytes);
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        boolean ended = !process.isAlive();
        Running.stop();
        if (cold) {
            Leftovers.delete(Path.of(builder.environment().get("JBANG_CACHE_DIR")));
        }
        String last = new String(Files.readAllBytes(errors), StandardCharsets.UTF_8).lines()
                .filter(line -> !line.isBlank()).reduce("", (a, b) -> b).strip();
        return new ScriptRun(ended ? process.exitValue() : -1, seconds, megabytes, last);
    }

    /** Of the process that was started: the launcher gives its place to the script's JVM. */
    private static double peak(Process process) {
        try {
            Matcher m = PEAK.matcher(Files.readString(Path.of("/proc", String.valueOf(process.pid()), "status")));
            return m.find() ? Double.parseDouble(m.group(1)) / 1024 : 0;
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    /** The script that is being measured: it is gone when the run ends, whatever ends it. */
    public static final class Running {
        private static Process process;

        static synchronized Process start(ProcessBuilder builder) throws IOException {
            if (RunFolder.ending()) {
                throw new Stop(Exit.FAILED, "ended from outside");
            }
            if (process == null) {
                RunFolder.atEnd(Running::stop);
            }
            process = builder.start();
            return process;
        }

        /** Gently first: a script removes what it made. The launcher may end before the JBang that it has started. */
        static synchronized void stop() {
            List<ProcessHandle> below = process.descendants().toList();
            process.destroy();
            try {
                process.waitFor(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            process.destroyForcibly();
            below.forEach(ProcessHandle::destroyForcibly);
            below.forEach(each -> each.onExit().completeOnTimeout(each, 5, TimeUnit.SECONDS).join());
        }
    }
}
