//SOURCES Answer.java
//SOURCES Complaint.java
//SOURCES FromClause.java
//SOURCES ../report/Stop.java
//SOURCES Trail.java
//SOURCES ../postgres/Sql.java
package kit.explain;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.postgres.Sql;
import kit.report.Stop;

/** A row that a constraint does not allow: which constraint, made where, what it demands, what breaks it. */
final class BrokenRule {
    private static final Pattern INSERTED = Pattern.compile(
            "(?is)\\binsert\\s+into\\s+(?:[\\w\"]+\\.)?(?:\"[^\"]+\"|\\w+)\\s*(?:as\\s+\\w+\\s*)?\\(([^)]*)\\)");
    private static final Pattern REFERENCES = Pattern.compile(
            "FOREIGN KEY \\((.*?)\\) REFERENCES (?:[\\w\"]+\\.)?(\"[^\"]+\"|\\w+)\\((.*?)\\)(.*)", Pattern.DOTALL);
    private final Complaint complaint;
    private final Trail trail;

    BrokenRule(Complaint complaint, Trail trail) {
        this.complaint = complaint;
        this.trail = trail;
    }

    Answer answer() {
        return complaint.state().equals("23502") ? notNull() : constraint();
    }

    private Answer notNull() {
        String column = complaint.name("column") != null ? complaint.name("column") : quotedColumn();
        String table = complaint.name("relation") != null ? complaint.name("relation") : tableOf(column);
        List<Trail.Change> changes = trail.of("column", table, column);
        Trail.Change now = changes.stream().reduce((a, b) -> b).filter(change -> change.definition() != null)
                .orElseThrow(() -> nothing("the column " + table + "." + column));
        Trail.Change demands = null;
        for (Trail.Change each : changes) {
            boolean required = each.definition() != null && each.definition().contains(" NOT NULL");
            demands = required && demands != null ? demands : required ? each : null;
        }
        if (demands == null) {
            throw Stop
                    .unchecked("with every file applied " + table + "." + column + " may be null: the failing database "
                            + "has another definition; --url with verify-migrations shows the difference");
        }
        Answer answer = new Answer("CAUSE_NOT_NULL", demands.at(), table + "." + column + " must not be null, and the "
                + "statement gives it nothing").fact(demands.at() + " demands it: " + column + " " + now.definition());
        boolean filled = now.definition().contains(" DEFAULT ") || now.definition().contains("IDENTITY");
        if (complaint.said().contains("contains null values")) {
            return answer.fact("rows that are there already have no " + column).look("SELECT count(*) FROM "
                    + Sql.identifier(table) + " WHERE " + Sql.identifier(column) + " IS NULL")
                    .look("# give those rows a value first, or the column a DEFAULT, then SET NOT NULL");
        }
        List<String> inserted = inserted();
        if (inserted.isEmpty()) {
            answer.fact("the statement is not in the message, or names no columns: what it gives is not known");
        } else if (inserted.contains(column)) {
            answer.fact("the statement names " + column + ": the value given is null"
                    + (filled ? ", which goes before the default" : ""));
        } else {
            answer.fact("the statement does not name " + column + (filled ? ", and the database that failed has no "
                    + "default for it as the migrations do" : ", and it has no default"));
        }
        return answer.look("# give " + column + " a value in the statement" + (filled ? ", or leave it out for its "
                + "default" : "; or, if there is one for all, a DEFAULT in a new migration"));
    }

    private List<String> inserted() {
        Matcher m = complaint.statement() == null ? null : INSERTED.matcher(complaint.statement());
        return m == null || !m.find() ? List.of()
                : Stream.of(m.group(1).split(",")).map(String::strip).map(FromClause::plain).toList();
    }

    private String quotedColumn() {
        return complaint.words().stream().filter(word -> trail.changes.stream()
                .anyMatch(change -> change.kind().equals("column") && change.name().equals(word))).findFirst()
                .orElseThrow(() -> nothing("the column that the message names"));
    }

    private String tableOf(String column) {
        List<String> tables = trail.changes.stream().filter(change -> change.kind().equals("column")
                && change.name().equals(column) && change.definition() != null
                && change.definition().contains(" NOT NULL")).map(Trail.Change::table).distinct().toList();
        if (tables.isEmpty()) {
            throw nothing("a column " + column + " that must not be null");
        }
        return theOne(tables, column + " must not be null");
    }

    /** The table that the message or its statement names, or the only one. */
    private String theOne(List<String> tables, String what) {
        Set<String> named = new HashSet<>(complaint.words());
        if (complaint.statement() != null) {
            named.addAll(new FromClause(complaint.statement()).tables.values());
        }
        List<String> said = tables.stream().filter(named::contains).toList();
        List<String> these = said.isEmpty() ? tables : said;
        if (these.size() > 1) {
            throw Stop.unchecked(what + " in " + String.join(", ", these) + ", and the message does not say in which: "
                    + "give the statement with it");
        }
        return these.get(0);
    }

    /** The rule that makes some columns unique together. */
    private Trail.Change uniqueOn(List<String> columns) {
        String list = "(" + String.join(", ", columns) + ")";
        List<Trail.Change> rules = trail.changes.stream().filter(change -> change.kind().matches("constraint|index")
                && trail.last(change.kind(), change.table(), change.name()).orElse(null) == change
                && change.definition().matches("(?s)(?:UNIQUE|PRIMARY KEY|CREATE UNIQUE).*")
                && change.definition().replace("\"", "").contains(list)).toList();
        if (rules.isEmpty()) {
            throw nothing("a unique constraint on " + list);
        }
        String table = theOne(rules.stream().map(Trail.Change::table).distinct().toList(), list + " is unique");
        return rules.stream().filter(rule -> rule.table().equals(table)).findFirst().orElseThrow();
    }

    private Answer constraint() {
        Trail.Change rule = rule();
        List<Trail.Change> changes = trail.of("constraint index", rule.table(), rule.name());
        String rules = rule.name() + " of " + rule.table();
        Answer answer = switch (complaint.state()) {
            case "23503" -> foreignKey(rule);
            case "23505" -> unique(rule);
            default -> check(rule);
        };
        answer.facts().add(0, rules + " demands: " + rule.definition());
        return answer.madeBy(changes);
    }

    /** The constraint or index that the message names, in whatever language. */
    private Trail.Change rule() {
        String name = complaint.name("constraint");
        if (!complaint.columns().isEmpty()) {
            return uniqueOn(complaint.columns());
        }
        if (name == null && complaint.state().equals("23514") && complaint.name("relation") != null) {
            throw Stop.unchecked("no partition of " + complaint.name("relation") + " takes the row: what partitions a "
                    + "database has, the migrations alone do not tell; look at \\d+ " + complaint.name("relation"));
        }
        List<String> names = name != null ? List.of(name) : List.copyOf(complaint.words());
        String table = complaint.name("relation");
        return names.stream().map(each -> trail.last("constraint index", table, each)
                .or(() -> trail.last("constraint index", null, each))).flatMap(Optional::stream).findFirst()
                .orElseThrow(() -> gone(name));
    }

    private RuntimeException gone(String name) {
        return trail.of("constraint index", null, name).stream().reduce((a, b) -> b)
                .map(change -> (RuntimeException) Stop.unchecked("with every file applied there is no " + name + ": "
                        + change.at() + " drops it, and the database that failed still has it; apply that file"))
                .orElseGet(() -> nothing(name == null ? "the constraint that the message names" : name));
    }

    private Answer foreignKey(Trail.Change rule) {
        Matcher m = REFERENCES.matcher(rule.definition());
        if (!m.matches()) {
            return new Answer("CAUSE_FOREIGN_KEY", rule.at(), rule.name() + " is broken");
        }
        String parent = FromClause.plain(m.group(2));
        boolean removes = complaint.name("other") != null || complaint.text().contains("is still referenced");
        String key = values(removes ? m.group(3) : m.group(1));
        Answer answer = new Answer("CAUSE_FOREIGN_KEY", rule.at(), removes
                ? "rows of " + rule.table() + " still refer to the row of " + parent
                        + " that the statement removes or changes"
                : "the statement gives " + rule.table() + " a " + m.group(1) + " that " + parent + " does not have");
        answer.fact(key == null ? "which key it is, the message does not say (its DETAIL is not here)"
                : removes ? "still in use: " + key : "not in " + parent + ": " + key.replace(m.group(1), m.group(3)));
        return removes
                ? answer.look("SELECT * FROM " + Sql.identifier(rule.table()) + where(m.group(1)))
                        .look("# remove or move those rows first" + (m.group(4).contains("ON DELETE") ? ""
                                : "; ON DELETE CASCADE or SET NULL in a new migration does it for every row"))
                : answer.look("SELECT * FROM " + Sql.identifier(parent) + where(m.group(3)))
                        .look("# insert the row of " + parent
                                + " first, in the same transaction or in the fixture before"
                                + (m.group(4).contains("DEFERRABLE") ? "" : ", or correct the value"));
    }

    private String values(String columns) {
        String values = complaint.name("values");
        return values == null ? null : "(" + columns + ") = (" + values + ")";
    }

    private String where(String columns) {
        String values = complaint.name("values");
        return values == null || values.contains(", ") || columns.contains(",") ? " WHERE (" + columns + ") = (…)"
                : " WHERE " + columns + " = " + Sql.literal(values);
    }

    private Answer unique(Trail.Change rule) {
        String columns = complaint.name("keys") != null ? complaint.name("keys")
                : rule.definition().replaceFirst("(?s).*?\\((.*)\\).*", "$1");
        boolean builds = complaint.said().contains("could not create");
        Answer answer = new Answer("CAUSE_UNIQUE", rule.at(), builds
                ? "rows that are there already share a " + columns + ", which is to be unique"
                : rule.table() + " has a row with this " + columns + " already").fact(complaint.name("values") == null
                        ? "which key it is, the message does not say (its DETAIL is not here)"
                        : "there already: " + values(columns));
        String made = trail.columns(rule.table()).getOrDefault(columns, "");
        if (!builds && made.matches(".*(nextval\\(|IDENTITY).*") && !inserted().contains(columns)) {
            return answer.fact(columns + " comes from a sequence that stands behind the rows: they were inserted with "
                    + "their numbers (a restore, a fixture, COPY)")
                    .look("SELECT setval(pg_get_serial_sequence(" + Sql.literal(Sql.identifier(rule.table())) + ", "
                            + Sql.literal(columns) + "), (SELECT max(" + Sql.identifier(columns) + ") FROM "
                            + Sql.identifier(rule.table()) + "))");
        }
        return builds
                ? answer.look("SELECT " + columns + ", count(*) FROM " + Sql.identifier(rule.table()) + " GROUP BY "
                        + columns + " HAVING count(*) > 1")
                : answer.look("SELECT * FROM " + Sql.identifier(rule.table()) + where(columns))
                        .look("# is it inserted twice (a retry, a fixture that stays)? ON CONFLICT (" + columns
                                + ") DO UPDATE or DO NOTHING, or another value");
    }

    private Answer check(Trail.Change rule) {
        Answer answer = new Answer("CAUSE_CHECK", rule.at(), "the row breaks " + rule.name() + " of " + rule.table());
        Map<String, String> columns = trail.columns(rule.table());
        String row = complaint.name("row");
        List<String> values = row == null ? List.of() : List.of(row.split(", ", -1));
        List<String> given = new ArrayList<>();
        int i = 0;
        for (String column : columns.keySet()) {
            if (values.size() == columns.size() && Pattern.compile("(?<!\\w)" + Pattern.quote(column) + "(?!\\w)")
                    .matcher(rule.definition()).find()) {
                given.add(column + " = " + values.get(i));
            }
            i++;
        }
        answer.fact(!given.isEmpty() ? "the row has " + String.join(", ", given)
                : row != null ? "the row is (" + row + ")" : "the row is not in the message (its DETAIL is not here)");
        return complaint.said().contains("is violated by some row")
                ? answer.look("SELECT * FROM " + Sql.identifier(rule.table()) + " WHERE NOT "
                        + rule.definition().replaceFirst("(?s)^CHECK ", "").replaceFirst(" NOT VALID$", ""))
                : answer.look(
                        "# give a value that the rule allows; if the rule is out of date, a new migration that drops "
                                + "and adds " + rule.name());
    }

    private static Stop nothing(String what) {
        return Stop.unchecked("no file of the folder makes " + what + ": it was made elsewhere, or --migrations should "
                + "name another folder");
    }
}
