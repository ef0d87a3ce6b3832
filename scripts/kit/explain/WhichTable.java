//SOURCES ../migrations/Folder.java
//SOURCES FromClause.java
//SOURCES ../migrations/Migration.java
//SOURCES Missing.java
//SOURCES Uses.java
package kit.explain;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.migrations.Folder;
import kit.migrations.Migration;

/** Which table lacks the column, where the message has only what its statement calls it. */
public final class WhichTable {
    private static final Pattern CREATED = Pattern.compile("(?i)(?:\\b(?:table|view)\\s+(?:if\\s+not\\s+exists\\s+)?"
            + "|\\brename\\s+to\\s+)(?:[\\w\"]+\\s*\\.\\s*)?(\"[^\"]+\"|[\\p{L}_][\\p{L}\\p{N}_$]*)");

    private WhichTable() {
    }

    /** Where the message and its statement do not tell: a table that the migrations make, as the code's statements have
     * it, or the one for whose name the alias is short. */
    public static Missing of(Missing missing, Folder folder, Uses code) {
        String alias = missing.alias();
        if (missing.relation() != null || missing.column() == null || alias == null || missing.ofRecord()) {
            return missing;
        }
        Set<String> made = new TreeSet<>();
        for (Migration m : folder.files()) {
            for (Matcher each = CREATED.matcher(m.text()); each.find();) {
                made.add(FromClause.plain(each.group(1)));
            }
        }
        Set<String> used = new TreeSet<>();
        code.uses().stream()
                .filter(use -> use.statement() != null && use.statement().contains(alias + "." + missing.column()))
                .map(use -> new FromClause(use.statement()).tables.get(alias)).filter(t -> t != null)
                .forEach(used::add);
        String stem = alias.replaceFirst("\\d+(?:_\\d+)*$", "").toLowerCase(Locale.ROOT);
        List<String> shortFor = made.stream().filter(table -> isShort(stem, table)).toList();
        return made.contains(alias) ? missing.of(alias)
                : used.size() == 1 ? missing.of(used.iterator().next())
                        : shortFor.size() == 1 ? missing.of(shortFor.get(0)) : missing;
    }

    private static boolean isShort(String stem, String table) {
        String initials = Stream.of(table.split("_+")).filter(word -> !word.isEmpty())
                .map(word -> word.substring(0, 1)).reduce("", String::concat).toLowerCase(Locale.ROOT);
        return !stem.isEmpty() && (stem.equals(initials) || stem.equals(table.toLowerCase(Locale.ROOT)));
    }
}
