//SOURCES Scratch.java
//SOURCES Sql.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import org.postgresql.PGStatement;

/** What a database has at one moment: the {@link Catalogue} of its tables and columns, or the {@link Definitions} of
 * all that is in it. */
public interface Snapshot {
    /** What there is, by names that mean the same in another database. */
    Set<String> names();

    /** What identifies a column through every renaming, "OID of the table.position", to its name now; empty where a
     * snapshot does not hold it. */
    default Map<String, String> columnsById() {
        return Map.of();
    }

    /** What was otherwise in an earlier snapshot, by name, null for what was not there; empty where that is not
     * kept. */
    default Map<String, Object> otherwise(Snapshot before) {
        return Map.of();
    }

    /** This snapshot with some things as they were. */
    default Snapshot with(Map<String, Object> was) {
        return this;
    }

    /** A way to look at a database.
     *
     * @param query     one query that reads it all
     * @param qualified whether names of the public schema, too, are to be qualified, whatever the search_path
     * @param of        makes the snapshot of the query's rows */
    record Kind<S extends Snapshot>(String query, boolean qualified, Function<List<List<String>>, S> of) {

        private static final String QUALIFY = "SELECT set_config('search_path', ?, false)";

        /** Reads once; the search_path of the connection is the same afterwards. */
        public S read(Connection c) throws SQLException {
            if (!qualified) {
                return of.apply(Sql.rows(c, query));
            }
            String path = Sql.rows(c, "SELECT current_setting('search_path')").get(0).get(0);
            Sql.rows(c, QUALIFY, "pg_catalog");
            try {
                return of.apply(Sql.rows(c, query));
            } finally {
                Sql.rows(c, QUALIFY, path);
            }
        }
    }

    /** Reads a scratch database again and again, on a connection of its own, on which the query is planned once. */
    final class Reader<S extends Snapshot> implements AutoCloseable {
        private final Kind<S> kind;
        private final Connection c;
        private final PreparedStatement query;

        public Reader(Scratch scratch, Kind<S> kind) throws SQLException {
            this.kind = kind;
            c = scratch.connect();
            if (kind.qualified) {
                Sql.execute(c, "SET search_path = pg_catalog");
            }
            query = c.prepareStatement(kind.query);
            query.unwrap(PGStatement.class).setPrepareThreshold(1);
        }

        public S read() throws SQLException {
            return kind.of.apply(Sql.rows(query));
        }

        @Override
        public void close() throws SQLException {
            c.close();
        }
    }
}
