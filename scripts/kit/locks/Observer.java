//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/Migration.java
//SOURCES Observed.java
//SOURCES ../migrations/Part.java
//SOURCES ../migrations/Replay.java
//SOURCES Shape.java
//SOURCES ../postgres/Sql.java
package kit.locks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

import kit.migrations.Failure;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Replay;
import kit.postgres.Sql;

/** Runs statements one by one, each in a transaction of its own, and looks at what it holds and has done before that
 * ends: pg_locks, the tables' files, the counters of the transaction. */
final class Observer {
    /** The tables on which, or on an index of which, this session holds more than a reader does: any other needs no
     * closer look. A row without one: rows are changed. The counters begin anew with the next transaction. */
    private static final String HOLDS = """
        SELECT FLUSH::text, NULL UNION ALL
        SELECT DISTINCT NULL, coalesce(i.indrelid, o.oid)::text FROM pg_locks l
        LEFT JOIN unnest($1) o(oid) ON o.oid = l.relation
        LEFT JOIN pg_index i ON i.indexrelid = l.relation AND i.indrelid = ANY ($1)
        WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
          AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
          AND (l.mode = 'RowExclusiveLock' OR o.oid IS NOT NULL OR i.indrelid IS NOT NULL)""";
    private static final String SEES = """
        SELECT 'L', relation::text, mode, '' FROM pg_locks
        WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = ANY ($1)
        UNION ALL
        SELECT 'S', o.oid::text, CASE WHEN o.oid = ANY ($2) THEN pg_stat_get_xact_numscans(o.oid)
                                      ELSE pg_stat_get_xact_tuples_returned(o.oid) END::text,
               (SELECT coalesce(sum(pg_stat_get_xact_numscans(i.indexrelid)), 0) FROM pg_index i
                WHERE i.indrelid = o.oid)::text
        FROM unnest($1) o(oid)
        UNION ALL
        SELECT 'W', c.oid::text, (pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)
               + pg_stat_get_xact_tuples_deleted(c.oid))::text, c.oid::regclass::text
        FROM pg_class c JOIN pg_locks l ON l.relation = c.oid AND l.pid = pg_backend_pid()
             AND l.mode = 'RowExclusiveLock' AND l.locktype = 'relation'
        WHERE c.relkind = 'r' AND c.oid >= 16384
        UNION ALL
        SELECT 'T', '0', current_setting('lock_timeout'), ''""";

    /** A table of a few rows is read through an index only where the plan must not scan: as a large one is. */
    private static final String AS_LARGE = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off";

    private final Replay<?> replay;
    /** The tables that were there before the change. */
    private final Set<Long> existing;
    /** Those of them that could not be given rows: of these any scan counts, and of the others one that finds rows. */
    private final Set<Long> empty;
    private Shape shape;
    /** Whether something was done since that is not in it. */
    private boolean stale;
    private double seconds;

    /** @param known what is known of those tables by an earlier one; null for nothing */
    Observer(Replay<?> replay, Set<Long> existing, Set<Long> empty, Shape known) throws SQLException {
        this.replay = replay;
        this.existing = existing;
        this.empty = empty;
        Sql.rows(replay.c, "EXECUTE runbook_holds ('{}')");
        Set<Long> before = known == null ? Set.of() : known.tables().keySet();
        Set<Long> fresh = new TreeSet<>(existing);
        fresh.removeAll(before);
        Set<Long> gone = new TreeSet<>(before);
        gone.removeAll(existing);
        shape = known == null ? Shape.read(replay.c, fresh) : known.with(gone, Shape.read(replay.c, fresh));
    }

    /** Has the queries planned once for a connection.
     *
     * @param major of the server: before 15 counters begin anew when it pleases them, half a second later at most */
    static void prepare(Connection c, int major) throws SQLException {
        Shape.prepare(c);
        Sql.execute(c, "PREPARE runbook_holds (oid[]) AS " + HOLDS.replace("FLUSH",
                major >= 15 ? "pg_stat_force_next_flush()" : "NULL"));
        Sql.execute(c, "PREPARE runbook_sees (oid[], oid[]) AS " + SEES);
    }

    /** Runs a statement and looks.
     *
     * @param keep whether what it has done stays */
    Observed run(Migration m, Part part, int transaction, Predicate<Observed> keep) throws SQLException, Failure {
        Observed[] seen = {Observed.nothing(m, part, transaction)};
        boolean[] kept = {true};
        Shape before = shape();
        long began = System.nanoTime();
        replay.alone(m, part, AS_LARGE, (tx, file) -> {
            seconds = (System.nanoTime() - began) / 1e9;
            Sql.execute(tx, "SET LOCAL enable_seqscan = on");
            List<List<String>> held = Sql.rows(tx, "EXECUTE runbook_holds ('{" + Shape.list(existing) + "}')");
            if (held.size() > 1) {
                Set<Long> touched = new TreeSet<>(held.stream().map(row -> row.get(1)).filter(Objects::nonNull)
                        .map(Long::valueOf).toList());
                seen[0] = look(tx, m, part, transaction, before.with(touched, Shape.read(tx, touched)));
                kept[0] = keep.test(seen[0]);
                if (kept[0]) {
                    shape = seen[0].after();
                } else {
                    tx.rollback();
                }
            }
        });
        return seen[0];
    }

    /** Runs what cannot be in a transaction, as CREATE INDEX CONCURRENTLY: its locks are not seen. */
    Observed outside(Migration m, Part part, int transaction) throws SQLException, Failure {
        replay.alone(m, part, "", null);
        Sql.rows(replay.c, "EXECUTE runbook_holds ('{}')");
        stale = true;
        return Observed.nothing(m, part, transaction);
    }

    /** How long the last statement took. */
    double seconds() {
        return seconds;
    }

    /** From now on no table has rows. */
    void emptied() {
        empty.addAll(existing);
    }

    /** The tables as they are now, as far as they were there before the change. */
    Shape shape() throws SQLException {
        shape = stale ? Shape.read(replay.c, existing) : shape;
        stale = false;
        return shape;
    }

    private Observed look(Connection tx, Migration m, Part part, int transaction, Shape after) throws SQLException {
        Shape before = shape;
        Map<String, Observed.Lock> locks = new TreeMap<>();
        Set<String> scanned = new TreeSet<>();
        Set<String> checked = new TreeSet<>();
        Map<String, Long> written = new TreeMap<>();
        boolean noTimeout = false;
        for (List<String> row : Sql.rows(tx, "EXECUTE runbook_sees ('{" + Shape.list(existing) + "}', '{"
                + Shape.list(empty) + "}')")) {
            Shape.Table table = before.tables().get(Long.valueOf(row.get(1)));
            String name = table == null ? row.get(3) : table.name();
            switch (row.get(0)) {
                case "L" -> locks.merge(name, Observed.Lock.of(row.get(2)), (a, b) -> a.compareTo(b) > 0 ? a : b);
                case "S" -> {
                    add(scanned, name, row.get(2));
                    add(checked, name, row.get(3));
                }
                case "W" -> written.put(name, Long.valueOf(row.get(2)));
                default -> noTimeout = row.get(2).equals("0");
            }
        }
        written.values().removeIf(n -> n == 0);
        return new Observed(m, part, transaction, locks, scanned, checked, written, noTimeout, before, after);
    }

    private static void add(Set<String> names, String name, String count) {
        if (count != null && !count.equals("0")) {
            names.add(name);
        }
    }
}
