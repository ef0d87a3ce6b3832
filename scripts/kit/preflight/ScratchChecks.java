//SOURCES ../source/Candidate.java
//SOURCES ../postgres/Catalogue.java
//SOURCES CheckOutcome.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/FileList.java
//SOURCES Fix.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES OwnServer.java
//SOURCES Project.java
//SOURCES ../migrations/Reasons.java
//SOURCES ../migrations/Replay.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES Statements.java
//SOURCES ../report/Stop.java
//SOURCES ../source/Trouble.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
package kit.preflight;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import kit.migrations.Failure;
import kit.migrations.FileList;
import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.migrations.Reasons;
import kit.migrations.Reasons.Reason;
import kit.migrations.Replay;
import kit.postgres.Catalogue;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Where;
import kit.report.Words;
import kit.source.Candidate;
import kit.source.Trouble;

/** What is judged on databases of the run's own: the folder, its replay, the lists of its files, the code's SQL. */
final class ScratchChecks implements AutoCloseable {
    private final Project project;
    private final OwnServer own;
    private Replay<Catalogue> whole;
    private Statements.Judged judged;

    ScratchChecks(Project project, OwnServer own) {
        this.project = project;
        this.own = own;
    }

    /** "table.column" to its type, without the ledgers of tools. */
    static Map<String, String> columns(Catalogue catalogue) {
        return catalogue.columnTypes(table -> table.matches(Ledger.TABLES));
    }

    /** Those that the whole folder makes. */
    Map<String, String> columns() {
        return columns(whole.end());
    }

    /** What a file adds, as {@link #columns} names it. */
    List<String> adds(Migration m) {
        return whole.adds(m).stream().map(name -> name.replaceFirst("^public\\.", "")).toList();
    }

    private String shownFolder() {
        return Where.shown(project.folder.dir());
    }

    CheckOutcome folder() {
        Folder folder = project.folder;
        if (folder == null && project.folderTrouble.isEmpty()) {
            return CheckOutcome.none("there is no folder of migrations here");
        }
        if (folder == null) {
            throw Stop.unchecked(project.folderTrouble);
        }
        CheckOutcome outcome = CheckOutcome.sound(folder.files().size() + " files in " + shownFolder()
                + ", each with a number of its own, their marks whole")
                .more("jbang verify-migrations " + shownFolder());
        folder.files().forEach(m -> m.flaws().forEach(
                flaw -> outcome.finding(flaw.code(), flaw.severity(), m.at(flaw.line()), flaw.text(), "")));
        for (List<Migration> same : folder.duplicates()) {
            outcome.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, same.get(same.size() - 1).at(0),
                    String.join(" and ", same.stream().map(Migration::name).toList()) + " bear the same number",
                    folder.dialect().title + " takes one version once",
                    "# rename the one that is deployed nowhere, to number " + folder.nextVersion());
        }
        return outcome;
    }

    CheckOutcome replay() throws SQLException, IOException {
        if (project.folder == null) {
            return project.folderTrouble.isEmpty() ? CheckOutcome.none("there is no folder of migrations here")
                    : CheckOutcome.blocked("folder", "");
        }
        whole = Replay.ofCatalogue(own.database()).apply(project.folder.files());
        int files = project.folder.files().size();
        int templates = whole.templates.size();
        if (templates == files) {
            return CheckOutcome.none("its " + files + " files are text templates ("
                    + String.join(", ", new TreeSet<>(whole.templates.values())) + ") and no plain SQL");
        }
        CheckOutcome outcome = CheckOutcome.sound(files - templates - whole.failures.size() + " of " + files
                + " files apply to a new database (PostgreSQL " + own.server().version + ")"
                + (templates == 0 ? "" : "; " + templates + " are text templates, and not replayed"))
                .since(own.firstUse()).more("jbang verify-migrations " + shownFolder());
        for (Reason reason : Reasons.of(project.folder, whole, own.server())) {
            Failure first = reason.first();
            outcome.finding(reason.code(), reason.severity(), reason.where(),
                    reason.code().equals("MIGRATION_FAILS") ? reason.sentence().replaceFirst("^\\S+ fails: ", "")
                            : reason.sentence(),
                    String.join("\n", first.statement.strip().lines().limit(3).toList()),
                    Stream.of(reason.remedy()).map(each -> each.replaceFirst("^--", "preflight --"))
                            .toArray(String[]::new));
        }
        return outcome;
    }

    /** Each list of the folder's files: does what it builds have all that the code needs? */
    CheckOutcome lists() throws Exception {
        if (project.lists.isEmpty()) {
            return CheckOutcome.none("no list of the files: they are discovered, or a tool applies them");
        }
        CheckOutcome outcome = CheckOutcome.sound(String.join(", ", project.lists.stream().map(list -> list.at()
                + " names all " + list.names().stream().distinct().count() + " files, in their order").toList()))
                .more("jbang verify-migrations " + shownFolder() + " --suite .");
        for (FileList list : project.lists) {
            list.absent(project.folder).forEach(name -> outcome.finding("LIST_NAMES_ABSENT_FILE", Severity.error,
                    list.at(name), "the list names " + name + ", which is not in " + shownFolder(), ""));
            if (!list.listed(project.folder).equals(project.folder.files())) {
                differs(list, outcome);
            }
        }
        return outcome;
    }

    private void differs(FileList list, CheckOutcome outcome) throws Exception {
        List<Migration> listed = list.listed(project.folder);
        List<Migration> omitted = list.omitted(project.folder);
        try (Replay<Catalogue> built = Replay.ofCatalogue(own.database()).apply(listed)) {
            List<Candidate> already = judged().refused().stream().map(Statements.Refused::candidate).toList();
            List<Statements.Refused> needs = refusedBy(built).stream()
                    .filter(refused -> !already.contains(refused.candidate())).toList();
            String names = Words.some(omitted.stream().map(Migration::name).toList(), 3);
            String cost = !built.failures.isEmpty()
                    ? built.failures.get(0).migration.name() + " then fails: " + built.failures.get(0).getMessage()
                    : !needs.isEmpty() ? needs.get(0).where() + " is then refused: " + needs.get(0).trouble().message()
                            : "";
            Map<String, String> lacking = new TreeMap<>(columns());
            lacking.keySet().removeAll(columns(built.end()).keySet());
            String text = omitted.isEmpty() ? "the list has another order than the folder"
                    : "the list names " + listed.size() + " of " + (listed.size() + omitted.size()) + " files: " + names
                            + (omitted.size() == 1 ? " is not in it" : " are not in it");
            if (!needs.isEmpty()) {
                outcome.more(explain(needs.get(0).trouble().message()));
            }
            outcome.finding(omitted.isEmpty() ? "LIST_ORDER" : "LIST_OMITS_FILE",
                    cost.isEmpty() ? Severity.warning : Severity.error, list.at(),
                    text + (cost.isEmpty() ? "" : "; " + cost),
                    "a database built from it lacks " + lacking.size() + (lacking.size() == 1 ? " column" : " columns"),
                    omitted.isEmpty() ? "# discover the files, sorted by number, instead of listing them"
                            : "# add " + names + " to the list, or discover the files instead of listing them");
            if (!cost.isEmpty() && !omitted.isEmpty()) {
                outcome.fix(proof("the state that " + list.at() + " builds", listed, omitted));
            }
        }
    }

    private String explain(String message) {
        return Fix.shown("jbang", "explain-error", "--migrations", shownFolder(), "--source", ".", "--error", message);
    }

    /** A database in some state, and the files that it lacks: do they apply, and is then everything as it should be? */
    Fix proof(String state, List<Migration> applied, List<Migration> missing) {
        String names = String.join(", ", missing.stream().map(Migration::name).toList());
        String what = "apply " + names + " to a scratch database in " + state;
        return new Fix(what, true, false, report -> {
            report.run("jbang migrate up   # on a scratch database in " + state + ": " + names);
            if (whole == null) {
                report.none("the folder could not be replayed");
                return false;
            }
            try (Replay<Catalogue> replay = Replay.ofCatalogue(own.database()).apply(applied)) {
                return proven(replay, missing, report);
            }
        });
    }

    private boolean proven(Replay<Catalogue> replay, List<Migration> missing, Report report) throws Exception {
        int before = refusedBy(replay).size();
        int failed = replay.failures.size();
        replay.apply(missing);
        int after = refusedBy(replay).size();
        boolean mends = replay.failures.size() == failed && columns(replay.end()).equals(columns());
        if (mends) {
            report.good("they apply, and the columns are those of the whole folder" + (before > after
                    ? "; statements of the code that are refused: " + before + " before, " + after + " after"
                    : ""));
        } else if (replay.failures.size() > failed) {
            Failure first = replay.failures.get(failed);
            report.bad(first.migration.name() + " fails there: " + first.getMessage());
        } else {
            report.bad("they apply, and the columns still differ from those of the whole folder");
        }
        return mends;
    }

    /** On the whole folder's database. */
    private synchronized Statements.Judged judged() throws Exception {
        judged = judged == null ? project.statements.judge(whole, own.server()) : judged;
        return judged;
    }

    private List<Statements.Refused> refusedBy(Replay<?> replay) throws Exception {
        return project.statements.judge(replay, own.server()).refused();
    }

    CheckOutcome statements() throws Exception {
        int whole = project.statements.whole();
        int pieces = project.statements.pieces();
        if (whole == 0) {
            return CheckOutcome.none("no whole SQL statement stands in the source"
                    + (pieces == 0 ? "" : ", only " + pieces + " pieces: jbang check-sql puts them together"));
        }
        CheckOutcome outcome = CheckOutcome.sound("statements that fit the schema: " + judged().fit()
                + (judged().unsure() > 0 ? "; " + judged().unsure() + " are in doubt: jbang check-sql says why" : "")
                + (pieces > 0 ? "; " + pieces + " in pieces are not judged here" : ""));
        for (Statements.Refused refused : judged().refused()) {
            Trouble trouble = refused.trouble();
            outcome.more(explain(trouble.message())).finding(trouble.code(),
                    refused.inTest() ? Severity.warning : Severity.error, refused.where(), trouble.message(),
                    took(refused).map(m -> m.name() + " took it away").orElse("no migration makes it, or leaves it"),
                    "jbang check-sql . --migrations " + shownFolder());
        }
        return outcome;
    }

    private Optional<Migration> took(Statements.Refused refused) {
        String column = "." + refused.trouble().name();
        return !refused.column() ? Optional.empty()
                : whole.lastThatTakes(name -> name.matches("(?s).*\\..*\\..*") && name.endsWith(column));
    }

    @Override
    public void close() throws SQLException {
        if (whole != null) {
            whole.close();
        }
    }
}
