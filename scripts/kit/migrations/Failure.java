//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/SqlError.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.migrations;

import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;
import kit.report.SqlError;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** A file that the server refused. */
public final class Failure extends Exception {
    public final Migration migration;
    public final int line;
    public final String state;
    public final String statement;
    /** How long the statement ran. */
    double seconds;

    public Failure(Migration migration, Part part, SQLException e) {
        super(SqlError.message(e), e);
        this.migration = migration;
        ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
        int position = server == null ? 0 : server.getPosition();
        this.line = part.line()
                + (int) part.sql().chars().limit(Math.max(0, position - 1)).filter(c -> c == '\n').count();
        this.state = String.valueOf(e.getSQLState());
        this.statement = part.sql();
    }

    /** The finding that this failure is: a role or extension that the server lacks has a code of its own. */
    public String code() {
        return extension() != null && (state.equals("0A000") || state.equals("58P01") || state.equals("42501"))
                ? "EXTENSION_MISSING"
                : role() != null ? "ROLE_MISSING" : "MIGRATION_FAILS";
    }

    public String extension() {
        Matcher m = Pattern.compile("(?is)create\\s+extension\\s+(?:if\\s+not\\s+exists\\s+)?\"?([\\w-]+)\"?")
                .matcher(statement);
        return m.find() ? m.group(1) : null;
    }

    /** The role that the server lacks: SQLSTATE 42704 with a name that stands where SQL expects a role. */
    public String role() {
        Matcher said = Pattern.compile("role \"(.+)\" does not exist").matcher(getMessage());
        if (said.find()) {
            return said.group(1);
        }
        // In another language than English
        if (state.equals("42704")) {
            Matcher m = Pattern
                    .compile("(?is)\\b(?:to|from|owner\\s+to|authorization|role|for\\s+role)\\s+\"?(\\w+)\"?")
                    .matcher(statement);
            while (m.find()) {
                String quoted = "[\"»«„“]\\h?" + Pattern.quote(m.group(1)) + "\\h?[\"»«“”]";
                if (Pattern.compile(quoted).matcher(getMessage()).find()) {
                    return m.group(1);
                }
            }
        }
        return null;
    }

    /** What failed, as a sentence. */
    String told() {
        return switch (code()) {
            case "ROLE_MISSING" -> migration.name() + " needs the role " + role() + ", which the server does not have";
            case "EXTENSION_MISSING" -> migration.name() + " needs the extension " + extension()
                    + ", which this server lacks or lets only a superuser create";
            default -> migration.name() + " fails: " + getMessage();
        };
    }

    String[] remedy() {
        return role() == null ? new String[0]
                : new String[] {"--role " + Sql.identifier(role()).replace("\"", "'"),
                        "CREATE ROLE " + Sql.identifier(role()) + "; -- on your own server"};
    }

    public void addTo(Report report) {
        report.finding(code(), Severity.error, migration.at(line), told(),
                getMessage() + "\n" + statement.strip().lines().limit(5).reduce((a, b) -> a + "\n" + b).orElse(""),
                remedy());
    }
}
