package kit.ports;

import java.nio.charset.Charset;
import java.nio.file.Path;

/** A file as it is and as it is to be.
 *
 * @param before null for a new one */
public record PortChange(Path path, String before, String after, Charset charset) {
}
