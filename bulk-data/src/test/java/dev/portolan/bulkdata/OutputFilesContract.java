package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every place for files has to do. */
abstract class OutputFilesContract {

    abstract OutputFiles files();

    static byte[] some(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    static void write(OutputFiles files, String export, String name, byte[] bytes) throws IOException {
        OutputFiles.Writing writing = files.write(export, name);
        writing.out().write(bytes);
        writing.keep();
    }

    static byte[] read(OutputFiles files, String export, String name, long from) throws IOException {
        try (InputStream in = files.read(export, name, from)) {
            return in.readAllBytes();
        }
    }

    @Test
    void what_was_kept_is_read_from_any_byte_on() throws IOException {
        byte[] bytes = some(300_000);
        write(files(), "read", "Patient-1.ndjson", bytes);
        files().settle("read");
        assertThat(files().has("read", "Patient-1.ndjson")).isTrue();
        assertThat(files().has("read", "Patient-2.ndjson")).isFalse();
        for (int from : new int[] {0, 1, 17, 299_999}) {
            assertThat(read(files(), "read", "Patient-1.ndjson", from)).isEqualTo(java.util.Arrays.copyOfRange(bytes, from, bytes.length));
        }
        try (InputStream in = files().read("read", "Patient-1.ndjson", 5)) {
            assertThat(in.readNBytes(10)).as("and left early").isEqualTo(java.util.Arrays.copyOfRange(bytes, 5, 15));
        }
    }

    @Test
    void a_file_under_way_and_one_that_was_discarded_are_not_there() throws IOException {
        OutputFiles.Writing writing = files().write("under-way", "a.ndjson");
        writing.out().write("{}\n".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> read(files(), "under-way", "a.ndjson", 0)).isInstanceOf(IOException.class);
        assertThat(files().has("under-way", "a.ndjson")).isFalse();
        writing.discard();
        assertThatThrownBy(() -> read(files(), "under-way", "a.ndjson", 0)).isInstanceOf(IOException.class);
    }

    @Test
    void blk09_files_are_deleted_but_those_named_of_this_export_alone() throws IOException {
        for (String export : new String[] {"here", "there", "here-too"}) {
            for (String name : new String[] {"a.ndjson", "b.ndjson", "c.ndjson"}) {
                write(files(), export, name, some(10));
            }
        }
        files().deleteAllBut("here", Set.of("b.ndjson"));
        assertThat(read(files(), "here", "b.ndjson", 0)).isEqualTo(some(10));
        assertThatThrownBy(() -> read(files(), "here", "a.ndjson", 0)).isInstanceOf(IOException.class);
        files().deleteAllBut("here", Set.of());
        assertThatThrownBy(() -> read(files(), "here", "b.ndjson", 0)).isInstanceOf(IOException.class);
        files().deleteAllBut("here", Set.of());
        files().deleteAllBut("never-was", Set.of());
        for (String other : new String[] {"there", "here-too"}) {
            assertThat(read(files(), other, "a.ndjson", 0)).isEqualTo(some(10));
        }
    }

    @Test
    void blk15_files_are_deleted_by_name_and_no_other() throws IOException {
        for (String name : new String[] {"a.ndjson", "b.ndjson"}) {
            write(files(), "by-name", name, some(10));
        }
        files().delete("by-name", Set.of("a.ndjson", "never-was.ndjson"));
        files().delete("by-name", Set.of());
        files().delete("never-was", Set.of("a.ndjson"));
        assertThatThrownBy(() -> read(files(), "by-name", "a.ndjson", 0)).isInstanceOf(IOException.class);
        assertThat(read(files(), "by-name", "b.ndjson", 0)).isEqualTo(some(10));
    }

    @Test
    void names_lead_nowhere_else() {
        for (String bad : new String[] {"..", "../x", "a/b", "", ".hidden", "a\nb"}) {
            assertThatThrownBy(() -> files().write(bad, "a.ndjson")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> files().read("export", bad, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> files().delete("export", Set.of(bad))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> files().deleteAllBut(bad, Set.of())).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
