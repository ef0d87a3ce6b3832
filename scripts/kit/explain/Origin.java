//SOURCES ../postgres/Catalogue.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/Migration.java
//SOURCES Missing.java
//SOURCES ../migrations/Replay.java
//SOURCES ../postgres/Server.java
//SOURCES ../migrations/Watch.java
package kit.explain;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import kit.migrations.Failure;
import kit.migrations.Migration;
import kit.migrations.Replay;
import kit.migrations.Watch;
import kit.postgres.Catalogue;
import kit.postgres.Server;

/** Where the missing name comes from: the migrations, replayed one by one on a scratch database and watched for it
 * after each statement. */
final class Origin implements AutoCloseable {
    private final Replay<Catalogue> replay;
    private final Watch watch;
    private boolean denied;

    private Origin(Replay<Catalogue> replay, Watch watch) {
        this.replay = replay;
        this.watch = watch;
    }

    static Origin replay(Server server, List<Migration> files, Missing missing) throws SQLException, IOException {
        Watch watch = missing.column() == null ? Watch.table(missing.relation())
                : Watch.column(missing.column(), missing.tables());
        return new Origin(Replay.ofCatalogue(server.scratch()).watch(watch).apply(files), watch);
    }

    /** What was made is not what is missing. */
    void deny() {
        denied = watch.supplier().isPresent();
    }

    /** What happened to the name, in order. */
    List<Watch.Event> events() {
        return denied ? List.of() : watch.events();
    }

    /** The statement to which the database at the end owes the name; none where it does not have it. */
    Optional<Watch.Event> supplier() {
        return denied ? Optional.empty() : watch.supplier();
    }

    /** The statement that took the name away for good. */
    Optional<Watch.Event> taker() {
        return denied ? Optional.empty() : watch.taker();
    }

    /** The type of the column when it was last made; null where it never was. */
    String lastType() {
        return events().stream().filter(Watch.Event::came).reduce((a, b) -> b).map(Watch.Event::type).orElse(null);
    }

    List<Failure> failures() {
        return replay.failures;
    }

    /** What was passed over for want of an extension. */
    Collection<Failure> lacks() {
        return replay.lacks().values();
    }

    /** What was passed over for want of rights. */
    List<Failure> rights() {
        return replay.rights();
    }

    /** The database after the last file. */
    Catalogue end() {
        return replay.end();
    }

    /** The tables and columns that a file adds and that are still there at the end, as "schema.table.column". */
    List<String> traces(Migration m) {
        return replay.adds(m).stream().filter(end().names()::contains).toList();
    }

    Connection connect() throws SQLException {
        return replay.scratch.runner();
    }

    @Override
    public void close() throws SQLException {
        replay.close();
    }
}
