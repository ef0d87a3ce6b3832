//SOURCES ../../scripts/kit/report/Clean.java
//SOURCES Figure.java
//SOURCES Palette.java
//SOURCES RunData.java
//SOURCES RunFile.java
//SOURCES Sheet.java
//SOURCES Threshold.java
//SOURCES TrialData.java
package bench.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import kit.report.Clean;

/** All that a report shows of its runs, as HTML and as Markdown. */
public record Page(RunFile newest, List<RunFile> runs, List<Threshold> thresholds, List<Sheet> tables) {

    private static final String METHOD = "Each trial is repeated in rounds; beside each round run, with as many "
            + "clients, pgbench with the same statement, the empty durable transaction "
            + "(pg_logical_emit_message), and a probe of the disk. A round whose probe drifted counts nowhere, and "
            + "is named. Ratios compare what ran side by side, "
            + "so that a machine which slows down slows both.";

    public String passed() {
        return thresholds.stream().filter(threshold -> threshold.outcome() == Threshold.Outcome.PASS).count() + " of "
                + thresholds.size();
    }

    public String markdown(List<Figure> figures) {
        RunData run = newest.run();
        StringBuilder md = new StringBuilder("# Benchmark of UpdateStatus, run " + markdownCell(run.run()) + "\n\n");
        run.warnings().forEach(warning -> md.append("> **").append(markdownCell(warning)).append("**\n\n"));
        md.append("## Thresholds of the service: ").append(passed()).append(" passed\n\n");
        md.append(thresholdTable().markdown()).append('\n');
        for (Figure figure : figures) {
            md.append("## ").append(figure.title()).append("\n\n![").append(figure.title()).append("](")
                    .append(figure.name()).append(".svg)\n\n").append(figure.caption()).append("\n\n");
        }
        for (Sheet table : tables) {
            md.append("## ").append(table.title()).append("\n\n").append(table.markdown()).append('\n')
                    .append(table.note()).append("\n\n");
        }
        md.append("## Method\n\n").append(METHOD).append("\n\n");
        notes().forEach(note -> md.append("- ").append(markdownCell(note)).append('\n'));
        md.append("\n## Where it ran\n\n");
        run.facts().forEach(
                (what, value) -> md.append("- ").append(what).append(": ").append(markdownCell(value)).append('\n'));
        md.append("\nSettings of the server: ").append(settings().stream()
                .map(setting -> "`" + setting.replace("`", "'") + "`").collect(Collectors.joining(", "))).append(".\n");
        return md.toString();
    }

    private Sheet thresholdTable() {
        return new Sheet("", "", List.of("threshold", "verdict", "limit", "observed"),
                thresholds.stream().map(threshold -> List.of(threshold.name(), threshold.outcome().words,
                        threshold.limit(), threshold.observed())).toList());
    }

    /** What did not count, and why. */
    private List<String> notes() {
        List<String> notes = new ArrayList<>();
        for (TrialData trial : newest.run().trials()) {
            if (trial.failed() != null) {
                notes.add(trial.label() + " failed: " + Clean.text(trial.failed()));
            }
            if (Boolean.TRUE.equals(trial.drifted())) {
                notes.add(trial.label() + " drifted");
            }
            trial.rejections().forEach(reason -> notes.add(trial.label() + ", " + Clean.text(reason)));
        }
        return notes;
    }

    private List<String> settings() {
        return newest.run().server().settings().entrySet().stream()
                .map(setting -> Clean.text(setting.getKey() + " = " + setting.getValue())).toList();
    }

    public String html(List<Figure> figures) {
        RunData run = newest.run();
        StringBuilder body = new StringBuilder("<header><h1>Benchmark of UpdateStatus</h1><p>Run " + escaped(run.run())
                + " · PostgreSQL " + escaped(run.server().version())
                + (run.profile() == null ? "" : " · profile " + escaped(run.profile()))
                + (run.revision() == null ? "" : " · revision " + escaped(run.revision())) + "</p>\n");
        run.warnings().forEach(warning -> body.append("<p class=\"mark\">").append(escaped(warning)).append("</p>\n"));
        body.append("</header>\n<section><h2>Thresholds of the service <small>").append(passed())
                .append(" passed</small></h2>\n<div class=\"cards\">\n");
        for (Threshold threshold : thresholds) {
            body.append("<div class=\"card ").append(threshold.outcome().name().toLowerCase(Locale.ROOT))
                    .append("\"><b>").append(threshold.outcome().words).append("</b><h3>")
                    .append(escaped(threshold.name()))
                    .append("</h3><p>").append(escaped(threshold.observed())).append("</p><p class=\"limit\">")
                    .append(escaped(threshold.limit())).append("</p></div>\n");
        }
        body.append("</div></section>\n<section class=\"figures\">\n");
        for (Figure figure : figures) {
            body.append(figure.html());
        }
        body.append("</section>\n");
        for (Sheet table : tables) {
            body.append("<section><h2>").append(escaped(table.title())).append("</h2>\n").append(table.html())
                    .append("<p class=\"note\">").append(escaped(table.note())).append("</p></section>\n");
        }
        body.append("<section><h2>Method</h2><p>").append(escaped(METHOD)).append("</p>");
        list(body, notes());
        body.append("</section>\n<section><h2>Where it ran</h2><dl>");
        run.facts().forEach((what, value) -> body.append("<dt>").append(escaped(what)).append("</dt><dd>")
                .append(escaped(value)).append("</dd>\n"));
        body.append("</dl><h3>Settings of the server</h3>");
        list(body, settings());
        return HTML.replace("$TITLE", escaped(run.run())).replace("$PALETTE", Palette.css(":root")).replace("$BODY",
                body.append("</section>\n"));
    }

    private static void list(StringBuilder body, List<String> lines) {
        if (!lines.isEmpty()) {
            body.append("<ul>");
            lines.forEach(line -> body.append("<li>").append(escaped(line)).append("</li>\n"));
            body.append("</ul>");
        }
    }

    public static String escaped(String text) {
        return Clean.text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    public static String markdownCell(String text) {
        return Clean.text(text).replace('\n', ' ').replaceAll("([\\\\`*_<>\\[\\]|#])", "\\\\$1");
    }

    private static final String HTML = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Benchmark of UpdateStatus, $TITLE</title>
        <style>
        $PALETTE
        :root{--page:#f4f6f8;--muted:#57606a;--good:#1a7f37;--bad:#cf222e;--doubt:#9a6700;--mark:#fff3d1}
        @media(prefers-color-scheme:dark){:root{--page:#111418;--muted:#a0a8b2;--good:#4ac26b;--bad:#ff7b72;
        --doubt:#e0b040;--mark:#3a2f10}}
        *{box-sizing:border-box}
        body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:84rem;
        font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);
        background:var(--page)}
        h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.2rem;margin:0 0 .75rem}
        h3{font-size:1rem;margin:0}
        header p{color:var(--muted);margin:0 0 .75rem}small,.note,figcaption,.limit{color:var(--muted);
        font-size:.875rem;font-weight:400}
        header .mark{background:var(--mark);color:var(--doubt);border-left:4px solid var(--doubt);
        padding:.5rem .75rem;font-weight:600;border-radius:4px}
        section,figure{background:var(--paper);border:1px solid var(--grid);border-radius:10px;padding:1.25rem;
        margin:0 0 1rem;min-width:0}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:1rem;
        background:none;border:0;padding:0}.figures figure{margin:0}.figures:empty{display:none}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:1rem}
        .card{border:1px solid var(--grid);border-top:4px solid var(--doubt);border-radius:8px;
        padding:.75rem 1rem}.card p{margin:.25rem 0 0}
        .card b{float:right;color:var(--doubt)}.card.pass{border-top-color:var(--good)}
        .card.pass b{color:var(--good)}.card.fail{border-top-color:var(--bad)}.card.fail b{color:var(--bad)}
        svg{display:block;width:100%;height:auto}.legend{list-style:none;display:flex;flex-wrap:wrap;
        gap:.25rem 1.25rem;margin:.25rem 0 .75rem;padding:0;font-size:.875rem}.legend li{border-left:0 solid;
        border-left-width:.3rem;padding-left:.5rem;line-height:1.2}.narrow{display:none}
        @media(max-width:600px){.wide{display:none}.narrow{display:block}section,figure{padding:1rem .75rem}
        body{padding:1rem .5rem}}
        .scroll{overflow-x:auto}
        table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
        th,td{padding:.35rem .6rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}
        th:first-child{text-align:left;position:sticky;left:0;background:var(--paper);font-weight:500}
        thead th{color:var(--muted);font-weight:600}@media(max-width:600px){th:first-child{white-space:normal;
        min-width:9rem}}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0 0 1rem}
        dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}ul{margin:.25rem 0 0;padding-left:1.2rem}
        li{overflow-wrap:anywhere}
        @media print{body{background:none}section,figure{break-inside:avoid}}
        </style></head><body>
        $BODY</body></html>
        """;
}
