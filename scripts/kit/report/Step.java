package kit.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A numbered step of a run: what was typed and what was observed. */
final class Step {
    /** What a line is: a command, an observation, or what was weighed. */
    enum Mark {
        COMMAND("$ "), PLAIN("  "), GOOD("✓ "), BAD("✗ "), WARN("! "), NOT("✗ "), NONE("– ");

        final String symbol;

        Mark(String symbol) {
            this.symbol = symbol;
        }
    }

    record Line(Mark mark, String text) {
        /** The line behind its symbol; what has several lines stands in one column. */
        List<String> shown() {
            List<String> shown = new ArrayList<>();
            for (String part : text.split("\n", -1)) {
                shown.add((shown.isEmpty() ? mark.symbol : "  ") + part);
            }
            return shown;
        }
    }

    final int n;
    final String title;
    final List<Line> lines = new ArrayList<>();
    final long began = System.nanoTime();
    double seconds;

    Step(int n, String title) {
        this.n = n;
        this.title = title;
    }

    /** A step that reproduces an error and then proves its fix ends well. */
    boolean ok() {
        return lines.stream().map(Line::mark).filter(mark -> mark == Mark.GOOD || mark == Mark.BAD)
                .reduce((a, b) -> b).orElse(Mark.GOOD) == Mark.GOOD;
    }

    String joined(Predicate<Line> which) {
        return String.join("\n", lines.stream().filter(which).map(Line::text).toList());
    }
}
