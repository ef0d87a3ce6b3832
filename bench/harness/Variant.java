//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ../../scripts/kit/report/TextFiles.java
//SOURCES ../UpdateStatus.java
//SOURCES Schemas.java
package bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import bench.UpdateStatus;
import bench.UpdateStatus.Queries;
import kit.report.Stop;
import kit.report.TextFiles;

/** A variant of the schema: SQL on top of the table, and the service's statements, if they are others there. */
public record Variant(String name, String sql, Queries queries) {
    /** @throws Stop it is neither a variant of ours nor a file */
    public static Variant of(String name) {
        String text = Schemas.files().get(name + ".sql");
        try {
            if (text == null && !name.endsWith(".sql")) {
                String names = String.join(", ", Schemas.files().keySet()).replace(".sql", "");
                throw Stop.usage("--schema " + name + " is none of " + names + ", and no file of SQL");
            }
            text = text == null ? Files.readString(Path.of(name)) : text;
        } catch (IOException e) {
            throw Stop.usage("--schema " + TextFiles.trouble(e));
        }
        List<String> queries = UpdateStatus.queries(text);
        String called = Path.of(name).getFileName().toString().replaceFirst("\\.sql$", "").replaceAll("\\W", "-");
        return new Variant(called, text, new Queries(queries.get(0), queries.get(1)));
    }
}
