//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../report/Report.java
//SOURCES Runner.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
package kit.migrations;

import java.sql.Connection;
import java.sql.SQLException;

import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;

/** Each file a second time, in a transaction that is rolled back. */
public record RerunCheck(Folder folder, Report report, Server server) {
    public void check() throws Exception {
        report.step("Apply every file twice");
        int safe = 0;
        try (Scratch scratch = server.scratch(); Connection c = scratch.runner()) {
            for (Migration m : folder.files()) {
                if (!m.transactional()) {
                    report.skipped(m.name() + " a second time", "it runs outside a transaction");
                }
                try {
                    Runner.apply(c, m, m.up());
                } catch (Failure e) {
                    continue;
                }
                safe += !m.transactional() || again(c, m) ? 1 : 0;
            }
        }
        report.checked("files applied twice", folder.files().size());
        report.say(safe + " of " + folder.files().size() + " files are safe to apply twice");
    }

    private boolean again(Connection c, Migration m) throws SQLException {
        c.setAutoCommit(false);
        try {
            for (Part part : m.up()) {
                try {
                    Sql.execute(c, part.sql());
                } catch (SQLException e) {
                    Failure failure = new Failure(m, part, e);
                    report.finding("MIGRATION_NOT_RERUNNABLE", Severity.info, m.at(failure.line),
                            m.name() + " fails when it is applied twice: " + failure.getMessage(), "");
                    return false;
                }
            }
            return true;
        } finally {
            c.rollback();
            c.setAutoCommit(true);
        }
    }
}
