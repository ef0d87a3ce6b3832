//SOURCES Tally.java
//SOURCES Tier.java
//SOURCES ../report/Where.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.tiers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

import kit.report.Where;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files that a tier's runner writes: JUnit's XML, or a JSON document with total, passed and failed. Only what this
 * run has written counts. */
final class ReportFiles {
    private static final int TEXT = 4000;
    private final Tier tier;
    private final Map<Path, String> before;

    ReportFiles(Tier tier) throws IOException {
        this.tier = tier;
        this.before = tier.files().isEmpty() ? Map.of() : stamps();
    }

    private Map<Path, String> stamps() throws IOException {
        Map<Path, String> stamps = new TreeMap<>();
        List<PathMatcher> wanted = tier.files().stream()
                .flatMap(glob -> Stream.of(glob, glob.replaceFirst("^\\*\\*/", "")))
                .map(glob -> tier.folder().getFileSystem().getPathMatcher("glob:" + glob)).toList();
        Files.walkFileTree(tier.folder(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                return Set.of(".git", "node_modules", ".run-tests").contains(String.valueOf(dir.getFileName()))
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                if (wanted.stream().anyMatch(matcher -> matcher.matches(tier.folder().relativize(path)))) {
                    stamps.put(path,
                            attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey());
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        return stamps;
    }

    Tally tally() throws IOException {
        Map<Path, String> after = stamps();
        int stale = after.size();
        after.entrySet().removeIf(file -> file.getValue().equals(before.get(file.getKey())));
        Tally tally = new Tally();
        for (Path path : after.keySet()) {
            try {
                if (path.toString().endsWith(".json")) {
                    json(path, tally);
                } else {
                    xml(path, tally);
                }
            } catch (XMLStreamException | JacksonException | IOException e) {
                tally.broken = Where.shown(path) + " cannot be read to its end, as if its writer had been cut off";
            }
        }
        tally.sources
                .add(after.size() + (after.size() == 1 ? " file of " : " files of ") + String.join(", ", tier.files()));
        if (after.isEmpty()) {
            tally.notes.add(stale == 0 ? "no such file was written"
                    : "none of the " + stale
                            + " files there is of this run: they are from an earlier one, and do not count");
        }
        return tally;
    }

    private static void xml(Path path, Tally tally) throws IOException, XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        // A report may hold what a stranger wrote: nothing is fetched for it.
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        try (InputStream in = Files.newInputStream(path)) {
            String name = "";
            Tally.Verdict verdict = Tally.Verdict.PASS;
            boolean failure = false;
            for (XMLStreamReader xml = factory.createXMLStreamReader(in); xml.hasNext(); xml.next()) {
                String tag = xml.isStartElement() || xml.isEndElement() ? xml.getLocalName() : "";
                boolean failed = tag.equals("failure") || tag.equals("error");
                if (xml.isStartElement() && tag.equals("testcase")) {
                    String of = xml.getAttributeValue(null, "classname");
                    name = (of == null || of.isEmpty() ? "" : of + ".") + xml.getAttributeValue(null, "name");
                    verdict = Tally.Verdict.PASS;
                } else if (xml.isStartElement() && failed) {
                    verdict = Tally.Verdict.FAIL;
                    text(tally, xml.getAttributeValue(null, "message"));
                } else if (xml.isStartElement() && tag.equals("skipped") && verdict == Tally.Verdict.PASS) {
                    verdict = Tally.Verdict.SKIP;
                } else if (xml.isStartElement() && tag.startsWith("flaky")) {
                    tally.flaky.add(name);
                } else if (xml.isCharacters() && failure) {
                    text(tally, xml.getText());
                } else if (xml.isEndElement() && tag.equals("testcase")) {
                    tally.count(name, verdict);
                }
                failure = xml.isStartElement() && failed || xml.isCharacters() && failure;
            }
        }
    }

    /** Once a failure, however often its words stand in it. */
    private static void text(Tally tally, String text) {
        if (text != null && !text.isBlank() && tally.failureText.size() < 10_000) {
            tally.failureText.add(text.substring(0, Math.min(text.length(), TEXT)));
        }
    }

    private static void json(Path path, Tally tally) throws IOException {
        JsonNode document = JsonMapper.builder().build().readTree(Files.readString(path));
        JsonNode counts = counts(document);
        if (counts == null) {
            tally.broken = Where.shown(path) + " has no object with total, passed and failed";
            return;
        }
        tally.passed += counts.path("passed").asLong();
        tally.failed += counts.path("failed").asLong();
        tally.skipped += Math.max(0,
                counts.path("total").asLong() - counts.path("passed").asLong() - counts.path("failed").asLong());
        for (JsonNode part : document) {
            for (JsonNode one : part.isArray() ? part : List.<JsonNode>of()) {
                if (one.path("outcome").asString("").toLowerCase(Locale.ROOT).startsWith("fail")) {
                    tally.failing.add(one.path("name").asString("?"));
                }
            }
        }
    }

    private static JsonNode counts(JsonNode node) {
        if (node.isObject() && node.path("total").isIntegralNumber() && node.path("passed").isIntegralNumber()
                && node.path("failed").isIntegralNumber()) {
            return node;
        }
        for (JsonNode below : node) {
            JsonNode found = counts(below);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
