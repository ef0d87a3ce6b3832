//SOURCES ../postgres/Address.java
//SOURCES CheckOutcome.java
//SOURCES ../config/ComposeFile.java
//SOURCES EngineCheck.java
//SOURCES Fix.java
//SOURCES Project.java
//SOURCES ../report/Severity.java
//SOURCES Target.java
//SOURCES Targets.java
package kit.preflight;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

import kit.config.ComposeFile;
import kit.postgres.Address;
import kit.report.Severity;

/** From the port to the login; a target that fails a check is not asked by the later ones. */
final class ServerChecks {
    private static final int PATIENCE_MILLIS = 2000;
    private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 210, 22, 47};
    private final Project project;
    private final Targets targets;
    private final EngineCheck engine;

    ServerChecks(Project project, EngineCheck engine) {
        this.project = project;
        this.targets = project.targets;
        this.engine = engine;
    }

    CheckOutcome ports() {
        if (targets.all.isEmpty()) {
            return CheckOutcome.none(targets.remote.isEmpty() ? "no configuration names a server on this machine"
                    : targets.remote.get(0) + " is not on this machine: --url has it asked");
        }
        List<Target> refused = targets.all.stream().filter(target -> !accepts(target)).toList();
        refused.forEach(target -> target.stopped = engine.down() ? "engine" : "ports");
        List<Target> disagree = refused.stream().filter(target -> target.provider == null && other(target) != null)
                .toList();
        if (engine.down() && !refused.isEmpty() && disagree.isEmpty()) {
            return CheckOutcome.blocked("engine", ": nothing listens on " + addresses(refused));
        }
        CheckOutcome outcome = CheckOutcome.sound(addresses(targets.alive(target -> true))
                + (targets.all.size() == 1 ? " accepts" : " accept")).more("jbang check-ports .");
        // Two texts that disagree do so whether anything runs or not.
        (engine.down() ? disagree : refused).forEach(target -> refused(outcome, target));
        return outcome;
    }

    private static String addresses(List<Target> some) {
        return String.join(", ", some.stream().map(Target::address).toList());
    }

    /** What a compose file would start is only not up yet; what nothing here starts is an error, unless another of its
     * kind is up, or would be. */
    private void refused(CheckOutcome outcome, Target target) {
        boolean another = targets.all.stream()
                .anyMatch(t -> t.postgres == target.postgres && (t.stopped == null || t.provider != null));
        Severity severity = another ? Severity.warning : Severity.error;
        String nothing = "nothing listens on " + target.address();
        ComposeFile.Server other = other(target);
        if (target.provider != null) {
            String[] up = {project.engineCommand(), "compose", "-f", target.provider.where().file(), "up", "-d",
                    target.provider.service()};
            outcome.finding("PORT_REFUSED", Severity.warning, target.where,
                    nothing + " yet; " + target.provider.where() + " publishes it", "", Fix.shown(up))
                    .fix(Fix.command(false, Map.of(), project.root, up));
        } else if (other != null) {
            outcome.finding("PORT_DISAGREES", severity, target.where,
                    nothing + ", and " + other.where() + " publishes " + other.published(), "",
                    "# let both say the same port");
        } else {
            outcome.finding("PORT_REFUSED", severity, target.where,
                    nothing + (another ? "" : ", and nothing here would start it"), "",
                    "# start " + target.kind() + " on " + target.address() + ", or correct the port");
        }
    }

    /** A server of its kind that a compose file publishes. */
    private ComposeFile.Server other(Target target) {
        return targets.boxes.stream().filter(box -> box.postgres() == target.postgres && box.published() > 0)
                .findFirst().orElse(null);
    }

    private static boolean accepts(Target target) {
        try {
            for (InetAddress address : InetAddress.getAllByName(target.host)) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, target.port), PATIENCE_MILLIS);
                    return true;
                } catch (IOException e) {
                    // The next address of that name may do.
                }
            }
        } catch (UnknownHostException e) {
            return false;
        }
        return false;
    }

    CheckOutcome listener() {
        List<Target> alive = targets.alive(target -> true);
        if (alive.isEmpty()) {
            return targets.hindrance();
        }
        CheckOutcome outcome = CheckOutcome.sound(
                String.join(", ", alive.stream().map(t -> t.kind() + " on " + t.address()).toList()))
                .more("jbang check-ports .");
        for (Target target : alive) {
            String what = whatAnswers(target);
            if (!what.isEmpty()) {
                target.stopped = "listener";
                outcome.finding(target.postgres ? "PORT_NOT_POSTGRES" : "PORT_WRONG_SERVER", Severity.error,
                        target.where, target.address() + " is no " + target.kind() + ": " + what, "",
                        "jbang check-ports --free " + target.port + "   # says who holds it");
            }
        }
        return outcome;
    }

    /** Nothing if it is what is dialled; PostgreSQL answers 'S' or 'N' to an SSLRequest, and then waits. */
    private static String whatAnswers(Target target) {
        String said = say(target, target.postgres ? SSL_REQUEST : "PING\r\n".getBytes(StandardCharsets.US_ASCII));
        if (said.matches(target.postgres ? "[SN]" : "(?s)[+]PONG.*|-(NOAUTH|DENIED|LOADING|MASTERDOWN|BUSY).*")) {
            return "";
        }
        String http = say(target, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return http.startsWith("HTTP/") ? "an HTTP server answers"
                : said.isEmpty() && http.isEmpty()
                        ? "it accepts, and says nothing within " + PATIENCE_MILLIS / 1000 + " s, or closes"
                        : "it says “" + (said + http).lines().findFirst().orElse("").replaceAll("[^ -~]", ".") + "”";
    }

    private static String say(Target target, byte[] question) {
        try (Socket socket = new Socket(target.host, target.port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(question);
            byte[] said = new byte[64];
            int length = Math.max(0, socket.getInputStream().read(said));
            return new String(said, 0, length, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    CheckOutcome login() {
        List<Target> alive = targets.alive(target -> target.postgres);
        if (alive.isEmpty()) {
            return targets.hindrance();
        }
        CheckOutcome outcome = CheckOutcome.sound(String.join(", ", alive.stream().map(Target::toString).toList()))
                .more("jbang check-config " + project.firstConfig());
        for (Target target : alive) {
            try {
                target.open();
            } catch (SQLException e) {
                target.stopped = "login";
                outcome.finding("LOGIN_REFUSED", Severity.error, target.where,
                        Address.whyNot(e, target.source)
                                + (target.noPassword.isEmpty() ? "" : "; " + target.noPassword),
                        target.toString(), "psql -h " + target.host + " -p " + target.port + " -U "
                                + target.source.getUser() + " " + target.source.getDatabaseName());
            }
        }
        return outcome;
    }
}
