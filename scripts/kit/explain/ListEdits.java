//SOURCES ../migrations/FileList.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES Remedy.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
package kit.explain;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.stream.Stream;

import kit.migrations.FileList;
import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** Changes of the lists of migration files in code, written like what stands there. */
final class ListEdits {
    private final Folder folder;

    ListEdits(Folder folder) {
        this.folder = folder;
    }

    /** The files of lists with one more name in each; the last list of a file first, so that the lines of those above
     * it stay true.
     *
     * @param before the name that it had, or null */
    List<Remedy.Edit> withName(Stream<FileList> lists, String name, String before) {
        Map<Path, Remedy.Edit> edits = new LinkedHashMap<>();
        lists.sorted(Comparator.comparing((FileList list) -> list.file()).thenComparing(list -> -list.lines().get(0)))
                .forEach(list -> {
                    Remedy.Edit made = edits.get(list.file());
                    String text = made != null ? made.before() : read(list.file());
                    if (text != null) {
                        String after = withName(list, made != null ? made.after() : text, name, before);
                        edits.put(list.file(), new Remedy.Edit(list.file(), text, after));
                    }
                });
        return List.copyOf(edits.values());
    }

    /** The list with one more name, written like its neighbours; or in the place of its name before, or of one with the
     * same words whose file is gone. */
    private String withName(FileList list, String text, String name, String before) {
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        List<String> names = list.names();
        Optional<String> gone = names.stream()
                .filter(n -> n.equals(before) || before != null && isGone(n) && words(n).equals(words(name)))
                .findFirst();
        int at = gone.map(names::indexOf).orElseGet(() -> placeFor(name, names));
        int line = list.lines().get(at) - 1;
        String neighbour = names.get(at);
        if (gone.isPresent()) {
            lines.set(line, lines.get(line).replace(neighbour, name));
        } else if (list.lines().stream().filter(n -> n == line + 1).count() > 1) {
            lines.set(line,
                    lines.get(line).replace(neighbour, neighbour + between(list, at, lines.get(line)) + name));
        } else {
            // The last entry may lack the comma, the first may stand behind the list's own beginning.
            boolean last = at == names.size() - 1;
            String head = head(lines, list, last ? at : at + 1);
            String tail = tail(lines, list, at);
            String sign = last && at > 0 ? tail(lines, list, at - 1) : tail;
            lines.set(line, head(lines, list, at) + neighbour + sign);
            lines.add(line + 1, head + name + tail);
        }
        return String.join("\n", lines);
    }

    private boolean isGone(String name) {
        return folder.files().stream().noneMatch(m -> m.name().equals(name));
    }

    /** The entry after which a name belongs; the first one where it belongs before all. */
    private int placeFor(String name, List<String> names) {
        int at = names.size() - 1;
        while (at > 0 && compare(names.get(at), name) > 0) {
            at--;
        }
        return at;
    }

    private String words(String name) {
        Matcher m = folder.dialect().name.matcher(name);
        return m.matches() ? m.group("words") : name;
    }

    /** What stands between two names of one line: a comma and quotes, or a blank. */
    private static String between(FileList list, int at, String line) {
        boolean next = at + 1 < list.names().size() && list.lines().get(at + 1).equals(list.lines().get(at));
        int one = next ? at : at - 1;
        int begin = line.indexOf(list.names().get(one)) + list.names().get(one).length();
        return line.substring(begin, Math.max(begin, line.indexOf(list.names().get(one + 1), begin)));
    }

    private static String head(List<String> lines, FileList list, int at) {
        String line = lines.get(list.lines().get(at) - 1);
        return line.substring(0, line.indexOf(list.names().get(at)));
    }

    private static String tail(List<String> lines, FileList list, int at) {
        return lines.get(list.lines().get(at) - 1)
                .substring(head(lines, list, at).length() + list.names().get(at).length());
    }

    /** The list in the folder's order; nothing where its file cannot be edited. */
    Optional<Remedy.Edit> inOrder(FileList list) {
        String text = read(list.file());
        if (text == null) {
            return Optional.empty();
        }
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        List<String> sorted = list.names().stream().sorted(this::compare).toList();
        for (int i = 0; i < sorted.size(); i++) {
            int line = list.lines().get(i) - 1;
            lines.set(line, lines.get(line).replace(list.names().get(i), "\u0000" + i + "\u0000"));
        }
        for (int i = 0; i < sorted.size(); i++) {
            int line = list.lines().get(i) - 1;
            lines.set(line, lines.get(line).replace("\u0000" + i + "\u0000", sorted.get(i)));
        }
        return Optional.of(new Remedy.Edit(list.file(), text, String.join("\n", lines)));
    }

    /** Order of two file names by their versions, as the tool sorts them. */
    private int compare(String a, String b) {
        Matcher first = folder.dialect().name.matcher(a);
        Matcher second = folder.dialect().name.matcher(b);
        return !first.matches() || !second.matches() ? a.compareTo(b)
                : Migration.compare(Ledger.number(String.valueOf(first.group("version"))),
                        Ledger.number(String.valueOf(second.group("version"))));
    }

    /** Null for a file that is not UTF-8: an edit would not give its bytes back. */
    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            return null;
        } catch (IOException e) {
            throw Stop.unchecked(Where.shown(file) + " cannot be read any more: " + TextFiles.trouble(e));
        }
    }
}
