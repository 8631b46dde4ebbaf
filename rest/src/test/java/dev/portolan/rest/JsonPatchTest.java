package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import org.junit.jupiter.api.Test;

/** RFC 6902, and that FHIR has no empty arrays and objects. */
class JsonPatchTest {

    private final RunningServer server = RunningServer.get();

    /** What the patch makes of a Patient with these elements: the text without {@code meta}. */
    private String patched(String elements, String patch) {
        server.put("Patient/json-patch", "{\"resourceType\":\"Patient\",\"id\":\"json-patch\"," + elements + "}");
        Reply reply = server.send("PATCH", "Patient/json-patch", patch, "Content-Type", "application/json-patch+json");
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        return reply.text().replaceFirst("\"meta\":\\{[^}]*},?", "");
    }

    @Test
    void whatIsEmptiedCanBeFilledAgain() {
        assertThat(patched("\"name\":[{\"family\":\"A\"}]", "[{\"op\":\"remove\",\"path\":\"/name/0\"},{\"op\":\"add\",\"path\":\"/name/-\",\"value\":{\"family\":\"B\"}}]")).contains("\"name\":[{\"family\":\"B\"}]");
        assertThat(patched("\"name\":[{\"family\":\"A\"}]", "[{\"op\":\"remove\",\"path\":\"/name/0/family\"},{\"op\":\"add\",\"path\":\"/name/0/text\",\"value\":\"B\"}]")).contains("\"name\":[{\"text\":\"B\"}]");
        assertThat(patched("\"name\":[{\"family\":\"A\"}]", "[{\"op\":\"move\",\"from\":\"/name/0\",\"path\":\"/name/0\"}]")).contains("\"name\":[{\"family\":\"A\"}]");
        assertThat(patched("\"active\":true", "[{\"op\":\"add\",\"path\":\"/name\",\"value\":[]},{\"op\":\"add\",\"path\":\"/name/-\",\"value\":{\"family\":\"B\"}}]")).contains("\"name\":[{\"family\":\"B\"}]");
    }

    @Test
    void whatIsEmptyAtTheEndIsLeftOut() {
        assertThat(patched("\"active\":true,\"name\":[{\"family\":\"A\"}]", "[{\"op\":\"remove\",\"path\":\"/name/0/family\"}]")).doesNotContain("name").contains("\"active\":true");
        assertThat(patched("\"name\":[{\"family\":\"A\",\"given\":[\"[]\",\"{}\"]},{\"family\":\"B\"}],\"active\":true", "[{\"op\":\"remove\",\"path\":\"/name/1/family\"},{\"op\":\"remove\",\"path\":\"/name/0/family\"}]"))
            .contains("\"name\":[{\"given\":[\"[]\",\"{}\"]}],\"active\":true");
        assertThat(patched("\"maritalStatus\":{\"coding\":[{\"code\":\"M\"}]},\"active\":true", "[{\"op\":\"remove\",\"path\":\"/maritalStatus/coding/0\"}]")).doesNotContain("maritalStatus");
    }

    /** R4 json, section 2.6.2.1: the extensions of the second given name stand at the second place. */
    @Test
    void extensionsOfRepeatingPrimitivesKeepTheirPlaces() {
        String names = "\"name\":[{\"given\":[\"A\",\"B\"],\"_given\":[{\"id\":\"a\"},{\"id\":\"b\"}]}]";
        assertThat(patched(names, "[{\"op\":\"remove\",\"path\":\"/name/0/_given/0/id\"}]")).contains("\"given\":[\"A\",\"B\"],\"_given\":[null,{\"id\":\"b\"}]");
        assertThat(patched(names, "[{\"op\":\"remove\",\"path\":\"/name/0/_given/1/id\"},{\"op\":\"remove\",\"path\":\"/name/0/_given/0/id\"}]")).contains("\"name\":[{\"given\":[\"A\",\"B\"]}]");
    }
}
