//SOURCES ../report/Finding.java
//SOURCES Fix.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
package kit.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import kit.report.Finding;
import kit.report.Severity;
import kit.report.Where;
import kit.report.Words;

/** What a check saw: one line, or else its findings; and what could be done about them. */
public final class CheckOutcome {
    /** How a check ended: NONE where there is nothing to check, BLOCKED where something before it is the cause. */
    public enum State {
        OK, WARN, BAD, NONE, BLOCKED
    }

    private final State given;
    private final String line;
    /** The check that is the cause, where this one is blocked. */
    public final String cause;
    public final List<Finding> findings = new ArrayList<>();
    public final List<Fix> fixes = new ArrayList<>();
    private String more = "";
    private long began;
    private double seconds;

    private CheckOutcome(State given, String line, String cause) {
        this.given = given;
        this.line = line;
        this.cause = cause;
    }

    /** @param line what is told where there are no findings */
    public static CheckOutcome sound(String line) {
        return new CheckOutcome(State.OK, line, null);
    }

    public static CheckOutcome none(String why) {
        return new CheckOutcome(State.NONE, why, null);
    }

    /** @param why behind the cause's name, with what separates them */
    public static CheckOutcome blocked(String cause, String why) {
        return new CheckOutcome(State.BLOCKED, "blocked by " + cause + why, cause);
    }

    /** The command that tells more than this one; it stands with each finding from now on. */
    public CheckOutcome more(String command) {
        more = command + "   # tells more";
        return this;
    }

    public CheckOutcome finding(String code, Severity severity, Where where, String text, String evidence,
            String... remediation) {
        List<String> remedies = Stream.concat(Stream.of(remediation), Stream.of(more))
                .filter(command -> !command.isEmpty()).toList();
        findings.add(new Finding(code, severity, where, text, evidence, remedies));
        return this;
    }

    public CheckOutcome fix(Fix fix) {
        fixes.add(fix);
        return this;
    }

    /** Its work began before the check's turn.
     *
     * @param nanoTime 0 where it did not */
    public CheckOutcome since(long nanoTime) {
        began = nanoTime;
        return this;
    }

    /** @param turn when the check's turn came */
    void ended(long turn) {
        seconds = (System.nanoTime() - (began == 0 ? turn : began)) / 1e9;
    }

    private boolean has(Severity severity) {
        return findings.stream().anyMatch(f -> f.severity() == severity);
    }

    public State state() {
        return given != State.OK ? given
                : has(Severity.error) ? State.BAD : has(Severity.warning) ? State.WARN : State.OK;
    }

    public boolean judged() {
        return state() != State.NONE && state() != State.BLOCKED;
    }

    /** Of a check that cannot be judged without this one: what hinders it, or null. */
    CheckOutcome hinders(String name) {
        return switch (state()) {
            case OK, WARN -> null;
            case NONE -> none(line);
            case BAD -> blocked(name, "");
            case BLOCKED -> blocked(cause, "");
        };
    }

    /** Detail only where something is wrong. */
    public String text() {
        List<String> wrong = findings.stream().filter(f -> f.severity() != Severity.info)
                .map(f -> (f.where() == null ? "" : f.where() + "  ") + f.text()).toList();
        String shown = wrong.isEmpty() ? line : Words.lines(wrong, 5);
        return judged() ? shown + String.format(Locale.ROOT, " (%.1f s)", seconds) : shown;
    }
}
