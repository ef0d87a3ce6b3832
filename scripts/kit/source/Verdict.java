//SOURCES Candidate.java
//SOURCES Causes.java
//SOURCES Description.java
//SOURCES Fields.java
//SOURCES History.java
//SOURCES Outcome.java
//SOURCES Schema.java
//SOURCES Source.java
//SOURCES SourceFile.java
//SOURCES Trouble.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Nearest.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.Nearest;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Where;

/** Turns outcomes into findings, each with what would mend it, and counts of what was not judged. */
public final class Verdict {
    /** What this can find. */
    public static final Pattern CODES = Pattern.compile("SQL_\\w+");

    private final Report report;
    private final Schema schema;
    private final Source source;

    public Verdict(Report report, Schema schema, Source source) {
        this.report = report;
        this.schema = schema;
        this.source = source;
    }

    public void tell(List<Outcome> outcomes) throws Exception {
        report.step("What PostgreSQL says of each statement");
        report.run("PREPARE s AS …   # parsed and described, not run");
        List<Outcome> judged = outcomes.stream().filter(o -> o.skipped() == null).toList();
        count(outcomes, judged);
        List<Outcome> refused = judged.stream().filter(o -> !o.troubles().isEmpty()).toList();
        if (!refused.isEmpty()) {
            History history = schema.folder == null ? null : History.of(schema, refused);
            try (Connection c = schema.reader()) {
                for (Causes.Cause cause : Causes.of(refused, schema, report)) {
                    tell(cause, history, c);
                }
            }
        }
        int fields = new Fields(source, schema, judged, this::finding).check();
        if (refused.isEmpty() && fields == 0) {
            report.good(judged.size() + (judged.size() == 1 ? " statement is" : " statements are") + " accepted");
        }
    }

    private void count(List<Outcome> outcomes, List<Outcome> judged) {
        Map<String, List<String>> skipped = new TreeMap<>();
        outcomes.stream().filter(o -> o.skipped() != null)
                .forEach(o -> skipped.computeIfAbsent(o.skipped(), why -> new ArrayList<>()).add(o.where().toString()));
        skipped.forEach((why, places) -> report.skipped(places.size()
                + (places.size() == 1 ? " statement (" : " statements (") + Source.some(places) + ")", why));
        int left = outcomes.size() - judged.size();
        if (judged.isEmpty()) {
            throw Stop.unchecked("no statement of SQL was found that can be judged"
                    + (left == 0 ? "" : "; " + left + " were skipped") + ": check SOURCE, --include and --exclude");
        }
        report.say(judged.size() + (judged.size() == 1 ? " statement is" : " statements are") + " judged"
                + (left == 0 ? ""
                        : ", and " + left + (left == 1 ? " is not, for the reason" : " are not, for the reasons")
                                + " told at the end"));
        report.checked("files", source.files.size());
        report.checked("statements", judged.size());
    }

    private void tell(Causes.Cause cause, History history, Connection c) throws SQLException {
        Trouble trouble = cause.trouble();
        Candidate candidate = cause.outcome().candidate();
        Map<Trouble, String> better = better(cause.outcome(), history);
        String near = better.get(trouble);
        boolean proven = near != null && accepted(candidate, better, c);
        String origin = history == null ? "" : history.origin(trouble, candidate);
        String suggestion = near == null ? ""
                : "\n" + near + (proven ? " in its place is accepted" : " is the nearest name");
        List<String> remedy = history != null && history.supplies(trouble, candidate)
                ? List.of("jbang migrate up --migrations " + Where.shown(schema.folder.dir()) + " --url …")
                : near == null ? List.of() : List.of("# say " + near + " where the code says " + trouble.name());
        add(trouble.code(), cause.severity(), cause.places(), trouble.message(), candidate.file().shown(trouble.at())
                + (origin.isEmpty() ? "" : "\n" + origin) + suggestion, remedy);
    }

    private void finding(String code, SourceFile file, int at, String text, String evidence, List<String> remedy) {
        Where where = file.at(at);
        Severity severity = report.weighed(code, Severity.error, where, text);
        if (severity != null) {
            add(code, severity, List.of(where), text, file.shown(at) + evidence, remedy);
        }
    }

    private void add(String code, Severity severity, List<Where> places, String text, String evidence,
            List<String> remedy) {
        int others = places.size() - 1;
        report.tell(severity, places.get(0) + "  " + text
                + (others == 0 ? "" : ", and at " + others + (others == 1 ? " more place" : " more places")));
        report.add(code, severity, places, text, evidence, remedy.toArray(String[]::new));
    }

    /** For each missing name the one that is meant, as far as that can be told: what it was renamed to, or the
     * nearest. */
    private Map<Trouble, String> better(Outcome outcome, History history) {
        Map<Trouble, String> better = new LinkedHashMap<>();
        for (Trouble trouble : outcome.troubles()) {
            String name = history == null ? null : history.renamed(trouble, outcome.candidate());
            boolean supplied = history != null && history.supplies(trouble, outcome.candidate());
            if (name == null && trouble.name() != null && !supplied) {
                name = nearest(trouble, outcome.candidate());
            }
            if (name != null) {
                better.put(trouble, name);
            }
        }
        return better;
    }

    /** Without regard to case, as SQL compares names. */
    private String nearest(Trouble trouble, Candidate candidate) {
        Map<String, String> names = new LinkedHashMap<>();
        switch (trouble.code()) {
            case "SQL_TABLE_MISSING" -> schema.relations.keySet().forEach(n -> names.put(lower(n), n));
            case "SQL_COLUMN_MISSING" -> schema.relationsOf(trouble, candidate)
                    .forEach(relation -> schema.relations.get(relation).forEach(n -> names.putIfAbsent(lower(n), n)));
            case "SQL_FUNCTION_MISSING" -> schema.functions.forEach(n -> names.put(lower(n), n));
            default -> {
                return null;
            }
        }
        return Nearest.of(lower(trouble.name()), names.keySet(), Math.max(1, trouble.name().length() / 3))
                .map(names::get).orElse(null);
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** Whether the server accepts the statement with the better names in it. */
    private boolean accepted(Candidate candidate, Map<Trouble, String> better, Connection c) throws SQLException {
        String sql = candidate.sql().toString();
        for (Map.Entry<Trouble, String> each : better.entrySet()) {
            sql = Pattern.compile("(?i)(?<![\\w\"])\"?" + Pattern.quote(each.getKey().name()) + "\"?(?![\\w\"])")
                    .matcher(sql).replaceAll(Matcher.quoteReplacement(Sql.identifier(each.getValue())));
        }
        SQLException e = Description.of(c, sql, candidate.parameters().length()).refusal();
        return e == null || e.getSQLState().equals("42P18");
    }
}
