package dev.portolan.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;

import dev.portolan.server.health.ComponentHealth.Condition;

class HealthPageTest {

    private static final ServerHealth.Report REPORT = new ServerHealth.Report("1.0", Duration.ofSeconds(61), List.of(new ComponentHealth("Database", Condition.DEGRADED, "It is <slow>.")));

    /** WCAG 2.2, 2.2.1 Timing Adjustable and 2.2.2 Pause, Stop, Hide: what refreshes itself begins anew while somebody still hears it. */
    @Test
    void the_page_stays_until_somebody_asks_again_and_says_when_it_was_so() {
        String page = HealthPage.of(REPORT, Instant.parse("2026-11-30T20:15:09Z"));
        assertThat(page).doesNotContainIgnoringCase("http-equiv", "<script").contains("As it was at 20:15:09 UTC", "<a href=\"/health\">look again</a>", "running for 1 min 1 s");
        assertThat(page).contains("Portolan is <span class=\"degraded\">degraded</span>", "It is &lt;slow&gt;.");
    }
}
