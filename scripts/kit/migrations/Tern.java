//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Marked.java
//SOURCES Migration.java
//SOURCES ../report/Severity.java
package kit.migrations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import kit.report.Severity;

/** tern (github.com/jackc/tern): NNN_words.sql, Up above “---- create above / drop below ----”, Down below; numbers
 * from 1 without a gap; “---- tern: disable-tx ----”. */
final class Tern extends Dialect {
    private static final Pattern MARK = Pattern.compile("(?m)^---- create above / drop below ----[ \\t]*\\r?$");
    private static final Pattern OUTSIDE = Pattern.compile("(?m)^---- tern: disable-tx ----[ \\t]*\\r?$");

    Tern() {
        super("tern", "(?<version>\\d+)_(?<words>.+)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        String marked = Marked.of(listing, file -> listing.says(file, MARK) || listing.says(file, OUTSIDE),
                "have tern's marks");
        return marked != null ? marked : listing.has("tern.conf") ? "tern.conf" : null;
    }

    @Override
    List<Migration> read(Listing listing) throws IOException {
        List<Migration> files = super.read(listing);
        for (int i = 0; i < files.size(); i++) {
            int wanted = i + 1;
            if (files.get(i).number().get(0).intValue() > wanted && files.stream().noneMatch(
                    m -> m.number().get(0).intValue() == wanted)) {
                files.get(i).flaws().add(new Flaw("MIGRATION_MARKERS", Severity.error, 0,
                        "there is no number " + wanted + ": tern refuses a folder with a gap"));
                break;
            }
        }
        return files;
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        return cut(file, version, words, listing.text(file), MARK, !listing.says(file, OUTSIDE), flaws);
    }

    @Override
    List<Book> books() {
        return List
                .of(new Book("schema_version", "version", "SELECT version, unnest('{up to,applied}'::text[]) FROM %s "
                        + "WHERE version > 0"));
    }

    @Override
    public Map<String, String> newFiles(String version, String words, String up, String down) {
        return Map.of(version + "_" + words + ".sql",
                up + "\n\n---- create above / drop below ----\n\n" + down + "\n");
    }
}
