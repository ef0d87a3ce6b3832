//SOURCES ../report/Patch.java
//SOURCES ../report/Report.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
package kit.explain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import kit.report.Patch;
import kit.report.Report;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Tree;
import kit.report.Where;

/** Files to change, and what to type.
 *
 * @param candidate the SQL that gives the name, or null where no SQL does
 * @param name      what the code should say instead, or null
 * @param commands  what to type; a line that begins with # is for a person */
public record Remedy(String title, String candidate, String name, List<Edit> edits, List<String> commands) {
    private static final String PATCH = "explain-error.patch";

    /** A file to change. Without a text before it is a new file, without one after a file that goes. */
    record Edit(Path file, String before, String after) {
        boolean migration() {
            return before == null || after == null;
        }
    }

    /** The edits as a unified diff; a renaming is said in one line, as git does. */
    List<String> diff() {
        return diff(edits);
    }

    private static List<String> diff(List<Edit> edits) {
        List<String> lines = new ArrayList<>();
        for (Edit edit : edits) {
            Edit source = edits.stream().filter(e -> e.after == null && e.before.equals(edit.after)).findFirst()
                    .orElse(null);
            if (edit.after == null && edits.stream().anyMatch(e -> e.before == null && e.after.equals(edit.before))) {
                continue;
            }
            if (source != null && edit.before == null) {
                lines.add("rename " + Where.shown(source.file) + " → " + Where.shown(edit.file));
            } else {
                lines.addAll(Patch.of(edit.file, edit.before, edit.after));
            }
        }
        return lines;
    }

    /** Writes new migrations as files and changes of other files as one patch; all or nothing, and never over a file
     * that differs. */
    public void writeTo(Path dir, Report report) throws IOException {
        report.step("Write the fix to " + Where.shown(dir));
        Map<Path, String> files = new LinkedHashMap<>();
        edits.stream().filter(e -> e.before == null)
                .forEach(e -> files.put(dir.resolve(e.file.getFileName().toString()), e.after));
        List<Edit> others = edits.stream().filter(e -> !e.migration()).toList();
        if (!others.isEmpty()) {
            files.put(dir.resolve(PATCH), String.join("\n", diff(others)) + "\n");
        }
        if (files.isEmpty()) {
            report.say("the fix changes no file: it is a command to run");
        }
        for (Map.Entry<Path, String> file : files.entrySet()) {
            if (Files.exists(file.getKey()) && !Files.readString(file.getKey()).equals(file.getValue())) {
                throw Stop.usage(Where.shown(file.getKey())
                        + " is there and differs: nothing was written; name another folder with --fix");
            }
        }
        Files.createDirectories(dir);
        for (Map.Entry<Path, String> file : files.entrySet()) {
            report.good("wrote " + Where.shown(TextFiles.write(file.getKey(), file.getValue())));
        }
        if (!others.isEmpty()) {
            report.run("patch -p0 < " + Where.shown(dir.resolve(PATCH)) + "   # or: git apply -p0");
        }
        for (Edit gone : edits.stream().filter(e -> e.after == null).toList()) {
            // Written into the folder itself, a renumbering must not leave the old number behind.
            if (Tree.same(gone.file.getParent(), dir)) {
                Files.deleteIfExists(gone.file);
                report.good("removed " + Where.shown(gone.file));
            }
        }
    }
}
