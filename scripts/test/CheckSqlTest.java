import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("check-sql")
class CheckSqlTest {
    @TempDir
    Path temp;

    @BeforeEach
    void schema() throws Exception {
        file("m/001_users.sql", "-- +goose Up\nCREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text, data jsonb, feeling mood, created_at timestamptz, fullname text);\n"
                + "CREATE TABLE orders (id uuid PRIMARY KEY, user_id bigint REFERENCES users, total numeric, placed date);\n-- +goose Down\nDROP TABLE orders, users;\n");
        file("m/002_rename.sql", "-- +goose Up\nALTER TABLE users RENAME COLUMN fullname TO display_name;\n-- +goose Down\nSELECT 1;\n");
    }

    private void file(String name, String text) throws Exception {
        Path file = temp.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Run.Result run(int exit, String... arguments) throws Exception {
        Run.Result result = Run.script("check-sql", arguments).in(temp).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.all()).doesNotContain("\tat ", "failed in a way");
        return result;
    }

    private static List<JsonNode> findings(Run.Result result) {
        return StreamSupport.stream(JsonMapper.shared().readTree(result.out()).get("findings").spliterator(), false).toList();
    }

    /** A file of source and what must be found in it: code and line each, no more and no fewer. */
    record Case(String file, List<String> expected) {
    }

    private final List<Case> table = new ArrayList<>();

    private void source(String name, String text, String... expected) throws Exception {
        file("src/" + name, text);
        table.add(new Case("src/" + name, List.of(expected)));
    }

    private void check(String... more) throws Exception {
        Run.Result result = run(table.stream().allMatch(c -> c.expected.isEmpty()) ? 0 : 10, Stream.concat(Stream.of("src", "--migrations", "m", "--format", "json"), Stream.of(more)).toArray(String[]::new));
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> found = new LinkedHashMap<>();
        for (Case each : table) {
            expected.put(each.file, new TreeSet<>(each.expected).toString());
            TreeSet<String> codes = new TreeSet<>();
            findings(result).stream().filter(f -> f.get("where").get("file").asString().equals(each.file)).forEach(f -> codes.add(f.get("code").asString() + ":" + f.get("where").get("line").asInt()));
            found.put(each.file, codes.toString());
        }
        assertThat(found).as(result.err()).isEqualTo(expected);
    }

    @Test
    @DisplayName("Go: each missing name of a statement is found at its line; the same statements with sound names are silent")
    void go() throws Exception {
        source("bad.go", "package s\nfunc f() {\n\tdb.Exec(ctx, `UPDATE users\n\tSET nam = $1,\n\t    mail = $2\n\tWHERE id = $3`)\n\tdb.Query(\"SELECT u.id, u.nme \" +\n\t\t\"FROM users u\")\n}\n",
                "SQL_COLUMN_MISSING:4", "SQL_COLUMN_MISSING:5", "SQL_COLUMN_MISSING:7");
        source("good.go", "package s\nfunc f() {\n\tdb.Exec(ctx, `UPDATE users\n\tSET name = $1,\n\t    email = $2\n\tWHERE id = $3`)\n\tdb.Query(\"SELECT u.id, u.name \" +\n\t\t\"FROM users u\")\n}\n");
        source("bad.sql", "INSERT INTO users (id, name) VALUES (1, 'x');\nINSERT INTO user (id) VALUES (1);\nINSERT INTO userss (id) VALUES (1);\n", "SQL_SYNTAX:2", "SQL_TABLE_MISSING:3");
        check();
    }
}
