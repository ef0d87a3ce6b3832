//SOURCES Language.java
//SOURCES ../migrations/Folder.java
//SOURCES ../migrations/Migration.java
//SOURCES ../report/Where.java
package kit.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import kit.migrations.Folder;
import kit.migrations.Migration;
import kit.report.Where;

/** Migrations that could not be replayed here, such as those in code: what they name may be there when the program
 * runs. */
final class Elsewhere {
    private static final long LARGEST = 2 << 20;
    private static final int DEEPEST = 4;
    private static final Pattern DEFINES = Pattern.compile("(?i)\\b(?:create|alter|rename)\\b");

    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Folder folder;
    private boolean read;

    /** @param folder the migrations that were replayed; null where there are none */
    Elsewhere(Folder folder) {
        this.folder = folder;
    }

    /** One that lies outside of the folder. */
    void add(Path file, String text) {
        texts.put(Where.shown(file), text);
    }

    /** The file that names something and was not replayed; null where there is none.
     *
     * @param asking a file that is none of them */
    synchronized String naming(String name, Path asking) {
        if (!read && folder != null) {
            readLeftOut();
        }
        read = true;
        Pattern word = Pattern.compile("(?i)(?<![\\p{L}\\p{N}_])" + Pattern.quote(name) + "(?![\\p{L}\\p{N}_])");
        return name.length() < 2 ? null
                : texts.entrySet().stream().filter(e -> !e.getKey().equals(Where.shown(asking)))
                        .filter(e -> word.matcher(e.getValue()).find()).map(Map.Entry::getKey).findFirst().orElse(null);
    }

    private void readLeftOut() {
        Set<Path> replayed = folder.files().stream().map(Migration::file).map(Path::toAbsolutePath)
                .collect(Collectors.toSet());
        try (Stream<Path> files = Files.walk(folder.dir(), DEEPEST)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = file.getFileName().toString();
                Language language = Language.of(file);
                boolean data = name.matches("(?i).*\\.(?:xml|ya?ml|json)");
                if (language == null && !data || replayed.contains(file.toAbsolutePath())
                        || name.matches("(?i).*\\.down\\.sql|U\\d.*__.*") || Files.size(file) > LARGEST) {
                    continue;
                }
                String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                if (language != Language.SQL || DEFINES.matcher(text).find()) {
                    add(file, text);
                }
            }
        } catch (IOException e) {
            // What cannot be read names nothing.
        }
    }
}
