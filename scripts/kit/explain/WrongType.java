//SOURCES Answer.java
//SOURCES Complaint.java
//SOURCES FromClause.java
//SOURCES ../report/Nearest.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Stop.java
//SOURCES Trail.java
package kit.explain;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.Nearest;
import kit.report.Stop;

/** A value, a column or a function of another type than the schema has. */
final class WrongType {
    /** Functions that extensions bring, by their first letters. */
    private static final Map<String, String> BRINGS = Map.of("uuid_generate_", "uuid-ossp", "crypt", "pgcrypto",
            "gen_salt", "pgcrypto", "digest", "pgcrypto", "pgp_sym_", "pgcrypto", "similarity", "pg_trgm", "unaccent",
            "unaccent", "st_", "postgis", "crosstab", "tablefunc", "levenshtein", "fuzzystrmatch");
    private final Complaint complaint;
    private final Trail trail;

    WrongType(Complaint complaint, Trail trail) {
        this.complaint = complaint;
        this.trail = trail;
    }

    Answer answer() throws SQLException {
        return switch (complaint.state()) {
            case "22P02" -> value();
            case "42804" -> column();
            default -> complaint.name("function") != null ? function() : operator();
        };
    }

    private Answer value() {
        String type = complaint.name("type");
        String value = complaint.name("value");
        if (type == null) {
            throw Stop.unchecked("the message names no type and no value in words that are known here");
        }
        Optional<Trail.Change> labels = trail.last("enum", null, Complaint.bare(type));
        if (complaint.said().contains("for enum")) {
            Trail.Change now = labels.orElseThrow(() -> nothing("the enum " + type));
            List<String> known = Pattern.compile("'((?:[^']|'')*)'").matcher(now.definition()).results()
                    .map((MatchResult m) -> m.group(1)).toList();
            Answer answer = new Answer("CAUSE_VALUE", now.at(),
                    "the enum " + type + " has no value " + Sql.literal(value))
                    .fact("its values: " + now.definition()).madeBy(trail.of("enum", null, Complaint.bare(type)));
            if (known.contains(value)) {
                throw Stop.unchecked("with every file applied the enum " + type + " has the value " + Sql.literal(value)
                        + " (" + now.at() + "): the database that failed has not got that file applied");
            }
            Nearest.of(value, known, Math.max(1, value.length() / 3))
                    .or(() -> known.stream().filter(each -> each.equalsIgnoreCase(value)).findFirst())
                    .ifPresent(near -> answer.look("# say " + Sql.literal(near) + ", which is there"));
            return answer.look("# or add it, in a new migration:\nALTER TYPE " + Sql.identifier(type) + " ADD VALUE "
                    + Sql.literal(value) + ";");
        }
        Answer answer = new Answer("CAUSE_VALUE", null, Sql.literal(value) + " cannot be read as " + type);
        tables().forEach(table -> trail.columns(table).forEach((column, definition) -> {
            if (definition.startsWith(type)) {
                answer.fact(trail.of("column", table, column).get(0).at() + " makes " + table + "." + column + " "
                        + definition);
            }
        }));
        if (answer.facts().isEmpty()) {
            answer.fact(complaint.statement() == null
                    ? "which column it is for, the message does not say: its statement is not here"
                    : "no column of the statement's tables has the type " + type + ": it is cast in the statement");
        }
        return answer.look(value.isEmpty() ? "# an empty text is no " + type + ": give null, or leave it out"
                : "# convert it before it is given, or correct it where it comes from");
    }

    private List<String> tables() {
        return complaint.statement() == null ? List.of()
                : List.copyOf(new FromClause(complaint.statement()).tables.values());
    }

    private Answer column() {
        String column = complaint.name("column");
        String given = complaint.name("value");
        if (column == null) {
            Trail.Change key = complaint.name("constraint") == null ? null : failing(complaint.name("constraint"));
            if (key == null) {
                throw Stop.unchecked("the message names no column: " + complaint.said());
            }
            return new Answer("CAUSE_TYPE", key.at(), complaint.said()).fact(complaint.text().lines()
                    .filter(line -> line.contains("incompatible types")).findFirst().orElse("").strip());
        }
        if (complaint.name("found") != null) {
            String table = Complaint.bare(complaint.name("relation"));
            Trail.Change is = trail.last("column", table, column)
                    .orElseThrow(() -> nothing("the column " + table + "." + column));
            return new Answer("CAUSE_TYPE", is.at(), table + "." + column + " is " + complaint.name("found")
                    + ", and the entity expects " + given).fact(is.at() + " makes it " + is.definition())
                    .look("# give the field the type of the column, or change the column in a new migration");
        }
        List<Trail.Change> columns = trail.changes.stream().filter(change -> change.kind().equals("column")
                && change.name().equals(column) && change.definition() != null
                && (tables().isEmpty() || tables().contains(change.table()))
                && (complaint.name("type") == null || change.definition().startsWith(complaint.name("type")))).toList();
        if (columns.isEmpty()) {
            throw Stop.unchecked("no file of the folder makes a column " + column + (complaint.name("type") == null ? ""
                    : " of type " + complaint.name("type"))
                    + ", in the tables that the message names: give the statement "
                    + "with the message, or another folder with --migrations");
        }
        List<String> tables = columns.stream().map(Trail.Change::table).distinct().toList();
        if (tables.size() > 1) {
            throw Stop.unchecked(String.join(", ", tables) + " each have a column " + column + " of that type, and the "
                    + "message does not say whose it is: give the statement with it");
        }
        Trail.Change now = columns.get(columns.size() - 1);
        String type = complaint.name("type") == null ? given : complaint.name("type");
        return new Answer("CAUSE_TYPE", now.at(), complaint.name("type") == null
                ? now.table() + "." + column + " cannot become " + given + " by itself"
                : now.table() + "." + column + " is " + type + ", and the statement gives " + given)
                .fact(now.at() + " makes it " + now.definition())
                .look(complaint.name("type") == null
                        ? "ALTER TABLE " + Sql.identifier(now.table()) + " ALTER COLUMN " + Sql.identifier(column)
                                + " TYPE "
                                + given + " USING " + Sql.identifier(column) + "::" + given
                        : "# give it as " + type + ": CAST(… AS " + type + "), or bind it with that type");
    }

    private Trail.Change failing(String constraint) {
        return trail.failures.stream().filter(f -> f.getMessage().contains(constraint)).findFirst()
                .map(f -> new Trail.Change("constraint", "", constraint, "", f.migration, f.line)).orElse(null);
    }

    private Answer function() throws SQLException {
        String called = complaint.name("function");
        String name = complaint.functionName();
        List<Trail.Change> changes = trail.of("function", null, name);
        List<Trail.Change> there = changes.stream().filter(c -> c.definition() != null
                && trail.last("function", c.table(), name).filter(c::equals).isPresent()).toList();
        if (!there.isEmpty()) {
            Trail.Change last = there.get(there.size() - 1);
            Answer answer = new Answer("CAUSE_FUNCTION", last.at(), name + " is there with other arguments than "
                    + called.replaceFirst("^[^(]*", ""));
            there.forEach(each -> answer.fact(each.at() + " makes " + name + "(" + each.table() + ")"));
            return answer.look("# call it with those types: CAST(… AS type), or $1::type for a parameter");
        }
        if (!changes.isEmpty()) {
            Trail.Change last = changes.get(changes.size() - 1);
            return new Answer("CAUSE_DROPPED_LATER", last.at(), "a later migration dropped the function " + name)
                    .madeBy(changes);
        }
        Optional<String> brings = BRINGS.entrySet().stream().filter(e -> name.toLowerCase().startsWith(e.getKey()))
                .map(Map.Entry::getValue).findFirst();
        if (brings.isPresent()) {
            return new Answer("CAUSE_FUNCTION", null, name + " comes with the extension " + brings.get()
                    + ", which the database does not have").fact("no file of the folder makes a function " + name)
                    .look("CREATE EXTENSION IF NOT EXISTS " + Sql.identifier(brings.get()) + ";");
        }
        Answer answer = new Answer("CAUSE_FUNCTION", null, "no migration makes the function " + name);
        try (Connection c = trail.connect()) {
            List<String> all = Sql.rows(c, "SELECT DISTINCT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = "
                    + "p.pronamespace WHERE n.nspname !~ '^pg_toast|^information_schema$'").stream().map(r -> r.get(0))
                    .toList();
            if (all.contains(name)) {
                answer = new Answer("CAUSE_FUNCTION", null, name + " of PostgreSQL takes other arguments than "
                        + called.replaceFirst("^[^(]*", ""));
                return answer.look("\\df " + name).look("# cast the arguments to types that it takes");
            }
            Optional<String> near = Nearest.of(name, all, Math.max(1, name.length() / 4));
            if (near.isPresent()) {
                answer.look("# is " + near.get() + " meant? that one is there");
            }
        }
        if (complaint.said().contains("schema cache")) {
            answer.look("NOTIFY pgrst, 'reload schema';   # if it was made since PostgREST started");
        }
        return answer.fact("no file of the folder makes it, and PostgreSQL has none of that name");
    }

    private Answer operator() {
        String operator = complaint.name("operator");
        if (operator == null) {
            throw Stop.unchecked("the message names no function and no operator in words that are known here");
        }
        Answer answer = new Answer("CAUSE_FUNCTION", null, "types that cannot be compared so: " + operator);
        List<String> types = List.of(operator.split("\\s+[^\\w\\s\"]+\\s+"));
        tables().forEach(table -> trail.columns(table).forEach((column, definition) -> {
            if (types.stream().anyMatch(type -> !type.isBlank() && definition.startsWith(type.strip()))
                    && complaint.statement().contains(column)) {
                answer.fact(trail.of("column", table, column).get(0).at() + " makes " + table + "." + column + " "
                        + definition);
            }
        }));
        if (answer.facts().isEmpty()) {
            answer.fact("which columns it is about, the message does not say: its statement is not here");
        }
        return answer.look("# cast one side: " + operator.replaceFirst("\\s+$", "") + " needs both of one type"
                + (types.isEmpty() ? "" : ", such as …::" + types.get(0).strip()));
    }

    private static Stop nothing(String what) {
        return Stop.unchecked("no file of the folder makes " + what + ": it was made elsewhere, or --migrations should "
                + "name another folder");
    }
}
