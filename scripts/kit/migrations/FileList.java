//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Where;

/** Names of migration files written one after the other: in code, a script, a configuration. */
public record FileList(Path file, List<String> names, List<Integer> lines) {

    private static final Pattern SQL_FILE = Pattern.compile("[\\w.+-]+\\.sql\\b", Pattern.CASE_INSENSITIVE);
    /** Files that mention migrations and apply none. */
    private static final Pattern PROSE = Pattern.compile("(?i).*\\.(md|adoc|rst|txt|log|out|html|svg)");

    public Where at() {
        return Where.of(file, lines.get(0));
    }

    /** The lists in a file. One name is a mention; two and more within five lines of each other are a list. */
    public static List<FileList> in(Path file, String text, Folder folder) {
        List<FileList> lists = new ArrayList<>();
        if (!text.contains(".sql") && !text.contains(".SQL") || PROSE.matcher(file.toString()).matches()) {
            return lists;
        }
        Set<String> known = new HashSet<>(folder.files().stream().map(Migration::name).toList());
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            for (Matcher m = SQL_FILE.matcher(line); m.find();) {
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
