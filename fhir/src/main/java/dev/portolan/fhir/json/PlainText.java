package dev.portolan.fhir.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Goes through the inside of JSON strings, eight bytes at a time: most of a resource is such text. */
public final class PlainText {

    private static final long ONES = 0x0101010101010101L;
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private PlainText() {}

    /**
     * Where the first byte stands that is not plain: a quote, a backslash, a control character, or one of a character beyond ASCII.
     *
     * @param from where to begin; it is given back if it lies behind the text
     * @return the text's length if all of it is plain
     */
    public static int end(byte[] text, int from) {
        int end = from;
        long special = 0;
        while (end <= text.length - Long.BYTES && special == 0) {
            special = special((long) EIGHT.get(text, end));
            end += special == 0 ? Long.BYTES : Long.numberOfTrailingZeros(special) / Byte.SIZE;
        }
        while (special == 0 && end < text.length && text[end] >= 0x20 && text[end] != '"' && text[end] != '\\') {
            end++;
        }
        return end;
    }

    /** The highest bit of the first of eight bytes that is no plain character; of those after it bits may be set or not. */
    private static long special(long bytes) {
        long quote = bytes ^ ONES * '"';
        long backslash = bytes ^ ONES * '\\';
        return (quote - ONES & ~quote | backslash - ONES & ~backslash | bytes - ONES * ' ' | bytes) & ONES << Byte.SIZE - 1;
    }
}
