package kit.explain;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parameters of a statement, as drivers and query builders write them. */
public final class Placeholders {
    private static final Pattern NUMBERED = Pattern.compile("\\$\\d");
    /** What is passed over, so that nothing in it is taken for one: strings, names, comments, casts, operators. */
    private static final String OTHERS = "'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"|--[^\\n]*|/\\*.*?\\*/"
            + "|(\\$\\w*\\$).*?\\1|::\\w+|\\?\\?|";
    private static final String NAMED = "%s|%\\(\\w+\\)s|(?<![:\\w]):[a-zA-Z_]\\w*|(?<![\\w@])@[a-zA-Z_]\\w*"
            + "|[#$]\\{[^}]*}";
    private static final Pattern WITH_QUESTION = Pattern.compile(OTHERS + "(\\?(?![|&])|" + NAMED + ")",
            Pattern.DOTALL);
    private static final Pattern WITHOUT_QUESTION = Pattern.compile(OTHERS + "(" + NAMED + ")", Pattern.DOTALL);

    private Placeholders() {
    }

    /** The statement with PostgreSQL's own: $1, $2, … outside of quotes and comments. */
    public static String numbered(String sql) {
        // Where parameters are $1 already, a question mark is an operator; pgjdbc writes that operator as two.
        Matcher m = (NUMBERED.matcher(sql).find() ? WITHOUT_QUESTION : WITH_QUESTION).matcher(sql);
        Map<String, Integer> numbers = new LinkedHashMap<>();
        StringBuilder text = new StringBuilder();
        while (m.find()) {
            String placeholder = m.group(2);
            if (placeholder == null) {
                m.appendReplacement(text, Matcher.quoteReplacement(m.group().equals("??") ? "?" : m.group()));
            } else {
                boolean each = placeholder.equals("?") || placeholder.equals("%s");
                String key = each ? placeholder + numbers.size() : placeholder;
                m.appendReplacement(text,
                        Matcher.quoteReplacement("$" + numbers.computeIfAbsent(key, k -> numbers.size() + 1)));
            }
        }
        return m.appendTail(text).toString();
    }
}
