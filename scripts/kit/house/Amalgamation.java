//SOURCES JavaFile.java
//SOURCES JavaText.java
//SOURCES SourceGraph.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
package kit.house;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Stop;
import kit.report.Where;

/** One file made of a tool and all that it is made of. The same sources give the same bytes. */
public final class Amalgamation {
    private static final String SHEBANG = "///usr/bin/env jbang";

    private final SourceGraph graph;
    private final Path root;
    private final List<JavaFile> parts = new ArrayList<>();
    /** The top-level types of all parts, by their simple name: here they share one package. */
    private final Map<String, JavaFile> types = new TreeMap<>();
    private final Map<String, JavaFile> byFullName = new TreeMap<>();
    /** What a simple name means in the one file: our own class before an import, and of two imports the first. */
    private final Map<String, String> meanings = new TreeMap<>();

    /** Looks at what is to become one file.
     *
     * @param root the folder that paths are shown from
     * @throws Stop if the parts cannot stand in one file: two types or imports of one name, two versions of a
     *              library */
    public Amalgamation(SourceGraph graph, Path root) {
        this.graph = graph;
        this.root = root.toAbsolutePath().normalize();
        parts.add(graph.first());
        graph.files().stream().filter(file -> file != graph.first()).sorted(Comparator.comparing(this::shown))
                .forEach(parts::add);
        parts.forEach(this::enter);
        types.forEach((name, file) -> meanings.put(name, inPackage(file, name)));
        parts.forEach(this::mayStandHere);
    }

    /** The one file, as text. */
    public String text() {
        StringBuilder all = new StringBuilder();
        header().forEach(line -> all.append(line).append('\n'));
        all.append("\n// Made from ").append(shown(graph.first())).append(" and ").append(parts.size() - 1)
                .append(" files that it names: it is they that are edited, not this.\n");
        if (!graph.first().packageName().isEmpty()) {
            all.append("\npackage ").append(graph.first().packageName()).append(";\n");
        }
        all.append(imports());
        for (JavaFile part : parts) {
            all.append("\n// ---- ").append(shown(part)).append("\n\n").append(body(part).strip()).append('\n');
        }
        return all.toString();
    }

    private String shown(JavaFile file) {
        Path path = file.path();
        return (path.startsWith(root) ? root.relativize(path) : path).toString().replace('\\', '/');
    }

    private static String at(JavaFile file, int line) {
        return Where.of(file.path(), line).toString();
    }

    private void enter(JavaFile file) {
        byFullName.put(file.qualifiedName(), file);
        for (JavaFile.Type type : file.types()) {
            JavaFile other = types.putIfAbsent(type.name(), file);
            if (other != null) {
                int line = other.types().stream().filter(each -> each.name().equals(type.name())).findFirst()
                        .orElseThrow().line();
                throw Stop.usage(at(file, type.line()) + ": the class " + type.name() + " stands in " + at(other, line)
                        + ", too, and one file cannot have both: rename one");
            }
        }
    }

    // ---- what is refused

    private void mayStandHere(JavaFile file) {
        for (JavaFile.Directive line : file.hidden()) {
            throw Stop.usage(
                    at(file, line.line()) + ": JBang takes this line of a text block for its own //" + line.name()
                            + ": indent the block");
        }
        for (JavaFile.Import each : file.imports()) {
            if (each.name().endsWith(".*")) {
                throw Stop.usage(at(file, each.line()) + ": an import of all that " + each.name()
                        + " has may mean something else beside other imports: name the classes");
            }
            if (each.isStatic() && isOurs(each)) {
                throw Stop.usage(
                        at(file, each.line()) + ": a static import of the project's own class cannot stay in one file:"
                                + " write " + each.name().replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"));
            }
            if (!each.isStatic() && !isOurs(each)) {
                meanings.putIfAbsent(each.simple(), each.name());
            }
        }
    }

    private static String inPackage(JavaFile file, String name) {
        return file.packageName().isEmpty() ? name : file.packageName() + "." + name;
    }

    /** Whether an import names a class of one of the parts, or what stands in it. */
    private boolean isOurs(JavaFile.Import each) {
        return byFullName.containsKey(each.name()) || outer(each) != null;
    }

    /** The part whose class an import takes something from; null if it is none of them. */
    private JavaFile outer(JavaFile.Import each) {
        return byFullName.get(each.name().substring(0, Math.max(0, each.name().lastIndexOf('.'))));
    }

    // ---- header and imports

    private List<String> header() {
        JavaFile main = graph.first();
        List<String> lines = new ArrayList<>();
        main.text().text().lines().findFirst().filter(line -> line.startsWith(SHEBANG)).ifPresent(lines::add);
        boolean named = false;
        for (JavaFile.Directive each : main.directives()) {
            named |= each.name().equals("MAIN");
            if (!each.name().equals("SOURCES") && !each.name().equals("DEPS")) {
                lines.add(main.text().lines().get(each.line() - 1).of(main.text().text()));
            }
        }
        List<JavaFile.Type> mains = parts.stream().flatMap(part -> part.types().stream()).filter(JavaFile.Type::hasMain)
                .toList();
        if (mains.size() > 1 && !named) {
            String prefix = main.packageName().isEmpty() ? "" : main.packageName() + ".";
            lines.add("//MAIN " + prefix
                    + main.types().stream().filter(JavaFile.Type::hasMain).findFirst().orElse(mains.get(0)).name());
        }
        dependencies().forEach(library -> lines.add("//DEPS " + library));
        return lines;
    }

    /** In JBang's order, which decides between versions that nobody names; lists of versions first. */
    private List<String> dependencies() {
        Map<String, String> versions = new LinkedHashMap<>();
        Map<String, String> places = new TreeMap<>();
        for (JavaFile file : graph.files()) {
            for (JavaFile.Directive each : file.directives("DEPS")) {
                String library = each.value().replaceFirst("^([^:]+:[^:]+).*", "$1");
                String other = versions.putIfAbsent(library, each.value());
                String place = at(file, each.line());
                // The first list of versions counts, as for JBang: a tool may want others than its kit.
                if (other != null && !other.equals(each.value()) && !other.endsWith("@pom")) {
                    throw Stop.usage(place + ": " + each.value() + " is " + other + " in " + places.get(library)
                            + ": settle on one");
                }
                places.putIfAbsent(library, place);
            }
        }
        Stream<String> lists = versions.values().stream().filter(each -> each.endsWith("@pom"));
        return Stream.concat(lists, versions.values().stream().filter(each -> !each.endsWith("@pom"))).toList();
    }

    private String imports() {
        Map<String, String> statics = new TreeMap<>();
        Map<Integer, TreeSet<String>> groups = new TreeMap<>();
        for (JavaFile file : parts) {
            for (JavaFile.Import each : file.imports()) {
                String other = each.isStatic() ? statics.putIfAbsent(each.simple(), each.name()) : null;
                if (other != null && !other.equals(each.name())) {
                    throw Stop.usage(at(file, each.line()) + ": another file has a static import of " + other
                            + ", and one file cannot have both: write one of them with its class");
                }
                if (each.isStatic() || each.name().equals(meanings.get(each.simple())) && !isOurs(each)) {
                    groups.computeIfAbsent(group(each), number -> new TreeSet<>())
                            .add("import " + (each.isStatic() ? "static " : "") + each.name() + ";");
                }
            }
        }
        StringBuilder all = new StringBuilder();
        groups.values().forEach(group -> all.append('\n').append(String.join("\n", group)).append('\n'));
        return all.toString();
    }

    private static int group(JavaFile.Import each) {
        return each.isStatic() ? 0 : each.name().startsWith("java.") ? 1 : each.name().startsWith("javax.") ? 2 : 3;
    }

    // ---- a part

    /** What stands in a file below its header and imports, with the project's classes by their simple names. */
    private String body(JavaFile file) {
        TreeMap<Integer, Edit> edits = new TreeMap<>();
        String text = file.text().text();
        for (JavaText.Line line : file.text().lines()) {
            boolean directive = file.directives().stream().anyMatch(each -> each.line() == line.number());
            if (directive || line.number() == 1 && line.of(text).startsWith(SHEBANG)) {
                edits.put(line.start(), new Edit(behind(text, line.end()), ""));
            }
        }
        if (!file.packageName().isEmpty()) {
            edits.put(file.packageStart(), new Edit(behind(text, file.packageEnd()), ""));
        }
        file.imports().forEach(each -> edits.put(each.start(), new Edit(behind(text, each.end()), "")));
        if (file != graph.first()) {
            file.types().stream().filter(JavaFile.Type::isPublic).forEach(type -> dropPublic(file, type, edits));
        }
        Map<String, String> otherwise = otherwise(file);
        file.names().forEach((offset, name) -> {
            if (otherwise.containsKey(name)) {
                edits.put(offset, new Edit(offset + name.length(), otherwise.get(name)));
            }
        });
        withoutPackages(file, edits);
        return apply(text, edits);
    }

    private record Edit(int end, String replacement) {
    }

    /** The end of a removed line, with the empty lines that follow it. */
    private static int behind(String text, int end) {
        Matcher rest = Pattern.compile("[ \\t]*\\n(?:[ \\t]*\\n)*").matcher(text).region(end, text.length());
        return rest.lookingAt() ? rest.end() : end;
    }

    private static void dropPublic(JavaFile file, JavaFile.Type type, TreeMap<Integer, Edit> edits) {
        Matcher word = Pattern.compile("\\bpublic\\s+").matcher(file.text().bare()).region(type.start(), type.end());
        if (word.find()) {
            edits.put(word.start(), new Edit(word.end(), ""));
        }
    }

    /** The names that a file must write otherwise here, and how.
     *
     * <p>
     * An import of {@code kit.report.Report.Format} cannot stay: {@code Format} is written {@code Report.Format}. A
     * name that means something else in the one file, since another file has imported or is it, is written in full. */
    private Map<String, String> otherwise(JavaFile file) {
        Map<String, String> written = new TreeMap<>();
        TreeSet<String> known = new TreeSet<>(file.declared());
        for (JavaFile.Import each : file.imports()) {
            JavaFile outer = outer(each);
            known.add(each.simple());
            if (outer != null && !byFullName.containsKey(each.name())) {
                written.put(each.simple(), outer.qualifiedName().replaceFirst(".*\\.", "") + "." + each.simple());
            } else if (!each.isStatic() && !each.name().equals(meanings.get(each.simple()))) {
                written.put(each.simple(), each.name());
            }
        }
        new TreeSet<>(file.names().values()).stream()
                .filter(name -> meanings.containsKey(name) && !known.contains(name))
                .filter(name -> !meanings.get(name).equals(inPackage(file, name)) && isOfJavaLang(name))
                .forEach(name -> written.put(name, "java.lang." + name));
        return written;
    }

    private static boolean isOfJavaLang(String name) {
        try {
            Class.forName("java.lang." + name, false, null);
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    private void withoutPackages(JavaFile file, TreeMap<Integer, Edit> edits) {
        byFullName.forEach((name, part) -> {
            if (name.contains(".") && file.text().code().contains(name)) {
                Matcher full = Pattern.compile("(?<![\\w.])" + Pattern.quote(name) + "\\b").matcher(file.text().code());
                String simple = name.substring(name.lastIndexOf('.') + 1);
                while (full.find()) {
                    if (file.declared().contains(simple) && file != part) {
                        throw Stop.usage(at(file, file.text().line(full.start())) + ": " + name
                                + " would be taken for the class " + simple + " that is declared here: rename one");
                    }
                    Map.Entry<Integer, Edit> before = edits.floorEntry(full.start());
                    if (before == null || before.getValue().end() <= full.start()) {
                        edits.put(full.start(), new Edit(full.end(), simple));
                    }
                }
            }
        });
    }

    private static String apply(String text, TreeMap<Integer, Edit> edits) {
        StringBuilder result = new StringBuilder();
        int at = 0;
        for (Map.Entry<Integer, Edit> edit : edits.entrySet()) {
            result.append(text, at, Math.max(at, edit.getKey())).append(edit.getValue().replacement());
            at = Math.max(at, edit.getValue().end());
        }
        return result.append(text.substring(at)).toString();
    }
}
