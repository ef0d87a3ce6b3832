//SOURCES Candidate.java
//SOURCES Description.java
//SOURCES History.java
//SOURCES Schema.java
//SOURCES Trouble.java
//SOURCES ../postgres/Sql.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import kit.postgres.Sql;

/** In which order schema and code change so that neither meets what it does not know: expand, deploy, contract. */
final class Order {
    /** @param proof what was tried on the new schema; or "" */
    record Way(List<String> steps, String proof) {
    }

    private static final String TYPE = "SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
            + "JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = ? AND a.attname = ? AND a.attnum > 0";

    private final Schema now;
    private final Schema then;
    private final History history;

    Order(Schema now, Schema then, History history) {
        this.now = now;
        this.then = then;
        this.history = history;
    }

    /** For new code that an old schema does not carry. */
    Way back() {
        return new Way(List.of("# forward: the migrations first; the code when they are applied everywhere",
                "# back: the code first, the Down parts after it"), "");
    }

    /** For deployed code that a new schema breaks. */
    Way of(Trouble t, Candidate candidate) throws SQLException {
        String renamed = history.renamed(t, candidate);
        return switch (t.code()) {
            case "SQL_COLUMN_MISSING" -> column(t, candidate, renamed);
            case "SQL_TABLE_MISSING" -> table(t, candidate, renamed);
            case "SQL_COLUMN_REQUIRED" -> new Way(List.of(
                    "# 1 expand, in this release: the column without NOT NULL, or with a default",
                    "ALTER TABLE " + t.relation() + " ALTER COLUMN " + Sql.identifier(t.name()) + " DROP NOT NULL;",
                    "# 2 deploy the code that gives it a value; fill the rows that have none",
                    "# 3 contract, in the next release:",
                    "ALTER TABLE " + t.relation() + " ALTER COLUMN " + Sql.identifier(t.name()) + " SET NOT NULL;"),
                    accepted(candidate, "ALTER TABLE " + t.relation() + " ALTER COLUMN " + Sql.identifier(t.name())
                            + " DROP NOT NULL"));
            default -> new Way(List.of("# 1 expand, in this release: add the new beside the old, which stays",
                    "# 2 deploy the code that uses the new", "# 3 contract, in the next release: take the old away"),
                    "");
        };
    }

    private Way column(Trouble t, Candidate candidate, String renamed) throws SQLException {
        String old = Sql.identifier(t.name());
        for (String table : now.relationsOf(t, candidate)) {
            List<List<String>> type;
            try (Connection c = then.reader()) {
                type = Sql.rows(c, TYPE, table, t.name());
            }
            if (type.isEmpty()) {
                continue;
            }
            String alter = "ALTER TABLE " + Sql.identifier(table);
            List<String> steps = new ArrayList<>();
            if (renamed != null) {
                steps.add("# 1 expand, in this release, in place of the renaming: " + renamed + " beside " + t.name());
                steps.add(alter + " ADD COLUMN " + Sql.identifier(renamed) + " " + type.get(0).get(0) + ";");
                steps.add("#   kept in step with " + t.name() + " by a trigger, and filled in batches");
                steps.add("# 2 deploy the code that says " + renamed);
            } else {
                steps.add("# 1 leave " + t.name() + " where it is, and deploy the code that does not say it any more");
            }
            steps.add("# " + (renamed != null ? 3 : 2) + " contract, in the next release:");
            steps.add(alter + " DROP COLUMN " + old + ";");
            return new Way(steps, accepted(candidate, alter + " ADD COLUMN " + old + " " + type.get(0).get(0)));
        }
        return new Way(List.of("# leave " + t.name() + " where it is until no code says it any more"), "");
    }

    private Way table(Trouble t, Candidate candidate, String renamed) throws SQLException {
        String old = Sql.identifier(t.name());
        if (renamed == null) {
            return new Way(List.of("# 1 leave " + t.name() + " where it is, and deploy the code that does not use it",
                    "# 2 contract, in the next release:", "DROP TABLE " + old + ";"), "");
        }
        String view = "CREATE VIEW " + old + " AS SELECT * FROM " + Sql.identifier(renamed);
        return new Way(List.of("# 1 expand, in this release, in the same transaction as the renaming:", view + ";",
                "# 2 deploy the code that says " + renamed, "# 3 contract, in the next release:",
                "DROP VIEW " + old + ";"), accepted(candidate, view));
    }

    /** What the new schema says of the statement with the old thing beside the new one. */
    private String accepted(Candidate candidate, String expand) throws SQLException {
        try (Connection c = now.scratchWriter()) {
            Sql.execute(c, expand);
            SQLException e = Description.of(c, candidate.sql().toString(), candidate.parameters().length()).refusal();
            c.rollback();
            return e == null || e.getSQLState().equals("42P18")
                    ? "on the new schema: BEGIN; " + expand + "; PREPARE s AS …: accepted" : "";
        } catch (SQLException e) {
            return "";
        }
    }
}
