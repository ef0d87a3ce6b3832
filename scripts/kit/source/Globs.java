//SOURCES ../report/Stop.java
package kit.source;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

import kit.report.Stop;

/** Which files are read: those of some patterns, or all, without those of others. */
public record Globs(List<PathMatcher> included, List<PathMatcher> excluded) {
    /** @throws Stop wrong usage, where one is no pattern */
    public static Globs of(List<String> included, List<String> excluded) {
        try {
            return new Globs(matchers(included), matchers(excluded));
        } catch (PatternSyntaxException e) {
            throw Stop.usage("not a pattern of file names: " + e.getPattern() + " (" + e.getDescription() + ")");
        }
    }

    private static List<PathMatcher> matchers(List<String> globs) {
        return globs.stream().map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob)).toList();
    }

    /** A pattern holds for a file by its name, or by its path below the root that was named. */
    boolean wanted(Path path, List<Path> roots) {
        Path below = roots.stream().filter(root -> path.startsWith(root) && !path.equals(root))
                .map(root -> root.relativize(path)).findFirst().orElse(path.getFileName());
        Predicate<PathMatcher> matches = glob -> glob.matches(below) || glob.matches(path.getFileName())
                || glob.matches(Path.of("x").resolve(below));
        return (included.isEmpty() || included.stream().anyMatch(matches)) && excluded.stream().noneMatch(matches);
    }
}
