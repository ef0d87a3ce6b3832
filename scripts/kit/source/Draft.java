//SOURCES Beginnings.java
//SOURCES Candidate.java
//SOURCES Literal.java
//SOURCES SourceFile.java
//SOURCES Text.java
package kit.source;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

import kit.source.Candidate.Kind;

/** A statement while it is read: its text with a hole for each parameter, until it is whole and they get numbers. */
final class Draft {
    private static final Pattern IN = Pattern.compile("(?i)(?<!\\w)in\\s*$");
    private static final int MOST_PARAMETERS = 999;
    /** What a statement must look like behind its first word, not to be a sentence. */
    private static final Pattern SHAPE = Pattern.compile("(?is)select[\\s(*\"'$" + Text.HOLE + "].*\\S.*"
            + "|values\\s*\\(.*|with\\s+(?:recursive\\s+)?[\\w\"" + Text.HOLE
            + "]+\\s*(?:\\([^)]*\\)\\s*)?as\\s+(?:(?:not\\s+)?materialized\\s+)?\\(.*"
            + "|insert\\s+into\\s.*|update\\s.*\\bset\\b.*|delete\\s+from\\s.*|merge\\s+into\\s.*"
            + "|(?:create|alter|drop)\\s+(?:or\\s+replace\\s+)?(?:global\\s+|local\\s+|temp\\s+|temporary\\s+"
            + "|unlogged\\s+|unique\\s+|materialized\\s+|foreign\\s+|event\\s+|constraint\\s+)*"
            + "(?:table|index|view|function|procedure|trigger|type|schema|extension|sequence|database|role|user"
            + "|domain|policy|publication|subscription|aggregate|operator|cast|rule|server|statistics|default)\\b.*"
            + "|truncate\\s.*|set\\s+(?:local\\s+|session\\s+)?[\\w.]+\\s*(?:=|\\bto\\b).*"
            + "|(?:grant|revoke)\\s.*\\son\\s.*|copy\\s.*(?:from|to)\\s.*|refresh\\s+materialized.*"
            + "|comment\\s+on\\s.*|lock\\s+table.*|do\\s+(?:language\\b|[$']).*|call\\s.*\\(.*|explain\\s.*"
            + "|(?:begin|commit|rollback|vacuum|analyze|reindex|listen|notify|show|prepare|execute|deallocate|declare"
            + "|discard|savepoint|release|start)\\b.*");

    final Text text = new Text(128);
    /** Whether a part of a name, or of a quoted text, is known only when the program runs. */
    boolean name;
    boolean inQuotes;
    private final StringBuilder parameters = new StringBuilder();

    /** @param kind see {@link Candidate#parameters} */
    void parameter(char kind, int offset) {
        // IN :ids and IN ?: what libraries put a list in for.
        boolean list = IN.matcher(text.part(Math.max(0, text.length - 8), text.length).toString()).find();
        separate();
        parameters.append(kind);
        text.add((list ? "(" : "") + Text.HOLE + (list ? ")" : ""), offset);
    }

    /** LIMIT? is LIMIT and a parameter, while LIMIT$1 would be a name. */
    void separate() {
        if (text.length > 0 && Text.wordPart(text.at(text.length - 1))) {
            text.add(' ', text.offset(text.length - 1));
        }
    }

    boolean copiesFromStdin() {
        return Beginnings.word(text, Beginnings.firstWord(text, 0)).equalsIgnoreCase("copy")
                && text.toString().toLowerCase(Locale.ROOT).contains("from stdin");
    }

    /** The statement, if it is one. */
    Optional<Candidate> whole(SourceFile file, Literal literal, boolean script) {
        Text sql = stripped();
        Kind kind = Beginnings.kindOf(Beginnings.word(text, Beginnings.firstWord(text, 0)), script);
        if (kind == null || !SHAPE.matcher(sql.toString().replaceFirst("^[\\s(]+", "")).matches()) {
            return Optional.empty();
        }
        int largest = largest(sql);
        return Optional.of(new Candidate(file, kind, numbered(sql, largest), "n".repeat(largest) + parameters, name,
                inQuotes, literal));
    }

    private Text stripped() {
        int from = 0;
        int to = text.length;
        while (from < to && (text.at(from) <= ' ' || text.at(from) == '\uFEFF')) {
            from++;
        }
        while (to > from && text.at(to - 1) <= ' ') {
            to--;
        }
        return text.part(from, to);
    }

    /** The largest $n that the source has itself. */
    private static int largest(Text sql) {
        int largest = 0;
        for (int i = 0; i < sql.length; i++) {
            if (sql.at(i) == '$' && Character.isDigit(sql.at(i + 1)) && !Text.wordPart(sql.at(i - 1))) {
                int number = 0;
                for (int at = i + 1; Character.isDigit(sql.at(at)) && at < i + 6; at++) {
                    number = 10 * number + sql.at(at) - '0';
                }
                largest = Math.max(largest, Math.min(number, MOST_PARAMETERS));
            }
        }
        return largest;
    }

    /** First come the numbers of the source, then the others in their order. */
    private static Text numbered(Text sql, int largest) {
        Text numbered = new Text(sql.length + 16);
        int number = largest;
        for (int i = 0; i < sql.length; i++) {
            if (sql.at(i) == Text.HOLE) {
                numbered.add("$" + ++number + (Text.wordPart(sql.at(i + 1)) ? " " : ""), sql.offset(i));
            } else {
                numbered.add(sql, i, i + 1);
            }
        }
        return numbered;
    }
}
