//SOURCES Candidate.java
//SOURCES Text.java
package kit.source;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import kit.source.Candidate.Kind;

/** How statements begin: quick looks that spare most strings, and most files, a reading. */
final class Beginnings {
    private static final Map<String, Kind> FIRST = new HashMap<>();
    /** In a file of SQL these are statements, too; in code they are words. */
    private static final Set<String> ONLY_IN_FILES = Set.of("begin", "commit", "rollback", "vacuum", "analyze",
            "reindex", "listen", "notify", "show", "prepare", "execute", "deallocate", "declare", "discard",
            "savepoint", "release", "start");
    /** The first two letters of the words that statements begin with, whatever their case. */
    private static final boolean[][] STARTS = new boolean[32][32];

    static {
        List.of("select", "insert", "update", "delete", "with", "merge", "values")
                .forEach(word -> FIRST.put(word, Kind.JUDGE));
        List.of("create", "alter", "drop", "set").forEach(word -> FIRST.put(word, Kind.DEFINE));
        List.of("truncate", "grant", "revoke", "copy", "refresh", "comment", "lock", "do", "call", "explain")
                .forEach(word -> FIRST.put(word, Kind.UTILITY));
        List.of("select", "insert", "update", "delete", "with", "merge", "values", "create", "alter", "drop",
                "truncate", "explain", "grant", "revoke")
                .forEach(word -> STARTS[word.charAt(0) & 31][word.charAt(1) & 31] = true);
    }

    private Beginnings() {
    }

    /** What is to be done with a statement that begins with a word; null where none does. */
    static Kind kindOf(String word, boolean script) {
        String lower = word.toLowerCase(Locale.ROOT);
        return FIRST.getOrDefault(lower, script && ONLY_IN_FILES.contains(lower) ? Kind.UTILITY : null);
    }

    /** Whether a statement may begin at a place of a file; what is not plain to see may be one. */
    static boolean maybeSql(String file, int from) {
        int i = from;
        while (i < file.length() && (file.charAt(i) <= ' ' || file.charAt(i) == '(')) {
            i++;
        }
        char c = i < file.length() ? file.charAt(i) : 0;
        if (!Character.isLetter(c)) {
            return "-/\\;\uFEFF|$<".indexOf(c) >= 0;
        }
        int end = i;
        while (end < file.length() && end < i + 12 && Character.isLetter(file.charAt(end))) {
            end++;
        }
        return kindOf(file.substring(i, end), false) != null;
    }

    /** Whether a statement may stand anywhere in a file. */
    static boolean maybeSql(String file) {
        char[] signs = file.toCharArray();
        boolean inWord = false;
        for (int i = 0; i + 1 < signs.length; i++) {
            int c = signs[i] | 32;
            boolean letter = c >= 'a' && c <= 'z';
            if (letter && !inWord && STARTS[c & 31][signs[i + 1] & 31] && begins(signs, i)) {
                return true;
            }
            inWord = letter || c >= '0' && c <= '9' || signs[i] == '_';
        }
        return false;
    }

    private static boolean begins(char[] signs, int i) {
        int end = i;
        while (end < signs.length && end < i + 10 && (signs[end] | 32) >= 'a' && (signs[end] | 32) <= 'z') {
            end++;
        }
        char next = end < signs.length ? signs[end] : 0;
        return switch (new String(signs, i, end - i).toLowerCase(Locale.ROOT)) {
            case "select" -> next <= ' ' || "(*\"'`\\".indexOf(next) >= 0;
            case "insert", "merge" -> follows(signs, end, 12, "into");
            case "delete" -> follows(signs, end, 12, "from");
            case "update" -> follows(signs, end, 200, "set");
            case "with" -> follows(signs, end, 100, "as") || follows(signs, end, 12, "recursive");
            case "values" -> next == '(' || next <= ' ';
            case "create", "alter", "drop", "truncate", "explain", "grant", "revoke" -> next <= ' ';
            default -> false;
        };
    }

    /** Whether a word stands within so many signs. */
    private static boolean follows(char[] signs, int from, int within, String word) {
        for (int i = from; i < Math.min(from + within, signs.length - word.length()); i++) {
            int at = 0;
            while (at < word.length() && (signs[i + at] | 32) == word.charAt(at)) {
                at++;
            }
            if (at == word.length() && !Character.isLetterOrDigit(signs[i - 1])
                    && !Character.isLetterOrDigit(signs[i + at])) {
                return true;
            }
        }
        return false;
    }

    /** The word at a place, as far as it can be one of these. */
    static String word(Text text, int at) {
        int end = at;
        while (Character.isLetter(text.at(end)) && end < at + 12) {
            end++;
        }
        return text.part(at, end).toString();
    }

    /** The place of the first word, behind blank space, comments and brackets. */
    static int firstWord(Text text, int from) {
        int i = from;
        while (i < text.length) {
            char c = text.at(i);
            if (c == '-' && text.at(i + 1) == '-') {
                i = text.lineEnd(i);
            } else if (c == '/' && text.at(i + 1) == '*') {
                int end = text.indexOf("*/", i + 2);
                i = end < 0 ? text.length : end + 2;
            } else if (c <= ' ' || c == '(' || c == ';' || c == '\uFEFF') {
                i++;
            } else {
                return i;
            }
        }
        return i;
    }
}
