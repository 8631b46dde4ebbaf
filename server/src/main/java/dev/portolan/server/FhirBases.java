package dev.portolan.server;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.portolan.patientaccess.PatientAccess;
import dev.portolan.provideraccess.ProviderAccess;
import dev.portolan.rest.FhirBase;
import dev.portolan.rest.FhirBase.ValidationPolicy;
import dev.portolan.rest.RequestLimits;

/** The FHIR bases of this server. */
record FhirBases(FhirBase patientAccess, FhirBase providerAccess, FhirBase system) {

    static FhirBases at(URI origin) {
        return new FhirBases(
                PatientAccess.base("", origin.toString()),
                ProviderAccess.base("", origin.toString()),
                new FhirBase("system", "Loading and administration", "/system/fhir", origin.toString(), Set.of(), FhirBase.ALL,
                        ValidationPolicy.OFF, RequestLimits.SYSTEM, List.of("http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data")));
    }

    List<FhirBase> all() {
        return List.of(patientAccess, providerAccess, system);
    }

    Map<String, URI> urls() {
        Map<String, URI> urls = new LinkedHashMap<>();
        all().forEach(base -> urls.put(base.name(), URI.create(base.origin() + base.path())));
        return urls;
    }
}
