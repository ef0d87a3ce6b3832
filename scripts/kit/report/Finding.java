//SOURCES Severity.java
//SOURCES Where.java
package kit.report;

import java.util.List;

/** What a run found.
 *
 * @param code        stable name, a contract for those who filter by it
 * @param where       the place to look at, or null
 * @param places      the other places that have the same cause
 * @param text        one sentence
 * @param evidence    what was observed, or ""
 * @param remediation commands that mend it, as data */
public record Finding(String code, Severity severity, Where where, List<Where> places, String text,
        String evidence, List<String> remediation) {
    /** One with a single place. */
    public Finding(String code, Severity severity, Where where, String text, String evidence,
            List<String> remediation) {
        this(code, severity, where, List.of(), text, evidence, remediation);
    }
}
