package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-03: anchors whose writer was killed, or had no room, accuse nobody and stop no start; and many of them fit into memory. */
class AnchorsTest {

    private static final ChainVerifier.Anchor ENDED = new ChainVerifier.Anchor(UUID.randomUUID(), 7, new byte[32]);

    @TempDir
    Path data;

    private Anchors anchors() {
        return Anchors.in(data.resolve("anchors"), data.resolve("audit-anchor.key"));
    }

    private Anchors.Read read() throws Exception {
        return Anchors.read(data.resolve("anchors"));
    }

    @Test
    void aud03_an_anchor_that_was_being_written_when_the_process_ended_is_no_sign_of_tampering() throws Exception {
        Path whole = anchors().write(List.of(ENDED), Instant.now());
        String text = Files.readString(whole);
        for (int length : new int[] {0, 1, text.length() / 2, text.length() - 1}) {
            Files.writeString(whole.resolveSibling("anchor-20260101T000000.000Z-%08d.json".formatted(length)), text.substring(0, length));
        }
        assertThat(read().faults()).isEmpty();
        assertThat(read().anchors()).singleElement().matches(anchor -> anchor.chain().equals(ENDED.chain()) && anchor.seq() == 7);
        Files.writeString(whole.resolveSibling("anchor-20260101T000000.000Z-altered.json"), text.replace("\"seq\":7", "\"seq\":6"));
        assertThat(read().faults()).singleElement().asString().contains("altered");
    }

    @Test
    void aud03_a_first_start_that_was_killed_leaves_no_half_key_that_every_later_one_refuses() throws Exception {
        Files.createDirectories(data.resolve("anchors"));
        Files.createFile(data.resolve("anchors").resolve("anchor-key.pub"));
        anchors().write(List.of(ENDED), Instant.now());
        anchors().write(List.of(ENDED), Instant.now());
        assertThat(read().faults()).isEmpty();
        try (Stream<Path> files = Files.list(data)) {
            assertThat(files.map(file -> file.getFileName().toString())).as("nothing half is left beside the key").containsExactlyInAnyOrder("anchors", "audit-anchor.key");
        }
        Files.delete(data.resolve("audit-anchor.key"));
        assertThatThrownBy(this::anchors).hasMessageContaining("another key");
    }

    @Test
    void aud03_a_copy_of_anchors_without_their_public_key_is_told_of() throws Exception {
        anchors().write(List.of(ENDED), Instant.now());
        Files.delete(data.resolve("anchors").resolve("anchor-key.pub"));
        assertThatThrownBy(this::read).hasMessageContaining("anchor-key.pub, does not lie beside them");
    }

    /** A chain ends with its process and stands in every later anchor: after some years there are a thousand such chains in tens of thousands of anchors. */
    @Test
    void aud03_what_many_anchors_say_alike_is_kept_once_as_it_was_said_last() throws Exception {
        Anchors anchors = anchors();
        Instant first = Instant.now().minus(Duration.ofDays(9));
        for (int hour = 0; hour < 100; hour++) {
            anchors.write(List.of(ENDED, new ChainVerifier.Anchor(new UUID(1, 1), hour + 1, new byte[32])), first.plus(Duration.ofHours(hour)));
        }
        assertThat(read().files()).isEqualTo(100);
        assertThat(read().anchors()).hasSize(101).filteredOn(anchor -> anchor.chain().equals(ENDED.chain())).singleElement().matches(anchor -> first.plus(Duration.ofHours(99)).equals(anchor.taken()));
        anchors.write(List.of(new ChainVerifier.Anchor(ENDED.chain(), 7, new byte[] {1})), first);
        assertThat(read().anchors()).as("two that differ are both told").filteredOn(anchor -> anchor.chain().equals(ENDED.chain())).hasSize(2);
    }
}
