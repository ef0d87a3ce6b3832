//SOURCES EveningServers.java
//SOURCES Issue.java
//SOURCES ../../kit/engine/PodmanState.java
//SOURCES ../../kit/engine/Ran.java
//SOURCES ../../kit/report/Leftovers.java
//SOURCES ../../kit/report/Report.java
//SOURCES ../../kit/report/RunFolder.java
//SOURCES ../../kit/report/Severity.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import kit.engine.PodmanState;
import kit.engine.Ran;
import kit.report.Leftovers;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;

/** Issue 2: exit status 125. */
final class EveningPodman {
    private EveningPodman() {
    }

    /** On a service of this run's own that is down and then up; the reader's is neither asked nor stopped. */
    static Issue replay(Report report) throws Exception {
        String title = "the Podman machine is not running";
        report.step("Issue 2: the preflight check of the tests: exit status 125");
        boolean linux = System.getProperty("os.name").equals("Linux");
        if (!linux || !Ran.onPath("podman")) {
            String why = linux ? "there is no podman on the PATH"
                    : "it would take your machine, which podman-machine --replay starts if it is stopped";
            report.warn("not replayed: " + why);
            report.say("that evening: ❌ Preflight check failed: ❌ Podman not available: exit status 125\n"
                    + "and after podman machine start it passed");
            report.skipped("issue 2", why);
            return new Issue(title, "not replayed: " + why, "podman-machine", null);
        }
        Path socket = RunFolder.get().resolve("podman.sock");
        Ran before = preflight(report, socket);
        PodmanState state = PodmanState.said(before.err());
        report.say(before.said());
        report.warn(state.code() + ": " + state.meaning
                + "; 125 only means an error of podman itself, the cause stands in stderr");
        report.finding(state.code(), Severity.error, null, state.meaning, before.said(),
                "podman machine start   # on macOS and Windows", "jbang podman-machine --start");
        Process service = startPodman(report, socket);
        Ran after = preflight(report, socket);
        if (!after.ok()) {
            report.say(after.said());
        }
        EveningServers.stop(service);
        return new Issue(title, after.ok() ? "started, and podman ps succeeds" : "podman does not answer",
                "podman-machine", before.exit() == 125 && after.ok());
    }

    private static Ran preflight(Report report, Path socket) throws IOException {
        report.run("podman --url unix://" + socket + " ps");
        Ran ps = Ran.run(EveningServers.PATIENCE_SECONDS, "podman", "--url", "unix://" + socket, "ps");
        if (ps.ok()) {
            report.good("Preflight check passed: exit status 0");
        } else {
            report.bad("❌ Preflight check failed: ❌ Podman not available: "
                    + (ps.exit() == Ran.TOO_LONG ? "no answer in time" : "exit status " + ps.exit()));
        }
        return ps;
    }

    /** Ends by itself where this run is killed. */
    private static Process startPodman(Report report, Path socket) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("podman", "system", "service", "--time=60", "unix://" + socket);
        report.run(String.join(" ", builder.command()) + " &");
        // With these podman would be a client only.
        builder.environment().keySet().removeAll(Set.of("CONTAINER_HOST", "CONTAINER_CONNECTION"));
        Process service = EveningServers.begin(builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD));
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(EveningServers.PATIENCE_SECONDS);
        while (service.isAlive() && !Files.exists(socket) && System.nanoTime() < until) {
            Leftovers.pause(50);
        }
        return service;
    }
}
