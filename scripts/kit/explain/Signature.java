//SOURCES ../report/Clean.java
//SOURCES Message.java
package kit.explain;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Clean;

/** A sign in what tests print whose cause is known, and the tool that explains it. */
public enum Signature {
    DISK("DISK_FULL", sign("disk quota exceeded|no space left on device|\\bENOSPC\\b|\\bEDQUOT\\b|SQLSTATE 53100"),
            "the disk is full", "podman-machine"),
    ENGINE("PODMAN_NOT_ANSWERING", sign("exit (status|code) 125\\b|exited with (code )?125\\b"
            + "|cannot connect to (podman|the docker daemon)|could not find a valid docker environment"),
            "no container engine answers (125)", "podman-machine"),
    CONFIG("CONFIG_PATH_UNSET", sign("CONFIG_PATH\\b.*(required|not set|unset|missing)"
            + "|failed to load configuration file"), "the service lacks its configuration", "check-config"),
    TAKEN("PORT_TAKEN", sign("address (is )?already in use|address in use|\\bEADDRINUSE\\b"
            + "|port is already allocated"), "a port is taken", "check-ports"),
    TABLE("SQL_TABLE_MISSING", line -> Message.inLine(line, false), "a table is missing (42P01)", "explain-error"),
    COLUMN("SQL_COLUMN_MISSING", line -> Message.inLine(line, true), "a column is missing (42703)", "explain-error"),
    // Last: where a server has answered with an error of SQL, a connection refused before was only early.
    REFUSED("PORT_REFUSED", sign("dial error|connection refused|\\bECONNREFUSED\\b|Connection to \\S+ refused"),
            "nothing listens where it dials", "check-ports");

    private static final int SHOWN = 300;
    private static final Pattern PORT = Pattern.compile(":(\\d{4,5})\\b");

    /** Its name in findings, a contract; in words; and the tool. */
    public final String code;
    public final String cause;
    public final String script;
    private final Predicate<String> there;

    Signature(String code, Predicate<String> there, String cause, String script) {
        this.code = code;
        this.there = there;
        this.cause = cause;
        this.script = script;
    }

    private static Predicate<String> sign(String pattern) {
        return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE).asPredicate();
    }

    /** Where it was first seen, and how often.
     *
     * @param line from 1; 0 where it was seen in no file */
    public record Seen(Signature signature, int line, String text, int times) {
    }

    /** Adds what a line says to what was seen before it. */
    public static void look(String line, int number, Map<Signature, Seen> seen) {
        for (Signature signature : values()) {
            if (signature.there.test(line)) {
                Seen before = seen.get(signature);
                String text = Clean.text(line.strip());
                seen.put(signature, before == null
                        ? new Seen(signature, number, text.substring(0, Math.min(SHOWN, text.length())), 1)
                        : new Seen(signature, before.line, before.text, before.times + 1));
            }
        }
    }

    /** The most likely cause first. What the failing tests themselves say counts by how often they say it; in a whole
     * output, where tests that pass talk too, what keeps everything from working goes before what it leads to.
     *
     * @param output   what was seen in all that a tier printed
     * @param failures the texts of the failing tests; none where they are not known */
    public static List<Seen> causes(Map<Signature, Seen> output, List<String> failures) {
        Comparator<Seen> often = Comparator.comparingInt((Seen seen) -> -seen.times).thenComparing(Seen::signature);
        if (failures.isEmpty()) {
            Comparator<Seen> early = Comparator.comparing(seen -> seen.signature.compareTo(TAKEN) > 0);
            return output.values().stream().sorted(early.thenComparing(often)).toList();
        }
        Map<Signature, Seen> said = new LinkedHashMap<>();
        failures.forEach(text -> look(text, 0, said));
        return said.values().stream().sorted(often).map(seen -> new Seen(seen.signature,
                output.containsKey(seen.signature) ? output.get(seen.signature).line : 0, seen.text, seen.times))
                .toList();
    }

    /** What to type.
     *
     * @param text the line in which it was seen
     * @param log  the file in which that line stands */
    public List<String> commands(String text, String log) {
        Matcher port = PORT.matcher(text);
        return switch (this) {
            case DISK -> List.of("df -h .", "jbang podman-machine");
            case ENGINE -> List.of("jbang podman-machine --start");
            case CONFIG -> List.of("jbang check-config config.yaml --source .");
            case TAKEN -> port.find()
                    ? List.of("jbang check-ports --free " + port.group(1), "jbang check-ports .")
                    : List.of("jbang check-ports .");
            case REFUSED -> List.of("jbang check-ports .");
            case TABLE, COLUMN -> List.of("jbang explain-error --source . --error - < " + log);
        };
    }
}
