//SOURCES Observed.java
//SOURCES Shape.java
//SOURCES ../migrations/Splitter.java
//SOURCES ../postgres/Sql.java
package kit.locks;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Splitter;
import kit.postgres.Sql;

/** Changes all rows of a table in batches: page by page, each range of pages a transaction, so that nobody waits for
 * long. A row's new version may come to lie in a later range, so what is set must be the same when it is set again. */
final class Backfill {
    private static final Pattern UPDATE = Pattern.compile(
            "(?is)update\\s+(?:only\\s+)?([\\w.\"]+)\\s+set\\s+((?:(?!\\b(?:from|where|returning)\\b).)+)"
                    + "(?:\\bwhere\\b((?:(?!\\b(?:where|returning)\\b).)+))?");
    private static final Pattern SET = Pattern.compile("(?:^|,)\\s*\"?(\\w+)\"?\\s*=(?!=)");
    /** Pages. */
    private static final int BATCH = 1000;

    private Backfill() {
    }

    /** The same as an UPDATE, in batches; none where it is no plain one, or reads what it sets. */
    static List<String> of(Observed o) {
        Matcher update = UPDATE.matcher(Splitter.bare(o.part().sql()).strip());
        if (!update.matches() || readsWhatItSets(update.group(2))) {
            return List.of();
        }
        String condition = update.group(3) == null ? "" : update.group(3).strip();
        String name = update.group(1);
        return o.before().tables().values().stream()
                .filter(t -> t.name().equals(name) || t.name().endsWith("." + name) && o.scanned().contains(t.name()))
                .limit(1).map(t -> step(t, update.group(2).strip(), condition)).toList();
    }

    private static boolean readsWhatItSets(String set) {
        String values = SET.matcher(set).replaceAll(" ");
        List<String> columns = SET.matcher(set).results().map(m -> m.group(1)).toList();
        return columns.isEmpty() || columns.stream()
                .anyMatch(column -> Pattern.compile("(?i)\\b" + Pattern.quote(column) + "\\b").matcher(values).find());
    }

    /** @param set       column = value, the same when it is set twice
     * @param condition which rows; "" for all */
    static String step(Shape.Table table, String set, String condition) {
        String pages = " IN 0 .. pg_relation_size(%s) / current_setting('block_size')::int / " + BATCH + " LOOP\n    ";
        String name = Sql.literal(table.name());
        return !table.partitioned()
                ? "DO $$ BEGIN FOR page_range" + pages.formatted(name) + "UPDATE " + table.name() + " SET " + set
                        + where("page_range", condition) + ";\n    COMMIT;\nEND LOOP; END $$"
                : "DO $$ DECLARE leaf regclass; BEGIN FOR leaf IN SELECT relid FROM pg_partition_tree(" + name
                        + ") WHERE isleaf LOOP\nFOR page_range" + pages.formatted("leaf") + "EXECUTE 'UPDATE ' || leaf"
                        + " || $q$ SET " + set + where("$1", condition)
                        + "$q$ USING page_range;\n    COMMIT;\nEND LOOP; END LOOP; END $$";
    }

    private static String where(String range, String condition) {
        return "\n    WHERE ctid >= format('(%s,0)', " + range + " * " + BATCH + ")::tid"
                + "\n      AND ctid < format('(%s,0)', (" + range + " + 1) * " + BATCH + ")::tid"
                + (condition.isEmpty() ? "" : "\n      AND (" + condition + "\n      )");
    }
}
