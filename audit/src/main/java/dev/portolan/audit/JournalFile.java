package dev.portolan.audit;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file of a fixed size of which whole blocks are written over, each write durable when it returns. Where the file system can, it goes past the system's cache, in one call. */
final class JournalFile implements AutoCloseable {

    private static final Set<OpenOption> CACHED = Set.of(StandardOpenOption.WRITE, StandardOpenOption.DSYNC);
    private static final Set<OpenOption> DIRECT = Set.of(StandardOpenOption.WRITE, StandardOpenOption.DSYNC, ExtendedOpenOption.DIRECT);

    private static final Logger LOG = LoggerFactory.getLogger(JournalFile.class);

    private final FileChannel channel;

    private JournalFile(FileChannel channel) {
        this.channel = channel;
    }

    /** Makes the file, of zeros, durable but for its name in its folder. */
    static JournalFile create(Path path, int bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            // To the last byte: a disk that is nearly full takes a part of a write, and only the next one fails.
            for (ByteBuffer zeros = ByteBuffer.allocate(bytes); zeros.hasRemaining();) {
                channel.write(zeros, zeros.position());
            }
            channel.force(true);
        }
        return open(path);
    }

    private static JournalFile open(Path path) throws IOException {
        try {
            if (Files.getFileStore(path).getBlockSize() <= ChainJournal.BLOCK) {
                return new JournalFile(FileChannel.open(path, DIRECT));
            }
            LOG.debug("The disk of {} has larger blocks than {} bytes", path, ChainJournal.BLOCK);
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("{} cannot be written past the system's cache", path, e);
        }
        return openCached(path);
    }

    /** As on some file systems in memory, or over a network: by way of the cache, which is as durable. */
    static JournalFile openCached(Path path) throws IOException {
        return new JournalFile(FileChannel.open(path, CACHED));
    }

    /** A buffer that {@link #write} takes as it is. */
    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes + ChainJournal.BLOCK).alignedSlice(ChainJournal.BLOCK);
    }

    /** @param blocks whole blocks, as many bytes from the beginning of a {@link #buffer} */
    void write(ByteBuffer blocks, long position) throws IOException {
        for (long at = position; blocks.hasRemaining();) {
            at += channel.write(blocks, at);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
