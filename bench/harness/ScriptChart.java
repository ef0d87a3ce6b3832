//SOURCES ScriptFigures.java
//SOURCES ScriptSubject.java
//DEPS org.knowm.xchart:xchart:4.0.3
//DEPS de.erichseifert.vectorgraphics2d:VectorGraphics2D:0.13
package bench.harness;

import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.style.Styler;

/** Ratios as bars, a script a group. */
public final class ScriptChart {
    private static final List<String> COLOURS = List.of("#0b62c4", "#c9510c", "#1a7f5a");

    public static void write(List<ScriptSubject> subjects, Path file) throws IOException {
        HorizontalBarChart chart = new HorizontalBarChartBuilder().width(760).height(130 + 48 * subjects.size())
                .title("Scripts, as ratios to a hello-world of the same kind").xAxisTitle("times the hello-world")
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal).setChartBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false).setLocale(Locale.ROOT);
        chart.getStyler().setLabelsVisible(false).setAvailableSpaceFill(0.8);
        chart.getStyler().setXAxisMin(0.0).setXAxisTickMarkSpacingHint(25).setPlotGridHorizontalLinesVisible(false);
        // The first is drawn at the bottom.
        List<ScriptSubject> upwards = new ArrayList<>(subjects);
        Collections.reverse(upwards);
        List<String> names = upwards.stream().map(subject -> subject.alias()).toList();
        int colour = 0;
        for (String what : subjects.get(0).figures().keySet()) {
            chart.addSeries(what.equals("memory") ? what : "wall time, " + what,
                    upwards.stream().map(subject -> ScriptFigures.median(subject.figures().get(what).ratios()))
                            .toList(),
                    names)
                    .setFillColor(Color.decode(COLOURS.get(colour++)));
        }
        try (OutputStream svg = Files.newOutputStream(Path.of(file + ".svg"));
                OutputStream png = Files.newOutputStream(Path.of(file + ".png"))) {
            VectorGraphicsEncoder.saveVectorGraphic(chart, svg, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
            BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
        }
    }
}
