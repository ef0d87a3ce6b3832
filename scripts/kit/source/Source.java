//SOURCES Beginnings.java
//SOURCES Candidate.java
//SOURCES Cutter.java
//SOURCES Elsewhere.java
//SOURCES Globs.java
//SOURCES Histories.java
//SOURCES Language.java
//SOURCES Lexer.java
//SOURCES Literal.java
//SOURCES Literals.java
//SOURCES Neighbours.java
//SOURCES SourceFile.java
//SOURCES Struct.java
//SOURCES ../migrations/Folder.java
//SOURCES ../report/Accepted.java
//SOURCES ../report/Git.java
//SOURCES ../report/Report.java
//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
package kit.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Folder;
import kit.report.Accepted;
import kit.report.Git;
import kit.report.Report;
import kit.report.Tree;
import kit.report.Where;

/** What was read below the sources: statements, and what was left out and why. */
public final class Source {
    private static final Pattern DEFINES = Pattern.compile("(?is)create\\s+(?:or\\s+replace\\s+)?(?:global\\s+"
            + "|local\\s+|temp(?:orary)?\\s+|unlogged\\s+|materialized\\s+|recursive\\s+)*"
            + "(?:table|view|function|procedure|type|domain|schema)\\s+"
            + "(?:if\\s+not\\s+exists\\s+)?(?:\"?\\w+\"?\\.)?\"?(\\w+)\"?.*");

    private static final Pattern SELECTS_INTO = Pattern.compile("(?is)(?:with|select)\\b.{0,2000}?"
            + "\\binto\\s+(?:temp(?:orary)?\\s+|unlogged\\s+)?(?:table\\s+)?(\\w+)\\s+from\\b");

    /** What libraries make a table with; each of {@link #MAKES} begins so. */
    private static final List<String> MAKERS = List.of("create_table", "createTable", "CreateTable", "Schema::create",
            "create_join_table", "create_temp");
    private static final Pattern MAKES = Pattern.compile("(?:create_(?:join_)?table|createTable\\w*|CreateTable"
            + "|Schema::create|create_temp(?:orary)?_table)(?:!|<[^>]*>)?\\s*\\(?\\s*[:\"'`]?(\\w+)");

    public final List<Candidate> candidates = new ArrayList<>();
    final List<Struct> structs = new ArrayList<>();
    /** The files of code and SQL, as they are shown. */
    public final Set<String> files = new HashSet<>();
    /** For each reason the places that were left out for it. */
    private final Map<String, List<String>> leftOut = new TreeMap<>();
    /** What code makes for itself, such as a table of a test, in lower case; and the same for each file. */
    private final Set<String> made = new HashSet<>();
    private final Map<SourceFile, Set<String>> madeIn = new HashMap<>();
    private final Folder folder;
    private final List<Path> roots;
    /** Migrations that were not replayed, and what lies beside the code. */
    final Elsewhere elsewhere;
    final Neighbours neighbours;
    private Tree tree;

    /** @param folder the migrations, which are no source; null where there are none */
    public Source(Folder folder) {
        this(folder, List.of());
    }

    private Source(Folder folder, List<Path> roots) {
        this.folder = folder;
        this.roots = roots;
        this.elsewhere = new Elsewhere(folder);
        this.neighbours = new Neighbours(folder == null ? null : folder.dir(), roots);
    }

    /** Reads all files below the roots. */
    public static Source read(List<Path> roots, Folder folder, Globs globs, Accepted accepted) {
        Source source = new Source(folder, roots);
        try {
            source.tree = Tree.read("SOURCE", roots, dir -> false, (path, text) -> {
                if (Language.of(path) != null && !globs.wanted(path, roots)) {
                    source.leaveOut("--include and --exclude", Where.shown(path));
                } else {
                    accepted.read(path, text);
                    source.read(path, text);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return source;
    }

    /** Reads the files that a commit has below the roots; they are shown as if they lay there now. */
    public static Source read(Git git, List<Path> roots, Folder folder, Globs globs) {
        Source source = new Source(folder, roots);
        for (Path root : roots) {
            git.files(root, name -> Language.of(Path.of(name)) != null && !Tree.isBelowTools(Path.of(name)))
                    .forEach((name, content) -> {
                        Path path = name.isEmpty() ? root : root.resolve(name);
                        String text = new String(content, StandardCharsets.UTF_8);
                        if (globs.wanted(path, roots) && text.indexOf('\0') < 0) {
                            source.read(path, text);
                        }
                    });
        }
        return source;
    }

    /** Reads one file, for those who walk the tree themselves; what is in no language that is known is passed over. */
    public void read(Path path, String text) {
        Language language = Language.of(path);
        if (language == null) {
            return;
        }
        SourceFile file = new SourceFile(path, text, language);
        files.add(Where.shown(path));
        if (Histories.has(file, roots, folder)) {
            leaveOut("migrations are history: what they said was right in its time", Where.shown(path));
            if (language != Language.SQL) {
                elsewhere.add(path, text);
            }
        } else if (language == Language.SQL && Neighbours.ofDbt(path)) {
            leaveOut("a model of dbt, which makes what it names", Where.shown(path));
        } else if (file.compared()) {
            leaveOut("what a test compares with, by its name", Where.shown(path));
        } else if (language == Language.SQL) {
            readScript(file);
        } else {
            if (MAKERS.stream().anyMatch(text::contains)) {
                MAKES.matcher(text).results().forEach(m -> made.add(m.group(1).toLowerCase(Locale.ROOT)));
            }
            if (Beginnings.maybeSql(text)) {
                readCode(file);
            }
        }
    }

    private void readCode(SourceFile file) {
        Lexer lexer = new Lexer(file.text, file.language);
        for (Literal literal : new Literals(lexer).find()) {
            Cutter.ofLiteral(file, literal).forEach(this::add);
        }
        if (lexer.unclosed >= 0) {
            leaveOut("a string opens there and does not end, so what follows was not read",
                    file.at(lexer.unclosed).toString());
        }
        structs.addAll(Struct.in(file, lexer));
    }

    private void readScript(SourceFile file) {
        Cutter cutter = Cutter.ofFile(file);
        cutter.candidates.forEach(this::add);
        if (cutter.passedOver > 0) {
            leaveOut("commands of psql and rows of COPY", Where.shown(file.path) + " (" + cutter.passedOver + ")");
        }
    }

    private void add(Candidate candidate) {
        candidates.add(candidate);
        String sql = candidate.sql().toString();
        boolean into = candidate.kind() == Candidate.Kind.JUDGE && (sql.contains("into") || sql.contains("INTO"));
        Matcher defines = candidate.kind() == Candidate.Kind.DEFINE ? DEFINES.matcher(sql)
                : into ? SELECTS_INTO.matcher(sql) : null;
        if (defines != null && defines.lookingAt()) {
            String name = defines.group(1).toLowerCase(Locale.ROOT);
            made.add(name);
            madeIn.computeIfAbsent(candidate.file(), file -> new HashSet<>()).add(name);
        }
    }

    private void leaveOut(String why, String what) {
        leftOut.computeIfAbsent(why, w -> new ArrayList<>()).add(what);
    }

    /** Whether the code makes something of this name for itself. */
    boolean makes(String name) {
        return made.contains(name);
    }

    /** What one file makes for itself, in lower case. */
    Set<String> madeIn(SourceFile file) {
        return madeIn.getOrDefault(file, Set.of());
    }

    /** Tells what was read and what was not; for a source that {@link #read(List, Folder, Globs, Accepted)} has
     * read. */
    public void describe(Report report, List<Path> roots) {
        report.step("The source " + String.join(", ", roots.stream().map(Where::shown).toList()));
        report.say(files.size() + (files.size() == 1 ? " file" : " files") + " of code and SQL");
        tree.skipped().forEach(dir -> report.skipped(dir, "a folder of tools"));
        tree.notRead().forEach(file -> report.skipped(file, "not read"));
        leftOut.forEach((why, what) -> report.skipped(some(what), why));
    }

    /** The first few of many places. */
    static String some(List<String> places) {
        return String.join(", ", places.stream().limit(3).toList())
                + (places.size() > 3 ? " and " + (places.size() - 3) + " more" : "");
    }
}
