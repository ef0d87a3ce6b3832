//SOURCES Outcome.java
//SOURCES Schema.java
//SOURCES Trouble.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
package kit.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** Troubles by what causes them: a name that is missing in many statements is one finding with many places. */
final class Causes {
    /** One cause: the trouble at its first place, and all places.
     *
     * @param tables those that a missing column was looked for in */
    record Cause(Outcome outcome, Trouble trouble, Severity severity, Set<String> tables, List<Where> places) {
    }

    private final Map<String, List<Cause>> causes = new LinkedHashMap<>();
    private final Schema schema;

    private Causes(Schema schema) {
        this.schema = schema;
    }

    /** The causes in the order of their first places, without those that the reader has taken back. */
    static Collection<Cause> of(List<Outcome> refused, Schema schema, Report report) {
        Causes causes = new Causes(schema);
        for (Outcome outcome : refused) {
            for (Trouble trouble : outcome.troubles()) {
                Where where = outcome.candidate().file().at(trouble.at());
                Severity severity = report.weighed(trouble.code(), Severity.error, where, trouble.message());
                if (severity != null) {
                    causes.add(outcome, trouble, severity, where);
                }
            }
        }
        return causes.causes.values().stream().flatMap(List::stream).toList();
    }

    private void add(Outcome outcome, Trouble trouble, Severity severity, Where where) {
        boolean column = trouble.code().equals("SQL_COLUMN_MISSING");
        Set<String> tables = column ? new HashSet<>(schema.relationsOf(trouble, outcome.candidate())) : Set.of();
        String what = trouble.name() != null ? trouble.name().toLowerCase(Locale.ROOT)
                : trouble.message() + "\n" + outcome.candidate().sql();
        List<Cause> same = causes.computeIfAbsent(severity + trouble.code() + "\n" + what, key -> new ArrayList<>());
        for (Cause cause : same) {
            if (tables.equals(cause.tables) || !Collections.disjoint(tables, cause.tables)) {
                cause.tables.retainAll(tables);
                if (!cause.places.contains(where)) {
                    cause.places.add(where);
                }
                return;
            }
        }
        same.add(new Cause(outcome, trouble, severity, new HashSet<>(tables), new ArrayList<>(List.of(where))));
    }
}
