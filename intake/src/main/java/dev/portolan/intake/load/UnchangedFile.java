package dev.portolan.intake.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A file that is what its load began with. It is asked before the file is read, since what was noted of it (its digest, the batches that are through) is of what stood there then, and after: of a file that
 * was written over while it was read, a part of each was loaded, and a full load would close what neither part has.
 */
final class UnchangedFile {

    private final LoadLedger.OpenFile file;
    private final Stamp stamp;

    private UnchangedFile(LoadLedger.OpenFile file, Stamp stamp) {
        this.file = file;
        this.stamp = stamp;
    }

    /** What tells that a file was written, without reading it. */
    private record Stamp(long bytes, FileTime modified, @Nullable Object key) {

        static @Nullable Stamp of(Path path) throws IOException {
            try {
                BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
                return new Stamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
            } catch (NoSuchFileException e) {
                return null;
            }
        }
    }

    /** @throws LoadException if something else stands there now */
    static UnchangedFile require(LoadLedger.OpenFile file) throws IOException {
        Path path = Path.of(file.path());
        Stamp stamp = Stamp.of(path); // before the digest, so that nothing is written between the two
        if (stamp == null || !Files.isReadable(path) || !MessageDigest.isEqual(FeedSource.digest(path), file.sha256())) {
            throw changed(file);
        }
        return new UnchangedFile(file, stamp);
    }

    /** @throws LoadException if it was written since, or taken away */
    void requireStill() throws IOException {
        if (!stamp.equals(Stamp.of(Path.of(file.path())))) {
            throw changed(file);
        }
    }

    private static LoadException changed(LoadLedger.OpenFile file) {
        return new LoadException(file.name() + " is not the file any more that this load began with: it was written over or taken away, or was not complete yet. To have what stands there now, load it again; what is loaded already stays as it is");
    }
}
