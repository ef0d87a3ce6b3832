//SOURCES Counter.java
//SOURCES Kind.java
//SOURCES Tally.java
package kit.tiers;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** TAP 12 to 14. A test with subtests is counted by its subtests. */
final class Tap extends Counter {
    private static final Pattern RESULT = Pattern.compile(
            "^( *)(not )?ok\\b(?: +\\d+)?(?: +-)? *(.*?)(?: +# *(SKIP|TODO)\\b.*)?$", Pattern.CASE_INSENSITIVE);
    private static final Pattern PLAN = Pattern.compile("^1\\.\\.(\\d{1,9})\\b"),
            SUBTEST = Pattern.compile("^( *)# Subtest: (.*)$");
    private final Tally tally = new Tally();
    /** The results that no line above has closed: their indentation, and whether they or one below them failed. */
    private final TreeMap<Integer, Boolean> open = new TreeMap<>();
    private final TreeMap<Integer, String> above = new TreeMap<>();
    private long planned;
    private long top;

    Tap() {
        super(Kind.TAP);
    }

    @Override
    public void line(String line) {
        Matcher m;
        if ((m = match(SUBTEST, line)) != null) {
            above.tailMap(m.group(1).length(), true).clear();
            above.put(m.group(1).length(), m.group(2));
        } else if ((m = match(PLAN, line)) != null) {
            planned += Long.parseLong(m.group(1));
            heard = true;
        } else if (line.startsWith("TAP version ")) {
            // "ok" at the beginning of a line is a common word: without a version or a plan it is none of TAP's.
            heard = true;
        } else if ((m = match(RESULT, line)) != null) {
            result(m.group(1).length(), m.group(4) != null ? Tally.Verdict.SKIP
                    : m.group(2) != null ? Tally.Verdict.FAIL : Tally.Verdict.PASS, m.group(3));
        }
    }

    private void result(int indent, Tally.Verdict verdict, String title) {
        Map<Integer, Boolean> below = open.tailMap(indent, false);
        boolean parent = !below.isEmpty();
        boolean failedBelow = below.containsValue(true);
        below.clear();
        if (!parent || verdict == Tally.Verdict.FAIL && !failedBelow) {
            String name = Stream.concat(above.headMap(indent).values().stream(), Stream.of(title))
                    .collect(Collectors.joining(" › "));
            tally.count(name.isBlank() ? "test " + (tally.ran() + tally.skipped + 1) : name, verdict);
        }
        open.merge(indent, verdict == Tally.Verdict.FAIL || failedBelow, Boolean::logicalOr);
        top += indent == 0 ? 1 : 0;
    }

    @Override
    public Tally tally() {
        Tally copy = new Tally();
        copy.add(tally);
        copy.missing = Math.max(0, planned - top);
        return copy;
    }
}
