//SOURCES Ping.java
//SOURCES Ran.java
//SOURCES ../report/RunFolder.java
//SOURCES Within.java
package kit.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

import kit.report.RunFolder;

/** Where an engine may listen on this machine, and where Testcontainers looks for it. */
public final class EngineSockets {
    /** -Drunbook.os=mac|windows|linux, for the tests, which have no other systems. */
    private static final String OS = System.getProperty("runbook.os", System.getProperty("os.name"))
            .toLowerCase(Locale.ROOT);
    /** Whether Podman needs a virtual machine here, as on all systems but Linux. */
    public static final boolean NEEDS_MACHINE = !OS.startsWith("linux");
    /** -Drunbook.docker=… is for the tests, on a machine that has one; then no other socket of the system counts. */
    private static final String DOCKER = System.getProperty("runbook.docker", "/var/run/docker.sock");
    private static final boolean TESTED = System.getProperty("runbook.docker") != null;

    private EngineSockets() {
    }

    /** Asks every address at once: those of Testcontainers first, in its order.
     *
     * @param patience in seconds */
    public static List<Ping> ask(int patience) throws IOException {
        List<Future<Ping>> asked = all(patience).stream()
                .map(address -> Within.begin(() -> Ping.of(address, patience))).toList();
        List<Ping> pings = new ArrayList<>();
        for (Future<Ping> each : asked) {
            try {
                // Each has its own limit.
                pings.add(Within.get(each, patience + 5));
            } catch (TimeoutException e) {
                throw new IOException(e);
            }
        }
        return pings;
    }

    /** Every address where an engine may be: what is named, Docker's, Podman's own. */
    public static Set<String> all(int patience) throws IOException {
        Set<String> all = new LinkedHashSet<>(testcontainers());
        add(all, System.getenv("CONTAINER_HOST"));
        if (NEEDS_MACHINE) {
            Ran socket = Ran.run(patience, "podman", "machine", "inspect", "--format",
                    "{{.ConnectionInfo.PodmanSocket.Path}}");
            add(all, socket.ok() && socket.out().startsWith("/") ? "unix://" + socket.out().strip() : "");
        } else {
            all.add("unix://" + podman());
        }
        if (!TESTED) {
            // A user of a group may be let in.
            all.add("unix:///run/podman/podman.sock");
        }
        return all;
    }

    private static void add(Set<String> all, String address) {
        if (address != null && !address.isBlank()) {
            all.add(address.strip());
        }
    }

    /** Where Testcontainers looks, in its order; it takes the first that answers (DockerClientProviderStrategy of
     * version 2.0.5). Never Podman's own socket. */
    public static Set<String> testcontainers() {
        String home = System.getProperty("user.home");
        Properties own = properties(home);
        Set<String> places = new LinkedHashSet<>();
        add(places, own.getProperty("tc.host"));
        String host = System.getenv("DOCKER_HOST");
        if (host != null && !host.isEmpty()) {
            add(places, host);
        } else if (!"autoIgnoringUserProperties".equals(own.getProperty("dockerconfig.source"))) {
            add(places, own.getProperty("docker.host"));
        }
        if (OS.startsWith("win")) {
            places.add("npipe:////./pipe/docker_engine");
            return places;
        }
        if (String.valueOf(own.getProperty("docker.client.strategy")).contains(".UnixSocket")) {
            places.add("unix://" + DOCKER);
        }
        if (!NEEDS_MACHINE) {
            firstThere(places, System.getenv("XDG_RUNTIME_DIR"), home + "/.docker/run", "/run/user/" + uid());
        }
        places.add("unix://" + DOCKER);
        firstThere(places, home + "/.docker/desktop", home + "/.docker/run");
        return places;
    }

    private static void firstThere(Set<String> places, String... folders) {
        Stream.of(folders).filter(dir -> dir != null && Files.exists(Path.of(dir, "docker.sock"))).findFirst()
                .ifPresent(dir -> places.add("unix://" + dir + "/docker.sock"));
    }

    private static Properties properties(String home) {
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(Path.of(home, ".testcontainers.properties"))) {
            properties.load(file);
        } catch (IOException | IllegalArgumentException e) {
            // Testcontainers goes on without it, too.
        }
        return properties;
    }

    /** Where podman system service listens if nothing else is said (podman-system-service(1)). */
    public static Path podman() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return uid().equals("0") && !TESTED ? Path.of("/run/podman/podman.sock")
                : Path.of(runtime != null && !runtime.isEmpty() ? runtime : "/run/user/" + uid(),
                        "podman/podman.sock");
    }

    /** Of this user; "" where there are none. */
    static String uid() {
        return RunFolder.uid().map(String::valueOf).orElse("");
    }

    /** What Testcontainers must be told to use this engine. */
    public static List<String> exports(Ping engine) {
        List<String> exports = new ArrayList<>(List.of("export DOCKER_HOST='" + engine.address() + "'"));
        if (engine.reply() == Ping.Reply.PODMAN && NEEDS_MACHINE) {
            // The path inside the machine, for Ryuk.
            exports.add("export TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE='/var/run/docker.sock'");
        }
        if (engine.reply() == Ping.Reply.PODMAN) {
            exports.add("export TESTCONTAINERS_RYUK_DISABLED='true'   # where Podman runs without root");
        }
        return exports;
    }
}
