//SOURCES Finding.java
//SOURCES Printer.java
//SOURCES Severity.java
//SOURCES Step.java
package kit.report;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** For a comment on a change, or a page: the verdict and a table; folded, what was observed. Steps go to stderr as they
 * begin. */
final class MarkdownFormat implements Printer {
    private static final int MOST_ROWS = 50;
    /** In letters; a comment of GitHub's holds 65,536. */
    private static final int LONGEST = 55_000;
    private int left = LONGEST;
    private final PrintWriter out;
    private final PrintWriter err;
    private final String script;

    MarkdownFormat(PrintWriter out, PrintWriter err, String script) {
        this.out = out;
        this.err = err;
        this.script = script;
    }

    @Override
    public void step(Step step) {
        err.println(script + ": " + step.n + " " + step.title);
    }

    /** The verdict, a table of what was found, and the rest folded: as a comment on a change is read. */
    @Override
    public void end(Outcome outcome) {
        out.println("# " + script + ": " + outcome.verdict() + "\n");
        out.println((outcome.error() == null ? "" : escaped(outcome.error()) + "\n\n") + counts(outcome)
                + "Checked " + escaped(outcome.counts()) + " in " + outcome.took() + ".\n");
        if (!outcome.findings().isEmpty()) {
            out.println("| | where | what |\n|---|---|---|");
            outcome.findings().stream().limit(MOST_ROWS).forEach(f -> out.println("| **" + f.code() + "** | "
                    + (f.where() == null ? "" : escaped(f.where().toString())) + " | " + cell(f.text()) + " |"));
            out.println(outcome.findings().size() > MOST_ROWS
                    ? "| and " + (outcome.findings().size() - MOST_ROWS) + " more | | |\n" : "");
            folded("What was seen, and what mends it", outcome.findings().stream().map(this::finding).toList());
        }
        folded("Step by step", outcome.steps().stream().map(step -> "## " + step.n + ". " + escaped(step.title)
                + "\n\n" + fenced(String.join("\n", step.lines.stream().flatMap(line -> line.shown().stream())
                        .toList()))).toList());
        folded("Not checked", outcome.skipped().stream()
                .map(s -> "Skipped " + escaped(s.get("what")) + ": " + escaped(s.get("why")) + ".\n").toList());
    }

    /** "2 errors, 1 warning. "; where the verdict is sound all the same, they were mended. */
    private static String counts(Outcome outcome) {
        List<String> counts = new ArrayList<>();
        for (Severity severity : Severity.values()) {
            long n = outcome.findings().stream().filter(f -> f.severity() == severity).count();
            if (n > 0) {
                counts.add(n + " " + severity + (n == 1 ? "" : "s"));
            }
        }
        boolean mended = outcome.verdict().equals("sound") && counts.stream().anyMatch(each -> each.contains("error"));
        return counts.isEmpty() ? "" : "**" + String.join(", ", counts) + (mended ? ", mended" : "") + "**. ";
    }

    /** Whole parts, as many as a comment holds. */
    private void folded(String title, List<String> parts) {
        if (parts.isEmpty()) {
            return;
        }
        out.println("<details><summary>" + title + "</summary>\n");
        for (int i = 0; i < parts.size(); i++) {
            left -= parts.get(i).length();
            if (left < 0) {
                out.println("Left out here, for a comment holds no more: " + (parts.size() - i) + " of "
                        + parts.size() + ".\n");
                break;
            }
            out.println(parts.get(i));
        }
        out.println("</details>\n");
    }

    private String finding(Finding f) {
        String where = f.where() == null ? "" : " " + escaped(f.where().toString());
        return "**" + f.code() + "** (" + f.severity() + ")" + where + "\n\n" + escaped(f.text()) + "\n"
                + (f.evidence().isEmpty() ? "" : "\n" + fenced(f.evidence()))
                + (f.remediation().isEmpty() ? "" : "\n" + fenced(String.join("\n", f.remediation())));
    }

    private static String cell(String text) {
        return escaped(text).replace("\n", "<br>");
    }

    private static String fenced(String body) {
        String fence = "```";
        while (body.contains(fence)) {
            fence += "`";
        }
        return fence + "text\n" + body + "\n" + fence + "\n";
    }

    private static String escaped(String text) {
        return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
    }
}
