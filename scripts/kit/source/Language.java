//SOURCES Text.java
package kit.source;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How a language writes strings, comments and concatenation. */
public enum Language {
    GO("go", Quote.of("\""), Quote.of("`").raw().lined(), Quote.of("'")),
    JAVA("java", Quote.of("\"\"\"").lined(), Quote.of("\""), Quote.of("'")),
    KOTLIN("kt|kts", Quote.of("\"\"\"").raw().lined().with(Hole.NAME), Quote.of("\"").with(Hole.NAME), Quote.of("'")),
    SCALA("scala|sc", Quote.of("\"\"\"").raw().lined(), Quote.of("\"")),
    GROOVY("groovy|gradle", Quote.of("\"\"\"").lined().with(Hole.NAME), Quote.of("'''").lined(),
            Quote.of("\"").with(Hole.NAME), Quote.of("'")),
    PYTHON("py|pyi", Quote.of("\"\"\"").lined(), Quote.of("'''").lined(), Quote.of("\""), Quote.of("'")),
    JAVASCRIPT("js|mjs|cjs|jsx|ts|tsx|mts|cts", Quote.of("`").lined().with(Hole.DOLLAR_BRACE), Quote.of("\""),
            Quote.of("'")),
    RUBY("rb|rake", Quote.of("\"").lined().with(Hole.HASH_BRACE), Quote.of("'").lined()),
    PHP("php", Quote.of("\"").lined().with(Hole.NAME), Quote.of("'").lined()),
    CSHARP("cs", Quote.of("$\"\"\"").closedBy("\"\"\"").raw().lined().with(Hole.BRACE),
            Quote.of("\"\"\"").raw().lined(), Quote.of("$@\"").closedBy("\"").doubling().with(Hole.BRACE),
            Quote.of("@$\"").closedBy("\"").doubling().with(Hole.BRACE),
            Quote.of("$\"").closedBy("\"").with(Hole.BRACE), Quote.of("@\"").closedBy("\"").doubling(),
            Quote.of("\""), Quote.of("'")),
    RUST("rs", Quote.of("\"").lined()),
    ELIXIR("ex|exs", Quote.of("\"\"\"").lined().with(Hole.HASH_BRACE), Quote.of("\"").lined().with(Hole.HASH_BRACE),
            Quote.of("'")),
    SHELL("sh|bash|zsh|ksh", Quote.of("\"").lined().with(Hole.NAME), Quote.of("'").raw().lined()),
    SQL("sql");

    /** What stands for a value that the run puts in, within a string. */
    enum Hole {
        NONE, NAME, BRACE, DOLLAR_BRACE, HASH_BRACE
    }

    /** How a string is written.
     *
     * @param backslash whether a backslash takes the next sign's meaning away
     * @param doubled   whether its end, written twice, is one in the text
     * @param lines     whether the string may go on over line ends */
    record Quote(String open, String close, boolean backslash, boolean doubled, Hole hole, boolean lines) {
        static Quote of(String sign) {
            return new Quote(sign, sign, true, false, Hole.NONE, false);
        }

        Quote closedBy(String sign) {
            return new Quote(open, sign, backslash, doubled, hole, lines);
        }

        Quote raw() {
            return new Quote(open, close, false, doubled, hole, lines);
        }

        Quote doubling() {
            return new Quote(open, close, false, true, hole, true);
        }

        Quote with(Hole other) {
            return new Quote(open, close, backslash, doubled, other, lines);
        }

        Quote lined() {
            return new Quote(open, close, backslash, doubled, hole, true);
        }
    }

    private static final Map<String, Language> BY_EXTENSION = new HashMap<>();

    static {
        for (Language language : values()) {
            for (String extension : language.extensions.split("\\|")) {
                BY_EXTENSION.put(extension, language);
            }
        }
    }

    private final String extensions;
    final List<Quote> quotes;

    Language(String extensions, Quote... quotes) {
        this.extensions = extensions;
        this.quotes = List.of(quotes);
    }

    /** The language of a file by its name; null where it is none that is read here. */
    public static Language of(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return BY_EXTENSION.get(name.substring(name.lastIndexOf('.') + 1));
    }

    boolean slashComments() {
        return switch (this) {
            case PYTHON, RUBY, ELIXIR, SHELL, SQL -> false;
            default -> true;
        };
    }

    boolean hashComments() {
        return switch (this) {
            case PYTHON, RUBY, ELIXIR, SHELL, PHP -> true;
            default -> false;
        };
    }

    boolean nestedComments() {
        return this == RUST || this == KOTLIN || this == SCALA;
    }

    /** Whether strings that stand one behind the other are one string. */
    boolean adjacent() {
        return this == PYTHON || this == RUBY || this == SHELL;
    }

    /** Whether its drivers send parameters without a type, so that the server's trouble with them is the program's. */
    boolean untypedParameters() {
        return switch (this) {
            case GO, PYTHON, JAVASCRIPT, RUST, ELIXIR, RUBY -> true;
            default -> false;
        };
    }

    /** Whether it has libraries that put more than a value in for a placeholder, such as rows. */
    boolean expandsParameters() {
        return switch (this) {
            case GO, PYTHON, JAVASCRIPT, RUBY, PHP, SQL -> true;
            default -> false;
        };
    }

    boolean wordStart(char c) {
        return Character.isLetter(c) || c == '_' || c == '$' && (this == PHP || this == JAVASCRIPT || this == SHELL)
                || c == '@' && (this == RUBY || this == ELIXIR);
    }

    boolean wordPart(char c) {
        return Text.wordPart(c) || c == '$' && this == JAVASCRIPT;
    }

    boolean jvm() {
        return this == JAVA || this == KOTLIN || this == GROOVY || this == SCALA;
    }
}
