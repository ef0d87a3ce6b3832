//SOURCES Candidate.java
//SOURCES ../migrations/Migration.java
//SOURCES Outcome.java
//SOURCES ../migrations/Replay.java
//SOURCES Schema.java
//SOURCES ../postgres/Sql.java
//SOURCES Trouble.java
//SOURCES ../migrations/Watch.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import kit.migrations.Migration;
import kit.migrations.Replay;
import kit.migrations.Watch;
import kit.postgres.Sql;

/** Where the missing names came from and went, by a replay of the folder file by file on another scratch database. */
final class History {
    private static final int MOST_PROOFS = 200;

    private final Schema schema;
    private final Watch watch;
    /** The migration with which a statement is accepted that was refused before it. */
    private final Map<Candidate, Migration> proofs = new HashMap<>();

    private History(Schema schema, Collection<String> names) {
        this.schema = schema;
        this.watch = Watch.names(names);
    }

    static History of(Schema schema, List<Outcome> refused) throws Exception {
        List<String> names = refused.stream().flatMap(o -> o.troubles().stream()).map(Trouble::name)
                .filter(Objects::nonNull).distinct().toList();
        History history = new History(schema, names);
        if (!names.isEmpty()) {
            try (var replay = Replay.ofCatalogue(schema.another()).watch(history.watch)) {
                if (schema.isLive()) {
                    replay.last((tx, m) -> history.prove(tx, m, refused));
                }
                replay.apply(schema.folder.files());
            }
        }
        return history;
    }

    /** In the transaction of a file, on the scratch database: are statements accepted now that were refused before? */
    private void prove(Connection tx, Migration m, List<Outcome> refused) throws SQLException {
        if (!watch.moved() || tx.getAutoCommit()) {
            return;
        }
        for (Outcome outcome : refused.stream().filter(o -> !proofs.containsKey(o.candidate())).limit(MOST_PROOFS)
                .toList()) {
            Savepoint savepoint = tx.setSavepoint();
            try {
                Sql.execute(tx, "PREPARE runbook AS " + outcome.candidate().sql());
                proofs.put(outcome.candidate(), m);
            } catch (SQLException e) {
                // Still refused.
            }
            tx.rollback(savepoint);
        }
        Sql.execute(tx, "DEALLOCATE ALL");
    }

    /** What was last done to the name, in the tables of the statement; null where nothing was. */
    private Watch.Event last(Trouble trouble, Candidate candidate) {
        boolean column = trouble.code().equals("SQL_COLUMN_MISSING");
        List<String> relations = column ? schema.relationsOf(trouble, candidate) : List.of();
        return watch.events().stream().filter(e -> e.name().equals(trouble.name()) && e.column() == column
                && (!column || relations.contains(e.relation()))).reduce((a, b) -> b).orElse(null);
    }

    /** What the name was renamed to; null where it was not. */
    String renamed(Trouble trouble, Candidate candidate) {
        Watch.Event last = last(trouble, candidate);
        return last == null || last.came() ? null : last.renamedTo();
    }

    /** Whether a migration adds the name, and the database lacks it. */
    boolean supplies(Trouble trouble, Candidate candidate) {
        Watch.Event last = last(trouble, candidate);
        return last != null && last.came();
    }

    /** One line on where the name is to be had. */
    String origin(Trouble trouble, Candidate candidate) {
        if (trouble.name() == null || !trouble.code().matches("SQL_(COLUMN|TABLE)_MISSING")) {
            return "";
        }
        Watch.Event last = last(trouble, candidate);
        if (last == null) {
            return "no migration makes it";
        }
        String at = last.at().toString();
        if (!last.came()) {
            return at + (last.renamedTo() == null ? " dropped it" : " renamed it to " + last.renamedTo());
        }
        Migration proof = proofs.get(candidate);
        return at + " adds it" + (schema.isLive() ? ", and the database does not have it" : "")
                + (proof == null ? ""
                        : "\non a scratch database: BEGIN; \\i " + proof.name()
                                + "; PREPARE s AS …: accepted, and refused before it");
    }
}
