//SOURCES Candidate.java
//SOURCES Elsewhere.java
//SOURCES Trouble.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Reasons.java
//SOURCES ../migrations/Replay.java
//SOURCES ../postgres/Catalogue.java
//SOURCES ../postgres/Extension.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Report.java
//SOURCES ../report/Where.java
package kit.source;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

import kit.migrations.Failure;
import kit.migrations.Folder;
import kit.migrations.Reasons;
import kit.migrations.Replay;
import kit.postgres.Catalogue;
import kit.postgres.Extension;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Where;

/** The schema that statements are judged by: a live database, or what the migrations make on a scratch one. */
public final class Schema implements AutoCloseable {
    private static final String RELATIONS = """
        SELECT c.relname, a.attname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT c.relispartition ORDER BY c.relname, a.attnum""";
    /** An application finds its tables by a search path of its own, which is not known here: all schemas are in it. */
    private static final String PATH = """
        SELECT coalesce(string_agg(quote_ident(nspname), ', ' ORDER BY nspname <> 'public', nspname), 'public')
        FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        AND has_schema_privilege(oid, 'USAGE')""";

    private static final Pattern QUOTED = Pattern.compile("[\"»«„“]\\h?([^\"»«“”]+?)\\h?[\"»«“”]");

    /** Null where there is none. */
    final Folder folder;
    /** What could not be replayed. */
    final List<Failure> failures;
    /** Each table's and view's columns. */
    final Map<String, Set<String>> relations = new TreeMap<>();
    final Set<String> functions = new HashSet<>();
    final Set<String> schemas = new HashSet<>();
    /** What the folder's replay has made; null where a database of the reader's is judged by. */
    private final Scratch scratch;
    /** Where that is read, or scratch databases are made; one of our own is started where there is none for them. */
    private final Server live;
    private Server scratches;
    /** The folder's replay; null where there is none. */
    private Replay<?> replay;
    /** What is closed with it. */
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final String path;
    /** What a server of our own is given first. */
    private Folder.Options roles = new Folder.Options();

    private Schema(Folder folder, List<Failure> failures, Scratch scratch, Server scratches, Server live)
            throws SQLException {
        this.folder = folder;
        this.failures = failures;
        this.scratch = scratch;
        this.scratches = scratches;
        this.live = live;
        try (Connection c = live == null ? scratch.connect() : live.readOnly()) {
            Sql.rows(c, RELATIONS).forEach(row -> relations.computeIfAbsent(row.get(0), name -> new LinkedHashSet<>())
                    .add(row.get(1)));
            Sql.rows(c, "SELECT DISTINCT proname FROM pg_proc").forEach(row -> functions.add(row.get(0)));
            Sql.rows(c, "SELECT nspname FROM pg_namespace").forEach(row -> schemas.add(row.get(0)));
            path = Sql.rows(c, PATH).get(0).get(0);
        }
    }

    /** The schema that the options name: it is told, and its server is closed with it. */
    public static Schema open(Folder folder, Folder.Options migrations, Server.Options options, Report report)
            throws Exception {
        report.step("The schema");
        Server server = options.open();
        Schema schema;
        if (options.namesYours()) {
            report.say(server.describe() + ", only read");
            schema = new Schema(folder, List.of(), null, null, server);
            schema.roles = migrations;
        } else {
            migrations.createRoles(server);
            report.run("jbang migrate up --migrations " + Where.shown(folder.dir()));
            schema = replayed(folder, server);
            Elsewhere elsewhere = new Elsewhere(folder);
            for (Reasons.Reason reason : Reasons.of(folder, schema.replay, server)) {
                if (!madeElsewhere(reason.first(), elsewhere, report)) {
                    report.tell(reason.severity(), reason.where() + "  " + reason.first().getMessage());
                    report.finding(reason.code(), reason.severity(), reason.where(), reason.sentence(),
                            reason.evidence(), reason.remedy());
                }
            }
            report.checked("migrations", folder.files().size());
            report.say(folder.describe() + ", replayed on " + server.describe());
        }
        schema.owned.add(server);
        report.good(schema.relations.size() + " tables and views, "
                + schema.relations.values().stream().mapToInt(Set::size).sum() + " columns");
        return schema;
    }

    /** A failure for want of what a file makes that is not replayed here is none of the folder's. */
    private static boolean madeElsewhere(Failure failure, Elsewhere elsewhere, Report report) {
        String maker = QUOTED.matcher(failure.getMessage()).results()
                .map(m -> elsewhere.naming(m.group(1).replaceFirst(".*\\.", ""), failure.migration.file()))
                .filter(Objects::nonNull).findFirst().orElse(null);
        boolean made = maker != null && failure.code().equals("MIGRATION_FAILS");
        if (made) {
            report.skipped(Where.shown(failure.migration.file()),
                    "it needs what " + maker + " makes, which is not replayed here: " + failure.getMessage());
        }
        return made;
    }

    /** What the folder makes of a new database on a server; the database goes with it, the server stays. */
    public static Schema replayed(Folder folder, Server server) throws SQLException, IOException {
        Replay<Catalogue> replay = Replay.of(server.scratch(), folder.files());
        Schema schema = of(folder, replay, server);
        schema.owned.add(replay);
        return schema;
    }

    /** What another folder makes, on the same server; what fails there was told in its time. */
    public Schema of(Folder other) throws SQLException, IOException {
        return replayed(other, scratches);
    }

    /** What a replay of the caller's has made on a scratch database of a server; both stay. */
    public static Schema of(Folder folder, Replay<?> replay, Server server) throws SQLException {
        Schema schema = new Schema(folder, replay.failures, replay.scratch, server, null);
        schema.replay = replay;
        return schema;
    }

    /** The extension that is not here and for want of which a statement is refused; null for none. */
    String lacking(String state, String message, String sql) {
        return replay == null ? null : replay.lacks().keySet().stream().filter(e -> e.explains(state, message, sql))
                .map(Extension::name).findFirst().orElse(null);
    }

    boolean isLive() {
        return live != null;
    }

    /** Whether a schema is there, or a migration says its name. */
    boolean knowsSchema(String name) {
        Pattern word = Pattern.compile("(?i)(?<![\\p{L}\\p{N}_])" + Pattern.quote(name) + "(?![\\p{L}\\p{N}_])");
        return schemas.contains(name) || folder == null
                || folder.files().stream().anyMatch(m -> word.matcher(m.text()).find());
    }

    /** The tables in which a missing column was looked for: the one that the server names, or those that the statement
     * does. */
    List<String> relationsOf(Trouble trouble, Candidate candidate) {
        if (trouble.relation() != null && relations.containsKey(trouble.relation())) {
            return List.of(trouble.relation());
        }
        String sql = candidate.sql().toString().toLowerCase(Locale.ROOT);
        Set<String> words = Set.copyOf(Arrays.asList(sql.split("[^\\p{L}\\p{N}_]+")));
        return relations.keySet().stream().filter(relation -> words.contains(relation.toLowerCase(Locale.ROOT)))
                .toList();
    }

    /** For statements that are described and not run: nothing can be written, nothing is waited for. */
    Connection reader() throws SQLException {
        Connection c = live == null ? scratch.connect() : live.readOnly();
        if (live != null) {
            c.rollback();
            c.setAutoCommit(true);
        }
        Sql.execute(c, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = '10s'; "
                + "SET lock_timeout = '5s'; SET search_path = " + path);
        return c;
    }

    /** For files of SQL that define something first, where the schema is not {@link #isLive live}; rolled back by the
     * caller. */
    Connection scratchWriter() throws SQLException {
        Connection c = scratch.connect();
        c.setAutoCommit(false);
        Sql.execute(c, "SET LOCAL statement_timeout = '5s'; SET LOCAL search_path = " + path);
        return c;
    }

    /** A scratch database to replay the folder on once more; its server is started for it where need be. */
    Scratch another() throws SQLException, IOException {
        if (scratches == null) {
            scratches = Server.embedded();
            owned.add(0, scratches);
            roles.createRoles(scratches);
        }
        return scratches.scratch();
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : owned) {
            each.close();
        }
    }
}
