//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Where.java
//SOURCES ../config/Yaml.java
//SOURCES ../config/YamlError.java
package kit.ports;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import kit.config.Yaml;
import kit.config.YamlError;
import kit.report.Stop;
import kit.report.Where;

/** The table of ports of a project, kept in ports.yaml beside its source. */
public record PortTable(Map<String, Row> rows) {
    public static final String FILE = "ports.yaml";

    /** @param host the port on the host; @param container the port in the container network */
    public record Row(String name, PortKind kind, int host, int container) {
    }

    /** The table of a project; null where it has none. */
    public static PortTable read(Path root) throws IOException {
        Path file = root.resolve(FILE);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            Map<String, Yaml> services = Yaml.read(Files.readString(file)).map(document -> document.at("services"))
                    .map(Yaml::members).orElse(Map.of());
            if (services.isEmpty()) {
                throw Stop.usage(
                        Where.shown(file) + " has no services: it is not the table that check-ports --apply writes");
            }
            Map<String, Row> rows = new LinkedHashMap<>();
            services.forEach((name, value) -> rows.put(name, row(file, name, value)));
            return new PortTable(rows);
        } catch (YamlError e) {
            throw Stop.usage(Where.shown(file) + " cannot be read: " + e.getMessage() + e.place());
        }
    }

    private static Row row(Path file, String name, Yaml value) {
        int host = value.at("host").number();
        if (host < 1 || host > 65535) {
            throw Stop.usage(Where.shown(file) + ": " + name + " needs {kind: postgres, host: 15433, container: 5432}");
        }
        PortKind kind = Stream.of(PortKind.values()).filter(k -> k.name().equalsIgnoreCase(value.text("kind")))
                .findFirst().orElseThrow(() -> Stop.usage(
                        Where.shown(file) + ": the kind of " + name + " is none of postgres, redis, service"));
        return new Row(name, kind, host, value.at("container").number());
    }

    public Row of(PortPlace publisher) {
        Row exact = rows.get(publisher.name(true));
        return exact != null ? exact : rows.get(publisher.name(false));
    }

    public String text() {
        StringBuilder text = new StringBuilder(
                "# The port of each service: on the host, and in the container network. check-ports --check holds "
                        + "the project to it.\nservices:\n");
        rows.values()
                .forEach(r -> text.append("  ").append(r.name.matches("[\\w][\\w.-]*") ? r.name : quoted(r.name))
                        .append(": {kind: ").append(r.kind.word())
                        .append(", host: ").append(r.host).append(r.container > 0 ? ", container: " + r.container : "")
                        .append("}\n"));
        return text.toString();
    }

    /** As YAML has it between quotes: what cannot be seen is written by its number. */
    private static String quoted(String name) {
        StringBuilder text = new StringBuilder("\"");
        name.chars()
                .forEach(c -> text.append(c == '"' || c == '\\' ? "\\" + (char) c
                        : Character.isISOControl(c) || Character.getType(c) == Character.FORMAT
                                ? String.format("\\u%04x", c)
                                : Character.toString(c)));
        return text.append('"').toString();
    }
}
