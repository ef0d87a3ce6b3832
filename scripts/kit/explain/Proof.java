//SOURCES Facts.java
//SOURCES FailingStatement.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES Origin.java
//SOURCES ../migrations/Part.java
//SOURCES Remedy.java
//SOURCES ../report/Report.java
//SOURCES ../migrations/Splitter.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/SqlError.java
//SOURCES Uses.java
package kit.explain;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;

import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Splitter;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.SqlError;

/** The failing statement is refused, then the candidate is applied, then it is accepted, and all of it is rolled
 * back. */
final class Proof {
    private final Report report;
    private final Facts facts;

    Proof(Report report, Facts facts) {
        this.report = report;
        this.facts = facts;
    }

    /** Whether it stands. */
    boolean prove(Remedy remedy) throws Exception {
        report.step("Prove the fix, in a transaction that is rolled back");
        if (facts.function != null && facts.origin.supplier().isEmpty()) {
            report.none(
                    "PostgreSQL looks at a trigger's fields when it fires: without the row that failed there is "
                            + "nothing "
                            + "to prove it by");
            return false;
        }
        try (Connection c = failingDatabase().connect()) {
            String statement = FailingStatement.of(c, facts.missing, facts.code, facts.tableOfColumn());
            if (statement == null) {
                report.warn("the message does not say of which table, and no statement is known: give the statement "
                        + "with the message, or --source DIR");
                return false;
            }
            c.setAutoCommit(false);
            boolean proven = prove(c, statement, remedy);
            c.rollback();
            return proven;
        } catch (SQLException e) {
            report.bad("the fix fails: " + SqlError.message(e));
            return false;
        }
    }

    private boolean prove(Connection c, String statement, Remedy remedy) throws SQLException {
        report.run("BEGIN;\nPREPARE s AS " + statement + ";");
        SQLException before = FailingStatement.refusal(c, statement);
        if (before == null) {
            report.warn("the statement is accepted already: the trouble could not be reproduced here");
        } else {
            report.bad(SqlError.message(before));
        }
        if (remedy.candidate() != null) {
            report.run(remedy.candidate().strip());
            for (Part part : Splitter.split(remedy.candidate(), 1)) {
                // CONCURRENTLY cannot be in a transaction, and means nothing to the proof.
                Sql.execute(c, part.sql().replaceAll("(?i)\\bconcurrently\\b", ""));
            }
        }
        String corrected = remedy.name() == null ? statement
                : Uses.word(facts.missing.name()).matcher(statement)
                        .replaceAll(Matcher.quoteReplacement(Sql.identifier(remedy.name())));
        report.run("PREPARE s AS " + (remedy.name() == null ? "…" : corrected) + ";\nROLLBACK;");
        SQLException after = FailingStatement.refusal(c, corrected);
        if (after == null) {
            report.good("the statement is accepted");
        } else {
            report.bad(SqlError.message(after));
        }
        return before != null && after == null;
    }

    /** The database as it fails: the reader's is only read, so one like it is made by replay. */
    private Origin failingDatabase() throws Exception {
        if (facts.wrongOrder != null) {
            return facts.wrongOrder;
        }
        if (facts.supplier().isEmpty()) {
            return facts.origin;
        }
        Migration supplier = facts.supplier().get();
        Optional<Ledger> without = facts.ledger().filter(ledger -> !ledger.applied(supplier));
        List<Migration> files = facts.folder.files();
        return facts.replay(facts.guilty != null ? facts.named(facts.guilty)
                : without.isPresent() ? files.stream().filter(without.get()::applied).toList()
                        : files.stream().takeWhile(m -> !m.file().equals(supplier.file())).toList());
    }
}
