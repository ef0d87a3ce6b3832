package kit.migrations;

/** One statement of a file and the line on which it begins.
 *
 * @param data the lines that follow a COPY … FROM stdin; null where there are none */
public record Part(String sql, int line, String data) {
    public Part(String sql, int line) {
        this(sql, line, null);
    }

    /** A command of psql's own, such as \connect, which no server and no driver knows. */
    public boolean ofPsql() {
        return sql.startsWith("\\");
    }
}
