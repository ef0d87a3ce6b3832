//SOURCES Clean.java
//SOURCES Finding.java
//SOURCES Printer.java
//SOURCES Step.java
//SOURCES Severity.java
package kit.report;

import java.io.PrintWriter;

/** For a build of GitHub Actions: steps as groups of its log, findings as annotations of the change. */
final class GithubFormat implements Printer {
    private final PrintWriter out;

    GithubFormat(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void step(Step step) {
        out.println("::group::" + step.n + " " + step.title);
    }

    @Override
    public void line(Step.Line line) {
        line.shown().forEach(shown -> out.println("    " + Clean.notACommand(shown)));
    }

    @Override
    public void endOfStep() {
        out.println("::endgroup::");
    }

    @Override
    public void end(Outcome outcome) {
        for (Finding f : outcome.findings()) {
            String level = f.severity() == Severity.info ? "notice" : f.severity().name();
            String line = f.where() != null && f.where().line() > 0 ? ",line=" + f.where().line() : "";
            String place = f.where() == null ? "" : "file=" + property(f.where().file()) + line + ",";
            String message = f.text() + f.remediation().stream().map(r -> "\n" + r).reduce("", String::concat);
            out.println("::" + level + " " + place + "title=" + f.code() + "::" + data(message));
        }
        out.println(outcome.verdict() + ": checked " + outcome.counts());
    }

    private static String data(String text) {
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }

    private static String property(String text) {
        return data(text).replace(":", "%3A").replace(",", "%2C");
    }
}
