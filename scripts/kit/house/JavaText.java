package kit.house;

import java.util.ArrayList;
import java.util.List;

/** The text of a Java file with its literals, or its comments too, blanked out: what is left stands where it stood. */
public final class JavaText {
    private final String text;
    private final StringBuilder code;
    private final StringBuilder bare;

    public JavaText(String text) {
        this.text = text;
        this.code = new StringBuilder(text);
        this.bare = new StringBuilder(text);
        int at = 0;
        while (at < text.length()) {
            at = skip(at);
        }
    }

    public String text() {
        return text;
    }

    /** Code and comments; what strings, text blocks and characters hold is blank. */
    public String code() {
        return code.toString();
    }

    /** Code alone: comments are blank, too. */
    public String bare() {
        return bare.toString();
    }

    /** The line of an offset, the first is 1. */
    public int line(int offset) {
        return 1 + (int) text.substring(0, offset).chars().filter(c -> c == '\n').count();
    }

    /** The lines with their beginnings, without their ends. */
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            lines.add(new Line(lines.size() + 1, start, end));
            start = end + 1;
        }
        return lines;
    }

    /** A line by its number, and where it begins and ends in the text. */
    public record Line(int number, int start, int end) {
        public String of(CharSequence text) {
            return text.subSequence(start, end).toString();
        }
    }

    /** Passes one character of code, or one literal or comment as a whole; the offset behind it. */
    private int skip(int at) {
        if (text.startsWith("\"\"\"", at)) {
            return literal(at, 3, end(at + 3, "\"\"\""));
        }
        if (text.charAt(at) == '"' || text.charAt(at) == '\'') {
            return literal(at, 1, end(at + 1, text.substring(at, at + 1)));
        }
        if (text.startsWith("//", at)) {
            return comment(at, until(at, "\n", 0));
        }
        if (text.startsWith("/*", at)) {
            return comment(at, until(at + 2, "*/", 2));
        }
        return at + 1;
    }

    private int end(int from, String quote) {
        int at = from;
        while (at < text.length() && !text.startsWith(quote, at)) {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at + quote.length(), text.length());
    }

    private int until(int from, String mark, int length) {
        int at = text.indexOf(mark, from);
        return at < 0 ? text.length() : at + length;
    }

    private int literal(int start, int quote, int end) {
        blank(code, start + quote, end - quote);
        blank(bare, start + quote, end - quote);
        return end;
    }

    private int comment(int start, int end) {
        blank(bare, start, end);
        return end;
    }

    private static void blank(StringBuilder where, int start, int end) {
        for (int at = start; at < end; at++) {
            if (where.charAt(at) != '\n') {
                where.setCharAt(at, ' ');
            }
        }
    }
}
