//SOURCES Mount.java
//SOURCES ShellWords.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
package kit.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.report.Where;

/** What a compose file says of its services; the services of a job of GitHub's have the same form.
 *
 * @param document where its configs and secrets are named, too */
public record ComposeFile(Path file, Yaml document) {

    /** How such files are named. */
    public static final Pattern NAME = Pattern.compile("(?i)(?:.*[-_.])?compose[\\w.-]*\\.ya?ml");
    private static final Pattern MAPPING = Pattern.compile("(?:[\\d.]+:)?(\\d{1,5}):(\\d{1,5})(?:/tcp)?");

    /** A server of PostgreSQL or Redis.
     *
     * @param where     the port that it publishes, else its image
     * @param published its host port, 0 for none */
    public record Server(Where where, String service, boolean postgres, int published, int inside,
            Map<String, String> environment) {
    }

    /** A port that is published.
     *
     * @param at   the value that holds the host's side
     * @param text as -p has it, also where a map says it */
    public record Port(Yaml at, String text) {
    }

    public List<Service> services() {
        return services(document.at("services"));
    }

    /** Those of a map of services, wherever it stands. */
    public List<Service> services(Yaml named) {
        return named.members().entrySet().stream().map(e -> new Service(e.getKey(), e.getValue())).toList();
    }

    /** What variables are here: those of the environment, then those of the .env beside the file. */
    public UnaryOperator<String> variables() throws IOException {
        Path beside = file.toAbsolutePath().resolveSibling(".env");
        Map<String, String> dotEnv = new LinkedHashMap<>();
        if (Files.isRegularFile(beside)) {
            Files.readAllLines(beside).stream().filter(line -> line.matches("\\w+=.*"))
                    .forEach(line -> dotEnv.put(line.replaceFirst("=.*", ""), line.replaceFirst("\\w+=", "")));
        }
        return name -> System.getenv(name) != null ? System.getenv(name) : dotEnv.get(name);
    }

    /** One service; what it says stands as it is written, but where variables are given. */
    public final class Service {
        public final String name;
        public final Yaml body;

        Service(String name, Yaml body) {
            this.name = name;
            this.body = body;
        }

        public String image() {
            return body.text("image");
        }

        /** The container's own name, or "". */
        public String container() {
            return body.text("container_name");
        }

        public Set<String> profiles() {
            return body.at("profiles").items().stream().map(each -> each.textOr("")).collect(Collectors.toSet());
        }

        public boolean onHostNetwork() {
            return body.text("network_mode").equals("host");
        }

        /** Those of TCP. */
        public List<Port> ports() {
            List<Port> ports = new ArrayList<>();
            for (Yaml port : body.at("ports").items()) {
                Yaml published = port.at("published");
                if (port.text() != null) {
                    ports.add(new Port(port, port.text()));
                } else if (!published.textOr("").isEmpty() && !port.text("protocol").equals("udp")) {
                    ports.add(new Port(published, published.text() + ":" + port.at("target").number()));
                }
            }
            return ports;
        }

        /** Each name with its value, null where it is the shell's. */
        public Map<String, String> environment(UnaryOperator<String> known) {
            Map<String, String> all = new LinkedHashMap<>();
            Yaml environment = body.at("environment");
            environment.members().forEach((key, value) -> all.put(key,
                    value.textOr("").isEmpty() ? null : ShellWords.expanded(value.text(), known)));
            for (Yaml item : environment.items()) {
                String text = ShellWords.expanded(item.textOr(""), known);
                int equals = text.indexOf('=');
                all.put(equals < 0 ? text : text.substring(0, equals), equals < 0 ? null : text.substring(equals + 1));
            }
            return all;
        }

        /** The files of variables that are handed to it. */
        public List<String> environmentFiles() {
            Yaml files = body.at("env_file");
            return Stream.concat(Stream.of(files.textOr("")),
                    files.items().stream().map(item -> item.text() != null ? item.text() : item.text("path")))
                    .filter(file -> !file.isEmpty()).toList();
        }

        /** Its volumes, configs and secrets. */
        public List<Mount> mounts(UnaryOperator<String> known) {
            List<Mount> mounts = new ArrayList<>();
            for (Yaml volume : body.at("volumes").items()) {
                Where where = Where.of(file, volume.line());
                mounts.add(volume.text() != null ? Mount.of(where, ShellWords.expanded(volume.text(), known))
                        : new Mount(where, ShellWords.expanded(volume.text("source"), known),
                                Mount.tidy(volume.text("target")), volume.text("bind.selinux")));
            }
            for (String kind : List.of("configs", "secrets")) {
                body.at(kind).items().forEach(each -> mounts.add(of(kind, each, known)));
            }
            return mounts;
        }

        private Mount of(String kind, Yaml each, UnaryOperator<String> known) {
            String source = each.text() != null ? each.text() : each.text("source");
            String target = each.text("target");
            String folder = kind.equals("secrets") ? "/run/secrets/" : "/";
            String path = target.startsWith("/") ? target : folder + (target.isEmpty() ? source : target);
            String from = ShellWords.expanded(document.text(kind + "." + source + ".file"), known);
            return new Mount(Where.of(file, each.line()), from, path, "z");
        }

        /** Whether SELinux does not keep it from files. */
        boolean unlabelled() {
            return body.at("security_opt").items().stream()
                    .anyMatch(item -> item.textOr("").matches("label[=:]disable"));
        }

        /** The server that it is by its image, if any. */
        public Optional<Server> server(UnaryOperator<String> known) {
            boolean postgres = image().matches("(?i).*(?:postgres|postgis|timescale|pgvector).*");
            if (!postgres && !image().matches("(?i).*(?:redis|valkey).*")) {
                return Optional.empty();
            }
            int inside = postgres ? 5432 : 6379;
            int published = 0;
            int line = body.at("image").line();
            for (Port port : ports()) {
                Matcher m = MAPPING.matcher(ShellWords.expanded(port.text(), known));
                if (published == 0 && m.matches() && Integer.parseInt(m.group(2)) == inside) {
                    published = Integer.parseInt(m.group(1));
                    line = port.at().line();
                }
            }
            Map<String, String> environment = environment(known);
            environment.replaceAll((name, value) -> value == null ? "" : value);
            return Optional.of(new Server(Where.of(file, line), name, postgres, published, inside, environment));
        }
    }
}
