//SOURCES Allowance.java
//SOURCES ../postgres/Catalogue.java
//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Extension.java
//SOURCES Failure.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES Runner.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../postgres/Snapshot.java
//SOURCES ../postgres/Sql.java
//SOURCES Template.java
//SOURCES Watch.java
package kit.migrations;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

import kit.postgres.Catalogue;
import kit.postgres.Definitions;
import kit.postgres.Extension;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Snapshot;
import kit.postgres.Sql;

/** Applies migrations one by one to a scratch database, each as its tool does: so it is known what every file adds and
 * takes away, without reading its SQL. A file that fails leaves nothing, and the next one is tried. Files can be
 * applied in several calls; {@link #end} is the database after the last one. On a server of the run's own that server's
 * limits are no failures: see {@link #lacks}, {@link #rights} and {@link #templates}.
 *
 * <p>
 * What is looked at is the {@link Catalogue} (tables and columns: quick, after each file) or the {@link Definitions}
 * (all that there is, with the SQL that makes it: at the end, and after each file where that is asked for). What is
 * kept of a file is what it changed. With a {@link Watch}, it is told after which statement a name came or went.
 *
 * <pre>
 * try (var replay = Replay.ofCatalogue(server.scratch()).apply(folder.files())) { … replay.adds(m) … }
 * </pre>
 */
public final class Replay<S extends Snapshot> implements AutoCloseable {
    /** Something to do in the transaction of a file, after its last statement. */
    public interface InTransaction {
        void run(Connection tx, Migration m) throws SQLException;
    }

    /** What a file changed, and what that was before; see {@link Snapshot#otherwise}. */
    private record Change(Set<String> adds, Set<String> takes, Map<String, Object> was) {

        static final Change NONE = new Change(Set.of(), Set.of(), Map.of());

        static Change of(Snapshot before, Snapshot after) {
            return new Change(minus(after, before), minus(before, after), after.otherwise(before));
        }

        private static Set<String> minus(Snapshot these, Snapshot those) {
            Set<String> left = new LinkedHashSet<>(these.names());
            left.removeAll(those.names());
            return left;
        }
    }

    /** Where it happens; dropped at {@link #close}. */
    public final Scratch scratch;
    /** The runner's connection, in simple query mode. */
    public final Connection c;
    /** The files that failed, in the order in which they were applied. */
    public final List<Failure> failures = new ArrayList<>();
    /** The files that are text templates and were not applied, each with its kind. */
    public final Map<Migration, String> templates = new LinkedHashMap<>();
    private final Allowance allowance;
    private final Snapshot.Reader<S> reader;
    private final Map<Migration, Change> changes = new LinkedHashMap<>();
    private Predicate<Migration> looks;
    private S end;
    /** The database before one of the files, from which the one before an earlier file is made. */
    private S past;
    private Migration pastOf;
    private Watch watch;
    private InTransaction last = (tx, m) -> {};

    private Replay(Scratch scratch, Snapshot.Kind<S> kind, Predicate<Migration> looks) throws SQLException {
        this.scratch = scratch;
        this.looks = looks;
        c = scratch.runner();
        reader = new Snapshot.Reader<>(scratch, kind);
        allowance = scratch.throwaway() ? new Allowance(scratch) : null;
        end = reader.read();
    }

    /** Looks at tables and columns. */
    public static Replay<Catalogue> ofCatalogue(Scratch scratch) throws SQLException {
        return new Replay<>(scratch, Catalogue.KIND, m -> true);
    }

    /** Looks at everything, once the files are applied. */
    public static Replay<Definitions> ofDefinitions(Server server, List<Migration> files)
            throws SQLException, IOException {
        return ofDefinitions(server, files, m -> false);
    }

    /** Looks at everything after each of some files, which takes its time where there are many. */
    public static Replay<Definitions> ofDefinitions(Server server, List<Migration> files, Predicate<Migration> looks)
            throws SQLException, IOException {
        return new Replay<>(server.scratch(), Definitions.KIND, looks).apply(files);
    }

    /** Looks at nothing: only what fails is of interest, and what is made. */
    public static Replay<Catalogue> of(Scratch scratch, List<Migration> files) throws SQLException {
        return new Replay<>(scratch, Catalogue.KIND, m -> false).apply(files);
    }

    /** From now on statements are watched for names. */
    public Replay<S> watch(Watch names) {
        watch = names;
        return this;
    }

    /** From now on this is done in the transaction of each file, before it is committed. */
    public Replay<S> last(InTransaction step) {
        last = step;
        return this;
    }

    public Replay<S> apply(List<Migration> files) throws SQLException {
        for (Migration m : files) {
            boolean look = looks.test(m) || watch != null;
            S before = look && end == null ? reader.read() : end;
            run(m, before);
            end = look ? reader.read() : null;
            changes.put(m, look ? Change.of(before, end) : Change.NONE);
        }
        end = end == null ? reader.read() : end;
        return this;
    }

    private void run(Migration m, S before) throws SQLException {
        String template = allowance == null ? null : Template.of(m).orElse(null);
        if (template != null) {
            templates.put(m, template);
            return;
        }
        try {
            Runner.apply(c, m, m.up(), new Looking(m, before));
        } catch (Failure e) {
            if (watch != null) {
                watch.forget();
            }
            failures.add(e);
        }
        // Each file has a session of its own: a baseline of pg_dump leaves an empty search_path behind.
        Sql.execute(c, "RESET ALL; RESET ROLE");
    }

    private final class Looking implements Runner.Onlooker {
        private final Migration m;
        private final S before;
        private boolean again;

        Looking(Migration m, S before) {
            this.m = m;
            this.before = before;
        }

        @Override
        public void begins() {
            if (watch != null && again) {
                watch.forget();
            }
            if (watch != null) {
                watch.begin(before.columnsById());
            }
            again = true;
        }

        @Override
        public void ran(Part part) throws SQLException {
            if (watch != null) {
                watch.look(c, m, part);
            }
        }

        @Override
        public void last(Connection tx) throws SQLException {
            last.run(tx, m);
        }

        @Override
        public Runner.Answer failed(Failure failure) throws SQLException {
            return allowance == null ? Runner.Answer.FAILS : allowance.failed(failure);
        }
    }

    /** For what else is run on {@link #c}: it is allowed what the files were. */
    Runner.Onlooker onlooker() {
        return new Runner.Onlooker() {
            @Override
            public Runner.Answer failed(Failure failure) throws SQLException {
                return allowance == null ? Runner.Answer.FAILS : allowance.failed(failure);
            }
        };
    }

    /** Runs one statement of a file by itself, and what looks at it before its transaction ends; it is allowed what the
     * files are.
     *
     * @param first what is set for it
     * @param look  null for what cannot run in a transaction: then there is nothing to look at */
    public void alone(Migration m, Part part, String first, InTransaction look) throws SQLException, Failure {
        boolean inTransaction = look != null;
        Migration one = new Migration(m.file(), m.version(), m.words(), m.text(), inTransaction, List.of(part),
                List.of(), m.flaws());
        Runner.apply(c, one, one.up(), new Runner.Onlooker() {
            @Override
            public void begins() throws SQLException {
                Sql.execute(c, first);
            }

            @Override
            public void last(Connection tx) throws SQLException {
                if (inTransaction) {
                    look.run(tx, m);
                }
            }

            @Override
            public Runner.Answer failed(Failure failure) throws SQLException {
                return onlooker().failed(failure);
            }
        });
    }

    /** The extensions that this server does not have, each with the first statement that wants it. */
    public Map<Extension, Failure> lacks() {
        return allowance == null ? Map.of() : allowance.extensions;
    }

    /** Statements that were passed over, for they need rights that an ordinary role does not have. */
    public List<Failure> rights() {
        return allowance == null ? List.of() : allowance.rights;
    }

    /** Statements that were passed over, for they need an extension that is not here. */
    public List<Failure> passed() {
        return allowance == null ? List.of() : allowance.passed;
    }

    /** The database after the last file. */
    public S end() {
        return end;
    }

    /** The database as it is now, where something else was done to it on {@link #c}. */
    public S now() throws SQLException {
        return reader.read();
    }

    /** The database before a file, all files from which on were looked at; cheap where files are asked for from the
     * last to the first. */
    @SuppressWarnings("unchecked")
    public S before(Migration m) {
        List<Migration> files = new ArrayList<>(changes.keySet());
        int from = pastOf == null ? files.size() : files.indexOf(pastOf);
        boolean ahead = from >= files.indexOf(m);
        past = pastOf == null || !ahead ? end() : past;
        for (int i = (ahead ? from : files.size()) - 1; i >= files.indexOf(m); i--) {
            past = (S) past.with(changes.get(files.get(i)).was);
        }
        pastOf = m;
        return past;
    }

    public boolean failed(Migration m) {
        return failures.stream().anyMatch(f -> f.migration == m);
    }

    /** The names that a file adds; none of a file that was not applied, or not looked at. */
    public Set<String> adds(Migration m) {
        return changes.getOrDefault(m, Change.NONE).adds;
    }

    /** The names that a file takes away; none of a file that was not applied, or not looked at. */
    public Set<String> takes(Migration m) {
        return changes.getOrDefault(m, Change.NONE).takes;
    }

    /** The last file that took away a name of this kind. */
    public Optional<Migration> lastThatTakes(Predicate<String> name) {
        return changes.keySet().stream().filter(m -> takes(m).stream().anyMatch(name)).reduce((a, b) -> b);
    }

    @Override
    public void close() throws SQLException {
        c.close();
        reader.close();
        scratch.close();
    }
}
