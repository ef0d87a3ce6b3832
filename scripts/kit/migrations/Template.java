//SOURCES Migration.java
package kit.migrations;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files that are text templates: what a tool fills in before they are SQL. A mark counts outside of literals, function
 * bodies and comments, where SQL cannot have it. */
final class Template {
    private static final List<String> KINDS = List.of("{{ … }}", "{% … %}", "<% … %>", "${…}", "#{…}", "@…@");
    private static final Pattern MARK = Pattern.compile("(\\{\\{)|(\\{%)|(<%[=\\-\\s][^\\n]*%>)|(\\$\\{\\w)|(#\\{\\w)"
            + "|((?<![<@\\w])@\\w+@(?![>@\\w]))");
    /** What is no place for a mark; a name in double quotes is one. */
    private static final Pattern TEXT = Pattern.compile("(?s)--[^\\n]*|/\\*.*?\\*/|'[^']*+'"
            + "|\\$([A-Za-z_]\\w*)?\\$.*?\\$\\1\\$");

    private Template() {
    }

    /** The kind of template that a file's Up part is. */
    static Optional<String> of(Migration m) {
        return m.up().stream().flatMap(part -> mark(part.sql()).stream()).findFirst();
    }

    static Optional<String> mark(String sql) {
        Matcher m = MARK.matcher(sql);
        if (!m.find()) {
            return Optional.empty();
        }
        m = MARK.matcher(TEXT.matcher(sql).replaceAll(" "));
        if (!m.find()) {
            return Optional.empty();
        }
        int kind = 1;
        while (m.group(kind) == null) {
            kind++;
        }
        return Optional.of(KINDS.get(kind - 1));
    }
}
