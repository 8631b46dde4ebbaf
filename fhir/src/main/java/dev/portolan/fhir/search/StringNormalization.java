package dev.portolan.fhir.search;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How strings are compared without {@code :exact}: case and accents do not count (R4 search, section 3.1.1.4.8), runs of white space are one, of whatever kind, and signs that nobody sees (of no width, soft hyphens, marks of direction)
 * are none: names are copied from pages that have them. Case goes by way of the capitals, so that Straße and STRASSE are the same word.
 */
public final class StringNormalization {

    private static final Pattern MARKS = Pattern.compile("[\\p{M}\\p{Cf}]+");
    private static final Pattern SPACE = Pattern.compile("[\\s\\p{Z}\\u0085]+");

    private StringNormalization() {}

    public static String normalize(String value) {
        boolean plain = true;
        for (int i = 0; i < value.length() && plain; i++) {
            char c = value.charAt(i);
            plain = c < 0x80 && c > 0x20 && !(c >= 'A' && c <= 'Z');
        }
        if (plain) {
            return value;
        }
        String marksGone = MARKS.matcher(Normalizer.normalize(value, Normalizer.Form.NFD)).replaceAll("");
        return SPACE.matcher(foldCase(marksGone)).replaceAll(" ").strip();
    }

    /** Letter by letter: a whole word's lower case depends on where a sigma stands in it, which a prefix cannot know. */
    static String foldCase(String value) {
        StringBuilder folded = new StringBuilder(value.length());
        value.toUpperCase(Locale.ROOT).codePoints().map(Character::toLowerCase).forEach(folded::appendCodePoint);
        return folded.toString();
    }
}
