package dev.portolan.store;

import org.jspecify.annotations.Nullable;

/** Strings that start with a prefix are a range in the order of their code points, which is the order of the collation "C". */
final class TextRange {

    private TextRange() {}

    /** The first string that comes after all that start with the prefix; null if there is none. */
    static @Nullable String after(String prefix) {
        int end = prefix.length();
        while (end > 0) {
            int last = prefix.codePointBefore(end);
            end -= Character.charCount(last);
            if (last < Character.MAX_CODE_POINT) {
                int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
                return new StringBuilder(prefix.substring(0, end)).appendCodePoint(next).toString();
            }
        }
        return null;
    }
}
