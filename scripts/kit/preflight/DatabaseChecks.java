//SOURCES ../postgres/Catalogue.java
//SOURCES CheckOutcome.java
//SOURCES Fix.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES Project.java
//SOURCES ScratchChecks.java
//SOURCES ../report/Severity.java
//SOURCES Target.java
//SOURCES Targets.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
package kit.preflight;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.postgres.Catalogue;
import kit.report.Severity;
import kit.report.Where;
import kit.report.Words;

/** What is in the databases to which a login was had: ledger and catalogue, only read. */
final class DatabaseChecks implements AutoCloseable {
    private final Project project;
    private final Targets targets;
    private final ScratchChecks scratch;

    DatabaseChecks(Project project, ScratchChecks scratch) {
        this.project = project;
        this.targets = project.targets;
        this.scratch = scratch;
    }

    private List<Target> open() {
        return targets.alive(target -> target.c != null);
    }

    private String more() {
        return "jbang verify-migrations " + Where.shown(project.folder.dir()) + " --url …";
    }

    CheckOutcome ledger() throws SQLException {
        List<Target> open = open();
        if (open.isEmpty() || project.folder == null) {
            return open.isEmpty() ? targets.hindrance()
                    : CheckOutcome.none("there is no folder of migrations to compare it with");
        }
        List<Migration> files = project.folder.files();
        List<String> told = new ArrayList<>();
        for (Target target : open) {
            target.ledger = Ledger.read(target.c).stream().findFirst().orElse(null);
            if (target.ledger != null) {
                told.add(target.ledger.tool() + " has applied " + files.stream().filter(target.ledger::applied).count()
                        + " of " + files.size() + " files");
            }
        }
        if (told.isEmpty()) {
            return CheckOutcome.none(Ledger.unreadable(open.get(0).c).stream().findFirst()
                    .map(table -> table + " may not be read by this role: GRANT SELECT lets it")
                    .orElse("no tool keeps a ledger there: the catalogue tells"));
        }
        CheckOutcome outcome = CheckOutcome.sound(String.join("; ", told)).more(more());
        open.stream().filter(target -> target.ledger != null).forEach(target -> compare(target, outcome));
        return outcome;
    }

    private void compare(Target target, CheckOutcome outcome) {
        Folder folder = project.folder;
        Ledger ledger = target.ledger;
        List<Migration> late = ledger.outOfOrder(folder);
        List<Migration> missing = folder.files().stream().filter(m -> !ledger.applied(m)).toList();
        boolean goose = ledger.tool().equals("goose");
        String[] up = Stream.of("jbang", "migrate", "up", late.isEmpty() ? "" : "--allow-missing", "--migrations",
                Where.shown(folder.dir()), "--url",
                "jdbc:postgresql://" + target.address() + "/" + target.source.getDatabaseName())
                .filter(word -> !word.isEmpty()).toArray(String[]::new);
        String remedy = goose ? Fix.shown(up)
                : "# " + ledger.tool() + " applies it: two ledgers would contradict each other";
        for (Migration m : missing) {
            boolean dirty = ledger.dirty(m);
            String code = dirty ? "MIGRATION_DIRTY"
                    : late.contains(m) ? "MIGRATION_OUT_OF_ORDER" : "MIGRATION_NOT_APPLIED";
            String how = dirty ? " broke off in its middle"
                    : late.contains(m) ? " is not applied although a later file is" : " is not applied";
            outcome.finding(code, Severity.error, m.at(0), m.name() + how + " on " + target.address(),
                    ledger.tool() + "'s ledger " + ledger.table(), remedy);
        }
        ledger.unknown(folder).forEach(version -> outcome.finding("MIGRATION_UNKNOWN", Severity.error, null,
                "version " + version + " is written down in " + ledger.table()
                        + ", and the folder has no file for it",
                "", "# check out the branch that has the file"));
        if (!missing.isEmpty()) {
            List<Migration> applied = folder.files().stream().filter(ledger::applied).toList();
            outcome.fix(scratch.proof("the state of the ledger", applied, missing));
        }
        if (!missing.isEmpty() && goose) {
            outcome.fix(Fix.command(false, login(target), project.root, up));
        }
    }

    private static Map<String, String> login(Target target) {
        Map<String, String> login = new HashMap<>(Map.of("PGUSER", target.source.getUser()));
        if (target.source.getPassword() != null) {
            login.put("PGPASSWORD", target.source.getPassword());
        }
        return login;
    }

    /** Tables and columns, live and replayed. What is missing because a file is pending is the ledger's finding, and
     * not told again. */
    CheckOutcome catalogue() throws SQLException {
        List<Target> open = open();
        if (open.isEmpty()) {
            return targets.hindrance();
        }
        Map<String, String> expected = scratch.columns();
        CheckOutcome outcome = CheckOutcome.sound(expected.size() + " columns, as the migrations make them")
                .more(more());
        int explained = 0;
        for (Target target : open) {
            Map<String, String> actual = ScratchChecks.columns(Catalogue.read(target.c));
            if (actual.keySet().stream().noneMatch(expected::containsKey) && !expected.isEmpty()) {
                outcome.finding("MIGRATION_NOT_APPLIED", Severity.warning, target.where, target
                        + " has none of the tables: nothing is applied, unless the tests do that themselves", "",
                        "jbang migrate up --migrations " + Where.shown(project.folder.dir()) + " --url …");
                continue;
            }
            explained += missing(target, expected, actual, outcome);
            differing(target, expected, actual, outcome);
        }
        return explained > 0 && outcome.findings.isEmpty()
                ? CheckOutcome.blocked("ledger", ": what is missing there belongs to files that are not applied")
                : outcome;
    }

    /** @return how many columns are missing because the ledger does not have their file */
    private int missing(Target target, Map<String, String> expected, Map<String, String> actual,
            CheckOutcome outcome) {
        Ledger ledger = target.ledger;
        int explained = 0;
        for (Migration m : project.folder.files()) {
            List<String> made = scratch.adds(m).stream().filter(expected::containsKey).toList();
            List<String> gone = made.stream().filter(name -> !actual.containsKey(name)).toList();
            boolean whole = gone.size() == made.size();
            if (ledger != null && !ledger.applied(m)) {
                explained += gone.size();
            } else if (!gone.isEmpty()) {
                String code = !whole ? "SCHEMA_DRIFT" : ledger == null ? "MIGRATION_NOT_APPLIED" : "LEDGER_LIES";
                String why = !whole ? ""
                        : ledger == null ? "it is as if this file were not applied: "
                                : ledger.table() + " says that this file is applied, and nothing of it is there: ";
                outcome.finding(code, Severity.error, m.at(0),
                        why + named(gone) + " missing on " + target.address(), "");
            }
        }
        return explained;
    }

    private static void differing(Target target, Map<String, String> expected, Map<String, String> actual,
            CheckOutcome outcome) {
        expected.forEach((name, type) -> {
            if (actual.containsKey(name) && !actual.get(name).equals(type)) {
                outcome.finding("SCHEMA_DRIFT", Severity.error, null, name + " is " + actual.get(name) + " on "
                        + target.address() + " and should be " + type, "");
            }
        });
        List<String> extra = actual.keySet().stream().filter(name -> !expected.containsKey(name)).toList();
        if (!extra.isEmpty()) {
            outcome.finding("SCHEMA_DRIFT", Severity.warning, null, named(extra) + " on " + target.address()
                    + ", and no migration makes " + (extra.size() == 1 ? "it" : "them"), "");
        }
    }

    private static String named(List<String> names) {
        return Words.some(names, 3) + (names.size() > 3 ? " columns are" : names.size() == 1 ? " is" : " are");
    }

    @Override
    public void close() throws SQLException {
        for (Target target : targets.all) {
            if (target.c != null) {
                target.c.close();
            }
        }
    }
}
