//SOURCES Failure.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Stop.java
package kit.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import kit.postgres.Sql;
import kit.report.SqlError;
import kit.report.Stop;

/** Runs migrations as their tool does. */
public final class Runner {
    private Runner() {
    }

    /** Runs parts of a file, in a transaction where its tool does; {@code then} joins the transaction. */
    public static void apply(Connection c, Migration m, List<Part> parts, AfterPart after, SqlStep then)
            throws SQLException, Failure {
        c.setAutoCommit(!m.transactional());
        try {
            for (Part part : parts) {
                try {
                    Sql.execute(c, part.sql());
                } catch (SQLException e) {
                    throw new Failure(m, part, e);
                }
                after.accept(part);
            }
            try {
                then.run(c);
                if (!c.getAutoCommit()) {
                    c.commit();
                }
            } catch (SQLException e) {
                // A constraint that is put off until here, or the ledger's row
                throw new Failure(m, new Part("COMMIT", parts.isEmpty() ? 0 : parts.get(parts.size() - 1).line()), e);
            }
        } catch (SQLException | Failure e) {
            SQLException cause = e instanceof Failure f ? (SQLException) f.getCause() : (SQLException) e;
            if (SqlError.isGone(cause) || !rolledBack(c)) {
                throw Stop.unchecked(
                        "the server went away while " + m.name() + " was running: " + SqlError.message(cause));
            }
            throw e;
        }
        c.setAutoCommit(true);
    }

    private static boolean rolledBack(Connection c) {
        try {
            if (!c.getAutoCommit()) {
                c.rollback();
            }
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    public interface AfterPart {
        void accept(Part part) throws SQLException;
    }

    public interface SqlStep {
        void run(Connection c) throws SQLException;
    }
}
