//SOURCES History.java
//SOURCES Matrix.java
//SOURCES ../report/Report.java
//SOURCES Row.java
//SOURCES ../report/Severity.java
package kit.tiers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import kit.report.Report;
import kit.report.Severity;

/** What changed since each tier last ran to its end. */
public final class Comparison {
    private final Map<String, List<String>> lists = new LinkedHashMap<>();
    private final Set<String> runs = new TreeSet<>();
    private final List<String> changes = new ArrayList<>();

    public Comparison(Matrix matrix, History history) {
        List.of("newly failing", "newly passing", "still failing", "not there any more")
                .forEach(kind -> lists.put(kind, new ArrayList<>()));
        for (Row row : matrix.rows) {
            history.before(row.tier.name()).filter(before -> row.state.ran && row.state != Row.State.ENDED)
                    .ifPresent(before -> compare(row, before));
        }
    }

    private void compare(Row row, History.Before before) {
        runs.add(before.run());
        String in = row.tier.name() + ": ";
        row.failing.forEach(
                name -> lists.get(before.failing().contains(name) ? "still failing" : "newly failing").add(in + name));
        // A test that the tier did not come to, or whose name is gone, has not been mended.
        boolean whole = row.state == Row.State.PASSED || row.state == Row.State.FAILED && row.blocked == 0
                && (row.names != null || row.passed + row.failed >= before.total());
        before.failing().stream().filter(name -> !row.failing.contains(name) && whole)
                .forEach(name -> lists.get(row.names == null || Row.shown(row.names).contains(name) ? "newly passing"
                        : "not there any more").add(in + name));
        if (before.passed() != (row.state == Row.State.PASSED)) {
            changes.add(row.tier.name()
                    + (before.passed() ? " passed before and fails now" : " failed before and passes now"));
        }
        if (row.total() != before.total()) {
            changes.add(row.tier.name() + ": " + before.total() + " tests before, " + row.total() + " now");
        }
    }

    public void show(Report report) {
        report.step("Compared with the run before");
        if (runs.isEmpty()) {
            report.say("no tier that ran now has run to its end before");
            return;
        }
        report.say("run " + String.join(", ", runs));
        changes.forEach(report::say);
        lists.forEach((kind, names) -> names.stream().limit(Row.NAMES_SHOWN).forEach(
                name -> report.tell(kind.endsWith("failing") ? Severity.error : Severity.info, kind + ": " + name)));
        lists.forEach((kind, names) -> {
            if (names.size() > Row.NAMES_SHOWN) {
                report.say(kind + ": " + (names.size() - Row.NAMES_SHOWN) + " more");
            }
        });
        if (changes.isEmpty() && lists.values().stream().allMatch(List::isEmpty)) {
            report.say("nothing changed");
        }
    }

    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("against", runs);
        map.put("newlyFailing", lists.get("newly failing"));
        map.put("newlyPassing", lists.get("newly passing"));
        map.put("stillFailing", lists.get("still failing"));
        map.put("gone", lists.get("not there any more"));
        map.put("changes", changes);
        return map;
    }
}
