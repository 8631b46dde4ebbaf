package dev.portolan.intake.source;

import dev.portolan.intake.mapping.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** One JSON text on each line (ndjson.org): a resource, or a Bundle whose entries belong together. A name that ends in {@code .gz} is read as gzip. Empty lines are nothing. */
public final class NdjsonFormat implements SourceFormat {

    private static final int LONGEST_LINE = 64 << 20;
    private static final int BUFFER = 1 << 16;

    @Override
    public Items open(Path file) throws IOException {
        CountingInput counted = new CountingInput(Files.newInputStream(file));
        InputStream plain = file.getFileName().toString().endsWith(".gz") ? new GZIPInputStream(counted, BUFFER) : counted;
        return new Lines(plain, counted);
    }

    private static final class Lines implements Items {
        private final InputStream in;
        private final CountingInput counted;
        private final byte[] buffer = new byte[BUFFER];
        private int at;
        private int filled;
        private long line;
        private boolean ended;

        private Lines(InputStream in, CountingInput counted) {
            this.in = in;
            this.counted = counted;
        }

        @Override
        public @Nullable SourceItem next() throws IOException {
            while (!ended) {
                line++;
                ByteArrayOutputStream bytes = new ByteArrayOutputStream(2_048);
                boolean tooLong = readLine(bytes);
                byte[] raw = bytes.toByteArray();
                if (tooLong) {
                    return new SourceItem(line, 1, raw, null, new Problem(true, "line-too-long", "", line, "the line is longer than " + (LONGEST_LINE >> 20) + " MB; its first part is kept here"));
                }
                if (!isBlank(raw)) {
                    return new SourceItem(line, 1, raw, null, null);
                }
            }
            return null;
        }

        /** By stretches of the buffer: one call a byte was a sixth of what a load costs. */
        private boolean readLine(ByteArrayOutputStream bytes) throws IOException {
            boolean tooLong = false;
            while (true) {
                if (at == filled) {
                    filled = Math.max(0, in.read(buffer));
                    at = 0;
                    if (filled == 0) {
                        ended = true;
                        return tooLong;
                    }
                }
                int end = at;
                while (end < filled && buffer[end] != '\n') {
                    end++;
                }
                int room = LONGEST_LINE - bytes.size();
                tooLong |= end - at > room;
                bytes.write(buffer, at, Math.min(end - at, room));
                at = end;
                if (end < filled) {
                    at++;
                    return tooLong;
                }
            }
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
