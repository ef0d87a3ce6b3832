//SOURCES Answer.java
//SOURCES Complaint.java
//SOURCES ../migrations/Failure.java
//SOURCES ../report/Stop.java
//SOURCES Trail.java
package kit.explain;

import java.util.List;
import java.util.Set;

import kit.migrations.Failure;
import kit.report.Stop;

/** Something that is to be made and is there already: who made it, and who makes it again. */
final class AlreadyThere {
    private static final Set<String> STATES = Set.of("42P07", "42710", "42701", "42723");
    private final Complaint complaint;
    private final Trail trail;

    AlreadyThere(Complaint complaint, Trail trail) {
        this.complaint = complaint;
        this.trail = trail;
    }

    Answer answer() {
        String name = Complaint.bare(complaint.name("column") != null ? complaint.name("column")
                : complaint.name("function") != null ? complaint.functionName()
                        : complaint.name("name") != null ? complaint.name("name")
                                : complaint.name("relation") != null ? complaint.name("relation")
                                        : complaint.words().stream().findFirst().orElse(""));
        String kind = complaint.state().equals("42701") ? "column"
                : complaint.state().equals("42723") ? "function"
                        : complaint.state().equals("42P07") ? "table view index sequence constraint"
                                : "constraint trigger policy type enum domain extension schema";
        String table = kind.equals("column") || kind.startsWith("constraint trigger")
                ? complaint.name("relation")
                : null;
        List<Trail.Change> changes = trail.of(kind, table, name);
        Failure again = trail.failures.stream().filter(f -> STATES.contains(f.state) && f.getMessage().contains(name))
                .findFirst().orElse(null);
        if (changes.isEmpty()) {
            throw Stop.unchecked(
                    "no file of the folder makes " + name + ": whatever has made it (another tool, a dump, a "
                            + "hand, an older file), the migrations do not tell; \\d " + name + " shows what it is");
        }
        Trail.Change first = changes.get(0);
        if (again != null) {
            return new Answer("CAUSE_EXISTS", again.migration.at(again.line), again.migration.name() + " makes " + name
                    + ", which " + first.migration().name() + " has made").madeBy(changes)
                    .fact(again.migration.at(again.line) + " makes it again: it fails on every database")
                    .look("# take it out of " + again.migration.name() + ", or say IF NOT EXISTS there if both are "
                            + "the same");
        }
        return new Answer("CAUSE_EXISTS", first.at(), name + " was there before " + first.migration().name() + " ran")
                .madeBy(changes)
                .fact("the folder makes it once, so the database has it from somewhere else: the file ran "
                        + "before and was not written down (it broke off, its ledger was lost, it was run by hand), or "
                        + "something else made it")
                .look("jbang verify-migrations DIR --url …   # compares ledger, folder and schema")
                .look("# if it is the same: write the file down as applied; if not: drop or rename what is there");
    }
}
