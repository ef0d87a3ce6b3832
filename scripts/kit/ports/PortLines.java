//SOURCES PortFinds.java
//SOURCES PortHost.java
//SOURCES PortKind.java
//SOURCES PortPlace.java
//SOURCES PortSide.java
//SOURCES PortSource.java
//SOURCES PortSurroundings.java
package kit.ports;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the places of one file line by line. */
final class PortLines {
    private static final String NUMBER = "(?<port>\\d{2,5})(?![\\w.%]|:\\d)";
    private static final String DEFAULTED = "\\$\\{(?<var>\\w+):?-?(?<def>\\d{2,5})\\}";
    private static final Pattern URL = Pattern
            .compile("(?<scheme>jdbc:postgresql|postgres(?:ql)?(?:\\+\\w+)?|rediss?|https?)://(?:[^\\s/@\"'`]*@)?"
                    + "(?<host>\\[[0-9A-Fa-f:.]+\\]|\\$\\{\\w+:?-?[\\w.-]+\\}|[A-Za-z0-9_][\\w.-]*)(?::(?:" + DEFAULTED
                    + "|(?<port>\\d{2,5})\\b)|(?=[/?]|[\"'`\\s]|$))");
    /** What speaks to another engine, in its scheme or in the way that Go's driver of MySQL has. */
    private static final Pattern OTHERS_URL = Pattern.compile("(?i)(?:\\bjdbc:(?!postgresql:|redis:|tc:postg)[a-z]\\w*:"
            + "|\\b(?!jdbc:postgresql:|postgres|rediss?:|https?:)[a-z][a-z0-9+.-]*://"
            + "|[\\w.%$}-]+@(?:tcp|unix)?\\()[^\\s\"'`,]*");
    private static final Pattern DSN = Pattern.compile("(?<![\\w.-])port=" + NUMBER);
    private static final Pattern CLIENT = Pattern
            .compile("\\b(?<tool>psql|pg_isready|pg_dump|pg_restore|createdb|dropdb"
                    + "|pgbench|redis-cli)\\b[^|;&]*?\\s(?:-p\\s*|--port[= ])" + NUMBER);
    private static final Pattern FORWARD = Pattern
            .compile("port-forward\\s[^|;&]*?(?<target>[\\w./-]+)\\s+(?<port>\\d{2,5}):(?<in>\\d{2,5})");
    private static final Pattern ADDRESS = Pattern.compile("(?<![\\w./@:$-])"
            + "(?<host>localhost|127(?:\\.\\d+){3}|0\\.0\\.0\\.0|\\[::1?\\]|::1|[A-Za-z][\\w-]*(?:\\.[\\w-]+)*)"
            + "(?::|[\"'],\\s*[\"']?)" + NUMBER);
    private static final List<String> ADDRESSED = List.of("localhost", "127.0", "0.0.0.0", "::1", "pg", "postgre", "db",
            "database", "redis", "valkey", "keydb");
    private static final Pattern NAMED = Pattern.compile("(?<name>[A-Za-z_][\\w.-]*)(?<sep>[\"'\\])]*\\s*"
            + "(?:(?::\\s*)?(?:int|Int|number|string|String|uint16)\\s*)?"
            + "(?::-|:=|=>|\\?\\?|\\|\\||\\?=|[:=,])\\s*(?:[\\w.]+\\(\\s*)?[\"'`]?)" + NUMBER);
    private static final Pattern INSIDE = Pattern.compile("(?:EXPOSE|[eE]xposed_?[pP]orts?"
            + "|[mM]apped(?:Public)?_?[pP]ort|get_host_port\\w*)\\W+(?:\\w+,\\s*[\"']?)?" + NUMBER);
    private static final Pattern PUBLISH = Pattern.compile(
            "(?:-p|--publish)[=\"',\\s]*(?:[\\w.]*\\(|f)?[\"'`]?\\s*" + PortFinds.PAIR
                    + "(?:[\"'`]\\s*,\\s*(?<arg>\\w+))?");
    private static final Pattern CONCATENATED = Pattern
            .compile("(?:-p|--publish)[\"'],\\s*(?:[\\w.]+\\()?(?<arg>\\w+)\\)?\\s*\\+\\s*[\"']:(?<in>\\d{2,5})");
    private static final Pattern NAME = Pattern.compile("--name[\"',=\\s]+(?<name>[\\w.-]+)");
    private static final Set<Integer> OTHER_PORTS = Set.of(3306, 33060, 27017, 1433, 1521, 9042, 8123, 9200, 5984);

    private final PortFinds finds;
    private final PortSource source;
    private final boolean slashes;
    private final PortSurroundings around;

    PortLines(PortFinds finds) {
        this.finds = finds;
        this.source = finds.source;
        String name = source.path().getFileName().toString();
        slashes = name.matches("(?i).*\\.(go|java|kts?|groovy|gradle|scala|[mc]?[tj]sx?|rs|cs)");
        around = new PortSurroundings(source, slashes);
    }

    void read() {
        for (int from = 0, end; from < source.text().length(); from = end + 1) {
            end = source.text().indexOf('\n', from);
            end = end < 0 ? source.text().length() : end;
            if (mayName(from, end)) {
                line(from, withoutComment(source.text().substring(from, end)));
            }
        }
    }

    /** Most lines of most files name no port: a look that costs next to nothing. */
    private boolean mayName(int from, int end) {
        for (int i = from, digits = 0; end - from < 2000 && i <= end; i++) {
            char c = i < end ? source.text().charAt(i) : '\n';
            if (c >= '0' && c <= '9') {
                digits++;
            } else if (digits == 4 || digits == 5 || c == ':' && source.text().startsWith("//", i + 1)) {
                return true;
            } else {
                digits = 0;
            }
        }
        return false;
    }

    private String withoutComment(String line) {
        String begin = line.strip();
        if (slashes ? begin.startsWith("//") || begin.startsWith("*") || begin.startsWith("/*")
                : begin.startsWith("#") || begin.startsWith("//")) {
            return "";
        }
        int comment = line.indexOf(slashes ? " // " : " # ");
        return comment < 0 ? line : line.substring(0, comment);
    }

    /** Each pattern only where its word stands: most lines that hold a number hold none of them. */
    private void line(int at, String line) {
        String lower = line.toLowerCase(Locale.ROOT);
        if (lower.contains("-p")) {
            published(at, line);
            each(CLIENT, line, m -> client(at, m));
        }
        if (lower.contains("://") || lower.contains("jdbc:") || lower.contains("@")) {
            each(OTHERS_URL, line, m -> finds.other(at + m.start(), at + m.end()));
            each(URL, line, m -> url(at, m));
        }
        if (lower.contains("port")) {
            each(FORWARD, line, m -> forwarded(at, m));
            each(DSN, line, m -> dsn(at, line, m));
        }
        if (lower.contains("expose") || lower.contains("mapped") || lower.contains("host_port")) {
            each(INSIDE, line,
                    m -> add(at, m, "port", PortKind.usual(PortFinds.number(m, "port")), PortSide.INSIDE, p -> {}));
        }
        if (ADDRESSED.stream().anyMatch(lower::contains)) {
            each(ADDRESS, line, m -> address(at, line, m));
        }
        if (lower.contains("port")) {
            each(NAMED, line, m -> named(at, line, m));
        }
    }

    private static void each(Pattern pattern, String line, Consumer<Matcher> use) {
        for (Matcher m = pattern.matcher(line); m.find();) {
            use.accept(m);
        }
    }

    private void add(int at, Matcher m, String group, PortKind kind, PortSide side, Consumer<PortPlace> more) {
        finds.add(at + m.start(group), at + m.end(group), PortFinds.number(m, group), kind, side, more);
    }

    // The kinds of places -----------------------------------------------------------------------------------------

    private void client(int at, Matcher m) {
        add(at, m, "port", PortKind.of(m.group("tool").replaceFirst("^(create|drop|pg).*", "pg")), null, p -> {
            Matcher host = Pattern.compile("(?:\\s-h\\s*|--host[= ])[\"']?([\\w.:-]+)").matcher(m.group());
            p.host = host.find() ? host.group(1) : "localhost";
        });
    }

    private void forwarded(int at, Matcher m) {
        PortKind kind = PortKind.of(m.group("target"));
        add(at, m, "port", kind != null ? kind : PortKind.usual(PortFinds.number(m, "in")), PortSide.PUBLISHED, p -> {
            p.inside = PortFinds.number(m, "in");
            p.owner = m.group("target").replaceFirst(".*/", "");
        });
    }

    private void dsn(int at, String line, Matcher m) {
        add(at, m, "port",
                line.matches(".*\\b(dbname|sslmode)=.*") ? PortKind.POSTGRES
                        : around.kindAround(at + m.start(), line, m),
                null, p -> {
                    Matcher host = Pattern.compile("\\bhost=['\"]?([^\\s'\"&;,]+)").matcher(line);
                    p.host = host.find() ? host.group(1) : around.hostNear(p, "port");
                });
    }

    private void url(int at, Matcher m) {
        boolean web = m.group("scheme").startsWith("http");
        PortKind kind = web ? PortKind.SERVICE
                : m.group("scheme").startsWith("redis") ? PortKind.REDIS : PortKind.POSTGRES;
        Consumer<PortPlace> more = p -> {
            p.host = m.group("host");
            p.variable = m.group("var") == null ? "" : m.group("var");
            p.fallback = m.group("var") != null;
        };
        if (m.group("port") != null) {
            add(at, m, "port", web && !PortHost.local(m.group("host")) ? null : kind, null, more);
        } else if (m.group("def") != null) {
            add(at, m, "def", kind, null, more);
        } else if (!web && PortHost.local(m.group("host"))) {
            finds.add(at + m.end("host"), at + m.end("host"), kind.usual, kind, null, more);
        }
    }

    private void address(int at, String line, Matcher m) {
        String host = m.group("host");
        if (host.matches(".*\\.(go|java|kt|py|[tj]sx?|rb|rs|sh|c)") || m.group("port").length() < 4) {
            return;
        }
        boolean local = PortHost.local(host);
        // Two words of a list are a host and a port only where the first can be nothing else.
        if (!local && !m.group().startsWith(host + ":")) {
            return;
        }
        PortKind kind = local ? PortKind.of(line.substring(0, m.start())) : PortKind.of(host);
        if (kind == null && local) {
            kind = PortKind.of(line.substring(m.end()));
        }
        PortKind sure = kind != null || !local ? kind : PortKind.usual(PortFinds.number(m, "port"));
        if (sure != null && !host.toLowerCase(Locale.ROOT).endsWith("port")) {
            add(at, m, "port", sure, null, p -> p.host = host);
        }
    }

    private void named(int at, String line, Matcher m) {
        Set<String> tokens = PortKind.tokens(m.group("name"));
        if (tokens.stream().noneMatch(t -> t.matches("ports?|(pg|db|redis|postgres|database)port"))
                || tokens.contains("mapped") || m.group("name").matches("(?i)(host|container|node|target)Port")) {
            return;
        }
        boolean bare = PortKind.of(m.group("name")) == null;
        int port = PortFinds.number(m, "port");
        PortKind kind = bare ? around.kindAround(at + m.start(), line, m) : PortKind.of(m.group("name"));
        boolean onlyDatabase = tokens.stream().noneMatch(t -> t.matches("p(ost)?g.*|redis.*"));
        if (kind == null || kind == PortKind.POSTGRES && onlyDatabase
                && (OTHER_PORTS.contains(port) || around.ofOthers(at))) {
            return;
        }
        // A flag such as --port takes what the words after it say.
        PortSide side = tokens.contains("container") || tokens.contains("internal") ? PortSide.INSIDE : null;
        add(at, m, "port", kind, side, p -> {
            p.variable = m.group("name");
            p.fallback = m.group("sep").matches("(?s).*(:-|\\?\\?|\\|\\||\\?=|,).*");
            p.host = around.hostNear(p, m.group("name"));
        });
    }

    /** podman run -p 15433:5432, however the language of the file writes a list of words. */
    private void published(int at, String line) {
        for (Pattern pattern : List.of(PUBLISH, CONCATENATED)) {
            each(pattern, line, m -> {
                String command = around.command(at + m.start());
                if (command == null || pattern == PUBLISH && "udp".equals(m.group("proto"))) {
                    return;
                }
                Matcher name = NAME.matcher(command);
                String owner = name.find() ? around.literal(name.group("name")) : "";
                String variable = pattern == CONCATENATED ? m.group("arg")
                        : Stream.of("var", "field", "arg").map(m::group).filter(Objects::nonNull).findFirst()
                                .orElse(null);
                PortKind kind = PortFinds.kind(owner + " " + command, PortFinds.number(m, "in"));
                finds.publish(at, m, pattern == PUBLISH, variable,
                        new PortFinds.Owner(owner, kind, !owner.isEmpty(), Set.of(),
                                PortKind.other(owner + " " + command)));
            });
        }
    }

}
