package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.rest.RunningServer.Reply;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A small patch cannot make a large resource, nor much work. */
class PatchBoundsTest {

    private static final String TYPE = "application/json-patch+json";
    private static final int LARGEST = 64 << 10;

    private static final RunningServer SERVER = RunningServer.get();
    private static final String BASE = SERVER.serve(new FhirBase("small", "Small", "/small/fhir", null, Set.of(), FhirBase.ALL, FhirBase.ValidationPolicy.OFF,
        new RequestLimits(LARGEST, 100, 8_000, 50, 500, 500), List.of()), grants -> grants);

    private static void patient(String id, String family) {
        Reply put = SERVER.put(BASE + "/Patient/" + id, "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"" + family + "\"}]}");
        assertThat(put.status()).as(put.text()).isIn(200, 201);
    }

    private static Reply patch(String id, String... operations) {
        return SERVER.send("PATCH", BASE + "/Patient/" + id, "[" + String.join(",", operations) + "]", "Content-Type", TYPE);
    }

    private static String[] times(int count, String operation) {
        return Collections.nCopies(count, operation).toArray(String[]::new);
    }

    private static void refused(Reply reply, String code) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(413);
        assertThat(reply.text()).contains(code);
    }

    @Test
    void copiesThatDoubleTheResourceEndAtTheLargestBody() {
        patient("doubled", "x");
        refused(patch("doubled", times(13, "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/contact\"},{\"op\":\"copy\",\"from\":\"/contact\",\"path\":\"/name/-\"}")), "FHIR-0210");
        refused(patch("doubled", times(40, "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/name/-\"}")), "FHIR-0210");
        assertThat(SERVER.get(BASE + "/Patient/doubled").body().length).isLessThan(300);
    }

    @Test
    void whatIsMadeOnTheWayIsBoundedToo() {
        patient("on-the-way", "x".repeat(20_000));
        refused(patch("on-the-way", "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/a\"}", "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/b\"}", "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/c\"}",
            "{\"op\":\"remove\",\"path\":\"/a\"}", "{\"op\":\"remove\",\"path\":\"/b\"}", "{\"op\":\"remove\",\"path\":\"/c\"}"), "FHIR-0210");
    }

    @Test
    void copiesIntoThemselvesEndAtTheDeepestNesting() {
        patient("deep", "x");
        refused(patch("deep", times(40, "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/name/0/x\"}")), "nested deeper");
    }

    @Test
    void manyOperationsOnALargeResourceAreTooMuchWork() {
        patient("work", "x".repeat(40_000));
        refused(patch("work", times(1_000, "{\"op\":\"add\",\"path\":\"/active\",\"value\":true}")), "FHIR-0211");
        refused(patch("work", times(1_000, "{\"op\":\"test\",\"path\":\"/id\",\"value\":\"work\"}")), "FHIR-0211");
        Reply few = patch("work", times(20, "{\"op\":\"add\",\"path\":\"/active\",\"value\":true}"));
        assertThat(few.status()).as(few.text()).isEqualTo(200);
        patient("little", "x");
        Reply many = patch("little", times(1_000, "{\"op\":\"add\",\"path\":\"/active\",\"value\":true}"));
        assertThat(many.status()).as(many.text()).isEqualTo(200);
    }

    @Test
    void fhirPathPatchesAreBoundedAlike() {
        String operation = "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"add\"},{\"name\":\"path\",\"valueString\":\"Patient\"},{\"name\":\"name\",\"valueString\":\"name\"},"
            + "{\"name\":\"value\",\"valueHumanName\":{\"family\":\"%s\"}}]}";
        patient("path", "x".repeat(40_000));
        refused(SERVER.send("PATCH", BASE + "/Patient/path", "{\"resourceType\":\"Parameters\",\"parameter\":[" + operation.formatted("y".repeat(40_000)) + "]}"), "FHIR-0210");
        refused(SERVER.send("PATCH", BASE + "/Patient/path", "{\"resourceType\":\"Parameters\",\"parameter\":[" + String.join(",", times(100, operation.formatted("y"))) + "]}"), "FHIR-0211");
    }

    @Test
    void thePatchesOfATransactionAreBoundedTogether() {
        String patch = java.util.Base64.getEncoder().encodeToString("[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        List<String> entries = new java.util.ArrayList<>();
        for (String id : List.of("sum-1", "sum-2", "sum-3")) {
            patient(id, "x".repeat(30_000));
            entries.add("{\"resource\":{\"resourceType\":\"Binary\",\"contentType\":\"" + TYPE + "\",\"data\":\"" + patch + "\"},\"request\":{\"method\":\"PATCH\",\"url\":\"Patient/" + id + "\"}}");
        }
        refused(SERVER.post(BASE, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries) + "]}"), "FHIR-0210");
        assertThat(SERVER.get(BASE + "/Patient/sum-1").text()).as("nothing was done").doesNotContain("active");
        Reply two = SERVER.post(BASE, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries.subList(0, 2)) + "]}");
        assertThat(two.status()).as(two.text()).isEqualTo(200);
        assertThat(SERVER.get(BASE + "/Patient/sum-1").text()).contains("\"active\":true");
    }

    /** Each takes minutes where a field is looked for among all others, or a number is made of its digits. */
    @Test
    void testsCompareInTimeThatGrowsWithTheirSize() {
        SERVER.put("Patient/compared", "{\"resourceType\":\"Patient\",\"id\":\"compared\",\"multipleBirthInteger\":1}");
        StringBuilder fields = new StringBuilder("{\"f\":1");
        for (int i = 0; i < 300_000; i++) {
            fields.append(",\"f").append(i).append("\":1");
        }
        String value = fields.append('}').toString();
        Reply same = SERVER.send("PATCH", "Patient/compared", "[{\"op\":\"add\",\"path\":\"/x\",\"value\":" + value + "},{\"op\":\"test\",\"path\":\"/x\",\"value\":" + value + "},{\"op\":\"remove\",\"path\":\"/x\"}]", "Content-Type", TYPE);
        assertThat(same.status()).as(same.text()).isEqualTo(200);
        for (String number : List.of("1" + "0".repeat(4_000_000), "1e99999999999999")) {
            Reply reply = SERVER.send("PATCH", "Patient/compared", "[{\"op\":\"test\",\"path\":\"/multipleBirthInteger\",\"value\":" + number + "}]", "Content-Type", TYPE);
            assertThat(reply.status()).as(reply.text()).isEqualTo(400);
        }
    }
}
