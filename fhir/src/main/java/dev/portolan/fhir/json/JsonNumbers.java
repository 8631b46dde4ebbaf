package dev.portolan.fhir.json;

/** Finds the numbers in a JSON text that was parsed before. */
public final class JsonNumbers {

    private JsonNumbers() {}

    /**
     * Where the next number begins.
     *
     * @param from where to begin, which is not within a string or a number
     * @return -1 if there is none
     */
    public static int next(byte[] json, int from) {
        for (int i = from; i < json.length; i++) {
            if (json[i] == '"') {
                i = endOfString(json, i);
            } else if (json[i] == '-' || json[i] >= '0' && json[i] <= '9') {
                return i;
            }
        }
        return -1;
    }

    /** The byte after a number. */
    public static int end(byte[] json, int number) {
        int end = number + 1;
        while (end < json.length && (json[end] >= '0' && json[end] <= '9' || json[end] == '.' || json[end] == '+' || json[end] == '-' || isExponent(json[end]))) {
            end++;
        }
        return end;
    }

    /** Whether a byte of a number begins its exponent. */
    public static boolean isExponent(byte b) {
        return b == 'e' || b == 'E';
    }

    private static int endOfString(byte[] json, int quote) {
        int end = PlainText.end(json, quote + 1);
        while (end < json.length && json[end] != '"') {
            end = PlainText.end(json, json[end] == '\\' ? end + 2 : end + 1);
        }
        return end;
    }
}
