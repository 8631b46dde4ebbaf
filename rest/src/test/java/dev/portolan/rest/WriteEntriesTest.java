package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditTrail;
import dev.portolan.audit.AuditUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Nothing that a write does can be seen before its entry is in the trail, and nothing of it stands if there is none. */
class WriteEntriesTest {

    private final RunningServer server = RunningServer.get();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    private static FhirBase base(String name) {
        return new FhirBase(name, name, "/" + name + "/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF, RequestLimits.SYSTEM, List.of());
    }

    private static String patient(String id, String family) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"" + family + "\"}]}";
    }

    /** Looks, when it is given an entry, at what other connections see of the store. */
    private CompletableFuture<Void> look(AuditEntry entry) {
        if (!entry.operation().equals("read")) {
            seen.add(entry.operation() + " " + entry.subject().members() + " " + server.rows());
        }
        return CompletableFuture.completedFuture(null);
    }

    @Test
    void aud01_the_entry_of_a_write_is_there_before_the_write_is() {
        String url = server.serveRecordedBy(this::look, base("looked-at"));
        String before = server.rows();
        assertThat(server.put(url + "/Patient/entry-first", patient("entry-first", "A")).status()).isEqualTo(201);
        String created = server.rows();
        assertThat(server.put(url + "/Patient/entry-first", patient("entry-first", "B")).status()).isEqualTo(200);
        String updated = server.rows();
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/entry-first-2\"},\"resource\":" + patient("entry-first-2", "C") + "}]}";
        assertThat(server.post(url, bundle).status()).isEqualTo(200);
        String transacted = server.rows();
        assertThat(server.send("DELETE", url + "/Patient/entry-first", (String) null).status()).isEqualTo(204);
        assertThat(Set.of(before, created, updated, transacted, server.rows())).hasSize(5);
        assertThat(seen).containsExactly("update [entry-first] " + before, "update [entry-first] " + created, "transaction [entry-first-2] " + updated, "delete [entry-first] " + transacted);
    }

    /** A trail that never says anything. */
    private static final class Silent implements AuditTrail {

        @Override
        public CompletableFuture<Void> append(AuditEntry entry) {
            return new CompletableFuture<>();
        }

        @Override
        public Duration patience() {
            return Duration.ofMillis(300);
        }
    }

    @Test
    void aud09_what_waits_for_a_silent_trail_ends_with_nothing_of_what_was_asked_for() {
        String url = server.serveRecordedBy(new Silent(), base("silent"));
        assertThat(server.put("Patient/entry-silent", patient("entry-silent", "Quibbleton")).status()).isEqualTo(201);
        String before = server.rows();
        for (String path : List.of("/Patient/entry-silent", "/Patient?_id=entry-silent", "/Patient/not-there", "/Patient/entry-silent/$everything")) {
            RunningServer.Reply reply = server.get(url + path);
            assertThat(reply.status()).as(path).isEqualTo(503);
            assertThat(reply.text()).contains("OperationOutcome").doesNotContain("Quibbleton");
            assertThat(reply.header("Retry-After")).isEqualTo("5");
            assertThat(reply.header("ETag")).as("says which version there is").isNull();
        }
        assertThat(server.put(url + "/Patient/entry-silent", patient("entry-silent", "B")).status()).isEqualTo(503);
        assertThat(server.rows()).isEqualTo(before);
    }

    @Test
    void aud09_a_write_whose_entry_fails_leaves_nothing() {
        String url = server.serveRecordedBy(entry -> CompletableFuture.failedFuture(new AuditUnavailableException("away", null)), base("unrecorded"));
        String before = server.rows();
        assertThat(server.put(url + "/Patient/entry-none", patient("entry-none", "A")).status()).isEqualTo(503);
        assertThat(server.rows()).isEqualTo(before);
        assertThat(server.get("Patient/entry-none").status()).isEqualTo(404);
    }
}
