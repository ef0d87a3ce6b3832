//SOURCES ../migrations/Migration.java
//SOURCES ../migrations/Part.java
//SOURCES Shape.java
//SOURCES ../migrations/Splitter.java
package kit.locks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Splitter;

/** What a statement was seen to do to tables that were there before its change.
 *
 * @param transaction statements of one number are in one transaction in the file
 * @param locks       each table with the strongest lock on it; of partitions, too
 * @param scanned     tables of which every row was read
 * @param checked     tables of which rows were read through an index
 * @param written     tables with how many rows were added, changed or taken away, new ones, too
 * @param noTimeout   whether lock_timeout was 0
 * @param before      the tables before it, and after it: none where nothing was locked but to read */
record Observed(Migration m, Part part, int transaction, Map<String, Lock> locks, Set<String> scanned,
        Set<String> checked, Map<String, Long> written, boolean noTimeout, Shape before, Shape after) {

    /** A mode, the weakest first, as PostgreSQL's documentation has them. */
    enum Lock {
        ACCESS_SHARE, ROW_SHARE, ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE,
        ACCESS_EXCLUSIVE;

        /** "AccessExclusiveLock". */
        static Lock of(String mode) {
            return valueOf(mode.replaceFirst("Lock$", "").replaceAll("(?<=[a-z])(?=[A-Z])", "_")
                    .toUpperCase(Locale.ROOT));
        }

        /** Whether it keeps others from writing. */
        boolean strong() {
            return compareTo(SHARE) >= 0;
        }

        String blocks() {
            return this == ACCESS_EXCLUSIVE ? "reads and writes" : "writes";
        }

        @Override
        public String toString() {
            return name().replace('_', ' ');
        }
    }

    static Observed nothing(Migration m, Part part, int transaction) {
        return new Observed(m, part, transaction, Map.of(), Set.of(), Set.of(), Map.of(), false,
                new Shape(Map.of()), new Shape(Map.of()));
    }

    /** The tables on which it holds what keeps others from writing, with that lock. */
    Map<String, Lock> strong() {
        Map<String, Lock> strong = new TreeMap<>(locks);
        strong.values().removeIf(lock -> !lock.strong());
        return strong;
    }

    /** The strongest of them; null for none. */
    Lock strongest() {
        return strong().values().stream().max(Lock::compareTo).orElse(null);
    }

    /** Tables that lie in another file than before, by the names that they had: the work of a rewrite, and not that of
     * TRUNCATE, after which there is nothing in it. */
    Set<String> rewritten() {
        Set<String> names = new TreeSet<>();
        before.tables().forEach((oid, was) -> {
            Shape.Table is = after.tables().get(oid);
            if (is != null && is.file() != was.file() && !emptied(was, is)) {
                names.add(was.name());
            }
        });
        return names;
    }

    /** Indexes of such tables that were built, by their tables: a file that was there before is none of them. */
    Map<String, List<String>> built() {
        Map<String, List<String>> built = new TreeMap<>();
        before.tables().forEach((oid, was) -> {
            Shape.Table is = after.tables().get(oid);
            Set<Long> files = new TreeSet<>(was.indexes().values().stream().map(Shape.Index::file).toList());
            files.add(0L);
            List<String> names = is == null || emptied(was, is) ? List.of()
                    : is.indexes().entrySet().stream().filter(i -> !files.contains(i.getValue().file()))
                            .map(Map.Entry::getKey).toList();
            if (!names.isEmpty()) {
                built.put(was.name(), names);
            }
        });
        return built;
    }

    /** New indexes of partitioned tables, of which the partitions' are parts. */
    List<String> partitionedIndexes() {
        List<String> names = new ArrayList<>();
        before.tables().forEach((oid, was) -> {
            if (was.partitioned() && after.tables().containsKey(oid)) {
                names.addAll(after.tables().get(oid).indexes().keySet());
                names.removeAll(was.indexes().keySet());
            }
        });
        return names;
    }

    /** Whether it changes rows, or would if there were some that it looks for. */
    boolean writes() {
        return !written.isEmpty() || locks.containsValue(Lock.ROW_EXCLUSIVE);
    }

    /** Tables with a foreign key that holds for all rows only now. */
    Set<String> referring() {
        Set<String> names = new TreeSet<>();
        before.tables().forEach((oid, was) -> {
            Shape.Table is = after.tables().get(oid);
            if (is != null && is.constraints().entrySet().stream().anyMatch(k -> k.getValue().kind().equals("f")
                    && k.getValue().valid() && !k.getValue().equals(was.constraints().get(k.getKey())))) {
                names.add(was.name());
            }
        });
        return names;
    }

    private boolean emptied(Shape.Table was, Shape.Table is) {
        return is.bytes() == 0 && was.bytes() > 0 || begins("truncate");
    }

    /** Whether the statement begins with a word. */
    boolean begins(String word) {
        return Splitter.bare(part.sql()).regionMatches(true, 0, word, 0, word.length());
    }

    /** The first line of the statement, to name it by. */
    String named() {
        String text = Splitter.bare(part.sql()).strip().replaceAll("\\s+", " ");
        return text.length() > 100 ? text.substring(0, 97) + "…" : text;
    }

    /** Whether it did what takes the longer the more rows there are. */
    boolean isLong() {
        return !scanned.isEmpty() || !rewritten().isEmpty() || !built().isEmpty() || checksReferences();
    }

    /** Whether rows that were there were checked against a foreign key. */
    boolean checksReferences() {
        return referring().stream().anyMatch(t -> scanned.contains(t) || checked.contains(t));
    }
}
