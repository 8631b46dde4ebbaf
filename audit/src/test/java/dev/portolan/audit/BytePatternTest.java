package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;

class BytePatternTest {

    /** Of two letters, so that texts nearly match all the time. */
    @Property(tries = 5_000, seed = "42")
    void findsWhatTheJdkFinds(
        @ForAll @NotEmpty @StringLength(max = 5) @CharRange(from = 'a', to = 'b') String text, @ForAll @StringLength(max = 40) @CharRange(from = 'a', to = 'b') String in,
        @ForAll @IntRange(max = 40) int from, @ForAll @IntRange(max = 40) int to) {
        int end = Math.min(to, in.length());
        int expected = from > end ? -1 : in.substring(0, end).indexOf(text, from);
        assertThat(BytePattern.of(text).indexIn(in.getBytes(StandardCharsets.US_ASCII), from, end)).isEqualTo(expected);
    }

    @Property(tries = 1_000, seed = "42")
    void bytesBeyondAsciiAreNoMatchAndNoObstacle(@ForAll @StringLength(max = 20) String before, @ForAll @StringLength(max = 20) String after) {
        byte[] bytes = (before + "\"meta\":{" + after).getBytes(StandardCharsets.UTF_8);
        int at = BytePattern.of("\"meta\":{").indexIn(bytes, 0, bytes.length);
        assertThat(at).isEqualTo(before.getBytes(StandardCharsets.UTF_8).length);
        assertThat(BytePattern.of("\"meta\":{").isAt(bytes, at)).isTrue();
    }
}
