package dev.portolan.members.attribution;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A member is a provider's patient.
 *
 * @param providerNpi the practitioner; empty for the organization as a whole
 * @param coverage {@code Coverage/id}, or empty
 * @param starts null for "as it stands": from now on, or for as long as it has been
 * @param ends exclusive; null without an end
 */
public record Attribution(String patient, String providerNpi, String coverage, @Nullable Instant starts, @Nullable Instant ends) {

    public Attribution {
        ends = Instants.end(ends);
        if (starts != null && ends != null && !ends.isAfter(starts)) {
            throw new IllegalArgumentException("An attribution ends after it starts.");
        }
    }

    /** From now on, without an end. */
    public static Attribution of(String patient, String providerNpi) {
        return new Attribution(patient, providerNpi, "", null, null);
    }

    /**
     * One version of what was known.
     *
     * @param change {@code add}, {@code change} or {@code drop}
     * @param supersededAt when something else became known; null if it stands
     */
    public record Version(String group, Attribution attribution, String change, String source, Instant recordedAt, String recordedBy, @Nullable Instant supersededAt, @Nullable String supersededBy) {}

    /**
     * A member of a list as it stands.
     *
     * @param sentAt when the app that asks last got the member's data by an export that counts; null if it never did
     */
    public record Listed(Attribution attribution, String change, @Nullable Instant sentAt, String sentResources, String sentFilters) {}
}
