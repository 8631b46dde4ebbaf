package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HAPI's client as somebody else's. */
class ExternalClientTest {

    private final RunningServer server = RunningServer.get();

    private IGenericClient client(EncodingEnum encoding) {
        server.fhir.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.NEVER);
        server.fhir.getRestfulClientFactory().setSocketTimeout(60_000);
        IGenericClient client = server.fhir.newRestfulGenericClient(server.system);
        client.setEncoding(encoding);
        return client;
    }

    @ParameterizedTest
    @EnumSource(value = EncodingEnum.class, names = {"JSON", "XML"})
    void writesReadsSearchesAndDeletes(EncodingEnum encoding) { // RST-34
        IGenericClient client = client(encoding);
        Patient patient = new Patient();
        patient.addName().setFamily("Client" + encoding).addGiven("Ada");
        patient.addIdentifier().setSystem("urn:client").setValue("c-" + encoding);
        MethodOutcome created = client.create().resource(patient).execute();
        assertThat(created.getCreated()).isTrue();
        String id = created.getId().getIdPart();
        Patient read = client.read().resource(Patient.class).withId(id).execute();
        assertThat(read.getNameFirstRep().getFamily()).isEqualTo("Client" + encoding);
        read.setActive(true);
        assertThat(client.update().resource(read).execute().getId().getVersionIdPart()).isEqualTo("2");
        Bundle found = client.search().forResource(Patient.class).where(Patient.IDENTIFIER.exactly().systemAndCode("urn:client", "c-" + encoding)).returnBundle(Bundle.class).execute();
        assertThat(found.getEntry()).hasSize(1);
        assertThat(((Patient) found.getEntryFirstRep().getResource()).getActive()).isTrue();
        Bundle history = client.history().onInstance("Patient/" + id).returnBundle(Bundle.class).execute();
        assertThat(history.getEntry()).hasSize(2);
        client.delete().resourceById("Patient", id).execute();
        assertThatThrownBy(() -> client.read().resource(Patient.class).withId(id).execute()).isInstanceOf(ResourceGoneException.class);
    }

    @Test
    void transactionsAndPages() {
        IGenericClient client = client(EncodingEnum.JSON);
        Bundle transaction = new Bundle().setType(Bundle.BundleType.TRANSACTION);
        transaction.addEntry().setFullUrl("urn:uuid:5f0e2b52-0d7c-4b7f-9d63-1f2f6c0a7c11").setResource(new Patient().setActive(true)).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Patient");
        for (int i = 0; i < 5; i++) {
            Observation observation = new Observation().setStatus(Observation.ObservationStatus.FINAL).setSubject(new Reference("urn:uuid:5f0e2b52-0d7c-4b7f-9d63-1f2f6c0a7c11"));
            observation.getCode().addCoding().setSystem("http://loinc.org").setCode("8867-4");
            transaction.addEntry().setResource(observation).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Observation");
        }
        Bundle response = client.transaction().withBundle(transaction).execute();
        String patient = new org.hl7.fhir.r4.model.IdType(response.getEntryFirstRep().getResponse().getLocation()).getIdPart();
        Bundle page = client.search().forResource(Observation.class).where(Observation.PATIENT.hasId(patient)).count(2).returnBundle(Bundle.class).execute();
        int seen = page.getEntry().size();
        while (page.getLink(Bundle.LINK_NEXT) != null) {
            page = client.loadPage().next(page).execute();
            seen += page.getEntry().size();
        }
        assertThat(seen).isEqualTo(5);
        Bundle everything = client.operation().onInstance("Patient/" + patient).named("$everything").withNoParameters(Parameters.class).useHttpGet().returnResourceType(Bundle.class).execute();
        assertThat(everything.getEntry()).hasSize(6);
    }

    @Test
    void theCapabilityStatementIsOne() { // RST-01
        CapabilityStatement statement = client(EncodingEnum.JSON).capabilities().ofType(CapabilityStatement.class).execute();
        assertThat(statement.getRestFirstRep().getResource()).hasSizeGreaterThan(140);
        assertThat(statement.getRestFirstRep().getResource()).filteredOn(resource -> resource.getType().equals("Patient")).first()
            .satisfies(resource -> assertThat(resource.getSearchParam()).extracting("name").contains("birthdate", "_id", "_lastUpdated"));
    }
}
