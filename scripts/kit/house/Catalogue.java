//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import kit.report.Stop;
import kit.report.Where;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The collection as it lies on disk: its folder, and the names of its scripts. */
public final class Catalogue {
    private static final String FILE = "jbang-catalog.json";

    private final Path root;
    private final Map<String, Path> files = new TreeMap<>();

    /** Reads the catalogue of a folder.
     *
     * @throws Stop if it cannot be read */
    public Catalogue(Path root) {
        this.root = root.toAbsolutePath().normalize();
        try {
            JsonNode aliases = new JsonMapper().readTree(Files.readString(root.resolve(FILE))).path("aliases");
            aliases.properties().forEach(each -> files.put(each.getKey(),
                    this.root.resolve(each.getValue().path("script-ref").asString(""))));
        } catch (IOException | JacksonException e) {
            throw Stop.usage(Where.shown(root.resolve(FILE)) + " cannot be read: "
                    + e.getMessage().lines().findFirst().orElse(""));
        }
    }

    /** The one that the launcher belongs to; without a launcher the one of the current folder or of one above it. */
    public static Optional<Catalogue> find() throws IOException {
        String launcher = System.getenv("JBANG_LAUNCH_CMD");
        if (launcher != null && launcher.endsWith("jbangw") && Files.isRegularFile(Path.of(launcher))) {
            Path folder = Path.of(launcher).toRealPath().getParent();
            if (Files.isRegularFile(folder.resolve(FILE))) {
                return Optional.of(new Catalogue(folder));
            }
        }
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isRegularFile(folder.resolve(FILE))) {
            folder = folder.getParent();
        }
        return Optional.ofNullable(folder).map(Catalogue::new);
    }

    public Path root() {
        return root;
    }

    /** Each name with its file. */
    public Map<String, Path> files() {
        return files;
    }
}
