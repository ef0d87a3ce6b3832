//SOURCES ../../scripts/kit/postgres/Sql.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;

import kit.postgres.Sql;
import org.postgresql.ds.PGSimpleDataSource;

/** What goes on beside the updates while they are measured: nothing, searches by label, a snapshot held open. */
public final class Beside implements AutoCloseable {
    private static final int SEARCHES_A_SECOND = 100;
    private static final String SEARCH = "SELECT workflow_id FROM remediation_workflow_catalog "
            + "WHERE labels @> ?::jsonb LIMIT 20";
    private final Connection connection;
    private Thread searches;
    private volatile SQLException failed;

    private Beside(Connection connection) {
        this.connection = connection;
    }

    /** @param what alone, search or snapshot; null: alone */
    public static Beside of(String what, PGSimpleDataSource source) throws SQLException {
        if (what == null || what.equals("alone")) {
            return new Beside(null);
        }
        Beside beside = new Beside(source.getConnection());
        if (what.equals("search")) {
            beside.searches = new Thread(beside::search, "label searches");
            beside.searches.setDaemon(true);
            beside.searches.start();
        } else {
            beside.connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            beside.connection.setAutoCommit(false);
            Sql.execute(beside.connection, "SELECT 1");
        }
        return beside;
    }

    private void search() {
        try (PreparedStatement s = connection.prepareStatement(SEARCH)) {
            for (int i = 0; !Thread.interrupted(); i++) {
                s.setString(1, "{\"component\": \"component-" + i % 10 + "\"}");
                s.executeQuery().close();
                LockSupport.parkNanos(1_000_000_000L / SEARCHES_A_SECOND);
            }
        } catch (SQLException e) {
            failed = e;
        }
    }

    /** @throws SQLException it did not go on all the time */
    public void check() throws SQLException {
        if (failed != null) {
            throw failed;
        }
    }

    @Override
    public void close() throws SQLException {
        if (searches != null) {
            searches.interrupt();
            try {
                searches.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (connection != null) {
            connection.close();
        }
    }
}
