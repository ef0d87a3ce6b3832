//SOURCES ../postgres/Definitions.java
//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES OrderEffect.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Definitions;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** The replay: what fails, and why it is likely to fail; whether the order matters. */
public record ReplayCheck(Folder folder, Report report, Replay<Definitions> replay, Server server) {

    private static final Pattern MISSING = Pattern.compile(
            "(?:relation|column|table|type|function|schema|view|index|constraint|sequence) "
                    + "\"?(?:[\\w ]+\\.)?([\\w ]+?)\"?(?:\\(.*\\))?(?: of relation \".*\")? does not exist");

    public void check() throws Exception {
        report.step("Replay, file by file");
        report.run("jbang migrate up --migrations " + Where.shown(folder.dir()));
        report.say("on " + server.describe());
        for (Failure failure : replay.failures) {
            String why = why(failure);
            report.bad(failure.migration.at(failure.line) + "  " + failure.getMessage()
                    + (why.isEmpty() ? "" : "\n" + why));
            failure.addTo(report, why);
        }
        int applied = folder.files().size() - replay.failures.size();
        report.checked("files replayed", folder.files().size());
        if (applied > 0) {
            report.good(applied + " of " + folder.files().size() + " files apply; they make " + summary(replay.end()));
        }
        order();
    }

    private static String summary(Definitions schema) {
        Map<String, Integer> kinds = new TreeMap<>();
        schema.names().forEach(name -> kinds.merge(name.substring(0, name.indexOf(' ')), 1, Integer::sum));
        kinds.keySet()
                .retainAll(Set.of("table", "column", "index", "constraint", "trigger", "function", "view", "enum"));
        return kinds.isEmpty() ? "nothing"
                : String.join(", ", kinds.entrySet().stream()
                        .map(e -> e.getValue() + " " + e.getKey()
                                + (e.getValue() == 1 ? "" : e.getKey().endsWith("x") ? "es" : "s"))
                        .toList());
    }

    /** What the other files say of the name that is missing. */
    private String why(Failure failure) {
        if (failure.state.equals("57014")) {
            return "it ran longer than the " + Sql.PATIENCE + " s that a statement may take here";
        }
        Matcher missing = MISSING.matcher(failure.getMessage());
        if (!missing.find()) {
            return "";
        }
        Pattern name = Pattern.compile(".*[ .]\"?" + Pattern.quote(missing.group(1)) + "\"?(\\(.*)?");
        List<Migration> files = folder.files();
        int at = files.indexOf(failure.migration);
        for (Migration m : files.subList(0, at)) {
            if (replay.takes(m).stream().anyMatch(taken -> name.matcher(taken).matches())) {
                return m.name() + " dropped or renamed it";
            }
        }
        for (Migration m : files.subList(0, at)) {
            if (replay.failed(m)
                    && Pattern.compile("\\b" + Pattern.quote(missing.group(1)) + "\\b").matcher(m.text()).find()) {
                return "it follows from " + m.name() + ", which failed";
            }
        }
        for (Migration m : files.subList(at + 1, files.size())) {
            if (replay.adds(m).stream().anyMatch(added -> name.matcher(added).matches())) {
                return m.name() + ", which comes later, adds it";
            }
        }
        return "no file makes it";
    }

    /** Suites and scripts that sort names as text apply 1000 before 999: does that matter? */
    private void order() throws Exception {
        List<Migration> asText = folder.files().stream()
                .sorted(Comparator.comparing((Migration m) -> m.version().isEmpty()).thenComparing(Migration::version)
                        .thenComparing(Migration::name))
                .toList();
        List<Migration> numbered = folder.files().stream().filter(m -> !m.version().isEmpty()).toList();
        if (asText.stream().filter(numbered::contains).map(Migration::number).toList()
                .equals(numbered.stream().map(Migration::number).toList())) {
            return;
        }
        int first = 0;
        while (asText.get(first) == folder.files().get(first)) {
            first++;
        }
        try (Replay<Definitions> text = Replay.ofDefinitions(server, asText)) {
            OrderEffect effect = OrderEffect.of(replay, text);
            Severity severity = effect.harmless() ? Severity.info : Severity.warning;
            String orders = asText.get(first).name() + " comes " + (effect.harmless() ? "elsewhere" : "too early")
                    + " when names are sorted as text and not by number";
            report.tell(severity, orders + "; " + effect.text());
            report.finding("MIGRATION_ORDER_AMBIGUOUS", severity, asText.get(first).at(0), orders, effect.text(),
                    effect.harmless() ? new String[0]
                            : new String[] {"# sort by number wherever files are listed: ls "
                                    + Where.shown(folder.dir()) + " | sort -n"});
        }
    }
}
