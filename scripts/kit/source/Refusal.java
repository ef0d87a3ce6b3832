//SOURCES Schema.java
//SOURCES Text.java
//SOURCES Trouble.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.source;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What the server said, and where in the statement. */
final class Refusal {
    private static final String WORD = "(?:\"(?:[^\"]|\"\")*+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)";
    private static final Pattern NAME = Pattern.compile(WORD + "(?:\\s*\\.\\s*(?:" + WORD + "|\\*))*+");
    private static final Pattern PART = Pattern.compile("\"((?:[^\"]|\"\")*+)\"|([^\\s.]+)");
    private static final Pattern QUOTED = Pattern.compile("[\"»«„“]\\h?([^\"»«“”]+?)\\h?[\"»«“”]");

    final String state;
    final String message;
    /** The place in the statement; -1 where the server names none. */
    final int at;
    private final String routine;
    private final Text sql;
    /** The name that stands at the place, as it is written; "" where none does. */
    private final String written;
    private final List<String> parts;

    Refusal(SQLException e, Text sql) {
        ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
        boolean says = server != null && server.getMessage() != null;
        this.sql = sql;
        this.state = String.valueOf(e.getSQLState());
        this.message = says ? server.getMessage() : String.valueOf(e.getMessage());
        this.routine = server == null ? "" : String.valueOf(server.getRoutine());
        int position = server == null ? 0 : server.getPosition();
        String text = sql.toString();
        this.at = position <= 0 ? -1
                : position > text.codePointCount(0, text.length()) ? text.length()
                        : text.offsetByCodePoints(0, position - 1);
        Matcher name = NAME.matcher(text).region(Math.max(at, 0), text.length());
        this.written = at >= 0 && name.lookingAt() ? name.group() : "";
        // Where the server names no place, the name stands in its message.
        Matcher said = QUOTED.matcher(message);
        this.parts = parts(at < 0 && ofName() && said.find() ? said.group(1) : written);
    }

    private static List<String> parts(String name) {
        List<String> parts = new ArrayList<>();
        Matcher part = PART.matcher(name);
        while (part.find()) {
            parts.add(part.group(1) != null ? part.group(1).replace("\"\"", "\"")
                    : part.group(2).toLowerCase(Locale.ROOT));
        }
        return parts;
    }

    /** A column that is written to: the server names its table. */
    boolean target() {
        return state.equals("42703") && (routine.equals("checkInsertTargets")
                || routine.equals("transformUpdateTargetList") || routine.equals("transformUpdateStmt"));
    }

    boolean missingRelation() {
        return state.equals("42P01") && !routine.startsWith("errorMissingRTE");
    }

    /** Behind the name, or the sign, at the place. */
    int end() {
        return Math.min(at + Math.max(1, written.length()), sql.length);
    }

    /** The missing name itself, without what qualifies it. */
    String name() {
        return parts.isEmpty() ? "" : parts.get(missingAlias() ? 0 : parts.size() - 1);
    }

    String qualifier() {
        return parts.size() >= 2 ? parts.get(parts.size() - 2) : missingAlias() && !parts.isEmpty() ? parts.get(0) : "";
    }

    boolean missingAlias() {
        return state.equals("42P01") && !missingRelation();
    }

    /** The table that the server names with a column that is written to; null elsewhere. */
    String relation() {
        // Of the two names in quotes, whatever the language's quotes and order are, the one that does not stand at the
        // place.
        List<String> quoted = target() ? QUOTED.matcher(message).results().map(m -> m.group(1)).toList() : List.of();
        return quoted.size() < 2 ? null : quoted.get(quoted.get(0).equals(name()) ? 1 : 0);
    }

    String code(Schema schema) {
        return switch (state) {
            case "42703" -> "SQL_COLUMN_MISSING";
            case "42P01", "3F000" -> "SQL_TABLE_MISSING";
            case "42883" -> functionIsMissing(schema) ? "SQL_FUNCTION_MISSING" : "SQL_TYPE_MISMATCH";
            case "42P18", "42P08" -> "SQL_PARAMETER_TYPE";
            case "42804", "42846", "42725" -> "SQL_TYPE_MISMATCH";
            case "42704" -> "SQL_TYPE_MISSING";
            case "42601" -> "SQL_SYNTAX";
            default -> state.startsWith("22") ? "SQL_TYPE_MISMATCH" : "SQL_REFUSED";
        };
    }

    /** Whether the trouble is a name that is not there. */
    boolean ofName() {
        return state.matches("42703|42P01|42883|42704|3F000");
    }

    /** An operator, or a function that is there for other arguments, is a matter of types. */
    boolean functionIsMissing(Schema schema) {
        return state.equals("42883") && !name().isEmpty() && !schema.functions.contains(name())
                && sql.part(end(), sql.length).toString().stripLeading().startsWith("(");
    }

    Trouble trouble(String code) {
        String missing = name().isEmpty() || missingAlias() ? null : name();
        return new Trouble(code, message + " (SQLSTATE " + state + ")", missing, relation(),
                sql.offset(Math.max(at, 0)));
    }
}
