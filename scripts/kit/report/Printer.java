//SOURCES Finding.java
//SOURCES Step.java
package kit.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How a format shows what happens: each is told of everything, and prints what it prints. */
interface Printer {
    /** A run at its end.
     *
     * @param error why it ended before its end, or null
     * @param extra what only this script knows */
    record Outcome(String script, String version, String verdict, String error, Map<String, Long> checked,
            List<Map<String, String>> skipped, List<Step> steps, List<Finding> findings, Map<String, Object> extra,
            double seconds) {
        /** "3 migrations, 1 list"; "nothing" where nothing was checked. */
        String counts() {
            List<String> parts = new ArrayList<>();
            checked.forEach((what, n) -> parts.add(n + " " + (n == 1 ? what.replaceFirst("s( |$)", "$1") : what)));
            return parts.isEmpty() ? "nothing" : String.join(", ", parts);
        }

        /** "1.3 s". */
        String took() {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
    }

    default void step(Step step) {
    }

    default void line(Step.Line line) {
    }

    default void endOfStep() {
    }

    void end(Outcome outcome);
}
