//SOURCES Finding.java
//SOURCES JsonFormat.java
//SOURCES Report.java
//SOURCES Severity.java
//SOURCES TextFiles.java
//DEPS info.picocli:picocli:4.7.7
package kit.report;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import picocli.CommandLine.Option;

/** The findings for other tools: SARIF 2.1.0 for code scanning, JUnit's XML for build servers. */
public final class Exports {
    @Option(names = "--sarif", paramLabel = "FILE",
            description = "Also write the findings as SARIF 2.1.0, for code scanning.")
    public Path sarif;

    @Option(names = "--junit", paramLabel = "FILE",
            description = "Also write the findings as JUnit XML, for build servers.")
    public Path junit;

    /** Writes what the options ask for. */
    public void write(Report report) throws IOException {
        if (sarif != null) {
            write(sarif, JsonFormat.write(sarif(report)));
        }
        if (junit != null) {
            write(junit, junit(report));
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        TextFiles.write(file, text);
    }

    private static Map<String, Object> sarif(Report report) {
        List<Map<String, String>> rules = report.findings.stream().map(Finding::code).distinct()
                .map(code -> Map.of("id", code)).toList();
        Map<String, Object> driver = Map.of("name", report.script, "version", report.version, "rules", rules);
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        document.put("version", "2.1.0");
        document.put("runs", List.of(Map.of("tool", Map.of("driver", driver),
                "results", report.findings.stream().map(Exports::result).toList())));
        return document;
    }

    private static Map<String, Object> result(Finding f) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("ruleId", f.code());
        result.put("level", f.severity() == Severity.info ? "note" : f.severity().name());
        result.put("message", Map.of("text", f.text() + (f.evidence().isEmpty() ? "" : "\n" + f.evidence())));
        result.put("locations", Stream.concat(Stream.ofNullable(f.where()), f.places().stream())
                .map(at -> Map.of("physicalLocation", Map.of("artifactLocation", Map.of("uri", uri(at.file())),
                        "region", Map.of("startLine", Math.max(1, at.line())))))
                .toList());
        return result;
    }

    private static String uri(String file) {
        try {
            String path = file.replace('\\', '/');
            // A colon in the first part would be read as the end of a scheme.
            return new URI(null, null, path.matches("[^/]*:.*") ? "./" + path : path, null).toASCIIString();
        } catch (URISyntaxException e) {
            return "unknown";
        }
    }

    /** One test a kind of thing checked, one a finding; errors fail, warnings are said. */
    private static String junit(Report report) {
        long errors = report.findings.stream().filter(f -> f.severity() == Severity.error).count();
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n"
                .formatted(report.script, report.checked.size() + report.findings.size(), errors));
        report.checked.forEach((what, count) -> xml.append("  <testcase classname=\"%s\" name=\"%s\"/>\n"
                .formatted(report.script, escaped("checked " + count + " " + what))));
        report.findings.forEach(f -> xml.append(testCase(f)));
        return xml.append("</testsuite>\n").toString();
    }

    private static String testCase(Finding f) {
        String where = f.where() == null ? "" : f.where().toString();
        String name = escaped((where + " " + f.text()).strip().replace('\n', ' '));
        String body = escaped(f.text() + "\n" + f.evidence() + "\n" + String.join("\n", f.remediation()));
        String failure = "    <failure type=\"" + f.code() + "\" message=\"" + escaped(f.text().replace('\n', ' '))
                + "\">" + body + "</failure>\n";
        return "  <testcase classname=\"" + f.code() + "\" name=\"" + name + "\">\n"
                + (f.severity() == Severity.error ? failure : "    <system-out>" + body + "</system-out>\n")
                + "  </testcase>\n";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replaceAll("[^\\x{9}\\x{A}\\x{20}-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]", "?");
    }
}
