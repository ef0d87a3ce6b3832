//SOURCES ../../scripts/kit/postgres/Scratch.java
//SOURCES ../../scripts/kit/postgres/Sql.java
//SOURCES ../../scripts/kit/report/SqlError.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ../UpdateStatus.java
//SOURCES LockWaits.java
//SOURCES Need.java
//SOURCES Variant.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import bench.UpdateStatus;
import bench.UpdateStatus.Queries;
import bench.UpdateStatus.Workload;
import kit.postgres.Scratch;
import kit.postgres.Sql;
import kit.report.SqlError;
import kit.report.Stop;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;

/** The catalogue of one schema, restored before each measurement. */
public final class Table {
    public final Scratch scratch;
    public final Variant variant;
    private final int rows;
    /** Statements of the table's that the server refuses, and why: no PostgreSQL does. */
    public final Map<String, String> refused = new LinkedHashMap<>();
    /** What the server cannot do of what is asked of it besides the update, and why. */
    public final Map<String, String> lacks = new LinkedHashMap<>();

    public Table(Scratch scratch, Variant variant, int rows) throws SQLException {
        this.scratch = scratch;
        this.variant = variant;
        this.rows = rows;
        try (Connection c = scratch.runner()) {
            apply(c, UpdateStatus.TABLE);
            try {
                Sql.execute(c, variant.sql());
            } catch (SQLException e) {
                throw Stop.usage("--schema " + variant.name() + " cannot be applied on top of the table: "
                        + SqlError.message(e));
            }
            for (Need need : Need.all(c.getMetaData().getDatabaseMajorVersion())) {
                try {
                    ask(c, need);
                } catch (SQLException e) {
                    lacks.put(need.name(), need.without() + ": " + SqlError.message(e));
                }
            }
        }
    }

    /** Another engine, which only speaks PostgreSQL's protocol, may refuse a statement; what it makes of the others is
     * measured. */
    private void apply(Connection c, String file) throws SQLException {
        try {
            Sql.execute(c, file);
        } catch (SQLException whole) {
            if (scratch.throwaway() || SqlError.isGone(whole)) {
                throw whole;
            }
            for (NativeQuery statement : Parser.parseJdbcSql(file, true, false, true, false, false)) {
                try {
                    Sql.execute(c, statement.nativeSql);
                } catch (SQLException e) {
                    refused.put(statement.nativeSql.lines().filter(line -> !line.isBlank() && !line.startsWith("--"))
                            .findFirst().orElse("").strip(), SqlError.message(e));
                }
            }
        }
    }

    private void ask(Connection c, Need need) throws SQLException {
        if (need.ofEachTable()) {
            for (List<String> table : Sql.rows(c,
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'remediation\\_workflow\\_%'")) {
                Sql.execute(c, need.sql() + table.get(0) + need.rest());
            }
        } else if (need == Need.CHECKPOINT) {
            scratch.asAdmin(need.sql());
        } else {
            Sql.execute(c, need.sql());
        }
    }

    private void askIfAble(Connection c, Need need) throws SQLException {
        if (!lacks.containsKey(need.name())) {
            ask(c, need);
        }
    }

    public void restore() throws SQLException {
        try (Connection c = scratch.runner()) {
            Sql.execute(c, "TRUNCATE remediation_workflow_catalog CASCADE");
            Sql.execute(c, UpdateStatus.fill(rows));
            askIfAble(c, Need.VACUUM);
            askIfAble(c, Need.CHECKPOINT);
        }
    }

    public String describe() throws SQLException {
        if (lacks.containsKey("table")) {
            return rows + " workflows";
        }
        try (Connection c = scratch.connect()) {
            List<String> counts = Sql.rows(c,
                    "SELECT count(*), pg_size_pretty(sum(pg_table_size(indrelid)) FILTER (WHERE indisprimary)) FROM "
                            + "pg_index JOIN pg_class t ON t.oid = indrelid WHERE t.relname LIKE "
                            + "'remediation\\_workflow\\_%'")
                    .get(0);
            return rows + " workflows, " + counts.get(1) + ", " + counts.get(0) + " indexes";
        }
    }

    /** Whether the service's statements fit the table, where an engine has not made all of it. */
    public void fits() throws SQLException {
        try (Connection c = scratch.connect();
                PreparedStatement s = c.prepareStatement(Queries.jdbc(variant.queries().disable()))) {
            s.getParameterMetaData();
        } catch (SQLException e) {
            throw Stop.unchecked("the service's statement does not fit the table as this server has it: "
                    + SqlError.message(e)
                    + refused.entrySet().stream().findFirst().map(first -> "; of the table it refuses " + refused.size()
                            + " statements, the first of them: " + first.getKey() + ": " + first.getValue())
                            .orElse(""));
        }
    }

    /** The number that a client wrote last into its row. */
    public int number(Connection c, int client) throws SQLException {
        String updated = Pattern.compile("UPDATE (\\w+)").matcher(variant.queries().disable()).results().findFirst()
                .orElseThrow().group(1);
        return Integer
                .parseInt(Sql.rows(c, "SELECT coalesce(status_reason, '0') FROM " + updated + " WHERE workflow_id = ?",
                        Workload.id(client)).get(0).get(0));
    }

    /** Sessions that hold back what vacuum may remove; on a server of our own there are none. */
    public List<String> idleInTransaction() throws SQLException {
        if (lacks.containsKey(LockWaits.NAME)) {
            return List.of();
        }
        try (Connection c = scratch.connect()) {
            return Sql.rows(c,
                    "SELECT pid || ' (' || state || ')' FROM pg_stat_activity WHERE state LIKE 'idle in "
                            + "transaction%' AND pid <> pg_backend_pid()")
                    .stream().map(row -> row.get(0)).toList();
        }
    }
}
