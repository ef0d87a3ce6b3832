//SOURCES Chain.java
//SOURCES ../migrations/Folder.java
//SOURCES ../config/ProjectPostgres.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Where.java
package kit.preflight;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import kit.config.ProjectPostgres;
import kit.migrations.Folder;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.report.Where;

/** The run's own server, which starts while the project is read, and is gone at the end. */
public final class OwnServer implements AutoCloseable {
    private final Server.Options options;
    private final Folder.Options migrations;
    private CompletableFuture<Server> server;
    private long began;

    public OwnServer(Server.Options options, Folder.Options migrations) {
        this.options = options;
        this.migrations = migrations;
    }

    synchronized void start() {
        if (server == null) {
            began = System.nanoTime();
            server = CompletableFuture.supplyAsync(() -> {
                try {
                    Optional<ProjectPostgres> named = ProjectPostgres.of(Where.here());
                    options.settle(named.map(ProjectPostgres::major).orElse(0),
                            named.map(ProjectPostgres::words).orElse(""));
                    Server started = options.namesYours() ? Server.embedded() : options.open();
                    migrations.createRoles(started);
                    return started;
                } catch (SQLException | IOException e) {
                    throw new CompletionException(e);
                }
            }, Chain.THREADS);
        }
    }

    /** A new database. */
    synchronized Scratch database() throws SQLException, IOException {
        return server().scratch();
    }

    synchronized Server server() {
        start();
        return server.join();
    }

    /** When it was started, for the first who asks: the start is the work of that check. */
    synchronized long firstUse() {
        long first = began;
        began = 0;
        return first;
    }

    @Override
    public void close() throws Exception {
        Server started = server == null ? null : server.exceptionally(e -> null).join();
        if (started != null) {
            started.close();
        }
    }
}
