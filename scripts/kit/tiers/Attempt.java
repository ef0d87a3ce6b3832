//SOURCES Child.java
//SOURCES ../report/Clean.java
//SOURCES Counter.java
//SOURCES Counters.java
//SOURCES Kind.java
//SOURCES Plan.java
//SOURCES ../report/Report.java
//SOURCES ReportFiles.java
//SOURCES ../report/RunFolder.java
//SOURCES ../report/Severity.java
//SOURCES ../explain/Signature.java
//SOURCES Tally.java
//SOURCES Tier.java
//SOURCES ../report/Where.java
package kit.tiers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

import kit.explain.Signature;
import kit.report.Clean;
import kit.report.Report;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.Where;

/** One run of a tier's command, and what it said. */
final class Attempt {
    private static final Pattern NOTHING = Pattern.compile(
            "(?i)make.*: (Nothing to be done for|.* is up to date)|no tests? (found|ran|to run|were "
                    + "found|executed)|\\[no test files\\]|\\[no tests to run\\]"
                    + "|no test files|> Task :\\S*test\\S* (UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED)|Tests are "
                    + "skipped");
    private static final int PROGRESS_SECONDS = 15;
    final Path log;
    final Map<Signature, Signature.Seen> seen = new LinkedHashMap<>();
    Optional<String> nothing = Optional.empty();
    Tally tally = new Tally();
    int exit;
    boolean timedOut;
    double seconds;
    private final Tier tier;
    private final Counters counters;
    private volatile int lines;
    private PrintWriter kept;

    private Attempt(Tier tier, Path log) {
        this.tier = tier;
        this.log = log;
        this.counters = new Counters(tier.kind());
    }

    static Attempt make(Tier tier, Path log, boolean quiet, Report.Format format, Report report) throws Exception {
        Attempt attempt = new Attempt(tier, log);
        ReportFiles files = new ReportFiles(tier);
        long began = System.nanoTime();
        attempt.run(quiet, format, report);
        attempt.seconds = (System.nanoTime() - began) / 1e9;
        attempt.tally = tier.kind() == Kind.EXIT ? new Tally()
                : tier.files().isEmpty() ? attempt.counters.tally() : files.tally();
        if (attempt.kept.checkError()) {
            attempt.tally.notes
                    .add("what it printed could not be kept whole in " + Where.shown(log) + ": is the disk full?");
        }
        attempt.kept.close();
        return attempt;
    }

    private void run(boolean quiet, Report.Format format, Report report) throws Exception {
        System.err.println("run-tests: " + tier.name() + " begins, at most " + Plan.shown(tier.limit()));
        // It does not throw when the disk is full: the tests go on, and are counted.
        kept = new PrintWriter(Files.newBufferedWriter(log));
        try (Child child = Child.start(tier)) {
            Thread reader = new Thread(() -> read(child.process.getInputStream(), quiet, format));
            reader.setDaemon(true);
            reader.start();
            long end = System.nanoTime() + tier.limit().toNanos();
            long told = System.nanoTime();
            while (!child.ended()) {
                if (System.nanoTime() > end && !RunFolder.ending()) {
                    timedOut = true;
                    child.end();
                } else if (System.nanoTime() - told > PROGRESS_SECONDS * 1e9) {
                    told = System.nanoTime();
                    System.err.println("run-tests: " + tier.name() + ": "
                            + Duration.ofNanos(told - end + tier.limit().toNanos()).toSeconds() + " s"
                            + counters.soFar());
                }
            }
            exit = child.process.exitValue();
            // A process that it leaves behind may hold the pipe for ever.
            for (int n = 0, before = -1; n < 5 && reader.isAlive() && before < lines; n++) {
                before = lines;
                reader.join(2000);
            }
            List<String> left = timedOut || RunFolder.ending() ? List.of() : child.leave();
            if (!left.isEmpty()) {
                report.finding("TIER_LEFT_PROCESSES", Severity.warning, new Where(tier.name(), 0),
                        tier.name() + " left " + left.size() + " processes running; they are ended when this run ends",
                        String.join("\n", left));
            }
        }
    }

    private void read(InputStream from, boolean quiet, Report.Format format) {
        try (Reader in = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8), 1 << 16)) {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(), last = 0; c >= 0; last = c, c = in.read()) {
                boolean end = c == '\n' || c == '\r';
                if (!end) {
                    line.append((char) c);
                }
                if (end && !(c == '\n' && last == '\r') || line.length() >= 1 << 20) {
                    line(line.toString(), quiet, format, !in.ready());
                    line.setLength(0);
                }
            }
            if (line.length() > 0) {
                line(line.toString(), quiet, format, true);
            }
        } catch (IOException e) {
            // The pipe was cut, since all of them were ended.
        }
    }

    private void line(String raw, boolean quiet, Report.Format format, boolean flush) {
        String plain = Counter.ANSI.matcher(raw).replaceAll("");
        String shown = Clean.text(plain);
        if (!quiet) {
            String safe = format == Report.Format.github ? shown.replace("::", ": :").replace("##[", "## [") : shown;
            System.err.println(tier.name() + " | " + safe);
        }
        synchronized (counters) {
            lines++;
            kept.println(shown);
            if (flush) {
                kept.flush();
            }
            counters.line(plain);
            Signature.look(plain, lines, seen);
            if (nothing.isEmpty() && NOTHING.matcher(plain).find()) {
                nothing = Optional.of(shown.strip());
            }
        }
    }

    boolean ranNothing() {
        boolean silent = tier.kind() == Kind.AUTO && tier.files().isEmpty() && tally.sources.isEmpty()
                && nothing.isEmpty() && lines > 0;
        return exit == 0 && !timedOut && tally.ran() == 0 && tier.kind() != Kind.EXIT && !silent;
    }

    boolean failed() {
        return timedOut || exit != 0 || tally.failed > 0 || tally.broken != null || ranNothing();
    }

    String how() {
        return "exit status " + exit;
    }

    String describe() {
        return timedOut ? "not done in time"
                : tally.failed > 0 ? tally.failed + " failed" : ranNothing() ? "ran nothing" : how();
    }
}
