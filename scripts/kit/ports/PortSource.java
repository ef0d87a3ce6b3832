package kit.ports;

import java.nio.charset.Charset;
import java.nio.file.Path;

/** A file as it was read; an edit writes it back in the same encoding. */
public record PortSource(Path path, String text, Charset charset) {
    public int line(int offset) {
        int line = 1;
        for (int end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', end + 1)) {
            line++;
        }
        return line;
    }

    public String lineAt(int offset) {
        int end = text.indexOf('\n', offset);
        return text.substring(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? text.length() : end);
    }

    /** Whether what stands here is run by tests: only there a default is what is dialled. */
    public boolean test() {
        return path.toString()
                .matches("(?i).*([/\\\\_.-](tests?|e2e|integration|spec|suite)[/\\\\_.-]|Tests?\\.|IT\\.java).*");
    }

    public boolean environment() {
        return path.getFileName().toString().matches("(?i)\\.env.*|.*\\.env");
    }
}
