package dev.portolan.fhir.packages;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A package on disk in our own form: each resource deflated by itself, then a table of contents, then where the table starts. Opening reads the
 * table alone; a resource is read when it is asked for.
 *
 * <p>The file is mapped rather than read through a channel, because an interrupted reader would close a channel for everybody.
 */
final class PackFile {

    private static final int MAGIC = 0x50464801;
    private static final int TRAILER = Long.BYTES + Integer.BYTES;

    private final MappedByteBuffer content;
    private final byte[] manifest;
    private final List<PackEntry> entries;

    private PackFile(MappedByteBuffer content, byte[] manifest, List<PackEntry> entries) {
        this.content = content;
        this.manifest = manifest;
        this.entries = entries;
    }

    /** The package's package.json. */
    byte[] manifest() {
        return manifest;
    }

    List<PackEntry> entries() {
        return entries;
    }

    byte[] read(PackEntry entry) {
        byte[] packed = new byte[entry.packedLength()];
        content.get((int) entry.offset(), packed);
        byte[] json = new byte[entry.length()];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed);
            int done = 0;
            while (done < json.length) {
                int count = inflater.inflate(json, done, json.length - done);
                if (count == 0) {
                    throw new IllegalStateException("the package cache is damaged at " + entry.name() + ": delete the cache folder and start again");
                }
                done += count;
            }
            return json;
        } catch (DataFormatException e) {
            throw new IllegalStateException("the package cache is damaged at " + entry.name() + ": delete the cache folder and start again", e);
        } finally {
            inflater.end();
        }
    }

    static PackFile open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MappedByteBuffer content = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            int size = content.capacity();
            if (size < TRAILER || content.getInt(size - Integer.BYTES) != MAGIC) {
                throw new IOException("not a package cache file: " + path);
            }
            int table = (int) content.getLong(size - TRAILER);
            byte[] tableBytes = new byte[size - TRAILER - table];
            content.get(table, tableBytes);
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(tableBytes));
            byte[] manifest = in.readNBytes(in.readInt());
            int count = in.readInt();
            List<PackEntry> entries = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                entries.add(PackEntry.read(in));
            }
            return new PackFile(content, manifest, List.copyOf(entries));
        }
    }

    /** Writes a pack; it appears under its name only when it is whole. */
    static final class Writer implements AutoCloseable {

        private final Path target;
        private final Path draft;
        private final OutputStream out;
        private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        private final List<PackEntry> entries = new ArrayList<>();
        private byte[] manifest = new byte[0];
        private long offset;

        Writer(Path target) throws IOException {
            Files.createDirectories(target.toAbsolutePath().getParent());
            this.target = target;
            this.draft = Files.createTempFile(target.toAbsolutePath().getParent(), "pack", ".tmp");
            this.out = new BufferedOutputStream(Files.newOutputStream(draft), 1 << 16);
        }

        void manifest(byte[] packageJson) {
            manifest = packageJson;
        }

        void add(PackEntry entry, byte[] json) {
            byte[] packed = deflate(json);
            try {
                out.write(packed);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write to the package cache " + target.getParent(), e);
            }
            entries.add(entry.at(offset, packed.length));
            offset += packed.length;
        }

        private byte[] deflate(byte[] json) {
            deflater.reset();
            deflater.setInput(json);
            deflater.finish();
            ByteArrayOutputStream packed = new ByteArrayOutputStream(json.length / 3 + 64);
            byte[] buffer = new byte[1 << 13];
            while (!deflater.finished()) {
                packed.write(buffer, 0, deflater.deflate(buffer));
            }
            return packed.toByteArray();
        }

        void finish() throws IOException {
            ByteArrayOutputStream table = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(table);
            data.writeInt(manifest.length);
            data.write(manifest);
            data.writeInt(entries.size());
            for (PackEntry entry : entries) {
                entry.write(data);
            }
            data.writeLong(offset);
            data.writeInt(MAGIC);
            out.write(table.toByteArray());
            out.close();
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void close() throws IOException {
            deflater.end();
            out.close();
            Files.deleteIfExists(draft);
        }
    }
}
