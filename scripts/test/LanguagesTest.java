import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The embedded PostgreSQL has no translations; Debian's has. */
@DisplayName("a server that does not speak English: the verdict is the same")
class LanguagesTest {
    @TempDir
    Path temp;

    @ParameterizedTest(name = "{0}")
    @CsvSource({"de, FEHLER, Spalte »note« von Relation »orders« existiert nicht", "ja, ERROR, リレーション\"orders\"の列\"note\"は存在しません"})
    @DisplayName("explain-error, migrate, verify-migrations, check-sql and workflow-repository on a server of the reader's; schema-mismatch reads English alone")
    void language(String language, String severity, String words) throws Exception {
        try (Translated server = new Translated(temp, language)) {
            try (Connection c = server.connect(); Statement s = c.createStatement()) {
                s.execute("CREATE TABLE orders (id int, what text)");
                String said = "";
                try {
                    s.execute("UPDATE orders SET note = 'x'");
                } catch (SQLException e) {
                    said = e.getMessage();
                }
                assertThat(said).as("42703 in the server's language").contains(words);
            }
            Path project = Files.createDirectories(temp.resolve("p"));
            write(project, "migrations/001_orders.sql", "-- +goose Up\nCREATE TABLE orders (id int, what text);\n-- +goose Down\nDROP TABLE orders;\n");
            write(project, "migrations/002_note.sql", "-- +goose Up\nALTER TABLE orders ADD note text;\n-- +goose Down\nALTER TABLE orders DROP note;\n");
            write(project, "src/store.go", "package store\n\nconst u = `UPDATE orders SET note = $1, wht = $2 WHERE id = $3`\nconst s = \"SELECT wat FROM orders\"\nconst t = \"SELECT id FROM ordrs\"\n");

            // The message as a driver and as psql print it, and the live database is another.
            for (String error : List.of("org.postgresql.util.PSQLException: " + severity + ": " + words + "\n  Position: 19", severity + ": " + words + " (SQLSTATE 42703)")) {
                Run.Result mismatch = run(project, "explain-error", "--error", error, "--migrations", "migrations", "--source", "src", "--url", server.url());
                assertThat(mismatch.exit()).as(mismatch.all()).isEqualTo(10);
                assertThat(mismatch.out()).contains("✗ column note of orders does not exist (SQLSTATE 42703)", "CAUSE_NOT_APPLIED", "migrations/002_note.sql:2 adds it");
            }

            Run.Result sql = run(project, "check-sql", "src", "--migrations", "migrations", "--url", server.url());
            assertThat(sql.exit()).as(sql.all()).isEqualTo(10);
            assertThat(sql.out()).contains("SQL_COLUMN_MISSING  src/store.go:3", words, "migrations/002_note.sql:2 adds it", "what in its place is accepted", "SQL_TABLE_MISSING  src/store.go:5", "orders in its place is accepted");

            Run.Result repository = run(project, "workflow-repository", "--url", server.url());
            assertThat(repository.exit()).as(repository.all()).isZero();

            Run.Result verify = run(project, "verify-migrations", "migrations", "--url", server.url());
            assertThat(verify.exit()).as(verify.all()).isEqualTo(10);
            assertThat(verify.out()).contains("✗ column public.orders.note is not there");

            write(project, "grants/001_grant.sql", "-- +goose Up\nGRANT SELECT ON orders TO missing_role;\n");
            Run.Result grant = run(project, "migrate", "up", "--migrations", "grants", "--url", server.url());
            assertThat(grant.exit()).as(grant.all()).isEqualTo(10);
            assertThat(grant.out()).contains("MIGRATION_FAILS  grants/001_grant.sql:2", "missing_role", "(SQLSTATE 42704)");
        }
    }

    private static void write(Path project, String file, String text) throws IOException {
        Files.createDirectories(project.resolve(file).getParent());
        Files.writeString(project.resolve(file), text);
    }

    private static Run.Result run(Path project, String alias, String... arguments) throws Exception {
        return Run.script(alias, arguments).in(project).go();
    }

    /** Debian's PostgreSQL, with its messages in a language: gettext's LANGUAGE does so in any locale but C. */
    private static final class Translated implements AutoCloseable {
        private final int port = DatastorageTest.freePort();
        private final Process server;
        private final Path data;

        Translated(Path temp, String language) throws Exception {
            Path bin = bin().orElse(null);
            assumeTrue(bin != null, "no PostgreSQL of Debian's is installed here (apt-get install postgresql)");
            Path messages = Path.of("/usr/share/locale", language, "LC_MESSAGES/postgres-" + bin.getName(bin.getNameCount() - 2) + ".mo");
            assumeTrue(Files.exists(messages), "it does not speak " + language);
            data = Files.createDirectories(temp.resolve("server"));
            boolean root = "root".equals(System.getProperty("user.name"));
            if (root) {
                // PostgreSQL refuses to be run by root.
                for (Path at = data; at.startsWith("/tmp") && !at.equals(Path.of("/tmp")); at = at.getParent()) {
                    Files.setPosixFilePermissions(at, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
                }
                Files.setOwner(data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postgres"));
            }
            String[] user = root ? new String[] {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"} : new String[] {"env"};
            Run.Result made = Run.command(bin + "/initdb", "-D", data + "/pg", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N").in(data).under(user).go();
            assertThat(made.exit()).as(made.all()).isZero();
            server = Run.command(bin + "/postgres", "-D", data + "/pg", "-p", "" + port, "-k", "", "-h", "127.0.0.1", "-F", "-c", "lc_messages=C.UTF-8").in(data).under(user).with("LANGUAGE", language).with("LC_ALL", null).start();
            DatastorageTest.until("the server is there", () -> {
                assertThat(server.isAlive()).isTrue();
                try (Connection c = connect()) {
                    return true;
                } catch (SQLException e) {
                    return false;
                }
            });
        }

        private static Optional<Path> bin() throws IOException {
            if (!Files.isDirectory(Path.of("/usr/lib/postgresql"))) {
                return Optional.empty();
            }
            try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
                return versions.map(version -> version.resolve("bin")).filter(bin -> Files.isExecutable(bin.resolve("postgres"))).max(Comparator.comparing(Path::toString));
            }
        }

        String url() {
            return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres";
        }

        Connection connect() throws SQLException {
            return DriverManager.getConnection(url());
        }

        @Override
        public void close() throws Exception {
            server.destroy();
            server.waitFor();
        }
    }
}
