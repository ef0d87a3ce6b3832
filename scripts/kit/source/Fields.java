//SOURCES Literal.java
//SOURCES Outcome.java
//SOURCES Schema.java
//SOURCES Source.java
//SOURCES SourceFile.java
//SOURCES Struct.java
package kit.source;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares what statements give with the structs of the same file that take it. */
final class Fields {
    /** Is told what was found; the remedy may be empty. */
    interface Finder {
        void found(String code, SourceFile file, int at, String text, String evidence, List<String> remedy);
    }

    private record TableInFile(SourceFile file, String table) {
    }

    private static final Pattern INTO_STRUCT = Pattern.compile("StructScan|RowTo(?:AddrOf)?Struct"
            + "|\\.(?:Get|Select)(?:Context)?\\(|ScanAll|ScanOne|@Entity|@Table|\\[Table");
    private static final Pattern OF_ONE_TABLE = Pattern.compile("(?is)select\\s+.*?\\s+from\\s+"
            + "\"?(?:\\w+\\.)?\"?(\\w+)\"?(?!.*\\b(?:join|union|from)\\b)(?:\\s.*)?");
    private static final Pattern ALL_COLUMNS = Pattern.compile("(?is)select\\s+(?:\\w+\\.)?\\*.*");
    private static final Set<String> TAKING_CALLS = Set.of("Get", "Select", "GetContext", "SelectContext");

    private final Schema schema;
    private final List<Outcome> outcomes;
    private final Finder finder;
    private final Map<SourceFile, List<Struct>> structs;
    private final Map<TableInFile, List<Struct>> takers = new HashMap<>();
    private final Map<SourceFile, Set<String>> words = new HashMap<>();
    private final Set<Struct> compared = new HashSet<>();
    private int found;

    Fields(Source source, Schema schema, List<Outcome> outcomes, Finder finder) {
        this.schema = schema;
        this.outcomes = outcomes;
        this.finder = finder;
        this.structs = source.structs.stream().collect(Collectors.groupingBy(Struct::file));
    }

    /** The number of findings. */
    int check() {
        for (Outcome outcome : outcomes) {
            SourceFile file = outcome.candidate().file();
            if (outcome.troubles().isEmpty() && !outcome.columns().isEmpty() && structs.containsKey(file)
                    && file.has(INTO_STRUCT) && intoStruct(outcome)) {
                check(outcome, file);
            }
        }
        return found;
    }

    /** All columns of a table go into a struct; of a list of columns that is only sure where the call says so. */
    private static boolean intoStruct(Outcome outcome) {
        Literal literal = outcome.candidate().literal();
        return literal != null && (ALL_COLUMNS.matcher(outcome.candidate().sql().toString()).matches()
                || TAKING_CALLS.contains(literal.call()));
    }

    private void check(Outcome outcome, SourceFile file) {
        Matcher one = OF_ONE_TABLE.matcher(outcome.candidate().sql().toString());
        String name = one.matches() ? one.group(1) : "";
        Set<String> table = schema.relations.get(name.toLowerCase(Locale.ROOT));
        if (table == null) {
            return;
        }
        List<Struct> of = takers.computeIfAbsent(new TableInFile(file, name),
                key -> structs.get(file).stream().filter(s -> s.belongsTo(table)).toList());
        if (of.size() == 1) {
            compare(outcome, of.get(0), name, table);
        }
    }

    private void compare(Outcome outcome, Struct struct, String tableName, Set<String> table) {
        List<String> without = outcome.columns().stream()
                .filter(column -> !struct.columns().containsKey(column) && !struct.perhaps().contains(column)).toList();
        if (!without.isEmpty() && struct.whole()) {
            found++;
            finder.found("SQL_FIELD_MISSING", outcome.candidate().file(), outcome.candidate().start(),
                    "the statement gives " + String.join(", ", without) + ", and " + struct.name() + " (line "
                            + struct.file().line(struct.at()) + ") has no field for "
                            + (without.size() == 1 ? "it" : "them"),
                    "", List.of("# add the field, or name the columns instead of *"));
        }
        if (!outcome.columns().containsAll(table) || !compared.add(struct)) {
            return;
        }
        struct.columns().forEach((column, at) -> {
            if (!table.contains(column) && !words(struct.file()).contains(column)) {
                found++;
                finder.found("SQL_COLUMN_MISSING", struct.file(), at, tableName + " has no column " + column
                        + ", which this field of " + struct.name() + " is for", "", List.of());
            }
        });
    }

    /** The words of all statements of a file: another one may give the column. */
    private Set<String> words(SourceFile in) {
        return words.computeIfAbsent(in, file -> outcomes.stream().filter(o -> o.candidate().file() == file)
                .flatMap(o -> Stream.of(o.candidate().sql().toString().split("\\W+"))).collect(Collectors.toSet()));
    }
}
