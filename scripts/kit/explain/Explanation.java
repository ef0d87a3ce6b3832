//SOURCES AlreadyThere.java
//SOURCES Answer.java
//SOURCES BrokenRule.java
//SOURCES Complaint.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Migration.java
//SOURCES OfSessions.java
//SOURCES ../migrations/Part.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Server.java
//SOURCES Trail.java
//SOURCES ../report/Where.java
//SOURCES WrongType.java
package kit.explain;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;

import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** Explains a complaint as far as the message, the schema and the migrations can. */
public final class Explanation {
    private static final Set<String> OF_SESSIONS = Set.of("25P02", "40P01", "53300", "55P03", "57014");
    private final Report report;
    private final Complaint complaint;
    private final Folder folder;

    public Explanation(Report report, Complaint complaint, Folder folder) {
        this.report = report;
        this.complaint = complaint;
        this.folder = folder;
    }

    /** Replays the folder on a server, and says what it tells.
     *
     * @throws kit.report.Stop with exit 3 where nothing can be said */
    public void explain(Server server) throws Exception {
        if (OF_SESSIONS.contains(complaint.state())) {
            told();
            explain((Trail) null);
            return;
        }
        try (Trail trail = Trail.of(server, folder.files(), complaint.lookedFor())) {
            told();
            report.checked("files replayed", folder.files().size() - trail.failures.size());
            explain(trail);
        }
    }

    /** Says it by a replay that has been made. */
    public void explain(Trail trail) throws SQLException {
        Answer answer = trail == null ? new OfSessions(complaint).answer()
                : switch (complaint.state().substring(0, 2)) {
                    case "23" -> new BrokenRule(complaint, trail).answer();
                    case "22" -> new WrongType(complaint, trail).answer();
                    default -> Set.of("42804", "42883").contains(complaint.state())
                            ? new WrongType(complaint, trail).answer()
                            : new AlreadyThere(complaint, trail).answer();
                };
        report.step("What it is about");
        Where statement = trail == null ? null : inFolder();
        if (statement != null) {
            answer.fact("the statement stands in " + statement);
        }
        if (trail == null) {
            report.none("it is about sessions: the schema and the migrations say nothing of it");
            report.checked("messages", 1);
        }
        answer.facts().stream().filter(fact -> !fact.isBlank()).forEach(report::say);
        report.bad(answer.text());
        report.step("What to look at");
        answer.look().forEach(report::run);
        report.finding(answer.code(), Severity.error, answer.where(), answer.text(),
                String.join("\n", answer.facts()), answer.look().toArray(String[]::new));
    }

    private void told() {
        report.step("What the message says");
        report.bad(complaint.said() + " (SQLSTATE " + complaint.state() + ")");
        if (complaint.statement() != null) {
            report.say("in  " + complaint.statement());
        }
    }

    /** Where the failing statement is one of the migrations'. */
    private Where inFolder() {
        if (complaint.statement() == null) {
            return null;
        }
        String wanted = flat(complaint.statement());
        for (Migration m : folder.files()) {
            for (Part part : m.up()) {
                if (flat(part.sql()).equals(wanted)) {
                    return m.at(part.line());
                }
            }
        }
        return null;
    }

    private static String flat(String sql) {
        return sql.replaceAll("\\s+", " ").strip().toLowerCase(Locale.ROOT);
    }
}
