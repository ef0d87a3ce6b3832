package kit.source;

import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which database code is for, by the names that it says. */
final class Databases {
    private static final Pattern OTHER = Pattern.compile("(?i)mysql|sqlite|mariadb|sql_?server|mssql|cassandra|gocql"
            + "|clickhouse|bigquery|snowflake|duckdb|oracle|hsqldb|(?<![a-z0-9])h2(?![a-z0-9])|cockroach|spanner"
            + "|sparksql|spark\\.sql|tarantool|dynamodb|influx|\\bsoql\\b|salesforce|\\bwmi\\b|\\bwin32_|\\bksql"
            + "|\\btrino\\b|\\bpresto(?:db|sql)|\\bathena\\b|\\bhive(?:ql|server)?\\b|couchbase|n1ql"
            + "|cosmosdb|cosmosclient|(?<=azure[./])cosmos|jcr-sql"
            + "|(?<![a-z0-9])db2|\\btidb|sybase|informix|(?<![a-z])derby|firebird|teradata|vertica\\b|transact_?sql"
            + "|\\btsql\\b"
            + "|singlestore|(?<![a-z])SqlConnection|data\\.sqlclient|androidx\\.room|\\bexqlite|\\bmyxql|libsql"
            + "|\\bturso"
            + "|sparql|tdengine|questdb|databricks|redshift|\\bhana\\b|\\bingres\\b|\\bmaxdb|exasol|netezza"
            + "|\\bcalcite");
    /** A folder of this name holds what is for another database. */
    private static final Pattern OTHER_FOLDER = Pattern.compile("(?i)(?:.*[_.-])?(?:mysql|sqlite3?|mariadb|mssql"
            + "|sql_?server|oracle|h2|hsqldb|db2|derby|clickhouse|cassandra|cockroach(?:db)?|duckdb|bigquery|snowflake)"
            + "(?:[_.-].*)?");
    private static final Pattern H2_CLASS = Pattern.compile("H2[A-Z]");
    private static final Pattern POSTGRES_NAME = Pattern.compile("(?i)postgres(?:ql)?|pgsql");
    /** What a file of SQL holds that is for another database. */
    private static final Pattern OTHER_SCRIPT = Pattern.compile("(?im)\\bauto_?increment\\b|\\bengine\\s*="
            + "|^\\s*go\\s*$|\\bn?varchar2\\b|\\bnvarchar\\b|\\bidentity\\s*\\(|\\btinyint\\b"
            + "|\\bint(?:eger)?\\s+unsigned\\b|^\\s*use\\s+[\\w`\\[\\]]+\\s*;|^\\s*pragma\\s|^\\s*delimiter\\s"
            + "|\\b(?:medium|long)text\\b|`\\w+`\\s*[(,.)]|\\bwithout\\s+rowid\\b");
    private static final Pattern POSTGRES = Pattern
            .compile("(?i)postgres|pgx|lib/pq|psycopg|asyncpg|npgsql|postgrex|['\"]pg['\"]|\\bpq\\b");
    private static final Pattern ASKS = Pattern.compile("\\b(?:if|case|when|elif|elsif)\\b");
    private static final Pattern ELSE = Pattern.compile("\\belse\\b(?!\\s*\\(?\\s*if\\b)|\\bdefault\\s*(?::|->)");
    /** The first three letters of what {@link #OTHER} finds: at most places of a text nothing more is looked at. */
    private static final boolean[] BEGINNINGS = new boolean[1 << 15];

    static {
        for (String each : ("mys sql mar mss cas goc cli big sno duc ora hsq coc spa tar dyn inf soq sal wmi win "
                + "ksq tri pre ath hiv cou n1q cos jcr tid syb der fir ter ver tra tsq sin dat and exq myx lib tur tde "
                + "que red han ing max exa net cal").split(" ")) {
            BEGINNINGS[key(each, 0)] = true;
        }
    }

    private Databases() {
    }

    /** A file that is named after another database, or speaks of one and of no PostgreSQL, is not for this one. */
    static boolean other(Path path, String text, boolean script) {
        String name = path.getFileName().toString();
        if (script && OTHER_SCRIPT.matcher(text).find()) {
            return true;
        }
        if (script && isVariant(path)) {
            return true;
        }
        if (OTHER.matcher(name).find() || H2_CLASS.matcher(name).lookingAt()) {
            return !POSTGRES.matcher(name).find();
        }
        int folders = path.getNameCount() - 1;
        for (int i = Math.max(0, folders - 2); i < folders; i++) {
            if (OTHER_FOLDER.matcher(path.getName(i).toString()).matches()) {
                return true;
            }
        }
        return namesOther(text) && !POSTGRES.matcher(text).find() && !POSTGRES.matcher(path.toString()).find();
    }

    /** One of several variants of a file, or of a folder, of which another is named after PostgreSQL: schema-db2.sql
     * beside schema-postgresql.sql. */
    static boolean isVariant(Path path) {
        Path each = path.toAbsolutePath();
        for (int up = 0; up < 3 && each.getParent() != null; up++, each = each.getParent()) {
            String name = each.getFileName().toString();
            String[] siblings = POSTGRES_NAME.matcher(name).find() ? null : each.getParent().toFile().list();
            for (String sibling : siblings == null ? new String[0] : siblings) {
                Matcher postgres = POSTGRES_NAME.matcher(sibling);
                if (postgres.find() && varies(name, sibling.substring(0, postgres.start()),
                        sibling.substring(postgres.end()))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean varies(String name, String before, String behind) {
        boolean says = (before + behind).replaceFirst("\\.\\w+$", "").length() >= 3;
        return says && name.length() > before.length() + behind.length() && name.startsWith(before)
                && name.endsWith(behind);
    }

    /** Whether a list of what a project needs names drivers of other databases only. */
    static boolean onlyOthers(String manifest) {
        return namesOther(manifest) && !POSTGRES.matcher(manifest).find();
    }

    /** Whether the last database that a text names is another one. */
    static boolean otherIsLast(String text) {
        int other = last(OTHER, text);
        int postgres = last(POSTGRES, text);
        return other > postgres || postgres >= 0 && otherBranch(text, postgres);
    }

    /** Whether a place asks if it is PostgreSQL, and what follows is for where it is not. */
    private static boolean otherBranch(String text, int postgres) {
        int end = text.indexOf('\n', postgres);
        String line = text.substring(text.lastIndexOf('\n', postgres) + 1, end < 0 ? text.length() : end);
        return end >= 0 && ASKS.matcher(line).find() && ELSE.matcher(text).region(end, text.length()).find();
    }

    private static int last(Pattern pattern, String text) {
        return pattern.matcher(text).results().mapToInt(MatchResult::start).reduce(-1, (a, b) -> b);
    }

    private static boolean namesOther(String text) {
        Matcher other = OTHER.matcher(text).useTransparentBounds(true);
        for (int i = 0; i + 1 < text.length(); i++) {
            // h2 and db2 have a digit where the others have letters.
            boolean digit = text.charAt(i + 1) == '2' || i + 2 < text.length() && text.charAt(i + 2) == '2';
            if ((BEGINNINGS[key(text, i)] || digit) && other.region(i, text.length()).lookingAt()) {
                return true;
            }
        }
        return false;
    }

    private static int key(String text, int i) {
        int third = i + 2 < text.length() ? text.charAt(i + 2) : 0;
        return (text.charAt(i) & 31) << 10 | (text.charAt(i + 1) & 31) << 5 | third & 31;
    }
}
