//SOURCES ../../scripts/kit/report/Clean.java
//SOURCES Figure.java
//SOURCES Page.java
//SOURCES Palette.java
//SOURCES RunData.java
//SOURCES Sheet.java
//SOURCES Sheets.java
//SOURCES TrialData.java
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
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.report.Clean;
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

/** The charts of a run; one that has nothing to show is left out. */
public final class Charts {
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    /** XChart paints the ground of the plot last, over the tips of slanted labels. */
    private static final Color CLEAR = new Color(255, 255, 255, 0);
    private static final int WIDE = 640, NARROW = 360;
    private static final List<String> PERCENTILES = List.of("p50", "p90", "p95", "p99", "p99.9", "max");
    private static final Map<String, String> STRATEGIES = Map.of("loop", "autocommit loop", "transaction",
            "one transaction", "connections", "N connections", "batch", "JDBC batch",
            "unnest", "FROM unnest", "any", "= ANY", "pipelined", "pipelined");

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

    public static List<Figure> of(RunData run) throws IOException {
        List<TrialData> measured = run.trials().stream().filter(TrialData::measured).toList();
        List<Figure> figures = new ArrayList<>();
        for (Figure figure : new Figure[] {throughput(measured), conditions(measured), latency(measured),
                storm(measured), cold(measured, "fresh"), cold(measured, "warm"), schemas(measured)}) {
            if (figure != null) {
                figures.add(figure);
            }
        }
        return figures;
    }

    private static Figure throughput(List<TrialData> trials) throws IOException {
        // One client is the steady state.
        List<TrialData> closed = trials.stream()
                .filter(trial -> (trial.test().equals("concurrent")
                        || trial.test().equals("steady") && trial.is("protocol", "prepared"))
                        && trial.is("schema", "base") && !trial.openLoop() && trial.is("pool", "0"))
                .toList();
        List<Integer> clients = closed.stream().map(TrialData::clients).distinct().sorted().toList();
        if (clients.size() < 2) {
            return null;
        }
        Map<String, List<Double>> lines = new LinkedHashMap<>();
        for (TrialData trial : closed) {
            put(lines, accessOf(trial), clients, trial, trial.mean());
        }
        for (TrialData trial : closed.stream().filter(TrialData::ordinary).toList()) {
            put(lines, "pgbench, distinct rows", clients, trial, trial.median(TrialData.Round::pgbench));
            put(lines, "limit: empty transaction", clients, trial, trial.median(TrialData.Round::empty));
        }
        // What was measured with one number of clients only is no line; it stands among the bars.
        lines.values().removeIf(values -> values.stream().filter(Objects::nonNull).count() < 2);
        return lines.isEmpty() ? null
                : figure("throughput", "Throughput over clients",
                        "Updates a second in closed loop, base schema; dashed: pgbench with the same statement, and "
                                + "what an empty durable transaction reaches.",
                        lines.keySet(), (width, legend) -> lines(width, legend,
                                clients.stream().map(String::valueOf).toList(), lines, "clients", "updates/s", false));
    }

    /** What the same number of clients reaches on other rows, beside other work, with other commits, over a pool. */
    private static Figure conditions(List<TrialData> trials) throws IOException {
        Map<String, Double> bars = new LinkedHashMap<>();
        trials.stream()
                .filter(trial -> trial.test().equals("concurrent") && trial.is("schema", "base") && !trial.openLoop()
                        && Set.of(8, 32).contains(trial.clients()))
                .sorted(Comparator.comparing(TrialData::mean).reversed())
                .forEach(trial -> bars.put(
                        trial.clients() + ", " + conditionOf(trial) + ", " + Sheet.number(trial.mean()), trial.mean()));
        return bars.size() < 2 ? null
                : figure("conditions", "8 and 32 clients under other conditions",
                        "Updates a second in closed loop, base schema. Commit: synchronous_commit of the clients; "
                                + "off is not durable, and is there to show what durability costs.",
                        List.of(),
                        (width, legend) -> bars(width, bars, "updates/s"));
    }

    private static void put(Map<String, List<Double>> lines, String line, List<Integer> clients, TrialData trial,
            double value) {
        List<Double> values = lines.computeIfAbsent(line,
                name -> new ArrayList<>(Collections.nCopies(clients.size(), null)));
        values.set(clients.indexOf(trial.clients()), Double.isNaN(value) ? null : value);
    }

    private static String accessOf(TrialData trial) {
        String access = trial.params().getOrDefault("access", "distinct");
        String rows = switch (access) {
            case "distinct" -> "distinct rows";
            case "hot" -> "one hot row";
            case "zipf" -> "skewed (Zipf)";
            default -> access;
        };
        String beside = trial.is("beside", "alone") ? ""
                : ", beside " + (trial.is("beside", "search") ? "searches"
                        : trial.is("beside", "snapshot") ? "a held snapshot" : trial.params().get("beside"));
        return rows + beside
                + (trial.is("commit", "server") ? "" : ", synchronous_commit " + trial.params().get("commit"));
    }

    /** What is not ordinary about a trial, in words so short that bars beside them have room on a telephone. */
    private static String conditionOf(TrialData trial) {
        List<String> words = new ArrayList<>();
        if (!trial.is("access", "distinct")) {
            words.add(accessOf(trial).replaceAll("^one |,.*", ""));
        }
        if (!trial.is("beside", "alone")) {
            words.add(trial.is("beside", "search") ? "searches"
                    : trial.is("beside", "snapshot") ? "held snapshot" : trial.params().get("beside"));
        }
        if (!trial.is("commit", "server")) {
            words.add("commit " + trial.params().get("commit"));
        }
        if (!trial.is("pool", "0")) {
            words.add("pool of " + trial.params().get("pool"));
        }
        return words.isEmpty() ? "distinct rows" : String.join(", ", words);
    }

    /** Open loop, and beside it closed loop with as many clients: what waiting does that a closed loop does not
     * count. */
    private static Figure latency(List<TrialData> trials) throws IOException {
        List<TrialData> base = trials.stream()
                .filter(trial -> trial.is("schema", "base") && !trial.latencyMillis().isEmpty()).toList();
        List<TrialData> open = base.stream().filter(TrialData::openLoop).toList();
        Set<Integer> clients = open.stream().map(TrialData::clients).collect(Collectors.toSet());
        List<TrialData> closed = base.stream()
                .filter(trial -> !trial.openLoop() && trial.ordinary() && trial.is("pool", "0")
                        && trial.is("protocol", "prepared"))
                .filter(trial -> trial.test().equals("steady") || clients.isEmpty()
                        || clients.contains(trial.clients()))
                .toList();
        Map<String, List<Double>> lines = new LinkedHashMap<>();
        Stream.of(open, closed).flatMap(List::stream).limit(6).forEach(trial -> lines.put(
                shortened(trial.name()) + (trial.openLoop() ? (trial.name().contains("open loop") ? "" : ", open loop")
                        : trial.name().contains("closed loop") ? "" : ", closed loop"),
                PERCENTILES.stream().map(trial.latencyMillis()::get)
                        .map(value -> value == null || value <= 0 ? null : value).toList()));
        return lines.isEmpty() ? null
                : figure("latency", "Latency percentiles",
                        "Milliseconds on a logarithmic axis. Open loop counts from when an update was due, closed "
                                + "loop from when it was sent.",
                        lines.keySet(), (width, legend) -> lines(width, legend, PERCENTILES, lines, "", "ms", true));
    }

    private static Figure storm(List<TrialData> trials) throws IOException {
        List<TrialData> storms = trials.stream()
                .filter(trial -> trial.test().equals("storm") && trial.smallerIsBetter() && trial.is("schema", "base"))
                .toList();
        double loop = storms.stream().filter(trial -> "loop".equals(trial.params().get("strategy")))
                .mapToDouble(TrialData::mean).findFirst().orElse(Double.NaN);
        Map<String, Double> bars = new LinkedHashMap<>();
        Set<String> drawn = new LinkedHashSet<>();
        storms.stream().sorted(Comparator.comparing(TrialData::mean).reversed()).forEach(trial -> {
            String strategy = trial.params().getOrDefault("strategy", trial.name());
            String label = STRATEGIES.getOrDefault(strategy, strategy);
            bars.put((drawn.contains(label) ? shortened(trial.name()) : label) + ", " + Sheet.number(trial.mean())
                    + (Double.isNaN(loop) || strategy.equals("loop") ? ""
                            : String.format(Locale.ROOT, " (× %.1f)", loop / trial.mean())),
                    trial.mean());
            drawn.add(label);
        });
        return bars.size() < 2 ? null
                : figure("storm", "Write storm: 150 updates at once",
                        "Milliseconds a burst, by how the updates are sent; in brackets how many times faster than "
                                + "the autocommit loop.",
                        List.of(), (width, legend) -> bars(width, bars, "ms a burst"));
    }

    private static Figure cold(List<TrialData> trials, String jvm) throws IOException {
        List<TrialData> cold = trials.stream().filter(trial -> trial.test().equals("cold") && trial.is("schema", "base")
                && !trial.stagesMillis().isEmpty() && jvm.equals(trial.params().get("jvm"))).toList();
        // One bar needs no chart: the table has its figures.
        if (cold.size() < 2) {
            return null;
        }
        List<String> labels = new ArrayList<>();
        for (TrialData trial : cold) {
            // A chart takes a label once.
            labels.add(labels.contains(coldLabel(trial)) ? (labels.size() + 1) + ": " + coldLabel(trial)
                    : coldLabel(trial));
        }
        Map<String, List<Double>> stages = new LinkedHashMap<>();
        Map.of("connect", 0, "first", 1, "second", 2).entrySet().stream().sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey).forEach(stage -> stages.put(stage.equals("connect") ? stage : stage + " update",
                        cold.stream().map(trial -> {
                            double median = Sheets.median(Sheets.stage(trial, stage));
                            return Double.isNaN(median) ? 0 : median;
                        }).toList()));
        return figure("cold-start-" + jvm, "Cold start, " + jvm + " JVM",
                "Median milliseconds of connect, first and second update, one upon the other.", stages.keySet(),
                (width, legend) -> stacked(width, legend, labels, stages, "ms"));
    }

    private static String coldLabel(TrialData trial) {
        List<String> parts = new ArrayList<>();
        String pool = trial.params().get("pool");
        if (pool != null) {
            parts.add(pool.matches("0|none") ? "no pool"
                    : pool.matches("\\d+") ? "pool of " + pool : pool.contains("pool") ? pool : pool + " pool");
        }
        trial.params().forEach((name, value) -> {
            if (!Set.of("pool", "jvm").contains(name)) {
                parts.add(value.equals("scram") ? "SCRAM" : value);
            }
        });
        return parts.isEmpty() ? shortened(trial.name()) : String.join(", ", parts);
    }

    private static Figure schemas(List<TrialData> trials) throws IOException {
        Map<String, Double> bars = new LinkedHashMap<>();
        for (TrialData variant : trials.stream().filter(trial -> !trial.is("schema", "base")).toList()) {
            trials.stream().filter(trial -> trial.is("schema", "base") && trial.test().equals(variant.test())
                    && Objects.equals(trial.clients(), variant.clients()) && trial.params().equals(variant.params())
                    && trial.unit().equals(variant.unit())).findFirst().ifPresent(
                            base -> bars.put(
                                    variant.schema()
                                            + (variant.test().equals("concurrent") ? ", "
                                                    : ", " + variant.test() + ", ")
                                            + variant.clients() + (variant.clients() == 1 ? " client" : " clients")
                                            + (variant.is("access", "distinct") ? "" : ", " + accessOf(variant))
                                            + (variant.is("strategy", "loop") ? ""
                                                    : ", " + variant.params().get("strategy")),
                                    variant.smallerIsBetter() ? base.mean() / variant.mean()
                                            : variant.mean() / base.mean()));
        }
        return bars.size() < 2 ? null
                : figure("schemas", "Variants of the schema",
                        "Speed as a ratio to the base schema, with the same clients and parameters: above 1 is faster.",
                        List.of(),
                        (width, legend) -> bars(width, bars, "times the base"));
    }

    private static String shortened(String name) {
        String clean = Clean.text(name).replaceFirst("^(?:cold start|write storm|storm|cold|concurrent)[:,]? ", "");
        return clean.length() <= 48 ? clean : clean.substring(0, 47) + "…";
    }

    /** Draws a chart of a width; with a legend where it stands alone. */
    private interface Drawing {
        AxesChart<?, ?> draw(int width, boolean legend);
    }

    private static Figure figure(String name, String title, String caption, Collection<String> series, Drawing drawing)
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

    private static CategoryChart lines(int width, boolean legend, List<String> categories,
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

    private static CategoryChart stacked(int width, boolean legend, List<String> categories,
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

    private static HorizontalBarChart bars(int width, Map<String, Double> bars, String x) {
        HorizontalBarChart chart = new HorizontalBarChartBuilder().width(width).height(90 + 36 * bars.size())
                .xAxisTitle(x).build();
        style(chart.getStyler(), false);
        chart.getStyler().setLabelsVisible(false).setAvailableSpaceFill(0.7).setLegendVisible(false);
        // XChart leaves out labels of bars that are closer than the spacing of the other axis.
        chart.getStyler().setXAxisMin(0.0).setXAxisTickMarkSpacingHint(25).setPlotGridHorizontalLinesVisible(false)
                .setPlotGridVerticalLinesVisible(true);
        chart.addSeries(x, List.copyOf(bars.values()), List.copyOf(bars.keySet()))
                .setFillColor(Palette.series(0).light);
        return chart;
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
