//SOURCES ../report/Clean.java
//SOURCES ../report/Exit.java
//SOURCES ../report/RunFolder.java
//SOURCES ../report/Stop.java
//SOURCES Tier.java
package kit.tiers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

import kit.report.Clean;
import kit.report.Exit;
import kit.report.RunFolder;
import kit.report.Stop;

/** The command of a tier, and every process that comes of it, also those that have left its tree. */
public final class Child implements AutoCloseable {
    private static final String COOKIE = "RUN_TESTS_COOKIE";
    private static final Pattern SECRET_NAME = Pattern
            .compile("(?i).*(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL).*");
    /** What holds a container; the container itself goes by its name. */
    private static final Set<String> MONITORS = Set.of("conmon", "catatonit", "rootlessport", "slirp4netns", "pasta",
            "aardvark-dns", "netavark", "containerd-shim-runc-v2");
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int PATIENCE_SECONDS = 40;
    private static final Set<Child> ALL = new LinkedHashSet<>();
    /** Where this run keeps its results; there is one run at a time for each such place. */
    private static String home = "";

    final Process process;
    private final String cookie;
    private final Set<ProcessHandle> known = new LinkedHashSet<>();

    private Child(Process process, String cookie) {
        this.process = process;
        this.cookie = cookie;
    }

    /** The value of a variable whose name says that it is a secret is in no output of this run. */
    public static void hide(String name, String value) {
        if (SECRET_NAME.matcher(name).matches() && !value.matches("(?i)true|false|yes|none|\\d{1,3}")) {
            Clean.secret(value);
        }
    }

    /** Synchronized with the end of the run: what that does not find is not begun any more. */
    static Child start(Tier tier) throws IOException {
        List<String> shell = System.getProperty("os.name").startsWith("Windows") ? List.of("cmd", "/c", tier.command())
                : List.of("sh", "-e", "-c", tier.command());
        ProcessBuilder builder = new ProcessBuilder(shell).directory(tier.folder().toFile()).redirectErrorStream(true);
        builder.environment().putAll(tier.env());
        synchronized (ALL) {
            if (RunFolder.ending()) {
                throw new Stop(Exit.FAILED, "ended from outside");
            }
            // What has left the tree of processes still has this in its environment. A run-tests within a run-tests
            // keeps the outer one's.
            String cookie = home + "#" + System.nanoTime() + ";";
            builder.environment().merge(COOKIE, cookie, String::concat);
            Child child = new Child(builder.start(), cookie);
            child.process.getOutputStream().close();
            ALL.add(child);
            return child;
        }
    }

    /** Waits a moment; on the way remembers what there is below it. */
    boolean ended() throws InterruptedException {
        remember();
        return process.waitFor(300, TimeUnit.MILLISECONDS);
    }

    private void remember() {
        synchronized (known) {
            process.descendants().forEach(known::add);
            known.removeIf(handle -> !handle.isAlive());
        }
    }

    /** All that is alive of it: the process, what is and was below it, and what has its cookie. */
    private Set<ProcessHandle> alive() {
        remember();
        Set<ProcessHandle> alive;
        synchronized (known) {
            alive = new LinkedHashSet<>(known);
        }
        alive.add(process.toHandle());
        alive.addAll(withCookie(cookie));
        alive.removeIf(handle -> !handle.isAlive() || MONITORS.contains(name(handle)));
        return alive;
    }

    /** Linux shows the environment of a process; elsewhere there is only the tree. */
    private static List<ProcessHandle> withCookie(String cookie) {
        return !Files.isDirectory(Path.of("/proc/self")) ? List.of() : ProcessHandle.allProcesses().filter(handle -> {
            try {
                return !MONITORS.contains(name(handle))
                        && new String(Files.readAllBytes(Path.of("/proc/" + handle.pid() + "/environ")),
                                StandardCharsets.ISO_8859_1).contains(cookie);
            } catch (IOException e) {
                return false;
            }
        }).toList();
    }

    private static String name(ProcessHandle handle) {
        return handle.info().command().map(command -> command.replaceFirst(".*[/\\\\]", "")).orElse("");
    }

    /** What a run that was killed has left; no other one is going on here. */
    public static void endLeftovers(Path place) {
        home = "run-tests:" + place.toAbsolutePath().normalize();
        Set<ProcessHandle> told = new LinkedHashSet<>();
        // One that dies may just have started another.
        for (List<ProcessHandle> left = withCookie(home + "#"); !left.isEmpty()
                && told.size() < 1000; left = withCookie(home + "#")) {
            for (ProcessHandle each : left) {
                if (told.add(each)) {
                    System.err.println("run-tests: ending what a run that was killed left behind: process " + each.pid()
                            + ", " + name(each));
                }
                each.destroyForcibly();
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** What is left after its end; it is ended when the run ends, for a tier may start what the next one needs. */
    List<String> leave() throws InterruptedException {
        Set<ProcessHandle> left = alive();
        for (int i = 0; i < 10 && !left.isEmpty(); i++) {
            Thread.sleep(100);
            left = alive();
        }
        return left.stream().map(handle -> "process " + handle.pid() + ", " + name(handle)).toList();
    }

    /** Ends all of it: asked first, so that it can clean up, and then made to. */
    void end() {
        long until = System.nanoTime() + GRACE_NANOS;
        Set<ProcessHandle> asked = new LinkedHashSet<>();
        for (Set<ProcessHandle> alive = alive(); !alive.isEmpty()
                && System.nanoTime() < until + GRACE_NANOS; alive = alive()) {
            for (ProcessHandle handle : alive) {
                if (System.nanoTime() > until) {
                    handle.destroyForcibly();
                } else if (asked.add(handle)) {
                    handle.destroy();
                }
            }
            LockSupport.parkNanos(50_000_000);
        }
    }

    public static void endAll() {
        List<Child> all;
        synchronized (ALL) {
            all = List.copyOf(ALL);
        }
        all.forEach(Child::end);
    }

    /** When the run is ended from outside, the processes go, and the run has the time to say what it measured; closing
     * what is returned says that it has said it. */
    public static AutoCloseable endWithRun() {
        CountDownLatch done = new CountDownLatch(1);
        RunFolder.atEnd(() -> {
            endAll();
            done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            endAll();
        });
        return done::countDown;
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            end();
        }
    }
}
