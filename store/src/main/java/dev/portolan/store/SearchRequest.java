package dev.portolan.store;

import dev.portolan.fhir.search.SearchQuery;
import org.jspecify.annotations.Nullable;

/**
 * @param query what is searched
 * @param cursor from {@link SearchPage#next}, or null for the first page. The caller parses the query again from the parameters that the cursor carries, see
 *     {@link PageCursors}
 * @param pageSize matches on a page; 0 for the total only
 */
public record SearchRequest(SearchQuery query, @Nullable String cursor, int pageSize) {}
