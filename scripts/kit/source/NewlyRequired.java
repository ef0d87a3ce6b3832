//SOURCES Candidate.java
//SOURCES Schema.java
//SOURCES Trouble.java
//SOURCES ../postgres/Sql.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;

/** Columns that want a value on one schema and not on another: PostgreSQL describes an INSERT that gives none, and
 * refuses it when it is run. */
final class NewlyRequired {
    /** Without tables whose triggers may give the value. */
    private static final String REQUIRED = """
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema' AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
          AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
                          AND t.tgtype & 6 = 6)
          AND NOT EXISTS (SELECT FROM pg_type y WHERE y.oid = a.atttypid AND y.typdefault IS NOT NULL)""";
    private static final Pattern INSERT = Pattern.compile("(?is)insert\\s+into\\s+(?:\"?\\w+\"?\\.)?\"?(\\w+)\"?"
            + "(?:\\s+as\\s+\"?\\w+\"?)?\\s*\\(([^()$]*)\\)\\s*(?:values|select|with|overriding)\\b.*");

    private final Set<String> required = new TreeSet<>();

    NewlyRequired(Schema before, Schema after) throws SQLException {
        required.addAll(read(after));
        required.removeAll(read(before));
        // A table that is new has nobody yet who writes to it.
        required.removeIf(each -> !before.relations.containsKey(each.substring(0, each.indexOf('.'))));
    }

    private static List<String> read(Schema schema) throws SQLException {
        try (Connection c = schema.reader()) {
            return Sql.rows(c, REQUIRED).stream().map(row -> row.get(0) + "." + row.get(1)).toList();
        }
    }

    /** The column that an INSERT leaves out; null for none. */
    Trouble left(Candidate candidate) {
        Matcher insert = required.isEmpty() ? null : INSERT.matcher(candidate.sql().toString());
        if (insert == null || !insert.lookingAt()) {
            return null;
        }
        String table = insert.group(1);
        Set<String> given = new HashSet<>(Arrays.stream(insert.group(2).split(","))
                .map(column -> column.strip().replace("\"", "").toLowerCase(Locale.ROOT)).toList());
        return required.stream().filter(each -> each.startsWith(table + "."))
                .map(each -> each.substring(each.indexOf('.') + 1))
                .filter(column -> !given.contains(column.toLowerCase(Locale.ROOT))).findFirst()
                .map(column -> new Trouble("SQL_COLUMN_REQUIRED", "it gives no value for " + column + " of " + table
                        + ", which is NOT NULL and has no default", column, table, candidate.start()))
                .orElse(null);
    }
}
