//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Listing.java
//SOURCES Migration.java
package kit.migrations;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** No tool's marks and names: numbered files, up to the mark of a Down part where one stands in them. */
final class PlainSql extends Dialect {
    /** Where the Up part ends in a text of goose, dbmate, node-pg-migrate, sql-migrate, tern or MyBatis. */
    static final Pattern DOWN_MARK = Pattern.compile(
            "(?im)^[ \\t]*--[ \\t-]*(?:\\+goose[ \\t]+down|migrate:down|down[ \\t]+migration"
                    + "|\\+migrate[ \\t]+down|//[ \\t]*@undo|create above / drop below)\\b");

    PlainSql() {
        super("plain numbered SQL", "v?(?<version>\\d+)(?<words>.*)\\.sql");
    }

    @Override
    String marks(Listing listing) {
        return listing.sql().stream().anyMatch(file -> listing.says(file, DOWN_MARK))
                ? "marks of Down parts, and no tool's names"
                : "no marks and no tool's names";
    }

    @Override
    Migration migration(Listing listing, Path file, String version, String words, List<Flaw> flaws) {
        String text = listing.text(file);
        Migration cut = cut(file, version, words, text, DOWN_MARK, true, flaws);
        return migration(file, version, words, text, cut.up(), cut.down(), false, flaws);
    }

    @Override
    boolean ofPsql() {
        return true;
    }
}
