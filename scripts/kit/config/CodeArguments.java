package kit.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The arguments of a call in source, whatever its language. */
final class CodeArguments {
    /** A literal, or a name. */
    private static final Pattern WORD = Pattern.compile(
            "\"((?:[^\"\\\\]|\\\\.)*+)\"|'((?:[^'\\\\]|\\\\.)*+)'|`([^`]*)`|[A-Za-z_][\\w.]*");
    private static final String FORMATS = "fmt\\.Sprintf|String\\.format|f";

    private CodeArguments() {
    }

    /** The arguments of a call, up to its bracket; what is not literal stays as $NAME, also in Go's fmt.Sprintf. */
    static List<String> of(String text, int from) {
        List<String> arguments = new ArrayList<>();
        int depth = 0;
        int begin = from;
        char quote = 0;
        for (int i = from; i < text.length() && depth >= 0; i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                i += c == '\\' && quote != '`' ? 1 : 0;
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'' || c == '`') {
                quote = c;
            } else if (c == '/' && text.startsWith("//", i)) {
                i = Math.max(i, text.indexOf('\n', i) - 1);
            } else {
                depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
                if (depth < 0 || depth == 0 && c == ',') {
                    String argument = text.substring(begin, i).replaceAll("(?m)//.*$", "").strip();
                    if (!argument.isEmpty()) {
                        arguments.add(literal(argument));
                    }
                    begin = i + 1;
                }
            }
        }
        return arguments;
    }

    private static String literal(String expression) {
        StringBuilder value = new StringBuilder();
        List<String> variables = new ArrayList<>();
        for (Matcher m = WORD.matcher(expression); m.find();) {
            String text = Stream.of(1, 2, 3).map(m::group).filter(Objects::nonNull).findFirst().orElse(null);
            if (text == null && !m.group().matches(FORMATS)) {
                variables.add("$" + m.group().replaceFirst(".*\\.", ""));
            }
            value.append(text != null ? text
                    : m.group().matches(FORMATS)
                            || expression.matches("(?s)(fmt\\.Sprintf|String\\.format)\\(.*") ? ""
                                    : "$" + m.group().replaceFirst(".*\\.", ""));
        }
        String whole = value.toString().replaceAll("\\{(\\w+)}", "\\$$1");
        for (String variable : variables) {
            whole = whole.replaceFirst("%[svdq]", Matcher.quoteReplacement(variable));
        }
        return whole;
    }
}
