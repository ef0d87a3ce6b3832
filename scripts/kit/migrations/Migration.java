//SOURCES Flaw.java
//SOURCES Part.java
//SOURCES ../report/Where.java
package kit.migrations;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import kit.report.Where;

/** One migration.
 *
 * @param version       as written in the file's name; empty for Flyway's repeatable files, which come last
 * @param transactional false where the tool runs the file outside a transaction */
public record Migration(Path file, String version, String words, String text, boolean transactional, List<Part> up,
        List<Part> down, List<Flaw> flaws) {
    public String name() {
        return Where.name(file);
    }

    /** Order by the numbers of the version, the way the tools sort; 002 and 2 are one version, 1.0 and 1 too. */
    public List<BigInteger> number() {
        return version.isEmpty() ? List.of()
                : Stream.of(version.replaceFirst("(?<=\\d)([._]0+)+$", "").split("[._]")).map(BigInteger::new).toList();
    }

    public Where at(int line) {
        return Where.of(file, line);
    }

    /** The place of a line of the Down part, which some tools have in a file of its own. */
    public Where downAt(int line) {
        return Where.of(downFile(), line);
    }

    /** Its own file, where no other holds the Down part. */
    public Path downFile() {
        String name = file.getFileName().toString();
        Path other = file.resolveSibling(name.startsWith("V") ? "U" + name.substring(1)
                : name.replaceFirst("(?i)(^|[._-])up(?=\\.sql$)", "$1down"));
        return !down.isEmpty() && Files.isRegularFile(other) ? other : file;
    }

    /** Negative where a comes first; 1 and 1.0 are one version. */
    public static int compare(List<BigInteger> a, List<BigInteger> b) {
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            int order = (i < a.size() ? a.get(i) : BigInteger.ZERO)
                    .compareTo(i < b.size() ? b.get(i) : BigInteger.ZERO);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
