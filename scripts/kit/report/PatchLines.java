package kit.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The lines of a file as patch wants them: with their carriage returns, and saying where the last one has no end. */
public final class PatchLines {
    private static final String NO_NEWLINE = "\u0000";

    /** For the comparison; a file that is not there has none. */
    public static List<String> of(String text) {
        List<String> lines = new ArrayList<>(text == null ? List.of() : List.of(text.split("\n", -1)));
        int last = lines.size() - 1;
        if (last >= 0 && lines.get(last).isEmpty()) {
            lines.remove(last);
        } else if (last >= 0) {
            lines.set(last, lines.get(last) + NO_NEWLINE + "\\ No newline at end of file");
        }
        return lines;
    }

    /** What was one line for the comparison, and is two in a patch. */
    public static Stream<String> printed(String line) {
        return Stream.of(line.split(NO_NEWLINE));
    }
}
