//SOURCES Literal.java
//SOURCES SourceFile.java
//SOURCES Text.java
package kit.source;

/** One statement as PostgreSQL reads it.
 *
 * @param sql        placeholders and holes are $1, $2, …
 * @param parameters what each $n stands for: 'n' a $n of the source, 'p' another placeholder, 'h' a hole
 * @param name       whether a part of a name is known only when the program runs
 * @param inQuotes   whether a part of a quoted text is
 * @param literal    null in a .sql file */
public record Candidate(SourceFile file, Kind kind, Text sql, String parameters, boolean name, boolean inQuotes,
        Literal literal) {
    /** What is to be done with a statement. */
    public enum Kind {
        JUDGE, DEFINE, UTILITY
    }

    boolean headOpen() {
        return literal != null && literal.headOpen();
    }

    boolean tailOpen() {
        return literal != null && literal.tailOpen();
    }

    boolean holes() {
        return parameters.indexOf('h') >= 0;
    }

    /** Where it begins in its file. */
    public int start() {
        return sql.offset(0);
    }

    /** Its source, as far as it is a text for a reader: the line and those around it. */
    String around(int before, int after) {
        return file.lines(start(), before, sql.offset(sql.length), after);
    }
}
