//SOURCES Beginnings.java
//SOURCES Constants.java
//SOURCES Formats.java
//SOURCES Language.java
//SOURCES Lexer.java
//SOURCES Literal.java
//SOURCES Role.java
//SOURCES Sequence.java
//SOURCES Text.java
//SOURCES Token.java
//SOURCES Usage.java
package kit.source;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Joins the strings of one file. */
public final class Literals {
    private static final Set<String> FORMATTERS = Set.of("Sprintf", "format", "sprintf", "Format", "printf", "String");
    private static final Set<String> JOINERS = Set.of("join", "Join", "concat", "joinToString", "mkString", "implode");
    private static final Set<String> ANNOTATIONS = Set.of("Query", "NamedQuery", "NamedNativeQuery", "NativeQuery",
            "Select", "Insert", "Update", "Delete", "SqlQuery", "SqlUpdate");
    private static final Set<String> CONTINUATIONS = Set.of("FROM", "WHERE", "SET", "VALUES", "JOIN", "LEFT", "RIGHT",
            "INNER", "ORDER", "GROUP", "LIMIT", "AND", "OR", "RETURNING", "ON", "HAVING", "UNION");
    /** What is made of a text to be made longer. */
    private static final Set<String> BUILDERS = Set.of("StringBuilder", "StringBuffer", "StringWriter", "SqlBuilder",
            "QueryBuilder", "StringIO", "NewBufferString", "SQLStatement");
    private static final Set<String> MAKERS = Set.of("from", "new", "String", "text", "of", "SQL", "StringBuilder",
            "StringBuffer", "str", "dedent");
    private static final Set<String> EMPTYING = Set.of("Reset", "setLength", "clear", "Clear", "delete", "truncate");
    private static final Set<String> PREFIXES = Set.of("new", "await", "not");
    private static final Pattern FIRST_WORD = Pattern.compile("\\s*(\\w+)");
    private static final Pattern PIECE_OF_SQL = Pattern.compile(
            "\\b(?:SELECT|FROM|WHERE|JOIN|ORDER BY|GROUP BY|LIMIT|OFFSET|UNION|RETURNING|AND|OR|VALUES|SET|INTO"
                    + "|FOR UPDATE)\\b|^\\s*(?:select|insert|update|delete|with|from|where|(?:left |inner )?join"
                    + "|order by|group by|limit|offset|union|returning|and|or) |^[\\s" + Text.HOLE + ",;()]*$");

    private final Lexer lexer;
    private final Language language;
    private final List<Literal> found = new ArrayList<>();
    private final Constants constants;
    private final Set<String> mentioned = new HashSet<>();
    /** The name to which a literal is assigned. */
    private final Map<Literal, String> assigned = new HashMap<>();
    /** What stands in brackets within a chain of operands, to be read for itself later. */
    private final Deque<int[]> ranges = new ArrayDeque<>();
    /** Where something was last added to what bears a name. */
    private final Map<String, Integer> appended = new HashMap<>();
    private Sequence s;

    public Literals(Lexer lexer) {
        this.lexer = lexer;
        this.language = lexer.language;
        this.constants = new Constants(language);
    }

    public List<Literal> find() {
        List<Sequence> sequences = lexer.tokens().stream().map(tokens -> new Sequence(lexer, tokens)).toList();
        sequences.forEach(constants::collect);
        sequences.forEach(this::read);
        Map<String, Role> named = namedRoles(sequences);
        return found.stream()
                .map(literal -> constants.extended.contains(assigned.get(literal)) ? literal.withOpenTail() : literal)
                .map(literal -> literal.role() == Role.STATEMENT
                        ? literal.as(named.getOrDefault(assigned.get(literal), Role.STATEMENT))
                        : literal)
                .toList();
    }

    private void read(Sequence sequence) {
        s = sequence;
        appended.clear();
        ranges.add(new int[] {0, s.size});
        while (!ranges.isEmpty()) {
            int[] range = ranges.poll();
            int i = range[0];
            while (i < range[1]) {
                boolean string = s.kind(i) == 'S' && !nothing(i);
                i = string || constant(i) ? Math.max(i + 1, chain(i)) : i + 1;
            }
        }
    }

    /** Whether a chain begins with the name of a constant here. */
    private boolean constant(int i) {
        return s.kind(i) == 'W' && s.concatenates(i + 1) && s.kind(i - 1) != '.' && !s.concatenates(i - 1)
                && constants.has(s.word(i));
    }

    /** A string alone that does not begin as SQL does: most are. */
    private boolean nothing(int i) {
        Token token = s.tokens.get(i);
        boolean alone = token.quote != null && token.names.isEmpty() && !s.concatenates(i + 1)
                && !s.concatenates(i - 1) && "S.%,".indexOf(s.kind(i + 1)) < 0;
        return alone && !Beginnings.maybeSql(lexer.file, token.body);
    }

    /** Reads one chain of operands; gives the place behind it. */
    private int chain(int start) {
        Text text = new Text(64);
        boolean headOpen = s.concatenates(start - 1)
                || s.kind(start - 1) == '=' && (s.kind(start - 2) == '+' || s.kind(start - 2) == '.');
        int i = start;
        int end = s.tokens.get(start).end;
        while (true) {
            if (s.kind(i) == 'S') {
                int first = i;
                Text string = string(i++);
                while (s.follows(i)) {
                    string.add(string(i++));
                }
                end = s.tokens.get(i - 1).end;
                if (first > start && s.kind(i) == '.' && JOINERS.contains(s.word(i + 1)) && s.kind(i + 2) == '(') {
                    // ", ".join(columns)
                    text.add(Text.HOLE, s.tokens.get(first).start);
                    i = operand(first);
                } else {
                    text.add(string);
                    i = methods(i, text);
                }
            } else {
                i = name(i, text, end);
                end = i <= s.size && i > start ? s.tokens.get(i - 1).end : end;
            }
            if (!s.concatenates(i)) {
                break;
            }
            i = s.behindSign(i);
        }
        int open = s.outer(start);
        String call = s.call(open);
        if (FORMATTERS.contains(call) && s.kind(i) == ',') {
            text.become(Formats.filled(text, arguments(i + 1, s.match(open))));
        }
        boolean piece = joined(open, call);
        headOpen |= Constants.APPENDERS.contains(call) && appendedBefore(open);
        boolean tailOpen = BUILDERS.contains(call) || s.kind(i) == ')' && s.concatenates(i + 1)
                || Constants.APPENDERS.contains(call)
                || s.kind(i) == ',' && s.kind(i + 1) == 'S' && continues(s.text(i + 1)) || chained(i, open);
        String name = assignee(start);
        add(new Literal(text, call, isNative(open, call), headOpen || piece, tailOpen || piece,
                Usage.of(s, start, i, name), s.tokens.get(start).start, end), name);
        return i;
    }

    /** An operand that is no string: a constant's text, or a hole. */
    private int name(int i, Text text, int end) {
        int last = s.lastOfName(i);
        Text constant = s.kind(i) == 'W' ? constants.text(s.word(last)) : null;
        if (constant != null && s.kind(last + 1) != '(' && s.kind(last + 1) != '[') {
            text.add(constant);
            mentioned.add(s.word(last));
            return last + 1;
        }
        mentioned.add(s.word(i));
        text.add(Text.HOLE, i < s.size ? s.tokens.get(i).start : end);
        return operand(i);
    }

    /** Whether it is one of the pieces that a call joins: String.join(" ", "…", "…"), ["…", "…"].join(" "). */
    private boolean joined(int open, String call) {
        if (JOINERS.contains(call)) {
            return true;
        }
        int behind = s.match(open) + 1;
        return s.opens(open) && (s.kind(behind) == '.' && JOINERS.contains(s.word(behind + 1))
                || s.outer(open) >= 0 && JOINERS.contains(s.call(s.outer(open))));
    }

    /** Whether something was added before to what a call adds to, since it was made. */
    private boolean appendedBefore(int open) {
        String receiver = s.kind(open - 2) == '.' ? s.word(open - 3) : "";
        Integer last = receiver.isEmpty() ? null : appended.put(receiver, open);
        for (int i = last == null ? open : last; i < open - 3; i++) {
            if (s.is(i, receiver) && (s.kind(i + 1) == '=' || s.kind(i + 1) == ':' || s.kind(i - 1) == 'W'
                    || EMPTYING.contains(s.word(i + 2)))) {
                return false;
            }
        }
        return last != null && last < open || s.kind(open - 2) == '.' && s.kind(open - 3) == ')';
    }

    /** "…").append("…"): the builder adds to what it began with. */
    private boolean chained(int i, int open) {
        return s.kind(open) == '(' && s.kind(i) == ')' && s.kind(i + 1) == '.'
                && Constants.APPENDERS.contains(s.word(i + 2));
    }

    private boolean isNative(int open, String call) {
        for (int i = open; ANNOTATIONS.contains(call) && i < Math.min(s.match(open), open + 60); i++) {
            if (s.is(i, "nativeQuery") && s.is(i + 2, "true")) {
                return true;
            }
        }
        return false;
    }

    private void add(Literal literal, String name) {
        // A name in a log message is not made longer by it.
        if (!mentioned.isEmpty() && PIECE_OF_SQL.matcher(literal.text().toString()).find()) {
            constants.extended.addAll(mentioned);
        }
        mentioned.clear();
        found.add(literal);
        if (name != null) {
            assigned.put(literal, name);
        }
    }

    /** The name to which the string at a place is assigned; null where it is none. */
    private String assignee(int start) {
        if (s.kind(start - 1) == '=' && s.kind(start - 2) != '+' && s.kind(start - 2) != '.') {
            return s.assignee(start - 1);
        }
        if (s.kind(start - 1) == '(' && MAKERS.contains(s.word(start - 2))) {
            int i = start - 2;
            while (s.kind(i) == 'W' || s.kind(i) == ':' && s.kind(i + 1) != '=' || s.kind(i) == '.') {
                i--;
            }
            return s.kind(i) == '=' ? s.assignee(i) : null;
        }
        return language == Language.ELIXIR && s.word(start - 1).startsWith("@") ? s.word(start - 1) : null;
    }

    /** What a mock is told to expect, or a test compares, under a name. */
    private Map<String, Role> namedRoles(List<Sequence> sequences) {
        Set<String> names = new HashSet<>(assigned.values());
        Map<String, Role> roles = new HashMap<>();
        for (Sequence sequence : names.isEmpty() ? List.<Sequence>of() : sequences) {
            for (int i = 0; i < sequence.size; i++) {
                if (sequence.kind(i) == 'W' && ",)".indexOf(sequence.kind(i + 1)) >= 0
                        && names.contains(sequence.word(i))) {
                    Role role = Usage.of(sequence, i, i + 1, null);
                    roles.merge(sequence.word(i), role == Role.COMPARED ? Role.PERHAPS_COMPARED : role,
                            (one, other) -> one.weight > other.weight ? one : other);
                }
            }
        }
        return roles;
    }

    private static boolean continues(Text text) {
        Matcher first = FIRST_WORD.matcher(text.part(0, Math.min(text.length, 40)).toString());
        return first.lookingAt() && CONTINUATIONS.contains(first.group(1).toUpperCase(Locale.ROOT));
    }

    /** A string's text, with constants in place of the holes that name one. */
    private Text string(int i) {
        List<String> names = s.tokens.get(i).names;
        Text own = s.text(i);
        mentioned.addAll(names);
        Text text = new Text(own.length + 32);
        int hole = 0;
        for (int at = 0; at < own.length; at++) {
            boolean isHole = own.at(at) == Text.HOLE;
            Text constant = isHole && hole < names.size() ? constants.text(names.get(hole)) : null;
            hole += isHole ? 1 : 0;
            if (constant == null) {
                text.add(own, at, at + 1);
            } else {
                text.add(constant);
            }
        }
        return text;
    }

    /** Skips an operand that is not a string; its brackets are read later. */
    private int operand(int from) {
        int i = from;
        while (s.kind(i) != 0 && "&*!-~".indexOf(s.kind(i)) >= 0 || PREFIXES.contains(s.word(i))) {
            i++;
        }
        if (s.kind(i) == 'W' || s.kind(i) == 'S') {
            i++;
        } else if (!s.opens(i)) {
            return i;
        }
        while (true) {
            char c = s.kind(i);
            char next = s.kind(i + 1);
            if (s.opens(i) && (c != '{' || s.kind(i - 1) != 'W' && s.kind(i - 1) != ')')) {
                ranges.add(new int[] {i + 1, Math.min(s.match(i), s.size)});
                i = s.behind(i);
            } else if (c == '.' && next == 'W' && language != Language.PHP) {
                i += 2;
            } else if (s.kind(i + 2) == 'W'
                    && (c == '-' && next == '>' || c == ':' && next == ':' || c == '?' && next == '.')) {
                i += 3;
            } else if (c == '!' && (next == '(' || next == '.')) {
                i++;
            } else {
                return i;
            }
        }
    }

    /** Methods and signs behind a string: what trims it changes nothing here, what formats it fills it. */
    private int methods(int from, Text text) {
        int i = from;
        while (true) {
            String method = s.kind(i) == '.' ? s.word(i + 1) : "";
            boolean called = s.kind(i + 2) == '(';
            boolean php = language == Language.PHP;
            if (language == Language.PYTHON && s.kind(i) == '%' && s.kind(i + 1) != '=') {
                text.become(Formats.filled(text, s.kind(i + 1) == '(' ? arguments(i + 2, s.match(i + 1))
                        : Arrays.asList(argument(i + 1, i + 2))));
                i = operand(i + 1);
            } else if (called && !php && (method.equals("format") || method.equals("formatted"))) {
                text.become(Formats.filled(text, arguments(i + 3, s.match(i + 2))));
                i = operand(i + 1);
            } else if (Constants.TRIMMERS.contains(method) && !php) {
                if (method.endsWith("Margin")) {
                    text.become(Formats.withoutMargin(text));
                }
                i = called ? s.behind(i + 2) : i + 2;
            } else if (called && method.equals("concat")) {
                text.add(Text.HOLE, s.tokens.get(i).start);
                i = operand(i + 1);
            } else if (called && method.startsWith("replace")) {
                // A text in which the run replaces something has no part that is sure.
                text.add(Text.HOLE, text.offset(text.length));
                i = operand(i + 1);
            } else {
                return i;
            }
        }
    }

    /** The arguments from one place to another, each as far as its text is known; null where it is not. */
    private List<Text> arguments(int from, int to) {
        List<Text> arguments = new ArrayList<>();
        int begin = from;
        int last = Math.min(to, s.size);
        for (int i = from; i <= last && arguments.size() < 100; i++) {
            if (i == last || s.kind(i) == ',') {
                arguments.add(argument(begin, i));
                begin = i + 1;
            } else if (s.opens(i)) {
                i = Math.min(s.match(i), s.size);
            }
        }
        return arguments;
    }

    private Text argument(int from, int to) {
        if (s.kind(from) == 'W' && s.lastOfName(from) == to - 1) {
            mentioned.add(s.qualified(from));
            return constants.text(s.qualified(from));
        }
        Text text = to == from + 1 && s.kind(from) == 'S' ? s.text(from) : null;
        return text == null || text.hasHole() ? null : text;
    }
}
