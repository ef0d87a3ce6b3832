package kit.report;

/** The exit codes of every script, a contract. */
public final class Exit {
    /** All that was checked is well, or was mended and proved. */
    public static final int SOUND = 0;
    /** The script itself failed. */
    public static final int FAILED = 1;
    public static final int USAGE = 2;
    /** Nothing could be checked: no server, no file, no answer. */
    public static final int UNCHECKED = 3;
    public static final int PROBLEMS = 10;

    private Exit() {
    }
}
