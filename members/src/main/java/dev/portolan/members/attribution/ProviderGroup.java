package dev.portolan.members.attribution;

import java.time.Instant;

/**
 * The list of an organization's patients, without the patients.
 *
 * @param id logical id of the Group
 * @param npi of the organization; says whether it is in the network
 * @param tin may be empty
 * @param organization {@code Organization/id}, or empty
 * @param contract may be empty
 * @param changedAt when its members last changed
 */
public record ProviderGroup(String id, Kind kind, String name, String npi, String tin, String organization, String contract, ListStatus status, Instant changedAt) {

    /** How it came to be. */
    public enum Kind {
        /** From the plan's attribution. */
        ATTRIBUTED,
        /** From a provider's attestation that it treats these patients ({@code $provider-member-match}). */
        MATCHED
    }

    /** ATR, extension attributionListStatus: a final list is not changed by the provider any more. */
    public enum ListStatus {
        DRAFT,
        OPEN,
        FINAL
    }
}
