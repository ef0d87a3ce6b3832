//SOURCES Clean.java
//SOURCES Exit.java
//SOURCES Finding.java
//SOURCES GithubFormat.java
//SOURCES JsonFormat.java
//SOURCES Launcher.java
//SOURCES MarkdownFormat.java
//SOURCES Printer.java
//SOURCES Severity.java
//SOURCES Step.java
//SOURCES TextFormat.java
//SOURCES Where.java
//DEPS info.picocli:picocli:4.7.7
package kit.report;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What a run prints: numbered steps as they happen, then findings, counts and one verdict. Nothing checked is never a
 * pass. */
public final class Report {
    /** What the output is for: a person, a page, a program, a build of GitHub Actions. */
    public enum Format {
        text, markdown, json, github
    }

    /** The options that every script has. */
    public static final class Options {
        @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        public Format format;

        @Option(names = "--stack-trace", hidden = true, description = "Show where an unexpected error came from.")
        void stackTrace(boolean on) {
            System.setProperty("runbook.stacktrace", "true");
        }
    }

    /** How grave a finding is with what the reader has accepted; null where it is taken back. */
    interface Weight {
        Severity of(String code, Severity severity, Where where, String text);
    }

    private static final int MOST_PLACES = 12;
    /** Of the command that this thread runs. */
    private static final ThreadLocal<Report> CURRENT = new ThreadLocal<>();

    /** The command's name and its version, as --version has it. */
    public final String script;
    public final String version;
    /** What only this script knows, as further members of the JSON document. */
    public final Map<String, Object> extra = new LinkedHashMap<>();
    /** What was found, counted and left out so far. */
    public final List<Finding> findings = new ArrayList<>();
    public final Map<String, Long> checked = new LinkedHashMap<>();
    public final List<Map<String, String>> skipped = new ArrayList<>();
    /** What the reader has accepted, see Accepted. */
    Weight weight = (code, severity, where, text) -> severity;
    private final List<Step> steps = new ArrayList<>();
    private final PrintWriter out;
    private final Printer printer;
    private final Format format;
    private boolean partly;
    private final long began = System.nanoTime();

    public Report(CommandSpec spec, Format format) {
        CommandSpec root = spec.root();
        this.script = root.name();
        this.version = root.version()[0].replaceFirst(".* ", "");
        this.out = root.commandLine().getOut();
        this.format = format;
        this.printer = switch (format) {
            case text -> new TextFormat(out);
            case markdown -> new MarkdownFormat(out, root.commandLine().getErr(), script);
            case json -> new JsonFormat(out, root.commandLine().getErr(), script);
            case github -> new GithubFormat(out);
        };
        CURRENT.set(this);
    }

    /** For a run that could not come to its end: what was found so far is not lost. */
    static void broken(String sentence, boolean ending) {
        Report current = CURRENT.get();
        if (current != null && (current.format == Format.json || !current.steps.isEmpty() && !ending)) {
            current.print("unchecked", sentence);
        }
    }

    /** Begins a step; the one before it ends. */
    public void step(String title) {
        endStep();
        Step step = new Step(steps.size() + 1, Clean.text(title).replace('\n', ' '));
        steps.add(step);
        printer.step(step);
    }

    /** The command or SQL as the reader could type it. */
    public void run(String command) {
        add(Step.Mark.COMMAND, Launcher.named(command));
    }

    public void say(String text) {
        add(Step.Mark.PLAIN, text);
    }

    public void good(String text) {
        add(Step.Mark.GOOD, text);
    }

    public void bad(String text) {
        add(Step.Mark.BAD, text);
    }

    public void warn(String text) {
        add(Step.Mark.WARN, text);
    }

    /** A line as grave as its finding. */
    public void tell(Severity severity, String text) {
        add(severity == Severity.error ? Step.Mark.BAD
                : severity == Severity.warning ? Step.Mark.WARN : Step.Mark.PLAIN, text);
    }

    /** What was weighed and does not hold; nothing is wrong with that. */
    public void not(String text) {
        add(Step.Mark.NOT, text);
    }

    /** What there was nothing to judge by. */
    public void none(String text) {
        add(Step.Mark.NONE, text);
    }

    private void add(Step.Mark mark, String text) {
        Step.Line line = new Step.Line(mark, Clean.text(text));
        steps.get(steps.size() - 1).lines.add(line);
        printer.line(line);
    }

    private void endStep() {
        if (!steps.isEmpty()) {
            Step last = steps.get(steps.size() - 1);
            last.seconds = (System.nanoTime() - last.began) / 1e9;
            printer.endOfStep();
        }
    }

    /** @param where may be null; @param remediation commands that mend it
     * @return how grave it is with what the reader has accepted; null where a comment takes it back */
    public Severity finding(String code, Severity severity, Where where, String text, String evidence,
            String... remediation) {
        Severity weighed = weighed(code, severity, where, text);
        if (weighed != null) {
            add(code, weighed, where == null ? List.of() : List.of(where), text, evidence, remediation);
        }
        return weighed;
    }

    /** How grave a finding at a place is with what the reader has accepted; null where a comment takes it back. */
    public Severity weighed(String code, Severity severity, Where where, String text) {
        return weight.of(code, severity, where, text);
    }

    /** Adds a finding as grave as it was {@link #weighed}.
     *
     * @param places all places that have the one cause; may be empty */
    public void add(String code, Severity severity, List<Where> places, String text, String evidence,
            String... remediation) {
        List<Where> clean = places.stream().map(at -> new Where(Clean.text(at.file()), at.line())).toList();
        List<Where> others = clean.stream().skip(1).toList();
        String also = others.isEmpty() ? ""
                : "\nand at " + others.size() + (others.size() == 1 ? " more place: " : " more places: ")
                        + some(others);
        findings.add(new Finding(code, severity, clean.isEmpty() ? null : clean.get(0), others, Clean.text(text),
                (Clean.text(evidence) + also).strip(),
                Stream.of(remediation).map(Launcher::named).map(Clean::text).toList()));
    }

    private static String some(List<Where> places) {
        return String.join(", ", places.stream().limit(MOST_PLACES).map(Where::toString).toList())
                + (places.size() > MOST_PLACES ? " …" : "");
    }

    /** Adds to the count of things of a kind that were checked. */
    public void checked(String what, long count) {
        checked.merge(what, count, Long::sum);
    }

    /** Only a part of what counts was read, so that the rest is no pass by itself. */
    public void partly(String what) {
        partly = true;
        if (!steps.isEmpty()) {
            warn(what + ": without it nothing here is called sound");
        }
    }

    /** What was left out, and why. */
    public void skipped(String what, String why) {
        skipped.add(Map.of("what", Clean.text(what), "why", Clean.text(why)));
    }

    /** Prints what a format prints last.
     *
     * @param mended the run itself has mended what it found, and proved it
     * @return the exit code */
    public int end(boolean mended) {
        boolean any = !partly && checked.values().stream().anyMatch(count -> count > 0);
        boolean problem = !mended && findings.stream().anyMatch(f -> f.severity() == Severity.error);
        print(problem ? "problems" : any ? "sound" : "unchecked", null);
        return problem ? Exit.PROBLEMS : any ? Exit.SOUND : Exit.UNCHECKED;
    }

    private void print(String verdict, String error) {
        endStep();
        printer.end(new Printer.Outcome(script, version, verdict, error == null ? null : Clean.text(error), checked,
                skipped, steps, findings, extra, (System.nanoTime() - began) / 1e9));
        out.flush();
    }
}
