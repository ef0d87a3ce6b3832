//SOURCES EveningProject.java
//SOURCES Issue.java
//SOURCES ../../kit/migrations/Folder.java
//SOURCES ../../kit/migrations/Migration.java
//SOURCES ../../kit/migrations/Replay.java
//SOURCES ../../kit/postgres/Scratch.java
//SOURCES ../../kit/postgres/Server.java
//SOURCES ../../kit/postgres/Sql.java
//SOURCES ../../kit/report/Exit.java
//SOURCES ../../kit/report/Report.java
//SOURCES ../../kit/report/Severity.java
//SOURCES ../../kit/report/SqlError.java
//SOURCES ../../kit/report/Stop.java
//SOURCES ../../kit/report/Where.java

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Replay;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Exit;
import kit.report.Report;
import kit.report.Severity;
import kit.report.SqlError;
import kit.report.Stop;
import kit.report.Where;

/** Issue 3: the column that the database of the tests does not have. */
final class EveningSchema {
    private static final Pattern MISSING = Pattern.compile("column \"(\\w+)\" of relation \"(\\w+)\" does not exist");
    private final Report report;
    private final EveningProject project;
    private final Scratch failing;
    private final String statement = EveningProject.STATEMENT;

    EveningSchema(Report report, EveningProject project, Scratch failing) {
        this.report = report;
        this.project = project;
        this.failing = failing;
    }

    Issue replay(Server server) throws Exception {
        Matcher missing = MISSING.matcher(wordsOfTheServer());
        if (!missing.find()) {
            throw new Stop(Exit.FAILED, "the incident could not be reproduced: the statement does not fail with 42703");
        }
        String column = missing.group(1), table = missing.group(2);
        try (Connection c = failing.connect()) {
            report.run("\\d " + table);
            String count = "SELECT count(*) FROM information_schema.columns WHERE table_name = ?";
            report.say(Sql.rows(c, count, table).get(0).get(0) + " columns, and no " + column);
        }
        Folder folder = project.folder();
        Migration supplier = supplier(server, folder, table, column);
        List<String> listed = List.copyOf(project.listed());
        if (supplier == null || listed.contains(supplier.name())) {
            throw new Stop(Exit.FAILED, "the incident could not be reproduced: no file gives " + column
                    + ", or the suite applies it");
        }
        Where list = project.list();
        String omitted = list + " lists " + listed.size() + " of " + folder.files().size() + " files, and not "
                + supplier.name();
        weigh(folder, supplier, table, column, listed, omitted);
        boolean proven = prove(supplier);
        String renamed = Folder.withVersion(supplier.file(), folder.nextVersion());
        String move = "git mv migrations/" + supplier.name() + " migrations/" + renamed;
        project.mend(supplier.name(), renamed);
        report.run(move);
        report.say(Where.of(project.suite(), 0) + " discovers the files from now on, instead of listing them");
        report.checked("migrations", folder.files().size());
        report.finding("CAUSE_NOT_APPLIED", Severity.error, list,
                "the migration exists, but the hard-coded list of the tests does not name it", omitted, move,
                "# discover the files instead of listing them");
        return new Issue("the schema lacks " + column, proven
                ? "its migration is applied: renumbered, and no longer left out by a list"
                : "the fix could not be proven", "schema-mismatch", proven);
    }

    /** What the server says to the statement of the code; empty where it is accepted. */
    private String wordsOfTheServer() throws SQLException {
        report.run("PREPARE s AS " + statement + ";");
        try (Connection c = failing.runner()) {
            Sql.execute(c, "PREPARE s AS " + statement);
            report.good("the statement is accepted");
            return "";
        } catch (SQLException e) {
            report.bad(SqlError.message(e));
            if (SqlError.isGone(e)) {
                throw e;
            }
            return SqlError.message(e);
        }
    }

    /** The file that gives the name for good: each is applied, and the catalogue looked at, on a scratch database. */
    private static Migration supplier(Server server, Folder folder, String table, String column) throws Exception {
        try (var replay = Replay.ofCatalogue(server.scratch()).apply(folder.files())) {
            String name = "public." + table + "." + column;
            return folder.files().stream().filter(m -> replay.adds(m).contains(name)).reduce((a, b) -> b).orElse(null);
        }
    }

    private void weigh(Folder folder, Migration supplier, String table, String column, List<String> listed,
            String omitted) {
        report.good("the migration exists but was not applied: " + omitted);
        report.not("the migration is missing: of " + folder.files().size() + " files, replayed one by one, it is "
                + supplier.name() + " that adds " + column);
        report.not("the code or test uses a wrong name: with every file applied, " + table + " has exactly " + column);
        List<String> inOrder = folder.files().stream().map(Migration::name).filter(listed::contains).toList();
        if (inOrder.equals(listed)) {
            report.not("migrations were applied in the wrong order: the list has the folder's");
        } else {
            report.warn("the list has another order than the folder");
        }
        folder.duplicates().forEach(same -> report.warn("two files bear one number: "
                + String.join(", ", same.stream().map(Migration::name).toList())));
    }

    private boolean prove(Migration supplier) {
        report.run("BEGIN;\n\\i " + Where.of(supplier.file(), 0) + "\nPREPARE s AS …;\nROLLBACK;");
        try (Connection c = failing.runner()) {
            c.setAutoCommit(false);
            for (var part : supplier.up()) {
                Sql.execute(c, part.sql());
            }
            Sql.execute(c, "PREPARE s AS " + statement);
            c.rollback();
            report.good("the statement is accepted");
            return true;
        } catch (SQLException e) {
            report.bad(SqlError.message(e));
            return false;
        }
    }
}
