package dev.portolan.server.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The folder that one server owns while it runs: database, keys, caches. The lock is the system's, so that it ends
 * with the process, however that ends.
 */
public final class DataDirectory implements AutoCloseable {

    private final Path path;
    private final FileChannel channel;

    private DataDirectory(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    public static DataDirectory open(Path folder) {
        try {
            boolean fresh = !Files.exists(folder);
            Path path = Files.createDirectories(folder.toAbsolutePath().normalize()).toRealPath();
            if (fresh) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            }
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
            throw new DatabaseException("The data directory " + folder + " cannot be used: " + e.getMessage(), e);
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
