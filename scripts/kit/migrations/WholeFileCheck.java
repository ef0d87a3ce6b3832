//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Difference.java
//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import kit.postgres.Definitions;
import kit.postgres.Difference;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;
import kit.report.SqlError;
import kit.report.Where;

/** Every file as one text with all its parts, as psql -f or a loop without a cut at the mark applies it. */
public record WholeFileCheck(Folder folder, Report report, Server server, Replay<Definitions> replay) {
    public void check() throws Exception {
        report.step("Apply every file whole, Down part and all");
        if (folder.files().stream().noneMatch(m -> Folder.DOWN_MARK.matcher(m.text()).find())) {
            report.say("files of " + folder.dialect().title + " hold no Down part");
            report.skipped("whole files", "files of " + folder.dialect().title + " hold no Down part");
            return;
        }
        List<String> failures = new ArrayList<>();
        try (Scratch scratch = server.scratch(); Connection c = scratch.runner()) {
            for (Migration m : folder.files()) {
                for (Part part : Splitter.split(m.text(), 1)) {
                    try {
                        Sql.execute(c, part.sql());
                    } catch (SQLException e) {
                        failures.add(m.at(new Failure(m, part, e).line) + "  " + SqlError.message(e));
                    }
                }
            }
            List<Difference> lost = replay.end().against(Definitions.KIND.read(c));
            report.checked("whole files", folder.files().size());
            failures.stream().limit(5).forEach(report::bad);
            if (lost.isEmpty() && failures.isEmpty()) {
                report.good("the schema is the same: no Down part undoes what its Up part did");
            } else {
                String what = lost.size() + " things are missing or differ, " + failures.size() + " statements fail";
                report.warn(what + (lost.isEmpty() ? "" : ": " + lost.get(0)));
                report.finding("MIGRATION_MARKS_IGNORED", Severity.info, Where.of(folder.dir(), 0),
                        "a runner that does not stop at the Down mark (psql -f, a loop over the files) leaves "
                                + "another schema: "
                                + what,
                        String.join("\n", lost.stream().limit(5).map(Difference::toString).toList()),
                        "# apply each file only up to its Down mark");
            }
        }
    }
}
