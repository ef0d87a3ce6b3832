//SOURCES PortFinds.java
//SOURCES PortJournal.java
//SOURCES PortKind.java
//SOURCES PortLines.java
//SOURCES PortPlace.java
//SOURCES PortResolution.java
//SOURCES PortSide.java
//SOURCES PortSource.java
//SOURCES PortStructure.java
//SOURCES PortTable.java
//SOURCES ../report/Report.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
package kit.ports;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

import kit.report.Report;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** All places of a tree that name a port, and what was not looked at. */
public final class PortProject {
    private static final Set<String> LEFT_OUT = Set.of("node_modules", "vendor", ".git", ".hg", ".svn", ".venv", "venv",
            "__pycache__", "target", "dist", ".gradle", ".tox", ".terraform");
    private static final Pattern WANTED = Pattern
            .compile("(?i).*\\.(ya?ml|env|properties|toml|json|conf|cfg|ini|sh|bash"
                    + "|zsh|mk|go|java|kts?|groovy|gradle|scala|py|[mc]?[tj]sx?|rb|rs|cs|tpl|tf|hcl|nix)"
                    + "|\\.env.*|(gnu)?makefile.*|justfile|(docker|container)file.*|jenkinsfile|procfile|tiltfile"
                    + "|vagrantfile|earthfile");
    private static final Pattern GENERATED = Pattern
            .compile("(?i).*[.-]lock\\.(json|ya?ml)|.*\\.min\\.js|package-lock\\.json");
    private static final long LARGEST = 1 << 20;

    public final Path root;
    public final List<PortPlace> places = new ArrayList<>();
    private final Map<String, List<String>> skipped = new TreeMap<>();
    private int files;

    private PortProject(Path root) {
        this.root = root;
    }

    /** Reads every file that may name a port. */
    public static PortProject read(Path root) throws IOException {
        PortProject project = new PortProject(root);
        List<Path> wanted = new ArrayList<>();
        Files.walkFileTree(root, project.new Walk(wanted));
        Collections.sort(wanted);
        List<PortFinds> scans = wanted.parallelStream().map(project::scan).filter(Objects::nonNull).toList();
        project.files = scans.size();
        scans.forEach(scan -> {
            project.places.addAll(scan.places());
            if (scan.trouble != null) {
                project.skip("not read as YAML", Where.of(scan.source.path(), scan.troubleLine) + " " + scan.trouble);
            }
        });
        if (project.files == 0) {
            throw Stop.unchecked(Where.shown(root) + " has no file that could name a port");
        }
        new PortResolution(project.places, scans).resolve();
        return project;
    }

    /** Collects the files; links are not followed, so a loop of them is none. */
    private final class Walk extends SimpleFileVisitor<Path> {
        private final List<Path> wanted;

        Walk(List<Path> wanted) {
            this.wanted = wanted;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.equals(root) ? "" : folder.getFileName().toString();
            if (LEFT_OUT.contains(name)) {
                skip(name, Where.shown(folder));
            }
            return LEFT_OUT.contains(name) || name.equals(PortJournal.FOLDER) ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (attributes.isSymbolicLink()) {
                skip("links, not followed", Where.shown(file));
            } else if (WANTED.matcher(name).matches() && !GENERATED.matcher(name).matches()
                    && !file.equals(root.resolve(PortTable.FILE))) {
                if (attributes.size() > LARGEST) {
                    skip("larger than 1 MiB", Where.shown(file));
                } else if (attributes.isRegularFile()) {
                    wanted.add(file);
                }
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            skip("could not be read", Where.shown(file));
            return FileVisitResult.CONTINUE;
        }
    }

    private synchronized void skip(String why, String what) {
        skipped.computeIfAbsent(why, w -> new ArrayList<>()).add(what);
    }

    private PortFinds scan(Path file) {
        try {
            byte[] bytes = TextFiles.read(file, LARGEST);
            for (int i = 0; i < Math.min(bytes.length, 8000); i++) {
                if (bytes[i] == 0) {
                    skip("binary", Where.shown(file));
                    return null;
                }
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            // What is no UTF-8 is read byte by byte, so that an edit leaves the rest of it as it is.
            PortFinds finds = new PortFinds(text.indexOf('\uFFFD') < 0
                    ? new PortSource(file, text, StandardCharsets.UTF_8)
                    : new PortSource(file, new String(bytes, StandardCharsets.ISO_8859_1),
                            StandardCharsets.ISO_8859_1));
            // Where the file is a compose file or a manifest, its structure first.
            if (file.toString().matches("(?i).*\\.ya?ml")) {
                new PortStructure(finds).read();
            }
            new PortLines(finds).read();
            return finds;
        } catch (IOException e) {
            skip("could not be read", Where.shown(file));
            return null;
        }
    }

    public void show(Report report) {
        report.step("Places that name a port");
        report.run("grep -rnE '[0-9]{4,5}' " + Where.shown(root) + "   # and what it takes to tell whose port it is");
        for (PortKind kind : PortKind.values()) {
            for (PortSide side : PortSide.values()) {
                List<PortPlace> these = places.stream().filter(p -> p.kind == kind && p.side == side).toList();
                if (!these.isEmpty()) {
                    report.say(kind.title + ", " + side.words + "\n"
                            + String.join("\n", these.stream().map(p -> "  " + p.describe()).toList()));
                }
            }
        }
        if (places.isEmpty()) {
            report.warn("no place names a port of PostgreSQL, Redis or a service");
        }
        if (!places.isEmpty()) {
            report.checked("places", places.size());
            report.checked("files", files);
        }
        skipped.forEach((why, what) -> report.skipped(why,
                what.size() + (what.size() == 1 ? ": " : ", such as ") + what.get(0)));
    }

    public List<PortPlace> published(PortKind kind) {
        return places.stream().filter(p -> p.counts(PortSide.PUBLISHED) && p.kind == kind).toList();
    }

    /** The publisher that a place belongs to: the nearest in the tree, or the one it names; null where two are as
     * near. */
    public PortPlace partner(PortPlace place) {
        List<PortPlace> candidates = published(place.kind);
        List<PortPlace> same = candidates.stream().filter(p -> p.at(place.port)).toList();
        candidates = same.isEmpty() ? candidates : same;
        if (candidates.isEmpty()) {
            return null;
        }
        int best = candidates.stream().mapToInt(p -> nearness(place, p)).max().orElseThrow();
        List<PortPlace> nearest = candidates.stream().filter(p -> nearness(place, p) == best).toList();
        return nearest.stream().map(p -> p.port).distinct().count() == 1
                && (nearest.stream().map(p -> p.owner).distinct().count() == 1) ? nearest.get(0) : null;
    }

    private static int nearness(PortPlace a, PortPlace b) {
        Path one = a.source.path();
        Path other = b.source.path();
        int common = 0;
        while (common < Math.min(one.getNameCount(), other.getNameCount())
                && one.getName(common).equals(other.getName(common))) {
            common++;
        }
        Set<String> named = PortKind.tokens(b.owner);
        named.removeIf(t -> PortKind.of(t) != null || t.matches("test|tests|server|container|\\d+"));
        Set<String> line = PortKind.tokens(a.source.lineAt(a.start) + " " + a.source.path().getFileName());
        return common + (named.stream().anyMatch(line::contains) ? 100 : 0) + (one.equals(other) ? 10 : 0);
    }
}
