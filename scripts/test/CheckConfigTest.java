import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.config.ConfigRules;
import kit.config.Yaml;
import kit.config.YamlError;
import kit.report.Stop;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("check-config: the reader's own configuration")
class CheckConfigTest {
    private static final String PASSWORD = "s3cret-of-postgres";
    private static final String REDIS_PASSWORD = "s3cret-of-redis";
    private static EmbeddedPostgres postgres;
    private static DatastorageTest.Redis redis;

    @TempDir
    Path dir;

    @BeforeAll
    static void servers(@TempDir Path data) throws Exception {
        redis = new DatastorageTest.Redis(REDIS_PASSWORD);
        postgres = Run.readersServer(data, PASSWORD);
    }

    @AfterAll
    static void stop() throws Exception {
        postgres.close();
        redis.close();
    }

    @BeforeEach
    void aSoundConfiguration() throws IOException {
        write("config.yaml", sound());
        secret("db.yaml", "password: " + PASSWORD + "\nnumber: 5\n");
        secret("redis.json", "{\n  \"password\": \"" + REDIS_PASSWORD + "\"\n}\n");
    }

    private static String sound() {
        return DatastorageTest.config("debug", 8080, postgres.getPort(), redis.port);
    }

    private Path write(String name, String text) throws IOException {
        Files.createDirectories(dir.resolve(name).getParent());
        return Files.writeString(dir.resolve(name), text);
    }

    private void secret(String name, String text) throws IOException {
        Files.setPosixFilePermissions(write(name, text), java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    }

    private Run.Result check(String... arguments) throws Exception {
        Run.Result result = Run.script("check-config", arguments).in(dir).go();
        assertThat(result.all()).doesNotContain(PASSWORD, REDIS_PASSWORD, "s3cret", "Exception", "\tat ");
        return result;
    }

    private static void found(Run.Result result, String... lines) {
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains(lines);
    }

    // The file ---------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("a sound one: keys, secrets, a PostgreSQL and a Redis that take the logins")
    void soundOne() throws Exception {
        Run.Result result = check("config.yaml");
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("config.yaml: every key is known", "✓ database.passwordKey: db.yaml has it", "✓ PostgreSQL 1", "✓ Redis on 127.0.0.1:" + redis.port + " answers PING and takes the password",
                "sound  checked 20 keys, 2 files of secrets, 2 servers");
    }

    @Test
    @DisplayName("what the service refuses as invalid is found, each of it, and at once")
    void asTheService() throws Exception {
        List<DatastorageTest.Wrong> invalid = DatastorageTest.wrong().stream().filter(wrong -> wrong.code().equals("CONFIG_INVALID")).toList();
        String config = sound();
        for (DatastorageTest.Wrong wrong : invalid) {
            String changed = wrong.in(config);
            assertThat(changed).as(wrong.error()).isNotEqualTo(config);
            config = changed;
        }
        write("config.yaml", config);
        Run.Result result = check("config.yaml", "--format", "github");
        assertThat(result.exit()).isEqualTo(10);
        // Two of them are about one port.
        assertThat(result.out().lines().filter(line -> line.matches("::error file=config.yaml,line=\\d+,title=CONFIG_INVALID::.*"))).as(result.out()).hasSize(invalid.size() - 1);
    }

    @Test
    @DisplayName("unknown keys with the nearest known one, wrong types and values, each with line and column; a password is not shown")
    void keys() throws Exception {
        write("config.yaml", sound().replace("read_timeout:", "readTimeout:").replace("  name: postgres", "  nam: postgres\n  password: s3cret-here\n  max_open_conns: 's3cret'").replace("max_open_conns: 5\n", "x: 1\n")
                .replace("port: 8080", "port: '8080'").replace("db: 0", "db: -1").replace("ssl_mode: disable", "ssl_mode: off") + "logging2: [1]\n");
        found(check("config.yaml"),
                "CONFIG_UNKNOWN_KEY  config.yaml:3\n    unknown key server.readTimeout (line 3, column 3); the service passes it over without a word\n    the nearest known key is server.read_timeout\n",
                "the nearest known key is database.name\n", "CONFIG_UNKNOWN_KEY  config.yaml:12\n    unknown key database.password (line 12, column 3)", "a password stands in a secrets file, never here",
                "CONFIG_INVALID  config.yaml:13\n    database.max_open_conns must be a whole number, without quotes (line 13, column 3)\n", "server.port must be a whole number, without quotes (line 2, column 3)",
                "redis.db must be at least 0, and is -1", "database.ssl_mode must be one of disable, allow, prefer, require, verify-ca, verify-full", "unknown key logging2 (line 27, column 1)",
                "CONFIG_INVALID  config.yaml:8\n    database.name is required, and missing");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "server:\\n\\tport: 1 | a tab stands where YAML wants spaces (line 2, column 1)",
            "database: {password: *s3cret} | a value begins with *: quote it (line 1, column 22)",
            "database:\\n  x: s3cret: y | a colon stands where none can: quote the value, or begin a new line (line 2, column 12)",
            "redis: 1\\nredis: 2 | a key is given twice (line 2, column 1)"})
    @DisplayName("text that is no YAML: why and where, and nothing of the text itself")
    void syntax(String text, String why) {
        assertThatThrownBy(() -> Yaml.read(text.replace("\\n", "\n").replace("\\t", "\t"))).isInstanceOf(YamlError.class)
                .satisfies(e -> assertThat(e.getMessage() + ((YamlError) e).place()).isEqualTo(why));
    }

    @Test
    @DisplayName("text that is no YAML, or not what it should be: a finding with its line")
    void syntaxFound() throws Exception {
        write("config.yaml", "redis: 1\nredis: 2");
        found(check("config.yaml"), "✗ config.yaml:2: a key is given twice (line 2, column 1)");
        write("config.yaml", "- 1");
        found(check("config.yaml"), "✗ config.yaml: not a map in YAML");
    }

    @Test
    @DisplayName("a bomb of aliases, a file that is gone, a folder, bytes: one line each")
    void unreadable() throws Exception {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 60; i++) {
            bomb.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }
        write("bomb.yaml", bomb.toString());
        found(check("bomb.yaml"), "CONFIG_SYNTAX  bomb.yaml\n    aliases or lists that multiply without end\n");
        found(check("gone.yaml"), "CONFIG_UNREADABLE  gone.yaml\n    gone.yaml does not exist\n");
        Files.createDirectory(dir.resolve("folder.yaml"));
        found(check("folder.yaml"), "CONFIG_UNREADABLE  folder.yaml\n    folder.yaml is a folder; an engine makes one where the file of a mount is missing\n");
        Files.write(dir.resolve("bytes.yaml"), new byte[] {(byte) 0xff, 0, (byte) 0xfe});
        found(check("bytes.yaml"), "CONFIG_UNREADABLE  bytes.yaml\n    bytes.yaml is not UTF-8 text\n");
    }

    @Test
    @DisplayName("secrets: no such key and the nearest, not text, no YAML, gone, readable by all")
    void secrets() throws Exception {
        secret("db.yaml", "passwrd: " + PASSWORD + "\n");
        secret("redis.json", "{\"password\": 12345678");
        Run.Result result = check("config.yaml");
        found(result, "SECRET_KEY_MISSING  config.yaml:19\n    database.passwordKey is password, and db.yaml has no such key\n    the nearest that it has is passwrd\n",
                "CONFIG_SYNTAX  redis.json:1\n    the file ends within a quote or a bracket");
        assertThat(result.out()).doesNotContain("12345678");
        Files.delete(dir.resolve("db.yaml"));
        Files.setPosixFilePermissions(write("redis.json", "{\"password\": 12345678}"), java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
        result = check("config.yaml");
        found(result, "SECRET_MISSING  config.yaml:18\n    database.secretsFile names db.yaml, which does not exist here\n", "SECRET_KEY_MISSING  redis.json:1\n    password is not text: put it in quotes (line 1, column 2)\n",
                "SECRET_READABLE  redis.json\n    every user of this machine may read it\n    do: chmod o-r redis.json\n");
        assertThat(result.out()).doesNotContain("12345678");
    }

    @Test
    @DisplayName("servers: nothing listens, a wrong login, no such database, no PostgreSQL, no Redis, a host of another network")
    void servers() throws Exception {
        int closed = DatastorageTest.freePort();
        write("config.yaml", sound().replace("port: " + postgres.getPort(), "port: " + closed).replace("addr: 127.0.0.1:" + redis.port, "addr: 127.0.0.1:" + closed));
        found(check("config.yaml"), "PORT_REFUSED  config.yaml:8\n    nothing listens on 127.0.0.1:" + closed + ", where database says that PostgreSQL is", "PORT_REFUSED  config.yaml:20\n    nothing listens on 127.0.0.1:" + closed + ", where redis says that Redis is");
        secret("db.yaml", "password: wr0ng-guess\n");
        secret("redis.json", "password: wr0ng-guess\n");
        write("config.yaml", sound());
        Run.Result result = check("config.yaml");
        found(result, "LOGIN_REFUSED  config.yaml:8\n    PostgreSQL on 127.0.0.1:" + postgres.getPort() + ": ERROR: password authentication failed", "LOGIN_REFUSED  config.yaml:20\n    Redis on 127.0.0.1:" + redis.port + ": failed to connect to Redis: WRONGPASS");
        assertThat(result.out()).doesNotContain("wr0ng-guess");
        aSoundConfiguration();
        write("config.yaml", sound().replace("name: postgres", "name: nowhere").replace("addr: 127.0.0.1:" + redis.port, "addr: no-such-host.invalid:6379"));
        found(check("config.yaml"), "database \"nowhere\" does not exist (SQLSTATE 3D000)", "skipped Redis: there is no host no-such-host.invalid as seen from here");
        try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread closing = new Thread(() -> {
                while (!other.isClosed()) {
                    try {
                        other.accept().close();
                    } catch (IOException e) {
                        // The test is over.
                    }
                }
            });
            closing.setDaemon(true);
            closing.start();
            write("config.yaml", sound().replace("port: " + postgres.getPort(), "port: " + other.getLocalPort()).replace("addr: 127.0.0.1:" + redis.port, "addr: 127.0.0.1:" + other.getLocalPort()));
            found(check("config.yaml"), "PORT_NOT_POSTGRES  config.yaml:8", "PORT_WRONG_SERVER  config.yaml:20");
        }
    }

    // What starts it ---------------------------------------------------------------------------------------------------

    /** The configuration as the container has it. */
    private void inContainer() throws IOException {
        write("config.yaml", sound().replace("secretsFile: ", "secretsFile: /etc/datastorage/secrets/"));
    }

    private static final String RUN = "podman run -d --rm -e CONFIG_PATH=/etc/datastorage/config.yaml -v $configDir/config.yaml:/etc/datastorage/config.yaml:ro -v $configDir:/etc/datastorage/secrets:ro datastorage:latest";

    @Test
    @DisplayName("the command of the incident is sound: $configDir is where the file lies")
    void command() throws Exception {
        inContainer();
        Run.Result result = check("config.yaml", "--command", RUN);
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("the command sets CONFIG_PATH=/etc/datastorage/config.yaml", "database.passwordKey: db.yaml has it", "checked 20 keys, 1 start, 3 mounts, 2 files of secrets, 2 servers");
    }

    @Test
    @DisplayName("commands that do not bring the file to where the variable points")
    void badCommands() throws Exception {
        inContainer();
        Files.createDirectories(dir.resolve("src/folder"));
        String run = RUN.replace("$configDir", "$(pwd)/..");
        String file = "$(pwd)/../config.yaml";
        write("src/run.sh", String.join("\n", run,
                run.replaceFirst("-e \\S+", "datastorage"),
                run.replaceFirst("CONFIG_PATH=\\S+", "CONFIG_PATH=config.yaml"),
                run.replaceFirst("CONFIG_PATH=\\S+", "CONFIG_PATH=/etc/datastorage/config.yml"),
                run.replace(file, "gone.yaml"),
                run.replace(file, "./gone.yaml"),
                run.replace(file, "./folder"),
                run.replace("-v $(pwd)/..:", "-v $elsewhere:"),
                run.replaceFirst("-v \\$\\(pwd\\)/\\.\\.:\\S+", ""),
                run.replace("-v " + file + ":/etc/datastorage/config.yaml:ro", "--mount type=bind,src=./folder2,target=/etc/datastorage/config.yaml")));
        Run.Result result = check("config.yaml", "--source", "src");
        found(result, "CONFIG_PATH_UNSET  src/run.sh:2\n", "CONFIG_MOUNT  src/run.sh:3\n    CONFIG_PATH points at config.yaml, which is relative",
                "CONFIG_MOUNT  src/run.sh:4\n    CONFIG_PATH points at /etc/datastorage/config.yml, and podman run mounts nothing there\n    it mounts something on /etc/datastorage/config.yaml\n    do: # add -v config.yaml:/etc/datastorage/config.yml:ro",
                "CONFIG_MOUNT  src/run.sh:5\n    gone.yaml without a / is the name of a volume", "CONFIG_MOUNT  src/run.sh:6\n    the mount of ./gone.yaml is relative: it is right in one folder only",
                "CONFIG_MOUNT  src/run.sh:6\n    src/gone.yaml does not exist: Docker and compose make a folder of that name", "CONFIG_MOUNT  src/run.sh:7\n    src/folder is a folder, where a file is mounted on /etc/datastorage/config.yaml",
                "skipped src/run.sh:8: podman run: the mount on /etc/datastorage/secrets is of $elsewhere, which only the run knows",
                "CONFIG_MOUNT  src/run.sh:9\n    database.secretsFile is /etc/datastorage/secrets/db.yaml, and podman run mounts nothing there", "CONFIG_MOUNT  src/run.sh:10\n    src/folder2 does not exist");
        assertThat(result.out()).doesNotContain("src/run.sh:1\n");
    }

    @Test
    @DisplayName("the file that is mounted is another; SELinux is enforcing and a mount has no :Z")
    void anotherFileAndSeLinux() throws Exception {
        inContainer();
        write("other.yaml", sound());
        write("enforce", "1");
        Run.Result result = Run.script("check-config", "config.yaml", "--command", RUN.replace("$configDir/config.yaml", dir + "/other.yaml").replace("$configDir:", dir + ":").replace("secrets:ro", "secrets:ro,Z"))
                .jvm("-Drunbook.selinux=" + dir.resolve("enforce")).in(dir).go();
        assertThat(result.out()).contains("CONFIG_MOUNT\n    the file that is mounted is other.yaml, not config.yaml", "SELinux is enforcing, and the mount on /etc/datastorage/config.yaml has no :Z")
                .doesNotContain("the mount on /etc/datastorage/secrets has no :Z");
    }

    @Test
    @DisplayName("a command without a container; a variable from the shell; a password in the command is not shown")
    void plainCommand() throws Exception {
        Run.Result result = check("config.yaml", "--command", "DB_PASSWORD=s3cret CONFIG_PATH=config.yaml ./datastorage");
        assertThat(result.exit()).as(result.all()).isZero();
        found(check("config.yaml", "--command", "./datastorage"), "CONFIG_PATH_UNSET\n    the command does not set CONFIG_PATH");
        inContainer();
        result = check("config.yaml", "--command", RUN.replaceFirst("-e \\S+", "-e CONFIG_PATH -e DB_PASSWORD=s3cret"));
        assertThat(result.out()).contains("skipped the command: CONFIG_PATH is $CONFIG_PATH, which only the run knows");
    }

    @Test
    @DisplayName("a compose file: variables with defaults, anchors, long and short mounts, with lines")
    void compose() throws Exception {
        inContainer();
        write("deploy/compose.yaml", """
                x-env: &env {CONFIG_PATH: "${DIR:-/etc/datastorage}/config.yaml"}
                services:
                  postgres: {image: "postgres:16"}
                  store:
                    image: quay.io/acme/datastorage:1
                    environment:
                      <<: *env
                    volumes:
                      - ../config.yaml:/etc/datastorage/config.yaml:ro
                      - type: bind
                        source: ../secrets
                        target: /etc/datastorage/secrets
                """);
        found(check("config.yaml", "--compose", "deploy/compose.yaml"), "✓ deploy/compose.yaml:4: service store sets CONFIG_PATH=/etc/datastorage/config.yaml",
                "CONFIG_MOUNT  deploy/compose.yaml:10\n    secrets/db.yaml does not exist: Docker and compose make a folder of that name");
        write("deploy/none.yaml", "services:\n  postgres: {image: \"postgres:16\"}\n");
        found(check("config.yaml", "--compose", "deploy/none.yaml"), "CONFIG_PATH_UNSET  deploy/none.yaml\n    nothing in deploy/none.yaml starts datastorage");
    }

    @Test
    @DisplayName("a tree: podman run in a script, a Makefile, Go; a manifest; other containers are let be")
    void source() throws Exception {
        inContainer();
        write("src/run.sh", "#!/bin/sh\n# podman run datastorage\npodman run -d postgres:16\npodman run -d \\\n  -e CONFIG_PATH=/etc/datastorage/config.yaml \\\n  -v \"$(pwd)/../config.yaml:/etc/datastorage/config.yaml\" \\\n  -v ..:/etc/datastorage/secrets datastorage\n");
        write("src/Makefile", "up:\n\tpodman run --name ds -v $(CURDIR)/c.yaml:/etc/datastorage/config.yaml $(IMAGE)\n");
        write("src/infra.go", "cmd := exec.Command(\"podman\", \"run\", \"-d\",\n  \"-v\", fmt.Sprintf(\"%s/config.yaml:/etc/datastorage/config.yaml:ro\", configDir),\n  \"-v\", configDir+\":/etc/datastorage/secrets:ro\", // both\n  \"-e\", \"CONFIG_PATH=/etc/datastorage/config.yaml\", image)\n");
        write("src/k8s.yaml", "kind: Service\n---\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: store\n          image: datastorage:1\n          env: [{name: CONFIG_PATH, value: /etc/datastorage/config.yaml}]\n          volumeMounts: [{name: c, mountPath: /etc/config}]\n");
        write("src/node_modules/x.sh", "podman run datastorage\n");
        write("src/broken.compose.yaml", "services: [\n");
        found(check("config.yaml", "--source", "src"), "✓ src/run.sh:4: podman run sets", "CONFIG_PATH_UNSET  src/Makefile:2\n    podman run does not set CONFIG_PATH", "✓ src/infra.go:1: podman run sets",
                "✓ src/k8s.yaml:8: container store sets", "CONFIG_MOUNT  src/k8s.yaml:8\n    CONFIG_PATH points at /etc/datastorage/config.yaml, and container store mounts nothing there", "checked 20 keys, 5 source files, 4 starts",
                "skipped src/broken.compose.yaml: it cannot be read as what its name says");
    }

    // Rules, and wrong usage -------------------------------------------------------------------------------------------

    @Test
    @DisplayName("another service brings its own rules")
    void rules() throws Exception {
        write("rules.yaml", "service: gateway\nvariable: GATEWAY_CONFIG\nkeys:\n  listen.port: {type: int, required: true, max: 9}\nsecrets: {}\n");
        write("config.yaml", "listen: {prt: 5}\n");
        found(check("config.yaml", "--rules", "rules.yaml", "--command", "docker run gateway"), "the nearest known key is listen.port", "listen.port is required, and missing", "the command does not set GATEWAY_CONFIG");
        Run.Result printed = check("--print-rules");
        write("rules.yaml", printed.out());
        aSoundConfiguration();
        assertThat(check("config.yaml", "--rules", "rules.yaml").exit()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"keys: {a: {type: int}}", "service: x\nvariable: Y\nkeys: {a: {type: float}}", "service: x\nvariable: Y\nkeys: {a: {typ: int}}", "service: ["})
    @DisplayName("rules that are none: one sentence, exit 2")
    void badRules(String text) throws Exception {
        Path rules = write("rules.yaml", text);
        assertThatThrownBy(() -> ConfigRules.read(rules)).isInstanceOfSatisfying(Stop.class, stop -> {
            assertThat(stop.exit).isEqualTo(2);
            assertThat(stop.getMessage().lines()).hasSize(1);
            assertThat(stop.getMessage()).contains("rules.yaml");
        });
    }

    @Test
    @DisplayName("rules that are none: one sentence on stderr")
    void badRulesSaid() throws Exception {
        write("rules.yaml", "service: [");
        Run.Result result = check("config.yaml", "--rules", "rules.yaml");
        assertThat(result.exit()).as(result.all()).isEqualTo(2);
        assertThat(result.err().lines()).hasSize(1);
        assertThat(result.err()).startsWith("check-config: rules.yaml");
    }

    @Test
    @DisplayName("wrong usage: what starts it without a file; two of them; a compose file that is gone; a tree that is none")
    void usage() throws Exception {
        for (List<String> arguments : List.of(List.of("--compose", "compose.yaml"), List.of("config.yaml", "--compose", "gone.yaml"), List.of("config.yaml", "--source", "gone"),
                List.of("config.yaml", "--command", "x", "--source", "y"), List.of("config.yaml", "--rules", "gone.yaml"))) {
            Run.Result result = check(arguments.toArray(new String[0]));
            assertThat(result.exit()).as(arguments + result.all()).isEqualTo(2);
            assertThat(result.err().lines()).hasSize(1);
        }
    }

    @Test
    @DisplayName("json is one document")
    void json() throws Exception {
        Run.Result result = check("config.yaml", "--format", "json");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).startsWith("{").contains("\"script\" : \"check-config\"", "\"verdict\" : \"sound\"");
    }
}
