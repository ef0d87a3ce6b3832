//SOURCES Stop.java
//SOURCES TextFiles.java
//SOURCES Where.java
package kit.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** The text files below some folders: neither what tools have put there, nor what is no text.
 *
 * @param filesRead how many were handed over
 * @param notRead   each file that could not be read, and why
 * @param skipped   the folders of tools that were left out */
public record Tree(int filesRead, List<String> notRead, List<String> skipped) {

    private static final Set<String> NOT_OURS = Set.of(".git", "node_modules", "vendor", "target", "build", "dist",
            ".jbang", ".gradle", ".idea", "__pycache__", ".venv", ".check-ports", ".port-conflicts");
    private static final long LARGEST = 2 << 20;

    /** Hands over each file's text, UTF-8 or not, in the order of their paths.
     *
     * @param option  where the reader has named the roots, for the sentence if one does not exist
     * @param leftOut folders that are not visited */
    public static Tree read(String option, List<Path> roots, Predicate<Path> leftOut, BiConsumer<Path, String> each)
            throws IOException {
        Visitor visitor = new Visitor(leftOut, each);
        for (Path named : roots) {
            if (!Files.exists(named)) {
                throw Stop.usage(option + " " + named + " does not exist");
            }
            // Who names a link means what it leads to; below it links are left out.
            visitor.root = Files.isSymbolicLink(named) ? named.toRealPath() : named;
            Files.walkFileTree(visitor.root, visitor);
        }
        int binary = visitor.binary.size();
        if (binary > 0) {
            visitor.notRead.add(String.join(", ", visitor.binary.subList(0, Math.min(3, binary)))
                    + (binary > 3 ? " and " + (binary - 3) + " more" : "") + " (no text)");
        }
        return new Tree(visitor.read, visitor.notRead, visitor.skipped);
    }

    /** Whether a folder holds what tools have put there. */
    public static boolean isOfTools(Path dir) {
        return NOT_OURS.contains(String.valueOf(dir.getFileName()));
    }

    /** Whether a path leads through a folder that holds what tools have put there. */
    public static boolean isBelowTools(Path file) {
        for (Path at = file.getParent(); at != null && at.getFileName() != null; at = at.getParent()) {
            if (isOfTools(at)) {
                return true;
            }
        }
        return false;
    }

    /** Whether two paths are one place. */
    public static boolean same(Path a, Path b) {
        return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
    }

    private static final class Visitor extends SimpleFileVisitor<Path> {
        private final Predicate<Path> leftOut;
        private final BiConsumer<Path, String> each;
        private final List<String> notRead = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();
        private final List<String> binary = new ArrayList<>();
        private Path root;
        private int read;

        Visitor(Predicate<Path> leftOut, BiConsumer<Path, String> each) {
            this.leftOut = leftOut;
            this.each = each;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            boolean tools = !dir.equals(root) && isOfTools(dir);
            if (tools) {
                skipped.add(Where.shown(dir));
            }
            return tools || leftOut.test(dir) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isSymbolicLink()) {
                notRead.add(Where.shown(file) + " is a link");
            } else if (attributes.isRegularFile() && attributes.size() > LARGEST) {
                notRead.add(Where.shown(file) + " is larger than " + (LARGEST >> 20) + " MB");
            } else if (attributes.isRegularFile()) {
                read(file);
            }
            return FileVisitResult.CONTINUE;
        }

        private void read(Path file) {
            try {
                String text = new String(TextFiles.read(file, LARGEST), StandardCharsets.UTF_8);
                if (text.indexOf('\0') < 0) {
                    read++;
                    each.accept(file, text);
                } else {
                    binary.add(Where.shown(file));
                }
            } catch (IOException e) {
                notRead.add(TextFiles.trouble(e));
            }
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            notRead.add(TextFiles.trouble(e));
            return FileVisitResult.CONTINUE;
        }
    }
}
