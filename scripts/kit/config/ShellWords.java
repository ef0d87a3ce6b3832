package kit.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a shell, make, compose or Spring makes of a text: its words, and the variables in it. A variable that is not
 * known stays as $NAME. */
public final class ShellWords {
    /** $NAME, ${NAME}, ${NAME:-otherwise}, Spring's ${NAME:otherwise}, and $(NAME) of make. */
    private static final Pattern VARIABLE = Pattern.compile("\\$\\$?(?:(\\w+)"
            + "|\\{(\\w+)(?:(?::?[-=]|:(?![?+]))([^}]*))?[^}]*}|\\((\\w*)[^)]*\\))");

    private ShellWords() {
    }

    /** What a shell or make in a folder knows. */
    public static UnaryOperator<String> inFolder(UnaryOperator<String> known, Path folder) {
        return name -> name.matches("PWD|pwd|CURDIR") ? folder.toString() : known.apply(name);
    }

    /** Whether a text holds a variable that is not known here. */
    public static boolean unknown(String text) {
        return text.contains("$");
    }

    /** The text with its variables filled in. */
    public static String expanded(String text, UnaryOperator<String> known) {
        StringBuilder to = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '$') {
                i += variable(text.substring(i), to, known) - 1;
            } else {
                to.append(text.charAt(i));
            }
        }
        return to.toString();
    }

    /** The words of a shell command up to its end. */
    public static List<String> words(String text, UnaryOperator<String> known) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean open = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote == 0 && ";|&>)`".indexOf(c) >= 0) {
                break;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (open) {
                    words.add(word.toString());
                    word.setLength(0);
                    open = false;
                }
                continue;
            }
            open = true;
            if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
                char escaped = text.charAt(++i);
                // A line that goes on is one line.
                if (escaped == '\n') {
                    open = word.length() > 0;
                } else {
                    word.append(escaped);
                }
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == '$' && quote != '\'') {
                i += variable(text.substring(i), word, known) - 1;
            } else {
                word.append(c);
            }
        }
        if (open) {
            words.add(word.toString());
        }
        return words;
    }

    /** Appends the value of the variable that a text begins with, and says how many characters name it. */
    private static int variable(String text, StringBuilder to, UnaryOperator<String> known) {
        Matcher m = VARIABLE.matcher(text);
        if (!m.lookingAt()) {
            to.append('$');
            return 1;
        }
        String name = Stream.of(m.group(1), m.group(2), m.group(4)).filter(Objects::nonNull).findFirst().orElse("");
        String value = known.apply(name);
        to.append(value != null && !value.isEmpty() ? value
                : m.group(3) != null ? m.group(3) : "$" + (name.isEmpty() ? "VALUE" : name));
        return m.end();
    }
}
