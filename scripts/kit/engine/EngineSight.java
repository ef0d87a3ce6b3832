//SOURCES EngineSockets.java
//SOURCES PodmanState.java
//SOURCES Ran.java
package kit.engine;

import java.io.IOException;
import java.util.List;

/** Whether containers can be used here, by the commands: Podman, or Docker in its place.
 *
 * @param docker null where Podman answers
 * @param state  of Podman; SOUND also where only Docker answers */
public record EngineSight(Ran podman, Ran docker, PodmanState state) {
    /** @param patience in seconds, for each command */
    public static EngineSight take(int patience) throws IOException {
        Ran podman = Ran.run(patience, "podman", "ps");
        Ran docker = podman.ok() ? null : Ran.run(patience, "docker", "ps");
        return new EngineSight(podman, docker,
                docker != null && docker.ok() ? PodmanState.SOUND : PodmanState.of(podman));
    }

    /** Whether Docker is what is installed here, and does not answer. */
    public boolean dockerIsDown() {
        return podman.missing() && docker != null && !docker.missing() && !docker.ok();
    }

    /** The code of the finding that this is. */
    public String code() {
        return dockerIsDown() ? "DOCKER_STOPPED" : state.code();
    }

    /** Commands that mend it. */
    public List<String> remedies() {
        if (!dockerIsDown()) {
            return state.remedies();
        }
        return PodmanState.said(docker.said()) == PodmanState.PERMISSION
                ? List.of("sudo usermod -aG docker $USER   # then log in anew")
                : EngineSockets.NEEDS_MACHINE ? List.of("# start Docker Desktop, or: colima start")
                        : List.of("sudo systemctl start docker", "# or start Docker Desktop");
    }

    public boolean usable() {
        return state == PodmanState.SOUND;
    }

    /** "podman ps: exit status 125: Podman's service is not running". */
    public String sentence() {
        return podman.ok() ? podman.how()
                : usable() ? docker.how() + (podman.missing() ? "" : "; " + podman.how())
                        : dockerIsDown() ? "docker is installed, and its daemon does not answer: " + docker.how()
                        : podman.missing() ? "neither podman nor docker is installed here"
                                : podman.how() + ": " + state.meaning;
    }

    public String evidence() {
        return dockerIsDown() ? docker.brief() : usable() || podman.missing() ? "" : podman.brief();
    }
}
