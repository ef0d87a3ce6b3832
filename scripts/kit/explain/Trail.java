//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/Migration.java
//SOURCES ../migrations/Part.java
//SOURCES ../migrations/Runner.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Where.java
package kit.explain;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import kit.migrations.Failure;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Runner;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Where;

/** Follows things of some names through a replay on a scratch database: after which statement of which file a
 * constraint, an index, a table and its columns, a type, a function, a trigger was made, changed, dropped. */
public final class Trail implements AutoCloseable {
    /** A thing became otherwise.
     *
     * @param kind       constraint, index, table, view, sequence, column, enum, domain, type, function, trigger,
     *                   policy, extension, schema
     * @param table      to which it belongs; else ""
     * @param definition as SQL; null where it is gone */
    record Change(String kind, String table, String name, String definition, Migration migration, int line) {
        Where at() {
            return migration.at(line);
        }

        boolean is(String otherTable, String otherName) {
            return name.equals(otherName) && (otherTable == null || table.equals(otherTable));
        }
    }

    private static final String OURS = " n.nspname !~ '^pg_|^information_schema$' AND ";
    private static final String NAMED = " = ANY (string_to_array($1, chr(10)))";
    private static final String FIND = """
        SELECT 'constraint', coalesce(t.relname, d.typname), k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN pg_class t ON t.oid = k.conrelid
        LEFT JOIN pg_type d ON d.oid = k.contypid WHERE OURS k.contype <> 'n' AND (k.conname NAMED
          OR EXISTS (SELECT FROM pg_attribute a
              WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname NAMED))
        UNION ALL SELECT 'index', t.relname, c.relname, pg_get_indexdef(c.oid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE OURS NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.conname = c.relname)
          AND (c.relname NAMED OR EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND a.attname NAMED))
        UNION ALL SELECT CASE WHEN c.relkind = 'S' THEN 'sequence' WHEN c.relkind IN ('v', 'm') THEN 'view'
                    ELSE 'table' END,
               '', c.relname, ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE OURS c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relname NAMED
        UNION ALL SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || CASE WHEN a.attidentity <> '' THEN ' GENERATED AS IDENTITY' ELSE '' END
               || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE OURS c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped
          AND (c.relname NAMED OR a.attname NAMED)
        UNION ALL SELECT CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'type' END, '', y.typname,
               coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                         FROM pg_enum e WHERE e.enumtypid = y.oid), '')
        FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace
        WHERE OURS (y.typtype IN ('e', 'd', 'r') OR y.typtype = 'c' AND EXISTS (SELECT FROM pg_class c
              WHERE c.oid = y.typrelid AND c.relkind = 'c')) AND y.typname NAMED
        UNION ALL SELECT 'function', pg_get_function_identity_arguments(p.oid), p.proname, pg_get_functiondef(p.oid)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE OURS p.prokind IN ('f', 'p') AND p.proname NAMED
          AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = p.oid AND x.deptype = 'e')
        UNION ALL SELECT 'trigger', t.relname, g.tgname, pg_get_triggerdef(g.oid)
        FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgname NAMED
        UNION ALL SELECT 'policy', t.relname, p.polname, ''
        FROM pg_policy p JOIN pg_class t ON t.oid = p.polrelid WHERE p.polname NAMED
        UNION ALL SELECT 'extension', '', extname, '' FROM pg_extension WHERE extname NAMED
        UNION ALL SELECT 'schema', '', n.nspname, '' FROM pg_namespace n WHERE OURS n.nspname NAMED"""
            .replace(" OURS ", OURS).replace(" NAMED", NAMED);

    /** In order; nothing of files that failed. */
    final List<Change> changes = new ArrayList<>();
    /** The files that failed. */
    final List<Failure> failures = new ArrayList<>();
    private final Scratch scratch;
    private final String names;
    private Map<List<String>, String> present = Map.of();

    private Trail(Scratch scratch, Collection<String> names) {
        this.scratch = scratch;
        this.names = String.join("\n", names);
    }

    /** Replays files, each as its tool does; one that fails leaves nothing, and the next is tried. */
    public static Trail of(Server server, List<Migration> files, Collection<String> names)
            throws SQLException, IOException {
        Trail trail = new Trail(server.scratch(), names);
        try (Connection c = trail.scratch.runner()) {
            for (Migration m : files) {
                Map<List<String>, String> before = trail.present;
                int known = trail.changes.size();
                try {
                    Runner.apply(c, m, m.up(), new Runner.Onlooker() {
                        @Override
                        public void ran(Part part) throws SQLException {
                            trail.look(c, m, part);
                        }
                    });
                } catch (Failure e) {
                    trail.failures.add(e);
                    trail.changes.subList(known, trail.changes.size()).clear();
                    trail.present = before;
                }
            }
        }
        return trail;
    }

    private void look(Connection c, Migration m, Part part) throws SQLException {
        Map<List<String>, String> now = new LinkedHashMap<>();
        String sql = FIND.replace("$1", Sql.literal(names));
        Sql.rows(c, sql).forEach(row -> now.put(row.subList(0, 3), row.get(3)));
        present.keySet().stream().filter(key -> !now.containsKey(key)).forEach(key -> add(key, null, m, part));
        now.forEach((key, definition) -> {
            if (!definition.equals(present.get(key))) {
                add(key, definition, m, part);
            }
        });
        present = now;
    }

    private void add(List<String> key, String definition, Migration m, Part part) {
        changes.add(new Change(key.get(0), key.get(1), key.get(2), definition, m, part.line()));
    }

    /** What became of a thing, in order. */
    List<Change> of(String kind, String table, String name) {
        return changes.stream().filter(change -> kind.contains(change.kind) && change.is(table, name)).toList();
    }

    /** How a thing is at the end; empty where it is not there. */
    Optional<Change> last(String kind, String table, String name) {
        return of(kind, table, name).stream().reduce((a, b) -> b).filter(change -> change.definition != null);
    }

    /** The columns of a table at the end, in their order. */
    Map<String, String> columns(String table) {
        Map<String, String> columns = new LinkedHashMap<>();
        present.forEach((key, definition) -> {
            if (key.get(0).equals("column") && key.get(1).equals(table)) {
                columns.put(key.get(2), definition);
            }
        });
        return columns;
    }

    /** The database at the end. */
    Connection connect() throws SQLException {
        return scratch.runner();
    }

    @Override
    public void close() throws SQLException {
        scratch.close();
    }
}
