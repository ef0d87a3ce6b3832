//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** Two folders that should be the same. */
public record CopyCheck(Folder folder, Report report, Folder copy) {
    public void check() throws IOException {
        report.step("The copy " + Where.shown(copy.dir()));
        report.run("diff -r " + Where.shown(folder.dir()) + " " + Where.shown(copy.dir()));
        Map<String, Migration> theirs = new TreeMap<>();
        copy.files().forEach(m -> theirs.put(m.name(), m));
        int same = 0;
        for (Migration m : folder.files()) {
            Migration other = theirs.remove(m.name());
            if (other == null) {
                differs(Where.of(copy.dir(), 0), m.name() + " is not in the copy");
            } else if (!other.text().equals(m.text())) {
                boolean ends = other.text().replace("\r", "").strip().equals(m.text().replace("\r", "").strip());
                differs(other.at(ends ? 0 : firstDifference(m.text(), other.text())),
                        m.name() + (ends ? " differs in its line ends only" : " differs"));
            } else if (!other.down().equals(m.down())) {
                differs(other.at(0), "the Down file of " + m.name() + " differs");
            } else {
                same++;
            }
        }
        theirs.values().forEach(m -> differs(m.at(0), m.name() + " is in the copy only"));
        report.checked("files compared", folder.files().size());
        if (same == folder.files().size() && theirs.isEmpty()) {
            report.good("the same " + same + " files");
        }
    }

    private void differs(Where where, String what) {
        report.bad(where + "  " + what);
        report.finding("COPY_DIFFERS", Severity.error, where, what, "",
                "rsync -a --delete " + Where.shown(folder.dir()) + "/ " + Where.shown(copy.dir()) + "/");
    }

    private static int firstDifference(String a, String b) {
        List<String> ours = a.lines().toList();
        List<String> theirs = b.lines().toList();
        int line = 0;
        while (line < ours.size() && line < theirs.size() && ours.get(line).equals(theirs.get(line))) {
            line++;
        }
        return Math.min(line + 1, Math.max(1, theirs.size()));
    }
}
