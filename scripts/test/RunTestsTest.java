import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import kit.explain.Signature;
import kit.report.Stop;
import kit.tiers.History;
import kit.tiers.Init;
import kit.tiers.Plan;

/** Where a runner is not on every machine, a stand-in prints what the real one printed: a file, and cat. */
@DisplayName("run-tests: tiers, counts, readiness")
class RunTestsTest {
    @TempDir
    Path temp;

    private Run.Result run(String... arguments) throws Exception {
        Run.Result result = script(arguments).go();
        assertThat(result.all()).doesNotContain("Exception", "\tat ");
        return result;
    }

    private Run script(String... arguments) {
        return Run.script("run-tests", arguments).in(temp);
    }

    private void tiers(String... yaml) throws IOException {
        Files.writeString(temp.resolve(".run-tests.yaml"), "tiers:\n" + String.join("\n", yaml).indent(2));
    }

    /** A stand-in for a runner: the command that prints what it prints. */
    private String prints(String name, String output) throws IOException {
        Files.writeString(temp.resolve(name + ".out"), output);
        return "cat " + name + ".out";
    }

    private static JsonNode json(String text) {
        return JsonMapper.builder().build().readTree(text);
    }

    /** passed/failed/blocked/not run of each tier. */
    private static Map<String, String> counts(JsonNode document) {
        Map<String, String> counts = new LinkedHashMap<>();
        document.path("tiers").forEach(t -> counts.put(t.path("tier").asString(), t.path("state").asString() + " " + t.path("passed").asInt() + "/" + t.path("failed").asInt() + "/" + t.path("blocked").asInt() + "/" + t.path("notRun").asInt()));
        return counts;
    }

    private static JsonNode tier(JsonNode document, String name) {
        for (JsonNode tier : document.path("tiers")) {
            if (tier.path("tier").asString().equals(name)) {
                return tier;
            }
        }
        throw new AssertionError("no tier " + name + " in " + document);
    }

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(each -> strings.add(each.asString()));
        return strings;
    }

    private Path lastRun() throws IOException {
        try (Stream<Path> runs = Files.list(temp.resolve(".run-tests"))) {
            return runs.filter(Files::isDirectory).sorted().reduce((a, b) -> b).orElseThrow();
        }
    }

    // Counts -----------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("what each runner prints or writes is counted as it says itself, with the names of what fails")
    void runners() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, List<String>> failing = new LinkedHashMap<>();
        StringBuilder yaml = new StringBuilder();
        List<Object[]> cases = new ArrayList<>();
        // Subtests count, and not their parents; a parent that fails by itself does; a package that does not build is one failure.
        cases.add(new Object[] {"go-json", "failed 3/3/0/1", List.of("shop/cart TestTotal/rounding", "shop/cart TestOwn", "shop/broken (the package: it does not build, or broke off)"), """
                {"Action":"start","Package":"shop/cart"}
                {"Action":"run","Package":"shop/cart","Test":"TestTotal"}
                {"Action":"output","Package":"shop/cart","Test":"TestTotal","Output":"=== RUN   TestTotal\\n"}
                {"Action":"pass","Package":"shop/cart","Test":"TestTotal/empty","Elapsed":0}
                {"Action":"output","Package":"shop/cart","Test":"TestTotal/rounding","Output":"    cart_test.go:12: ERROR: relation \\"carts\\" does not exist (SQLSTATE 42P01)\\n"}
                {"Action":"fail","Package":"shop/cart","Test":"TestTotal/rounding","Elapsed":0}
                {"Action":"fail","Package":"shop/cart","Test":"TestTotal","Elapsed":0}
                {"Action":"pass","Package":"shop/cart","Test":"TestOwn/sub","Elapsed":0}
                {"Action":"fail","Package":"shop/cart","Test":"TestOwn","Elapsed":0}
                {"Action":"skip","Package":"shop/cart","Test":"TestDocker","Elapsed":0}
                {"Action":"output","Package":"shop/cart","Test":"TestNoise","Output":"dial tcp 127.0.0.1:5432: connect: connection refused, as expected\\n"}
                {"Action":"pass","Package":"shop/cart","Test":"TestNoise","Elapsed":0}
                {"Action":"fail","Package":"shop/cart","Elapsed":0.01}
                {"Action":"output","Package":"shop/broken","Output":"FAIL\\tshop/broken [build failed]\\n"}
                {"Action":"fail","Package":"shop/broken","Elapsed":0}
                {"Action":"skip","Package":"shop/doc","Elapsed":0}
                """});
        cases.add(new Object[] {"go-v", "failed 3/1/0/1", List.of("shop/cart TestB/two"), """
                === RUN   TestA
                --- PASS: TestA (0.00s)
                === RUN   TestB
                === RUN   TestB/one
                === RUN   TestB/two
                    cart_test.go:9: want 3, got 2
                --- FAIL: TestB (0.00s)
                    --- PASS: TestB/one (0.00s)
                    --- FAIL: TestB/two (0.00s)
                --- SKIP: TestC (0.00s)
                FAIL
                FAIL\tshop/cart\t0.004s
                === RUN   TestA
                --- PASS: TestA (0.00s)
                PASS
                ok  \tshop/order\t0.002s
                ?   \tshop/doc\t[no test files]
                """});
        // Without -v go says of a package only that it passed.
        cases.add(new Object[] {"go-plain", "passed 1/0/0/0", List.of(), "ok  \tshop/cart\t0.004s\nok  \tshop/order\t(cached)\n"});
        cases.add(new Object[] {"ginkgo", "failed 12/2/0/4", List.of("Workflow Repository [It] updates the status", "Workflow Repository [It] disables"), """
                Running Suite: Unit Suite - /src/test/unit
                \u001b[1mRan 14 of 18 Specs in 0.123 seconds\u001b[0m
                Summarizing 2 Failures:
                  \u001b[38;5;9m[FAIL]\u001b[0m Workflow Repository [It] updates the status
                  [FAIL] Workflow Repository [It] disables
                \u001b[38;5;9m\u001b[1mFAIL!\u001b[0m -- \u001b[38;5;10m\u001b[1m12 Passed\u001b[0m | \u001b[38;5;9m\u001b[1m2 Failed\u001b[0m | \u001b[38;5;11m\u001b[1m1 Pending\u001b[0m | \u001b[38;5;14m\u001b[1m3 Skipped\u001b[0m
                """});
        // Go's test that starts a suite of Ginkgo's is not one more.
        cases.add(new Object[] {"ginkgo-in-go", "passed 8/0/0/0", List.of(), """
                === RUN   TestPlain
                --- PASS: TestPlain (0.00s)
                === RUN   TestUnit
                Ran 7 of 7 Specs in 0.123 seconds
                SUCCESS! -- 7 Passed | 0 Failed | 0 Pending | 0 Skipped
                --- PASS: TestUnit (0.13s)
                PASS
                ok  \tshop/unit\t0.141s
                """});
        cases.add(new Object[] {"pytest", "failed 5/3/0/3", List.of("tests/test_cart.py::test_total[a - b]", "tests/test_cart.py::TestX::test_y", "tests/test_db.py"), """
                tests/test_cart.py .F.s.x..F                                             [100%]
                =========================== short test summary info ============================
                FAILED tests/test_cart.py::test_total[a - b] - AssertionError: assert 2 == 3
                FAILED tests/test_cart.py::TestX::test_y
                ERROR tests/test_db.py - ImportError: no module
                == 2 failed, 5 passed, 2 skipped, 1 deselected, 1 xfailed, 4 warnings, 1 error in 0.12s ==
                """});
        cases.add(new Object[] {"jest", "failed 10/2/0/3", List.of("src/cart.test.js › cart › rounds", "src/broken.test.js › Test suite failed to run"), """
                PASS src/order.test.js
                FAIL src/cart.test.js
                  ● Console
                  ● cart › rounds
                    expect(received).toBe(expected)
                FAIL src/broken.test.js
                  ● Test suite failed to run
                    Cannot find module './gone'
                Summary of all failing tests
                FAIL src/cart.test.js
                  ● cart › rounds
                FAIL src/broken.test.js
                  ● Test suite failed to run
                Test Suites: 2 failed, 1 passed, 3 total
                Tests:       1 failed, 2 skipped, 1 todo, 10 passed, 14 total
                Snapshots:   0 total
                """});
        cases.add(new Object[] {"cargo", "failed 4/1/0/1", List.of("src/lib.rs › cart::tests::rounds"), """
                     Running unittests src/lib.rs (target/debug/deps/shop-0b6c1a)
                running 4 tests
                test cart::tests::empty ... ok
                test cart::tests::panics - should panic ... ok
                test cart::tests::rounds ... FAILED
                test cart::tests::slow ... ignored
                test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s
                   Doc-tests shop
                test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.31s
                """});
        cases.add(new Object[] {"tap", "failed 3/1/0/4", List.of("cart › rounds"), """
                TAP version 13
                # Subtest: cart
                    # Subtest: adds
                    ok 1 - adds
                    # Subtest: rounds
                    not ok 2 - rounds
                    1..2
                not ok 1 - cart
                ok 2 - ok is a word
                ok 3 - docker # SKIP no engine
                not ok 4 - later # TODO
                ok 5 - last
                1..7
                """});
        cases.add(new Object[] {"surefire", "failed 6/2/0/1", List.of("CartTest.rounds", "CartTest.explodes"), """
                [ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1, Time elapsed: 0.05 s <<< FAILURE! -- in shop.CartTest
                [ERROR] Failures:
                [ERROR]   CartTest.rounds:12 expected: <3> but was: <2>
                [ERROR] Errors:
                [ERROR]   CartTest.explodes:20 » NullPointer
                [ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1
                [INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0
                """});
        cases.add(new Object[] {"summary", "failed 11/1/0/2", List.of("the house › a name"), "✓ the house › help: 3 s\n✗ the house › a name\n- the house › shellcheck: not installed\n11 passed, 1 failed, 2 skipped\n"});
        for (Object[] each : cases) {
            expected.put((String) each[0], (String) each[1]);
            failing.put((String) each[0], strings(JsonMapper.builder().build().valueToTree(each[2])));
            yaml.append((String) each[0]).append(": {needs: [], command: ").append(prints((String) each[0], (String) each[3])).append("}\n");
        }
        // Files: what this run has written counts, what lies there does not; one that is cut off is a failure.
        String suite = "<testsuite name='x'>%s</testsuite>";
        Files.createDirectories(temp.resolve("target/surefire-reports"));
        Files.writeString(temp.resolve("target/surefire-reports/TEST-old.xml"), suite.formatted("<testcase classname='Old' name='a'/>".repeat(50)));
        Files.writeString(temp.resolve("new.xml"), "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><testsuites>" + suite.formatted("<testcase classname='shop.Cart' name='adds'><system-out>connection refused</system-out></testcase>"
                + "<testcase classname='shop.Cart' name='rounds'><failure message='FATAL: disk quota exceeded &lt;x>'>stack</failure></testcase><testcase classname='shop.Cart' name='docker'><skipped/></testcase>"
                + "<testcase classname='shop.Cart' name='unsteady'><flakyFailure message='once'/></testcase><testcase classname='shop.Cart' name='explodes'><error type='E'/></testcase>") + "</testsuites>");
        yaml.append("junit: {needs: [], command: cp new.xml target/surefire-reports/TEST-new.xml, results: '**/surefire-reports/TEST-*.xml'}\n");
        expected.put("junit", "failed 2/2/0/1");
        failing.put("junit", List.of("shop.Cart.rounds", "shop.Cart.explodes"));
        yaml.append("junit-cut: {needs: [], command: 'head -c 300 new.xml > cut.xml', results: cut.xml}\n");
        expected.put("junit-cut", "failed 1/0/0/0");
        yaml.append("counts: {needs: [], command: 'cat > bench.json < counts.out', results: bench.json}\n");
        prints("counts", "{\"a\": [{\"total\": \"x\"}], \"performance\": {\"total\": 4, \"passed\": 2, \"failed\": 1, \"notMeasured\": 1}, \"thresholds\": [{\"name\": \"write storm\", \"outcome\": \"FAIL\"}, {\"name\": \"cold start\", \"outcome\": \"PASS\"}]}");
        expected.put("counts", "failed 2/1/0/1");
        failing.put("counts", List.of("write storm"));
        yaml.append("exit: {needs: [], command: 'true', results: exit, tests: 4}\n").append("by-exit: {needs: [], command: echo it went well}\n").append("exit-3: {needs: [], command: echo bad; exit 3}\n");
        expected.put("exit", "passed 4/0/0/0");
        expected.put("by-exit", "passed 1/0/0/0");
        expected.put("exit-3", "failed 0/1/0/0");
        // A runner's failures count where a script around it hides its exit status, and an exit status where all is said to have passed.
        yaml.append("hidden: {needs: [], command: cat summary.out || true}\n").append("after: {needs: [], command: 'echo 3 passed, 0 failed, 0 skipped; exit 1'}\n");
        expected.put("hidden", "failed 11/1/0/2");
        expected.put("after", "failed 3/0/0/0");
        tiers(yaml.toString());

        Run.Result result = run("--format", "json", "--quiet");
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        JsonNode document = json(result.out());
        assertThat(counts(document)).isEqualTo(expected);
        failing.forEach((name, names) -> assertThat(strings(tier(document, name).path("failing"))).as(name).containsExactlyInAnyOrderElementsOf(names));
        assertThat(strings(tier(document, "junit").path("flaky"))).containsExactly("shop.Cart.unsteady");
        assertThat(strings(tier(document, "ginkgo-in-go").path("counted"))).containsExactly("go test", "Ginkgo");
        assertThat(tier(document, "junit-cut").path("why").asString()).contains("cut.xml cannot be read to its end");
        assertThat(tier(document, "exit-3").path("why").asString()).isEqualTo("exit status 3");
        // The cause is what the failing tests say, not what those that pass do.
        assertThat(tier(document, "go-json").path("cause").path("code").asString()).isEqualTo("SQL_TABLE_MISSING");
        assertThat(tier(document, "junit").path("cause").path("code").asString()).isEqualTo("DISK_FULL");
        assertThat(result.out()).contains("only with -v or -json go test says how many tests that is", "its exit status alone: nothing that it printed says how many tests ran").doesNotContain("root:x");
        assertThat(Files.readString(lastRun().resolve("ginkgo.txt"))).contains("[FAIL] Workflow Repository [It] updates the status").doesNotContain("\u001b");
        assertThat(result.err()).contains("run-tests: tap begins, at most 30m").doesNotContain("ok is a word");
    }

    @Test
    @DisplayName("real runners: Surefire's files of mvn test, TAP of node --test, pytest, cargo")
    void realRunners() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>();
        StringBuilder yaml = new StringBuilder();
        if (there("node")) {
            Files.writeString(temp.resolve("cart.test.js"), "const {test} = require('node:test'); const a = require('node:assert');\ntest('cart', async t => { await t.test('adds', () => {}); await t.test('rounds', () => a.equal(2, 3)); });\n"
                    + "test('alone', () => {}); test('later', {skip: true}, () => {});\n");
            yaml.append("node: {needs: [], command: node --test --test-reporter=tap cart.test.js}\n");
            expected.put("node", "failed 2/1/0/1");
        }
        if (there("pytest") && Run.command("pytest", "--version").go().exit() == 0) {
            Files.writeString(temp.resolve("test_cart.py"), "import pytest\ndef test_adds(): pass\ndef test_rounds(): assert 2 == 3\n@pytest.mark.skip\ndef test_later(): pass\n");
            yaml.append("pytest: {needs: [], command: pytest -q -p no:cacheprovider test_cart.py}\n");
            expected.put("pytest", "failed 1/1/0/1");
        }
        if (there("cargo") && Run.command("cargo", "--version").go().exit() == 0) {
            Files.createDirectories(temp.resolve("rust/src"));
            Files.writeString(temp.resolve("rust/Cargo.toml"), "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
            Files.writeString(temp.resolve("rust/src/lib.rs"), "#[test] fn adds() {}\n#[test] fn rounds() { assert_eq!(2, 3) }\n#[test] #[ignore] fn later() {}\n");
            yaml.append("cargo: {needs: [], folder: rust, command: cargo test --offline}\n");
            expected.put("cargo", "failed 1/1/0/1");
        }
        assumeTrue(there("mvn"), "mvn is not installed");
        Files.writeString(temp.resolve("pom.xml"), """
                <project><modelVersion>4.0.0</modelVersion><groupId>shop</groupId><artifactId>shop</artifactId><version>1</version>
                <properties><maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
                <dependencies><dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>5.12.2</version><scope>test</scope></dependency></dependencies>
                <build><plugins><plugin><artifactId>maven-surefire-plugin</artifactId><version>3.5.4</version></plugin></plugins></build></project>
                """);
        Files.createDirectories(temp.resolve("src/test/java"));
        Files.writeString(temp.resolve("src/test/java/CartTest.java"), "import org.junit.jupiter.api.*;\nclass CartTest { @Test void adds() {} @Test void rounds() { Assertions.assertEquals(3, 2); } @Disabled @Test void later() {} }\n");
        String init = run("--init").out();
        assertThat(init).contains("command: mvn -B test", "results: '**/target/surefire-reports/TEST-*.xml'");
        Files.writeString(temp.resolve(".run-tests.yaml"), init + yaml.toString().indent(2) + "  printed: {needs: [], command: mvn -B -o test}\n");
        expected.put("unit", "failed 1/1/0/1");
        expected.put("printed", "failed 1/1/0/1");
        Run.Result result = script("--format", "json").go();
        JsonNode document = json(result.out());
        assertThat(counts(document)).as(result.err()).isEqualTo(expected);
        expected.keySet().forEach(name -> assertThat(String.join(" ", strings(tier(document, name).path("failing")))).as(name).contains("rounds"));
    }

    private static boolean there(String command) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, command)));
    }

    @Test
    @DisplayName("a tier that reports success and ran nothing has failed, however it says so")
    void nothing() throws Exception {
        Map<String, String> nothing = new LinkedHashMap<>();
        nothing.put("silent", "command: 'true'");
        nothing.put("make", "command: \"echo make: Nothing to be done for \\\"'test'.\\\"\"");
        nothing.put("go", "command: '" + prints("go", "?   \tshop/cart\t[no test files]\nok  \tshop/order\t0.002s [no tests to run]\n") + "'");
        nothing.put("pytest", "command: echo '== no tests ran in 0.01s =='");
        nothing.put("summary", "command: echo 0 passed, 0 failed, 5 skipped");
        nothing.put("ginkgo", "command: '" + prints("ginkgo", "Ran 0 of 5 Specs in 0.001 seconds\nSUCCESS! -- 0 Passed | 0 Failed | 0 Pending | 5 Skipped\n") + "'");
        nothing.put("gradle", "command: 'echo \"> Task :test UP-TO-DATE\"'");
        nothing.put("stale", "command: echo BUILD SUCCESS\n  results: old.xml");
        nothing.put("named", "command: echo done\n  results: tap");
        Files.writeString(temp.resolve("old.xml"), "<testsuite><testcase name='a'/></testsuite>");
        tiers(nothing.entrySet().stream().map(e -> e.getKey() + ":\n  needs: []\n  " + e.getValue()).toArray(String[]::new));
        Run.Result result = run("--format", "json");
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        JsonNode document = json(result.out());
        assertThat(counts(document)).allSatisfy((name, counts) -> assertThat(counts).as(name).startsWith("ran_nothing 0/0/0/")).hasSameSizeAs(nothing.entrySet());
        assertThat(document.path("readiness").path("verdict").asString()).isEqualTo("NOT READY");
        assertThat(document.path("checked").path("tests").asInt()).isZero();
        assertThat(result.out()).contains("\"code\" : \"TIER_RAN_NOTHING\"", "none of the 1 files there is of this run", "no test ran: ?   \\tshop/cart\\t[no test files]");
    }

    // The incident -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the evening of the incident: the matrix, the readiness, the cause and its script; after the fix what changed, and READY")
    void incident() throws Exception {
        prints("integration", """
                [BeforeSuite] [FAILED] [2.131 seconds]
                  failed to update workflow status: ERROR: column "status_reason" of relation "remediation_workflow_catalog" does not exist (SQLSTATE 42703)
                  dial tcp 127.0.0.1:15433: connect: connection refused, again in a second
                A BeforeSuite node failed so all tests were skipped.
                Ran 0 of 164 Specs in 2.131 seconds
                FAIL! -- 0 Passed | 0 Failed | 0 Pending | 164 Skipped
                """.replace("  dial tcp", "  dialled"));
        Files.writeString(temp.resolve("state"), "1");
        tiers("unit: {command: 'echo 576 passed, 0 failed, 0 skipped'}", "integration: {command: 'cat integration.out; exit $(cat state)'}", "e2e: {command: 'echo 38 passed, 0 failed, 0 skipped', tests: 38}",
                "performance: {needs: integration, command: 'echo 4 passed, 0 failed, 0 skipped', tests: 4}");
        Run.Result before = run("--junit", "report.xml");
        assertThat(before.exit()).as(before.all()).isEqualTo(10);
        assertThat(before.out()).contains("""
                      tier          total  passed  failed  blocked  not run
                      unit            576     576       0        0        0  ✓ passed
                """.indent(0).stripTrailing()).containsPattern("integration +164 +0 +0 +164 +0  ✗ its set-up failed: a column is missing \\(42703\\) \\(jbang explain-error\\)").containsPattern("e2e +38 +0 +0 +38 +0  – blocked by integration").containsPattern("performance +4 +0 +0 +4 +0  – blocked by integration")
                .containsPattern("all +782 +576 +0 +206 +0\n").contains("all: 576 of 782 passed (73.7 %)", "✗ NOT READY", "TIER_BLOCKED  .run-tests.yaml:4", "TIER_FAILED  .run-tests/")
                .contains("jbang explain-error --source . --error - < .run-tests/", "no tier that ran now has run to its end before", "checked 2 tiers, 576 tests");
        assertThat(before.err()).contains("unit | 576 passed, 0 failed, 0 skipped", "integration | Ran 0 of 164 Specs");
        assertThat(Files.readString(temp.resolve("report.xml"))).contains("classname=\"TIER_FAILED\"", "<failure type=\"TIER_BLOCKED\"");
        assertThat(Files.readString(temp.resolve(".run-tests/.gitignore"))).isEqualTo("*\n");

        prints("integration", "Ran 164 of 164 Specs in 9.1 seconds\nSUCCESS! -- 164 Passed | 0 Failed | 0 Pending | 0 Skipped\n");
        Files.writeString(temp.resolve("state"), "0");
        Run.Result after = run("--format", "markdown");
        assertThat(after.exit()).as(after.all()).isZero();
        assertThat(after.out()).startsWith("# run-tests: sound").contains("integration failed before and passes now", "all: 782 of 782 passed (100.0 %)", "✓ READY");
        JsonNode kept = json(Files.readString(lastRun().resolve("results.json")));
        assertThat(kept.path("partial").asBoolean()).isFalse();
        assertThat(kept.path("readiness").path("verdict").asString()).isEqualTo("READY");
        assertThat(Files.readString(lastRun().resolve("integration.txt"))).contains("164 Passed");

        // A tier alone: those that it needs are taken as passed; what did not run is known from before, and READY it is not.
        Run.Result alone = run("--only", "e2e");
        assertThat(alone.exit()).as(alone.all()).isZero();
        assertThat(alone.out()).containsPattern("unit +576 +0 +0 +0 +576  – not named with --only").containsPattern("e2e +38 +38 +0 +0 +0  ✓ passed").contains("✗ NOT READY", "nothing changed");
        assertThat(run("--only", "e3e").err()).contains("--only e3e: .run-tests.yaml has no such tier, it has unit, integration, e2e, performance");
        assertThat(run("--list").out()).contains("performance: needs integration; at most 30m; counted by what it prints; 4 tests", "sound  checked 4 tiers");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            ERROR: column "x" does not exist at character 8 | SQL_COLUMN_MISSING
            no existe la columna «x» (SQLSTATE 42703) | SQL_COLUMN_MISSING
            code: '42703', position: '22' | SQL_COLUMN_MISSING
            pq: column "x" at column 22 (42703) | SQL_COLUMN_MISSING
            SqlState(E42703) | SQL_COLUMN_MISSING
            ERROR: record "new" has no field "x" | SQL_COLUMN_MISSING
            psycopg2.errors.UndefinedTable: relation "t" does not exist | SQL_TABLE_MISSING
            ERREUR: la relation « t » n'existe pas (SQLSTATE 42P01) | SQL_TABLE_MISSING
            Podman not available: exit status 125 | PODMAN_NOT_ANSWERING
            ERROR datastorage/main.go:63 CONFIG_PATH environment variable required (ADR-030) | CONFIG_PATH_UNSET
            failed to connect to `user=slm_user database=action_history`: [::1]:15433 (localhost): dial error | PORT_REFUSED
            Error: connect ECONNREFUSED 127.0.0.1:15433 | PORT_REFUSED
            Connection to localhost:15433 refused. Check that the hostname and port are correct | PORT_REFUSED
            listen tcp 127.0.0.1:15433: bind: address already in use | PORT_TAKEN
            LOG:  could not bind IPv4 address "127.0.0.1": Address already in use | PORT_TAKEN
            write /var/lib/x: disk quota exceeded | DISK_FULL
            NOTICE:  relation "t" does not exist, skipping |
            ERROR: constraint "c" of relation "t" does not exist |
            expected 42703 rows, got 125 |
            all 42P01 parts were shipped |
            """)
    @DisplayName("a known sign in what fails, in any language of the server")
    void signs(String line, String code) {
        Map<Signature, Signature.Seen> seen = new LinkedHashMap<>();
        Signature.look(line, 7, seen);
        assertThat(seen.keySet().stream().map(sign -> sign.code).toList()).isEqualTo(code == null ? List.of() : List.of(code));
        // What keeps everything from working goes before what it leads to, however often that is said.
        Signature.look("connection refused", 8, seen);
        Signature.look("connection refused", 9, seen);
        Signature.look("bind: address already in use", 10, seen);
        assertThat(Signature.causes(seen, List.of()).get(0).signature().ordinal()).isLessThanOrEqualTo(Signature.TAKEN.ordinal());
        assertThat(Signature.causes(seen, List.of("SQLSTATE 42703", "assert")).get(0).signature()).isEqualTo(Signature.COLUMN);
    }

    @Test
    @DisplayName("--retry tells flaky from failing; newly failing, newly passing, still failing, and what is gone; fewer tests than there should be")
    void retryAndComparison() throws Exception {
        Files.writeString(temp.resolve("run.sh"), """
                n=$(cat n 2>/dev/null || echo 0); n=$((n + 1)); echo $n > n
                case $MODE in
                flaky) [ $n = 1 ] && a='✗' || a='✓'; printf '%s sometimes\\n✗ always\\n✓ fine\\n' $a; [ $n = 1 ] && echo 1 passed, 2 failed, 0 skipped || echo 2 passed, 1 failed, 0 skipped; exit 1;;
                other) printf '✓ always\\n✗ sometimes\\n'; echo 1 passed, 1 failed, 0 skipped; exit 1;;
                once) [ $n = 1 ] && exit 1; echo it went well;;
                fine) printf '✓ sometimes\\n✓ fine\\n✓ always\\n'; echo 3 passed, 0 failed, 0 skipped;;
                esac
                """);
        tiers("unit: {command: sh run.sh, tests: 2}", "integration: {needs: [], command: echo 1 passed, 0 failed, 0 skipped}".replace("echo 1 passed, 0 failed, 0 skipped", "'echo 1 passed, 0 failed, 0 skipped'"));
        JsonNode first = retry("flaky", 10, "2");
        assertThat(counts(first)).containsEntry("unit", "failed 2/1/0/0");
        assertThat(strings(tier(first, "unit").path("failing"))).containsExactly("always");
        assertThat(strings(tier(first, "unit").path("flaky"))).containsExactly("sometimes");
        assertThat(Files.readString(temp.resolve("n")).strip()).as("attempts").isEqualTo("3");
        assertThat(lastRun()).isDirectoryContaining(file -> file.endsWith("unit.txt")).isDirectoryContaining(file -> file.endsWith("unit.2.txt")).isDirectoryContaining(file -> file.endsWith("unit.3.txt"));

        JsonNode second = retry("other", 10, "0");
        JsonNode comparison = second.path("comparison");
        assertThat(strings(comparison.path("newlyFailing"))).containsExactly("unit: sometimes");
        assertThat(strings(comparison.path("newlyPassing"))).containsExactly("unit: always");
        assertThat(strings(comparison.path("changes"))).containsExactly("unit: 3 tests before, 2 now");

        JsonNode third = retry("flaky", 10, "0");
        assertThat(strings(third.path("comparison").path("stillFailing"))).containsExactly("unit: sometimes");
        assertThat(strings(third.path("comparison").path("newlyFailing"))).containsExactly("unit: always");

        JsonNode fourth = retry("fine", 0, "0");
        assertThat(strings(fourth.path("comparison").path("newlyPassing"))).containsExactlyInAnyOrder("unit: sometimes", "unit: always");
        assertThat(counts(fourth)).containsEntry("unit", "passed 3/0/0/0");

        tiers("unit: {command: sh run.sh}", "integration: {needs: [], command: 'echo 1 passed, 0 failed, 0 skipped', tests: 2}");
        JsonNode fifth = retry("once", 10, "1");
        assertThat(strings(tier(fifth, "unit").path("flaky"))).containsExactly("(the command as a whole)");
        assertThat(tier(fifth, "unit").path("state").asString()).isEqualTo("passed");
        assertThat(counts(fifth)).containsEntry("integration", "failed 1/0/0/1");
        assertThat(tier(fifth, "integration").path("why").asString()).isEqualTo("1 tests that there should be did not run");
    }

    private JsonNode retry(String mode, int exit, String times) throws Exception {
        Files.deleteIfExists(temp.resolve("n"));
        Run.Result result = script("--format", "json", "--retry", times).with("MODE", mode).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        return json(result.out());
    }

    // Processes --------------------------------------------------------------------------------------------------------

    /** Processes of a tier: one in the background, one that has left the tree and, where there is a setsid, the session, one that ignores SIGTERM. */
    private static final String TREE = "sleep 3%1$d1 & ($(command -v setsid) sleep 3%1$d2 &) ; sh -c 'trap \"\" TERM; while :; do sleep 3%1$d3; done' & echo 2 passed, 0 failed, 0 skipped; echo started; sleep 3%1$d4";

    private static List<String> sleeping(int n) {
        return ProcessHandle.allProcesses().map(p -> p.info().commandLine().orElse("")).filter(line -> Pattern.compile("sleep 3" + n + "\\d\\b").matcher(line).find()).toList();
    }

    @Test
    @DisplayName("a time limit ends the whole tree of processes; what a tier leaves running is named, and ended at the end; the project's own containers are removed, never others")
    void limit() throws Exception {
        int n = (int) (ProcessHandle.current().pid() % 100_000) + 100_000;
        // A stand-in for podman: says what it was asked for, and which containers there are.
        Path bin = Files.createDirectory(temp.resolve("bin"));
        Files.writeString(bin.resolve("podman"), "#!/bin/sh\necho \"$@\" >> " + temp + "/asked\n[ $1 = ps ] && printf 'shop-postgres-test\\nshop-postgres-test-2\\nother\\n'\n[ \"$4\" != stays ] || { echo in use; exit 2; }\n");
        assertThat(bin.resolve("podman").toFile().setExecutable(true)).isTrue();
        Files.writeString(temp.resolve(".run-tests.yaml"), "containers: [shop-postgres-test, shop-redis-test]\ntiers:\n  slow:\n    timeout: 2s\n    command: |\n      " + TREE.formatted(n) + "\n"
                + "  next: {command: 'true'}\n  leaves:\n    needs: []\n    command: (sleep 3" + n + "5 >/dev/null 2>&1 &); echo 1 passed, 0 failed, 0 skipped\n");
        Files.writeString(temp.resolve(".run-tests.yaml"), Files.readString(temp.resolve(".run-tests.yaml")).replace("command: (sleep", "command: >\n      (sleep"));
        Run.Result result = script().with("PATH", bin + ":" + System.getenv("PATH")).go();
        assertThat(result.exit()).as(result.all()).isEqualTo(10);
        assertThat(sleeping(n)).isEmpty();
        assertThat(result.out()).containsPattern("slow +2 +2 +0 +0 +0  ✗ not done within 2s, all its processes were ended").containsPattern("next +\\? +0 +0 +0 +0  – blocked by slow")
                .contains("TIER_TIMEOUT", "TIER_LEFT_PROCESSES", "leaves left 1 processes running", "how many tests there are is not known of next", "✓ shop-postgres-test removed", "shop-redis-test is not there");
        assertThat(Files.readAllLines(temp.resolve("asked"))).as("before, and after the tier that was ended").containsExactly("ps -a --format {{.Names}}", "stop --time 5 shop-postgres-test", "rm -f -v shop-postgres-test",
                "ps -a --format {{.Names}}", "stop --time 5 shop-postgres-test", "rm -f -v shop-postgres-test");
    }

    @ParameterizedTest(name = "SIG{0}")
    @CsvSource({"TERM, 143", "INT, 130"})
    @DisplayName("ended in the middle: every process is gone, what was measured stands, marked partial; meanwhile a second run is refused")
    void ended(String signal, int exit) throws Exception {
        int n = (int) (ProcessHandle.current().pid() % 100_000) + (signal.equals("INT") ? 200_000 : 300_000);
        tiers("unit: {command: 'echo 5 passed, 0 failed, 0 skipped'}", "integration:\n  command: |\n    " + TREE.formatted(n), "e2e: {command: 'true', tests: 38}");
        Process process = script().inGroupOfItsOwn().start();
        DatastorageTest.until("integration has started", () -> sleeping(n).size() > 3);
        Run.Result second = run();
        assertThat(second.exit()).isEqualTo(3);
        assertThat(second.err()).contains("another run-tests is going on with .run-tests");
        assertThat(signal.equals("INT") ? Run.interrupt(process.pid()) : Run.signal(signal, process.pid())).isTrue();
        Run.Result result = Run.finish(process);
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(sleeping(n)).isEmpty();
        assertThat(result.all()).doesNotContain("Exception");
        assertThat(result.out()).contains("The matrix, partial: the run was ended before its end", "RUN_ENDED").containsPattern("unit +5 +5 ").containsPattern("integration +2 +2 +0 +0 +0  ✗ ended from outside").containsPattern("e2e +38 +0 +0 +0 +38  – the run was ended before");
        JsonNode kept = json(Files.readString(lastRun().resolve("results.json")));
        assertThat(kept.path("partial").asBoolean()).isTrue();
        assertThat(counts(kept)).containsExactly(Map.entry("unit", "passed 5/0/0/0"), Map.entry("integration", "ended 2/0/0/0"), Map.entry("e2e", "not_run 0/0/0/38"));
        assertThat(run("--only", "unit").exit()).as("the lock is free again").isZero();

        // What a run that was killed left running, the next one ends.
        Process killed = script("--only", "integration").start();
        DatastorageTest.until("integration has started", () -> sleeping(n).size() > 3);
        killed.destroyForcibly().waitFor();
        Run.Result next = run("--only", "unit");
        assertThat(next.err()).contains("run-tests: ending what a run that was killed left behind: ");
        assertThat(sleeping(n)).isEmpty();
    }

    @Test
    @DisplayName("secrets of the environment and hostile text come out of nothing: report, progress, kept files, JUnit")
    void secretsAndHostileText() throws Exception {
        prints("hostile", "::set-output name=x::y\n\u001b]0;title\u0007\u202Eevil\n✗ a \u001b[31mred\u001b[0m `name` ##[command]\n\0binary \u00ff\nurl postgres://u:pa55w0rd@h/db\nsecret=hunter2-of-pg token=tok-12345\n0 passed, 1 failed, 0 skipped");
        tiers("unit: {command: 'printf \"%s\\n\" \"$PGPASSWORD\" \"$MY_API_TOKEN\" \"$TIER_SECRET\"; cat hostile.out; exit 1', env: {TIER_SECRET: from-the-file}}");
        for (String format : List.of("text", "markdown", "json", "github")) {
            Run.Result result = script("--format", format, "--junit", "report.xml").with("PGPASSWORD", "hunter2-of-pg").with("MY_API_TOKEN", "tok-12345").go();
            assertThat(result.exit()).as(result.all()).isEqualTo(10);
            StringBuilder all = new StringBuilder(result.all() + Files.readString(temp.resolve("report.xml")));
            try (Stream<Path> files = Files.list(lastRun())) {
                for (Path file : files.toList()) {
                    all.append(Files.readString(file));
                }
            }
            assertThat(all.toString()).contains("a red `name`").doesNotContain("hunter2-of-pg", "tok-12345", "from-the-file", "pa55w0rd", "\u001b", "\u202E", "\u0007");
            if (format.equals("github")) {
                assertThat(result.all().lines().filter(line -> line.contains("::set-output") || line.contains("##[command]"))).isEmpty();
            }
        }
    }

    // The file ---------------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `tiers:⏎  unit: {command: "a"⏎` | `:3: this is not YAML: `
            `tiers:⏎⏎  unit: {comand: a}⏎` | `:3: tier unit has no key comand, it has command`
            `tiers:⏎  unit: {command: a, zzzzzzzz: b}⏎` | `:2: tier unit has no key zzzzzzzz: it has command, needs, timeout, results, tests, folder, env`
            `tiers:⏎  unit:⏎    timeout: 3m⏎` | `:3: tier unit has no command`
            `tiers:⏎  unit: {command: " "}⏎` | `:2: command wants a command of the shell`
            `tiers:⏎  unit: make⏎` | `:2: tier unit wants keys with values below it`
            `tiers:⏎  unit: {command: a}⏎  e2e: {command: a, needs: integration}⏎` | `:3: tier e2e needs integration, and no tier above it has this name`
            `tiers:⏎  unit: {command: a, timeout: soon}⏎` | `:2: timeout is soon: it wants a time such as 90s, 20m or 1h`
            `tiers:⏎  unit: {command: a, tests: 0}⏎` | `:2: tests is 0: it wants how many tests there are`
            `tiers:⏎  unit: {command: a, results: junit}⏎` | `:2: results is junit: it wants files that end in .xml or .json, or one of auto, exit, go, tap, ginkgo,`
            `tiers:⏎  unit: {command: a, folder: gone}⏎` | `:2: there is no folder `
            `tiers:⏎  unit: {command: a, env: {"A=B": c}}⏎` | `:2: A=B cannot be the name of a variable`
            `tiers:⏎  unit: {command: a}⏎  Unit: {command: a}⏎` | `:3: a tier's name is made of letters, digits, - and _, and no other tier has it; not Unit`
            `tiers:⏎  ../x: {command: a}⏎` | `:2: a tier's name is made of`
            `tiers:⏎  unit: {command: a, command: b}⏎` | `:2: command stands there twice`
            `containers: ["shop-*"]⏎tiers:⏎  unit: {command: a}⏎` | `:1: a container's name is shop-*: it wants the whole name of one container`
            `containers: ["--all"]⏎tiers:⏎  unit: {command: a}⏎` | `:1: a container's name is --all`
            `tier: {}⏎` | `:1: the file has no key tier, it has tiers`
            `tiers: {}⏎` | `:1: there are no tiers`
            `- a⏎` | `:1: the file wants keys with values below it`
            ` ` | ` is empty: it wants tiers, each with a command`
            `a: &a [*a, *a]⏎tiers: *a⏎` | `:1: the file has no key a`
            """)
    @DisplayName("a wrong file: one sentence, with the line")
    void wrongFile(String yaml, String sentence) throws Exception {
        Path file = Files.writeString(temp.resolve(".run-tests.yaml"), yaml.replace("⏎", "\n"));
        assertThatThrownBy(() -> read(file)).hasMessageContaining(sentence);
    }

    @Test
    @DisplayName("--init for each build tool; no file, a folder, an unreadable file, no project, wrong options: one sentence and an exit code")
    void initAndTrouble() throws Exception {
        one(3, "there is no .run-tests.yaml: run-tests --init writes one");
        one(3, "there is no Makefile with test targets, and no project of Maven, Gradle, npm, Go, Python, Cargo, Ruby, .NET, PHP or Elixir in .: write .run-tests.yaml yourself", "--init");
        refused(2, "--timeout is a time such as 90s, 20m or 1h, not soon", () -> call("--timeout", "soon"));
        refused(2, "--retry is a number of times", () -> call("--retry", "-1"));
        Path file = temp.resolve(".run-tests.yaml");
        tiers("unit: {comand: a}");
        refused(2, ".run-tests.yaml:2: tier unit has no key comand, it has command", () -> read(file));
        refused(2, ".run-tests.yaml is there already", () -> call("--init", "--file", file.toString()));
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        refused(3, ".run-tests.yaml cannot be read: not a text file", () -> read(file));
        Files.writeString(temp.resolve("file"), "");
        refused(3, "results cannot be kept in " + temp.resolve("file/x") + ": ", () -> History.open(temp.resolve("file/x")));
        Files.delete(file);
        Files.createDirectory(file);
        refused(2, "it is a folder", () -> read(file));
        Files.delete(file);

        assertThat(init("go.mod", "module shop\n", "cart_test.go", "package a\n", "test/integration/a_test.go", "//go:build integration\n\npackage a\n", "bench_test.go", "package a\nfunc BenchmarkX(b *testing.B) {}\n"))
                .contains("unit:\n    command: go test -json ./...\n    results: go", "integration:\n    command: go test -json -count=1 -tags integration ./test/integration", "performance:\n    command: 'go test -json -run ''^$'' -bench . ./...'");
        assertThat(init("Makefile", "X ::= y\nall test:: ## all\n\tcd a && go test ./...\ntest::\n\tx\n", "go.mod", "module m")).contains("unit:\n    command: make test\n");
        assertThat(init("go.mod", "module m", "b/go.mod", "module b", "b/b_test.go", "package b")).contains("command: 'go -C . test -json ./... && go -C ./b test -json ./...'\n");
        assertThat(init("pyproject.toml", "[tool.pytest.ini_options]", "tests/unit/test_a.py", "", "tests/integration/test_b.py", ""))
                .contains("unit:\n    command: python -m pytest tests/unit\n    results: pytest", "integration:\n    command: python -m pytest tests/integration\n");
        assertThat(init("setup.py", "", "uv.lock", "", "tests/e2e/test_b.py", "")).contains("unit:\n    command: uv run pytest --ignore=tests/e2e\n", "e2e:\n    command: uv run pytest tests/e2e\n");
        assertThat(init("Cargo.toml", "[package]", "tests/a.rs", "", "benches/b.rs", "")).contains("unit:\n    command: cargo test --lib --bins\n    results: cargo", "integration:\n    command: 'cargo test --test ''*'''\n", "performance:");
        assertThat(init("Gemfile", "gem 'rails'", "bin/rails", "", "test/system/a.rb", "")).contains("unit:\n    command: bin/rails test\n", "e2e:\n    command: bin/rails test:system\n");
        assertThat(init("a.csproj", "<x/>")).contains("dotnet test");
        assertThat(init("composer.json", "{}", "artisan", "")).contains("php artisan test");
        assertThat(init("package.json", "{\"scripts\": {\"test\": \"jest\", \"test:e2e\": \"x\", \"bench\": \"y\", \"build\": \"z\"}}")).contains("unit:\n    command: npm test\n", "e2e:\n    command: npm run test:e2e\n", "performance:\n    command: npm run bench\n").doesNotContain("build");
        assertThat(init("build.gradle.kts", "tasks.register<Test>(\"integrationTest\")", "gradlew", ""))
                .contains("unit:\n    command: ./gradlew --no-daemon cleanTest test\n    results: '**/build/test-results/test/*.xml'", "integration:\n    command: ./gradlew --no-daemon cleanIntegrationTest integrationTest\n");
        assertThat(init("pom.xml", "<project>maven-failsafe-plugin</project>", "mvnw", "")).contains("command: ./mvnw -B test", "command: ./mvnw -B verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false\n    results: '**/target/failsafe-reports/TEST-*.xml'");
        // A Makefile goes first; the order is that of the tiers, and the containers are those that are for tests by their name.
        assertThat(init("Makefile", "bench-datastorage:\n\tgo test -bench .\ntest-integration-datastorage:\n\tpodman run --name datastorage-redis-test redis\ntest-unit-datastorage: build\ntest-e2e-a:\ntest-e2e-b:\nX := test-unit\nbuild:\n",
                "docker-compose.test.yml", "services:\n  a:\n    container_name: \"datastorage-postgres-test\"\n  b:\n    container_name: production\n"))
                .contains("containers: [datastorage-postgres-test, datastorage-redis-test]\n").containsSubsequence("unit:\n    command: make test-unit-datastorage\n", "integration:\n    command: make test-integration-datastorage\n",
                        "e2e:\n    command: 'make test-e2e-a && make test-e2e-b'\n", "performance:\n    command: make bench-datastorage\n").doesNotContain("production");
        assertThat(run("--list").out()).contains("$ make test-unit-datastorage\n      unit: needs none; at most 30m", "removed before: datastorage-postgres-test, datastorage-redis-test", "sound  checked 4 tiers");
    }

    private static int call(String... arguments) throws Exception {
        RunTests tool = new RunTests();
        new CommandLine(tool).parseArgs(arguments);
        return tool.call();
    }

    private static Plan read(Path file) {
        return Plan.read(file, Duration.ofMinutes(1));
    }

    private static void refused(int exit, String sentence, ThrowableAssert.ThrowingCallable what) {
        assertThatThrownBy(what).isInstanceOf(Stop.class).hasMessageContaining(sentence).hasMessageNotContaining("\n").extracting(e -> ((Stop) e).exit).isEqualTo(exit);
    }

    private void one(int exit, String sentence, String... arguments) throws Exception {
        Run.Result result = run(arguments);
        assertThat(result.exit()).as(result.all()).isEqualTo(exit);
        assertThat(result.err()).startsWith("run-tests: ").contains(sentence).hasLineCount(1);
        assertThat(result.out()).isEmpty();
    }

    /** What --init writes and shows in a fresh project. */
    private String init(String... files) throws Exception {
        Files.deleteIfExists(temp.resolve(".run-tests.yaml"));
        for (int i = 0; i < files.length; i += 2) {
            Files.createDirectories(temp.resolve(files[i]).getParent());
            Files.writeString(temp.resolve(files[i]), files[i + 1]);
        }
        StringWriter shown = new StringWriter();
        CommandLine line = new CommandLine(new RunTests()).setOut(new PrintWriter(shown));
        assertThat(new Init(temp).write(line.getCommandSpec(), temp.resolve(".run-tests.yaml"))).isZero();
        assertThat(Files.readString(temp.resolve(".run-tests.yaml"))).isEqualTo(shown.toString());
        for (int i = 0; i < files.length; i += 2) {
            for (Path file = temp.resolve(files[i]); !file.equals(temp); file = file.getParent()) {
                if (!Files.isDirectory(file) || file.toFile().list().length == 0) {
                    Files.delete(file);
                }
            }
        }
        return shown.toString();
    }
}
