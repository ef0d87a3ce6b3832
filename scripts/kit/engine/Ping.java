//SOURCES EngineApi.java
package kit.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** What an address answers to GET /_ping: the truth about an engine, for podman info is content without its socket.
 *
 * @param detail a version, or what it said instead */
public record Ping(String address, Reply reply, String detail) {
    /** The first two are of an engine, the better one first. */
    public enum Reply {
        PODMAN, DOCKER, NOTHING_THERE, REFUSED, DENIED, MUTE, NONSENSE, NO_ADDRESS, NOT_ASKED
    }

    private static final String ADDRESS = "unix://.+|npipe://.+|tcp://[^/:]+:\\d{1,5}/?";

    /** Asks, and waits so many seconds. */
    public static Ping of(String address, int patience) {
        if (!address.matches(ADDRESS)) {
            return new Ping(address, address.startsWith("ssh://") ? Reply.NOT_ASKED : Reply.NO_ADDRESS, "");
        }
        if (address.startsWith("tcp://") && System.getenv("DOCKER_TLS_VERIFY") != null) {
            return new Ping(address, Reply.NOT_ASKED, "");
        }
        Path socket = address.startsWith("unix://") ? Path.of(address.substring(7)) : null;
        try {
            if (socket != null) {
                Files.readAttributes(socket, BasicFileAttributes.class);
            }
            return judge(address, EngineApi.get(address, "/_ping", patience));
        } catch (NoSuchFileException e) {
            return new Ping(address, Reply.NOTHING_THERE, "");
        } catch (AccessDeniedException e) {
            return new Ping(address, Reply.DENIED, "");
        } catch (TimeoutException e) {
            return new Ping(address, Reply.MUTE, "within " + patience + " s");
        } catch (IOException e) {
            // The system's words are in the reader's language, so the file is asked.
            boolean denied = socket != null && !Files.isWritable(socket);
            return new Ping(address, denied ? Reply.DENIED : Reply.REFUSED, "");
        }
    }

    private static Ping judge(String address, EngineApi.Answer answer) {
        Optional<String> podman = answer.header("Libpod-Api-Version");
        if (answer.status() == 200 && podman.isPresent()) {
            return new Ping(address, Reply.PODMAN, podman.get());
        }
        if (answer.status() == 200 && answer.header("Api-Version").isPresent()) {
            String server = answer.header("Server").orElse("").replaceFirst("^Docker/(\\S+).*", "$1");
            return new Ping(address, Reply.DOCKER, server);
        }
        String first = answer.text().lines().findFirst().orElse("");
        return answer.text().isEmpty() ? new Ping(address, Reply.MUTE, "and closes")
                : new Ping(address, Reply.NONSENSE, first.length() > 80 ? first.substring(0, 80) + "…" : first);
    }

    public boolean answers() {
        return reply == Reply.PODMAN || reply == Reply.DOCKER;
    }

    /** A sentence that begins with the address or ends with it. */
    public String describe() {
        return switch (reply) {
            case PODMAN -> address + " answers: Podman " + detail;
            case DOCKER -> (address + " answers: Docker " + detail).strip();
            case NOTHING_THERE -> address + " is not there";
            case REFUSED -> "nothing listens on " + address;
            case DENIED -> "this user may not open " + address;
            case MUTE -> address + " accepts and says nothing " + detail;
            case NONSENSE -> address + " answers, but not as an engine: " + detail;
            case NO_ADDRESS -> address + " is no address: unix:///path or tcp://host:port";
            case NOT_ASKED -> address + " is not asked: SSH and TLS are not spoken here";
        };
    }
}
