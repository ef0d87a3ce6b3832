package bench.harness;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;

/** How many clients wait for a lock, on average: looked at ten times a second. */
public final class LockWaits extends Thread {
    public static final String NAME = "lock waits";
    public static final String WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
            + "datname = current_database()";
    private final Connection connection;
    private long looks;
    private long waiting;
    private volatile SQLException failed;

    public LockWaits(Connection connection) {
        super("lock waits");
        this.connection = connection;
        setDaemon(true);
        start();
    }

    @Override
    public void run() {
        try (PreparedStatement s = connection.prepareStatement(WAITING)) {
            while (!interrupted()) {
                try (ResultSet r = s.executeQuery()) {
                    r.next();
                    waiting += r.getLong(1);
                    looks++;
                }
                LockSupport.parkNanos(100_000_000);
            }
        } catch (SQLException e) {
            failed = e;
        }
    }

    public double end() throws SQLException {
        interrupt();
        try {
            join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
        if (failed != null) {
            throw failed;
        }
        return looks == 0 ? 0 : (double) waiting / looks;
    }
}
