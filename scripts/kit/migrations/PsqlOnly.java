//SOURCES Dialect.java
//SOURCES Flaw.java
//SOURCES Migration.java
//SOURCES Part.java
//SOURCES ../report/Severity.java
//SOURCES ../report/Words.java
package kit.migrations;

import java.util.List;
import java.util.stream.Stream;

import kit.report.Severity;
import kit.report.Words;

/** What psql alone understands in a file that another tool sends through a driver: such a file fails there. */
final class PsqlOnly {
    private PsqlOnly() {
    }

    static void addTo(Dialect dialect, Migration m) {
        if (dialect == Dialect.PLAIN) {
            return;
        }
        List<Part> parts = Stream.concat(m.up().stream(), m.down().stream()).toList();
        List<Part> commands = parts.stream().filter(Part::ofPsql).toList();
        if (!commands.isEmpty()) {
            List<String> names = commands.stream().map(part -> part.sql().split("\\s", 2)[0]).distinct().toList();
            m.flaws().add(new Flaw("MIGRATION_PSQL", Severity.error, commands.get(0).line(), m.name() + " has "
                    + Words.some(names, 5) + (names.size() == 1 ? ", a command" : ", commands")
                    + " of psql's own, which " + dialect.title + "'s driver cannot run: take the lines out"));
        }
        // Flyway reads them as psql does.
        parts.stream().filter(part -> part.data() != null && dialect != Dialect.FLYWAY).findFirst()
                .ifPresent(part -> m.flaws().add(new Flaw("MIGRATION_PSQL", Severity.error, part.line(), m.name()
                        + " has COPY … FROM stdin with its data, which psql understands and " + dialect.title
                        + "'s driver does not: say INSERT")));
    }
}
