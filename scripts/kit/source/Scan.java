//SOURCES Language.java
//SOURCES Text.java
//SOURCES Token.java
package kit.source;

import java.util.List;

import kit.source.Language.Quote;

/** A file that is cut into tokens: its letters, and what those who read a kind of string need of the whole. */
abstract class Scan {
    final String file;
    final Language language;
    /** Where a string opens that is not closed; -1 if there is none. */
    int unclosed = -1;
    final char[] signs;
    boolean newLine;

    Scan(String file, Language language) {
        this.file = file;
        this.signs = file.toCharArray();
        this.language = language;
    }

    char at(int i) {
        return i >= 0 && i < signs.length ? signs[i] : 0;
    }

    boolean at(int i, String text) {
        return file.startsWith(text, i);
    }

    int lineEnd(int i) {
        int end = file.indexOf('\n', i);
        return end < 0 ? signs.length : end;
    }

    /** Behind the letters, digits and low lines that stand at a place. */
    int nameEnd(int i) {
        int end = i;
        while (Text.wordPart(at(end))) {
            end++;
        }
        return end;
    }

    void add(List<Token> tokens, Token token) {
        token.newLine = newLine;
        newLine = false;
        tokens.add(token);
    }

    /** The next token comes on a line of its own. */
    void nextLine() {
        newLine = true;
    }

    String word(Token token) {
        return file.substring(token.start, token.end);
    }

    /** A string whose text begins at {@code from}; gives the place behind it. */
    abstract int string(int start, int from, Quote quote, List<Token> tokens, int depth);

    /** Reads the text of a token between two places. */
    abstract int fill(Token token, int from, int to, Quote quote, int depth);
}
