//SOURCES ../report/Where.java
package kit.config;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Where;

/** A file or folder of this machine in a container.
 *
 * @param where  the place that says so; null for the command line
 * @param source "" is one that the cluster or the engine keeps
 * @param target its path in the container */
public record Mount(Where where, String source, String target, String options) {

    private static final Pattern VOLUME = Pattern.compile("([A-Za-z]:[\\\\/][^:]*|[^:]*):([^:]+)(?::(.*))?");

    /** As -v and compose have it: source:target:options. */
    public static Mount of(Where where, String volume) {
        Matcher m = VOLUME.matcher(volume);
        return m.matches()
                ? new Mount(where, m.group(1), tidy(m.group(2)), m.group(3) == null ? "" : m.group(3))
                : new Mount(where, "", tidy(volume), "");
    }

    static String tidy(String target) {
        return target.length() > 1 ? target.replaceFirst("/+$", "") : target;
    }

    /** Whether a path of the container lies behind it. */
    boolean covers(String path) {
        return path.equals(target) || path.startsWith(target.equals("/") ? "/" : target + "/");
    }

    /** What lies behind a path of the container. */
    Path host(Path base, String path) {
        String home = source.startsWith("~/") ? System.getProperty("user.home") + source.substring(1) : source;
        String rest = path.substring(target.length()).replaceFirst("^/", "");
        return rest.isEmpty() ? base.resolve(home).normalize() : base.resolve(home).resolve(rest).normalize();
    }
}
