package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.Severity;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hl7.fhir.r4.model.AuditEvent;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** AUD-07: the projection is a valid R4 AuditEvent and has the pattern of IHE BALP (requirement 22, section 3). */
class AuditEventsTest {

    private static final FhirContext FHIR = FhirContext.forR4Cached();
    private static final AuditEvents EVENTS = new AuditEvents(URI.create("https://fhir.plan.example"));
    private static ProfileValidator validator;

    @BeforeAll
    static void baseDefinitions() {
        FhirPackages base = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
        validator = new ProfileValidator(base, new PackageTerminology(base), 1);
    }

    private static AuditEvent project(AuditEntry entry) {
        return EVENTS.of(new RecordedEntry(new RecordedEntry.Place(Instant.parse("2026-11-27T10:11:12.345Z"), UUID.fromString("11111111-2222-3333-4444-555555555555"), 42), entry));
    }

    @Test
    void aud07_every_kind_of_entry_is_a_valid_auditevent() {
        List<AuditEntry> kinds = List.of(
            TrailDatabase.access("app", "read", 200, List.of("m1"), 1), TrailDatabase.access("app", "search-type", 200, List.of("m1", "m2"), 7), TrailDatabase.access("app", "search-type", 403, List.of("m1"), 0),
            TrailDatabase.access("app", "create", 201, List.of("m1"), 1), TrailDatabase.access("app", "delete", 204, List.of(), 1), TrailDatabase.access("app", "$everything", 200, List.of("m1"), 100),
            TrailDatabase.access("app", "transaction", 200, List.of("m1"), 9), TrailDatabase.access("app", "unknown", 500, List.of(), 0), TrailDatabase.access("app", AuditEvents.EXPORTED_FILE, 200, List.of("m1", "m2"), 9),
            TrailDatabase.event("sign-in", 401, "person", "192.0.2.1"), TrailDatabase.event("token-issued", 200, "person", null), TrailDatabase.event("app-changed", 200, "admin", "192.0.2.1"),
            new AuditEntry(AuditEntry.AUDIT, "purge", new AuditEntry.Outcome(200, null), new AuditEntry.Caller("portolan", null, null), new AuditEntry.Subject(List.of(), List.of(), null, 0, 0, List.of(), "x=y"),
                new AuditEntry.Authority("none", List.of(), "OPERATIONS", List.of()), new AuditEntry.Origin(null, "none")));
        for (AuditEntry kind : kinds) {
            String json = FHIR.newJsonParser().encodeResourceToString(project(kind));
            // BALP's own profiles are no package here: without their claim the validator looks at base R4.
            String plain = json.replaceAll(",\"profile\":\\[[^]]*]", "");
            List<Issue> errors = validator.validate(JsonDocument.parse(plain.getBytes(StandardCharsets.UTF_8)), List.of("http://hl7.org/fhir/StructureDefinition/AuditEvent")).issues().stream()
                .filter(issue -> issue.severity() == Severity.ERROR || issue.severity() == Severity.FATAL).toList();
            assertThat(errors).as(kind.api() + " " + kind.operation() + " " + json).isEmpty();
        }
    }

    @Test
    void aud07_a_read_has_the_pattern_of_balp_patient_read() {
        AuditEvent event = project(TrailDatabase.access("app-1", "read", 200, List.of("m1"), 1));
        assertThat(event.getMeta().getProfile()).singleElement().matches(profile -> profile.getValue().equals("https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead"));
        assertThat(event.getType().getCode()).isEqualTo("rest");
        assertThat(event.getSubtypeFirstRep().getSystem() + "|" + event.getSubtypeFirstRep().getCode()).isEqualTo("http://hl7.org/fhir/restful-interaction|read");
        assertThat(event.getAction()).isEqualTo(AuditEvent.AuditEventAction.R);
        assertThat(event.getOutcome().toCode()).isEqualTo("0");
        // BALP, Read: the client is the destination, the server the source.
        Map<String, String> agents = new java.util.TreeMap<>();
        event.getAgent().forEach(agent -> agents.put(agent.getType().getCodingFirstRep().getCode(), agent.getWho().getIdentifier().getValue()));
        assertThat(agents).containsExactlyInAnyOrderEntriesOf(Map.of("110152", "app-1", "110153", "https://fhir.plan.example", "IRCP", "person-1"));
        AuditEvent.AuditEventAgentComponent user = event.getAgent().get(2);
        assertThat(user.getRequestor()).isTrue();
        assertThat(user.getPolicy().get(0).getValue()).isEqualTo("urn:ietf:params:oauth:jti:grant-1");
        assertThat(user.getPurposeOfUseFirstRep().getCodingFirstRep().getCode()).isEqualTo("PATRQT");
        assertThat(user.getRoleFirstRep().getText()).isEqualTo("parent");
        assertThat(event.getEntity()).extracting(entity -> entity.getType().getCode()).containsExactly("XrequestId", "1", "2");
        assertThat(event.getEntity().get(0).getWhat().getIdentifier().getValue()).isEqualTo("request-1");
        assertThat(event.getEntity().get(1).getWhat().getReference()).isEqualTo("Patient/m1");
        assertThat(event.getEntity().get(2).getRole().getCode()).isEqualTo("4");
        assertThat(event.getEntity().get(2).getWhat().getReference()).isEqualTo("Observation/o1");
        assertThat(event.getIdElement().getIdPart()).isEqualTo("11111111-2222-3333-4444-555555555555.42");
    }

    @Test
    void aud07_a_search_says_what_it_was_asked_by_and_no_values() {
        AuditEvent event = project(TrailDatabase.access("app-1", "search-type", 200, List.of("m1"), 3));
        assertThat(event.getMeta().getProfile().get(0).getValue()).endsWith("IHE.BasicAudit.PatientQuery");
        assertThat(event.getAction()).isEqualTo(AuditEvent.AuditEventAction.E);
        AuditEvent.AuditEventEntityComponent query = event.getEntity().get(2);
        assertThat(query.getRole().getCode()).isEqualTo("24");
        assertThat(new String(query.getQuery(), StandardCharsets.UTF_8)).isEqualTo("Observation?code&patient");
        assertThat(query.hasWhat()).isFalse();
        assertThat(event.getAgent().get(0).getType().getCodingFirstRep().getCode()).isEqualTo("110153");
    }

    @Test
    void aud07_refusals_claim_no_profile_and_say_so() {
        AuditEvent event = project(TrailDatabase.access("app-1", "read", 403, List.of("m1"), 0));
        assertThat(event.getMeta().getProfile()).isEmpty();
        assertThat(event.getOutcome().toCode()).isEqualTo("4");
        assertThat(event.getOutcomeDesc()).isEqualTo("HTTP 403, forbidden");
        assertThat(project(TrailDatabase.access("app-1", "read", 500, List.of("m1"), 0)).getOutcome().toCode()).isEqualTo("8");
    }
}
