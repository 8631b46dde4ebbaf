package dev.portolan.members.consent;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.store.Purpose;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Data is about to leave.
 *
 * @param app client id of the receiving app
 * @param relation how the acting person stands to the member; null for the member, and for an app without a person
 * @param heldBack what the member held back when the app was let in
 */
public record Exit(Api api, Purpose purpose, String app, @Nullable String relation, Set<SensitiveCategory> heldBack, Instant at) {

    /** By which door. */
    public enum Api {
        /** The member's own apps (42 CFR 422.119). */
        PATIENT_ACCESS,
        /** Providers who treat the member (42 CFR 422.121(a)). */
        PROVIDER_ACCESS,
        /** The member's next or other payer (42 CFR 422.121(b)). */
        PAYER_TO_PAYER,
        /** The plan's own programs. */
        PLAN
    }

    public Exit {
        heldBack = Set.copyOf(heldBack);
    }
}
