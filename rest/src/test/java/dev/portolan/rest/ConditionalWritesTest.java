package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
}
