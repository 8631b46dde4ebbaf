package dev.portolan.bulkdata;

import dev.portolan.store.ScanRequest;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an export asks of the store. */
final class ScanRequests {

    private ScanRequests() {}

    static ScanRequest of(Export export, TypeFilters filters, Set<String> ownBases, Instant asOf) {
        return of(export, export.order().types(), filters, ownBases, asOf);
    }

    /** @param types those of the order that are wanted now */
    static ScanRequest of(Export export, Set<String> types, TypeFilters filters, Set<String> ownBases, Instant asOf) {
        Export.Order order = export.order();
        ScanRequest.Shared shared = order.level() == ExportPolicy.Place.SYSTEM ? ScanRequest.Shared.ALL : ScanRequest.Shared.REFERENCED;
        return new ScanRequest(types, filters.parse(order.filters(), order.types(), ownBases), asOf, order.since(), order.until(), export.panel(), shared);
    }

    /** To ask who is in reach, and nothing else. */
    static ScanRequest reach(@Nullable String panel) {
        return new ScanRequest(Set.of(), Map.of(), Instant.EPOCH, null, null, panel, ScanRequest.Shared.REFERENCED);
    }
}
