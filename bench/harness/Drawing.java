//SOURCES Figure.java
//SOURCES Page.java
//SOURCES Palette.java
//DEPS org.knowm.xchart:xchart:4.0.3
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13
package bench.harness;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws charts: as SVG that follows light and dark, and as PNG. */
public final class Drawing {
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    /** XChart paints the ground of the plot last, over the tips of slanted labels. */
    private static final Color CLEAR = new Color(255, 255, 255, 0);
    private static final int WIDE = 640, NARROW = 360;

    private Drawing() {
    }

    /** What the charts lack on a machine without fonts, where Java can draw no letter; null where it can. */
    public static String troubleWithFonts() {
        try {
            new TextLayout("0", FONT, new FontRenderContext(null, true, true)).getBounds();
            return null;
        } catch (Error | RuntimeException e) {
            // Java says it with InternalError, Error, UnsatisfiedLinkError or NullPointerException, by what is missing.
            return "no charts, since Java finds no font to draw letters with: install one, on Debian with apt-get "
                    + "install fontconfig fonts-dejavu-core";
        }
    }

    /** Draws a chart of a width; with a legend where it stands alone. */
    public interface Sketch {
        AxesChart<?, ?> draw(int width, boolean legend);
    }

    static Figure figure(String name, String title, String caption, Collection<String> series, Sketch drawing)
            throws IOException {
        AxesChart<?, ?> alone = drawing.draw(WIDE, true);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(alone, png, BitmapEncoder.BitmapFormat.PNG);
        String svg = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                + svg(name, title, alone).replaceFirst(">", "><style>" + Palette.css("svg") + "</style>");
        return new Figure(name, title, caption, Figure.Entry.of(series), svg(name, title, drawing.draw(WIDE, false)),
                svg(name + "-narrow", title, drawing.draw(NARROW, false)), svg, png.toByteArray());
    }

    /** Letters come as outlines, so that it looks alike everywhere; hundredths of a point are more than an eye sees. */
    private static String svg(String name, String title, AxesChart<?, ?> chart) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
        String svg = bytes.toString(StandardCharsets.UTF_8);
        svg = svg.substring(svg.indexOf("<svg")).replaceFirst("<svg[^>]*>",
                "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\""
                        + Matcher.quoteReplacement(Page.escaped(title))
                        + "\" viewBox=\"0 0 " + chart.getWidth() + " " + chart.getHeight() + "\" width=\""
                        + chart.getWidth() + "\" height=\"" + chart.getHeight() + "\">");
        return Palette.asVariables(svg.replaceAll("(\\d\\.\\d\\d)\\d+", "$1").replaceAll("\\bclip(\\d+)", name + "-$1")
                .replaceAll("\n\\s*", "\n")).strip() + "\n";
    }

    static CategoryChart lines(int width, boolean legend, List<String> categories,
            Map<String, List<Double>> lines, String x, String y, boolean logarithmic) {
        CategoryChart chart = new CategoryChartBuilder().width(width).height(320 + (legend ? 24 * lines.size() : 0))
                .xAxisTitle(x).yAxisTitle(y).build();
        style(chart.getStyler(), logarithmic);
        chart.getStyler().setDefaultSeriesRenderStyle(CategorySeries.CategorySeriesRenderStyle.Line).setOverlapped(true)
                .setLegendVisible(legend);
        for (Figure.Entry entry : Figure.Entry.of(lines.keySet())) {
            CategorySeries series = chart.addSeries(entry.label(), categories, lines.get(entry.label()));
            series.setMarker(entry.colour() == Palette.INK ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE)
                    .setMarkerColor(entry.colour().light);
            series.setLineColor(entry.colour().light)
                    .setLineStyle(new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1,
                            switch (entry.stroke()) {
                                case "dashed" -> new float[] {8, 4};
                                case "dotted" -> new float[] {2, 4};
                                default -> null;
                            }, 0));
        }
        return chart;
    }

    static CategoryChart stacked(int width, boolean legend, List<String> categories,
            Map<String, List<Double>> stages, String y) {
        CategoryChart chart = new CategoryChartBuilder().width(width).height(360 + (legend ? 24 * stages.size() : 0))
                .yAxisTitle(y).build();
        style(chart.getStyler(), false);
        chart.getStyler().setStacked(true).setAvailableSpaceFill(0.6).setXAxisLabelRotation(width == WIDE ? 40 : 65)
                .setLegendVisible(legend);
        for (Figure.Entry entry : Figure.Entry.of(stages.keySet())) {
            chart.addSeries(entry.label(), categories, stages.get(entry.label())).setFillColor(entry.colour().light);
        }
        return chart;
    }

    static HorizontalBarChart bars(int width, Map<String, Double> bars, String x) {
        HorizontalBarChart chart = new HorizontalBarChartBuilder().width(width).height(90 + 36 * bars.size())
                .xAxisTitle(x).build();
        style(chart.getStyler(), false);
        chart.getStyler().setLabelsVisible(false).setAvailableSpaceFill(0.7).setLegendVisible(false);
        // XChart leaves out labels of bars that are closer than the spacing of the other axis.
        chart.getStyler().setXAxisMin(0.0).setXAxisTickMarkSpacingHint(25).setPlotGridHorizontalLinesVisible(false)
                .setPlotGridVerticalLinesVisible(true);
        chart.addSeries(x, List.copyOf(bars.values()), within(width, bars.keySet()))
                .setFillColor(Palette.series(0).light);
        return chart;
    }

    /** Labels that leave their bars a third of the width; one that is cut still differs from the others. */
    public static List<String> within(int width, Collection<String> labels) {
        int most = width * 2 / 3 / 7;
        List<String> all = new ArrayList<>();
        for (String label : labels) {
            String cut = label.length() <= most ? label : label.substring(0, most - 3) + "…";
            all.add(all.contains(cut) ? cut + (all.size() + 1) : cut);
        }
        return all;
    }

    private static void style(AxesChartStyler styler, boolean logarithmic) {
        styler.setBaseFont(FONT).setChartBackgroundColor(Palette.PAPER.light).setChartFontColor(Palette.INK.light)
                .setPlotBackgroundColor(CLEAR).setPlotBorderVisible(false)
                .setChartTitleVisible(false).setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Vertical).setLegendFont(FONT)
                .setLegendBackgroundColor(Palette.PAPER.light).setLegendBorderColor(Palette.PAPER.light)
                .setLocale(Locale.ROOT).setMarkerSize(7);
        styler.setAxisTickLabelsFont(FONT).setAxisTitleFont(FONT).setAxisTickLabelsColor(Palette.INK.light)
                .setAxisTickMarksColor(Palette.GRID.light).setPlotGridLinesColor(Palette.GRID.light)
                .setPlotGridLinesStroke(new BasicStroke(1)).setAxisTicksLineVisible(false)
                .setPlotGridVerticalLinesVisible(false).setXAxisTickMarkSpacingHint(1).setYAxisTickMarkSpacingHint(30)
                .setXAxisTitleColor(Palette.INK.light).setYAxisTitleColor(Palette.INK.light);
        if (logarithmic) {
            styler.setYAxisLogarithmic(true);
        } else {
            styler.setYAxisMin(0.0);
        }
    }
}
