package kit.engine;

/** A running container's published port.
 *
 * @param engine  podman or docker
 * @param service of a compose file, or ""
 * @param folder  of that file, or ""
 * @param port    on the host
 * @param inside  in the container */
public record Container(String engine, String name, String service, String folder, String image, int port,
        int inside) {
    public String describe() {
        return "container " + name + " (" + engine + ", " + image + ") publishes " + port + " → " + inside;
    }

    public String stop() {
        return engine + " stop " + name;
    }
}
