//SOURCES ../report/SqlError.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.List;
import java.util.stream.Stream;

import kit.report.SqlError;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Field;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Query;
import org.postgresql.core.QueryExecutor;
import org.postgresql.core.ResultCursor;
import org.postgresql.core.ResultHandlerBase;
import org.postgresql.core.SqlCommand;
import org.postgresql.core.Tuple;

/** What the server says of a statement that it parses and describes, and does not run.
 *
 * @param refusal null where it accepts it
 * @param columns the names of its result's columns */
record Description(SQLException refusal, List<String> columns) {

    private static final int DESCRIBE = QueryExecutor.QUERY_ONESHOT | QueryExecutor.QUERY_DESCRIBE_ONLY
            | QueryExecutor.QUERY_SUPPRESS_BEGIN;

    /** The statement goes to the server as it is, one only.
     *
     * @param parameters the number of its $n
     * @throws SQLException where the server is gone */
    static Description of(Connection c, String sql, int parameters) throws SQLException {
        QueryExecutor executor = c.unwrap(BaseConnection.class).getQueryExecutor();
        NativeQuery one = new NativeQuery(sql, new int[parameters], false, SqlCommand.BLANK);
        Query query = executor.wrap(List.of(one));
        Answer answer = new Answer();
        try {
            executor.execute(query, query.createParameterList(), answer, 0, 0, DESCRIBE);
            return new Description(null, answer.columns);
        } catch (SQLException e) {
            if (SqlError.isGone(e)) {
                throw e;
            }
            return new Description(e, List.of());
        } finally {
            query.close();
        }
    }

    /** What is wrong with the statement is thrown at its end. */
    private static final class Answer extends ResultHandlerBase {
        private List<String> columns = List.of();

        @Override
        public void handleResultRows(Query query, Field[] fields, List<Tuple> rows, ResultCursor cursor) {
            columns = fields == null ? List.of() : Stream.of(fields).map(Field::getColumnLabel).toList();
        }

        @Override
        public void handleWarning(SQLWarning warning) {
            // A notice does not make a statement wrong.
        }
    }
}
