//SOURCES Language.java
//SOURCES SourceFile.java
//SOURCES ../migrations/Folder.java
//SOURCES ../report/Tree.java
package kit.source;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import kit.migrations.Folder;
import kit.report.Tree;

/** Which files are migrations of whatever tool, in SQL or in code: what they said was right in its time. */
final class Histories {
    private static final Pattern NAME = Pattern.compile("(?i)[VUB]\\d+([._]\\d+)*__.*\\.\\w+|.*\\.(up|down)\\.\\w+");
    private static final Pattern MARK = Pattern.compile("(?im)^\\s*--\\s*(?:\\+goose\\s|migrate:(?:up|down)"
            + "|\\+migrate\\s"
            + "|\\+micrate\\s|liquibase formatted sql|changeset\\s|//\\s*@undo|(?:up|down)\\s+migration|!\\s*previous:"
            + "|-- create above / drop below|(?:deploy|revert|verify)\\s+\\S+\\s+(?:to|from|on)\\s+pg|rambler\\s+up"
            + "|depends:\\s)|^\\s*#\\s*---\\s*!(?:ups|downs)");
    private static final Pattern FOLDER = Pattern.compile("(?i)(?:\\w+[_-])?(?:db)?migrat(?:e|ions?)(?:[_-]\\w+)?"
            + "|changelogs?|change_?sets?|evolutions|alembic|upgrades?|deltas?|patches|drizzle|sqitch|schema_changes");
    private static final Pattern NUMBERED = Pattern.compile("(?i)(?:\\d|V\\d|Version_?\\d|m\\d{6}|[0-9a-f]{8,}_).*");
    private static final Pattern OF_A_TOOL = Pattern.compile("(?i)(?:up|down|migration|deploy|revert|verify|do|undo"
            + "|rollback)(?:\\.sql)?|committed|versioned");
    /** Data that a folder of migrations holds besides. */
    private static final Pattern DATA = Pattern.compile("(?i)seeds?|seeders?|fixtures?|testdata|queries");
    /** What code says that is a migration. */
    private static final Pattern CODE = Pattern.compile("extends\\s+(?:Abstract|Base)?Migration\\b"
            + "|MigrationInterface\\b"
            + "|ActiveRecord::Migration\\b|use\\s+Ecto\\.Migration\\b|Sequel\\.migration\\b|ROM::SQL\\.migration"
            + "|\\[(?:Fluent)?Migration\\(|Base(?:Java|Kotlin)Migration\\b|\\bJdbcMigration\\b|:\\s*(?:Auto|Forward)?"
            + "(?:Only)?Migration\\s*\\{|\\(migrations\\.Migration\\)|goose\\.Add\\w*Migration|\\bdef upgrade\\(\\)"
            + "|exports\\.up\\s*=|export\\s+(?:async\\s+)?(?:function|const)\\s+up\\b|\\bqueryInterface\\b"
            + "|CustomSqlChange\\b|CustomTaskChange\\b|\\bsafeUp\\b|\\bDbMigration\\b|@ChangeUnit\\b"
            + "|MigrationBuilder\\b"
            + "|impl\\s+MigrationTrait\\b|Migrations\\.MustRegister|gormigrate\\.Migration");

    /** One of these is in each text of which {@link #CODE} is found: a quick look, for most files are none. */
    private static final List<String> MAYBE = List.of("igration", "igrate", "def upgrade", "exports.up", "export ",
            "queryInterface",
            "safeUp", "ChangeUnit", "CustomSqlChange", "CustomTaskChange");

    private static final int NEAR = 60;

    private Histories() {
    }

    static boolean has(SourceFile file, List<Path> roots, Folder folder) {
        Path dir = file.path.toAbsolutePath().normalize().getParent();
        if (folder != null && Tree.same(dir, folder.dir())) {
            return true;
        }
        boolean named = NAME.matcher(file.name()).matches();
        return below(file, roots) || (file.language == Language.SQL ? named || file.has(MARK)
                : named && file.name().contains("__") || isMigration(file.text));
    }

    private static boolean isMigration(String text) {
        Matcher code = CODE.matcher(text);
        for (String word : MAYBE) {
            for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
                if (code.region(Math.max(0, at - NEAR), Math.min(text.length(), at + NEAR)).find()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether it lies in a folder of migrations below the root, and is named as one. */
    private static boolean below(SourceFile file, List<Path> roots) {
        Path root = roots.stream().filter(file.path::startsWith).findFirst().orElse(file.path.getParent());
        int from = root == null ? 0 : Math.max(0, root.getNameCount() - 1);
        boolean migrations = false;
        boolean named = false;
        for (int i = from; i < file.path.getNameCount(); i++) {
            String name = file.path.getName(i).toString();
            boolean last = i == file.path.getNameCount() - 1;
            named |= migrations && (NUMBERED.matcher(name).matches() || OF_A_TOOL.matcher(name).matches());
            if (!last && DATA.matcher(name).matches()) {
                migrations = false;
                named = false;
            }
            migrations |= !last && FOLDER.matcher(name).matches();
        }
        return migrations && (named || file.language != Language.SQL && file.test());
    }
}
