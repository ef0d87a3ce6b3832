//SOURCES ../postgres/Extension.java
//SOURCES Failure.java
//SOURCES Runner.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Sql.java
package kit.migrations;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Extension;
import kit.postgres.Scratch;
import kit.postgres.Sql;

/** What a replay does where a statement fails for want of something that the run's own server does not have or does not
 * allow: that is no fault of the migrations. A harmless extension and a role are made; of an extension that is not here
 * the types are stood in for, so that the rest of a table is made; what else needs it, or rights that an ordinary role
 * does not have, is passed over and kept in {@link #passed}. */
final class Allowance {
    /** Extensions that need a superuser to create and give an ordinary role no way out of its database. */
    private static final Set<String> HARMLESS = Set.of("pg_stat_statements", "pg_buffercache", "pgstattuple",
            "pgrowlocks", "pageinspect", "pg_freespacemap", "pg_visibility", "amcheck");
    private static final Pattern MAKES_ROLE = Pattern
            .compile("(?is)\\bcreate\\s+(?:role|user|group)\\s+(?:\"([^\"]+)\"|(\\w+))");
    private static final Pattern TYPE = Pattern
            .compile("type \"(?:([^\".]+)\\.)?([^\".]+?)(?:\\[\\])?\" does not exist");
    /** A type that takes what text takes, and any modifiers. */
    private static final String STAND_IN = """
        CREATE SCHEMA IF NOT EXISTS %1$s;
        CREATE TYPE %1$s.%2$s;
        CREATE FUNCTION pg_catalog.%3$s_in(cstring) RETURNS %1$s.%2$s LANGUAGE internal IMMUTABLE STRICT AS 'textin';
        CREATE FUNCTION pg_catalog.%3$s_out(%1$s.%2$s) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
        CREATE OR REPLACE FUNCTION pg_catalog.runbook_modifiers(cstring[]) RETURNS int LANGUAGE sql IMMUTABLE
            AS 'SELECT -1';
        CREATE TYPE %1$s.%2$s (INPUT = pg_catalog.%3$s_in, OUTPUT = pg_catalog.%3$s_out,
            TYPMOD_IN = pg_catalog.runbook_modifiers, LIKE = text)""";

    private final Scratch scratch;
    /** The extensions that are not here, each with the first statement that wanted it. */
    final Map<Extension, Failure> extensions = new LinkedHashMap<>();
    /** What was passed over for want of rights. */
    final List<Failure> rights = new ArrayList<>();
    /** What was passed over for want of an extension. */
    final List<Failure> passed = new ArrayList<>();
    private final List<String> standIns = new ArrayList<>();
    private final List<String> made = new ArrayList<>();

    Allowance(Scratch scratch) {
        this.scratch = scratch;
    }

    Runner.Answer failed(Failure f) throws SQLException {
        String wanted = f.code().equals("EXTENSION_MISSING") ? f.extension() : null;
        if (wanted != null && HARMLESS.contains(wanted) && f.state.equals("42501")) {
            scratch.asAdmin("CREATE EXTENSION IF NOT EXISTS " + wanted);
            made.add(wanted);
            return Runner.Answer.GO_ON;
        }
        if (f.state.equals("42710") && f.extension() != null && made.contains(f.extension())) {
            return Runner.Answer.GO_ON;
        }
        if (wanted != null) {
            extensions.putIfAbsent(Extension.of(wanted), f);
            return Runner.Answer.GO_ON;
        }
        if ((f.state.equals("42501") || f.state.equals("42710")) && madeRoles(f.statement)) {
            return Runner.Answer.GO_ON;
        }
        if (f.state.equals("42501")) {
            return note(rights, f);
        }
        if (extensions.keySet().stream().noneMatch(e -> e.explains(f.state, f.getMessage(), f.statement))) {
            return Runner.Answer.FAILS;
        }
        return standsIn(f) ? Runner.Answer.AGAIN : note(passed, f);
    }

    private static Runner.Answer note(List<Failure> list, Failure f) {
        if (list.stream().noneMatch(other -> other.migration == f.migration && other.line == f.line)) {
            list.add(f);
        }
        return Runner.Answer.GO_ON;
    }

    /** Makes the roles of a statement that may not make them, or whose roles another database of the server has. */
    private boolean madeRoles(String statement) throws SQLException {
        boolean any = false;
        for (Matcher m = MAKES_ROLE.matcher(statement); m.find();) {
            any |= scratch.adopt(m.group(1) != null ? m.group(1) : m.group(2).toLowerCase(Locale.ROOT));
        }
        return any;
    }

    private boolean standsIn(Failure f) throws SQLException {
        Matcher m = TYPE.matcher(f.getMessage());
        if (!f.state.equals("42704") || !m.find() || standIns.contains(m.group())) {
            return false;
        }
        standIns.add(m.group());
        String type = m.group(2);
        scratch.asAdmin(STAND_IN.formatted(Sql.identifier(m.group(1) == null ? "public" : m.group(1)),
                Sql.identifier(type), "runbook_" + type.replaceAll("\\W", "_")));
        return true;
    }
}
