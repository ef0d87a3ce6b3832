//SOURCES Candidate.java
//SOURCES History.java
//SOURCES Judge.java
//SOURCES NewlyRequired.java
//SOURCES Order.java
//SOURCES Outcome.java
//SOURCES Schema.java
//SOURCES Source.java
//SOURCES Trouble.java
//SOURCES ../report/Git.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
package kit.source;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import kit.report.Git;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** While a deployment rolls, code of one commit meets the schema of another: which statements are right on the one and
 * are not on the other. */
public final class Rolling {
    private final Report report;
    private final Git git;
    private final Schema now;
    private final Schema then;

    /** @param now  the schema of the working tree
     * @param then that of the commit */
    public Rolling(Report report, Git git, Schema now, Schema then) {
        this.report = report;
        this.git = git;
        this.now = now;
        this.then = then;
    }

    /** The commit's code, which still runs when the migrations have been applied. */
    public void deployed(Source code) throws Exception {
        report.step("The code of " + git.rev + " on the new schema");
        tell("SQL_BREAKS_DEPLOYED", compare(code, then, now), now, "is right on the schema of " + git.rev
                + ", where it runs, and not on the new one: ");
    }

    /** The working tree's code on the schema before it. */
    public void rollback(Source code) throws Exception {
        report.step("The new code on the schema of " + git.rev);
        tell("SQL_BREAKS_ROLLBACK", compare(code, now, then), then, "is right on the new schema, and not on that of "
                + git.rev + ": ");
    }

    /** Where statements of the working tree stand that the new migrations have broken. */
    public Set<Where> broken(Source code) throws Exception {
        Set<Where> places = new HashSet<>();
        compare(code, then, now).forEach(o -> o.troubles().forEach(t -> places.add(o.candidate().file().at(t.at()))));
        return places;
    }

    /** The statements that one schema accepts and another does not. */
    private List<Outcome> compare(Source code, Schema right, Schema wrong) throws Exception {
        Set<Candidate> accepted = Collections.newSetFromMap(new IdentityHashMap<>());
        new Judge(right, code).judge().stream().filter(o -> o.skipped() == null && o.troubles().isEmpty())
                .forEach(o -> accepted.add(o.candidate()));
        report.checked("statements on both schemas", accepted.size());
        NewlyRequired required = new NewlyRequired(right, wrong);
        List<Outcome> broken = new ArrayList<>();
        for (Outcome o : new Judge(wrong, code).judge()) {
            Trouble trouble = accepted.contains(o.candidate()) && o.troubles().isEmpty()
                    ? required.left(o.candidate()) : null;
            if (trouble != null) {
                broken.add(new Outcome(o.candidate(), List.of(trouble), null, List.of()));
            } else if (accepted.contains(o.candidate()) && !o.troubles().isEmpty()) {
                broken.add(o);
            }
        }
        return broken;
    }

    private void tell(String code, List<Outcome> broken, Schema schema, String how) throws Exception {
        Map<String, List<Where>> places = new LinkedHashMap<>();
        Map<String, Outcome> first = new LinkedHashMap<>();
        Map<String, Trouble> troubles = new LinkedHashMap<>();
        Map<String, Severity> severities = new LinkedHashMap<>();
        for (Outcome o : broken) {
            for (Trouble t : o.troubles()) {
                String cause = t.code() + " " + (t.name() == null ? t.message()
                        : t.name() + " " + schema.relationsOf(t, o.candidate()));
                Where where = o.candidate().file().at(t.at());
                Severity severity = report.weighed(code, Severity.error, where, t.message());
                if (severity != null) {
                    places.computeIfAbsent(cause, c -> new ArrayList<>()).add(where);
                    first.putIfAbsent(cause, o);
                    troubles.putIfAbsent(cause, t);
                    severities.merge(cause, severity, (a, b) -> a.compareTo(b) < 0 ? a : b);
                }
            }
        }
        if (places.isEmpty()) {
            report.good("every statement that is right on the one schema is right on the other");
            return;
        }
        History history = History.of(now, broken);
        Order order = new Order(now, then, history);
        for (String cause : places.keySet()) {
            Outcome o = first.get(cause);
            Trouble t = troubles.get(cause);
            String text = "the statement " + how + t.message();
            String origin = history.origin(t, o.candidate());
            int more = places.get(cause).size() - 1;
            report.tell(severities.get(cause), places.get(cause).get(0) + "  " + text
                    + (more == 0 ? "" : ", and at " + more + (more == 1 ? " more place" : " more places")));
            Order.Way way = code.equals("SQL_BREAKS_ROLLBACK") ? order.back() : order.of(t, o.candidate());
            report.add(code, severities.get(cause), places.get(cause).stream().distinct().toList(), text,
                    o.candidate().file().shown(t.at())
                            + (code.equals("SQL_BREAKS_DEPLOYED")
                                    ? "\nin git show " + git.rev + ":./" + places.get(cause).get(0).file() : "")
                            + (origin.isEmpty() ? "" : "\n" + origin)
                            + (way.proof().isEmpty() ? "" : "\n" + way.proof()),
                    way.steps().toArray(String[]::new));
        }
    }
}
