package kit.report;

import java.nio.file.Path;

/** A place in a file.
 *
 * @param file as it is shown to the reader
 * @param line from 1; 0 is the file as a whole */
public record Where(String file, int line) {
    private static Path here = Path.of("").toAbsolutePath();

    /** From now on paths are shown as seen from this folder. */
    public static void relativeTo(Path folder) {
        here = folder.toAbsolutePath();
    }

    public static Where of(Path file, int line) {
        return new Where(shown(file), line);
    }

    /** A path as the reader would type it: relative where it lies below the current folder. */
    public static String shown(Path file) {
        Path path = file.toAbsolutePath().normalize();
        return path.equals(here) ? "." : path.startsWith(here) ? here.relativize(path).toString() : path.toString();
    }

    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}
