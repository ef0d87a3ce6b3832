//SOURCES Where.java
package kit.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Findings that a comment in a file takes back, in the comment of whatever language it is:
 *
 * <pre>
 * -- runbook: ignore SQL_COLUMN_MISSING because the column lives in the archive's database
 * </pre>
 *
 * Behind a line it is for this line; on a line of its own for what follows, to a semicolon or an empty line; at the
 * head of a file, apart from its first statement, for the whole file. */
final class Ignores {
    private static final Pattern COMMENT = Pattern.compile("^(.*?)(?:--|//|#|/\\*+|<!--|\\*|;|%)\\s*runbook:\\s*ignore"
            + "\\s+([A-Z][A-Z0-9_]*(?:\\s*,\\s*[A-Z][A-Z0-9_]*)*)(?:\\s+because\\s+(\\S.*?))?\\s*(?:\\*/|-->)?\\s*$");
    private static final Pattern NO_CODE = Pattern.compile("\\s*(?:(?:--|//|#|/\\*|\\*|<!--|<\\?php|;).*)?");

    /** @param from the first line that it is for, and {@code to} the last; 0 the file as a whole */
    private record Ignore(String code, String reason, Where at, int from, int to) {
        boolean covers(String other, int line) {
            return code.equals(other) && (line == 0 || from == 0 || line >= from && line <= to);
        }
    }

    private final Map<String, List<Ignore>> byFile = new HashMap<>();
    private final List<Ignore> used = new ArrayList<>();
    private final Pattern codes;

    /** @param codes the findings of which this tool makes all that there are: an ignore for one that hits nothing is
     *              told at the end */
    Ignores(Pattern codes) {
        this.codes = codes;
    }

    /** Takes up the comments of a file; of those that hold none nothing is kept. */
    void read(Path file, String text) {
        if (!text.contains("runbook:")) {
            return;
        }
        List<String> lines = text.lines().toList();
        List<Ignore> found = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher comment = lines.get(i).length() > 1_000 ? null : COMMENT.matcher(lines.get(i));
            if (comment == null || !comment.matches()) {
                continue;
            }
            int[] range = range(lines, i, comment.group(1).isBlank());
            for (String code : comment.group(2).split("\\s*,\\s*")) {
                found.add(new Ignore(code, comment.group(3), Where.of(file, i + 1), range[0], range[1]));
            }
        }
        if (!found.isEmpty()) {
            byFile.put(Where.shown(file), found);
        }
    }

    private static int[] range(List<String> lines, int at, boolean alone) {
        if (!alone) {
            return new int[] {at + 1, at + 1};
        }
        boolean head = lines.subList(0, at).stream().allMatch(line -> NO_CODE.matcher(line).matches());
        int from = at + 1;
        if (head && (from >= lines.size() || NO_CODE.matcher(lines.get(from)).matches())) {
            return new int[] {0, 0};
        }
        while (from < lines.size() && NO_CODE.matcher(lines.get(from)).matches()) {
            from++;
        }
        int to = from;
        while (to + 1 < lines.size() && !lines.get(to).stripTrailing().endsWith(";")
                && !lines.get(to + 1).isBlank()) {
            to++;
        }
        return new int[] {from + 1, to + 1};
    }

    /** Why a finding is taken back; null where no comment does so.
     *
     * @param where its place; a line of 0 is the file as a whole */
    synchronized String reason(String code, Where where) {
        for (Ignore each : where == null ? List.<Ignore>of() : byFile.getOrDefault(where.file(), List.of())) {
            if (each.reason != null && each.covers(code, where.line())) {
                used.add(each);
                return each.reason;
            }
        }
        return null;
    }

    /** Those that hold for nothing of what was found: what to say of each, by its place. */
    Map<Where, String> idle() {
        Map<Where, String> idle = new LinkedHashMap<>();
        byFile.values().forEach(all -> all.stream().filter(each -> codes.matcher(each.code).matches())
                .filter(each -> !used.contains(each))
                .forEach(each -> idle.put(each.at, "this ignore of " + each.code + (each.reason == null
                        ? " gives no reason, and so it does not hold: add “because …”"
                        : " hits nothing: remove it, or move it directly above the statement or line that it is "
                                + "for"))));
        return idle;
    }
}
