package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a write goes by is honoured or refused, and never left out (R4 http, sections 3.1.0.4 to 3.1.0.8). */
class ConditionalWritesTest {

    private final RunningServer server = RunningServer.get();

    private static String patient(String identifier) {
        return "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:cw\",\"value\":\"" + identifier + "\"}]}";
    }

    /** "If-Match: the condition is false if the origin server does not have a current representation" (RFC 9110, section 13.1.1). */
    @Test
    void anUpdateThatMatchesNothingHasNoVersionToMatch() {
        String rows = server.rows();
        assertThat(server.put("Patient?identifier=urn:cw%7Cnobody", patient("nobody"), "If-Match", "W/\"1\"").status()).isEqualTo(412);
        assertThat(server.rows()).isEqualTo(rows);
        assertThat(server.put("Patient?identifier=urn:cw%7Cnobody", patient("nobody")).status()).isEqualTo(201);
        assertThat(server.put("Patient?identifier=urn:cw%7Cnobody", patient("nobody"), "If-Match", "W/\"2\"").status()).isEqualTo(412);
    }

    @Test
    void aConditionDoesNotSayHowMatchesAreShown() {
        assertThat(server.post("Patient", patient("shown")).status()).isEqualTo(201);
        String rows = server.rows();
        for (String shown : List.of("_summary=count", "_count=0", "_sort=_id", "_elements=id", "_total=accurate", "_revinclude=Observation:subject")) {
            assertThat(server.post("Patient", patient("shown"), "If-None-Exist", "identifier=urn:cw%7Cshown&" + shown).status()).as(shown).isEqualTo(400);
            assertThat(server.put("Patient?identifier=urn:cw%7Cshown&" + shown, patient("shown")).status()).as(shown).isEqualTo(400);
            assertThat(server.send("DELETE", "Patient?identifier=urn:cw%7Cshown&" + shown, (byte[]) null).status()).as(shown).isEqualTo(400);
        }
        assertThat(server.rows()).isEqualTo(rows);
    }

    /** What a condition selected may be another, or another's, once it is locked: what it does not select any more stays as it is. */
    @Test
    void whatBecomesAnotherBetweenTheSearchAndTheLockIsNotWritten() throws Exception {
        String condition = "Patient?identifier=urn:cw%7Craced";
        String delete = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"DELETE\",\"url\":\"" + condition + "\"}}]}";
        assertThat(raced(() -> server.send("DELETE", condition, (byte[]) null))).isEqualTo(204);
        assertThat(raced(() -> server.put(condition, patient("raced").replace("{\"resourceType", "{\"active\":false,\"resourceType")))).isEqualTo(201);
        assertThat(server.send("DELETE", condition, (byte[]) null).status()).isEqualTo(204);
        assertThat(raced(() -> server.send("PATCH", condition, "[{\"op\":\"add\",\"path\":\"/active\",\"value\":false}]", "Content-Type", "application/json-patch+json"))).isEqualTo(404);
        assertThat(raced(() -> server.post("", delete))).isEqualTo(409);
    }

    /** The status of a request whose condition selects a resource that loses its identifier while the request waits for it. */
    private int raced(Supplier<RunningServer.Reply> request) throws Exception {
        String location = server.post("Patient", patient("raced")).header("Location");
        String id = location.replaceAll(".*/Patient/([^/]+)/.*", "$1");
        try (Connection connection = server.database.getConnection(); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("UPDATE store.resource SET version = version + 1, tokens = '{}' WHERE id = '" + id + "'");
            CompletableFuture<RunningServer.Reply> reply = CompletableFuture.supplyAsync(request);
            awaitOneThatWaits();
            connection.commit();
            connection.setAutoCommit(true);
            int status = reply.get(30, TimeUnit.SECONDS).status();
            assertThat(server.get("Patient/" + id).status()).isEqualTo(200);
            assertThat(server.get("Patient/" + id).text()).doesNotContain("active");
            return status;
        }
    }

    private void awaitOneThatWaits() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        boolean waits = false;
        while (!waits) {
            assertThat(System.nanoTime()).isLessThan(end);
            try (Connection connection = server.database.getConnection(); Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%store.resource%'")) {
                row.next();
                waits = row.getLong(1) > 0;
            }
            Thread.sleep(20);
        }
    }

    /** "No matches, id provided: the server treats the interaction as an update as create" (R4 http, section 3.1.0.4.3): somebody else's resource is no place to create one. */
    @Test
    void anUpdateThatMatchesNothingWritesOverNothing() {
        String other = "{\"resourceType\":\"Patient\",\"id\":\"cw-other\",\"active\":true}";
        String body = "{\"resourceType\":\"Patient\",\"id\":\"cw-other\",\"active\":false}";
        assertThat(server.put("Patient/cw-other", other).status()).isEqualTo(201);
        String rows = server.rows();
        assertThat(server.put("Patient?identifier=urn:cw%7Cnobody-else", body).status()).isEqualTo(409);
        String transaction = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":%s,\"request\":{\"method\":\"PUT\",\"url\":\"Patient?identifier=urn:cw|nobody-else\"}}]}";
        assertThat(server.post("", transaction.formatted(body)).status()).isEqualTo(409);
        assertThat(server.rows()).isEqualTo(rows);
        assertThat(server.get("Patient/cw-other").text()).contains("\"active\":true");
        String fresh = "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"identifier\":[{\"system\":\"urn:cw\",\"value\":\"%s\"}]}";
        assertThat(server.put("Patient?identifier=urn:cw%7Cf1", fresh.formatted("cw-f1", "f1")).status()).isEqualTo(201);
        assertThat(server.put("Patient?identifier=urn:cw%7Cf1", fresh.formatted("cw-f1", "f1").replace("}]}", "}],\"active\":true}")).status()).isEqualTo(200);
        assertThat(server.post("", transaction.formatted(fresh.formatted("cw-f2", "f2")).replace("nobody-else", "f2")).status()).isEqualTo(200);
        assertThat(server.send("DELETE", "Patient/cw-f1", (byte[]) null).status()).isEqualTo(204);
        assertThat(server.put("Patient?identifier=urn:cw%7Cf1", fresh.formatted("cw-f1", "f1")).status()).as("what was deleted may come back").isEqualTo(201);
    }
}
