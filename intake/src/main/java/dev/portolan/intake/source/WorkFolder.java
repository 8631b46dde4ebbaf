package dev.portolan.intake.source;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder for copies that are read once: members' data that nobody needs when the process ends, however it ends. It is taken away with the process; what one left that was killed is taken away by the next one here. Whoever uses a folder
 * holds a lock on the file beside it, so that processes that share the place leave each other's alone.
 */
public final class WorkFolder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WorkFolder.class);
    private static final String PREFIX = "work-";
    private static final String LOCK = ".lock";

    private final Path place;
    private @Nullable Path folder;
    private @Nullable FileChannel lock;

    /** @param place where the folder is made as soon as it is asked for */
    public WorkFolder(Path place) {
        this.place = place;
    }

    /** The folder, which nobody but this process's user can look into. */
    public synchronized Path path() throws IOException {
        if (folder == null) {
            Files.createDirectories(place);
            Path made = place.resolve(PREFIX + UUID.randomUUID());
            lock = FileChannel.open(lockOf(made), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lock.lock(); // before the folder is there: one without a lock is taken away
            folder = Files.createDirectory(made, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return folder;
    }

    private static Path lockOf(Path folder) {
        return folder.resolveSibling(folder.getFileName() + LOCK);
    }

    /** Takes away what processes left that are no more. */
    public synchronized void clean() {
        if (!Files.isDirectory(place)) {
            return;
        }
        try (Stream<Path> there = Files.list(place)) {
            for (Path left : there.filter(path -> path.getFileName().toString().startsWith(PREFIX) && Files.isDirectory(path) && !path.equals(folder)).toList()) {
                cleanIfLeft(left);
            }
        } catch (IOException e) {
            LOG.warn("Copies that an earlier process left stay in {}", place, e);
        }
    }

    private static void cleanIfLeft(Path left) throws IOException {
        try (FileChannel channel = FileChannel.open(lockOf(left), StandardOpenOption.CREATE, StandardOpenOption.WRITE); FileLock free = channel.tryLock()) {
            if (free != null) {
                delete(left);
                Files.deleteIfExists(lockOf(left));
            }
        } catch (OverlappingFileLockException e) {
            // another part of this process uses it
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }

    @Override
    public synchronized void close() {
        Path made = folder;
        if (made == null) {
            return;
        }
        folder = null;
        try (FileChannel held = lock) {
            delete(made);
            Files.deleteIfExists(lockOf(made));
        } catch (IOException e) {
            LOG.warn("Copies stay in {} until the next start", made, e);
        }
    }
}
