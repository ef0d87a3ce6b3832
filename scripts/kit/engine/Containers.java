//SOURCES Container.java
//SOURCES EngineApi.java
//SOURCES EngineSockets.java
//SOURCES Ran.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Report;
import kit.report.Severity;
import tools.jackson.databind.JsonNode;

/** The containers of Podman and Docker: their published ports, over the API where a socket answers, else by the
 * command; and the removal of those that a project names. */
public final class Containers {
    private static final int PATIENCE = 5;
    private static final int REMOVAL = 30;
    private static final Pattern MAPPING = Pattern.compile(":(\\d+)->(\\d+)/tcp");

    /** Each published port of a running container. */
    public final List<Container> published = new ArrayList<>();
    /** What could not be asked, and why. */
    public final List<List<String>> skipped = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();

    private Containers() {
    }

    /** Asks every engine of this machine. */
    public static Containers running() throws IOException {
        Containers found = new Containers();
        Set<String> answered = new HashSet<>();
        for (String address : EngineSockets.all(PATIENCE)) {
            if (address.startsWith("unix://") && Files.exists(Path.of(address.substring(7)))) {
                found.ask(address, answered);
            }
        }
        boolean any = !answered.isEmpty();
        for (String engine : List.of("podman", "docker")) {
            if (!answered.contains(engine) && Ran.onPath(engine)) {
                found.list(engine);
                any = true;
            }
        }
        if (!any && found.skipped.isEmpty()) {
            found.skipped.add(List.of("containers", "neither Podman nor Docker is here"));
        }
        return found;
    }

    private void ask(String address, Set<String> answered) {
        String engine = address.contains("podman") ? "podman" : "docker";
        try {
            EngineApi.Answer answer = EngineApi.get(address, "/v1.40/containers/json", PATIENCE);
            engine = answer.header("Libpod-Api-Version").isPresent() ? "podman" : engine;
            for (JsonNode container : answer.json()) {
                if (ids.add(container.path("Id").asString())) {
                    add(engine, container);
                }
            }
            answered.add(engine);
        } catch (TimeoutException e) {
            skipped.add(List.of(engine,
                    address.substring(7) + " does not answer: no answer within " + PATIENCE + " s"));
        } catch (IOException e) {
            skipped.add(List.of(engine, address.substring(7) + " does not answer: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
        }
    }

    private void add(String engine, JsonNode container) {
        String name = container.path("Names").path(0).asString("").replaceFirst("^/", "");
        JsonNode labels = container.path("Labels");
        Set<Integer> seen = new HashSet<>();
        for (JsonNode port : container.path("Ports")) {
            int host = port.path("PublicPort").asInt(0);
            if (host > 0 && port.path("Type").asString("tcp").equals("tcp") && seen.add(host)) {
                published.add(new Container(engine, name, labels.path("com.docker.compose.service").asString(""),
                        labels.path("com.docker.compose.project.working_dir").asString(""),
                        container.path("Image").asString(""), host, port.path("PrivatePort").asInt(0)));
            }
        }
    }

    private void list(String engine) throws IOException {
        Ran ps = Ran.run(PATIENCE, engine, "ps", "--format", "{{.Names}}\t{{.Image}}\t{{.Ports}}");
        if (!ps.ok()) {
            String how = ps.exit() == Ran.TOO_LONG ? "does not answer within " + PATIENCE + " s"
                    : "exits with " + ps.exit() + ": " + ps.said().lines().reduce((a, b) -> b).orElse("");
            skipped.add(List.of(engine, "`" + engine + " ps` " + how));
            return;
        }
        for (String[] fields : ps.out().lines().map(line -> line.split("\t", -1)).filter(f -> f.length > 2).toList()) {
            Set<Integer> seen = new HashSet<>();
            for (Matcher m = MAPPING.matcher(fields[2]); m.find();) {
                int host = Integer.parseInt(m.group(1));
                if (seen.add(host)) {
                    published.add(new Container(engine, fields[0], "", "", fields[1], host,
                            Integer.parseInt(m.group(2))));
                }
            }
        }
    }

    /** Removes those whose whole name is given, and nothing else; tells what it does, and finds what stays. */
    public static void remove(List<String> names, Report report) throws IOException {
        if (names.isEmpty()) {
            return;
        }
        String engine = Stream.of("podman", "docker").filter(Ran::onPath).findFirst().orElse(null);
        if (engine == null) {
            report.say("neither podman nor docker is here, so none of " + String.join(", ", names) + " is");
            return;
        }
        Ran all = shown(report, engine, "ps", "-a", "--format", "{{.Names}}");
        if (!all.ok()) {
            report.warn(all.said());
            report.finding("LEFTOVER_STAYS", Severity.warning, null, "what an earlier run left cannot be removed: "
                    + engine + " does not answer, exit status " + all.exit(), all.said(), "jbang podman-machine");
            return;
        }
        Set<String> there = new HashSet<>(List.of(all.out().strip().split("[\\s,]+")));
        for (String name : names) {
            if (there.contains(name)) {
                remove(engine, name, report);
            } else {
                report.say(name + " is not there");
            }
        }
    }

    private static void remove(String engine, String name, Report report) throws IOException {
        shown(report, engine, "stop", "--time", "5", name);
        Ran removed = shown(report, engine, "rm", "-f", "-v", name);
        if (removed.ok()) {
            report.good(name + " removed");
        } else {
            report.bad(name + " stays: " + removed.said());
            report.finding("LEFTOVER_STAYS", Severity.warning, null, name + " could not be removed", removed.said(),
                    engine + " rm -f -v " + name);
        }
    }

    private static Ran shown(Report report, String... words) throws IOException {
        report.run(String.join(" ", words));
        return Ran.run(REMOVAL, words);
    }
}
