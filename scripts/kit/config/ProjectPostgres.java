//SOURCES CiFile.java
//SOURCES ComposeFile.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
package kit.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.TextFiles;
import kit.report.Tree;
import kit.report.Where;

/** The major of PostgreSQL that a project runs on, by the image that its compose file names, else its CI, else its
 * Testcontainers. Of several the newest counts.
 *
 * @param rank 0 compose, 1 CI, 2 code */
public record ProjectPostgres(int major, Where where, int rank) {

    private static final Pattern IMAGE = Pattern.compile("(?i)(?:(?<![\\w./-])(?:\\w[\\w.-]*/)*(?:postgres(?:ql)?"
            + "|postgis|pgvector|timescaledb(?:-ha)?|jdbc:tc:postgresql|alpine-postgres)|library/postgres)"
            + ":(?:latest-)?(?:pg)?(\\d{2})(?![\\d:])[\\w.-]*");
    private static final Pattern WANTED = Pattern
            .compile(
                    "(?i).*\\.(?:ya?ml|java|kt|kts|groovy|scala|go|py|[mc]?[tj]s|rs|cs|rb|php|exs?|toml|gradle)"
                            + "|jenkinsfile|.*dockerfile.*|earthfile|justfile|makefile|devcontainer\\.json");
    private static final int DEPTH = 8;
    private static final int MOST_FILES = 4000;
    private static final long LARGEST = 256 << 10;

    /** @param migrations a folder below the project's */
    public static Optional<ProjectPostgres> around(Path migrations) throws IOException {
        Path here = Where.here();
        Path dir = migrations.toAbsolutePath().normalize();
        return of(dir.startsWith(here) ? here : dir.getParent() == null ? dir : dir.getParent());
    }

    /** What the files of a project's folder name. */
    public static Optional<ProjectPostgres> of(Path root) throws IOException {
        Search search = new Search(root);
        Files.walkFileTree(root, EnumSet.noneOf(FileVisitOption.class), DEPTH, search);
        return Optional.ofNullable(search.best);
    }

    /** ", as compose.yaml:4 names it". */
    public String words() {
        return ", as " + where + " names it";
    }

    private boolean before(ProjectPostgres other) {
        return other == null || rank < other.rank || rank == other.rank && major > other.major;
    }

    private static final class Search extends SimpleFileVisitor<Path> {
        private final Path root;
        private ProjectPostgres best;
        private int files;

        Search(Path root) {
            this.root = root;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return !dir.equals(root) && Tree.isOfTools(dir) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (attributes.isRegularFile() && attributes.size() <= LARGEST && WANTED.matcher(name).matches()) {
                read(file, name);
                return ++files < MOST_FILES ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
            }
            return FileVisitResult.CONTINUE;
        }

        private void read(Path file, String name) {
            try {
                String text = new String(TextFiles.read(file, LARGEST), StandardCharsets.UTF_8);
                int rank = ComposeFile.NAME.matcher(name).matches() ? 0
                        : CiFile.is(root.relativize(file), text) ? 1 : 2;
                for (Matcher m = IMAGE.matcher(text); m.find();) {
                    int at = m.start();
                    String line = text.substring(text.lastIndexOf('\n', at) + 1, at).strip();
                    if (!line.startsWith("#") && !line.startsWith("//") && !line.startsWith("*")) {
                        ProjectPostgres found = new ProjectPostgres(Integer.parseInt(m.group(1)), Where.of(file,
                                1 + (int) text.chars().limit(at).filter(c -> c == '\n').count()), rank);
                        best = found.before(best) ? found : best;
                    }
                }
            } catch (IOException e) {
                // It names nothing that can be read.
            }
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
        }
    }
}
