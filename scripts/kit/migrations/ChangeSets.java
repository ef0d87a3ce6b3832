//SOURCES Folder.java
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;

/** Liquibase writes down change sets, of which a file may hold several, each with a checksum. Compared are those in SQL
 * with a checksum as Liquibase makes it since 4.22: the MD5 of the text without blanks, and of that once more. Other
 * change sets are not, and that is said. */
public record ChangeSets(Folder folder, Report report, String table) {

    private static final Pattern BEGINS = Pattern
            .compile("(?i)\\s*--\\s*changeset\\s+(\"[^\"]+\"|[^:]+):(\"[^\"]+\"|\\S+)(.*)");
    private static final Pattern NO_SQL = Pattern.compile(
            "(?i)--\\s*(?:comment:?|validCheckSum:?) .*|\\s*--\\s*(?:rollback |preconditions|precondition-[a-z0-9-]+ "
                    + "|property\\s).*");
    /** What makes it depend on the call whether a change set is applied. */
    private static final Pattern CHOSEN = Pattern.compile("(?i)\\b(?:context\\w*|labels|dbms|ignore):");
    /** What this does not work out: another database's SQL, properties, lines and blocks that Liquibase leaves out,
     * sums that the author allows. */
    private static final Pattern NOT_WORKED_OUT = Pattern
            .compile("(?i)\\bdbms:|runAlways:true|\\$\\{|--\\s*ignoreLines:|/\\*\\s*liquibase|--\\s*validCheckSum");

    private record ChangeSet(Migration file, int line, String id, String author, String options, StringBuilder all,
            StringBuilder sql) {
        ChangeSet(Migration file, int line, String id, String author, String options) {
            this(file, line, id, author, options, new StringBuilder(options), new StringBuilder());
        }

        boolean is(List<String> row) {
            return id.equals(row.get(0)) && author.equals(row.get(1)) && file.name().equals(row.get(2));
        }

        String checksum() {
            return "9:" + md5("9:" + md5(sql.toString().trim().replaceAll("[ \\t\\r\\n]", "")) + ":");
        }

        private static String md5(String text) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public String toString() {
            return "change set " + id + " of " + author + " in " + file.name();
        }
    }

    /** A file that is not formatted for Liquibase is one change set. */
    private static List<ChangeSet> in(Migration m) {
        List<ChangeSet> sets = new ArrayList<>();
        if (!m.text().stripLeading().matches("(?is)--\\s*liquibase\\s*formatted.*")) {
            sets.add(new ChangeSet(m, 1, "raw", "includeAll", ""));
            sets.get(0).all.append(m.text());
            sets.get(0).sql.append(m.text());
            return sets;
        }
        int number = 0;
        for (String line : m.text().lines().toList()) {
            number++;
            Matcher begins = BEGINS.matcher(line);
            if (begins.matches()) {
                sets.add(new ChangeSet(m, number, begins.group(2).replace("\"", ""), begins.group(1).replace("\"", ""),
                        begins.group(3)));
            } else if (!sets.isEmpty()) {
                ChangeSet last = sets.get(sets.size() - 1);
                last.all.append(line).append('\n');
                last.sql.append(NO_SQL.matcher(line).matches() ? "" : line + "\n");
            }
        }
        return sets;
    }

    /** Whether it depends on the call alone whether anything of a file is applied. */
    public static boolean isChosen(Migration m) {
        return in(m).stream().allMatch(set -> CHOSEN.matcher(set.options).find());
    }

    public void check(Connection c) throws SQLException {
        List<List<String>> rows = Sql.rows(c,
                "SELECT id, author, regexp_replace(filename, '.*[/\\\\:]', ''), md5sum FROM " + table
                        + " ORDER BY orderexecuted");
        List<ChangeSet> sets = folder.files().stream().flatMap(m -> in(m).stream()).toList();
        int compared = 0;
        for (ChangeSet set : sets) {
            Optional<List<String>> row = rows.stream().filter(set::is).reduce((a, b) -> b);
            if (row.isPresent()) {
                compared += compare(set, row.get().get(3)) ? 1 : 0;
            } else if (CHOSEN.matcher(set.options).find()) {
                report.skipped(set.toString(),
                        "not applied, which its context, labels, dbms or ignore may be meant to do");
            } else if (rows.stream().anyMatch(r -> r.get(2).equals(set.file.name()))) {
                report.bad(set + " is not applied");
                report.finding("MIGRATION_NOT_APPLIED", Severity.error, set.file.at(set.line), set + " is not applied",
                        table);
            }
        }
        Set<String> files = new HashSet<>(folder.files().stream().map(Migration::name).toList());
        rows.stream().filter(row -> files.contains(row.get(2)) && sets.stream().noneMatch(set -> set.is(row)))
                .forEach(row -> {
                    String text = "change set " + row.get(0) + " of " + row.get(1) + " is written down in " + table
                            + ", and " + row.get(2) + " does not hold it";
                    report.bad(text);
                    report.finding("MIGRATION_UNKNOWN", Severity.error, null, text, "");
                });
        report.checked("checksums", compared);
        if (compared < rows.size()) {
            report.skipped(rows.size() - compared + " of " + rows.size() + " checksums",
                    "written by Liquibase before 4.22, or of change sets with properties or in other formats than "
                            + "SQL: liquibase validate compares them");
        }
    }

    /** Whether the checksums could be compared. */
    private boolean compare(ChangeSet set, String checksum) {
        if (checksum == null || !checksum.startsWith("9:") || NOT_WORKED_OUT.matcher(set.all).find()) {
            return false;
        }
        if (!checksum.equals(set.checksum())) {
            boolean again = set.options.matches("(?i).*runOnChange:true.*");
            String text = set + " was changed after it was applied" + (again ? ": Liquibase applies it again" : "");
            report.bad(text);
            report.finding(again ? "MIGRATION_NOT_APPLIED" : "MIGRATION_CHANGED", Severity.error, set.file.at(set.line),
                    text, "its checksum is " + set.checksum() + ", and " + table + " has " + checksum,
                    again ? "liquibase update" : "# undo the change, and write a new change set");
        }
        return true;
    }
}
