//SOURCES ../engine/Container.java
//SOURCES Listener.java
//SOURCES LocalMachine.java
//SOURCES PortAnswer.java
//SOURCES PortHost.java
//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortProblems.java
//SOURCES PortProject.java
//SOURCES PortSide.java
//SOURCES ../report/Severity.java
package kit.ports;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

import kit.engine.Container;
import kit.report.Severity;

/** Holds what a project's files say against what listens on this machine. */
final class PortListening {
    private final PortProject project;
    private final LocalMachine machine;
    private final PortProblems problems;
    private final List<PortPlace> places;

    PortListening(PortProject project, LocalMachine machine, PortProblems problems) {
        this.project = project;
        this.machine = machine;
        this.problems = problems;
        this.places = project.places;
    }

    /** What answers where a place dials. */
    void answered(PortPlace place) {
        // One port, one finding, however many places dial it.
        if (problems.any(p -> p.code().matches("PORT_(REFUSED|NOT_POSTGRES|WRONG_SERVER)")
                && p.place().port == place.port && p.place().kind == place.kind)) {
            return;
        }
        if (!machine.open(place.port)) {
            refused(place);
        } else if (!machine.is(place.port, place.kind)
                && LocalMachine.LOOPBACKS.stream().anyMatch(a -> machine.answer(place.port, a).isNot(place.kind))) {
            String what = LocalMachine.LOOPBACKS.stream().map(a -> machine.answer(place.port, a))
                    .filter(PortAnswer::open).findFirst().orElseThrow().what();
            problems.error(place.kind == PortKind.POSTGRES ? "PORT_NOT_POSTGRES" : "PORT_WRONG_SERVER", place,
                    "dials " + place.kind.title + " on " + place.port + ", where " + what + " answers",
                    "held by " + machine.holders(place.port), "check-ports --free " + place.port);
        } else {
            identity(place);
        }
    }

    private void refused(PortPlace place) {
        List<PortPlace> publishers = project.published(place.kind).stream().filter(p -> p.at(place.port)).toList();
        Optional<Container> elsewhere = machine.containers.stream()
                .filter(b -> b.port() != place.port && ofTree(b, project.published(place.kind)))
                .filter(b -> publishers.isEmpty() || ofTree(b, publishers)).findFirst();
        Optional<Integer> other = places.stream().filter(p -> p.kind == place.kind
                && (p.counts(PortSide.PUBLISHED) || p.dials()) && machine.is(p.port, place.kind)).map(p -> p.port)
                .findFirst();
        if (!publishers.isEmpty() && elsewhere.isEmpty()) {
            // Its publisher is not started: the tree is at rest, and nothing is wrong with it.
            return;
        }
        String evidence = elsewhere.map(Container::describe)
                .or(() -> other.map(port -> place.kind.title + " listens on " + port + ": " + machine.holders(port)))
                .orElse("nothing in this project publishes it: " + (place.source.environment()
                        ? "start the server that is meant" : "start it before the tests"));
        boolean certain = elsewhere.isPresent() || other.isPresent() && place.source.test()
                || place.source.test() && place.kind != PortKind.SERVICE;
        if (place.kind != PortKind.SERVICE || certain) {
            problems.add("PORT_REFUSED", certain ? Severity.error : Severity.warning, place,
                    "dials " + place.kind.title + " on " + place.port + ", where nothing listens", evidence,
                    problems.corrections.containsKey(project.partner(place)) ? new String[0]
                            : elsewhere.map(Container::port).or(() -> other)
                                    .map(port -> new String[] {PortProblems.change(place, port)})
                                    .orElse(new String[0]));
        }
    }

    private static boolean ofTree(Container box, List<PortPlace> publishers) {
        return publishers.stream()
                .anyMatch(p -> !p.owner.isEmpty() && (p.owner.equals(box.name()) || p.owner.equals(box.service())
                        && p.source.path().startsWith(box.folder().isEmpty() ? "/" : box.folder())));
    }

    /** The right protocol, but whose server is it? */
    private void identity(PortPlace place) {
        machine.refusedLogins.stream().filter(p -> p == place)
                .forEach(p -> problems.error("PORT_WRONG_SERVER", place,
                        "dials " + place.port + ", where a PostgreSQL answers that does not take this login",
                        machine.logins.get(place) + "; held by " + machine.holders(place.port),
                        "check-ports --free " + place.port));
        List<PortPlace> publishers = project.published(place.kind).stream().filter(p -> p.at(place.port)).toList();
        boolean known = machine.logins.keySet().stream().anyMatch(p -> p.port == place.port);
        if (!known && !publishers.isEmpty() && machine.boxes(place.port).isEmpty()
                && machine.held(place.port).stream().anyMatch(h -> h.process().matches("postgres|redis-server"))) {
            problems.add("PORT_WRONG_SERVER", Severity.warning, place, "dials " + place.port + ", where a server of "
                    + "this machine answers and not the container of " + publishers.get(0).where(),
                    "held by " + machine.holders(place.port), "check-ports --free " + place.port);
        }
    }

    /** One port, two answers: which one localhost gets depends on who dials. */
    void families() {
        for (PortPlace place : places.stream().filter(PortPlace::dials).toList()) {
            PortAnswer four = machine.answer(place.port, "127.0.0.1");
            PortAnswer six = machine.answer(place.port, "::1");
            String host = PortHost.bare(place.host);
            String only = host.equals("localhost") ? machine.localhost.size() == 1 ? machine.localhost.get(0) : null
                    : host.equals("::1") ? "::1" : host.startsWith("127.") ? "127.0.0.1" : null;
            if (four.open() != six.open() && only != null && !machine.answer(place.port, only).open()) {
                String other = four.open() ? "127.0.0.1" : "::1";
                problems.error("PORT_FAMILY", place,
                        "dials " + place.host + ":" + place.port + ", which is " + only + "; the server listens on "
                                + other + " only",
                        only + ": " + machine.answer(place.port, only).what() + "; " + other + ": "
                                + machine.answer(place.port, other).what(),
                        host.equals("localhost") ? "# let localhost be both in /etc/hosts, or dial " + other
                                : "# " + place.where() + ": dial localhost, or " + other);
            } else if (four.open() && six.open() && host.equals("localhost")) {
                Set<Integer> one = holders(place.port, "127.0.0.1");
                Set<Integer> two = holders(place.port, "::1");
                if (four.state() != six.state() && (four.is(place.kind) || six.is(place.kind)) || !one.isEmpty()
                        && !two.isEmpty() && Collections.disjoint(one, two) && machine.boxes(place.port).isEmpty()) {
                    problems.error("PORT_FAMILY", place, "dials localhost:" + place.port + ", where 127.0.0.1 and ::1 "
                            + "are two servers: it depends on the client which one it gets",
                            machine.held(place.port).stream().map(Listener::describe).collect(Collectors.joining("\n")),
                            "check-ports --free " + place.port);
                }
            }
        }
    }

    private Set<Integer> holders(int port, String address) {
        List<Listener> exact = machine.held(port).stream().filter(h -> h.address().equals(address)).toList();
        return (exact.isEmpty() ? machine.held(port).stream().filter(h -> h.answersOn(address)).toList() : exact)
                .stream().map(Listener::pid).filter(pid -> pid > 0).collect(Collectors.toSet());
    }

    /** What the tree is to publish is held by somebody else. */
    void taken() {
        for (PortPlace p : places.stream().filter(p -> p.counts(PortSide.PUBLISHED) && machine.open(p.port)).toList()) {
            Optional<Container> foreign = machine.boxes(p.port).stream()
                    .filter(b -> p.named && !b.name().equals(p.owner)
                            || !b.folder().isEmpty() && !p.source.path().startsWith(b.folder()))
                    .findFirst();
            boolean ours = places.stream().anyMatch(q -> q.at(p.port) && q.counts(PortSide.PUBLISHED)
                    && machine.boxes(p.port).stream().anyMatch(b -> ofTree(b, List.of(q))));
            boolean other = !machine.is(p.port, p.kind)
                    && LocalMachine.LOOPBACKS.stream().anyMatch(a -> machine.answer(p.port, a).isNot(p.kind));
            if (!ours && (foreign.isPresent() || other)) {
                problems.error("PORT_TAKEN", p, "publishes " + p.port + (p.owner.isEmpty() ? "" : " for " + p.owner)
                        + ", which " + machine.holders(p.port) + " holds",
                        foreign.map(Container::describe).orElse(""), "check-ports --free " + p.port,
                        "check-ports --plan");
            }
        }
    }
}
