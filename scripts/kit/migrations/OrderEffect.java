//SOURCES ../postgres/Definitions.java
//SOURCES ../postgres/Difference.java
//SOURCES Failure.java
//SOURCES Replay.java
package kit.migrations;

import java.util.List;

import kit.postgres.Definitions;
import kit.postgres.Difference;

/** What it does to a database that files are applied in another order than that of their numbers.
 *
 * @param harmless whether nothing more fails and the end is the same
 * @param text     what happens, as a sentence */
record OrderEffect(boolean harmless, String text) {
    static OrderEffect of(Replay<Definitions> numbered, Replay<Definitions> other) {
        if (other.failures.size() > numbered.failures.size()) {
            Failure first = other.failures.get(0);
            return new OrderEffect(false, first.migration.name() + " then fails: " + first.getMessage());
        }
        List<Difference> differences = numbered.end().against(other.end());
        return differences.isEmpty() ? new OrderEffect(true, "both orders give the same schema: harmless")
                : new OrderEffect(false, differences.get(0).toString());
    }
}
