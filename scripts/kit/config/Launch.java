//SOURCES ConfigRules.java
//SOURCES Mount.java
//SOURCES ShellWords.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
package kit.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** One place that starts a container, or the service itself. */
public final class Launch {
    private static final String ENGINE = "(?:.*/)?(?:podman|docker|nerdctl)";
    private static final String FLAGS = "dtiPq";
    private static final Set<String> LONG_FLAGS = Set.of("--detach", "--tty", "--interactive", "--rm", "--rmi",
            "--init", "--privileged", "--read-only", "--publish-all", "--quiet",
            "--no-healthcheck", "--replace", "--no-hosts", "--oom-kill-disable", "--sig-proxy", "--tls-verify",
            "--env-host", "--http-proxy", "--disable-content-trust");

    /** In what form it says a variable and a mount. */
    public enum Kind {
        COMMAND("-e %s=%s", "-v %s:%s:ro"),
        COMPOSE("to its environment: %s: %s", "to its volumes: - %s:%s:ro"),
        KUBERNETES("to its env: {name: %s, value: %s}", "a ConfigMap or Secret with %s, and a volumeMount on %s");

        final String variable;
        final String mount;

        Kind(String variable, String mount) {
            this.variable = variable;
            this.mount = mount;
        }
    }

    public final Kind kind;
    public final Where where;
    public final String what;
    public final Path base;
    public final Map<String, String> environment = new LinkedHashMap<>();
    public final List<Mount> mounts = new ArrayList<>();
    public boolean container = true;
    public boolean unlabelled;
    String image = "";

    Launch(Kind kind, Where where, String what, Path base) {
        this.kind = kind;
        this.where = where;
        this.what = what;
        this.base = base;
    }

    public String name() {
        return where == null ? what : where + ": " + what;
    }

    public boolean isOf(ConfigRules rules) {
        String named = image.replaceFirst("[:@][^/]*$", "").replaceFirst(".*/", "");
        return environment.containsKey(rules.variable()) || named.contains(rules.service())
                || mounts.stream().anyMatch(m -> (m.target() + "/").startsWith("/etc/" + rules.service() + "/"));
    }

    /** The mount nearest above a path of the container, or null. */
    public Mount over(String path) {
        return mounts.stream()
                .filter(m -> m.covers(path))
                .max(Comparator.comparing(m -> m.target().length())).orElse(null);
    }

    /** What a variable such as $configDir stands for, where the checked file lies behind the path that it is mounted
     * on. */
    public void learn(String path, Path file) {
        Mount mount = over(path);
        Matcher m = Pattern.compile("(\\$\\{?\\w+}?)(/.*)?").matcher(mount == null ? "" : mount.source());
        String here = file.toAbsolutePath().normalize().toString();
        if (m.matches()) {
            String rest = (m.group(2) == null ? "" : m.group(2)) + path.substring(mount.target().length());
            if (here.endsWith(rest)) {
                String folder = here.substring(0, here.length() - rest.length());
                mounts.replaceAll(each -> each.source().startsWith(m.group(1)) ? new Mount(each.where(),
                        folder + each.source().substring(m.group(1).length()), each.target(), each.options()) : each);
            }
        }
    }

    /** A command as it is typed. Without podman or docker in it, it starts the service itself. */
    public static Launch command(String text, Where where) {
        List<String> words = ShellWords.words(text, ShellWords.inFolder(System::getenv, Path.of("").toAbsolutePath()));
        int engine = 0;
        while (engine < words.size() && !words.get(engine).matches(ENGINE)) {
            engine++;
        }
        Launch launch = new Launch(Kind.COMMAND, where, "the command", Path.of(""));
        int run = engine;
        while (run < words.size() && !words.get(run).matches("run|create")) {
            run++;
        }
        if (run == words.size()) {
            launch.container = false;
            words.stream().takeWhile(word -> word.matches("env|\\w+=.*")).filter(word -> word.contains("="))
                    .forEach(launch::variable);
            return launch;
        }
        launch.arguments(words.subList(run + 1, words.size()), System::getenv);
        return launch;
    }

    private void variable(String assignment) {
        environment.put(assignment.substring(0, assignment.indexOf('=')),
                assignment.substring(assignment.indexOf('=') + 1));
    }

    /** The options up to the image. */
    void arguments(List<String> words, UnaryOperator<String> known) {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("-")) {
                image = word;
                return;
            }
            String name = word;
            String value = null;
            if (word.startsWith("--")) {
                int equals = word.indexOf('=');
                name = equals < 0 ? word : word.substring(0, equals);
                value = equals < 0 ? null : word.substring(equals + 1);
                if (value == null && LONG_FLAGS.contains(name)) {
                    continue;
                }
            } else {
                int last = 1;
                while (last < word.length() && FLAGS.indexOf(word.charAt(last)) >= 0) {
                    last++;
                }
                if (last >= word.length()) {
                    continue;
                }
                name = "-" + word.charAt(last);
                value = last + 1 < word.length() ? word.substring(last + 1).replaceFirst("^=", "") : null;
            }
            if (value == null) {
                value = ++i < words.size() ? words.get(i) : "";
            }
            option(name, value, known);
        }
    }

    private void option(String name, String value, UnaryOperator<String> known) {
        switch (name) {
            case "-e", "--env" -> environment(value, known);
            case "--env-file" -> environmentFile(value, known);
            case "-v", "--volume" -> mounts.add(Mount.of(where, value));
            case "--mount" -> mount(value);
            case "--secret" -> mounts.add(
                    new Mount(where, "", field(value, "target", "/run/secrets/" + value.replaceFirst(",.*", "")), ""));
            case "--security-opt" -> unlabelled |= value.matches("label[=:]disable");
            default -> {
            }
        }
    }

    void environment(String value, UnaryOperator<String> known) {
        if (value.contains("=")) {
            variable(value);
        } else {
            // As the shell that runs it has it
            String here = known.apply(value);
            environment.put(value, here == null ? "$" + value : here);
        }
    }

    void environmentFile(String name, UnaryOperator<String> known) {
        try {
            Files.readAllLines(base.resolve(name)).stream().map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(line -> environment(line, known));
        } catch (IOException e) {
            throw Stop.unchecked(
                    "the file of variables " + name + " of " + name() + " cannot be read: " + TextFiles.trouble(e));
        }
    }

    private void mount(String value) {
        String target = field(value, "target", field(value, "destination", field(value, "dst", "")));
        if (field(value, "type", "bind").equals("bind") && !target.isEmpty()) {
            String label = field(value, "relabel", value.matches("(.*,)?[zZ](,.*)?") ? "private" : "");
            mounts.add(new Mount(where, field(value, "source", field(value, "src", "")), Mount.tidy(target),
                    label.isEmpty() ? "" : "Z"));
        }
    }

    private static String field(String list, String name, String otherwise) {
        return Stream.of(list.split(",")).filter(f -> f.startsWith(name + "=")).map(f -> f.substring(name.length() + 1))
                .findFirst().orElse(otherwise);
    }

}
