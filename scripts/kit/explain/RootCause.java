package kit.explain;

import java.util.ArrayList;
import java.util.List;

/** A root cause, and what speaks for and against it.
 *
 * @param code its name in findings, a contract */
record RootCause(String code, String title, List<String> pro, List<String> contra) {
    RootCause(String code, String title) {
        this(code, title, new ArrayList<>(), new ArrayList<>());
    }

    /** With the evidence, a line each. */
    String shown() {
        return title + String.join("", pro.stream().map(e -> "\n  + " + e).toList())
                + String.join("", contra.stream().map(e -> "\n  − " + e).toList());
    }
}
