//SOURCES JavaFile.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
package kit.house;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import kit.report.Stop;
import kit.report.Where;

/** The files that a file is made of: it names some by {@code //SOURCES}, these name others, as JBang follows them. */
public final class SourceGraph {
    private final JavaFile first;
    private final Map<Path, JavaFile> files = new LinkedHashMap<>();
    private final Map<JavaFile, Set<JavaFile>> sources = new LinkedHashMap<>();

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

    /** The files that a file names itself. */
    public Set<JavaFile> sources(JavaFile file) {
        return sources.get(file);
    }

    /** Files that need each other, from one of them back to it; empty if there are none. */
    public List<JavaFile> circle() {
        Set<JavaFile> sound = new LinkedHashSet<>();
        return circle(first, new ArrayDeque<>(), sound);
    }

    private List<JavaFile> circle(JavaFile file, Deque<JavaFile> way, Set<JavaFile> sound) {
        if (way.contains(file)) {
            List<JavaFile> round = new ArrayList<>(way);
            round.add(file);
            return round.subList(round.indexOf(file), round.size());
        }
        way.addLast(file);
        for (JavaFile next : sources.get(file)) {
            List<JavaFile> round = sound.contains(next) ? List.of() : circle(next, way, sound);
            if (!round.isEmpty()) {
                return round;
            }
        }
        way.removeLast();
        sound.add(file);
        return List.of();
    }

    private JavaFile follow(Path path) {
        JavaFile file = JavaFile.read(path);
        files.put(path, file);
        sources.put(file, new LinkedHashSet<>());
        for (JavaFile.Directive named : file.directives("SOURCES")) {
            Path next = path.resolveSibling(named.value()).normalize();
            if (!Files.isRegularFile(next)) {
                boolean pattern = named.value().matches(".*[*?{\\[].*");
                throw Stop.usage(Where.of(path, named.line()) + ": //SOURCES " + named.value()
                        + (pattern ? " is a pattern, which JBang does not follow from afar: name the files"
                                : " is not there"));
            }
            Path known = whole(next);
            sources.get(file).add(files.containsKey(known) ? files.get(known) : follow(known));
        }
        return file;
    }

    private static Path whole(Path path) {
        return path.toAbsolutePath().normalize();
    }
}
