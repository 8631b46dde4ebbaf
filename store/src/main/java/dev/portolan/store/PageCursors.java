package dev.portolan.store;

import dev.portolan.fhir.search.SearchQuery;
import java.util.List;

/** Opens page cursors: a next link holds nothing but the cursor, and the cursor holds the query. No state is kept on the server. */
public interface PageCursors {

    /**
     * @throws dev.portolan.fhir.search.InvalidSearchException if the cursor was altered, is from another database, or was made for another grant
     */
    Opened open(String cursor, Grant grant);

    /**
     * @param types as in {@link SearchQuery#types}
     * @param parameters the query's parameters as they were applied, to be parsed again
     */
    record Opened(List<String> types, List<SearchQuery.RawParameter> parameters, int pageSize) {}
}
