package kit.tiers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tiers of what is no build of the JVM, of Node or of Go: by the files that such a project has, and by the folders
 * that its tests stand in. */
final class InitScripts {
    private static final Map<String, String> FOLDERS = Map.of("integration", "integration|integration_tests?|it",
            "e2e", "e2e|end_to_end|acceptance|system|features?", "performance", "perf|performance|benchmarks?|benches");

    /** Takes a tier. */
    interface Tiers {
        void put(String tier, String command, String... more);
    }

    private final Path root;
    private final Tiers tiers;

    InitScripts(Path root, Tiers tiers) {
        this.root = root;
        this.tiers = tiers;
    }

    /** What the project is; null for nothing that is known here. */
    String find() throws IOException {
        return python() ? "the Python project" : cargo() ? "the Cargo project" : ruby() ? "the Ruby project"
                : others();
    }

    private boolean has(String name) {
        return Files.exists(root.resolve(name));
    }

    private String read(String name) throws IOException {
        Path file = root.resolve(name);
        return Files.isRegularFile(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    }

    private boolean any(String name) throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.anyMatch(file -> file.getFileName().toString().matches(name));
        }
    }

    /** The folders of tests that are a tier of their own, below one of these. */
    private Map<String, String> apart(String... homes) throws IOException {
        Map<String, String> found = new TreeMap<>();
        for (String home : homes) {
            if (Files.isDirectory(root.resolve(home))) {
                try (Stream<Path> dirs = Files.list(root.resolve(home))) {
                    dirs.filter(Files::isDirectory).map(dir -> dir.getFileName().toString()).sorted()
                            .forEach(name -> FOLDERS.forEach((tier, names) -> {
                                if (name.matches("(?i)" + names)) {
                                    found.putIfAbsent(tier, home + "/" + name);
                                }
                            }));
                }
            }
        }
        return found;
    }

    private boolean python() throws IOException {
        if (Stream.of("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini", "requirements.txt", "Pipfile",
                "conftest.py", "manage.py").noneMatch(this::has)) {
            return false;
        }
        String settings = read("pyproject.toml") + read("setup.cfg") + read("tox.ini") + read("pytest.ini")
                + read("requirements.txt") + read("requirements-dev.txt") + read("Pipfile");
        if (has("manage.py") && !settings.contains("pytest")) {
            tiers.put("unit", "python manage.py test");
            return true;
        }
        String pytest = (has("uv.lock") ? "uv run " : has("poetry.lock") ? "poetry run " : "python -m ") + "pytest";
        Map<String, String> apart = apart("tests", "test");
        String ignored = apart.values().stream().map(dir -> " --ignore=" + dir).collect(Collectors.joining());
        String unit = Stream.of("tests/unit", "test/unit").filter(this::has).findFirst().map(dir -> " " + dir)
                .orElse(ignored);
        tiers.put("unit", pytest + unit, "results: pytest");
        apart.forEach((tier, dir) -> tiers.put(tier, pytest + " " + dir, "results: pytest"));
        return true;
    }

    private boolean cargo() throws IOException {
        if (!has("Cargo.toml")) {
            return false;
        }
        boolean workspace = read("Cargo.toml").contains("[workspace]");
        boolean apart = !workspace && has("tests");
        tiers.put("unit", "cargo test" + (workspace ? " --workspace" : apart ? " --lib --bins" : ""), "results: cargo");
        if (apart) {
            tiers.put("integration", "cargo test --test '*'", "results: cargo");
        }
        if (has("benches")) {
            tiers.put("performance", "cargo bench", "results: exit");
        }
        return true;
    }

    private boolean ruby() throws IOException {
        if (!has("Gemfile") && !any(".*\\.gemspec")) {
            return false;
        }
        if (has("spec")) {
            Map<String, String> apart = apart("spec");
            String left = apart.isEmpty() ? "" : " --exclude-pattern '" + apart.values().stream()
                    .map(dir -> dir + "/**/*_spec.rb").collect(Collectors.joining(",")) + "'";
            tiers.put("unit", "bundle exec rspec" + left);
            apart.forEach((tier, dir) -> tiers.put(tier, "bundle exec rspec " + dir));
        } else {
            tiers.put("unit", has("bin/rails") ? "bin/rails test" : "bundle exec rake test");
            if (has("bin/rails") && has("test/system")) {
                tiers.put("e2e", "bin/rails test:system");
            }
        }
        return true;
    }

    private String others() throws IOException {
        if (any(".*\\.(slnx?|[cf]sproj)")) {
            tiers.put("unit", "dotnet test");
            return "the .NET project";
        }
        if (has("composer.json")) {
            tiers.put("unit", has("artisan") ? "php artisan test"
                    : read("composer.json").contains("pestphp") ? "vendor/bin/pest" : "vendor/bin/phpunit");
            return "the PHP project";
        }
        if (has("mix.exs")) {
            tiers.put("unit", "mix test");
            return "the Elixir project";
        }
        return null;
    }
}
