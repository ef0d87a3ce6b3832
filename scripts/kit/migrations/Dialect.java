package kit.migrations;

import java.util.regex.Pattern;

/** How a tool names its files and marks their parts. */
public enum Dialect {
    GOOSE("goose", "(?<version>\\d+)_(?<words>.+)\\.sql"),
    GOLANG_MIGRATE("golang-migrate", "(?<version>\\d+)_(?<words>.*)\\.up\\.sql"),
    DBMATE("dbmate", "(?<version>\\d+)_(?<words>.+)\\.sql"),
    FLYWAY("Flyway", "(?:V(?<version>\\d+(?:[._]\\d+)*)|R)__(?<words>.+)\\.sql"),
    PLAIN("plain numbered SQL", "v?(?<version>\\d+)(?<words>.*)\\.sql");

    /** The tool's name, as it stands in sentences. */
    public final String title;
    /** Its files' names, with the groups version and words. */
    public final Pattern name;

    Dialect(String title, String name) {
        this.title = title;
        this.name = Pattern.compile(name, this.name().equals("FLYWAY") ? 0 : Pattern.CASE_INSENSITIVE);
    }
}
