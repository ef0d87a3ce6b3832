import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

@DisplayName("a tool and its kit by an http address")
class FromAfarTest {
    private static HttpServer server;

    @TempDir
    Path elsewhere;

    @BeforeAll
    static void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", FromAfarTest::answer);
        server.start();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
    }

    /** The clone as a server of files has it: no list of what stands in a folder. */
    private static void answer(HttpExchange exchange) throws IOException {
        Path file = Run.ROOT.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
        boolean there = file.startsWith(Run.ROOT) && Files.isRegularFile(file);
        byte[] body = there ? Files.readAllBytes(file) : new byte[0];
        exchange.sendResponseHeaders(there ? 200 : 404, there ? body.length : -1);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"http://HOST/scripts/tools/amalgamate.java", "amalgamate@http://HOST/jbang-catalog.json"})
    @DisplayName("with an empty cache, from another folder and through a link to the launcher, the tool runs")
    void runs(String address) throws Exception {
        Path link = Files.createSymbolicLink(elsewhere.resolve("jbangw"), Run.ROOT.resolve("jbangw"));
        String tool = address.replace("HOST", "127.0.0.1:" + server.getAddress().getPort());
        Run.Result help = Run.command(link.toString(), tool, "--help").in(elsewhere)
                .with("JBANG_CACHE_DIR", elsewhere.resolve("cache").toString()).go();
        assertThat(help.exit()).as(help.all()).isZero();
        assertThat(help.out()).startsWith("Usage: amalgamate ");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"amalgamate"})
    @DisplayName("by its name through a link to the launcher, from another folder, a tool knows the collection that it is of")
    void throughLink(String tool) throws Exception {
        Path link = Files.createSymbolicLink(elsewhere.resolve("jbangw"), Run.ROOT.resolve("jbangw"));
        Run.Result made = Run.command(link.toString(), tool, tool).in(elsewhere).go();
        assertThat(made.exit()).as(made.all()).isZero();
        assertThat(made.out()).contains("\n// ---- scripts/tools/amalgamate.java\n").doesNotContain(Run.ROOT.toString());
    }
}
