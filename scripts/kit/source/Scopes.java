//SOURCES Text.java
package kit.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The queries within a statement, one in another, and where the list of tables of each is at its end: what is added
 * behind that place, when the program runs, cannot make a column exist. */
final class Scopes {
    private static final Set<String> BEGIN = Set.of("select", "update", "delete", "insert", "merge");
    private static final Set<String> SETS = Set.of("union", "intersect", "except");
    /** What comes behind the list of tables. */
    private static final Set<String> CLOSE = Set.of("where", "having", "limit", "offset", "fetch", "window",
            "returning");
    private static final Set<String> CLOSE_WITH_BY = Set.of("group", "order");
    private static final int NEVER = Integer.MAX_VALUE;

    /** One query of a level: where its list of tables begins and ends, and the places of GROUP BY and ORDER BY. */
    private static final class Query {
        final int start;
        int from = NEVER;
        int closed = NEVER;
        final List<Integer> sorts = new ArrayList<>();

        Query(int start) {
            this.start = start;
        }
    }

    /** What stands between two brackets, or the whole. */
    private static final class Level {
        final int open;
        final Level parent;
        int close = NEVER;
        final List<Query> queries = new ArrayList<>();

        Level(int open, Level parent) {
            this.open = open;
            this.parent = parent;
        }

        Query at(int place) {
            Query found = null;
            for (Query each : queries) {
                found = each.start <= place ? each : found;
            }
            return found;
        }
    }

    private final List<Level> levels = new ArrayList<>();
    private final String sql;
    private Level current = new Level(-1, null);

    Scopes(String sql) {
        this.sql = sql;
        levels.add(current);
        int i = 0;
        while (i < sql.length()) {
            i = next(i);
        }
    }

    private int next(int i) {
        char c = sql.charAt(i);
        if (c == '\'' || c == '"') {
            int end = sql.indexOf(c, i + 1);
            return end < 0 ? sql.length() : end + 1;
        }
        if (c == '(') {
            current = new Level(i, current);
            levels.add(current);
        } else if (c == ')' && current.parent != null) {
            current.close = i;
            end(i);
            current = current.parent;
        }
        if (!Character.isLetter(c) && c != '_') {
            return i + 1;
        }
        int end = i;
        while (end < sql.length() && (Text.wordPart(sql.charAt(end)) || sql.charAt(end) == '$')) {
            end++;
        }
        if (i == 0 || sql.charAt(i - 1) != '.' && sql.charAt(i - 1) != '$') {
            word(sql.substring(i, end).toLowerCase(Locale.ROOT), i, end);
        }
        return end;
    }

    private void word(String word, int at, int end) {
        Query query = current.queries.isEmpty() ? null : current.queries.get(current.queries.size() - 1);
        boolean by = sql.substring(end, Math.min(sql.length(), end + 20)).stripLeading()
                .regionMatches(true, 0, "by", 0, 2);
        if (BEGIN.contains(word)) {
            current.queries.add(new Query(at));
        } else if (SETS.contains(word) && query != null) {
            close(query, at);
            end(at);
        } else if (query != null && (CLOSE.contains(word) || CLOSE_WITH_BY.contains(word) && by)) {
            close(query, at);
            if (CLOSE_WITH_BY.contains(word)) {
                query.sorts.add(at);
            }
        } else if (query != null && word.equals("from") && query.from == NEVER) {
            query.from = at;
        }
    }

    private static void close(Query query, int at) {
        query.closed = Math.min(query.closed, at);
    }

    private void end(int at) {
        if (!current.queries.isEmpty()) {
            Query last = current.queries.get(current.queries.size() - 1);
            close(last, at);
        }
    }

    private Level levelOf(int place) {
        Level found = levels.get(0);
        for (Level each : levels) {
            found = each.open < place && place < each.close ? each : found;
        }
        return found;
    }

    /** Whether nothing that only the run knows can supply a name.
     *
     * @param at        its place
     * @param qualified whether it says whose column it is, and that is there
     * @param open      from where on the statement is not known; {@link Integer#MAX_VALUE} where it is whole
     * @param holes     the places of parts, within what is known, that may be any expression */
    boolean settled(int at, boolean qualified, int open, List<Integer> holes) {
        Level own = levelOf(at);
        for (int hole : holes) {
            // A column of a subquery may be named so.
            Level level = levelOf(hole);
            Query query = level.at(hole);
            if (level != own && level.parent != null && query != null && hole < query.from) {
                return false;
            }
        }
        if (qualified) {
            return true;
        }
        for (Level level = own; level != null; level = level.parent) {
            Query query = level.at(at);
            if (query != null && open < NEVER && (query.closed == NEVER || query.closed > open)) {
                return false;
            }
        }
        Query query = own.at(at);
        return query == null || query.sorts.stream().noneMatch(sort -> sort < at)
                || holes.stream().noneMatch(hole -> hole > query.start && hole < query.from);
    }

    /** How many brackets are open at the end. */
    int depth() {
        int depth = 0;
        for (Level level = current; level.parent != null; level = level.parent) {
            depth++;
        }
        return depth;
    }
}
