package dev.portolan.identity.token;

import org.springframework.context.ApplicationContext;

/** Lets tests clean up when they want to. */
public final class HousekeepingForTests {
    private HousekeepingForTests() {}

    public static int removeExpired(ApplicationContext context) {
        return context.getBean(Housekeeping.class).removeExpired();
    }
}
