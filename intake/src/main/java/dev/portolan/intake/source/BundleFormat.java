package dev.portolan.intake.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A file that is one JSON text over many lines: a Bundle, or a single resource. It is held in memory, so it may not be longer than some hundred megabytes; what is longer comes as NDJSON. */
public final class BundleFormat implements SourceFormat {

    private static final long LONGEST = 256L << 20;

    @Override
    public Items open(Path file) throws IOException {
        if (Files.size(file) > LONGEST) {
            throw new SourceException(file.getFileName() + " is longer than " + (LONGEST >> 20) + " MB; bring it as NDJSON, one resource on each line");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = (file.getFileName().toString().endsWith(".gz") ? new GZIPInputStream(in) : in).readAllBytes();
        }
        return new Items() {
            private boolean given;

            @Override
            public @Nullable SourceItem next() {
                if (given) {
                    return null;
                }
                given = true;
                return new SourceItem(1, 1, bytes, null, null);
            }

            @Override
            public long position() {
                return given ? bytes.length : 0;
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
    }
}
