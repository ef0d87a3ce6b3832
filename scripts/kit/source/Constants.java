//SOURCES Language.java
//SOURCES Sequence.java
//SOURCES Text.java
package kit.source;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The names of a file whose text is known: what is assigned to each once; and those that are made longer somewhere. */
final class Constants {
    static final Set<String> TRIMMERS = Set.of("trimIndent", "trimMargin", "stripMargin", "strip", "stripIndent",
            "trim", "squish", "freeze", "to_string", "as_str", "into", "to_owned", "dedent", "unindent", "toString",
            "intern", "lines", "stripLeading", "stripTrailing", "clone");
    static final Set<String> APPENDERS = Set.of("append", "Append", "AppendLine", "AppendFormat", "concat", "push",
            "push_str", "write", "Write", "WriteString", "add", "Add", "appendln", "writeln");
    private static final int LONGEST = 20_000;
    private static final int DEEPEST = 8;

    /** @param at where its text begins; -1 where there is more than one */
    private record Assignment(Sequence tokens, int at) {
    }

    private final Language language;
    private final Map<String, Assignment> assigned = new HashMap<>();
    /** Names whose text is used in, or added to, another text. */
    final Set<String> extended = new HashSet<>();

    Constants(Language language) {
        this.language = language;
    }

    boolean has(String name) {
        return assigned.containsKey(name);
    }

    /** Collects what is assigned to names, and which names are added to. */
    void collect(Sequence s) {
        for (int i = 1; i < s.size; i++) {
            char kind = s.kind(i);
            if (kind == '=' && (s.kind(i + 1) == 'S' || s.kind(i + 1) == 'W')) {
                assign(s.assignee(i), s, s.kind(i + 1) == 'S' ? i + 1 : -1);
            } else if (kind == 'S' && language == Language.ELIXIR && s.word(i - 1).startsWith("@")) {
                assigned.put(s.word(i - 1), new Assignment(s, i));
            }
            if ((kind == '+' || kind == '.' || kind == '<') && s.kind(i - 1) == 'W' && adds(s, i)) {
                extended.add(s.word(i - 1));
            }
        }
    }

    private void assign(String name, Sequence s, int at) {
        boolean again = assigned.containsKey(name);
        if (!name.isEmpty() && (again || at >= 0)) {
            assigned.put(name, new Assignment(s, again ? -1 : at));
        }
    }

    private static boolean adds(Sequence s, int i) {
        return switch (s.kind(i)) {
            case '+' -> s.kind(i + 1) == '=';
            case '<' -> s.kind(i + 1) == '<';
            default -> s.kind(i + 1) == '=' || APPENDERS.contains(s.word(i + 1)) && s.kind(i + 2) == '(';
        };
    }

    /** What is known of a name's text; null where it is not a constant of this file. */
    Text text(String name) {
        return text(name, 0);
    }

    private Text text(String name, int depth) {
        Assignment assignment = name.isEmpty() ? null : assigned.get(name);
        if (assignment == null || assignment.at < 0 || depth > DEEPEST) {
            return null;
        }
        Sequence s = assignment.tokens;
        Text text = new Text(64);
        int i = assignment.at;
        while (true) {
            Text piece = s.kind(i) == 'S' ? s.text(i) : s.kind(i) == 'W' ? text(s.qualified(i), depth + 1) : null;
            if (piece == null || piece.length + text.length >= LONGEST || piece.hasHole()) {
                return null;
            }
            text.add(piece);
            i = s.kind(i) == 'S' ? i + 1 : s.lastOfName(i) + 1;
            if (!s.follows(i)) {
                if (!s.concatenates(i)) {
                    break;
                }
                i = s.behindSign(i);
            }
        }
        boolean changed = s.kind(i) == '.' && language != Language.PHP && !TRIMMERS.contains(s.word(i + 1))
                || s.kind(i) == '%';
        return changed ? null : text;
    }
}
