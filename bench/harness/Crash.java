//SOURCES ../../scripts/kit/report/Leftovers.java
//SOURCES ../../scripts/kit/report/Report.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES Node.java
//SOURCES Table.java
//SOURCES Target.java
//SOURCES Writers.java
//DEPS org.postgresql:postgresql:42.7.14
package bench.harness;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

import kit.report.Leftovers;
import kit.report.Report;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** What a crash takes: the server is killed in the middle of updates, started again on the same data, and each row is
 * asked for the last number that was acknowledged. A killed process loses what it had not handed to the system; a
 * machine that loses its power also loses what the system had not made durable, which is why fsync matters and cannot
 * be shown so. */
public final class Crash {
    private final Target target;
    private final Table table;
    private final PGSimpleDataSource source;
    private final Node node;

    public Crash(Target target, String schema) throws IOException {
        this.target = target;
        this.table = target.tables.get(schema);
        this.source = target.source(schema);
        this.node = Node.embedded(target.server);
    }

    public void show(Report report) throws Exception {
        for (String commit : List.of("on", "off")) {
            report.step("Kill the server in the middle of updates, synchronous_commit " + commit);
            table.restore();
            source.setOptions("-c synchronous_commit=" + commit);
            try (Writers writers = new Writers(source, table)) {
                Leftovers.pause(3000);
                report.run("kill -9 …   # every process of the server");
                node.kill();
                report.run("postgres -D …   # again, on the same data");
                report.say(String.format(Locale.ROOT, "it recovers in %.1f s", restart()));
                writers.untilAllWrite(60);
                writers.tell(report, commit.equals("on") ? null
                        : "what was acknowledged within the last moments (up to three times wal_writer_delay, 0.6 s) "
                                + "was never written",
                        "synchronous_commit is on");
            }
        }
    }

    private double restart() throws Exception {
        long began = System.nanoTime();
        node.start();
        if (!target.answers()) {
            throw Stop.unchecked("the server did not come back after it was killed: " + node.lastWords());
        }
        return (System.nanoTime() - began) / 1e9;
    }
}
