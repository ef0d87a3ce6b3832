package kit.report;

import java.util.List;

/** Parts of sentences. */
public final class Words {
    private Words() {
    }

    /** The first few of many: "a, b, c and 2 more". */
    public static String some(List<String> names, int most) {
        int more = names.size() - most;
        return String.join(", ", names.subList(0, Math.min(most, names.size())))
                + (more > 0 ? " and " + more + " more" : "");
    }
}
