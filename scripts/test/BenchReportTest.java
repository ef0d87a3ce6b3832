import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;

import bench.harness.Drawing;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("benchmark-report: what runs of the benchmark say (on made-up runs whose answers are known)")
class BenchReportTest {
    @TempDir
    Path temp;

    @Test
    @DisplayName("a whole run: HTML, Markdown, charts and figures that are known; 4 of 4 thresholds")
    void wholeRun() throws Exception {
        Path folder = temp.resolve("bench-results");
        new MadeUp(7, 0).whole().in(folder, "20260102-030405.json");
        Run.Result result = Run.script("benchmark-report").in(temp).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.err()).isEmpty();
        // One client has 3600 / 4.5 = 800 updates/s; pgbench has 1.05 times that, the empty transaction twice.
        assertThat(result.out()).containsPattern("concurrent distinct, 1 client +800 +0 +updates/s +5 +0\\.95 \\(0\\.95–0\\.95\\) +0\\.50 \\(0\\.50–0\\.50\\)")
                .contains("4 of 4 passed, 0 failed, 0 not measured", "first 252 ms, second 16.1 ms", "\nsound  checked 44 trials, 4 thresholds");
        // 150 updates in 180 ms one by one; in unnest 180 / 1.55^6 = 13.0 ms, 13.9 times as fast.
        assertThat(result.out()).containsPattern("storm, loop +180 +833 +150 +1\\.00\n").containsPattern("storm, unnest +13\\.0 +11,556 +150 +13\\.9\n").containsPattern("test +HOT .* client CPU, µs  pgbench's CPU, µs  allocated, B\n");
        assertThat(files(folder)).containsExactly("20260102-030405.json", "cold-start-fresh.png", "cold-start-fresh.svg", "cold-start-warm.png", "cold-start-warm.svg", "conditions.png", "conditions.svg", "latency.png", "latency.svg",
                "report.html", "report.md", "schemas.png", "schemas.svg", "storm.png", "storm.svg", "throughput.png", "throughput.svg");
        String html = Files.readString(folder.resolve("report.html"));
        assertThat(html).contains("prefers-color-scheme:dark", "width=device-width", "4 of 4 passed").doesNotContain("NaN", "src=", "href=", "@import", "url(http", "<script", "class=\"mark\"");
        // Only the name of the SVG namespace looks like an address.
        assertThat(html.replaceAll("xmlns(:xlink)?=\"http://www.w3.org/(2000/svg|1999/xlink)\"", "")).doesNotContain("://");
        assertThat(Pattern.compile("<svg ").matcher(html).results().count()).isEqualTo(14);
        String md = Files.readString(folder.resolve("report.md"));
        assertThat(md).contains("![Throughput over clients](throughput.svg)", "| storm, loop | 180 | 0 | ms |", "shared_buffers = 128MB").doesNotContain("NaN");
        for (String file : files(folder)) {
            if (file.endsWith(".png")) {
                assertThat(ImageIO.read(folder.resolve(file).toFile()).getWidth()).isEqualTo(640);
            } else if (file.endsWith(".svg")) {
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(folder.resolve(file).toFile());
                assertThat(Files.readString(folder.resolve(file))).contains("var(--paper)", "var(--ink)");
            }
        }
    }

    @Test
    @DisplayName("what a run is marked with stands in every output; what did not count is named")
    void marks() throws Exception {
        MadeUp run = new MadeUp(7, 0).with("marks", "['smoke figures: --quick', 'NOT DURABLE: --fast-and-loose']").with("partial", "true").with("pgbench", "null").setting("fsync", "off");
        run.trial("steady", "steady, prepared", 1, "", "updates/s", 800, MadeUp.latency(1, 2, 3, "closed loop"), "'drifted': true");
        run.raw("steady", "steady, simple", 1, "", "updates/s", "{'score': 100, 'iterations': [100], 'rejected': 'the probe drifted by 31 %'}, {'score': 700, 'iterations': [690, 710]}");
        run.raw("cold", "cold start, unsaid", 1, "'jvm': 'fresh', 'pool': null, 'auth': null", "ms", "{'score': 9}", "'stagesMillis': {'connect': [9]}, 'latencyMillis': {'p50': null}, 'metrics': {'hotShare': null}");
        run.raw("storm", "storm, loop", 1, "'strategy': 'loop'", "ms", "", "'failed': 'the server died <b>in the middle</b>'");
        Path file = run.in(temp, "20260102-030405.json");
        Run.Result text = report(file);
        assertThat(text.exit()).as(text.all()).isZero();
        assertThat(text.out()).contains("! smoke figures: --quick", "! NOT DURABLE: --fast-and-loose", "! PARTIAL: the run was broken off", "fsync = off", "BENCH_NOT_DURABLE", "BENCH_DRIFTED", "BENCH_TRIAL_FAILED",
                "round 1 does not count: the probe drifted by 31 %", "not on this machine, so there are no ratios to it").containsPattern("steady, simple +700 .* 1 of 2");
        // What cannot be judged is no pass, and what a server that is not durable keeps, is not either.
        assertThat(text.out()).contains("0 of 4 passed, 0 failed, 4 not measured", "storm, loop failed: the server died", "kept, but by a server that is not durable");
        String html = Files.readString(temp.resolve("report.html"));
        assertThat(html).contains("<p class=\"mark\">NOT DURABLE: --fast-and-loose</p>", "<p class=\"mark\">smoke figures: --quick</p>", "<p class=\"mark\">PARTIAL", "&lt;b&gt;in the middle", "the probe drifted by 31 %")
                .doesNotContain("<b>in the middle");
        assertThat(Files.readString(temp.resolve("report.md"))).contains("> **NOT DURABLE: --fast-and-loose**", "\\<b\\>in the middle");
        assertThat(report(file, "--format", "markdown").out()).startsWith("# benchmark-report: sound").contains("NOT DURABLE: --fast-and-loose");
        Run.Result json = report(file, "--format", "json");
        assertThat(json.out()).contains("\"performance\" : {\n    \"tier\" : \"performance\",\n    \"total\" : 4,\n    \"passed\" : 0,\n    \"failed\" : 0,\n    \"notMeasured\" : 4", "NOT DURABLE: --fast-and-loose",
                "\"verdict\" : \"sound\"");
        assertThat(report(file, "--format", "github").out()).contains("::warning file=").contains("title=BENCH_NOT_DURABLE::");
        assertThat(files(temp)).as("one bar needs no chart").noneMatch(name -> name.startsWith("cold-start"));
    }

    @Test
    @DisplayName("the words beside bars stay in their picture, wide and narrow, and differ")
    void labels() {
        List<String> labels = List.of("hot-fillfactor80, 8 clients, hot row, held snapshot", "hot-fillfactor80, 8 clients, hot row, searches", "base");
        assertThat(Drawing.within(640, labels)).isEqualTo(labels);
        assertThat(Drawing.within(360, labels)).doesNotHaveDuplicates().contains("base").allSatisfy(label -> assertThat(label.length() * 7).isLessThan(250));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
            cold start kept          ; cold       ; 'jvm': 'fresh'                  ; 1  ; ms        ; 1 ; stages 1900 99 249     ; pass
            cold start: first        ; cold       ; 'jvm': 'fresh'                  ; 1  ; ms        ; 1 ; stages 1900 101 10     ; FAIL, first 2,001 ms
            cold start: second       ; cold       ; 'jvm': 'fresh'                  ; 1  ; ms        ; 1 ; stages 10 10 250       ; FAIL, first 20.0 ms, second 250 ms
            cold start: a warm JVM   ; cold       ; 'jvm': 'warm'                   ; 1  ; ms        ; 1 ; stages 10 10 10        ; not measured
            storm kept               ; storm      ; 'strategy': 'loop'              ; 1  ; ms        ; 1 ; bursts 4900 4900 4999  ; pass
            storm: too long          ; storm      ; 'strategy': 'loop'              ; 1  ; ms        ; 1 ; bursts 4900 4900 5000  ; FAIL, the longest burst 5,000 ms
            storm: one stands out    ; storm      ; 'strategy': 'loop'              ; 1  ; ms        ; 1 ; bursts 100 100 500     ; FAIL, the longest burst 500 ms, at most 2.14 times
            storm: another strategy  ; storm      ; 'strategy': 'batch'             ; 1  ; ms        ; 1 ; bursts 9 9 9           ; not measured
            storm: two bursts        ; storm      ; 'strategy': 'loop'              ; 1  ; ms        ; 1 ; bursts 9 9             ; not measured
            concurrency kept         ; concurrent ; 'access': 'distinct'            ; 20 ; updates/s ; 9 ; latency 1 499 999      ; pass
            concurrency: p95         ; concurrent ; 'access': 'distinct'            ; 20 ; updates/s ; 9 ; latency 1 500 999      ; FAIL, 20 clients: p95 500 ms
            concurrency: p99         ; concurrent ; 'access': 'distinct'            ; 32 ; updates/s ; 9 ; latency 1 499 1000     ; FAIL, 32 clients: p95 499 ms, p99 1,000 ms
            concurrency: 16 clients  ; concurrent ; 'access': 'distinct'            ; 16 ; updates/s ; 9 ; latency 1 9 9          ; not measured
            concurrency: a hot row   ; concurrent ; 'access': 'hot'                 ; 32 ; updates/s ; 9 ; latency 1 9 9          ; not measured
            sustained load kept      ; steady     ; 'protocol': 'prepared'          ; 1  ; updates/s ; 9 ; latency 1 799 9000     ; pass
            sustained load missed    ; concurrent ; 'access': 'distinct'            ; 8  ; updates/s ; 9 ; open 1 800 900         ; FAIL, p95 800 ms, open loop
            """)
    void threshold(String name, String test, String params, int clients, String unit, double mean, String values, String verdict) throws Exception {
        String[] word = values.split(" ");
        double[] v = Stream.of(word).skip(1).mapToDouble(Double::parseDouble).toArray();
        MadeUp run = new MadeUp(1, 0);
        if (word[0].equals("bursts")) {
            run.raw(test, "the trial", clients, params, unit, "{'score': " + v[0] + ", 'iterations': " + Arrays.toString(v) + "}");
        } else {
            run.trial(test, "the trial", clients, params, unit, mean, word[0].equals("stages") ? MadeUp.stages(v[0], v[1], v[2])
                    : MadeUp.latency(v[0], v[1], v[2], word[0].equals("open") ? "open loop, from the intended start" : "closed loop"));
        }
        Run.Result result = report(run.in(temp, "run.json"));
        boolean fails = verdict.startsWith("FAIL");
        assertThat(result.exit()).as(result.all()).isEqualTo(fails ? 10 : 0);
        assertThat(result.out().lines().filter(line -> line.contains(name.replaceFirst("( kept|:| missed).*", "").replace("storm", "write storm") + " ("))).as(result.out()).singleElement().asString().contains("): " + verdict);
        assertThat(result.out().contains("BENCH_THRESHOLD")).isEqualTo(fails);
        assertThat(result.out()).contains((verdict.equals("pass") ? "1 of 4 passed, 0" : fails ? "0 of 4 passed, 1" : "0 of 4 passed, 0") + " failed, ");
    }

    @Test
    @DisplayName("a planted regression of 20 % is found in noise of 5 %, and an improvement is none")
    void plantedRegression() throws Exception {
        MadeUp before = new MadeUp(11, 0.05);
        MadeUp after = new MadeUp(12, 0.05);
        before.rounds = after.rounds = 8;
        before.trial("steady", "the slower", 1, "'protocol': 'prepared'", "updates/s", 1000).trial("storm", "the longer", 1, "'strategy': 'loop'", "ms", 100).trial("storm", "the shorter", 1, "'strategy': 'batch'", "ms", 100)
                .trial("steady", "as it was", 1, "'protocol': 'simple'", "updates/s", 500).trial("steady", "gone", 2, "", "updates/s", 1);
        after.trial("steady", "the slower", 1, "'protocol': 'prepared'", "updates/s", 800).trial("storm", "the longer", 1, "'strategy': 'loop'", "ms", 125).trial("storm", "the shorter", 1, "'strategy': 'batch'", "ms", 80)
                .trial("steady", "as it was", 1, "'protocol': 'simple'", "updates/s", 500).trial("steady", "new", 3, "", "updates/s", 1);
        Path a = before.in(temp, "a.json");
        Path b = after.in(temp, "b.json");
        Run.Result result = Run.script("benchmark-report", "--compare", a.toString(), b.toString()).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(result.out()).containsPattern("the slower +updates/s .* worse, beyond the tolerance").containsPattern("the longer +ms .* worse, beyond the tolerance").containsPattern("the shorter +ms .* better\n")
                .containsPattern("as it was .* (same|unclear)\n").contains("skipped gone: only ", "skipped new: only ", "8 rounds against 8 rounds");
        assertThat(Pattern.compile("^BENCH_REGRESSION ", Pattern.MULTILINE).matcher(result.out()).results().count()).isEqualTo(2);
        assertThat(files(temp)).containsExactly("a.json", "b.json");
        assertThat(Run.script("benchmark-report", "--compare", a.toString(), b.toString(), "--tolerance", "45").go().exit()).isZero();
        assertThat(Run.script("benchmark-report", "--compare", b.toString(), a.toString(), "--format", "json").go().out()).contains("\"test\" : \"the slower\"", "\"verdict\" : \"better\"");
    }

    @Test
    @DisplayName("noise of 5 % is no regression: not one of 200 tests, and not many are called better or worse")
    void noiseIsNoRegression() throws Exception {
        MadeUp before = new MadeUp(21, 0.05);
        MadeUp after = new MadeUp(22, 0.05);
        for (int i = 0; i < 200; i++) {
            before.trial("steady", "test " + i, i + 1, "", "updates/s", 1000);
            after.trial("steady", "test " + i, i + 1, "", "updates/s", 1000);
        }
        Run.Result result = Run.script("benchmark-report", "--compare", before.in(temp, "a.json").toString(), after.in(temp, "b.json").toString()).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("nothing is surely worse than the tolerance of 10 %", "about 10.0 of 200 tests").doesNotContain("BENCH_REGRESSION");
        // The interval of 95 % leaves out the truth about ten times in 200; 22 or more would be one chance in three thousand.
        assertThat(Pattern.compile("(better|worse)$", Pattern.MULTILINE).matcher(result.out()).results().count()).isBetween(1L, 21L);
    }

    @Test
    @DisplayName("the intervals are those of the textbook")
    void intervals() throws Exception {
        MadeUp one = new MadeUp(1, 0).raw("steady", "a test", 1, "", "updates/s", "{'score': 90}, {'score': 100}, {'score': 110}");
        MadeUp two = new MadeUp(1, 0).raw("steady", "a test", 1, "", "updates/s", "{'score': 180}, {'score': 200}, {'score': 220}");
        Path a = one.in(temp, "a.json");
        // Mean 100, standard deviation 10, t(0.975, 2) = 4.303: 4.303 × 10 / √3 = 24.8.
        assertThat(report(a).out()).containsPattern("a test +100 +24\\.8 +updates/s +3");
        // Twice, with equal variances of the logarithms 0.010087: t(0.975, 4) = 2.776, 2 × exp(± 2.776 × √(2 × 0.010087 / 3)).
        assertThat(Run.script("benchmark-report", "--compare", a.toString(), two.in(temp, "b.json").toString()).go().out()).containsPattern("a test .* \\+100\\.0 % +\\+59\\.3 % … \\+151\\.1 % +better\n");
        // One measurement has no interval, and is not judged.
        Path single = new MadeUp(1, 0).raw("steady", "a test", 1, "", "updates/s", "{'score': 50, 'iterations': [50]}").in(temp, "c.json");
        Run.Result unjudged = Run.script("benchmark-report", "--compare", a.toString(), single.toString()).go();
        assertThat(unjudged.exit()).as(unjudged.all()).isEqualTo(3);
        assertThat(unjudged.out()).contains("one measurement has no interval");
    }

    @Test
    @DisplayName("runs that differ in durability, server or profile are compared with a warning that says so")
    void notAlike() throws Exception {
        Path a = new MadeUp(1, 0).trial("steady", "a test", 1, "", "updates/s", 100).in(temp, "a.json");
        Path b = new MadeUp(1, 0).with("profile", "'quick'").setting("synchronous_commit", "off").trial("steady", "a test", 1, "", "updates/s", 300).in(temp, "b.json");
        Run.Result result = Run.script("benchmark-report", "--compare", a.toString(), b.toString()).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).contains("BENCH_NOT_COMPARABLE", "profile default → quick; synchronous_commit on → off");
        assertThat(Run.script("benchmark-report", "--compare", a.toString(), a.toString()).go().out()).doesNotContain("BENCH_NOT_COMPARABLE").containsPattern("a test .* same\n");
    }

    @Test
    @DisplayName("a baseline is small, is no run of the folder, and finds a regression later")
    void baseline() throws Exception {
        Path folder = temp.resolve("bench-results");
        Path run = new MadeUp(1, 0.01).whole().in(folder, "20260102-030405.json");
        Path baseline = folder.resolve("benchmark.baseline.json");
        assertThat(Run.script("benchmark-report", "--save-baseline", baseline.toString()).in(temp).go().exit()).isZero();
        assertThat(Files.readString(baseline)).contains("\"baseline\" : true").doesNotContain("latencyMillis\" : {", "\"connect\"", "hotShare");
        assertThat(Run.script("benchmark-report", "--baseline", baseline.toString(), run.toString()).in(temp).go().exit()).isZero();
        // A digit more: what is counted in ms is far slower.
        String slower = Files.readString(run).replaceAll("\"score\": (\\d)", "\"score\": 9$1");
        Files.writeString(folder.resolve("20260102-040000.json"), slower);
        Run.Result worse = Run.script("benchmark-report", "--baseline", baseline.toString(), "--format", "github").in(temp).go();
        assertThat(worse.exit()).as(worse.all()).isEqualTo(10);
        assertThat(worse.out()).contains("::error file=bench-results/20260102-040000.json,title=BENCH_REGRESSION::");
        assertThat(Files.readString(folder.resolve("report.html"))).contains("<h2>What changed</h2>", "worse, beyond the tolerance");
    }

    @Test
    @DisplayName("a folder is all of its runs, side by side, the newest judged; a broken one among them is named")
    void folder() throws Exception {
        new MadeUp(1, 0).with("run", "'first'").trial("steady", "a test", 1, "", "updates/s", 100).in(temp, "20260101-000000.json");
        new MadeUp(1, 0).with("run", "'second'").with("started", "'2026-02-02T00:00:00Z'").trial("steady", "a test", 1, "", "updates/s", 150).in(temp, "20260202-000000.json");
        Files.writeString(temp.resolve("20260203-000000.json"), "{");
        Files.writeString(temp.resolve("20260202-000000.jmh.json"), "[{\"jmhVersion\": \"1.37\"}]");
        Run.Result result = Run.script("benchmark-report", temp.toString(), "--out", temp.resolve("new/report").toString()).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.out()).containsPattern("test +unit +first +second +last to first\n").containsPattern("a test +updates/s +100 +150 +1\\.50\n").contains("20260203-000000.json:1 is not JSON");
        assertThat(Files.readString(temp.resolve("new/report/report.html"))).contains("Run second", "<h2>Side by side</h2>");
    }

    @ParameterizedTest(name = "{0}: one sentence, exit {2}")
    @CsvSource(delimiter = ';', textBlock = """
            not there            ;                                          ; 2 ; x.json does not exist: name a run
            empty                ; ''                                       ; 3 ; x.json is empty
            cut off              ; CUT                                      ; 3 ; is not JSON, or only the beginning of it
            binary               ; BINARY                                   ; 3 ; x.json:1 is not JSON
            huge                 ; HUGE                                     ; 3 ; x.json has 9 MiB
            deep                 ; DEEP                                     ; 3 ; x.json
            unreadable           ; UNREADABLE                               ; 3 ; x.json may not be read
            JMH's own            ; [{"jmhVersion": "1.37"}]                 ; 3 ; x.json is JMH's own format: name the file without .jmh
            another format       ; {"format": "datastorage-bench 2"}        ; 3 ; its "format" is "datastorage-bench 2", and should be "datastorage-bench 1"
            no format            ; {"a": 1}                                 ; 3 ; its "format" is not there
            another shape        ; "text"                                   ; 3 ; its "format" is not there
            no server            ; SERVER                                   ; 3 ; x.json lacks what a run has: "server" with its "version"
            no trials            ; TRIALS                                   ; 3 ; x.json lacks what a run has: "trials"
            no unit              ; UNIT                                     ; 3 ; trials[0] has no "unit"
            no score             ; SCORE                                    ; 3 ; trials[0] has no "score" above zero
            infinite score       ; INFINITE                                 ; 3 ; trials[0] has no "score" above zero
            score of zero        ; ZERO                                     ; 3 ; trials[0] has no "score" above zero
            wrong type           ; TYPE                                     ; 3 ; has a value of the wrong type at trials[0].rounds[0].score
            """)
    void badFile(String name, String content, int exit, String sentence) throws Exception {
        String sound = new MadeUp(1, 0).raw("steady", "a test", 1, "", "updates/s", "{'score': 12.5}").json();
        Path file = temp.resolve("x.json");
        Run run = Run.script("benchmark-report", "x.json").in(temp);
        if (content != null) {
            byte[] bytes = switch (content) {
                case "CUT" -> sound.substring(0, sound.length() * 2 / 3).getBytes(StandardCharsets.UTF_8);
                case "BINARY" -> new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2, (byte) 0xff};
                case "HUGE" -> new byte[9 << 20];
                case "DEEP" -> "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
                case "UNREADABLE" -> sound.getBytes(StandardCharsets.UTF_8);
                case "SERVER" -> sound.replace("\"server\"", "\"no server\"").getBytes(StandardCharsets.UTF_8);
                case "TRIALS" -> sound.replace("\"trials\"", "\"no trials\"").getBytes(StandardCharsets.UTF_8);
                case "UNIT" -> sound.replace("\"unit\"", "\"no unit\"").getBytes(StandardCharsets.UTF_8);
                case "SCORE" -> sound.replace("\"score\"", "\"no score\"").getBytes(StandardCharsets.UTF_8);
                case "INFINITE" -> sound.replace("12.5", "1e999").getBytes(StandardCharsets.UTF_8);
                case "ZERO" -> sound.replace("12.5", "0").getBytes(StandardCharsets.UTF_8);
                case "TYPE" -> sound.replace("12.5", "[1]").getBytes(StandardCharsets.UTF_8);
                default -> content.getBytes(StandardCharsets.UTF_8);
            };
            Files.write(file, bytes);
            if (content.equals("UNREADABLE")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
                if (Files.isReadable(file)) {
                    // Root reads everything, but for this capability.
                    run = run.under("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search");
                }
            }
        }
        Run.Result result = run.go();
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.err().lines()).as(result.err()).singleElement().asString().startsWith("benchmark-report: ").contains(sentence).doesNotContain("Exception", "tools.jackson", "java.");
    }

    @Test
    @DisplayName("nothing to report, nothing in common, usage that is wrong")
    void nothing() throws Exception {
        Run.Result none = Run.script("benchmark-report").in(temp).go();
        assertThat(none.exit()).isEqualTo(3);
        assertThat(none.err()).isEqualTo("benchmark-report: there is no folder bench-results here: run jbang benchmark first, or name a run\n");
        Files.createDirectory(temp.resolve("bench-results"));
        assertThat(Run.script("benchmark-report").in(temp).go().err()).startsWith("benchmark-report: there is no run in bench-results");
        Path a = new MadeUp(1, 0).trial("steady", "a test", 1, "", "updates/s", 100).in(temp, "a.json");
        Path b = new MadeUp(1, 0).trial("steady", "another", 2, "", "updates/s", 100).in(temp, "b.json");
        Path empty = new MadeUp(1, 0).in(temp, "empty.json");
        assertThat(Run.script("benchmark-report", "--compare", a.toString(), b.toString()).go().exit()).isEqualTo(3);
        Run.Result without = report(empty);
        assertThat(without.exit()).as(without.all()).isEqualTo(3);
        assertThat(without.out()).contains("\nunchecked  checked 0 trials, 0 thresholds");
        for (String[] wrong : new String[][] {{"--tolerance", "-1"}, {"--tolerance", "NaN"}, {"--compare", "a.json"}, {"--compare", "a.json", "b.json", "--out", "x"}}) {
            Run.Result usage = Run.script("benchmark-report", wrong).in(temp).go();
            assertThat(usage.exit()).as(usage.all()).isEqualTo(2);
            assertThat(usage.err().lines()).singleElement().asString().startsWith("benchmark-report: ");
        }
        Files.writeString(temp.resolve("file"), "");
        Run.Result cannot = report(a, "--out", temp.resolve("file").toString());
        assertThat(cannot.exit()).isEqualTo(1);
        assertThat(cannot.err()).contains("could not read or write: ").doesNotContain("Exception");
    }

    @Test
    @DisplayName("a machine without fonts gets the report without charts, and one sentence")
    void noFonts() throws Exception {
        Path conf = Files.writeString(temp.resolve("fonts.conf"), "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig></fontconfig>");
        new MadeUp(7, 0).whole().in(temp, "20260102-030405.json");
        Run.Result result = Run.script("benchmark-report", temp.toString()).with("FONTCONFIG_FILE", conf.toString()).jvm("-Duser.home=" + temp.resolve("no cache of Java's")).go();
        assertThat(result.exit()).as(result.all()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("! no charts, since Java finds no font to draw letters with: install one, on Debian with apt-get install fontconfig fonts-dejavu-core");
        assertThat(files(temp)).contains("report.html", "report.md").noneMatch(name -> name.endsWith(".png") || name.endsWith(".svg"));
        assertThat(Files.readString(temp.resolve("report.html"))).contains("4 of 4 passed", "<h2>Scores</h2>").doesNotContain("<svg");
    }

    private static Run.Result report(Path file, String... options) throws Exception {
        return Run.script("benchmark-report", Stream.concat(Stream.of(file.toString()), Stream.of(options)).toArray(String[]::new)).go();
    }

    private static List<String> files(Path folder) throws Exception {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /**
     * A run that nobody measured: the figures are made up around a mean that the test knows, with noise of a seeded generator.
     * It has the shape of a whole run of the benchmark.
     */
    static final class MadeUp {
        private final Random random;
        private final double noise;
        private final Map<String, String> run = new LinkedHashMap<>();
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<String> trials = new ArrayList<>();
        int rounds = 5;

        MadeUp(long seed, double noise) {
            this.random = new Random(seed);
            this.noise = noise;
            run.put("format", "'datastorage-bench 1'");
            run.put("run", "'20260102-030405'");
            run.put("started", "'2026-01-02T03:04:05Z'");
            run.put("seconds", "803.1");
            run.put("partial", "false");
            run.put("profile", "'default'");
            run.put("marks", "[]");
            run.put("seed", "42");
            run.put("revision", "'0123abc'");
            run.put("command", "'bench'");
            run.put("machine", "{'os': 'made up', 'cpu': 'made-up CPU', 'processors': 2, 'memoryMiB': 24000, 'jdk': '17.0.1', 'placement': 'client and server on one machine, not pinned'}");
            run.put("client", "{'driver': '42.7.14', 'jmh': '1.37', 'peakMiB': 212}");
            run.put("pgbench", "'pgbench (PostgreSQL) 15.14'");
            run.put("unknown field", "[{'of': 'a later version'}]");
            Stream.of("fsync", "synchronous_commit", "full_page_writes").forEach(name -> settings.put(name, "on"));
            settings.put("shared_buffers", "128MB");
        }

        MadeUp with(String field, String json) {
            run.put(field, json);
            return this;
        }

        MadeUp setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        double noisy(double mean) {
            return mean * Math.exp(noise * random.nextGaussian());
        }

        /** A trial with rounds around a mean; pgbench has 1.05 times the mean, the empty transaction twice it. */
        MadeUp trial(String test, String name, int clients, String params, String unit, double mean, String... more) {
            String all = IntStream.range(0, rounds).mapToObj(i -> {
                double score = noisy(mean);
                return "{'score': " + score + ", 'iterations': [" + score * 0.99 + ", " + score * 1.01 + ", " + score + "]"
                        + (unit.equals("ms") ? "" : ", 'pgbench': " + score * 1.05 + ", 'pgbenchCpuMicros': 20.5, 'empty': " + score * 2) + ", 'fsyncMillis': 0.6, 'rejected': null}";
            }).collect(Collectors.joining(", "));
            return raw(test, name, clients, params, unit, all, more);
        }

        MadeUp raw(String test, String name, int clients, String params, String unit, String allRounds, String... more) {
            trials.add("{'test': '" + test + "', 'name': '" + name + "', 'benchmark': 'bench.UpdateStatus', 'clients': " + clients + ", 'params': {" + params + "}, 'unit': '" + unit
                    + "', 'rounds': [" + allRounds + "]" + Stream.of(more).map(field -> ", " + field).collect(Collectors.joining()) + "}");
            return this;
        }

        static String latency(double p50, double p95, double p99, String loop) {
            return "'latencyMillis': {'p50': " + p50 + ", 'p90': " + p95 * 0.9 + ", 'p95': " + p95 + ", 'p99': " + p99 + ", 'p99.9': " + p99 * 2 + ", 'max': " + p99 * 3 + "}, 'latency': '" + loop + "'";
        }

        static String stages(double connect, double first, double second) {
            Function<Double, String> ten = value -> DoubleStream.iterate(value, v -> v * 0.99).limit(10).mapToObj(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
            return "'stagesMillis': {'connect': " + ten.apply(connect) + ", 'first': " + ten.apply(first) + ", 'second': " + ten.apply(second) + "}";
        }

        static final String COST = "'metrics': {'hotShare': 0.0, 'transactionsPerUpdate': 1.0, 'walBytesPerUpdate': 2210.0, 'syncsPerUpdate': 0.9, 'deadRowsPerUpdate': 1.0, 'lockWaiting': 0.2, 'tableGrowthBytesPerUpdate': 310.5,"
                + " 'indexGrowthBytesPerUpdate': 120, 'clientCpuMicrosPerUpdate': 80.1, 'allocatedBytesPerUpdate': 1300.0}";

        /** Every chart has something to show, and all four thresholds are kept. */
        MadeUp whole() {
            for (String jvm : List.of("fresh", "warm")) {
                for (String pool : List.of("0", "10", "warmed")) {
                    for (String auth : List.of("trust", "scram")) {
                        double f = (jvm.equals("fresh") ? 12 : 1) * (auth.equals("scram") ? 1.4 : 1) * (pool.equals("0") ? 1 : 1.2);
                        trial("cold", "cold start, " + jvm + " JVM, " + pool + ", " + auth, 1, "'jvm': '" + jvm + "', 'pool': '" + pool + "', 'auth': '" + auth + "'", "ms", 12 * f, stages(9 * f, 3.5 * f, 0.8 * f));
                    }
                }
            }
            for (String protocol : List.of("prepared", "simple")) {
                trial("steady", "steady, " + protocol, 1, "'protocol': '" + protocol + "'", "updates/s", protocol.equals("simple") ? 700 : 812, latency(1.1, 1.6, 3.0, "closed loop"), COST);
            }
            for (int clients : new int[] {1, 2, 4, 8, 16, 32}) {
                double speed = 3600.0 * clients / (clients + 3.5);
                closed("distinct", clients, speed);
                closed("hot", clients, 800 + 60 * Math.log(clients));
                closed("zipf", clients, speed * 0.8);
            }
            trial("concurrent", "concurrent distinct, 8 clients, beside searches", 8, "'access': 'distinct', 'beside': 'search', 'pool': '0', 'rate': '0'", "updates/s", 1400, latency(4, 9, 15, "closed loop"), COST);
            trial("concurrent", "concurrent distinct, 8 clients, open loop at 1000/s", 8, "'access': 'distinct', 'beside': 'alone', 'pool': '0', 'rate': '1000'", "updates/s", 1000,
                    latency(2.2, 6, 40, "open loop, from the intended start"), COST);
            double factor = 1;
            for (String strategy : List.of("loop", "connections", "pipelined", "transaction", "any", "batch", "unnest")) {
                trial("storm", "storm, " + strategy, 1, "'strategy': '" + strategy + "'", "ms", 180 / factor, COST);
                factor *= 1.55;
            }
            for (String schema : List.of("fillfactor80", "side-table", "thirteen-indexes")) {
                trial("concurrent", "concurrent distinct, 8 clients", 8, "'access': 'distinct', 'beside': 'alone', 'pool': '0', 'rate': '0'", "updates/s",
                        Map.of("fillfactor80", 2600.0, "side-table", 3500.0, "thirteen-indexes", 1800.0).get(schema), "'schema': '" + schema + "'", COST);
            }
            return this;
        }

        private void closed(String access, int clients, double speed) {
            trial("concurrent", "concurrent " + access + ", " + clients + (clients == 1 ? " client" : " clients"), clients, "'access': '" + access + "', 'beside': 'alone', 'pool': '0', 'rate': '0'", "updates/s", speed,
                    latency(1000 * clients / speed, 1800 * clients / speed, 3000 * clients / speed, "closed loop"), COST);
        }

        String json() {
            String server = "'server': {'version': '16.15', 'kind': 'embedded', 'filesystem': 'ext4', 'settings': {"
                    + settings.entrySet().stream().map(s -> "'" + s.getKey() + "': '" + s.getValue() + "'").collect(Collectors.joining(", ")) + "}}";
            return ("{" + run.entrySet().stream().map(e -> "'" + e.getKey() + "': " + e.getValue()).collect(Collectors.joining(",\n ")) + ",\n " + server
                    + ",\n 'trials': [\n  " + String.join(",\n  ", trials) + "\n ]}\n").replace('\'', '"');
        }

        Path in(Path folder, String name) throws Exception {
            Files.createDirectories(folder);
            return Files.writeString(folder.resolve(name), json());
        }
    }
}
