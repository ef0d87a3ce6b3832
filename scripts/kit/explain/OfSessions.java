//SOURCES Answer.java
//SOURCES Complaint.java
//SOURCES ../report/Stop.java
package kit.explain;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import kit.report.Stop;

/** Errors of sessions among each other, of which the schema says little: what the message itself tells. */
final class OfSessions {
    private static final Pattern RUNS = Pattern.compile("(?m)Process (\\d+): ([^\\n]+)");
    private static final Pattern WAITS = Pattern.compile(
            "Process (\\d+) waits for (\\w+) on ([^;\\n]+); blocked by process (\\d+)");
    private final Complaint complaint;

    OfSessions(Complaint complaint) {
        this.complaint = complaint;
    }

    Answer answer() {
        return switch (complaint.state()) {
            case "25P02" ->
                throw Stop.unchecked("25P02 only says that an earlier statement of the transaction failed, and "
                        + "that one is not in the text: give the log from the first error of this connection on "
                        + "(grep -B 50 "
                        + "25P02), or turn on log_min_error_statement");
            case "40P01" -> deadlock();
            case "53300" -> tooMany();
            case "55P03" -> locked();
            default -> cancelled();
        };
    }

    private Answer deadlock() {
        Answer answer = new Answer("CAUSE_DEADLOCK", null,
                "two transactions took the same locks in another order, and PostgreSQL ended one");
        List<String> waits = WAITS.matcher(complaint.text()).results().map((MatchResult m) -> "process " + m.group(1)
                + " waits for " + m.group(2) + " on " + m.group(3) + ", which process " + m.group(4) + " holds")
                .toList();
        List<String> runs = RUNS.matcher(complaint.text()).results().map(m -> "process " + m.group(1) + " runs "
                + m.group(2)).distinct().toList();
        waits.forEach(answer::fact);
        runs.forEach(answer::fact);
        if (runs.isEmpty()) {
            answer.fact(
                    "which statements they are stands in the server's log only, under “Process …:”, at the "
                            + "same moment");
        }
        return answer.look("# take the locks in one order (ORDER BY the key, FOR UPDATE), keep transactions short, and "
                + "try again at 40P01");
    }

    private Answer tooMany() {
        String name = complaint.name("name");
        return new Answer("CAUSE_CONNECTIONS", null, name == null ? "all connections of the server are in use"
                : "all connections of the " + complaint.name("kind") + " " + name + " are in use")
                .look("SELECT datname, usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, "
                        + "2, 3, 4 "
                        + "ORDER BY 5 DESC")
                .look(name == null ? "SHOW max_connections   # the pools' sizes times the instances must stay below it"
                        : "# its CONNECTION LIMIT: \\du or \\l+")
                .look("# in tests: does each test close its pool? a smaller pool, or a pooler, before a larger "
                        + "max_connections");
    }

    private Answer locked() {
        String relation = complaint.name("relation");
        return new Answer("CAUSE_LOCK", null, relation == null
                ? "another transaction holds the lock for longer than lock_timeout"
                : "another transaction holds the lock on " + relation
                        + ", and NOWAIT or lock_timeout does not wait for it")
                .look("SELECT pid, pg_blocking_pids(pid), state, xact_start, query FROM pg_stat_activity WHERE "
                        + "cardinality(pg_blocking_pids(pid)) > 0 OR state = 'idle in transaction'")
                .look("# a migration: run it again when the long transaction is over; a larger lock_timeout holds up "
                        + "everybody behind it");
    }

    private Answer cancelled() {
        String why = complaint.name("why") == null ? "" : complaint.name("why");
        if (why.startsWith("statement timeout")) {
            return new Answer("CAUSE_CANCELLED", null, "the statement ran longer than statement_timeout allows")
                    .look("SHOW statement_timeout   # set for the role, the database, or by the client's options")
                    .look("EXPLAIN (ANALYZE, BUFFERS) …   # is it slow, or did it wait for a lock? "
                            + "pg_stat_activity says");
        }
        if (why.startsWith("user request")) {
            return new Answer("CAUSE_CANCELLED", null,
                    "the client cancelled it: its own timeout or deadline, a request that "
                            + "was broken off, pg_cancel_backend()")
                    .look("# which deadline does the client have (context, queryTimeout, command_timeout)?");
        }
        if (why.startsWith("conflict with recovery")) {
            return new Answer("CAUSE_CANCELLED", null, "a standby cancelled it, for it was in the way of replay")
                    .look("SHOW max_standby_streaming_delay   # or hot_standby_feedback, or ask the primary");
        }
        throw Stop.unchecked(
                "57014 is a statement that was cancelled, and the message does not say by whom: the server's "
                        + "log does (statement timeout, user request)");
    }
}
