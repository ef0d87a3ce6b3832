//SOURCES ../../datastorage.java
//SOURCES ../../schema-mismatch.java
//SOURCES ../../kit/migrations/Folder.java
//SOURCES ../../kit/migrations/Migration.java
//SOURCES ../../kit/postgres/Sql.java
//SOURCES ../../kit/report/Clean.java
//SOURCES ../../kit/report/Where.java
//DEPS org.postgresql:postgresql:42.7.14

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.postgres.Sql;
import kit.report.Clean;
import kit.report.Where;
import org.postgresql.ds.PGSimpleDataSource;

/** The project of that evening, laid out in a folder: its migrations, the suite's list of them, configuration, and who
 * dials what. */
final class EveningProject {
    /** A port that a file of the project names. */
    record Place(Where where, int port) {
    }

    private static final String FILE = "022_add_status_reason_column.sql";
    /** UpdateStatus for every status but disabled, as sqlc reads it. */
    static final String STATEMENT = """
        UPDATE remediation_workflow_catalog
        SET status = $1, status_reason = $2, updated_by = $3, updated_at = NOW()
        WHERE workflow_id = $4 AND version = $5""";
    final Path dir;
    private final List<String> listed = new ArrayList<>();

    /** In the clone the files of migrations/, elsewhere a short history made for this; the list without the last
     * one. */
    EveningProject(Path dir) throws IOException {
        this.dir = Files.createDirectories(dir);
        Path migrations = Files.createDirectories(dir.resolve("migrations")), ours = Path.of("migrations");
        boolean clone = Files.exists(ours.resolve(FILE)) && Files.exists(Path.of("jbang-catalog.json"));
        Map<String, String> files = new LinkedHashMap<>();
        if (clone) {
            for (Migration m : Folder.read(ours).files()) {
                files.put(m.name(), m.text());
            }
        } else {
            files.putAll(new TreeMap<>(SchemaMismatch.HISTORY));
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            boolean added = file.getKey().equals(FILE);
            Files.writeString(migrations.resolve(added ? FILE.replace("022", "021") : file.getKey()), file.getValue());
            if (!added) {
                listed.add(file.getKey());
            }
        }
        Files.writeString(suite(), suite(listed));
    }

    /** The part of the suite that says what is applied: a list of names, or, where that is empty, the folder itself. */
    private static String suite(List<String> list) {
        String names = list.stream().map(name -> "\t\t\"" + name + "\",\n").collect(Collectors.joining());
        return "package datastorage_test\n\n// applyMigrations builds the schema of the tests, and stops at the "
                + "first error.\n"
                + "func applyMigrations(ctx context.Context, db *pgxpool.Pool, dir string) error {\n"
                + (list.isEmpty()
                        ? "\tmigrations, err := discoverMigrations(dir) // every NNN_words.sql, sorted by number\n"
                                + "\tif err != nil {\n\t\treturn err\n\t}\n"
                        : "\tmigrations := []string{\n" + names + "\t}\n")
                + "\tfor _, name := range migrations {\n\t\tif err := applyUpPart(ctx, db, filepath.Join(dir, name)); "
                + "err != nil {\n\t\t\treturn err\n\t\t}\n\t}\n\treturn nil\n}\n";
    }

    Path suite() {
        return dir.resolve("suite_test.go");
    }

    /** Where the list begins. */
    Where list() throws IOException {
        return Where.of(suite(), 1 + Files.readAllLines(suite()).indexOf("\t\t\"" + listed.get(0) + "\","));
    }

    /** The names that the suite lists; none where it discovers the files. */
    List<String> listed() {
        return listed;
    }

    Folder folder() {
        return Folder.read(dir.resolve("migrations"));
    }

    /** What the suite applies: the files that it lists, or all that are there. */
    List<String> applied() {
        return listed.isEmpty() ? folder().files().stream().map(Migration::name).toList() : listed;
    }

    /** The file gets another number, and the suite discovers the files from now on, instead of listing them. */
    void mend(String file, String renamed) throws IOException {
        Files.move(dir.resolve("migrations").resolve(file), dir.resolve("migrations").resolve(renamed));
        listed.clear();
        Files.writeString(suite(), suite(listed));
    }

    /** Schema public anew; each file cut at its Down mark, without CONCURRENTLY, as one call; stop at the first
     * error. */
    void build(Connection c) throws SQLException, IOException {
        Sql.execute(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        for (String name : applied()) {
            String text = Files.readString(dir.resolve("migrations").resolve(name));
            Sql.execute(c, text.split("-- \\+goose Down", 2)[0].replace("CONCURRENTLY", ""));
        }
    }

    /** What the service says of a configuration, with its secrets in place. */
    void check(String yaml) throws Exception {
        String secrets = "secretsFile: unit-secrets.yaml, passwordKey: password";
        Files.writeString(dir.resolve("unit-secrets.yaml"), "password: x\n");
        String text = yaml.contains("database: {") ? yaml.replace("database: {", "database: {" + secrets + ", ")
                : yaml + "\ndatabase: {" + secrets + "}";
        Path file = Files.writeString(dir.resolve("unit.yaml"), text.replace("unit-secrets.yaml",
                quoted(dir.resolve("unit-secrets.yaml").toString())) + "\nredis: {secretsFile: "
                + quoted(dir.resolve("unit-secrets.yaml").toString()) + ", passwordKey: password}\n");
        Datastorage.Startup.check(file.toString());
    }

    /** The configuration of the service, for a database and a Redis. */
    void configure(int api, PGSimpleDataSource database, int redis, String redisPassword) throws IOException {
        int port = database.getPortNumbers()[0] == 0 ? 5432 : database.getPortNumbers()[0];
        Files.writeString(dir.resolve("config.yaml"), String.format(Locale.ROOT, """
            server: {port: %d}
            logging: {level: warn, format: console}
            database: {host: %s, port: %d, name: %s, user: %s, secretsFile: db-secrets.yaml, passwordKey: password}
            redis: {addr: '127.0.0.1:%d', secretsFile: redis-secrets.yaml, passwordKey: password}
            """, api, quoted(database.getServerNames()[0]), port, quoted(database.getDatabaseName()),
                quoted(database.getUser()), redis));
        secret("db-secrets.yaml", database.getPassword() == null ? "" : database.getPassword());
        secret("redis-secrets.yaml", redisPassword);
    }

    private void secret(String file, String password) throws IOException {
        Clean.secret(password);
        Files.writeString(dir.resolve(file), "password: " + quoted(password) + "\n");
    }

    private static String quoted(String value) {
        return "'" + value.replace("'", "''") + "'";
    }

    /** The port on which the suite publishes its PostgreSQL. */
    void publish(Object port) throws IOException {
        Files.writeString(dir.resolve("containers_test.go"), "package datastorage_test\n\nvar postgres = exec.Command("
                + "\"podman\", \"run\", \"-d\", \"--name\", \"datastorage-postgres-test\", \"-p\", \"" + port
                + ":5432\", \"postgres:16-alpine\")\n");
    }

    /** The port that the tests dial, and the one inside the container's network. */
    void dial(int port) throws IOException {
        Files.writeString(dir.resolve("repository_test.go"),
                "package datastorage_test\n\nconst dsn = \"host=localhost port="
                        + port + " user=slm_user dbname=action_history\"\n");
        Files.writeString(Files.createDirectories(dir.resolve("config")).resolve("container.yaml"),
                "database:\n  host: datastorage-postgres-test\n  port: 5432\n");
    }

    /** Where a file names a port. */
    Place port(String file, String pattern) throws IOException {
        List<String> lines = Files.readAllLines(dir.resolve(file));
        for (int i = 0; i < lines.size(); i++) {
            Matcher m = Pattern.compile(pattern).matcher(lines.get(i));
            if (m.find()) {
                return new Place(Where.of(dir.resolve(file), i + 1), Integer.parseInt(m.group(1)));
            }
        }
        throw new IllegalStateException(file + " names no port");
    }
}
