package kit.report;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The launcher by which this script was called: what is printed for the reader to type begins with it. */
public final class Launcher {
    /** A script of the collection by its alias; JBang's own commands stay JBang's. */
    private static final Pattern CALL = Pattern.compile("\\bjbang (?=[a-z]+(-[a-z]+)*\\b)(?!(app|trust|catalog) )");
    private static String typed = System.getenv("JBANG_LAUNCH_CMD");

    private Launcher() {
    }

    /** From now on as if called by this one; null is JBang itself. */
    public static void as(String command) {
        typed = command;
    }

    /** A command that says {@code jbang ALIAS …} as it is to be typed here: {@code ./jbangw ALIAS …} in the clone. */
    static String named(String command) {
        boolean ours = typed != null && typed.matches("(.*/)?jbangw");
        return ours ? CALL.matcher(command).replaceAll(Matcher.quoteReplacement(typed + " ")) : command;
    }
}
