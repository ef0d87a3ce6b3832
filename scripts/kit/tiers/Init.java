//SOURCES ../report/Exit.java
//SOURCES InitScripts.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.tiers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.report.Exit;
import kit.report.Stop;
import kit.report.Where;
import picocli.CommandLine;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Looks at what builds the project, and writes the tiers that it finds. */
public final class Init {
    private static final Map<String, Pattern> TIERS = new LinkedHashMap<>();

    static {
        TIERS.put("unit", Pattern.compile("(^|[-_:.])(unit)([-_:.]|s?$)"));
        TIERS.put("integration", Pattern.compile("(^|[-_:.])(integration|integ|it)([-_:.]|$)|integrationTest"));
        TIERS.put("e2e", Pattern.compile("(^|[-_:.])(e2e|end-to-end|acceptance)([-_:.]|$)|e2eTest"));
        TIERS.put("performance", Pattern.compile("(^|[-_:.])(bench|benchmarks?|perf|performance)([-_:.]|$)|^jmh$"));
    }

    private final Path root;
    private final Map<String, List<String>> tiers = new LinkedHashMap<>();

    public Init(Path root) {
        this.root = root;
    }

    /** Writes the file, and shows it. */
    public int write(CommandLine.Model.CommandSpec spec, Path file) throws IOException {
        if (Files.exists(file)) {
            throw Stop.usage(Where.shown(file) + " is there already, and stays as it is; --list shows what it says");
        }
        String from = find();
        if (from == null) {
            throw Stop.unchecked(
                    "there is no Makefile with test targets, and no project of Maven, Gradle, npm, Go, Python, Cargo, "
                            + "Ruby, .NET, PHP or Elixir in "
                            + Where.shown(root) + ": write " + Where.shown(file)
                            + " yourself, run-tests --help shows the form");
        }
        StringBuilder yaml = new StringBuilder("# The test tiers, in order, for run-tests; written by its --init from "
                + from + ". A tier needs the one above it, unless needs: says otherwise.\n");
        List<String> containers = containers();
        if (!containers.isEmpty()) {
            yaml.append(
                    "# Stopped and removed before each run, by these very names. Take out what must "
                            + "stay.\ncontainers: [")
                    .append(String.join(", ", containers)).append("]\n");
        }
        yaml.append("tiers:\n");
        TIERS.keySet().stream().filter(tiers::containsKey).forEach(tier -> {
            yaml.append("  ").append(tier).append(":\n");
            tiers.get(tier).forEach(line -> yaml.append("    ").append(line).append('\n'));
        });
        Files.writeString(file, yaml);
        spec.commandLine().getOut().print(yaml);
        spec.commandLine().getOut().flush();
        System.err.println("run-tests: " + Where.shown(file) + " written; look at it, then: run-tests");
        return Exit.SOUND;
    }

    /** A Makefile first: where it has tests, it says how they are to be run. */
    private String find() throws IOException {
        return make() ? "the Makefile"
                : maven() ? "the Maven project"
                        : gradle() ? "the Gradle project"
                                : npm() ? "the npm project"
                                        : go() ? "the Go project"
                                                : new InitScripts(root, this::put).find();
    }

    private String read(String name) throws IOException {
        Path file = root.resolve(name);
        return Files.isRegularFile(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    }

    private void put(String tier, String command, String... more) {
        List<String> lines = new ArrayList<>(List.of("command: " + quoted(command)));
        lines.addAll(List.of(more));
        tiers.put(tier, lines);
    }

    private static String quoted(String command) {
        return command.matches("[\\w./][\\w ./:=@-]*") && !command.contains(": ") ? command
                : "'" + command.replace("'", "''") + "'";
    }

    /** Of several names for a tier the one that is only the tier's; else all of them. */
    private void named(List<String> names, Function<String, String> command) {
        TIERS.forEach((tier, pattern) -> {
            List<String> fitting = names.stream()
                    .filter(name -> pattern.matcher(name).find() && name.matches("[\\w.:/-]+")).toList();
            List<String> plain = fitting.stream().filter(name -> name.split("[-_:.]").length <= 2).toList();
            if (!fitting.isEmpty()) {
                put(tier, (plain.isEmpty() ? fitting : plain.subList(0, 1)).stream().map(command)
                        .collect(Collectors.joining(" && ")));
            }
        });
        names.stream().filter(name -> name.matches("tests?|check") && !tiers.containsKey("unit")).findFirst()
                .ifPresent(name -> put("unit", command.apply(name)));
    }

    /** A rule may have two colons, and several targets. */
    private boolean make() throws IOException {
        List<String> targets = Pattern.compile("(?m)^([A-Za-z0-9][\\w./ \\t-]*?)[ \\t]*::?(?![=:])")
                .matcher(read("Makefile") + "\n" + read("makefile") + "\n" + read("GNUmakefile")).results()
                .flatMap(m -> Stream.of(m.group(1).split("[ \\t]+"))).distinct().toList();
        named(targets.stream().filter(name -> !name.matches("(?i).*(build|clean|setup|install|deps|image|report).*"))
                .toList(), name -> "make " + name);
        return !tiers.isEmpty();
    }

    private boolean maven() throws IOException {
        String pom = read("pom.xml");
        if (pom.isEmpty()) {
            return false;
        }
        String mvn = (Files.exists(root.resolve("mvnw")) ? "./mvnw" : "mvn") + " -B ";
        put("unit", mvn + "test", "results: '**/target/surefire-reports/TEST-*.xml'");
        if (pom.contains("maven-failsafe-plugin")) {
            // No unit test has this name, and Failsafe goes by another option.
            put("integration", mvn + "verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false",
                    "results: '**/target/failsafe-reports/TEST-*.xml'");
        }
        return true;
    }

    private boolean gradle() throws IOException {
        String build = read("build.gradle") + read("build.gradle.kts");
        if (build.isEmpty() && read("settings.gradle").isEmpty() && read("settings.gradle.kts").isEmpty()) {
            return false;
        }
        String gradle = (Files.exists(root.resolve("gradlew")) ? "./gradlew" : "gradle") + " --no-daemon ";
        Map<String, String> tasks = new LinkedHashMap<>();
        tasks.put("unit", "test");
        for (Matcher m = Pattern.compile("\\b(integrationTest|e2eTest|functionalTest)\\b").matcher(build); m.find();) {
            tasks.put(m.group(1).equals("e2eTest") ? "e2e" : "integration", m.group(1));
        }
        // What is up to date writes no report, and would count as nothing.
        tasks.forEach((tier, task) -> put(tier,
                gradle + "clean" + task.substring(0, 1).toUpperCase(Locale.ROOT) + task.substring(1) + " " + task,
                "results: '**/build/test-results/" + task + "/*.xml'"));
        if (build.contains("me.champeau.jmh")) {
            put("performance", gradle + "jmh", "results: exit");
        }
        return true;
    }

    private boolean npm() throws IOException {
        String text = read("package.json");
        if (text.isEmpty()) {
            return false;
        }
        Map<String, String> scripts = new LinkedHashMap<>();
        try {
            JsonMapper.builder().build().readTree(text).path("scripts").properties()
                    .forEach(script -> scripts.put(script.getKey(), script.getValue().asString("")));
        } catch (JacksonException e) {
            throw Stop.unchecked(
                    "package.json is not JSON: " + String.valueOf(e.getOriginalMessage()).replaceAll("\\s+", " "));
        }
        scripts.values().removeIf(command -> command.contains("no test specified"));
        named(scripts.keySet().stream().filter(name -> name.matches("(?i).*(test|bench|perf|e2e).*")).toList(),
                name -> name.equals("test") ? "npm test" : "npm run " + name);
        return !tiers.isEmpty();
    }

    private boolean go() throws IOException {
        if (read("go.mod").isEmpty()) {
            return false;
        }
        Map<String, Set<String>> tagged = new TreeMap<>();
        boolean[] benchmarks = new boolean[1];
        try (Stream<Path> files = Files.walk(root, 12)) {
            for (Path test : files.filter(file -> file.toString().endsWith("_test.go")
                    && !root.relativize(file).toString().matches("(vendor|node_modules)/.*")).toList()) {
                String text = new String(Files.readAllBytes(test), StandardCharsets.UTF_8);
                String folder = "./" + root.relativize(test.getParent()).toString().replace('\\', '/');
                for (String tier : List.of("integration", "e2e")) {
                    boolean tag = text.matches("(?s)(.*\\n)?//go:build [^\\n]*\\b" + tier + "\\b.*");
                    if (tag || folder.matches(".*/" + tier + "(/.*)?")) {
                        tagged.computeIfAbsent(tier + (tag ? " -tags " + tier : ""), any -> new TreeSet<>())
                                .add(folder);
                    }
                }
                benchmarks[0] |= text.contains("\nfunc Benchmark");
            }
        }
        List<String> apart = tagged.entrySet().stream().filter(entry -> !entry.getKey().contains(" "))
                .flatMap(entry -> entry.getValue().stream()).toList();
        List<String> modules = modules();
        put("unit", !modules.isEmpty() && apart.isEmpty()
                ? modules.stream().map(dir -> "go -C " + dir + " test -json ./...").collect(Collectors.joining(" && "))
                : apart.isEmpty() ? "go test -json ./..."
                        : "go test -json $(go list ./... | grep -vE '/(integration|e2e)(/|$)')",
                "results: go");
        tagged.forEach((tier, folders) -> put(tier.replaceFirst(" .*", ""),
                "go test -json -count=1" + tier.replaceFirst("^\\w+", "") + " " + String.join(" ", folders),
                "results: go"));
        if (benchmarks[0]) {
            put("performance", "go test -json -run '^$' -bench . ./...", "results: go");
        }
        return true;
    }

    /** The folders of all modules, where there are more than the root's, which does not take them in. */
    private List<String> modules() throws IOException {
        try (Stream<Path> files = Files.walk(root, 6)) {
            List<String> dirs = files.filter(file -> file.endsWith("go.mod"))
                    .map(file -> root.relativize(file.getParent()).toString().replace('\\', '/'))
                    .filter(dir -> !dir.matches("(.*/)?(vendor|node_modules|testdata)(/.*)?"))
                    .map(dir -> dir.isEmpty() ? "." : "./" + dir).sorted().toList();
            return dirs.size() > 1 ? dirs : List.of();
        }
    }

    /** Containers that compose files and the Makefile name, and that are for tests by their name. */
    private List<String> containers() throws IOException {
        Set<String> names = new TreeSet<>();
        List<String> texts = new ArrayList<>(List.of(read("Makefile")));
        try (Stream<Path> files = Files.list(root)) {
            for (Path compose : files
                    .filter(file -> file.getFileName().toString().matches("(docker-|podman-)?compose[\\w.-]*\\.ya?ml"))
                    .sorted().toList()) {
                texts.add(read(compose.getFileName().toString()));
            }
        }
        for (String text : texts) {
            Pattern.compile("(?:container_name:[ \\t]*|--name[ =])[\"']?([A-Za-z0-9][A-Za-z0-9_.-]*)").matcher(text)
                    .results().map(m -> m.group(1)).filter(name -> name.matches("(?i).*test.*")).forEach(names::add);
        }
        return List.copyOf(names);
    }
}
