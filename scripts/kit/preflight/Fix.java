//SOURCES ../report/Clean.java
//SOURCES ../engine/Ran.java
//SOURCES ../report/Report.java
//SOURCES ../report/Stop.java
package kit.preflight;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import kit.engine.Ran;
import kit.report.Clean;
import kit.report.Report;
import kit.report.Stop;

/** What could be done.
 *
 * @param what   as the reader would type it, or say it
 * @param safe   done without asking
 * @param change true where it changes what the chain looks at, so that the chain is to be run again */
public record Fix(String what, boolean safe, boolean change, Work work) {
    public interface Work {
        /** @return whether it worked; tells what it saw */
        boolean make(Report report) throws Exception;
    }

    /** A command as the reader would type it; the variables are not shown. */
    public static Fix command(boolean safe, Map<String, String> environment, Path folder, String... words) {
        return new Fix(shown(words), safe, true, report -> {
            report.run(shown(words));
            Ran ran = Ran.run(300, environment, folder, words);
            if (ran.ok()) {
                report.good("exit status 0");
            } else {
                report.bad(ran.how() + (ran.missing() ? "" : "\n" + ran.brief()));
            }
            return ran.ok();
        });
    }

    /** Words as a shell reads them. */
    public static String shown(String... words) {
        return String.join(" ", Stream.of(words)
                .map(word -> word.matches("[\\w./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'").toList());
    }

    /** @return whether anything was changed */
    public static boolean all(Report report, List<Fix> fixes) throws Exception {
        if (fixes.isEmpty()) {
            return false;
        }
        report.step("Mend it");
        boolean changed = false;
        Set<String> done = new HashSet<>();
        for (Fix fix : fixes) {
            try {
                if (done.add(fix.what) && (fix.safe || agreed(report, fix.what))) {
                    changed |= fix.work.make(report) && fix.change;
                }
            } catch (IOException | SQLException | Stop e) {
                // What was found is told all the same.
                report.bad(fix.what + ": " + e.getMessage());
            }
        }
        return changed;
    }

    private static boolean agreed(Report report, String what) {
        Console console = System.console();
        String answer = console == null ? null
                : console.readLine("%s%nDo this? [y/N] ", Clean.text(what));
        boolean yes = answer != null && answer.strip().equalsIgnoreCase("y");
        if (!yes) {
            report.none((answer == null ? "would do, but nobody can be asked here: " : "not done: ") + what);
        }
        return yes;
    }
}
