package dev.portolan.server.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that one server owns while it runs: database, keys, caches. The lock is the system's, so that it ends
 * with the process, however that ends.
 */
public final class DataDirectory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

    private final Path path;
    private final FileChannel channel;

    private DataDirectory(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Makes it if it is not there, for its user alone.
     *
     * @throws DatabaseException if it cannot be written to
     */
    public static Path prepare(Path folder) {
        try {
            Path path = Files.createDirectories(folder.toAbsolutePath().normalize()).toRealPath();
            if (isEmpty(path)) {
                makePrivate(path);
            }
            if (!Files.isWritable(path)) {
                throw new AccessDeniedException(path.toString());
            }
            return path;
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    public static DataDirectory open(Path folder) {
        Path path = prepare(folder);
        try {
            Path lockFile = path.resolve("server.lock");
            FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!lock(channel)) {
                String holder = Files.readString(lockFile).strip();
                channel.close();
                throw new DatabaseException("Another server" + (holder.isEmpty() ? "" : " (process " + holder + ")")
                        + " is running on " + path + "; stop it, or choose another folder with --data");
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return new DataDirectory(path, channel);
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    /** Of some failures the message is the file's name and nothing else. */
    private static DatabaseException unusable(Path folder, IOException failure) {
        String why = failure instanceof AccessDeniedException denied ? "this user may not write to " + denied.getFile()
            : failure instanceof FileAlreadyExistsException there ? there.getFile() + " is no folder" : failure.getMessage();
        return new DatabaseException("The data directory " + folder + " cannot be used: " + why, failure);
    }

    private static boolean isEmpty(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.findAny().isEmpty();
        }
    }

    private static void makePrivate(Path path) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            LOG.warn("{} is somebody else's folder, whose rights stay as they are", path);
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException heldByThisProcess) {
            return false;
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new DatabaseException("The lock of " + path + " could not be given back: " + e.getMessage(), e);
        }
    }
}
