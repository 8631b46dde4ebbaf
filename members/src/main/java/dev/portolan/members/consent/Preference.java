package dev.portolan.members.consent;

import dev.portolan.identity.scope.SensitiveCategory;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A decision of a member about the member's data.
 *
 * @param id names it in the audit trail, and its Consent resource
 * @param app client id, or empty where it is not about one app
 * @param categories what is held back ({@link Kind#SENSITIVE}), or what an opt-in gives beyond the ordinary ({@link Kind#PAYER_TO_PAYER}, {@link Kind#PROVIDER_ACCESS})
 * @param validUntil when an opt-in ends; null without an end
 * @param recorded who recorded it, when and how
 */
public record Preference(String id, String patient, Kind kind, String app, Decision decision, Set<SensitiveCategory> categories, @Nullable Instant validUntil, int version, Instant recordedAt, Recorded recorded) {

    /** What it is about. */
    public enum Kind {
        /** Sharing with treating providers: on until the member opts out. */
        PROVIDER_ACCESS,
        /** Sharing with other payers: off until the member opts in. */
        PAYER_TO_PAYER,
        /** Sensitive data that is held back, from everybody or from one app. */
        SENSITIVE,
        /** One app, whoever let it in. */
        APP
    }

    /** Yes or no. */
    public enum Decision {
        PERMIT,
        DENY
    }

    /**
     * @param by the account that recorded it
     * @param relation {@code self}, how a representative stands to the member, or {@code staff}
     * @param method {@code portal}, {@code api}, {@code call-centre}, {@code paper}
     * @param language of the words that the member was shown
     */
    public record Recorded(String by, String relation, String method, String language) {}

    public Preference {
        categories = Set.copyOf(categories);
    }

    /** What was decided, without what was said of sensitive data. */
    Preference withoutCategories() {
        return new Preference(id, patient, kind, app, decision, Set.of(), validUntil, version, recordedAt, recorded);
    }

    boolean holdsAt(Instant at) {
        return validUntil == null || at.isBefore(validUntil);
    }
}
