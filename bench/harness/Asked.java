//SOURCES ../../scripts/kit/postgres/Server.java
//SOURCES ../../scripts/kit/report/Stop.java
//SOURCES Variant.java
//DEPS info.picocli:picocli:4.7.7
package bench.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import kit.postgres.Server;
import kit.report.Stop;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a command line asks for that uses a server with the table of the benchmarks. */
public final class Asked {
    /** So many clients have rows of their own. */
    public static final int MOST_CLIENTS = 32;

    @Mixin
    public Server.Options server;
    @Option(names = "--schema", split = ",", paramLabel = "NAME", defaultValue = "base",
            description = "Variants of the schema, measured in turn: base, no-status-index, hot, fillfactor80, "
                    + "hot-fillfactor80, side-table, thirteen-indexes, no-trigger, or a file of SQL (default: "
                    + "${DEFAULT-VALUE}).")
    public List<String> schemas;
    @Option(names = "--fast-and-loose",
            description = "Measure also where writes are not durable (fsync off); every output says so.")
    public boolean fastAndLoose;
    @Option(names = "--rows", paramLabel = "N", defaultValue = "2048",
            description = "How many rows the table has (default: ${DEFAULT-VALUE}, at least 512).")
    public int rows;
    @Option(names = "--pin",
            description = "The server on the first processor, the clients on the others (Linux, embedded server).")
    public boolean pin;
    @Option(names = "--out", paramLabel = "DIR", defaultValue = "bench-results",
            description = "Where the results go (default: ${DEFAULT-VALUE}).")
    public Path out;
    public boolean quick;
    public boolean full;
    /** The whole command line, as results show it. */
    public String command;

    /** Refuses what cannot be done, before anything is started. */
    public void check() {
        if (quick && full) {
            throw Stop.usage("--quick and --full exclude each other: give one of them");
        }
        if (rows < 512) {
            throw Stop.usage("--rows " + rows + " is too few: 32 clients with 16 rows each want at least 512");
        }
        schemas.forEach(Variant::of);
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw Stop.usage("--out " + out + " is a file: give a folder");
        }
    }
}
