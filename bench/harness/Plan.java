//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES Asked.java
//SOURCES JmhOptions.java
//SOURCES Progress.java
//SOURCES Trial.java
//SOURCES Variant.java
//SOURCES Ways.java
package bench.harness;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Stop;

/** The trials of a profile, of each schema in turn. */
public final class Plan {
    private final Asked asked;
    private final JmhOptions options;
    private final List<Trial> trials = new ArrayList<>();

    private Plan(Asked asked, JmhOptions options) {
        this.asked = asked;
        this.options = options;
    }

    public static List<Trial> of(Asked asked, JmhOptions options) {
        Plan plan = new Plan(asked, options);
        plan.cold();
        plan.steady();
        plan.concurrent();
        plan.openLoop();
        plan.storm();
        List<Trial> chosen = plan.trials.stream().filter(options::chooses).toList();
        if (chosen.isEmpty()) {
            throw Stop.usage("no trial has a name such as that: benchmark --list shows all");
        }
        return chosen;
    }

    private int by(int quick, int otherwise, int full) {
        return asked.quick ? quick : asked.full ? full : otherwise;
    }

    private void cold() {
        boolean ours = !asked.server.namesYours();
        List<String> auths = ours ? List.of("scram", "trust") : List.of("server");
        for (String jvm : List.of("fresh", "warm")) {
            for (String pool : List.of("none", "cold", "warmed")) {
                for (String auth : auths) {
                    boolean core = auth.equals(auths.get(0)) && !pool.equals("cold");
                    if (asked.full || core && (!asked.quick || pool.equals("warmed") == jvm.equals("warm"))
                            || !asked.quick && (pool.equals("none") || auth.equals(auths.get(0)))) {
                        Trial trial = jvm.equals("fresh")
                                ? new Trial("cold", "", "coldStart", 1, new LinkedHashMap<>(), by(3, 10, 20), 0, 1, 10,
                                        null)
                                : new Trial("cold", "", "coldStart", 1, new LinkedHashMap<>(), 1, by(10, 20, 40),
                                        by(10, 30, 100), 10, null);
                        add(trial.with("auth", auth).with("pool", pool).as("cold start, " + jvm + " JVM, "
                                + (pool.equals("none") ? "no pool" : "pool " + pool) + ", " + auth, 1));
                    }
                }
            }
        }
    }

    private Trial loop(String test, String method, int rounds, String twin) {
        return new Trial(test, "", method, 1, new LinkedHashMap<>(), rounds, by(1, 2, 2), by(2, 2, 4),
                by(700, 1000, 2000), twin)
                .with("protocol", "prepared").with("access", "distinct").with("beside", "alone")
                .with("commit", "server").with("pool", "0").with("rate", "0");
    }

    private void steady() {
        add(loop("steady", "steadyState", by(1, 6, 12), "distinct.sql").as("steady state, prepared", 1));
        if (!asked.quick) {
            add(loop("steady", "steadyState", by(1, 3, 6), null).with("protocol", "simple")
                    .as("steady state, simple protocol", 1));
        }
    }

    private void concurrent() {
        List<Integer> clients = asked.quick ? List.of(8, 20) : List.of(2, 4, 8, 16, 20, 32);
        for (int n : clients) {
            add(loop("concurrent", "concurrent", n == 8 ? by(1, 6, 12) : by(1, 3, 6), "distinct.sql")
                    .as("concurrent distinct, " + n + " clients", n));
        }
        for (int n : asked.quick ? List.of(8) : asked.full ? clients : List.of(8, 32)) {
            add(loop("concurrent", "concurrent", n == 8 ? by(1, 6, 12) : by(1, 3, 6), "hot.sql").with("access", "hot")
                    .as("concurrent hot row, " + n + " clients", n));
        }
        for (int n : asked.quick ? List.<Integer>of() : asked.full ? clients : List.of(8)) {
            add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("access", "zipf")
                    .as("concurrent skewed, " + n + " clients", n));
            add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("beside", "search")
                    .as("concurrent distinct beside searches, " + n + " clients", n));
        }
        if (!asked.quick) {
            add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("access", "hot").with("beside", "snapshot")
                    .as("concurrent hot row beside a held snapshot, 8 clients", 8));
        }
        for (String commit : asked.quick ? List.<String>of() : List.of("off")) {
            add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("commit", commit)
                    .as("concurrent distinct, synchronous_commit " + commit + ", 8 clients", 8));
        }
        for (int size : asked.quick ? List.<Integer>of() : List.of(4, 8, 16)) {
            add(loop("concurrent", "concurrent", by(1, 3, 6), null).with("pool", String.valueOf(size))
                    .as("concurrent distinct, 32 clients, pool of " + size, 32));
        }
    }

    private void openLoop() {
        for (String rate : asked.quick ? List.of("50%") : List.of("50%", "80%")) {
            add(loop("concurrent", "openLoop", by(1, 3, 6), null).with("rate", rate).as(
                    "open loop at " + rate + " of the throughput, " + (asked.quick ? 8 : 32) + " clients",
                    asked.quick ? 8 : 32));
        }
    }

    private void storm() {
        for (Ways strategy : asked.quick ? List.of(Ways.loop, Ways.batch, Ways.unnest) : List.of(Ways.values())) {
            add(new Trial("storm", "write storm, " + strategy, "writeStorm", 1, new LinkedHashMap<>(), by(1, 3, 6), 6,
                    3, 10, null).with("strategy", strategy.name()));
        }
    }

    /** One trial for each schema, and for each value that -p gives; -t gives other numbers of clients to what has
     * clients. */
    private void add(Trial trial) {
        List<Trial> variants = List.of(trial);
        for (String name : trial.parameters().keySet()) {
            variants = variants.stream().flatMap(
                    v -> options.values(name, v.parameters().get(name)).stream().map(value -> named(v, name, value)))
                    .toList();
        }
        for (Trial variant : variants) {
            int clients = trial.test().equals("concurrent") ? options.threads().orElse(variant.clients())
                    : variant.clients();
            if (clients > Asked.MOST_CLIENTS) {
                throw Stop.usage(
                        "-t " + clients + " is more than the table has rows for: give at most " + Asked.MOST_CLIENTS);
            }
            Trial counted = clients == variant.clients() ? variant
                    : variant.as(variant.name().replaceFirst("\\d+ clients", clients + " clients"), clients);
            for (String schema : asked.schemas) {
                Trial each = counted.with("schema", Variant.of(schema).name());
                if (trials.stream().noneMatch(other -> other.measures(each))) {
                    trials.add(each);
                }
            }
        }
    }

    /** Another value stands in the name where the one before stood, else after it. */
    private static Trial named(Trial trial, String parameter, String value) {
        String before = trial.parameters().get(parameter);
        Matcher said = Pattern.compile("\\b" + Pattern.quote(before) + "\\b").matcher(trial.name());
        String name = value.equals(before) ? trial.name()
                : said.find() ? said.replaceFirst(Matcher.quoteReplacement(value))
                        : trial.name() + ", " + parameter + " " + value;
        return trial.with(parameter, value).as(name, trial.clients());
    }

    public static String time(List<Trial> plan, JmhOptions options) {
        return Progress.shown(plan.stream().mapToDouble(trial -> trial.seconds(options)).sum());
    }

    public static void print(List<Trial> plan, JmhOptions options, PrintWriter out) {
        plan.forEach(trial -> out.printf(Locale.ROOT, "%-62s %s%4.0f s%n", trial.name(),
                plan.stream().map(Trial::schema).distinct().count() > 1 ? String.format("%-18s", trial.schema()) : "",
                trial.seconds(options)));
        out.println(plan.size() + " trials, about " + time(plan, options));
    }
}
