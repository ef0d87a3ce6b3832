//SOURCES CodeArguments.java
//SOURCES ComposeFile.java
//SOURCES Launch.java
//SOURCES Mount.java
//SOURCES ../report/Report.java
//SOURCES ShellWords.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
//SOURCES YamlError.java
package kit.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Report;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** The places that start containers: compose files, scripts, Makefiles, source, Kubernetes manifests. */
public final class LaunchSearch {
    private static final long MOST = 20_000;
    private static final Set<String> NOT_SOURCE = Set.of(".git", "node_modules", "vendor", "target", "build", "dist",
            ".venv");
    private static final Pattern SHELL_RUN = Pattern
            .compile("(?m)^(?!\\s*(?:#|//)).*?\\b((?:podman|docker)\\s(?:[^\\n;|&]*?\\s)?run\\s)");
    private static final Pattern CODE_RUN = Pattern
            .compile("(?:[\"'`](?:podman|docker)[\"'`]\\s*,\\s*|\\[\\]string\\s*\\{\\s*)[\"'`]run[\"'`]\\s*,");

    private LaunchSearch() {
    }

    /** The services of a compose file. */
    public static List<Launch> compose(Path file) {
        try {
            List<Yaml> documents = Yaml.all(Files.readString(file), MOST);
            if (documents.isEmpty() || documents.get(0).at("services").members().isEmpty()) {
                throw Stop.usage(Where.shown(file) + " names no services: is it a compose file?");
            }
            ComposeFile compose = new ComposeFile(file, documents.get(0));
            UnaryOperator<String> known = compose.variables();
            return compose.services().stream().map(service -> service(file, service, known)).toList();
        } catch (YamlError e) {
            throw Stop.unchecked(Where.shown(file) + ": " + e.getMessage() + e.place());
        } catch (IOException e) {
            throw Stop.usage("the compose file " + TextFiles.trouble(e));
        }
    }

    private static Launch service(Path file, ComposeFile.Service service, UnaryOperator<String> known) {
        Launch launch = new Launch(Launch.Kind.COMPOSE, Where.of(file, service.body.line()),
                "service " + service.name, file.toAbsolutePath().getParent());
        launch.image = ShellWords.expanded(service.image().isEmpty() ? service.name : service.image(), known);
        service.environmentFiles().forEach(each -> launch.environmentFile(ShellWords.expanded(each, known), known));
        service.environment(known).forEach((name, value) -> launch.environment(
                value == null ? name : name + "=" + value, known));
        launch.mounts.addAll(service.mounts(known));
        launch.unlabelled = service.unlabelled();
        return launch;
    }

    /** Every place of a tree that starts a container, in scripts, Makefiles, source, compose files and Kubernetes
     * manifests. */
    public static List<Launch> source(Path dir, Report report) throws IOException {
        if (!Files.isDirectory(dir)) {
            throw Stop.usage("--source " + Where.shown(dir) + " is no folder");
        }
        List<Launch> launches = new ArrayList<>();
        try (Stream<Path> all = Files.find(dir, 20,
                (path, attributes) -> attributes.isRegularFile() && attributes.size() <= 1 << 20)) {
            for (Path file : (Iterable<Path>) all.sorted()::iterator) {
                if (Stream.of(dir.relativize(file).toString().split("[/\\\\]")).noneMatch(NOT_SOURCE::contains)) {
                    report.checked("source files", 1);
                    launches.addAll(in(file, report));
                }
            }
        } catch (UncheckedIOException e) {
            throw Stop.unchecked("could not read all of " + Where.shown(dir) + ": " + TextFiles.trouble(e.getCause()));
        }
        return launches;
    }

    private static List<Launch> in(Path file, Report report) {
        try {
            String text = Files.readString(file);
            String name = file.getFileName().toString();
            if (ComposeFile.NAME.matcher(name).matches()) {
                return compose(file);
            }
            if (name.matches(".*\\.ya?ml") && text.contains("containers:")) {
                return kubernetes(file, text);
            }
            return Stream.concat(shell(file, text), code(file, text)).toList();
        } catch (CharacterCodingException e) {
            return List.of();
        } catch (IOException | YamlError | Stop e) {
            report.skipped(Where.shown(file), "it cannot be read as what its name says");
            return List.of();
        }
    }

    private static Where place(Path file, String text, int at) {
        return Where.of(file, 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count());
    }

    private static Stream<Launch> shell(Path file, String text) {
        return SHELL_RUN.matcher(text).results().map(m -> {
            Launch launch = new Launch(Launch.Kind.COMMAND, place(file, text, m.start(1)), "podman run",
                    file.toAbsolutePath().getParent());
            // Up to the end of the line, or of the last that a backslash joins to it
            Matcher line = Pattern.compile("(?:\\\\\\r?\\n|.)*+").matcher(text).region(m.end(), text.length());
            launch.arguments(ShellWords.words(line.lookingAt() ? line.group().replace("\r", "") : "",
                    ShellWords.inFolder(Map.of("HOME", System.getProperty("user.home"))::get, launch.base)),
                    name -> null);
            return launch;
        });
    }

    private static Stream<Launch> code(Path file, String text) {
        return CODE_RUN.matcher(text).results().map(m -> {
            Launch launch = new Launch(Launch.Kind.COMMAND, place(file, text, m.start()), "podman run",
                    file.toAbsolutePath().getParent());
            launch.arguments(CodeArguments.of(text, m.end()), name -> null);
            return launch;
        });
    }

    private static List<Launch> kubernetes(Path file, String text) {
        List<Launch> launches = new ArrayList<>();
        Yaml.all(text, MOST).forEach(document -> containers(file, document, launches));
        return launches;
    }

    private static void containers(Path file, Yaml yaml, List<Launch> launches) {
        for (Yaml container : yaml.at("containers").items()) {
            Launch launch = new Launch(Launch.Kind.KUBERNETES, Where.of(file, container.line()),
                    "container " + container.text("name"), file.toAbsolutePath().getParent());
            launch.image = container.text("image");
            container.at("env").items().forEach(variable -> launch.environment.put(variable.text("name"),
                    variable.at("valueFrom").members().isEmpty() ? variable.text("value") : "$valueFrom"));
            container.at("volumeMounts").items().forEach(mount -> launch.mounts
                    .add(new Mount(Where.of(file, mount.line()), "", Mount.tidy(mount.text("mountPath")), "")));
            launches.add(launch);
        }
        yaml.members().values().forEach(each -> containers(file, each, launches));
        yaml.items().forEach(each -> containers(file, each, launches));
    }
}
