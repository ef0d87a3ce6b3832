//SOURCES Language.java
//SOURCES Scan.java
//SOURCES Token.java
package kit.source;

import java.util.List;
import java.util.Locale;
import java.util.Set;

import kit.source.Language.Hole;
import kit.source.Language.Quote;

/** The strings of a {@link Scan} that no pair of quotes describes, and what only looks like the beginning of one. Each
 * method gives the place behind what it has read; the place at which it was asked where there is none. */
final class Strings {
    private static final int LONGEST_REGEX = 2000;
    private static final int MOST_QUOTES = 16;
    private static final Set<String> BEFORE_A_REGEX = Set.of("return", "case", "in", "of", "when", "if", "unless",
            "and",
            "or", "not", "typeof");

    private final Scan lexer;

    Strings(Scan lexer) {
        this.lexer = lexer;
    }

    private static Token last(List<Token> tokens) {
        return tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
    }

    int lifetimeOrChar(int i) {
        int end = lexer.at(i + 1) == '\\' ? lexer.file.indexOf('\'', i + 3) + 1
                : lexer.at(i + 2) == '\'' ? i + 3
                        : Character.isHighSurrogate(lexer.at(i + 1)) && lexer.at(i + 3) == '\'' ? i + 4 : i + 1;
        return end <= i || end > i + 14 ? i + 1 : end;
    }

    private int count(int i, char c, int most) {
        int n = 0;
        while (n < most && lexer.at(i + n) == c) {
            n++;
        }
        return n;
    }

    /** C#: as many quotes close the string as open it, three or more. */
    int manyQuotes(int i, List<Token> tokens, int depth) {
        int dollars = count(i, '$', MOST_QUOTES);
        int quotes = count(i + dollars, '"', MOST_QUOTES);
        if (quotes < 3 || quotes == 3 && dollars < 2) {
            return i;
        }
        Quote quote = Quote.of("\"".repeat(quotes)).raw().lined().with(dollars == 0 ? Hole.NONE : Hole.BRACE);
        return lexer.string(i, i + dollars + quotes, quote, tokens, depth);
    }

    /** A regular expression may hold quotes: where an operand stands, a slash opens one. */
    int regex(int i, List<Token> tokens) {
        Token last = last(tokens);
        boolean operand = last == null || "(,=:[!&|?{};+-*%<>~^".indexOf(last.kind) >= 0
                || last.kind == 'W' && BEFORE_A_REGEX.contains(lexer.word(last));
        if (!operand) {
            return i;
        }
        boolean set = false;
        int most = Math.min(lexer.file.length(), i + LONGEST_REGEX);
        for (int end = i + 1; end < most && lexer.at(end) != '\n'; end++) {
            char c = lexer.at(end);
            if (c == '\\') {
                end++;
            } else if (c == '[' || c == ']') {
                set = c == '[';
            } else if (c == '/' && !set) {
                lexer.add(tokens, new Token('W', i, end + 1));
                return end + 1;
            }
        }
        return i;
    }

    /** Ruby: %q(…), %Q[…], %(…), %w(…). */
    int percent(int i, List<Token> tokens, int depth) {
        char form = lexer.at(i + 1);
        int open = "qQwWiI".indexOf(form) >= 0 ? i + 2 : i + 1;
        int pair = "([{<|".indexOf(lexer.at(open));
        Token last = last(tokens);
        if (pair < 0 || open == i + 1 && last != null && "W)S".indexOf(last.kind) >= 0) {
            return i;
        }
        Quote quote = Quote.of("%").closedBy(String.valueOf(")]}>|".charAt(pair))).lined()
                .with(form == 'q' || form == 'w' ? Hole.NONE : Hole.HASH_BRACE);
        return lexer.string(i, open + 1, quote, tokens, depth);
    }

    /** Elixir: ~s(…), ~S"""…""". */
    int sigil(int i, List<Token> tokens, int depth) {
        char form = lexer.at(i + 1);
        int pair = "([{<|/\"'".indexOf(lexer.at(i + 2));
        if (!Character.isLetter(form) || pair < 0) {
            return i;
        }
        boolean three = lexer.at(i + 2, "\"\"\"");
        Quote quote = Quote.of("~").closedBy(three ? "\"\"\"" : String.valueOf(")]}>|/\"'".charAt(pair))).lined();
        quote = Character.isUpperCase(form) ? quote.raw() : quote.with(Hole.HASH_BRACE);
        return lexer.string(i, i + 2 + (three ? 3 : 1), quote, tokens, depth);
    }

    /** A string with letters before its quote: Python's r and f, Rust's r#, Scala's interpolators. */
    int prefixed(int i, int end, List<Token> tokens, int depth) {
        char sign = lexer.at(end);
        if (sign != '"' && sign != '\'' && sign != '#' || end - i > 12) {
            return i;
        }
        String prefix = lexer.file.substring(i, end);
        return switch (lexer.language) {
            case PYTHON -> prefix.matches("(?i)[rbuft]{1,2}") && sign != '#'
                    ? python(i, end, prefix.toLowerCase(Locale.ROOT), sign, tokens, depth)
                    : i;
            case SCALA -> sign == '"' ? scala(i, end, tokens, depth) : i;
            case RUST -> prefix.matches("[bc]?r?") && sign != '\'' ? rust(i, end, prefix, tokens, depth) : i;
            default -> i;
        };
    }

    private int python(int i, int end, String prefix, char sign, List<Token> tokens, int depth) {
        String three = String.valueOf(sign).repeat(3);
        // In a raw string a backslash still keeps a quote from closing it.
        Quote quote = lexer.at(end, three) ? Quote.of(three).lined() : Quote.of(String.valueOf(sign));
        boolean holes = prefix.contains("f") || prefix.contains("t");
        return lexer.string(i, end + quote.open().length(), quote.with(holes ? Hole.BRACE : Hole.NONE), tokens, depth);
    }

    private int scala(int i, int end, List<Token> tokens, int depth) {
        Quote quote = lexer.at(end, "\"\"\"") ? Quote.of("\"\"\"").raw().lined() : Quote.of("\"");
        return lexer.string(i, end + quote.open().length(), quote.with(Hole.NAME), tokens, depth);
    }

    private int rust(int i, int end, String prefix, List<Token> tokens, int depth) {
        int hashes = count(end, '#', Integer.MAX_VALUE);
        if (lexer.at(end + hashes) != '"' || hashes > 0 && !prefix.endsWith("r")) {
            return i;
        }
        Quote quote = Quote.of("r").closedBy("\"" + "#".repeat(hashes)).lined();
        return lexer.string(i, end + hashes + 1, prefix.endsWith("r") ? quote.raw() : quote, tokens, depth);
    }
}
