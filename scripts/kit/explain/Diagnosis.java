//SOURCES Facts.java
//SOURCES ../migrations/Folder.java
//SOURCES Investigation.java
//SOURCES Missing.java
//SOURCES Proof.java
//SOURCES Remedies.java
//SOURCES Remedy.java
//SOURCES ../report/Report.java
//SOURCES RootCause.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES Uses.java
//SOURCES ../migrations/Watch.java
//SOURCES Weighing.java
//SOURCES ../report/Where.java
//SOURCES FailingDatabase.java
package kit.explain;

import java.sql.SQLException;
import java.util.List;

import kit.migrations.Folder;
import kit.migrations.Watch;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** From a message to its cause, and to the proof of what mends it: it has the message, the folder, the code, a server
 * for replays and perhaps the failing database; nobody tells it the answer. */
public final class Diagnosis implements AutoCloseable {
    private final Report report;
    private final Facts facts;
    private RootCause cause;
    private Remedy remedy;

    /** @param server for replays */
    public Diagnosis(Report report, Server server, Missing missing, Folder folder, Uses code) {
        this.report = report;
        this.facts = new Facts(server, missing, folder, code);
    }

    /** Looks at the migrations, the code and the database that fails.
     *
     * @param live or null */
    public void investigate(FailingDatabase live) throws Exception {
        Investigation investigation = new Investigation(report, facts);
        investigation.origin();
        investigation.codeAndLists();
        if (live != null) {
            investigation.liveDatabase(live);
        }
    }

    /** Weighs the causes, proves the remedy of the one that stands, and says so as a finding. */
    public void weighAndProve() throws Exception {
        cause = new Weighing(report, facts).weigh();
        remedy = new Remedies(facts).of(cause);
        boolean proven = new Proof(report, facts).prove(remedy);
        report.finding(cause.code(), Severity.error, where(),
                sentence() + (proven ? "" : "; the fix could NOT be proven"), String.join("\n", cause.pro()),
                remedy.commands().toArray(String[]::new));
    }

    private Where where() {
        if (facts.guilty != null) {
            return facts.guilty.at();
        }
        if (facts.function != null && facts.origin.supplier().isEmpty()) {
            return facts.function.at();
        }
        if (facts.broken() != null) {
            return facts.broken().migration.at(facts.broken().line);
        }
        List<Uses.Use> uses = facts.code.uses();
        return facts.origin.supplier().or(facts.origin::taker).map(Watch.Event::at)
                .orElse(uses.isEmpty() ? null : Where.of(uses.get(0).file(), uses.get(0).line()));
    }

    private String sentence() {
        if (facts.function != null && facts.origin.supplier().isEmpty()) {
            return "the function " + facts.function.name() + ", which a trigger calls, reads " + facts.missing.alias()
                    + "."
                    + facts.missing.column() + ", and " + (facts.missing.relation() == null ? "its table"
                            : facts.missing.relation())
                    + (facts.origin.taker().isPresent() ? " has it no more"
                            : " has no such column");
        }
        return switch (cause.code()) {
            case "CAUSE_NOT_APPLIED" -> "the migration exists, but "
                    + (facts.guilty != null ? "the hard-coded list of the tests does not name it"
                            : facts.unmarked != null
                                    ? "without its Up mark " + facts.folder.dialect().title + " runs nothing of it"
                                    : "the failing database does not have it applied");
            case "CAUSE_ORDER" -> facts.broken() != null ? facts.broken().migration.name() + " needs what "
                    + facts.supplier().orElseThrow().name() + " makes later"
                    : "the migration was applied, but in an order in which a later file undoes it";
            case "CAUSE_DROPPED_LATER" -> facts.undone != null
                    ? "the Down part of " + facts.undone.migration().name() + " was run with its Up part"
                    : "a later migration took it away while the code still uses it";
            case "CAUSE_CODE_NAME" -> "the code says " + facts.missing.name() + " where the database has "
                    + facts.near;
            default -> facts.broken() != null
                    ? facts.broken().migration.name() + " uses what no migration before it makes"
                    : "no migration adds what the code uses";
        };
    }

    /** Says what to type, and shows the files to change. */
    public void whatToDo() {
        report.step("What to do: " + remedy.title());
        remedy.commands().forEach(report::run);
        List<String> diff = remedy.diff();
        if (!diff.isEmpty()) {
            report.say(String.join("\n", diff).replace("\r", ""));
        }
    }

    public Remedy remedy() {
        return remedy;
    }

    @Override
    public void close() throws SQLException {
        facts.close();
    }
}
