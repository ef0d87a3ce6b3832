//SOURCES ../postgres/Catalogue.java
//SOURCES FailingStatement.java
//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/FileList.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Ledger.java
//SOURCES ../migrations/Migration.java
//SOURCES Missing.java
//SOURCES Origin.java
//SOURCES Placeholders.java
//SOURCES ../postgres/Server.java
//SOURCES Trail.java
//SOURCES Uses.java
//SOURCES ../migrations/Watch.java
//SOURCES WhichTable.java
package kit.explain;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import kit.migrations.Failure;
import kit.migrations.FileList;
import kit.migrations.Folder;
import kit.migrations.Ledger;
import kit.migrations.Migration;
import kit.migrations.Watch;
import kit.postgres.Catalogue;
import kit.postgres.Server;

/** What is known of a case: given are the message, the folder, the code and a server for replays; the rest is found out
 * step by step. */
final class Facts implements AutoCloseable {
    Missing missing;
    final Folder folder;
    final Uses code;
    /** From here on found out: what the replay of the folder showed. */
    Origin origin;
    /** The replay in the order of a list or ledger, where that loses the name. */
    Origin wrongOrder;
    /** The list that does not name the file that makes the name, or has it at the wrong place. */
    FileList guilty;
    /** The tables and columns of the database that fails, and its ledgers; null and none where it is not given. */
    Catalogue live;
    List<Ledger> ledgers = List.of();
    /** The name that was probably meant, and the table that has it. */
    String near;
    String nearTable;
    /** The file that would give the name if it had its Up mark. */
    Migration unmarked;
    /** The function in which a trigger's record lacks the field, as it was last made; null where it is no such case. */
    Trail.Change function;
    /** The statement of a Down part that was run with the Up parts. */
    Watch.Event undone;
    private final Server server;
    private final List<Origin> replays = new ArrayList<>();

    Facts(Server server, Missing missing, Folder folder, Uses code) {
        this.server = server;
        this.missing = WhichTable.of(missing, folder, code);
        this.folder = folder;
        this.code = code;
    }

    /** A replay of other files, or in another order. */
    Origin replay(List<Migration> files) throws SQLException, IOException {
        Origin replay = Origin.replay(server, files, missing);
        replays.add(replay);
        try (Connection c = replay.connect()) {
            // What the folder makes is of another table where the very statement is still refused.
            if (missing.statement() != null
                    && FailingStatement.isRefused(c, Placeholders.numbered(missing.statement()), missing)) {
                replay.deny();
            }
        }
        return replay;
    }

    /** Follows things of some names through the folder. */
    Trail trail(List<String> names) throws SQLException, IOException {
        return Trail.of(server, folder.files(), names);
    }

    /** The migration that fails for the very name that is missing: that file is where to look; null where none does. */
    Failure broken() {
        return origin.failures().stream().filter(f -> f.state.equals(missing.state())
                && f.getMessage().contains("\"" + missing.name() + "\"")).findFirst().orElse(null);
    }

    /** The ledger that counts. */
    Optional<Ledger> ledger() {
        return ledgers.stream().findFirst();
    }

    /** The file to which a database with every file applied owes the name. */
    Optional<Migration> supplier() {
        return origin.supplier().map(Watch.Event::migration);
    }

    /** The table of the missing column, as far as the message, the replay or the near name tell; else null. */
    String tableOfColumn() {
        // Whose alias is not known, of that one nothing is proven.
        return missing.relation() != null ? missing.relation()
                : missing.alias() != null ? null
                        : origin.events().stream().map(Watch.Event::relation).findFirst().orElse(nearTable);
    }

    /** The migrations that a list names, in its order. */
    List<Migration> named(FileList list) {
        return list.names().stream().distinct()
                .flatMap(name -> folder.files().stream().filter(m -> m.name().equals(name))).toList();
    }

    @Override
    public void close() throws SQLException {
        for (Origin each : replays) {
            each.close();
        }
    }
}
