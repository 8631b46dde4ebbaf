package dev.portolan.rest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Bytes that are sent as they are, read while they are sent. */
public interface SentFile {

    /** Bytes. */
    long length();

    /** @param from the first byte wanted, from 0 to the length */
    InputStream open(long from) throws IOException;

    static SentFile of(byte[] bytes) {
        return new SentFile() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public InputStream open(long from) {
                return new ByteArrayInputStream(bytes, (int) from, bytes.length - (int) from);
            }
        };
    }
}
