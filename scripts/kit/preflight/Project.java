//SOURCES CheckOutcome.java
//SOURCES ../report/Accepted.java
//SOURCES ../report/Clean.java
//SOURCES ../config/CiFile.java
//SOURCES ../config/ComposeFile.java
//SOURCES DialledServers.java
//SOURCES ../config/DottedValues.java
//SOURCES ../migrations/FileList.java
//SOURCES ../report/Finding.java
//SOURCES ../migrations/Folder.java
//SOURCES FolderSearch.java
//SOURCES ../source/Language.java
//SOURCES OwnServer.java
//SOURCES ../engine/Ran.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../config/ShellWords.java
//SOURCES Statements.java
//SOURCES ../report/Stop.java
//SOURCES Targets.java
//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
//SOURCES ../config/Yaml.java
//SOURCES ../config/YamlError.java
package kit.preflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import kit.config.CiFile;
import kit.config.ComposeFile;
import kit.config.DottedValues;
import kit.config.ShellWords;
import kit.config.Yaml;
import kit.config.YamlError;
import kit.engine.Ran;
import kit.migrations.FileList;
import kit.migrations.Folder;
import kit.postgres.Server;
import kit.report.Accepted;
import kit.report.Clean;
import kit.report.Finding;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Tree;
import kit.report.Where;
import kit.report.Words;
import kit.source.Language;

/** What a folder holds, found by looking. */
public final class Project {
    private static final Pattern SETTINGS = Pattern.compile("(?i).*\\.(?:ya?ml|properties|toml|ini)"
            + "|(?:.*config|.*settings)[\\w.-]*\\.json|\\.env[\\w.-]*|.*\\.env");
    private static final Pattern NAMED_AS_CONFIG = Pattern
            .compile("(?i).*(?:config|settings|application|database)[\\w.-]*\\.ya?ml");
    private static final Pattern BUILD = Pattern.compile("(?i)pom\\.xml|build\\.gradle(?:\\.kts)?|go\\.mod"
            + "|package\\.json|requirements.*\\.txt|pyproject\\.toml|cargo\\.toml|gemfile|mix\\.exs|.*\\.csproj");
    private static final Pattern RECIPE = Pattern
            .compile("(?i)makefile|gnumakefile|.*\\.(?:mk|sh|bash|ya?ml)|justfile|jenkinsfile");
    private static final Pattern RUNS = Pattern.compile(
            "(?m)^(?!\\s*#).*\\b(?:podman|docker)(?:-compose| compose)? (?:run|up|start|create)\\b");
    private static final Pattern EXECUTES = Pattern.compile("(?:Command\\w*|ProcessBuilder|exec\\w*|spawn\\w*|run"
            + "|check_\\w+)\\(\\s*(?:ctx,\\s*)?\\[?\\s*[\"'](?:podman|docker)[\"']");
    private static final Pattern TESTCONTAINERS = Pattern.compile("(?m)^\\s*(?:import|from|using|use|const|//DEPS)\\b"
            + ".*testcontainers|(?i)(?:getConnection\\(|(?<![-\\w])[\\w.]*url[\"']?\\s*[=:,(])\\s*[\"']?jdbc:tc:");
    private static final Pattern READS_PATH = Pattern.compile("(?:[Gg]etenv|LookupEnv|environ(?:\\.get)?"
            + "|env(?:::var)?|process\\.env)\\W{1,3}(\\w*CONFIG_(?:PATH|FILE))\\b");
    /** A value behind the name: an argument, an assignment, or {@code NAME=…} for a process. */
    private static final Pattern SETS_PATH = Pattern
            .compile("\\b(\\w*CONFIG_(?:PATH|FILE))(?:[\"'`]\\s*,|[\"'`]?\\]?\\s*=(?!=))");
    /** More values than a compose file ever has. */
    private static final long MOST = 20_000;

    final Path root;
    /** Null where there is none, or none that can be read. */
    Folder folder;
    String folderTrouble = "";
    final List<FileList> lists = new ArrayList<>();
    /** The SQL in the source. */
    Statements statements;
    Targets targets;
    /** Files that use containers, and of those the ones that use Testcontainers. */
    final List<String> containers = new ArrayList<>();
    final List<String> testcontainers = new ArrayList<>();
    private final List<Path> otherFolders = new ArrayList<>();
    private final List<Path> configs = new ArrayList<>();
    private final List<Finding> problems = new ArrayList<>();
    private final Map<Path, Map<String, DottedValues.Value>> settings = new LinkedHashMap<>();
    private final List<ComposeFile> composeFiles = new ArrayList<>();
    private final Map<String, Where> readsPath = new LinkedHashMap<>();
    private final Set<String> setsPath = new HashSet<>();
    private final StringBuilder recipes = new StringBuilder();
    private Map<String, DottedValues.Value> dotEnv = Map.of();
    private Tree tree;

    private final Accepted accepted;

    private Project(Path root, Accepted accepted) {
        this.root = root;
        this.accepted = accepted;
    }

    /** @param migrations the folder that is named by hand, or null
     * @param own        is started as soon as there is something to replay; null for a look without checks
     * @param accepted   is handed every file */
    public static Project read(Path root, Path migrations, Server.Options server, OwnServer own, Accepted accepted)
            throws IOException {
        Project project = new Project(root, accepted);
        project.findFolder(migrations);
        project.statements = new Statements(project.folder);
        if (project.folder != null) {
            project.folder.files().forEach(m -> accepted.read(m.file(), m.text()));
        }
        if (own != null && project.folder != null) {
            own.start();
        }
        project.tree = Tree.read("DIR", List.of(root),
                dir -> project.folder != null && Tree.same(dir, project.folder.dir()), project::file);
        project.containers.sort(Comparator.naturalOrder());
        project.testcontainers.sort(Comparator.naturalOrder());
        Clean.secret(System.getenv("PGPASSWORD"));
        project.findTargets(server);
        project.pathVariables();
        return project;
    }

    private void findFolder(Path named) throws IOException {
        if (named != null) {
            folder = Folder.read(named);
            return;
        }
        otherFolders.addAll(FolderSearch.below(root));
        try {
            folder = otherFolders.isEmpty() ? null : Folder.read(otherFolders.remove(0));
        } catch (Stop e) {
            folderTrouble = e.getMessage().replaceFirst("^--migrations ", "");
        }
    }

    private void file(Path file, String text) {
        String name = file.getFileName().toString();
        String shown = Where.shown(file);
        Language language = Language.of(file);
        accepted.read(file, text);
        boolean compose = ComposeFile.NAME.matcher(name).matches();
        boolean recipe = RECIPE.matcher(name).matches();
        if (name.equals("preflight.java") && text.contains("class Preflight implements")) {
            return; // this tool, copied into the project
        }
        boolean usesTestcontainers = BUILD.matcher(name).matches() && text.contains("testcontainers")
                || language != null && needsEngine(file) && TESTCONTAINERS.matcher(text).find();
        if (usesTestcontainers) {
            testcontainers.add(shown);
        }
        if (usesTestcontainers || compose || recipe && RUNS.matcher(text).find()
                || language != null && EXECUTES.matcher(text).find()) {
            containers.add(shown);
        }
        if (folder != null) {
            FileList.in(file, text, folder).stream().filter(this::isOfTheFolder).forEach(lists::add);
        }
        if (recipe || SETTINGS.matcher(name).matches()) {
            recipes.append(text).append('\n');
        }
        if (language != null) {
            source(file, text, language);
        } else if (!CiFile.is(file, text)
                && (compose || SETTINGS.matcher(name).matches() && !FolderSearch.isSample(shown))) {
            parse(file, text, compose);
        }
    }

    /** Tests need what they name; a program or a benchmark that can use an engine does without. */
    private static boolean needsEngine(Path file) {
        return Statements.isTest(file) && !Where.shown(file).contains("bench");
    }

    /** Names of other files, in a test of something else, are no list of this folder. */
    private boolean isOfTheFolder(FileList list) {
        int known = list.listed(folder).size();
        return known > 1 && known * 2 >= folder.files().size();
    }

    private void source(Path file, String text, Language language) {
        statements.read(file, text, language);
        SETS_PATH.matcher(text).results().forEach(m -> setsPath.add(m.group(1)));
        if (language != Language.SHELL && !Statements.isTest(file)) {
            READS_PATH.matcher(text).results().forEach(m -> readsPath.putIfAbsent(m.group(1),
                    Where.of(file, (int) text.substring(0, m.start()).chars().filter(c -> c == '\n').count() + 1)));
        }
    }

    private void parse(Path file, String text, boolean compose) {
        String name = file.getFileName().toString();
        try {
            if (compose) {
                Yaml.all(text, MOST).stream().limit(1).map(yaml -> new ComposeFile(file, yaml))
                        .forEach(composeFiles::add);
                return;
            }
            Map<String, DottedValues.Value> values = DottedValues.read(file, text);
            if (name.startsWith(".env") && file.resolveSibling("").normalize().equals(root.normalize())) {
                dotEnv = values;
            }
            if (!values.containsKey("apiVersion")) {
                settings.put(file, values);
            }
        } catch (YamlError e) {
            // Templates are no YAML before they are filled in.
            boolean template = text.contains("{{") || text.contains("{%");
            if ((compose || NAMED_AS_CONFIG.matcher(name).matches()) && !template) {
                problem("CONFIG_SYNTAX", Severity.error, file, e.line, "this is not YAML");
            }
        }
    }

    void problem(String code, Severity severity, Path file, int line, String text) {
        problems.add(new Finding(code, severity, Where.of(file, line), text, "", List.of()));
    }

    /** With variables of the environment and of .env in it; what only the run knows stays as a variable. */
    String filled(String text) {
        return ShellWords.expanded(text, name -> System.getenv(name) != null ? System.getenv(name)
                : dotEnv.containsKey(name) ? dotEnv.get(name).text() : null);
    }

    private void findTargets(Server.Options server) {
        List<ComposeFile.Server> boxes = composeFiles.stream().flatMap(compose -> compose.services().stream())
                .flatMap(service -> service.server(name -> variable(name)).stream()).toList();
        targets = new Targets(boxes, server);
        settings.forEach((file, values) -> {
            int before = targets.known() + problems.size();
            new DialledServers(root, targets, this::filled, this::problem, file, values).find();
            if (targets.known() + problems.size() > before) {
                configs.add(file);
            }
        });
        composeFiles.forEach(this::mounts);
        targets.ofCompose();
        configs.sort(Comparator.naturalOrder());
    }

    private String variable(String name) {
        String known = filled("$" + name);
        return known.equals("$" + name) ? null : known;
    }

    /** A bind mount of a file that is not there: Docker would make a folder of that name. */
    private void mounts(ComposeFile compose) {
        configs.add(compose.file());
        for (ComposeFile.Service service : compose.services()) {
            for (Yaml volume : service.body.at("volumes").items()) {
                String host = volume.textOr("").replaceFirst(":.*", "");
                if (host.matches("\\.{1,2}/.*\\.\\w{2,5}") && !ShellWords.unknown(host)
                        && !Files.exists(compose.file().resolveSibling(host))) {
                    problem("CONFIG_MOUNT", Severity.error, compose.file(), volume.line(),
                            host + " is to be mounted and is not there");
                }
            }
        }
    }

    /** The code reads the path of its configuration from a variable: does anything here set it? */
    private void pathVariables() {
        readsPath.forEach((name, where) -> {
            boolean set = System.getenv(name) != null || setsPath.contains(name)
                    || Pattern.compile("\\b" + name + "\\b").matcher(recipes).find();
            if (!set) {
                problems.add(new Finding("CONFIG_PATH_UNSET", Severity.warning, where, "the code reads " + name
                        + ", and no script, compose file or configuration here sets it", "",
                        List.of("export " + name + "=" + firstConfig())));
            }
        });
    }

    /** The first configuration that is no compose file; one must have a name. */
    String firstConfig() {
        return configs.stream().filter(file -> composeFiles.stream().noneMatch(c -> c.file().equals(file))).findFirst()
                .map(Where::shown).orElse("config.yaml");
    }

    /** The engine that compose files are started with. */
    String engineCommand() {
        return Ran.onPath("podman") ? "podman" : "docker";
    }

    /** What the configuration files say of themselves, and what starts the service says of them. */
    CheckOutcome configuration() {
        if (configs.isEmpty() && problems.isEmpty()) {
            return CheckOutcome.none("there is no configuration here that names a server, a secrets file or "
                    + "CONFIG_PATH");
        }
        CheckOutcome outcome = CheckOutcome.sound(String.join(", ", configs.stream().map(Where::shown).toList())
                + (configs.size() == 1 ? " is" : " are") + " whole").more("jbang check-config " + firstConfig());
        problems.forEach(f -> outcome.finding(f.code(), f.severity(), f.where(), f.text(), f.evidence(),
                f.remediation().toArray(String[]::new)));
        return outcome;
    }

    /** What everything was taken for, as a step of its own. */
    public void show(Report report) {
        report.step("What is here");
        say(report, "migrations", folder != null ? List.of(Where.shown(folder.dir()) + ": " + folder.describe())
                : folderTrouble.isEmpty() ? List.of() : List.of(folderTrouble));
        otherFolders.forEach(dir -> say(report, "",
                List.of(Where.shown(dir) + " is not looked at: --migrations " + Where.shown(dir))));
        say(report, "lists", lists.stream()
                .map(list -> list.at() + " names " + list.names().stream().distinct().count() + " files").toList());
        say(report, "servers", targets.all.stream()
                .map(t -> t + " (" + (t.where == null ? "named by hand" : t.where) + ")").toList());
        say(report, "", targets.remote.stream().map(s -> s + " is on another machine, and not asked").toList());
        say(report, "compose", targets.boxes.stream().map(box -> box.where() + ": " + box.service() + " publishes "
                + (box.published() > 0 ? box.published() : "nothing")).toList());
        say(report, "containers", containers);
        String counted = String.join(", ", statements.languages.entrySet().stream()
                .map(e -> e.getValue() + " " + e.getKey()).toList());
        say(report, "source", statements.languages.isEmpty() ? List.of()
                : List.of(counted + "; whole SQL statements: "
                        + statements.whole()
                        + (statements.pieces() > 0 ? ", " + statements.pieces() + " in pieces" : "")));
    }

    /** As what was checked. */
    public void count(Report report) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        counts.put("migrations", folder == null ? 0 : folder.files().size());
        counts.put("lists", lists.size());
        counts.put("servers", targets.all.size());
        counts.put("configurations", configs.size());
        counts.put("statements", statements.whole());
        counts.values().removeIf(count -> count == 0);
        counts.forEach(report::checked);
        tree.notRead().forEach(file -> report.skipped(file, "not read"));
    }

    private static void say(Report report, String what, List<String> lines) {
        if (!lines.isEmpty()) {
            String shown = Words.lines(lines, 5).replace("\n", "\n" + " ".repeat(14));
            report.say(String.format("%-14s%s", what, shown));
        } else if (!what.isEmpty()) {
            report.none(String.format("%-14s%s", what, "none"));
        }
    }
}
