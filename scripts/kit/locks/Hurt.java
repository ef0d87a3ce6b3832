//SOURCES Observed.java
//SOURCES Shape.java
//SOURCES ../report/Words.java
package kit.locks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import kit.report.Words;

/** What hurts a system that goes on working while a file is applied.
 *
 * @param by   the statement at which it is told
 * @param text what was seen, and what blocks
 * @param with the later statement of the transaction that takes long while the lock is held; null where it is the
 *             statement itself */
record Hurt(String code, Observed by, String text, Observed with) {

    /** What a statement does by itself; null for nothing that hurts. */
    static Hurt own(Observed o) {
        Observed.Lock lock = o.strongest();
        if (lock == null) {
            return null;
        }
        Set<String> rewritten = o.rewritten();
        Map<String, List<String>> built = o.built();
        Set<String> views = new TreeSet<>(rewritten);
        views.retainAll(o.before().tables().values().stream().filter(t -> t.kind().equals("m")).map(Shape.Table::name)
                .toList());
        if (!views.isEmpty()) {
            return new Hurt("MIGRATION_LOCKS", o, tables(o, views) + " is filled anew while " + held(o), null);
        }
        if (!rewritten.isEmpty()) {
            return new Hurt("MIGRATION_REWRITES", o, tables(o, rewritten)
                    + " is rewritten, every row and every index, while " + held(o), null);
        }
        if (!built.isEmpty()) {
            List<String> names = new ArrayList<>(built.values().stream().flatMap(List::stream).toList());
            boolean again = !o.begins("reindex") && o.before().tables().values().stream()
                    .anyMatch(t -> names.stream().anyMatch(t.indexes()::containsKey));
            List<String> above = o.partitionedIndexes();
            List<String> told = above.isEmpty() ? names : above;
            return new Hurt(again ? "MIGRATION_REWRITES" : "INDEX_NOT_CONCURRENT", o, Words.some(told, 3) + " on "
                    + tables(o, built.keySet()) + (above.isEmpty() ? "" : " (" + built.size() + " partitions)")
                    + (told.size() > 1 ? " are" : " is") + " built " + (again ? "anew " : "") + "while " + held(o),
                    null);
        }
        if (!o.scanned().isEmpty() && o.writes()) {
            return new Hurt("BACKFILL_IN_DDL", o, "rows are changed while the same statement holds what "
                    + "others wait for: " + held(o), null);
        }
        if (o.begins("truncate") || o.scanned().isEmpty() && !o.checksReferences()) {
            return null;
        }
        Set<String> read = new TreeSet<>(o.scanned());
        read.addAll(o.checksReferences() ? o.referring() : Set.of());
        return new Hurt("MIGRATION_SCANS", o, "every row of " + tables(o, read) + " is read" + checks(o) + " while "
                + held(o), null);
    }

    private static String checks(Observed o) {
        List<String> checks = new ArrayList<>();
        o.before().tables().forEach((oid, was) -> {
            Shape.Table is = o.after().tables().get(oid);
            if (is != null && was.parent().isEmpty()) {
                is.constraints().forEach((name, k) -> {
                    boolean fresh = k.valid() && !k.kind().equals("n") && !k.equals(was.constraints().get(name));
                    if (fresh) {
                        checks.add("the constraint " + name);
                    }
                });
                is.columns().forEach((name, c) -> {
                    Shape.Column before = was.columns().get(name);
                    if (c.required() && before != null && !before.required()) {
                        checks.add("NOT NULL of " + name);
                    }
                });
            }
        });
        return checks.isEmpty() ? "" : " to check " + String.join(", ", checks);
    }

    /** "ACCESS EXCLUSIVE on t, u blocks reads and writes". */
    static String held(Observed o) {
        Observed.Lock lock = o.strongest();
        List<String> names = o.locks().entrySet().stream().filter(e -> e.getValue() == lock).map(Map.Entry::getKey)
                .toList();
        return lock + " on " + tables(o, names) + " blocks " + lock.blocks();
    }

    /** Partitions are told by their table where they are all of it. */
    private static String tables(Observed o, Iterable<String> names) {
        Set<String> told = new TreeSet<>();
        names.forEach(told::add);
        Map<String, List<String>> partitions = new TreeMap<>();
        o.before().tables().values().stream().filter(t -> !t.parent().isEmpty())
                .forEach(t -> partitions.computeIfAbsent(t.parent(), p -> new ArrayList<>()).add(t.name()));
        partitions.forEach((parent, all) -> {
            if (told.containsAll(all) && (all.size() > 1 || told.contains(parent))) {
                all.forEach(told::remove);
                told.add(parent);
            }
        });
        return Words.some(List.copyOf(told), 4);
    }

    /** All that the statements of a file do, in their order: also what takes long in a transaction that holds a lock
     * since an earlier statement. */
    static List<Hurt> of(List<Observed> file) {
        Map<Integer, Observed> holder = new LinkedHashMap<>();
        List<Hurt> hurts = new ArrayList<>();
        for (Observed o : file) {
            Observed first = holder.get(o.transaction());
            Hurt own = own(o);
            if (own != null) {
                boolean harder = first != null && first.strongest().compareTo(o.strongest()) > 0;
                hurts.add(!harder ? own : new Hurt(own.code, o, own.text + ", and since line " + first.part().line()
                        + " " + held(first), null));
            } else if (first != null && o.isLong()) {
                later(hurts, first, o);
            }
            if (o.strongest() != null && (first == null || first.strongest().compareTo(o.strongest()) < 0)) {
                holder.put(o.transaction(), o);
            }
        }
        return hurts;
    }

    private static void later(List<Hurt> hurts, Observed first, Observed o) {
        String since = held(first) + " since line " + first.part().line() + ", until the transaction ends";
        if (o.writes()) {
            hurts.add(new Hurt("BACKFILL_IN_DDL", first, "every row of " + tables(o, o.scanned())
                    + " is read to change some in the transaction in which " + since, o));
        } else if (own(first) == null && hurts.stream().noneMatch(h -> h.by == first)) {
            hurts.add(new Hurt("MIGRATION_LOCKS", first, held(first) + " until the transaction ends, and line "
                    + o.part().line() + " reads every row of " + tables(o, o.scanned().isEmpty() ? o.referring()
                            : o.scanned())
                    + " before that", o));
        }
    }

    /** The statement to mend. */
    Observed at() {
        return code.equals("BACKFILL_IN_DDL") && with != null ? with : by;
    }
}
