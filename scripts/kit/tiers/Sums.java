//SOURCES Counter.java
//SOURCES Kind.java
//SOURCES Tally.java
package kit.tiers;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A runner that ends with its sum, such as "3 failed, 10 passed, 1 skipped in 0.12s". */
final class Sums extends Counter {
    private static final Pattern NUMBER = Pattern.compile(
            "(\\d{1,9}) (passed|measured|xpassed|failed|errors?|skipped|pending|ignored|todo|xfailed)\\b",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern SUREFIRE = Pattern
            .compile("Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+), Skipped: (\\d+)");
    private static final String BROKEN = "Test suite failed to run";
    private final Tally tally = new Tally();
    private String context = "";
    private boolean setUpFailed;
    int sums;

    Sums(Kind kind) {
        super(kind);
    }

    @Override
    public void line(String line) {
        Matcher m;
        if (match(kind.sum, line) != null) {
            heard = true;
            sums++;
            sum(line);
            setUpFailed = false;
        } else if ((m = match(kind.context, line)) != null) {
            context = m.group(1) + " › ";
        } else if ((m = match(kind.failing, line)) != null) {
            // Jest counts a file that does not run among its files only.
            tally.failed += tally.failing.add(context + m.group(1)) && kind == Kind.JEST && m.group(1).equals(BROKEN)
                    ? 1
                    : 0;
        } else if ((m = match(kind.passing, line)) != null) {
            tally.names = tally.names == null ? new LinkedHashSet<>() : tally.names;
            tally.names.add(context + m.group(1));
            if (tally.failing.remove(context + m.group(1))) {
                tally.flaky.add(context + m.group(1));
            }
        } else if (kind == Kind.GINKGO && line.contains("BeforeSuite") && line.contains("so all tests were skipped")) {
            setUpFailed = true;
        }
    }

    private void sum(String line) {
        Matcher surefire = match(SUREFIRE, line);
        // The other way round: "Tests run: 5, Failures: 1, Errors: 0, Skipped: 1".
        String words = surefire == null ? line
                : surefire.group(2) + " failed, " + surefire.group(3) + " errors, " + surefire.group(4) + " skipped";
        long before = tally.ran() + tally.skipped;
        NUMBER.matcher(words).results().forEach(m -> {
            long n = Long.parseLong(m.group(1));
            switch (m.group(2).toLowerCase(Locale.ROOT)) {
                case "passed", "measured", "xpassed" -> tally.passed += n;
                case "failed", "error", "errors" -> tally.failed += n;
                default -> {
                    tally.skipped += setUpFailed ? 0 : n;
                    tally.blocked += setUpFailed ? n : 0;
                }
            }
        });
        tally.passed += surefire == null ? 0
                : Long.parseLong(surefire.group(1)) - (tally.ran() + tally.skipped - before);
    }

    @Override
    public Tally tally() {
        Tally copy = new Tally();
        copy.add(tally);
        return copy;
    }
}
