package dev.portolan.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A short text that is looked for in the bytes of every resource that leaves. Moves on by as much as the byte under the text's end allows (Horspool), so that most bytes are never looked at: comparing at each
 * was a thirtieth of what a search costs.
 */
final class BytePattern {

    private final byte[] text;
    private final int[] steps = new int[256];

    private BytePattern(byte[] text) {
        this.text = text;
        Arrays.fill(steps, text.length);
        for (int i = 0; i < text.length - 1; i++) {
            steps[text[i] & 0xff] = text.length - 1 - i;
        }
    }

    /** @param ascii not empty */
    static BytePattern of(String ascii) {
        return new BytePattern(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    int length() {
        return text.length;
    }

    /** Where the text begins first, from {@code from} on and whole before {@code to}; -1 if nowhere. */
    int indexIn(byte[] bytes, int from, int to) {
        int last = text.length - 1;
        for (int end = from + last; end < to; end += steps[bytes[end] & 0xff]) {
            if (bytes[end] == text[last] && isAt(bytes, end - last)) {
                return end - last;
            }
        }
        return -1;
    }

    boolean isAt(byte[] bytes, int at) {
        return at + text.length <= bytes.length && Arrays.equals(bytes, at, at + text.length, text, 0, text.length);
    }
}
