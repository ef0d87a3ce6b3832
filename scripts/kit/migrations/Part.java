package kit.migrations;

/** One statement of a file and the line on which it begins. */
public record Part(String sql, int line) {
}
