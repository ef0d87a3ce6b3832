//SOURCES ../migrations/Part.java
//SOURCES Query.java
//SOURCES ../migrations/Splitter.java
//SOURCES ../report/Where.java
package kit.preflight;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Part;
import kit.migrations.Splitter;
import kit.report.Where;

/** The string literals of a file, as far as they are surely whole statements; check-sql reads more, and more
 * languages. */
final class WholeStatements {
    private static final Map<String, String> LANGUAGES = Map.ofEntries(Map.entry("go", "Go"),
            Map.entry("java", "Java"), Map.entry("kt", "Kotlin"), Map.entry("scala", "Scala"),
            Map.entry("groovy", "Groovy"), Map.entry("py", "Python"), Map.entry("js", "JavaScript"),
            Map.entry("mjs", "JavaScript"), Map.entry("ts", "TypeScript"), Map.entry("tsx", "TypeScript"),
            Map.entry("rb", "Ruby"), Map.entry("php", "PHP"), Map.entry("cs", "C#"), Map.entry("rs", "Rust"),
            Map.entry("sql", "SQL"));
    private static final Pattern WHOLE = Pattern.compile("(?is)select\\b.+\\bfrom\\b.+"
            + "|insert\\s+into\\s+[\\w.\"]+.*\\b(?:values|select|default)\\b.*|update\\s+[\\w.\"]+.*\\bset\\b.+=.+"
            + "|delete\\s+from\\s+[\\w.\"]+.*|with\\s+(?:recursive\\s+)?\\w+.*\\bas\\b.*\\(.+");
    private static final Pattern PROSE = Pattern.compile("(?i)\\b(?:the|your|this|these|please|an|our|their|you|we"
            + "|its|which|some|every)\\b|…|→");
    private static final Pattern OTHER = Pattern.compile("(?i)`|\\bauto_?increment\\b|\\bon duplicate key\\b"
            + "|^\\s*(?:pragma|insert\\s+or)\\b|\\b(?:sqlite_\\w+|dual|sysobjects)\\b|\\btop\\s+\\d|\\[\\w+]\\s*\\.");
    private static final Pattern JPA = Pattern.compile("(?:createQuery|Query|NamedQuery)\\s*\\((?:[^()\"]*=)?\\s*$");
    private static final Pattern EXPECTS = Pattern.compile("(?i)throws|raise|expect|require\\.Err|assert\\.Err"
            + "|HaveOccurred|reject|42703|42P01|fail|invalid|wrong|bad|broken|missing");
    private static final Pattern TEST = Pattern.compile("(?i)(?:^|.*[/\\\\])(?:tests?|specs?|__tests__|e2e|bench)"
            + "[/\\\\].*|.*(?:_test|[._-]spec|\\.test|Test|Tests|IT|Spec)\\.\\w+");
    private static final Pattern PARAMETER = Pattern.compile("('(?:[^']|'')*'|\"[^\"]*\"|--[^\\n]*|::)|\\$\\d+"
            + "|(?<![\\w:]):[a-zA-Z_]\\w*|(?<![\\w@])@[a-zA-Z_]\\w*|%s|%\\(\\w+\\)s");

    final List<Query> statements = new ArrayList<>();
    /** How many are put together from pieces, or have parts that only the run knows. */
    int pieces;
    /** Whether the file is a test. */
    final boolean test;
    private final Path file;
    private final String text;
    private final String extension;

    WholeStatements(Path file, String text) {
        this.file = file;
        this.text = text;
        this.extension = extension(file.getFileName().toString());
        this.test = TEST.matcher(Where.shown(file)).matches();
        read();
    }

    private static String extension(String name) {
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** The language's name; nothing for a file of no language that is read here. */
    static String language(String name) {
        return LANGUAGES.getOrDefault(extension(name), "");
    }

    static int line(String text, int offset) {
        return 1 + (int) text.chars().limit(offset).filter(c -> c == '\n').count();
    }

    private void read() {
        if (extension.equals("sql")) {
            statements(text, 0, 1);
            return;
        }
        boolean hash = extension.matches("py|rb");
        String quotes = extension.equals("rs") ? "\"" : extension.matches("go|js|mjs|ts|tsx") ? "\"'`" : "\"'";
        for (int i = 0; i < text.length();) {
            char c = text.charAt(i);
            if (hash ? c == '#' : text.startsWith("//", i)) {
                i = after("\n", i);
            } else if (!hash && text.startsWith("/*", i)) {
                i = after("*/", i + 2);
            } else if (quotes.indexOf(c) >= 0) {
                String quote = String.valueOf(c);
                boolean three = c != '`' && !extension.matches("go|js|mjs|ts|tsx|rb|php");
                quote = three && text.startsWith(quote.repeat(3), i) ? quote.repeat(3) : quote;
                int end = end(quote, i + quote.length());
                if (end > 0) {
                    literal(quote, i, end);
                }
                i = end > 0 ? end + quote.length() : i + 1;
            } else {
                i++;
            }
        }
    }

    private int after(String end, int from) {
        int at = text.indexOf(end, from);
        return at < 0 ? text.length() : at + end.length();
    }

    /** Where the string ends; 0 where it does not, or not on its line. */
    private int end(String quote, int from) {
        boolean raw = quote.equals("`") && extension.equals("go");
        boolean lines = quote.length() == 3 || quote.equals("`");
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && !raw) {
                i++;
            } else if (text.startsWith(quote, i)) {
                return i;
            } else if (text.charAt(i) == '\n' && !lines) {
                return 0;
            }
        }
        return 0;
    }

    private void literal(String quote, int begin, int end) {
        String body = text.substring(begin + quote.length(), end);
        if (body.length() < 12 || !WHOLE.matcher(Splitter.bare(body.stripLeading())).matches()) {
            return;
        }
        String before = text.substring(Math.max(0, begin - 60), begin);
        String after = text.substring(end + quote.length(), Math.min(text.length(), end + quote.length() + 60))
                .stripLeading();
        boolean go = quote.equals("`") && extension.equals("go");
        String hole = quote.equals("`") && !go ? "\\$\\{"
                : extension.matches("kt|scala|groovy|php|rb") ? "\\$[a-zA-Z{]|#\\{"
                        : extension.equals("py") ? "\\{\\w*}" : "%[svdqtfx+#]|\\{\\w*}";
        if (Pattern.compile(hole).matcher(body).find() || before.stripTrailing().matches("(?s).*[+.%]")
                || after.matches("(?s)(?:[+.%\"'`]|\\\\\\n).*")) {
            pieces++;
        } else if (!JPA.matcher(before).find()) {
            String sql = go ? body
                    : body.replace("\\n", " ").replace("\\t", " ").replace("\\\"", "\"").replace("\\'", "'");
            statements(sql, begin, line(text, begin));
        }
    }

    private void statements(String sql, int begin, int firstLine) {
        for (Part part : Splitter.split(sql, firstLine)) {
            String bare = Splitter.bare(part.sql());
            String unquoted = bare.replaceAll("'[^']*'|--[^\\n]*", "''");
            if (!WHOLE.matcher(bare).matches() || PROSE.matcher(unquoted).find() || OTHER.matcher(unquoted).find()) {
                continue;
            }
            String around = text.substring(Math.max(0, begin - 300),
                    Math.min(text.length(), begin + sql.length() + 200));
            if (!test || !EXPECTS.matcher(around).find()) {
                String numbered = PARAMETER.matcher(part.sql())
                        .replaceAll(m -> m.group(1) == null ? "?" : Matcher.quoteReplacement(m.group(1)));
                statements.add(new Query(Where.of(file, part.line()), numbered, test));
            }
        }
    }
}
