//SOURCES Counters.java
//SOURCES Limit.java
//SOURCES LockWaits.java
package bench.harness;

import java.util.List;
import java.util.stream.Stream;

/** What is asked of a server besides the update. A role may not have the right, an engine that only speaks PostgreSQL's
 * protocol may not know it: then it is said and left out, for nothing else can stand in for it.
 *
 * @param rest    what follows the name of each table of the catalogue, where it is asked of each; else null
 * @param without what a run is without it */
public record Need(String name, String sql, String rest, String without) {

    // Short trials: a vacuum in the middle of one would be another trial's luck.
    private static final Need AUTOVACUUM = new Need("autovacuum_enabled", "ALTER TABLE ",
            " SET (autovacuum_enabled = off)", "the server may clean up in the middle of a measurement");
    public static final Need VACUUM = new Need("VACUUM (FULL, ANALYZE)", "VACUUM (FULL, ANALYZE) ", "",
            "the table is filled anew before each measurement, but not vacuumed");
    public static final Need CHECKPOINT = new Need("CHECKPOINT", "CHECKPOINT", null,
            "the server makes checkpoints when it does, also in the middle of a measurement");
    private static final Need LIMIT = new Need(Limit.NAME, Limit.SQL, null,
            "there is no ratio to the empty durable transaction");
    private static final Need WAITS = new Need(LockWaits.NAME, LockWaits.WAITING, null,
            "nobody knows who waits for a lock");

    public boolean ofEachTable() {
        return rest != null;
    }

    public static List<Need> all(int version) {
        return Stream.concat(Stream.of(AUTOVACUUM, VACUUM, CHECKPOINT, LIMIT, WAITS),
                Counters.sources(version).entrySet().stream()
                        .map(counter -> new Need(counter.getKey(), counter.getValue(), null, "no figure of it")))
                .toList();
    }
}
