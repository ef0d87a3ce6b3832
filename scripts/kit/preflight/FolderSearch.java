//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
package kit.preflight;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import kit.report.Tree;
import kit.report.Where;

/** Looks for folders with migrations in them. */
final class FolderSearch extends SimpleFileVisitor<Path> {
    private static final Pattern NUMBERED = Pattern.compile("(?i)(?:v?\\d+[._-].*|V\\d+(?:[._]\\d+)*__.+|R__.+)\\.sql");
    private static final Pattern ONE_EACH = Pattern.compile("up\\.sql|migration\\.sql");
    private final Path root;
    private final Map<Path, Integer> numbered = new TreeMap<>();

    private FolderSearch(Path root) {
        this.root = root;
    }

    /** The folders, the likeliest first: one that is named so before others, then the one nearest to the top, then the
     * fullest. */
    static List<Path> below(Path root) throws IOException {
        FolderSearch search = new FolderSearch(root);
        Files.walkFileTree(root, search);
        Map<Path, Integer> numbered = search.numbered;
        return numbered.keySet().stream().filter(dir -> numbered.get(dir) > 1 || isNamedSo(dir))
                .sorted(Comparator.comparing((Path dir) -> isSample(Where.shown(dir) + "/"))
                        .thenComparing(dir -> !isNamedSo(dir)).thenComparing(Path::getNameCount)
                        .thenComparing(dir -> -numbered.get(dir)))
                .toList();
    }

    private static boolean isNamedSo(Path dir) {
        return Where.shown(dir).toLowerCase(Locale.ROOT).contains("migrat");
    }

    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a) {
        return !dir.equals(root) && Tree.isOfTools(dir) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
        Path dir = file.getParent();
        if (a.isRegularFile() && ONE_EACH.matcher(file.getFileName().toString()).matches() && dir != null
                && dir.getFileName() != null && dir.getFileName().toString().matches("\\d.*")) {
            // Diesel and Prisma have a folder for each migration.
            numbered.merge(dir.resolveSibling("").normalize(), 1, Integer::sum);
        } else if (a.isRegularFile() && file.endsWith("sqitch.plan")) {
            numbered.merge(file.resolveSibling("").normalize(), 2, Integer::sum);
        } else if (a.isRegularFile() && NUMBERED.matcher(file.getFileName().toString()).matches()) {
            numbered.merge(file.resolveSibling("").normalize(), 1, Integer::sum);
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
        return FileVisitResult.CONTINUE;
    }

    private static final Pattern SAMPLES = Pattern.compile(
            "(?i)(?:^|.*[/\\\\])(?:testdata|fixtures?|examples?|samples?|\\.github)[/\\\\].*"
                    + "|.*(?:example|sample|template|\\.dist)$");

    static boolean isSample(String path) {
        return SAMPLES.matcher(path).matches();
    }
}
