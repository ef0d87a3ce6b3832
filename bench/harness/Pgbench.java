//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES ../UpdateStatus.java
//SOURCES Limit.java
//SOURCES Machine.java
//SOURCES Target.java
//SOURCES Trial.java
//SOURCES Variant.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import bench.UpdateStatus.Change;
import bench.UpdateStatus.Queries;
import bench.UpdateStatus.Workload;
import kit.report.RunFolder;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** PostgreSQL's own benchmark, with the same statement on the same rows from as many clients. */
public final class Pgbench {
    private final Path program;
    private final Target target;
    public final String version;

    private Pgbench(Path program, Target target, String version) {
        this.program = program;
        this.target = target;
        this.version = version;
    }

    /** @param asked null for the one on the PATH, or the newest of Debian's */
    public static Pgbench find(Path asked) throws Exception {
        List<Path> places = new ArrayList<>();
        if (asked != null) {
            places.add(asked);
        } else {
            Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                    .map(folder -> Path.of(folder, "pgbench")).forEach(places::add);
            try (Stream<Path> debian = Files.exists(Path.of("/usr/lib/postgresql"))
                    ? Files.list(Path.of("/usr/lib/postgresql"))
                    : Stream.of()) {
                debian.sorted(Comparator.comparing((Path folder) -> folder.getFileName().toString()).reversed())
                        .map(folder -> folder.resolve("bin/pgbench")).forEach(places::add);
            }
        }
        for (Path place : places.stream().filter(Files::isExecutable).toList()) {
            Process process = new ProcessBuilder(place.toString(), "--version").redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() == 0 && said.startsWith("pgbench")) {
                return new Pgbench(place, null, said);
            }
        }
        if (asked != null) {
            throw Stop.usage("--pgbench " + asked + " is no pgbench that runs here");
        }
        return new Pgbench(null, null, null);
    }

    /** To measure this server. */
    public Pgbench on(Target server) {
        return new Pgbench(program, server, version);
    }

    /** A run of a script is one round of the client's rows with one status, so that at the end of a measurement no
     * client is far behind another. */
    public static Map<String, String> scripts(Variant variant) {
        List<Integer> rows = IntStream.range(0, Workload.ROWS_OF_A_CLIENT).boxed().toList();
        Map<String, String> scripts = new LinkedHashMap<>();
        scripts.put("distinct.sql",
                script("Each client updates " + rows.size() + " rows of its own; their statuses go round.", variant,
                        ":client_id * " + rows.size() + " + ", rows, "0"));
        scripts.put("hot.sql", script(
                "All clients update one row, each beginning with another status than its neighbour, so that each "
                        + "update changes it.",
                variant, "", List.of(0), ":client_id % 4"));
        scripts.put("empty.sql",
                "-- The empty durable transaction, the limit of all others.\n-- pgbench -n -M prepared -c N -f THIS\n"
                        + Limit.SQL + ";\n");
        return scripts;
    }

    private static String script(String comment, Variant variant, String from, List<Integer> rows, String first) {
        Queries queries = variant.queries();
        String call = "pgbench -n -M prepared -c N -f THIS -D fresh=1 "
                + String.join(" ", values().stream().map(value -> "-D '" + value + "'").toList());
        String ids = String.join(", ",
                rows.stream().map(row -> "md5('workflow ' || " + from + row + ")::uuid AS id" + row).toList());
        StringBuilder script = new StringBuilder("-- " + comment + "\n-- " + call + "\n\\if :fresh\nSELECT " + ids
                + " \\gset\n\\set turn " + first + "\n\\set fresh 0\n\\else\n\\set turn (:turn + 1) % 4\n\\endif\n");
        for (int turn = 0; turn < Workload.STATUSES.size(); turn++) {
            String status = Workload.STATUSES.get(turn);
            script.append(turn == 0 ? "\\if" : "\\elif").append(" :turn = ").append(turn).append('\n');
            rows.forEach(row -> script.append(update(queries, status, row)));
        }
        return script + "\\endif\n";
    }

    /** What the variables of the scripts hold. */
    private static List<String> values() {
        return Stream
                .concat(Workload.STATUSES.stream().map(status -> status + "=" + status),
                        Stream.of("version=" + Change.VERSION, "reason=measured by a benchmark", "by=benchmark"))
                .toList();
    }

    private static String update(Queries queries, String status, int row) {
        List<String> values = List.of(":" + status, ":reason", ":by", ":id" + row, ":version");
        return Queries.PARAMETER.matcher(queries.of(status.equals("disabled")))
                .replaceAll(m -> values.get(Integer.parseInt(m.group(1)) - 1)).replaceAll("\\s+", " ").strip() + ";\n";
    }

    /** How fast pgbench is.
     *
     * @param cpuMicros what its own process takes of a processor for an update; null where the system does not say
     *                  it */
    public record Speed(double perSecond, Double cpuMicros) {
    }

    /** After a warm-up on the same table as long as the benchmark's, so that both find as many dead rows; null without
     * pgbench, or where it came to nothing. */
    public Speed run(Trial trial, double warmUp, double seconds) throws IOException, InterruptedException {
        if (program == null) {
            return null;
        }
        String script = scripts(target.tables.get(trial.schema()).variant).get(trial.twin());
        // A run of the script is one of its four turns.
        double updates = script.lines().filter(line -> line.startsWith("UPDATE ")).count()
                / (double) Workload.STATUSES.size();
        String file = Files.writeString(RunFolder.get().resolve(trial.twin()), script).toString();
        said(trial, file, warmUp);
        Double before = Machine.childrenSeconds();
        String said = said(trial, file, seconds);
        Double after = Machine.childrenSeconds();
        if (said.contains("actually processed: 0\n")) {
            // On a machine that is too busy for one turn of the script there is nothing to compare with.
            return null;
        }
        return new Speed(updates * number(said, "tps = ([\\d.]+)"), before == null ? null
                : (after - before) * 1e6 / (updates * number(said, "actually processed: (\\d+)")));
    }

    private String said(Trial trial, String file, double seconds) throws IOException, InterruptedException {
        PGSimpleDataSource source = target.source(trial.schema());
        List<String> command = new ArrayList<>(
                List.of(program.toString(), "-n", "-M", "prepared", "-c", String.valueOf(trial.clients()), "-j",
                        String.valueOf(Math.min(trial.clients(), Runtime.getRuntime().availableProcessors())),
                        "-T", String.valueOf(Math.max(1, Math.round(seconds))), "-f", file, "-D", "fresh=1"));
        values().forEach(value -> command.addAll(List.of("-D", value)));
        int port = source.getPortNumbers()[0];
        command.addAll(List.of("-h", source.getServerNames()[0], "-p", String.valueOf(port == 0 ? 5432 : port), "-U",
                source.getUser(), source.getDatabaseName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PGPASSFILE", passwordFile(source).toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("pgbench failed: " + said.lines().filter(line -> line.contains("error")).findFirst()
                    .orElse("exit " + process.exitValue()));
        }
        return said;
    }

    private static double number(String said, String pattern) throws IOException {
        Matcher number = Pattern.compile(pattern).matcher(said);
        if (!number.find()) {
            throw new IOException("pgbench does not say " + pattern.replaceAll(" .*", "") + ": " + said);
        }
        return Double.parseDouble(number.group(1));
    }

    private static Path passwordFile(PGSimpleDataSource source) throws IOException {
        Path file = RunFolder.get().resolve("pgpass");
        Files.writeString(file,
                "*:*:*:*:" + String.valueOf(source.getPassword()).replace("\\", "\\\\").replace(":", "\\:") + "\n");
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return file;
    }
}
