//SOURCES ../postgres/Sql.java
package kit.locks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import kit.postgres.Sql;

/** What tables consist of at one moment, and in which files they lie: so that it is seen what a statement has made of
 * them. Names are as SQL wants them, and qualified where they are not in the schema public.
 *
 * @param tables by OID, with those that have rows of their own: tables, partitioned tables, materialized views */
record Shape(Map<Long, Table> tables) {
    /** @param generated "" or how: GENERATED … STORED, … AS IDENTITY */
    record Column(String type, boolean required, String value, String generated) {
    }

    /** @param kind p, u, f, c, x, n as pg_constraint has it
     * @param index of a key; or "" */
    record Constraint(String kind, String definition, boolean valid, String index) {
    }

    /** @param file  its relfilenode; 0 for one on a partitioned table, that is none itself
     * @param ofKey whether a constraint stands on it */
    record Index(long file, String definition, boolean unique, boolean ofKey) {
    }

    /** @param kind   r, p or m
     * @param file   its relfilenode; 0 for a partitioned table
     * @param bytes  how much lies in that file
     * @param parent the table of which it is a partition; or ""
     * @param bound  FOR VALUES …, a line's end, and what that demands of a row */
    record Table(String name, String kind, long file, long bytes, String parent, String bound,
            Map<String, Column> columns, Map<String, Constraint> constraints, Map<String, Index> indexes) {
        boolean partitioned() {
            return kind.equals("p");
        }

        /** What the partition's bound demands of a row; "" for none. */
        String demands() {
            return bound.substring(bound.indexOf('\n') + 1);
        }
    }

    /** The relations of a user that are there; what belongs to an extension is none. */
    static final String TABLES = """
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.deptype = 'e')
        ORDER BY c.oid""";
    /** A name as {@link Sql#identifier} and the search path of a new session have it. */
    private static final String NAME = "CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END"
            + " || quote_ident(c.relname)";
    private static final String READ = """
        SELECT 'T', c.oid::text, NAME, c.relkind::text, pg_relation_filenode(c.oid)::text,
               CASE c.relkind WHEN 'p' THEN '0' ELSE pg_relation_size(c.oid)::text END,
               coalesce((SELECT NAME FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
                         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhrelid = o.oid LIMIT 1), ''),
               coalesce(pg_get_expr(c.relpartbound, c.oid), '') || chr(10)
               || coalesce(CASE WHEN c.relispartition THEN pg_get_partition_constraintdef(c.oid) END, '')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN unnest($1) o(oid)
             ON c.oid = o.oid
        UNION ALL
        SELECT 'C', a.attrelid::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
               a.attnotnull::text, coalesce(CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, ''),
               CASE WHEN a.attidentity <> '' THEN 'AS IDENTITY'
                    WHEN a.attgenerated <> '' THEN 'GENERATED ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END, ''
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT 'K', k.conrelid::text, quote_ident(k.conname), k.contype::text, pg_get_constraintdef(k.oid),
               k.convalidated::text, coalesce((SELECT NAME FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                               WHERE c.oid = k.conindid AND k.contype IN ('p', 'u', 'x')), ''), ''
        FROM pg_constraint k WHERE k.conrelid = ANY ($1) AND k.contype IN ('p', 'u', 'f', 'c', 'x', 'n')
        UNION ALL
        SELECT 'I', i.indrelid::text, NAME, coalesce(pg_relation_filenode(c.oid), 0)::text,
               pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
               i.indisunique::text,
               EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))::text, ''
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE i.indrelid = ANY ($1)""".replace("NAME", NAME);

    /** Has the query planned once for a connection. */
    static void prepare(Connection c) throws SQLException {
        Sql.execute(c, "PREPARE runbook_shape (oid[]) AS " + READ);
    }

    private static final Pattern CAST = Pattern.compile("::(?:\"[^\"]+\"|[\\w.]|(?<=character|double|bit) |(?<=time"
            + "|timestamp) (?=with))+(?:\\(\\d+(?:,\\d+)?\\))?(?:\\[\\])*|[()\\s]");

    static List<Long> oids(Connection c) throws SQLException {
        return Sql.rows(c, TABLES).stream().map(row -> Long.valueOf(row.get(0))).toList();
    }

    /** Those of some tables that are there. */
    static Shape read(Connection c, Collection<Long> oids) throws SQLException {
        Map<Long, Table> tables = new TreeMap<>();
        List<List<String>> rest = new ArrayList<>();
        for (List<String> row : oids.isEmpty() ? List.<List<String>>of()
                : Sql.rows(c, "EXECUTE runbook_shape ('{" + list(oids) + "}')")) {
            if (row.get(0).equals("T")) {
                tables.put(Long.valueOf(row.get(1)), new Table(row.get(2), row.get(3), number(row.get(4)),
                        number(row.get(5)), row.get(6), row.get(7), new LinkedHashMap<>(), new TreeMap<>(),
                        new TreeMap<>()));
            } else {
                rest.add(row);
            }
        }
        for (List<String> row : rest) {
            Table table = tables.get(Long.valueOf(row.get(1)));
            String name = row.get(2);
            switch (table == null ? "" : row.get(0)) {
                case "C" -> table.columns.put(name,
                        new Column(row.get(3), row.get(4).startsWith("t"), row.get(5), row.get(6)));
                case "K" -> table.constraints.put(name,
                        new Constraint(row.get(3), row.get(4), row.get(5).startsWith("t"), row.get(6)));
                case "I" -> table.indexes.put(name, new Index(number(row.get(3)), row.get(4),
                        row.get(5).startsWith("t"), row.get(6).startsWith("t")));
                default -> {
                }
            }
        }
        return new Shape(tables);
    }

    /** This moment with some tables as another has them; those that it has not are gone. */
    Shape with(Collection<Long> some, Shape other) {
        Map<Long, Table> all = new TreeMap<>(tables);
        all.keySet().removeAll(some);
        all.putAll(other.tables);
        return new Shape(all);
    }

    static String list(Collection<Long> oids) {
        return String.join(",", oids.stream().map(String::valueOf).toList());
    }

    private static long number(String text) {
        return text == null ? 0 : Long.parseLong(text);
    }

    /** Whether two moments have the same tables, whatever files they lie in, and in whatever order their columns. */
    boolean sameAs(Shape other) {
        return means().equals(other.means());
    }

    private Map<Long, List<Object>> means() {
        Map<Long, List<Object>> means = new TreeMap<>();
        tables.forEach((oid, t) -> {
            Map<String, Object> rest = new TreeMap<>();
            t.indexes.forEach((name, i) -> rest.put("index " + name, withoutCasts(i.definition)));
            t.constraints.forEach((name, k) -> {
                // What NOT NULL is called from 18 on is no matter.
                if (!k.kind.equals("n")) {
                    rest.put("constraint " + name, List.of(withoutCasts(k.definition), k.valid, k.index));
                }
            });
            means.put(oid, List.of(t.name, t.parent, new TreeMap<>(t.columns), rest));
        });
        return means;
    }

    /** PostgreSQL moves casts and brackets about where its own text of an expression is read again. */
    private static String withoutCasts(String definition) {
        return CAST.matcher(definition).replaceAll("");
    }
}
