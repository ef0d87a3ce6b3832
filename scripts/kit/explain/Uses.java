//SOURCES ../migrations/FileList.java
//SOURCES ../migrations/Folder.java
//SOURCES Missing.java
//SOURCES ../migrations/Part.java
//SOURCES ../migrations/Splitter.java
//SOURCES ../report/Tree.java
package kit.explain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.FileList;
import kit.migrations.Folder;
import kit.migrations.Part;
import kit.migrations.Splitter;
import kit.report.Tree;

/** What the code says: where the missing name is used, and which lists of migration files there are.
 *
 * @param notRead files that could not be read, and why */
public record Uses(List<Path> roots, List<Use> uses, List<FileList> lists, List<String> notRead, int filesRead) {
    /** String literals that can hold SQL: Go's and JavaScript's back ticks, triple quotes, and one-line strings. */
    private static final Pattern LITERAL = Pattern.compile("`([^`]*)`|\"\"\"(.*?)\"\"\"|'''(.*?)'''"
            + "|\"((?:[^\"\\\\\\n]|\\\\.)*+)\"|'((?:[^'\\\\\\n]|\\\\.)*+)'", Pattern.DOTALL);
    private static final Pattern VERB = Pattern.compile("\\s*(?:select|insert|update|delete|with|merge)\\b.*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** A place that uses the name, and the statement that it stands in, where that could be told; else null. */
    record Use(Path file, int line, String text, String statement) {
    }

    /** Reads the text files below the roots, without the folder of the migrations. */
    public static Uses scan(List<Path> roots, Folder folder, Missing missing) throws IOException {
        List<Use> uses = new ArrayList<>();
        List<FileList> lists = new ArrayList<>();
        Tree tree = Tree.read("--source", roots, dir -> Tree.same(dir, folder.dir()), (file, text) -> {
            if (text.contains(missing.name())) {
                addUses(uses, file, text, missing.name());
            }
            lists.addAll(FileList.in(file, text, folder));
        });
        return new Uses(roots, uses, lists, tree.notRead(), tree.filesRead());
    }

    private static void addUses(List<Use> uses, Path file, String text, String name) {
        List<Part> statements = statements(file, text);
        Pattern word = word(name);
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            if (word.matcher(line).find()) {
                int at = number;
                String statement = statements.stream().filter(s -> s.line() <= at
                        && at < s.line() + s.sql().split("\n", -1).length && word.matcher(s.sql()).find())
                        .map(Part::sql).findFirst().orElse(null);
                uses.add(new Use(file, number, line.strip(), statement));
            }
        }
    }

    /** The name as a whole word, alone or behind a dot. */
    static Pattern word(String name) {
        String quoted = Pattern.quote(name) + "(?!\\w)";
        return Pattern.compile("(?<![\\w.$])" + quoted + "|(?<=\\w\\.)" + quoted);
    }

    private static List<Part> statements(Path file, String text) {
        if (file.toString().toLowerCase(Locale.ROOT).endsWith(".sql")) {
            return Splitter.split(text, 1);
        }
        List<Part> statements = new ArrayList<>();
        for (Matcher m = LITERAL.matcher(text); m.find();) {
            for (int group = 1; group <= m.groupCount(); group++) {
                if (m.group(group) != null && VERB.matcher(m.group(group)).matches()) {
                    statements.add(new Part(m.group(group), 1 + Splitter.newlines(text, 0, m.start(group))));
                }
            }
        }
        return statements;
    }
}
