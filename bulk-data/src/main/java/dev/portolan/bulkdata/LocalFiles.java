package dev.portolan.bulkdata;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Pattern;

/** Files in a folder that only the server's own user may read; with several nodes, a folder that they share. */
public final class LocalFiles implements OutputFiles {

    private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final FileAttribute<Set<PosixFilePermission>> OWN_FOLDER = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    static final FileAttribute<Set<PosixFilePermission>> OWN_FILE = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final int BUFFER = 256 << 10;
    private static final String UNFINISHED = ".unfinished";

    private final Path folder;

    /** @param folder made if it is not there */
    public LocalFiles(Path folder) throws IOException {
        this.folder = ownFolder(folder);
    }

    static Path ownFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder.toAbsolutePath().getParent());
            Files.createDirectory(folder, OWN_FOLDER);
        }
        return folder;
    }

    static String safe(String name) {
        if (!SAFE.matcher(name).matches()) {
            throw new IllegalArgumentException("not a name of a file");
        }
        return name;
    }

    private Path path(String export, String name) {
        return folder.resolve(safe(export)).resolve(safe(name));
    }

    @Override
    public Writing write(String export, String name) throws IOException {
        Path kept = path(export, name);
        if (!Files.isDirectory(kept.getParent())) {
            Files.createDirectory(kept.getParent(), OWN_FOLDER);
        }
        Path unfinished = kept.resolveSibling(name + UNFINISHED);
        Files.deleteIfExists(unfinished);
        FileChannel channel = FileChannel.open(unfinished, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWN_FILE);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
        return new Writing() {
            @Override
            public OutputStream out() {
                return out;
            }

            @Override
            public void keep() throws IOException {
                out.flush();
                channel.force(true);
                channel.close();
                Files.move(unfinished, kept, StandardCopyOption.ATOMIC_MOVE);
            }

            @Override
            public void discard() throws IOException {
                channel.close();
                Files.deleteIfExists(unfinished);
            }
        };
    }

    /** The names too must outlive a loss of power, and the folder's own. */
    @Override
    public void settle(String export) throws IOException {
        Path own = path(export, "x").getParent();
        if (Files.isDirectory(own)) {
            force(own);
            force(folder);
        }
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    @Override
    public boolean has(String export, String name) {
        return Files.exists(path(export, name));
    }

    @Override
    public InputStream read(String export, String name, long from) throws IOException {
        SeekableByteChannel channel = Files.newByteChannel(path(export, name));
        try {
            channel.position(from);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return Channels.newInputStream(channel);
    }

    @Override
    public void delete(String export, Set<String> names) throws IOException {
        for (String name : names) {
            Files.deleteIfExists(path(export, name));
        }
    }

    @Override
    public void deleteAllBut(String export, Set<String> names) throws IOException {
        Path own = path(export, "x").getParent();
        try {
            Files.walkFileTree(own, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (!names.contains(file.getFileName().toString())) {
                        Files.deleteIfExists(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                    if (failure instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE; // none were written, or one was ended or discarded meanwhile
                    }
                    throw failure;
                }
            });
            if (names.isEmpty()) {
                Files.deleteIfExists(own);
            }
        } catch (DirectoryNotEmptyException e) {
            // A file was begun meanwhile: whoever writes it finds that the export is gone, and deletes what there is.
        }
    }
}
