//SOURCES Snapshot.java
package kit.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Tables, views and columns of a database. Partitions and the system's own are left out.
 *
 * @param tables       "schema.table" to its columns, in their order, with their types
 * @param columnsById  see {@link Snapshot#columnsById}
 * @param ofExtensions those of the tables and views that belong to an extension */
public record Catalogue(Map<String, Map<String, String>> tables, Map<String, String> columnsById,
        Set<String> ofExtensions) implements Snapshot {

    /** Which of pg_class c and pg_namespace n an application can name. */
    public static final String RELATIONS = "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ "
            + "'^pg_|^information_schema$'";
    public static final Kind<Catalogue> KIND = new Kind<>("""
        SELECT c.oid || '.' || coalesce(a.attnum, 0), n.nspname || '.' || c.relname, a.attname,
               format_type(a.atttypid, a.atttypmod), d.objid
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        WHERE %s AND NOT c.relispartition
        ORDER BY c.oid, a.attnum""".formatted(RELATIONS), false, Catalogue::of);

    public static Catalogue read(Connection c) throws SQLException {
        return KIND.read(c);
    }

    private static Catalogue of(List<List<String>> rows) {
        Catalogue read = new Catalogue(new TreeMap<>(), new HashMap<>(), new HashSet<>());
        for (List<String> row : rows) {
            Map<String, String> columns = read.tables.computeIfAbsent(row.get(1), t -> new LinkedHashMap<>());
            if (row.get(2) != null) {
                columns.put(row.get(2), row.get(3));
                read.columnsById.put(row.get(0), row.get(2));
            }
            if (row.get(4) != null) {
                read.ofExtensions.add(row.get(1));
            }
        }
        return read;
    }

    /** The columns of a table, whatever its schema, with their types; empty where there is no such table. */
    public Map<String, String> columns(String relation) {
        return tables.entrySet().stream().filter(t -> t.getKey().endsWith("." + relation)).map(Map.Entry::getValue)
                .findFirst().orElse(Map.of());
    }

    /** "table.column" of the public schema and "schema.table.column" of the others, to the type, without what belongs
     * to extensions.
     *
     * @param leftOut by the table's name without its schema */
    public Map<String, String> columnTypes(Predicate<String> leftOut) {
        Map<String, String> types = new TreeMap<>();
        tables.forEach((table, columns) -> {
            if (!ofExtensions.contains(table) && !leftOut.test(table.substring(table.indexOf('.') + 1))) {
                columns.forEach((name, type) -> types.put(table.replaceFirst("^public\\.", "") + "." + name, type));
            }
        });
        return types;
    }

    /** "schema.table" and "schema.table.column" for everything, to compare two catalogues. */
    @Override
    public Set<String> names() {
        Set<String> all = new LinkedHashSet<>(tables.keySet());
        tables.forEach((table, columns) -> columns.keySet().forEach(column -> all.add(table + "." + column)));
        return all;
    }
}
