//SOURCES ../report/Stop.java
package kit.explain;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import kit.report.Stop;

/** A message, or a log with one in it, freed from what logs and programs put around it: log records become the lines
 * that psql would print, with ERROR, DETAIL, CONTEXT and STATEMENT. */
public final class ErrorText {
    private static final int LONGEST = 16 << 20;
    /** csvlog from the severity on: severity, SQLSTATE, message, detail, hint, internal query and its position,
     * context, query. */
    private static final String FIELD = ",(\"(?:[^\"]|\"\")*+\"|[^,\"\\n]*+)";
    private static final Pattern CSV = Pattern.compile("(?m)^[^\\n]*?,(ERROR|FATAL|PANIC),([0-9A-Z]{5})"
            + FIELD.repeat(7) + "[^\\n]*");
    private static final Pattern JSON_LOG = Pattern.compile("(?m)^[^\\n{]*\\{[^\\n]*\"error_severity\":[^\\n]*\\}");
    private static final Pattern JSON_FIELD = Pattern.compile("\"(\\w+)\":\"((?:[^\"\\\\]|\\\\.)*+)\"");
    /** What docker compose, kubectl, journald and syslog, build servers and log shippers write before a line. */
    private static final Pattern PREFIX = Pattern.compile("(?m)^(?:(?:\\[[^\\]\\n]{1,60}\\] +)?[A-Za-z][\\w./-]* +\\| ?"
            + "|\\[(?:pod|container)/[^\\]\\n]+\\] ?|\\[[^\\]\\n]{1,60}\\] +\\| ?"
            + "|\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d| [A-Z]{2,5})?(?: "
            + "|(?=\\t))"
            + "|[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\S+ [\\w./@-]+(?:\\[\\d+\\])?: (?:\\[\\d+-\\d+\\] ?)?"
            + "|(?:stdout|stderr) [FP] |##\\[\\w+\\])");
    /** How logs and programs show the statement, the surest first. */
    private static final List<Pattern> STATEMENTS = List.of(
            any("STATEMENT:\\s+([^\\n]+(?:\\n[ \\t]+[^\\n]+)*+)"),
            any("\\[SQL: (.*?)]\\s*(?:\\n|\\[parameters|$)"),
            any("\\b(?:grammar|SQL) \\[(.*?)](?:;| \\[|\\s*(?:\\n|$))"),
            // Flyway, Liquibase, goose, golang-migrate, Atlas, Supabase
            any("(?m)^Statement  : (.*?)(?=\\n\\n|\\n\\tat |\\z)"),
            any("\\[Failed SQL: (?:\\(\\d+\\) )?(.*?)]\\s*(?:\\n|$)"),
            any("failed to execute SQL query \"(.*?)\": "), any("\\bin line \\d+: (.*?) \\(details: "),
            any("executing statement \"(.*?)\" from version "),
            any("(?m)^At statement:? \\d+:? *\\n?(.*?)(?=\\n\\n|\\z)"),
            // Drizzle, TypeORM, Sequelize, Ecto, Laravel, Doctrine
            any("Failed query: (.*?)\\s*\\nparams:"),
            any("\\b(?:query|sql): '((?:[^'\\\\]|\\\\.|'')*+)'(?:,|\\s*\\n|\\s*})"),
            any("\\b(?:query|sql): `(.*?)`(?:,|\\s*\\n|\\s*})"),
            any("\\b(?:query|sql): \"(.*?)\"(?:,\\s*\\n|\\s*\\n|\\s*})"),
            any("(?m)^ +query: ([^\\s'`\"][^\\n]*)$"),
            any("\\((?:Connection: \\w+, )?SQL: (.*?)\\)\\s*(?:\\n|$)"),
            any("while executing '(.*?)'(?: with params|:)"),
            // EF Core, GORM, Knex and MikroORM
            any("Failed executing DbCommand[^\\n]*\\n(.*?)(?=\\n\\S|\\n *\\n|\\z)"),
            any("(?m)\\[rows:-?\\d+\\]\\s+(.*?)$"),
            any("(?m)((?:select|insert|update|delete|with) [^\\n]*?) - (?=(?:column|relation|null value|duplicate key"
                    + "|insert or update|new row|invalid input|function|operator|canceling|current transaction)\\b)"));
    /** The lines that a compiler shows of the source, with their numbers before them. */
    private static final Pattern MACRO = Pattern.compile(
            "(?s)sqlx::query(?:_\\w+)?!\\s*\\(\\s*(?:\\w+\\s*,\\s*)?(?:r?#*)\"(.*?)(?<!\\\\)\"");
    private static final Pattern GUTTER = Pattern.compile("(?m)^ *\\d* *\\|[ /|]*(?:[\\^_]+[^\\n]*)?");

    private ErrorText() {
    }

    private static Pattern any(String pattern) {
        return Pattern.compile(pattern, Pattern.DOTALL);
    }

    /** Reads the option's value: the text itself, a file, or stdin. */
    public static String read(String option) throws IOException {
        String text = option;
        if (option.equals("-")) {
            text = text(System.in, "stdin");
        } else if (option.length() < 4096 && !option.contains("\n") && Files.isRegularFile(asPath(option))) {
            try (InputStream in = Files.newInputStream(asPath(option))) {
                text = text(in, option);
            }
        }
        if (text.equals(option) && option.matches("\\S+")) {
            throw Stop.usage("--error " + option + " is no file that can be read, and no message: give the line with "
                    + "“… does not exist”, in quotes, or the file that holds it");
        }
        return text;
    }

    private static Path asPath(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return Path.of("");
        }
    }

    private static String text(InputStream in, String what) throws IOException {
        byte[] bytes = in.readNBytes(LONGEST + 1);
        if (bytes.length > LONGEST) {
            throw Stop.usage(what + " holds more than " + (LONGEST >> 20) + " MB: give the part around the message, "
                    + "such as grep -C 20 'does not exist'");
        }
        // PowerShell writes UTF-16.
        boolean wide = bytes.length > 1 && (bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE
                || bytes[0] == (byte) 0xFE && bytes[1] == (byte) 0xFF);
        String text = new String(bytes, wide ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
        if (text.indexOf('\0') >= 0) {
            throw Stop.usage(what + " holds NUL, a byte that no message has: give it as text, in UTF-8");
        }
        return text;
    }

    /** The text as psql would show it. */
    static String clean(String raw) {
        String text = raw.replace("\r\n", "\n");
        // A line that was cut by its prefix belongs together; twice, for a prefix may stand before another.
        text = PREFIX.matcher(PREFIX.matcher(text.replaceAll("\u001b\\[[0-9;]*m", "")).replaceAll("")).replaceAll("");
        text = text.replace("#011", "\t");
        text = CSV.matcher(text).replaceAll(m -> Matcher.quoteReplacement(record(
                IntStream.of(1, 2, 3, 4, 5, 8, 9).mapToObj(m::group).map(ErrorText::unquoted).toList())));
        text = JSON_LOG.matcher(text).replaceAll(m -> Matcher.quoteReplacement(record(m.group())));
        // Log lines in JSON escape the quotes, once for each JSON around them; Node shows long strings in pieces.
        // The last of them stands before the closing one, which would read as one quote doubled.
        return text.replaceAll("\\\\+\"(?=\")", "\" ").replaceAll("\\\\+\"", "\"")
                .replaceAll("\\\\+n' \\+\\s*'", "\n").replaceAll("' \\+\\n\\s*'", "")
                .replaceAll("\\\\+[nr]", "\n").replaceAll("\\\\+t", "\t");
    }

    private static String unquoted(String field) {
        return field.startsWith("\"") ? field.substring(1, field.length() - 1).replace("\"\"", "\"") : field;
    }

    private static String record(String json) {
        var fields = JSON_FIELD.matcher(json).results()
                .collect(Collectors.toMap(m -> m.group(1), m -> unescaped(m.group(2)), (a, b) -> a));
        return record(List.of("error_severity", "state_code", "message", "detail", "hint", "context", "statement")
                .stream().map(name -> fields.getOrDefault(name, "")).toList());
    }

    private static String unescaped(String json) {
        return json.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"").replace("\\\\", "\\");
    }

    /** Severity, SQLSTATE, message, detail, hint, context, statement. */
    private static String record(List<String> fields) {
        List<String> titles = List.of("DETAIL", "HINT", "CONTEXT", "STATEMENT");
        return fields.get(0) + ":  " + fields.get(1) + ": " + fields.get(2) + IntStream.range(0, 4)
                .filter(i -> !fields.get(i + 3).isEmpty())
                .mapToObj(i -> "\n" + titles.get(i) + ":  " + fields.get(i + 3).replace("\n", "\n\t"))
                .collect(Collectors.joining());
    }

    /** The failing statement that a text holds; null where there is none. */
    static String statement(String text) {
        for (Pattern pattern : STATEMENTS) {
            String found = pattern.matcher(text).results().map(m -> m.group(1).strip().replaceFirst(";$", ""))
                    .filter(sql -> !sql.isEmpty()).findFirst().orElse(null);
            if (found != null) {
                return found;
            }
        }
        return MACRO.matcher(GUTTER.matcher(text).replaceAll("")).results().map(m -> m.group(1).strip()).findFirst()
                .orElse(null);
    }

    /** What psql and drivers that imitate it show of the statement; a line, perhaps cut off. */
    static String shownLines(String text) {
        return Pattern.compile("(?m)^LINE \\d+: (.*)$").matcher(text).results().map((MatchResult m) -> m.group(1))
                .collect(Collectors.joining("\n"));
    }
}
