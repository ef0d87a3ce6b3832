package kit.source;

/** What a string that looks like a statement is in its program. */
enum Role {
    /** Something that may be run. */
    STATEMENT(1, null),
    /** What a mock of the database is told to expect, or answers to. */
    EXPECTED(3, "what a mock of the database is told to expect: a pattern, no statement"),
    /** What another text is compared with. */
    COMPARED(2, "what another text is compared with, no statement"),
    /** Perhaps the same, where the file is a test: its name says so, or it stands in a row of a table. */
    PERHAPS_COMPARED(2, "what a test compares another text with, by its name or place"),
    /** Perhaps data, where the file is a test: what it is handed to runs nothing, by its name. */
    PERHAPS_DATA(0, "a test hands it to what does not run it, by its name"),
    /** Told to people. */
    EXAMPLE(2, "an example or a description, by its name"),
    /** Handed to what puts statements together. */
    FRAGMENT(0, "a part of a statement, handed to what builds it");

    /** Of two uses of one name the weightier one counts. */
    final int weight;
    /** Why it is not judged. */
    final String why;

    Role(int weight, String why) {
        this.weight = weight;
        this.why = why;
    }
}
