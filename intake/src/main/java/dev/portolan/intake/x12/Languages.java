package dev.portolan.intake.x12;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Languages as LUI02 names them (ISO 639, or the NISO codes that ISO 639-2 took over) in the form of BCP 47, which has two letters wherever there are two. */
final class Languages {

    /** Withdrawn codes that Java still lists. */
    private static final Set<String> WITHDRAWN = Set.of("iw", "in", "ji", "jw", "mo", "sh");
    private static final Map<String, String> TAGS = tags();

    private Languages() {}

    /** The tag; a code that no list has stays as it is. */
    static String tag(String code) {
        String lower = code.toLowerCase(Locale.ROOT);
        return TAGS.getOrDefault(lower, lower);
    }

    private static Map<String, String> tags() {
        Map<String, String> tags = new HashMap<>();
        for (String two : Locale.getISOLanguages()) {
            if (!WITHDRAWN.contains(two)) {
                tags.put(Locale.forLanguageTag(two).getISO3Language(), two);
            }
        }
        // Codes of ISO 639-2/B, which libraries and forms use, where they differ from those of /T.
        tags.putAll(Map.ofEntries(Map.entry("alb", "sq"), Map.entry("arm", "hy"), Map.entry("baq", "eu"), Map.entry("bur", "my"), Map.entry("chi", "zh"), Map.entry("cze", "cs"), Map.entry("dut", "nl"), Map.entry("fre", "fr"),
            Map.entry("geo", "ka"), Map.entry("ger", "de"), Map.entry("gre", "el"), Map.entry("ice", "is"), Map.entry("mac", "mk"), Map.entry("mao", "mi"), Map.entry("may", "ms"), Map.entry("per", "fa"), Map.entry("rum", "ro"),
            Map.entry("slo", "sk"), Map.entry("tib", "bo"), Map.entry("wel", "cy")));
        return Map.copyOf(tags);
    }
}
