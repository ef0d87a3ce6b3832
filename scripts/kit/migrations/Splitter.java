//SOURCES Part.java
//DEPS org.postgresql:postgresql:42.7.14
package kit.migrations;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.postgresql.core.Parser;

/** Cuts SQL into statements; pgjdbc's scanner knows quotes, $$ and comments. What psql takes for itself, its own
 * commands and the data of COPY … FROM stdin, is cut as psql does it. */
public final class Splitter {
    private static final Pattern BEGIN_ATOMIC = Pattern.compile("(?i)begin\\s+atomic\\b");
    private static final Pattern COPY = Pattern.compile("(?is)copy\\b.*\\bfrom\\s+stdin\\b.*");
    /** The line that ends the data of a COPY. */
    private static final Pattern END_OF_DATA = Pattern.compile("(?m)^\\\\\\.[ \\t\\r]*$");

    private Splitter() {
    }

    /** Cuts SQL at the semicolons that end a statement, with the line of each. */
    public static List<Part> split(String sql, int firstLine) {
        List<Part> parts = new ArrayList<>();
        char[] text = sql.toCharArray();
        int begin = 0;
        int line = firstLine;
        int depth = 0;
        int body = 0;
        int looked = -1;
        for (int i = 0; i < text.length; i++) {
            switch (text[i]) {
                case ';' -> {
                    if (depth == 0 && body == 0) {
                        line = addPart(parts, sql, begin, i, line);
                        begin = i + 1;
                        int end = endOfData(parts, sql, begin);
                        line += newlines(sql, begin, end);
                        begin = end;
                        i = end - 1;
                    }
                }
                case '\\' -> {
                    // Only the first of a statement can begin a command of psql's, so each is looked at once.
                    boolean first = looked != begin && begin + skipBlank(sql.substring(begin, i)) == i;
                    looked = begin;
                    if (first) {
                        int end = sql.indexOf('\n', i) < 0 ? text.length : sql.indexOf('\n', i);
                        line = addPart(parts, sql, begin, end, line);
                        begin = end;
                        i = end - 1;
                    }
                }
                case '\'' -> i = Parser.parseSingleQuotes(text, i, true);
                case '"' -> i = Parser.parseDoubleQuotes(text, i);
                case '$' -> i = Parser.parseDollarQuotes(text, i);
                case '-' -> i = Parser.parseLineComment(text, i);
                case '/' -> i = Parser.parseBlockComment(text, i);
                case '(' -> depth++;
                case ')' -> depth = Math.max(0, depth - 1);
                default -> {
                    // A function body in standard SQL, BEGIN ATOMIC …; …; END, in which CASE … END may stand
                    if (body > 0 ? wordAt(sql, i, "case")
                            : wordAt(sql, i, "begin") && BEGIN_ATOMIC.matcher(sql).region(i, text.length).lookingAt()) {
                        body++;
                    } else if (body > 0 && wordAt(sql, i, "end")) {
                        body--;
                    }
                }
            }
        }
        // What is left has no semicolon, or a quote that is not closed: the server says which.
        addPart(parts, sql, begin, text.length, line);
        return parts;
    }

    /** Where the next statement begins: behind the data that belong to the last one, if it is a COPY that has some. */
    private static int endOfData(List<Part> parts, String sql, int begin) {
        Part last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
        if (last == null || !COPY.matcher(last.sql()).matches()) {
            return begin;
        }
        int first = sql.indexOf('\n', begin) + 1;
        Matcher end = END_OF_DATA.matcher(sql);
        if (first == 0 || !sql.substring(begin, first).isBlank() || !end.find(first)) {
            return begin;
        }
        parts.set(parts.size() - 1, new Part(last.sql(), last.line(), sql.substring(first, end.start())));
        return end.end();
    }

    private static boolean wordAt(String sql, int i, String word) {
        return sql.regionMatches(true, i, word, 0, word.length())
                && (i == 0 || !Character.isLetterOrDigit(sql.charAt(i - 1)) && sql.charAt(i - 1) != '_')
                && (i + word.length() == sql.length() || !Character.isLetterOrDigit(sql.charAt(i + word.length()))
                        && sql.charAt(i + word.length()) != '_');
    }

    /** Adds the statement between two places, if there is one; returns the line of the second place, given that of the
     * first. */
    private static int addPart(List<Part> parts, String sql, int begin, int end, int line) {
        int start = begin + skipBlank(sql.substring(begin, end));
        int first = line + newlines(sql, begin, start);
        if (start < end) {
            parts.add(new Part(sql.substring(start, end).stripTrailing(), first));
        }
        return first + newlines(sql, start, end);
    }

    public static int newlines(String sql, int begin, int end) {
        int count = 0;
        for (int i = begin; i < end; i++) {
            count += sql.charAt(i) == '\n' ? 1 : 0;
        }
        return count;
    }

    /** SQL without the blank space and comments before it. */
    public static String bare(String sql) {
        return sql.substring(skipBlank(sql));
    }

    private static int skipBlank(String sql) {
        char[] text = sql.toCharArray();
        int i = 0;
        while (i < text.length) {
            int after = text[i] == '-' ? Parser.parseLineComment(text, i)
                    : text[i] == '/' ? Parser.parseBlockComment(text, i) : i;
            if (after == i && !Character.isWhitespace(text[i]) || after == text.length) {
                return i; // SQL, or a comment that is not closed
            }
            i = after + 1;
        }
        return text.length;
    }
}
