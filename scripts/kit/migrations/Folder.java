//SOURCES Dbmate.java
//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Goose.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES PsqlOnly.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
//DEPS info.picocli:picocli:4.7.7
package kit.migrations;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;
import picocli.CommandLine.Option;

/** A folder of migrations, read the way its tool reads it. */
public record Folder(Path dir, Dialect dialect, String why, List<Migration> files, List<String> leftOut) {
    private static final long LARGEST = 8L << 20;
    /** Where the Up part ends in a text of goose, dbmate, node-pg-migrate, sql-migrate or MyBatis. */
    public static final Pattern DOWN_MARK = Pattern.compile(
            "(?im)^[ \\t]*--[ \\t-]*(?:\\+goose[ \\t]+down|migrate:down|down[ \\t]+migration"
                    + "|\\+migrate[ \\t]+down|//[ \\t]*@undo)\\b");
    private static final Pattern OUTSIDE_TRANSACTION = Pattern.compile(
            "(?is)\\s*(?:create\\s+(?:unique\\s+)?index\\s+concurrently|drop\\s+index\\s+concurrently"
                    + "|reindex\\b.*\\bconcurrently|vacuum\\b|alter\\s+system|create\\s+database|drop\\s+database"
                    + "|create\\s+tablespace).*");

    /** The options that name a folder and what it needs. */
    public static final class Options {
        @Option(names = "--migrations", paramLabel = "DIR",
                description = "The folder of migration files: goose, golang-migrate, dbmate, Flyway or plain "
                        + "numbered SQL.")
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
        Map<Path, String> texts = new LinkedHashMap<>();
        List<String> leftOut = new ArrayList<>();
        List<Flaw> encoding = new ArrayList<>();
        try (Stream<Path> entries = Files.list(dir)) {
            for (Path file : entries.sorted().toList()) {
                String name = Where.name(file);
                if (Files.isDirectory(file)) {
                    leftOut.add(name + "/ is a subfolder");
                } else if (TextFiles.special(file)) {
                    leftOut.add(name + " is no regular file");
                } else if (name.toLowerCase(Locale.ROOT).endsWith(".sql")) {
                    texts.put(file, text(file, encoding));
                } else if (name.matches("\\d+_.*\\.go")) {
                    leftOut.add(name + " is a migration written in Go");
                }
            }
        } catch (IOException e) {
            throw Stop.usage(option + " " + dir + " cannot be read: " + TextFiles.trouble(e));
        }
        Map.Entry<Dialect, String> recognised = recognise(texts);
        Folder folder = new Folder(dir, recognised.getKey(), recognised.getValue(), new ArrayList<>(), leftOut);
        texts.forEach((file, text) -> folder.add(file, text, encoding));
        if (folder.files().isEmpty()) {
            throw Stop.usage(option + " " + dir + " holds no migration: "
                    + (texts.isEmpty() ? "there is no .sql file in it"
                            : "none of its " + texts.size() + " .sql files is named as " + folder.dialect.title
                                    + " names them"));
        }
        folder.files().sort(Comparator.comparing((Migration m) -> m.version().isEmpty())
                .thenComparing(Migration::number, Migration::compare).thenComparing(Migration::name));
        return folder;
    }

    /** The text of a file: UTF-8 without its byte order mark; what is not UTF-8 is taken as Latin-1, and said. */
    private static String text(Path file, List<Flaw> flaws) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw Stop.usage(Where.shown(file) + " is " + (Files.size(file) >> 20)
                    + " MB large, too large for a migration (limit " + (LARGEST >> 20)
                    + " MB): move its data into a file that is loaded with COPY");
        }
        byte[] bytes = TextFiles.read(file, LARGEST);
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
            flaws.add(new Flaw("MIGRATION_BOM", Severity.warning, 1, file.getFileName()
                    + " begins with a byte order mark, for which goose refuses it and PostgreSQL finds a syntax "
                    + "error: it was read without"));
            return text.substring(1);
        } catch (CharacterCodingException e) {
            flaws.add(new Flaw("MIGRATION_NOT_UTF8", Severity.warning, 0,
                    file.getFileName() + " is not UTF-8 and was read as Latin-1"));
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
            } else if (text.lines().anyMatch(line -> Dbmate.MARK.matcher(line).lookingAt())) {
                votes.merge(Dialect.DBMATE, 1L, Long::sum);
            }
        });
        return votes.entrySet().stream().max(Map.Entry.comparingByValue())
                .map(e -> Map.entry(e.getKey(), e.getValue() + " of " + texts.size() + " files "
                        + (e.getKey() == Dialect.GOOSE ? "have “-- +goose” marks"
                                : e.getKey() == Dialect.DBMATE ? "have “-- migrate:” marks" : "are named so")))
                .orElse(Map.entry(Dialect.PLAIN,
                        texts.values().stream().anyMatch(text -> DOWN_MARK.matcher(text).find())
                                ? "marks of Down parts, and no tool's names"
                                : "no marks and no tool's names"));
    }

    private void add(Path file, String text, List<Flaw> encoding) {
        String name = Where.name(file);
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
        List<Flaw> flaws = new ArrayList<>(
                encoding.stream().filter(flaw -> flaw.text().startsWith(name + " ")).toList());
        String version = m.group("version") == null ? "" : m.group("version");
        String words = m.group("words").replaceFirst("^[_-]+", "");
        if (text.isBlank()) {
            flaws.add(new Flaw("MIGRATION_EMPTY", Severity.warning, 0, name + " is empty"));
        }
        Migration read = switch (dialect) {
            case GOOSE -> new Goose(name, text, flaws).migration(file, version, words);
            case DBMATE -> Dbmate.read(file, version, words, text, flaws);
            case GOLANG_MIGRATE -> whole(file, version, words, text, Splitter.split(text, 1),
                    Splitter.split(sibling(name.replaceFirst("(?i)\\.up\\.sql$", ".down.sql")), 1), flaws);
            case FLYWAY -> whole(file, version, words, text, Splitter.split(text, 1),
                    Splitter.split(version.isEmpty() ? "" : sibling("U" + name.substring(1)), 1), flaws);
            case PLAIN -> {
                Matcher mark = DOWN_MARK.matcher(text);
                int cut = mark.find() ? mark.start() : text.length();
                yield whole(file, version, words, text, Splitter.split(text.substring(0, cut), 1),
                        Splitter.split(text.substring(cut), 1 + Splitter.newlines(text, 0, cut)), flaws);
            }
        };
        PsqlOnly.addTo(dialect, read);
        files.add(read);
    }

    private String sibling(String name) {
        try {
            return Files.exists(dir.resolve(name)) ? text(dir.resolve(name), new ArrayList<>()) : "";
        } catch (IOException e) {
            throw Stop.usage(name + " cannot be read: " + TextFiles.trouble(e));
        }
    }

    /** Tools without marks run statements that cannot be in a transaction outside of one; golang-migrate only where
     * such a statement is the whole file. */
    private Migration whole(Path file, String version, String words, String text, List<Part> up, List<Part> down,
            List<Flaw> flaws) {
        boolean transactional = dialect == Dialect.GOLANG_MIGRATE && up.size() > 1
                || up.stream().noneMatch(part -> OUTSIDE_TRANSACTION.matcher(Splitter.bare(part.sql())).matches());
        return new Migration(file, version, words, text, transactional, up, down, flaws);
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
        files.forEach(m -> m.flaws()
                .forEach(flaw -> report.finding(flaw.code(), flaw.severity(), m.at(flaw.line()), flaw.text(), "")));
        duplicates().forEach(same -> report.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, same.get(1).at(0),
                same.stream().map(Migration::name).reduce((a, b) -> a + " and " + b).orElse("")
                        + " bear the same number: rename one",
                dialect.title + " takes one version once", renumber.apply(same)));
    }

    /** The number after the last one of the unbroken run: 1000 far behind 021 is a number apart. Timestamps give a
     * timestamp. */
    public String nextVersion() {
        List<Migration> numbered = files.stream().filter(m -> m.version().matches("\\d+")).toList();
        if (numbered.isEmpty() || numbered.get(numbered.size() - 1).version().length() >= 14) {
            return LocalDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyyMMddHHmmss"));
        }
        BigInteger last = numbered.get(0).number().get(0);
        for (Migration m : numbered) {
            BigInteger number = m.number().get(0);
            last = number.subtract(last).bitLength() <= 6 ? number : last;
        }
        String next = last.add(BigInteger.ONE).toString();
        return "0".repeat(Math.max(0, numbered.get(0).version().length() - next.length())) + next;
    }

    public static String withVersion(Path file, String version) {
        return file.getFileName().toString().replaceFirst("\\d+([._]\\d+)*", version);
    }

    public boolean broken() {
        return !duplicates().isEmpty()
                || files.stream().flatMap(m -> m.flaws().stream()).anyMatch(flaw -> flaw.severity() == Severity.error);
    }

    public String describe() {
        return files.size() + " files of " + dialect.title + " (" + why + ")"
                + (leftOut.isEmpty() ? "" : "; left out: " + String.join(", ", leftOut));
    }
}
