//SOURCES Atlas.java
//SOURCES DbmateDialect.java
//SOURCES Dialect.java
//SOURCES Diesel.java
//SOURCES Drizzle.java
//SOURCES Flyway.java
//SOURCES GolangMigrate.java
//SOURCES GooseDialect.java
//SOURCES LiquibaseSql.java
//SOURCES Listing.java
//SOURCES NodePgMigrate.java
//SOURCES PlainSql.java
//SOURCES Prisma.java
//SOURCES RailsStructure.java
//SOURCES Refinery.java
//SOURCES Sqitch.java
//SOURCES Sqlx.java
//SOURCES Supabase.java
//SOURCES Tern.java
package kit.migrations;

import java.util.Comparator;
import java.util.List;

/** The styles that are known, the surest marks first: a file of the tool's own, marks in the files, then names
 * alone. */
final class Dialects {
    static final List<Dialect> ALL = List.of(new Drizzle(), new Sqitch(), new Prisma(), new Diesel(),
            new RailsStructure(),
            new LiquibaseSql(), new Tern(), new GooseDialect(), new DbmateDialect(), new NodePgMigrate(), new Sqlx(),
            new Refinery(), new GolangMigrate(), new Flyway(), new Atlas(), new Supabase(), new PlainSql());

    private Dialects() {
    }

    /** Whose a folder is. Those that are known by names and marks alone are weighed against each other. */
    static Dialect of(Listing listing) {
        Dialect first = first(listing);
        return first.votes(listing) == 0 ? first
                : ALL.stream().max(Comparator.comparingLong(each -> each.votes(listing))).orElse(first);
    }

    private static Dialect first(Listing listing) {
        return ALL.stream().filter(each -> each.marks(listing) != null).findFirst().orElseThrow();
    }
}
