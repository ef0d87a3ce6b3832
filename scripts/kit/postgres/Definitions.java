//SOURCES Difference.java
//SOURCES Snapshot.java
package kit.postgres;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Everything that a database has, as far as migrations make it: what it is called ("column public.t.c", "index …",
 * "function …"), how it is defined, and the SQL that makes, changes and drops it. Objects of extensions, of the system
 * and of partitions are not listed; a partition is one line. Names are qualified. */
public record Definitions(Map<String, Thing> things) implements Snapshot {
    /** @param change null where it cannot be changed in place */
    record Thing(String definition, String make, String change, String drop) {
    }

    /** A text in SQL. */
    private static final Pattern VALUE = Pattern.compile("E?'(?:[^']|'')*+'");
    private static final String COMMON = """
        WITH ours AS (
            SELECT t.oid, t.relkind, t.relispartition, t.reloptions,
                   quote_ident(n.nspname) || '.' || quote_ident(t.relname) AS name
            FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
        ), relations AS (
            SELECT * FROM ours WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition
        ), columns AS (
            SELECT r.name AS table_name, quote_ident(a.attname) AS name, a.attnum,
                   format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
                   CASE WHEN a.attidentity <> ''
                        THEN ' GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END
                             || ' AS IDENTITY'
                        WHEN a.attgenerated <> ''
                        THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') '
                             || CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END
                        ELSE '' END AS generated,
                   CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS value
            FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        ), lines AS (
            SELECT *, 'ALTER TABLE ' || table_name || ' ALTER COLUMN ' || name AS alter_column,
                   name || ' ' || type || generated || CASE WHEN required THEN ' NOT NULL' ELSE '' END
                   || coalesce(' DEFAULT ' || value, '') AS line
            FROM columns
        ), routines AS (
            SELECT p.oid, CASE p.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END AS kind,
                   quote_ident(n.nspname) || '.' || quote_ident(p.proname)
                   || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.prokind IN ('f', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT FROM pg_depend d
                              WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        ), views AS (
            SELECT oid, name, CASE relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END AS kind,
                   CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'VIEW ' END || name AS object
            FROM ours WHERE relkind IN ('v', 'm')
        ), enums AS (
            SELECT format_type(e.enumtypid, NULL) AS name,
                   string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) AS labels
            FROM pg_enum e
            WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass
                              AND d.objid = e.enumtypid AND d.deptype = 'e')
            GROUP BY e.enumtypid
        ), domains AS (
            SELECT format_type(t.oid, NULL) AS name, format_type(t.typbasetype, t.typtypmod)
                   || coalesce(' ' || (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)
                                       FROM pg_constraint k WHERE k.contypid = t.oid), '') AS definition
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        )
        """;
    /** What it is called, its definition, and the SQL that makes, changes and drops it. */
    private static final String THINGS = """
        SELECT 'table ' || name, CASE relkind WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(oid) ELSE '' END,
               'CREATE TABLE ' || name || ' ('
               || coalesce((SELECT string_agg(line, ', ' ORDER BY attnum) FROM lines WHERE table_name = r.name), '')
               || ')' || CASE relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(oid) ELSE '' END,
               NULL, 'DROP TABLE ' || name
        FROM relations r
        UNION ALL
        SELECT 'column ' || table_name || '.' || name, type || generated,
               'ALTER TABLE ' || table_name || ' ADD COLUMN ' || line,
               CASE WHEN generated = '' THEN alter_column || ' TYPE ' || type || ' USING ' || name || '::' || type
               END, 'ALTER TABLE ' || table_name || ' DROP COLUMN ' || name
        FROM lines
        UNION ALL
        SELECT 'not null ' || table_name || '.' || name, '', alter_column || ' SET NOT NULL', NULL,
               alter_column || ' DROP NOT NULL'
        FROM lines WHERE required
        UNION ALL
        SELECT 'default ' || table_name || '.' || name, value, alter_column || ' SET DEFAULT ' || value,
               alter_column || ' SET DEFAULT ' || value, alter_column || ' DROP DEFAULT'
        FROM lines WHERE value IS NOT NULL
        UNION ALL
        SELECT 'constraint ' || r.name || '.' || quote_ident(k.conname), pg_get_constraintdef(k.oid),
               'ALTER TABLE ' || r.name || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' '
               || pg_get_constraintdef(k.oid),
               'ALTER TABLE ' || r.name || ' DROP CONSTRAINT ' || quote_ident(k.conname) || ', ADD CONSTRAINT '
               || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid),
               'ALTER TABLE ' || r.name || ' DROP CONSTRAINT ' || quote_ident(k.conname)
        FROM pg_constraint k JOIN relations r ON r.oid = k.conrelid WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')
        UNION ALL
        SELECT 'index ' || o.name,
               pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
               pg_get_indexdef(i.indexrelid), 'DROP INDEX ' || o.name || '; ' || pg_get_indexdef(i.indexrelid),
               'DROP INDEX ' || o.name
        FROM pg_index i JOIN ours o ON o.oid = i.indexrelid JOIN ours t ON t.oid = i.indrelid
        WHERE NOT t.relispartition AND NOT EXISTS (SELECT FROM pg_constraint k
                          WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        UNION ALL
        SELECT 'trigger ' || r.name || '.' || quote_ident(t.tgname),
               pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END,
               pg_get_triggerdef(t.oid),
               'DROP TRIGGER ' || quote_ident(t.tgname) || ' ON ' || r.name || '; ' || pg_get_triggerdef(t.oid),
               'DROP TRIGGER ' || quote_ident(t.tgname) || ' ON ' || r.name
        FROM pg_trigger t JOIN ours r ON r.oid = t.tgrelid AND NOT r.relispartition WHERE NOT t.tgisinternal
        UNION ALL
        SELECT kind || name, pg_get_functiondef(oid), pg_get_functiondef(oid), pg_get_functiondef(oid),
               'DROP ROUTINE ' || name
        FROM routines
        UNION ALL
        SELECT kind || name, pg_get_viewdef(oid), 'CREATE ' || object || ' AS ' || pg_get_viewdef(oid),
               'DROP ' || object || '; CREATE ' || object || ' AS ' || pg_get_viewdef(oid), 'DROP ' || object
        FROM views
        UNION ALL
        SELECT 'sequence ' || name, format_type(s.seqtypid, NULL) || ' ' || s.seqstart || ' ' || s.seqincrement,
               'CREATE SEQUENCE ' || name || ' AS ' || format_type(s.seqtypid, NULL)
               || ' START ' || s.seqstart || ' INCREMENT ' || s.seqincrement, NULL, 'DROP SEQUENCE ' || name
        FROM ours JOIN pg_sequence s ON s.seqrelid = oid
        WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = oid
                          AND d.deptype IN ('a', 'i'))
        UNION ALL
        SELECT 'enum ' || name, labels, 'CREATE TYPE ' || name || ' AS ENUM (' || labels || ')', NULL,
               'DROP TYPE ' || name
        FROM enums
        UNION ALL
        SELECT 'domain ' || name, definition, 'CREATE DOMAIN ' || name || ' AS ' || definition, NULL,
               'DROP DOMAIN ' || name
        FROM domains
        UNION ALL
        SELECT 'partition ' || o.name, pg_get_expr(c.relpartbound, c.oid),
               'CREATE TABLE ' || o.name || ' PARTITION OF ' || i.inhparent::regclass || ' '
               || pg_get_expr(c.relpartbound, c.oid), NULL, 'DROP TABLE ' || o.name
        FROM ours o JOIN pg_class c ON c.oid = o.oid JOIN pg_inherits i ON i.inhrelid = o.oid
        WHERE o.relispartition AND o.relkind IN ('r', 'p', 'f')
        UNION ALL
        SELECT 'extension ' || quote_ident(extname), '', 'CREATE EXTENSION ' || quote_ident(extname), NULL,
               'DROP EXTENSION ' || quote_ident(extname)
        FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL
        SELECT 'schema ' || quote_ident(nspname), '', 'CREATE SCHEMA ' || quote_ident(nspname), NULL,
               'DROP SCHEMA ' || quote_ident(nspname)
        FROM pg_namespace n
        WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
          AND NOT EXISTS (SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
        """;
    public static final Kind<Definitions> KIND = new Kind<>(COMMON + THINGS, true, Definitions::of);

    private static Definitions of(List<List<String>> rows) {
        Map<String, Thing> things = new TreeMap<>();
        rows.forEach(row -> things.put(row.get(0), new Thing(row.get(1), row.get(2), row.get(3), row.get(4))));
        return new Definitions(things);
    }

    /** Sorted, so that things of a kind stand together. */
    @Override
    public Set<String> names() {
        return things.keySet();
    }

    @Override
    public Map<String, Object> otherwise(Snapshot before) {
        Map<String, Object> was = new HashMap<>();
        Map<String, Thing> those = ((Definitions) before).things;
        those.forEach((name, thing) -> {
            if (!thing.equals(things.get(name))) {
                was.put(name, thing);
            }
        });
        things.keySet().stream().filter(name -> !those.containsKey(name)).forEach(name -> was.put(name, null));
        return was;
    }

    @Override
    public Definitions with(Map<String, Object> was) {
        if (was.isEmpty()) {
            return this;
        }
        Map<String, Thing> then = new TreeMap<>(things);
        was.forEach((name, thing) -> {
            if (thing == null) {
                then.remove(name);
            } else {
                then.put(name, (Thing) thing);
            }
        });
        return new Definitions(then);
    }

    /** All but those that are named so. */
    public Definitions without(Predicate<String> left) {
        Map<String, Thing> rest = new TreeMap<>(things);
        rest.keySet().removeIf(left);
        return new Definitions(rest);
    }

    /** How another database differs from this one. What belongs to a table or column that is not there at all is not
     * told again. */
    public List<Difference> against(Definitions actual) {
        List<Difference> differences = new ArrayList<>();
        things.forEach((name, thing) -> {
            Thing there = actual.things.get(name);
            if (there == null && !partOfMissing(name, actual)) {
                differences.add(new Difference(name, Difference.MISSING, thing.make + ";"));
            } else if (there != null && !there.definition.equals(thing.definition)) {
                differences.add(new Difference(name, how(there.definition, thing.definition),
                        mend(name, there, thing)));
            }
        });
        actual.things.forEach((name, thing) -> {
            if (!things.containsKey(name) && !actual.partOfMissing(name, this) && !name.startsWith("partition ")) {
                differences.add(new Difference(name, Difference.SURPLUS, "-- " + thing.drop + ";"));
            }
        });
        return differences;
    }

    private static String mend(String name, Thing there, Thing wanted) {
        boolean generated = there.definition.contains(" GENERATED ") && name.startsWith("column ");
        String grown = name.startsWith("enum ")
                ? grown(name.substring("enum ".length()), there.definition, wanted.definition)
                : null;
        return grown != null ? grown
                : wanted.change == null || generated ? "-- " + wanted.drop + "; " + wanted.make + ";"
                        : wanted.change + ";";
    }

    /** The values that an enum lacks, each put where it belongs; null where it has one too many, which cannot be taken
     * away. */
    private static String grown(String type, String has, String wants) {
        List<String> there = VALUE.matcher(has).results().map(MatchResult::group).toList();
        List<String> wanted = VALUE.matcher(wants).results().map(MatchResult::group).toList();
        if (!wanted.stream().filter(there::contains).toList().equals(there)) {
            return null;
        }
        List<String> sql = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            if (!there.contains(wanted.get(i))) {
                String place = there.isEmpty() ? ""
                        : i == 0 ? " BEFORE " + there.get(0) : " AFTER " + wanted.get(i - 1);
                sql.add("ALTER TYPE " + type + " ADD VALUE " + wanted.get(i) + place + ";");
            }
        }
        return String.join(" ", sql);
    }

    /** Making a table makes its columns; making a column, its default; dropping a table, everything of it. */
    private boolean partOfMissing(String name, Definitions other) {
        boolean ofColumn = name.startsWith("not null ") || name.startsWith("default ");
        boolean ofTable = ofColumn || name.startsWith("column ");
        String path = name.substring(name.startsWith("not null ") ? "not null ".length() : name.indexOf(' ') + 1);
        String table = path.contains(".") ? path.substring(0, path.lastIndexOf('.')) : path;
        return ofColumn && onlyHere("column " + path, other) || ofTable && onlyHere("table " + table, other);
    }

    private boolean onlyHere(String name, Definitions other) {
        return things.containsKey(name) && !other.things.containsKey(name);
    }

    /** What differs, and not what is the same before and behind it: of a long text the first line that differs. */
    private static String how(String is, String should) {
        List<String> these = is.lines().map(Definitions::oneLine).filter(line -> !line.isEmpty()).toList();
        List<String> those = should.lines().map(Definitions::oneLine).filter(line -> !line.isEmpty()).toList();
        int line = 0;
        while (line < Math.min(these.size(), those.size()) && these.get(line).equals(those.get(line))) {
            line++;
        }
        String here = line < these.size() ? these.get(line) : "", there = line < those.size() ? those.get(line) : "";
        if (Math.max(these.size(), those.size()) < 2 || here.equals(there)) {
            here = oneLine(is);
            there = oneLine(should);
        }
        int same = 0;
        while (same < Math.min(here.length(), there.length()) && here.charAt(same) == there.charAt(same)) {
            same++;
        }
        return "is " + (line > 0 ? "in line " + (line + 1) + ": " : "") + shortened(here, same) + " and should be "
                + shortened(there, same);
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }

    /** A line, cut where it is long so that what stands from a place on is seen. */
    private static String shortened(String line, int place) {
        int begin = line.length() <= 120 || place < 100 ? 0 : place - 40;
        String seen = line.substring(begin, Math.min(line.length(), begin + 117));
        return line.isEmpty() ? "nothing" : (begin > 0 ? "…" : "") + seen + (begin + 117 < line.length() ? "…" : "");
    }
}
