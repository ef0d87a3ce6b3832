//SOURCES ../postgres/Catalogue.java
//SOURCES FailingDatabase.java
//SOURCES Facts.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/FileList.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES Missing.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Stop.java
//SOURCES Uses.java
//SOURCES TriggerField.java
//SOURCES ../migrations/Watch.java
//SOURCES ../report/Where.java
package kit.explain;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;

import kit.migrations.Failure;
import kit.migrations.FileList;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.migrations.Watch;
import kit.postgres.Catalogue;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Where;

/** The steps of the investigation: where the name comes from, how the code and its lists have it, what the database
 * that fails has. */
final class Investigation {
    private final Report report;
    private final Facts facts;

    Investigation(Report report, Facts facts) {
        this.report = report;
        this.facts = facts;
    }

    /** Which statement of which file gives the name, and which takes it away: by replay, file by file. */
    void origin() throws Exception {
        List<Migration> files = facts.folder.files();
        report.step("Where " + facts.missing.what() + " comes from");
        report.say("replaying " + files.size()
                + " files one by one on a scratch database, watching the catalogue after each statement");
        facts.origin = facts.replay(files);
        if (facts.missing.ofRecord()) {
            new TriggerField(report, facts).find();
        }
        report.checked("files replayed", files.size() - facts.origin.failures().size());
        for (Failure failure : facts.origin.failures()) {
            report.bad(failure.migration.at(failure.line) + "  " + failure.getMessage());
            if (failure != facts.broken()) {
                failure.addTo(report);
            }
        }
        for (Failure passed : facts.origin.lacks()) {
            report.bad(passed.migration.at(passed.line) + "  " + passed.getMessage());
            passed.addTo(report);
        }
        for (Failure passed : facts.origin.rights()) {
            report.warn(passed.migration.at(passed.line) + "  " + passed.getMessage());
            report.finding("PRIVILEGE_MISSING", Severity.warning, passed.migration.at(passed.line),
                    "it needs rights that the role of this replay does not have: passed over", passed.getMessage());
        }
        for (Watch.Event event : facts.origin.events()) {
            String text = event.at() + " " + event.how()
                    + (facts.missing.relation() == null ? " (" + event.relation() + ")" : "");
            if (event.came()) {
                report.good(text);
            } else {
                report.bad(text);
            }
        }
        report.say(facts.origin.supplier().isPresent() ? "the folder as a whole gives a database that has it"
                : facts.origin.events().isEmpty() ? "no file ever adds it: a database with every file applied lacks it"
                        : "a database with every file applied lacks it again");
    }

    /** Where the code uses the name, and the lists of migration files that the tests apply. */
    void codeAndLists() {
        Uses code = facts.code;
        if (code.roots().isEmpty()) {
            report.skipped("source", "not searched for uses and lists: name it with --source DIR");
            return;
        }
        report.step("How the code uses it, and what the tests apply");
        report.run("grep -rnw " + facts.missing.name() + " "
                + String.join(" ", code.roots().stream().map(Where::shown).toList()));
        report.checked("source files", code.filesRead());
        if (!code.notRead().isEmpty()) {
            report.skipped(code.notRead().size() + " of the source's files",
                    String.join(", ", code.notRead().stream().limit(3).toList())
                            + (code.notRead().size() > 3 ? " …" : ""));
        }
        code.uses().stream().limit(8)
                .forEach(use -> report.say(Where.of(use.file(), use.line()) + ": " + shortened(use.text())));
        if (code.uses().size() > 8) {
            report.say("… and " + (code.uses().size() - 8) + " more");
        }
        if (code.uses().isEmpty()) {
            report.warn("no source file names " + facts.missing.name());
        }
        code.lists().forEach(this::list);
        if (code.lists().isEmpty()) {
            report.say("no list of migration files in the code: they are discovered, or applied by a tool");
        }
        facts.folder.duplicates().forEach(same -> report.warn("two files are numbered " + same.get(0).version() + ": "
                + String.join(", ", same.stream().map(Migration::name).toList())));
    }

    private static String shortened(String text) {
        return text.length() > 110 ? text.substring(0, 107) + "…" : text;
    }

    private void list(FileList list) {
        report.checked("lists", 1);
        List<String> files = facts.folder.files().stream().map(Migration::name).toList();
        List<String> omitted = files.stream().filter(name -> !list.names().contains(name)).toList();
        List<String> known = list.names().stream().filter(files::contains).toList();
        List<String> absent = list.names().stream().filter(name -> !files.contains(name)).toList();
        String lists = list.at() + " lists " + known.size() + " of " + files.size() + " files";
        String supplier = facts.supplier().map(Migration::name).filter(omitted::contains).orElse(null);
        if (omitted.isEmpty() && known.equals(files.stream().filter(known::contains).toList())) {
            report.good(lists);
        } else if (omitted.isEmpty()) {
            report.warn(lists + ", in another order than the folder's");
        } else if (supplier != null) {
            report.bad(lists + ": " + String.join(", ", omitted.stream().limit(5).toList())
                    + (omitted.size() > 5 ? " … are" : omitted.size() > 1 ? " are" : " is") + " not in it");
        } else {
            report.warn(lists);
        }
        if (supplier != null) {
            facts.guilty = facts.guilty == null ? list : facts.guilty;
            report.finding("LIST_OMITS_FILE", Severity.error, list.at(), "the list does not name " + supplier,
                    known.size() + " of " + files.size() + " files are in it");
        }
        absent.forEach(name -> report.finding("LIST_NAMES_ABSENT_FILE", Severity.warning,
                Where.of(list.file(), list.lines().get(list.names().indexOf(name))),
                "the list names " + name + ", which is not in " + Where.shown(facts.folder.dir()), ""));
    }

    /** The failing database itself, read in one read-only transaction. */
    void liveDatabase(FailingDatabase database) throws SQLException {
        Missing missing = facts.missing;
        report.step("The database that fails");
        try (Connection c = database.open()) {
            facts.live = Catalogue.read(c);
            facts.ledgers = Ledger.read(c);
            Ledger.unreadable(c)
                    .forEach(table -> report.skipped(table, "this role may not read it; GRANT SELECT lets it"));
        }
        report.checked("databases", 1);
        Map<String, Map<String, String>> tables = facts.live.tables();
        if (missing.relation() != null) {
            report.run("\\d " + missing.relation());
            Set<String> columns = facts.live.columns(missing.relation()).keySet();
            report.say(columns.isEmpty() ? "no such relation among " + tables.size() : wrapped(columns));
        } else {
            report.run("\\d");
            report.say(tables.size() + " relations");
        }
        List<String> where = missing.in(facts.live);
        if (!where.isEmpty()) {
            throw Stop.unchecked("this database has " + missing.what() + " ("
                    + String.join(", ", where.stream().limit(3).toList()) + "): " + (missing.cached()
                            ? "PostgREST's schema cache is older; NOTIFY pgrst, 'reload schema' reads it again"
                            : "the message came from another database, another search_path or an earlier time; "
                                    + "check which one the failing code dials"));
        }
        report.bad("it has no " + missing.what());
        for (Ledger ledger : facts.ledgers) {
            report.say(ledger.tool() + "'s ledger " + ledger.table() + " has " + ledger.versions().size()
                    + " versions");
        }
        facts.folder.files().forEach(this::compareWithReplay);
    }

    /** Whether a file has left its traces: told by the tables and columns that it adds. */
    private void compareWithReplay(Migration m) {
        List<String> traces = facts.origin.traces(m);
        Set<String> there = facts.live.names();
        if (traces.isEmpty() || traces.stream().anyMatch(there::contains)) {
            return;
        }
        report.warn(m.name() + ": none of the " + traces.size() + " tables and columns that it adds are there");
        facts.ledger().filter(ledger -> ledger.applied(m))
                .ifPresent(ledger -> report.finding("LEDGER_LIES", Severity.error, m.at(0),
                        ledger.table() + " says that " + m.name() + " is applied, and nothing of it is there",
                        String.join(", ", traces.stream().limit(5).toList())));
    }

    private static String wrapped(Iterable<String> names) {
        StringBuilder text = new StringBuilder();
        int width = 0;
        for (String name : names) {
            if (width + name.length() > 100) {
                text.append("\n");
                width = 0;
            }
            text.append(text.length() == 0 || width == 0 ? "" : " ").append(name);
            width += name.length() + 1;
        }
        return text.toString();
    }
}
