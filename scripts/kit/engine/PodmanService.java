//SOURCES EngineSockets.java
//SOURCES ../report/Leftovers.java
//SOURCES Ping.java
//SOURCES Ran.java
//SOURCES ../report/Report.java
package kit.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

import kit.report.Leftovers;
import kit.report.Report;

/** Starts what listens for Podman on this machine; nothing that runs is stopped, and what it starts stays. */
public final class PodmanService {
    private static final int PATIENCE = 5;

    private PodmanService() {
    }

    /** systemctl as this user calls it. */
    static String systemctl() {
        return EngineSockets.uid().equals("0") ? "systemctl" : "systemctl --user";
    }

    /** The service as the reader could start it on Linux, without systemd. */
    public static String service() {
        return "podman system service --time=0 unix://" + EngineSockets.podman();
    }

    /** On Linux: by systemd where that runs, else as a process of its own. Tells what it does.
     *
     * @return whether Podman's own socket answers now */
    public static boolean start(Report report) throws IOException {
        Path socket = EngineSockets.podman();
        Files.createDirectories(socket.getParent());
        if (Ran.run(PATIENCE, (systemctl() + " is-system-running").split(" ")).out()
                .matches("(?s)(running|degraded|starting|initializing).*")) {
            String start = systemctl() + " start podman.socket";
            report.run(start);
            Ran.run(60, start.split(" "));
        } else {
            report.run(service() + " &");
            // It outlives this script: that is what it is started for; also where there is no setsid.
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", "command -v setsid >/dev/null && exec setsid "
                    + service() + "; trap '' INT HUP; exec " + service());
            // With these podman would be a client only.
            builder.environment().keySet().removeAll(Set.of("CONTAINER_HOST", "CONTAINER_CONNECTION"));
            builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        }
        for (int looks = 0; looks < 300; looks++) {
            if (Ping.of("unix://" + socket, PATIENCE).answers()) {
                report.good("unix://" + socket + " answers");
                return true;
            }
            Leftovers.pause(100);
        }
        report.bad("unix://" + socket + " does not answer within 30 s");
        return false;
    }
}
