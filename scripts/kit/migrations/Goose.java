//SOURCES ../report/Clean.java
//SOURCES Flaw.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Clean;
import kit.report.Severity;

/** A file of goose, read line by line as goose reads it (its package internal/sqlparser): an Up part, a Down part, and
 * blocks that are one statement. What makes goose refuse the file, or lose a part of it, is a flaw. */
final class Goose {
    private static final Pattern LINE_END = Pattern.compile("\r?\n");
    private static final Pattern SECRET_NAME = Pattern.compile("(?i)pass|pwd|secret|token|key");
    private static final Pattern VARIABLE = Pattern
            .compile("\\$(?:\\$|(\\p{L}\\w*)|\\{(\\p{L}\\w*)(?:(:?-|\\?)([^}]*))?\\})");
    private final String text;
    private final List<Flaw> flaws;
    private final List<Part> up = new ArrayList<>();
    private final List<Part> down = new ArrayList<>();
    private final boolean transactional;
    private final StringBuilder piece = new StringBuilder();
    private List<Part> target;
    private final boolean hasUp;
    private boolean fills;
    private boolean cutShort;
    private int began = 1;
    private int open;
    /** The line that ends a block in which there is nothing. */
    private int emptyBlock;

    Goose(String name, String text, List<Flaw> flaws) {
        this.text = text;
        this.flaws = flaws;
        List<String> marks = text.lines().map(Goose::mark).filter(mark -> mark != null).toList();
        transactional = !marks.contains("no transaction");
        hasUp = marks.contains("up");
        int early = 0;
        int number = 0;
        for (var lines = LINE_END.splitAsStream(text).iterator(); lines.hasNext();) {
            String line = lines.next();
            String mark = mark(line);
            number++;
            if (mark != null) {
                mark(line, mark, number);
            } else {
                early = target == null && early == 0 && !isNothing(line) ? number : early;
                piece.append(fills && !isNothing(line) ? filled(line, number) : line);
            }
            piece.append('\n');
        }
        turn(target, number);
        if (!hasUp && !text.isBlank()) {
            flaws.add(new Flaw("MIGRATION_NO_UP", Severity.error, 1,
                    name + " has no “-- +goose Up” line, so goose runs nothing of it"));
        } else if (early > 0) {
            flaw(early, "goose refuses a file with SQL before its Up mark");
        }
    }

    Migration migration(Path file, String version, String words) {
        return new Migration(file, version, words, text, transactional, up, down, flaws);
    }

    private void flaw(int line, String text) {
        flaws.add(new Flaw("MIGRATION_MARKERS", Severity.error, line, text));
    }

    /** What goose takes for a mark, in small letters, whether it knows it or not; null for any other line. */
    static String mark(String line) {
        return line.contains("+goose") && line.stripLeading().startsWith("--")
                ? line.replace("--", "").replaceFirst("\\+goose", "").strip().toLowerCase(Locale.ROOT)
                : null;
    }

    private void mark(String line, String mark, int number) {
        switch (Character.isWhitespace(line.charAt(0)) ? "indented" : mark) {
            case "up" -> {
                if (target != null) {
                    flaw(number, "a second Up mark: goose refuses the file");
                }
                turn(up, number);
            }
            case "down" -> {
                if (target != up && hasUp) {
                    flaw(number, (target == null ? "a Down mark before the Up mark" : "a second Down mark")
                            + ": goose refuses the file");
                }
                turn(down, number);
            }
            case "statementbegin" -> {
                if (open > 0) {
                    flaw(number, "a second StatementBegin; the one on line " + open + " is not closed");
                } else if (target == null && hasUp) {
                    flaw(number, "a StatementBegin before the Up mark: goose refuses the file");
                }
                take(number);
                open = number;
            }
            case "statementend" -> {
                if (open == 0) {
                    flaw(number, "a StatementEnd without its StatementBegin");
                } else if (piece.toString().lines().allMatch(Goose::isNothing)) {
                    take(number);
                    emptyBlock = number;
                } else {
                    take(number);
                }
                open = 0;
            }
            case "no transaction" -> {
            }
            case "envsub on" -> fills = true;
            case "envsub off" -> fills = false;
            default -> flaw(number,
                    "goose refuses a mark that it does not know, or that does not begin its line: " + line.strip());
        }
    }

    /** The Up part, the Down part or the file ends. */
    private void turn(List<Part> next, int number) {
        if (open > 0) {
            flaw(open, "this StatementBegin has no StatementEnd");
        }
        take(number);
        open = 0;
        target = next;
    }

    /** The lines since the last mark. Outside of a transaction, what goose sends as one statement must stay one. */
    private void take(int number) {
        String sql = piece.toString();
        if (emptyBlock > 0 && !sql.lines().allMatch(Goose::isNothing)) {
            flaw(emptyBlock,
                    "nothing stands between StatementBegin and StatementEnd: goose then loses the line after it");
        }
        emptyBlock = 0;
        if (target != null) {
            List<Part> whole = open > 0 ? List.of(new Part(sql, began)) : cut(sql);
            target.addAll(transactional ? Splitter.split(sql, began) : whole);
        }
        piece.setLength(0);
        began = number;
    }

    /** The statements as goose sees them: each ends with a line that ends with a semicolon. In a transaction only their
     * flaws matter. */
    private List<Part> cut(String sql) {
        List<Part> parts = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        int first = 0;
        int number = began;
        for (var lines = LINE_END.splitAsStream(sql).iterator(); lines.hasNext(); number++) {
            String line = lines.next();
            if (first > 0 || !isNothing(line)) {
                first = first == 0 ? number : first;
                statement.append(line).append('\n');
            }
            if (first > 0 && endsStatement(line)) {
                if (isCutShort(statement)) {
                    flaw(number,
                            "goose cuts the statement after this line: put it between StatementBegin and StatementEnd");
                }
                add(parts, statement, first);
                statement.setLength(0);
                first = 0;
            }
        }
        if (first > 0) {
            flaw(first, "no line that ends with a semicolon ends this statement: goose refuses the file");
            add(parts, statement, first);
        }
        return parts;
    }

    private void add(List<Part> parts, CharSequence statement, int line) {
        if (!transactional) {
            parts.add(new Part(statement.toString().strip(), line));
        }
    }

    /** goose knows nothing of quotes, comments and brackets: this is SQL that ends within one. The first such place of
     * a file is told. */
    private boolean isCutShort(CharSequence statement) {
        List<Part> parts = Splitter.split(statement + ";x", 1);
        boolean first = !cutShort;
        cutShort |= !parts.get(parts.size() - 1).sql().equals("x");
        return first && cutShort;
    }

    private static boolean endsStatement(String line) {
        char quote = 0;
        int end = line.length();
        for (int i = 0; i < end; i++) {
            char c = line.charAt(i);
            if (quote == 0 && c == '-' && line.startsWith("--", i)
                    && (i == 0 || Character.isWhitespace(line.charAt(i - 1)))) {
                end = i;
            } else if (c == quote || quote == 0 && (c == '\'' || c == '"')) {
                quote = quote == 0 ? c : 0;
            }
        }
        return line.substring(0, end).stripTrailing().endsWith(";");
    }

    private static boolean isNothing(String line) {
        return line.isBlank() || line.stripLeading().startsWith("--");
    }

    /** Between ENVSUB ON and OFF: $NAME, ${NAME}, ${NAME-if unset}, ${NAME:-if empty}, ${NAME?message}, of the
     * environment. */
    private String filled(String line, int number) {
        return VARIABLE.matcher(line).replaceAll(m -> {
            if (m.group().equals("$$")) {
                return Matcher.quoteReplacement("$$");
            }
            String name = m.group(1) == null ? m.group(2) : m.group(1);
            String value = System.getenv(name);
            String otherwise = m.group(3);
            if (SECRET_NAME.matcher(name).find()) {
                Clean.secret(value);
            }
            if (value == null && !":-".equals(otherwise) && !"-".equals(otherwise)) {
                flaws.add(new Flaw("MIGRATION_MARKERS", "?".equals(otherwise) ? Severity.error : Severity.warning,
                        number, name + " is not set in the environment: goose "
                                + ("?".equals(otherwise) ? "refuses the file" : "puts nothing in its place")));
            }
            boolean given = value != null && !(":-".equals(otherwise) && value.isEmpty());
            return Matcher
                    .quoteReplacement(given ? value : otherwise == null || otherwise.equals("?") ? "" : m.group(4));
        });
    }
}
