package dev.portolan.fhir.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A field's name that is looked for in many objects. Its hash, which a document has of each of its fields since it was read, tells most others from it. */
public final class JsonName {

    /** The hash stands in the upper bits of a value's first integer. */
    static final int SHIFT = 4;

    private final byte[] bytes;
    private final int hash;

    private JsonName(byte[] bytes) {
        this.bytes = bytes;
        this.hash = hash(bytes, 0, bytes.length);
    }

    /**
     * @param name in ASCII and with nothing that is escaped, as FHIR's names are: it stands in a text as it is
     * @throws IllegalArgumentException for another
     */
    public static JsonName of(String name) {
        if (name.chars().anyMatch(c -> c < ' ' || c >= 128 || c == '"' || c == '\\')) {
            throw new IllegalArgumentException("not a plain name: " + name);
        }
        return new JsonName(name.getBytes(StandardCharsets.US_ASCII));
    }

    /** Of 28 bits. */
    public int hash() {
        return hash;
    }

    static int hash(byte[] text, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = hash * 31 + text[i];
        }
        return (hash ^ hash >>> 15) & -1 >>> SHIFT;
    }

    /** Whether it is what stands in a text between two places. */
    boolean stands(byte[] text, int from, int to) {
        return Arrays.equals(text, from, to, bytes, 0, bytes.length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonName that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
