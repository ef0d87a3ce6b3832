//SOURCES Kind.java
package kit.tiers;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What one tier is.
 *
 * @param line   where it stands in the file, from 1
 * @param folder where its command runs
 * @param limit  after which its processes are ended
 * @param files  patterns of the files that its runner writes; none where what it prints is counted
 * @param tests  how many there should be; 0 where the file does not say */
public record Tier(String name, int line, String command, Path folder, Map<String, String> env, List<String> needs,
        Duration limit, List<String> files, Kind kind, int tests) {
    public String countedBy() {
        return files.isEmpty() ? kind.words : String.join(", ", files);
    }
}
