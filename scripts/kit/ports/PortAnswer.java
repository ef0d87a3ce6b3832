//SOURCES PortKind.java
package kit.ports;

/** What answers on one address. */
public record PortAnswer(State state, String what) {
    public enum State {
        REFUSED, NO_FAMILY, SILENT, POSTGRES, REDIS, HTTP, OTHER
    }

    public boolean open() {
        return state != State.REFUSED && state != State.NO_FAMILY;
    }

    public boolean is(PortKind kind) {
        return state == switch (kind) {
            case POSTGRES -> State.POSTGRES;
            case REDIS -> State.REDIS;
            case SERVICE -> State.HTTP;
        };
    }

    /** Surely something else; a service that says nothing, or has a protocol of its own, is not. */
    public boolean isNot(PortKind kind) {
        return open() && state != State.SILENT && !is(kind) && kind != PortKind.SERVICE;
    }
}
