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

    /** The first few of many, a line each; in the last how many more there are. */
    public static String lines(List<String> all, int most) {
        int more = all.size() - most;
        return String.join("\n", all.subList(0, Math.min(most, all.size())))
                + (more > 0 ? "\nand " + more + " more" : "");
    }
}
