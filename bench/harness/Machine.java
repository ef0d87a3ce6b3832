//DEPS com.github.oshi:oshi-core:7.5.0
package bench.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

import oshi.SystemInfo;

/** Where the run takes place. */
public final class Machine {
    private Machine() {
    }

    public static Map<String, Object> asMap(String placement) {
        var hardware = new SystemInfo().getHardware();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        map.put("cpu", hardware.getProcessor().getProcessorIdentifier().getName());
        map.put("processors", Runtime.getRuntime().availableProcessors());
        map.put("memoryMiB", hardware.getMemory().getTotal() >> 20);
        map.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
        map.put("placement", placement);
        return map;
    }

    /** The most memory that this JVM ever held; known on Linux. */
    public static OptionalDouble peakMiB() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024).findFirst();
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    /** Processor time of the processes that this one has started and that have ended; null but on Linux. */
    public static Double childrenSeconds() {
        try {
            String[] fields = Files.readString(Path.of("/proc/self/stat")).replaceFirst(".*\\) ", "").split(" ");
            // User and system time are the 16th and 17th of the line, whose first two are left out here, in hundredths
            // of a second on every Linux.
            return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100.0;
        } catch (IOException e) {
            return null;
        }
    }

    /** The commit of the current folder, with a + where files differ from it; null outside a repository. */
    public static String revision() {
        String commit = git("rev-parse", "--short", "HEAD");
        return commit == null ? null
                : commit + (git("status", "--porcelain", "--untracked-files=no").isEmpty() ? "" : "+");
    }

    private static String git(String... arguments) {
        try {
            Process git = new ProcessBuilder(Stream.concat(Stream.of("git"), Stream.of(arguments)).toList())
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor() == 0 ? said : null;
        } catch (IOException | InterruptedException e) {
            return null;
        }
    }
}
