//SOURCES ../../datastorage.java
//SOURCES ../../schema-mismatch.java
//SOURCES ../../kit/postgres/Sql.java
//SOURCES ../../kit/report/Clean.java
//SOURCES ../../kit/report/Where.java
//DEPS org.postgresql:postgresql:42.7.14

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    final Path dir;
    /** As the suite has it now. */
    SchemaMismatch.Project files;

    EveningProject(Path dir) throws IOException {
        this.dir = Files.createDirectories(dir);
        this.files = SchemaMismatch.Incident.project("not-applied");
        Files.createDirectories(dir.resolve("migrations"));
        for (Map.Entry<String, String> file : files.files().entrySet()) {
            Files.writeString(dir.resolve("migrations").resolve(file.getKey()), file.getValue());
        }
        Files.writeString(suite(), files.suiteText());
    }

    Path suite() {
        return dir.resolve("suite_test.go");
    }

    /** The file gets another number, and the suite discovers the files from now on, instead of listing them. */
    void mend(String file, String renamed) throws IOException {
        Files.move(dir.resolve("migrations").resolve(file), dir.resolve("migrations").resolve(renamed));
        files = files.with(file, null).with(renamed, files.files().get(file)).discovering();
        Files.writeString(suite(), files.suiteText());
    }

    /** Schema public anew; each file that the suite applies, as one call; stop at the first error. */
    void build(Connection c) throws SQLException {
        Sql.execute(c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        for (String name : files.applied()) {
            Sql.execute(c, files.up(name).replace("CONCURRENTLY", ""));
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
