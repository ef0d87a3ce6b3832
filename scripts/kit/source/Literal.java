//SOURCES Role.java
//SOURCES Text.java
package kit.source;

/** What a file's strings are when the program runs: joined to their neighbours, with the constants of the same file put
 * in.
 *
 * @param call        the word before the parenthesis in which it stands, empty if there is none
 * @param nativeQuery whether an annotation of JPA says that it is SQL
 * @param headOpen    whether something that only the run knows comes before it
 * @param tailOpen    whether something may be added behind it, here or later
 * @param role        what is done with it
 * @param start       its place in the file, from the opening quote to behind the last closing one */
public record Literal(Text text, String call, boolean nativeQuery, boolean headOpen, boolean tailOpen, Role role,
        int start, int end) {
    Literal as(Role other) {
        return new Literal(text, call, nativeQuery, headOpen, tailOpen, other, start, end);
    }

    Literal withOpenTail() {
        return new Literal(text, call, nativeQuery, headOpen, true, role, start, end);
    }
}
