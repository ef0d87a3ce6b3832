//SOURCES ../../scripts/kit/postgres/Server.java
//SOURCES ../../scripts/kit/report/Report.java
//SOURCES ../../scripts/kit/report/Severity.java
//SOURCES ../../scripts/kit/report/SqlError.java
//SOURCES ../../scripts/kit/report/TextFiles.java
//SOURCES Asked.java
//SOURCES Beside.java
//SOURCES Counters.java
//SOURCES JmhOptions.java
//SOURCES Limit.java
//SOURCES Measured.java
//SOURCES Pgbench.java
//SOURCES Probe.java
//SOURCES Progress.java
//SOURCES Results.java
//SOURCES Round.java
//SOURCES Table.java
//SOURCES Target.java
//SOURCES Trial.java
//DEPS org.openjdk.jmh:jmh-core:1.37
package bench.harness;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

import kit.postgres.Server;
import kit.report.Report;
import kit.report.Severity;
import kit.report.SqlError;
import kit.report.TextFiles;
import org.openjdk.jmh.runner.RunnerException;

/** Runs the trials in turn with what they are compared with: A B E, A B E, …, and A once more. */
public final class Runs {
    /** A probe that took more than so many times as long, before or after, makes its round void; a first measurement
     * that its own repetition misses by more makes the trial void. */
    private static final double PROBE_DRIFT = 2;
    private static final double DRIFT = 0.3;
    private final Asked asked;
    private final JmhOptions options;
    private final Target target;
    private final Pgbench pgbench;
    private final Results results;
    private final Report report;
    private final Map<List<Object>, Double> throughput = new HashMap<>();
    private final Probe probe;
    private Progress progress;

    public Runs(Asked asked, JmhOptions options, Target target, Pgbench pgbench, Results results, Report report) {
        this.asked = asked;
        this.options = options;
        this.target = target;
        this.pgbench = pgbench;
        this.results = results;
        this.report = report;
        this.probe = new Probe(target.server.kind == Server.Kind.EMBEDDED);
    }

    public void all(List<Trial> plan) throws Exception {
        progress = new Progress(plan, options);
        if (pgbench.version == null) {
            report.warn(
                    "no pgbench here, so there is no comparison with it: it comes with PostgreSQL's server package "
                            + "(Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql), or "
                            + "name it with --pgbench");
        }
        results.server(target, pgbench.version);
        List<List<Trial>> groups = List.copyOf(plan.stream()
                .collect(Collectors.groupingBy(trial -> List.of(trial.name()), LinkedHashMap::new, Collectors.toList()))
                .values());
        boolean answers = true;
        for (int i = 0; i < groups.size() && answers; i++) {
            answers = group(groups.get(i));
        }
    }

    /** The same trial on each schema, round by round; false when the server is gone for good. */
    private boolean group(List<Trial> trials) throws Exception {
        Map<Trial, Measured> measured = new LinkedHashMap<>();
        trials.forEach(trial -> measured.put(trial, new Measured(atItsRate(trial))));
        boolean answers = true;
        try {
            rounds(measured);
            if (!asked.quick && again(measured)) {
                rounds(measured);
                again(measured);
            }
        } catch (TrialFailed e) {
            e.of.failed = e.getMessage();
            answers = target.answers();
        }
        for (Map.Entry<Trial, Measured> each : measured.entrySet()) {
            tell(each.getKey(), each.getValue());
            results.add(each.getValue());
        }
        if (!answers) {
            report.finding("BENCH_SERVER_GONE", Severity.error, null,
                    "the server has not answered for half a minute: the trials after this one were not measured",
                    measured.values().iterator().next().failed);
            results.partial = true;
        }
        return answers;
    }

    private void rounds(Map<Trial, Measured> measured) throws Exception {
        Trial any = measured.keySet().iterator().next();
        int rounds = any.test().equals("cold") ? 1 : options.forks(any.rounds());
        for (int round = 1, extra = 2; round <= rounds; round++) {
            boolean rejected = false;
            for (Map.Entry<Trial, Measured> each : measured.entrySet()) {
                progress.show(each.getKey(), round, rounds);
                Round made = orVoid(each.getValue(), () -> round(each.getKey(), each.getValue()));
                each.getValue().rounds.add(made);
                rejected |= made.rejected != null;
            }
            if (rejected && extra-- > 0 && !asked.quick) {
                round--;
            }
        }
    }

    private Round round(Trial trial, Measured measured) throws Exception {
        Double before = probe.millis();
        Round round = measure(measured,
                trial.test().equals("cold") && trial.warmups() == 0 ? options.forks(trial.rounds()) : 1);
        round.fsyncMillis = before;
        if (trial.twin() != null) {
            Table table = target.tables.get(trial.schema());
            table.restore();
            try (Connection c = table.scratch.connect()) {
                Map<String, Double> counted = Counters.read(c, table.lacks.keySet());
                Pgbench.Speed speed = pgbench.run(trial, options.warmUp(trial), 2 * trial.millis() / 1000.0);
                if (speed != null) {
                    round.pgbench = speed.perSecond();
                    round.pgbenchCpuMicros = speed.cpuMicros();
                    round.pgbenchHotShare = Counters.perUpdate(counted, Counters.read(c, table.lacks.keySet()), 1)
                            .get("hotShare");
                }
            }
            round.empty = table.lacks.containsKey(Limit.NAME) ? null
                    : Limit.perSecond(target.source(trial.schema()), trial.clients(), 1);
        }
        Double after = probe.millis();
        if (!asked.quick && before != null && Math.max(after / before, before / after) > PROBE_DRIFT) {
            round.rejected = String.format(Locale.ROOT, "the disk's sync took %.2f ms before and %.2f ms after", before,
                    after);
        }
        return round;
    }

    private Round measure(Measured measured, int forks) throws Exception {
        Trial trial = measured.trial;
        Table table = target.tables.get(trial.schema());
        table.restore();
        List<String> idle = table.idleInTransaction();
        if (!idle.isEmpty()) {
            results.mark("a session is idle in a transaction: " + String.join(", ", idle));
        }
        try (Beside beside = Beside.of(trial.parameters().get("beside"), target.source(trial.schema()))) {
            Round round = new Round(results.run(options.of(trial, forks, target.told), measured));
            beside.check();
            return round;
        }
    }

    /** What goes wrong in the middle makes this trial void, and no other. */
    private <T> T orVoid(Measured of, Callable<T> work) throws Exception {
        try {
            return work.call();
        } catch (RunnerException e) {
            throw new TrialFailed(of, results.whyJmhFailed(e));
        } catch (SQLException e) {
            throw new TrialFailed(of, "the server answered: " + SqlError.message(e));
        } catch (IOException e) {
            throw new TrialFailed(of, TextFiles.trouble(e));
        }
    }

    /** The first measurement once more at the end; true if it is so far from the first that the trial is to be made
     * again. */
    private boolean again(Map<Trial, Measured> measured) throws Exception {
        boolean drifted = false;
        for (Measured each : measured.values()) {
            if (each.trial.bursts() || each.rounds.size() < 2) {
                continue;
            }
            Round last = orVoid(each, () -> measure(each, 1));
            double drift = last.score / each.rounds.get(each.start).score - 1;
            each.drifted = Math.abs(drift) > DRIFT;
            if (each.drifted && each.start == 0) {
                String why = String.format(Locale.ROOT, "the first measurement, repeated last, differed by %.0f %%",
                        drift * 100);
                each.rounds.forEach(round -> round.rejected = why);
                drifted = true;
            }
        }
        if (drifted) {
            measured.values().forEach(each -> each.start = each.rounds.size());
        }
        return drifted;
    }

    private Trial atItsRate(Trial trial) {
        String rate = trial.parameters().getOrDefault("rate", "0");
        if (!rate.endsWith("%")) {
            return trial;
        }
        Double measured = throughput.get(List.of(trial.schema(), trial.clients()));
        double all = measured != null ? measured : Limit.updatesPerSecond(target, trial);
        return trial.with("rate",
                String.valueOf(Math.max(1, Math.round(all * Integer.parseInt(rate.replace("%", "")) / 100))));
    }

    private void tell(Trial trial, Measured measured) {
        String name = trial.name() + (asked.schemas.size() > 1 ? ", schema " + trial.schema() : "");
        if (measured.failed != null) {
            report.bad(name + ": " + measured.failed);
            report.finding("BENCH_FAILS", Severity.error, null,
                    name + " failed, and counts nowhere; the other trials stand", measured.failed,
                    "benchmark '" + trial.name() + "'");
            return;
        }
        report.checked("trials", 1);
        if (trial.method().equals("concurrent") && trial.parameters().get("access").equals("distinct")
                && trial.parameters().get("beside").equals("alone")
                && trial.parameters().get("commit").equals("server")) {
            throughput.merge(List.of(trial.schema(), trial.clients()), measured.score(), Math::max);
        }
        String text = name + ": " + measured.summary();
        if (measured.drifted) {
            report.warn(text + "; it drifted: the first measurement, repeated last, is another");
        } else {
            report.good(text);
        }
    }

    private static final class TrialFailed extends Exception {
        final Measured of;

        TrialFailed(Measured of, String why) {
            super(why);
            this.of = of;
        }
    }
}
