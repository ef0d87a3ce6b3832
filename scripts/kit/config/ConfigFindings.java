//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
//SOURCES YamlError.java
package kit.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

import kit.report.Report;
import kit.report.Severity;
import kit.report.TextFiles;
import kit.report.Where;

/** What the checks of one configuration have found, each thing once; and files read with a finding in place of an
 * exception. */
public final class ConfigFindings {
    private static final int LARGEST = 1 << 20;

    public final Report report;
    private final Set<String> said = new LinkedHashSet<>();

    public ConfigFindings(Report report) {
        this.report = report;
    }

    void error(String code, Where where, String text, String evidence, String... remediation) {
        add(code, Severity.error, where, text, evidence, remediation);
    }

    void warning(String code, Where where, String text, String evidence, String... remediation) {
        add(code, Severity.warning, where, text, evidence, remediation);
    }

    /** One mount may be wrong for several files. */
    private void add(String code, Severity severity, Where where, String text, String evidence,
            String... remediation) {
        if (said.add(where + text)) {
            report.finding(code, severity, where, text, evidence, remediation);
            report.tell(severity, (where == null ? "" : where + ": ") + text);
        }
    }

    /** What only the run knows. */
    void skippedOnce(String what, String why) {
        if (said.add(what + why)) {
            report.skipped(what, why);
        }
    }

    /** A file of YAML or JSON, or null after the finding that says what is wrong with it; never a word of its text.
     *
     * @param missing the code where it cannot be read at all */
    Yaml read(Path path, String missing) {
        Where where = Where.of(path, 0);
        String why = trouble(path);
        try {
            if (why == null) {
                Optional<Yaml> read = Yaml.read(Files.readString(path));
                if (read.isEmpty() || read.get().members().isEmpty() && read.get().items().isEmpty()
                        && read.get().textOr("").isEmpty()) {
                    error("CONFIG_INVALID", where, where + " is empty", "");
                    return null;
                }
                if (read.get().members().isEmpty()) {
                    error("CONFIG_SYNTAX", where, "not a map in YAML", "");
                    return null;
                }
                return read.get();
            }
        } catch (IOException e) {
            why = e instanceof CharacterCodingException ? "is not UTF-8 text" : TextFiles.trouble(e);
        } catch (YamlError e) {
            error("CONFIG_SYNTAX", Where.of(path, e.line), e.getMessage() + e.place(), "");
            return null;
        }
        error(missing, where, where + " " + why, "");
        return null;
    }

    private static String trouble(Path path) {
        if (Files.isDirectory(path)) {
            return "is a folder; an engine makes one where the file of a mount is missing";
        }
        return !Files.exists(path) ? "does not exist"
                : !Files.isRegularFile(path) ? "is no file"
                        : !Files.isReadable(path) ? "may not be read by this user"
                                : path.toFile().length() > LARGEST ? "is larger than a configuration ever is" : null;
    }
}
