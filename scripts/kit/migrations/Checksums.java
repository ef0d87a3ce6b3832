//SOURCES Folder.java
//SOURCES Ledger.java
//SOURCES Migration.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
package kit.migrations;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;

/** Whether applied files were changed since, for tools that write down a digest of the file's bytes. */
record Checksums(Folder folder, Report report, Ledger ledger) {
    /** What a tool writes down.
     *
     * @param refuses whether the tool itself looks at it before the next run */
    private record Kind(String digest, String sql, boolean refuses) {
    }

    private static final Map<String, Kind> KINDS = Map.of(
            "Prisma",
            new Kind("SHA-256", "SELECT migration_name || '/migration.sql', checksum FROM %s WHERE finished_at IS "
                    + "NOT NULL AND rolled_back_at IS NULL", true),
            "sqlx", new Kind("SHA-384", "SELECT version, encode(checksum, 'hex') FROM %s WHERE success", true),
            "Drizzle", new Kind("SHA-256", "SELECT created_at, hash FROM %s", false));

    static boolean known(Ledger ledger) {
        return KINDS.containsKey(ledger.tool());
    }

    void check(Connection c) throws SQLException {
        Kind kind = KINDS.get(ledger.tool());
        for (List<String> row : Sql.rows(c, kind.sql.formatted(ledger.table()))) {
            folder.files().stream().filter(m -> Ledger.same(row.get(0), m)).forEach(m -> compare(kind, m, row.get(1)));
        }
    }

    private void compare(Kind kind, Migration m, String written) {
        report.checked("checksums", 1);
        if (!digest(kind.digest, m.text()).equals(written)) {
            String text = m.name() + " was changed after it was applied: " + (kind.refuses
                    ? ledger.tool() + " refuses to go on"
                    : ledger.tool() + " does not notice it");
            report.tell(kind.refuses ? Severity.error : Severity.warning, text);
            report.finding("MIGRATION_CHANGED", kind.refuses ? Severity.error : Severity.warning, m.at(0), text,
                    "its " + kind.digest + " is not the one in " + ledger.table(),
                    "# undo the change, and write a new migration");
        }
    }

    private static String digest(String name, String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance(name).digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
