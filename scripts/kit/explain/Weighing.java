//SOURCES Facts.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/FileList.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES NearName.java
//SOURCES Origin.java
//SOURCES ../report/Report.java
//SOURCES RootCause.java
//SOURCES ../report/Severity.java
//SOURCES ../migrations/Splitter.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Stop.java
//SOURCES ../migrations/Watch.java
//SOURCES ../report/Where.java
package kit.explain;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import kit.migrations.Failure;
import kit.migrations.FileList;
import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.migrations.Splitter;
import kit.migrations.Watch;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Where;

/** Weighs the root causes: each with the evidence for and against it; then the one that stands. */
final class Weighing {
    private final RootCause notApplied = new RootCause("CAUSE_NOT_APPLIED",
            "the migration exists but was not applied");
    private final RootCause absent = new RootCause("CAUSE_MIGRATION_MISSING", "the migration is missing");
    private final RootCause name = new RootCause("CAUSE_CODE_NAME", "the code or test uses a wrong name");
    private final RootCause order = new RootCause("CAUSE_ORDER", "migrations were applied in the wrong order");
    private final RootCause dropped = new RootCause("CAUSE_DROPPED_LATER",
            "a later migration dropped or renamed it");
    private final Report report;
    private final Facts facts;
    private final Folder folder;

    Weighing(Report report, Facts facts) {
        this.report = report;
        this.facts = facts;
        this.folder = facts.folder;
    }

    RootCause weigh() throws Exception {
        report.step("Which root cause it is");
        readUnmarked();
        Optional<Watch.Event> supplier = facts.origin.supplier();
        if (supplier.isPresent()) {
            weighPresent(supplier.get());
        } else {
            weighAbsent();
        }
        RootCause cause = !order.pro().isEmpty() ? order
                : facts.undone != null ? dropped
                        : supplier.isPresent() ? notApplied
                                : facts.origin.taker().isPresent() ? dropped : facts.near != null ? name : absent;
        for (RootCause option : List.of(notApplied, absent, name, order, dropped)) {
            if (option == cause) {
                report.good(option.shown());
            } else {
                report.not(option.shown());
            }
        }
        return cause;
    }

    /** A tool runs nothing of a file without its Up mark: would that file give the name? */
    private void readUnmarked() throws SQLException, IOException {
        List<Migration> marked = folder.files().stream()
                .map(m -> m.flaws().stream().anyMatch(flaw -> flaw.code().equals("MIGRATION_NO_UP")) ? marked(m) : m)
                .toList();
        if (facts.origin.supplier().isPresent() || marked.equals(folder.files())) {
            return;
        }
        Origin other = facts.replay(marked);
        if (other.supplier().isPresent()) {
            facts.unmarked = other.supplier().get().migration();
            facts.origin = other;
        }
    }

    private static Migration marked(Migration m) {
        String up = m.text().split("(?im)^\\s*--\\s*(\\+goose\\s+|migrate:)down", 2)[0];
        return new Migration(m.file(), m.version(), m.words(), m.text(), m.transactional(), Splitter.split(up, 1),
                m.down(), m.flaws());
    }

    private void weighPresent(Watch.Event supplier) throws SQLException, IOException {
        Migration file = supplier.migration();
        absent.contra().add(supplier.at() + " " + supplier.how());
        name.contra().add("with every file applied, the database has exactly this name");
        dropped.contra().add("with every file applied, it is still there");
        if (facts.broken() != null && before(facts.broken().migration, file)) {
            neededEarlier(facts.broken(), supplier);
            return;
        }
        if (facts.guilty != null) {
            notApplied.pro().add(facts.guilty.at() + " does not list " + file.name());
        }
        file.flaws().stream().filter(flaw -> flaw.severity() == Severity.error)
                .forEach(flaw -> notApplied.pro().add(file.at(flaw.line()) + " " + flaw.text()));
        Optional<Ledger> ledger = facts.ledger();
        ledger.ifPresent(l -> weighLedger(l, file));
        for (FileList list : facts.code.lists()) {
            if (list.names().contains(file.name())) {
                notApplied.contra().add(placeIn(list, file.name()) + " lists " + file.name());
                tryOrder("LIST_ORDER", list.at().toString(), list, facts.named(list));
            }
        }
        if (ledger.filter(l -> l.applied(file) && !l.tool().equals("golang-migrate")).isPresent()) {
            tryOrder("MIGRATION_OUT_OF_ORDER", ledger.get().table(), null, inOrderOf(ledger.get()));
        }
        List<Migration> asText = folder.files().stream().sorted(Comparator.comparing(Migration::name)).toList();
        if (unexplained() && !asText.equals(folder.files())) {
            tryOrder("MIGRATION_ORDER_AMBIGUOUS", "the file names sorted as text", null, asText);
        }
        if (unexplained() && facts.live != null) {
            tryWithDownParts();
        }
        if (order.pro().isEmpty() && order.contra().isEmpty()) {
            order.contra().add("no list or ledger applies " + file.name() + " in another order than the folder's");
        }
        if (unexplained() && facts.undone == null) {
            notApplied.pro().add("the folder supplies it and the failing database lacks it"
                    + (facts.live == null ? "; --url would show how far that one got" : ""));
        }
    }

    private boolean before(Migration a, Migration b) {
        return folder.files().indexOf(a) < folder.files().indexOf(b);
    }

    /** A file needs what a later one makes: the tool stops at it, and never comes to the later one. */
    private void neededEarlier(Failure broken, Watch.Event supplier) throws SQLException, IOException {
        Migration file = broken.migration;
        order.pro().add(file.at(broken.line) + " needs it, and " + supplier.at() + ", which comes later, "
                + supplier.how());
        notApplied.contra().add("nothing after " + file.name() + " can be applied as long as that fails");
        List<Migration> moved = new ArrayList<>(folder.files());
        moved.remove(file);
        moved.add(moved.indexOf(supplier.migration()) + 1, file);
        order.pro().add(facts.replay(moved).failures().stream().noneMatch(f -> f.migration == file)
                ? "replayed right behind " + supplier.migration().name() + ", it applies"
                : "replayed right behind " + supplier.migration().name() + ", it fails for another reason");
    }

    private boolean unexplained() {
        return notApplied.pro().isEmpty() && order.pro().isEmpty();
    }

    private void weighLedger(Ledger ledger, Migration file) {
        boolean applied = ledger.applied(file);
        (applied ? notApplied.contra() : notApplied.pro())
                .add(ledger.table() + (applied ? " has version " : " does not have version ") + file.version());
        if (ledger.outOfOrder(folder).contains(file)) {
            report.finding("MIGRATION_OUT_OF_ORDER", Severity.error, file.at(0),
                    file.name() + " is not applied although a later file is", "",
                    "jbang migrate up --allow-missing --url …");
        }
    }

    private static Where placeIn(FileList list, String name) {
        return Where.of(list.file(), list.lines().get(list.names().indexOf(name)));
    }

    private List<Migration> inOrderOf(Ledger ledger) {
        return ledger.versions().keySet().stream()
                .flatMap(version -> folder.files().stream().filter(m -> Ledger.same(version, m))).toList();
    }

    /** Replays files in the order of a list or ledger where it is not the folder's. */
    private void tryOrder(String code, String whose, FileList list, List<Migration> files)
            throws SQLException, IOException {
        List<Migration> sorted = folder.files().stream().filter(files::contains).toList();
        if (files.equals(sorted)) {
            order.contra().add(whose + " has the folder's order");
            return;
        }
        Origin other = facts.replay(files);
        if (code.equals("MIGRATION_ORDER_AMBIGUOUS")
                && other.failures().size() > facts.origin.failures().size()) {
            // Nobody orders files as text on purpose, and a file that fails so would have been the first thing seen.
            return;
        }
        if (other.supplier().isPresent()) {
            order.contra().add(whose + " has another order, and replayed in that order the name is there, too");
            return;
        }
        order.pro().add("replayed in the order of " + whose + ", the name is not there");
        other.taker().ifPresent(taker -> order.pro().add(taker.at() + " " + taker.how() + ", after "
                + other.events().get(0).at() + " " + other.events().get(0).how()));
        other.failures().stream().findFirst().ifPresent(f -> order.pro()
                .add(f.migration.at(f.line) + " fails in that order: " + f.getMessage()));
        facts.wrongOrder = other;
        facts.guilty = list;
        int first = 0;
        while (files.get(first) == sorted.get(first)) {
            first++;
        }
        String early = files.get(first).name();
        report.finding(code, Severity.error, list == null ? files.get(first).at(0) : placeIn(list, early),
                whose + " has " + early + " where the folder has " + sorted.get(first).name(), "");
    }

    /** psql -f and loops without a cut at the mark run a file's Down part right after its Up part: is the database as
     * if that was done? */
    private void tryWithDownParts() throws SQLException, IOException {
        Origin other = facts.replay(folder.files().stream().map(Weighing::withDown).toList());
        Set<String> there = facts.live.names();
        there.removeIf(each -> facts.ledgers.stream().anyMatch(
                l -> (each + ".").startsWith((l.table().contains(".") ? "" : "public.") + l.table() + ".")));
        if (other.taker().isPresent() && other.end().names().equals(there)) {
            facts.undone = other.taker().get();
            dropped.contra().clear();
            dropped.pro().add(facts.undone.at() + " " + facts.undone.how()
                    + ": the Down part was run with the Up part");
            dropped.pro().add("a database on which both parts of every file were run has exactly the tables and "
                    + "columns of this one");
        }
    }

    private static Migration withDown(Migration m) {
        return new Migration(m.file(), m.version(), m.words(), m.text(), m.transactional(),
                Stream.concat(m.up().stream(), m.down().stream()).toList(), List.of(), m.flaws());
    }

    private void weighAbsent() throws SQLException {
        List<Watch.Event> events = facts.origin.events();
        notApplied.contra().add("with all " + folder.files().size()
                + " files applied, in the folder's order, the database still lacks it");
        order.contra().add("the files give it in no order: " + (events.isEmpty() ? "none of them adds it"
                : "the one that takes it away comes after the one that adds it"));
        Optional<Watch.Event> taker = facts.origin.taker();
        if (taker.isPresent()) {
            Watch.Event came = events.stream().filter(Watch.Event::came).findFirst().orElseThrow();
            dropped.pro().add(came.at() + " " + came.how());
            dropped.pro().add(taker.get().at() + " " + taker.get().how());
            absent.contra().add(came.at() + " " + came.how());
            name.contra().add("the name was right until " + taker.get().migration().name());
            return;
        }
        Optional<String> code = folder.inCode(null, facts.missing.name());
        if (code.isPresent()) {
            throw Stop.unchecked(code.get() + ", a migration that is written in code and is not run here, names "
                    + facts.missing.name() + ", and no file of SQL adds it: look there, and whether it was applied");
        }
        dropped.contra().add("no file ever added it");
        if (facts.broken() != null) {
            absent.pro().add(facts.broken().migration.at(facts.broken().line) + " needs it, and fails");
        }
        new NearName(facts).find();
        if (facts.near != null) {
            name.pro().add(Sql.identifier(facts.near)
                    + " is there, and with it in its place the statement is accepted");
            absent.contra().add("a name that close to an existing one is more likely a slip than a missing migration");
        } else {
            name.contra().add("no name in the " + (facts.missing.column() == null ? "database" : "table")
                    + " is close to it and makes the statement right");
            absent.pro().add("no file of " + Where.shown(folder.dir()) + " adds it");
        }
        if (!facts.code.uses().isEmpty()) {
            absent.pro().add(facts.code.uses().size() + " places in the code use it");
        }
    }
}
