//SOURCES Trail.java
//SOURCES ../report/Where.java
package kit.explain;

import java.util.ArrayList;
import java.util.List;

import kit.report.Where;

/** What can be said of a complaint.
 *
 * @param code  its name in findings, a contract
 * @param where the file and line that made the rule; null where there is none
 * @param text  the cause, as a sentence
 * @param facts what was found out, a line each
 * @param look  what to type or to look at; a line that begins with # is for a person */
record Answer(String code, Where where, String text, List<String> facts, List<String> look) {
    Answer(String code, Where where, String text) {
        this(code, where, text, new ArrayList<>(), new ArrayList<>());
    }

    Answer fact(String fact) {
        facts.add(fact);
        return this;
    }

    Answer look(String command) {
        look.add(command);
        return this;
    }

    /** Where a thing was made, and every later change of it. */
    Answer madeBy(List<Trail.Change> changes) {
        for (int i = 0; i < changes.size(); i++) {
            Trail.Change each = changes.get(i);
            facts.add(each.at() + " " + (each.definition() == null ? "drops it" : i == 0 ? "makes it" : "changes it"));
        }
        return this;
    }
}
