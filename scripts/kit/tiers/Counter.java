//SOURCES Kind.java
//SOURCES Tally.java
package kit.tiers;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the words of one kind of runner, line by line. */
abstract class Counter {
    /** What a terminal obeys, such as colours. */
    static final Pattern ANSI = Pattern.compile("\u001b\\[[0-9;?]*[A-Za-z]");
    final Kind kind;
    /** Whether there were words of this kind of runner, if only that no test ran. */
    boolean heard;

    Counter(Kind kind) {
        this.kind = kind;
    }

    abstract void line(String line);

    abstract Tally tally();

    static Matcher match(Pattern pattern, String line) {
        Matcher m = pattern == null ? null : pattern.matcher(line);
        return m != null && m.find() ? m : null;
    }
}
