///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Verifies a folder of SQL migrations: names, replay, Down parts, lists of it, copies, a live database.
//DESCRIPTION   jbang verify-migrations db/migrations
//DESCRIPTION   jbang verify-migrations db/migrations --suite test --down --rerun
//DESCRIPTION   jbang verify-migrations db/migrations --url jdbc:postgresql://localhost:5432/app
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx192m --enable-native-access=ALL-UNNAMED
//SOURCES ../kit/migrations/CopyCheck.java
//SOURCES ../kit/postgres/Definitions.java
//SOURCES ../kit/migrations/DownCheck.java
//SOURCES ../kit/report/Accepted.java
//SOURCES ../kit/report/Exports.java
//SOURCES ../kit/report/Git.java
//SOURCES ../kit/migrations/Folder.java
//SOURCES ../kit/migrations/ListCheck.java
//SOURCES ../kit/locks/LockCheck.java
//SOURCES ../kit/migrations/LiveCheck.java
//SOURCES ../kit/migrations/Migration.java
//SOURCES ../kit/migrations/NamesCheck.java
//SOURCES ../kit/migrations/Replay.java
//SOURCES ../kit/migrations/ReplayCheck.java
//SOURCES ../kit/report/Report.java
//SOURCES ../kit/migrations/RerunCheck.java
//SOURCES ../kit/config/ProjectPostgres.java
//SOURCES ../kit/source/Needed.java
//SOURCES ../kit/postgres/Server.java
//SOURCES ../kit/report/Stop.java
//SOURCES ../kit/report/Tool.java
//SOURCES ../kit/report/Where.java
//SOURCES ../kit/migrations/WholeFileCheck.java
//DEPS info.picocli:picocli:4.7.7

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.config.ProjectPostgres;
import kit.locks.LockCheck;
import kit.migrations.CopyCheck;
import kit.migrations.DownCheck;
import kit.migrations.Folder;
import kit.migrations.ListCheck;
import kit.migrations.LiveCheck;
import kit.migrations.Migration;
import kit.migrations.NamesCheck;
import kit.migrations.Replay;
import kit.migrations.ReplayCheck;
import kit.migrations.RerunCheck;
import kit.migrations.WholeFileCheck;
import kit.postgres.Definitions;
import kit.postgres.Server;
import kit.report.Accepted;
import kit.report.Exports;
import kit.report.Git;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import kit.source.Needed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Verifies what a folder of migrations promises, on a database that is gone afterwards. */
@Command(name = "verify-migrations", version = "verify-migrations 1.0.0", mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Verifies a folder of SQL migrations: names and numbers, a replay file by file on a scratch "
                + "database, its Down parts, the lists of its files in test code, copies of the folder, and a live "
                + "database against ledger and replay. The live database is only read.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: nothing was found that fails", "1:the script itself failed", "2:wrong usage",
                "3:could not check: no database", "10:problems found: each is named"},
        footer = {"%nExamples:", "  verify-migrations db/migrations",
                "  verify-migrations db/migrations --suite internal/store --down --rerun",
                "  verify-migrations db/migrations --copy charts/app/migrations",
                "  verify-migrations db/migrations --url postgres://localhost:5432/app \\",
                "      --format github --junit target/migrations.xml",
                "  verify-migrations db/migrations --locks --since origin/main --format markdown"})
class VerifyMigrations implements Callable<Integer> {
    /** What is wrong with a file by itself, whatever else is new. */
    private static final Pattern OF_A_FILE = Pattern.compile("MIGRATION_(?:BAD_NAME|BOM|EMPTY|MARKERS|NOT_UTF8|NO_UP"
            + "|PSQL|NOT_RERUNNABLE|DOWN_\\w+)");

    @Parameters(paramLabel = "DIR", arity = "0..*",
            description = "The folders of migrations; default: migrations or db/migrations.")
    List<Path> dirs = new ArrayList<>();

    @Option(names = "--suite", paramLabel = "PATH",
            description = "Code, scripts and configuration to search for lists of the folder's files. May be repeated.")
    List<Path> suites = List.of();

    @Option(names = "--copy", paramLabel = "DIR",
            description = "A folder that should hold the same files. May be repeated.")
    List<Path> copies = List.of();

    @Option(names = "--down", description = "Also run every Down part: does it give back what was there before, and "
            + "does Up after Down give the same?")
    boolean down;

    @Option(names = "--rerun",
            description = "Also apply every file a second time: which are safe to apply twice?")
    boolean rerun;

    @Option(names = "--whole-file", description = "Also apply every file as a whole, as psql -f does: what is left "
            + "when the Down part runs with the Up part?")
    boolean wholeFile;

    @Option(names = "--locks", description = "Also watch each statement on tables that have rows: what it locks, "
            + "rewrites and scans, and another way to the same that lets others work.")
    boolean locks;

    @Option(names = "--rows", paramLabel = "N", description = "How many rows the tables get for --locks; what hurts is "
            + "timed with them, and with ten times as many.")
    Integer rows;

    @Option(names = "--since", paramLabel = "REV",
            description = "Tell only what is new since this commit of git: in files that are, as one change.")
    String since;

    @Mixin
    Folder.Options migrations;
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Mixin
    Exports exports;
    @Mixin
    Accepted.Options accepted = new Accepted.Options();
    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(Tool.commandLine(new VerifyMigrations()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (rows != null && (!locks || rows < 1)) {
            throw Stop.usage("--rows " + rows + (locks ? " is too few: give at least 1" : " needs --locks"));
        }
        Folder[] folders = folders();
        if (since != null) {
            Git.at("--since", since, folders[0].dir()); // before a server is started for nothing
        }
        Report report = new Report(spec, output.format);
        Server live = server.namesYours() ? server.open() : null;
        Optional<ProjectPostgres> named = live == null ? ProjectPostgres.around(folders[0].dir()) : Optional.empty();
        String other = live != null ? server.settle(live.major(), ", as your server is")
                : server.settle(named.map(ProjectPostgres::major).orElse(0),
                        named.map(ProjectPostgres::words).orElse(""));
        if (!other.isEmpty()) {
            report.skipped("the project's PostgreSQL", other);
        }
        try (Server replays = live != null ? Server.embedded() : server.open()) {
            return verify(report, replays, live, folders);
        }
    }

    /** @param live the reader's database, or null */
    int verify(Report report, Server replays, Server live, Folder... folders) throws Exception {
        migrations.createRoles(replays);
        Accepted known = new Accepted(report, accepted,
                Pattern.compile("MIGRATION_(?!DOWN|NOT_RERUN|MARKS_IGN" + (locks ? "" : "|REWRITES|LOCKS|SCANS")
                        + ")\\w+|(ROLE|EXTENSION|PRIVILEGE)_MISSING" + (locks ? "|" + LockCheck.CODES : "")));
        Set<String> changed = since == null ? null : Git.at("--since", since, folders[0].dir()).changed();
        if (changed != null) {
            known.only((code, where) -> changed.contains(where.file()) || !OF_A_FILE.matcher(code).matches(),
                    "its file is as it was in " + since);
        }
        Set<String> read = new TreeSet<>();
        for (Folder folder : folders) {
            for (Migration m : folder.files()) {
                known.read(m.file(), m.text());
                if (!m.downFile().equals(m.file())) {
                    known.read(m.downFile(), Files.readString(m.downFile()));
                }
                read.addAll(List.of(Where.shown(m.file()), Where.shown(m.downFile())));
            }
        }
        for (Folder folder : folders) {
            verify(folder, report, replays, live, known, changed);
        }
        known.end(read);
        int exit = report.end(false);
        exports.write(report);
        return exit;
    }

    Folder[] folders() {
        List<Path> all = new ArrayList<>(dirs);
        if (migrations.dir != null) {
            all.add(migrations.dir);
        }
        if (all.isEmpty()) {
            all.add(Stream.of("migrations", "db/migrations").map(Path::of).filter(Files::isDirectory).findFirst()
                    .orElseThrow(() -> Stop.usage("there is no folder migrations or db/migrations here: name yours")));
        }
        return all.stream().map(dir -> Folder.read("DIR", dir)).toArray(Folder[]::new);
    }

    /** @param changed the files that are new, as they are shown; null for all */
    private void verify(Folder folder, Report report, Server replays, Server live, Accepted known,
            Set<String> changed) throws Exception {
        new NamesCheck(folder, report, replays).check();
        try (Replay<Definitions> replay = Replay.ofDefinitions(replays, folder.files(),
                m -> down || live != null)) {
            new ReplayCheck(folder, report, replay, replays, f -> locks && LockCheck.tells(f)).check();
            if (locks) {
                Set<Migration> fresh = changed == null ? null : folder.files().stream()
                        .filter(m -> changed.contains(Where.shown(m.file()))).collect(Collectors.toSet());
                new LockCheck(folder, report, replays, replay, fresh, rows).check();
            }
            if (rerun) {
                new RerunCheck(folder, report, replays).check();
            }
            if (wholeFile) {
                new WholeFileCheck(folder, report, replays, replay).check();
            }
            if (!suites.isEmpty()) {
                new ListCheck(folder, report, replays, replay, suites,
                        new Needed(folder, replays, replay, suites, known)).check();
            }
            for (Path copy : copies) {
                new CopyCheck(folder, report, Folder.read("--copy", copy)).check();
            }
            if (live != null) {
                new LiveCheck(folder, report, replays, replay, live).check();
            }
            if (down) {
                // Last, for it takes the replayed schema away.
                try (DownCheck check = new DownCheck(folder, report, replays, replay)) {
                    check.check();
                }
            }
        }
    }
}
