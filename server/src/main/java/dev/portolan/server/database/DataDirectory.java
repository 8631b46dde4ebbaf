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

    public static DataDirectory open(Path folder) {
        try {
            Path path = Files.createDirectories(folder.toAbsolutePath().normalize()).toRealPath();
            if (isNew(path)) {
                makePrivate(path);
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
            throw new DatabaseException("The data directory " + folder + " cannot be used: " + why(e), e);
        }
    }

    /** Of these the message is the file's name and nothing else. */
    private static String why(IOException failure) {
        if (failure instanceof AccessDeniedException denied) {
            return "this user may not write to " + denied.getFile();
        }
        return failure instanceof FileAlreadyExistsException there ? there.getFile() + " is no folder" : failure.getMessage();
    }

    /** The log is there before anything else. */
    private static boolean isNew(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.allMatch(file -> file.getFileName().toString().equals("log"));
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
