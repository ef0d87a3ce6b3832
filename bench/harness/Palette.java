package bench.harness;

import java.awt.Color;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Colours by what they mean. The first of a pair is on light ground, the second on dark; neighbours can be told apart
 * by people who are colour-blind. */
public enum Palette {
    PAPER("ffffff", "1c1f24"), INK("24292f", "e4e7eb"), GRID("d8dee4", "3a4048"),
    S0("0b62c4", "6cb0ff"), S1("c9510c", "ff9d5c"), S2("1a7f5a", "4fd1a1"), S3("8a3ffc", "c6a0ff"),
    S4("a8325e", "ff8fb3"), S5("6e6a00", "d9d04f");

    public final Color light;
    private final String dark;

    Palette(String light, String dark) {
        this.light = Color.decode("#" + light);
        this.dark = dark;
    }

    public static Palette series(int i) {
        return values()[S0.ordinal() + i % 6];
    }

    public String variable() {
        return "var(" + property() + ")";
    }

    private String property() {
        return "--" + name().toLowerCase(Locale.ROOT);
    }

    public static String css(String selector) {
        return selector + "{"
                + Stream.of(values()).map(c -> c.property() + ":#" + String.format("%06x", c.light.getRGB() & 0xffffff))
                        .collect(Collectors.joining(";"))
                + "}@media(prefers-color-scheme:dark){" + selector + "{"
                + Stream.of(values()).map(c -> c.property() + ":#" + c.dark).collect(Collectors.joining(";")) + "}}";
    }

    /** An SVG with these colours, in their place the variables. */
    public static String asVariables(String svg) {
        for (Palette c : values()) {
            svg = svg.replace("rgb(" + c.light.getRed() + "," + c.light.getGreen() + "," + c.light.getBlue() + ")",
                    c.variable());
        }
        return svg;
    }
}
