package kit.explain;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The words in which PostgreSQL says that a column or table is not there, in any driver's frame around them and in any
 * language of the server. */
final class Message {
    // Possessive, here and in other patterns over long texts: those loops do not use the stack.
    private static final String NAME = "\"((?:[^\"]|\"\")++)\"";
    /** Every driver passes on the server's words; what differs is around them. A constraint “of relation "x"” is
     * another matter, and a NOTICE that ends in “skipping” is none. */
    private static final Pattern SAYS = Pattern.compile("(?:column " + NAME + " of relation " + NAME + " does not exist"
            + "|column " + NAME + "(?: named in key| referenced in foreign key constraint)? does not exist"
            + "|column [^\\s\".,;:()]+\\.([^\"\\n.]{1,63}?) does not exist|column ([\\p{L}\\p{N}_$]+) does not exist"
            + "|(?:Spalte|colonne) [^\\s\".,;:()]+\\.([^\\s\".,;:()]+) (?:existiert nicht|n['’]existe pas)"
            + "|record \"[^\"\\n]+\" has no field " + NAME
            + "|(?<!\\b(?:of|for|on) )\\b(?:relation|table|view) " + NAME + " does not exist)(?!, skipping)",
            Pattern.CASE_INSENSITIVE);
    /** One of these is in all that it matches; lines are many, and looking for words is quick. */
    private static final List<String> MAYBE = List.of("not exist", "has no field", "existiert nicht", "existe pas");
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
            + "|不存在|存在しません|не существует|не існує|existerar inte|finns inte|없음|없습니다|არ არსებობს");
    private static final Pattern COLUMN = Pattern.compile(
            "(?i)spalte|colonne|columna|colonna|字段|列|столбец|стовпе?ц|kolumn|칼럼|სვეტი");
    private static final Pattern RELATION = Pattern.compile("(?i)relation|relación|relazione|tabell|tabla|关系|表"
            + "|リレーション|テーブル|отношение|таблица|відношення|таблиця|릴레이션|테이블|ურთიერთობა|ცხრილი");

    private Message() {
    }

    /** The SQLSTATE where a program says it, in whatever language the server speaks; a bare number could be
     * anything. */
    private static Pattern sign(String code, String exception) {
        return Pattern.compile("(sql ?state|code|error)\\W{1,6}E?" + code + "\\b|[(\\[]" + code + "[)\\]]|\\b" + code
                + ": |" + exception + "\\b", Pattern.CASE_INSENSITIVE);
    }

    /** Whether a line of some output says that a column, or else that a table, is not there. */
    static boolean inLine(String line, boolean column) {
        return (column ? COLUMN_SIGN : TABLE_SIGN).matcher(line).find() || MAYBE.stream().anyMatch(line::contains)
                && SAYS.matcher(line).results().anyMatch(m -> (m.group(8) == null) == column);
    }

    /** What a text says is missing, in its order: relation and column, either may be null. */
    static List<List<String>> missing(String text) {
        Set<List<String>> found = new LinkedHashSet<>();
        for (Matcher m = SAYS.matcher(text); m.find();) {
            found.add(relationAndColumn(m));
        }
        if (found.isEmpty()) {
            foreign(text).ifPresent(found::add);
        }
        return List.copyOf(found);
    }

    private static List<String> relationAndColumn(Matcher m) {
        if (m.group(1) != null) {
            return Arrays.asList(unqualified(m.group(2)), m.group(1));
        }
        // “w.status_reason” names an alias, which is no table.
        return Stream.of(3, 4, 5, 6, 7).map(m::group).filter(g -> g != null).findFirst()
                .map(column -> Arrays.asList(null, column))
                .orElseGet(() -> Arrays.asList(unqualified(m.group(8)), null));
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

    private static String unqualified(String name) {
        return name.replaceFirst("^.*\\.", "");
    }
}
