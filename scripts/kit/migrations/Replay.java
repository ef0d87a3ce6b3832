//SOURCES ../postgres/Catalogue.java
//SOURCES ../postgres/Definitions.java
//SOURCES Failure.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES Runner.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../postgres/Snapshot.java
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
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Snapshot;

/** Applies migrations one by one to a scratch database, each as its tool does, and looks at the database after each: so
 * it is known what every file adds and takes away, without reading its SQL. A file that fails leaves nothing, and the
 * next one is tried. Files can be applied in several calls; {@link #end} is the database after the last one.
 *
 * <p>
 * What is looked at is the {@link Catalogue} (tables and columns: quick) or the {@link Definitions} (all that there is,
 * with the SQL that makes it). With a {@link Watch}, it is told after which statement a name came or went.
 *
 * <pre>
 * try (var replay = Replay.ofCatalogue(server.scratch()).apply(folder.files())) { … replay.adds(m) … }
 * </pre>
 */
public final class Replay<S extends Snapshot> implements AutoCloseable {
    /** Extensions that need a superuser to create and give an ordinary role no way out of its database. */
    private static final Set<String> HARMLESS = Set.of("pg_stat_statements", "pg_buffercache", "pgstattuple",
            "pgrowlocks");

    /** Something to do in the transaction of a file, after its last statement. */
    public interface InTransaction {
        void run(Connection tx, Migration m) throws SQLException;
    }

    /** Where it happens; dropped at {@link #close}. */
    public final Scratch scratch;
    /** The runner's connection, in simple query mode. */
    public final Connection c;
    /** The files that failed, in the order in which they were applied. */
    public final List<Failure> failures = new ArrayList<>();
    private final Snapshot.Reader<S> reader;
    private final Map<Migration, S> before = new LinkedHashMap<>();
    private final Map<Migration, S> after = new LinkedHashMap<>();
    private S end;
    private Watch watch;
    private InTransaction last = (tx, m) -> {};
    private boolean helps;

    private Replay(Scratch scratch, Snapshot.Kind<S> kind) throws SQLException {
        this.scratch = scratch;
        c = scratch.runner();
        reader = new Snapshot.Reader<>(scratch, kind);
        end = reader.read();
    }

    /** Looks at tables and columns. */
    public static Replay<Catalogue> ofCatalogue(Scratch scratch) throws SQLException {
        return new Replay<>(scratch, Catalogue.KIND);
    }

    /** Looks at everything. */
    public static Replay<Definitions> ofDefinitions(Server server, List<Migration> files)
            throws SQLException, IOException {
        return new Replay<>(server.scratch(), Definitions.KIND).apply(files);
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

    /** From now on extensions that only a superuser may create and that are harmless are created for the files, on a
     * server that is the run's own. */
    public Replay<S> helping() {
        helps = scratch.throwaway();
        return this;
    }

    public Replay<S> apply(List<Migration> files) throws SQLException {
        for (Migration m : files) {
            before.put(m, end);
            run(m, m.up(), helps);
            end = reader.read();
            after.put(m, end);
        }
        return this;
    }

    private void run(Migration m, List<Part> parts, boolean mayRetry) throws SQLException {
        Runner.AfterPart look = part -> {};
        if (watch != null) {
            watch.begin(end.columnsById());
            look = part -> watch.look(c, m, part);
        }
        try {
            Runner.apply(c, m, parts, look, tx -> last.run(tx, m));
        } catch (Failure e) {
            if (watch != null) {
                watch.forget();
            }
            if (mayRetry && e.extension() != null && HARMLESS.contains(e.extension())) {
                scratch.asAdmin("CREATE EXTENSION IF NOT EXISTS " + e.extension());
                run(m, parts.stream().filter(part -> !part.sql().equals(e.statement)).toList(), false);
            } else {
                failures.add(e);
            }
        }
    }

    /** The database after the last file. */
    public S end() {
        return end;
    }

    /** The database as it is now, where something else was done to it on {@link #c}. */
    public S now() throws SQLException {
        return reader.read();
    }

    /** The database before a file that was applied. */
    public S before(Migration m) {
        return before.get(m);
    }

    public boolean failed(Migration m) {
        return failures.stream().anyMatch(f -> f.migration == m);
    }

    /** The names that a file adds; none of a file that was not applied. */
    public Set<String> adds(Migration m) {
        return minus(after.get(m), before.get(m));
    }

    /** The names that a file takes away; none of a file that was not applied. */
    public Set<String> takes(Migration m) {
        return minus(before.get(m), after.get(m));
    }

    private static Set<String> minus(Snapshot these, Snapshot those) {
        Set<String> left = new LinkedHashSet<>(these == null ? Set.of() : these.names());
        left.removeAll(those == null ? Set.of() : those.names());
        return left;
    }

    /** The last file that took away a name of this kind. */
    public Optional<Migration> lastThatTakes(Predicate<String> name) {
        return before.keySet().stream().filter(m -> takes(m).stream().anyMatch(name)).reduce((a, b) -> b);
    }

    @Override
    public void close() throws SQLException {
        c.close();
        reader.close();
        scratch.close();
    }
}
