package kit.ports;

/** Which side of a mapping a number is, or whether nobody can tell. */
public enum PortSide {
    DIALLED("dialled from the host"), PUBLISHED("published on the host"), INSIDE("inside the container network"),
    ELSEWHERE("on another host, or not said");

    public final String words;

    PortSide(String words) {
        this.words = words;
    }
}
