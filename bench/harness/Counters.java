//SOURCES ../../scripts/kit/postgres/Sql.java
package bench.harness;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import kit.postgres.Sql;

/** What the server counts. The sources are pg_stat_user_tables, pg_stat_wal (PostgreSQL 14 to 17), pg_stat_io (from 16
 * on) and the position in the WAL. */
public final class Counters {
    private static final Map<String, String> UNITS = Map.of("walBytesPerUpdate", "B", "tableGrowthBytesPerUpdate", "B",
            "indexGrowthBytesPerUpdate", "B", "hotShare", "of updates");
    private static final Map<String, String> PER_UPDATE = Map.of("hot", "hotShare", "dead", "deadRowsPerUpdate",
            "transactions", "transactionsPerUpdate", "wal", "walBytesPerUpdate",
            "table", "tableGrowthBytesPerUpdate", "index", "indexGrowthBytesPerUpdate", "syncs", "syncsPerUpdate",
            "writes", "blocksWrittenPerUpdate");
    private static final String TABLES = " FROM pg_stat_user_tables WHERE relname LIKE 'remediation\\_workflow\\_%'";

    public static final String FLUSH = "SELECT pg_stat_force_next_flush()";

    /** Each counter with what asks for it; not all of them are on every version, and another engine may have none. */
    public static Map<String, String> sources(int version) {
        Map<String, String> sources = new LinkedHashMap<>();
        sources.put("transactions", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
        sources.put("wal", "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
        if (version >= 14) {
            sources.put("syncs", version >= 18 ? "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
                    : "SELECT wal_sync FROM pg_stat_wal");
        }
        if (version >= 16) {
            sources.put("writes", "SELECT sum(writes) FROM pg_stat_io WHERE object = 'relation'");
        }
        sources.put("updated", "SELECT sum(n_tup_upd)" + TABLES);
        sources.put("hot", "SELECT sum(n_tup_hot_upd)" + TABLES);
        sources.put("dead", "SELECT sum(n_dead_tup)" + TABLES);
        sources.put("table", "SELECT sum(pg_table_size(relid))" + TABLES);
        sources.put("index", "SELECT sum(pg_indexes_size(relid))" + TABLES);
        return sources;
    }

    /** All that the server has, at one moment. */
    public static Map<String, Double> read(Connection c, Collection<String> lacking) throws SQLException {
        Map<String, String> sources = sources(c.getMetaData().getDatabaseMajorVersion());
        sources.keySet().removeAll(lacking);
        Map<String, Double> counters = new LinkedHashMap<>();
        if (!sources.isEmpty()) {
            Iterator<String> row = Sql.rows(c, "SELECT (" + String.join("), (", sources.values()) + ")").get(0)
                    .iterator();
            for (String name : sources.keySet()) {
                Optional.ofNullable(row.next()).ifPresent(value -> counters.put(name, Double.valueOf(value)));
            }
        }
        return counters;
    }

    /** Per update that the clients made; what the tables count comes late from some backends, so its shares are of what
     * the tables counted. */
    public static Map<String, Double> perUpdate(Map<String, Double> before, Map<String, Double> after, double updates) {
        Map<String, Double> moved = new LinkedHashMap<>();
        after.forEach((name, value) -> moved.put(name, value - before.getOrDefault(name, value)));
        Map<String, Double> per = new LinkedHashMap<>();
        double counted = moved.getOrDefault("updated", 0.0);
        moved.forEach((name, value) -> {
            double of = Set.of("hot", "dead").contains(name) ? counted : updates;
            if (PER_UPDATE.containsKey(name) && of > 0) {
                per.put(PER_UPDATE.get(name), value / of);
            }
        });
        return per;
    }

    /** What this session did is counted now, and not within a second (PostgreSQL 15 and later). */
    public static void flush(Connection c, Collection<String> lacking) throws SQLException {
        if (flushes(c.getMetaData().getDatabaseMajorVersion(), lacking)) {
            Sql.rows(c, FLUSH);
        }
    }

    public static boolean flushes(int version, Collection<String> lacking) {
        return version >= 15 && !lacking.contains("updated");
    }

    public static String unit(String name) {
        return UNITS.getOrDefault(name, "a update");
    }
}
