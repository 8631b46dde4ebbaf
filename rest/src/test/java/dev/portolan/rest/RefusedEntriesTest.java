package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.audit.AuditEntry;
import dev.portolan.rest.RunningServer.Reply;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.StoreFailureException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is throttled, and what fails, stands in the trail like what is served. */
class RefusedEntriesTest {

    private final RunningServer server = RunningServer.get();

    private static FhirBase base(String name) {
        return new FhirBase(name, name, "/" + name + "/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.PUBLIC, List.of());
    }

    private List<AuditEntry> entries(String api) {
        return server.audited.stream().filter(entry -> entry.api().equals(api)).toList();
    }

    @Test
    void aud04_a_throttled_request_has_one_entry_and_is_told_when_to_come_back() {
        String url = server.serve(base("throttled"), grants -> grants, (base, request, grant) -> new RateLimiter.Admission(false, 10, 0, 7));
        Reply reply = server.get(url + "/Observation/x");
        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.header("Retry-After")).isEqualTo("7");
        assertThat(reply.header("RateLimit-Remaining")).isEqualTo("0");
        assertThat(entries("throttled")).singleElement().satisfies(entry -> {
            assertThat(entry.outcome()).isEqualTo(new AuditEntry.Outcome(429, "throttled"));
            assertThat(entry.operation()).isEqualTo("read");
            assertThat(entry.subject().resource()).isEqualTo("Observation/x");
            assertThat(entry.subject().resources()).isZero();
        });
    }

    @Test
    void aud04_a_request_that_fails_has_one_entry_and_says_nothing_of_the_cause() {
        String url = server.serve(base("failing"), grants -> request -> {
            throw new IllegalStateException("the record of Quibbleton");
        });
        Reply reply = server.get(url + "/Observation/x");
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.text()).contains("OperationOutcome").doesNotContain("Quibbleton");
        assertThat(entries("failing")).singleElement().satisfies(entry -> {
            assertThat(entry.outcome().status()).isEqualTo(500);
            assertThat(entry.toString()).doesNotContain("Quibbleton");
        });
    }

    @Test
    void aud04_what_is_asked_about_another_members_record_in_vain_has_its_entry() {
        Grant grant = new Grant("narrow", "app", null, Purpose.MEMBER_REQUEST, new Grant.Members.Only(Set.of("ann")), Map.of("*", new Grant.Rule(EnumSet.allOf(Interaction.class), List.of())), Set.of("urn:l|secret"), Set.of());
        String url = server.serve(base("elsewhere"), grants -> request -> grant);
        assertThat(server.get(url + "/Patient/bea/Practitioner").status()).as("no such compartment").isEqualTo(404);
        assertThat(entries("elsewhere")).singleElement().satisfies(entry -> {
            assertThat(entry.outcome()).isEqualTo(new AuditEntry.Outcome(404, "not-found"));
            assertThat(entry.subject().members()).containsExactly("bea");
            assertThat(entry.subject().withheld()).isZero();
        });
    }

    /** By GET or by a form: who asked in vain about somebody's record stands in the trail with that member, and not with the caller's own. */
    @Test
    void aud04_a_search_that_is_refused_is_about_whom_its_form_names() {
        Grant grant = new Grant("narrow-form", "app", null, Purpose.MEMBER_REQUEST, new Grant.Members.Only(Set.of("ann")), Map.of("*", new Grant.Rule(EnumSet.allOf(Interaction.class), List.of())), Set.of(), Set.of());
        String url = server.serve(base("form-elsewhere"), grants -> request -> grant);
        assertThat(server.get(url + "/Observation?patient=bea").status()).isEqualTo(403);
        assertThat(server.send("POST", url + "/Observation/_search", "patient=bea", "Content-Type", "application/x-www-form-urlencoded").status()).isEqualTo(403);
        assertThat(entries("form-elsewhere")).hasSize(2).allSatisfy(entry -> assertThat(entry.subject().members()).containsExactly("bea"));
    }

    /** Clients and proxies ask again after a 503, and not after a 500. */
    @Test
    void aud04_ops_a_database_that_cannot_be_reached_or_is_full_is_unavailable_for_a_while() {
        for (String state : List.of("08006", "57P01", "57P02", "57P03", "53100", "53300", "58030")) {
            assertUnavailable("outage-" + state, new SQLException("the record of Quibbleton", state));
        }
        assertUnavailable("outage-pool", new SQLTransientConnectionException("the record of Quibbleton"));
    }

    private void assertUnavailable(String name, SQLException cause) {
        String url = server.serve(base(name), grants -> request -> {
            throw new StoreFailureException("The database could not complete a read.", cause);
        });
        Reply reply = server.get(url + "/Observation/x");
        assertThat(reply.status()).as(name).isEqualTo(503);
        assertThat(reply.header("Retry-After")).as(name).isEqualTo("5");
        assertThat(reply.text()).contains("FHIR-0503").doesNotContain("Quibbleton");
        assertThat(entries(name)).singleElement().satisfies(entry -> assertThat(entry.outcome()).isEqualTo(new AuditEntry.Outcome(503, "transient")));
    }
}
