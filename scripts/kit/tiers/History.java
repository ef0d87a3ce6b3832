//SOURCES ../report/Clean.java
//SOURCES ../report/Leftovers.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.tiers;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import kit.report.Clean;
import kit.report.Leftovers;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The folder of this run, and what earlier ones have left: a folder each, with what each tier printed and a
 * results.json. */
public final class History implements AutoCloseable {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS");
    private static final int KEPT = 20;
    private static final String FILE = "results.json";
    private final Path home;
    private final Path folder;
    private final FileChannel lock;
    private final Map<String, Before> before = new LinkedHashMap<>();

    /** How a tier ended when it last ran to its end. */
    record Before(String run, long total, Set<String> failing, boolean passed) {
    }

    private History(Path home, FileChannel lock) throws IOException {
        this.home = home;
        this.lock = lock;
        List<Path> runs = runs();
        runs.forEach(this::read);
        for (Path old : runs.subList(0, Math.max(0, runs.size() - KEPT + 1))) {
            Leftovers.delete(old);
        }
        this.folder = Files.createDirectory(home.resolve(LocalDateTime.now().format(STAMP)));
    }

    public static History open(Path home) throws IOException {
        try {
            if (!Files.exists(home)) {
                Files.createDirectories(home);
                // What is kept here is this machine's, not the project's.
                Files.writeString(home.resolve(".gitignore"), "*\n");
            }
            FileChannel lock = FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (lock.tryLock() == null) {
                throw Stop.unchecked("another run-tests is going on with " + Where.shown(home)
                        + ": two at once would fight for ports and containers; wait for it, or name another folder "
                        + "with --results");
            }
            return new History(home, lock);
        } catch (IOException e) {
            throw Stop.unchecked("results cannot be kept in " + Where.shown(home) + ": " + TextFiles.trouble(e)
                    + "; name another folder with --results");
        }
    }

    private List<Path> runs() throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{8}-\\d{6}-\\d{3}")).sorted()
                    .toList();
        }
    }

    private void read(Path run) {
        try {
            for (JsonNode tier : JsonMapper.builder().build().readTree(Files.readString(run.resolve(FILE)))
                    .path("tiers")) {
                String state = tier.path("state").asString("");
                if (state.equals("passed") || state.equals("failed")) {
                    Set<String> failing = new LinkedHashSet<>();
                    tier.path("failing").forEach(name -> failing.add(name.asString("")));
                    before.put(tier.path("tier").asString(""), new Before(run.getFileName().toString(),
                            tier.path("total").asLong(0), failing, state.equals("passed")));
                }
            }
        } catch (IOException | JacksonException e) {
            // A run that was killed before its first tier ended left none; one that is broken compares with nothing.
        }
    }

    Optional<Before> before(String tier) {
        return Optional.ofNullable(before.get(tier));
    }

    String name() {
        return folder.getFileName().toString();
    }

    Path file(String tier, int attempt) {
        return folder.resolve(tier + (attempt == 1 ? "" : "." + attempt) + ".txt");
    }

    /** Keeps what was measured; a full disk does not take the report away. */
    public void keep(Map<String, Object> document) {
        try {
            TextFiles.write(folder.resolve(FILE),
                    JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build()
                            .writeValueAsString(document));
        } catch (IOException e) {
            System.err.println("run-tests: the results could not be kept for the next run: "
                    + Clean.text(TextFiles.trouble(e)));
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
