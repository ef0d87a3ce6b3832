//SOURCES Language.java
//SOURCES Scan.java
//SOURCES Text.java
//SOURCES Token.java
package kit.source;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import kit.source.Language.Hole;
import kit.source.Language.Quote;

/** Here-documents of shells, Ruby and PHP: texts that stand on the lines behind the one that names their label. */
final class Heredocs {
    /** @param literal whether nothing is put into the text */
    private record Heredoc(Token token, String label, boolean indented, boolean literal) {
    }

    private final Scan lexer;
    private final Deque<Heredoc> open = new ArrayDeque<>();

    Heredocs(Scan lexer) {
        this.lexer = lexer;
    }

    /** Whether texts begin on the next line. */
    boolean waiting() {
        return !open.isEmpty();
    }

    /** Shell and Ruby: the text begins on the next line, and the rest of this one is code. */
    int open(int i, List<Token> tokens) {
        if (lexer.at(i + 1) != '<' || lexer.at(i + 2) == '<' || lexer.at(i - 1) == '<') {
            return i;
        }
        boolean shell = lexer.language == Language.SHELL;
        int at = i + 2;
        boolean indented = lexer.at(at) == '-' || lexer.at(at) == '~';
        at += indented ? 1 : 0;
        while (shell && lexer.at(at) == ' ') {
            at++;
        }
        char quote = quote(at);
        at += quote != 0 || lexer.at(at) == '\\' ? 1 : 0;
        int end = lexer.nameEnd(at);
        boolean named = shell || indented || quote != 0 || Character.isUpperCase(lexer.at(at));
        if (end == at || Character.isDigit(lexer.at(at)) || !named || quote != 0 && lexer.at(end) != quote) {
            return i;
        }
        Token token = new Token('S', i, end + (quote == 0 ? 0 : 1));
        lexer.add(tokens, token);
        token.text = new Text(0);
        boolean literal = quote == '\'' || shell && (quote != 0 || lexer.at(at - 1) == '\\');
        open.add(new Heredoc(token, lexer.file.substring(at, end), indented || !shell, literal));
        return token.end;
    }

    private char quote(int i) {
        return lexer.at(i) == '"' || lexer.at(i) == '\'' ? lexer.at(i) : 0;
    }

    /** The texts of the heredocs that were opened on the line before. */
    int bodies(int from) {
        int i = from;
        while (!open.isEmpty()) {
            Heredoc heredoc = open.poll();
            Text text = new Text(64);
            boolean closed = false;
            while (i < lexer.file.length() && !closed) {
                int end = lexer.lineEnd(i);
                String line = lexer.file.substring(i, end);
                closed = (heredoc.indented ? line.strip() : line.stripTrailing()).equals(heredoc.label);
                if (!closed) {
                    line(heredoc, text, i, end);
                }
                i = Math.min(end + 1, lexer.file.length());
            }
            if (!closed) {
                lexer.unclosed = heredoc.token.start;
            }
            heredoc.token.text = text;
        }
        lexer.nextLine();
        return i;
    }

    private void line(Heredoc heredoc, Text text, int from, int to) {
        boolean shell = lexer.language == Language.SHELL;
        for (int i = from; i < to; i++) {
            char c = lexer.at(i);
            char next = lexer.at(i + 1);
            if (heredoc.literal || c != '\\' && c != '$' && c != '#'
                    || shell && c == '\\' && "$`\\".indexOf(next) < 0) {
                text.add(c, i);
            } else if (c == '\\') {
                i++;
                text.add(i < to ? lexer.at(i) : '\n', i);
            } else if (shell ? c == '$' && (next == '{' || next == '(') : c == '#' && next == '{') {
                text.add(Text.HOLE, i);
                i = Math.min(to, balanced(i + 1, to)) - 1;
            } else if (shell && c == '$' && Text.wordPart(next)) {
                text.add(Text.HOLE, i);
                i = Math.min(to, lexer.nameEnd(i + 1)) - 1;
            } else {
                text.add(c, i);
            }
        }
        text.add('\n', to);
    }

    /** Behind the sign that closes the one at a place. */
    private int balanced(int from, int to) {
        char opens = lexer.at(from);
        char closes = opens == '{' ? '}' : ')';
        int depth = 0;
        for (int i = from; i < to; i++) {
            depth += lexer.at(i) == opens ? 1 : lexer.at(i) == closes ? -1 : 0;
            if (depth == 0) {
                return i + 1;
            }
        }
        return to;
    }

    /** PHP: the text begins on the next line, and what follows its label is code. */
    int php(int i, List<Token> tokens, int depth) {
        int at = i + 3;
        while (lexer.at(at) == ' ') {
            at++;
        }
        char quote = quote(at);
        at += quote == 0 ? 0 : 1;
        int end = lexer.nameEnd(at);
        int line = lexer.file.indexOf('\n', end);
        if (end == at || line < 0) {
            return i;
        }
        String label = lexer.file.substring(at, end);
        int close = line + 1;
        while (close < lexer.file.length()) {
            int first = afterBlanks(close);
            if (lexer.at(first, label) && !Text.wordPart(lexer.at(first + label.length()))) {
                break;
            }
            close = Math.min(lexer.file.length(), lexer.lineEnd(close) + 1);
        }
        // The text is read with an end that no text has; it ends where its label stands.
        Quote written = Quote.of("<<<").closedBy("\0").lined();
        Token token = new Token('S', i, close);
        token.text = new Text(close - line);
        lexer.fill(token, line + 1, close, quote == '\'' ? written.raw() : written.with(Hole.NAME), depth);
        lexer.add(tokens, token);
        return Math.min(lexer.file.length(), afterBlanks(close) + label.length());
    }

    private int afterBlanks(int i) {
        int at = i;
        while (lexer.at(at) == ' ' || lexer.at(at) == '\t') {
            at++;
        }
        return at;
    }
}
