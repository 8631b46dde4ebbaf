package dev.portolan.server;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.structure.StructureChecker;

/** What FHIR and the guides say, compiled for use. */
record Definitions(FhirPackages packages, SearchDefinitions search, StructureChecker structure) {

    static Definitions of(FhirPackages packages) {
        return new Definitions(packages, SearchDefinitions.compile(packages), StructureChecker.lazy(packages));
    }
}
