//SOURCES PortFinds.java
//SOURCES PortHost.java
//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortSide.java
//SOURCES PortSource.java
package kit.ports;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What can only be said with all files read: whose variables are whose, which names are containers. */
final class PortResolution {
    private final List<PortPlace> places;
    private final List<PortFinds> scans;

    PortResolution(List<PortPlace> places, List<PortFinds> scans) {
        this.places = places;
        this.scans = scans;
    }

    void resolve() {
        scans.forEach(scan -> scan.borrowed.forEach(borrowed -> publishThrough(scan.source, borrowed)));
        Map<Integer, PortPlace> nodePorts = new HashMap<>();
        scans.forEach(scan -> nodePorts.putAll(scan.nodePorts));
        Set<Path> mounted = scans.stream().flatMap(scan -> scan.mounted.stream()).collect(Collectors.toSet());
        Set<String> names = places.stream().map(p -> p.owner).filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
        for (PortPlace place : places) {
            PortPlace behind = place.owner.startsWith("node port ") ? nodePorts.get(place.inside) : null;
            if (behind != null) {
                place.kind = behind.kind;
                place.owner = behind.owner;
                place.inside = behind.port;
            }
            if (place.side == null) {
                place.side = side(place, names, mounted);
            }
            if (place.side == PortSide.INSIDE && place.owner.isEmpty() && names.contains(PortHost.bare(place.host))) {
                place.owner = PortHost.bare(place.host);
            }
            place.overridden = place.overridden || place.fallback && !place.variable.isEmpty()
                    && places.stream().anyMatch(p -> p != place && p.variable.equals(place.variable)
                            && !p.fallback && !p.source.path().equals(place.source.path()) && !p.source.test()
                            && near(p, place));
        }
        places.removeIf(p -> p.owner.startsWith("node port "));
    }

    /** A variable counts for what stands in its folder or below; one that a Makefile or a script sets, for all. */
    private static boolean near(PortPlace setter, PortPlace user) {
        return user.source.path().startsWith(setter.source.path().getParent());
    }

    /** The port of -p $PORT:5432 is where PORT gets its value: in the same file, else in a .env beside or above it. */
    private void publishThrough(PortSource source, PortFinds.Borrowed borrowed) {
        List<PortPlace> values = places
                .stream().filter(p -> p.variable.equals(borrowed.variable()) && p.side != PortSide.PUBLISHED
                        && (p.source == source
                                || p.source.environment() && source.path().startsWith(p.source.path().getParent())))
                .toList();
        values.forEach(p -> {
            p.side = PortSide.PUBLISHED;
            p.inside = borrowed.like().inside;
            p.owner = borrowed.like().owner;
            p.named = borrowed.like().named;
            p.kind = borrowed.like().kind;
        });
    }

    private static PortSide side(PortPlace place, Set<String> names, Set<Path> mounted) {
        String host = PortHost.bare(place.host);
        if (host.matches("host\\.(docker|containers|lima|k3d)\\.internal")) {
            return PortSide.DIALLED;
        }
        boolean inContainer = mounted.stream().anyMatch(place.source.path()::startsWith);
        if (names.contains(host) || inContainer && (host.isEmpty() || PortHost.local(host))) {
            return PortSide.INSIDE;
        }
        if (PortHost.local(host)) {
            return PortSide.DIALLED;
        }
        if (host.isEmpty()) {
            boolean onHost = PortKind.tokens(place.variable).stream()
                    .anyMatch(t -> t.matches("host|local|external|published"));
            return onHost || place.source.test() || place.source.environment()
                    || place.source.path().getFileName().toString().matches("(?i).*(makefile|\\.mk|\\.sh)")
                            ? PortSide.DIALLED
                            : PortSide.ELSEWHERE;
        }
        // A name without a dot is resolved by a container network, or by nobody.
        return host.matches("[a-z][a-z0-9-]*")
                && !place.source.path().toString().matches(".*\\.(go|java|kts?|py|[mc]?[tj]sx?)") ? PortSide.INSIDE
                        : PortSide.ELSEWHERE;
    }
}
