package dev.portolan.intake.load;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import dev.portolan.intake.source.SourceItem;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The records of a batch as they came, kept so that each resource's source can be shown. A header that all share compresses to nothing. */
final class RawRecords {

    private static final int LEVEL = 1;

    private RawRecords() {}

    static byte[] pack(List<SourceItem> items) {
        ByteBuffer bytes = ByteBuffer.allocate(items.stream().mapToInt(item -> Long.BYTES + Integer.BYTES + item.raw().length).sum());
        for (SourceItem item : items) {
            bytes.putLong(item.line()).putInt(item.raw().length).put(item.raw());
        }
        return Zstd.compress(bytes.array(), LEVEL);
    }

    /** The record that begins at a line. */
    static Optional<byte[]> find(byte[] packed, long line) {
        try (DataInputStream in = new DataInputStream(new ZstdInputStream(new ByteArrayInputStream(packed)))) {
            while (true) {
                int first = in.read();
                if (first < 0) {
                    return Optional.empty();
                }
                byte[] rest = in.readNBytes(Long.BYTES - 1);
                long at = first;
                for (byte b : rest) {
                    at = at << 8 | b & 0xff;
                }
                byte[] raw = in.readNBytes(in.readInt());
                if (at == line) {
                    return Optional.of(raw);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
