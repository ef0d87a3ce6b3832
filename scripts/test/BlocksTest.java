import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("blocks: what scripts share is the same in each")
class BlocksTest {
    @Test
    @DisplayName("every copy is the same as its owner")
    void copiesAreTheSame() throws Exception {
        Run.Result result = Run.jbangw("blocks", "--check").go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).matches("(?s)[1-9]\\d* blocks in [1-9]\\d* scripts, 0 differ\\s*");
    }

    @Test
    @DisplayName("a copy that was edited is named, and mended from its owner; a changed schema reaches the benchmarks")
    void editedCopyIsNamedAndMended(@TempDir Path temp) throws Exception {
        Path copy = repository(temp);
        Path script = copy.resolve("scripts/workflow-repository.java");
        String sound = Files.readString(script);
        Files.writeString(script, sound.replace("3 could not check. */", "3 could check. */"));
        Files.writeString(copy.resolve("bench/schema/hot.sql"), "-- another text with \\ and \"\"\"\n");

        Run.Result check = blocks(copy, "--check");
        assertThat(check.exit()).isEqualTo(10);
        assertThat(check.err()).contains("scripts/workflow-repository.java: block Steps differs from its owner schema-mismatch.java")
                .contains("bench/harness/Schemas.java: block Schemas differs from its owner bench/schema/");

        assertThat(blocks(copy).exit()).isZero();
        assertThat(Files.readString(script)).isEqualTo(sound);
        assertThat(Files.readString(copy.resolve("bench/harness/Schemas.java"))).contains("-- another text with \\\\ and \\\"\"\"");
        assertThat(blocks(copy, "--check").exit()).isZero();
    }

    @Test
    @DisplayName("a block that is not closed is named")
    void unclosedBlock(@TempDir Path temp) throws Exception {
        Path copy = repository(temp);
        Path script = copy.resolve("scripts/migrate.java");
        Files.writeString(script, Files.readString(script).replace("// <<< block Postgres", "// the end"));
        Run.Result check = blocks(copy, "--check");
        assertThat(check.exit()).isEqualTo(10);
        assertThat(check.err()).contains("scripts/migrate.java: a block is not closed");
    }

    private static Run.Result blocks(Path repository, String... arguments) throws Exception {
        String[] all = new String[arguments.length + 1];
        all[0] = Run.ROOT.resolve("scripts/test/blocks.java").toString();
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Run.jbangw(all).in(repository).go();
    }

    private static Path repository(Path temp) throws Exception {
        for (String folder : new String[] {"scripts", "bench", "bench/schema", "bench/harness"}) {
            Files.createDirectories(temp.resolve(folder));
            try (var files = Files.list(Run.ROOT.resolve(folder))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, temp.resolve(folder).resolve(file.getFileName()));
                }
            }
        }
        Files.copy(Run.ROOT.resolve("jbang-catalog.json"), temp.resolve("jbang-catalog.json"));
        return temp;
    }
}
