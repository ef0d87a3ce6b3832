///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Copies the blocks that scripts share from their owner to the others; --check only says which differ.
//DESCRIPTION   jbang blocks
//DESCRIPTION   jbang blocks --check
//DESCRIPTION   jbang blocks --pages migrate
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
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A script is one file that can be copied alone, so what several need stands in each of them, between
 * {@code // >>> block NAME (owner: FILE)} and {@code // <<< block NAME}. It is edited in its owner only.
 */
@Command(name = "blocks", version = "blocks 1.0.0", mixinStandardHelpOptions = true, sortOptions = false, descriptionHeading = "%n", optionListHeading = "%nOptions:%n",
        description = {"Copies the blocks that scripts share from their owner to the others. A block owned by a folder is made from the files there.",
                "With --pages it fills what stands between marks in the pages: what the command in the mark prints."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:sound: all copies are the same", "1:the script itself failed", "2:wrong usage", "10:problems found: --check met a copy that differs, or a command of a page failed"},
        footer = {"%nExamples:", "  blocks", "  blocks --check", "  blocks --pages            # all of them, a minute", "  blocks --pages help       # only the help texts"})
class Blocks implements Callable<Integer> {
    private static final Pattern BLOCK = Pattern.compile("^ *// >>> block (\\w+) \\(owner: (\\S+)\\)\\R.*?^ *// <<< block \\1\\R", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern MARK = Pattern.compile("^ *// (?:>>>|<<<) block", Pattern.MULTILINE);

    @Option(names = "--check", description = "Change nothing, only check: name the copies that differ.")
    boolean check;

    @Option(names = "--pages", paramLabel = "WORD", arity = "0..1", fallbackValue = "", description = "Instead of blocks: fill the pages; with WORD where the command has it.")
    String pages;

    public static void main(String... args) {
        System.exit(new CommandLine(new Blocks()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        Path root = root();
        if (root == null) {
            System.err.println("blocks: neither this folder nor one above it holds jbang-catalog.json: run it in the repository");
            return 2;
        }
        if (pages != null) {
            return Pages.fill(root, pages);
        }
        Map<Path, String> scripts = scripts(root);
        Map<String, String> owned = owned(root, scripts);
        int wrong = 0;
        int copies = 0;
        for (Map.Entry<Path, String> script : scripts.entrySet()) {
            StringBuilder text = new StringBuilder();
            Matcher m = BLOCK.matcher(script.getValue());
            int marks = 0;
            while (m.find()) {
                marks += 2;
                copies++;
                String block = owned.get(m.group(1));
                Path file = root.relativize(script.getKey());
                if (block == null) {
                    wrong++;
                    System.err.println(file + ": block " + m.group(1) + " has no owner " + m.group(2));
                } else if (!block.equals(m.group())) {
                    wrong++;
                    System.err.println(file + ": block " + m.group(1) + (check ? " differs from its owner " + m.group(2) : " is copied from " + m.group(2)));
                }
                m.appendReplacement(text, Matcher.quoteReplacement(block == null ? m.group() : block));
            }
            m.appendTail(text);
            if (MARK.matcher(script.getValue()).results().count() != marks) {
                wrong++;
                System.err.println(root.relativize(script.getKey()) + ": a block is not closed, or its marks do not agree");
            }
            if (!check && !text.toString().equals(script.getValue())) {
                Files.writeString(script.getKey(), text.toString());
            }
        }
        System.out.println(copies + " blocks in " + scripts.size() + " scripts, " + wrong + (check ? " differ" : " copied"));
        return check && wrong > 0 ? 10 : 0;
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("jbang-catalog.json"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    private static Map<Path, String> scripts(Path root) throws IOException {
        Map<Path, String> scripts = new TreeMap<>();
        for (String folder : List.of("scripts", "bench", "bench/harness")) {
            if (Files.isDirectory(root.resolve(folder))) {
                try (Stream<Path> files = Files.list(root.resolve(folder))) {
                    for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                        scripts.put(file, Files.readString(file));
                    }
                }
            }
        }
        return scripts;
    }

    private static Map<String, String> owned(Path root, Map<Path, String> scripts) throws IOException {
        Map<String, String> owned = new TreeMap<>();
        owned.put("Schemas", schemas(root.resolve("bench/schema")));
        scripts.forEach((file, text) -> BLOCK.matcher(text).results().filter(m -> m.group(2).equals(file.getFileName().toString())).forEach(m -> owned.put(m.group(1), m.group())));
        return owned;
    }

    /** The variants of the schema as text blocks of Java, so that a copied benchmark has them, too. */
    private static String schemas(Path folder) throws IOException {
        StringBuilder block = new StringBuilder("""
                // >>> block Schemas (owner: bench/schema/)
                /** The files of bench/schema/, word for word. */
                public static Map<String, String> files() {
                    Map<String, String> files = new LinkedHashMap<>();
            """.indent(0));
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(".sql")).sorted().toList();
        }
        for (Path file : files) {
            block.append("        files.put(\"" + file.getFileName() + "\", \"\"\"\n");
            Files.readString(file).lines().map(line -> line.replace("\\", "\\\\").replace("\"\"\"", "\\\"\"\""))
                    .forEach(line -> block.append(line.isEmpty() ? "" : " ".repeat(16) + line).append('\n'));
            block.append(" ".repeat(16) + "\"\"\");\n");
        }
        return block + "        return files;\n    }\n    // <<< block Schemas\n";
    }

    /** What commands print, between {@code <!-- >>> COMMAND -->} and {@code <!-- <<< -->} in a page: a help as it is, a transcript as a part of the page. */
    static final class Pages {
        private static final Pattern REGION = Pattern.compile("^<!-- >>> ([^\\n]+) -->\\n(.*?)^<!-- <<< -->$", Pattern.DOTALL | Pattern.MULTILINE);

        static int fill(Path root, String word) throws IOException {
            int filled = 0;
            int failed = 0;
            for (String page : List.of("README.md", "scripts/README.md", "bench/README.md")) {
                String before = Files.readString(root.resolve(page));
                StringBuilder after = new StringBuilder();
                Matcher region = REGION.matcher(before);
                while (region.find()) {
                    String printed = region.group(1).contains(word) ? printed(root, region.group(1)) : region.group(2);
                    failed += printed == null ? 1 : 0;
                    filled += printed != null && !printed.equals(region.group(2)) ? 1 : 0;
                    region.appendReplacement(after, Matcher.quoteReplacement("<!-- >>> " + region.group(1) + " -->\n" + (printed == null ? region.group(2) : printed) + "<!-- <<< -->"));
                }
                Files.writeString(root.resolve(page), region.appendTail(after).toString());
            }
            System.out.println(filled + " regions changed, " + failed + " commands failed");
            return failed > 0 ? 10 : 0;
        }

        /** What a command prints; null if it fails. */
        private static String printed(Path root, String command) throws IOException {
            System.err.println("$ " + command);
            ProcessBuilder builder = new ProcessBuilder("bash", "-c", command).directory(root.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
            Process process = builder.start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).stripTrailing() + "\n";
            try {
                if (process.waitFor() != 0) {
                    System.err.println("it ended with " + process.exitValue());
                    return null;
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return command.endsWith("--help") ? "```text\n" + out + "```\n" : "\n" + part(steady(out)) + "\n";
        }

        /** What differs from run to run: times, ports that were free, processes, names made for one run. */
        private static String steady(String text) {
            return text.replaceAll("\\d+\\.\\d+ s\\b", "… s").replaceAll("\\d+ ms\\b", "… ms").replaceAll("(?<!SQLSTATE )\\b(?:3[3-9]|[45]\\d|60)\\d{3}\\b", "PORT")
                    .replaceAll("\\b(process|kill) \\d+", "$1 PID").replaceAll("(datastorage-runbooks)-\\w+/\\d+-\\w+", "$1-USER/RUN").replaceAll("(podman-machine|runbook-prove)-\\d+-\\w+", "$1-…");
        }

        /** Its headings stand below those of the page. */
        private static String part(String markdown) {
            boolean[] fenced = {false};
            return markdown.lines().map(line -> {
                fenced[0] ^= line.startsWith("```");
                return !fenced[0] && line.startsWith("#") ? "#" + line : line;
            }).reduce("", (text, line) -> text + line + "\n");
        }
    }
}
