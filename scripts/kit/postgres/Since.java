package kit.postgres;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What of SQL came with which major: a failure on an older server may be none on a newer one. */
public final class Since {
    private static final Map<Pattern, Integer> CAME = new LinkedHashMap<>();

    static {
        came(18, "uuidv[47]\\s*\\(|\\bvirtual\\b|without\\s+overlaps|\\bperiod\\s+\\w|not\\s+enforced"
                + "|generated\\s+always\\s+as\\s*\\((?:[^()]|\\([^()]*\\))*\\)(?!\\s*stored)"
                + "|not\\s+null\\s+\\w+(\\s+no\\s+inherit)?\\s+not\\s+valid|returning\\b.*\\b(?:old|new)\\."
                + "|casefold\\s*\\(|array_(?:sort|reverse)\\s*\\(|crc32c?\\s*\\(");
        came(17, "json_(?:table|exists|query|value|scalar|serialize)\\s*\\(|\\bmerge\\b.*\\breturning\\b"
                + "|merge_action\\s*\\(|when\\s+not\\s+matched\\s+by\\s+source|on_error|set\\s+expression"
                + "|uuid_extract_\\w+\\s*\\(|to_(?:bin|oct)\\s*\\(|xmltext\\s*\\(|random\\s*\\(\\s*\\S+\\s*,"
                + "|unicode_assigned\\s*\\(|transaction_timeout");
        came(16, "any_value\\s*\\(|is\\s+json\\b|json_(?:array|object)(?:agg)?\\s*\\(|random_normal\\s*\\("
                + "|\\b0[xob][0-9a-f_]+|\\d_\\d|array_(?:sample|shuffle)\\s*\\(|date_add\\s*\\("
                + "|pg_input_is_valid\\s*\\(");
        came(15, "\\bmerge\\s+into\\b|nulls\\s+not\\s+distinct|security_invoker"
                + "|regexp_(?:count|instr|like|substr)\\s*\\(|on\\s+delete\\s+set\\s+(?:null|default)\\s*\\(");
    }

    private Since() {
    }

    private static void came(int major, String what) {
        CAME.put(Pattern.compile("(?is)" + what), major);
    }

    /** The major with which came what a statement uses; 0 where it uses nothing that is newer than the server.
     *
     * @param state the SQLSTATE with which it failed */
    public static int of(String statement, String state, int server) {
        return !state.matches("42601|42883|42704|42P01|42703|0A000|22023|42P17") ? 0
                : CAME.entrySet().stream()
                        .filter(e -> e.getValue() > server && e.getKey().matcher(statement).find())
                        .mapToInt(Map.Entry::getValue)
                        .max().orElse(0);
    }
}
