//SOURCES Facts.java
//SOURCES FailingStatement.java
//SOURCES ../migrations/Folder.java
//SOURCES ListEdits.java
//SOURCES ../migrations/Migration.java
//SOURCES Missing.java
//SOURCES Remedy.java
//SOURCES RootCause.java
//SOURCES ../postgres/Sql.java
//SOURCES Uses.java
//SOURCES ../migrations/Watch.java
//SOURCES ../report/Where.java
package kit.explain;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.migrations.Watch;
import kit.postgres.Sql;
import kit.report.Where;

/** What mends each root cause. */
final class Remedies {
    private final Facts facts;
    private final Folder folder;
    private final Missing missing;
    private final ListEdits lists;

    Remedies(Facts facts) {
        this.facts = facts;
        this.folder = facts.folder;
        this.missing = facts.missing;
        this.lists = new ListEdits(folder);
    }

    Remedy of(RootCause cause) throws SQLException {
        if (facts.function != null && facts.origin.supplier().isEmpty()) {
            return replaceFunction(cause.code().equals("CAUSE_CODE_NAME") ? facts.near
                    : facts.origin.taker().map(Watch.Event::renamedTo).orElse(null));
        }
        return switch (cause.code()) {
            case "CAUSE_NOT_APPLIED" -> apply();
            case "CAUSE_ORDER" -> reorder();
            case "CAUSE_CODE_NAME" -> rename(facts.near);
            case "CAUSE_DROPPED_LATER" -> {
                if (facts.undone != null) {
                    yield apply();
                }
                String renamedTo = facts.origin.taker().orElseThrow().renamedTo();
                yield renamedTo != null ? rename(renamedTo) : write("restore_" + missing.name());
            }
            default -> write("add_" + missing.name() + (missing.column() == null ? "_table" : "_column"));
        };
    }

    /** Fix A: apply the file; where two bear its number, it gets the next one first. */
    private Remedy apply() {
        Migration supplier = facts.supplier().orElseThrow();
        List<Remedy.Edit> edits = new ArrayList<>();
        List<String> commands = new ArrayList<>();
        String name = supplier.name();
        if (folder.duplicates().stream().anyMatch(same -> same.contains(supplier))) {
            name = renumber(supplier, edits, commands);
        }
        if (supplier == facts.unmarked) {
            String mark = folder.dialect().upMark();
            edits.add(new Remedy.Edit(supplier.file(), supplier.text(), mark + "\n" + supplier.text()));
            commands.add("# begin " + quoted(supplier.file()) + " with the line “" + mark + "”");
        }
        if (facts.undone != null) {
            commands.add("# run each file only up to its Down mark, as its tool does; psql -f runs both parts");
        }
        if (facts.guilty != null) {
            boolean renumbered = !name.equals(supplier.name());
            edits.addAll(lists.withName(facts.code.lists().stream()
                    .filter(list -> renumbered || !list.names().contains(supplier.name())), name, supplier.name()));
            commands.add("# discover the files in " + facts.guilty.at() + " instead of listing them");
        }
        commands.add(applying(supplier));
        if (missing.cached()) {
            commands.add("NOTIFY pgrst, 'reload schema';   # PostgREST reads the schema once");
        }
        return new Remedy("apply the migration", upAgain(supplier), null, edits, commands);
    }

    /** Its name with the next number. */
    private String renumber(Migration m, List<Remedy.Edit> edits, List<String> commands) {
        String version = folder.nextVersion();
        Path down = Path.of(m.file().toString().replaceFirst("(?i)\\.up\\.sql$", ".down.sql"));
        for (Path part : Stream.of(m.file(), down).distinct().filter(Files::exists).toList()) {
            Path renamed = folder.dir().resolve(Folder.withVersion(part, version));
            String text = ListEdits.read(part);
            edits.add(new Remedy.Edit(part, text, null));
            edits.add(new Remedy.Edit(renamed, null, text));
            commands.add("git mv " + quoted(part) + " " + quoted(renamed));
        }
        return Folder.withVersion(m.file(), version);
    }

    private String applying(Migration m) {
        if (facts.ledger().filter(ledger -> ledger.applied(m)).isPresent()) {
            return "# the ledger says that it is applied, so the tool will skip it: run its Up part by hand\n"
                    + upAgain(m);
        }
        boolean late = facts.ledger().filter(ledger -> ledger.outOfOrder(folder).contains(m)).isPresent();
        return "jbang migrate up " + (late ? "--allow-missing " : "") + "--migrations " + quoted(folder.dir())
                + " --url …";
    }

    private static String upAgain(Migration m) {
        return String.join("\n", m.up().stream().map(part -> part.sql() + ";").toList());
    }

    private static String quoted(Path path) {
        return quoted(Where.shown(path));
    }

    private static String quoted(String word) {
        return word.matches("[\\w./:@+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** Fix A for a wrong order: the list in the folder's order, and the name back on databases that are built
     * already. */
    private Remedy reorder() {
        Migration supplier = facts.supplier().orElseThrow();
        List<Remedy.Edit> edits = new ArrayList<>();
        List<String> commands = new ArrayList<>();
        if (facts.broken() != null) {
            String name = renumber(facts.broken().migration, edits, commands);
            commands.add(
                    "# " + name + " then comes behind " + supplier.name() + "; if other files need it earlier, give "
                            + supplier.name() + " an earlier number instead, where no database has it yet");
            commands.add(applying(facts.broken().migration));
            return new Remedy("apply it behind the file that it needs", upAgain(supplier), null, edits, commands);
        }
        if (facts.guilty != null) {
            lists.inOrder(facts.guilty).ifPresent(edits::add);
            commands.add("# discover the files in " + facts.guilty.at()
                    + ", sorted by number, instead of listing them");
            commands.add("# build the tests' database anew");
        } else {
            commands.add("# apply the files sorted by number, not by name: ls " + quoted(folder.dir())
                    + " | sort -n");
        }
        String again = upAgain(supplier);
        commands.add("# on a database that is to be kept, run the Up part of " + Where.shown(supplier.file())
                + " again:\n" + again);
        return new Remedy("apply in the folder's order", again, null, edits, commands);
    }

    /** Fix C: the name that the database has, wherever the code has the other. */
    private Remedy rename(String to) {
        List<Remedy.Edit> edits = new ArrayList<>();
        List<String> commands = new ArrayList<>();
        for (Path file : facts.code.uses().stream().map(Uses.Use::file).distinct().toList()) {
            String text = ListEdits.read(file);
            if (text != null) {
                edits.add(new Remedy.Edit(file, text,
                        Uses.word(missing.name()).matcher(text).replaceAll(Matcher.quoteReplacement(to))));
            }
            commands.add("sed -i " + quoted("s/\\b" + missing.name() + "\\b/" + to + "/g") + " " + quoted(file));
        }
        if (commands.isEmpty()) {
            commands.add("# say " + to + " where the code says " + missing.name());
        }
        return new Remedy("correct the name in the code", null, to, edits, commands);
    }

    /** The function is what is wrong: it reads a field that its table has not got.
     *
     * @param to the name that the field has now; null where it has none */
    private Remedy replaceFunction(String to) {
        String field = missing.alias() + "." + missing.column();
        String title = "replace the function " + facts.function.name() + " in a new migration";
        String sql = to == null ? null
                : Pattern.compile("(?i)\\b(" + Pattern.quote(missing.alias()) + "\\.)"
                        + Pattern.quote(missing.column()) + "\\b").matcher(facts.function.definition())
                        .replaceAll(m -> Matcher.quoteReplacement(m.group(1) + Sql.identifier(to))).strip() + ";";
        return new Remedy(title, sql, null, sql == null ? List.of()
                : newFiles("replace_" + facts.function.name(), sql, facts.function.definition().strip() + ";"),
                List.of("# the function reads " + field
                        + (to == null ? ", which its table does not have: take it out, or "
                                + "add the column" : "; the table has " + to)
                        + ". A trigger is judged when it fires: run the failing statement on a copy"));
    }

    /** Fix B: write the migration, in the dialect of the folder. */
    private Remedy write(String words) throws SQLException {
        if (missing.column() == null) {
            return new Remedy("write the migration", "CREATE TABLE " + Sql.identifier(missing.relation()) + " ()",
                    null, List.of(), List.of("# write a migration that creates " + missing.what()
                            + "; what columns it needs stands in the code, not in the message"));
        }
        String table = facts.tableOfColumn();
        if (table == null) {
            return new Remedy("write the migration", null, null, List.of(), List.of("# write a migration that creates "
                    + missing.what() + "; of which table, the message does not say"));
        }
        if (facts.origin.end().columns(table).isEmpty()) {
            return new Remedy("find the folder that makes the table", null, null, List.of(),
                    List.of("# no file of " + quoted(folder.dir()) + " creates " + table
                            + ": name the folder that does with --migrations"));
        }
        String known = facts.origin.lastType();
        String alter = "ALTER TABLE " + Sql.identifier(table);
        String column = Sql.identifier(missing.column());
        String up = alter + " ADD COLUMN IF NOT EXISTS " + column + " " + (known != null ? known : acceptedType(table))
                + ";";
        List<Remedy.Edit> edits = new ArrayList<>(
                newFiles(words, up, alter + " DROP COLUMN IF EXISTS " + column + ";"));
        edits.addAll(lists.withName(
                facts.code.lists().stream().filter(list -> list.names().size() * 2 > folder.files().size()),
                edits.isEmpty() ? "" : edits.get(0).file().getFileName().toString(), null));
        return new Remedy(
                "write the migration" + (known == null ? "; its type is a proposal that the statement accepts" : ""),
                up, null, edits, List.of("# review the file below, or let --fix DIR write it",
                        "jbang migrate up --migrations " + quoted(folder.dir()) + " --url …"));
    }

    private List<Remedy.Edit> newFiles(String words, String up, String down) {
        return folder.dialect().newFiles(folder.nextVersion(), words.replaceAll("\\W", "_"), up, down).entrySet()
                .stream()
                .map(file -> newFile(file.getKey(), file.getValue())).toList();
    }

    private Remedy.Edit newFile(String name, String text) {
        return new Remedy.Edit(folder.dir().resolve(name), null, text);
    }

    /** A type with which the server takes the statement: first what such names usually have, then the usual ones. */
    private String acceptedType(String table) throws SQLException {
        String column = missing.column();
        String likely = column.matches(".*_(at|time|date|since|until)") ? "timestamptz"
                : column.matches("(is|has|can)_.*|.*_(enabled|flag)") ? "boolean"
                        : column.matches(".*_(count|number|total|seconds|ms)") ? "bigint"
                                : column.matches(".*_uuid") ? "uuid" : "text";
        for (String type : List.of(likely, "text", "bigint", "timestamptz", "boolean", "jsonb", "uuid", "numeric")) {
            try (Connection c = facts.origin.connect()) {
                String statement = FailingStatement.of(c, facts.missing, facts.code, table);
                c.setAutoCommit(false);
                Sql.execute(c, "ALTER TABLE " + Sql.identifier(table) + " ADD COLUMN " + Sql.identifier(column) + " "
                        + type);
                boolean accepted = FailingStatement.refusal(c, statement) == null;
                c.rollback();
                if (accepted) {
                    return type;
                }
            }
        }
        return likely;
    }
}
