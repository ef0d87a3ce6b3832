//SOURCES PortPlace.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
package kit.ports;

import java.util.List;

import kit.report.Report;
import kit.report.Severity;

/** A finding, and the place that is most likely wrong. */
public record PortProblem(String code, Severity severity, PortPlace place, String text, String evidence,
        List<String> remediation) {
    public void addTo(Report report) {
        report.finding(code, severity, place.where(), text, evidence, remediation.toArray(String[]::new));
    }
}
