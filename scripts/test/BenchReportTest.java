import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("bench-report: what runs of the benchmark say (on made-up runs whose answers are known)")
class BenchReportTest {
    @TempDir
    Path temp;

    /**
     * A run that nobody measured: the figures are made up around a mean that the test knows, with noise of a seeded generator.
     * It has the shape of a whole run of the benchmark.
     */
    static final class MadeUp {
        private final Random random;
        private final double noise;
        private final Map<String, String> run = new LinkedHashMap<>();
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<String> trials = new ArrayList<>();
        int rounds = 5;

        MadeUp(long seed, double noise) {
            this.random = new Random(seed);
            this.noise = noise;
            run.put("format", "'datastorage-bench 1'");
            run.put("run", "'20260102-030405'");
            run.put("started", "'2026-01-02T03:04:05Z'");
            run.put("seconds", "803.1");
            run.put("partial", "false");
            run.put("profile", "'default'");
            run.put("marks", "[]");
            run.put("seed", "42");
            run.put("revision", "'0123abc'");
            run.put("command", "'bench'");
            run.put("machine", "{'os': 'made up', 'cpu': 'made-up CPU', 'processors': 2, 'memoryMiB': 24000, 'jdk': '17.0.1', 'placement': 'client and server on one machine, not pinned'}");
            run.put("client", "{'driver': '42.7.14', 'jmh': '1.37', 'peakMiB': 212}");
            run.put("pgbench", "'pgbench (PostgreSQL) 15.14'");
            run.put("unknown field", "[{'of': 'a later version'}]");
            Stream.of("fsync", "synchronous_commit", "full_page_writes").forEach(name -> settings.put(name, "on"));
            settings.put("shared_buffers", "128MB");
        }

        MadeUp with(String field, String json) {
            run.put(field, json);
            return this;
        }

        MadeUp setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        double noisy(double mean) {
            return mean * Math.exp(noise * random.nextGaussian());
        }

        /** A trial with rounds around a mean; pgbench has 1.05 times the mean, the empty transaction twice it. */
        MadeUp trial(String test, String name, int clients, String params, String unit, double mean, String... more) {
            String all = IntStream.range(0, rounds).mapToObj(i -> {
                double score = noisy(mean);
                return "{'score': " + score + ", 'iterations': [" + score * 0.99 + ", " + score * 1.01 + ", " + score + "]"
                        + (unit.equals("ms") ? "" : ", 'pgbench': " + score * 1.05 + ", 'empty': " + score * 2) + ", 'fsyncMillis': 0.6, 'rejected': null}";
            }).collect(Collectors.joining(", "));
            return raw(test, name, clients, params, unit, all, more);
        }

        MadeUp raw(String test, String name, int clients, String params, String unit, String allRounds, String... more) {
            trials.add("{'test': '" + test + "', 'name': '" + name + "', 'benchmark': 'bench.UpdateStatus', 'clients': " + clients + ", 'params': {" + params + "}, 'unit': '" + unit
                    + "', 'rounds': [" + allRounds + "]" + Stream.of(more).map(field -> ", " + field).collect(Collectors.joining()) + "}");
            return this;
        }

        static String latency(double p50, double p95, double p99, String loop) {
            return "'latencyMillis': {'p50': " + p50 + ", 'p90': " + p95 * 0.9 + ", 'p95': " + p95 + ", 'p99': " + p99 + ", 'p99.9': " + p99 * 2 + ", 'max': " + p99 * 3 + "}, 'latency': '" + loop + "'";
        }

        static String stages(double connect, double first, double second) {
            Function<Double, String> ten = value -> DoubleStream.iterate(value, v -> v * 0.99).limit(10).mapToObj(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
            return "'stagesMillis': {'connect': " + ten.apply(connect) + ", 'first': " + ten.apply(first) + ", 'second': " + ten.apply(second) + "}";
        }

        static final String COST = "'metrics': {'hotShare': 0.0, 'walBytesPerUpdate': 2210.0, 'syncsPerUpdate': 0.9, 'deadRowsPerUpdate': 1.0, 'lockWaiting': 0.2, 'tableGrowthBytesPerUpdate': 310.5,"
                + " 'indexGrowthBytesPerUpdate': 120, 'clientCpuMicrosPerUpdate': 80.1, 'allocatedBytesPerUpdate': 1300.0}";

        /** Every chart has something to show, and all four thresholds are kept. */
        MadeUp whole() {
            for (String jvm : List.of("fresh", "warm")) {
                for (String pool : List.of("0", "10", "warmed")) {
                    for (String auth : List.of("trust", "scram")) {
                        double f = (jvm.equals("fresh") ? 12 : 1) * (auth.equals("scram") ? 1.4 : 1) * (pool.equals("0") ? 1 : 1.2);
                        trial("cold", "cold start, " + jvm + " JVM, " + pool + ", " + auth, 1, "'jvm': '" + jvm + "', 'pool': '" + pool + "', 'auth': '" + auth + "'", "ms", 12 * f, stages(9 * f, 3.5 * f, 0.8 * f));
                    }
                }
            }
            for (String protocol : List.of("prepared", "simple")) {
                trial("steady", "steady, " + protocol, 1, "'protocol': '" + protocol + "'", "updates/s", protocol.equals("simple") ? 700 : 812, latency(1.1, 1.6, 3.0, "closed loop"), COST);
            }
            for (int clients : new int[] {1, 2, 4, 8, 16, 32}) {
                double speed = 3600.0 * clients / (clients + 3.5);
                closed("distinct", clients, speed);
                closed("hot", clients, 800 + 60 * Math.log(clients));
                closed("zipf", clients, speed * 0.8);
            }
            trial("concurrent", "concurrent distinct, 8 clients, beside searches", 8, "'access': 'distinct', 'beside': 'search', 'pool': '0', 'rate': '0'", "updates/s", 1400, latency(4, 9, 15, "closed loop"), COST);
            trial("concurrent", "concurrent distinct, 8 clients, open loop at 1000/s", 8, "'access': 'distinct', 'beside': 'alone', 'pool': '0', 'rate': '1000'", "updates/s", 1000,
                    latency(2.2, 6, 40, "open loop, from the intended start"), COST);
            double factor = 1;
            for (String strategy : List.of("loop", "connections", "pipelined", "transaction", "any", "batch", "unnest")) {
                trial("storm", "storm, " + strategy, 1, "'strategy': '" + strategy + "'", "ms", 180 / factor, COST);
                factor *= 1.55;
            }
            for (String schema : List.of("fillfactor80", "side-table", "thirteen-indexes")) {
                trial("concurrent", "concurrent distinct, 8 clients", 8, "'access': 'distinct', 'beside': 'alone', 'pool': '0', 'rate': '0'", "updates/s",
                        Map.of("fillfactor80", 2600.0, "side-table", 3500.0, "thirteen-indexes", 1800.0).get(schema), "'schema': '" + schema + "'", COST);
            }
            return this;
        }

        private void closed(String access, int clients, double speed) {
            trial("concurrent", "concurrent " + access + ", " + clients + (clients == 1 ? " client" : " clients"), clients, "'access': '" + access + "', 'beside': 'alone', 'pool': '0', 'rate': '0'", "updates/s", speed,
                    latency(1000 * clients / speed, 1800 * clients / speed, 3000 * clients / speed, "closed loop"), COST);
        }

        String json() {
            String server = "'server': {'version': '16.15', 'kind': 'embedded', 'filesystem': 'ext4', 'settings': {"
                    + settings.entrySet().stream().map(s -> "'" + s.getKey() + "': '" + s.getValue() + "'").collect(Collectors.joining(", ")) + "}}";
            return ("{" + run.entrySet().stream().map(e -> "'" + e.getKey() + "': " + e.getValue()).collect(Collectors.joining(",\n ")) + ",\n " + server
                    + ",\n 'trials': [\n  " + String.join(",\n  ", trials) + "\n ]}\n").replace('\'', '"');
        }

        Path in(Path folder, String name) throws Exception {
            Files.createDirectories(folder);
            return Files.writeString(folder.resolve(name), json());
        }
    }
}
