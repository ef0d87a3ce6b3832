//SOURCES Language.java
//SOURCES ../report/Where.java
package kit.source;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import kit.report.Where;

/** A file of code or SQL. What is asked of its whole text is looked up once, however many statements ask. */
public final class SourceFile {
    private static final Pattern OTHER = Pattern.compile("(?i)mysql|sqlite|mariadb|sql_?server|mssql|cassandra|gocql"
            + "|clickhouse|bigquery|snowflake|duckdb|oracle|hsqldb|(?<![a-z0-9])h2(?![a-z0-9])|cockroach|spanner"
            + "|sparksql|spark\\.sql|tarantool|dynamodb|influx|\\bsoql\\b|salesforce|\\bwmi\\b|\\bwin32_|\\bksql"
            + "|\\btrino\\b|\\bpresto(?:db|sql)|\\bathena\\b|\\bhive(?:ql|server)?\\b|couchbase|n1ql|cosmosdb|jcr-sql"
            + "|(?<![a-z0-9])db2|\\btidb|sybase|informix|(?<![a-z])derby|firebird|teradata|vertica\\b|transact_?sql|\\btsql\\b"
            + "|singlestore|(?<![a-z])SqlConnection|data\\.sqlclient|androidx\\.room|\\bexqlite|\\bmyxql|libsql|\\bturso"
            + "|sparql|tdengine|questdb|databricks|redshift|\\bhana\\b|\\bingres\\b|\\bmaxdb|exasol|netezza");
    /** A folder of this name holds what is for another database. */
    private static final Pattern OTHER_FOLDER = Pattern.compile("(?i)(?:.*[_.-])?(?:mysql|sqlite3?|mariadb|mssql"
            + "|sql_?server|oracle|h2|hsqldb|db2|derby|clickhouse|cassandra|cockroach(?:db)?|duckdb|bigquery|snowflake)"
            + "(?:[_.-].*)?");
    /** What a file of SQL holds that is for another database. */
    private static final Pattern OTHER_SCRIPT = Pattern.compile("(?im)\\bauto_?increment\\b|\\bengine\\s*="
            + "|^\\s*go\\s*$|\\bn?varchar2\\b|\\bnvarchar\\b|\\bidentity\\s*\\(|\\btinyint\\b"
            + "|\\bint(?:eger)?\\s+unsigned\\b|^\\s*use\\s+[\\w`\\[\\]]+\\s*;|^\\s*pragma\\s|^\\s*delimiter\\s"
            + "|\\b(?:medium|long)text\\b|`\\w+`\\s*[(,.)]|\\bwithout\\s+rowid\\b");
    private static final Pattern POSTGRES = Pattern
            .compile("(?i)postgres|pgx|lib/pq|psycopg|asyncpg|npgsql|postgrex|['\"]pg['\"]|\\bpq\\b");
    private static final Pattern TEST = Pattern.compile("(?:^|.*[\\\\/._-])(?i:tests?|specs?|fixtures?|mocks?|examples?"
            + "|testing|testdata|test_?utils?|__tests__|__mocks__|e2e|(?:unit|integration|it)_?tests?|testcases?)"
            + "(?:[\\\\/._-].*)?|.*(?:Tests?|IT|Specs?|TestCase|Mock|Fixture)\\.\\w+|.*[\\\\/](?:Test|Fake|Mock)[A-Z]\\w*\\.\\w+");
    /** Libraries that take the database's place; in a file that uses one nothing reaches a database. */
    private static final Pattern MOCKED = Pattern.compile("sqlmock|pgxmock|mock-knex|knex-mock-client|pgmock|pg-mock"
            + "|MockDataProvider|MockFileDatabase|MockDatabase|[\"']pg-mem[\"']|go-mocket|mockrunner|MockConnectionFactory"
            + "|(?:jest|vi|proxyquire|mock)\\.?(?:do)?(?:mock|Mock|module)?\\(\\s*['\"`](?:pg|postgres|pg-promise|mysql2?|knex"
            + "|@vercel/postgres|slonik|pg-pool)['\"`]|r2dbc\\.spi\\.test|sea_orm::Mock|pg_fake|UnifiedAlchemyMagicMock"
            + "|AlchemyMagicMock|patch\\(\\s*[\"'](?:psycopg2?|asyncpg|sqlalchemy)[\\w.]*[\"']");
    /** A test that goes to a version of the schema that is not the last one. */
    private static final Pattern EARLIER = Pattern.compile("UpTo(?:Context)?\\(|DownTo(?:Context)?\\(|up-to|down-to"
            + "|(?i:migrate_?to|migrate_?up_?to|upgrade_?to|downgrade_?to|rollback_?to)|\\.Migrate\\(|\\.Steps\\(|\\.target\\("
            + "|command\\.(?:up|down)grade\\(|executor\\.migrate\\(|MigrationExecutor|MigratorTestCase|migrate_from"
            + "|ActiveRecord::Migrator|\\.(?:run|down|up)_migrations?\\(|undoLastMigration|migrate\\.(?:latest|up|down)\\("
            + "|Migrator\\.(?:run|up|down)|MigrateTo|--target|downgrade|MigrationTest|old schema|legacy schema");

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
        String name = name();
        if (OTHER.matcher(name).find()) {
            return !POSTGRES.matcher(name).find();
        }
        int folders = path.getNameCount() - 1;
        for (int i = Math.max(0, folders - 2); i < folders; i++) {
            if (OTHER_FOLDER.matcher(path.getName(i).toString()).matches()) {
                return true;
            }
        }
        return OTHER.matcher(text).find() && !POSTGRES.matcher(text).find() && !POSTGRES.matcher(path.toString()).find();
    }

    /** Whether the last database that the code names before a place, in the lines above it, is another one. */
    boolean otherDatabaseAbove(int offset) {
        String above = lines(offset, 25, offset, 0);
        int other = last(OTHER, above);
        return other >= 0 && other > last(POSTGRES, above);
    }

    private static int last(Pattern pattern, String text) {
        return pattern.matcher(text).results().mapToInt(MatchResult::start).reduce(-1, (a, b) -> b);
    }

    /** Whether a list of what a project needs names drivers of other databases only. */
    static boolean ofOtherDriver(String manifest) {
        return OTHER.matcher(manifest).find() && !POSTGRES.matcher(manifest).find();
    }

    String name() {
        return path.getFileName().toString();
    }

    /** Whether a mock takes the database's place in it. */
    boolean mocked() {
        return has(MOCKED);
    }

    /** Whether it is a test about an earlier version of the schema. */
    boolean ofEarlierSchema() {
        return test() && has(EARLIER);
    }

    /** Whether its name or that of a folder above it says that it is there for tests. */
    public boolean test() {
        return TEST.matcher(Where.shown(path)).matches();
    }
}
