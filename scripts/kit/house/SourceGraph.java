//SOURCES JavaFile.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
package kit.house;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import kit.report.Stop;
import kit.report.Where;

/** The files that a file is made of: it names some by {@code //SOURCES}, these name others, as JBang follows them. */
public final class SourceGraph {
    private final JavaFile first;
    private final Map<Path, JavaFile> files = new LinkedHashMap<>();

    private SourceGraph(Path path) {
        this.first = follow(whole(path));
    }

    /** Reads a file and all that it is made of.
     *
     * @throws Stop if one of them is not there or is not Java: one sentence, with the file and line that names it */
    public static SourceGraph of(Path path) {
        return new SourceGraph(path);
    }

    /** The file that the graph begins with. */
    public JavaFile first() {
        return first;
    }

    /** All files, in the order in which JBang meets them: the main one first, each before those that it names. */
    public List<JavaFile> files() {
        return List.copyOf(files.values());
    }

    private JavaFile follow(Path path) {
        JavaFile file = JavaFile.read(path);
        files.put(path, file);
        for (JavaFile.Directive named : file.directives("SOURCES")) {
            Path next = path.resolveSibling(named.value()).normalize();
            if (!Files.isRegularFile(next)) {
                boolean pattern = named.value().matches(".*[*?{\\[].*");
                throw Stop.usage(Where.of(path, named.line()) + ": //SOURCES " + named.value()
                        + (pattern ? " is a pattern, which JBang does not follow from afar: name the files"
                                : " is not there"));
            }
            if (!files.containsKey(whole(next))) {
                follow(whole(next));
            }
        }
        return file;
    }

    private static Path whole(Path path) {
        return path.toAbsolutePath().normalize();
    }
}
