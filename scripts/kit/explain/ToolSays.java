//SOURCES ErrorText.java
//SOURCES ../report/Report.java
//SOURCES ../report/Severity.java
package kit.explain;

import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.report.Report;
import kit.report.Severity;

/** What a migration tool says itself, before any statement has failed: files are pending, were changed, broke off. No
 * database is needed to explain it.
 *
 * @param code  its name in findings, a contract
 * @param said  the tool's sentence
 * @param cause in words
 * @param files that it names; may be none */
public record ToolSays(String code, String said, String cause, List<String> files, List<String> commands) {
    private record Wording(Pattern pattern, String code, String cause, String... commands) {
        Wording(String pattern, String code, String cause, String... commands) {
            this(Pattern.compile(pattern, Pattern.CASE_INSENSITIVE), code, cause, commands);
        }
    }

    private static final String PENDING = "CAUSE_NOT_APPLIED";
    private static final String CHANGED = "MIGRATION_CHANGED";
    private static final List<Wording> WORDINGS = List.of(
            new Wording("ActiveRecord::PendingMigrationError|Migrations are pending\\. To resolve this issue", PENDING,
                    "Rails has migrations that this database has not", "bin/rails db:migrate RAILS_ENV=test"),
            new Wording("Ecto\\.PendingMigrationError|there are pending migrations for repo", PENDING,
                    "Ecto has migrations that this database has not", "mix ecto.migrate"),
            new Wording("You have \\d+ unapplied migration\\(s\\)", PENDING,
                    "Django has migrations that this database has not", "python manage.py migrate"),
            new Wording("Target database is not up to date", PENDING,
                    "Alembic has revisions that this database has not",
                    "alembic upgrade head"),
            new Wording("Following migrations? ha(?:ve|s) not yet been applied", PENDING,
                    "Prisma has migrations that this database has not", "npx prisma migrate deploy"),
            new Wording("Detected resolved migration not applied to database", PENDING,
                    "Flyway has migrations that this database has not", "flyway migrate"),
            new Wording("PendingModelChangesWarning|has pending changes\\. Add a new migration",
                    "CAUSE_MIGRATION_MISSING",
                    "the model of EF Core has changes for which there is no migration",
                    "dotnet ef migrations add NAME", "dotnet ef database update"),
            new Wording(
                    "Migration checksum mismatch for migration version|Validation Failed:\\s+\\d+ change ?sets? "
                            + "check sum"
                            + "|was previously applied but has been modified|was modified after it was applied",
                    CHANGED,
                    "a migration was changed after it was applied",
                    "# undo the change in the file, and write a new migration"),
            new Wording("was previously applied but is missing in the resolved migrations"
                    + "|Detected applied migration not resolved locally", "MIGRATION_UNKNOWN",
                    "the database has a migration for which there is no file here",
                    "# check out the branch that has it"),
            new Wording("Can't locate revision identified by|The migration directory is corrupt, the following"
                    + " migration files are missing|no migration found for version \\d+", "MIGRATION_UNKNOWN",
                    "the database has a migration for which there is no file here",
                    "# check out the branch that has it"),
            new Wording("is applied before its dependency|found \\d+ missing migrations before current version"
                    + "|Not run migration \\S+ is preceding already run migration", "CAUSE_ORDER",
                    "a migration is not applied although one that comes after it is",
                    "# give the file that came late a number behind those that are applied"),
            new Wording("migrate found failed migrations in the target database|Detected failed migration to version"
                    + "|migration \\d+ is partially applied", "MIGRATION_DIRTY",
                    "a migration broke off in its middle, and the tool waits for somebody to mend that",
                    "# look what of that file was done, and mend it by hand; then tell the tool so: prisma migrate"
                            + " resolve, flyway repair, or take its row out of _sqlx_migrations"),
            new Wording("Dirty database version \\d+", "MIGRATION_DIRTY",
                    "golang-migrate broke off in a migration, and waits for somebody to mend that",
                    "# look what of that file was done, mend it by hand, then: migrate force VERSION"));
    private static final Pattern FILE = Pattern.compile(
            "[\\w./-]*\\b(?:\\d{8,}_\\w+|V\\d[\\w.]*__\\w+)(?:\\.(?:rb|exs?|sql|py|cs|[jt]s))?");

    /** What a tool says in a text, if one does. */
    public static Optional<ToolSays> in(String raw) {
        String text = ErrorText.clean(raw);
        for (Wording each : WORDINGS) {
            Matcher m = each.pattern.matcher(text);
            if (m.find()) {
                int line = text.lastIndexOf('\n', m.start()) + 1;
                String after = text.substring(line, Math.min(text.length(), m.end() + 2000));
                return Optional.of(new ToolSays(each.code, after.lines().findFirst().orElse("").strip(), each.cause,
                        FILE.matcher(after).results().map(MatchResult::group).distinct().limit(20).toList(),
                        List.of(each.commands)));
            }
        }
        return Optional.empty();
    }

    public void tell(Report report) {
        report.step("What the migration tool says");
        report.bad(said);
        files.forEach(report::say);
        report.say(cause);
        report.step("What to do");
        commands.forEach(report::run);
        report.checked("messages", 1);
        report.finding(code, Severity.error, null, cause, String.join("\n", files), commands.toArray(String[]::new));
    }
}
