import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import kit.migrations.Folder;
import kit.report.Finding;
import kit.report.Git;
import kit.report.Report;
import kit.report.Stop;
import kit.report.Tool;
import kit.report.Where;
import kit.source.Globs;
import kit.source.Rolling;
import kit.source.Schema;
import kit.source.Source;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Tag("unit")
@DisplayName("check-sql --deployed, --rollback and --since")
class DeployedTest {
    private static final Globs ALL = Globs.of(List.of(), List.of());
    @TempDir
    Path temp;
    private Path repo;

    @BeforeEach
    void repository() throws Exception {
        if (!Run.onPath("git")) {
            Run.missing("git");
        }
        repo = Files.createDirectory(temp.toRealPath().resolve("repo"));
        git(repo, "init", "-q", "-b", "main");
    }

    private static String git(Path dir, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", dir.toString()));
        command.addAll(List.of(arguments));
        Run.Result result = Run.command(command.toArray(String[]::new)).go();
        assertThat(result.exit()).as(result.all()).isZero();
        return result.out().strip();
    }

    private void write(String file, String text) throws Exception {
        Path path = repo.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void commit(String message) throws Exception {
        git(repo, "add", "-A");
        git(repo, "commit", "-q", "-m", message);
    }

    private static String go(String... statements) {
        StringBuilder text = new StringBuilder("package a\nfunc f() {\n");
        for (String sql : statements) {
            text.append("\tdb.Query(`").append(sql).append("`)\n");
        }
        return text.append("}\n").toString();
    }

    /** The first release: four tables and the code that uses them. */
    private void released() throws Exception {
        write("m/001_a.sql", "CREATE TABLE users(id bigint PRIMARY KEY, fullname text, code text);\nCREATE TABLE orders(id bigint, total numeric);\nCREATE TABLE people(id bigint);\n"
                + "CREATE TABLE gone(id bigint);\nCREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';\n");
        write("src/a.go", go("SELECT fullname FROM users WHERE id = $1", "UPDATE users SET fullname = $1", "INSERT INTO orders (id, total) VALUES ($1, $2)", "SELECT id FROM people",
                "SELECT twice(2)", "SELECT code FROM users", "SELECT never FROM users"));
        commit("first");
    }

    private List<Finding> found(String rev, boolean back) throws Exception {
        CommandLine line = new CommandLine(new CheckSql()).setOut(new PrintWriter(new StringWriter()));
        Report report = new Report(line.getCommandSpec(), Report.Format.text);
        Folder folder = Folder.read(repo.resolve("m"));
        List<Path> roots = List.of(repo.resolve("src"));
        Git git = Git.at("--deployed", rev, repo);
        try (Schema now = Schema.replayed(folder, Run.server()); Schema then = now.of(Folder.read(git, folder.dir()))) {
            Rolling rolling = new Rolling(report, git, now, then);
            if (back) {
                Source today = new Source(folder);
                today.read(repo.resolve("src/a.go"), Files.readString(repo.resolve("src/a.go")));
                rolling.rollback(today);
            } else {
                rolling.deployed(Source.read(git, roots, folder, ALL));
            }
        }
        return report.findings;
    }

    @Test
    @DisplayName("what breaks deployed code is told once a cause, with the order that does not; that order is then silent, and so is what only adds")
    void deployed() throws Exception {
        released();
        // The deployed code has gone on in the working tree, which is not looked at.
        write("src/a.go", go("SELECT display_name FROM users"));
        write("m/002_b.sql", "ALTER TABLE users RENAME fullname TO display_name;\nALTER TABLE orders ADD placed date NOT NULL;\nALTER TABLE people RENAME TO persons;\nDROP FUNCTION twice(int);\n"
                + "ALTER TABLE users DROP COLUMN code;\n");
        List<Finding> found = found("HEAD", false);
        assertThat(found.stream().map(Finding::code).distinct()).containsExactly("SQL_BREAKS_DEPLOYED");
        assertThat(found.stream().map(Finding::text)).hasSize(5).anyMatch(text -> text.contains("column \"fullname\"")).anyMatch(text -> text.contains("gives no value for placed of orders"))
                .anyMatch(text -> text.contains("relation \"people\"")).anyMatch(text -> text.contains("function twice")).anyMatch(text -> text.contains("column \"code\""));
        String all = found.toString();
        assertThat(all).contains("002_b.sql:1 renamed it to display_name", "ALTER TABLE users ADD COLUMN display_name text;", "ALTER TABLE users DROP COLUMN fullname;",
                "BEGIN; ALTER TABLE users ADD COLUMN fullname text; PREPARE s AS …: accepted", "CREATE VIEW people AS SELECT * FROM persons;", "ALTER TABLE orders ALTER COLUMN placed SET NOT NULL;",
                "a.go:4", "git show HEAD:./").doesNotContain("never");

        // The same release in the order that was told.
        write("m/002_b.sql", "ALTER TABLE users ADD COLUMN display_name text;\nALTER TABLE orders ADD placed date;\nALTER TABLE people RENAME TO persons;\nCREATE VIEW people AS SELECT * FROM persons;\n"
                + "CREATE TABLE fresh(id int NOT NULL);\nALTER TABLE gone ADD x int NOT NULL DEFAULT 1;\n");
        assertThat(found("HEAD", false)).isEmpty();
    }

    @Test
    @DisplayName("--rollback: today's code on the schema before it")
    void rollback() throws Exception {
        released();
        write("m/002_b.sql", "ALTER TABLE users ADD display_name text;\n");
        write("src/a.go", go("SELECT display_name FROM users", "SELECT fullname FROM users", "SELECT nowhere FROM users"));
        List<Finding> found = found("main", true);
        assertThat(found.stream().map(Finding::code)).containsExactly("SQL_BREAKS_ROLLBACK");
        assertThat(found.toString()).contains("display_name", "002_b.sql:1 adds it", "the code first, the Down parts after it");
    }

    @Test
    @DisplayName("--since: what is new is what has changed where the lines parted, through merges, and what git does not know yet")
    void since() throws Exception {
        released();
        git(repo, "checkout", "-q", "-b", "work");
        write("m/002_mine.sql", "SELECT 1;\n");
        commit("mine");
        git(repo, "checkout", "-q", "main");
        write("m/002_theirs.sql", "SELECT 2;\n");
        commit("theirs");
        git(repo, "checkout", "-q", "work");
        write("src/ü new.go", go("SELECT 1"));
        Where.relativeTo(repo);
        try {
            assertThat(Git.at("--since", "main", repo).changed()).containsExactly("m/002_mine.sql", "src/ü new.go");
            commit("more");
            git(repo, "merge", "-q", "--no-edit", "main");
            assertThat(Git.at("--since", "main", repo.resolve("m")).changed()).as("what came by the merge is theirs").containsExactly("m/002_mine.sql", "src/ü new.go");
        } finally {
            Where.relativeTo(Path.of(""));
        }
    }

    @Test
    @DisplayName("verify-migrations --since: what is wrong with a file that was there is not told again, what is new is, as a comment on a merge request has it")
    void verify() throws Exception {
        write("m/001_a.sql", "CREATE TABLE t(id int, a text);\n");
        write("m/002_b.sql", "");
        write("m/003_c.sql", "CREATE INDEX i ON t (id);\n");
        commit("first");
        write("m/004_d.sql", "");
        write("m/005_e.sql", "CREATE INDEX j ON t (a);\n");
        write("m/006_f.sql", "-- runbook: ignore INDEX_NOT_CONCURRENT because the table is small\nCREATE INDEX k ON t (id, a);\n");
        VerifyMigrations tool = new VerifyMigrations();
        Run.Result result = Run.inProcess(Tool.commandLine(tool), repo, Set.of("--since", "--format"), () -> {
            Folder[] folders = tool.folders();
            return tool.verify(new Report(tool.spec, tool.output.format), Run.server(), null, folders);
        }, "m", "--locks", "--since", "HEAD", "--format", "markdown");
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).startsWith("# verify-migrations: problems\n\n**1 error, 1 warning, 1 info**. Checked 6 migrations")
                .contains("| **MIGRATION_EMPTY** | m/004\\_d.sql |", "| **INDEX_NOT_CONCURRENT** | m/005\\_e.sql:1 | j on t is built", "CREATE INDEX CONCURRENTLY j ON public.t USING btree (a);",
                        "Skipped MIGRATION\\_EMPTY m/002\\_b.sql: its file is as it was in HEAD")
                .doesNotContain("i on t is built", "k on t is built", "IGNORE");
    }

    @Test
    @DisplayName("a commit that is not there, a shallow clone, no repository: one sentence each, and the exit code that is documented")
    void troubles() throws Exception {
        released();
        write("x", "y");
        commit("second");
        stops(2, "--deployed v9 names no commit of", "--deployed", "v9", repo);
        stops(2, "names no commit of", "--deployed", "--all", repo);
        stops(2, "lies in no git repository", "--since", "main", temp);
        assertThat(Git.at("--since", "HEAD~1", repo).changed()).hasSize(1);
        Path clone = temp.toRealPath().resolve("clone");
        git(temp, "clone", "-q", "--depth", "1", "file://" + repo, clone.toString());
        stops(3, "is not in this clone, which is shallow", "--since", "HEAD~1", clone);
        git(clone, "checkout", "-q", "--orphan", "other");
        git(clone, "commit", "-q", "-m", "apart");
        assertThatThrownBy(() -> Git.at("--since", "origin/main", clone).changed()).isInstanceOfSatisfying(Stop.class, e -> assertThat(e.exit).isEqualTo(3))
                .hasMessageContaining("have no common ancestor in this clone, which is shallow");
        assertThatThrownBy(() -> Folder.read(Git.at("--deployed", "HEAD", repo), repo.resolve("other"))).isInstanceOfSatisfying(Stop.class, e -> assertThat(e.exit).isEqualTo(3))
                .hasMessageContaining("in HEAD: nothing to compare with");
        assertThatThrownBy(() -> Git.at("--deployed", "HEAD", repo).files(temp, name -> true)).isInstanceOfSatisfying(Stop.class, e -> assertThat(e.exit).isEqualTo(2))
                .hasMessageContaining("lies outside of the repository");
        assertThat(Set.copyOf(Git.at("--deployed", "HEAD~1", repo).files(repo, name -> !name.endsWith(".go")).keySet())).containsExactly("m/001_a.sql");
    }

    private static void stops(int exit, String sentence, String option, String rev, Path near) {
        assertThatThrownBy(() -> Git.at(option, rev, near)).isInstanceOfSatisfying(Stop.class, e -> assertThat(e.exit).isEqualTo(exit)).hasMessageContaining(sentence);
    }
}
