//SOURCES ../postgres/Definitions.java
//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES OrderEffect.java
//SOURCES Part.java
//SOURCES Reasons.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
package kit.migrations;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

import kit.migrations.Reasons.Reason;
import kit.postgres.Definitions;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;
import kit.report.Words;

/** The replay: what fails, and why it is likely to fail; whether the order matters.
 *
 * @param elsewhere which failures another check tells */
public record ReplayCheck(Folder folder, Report report, Replay<Definitions> replay, Server server,
        Predicate<Failure> elsewhere) {

    public void check() throws Exception {
        report.step("Replay, file by file");
        report.run("jbang migrate up --migrations " + Where.shown(folder.dir()));
        report.say("on " + server.describe());
        for (Reason reason : Reasons.of(folder, replay, server)) {
            if (elsewhere.test(reason.first())) {
                continue;
            }
            Severity severity = report.finding(reason.code(), reason.severity(), reason.where(), reason.sentence(),
                    reason.evidence(), reason.remedy());
            if (severity != null) {
                tell(reason, severity);
            }
        }
        templates();
        ofPsql();
        int applied = folder.files().size() - replay.failures.size() - replay.templates.size();
        report.checked("files replayed", folder.files().size() - replay.templates.size());
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

    private void tell(Reason reason, Severity severity) {
        Failure first = reason.first();
        report.tell(severity, reason.where() + "  " + first.getMessage()
                + (reason.why().isEmpty() ? "" : "\n" + reason.why()));
        reason.others().stream().limit(5)
                .forEach(f -> report.tell(severity, f.migration.at(f.line) + "  " + f.getMessage()));
        if (reason.others().size() > 5) {
            report.tell(severity, "and in " + (reason.others().size() - 5) + " places more");
        }
        reason.following().stream().limit(10).forEach(f -> report.none(f.migration.at(f.line) + "  " + f.getMessage()
                + "\nit follows from " + first.migration.name() + ", which failed"));
        if (reason.following().size() > 10) {
            report.none("and " + (reason.following().size() - 10) + " more that follow");
        }
    }

    /** What is no SQL before a tool has filled it in is left out, with what needs it. */
    private void templates() {
        if (replay.templates.isEmpty()) {
            return;
        }
        List<String> names = replay.templates.keySet().stream().map(Migration::name).toList();
        String kinds = String.join(", ", new TreeSet<>(replay.templates.values()));
        String what = (names.size() == 1 ? "1 file is a text template (" : names.size() + " files are text templates (")
                + kinds + ") and no plain SQL, not replayed";
        report.partly(what + " (" + Words.some(names, 5) + ")");
        report.skipped(Words.some(names, 5), what);
        if (names.size() == folder.files().size()) {
            // Their names alone are no pass.
            report.checked.remove("migrations");
        }
    }

    private void ofPsql() {
        List<String> commands = folder.files().stream().flatMap(m -> m.up().stream().filter(Part::ofPsql)
                .map(part -> m.at(part.line()) + " " + part.sql().split("\\s", 2)[0])).toList();
        if (!commands.isEmpty()) {
            report.say("psql's own commands, which no server knows, are passed over: " + Words.some(commands, 5));
        }
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
