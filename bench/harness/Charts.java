//SOURCES ../../scripts/kit/report/Clean.java
//SOURCES Drawing.java
//SOURCES Figure.java
//SOURCES RunData.java
//SOURCES Sheet.java
//SOURCES Sheets.java
//SOURCES TrialData.java
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13
package bench.harness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.report.Clean;

/** The charts of a run; one that has nothing to show is left out. */
public final class Charts {
    private static final List<String> PERCENTILES = List.of("p50", "p90", "p95", "p99", "p99.9", "max");
    private static final Map<String, String> STRATEGIES = Map.of("loop", "autocommit loop", "transaction",
            "one transaction", "connections", "N connections", "batch", "JDBC batch",
            "unnest", "FROM unnest", "any", "= ANY", "pipelined", "pipelined");

    public static List<Figure> of(RunData run) throws IOException {
        List<TrialData> measured = run.trials().stream().filter(TrialData::measured).toList();
        List<Figure> figures = new ArrayList<>();
        for (Figure figure : new Figure[] {throughput(measured), conditions(measured), latency(measured),
                storm(measured), cold(measured, "fresh"), cold(measured, "warm"), schemas(measured)}) {
            if (figure != null) {
                figures.add(figure);
            }
        }
        return figures;
    }

    private static Figure throughput(List<TrialData> trials) throws IOException {
        // One client is the steady state.
        List<TrialData> closed = trials.stream()
                .filter(trial -> (trial.test().equals("concurrent")
                        || trial.test().equals("steady") && trial.is("protocol", "prepared"))
                        && trial.is("schema", "base") && !trial.openLoop() && trial.is("pool", "0"))
                .toList();
        List<Integer> clients = closed.stream().map(TrialData::clients).distinct().sorted().toList();
        if (clients.size() < 2) {
            return null;
        }
        Map<String, List<Double>> lines = new LinkedHashMap<>();
        for (TrialData trial : closed) {
            put(lines, accessOf(trial), clients, trial, trial.mean());
        }
        for (TrialData trial : closed.stream().filter(TrialData::ordinary).toList()) {
            put(lines, "pgbench, distinct rows", clients, trial, trial.median(TrialData.Round::pgbench));
            put(lines, "limit: empty transaction", clients, trial, trial.median(TrialData.Round::empty));
        }
        // What was measured with one number of clients only is no line; it stands among the bars.
        lines.values().removeIf(values -> values.stream().filter(Objects::nonNull).count() < 2);
        return lines.isEmpty() ? null
                : Drawing.figure("throughput", "Throughput over clients",
                        "Updates a second in closed loop, base schema; dashed: pgbench with the same statement, and "
                                + "what an empty durable transaction reaches.",
                        lines.keySet(), (width, legend) -> Drawing.lines(width, legend,
                                clients.stream().map(String::valueOf).toList(), lines, "clients", "updates/s", false));
    }

    /** What the same number of clients reaches on other rows, beside other work, with other commits, over a pool. */
    private static Figure conditions(List<TrialData> trials) throws IOException {
        Map<String, Double> bars = new LinkedHashMap<>();
        trials.stream()
                .filter(trial -> trial.test().equals("concurrent") && trial.is("schema", "base") && !trial.openLoop()
                        && Set.of(8, 32).contains(trial.clients()))
                .sorted(Comparator.comparing(TrialData::mean).reversed())
                .forEach(trial -> bars.put(
                        trial.clients() + ", " + conditionOf(trial) + ", " + Sheet.number(trial.mean()), trial.mean()));
        return bars.size() < 2 ? null
                : Drawing.figure("conditions", "Clients under other conditions",
                        "Updates a second in closed loop, base schema; first the number of clients. Commit: "
                                + "synchronous_commit of the clients; off is not durable, and is there to show what "
                                + "durability costs.",
                        List.of(),
                        (width, legend) -> Drawing.bars(width, bars, "updates/s"));
    }

    private static void put(Map<String, List<Double>> lines, String line, List<Integer> clients, TrialData trial,
            double value) {
        List<Double> values = lines.computeIfAbsent(line,
                name -> new ArrayList<>(Collections.nCopies(clients.size(), null)));
        values.set(clients.indexOf(trial.clients()), Double.isNaN(value) ? null : value);
    }

    private static String accessOf(TrialData trial) {
        String access = trial.params().getOrDefault("access", "distinct");
        String rows = switch (access) {
            case "distinct" -> "distinct rows";
            case "hot" -> "one hot row";
            case "zipf" -> "skewed (Zipf)";
            default -> access;
        };
        String beside = trial.is("beside", "alone") ? ""
                : ", beside " + (trial.is("beside", "search") ? "searches"
                        : trial.is("beside", "snapshot") ? "a held snapshot" : trial.params().get("beside"));
        return rows + beside
                + (trial.is("commit", "server") ? "" : ", synchronous_commit " + trial.params().get("commit"));
    }

    /** What is not ordinary about a trial, in words so short that bars beside them have room on a telephone. */
    private static String conditionOf(TrialData trial) {
        List<String> words = new ArrayList<>();
        if (!trial.is("access", "distinct")) {
            words.add(accessOf(trial).replaceAll("^one |,.*", ""));
        }
        if (!trial.is("beside", "alone")) {
            words.add(trial.is("beside", "search") ? "searches"
                    : trial.is("beside", "snapshot") ? "held snapshot" : trial.params().get("beside"));
        }
        if (!trial.is("commit", "server")) {
            words.add("commit " + trial.params().get("commit"));
        }
        if (!trial.is("pool", "0")) {
            words.add("pool of " + trial.params().get("pool"));
        }
        return words.isEmpty() ? "distinct rows" : String.join(", ", words);
    }

    /** Open loop, and beside it closed loop with as many clients: what waiting does that a closed loop does not
     * count. */
    private static Figure latency(List<TrialData> trials) throws IOException {
        List<TrialData> base = trials.stream()
                .filter(trial -> trial.is("schema", "base") && !trial.latencyMillis().isEmpty()).toList();
        List<TrialData> open = base.stream().filter(TrialData::openLoop).toList();
        Set<Integer> clients = open.stream().map(TrialData::clients).collect(Collectors.toSet());
        List<TrialData> closed = base.stream()
                .filter(trial -> !trial.openLoop() && trial.ordinary() && trial.is("pool", "0")
                        && trial.is("protocol", "prepared"))
                .filter(trial -> trial.test().equals("steady") || clients.isEmpty()
                        || clients.contains(trial.clients()))
                .toList();
        Map<String, List<Double>> lines = new LinkedHashMap<>();
        Stream.of(open, closed).flatMap(List::stream).limit(6).forEach(trial -> lines.put(
                shortened(trial.name()) + (trial.openLoop() ? (trial.name().contains("open loop") ? "" : ", open loop")
                        : trial.name().contains("closed loop") ? "" : ", closed loop"),
                PERCENTILES.stream().map(trial.latencyMillis()::get)
                        .map(value -> value == null || value <= 0 ? null : value).toList()));
        return lines.isEmpty() ? null
                : Drawing.figure("latency", "Latency percentiles",
                        "Milliseconds on a logarithmic axis. Open loop counts from when an update was due, closed "
                                + "loop from when it was sent.",
                        lines.keySet(),
                        (width, legend) -> Drawing.lines(width, legend, PERCENTILES, lines, "", "ms", true));
    }

    private static Figure storm(List<TrialData> trials) throws IOException {
        List<TrialData> storms = trials.stream()
                .filter(trial -> trial.test().equals("storm") && trial.smallerIsBetter() && trial.is("schema", "base"))
                .toList();
        double loop = storms.stream().filter(trial -> "loop".equals(trial.params().get("strategy")))
                .mapToDouble(TrialData::mean).findFirst().orElse(Double.NaN);
        Map<String, Double> bars = new LinkedHashMap<>();
        Set<String> drawn = new LinkedHashSet<>();
        storms.stream().sorted(Comparator.comparing(TrialData::mean).reversed()).forEach(trial -> {
            String strategy = trial.params().getOrDefault("strategy", trial.name());
            String label = STRATEGIES.getOrDefault(strategy, strategy);
            bars.put((drawn.contains(label) ? shortened(trial.name()) : label) + ", " + Sheet.number(trial.mean())
                    + (Double.isNaN(loop) || strategy.equals("loop") ? ""
                            : String.format(Locale.ROOT, " (× %.1f)", loop / trial.mean())),
                    trial.mean());
            drawn.add(label);
        });
        return bars.size() < 2 ? null
                : Drawing.figure("storm", "Write storm: 150 updates at once",
                        "Milliseconds a burst, by how the updates are sent; in brackets how many times faster than "
                                + "the autocommit loop.",
                        List.of(), (width, legend) -> Drawing.bars(width, bars, "ms a burst"));
    }

    private static Figure cold(List<TrialData> trials, String jvm) throws IOException {
        List<TrialData> cold = trials.stream().filter(trial -> trial.test().equals("cold") && trial.is("schema", "base")
                && !trial.stagesMillis().isEmpty() && jvm.equals(trial.params().get("jvm"))).toList();
        // One bar needs no chart: the table has its figures.
        if (cold.size() < 2) {
            return null;
        }
        List<String> labels = new ArrayList<>();
        for (TrialData trial : cold) {
            // A chart takes a label once.
            labels.add(labels.contains(coldLabel(trial)) ? (labels.size() + 1) + ": " + coldLabel(trial)
                    : coldLabel(trial));
        }
        Map<String, List<Double>> stages = new LinkedHashMap<>();
        Map.of("connect", 0, "first", 1, "second", 2).entrySet().stream().sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey).forEach(stage -> stages.put(stage.equals("connect") ? stage : stage + " update",
                        cold.stream().map(trial -> {
                            double median = Sheets.median(Sheets.stage(trial, stage));
                            return Double.isNaN(median) ? 0 : median;
                        }).toList()));
        return Drawing.figure("cold-start-" + jvm, "Cold start, " + jvm + " JVM",
                "Median milliseconds of connect, first and second update, one upon the other.", stages.keySet(),
                (width, legend) -> Drawing.stacked(width, legend, labels, stages, "ms"));
    }

    private static String coldLabel(TrialData trial) {
        List<String> parts = new ArrayList<>();
        String pool = trial.params().get("pool");
        if (pool != null) {
            parts.add(pool.matches("0|none") ? "no pool"
                    : pool.matches("\\d+") ? "pool of " + pool : pool.contains("pool") ? pool : pool + " pool");
        }
        trial.params().forEach((name, value) -> {
            if (!Set.of("pool", "jvm").contains(name)) {
                parts.add(value.equals("scram") ? "SCRAM" : value);
            }
        });
        return parts.isEmpty() ? shortened(trial.name()) : String.join(", ", parts);
    }

    private static Figure schemas(List<TrialData> trials) throws IOException {
        Map<String, Double> bars = new LinkedHashMap<>();
        for (TrialData variant : trials.stream().filter(trial -> !trial.is("schema", "base")).toList()) {
            trials.stream().filter(trial -> trial.is("schema", "base") && trial.test().equals(variant.test())
                    && Objects.equals(trial.clients(), variant.clients()) && trial.params().equals(variant.params())
                    && trial.unit().equals(variant.unit())).findFirst().ifPresent(
                            base -> bars.put(
                                    variant.schema() + ", " + (variant.test().equals("storm")
                                            ? "storm, " + variant.params().get("strategy")
                                            : variant.clients() + (variant.clients() == 1 ? " client" : " clients")
                                                    + (variant.ordinary() ? "" : ", " + conditionOf(variant))),
                                    variant.smallerIsBetter() ? base.mean() / variant.mean()
                                            : variant.mean() / base.mean()));
        }
        return bars.size() < 2 ? null
                : Drawing.figure("schemas", "Variants of the schema",
                        "Speed as a ratio to the base schema, with the same clients and parameters: above 1 is faster.",
                        List.of(),
                        (width, legend) -> Drawing.bars(width, bars, "times the base"));
    }

    private static String shortened(String name) {
        String clean = Clean.text(name).replaceFirst("^(?:cold start|write storm|storm|cold|concurrent)[:,]? ", "");
        return clean.length() <= 48 ? clean : clean.substring(0, 47) + "…";
    }
}
