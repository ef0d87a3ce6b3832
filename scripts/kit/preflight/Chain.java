//SOURCES CheckOutcome.java
//SOURCES ../report/Exit.java
//SOURCES ../report/Leftovers.java
//SOURCES ../report/RunFolder.java
//SOURCES ../report/Severity.java
//SOURCES ../report/SqlError.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
package kit.preflight;

import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import kit.report.Exit;
import kit.report.Leftovers;
import kit.report.RunFolder;
import kit.report.Severity;
import kit.report.SqlError;
import kit.report.Stop;
import kit.report.TextFiles;

/** Runs checks at the same time as far as they do not depend on each other, and tells of them in their order. */
public final class Chain {
    /** What looks, and says what it saw. */
    public interface Judge {
        CheckOutcome judge() throws Exception;
    }

    /** A link of the chain.
     *
     * @param needs the checks without which this one cannot be judged: where one of them fails, this one is blocked
     * @param after the checks that it only waits for */
    public record Check(String name, List<String> needs, List<String> after, Judge judge) {
    }

    static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "check");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, Check> checks = new LinkedHashMap<>();
    private final Map<String, CompletableFuture<CheckOutcome>> running = new HashMap<>();
    private final Map<String, CheckOutcome> outcomes = new ConcurrentHashMap<>();

    private Chain() {
    }

    /** @param each is told of every check, in the order given, as soon as it and those before it have ended */
    public static Map<String, CheckOutcome> run(List<Check> checks, BiConsumer<String, CheckOutcome> each) {
        Chain chain = new Chain();
        checks.forEach(check -> chain.checks.put(check.name, check));
        checks.forEach(chain::start);
        Map<String, CheckOutcome> inOrder = new LinkedHashMap<>();
        for (Check check : checks) {
            CheckOutcome outcome = chain.running.get(check.name).join();
            inOrder.put(check.name, outcome);
            each.accept(check.name, outcome);
        }
        return inOrder;
    }

    private CompletableFuture<CheckOutcome> start(Check check) {
        CompletableFuture<CheckOutcome> known = running.get(check.name);
        if (known == null) {
            CompletableFuture<?>[] before = Stream.concat(check.needs.stream(), check.after.stream())
                    .map(name -> start(checks.get(name))).toArray(CompletableFuture[]::new);
            known = CompletableFuture.allOf(before).thenApplyAsync(done -> judge(check), THREADS);
            running.put(check.name, known);
        }
        return known;
    }

    private CheckOutcome judge(Check check) {
        long turn = System.nanoTime();
        CheckOutcome outcome = check.needs.stream().map(need -> outcomes.get(need).hinders(need))
                .filter(Objects::nonNull).findFirst().orElse(null);
        if (outcome == null) {
            try {
                outcome = check.judge.judge();
            } catch (Exception | Error e) {
                outcome = crashed(e);
            }
        }
        outcome.ended(turn);
        outcomes.put(check.name, outcome);
        return outcome;
    }

    /** One check that fails does not end the others. */
    private static CheckOutcome crashed(Throwable thrown) {
        if (RunFolder.ending()) {
            // It fails because the run is being ended, and that is no finding.
            Leftovers.pause(60_000);
        }
        Throwable e = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (e instanceof Stop stop && stop.exit == Exit.USAGE) {
            throw stop;
        }
        if (System.getProperty("runbook.stacktrace") != null) {
            e.printStackTrace();
        }
        return CheckOutcome.sound("").finding("CHECK_FAILED", Severity.error, null,
                "this check could not be made: " + why(e), "", "preflight --stack-trace   # shows where");
    }

    private static String why(Throwable e) {
        return e instanceof Stop ? e.getMessage()
                : e instanceof SQLException sql
                        ? "the server " + (SqlError.isGone(sql) ? "went away: " : "answered: ") + SqlError.message(sql)
                        : e instanceof IOException io ? TextFiles.trouble(io)
                                : "it failed in a way that it should not: " + e;
    }
}
