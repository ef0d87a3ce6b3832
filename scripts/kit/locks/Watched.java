//SOURCES ../postgres/Catalogue.java
//SOURCES ../migrations/Failure.java
//SOURCES Hurt.java
//SOURCES ../migrations/Migration.java
//SOURCES Observed.java
//SOURCES Observer.java
//SOURCES ../migrations/Part.java
//SOURCES ../migrations/Replay.java
//SOURCES Rows.java
//SOURCES SafeWay.java
//SOURCES ../postgres/Server.java
//SOURCES Shape.java
//SOURCES ../migrations/Splitter.java
//SOURCES ../postgres/Sql.java
package kit.locks;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import kit.migrations.Failure;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Replay;
import kit.migrations.Splitter;
import kit.postgres.Catalogue;
import kit.postgres.Server;
import kit.postgres.Sql;

/** A second replay, in which the tables have rows and the statements of some files are watched. Where a statement
 * hurts, another way is gone in its place; leads it to the same tables, the replay goes on from there. */
final class Watched implements AutoCloseable {
    private static final Pattern TRANSACTION = Pattern.compile(
            "(?is)(begin|start\\s+transaction|commit|end)(\\s+(work|transaction))?");
    private static final Pattern LOCAL = Pattern.compile("(?is)set\\s+local\\s+");
    private static final Pattern OUTSIDE = Pattern.compile("(?is)(?:.*\\bconcurrently\\b|vacuum\\b).*");

    private final Server server;
    private final List<Migration> files;
    private final Set<Migration> fresh;
    private final boolean oneChange;
    private final int count;
    private final Map<Part, List<String>> ways = new HashMap<>();
    /** Statements for which no other way is tried any more. */
    private final Set<Part> untried = new HashSet<>();
    /** How long each statement took, with this many rows in a table; in seconds. */
    final Map<Part, Double> times = new HashMap<>();
    /** Files and statements that could not be watched, and why. */
    final Map<String, String> unseen = new LinkedHashMap<>();
    private Replay<Catalogue> replay;
    private Rows rows;
    /** The tables as the last statement that was watched left them; null for not known. */
    private Shape known;
    /** Tables that the change has made. */
    private Set<Long> made = new TreeSet<>();

    Watched(Server server, List<Migration> files, Set<Migration> fresh, boolean oneChange, int rows)
            throws Exception {
        this.server = server;
        this.files = files;
        this.fresh = fresh;
        this.oneChange = oneChange;
        this.count = rows;
        begin();
    }

    private void begin() throws Exception {
        replay = Replay.of(server.scratch(), List.of());
        Observer.prepare(replay.c, server.major());
        rows = new Rows(replay.scratch);
        made = new TreeSet<>();
        known = null;
    }

    /** Replays the files before one again, on a database of its own. */
    private void again(Migration until) throws Exception {
        close();
        begin();
        for (Migration m : files.subList(0, files.indexOf(until))) {
            pass(m);
        }
    }

    /** A file that is not watched. */
    List<Observed> pass(Migration m) throws SQLException {
        Set<Long> before = tables();
        known = null;
        replay.apply(List.of(m));
        note(m, before);
        return List.of();
    }

    private Set<Long> tables() throws SQLException {
        return new TreeSet<>(Shape.oids(replay.c));
    }

    private void note(Migration m, Set<Long> before) throws SQLException {
        if (fresh.contains(m) && oneChange) {
            Set<Long> now = tables();
            now.removeAll(before);
            made.addAll(now);
        }
    }

    /** What each statement of a file was seen to do. */
    List<Observed> watch(Migration m) throws Exception {
        while (true) {
            Set<Long> before = tables();
            Set<Long> existing = new TreeSet<>(before);
            existing.removeAll(made);
            if (existing.isEmpty()) {
                return pass(m);
            }
            Set<Long> empty = rows.fill(existing, count);
            List<Observed> seen = new ArrayList<>();
            try {
                if (statements(m, existing, empty, seen)) {
                    Sql.execute(replay.c, "RESET ALL; RESET ROLE");
                    note(m, before);
                    return seen;
                }
                again(m);
            } catch (Failure f) {
                unseen.put(m.name() + " from line " + f.line + " on", "could not be watched: " + f.getMessage());
                again(m);
                pass(m);
                return seen;
            }
        }
    }

    /** @return false where another way led astray, and the file begins again without it */
    private boolean statements(Migration m, Set<Long> existing, Set<Long> empty, List<Observed> seen)
            throws Exception {
        Observer observer = new Observer(replay, existing, empty, known);
        known = null;
        int transaction = 0;
        boolean open = m.transactional();
        for (Part part : m.up()) {
            String bare = Splitter.bare(part.sql()).strip();
            transaction += open ? 0 : 1;
            if (TRANSACTION.matcher(bare).matches()) {
                open = bare.matches("(?is)(begin|start).*") || m.transactional();
                transaction++;
            } else if (!part.ofPsql() && !statement(observer, m, part, transaction, seen)) {
                return false;
            }
        }
        known = observer.shape();
        return true;
    }

    private boolean statement(Observer observer, Migration m, Part part, int transaction, List<Observed> seen)
            throws Exception {
        String bare = Splitter.bare(part.sql());
        if (OUTSIDE.matcher(bare).matches() && !m.transactional()) {
            seen.add(observer.outside(m, part, transaction));
            return true;
        }
        // Each statement ends its transaction here, and what is set for one must last.
        Part run = LOCAL.matcher(bare).lookingAt() ? new Part(LOCAL.matcher(bare).replaceFirst("SET "), part.line())
                : part;
        List<List<String>> way = new ArrayList<>();
        Observed o = patiently(observer, m, run, transaction, part, way);
        times.putIfAbsent(part, observer.seconds());
        seen.add(new Observed(m, part, transaction, o.locks(), o.scanned(), o.checked(), o.written(), o.noTimeout(),
                o.before(), o.after()));
        return way.isEmpty() || leadsThere(observer, m, part, o.after(), way.get(0));
    }

    /** Where rows stand in the way, once more without. */
    private Observed patiently(Observer observer, Migration m, Part run, int transaction, Part part,
            List<List<String>> way) throws Exception {
        for (boolean second = false;; second = true) {
            try {
                return observer.run(m, run, transaction, o -> {
                    Hurt hurt = untried.contains(part) ? null : Hurt.own(o);
                    List<String> steps = hurt == null ? List.of() : SafeWay.of(hurt, server.major());
                    if (!steps.isEmpty()) {
                        way.add(steps);
                    }
                    return steps.isEmpty();
                });
            } catch (Failure f) {
                if (second || !f.state.matches("2[23].*")) {
                    throw f;
                }
                rows.empty();
                observer.emptied();
            }
        }
    }

    private boolean leadsThere(Observer observer, Migration m, Part part, Shape wanted, List<String> steps)
            throws Exception {
        boolean quiet = true;
        try {
            for (String step : steps) {
                Part one = new Part(step, part.line());
                Observed o = SafeWay.outside(step) ? observer.outside(m, one, 0) : observer.run(m, one, 0, x -> true);
                quiet &= Hurt.own(o) == null;
            }
        } catch (Failure f) {
            quiet = false;
        }
        if (quiet && observer.shape().sameAs(wanted)) {
            ways.put(part, steps);
            return true;
        }
        untried.add(part);
        return false;
    }

    /** The other way to what a statement does, which was gone; none where none was found. */
    List<String> safe(Hurt hurt) throws Exception {
        if (hurt.code().equals("BACKFILL_IN_DDL") && !ways.containsKey(hurt.at().part())) {
            List<String> steps = SafeWay.of(hurt, server.major());
            try {
                for (String step : steps) {
                    replay.alone(hurt.by().m(), new Part(step, 0), "", null);
                }
                return steps;
            } catch (Failure f) {
                return List.of();
            }
        }
        return ways.getOrDefault(hurt.at().part(), List.of());
    }

    @Override
    public void close() throws SQLException {
        rows.close();
        replay.close();
    }
}
