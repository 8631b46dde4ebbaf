package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.audit.AuditEntry;
import dev.portolan.rest.RunningServer.Reply;
import java.util.List;
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
}
