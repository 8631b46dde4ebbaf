package dev.portolan.members.attribution;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A provider is in the plan's network.
 *
 * @param npi of an organization or a practitioner
 * @param ends exclusive; null without an end
 */
public record NetworkParticipation(String npi, Instant starts, @Nullable Instant ends) {

    public NetworkParticipation {
        ends = Instants.end(ends);
    }
}
