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

    /** The folder that paths are shown as seen from. */
    public static Path here() {
        return here;
    }

    public static Where of(Path file, int line) {
        return new Where(shown(file), line);
    }

    /** A path as the reader would type it: relative where it lies below the current folder. */
    public static String shown(Path file) {
        Path path = file.toAbsolutePath().normalize();
        return path.equals(here) ? "."
                : visible(path.startsWith(here) ? here.relativize(path).toString() : path.toString());
    }

    /** A file's name as it is shown. */
    public static String name(Path file) {
        return visible(file.getFileName().toString());
    }

    /** On Unix a name may hold a line's end, and with it forge a line of output. */
    private static String visible(String name) {
        return name.chars().noneMatch(c -> c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029) ? name
                : name.codePoints().collect(StringBuilder::new, (shown, c) -> {
                    if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                        shown.append(c == '\n' ? "\\n" : String.format("\\u%04x", c));
                    } else {
                        shown.appendCodePoint(c);
                    }
                }, StringBuilder::append).toString();
    }

    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}
