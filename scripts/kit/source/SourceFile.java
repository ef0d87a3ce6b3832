//SOURCES Language.java
//SOURCES ../report/Where.java
package kit.source;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import kit.report.Where;

/** A file of code or SQL. What is asked of its whole text is looked up once, however many statements ask. */
public final class SourceFile {
    private static final Pattern OTHER = Pattern.compile("(?i)mysql|sqlite|mariadb|sqlserver|mssql|cassandra|gocql"
            + "|clickhouse|bigquery|snowflake|duckdb|oracle|hsqldb|(?<![a-z0-9])h2(?![a-z0-9])|cockroach|spanner"
            + "|sparksql|spark\\.sql|tarantool|dynamodb|influx|\\bsoql\\b|salesforce|\\bwmi\\b|\\bwin32_|\\bksql"
            + "|\\btrino\\b|\\bpresto(?:db|sql)|\\bathena\\b|\\bhive(?:ql|server)?\\b|couchbase|n1ql|cosmosdb|jcr-sql");
    /** What a file of SQL holds that is for another database. */
    private static final Pattern OTHER_SCRIPT = Pattern.compile("(?im)\\bauto_?increment\\b|\\bengine\\s*="
            + "|^\\s*go\\s*$|\\bn?varchar2\\b|\\bnvarchar\\b|\\bidentity\\s*\\(|\\btinyint\\b"
            + "|\\bint(?:eger)?\\s+unsigned\\b|^\\s*use\\s+[\\w`\\[\\]]+\\s*;|^\\s*pragma\\s|^\\s*delimiter\\s"
            + "|\\b(?:medium|long)text\\b|`\\w+`\\s*[(,.)]|\\bwithout\\s+rowid\\b");
    private static final Pattern POSTGRES = Pattern
            .compile("(?i)postgres|pgx|lib/pq|psycopg|asyncpg|npgsql|postgrex|['\"]pg['\"]|\\bpq\\b");
    private static final Pattern TEST = Pattern.compile("(?i)test|spec|fixture|mock|example");

    public final Path path;
    public final Language language;
    final String text;
    private final Map<Pattern, Boolean> asked = new HashMap<>();
    /** Where each line begins; found when it is first asked for. */
    private int[] lines;
    private Boolean otherDatabase;

    public SourceFile(Path path, String text, Language language) {
        this.path = path;
        this.text = text;
        this.language = language;
    }

    /** Whether the pattern is found in the text. */
    synchronized boolean has(Pattern pattern) {
        return asked.computeIfAbsent(pattern, p -> p.matcher(text).find());
    }

    synchronized int line(int offset) {
        if (lines == null) {
            IntStream behindLines = IntStream.range(0, text.length()).filter(i -> text.charAt(i) == '\n')
                    .map(i -> i + 1);
            lines = IntStream.concat(IntStream.of(0), behindLines).toArray();
        }
        int at = Arrays.binarySearch(lines, Math.min(offset, text.length()));
        return at >= 0 ? at + 1 : -at - 1;
    }

    public Where at(int offset) {
        return Where.of(path, line(offset));
    }

    /** The lines from one place to another, with some before and behind. */
    String lines(int start, int before, int end, int after) {
        int from = start;
        for (int i = 0; i <= before && from > 0; i++) {
            from = text.lastIndexOf('\n', from - 1);
        }
        int to = end;
        for (int i = 0; i <= after && to >= 0 && to < text.length(); i++) {
            to = text.indexOf('\n', to + 1);
        }
        return text.substring(Math.max(0, from), to < 0 ? text.length() : Math.min(to, text.length()));
    }

    /** Line and column, the line, and a caret below the place; of a line that is long, the part around it. */
    public String shown(int offset) {
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
    synchronized boolean otherDatabase() {
        if (otherDatabase == null) {
            otherDatabase = language == Language.SQL && OTHER_SCRIPT.matcher(text).find() || ofOther();
        }
        return otherDatabase;
    }

    private boolean ofOther() {
        String name = path.getFileName().toString();
        return OTHER.matcher(name).find() ? !POSTGRES.matcher(name).find()
                : OTHER.matcher(text).find() && !POSTGRES.matcher(text).find()
                        && !POSTGRES.matcher(path.toString()).find();
    }

    /** Whether its name or that of a folder above it says that it is there for tests. */
    public boolean test() {
        return TEST.matcher(path.toString()).find();
    }
}
