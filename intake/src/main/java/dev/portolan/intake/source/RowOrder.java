package dev.portolan.intake.source;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes sure that the rows of a record stand together. A file in which they do is left as it is; of another a copy is made in which they do: rows are dealt by their key to some files on disk, and each
 * of these, small enough for memory, is put in order. Line numbers are kept in a column of their own.
 */
final class RowOrder {

    /** Name of the column that a copy has in front. */
    static final String LINE = "\u0001line";
    private static final long BUCKET_BYTES = 32L << 20;
    private static final int MOST_BUCKETS = 256;
    /** So many times longer than its gzip a file of rows is at most, about. */
    private static final int PACKED = 20;

    private RowOrder() {}

    /** The copy that was made for a file, in a folder of its own below the one for such copies, or null if the file needs none. */
    static @Nullable Path ordered(CsvFormat format, Path file, String groupBy, Path work) throws IOException {
        long rows = rowsIfTogether(format, file, groupBy);
        return rows >= 0 ? null : reorder(format, file, groupBy, work);
    }

    /** The number of rows if every key's rows stand together, else -1. Keys are compared by a 64-bit hash: what collides is put in order without need. */
    private static long rowsIfTogether(CsvFormat format, Path file, String groupBy) throws IOException {
        try (CsvFormat.Rows rows = format.rows(file)) {
            int key = rows.columns().place(groupBy);
            if (key < 0) {
                throw new SourceException(file.getFileName() + " has no column '" + groupBy + "', by which its rows are grouped");
            }
            KeySet finished = new KeySet();
            long count = 0;
            long last = 0;
            for (CsvFormat.Read read = rows.next(); read != null; read = rows.next(), count++) {
                String value = read.row() == null ? "" : read.row().values()[key].strip();
                if (value.isEmpty()) {
                    last = 0;
                    continue;
                }
                long hash = hash(value);
                if (hash != last && !finished.add(hash)) {
                    return -1;
                }
                last = hash;
            }
            return count;
        }
    }

    private static Path reorder(CsvFormat format, Path file, String groupBy, Path work) throws IOException {
        Path folder = Files.createTempDirectory(work, "rows-");
        try {
            long plain = Files.size(file) * (SourceBytes.isCompressed(file) ? PACKED : 1);
            int buckets = (int) Math.min(MOST_BUCKETS, 1 + plain / BUCKET_BYTES);
            Path ordered = folder.resolve("ordered.csv");
            String header = deal(format, file, groupBy, folder, buckets);
            try (BufferedWriter out = Files.newBufferedWriter(ordered)) {
                out.write(header);
                for (int i = 0; i < buckets; i++) {
                    Path bucket = folder.resolve(i + ".csv");
                    gather(bucket, groupBy, out);
                    Files.delete(bucket);
                }
            }
            return Files.move(ordered, folder.resolve(file.getFileName() + ".ordered"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            delete(folder); // what was copied is members' data, and the disk may be full
            throw e;
        }
    }

    private static void delete(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static String deal(CsvFormat format, Path file, String groupBy, Path folder, int buckets) throws IOException {
        List<BufferedWriter> writers = new ArrayList<>();
        try (CsvFormat.Rows rows = format.rows(file)) {
            int key = rows.columns().place(groupBy);
            String header = LINE + rows.delimiter() + rows.header();
            for (int i = 0; i < buckets; i++) {
                BufferedWriter writer = Files.newBufferedWriter(folder.resolve(i + ".csv"), StandardCharsets.UTF_8);
                writers.add(writer);
                writer.write(header);
            }
            for (CsvFormat.Read read = rows.next(); read != null; read = rows.next()) {
                String value = read.row() == null ? "" : read.row().values()[key].strip();
                long hash = hash(value.isEmpty() ? Long.toString(read.line()) : value); // rows without a key are not all put into one
                BufferedWriter writer = writers.get((int) Math.floorMod(hash, (long) buckets));
                writer.write(Long.toString(read.line()));
                writer.write(rows.delimiter());
                writer.write(rows.text(read.values()));
            }
            return header;
        } finally {
            for (BufferedWriter writer : writers) {
                writer.close();
            }
        }
    }

    /** Rows with a key together, in the order of their first; rows that are none by themselves. */
    private static void gather(Path bucket, String groupBy, BufferedWriter out) throws IOException {
        Map<String, StringBuilder> groups = new LinkedHashMap<>();
        try (CsvFormat.Rows rows = CsvFormat.plain().rows(bucket)) {
            int key = rows.columns().place(groupBy);
            for (CsvFormat.Read read = rows.next(); read != null; read = rows.next()) {
                String value = read.row() == null ? "" : read.row().values()[key].strip();
                String group = value.isEmpty() ? "\u0001" + read.line() : value;
                groups.computeIfAbsent(group, absent -> new StringBuilder()).append(rows.text(read.fields()));
            }
        }
        for (StringBuilder group : groups.values()) {
            out.append(group);
        }
    }

    static long hash(String value) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < value.length(); i++) {
            hash = (hash ^ value.charAt(i)) * 0x100000001b3L;
        }
        hash ^= hash >>> 33;
        hash *= 0xff51afd7ed558ccdL;
        hash ^= hash >>> 33;
        return hash == 0 ? 1 : hash;
    }

    /** An open-addressing set of 64-bit hashes, 12 bytes or so each. When it is full it says that it knows every hash, so that the file is put in order. */
    private static final class KeySet {
        private static final int MOST = 8 << 20;
        private long[] slots = new long[1 << 12];
        private int size;

        boolean add(long hash) {
            if (size >= MOST) {
                return false;
            }
            if (size * 4L >= slots.length * 3L) {
                long[] old = slots;
                slots = new long[old.length * 2];
                for (long kept : old) {
                    if (kept != 0) {
                        slots[place(kept)] = kept;
                    }
                }
            }
            int at = place(hash);
            if (slots[at] == hash) {
                return false;
            }
            slots[at] = hash;
            size++;
            return true;
        }

        private int place(long hash) {
            int at = (int) hash & slots.length - 1;
            while (slots[at] != 0 && slots[at] != hash) {
                at = at + 1 & slots.length - 1;
            }
            return at;
        }
    }
}
