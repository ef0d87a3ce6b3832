//SOURCES ../report/Nearest.java
package kit.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

import kit.report.Nearest;

/** Dotted names and paths that are near to each other. */
final class Near {
    private Near() {
    }

    /** The nearest of the names, or null if none is near; where only the last part of a path differs, or only its
     * section, that counts as near. */
    static String of(String name, Collection<String> known) {
        return known.stream().filter(other -> distance(other, name) <= allowed(other, name)
                || plain(last(other)).equals(plain(last(name))))
                .min(Comparator.comparing((String other) -> distance(other, name))
                        .thenComparing(Comparator.naturalOrder()))
                .orElse(null);
    }

    private static int distance(String a, String b) {
        return Nearest.distance(plain(a), plain(b));
    }

    private static int allowed(String a, String b) {
        return Math.max(1, Math.min(last(a).length(), last(b).length()) / 3);
    }

    private static String last(String path) {
        return path.replaceFirst(".*[./]", "");
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[_-]", "");
    }
}
