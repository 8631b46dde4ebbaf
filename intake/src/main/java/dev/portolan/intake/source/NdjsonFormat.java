package dev.portolan.intake.source;

import dev.portolan.intake.mapping.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One JSON text on each line (ndjson.org): a resource. A name that ends in {@code .gz} is read as gzip. Empty lines are nothing. */
public final class NdjsonFormat implements SourceFormat {

    private static final int LONGEST_LINE = 64 << 20;
    private static final int BUFFER = 1 << 16;
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;

    @Override
    public Items open(Path file) throws IOException {
        CountingInput counted = new CountingInput(Files.newInputStream(file));
        return new Lines(SourceBytes.of(file, counted), counted);
    }

    private static final class Lines implements Items {
        private final InputStream in;
        private final CountingInput counted;
        private final byte[] buffer = new byte[BUFFER];
        private int at;
        private int filled;
        private long line;
        private boolean tooLong;

        private Lines(InputStream in, CountingInput counted) {
            this.in = in;
            this.counted = counted;
        }

        @Override
        public @Nullable SourceItem next() throws IOException {
            while (at < filled || fill()) {
                line++;
                int end = newline(at, filled);
                byte[] raw = end < filled ? Arrays.copyOfRange(buffer, at, end) : overBuffers();
                if (end < filled) {
                    at = end + 1;
                }
                if (tooLong) {
                    tooLong = false;
                    return new SourceItem(line, 1, raw, null, new Problem(true, "line-too-long", "", line, "the line is longer than " + (LONGEST_LINE >> 20) + " MB; its first part is kept here"));
                }
                if (!isBlank(raw)) {
                    return new SourceItem(line, 1, raw, null, null);
                }
            }
            return null;
        }

        /** A line that does not end in the buffer: the rest of the buffer, and more of them until it does. */
        private byte[] overBuffers() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(2 * (filled - at));
            while (at < filled || fill()) {
                int end = newline(at, filled);
                int room = LONGEST_LINE - bytes.size();
                tooLong |= end - at > room;
                bytes.write(buffer, at, Math.min(end - at, room));
                at = Math.min(end + 1, filled);
                if (end < filled) {
                    break;
                }
            }
            return bytes.toByteArray();
        }

        private boolean fill() throws IOException {
            at = 0;
            filled = Math.max(0, in.read(buffer));
            return filled > 0;
        }

        /** The place of the first line's end, or {@code to}. Eight bytes at a time: a load looks at every byte of its file here. */
        private int newline(int from, int to) {
            int place = from;
            for (; place <= to - Long.BYTES; place += Long.BYTES) {
                long other = (long) EIGHT.get(buffer, place) ^ ONES * '\n';
                long found = other - ONES & ~other & ONES << Byte.SIZE - 1;
                if (found != 0) {
                    return place + Long.numberOfTrailingZeros(found) / Byte.SIZE;
                }
            }
            while (place < to && buffer[place] != '\n') {
                place++;
            }
            return place;
        }

        private static boolean isBlank(byte[] raw) {
            for (byte b : raw) {
                if (b != ' ' && b != '\r' && b != '\t') {
                    return false;
                }
            }
            return true;
        }

        @Override
        public long position() {
            return counted.count();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
