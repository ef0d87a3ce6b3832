//SOURCES Hello.java
//SOURCES ScriptFigures.java
//SOURCES ScriptRun.java
package bench.harness;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A script with what was measured of it. */
public record ScriptSubject(String alias, Path script, ScriptSubject.Task task, List<ScriptFigures.Pair> warm,
        List<ScriptFigures.Pair> cold) {

    public ScriptSubject(String alias, Path script, ScriptSubject.Task task) {
        this(alias, script, task, new ArrayList<>(), new ArrayList<>());
    }

    public String command() {
        return (alias + " " + String.join(" ", task.arguments)).strip();
    }

    public Map<String, ScriptFigures> figures() {
        Map<String, ScriptFigures> figures = new LinkedHashMap<>();
        figures.put("warm", ScriptFigures.of(warm, ScriptRun::seconds));
        figures.put("cold", ScriptFigures.of(cold, ScriptRun::seconds));
        figures.put("memory", memory());
        return figures;
    }

    public ScriptFigures memory() {
        return ScriptFigures.of(
                warm.stream().filter(pair -> pair.run().megabytes() > 0 && pair.hello().megabytes() > 0).toList(),
                ScriptRun::megabytes);
    }

    /** What a script is asked, and the exit codes with which it then ends. */
    public record Task(Hello hello, List<String> arguments, Set<Integer> exits) {
        public Task(Hello hello, String arguments, Integer... exits) {
            this(hello, arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")),
                    exits.length == 0 ? Set.of(0) : Set.of(exits));
        }
    }
}
