//SOURCES Where.java
package kit.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files for the reader, and what to say where one cannot be read or written. */
public final class TextFiles {
    private TextFiles() {
    }

    /** What is wrong with a file, without the class names of Java. */
    public static String trouble(IOException e) {
        String file = e.getMessage();
        return e instanceof NoSuchFileException ? file + " does not exist"
                : e instanceof AccessDeniedException ? file + " may not be read or written by this user"
                        : e instanceof FileAlreadyExistsException ? file + " is there already"
                                : e instanceof CharacterCodingException ? "not a text file" : String.valueOf(file);
    }

    /** Whether there is something that is no file to read: a FIFO or a device, which may give no end, or a link to
     * one. */
    public static boolean special(Path file) {
        return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
    }

    /** The bytes of a regular file, or of one that a link leads to, and no more of one that grows.
     *
     * @throws IOException whose message names the file, for {@link #trouble} */
    public static byte[] read(Path file, long largest) throws IOException {
        if (special(file)) {
            throw new IOException(Where.shown(file) + " is no regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes((int) largest + 1);
            if (bytes.length > largest) {
                throw new IOException(Where.shown(file) + " is larger than " + (largest >> 20) + " MB");
            }
            return bytes;
        }
    }

    /** Writes a file whole or not at all: where there is no space, what was there stays.
     *
     * @throws IOException whose message names the file */
    public static Path write(Path file, byte[] bytes) throws IOException {
        Path whole = file.toAbsolutePath();
        Path half = whole.resolveSibling("." + whole.getFileName() + ".part");
        try {
            Files.write(half, bytes);
            Files.move(half, whole, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            Files.deleteIfExists(half);
            throw e instanceof FileSystemException ? e : new IOException(file + ": " + e.getMessage());
        }
    }

    /** As UTF-8; see {@link #write(Path, byte[])}. */
    public static Path write(Path file, String text) throws IOException {
        return write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
