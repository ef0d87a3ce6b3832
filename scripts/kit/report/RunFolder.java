//SOURCES Leftovers.java
//SOURCES Stop.java
package kit.report;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The one temp folder of a run. The lock file beside it is held while the run lives, whatever ends it, so a later run
 * can tell a folder whose owner is gone, stop the server left in it, and remove it. */
public final class RunFolder {
    private static Path folder;
    /** Kept, for a channel that is garbage gives its lock back, and another run would remove this one's folder. */
    private static FileChannel owned;
    private static volatile boolean ending;
    private static boolean ended;
    private static boolean hooked;
    private static boolean durable;
    private static final List<AutoCloseable> LAST = new ArrayList<>();

    private RunFolder() {
    }

    /** The run is being ended from outside (Ctrl-C, SIGTERM): what fails now fails because of that. */
    public static boolean ending() {
        return ending;
    }

    /** From now on what lies in the folder must outlive the machine's memory. */
    public static void durable() {
        durable = true;
    }

    /** The folder, made at the first call, when what killed runs have left is removed; mode 700, gone when the run
     * ends. */
    public static synchronized Path get() throws IOException {
        if (folder == null) {
            // First, so that a signal in the middle of this finds who waits for what is made here, and removes it.
            hook();
            for (Path place : places()) {
                Path home = home(place);
                makeOwn(home);
                Leftovers.removeFrom(home);
                folder = folder == null ? create(home) : folder;
            }
        }
        return folder;
    }

    /** The user's folder in a folder that all may write to. Who has no name in the password file has a number. */
    public static Path home(Path place) {
        String name = System.getProperty("user.name", "?");
        if (!name.matches("[\\w.@+-]+")) {
            name = uid().map(String::valueOf)
                    .orElseGet(() -> System.getProperty("user.home", "?").replaceAll("\\W+", "_"));
        }
        return place.resolve("datastorage-runbooks-" + name);
    }

    /** What lies in it is run, and holds passwords: a link or a folder that another user has put there is not used. */
    private static void makeOwn(Path home) throws IOException {
        if (!Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(home.getParent());
            try {
                Files.createDirectory(home);
            } catch (FileAlreadyExistsException e) {
                // Another run was quicker.
            }
        }
        boolean own = Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS);
        Optional<Object> mine = uid();
        own &= mine.isEmpty() || mine.equals(uid(home));
        if (!own) {
            throw Stop.unchecked(home + " is not this user's own folder: remove it, or set another temp folder with"
                    + " JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=…");
        }
        restrict(home);
    }

    /** The number of this user, who owns this process; /proc/self is a link, which is root's. None where there is
     * no such thing. */
    public static Optional<Object> uid() {
        return uid(Path.of("/proc/" + ProcessHandle.current().pid()));
    }

    /** The number of the owner; none where files have no such thing. */
    private static Optional<Object> uid(Path file) {
        try {
            return Optional.of(Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static void hook() {
        if (!hooked) {
            Runtime.getRuntime().addShutdownHook(new Thread(RunFolder::end));
            hooked = true;
        }
    }

    /** In memory where there is plenty, nobody has chosen a place and nothing must be durable, for a server of seconds
     * is bound by its disk; else the temp folder. */
    private static List<Path> places() throws IOException {
        Path temp = Path.of(System.getProperty("java.io.tmpdir"));
        Path memory = Path.of("/dev/shm");
        boolean roomy = !durable && temp.equals(Path.of("/tmp")) && Files.isWritable(memory)
                && Files.getFileStore(memory).getUsableSpace() > 1L << 30;
        return roomy ? List.of(memory, temp) : List.of(temp);
    }

    /** Runs when the script ends, also by a signal, before the folder is removed; the last that came runs first. It
     * needs no folder: a full disk is not in its way. */
    public static synchronized void atEnd(AutoCloseable last) {
        hook();
        if (ended) {
            // What is made while the JVM is going down would be missed.
            close(last);
        } else {
            LAST.add(0, last);
        }
    }

    private static void close(AutoCloseable last) {
        try {
            last.close();
        } catch (Exception e) {
            System.err.println("could not clean up: " + e.getMessage());
        }
    }

    private static void restrict(Path dir) throws IOException {
        if (dir.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
        }
    }

    private static Path create(Path home) throws IOException {
        Path made = home.resolve(ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36));
        Path lock = Leftovers.lockOf(made);
        owned = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        owned.lock();
        if (!Files.exists(lock)) {
            return create(home);
        }
        return Files.createDirectory(made);
    }

    private static void end() {
        ending = true;
        synchronized (RunFolder.class) {
            LAST.forEach(RunFolder::close);
            ended = true;
            if (folder != null && Leftovers.sweep(folder)) {
                Leftovers.delete(Leftovers.lockOf(folder));
            }
        }
    }
}
