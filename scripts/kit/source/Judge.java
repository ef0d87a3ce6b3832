//SOURCES Candidate.java
//SOURCES Doubt.java
//SOURCES Outcome.java
//SOURCES Refusal.java
//SOURCES Role.java
//SOURCES Schema.java
//SOURCES Source.java
//SOURCES SourceFile.java
//SOURCES Trial.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Stop.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;

import kit.postgres.Sql;
import kit.report.SqlError;
import kit.report.Stop;
import kit.source.Candidate.Kind;

/** Asks PostgreSQL, some statements at a time, and weighs what it says. */
public final class Judge {
    private static final int CONNECTIONS = 4;
    private static final int MOST_PARAMETERS = 999;

    private final Schema schema;
    private final Source source;

    public Judge(Schema schema, Source source) {
        this.schema = schema;
        this.source = source;
    }

    /** The outcome of every statement; none is run, but definitions of .sql files, in a scratch database. */
    public List<Outcome> judge() throws Exception {
        Set<SourceFile> defining = new HashSet<>();
        source.candidates.stream().filter(c -> c.literal() == null && c.kind() == Kind.DEFINE && !schema.isLive())
                .forEach(c -> defining.add(c.file()));
        Map<SourceFile, List<Candidate>> scripts = new LinkedHashMap<>();
        List<Candidate> single = new ArrayList<>();
        for (Candidate c : source.candidates) {
            (defining.contains(c.file()) ? scripts.computeIfAbsent(c.file(), f -> new ArrayList<>()) : single).add(c);
        }
        List<Outcome> outcomes = new ArrayList<>(concurrently(single));
        for (List<Candidate> script : scripts.values()) {
            outcomes.addAll(inOrder(script));
        }
        return outcomes;
    }

    private List<Outcome> concurrently(List<Candidate> candidates) throws Exception {
        Outcome[] outcomes = new Outcome[candidates.size()];
        AtomicInteger next = new AtomicInteger();
        List<CompletableFuture<Void>> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(CONNECTIONS, 1 + candidates.size() / 8); i++) {
            workers.add(CompletableFuture.runAsync(() -> {
                try (Connection c = schema.reader()) {
                    for (int at = next.getAndIncrement(); at < outcomes.length; at = next.getAndIncrement()) {
                        outcomes[at] = outcome(c, candidates.get(at), () -> {});
                    }
                } catch (SQLException e) {
                    throw Stop.unchecked("the server went away while statements were judged: " + SqlError.message(e));
                }
            }));
        }
        try {
            CompletableFuture.allOf(workers.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        return List.of(outcomes);
    }

    /** A file of SQL: a statement may need the table that one before it makes. Definitions are run, and rolled back
     * with all else. */
    private List<Outcome> inOrder(List<Candidate> script) throws SQLException {
        List<Outcome> outcomes = new ArrayList<>();
        try (Connection c = schema.scratchWriter()) {
            var savepoint = new Savepoint[] {c.setSavepoint()};
            Trial.Undo undo = () -> c.rollback(savepoint[0]);
            for (Candidate candidate : script) {
                if (candidate.kind() != Kind.DEFINE) {
                    outcomes.add(outcome(c, candidate, undo));
                    continue;
                }
                try {
                    Sql.execute(c, candidate.sql().toString());
                    savepoint[0] = c.setSavepoint();
                    outcomes.add(Outcome.skipped(candidate,
                            "definitions were run in a scratch database and rolled back"));
                } catch (SQLException e) {
                    undo.run();
                    if (String.valueOf(e.getSQLState()).matches("42P0[467]|42710|42701|42723")) {
                        c.rollback();
                        return script.stream().map(each -> Outcome.skipped(each,
                                "its file makes a schema of its own, which the migrations make already")).toList();
                    }
                    outcomes.add(refused(candidate, e));
                }
            }
            c.rollback();
        }
        return outcomes;
    }

    /** A definition that the server refuses. */
    private Outcome refused(Candidate candidate, SQLException e) {
        Refusal refusal = new Refusal(e, candidate.sql());
        String code = refusal.code(schema);
        String doubt = new Doubt(candidate, refusal, Integer.MAX_VALUE, candidate.sql().length,
                candidate.sql(), schema, source).reason();
        if (doubt == null && (code.equals("SQL_REFUSED") || !candidate.parameters().isEmpty())) {
            doubt = "a definition that could not be run here: " + SqlError.message(e);
        }
        return doubt != null ? Outcome.skipped(candidate, doubt)
                : new Outcome(candidate, List.of(refusal.trouble(code)), null, List.of());
    }

    private Outcome outcome(Connection c, Candidate candidate, Trial.Undo undo) throws SQLException {
        String skipped = unjudged(candidate);
        return skipped != null ? Outcome.skipped(candidate, skipped)
                : new Trial(c, candidate, undo, schema, source).run();
    }

    /** Why a statement is not put before the server at all; null where it is. */
    private static String unjudged(Candidate candidate) {
        if (candidate.kind() != Kind.JUDGE) {
            return "definitions and utility statements cannot be described without being run";
        }
        Role role = candidate.literal() == null ? Role.STATEMENT : candidate.literal().role();
        if (role == Role.EXPECTED || role == Role.COMPARED || role == Role.EXAMPLE
                || (role == Role.PERHAPS_COMPARED || role == Role.PERHAPS_DATA) && candidate.file().holdsTests()) {
            return role.why;
        }
        return candidate.literal() != null && candidate.file().mocked() ? "a mock takes the place of the database"
                : candidate.sql().at(0) == '<' ? "MyBatis makes it of a <script> when the program runs"
                        : candidate.parameters().length() > MOST_PARAMETERS
                                ? "it has more than " + MOST_PARAMETERS + " parameters"
                                : candidate.name() ? "a name in it is known only when the program runs" : null;
    }
}
