package kit.source;

/** Something wrong with a statement.
 *
 * @param code     of the finding that it becomes
 * @param message  the server's, with its SQLSTATE
 * @param name     the name that is missing, as PostgreSQL reads it; null where it is another trouble
 * @param relation the table that the name is looked for in, where the server says so; else null
 * @param at       its place in the file */
public record Trouble(String code, String message, String name, String relation, int at) {
}
