package dev.portolan.intake.x12;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Bytes on their way to the reader, which keeps a whole segment in memory: one that goes on for ever is stopped here. */
final class BoundedSegments extends FilterInputStream {

    /** No segment of the guides comes near to this; the reader's own buffer is what it is compared with. */
    private static final int LONGEST = 256 << 10;

    private long count;
    private long ended;

    /** A segment is longer than any can be. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        private TooLongException() {
            super("a segment is longer than " + (LONGEST >> 10) + " KB: a segment terminator is missing, or the ISA segment is not 106 characters long");
        }
    }

    BoundedSegments(InputStream in) {
        super(in);
    }

    void segmentEnded() {
        ended = count;
    }

    long count() {
        return count;
    }

    @Override
    public int read() throws IOException {
        check();
        int value = super.read();
        count += value < 0 ? 0 : 1;
        return value;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        check();
        int read = super.read(into, offset, Math.min(length, LONGEST / 4));
        count += Math.max(0, read);
        return read;
    }

    private void check() throws IOException {
        if (count - ended > LONGEST) {
            throw new TooLongException();
        }
    }
}
