package dev.portolan.rest;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one FHIR base offers.
 *
 * @param name short name, for instance {@code patient-access}: in the audit trail and in metrics
 * @param title for the capability statement
 * @param path from the root of the server, for instance {@code /patient-access/fhir}
 * @param origin scheme, host and port as clients see them, for instance {@code https://api.plan.example}; null to take them from each request
 * @param types the resource types offered; empty for all of R4
 * @param interactions what may be done
 * @param validation what becomes of a written resource that does not fit its profiles
 * @param instantiates canonical URLs of the capability statements that this base fulfils; if there are any, its profiles and combined searches are theirs
 * @param profiles canonical URLs of profiles that it supports beyond those
 */
public record FhirBase(
    String name,
    String title,
    String path,
    @Nullable String origin,
    Set<String> types,
    Set<RestInteraction> interactions,
    ValidationPolicy validation,
    RequestLimits limits,
    List<String> instantiates,
    List<String> profiles) {

    /** A base that supports what its capability statements say and no more; without any, every profile that is loaded. */
    public FhirBase(
            String name, String title, String path, @Nullable String origin, Set<String> types, Set<RestInteraction> interactions, ValidationPolicy validation, RequestLimits limits, List<String> instantiates) {
        this(name, title, path, origin, types, interactions, validation, limits, instantiates, List.of());
    }

    /** What becomes of a resource that does not fit the profiles it claims. */
    public enum ValidationPolicy {
        /** Not looked at. The structure (elements, types, cardinality) is always checked. */
        OFF,
        /** Stored, and the findings are told in the answer. */
        REPORT,
        /** Refused with 422. */
        ENFORCE
    }

    /** Everything that only reads. */
    public static final Set<RestInteraction> READING = Set.copyOf(EnumSet.of(
        RestInteraction.READ, RestInteraction.VREAD, RestInteraction.HISTORY_INSTANCE, RestInteraction.SEARCH_TYPE, RestInteraction.SEARCH_SYSTEM, RestInteraction.BATCH));

    /** Everything there is. */
    public static final Set<RestInteraction> ALL = Set.copyOf(EnumSet.allOf(RestInteraction.class));

    public FhirBase {
        if (!path.startsWith("/") || path.endsWith("/")) {
            throw new IllegalArgumentException("the path of a base starts with / and does not end with it: " + path);
        }
        if (origin != null && origin.endsWith("/")) {
            throw new IllegalArgumentException("the origin of a base has no / at its end: " + origin);
        }
        types = Set.copyOf(types);
        interactions = Set.copyOf(interactions);
        instantiates = List.copyOf(instantiates);
        profiles = List.copyOf(profiles);
    }

    boolean offers(RestInteraction interaction) {
        return interactions.contains(interaction);
    }

    boolean offersType(String type) {
        return types.isEmpty() || types.contains(type);
    }

    boolean writable() {
        return interactions.stream().anyMatch(RestInteraction::writes);
    }
}
