package dev.portolan.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.portolan.identity.TestAuthority;
import dev.portolan.server.health.ComponentHealth.Condition;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** That certificates end is told early, often enough, and not every hour (OPS-05). */
class CertificatesTest {

    @Test
    void ops05_the_end_is_told_at_each_step_once_and_each_day_after_it(@TempDir Path folder) {
        TestAuthority authority = new TestAuthority(folder, "Authority");
        Path chain = authority.pem("chain.pem", authority.issue("server", "https://plan.example", "-validity", "200").chain());
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        Certificates certificates = new Certificates(Map.of("a community", chain), clock(now));
        Instant end = certificates.endings().get(0).at();
        assertThat(end).as("the authority's, which ends first").isBefore(Instant.now().plus(Duration.ofDays(31)));

        assertThat(told(certificates, now, end.minus(Duration.ofDays(100)))).isEmpty();
        assertThat(certificates.health().condition()).isEqualTo(Condition.UP);
        for (int days : List.of(90, 60, 30, 14, 7, 1)) {
            assertThat(told(certificates, now, end.minus(Duration.ofDays(days)).plusSeconds(60))).as(days + " days ahead").hasSize(1);
            assertThat(told(certificates, now, end.minus(Duration.ofDays(days)).plusSeconds(3_660))).as("an hour later").isEmpty();
        }
        assertThat(certificates.health().condition()).isEqualTo(Condition.DEGRADED);
        assertThat(told(certificates, now, end.plusSeconds(60))).singleElement().asString().contains("has ended");
        assertThat(told(certificates, now, end.plus(Duration.ofDays(1)).plusSeconds(60))).hasSize(1);
        assertThat(certificates.health().detail()).contains("a community", "has ended");
    }

    private static Clock clock(AtomicReference<Instant> now) {
        return new Clock() {
            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now.get();
            }
        };
    }

    private static List<String> told(Certificates certificates, AtomicReference<Instant> clock, Instant now) {
        ListAppender<ILoggingEvent> heard = new ListAppender<>();
        heard.start();
        Logger logger = (Logger) LoggerFactory.getLogger(Certificates.class);
        logger.addAppender(heard);
        clock.set(now);
        certificates.run(now);
        logger.detachAppender(heard);
        return heard.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
