//SOURCES ../postgres/Catalogue.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import kit.postgres.Catalogue;
import kit.postgres.Sql;
import kit.report.Where;

/** Watches during a {@link Replay} for names of tables and columns, after every statement: which statement of which
 * file makes one, and which takes it away. Given to {@link Replay#watch} before files are applied. */
public final class Watch {
    /** A name came or went.
     *
     * @param relation  the table's name, where the name is a column's; else the name itself
     * @param how       as a predicate: "adds it", "renames a to it", "creates it"; "drops it", "drops the table",
     *                  "renames it to b", "renames the table to b"
     * @param type      of the column that came; else ""
     * @param renamedTo where it went by being renamed; else null */
    public record Event(String name, String relation, boolean column, boolean came, String how, String type,
            String renamedTo, Migration migration, int line) {
        public Where at() {
            return migration.at(line);
        }
    }

    /** A table or column that has one of the names now. */
    private record Present(String id, String relation, String name, String type) {
        /** What was renamed from one watched name to another has gone and come. */
        String key() {
            return id + " " + name;
        }

        boolean column() {
            return !id.endsWith(".0");
        }
    }

    private static final String FIND = """
        SELECT c.oid || '.0', c.relname, c.relname, ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE %1$s AND c.relname = ANY (string_to_array(?, chr(10)))
        UNION ALL
        SELECT a.attrelid || '.' || a.attnum, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE %1$s AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attname = ANY (string_to_array(?, chr(10))) 
          AND (c.relname = ANY (string_to_array(?, chr(10))) OR ? = '')"""
            .formatted(Catalogue.RELATIONS);

    private final String tables;
    private final String columns;
    private final String relations;
    private final List<Event> events = new ArrayList<>();
    private Map<String, Present> present = new LinkedHashMap<>();
    private Map<String, Present> presentBefore = Map.of();
    private Map<String, String> columnsBefore = Map.of();
    private int eventsBefore;

    private Watch(Collection<String> tables, Collection<String> columns, Collection<String> relations) {
        this.tables = String.join("\n", tables);
        this.columns = String.join("\n", columns);
        this.relations = String.join("\n", relations);
    }

    public static Watch table(String name) {
        return new Watch(List.of(name), List.of(), List.of());
    }

    /** @param relations the tables in which the column counts; none for any */
    public static Watch column(String name, Collection<String> relations) {
        return new Watch(List.of(), List.of(name), relations);
    }

    /** Tables and columns that have one of the names, in whatever table. */
    public static Watch names(Collection<String> names) {
        return new Watch(names, names, List.of());
    }

    /** What happened to the names, in order; nothing of files that failed. */
    public List<Event> events() {
        return events;
    }

    /** The statement to which the database at the end owes the name; none where it does not have it. */
    public Optional<Event> supplier() {
        return present.isEmpty() ? Optional.empty() : events.stream().filter(Event::came).reduce((a, b) -> b);
    }

    /** The statement that took the name away for good. */
    public Optional<Event> taker() {
        return !present.isEmpty() ? Optional.empty() : events.stream().filter(e -> !e.came).reduce((a, b) -> b);
    }

    /** Whether a name came or went in the file that is being applied. */
    public boolean moved() {
        return events.size() > eventsBefore;
    }

    /** A file begins.
     *
     * @param columnsById what the columns are called before it, to tell a renaming */
    void begin(Map<String, String> columnsById) {
        eventsBefore = events.size();
        presentBefore = present;
        columnsBefore = columnsById;
    }

    /** The file failed, and left nothing. */
    void forget() {
        events.subList(eventsBefore, events.size()).clear();
        present = presentBefore;
    }

    /** A statement has run. */
    void look(Connection c, Migration m, Part part) throws SQLException {
        Map<String, Present> now = new LinkedHashMap<>();
        for (List<String> row : Sql.rows(c, FIND, tables, columns, relations, relations)) {
            Present each = new Present(row.get(0), row.get(1), row.get(2), row.get(3));
            now.put(each.key(), each);
        }
        for (Present each : present.values()) {
            if (!now.containsKey(each.key())) {
                events.add(gone(c, each, m, part));
            }
        }
        for (Present each : now.values()) {
            if (!present.containsKey(each.key())) {
                String before = columnsBefore.get(each.id);
                String how = !each.column() ? "creates it"
                        : before != null && !before.equals(each.name) ? "renames " + before + " to it" : "adds it";
                events.add(new Event(each.name, each.relation, each.column(), true, how, each.type, null, m,
                        part.line()));
            }
        }
        present = now;
    }

    private static Event gone(Connection c, Present it, Migration m, Part part) throws SQLException {
        String[] id = it.id.split("\\.");
        List<List<String>> table = Sql.rows(c, "SELECT relname FROM pg_class WHERE oid = " + id[0]);
        String tableNow = table.isEmpty() ? null : table.get(0).get(0);
        String how;
        String renamedTo = null;
        if (tableNow == null) {
            how = "drops the table";
        } else if (!tableNow.equals(it.relation)) {
            how = "renames the table to " + tableNow;
            renamedTo = it.column() ? null : tableNow;
        } else {
            renamedTo = Sql.rows(c, "SELECT CASE WHEN NOT attisdropped THEN attname END FROM pg_attribute"
                    + " WHERE attrelid = " + id[0] + " AND attnum = " + id[1]).get(0).get(0);
            how = renamedTo == null ? "drops it" : "renames it to " + renamedTo;
        }
        return new Event(it.name, it.relation, it.column(), false, how, "", renamedTo, m, part.line());
    }
}
