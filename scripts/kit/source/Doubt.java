//SOURCES Candidate.java
//SOURCES Refusal.java
//SOURCES Role.java
//SOURCES Schema.java
//SOURCES Scopes.java
//SOURCES Source.java
//SOURCES Text.java
//SOURCES ../migrations/Failure.java
package kit.source;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.migrations.Failure;

/** Why a refusal may not be the statement's fault. A false alarm costs more than a miss.
 *
 * @param blanked the first place at which a hole was taken away; {@link Integer#MAX_VALUE} where none was
 * @param whole   how much of the statement stands in the source, where something may be added behind it
 * @param sql     the statement as it was refused */
record Doubt(Candidate candidate, Refusal refusal, int blanked, int whole, Text sql, Schema schema, Source source) {

    private static final Pattern OTHER_DIALECT = Pattern.compile("(?is)`|\\bauto_?increment\\b|\\bon duplicate key\\b"
            + "|^\\s*(?:pragma|insert\\s+(?:or|ignore)|replace\\s+into)\\b|\\blimit\\s+[\\w$]+\\s*,|\\b(?:ifnull"
            + "|strftime"
            + "|julianday|group_concat|date_format|unix_timestamp|last_insert_rowid|last_insert_id|datetime|curdate"
            + "|getdate"
            + "|nvl2?|isnull|json_extract|sysdate|charindex|dateadd|datediff|newid|user_name|database"
            + "|identity_val_local"
            + "|getutcdate|sysdatetime|scope_identity|ident_current|str_to_date|from_unixtime|timestampdiff|date_add"
            + "|date_sub"
            + "|find_in_set|json_unquote|json_contains|listagg|add_months|months_between|last_day|try_convert|db_name"
            + "|suser_s?name|object_id|randomblob|changes|total_changes|iif|instr|patindex|curtime|utc_timestamp|rand"
            + "|tostring|todatetime|tostartof\\w+|countif|arrayjoin|uniq|sysdatetimeoffset|newsequentialid|schema_name"
            + "|get_lock|release_lock|connection_id|dayofweek|addmonths|len|hex|printf|total|ucase|lcase|mean"
            + "|bitand)\\s*\\("
            + "|\\b(?:sqlite_master|sqlite_schema|sqlite_sequence|sqlite_stat\\d|dual|sysobjects|all_tables|user_tables"
            + "|user_sequences|all_sequences|v\\$\\w+|sysdummy1|syscolumns|sysindexes|all_objects|user_objects"
            + "|all_(?:ind|tab|cons|col|seq|view)\\w*|ii(?:constraints|tables|columns|indexes))\\b"
            + "|\\b(?:sysibm|qsys2|syscat|sysproc|sys|dbo|rdb\\$\\w+|mon\\$\\w+|performance_schema)\\s*\\."
            + "|\\btop\\s+[\\d($]"
            + "|\\[\\w+\\]\\s*(?:[.,=]|from|as|where|set|\\()|\\brownum\\b|\\browid\\b|\\bnolock\\b|@@\\w+"
            + "|\\bnextval\\s+for\\b"
            + "|\\w\\.(?:nextval|currval)\\b|\\bconnect\\s+by\\b|\\bsystimestamp\\b|\\bcross\\s+apply\\b"
            + "|\\bouter\\s+apply\\b"
            + "|\\bstraight_join\\b|\\b(?:force|use)\\s+index\\b|\\block\\s+in\\s+share\\s+mode\\b|\\brlike\\b"
            + "|\\bregexp\\s+['$]"
            + "|\\bprewhere\\b|\\bqualify\\b|\\ballow\\s+filtering\\b|\\busing\\s+ttl\\b|\\bwhere\\s*\\{"
            + "|\\bwith\\s+\\(updlock"
            + "|\\boutput\\s+inserted\\b|\\bselect\\s+value\\s|\\bglob\\s+['$]"
            + "|\\bfetch\\s+first\\s+\\d+\\s+rows\\s+only\\s+with\\s+ur"
            + "|\\bas\\s+of\\s+(?:system\\s+time|timestamp)\\b|\\bwith\\s+ur\\b|\\bfrom\\s+'[^']*/");
    private static final Pattern EXPECTS_FAILURE = Pattern.compile("assertThrows|assertThatThrownBy|assertFails"
            + "|shouldThrow|isThrownBy|expectThrows|intercept\\[|pytest\\.raises|assertRaises|raise_error|assert_raise"
            + "|(?:require|assert)\\.(?:Error|ErrorIs|ErrorAs|ErrorContains)\\b"
            + "|\\.(?:To|Should)\\((?:HaveOccurred|MatchError)|toThrow|\\.rejects|expectException|Assert\\.Throws"
            + "|ThrowsAsync|Should\\(\\)\\.Throw|should_panic|is_err\\(\\)|unwrap_err|expect_err|err == nil|thrown\\("
            + "|ON_ERROR|(?i:expect\\w* (?:an? )?(?:error|fail)|invalid sql|bad sql|broken sql)");
    private static final Pattern SQLSTATES = Pattern.compile("42703|42P01|42601|42883|42P0[28]|42P18|UndefinedColumn"
            + "|UndefinedTable|undefined_column|undefined_table|SyntaxError");
    private static final Pattern UNION = Pattern.compile("(?i)\\s*(?:union|intersect|except|order|limit|offset)\\b");
    private static final Pattern PROSE = Pattern.compile("(?i)\\b(?:the|your|this|these|please|an|our|their|you|we"
            + "|its|one of|to be|which|some|every)\\b");
    private static final Pattern QUOTED = Pattern.compile("'[^']*'|\"[^\"]*\"");
    private static final Pattern SIGNS_OF_SQL = Pattern.compile("[=(*$<>]|\\w\\.\\w");
    private static final Pattern KEYWORD = Pattern.compile("\\b(?:SELECT|FROM|INTO|SET|WHERE|VALUES|UPDATE|DELETE"
            + "|INSERT|AS|JOIN|WITH|MERGE)\\b");
    /** Tables in which tools keep what they have migrated. */
    private static final Pattern LEDGER = Pattern.compile("(?i).*migration.*|.*schema_(?:version|history|info"
            + "|revisions?)"
            + ".*|databasechangelog(?:lock)?|goose_db_version|schema_version|ar_internal_metadata|alembic_version"
            + "|sequelizemeta|phinxlog|changelog|play_evolutions|__efmigrationshistory|gorp_\\w+|knex_\\w+_lock");
    /** Functions that only some majors have. */
    private static final Pattern OF_A_VERSION = Pattern.compile("pg_\\w+|uuidv[47]|uuid_extract_\\w+|any_value|casefold"
            + "|array_(?:sort|reverse|shuffle|sample)|json_(?:scalar|serialize)|crc32c?|gamma|lgamma");
    /** Tables that libraries bring along with a schema of their own. */
    private static final Pattern LIBRARY = Pattern.compile("(?i)qrtz_\\w+|spring_session\\w*|shedlock|batch_(?:job"
            + "|step)_\\w+"
            + "|act_(?:ru|hi|re|ge|id|pr|evt|procdef)_\\w+|jobrunr_\\w+|django_(?:session|content_type|admin_log|site)"
            + "|auth_(?:user|group|permission)\\w*|oban_(?:jobs|peers)|que_(?:jobs|lockers|values)|good_jobs?\\w*"
            + "|solid_(?:queue|cache|cable)_\\w+|active_storage_\\w+|delayed_jobs|personal_access_tokens|failed_jobs"
            + "|job_batches|cache_locks|hangfire\\w*|aspnet(?:users|roles|user)\\w*|river_(?:job|leader|queue)\\w*"
            + "|celery_task\\w+|apscheduler_jobs|procrastinate_\\w+|event_publication\\w*|domain_event_entry"
            + "|token_entry"
            + "|geometry_columns|spatial_ref_sys|geography_columns|cron_job\\w*|timescaledb_\\w+|mt_\\w+|wolverine_\\w+"
            + "|activemq_\\w+");
    /** Signs that a text is about SQL, or leaves something out. */
    private static final Pattern ABOUT = Pattern.compile("→|⇒|…|\\.\\.\\.|=>\\s*(?:SELECT|INSERT|UPDATE|DELETE)");
    private static final Pattern JPA = Pattern
            .compile("persistence|hibernate|EntityManager|createQuery|org\\.springframework\\.data\\.jpa");
    private static final Pattern PLAIN_QUERY = Pattern.compile("data\\.(?:jdbc|r2dbc)|jdbi|micronaut\\.data\\.jdbc");
    private static final Pattern ENTITY = Pattern.compile("\\b(?i:from|join|update|into)\\s+(?:\\w+\\.)*+"
            + "[A-Z]\\w*[a-z]\\w*\\s+(?i:as\\s+)?[a-z]\\w*\\b");
    private static final Set<String> JPQL = Set.of("createQuery", "NamedQuery", "createNamedQuery", "Query");
    private static final Pattern NAMES_A_TABLE = Pattern.compile("(?i)\\b(?:from|into|update)\\b");
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
        if (OTHER_DIALECT.matcher(text).find() || candidate.file().otherDatabase()
                || candidate.literal() != null && candidate.file().otherDatabaseAbove(candidate.start())) {
            return "SQL of another database";
        }
        if (candidate.literal() != null && (candidate.literal().role() == Role.FRAGMENT || bracketed(text))) {
            return Role.FRAGMENT.why;
        }
        if (candidate.inQuotes() && refusal.name().isEmpty()) {
            return "a part of a text in quotes is known only when the program runs";
        }
        if (candidate.file().ofEarlierSchema()) {
            return "a test about an earlier version of the schema";
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

    /** ( SELECT … ) and perhaps a name behind it: what stands in another statement. A bracket that begins a union is
     * none. */
    private static boolean bracketed(String text) {
        int depth = 0;
        for (int i = 0; i < text.length() && text.startsWith("("); i++) {
            depth += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
            if (depth == 0) {
                return !UNION.matcher(text).region(i + 1, text.length()).lookingAt();
            }
        }
        return false;
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
        String elsewhere = source.elsewhere.naming(name, candidate.file().path);
        if (elsewhere != null) {
            return elsewhere + ", which names what it needs, is a migration that is not replayed here";
        }
        if (refusal.missingRelation() && LEDGER.matcher(name).matches()) {
            return "the ledger of a migration tool, which the tool makes";
        }
        String owner = refusal.state.equals("3F000") ? name : refusal.state.equals("42703") ? "" : refusal.qualifier();
        if (!owner.isEmpty() && !refusal.missingAlias() && !schema.knowsSchema(owner)) {
            return "no migration names the schema " + owner + ": it is made elsewhere, by a library or the application";
        }
        String beside = source.neighbours.reason(candidate.file().path);
        if (beside != null) {
            return beside;
        }
        if (refusal.state.equals("42883") && OF_A_VERSION.matcher(name).matches()) {
            return "a function of another version of PostgreSQL";
        }
        if (refusal.missingRelation() && (name.startsWith("pg_") || LIBRARY.matcher(name).matches())) {
            return name.startsWith("pg_") ? "a view of an extension, or of another version of PostgreSQL"
                    : "a table that a library makes for itself";
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
        boolean qualified = !refusal.qualifier().isEmpty() && refusal.state.equals("42703");
        String text = sql.toString();
        int open = Math.min(blanked, candidate.tailOpen() ? whole : Integer.MAX_VALUE);
        if (!refusal.target() && !new Scopes(text).settled(refusal.at, qualified, open, holes(text))) {
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

    /** The places of holes that are still in the text. */
    private List<Integer> holes(String text) {
        return NUMBER.matcher(text).results().filter(m -> kind(Integer.parseInt(m.group(1))) == 'h')
                .map(MatchResult::start).toList();
    }

    /** What a $n stands for; a blank for one that was put in here. */
    private char kind(int number) {
        String kinds = candidate.parameters();
        return number >= 1 && number <= kinds.length() ? kinds.charAt(number - 1) : ' ';
    }

    /** Syntax that may not be whole. */
    private String ofSyntax(String text) {
        Matcher number = NUMBER.matcher(text);
        if (candidate.file().language.expandsParameters() && refusal.at >= 0 && number.find(refusal.at)
                && number.start() == refusal.at
                && kind(Integer.parseInt(number.group(1))) == 'p') {
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
        if (ofTypes && (parameters && !untyped || candidate.inQuotes() || sql.length > whole)) {
            return "it depends on the types that the driver, or a part known only at run time, gives to parameters";
        }
        boolean other = !refusal.ofName() && !ofTypes;
        return other && (candidate.holes() || candidate.tailOpen())
                ? "a part of it is known only when the program runs"
                : null;
    }
}
