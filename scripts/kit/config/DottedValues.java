//SOURCES Yaml.java
package kit.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A configuration file as dotted names, whatever its form: YAML, JSON, properties, TOML, INI, .env. */
public final class DottedValues {
    private static final long MOST = 20_000;
    private static final Pattern LINE = Pattern.compile("\\s*(?:export\\s+)?([\\w.-]+)\\s*[=:]\\s*(.*?)\\s*");

    private DottedValues() {
    }

    /** @param line from 1 */
    public record Value(String text, int line) {
    }

    /** Each value by its name, in which case does not count; an item of a list has its number, from 0.
     *
     * @throws YamlError it is not YAML, or more than a configuration ever is */
    public static Map<String, Value> read(Path file, String text) {
        Map<String, Value> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        if (file.toString().matches("(?i).*\\.(ya?ml|json)")) {
            Yaml.all(text, MOST).forEach(document -> add(values, "", document));
            return values;
        }
        String section = "";
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            Matcher m = LINE.matcher(line);
            if (line.strip().matches("\\[[\\w.-]+]")) {
                section = line.strip().replaceAll("[\\[\\]]", "") + ".";
            } else if (m.matches()) {
                String value = m.group(2).replaceFirst("^([\"'])(.*)\\1.*$", "$2");
                values.put(section + m.group(1), new Value(value, number));
            }
        }
        return values;
    }

    private static void add(Map<String, Value> values, String path, Yaml yaml) {
        String prefix = path.isEmpty() ? "" : path + ".";
        yaml.members().forEach((key, value) -> add(values, prefix + key, value));
        for (int i = 0; i < yaml.items().size(); i++) {
            add(values, prefix + i, yaml.items().get(i));
        }
        if (yaml.text() != null) {
            values.put(path, new Value(yaml.text(), yaml.line()));
        }
    }
}
