//SOURCES ChangeSets.java
//SOURCES Checksums.java
//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Difference.java
//SOURCES Folder.java
//SOURCES Ledger.java
//SOURCES Migration.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
package kit.migrations;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

import kit.postgres.Definitions;
import kit.postgres.Difference;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;

/** A live database, read in one snapshot: ledger against folder, ledger against schema, schema against replay. */
public final class LiveCheck {
    private final Folder folder;
    private final Report report;
    private final Server server;
    private final Replay<Definitions> replay;
    private final Server live;
    private final Set<Migration> applied = new LinkedHashSet<>();
    private Definitions actual;
    private Ledger ledger;

    public LiveCheck(Folder folder, Report report, Server server, Replay<Definitions> replay, Server live) {
        this.folder = folder;
        this.report = report;
        this.server = server;
        this.replay = replay;
        this.live = live;
    }

    public void check() throws Exception {
        report.step("The live database");
        report.say(live.describe());
        try (Connection c = live.readOnly()) {
            actual = Definitions.KIND.read(c);
            List<Ledger> ledgers = Ledger.read(c);
            ledger = ledgers.stream().filter(each -> each.tool().equals(folder.dialect().title)).findFirst()
                    .orElse(ledgers.isEmpty() ? null : ledgers.get(0));
            Ledger.unreadable(c)
                    .forEach(table -> report.skipped(table, "this role may not read it; GRANT SELECT lets it"));
            ledgers.stream().filter(other -> other != ledger).forEach(other -> report.skipped(other.table(),
                    "one ledger is compared, and " + ledger.table() + " comes first"));
            if (ledger != null && ledger.tool().equals("Flyway")) {
                changed(c);
            } else if (ledger != null && ledger.tool().equals("Liquibase")) {
                new ChangeSets(folder, report, ledger.table()).check(c);
            } else if (ledger != null && Checksums.known(ledger)) {
                new Checksums(folder, report, ledger).check(c);
            } else if (ledger != null) {
                report.skipped("whether applied files were changed since", ledger.tool()
                        + (ledger.tool().matches("refinery|Atlas|sqitch") ? "'s checksums are not worked out here"
                                : " writes down no checksum"));
            }
        }
        report.checked("databases", 1);
        if (ledger == null) {
            report.warn("no tool has kept a ledger here: the schema is compared with that of all files");
            report.skipped("ledger", "there is none");
        } else {
            ledgerAgainstFolder();
            ledgerAgainstSchema();
        }
        drift();
    }

    private void ledgerAgainstFolder() {
        report.run("SELECT * FROM " + ledger.table());
        List<Migration> late = ledger.outOfOrder(folder);
        List<String> unknown = ledger.unknown(folder);
        // A changelog in XML, YAML or JSON may run a file of SQL, and only the changelog is written down.
        List<String> changelogs = ledger.tool().equals("Liquibase")
                ? unknown.stream().filter(name -> !name.endsWith(".sql")).toList()
                : List.of();
        if (!changelogs.isEmpty()) {
            report.skipped(String.join(", ", changelogs),
                    "changelogs that are not SQL are not read, so files that they run count as applied");
            applied.addAll(folder.files());
        }
        folder.files().stream().filter(ledger::applied).forEach(applied::add);
        for (Migration m : folder.files().stream()
                .filter(m -> !applied.contains(m) && !(ledger.tool().equals("Liquibase") && ChangeSets.isChosen(m)))
                .toList()) {
            boolean outOfOrder = late.contains(m);
            String code = ledger.dirty(m) ? "MIGRATION_DIRTY"
                    : outOfOrder ? "MIGRATION_OUT_OF_ORDER" : "MIGRATION_NOT_APPLIED";
            String text = m.name() + (ledger.dirty(m) ? " broke off in its middle"
                    : outOfOrder ? " is not applied although a later file is" : " is not applied");
            report.bad(text);
            report.finding(code, Severity.error, m.at(0), text, ledger.tool() + "'s ledger " + ledger.table());
        }
        for (String version : unknown.stream().filter(name -> !changelogs.contains(name)).toList()) {
            report.bad("version " + version + " is written down, and the folder has no file for it");
            report.finding(
                    "MIGRATION_UNKNOWN", Severity.error, null, "version " + version + " is written down in "
                            + ledger.table() + ", and the folder has no file for it",
                    "", "check out the branch that has the file");
        }
        if (applied.size() == folder.files().size() && changelogs.isEmpty()) {
            report.good(ledger.tool() + " has applied all " + applied.size() + " files");
        }
    }

    /** Flyway writes down a checksum of each file: CRC32 of its lines, without their ends (ChecksumCalculator). */
    private void changed(Connection c) throws SQLException {
        Map<String, List<String>> last = new LinkedHashMap<>();
        for (List<String> row : Sql.rows(c, "SELECT coalesce(version, script), description, checksum FROM "
                + ledger.table() + " WHERE type = 'SQL' AND success ORDER BY installed_rank")) {
            last.put(row.get(0), row);
        }
        Set<Migration> twins = new HashSet<>();
        folder.duplicates().forEach(twins::addAll);
        last.forEach(
                (version, row) -> folder.files().stream().filter(m -> !twins.contains(m) && Ledger.same(version, m))
                        .forEach(m -> changed(m, row.get(1), row.get(2))));
    }

    private void changed(Migration m, String description, String checksum) {
        boolean differs = checksum != null && checksum(m.text()) != Integer.parseInt(checksum);
        if (differs && m.version().isEmpty()) {
            report.bad(m.name() + " was changed after it was applied, and is to be applied again");
            report.finding("MIGRATION_NOT_APPLIED", Severity.error, m.at(0),
                    m.name() + " was changed after it was applied: Flyway applies it again", "", "flyway migrate");
        } else if (differs) {
            report.bad(m.name() + " was changed after it was applied");
            report.finding("MIGRATION_CHANGED", Severity.error, m.at(0),
                    m.name() + " was changed after it was applied: its checksum is " + checksum(m.text()) + ", and "
                            + ledger.table() + " has " + checksum,
                    "",
                    "# undo the change, and write a new migration", "flyway repair   # if the change is harmless");
        }
        if (!description.equals(m.words().replace('_', ' '))) {
            report.bad(m.name() + " was renamed after it was applied");
            report.finding(
                    "MIGRATION_CHANGED", Severity.error, m.at(0), m.name() + " was renamed after it was applied: "
                            + ledger.table() + " describes it as “" + description + "”",
                    "", "flyway repair   # if it is the same file");
        }
    }

    public static int checksum(String text) {
        CRC32 crc = new CRC32();
        text.lines().forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
        return (int) crc.getValue();
    }

    /** Of what an applied file adds and no later file takes away, something must be there. */
    private void ledgerAgainstSchema() {
        for (Migration m : applied) {
            List<String> traces = replay.adds(m).stream().filter(replay.end().names()::contains).toList();
            List<String> gone = traces.stream().filter(name -> !actual.names().contains(name)).toList();
            if (!traces.isEmpty() && gone.size() == traces.size()) {
                report.bad(m.name() + " is written down as applied, and nothing of it is there");
                report.finding("LEDGER_LIES", Severity.error, m.at(0),
                        ledger.table() + " says that " + m.name() + " is applied, and nothing of it is there",
                        String.join(", ", gone.stream().limit(5).toList()),
                        m.up().stream().map(part -> part.sql() + ";").toArray(String[]::new));
            }
        }
    }

    /** Against the schema that the applied files make: what is pending is told already. */
    private void drift() throws Exception {
        List<Migration> made = ledger == null ? folder.files()
                : folder.files().stream().filter(applied::contains).toList();
        String ledgers = "(table|column|not null|default|constraint|index|sequence|view|partition) (public\\.)?("
                + Ledger.TABLES + ")([._].*)?";
        List<Difference> differences;
        try (Replay<Definitions> expected = made.size() == folder.files().size() ? null
                : Replay.ofDefinitions(server, made)) {
            differences = (expected == null ? replay : expected).end().without(n -> n.matches(ledgers))
                    .against(actual.without(n -> n.matches(ledgers)));
        }
        // The schema in which a tool keeps its ledger is its own, too.
        differences = differences.stream().filter(d -> !d.name().matches("schema " + Ledger.SCHEMAS)).toList();
        report.checked("schema objects", actual.names().size());
        report.skipped("grants, comments, rows", "not compared");
        if (differences.isEmpty()) {
            report.good("the schema is the one that " + made.size() + " files make");
        }
        for (Difference d : differences) {
            report.bad(d.toString());
            report.finding("SCHEMA_DRIFT", Severity.error, null, d.toString(), "", d.mend());
        }
    }
}
