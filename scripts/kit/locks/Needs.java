//SOURCES ../migrations/Folder.java
package kit.locks;

import java.util.Map;

import kit.migrations.Folder;

/** What a tool must be told to run a file outside a transaction. */
final class Needs {
    private static final Map<String, String> OUTSIDE = Map.ofEntries(
            Map.entry("goose", "-- +goose NO TRANSACTION"),
            Map.entry("dbmate", "-- migrate:up transaction:false"),
            Map.entry("Flyway", "# executeInTransaction=false in a file beside it that is named like it, with .conf"),
            Map.entry("Diesel", "# run_in_transaction = false in metadata.toml beside up.sql"),
            Map.entry("sqlx", "-- no-transaction"),
            Map.entry("tern", "---- tern: disable-tx ----"),
            Map.entry("Atlas", "-- atlas:txmode none"),
            Map.entry("Liquibase", "--changeset author:id runInTransaction:false"),
            Map.entry("Rails", "# disable_ddl_transaction! in the migration's class"),
            Map.entry("sqitch", "# the deploy script without its BEGIN and COMMIT"),
            Map.entry("golang-migrate", "# each statement in a file of its own: a file is one call, a transaction"),
            Map.entry("Prisma", "# each statement in a migration of its own: a file is one call, a transaction"),
            Map.entry("Supabase", "# each statement in a file of its own"),
            Map.entry("Drizzle", "# run it with psql: drizzle-kit migrates in one transaction"),
            Map.entry("refinery", "# run it with psql: refinery runs each file in a transaction"));

    private Needs() {
    }

    /** The line that begins such a file, or a comment that says what else is to be done; "" where nothing is. */
    static String outside(Folder folder) {
        return OUTSIDE.entrySet().stream().filter(each -> folder.dialect().title.startsWith(each.getKey()))
                .map(Map.Entry::getValue).findFirst().orElse("");
    }
}
