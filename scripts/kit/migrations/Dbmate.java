//SOURCES Flaw.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../report/Severity.java
//SOURCES Splitter.java
package kit.migrations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Severity;

/** Reads files of dbmate. */
final class Dbmate {
    static final Pattern MARK = Pattern.compile("\\s*--\\s*migrate:(up|down)");

    private Dbmate() {
    }

    /** dbmate's files: an Up part and a Down part. */
    static Migration read(Path file, String version, String words, String text, List<Flaw> flaws) {
        List<Part> up = new ArrayList<>();
        List<Part> down = new ArrayList<>();
        List<Part> target = null;
        StringBuilder piece = new StringBuilder();
        boolean transactional = true;
        boolean hasUp = false;
        int began = 1;
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            Matcher mark = MARK.matcher(line);
            if (!mark.lookingAt()) {
                piece.append(line).append('\n');
                continue;
            }
            if (target != null) {
                target.addAll(Splitter.split(piece.toString(), began));
            }
            piece.setLength(0);
            began = number + 1;
            target = mark.group(1).equals("up") ? up : down;
            hasUp |= target == up;
            transactional &= !line.contains("transaction:false");
        }
        if (target != null) {
            target.addAll(Splitter.split(piece.toString(), began));
        }
        if (!hasUp && !text.isBlank()) {
            flaws.add(new Flaw("MIGRATION_NO_UP", Severity.error, 1,
                    file.getFileName() + " has no “-- migrate:up” line, so dbmate runs nothing of it"));
        }
        return new Migration(file, version, words, text, transactional, up, down, flaws);
    }
}
