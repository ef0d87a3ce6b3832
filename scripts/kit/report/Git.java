//SOURCES Stop.java
//SOURCES TextFiles.java
//SOURCES Where.java
package kit.report;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A commit of the repository in which a folder lies: its files, read from git's own store with nothing checked out,
 * and what is new since it. What stands in the way is one sentence: exit 2 where the reader has named what is not
 * there, 3 where this machine or this clone lacks something. */
public final class Git {
    private static final long LARGEST = 2 << 20;

    /** The commit as the reader has named it. */
    public final String rev;
    private final String option;
    private final Path root;
    private final String commit;

    private Git(String option, String rev, Path root, String commit) {
        this.option = option;
        this.rev = rev;
        this.root = root;
        this.commit = commit;
    }

    /** @param option where the reader has named the commit
     * @param near   a file or folder of the repository */
    public static Git at(String option, String rev, Path near) {
        Path dir = near.toAbsolutePath().normalize();
        dir = Files.isDirectory(dir) ? dir : dir.getParent();
        Said top = run(option, dir, "rev-parse", "--show-toplevel");
        if (top.exit != 0) {
            throw top.err.contains("dubious ownership")
                    ? Stop.unchecked(option + ": git does not trust " + Where.shown(dir)
                            + ", which belongs to somebody else: git config --global --add safe.directory " + dir)
                    : Stop.usage(option + " " + rev + ": " + Where.shown(dir) + " lies in no git repository");
        }
        Path root = Path.of(top.text().strip());
        Said commit = run(option, root, "rev-parse", "--verify", "--quiet", "--end-of-options", rev + "^{commit}");
        if (commit.exit != 0) {
            throw shallow(option, root)
                    ? Stop.unchecked(option + " " + rev + " is not in this clone, which is shallow: git fetch "
                            + "--unshallow (in CI: fetch-depth: 0, GIT_DEPTH: 0)")
                    : Stop.usage(option + " " + rev + " names no commit of " + Where.shown(root)
                            + ": is it fetched? git fetch origin");
        }
        return new Git(option, rev, root, commit.text().strip());
    }

    private static boolean shallow(String option, Path root) {
        return run(option, root, "rev-parse", "--is-shallow-repository").text().strip().equals("true");
    }

    /** The files that are otherwise in the working tree than where the commit's line and this one parted, and those
     * that git does not know yet, as they are shown. */
    public Set<String> changed() {
        Said base = run(option, root, "merge-base", commit, "HEAD");
        if (base.exit != 0) {
            throw Stop.unchecked(option + " " + rev + " and HEAD have no common ancestor in this clone"
                    + (shallow(option, root) ? ", which is shallow: git fetch --unshallow (in CI: fetch-depth: 0, "
                            + "GIT_DEPTH: 0)" : ": name a commit from which HEAD comes"));
        }
        Set<String> changed = new TreeSet<>();
        List<Said> lists = List.of(
                run(option, root, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", base.text().strip()),
                run(option, root, "ls-files", "--others", "--exclude-standard", "-z"));
        for (Said list : lists) {
            need(list);
            names(list).forEach(name -> changed.add(shown(name)));
        }
        return changed;
    }

    /** As it is shown in findings, whatever way leads to the repository. */
    private String shown(String name) {
        Path here = Where.here();
        try {
            Path real = here.toRealPath();
            return root.startsWith(real) || real.startsWith(root)
                    ? Where.shown(here.resolve(real.relativize(root.resolve(name)))) : Where.shown(root.resolve(name));
        } catch (IOException e) {
            return Where.shown(root.resolve(name));
        }
    }

    /** The commit's files below a place, each by its path below there ("" for a file itself); links, submodules and
     * what is larger than 2 MB are none. */
    public Map<String, byte[]> files(Path below, Predicate<String> wanted) {
        Path place = real(below);
        if (!place.startsWith(root)) {
            throw Stop.usage(option + " " + rev + ": " + Where.shown(below) + " lies outside of the repository "
                    + Where.shown(root));
        }
        String prefix = root.relativize(place).toString().replace('\\', '/');
        List<String> command = new ArrayList<>(List.of("ls-tree", "-r", "-l", "-z", "--full-tree", commit));
        if (!prefix.isEmpty()) {
            command.addAll(List.of("--", prefix));
        }
        Said tree = run(option, root, command.toArray(String[]::new));
        need(tree);
        Map<String, String> ids = new LinkedHashMap<>();
        for (String entry : names(tree)) {
            String[] what = entry.substring(0, entry.indexOf('\t')).split(" +");
            String path = entry.substring(entry.indexOf('\t') + 1);
            String name = path.equals(prefix) ? "" : path.substring(prefix.isEmpty() ? 0 : prefix.length() + 1);
            if (what[0].startsWith("100") && Long.parseLong(what[3]) <= LARGEST && wanted.test(path)) {
                ids.put(name, what[2]);
            }
        }
        return contents(ids);
    }

    /** A place that need not be there any more: as far as it is there, by its real path. */
    private static Path real(Path below) {
        Path whole = below.toAbsolutePath().normalize();
        for (Path at = whole; at != null; at = at.getParent()) {
            try {
                return at.toRealPath().resolve(at.relativize(whole));
            } catch (IOException e) {
                // The next one above.
            }
        }
        return whole;
    }

    private Map<String, byte[]> contents(Map<String, String> ids) {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        try {
            Process git = start(root, "cat-file", "--batch");
            CompletableFuture.runAsync(() -> ask(git, ids.values()));
            try (DataInputStream in = new DataInputStream(git.getInputStream())) {
                for (String name : ids.keySet()) {
                    String[] head = line(in).split(" ");
                    if (head.length != 3) {
                        throw Stop.unchecked(option + " " + rev + ": git lacks " + name + " of that commit: git fetch");
                    }
                    byte[] content = new byte[Integer.parseInt(head[2])];
                    in.readFully(content);
                    in.read();
                    contents.put(name, content);
                }
            } finally {
                git.destroy();
            }
            return contents;
        } catch (IOException e) {
            throw Stop.unchecked(option + " " + rev + ": git could not be read: " + TextFiles.trouble(e));
        }
    }

    private static void ask(Process git, Iterable<String> ids) {
        try (OutputStream out = git.getOutputStream()) {
            for (String id : ids) {
                out.write((id + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // Who reads the answers sees that there are none.
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    private record Said(int exit, byte[] out, String err) {
        String text() {
            return new String(out, StandardCharsets.UTF_8);
        }
    }

    private static List<String> names(Said said) {
        return Stream.of(said.text().split("\0")).filter(name -> !name.isEmpty()).toList();
    }

    private void need(Said said) {
        if (said.exit != 0) {
            throw Stop.unchecked(option + " " + rev + ": git says: " + said.err.strip().lines().findFirst().orElse(""));
        }
    }

    private static Process start(Path dir, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-c", "core.quotePath=false", "-C", dir.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder git = new ProcessBuilder(command);
        git.environment().putAll(Map.of("LC_ALL", "C", "GIT_OPTIONAL_LOCKS", "0", "GIT_TERMINAL_PROMPT", "0",
                "GIT_LITERAL_PATHSPECS", "1"));
        return arguments[0].equals("cat-file") ? git.redirectError(ProcessBuilder.Redirect.DISCARD).start()
                : git.start();
    }

    private static Said run(String option, Path dir, String... arguments) {
        try {
            Process git = start(dir, arguments);
            git.getOutputStream().close();
            var err = CompletableFuture.supplyAsync(() -> {
                try {
                    return new String(git.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    return "";
                }
            });
            byte[] out = git.getInputStream().readAllBytes();
            return new Said(git.waitFor(), out, err.join());
        } catch (IOException e) {
            throw Stop.unchecked(option + " needs git, which cannot be run here: is it on the PATH?");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Stop.unchecked(option + ": interrupted while git ran");
        }
    }
}
