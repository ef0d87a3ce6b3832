//SOURCES ../../scripts/kit/report/RunFolder.java
//SOURCES Measured.java
package bench.harness;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

import kit.report.RunFolder;

/** What the disk under the server takes to make 8 kB durable; known only where its data lie on this machine. */
public final class Probe {
    private static final int SYNCS = 200;
    private final boolean here;

    public Probe(boolean here) {
        this.here = here;
    }

    /** Milliseconds of one sync, the median of two hundred; null where the disk is another machine's. */
    public Double millis() throws IOException {
        if (!here) {
            return null;
        }
        try (FileChannel file = FileChannel.open(RunFolder.get().resolve("fsync-probe"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            ByteBuffer page = ByteBuffer.allocate(8192);
            List<Double> took = new ArrayList<>();
            for (int i = 0; i < SYNCS; i++) {
                page.clear();
                long began = System.nanoTime();
                file.write(page, 0);
                file.force(false);
                took.add((System.nanoTime() - began) / 1e6);
            }
            return Measured.median(took.stream());
        }
    }
}
