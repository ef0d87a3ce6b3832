//SOURCES ../config/CiFile.java
//SOURCES PortFinds.java
//SOURCES PortHost.java
//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortSide.java
//SOURCES PortSource.java
package kit.ports;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.config.CiFile;

/** What can only be said with all files read: whose variables are whose, which names are containers. */
final class PortResolution {
    /** A server that a CI system starts: an image, a service by its name, a package. */
    private static final Map<PortKind, Pattern> STARTED = Map.of(PortKind.POSTGRES, started("postg(?:res|is)\\w*"),
            PortKind.REDIS, started("(?:redis|valkey)"));
    private static final Pattern STARTING = Pattern.compile("(?i).*\\.(?:ya?ml|sh|bash|zsh|mk|tf|hcl|nix|toml)"
            + "|(?:gnu)?makefile.*|justfile|jenkinsfile.*|procfile|tiltfile|vagrantfile|earthfile|devcontainer\\.json");
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
        Set<Integer> mapped = places.stream().filter(p -> p.owner.startsWith("node port ")).map(p -> p.inside)
                .collect(Collectors.toSet());
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
            if (place.side == PortSide.DIALLED && nodePorts.containsKey(place.port) && !mapped.contains(place.port)) {
                place.side = PortSide.ELSEWHERE;
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
        byPublisher();
        scans.forEach(this::ofCi);
        places.stream().filter(p -> p.side == PortSide.DIALLED).toList().forEach(this::publishedOtherwise);
    }

    /** A number that also stands where a project says what is started, in words that are not read here (a tunnel, a
     * proxy, a forward, a tool's own file), is published there. */
    private void publishedOtherwise(PortPlace place) {
        if (places.stream().anyMatch(p -> p.side == PortSide.PUBLISHED && (p.at(place.port)
                || p.inside == place.port && p.kind == place.kind))) {
            return;
        }
        Pattern number = Pattern.compile("(?<![\\w.])" + place.port + "(?![\\w.])");
        boolean said = scans.stream().map(scan -> scan.source).filter(PortResolution::starts)
                .anyMatch(source -> number.matcher(source.text()).results().anyMatch(m -> places.stream()
                        .noneMatch(p -> p.source == source && p.start <= m.start() && m.end() <= p.end
                                && !saysWhatIsStarted(p))));
        if (said) {
            place.side = PortSide.ELSEWHERE;
        }
    }

    private static boolean saysWhatIsStarted(PortPlace place) {
        return place.variable.matches("(?i)(?:local|host|forward|external)_?port")
                || place.side == PortSide.ELSEWHERE && place.source.path().toString().matches(".*\\.(?:nix|tf|hcl)");
    }

    /** Whether a file is of the kind that starts things. */
    private static boolean starts(PortSource source) {
        return STARTING.matcher(source.path().getFileName().toString()).matches()
                && !source.text().isEmpty() && (!source.test() || CiFile.is(source.path(), source.text()));
    }

    /** Who publishes a port says what speaks there: a pooler or a proxy in front of a PostgreSQL is dialled as one, and
     * what was taken for a PostgreSQL by the words around it is none where a MySQL publishes it. */
    private void byPublisher() {
        for (PortPlace place : List.copyOf(places)) {
            List<PortPlace> same = place.side != PortSide.DIALLED || place.kind == PortKind.SERVICE ? List.of()
                    : places.stream().filter(p -> p.side == PortSide.PUBLISHED && p.at(place.port)).toList();
            if (!same.isEmpty() && same.stream().allMatch(p -> p.kind == PortKind.SERVICE)) {
                if (same.stream().anyMatch(p -> p.otherEngine)) {
                    places.remove(place);
                } else {
                    same.forEach(p -> p.kind = place.kind);
                }
            }
        }
    }

    /** What a CI system starts by other words than those of compose is on its machine, and so is what it dials. */
    private void ofCi(PortFinds scan) {
        if (!CiFile.is(scan.source.path(), scan.source.text())) {
            return;
        }
        for (PortPlace place : places) {
            boolean dials = place.source == scan.source && place.side == PortSide.DIALLED;
            if (dials && STARTED.get(place.kind) != null && STARTED.get(place.kind).matcher(scan.source.text()).find()
                    && places.stream().noneMatch(p -> p.source == scan.source && p.side == PortSide.PUBLISHED
                            && p.kind == place.kind)) {
                place.side = PortSide.ELSEWHERE;
            }
        }
    }

    private static Pattern started(String name) {
        return Pattern.compile("(?im)(?:image|name)[\"']?\\s*[:=]\\s*[\"']?(?:\\S*/)?" + name
                + "\\b|^\\s*-\\s+[\"']?(?:\\S*/)?"
                + name + "(?:[:@][\\w.-]+)?[\"']?\\s*$|(?:service|systemctl|pg_ctl\\w*)\\s+(?:start\\s+)?" + name
                + "|setup-" + name
                + "|[\\[{,(]\\s*[\"']?(?:[\\w./-]*/)?" + name + "(?:[:@][\\w.-]+)?[\"']?\\s*[\\]},)]|^\\s*"
                + name + ":\\s*(?:[\\d.\"']+)?\\s*$|(?:apt-get|apt|apk|brew)\\b.*"
                + name);
    }

    /** A variable counts for what stands in its folder or below; one that a Makefile or a script sets, for all. */
    private static boolean near(PortPlace setter, PortPlace user) {
        return user.source.path().startsWith(setter.source.path().getParent());
    }

    /** The port of -p $PORT:5432 is where PORT gets its value: in the same file, else in a .env beside or above it. */
    private void publishThrough(PortSource source, PortFinds.Borrowed borrowed) {
        List<PortPlace> values = new ArrayList<>(places
                .stream().filter(p -> p.variable.equals(borrowed.variable()) && p.side != PortSide.PUBLISHED
                        && (p.source == source || setsFor(p.source, source)))
                .toList());
        if (values.isEmpty()) {
            values.addAll(inEnvironment(source, borrowed.variable()));
            places.addAll(values);
        }
        values.forEach(p -> {
            p.side = PortSide.PUBLISHED;
            p.inside = borrowed.like().inside;
            p.owner = borrowed.like().owner;
            p.named = borrowed.like().named;
            p.kind = borrowed.like().kind;
        });
    }

    /** A .env counts for what is beside it, or below; an example of one for nothing. */
    private static boolean setsFor(PortSource environment, PortSource user) {
        return environment.environment() && user.path().startsWith(environment.path().getParent())
                && !environment.path().getFileName().toString().matches("(?i).*(example|sample|template|dist)");
    }

    /** A variable that by its name could be anyone's has its value in the nearest .env. */
    private List<PortPlace> inEnvironment(PortSource user, String variable) {
        Pattern set = Pattern.compile("(?m)^[ \\t]*(?:export[ \\t]+)?" + Pattern.quote(variable)
                + "[ \\t]*=[ \\t]*[\"']?(\\d{2,5})\\b");
        return scans.stream().map(scan -> scan.source).filter(source -> setsFor(source, user))
                .sorted(Comparator.comparing((PortSource source) -> -source.path().getNameCount()))
                .flatMap(source -> {
                    Matcher m = set.matcher(source.text());
                    if (!m.find()) {
                        return Stream.empty();
                    }
                    PortPlace place = new PortPlace(source, m.start(1), m.end(1), Integer.parseInt(m.group(1)),
                            PortKind.SERVICE, PortSide.PUBLISHED);
                    place.variable = variable;
                    return Stream.of(place);
                }).limit(1).toList();
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
