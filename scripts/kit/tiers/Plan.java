//SOURCES Child.java
//SOURCES Kind.java
//SOURCES ../report/Nearest.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES Tier.java
//SOURCES ../report/Where.java
//DEPS org.snakeyaml:snakeyaml-engine:3.2
package kit.tiers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.report.Nearest;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** The tiers in their order, and the containers that are removed before. */
public final class Plan {
    private static final int MAX_BYTES = 1 << 20;
    private static final List<String> KEYS = List.of("command", "needs", "timeout", "results", "tests", "folder",
            "env");
    private final Path file;
    private final Duration limit;
    public final List<Tier> tiers = new ArrayList<>();
    public final List<String> containers = new ArrayList<>();

    private Plan(Path file, Duration limit) {
        this.file = file;
        this.limit = limit;
    }

    /** Reads the file.
     *
     * @param limit of a tier that has none of its own
     * @throws Stop with the line of what is wrong in it */
    public static Plan read(Path file, Duration limit) {
        Plan plan = new Plan(file, limit);
        String shown = Where.shown(file);
        try {
            if (!Files.exists(file)) {
                throw Stop.unchecked(
                        "there is no " + shown + ": run-tests --init writes one by looking at the project");
            }
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                throw Stop.usage(shown + " is not a file of tiers: "
                        + (Files.isDirectory(file) ? "it is a folder" : "it is too large, or no file"));
            }
            plan.read(new Compose(LoadSettings.builder().setLabel(shown).build())
                    .composeString(Files.readString(file).replaceFirst("^\uFEFF", "")).orElse(null));
        } catch (MarkedYamlEngineException e) {
            throw Stop.usage(shown + e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("")
                    + ": this is not YAML: " + String.valueOf(e.getProblem()).replaceAll("\\s+", " "));
        } catch (YamlEngineException | StackOverflowError e) {
            throw Stop.usage(shown + " is not YAML: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
        } catch (IOException e) {
            throw Stop.unchecked(shown + " cannot be read: " + TextFiles.trouble(e));
        }
        return plan;
    }

    /** The names of the tiers, in their order. */
    public List<String> names() {
        return tiers.stream().map(Tier::name).toList();
    }

    /** A time such as 90s, 20m or 1h; nothing where it is none. */
    public static Optional<Duration> duration(String text) {
        Matcher m = Pattern.compile("(\\d{1,6})([smh])").matcher(text);
        return !m.matches() || m.group(1).matches("0+") ? Optional.empty()
                : Optional.of(Duration.parse("PT" + m.group()));
    }

    /** A time as {@link #duration} reads it. */
    public static String shown(Duration time) {
        return time.toString().substring(2).toLowerCase(Locale.ROOT);
    }

    private Stop wrong(Node node, String sentence) {
        return Stop.usage(Where.shown(file) + node.getStartMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("")
                + ": " + sentence);
    }

    private void read(Node root) {
        if (root == null) {
            throw Stop.usage(Where.shown(file)
                    + " is empty: it wants tiers, each with a command; run-tests --help shows the form");
        }
        Map<String, Node> top = map(root, "the file", List.of("containers", "tiers"));
        if (top.containsKey("containers")) {
            for (Node node : list(top.get("containers"))) {
                containers.add(text(node, "a container's name", "[A-Za-z0-9][A-Za-z0-9_.-]*",
                        "the whole name of one container, such as datastorage-postgres-test; no patterns"));
            }
        }
        if (!top.containsKey("tiers")) {
            throw wrong(root, "there are no tiers");
        }
        Map<String, Node> named = map(top.get("tiers"), "tiers", List.of());
        named.forEach(this::tier);
        if (tiers.isEmpty()) {
            throw wrong(top.get("tiers"), "there are no tiers");
        }
    }

    private void tier(String name, Node node) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,39}") || names().stream().anyMatch(name::equalsIgnoreCase)) {
            throw wrong(node,
                    "a tier's name is made of letters, digits, - and _, and no other tier has it; not " + name);
        }
        Map<String, Node> keys = map(node, "tier " + name, KEYS);
        if (!keys.containsKey("command")) {
            throw wrong(node, "tier " + name + " has no command");
        }
        String command = text(keys.get("command"), "command", "(?s).*\\S.*", "a command of the shell");
        List<String> needs = tiers.isEmpty() ? List.of() : List.of(tiers.get(tiers.size() - 1).name());
        if (keys.containsKey("needs")) {
            needs = list(keys.get("needs")).stream().map(need -> need(name, need)).toList();
        }
        Duration time = value(keys, "timeout", "0*[1-9]\\d{0,5}[smh]", "a time such as 90s, 20m or 1h")
                .map(text -> duration(text).orElseThrow()).orElse(limit);
        int tests = value(keys, "tests", "[1-9]\\d{0,7}", "how many tests there are").map(Integer::valueOf).orElse(0);
        Path folder = file.resolveSibling(value(keys, "folder", "[^\\x00]+", "a folder").orElse("")).normalize();
        if (!Files.isDirectory(folder)) {
            throw wrong(keys.get("folder"), "there is no folder " + Where.shown(folder));
        }
        Map<String, String> env = new LinkedHashMap<>();
        if (keys.containsKey("env")) {
            map(keys.get("env"), "env", List.of())
                    .forEach((key, value) -> env.put(name(key, value), text(value, key, "[^\\x00]*", "a text")));
        }
        env.forEach(Child::hide);
        List<String> results = keys.containsKey("results")
                ? list(keys.get("results")).stream().map(this::result).toList()
                : List.of();
        Optional<Kind> kind = results.stream().map(Kind::named).flatMap(Optional::stream).findFirst();
        if (kind.isPresent() && results.size() > 1) {
            throw wrong(keys.get("results"), "results is either files or one of " + kinds());
        }
        tiers.add(new Tier(name, node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0), command.strip(), folder,
                env, needs, time, kind.isPresent() ? List.of() : results, kind.orElse(Kind.AUTO), tests));
    }

    private String name(String key, Node value) {
        if (!key.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw wrong(value, key + " cannot be the name of a variable");
        }
        return key;
    }

    private String need(String tier, Node node) {
        String need = text(node, "needs", ".*", "the name of a tier above");
        if (!names().contains(need)) {
            throw wrong(node, "tier " + tier + " needs " + need + ", and no tier above it has this name");
        }
        return need;
    }

    private String result(Node node) {
        String result = text(node, "results", ".+", "files, or one of " + kinds());
        if (Kind.named(result).isEmpty() && !result.matches(".*\\.(xml|json)")) {
            throw wrong(node,
                    "results is " + result + ": it wants files that end in .xml or .json, or one of " + kinds());
        }
        return result;
    }

    private static String kinds() {
        return Stream.of(Kind.values()).map(kind -> kind.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    private Map<String, Node> map(Node node, String what, List<String> allowed) {
        if (!(node instanceof MappingNode mapping)) {
            throw wrong(node, what + " wants keys with values below it");
        }
        Map<String, Node> map = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String key = text(tuple.getKeyNode(), "a key", ".+", "a word");
            if (!allowed.isEmpty() && !allowed.contains(key)) {
                String nearest = allowed.stream().min(Comparator.comparingInt(known -> Nearest.distance(known, key)))
                        .orElseThrow();
                throw wrong(tuple.getKeyNode(),
                        what + " has no key " + key + (Nearest.distance(nearest, key) <= 3 ? ", it has " + nearest
                                : ": it has " + String.join(", ", allowed)));
            }
            if (map.put(key, tuple.getValueNode()) != null) {
                throw wrong(tuple.getKeyNode(), key + " stands there twice");
            }
        }
        return map;
    }

    private static List<Node> list(Node node) {
        return node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node);
    }

    /** The value of a key that may be left out. */
    private Optional<String> value(Map<String, Node> keys, String key, String pattern, String wanted) {
        return Optional.ofNullable(keys.get(key)).map(node -> text(node, key, pattern, wanted));
    }

    private String text(Node node, String what, String pattern, String wanted) {
        if (!(node instanceof ScalarNode scalar) || !scalar.getValue().matches(pattern)) {
            throw wrong(node,
                    what + (node instanceof ScalarNode scalar && !scalar.getValue().isBlank()
                            ? " is " + scalar.getValue() + ": it"
                            : "") + " wants " + wanted);
        }
        return scalar.getValue();
    }
}
