//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Difference.java
//SOURCES Failure.java
//SOURCES FileList.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES OrderEffect.java
//SOURCES Part.java
//SOURCES Replay.java
//SOURCES ../report/Report.java
//SOURCES ../postgres/Scratch.java
//SOURCES ../postgres/Server.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Stop.java
//SOURCES ../report/Tree.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
package kit.migrations;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Definitions;
import kit.postgres.Difference;
import kit.postgres.Scratch;
import kit.postgres.Server;
import kit.postgres.Sql;
import kit.report.Report;
import kit.report.Severity;
import kit.report.Stop;
import kit.report.Tree;
import kit.report.Where;
import kit.report.Words;

/** The places in code, scripts and configuration that name the folder's files. */
public final class ListCheck {
    private final Folder folder;
    private final Report report;
    private final Server server;
    private final Replay<Definitions> replay;
    private final List<Path> suites;
    /** What needs more than a database that some of the files make. */
    public interface Needs {
        /** Its place and what is refused there; empty where nothing is. */
        Optional<String> of(Replay<?> partial) throws Exception;
    }

    private final Map<Path, String> texts = new LinkedHashMap<>();
    private final Needs needs;

    public ListCheck(Folder folder, Report report, Server server, Replay<Definitions> replay, List<Path> suites,
            Needs needs) {
        this.folder = folder;
        this.report = report;
        this.server = server;
        this.replay = replay;
        this.suites = suites;
        this.needs = needs;
    }

    public void check() throws Exception {
        report.step("Lists of the files in " + String.join(", ", suites.stream().map(Where::shown).toList()));
        report.run("grep -rn '[.]sql' " + String.join(" ", suites.stream().map(Where::shown).toList()));
        List<FileList> lists = new ArrayList<>();
        Tree tree = Tree.read("--suite", suites, dir -> Tree.same(dir, folder.dir()), (file, text) -> {
            texts.put(file, text);
            lists.addAll(FileList.in(file, text, folder));
        });
        if (tree.filesRead() == 0) {
            throw Stop.unchecked("--suite " + String.join(", ", suites.stream().map(Where::shown).toList())
                    + " holds no file of text");
        }
        report.checked("source files", tree.filesRead());
        tree.skipped().forEach(dir -> report.skipped(dir, "a folder of tools"));
        tree.notRead().forEach(file -> report.skipped(file, "not read"));
        report.checked("lists", lists.size());
        if (lists.isEmpty()) {
            report.say("no list of migration files: they are discovered, or applied by a tool");
        }
        for (FileList list : lists) {
            compare(list);
        }
        if (!lists.isEmpty()) {
            oneCallAFile(lists);
        }
    }

    private void compare(FileList list) throws Exception {
        List<Migration> listed = list.listed(folder);
        List<String> omitted = list.omitted(folder).stream().map(Migration::name).toList();
        List<String> absent = list.absent(folder);
        List<Migration> sorted = folder.files().stream().filter(listed::contains).toList();
        String lists = list.at() + " lists " + listed.size() + " of " + folder.files().size() + " files";
        if (omitted.isEmpty() && absent.isEmpty() && listed.equals(sorted)) {
            report.good(lists + ", in their order");
            return;
        }
        for (String name : absent) {
            Where where = list.at(name);
            report.bad(where + " names " + name + ", which is not there");
            report.finding("LIST_NAMES_ABSENT_FILE", Severity.error, where,
                    "the list names " + name + ", which is not in " + Where.shown(folder.dir()), "", sameWords(name));
        }
        if (!listed.equals(sorted)) {
            order(list, listed, sorted);
        }
        if (!omitted.isEmpty()) {
            omits(list, sorted, omitted, !absent.isEmpty());
        }
    }

    private String[] sameWords(String name) {
        Matcher gone = folder.dialect().name.matcher(name);
        return !gone.matches() ? new String[0]
                : folder.files().stream().filter(m -> m.words().equals(gone.group("words").replaceFirst("^[_-]+", "")))
                        .limit(1)
                        .map(m -> "# say " + m.name() + ", which has the same words").toArray(String[]::new);
    }

    private void order(FileList list, List<Migration> listed, List<Migration> sorted) throws Exception {
        int first = 0;
        while (listed.get(first) == sorted.get(first)) {
            first++;
        }
        Where where = list.at(listed.get(first).name());
        try (Replay<Definitions> inOrder = Replay.ofDefinitions(server, sorted);
                Replay<Definitions> asListed = Replay.ofDefinitions(server, listed)) {
            OrderEffect effect = OrderEffect.of(inOrder, asListed);
            Severity severity = effect.harmless() ? Severity.warning : Severity.error;
            String text = "the list has " + listed.get(first).name() + " where the folder has "
                    + sorted.get(first).name();
            report.tell(severity, where + " " + text + "; " + effect.text());
            report.finding("LIST_ORDER", severity, where, text, effect.text(),
                    "# discover the files, sorted by number, instead of listing them");
        }
    }

    /** What a database built from the list lacks; an error where SQL nearby needs it, or where the list is otherwise
     * wrong. */
    private void omits(FileList list, List<Migration> listed, List<String> omitted, boolean wrong) throws Exception {
        List<Difference> lacks;
        Optional<String> judged;
        try (Replay<Definitions> partial = Replay.ofDefinitions(server, listed)) {
            judged = needs.of(partial);
            lacks = replay.end().against(partial.end()).stream().filter(Difference::missing).toList();
        }
        Optional<String> needed = lacks.stream().map(Difference::name)
                .filter(name -> name.matches("(?s)(table|column|view) .*"))
                .flatMap(name -> neededAt(list, name).stream()).findFirst().or(() -> judged);
        boolean error = needed.isPresent() || wrong && !lacks.isEmpty();
        String text = "the list does not name " + Words.some(omitted, 5);
        String cost = lacks.isEmpty() ? "the schema is the same without"
                : "a database built from it lacks " + Words.some(lacks.stream().map(Difference::name).toList(), 5);
        String shown = list.at() + " lists " + listed.size() + " of " + folder.files().size() + " files; " + cost
                + needed.map(n -> ", which " + n + " needs").orElse("");
        report.tell(error ? Severity.error : Severity.warning, shown);
        report.finding("LIST_OMITS_FILE", error ? Severity.error : Severity.info, list.at(), text,
                cost + needed.map(n -> "; " + n + " needs it").orElse(""),
                error ? new String[] {"# add " + String.join(", ", omitted)
                        + " to the list, or discover the files instead of listing them"} : new String[0]);
    }

    /** Where a string or an SQL file of the suites uses a name; the list's own lines are not a use. */
    private Optional<String> neededAt(FileList list, String thing) {
        String name = thing.substring(Math.max(thing.lastIndexOf('.'), thing.lastIndexOf(' ')) + 1).replace("\"", "");
        boolean elsewhere = replay.end().names().stream()
                .anyMatch(n -> !n.equals(thing) && n.matches("(?s)(column|table) .*") && n.endsWith("." + name));
        if (elsewhere) {
            return Optional.empty();
        }
        Pattern use = Pattern.compile("(?is)\\b(?:select|insert|update|delete|from|join|set|where)\\b"
                + "[^;\"`]{0,2000}?\\b" + Pattern.quote(name) + "\\b(?![\\w.-]*\\.sql)");
        for (Map.Entry<Path, String> text : texts.entrySet()) {
            Matcher m = text.getValue().contains(name) ? use.matcher(text.getValue()) : null;
            if (m != null && m.find()) {
                int line = 1 + (int) text.getValue().chars().limit(m.end()).filter(ch -> ch == '\n').count();
                return Optional.of(Where.of(text.getKey(), line).toString());
            }
        }
        return Optional.empty();
    }

    /** The way of suites: the text up to the Down mark in one call, where the tool sends one statement after the
     * other. */
    private void oneCallAFile(List<FileList> lists) throws Exception {
        boolean without = texts.entrySet().stream()
                .filter(t -> lists.stream().anyMatch(l -> l.file().equals(t.getKey())))
                .anyMatch(t -> t.getValue().contains("CONCURRENTLY"));
        List<Failure> failures = new ArrayList<>();
        try (Scratch scratch = server.scratch(); Connection c = scratch.runner()) {
            for (Migration m : folder.files()) {
                String up = Folder.DOWN_MARK.split(m.text(), 2)[0];
                try {
                    Sql.execute(c, without ? up.replace("CONCURRENTLY", "") : up);
                } catch (SQLException e) {
                    failures.add(new Failure(m, new Part(up, 1), e));
                }
            }
            List<Failure> only = failures.stream().filter(f -> !replay.failed(f.migration)).toList();
            List<Difference> differences = only.isEmpty() ? replay.end().against(Definitions.KIND.read(c)) : List.of();
            only.forEach(f -> {
                report.warn(f.migration.name() + " fails as one call: " + f.getMessage());
                report.finding("MIGRATION_FAILS", Severity.warning, f.migration.at(f.line), f.migration.name()
                        + " applies statement by statement, as its tool does, and fails as one call, as a suite does: "
                        + f.getMessage(), "");
            });
            differences.forEach(d -> report.warn("applied as one call a file, " + d));
            if (only.isEmpty() && differences.isEmpty()) {
                report.good("one call a file" + (without ? " without CONCURRENTLY" : "")
                        + " gives the same schema as the tool's way");
            }
        }
    }
}
