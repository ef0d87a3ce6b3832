//SOURCES Flaw.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Severity;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** What lies in a folder: its files of SQL, subfolders, and the rest, before a style reads it. */
public final class Listing {
    private static final long LARGEST = 8L << 20;
    private static final Map<String, String> LANGUAGES = Map.ofEntries(Map.entry("go", "Go"),
            Map.entry("js", "JavaScript"),
            Map.entry("mjs", "JavaScript"), Map.entry("cjs", "JavaScript"), Map.entry("ts", "TypeScript"),
            Map.entry("rb", "Ruby"), Map.entry("py", "Python"), Map.entry("java", "Java"), Map.entry("kt", "Kotlin"),
            Map.entry("groovy", "Groovy"), Map.entry("rs", "Rust"), Map.entry("exs", "Elixir"),
            Map.entry("ex", "Elixir"),
            Map.entry("php", "PHP"), Map.entry("cs", "C#"), Map.entry("fizz", "Fizz"));
    private static final Pattern CODE = Pattern.compile("(?i)[VM]?(\\d[\\d.]*)[_-].*\\.(\\w+)");
    /** NAME.postgres.up.sql, NAME.mysql.sql: one folder for several engines. */
    private static final Pattern ENGINE = Pattern.compile("(?i)(.+)[.](postgres|postgresql|pgsql|pg|psql|mysql|mariadb"
            + "|sqlite3?|mssql|sqlserver|oracle|cockroach|cockroachdb|crdb|h2|clickhouse|db2|spanner)"
            + "((?:\\.(?:up|down))?\\.sql)");

    /** A migration in the code of a program, which is not run here. */
    public record Code(String name, String version, String language, String text) {
        List<BigInteger> number() {
            return Stream.of(version.split("\\.")).filter(part -> !part.isEmpty()).map(BigInteger::new).toList();
        }
    }

    /** What a list of the tool's own has, and the folder has not. */
    public record Break(Path file, String text) {
    }

    final Path dir;
    /** What is not read, as "NAME is …". */
    final List<String> leftOut = new ArrayList<>();
    final List<Code> code = new ArrayList<>();
    final List<Break> broken = new ArrayList<>();
    private final List<Path> sql = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<Path, String> texts = new HashMap<>();
    private final Map<Path, List<Flaw>> flaws = new HashMap<>();

    Listing(Path dir) throws IOException {
        this.dir = dir;
        for (Path file : entries(dir)) {
            names.add(name(file));
            if (leadsBack(file)) {
                leftOut.add(name(file) + "/ is a subfolder that leads back here");
            } else if (Files.isDirectory(file)) {
                folders.add(file);
            } else if (TextFiles.special(file)) {
                leftOut.add(name(file) + " is no regular file");
            } else if (name(file).toLowerCase(Locale.ROOT).endsWith(".sql")) {
                sql.add(file);
            } else {
                code(file);
            }
        }
        ofEngines();
    }

    private boolean leadsBack(Path file) throws IOException {
        return Files.isSymbolicLink(file) && Files.isDirectory(file)
                && dir.toRealPath().startsWith(file.toRealPath());
    }

    static List<Path> entries(Path dir) throws IOException {
        try (Stream<Path> entries = Files.list(dir)) {
            return entries.sorted().toList();
        }
    }

    static String name(Path file) {
        return Where.name(file);
    }

    private void code(Path file) throws IOException {
        Matcher m = CODE.matcher(name(file));
        if (m.matches() && LANGUAGES.containsKey(m.group(2)) && !name(file).matches(".*_test\\.go|.*\\.d\\.ts")) {
            code.add(new Code(name(file), m.group(1), LANGUAGES.get(m.group(2)),
                    Files.size(file) > LARGEST ? ""
                            : new String(TextFiles.read(file, LARGEST), StandardCharsets.UTF_8)));
        }
    }

    /** Of files for several engines those for PostgreSQL count, and those that are for all where there is none. */
    private void ofEngines() {
        Map<String, List<Path>> others = new LinkedHashMap<>();
        Set<String> ours = new HashSet<>();
        for (Path file : sql) {
            Matcher m = ENGINE.matcher(name(file));
            if (m.matches() && m.group(2).toLowerCase(Locale.ROOT).startsWith("p")) {
                ours.add(m.group(1) + m.group(3));
            } else if (m.matches()) {
                others.computeIfAbsent(m.group(2).toLowerCase(Locale.ROOT), e -> new ArrayList<>()).add(file);
            }
        }
        others.forEach((engine, files) -> {
            sql.removeAll(files);
            leftOut.add(files.size() + " files of " + engine + " is another engine's");
        });
        sql.removeIf(file -> ours.contains(name(file)));
    }

    List<Path> sql() {
        return sql;
    }

    /** For tools that look into subfolders, too: their files of these names are files of the folder. */
    void deep(Pattern named) throws IOException {
        List<Path> below = new ArrayList<>(folders);
        for (int i = 0; i < below.size() && i < 10_000; i++) {
            for (Path file : entries(below.get(i))) {
                if (Files.isDirectory(file) && !Files.isSymbolicLink(file)) {
                    below.add(file);
                } else if (!TextFiles.special(file) && named.matcher(name(file)).matches() && !sql.contains(file)) {
                    sql.add(file);
                    folders.remove(file.getParent());
                }
            }
        }
    }

    /** Names the subfolders that are left out. */
    void leaveFolders() throws IOException {
        for (Path folder : folders) {
            boolean holds = entries(folder).stream().anyMatch(file -> name(file).matches("(?i)v?\\d+[._-].*\\.sql"));
            leftOut.add(name(folder) + "/ is a subfolder" + (holds ? " with migrations" : ""));
        }
    }

    /** The subfolders that hold a file of this name. */
    List<Path> foldersWith(String file) {
        return folders.stream().filter(folder -> Files.isRegularFile(folder.resolve(file))).toList();
    }

    List<Path> folders() {
        return folders;
    }

    boolean has(String file) {
        return names.contains(file);
    }

    /** Whether a file of the folder or of those above it, up to three, says something. */
    boolean above(String file, String words) {
        Path at = dir.toAbsolutePath().normalize();
        for (int i = 0; i < 4 && at != null; i++, at = at.getParent()) {
            if (Files.isRegularFile(at.resolve(file)) && text(at.resolve(file)).contains(words)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a line of a file is a mark. */
    boolean says(Path file, Pattern mark) {
        return mark.matcher(text(file)).find();
    }

    /** The text of another file; "" where there is none. */
    String sibling(Path file) {
        return Files.isRegularFile(file) ? text(file) : "";
    }

    List<Flaw> flaws(Path file) {
        if (text(file).isBlank()) {
            flaws.get(file).add(new Flaw("MIGRATION_EMPTY", Severity.warning, 0, name(file) + " is empty"));
        }
        return flaws.get(file);
    }

    /** The text of a file: UTF-8 without its byte order mark; what is not UTF-8 is taken as Latin-1, and said. */
    String text(Path file) {
        return texts.computeIfAbsent(file, f -> {
            try {
                return read(f, flaws.computeIfAbsent(f, x -> new ArrayList<>()));
            } catch (IOException e) {
                throw Stop.usage(Where.shown(f) + " cannot be read: " + TextFiles.trouble(e));
            }
        });
    }

    private static String read(Path file, List<Flaw> flaws) throws IOException {
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
            flaws.add(new Flaw("MIGRATION_BOM", Severity.warning, 1, name(file)
                    + " begins with a byte order mark, for which goose refuses it and PostgreSQL finds a syntax "
                    + "error: it was read without"));
            return text.substring(1);
        } catch (CharacterCodingException e) {
            flaws.add(new Flaw("MIGRATION_NOT_UTF8", Severity.warning, 0,
                    name(file) + " is not UTF-8 and was read as Latin-1"));
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }
}
