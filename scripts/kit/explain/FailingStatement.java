//SOURCES Missing.java
//SOURCES Placeholders.java
//SOURCES ../postgres/Sql.java
//SOURCES Uses.java
package kit.explain;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;

import kit.postgres.Sql;

/** The statement that fails, and what the server says of it. */
final class FailingStatement {
    private static final int TRIED = 20;

    private FailingStatement() {
    }

    /** A statement of the message or the code that fails here for this very reason; else the smallest that does; null
     * if the table is not known.
     *
     * @param table of the missing column, or null */
    static String of(Connection c, Missing missing, Uses code, String table) throws SQLException {
        List<String> statements = new ArrayList<>();
        if (missing.statement() != null) {
            statements.add(missing.statement());
        }
        code.uses().stream().map(Uses.Use::statement).filter(s -> s != null).distinct().limit(TRIED)
                .forEach(statements::add);
        for (String statement : statements) {
            String numbered = Placeholders.numbered(statement);
            if (isRefused(c, numbered, missing)) {
                return numbered.stripIndent().strip();
            }
        }
        return table == null ? null : missing.probe(table);
    }

    /** Whether the server refuses a statement for the very name that is missing. */
    static boolean isRefused(Connection c, String statement, Missing missing) throws SQLException {
        SQLException refusal = refusal(c, statement);
        return refusal != null && missing.state().equals(refusal.getSQLState())
                && refusal.getMessage().contains(missing.name());
    }

    /** Lets the server judge a statement without running it; null if it is accepted. */
    static SQLException refusal(Connection c, String statement) throws SQLException {
        Savepoint savepoint = c.getAutoCommit() ? null : c.setSavepoint();
        try {
            Sql.execute(c, "PREPARE runbook AS " + statement);
            Sql.execute(c, "DEALLOCATE runbook");
            return null;
        } catch (SQLException e) {
            if (savepoint != null) {
                c.rollback(savepoint);
            }
            return e;
        }
    }
}
