package dev.portolan.intake.load;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import dev.portolan.intake.source.SourceItem;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;

/** The records of a batch as they came, kept so that each resource's source can be shown. A header that all share compresses to nothing. */
final class RawRecords {

    private static final int LEVEL = 1;
    private static final int MOST_ROOM_KEPT = 4 << 20;

    /** As many as batches are packed at once: without them this would be a tenth of what a load allocates. */
    private final ConcurrentLinkedDeque<Room> rooms = new ConcurrentLinkedDeque<>();

    byte[] pack(List<SourceItem> items) {
        Room lent = rooms.pollFirst();
        Room room = lent == null ? new Room() : lent;
        byte[] packed = room.pack(items);
        if (room.plain.capacity() <= MOST_ROOM_KEPT) {
            rooms.addFirst(room);
        }
        return packed;
    }

    private static final class Room {
        private ByteBuffer plain = ByteBuffer.allocate(0);
        private byte[] packed = {};

        byte[] pack(List<SourceItem> items) {
            int length = items.stream().mapToInt(item -> Long.BYTES + Integer.BYTES + item.raw().length).sum();
            if (plain.capacity() < length) {
                plain = ByteBuffer.allocate(length);
                packed = new byte[(int) Zstd.compressBound(length)];
            }
            plain.clear();
            for (SourceItem item : items) {
                plain.putLong(item.line()).putInt(item.raw().length).put(item.raw());
            }
            long size = Zstd.compressByteArray(packed, 0, packed.length, plain.array(), 0, length, LEVEL);
            if (Zstd.isError(size)) {
                throw new IllegalStateException("raw records cannot be packed: " + Zstd.getErrorName(size));
            }
            return Arrays.copyOf(packed, (int) size);
        }
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
