//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortSide.java
//SOURCES PortSource.java
package kit.ports;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What was found in one file: its places, and what only the other files can explain. */
final class PortFinds {
    /** The two sides of -p, --publish and ports:, also where the host's is a variable. */
    static final String PAIR = "(?:(?:(?<ip>[\\d.]+|\\[[0-9A-Fa-f:]+\\])"
            + "|\\$\\{\\w+(?::?-[\\d.]*)?\\}):)?(?:(?<port>\\d{2,5})|\\$[{(]?(?<var>\\w+)"
            + "(?::?[-=](?:\\$\\{\\w+:?-)*(?<def>\\d{2,5})\\}*)?(?::?\\?[^}]*)?[})]?|%[dsv]"
            + "|\\{(?<field>\\w+)\\}):(?<in>\\d{2,5})(?:/(?<proto>\\w+))?";
    private static final Pattern IN_CONTAINER = Pattern
            .compile("\\b(?:podman|docker|nerdctl|kubectl|oc)(?:[ -]compose)?\\b.*\\bexec\\b");

    /** A stretch of a file that is read inside a container. */
    private record Inside(int from, int to) {
    }

    /** A published port of which the number stands in a variable. */
    record Borrowed(String variable, PortPlace like) {
    }

    /** Who publishes a port.
     *
     * @param named the name is the container's own
     * @param other a database of another kind */
    record Owner(String name, PortKind kind, boolean named, Set<String> profiles, boolean other) {
    }

    final PortSource source;
    final List<Borrowed> borrowed = new ArrayList<>();
    /** Files that a compose file hands to a container. */
    final Set<Path> mounted = new HashSet<>();
    /** kind's and Kubernetes' node ports: which service is behind them. */
    final Map<Integer, PortPlace> nodePorts = new HashMap<>();
    /** Why it could not be read as YAML, and in which line; null if it could. */
    String trouble;
    int troubleLine;
    private final NavigableMap<Integer, PortPlace> found = new TreeMap<>();
    private final Set<Integer> claimed = new HashSet<>();
    private final List<Inside> insides = new ArrayList<>();
    private final List<Inside> others = new ArrayList<>();

    PortFinds(PortSource source) {
        this.source = source;
    }

    Collection<PortPlace> places() {
        return found.values();
    }

    /** The first to name a number is right about it; with no kind it is known not to be one of ours. */
    PortPlace add(int start, int end, int port, PortKind kind, PortSide side, Consumer<PortPlace> more) {
        if (!claimed.add(start) || others.stream().anyMatch(i -> i.from <= start && start < i.to) || kind == null
                || port < 1 || port > 65535) {
            return null;
        }
        PortPlace place = new PortPlace(source, start, end, port, kind,
                side == null && inside(start) ? PortSide.INSIDE : side);
        more.accept(place);
        found.put(start, place);
        return place;
    }

    /** What stands there is read inside a container. */
    void inside(int from, int to) {
        insides.add(new Inside(from, to));
    }

    /** What stands there is of another engine. */
    void other(int from, int to) {
        others.add(new Inside(from, to));
    }

    private boolean inside(int offset) {
        return insides.stream().anyMatch(i -> i.from <= offset && offset < i.to)
                || IN_CONTAINER.matcher(source.lineAt(offset)).find();
    }

    /** A pair of ports, its host's side a number or a variable.
     *
     * @param pair     whether the host's side stands in the match, too
     * @param variable that holds the host's side; null where there is none */
    void publish(int at, Matcher m, boolean pair, String variable, Owner owner) {
        Consumer<PortPlace> more = p -> {
            p.inside = number(m, "in");
            p.owner = owner.name;
            p.named = owner.named;
            p.profiles = owner.profiles;
            p.otherEngine = owner.other;
            p.host = pair && m.group("ip") != null ? m.group("ip") : "";
        };
        if (pair && m.group("port") != null) {
            add(at + m.start("port"), at + m.end("port"), number(m, "port"), owner.kind, PortSide.PUBLISHED, more);
        } else if (variable != null) {
            int begin = at + m.start();
            PortPlace like = new PortPlace(source, begin, begin, 0, owner.kind, PortSide.PUBLISHED);
            more.accept(like);
            borrowed.add(new Borrowed(variable, like));
            if (pair && m.group("def") != null) {
                add(at + m.start("def"), at + m.end("def"), number(m, "def"), owner.kind, PortSide.PUBLISHED,
                        more.andThen(p -> {
                            p.variable = variable;
                            p.fallback = true;
                        }));
            }
        }
        // The container's side is said in the same breath, and is right wherever it stands.
        claimed.add(at + m.start("in"));
    }

    static int number(Matcher m, String group) {
        return m.group(group) == null ? 0 : Integer.parseInt(m.group(group));
    }

    static PortKind kind(String words, int inside) {
        PortKind known = PortKind.usual(inside);
        PortKind said = known != null ? known
                : PortKind.of(words.replaceAll("(?i)--?e(nv)?[\"',=\\s]+\\S+", " "));
        return said != null ? said : PortKind.SERVICE;
    }
}
