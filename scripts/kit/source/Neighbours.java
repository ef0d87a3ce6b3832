//SOURCES Databases.java
//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
package kit.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import kit.report.Tree;
import kit.report.Where;

/** What lies beside source code: a part of a project that has migrations of its own, or the driver of another database,
 * is not judged by the migrations of another part. */
final class Neighbours {
    private static final int HIGHEST = 12;
    private static final long LARGEST = 1 << 20;
    private static final List<String> MIGRATIONS = List.of("migrations", "migration", "db/migrations", "db/migrate",
            "db/migration", "database/migrations", "prisma/migrations", "src/main/resources/db/migration",
            "src/main/resources/db/changelog", "priv/repo/migrations", "supabase/migrations", "sql/migrations",
            "schema/migrations", "drizzle", "alembic/versions", "migrations/versions", "internal/db/migrations",
            "internal/migrations", "conf/evolutions/default", "src/migrations", "src/migration",
            "dbmigrate", "db/changelog");
    private static final List<String> MANIFESTS = List.of("Cargo.toml", "package.json", "go.mod", "pyproject.toml",
            "requirements.txt", "Gemfile", "composer.json", "pom.xml", "build.gradle", "build.gradle.kts", "mix.exs",
            "build.sbt", "setup.py", "Pipfile");

    private final Path folder;
    private final Path top;
    private final Map<Path, String> reasons = new HashMap<>();

    /** @param folder the migrations that are judged by; null where there are none
     * @param roots  what the reader has named; what lies outside of all of them is not asked about */
    Neighbours(Path folder, List<Path> roots) {
        this.top = roots.stream().map(root -> root.toAbsolutePath().normalize()).reduce(Neighbours::common)
                .orElse(null);
        this.folder = folder == null ? null : folder.toAbsolutePath().normalize();
    }

    /** Why the code of a file is not for the schema of these migrations; null where it may be. */
    synchronized String reason(Path file) {
        if (folder == null) {
            return null;
        }
        String reason = reasons.computeIfAbsent(file.toAbsolutePath().normalize().getParent(), this::ofFolder);
        return reason.isEmpty() ? null : reason;
    }

    /** Whether a file lies among the models of a project of dbt. */
    static boolean ofDbt(Path file) {
        Path dir = file.toAbsolutePath().normalize().getParent();
        for (int up = 0; up < HIGHEST && dir != null; up++, dir = dir.getParent()) {
            if (Files.isRegularFile(dir.resolve("dbt_project.yml"))) {
                String part = dir.relativize(file.toAbsolutePath().normalize()).getName(0).toString();
                return part.matches("models|macros|snapshots|analys[ei]s|tests|seeds|dbt_packages");
            }
        }
        return false;
    }

    private String ofFolder(Path start) {
        boolean manifest = false;
        Path dir = start;
        for (int up = 0; up < HIGHEST && dir != null && !folder.startsWith(dir); up++) {
            for (String each : MIGRATIONS) {
                Path other = dir.resolve(each);
                if (Files.isDirectory(other) && !Tree.same(other, folder) && holdsFiles(other)) {
                    return shared(dir) ? "it stands beside migrations of its own, " + Where.shown(other) : "";
                }
            }
            for (String each : manifest ? List.<String>of() : MANIFESTS) {
                Path file = dir.resolve(each);
                manifest |= Files.isRegularFile(file);
                if (Files.isRegularFile(file) && Databases.onlyOthers(text(file))) {
                    return shared(dir) ? "SQL of another database, whose driver " + Where.shown(file) + " names" : "";
                }
            }
            dir = dir.getParent();
        }
        return "";
    }

    /** Whether the folder and the migrations belong to one project: they lie below what the reader has named. */
    private boolean shared(Path dir) {
        Path common = common(dir, folder);
        return common != null && common.getNameCount() > 0 && (top == null || common.startsWith(top));
    }

    private static Path common(Path one, Path other) {
        Path common = one;
        while (common != null && !other.startsWith(common)) {
            common = common.getParent();
        }
        return common;
    }

    private static boolean holdsFiles(Path dir) {
        try (Stream<Path> entries = Files.list(dir)) {
            return entries.findAny().isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private static String text(Path file) {
        try {
            return Files.size(file) > LARGEST ? "" : new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
