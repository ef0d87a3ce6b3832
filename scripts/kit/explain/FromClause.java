package kit.explain;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables that a statement names, and what it calls them. */
final class FromClause {
    private static final String IDENTIFIER = "(?:\"(?:[^\"]|\"\")+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)";
    private static final Set<String> WORDS = Set.of("on", "where", "set", "using", "left", "right", "inner", "full",
            "cross", "natural", "join", "group", "order", "limit", "offset", "fetch", "for", "union", "intersect",
            "except", "values", "select", "default", "returning", "as", "having", "window", "when", "tablesample",
            "overriding", "with", "and", "or", "lateral", "only");
    private static final String TABLE = "((?:" + IDENTIFIER + "\\s*\\.\\s*)?" + IDENTIFIER + ")(?:\\s+(?:as\\s+)?(?!(?:"
            + String.join("|", WORDS) + ")\\b)(" + IDENTIFIER + "))?";
    private static final Pattern NAMED = Pattern
            .compile("\\b(?:from|join|update|into|using)\\s+(?:only\\s+|lateral\\s+)?"
                    + TABLE, Pattern.CASE_INSENSITIVE);
    private static final Pattern NEXT = Pattern.compile("\\s*,\\s*(?:only\\s+|lateral\\s+)?" + TABLE,
            Pattern.CASE_INSENSITIVE);
    /** WITH name AS (…), and (…) AS name. */
    private static final Pattern MADE = Pattern
            .compile("(" + IDENTIFIER + ")\\s+as\\s+(?:not\\s+)?(?:materialized\\s+)?"
                    + "\\(|\\)\\s*(?:as\\s+)?(" + IDENTIFIER + ")", Pattern.CASE_INSENSITIVE);
    private static final Pattern OTHERS = Pattern.compile("'(?:[^']|'')*+'|--[^\\n]*+|/\\*(?:[^*]|\\*(?!/))*+\\*/");

    /** What a table is called in the statement, itself or its alias, to the table's name without its schema. */
    final Map<String, String> tables = new LinkedHashMap<>();
    /** The names that are no table's: of WITH, and of subqueries. */
    final Set<String> made = new LinkedHashSet<>();

    FromClause(String statement) {
        String sql = OTHERS.matcher(statement).replaceAll(" ");
        for (Matcher m = MADE.matcher(sql); m.find();) {
            String name = plain(m.group(1) != null ? m.group(1) : m.group(2));
            if (!WORDS.contains(name)) {
                made.add(name);
            }
        }
        for (Matcher m = NAMED.matcher(sql); m.find();) {
            add(m);
            Matcher next = NEXT.matcher(sql);
            for (int at = m.end(); next.region(at, sql.length()).lookingAt(); at = next.end()) {
                add(next);
            }
        }
    }

    private void add(Matcher m) {
        String table = plain(m.group(1).replaceFirst(".*\\.\\s*(?=" + IDENTIFIER + "$)", ""));
        String alias = m.group(2) == null ? null : plain(m.group(2));
        if (made.contains(table) || WORDS.contains(table)) {
            return;
        }
        tables.put(alias == null ? table : alias, table);
    }

    static String plain(String identifier) {
        return identifier.startsWith("\"") ? identifier.substring(1, identifier.length() - 1).replace("\"\"", "\"")
                : identifier.toLowerCase(Locale.ROOT);
    }
}
