package dev.portolan.server;

import java.time.Clock;

import java.sql.SQLException;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.portolan.audit.AuditSchema;

import dev.portolan.audit.GroupCommitTrail;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.server.database.Databases;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;

/** The rooms, put together. Each migrates its own tables. */
@Configuration(proxyBeanMethods = false)
class RoomsConfiguration {

    private static final int AUDIT_ENTRIES_WAITING = 10_000;

    @Bean
    FhirPackages fhirPackages(Foundation foundation) {
        return foundation.packages();
    }

    @Bean
    ComponentHealth.Source packagesHealth(FhirPackages packages) {
        int loaded = packages.packages().size();
        ComponentHealth health = packages.missing().isEmpty()
                ? new ComponentHealth("FHIR definitions", Condition.UP, loaded + " packages are loaded.")
                : new ComponentHealth("FHIR definitions", Condition.DEGRADED, loaded + " packages are loaded. Not found, and so not validated: "
                        + packages.missing() + ". Set PORTOLAN_PACKAGES to a folder that has them.");
        return () -> health;
    }

    @Bean
    GroupCommitTrail auditTrail(Databases databases) throws SQLException {
        try (var owner = databases.ownerPool()) {
            AuditSchema.migrate(owner, databases.role());
        }
        return new GroupCommitTrail(databases.pool(), Clock.systemUTC(), AUDIT_ENTRIES_WAITING);
    }
}
