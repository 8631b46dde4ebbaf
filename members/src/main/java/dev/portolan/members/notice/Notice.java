package dev.portolan.members.notice;

import java.time.Instant;

/**
 * A message to a member.
 *
 * @param about of an education notice the year, of a confirmation the decision: there is one message of a kind about each
 * @param language in which it is written
 * @param wanted the language that the member wants, which there may be no text in
 */
public record Notice(String id, String patient, Kind kind, String about, String language, String wanted, String subject, String body, State state, Instant createdAt) {

    /** The id of the decision that it confirms. */
    public String decision() {
        return about.split(" ", 2)[0];
    }

    /** What it is about. */
    public enum Kind {
        /** That treating providers may ask for the record, and how to opt out. */
        PROVIDER_ACCESS,
        /** That another plan may ask for the record once the member opts in. */
        PAYER_TO_PAYER,
        /** That a decision was recorded. */
        DECISION
    }

    /** How far it is. What failed waits again. */
    public enum State {
        WAITING,
        HANDED_OVER,
        DELIVERED,
        FAILED
    }

    /**
     * One line of the delivery log.
     *
     * @param channel {@code mail}, {@code e-mail}, {@code portal}, ...; empty where it was only made
     * @param by the account, or {@code portolan}
     */
    public record Event(Instant at, State state, String channel, String detail, String by) {}
}
