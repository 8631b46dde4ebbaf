package dev.portolan.intake.source;

import dev.portolan.intake.mapping.Problem;
import java.io.BufferedInputStream;
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

    @Override
    public Items open(Path file) throws IOException {
        CountingInput counted = new CountingInput(Files.newInputStream(file));
        InputStream plain = file.getFileName().toString().endsWith(".gz") ? new GZIPInputStream(counted, 1 << 16) : counted;
        return new Lines(new BufferedInputStream(plain, 1 << 16), counted);
    }

    private static final class Lines implements Items {
        private final InputStream in;
        private final CountingInput counted;
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

        private boolean readLine(ByteArrayOutputStream bytes) throws IOException {
            boolean tooLong = false;
            for (int b = in.read(); ; b = in.read()) {
                if (b < 0) {
                    ended = true;
                    return tooLong;
                }
                if (b == '\n') {
                    return tooLong;
                }
                if (bytes.size() < LONGEST_LINE) {
                    bytes.write(b);
                } else {
                    tooLong = true;
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
