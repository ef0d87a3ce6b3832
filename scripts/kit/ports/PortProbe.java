//SOURCES PortAnswer.java
//SOURCES PortKind.java
package kit.ports;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Asks what listens, in the few bytes in which each protocol says who it is. */
public final class PortProbe {
    private static final int PATIENCE_MILLIS = 1000;
    /** Length 8, code 80877103: PostgreSQL answers 'S' or 'N' and then waits. */
    private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 210, 22, 47};

    public static PortAnswer ask(String address, int port, PortKind expected) {
        PortAnswer first = askAs(expected, address, port);
        if (!first.open() || first.is(expected)) {
            return first;
        }
        List<PortAnswer> all = Stream.concat(Stream.of(first), Stream.of(PortKind.values())
                .filter(other -> other != expected).map(other -> askAs(other, address, port))).toList();
        return all.stream().filter(a -> a.is(PortKind.POSTGRES) || a.is(PortKind.REDIS) || a.is(PortKind.SERVICE))
                .findFirst()
                .orElse(all.stream().filter(a -> a.state() == PortAnswer.State.OTHER).findFirst().orElse(first));
    }

    private static PortAnswer askAs(PortKind kind, String address, int port) {
        return switch (kind) {
            case POSTGRES -> talk(address, port, SSL_REQUEST,
                    said -> said.equals("S") ? "PostgreSQL (with TLS)" : said.equals("N") ? "PostgreSQL" : null,
                    PortAnswer.State.POSTGRES);
            case REDIS -> talk(address, port, "PING\r\n".getBytes(StandardCharsets.US_ASCII),
                    said -> said.startsWith("+PONG") ? "Redis"
                            : said.matches("(?s)-(NOAUTH|DENIED|LOADING|MASTERDOWN|BUSY).*")
                                    ? "Redis (" + said.strip().split("[ \r\n]")[0].substring(1) + ")"
                                    : null,
                    PortAnswer.State.REDIS);
            case SERVICE ->
                talk(address, port, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                        said -> said.startsWith("HTTP/")
                                ? "an HTTP server (" + said.lines().findFirst().orElse("") + ")"
                                : null,
                        PortAnswer.State.HTTP);
        };
    }

    private static PortAnswer talk(String address, int port, byte[] question, UnaryOperator<String> understood,
            PortAnswer.State state) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(question);
            byte[] said = new byte[64];
            int length = Math.max(0, socket.getInputStream().read(said));
            // A banner such as "SSH-2.0" begins like PostgreSQL's answer, but goes on.
            if (length == 1) {
                socket.setSoTimeout(150);
                try {
                    length += Math.max(0, socket.getInputStream().read(said, 1, said.length - 1));
                } catch (SocketTimeoutException e) {
                    // It waits for us: PostgreSQL does.
                }
            }
            String text = new String(said, 0, length, StandardCharsets.ISO_8859_1);
            String what = understood.apply(text);
            return what != null ? new PortAnswer(state, what)
                    : new PortAnswer(PortAnswer.State.OTHER, length == 0 ? "something that closes the connection"
                            : "something else, which says “"
                                    + text.lines().findFirst().orElse("").replaceAll("[^ -~]", ".") + "”");
        } catch (SocketTimeoutException e) {
            return new PortAnswer(PortAnswer.State.SILENT, "something that accepts, and does not answer");
        } catch (ConnectException e) {
            boolean refused = isHere(address);
            return new PortAnswer(refused ? PortAnswer.State.REFUSED : PortAnswer.State.NO_FAMILY,
                    refused ? "connection refused" : "cannot be reached: this machine has no such address");
        } catch (SocketException e) {
            // Before a connection is made it is the address family that is missing; after it, a reset.
            return isHere(address) ? new PortAnswer(PortAnswer.State.OTHER, "something that resets the connection")
                    : new PortAnswer(PortAnswer.State.NO_FAMILY, "cannot be reached: this machine has no such address");
        } catch (IOException e) {
            return new PortAnswer(PortAnswer.State.OTHER, "something that closes the connection");
        }
    }

    /** The exceptions' words would tell as much, but come in the language of the system. */
    private static boolean isHere(String address) {
        try {
            return NetworkInterface.getByInetAddress(InetAddress.getByName(address)) != null;
        } catch (IOException e) {
            return false;
        }
    }
}
