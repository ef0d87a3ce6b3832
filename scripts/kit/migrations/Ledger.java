//SOURCES Dialect.java
//SOURCES Dialects.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES ../postgres/Sql.java
package kit.migrations;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import kit.postgres.Sql;

/** What a tool has written down as applied.
 *
 * @param versions version as the tool writes it, or a file's name where files have none, in the order of application;
 *                 false if it failed halfway
 * @param upTo     what is not after this counts as applied, too: golang-migrate's version, Flyway's baseline; empty if
 *                 there is none */
public record Ledger(String tool, String table, Map<String, Boolean> versions, List<BigInteger> upTo) {

    /** The schemas that are a tool's own, as a regular expression. */
    static final String SCHEMAS = "(?:drizzle|sqitch|supabase_migrations|atlas_schema_revisions)";
    /** The tables that the tools keep for themselves, as a regular expression. */
    public static final String TABLES = "(?:" + SCHEMAS + "\\.)?(?:"
            + String.join("|", Dialects.ALL.stream().flatMap(each -> each.books().stream()).map(Dialect.Book::table)
                    .filter(table -> !table.equals("changes")).distinct().toList())
            + "|databasechangeloglock|_?seed_files|ar_internal_metadata)|sqitch\\.\\w+";
    private static final String LEDGER = "t.relkind IN ('r', 'p') AND t.relname IN ('"
            + String.join("', '", Dialects.ALL.stream().flatMap(each -> each.books().stream()).map(Dialect.Book::table)
                    .distinct().toList())
            + "') AND (t.relname <> 'changes' OR n.nspname = 'sqitch')";
    private static final String READABLE = "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(t.oid, "
            + "'SELECT')";

    /** The ledgers in a database; where each tool keeps its own is its documented default. */
    public static List<Ledger> read(Connection c) throws SQLException {
        List<Ledger> found = new ArrayList<>();
        Map<String, Map.Entry<Dialect, Dialect.Book>> books = new LinkedHashMap<>();
        for (List<String> row : Sql.rows(c,
                """
                    SELECT n.nspname, t.relname, string_agg(a.attname, ' ')
                    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
                    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
                    WHERE\s"""
                        + LEDGER + " AND " + READABLE + " GROUP BY 1, 2 ORDER BY n.nspname = 'public' DESC, 1, 2")) {
            String table = row.get(0).equals("public") ? row.get(1) : Sql.identifier(row.get(0)) + "." + row.get(1);
            Set<String> columns = Set.of(row.get(2).split(" "));
            Dialects.ALL.stream().flatMap(each -> each.books().stream().map(book -> Map.entry(each, book)))
                    .filter(e -> e.getValue().table().equals(row.get(1))
                            && (e.getValue().column() == null || columns.contains(e.getValue().column())))
                    // One that is told by a column goes before the one that is told by nothing else.
                    .min(Comparator.comparing(e -> e.getValue().column() == null))
                    .ifPresent(e -> books.put(table, e));
        }
        for (Map.Entry<String, Map.Entry<Dialect, Dialect.Book>> book : books.entrySet()) {
            found.add(of(book.getValue().getKey().title, book.getKey(), c,
                    book.getValue().getValue().sql().formatted(book.getKey())));
        }
        return found;
    }

    /** Ledgers that are there, but not for this role to read. */
    public static List<String> unreadable(Connection c) throws SQLException {
        return Sql.rows(c,
                "SELECT n.nspname || '.' || t.relname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace "
                        + "WHERE "
                        + LEDGER + " AND NOT (" + READABLE + ") ORDER BY 1")
                .stream().map(row -> row.get(0)).toList();
    }

    private static Ledger of(String tool, String table, Connection c, String sql) throws SQLException {
        Map<String, Boolean> versions = new LinkedHashMap<>();
        List<BigInteger> upTo = List.of();
        for (List<String> row : Sql.rows(c, sql)) {
            // The last row of a version counts; it also moves it to its place in the order of application.
            versions.remove(row.get(0));
            switch (row.get(1)) {
                case "applied" -> versions.put(row.get(0), true);
                case "failed" -> versions.put(row.get(0), false);
                case "up to" -> upTo = number(row.get(0));
                default -> {
                }
            }
        }
        return new Ledger(tool.startsWith("Liquibase") ? "Liquibase" : tool, table, versions, upTo);
    }

    /** A version as numbers; none where it is not made of them. */
    public static List<BigInteger> number(String version) {
        return version.matches("\\d+([._]\\d+)*") ? Stream.of(version.split("[._]")).map(BigInteger::new).toList()
                : List.of();
    }

    /** Whether a version in a ledger, or the name that stands for it, is this file's. */
    public static boolean same(String version, Migration m) {
        return number(version).isEmpty() ? version.equals(m.name())
                : !m.version().isEmpty() && Migration.compare(number(version), m.number()) == 0;
    }

    private Optional<Boolean> written(Migration m) {
        return versions.entrySet().stream().filter(e -> same(e.getKey(), m)).map(Map.Entry::getValue).findFirst();
    }

    /** Whether the tool would skip this file. */
    public boolean applied(Migration m) {
        return written(m).orElse(!upTo.isEmpty() && !m.version().isEmpty() && Migration.compare(m.number(), upTo) <= 0);
    }

    /** Whether the tool broke off in this file, and waits for somebody to mend that. */
    public boolean dirty(Migration m) {
        return !written(m).orElse(true);
    }

    /** Versions written down for which the folder has no file. */
    public List<String> unknown(Folder folder) {
        return versions.keySet().stream().filter(v -> folder.files().stream().noneMatch(m -> same(v, m))).toList();
    }

    /** Files that are not applied although a later one is. */
    public List<Migration> outOfOrder(Folder folder) {
        List<Migration> late = new ArrayList<>();
        for (int i = 0; i < folder.files().size(); i++) {
            Migration m = folder.files().get(i);
            if (!m.version().isEmpty() && !applied(m) && !dirty(m)
                    && folder.files().subList(i + 1, folder.files().size()).stream()
                            .anyMatch(later -> !later.version().isEmpty() && applied(later))) {
                late.add(m);
            }
        }
        return late;
    }
}
