//SOURCES ../report/Clean.java
//SOURCES ConfigFindings.java
//SOURCES ConfigRules.java
//SOURCES Near.java
//SOURCES ../report/Where.java
//SOURCES Yaml.java
package kit.config;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

import kit.report.Clean;
import kit.report.Where;

/** A configuration file held against the rules: its keys, and the values that they have. */
public final class ConfigCheck {
    private static final Pattern SECRET_NAME = Pattern
            .compile("(?i)pas+w|passphrase|pwd|secret|token|credential|api_?key");
    /** Go's notation: 300ms, 1.5h, 1h30m, 0. */
    private static final Pattern DURATION = Pattern.compile("0|((\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|ms|s|m|h))+");

    public final Path file;
    /** Null where it could not be read. */
    public final Yaml config;
    final ConfigRules rules;
    final ConfigFindings findings;
    /** Keys whose value cannot be used. */
    final Set<String> invalid = new LinkedHashSet<>();

    /** Reads the file, and tells what is wrong with it. */
    public ConfigCheck(ConfigFindings findings, ConfigRules rules, Path file) {
        this.findings = findings;
        this.rules = rules;
        this.file = file;
        config = findings.read(file, "CONFIG_UNREADABLE");
        if (config != null) {
            hide(config);
            keys(config, "");
            required();
        }
    }

    /** What looks like a password is printed nowhere, wherever it stands. */
    private void hide(Yaml y) {
        y.members().forEach((key, value) -> {
            if (SECRET_NAME.matcher(key).find()
                    && rules.keys().keySet().stream().noneMatch(known -> known.endsWith("." + key))) {
                Clean.secret(value.text());
            }
            hide(value);
        });
    }

    private void keys(Yaml section, String prefix) {
        section.members().forEach((name, value) -> {
            String path = prefix + name;
            ConfigRules.Key rule = rules.keys().get(path);
            Where where = Where.of(file, value.line());
            if (rule != null) {
                findings.report.checked("keys", 1);
                value(path, rule, value, where);
            } else if (rules.keys().keySet().stream().anyMatch(known -> known.startsWith(path + "."))) {
                if (value.text() != null && !value.text().isEmpty() || !value.items().isEmpty()) {
                    findings.error("CONFIG_INVALID", where,
                            path + " is a section: its keys stand below it, indented (" + value.place() + ")", "");
                }
                keys(value, path + ".");
            } else {
                unknown(path, value, where);
            }
        });
    }

    private void unknown(String path, Yaml value, Where where) {
        String near = Near.of(path, rules.keys().keySet());
        String hint = SECRET_NAME.matcher(path).find() && near == null
                ? "a password stands in a secrets file, never here"
                : near == null ? "no known key is near it" : "the nearest known key is " + near;
        findings.error("CONFIG_UNKNOWN_KEY", where,
                "unknown key " + path + " (" + value.place() + "); the service passes it over without a word", hint,
                near == null ? new String[0] : new String[] {"# write " + near + " in place of " + path});
    }

    private void value(String path, ConfigRules.Key rule, Yaml value, Where where) {
        String wrong = value.text() == null ? "is no single value"
                : value.text().isEmpty() ? null : switch (rule.type()) {
                    case "int" -> number(rule, value);
                    case "duration" ->
                        DURATION.matcher(value.text()).matches() ? null : "is no duration: write 30s, 5m or 1h30m";
                    default -> rule.values().isEmpty() || rule.values().contains(value.text()) ? null
                            : "must be one of " + String.join(", ", rule.values());
                };
        if (wrong != null) {
            invalid.add(path);
            findings.error("CONFIG_INVALID", where, path + " " + wrong + " (" + value.place() + ")", "");
        }
    }

    private static String number(ConfigRules.Key rule, Yaml value) {
        if (!value.plain() || !value.text().matches("[-+]?\\d{1,18}")) {
            return "must be a whole number" + (value.plain() ? "" : ", without quotes");
        }
        long number = Long.parseLong(value.text());
        boolean low = rule.min() != null && number < rule.min();
        boolean high = rule.max() != null && number > rule.max();
        return !low && !high ? null
                : "must be "
                        + (rule.max() == null ? "at least " + rule.min()
                                : "between " + rule.min() + " and " + rule.max())
                        + ", and is " + number;
    }

    private void required() {
        rules.keys().forEach((path, rule) -> {
            boolean excused = rule.unless() != null && !config.text(rule.unless()).isEmpty();
            if (rule.required() && !excused && config.at(path).text() != null && config.text(path).isEmpty()) {
                int line = Math.max(config.at(path).line(), config.at(path.replaceFirst("\\.[^.]*$", "")).line());
                findings.error("CONFIG_INVALID", Where.of(file, line), path + " is required, and missing", "",
                        "# by the rules of " + rules.service() + "; for another service: --rules FILE");
            }
        });
        if (findings.report.findings.isEmpty()) {
            findings.report.good(Where.shown(file) + ": every key is known and has a value that it may have");
        }
    }
}
