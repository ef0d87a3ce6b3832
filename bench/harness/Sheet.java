//SOURCES Page.java
package bench.harness;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rows of text; what a column is, its head says. A column that is empty in every row is left out. */
public record Sheet(String title, String note, List<String> head, List<List<String>> rows) {
    public static Sheet of(String title, String note, List<String> head, List<List<String>> rows) {
        List<Integer> used = IntStream.range(0, head.size())
                .filter(i -> i == 0 || rows.stream().anyMatch(row -> !row.get(i).isEmpty())).boxed().toList();
        return new Sheet(title, note, used.stream().map(head::get).toList(),
                rows.stream().map(row -> used.stream().map(row::get).toList()).toList());
    }

    public String text() {
        int[] widths = IntStream.range(0, head.size()).map(i -> Stream.concat(Stream.of(head), rows.stream())
                .mapToInt(row -> row.get(i).length()).max().getAsInt()).toArray();
        return title + "\n"
                + Stream.concat(Stream.of(head), rows.stream()).map(row -> "  " + IntStream.range(0, row.size())
                        .mapToObj(i -> i == 0 ? row.get(i) + " ".repeat(widths[i] - row.get(i).length())
                                : " ".repeat(widths[i] - row.get(i).length()) + row.get(i))
                        .collect(Collectors.joining("  ")).stripTrailing()).collect(Collectors.joining("\n"));
    }

    public String markdown() {
        Function<List<String>, String> line = row -> row.stream().map(Page::markdownCell)
                .collect(Collectors.joining(" | ", "| ", " |\n"));
        return line.apply(head)
                + head.stream().map(name -> name.equals(head.get(0)) ? "---" : "---:")
                        .collect(Collectors.joining(" | ", "| ", " |\n"))
                + rows.stream().map(line).collect(Collectors.joining());
    }

    public String html() {
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><thead><tr>");
        head.forEach(name -> html.append("<th>").append(Page.escaped(name)).append("</th>"));
        html.append("</tr></thead><tbody>\n");
        for (List<String> row : rows) {
            html.append("<tr>");
            IntStream.range(0, row.size()).forEach(i -> html.append(i == 0 ? "<th scope=\"row\">" : "<td>")
                    .append(Page.escaped(row.get(i))).append(i == 0 ? "</th>" : "</td>"));
            html.append("</tr>\n");
        }
        return html.append("</tbody></table></div>\n").toString();
    }

    /** A number as it is read: thousands apart, three digits that matter. */
    public static String number(Double value) {
        if (value == null || value.isNaN()) {
            return "";
        }
        double size = Math.abs(value);
        return size >= 100 ? String.format(Locale.ROOT, "%,.0f", value)
                : size == 0 ? "0"
                        : String.format(Locale.ROOT, size >= 10 ? "%.1f" : size >= 0.01 ? "%.2f" : "%.4f", value);
    }
}
