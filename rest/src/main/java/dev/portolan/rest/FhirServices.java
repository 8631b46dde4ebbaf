package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.audit.AuditTrail;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.terminology.Terminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.store.PageCursors;
import dev.portolan.store.RecordStore;

/**
 * What a {@link FhirServlet} works with; shared by all bases of a server.
 *
 * @param searchParser with the bounds and the terminology of this server
 * @param fhir HAPI's context for R4, for XML and for patches by FHIRPath
 * @param room for large bodies and answers, of all bases together
 */
public record FhirServices(
    RecordStore store,
    PageCursors cursors,
    SearchDefinitions definitions,
    SearchQueryParser searchParser,
    StructureChecker structure,
    ProfileValidator validator,
    Terminology terminology,
    FhirContext fhir,
    FhirPackages packages,
    GrantResolver grants,
    RateLimiter rateLimiter,
    AuditTrail audit,
    BodyRoom room) {

    /** With room for what is large in the memory of this process. */
    public FhirServices(RecordStore store, PageCursors cursors, SearchDefinitions definitions, SearchQueryParser searchParser, StructureChecker structure, ProfileValidator validator, Terminology terminology, FhirContext fhir,
        FhirPackages packages, GrantResolver grants, RateLimiter rateLimiter, AuditTrail audit) {
        this(store, cursors, definitions, searchParser, structure, validator, terminology, fhir, packages, grants, rateLimiter, audit, new BodyRoom(Runtime.getRuntime().maxMemory()));
    }

    /** The same for a base whose callers' rights are others, by its own policy. */
    public FhirServices with(GrantResolver others) {
        return new FhirServices(store, cursors, definitions, searchParser, structure, validator, terminology, fhir, packages, others, rateLimiter, audit, room);
    }
}
