//SOURCES ../engine/Container.java
//SOURCES ../engine/Containers.java
//SOURCES Listener.java
//SOURCES PortAnswer.java
//SOURCES PortKind.java
//SOURCES PortLogin.java
//SOURCES PortPlace.java
//SOURCES PortProbe.java
//SOURCES PortProject.java
//SOURCES PortSide.java
//SOURCES ../report/Report.java
//SOURCES ../engine/Within.java
package kit.ports;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.engine.Container;
import kit.engine.Containers;
import kit.engine.Within;
import kit.report.Report;

/** The sockets, processes and containers of this machine, and what answers on the ports of a project. */
public final class LocalMachine {
    public static final List<String> LOOPBACKS = List.of("127.0.0.1", "::1");

    public final List<Listener> listeners = new ArrayList<>();
    public final List<Container> containers = new ArrayList<>();
    public final List<List<String>> skipped = new ArrayList<>();
    public final Map<Integer, Map<String, PortAnswer>> answers = new ConcurrentSkipListMap<>();
    /** What localhost is on this machine, in the order in which it is tried. */
    public final List<String> localhost = new ArrayList<>();
    /** What a server said to the login that the project uses. */
    public final Map<PortPlace, String> logins = new ConcurrentHashMap<>();
    public final Set<PortPlace> refusedLogins = ConcurrentHashMap.newKeySet();

    /** Lists what is here; no port is asked yet. */
    public static LocalMachine look() {
        LocalMachine machine = new LocalMachine();
        // Listing sockets and asking engines take as long as each other.
        Future<Containers> engines = Within.begin(Containers::running);
        try {
            machine.listeners.addAll(Listener.all());
        } catch (IOException e) {
            machine.skipped.add(List.of("listening sockets", "this system does not list them: " + e.getMessage()));
        }
        machine.resolveLocalhost();
        try {
            machine.containers.addAll(engines.get().published);
            machine.skipped.addAll(engines.get().skipped);
        } catch (InterruptedException | ExecutionException e) {
            machine.skipped.add(List.of("containers", String.valueOf(e.getMessage())));
        }
        return machine;
    }

    public static String listCommand(int port) {
        String os = System.getProperty("os.name");
        return os.startsWith("Windows") ? "netstat -ano | findstr :" + port
                : os.startsWith("Mac") ? "lsof -nP -iTCP:" + port + " -sTCP:LISTEN"
                        : "ss -ltnp 'sport = :" + port + "'";
    }

    public static String holders(List<Container> boxes, List<Listener> held) {
        return Stream
                .concat(boxes.stream().map(b -> "container " + b.name()),
                        boxes.isEmpty() ? held.stream().map(Listener::who) : Stream.of())
                .distinct().collect(Collectors.joining(" and "));
    }

    private void resolveLocalhost() {
        try {
            Stream.of(InetAddress.getAllByName("localhost")).map(Listener::shown).distinct()
                    .forEach(localhost::add);
        } catch (UnknownHostException e) {
            skipped.add(List.of("localhost", "this machine does not know the name: see /etc/hosts"));
        }
    }

    /** Asks every port that the project dials or publishes, on both loopback addresses. */
    public LocalMachine probe(PortProject project) {
        Map<Integer, PortKind> ports = new TreeMap<>();
        project.places.stream().filter(p -> p.counts(PortSide.DIALLED) || p.counts(PortSide.PUBLISHED))
                .forEach(p -> ports.merge(p.port, p.kind, (a, b) -> a.compareTo(b) <= 0 ? a : b));
        ExecutorService pool = Executors.newFixedThreadPool(16);
        ports.forEach((port, kind) -> LOOPBACKS
                .forEach(address -> pool.execute(() -> answers.computeIfAbsent(port, p -> new ConcurrentSkipListMap<>())
                        .put(address, PortProbe.ask(address, port, kind)))));
        finish(pool);
        ExecutorService logins = Executors.newFixedThreadPool(4);
        Set<Integer> asked = new HashSet<>();
        project.places.stream().filter(p -> p.dials() && p.kind == PortKind.POSTGRES && is(p.port, PortKind.POSTGRES))
                .forEach(p -> PortLogin.of(p).filter(l -> asked.add(p.port))
                        .ifPresent(login -> logins.execute(() -> attempt(login, p))));
        finish(logins);
        return this;
    }

    private void attempt(PortLogin login, PortPlace place) {
        String address = LOOPBACKS.stream().filter(a -> answer(place.port, a).is(PortKind.POSTGRES)).findFirst()
                .orElseThrow();
        PortLogin.Said said = login.attempt(address, place);
        logins.put(place, said.words());
        if (said.refused()) {
            refusedLogins.add(place);
        }
    }

    private static void finish(ExecutorService pool) {
        pool.shutdown();
        try {
            pool.awaitTermination(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public PortAnswer answer(int port, String address) {
        return answers.getOrDefault(port, Map.of()).getOrDefault(address,
                new PortAnswer(PortAnswer.State.REFUSED, "not asked"));
    }

    public boolean open(int port) {
        return LOOPBACKS.stream().anyMatch(address -> answer(port, address).open());
    }

    public boolean is(int port, PortKind kind) {
        return LOOPBACKS.stream().anyMatch(address -> answer(port, address).is(kind));
    }

    public List<Listener> held(int port) {
        return listeners.stream().filter(h -> h.port() == port).toList();
    }

    public List<Container> boxes(int port) {
        return containers.stream().filter(b -> b.port() == port).toList();
    }

    public String holders(int port) {
        String known = holders(boxes(port), held(port));
        return known.isEmpty() ? "something that does not show itself" : known;
    }

    public void show(Report report, PortProject project) {
        report.step("What listens now");
        report.run("ss -ltnp; podman ps");
        report.say("localhost is " + (localhost.isEmpty() ? "nothing" : String.join(" and ", localhost))
                + " on this machine");
        answers.forEach((port, families) -> {
            String named = project.places.stream().filter(p -> p.at(port) && p.counts(PortSide.PUBLISHED))
                    .findFirst().map(p -> ", which " + p.where() + " publishes once it is started").orElse("");
            if (!open(port)) {
                report.say(port + "  nothing" + named);
                return;
            }
            families.forEach((address, answer) -> report.say(port + "  " + address + ": " + answer.what()));
            held(port).forEach(h -> report.say("       held by " + h.who() + " on " + h.address()));
            boxes(port).forEach(b -> report.say("       " + b.describe()));
            logins.forEach((place, said) -> {
                if (place.port == port) {
                    report.say("       " + said);
                }
            });
        });
        if (!answers.isEmpty()) {
            report.checked("ports", answers.size());
        }
        skipped.forEach(s -> report.skipped(s.get(0), s.get(1)));
    }
}
