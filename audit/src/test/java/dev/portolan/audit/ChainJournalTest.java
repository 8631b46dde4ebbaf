package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-03: what lies in a journal's files is read as it was written, wherever a group ends in its last block. */
class ChainJournalTest {

    private static final int BESIDE_THE_ROWS = 28;
    private static final YearMonth MONTH = YearMonth.of(2026, 11);
    private static final UUID CHAIN = UUID.randomUUID();

    @TempDir
    Path folder;

    private static EntryGroup group(Random random, int number, int bytes) {
        byte[] rows = new byte[bytes];
        random.nextBytes(rows);
        return new EntryGroup(CHAIN, number, number, MONTH, rows);
    }

    private static List<EntryGroup> groups(long seed) {
        Random random = new Random(seed);
        List<EntryGroup> groups = new ArrayList<>();
        for (int end = -12; end <= 4; end++) {
            groups.add(group(random, groups.size() + 1, ChainJournal.BLOCK - BESIDE_THE_ROWS + end));
            groups.add(group(random, groups.size() + 1, 3 * ChainJournal.BLOCK - BESIDE_THE_ROWS + end));
            groups.add(group(random, groups.size() + 1, 1 + random.nextInt(20_000)));
        }
        return groups;
    }

    private static String shown(EntryGroup group) {
        return group.chain() + " " + group.first() + " " + group.last() + " " + group.month() + " " + group.rows().length + " " + Arrays.hashCode(group.rows());
    }

    private static List<EntryGroup> left(Path root) throws IOException {
        return ChainJournal.left(root).get(0).groups();
    }

    private static void assertSame(List<EntryGroup> read, List<EntryGroup> written) {
        assertThat(read.stream().map(ChainJournalTest::shown).toList()).isEqualTo(written.stream().map(ChainJournalTest::shown).toList());
    }

    private static void isReadAsItWasWritten(Path root) throws IOException {
        List<EntryGroup> groups = groups(7);
        try (ChainJournal journal = ChainJournal.create(root, CHAIN)) {
            for (EntryGroup group : groups) {
                journal.append(group);
            }
            assertSame(left(root), groups);
        }
    }

    @Test
    void whatWasAppendedIsThere() throws Exception {
        isReadAsItWasWritten(folder);
    }

    @Test
    void blocksStandWhereTheyWereWrittenByWayOfTheCacheToo() throws Exception {
        Path path = folder.resolve("file");
        JournalFile.create(path, 4 * ChainJournal.BLOCK).close();
        byte[] blocks = new byte[2 * ChainJournal.BLOCK];
        new Random(1).nextBytes(blocks);
        try (JournalFile file = JournalFile.openCached(path)) {
            file.write(JournalFile.buffer(blocks.length).put(blocks).flip(), ChainJournal.BLOCK);
        }
        byte[] whole = Files.readAllBytes(path);
        assertThat(whole).hasSize(4 * ChainJournal.BLOCK);
        assertThat(Arrays.copyOfRange(whole, ChainJournal.BLOCK, 3 * ChainJournal.BLOCK)).isEqualTo(blocks);
        assertThat(Arrays.copyOfRange(whole, 0, ChainJournal.BLOCK)).containsOnly(0);
        assertThat(Arrays.copyOfRange(whole, 3 * ChainJournal.BLOCK, whole.length)).containsOnly(0);
    }

    @Test
    void andOnAFileSystemInMemory() throws Exception {
        Path memory = Path.of("/dev/shm");
        Assumptions.assumeThat(Files.isWritable(memory)).isTrue();
        Path root = Files.createTempDirectory(memory, "journal");
        try {
            isReadAsItWasWritten(root);
        } finally {
            for (ChainJournal.Left left : ChainJournal.left(root)) {
                left.remove();
            }
            Files.delete(root);
        }
    }

    /** Its files are written over several times, and hold what was not shelved among what is left of earlier groups. */
    @Test
    void andAfterTheFilesWereBegunAnew() throws Exception {
        Random random = new Random(Long.getLong("portolan.seed", 3));
        try (ChainJournal journal = ChainJournal.create(folder, CHAIN)) {
            List<EntryGroup> waiting = new ArrayList<>();
            for (int number = 1; number <= 1_500; number++) {
                EntryGroup group = group(random, number, 1 + random.nextInt(20_000));
                journal.append(group);
                waiting.add(group);
                if (random.nextInt(40) == 0) {
                    journal.shelved(number);
                    waiting.clear();
                }
                if (number % 100 == 0) {
                    long first = waiting.isEmpty() ? number + 1 : waiting.get(0).first();
                    assertSame(left(folder).stream().filter(each -> each.first() >= first).toList(), waiting);
                }
            }
            journal.shelved(1_500);
        }
        assertThat(folder).isEmptyDirectory();
    }

    /** Its groups followed each other without a gap. */
    @Test
    void whatAnEarlierReleaseLeftIsRead() throws Exception {
        List<EntryGroup> groups = groups(9);
        ByteBuffer file = ByteBuffer.allocate(4 << 20);
        for (EntryGroup group : groups) {
            ByteBuffer content = ByteBuffer.allocate(20 + group.rows().length).putLong(group.first()).putLong(group.last()).putInt(2026 * 12 + 10).put(group.rows()).flip();
            CRC32C sum = new CRC32C();
            sum.update(content.duplicate());
            file.putInt(content.remaining()).putInt((int) sum.getValue()).put(content);
        }
        Path journal = Files.createDirectory(folder.resolve(CHAIN.toString()));
        Files.write(journal.resolve("0"), file.array());
        Files.write(journal.resolve("1"), new byte[4 << 20]);
        assertSame(left(folder), groups);
    }
}
