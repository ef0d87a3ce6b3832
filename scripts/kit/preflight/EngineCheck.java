//SOURCES CheckOutcome.java
//SOURCES ../engine/EngineSight.java
//SOURCES ../engine/EngineSockets.java
//SOURCES Fix.java
//SOURCES ../engine/Ping.java
//SOURCES ../engine/PodmanService.java
//SOURCES ../engine/PodmanState.java
//SOURCES Project.java
//SOURCES ../report/Severity.java
package kit.preflight;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

import kit.engine.EngineSight;
import kit.engine.EngineSockets;
import kit.engine.Ping;
import kit.engine.PodmanService;
import kit.engine.PodmanState;
import kit.report.Severity;

/** Podman, or Docker in its place; asked only where the project uses containers. */
final class EngineCheck {
    private static final int PATIENCE = 5;
    private final Project project;
    private volatile boolean down;

    EngineCheck(Project project) {
        this.project = project;
    }

    /** Whether containers are used here, and cannot be. */
    boolean down() {
        return down;
    }

    CheckOutcome judge() throws IOException {
        if (project.containers.isEmpty()) {
            return CheckOutcome.none("nothing here uses containers");
        }
        EngineSight sight = EngineSight.take(PATIENCE);
        CheckOutcome outcome = CheckOutcome.sound(sight.sentence()).more("jbang podman-machine");
        if (sight.usable()) {
            return outcome;
        }
        down = true;
        String text = sight.sentence()
                + (sight.podman().missing() && !sight.dockerIsDown()
                        ? ", and " + project.containers.get(0) + " needs one"
                        : "");
        outcome.finding(sight.code(), Severity.error, null, text, sight.evidence(),
                sight.remedies().toArray(String[]::new));
        boolean startable = sight.state() == PodmanState.STOPPED || sight.state() == PodmanState.NO_MACHINE;
        return startable ? outcome.fix(start(sight.state())) : outcome;
    }

    /** Only what listens for tests is started; nothing that runs is stopped. To make a machine is a download, and asked
     * for. */
    private static Fix start(PodmanState state) {
        if (!EngineSockets.NEEDS_MACHINE) {
            return new Fix(PodmanService.service(), true, true, PodmanService::start);
        }
        return state == PodmanState.NO_MACHINE
                ? Fix.command(false, Map.of(), null, "podman", "machine", "init", "--now")
                : Fix.command(true, Map.of(), null, "podman", "machine", "start");
    }

    /** Where Testcontainers looks, and Podman's own socket, where it does not look. */
    CheckOutcome socket() throws IOException {
        List<Ping> pings = EngineSockets.ask(PATIENCE);
        Ping engine = pings.stream().filter(Ping::answers).findFirst().orElse(null);
        CheckOutcome outcome = CheckOutcome.sound(engine == null ? "" : engine.describe())
                .more("jbang podman-machine");
        if (engine == null) {
            return nothingAnswers(pings, outcome);
        }
        Set<String> seen = EngineSockets.testcontainers();
        if (project.testcontainers.isEmpty() || seen.contains(engine.address())) {
            return outcome;
        }
        return outcome.finding("TESTCONTAINERS_BLIND", Severity.error, null,
                "Testcontainers (" + project.testcontainers.get(0) + ") would not find the engine on "
                        + engine.address(),
                "it looks at DOCKER_HOST, ~/.testcontainers.properties and the sockets of Docker",
                EngineSockets.exports(engine).toArray(String[]::new));
    }

    private CheckOutcome nothingAnswers(List<Ping> pings, CheckOutcome outcome) {
        if (project.testcontainers.isEmpty()) {
            return CheckOutcome.none("none answers, and no test here asks for one");
        }
        boolean mute = pings.stream().anyMatch(ping -> ping.reply() == Ping.Reply.MUTE);
        PodmanState state = mute ? PodmanState.NOT_ANSWERING : PodmanState.STOPPED;
        outcome.finding(state.code(), Severity.error, null,
                "no engine answers on a socket, and Testcontainers (" + project.testcontainers.get(0) + ") needs one",
                String.join("\n", pings.stream().map(Ping::describe).toList()),
                state.remedies().toArray(String[]::new));
        return mute ? outcome : outcome.fix(start(state));
    }
}
