package kit.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Removes a run's folder and stops the server in it: at the end of the run, or by a later run where that one was
 * killed. */
public final class Leftovers {
    private Leftovers() {
    }

    static Path lockOf(Path folder) {
        return folder.resolveSibling(folder.getFileName() + ".lock");
    }

    static void removeFrom(Path home) throws IOException {
        List<Path> locks;
        try (Stream<Path> files = Files.list(home)) {
            // Not those of this very process: to close a second channel would give its lock back.
            String own = ProcessHandle.current().pid() + "-";
            locks = files.filter(file -> file.toString().endsWith(".lock"))
                    .filter(file -> !file.getFileName().toString().startsWith(own)).toList();
        }
        for (Path lock : locks) {
            try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                    FileLock held = channel.tryLock()) {
                if (held != null) {
                    Path left = lock.resolveSibling(lock.getFileName().toString().replaceFirst("\\.lock$", ""));
                    if (Files.exists(left)) {
                        System.err.println("removing what a run that was killed left behind: " + left);
                    }
                    // Without its lock nobody would come back for what could not be removed.
                    if (sweep(left)) {
                        Files.deleteIfExists(lock);
                    }
                }
            } catch (IOException e) {
                // Another run is removing it, or owns it.
            }
        }
    }

    /** What a server in the middle of its start writes next is swept up by the next round. */
    static boolean sweep(Path folder) {
        for (int quiet = 0, round = 0; quiet < 2 && round < 100; round++) {
            boolean stopped = stopStarting(folder) | stopPostgres(folder);
            delete(folder);
            quiet = stopped || Files.exists(folder) ? 0 : quiet + 1;
            if (round > 0 || quiet == 0) {
                pause(20);
            }
        }
        return !Files.exists(folder);
    }

    /** Stops what names the data folder: a server, and what starts it. The server below initdb ends at the end of its
     * input, and gives its shared memory back. */
    private static boolean stopStarting(Path folder) {
        String data = folder.resolve("pg").toString();
        Predicate<ProcessHandle> namesIt = process -> String
                .join(" ", process.info().arguments().orElse(new String[0])).contains(data);
        List<ProcessHandle> starting = ProcessHandle.allProcesses().filter(namesIt).toList();
        for (ProcessHandle process : starting) {
            if (process.info().command().orElse("").endsWith("/postgres")) {
                quit(process);
            } else {
                List<ProcessHandle> below = process.descendants().filter(namesIt.negate()).toList();
                process.destroyForcibly();
                below.forEach(Leftovers::awaitEnd);
            }
        }
        return !starting.isEmpty();
    }

    /** Stops the server whose data lie in a run's folder, if it is still there; true if there was one. */
    public static boolean stopPostgres(Path folder) {
        try {
            long pid = Long.parseLong(Files.readAllLines(folder.resolve("pg/postmaster.pid")).get(0).trim());
            Optional<ProcessHandle> server = ProcessHandle.of(pid)
                    .filter(process -> process.info().command().orElse("postgres").contains("postgres"));
            server.ifPresent(Leftovers::quit);
            return server.isPresent();
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /** SIGQUIT is PostgreSQL's immediate shutdown: nothing is written, its shared memory is given back. Java itself
     * cannot send it; every shell can, also where there is no program named kill. */
    private static void quit(ProcessHandle process) {
        try {
            new ProcessBuilder("sh", "-c", "kill -QUIT " + process.pid()).start().waitFor();
        } catch (IOException | InterruptedException e) {
            process.destroyForcibly();
        }
        awaitEnd(process);
    }

    /** Looks often, where Java's own wait for a process that is not a child looks every 0.3 s; one that nobody has
     * reaped has no command any more. */
    private static void awaitEnd(ProcessHandle process) {
        for (int looks = 0; looks < 1000 && process.isAlive() && process.info().command().isPresent(); looks++) {
            pause(5);
        }
        process.destroyForcibly();
    }

    /** Deletes a file, or a folder with all that is in it; what is gone already is no error. */
    public static void delete(Path path) {
        try (Stream<Path> all = Files.walk(path)) {
            all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // Gone already.
        }
    }

    /** Sleeps; an interruption ends it early and stays set. */
    public static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
