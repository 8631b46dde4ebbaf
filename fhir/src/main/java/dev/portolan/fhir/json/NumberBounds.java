package dev.portolan.fhir.json;

/**
 * Which numbers can be worked with. JSON bounds neither digits nor exponents, but who writes {@code 1e999999999} out in full, or reads a million digits, needs more memory or time than there is. The look is at the text
 * alone: a number out of bounds is never made.
 */
public final class NumberBounds {

    /** R4 asks for 18 digits at least (datatypes, decimal). */
    public static final int MOST_DIGITS = 300;
    /** Also with a minus; doubles end at 308. */
    public static final int LARGEST_EXPONENT = 300;

    private static final int LONGEST = MOST_DIGITS + 20;

    private NumberBounds() {}

    /** @param text with a number of JSON between the two places */
    public static boolean holds(byte[] text, int from, int to) {
        if (to - from > LONGEST) {
            return false;
        }
        int digits = 0;
        int i = from;
        for (; i < to && !JsonNumbers.isExponent(text[i]); i++) {
            digits += isDigit(text[i]) ? 1 : 0;
        }
        int exponent = 0;
        for (i++; i < to && exponent <= LARGEST_EXPONENT; i++) {
            exponent = isDigit(text[i]) ? exponent * 10 + text[i] - '0' : exponent;
        }
        return digits <= MOST_DIGITS && exponent <= LARGEST_EXPONENT;
    }

    /** @param json a JSON text that was parsed before */
    public static boolean holdAllOf(byte[] json) {
        int end = 0;
        for (int at = JsonNumbers.next(json, 0); at >= 0; at = JsonNumbers.next(json, end)) {
            end = JsonNumbers.end(json, at);
            if (!holds(json, at, end)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }
}
