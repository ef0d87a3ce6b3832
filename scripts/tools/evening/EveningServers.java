//SOURCES ../../datastorage.java
//SOURCES ../../kit/report/Clean.java
//SOURCES ../../kit/report/Exit.java
//SOURCES ../../kit/report/Leftovers.java
//SOURCES ../../kit/report/RunFolder.java
//SOURCES ../../kit/report/Stop.java
//DEPS org.signal:embedded-redis:0.9.1

import java.io.IOException;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import kit.report.Clean;
import kit.report.Exit;
import kit.report.Leftovers;
import kit.report.RunFolder;
import kit.report.Stop;
import redis.embedded.RedisExecProvider;

/** The processes of that evening: the service, its Redis, and who has which port. All end with the run. */
final class EveningServers {
    static final int PATIENCE_SECONDS = 30;

    private EveningServers() {
    }

    /** The service in a JVM of its own, which does not outlive the one that started it, whatever ends that. */
    public static void main(String... args) {
        Thread parent = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                }
            } catch (IOException e) {
                // As gone as at the end of the stream
            }
            System.exit(Exit.FAILED);
        });
        parent.setDaemon(true);
        parent.start();
        Datastorage.main();
    }

    /** Starts the service in a folder; an empty path is none. */
    static Process service(Path folder, String configPath) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx128m", "-cp",
                System.getProperty("java.class.path"), EveningServers.class.getName()).directory(folder.toFile());
        builder.environment().put("CONFIG_PATH", configPath);
        if (configPath.isEmpty()) {
            builder.environment().remove("CONFIG_PATH");
        }
        return begin(builder);
    }

    /** Starts what ends with this run; once that is being ended, nothing is started any more. */
    static Process begin(ProcessBuilder builder) throws IOException {
        synchronized (RunFolder.class) {
            if (RunFolder.ending()) {
                throw new Stop(Exit.FAILED, "ended from outside");
            }
            Process process = builder.start();
            RunFolder.atEnd(() -> stop(process));
            return process;
        }
    }

    /** Gently, with all that it started; then not. */
    static void stop(Process process) throws InterruptedException {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
        all.forEach(ProcessHandle::destroy);
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            all.forEach(ProcessHandle::destroyForcibly);
            process.waitFor();
        }
    }

    static String said(Process ended) throws IOException {
        return new String(ended.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** The answer as soon as there is one; null if the service ends instead, or says nothing. */
    static HttpResponse<String> get(Process service, String url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (service.isAlive() && System.nanoTime() < end) {
            try {
                return HttpClient.newHttpClient().sendAsync(request, HttpResponse.BodyHandlers.ofString())
                        .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof ConnectException)) {
                    throw e;
                }
                Leftovers.pause(50);
            }
        }
        // By its handle: Process.destroyForcibly would close the streams, and what it said last would be lost.
        service.toHandle().destroyForcibly();
        return null;
    }

    static String password() {
        String password = new BigInteger(130, new SecureRandom()).toString(36);
        Clean.secret(password);
        return password;
    }

    /** Starts a real Redis, carried by a jar, on a port of the loopback interface. */
    static void redis(Path folder, int port, String password) throws Exception {
        Path binary = Files.copy(RedisExecProvider.defaultProvider().get().toPath(), folder.resolve("redis-server"));
        binary.toFile().setExecutable(true);
        Files.writeString(folder.resolve("redis.conf"), "port " + port + "\nbind 127.0.0.1\nsave \"\"\ndir " + folder
                + "\nrequirepass " + password + "\n");
        // The shell ends it when this process is gone, and its end of the pipe with it.
        begin(new ProcessBuilder("sh", "-c",
                "\"$0\" redis.conf >redis.log 2>&1 & server=$!; read -r end; kill $server; "
                        + "wait $server",
                binary.toString()).directory(folder.toFile()));
        for (int tries = 0; !dial("127.0.0.1", port).isEmpty(); tries++) {
            if (tries == 200) {
                throw Stop.unchecked("Redis does not start; may files in " + folder.getParent() + " be executed?");
            }
            Leftovers.pause(50);
        }
    }

    /** pgx says it so: one line for each address of localhost, the one of IPv6 first. */
    static String dialError(int port) {
        List<String> errors = new ArrayList<>();
        for (String address : List.of("::1", "127.0.0.1")) {
            if (dial(address, port).contains("refused")) {
                String at = (address.equals("::1") ? "[::1]" : address) + ":" + port;
                errors.add(at + " (localhost): dial error: dial tcp " + at + ": connect: connection refused");
            }
        }
        return "failed to connect to `user=slm_user database=action_history`:"
                + (errors.size() == 1 ? " " + errors.get(0) : "\n\t" + String.join("\n\t", errors));
    }

    /** Nothing where something listens, else what the system says. */
    private static String dial(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 1000);
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The first port from this one on that nobody listens on, and no other run is about to. */
    static int free(int from) {
        for (int port = from; port < from + 1000; port++) {
            // What listens on one address only does not keep another from being bound.
            if (dial("127.0.0.1", port).isEmpty() || dial("::1", port).isEmpty()) {
                continue;
            }
            try (ServerSocket socket = new ServerSocket(port)) {
                if (claim(port)) {
                    return socket.getLocalPort();
                }
            } catch (IOException e) {
                // Taken.
            }
        }
        throw Stop.unchecked("no port from " + from + " to " + (from + 999) + " is free");
    }

    /** Between two runs, which both find a port free before either has started a server on it. */
    private static boolean claim(int port) throws IOException {
        Path file = RunFolder.get().resolveSibling("port-" + port);
        FileChannel claim = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (claim.tryLock() == null) {
            claim.close();
            return false;
        }
        RunFolder.atEnd(() -> {
            claim.close();
            Files.deleteIfExists(file);
        });
        return true;
    }
}
