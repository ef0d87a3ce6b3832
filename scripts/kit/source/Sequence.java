//SOURCES Language.java
//SOURCES Lexer.java
//SOURCES Text.java
//SOURCES Token.java
package kit.source;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** Tokens that stand one behind the other, and what may be asked of their neighbourhood. A place outside of them has
 * the kind 0 and the word "". */
final class Sequence {
    final List<Token> tokens;
    final int size;
    private final Lexer lexer;
    private final Language language;
    /** The kind of each token, for a look at the neighbours costs nothing so. */
    private final char[] kinds;
    private int[] match;
    private int[] outer;

    Sequence(Lexer lexer, List<Token> tokens) {
        this.lexer = lexer;
        this.language = lexer.language;
        this.tokens = tokens;
        this.size = tokens.size();
        this.kinds = new char[size];
        for (int i = 0; i < size; i++) {
            kinds[i] = tokens.get(i).kind;
        }
    }

    Language language() {
        return language;
    }

    char kind(int i) {
        return i >= 0 && i < size ? kinds[i] : 0;
    }

    boolean opens(int i) {
        return kind(i) == '(' || kind(i) == '[' || kind(i) == '{';
    }

    String word(int i) {
        return kind(i) == 'W' ? lexer.word(tokens.get(i)) : "";
    }

    boolean is(int i, String word) {
        return kind(i) == 'W' && lexer.is(tokens.get(i), word);
    }

    /** The letters before the quote of a string, such as the f of f"…"; empty where there are none. */
    String prefix(int i) {
        return kind(i) == 'S' ? lexer.prefix(tokens.get(i)) : "";
    }

    Text text(int i) {
        return lexer.text(tokens.get(i));
    }

    /** For a bracket the place of its partner; the end for one without. */
    int match(int i) {
        if (match == null) {
            match = new int[size];
            Arrays.fill(match, size);
            Deque<Integer> open = new ArrayDeque<>();
            for (int at = 0; at < size; at++) {
                char kind = kinds[at];
                if (opens(at)) {
                    open.push(at);
                } else if ((kind == ')' || kind == ']' || kind == '}') && !open.isEmpty()
                        && kinds[open.peek()] == (kind == ')' ? '(' : kind == ']' ? '[' : '{')) {
                    match[open.peek()] = at;
                    match[at] = open.pop();
                }
            }
        }
        return i >= 0 && i < size ? match[i] : size;
    }

    /** The bracket in which a token stands; -1 where there is none. */
    int outer(int i) {
        if (outer == null) {
            outer = new int[size];
            int open = -1;
            for (int at = 0; at < size; at++) {
                open = open >= 0 && match(open) == at ? outer[open] : open;
                outer[at] = open;
                open = opens(at) && match(at) > at && match(at) < size ? at : open;
            }
        }
        return i >= 0 && i < size ? outer[i] : -1;
    }

    /** Behind the partner of a bracket. */
    int behind(int bracket) {
        return Math.min(match(bracket) + 1, size);
    }

    /** Whether a sign of concatenation stands here; += is none. */
    boolean concatenates(int i) {
        return switch (language) {
            case PHP -> kind(i) == '.' && kind(i + 1) != '=';
            case ELIXIR -> kind(i) == '<' && kind(i + 1) == '>' || kind(i) == '>' && kind(i - 1) == '<';
            case SHELL, SQL -> false;
            default -> kind(i) == '+' && kind(i + 1) != '=' && kind(i + 1) != '+';
        };
    }

    /** Behind a sign of concatenation. */
    int behindSign(int i) {
        return i + (language == Language.ELIXIR ? 2 : 1);
    }

    /** Whether a string stands here that belongs to the one before it; in Python's brackets also on the next line. */
    boolean follows(int i) {
        return kind(i) == 'S' && language.adjacent() && (!tokens.get(i).newLine || language == Language.PYTHON);
    }

    /** The place of the last part of a.b.C. */
    int lastOfName(int from) {
        int i = from;
        while (language != Language.PHP && kind(i + 1) == '.' && kind(i + 2) == 'W'
                || kind(i + 1) == ':' && kind(i + 2) == ':' && kind(i + 3) == 'W') {
            i += kind(i + 1) == '.' ? 2 : 3;
        }
        return i;
    }

    /** The last part of a.b.C. */
    String qualified(int i) {
        return word(lastOfName(i));
    }

    /** The word before a parenthesis; of a macro of Rust, before its exclamation mark. */
    String call(int open) {
        return kind(open) != '(' ? "" : kind(open - 1) == '!' ? word(open - 2) : word(open - 1);
    }

    /** The name before an equals sign: x =, x := , String x =, x: &str =. */
    String assignee(int equals) {
        int i = equals - 1;
        if (kind(i) == ':') {
            i--;
        }
        if (kind(i) == 'W' && kind(i - 1) != ':' && kind(i - 1) != '&'
                && !(kind(i - 1) == 'W' && kind(i - 2) == '\'')) {
            // Go: x string = "…", where the type stands behind the name.
            return language == Language.GO && kind(i - 1) == 'W' && is(i, "string") ? word(i - 1) : word(i);
        }
        for (int steps = 0; steps < 6 && i > 0 && "W&'<>?".indexOf(kind(i)) >= 0; steps++) {
            i--;
        }
        return kind(i) == ':' ? word(i - 1) : "";
    }
}
