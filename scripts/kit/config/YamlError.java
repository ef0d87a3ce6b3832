package kit.config;

/** A text is no YAML, or not what it should be. Only the place is told, and why, in words of our own: what stands there
 * may be a password. */
public final class YamlError extends RuntimeException {
    static final String ENDLESS = "aliases or lists that multiply without end";
    /** From 1; 0 is the text as a whole. */
    public final int line;
    public final int column;
    /** The key that is given twice; else null. */
    public final String twice;

    YamlError(int line, int column, String why) {
        this(line, column, why, null);
    }

    YamlError(int line, int column, String why, String twice) {
        super(why, null, false, false);
        this.line = line;
        this.column = column;
        this.twice = twice;
    }

    /** Of the parser's words.
     *
     * @param problem as it has it, or "" */
    static YamlError of(int line, int column, String problem) {
        return new YamlError(line, column, problem.contains("TAB") ? "a tab stands where YAML wants spaces"
                : problem.contains("undefined alias") ? "a value begins with *: quote it"
                        : problem.contains("mapping values")
                                ? "a colon stands where none can: quote the value, or begin a new line"
                                : problem.contains("end of stream") || problem.contains("stream end")
                                        ? "the file ends within a quote or a bracket"
                                        : problem.contains("cannot start any token")
                                                ? "a value begins with a character that YAML keeps for itself: quote it"
                                                : problem.contains("another document") ? "a second document begins"
                                                        : line > 0 ? "this is not YAML" : ENDLESS);
    }

    /** " (line 2, column 1)", or "". */
    public String place() {
        return line == 0 ? "" : " (line " + line + ", column " + column + ")";
    }
}
