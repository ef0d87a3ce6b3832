package kit.report;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The nearest of some names, for "did you mean". */
public final class Nearest {
    private Nearest() {
    }

    /** Levenshtein's distance: how many letters must be put in, taken out or changed to make one name of the other. */
    public static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, changed);
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    /** The name with the least distance, if that is at most {@code most}. */
    public static Optional<String> of(String name, Collection<String> names, int most) {
        return names.stream().filter(other -> distance(name, other) <= most)
                .min(Comparator.comparingInt(other -> distance(name, other)));
    }
}
