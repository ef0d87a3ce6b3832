//SOURCES ConfigCheck.java
//SOURCES ConfigFindings.java
//SOURCES ConfigRules.java
//SOURCES Launch.java
//SOURCES Mount.java
//SOURCES Near.java
//SOURCES ShellWords.java
//SOURCES ../report/Where.java
package kit.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import kit.report.Where;

/** Whether what starts the service sets the variable, and mounts the file where the variable points. */
public final class ConfigMounts {
    private final ConfigFindings findings;
    private final ConfigRules rules;
    private final Path file;
    /** What starts it in a container, with the variable set. */
    private final List<Launch> containers = new ArrayList<>();

    /** @param check of the file that is to be found where the variable points */
    public ConfigMounts(ConfigCheck check) {
        this.findings = check.findings;
        this.rules = check.rules;
        this.file = check.file;
    }

    /** Checks each place of these that starts the service.
     *
     * @param searched where they were found; null is a command, which is the service's own */
    public void check(List<Launch> found, Path searched) {
        List<Launch> launches = found.stream().filter(launch -> searched == null || launch.isOf(rules)).toList();
        if (launches.isEmpty()) {
            findings.error("CONFIG_PATH_UNSET", Where.of(searched, 0),
                    "nothing in " + Where.shown(searched) + " starts " + rules.service() + ": none sets "
                            + rules.variable() + ", mounts anything below /etc/" + rules.service()
                            + ", or runs an image of that name",
                    "");
        }
        launches.forEach(this::launch);
    }

    private void launch(Launch launch) {
        findings.report.checked("starts", 1);
        String at = launch.environment.get(rules.variable());
        if (at == null || at.isEmpty()) {
            findings.error("CONFIG_PATH_UNSET", launch.where, launch.what + " does not set " + rules.variable(),
                    "", "# add "
                            + launch.kind.variable.formatted(rules.variable(),
                                    "/etc/" + rules.service() + "/config.yaml"));
            return;
        }
        if (ShellWords.unknown(at)) {
            findings.report.skipped(launch.name(), rules.variable() + " is " + at + ", which only the run knows");
            return;
        }
        findings.report.good(launch.name() + " sets " + rules.variable() + "=" + at);
        if (!launch.container) {
            return;
        }
        launch.learn(at, file);
        containers.add(launch);
        Path found = mounted(launch, at, rules.variable() + " points at " + at, Where.shown(file));
        if (found != null && Files.isRegularFile(found) && !same(found, file)) {
            findings.warning("CONFIG_MOUNT", launch.where,
                    "the file that is mounted is " + Where.shown(found) + ", not " + Where.shown(file), "");
        }
    }

    private static boolean same(Path a, Path b) {
        try {
            return Files.isSameFile(a, b);
        } catch (IOException e) {
            return false;
        }
    }

    /** The file of this machine that lies behind a path of the container, or null after the finding that says why there
     * is none. */
    private Path mounted(Launch launch, String path, String what, String here) {
        if (!path.startsWith("/")) {
            findings.error("CONFIG_MOUNT", launch.where,
                    what + ", which is relative: where it points depends on the image's working folder", "");
            return null;
        }
        Mount mount = launch.over(path);
        if (mount == null) {
            String near = Near.of(path, launch.mounts.stream().map(Mount::target).toList());
            findings.error("CONFIG_MOUNT", launch.where,
                    what + ", and " + launch.what + " mounts nothing there",
                    near == null ? "" : "it mounts something on " + near,
                    "# add " + launch.kind.mount.formatted(here, path));
            return null;
        }
        findings.report.checked("mounts", 1);
        if (mount.source().isEmpty()) {
            return null; // A ConfigMap or a Secret, which the cluster has
        }
        if (ShellWords.unknown(mount.source())) {
            findings.skippedOnce(launch.name(),
                    "the mount on " + mount.target() + " is of " + mount.source() + ", which only the run knows");
            return null;
        }
        if (!mount.source().contains("/") && !mount.source().startsWith(".") && !mount.source().startsWith("~")) {
            findings.error("CONFIG_MOUNT", mount.where(),
                    mount.source() + " without a / is the name of a volume, which is empty at first, and no file", "",
                    "# write ./" + mount.source());
            return null;
        }
        if (!mount.source().startsWith("/") && !mount.source().startsWith("~") && launch.kind == Launch.Kind.COMMAND) {
            findings.warning("CONFIG_MOUNT", mount.where(),
                    "the mount of " + mount.source() + " is relative: it is right in one folder only", "",
                    "# write \"$(pwd)/" + mount.source().replaceFirst("^\\./", "") + "\"");
        }
        return there(launch, mount, path);
    }

    /** What is mounted, if it is a file. */
    private Path there(Launch launch, Mount mount, String path) {
        Path host = mount.host(launch.base, path);
        if (!Files.exists(host)) {
            findings.error("CONFIG_MOUNT", mount.where(), Where.shown(host)
                    + " does not exist: Docker and compose make a folder of that name, which is no file, and Podman "
                    + "refuses",
                    "mounted on " + mount.target());
            return null;
        }
        if (Files.isDirectory(host)) {
            findings.error("CONFIG_MOUNT", mount.where(),
                    Where.shown(host) + " is a folder, where a file is mounted on " + path
                            + ": a run before the file was there has made it",
                    "", "rmdir " + Where.shown(host));
            return null;
        }
        if (enforcing() && !mount.options().matches("(.*,)?[zZ](,.*)?") && !launch.unlabelled) {
            findings.warning("CONFIG_MOUNT", mount.where(), "SELinux is enforcing, and the mount on "
                    + mount.target() + " has no :Z, so that the container may not read it", "",
                    "# add ,Z to its options");
        }
        return host;
    }

    /** The files of this machine that lie behind a path of the containers; findings say why there are none. */
    List<Path> behind(String path, String what) {
        return containers.stream().map(launch -> mounted(launch, path, what, "…/" + path.replaceFirst(".*/", "")))
                .filter(Objects::nonNull).toList();
    }

    /** Whether a container starts it. */
    boolean inContainer() {
        return !containers.isEmpty();
    }

    /** Whether SELinux keeps containers from files that are not labelled for them. */
    private static boolean enforcing() {
        try {
            String file = System.getProperty("runbook.selinux", "/sys/fs/selinux/enforce");
            return Files.readString(Path.of(file)).strip().equals("1");
        } catch (IOException e) {
            return false;
        }
    }
}
