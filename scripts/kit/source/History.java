//SOURCES Candidate.java
//SOURCES Outcome.java
//SOURCES Schema.java
//SOURCES Trouble.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/Migration.java
//SOURCES ../migrations/Part.java
//SOURCES ../migrations/Runner.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Sql.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import kit.migrations.Failure;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Runner;
import kit.postgres.Scratch;
import kit.postgres.Sql;

/** Where the missing names came from and went, by a replay of the folder file by file on another scratch database. */
final class History {
    /** A name came or went.
     *
     * @param renamedTo what it is called now, where it went so; else null */
    private record Event(String name, String relation, boolean column, boolean came, String renamedTo,
            Migration migration, int line) {
    }

    private static final String WATCH = """
        WITH watched AS (
            SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
        SELECT oid || '.0', relname, relname FROM watched WHERE relname = ANY (string_to_array(?, chr(10)))
        UNION ALL SELECT a.attrelid || '.' || a.attnum, relname, a.attname
        FROM pg_attribute a JOIN watched ON watched.oid = a.attrelid
        WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY (string_to_array(?, chr(10)))""";
    private static final int MOST_PROOFS = 200;

    private final Schema schema;
    private final List<Event> events = new ArrayList<>();
    /** The migration with which a statement is accepted that was refused before it. */
    private final Map<Candidate, Migration> proofs = new HashMap<>();
    private Map<String, List<String>> present = new HashMap<>();

    private History(Schema schema) {
        this.schema = schema;
    }

    static History of(Schema schema, List<Outcome> refused) throws Exception {
        History history = new History(schema);
        String names = String.join("\n", refused.stream().flatMap(o -> o.troubles().stream()).map(Trouble::name)
                .filter(Objects::nonNull).distinct().toList());
        if (!names.isEmpty()) {
            try (Scratch scratch = schema.another(); Connection c = scratch.runner()) {
                for (Migration m : schema.folder.files()) {
                    history.apply(c, m, names, refused);
                }
            }
        }
        return history;
    }

    private void apply(Connection c, Migration m, String names, List<Outcome> refused) throws SQLException {
        int before = events.size();
        Map<String, List<String>> presentBefore = present;
        try {
            Runner.apply(c, m, m.up(), part -> watch(c, m, part, names), tx -> {
                if (schema.isLive() && events.size() > before && !tx.getAutoCommit()) {
                    prove(tx, m, refused);
                }
            });
        } catch (Failure e) {
            events.subList(before, events.size()).clear();
            present = presentBefore;
        }
    }

    private void watch(Connection c, Migration m, Part part, String names) throws SQLException {
        Map<String, List<String>> now = new HashMap<>();
        Sql.rows(c, WATCH, names, names).forEach(row -> now.put(row.get(0), row));
        now.forEach((id, row) -> {
            if (!present.containsKey(id)) {
                events.add(event(row, true, null, m, part));
            }
        });
        for (Map.Entry<String, List<String>> each : present.entrySet()) {
            if (!now.containsKey(each.getKey())) {
                String[] id = each.getKey().split("\\.");
                List<List<String>> renamed = Sql.rows(c, id[1].equals("0")
                        ? "SELECT relname FROM pg_class WHERE oid = " + id[0]
                        : "SELECT attname FROM pg_attribute WHERE NOT attisdropped AND attrelid = " + id[0]
                                + " AND attnum = " + id[1]);
                events.add(event(each.getValue(), false, renamed.isEmpty() ? null : renamed.get(0).get(0), m, part));
            }
        }
        present = now;
    }

    private static Event event(List<String> row, boolean came, String renamedTo, Migration m, Part part) {
        return new Event(row.get(2), row.get(1), !row.get(0).endsWith(".0"), came, renamedTo, m, part.line());
    }

    /** In the transaction of a file, on the scratch database: are statements accepted now that were refused before? */
    private void prove(Connection tx, Migration m, List<Outcome> refused) throws SQLException {
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
    private Event last(Trouble trouble, Candidate candidate) {
        boolean column = trouble.code().equals("SQL_COLUMN_MISSING");
        List<String> relations = column ? schema.relationsOf(trouble, candidate) : List.of();
        return events.stream().filter(e -> e.name.equals(trouble.name()) && e.column == column
                && (!column || relations.contains(e.relation))).reduce((a, b) -> b).orElse(null);
    }

    /** What the name was renamed to; null where it was not. */
    String renamed(Trouble trouble, Candidate candidate) {
        Event last = last(trouble, candidate);
        return last == null || last.came ? null : last.renamedTo;
    }

    /** Whether a migration adds the name, and the database lacks it. */
    boolean supplies(Trouble trouble, Candidate candidate) {
        Event last = last(trouble, candidate);
        return last != null && last.came;
    }

    /** One line on where the name is to be had. */
    String origin(Trouble trouble, Candidate candidate) {
        if (trouble.name() == null || !trouble.code().matches("SQL_(COLUMN|TABLE)_MISSING")) {
            return "";
        }
        Event last = last(trouble, candidate);
        if (last == null) {
            return "no migration makes it";
        }
        String at = last.migration.at(last.line).toString();
        if (!last.came) {
            return at + (last.renamedTo == null ? " dropped it" : " renamed it to " + last.renamedTo);
        }
        Migration proof = proofs.get(candidate);
        return at + " adds it" + (schema.isLive() ? ", and the database does not have it" : "")
                + (proof == null ? ""
                        : "\non a scratch database: BEGIN; \\i " + proof.name()
                                + "; PREPARE s AS …: accepted, and refused before it");
    }
}
