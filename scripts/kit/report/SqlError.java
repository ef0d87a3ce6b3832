package kit.report;

import java.sql.SQLException;
import java.util.regex.Pattern;

/** What an {@link SQLException} says to a reader. It needs no driver: the one of PostgreSQL puts severity, details and
 * place around the message. */
public final class SqlError {
    /** In the server's language: ERROR, FEHLER, FATAL. */
    private static final Pattern SEVERITY = Pattern.compile("^\\p{Lu}{4,}\\h*:\\h+");

    private SqlError() {
    }

    /** The server's message and its SQLSTATE, as pgx words them:
     * {@code ERROR: relation "t" does not exist (SQLSTATE 42P01)}. */
    public static String message(SQLException e) {
        String all = String.valueOf(e.getMessage());
        // The driver lays Detail, Hint and Position below the message, two columns in.
        boolean server = SEVERITY.matcher(all).find();
        String text = server ? "ERROR: " + SEVERITY.matcher(all).replaceFirst("").split("\n  (?=\\S)", 2)[0]
                : all.lines().findFirst().orElse("");
        return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
    }

    /** Whether the server is no more that this came from: class 08, or 57P01 to 57P03. */
    public static boolean isGone(SQLException e) {
        return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
    }
}
