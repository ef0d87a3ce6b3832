///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs a project's test tiers in order, each only if those that it needs passed, and states the readiness: a matrix, what blocks, what changed since the run before.
//DESCRIPTION   jbang run-tests --init
//DESCRIPTION   jbang run-tests
//DESCRIPTION   jbang run-tests --only unit --retry 2
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx256m
//DEPS info.picocli:picocli:4.7.7
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS tools.jackson.core:jackson-databind:3.2.4

import java.io.BufferedReader;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The tiers of a project's tests: run, counted, compared with the run before, and summed up as a readiness statement. */
@Command(name = "run-tests", version = "run-tests 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Runs the test tiers that .run-tests.yaml names, in its order, each only if those that it needs passed. What a tier prints is shown, kept in a file, and counted: JUnit XML, "
                + "Surefire, go test, Ginkgo, pytest, Jest, cargo, TAP, \"N passed, N failed, N skipped\"; else its exit status counts, and that is said.",
                "A tier that reports success and ran nothing has failed."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every tier that was to run passed", "1:the script itself failed", "2:wrong usage, or .run-tests.yaml is wrong",
                "3:could not check: there is no .run-tests.yaml, or another run is going on here", "10:problems found: a tier failed, was blocked, or ran nothing"},
        footer = {"%nExamples:", "  run-tests --init", "  run-tests --list", "  run-tests", "  run-tests --only integration --retry 2", "  run-tests --format markdown > readiness.md",
                "%nThe file; only command is needed:", "  containers: [shop-postgres-test]   # these, and no others, are removed before", "  tiers:", "    unit:",
                "      command: make test-unit",
                "    integration:", "      command: mvn -B verify", "      results: '**/target/failsafe-reports/TEST-*.xml'",
                "                       # or auto, go, ginkgo, pytest, jest, cargo, tap,", "                       # surefire, summary, exit", "      needs: [unit]    # without it: the tier above; [] is none",
                "      timeout: 20m     # its whole process tree is ended then", "      tests: 164       # fewer are a failure", "      folder: service", "      env: {DB_PORT: '15433'}"})
class RunTests implements Callable<Integer> {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS");
    private static final int NAMES_SHOWN = 10;

    @Option(names = "--file", paramLabel = "FILE", defaultValue = ".run-tests.yaml", description = "The tiers; their commands run in its folder (default: ${DEFAULT-VALUE}).")
    Path file;
    @Option(names = "--init", description = "Write the file by looking at the Makefile, or the Maven, Gradle, npm or Go project, and show it.")
    boolean init;
    @Option(names = "--list", description = "Show what would run, and end.")
    boolean list;
    @Option(names = "--only", paramLabel = "TIER", split = ",", description = "Run these tiers only; those that they need and that are not named are taken as passed. May be repeated.")
    List<String> only = List.of();
    @Option(names = "--retry", paramLabel = "N", defaultValue = "0", description = "Run a tier that failed up to N times more: what fails each time fails, the rest is flaky (default: ${DEFAULT-VALUE}).")
    int retry;
    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "30m", description = "The limit of a tier that has none of its own: 90s, 20m, 1h (default: ${DEFAULT-VALUE}).")
    String timeout;
    @Option(names = "--results", paramLabel = "DIR", description = "Where each run keeps its folder (default: .run-tests beside the file).")
    Path results;
    @Option(names = "--quiet", description = "Do not show what the tiers print; it is kept all the same.")
    boolean quiet;
    @Mixin
    Exports exports;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private final Map<String, Object> extra = new LinkedHashMap<>();
    private Report report;

    public static void main(String... args) {
        System.exit(Report.commandLine(new RunTests()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (retry < 0) {
            throw Stop.usage("--retry is a number of times, 0 or more");
        }
        Duration limit = Plan.duration(timeout).orElseThrow(() -> Stop.usage("--timeout is a time such as 90s, 20m or 1h, not " + timeout));
        file = file.toAbsolutePath().normalize();
        System.getenv().forEach(Child::hide);
        if (init) {
            return new Init(file.getParent()).write(spec, file);
        }
        Plan plan = Plan.read(file, limit);
        for (String name : only) {
            if (plan.tiers.stream().noneMatch(tier -> tier.name.equals(name))) {
                throw Stop.usage("--only " + name + ": " + Where.shown(file) + " has no such tier, it has " + String.join(", ", plan.names()));
            }
        }
        if (output.format == Report.Format.json) {
            spec.commandLine().setOut(new Enriched(spec.commandLine().getOut(), extra));
        }
        report = new Report(spec, output.format);
        if (list) {
            show(plan);
            report.checked("tiers", plan.tiers.size());
            return report.end(false);
        }
        Path place = results == null ? file.resolveSibling(".run-tests") : results;
        try (History history = History.open(place); AutoCloseable done = RunFolder.begin()) {
            Child.endLeftovers(place);
            return run(plan, history);
        }
    }

    private void show(Plan plan) {
        report.step("The tiers of " + Where.shown(file));
        for (Tier tier : plan.tiers) {
            report.run(tier.command);
            report.say(tier.name + ": " + (tier.needs.isEmpty() ? "needs none" : "needs " + String.join(", ", tier.needs)) + "; at most " + Plan.shown(tier.limit) + "; counted by " + tier.countedBy()
                    + (tier.tests > 0 ? "; " + tier.tests + " tests" : ""));
        }
        if (!plan.containers.isEmpty()) {
            report.say("removed before: " + String.join(", ", plan.containers));
        }
    }

    // The run ----------------------------------------------------------------------------------------------------------

    private int run(Plan plan, History history) throws Exception {
        if (!plan.containers.isEmpty()) {
            report.step("Clean the environment");
            new Engine(report).remove(plan.containers);
        }
        Matrix matrix = new Matrix(history);
        plan.tiers.forEach(matrix::add);
        for (Tier tier : plan.tiers) {
            Row row = matrix.rows.get(plan.tiers.indexOf(tier));
            Optional<String> missing = tier.needs.stream().filter(need -> only.isEmpty() || only.contains(need)).filter(need -> !matrix.passed(need)).findFirst();
            if (RunFolder.ending()) {
                row.leave(State.NOT_RUN, "the run was ended before");
            } else if (!only.isEmpty() && !only.contains(tier.name)) {
                row.leave(State.NOT_RUN, "not named with --only");
            } else if (missing.isPresent()) {
                row.leave(State.BLOCKED, "blocked by " + matrix.root(missing.get()));
            } else if (run(row, history)) {
                if (row.state == State.TIMED_OUT || row.state == State.ENDED) {
                    // What it would have removed itself.
                    new Engine(report).remove(plan.containers);
                }
                // So that what was measured stands, whatever ends the run.
                history.keep(matrix.asMap(true));
            }
        }
        boolean partial = RunFolder.ending();
        show(matrix, partial);
        Comparison comparison = new Comparison(matrix, history);
        comparison.show(report);
        readiness(matrix, partial);
        Child.endAll();
        extra.putAll(matrix.asMap(partial));
        history.keep(extra);
        extra.put("comparison", comparison.asMap());
        report.checked("tiers", matrix.rows.stream().filter(row -> row.state.ran).count());
        report.checked("tests", matrix.rows.stream().mapToLong(row -> row.passed + row.failed).sum());
        exports.write(report);
        return report.end(false);
    }

    /** A tier, and where it fails its retries: failing is what fails each time. False if the run ends before the tier begins. */
    private boolean run(Row row, History history) throws Exception {
        Tier tier = row.tier;
        report.step("Tier " + tier.name);
        report.run(tier.command);
        Attempt first = attempt(tier, history, 1);
        if (first == null) {
            row.leave(State.NOT_RUN, "the run was ended before");
            return false;
        }
        Attempt last = first;
        Set<String> failing = new LinkedHashSet<>(first.tally.failing);
        Set<String> flaky = new LinkedHashSet<>(first.tally.flaky);
        for (int n = 1; n <= retry && last.failed() && !last.timedOut && !RunFolder.ending(); n++) {
            report.warn(last.describe() + "; once more, " + n + " of " + retry);
            Attempt again = attempt(tier, history, n + 1);
            last = again == null ? last : again;
            Set<String> now = last.tally.failing;
            flaky.addAll(failing);
            flaky.addAll(now);
            // What ended before its tests ran says nothing about them.
            if (last.tally.ran() > 0 || !last.failed()) {
                failing.retainAll(now);
            }
        }
        flaky.removeAll(failing);
        row.judge(first, last, failing, flaky);
        tell(row, last);
        return true;
    }

    private Attempt attempt(Tier tier, History history, int n) throws Exception {
        try {
            return Attempt.make(tier, history.file(tier.name, n), quiet, output.format, report);
        } catch (Stop e) {
            if (!RunFolder.ending()) {
                throw e;
            }
            return null;
        }
    }

    private void tell(Row row, Attempt last) {
        String by = last.tally.sources.isEmpty() ? "its exit status alone: nothing that it printed says how many tests ran" : String.join(", ", last.tally.sources);
        report.say("counted by " + by + "; kept in " + Where.shown(last.log));
        last.tally.notes.forEach(report::warn);
        row.show(report, row.sentence());
        row.failing.stream().limit(NAMES_SHOWN).forEach(report::bad);
        if (row.failing.size() > NAMES_SHOWN) {
            report.say("and " + (row.failing.size() - NAMES_SHOWN) + " more");
        }
        row.addFindings(report, last);
    }

    private void show(Matrix matrix, boolean partial) {
        report.step("The matrix" + (partial ? ", partial: the run was ended before its end" : ""));
        matrix.lines().forEach(report::say);
        for (Row row : matrix.rows) {
            if (row.state == State.BLOCKED) {
                report.finding("TIER_BLOCKED", Severity.error, Where.of(file, row.tier.line), row.tier.name + " was not run: " + row.why, "", "run-tests   # again, when that is mended");
            }
        }
        if (partial) {
            report.finding("RUN_ENDED", Severity.error, null, "the run was ended from outside; what was measured so far stands in the matrix", "");
        }
    }

    private void readiness(Matrix matrix, boolean partial) {
        report.step("Readiness");
        for (Row row : matrix.rows) {
            row.show(report, row.tier.name + ": " + Matrix.share(row.passed, row.total()) + (row.why.isEmpty() ? "" : ", " + row.why));
        }
        report.say("all: " + Matrix.share(matrix.sum(row -> row.passed), matrix.sum(Row::total)) + matrix.unknown());
        if (matrix.ready()) {
            report.good("READY");
        } else {
            report.bad("NOT READY" + (partial ? ", as far as it was measured" : ""));
        }
    }

    /** Block Report prints its document with one println; what only this script knows goes into it on the way. */
    static final class Enriched extends PrintWriter {
        private final Map<String, Object> extra;

        Enriched(PrintWriter out, Map<String, Object> extra) {
            super(out, true);
            this.extra = extra;
        }

        @Override
        public void println(String json) {
            JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
            ObjectNode document = (ObjectNode) mapper.readTree(json);
            extra.forEach((name, value) -> document.set(name, mapper.valueToTree(value)));
            super.println(mapper.writeValueAsString(document));
        }
    }

    // The matrix -------------------------------------------------------------------------------------------------------

    enum State {
        PASSED("✓", true), FAILED("✗", true), RAN_NOTHING("✗", true), TIMED_OUT("✗", true), ENDED("✗", true), BLOCKED("–", false), NOT_RUN("–", false);

        final String mark;
        final boolean ran;

        State(String mark, boolean ran) {
            this.mark = mark;
            this.ran = ran;
        }
    }

    /** A tier, and what became of its tests. Blocked is what could not run for want of something; not run is what was skipped, left out or cut off. */
    static final class Row {
        final Tier tier;
        /** What is known of the number of its tests before it runs: from the file, else from an earlier run, else 0. */
        final long expected;
        State state = State.NOT_RUN;
        String why = "";
        long passed;
        long failed;
        long blocked;
        long notRun;
        double seconds;
        Optional<Signature.Seen> cause = Optional.empty();
        List<Signature.Seen> signatures = List.of();
        Set<String> failing = Set.of();
        Set<String> flaky = Set.of();
        /** The names of all tests that ran; null where the runner does not print those that pass. */
        Set<String> names;
        List<String> counted = List.of();
        String log = "";

        Row(Tier tier, long expected) {
            this.tier = tier;
            this.expected = expected;
        }

        long total() {
            return passed + failed + blocked + notRun;
        }

        void leave(State left, String reason) {
            state = left;
            why = reason;
            blocked = left == State.BLOCKED ? expected : 0;
            notRun = left == State.BLOCKED ? 0 : expected;
        }

        void judge(Attempt first, Attempt last, Set<String> stillFailing, Set<String> flickering) {
            Tally tally = last.tally;
            seconds = last.seconds;
            names = tally.names;
            counted = tally.sources.isEmpty() ? List.of("exit status") : tally.sources;
            log = Where.shown(last.log);
            failing = shown(stillFailing);
            flaky = shown(flickering);
            // What failed in this attempt and not in another is flaky, and has passed once.
            long mended = tally.failing.stream().filter(name -> !stillFailing.contains(name)).count();
            failed = Math.max(0, tally.failed - mended);
            passed = tally.passed + tally.failed - failed;
            notRun = tally.skipped;
            blocked = tally.blocked;
            boolean failedWhole = last.exit != 0 && tally.failed == 0;
            state = RunFolder.ending() ? State.ENDED : last.timedOut ? State.TIMED_OUT : failed > 0 || failedWhole || tally.broken != null ? State.FAILED
                    : last.ranNothing() ? State.RAN_NOTHING : State.PASSED;
            if (tally.sources.isEmpty() && !last.ranNothing()) {
                countByExit();
            }
            long missing = Math.max(0, Math.max(expected, total() + tally.missing) - total());
            boolean fewer = state == State.PASSED && (tally.missing > 0 || tier.tests > total());
            if (state == State.FAILED && failedWhole && tally.ran() == 0) {
                blocked += missing;
            } else if (state != State.PASSED || fewer) {
                notRun += missing;
            }
            if (fewer) {
                state = State.FAILED;
            }
            if (state == State.PASSED && first.failed() && flaky.isEmpty()) {
                flaky = Set.of("(the command as a whole)");
            }
            if (state != State.PASSED && state != State.ENDED) {
                signatures = Signature.causes(last.seen, List.of());
                cause = Signature.causes(last.seen, tally.failureText).stream().findFirst();
            }
            why = reason(last, fewer ? missing : 0);
        }

        private void countByExit() {
            passed = state == State.PASSED ? Math.max(1, tier.tests) : 0;
            failed = state == State.FAILED && expected == 0 ? 1 : 0;
        }

        private String reason(Attempt last, long missing) {
            String because = cause.map(seen -> ": " + seen.signature.cause + " (jbang " + seen.signature.script + ")").orElse("");
            return switch (state) {
                case PASSED -> flaky.isEmpty() ? "" : flaky.size() + " flaky";
                case TIMED_OUT -> "not done within " + Plan.shown(tier.limit) + ", all its processes were ended" + because;
                case ENDED -> "ended from outside";
                case RAN_NOTHING -> "reports success, but no test ran" + last.nothing.map(line -> ": " + line).orElse("");
                case FAILED -> (missing > 0 ? missing + " tests that there should be did not run" : last.tally.broken != null ? last.tally.broken
                        : last.tally.blocked > 0 ? "its set-up failed" : failed > 0 && !counted.contains("exit status") ? failed + " failed" : last.how() + (passed > 0 ? ", although no test failed" : "")) + because;
                default -> "";
            };
        }

        /** Names go into files and reports: nothing in them may be a secret or an escape. */
        private static Set<String> shown(Set<String> names) {
            return names.stream().map(name -> Report.clean(name).replace('\n', ' ')).collect(Collectors.toCollection(LinkedHashSet::new));
        }

        void show(Report report, String line) {
            switch (state) {
                case PASSED -> report.good(line);
                case BLOCKED, NOT_RUN -> report.warn(line);
                default -> report.bad(line);
            }
        }

        String sentence() {
            return passed + " passed, " + failed + " failed" + (blocked > 0 ? ", " + blocked + " blocked" : "") + (notRun > 0 ? ", " + notRun + " not run" : "")
                    + String.format(Locale.ROOT, " in %.1f s", seconds) + (why.isEmpty() ? "" : "; " + why);
        }

        void addFindings(Report report, Attempt last) {
            Where where = Where.of(last.log, cause.map(seen -> seen.line).orElse(0));
            String code = switch (state) {
                case RAN_NOTHING -> "TIER_RAN_NOTHING";
                case TIMED_OUT -> "TIER_TIMEOUT";
                default -> "TIER_FAILED";
            };
            if (state == State.FAILED || state == State.RAN_NOTHING || state == State.TIMED_OUT) {
                List<String> evidence = new ArrayList<>(failing.stream().limit(NAMES_SHOWN).toList());
                cause.ifPresent(seen -> evidence.add(seen.text));
                report.finding(code, Severity.error, where, tier.name + ": " + why, String.join("\n", evidence),
                        cause.map(seen -> seen.signature.commands(seen.text, where.file()).toArray(String[]::new)).orElse(new String[] {"less " + Where.shown(last.log)}));
            }
            // Each other known sign, so that a second cause is not hidden behind the first.
            for (Signature.Seen seen : signatures.stream().filter(seen -> cause.isEmpty() || seen.signature != cause.get().signature).toList()) {
                report.finding(seen.signature.code, Severity.warning, Where.of(last.log, seen.line), tier.name + ": " + seen.signature.cause + (seen.times > 1 ? ", " + seen.times + " times" : ""), seen.text,
                        seen.signature.commands(seen.text, where.file()).toArray(String[]::new));
            }
            if (!flaky.isEmpty()) {
                report.finding("TEST_FLAKY", Severity.warning, where, tier.name + ": " + flaky.size() + " tests failed and passed in the same run", String.join("\n", flaky.stream().limit(NAMES_SHOWN).toList()));
            }
        }

        Map<String, Object> asMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("tier", tier.name);
            map.put("state", state.name().toLowerCase(Locale.ROOT));
            map.put("total", total());
            map.put("passed", passed);
            map.put("failed", failed);
            map.put("blocked", blocked);
            map.put("notRun", notRun);
            map.put("why", Report.clean(why));
            cause.ifPresent(seen -> map.put("cause", Map.of("code", seen.signature.code, "text", seen.signature.cause, "script", seen.signature.script)));
            map.put("counted", counted);
            map.put("seconds", Math.round(seconds * 1000) / 1000.0);
            map.put("log", log);
            map.put("failing", failing);
            map.put("flaky", flaky);
            return map;
        }
    }

    static final class Matrix {
        final List<Row> rows = new ArrayList<>();
        private final History history;

        Matrix(History history) {
            this.history = history;
        }

        void add(Tier tier) {
            rows.add(new Row(tier, tier.tests > 0 ? tier.tests : history.before(tier.name).map(before -> before.total).orElse(0L)));
        }

        private Row row(String name) {
            return rows.stream().filter(row -> row.tier.name.equals(name)).findFirst().orElseThrow();
        }

        boolean passed(String name) {
            return row(name).state == State.PASSED;
        }

        /** The tier that failed, behind those that are only blocked by it. */
        String root(String name) {
            Row row = row(name);
            return row.state == State.BLOCKED ? row.why.replaceFirst("^blocked by ", "") : name;
        }

        long sum(ToLongFunction<Row> column) {
            return rows.stream().mapToLong(column).sum();
        }

        boolean ready() {
            return rows.stream().allMatch(row -> row.state == State.PASSED);
        }

        static String share(long passed, long total) {
            return total == 0 ? "number of tests not known" : passed + " of " + total + " passed (" + String.format(Locale.ROOT, "%.1f", percent(passed, total)) + " %)";
        }

        /** Only all of them are 100. */
        private static double percent(long passed, long total) {
            return total == 0 ? 0 : passed == total ? 100 : Math.min(99.9, Math.round(1000.0 * passed / total) / 10.0);
        }

        String unknown() {
            List<String> unknown = rows.stream().filter(row -> row.total() == 0).map(row -> row.tier.name).toList();
            return unknown.isEmpty() ? "" : "; how many tests there are is not known of " + String.join(", ", unknown);
        }

        List<String> lines() {
            int width = Stream.concat(rows.stream().map(row -> row.tier.name), Stream.of("tier")).mapToInt(String::length).max().orElse(4);
            String form = "%-" + width + "s %7s %7s %7s %8s %8s  %s";
            List<String> lines = new ArrayList<>();
            lines.add(String.format(form, "tier", "total", "passed", "failed", "blocked", "not run", "").stripTrailing());
            for (Row row : rows) {
                String total = row.total() == 0 ? "?" : String.valueOf(row.total());
                lines.add(String.format(form, row.tier.name, total, row.passed, row.failed, row.blocked, row.notRun, row.state.mark + " " + (row.state == State.PASSED ? "passed " : "") + row.why).stripTrailing());
            }
            lines.add(String.format(form, "all", sum(Row::total), sum(row -> row.passed), sum(row -> row.failed), sum(row -> row.blocked), sum(row -> row.notRun), "").stripTrailing());
            return lines;
        }

        Map<String, Object> asMap(boolean partial) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("run", history.name());
            map.put("partial", partial);
            map.put("tiers", rows.stream().map(Row::asMap).toList());
            long total = sum(Row::total);
            Map<String, Object> readiness = new LinkedHashMap<>();
            readiness.put("verdict", ready() && !partial ? "READY" : "NOT READY");
            readiness.put("passed", sum(row -> row.passed));
            readiness.put("total", total);
            readiness.put("percent", percent(sum(row -> row.passed), total));
            map.put("readiness", readiness);
            return map;
        }
    }

    // The run before ---------------------------------------------------------------------------------------------------

    /** The folder of this run, and what earlier ones have left: a folder each, with what each tier printed and a results.json. */
    static final class History implements AutoCloseable {
        private static final int KEPT = 20;
        private static final String FILE = "results.json";
        private final Path home;
        private final Path folder;
        private final FileChannel lock;
        private final Map<String, Before> before = new LinkedHashMap<>();

        /** How a tier ended when it last ran to its end. */
        record Before(String run, long total, Set<String> failing, boolean passed) {
        }

        private History(Path home, FileChannel lock) throws IOException {
            this.home = home;
            this.lock = lock;
            List<Path> runs = runs();
            runs.forEach(this::read);
            for (Path old : runs.subList(0, Math.max(0, runs.size() - KEPT + 1))) {
                delete(old);
            }
            this.folder = Files.createDirectory(home.resolve(LocalDateTime.now().format(STAMP)));
        }

        static History open(Path home) throws IOException {
            try {
                if (!Files.exists(home)) {
                    Files.createDirectories(home);
                    // What is kept here is this machine's, not the project's.
                    Files.writeString(home.resolve(".gitignore"), "*\n");
                }
                FileChannel lock = FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                if (lock.tryLock() == null) {
                    throw Stop.unchecked("another run-tests is going on with " + Where.shown(home) + ": two at once would fight for ports and containers; wait for it, or name another folder with --results");
                }
                return new History(home, lock);
            } catch (IOException e) {
                throw Stop.unchecked("results cannot be kept in " + Where.shown(home) + ": " + Report.fileTrouble(e) + "; name another folder with --results");
            }
        }

        private List<Path> runs() throws IOException {
            try (Stream<Path> files = Files.list(home)) {
                return files.filter(file -> file.getFileName().toString().matches("\\d{8}-\\d{6}-\\d{3}")).sorted().toList();
            }
        }

        private void read(Path run) {
            try {
                for (JsonNode tier : JsonMapper.builder().build().readTree(Files.readString(run.resolve(FILE))).path("tiers")) {
                    String state = tier.path("state").asString("");
                    if (state.equals("passed") || state.equals("failed")) {
                        Set<String> failing = new LinkedHashSet<>();
                        tier.path("failing").forEach(name -> failing.add(name.asString("")));
                        before.put(tier.path("tier").asString(""), new Before(run.getFileName().toString(), tier.path("total").asLong(0), failing, state.equals("passed")));
                    }
                }
            } catch (IOException | JacksonException e) {
                // A run that was killed before its first tier ended left none; one that is broken compares with nothing.
            }
        }

        Optional<Before> before(String tier) {
            return Optional.ofNullable(before.get(tier));
        }

        String name() {
            return folder.getFileName().toString();
        }

        Path file(String tier, int attempt) {
            return folder.resolve(tier + (attempt == 1 ? "" : "." + attempt) + ".txt");
        }

        /** Whole or not at all; a full disk does not take the report away. */
        void keep(Map<String, Object> document) {
            try {
                Path half = Files.writeString(folder.resolve(FILE + ".part"), JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
                Files.move(half, folder.resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                System.err.println("run-tests: the results could not be kept for the next run: " + Report.clean(Report.fileTrouble(e)));
            }
        }

        private static void delete(Path run) {
            try (Stream<Path> all = Files.walk(run)) {
                all.sorted(Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // The next run tries again.
            }
        }

        @Override
        public void close() throws IOException {
            lock.close();
        }
    }

    /** What changed since each tier last ran to its end. */
    static final class Comparison {
        private final Map<String, List<String>> lists = new LinkedHashMap<>();
        private final Set<String> runs = new TreeSet<>();
        private final List<String> changes = new ArrayList<>();

        Comparison(Matrix matrix, History history) {
            List.of("newly failing", "newly passing", "still failing", "not there any more").forEach(kind -> lists.put(kind, new ArrayList<>()));
            for (Row row : matrix.rows) {
                history.before(row.tier.name).filter(before -> row.state.ran && row.state != State.ENDED).ifPresent(before -> compare(row, before));
            }
        }

        private void compare(Row row, History.Before before) {
            runs.add(before.run);
            String in = row.tier.name + ": ";
            row.failing.forEach(name -> lists.get(before.failing.contains(name) ? "still failing" : "newly failing").add(in + name));
            // A test that the tier did not come to, or whose name is gone, has not been mended.
            boolean whole = row.state == State.PASSED || row.state == State.FAILED && row.blocked == 0 && (row.names != null || row.passed + row.failed >= before.total);
            before.failing.stream().filter(name -> !row.failing.contains(name) && whole)
                    .forEach(name -> lists.get(row.names == null || Row.shown(row.names).contains(name) ? "newly passing" : "not there any more").add(in + name));
            if (before.passed != (row.state == State.PASSED)) {
                changes.add(row.tier.name + (before.passed ? " passed before and fails now" : " failed before and passes now"));
            }
            if (row.total() != before.total) {
                changes.add(row.tier.name + ": " + before.total + " tests before, " + row.total() + " now");
            }
        }

        void show(Report report) {
            report.step("Compared with the run before");
            if (runs.isEmpty()) {
                report.say("no tier that ran now has run to its end before");
                return;
            }
            report.say("run " + String.join(", ", runs));
            changes.forEach(report::say);
            lists.forEach((kind, names) -> names.stream().limit(NAMES_SHOWN).forEach(name -> report.tell(kind.endsWith("failing") ? Severity.error : Severity.info, kind + ": " + name)));
            lists.forEach((kind, names) -> {
                if (names.size() > NAMES_SHOWN) {
                    report.say(kind + ": " + (names.size() - NAMES_SHOWN) + " more");
                }
            });
            if (changes.isEmpty() && lists.values().stream().allMatch(List::isEmpty)) {
                report.say("nothing changed");
            }
        }

        Map<String, Object> asMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("against", runs);
            map.put("newlyFailing", lists.get("newly failing"));
            map.put("newlyPassing", lists.get("newly passing"));
            map.put("stillFailing", lists.get("still failing"));
            map.put("gone", lists.get("not there any more"));
            map.put("changes", changes);
            return map;
        }
    }

    // The file of the tiers ---------------------------------------------------------------------------------------------

    /** What one tier is. */
    record Tier(String name, int line, String command, Path folder, Map<String, String> env, List<String> needs, Duration limit, List<String> files, Kind kind, int tests) {
        String countedBy() {
            return files.isEmpty() ? kind.words : String.join(", ", files);
        }
    }

    /** Whose words the counts are read from: the line with the sum, the names of what fails and, where they are printed, of what passes, and what these names belong to. */
    enum Kind {
        AUTO("what it prints"), EXIT("its exit status"), GO("go test"), TAP("TAP"),
        GINKGO("Ginkgo", "^(SUCCESS!|FAIL!).*\\d+ Passed \\| \\d+ Failed \\|.*\\d+ Skipped", "^\\s*\\[(?:FAIL|Fail|PANICKED!?|TIMEDOUT|INTERRUPTED)\\] (.*)$", null, null),
        PYTEST("pytest", "^=* ?(\\d+ (failed|passed|skipped|deselected|xfailed|xpassed|warnings?|errors?|rerun)\\b.*|no tests ran) in [\\d.]+s\\b", "^(?:FAILED|ERROR) (\\S+\\.py(?:::[^\\s\\[]+(?:\\[.*?\\])?)?)(?: - .*)?$", null, null),
        JEST("Jest", "^Tests: +.*\\d+ total", "^ {0,4}● (?!Console)(.*\\S)\\s*$", null, "^(?:PASS|FAIL) (\\S+)"),
        CARGO("cargo test", "^test result: (ok|FAILED)\\. ", "^test (.+?)(?: - should panic)? \\.\\.\\. FAILED", "^test (.+?)(?: - should panic)? \\.\\.\\. ok", "^ *(?:Running(?: unittests)?|Doc-tests) (\\S+)"),
        SUREFIRE("Surefire", "^(\\[\\w+\\] )?Tests run: \\d+, Failures: \\d+, Errors: \\d+, Skipped: \\d+(, Flakes: \\d+)?\\s*$", "^\\[ERROR\\] {2,4}([\\w$]+(?:[.>-]+[\\w$]+)+)(?:\\([^)]*\\))?(?:[: ].*)?$", null, null),
        SUMMARY("“N passed, N failed, N skipped”", "^\\d+ passed, \\d+ failed, \\d+ skipped$", "^✗ (.*)$", "^✓ (.*?)(?:: \\d+ s)?$", null);

        final String words;
        final Pattern sum;
        final Pattern failing;
        final Pattern passing;
        final Pattern context;

        Kind(String words) {
            this(words, null, null, null, null);
        }

        Kind(String words, String sum, String failing, String passing, String context) {
            this.words = words;
            this.sum = sum == null ? null : Pattern.compile(sum);
            this.failing = failing == null ? null : Pattern.compile(failing);
            this.passing = passing == null ? null : Pattern.compile(passing);
            this.context = context == null ? null : Pattern.compile(context);
        }

        static Optional<Kind> named(String name) {
            return Stream.of(values()).filter(kind -> kind.name().equalsIgnoreCase(name)).findFirst();
        }
    }

    /** The tiers in their order, and the containers that are removed before. */
    static final class Plan {
        private static final int MAX_BYTES = 1 << 20;
        private static final List<String> KEYS = List.of("command", "needs", "timeout", "results", "tests", "folder", "env");
        private final Path file;
        private final Duration limit;
        final List<Tier> tiers = new ArrayList<>();
        final List<String> containers = new ArrayList<>();

        private Plan(Path file, Duration limit) {
            this.file = file;
            this.limit = limit;
        }

        static Plan read(Path file, Duration limit) {
            Plan plan = new Plan(file, limit);
            String shown = Where.shown(file);
            try {
                if (!Files.exists(file)) {
                    throw Stop.unchecked("there is no " + shown + ": run-tests --init writes one by looking at the project");
                }
                if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                    throw Stop.usage(shown + " is not a file of tiers: " + (Files.isDirectory(file) ? "it is a folder" : "it is too large, or no file"));
                }
                plan.read(new Compose(LoadSettings.builder().setLabel(shown).build()).composeString(Files.readString(file).replaceFirst("^\uFEFF", "")).orElse(null));
            } catch (MarkedYamlEngineException e) {
                throw Stop.usage(shown + e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("") + ": this is not YAML: " + String.valueOf(e.getProblem()).replaceAll("\\s+", " "));
            } catch (YamlEngineException | StackOverflowError e) {
                throw Stop.usage(shown + " is not YAML: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            } catch (IOException e) {
                throw Stop.unchecked(shown + " cannot be read: " + Report.fileTrouble(e));
            }
            return plan;
        }

        List<String> names() {
            return tiers.stream().map(Tier::name).toList();
        }

        static Optional<Duration> duration(String text) {
            Matcher m = Pattern.compile("(\\d{1,6})([smh])").matcher(text);
            return !m.matches() || m.group(1).matches("0+") ? Optional.empty() : Optional.of(Duration.parse("PT" + m.group()));
        }

        static String shown(Duration time) {
            return time.toString().substring(2).toLowerCase(Locale.ROOT);
        }

        private Stop wrong(Node node, String sentence) {
            return Stop.usage(Where.shown(file) + node.getStartMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("") + ": " + sentence);
        }

        private void read(Node root) {
            if (root == null) {
                throw Stop.usage(Where.shown(file) + " is empty: it wants tiers, each with a command; run-tests --help shows the form");
            }
            Map<String, Node> top = map(root, "the file", List.of("containers", "tiers"));
            if (top.containsKey("containers")) {
                for (Node node : list(top.get("containers"))) {
                    containers.add(text(node, "a container's name", "[A-Za-z0-9][A-Za-z0-9_.-]*", "the whole name of one container, such as datastorage-postgres-test; no patterns"));
                }
            }
            if (!top.containsKey("tiers")) {
                throw wrong(root, "there are no tiers");
            }
            Map<String, Node> named = map(top.get("tiers"), "tiers", List.of());
            named.forEach(this::tier);
            if (tiers.isEmpty()) {
                throw wrong(top.get("tiers"), "there are no tiers");
            }
        }

        private void tier(String name, Node node) {
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,39}") || names().stream().anyMatch(name::equalsIgnoreCase)) {
                throw wrong(node, "a tier's name is made of letters, digits, - and _, and no other tier has it; not " + name);
            }
            Map<String, Node> keys = map(node, "tier " + name, KEYS);
            if (!keys.containsKey("command")) {
                throw wrong(node, "tier " + name + " has no command");
            }
            String command = text(keys.get("command"), "command", "(?s).*\\S.*", "a command of the shell");
            List<String> needs = tiers.isEmpty() ? List.of() : List.of(tiers.get(tiers.size() - 1).name);
            if (keys.containsKey("needs")) {
                needs = list(keys.get("needs")).stream().map(need -> need(name, need)).toList();
            }
            Duration time = keys.containsKey("timeout") ? duration(text(keys.get("timeout"), "timeout", "0*[1-9]\\d{0,5}[smh]", "a time such as 90s, 20m or 1h")).orElseThrow() : limit;
            int tests = keys.containsKey("tests") ? Integer.parseInt(text(keys.get("tests"), "tests", "[1-9]\\d{0,7}", "how many tests there are")) : 0;
            Path folder = file.resolveSibling(keys.containsKey("folder") ? text(keys.get("folder"), "folder", "[^\\x00]+", "a folder") : "").normalize();
            if (!Files.isDirectory(folder)) {
                throw wrong(keys.get("folder"), "there is no folder " + Where.shown(folder));
            }
            Map<String, String> env = new LinkedHashMap<>();
            if (keys.containsKey("env")) {
                map(keys.get("env"), "env", List.of()).forEach((key, value) -> env.put(name(key, value), text(value, key, "[^\\x00]*", "a text")));
            }
            env.forEach(Child::hide);
            List<String> results = keys.containsKey("results") ? list(keys.get("results")).stream().map(this::result).toList() : List.of();
            Optional<Kind> kind = results.stream().map(Kind::named).flatMap(Optional::stream).findFirst();
            if (kind.isPresent() && results.size() > 1) {
                throw wrong(keys.get("results"), "results is either files or one of " + kinds());
            }
            tiers.add(new Tier(name, node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0), command.strip(), folder, env, needs, time, kind.isPresent() ? List.of() : results, kind.orElse(Kind.AUTO), tests));
        }

        private String name(String key, Node value) {
            if (!key.matches("[A-Za-z_][A-Za-z0-9_]*")) {
                throw wrong(value, key + " cannot be the name of a variable");
            }
            return key;
        }

        private String need(String tier, Node node) {
            String need = text(node, "needs", ".*", "the name of a tier above");
            if (!names().contains(need)) {
                throw wrong(node, "tier " + tier + " needs " + need + ", and no tier above it has this name");
            }
            return need;
        }

        private String result(Node node) {
            String result = text(node, "results", ".+", "files, or one of " + kinds());
            if (Kind.named(result).isEmpty() && !result.matches(".*\\.(xml|json)")) {
                throw wrong(node, "results is " + result + ": it wants files that end in .xml or .json, or one of " + kinds());
            }
            return result;
        }

        private static String kinds() {
            return Stream.of(Kind.values()).map(kind -> kind.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "));
        }

        private Map<String, Node> map(Node node, String what, List<String> allowed) {
            if (!(node instanceof MappingNode mapping)) {
                throw wrong(node, what + " wants keys with values below it");
            }
            Map<String, Node> map = new LinkedHashMap<>();
            for (NodeTuple tuple : mapping.getValue()) {
                String key = text(tuple.getKeyNode(), "a key", ".+", "a word");
                if (!allowed.isEmpty() && !allowed.contains(key)) {
                    String nearest = allowed.stream().min(Comparator.comparingInt(known -> distance(known, key))).orElseThrow();
                    throw wrong(tuple.getKeyNode(), what + " has no key " + key + (distance(nearest, key) <= 3 ? ", it has " + nearest : ": it has " + String.join(", ", allowed)));
                }
                if (map.put(key, tuple.getValueNode()) != null) {
                    throw wrong(tuple.getKeyNode(), key + " stands there twice");
                }
            }
            return map;
        }

        private static List<Node> list(Node node) {
            return node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node);
        }

        private String text(Node node, String what, String pattern, String wanted) {
            if (!(node instanceof ScalarNode scalar) || !scalar.getValue().matches(pattern)) {
                throw wrong(node, what + (node instanceof ScalarNode scalar && !scalar.getValue().isBlank() ? " is " + scalar.getValue() + ": it" : "") + " wants " + wanted);
            }
            return scalar.getValue();
        }
    }

    // >>> block Distance (owner: schema-mismatch.java)
    /** Levenshtein's distance: how many letters must be put in, taken out or changed to make one name of the other. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
    // <<< block Distance

    // Running a tier ---------------------------------------------------------------------------------------------------

    /** One run of a tier's command, and what it said. */
    static final class Attempt {
        private static final Pattern NOTHING = Pattern.compile("(?i)make.*: (Nothing to be done for|.* is up to date)|no tests? (found|ran|to run|were found|executed)|\\[no test files\\]|\\[no tests to run\\]"
                + "|no test files|> Task :\\S*test\\S* (UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED)|Tests are skipped");
        static final Pattern ANSI = Pattern.compile("\u001b\\[[0-9;?]*[A-Za-z]");
        private static final int PROGRESS_SECONDS = 15;
        final Path log;
        final Map<Signature, Signature.Seen> seen = new LinkedHashMap<>();
        Optional<String> nothing = Optional.empty();
        Tally tally = new Tally();
        int exit;
        boolean timedOut;
        double seconds;
        private final Tier tier;
        private final Counters counters;
        private volatile int lines;
        private PrintWriter kept;

        private Attempt(Tier tier, Path log) {
            this.tier = tier;
            this.log = log;
            this.counters = new Counters(tier.kind);
        }

        static Attempt make(Tier tier, Path log, boolean quiet, Report.Format format, Report report) throws Exception {
            Attempt attempt = new Attempt(tier, log);
            ReportFiles files = new ReportFiles(tier);
            long began = System.nanoTime();
            attempt.run(quiet, format, report);
            attempt.seconds = (System.nanoTime() - began) / 1e9;
            attempt.tally = tier.kind == Kind.EXIT ? new Tally() : tier.files.isEmpty() ? attempt.counters.tally() : files.tally();
            if (attempt.kept.checkError()) {
                attempt.tally.notes.add("what it printed could not be kept whole in " + Where.shown(log) + ": is the disk full?");
            }
            attempt.kept.close();
            return attempt;
        }

        private void run(boolean quiet, Report.Format format, Report report) throws Exception {
            System.err.println("run-tests: " + tier.name + " begins, at most " + Plan.shown(tier.limit));
            // It does not throw when the disk is full: the tests go on, and are counted.
            kept = new PrintWriter(Files.newBufferedWriter(log));
            try (Child child = Child.start(tier)) {
                Thread reader = new Thread(() -> read(child.process.getInputStream(), quiet, format));
                reader.setDaemon(true);
                reader.start();
                long end = System.nanoTime() + tier.limit.toNanos();
                long told = System.nanoTime();
                while (!child.ended()) {
                    if (System.nanoTime() > end && !RunFolder.ending()) {
                        timedOut = true;
                        child.end();
                    } else if (System.nanoTime() - told > PROGRESS_SECONDS * 1e9) {
                        told = System.nanoTime();
                        System.err.println("run-tests: " + tier.name + ": " + Duration.ofNanos(told - end + tier.limit.toNanos()).toSeconds() + " s" + counters.soFar());
                    }
                }
                exit = child.process.exitValue();
                // A process that it leaves behind may hold the pipe for ever.
                for (int n = 0, before = -1; n < 5 && reader.isAlive() && before < lines; n++) {
                    before = lines;
                    reader.join(2000);
                }
                List<String> left = timedOut || RunFolder.ending() ? List.of() : child.leave();
                if (!left.isEmpty()) {
                    report.finding("TIER_LEFT_PROCESSES", Severity.warning, new Where(tier.name, 0), tier.name + " left " + left.size() + " processes running; they are ended when this run ends", String.join("\n", left));
                }
            }
        }

        private void read(InputStream from, boolean quiet, Report.Format format) {
            try (Reader in = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8), 1 << 16)) {
                StringBuilder line = new StringBuilder();
                for (int c = in.read(), last = 0; c >= 0; last = c, c = in.read()) {
                    boolean end = c == '\n' || c == '\r';
                    if (!end) {
                        line.append((char) c);
                    }
                    if (end && !(c == '\n' && last == '\r') || line.length() >= 1 << 20) {
                        line(line.toString(), quiet, format, !in.ready());
                        line.setLength(0);
                    }
                }
                if (line.length() > 0) {
                    line(line.toString(), quiet, format, true);
                }
            } catch (IOException e) {
                // The pipe was cut, since all of them were ended.
            }
        }

        private void line(String raw, boolean quiet, Report.Format format, boolean flush) {
            String plain = ANSI.matcher(raw).replaceAll("");
            String shown = Report.clean(plain);
            if (!quiet) {
                String safe = format == Report.Format.github ? shown.replace("::", ": :").replace("##[", "## [") : shown;
                System.err.println(tier.name + " | " + safe);
            }
            synchronized (counters) {
                lines++;
                kept.println(shown);
                if (flush) {
                    kept.flush();
                }
                counters.line(plain);
                Signature.look(plain, lines, seen);
                if (nothing.isEmpty() && NOTHING.matcher(plain).find()) {
                    nothing = Optional.of(shown.strip());
                }
            }
        }

        boolean ranNothing() {
            boolean silent = tier.kind == Kind.AUTO && tier.files.isEmpty() && tally.sources.isEmpty() && nothing.isEmpty() && lines > 0;
            return exit == 0 && !timedOut && tally.ran() == 0 && tier.kind != Kind.EXIT && !silent;
        }

        boolean failed() {
            return timedOut || exit != 0 || tally.failed > 0 || tally.broken != null || ranNothing();
        }

        String how() {
            return "exit status " + exit;
        }

        String describe() {
            return timedOut ? "not done in time" : tally.failed > 0 ? tally.failed + " failed" : ranNothing() ? "ran nothing" : how();
        }
    }

    /** The command of a tier, and every process that comes of it, also those that have left its tree. */
    static final class Child implements AutoCloseable {
        private static final String COOKIE = "RUN_TESTS_COOKIE";
        private static final Pattern SECRET_NAME = Pattern.compile("(?i).*(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL).*");
        /** What holds a container; the container itself goes by its name. */
        private static final Set<String> MONITORS = Set.of("conmon", "catatonit", "rootlessport", "slirp4netns", "pasta", "aardvark-dns", "netavark", "containerd-shim-runc-v2");
        private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);
        private static final Set<Child> ALL = new LinkedHashSet<>();
        /** Where this run keeps its results; there is one run at a time for each such place. */
        private static String home = "";

        private final Process process;
        private final String cookie;
        private final Set<ProcessHandle> known = new LinkedHashSet<>();

        private Child(Process process, String cookie) {
            this.process = process;
            this.cookie = cookie;
        }

        /** The value of a variable whose name says that it is a secret is in no output of this run. */
        static void hide(String name, String value) {
            if (SECRET_NAME.matcher(name).matches() && !value.matches("(?i)true|false|yes|none|\\d{1,3}")) {
                Report.secret(value);
            }
        }

        /** Synchronized with the end of the run: what that does not find is not begun any more. */
        static Child start(Tier tier) throws IOException {
            List<String> shell = System.getProperty("os.name").startsWith("Windows") ? List.of("cmd", "/c", tier.command) : List.of("sh", "-e", "-c", tier.command);
            ProcessBuilder builder = new ProcessBuilder(shell).directory(tier.folder.toFile()).redirectErrorStream(true);
            builder.environment().putAll(tier.env);
            synchronized (ALL) {
                if (RunFolder.ending()) {
                    throw new Stop(Report.FAILED, "ended from outside");
                }
                // What has left the tree of processes still has this in its environment. A run-tests within a run-tests keeps the outer one's.
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
                    return !MONITORS.contains(name(handle)) && new String(Files.readAllBytes(Path.of("/proc/" + handle.pid() + "/environ")), StandardCharsets.ISO_8859_1).contains(cookie);
                } catch (IOException e) {
                    return false;
                }
            }).toList();
        }

        private static String name(ProcessHandle handle) {
            return handle.info().command().map(command -> command.replaceFirst(".*[/\\\\]", "")).orElse("");
        }

        /** What a run that was killed has left; no other one is going on here. */
        static void endLeftovers(Path place) {
            home = "run-tests:" + place.toAbsolutePath().normalize();
            Set<ProcessHandle> told = new LinkedHashSet<>();
            // One that dies may just have started another.
            for (List<ProcessHandle> left = withCookie(home + "#"); !left.isEmpty() && told.size() < 1000; left = withCookie(home + "#")) {
                for (ProcessHandle each : left) {
                    if (told.add(each)) {
                        System.err.println("run-tests: ending what a run that was killed left behind: process " + each.pid() + ", " + name(each));
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
            for (Set<ProcessHandle> alive = alive(); !alive.isEmpty() && System.nanoTime() < until + GRACE_NANOS; alive = alive()) {
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

        static void endAll() {
            List<Child> all;
            synchronized (ALL) {
                all = List.copyOf(ALL);
            }
            all.forEach(Child::end);
        }

        @Override
        public void close() {
            if (process.isAlive()) {
                end();
            }
        }
    }

    /** What is done when the run is ended from outside: the tier's processes go, and the run has the time to say what it measured. */
    static final class RunFolder {
        private static final int PATIENCE_SECONDS = 40;
        private static volatile boolean ending;

        /** Whether the run is being ended; block Report asks it, too, and then says nothing of what failed because of that. */
        static boolean ending() {
            return ending;
        }

        static AutoCloseable begin() {
            CountDownLatch done = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                if (done.getCount() > 0) {
                    ending = true;
                    Child.endAll();
                    try {
                        done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
                Child.endAll();
            }));
            return done::countDown;
        }
    }

    /** What block Report asks of a script that uses a database. */
    static final class Sql {
        static String message(SQLException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The container engine, for the project's own test containers. */
    static final class Engine {
        private static final int PATIENCE_SECONDS = 30;
        private final Report report;

        Engine(Report report) {
            this.report = report;
        }

        /** Those whose whole name is in the file, and nothing else. */
        void remove(List<String> containers) throws Exception {
            if (containers.isEmpty()) {
                return;
            }
            String engine = Stream.of("podman", "docker").filter(Engine::there).findFirst().orElse(null);
            if (engine == null) {
                report.say("neither podman nor docker is here, so none of " + String.join(", ", containers) + " is");
                return;
            }
            Said all = run(engine, "ps", "-a", "--format", "{{.Names}}");
            if (all.exit != 0) {
                report.warn(all.text);
                report.finding("LEFTOVER_STAYS", Severity.warning, null, "what an earlier run left cannot be removed: " + engine + " does not answer, exit status " + all.exit, all.text, "jbang podman-machine");
                return;
            }
            Set<String> there = Set.of(all.text.split("[\\s,]+"));
            for (String name : containers) {
                if (!there.contains(name)) {
                    report.say(name + " is not there");
                    continue;
                }
                run(engine, "stop", "--time", "5", name);
                Said removed = run(engine, "rm", "-f", "-v", name);
                if (removed.exit == 0) {
                    report.good(name + " removed");
                } else {
                    report.bad(name + " stays: " + removed.text);
                    report.finding("LEFTOVER_STAYS", Severity.warning, null, name + " could not be removed", removed.text, engine + " rm -f -v " + name);
                }
            }
        }

        private static boolean there(String name) {
            return Stream.of(System.getenv().getOrDefault("PATH", "").split(Pattern.quote(File.pathSeparator))).anyMatch(dir -> Files.isExecutable(Path.of(dir, name)) || Files.isExecutable(Path.of(dir, name + ".exe")));
        }

        record Said(int exit, String text) {
        }

        private Said run(String... words) throws Exception {
            report.run(String.join(" ", words));
            Path said = Files.createTempFile("run-tests-", ".txt");
            Process process = new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(said.toFile()).start();
            try {
                process.getOutputStream().close();
                boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
                return new Said(ended ? process.exitValue() : -1, Files.readString(said).strip());
            } finally {
                process.destroyForcibly();
                Files.deleteIfExists(said);
            }
        }
    }

    // Known signs in what a tier prints ---------------------------------------------------------------------------------

    /** A sign whose cause is known, and the script that explains it. */
    enum Signature {
        DISK("DISK_FULL", "disk quota exceeded|no space left on device|\\bENOSPC\\b|\\bEDQUOT\\b|SQLSTATE 53100", "the disk is full", "podman-machine"),
        ENGINE("PODMAN_NOT_ANSWERING", "exit (status|code) 125\\b|exited with (code )?125\\b|cannot connect to (podman|the docker daemon)|could not find a valid docker environment", "no container engine answers (125)", "podman-machine"),
        CONFIG("CONFIG_PATH_UNSET", "CONFIG_PATH\\b.*(required|not set|unset|missing)|failed to load configuration file", "the service lacks its configuration", "config-path"),
        TAKEN("PORT_TAKEN", "address (is )?already in use|address in use|\\bEADDRINUSE\\b|port is already allocated", "a port is taken", "port-conflicts"),
        TABLE("SQL_TABLE_MISSING", state("42P01") + "|UndefinedTable\\b|(?<!of )relation \"[^\"]*\" does not exist", "a table is missing (42P01)", "schema-mismatch"),
        COLUMN("SQL_COLUMN_MISSING", state("42703") + "|UndefinedColumn\\b|column (\"[^\"]*\"|[\\w.]+)( of relation \"[^\"]*\")? does not exist", "a column is missing (42703)", "schema-mismatch"),
        // Last: where a server has answered with an error of SQL, a connection refused before was only early.
        REFUSED("PORT_REFUSED", "dial error|connection refused|\\bECONNREFUSED\\b|Connection to \\S+ refused", "nothing listens where it dials", "port-conflicts");

        final String code;
        final String cause;
        final String script;
        private final Pattern pattern;

        Signature(String code, String pattern, String cause, String script) {
            this.code = code;
            this.pattern = Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
            this.cause = cause;
            this.script = script;
        }

        /** In whatever language the server speaks; a bare number could be anything. */
        private static String state(String code) {
            return "(sql ?state|code|error)\\W{1,6}E?" + code + "\\b|[(\\[]" + code + "[)\\]]|\\b" + code + ": ";
        }

        /** Where it was first seen, and how often. */
        record Seen(Signature signature, int line, String text, int times) {
        }

        static void look(String line, int number, Map<Signature, Seen> seen) {
            for (Signature signature : values()) {
                if (signature.pattern.matcher(line).find()) {
                    Seen before = seen.get(signature);
                    String text = Report.clean(line.strip());
                    seen.put(signature, before == null ? new Seen(signature, number, text.substring(0, Math.min(300, text.length())), 1) : new Seen(signature, before.line, before.text, before.times + 1));
                }
            }
        }

        /**
         * The most likely cause first. What the failing tests themselves say counts by how often they say it; in a whole output, where tests that pass
         * talk too, what keeps everything from working goes before what it leads to.
         */
        static List<Seen> causes(Map<Signature, Seen> output, List<String> failures) {
            Map<Signature, Seen> said = new LinkedHashMap<>();
            failures.forEach(text -> look(text, 0, said));
            Comparator<Seen> often = Comparator.comparingInt((Seen seen) -> -seen.times).thenComparing(Seen::signature);
            return failures.isEmpty() ? output.values().stream().sorted(Comparator.comparing((Seen seen) -> seen.signature.compareTo(TAKEN) > 0).thenComparing(often)).toList()
                    : said.values().stream().sorted(often).map(seen -> new Seen(seen.signature, output.containsKey(seen.signature) ? output.get(seen.signature).line : 0, seen.text, seen.times)).toList();
        }

        List<String> commands(String text, String log) {
            Matcher port = Pattern.compile(":(\\d{4,5})\\b").matcher(text);
            return switch (this) {
                case DISK -> List.of("df -h .", "jbang podman-machine");
                case ENGINE -> List.of("jbang podman-machine --start");
                case CONFIG -> List.of("jbang config-path config.yaml --source .");
                case TAKEN -> port.find() ? List.of("jbang port-conflicts --free " + port.group(1), "jbang port-conflicts .") : List.of("jbang port-conflicts .");
                case REFUSED -> List.of("jbang port-conflicts .");
                case TABLE, COLUMN -> List.of("jbang schema-mismatch --source . --error - < " + log);
            };
        }
    }

    // Counting ---------------------------------------------------------------------------------------------------------

    /** How many tests ran, and as far as they are known their names. */
    static final class Tally {
        long passed;
        long failed;
        long skipped;
        /** Could not run, since what comes before all of them failed. */
        long blocked;
        /** Announced, and not come to. */
        long missing;
        /** Why the counts cannot be trusted. */
        String broken;
        Set<String> names;
        final Set<String> failing = new LinkedHashSet<>();
        final Set<String> flaky = new LinkedHashSet<>();
        final List<String> failureText = new ArrayList<>();
        final List<String> sources = new ArrayList<>();
        final List<String> notes = new ArrayList<>();

        long ran() {
            return passed + failed;
        }

        boolean any() {
            return ran() + skipped + blocked + missing > 0;
        }

        void count(String name, Verdict verdict) {
            switch (verdict) {
                case PASS -> passed++;
                case SKIP -> skipped++;
                case FAIL -> {
                    failed++;
                    failing.add(name);
                }
            }
            if (names == null) {
                names = new LinkedHashSet<>();
            }
            names.add(name);
        }

        void add(Tally other) {
            // Only where all names are known does a name that is absent say anything.
            names = sources.isEmpty() ? other.names : names == null || other.names == null ? null : new LinkedHashSet<>(names);
            if (names != null) {
                names.addAll(other.names);
            }
            passed += other.passed;
            failed += other.failed;
            skipped += other.skipped;
            blocked += other.blocked;
            missing += other.missing;
            failing.addAll(other.failing);
            flaky.addAll(other.flaky);
            failureText.addAll(other.failureText);
            sources.addAll(other.sources);
            notes.addAll(other.notes);
        }
    }

    enum Verdict { PASS, FAIL, SKIP }

    /** Reads the words of one kind of runner, line by line. */
    abstract static class Counter {
        final Kind kind;
        /** Whether there were words of this kind of runner, if only that no test ran. */
        boolean heard;

        Counter(Kind kind) {
            this.kind = kind;
        }

        abstract void line(String line);

        abstract Tally tally();

        static Matcher match(Pattern pattern, String line) {
            Matcher m = pattern == null ? null : pattern.matcher(line);
            return m != null && m.find() ? m : null;
        }
    }

    /** All that may be in what a tier prints, or the one that the file names. */
    static final class Counters {
        private final List<Counter> all = new ArrayList<>();

        Counters(Kind kind) {
            Sums ginkgo = new Sums(Kind.GINKGO);
            Stream.concat(Stream.of(new Go(ginkgo), new Tap(), ginkgo), Stream.of(Kind.values()).filter(each -> each.sum != null && each != Kind.GINKGO).map(Sums::new))
                    .filter(counter -> kind == Kind.AUTO || counter.kind == kind || counter == ginkgo && kind == Kind.GO).forEach(all::add);
        }

        synchronized void line(String line) {
            all.forEach(counter -> counter.line(line));
        }

        synchronized Tally tally() {
            Tally sum = new Tally();
            for (Counter counter : all) {
                Tally tally = counter.tally();
                if (counter.heard) {
                    sum.add(tally);
                    sum.sources.add(counter.kind.words);
                } else {
                    sum.notes.addAll(tally.notes);
                }
            }
            return sum;
        }

        String soFar() {
            Tally tally = tally();
            return tally.ran() > 0 ? ", " + tally.passed + " passed, " + tally.failed + " failed so far" : "";
        }
    }

    /** A runner that ends with its sum, such as "3 failed, 10 passed, 1 skipped in 0.12s". */
    static final class Sums extends Counter {
        private static final Pattern NUMBER = Pattern.compile("(\\d{1,9}) (passed|measured|xpassed|failed|errors?|skipped|pending|ignored|todo|xfailed)\\b", Pattern.CASE_INSENSITIVE);
        private static final Pattern SUREFIRE = Pattern.compile("Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+), Skipped: (\\d+)");
        private static final String BROKEN = "Test suite failed to run";
        private final Tally tally = new Tally();
        private String context = "";
        private boolean setUpFailed;
        int sums;

        Sums(Kind kind) {
            super(kind);
        }

        @Override
        void line(String line) {
            Matcher m;
            if (match(kind.sum, line) != null) {
                heard = true;
                sums++;
                sum(line);
                setUpFailed = false;
            } else if ((m = match(kind.context, line)) != null) {
                context = m.group(1) + " › ";
            } else if ((m = match(kind.failing, line)) != null) {
                // Jest counts a file that does not run among its files only.
                tally.failed += tally.failing.add(context + m.group(1)) && kind == Kind.JEST && m.group(1).equals(BROKEN) ? 1 : 0;
            } else if ((m = match(kind.passing, line)) != null) {
                tally.names = tally.names == null ? new LinkedHashSet<>() : tally.names;
                tally.names.add(context + m.group(1));
                if (tally.failing.remove(context + m.group(1))) {
                    tally.flaky.add(context + m.group(1));
                }
            } else if (kind == Kind.GINKGO && line.contains("BeforeSuite") && line.contains("so all tests were skipped")) {
                setUpFailed = true;
            }
        }

        private void sum(String line) {
            Matcher surefire = match(SUREFIRE, line);
            // The other way round: "Tests run: 5, Failures: 1, Errors: 0, Skipped: 1".
            String words = surefire == null ? line : surefire.group(2) + " failed, " + surefire.group(3) + " errors, " + surefire.group(4) + " skipped";
            long before = tally.ran() + tally.skipped;
            NUMBER.matcher(words).results().forEach(m -> {
                long n = Long.parseLong(m.group(1));
                switch (m.group(2).toLowerCase(Locale.ROOT)) {
                    case "passed", "measured", "xpassed" -> tally.passed += n;
                    case "failed", "error", "errors" -> tally.failed += n;
                    default -> {
                        tally.skipped += setUpFailed ? 0 : n;
                        tally.blocked += setUpFailed ? n : 0;
                    }
                }
            });
            tally.passed += surefire == null ? 0 : Long.parseLong(surefire.group(1)) - (tally.ran() + tally.skipped - before);
        }

        @Override
        Tally tally() {
            Tally copy = new Tally();
            copy.add(tally);
            return copy;
        }
    }

    /** go test, with -json, -v or neither. A test with subtests is counted by its subtests; a suite of Ginkgo's by its specs. */
    static final class Go extends Counter {
        private static final Pattern RESULT = Pattern.compile("^( *)--- (PASS|FAIL|SKIP): (\\S+)"), BENCHMARK = Pattern.compile("^(Benchmark\\S+)\\s+\\d+\\s+[\\d.]+ ns/op");
        private static final Pattern PACKAGE = Pattern.compile("^(ok|FAIL|\\?)\\s+([A-Za-z][\\w.-]*(?:/\\S*)?)\\s+([\\d.]+m?s.*|\\(cached\\).*|\\[.*)$");
        private static final int TEXT_LINES = 200;
        private final JsonMapper mapper = JsonMapper.builder().build();
        private final Sums ginkgo;
        /** Package, test, verdict; while -v has not said yet which package it is, that is empty. */
        private final Map<String, Map<String, Verdict>> packages = new LinkedHashMap<>();
        private final Map<String, List<String>> said = new LinkedHashMap<>();
        private final Set<String> failedPackages = new LinkedHashSet<>();
        private final Set<String> suites = new LinkedHashSet<>();
        private final List<String> failureText = new ArrayList<>();
        private int suitesSeen;
        private int silent;

        Go(Sums ginkgo) {
            super(Kind.GO);
            this.ginkgo = ginkgo;
        }

        @Override
        void line(String line) {
            Matcher m;
            if (line.startsWith("{") && line.contains("\"Action\":")) {
                event(line);
            } else if ((m = match(RESULT, line)) != null) {
                // The first result after a suite's sum is the test that started the suite.
                result("", m.group(3), verdict(m.group(2)), m.group(1).isEmpty() && ginkgo.sums > suitesSeen);
            } else if ((m = match(BENCHMARK, line)) != null) {
                result("", m.group(1), Verdict.PASS, false);
            } else if ((m = match(PACKAGE, line)) != null) {
                heard = true;
                Map<String, Verdict> tests = packages.remove("");
                packages.computeIfAbsent(m.group(2), any -> new LinkedHashMap<>()).putAll(tests == null ? Map.of() : tests);
                if (m.group(1).equals("FAIL")) {
                    failedPackages.add(m.group(2));
                }
                silent += m.group(1).equals("ok") && tests == null && !m.group(3).contains("[no tests to run]") ? 1 : 0;
            }
        }

        private void result(String in, String name, Verdict verdict, boolean suite) {
            heard = true;
            Map<String, Verdict> tests = packages.computeIfAbsent(in, any -> new LinkedHashMap<>());
            if (suite) {
                suitesSeen = ginkgo.sums;
                suites.add(in);
            } else {
                tests.merge(name, verdict, (a, b) -> a == Verdict.FAIL ? a : b);
            }
        }

        private static Verdict verdict(String word) {
            return word.equalsIgnoreCase("pass") ? Verdict.PASS : word.equalsIgnoreCase("skip") ? Verdict.SKIP : Verdict.FAIL;
        }

        private void event(String line) {
            JsonNode event;
            try {
                event = mapper.readTree(line);
            } catch (JacksonException e) {
                return;
            }
            heard = true;
            String action = event.path("Action").asString("");
            String in = event.path("Package").asString("");
            String test = event.path("Test").asString("");
            if (action.equals("output")) {
                output(in, test, event.path("Output").asString("").stripTrailing());
            } else if (Set.of("pass", "fail", "skip").contains(action)) {
                List<String> lines = said.remove(in + " " + test);
                if (!test.isEmpty()) {
                    result(in, test, verdict(action), suites.contains(in + " " + test));
                } else if (action.equals("fail")) {
                    failedPackages.add(in);
                }
                if (action.equals("fail") && lines != null && failureText.size() < 10_000) {
                    failureText.addAll(lines);
                }
            }
        }

        private void output(String in, String test, String line) {
            List<String> lines = said.computeIfAbsent(in + " " + test, any -> new ArrayList<>());
            lines.add(line);
            if (lines.size() > TEXT_LINES) {
                lines.remove(0);
            }
            int before = ginkgo.sums;
            ginkgo.line(Attempt.ANSI.matcher(line).replaceAll(""));
            if (ginkgo.sums > before) {
                suites.add(in + " " + test);
            }
            Matcher m = match(BENCHMARK, line);
            if (m != null) {
                result(in, m.group(1), Verdict.PASS, false);
            }
        }

        @Override
        Tally tally() {
            Tally tally = new Tally();
            packages.forEach((in, tests) -> count(tally, in, tests));
            for (String in : failedPackages) {
                if (!packages.getOrDefault(in, Map.of()).containsValue(Verdict.FAIL) && suites.stream().noneMatch(suite -> suite.isEmpty() || suite.equals(in) || suite.startsWith(in + " "))) {
                    tally.count(in + " (the package: it does not build, or broke off)", Verdict.FAIL);
                }
            }
            tally.failureText.addAll(failureText);
            if (silent > 0) {
                tally.notes.add(silent + " of the packages passed, and only with -v or -json go test says how many tests that is");
                // They ran; how many they were is not known.
                heard &= tally.ran() > 0;
            }
            return tally;
        }

        private static void count(Tally tally, String in, Map<String, Verdict> tests) {
            Set<String> parents = new LinkedHashSet<>();
            Set<String> explained = new LinkedHashSet<>();
            tests.forEach((name, verdict) -> {
                for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                    parents.add(name.substring(0, slash));
                    if (verdict == Verdict.FAIL) {
                        explained.add(name.substring(0, slash));
                    }
                }
            });
            tests.forEach((name, verdict) -> {
                if (!parents.contains(name) || verdict == Verdict.FAIL && !explained.contains(name)) {
                    tally.count((in + " " + name).strip(), verdict);
                }
            });
        }
    }

    /** TAP 12 to 14. A test with subtests is counted by its subtests. */
    static final class Tap extends Counter {
        private static final Pattern RESULT = Pattern.compile("^( *)(not )?ok\\b(?: +\\d+)?(?: +-)? *(.*?)(?: +# *(SKIP|TODO)\\b.*)?$", Pattern.CASE_INSENSITIVE);
        private static final Pattern PLAN = Pattern.compile("^1\\.\\.(\\d{1,9})\\b"), SUBTEST = Pattern.compile("^( *)# Subtest: (.*)$");
        private final Tally tally = new Tally();
        /** The results that no line above has closed: their indentation, and whether they or one below them failed. */
        private final TreeMap<Integer, Boolean> open = new TreeMap<>();
        private final TreeMap<Integer, String> above = new TreeMap<>();
        private long planned;
        private long top;

        Tap() {
            super(Kind.TAP);
        }

        @Override
        void line(String line) {
            Matcher m;
            if ((m = match(SUBTEST, line)) != null) {
                above.tailMap(m.group(1).length(), true).clear();
                above.put(m.group(1).length(), m.group(2));
            } else if ((m = match(PLAN, line)) != null) {
                planned += Long.parseLong(m.group(1));
                heard = true;
            } else if (line.startsWith("TAP version ")) {
                // "ok" at the beginning of a line is a common word: without a version or a plan it is none of TAP's.
                heard = true;
            } else if ((m = match(RESULT, line)) != null) {
                result(m.group(1).length(), m.group(4) != null ? Verdict.SKIP : m.group(2) != null ? Verdict.FAIL : Verdict.PASS, m.group(3));
            }
        }

        private void result(int indent, Verdict verdict, String title) {
            Map<Integer, Boolean> below = open.tailMap(indent, false);
            boolean parent = !below.isEmpty();
            boolean failedBelow = below.containsValue(true);
            below.clear();
            if (!parent || verdict == Verdict.FAIL && !failedBelow) {
                String name = Stream.concat(above.headMap(indent).values().stream(), Stream.of(title)).collect(Collectors.joining(" › "));
                tally.count(name.isBlank() ? "test " + (tally.ran() + tally.skipped + 1) : name, verdict);
            }
            open.merge(indent, verdict == Verdict.FAIL || failedBelow, Boolean::logicalOr);
            top += indent == 0 ? 1 : 0;
        }

        @Override
        Tally tally() {
            Tally copy = new Tally();
            copy.add(tally);
            copy.missing = Math.max(0, planned - top);
            return copy;
        }
    }

    /** The files that a tier's runner writes: JUnit's XML, or a JSON document with total, passed and failed. Only what this run has written counts. */
    static final class ReportFiles {
        private static final int TEXT = 4000;
        private final Tier tier;
        private final Map<Path, String> before;

        ReportFiles(Tier tier) throws IOException {
            this.tier = tier;
            this.before = tier.files.isEmpty() ? Map.of() : stamps();
        }

        private Map<Path, String> stamps() throws IOException {
            Map<Path, String> stamps = new TreeMap<>();
            List<PathMatcher> wanted = tier.files.stream().flatMap(glob -> Stream.of(glob, glob.replaceFirst("^\\*\\*/", ""))).map(glob -> tier.folder.getFileSystem().getPathMatcher("glob:" + glob)).toList();
            Files.walkFileTree(tier.folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                    return Set.of(".git", "node_modules", ".run-tests").contains(String.valueOf(dir.getFileName())) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                    if (wanted.stream().anyMatch(matcher -> matcher.matches(tier.folder.relativize(path)))) {
                        stamps.put(path, attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path path, IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
            return stamps;
        }

        Tally tally() throws IOException {
            Map<Path, String> after = stamps();
            int stale = after.size();
            after.entrySet().removeIf(file -> file.getValue().equals(before.get(file.getKey())));
            Tally tally = new Tally();
            for (Path path : after.keySet()) {
                try {
                    if (path.toString().endsWith(".json")) {
                        json(path, tally);
                    } else {
                        xml(path, tally);
                    }
                } catch (XMLStreamException | JacksonException | IOException e) {
                    tally.broken = Where.shown(path) + " cannot be read to its end, as if its writer had been cut off";
                }
            }
            tally.sources.add(after.size() + (after.size() == 1 ? " file of " : " files of ") + String.join(", ", tier.files));
            if (after.isEmpty()) {
                tally.notes.add(stale == 0 ? "no such file was written" : "none of the " + stale + " files there is of this run: they are from an earlier one, and do not count");
            }
            return tally;
        }

        private static void xml(Path path, Tally tally) throws IOException, XMLStreamException {
            XMLInputFactory factory = XMLInputFactory.newFactory();
            // A report may hold what a stranger wrote: nothing is fetched for it.
            factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
            factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
            factory.setProperty(XMLInputFactory.IS_COALESCING, true);
            try (InputStream in = Files.newInputStream(path)) {
                String name = "";
                Verdict verdict = Verdict.PASS;
                boolean failure = false;
                for (XMLStreamReader xml = factory.createXMLStreamReader(in); xml.hasNext(); xml.next()) {
                    String tag = xml.isStartElement() || xml.isEndElement() ? xml.getLocalName() : "";
                    boolean failed = tag.equals("failure") || tag.equals("error");
                    if (xml.isStartElement() && tag.equals("testcase")) {
                        String of = xml.getAttributeValue(null, "classname");
                        name = (of == null || of.isEmpty() ? "" : of + ".") + xml.getAttributeValue(null, "name");
                        verdict = Verdict.PASS;
                    } else if (xml.isStartElement() && failed) {
                        verdict = Verdict.FAIL;
                        text(tally, xml.getAttributeValue(null, "message"));
                    } else if (xml.isStartElement() && tag.equals("skipped") && verdict == Verdict.PASS) {
                        verdict = Verdict.SKIP;
                    } else if (xml.isStartElement() && tag.startsWith("flaky")) {
                        tally.flaky.add(name);
                    } else if (xml.isCharacters() && failure) {
                        text(tally, xml.getText());
                    } else if (xml.isEndElement() && tag.equals("testcase")) {
                        tally.count(name, verdict);
                    }
                    failure = xml.isStartElement() && failed || xml.isCharacters() && failure;
                }
            }
        }

        /** Once a failure, however often its words stand in it. */
        private static void text(Tally tally, String text) {
            if (text != null && !text.isBlank() && tally.failureText.size() < 10_000) {
                tally.failureText.add(text.substring(0, Math.min(text.length(), TEXT)));
            }
        }

        private static void json(Path path, Tally tally) throws IOException {
            JsonNode document = JsonMapper.builder().build().readTree(Files.readString(path));
            JsonNode counts = counts(document);
            if (counts == null) {
                tally.broken = Where.shown(path) + " has no object with total, passed and failed";
                return;
            }
            tally.passed += counts.path("passed").asLong();
            tally.failed += counts.path("failed").asLong();
            tally.skipped += Math.max(0, counts.path("total").asLong() - counts.path("passed").asLong() - counts.path("failed").asLong());
            for (JsonNode part : document) {
                for (JsonNode one : part.isArray() ? part : List.<JsonNode>of()) {
                    if (one.path("outcome").asString("").toLowerCase(Locale.ROOT).startsWith("fail")) {
                        tally.failing.add(one.path("name").asString("?"));
                    }
                }
            }
        }

        private static JsonNode counts(JsonNode node) {
            if (node.isObject() && node.path("total").isIntegralNumber() && node.path("passed").isIntegralNumber() && node.path("failed").isIntegralNumber()) {
                return node;
            }
            for (JsonNode below : node) {
                JsonNode found = counts(below);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }
    }

    // --init -----------------------------------------------------------------------------------------------------------

    /** Looks at what builds the project, and writes the tiers that it finds. */
    static final class Init {
        private static final Map<String, Pattern> TIERS = new LinkedHashMap<>();

        static {
            TIERS.put("unit", Pattern.compile("(^|[-_:.])(unit)([-_:.]|s?$)"));
            TIERS.put("integration", Pattern.compile("(^|[-_:.])(integration|integ|it)([-_:.]|$)|integrationTest"));
            TIERS.put("e2e", Pattern.compile("(^|[-_:.])(e2e|end-to-end|acceptance)([-_:.]|$)|e2eTest"));
            TIERS.put("performance", Pattern.compile("(^|[-_:.])(bench|benchmarks?|perf|performance)([-_:.]|$)|^jmh$"));
        }

        private final Path root;
        private final Map<String, List<String>> tiers = new LinkedHashMap<>();

        Init(Path root) {
            this.root = root;
        }

        int write(CommandLine.Model.CommandSpec spec, Path file) throws IOException {
            if (Files.exists(file)) {
                throw Stop.usage(Where.shown(file) + " is there already, and stays as it is; --list shows what it says");
            }
            String from = find();
            if (from == null) {
                throw Stop.unchecked("there is no Makefile with test targets, and no Maven, Gradle, npm or Go project in " + Where.shown(root) + ": write " + Where.shown(file) + " yourself, run-tests --help shows the form");
            }
            StringBuilder yaml = new StringBuilder("# The test tiers, in order, for run-tests; written by its --init from " + from + ". A tier needs the one above it, unless needs: says otherwise.\n");
            List<String> containers = containers();
            if (!containers.isEmpty()) {
                yaml.append("# Stopped and removed before each run, by these very names. Take out what must stay.\ncontainers: [").append(String.join(", ", containers)).append("]\n");
            }
            yaml.append("tiers:\n");
            TIERS.keySet().stream().filter(tiers::containsKey).forEach(tier -> {
                yaml.append("  ").append(tier).append(":\n");
                tiers.get(tier).forEach(line -> yaml.append("    ").append(line).append('\n'));
            });
            Files.writeString(file, yaml);
            spec.commandLine().getOut().print(yaml);
            spec.commandLine().getOut().flush();
            System.err.println("run-tests: " + Where.shown(file) + " written; look at it, then: run-tests");
            return Report.SOUND;
        }

        /** A Makefile first: where it has tests, it says how they are to be run. */
        private String find() throws IOException {
            return make() ? "the Makefile" : maven() ? "the Maven project" : gradle() ? "the Gradle project" : npm() ? "the npm project" : go() ? "the Go project" : null;
        }

        private String read(String name) throws IOException {
            Path file = root.resolve(name);
            return Files.isRegularFile(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
        }

        private void put(String tier, String command, String... more) {
            List<String> lines = new ArrayList<>(List.of("command: " + quoted(command)));
            lines.addAll(List.of(more));
            tiers.put(tier, lines);
        }

        private static String quoted(String command) {
            return command.matches("[\\w./][\\w ./:=@-]*") && !command.contains(": ") ? command : "'" + command.replace("'", "''") + "'";
        }

        /** Of several names for a tier the one that is only the tier's; else all of them. */
        private void named(List<String> names, Function<String, String> command) {
            TIERS.forEach((tier, pattern) -> {
                List<String> fitting = names.stream().filter(name -> pattern.matcher(name).find() && name.matches("[\\w.:/-]+")).toList();
                List<String> plain = fitting.stream().filter(name -> name.split("[-_:.]").length <= 2).toList();
                if (!fitting.isEmpty()) {
                    put(tier, (plain.isEmpty() ? fitting : plain.subList(0, 1)).stream().map(command).collect(Collectors.joining(" && ")));
                }
            });
            names.stream().filter(name -> name.matches("tests?|check") && !tiers.containsKey("unit")).findFirst().ifPresent(name -> put("unit", command.apply(name)));
        }

        private boolean make() throws IOException {
            List<String> targets = Pattern.compile("(?m)^([A-Za-z0-9][\\w./-]*)[ \\t]*:(?![=:])").matcher(read("Makefile") + "\n" + read("GNUmakefile")).results().map(m -> m.group(1)).distinct().toList();
            named(targets.stream().filter(name -> !name.matches("(?i).*(build|clean|setup|install|deps|image|report).*")).toList(), name -> "make " + name);
            return !tiers.isEmpty();
        }

        private boolean maven() throws IOException {
            String pom = read("pom.xml");
            if (pom.isEmpty()) {
                return false;
            }
            String mvn = (Files.exists(root.resolve("mvnw")) ? "./mvnw" : "mvn") + " -B ";
            put("unit", mvn + "test", "results: '**/target/surefire-reports/TEST-*.xml'");
            if (pom.contains("maven-failsafe-plugin")) {
                // No unit test has this name, and Failsafe goes by another option.
                put("integration", mvn + "verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false", "results: '**/target/failsafe-reports/TEST-*.xml'");
            }
            return true;
        }

        private boolean gradle() throws IOException {
            String build = read("build.gradle") + read("build.gradle.kts");
            if (build.isEmpty() && read("settings.gradle").isEmpty() && read("settings.gradle.kts").isEmpty()) {
                return false;
            }
            String gradle = (Files.exists(root.resolve("gradlew")) ? "./gradlew" : "gradle") + " --no-daemon ";
            Map<String, String> tasks = new LinkedHashMap<>();
            tasks.put("unit", "test");
            for (Matcher m = Pattern.compile("\\b(integrationTest|e2eTest|functionalTest)\\b").matcher(build); m.find(); ) {
                tasks.put(m.group(1).equals("e2eTest") ? "e2e" : "integration", m.group(1));
            }
            // What is up to date writes no report, and would count as nothing.
            tasks.forEach((tier, task) -> put(tier, gradle + "clean" + task.substring(0, 1).toUpperCase(Locale.ROOT) + task.substring(1) + " " + task, "results: '**/build/test-results/" + task + "/*.xml'"));
            if (build.contains("me.champeau.jmh")) {
                put("performance", gradle + "jmh", "results: exit");
            }
            return true;
        }

        private boolean npm() throws IOException {
            String text = read("package.json");
            if (text.isEmpty()) {
                return false;
            }
            Map<String, String> scripts = new LinkedHashMap<>();
            try {
                JsonMapper.builder().build().readTree(text).path("scripts").properties().forEach(script -> scripts.put(script.getKey(), script.getValue().asString("")));
            } catch (JacksonException e) {
                throw Stop.unchecked("package.json is not JSON: " + String.valueOf(e.getOriginalMessage()).replaceAll("\\s+", " "));
            }
            scripts.values().removeIf(command -> command.contains("no test specified"));
            named(scripts.keySet().stream().filter(name -> name.matches("(?i).*(test|bench|perf|e2e).*")).toList(), name -> name.equals("test") ? "npm test" : "npm run " + name);
            return !tiers.isEmpty();
        }

        private boolean go() throws IOException {
            if (read("go.mod").isEmpty()) {
                return false;
            }
            Map<String, Set<String>> tagged = new TreeMap<>();
            boolean[] benchmarks = new boolean[1];
            try (Stream<Path> files = Files.walk(root, 12)) {
                for (Path test : files.filter(file -> file.toString().endsWith("_test.go") && !root.relativize(file).toString().matches("(vendor|node_modules)/.*")).toList()) {
                    String text = new String(Files.readAllBytes(test), StandardCharsets.UTF_8);
                    String folder = "./" + root.relativize(test.getParent()).toString().replace('\\', '/');
                    for (String tier : List.of("integration", "e2e")) {
                        boolean tag = text.matches("(?s)(.*\\n)?//go:build [^\\n]*\\b" + tier + "\\b.*");
                        if (tag || folder.matches(".*/" + tier + "(/.*)?")) {
                            tagged.computeIfAbsent(tier + (tag ? " -tags " + tier : ""), any -> new TreeSet<>()).add(folder);
                        }
                    }
                    benchmarks[0] |= text.contains("\nfunc Benchmark");
                }
            }
            List<String> apart = tagged.entrySet().stream().filter(entry -> !entry.getKey().contains(" ")).flatMap(entry -> entry.getValue().stream()).toList();
            put("unit", apart.isEmpty() ? "go test -json ./..." : "go test -json $(go list ./... | grep -vE '/(integration|e2e)(/|$)')", "results: go");
            tagged.forEach((tier, folders) -> put(tier.replaceFirst(" .*", ""), "go test -json -count=1" + tier.replaceFirst("^\\w+", "") + " " + String.join(" ", folders), "results: go"));
            if (benchmarks[0]) {
                put("performance", "go test -json -run '^$' -bench . ./...", "results: go");
            }
            return true;
        }

        /** Containers that compose files and the Makefile name, and that are for tests by their name. */
        private List<String> containers() throws IOException {
            Set<String> names = new TreeSet<>();
            List<String> texts = new ArrayList<>(List.of(read("Makefile")));
            try (Stream<Path> files = Files.list(root)) {
                for (Path compose : files.filter(file -> file.getFileName().toString().matches("(docker-|podman-)?compose[\\w.-]*\\.ya?ml")).sorted().toList()) {
                    texts.add(read(compose.getFileName().toString()));
                }
            }
            for (String text : texts) {
                Pattern.compile("(?:container_name:[ \\t]*|--name[ =])[\"']?([A-Za-z0-9][A-Za-z0-9_.-]*)").matcher(text).results().map(m -> m.group(1)).filter(name -> name.matches("(?i).*test.*")).forEach(names::add);
            }
            return List.copyOf(names);
        }
    }

    // >>> block Exports (owner: run-tests.java)
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
}
