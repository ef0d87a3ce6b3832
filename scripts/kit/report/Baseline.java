//SOURCES Clean.java
//SOURCES Report.java
//SOURCES Severity.java
//SOURCES Stop.java
//SOURCES TextFiles.java
//SOURCES Where.java
package kit.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What was found before and is known: it no longer fails. A line each: code, file and text, without the line number,
 * which moves. */
public final class Baseline {
    private final Path file;
    private final boolean fresh;
    private final Map<String, Integer> known = new TreeMap<>();
    private final Map<String, Integer> met = new TreeMap<>();

    /** @param file null where there is none; one that does not exist is written at the end */
    public Baseline(Path file) throws IOException {
        this.file = file;
        this.fresh = file != null && !Files.exists(file);
        int number = 0;
        for (String line : file == null || fresh ? List.<String>of() : Files.readAllLines(file)) {
            number++;
            if (line.split("\t").length == 3) {
                known.merge(line, 1, Integer::sum);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                throw Stop
                        .usage("--baseline " + Where.of(file, number) + " is not a line of a baseline: code, file and "
                                + "text with tabs between; remove the file to have it written anew");
            }
        }
    }

    /** How grave a finding is: what is known is told, and does not fail. */
    public Severity severity(String code, Severity severity, Where where, String text) {
        if (severity == Severity.info) {
            return severity;
        }
        String line = code + "\t" + where.file() + "\t" + Clean.text(text).replaceAll("\\s+", " ");
        int times = met.merge(line, 1, Integer::sum);
        return fresh || times <= known.getOrDefault(line, 0) ? Severity.info : severity;
    }

    /** Writes the file where there is none, and takes out of it what is mended; what this run has not read stays.
     *
     * @param read the files that were read, as they are shown */
    public void save(Report report, Set<String> read) throws IOException {
        if (file == null) {
            return;
        }
        List<String> lines = new ArrayList<>();
        (fresh ? met : known).forEach((line, times) -> {
            String of = line.split("\t")[1];
            boolean looked = read.contains(of) || !Files.exists(Path.of(of));
            int left = !fresh && looked ? Math.min(times, met.getOrDefault(line, 0)) : times;
            lines.addAll(Collections.nCopies(left, line));
        });
        int mended = known.values().stream().mapToInt(Integer::intValue).sum() - lines.size();
        if (fresh || mended > 0) {
            TextFiles.write(file,
                    "# " + report.script + ": what is known and no longer fails; what is mended is taken out by itself\n"
                            + String.join("", lines.stream().map(line -> line + "\n").toList()));
        }
        report.say(fresh ? lines.size() + " findings written to " + Where.shown(file) + ": they no longer fail"
                : lines.size() + " known findings in " + Where.shown(file)
                        + (mended > 0 ? "; " + mended + " mended and taken out" : ""));
    }
}
