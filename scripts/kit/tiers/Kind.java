package kit.tiers;

import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Whose words the counts are read from: the line with the sum, the names of what fails and, where they are printed, of
 * what passes, and what these names belong to. */
public enum Kind {
    AUTO("what it prints"), EXIT("its exit status"), GO("go test"), TAP("TAP"),
    GINKGO("Ginkgo", "^(SUCCESS!|FAIL!).*\\d+ Passed \\| \\d+ Failed \\|.*\\d+ Skipped",
            "^\\s*\\[(?:FAIL|Fail|PANICKED!?|TIMEDOUT|INTERRUPTED)\\] (.*)$", null, null),
    PYTEST("pytest",
            "^=* ?(\\d+ (failed|passed|skipped|deselected|xfailed|xpassed|warnings?|errors?|rerun)\\b.*|no tests "
                    + "ran) in [\\d.]+s\\b",
            "^(?:FAILED|ERROR) (\\S+\\.py(?:::[^\\s\\[]+(?:\\[.*?\\])?)?)(?: - .*)?$", null, null),
    JEST("Jest", "^Tests: +.*\\d+ total", "^ {0,4}● (?!Console)(.*\\S)\\s*$", null, "^(?:PASS|FAIL) (\\S+)"),
    CARGO("cargo test", "^test result: (ok|FAILED)\\. ", "^test (.+?)(?: - should panic)? \\.\\.\\. FAILED",
            "^test (.+?)(?: - should panic)? \\.\\.\\. ok", "^ *(?:Running(?: unittests)?|Doc-tests) (\\S+)"),
    SUREFIRE("Surefire",
            "^(\\[\\w+\\] )?Tests run: \\d+, Failures: \\d+, Errors: \\d+, Skipped: \\d+(, Flakes: \\d+)?\\s*$",
            "^\\[ERROR\\] {2,4}([\\w$]+(?:[.>-]+[\\w$]+)+)(?:\\([^)]*\\))?(?:[: ].*)?$", null, null),
    SUMMARY("“N passed, N failed, N skipped”", "^\\d+ passed, \\d+ failed, \\d+ skipped$", "^✗ (.*)$",
            "^✓ (.*?)(?:: \\d+ s)?$", null);

    final String words;
    final Pattern sum;
    final Pattern failing;
    final Pattern passing;
    final Pattern context;

    Kind(String words) {
        this(words, null, null, null, null);
    }

    Kind(String words, String sum, String failing, String passing, String context) {
        this.words = words;
        this.sum = sum == null ? null : Pattern.compile(sum);
        this.failing = failing == null ? null : Pattern.compile(failing);
        this.passing = passing == null ? null : Pattern.compile(passing);
        this.context = context == null ? null : Pattern.compile(context);
    }

    static Optional<Kind> named(String name) {
        return Stream.of(values()).filter(kind -> kind.name().equalsIgnoreCase(name)).findFirst();
    }
}
