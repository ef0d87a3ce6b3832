//SOURCES Language.java
//SOURCES Text.java
package kit.source;

import java.util.ArrayList;
import java.util.List;

/** One word, one string, or one sign of a language. */
final class Token {
    /** 'S' a string, 'W' a word or number, else the sign itself. */
    final char kind;
    final int start;
    int end;
    /** Of a string; null until {@link Lexer#text} is asked for it. */
    Text text;
    /** Where the text of a string begins, and how it is written. */
    int body;
    Language.Quote quote;
    /** Whether the line ends before it, and the language takes that for the end of a statement. */
    boolean newLine;
    /** The name in each of its holes, in their order; empty where it is more than a name. */
    List<String> names = List.of();

    Token(char kind, int start, int end) {
        this.kind = kind;
        this.start = start;
        this.end = end;
    }

    void addName(String name) {
        if (names.isEmpty()) {
            names = new ArrayList<>();
        }
        names.add(name);
    }
}
