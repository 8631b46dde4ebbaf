package dev.portolan.identity.app;

import java.time.Instant;
import org.springframework.context.ApplicationContext;

/** Lets tests look ahead in time. */
public final class RemindersForTests {
    private RemindersForTests() {}

    public static int sendDue(ApplicationContext context, Instant now) {
        return context.getBean(AppReminders.class).sendDue(now);
    }
}
