//SOURCES ../report/Accepted.java
//SOURCES ../migrations/Folder.java
//SOURCES Globs.java
//SOURCES Judge.java
//SOURCES ../migrations/ListCheck.java
//SOURCES Outcome.java
//SOURCES ../migrations/Replay.java
//SOURCES Schema.java
//SOURCES ../postgres/Server.java
//SOURCES Source.java
package kit.source;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import kit.migrations.Folder;
import kit.migrations.ListCheck;
import kit.migrations.Replay;
import kit.postgres.Server;
import kit.report.Accepted;

/** Statements of code that a database made of the whole folder accepts, and one that lacks some files does not. */
public final class Needed implements ListCheck.Needs {
    private final Folder folder;
    private final Server server;
    private final Replay<?> whole;
    private final List<Path> suites;
    private final Accepted known;
    private Source source;
    private Set<String> anyway;

    /** @param suites where the code stands, which is read once it is asked for */
    public Needed(Folder folder, Server server, Replay<?> whole, List<Path> suites, Accepted known) {
        this.folder = folder;
        this.server = server;
        this.whole = whole;
        this.suites = suites;
        this.known = known;
    }

    @Override
    public Optional<String> of(Replay<?> partial) throws Exception {
        if (source == null) {
            source = Source.read(suites, folder, Globs.of(List.of(), List.of()), known);
            anyway = new HashSet<>(refused(whole).keySet());
        }
        Map<String, String> refused = refused(partial);
        refused.keySet().removeAll(anyway);
        return refused.values().stream().findFirst();
    }

    /** By place; only a missing column or table is believed. */
    private Map<String, String> refused(Replay<?> replay) throws Exception {
        Map<String, String> refused = new LinkedHashMap<>();
        for (Outcome outcome : new Judge(Schema.of(folder, replay, server), source).judge()) {
            outcome.troubles().stream().filter(t -> t.code().matches("SQL_(COLUMN|TABLE)_MISSING")).findFirst()
                    .ifPresent(t -> refused.put(outcome.where() + t.message(),
                            outcome.where() + " (" + t.message() + ")"));
        }
        return refused;
    }
}
