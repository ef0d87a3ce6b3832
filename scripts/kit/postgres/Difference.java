package kit.postgres;

/** One thing that is otherwise than it should be.
 *
 * @param how  as a predicate, such as {@link #MISSING}
 * @param mend the SQL that mends it; SQL that would lose data is a comment */
public record Difference(String name, String how, String mend) {

    static final String MISSING = "is not there";
    static final String SURPLUS = "is there, and no migration makes it";

    public boolean missing() {
        return how.equals(MISSING);
    }

    /** For a database from which it should have gone. */
    public String asLeftOver() {
        return toString().replace(SURPLUS, "is still there");
    }

    @Override
    public String toString() {
        return name + " " + how;
    }
}
