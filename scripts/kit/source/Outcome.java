//SOURCES Candidate.java
//SOURCES Trouble.java
//SOURCES ../report/Where.java
package kit.source;

import java.util.List;

import kit.report.Where;

/** What became of a statement: accepted, refused, or not to be judged and why.
 *
 * @param troubles what is wrong with it; empty where it is accepted
 * @param skipped  why it was not judged, or null
 * @param columns  the names of its result's columns where it is accepted */
public record Outcome(Candidate candidate, List<Trouble> troubles, String skipped, List<String> columns) {
    /** Where the statement begins. */
    public Where where() {
        return candidate.file().at(candidate.start());
    }

    static Outcome skipped(Candidate candidate, String why) {
        return new Outcome(candidate, List.of(), why, List.of());
    }
}
