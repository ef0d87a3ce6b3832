package kit.config;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** Files by which a CI system builds and tests: what they dial is on its machine, and what they start is, too. */
public final class CiFile {
    private static final Pattern PATH = Pattern.compile("(?i)(?:.*/)?(?:"
            + "\\.(?:github|gitea|forgejo|depot|circleci|gitlab|woodpecker|buildkite|semaphore|tekton|azuredevops"
            + "|azure-pipelines|teamcity|harness|namespace|blacksmith|drone)/.*"
            + "|[\\w.-]+\\.gitlab-ci\\.ya?ml"
            + "|\\.?(?:gitlab-ci|travis|drone|woodpecker|cirrus|appveyor|azure-pipelines|bitbucket-pipelines|buildspec"
            + "|cloudbuild|codefresh|semaphore|wercker|shippable|screwdriver|buddy|circle|vela"
            + "|onedev-buildspec|jenkins-x)[\\w.-]*\\.(?:ya?ml|json|star|jsonnet)|jenkinsfile[\\w.-]*|earthfile)");
    private static final Pattern JOBS = Pattern.compile("(?m)^[\"']?jobs[\"']?:");
    private static final Pattern STEPS = Pattern.compile("(?m)^[ -]+(?:runs-on|steps|script):");

    private CiFile() {
    }

    /** By its place, or by what stands in it: the form of GitHub is used by others, too. */
    public static boolean is(Path file, String text) {
        return PATH.matcher(file.toString().replace('\\', '/')).matches()
                || file.toString().matches("(?i).*\\.ya?ml") && JOBS.matcher(text).find()
                        && STEPS.matcher(text).find();
    }
}
