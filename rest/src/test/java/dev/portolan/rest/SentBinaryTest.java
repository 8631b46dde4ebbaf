package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Files that are sent as they are (R4 binary, section 2.41.4). */
class SentBinaryTest {

    private static final byte[] PDF = {'%', 'P', 'D', 'F', 0, 1, (byte) 0xFF};

    private final RunningServer server = RunningServer.get();

    @Test
    void aFileBecomesABinaryAndComesBackAsItWas() {
        Reply created = server.send("POST", "Binary", PDF, "Content-Type", "application/pdf", "X-Security-Context", "Patient/whose");
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        JsonValue binary = created.json().root();
        assertThat(binary.fieldText("contentType")).isEqualTo("application/pdf");
        assertThat(Base64.getDecoder().decode(binary.fieldText("data"))).isEqualTo(PDF);
        assertThat(binary.field("securityContext").fieldText("reference")).isEqualTo("Patient/whose");
        Reply file = server.get("Binary/" + binary.fieldText("id"), "Accept", "application/pdf");
        assertThat(file.body()).isEqualTo(PDF);
        assertThat(file.header("Content-Type")).isEqualTo("application/pdf");
    }

    @Test
    void aFileIsPutUnderItsId() {
        assertThat(server.send("PUT", "Binary/sent-text", "a".getBytes(), "Content-Type", "text/plain; charset=iso-8859-1").status()).isEqualTo(201);
        assertThat(server.send("PUT", "Binary/sent-text", "b".getBytes(), "Content-Type", "text/plain; charset=iso-8859-1").status()).isEqualTo(200);
        JsonValue binary = server.get("Binary/sent-text").json().root();
        assertThat(binary.fieldText("contentType")).isEqualTo("text/plain; charset=iso-8859-1");
        assertThat(binary.fieldText("data")).isEqualTo("Yg==");
    }

    /** Only to Binary, and only what no format of resources is called. */
    @Test
    void aFileIsTakenNowhereElse() {
        assertThat(server.send("POST", "Patient", PDF, "Content-Type", "application/pdf").status()).isEqualTo(415);
        assertThat(server.send("POST", "Binary", PDF, "Content-Type", "pdf").status()).isEqualTo(415);
        assertThat(server.send("POST", "Binary", PDF, "Content-Type", "application/*").status()).isEqualTo(415);
        assertThat(server.send("POST", "Binary", PDF, "Content-Type", "application/fhir+json").status()).isEqualTo(400);
        assertThat(server.send("POST", "Binary", PDF, "Content-Type", "application/x-www-form-urlencoded").status()).isEqualTo(415);
        assertThat(server.post("Binary", "{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"data\":\"YQ==\"}").status()).isEqualTo(201);
    }
}
