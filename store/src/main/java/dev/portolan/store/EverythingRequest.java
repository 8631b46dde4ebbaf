package dev.portolan.store;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code Patient/[id]/$everything}.
 *
 * @param types only these types ({@code _type}); empty for all
 * @param since only resources changed at or after this instant, or null
 * @param startDate only care from this time on (milliseconds since 1970 UTC), or null; resources without a date stay in
 * @param endDate only care up to this time, or null
 * @param pageSize resources on a page; 0 for all at once
 */
public record EverythingRequest(
    String patientId, Set<String> types, @Nullable Instant since, @Nullable Long startDate, @Nullable Long endDate, @Nullable String cursor, int pageSize) {}
