//SOURCES PortKind.java
//SOURCES PortSide.java
//SOURCES PortSource.java
//SOURCES ../report/Where.java
package kit.ports;

import java.util.Set;

import kit.report.Where;

/** One number in one file. */
public final class PortPlace {
    public final PortSource source;
    /** Where the digits stand; the same twice where the usual port is meant but not written. */
    public final int start;
    public final int end;
    public final int port;
    public final int line;
    public PortKind kind;
    public PortSide side;
    /** As written; empty where none is. */
    public String host = "";
    /** The container or service that publishes or is dialled; empty where it has no name. */
    public String owner = "";
    /** The container's side of a published port. */
    public int inside;
    /** The variable that holds the number, or of which the number is the default. */
    public String variable = "";
    /** A default that the environment can replace. */
    public boolean fallback;
    /** The environment, as the tree sets it, does replace it. */
    public boolean overridden;
    /** The name is the container's own, so there can be only one of them at a time. */
    public boolean named;
    public Set<String> profiles = Set.of();
    /** The last of a range of published ports, of which {@link #port} is the first; 0 for none. */
    public int last;
    /** What publishes it is a database of another kind. */
    boolean otherEngine;

    public PortPlace(PortSource source, int start, int end, int port, PortKind kind, PortSide side) {
        this.source = source;
        this.start = start;
        this.end = end;
        this.port = port;
        this.kind = kind;
        this.side = side;
        this.line = source.line(start);
    }

    /** Whether it is this port, or a range that holds it. */
    boolean at(int other) {
        return port == other || port < other && other <= last;
    }

    public Where where() {
        return Where.of(source.path(), line);
    }

    public boolean counts(PortSide which) {
        return side == which && !overridden;
    }

    /** Says the number to the machine it is on, for certain. */
    public boolean dials() {
        return counts(PortSide.DIALLED) && (!fallback || source.test());
    }

    public String written(int other) {
        return start == end ? ":" + other : String.valueOf(other);
    }

    /** Of the service that publishes it, as the table has it. */
    String name(boolean withFile) {
        String name = owner.isEmpty() ? kind.word() + "-" + port : owner;
        return withFile ? name + " (" + where().file() + ")" : name;
    }

    public String describe() {
        String what = side == PortSide.PUBLISHED
                ? port + (last > 0 ? "-" + last : "") + (inside > 0 ? " → " + inside : "")
                        + (owner.isEmpty() ? "" : " in " + owner)
                : (host.isEmpty() ? variable.isEmpty() ? "" : variable + " " : host + ":") + port;
        return where() + "  " + what + (start == end ? " (meant, not written)" : "")
                + (overridden ? " (a default that is replaced)" : fallback ? " (a default)" : "");
    }
}
