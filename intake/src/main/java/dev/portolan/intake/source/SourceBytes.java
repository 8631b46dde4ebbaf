package dev.portolan.intake.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** A file's text as bytes of UTF-8: unpacked if its name ends in {@code .gz}, in whatever case, and without the byte order mark that some programs write in front. */
public final class SourceBytes {

    private static final int BUFFER = 1 << 16;
    private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private SourceBytes() {}

    static boolean isCompressed(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gz");
    }

    public static InputStream of(Path file, InputStream raw) throws IOException {
        PushbackInputStream plain = new PushbackInputStream(isCompressed(file) ? new GZIPInputStream(raw, BUFFER) : raw, MARK.length);
        byte[] first = plain.readNBytes(MARK.length);
        if (!java.util.Arrays.equals(first, MARK)) {
            plain.unread(first);
        }
        return plain;
    }
}
