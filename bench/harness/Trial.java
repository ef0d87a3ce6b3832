//SOURCES JmhOptions.java
//SOURCES Storms.java
package bench.harness;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** One thing that is measured.
 *
 * @param test       the test of the service that it is one variant of: cold, steady, concurrent or storm
 * @param method     the benchmark's
 * @param parameters the benchmark's, among them the schema; a rate such as 50% is of the throughput that the run
 *                   measured at as many clients
 * @param rounds     how often it is measured, in turn with what it is compared with
 * @param millis     of one iteration
 * @param twin       the pgbench script with the same statement on the same rows, null if there is none */
public record Trial(String test, String name, String method, int clients, Map<String, String> parameters, int rounds,
        int warmups, int iterations, int millis, String twin) {
    public String benchmark() {
        String way = parameters.getOrDefault("strategy", "loop");
        return Set.of("loop", "batch").contains(way) ? "bench.UpdateStatus." + method
                : Storms.class.getName() + "." + method;
    }

    public String schema() {
        return parameters.get("schema");
    }

    public Trial with(String parameter, String value) {
        Map<String, String> changed = new LinkedHashMap<>(parameters);
        changed.put(parameter, value);
        return new Trial(test, name, method, clients, changed, rounds, warmups, iterations, millis, twin);
    }

    public boolean measures(Trial other) {
        return method.equals(other.method) && clients == other.clients && warmups == other.warmups
                && parameters.equals(other.parameters);
    }

    public Trial as(String otherName, int otherClients) {
        return new Trial(test, otherName, method, otherClients, parameters, rounds, warmups, iterations, millis, twin);
    }

    public boolean bursts() {
        return test.equals("cold") || test.equals("storm");
    }

    public String unit() {
        return bursts() ? "ms" : "updates/s";
    }

    /** Starting a JVM, restoring the table, and for what is compared: pgbench, the empty transaction. */
    public double seconds(JmhOptions options) {
        return test.equals("cold") && warmups == 0 ? options.forks(rounds) * 1.4
                : rounds * (test.equals("cold") ? 4
                        : bursts() ? 3
                                : options.seconds(this) + 2
                                        + (twin == null ? 0 : 2 + options.warmUp(this) + 2 * millis / 1000.0))
                        + (bursts() || rounds < 2 ? 0 : options.seconds(this) + 2);
    }
}
