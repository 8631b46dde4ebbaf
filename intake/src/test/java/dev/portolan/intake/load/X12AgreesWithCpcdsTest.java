package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Issue C, acceptance 1: the same claims as CPCDS and as 837 and 835 become the same ExplanationOfBenefits. {@code -Dportolan.seed} sets the seed, {@code -Dportolan.x12.members} how many members, {@code -Dportolan.x12.seeds} how many seeds. */
class X12AgreesWithCpcdsTest {

    private static final int MEMBERS = Integer.getInteger("portolan.x12.members", 25);
    private static final int SEEDS = Integer.getInteger("portolan.x12.seeds", 1);

    @TempDir
    private Path folder;

    @Test
    void edi03_edi04_claimsAreTheSameAsX12AndAsCpcds() throws Exception {
        long first = Long.getLong("portolan.seed", 42);
        for (int i = 0; i < SEEDS; i++) {
            isTheSame(first + i, folder.resolve("seed-" + i));
        }
    }

    private static void isTheSame(long seed, Path folder) throws Exception {
        SamePlan plan = new SamePlan(seed, MEMBERS, 4);
        plan.writeCpcds(folder.resolve("cpcds"));
        plan.writeX12(folder.resolve("x12"), 1);
        LoadFixture.Definitions definitions = LoadFixture.Definitions.shared();
        Map<String, JsonNode> cpcds;
        try (LoadFixture fixture = new LoadFixture(definitions)) {
            LoadRun run = fixture.load("cpcds", folder.resolve("cpcds"), LoadFixture.options(false, false), Map.of("clinical", "false"));
            assertThat(run.failure()).isNull();
            cpcds = facts(fixture);
        }
        try (LoadFixture fixture = new LoadFixture(definitions)) {
            LoadRun run = fixture.load("x12", folder.resolve("x12"), LoadFixture.options(false, false));
            assertThat(run.failure()).as("seed " + seed).isNull();
            for (LoadRun.FileReport file : run.files()) {
                assertThat(file.rejected()).as("seed " + seed + " " + file.name() + " " + file.problems()).isZero();
                assertThat(file.lines()).as("seed " + seed).isEqualTo(X12Text.segments(java.nio.file.Files.readString(folder.resolve("x12").resolve(file.name())))).isEqualTo(file.mapped() + file.merged());
            }
            assertThat(run.files().stream().mapToLong(LoadRun.FileReport::mapped).sum()).isEqualTo(plan.members.size() + 2L * plan.claims.size());
            Map<String, JsonNode> x12 = facts(fixture);
            assertThat(x12.keySet()).as("seed " + seed).isEqualTo(cpcds.keySet()).hasSize(plan.claims.size() + 2 * plan.members.size());
            cpcds.forEach((key, expected) -> assertThat(x12.get(key).toPrettyString()).as("seed " + seed + " " + key).isEqualTo(expected.toPrettyString()));
            assertThat(fixture.reports.waitingClaims()).as("seed " + seed).isEmpty();
            Map<String, String> before = LoadFixture.contents(fixture.pool, fixture.view());
            LoadRun again = fixture.load("x12", folder.resolve("x12"), LoadFixture.options(false, true));
            assertThat(again.files()).as("seed " + seed).allSatisfy(file -> assertThat(file.created() + file.updated()).as(file.name()).isZero());
            assertThat(LoadFixture.contents(fixture.pool, fixture.view())).as("seed " + seed).isEqualTo(before);
        }
    }

    /** What is said, by the payer's number for claims; without what is the feed's own (ids, source) and what X12 alone tells (reasons of adjustments, the payee's reference, which diagnoses a line is for). */
    private static Map<String, JsonNode> facts(LoadFixture fixture) throws Exception {
        ObjectMapper json = new ObjectMapper().enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).configure(com.fasterxml.jackson.databind.SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);
        Map<String, JsonNode> facts = new TreeMap<>();
        for (Map.Entry<String, String> entry : LoadFixture.contents(fixture.pool, fixture.view()).entrySet()) {
            ObjectNode resource = (ObjectNode) json.readTree(entry.getValue());
            String type = resource.path("resourceType").asText();
            if (type.equals("ExplanationOfBenefit")) {
                facts.put(type + "/" + resource.path("identifier").path(0).path("value").asText(), sorted(json, claim(resource)));
            } else if (type.equals("Patient")) {
                facts.put(entry.getKey(), sorted(json, only(resource, "birthDate", "gender", "name")));
            } else if (type.equals("Coverage")) {
                facts.put(entry.getKey(), sorted(json, only(resource, "status", "subscriber", "subscriberId", "beneficiary", "relationship", "period", "payor", "class")));
            }
        }
        return facts;
    }

    private static JsonNode sorted(ObjectMapper json, JsonNode node) throws Exception {
        return json.readTree(json.writeValueAsString(json.treeToValue(node, Object.class)));
    }

    private static ObjectNode only(ObjectNode resource, String... fields) {
        ObjectNode few = resource.retain(fields);
        few.path("name").forEach(name -> ((ObjectNode) name).retain("family", "given"));
        return few;
    }

    private static ObjectNode claim(ObjectNode claim) {
        claim.remove("id");
        ((ObjectNode) claim.path("meta")).retain("profile");
        ((ObjectNode) claim.path("payee")).remove("party");
        withoutReasons(claim);
        claim.path("item").forEach(item -> withoutReasons(((ObjectNode) item).without("diagnosisSequence")));
        return claim;
    }

    private static void withoutReasons(ObjectNode of) {
        if (of.path("adjudication") instanceof ArrayNode adjudications) {
            for (int i = adjudications.size() - 1; i >= 0; i--) {
                if (adjudications.get(i).path("category").toString().contains("adjustmentreason")) {
                    adjudications.remove(i);
                }
            }
            if (adjudications.isEmpty()) {
                of.remove("adjudication");
            }
        }
    }
}
