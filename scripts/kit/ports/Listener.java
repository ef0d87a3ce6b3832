//DEPS com.github.oshi:oshi-core:7.5.0
//DEPS net.java.dev.jna:jna:5.19.1
package kit.ports;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import oshi.SystemInfo;
import oshi.software.os.InternetProtocolStats;
import oshi.software.os.OSProcess;
import oshi.software.os.OperatingSystem;

/** A listening socket and its process; pid 0 where the system does not tell this user. */
public record Listener(String address, int port, int pid, String process, String user) {
    public String describe() {
        return (address.contains(":") ? "[" + address + "]" : address) + ":" + port + "  " + who();
    }

    public String who() {
        return pid == 0
                ? "a process of " + (user.isEmpty() ? "another user" : "user " + user) + ", which this user may not see"
                : process + ", process " + pid + " of " + user;
    }

    public String stop() {
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        return pid == 0 ? "sudo ss -ltnp 'sport = :" + port + "'   # as that user, or as root, to see the process"
                : windows ? "taskkill /PID " + pid
                        : service().map(unit -> "sudo systemctl stop " + unit)
                                .orElse("kill " + pid + "   # " + process);
    }

    /** The systemd unit that would start the process again, on Linux. */
    private Optional<String> service() {
        try {
            Matcher m = Pattern.compile("/([\\w@.\\\\-]+\\.service)")
                    .matcher(Files.readString(Path.of("/proc/" + pid + "/cgroup")));
            return m.find() && !m.group(1).startsWith("user@") ? Optional.of(m.group(1)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    public boolean answersOn(String loopback) {
        return address.equals(loopback) || address.equals("::")
                || address.equals("0.0.0.0") && loopback.equals("127.0.0.1");
    }

    /** Every socket of TCP that listens on this machine.
     *
     * @throws IOException this system does not list them */
    static List<Listener> all() throws IOException {
        List<Listener> listeners = new ArrayList<>();
        try {
            OperatingSystem system = new SystemInfo().getOperatingSystem();
            Map<String, String> users = new HashMap<>();
            for (InternetProtocolStats.IPConnection c : system.getInternetProtocolStats().getConnections()) {
                if (c.getState() == InternetProtocolStats.TcpState.LISTEN) {
                    OSProcess process = c.getowningProcessId() > 0 ? system.getProcess(c.getowningProcessId())
                            : null;
                    String address = c.getLocalAddress().length == 0 ? "::"
                            : shown(InetAddress.getByAddress(c.getLocalAddress()));
                    listeners.add(process == null
                            ? new Listener(address, c.getLocalPort(), 0, "", owner(users, c.getLocalPort()))
                            : new Listener(address, c.getLocalPort(), process.getProcessID(), process.getName(),
                                    process.getUser()));
                }
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new IOException(String.valueOf(e), e);
        }
        return listeners;
    }

    /** On Linux the socket's owner is told to all, its process is not. */
    private static String owner(Map<String, String> users, int port) {
        if (users.isEmpty()) {
            for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
                try (Stream<String> lines = Files.lines(Path.of(table))) {
                    lines.map(l -> l.strip().split("\\s+")).filter(f -> f.length > 7 && f[3].equals("0A"))
                            .forEach(f -> users.put(String.valueOf(Integer.parseInt(f[1].replaceFirst(".*:", ""), 16)),
                                    f[7]));
                } catch (IOException | RuntimeException e) {
                    // Not Linux.
                }
            }
        }
        String uid = users.getOrDefault(String.valueOf(port), "");
        try (Stream<String> lines = uid.isEmpty() ? Stream.of() : Files.lines(Path.of("/etc/passwd"))) {
            return lines.map(l -> l.split(":")).filter(f -> f.length > 2 && f[2].equals(uid)).map(f -> f[0]).findFirst()
                    .orElse(uid);
        } catch (IOException e) {
            return uid;
        }
    }

    static String shown(InetAddress address) {
        String text = address.getHostAddress().replaceFirst("%.*", "");
        return text.equals("0:0:0:0:0:0:0:0") ? "::" : text.equals("0:0:0:0:0:0:0:1") ? "::1" : text;
    }
}
