//SOURCES PodmanState.java
//SOURCES Ran.java
package kit.engine;

import java.io.IOException;

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

    public boolean usable() {
        return state == PodmanState.SOUND;
    }

    /** "podman ps: exit status 125: Podman's service is not running". */
    public String sentence() {
        return podman.ok() ? podman.how()
                : usable() ? docker.how() + (podman.missing() ? "" : "; " + podman.how())
                        : podman.missing() ? "neither podman nor docker is installed here"
                                : podman.how() + ": " + state.meaning;
    }

    public String evidence() {
        return usable() || podman.missing() ? "" : podman.brief();
    }
}
