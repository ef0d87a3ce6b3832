//SOURCES Counter.java
//SOURCES Go.java
//SOURCES Kind.java
//SOURCES Sums.java
//SOURCES Tally.java
//SOURCES Tap.java
package kit.tiers;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All that may be in what a tier prints, or the one that the file names. */
public final class Counters {
    private final List<Counter> all = new ArrayList<>();

    public Counters(Kind kind) {
        Sums ginkgo = new Sums(Kind.GINKGO);
        Stream.concat(Stream.of(new Go(ginkgo), new Tap(), ginkgo),
                Stream.of(Kind.values()).filter(each -> each.sum != null && each != Kind.GINKGO).map(Sums::new))
                .filter(counter -> kind == Kind.AUTO || counter.kind == kind || counter == ginkgo && kind == Kind.GO)
                .forEach(all::add);
    }

    public synchronized void line(String line) {
        all.forEach(counter -> counter.line(line));
    }

    public synchronized Tally tally() {
        Tally sum = new Tally();
        for (Counter counter : all) {
            Tally tally = counter.tally();
            if (counter.heard) {
                sum.add(tally);
                sum.sources.add(counter.kind.words);
            } else {
                sum.notes.addAll(tally.notes);
            }
        }
        return sum;
    }

    String soFar() {
        Tally tally = tally();
        return tally.ran() > 0 ? ", " + tally.passed + " passed, " + tally.failed + " failed so far" : "";
    }
}
