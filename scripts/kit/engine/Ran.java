//SOURCES ../report/RunFolder.java
//SOURCES Within.java
package kit.engine;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import kit.report.RunFolder;

/** A command that was run, with its own time limit; it ends with the run.
 *
 * @param command as it was typed
 * @param exit    its exit status; {@link #TOO_LONG} where it was ended for that, {@link #MISSING} where there is none
 * @param out     what it said, a megabyte at the most
 * @param err     the same of its other output */
public record Ran(String command, int exit, String out, String err) {
    public static final int TOO_LONG = -1;
    public static final int MISSING = -2;
    private static final int ENOUGH = 1 << 20;
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
    private static boolean hooked;

    /** In this folder, with this environment. */
    public static Ran run(int seconds, String... words) throws IOException {
        return run(seconds, Map.of(), null, words);
    }

    /** @param environment added to this process's own
     * @param folder      null is this one's
     * @throws IOException this thread was interrupted */
    public static Ran run(int seconds, Map<String, String> environment, Path folder, String... words)
            throws IOException {
        hook();
        ProcessBuilder builder = new ProcessBuilder(words).directory(folder == null ? null : folder.toFile());
        builder.environment().putAll(environment);
        String command = String.join(" ", words);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Ran(command, MISSING, "", "");
        }
        RUNNING.add(process);
        try {
            // Without a terminal nothing is asked.
            process.getOutputStream().close();
            Future<String> out = Within.begin(() -> read(process.getInputStream()));
            Future<String> err = Within.begin(() -> read(process.getErrorStream()));
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            end(process);
            return new Ran(command, ended ? process.exitValue() : TOO_LONG, said(out), said(err));
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            RUNNING.remove(process);
        }
    }

    private static synchronized void hook() {
        if (!hooked) {
            hooked = true;
            RunFolder.atEnd(() -> RUNNING.forEach(Ran::end));
        }
    }

    /** Only what has not ended by itself, for what podman machine start leaves running is to run. By their handles:
     * Process.destroy would close the streams, and what was said last would be lost. */
    private static void end(Process process) {
        if (process.isAlive()) {
            Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList()
                    .forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static String read(InputStream from) throws IOException {
        return new String(from.readNBytes(ENOUGH), StandardCharsets.UTF_8);
    }

    /** What is left running may hold the stream open. */
    private static String said(Future<String> read) {
        try {
            return Within.get(read, 1);
        } catch (IOException | TimeoutException e) {
            return "";
        }
    }

    /** Whether a program of this name could be run. */
    public static boolean onPath(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(dir -> Files.isExecutable(Path.of(dir, name)) || Files.exists(Path.of(dir, name + ".exe")));
    }

    public boolean missing() {
        return exit == MISSING;
    }

    public boolean ok() {
        return exit == 0;
    }

    /** "podman ps: exit status 125". */
    public String how() {
        return command + ": " + (missing() ? "there is no such command"
                : exit == TOO_LONG ? "no answer in time" : "exit status " + exit);
    }

    /** All that it said, on both outputs. */
    public String said() {
        return (out + err).strip();
    }

    /** The first lines of what it said, for what a program prints that has gone wrong may be anything. */
    public String brief() {
        List<String> lines = (err.isBlank() ? out : err).lines().filter(line -> !line.isBlank()).limit(6)
                .map(line -> line.length() > 300 ? line.substring(0, 300) + "…" : line).toList();
        return lines.isEmpty() ? "it says nothing" : String.join("\n", lines);
    }
}
