//SOURCES ../postgres/Catalogue.java
//SOURCES ErrorText.java
//SOURCES FromClause.java
//SOURCES Message.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Stop.java
package kit.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import kit.postgres.Catalogue;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Stop;

/** What a message says is missing.
 *
 * @param relation  table or view, null where neither the message nor its statement tells
 * @param column    null where the relation itself is missing
 * @param alias     what the message has before the column and what no table is called; else null
 * @param tables    those of which one lacks the column: {@code relation}, or those of the statement; none where it can
 *                  be any
 * @param statement the failing statement, null where the message does not hold it
 * @param state     42703 or 42P01
 * @param others    what the text names besides
 * @param text      the whole message, cleaned
 * @param at        where in it the name stands */
public record Missing(String relation, String column, String alias, List<String> tables, String statement, String state,
        List<String> others, String text, int at) {
    /** Whether a text names something that is missing. */
    public static boolean isIn(String raw) {
        return Message.missing(ErrorText.clean(raw)).stream()
                .anyMatch(name -> !"(not available)".equals(name.column()));
    }

    /** Reads a message, or a whole log with one in it.
     *
     * @throws Stop where it names nothing that is missing */
    public static Missing in(String raw) {
        String text = ErrorText.clean(raw);
        List<Message.Name> all = new ArrayList<>(Message.missing(text));
        if (all.removeIf(name -> "(not available)".equals(name.column())) && all.isEmpty()) {
            throw Stop.usage("--error is a message in which Prisma does not say which column is missing: give the line "
                    + "“column … does not exist” of the server's log, or turn on Prisma's log of queries");
        }
        if (all.isEmpty()) {
            throw Stop.usage(text.contains("missing FROM-clause entry")
                    ? "--error is about a table alias that the statement does not define, not about a missing table: "
                            + "look at the statement's FROM"
                    : "--error names no missing column or table: give the line with “column … does not exist” "
                            + "(42703) "
                            + "or “relation … does not exist” (42P01)");
        }
        Message.Name first = all.get(0);
        List<String> others = all.stream().skip(1).filter(name -> first.column() == null || name.column() == null
                || !name.column().equals(first.column())).map(Message.Name::shown).toList();
        return new Missing(first.relation(), first.column(), first.alias(),
                first.relation() == null ? List.of() : List.of(first.relation()), ErrorText.statement(text),
                first.column() == null ? "42P01" : "42703", others, text, first.at()).ofStatement();
    }

    /** Which table the statement means. */
    private Missing ofStatement() {
        if (relation != null || column == null || ofRecord()) {
            return this;
        }
        FromClause from = new FromClause(statement != null ? statement : ErrorText.shownLines(text));
        if (alias == null) {
            List<String> named = statement == null ? List.of() : List.copyOf(new TreeSet<>(from.tables.values()));
            return named.size() == 1 ? of(named.get(0)) : within(named);
        }
        return from.tables.containsKey(alias) ? of(from.tables.get(alias)) : this;
    }

    Missing of(String table) {
        return new Missing(table, column, ofRecord() ? alias : null, List.of(table), statement, state, others, text,
                at);
    }

    /** Whether it is missing in what PostgREST remembers of the schema, if nowhere else. */
    boolean cached() {
        return text.startsWith("Could not find the ", at) || text.contains("in the schema cache");
    }

    private Missing within(List<String> named) {
        return new Missing(null, column, null, named, statement, state, others, text, at);
    }

    /** Whether it is a field of a record in a function, such as a trigger's new. */
    boolean ofRecord() {
        return text.regionMatches(true, at, "record", 0, 6);
    }

    String name() {
        return column == null ? relation : column;
    }

    String what() {
        return column == null ? "table " + relation
                : (ofRecord() ? "field " : "column ") + column + (relation != null ? " of " + relation
                        : alias != null ? " of " + alias : "");
    }

    /** The tables of a database that have it after all, as "schema.table"; more than one where the message does not
     * name the table. */
    List<String> in(Catalogue catalogue) {
        return catalogue.tables().entrySet().stream()
                .filter(t -> column == null ? t.getKey().endsWith("." + relation)
                        : tables.isEmpty() || tables.stream().anyMatch(table -> t.getKey().endsWith("." + table)))
                .filter(t -> column == null || t.getValue().containsKey(column)).map(Map.Entry::getKey).toList();
    }

    /** The smallest statement that fails for the same reason. */
    String probe(String table) {
        return "SELECT " + (column == null ? "*" : Sql.identifier(column)) + " FROM "
                + Sql.identifier(column == null ? relation : table);
    }

    /** Says it as the first step of the report. */
    public void describe(Report report) {
        report.bad(what() + " does not exist (SQLSTATE " + state + ")");
        if (statement != null) {
            report.say("in  " + statement);
        }
        if (alias != null && !ofRecord()) {
            report.warn("of which table, the message does not say: " + alias + " is none that the migrations make, and "
                    + "the statement is not here; give it with the message, or name its source with --source");
        }
        others.forEach(other -> report.skipped(other, "the text names it, too; run again with its message alone"));
    }
}
