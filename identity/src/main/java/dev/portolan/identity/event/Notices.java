package dev.portolan.identity.event;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Messages to developers: confirmations, decisions, reminders. A plan connects its mail server here. */
public interface Notices {

    void send(String address, String subject, String text);

    /** For a server without mail: writes the message to the log, where whoever runs a sandbox finds the link. Nobody gets it. */
    static Notices toLog() {
        return new Logged(LoggerFactory.getLogger(Notices.class));
    }

    /** Whether messages reach anybody. */
    default boolean reach() {
        return true;
    }

    /** Messages that nobody gets. */
    record Logged(Logger log) implements Notices {
        @Override
        public void send(String address, String subject, String text) {
            log.info("no mail is configured; not sent: {}: {}", subject, text);
        }

        @Override
        public boolean reach() {
            return false;
        }
    }
}
