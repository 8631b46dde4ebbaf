package dev.portolan.bulkdata;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;

/** A file of this machine that waits to be sent. Its name is taken away as soon as it is open: whatever ends the process, nothing of it is left. */
final class WaitingFile implements AutoCloseable {

    private static final int BUFFER = 256 << 10;

    private final FileChannel channel;
    private final OutputStream out;

    WaitingFile(Path folder) throws IOException {
        Path named = folder.resolve(UUID.randomUUID() + ".waiting");
        channel = FileChannel.open(named, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE), LocalFiles.OWN_FILE);
        Files.delete(named);
        out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
    }

    OutputStream out() {
        return out;
    }

    /** Its length in bytes; nothing is written any more. */
    long end() throws IOException {
        out.flush();
        return channel.size();
    }

    /** A stretch of it, from its first byte again each time that it is asked for. */
    RequestBody body(long from, long length) {
        return RequestBody.fromContentProvider(ContentStreamProvider.fromInputStreamSupplier(() -> new Stretch(from, from + length)), length, "application/fhir+ndjson");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private final class Stretch extends InputStream {

        private final long end;
        private long at;

        Stretch(long from, long end) {
            this.at = from;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (at >= end) {
                return -1;
            }
            int count = channel.read(ByteBuffer.wrap(into, offset, (int) Math.min(length, end - at)), at);
            at += Math.max(0, count);
            return count;
        }
    }
}
