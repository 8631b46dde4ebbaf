package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.store.Grant;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Answers for a resource type that is not in the store but is made of something else. It can be read and searched, and nothing more. The caller's grant allows the interaction on the type; what
 * else it takes, and whom the grant reaches, is for the provider to hold.
 */
public interface TypeProvider {

    /** The type, for instance {@code AuditEvent}. */
    String type();

    /** The search parameters that it knows, beside {@code _id} and {@code _count}. */
    List<String> parameters();

    /**
     * @return null if there is none with this id for this grant
     * @throws FhirException if the grant does not do
     */
    @Nullable Found read(Grant grant, String id);

    /**
     * @param parameters those that {@link #parameters} names, with modifiers
     * @param count most on the page; 0 for the total alone
     * @param cursor from {@link Page#next}, as a caller sends it; null for the first page
     * @throws FhirException for what cannot be answered, and if the grant does not do
     */
    Page search(Grant grant, List<RawParameter> parameters, int count, @Nullable String cursor);

    /**
     * @param next where the following page begins; null on the last
     * @param total if it is known
     */
    record Page(List<Found> found, @Nullable String next, OptionalLong total) {}

    /**
     * @param json the resource, with its id in it
     * @param members ids of the Patients whom it tells of, for the audit trail
     */
    record Found(String id, byte[] json, List<String> members) {

        /** A resource that tells of no member. */
        public Found(String id, byte[] json) {
            this(id, json, List.of());
        }
    }
}
