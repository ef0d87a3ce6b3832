package kit.ports;

/** The host beside a port, as it is written. */
final class PortHost {
    private PortHost() {
    }

    /** The host itself, out of ${DB_HOST:-localhost} and brackets. */
    static String bare(String host) {
        return host.replaceFirst("^\\$\\{\\w+:?-?([\\w.-]+)\\}$", "$1").replaceAll("[\\[\\]]", "");
    }

    /** Whether it is this machine. */
    static boolean local(String host) {
        return bare(host).matches("localhost|127(\\.\\d+){3}|::1|::|:|0\\.0\\.0\\.0|ip6-localhost");
    }
}
