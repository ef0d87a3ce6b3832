//SOURCES Page.java
//SOURCES Palette.java
package bench.harness;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** A chart as it is shown: in a page wide, and narrow for a telephone, with the legend as text beside them; and as
 * files of their own. The colours of an SVG are variables of CSS, so that one drawing serves light and dark. */
public record Figure(String name, String title, String caption, List<Entry> legend, String wide, String narrow,
        String svg, byte[] png) {

    public String html() {
        String entries = legend.size() < 2 ? ""
                : legend.stream()
                        .map(entry -> "<li style=\"border-color:" + entry.colour.variable() + ";border-left-style:"
                                + entry.stroke + "\">" + Page.escaped(entry.label) + "</li>")
                        .collect(Collectors.joining("", "<ul class=\"legend\">", "</ul>"));
        return "<figure><h2>" + Page.escaped(title) + "</h2><div class=\"wide\">" + wide
                + "</div><div class=\"narrow\">" + narrow + "</div>" + entries + "<figcaption>" + Page.escaped(caption)
                + "</figcaption></figure>\n";
    }

    /** One series in a legend; the stroke by its name in CSS. */
    public record Entry(String label, Palette colour, String stroke) {
        static List<Entry> of(Collection<String> labels) {
            List<Entry> entries = new ArrayList<>();
            int colour = 0;
            for (String label : labels) {
                boolean reference = label.startsWith("pgbench") || label.startsWith("limit");
                entries.add(new Entry(label, reference ? Palette.INK : Palette.series(colour++),
                        !reference ? "solid" : label.startsWith("pgbench") ? "dashed" : "dotted"));
            }
            return entries;
        }
    }
}
