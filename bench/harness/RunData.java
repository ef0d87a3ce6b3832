//SOURCES ../../scripts/kit/report/Clean.java
//SOURCES ../../scripts/kit/report/TextFiles.java
//SOURCES Machine.java
//SOURCES Sheet.java
//SOURCES TrialData.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package bench.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import kit.report.Clean;
import kit.report.TextFiles;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A run, as {@code RUN.json} holds it. What it does not know is null. */
public record RunData(String format, Boolean baseline, String run, String started, Double seconds, Boolean partial,
        String profile, List<String> marks, Long seed, String revision,
        String command, RunData.Machine machine, RunData.Client client, RunData.Db server, String pgbench,
        List<TrialData> trials) {

    public static final String FORMAT = "datastorage-bench 1";

    public RunData {
        marks = marks == null ? List.of() : marks.stream().filter(Objects::nonNull).toList();
        machine = machine == null ? new RunData.Machine(null, null, null, null, null, null) : machine;
        client = client == null ? new RunData.Client(null, null, null) : client;
    }

    public Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        put(facts, "started", started + (seconds == null ? "" : ", took " + Sheet.number(Math.rint(seconds)) + " s"));
        put(facts, "profile", profile);
        put(facts, "command", command);
        put(facts, "revision", revision);
        put(facts, "seed", seed);
        put(facts, "server", "PostgreSQL " + server.version + (server.kind == null ? "" : ", " + server.kind)
                + (server.filesystem == null ? "" : ", on " + server.filesystem));
        put(facts, "durability", durability());
        put(facts, "machine",
                joined(machine.cpu, machine.processors == null ? null : machine.processors + " processors",
                        machine.memoryMiB == null ? null : Sheet.number(machine.memoryMiB.doubleValue()) + " MiB",
                        machine.os));
        put(facts, "placement", machine.placement);
        put(facts, "client",
                joined(machine.jdk == null ? null : "JDK " + machine.jdk,
                        client.driver == null ? null : "pgjdbc " + client.driver,
                        client.jmh == null ? null : "JMH " + client.jmh,
                        client.peakMiB == null ? null : "at most " + Sheet.number(client.peakMiB) + " MiB"));
        put(facts, "pgbench", pgbench == null ? "not on this machine, so there are no ratios to it" : pgbench);
        return facts;
    }

    private static void put(Map<String, String> facts, String what, Object value) {
        if (value != null && !value.toString().isEmpty()) {
            facts.put(what, Clean.text(value.toString()));
        }
    }

    private static String joined(String... parts) {
        return Stream.of(parts).filter(Objects::nonNull).collect(Collectors.joining(", "));
    }

    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (Boolean.TRUE.equals(partial)) {
            warnings.add("PARTIAL: the run was broken off, and these are the results so far");
        }
        marks.stream().map(Clean::text).forEach(warnings::add);
        if (!durable() && warnings.stream().noneMatch(mark -> mark.contains("NOT DURABLE"))) {
            warnings.add("NOT DURABLE: " + durability());
        }
        return warnings;
    }

    /** The settings that make a commit wait for the disk, as the server itself told them. */
    public String durability() {
        return Stream.of("fsync", "synchronous_commit", "full_page_writes")
                .map(name -> name + " = " + server.settings.getOrDefault(name, "not said"))
                .collect(Collectors.joining(", "));
    }

    public boolean durable() {
        return "on".equals(server.settings.get("fsync")) && "on".equals(server.settings.get("full_page_writes"))
                && Set.of("on", "local", "remote_write", "remote_apply")
                        .contains(server.settings.getOrDefault("synchronous_commit", "off"));
    }

    /** Every trial that has a result, by what it measured; one that was measured twice counts twice. */
    public Map<String, TrialData> byKey() {
        Map<String, TrialData> all = new LinkedHashMap<>();
        for (TrialData trial : trials) {
            if (trial.measured()) {
                int n = 2;
                String key = trial.key();
                while (all.putIfAbsent(key, trial) != null) {
                    key = trial.key() + "#" + n++;
                }
            }
        }
        return all;
    }

    /** What else than the measured code may make two runs differ. */
    public List<String> differences(RunData before) {
        Map<String, String[]> pairs = new LinkedHashMap<>();
        pairs.put("profile", new String[] {before.profile, profile});
        pairs.put("server", new String[] {before.server.version, server.version});
        pairs.put("kind of server", new String[] {before.server.kind, server.kind});
        pairs.put("file system", new String[] {before.server.filesystem, server.filesystem});
        Set<String> settings = new TreeSet<>(before.server.settings.keySet());
        settings.addAll(server.settings.keySet());
        settings.forEach(
                name -> pairs.put(name, new String[] {before.server.settings.get(name), server.settings.get(name)}));
        pairs.put("CPU", new String[] {before.machine.cpu, machine.cpu});
        pairs.put("processors", new String[] {Objects.toString(before.machine.processors, null),
                Objects.toString(machine.processors, null)});
        pairs.put("JDK", new String[] {before.machine.jdk, machine.jdk});
        pairs.put("placement", new String[] {before.machine.placement, machine.placement});
        pairs.put("driver", new String[] {before.client.driver, client.driver});
        pairs.put("marks", new String[] {String.join(", ", before.marks), String.join(", ", marks)});
        List<String> differences = new ArrayList<>();
        pairs.forEach((what, pair) -> {
            if (!Objects.equals(pair[0], pair[1])) {
                differences.add(what + " " + said(pair[0]) + " → " + said(pair[1]));
            }
        });
        return differences;
    }

    private static String said(String value) {
        return value == null ? "not said" : value.isEmpty() ? "none" : value;
    }

    /** A comparison needs who, where and the scores; stages, percentiles and counters stay behind. */
    public void saveBaseline(Path file) throws IOException {
        RunData small = new RunData(format, true, run, started, seconds, partial, profile, marks, seed, revision,
                command, machine, client, server, pgbench,
                trials.stream().filter(TrialData::measured).map(TrialData::scoresOnly).toList());
        TextFiles.write(file, JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT)
                .changeDefaultPropertyInclusion(include -> include.withValueInclusion(JsonInclude.Include.NON_EMPTY))
                .build().writeValueAsString(small) + "\n");
    }

    public record Machine(String os, String cpu, Integer processors, Integer memoryMiB, String jdk, String placement) {
    }

    public record Client(String driver, String jmh, Double peakMiB) {
    }

    public record Db(String version, String kind, Map<String, String> settings, String filesystem) {
        public Db {
            settings = said(settings);
        }

        /** What has a value, in the order of the names. */
        static Map<String, String> said(Map<String, String> values) {
            Map<String, String> said = new TreeMap<>(values == null ? Map.of() : values);
            said.values().removeIf(Objects::isNull);
            return said;
        }
    }
}
