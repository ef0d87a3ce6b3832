///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Checks the SQL in source code of any language against the schema that the migrations make; nothing is run.
//DESCRIPTION   jbang check-sql src --migrations db/migrations
//DESCRIPTION   jbang check-sql . --migrations db/migrations --baseline check-sql.baseline --format github
//DESCRIPTION   jbang check-sql src --url jdbc:postgresql://localhost:5432/app --migrations db/migrations
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx224m --enable-native-access=ALL-UNNAMED
//SOURCES ../kit/migrations/Folder.java
//SOURCES ../kit/config/ProjectPostgres.java
//SOURCES ../kit/postgres/Server.java
//SOURCES ../kit/report/Accepted.java
//SOURCES ../kit/report/Exports.java
//SOURCES ../kit/report/Git.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//SOURCES ../kit/source/Globs.java
//SOURCES ../kit/source/Judge.java
//SOURCES ../kit/source/Rolling.java
//SOURCES ../kit/source/Schema.java
//SOURCES ../kit/source/Source.java
//SOURCES ../kit/source/Verdict.java
//DEPS info.picocli:picocli:4.7.7

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import kit.config.ProjectPostgres;
import kit.migrations.Folder;
import kit.postgres.Server;
import kit.report.Accepted;
import kit.report.Exports;
import kit.report.Git;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import kit.source.Globs;
import kit.source.Judge;
import kit.source.Rolling;
import kit.source.Schema;
import kit.source.Source;
import kit.source.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lets PostgreSQL judge every SQL statement that stands in source code, without running one. */
@Command(name = "check-sql", version = "check-sql 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {
                "Finds the SQL in source code (Go, Java, Kotlin, Scala, Groovy, Python, JavaScript, TypeScript, Ruby, "
                        + "PHP, C#, Rust, Elixir, shell, .sql) and lets PostgreSQL parse and describe each statement "
                        + "on the migrated schema.",
                "Statements in code are never run; of .sql files, definitions only, in a scratch database, rolled "
                        + "back. What cannot be judged is counted, with the reason."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every statement that could be judged is accepted", "1:the script itself failed",
                "2:wrong usage", "3:could not check: no database, or no statement",
                "10:problems found: each is named"},
        footer = {"%nExamples:", "  check-sql src --migrations db/migrations",
                "  check-sql . --migrations db/migrations --exclude '**/legacy/**' \\",
                "      --baseline check-sql.baseline",
                "  check-sql src --url postgres://localhost:5432/app --migrations db/migrations \\",
                "      --format github --sarif target/sql.sarif",
                "  check-sql src --migrations db/migrations --since origin/main \\",
                "      --deployed origin/main"})
class CheckSql implements Callable<Integer> {
    @Parameters(paramLabel = "SOURCE", arity = "0..*", description = "Files and folders to check.")
    List<Path> sources = new ArrayList<>();

    @Mixin
    Accepted.Options accepted;

    @Option(names = "--include", paramLabel = "GLOB",
            description = "Check these files only, such as '**/store/*.go' or '*.sql'. May be repeated.")
    List<String> includes = List.of();

    @Option(names = "--exclude", paramLabel = "GLOB", description = "Leave these files out. May be repeated.")
    List<String> excludes = List.of();

    @Option(names = "--since", paramLabel = "REV", description = "Tell only what is new since this commit of git: in "
            + "files that have changed, or broken by migrations that have.")
    String since;

    @Option(names = "--deployed", paramLabel = "REV", description = "Also judge the code of this commit, which still "
            + "runs while the new one is deployed, by the schema of the working tree. Nothing is checked out.")
    String deployed;

    @Option(names = "--rollback", paramLabel = "REV",
            description = "Also judge the code of the working tree by the schema of this commit.")
    String rollback;

    private Git deployedAt;
    private Git rollbackTo;
    private Git sinceThen;

    @Mixin
    Folder.Options migrations;
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Mixin
    Exports exports;
    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new CheckSql()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        checkUsage();
        Globs globs = Globs.of(includes, excludes);
        Folder folder = migrations.dir == null ? null : Folder.read(migrations.dir);
        Report report = new Report(spec, output.format);
        if (folder != null && !server.namesYours()) {
            Optional<ProjectPostgres> named = ProjectPostgres.around(folder.dir());
            String other = server.settle(named.map(ProjectPostgres::major).orElse(0),
                    named.map(ProjectPostgres::words).orElse(""));
            if (!other.isEmpty()) {
                report.skipped("the project's PostgreSQL", other);
            }
        }
        Accepted known = new Accepted(report, accepted, Verdict.CODES);
        // While the server starts, the source is read.
        var reading = CompletableFuture.supplyAsync(() -> Source.read(sources, folder, globs, known));
        try (Schema schema = Schema.open(folder, migrations, server, report)) {
            Source source = reading.get();
            if (since != null) {
                onlyNew(report, known, folder, schema, source);
            }
            source.describe(report, sources);
            new Verdict(report, schema, source).tell(new Judge(schema, source).judge());
            if (deployed != null) {
                try (Schema then = schema.of(Folder.read(deployedAt, folder.dir()))) {
                    new Rolling(report, deployedAt, schema, then)
                            .deployed(Source.read(deployedAt, sources, folder, globs));
                }
            }
            if (rollback != null) {
                try (Schema then = schema.of(Folder.read(rollbackTo, folder.dir()))) {
                    new Rolling(report, rollbackTo, schema, then).rollback(source);
                }
            }
            known.end(source.files);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        int exit = report.end(false);
        exports.write(report);
        return exit;
    }

    /** Of files that are as they were only what the new migrations have broken. */
    private void onlyNew(Report report, Accepted known, Folder folder, Schema schema, Source source) throws Exception {
        Set<String> changed = sinceThen.changed();
        Set<Where> broken = new HashSet<>();
        boolean replayed = folder != null && !server.namesYours();
        if (replayed && folder.files().stream().anyMatch(m -> changed.contains(Where.shown(m.file())))) {
            try (Schema then = schema.of(Folder.read(sinceThen, folder.dir()))) {
                broken.addAll(new Rolling(report, sinceThen, schema, then).broken(source));
            }
        }
        known.only((code, where) -> code.startsWith("SQL_BREAKS_") || changed.contains(where.file())
                || broken.contains(where),
                "its file is as it was in " + since);
    }

    private void checkUsage() {
        if (sources.isEmpty()) {
            throw Stop.usage("name the files or folders to check: check-sql SOURCE… --migrations DIR");
        }
        if (migrations.dir == null && !server.namesYours()) {
            throw Stop.usage("say which schema the statements are for: --migrations DIR, or --url URL of a migrated "
                    + "database, or both");
        }
        for (Path root : sources) {
            if (!Files.exists(root)) {
                throw Stop.usage("SOURCE " + root + " does not exist");
            }
        }
        deployedAt = commit("--deployed", deployed);
        rollbackTo = commit("--rollback", rollback);
        sinceThen = since == null ? null : Git.at("--since", since, sources.get(0));
    }

    /** Looked up before a server is started for nothing; null where none is named. */
    private Git commit(String option, String rev) {
        if (rev != null && (migrations.dir == null || server.namesYours())) {
            throw Stop.usage(option + " " + rev + " needs --migrations DIR, and a server of this run's own: leave "
                    + "--url out");
        }
        return rev == null ? null : Git.at(option, rev, migrations.dir);
    }
}
