//SOURCES Beginnings.java
//SOURCES Candidate.java
//SOURCES Draft.java
//SOURCES Formats.java
//SOURCES Language.java
//SOURCES Literal.java
//SOURCES SourceFile.java
//SOURCES Text.java
package kit.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a text into statements, and turns what the drivers take for parameters into PostgreSQL's. One pass. The methods
 * that take a place give the place behind what they have taken over. */
public final class Cutter {
    private static final Set<String> BEFORE_A_VALUE = Set.of("and", "or", "where", "in", "like", "ilike", "between",
            "values", "limit", "offset", "select", "by", "then", "else", "when", "not", "is", "interval", "returning",
            "set", "on", "to", "from", "distinct", "any", "all", "case", "similar", "fetch", "first", "next", "having",
            "using", "date", "timestamp", "time", "timestamptz", "escape");
    /** What pg-promise puts in for a number: a name, a list, text as it is. */
    private static final Pattern FILTER = Pattern.compile(":(?:name|csv|list|raw|value|alias|json)\\b");
    private static final int LONGEST_PLACEHOLDER = 500;
    private static final int MOST_NOT_CLOSED = 100;

    public final List<Candidate> candidates = new ArrayList<>();
    /** What was passed over in a file of SQL: lines for psql, rows of COPY. */
    int passedOver;
    private final SourceFile file;
    private final Text text;
    private final Literal literal;
    private final boolean script;
    /** Where parameters are $1 already, a question mark is an operator. */
    private final boolean numbers;
    /** Dollar quotes without an end: after many of them no more is looked for, for each look goes to the end of the
     * text. */
    private int notClosed;
    private Draft draft = new Draft();

    private Cutter(SourceFile file, Text text, Literal literal) {
        this.file = file;
        this.text = text;
        this.literal = literal;
        // What a shell hands over may be for psql.
        this.script = literal == null || file.language == Language.SHELL;
        this.numbers = hasNumbers();
        cut();
    }

    /** The statements of a string; none where it holds no SQL. */
    public static List<Candidate> ofLiteral(SourceFile file, Literal literal) {
        Text text = literal.text();
        int first = Beginnings.firstWord(text, 0);
        while (file.language == Language.SHELL && text.at(first) == '\\') {
            first = Beginnings.firstWord(text, text.lineEnd(first));
        }
        if (file.language.jvm() && text.startsWith("<script>", first)) {
            return List.of(new Candidate(file, Candidate.Kind.JUDGE, text, "", false, false, literal));
        }
        return Beginnings.kindOf(Beginnings.word(text, first), false) == null ? List.of()
                : new Cutter(file, text, literal).candidates;
    }

    public static Cutter ofFile(SourceFile file) {
        return new Cutter(file, Text.of(file.text), null);
    }

    private boolean hasNumbers() {
        for (int i = 0; i < text.length; i++) {
            if (text.at(i) == '$' && Character.isDigit(text.at(i + 1))) {
                return true;
            }
        }
        return false;
    }

    private void cut() {
        boolean lineStart = true;
        for (int i = 0; i < text.length;) {
            char c = text.at(i);
            if (script && lineStart && c == '\\') {
                passedOver++;
                i = text.lineEnd(i);
            } else if (c == ';') {
                boolean copies = script && draft.copiesFromStdin();
                end();
                i = copies ? behindData(i) : i + 1;
            } else {
                lineStart = c == '\n' || lineStart && c <= ' ';
                i = piece(i, c);
            }
        }
        end();
    }

    private void end() {
        draft.whole(file, literal, script).ifPresent(candidates::add);
        draft = new Draft();
    }

    private int behindData(int i) {
        int end = text.indexOf("\n\\.", i);
        passedOver++;
        return end < 0 ? text.length : text.lineEnd(end + 1);
    }

    private int piece(int i, char c) {
        return switch (c) {
            case '-' -> text.at(i + 1) == '-' ? comment(i, text.lineEnd(i)) : plain(i, 1);
            case '/' -> text.at(i + 1) == '*' ? comment(i, commentEnd(i + 2)) : plain(i, 1);
            case '\'' -> {
                boolean escapes = text.at(i - 1) == 'e' || text.at(i - 1) == 'E';
                yield quoted(i, '\'', escapes && !Text.wordPart(text.at(i - 2)));
            }
            case '"' -> quoted(i, '"', false);
            case '$' -> dollar(i);
            case Text.HOLE -> hole(i, i + 1);
            case '?' -> question(i);
            case ':' -> colon(i);
            case '@' -> at(i);
            case '%' -> percent(i);
            case '#' -> text.at(i + 1) == '{' ? upTo(i, "}", 'p') : template(i, '#');
            case '<' -> script ? plain(i, 1) : template(i, '>');
            case '{' -> brace(i);
            case 's' -> text.startsWith("sqlc.", i) && !Text.wordPart(text.at(i - 1)) ? upTo(i, ")", 'p') : plain(i, 1);
            default -> plain(i, 1);
        };
    }

    private int plain(int i, int signs) {
        draft.text.add(text, i, i + signs);
        return i + signs;
    }

    /** #TABLE#, &lt;table&gt;: a name between two signs that a template puts in; else the sign as it is. */
    private int template(int i, char close) {
        int end = templateEnd(i, close);
        return end < 0 ? plain(i, 1) : hole(i, end);
    }

    private int templateEnd(int i, char close) {
        char before = text.at(i - 1);
        int end = text.wordEnd(i + 1);
        boolean name = (Character.isLetter(text.at(i + 1)) || text.at(i + 1) == '_') && text.at(end) == close;
        return name && (before <= ' ' || ".(\"'_".indexOf(before) >= 0) ? end + 1 : -1;
    }

    private int comment(int i, int end) {
        draft.text.add(' ', text.offset(i));
        return end;
    }

    private int commentEnd(int from) {
        int depth = 1;
        int end = from;
        while (end < text.length && depth > 0) {
            boolean opens = text.at(end) == '/' && text.at(end + 1) == '*';
            boolean closes = text.at(end) == '*' && text.at(end + 1) == '/';
            depth += opens ? 1 : closes ? -1 : 0;
            end += opens || closes ? 2 : 1;
        }
        return end;
    }

    private int quoted(int i, char quote, boolean backslash) {
        if (quote == '\'' && text.at(i + 1) == Text.HOLE && text.at(i + 2) == quote && text.at(i + 3) != quote) {
            // '${id}': a value of whatever type, as a parameter is.
            return parameter(i, i + 3, 'h');
        }
        int end = plain(i, 1);
        while (end < text.length) {
            char c = text.at(end);
            // A template's braces, or a verb that a call far from here fills
            draft.inQuotes |= c == '{' || c == Text.HOLE || c == '%' && Formats.verbEnd(text, end) > 0;
            if (c == Text.HOLE) {
                // Whatever stands there, it does not end the text.
                draft.name |= quote == '"';
                draft.text.add('0', text.offset(end++));
            } else if (backslash && c == '\\' || c == quote && text.at(end + 1) == quote) {
                plain(end, Math.min(2, text.length - end));
                end += 2;
            } else {
                end = plain(end, 1);
                if (c == quote) {
                    break;
                }
            }
        }
        return end;
    }

    /** $1, $$…$$, $tag$…$tag$. */
    private int dollar(int i) {
        if (Character.isDigit(text.at(i + 1))) {
            int end = i + 1;
            while (Character.isDigit(text.at(end))) {
                end++;
            }
            Matcher filter = FILTER.matcher(text.part(end, Math.min(text.length, end + 8)).toString());
            if (filter.lookingAt()) {
                return hole(i, end + filter.end());
            }
            draft.separate();
            return plain(i, end - i);
        }
        if (script && text.at(i + 1) == '(') {
            return upTo(i, ")", 'h');
        }
        if (text.at(i + 1) == '{') {
            return upTo(i, "}", 'h');
        }
        int end = text.wordEnd(i + 1);
        boolean opens = text.at(end) == '$' && !Text.wordPart(text.at(i - 1)) && notClosed < MOST_NOT_CLOSED;
        int close = opens ? text.indexOf(text.part(i, end + 1).toString(), end + 1) : -1;
        notClosed += close < 0 ? 1 : 0;
        if (opens && close < 0 && end > i + 1 && !script) {
            return hole(i, end + 1);
        }
        int after = close < 0 ? i + 1 : close + end + 1 - i;
        for (int at = i; at < after; at++) {
            draft.text.add(text.at(at) == Text.HOLE ? '0' : text.at(at), text.offset(at));
        }
        return after;
    }

    /** What only the run knows; beside a part of a name, a name is not known. */
    private int hole(int from, int to) {
        draft.name |= partOfName(text.at(from - 1)) || partOfName(text.at(to));
        return parameter(from, to, 'h');
    }

    private static boolean partOfName(char c) {
        return Text.wordPart(c) || c == '.' || c == '"' || c == Text.HOLE;
    }

    private int parameter(int from, int to, char kind) {
        draft.parameter(kind, text.offset(from));
        return to;
    }

    private int upTo(int i, String close, char kind) {
        int end = text.indexOf(close, i, i + LONGEST_PLACEHOLDER);
        return end < 0 ? plain(i, 1)
                : kind == 'h' ? hole(i, end + close.length()) : parameter(i, end + close.length(), kind);
    }

    private int question(int i) {
        char next = text.at(i + 1);
        if (next == '?') {
            // pgjdbc writes jsonb's operator so, and knex a name.
            if (operand(i)) {
                return plain(i, 1) + 1;
            }
            draft.name = true;
            return parameter(i, i + 2, 'h');
        }
        if (numbers || next == '|' || next == '&' || text.at(i - 1) == '@' || operand(i)) {
            return plain(i, 1);
        }
        int end = i + 1;
        while (Character.isDigit(text.at(end))) {
            end++;
        }
        return parameter(i, end, 'p');
    }

    /** Whether the sign before a place ends an operand, so that here stands an operator: data ? 'key'. */
    private boolean operand(int i) {
        int end = i;
        while (end > 0 && text.at(end - 1) <= ' ') {
            end--;
        }
        char last = text.at(end - 1);
        if (last == ')' || last == ']' || last == '\'' || last == '"') {
            return true;
        }
        int begin = end;
        while (begin > 0 && Text.wordPart(text.at(begin - 1)) && end - begin < 64) {
            begin--;
        }
        return begin < end && !BEFORE_A_VALUE.contains(text.part(begin, end).toString().toLowerCase(Locale.ROOT));
    }

    /** :name, and psql's :'name', but neither ::type nor 12:30 nor a slice. */
    private int colon(int i) {
        char before = text.at(i - 1);
        char next = text.at(i + 1);
        if (next == ':') {
            return plain(i, 2);
        }
        boolean quoted = script && (next == '\'' || next == '"');
        boolean name = Character.isLetter(next) || next == '_' || quoted;
        if (!name || before == ':' || Text.wordPart(before) || before == ']') {
            return plain(i, 1);
        }
        int end = text.wordEnd(i + 1);
        int type = text.at(end) == '*' ? end + 1 : end;
        if (script && text.at(type) == ':' && (Character.isLetter(text.at(type + 1)) || text.at(type + 1) == '_')) {
            // HugSQL says before the name what it is: :i:table, :v*:ids.
            return hole(i, text.wordEnd(type + 1));
        }
        draft.name |= next == '"' || text.at(text.wordEnd(i + 1)) == '.' || before == '.';
        return parameter(i, text.wordEnd(i + (quoted ? 2 : 1)) + (quoted ? 1 : 0), 'p');
    }

    private int at(int i) {
        char before = text.at(i - 1);
        char next = text.at(i + 1);
        boolean name = Character.isLetter(next) || next == '_';
        if (!name || Text.wordPart(before) || before == '@' || before == '<') {
            return plain(i, 1);
        }
        int template = templateEnd(i, '@');
        return template > 0 ? hole(i, template) : parameter(i, text.wordEnd(i + 1), 'p');
    }

    private int percent(int i) {
        if (text.at(i + 1) == '%') {
            return plain(i, 1) + 1;
        }
        if (text.at(i + 1) == '(') {
            int close = text.indexOf(")", i, i + LONGEST_PLACEHOLDER);
            boolean named = close > 0 && (text.at(close + 1) == 's' || text.at(close + 1) == 'd');
            return named ? parameter(i, close + 2, 'p') : plain(i, 1);
        }
        int end = script ? -1 : Formats.verbEnd(text, i);
        // %sLOCK: a verb before the rest of a name.
        boolean prefix = !script && text.at(i + 1) == 's' && Text.wordPart(text.at(i + 2)) && text.at(i - 1) <= ' ';
        return end >= 0 ? hole(i, end) : prefix ? hole(i, i + 2) : template(i, '%');
    }

    private int brace(int i) {
        if (text.at(i + 1) == '{' || text.at(i + 1) == '%') {
            return upTo(i, text.at(i + 1) == '{' ? "}}" : "%}", 'h');
        }
        int end = Formats.braceEnd(text, i);
        return end < 0 ? plain(i, 1) : hole(i, end);
    }
}
