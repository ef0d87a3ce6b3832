package kit.explain;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The words in which PostgreSQL says that a column or table is not there, in any driver's frame around them and in any
 * language of the server. */
final class Message {
    // Possessive, here and in other patterns over long texts: those loops do not use the stack.
    private static final String COLUMN_NAME = "\"(?<c>(?:[^\"]|\"\")++)\"";
    private static final String RELATION_NAME = "\"(?<r>(?:[^\"]|\"\")++)\"";
    private static final String TICKED = "(?:[^`\\n.]+\\.)*";
    /** Every driver passes on the server's words; what differs is around them. Tools that look at the catalogue
     * themselves have words of their own. Groups: r the relation, c the column, a what the statement calls its table. A
     * constraint “of relation "x"” is another matter, and a NOTICE that ends in “skipping” is none. */
    private static final List<Pattern> WORDINGS = Stream.of(
            "column " + COLUMN_NAME + " of relation " + RELATION_NAME + " does not exist(?!, skipping)",
            "column " + COLUMN_NAME + "(?: named in key| referenced in foreign key constraint)? does not exist"
                    + "(?!, skipping)",
            "column (?:\"(?=[^\"\\n]*\\.))?(?<a>[^\\s\".,;:()`]+)\\.(?<c>[^\"\\n.`]{1,63}?)\"? does not exist",
            "column (?<c>[\\p{L}\\p{N}_$]+) does not exist",
            "(?:Spalte|colonne) (?<a>[^\\s\".,;:()]+)\\.(?<c>[^\\s\".,;:()]+) (?:existiert nicht|n['’]existe pas)",
            "record \"(?<a>[^\"\\n]+)\" has no field " + COLUMN_NAME,
            "(?<!\\b(?:of|for|on) )\\b(?:relation|table|view) " + RELATION_NAME + " does not exist(?!, skipping)",
            // Prisma
            "column `" + TICKED + "?(?:(?<r>[^`\\n.]+)\\.)?(?<c>[^`\\n.]+)` does not exist",
            "table `" + TICKED + "(?<r>[^`\\n.]+)` does not exist",
            // Hibernate: Schema-validation, and before 5.0
            "missing column \\[(?<c>[^\\]\\n]+)] in table \\[(?<r>[^\\]\\n]+)]", "missing table \\[(?<r>[^\\]\\n]+)]",
            "Missing column: (?<c>[\\w$]+) in (?<r>[\\w$.]+)", "Missing table: (?<r>[\\w$.]+)",
            // PostgREST and Supabase: PGRST204, PGRST205
            "Could not find the '(?<c>[^'\\n]+)' column of '(?<r>[^'\\n]+)' in the schema cache",
            "Could not find the table '(?<r>[^'\\n]+)' in the schema cache")
            .map(wording -> Pattern.compile(wording, Pattern.CASE_INSENSITIVE)).toList();
    /** One of these is in all that they match; lines are many, and looking for words is quick. */
    private static final List<String> MAYBE = List.of("not exist", "has no field", "existiert nicht", "existe pas",
            "schema cache", "missing column [", "missing table [", "Missing column: ", "Missing table: ");
    private static final Pattern STATE = Pattern.compile(
            "(?:(?:SQLSTATE|SQL state|code)\\W{1,5}|\\b)(42703|42P01)\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern COLUMN_SIGN = sign("42703", "UndefinedColumn");
    private static final Pattern TABLE_SIGN = sign("42P01", "UndefinedTable");
    /** Names in the quotes of other languages' messages: »x«, «x», „x“, “x”. */
    private static final Pattern FOREIGN = Pattern.compile(
            "[»«„“][\\s\u00A0\u202F]?([^»«„“”\n]+?)[\\s\u00A0\u202F]?[»«“”]");
    private static final Pattern QUOTED = Pattern.compile(FOREIGN.pattern() + "|\"([^\"\n]+)\"");
    /** “… does not exist” in the languages of PostgreSQL, for a message without its SQLSTATE. */
    private static final Pattern ABSENT = Pattern.compile("(?i)existiert nicht|n['’]existe pas|no existe|non esiste"
            + "|不存在|存在しません|не существует|не існує|existerar inte|finns "
            + "inte|없음|없습니다|არ არსებობს");
    private static final Pattern COLUMN = Pattern.compile(
            "(?i)spalte|colonne|columna|colonna|字段|列|столбец|стовпе?ц|kolumn|칼럼|სვეტი");
    private static final Pattern RELATION = Pattern.compile("(?i)relation|relación|relazione|tabell|tabla|关系|表"
            + "|リレーション|テーブル|отношение|таблица|відношення|таблиця|릴레이션|테이블|ურთიერთობა|ცხრილი");

    private Message() {
    }

    /** The SQLSTATE where a program says it, in whatever language the server speaks; a bare number could be
     * anything. */
    static Pattern sign(String code, String exception) {
        return Pattern.compile("(sql ?state|code|error)\\W{1,6}E?" + code + "\\b|[(\\[]" + code + "[)\\]]|\\b" + code
                + ": |" + exception + "\\b", Pattern.CASE_INSENSITIVE);
    }

    /** Whether a line of some output says that a column, or else that a table, is not there. */
    static boolean inLine(String line, boolean column) {
        return (column ? COLUMN_SIGN : TABLE_SIGN).matcher(line).find() || MAYBE.stream().anyMatch(line::contains)
                && said(line).stream().anyMatch(name -> (name.column == null) != column);
    }

    /** A name that is not there.
     *
     * @param relation null where the message does not name it
     * @param alias    what stands before the column: a table, or what the statement calls it; "new" in a trigger; else
     *                 null
     * @param column   null where the relation is missing
     * @param at       where in the text it is said */
    record Name(String relation, String alias, String column, int at) {
        /** For a list of names. */
        String shown() {
            String table = relation == null ? alias : relation;
            return column == null ? relation : table == null ? column : table + "." + column;
        }
    }

    /** What a text says is missing, in its order. */
    static List<Name> missing(String text) {
        Map<String, Name> found = new LinkedHashMap<>();
        said(text).forEach(name -> found.putIfAbsent(name.shown(), name));
        if (found.isEmpty()) {
            foreign(text).ifPresent(names -> found.put("", new Name(names.get(0), null, names.get(1), 0)));
        }
        return List.copyOf(found.values());
    }

    private static List<Name> said(String text) {
        // At one place the first wording counts: the others are less exact.
        Map<Integer, Name> found = new TreeMap<>();
        for (Pattern wording : WORDINGS) {
            boolean relation = wording.pattern().contains("(?<r>");
            boolean column = wording.pattern().contains("(?<c>");
            boolean alias = wording.pattern().contains("(?<a>");
            for (Matcher m = wording.matcher(text); m.find();) {
                found.putIfAbsent(m.start(), new Name(relation ? unqualified(m.group("r")) : null,
                        alias ? m.group("a") : null, column ? m.group("c") : null, m.start()));
            }
        }
        return List.copyOf(found.values());
    }

    /** A server that speaks another language: the names are where it says that something is not there, or on the
     * quoting line that is closest to the SQLSTATE. */
    private static Optional<List<String>> foreign(String text) {
        Matcher state = STATE.matcher(text);
        boolean known = state.find();
        for (Matcher absent = ABSENT.matcher(text); absent.find();) {
            String line = text.substring(text.lastIndexOf('\n', absent.start()) + 1, absent.end());
            String before = line.substring(line.lastIndexOf(": ", absent.start()) + 1);
            String rest = text.substring(absent.end()).lines().findFirst().orElse("");
            String said = QUOTED.matcher(before).find() ? before : before + rest;
            boolean column = COLUMN.matcher(said).find();
            boolean meant = (column || RELATION.matcher(said).find())
                    && (!known || column == state.group(1).equals("42703"));
            Optional<List<String>> names = meant ? names(said, column) : Optional.empty();
            if (names.isPresent()) {
                return names;
            }
        }
        return !known ? Optional.empty() : nearestQuotes(text, state);
    }

    private static Optional<List<String>> nearestQuotes(String text, Matcher state) {
        return FOREIGN.matcher(text).results().map(MatchResult::start)
                .min(Comparator.comparing(start -> Math.abs(start - state.start())))
                .flatMap(start -> text.substring(text.lastIndexOf('\n', start) + 1).lines().findFirst())
                .flatMap(line -> names(line, state.group(1).equals("42703")));
    }

    private static Optional<List<String>> names(String said, boolean column) {
        List<String> names = QUOTED.matcher(said).results()
                .map(each -> each.group(1) != null ? each.group(1) : each.group(2)).limit(2).toList();
        if (names.isEmpty()) {
            return Optional.empty();
        }
        if (!column) {
            return Optional.of(Arrays.asList(unqualified(names.get(0)), null));
        }
        // Japanese and Chinese name the relation first: リレーション"r"の列"c", 关系 "r" 的 "c".
        int relation = said.matches("(?s).*[\"”] ?[の的].*") ? 0 : 1;
        return Optional.of(names.size() == 1 ? Arrays.asList(null, names.get(0))
                : Arrays.asList(unqualified(names.get(relation)), names.get(1 - relation)));
    }

    /** Every name in quotes, of whatever language. */
    static List<String> quoted(String text) {
        return QUOTED.matcher(text).results().map(m -> m.group(1) != null ? m.group(1) : m.group(2)).toList();
    }

    private static String unqualified(String name) {
        return name == null ? null : name.replaceFirst("^.*\\.", "");
    }
}
