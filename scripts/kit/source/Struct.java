//SOURCES Language.java
//SOURCES Lexer.java
//SOURCES Sequence.java
//SOURCES SourceFile.java
package kit.source;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A struct, record or class whose tags name columns.
 *
 * @param at      where it begins in its file
 * @param whole   whether no field of it stands elsewhere
 * @param columns the names that its tags say, each with its place
 * @param perhaps the columns that fields without a tag may have */
public record Struct(SourceFile file, String name, int at, boolean whole, Map<String, Integer> columns,
        Set<String> perhaps) {

    private static final Pattern DB_TAG = Pattern.compile("\\bdb:\"([^\",]+)");
    private static final Set<Language> OF_CLASSES = Set.of(Language.JAVA, Language.KOTLIN, Language.GROOVY,
            Language.SCALA, Language.CSHARP);

    /** @param lexer one that has read the file's tokens */
    public static List<Struct> in(SourceFile file, Lexer lexer) {
        boolean go = file.language == Language.GO && file.text.contains("db:\"");
        if (!go && (!OF_CLASSES.contains(file.language) || !file.text.contains("Column("))) {
            return List.of();
        }
        Sequence s = new Sequence(lexer, lexer.sequences.get(0));
        return go ? ofGo(file, s) : ofClasses(file, s);
    }

    /** type T struct { ID int `db:"id"` }; one with an embedded struct is not whole. */
    private static List<Struct> ofGo(SourceFile file, Sequence s) {
        List<Struct> structs = new ArrayList<>();
        for (int i = 0; i + 3 < s.size; i++) {
            if (!s.is(i, "type") || !s.is(i + 2, "struct") || s.kind(i + 3) != '{') {
                continue;
            }
            int end = Math.min(s.match(i + 3), s.size);
            Struct struct = new Struct(file, s.word(i + 1), s.tokens.get(i).start, !embeds(s, i + 4, end),
                    new LinkedHashMap<>(), Set.of());
            for (int at = i + 4; at < end; at++) {
                Matcher tag = s.kind(at) == 'S' ? DB_TAG.matcher(s.text(at).toString()) : null;
                if (tag != null && tag.find() && !tag.group(1).equals("-")) {
                    struct.columns.put(tag.group(1), s.tokens.get(at).start);
                }
            }
            structs.add(struct);
        }
        return structs;
    }

    private static boolean embeds(Sequence s, int from, int to) {
        for (int i = from; i < Math.min(to, s.size - 1); i++) {
            boolean alone = s.tokens.get(i + 1).newLine || s.kind(i + 1) == '.' || s.kind(i + 1) == '}';
            if (s.kind(i) == 'W' && s.tokens.get(i).newLine && alone) {
                return true;
            }
        }
        return false;
    }

    /** class T { @Column(name = "id") long id; }; fields without the tag have columns of their own names. */
    private static List<Struct> ofClasses(SourceFile file, Sequence s) {
        List<Struct> structs = new ArrayList<>();
        Struct current = null;
        for (int i = 0; i + 2 < s.size; i++) {
            if ((s.is(i, "class") || s.is(i, "record")) && s.kind(i + 1) == 'W') {
                current = new Struct(file, s.word(i + 1), s.tokens.get(i).start, true, new LinkedHashMap<>(),
                        new HashSet<>());
                structs.add(current);
            } else if (current != null && s.is(i, "Column") && s.kind(i + 1) == '(') {
                int name = s.is(i + 2, "name") ? i + 4 : i + 2;
                if (s.kind(name) == 'S') {
                    current.columns.put(s.text(name).toString().replace("\"", ""), s.tokens.get(name).start);
                }
            } else if (current != null && s.kind(i) == 'W') {
                current.perhaps.add(s.word(i).replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT));
            }
        }
        return structs;
    }

    /** Whether this is what the rows of a table become: it names most of the table's columns, and little else. */
    boolean belongsTo(Set<String> table) {
        long shared = columns.keySet().stream().filter(table::contains).count();
        return shared >= 2 && shared * 2 >= table.size() && shared * 3 >= columns.size() * 2L;
    }
}
