//SOURCES Facts.java
//SOURCES Missing.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Sql.java
//SOURCES Trail.java
package kit.explain;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.Report;

/** “record "new" has no field "x"” is about a function that a trigger calls: which function, made where, and of which
 * table it is called. */
final class TriggerField {
    private static final Pattern CONTEXT = Pattern.compile("function (?:[\\w\"]+\\.)?\"?(\\w+)\"?\\(");
    private static final String TABLES = "SELECT DISTINCT p.proname, c.relname FROM pg_trigger t JOIN pg_class c ON "
            + "c.oid = "
            + "t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND (p.proname = ? OR ? = '' AND "
            + "strpos(lower(p.prosrc), lower(?)) > 0) ORDER BY 1, 2";
    private final Report report;
    private final Facts facts;

    TriggerField(Report report, Facts facts) {
        this.report = report;
        this.facts = facts;
    }

    /** Finds function and table, and writes them into the facts, with a replay for that table. */
    void find() throws SQLException, IOException {
        Missing missing = facts.missing;
        Matcher context = CONTEXT.matcher(missing.text());
        String function = context.find(missing.at()) ? context.group(1) : "";
        List<List<String>> found;
        try (Connection c = facts.origin.connect()) {
            found = Sql.rows(c, TABLES, function, function, missing.alias() + "." + missing.column());
        }
        Set<String> names = new TreeSet<>();
        found.forEach(row -> names.add(row.get(0)));
        String name = !function.isEmpty() ? function : names.size() == 1 ? names.iterator().next() : null;
        if (name == null) {
            report.warn(names.isEmpty() ? "no trigger's function of the folder reads " + missing.alias() + "."
                    + missing.column() : "several functions read it, and the message's CONTEXT is not here: " + names);
            return;
        }
        try (Trail trail = facts.trail(List.of(name))) {
            facts.function = trail.last("function", null, name).orElse(null);
        }
        report.say("the function " + name + (facts.function == null ? ", which no file of the folder makes,"
                : " (" + facts.function.at() + ")") + " reads it"
                + (found.isEmpty() ? ""
                        : ", called by a trigger of "
                                + String.join(", ", found.stream().map(row -> row.get(1)).distinct().toList())));
        List<String> lack = found.stream().map(row -> row.get(1)).distinct()
                .filter(table -> !facts.origin.end().columns(table).containsKey(missing.column())).toList();
        List<String> tables = found.stream().map(row -> row.get(1)).distinct().toList();
        if (lack.size() == 1 || tables.size() == 1) {
            facts.missing = missing.of(lack.size() == 1 ? lack.get(0) : tables.get(0));
            facts.origin = facts.replay(facts.folder.files());
        }
    }
}
