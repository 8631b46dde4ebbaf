package dev.portolan.rest;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing buffer that JSON text is put together in. Reused between requests, see {@link BufferPool}. */
final class ByteBuilder {

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes;
    private int length;

    ByteBuilder(int capacity) {
        bytes = new byte[capacity];
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    int capacity() {
        return bytes.length;
    }

    void clear() {
        length = 0;
    }

    void truncate(int to) {
        length = to;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    ByteBuilder append(byte[] more) {
        return append(more, 0, more.length);
    }

    ByteBuilder append(byte[] more, int from, int to) {
        int count = to - from;
        room(count);
        System.arraycopy(more, from, bytes, length, count);
        length += count;
        return this;
    }

    ByteBuilder append(byte one) {
        room(1);
        bytes[length++] = one;
        return this;
    }

    /** Text that holds nothing that JSON escapes and only ASCII: names, ids, our own constants. */
    @SuppressWarnings("deprecation") // getBytes(int, int, byte[], int) copies the low bytes of a Latin-1 string in one go
    ByteBuilder ascii(String text) {
        int count = text.length();
        room(count);
        text.getBytes(0, count, bytes, length);
        length += count;
        return this;
    }

    ByteBuilder number(long value) {
        return ascii(Long.toString(value));
    }

    /** A JSON string with its quotes. */
    ByteBuilder string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        room(utf8.length * 6 + 2);
        bytes[length++] = '"';
        for (byte b : utf8) {
            if (b == '"' || b == '\\') {
                bytes[length++] = '\\';
                bytes[length++] = b;
            } else if (b >= 0 && b < 0x20) {
                escape(b);
            } else {
                bytes[length++] = b;
            }
        }
        bytes[length++] = '"';
        return this;
    }

    private void escape(byte b) {
        bytes[length++] = '\\';
        bytes[length++] = 'u';
        bytes[length++] = '0';
        bytes[length++] = '0';
        bytes[length++] = HEX[b >> 4];
        bytes[length++] = HEX[b & 15];
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length + (bytes.length >> 1), Math.addExact(length, more)));
        }
    }
}
