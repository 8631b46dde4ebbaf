package dev.portolan.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Groups of one chain in files of this machine, until they stand in the database. To make a group durable costs one write and one wait for the disk, a fraction of what a transaction of the database does.
 * Each group begins at a block of the disk, so that it can be written past the system's cache: that takes two thirds of the time.
 *
 * <p>Two files of a fixed size are written in turns. A file is begun anew once everything in it stands in the database; what is left behind the new frames is older, so that it stands there too. A frame
 * is its length, its checksum, the numbers of its first and last entry, their month, and the rows; if it does not end with a block, zeros follow to the end of one, four at least.
 */
final class ChainJournal implements AutoCloseable {

    static final int BLOCK = 4096;
    private static final int FILE_BYTES = 4 << 20;
    private static final int FRAME = 2 * Integer.BYTES;
    private static final int NUMBERS = 2 * Long.BYTES + Integer.BYTES;
    private static final int MONTHS_IN_A_YEAR = 12;
    private static final List<String> FILES = List.of("0", "1");
    private static final Pattern CHAIN = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final Path folder;
    private final List<Segment> segments;
    private ByteBuffer buffer = JournalFile.buffer(BLOCK);
    private int current;
    private volatile long shelved;

    private static final class Segment {

        final JournalFile file;
        long end;
        long last;

        Segment(JournalFile file) {
            this.file = file;
        }
    }

    private ChainJournal(Path folder, List<Segment> segments) {
        this.folder = folder;
        this.segments = segments;
    }

    /** @param root folder of one server's journals; made, for the server's user alone, if it is not there */
    static ChainJournal create(Path root, UUID chain) throws IOException {
        Path folder = Files.createDirectories(root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))).resolve(chain.toString());
        Files.createDirectory(folder);
        List<Segment> segments = new ArrayList<>();
        ChainJournal journal = new ChainJournal(folder, segments);
        try {
            for (String name : FILES) {
                // Written once, so that later writes alter no size that would have to reach the disk with them.
                segments.add(new Segment(JournalFile.create(folder.resolve(name), FILE_BYTES)));
            }
            sync(folder);
            sync(root);
            return journal;
        } catch (IOException e) {
            // A full disk gets no fuller by trying again.
            journal.close();
            throw new IOException("the audit journal " + folder + " could not be made: " + e.getMessage(), e);
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** The group is on disk when this returns. */
    void append(EntryGroup group) throws IOException {
        ByteBuffer frame = frame(group);
        int length = frame.remaining();
        int other = 1 - current;
        if (segments.get(current).end + length > FILE_BYTES && segments.get(other).last <= shelved) {
            segments.get(other).end = 0;
            current = other;
        }
        Segment segment = segments.get(current);
        segment.file.write(frame, segment.end);
        segment.end += length;
        segment.last = group.last();
    }

    /** In a buffer that serves the next one too. */
    private ByteBuffer frame(EntryGroup group) {
        int length = NUMBERS + group.rows().length;
        int whole = wholeBlocks(FRAME + length);
        if (buffer.capacity() < whole) {
            buffer = JournalFile.buffer(whole);
        }
        ByteBuffer frame = buffer.clear().limit(whole);
        frame.position(FRAME).putLong(group.first()).putLong(group.last()).putInt(group.month().getYear() * MONTHS_IN_A_YEAR + group.month().getMonthValue() - 1).put(group.rows());
        CRC32C sum = new CRC32C();
        sum.update(frame.duplicate().flip().position(FRAME));
        while (frame.hasRemaining()) {
            frame.put((byte) 0);
        }
        return frame.putInt(0, length).putInt(Integer.BYTES, (int) sum.getValue()).flip();
    }

    /** What is left of the last block is nothing, or enough to be seen to be zero. */
    private static int wholeBlocks(int bytes) {
        int whole = blocks(bytes);
        return whole == bytes || whole - bytes >= Integer.BYTES ? whole : whole + BLOCK;
    }

    private static int blocks(int bytes) {
        return (bytes + BLOCK - 1) / BLOCK * BLOCK;
    }

    /** Everything up to an entry stands in the database. */
    void shelved(long last) {
        shelved = last;
    }

    /** Takes the files away, if everything that was appended stands in the database; else the next start finds them. */
    @Override
    public void close() throws IOException {
        boolean done = segments.stream().allMatch(segment -> segment.last <= shelved);
        for (Segment segment : segments) {
            segment.file.close();
        }
        if (done) {
            remove(folder);
        }
    }

    private static void remove(Path folder) throws IOException {
        for (String name : FILES) {
            Files.deleteIfExists(folder.resolve(name));
        }
        Files.delete(folder);
    }

    /** A journal whose process has ended. */
    record Left(UUID chain, Path folder) {

        /** The groups that are whole, in their order; what was being written when the process ended is not. */
        List<EntryGroup> groups() throws IOException {
            List<EntryGroup> groups = new ArrayList<>();
            for (String name : FILES) {
                if (Files.exists(folder.resolve(name))) {
                    read(ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name))), groups);
                }
            }
            groups.sort(Comparator.comparingLong(EntryGroup::first));
            return groups;
        }

        private void read(ByteBuffer file, List<EntryGroup> to) {
            while (file.remaining() > FRAME + NUMBERS) {
                int length = file.getInt();
                if (length == 0 && file.position() % BLOCK != Integer.BYTES) {
                    // The rest of a block. An earlier release wrote group after group, without any.
                    file.position(Math.min(file.limit(), blocks(file.position())));
                    continue;
                }
                int sum = file.getInt();
                if (length <= NUMBERS || length > file.remaining()) {
                    return;
                }
                CRC32C actual = new CRC32C();
                actual.update(file.array(), file.position(), length);
                if ((int) actual.getValue() != sum) {
                    return;
                }
                long first = file.getLong();
                long last = file.getLong();
                int month = file.getInt();
                byte[] rows = new byte[length - NUMBERS];
                file.get(rows);
                to.add(new EntryGroup(chain, first, last, YearMonth.of(month / MONTHS_IN_A_YEAR, month % MONTHS_IN_A_YEAR + 1), rows));
            }
        }

        void remove() throws IOException {
            ChainJournal.remove(folder);
        }
    }

    /** Those that processes before this one left. What else lies there (the {@code lost+found} of a disk of its own) is none. */
    static List<Left> left(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(root)) {
            return folders.filter(folder -> CHAIN.matcher(folder.getFileName().toString()).matches()).sorted().map(folder -> new Left(UUID.fromString(folder.getFileName().toString()), folder)).toList();
        }
    }
}
