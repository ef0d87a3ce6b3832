import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

import kit.migrations.Flaw;
import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Part;
import kit.migrations.Splitter;
import kit.report.Severity;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the kit makes of a file against what goose makes of it. goose is a program in Go that the registries of this project do not have; its
 * rules are those of its package internal/sqlparser (releases 3.16 to 3.26) and of its README.
 */
@Tag("unit")
@DisplayName("goose's rules, and odd migrations")
class GooseRulesTest {
    private static final String REFUSED = "refused in line ";
    private static final String UP = "-- +goose Up\n";
    private static final String DOWN = "-- +goose Down\n";
    private static final String BEGIN = "-- +goose StatementBegin\n";
    private static final String END = "-- +goose StatementEnd\n";

    @TempDir
    Path temp;
    private final Map<String, String> expected = new LinkedHashMap<>();
    private final Map<String, String> found = new LinkedHashMap<>();

    private Migration read(String name, String text) throws Exception {
        Path dir = Files.createDirectories(temp.resolve(name.replaceFirst("\\W.*", "") + ".d"));
        Files.writeString(dir.resolve(name), text);
        if (name.equals("001_a.sql")) {
            // By which the folder is known as goose's
            Files.writeString(dir.resolve("002_b.sql"), UP + "SELECT 1;\n" + DOWN);
            Files.writeString(dir.resolve("003_c.sql"), UP + "SELECT 1;\n" + DOWN);
        }
        return Folder.read(dir).files().get(0);
    }

    /** What goose does with a text: a list of statements of Up, then of Down after "|", or the line for which it refuses the file. */
    private void goose(String what, String text, String... does) throws Exception {
        Migration m = read("001_a.sql", text);
        List<Flaw> refused = m.flaws().stream().filter(flaw -> flaw.severity() == Severity.error).toList();
        List<String> parts = new ArrayList<>(m.up().stream().map(part -> part.sql().replace("\n", "⏎")).toList());
        if (!m.down().isEmpty()) {
            parts.add("|");
            m.down().forEach(part -> parts.add(part.sql().replace("\n", "⏎")));
        }
        expected.put(what, String.join(" ~ ", does));
        found.put(what, !refused.isEmpty() ? REFUSED + refused.get(0).line() : String.join(" ~ ", parts) + (m.transactional() ? "" : " ~ without transaction"));
    }

    @Test
    @DisplayName("a table of goose's rules: what goose runs is run, and what it refuses is named with its line")
    void rules() throws Exception {
        goose("one statement", UP + "SELECT 1;\n", "SELECT 1");
        goose("two statements, and Down", UP + "SELECT 1;\nSELECT 2;\n" + DOWN + "SELECT 3;\n", "SELECT 1", "SELECT 2", "|", "SELECT 3");
        goose("over several lines", UP + "SELECT 1,\n  2;\n", "SELECT 1,⏎  2");
        goose("comments before and after a statement", UP + "-- one;\n\nSELECT 1; -- two;\n-- three\n", "SELECT 1");
        goose("a comment within", UP + "SELECT 1, -- no; end\n  2;\n", "SELECT 1, -- no; end⏎  2");
        goose("only comments", UP + "-- nothing\n" + DOWN, "");
        goose("marks in any case, with blanks around", "--   +goose   UP  \nSELECT 1;\n-- +GOOSE DOWN\n".replace("+GOOSE", "+goose"), "SELECT 1");
        goose("a block", UP + BEGIN + "CREATE FUNCTION f() AS $$\nBEGIN\n  RETURN;\nEND;\n$$\n" + END, "CREATE FUNCTION f() AS $$⏎BEGIN⏎  RETURN;⏎END;⏎$$");
        goose("a block without semicolon, then a statement", UP + BEGIN + "SELECT 1\n" + END + "SELECT 2;\n", "SELECT 1", "SELECT 2");
        goose("blocks in Down", UP + DOWN + BEGIN + "SELECT 1\n" + END, "|", "SELECT 1");
        goose("NO TRANSACTION before Up", "-- +goose NO TRANSACTION\n" + UP + "SELECT 1;\n", "SELECT 1;", "without transaction");
        goose("NO TRANSACTION anywhere", UP + "SELECT 1;\n-- +goose NO TRANSACTION\n" + DOWN + "SELECT 2;\n", "SELECT 1;", "|", "SELECT 2;", "without transaction");
        goose("without transaction, two statements on a line are one for the server", "-- +goose NO TRANSACTION\n" + UP + "SELECT 1; SELECT 2;\nSELECT 3;\n", "SELECT 1; SELECT 2;", "SELECT 3;", "without transaction");
        goose("without transaction, a block is one for the server", "-- +goose NO TRANSACTION\n" + UP + BEGIN + "SELECT 1; \nSELECT 2;\n" + END, "⏎SELECT 1; ⏎SELECT 2;⏎", "without transaction");
        goose("semicolons within a line", UP + "SELECT ';', \";\";\n", "SELECT ';', \";\"");
        goose("two dashes in a string are no comment", UP + "SELECT '-- ';\nSELECT '-->';\n", "SELECT '-- '", "SELECT '-->'");
        goose("Windows line ends", (UP + "SELECT 1,\n  2;\n" + BEGIN + "SELECT 3\n" + END + DOWN + "SELECT 4;\n").replace("\n", "\r\n"), "SELECT 1,⏎  2", "SELECT 3", "|", "SELECT 4");
        goose("no line end at the end", UP + "SELECT 1;", "SELECT 1");
        goose("text after a block", UP + BEGIN + "SELECT 1;\n" + END + "-- done\n\n", "SELECT 1");
        goose("ENVSUB off by default", UP + "SELECT '$HOME ${HOME}';\n", "SELECT '$HOME ${HOME}'");
        goose("ENVSUB ON and OFF", "-- +goose ENVSUB ON\n" + UP + "SELECT '${HOME}', $$a$$, '${NO_SUCH_VAR:-b}', '${NO_SUCH_VAR-c}';\n-- +goose ENVSUB OFF\nSELECT '$HOME';\n", "SELECT '" + System.getenv("HOME") + "', $$a$$, 'b', 'c'", "SELECT '$HOME'");
        goose("ENVSUB, a variable that must be set", "-- +goose ENVSUB ON\n" + UP + "SELECT '${NO_SUCH_VAR?say it}';\n", REFUSED + 3);

        goose("no Up mark", "SELECT 1;\n", REFUSED + 1);
        goose("only a Down mark", DOWN + "SELECT 1;\n", REFUSED + 1);
        goose("Down before Up", DOWN + "SELECT 1;\n" + UP + "SELECT 2;\n", REFUSED + 1);
        goose("two Up marks", UP + "SELECT 1;\n" + DOWN + UP + "SELECT 2;\n", REFUSED + 4);
        goose("two Down marks", UP + "SELECT 1;\n" + DOWN + DOWN, REFUSED + 4);
        goose("SQL before the Up mark", "-- a word\nSELECT 0;\n" + UP + "SELECT 1;\n", REFUSED + 2);
        goose("no semicolon before Down", UP + "SELECT 1;\nALTER TABLE a\n\n" + DOWN, REFUSED + 3);
        goose("no semicolon at the end of Up", UP + "SELECT 1\n", REFUSED + 2);
        goose("no semicolon at the end of Down", UP + "SELECT 1;\n" + DOWN + "SELECT 2\n", REFUSED + 4);
        goose("a semicolon behind a comment is none", UP + "SELECT 1 -- ;\n", REFUSED + 2);
        goose("text after the last statement", UP + "SELECT 1;\n/* the end */\n", REFUSED + 3);
        goose("Begin without End", UP + BEGIN + "SELECT 1;\n", REFUSED + 2);
        goose("Begin without End before Down", UP + BEGIN + "SELECT 1;\n" + DOWN, REFUSED + 2);
        goose("Begin within Begin", UP + BEGIN + BEGIN + "SELECT 1;\n" + END + END, REFUSED + 3);
        goose("End without Begin", UP + "SELECT 1;\n" + END, REFUSED + 3);
        goose("Begin before Up", BEGIN + UP + END, REFUSED + 1);
        goose("a mark that goose does not know", UP + "SELECT 1;\n-- +goose Upp\n", REFUSED + 3);
        goose("a mark without a word", "-- +goose\n" + UP, REFUSED + 1);
        goose("a mark that does not begin its line", UP + "  -- +goose StatementBegin\nSELECT 1;\n" + END, REFUSED + 2);
        goose("a comment that speaks of +goose", UP + "-- see the +goose manual\nSELECT 1;\n", REFUSED + 2);
        goose("two marks on one line", "-- +goose Up -- +goose StatementBegin\nSELECT 1;\n", REFUSED + 1);

        // What goose sends to the server in pieces that are no SQL, or loses: it does not refuse them, and the server does.
        goose("on purpose refused: a function outside of a block, which goose cuts", UP + "CREATE FUNCTION f() AS $$\nBEGIN\n  RETURN;\nEND;\n$$;\n", REFUSED + 4);
        goose("on purpose refused: a string over two lines, which goose cuts", UP + "SELECT 'a;\nb';\n", REFUSED + 2);
        goose("on purpose refused: a comment over two lines, which goose cuts", UP + "/* a;\nb */ SELECT 1;\n", REFUSED + 2);
        goose("on purpose refused: an empty block, after which goose loses a line", UP + BEGIN + "-- nothing\n" + END + "SELECT 1;\n", REFUSED + 4);
        // What is the same for the server, told apart for the line of an error.
        goose("on purpose two, in one transaction: two statements on a line", UP + "SELECT 1; SELECT 2;\n", "SELECT 1", "SELECT 2");
        goose("on purpose two, in one transaction: two statements in a block", UP + BEGIN + "SELECT 1;\nSELECT 2;\n" + END, "SELECT 1", "SELECT 2");
        goose("on purpose none: a statement of nothing but a semicolon", UP + ";\nSELECT 1;\n", "SELECT 1");
        goose("on purpose read: a byte order mark, for which goose refuses the file, is a warning", "\uFEFF" + UP + "SELECT 1;\n", "SELECT 1");
        assertThat(read("001_a.sql", "\uFEFF" + UP + "SELECT 1;\n").flaws()).extracting(Flaw::code).containsExactly("MIGRATION_BOM");

        Map<String, String> wrong = new LinkedHashMap<>(found);
        expected.forEach((what, does) -> wrong.remove(what, does));
        assertThat(wrong).as("and goose: " + wrong.keySet().stream().map(what -> what + "=" + expected.get(what)).toList()).isEmpty();
    }

    private static final String[] PIECES = {"'", "''", "E'\\", "\"", "$$", "$a$", "$a", "$1", "--", "-- +goose Up\n", "-- +goose Down\n", "-- +goose StatementBegin\n", "-- +goose StatementEnd\n", "-- +goose NO TRANSACTION\n", "-- +goose ENVSUB ON\n", "-- +goose x ",
        "-- migrate:up\n", "-- migrate:down transaction:false\n", "${A:-", "${A?", "/*", "*/", "/", "-", ";", ";\n", "(", ")", "BEGIN ATOMIC ", "begin ", "case ", "END", "\n", "\r\n", "\r", "\t", " ", "SELECT 1", "é", "\uD83D\uDE00", "\uFEFF", "\\", "%", "x"};

    @Test
    @DisplayName("odd text of every dialect: nothing but the documented sentence ends it, every part lies in the text, in order")
    void oddText() throws Exception {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 600; round++) {
            StringBuilder text = new StringBuilder(List.of("", UP, "-- migrate:up\n").get(random.nextInt(3)));
            for (int i = random.nextInt(50); i >= 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            for (String name : List.of("001_a.sql", "V1__a.sql", "1_a.up.sql")) {
                Migration m = read(name, text.toString());
                int lines = text.toString().split("\n", -1).length;
                for (List<Part> parts : List.of(m.up(), m.down())) {
                    assertThat(parts).as("seed %d round %d", seed, round).allSatisfy(part -> assertThat(part.line()).isBetween(1, lines));
                    assertThat(parts.stream().map(Part::line)).as("seed %d round %d", seed, round).isSorted();
                }
                assertThat(m.flaws()).as("seed %d round %d", seed, round).allSatisfy(flaw -> assertThat(flaw.line()).isBetween(0, lines));
            }
        }
    }

    @Test
    @DisplayName("time grows with the text, not with its square: sixteen times the text takes less than sixty-four times as long")
    void linear() throws Exception {
        for (int i = 0; i < 20; i++) {
            time("SELECT 1;\n", 20_000, 1);
        }
        Map<String, Double> slow = new LinkedHashMap<>();
        for (String piece : Stream.concat(Stream.of(PIECES), Stream.of("SELECT 1;", "SELECT 'a';\n", "-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n", "/* */;", "a $a$ ", "(;", "begin atomic; end;")).toList()) {
            double ratio = (double) time(piece, 160_000, 2) / time(piece, 10_000, 6);
            if (ratio > 64) {
                slow.put(piece, ratio);
            }
        }
        assertThat(slow).isEmpty();
    }

    /** The least CPU time of several readings of a text of so many characters, as each dialect reads it; a busy machine does not count. */
    private long time(String piece, int length, int times) throws Exception {
        String text = UP + piece.repeat(length / piece.length());
        long[] took = new long[times];
        for (int i = 0; i < times; i++) {
            long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            read("001_a.sql", text);
            Splitter.split(text, 1);
            took[i] = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - began;
        }
        return Arrays.stream(took).min().orElseThrow();
    }
}
