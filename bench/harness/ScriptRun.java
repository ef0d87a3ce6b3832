package bench.harness;

/** One run of a script.
 *
 * @param megabytes the most that the script's JVM held; 0 where the system does not tell
 * @param lastWords the last line on stderr */
public record ScriptRun(int exit, double seconds, double megabytes, String lastWords) {

    /** How long one may take. */
    public static final int MINUTES = 5;

    public String how() {
        return (exit < 0 ? "not done after " + ScriptRun.MINUTES + " min" : "exit " + exit)
                + (lastWords.isEmpty() ? "" : ", " + lastWords);
    }
}
