//SOURCES CheckOutcome.java
//SOURCES ../config/ComposeFile.java
//SOURCES ../postgres/Server.java
//SOURCES Target.java
//SOURCES ../report/Where.java
package kit.preflight;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

import kit.config.ComposeFile;
import kit.postgres.Server;
import kit.report.Where;

/** The servers of a project, as they are dialled from here. */
final class Targets {
    final List<Target> all = new ArrayList<>();
    /** On other machines, which are not asked: "host:port (file:line)". */
    final List<String> remote = new ArrayList<>();
    /** The servers of the compose files. */
    final List<ComposeFile.Server> boxes;
    private final boolean named;

    /** @param server the one that is named by hand, if any; then no other PostgreSQL is asked */
    Targets(List<ComposeFile.Server> boxes, Server.Options server) {
        this.boxes = boxes;
        this.named = server.namesYours();
        if (named) {
            all.add(Target.named(server.source()));
        }
    }

    int known() {
        return all.size() + remote.size();
    }

    void postgres(Where where, String host, int port, Target.Login login) {
        if (named) {
            return;
        }
        at(where, host, port, true, (reached, box) -> {
            boolean known = all.stream().anyMatch(t -> t.postgres && t.host.equals(reached.getHostString())
                    && t.port == reached.getPort() && t.source.getDatabaseName().equals(login.database())
                    && (login.user().isEmpty() || login.user().equals(t.source.getUser())));
            if (!known) {
                all.add(Target.of(where, reached.getHostString(), reached.getPort(), box, login));
            }
        });
    }

    void redis(Where where, String host, int port) {
        at(where, host, port, false, (reached, box) -> {
            if (all.stream().noneMatch(t -> !t.postgres && t.port == reached.getPort())) {
                all.add(new Target(where, reached.getHostString(), reached.getPort(), box, null, ""));
            }
        });
    }

    /** An address as it is dialled from here: that of a container is the port that it publishes. */
    private void at(Where where, String host, int port, boolean postgres,
            BiConsumer<InetSocketAddress, ComposeFile.Server> then) {
        boolean local = host.matches("(?i)localhost|127\\.[\\d.]+|\\[?::1]?|0\\.0\\.0\\.0"
                + "|host\\.(?:docker|containers)\\.internal");
        Optional<ComposeFile.Server> inside = boxes.stream()
                .filter(box -> box.service().equals(host) && box.postgres() == postgres).findFirst();
        if (local) {
            String reached = host.matches("127\\..*|\\[?::1]?") ? host.replaceAll("[\\[\\]]", "") : "localhost";
            then.accept(InetSocketAddress.createUnresolved(reached, port),
                    boxes.stream().filter(box -> box.published() == port).findFirst().orElse(null));
        } else if (inside.isPresent() && inside.get().published() > 0) {
            then.accept(InetSocketAddress.createUnresolved("localhost", inside.get().published()), inside.get());
        } else if (inside.isEmpty()) {
            remote.add(host + ":" + port + " (" + where + ")");
        }
    }

    /** Where no configuration names the PostgreSQL of the compose file, its own variables tell the login. */
    void ofCompose() {
        for (ComposeFile.Server box : boxes) {
            if (box.postgres() && box.published() > 0 && all.stream().noneMatch(target -> target.postgres)) {
                Map<String, String> variables = box.environment();
                String user = variables.getOrDefault("POSTGRES_USER", "postgres");
                postgres(box.where(), "localhost", box.published(),
                        new Target.Login(variables.getOrDefault("POSTGRES_DB", user), user,
                                variables.getOrDefault("POSTGRES_PASSWORD", ""), ""));
            }
        }
    }

    /** Those that no check has stopped so far. */
    List<Target> alive(Predicate<Target> which) {
        return all.stream().filter(target -> target.stopped == null && which.test(target)).toList();
    }

    /** Why none can be asked. */
    CheckOutcome hindrance() {
        Optional<Target> stopped = all.stream().filter(target -> target.stopped != null)
                .max(Comparator.comparing((Target target) -> target.postgres));
        return stopped.map(target -> CheckOutcome.blocked(target.stopped, ""))
                .orElseGet(() -> CheckOutcome.none("no configuration names a "
                        + (all.isEmpty() ? "server" : "PostgreSQL") + " on this machine"));
    }
}
