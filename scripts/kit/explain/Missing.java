//SOURCES ../postgres/Catalogue.java
//SOURCES Message.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Stop.java
package kit.explain;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.postgres.Catalogue;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Stop;

/** What a message says is missing.
 *
 * @param relation  table or view, null where the message does not name it
 * @param column    null where the relation itself is missing
 * @param statement the failing statement, null where the message does not hold it
 * @param state     42703 or 42P01
 * @param others    what the text names besides */
public record Missing(String relation, String column, String statement, String state, List<String> others) {
    private static final int LONGEST = 16 << 20;
    private static final Pattern STATEMENT = Pattern.compile("STATEMENT:\\s+([^\\n]+(?:\\n[ \\t]+[^\\n]+)*+)"
            + "|\\[SQL: (.*?)]\\s*(?:\\n|\\[parameters|$)|(?:grammar|SQL) \\[(.*?)](?:;| \\[|\\s*(?:\\n|$))",
            Pattern.DOTALL);

    /** Reads the option's value: the text itself, a file, or stdin. */
    public static Missing read(String option) throws IOException {
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
        return in(text);
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
        return new String(bytes, wide ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
    }

    /** Reads a message, or a whole log with one in it.
     *
     * @throws Stop where it names nothing that is missing */
    public static Missing in(String raw) {
        // Log lines in JSON escape the quotes, once for each JSON around them; terminals' logs are painted.
        String text = raw.replaceAll("\\\\+\"", "\"").replaceAll("\\\\+[nr]", "\n").replaceAll("\\\\+t", "\t")
                .replaceAll("\u001b\\[[0-9;]*m", "");
        List<List<String>> all = Message.missing(text);
        if (all.isEmpty()) {
            throw Stop.usage(text.contains("missing FROM-clause entry")
                    ? "--error is about a table alias that the statement does not define, not about a missing table: "
                            + "look at the statement's FROM"
                    : "--error names no missing column or table: give the line with “column … does not exist” (42703) "
                            + "or “relation … does not exist” (42P01)");
        }
        String column = all.get(0).get(1);
        List<String> others = all.stream().skip(1).map(each -> each.get(1) == null ? each.get(0)
                : each.get(0) == null ? each.get(1) : each.get(0) + "." + each.get(1)).toList();
        return new Missing(all.get(0).get(0), column, statement(text), column == null ? "42P01" : "42703", others);
    }

    private static String statement(String text) {
        Matcher m = STATEMENT.matcher(text);
        return !m.find() ? null : Stream.of(m.group(1), m.group(2), m.group(3)).filter(each -> each != null)
                .findFirst().map(s -> s.strip().replaceFirst(";$", "")).orElse(null);
    }

    String name() {
        return column == null ? relation : column;
    }

    String what() {
        return column == null ? "table " + relation
                : "column " + column + (relation == null ? "" : " of " + relation);
    }

    /** The tables of a database that have it after all, as "schema.table"; more than one where the message does not
     * name the table. */
    List<String> in(Catalogue catalogue) {
        return catalogue.tables().entrySet().stream()
                .filter(t -> relation == null || t.getKey().endsWith("." + relation))
                .filter(t -> column == null || t.getValue().containsKey(column)).map(Map.Entry::getKey).toList();
    }

    /** The smallest statement that fails for the same reason. */
    String probe(String table) {
        return "SELECT " + (column == null ? "*" : Sql.identifier(column)) + " FROM "
                + Sql.identifier(column == null ? relation : table);
    }

    /** Says it as the first step of the report. */
    public void describe(Report report) {
        report.bad(what() + " does not exist (SQLSTATE " + state + ")");
        if (statement != null) {
            report.say("in  " + statement);
        }
        others.forEach(other -> report.skipped(other, "the text names it, too; run again with its message alone"));
    }
}
