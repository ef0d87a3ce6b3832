//SOURCES Facts.java
//SOURCES FailingStatement.java
//SOURCES Missing.java
//SOURCES ../report/Nearest.java
//SOURCES ../postgres/Sql.java
//SOURCES Uses.java
package kit.explain;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.postgres.Sql;
import kit.report.Nearest;

/** An existing name that was probably meant: close in letters, not used beside the wrong one, and accepted by the
 * server. */
final class NearName {
    private final Facts facts;

    NearName(Facts facts) {
        this.facts = facts;
    }

    /** Writes what it finds into the facts. */
    void find() throws SQLException {
        Pattern word = Uses.word(facts.missing.name());
        for (Map.Entry<String, String> candidate : candidates()) {
            try (Connection c = facts.origin.connect()) {
                String statement = FailingStatement.of(c, facts.missing, facts.code, candidate.getValue());
                String corrected = word.matcher(statement)
                        .replaceAll(Matcher.quoteReplacement(Sql.identifier(candidate.getKey())));
                if (!Uses.word(candidate.getKey()).matcher(statement).find()
                        && FailingStatement.refusal(c, corrected) == null) {
                    facts.near = candidate.getKey();
                    facts.nearTable = candidate.getValue();
                    return;
                }
            }
        }
    }

    /** Names that are close to the missing one, the closest first, each with the relation that has it. */
    private List<Map.Entry<String, String>> candidates() {
        Missing missing = facts.missing;
        List<Map.Entry<String, String>> all = new ArrayList<>();
        facts.origin.end().tables().forEach((qualified, columns) -> {
            String table = qualified.replaceFirst("^.*?\\.", "");
            if (missing.column() == null) {
                all.add(Map.entry(table, table));
            } else if (missing.relation() == null || missing.relation().equals(table)) {
                columns.keySet().forEach(column -> all.add(Map.entry(column, table)));
            }
        });
        return all.stream().filter(each -> close(each.getKey(), missing.name()))
                .sorted(Comparator.comparing(each -> Nearest.distance(each.getKey(), missing.name()))).toList();
    }

    private static boolean close(String a, String b) {
        return plain(a).equals(plain(b)) || words(a).equals(words(b))
                || letters(a).equals(letters(b)) && Nearest.distance(a, b) == 2
                || Nearest.distance(a, b) <= Math.max(1, Math.min(a.length(), b.length()) / 4);
    }

    private static String plain(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    private static List<String> words(String name) {
        return Stream.of(name.split("_")).sorted().toList();
    }

    private static List<Integer> letters(String name) {
        return name.chars().sorted().boxed().toList();
    }
}
