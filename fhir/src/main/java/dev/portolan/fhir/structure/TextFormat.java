package dev.portolan.fhir.structure;

import java.util.regex.Pattern;

/** Formats of textual primitives, on the bytes of a JSON string as it was written (escapes and all). */
final class TextFormat {

    private static final String OID = "urn:oid:";
    private static final Pattern UUID = Pattern.compile("urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private TextFormat() {}

    /** {@code [^\s]+(\s[^\s]+)*}. */
    static boolean isCode(byte[] bytes, int from, int to) {
        boolean space = true;
        for (int i = from; i < to; i++) {
            boolean isSpace = bytes[i] == ' ' || escapedSpace(bytes, i);
            if (isSpace && space) {
                return false;
            }
            space = isSpace;
            if (bytes[i] == '\\') {
                i += bytes[i + 1] == 'u' ? 5 : 1;
            }
        }
        return !space;
    }

    static boolean isId(byte[] bytes, int from, int to) {
        if (to - from > 64) {
            return false;
        }
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            boolean allowed = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    /** {@code \S*}: R4 says no more of a uri. */
    static boolean isUri(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == ' ' || escapedSpace(bytes, i)) {
                return false;
            }
            if (bytes[i] == '\\') {
                i += bytes[i + 1] == 'u' ? 5 : 1;
            }
        }
        return true;
    }

    /** {@code urn:oid:[0-2](\.(0|[1-9]\d*))+}, by hand: a pattern goes down a level for each of its parts, of which a text may have a hundred thousand. */
    static boolean isOid(String text) {
        if (!text.startsWith(OID) || text.length() < OID.length() + 3) {
            return false;
        }
        char first = text.charAt(OID.length());
        int at = OID.length() + 1;
        boolean valid = first >= '0' && first <= '2';
        while (valid && at < text.length()) {
            int from = at + 1;
            int end = from;
            while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
                end++;
            }
            valid = text.charAt(at) == '.' && end > from && (text.charAt(from) != '0' || end == from + 1);
            at = end;
        }
        return valid;
    }

    static boolean isUuid(String text) {
        return UUID.matcher(text).matches();
    }

    /** Groups of four characters, white space between them as R4's pattern allows. */
    static boolean isBase64(byte[] bytes, int from, int to) {
        int count = 0;
        int padding = 0;
        for (int i = from; i < to; i++) {
            int c = bytes[i];
            if (c == '\\') {
                c = unescaped(bytes, i);
                i += bytes[i + 1] == 'u' ? 5 : 1;
            }
            if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
                continue;
            }
            boolean digit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/';
            if (c == '=') {
                padding++;
            } else if (!digit || padding > 0) {
                return false;
            }
            count++;
        }
        return count > 0 && count % 4 == 0 && padding <= 2;
    }

    private static int unescaped(byte[] bytes, int at) {
        return switch (bytes[at + 1]) {
            case 'u' -> escaped(bytes, at);
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> bytes[at + 1];
        };
    }

    private static boolean escapedSpace(byte[] bytes, int at) {
        if (bytes[at] != '\\') {
            return false;
        }
        return switch (bytes[at + 1]) {
            case 'n', 'r', 't', 'f' -> true;
            case 'u' -> {
                int character = escaped(bytes, at);
                yield character <= 0x20;
            }
            default -> false;
        };
    }

    private static int escaped(byte[] bytes, int at) {
        int character = 0;
        for (int i = at + 2; i < at + 6; i++) {
            character = character << 4 | Character.digit(bytes[i], 16);
        }
        return character;
    }
}
