package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the public Bulk Data test kit asks of a server, for version 1.0.1 and 2.0.0 of the guide and in its order, but for TLS; and what the guide asks beside that. Over HTTP against the whole server, with
 * a token of SMART Backend Services.
 */
class BulkConformanceTest {

    private static final String DEFINITIONS = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/";
    /** US Core's types (6.1.0 and 7.0.0), and a payer's. */
    private static final Set<String> US_CORE = Set.of("AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Coverage", "Device", "DiagnosticReport", "DocumentReference", "Encounter", "Goal",
        "Immunization", "Location", "Medication", "MedicationDispense", "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner", "PractitionerRole", "Procedure", "Provenance",
        "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Specimen", "ExplanationOfBenefit");

    private static BulkStand stand;
    private static String token;

    @BeforeAll
    static void start() throws Exception {
        stand = BulkStand.shared();
        token = stand.token(BulkStand.APP);
    }

    private static JsonNode outcome(HttpResponse<String> answer, int status) throws Exception {
        assertThat(answer.statusCode()).as(answer.uri() + " " + answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/fhir+json");
        JsonNode outcome = BulkStand.JSON.readTree(answer.body());
        assertThat(outcome.path("resourceType").asText()).isEqualTo("OperationOutcome");
        assertThat(outcome.at("/issue/0/diagnostics").asText()).isNotBlank();
        return outcome;
    }

    private static void delete(String poll) throws Exception {
        assertThat(stand.send("DELETE", poll, token, null, "Accept", "application/json").statusCode()).isEqualTo(202);
    }

    @ParameterizedTest
    @CsvSource({"'',$export,export", "Patient,Patient/$export,patient-export", "Group,Group/panel/$export,group-export"})
    void blk01_blk02_blk03_blk04_blk05_blk11_an_export_at_each_place_is_as_the_test_kit_asks(String type, String path, String definition) throws Exception {
        declared(type, definition);
        outcome(stand.send("GET", stand.base() + "/" + path, null, null, "Accept", "application/fhir+json", "Prefer", "respond-async"), 401);
        String poll = BulkStand.poll(stand.start(token, path));
        assertThat(URI.create(poll).isAbsolute()).isTrue();
        HttpResponse<String> ended = stand.await(token, poll);
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
        assertThat(ended.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        assertThat(ended.headers().firstValue("Expires").orElse("")).endsWith(" GMT");
        JsonNode manifest = BulkStand.JSON.readTree(ended.body());
        assertThat(manifest.fieldNames()).toIterable().contains("transactionTime", "request", "requiresAccessToken", "output", "error");
        assertThat(Instant.parse(manifest.path("transactionTime").asText())).isBefore(Instant.now());
        assertThat(manifest.path("request").asText()).isEqualTo(stand.base() + "/" + path);
        assertThat(manifest.path("requiresAccessToken").asBoolean()).isTrue();
        assertThat(manifest.path("output")).isNotEmpty().allSatisfy(file -> assertThat(file.path("url").asText()).startsWith(stand.base() + "/"));
        String file = manifest.at("/output/0/url").asText();
        outcome(stand.send("GET", file, null, null, "Accept", "application/fhir+ndjson"), 401);
        outcome(stand.send("GET", file, "nonsense", null, "Accept", "application/fhir+ndjson"), 401);
        Map<String, JsonNode> lines = stand.lines(token, manifest, "output");
        Set<String> types = new TreeSet<>();
        lines.values().forEach(resource -> types.add(resource.path("resourceType").asText()));
        assertThat(types).containsAll(US_CORE);
        assertThat(lines.keySet()).contains("Patient/ada", "Patient/ben");
        assertThat(lines.containsKey("Patient/zoe")).isEqualTo(!type.equals("Group"));
        for (JsonNode one : onePerType(lines)) {
            valid(one);
        }
        delete(poll);
        outcome(stand.send("GET", poll, token, null, "Accept", "application/json"), 404);
        outcome(stand.send("GET", file, token, null, "Accept", "application/fhir+ndjson"), 404);
        outcome(stand.send("DELETE", poll, token, null, "Accept", "application/json"), 404);
    }

    private static void declared(String type, String definition) throws Exception {
        JsonNode statement = BulkStand.JSON.readTree(stand.send("GET", stand.base() + "/metadata", null, null, "Accept", "application/fhir+json").body());
        assertThat(statement.path("instantiates")).anyMatch(canonical -> canonical.asText().matches("http://hl7\\.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data(\\|\\S+)?"));
        List<JsonNode> operations = new ArrayList<>();
        JsonNode rest = statement.at("/rest/0");
        if (type.isEmpty()) {
            rest.path("operation").forEach(operations::add);
        } else {
            rest.path("resource").forEach(resource -> {
                if (resource.path("type").asText().equals(type)) {
                    resource.path("operation").forEach(operations::add);
                }
            });
        }
        assertThat(operations).filteredOn(operation -> operation.path("name").asText().equals("export")).hasSize(1)
            .allSatisfy(operation -> assertThat(operation.path("definition").asText()).isEqualTo(DEFINITIONS + definition));
    }

    private static List<JsonNode> onePerType(Map<String, JsonNode> lines) {
        Map<String, JsonNode> first = new HashMap<>();
        lines.values().forEach(resource -> first.putIfAbsent(resource.path("resourceType").asText(), resource));
        return List.copyOf(first.values());
    }

    /** Of base R4: the stand's server has no guides. */
    private static void valid(JsonNode resource) throws Exception {
        HttpResponse<String> answer = stand.send("POST", stand.base() + "/" + resource.path("resourceType").asText() + "/$validate", stand.operator(), resource.toString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(BulkStand.JSON.readTree(answer.body()).path("issue")).as("%s", resource).noneMatch(issue -> Set.of("error", "fatal").contains(issue.path("severity").asText()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"$export", "Patient/$export", "Group/panel/$export"})
    void blk06_blk07_blk09_the_parameters_that_are_a_must_are_taken_and_a_cancelled_export_is_404(String path) throws Exception {
        for (String format : List.of("application/fhir+ndjson", "application/ndjson", "ndjson")) {
            delete(BulkStand.poll(stand.start(token, path + "?_outputFormat=" + URLEncoder.encode(format, StandardCharsets.UTF_8))));
        }
        String weekAgo = Instant.now().minus(7, ChronoUnit.DAYS).truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.ofHours(-5)).toString();
        delete(BulkStand.poll(stand.start(token, path + "?_since=" + URLEncoder.encode(weekAgo, StandardCharsets.UTF_8))));
        String poll = BulkStand.poll(stand.start(token, path));
        delete(poll);
        valid(outcome(stand.send("GET", poll, token, null, "Accept", "application/json"), 404));
    }

    @Test
    void blk06_blk08_what_a_kick_off_asks_for_and_is_not_offered_is_said_with_400_and_nothing_is_begun() throws Exception {
        for (String query : List.of("_outputFormat=application%2Ffhir%2Bparquet", "_since=last%20week", "_since=2024-01-01", "_type=Nonsense", "_typeFilter=Observation%3Fnonsense%3D1", "_elements=a.b.c", "nonsense=1")) {
            outcome(stand.start(token, "Group/panel/$export?" + query), 400);
        }
        outcome(stand.send("GET", stand.base() + "/Group/panel/$export", token, null, "Accept", "application/fhir+json"), 400);
        outcome(stand.send("GET", stand.base() + "/Group/panel/$export", token, null, "Accept", "text/csv", "Prefer", "respond-async"), 406);
        outcome(stand.start(token, "Group/nobody/$export"), 404);
        outcome(stand.send("GET", stand.base() + "/$export-status?export=00000000-0000-0000-0000-000000000000", token, null, "Accept", "application/json"), 404);
        outcome(stand.send("GET", stand.base() + "/$export-status", token, null, "Accept", "application/json"), 404);
        outcome(stand.send("GET", stand.base() + "/$export-file?export=1&file=2", token, null, "Accept", "application/fhir+ndjson"), 404);
    }

    @Test
    void blk01_a_kick_off_by_post_with_parameters_is_taken() throws Exception {
        HttpResponse<String> started = stand.send("POST", stand.base() + "/Group/panel/$export", token, """
            {"resourceType":"Parameters","parameter":[{"name":"_type","valueString":"Patient"},{"name":"patient","valueReference":{"reference":"Patient/ben"}}]}""",
            "Accept", "application/fhir+json", "Prefer", "respond-async");
        String poll = BulkStand.poll(started);
        JsonNode manifest = BulkStand.JSON.readTree(stand.await(token, poll).body());
        assertThat(stand.lines(token, manifest, "output").keySet()).containsExactly("Patient/ben");
        delete(poll);
    }

    @Test
    void blk10_another_registered_app_finds_nothing_at_the_polling_location_and_at_the_files() throws Exception {
        String poll = BulkStand.poll(stand.start(token, "Group/panel/$export?_type=Patient"));
        String file = BulkStand.JSON.readTree(stand.await(token, poll).body()).at("/output/0/url").asText();
        String other = stand.token(BulkStand.OTHER_APP);
        outcome(stand.send("GET", poll, other, null, "Accept", "application/json"), 404);
        outcome(stand.send("GET", file, other, null, "Accept", "application/fhir+ndjson"), 404);
        outcome(stand.send("DELETE", poll, other, null, "Accept", "application/json"), 404);
        delete(poll);
    }

    /** By the other app, and of what it downloads from now on: whoever shares the stand may have exported everybody before. */
    @Test
    void aud10_the_entry_of_a_download_names_the_members_in_the_file() throws Exception {
        Instant since = Instant.now();
        String own = stand.token(BulkStand.OTHER_APP);
        String poll = BulkStand.poll(stand.start(own, "Group/panel/$export?_type=Goal"));
        JsonNode manifest = BulkStand.JSON.readTree(stand.await(own, poll).body());
        stand.lines(own, manifest, "output");
        for (String member : BulkStand.MEMBERS) {
            assertThat(downloadsOfGoals(member, since)).as(member).hasSize(1);
        }
        assertThat(downloadsOfGoals(BulkStand.STRANGER, since)).isEmpty();
        assertThat(stand.send("DELETE", poll, own, null, "Accept", "application/json").statusCode()).isEqualTo(202);
    }

    /** The trail's entries about a member of files of goals that the other app took. */
    private static List<String> downloadsOfGoals(String member, Instant since) throws Exception {
        JsonNode found = BulkStand.JSON.readTree(stand.send("GET", stand.base() + "/AuditEvent?patient=" + member + "&date=ge" + since + "&_count=500", stand.operator(), null).body());
        assertThat(found.path("link")).as("all of them are on one page").noneMatch(link -> link.path("relation").asText().equals("next"));
        List<String> downloads = new ArrayList<>();
        found.path("entry").forEach(entry -> downloads.add(entry.toString()));
        return downloads.stream().filter(entry -> entry.contains("\"export-file\"") && entry.contains("\"valueString\":\"Goal\"") && entry.contains(BulkStand.OTHER_APP)).toList();
    }

    /** The kit's group of tests for Backend Services, version 2.0.0. */
    @Test
    void smt30_backend_services_are_discovered_and_give_tokens_to_who_proves_to_be_the_app() throws Exception {
        HttpResponse<String> discovery = stand.send("GET", stand.base() + "/.well-known/smart-configuration", null, null, "Accept", "application/json");
        assertThat(discovery.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        JsonNode configuration = BulkStand.JSON.readTree(discovery.body());
        assertThat(URI.create(configuration.path("token_endpoint").asText()).isAbsolute()).isTrue();
        assertThat(configuration.path("token_endpoint_auth_methods_supported")).anyMatch(method -> method.asText().equals("private_key_jwt"));
        assertThat(configuration.path("token_endpoint_auth_signing_alg_values_supported")).anyMatch(algorithm -> algorithm.asText().equals("RS384")).anyMatch(algorithm -> algorithm.asText().equals("ES384"));
        assertThat(configuration.path("scopes_supported")).isNotEmpty();
        assertThat(stand.tokenRequest(BulkStand.APP, stand.rsa, "system/*.read", Map.of("grant_type", "not_a_grant_type")).statusCode()).isEqualTo(400);
        assertThat(stand.tokenRequest(BulkStand.APP, stand.rsa, "system/*.read", Map.of("client_assertion_type", "not_an_assertion_type")).statusCode()).isIn(400, 401);
        assertThat(stand.tokenRequest(BulkStand.APP, stand.rsa, "system/*.read", Map.of("client_assertion", "not_an_assertion")).statusCode()).isIn(400, 401);
        HttpResponse<String> given = stand.tokenRequest(BulkStand.APP, stand.ec, "system/*.read", Map.of());
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
        assertThat(given.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        JsonNode answer = BulkStand.JSON.readTree(given.body());
        assertThat(answer.path("token_type").asText()).isEqualToIgnoringCase("bearer");
        assertThat(answer.path("expires_in").asInt()).isBetween(1, 300);
        assertThat(answer.path("scope").asText()).isNotBlank();
    }
}
