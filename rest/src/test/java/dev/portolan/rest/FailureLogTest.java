package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FailureLogTest {

    private static final int TRACE = 500;

    private final Logger logger = (Logger) LoggerFactory.getLogger(FailureLogTest.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final AtomicLong nanos = new AtomicLong();
    private final FailureLog log = new FailureLog(logger, nanos::get);

    @BeforeEach
    void listen() {
        logger.setAdditive(false);
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
    }

    private String said(int line) {
        return lines.list.get(line).getFormattedMessage();
    }

    private static RuntimeException outage() {
        return new IllegalStateException("Peter Chalmers", new IllegalArgumentException("born 1974-12-25"));
    }

    @Test
    void what_fails_again_and_again_is_told_in_full_once_a_minute_and_in_a_line_with_its_id_otherwise() {
        for (int i = 0; i < 1_000; i++) {
            log.tell(outage(), "id-" + i);
        }
        assertThat(lines.list).hasSize(1_000);
        assertThat(said(0)).contains("id-0").contains("\n\tat ").contains("FailureLogTest");
        assertThat(said(999)).contains("id-999").contains("java.lang.IllegalStateException java.lang.IllegalArgumentException").doesNotContain("\n").hasSizeLessThan(TRACE);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(61));
        log.tell(outage(), "id-later");
        log.tell(new IllegalStateException(), "id-elsewhere");
        assertThat(said(1_000)).contains("\n\tat ");
        assertThat(said(1_001)).as("what fails elsewhere is news").contains("id-elsewhere").contains("\n\tat ");
        assertThat(lines.list).extracting(ILoggingEvent::getFormattedMessage).noneMatch(line -> line.contains("Chalmers") || line.contains("1974"));
    }
}
