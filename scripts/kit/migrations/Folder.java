//SOURCES Dialect.java
//SOURCES Dialects.java
//SOURCES Listing.java
//SOURCES Migration.java
//SOURCES PlainSql.java
//SOURCES PsqlOnly.java
//SOURCES ../report/Git.java
//SOURCES ../report/Report.java
//SOURCES ../report/RunFolder.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
//DEPS info.picocli:picocli:4.7.7
package kit.migrations;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.postgres.Server;
import kit.report.Git;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;
import kit.report.Words;
import picocli.CommandLine.Option;

/** A folder of migrations, read the way its tool reads it. */
public record Folder(Path dir, Dialect dialect, String why, List<Migration> files, List<String> leftOut,
        List<Listing.Code> code, List<Listing.Break> breaks) {

    /** Where the Up part ends in a text, whichever tool has marked it. */
    public static final Pattern DOWN_MARK = PlainSql.DOWN_MARK;

    /** The options that name a folder and what it needs. */
    public static final class Options {
        @Option(names = "--migrations", paramLabel = "DIR",
                description = "The folder of migration files: numbered SQL, or that of goose, golang-migrate, dbmate, "
                        + "Flyway, Diesel, Prisma, Drizzle, tern, sqitch, sqlx, node-pg-migrate, Atlas, Supabase, "
                        + "refinery, Liquibase (SQL) or Rails (structure.sql).")
        public Path dir;

        @Option(names = "--role", paramLabel = "NAME",
                description = "Create this role on the script's own server first, for files that grant to it. May be "
                        + "repeated.")
        public List<String> roles = List.of();

        /** Makes the roles that are asked for, on a server that is ours. */
        public void createRoles(Server server) throws SQLException {
            if (!roles.isEmpty() && server.kind == Server.Kind.YOURS) {
                throw Stop.usage("--role creates roles on the script's own server only; create them on yours by hand");
            }
            for (String role : roles) {
                server.createRole(role);
            }
        }
    }

    /** Reads a folder; every trouble that makes it unreadable is one sentence with the file's name. */
    public static Folder read(Path dir) {
        return read("--migrations", dir);
    }

    /** @param option where the reader has named it */
    public static Folder read(String option, Path dir) {
        if (!Files.exists(dir)) {
            throw Stop.usage(option + " " + dir + " does not exist");
        }
        if (!Files.isDirectory(dir)) {
            throw Stop.usage(option + " " + dir + " is a file: name the folder that holds it");
        }
        try {
            Listing listing = new Listing(dir);
            Dialect dialect = Dialects.of(listing);
            String why = dialect.marks(listing);
            List<Migration> files = dialect.read(listing);
            files.forEach(m -> PsqlOnly.addTo(dialect, m));
            if (files.isEmpty()) {
                throw Stop.usage(option + " " + dir + " holds no migration: " + nothing(listing, dialect));
            }
            return new Folder(dir, dialect, why, files, listing.leftOut, listing.code, listing.broken);
        } catch (IOException e) {
            throw Stop.usage(option + " " + dir + " cannot be read: " + TextFiles.trouble(e));
        }
    }

    /** The folder as it was in a commit, in the run's own folder; what a tool is known by above it comes along. */
    public static Folder read(Git git, Path dir) throws IOException {
        Path home = Files.createTempDirectory(RunFolder.get(), "rev");
        Path at = home.resolve(dir.toAbsolutePath().normalize().getFileName());
        Map<String, byte[]> files = git.files(dir, name -> true);
        if (files.isEmpty()) {
            throw Stop.unchecked("there is no " + Where.shown(dir) + " in " + git.rev + ": nothing to compare with");
        }
        for (Map.Entry<String, byte[]> each : files.entrySet()) {
            Path file = at.resolve(each.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, each.getValue());
        }
        for (Path above = dir.toAbsolutePath().normalize().getParent(); above != null; above = above.getParent()) {
            if (Files.isRegularFile(above.resolve("Cargo.toml"))) {
                Files.copy(above.resolve("Cargo.toml"), home.resolve("Cargo.toml"));
                break;
            }
        }
        return read("--migrations", at);
    }

    private static String nothing(Listing listing, Dialect dialect) {
        List<String> below = listing.folders().stream().map(Listing::name)
                .filter(name -> name.matches("(?i)postgres(ql)?|pgsql|pg|migrations?|versions?")).toList();
        return (listing.sql().isEmpty() ? "there is no .sql file in it"
                : "none of its " + listing.sql().size() + " .sql files is named as " + dialect.title + " names them")
                + (listing.code.isEmpty() ? ""
                        : ", and " + listing.code.size() + " migrations written in "
                                + listing.code.get(0).language() + " are not run here")
                + (below.isEmpty() ? "" : "; is it " + Where.shown(listing.dir.resolve(below.get(0))) + "?");
    }

    /** The migration in a program's code, left out here, that comes before a file and has to do with a name; empty
     * where none does. */
    public Optional<String> inCode(Migration before, String name) {
        Pattern word = Pattern.compile("(?<!\\w)" + Pattern.quote(name) + "(?!\\w)", Pattern.CASE_INSENSITIVE);
        return code.stream().filter(c -> before == null || before.version().isEmpty()
                || Migration.compare(c.number(), before.number()) < 0)
                .filter(c -> word.matcher(c.text()).find()).map(Listing.Code::name).reduce((x, y) -> y);
    }

    /** What of the history is not read: a schema that is made of the rest is none of it as a whole. Null where all
     * is. */
    public String unread() {
        List<String> odd = leftOut.stream().filter(left -> left.endsWith(".sql is no regular file")
                || left.endsWith("/ is a subfolder with migrations")).toList();
        return code.isEmpty() && odd.isEmpty() ? null
                : code.isEmpty() ? String.join(", ", odd)
                        : code.size() + (code.size() == 1 ? " migration" : " migrations") + " written in "
                                + String.join(", ", code.stream().map(Listing.Code::language).distinct().toList())
                                + " ("
                                + Words.some(code.stream().map(Listing.Code::name).toList(), 3) + ")";
    }

    /** Files that bear one number, whatever the zeros before it. */
    public List<List<Migration>> duplicates() {
        Map<List<BigInteger>, List<Migration>> byNumber = new LinkedHashMap<>();
        files.stream().filter(m -> !m.version().isEmpty())
                .forEach(m -> byNumber.computeIfAbsent(m.number(), n -> new ArrayList<>()).add(m));
        return byNumber.values().stream().filter(same -> same.size() > 1).toList();
    }

    /** What is wrong with the files as they lie there, without a database. */
    public void addFlawsTo(Report report) {
        addFlawsTo(report, same -> new String[0]);
    }

    /** With a remedy for files that bear one number. */
    public void addFlawsTo(Report report, Function<List<Migration>, String[]> renumber) {
        report.checked("migrations", files.size());
        leftOut.forEach(left -> report.skipped(left.substring(0, left.lastIndexOf(" is ")),
                left.substring(left.lastIndexOf(" is ") + 1)));
        code.forEach(c -> report.skipped(c.name(), "is a migration written in " + c.language()));
        if (unread() != null) {
            report.partly("not read: " + unread());
        }
        breaks.forEach(
                b -> report.finding("LIST_NAMES_ABSENT_FILE", Severity.error, Where.of(b.file(), 0), b.text(), ""));
        files.forEach(m -> m.flaws()
                .forEach(flaw -> report.finding(flaw.code(), flaw.severity(), m.at(flaw.line()), flaw.text(), "")));
        duplicates().forEach(same -> report.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, same.get(1).at(0),
                same.stream().map(Migration::name).reduce((a, b) -> a + " and " + b).orElse("")
                        + " bear the same number: rename one",
                dialect.title + " takes one version once", renumber.apply(same)));
    }

    /** The number after the last one of the unbroken run: 1000 far behind 021 is a number apart. Numbers that are times
     * give the time of now, which is behind the last. */
    public String nextVersion() {
        List<Migration> numbered = files.stream().filter(m -> m.version().matches("\\d+")).toList();
        int digits = numbered.isEmpty() ? 14 : numbered.get(numbered.size() - 1).version().length();
        if (digits >= 8) {
            String now = now(digits, numbered.isEmpty() ? "" : numbered.get(numbered.size() - 1).version());
            BigInteger last = numbered.isEmpty() ? BigInteger.ZERO : numbered.get(numbered.size() - 1).number().get(0);
            return last.compareTo(new BigInteger(now)) < 0 ? now : last.add(BigInteger.ONE).toString();
        }
        BigInteger last = numbered.get(0).number().get(0);
        for (Migration m : numbered) {
            BigInteger number = m.number().get(0);
            last = number.subtract(last).bitLength() <= 6 ? number : last;
        }
        String next = last.add(BigInteger.ONE).toString();
        return "0".repeat(Math.max(0, numbered.get(0).version().length() - next.length())) + next;
    }

    /** Seconds or milliseconds since 1970, or a date, as the last number is one. */
    private static String now(int digits, String last) {
        boolean date = last.isEmpty() || last.matches("(19|20)\\d\\d(0[1-9]|1[0-2])([0-2]\\d|3[01])\\d*");
        return date ? LocalDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern(
                digits < 14 ? "yyyyMMddHHmmss".substring(0, digits) : "yyyyMMddHHmmss"))
                : digits == 10 ? String.valueOf(Instant.now().getEpochSecond())
                        : digits == 13 ? String.valueOf(Instant.now().toEpochMilli()) : "0";
    }

    /** The name of a file, or of a migration's folder, with another version. */
    public static String withVersion(Path file, String version) {
        String name = file.getFileName().toString();
        return name.replaceFirst(name.matches("\\d{4}-\\d\\d-.*") ? "^[\\d-]+(?=_)" : "\\d+([._]\\d+)*", version);
    }

    public boolean broken() {
        return !breaks.isEmpty() || !duplicates().isEmpty()
                || files.stream().flatMap(m -> m.flaws().stream()).anyMatch(flaw -> flaw.severity() == Severity.error);
    }

    public String describe() {
        List<String> left = Stream
                .concat(leftOut.stream(), code.stream().map(c -> c.name() + " is a migration written in "
                        + c.language()))
                .toList();
        return files.size() + " files of " + dialect.title + " (" + why + ")"
                + (left.isEmpty() ? "" : "; left out: " + Words.some(left, 12));
    }
}
