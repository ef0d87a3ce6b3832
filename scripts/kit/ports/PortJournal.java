//SOURCES ../report/Leftovers.java
//SOURCES PortChange.java
//SOURCES ../report/Stop.java
//SOURCES ../report/TextFiles.java
//SOURCES ../report/Where.java
package kit.ports;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import kit.report.Leftovers;
import kit.report.Stop;
import kit.report.TextFiles;
import kit.report.Where;

/** What an --apply replaced, kept in .check-ports/ until it is undone; the files change all or none. */
public final class PortJournal {
    public static final String FOLDER = ".check-ports";
    private static final String READY = "ready";
    private static final String DONE = "done";

    /** A run that was killed in the middle is named before anything else is changed. */
    public static void refuseHalfDone(Path root) throws IOException {
        for (Path entry : entries(root)) {
            if (!Files.exists(entry.resolve(DONE))) {
                throw Stop.usage("an --apply was cut off in " + Where.shown(root) + ": check-ports --undo "
                        + Where.shown(root) + " brings the files back");
            }
        }
    }

    private static List<Path> entries(Path root) throws IOException {
        if (!Files.isDirectory(root.resolve(FOLDER))) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(root.resolve(FOLDER))) {
            return all.filter(p -> p.getFileName().toString().matches("\\d+"))
                    .sorted(Comparator.comparing(p -> Integer.parseInt(p.getFileName().toString()))).toList();
        }
    }

    /** Makes the changes, all or none. */
    public static void apply(Path root, List<PortChange> changes) throws IOException {
        List<Path> entries = entries(root);
        int last = entries.isEmpty() ? 0
                : Integer.parseInt(entries.get(entries.size() - 1).getFileName().toString());
        if (changes.isEmpty()) {
            return;
        }
        for (PortChange change : changes) {
            if (change.before() != null
                    && !Arrays.equals(Files.readAllBytes(change.path()), change.before().getBytes(change.charset()))) {
                throw Stop.unchecked(
                        Where.shown(change.path()) + " was changed while this ran: nothing was written; run it again");
            }
            if (change.before() != null && !Files.isWritable(change.path())
                    || !Files.isWritable(change.path().getParent())) {
                throw Stop.unchecked(
                        Where.shown(change.path()) + " may not be written by this user: nothing was written");
            }
        }
        Path entry = Files.createDirectories(root.resolve(FOLDER)).resolve(String.valueOf(last + 1));
        try {
            keep(root, changes, entry);
        } catch (IOException e) {
            Leftovers.delete(entry);
            throw Stop.unchecked("could not keep what was there in " + Where.shown(entry) + ": " + TextFiles.trouble(e)
                    + "; nothing was written");
        }
        Path next = entry.resolve("after");
        try {
            for (PortChange change : changes) {
                replace(next.resolve(root.relativize(change.path())), change.path());
            }
        } catch (IOException e) {
            undo(root);
            throw Stop.unchecked("could not write " + TextFiles.trouble(e) + ": every file is as it was");
        }
        Files.writeString(entry.resolve(DONE), "");
    }

    /** What is kept, first; whole, before the first file changes. */
    private static void keep(Path root, List<PortChange> changes, Path entry) throws IOException {
        Path kept = Files.createDirectories(entry.resolve("before"));
        Path next = Files.createDirectories(entry.resolve("after"));
        for (PortChange change : changes) {
            Path relative = root.relativize(change.path());
            if (change.before() != null) {
                Files.createDirectories(kept.resolve(relative).getParent());
                Files.copy(change.path(), kept.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
            }
            Files.createDirectories(next.resolve(relative).getParent());
            Files.write(next.resolve(relative), change.after().getBytes(change.charset()));
        }
        Files.writeString(entry.resolve(READY), "");
    }

    /** Whole or not at all, and with the permissions of what is replaced. */
    private static void replace(Path with, Path file) throws IOException {
        Path half = half(file);
        Files.copy(with, half, StandardCopyOption.REPLACE_EXISTING);
        if (Files.exists(file) && file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(half, Files.getPosixFilePermissions(file));
        }
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Path half(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".check-ports");
    }

    /** Puts back what the last --apply replaced, unless someone has edited it since: then nothing is touched. */
    public static List<Path> undo(Path root) throws IOException {
        List<Path> entries = entries(root);
        if (entries.isEmpty()) {
            throw Stop.usage("nothing was applied in " + Where.shown(root) + ": there is nothing to undo");
        }
        Path entry = entries.get(entries.size() - 1);
        Path before = entry.resolve("before");
        Path after = entry.resolve("after");
        List<Path> files = List.of();
        // Cut off before it was ready, it has changed nothing.
        if (Files.exists(entry.resolve(READY))) {
            try (Stream<Path> all = Files.walk(after)) {
                files = all.filter(Files::isRegularFile).map(after::relativize).sorted().toList();
            }
        }
        for (Path file : files) {
            byte[] now = Files.exists(root.resolve(file)) ? Files.readAllBytes(root.resolve(file)) : null;
            boolean isOld = now == null ? !Files.exists(before.resolve(file))
                    : Files.exists(before.resolve(file))
                            && Arrays.equals(now, Files.readAllBytes(before.resolve(file)));
            if (!isOld && (now == null || !Arrays.equals(now, Files.readAllBytes(after.resolve(file))))) {
                throw Stop.usage(Where.shown(root.resolve(file)) + " was edited after --apply: nothing was undone; "
                        + "what it was is in " + Where.shown(before.resolve(file)));
            }
        }
        for (Path file : files) {
            Files.deleteIfExists(half(root.resolve(file)));
            if (Files.exists(before.resolve(file))) {
                replace(before.resolve(file), root.resolve(file));
            } else {
                Files.deleteIfExists(root.resolve(file));
            }
        }
        Leftovers.delete(entry);
        if (entries.size() == 1) {
            Leftovers.delete(root.resolve(FOLDER));
        }
        return files.stream().map(root::resolve).toList();
    }
}
