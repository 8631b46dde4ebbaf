package dev.portolan.rest;

import dev.portolan.store.StoredResource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request is answered with, before it becomes HTTP or an entry of a Bundle.
 *
 * @param body what is sent
 * @param version the version that ETag and Last-Modified are of, or null
 * @param location true if Location names that version
 * @param access what left, for the audit trail
 * @param headers of the response, beside what the rest implies
 */
record Answer(int status, Body body, @Nullable StoredResource version, boolean location, Access access, List<Header> headers) {

    Answer(int status, Body body, @Nullable StoredResource version, boolean location, Access access) {
        this(status, body, version, location, access, List.of());
    }

    record Header(String name, String value) {}

    sealed interface Body {
        Body NONE = new None();
    }

    record None() implements Body {}

    /**
     * Stored bytes as they are.
     *
     * @param json the resource's content, decompressed once
     */
    record Stored(StoredResource resource, byte[] json) implements Body {}

    /** A resource put together by us. */
    record Json(byte[] bytes) implements Body {}

    /** A Bundle put together in a pooled buffer, which the servlet gives back. */
    record Pooled(ByteBuilder buffer) implements Body {}

    /** What is no resource: sent as it is, whatever format the caller wants resources in. */
    record Sent(String contentType, SentFile file) implements Body {}

    /**
     * @param operation FHIR's name of the interaction, or the operation
     * @param types that were asked for
     * @param resource {@code Type/id} if it was about one resource
     * @param about ids of the Patients that the request names
     * @param query names of the search parameters; for a Bundle, what its entries did
     * @param disclosed what left
     */
    record Access(String operation, List<String> types, @Nullable String resource, List<String> about, @Nullable String query, Disclosed disclosed) {

        static Access of(String operation) {
            return new Access(operation, List.of(), null, List.of(), null, new Disclosed());
        }

        static Access ofOne(String operation, String type, String id, Disclosed disclosed) {
            return new Access(operation, List.of(type), type + "/" + id, type.equals("Patient") ? List.of(id) : List.of(), null, disclosed);
        }
    }

    /** A resource that was read or written, with its content. */
    static Answer stored(int status, StoredResource resource, boolean location, String operation) {
        byte[] json = resource.content().json();
        Access access = Access.ofOne(operation, resource.key().type(), resource.key().id(), new Disclosed().add(resource, json));
        return new Answer(status, new Stored(resource, json), resource, location, access);
    }

    static Answer empty(int status, Access access) {
        return new Answer(status, Body.NONE, null, false, access);
    }

    static Answer json(int status, byte[] bytes, Access access) {
        return new Answer(status, new Json(bytes), null, false, access);
    }

    static Answer pooled(ByteBuilder buffer, Access access) {
        return new Answer(200, new Pooled(buffer), null, false, access);
    }

    Answer withBody(Body other) {
        return new Answer(status, other, version, location, access, headers);
    }

    Answer withHeaders(List<Header> others) {
        return new Answer(status, body, version, location, access, List.copyOf(others));
    }

    Answer withAccess(Access other) {
        return new Answer(status, body, version, location, other, headers);
    }
}
