//SOURCES Finding.java
//SOURCES Printer.java
//SOURCES Step.java
//SOURCES Severity.java
//DEPS info.picocli:picocli:4.7.7
package kit.report;

import java.io.PrintWriter;
import java.util.Locale;

import picocli.CommandLine;

/** For a person at a terminal: each line as it happens, findings with their remedies at the end. */
final class TextFormat implements Printer {
    private final PrintWriter out;
    private final boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));

    TextFormat(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void step(Step step) {
        out.printf(Locale.ROOT, "%s%2d  %s%n", step.n == 1 ? "" : "\n", step.n, paint("1", step.title));
    }

    @Override
    public void line(Step.Line line) {
        String ansi = switch (line.mark()) {
            case COMMAND -> "36";
            case GOOD -> "32";
            case BAD -> "31";
            case WARN -> "33";
            case PLAIN, NOT, NONE -> "0";
        };
        line.shown().forEach(shown -> out.println("    " + paint(ansi, shown)));
    }

    private String paint(String ansi, String text) {
        return colour ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
    }

    @Override
    public void end(Outcome outcome) {
        outcome.findings().forEach(this::finding);
        out.printf("%n%s  checked %s; %s%n", paint("1", outcome.verdict()), outcome.counts(), outcome.took());
        outcome.skipped().forEach(s -> out.println("    skipped " + s.get("what") + ": " + s.get("why")));
    }

    private void finding(Finding f) {
        out.println();
        String ansi = f.severity() == Severity.error ? "1;31" : f.severity() == Severity.warning ? "33" : "36";
        out.println(paint(ansi, f.code()) + (f.where() == null ? "" : "  " + f.where()));
        out.println("    " + f.text().replace("\n", "\n    "));
        if (!f.evidence().isEmpty()) {
            out.println("    " + f.evidence().replace("\n", "\n    "));
        }
        f.remediation().forEach(
                command -> out.println("    " + paint("36", "do: " + command.replace("\n", "\n        "))));
    }
}
