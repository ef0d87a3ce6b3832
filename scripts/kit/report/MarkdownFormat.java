//SOURCES Finding.java
//SOURCES Printer.java
//SOURCES Step.java
package kit.report;

import java.io.PrintWriter;

/** For a page: steps and findings as sections, what was observed in fences. Steps go to stderr as they begin. */
final class MarkdownFormat implements Printer {
    private final PrintWriter out;
    private final String script;

    MarkdownFormat(PrintWriter out, String script) {
        this.out = out;
        this.script = script;
    }

    @Override
    public void step(Step step) {
        System.err.println(script + ": " + step.n + " " + step.title);
    }

    @Override
    public void end(Outcome outcome) {
        out.println("# " + script + ": " + outcome.verdict() + "\n");
        for (Step step : outcome.steps()) {
            out.println("## " + step.n + ". " + escaped(step.title) + "\n");
            out.println(fenced(String.join("\n",
                    step.lines.stream().flatMap(line -> line.shown().stream()).toList())));
        }
        if (!outcome.findings().isEmpty()) {
            out.println("## Findings\n");
        }
        outcome.findings().forEach(this::finding);
        out.println("Checked " + escaped(outcome.counts()) + " in " + outcome.took() + ".");
        outcome.skipped().forEach(
                s -> out.println("Skipped " + escaped(s.get("what")) + ": " + escaped(s.get("why")) + "."));
    }

    private void finding(Finding f) {
        String where = f.where() == null ? "" : " " + escaped(f.where().toString());
        out.println("**" + f.code() + "** (" + f.severity() + ")" + where + "\n\n" + escaped(f.text()) + "\n");
        if (!f.evidence().isEmpty()) {
            out.println(fenced(f.evidence()));
        }
        if (!f.remediation().isEmpty()) {
            out.println(fenced(String.join("\n", f.remediation())));
        }
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
