//SOURCES Heredocs.java
//SOURCES Language.java
//SOURCES Scan.java
//SOURCES Strings.java
//SOURCES Text.java
//SOURCES Token.java
package kit.source;

import java.util.ArrayList;
import java.util.List;

import kit.source.Language.Hole;
import kit.source.Language.Quote;

/** Cuts a file into tokens, once from its beginning to its end: whatever the text, the time is in proportion to its
 * length. */
public final class Lexer extends Scan {
    /** Deeper nested interpolation is taken as plain text. */
    private static final int DEEPEST = 20;

    /** The file's own tokens, and those of each interpolated expression. */
    final List<List<Token>> sequences = new ArrayList<>();
    private final Heredocs heredocs;
    private final Strings strings;
    private final boolean slashComments;
    private final boolean hashComments;

    public Lexer(String file, Language language) {
        super(file, language);
        this.heredocs = new Heredocs(this);
        this.strings = new Strings(this);
        this.slashComments = language.slashComments();
        this.hashComments = language.hashComments();
    }

    List<List<Token>> tokens() {
        lex(language == Language.PHP ? afterHtml(0) : 0, (char) 0, 0);
        return sequences;
    }

    private int afterHtml(int i) {
        int open = file.indexOf("<?", i);
        return open < 0 ? file.length() : at(open, "<?php") ? open + 5 : at(open, "<?=") ? open + 3 : open + 2;
    }

    /** Reads tokens to the sign that closes an interpolation, or to the end; gives the place behind it. */
    private int lex(int from, char closer, int depth) {
        List<Token> tokens = new ArrayList<>();
        sequences.add(tokens);
        char opener = closer == '}' ? '{' : closer == ')' ? '(' : 0;
        int open = 0;
        int i = from;
        while (i < signs.length) {
            char c = signs[i];
            if (c == '\n') {
                newLine = true;
                i = heredocs.waiting() ? heredocs.bodies(i + 1) : i + 1;
            } else if (c == '\\' && (at(i + 1) == '\n' || at(i + 1) == '\r' && at(i + 2) == '\n')) {
                i += at(i + 1) == '\n' ? 2 : 3;
            } else if (c <= ' ') {
                i++;
            } else if (closer != 0 && c == closer && open == 0) {
                return i + 1;
            } else {
                open += closer != 0 && c == opener ? 1 : closer != 0 && c == closer ? -1 : 0;
                i = token(i, c, tokens, depth);
            }
        }
        return i;
    }

    private int token(int i, char c, List<Token> tokens, int depth) {
        if (language.wordStart(c)) {
            return word(i, tokens, depth);
        }
        int comment = comment(i, c);
        if (comment > i) {
            return comment;
        }
        if (language == Language.PHP && c == '?' && at(i + 1) == '>') {
            add(tokens, new Token(';', i, i + 2));
            return afterHtml(i);
        }
        int special = special(i, c, tokens, depth);
        if (special > i) {
            return special;
        }
        for (Quote quote : language.quotes) {
            if (c == quote.open().charAt(0) && at(i, quote.open())) {
                return string(i, i + quote.open().length(), quote, tokens, depth);
            }
        }
        if (c >= '0' && c <= '9') {
            int end = nameEnd(i + 1);
            add(tokens, new Token('W', i, end));
            return end;
        }
        if (language == Language.SHELL && c == '\\') {
            return i + 2;
        }
        add(tokens, new Token(c, i, i + 1));
        return i + 1;
    }

    private int comment(int i, char c) {
        boolean hash = c == '#' && hashComments
                && (language != Language.SHELL || i == 0 || at(i - 1) <= ' ' || at(i - 1) == ';')
                && !(language == Language.PHP && at(i + 1) == '[');
        if (hash || c == '/' && at(i + 1) == '/' && slashComments) {
            int end = lineEnd(i);
            int php = language == Language.PHP ? file.substring(i, end).indexOf("?>") : -1;
            return php >= 0 ? i + php : end;
        }
        if (c != '/' || at(i + 1) != '*' || !slashComments) {
            return i;
        }
        int depth = 1;
        int end = i + 2;
        while (end < file.length() && depth > 0) {
            boolean closes = at(end) == '*' && at(end + 1) == '/';
            boolean opens = language.nestedComments() && at(end) == '/' && at(end + 1) == '*';
            depth += opens ? 1 : closes ? -1 : 0;
            end += opens || closes ? 2 : 1;
        }
        return end;
    }

    /** Strings that no pair of quotes describes; the same place where there is none. */
    private int special(int i, char c, List<Token> tokens, int depth) {
        return switch (language) {
            case RUST, SCALA -> c == '\'' ? strings.lifetimeOrChar(i) : i;
            case RUBY -> c == '%' ? strings.percent(i, tokens, depth)
                    : c == '<' ? heredocs.open(i, tokens) : c == '/' ? strings.regex(i, tokens) : i;
            case SHELL -> c == '<' ? heredocs.open(i, tokens) : i;
            case PHP -> at(i, "<<<") ? heredocs.php(i, tokens, depth) : i;
            case JAVASCRIPT -> c == '/' ? strings.regex(i, tokens) : i;
            case ELIXIR -> c == '~' ? strings.sigil(i, tokens, depth)
                    : c == '?' && at(i + 1) > ' ' && !language.wordPart(at(i - 1))
                            ? i + 2 + (at(i + 1) == '\\' ? 1 : 0)
                            : i;
            case CSHARP -> strings.manyQuotes(i, tokens, depth);
            default -> i;
        };
    }

    private int word(int i, List<Token> tokens, int depth) {
        int end = i + 1;
        while (language.wordPart(at(end))) {
            end++;
        }
        int prefixed = strings.prefixed(i, end, tokens, depth);
        if (prefixed > i) {
            return prefixed;
        }
        add(tokens, new Token('W', i, end));
        return end;
    }

    /** A string whose text begins at {@code from}; gives the place behind it. */
    @Override
    int string(int start, int from, Quote quote, List<Token> tokens, int depth) {
        Token token = new Token('S', start, from);
        token.body = from;
        token.quote = quote;
        // Most strings are nobody's business: their text is made when it is asked for.
        token.text = quote.hole() == Hole.NONE ? null : new Text(24);
        int end = fill(token, from, file.length(), quote, depth);
        if (end < 0) {
            // Not a string after all: an apostrophe in a comment of a kind that is not known, or the file is cut off.
            unclosed = quote.lines() ? start : unclosed;
            return -end;
        }
        token.end = end;
        add(tokens, token);
        return end;
    }

    /** Reads a string's text into its token; gives the place behind its end, as a negative number where it has none. */
    @Override
    int fill(Token token, int from, int to, Quote quote, int depth) {
        Text text = token.text;
        char close = quote.close().charAt(0);
        int i = from;
        while (i < to) {
            char c = signs[i];
            if (c == close && (quote.close().length() == 1 || at(i, quote.close()))) {
                if (!quote.doubled() || at(i + 1) != c) {
                    return i + quote.close().length();
                }
                if (text != null) {
                    text.add(c, i);
                }
                i += 2;
            } else if (c == '\n' && !quote.lines()) {
                return -i;
            } else if (c == '\\' && quote.backslash() && i + 1 < to) {
                i = text == null ? i + 2 : escape(text, i);
            } else if (text == null) {
                i++;
            } else {
                int hole = depth < DEEPEST ? hole(token, i, c, quote.hole(), depth) : i;
                if (hole == i) {
                    text.add(c, i);
                    hole++;
                }
                i = hole;
            }
        }
        return quote.close().equals("\0") ? i : -i;
    }

    Text text(Token token) {
        if (token.text == null) {
            token.text = new Text(token.end - token.body);
            fill(token, token.body, token.end, token.quote, DEEPEST);
        }
        return token.text;
    }

    private int escape(Text text, int i) {
        char c = at(i + 1);
        switch (c) {
            case 'n' -> text.add('\n', i);
            case 't', 'r' -> text.add(' ', i);
            case '\n' -> {
                // A line that goes on; Rust drops the space before it, and to SQL it is the same.
            }
            case 'u' -> {
                int end = i + 2;
                int code = 0;
                while (end < i + 6 && Character.digit(at(end), 16) >= 0) {
                    code = code * 16 + Character.digit(at(end++), 16);
                }
                text.add(end == i + 6 ? (char) code : '?', i);
                return end;
            }
            default -> text.add(c, i);
        }
        return i + 2;
    }

    /** Reads what the run puts in here, and marks it; the same place where nothing is put in. */
    private int hole(Token token, int i, char c, Hole kind, int depth) {
        char next = at(i + 1);
        if (kind == Hole.BRACE && (c == '{' || c == '}') && next == c) {
            token.text.add(c, i);
            return i + 2;
        }
        boolean braces = switch (kind) {
            case NONE -> false;
            case DOLLAR_BRACE -> c == '$' && next == '{';
            case HASH_BRACE -> c == '#' && next == '{';
            case BRACE -> c == '{';
            case NAME -> c == '$' && next == '{' || c == '{' && next == '$' && language == Language.PHP
                    || c == '$' && next == '(' && language == Language.SHELL;
        };
        if (braces) {
            boolean pending = newLine;
            int sequence = sequences.size();
            char closer = language == Language.SHELL && next == '(' ? ')' : '}';
            int end = lex(kind == Hole.BRACE ? i + 1 : i + 2, closer, depth + 1);
            newLine = pending;
            token.text.add(Text.HOLE, i);
            List<Token> inner = sequences.get(sequence);
            token.addName(inner.size() == 1 && inner.get(0).kind == 'W' ? word(inner.get(0)) : "");
            return end;
        }
        boolean name = kind == Hole.NAME && c == '$' && (Character.isLetter(next) || next == '_'
                || language == Language.SHELL && Character.isDigit(next));
        if (!name) {
            return i;
        }
        int end = nameEnd(i + 2);
        if (language == Language.PHP && at(end, "->")) {
            end = nameEnd(end + 2);
        }
        token.text.add(Text.HOLE, i);
        token.addName(file.substring(language == Language.PHP ? i : i + 1, end));
        return end;
    }

    /** The letters with which a string begins, before its quote. */
    String prefix(Token token) {
        return file.substring(token.start, nameEnd(token.start));
    }

    /** Whether a token is this word. */
    boolean is(Token token, String word) {
        return token.kind == 'W' && token.end - token.start == word.length() && at(token.start, word);
    }
}
