//SOURCES PortPlace.java
//SOURCES PortProblem.java
//SOURCES ../report/Severity.java
package kit.ports;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import kit.report.Severity;

/** What does not agree, one cause one finding, and what would be right. */
public final class PortProblems {
    public final List<PortProblem> all = new ArrayList<>();
    /** The number that a place should have, where that is known. */
    final Map<PortPlace, Integer> corrections = new LinkedHashMap<>();

    public boolean any(Predicate<PortProblem> which) {
        return all.stream().anyMatch(which);
    }

    /** A problem as it stands once --apply has made its edits: what they mend has no remedy any more. */
    public PortProblem applied(PortProblem problem) {
        boolean mended = corrections.containsKey(problem.place())
                || problem.remediation().stream().allMatch(each -> each.startsWith("check-ports --"));
        return !mended ? problem : new PortProblem(problem.code(), problem.severity(), problem.place(),
                problem.text(), (problem.evidence() + "\n--apply has mended it").strip(), List.of());
    }

    void error(String code, PortPlace place, String text, String evidence, String... remediation) {
        add(code, Severity.error, place, text, evidence, remediation);
    }

    void add(String code, Severity severity, PortPlace place, String text, String evidence,
            String... remediation) {
        // One cause, one finding.
        if (!any(p -> p.place() == place && p.code().equals(code))) {
            all.add(new PortProblem(code, severity, place, text, evidence, List.of(remediation)));
        }
    }

    /** The edit as a remark. */
    static String change(PortPlace place, int port) {
        return "# " + place.where() + ": say " + place.written(port) + " in place of "
                + (place.start == place.end ? "nothing" : place.port);
    }
}
