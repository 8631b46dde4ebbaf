package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** AUD-02: what a proxy says of its peer stands in the trail, whatever the peer wrote before it. */
class OriginTest {

    private static String of(String forwarded) {
        return AuditEntry.Origin.of("10.0.0.1", List.of(forwarded), "r").address();
    }

    @Test
    void aud02_a_chain_of_addresses_is_kept() {
        assertThat(AuditEntry.Origin.of("192.0.2.1", List.of(), "r")).isEqualTo(new AuditEntry.Origin("192.0.2.1", "r"));
        assertThat(of("203.0.113.9")).isEqualTo("10.0.0.1 for 203.0.113.9");
        assertThat(of("198.51.100.1, [2001:db8::1]:443")).isEqualTo("10.0.0.1 for 198.51.100.1, [2001:db8::1]:443");
    }

    @Test
    void aud02_attack_no_caller_hides_its_address_behind_what_it_writes_itself() {
        assertThat(of("<script>, 203.0.113.9")).isEqualTo("10.0.0.1 for 203.0.113.9");
        assertThat(of("1.2.3.4," .repeat(4_000) + "203.0.113.9")).startsWith("10.0.0.1 for 1.2.3.4,").endsWith(",203.0.113.9").hasSizeLessThan(220);
        assertThat(of("1".repeat(5_000) + ", 203.0.113.9")).isEqualTo("10.0.0.1 for 203.0.113.9");
        assertThat(of("a\nb;drop, unknown")).isEqualTo("10.0.0.1");
        assertThat(of("1".repeat(5_000))).isEqualTo("10.0.0.1");
    }
}
