//SOURCES Candidate.java
//SOURCES Refusal.java
//SOURCES Schema.java
//SOURCES Source.java
//SOURCES Text.java
//SOURCES ../migrations/Failure.java
package kit.source;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.migrations.Failure;

/** Why a refusal may not be the statement's fault. A false alarm costs more than a miss.
 *
 * @param blanked the first place at which a hole was taken away; {@link Integer#MAX_VALUE} where none was
 * @param sql     the statement as it was refused */
record Doubt(Candidate candidate, Refusal refusal, int blanked, Text sql, Schema schema, Source source) {

    private static final Pattern OTHER_DIALECT = Pattern.compile("(?is)`|\\bauto_?increment\\b|\\bon duplicate key\\b"
            + "|^\\s*(?:pragma|insert\\s+or)\\b|\\blimit\\s+[\\w$]+\\s*,|\\b(?:ifnull|strftime|julianday|group_concat"
            + "|date_format|unix_timestamp|last_insert_rowid|last_insert_id|datetime|curdate|getdate|nvl|isnull"
            + "|json_extract|sysdate|charindex|dateadd|datediff)\\s*\\(|\\b(?:sqlite_master|sqlite_schema"
            + "|sqlite_sequence|dual|sysobjects|all_tables|user_tables)\\b|\\btop\\s+\\d|\\[\\w+\\]\\s*\\.|\\brownum\\b"
            + "|\\bnolock\\b");
    private static final Pattern EXPECTS_FAILURE = Pattern.compile("assertThrows|assertThatThrownBy|assertFails"
            + "|shouldThrow|isThrownBy|expectThrows|intercept\\[|pytest\\.raises|assertRaises|raise_error|assert_raise"
            + "|(?:require|assert)\\.(?:Error|ErrorIs|ErrorAs|ErrorContains)\\b"
            + "|\\.(?:To|Should)\\((?:HaveOccurred|MatchError)|toThrow|\\.rejects|expectException|Assert\\.Throws"
            + "|ThrowsAsync|Should\\(\\)\\.Throw|should_panic|is_err\\(\\)|unwrap_err|expect_err|err == nil|thrown\\("
            + "|ON_ERROR|(?i:expect\\w* (?:an? )?(?:error|fail)|invalid sql|bad sql|broken sql)");
    private static final Pattern SQLSTATES = Pattern.compile("42703|42P01|42601|42883|42P0[28]|42P18|UndefinedColumn"
            + "|UndefinedTable|undefined_column|undefined_table|SyntaxError");
    private static final Pattern PROSE = Pattern.compile("(?i)\\b(?:the|your|this|these|please|an|our|their|you|we"
            + "|its|one of|to be|which|some|every)\\b");
    private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"]*\"");
    private static final Pattern SIGNS_OF_SQL = Pattern.compile("[=(*$<>]|\\w\\.\\w");
    private static final Pattern KEYWORD = Pattern.compile("\\b(?:SELECT|FROM|INTO|SET|WHERE|VALUES|UPDATE|DELETE"
            + "|INSERT|AS|JOIN|WITH|MERGE)\\b");
    private static final Set<String> LEDGERS = Set.of("goose_db_version", "schema_migrations", "flyway_schema_history",
            "databasechangelog", "databasechangeloglock");
    /** Signs that a text is about SQL, or leaves something out. */
    private static final Pattern ABOUT = Pattern.compile("→|⇒|…|\\.\\.\\.|=>\\s*(?:SELECT|INSERT|UPDATE|DELETE)");
    private static final Pattern JPA = Pattern
            .compile("persistence|hibernate|EntityManager|createQuery|org\\.springframework\\.data\\.jpa");
    private static final Pattern PLAIN_QUERY = Pattern.compile("data\\.(?:jdbc|r2dbc)|jdbi|micronaut\\.data\\.jdbc");
    private static final Pattern ENTITY = Pattern.compile("\\b(?i:from|join|update|into)\\s+(?:\\w+\\.)*"
            + "[A-Z]\\w*[a-z]\\w*\\s+(?i:as\\s+)?[a-z]\\w*\\b");
    private static final Set<String> JPQL = Set.of("createQuery", "NamedQuery", "createNamedQuery", "Query");
    private static final Pattern NAMES_A_TABLE = Pattern.compile("(?i)\\b(?:from|into|update)\\b");
    /** A hole in a subquery may name the column. */
    private static final Pattern INNER_HOLE = Pattern.compile("(?is)\\(\\s*select\\b[^()]*\\$\\d|^\\s*with\\b");
    private static final Pattern NUMBER = Pattern.compile("\\$(\\d+)");

    /** A reason to skip the statement; null where the refusal stands. */
    String reason() {
        String text = sql.toString();
        if (refusal.state.matches("57014|55P03|53.*|54.*")) {
            return "the server gave it up: " + refusal.message;
        }
        String lacking = schema.lacking(refusal.state, refusal.message, text);
        if (lacking != null) {
            return "it needs the extension " + lacking + ", which this server lacks";
        }
        if (OTHER_DIALECT.matcher(text).find() || candidate.file().otherDatabase()) {
            return "SQL of another database";
        }
        if (prose(text)) {
            return "reads as prose";
        }
        if (jpql(text)) {
            return "a query of JPA's language, not SQL";
        }
        String around = candidate.around(5, 8);
        if (candidate.file().test() && EXPECTS_FAILURE.matcher(around).find() || SQLSTATES.matcher(around).find()) {
            return "the code around it expects a failure";
        }
        if (candidate.headOpen()) {
            return "its beginning is known only when the program runs";
        }
        String ofName = refusal.ofName() ? ofName() : null;
        return ofName != null ? ofName : refusal.state.equals("42601") ? ofSyntax(text) : ofType();
    }

    /** Text for people that happens to begin with a word of SQL. */
    private boolean prose(String text) {
        if (candidate.literal() == null) {
            return false;
        }
        if (refusal.state.equals("42601") && refusal.at >= 0
                && PROSE.matcher(text.substring(Math.min(refusal.at, text.length()))).find()) {
            return true;
        }
        String unquoted = QUOTED.matcher(text).replaceAll("''");
        if (keywords(unquoted) >= 2) {
            return false;
        }
        boolean capitalised = Character.isUpperCase(text.charAt(0)) && Character.isLowerCase(text.charAt(1));
        boolean words = !SIGNS_OF_SQL.matcher(unquoted).find();
        return capitalised || PROSE.matcher(unquoted).find() || words && !refusal.state.equals("42703");
    }

    private static long keywords(String text) {
        return KEYWORD.matcher(text).results().limit(2).count();
    }

    private boolean jpql(String text) {
        if (candidate.literal() == null) {
            return false;
        }
        boolean jvm = candidate.file().language.jvm();
        if (jvm && ENTITY.matcher(text).find() && candidate.file().has(JPA)) {
            return true;
        }
        String call = candidate.literal().call();
        boolean plainSql = candidate.literal().nativeQuery()
                || call.equals("Query") && (!jvm || candidate.file().has(PLAIN_QUERY));
        return JPQL.contains(call) && !plainSql;
    }

    /** Reasons why a name that is not there may be there when the program runs. */
    String ofName() {
        String name = refusal.name();
        Pattern word = Pattern.compile("\\b" + Pattern.quote(name) + "\\b");
        for (Failure failure : schema.failures) {
            if (!name.isEmpty() && word.matcher(failure.migration.text()).find()) {
                return failure.migration.name() + ", which names what it needs, could not be replayed here";
            }
        }
        if (LEDGERS.contains(name)) {
            return "the ledger of a migration tool, which the tool makes";
        }
        if (refusal.missingRelation() && name.startsWith("pg_")) {
            return "a view of an extension, or of another version of PostgreSQL";
        }
        if (refusal.state.equals("42P01") && name.isEmpty() && candidate.file().test()) {
            return "a test names in quotes what it may make itself";
        }
        if (refusal.missingRelation() || refusal.state.matches("42883|42704|3F000")) {
            return source.makes(name) ? "it uses what the code makes for itself"
                    : refusal.missingRelation() && blanked < refusal.at
                            ? "a part before the name is known only when the program runs"
                            : null;
        }
        return ofColumn();
    }

    private String ofColumn() {
        boolean tail = candidate.tailOpen() || blanked < Integer.MAX_VALUE;
        boolean qualified = !refusal.qualifier().isEmpty() && refusal.state.equals("42703");
        String text = sql.toString();
        if (!refusal.target() && (tail && !qualified || candidate.holes() && INNER_HOLE.matcher(text).find())) {
            return "a part that could supply the name is known only when the program runs";
        }
        if (!refusal.target() && !qualified && candidate.literal() != null && !NAMES_A_TABLE.matcher(text).find()) {
            return "a fragment: it names columns and no table";
        }
        // A table that the same file creates may have other columns there.
        Set<String> made = candidate.literal() == null ? Set.of() : source.madeIn(candidate.file());
        boolean here = !made.isEmpty()
                && Stream.of(text.toLowerCase(Locale.ROOT).split("\\W+")).anyMatch(made::contains);
        return here ? "it uses what the code makes for itself" : null;
    }

    /** Syntax that may not be whole. */
    private String ofSyntax(String text) {
        Matcher number = NUMBER.matcher(text);
        if (candidate.file().language.expandsParameters() && refusal.at >= 0 && number.find(refusal.at)
                && number.start() == refusal.at
                && candidate.parameters().charAt(Integer.parseInt(number.group(1)) - 1) == 'p') {
            return "its library may put a list or a name in for a placeholder";
        }
        boolean end = refusal.at >= text.stripTrailing().length() || refusal.at < 0;
        boolean about = end || ABOUT.matcher(text).find() || keywords(text) < 2;
        return candidate.holes() || candidate.tailOpen() || candidate.literal() != null && about
                ? "a part of it is known only when the program runs, or it is not the whole statement"
                : null;
    }

    /** What depends on types that a driver, or a hole, decides. */
    private String ofType() {
        boolean parameters = !candidate.parameters().isEmpty();
        boolean untyped = candidate.file().language.untypedParameters() && candidate.parameters().matches("n*");
        boolean ofTypes = refusal.state.matches("42804|42846|42725|42P08|42P18|22.*")
                || refusal.state.equals("42883") && !refusal.functionIsMissing(schema);
        if (ofTypes && (parameters && !untyped || candidate.inQuotes())) {
            return "it depends on the types that the driver, or a part known only at run time, gives to parameters";
        }
        boolean other = !refusal.ofName() && !ofTypes;
        return other && (candidate.holes() || candidate.tailOpen())
                ? "a part of it is known only when the program runs"
                : null;
    }
}
