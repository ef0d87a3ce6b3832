//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Sql.java
//SOURCES Shape.java
package kit.locks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Scratch;
import kit.postgres.Sql;

/** Rows for tables of a scratch database, made of the types and constraints of their columns. The n-th row of every
 * table has the same values in columns of one type, so that references lead somewhere. From 15 on triggers do not fire.
 * A table whose constraints are not met so stays empty. */
final class Rows implements AutoCloseable {
    private static final String COLUMNS = """
        SELECT c.oid, c.oid::regclass, a.attname, coalesce(b.typname, t.typname), coalesce(b.typtype, t.typtype),
               format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
               EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                       AND a.attnum = ANY (i.indkey::int2[])),
               coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k
                         WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)), ''),
               coalesce(pg_get_expr(c.relpartbound, c.oid), ''),
               EXISTS (SELECT FROM pg_inherits i JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
                       JOIN pg_attribute pa ON pa.attrelid = i.inhparent AND pa.attnum = p.partattrs[0]
                       WHERE i.inhrelid = c.oid AND pa.attname = a.attname),
               coalesce(b.oid, t.oid)::regtype
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
        WHERE c.oid = ANY (ARRAY[%s]::oid[]) AND c.relkind = 'r' AND a.attidentity = '' AND a.attgenerated = ''
        ORDER BY c.oid, a.attnum""";
    private static final Pattern LITERAL = Pattern.compile("'((?:[^']|'')*)'::");
    private static final Pattern LOWER = Pattern.compile("(?:FROM|IN) \\(('(?:[^']|'')*'|-?[\\d.]+)");
    /** Of what a text is tried that a CHECK wants: the text's own literals, then numbers. */
    private static final int TRIES = 3;

    /** A column, as far as it matters for a value. */
    private record Column(String name, String type, char kind, String whole, boolean required, boolean hasDefault,
            boolean unique, String check, String bound, boolean key, String base) {

        static Column of(List<String> row) {
            return new Column(row.get(2), row.get(3), row.get(4).charAt(0), row.get(5), row.get(6).startsWith("t"),
                    row.get(7).startsWith("t"), row.get(8).startsWith("t"), row.get(9), row.get(10),
                    row.get(11).startsWith("t"), row.get(12));
        }

        /** @return null where the column is left to its default, or to NULL */
        String value(int attempt) {
            Matcher lower = key ? LOWER.matcher(bound) : null;
            if (lower != null && lower.find()) {
                return lower.group(1) + "::" + whole;
            }
            if (hasDefault && !unique || attempt == TRIES && !required) {
                return null;
            }
            Matcher literal = LITERAL.matcher(check);
            if (!check.isEmpty() && !unique && attempt > 0) {
                return literal.find() && attempt == 1 ? "'" + literal.group(1) + "'" : String.valueOf(attempt % 2);
            }
            return kind == 'e' ? "(enum_range(NULL::" + base + "))[1]" : value();
        }

        private String value() {
            return whole.endsWith("[]") ? "'{}'" : switch (type) {
                case "int2" -> "g % 32000";
                case "int4", "int8", "numeric", "float4", "float8", "money", "oid" -> "g";
                case "bool" -> "g % 2 = 0";
                case "text", "varchar", "bpchar", "citext", "name" -> "g::text";
                case "date" -> "DATE '2025-01-01' + g";
                case "timestamp", "timestamptz" -> "TIMESTAMP '2025-01-01' + g * INTERVAL '1 s'";
                case "time", "timetz" -> "TIME '00:00' + g * INTERVAL '1 s'";
                case "interval" -> "g * INTERVAL '1 s'";
                case "uuid" -> "md5(g::text)::uuid";
                case "json", "jsonb" -> "'{}'";
                case "bytea" -> "decode(md5(g::text), 'hex')";
                case "inet", "cidr" -> "'10.0.0.0'::inet + g";
                case "xml" -> "'<a/>'";
                case "bit", "varbit" -> null;
                default -> kind == 'r' ? "'empty'" : null;
            };
        }
    }

    private final Connection c;
    private final Map<Long, String> filled = new TreeMap<>();
    private final List<Long> known = new ArrayList<>();

    /** As the role that the migrations run as: defaults and constraints may call functions of theirs. */
    Rows(Scratch scratch) throws SQLException {
        c = scratch.connect();
        if (c.getMetaData().getDatabaseMajorVersion() >= 15) {
            scratch.asAdmin("GRANT SET ON PARAMETER session_replication_role TO "
                    + Sql.identifier(Sql.rows(c, "SELECT current_user").get(0).get(0)));
            Sql.execute(c, "SET session_replication_role = replica");
        }
    }

    /** Fills the tables of these that it has not seen yet.
     *
     * @return those of these that have none */
    Set<Long> fill(Collection<Long> oids, int rows) throws SQLException {
        List<Long> fresh = oids.stream().filter(oid -> !known.contains(oid)).toList();
        known.addAll(fresh);
        Map<String, List<Column>> tables = new LinkedHashMap<>();
        Map<String, Long> ids = new HashMap<>();
        for (List<String> row : fresh.isEmpty() ? List.<List<String>>of()
                : Sql.rows(c, COLUMNS.formatted(Shape.list(fresh)))) {
            ids.put(row.get(1), Long.valueOf(row.get(0)));
            tables.computeIfAbsent(row.get(1), t -> new ArrayList<>()).add(Column.of(row));
        }
        for (Map.Entry<String, List<Column>> each : tables.entrySet()) {
            for (int attempt = 0; attempt <= TRIES; attempt++) {
                if (insert(each.getKey(), each.getValue(), attempt, rows)) {
                    filled.put(ids.get(each.getKey()), each.getKey());
                    break;
                }
            }
        }
        return empty(oids);
    }

    private Set<Long> empty(Collection<Long> oids) {
        Set<Long> empty = new TreeSet<>(oids);
        empty.removeAll(filled.keySet());
        return empty;
    }

    private boolean insert(String table, List<Column> columns, int attempt, int rows) throws SQLException {
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (Column column : columns) {
            String value = column.value(attempt);
            if (value != null) {
                names.add(Sql.identifier(column.name));
                values.add(column.whole.matches("(?:character|bit).*\\(\\d+\\)") ? "(" + value + ")::" + column.whole
                        : value);
            }
        }
        String head = "INSERT INTO " + table;
        try {
            Sql.execute(c, names.isEmpty() ? head + " DEFAULT VALUES"
                    : head + " (" + String.join(", ", names) + ") SELECT " + String.join(", ", values)
                            + " FROM generate_series(1, " + rows + ") g");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    /** Takes all rows away again: what stands in them stood in the way of a statement. */
    void empty() throws SQLException {
        for (String table : filled.values()) {
            try {
                Sql.execute(c, "TRUNCATE " + table + " CASCADE");
            } catch (SQLException e) {
                // It has been dropped or renamed meanwhile.
            }
        }
        filled.clear();
    }

    @Override
    public void close() throws SQLException {
        c.close();
    }
}
