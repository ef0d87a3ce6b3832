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
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.SqlError;
import kit.report.Stop;

/** Runs migrations as their tool does. */
public final class Runner {
    private static final Pattern ENDS_TRANSACTION = Pattern
            .compile("(?is)(begin|start|commit|end|rollback|abort|savepoint|release|prepare\\s+transaction)\\b.*");

    private Runner() {
    }

    /** What becomes of a statement that failed. */
    public enum Answer {
        FAILS, GO_ON, AGAIN
    }

    /** Looks on, and decides; by itself it does nothing, and what fails fails. */
    public interface Onlooker {
        /** A file begins, or begins again: what was done of it is undone. */
        default void begins() throws SQLException {
        }

        /** A statement has run. */
        default void ran(Part part) throws SQLException {
        }

        /** The last has run; this joins the transaction. */
        default void last(Connection tx) throws SQLException {
        }

        default Answer failed(Failure failure) throws SQLException {
            return Answer.FAILS;
        }
    }

    public static void apply(Connection c, Migration m, List<Part> parts) throws SQLException, Failure {
        apply(c, m, parts, new Onlooker() {});
    }

    /** Runs parts of a file, in a transaction where its tool does. */
    public static void apply(Connection c, Migration m, List<Part> parts, Onlooker onlooker)
            throws SQLException, Failure {
        c.setAutoCommit(!m.transactional());
        try {
            if (!run(c, m, parts, onlooker, m.transactional())) {
                // Once more, with a way back to before each statement.
                c.rollback();
                run(c, m, parts, onlooker, false);
            }
            try {
                onlooker.last(c);
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

    /** @param atOnce end at the first statement that need not fail
     * @return false where it ended so */
    private static boolean run(Connection c, Migration m, List<Part> parts, Onlooker onlooker, boolean atOnce)
            throws SQLException, Failure {
        onlooker.begins();
        for (Part part : parts) {
            boolean saved = !atOnce && !c.getAutoCommit() && !ENDS_TRANSACTION.matcher(part.sql()).matches();
            Answer answer = Answer.AGAIN;
            while (answer == Answer.AGAIN) {
                if (saved) {
                    Sql.execute(c, "SAVEPOINT runbook");
                }
                try {
                    execute(c, m, part);
                    answer = Answer.GO_ON;
                    if (saved) {
                        Sql.execute(c, "RELEASE SAVEPOINT runbook");
                    }
                } catch (Failure e) {
                    answer = SqlError.isGone((SQLException) e.getCause()) ? Answer.FAILS : onlooker.failed(e);
                    if (answer == Answer.FAILS) {
                        throw e;
                    } else if (saved) {
                        Sql.execute(c, "ROLLBACK TO SAVEPOINT runbook");
                    } else if (atOnce) {
                        return false;
                    }
                }
            }
            onlooker.ran(part);
        }
        return true;
    }

    /** One statement. */
    static void execute(Connection c, Migration m, Part part) throws Failure {
        long began = System.nanoTime();
        try {
            if (part.data() != null) {
                Sql.copyIn(c, part.sql(), part.data());
            } else if (!part.ofPsql()) {
                Sql.execute(c, part.sql());
            }
        } catch (SQLException e) {
            Failure failure = new Failure(m, part, e);
            failure.seconds = (System.nanoTime() - began) / 1e9;
            throw failure;
        }
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
}
