//SOURCES ../../scripts/kit/postgres/Server.java
//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES ../../scripts/kit/report/Stop.java
package bench.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

import kit.postgres.Server;
import kit.report.RunFolder;
import kit.report.Stop;

/** Which processors the server and the clients run on. */
public final class Placement {
    private Placement() {
    }

    public static String unpinned(Server server) {
        return server.kind == Server.Kind.EMBEDDED
                || server.address().matches("(localhost|127\\.0\\.0\\.1|\\[?::1\\]?):.*")
                        ? "client and server on one machine with " + Runtime.getRuntime().availableProcessors()
                                + " processors, not pinned"
                        : "client here, server on " + server.address();
    }

    /** What the server and this process start from now on inherits it. */
    public static String pin(Server server) throws IOException, InterruptedException {
        int processors = Runtime.getRuntime().availableProcessors();
        if (server.kind != Server.Kind.EMBEDDED || processors < 2) {
            throw Stop.usage("--pin wants the embedded server and at least two processors: leave it out");
        }
        String postmaster = Files.readAllLines(RunFolder.get().resolve("pg/postmaster.pid")).get(0).strip();
        bind("0", postmaster);
        bind("1-" + (processors - 1), String.valueOf(ProcessHandle.current().pid()));
        return "server pinned to processor 0, clients to " + (processors == 2 ? "1" : "1-" + (processors - 1));
    }

    private static void bind(String processors, String pid) throws InterruptedException {
        try {
            Process taskset = new ProcessBuilder("taskset", "-acp", processors, pid).redirectErrorStream(true).start();
            String said = new String(taskset.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (taskset.waitFor() != 0) {
                throw Stop.usage("--pin: taskset failed: " + said);
            }
        } catch (IOException e) {
            throw Stop.usage("--pin wants taskset, which only Linux has (package util-linux): leave --pin out");
        }
    }
}
