//DEPS org.postgresql:postgresql:42.7.14
package kit.postgres;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.postgresql.PGConnection;

/** Small helps around SQL text and errors. */
public final class Sql {
    /** How the databases are named that a run makes for itself. */
    public static final String SCRATCH_PREFIX = "runbook_scratch_";
    /** What a statement may take in one of them, in seconds. */
    public static final int PATIENCE = Integer.getInteger("runbook.statement.seconds", 30);

    /** What the driver says where a statement returned rows that nobody asked for, after it has run. */
    private static final String TOO_MANY_RESULTS = "0100E";

    private Sql() {
    }

    /** A name as SQL wants it: quoted only where it must be. */
    public static String identifier(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /** A string as a literal of SQL. */
    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Runs SQL as it stands, in a scratch database for {@link #PATIENCE} seconds at the most. Rows that it returns are
     * thrown away as they come: a migration may return millions. */
    public static void execute(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.setEscapeProcessing(false);
            var limit = c.getCatalog().startsWith(SCRATCH_PREFIX) ? limit(s)
                    : CompletableFuture.<Void>completedFuture(null);
            try {
                s.executeUpdate(sql);
            } catch (SQLException e) {
                if (!TOO_MANY_RESULTS.equals(e.getSQLState())) {
                    throw e;
                }
            } finally {
                limit.complete(null);
            }
        }
    }

    /** COPY … FROM stdin with its lines of data; see {@link #execute}. */
    public static void copyIn(Connection c, String sql, String data) throws SQLException {
        try {
            c.unwrap(PGConnection.class).getCopyAPI().copyIn(sql, new StringReader(data));
        } catch (IOException e) {
            throw new SQLException(e);
        }
    }

    /** The server's own limit comes first, unless a migration takes it away. The driver's goes by the time of day: it
     * would end everything when the clock is set. */
    private static CompletableFuture<Void> limit(Statement s) {
        var limit = new CompletableFuture<Void>().orTimeout(PATIENCE + PATIENCE / 5 + 1, TimeUnit.SECONDS);
        limit.whenComplete((ended, late) -> {
            try {
                if (late != null) {
                    s.cancel();
                }
            } catch (SQLException e) {
                // It has ended by itself.
            }
        });
        return limit;
    }

    /** Ends a statement in the middle of which the run is ended, so that the server rolls it back now and not when it
     * is done. */
    public static void cancel(Connection c) throws SQLException {
        if (!c.isClosed()) {
            c.unwrap(PGConnection.class).cancelQuery();
        }
    }

    /** The rows of a query, each value as text or null. */
    public static List<List<String>> rows(Connection c, String sql, Object... parameters) throws SQLException {
        try (var s = c.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                s.setObject(i + 1, parameters[i]);
            }
            return rows(s);
        }
    }

    /** The rows of a query that is prepared already. */
    static List<List<String>> rows(PreparedStatement query) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (ResultSet r = query.executeQuery()) {
            int columns = r.getMetaData().getColumnCount();
            while (r.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    row.add(r.getString(i));
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
