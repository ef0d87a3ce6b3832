//SOURCES Text.java
package kit.source;

import java.util.List;

/** Texts that are filled in: %s, %d, %[1]s, %1$s, {}, {0} and {name}. */
final class Formats {
    private static final int LONGEST_BRACES = 60;

    private Formats() {
    }

    /** The text with what is known in it, and the rest marked. */
    static Text filled(Text format, List<Text> arguments) {
        Text text = new Text(format.length + 64);
        int turn = 0;
        for (int i = 0; i < format.length; i++) {
            char c = format.at(i);
            int end = c == '%' ? verbEnd(format, i, true) : c == '{' ? braceEnd(format, i) : -1;
            if ((c == '%' || c == '{' || c == '}') && format.at(i + 1) == c) {
                text.add(format, i, ++i);
            } else if (end < 0) {
                text.add(format, i, i + 1);
            } else {
                int number = number(format, i + 1, end);
                int which = number < 0 ? turn++ : c == '%' ? number - 1 : number;
                Text argument = which >= 0 && which < arguments.size() ? arguments.get(which) : null;
                if (argument == null) {
                    text.add(Text.HOLE, format.offset(i));
                } else {
                    text.add(argument);
                }
                i = end - 1;
            }
        }
        return text;
    }

    /** The number in %[2]s, %2$s or {2}; -1 where there is none. */
    private static int number(Text format, int from, int to) {
        int at = format.at(from) == '[' ? from + 1 : from;
        int end = at;
        while (end < to && Character.isDigit(format.at(end)) && end - at < 6) {
            end++;
        }
        boolean counts = end > at && (format.at(from) == '[' || format.at(end) == '$' || format.at(end) == '}');
        return counts ? Integer.parseInt(format.part(at, end).toString()) : -1;
    }

    /** Behind %s and its kin; -1 where no verb stands. */
    static int verbEnd(Text text, int i) {
        return verbEnd(text, i, false);
    }

    /** @param sure whether the text is one that is filled in, so that %s_x is a verb, too */
    private static int verbEnd(Text text, int i, boolean sure) {
        int at = i + 1;
        while ("#+-.[]$0123456789".indexOf(text.at(at)) >= 0 && at < i + 8) {
            at++;
        }
        boolean verb = "sdvqxXtfgeiurT".indexOf(text.at(at)) >= 0 && (sure || !Text.wordPart(text.at(at + 1)));
        return verb ? at + 1 : -1;
    }

    /** Behind {}, {0} or {name}; -1 where something else stands in braces. */
    static int braceEnd(Text text, int i) {
        int at = i + 1;
        while (at < i + LONGEST_BRACES && text.at(at) != 0
                && (Text.wordPart(text.at(at)) || ".!:[]".indexOf(text.at(at)) >= 0)) {
            at++;
        }
        return text.at(at) == '}' ? at + 1 : -1;
    }

    /** Kotlin's and Scala's margins: what stands before a bar at the beginning of a line is no part of the text. */
    static Text withoutMargin(Text text) {
        Text bare = new Text(text.length);
        boolean lineStart = true;
        for (int i = 0; i < text.length; i++) {
            char c = text.at(i);
            if (lineStart && c == '|') {
                lineStart = false;
            } else {
                lineStart = c == '\n' || lineStart && Character.isWhitespace(c);
                bare.add(text, i, i + 1);
            }
        }
        return bare;
    }
}
