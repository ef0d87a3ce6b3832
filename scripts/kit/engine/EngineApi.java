//SOURCES Within.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.engine;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The HTTP interface of Podman and Docker over a Unix socket, TCP, or a named pipe of Windows; a request a
 * connection. */
public final class EngineApi {
    private static final int ENOUGH = 16 << 20;

    private EngineApi() {
    }

    /** @param status 0 where it is no HTTP
     * @param text   as it came, headers and all */
    public record Answer(int status, String text) {
        public Optional<String> header(String name) {
            Matcher m = Pattern.compile("(?im)^" + name + ": *(.*?)\\r?$").matcher(text);
            return m.find() ? Optional.of(m.group(1)) : Optional.empty();
        }

        /** What the engine was asked for.
         *
         * @throws IOException the answer is an error, or no JSON */
        public JsonNode json() throws IOException {
            int end = text.indexOf("\r\n\r\n");
            if (status != 200 || end < 0) {
                throw new IOException("it says “" + text.lines().findFirst().orElse("nothing") + "”");
            }
            try {
                return JsonMapper.shared().readTree(text.substring(end + 4));
            } catch (JacksonException e) {
                throw new IOException("the engine's answer is not JSON");
            }
        }
    }

    /** @param address unix:///path, tcp://host:port or npipe:////./pipe/name
     * @throws TimeoutException it took longer than that, however much it has said by then */
    public static Answer get(String address, String path, int seconds) throws IOException, TimeoutException {
        return Within.seconds(seconds, () -> {
            try (ByteChannel channel = open(address)) {
                // HTTP/1.0: the answer ends with the connection, and comes in one piece.
                String request = "GET " + path + " HTTP/1.0\r\nHost: d\r\n\r\n";
                channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
                return read(Channels.newInputStream(channel));
            }
        });
    }

    private static ByteChannel open(String address) throws IOException {
        if (address.startsWith("npipe://")) {
            if (File.separatorChar == '/') {
                throw new IOException("only Windows has named pipes");
            }
            return new RandomAccessFile(address.substring(8).replace('/', '\\'), "rw").getChannel();
        }
        if (address.startsWith("unix://")) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(address.substring(7)));
            return channel;
        }
        String[] parts = address.substring(6).replace("/", "").split(":");
        return SocketChannel.open(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
    }

    /** A pipe of Windows does not end with the answer, so its length counts where it is given. */
    private static Answer read(InputStream from) throws IOException {
        byte[] all = new byte[0];
        byte[] piece = new byte[8192];
        for (int n = from.read(piece); n > 0 && all.length < ENOUGH; n = complete(all) ? -1 : from.read(piece)) {
            int before = all.length;
            all = Arrays.copyOf(all, before + n);
            System.arraycopy(piece, 0, all, before, n);
        }
        String text = new String(all, StandardCharsets.UTF_8);
        Matcher status = Pattern.compile("HTTP/1\\.[01] (\\d{3}).*").matcher(text.lines().findFirst().orElse(""));
        return new Answer(status.matches() ? Integer.parseInt(status.group(1)) : 0, text);
    }

    private static boolean complete(byte[] all) {
        String text = new String(all, StandardCharsets.ISO_8859_1);
        Matcher length = Pattern.compile("(?i)\\r\\nContent-Length: *(\\d+)").matcher(text);
        int end = text.indexOf("\r\n\r\n");
        return end > 0 && length.find() && length.start() < end
                && all.length - end - 4 >= Long.parseLong(length.group(1));
    }
}
