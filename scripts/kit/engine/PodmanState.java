//SOURCES EngineSockets.java
//SOURCES PodmanService.java
//SOURCES Ran.java
package kit.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The state of Podman here; all but SOUND are finding codes with PODMAN_ before them. */
public enum PodmanState {
    SOUND("Podman can be used"),
    ABSENT("Podman is not installed here"),
    NO_MACHINE("Podman has no machine yet"),
    STOPPED(EngineSockets.NEEDS_MACHINE ? "Podman's machine is stopped" : "Podman's service is not running"),
    NOT_ANSWERING("Podman is there, but does not answer as it should"),
    PERMISSION("Podman may not be used by this user"),
    STORAGE("Podman's storage is full, or over its quota");

    private static final Map<PodmanState, Pattern> WORDS = new LinkedHashMap<>();

    static {
        // The first that fits: "unable to connect …: permission denied" is a question of permission.
        WORDS.put(STORAGE, Pattern.compile("no space left on device|disk quota exceeded|read-only file system"
                + "|not enough (free )?(disk )?space"));
        WORDS.put(PERMISSION, Pattern.compile("permission denied|operation not permitted|access is denied"
                + "|newuidmap|newgidmap|/etc/subuid"));
        WORDS.put(NO_MACHINE, Pattern.compile("vm does not exist|no such vm"));
        WORDS.put(STOPPED, Pattern.compile("unable to connect|cannot connect|failed to connect|connection refused"));
    }

    public final String meaning;

    PodmanState(String meaning) {
        this.meaning = meaning;
    }

    public String code() {
        return "PODMAN_" + name();
    }

    /** What podman's own words on stderr mean; its exit code 125 says nothing, and empty stderr does not either. */
    public static PodmanState said(String stderr) {
        String words = stderr.toLowerCase(Locale.ROOT);
        return WORDS.entrySet().stream().filter(e -> e.getValue().matcher(words).find()).map(Map.Entry::getKey)
                .findFirst().orElse(NOT_ANSWERING);
    }

    /** Of podman ps, which was run. */
    public static PodmanState of(Ran ps) {
        return ps.missing() ? ABSENT : ps.ok() ? SOUND : ps.exit() == Ran.TOO_LONG ? NOT_ANSWERING : said(ps.err());
    }

    /** Commands that mend it. */
    public List<String> remedies() {
        boolean machine = EngineSockets.NEEDS_MACHINE;
        return switch (this) {
            case SOUND -> List.of();
            case ABSENT -> List.of(machine ? "brew install podman   # or winget install RedHat.Podman"
                    : "sudo apt-get install podman   # or dnf, zypper, pacman");
            case NO_MACHINE -> List.of("podman machine init --now");
            case STOPPED -> machine ? List.of("podman machine start")
                    : List.of(PodmanService.systemctl() + " start podman.socket",
                            "# without systemd: " + PodmanService.service() + " &");
            case NOT_ANSWERING -> machine
                    ? List.of("podman machine stop   # ends the containers in it", "podman machine start")
                    : List.of("podman --log-level=debug ps",
                            PodmanService.systemctl() + " restart podman.socket podman.service");
            case PERMISSION -> machine ? List.of("podman machine inspect   # whose socket is it")
                    : List.of("ls -l " + EngineSockets.podman() + "   # whose is it",
                            PodmanService.systemctl() + " enable --now podman.socket   # a socket of this user",
                            "# newuidmap, subuid: sudo usermod --add-subuids 100000-165535 "
                                    + "--add-subgids 100000-165535 $USER && podman system migrate");
            case STORAGE -> List.of(machine ? "podman machine ssh df -h /"
                    : "df -h ~/.local/share/containers /var/lib/containers",
                    "podman system df", "podman system prune   # asks first");
        };
    }
}
