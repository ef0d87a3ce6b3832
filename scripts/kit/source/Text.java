package kit.source;

import java.util.Arrays;

/** Text as the program sees it when it runs, each character with its place in the file; a part that only the run knows
 * is one {@link #HOLE}. */
public final class Text {
    static final char HOLE = '\uFFFC';
    int length;
    private char[] chars;
    private int[] offsets;

    Text(int capacity) {
        chars = new char[capacity];
        offsets = new int[capacity];
    }

    /** A whole file. */
    static Text of(String file) {
        Text text = new Text(file.length());
        for (int i = 0; i < file.length(); i++) {
            text.add(file.charAt(i), i);
        }
        return text;
    }

    void add(char c, int offset) {
        if (length == chars.length) {
            chars = Arrays.copyOf(chars, Math.max(32, 2 * length));
            offsets = Arrays.copyOf(offsets, chars.length);
        }
        chars[length] = c;
        offsets[length++] = offset;
    }

    void add(Text other, int from, int to) {
        for (int i = from; i < to; i++) {
            add(other.chars[i], other.offsets[i]);
        }
    }

    void add(Text other) {
        add(other, 0, other.length);
    }

    void add(String text, int offset) {
        for (int i = 0; i < text.length(); i++) {
            add(text.charAt(i), offset);
        }
    }

    /** Takes the text of another one in place of its own. */
    void become(Text other) {
        length = 0;
        add(other);
    }

    char at(int i) {
        return i < length && i >= 0 ? chars[i] : 0;
    }

    /** Where a character stands in the file; the end of the text is behind its last one. */
    int offset(int i) {
        return length == 0 ? 0 : i < length ? offsets[i] : offsets[length - 1] + 1;
    }

    Text part(int from, int to) {
        Text part = new Text(to - from);
        part.add(this, from, to);
        return part;
    }

    Text replaced(int from, int to, String by) {
        Text text = new Text(length + by.length());
        text.add(this, 0, from);
        text.add(by, offset(from));
        text.add(this, to, length);
        return text;
    }

    boolean startsWith(String word, int at) {
        for (int i = 0; i < word.length(); i++) {
            if (at(at + i) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    boolean hasHole() {
        return indexOf(String.valueOf(HOLE), 0) >= 0;
    }

    int indexOf(String word, int from) {
        return indexOf(word, from, length);
    }

    int indexOf(String word, int from, int to) {
        for (int i = from; i <= Math.min(to, length) - word.length(); i++) {
            if (startsWith(word, i)) {
                return i;
            }
        }
        return -1;
    }

    static boolean wordPart(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    /** Behind the word that stands at a place. */
    int wordEnd(int i) {
        int end = i;
        while (wordPart(at(end))) {
            end++;
        }
        return end;
    }

    /** The place of the next line's sign, or the end. */
    int lineEnd(int i) {
        int end = i;
        while (end < length && chars[end] != '\n') {
            end++;
        }
        return end;
    }

    @Override
    public String toString() {
        return new String(chars, 0, length);
    }
}
