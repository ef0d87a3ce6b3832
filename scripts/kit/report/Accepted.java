//SOURCES Baseline.java
//SOURCES Ignores.java
//SOURCES Report.java
//SOURCES Severity.java
//SOURCES Where.java
//DEPS info.picocli:picocli:4.7.7
package kit.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;

import picocli.CommandLine.Option;

/** What the reader has accepted: findings that a comment in their file takes back, and those of a baseline. From its
 * making on, each finding of the report is weighed by it: one that is taken back is told among what was skipped, with
 * its reason; one that is known is an info. */
public final class Accepted {
    /** The option that a tool has for it. */
    public static final class Options {
        @Option(names = "--baseline", paramLabel = "FILE", description = {
                "What is found today is written to FILE and no longer fails; what is found later and is not in it "
                        + "does.",
                "What is mended is taken out of it."})
        public Path baseline;
    }

    private final Report report;
    private final Ignores ignores;
    private final Baseline baseline;
    private BiPredicate<String, Where> wanted = (code, where) -> true;
    private String otherwise = "";

    /** @param codes the findings of which this tool makes all that there are: a comment for one of them that hits
     *               nothing is told at the end */
    public Accepted(Report report, Options options, Pattern codes) throws IOException {
        this.report = report;
        this.ignores = new Ignores(codes);
        this.baseline = new Baseline(options.baseline);
        report.weight = this::weigh;
    }

    /** Takes up the comments of a file; each file whose findings may be taken back is handed over before them. */
    public void read(Path file, String text) {
        ignores.read(file, text);
    }

    /** From now on only these findings count; the others are told among what was skipped.
     *
     * @param which by code and place
     * @param why   what is said of the others */
    public void only(BiPredicate<String, Where> which, String why) {
        wanted = which;
        otherwise = why;
    }

    private Severity weigh(String code, Severity severity, Where where, String text) {
        String reason = ignores.reason(code, where);
        if (reason != null) {
            report.skipped(code + " " + where, "ignored there, because " + reason);
            return null;
        }
        if (where != null && !wanted.test(code, where)) {
            report.skipped(code + " " + where, otherwise);
            return null;
        }
        return where == null || code.equals("IGNORE_UNUSED") ? severity
                : baseline.severity(code, severity, where, text);
    }

    /** At the end: comments that hit nothing are warnings, and the baseline is written.
     *
     * @param read the files that were looked at, as they are shown: of the others the baseline keeps what it has */
    public void end(Set<String> read) throws IOException {
        ignores.idle().forEach((at, text) -> report.finding("IGNORE_UNUSED", Severity.warning, at, text, ""));
        baseline.save(report, read);
    }
}
