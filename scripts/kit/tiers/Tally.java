package kit.tiers;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** How many tests ran, and as far as they are known their names. */
public final class Tally {
    /** What became of a test. */
    enum Verdict {
        PASS, FAIL, SKIP
    }

    public long passed;
    public long failed;
    public long skipped;
    /** Could not run, since what comes before all of them failed. */
    public long blocked;
    /** Announced, and not come to. */
    public long missing;
    /** Why the counts cannot be trusted. */
    String broken;
    Set<String> names;
    public final Set<String> failing = new LinkedHashSet<>();
    final Set<String> flaky = new LinkedHashSet<>();
    final List<String> failureText = new ArrayList<>();
    public final List<String> sources = new ArrayList<>();
    public final List<String> notes = new ArrayList<>();

    long ran() {
        return passed + failed;
    }

    void count(String name, Verdict verdict) {
        switch (verdict) {
            case PASS -> passed++;
            case SKIP -> skipped++;
            case FAIL -> {
                failed++;
                failing.add(name);
            }
        }
        if (names == null) {
            names = new LinkedHashSet<>();
        }
        names.add(name);
    }

    void add(Tally other) {
        // Only where all names are known does a name that is absent say anything.
        names = sources.isEmpty() ? other.names
                : names == null || other.names == null ? null : new LinkedHashSet<>(names);
        if (names != null) {
            names.addAll(other.names);
        }
        passed += other.passed;
        failed += other.failed;
        skipped += other.skipped;
        blocked += other.blocked;
        missing += other.missing;
        failing.addAll(other.failing);
        flaky.addAll(other.flaky);
        failureText.addAll(other.failureText);
        sources.addAll(other.sources);
        notes.addAll(other.notes);
    }
}
