//SOURCES ../report/Clean.java
//SOURCES ConfigCheck.java
//SOURCES ConfigFindings.java
//SOURCES ConfigMounts.java
//SOURCES Near.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
package kit.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import kit.report.Clean;
import kit.report.Where;

/** The secrets files that a configuration names, as its container has them. */
public final class ConfigSecrets {
    /** Each file that could be read, by the key that names it. */
    final Map<String, Yaml> found = new LinkedHashMap<>();
    private final ConfigCheck check;
    private final ConfigFindings findings;
    private final ConfigMounts mounts;
    private final Yaml config;

    /** Reads them, and tells what is wrong with them. */
    public ConfigSecrets(ConfigCheck check, ConfigMounts mounts) {
        this.check = check;
        this.findings = check.findings;
        this.mounts = mounts;
        this.config = check.config;
        check.rules.secrets().forEach(this::secrets);
    }

    private void secrets(String key, List<String> entries) {
        String path = config.text(key);
        if (path.isEmpty()) {
            return; // Said already, where it is required
        }
        Where where = Where.of(check.file, config.at(key).line());
        List<Path> mounted = mounts.behind(path, key + " is " + path);
        Path host = !mounted.isEmpty() ? mounted.get(0) : mounts.inContainer() ? null : Path.of(path);
        if (host == null) {
            return;
        }
        if (!Files.exists(host)) {
            findings.error("SECRET_MISSING", where, key + " names " + path + ", which does not exist here",
                    path.startsWith("/") && !mounts.inContainer()
                            ? "if that is a path in the container, --command or --compose says what is mounted there"
                            : "");
            return;
        }
        Yaml secrets = findings.read(host, "SECRET_MISSING");
        if (secrets == null) {
            return;
        }
        findings.report.checked("files of secrets", 1);
        secrets.members().values().forEach(value -> Clean.secret(value.text()));
        found.put(key, secrets);
        readable(host);
        entries.forEach(entry -> entry(entry, host, secrets));
    }

    private void entry(String key, Path host, Yaml secrets) {
        String name = config.text(key);
        if (name.isEmpty()) {
            return;
        }
        Where where = Where.of(check.file, config.at(key).line());
        Yaml value = secrets.members().get(name);
        if (value == null) {
            String near = Near.of(name, secrets.members().keySet());
            findings.error("SECRET_KEY_MISSING", where,
                    key + " is " + name + ", and " + Where.shown(host) + " has no such key",
                    near == null ? "" : "the nearest that it has is " + near);
        } else if (value.text() == null
                || value.plain() && value.text().matches("[-+]?[\\d.]+(e[-+]?\\d+)?|true|false|")) {
            findings.error("SECRET_KEY_MISSING", Where.of(host, value.line()),
                    name + " is not text: put it in quotes (" + value.place() + ")", "");
        } else {
            findings.report.good(key + ": " + Where.shown(host) + " has it");
        }
    }

    private void readable(Path host) {
        try {
            if (Files.getPosixFilePermissions(host).contains(PosixFilePermission.OTHERS_READ)) {
                findings.warning("SECRET_READABLE", Where.of(host, 0),
                        "every user of this machine may read it", "", "chmod o-r " + Where.shown(host));
            }
        } catch (IOException | UnsupportedOperationException e) {
            findings.report.skipped(Where.shown(host), "this file system has no such permissions");
        }
    }
}
