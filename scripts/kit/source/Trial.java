//SOURCES Candidate.java
//SOURCES Description.java
//SOURCES Doubt.java
//SOURCES Outcome.java
//SOURCES Refusal.java
//SOURCES Schema.java
//SOURCES Scopes.java
//SOURCES Source.java
//SOURCES Text.java
//SOURCES Trouble.java
//SOURCES ../postgres/Sql.java
package kit.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.postgres.Sql;

/** One statement, until the server accepts it or nothing more can be learned: what is missing is noted, replaced, and
 * the rest is asked again. */
final class Trial {
    /** Makes a transaction usable again in which the server has refused something. */
    interface Undo {
        void run() throws SQLException;
    }

    private static final int ROUNDS = 40;
    private static final int MOST_COLUMNS_TRIED = 20;
    private static final Pattern NUMBER = Pattern.compile("\\$(\\d+)");
    private static final Pattern WRITTEN_TO = Pattern.compile("(?is).*\\b(?:into|update|delete\\s+from)(?:\\s+only)?");
    private static final Pattern ALIAS = Pattern.compile("(?is)(?:as\\s+)?(\"?\\w+\"?).*");
    private static final Pattern NO_ALIAS = Pattern.compile("(?is)(?:where|on|using|join|left|right|inner|full|cross"
            + "|natural|order|group|limit|offset|union|intersect|except|having|for|fetch|window|returning|set|values"
            + "|select|default|tablesample)\\b.*");

    private static final Pattern VALUES = Pattern.compile("(?is).*\\)\\s*values\\s*");
    private static final Pattern TARGETS = Pattern
            .compile("(?is)\\s*insert\\s+into\\s+[\\w.\"]+(?:\\s+as\\s+\\w+)?\\s*\\([^()]*");

    private final Connection c;
    private final Candidate candidate;
    private final Undo undo;
    private final Schema schema;
    private final Source source;
    private final List<Trouble> troubles = new ArrayList<>();
    private final Set<String> standIns = new HashSet<>();
    private Text sql;
    private int parameters;
    /** The first place at which a hole was taken away. */
    private int blanked = Integer.MAX_VALUE;
    /** Where the text of the source ends; what stands behind it was added here, to have the text before it judged. */
    private int whole;
    private boolean completed;

    Trial(Connection c, Candidate candidate, Undo undo, Schema schema, Source source) {
        this.c = c;
        this.candidate = candidate;
        this.undo = undo;
        this.schema = schema;
        this.source = source;
        this.sql = candidate.sql();
        this.parameters = candidate.parameters().length();
        this.whole = sql.length;
    }

    Outcome run() throws SQLException {
        for (int round = 0; round < ROUNDS; round++) {
            Description said = Description.of(c, sql.toString(), parameters);
            if (said.refusal() == null) {
                return new Outcome(candidate, troubles, null, said.columns());
            }
            undo.run();
            Refusal refusal = new Refusal(said.refusal(), sql);
            if (refusal.state.equals("42P18") && !typeIsTheirTrouble(refusal)) {
                break;
            }
            if (refusal.state.equals("42601") && (blank(refusal.at) || complete(refusal.at))) {
                continue;
            }
            String skip = first() ? doubt(refusal).reason() : null;
            if (skip != null) {
                return Outcome.skipped(candidate, skip);
            }
            if (!note(refusal)) {
                break;
            }
        }
        return new Outcome(candidate, troubles, null, List.of());
    }

    private boolean first() {
        return troubles.isEmpty() && standIns.isEmpty();
    }

    private Doubt doubt(Refusal refusal) {
        return new Doubt(candidate, refusal, blanked, whole, sql, schema, source);
    }

    /** A parameter without a type is an error only where the driver sends it without one. */
    private boolean typeIsTheirTrouble(Refusal refusal) {
        Matcher number = NUMBER.matcher(refusal.message);
        int n = number.find() ? Integer.parseInt(number.group(1)) : 0;
        return candidate.file().language.untypedParameters() && n >= 1 && n <= candidate.parameters().length()
                && candidate.parameters().charAt(n - 1) == 'n' && sql.indexOf("$" + n, 0) >= 0;
    }

    /** Takes the hole away that the server stumbles over, with the comma that it leaves; false where it stumbles
     * elsewhere. */
    private boolean blank(int at) {
        for (int n = candidate.parameters().length(); n > 0; n--) {
            int from = candidate.parameters().charAt(n - 1) == 'h' ? sql.indexOf("$" + n, 0) : -1;
            while (from >= 0 && Character.isDigit(sql.at(from + 1 + String.valueOf(n).length()))) {
                from = sql.indexOf("$" + n, from + 1);
            }
            int to = from + 1 + String.valueOf(n).length();
            if (from >= 0 && (from == at || to <= at && sql.part(to, at).toString().isBlank())) {
                int comma = from - 1;
                while (sql.at(comma) != 0 && sql.at(comma) <= ' ') {
                    comma--;
                }
                int begin = sql.at(comma) == ',' && !listGoesOn(to) ? comma : from;
                sql = sql.replaced(begin, to, " ".repeat(to - begin));
                blanked = Math.min(blanked, from);
                return true;
            }
        }
        return false;
    }

    private boolean listGoesOn(int behind) {
        String rest = sql.part(behind, Math.min(sql.length, behind + 40)).toString().stripLeading();
        return !rest.isEmpty() && !rest.startsWith(")") && !NO_ALIAS.matcher(rest).matches()
                && !rest.regionMatches(true, 0, "from", 0, 4);
    }

    /** A statement to which the run adds something is brought to an end, so that what stands there can be judged. */
    private boolean complete(int at) {
        String text = sql.toString();
        boolean open = candidate.tailOpen() || blanked < Integer.MAX_VALUE && text.substring(blanked).isBlank();
        if (completed || !open || at >= 0 && at < text.stripTrailing().length()) {
            return false;
        }
        completed = true;
        if (TARGETS.matcher(text).matches()) {
            // The columns of an INSERT: those that stand there are looked at before their number is.
            String columns = text.stripTrailing().replaceFirst(",$", "");
            sql = sql.replaced(columns.length(), text.length(), ") SELECT");
        } else {
            boolean values = VALUES.matcher(text).matches();
            String end = (values ? " (DEFAULT)" : " $" + ++parameters) + ")".repeat(new Scopes(text).depth());
            sql = sql.replaced(text.length(), text.length(), end);
        }
        return true;
    }

    /** Notes what is missing and puts something in its place; false where that cannot be done. */
    private boolean note(Refusal refusal) throws SQLException {
        String code = refusal.code(schema);
        boolean name = refusal.state.equals("42703") || refusal.state.equals("42P01");
        if (!name) {
            if (first() || code.equals("SQL_FUNCTION_MISSING") || code.equals("SQL_TYPE_MISSING")) {
                troubles.add(refusal.trouble(code));
            }
            return false;
        }
        String message = refusal.trouble(code).message();
        boolean known = troubles.stream()
                .anyMatch(t -> refusal.name().equals(t.name()) || t.name() == null && t.message().equals(message));
        boolean ofStandIn = standIns.contains(refusal.qualifier()) || refusal.qualifier().isEmpty()
                && !standIns.isEmpty() && refusal.state.equals("42703") && !refusal.target();
        if (!known && !ofStandIn && (first() || doubt(refusal).ofName() == null)) {
            troubles.add(refusal.trouble(code));
        }
        if (refusal.at < 0) {
            return false;
        }
        return refusal.target() ? anotherColumn(refusal)
                : refusal.missingRelation() ? emptyTable(refusal) : anotherParameter(refusal.at, refusal.end());
    }

    private boolean anotherParameter(int from, int to) {
        sql = sql.replaced(from, to, "$" + ++parameters + (Character.isLetterOrDigit(sql.at(to)) ? " " : ""));
        return true;
    }

    /** In a list of columns another one of the table stands in, best one that takes the value. */
    private boolean anotherColumn(Refusal refusal) throws SQLException {
        String lower = sql.toString().toLowerCase(Locale.ROOT);
        String table = refusal.relation();
        Text best = null;
        int tries = 0;
        for (String column : table == null ? Set.<String>of() : schema.relations.getOrDefault(table, Set.of())) {
            if (!lower.contains(column.toLowerCase(Locale.ROOT)) && tries++ < MOST_COLUMNS_TRIED) {
                Text with = sql.replaced(refusal.at, refusal.end(), Sql.identifier(column));
                SQLException e = Description.of(c, with.toString(), parameters).refusal();
                if (e != null) {
                    undo.run();
                }
                best = best == null ? with : best;
                if (e == null || !String.valueOf(e.getSQLState()).matches("42804|22.*|428C9")) {
                    best = with;
                    break;
                }
            }
        }
        sql = best == null ? sql : best;
        return best != null;
    }

    /** A table that is not there becomes one without columns; what is written to cannot. */
    private boolean emptyTable(Refusal refusal) {
        if (WRITTEN_TO.matcher(sql.part(0, refusal.at).toString().stripTrailing()).matches()) {
            return false;
        }
        String after = sql.part(refusal.end(), sql.length).toString().stripLeading();
        Matcher alias = ALIAS.matcher(after);
        boolean has = alias.matches() && !NO_ALIAS.matcher(after).matches();
        standIns.add(!has ? refusal.name() : alias.group(1).startsWith("\"") ? alias.group(1).replace("\"", "")
                : alias.group(1).toLowerCase(Locale.ROOT));
        sql = sql.replaced(refusal.at, refusal.end(),
                "(SELECT)" + (has ? " " : " AS " + Sql.identifier(refusal.name())));
        return true;
    }
}
