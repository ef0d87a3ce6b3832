//SOURCES ../migrations/Failure.java
//SOURCES ../migrations/Folder.java
//SOURCES Hurt.java
//SOURCES ../migrations/Migration.java
//SOURCES Needs.java
//SOURCES Observed.java
//SOURCES ../migrations/Replay.java
//SOURCES ../report/Report.java
//SOURCES SafeWay.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Where.java
//SOURCES Watched.java
package kit.locks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Failure;
import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Replay;
import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Where;

/** What each statement of new files locks, rewrites and scans, where tables that were there before have rows. */
public final class LockCheck {
    /** What it finds beside MIGRATION_REWRITES, MIGRATION_LOCKS and MIGRATION_SCANS, as a pattern. */
    public static final String CODES = "INDEX_NOT_CONCURRENT|CONCURRENTLY_IN_TRANSACTION|LOCK_TIMEOUT_UNSET"
            + "|BACKFILL_IN_DDL";
    private static final Pattern CONCURRENTLY = Pattern.compile("(?is).*\\bconcurrently\\b.*");

    private static final int FEW = 10;
    private static final int TIMES = 10;

    private final Folder folder;
    private final Report report;
    private final Server server;
    private final Replay<?> replay;
    private final Set<Migration> fresh;
    private final boolean oneChange;
    private final int rows;
    private final boolean timed;
    private final List<Where> patient = new ArrayList<>();
    private int hurts;

    /** @param replay    of the whole folder, to know what fails
     * @param fresh     the files to look at; null for all, each as a change of its own
     * @param rows      how many a table gets; with none asked for, a few, and nothing is timed */
    public LockCheck(Folder folder, Report report, Server server, Replay<?> replay, Set<Migration> fresh,
            Integer rows) {
        this.folder = folder;
        this.report = report;
        this.server = server;
        this.replay = replay;
        this.oneChange = fresh != null;
        this.fresh = fresh == null ? Set.copyOf(folder.files()) : fresh;
        this.rows = rows == null ? FEW : rows;
        this.timed = rows != null;
    }

    /** Whether a failure of the replay is told here, and not there. */
    public static boolean tells(Failure failure) {
        return failure.state.equals("25001") && CONCURRENTLY.matcher(failure.statement).matches();
    }

    public void check() throws Exception {
        report.step("What each statement locks, rewrites and scans");
        if (fresh.isEmpty()) {
            report.say("no file of it is new");
            return;
        }
        report.run("BEGIN; …; SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid(); ROLLBACK");
        replay.failures.stream().filter(f -> fresh.contains(f.migration) && tells(f)).forEach(this::concurrently);
        int statements = 0;
        List<Observed> told = new ArrayList<>();
        try (Watched watched = new Watched(server, folder.files(), fresh, oneChange, rows)) {
            for (Migration m : folder.files()) {
                boolean unjudged = replay.failed(m) || replay.templates.containsKey(m) || !fresh.contains(m);
                List<Observed> seen = unjudged ? watched.pass(m) : watched.watch(m);
                statements += seen.size();
                for (Hurt hurt : Hurt.of(seen)) {
                    tell(hurt, watched.safe(hurt));
                    told.add(hurt.at());
                }
                seen.stream().filter(o -> o.strongest() != null && o.noTimeout()).findFirst()
                        .ifPresent(o -> patient.add(m.at(o.part().line())));
            }
            watched.unseen.forEach(report::skipped);
            time(told, watched);
        }
        timeout();
        report.checked("statements watched", statements);
        if (hurts == 0) {
            report.good(statements + (statements == 1 ? " statement of " : " statements of ") + fresh.size()
                    + (fresh.size() == 1 ? " file keeps" : " files keep") + " nobody from a table for long");
        }
    }

    /** The same once more with ten times the rows: what takes ten times as long does so by the rows. */
    private void time(List<Observed> told, Watched few) throws Exception {
        if (!timed || told.isEmpty()) {
            return;
        }
        try (Watched many = new Watched(server, folder.files(), fresh, oneChange, rows * TIMES)) {
            for (Migration m : folder.files()) {
                boolean unjudged = replay.failed(m) || replay.templates.containsKey(m) || !fresh.contains(m);
                List<Observed> seen = unjudged ? many.pass(m) : many.watch(m);
                seen.stream().filter(o -> told.stream().anyMatch(t -> t.part() == o.part())).forEach(o -> {
                    double one = few.times.getOrDefault(o.part(), 0.0);
                    double ten = many.times.getOrDefault(o.part(), 0.0);
                    report.say(String.format(Locale.ROOT, "%s  %.1f ms with %d rows a table, %.1f ms with %d: %.1f ×",
                            m.at(o.part().line()), one * 1e3, rows, ten * 1e3, rows * TIMES, ten / one));
                });
            }
        }
    }

    private void concurrently(Failure f) {
        hurts++;
        Severity severity = report.finding("CONCURRENTLY_IN_TRANSACTION", Severity.error, f.migration.at(f.line),
                f.migration.name() + " runs in a transaction, where CONCURRENTLY cannot be: the file fails",
                f.getMessage() + "\n" + f.statement.strip(),
                Needs.outside(folder).isEmpty() ? new String[0] : new String[] {Needs.outside(folder), f.statement
                        .strip() + ";"});
        if (severity != null) {
            report.tell(severity, f.migration.at(f.line) + "  " + f.getMessage());
        }
    }

    private void tell(Hurt hurt, List<String> safe) {
        Where where = hurt.by().m().at(hurt.at().part().line());
        Severity severity = report.weighed(hurt.code(), Severity.error, where, hurt.text());
        if (severity == null) {
            return;
        }
        hurts++;
        report.tell(severity, where + "  " + hurt.text() + "\n" + hurt.at().named());
        report.add(hurt.code(), severity, List.of(where), hurt.text(), hurt.at().part().sql().strip(),
                remedy(hurt, safe).toArray(String[]::new));
    }

    private List<String> remedy(Hurt hurt, List<String> safe) {
        List<String> lines = new ArrayList<>();
        if (hurt.code().equals("MIGRATION_LOCKS") && hurt.with() != null) {
            return List.of("# line " + hurt.with().part().line()
                    + " in a file of its own, behind this one: what holds the lock is then committed",
                    hurt.with().part().sql().strip() + ";");
        }
        if (safe.isEmpty()) {
            return List.of(hurt.code().equals("BACKFILL_IN_DDL")
                    ? "# line " + hurt.at().part().line() + " in a file of its own, behind this one, and in batches"
                    : "# no other way was found that leads to the same: do it where nobody works, or make a new table "
                            + "that takes this one's place");
        }
        String needs = safe.size() > 1 || safe.stream().anyMatch(SafeWay::outside) ? Needs.outside(folder) : "";
        lines.add(needs.isEmpty() ? "# tried here; each step committed before the next" : needs);
        boolean goose = needs.contains("+goose");
        for (int i = 0; i < safe.size(); i++) {
            boolean block = goose && safe.get(i).contains(";");
            lines.add((block ? "-- +goose StatementBegin\n" : "") + safe.get(i) + ";"
                    + (block ? "\n-- +goose StatementEnd" : ""));
            int same = i;
            while (same + 1 < safe.size() && alike(safe.get(i), safe.get(same + 1))) {
                same++;
            }
            if (same > i + 1) {
                lines.add("# and so for the " + (same - i) + " other partitions");
                i = same;
            }
        }
        return lines;
    }

    /** Whether two steps do the same to two partitions. */
    private static boolean alike(String one, String other) {
        Pattern head = Pattern.compile("(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY|ALTER INDEX \\S+ ATTACH PARTITION) ");
        Matcher m = head.matcher(one);
        return m.lookingAt() && other.startsWith(m.group())
                && one.replaceFirst("^.* USING ", m.group()).length() == other.replaceFirst("^.* USING ", m.group())
                        .length();
    }

    /** One cause, however many files. */
    private void timeout() {
        if (!patient.isEmpty()) {
            String text = "a lock that keeps others from writing is waited for without end: behind one long query "
                    + "everybody waits";
            Severity severity = report.weighed("LOCK_TIMEOUT_UNSET", Severity.info, patient.get(0), text);
            if (severity != null) {
                report.add("LOCK_TIMEOUT_UNSET", severity, patient, text, "lock_timeout is 0 there",
                        "SET LOCAL lock_timeout = '5s';  -- in a transaction; else SET, and RESET behind it");
            }
        }
    }
}
