package kit.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Text that is safe to show: no passwords, no terminal escapes, no direction tricks, no commands to a build server. */
public final class Clean {
    private static final Set<String> SECRETS = new LinkedHashSet<>();
    private static final Set<String> NAMES = new LinkedHashSet<>();
    /** A password in an address, also in one that stands where none belongs, such as after a mistyped option. */
    private static final String IN_ADDRESS = "(://[^:/@\\s]*:)[^/\\s'\"]+(?=@)";
    /** Passwords besides those in addresses: as a parameter; in SQL, quoted or between dollars; and as the value of a
     * name, as in YAML, JSON, .env and code. */
    private static final List<Pattern> CREDENTIALS = Stream.of(IN_ADDRESS,
            "(passw(?:or)?d=)[^@&\\s'\"]+",
            "(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*+",
            "(\\bpassword\\s+\\$(\\w*)\\$).*?(?=\\$\\2\\$)",
            "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*\")[^\"\\n]+",
            "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*')[^'\\n]+",
            "(passw(?:or)?d:[ \\t]+)[^\\s'\",{}\\[]+(?=[ \\t]*(?:[,}#\\n]|$))")
            .map(each -> Pattern.compile("(?is)" + each)).toList();
    /** What GitHub's runner obeys, in whatever output it meets it: a line that begins with "::", and the older
     * "##[". */
    private static final Pattern WORKFLOW_COMMAND = Pattern.compile("(?mU)^(\\s*:)(?=:)|(##)(?=\\[)");
    private static final boolean ON_GITHUB = System.getenv("GITHUB_ACTIONS") != null;

    private Clean() {
    }

    /** A string that no output of this run may hold; null and what is too short to be told from a word are ignored. A
     * password that is a word, or the name of something that is shown, is kept out where it stands as a password: in
     * every other place it would be the word. */
    public static void secret(String value) {
        if (value != null && value.length() > 2 && !value.matches("\\p{L}{3,12}\\d{0,3}")) {
            SECRETS.add(value);
        }
    }

    /** The name of a user, a database or the like: it is shown, also where it serves as a password. */
    public static void name(String value) {
        if (value != null) {
            NAMES.add(value);
        }
    }

    /** The text with its secrets as "***" and what a terminal would obey as its number. */
    public static String text(String text) {
        String safe = text;
        for (Pattern each : CREDENTIALS) {
            safe = each.matcher(safe).replaceAll("$1***");
        }
        for (String secret : SECRETS) {
            safe = NAMES.contains(secret) ? safe : safe.replace(secret, "***");
        }
        safe = ON_GITHUB ? notACommand(safe) : safe;
        StringBuilder shown = new StringBuilder(safe.length());
        safe.codePoints().forEach(c -> {
            boolean hidden = Character.getType(c) == Character.FORMAT
                    || Character.isISOControl(c) && c != '\n' && c != '\t';
            shown.append(hidden ? String.format("\\u%04x", c) : Character.toString(c));
        });
        return shown.toString();
    }

    /** For a command line that could not be read, in which a password may stand where nobody expects one. */
    static String arguments(String text) {
        return text(text).replaceAll("(://[^:/@\\s]*:)[^/\\s]*@", "$1***@")
                .replaceAll("(?i)(password=)[^&\\s']+", "$1***");
    }

    /** Text that GitHub's runner does not take for one of its commands. */
    static String notACommand(String text) {
        return WORKFLOW_COMMAND.matcher(text).replaceAll("$1$2 ");
    }
}
