package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.members.attribution.Attribution;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Several lines of a roster about one member: who left and came back, or is named twice. */
class StretchesTest {

    private static final Instant NOW = Instant.parse("2027-03-15T12:00:00Z");

    private static Attribution line(@Nullable String starts, @Nullable String ends, String coverage) {
        return new Attribution("ann", "", coverage, starts == null ? null : Instant.parse(starts + "T00:00:00Z"), ends == null ? null : Instant.parse(ends + "T00:00:00Z"));
    }

    /** In either order. */
    private static void becomes(Attribution expected, Attribution... lines) {
        List<Attribution> some = new ArrayList<>(List.of(lines));
        assertThat(Stretches.oneOfEach(some, NOW)).containsExactly(expected);
        Collections.reverse(some);
        assertThat(Stretches.oneOfEach(some, NOW)).containsExactly(expected);
    }

    @Test
    void prv01_who_left_and_came_back_is_a_patient_whatever_the_order_of_the_lines_is() {
        Attribution present = line("2027-01-01", null, "Coverage/new");
        becomes(present, line("2025-01-01", "2026-01-01", "Coverage/old"), present);
        Attribution coming = line("2027-06-01", null, "");
        becomes(coming, line("2025-01-01", "2026-01-01", ""), coming, line("2028-06-01", "2029-06-01", ""));
        becomes(line("2026-01-01", "2027-01-01", ""), line("2024-01-01", "2025-01-01", ""), line("2026-01-01", "2027-01-01", ""));
    }

    @Test
    void prv01_stretches_without_a_gap_are_one() {
        becomes(line("2026-01-01", "2028-01-01", "Coverage/a"), line("2026-01-01", "2027-04-01", "Coverage/a"), line("2027-04-01", "2028-01-01", "Coverage/b"));
        becomes(line(null, null, "Coverage/a"), line(null, null, "Coverage/a"), line("2020-01-01", "2021-01-01", ""));
    }

    @Test
    void prv01_lines_about_several_practitioners_stay_as_they_are() {
        Attribution one = new Attribution("ann", "1234567893", "", null, null);
        Attribution other = new Attribution("ann", "1679576722", "", null, null);
        assertThat(Stretches.oneOfEach(List.of(one, other), NOW)).containsExactly(one, other);
    }
}
