//SOURCES PatchLines.java
//SOURCES Where.java
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
package kit.report;

import java.nio.file.Path;
import java.util.List;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;

/** A change of a file as {@code patch -p0} and {@code git apply} take it: lines with their carriage returns, and saying
 * where the last one has no end. */
public final class Patch {
    private static final int CONTEXT = 2;

    private Patch() {
    }

    /** The lines of the unified diff; none where nothing changes.
     *
     * @param before null for a new file
     * @param after  null for a file that goes */
    public static List<String> of(Path file, String before, String after) {
        List<String> old = PatchLines.of(before);
        String name = Where.shown(file);
        return UnifiedDiffUtils.generateUnifiedDiff(before == null ? "/dev/null" : name,
                after == null ? "/dev/null" : name, old, DiffUtils.diff(old, PatchLines.of(after)), CONTEXT).stream()
                .flatMap(PatchLines::printed).toList();
    }
}
