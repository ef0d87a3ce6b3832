//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
package kit.tiers;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import kit.report.Report;
import kit.report.Severity;

/** The container engine, for the project's own test containers. */
public final class Containers {
    private static final int PATIENCE_SECONDS = 30;
    private final Report report;

    public Containers(Report report) {
        this.report = report;
    }

    /** Those whose whole name is in the file, and nothing else. */
    public void remove(List<String> containers) throws Exception {
        if (containers.isEmpty()) {
            return;
        }
        String engine = Stream.of("podman", "docker").filter(Containers::there).findFirst().orElse(null);
        if (engine == null) {
            report.say("neither podman nor docker is here, so none of " + String.join(", ", containers) + " is");
            return;
        }
        Said all = run(engine, "ps", "-a", "--format", "{{.Names}}");
        if (all.exit != 0) {
            report.warn(all.text);
            report.finding("LEFTOVER_STAYS", Severity.warning, null, "what an earlier run left cannot be removed: "
                    + engine + " does not answer, exit status " + all.exit, all.text, "jbang podman-machine");
            return;
        }
        Set<String> there = Set.of(all.text.split("[\\s,]+"));
        for (String name : containers) {
            if (!there.contains(name)) {
                report.say(name + " is not there");
                continue;
            }
            run(engine, "stop", "--time", "5", name);
            Said removed = run(engine, "rm", "-f", "-v", name);
            if (removed.exit == 0) {
                report.good(name + " removed");
            } else {
                report.bad(name + " stays: " + removed.text);
                report.finding("LEFTOVER_STAYS", Severity.warning, null, name + " could not be removed", removed.text,
                        engine + " rm -f -v " + name);
            }
        }
    }

    private static boolean there(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(Pattern.quote(File.pathSeparator))).anyMatch(
                dir -> Files.isExecutable(Path.of(dir, name)) || Files.isExecutable(Path.of(dir, name + ".exe")));
    }

    record Said(int exit, String text) {
    }

    private Said run(String... words) throws Exception {
        report.run(String.join(" ", words));
        Path said = Files.createTempFile("run-tests-", ".txt");
        Process process = new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            process.getOutputStream().close();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return new Said(ended ? process.exitValue() : -1, Files.readString(said).strip());
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(said);
        }
    }
}
