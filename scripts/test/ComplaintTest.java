import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import kit.explain.Complaint;
import kit.explain.Explanation;
import kit.explain.Missing;
import kit.explain.ToolSays;
import kit.explain.Trail;
import kit.migrations.Folder;
import kit.report.Report;
import kit.report.Stop;

/** Errors beyond missing names, each as six clients word it, explained by one replay on one server. */
@DisplayName("explain-error: constraints, types, what is there already, sessions")
class ComplaintTest {
    /** @param where the file and line that must be named; "" where there is none */
    record Case(String state, String exception, String said, String detail, String statement, String code, String where,
            String... words) {
        /** As psql, pgx, pgjdbc, psycopg, node-postgres and Npgsql print it, then the server's log. */
        Map<String, String> worded() {
            Map<String, String> texts = new LinkedHashMap<>();
            String shown = detail.isEmpty() ? "" : "\nDETAIL:  " + detail;
            texts.put("psql", "ERROR:  " + said + shown);
            texts.put("pgx", "insert failed: ERROR: " + said + " (SQLSTATE " + state + ")");
            texts.put("pgjdbc", "org.postgresql.util.PSQLException: ERROR: " + said + (detail.isEmpty() ? "" : "\n  Detail: " + detail)
                    + "\n\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2733)");
            texts.put("psycopg", "psycopg.errors." + exception + ": " + said + shown);
            texts.put("node-postgres", "error: " + said + "\n    at Parser.parseErrorMessage (/app/parser.js:278:15) {\n  severity: 'ERROR',\n  code: '" + state + "',\n"
                    + (detail.isEmpty() ? "" : "  detail: '" + detail + "',\n") + "  constraint: undefined\n}");
            texts.put("Npgsql", "Npgsql.PostgresException (0x80004005): " + state + ": " + said + "\n\nDETAIL: "
                    + "Detail redacted as it may contain sensitive data.");
            texts.put("log of a container", "db-1  | 2026-01-02 03:04:05.678 UTC [71] ERROR:  " + said
                    + (detail.isEmpty() ? "" : "\ndb-1  | 2026-01-02 03:04:05.678 UTC [71] DETAIL:  " + detail)
                    + (statement.isEmpty() ? "" : "\ndb-1  | 2026-01-02 03:04:05.678 UTC [71] STATEMENT:  " + statement)
                    + "\ndb-1  | 2026-01-02 03:04:05.679 UTC [71] LOG:  disconnection");
            return texts;
        }
    }

    @TempDir
    Path temp;

    private static Folder folder(Path dir) throws Exception {
        Files.writeString(dir.resolve("001_shop.sql"), """
            CREATE TYPE mood AS ENUM ('ok');
            CREATE TABLE customers (id bigserial PRIMARY KEY, email text UNIQUE);
            CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), total numeric);
            """);
        Files.writeString(dir.resolve("002_rules.sql"), """
            ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);
            ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;
            ALTER TYPE mood ADD VALUE 'glad';
            CREATE FUNCTION price(item bigint) RETURNS numeric LANGUAGE sql AS 'SELECT 1.0';
            """);
        Files.writeString(dir.resolve("003_again.sql"), "\nCREATE TABLE customers (id int);\n");
        return Folder.read(dir);
    }

    private static final List<Case> CASES = List.of(
            new Case("23502", "NotNullViolation", "null value in column \"customer_id\" of relation \"orders\" violates not-null constraint", "Failing row contains (1, null, 5).",
                    "INSERT INTO orders (id, total) VALUES ($1, $2)", "CAUSE_NOT_NULL", "002_rules.sql:2", "orders.customer_id must not be null"),
            new Case("23503", "ForeignKeyViolation", "insert or update on table \"orders\" violates foreign key constraint \"orders_customer_id_fkey\"", "Key (customer_id)=(7) is not present in table \"customers\".",
                    "", "CAUSE_FOREIGN_KEY", "001_shop.sql:3", "orders_customer_id_fkey of orders demands: FOREIGN KEY (customer_id) REFERENCES customers(id)", "a customer_id that customers does not have"),
            new Case("23503", "ForeignKeyViolation", "update or delete on table \"customers\" violates foreign key constraint \"orders_customer_id_fkey\" on table \"orders\"",
                    "Key (id)=(7) is still referenced from table \"orders\".", "", "CAUSE_FOREIGN_KEY", "001_shop.sql:3", "rows of orders still refer to the row of customers"),
            new Case("23505", "UniqueViolation", "duplicate key value violates unique constraint \"customers_email_key\"", "Key (email)=(a@b.c) already exists.", "", "CAUSE_UNIQUE", "001_shop.sql:2", "demands: UNIQUE (email)"),
            new Case("23505", "UniqueViolation", "duplicate key value violates unique constraint \"customers_pkey\"", "Key (id)=(7) already exists.", "INSERT INTO customers (email) VALUES ($1)", "CAUSE_UNIQUE", "001_shop.sql:2", "demands: PRIMARY KEY (id)"),
            new Case("23514", "CheckViolation", "new row for relation \"orders\" violates check constraint \"total_positive\"", "Failing row contains (1, 7, -5).", "", "CAUSE_CHECK", "002_rules.sql:1", "CHECK ((total > (0)::numeric))"),
            new Case("22P02", "InvalidTextRepresentation", "invalid input value for enum mood: \"gladd\"", "", "", "CAUSE_VALUE", "002_rules.sql:3", "its values: 'ok', 'glad'", "# say 'glad'"),
            new Case("22P02", "InvalidTextRepresentation", "invalid input syntax for type bigint: \"abc\"", "", "", "CAUSE_VALUE", "", "'abc' cannot be read as bigint"),
            new Case("42804", "DatatypeMismatch", "column \"total\" is of type numeric but expression is of type text", "", "", "CAUSE_TYPE", "001_shop.sql:3", "orders.total is numeric, and the statement gives text"),
            new Case("42883", "UndefinedFunction", "function price(text) does not exist", "", "", "CAUSE_FUNCTION", "002_rules.sql:4", "price is there with other arguments than (text)"),
            new Case("42883", "UndefinedFunction", "function uuid_generate_v4() does not exist", "", "", "CAUSE_FUNCTION", "", "comes with the extension uuid-ossp"),
            new Case("42883", "UndefinedFunction", "operator does not exist: bigint = text", "", "", "CAUSE_FUNCTION", "", "types that cannot be compared so"),
            new Case("42P07", "DuplicateTable", "relation \"customers\" already exists", "", "", "CAUSE_EXISTS", "003_again.sql:2", "003_again.sql makes customers, which 001_shop.sql has made"),
            new Case("42P07", "DuplicateTable", "relation \"orders\" already exists", "", "", "CAUSE_EXISTS", "001_shop.sql:3", "orders was there before 001_shop.sql ran"),
            new Case("42710", "DuplicateObject", "type \"mood\" already exists", "", "", "CAUSE_EXISTS", "001_shop.sql:1", "mood was there before"),
            new Case("42701", "DuplicateColumn", "column \"total\" of relation \"orders\" already exists", "", "", "CAUSE_EXISTS", "001_shop.sql:3", "total was there before"),
            new Case("40P01", "DeadlockDetected", "deadlock detected", "Process 1 waits for ShareLock on transaction 2; blocked by process 3.", "", "CAUSE_DEADLOCK", "", "took the same locks in another order", "say nothing of it"),
            new Case("53300", "TooManyConnections", "sorry, too many clients already", "", "", "CAUSE_CONNECTIONS", "", "all connections of the server are in use", "say nothing of it"),
            new Case("57014", "QueryCanceled", "canceling statement due to statement timeout", "", "", "CAUSE_CANCELLED", "", "longer than statement_timeout"),
            new Case("57014", "QueryCanceled", "canceling statement due to user request", "", "", "CAUSE_CANCELLED", "", "the client cancelled it"),
            new Case("55P03", "LockNotAvailable", "could not obtain lock on relation \"orders\"", "", "", "CAUSE_LOCK", "", "holds the lock on orders"),
            new Case("55P03", "LockNotAvailable", "canceling statement due to lock timeout", "", "", "CAUSE_LOCK", "", "longer than lock_timeout"));

    @Test
    @DisplayName("each SQLSTATE in the words of each client: the constraint, the file and line that made it, what it demands")
    void everyWording() throws Exception {
        Folder folder = folder(temp);
        Set<String> names = new LinkedHashSet<>();
        CASES.forEach(each -> each.worded().values().forEach(text -> names.addAll(Complaint.in(text).orElseThrow().lookedFor())));
        List<String> wrong = new ArrayList<>();
        try (Trail trail = Trail.of(Run.server(), folder.files(), names)) {
            for (Case each : CASES) {
                each.worded().forEach((client, text) -> {
                    String out = explained(text, folder, trail).replace(temp + "/", "");
                    List<String> expected = new ArrayList<>(List.of(each.words));
                    expected.add("\n" + each.code + (each.where.isEmpty() ? "\n" : "  " + each.where + "\n"));
                    expected.stream().filter(word -> !out.contains(word))
                            .forEach(word -> wrong.add(client + ", " + each.said + ": lacks " + word + "\n" + out));
                });
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    @DisplayName("what the message holds besides counts: its statement, its key, its row, the lines around it")
    void theRest() throws Exception {
        Folder folder = folder(temp);
        Map<String, String> table = new LinkedHashMap<>();
        table.put(CASES.get(0).worded().get("log of a container"), "the statement does not name customer_id, and it has no default");
        table.put(CASES.get(1).worded().get("pgjdbc"), "not in customers: (id) = (7)");
        table.put(CASES.get(3).worded().get("psql"), "SELECT * FROM customers WHERE email = 'a@b.c'");
        table.put(CASES.get(4).worded().get("log of a container"), "setval(pg_get_serial_sequence('customers', 'id')");
        table.put(CASES.get(5).worded().get("psycopg"), "the row has total = -5");
        table.put("FEHLER:  doppelter Schlüsselwert verletzt Unique-Constraint »customers_email_key« (SQLSTATE 23505)", "customers_email_key of customers demands: UNIQUE (email)");
        table.put("ERROR: current transaction is aborted, commands ignored until end of transaction block (SQLSTATE 25P02)\n" + CASES.get(3).worded().get("pgx"), "CAUSE_UNIQUE");
        table.put("Schema-validation: wrong column type encountered in column [total] in table [orders]; found [numeric (Types#NUMERIC)], but expecting [integer (Types#INTEGER)]", "orders.total is numeric (Types#NUMERIC), and the entity expects integer");
        table.put("Foreign key constraint violated: `orders_customer_id_fkey (index)`", "orders_customer_id_fkey of orders demands: FOREIGN KEY");
        table.put("Unique constraint failed on the constraint: `customers_email_key`", "customers_email_key of customers demands: UNIQUE (email)");
        table.put("Could not find the function public.price(item, at) in the schema cache", "price is there with other arguments than (item, at)");
        table.put("Invalid `prisma.customer.create()` invocation:\n\nUnique constraint failed on the fields: (`email`)\n  code: 'P2002'", "customers_email_key of customers demands: UNIQUE (email)");
        table.put("Null constraint violation on the fields: (`customer_id`)", "002_rules.sql:2 demands it: customer_id bigint NOT NULL");
        table.put("ERROR:  null value in column \"customer_id\" violates not-null constraint", "002_rules.sql:2 demands it: customer_id bigint NOT NULL");
        table.put("** (Ecto.ConstraintError) constraint error when attempting to insert struct:\n\n    * \"customers_email_key\" (unique_constraint)\n", "customers_email_key of customers demands: UNIQUE (email)");
        table.put("DatabaseError(UniqueViolation, \"duplicate key value violates unique constraint \\\"customers_email_key\\\"\")", "customers_email_key of customers demands: UNIQUE (email)");
        table.put("{\"level\":\"error\",\"error\":\"pq: duplicate key value violates unique constraint \\\"customers_email_key\\\"\"}", "customers_email_key of customers demands: UNIQUE (email)");
        Set<String> names = new LinkedHashSet<>();
        table.keySet().forEach(text -> names.addAll(Complaint.in(text).orElseThrow().lookedFor()));
        names.add("mood");
        try (Trail trail = Trail.of(Run.server(), folder.files(), names)) {
            table.forEach((text, words) -> assertThat(explained(text, folder, trail)).as(text).contains(words));
            nothing("duplicate key value violates unique constraint \"elsewhere_key\"", "no file of the folder makes elsewhere_key", folder, trail);
            nothing("relation \"elsewhere\" already exists", "no file of the folder makes elsewhere", folder, trail);
            nothing("null value in column \"id\" violates not-null constraint", "id must not be null in customers, orders, and the message does not say in which", folder, trail);
            nothing("invalid input value for enum mood: \"glad\"", "has the value 'glad'", folder, trail);
            nothing("current transaction is aborted, commands ignored until end of transaction block", "only says that an earlier statement", folder, null);
        }
        assertThat(Complaint.in("all tests passed: 23505 rows")).isEmpty();
        assertThat(Complaint.in("ERROR: syntax error at or near \"x\" (SQLSTATE 42601)")).isEmpty();
        assertThat(Missing.isIn("ERROR: duplicate key value violates unique constraint \"k\"")).isFalse();
    }

    @Test
    @DisplayName("what a migration tool says itself needs no database: pending, changed, broken off; its twin is none of it")
    void tools() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("ActiveRecord::PendingMigrationError:\n\nMigrations are pending. To resolve this issue, run:\n\n        bin/rails db:migrate RAILS_ENV=test\n\nYou have 1 pending migration:\n\ndb/migrate/20260101000000_add_note.rb\n", "CAUSE_NOT_APPLIED [db/migrate/20260101000000_add_note.rb]");
        table.put("** (Phoenix.Ecto.PendingMigrationError) there are pending migrations for repo: Shop.Repo.", "CAUSE_NOT_APPLIED []");
        table.put("You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations for app(s): shop.", "CAUSE_NOT_APPLIED []");
        table.put("ERROR: Target database is not up to date.", "CAUSE_NOT_APPLIED []");
        table.put("System.InvalidOperationException: The model for context 'ShopContext' has pending changes. Add a new migration before updating the database.", "CAUSE_MIGRATION_MISSING []");
        table.put("ERROR: Validate failed: Migrations have failed validation\nMigration checksum mismatch for migration version 2", "MIGRATION_CHANGED []");
        table.put("error: migration 20260101000000 was previously applied but has been modified", "MIGRATION_CHANGED []");
        table.put("error: Dirty database version 7. Fix and force version.", "MIGRATION_DIRTY []");
        table.forEach((text, expected) -> assertThat(ToolSays.in(text).map(says -> says.code() + " " + says.files())).as(text).contains(expected));
        assertThat(ToolSays.in("INFO: no pending migrations; database is up to date")).isEmpty();
    }

    private static void nothing(String said, String sentence, Folder folder, Trail trail) {
        assertThatThrownBy(() -> explained("ERROR: " + said, folder, trail)).isInstanceOf(Stop.class).hasMessageContaining(sentence)
                .extracting(e -> ((Stop) e).exit).isEqualTo(3);
    }

    private static String explained(String text, Folder folder, Trail trail) {
        StringWriter out = new StringWriter();
        var line = new CommandLine(new ExplainError());
        line.setOut(new PrintWriter(out, true));
        Report report = new Report(line.getCommandSpec(), Report.Format.text);
        Complaint complaint = Complaint.in(text).orElseThrow();
        try {
            boolean ofSessions = complaint.state().matches("25P02|40P01|53300|55P03|57014");
            new Explanation(report, complaint, folder).explain(ofSessions ? null : trail);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
        report.end(false);
        return out.toString();
    }
}
