//SOURCES ErrorText.java
//SOURCES FromClause.java
//SOURCES Message.java
package kit.explain;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An error of PostgreSQL other than a missing column or table, read from a message in any driver's frame.
 *
 * @param state     the SQLSTATE
 * @param said      the sentence of the server, or the line with its SQLSTATE
 * @param names     what it names: constraint, relation, column, other, type, value, function, keys, values, row
 * @param words     every word in quotes, for a server that speaks another language
 * @param statement null where the message does not hold it
 * @param text      the whole message, cleaned */
public record Complaint(String state, String said, Map<String, String> names, Set<String> words, String statement,
        String text) {

    private static final String Q = "\"((?:[^\"]|\"\")++)\"";

    /** @param groups what the pattern's groups are, in order */
    private record Wording(String state, Pattern pattern, List<String> groups) {
        Wording(String state, String pattern, String... groups) {
            this(state, Pattern.compile(pattern, Pattern.CASE_INSENSITIVE), List.of(groups));
        }
    }

    private static final List<Wording> WORDINGS = List.of(
            new Wording("23502",
                    "null value in column " + Q + "(?: of relation " + Q + ")? violates not-null constraint",
                    "column", "relation"),
            new Wording("23502", "column " + Q + " (?:of relation|of table|in table) " + Q + " contains null values",
                    "column",
                    "relation"),
            new Wording("23503", "(?:update or delete) on table " + Q + " violates foreign key constraint " + Q
                    + "(?: on table " + Q + ")?", "other", "constraint", "relation"),
            new Wording("23503", "insert or update on table " + Q + " violates foreign key constraint " + Q, "relation",
                    "constraint"),
            new Wording("23505", "duplicate key value violates unique constraint " + Q, "constraint"),
            new Wording("23505", "could not create unique index " + Q, "constraint"),
            new Wording("23514", "new row for relation " + Q + " violates check constraint " + Q, "relation",
                    "constraint"),
            new Wording("23514", "check constraint " + Q + " (?:of|for) (?:relation|table) " + Q
                    + " is violated by some row", "constraint", "relation"),
            new Wording("23514", "value for domain (\\S+) violates check constraint " + Q, "type", "constraint"),
            new Wording("23P01", "conflicting key value violates exclusion constraint " + Q, "constraint"),
            new Wording("23514", "no partition of relation " + Q + " found for row", "relation"),
            new Wording("22P02", "invalid input value for enum ([^:\\n]+): " + Q, "type", "value"),
            new Wording("22P02", "invalid input syntax for (?:type )?([^:\\n\"]+): \"((?:[^\"\\n]|\"\")*+)\"", "type",
                    "value"),
            new Wording("42804",
                    "column " + Q + " is of type ([^\\n]+?) but (?:default )?expression is of type ([^\\n(]+)",
                    "column", "type", "value"),
            new Wording("42804", "column " + Q + " cannot be cast automatically to type ([^\\n(]+)", "column", "value"),
            // Prisma and Hibernate
            new Wording("23505", "Unique constraint failed on the constraint: `([^`]+)`", "constraint"),
            new Wording("23505", "Unique constraint failed on the fields?: \\(([^)\\n]+)\\)", "columns"),
            new Wording("23502", "Null constraint violation on the fields?: \\(`([^`]+)`\\)", "column"),
            // Ecto
            new Wording("23505", "\\* " + Q + " \\(unique_constraint\\)", "constraint"),
            new Wording("23503", "\\* " + Q + " \\(foreign_key_constraint\\)", "constraint"),
            new Wording("23514", "\\* " + Q + " \\((?:check|exclusion)_constraint\\)", "constraint"),
            new Wording("23503", "Foreign key constraint (?:failed on the field|violated(?: on the constraint)?): "
                    + "`(\\w+)(?: \\(index\\))?`", "constraint"),
            new Wording("42804", "wrong column type encountered in column \\[([^\\]]+)] in table \\[([^\\]]+)]; found "
                    + "\\[([^\\]]+)], but expecting \\[([^\\]]+)]", "column", "relation", "found", "value"),
            new Wording("42804", "foreign key constraint " + Q + " cannot be implemented", "constraint"),
            new Wording("42883", "(?:function|procedure) ([\\w.\"$]+\\([^)\\n]*\\)) does not exist", "function"),
            new Wording("42883",
                    "Could not find the function ([\\w.\"$]+(?:\\([^)\\n]*\\))?)[^\\n]*? in the schema cache",
                    "function"),
            new Wording("42883", "operator does not exist: ([^\\n(]+)", "operator"),
            new Wording("42701", "column " + Q + " of relation " + Q + " already exists", "column", "relation"),
            new Wording("42P07", "relation " + Q + " already exists", "relation"),
            new Wording("42723", "function " + Q + " already exists with same argument types", "function"),
            new Wording("42710",
                    "(?:constraint|trigger|policy) " + Q + " for (?:relation|table) " + Q + " already exists",
                    "name", "relation"),
            new Wording("42710",
                    "(?:type|extension|schema|role|publication|subscription|event trigger|domain|constraint"
                            + "|operator class) " + Q + "(?: for [a-z ]+ " + Q + ")? already exists",
                    "name", "relation"),
            new Wording("40P01", "deadlock detected"),
            new Wording("53300", "sorry, too many clients already|remaining connection slots are reserved"),
            new Wording("53300", "too many connections for (role|database) " + Q, "kind", "name"),
            new Wording("55P03", "could not obtain lock on (?:row in )?relation " + Q, "relation"),
            new Wording("55P03", "canceling statement due to (lock timeout)", "why"),
            new Wording("57014", "canceling statement due to ([a-z ]+)", "why"),
            // Last: it follows from another.
            new Wording("25P02", "current transaction is aborted, commands ignored"));
    /** The names that drivers give to the errors. */
    private static final Map<String, String> EXCEPTIONS = Map.ofEntries(Map.entry("23502", "NotNullViolation"),
            Map.entry("23503", "ForeignKeyViolation"), Map.entry("23505", "UniqueViolation"),
            Map.entry("23514", "CheckViolation"), Map.entry("22P02", "InvalidTextRepresentation"),
            Map.entry("42804", "DatatypeMismatch"), Map.entry("42883", "UndefinedFunction"),
            Map.entry("42P07", "DuplicateTable"), Map.entry("42710", "DuplicateObject"),
            Map.entry("42701", "DuplicateColumn"), Map.entry("40P01", "DeadlockDetected"),
            Map.entry("53300", "TooManyConnections"), Map.entry("55P03", "LockNotAvailable"),
            Map.entry("57014", "QueryCanceled"), Map.entry("25P02", "InFailedSqlTransaction"));
    private static final Pattern KEY = Pattern.compile(
            "(?:Key|Schlüssel|clé|clave|chiave)[^\\n(]*? ?[»«(]+(.+?)\\)=\\((.*?)\\)(?=[ «»]|\\n|$)");
    private static final Pattern ROW = Pattern.compile("Failing row contains \\((.*)\\)");
    /** As node-postgres and Npgsql print them, with the name of each. */
    private static final Pattern FIELD = Pattern.compile(
            "(?m)\\b(constraint|table|column|ConstraintName|TableName|ColumnName)(?:_name)?: "
                    + "['\"]?([^'\",\\n]+)['\"]?");

    /** The model of Prisma that a call was made on. */
    private static final Pattern MODEL = Pattern.compile("\\bprisma\\.(\\w+)\\.\\w+\\(|modelName: '(\\w+)'");

    /** The first error of a text that is told here; what follows from an error does not count before it. */
    public static Optional<Complaint> in(String raw) {
        String text = ErrorText.clean(raw);
        Complaint first = null;
        int at = Integer.MAX_VALUE;
        for (Wording wording : WORDINGS) {
            Matcher m = wording.pattern.matcher(text);
            if (m.find() && m.start() < at && (first == null || !wording.state.equals("25P02"))) {
                Map<String, String> names = new LinkedHashMap<>();
                for (int i = 0; i < wording.groups.size(); i++) {
                    if (m.group(i + 1) != null) {
                        names.put(wording.groups.get(i), m.group(i + 1).strip());
                    }
                }
                at = m.start();
                first = of(wording.state, m.group(), names, text, at);
            }
        }
        return first != null ? Optional.of(first)
                : EXCEPTIONS.entrySet().stream()
                        .map(e -> foreign(e.getKey(), Message.sign(e.getKey(), e.getValue()).matcher(text), text))
                        .flatMap(Optional::stream).findFirst();
    }

    private static Optional<Complaint> foreign(String state, Matcher sign, String text) {
        return !sign.find() ? Optional.empty()
                : Optional.of(of(state, text.substring(0, sign.end()).replaceFirst("(?s).*\\n", "").strip(),
                        new LinkedHashMap<>(), text, 0));
    }

    private static Complaint of(String state, String said, Map<String, String> names, String text, int at) {
        String after = text.substring(at);
        find(KEY.matcher(after), names, "keys", "values");
        find(ROW.matcher(after), names, "row");
        for (Matcher m = FIELD.matcher(after); m.find();) {
            String name = m.group(1).replace("Name", "").toLowerCase().replace("table", "relation");
            if (!m.group(2).equals("undefined") && !m.group(2).equals("null")) {
                names.putIfAbsent(name, m.group(2).strip());
            }
        }
        String statement = ErrorText.statement(text);
        Set<String> words = new LinkedHashSet<>(
                Message.quoted(after.length() > 4000 ? after.substring(0, 4000) : after));
        for (Matcher m = MODEL.matcher(text); m.find();) {
            String model = m.group(1) == null ? m.group(2) : m.group(1);
            String snake = model.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
            words.addAll(List.of(model, snake, snake + "s"));
        }
        return new Complaint(state, said, names, words, statement, text);
    }

    private static void find(Matcher m, Map<String, String> names, String... groups) {
        if (m.find()) {
            for (int i = 0; i < groups.length; i++) {
                names.put(groups[i], m.group(i + 1));
            }
        }
    }

    String name(String what) {
        return names.get(what);
    }

    /** Its names without schema and quotes, and those of the statement's tables: what a replay looks for. */
    public Collection<String> lookedFor() {
        Set<String> all = new LinkedHashSet<>();
        Stream.of("constraint", "relation", "other", "type", "name", "column").map(names::get).filter(n -> n != null)
                .map(Complaint::bare).forEach(all::add);
        if (names.containsKey("function")) {
            all.add(functionName());
        }
        all.addAll(columns());
        words.stream().filter(word -> word.length() < 64).limit(40).map(Complaint::bare).forEach(all::add);
        if (statement != null) {
            all.addAll(new FromClause(statement).tables.values());
        }
        all.remove("");
        return all;
    }

    /** The columns of a key, where the message names them and no constraint. */
    List<String> columns() {
        String columns = names.get("columns");
        return columns == null ? List.of() : List.of(columns.replaceAll("[`'\"\\s]", "").split(","));
    }

    static String bare(String name) {
        return name.replaceFirst("^.*\\.(?=[^.]+$)", "").replace("\"", "").replaceFirst("\\[]$", "");
    }

    String functionName() {
        return bare(names.get("function").replaceFirst("\\(.*", ""));
    }
}
