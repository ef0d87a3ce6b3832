//SOURCES Where.java
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
package kit.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;

/** A change of a file as {@code patch -p0} and {@code git apply} take it: lines with their carriage returns, and saying
 * where the last one has no end. */
public final class Patch {
    private static final String NO_NEWLINE = "\u0000";
    private static final int CONTEXT = 2;

    private Patch() {
    }

    /** The lines of the unified diff; none where nothing changes.
     *
     * @param before null for a new file
     * @param after  null for a file that goes */
    public static List<String> of(Path file, String before, String after) {
        List<String> old = lines(before);
        String name = Where.shown(file);
        return UnifiedDiffUtils.generateUnifiedDiff(before == null ? "/dev/null" : name,
                after == null ? "/dev/null" : name, old, DiffUtils.diff(old, lines(after)), CONTEXT).stream()
                // What was one line for the comparison, and is two in a patch.
                .flatMap(line -> Stream.of(line.split(NO_NEWLINE))).toList();
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>(text == null ? List.of() : List.of(text.split("\n", -1)));
        int last = lines.size() - 1;
        if (last >= 0 && lines.get(last).isEmpty()) {
            lines.remove(last);
        } else if (last >= 0) {
            lines.set(last, lines.get(last) + NO_NEWLINE + "\\ No newline at end of file");
        }
        return lines;
    }
}
