//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Extension.java
//SOURCES Failure.java
//SOURCES Folder.java
//SOURCES Migration.java
//SOURCES Replay.java
//SOURCES ../postgres/Server.java
//SOURCES ../postgres/Since.java
//SOURCES ../report/Severity.java
//SOURCES ../postgres/Sql.java
//SOURCES ../report/Where.java
//SOURCES ../report/Words.java
package kit.migrations;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Definitions;
import kit.postgres.Extension;
import kit.postgres.Server;
import kit.postgres.Since;
import kit.postgres.Sql;
import kit.report.Severity;
import kit.report.Where;
import kit.report.Words;

/** Why files fail in a replay: one reason for each cause, with the files that fail for it and those that follow. */
public final class Reasons {
    private static final Pattern MISSING = Pattern.compile(
            "(?:relation|column|table|type|function|schema|view|index|constraint|sequence|trigger|policy|collation) "
                    + "\"?(?:[\\w ]+\\.)?([\\w ]+?)\"?(?:\\(.*\\))?(?: of relation \".*\"| for table \".*\")? does "
                    + "not exist");

    /** A cause.
     *
     * @param first     what failed first for it
     * @param why       what else is known of it; or ""
     * @param others    what else failed for it
     * @param following files that fail because this one did */
    public record Reason(String code, Severity severity, Failure first, String text, String why, List<Failure> others,
            List<Failure> following, String[] remedy) {
        public Where where() {
            return first.migration.at(first.line);
        }

        /** With how many it hits, and which follow. */
        public String sentence() {
            return text + (why.isEmpty() ? "" : "; " + why) + (others.isEmpty() ? "" : "; so do " + files(others))
                    + (following.isEmpty() ? ""
                            : "; " + files(following)
                                    + (following.size() == 1 ? " follows from it" : " follow from it"));
        }

        public String evidence() {
            List<Failure> more = new ArrayList<>(others);
            more.addAll(following);
            return first.getMessage() + "\n" + String.join("\n", first.statement.strip().lines().limit(5).toList())
                    + String.join("", more.stream().limit(20)
                            .map(f -> "\n" + f.migration.at(f.line) + "  " + f.getMessage()).toList());
        }

        private static String files(List<Failure> failures) {
            List<String> names = failures.stream().map(f -> f.migration.name()).distinct().toList();
            return (names.size() > 3 ? names.size() + " files: " : "") + Words.some(names, 3);
        }
    }

    private final Folder folder;
    private final Replay<?> replay;
    private final Server server;
    private final Map<String, Reason> reasons = new LinkedHashMap<>();
    private Replay<Definitions> closer;
    private String closerFor = "";

    private Reasons(Folder folder, Replay<?> replay, Server server) {
        this.folder = folder;
        this.replay = replay;
        this.server = server;
    }

    /** @param server where the folder can be replayed once more to look closer */
    public static Collection<Reason> of(Folder folder, Replay<?> replay, Server server)
            throws SQLException, IOException {
        Reasons all = new Reasons(folder, replay, server);
        try {
            all.read();
        } finally {
            if (all.closer != null) {
                all.closer.close();
            }
        }
        return all.reasons.values();
    }

    private void read() throws SQLException, IOException {
        replay.lacks().forEach((extension, f) -> reasons.put(extension.name(), new Reason("EXTENSION_MISSING",
                Severity.error, f, f.migration.name() + " needs the extension " + extension.name()
                        + ", which this server lacks or lets only a superuser create",
                passedFor(extension),
                new ArrayList<>(), new ArrayList<>(), new String[] {extension.remedy(server.major())})));
        for (Failure f : replay.rights()) {
            add("rights", "PRIVILEGE_MISSING", Severity.warning, f, f.migration.name() + " needs rights that the role"
                    + " of this replay does not have: passed over, the rest is judged", "",
                    "# on a server where you may do that: --url jdbc:postgresql://HOST:PORT/DATABASE");
        }
        for (Failure f : replay.failures) {
            failed(f);
        }
    }

    private String passedFor(Extension extension) {
        List<Failure> passed = replay.passed().stream()
                .filter(f -> extension.explains(f.state, f.getMessage(), f.statement)).toList();
        return passed.isEmpty() ? ""
                : "passed over for want of it: " + Words.some(
                        passed.stream().map(f -> f.migration.at(f.line).toString()).toList(), 5);
    }

    private void failed(Failure f) throws SQLException, IOException {
        String name = missing(f.getMessage());
        Migration root = name == null ? null : follows(f, name);
        Reason reason = root == null ? null : ofFile(root);
        if (reason != null) {
            reason.following.add(f);
        } else if (root == null || !replay.templates.containsKey(root)) {
            String role = f.role();
            add(role != null ? "role " + role : name != null ? f.getMessage() : f.migration.name(), f.code(),
                    Severity.error, f, f.told(), root != null ? "it follows from " + root.name() + ", which failed"
                            : newer(f) > 0 ? "PostgreSQL " + newer(f) + " has it: this server is " + server.version
                                    : f.state.equals("57014") ? late(f) : name == null ? "" : moved(f, name),
                    newer(f) > 0 && f.remedy().length == 0 ? new String[] {"--postgres " + newer(f)} : f.remedy());
        }
    }

    private int newer(Failure f) {
        return Since.of(f.statement, f.state, server.major());
    }

    private void add(String key, String code, Severity severity, Failure f, String text, String why,
            String... remedy) {
        Reason there = reasons.get(key);
        if (there != null) {
            there.others.add(f);
        } else {
            reasons.put(key, new Reason(code, severity, f, text, why, new ArrayList<>(), new ArrayList<>(), remedy));
        }
    }

    /** The cause for which a file failed, or of which it follows. */
    private Reason ofFile(Migration m) {
        return reasons.values().stream().filter(r -> r.first.migration == m
                || r.others.stream().anyMatch(f -> f.migration == m)
                || r.following.stream().anyMatch(f -> f.migration == m)).findFirst().orElse(null);
    }

    /** The earlier file that failed, or is a template, and has to do with the name that is missing; null for none. */
    private Migration follows(Failure f, String name) throws SQLException, IOException {
        Pattern word = Pattern.compile("(?i)(?<!\\w)" + Pattern.quote(name) + "(?!\\w)");
        for (Migration m : folder.files()) {
            if (m == f.migration) {
                return null;
            }
            if ((replay.failed(m) || replay.templates.containsKey(m)) && word.matcher(m.text()).find()) {
                return taken(f, name) == null ? m : null;
            }
        }
        return null;
    }

    /** 57014 is whoever ended a statement: a limit, ours or the file's own. */
    private static String late(Failure f) {
        return f.seconds >= Sql.PATIENCE
                ? "it ran longer than the " + Sql.PATIENCE + " s that a statement may take here"
                : f.getMessage().contains("statement timeout")
                        ? "it ran longer than the statement_timeout that the file sets"
                        : "";
    }

    private Migration taken(Failure f, String name) throws SQLException, IOException {
        Pattern wanted = wanted(name);
        for (Migration m : folder.files()) {
            if (m == f.migration) {
                break;
            }
            if (closer(name).takes(m).stream().anyMatch(taken -> wanted.matcher(taken).matches())) {
                return m;
            }
        }
        return null;
    }

    /** What the other files do with the name that is missing. */
    private String moved(Failure f, String name) throws SQLException, IOException {
        Migration taken = taken(f, name);
        if (taken != null) {
            return taken.name() + " dropped or renamed it";
        }
        Pattern wanted = wanted(name);
        List<Migration> files = folder.files();
        for (Migration m : files.subList(files.indexOf(f.migration) + 1, files.size())) {
            if (closer(name).adds(m).stream().anyMatch(added -> wanted.matcher(added).matches())) {
                return m.name() + ", which comes later, adds it";
            }
        }
        return "no file makes it";
    }

    /** The name that is said not to be there; null where that is not said. */
    static String missing(String message) {
        Matcher missing = MISSING.matcher(message);
        return missing.find() ? missing.group(1) : null;
    }

    /** How a name stands in those of a catalogue. */
    static Pattern wanted(String name) {
        return Pattern.compile("(?s).*[ .]\"?" + Pattern.quote(name) + "\"?(\\(.*)?");
    }

    /** A replay that looks at the database after each file that may have to do with a name. */
    private Replay<Definitions> closer(String name) throws SQLException, IOException {
        if (!closerFor.equals(name)) {
            if (closer != null) {
                closer.close();
            }
            closerFor = name;
            Pattern word = Pattern.compile("(?i)(?<!\\w)" + Pattern.quote(name) + "(?!\\w)|\\bcascade\\b");
            closer = Replay.ofDefinitions(server, folder.files(), m -> word.matcher(m.text()).find());
        }
        return closer;
    }
}
