package dev.portolan.bulkdata;

import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.jobs.Jobs;
import dev.portolan.rest.ResourceElements;
import dev.portolan.store.RecordDatabase;
import java.util.Set;
import javax.sql.DataSource;

/**
 * What exports work with.
 *
 * @param resourceTypes R4's
 * @param jobs not started yet: {@link Exports} adds its kinds of work
 */
public record ExportServices(
    DataSource database, RecordDatabase records, SearchQueryParser searchParser, Set<String> resourceTypes, ResourceElements elements, Jobs jobs, OutputFiles files, ExportAuthority authority,
    ExportSettings settings) {}
