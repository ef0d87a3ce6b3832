//SOURCES ../source/Candidate.java
//SOURCES ../migrations/Folder.java
//SOURCES ../source/Judge.java
//SOURCES ../source/Language.java
//SOURCES ../source/Outcome.java
//SOURCES ../migrations/Replay.java
//SOURCES ../source/Schema.java
//SOURCES ../postgres/Server.java
//SOURCES ../source/Source.java
//SOURCES ../source/Trouble.java
//SOURCES ../report/Where.java
package kit.preflight;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import kit.migrations.Folder;
import kit.migrations.Replay;
import kit.postgres.Server;
import kit.report.Where;
import kit.source.Candidate;
import kit.source.Judge;
import kit.source.Language;
import kit.source.Outcome;
import kit.source.Schema;
import kit.source.Source;
import kit.source.Trouble;

/** The SQL in a project's source, as far as it stands there whole; check-sql judges more. */
final class Statements {
    private static final Pattern TEST = Pattern.compile("(?i)(?:^|.*[/\\\\])(?:tests?|specs?|__tests__|e2e|bench)"
            + "[/\\\\].*|.*(?:_test|[._-]spec|\\.test|Test|Tests|IT|Spec)\\.\\w+");
    /** What stands in a literal's text for a part that only the run knows. */
    private static final char JOINED = '\uFFFC';
    /** The files of each language, by its name. */
    final Map<String, Integer> languages = new TreeMap<>();
    private final Folder folder;
    private final Source source;
    /** How many are put together from pieces, or have parts that only the run knows. */
    private int pieces;

    /** A name in a statement that is surely not there. */
    record Refused(Candidate candidate, Trouble trouble) {
        Where where() {
            return candidate.file().at(trouble.at());
        }

        boolean column() {
            return trouble.code().equals("SQL_COLUMN_MISSING");
        }

        boolean inTest() {
            return isTest(candidate.file().path);
        }

        private boolean believed() {
            return column() || trouble.code().equals("SQL_TABLE_MISSING") && !inTest();
        }
    }

    /** @param folder the migrations, which are no source; null where there are none */
    Statements(Folder folder) {
        this.folder = folder;
        this.source = new Source(folder);
    }

    static boolean isTest(Path file) {
        return TEST.matcher(Where.shown(file)).matches();
    }

    void read(Path file, String text, Language language) {
        languages.merge(title(file, language), 1, Integer::sum);
        source.read(file, text);
        int before = source.candidates.size();
        source.candidates.removeIf(Statements::isPiece);
        pieces += before - source.candidates.size();
    }

    /** What a format fills in is none: Python's drivers write their parameters so. */
    private static boolean isPiece(Candidate c) {
        boolean open = c.literal() != null && (c.literal().headOpen() || c.literal().tailOpen()
                || c.literal().text().toString().indexOf(JOINED) >= 0);
        return c.kind() == Candidate.Kind.JUDGE && (open || c.name() || c.inQuotes());
    }

    private static String title(Path file, Language language) {
        return switch (language) {
            case PHP, SQL -> language.name();
            case CSHARP -> "C#";
            case JAVASCRIPT -> file.toString().matches("(?i).*\\.[mc]?tsx?") ? "TypeScript" : "JavaScript";
            default -> language.name().charAt(0) + language.name().substring(1).toLowerCase(Locale.ROOT);
        };
    }

    int whole() {
        return (int) source.candidates.stream().filter(c -> c.kind() == Candidate.Kind.JUDGE).count();
    }

    int pieces() {
        return pieces;
    }

    /** What became of them.
     *
     * @param fit    how many the server accepts
     * @param unsure how many it refuses, perhaps for no fault of theirs */
    record Judged(int fit, int unsure, List<Refused> refused) {
    }

    /** Judges them on a database that a replay has made; none is run. Only a missing column or table is believed, of
     * tests only a column. */
    Judged judge(Replay<?> replay, Server server) throws Exception {
        int fit = 0;
        int unsure = 0;
        List<Refused> refused = new ArrayList<>();
        for (Outcome outcome : new Judge(Schema.of(folder, replay, server), source).judge()) {
            boolean statement = outcome.candidate().kind() == Candidate.Kind.JUDGE;
            Refused first = outcome.troubles().stream().map(trouble -> new Refused(outcome.candidate(), trouble))
                    .filter(Refused::believed).findFirst().orElse(null);
            if (first != null) {
                refused.add(first);
            } else if (statement && outcome.skipped() == null && outcome.troubles().isEmpty()) {
                fit++;
            } else if (statement) {
                unsure++;
            }
        }
        return new Judged(fit, unsure, refused);
    }
}
