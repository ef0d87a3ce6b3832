//SOURCES Counter.java
//SOURCES Kind.java
//SOURCES Sums.java
//SOURCES Tally.java
//DEPS tools.jackson.core:jackson-databind:3.2.4
package kit.tiers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** go test, with -json, -v or neither. A test with subtests is counted by its subtests; a suite of Ginkgo's by its
 * specs. */
final class Go extends Counter {
    private static final Pattern RESULT = Pattern.compile("^( *)--- (PASS|FAIL|SKIP): (\\S+)"),
            BENCHMARK = Pattern.compile("^(Benchmark\\S+)\\s+\\d+\\s+[\\d.]+ ns/op");
    private static final Pattern PACKAGE = Pattern
            .compile("^(ok|FAIL|\\?)\\s+([A-Za-z][\\w.-]*(?:/\\S*)?)\\s+([\\d.]+m?s.*|\\(cached\\).*|\\[.*)$");
    private static final int TEXT_LINES = 200;
    private final JsonMapper mapper = JsonMapper.builder().build();
    private final Sums ginkgo;
    /** Package, test, verdict; while -v has not said yet which package it is, that is empty. */
    private final Map<String, Map<String, Tally.Verdict>> packages = new LinkedHashMap<>();
    private final Map<String, List<String>> said = new LinkedHashMap<>();
    private final Set<String> failedPackages = new LinkedHashSet<>();
    private final Set<String> suites = new LinkedHashSet<>();
    private final List<String> failureText = new ArrayList<>();
    private int suitesSeen;
    private int silent;

    Go(Sums ginkgo) {
        super(Kind.GO);
        this.ginkgo = ginkgo;
    }

    @Override
    public void line(String line) {
        Matcher m;
        if (line.startsWith("{") && line.contains("\"Action\":")) {
            event(line);
        } else if ((m = match(RESULT, line)) != null) {
            // The first result after a suite's sum is the test that started the suite.
            result("", m.group(3), verdict(m.group(2)), m.group(1).isEmpty() && ginkgo.sums > suitesSeen);
        } else if ((m = match(BENCHMARK, line)) != null) {
            result("", m.group(1), Tally.Verdict.PASS, false);
        } else if ((m = match(PACKAGE, line)) != null) {
            heard = true;
            Map<String, Tally.Verdict> tests = packages.remove("");
            packages.computeIfAbsent(m.group(2), any -> new LinkedHashMap<>()).putAll(tests == null ? Map.of() : tests);
            if (m.group(1).equals("FAIL")) {
                failedPackages.add(m.group(2));
            }
            silent += m.group(1).equals("ok") && tests == null && !m.group(3).contains("[no tests to run]") ? 1 : 0;
        }
    }

    private void result(String in, String name, Tally.Verdict verdict, boolean suite) {
        heard = true;
        Map<String, Tally.Verdict> tests = packages.computeIfAbsent(in, any -> new LinkedHashMap<>());
        if (suite) {
            suitesSeen = ginkgo.sums;
            suites.add(in);
        } else {
            tests.merge(name, verdict, (a, b) -> a == Tally.Verdict.FAIL ? a : b);
        }
    }

    private static Tally.Verdict verdict(String word) {
        return word.equalsIgnoreCase("pass") ? Tally.Verdict.PASS
                : word.equalsIgnoreCase("skip") ? Tally.Verdict.SKIP : Tally.Verdict.FAIL;
    }

    private void event(String line) {
        JsonNode event;
        try {
            event = mapper.readTree(line);
        } catch (JacksonException e) {
            return;
        }
        heard = true;
        String action = event.path("Action").asString("");
        String in = event.path("Package").asString("");
        String test = event.path("Test").asString("");
        if (action.equals("output")) {
            output(in, test, event.path("Output").asString("").stripTrailing());
        } else if (Set.of("pass", "fail", "skip").contains(action)) {
            List<String> lines = said.remove(in + " " + test);
            if (!test.isEmpty()) {
                result(in, test, verdict(action), suites.contains(in + " " + test));
            } else if (action.equals("fail")) {
                failedPackages.add(in);
            }
            if (action.equals("fail") && lines != null && failureText.size() < 10_000) {
                failureText.addAll(lines);
            }
        }
    }

    private void output(String in, String test, String line) {
        List<String> lines = said.computeIfAbsent(in + " " + test, any -> new ArrayList<>());
        lines.add(line);
        if (lines.size() > TEXT_LINES) {
            lines.remove(0);
        }
        int before = ginkgo.sums;
        ginkgo.line(ANSI.matcher(line).replaceAll(""));
        if (ginkgo.sums > before) {
            suites.add(in + " " + test);
        }
        Matcher m = match(BENCHMARK, line);
        if (m != null) {
            result(in, m.group(1), Tally.Verdict.PASS, false);
        }
    }

    @Override
    public Tally tally() {
        Tally tally = new Tally();
        packages.forEach((in, tests) -> count(tally, in, tests));
        for (String in : failedPackages) {
            if (!packages.getOrDefault(in, Map.of()).containsValue(Tally.Verdict.FAIL) && suites.stream()
                    .noneMatch(suite -> suite.isEmpty() || suite.equals(in) || suite.startsWith(in + " "))) {
                tally.count(in + " (the package: it does not build, or broke off)", Tally.Verdict.FAIL);
            }
        }
        tally.failureText.addAll(failureText);
        if (silent > 0) {
            tally.notes.add(
                    silent + " of the packages passed, and only with -v or -json go test says how many tests that is");
            // They ran; how many they were is not known.
            heard &= tally.ran() > 0;
        }
        return tally;
    }

    private static void count(Tally tally, String in, Map<String, Tally.Verdict> tests) {
        Set<String> parents = new LinkedHashSet<>();
        Set<String> explained = new LinkedHashSet<>();
        tests.forEach((name, verdict) -> {
            for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                parents.add(name.substring(0, slash));
                if (verdict == Tally.Verdict.FAIL) {
                    explained.add(name.substring(0, slash));
                }
            }
        });
        tests.forEach((name, verdict) -> {
            if (!parents.contains(name) || verdict == Tally.Verdict.FAIL && !explained.contains(name)) {
                tally.count((in + " " + name).strip(), verdict);
            }
        });
    }
}
