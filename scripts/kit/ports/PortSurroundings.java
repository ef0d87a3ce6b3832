//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortSource.java
package kit.ports;

import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What stands around a number in a file, where the number alone does not say whose port it is, or on which host. */
final class PortSurroundings {
    private static final Pattern HOST = Pattern.compile("(?<name>[A-Za-z_][\\w.-]*)[\"'\\])]*[ \\t]*"
            + "(?::-|:=|=>|\\?\\?|\\|\\||[:=,])[ \\t]*[\"'`]?"
            + "(?<host>\\$\\{\\w+:?-?[\\w.-]+\\}|\\[?[A-Za-z0-9_:][A-Za-z0-9_.:-]*\\]?)");
    private static final Pattern RUN = Pattern
            .compile("\\b(?:podman|docker|nerdctl)\\b[\"',\\s]+(?:pod[\"',\\s]+)?(?:run|create)\\b");
    private static final Pattern OTHERS = Pattern
            .compile("(?i)mysql|mariadb|mongo|oracle|mssql|sqlserver|cassandra|clickhouse");
    private static final Pattern LOGIN = Pattern.compile("\\b(database|user(name)?|password)[\"']?\\s*[:=]");
    private static final Pattern IMPORT = Pattern.compile("(?m)^.*\\b(import|require)\\b.*$");

    private final PortSource source;
    private final String text;
    /** In this language a comment begins with //. */
    private final boolean slashes;

    PortSurroundings(PortSource source, boolean slashes) {
        this.source = source;
        this.text = source.text();
        this.slashes = slashes;
    }

    /** Whether another kind of database is named near. */
    boolean ofOthers(int offset) {
        return OTHERS.matcher(around(offset)).find();
    }

    /** The words of the podman run that this -p belongs to, or null. */
    String command(int offset) {
        int back = Math.max(0, offset - 1500);
        int begin = -1;
        for (Matcher run = RUN.matcher(text.substring(back, offset)); run.find();) {
            begin = back + run.start();
        }
        if (begin < 0
                || !slashes && text.substring(begin, offset).matches("(?s).*[^\\\\,\\[(\"'\\s]\\s*\\n.*")) {
            return null;
        }
        int end = Math.min(text.length(), offset + 1500);
        Matcher next = RUN.matcher(text).region(offset, end);
        String words = text.substring(begin, next.find() ? next.start() : end);
        Matcher over = Pattern
                .compile(slashes || words.lines().findFirst().orElse("").matches(".*[,(\\[]\\s*") ? "\\)\\s*;?\\s*\\n"
                        : "[^\\\\]\\n")
                .matcher(words);
        return over.find() ? words.substring(0, over.start() + 1) : words;
    }

    /** The text that a name stands for in this file, else the name. */
    String literal(String name) {
        Matcher m = Pattern.compile("\\b" + Pattern.quote(name) + "\\s*:?=\\s*[\"']([\\w.-]+)[\"']")
                .matcher(text);
        return m.find() ? m.group(1) : name;
    }

    /** Whose port a bare "port: 5432" is: the words before it, then the headings above it, then the number itself. */
    PortKind kindAround(int offset, String line, Matcher m) {
        PortKind here = PortKind.of(line.substring(0, m.start()));
        here = here != null ? here : PortKind.of(line.substring(m.end()));
        int indent = indent(line);
        int at = text.lastIndexOf('\n', offset);
        for (int up = 0, levels = 0; here == null && at > 0 && up < 40 && levels < 3; up++) {
            int begin = text.lastIndexOf('\n', at - 1) + 1;
            String above = text.substring(begin, at);
            if (!above.isBlank() && (indent(above) < indent || above.startsWith("[") && indent == 0)) {
                here = PortKind.of(above);
                indent = indent(above);
                levels++;
                if (here == null && OTHERS.matcher(above).find() || above.startsWith("[")) {
                    break;
                }
            }
            at = begin - 1;
        }
        here = here != null ? here : PortKind.usual(Integer.parseInt(m.group("port")));
        return here != null ? here : imported(offset);
    }

    /** Of what connects with a user or to a database, the one client that the file imports. */
    private PortKind imported(int offset) {
        if (!LOGIN.matcher(text).region(blockStart(offset), blockEnd(offset)).find()) {
            return null;
        }
        Set<PortKind> kinds = IMPORT.matcher(text).results().map(m -> PortKind.of(m.group()))
                .filter(Objects::nonNull).collect(Collectors.toSet());
        return kinds.size() == 1 ? kinds.iterator().next() : null;
    }

    private static int indent(String line) {
        int i = 0;
        while (i < line.length() && (line.charAt(i) == ' ' || line.charAt(i) == '\t' || line.charAt(i) == '-')) {
            i++;
        }
        return i;
    }

    /** Some lines before and after. */
    String around(int offset) {
        return text.substring(Math.max(0, offset - 300), Math.min(text.length(), offset + 300));
    }

    /** The host that stands beside a port: of DB_PORT it is DB_HOST, of port it is host, the nearest first. */
    String hostNear(PortPlace place, String name) {
        Set<String> stem = stem(name);
        int reach = source.environment() ? 4000 : 600;
        int from = stem.isEmpty() ? blockStart(place.start) : Math.max(0, place.start - reach);
        int to = stem.isEmpty() ? blockEnd(place.start) : Math.min(text.length(), place.start + reach);
        String host = "";
        int nearest = Integer.MAX_VALUE;
        for (Matcher m = HOST.matcher(text).region(from, to); m.find();) {
            int distance = Math.abs(m.start() - place.start);
            Set<String> tokens = PortKind.tokens(m.group("name"));
            boolean isHost = tokens.stream()
                    .anyMatch(t -> t.matches("host|hostname|hostaddr|addr|address|server|(pg|db|redis)host"));
            if (isHost && stem(m.group("name")).equals(stem) && distance < nearest
                    && !m.group("host").matches("\\d+|true|false")) {
                nearest = distance;
                host = m.group("host");
            }
        }
        return host;
    }

    /** The lines that belong together with one that holds a single setting: as deep as it, or deeper, with no gap. Of
     * any other line, the line. */
    private int blockStart(int offset) {
        int begin = text.lastIndexOf('\n', offset - 1) + 1;
        while (begin > 0 && member(source.lineAt(offset)) && together(source.lineAt(begin - 1), offset)) {
            begin = text.lastIndexOf('\n', begin - 2) + 1;
        }
        return begin;
    }

    private int blockEnd(int offset) {
        int end = endOfLine(offset);
        while (end < text.length() - 1 && member(source.lineAt(offset))
                && together(source.lineAt(end + 1), offset)) {
            end = endOfLine(end + 1);
        }
        return end;
    }

    private int endOfLine(int offset) {
        int end = text.indexOf('\n', offset);
        return end < 0 ? text.length() : end;
    }

    private static boolean member(String line) {
        return line.matches("\\s*(- )?[\"']?[\\w.-]+[\"']?\\s*[:=][^({]*");
    }

    private boolean together(String line, int offset) {
        return !line.isBlank() && !line.startsWith("[") && indent(line) >= indent(source.lineAt(offset));
    }

    private static Set<String> stem(String name) {
        return PortKind.tokens(name).stream().map(t -> t.replaceFirst("(port|host)$", ""))
                .filter(t -> !t.matches("|ports?|host(name|addr)?|addr(ess)?|server")).collect(Collectors.toSet());
    }
}
