//SOURCES YamlError.java
//DEPS org.snakeyaml:snakeyaml-engine:3.2
package kit.config;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** YAML, and JSON with it, with its places. What an alias or a merge key (&lt;&lt;) brings stands where it is used.
 *
 * @param text  of a scalar, "" where a key has no value; null for a map or a list
 * @param plain a scalar without quotes
 * @param line  of its key, or of itself in a list, from 1; 0 is nowhere
 * @param start where the value begins in the text, behind its quote
 * @param end   where it ends */
public record Yaml(String text, boolean plain, Map<String, Yaml> members, List<Yaml> items, int line, int column,
        int start, int end) {

    private static final Yaml NOTHING = new Yaml("", true, Map.of(), List.of(), 0, 0, 0, 0);
    /** More values than a configuration ever has. */
    private static final int MOST = 20_000;
    /** A large compose file has a few hundred; the default of 50 is for a configuration. */
    private static final LoadSettings MANY = LoadSettings.builder().setSchema(new CoreSchema())
            .setMaxAliasesForCollections(500).build();
    /** In which ~ is null. */
    private static final LoadSettings ONE = LoadSettings.builder().setSchema(new CoreSchema()).build();

    /** A configuration: one document, in which no key stands twice.
     *
     * @return empty for an empty document
     * @throws YamlError it is not YAML, or more than a configuration ever is */
    public static Optional<Yaml> read(String text) {
        List<Yaml> documents = new Reader(text, MOST, true).read(ONE);
        return documents.isEmpty() ? Optional.empty() : Optional.of(documents.get(0));
    }

    /** The documents of a file; of a key that stands twice the first counts.
     *
     * @param most how many values there may be, those of aliases counted wherever they are used
     * @throws YamlError it is not YAML, or more than that */
    public static List<Yaml> all(String text, long most) {
        return new Reader(text, most, false).read(MANY);
    }

    /** The value at a dotted path; an empty scalar, which is nowhere, if there is none. */
    public Yaml at(String path) {
        Yaml found = this;
        for (String step : path.split("\\.")) {
            found = found == null ? null : found.members.get(step);
        }
        return found == null ? NOTHING : found;
    }

    /** The text at a dotted path; "" if there is none. */
    public String text(String path) {
        return at(path).textOr("");
    }

    public String textOr(String otherwise) {
        return text == null ? otherwise : text;
    }

    /** Its number, or 0. */
    public int number() {
        return text != null && text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
    }

    /** "line 3, column 1". */
    public String place() {
        return "line " + line + ", column " + column;
    }

    /** Turns nodes into values; what an alias repeats is read once. */
    private static final class Reader {
        private final String text;
        private final int shift;
        private final boolean plain;
        private final long most;
        private final boolean strict;
        private final Map<Node, Yaml> known = new IdentityHashMap<>();
        private final Map<Node, Long> weights = new IdentityHashMap<>();

        Reader(String text, long most, boolean strict) {
            this.shift = text.startsWith("\uFEFF") ? 1 : 0;
            this.text = text.substring(shift);
            this.plain = this.text.codePointCount(0, this.text.length()) == this.text.length();
            this.most = most;
            this.strict = strict;
        }

        List<Yaml> read(LoadSettings settings) {
            try {
                List<Yaml> documents = new ArrayList<>();
                Compose compose = new Compose(settings);
                if (strict) {
                    compose.composeString(text).ifPresent(node -> documents.add(of(node, node)));
                } else {
                    compose.composeAllFromString(text).forEach(node -> documents.add(of(node, node)));
                }
                return documents;
            } catch (MarkedYamlEngineException e) {
                Optional<Mark> mark = e.getProblemMark();
                throw YamlError.of(mark.map(m -> m.getLine() + 1).orElse(0),
                        mark.map(m -> m.getColumn() + 1).orElse(0), String.valueOf(e.getProblem()));
            } catch (ReaderException e) {
                int at = text.codePoints().limit(e.getPosition()).map(Character::charCount).sum();
                throw new YamlError(1 + (int) text.substring(0, Math.min(at, text.length())).chars()
                        .filter(c -> c == '\n').count(), 0,
                        "it holds a character that YAML does not allow: U+%04X".formatted(e.getCodePoint()));
            } catch (YamlEngineException | StackOverflowError e) {
                throw new YamlError(0, 0, YamlError.ENDLESS);
            }
        }

        /** @param at the node that has its place: its key, or itself */
        private Yaml of(Node node, Node at) {
            Yaml value = known.get(node);
            if (value == null) {
                if (weights.put(node, most) != null) {
                    throw new YamlError(0, 0, YamlError.ENDLESS);
                }
                value = convert(node);
                known.put(node, value);
            }
            return new Yaml(value.text, value.plain, value.members, value.items, line(at), column(at), value.start,
                    value.end);
        }

        private Yaml convert(Node node) {
            Map<String, Yaml> members = new LinkedHashMap<>();
            List<Yaml> items = new ArrayList<>();
            long weight = 1;
            if (strict && !node.getTag().getValue().startsWith(Tag.PREFIX)) {
                throw new YamlError(line(node), column(node), "this is not YAML");
            }
            if (node instanceof MappingNode map) {
                for (NodeTuple tuple : map.getValue()) {
                    member(members, tuple);
                    weight += weights.get(tuple.getValueNode());
                }
                merge(members);
            } else if (node instanceof SequenceNode list) {
                for (Node item : list.getValue()) {
                    items.add(of(item, item));
                    weight += weights.get(item);
                }
            }
            if (weight > most) {
                throw new YamlError(0, 0, YamlError.ENDLESS);
            }
            weights.put(node, weight);
            ScalarNode scalar = node instanceof ScalarNode s ? s : null;
            boolean bare = scalar == null || scalar.isPlain();
            String value = scalar == null ? null : scalar.getTag().equals(Tag.NULL) ? "" : scalar.getValue();
            return new Yaml(value, scalar != null && bare, members, items, 0, 0,
                    offset(node.getStartMark()) + (bare ? 0 : 1), offset(node.getEndMark()));
        }

        private void member(Map<String, Yaml> members, NodeTuple tuple) {
            Node named = tuple.getKeyNode();
            String key = named instanceof ScalarNode scalar ? scalar.getValue() : "";
            if (members.putIfAbsent(key, of(tuple.getValueNode(), named)) != null && strict) {
                throw new YamlError(line(named), column(named), "a key is given twice", key);
            }
        }

        private static void merge(Map<String, Yaml> members) {
            Yaml merged = members.remove("<<");
            if (merged != null) {
                merged.members.forEach(members::putIfAbsent);
                merged.items.forEach(each -> each.members.forEach(members::putIfAbsent));
            }
        }

        private static int line(Node node) {
            return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
        }

        private static int column(Node node) {
            return node.getStartMark().map(mark -> mark.getColumn() + 1).orElse(0);
        }

        /** The parser counts code points. */
        private int offset(Optional<Mark> mark) {
            int codePoints = mark.map(Mark::getIndex).orElse(0);
            return shift + (plain ? codePoints : text.offsetByCodePoints(0, codePoints));
        }
    }
}
