//SOURCES ../report/PatchLines.java
//SOURCES PortChange.java
//DEPS io.github.java-diff-utils:java-diff-utils:4.18
package kit.ports;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.AbstractDelta;
import com.github.difflib.patch.Patch;
import kit.report.PatchLines;

/** A unified diff for patch -p1 and git apply. No line of it holds a password: such an edit is left out, and named. */
final class PortDiff {
    private static final Pattern SECRET = Pattern.compile("(?i)(pass(word|wd|phrase)?|pwd|secret|token|credential)\\w*"
            + "[\"']?\\s*[:=,]\\s*[\"']?[^\\s\"',;$)]|://[^\\s/@:]*:[^\\s/@$%{}]+@");
    /** What a terminal or GitHub's runner would obey; a diff cannot be printed otherwise than it is. */
    private static final Pattern OBEYED = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\t\\r\\x00]]|^[-+ ]?\\s*::|##\\[");

    final String text;
    /** Why which edit is not in it. */
    final List<String> withheld = new ArrayList<>();

    PortDiff(Path root, List<PortChange> changes) {
        StringBuilder diff = new StringBuilder();
        for (PortChange change : changes) {
            String shown = root.relativize(change.path()).toString().replace('\\', '/');
            List<String> before = PatchLines.of(change.before());
            Patch<String> patch = new Patch<>();
            for (AbstractDelta<String> delta : DiffUtils.diff(before, PatchLines.of(change.after())).getDeltas()) {
                String why = whyNot(Stream
                        .concat(delta.getSource().getLines().stream(), delta.getTarget().getLines().stream()).toList());
                if (why != null) {
                    withheld.add(why + shown + ":" + (delta.getSource().getPosition() + 1));
                } else {
                    patch.addDelta(delta);
                }
            }
            hunks(shown, change, before, patch).stream().flatMap(PatchLines::printed)
                    .forEach(line -> diff.append(line).append('\n'));
        }
        text = diff.toString();
    }

    private static String whyNot(List<String> lines) {
        return lines.stream().anyMatch(line -> SECRET.matcher(line).find()) ? "a password stands there: "
                : lines.stream().anyMatch(line -> OBEYED.matcher(line).find())
                        ? "a terminal or a runner would obey what stands there: "
                        : null;
    }

    /** With as much context as holds nothing of that kind; a change that has it right beside it is withheld. */
    private List<String> hunks(String shown, PortChange change, List<String> before, Patch<String> patch) {
        List<String> all = new ArrayList<>();
        for (int context = 3; context > 0; context--) {
            all = patch.getDeltas().isEmpty() ? List.of()
                    : UnifiedDiffUtils.generateUnifiedDiff(change.before() == null ? "/dev/null" : "a/" + shown,
                            "b/" + shown, before, patch, context);
            if (whyNot(all) == null) {
                return all;
            }
        }
        String why = whyNot(all);
        patch.getDeltas().forEach(d -> withheld.add(why + shown + ":" + (d.getSource().getPosition() + 1)));
        return List.of();
    }
}
