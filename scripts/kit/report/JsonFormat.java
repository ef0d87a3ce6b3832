//SOURCES Printer.java
//SOURCES Step.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.report;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** For a program: one document on stdout, the steps on stderr as they begin. */
final class JsonFormat implements Printer {
    private final PrintWriter out;
    private final String script;

    JsonFormat(PrintWriter out, String script) {
        this.out = out;
        this.script = script;
    }

    @Override
    public void step(Step step) {
        System.err.println(script + ": " + step.n + " " + step.title);
    }

    @Override
    public void end(Outcome outcome) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("script", script);
        document.put("version", outcome.version());
        document.put("verdict", outcome.verdict());
        if (outcome.error() != null) {
            document.put("error", outcome.error());
        }
        document.put("checked", outcome.checked());
        document.put("skipped", outcome.skipped());
        document.put("steps", outcome.steps().stream().map(JsonFormat::members).toList());
        document.put("findings", outcome.findings());
        document.putAll(outcome.extra());
        document.put("seconds", rounded(outcome.seconds()));
        out.println(write(document));
    }

    /** A document with its lines indented. */
    static String write(Object document) {
        return JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document);
    }

    private static Map<String, Object> members(Step step) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("n", step.n);
        members.put("title", step.title);
        members.put("command", step.joined(line -> line.mark() == Step.Mark.COMMAND));
        members.put("observed", step.joined(line -> line.mark() != Step.Mark.COMMAND));
        members.put("ok", step.ok());
        members.put("seconds", rounded(step.seconds));
        return members;
    }

    private static double rounded(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }
}
