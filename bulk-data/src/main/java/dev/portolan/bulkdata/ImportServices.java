package dev.portolan.bulkdata;

import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import dev.portolan.jobs.Jobs;
import javax.sql.DataSource;

/**
 * What imports work with.
 *
 * @param jobs not started yet: {@link Imports} adds its kind of work
 */
public record ImportServices(DataSource database, Loads loads, LoadReports reports, Quarantine quarantine, Jobs jobs, ExportAuthority authority, ImportSettings settings) {}
