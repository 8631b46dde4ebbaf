package dev.portolan.identity.event;

import org.slf4j.LoggerFactory;

/** Messages to developers: confirmations, decisions, reminders. A plan connects its mail server here. */
public interface Notices {

    void send(String address, String subject, String text);

    /** For a server without mail: writes the message to the log, where whoever runs a sandbox finds the link. */
    static Notices toLog() {
        var log = LoggerFactory.getLogger(Notices.class);
        return (address, subject, text) -> log.info("no mail is configured; not sent: {}: {}", subject, text);
    }
}
