//SOURCES ../migrations/Ledger.java
//SOURCES Project.java
//SOURCES Query.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Where.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.preflight;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Ledger;
import kit.report.SqlError;
import kit.report.Where;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** A statement with a name in it that is surely not there.
 *
 * @param state SQLSTATE: 42703 a column, 42P01 a table
 * @param name  what is missing, or ""
 * @param line  its line in the statement, from 0 */
record RefusedQuery(Query query, String state, String name, String message, int line) {

    private static final Pattern NAME = Pattern.compile("\"(?:[^\".]+\\.)?([^\".]+)\"|\\b\\w+\\.(\\w+)\\b");

    /** PostgreSQL parses and describes, and does not run. Only a missing column or table is believed, and only where
     * the code does not make it itself. */
    static Optional<RefusedQuery> of(Connection c, Query query, Project project) throws SQLException {
        try (PreparedStatement s = c.prepareStatement(query.sql())) {
            s.getMetaData();
            return Optional.empty();
        } catch (SQLException e) {
            if (SqlError.isGone(e)) {
                throw e;
            }
            String state = String.valueOf(e.getSQLState());
            boolean believed = state.equals("42703") || state.equals("42P01") && !query.test();
            return believed && !made(state, query, project) ? Optional.of(of(e, query, state)) : Optional.empty();
        }
    }

    private static boolean made(String state, Query query, Project project) {
        String words = query.sql().toLowerCase(Locale.ROOT);
        if (words.matches("(?s).*\\b(" + Ledger.TABLES + ")\\b.*")) {
            return true;
        }
        for (String word : words.split("\\W+")) {
            Set<String> files = project.made.get(word);
            if (files != null && (state.equals("42P01") || files.contains(query.where().file()))) {
                return true;
            }
        }
        return false;
    }

    private static RefusedQuery of(SQLException e, Query query, String state) {
        ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
        Matcher name = NAME.matcher(server == null ? "" : String.valueOf(server.getMessage()));
        String named = !name.find() ? "" : name.group(1) != null ? name.group(1) : name.group(2);
        int position = server == null ? 0 : server.getPosition();
        int line = (int) query.sql().chars().limit(Math.max(0, position - 1)).filter(ch -> ch == '\n').count();
        return new RefusedQuery(query, state, named, SqlError.message(e).replaceFirst("^ERROR: ", ""), line);
    }

    Where where() {
        return new Where(query.where().file(), query.where().line() + line);
    }
}
