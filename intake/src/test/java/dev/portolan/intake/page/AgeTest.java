package dev.portolan.intake.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.intake.load.LoadReports;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgeTest {

    @ParameterizedTest(name = "{1} hours old on {0}: {2}")
    @CsvSource({"2026-11-25T12:00:00Z,23,false", "2026-11-25T12:00:00Z,25,true", "2026-11-27T12:00:00Z,25,true", "2026-11-28T13:00:00Z,25,false", "2026-11-29T13:00:00Z,49,false", "2026-11-30T11:00:00Z,71,false", "2026-11-30T13:00:00Z,73,true"})
    void edi10_data_are_late_a_business_day_after_they_came(Instant now, int hours, boolean late) {
        assertThat(LoadPages.Age.of(new LoadReports.Freshness("plan", "claims", now.minus(Duration.ofHours(hours)), now), now).late()).isEqualTo(late);
    }
}
