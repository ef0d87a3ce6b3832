//SOURCES Exit.java
package kit.report;

/** Ends a run with one sentence for the reader and a documented exit code; never a stack trace. */
public final class Stop extends RuntimeException {
    /** The exit code of the run. */
    public final int exit;

    public Stop(int exit, String sentence) {
        super(sentence, null, false, false);
        this.exit = exit;
    }

    /** Wrong usage, exit 2: the sentence names the thing and what to do. */
    public static Stop usage(String sentence) {
        return new Stop(Exit.USAGE, sentence);
    }

    /** It could not be checked, exit 3: the sentence says what was in the way. */
    public static Stop unchecked(String sentence) {
        return new Stop(Exit.UNCHECKED, sentence);
    }
}
