//SOURCES Databases.java
//SOURCES Language.java
//SOURCES ../report/Where.java
package kit.source;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import kit.report.Where;

/** A file of code or SQL. What is asked of its whole text is looked up once, however many statements ask. */
public final class SourceFile {
    private static final Pattern TEST = Pattern.compile("(?:^|.*[\\\\/._-])(?i:tests?|specs?|fixtures?|mocks?|examples?"
            + "|testing|testdata|test_?utils?|__tests__|__mocks__|e2e|(?:unit|integration|it)_?tests?|testcases?)"
            + "(?:[\\\\/._-].*)?|.*(?:Tests?|IT|Specs?|TestCase|Mock|Fixture)\\.\\w+|.*[\\\\/](?:Test|Fake"
            + "|Mock)[A-Z]\\w*\\.\\w+");
    /** A file of SQL that a test compares with what it gets. */
    private static final Pattern COMPARED = Pattern.compile("(?i).*(?:^|[\\\\/._-])(?:expected|goldens?|approved"
            + "|snapshots?|__snapshots__)(?:[\\\\/._-].*)?");
    /** Libraries that take the database's place; in a file that uses one nothing reaches a database. */
    private static final Pattern MOCKED = Pattern.compile("sqlmock|pgxmock|mock-knex|knex-mock-client|pgmock|pg-mock"
            + "|MockDataProvider|MockFileDatabase|MockDatabase|[\"']pg-mem[\"']|go-mocket|mockrunner"
            + "|MockConnectionFactory"
            + "|(?:jest|vi|proxyquire|mock)\\.?(?:do)?(?:mock|Mock|module)?\\(\\s*['\"`](?:pg|postgres|pg-promise"
            + "|mysql2?|knex"
            + "|@vercel/postgres|slonik|pg-pool)['\"`]|r2dbc\\.spi\\.test|sea_orm::Mock|UnifiedAlchemyMagicMock"
            + "|AlchemyMagicMock|patch\\(\\s*[\"'](?:psycopg2?|asyncpg|sqlalchemy)[\\w.]*[\"']");
    /** One of these is in each text of which {@link #MOCKED} is found: a quick look. */
    private static final List<String> MOCKS = List.of("mock", "Mock", "pg-mem", "patch(", "proxyquire",
            "r2dbc.spi.test");
    /** A test that goes to a version of the schema that is not the last one. */
    private static final Pattern EARLIER = Pattern.compile("(?:Up|Down)To(?:Context)?\\(|(?:up|down)-to\\b"
            + "|(?i:(?:migrate(?:_?up)?|upgrade|downgrade|rollback)_?to\\b)|\\.(?:Migrate"
            + "|Steps)\\(\\s*(?:uint\\()?-?\\d"
            + "|\\.target\\(\\s*[\"\\d]|command\\.(?:up|down)grade\\((?![^)]*head)|executor\\.migrate\\("
            + "|MigrationExecutor"
            + "|MigratorTestCase|migrate_from|ActiveRecord::Migrator|undoLastMigration|migrate\\.down\\("
            + "|Migrator\\.down"
            + "|old schema|legacy schema");

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

    /** Whether it is for another database than PostgreSQL. */
    synchronized boolean otherDatabase() {
        if (otherDatabase == null) {
            otherDatabase = Databases.other(path, text, language == Language.SQL);
        }
        return otherDatabase;
    }

    /** Whether the last database that the code names before a place, in the lines above it, is another one. */
    boolean otherDatabaseAbove(int offset) {
        return Databases.otherIsLast(lines(offset, 25, offset, 0));
    }

    String name() {
        return path.getFileName().toString();
    }

    /** Whether a mock takes the database's place in it. */
    boolean mocked() {
        return MOCKS.stream().anyMatch(text::contains) && has(MOCKED);
    }

    /** Whether it is a test, or holds some beside its code, as Rust has it. */
    boolean holdsTests() {
        return test() || language == Language.RUST && text.contains("#[cfg(test)]");
    }

    /** Whether it is a test about an earlier version of the schema. */
    boolean ofEarlierSchema() {
        return test() && has(EARLIER);
    }

    /** Whether its name or that of a folder above it says that a test compares with it. */
    boolean compared() {
        return language == Language.SQL && COMPARED.matcher(Where.shown(path)).matches();
    }

    /** Whether its name or that of a folder above it says that it is there for tests. */
    public boolean test() {
        return TEST.matcher(Where.shown(path)).matches();
    }
}
