package dev.portolan.fhir.json;

/** Which characters XML can hold (XML 1.0, section 2.2): FHIR's two formats say the same things, so what one of them cannot say is in neither. */
public final class XmlCharacters {

    private static final int FIRST_BYTE = 0xEF;

    private XmlCharacters() {}

    public static boolean isOne(int character) {
        return character >= 0x20 ? character < 0xD800 || character > 0xDFFF && character != 0xFFFE && character != 0xFFFF && character <= Character.MAX_CODE_POINT
            : character == '\t' || character == '\n' || character == '\r';
    }

    /**
     * @param json a JSON text that was parsed before; so its control characters are escaped, and its surrogates are pairs
     * @param from where a string, or what stands between its quotes, begins
     */
    public static boolean isAllOf(byte[] json, int from, int to) {
        for (int i = PlainText.end(json, from); i < to; i = PlainText.end(json, i + 1)) {
            if (json[i] == '\\') {
                i++;
                boolean holds = json[i] == 'u' ? isEscaped(json, i + 1) : json[i] != 'b' && json[i] != 'f';
                if (!holds) {
                    return false;
                }
            } else if ((json[i] & 0xFF) == FIRST_BYTE && (json[i + 1] & 0xFF) == 0xBF && (json[i + 2] & 0xFE) == 0xBE) {
                return false; // U+FFFE, U+FFFF
            }
        }
        return true;
    }

    /** A text without what XML cannot hold: what names itself in a message may come from a caller. */
    public static String only(String text) {
        return text.codePoints().allMatch(XmlCharacters::isOne) ? text
            : text.codePoints().map(c -> isOne(c) ? c : '\uFFFD').collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    private static boolean isEscaped(byte[] json, int digits) {
        int character = 0;
        for (int i = digits; i < digits + 4; i++) {
            character = character << 4 | Character.digit(json[i], 16);
        }
        return Character.isSurrogate((char) character) || isOne(character);
    }
}
