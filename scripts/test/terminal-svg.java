///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Draws what a command prints on a terminal, in its colours, as an SVG for the README.
//DESCRIPTION   jbang scripts/test/terminal-svg.java --animate --out scripts/pictures/schema-mismatch.svg './jbangw schema-mismatch'
//JAVA 17+
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -encoding UTF-8
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto
//DEPS info.picocli:picocli:4.7.7

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One picture of one command: as it stands there at the end, or line by line as one reads it. Light and dark, and still for who wants no motion. */
@Command(name = "terminal-svg", version = "terminal-svg 1.0.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Runs a command in the current folder and draws what it prints. On the picture it is the command that is given; it is run by bash.",
        exitCodeListHeading = "%nExit codes:%n", exitCodeList = {"0:drawn", "1:the script itself failed", "2:wrong usage", "3:the command printed nothing"})
class TerminalSvg implements Callable<Integer> {
    private static final double WIDTH = 8.0, HEIGHT = 19, MARGIN = 18;
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[([0-9;]*)m");

    @Parameters(paramLabel = "COMMAND", description = "The command, as one word.")
    String command;
    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write the picture.")
    Path out;
    @Option(names = "--columns", paramLabel = "N", defaultValue = "104", description = "Longer lines are broken, as a terminal does (default: ${DEFAULT-VALUE}).")
    int columns;
    @Option(names = "--height", paramLabel = "N", defaultValue = "26", description = "With --animate: the height of the terminal (default: ${DEFAULT-VALUE}).")
    int rows;
    @Option(names = "--from", paramLabel = "REGEX", description = "Leave out what comes before the first line in which this is found.")
    String from;
    @Option(names = "--to", paramLabel = "REGEX", description = "Leave out what comes after the next line in which this is found.")
    String to;
    @Option(names = "--animate", description = "Show line after line.")
    boolean animate;

    /** Characters of one colour, and the column at which they begin. */
    record Run(int column, String colour, String text) {
    }

    record Line(double at, List<Run> runs) {
    }

    public static void main(String... args) {
        System.exit(new CommandLine(new TerminalSvg()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        List<String> printed = cut(run());
        if (printed.isEmpty()) {
            System.err.println("terminal-svg: the command printed nothing that is asked for");
            return 3;
        }
        List<Line> lines = new ArrayList<>();
        lines.add(new Line(0, List.of(new Run(0, "36", "$ "), new Run(2, "1", command))));
        if (from != null) {
            lines.add(new Line(0, List.of(new Run(0, "0", "…"))));
        }
        double now = 4;
        for (String line : printed) {
            // The first screen stands there at once; from then on one reads a step's title, and what it found, before going on.
            now += lines.size() < rows ? 0 : line.isBlank() ? 0.9 : 0.11;
            for (List<Run> row : rows(line)) {
                lines.add(new Line(now, row));
            }
        }
        Files.createDirectories(out.toAbsolutePath().getParent());
        Files.writeString(out, draw(lines));
        System.out.printf(Locale.ROOT, "%s: %d lines, %d KB%n", out, lines.size(), Files.size(out) / 1024);
        return 0;
    }

    private List<String> run() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("CLICOLOR_FORCE", "1");
        builder.environment().put("TERM", "xterm");
        builder.environment().remove("NO_COLOR");
        return new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }

    private List<String> cut(List<String> lines) {
        int begin = from == null ? 0 : first(lines, from, 0);
        int end = to == null ? lines.size() : Math.min(lines.size(), first(lines, to, begin + 1) + 1);
        return lines.subList(Math.min(begin, end), end);
    }

    private static int first(List<String> lines, String regex, int at) {
        while (at < lines.size() && !Pattern.compile(regex).matcher(COLOUR.matcher(lines.get(at)).replaceAll("")).find()) {
            at++;
        }
        return at;
    }

    /** A line in its colours, broken between words at the edge of the terminal; what goes on stands below its beginning. */
    private List<List<Run>> rows(String line) {
        String plain = COLOUR.matcher(line).replaceAll("");
        int indent = Math.min(plain.length() - plain.stripLeading().length(), columns / 2);
        TreeSet<Integer> breaks = breaks(plain, indent);
        List<List<Run>> rows = new ArrayList<>(List.of(new ArrayList<>()));
        String colour = "0";
        int column = 0;
        int shown = 0;
        Matcher next = COLOUR.matcher(line);
        for (int at = 0; ; at = next.end()) {
            boolean coloured = next.find(at);
            String text = line.substring(at, coloured ? next.start() : line.length());
            while (!text.isEmpty()) {
                if (breaks.contains(shown)) {
                    rows.add(new ArrayList<>());
                    column = indent;
                }
                Integer edge = breaks.higher(shown);
                String part = edge == null ? text : text.substring(0, Math.min(text.length(), edge - shown));
                rows.get(rows.size() - 1).add(new Run(column, colour, part));
                column += part.length();
                shown += part.length();
                text = text.substring(part.length());
            }
            if (!coloured) {
                return rows;
            }
            colour = next.group(1).isEmpty() ? "0" : next.group(1);
        }
    }

    /** Where new rows begin: after the last blank that is before the edge, or at the edge where one word is too long. */
    private TreeSet<Integer> breaks(String plain, int indent) {
        TreeSet<Integer> breaks = new TreeSet<>();
        for (int begin = 0, edge = columns; edge < plain.length(); edge = begin + columns - indent) {
            int blank = plain.lastIndexOf(' ', edge);
            begin = blank > begin + indent ? blank + 1 : edge;
            breaks.add(begin);
        }
        return breaks;
    }

    private String draw(List<Line> lines) {
        int shown = animate ? Math.min(rows, lines.size()) : lines.size();
        double width = columns * WIDTH + 2 * MARGIN;
        double height = shown * HEIGHT + 2 * MARGIN;
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$.0f %2$.0f" width="%1$.0f" height="%2$.0f" role="img">
                <title>%3$s</title>
                <style>
                text{font:13.3px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
                .b{font-weight:700}.r{fill:#c2202b}.g{fill:#1a7f37}.y{fill:#8a5a00}.c{fill:#0b6e99}
                .w{fill:#f6f8fa;stroke:#d0d7de}
                @media(prefers-color-scheme:dark){text{fill:#e6edf3}.r{fill:#ff7b72}.g{fill:#56d364}.y{fill:#e3b341}.c{fill:#76c7e8}.w{fill:#161b22;stroke:#3d444d}}
                %4$s</style>
                <rect class="w" x=".5" y=".5" width="%5$.0f" height="%6$.0f" rx="8"/>
                <svg x="%7$.0f" y="%7$.0f" width="%8$.0f" height="%9$.0f" overflow="hidden">
                <g class="s">
                """, width, height, escape(command), animate ? motion(lines, shown) : "", width - 1, height - 1, MARGIN, columns * WIDTH, shown * HEIGHT));
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            svg.append(animate && i >= shown ? String.format(Locale.ROOT, "<g class=\"l\" style=\"animation-delay:%.2fs\">", line.at) : "<g>");
            for (Run run : line.runs) {
                String text = run.text.stripLeading();
                int column = run.column + run.text.length() - text.length();
                text = text.stripTrailing();
                if (!text.isEmpty()) {
                    svg.append(String.format(Locale.ROOT, "<text%s x=\"%.0f\" y=\"%.1f\" textLength=\"%.0f\">%s</text>", style(run.colour), column * WIDTH, (i + 0.75) * HEIGHT, text.length() * WIDTH, escape(text)));
                }
            }
            svg.append("</g>\n");
        }
        return svg.append("</g>\n</svg>\n</svg>\n").toString();
    }

    /** Each line comes in its time, and the text moves up when the terminal is full. */
    private static String motion(List<Line> lines, int shown) {
        double end = lines.get(lines.size() - 1).at;
        StringBuilder css = new StringBuilder(".l{animation:l 1ms both}@keyframes l{from{opacity:0}to{opacity:1}}\n");
        css.append(String.format(Locale.ROOT, ".s{animation:s %.2fs step-end both}@keyframes s{0%%{transform:translateY(0)}", end));
        for (int i = shown; i < lines.size(); i++) {
            if (i + 1 == lines.size() || lines.get(i + 1).at > lines.get(i).at) {
                css.append(String.format(Locale.ROOT, "%.3f%%{transform:translateY(%.0fpx)}", 100 * lines.get(i).at / end, -(i + 1 - shown) * HEIGHT));
            }
        }
        css.append(String.format(Locale.ROOT, "}%n@media(prefers-reduced-motion:reduce){.l{animation:none}.s{animation:none;transform:translateY(%.0fpx)}}%n", -(lines.size() - shown) * HEIGHT));
        return css.toString();
    }

    private static String style(String colour) {
        String names = (colour.contains("1;") || colour.equals("1") ? " b" : "") + (colour.endsWith("31") ? " r" : colour.endsWith("32") ? " g" : colour.endsWith("33") ? " y" : colour.endsWith("36") ? " c" : "");
        return names.isEmpty() ? "" : " class=\"" + names.strip() + "\"";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
