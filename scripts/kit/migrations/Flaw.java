//SOURCES ../report/Severity.java
package kit.migrations;

import kit.report.Severity;

/** What is wrong with a file as it lies there. */
public record Flaw(String code, Severity severity, int line, String text) {
}
