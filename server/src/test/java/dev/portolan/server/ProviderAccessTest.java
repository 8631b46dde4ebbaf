package dev.portolan.server;

import static dev.portolan.server.ProviderStand.ids;
import static dev.portolan.server.ProviderStand.keys;
import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.TrailFilter;
import dev.portolan.audit.TrailReader;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.server.command.LoadCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A provider's system over HTTP: what it gets of whom, and what it does not. */
class ProviderAccessTest {

    private static ProviderStand stand;
    private static String clinic;
    private static String rival;
    private static Path data;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        data = folder;
        stand = new ProviderStand(data, "portolan.provider-access.changes-by-providers", "true", "portolan.provider-access.member-match", "true");
        clinic = stand.token("clinic-ehr");
        rival = stand.token("rival-ehr");
    }

    @AfterAll
    static void stop() {
        stand.close();
    }

    @AfterEach
    void asItWas() {
        List.of("bob", "cid", "eve").forEach(stand::optIn);
        stand.api().take(ProviderStand.roster("ann", "bob", "cid"), "test");
    }

    private static int status(String token, String path) throws Exception {
        return stand.get(token, path).statusCode();
    }

    @Test
    void prv01_prv02_an_app_finds_reads_and_exports_its_own_groups_alone() throws Exception {
        HttpResponse<String> groups = stand.get(clinic, "Group");
        assertThat(ids(groups)).containsExactly("clinic");
        assertThat(groups.body()).contains("pdex-provider-group", "\"reference\":\"Patient/ann\"", "12-3456789").doesNotContain("Patient/dee");
        assertThat(status(clinic, "Group/clinic")).isEqualTo(200);
        HttpResponse<String> foreign = stand.get(clinic, "Group/rival");
        assertThat(foreign.statusCode()).isEqualTo(404);
        assertThat(foreign.body()).isEqualTo(stand.get(clinic, "Group/nobodys").body());
        assertThat(ids(stand.get(clinic, "Group?_id=rival"))).isEmpty();
        assertThat(stand.kickOff(clinic, "rival").statusCode()).isEqualTo(404);
        assertThat(stand.send(clinic, "GET", "Group/rival/$export", null, "Prefer", "respond-async").statusCode()).isEqualTo(404);
    }

    @Test
    void prv02_groups_are_searched_by_the_parameters_of_the_guide() throws Exception {
        String coding = "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMemberAttributionCS%7Cpdexprovidergroup";
        for (String query : List.of("_id=clinic", "identifier=http://hl7.org/fhir/sid/us-npi%7C" + ProviderStand.CLINIC, "identifier=12-3456789", "code=" + coding, "characteristic=" + coding, "exclude=false",
            "member=Patient/ann", "type=person", "actual=true", "name=main%20street", "name:contains=Clinic", "_lastUpdated=ge2020-01-01", "managing-entity:identifier=" + ProviderStand.CLINIC)) {
            HttpResponse<String> found = stand.get(clinic, "Group?" + query);
            assertThat(found.statusCode()).as(query + found.body()).isEqualTo(200);
            assertThat(ids(found)).as(query).containsExactly("clinic");
        }
        for (String query : List.of("identifier=1", "member=Patient/dee", "type=animal", "name=nobody", "_lastUpdated=lt2020-01-01", "exclude=true")) {
            assertThat(ids(stand.get(clinic, "Group?" + query))).as(query).isEmpty();
        }
        assertThat(status(clinic, "Group?colour=blue")).isEqualTo(400);
    }

    @Test
    void an_attributed_members_record_is_read_and_searched_and_nobody_elses() throws Exception {
        assertThat(status(clinic, "Patient/ann")).isEqualTo(200);
        assertThat(status(clinic, "Patient/dee")).isEqualTo(403);
        assertThat(status(clinic, "Observation/obs-dee")).isEqualTo(404);
        assertThat(ids(stand.get(clinic, "Observation?patient=ann"))).containsExactly("obs-ann");
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann", "bob", "cid");
        assertThat(ids(stand.get(rival, "Patient"))).containsExactly("dee");
        assertThat(stand.get(clinic, "Observation?_total=accurate").body()).contains("\"total\":3");
        assertThat(status(clinic, "Patient/dee/$everything")).isEqualTo(403);
    }

    @Test
    void a_providers_token_reaches_nobody_at_the_other_bases() throws Exception {
        for (String other : List.of("patient-access", "system")) {
            String url = stand.server.bases().get(other).toString();
            assertThat(ids(stand.get(clinic, url + "/Observation"))).as(other).isEmpty();
            assertThat(stand.get(clinic, url + "/Patient/ann").statusCode()).as(other).isEqualTo(403);
        }
    }

    @Test
    void the_plans_own_programs_have_no_patients_here_and_people_no_access() throws Exception {
        String operator = stand.server.sandbox().orElseThrow().operatorToken(stand.server.operatorApp());
        assertThat(ids(stand.get(operator, "Patient"))).isEmpty();
        assertThat(status(operator, "Patient/ann")).isEqualTo(403);
        String person = stand.server.part(dev.portolan.identity.token.SandboxTokens.class).issue("clinic-ehr", "someone", "ann", "Patient/ann", dev.portolan.identity.scope.SmartScopes.parse("patient/*.rs"), null,
            java.time.Duration.ofMinutes(5));
        assertThat(status(person, "Patient/ann")).isIn(401, 403);
    }

    @Test
    void prv06_no_money_leaves_by_read_search_everything_history_or_export() throws Exception {
        List<String> exported = stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "ExplanationOfBenefit,Coverage"));
        assertThat(exported).hasSize(6);
        StringBuilder all = new StringBuilder(String.join("", exported));
        for (String path : List.of("ExplanationOfBenefit/eob-ann", "Coverage/cov-ann", "ExplanationOfBenefit?patient=ann&_include=ExplanationOfBenefit:coverage", "Patient/ann/$everything", "Patient?_id=ann&_revinclude=ExplanationOfBenefit:patient",
            "ExplanationOfBenefit/eob-ann/_history", "ExplanationOfBenefit/eob-ann/_history/1", "ExplanationOfBenefit/eob-ann?_elements=total,payment", "ExplanationOfBenefit?_id=eob-ann&_elements=total", "ExplanationOfBenefit/eob-ann?_format=xml",
            "Patient/ann/ExplanationOfBenefit")) {
            HttpResponse<String> answer = stand.get(clinic, path);
            assertThat(answer.statusCode()).as(path + answer.body()).isEqualTo(200);
            all.append(answer.body());
        }
        HttpResponse<String> batch = stand.send(clinic, "POST", "", "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"ExplanationOfBenefit/eob-ann\"}}]}");
        assertThat(batch.statusCode()).as(batch.body()).isEqualTo(200);
        all.append(batch.body());
        assertThat(all.toString()).contains("eob-ann", "cov-ann").doesNotContain("88.88", "99.99", "77.77");
    }

    @Test
    void prv06_no_search_tells_what_is_not_sent() throws Exception {
        for (String query : List.of("ExplanationOfBenefit?_content=88.88", "ExplanationOfBenefit?_text=paid", "ExplanationOfBenefit?_profile=http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy",
            "ExplanationOfBenefit?disposition=paid", "Patient?_has:ExplanationOfBenefit:patient:disposition=paid", "ExplanationOfBenefit?_sort=disposition", "ExplanationOfBenefit?coverage:Coverage._content=77.77")) {
            assertThat(stand.get(clinic, query).statusCode()).as(query).isEqualTo(400);
        }
        assertThat(stand.kickOff(clinic, "clinic", "_typeFilter", "ExplanationOfBenefit?disposition=paid").statusCode()).isEqualTo(400);
        assertThat(status(clinic, "ClaimResponse")).isEqualTo(404);
        assertThat(status(clinic, "Claim")).isEqualTo(404);
    }

    @Test
    void prv06_the_capability_statement_names_no_search_that_is_refused() throws Exception {
        JsonValue rest = JsonDocument.parse(stand.get(clinic, "metadata").body()).root().field("rest").firstChild();
        int named = 0;
        for (JsonValue type : rest.field("resource").children()) {
            for (JsonValue parameter : type.field("searchParam") == null ? List.<JsonValue>of() : type.field("searchParam").children()) {
                String query = type.fieldText("type") + "?" + parameter.fieldText("name") + ":missing=true";
                if (Set.of("ExplanationOfBenefit", "Coverage").contains(type.fieldText("type")) && !Set.of("_id", "_lastUpdated").contains(parameter.fieldText("name"))) {
                    assertThat(stand.get(clinic, query).body()).as(query).doesNotContain("without remittances and cost-sharing");
                    named++;
                }
                assertThat(query).isNotIn("ExplanationOfBenefit?disposition:missing=true", "ExplanationOfBenefit?_profile:missing=true", "Coverage?_content:missing=true", "ExplanationOfBenefit?_text:missing=true");
            }
        }
        assertThat(named).isGreaterThan(10);
    }

    @Test
    void services_before_2016_are_not_sent() throws Exception {
        assertThat(status(clinic, "Observation/old-ann")).isEqualTo(404);
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Observation")))).containsExactly("Observation/obs-ann", "Observation/obs-bob", "Observation/obs-cid");
    }

    @Test
    void con02_sensitive_data_stays_by_policy_and_by_each_members_own_decision() throws Exception {
        assertThat(ids(stand.get(clinic, "Condition"))).as("substance use by policy").containsExactly("mind-ann", "mind-bob", "mind-cid");
        stand.decide("bob", Kind.SENSITIVE, Decision.DENY, Set.of(SensitiveCategory.MENTAL_HEALTH));
        assertThat(ids(stand.get(clinic, "Condition"))).as("and bob's").containsExactly("mind-ann", "mind-cid");
        assertThat(status(clinic, "Condition/mind-bob")).isEqualTo(404);
        assertThat(status(clinic, "Condition/mind-bob/_history/1")).isEqualTo(404);
        assertThat(stand.get(clinic, "Patient/bob/$everything").body()).contains("obs-bob").doesNotContain("mind-bob", "opioids");
        assertThat(stand.get(clinic, "Patient/ann/$everything").body()).contains("mind-ann");
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Condition")))).containsExactly("Condition/mind-ann", "Condition/mind-cid");
        stand.decide("bob", Kind.SENSITIVE, Decision.PERMIT, Set.of());
        assertThat(ids(stand.get(clinic, "Condition"))).containsExactly("mind-ann", "mind-bob", "mind-cid");
    }

    @Test
    void prv07_prv09_an_opt_out_holds_at_the_next_request_and_so_does_its_end() throws Exception {
        stand.optOut("bob");
        assertThat(status(clinic, "Patient/bob")).isEqualTo(403);
        assertThat(ids(stand.get(clinic, "Observation"))).containsExactly("obs-ann", "obs-cid");
        assertThat(stand.get(clinic, "Group/clinic").body()).doesNotContain("bob").contains("\"quantity\":2");
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient")))).containsExactly("Patient/ann", "Patient/cid");
        stand.optIn("bob");
        assertThat(status(clinic, "Patient/bob")).isEqualTo(200);
        assertThat(stand.get(clinic, "Group/clinic").body()).contains("Patient/bob");
    }

    /** The export has written bob's lines to the disk and is about to note them as done when bob opts out. */
    @Test
    void prv08_con07_who_opts_out_while_an_export_runs_is_not_in_its_files() throws Exception {
        try (Connection connection = stand.server.part(DataSource.class).getConnection(); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table bulk_data.file in exclusive mode");
            HttpResponse<String> kickedOff = stand.kickOff(clinic, "clinic", "_type", "Patient,Observation,ExplanationOfBenefit");
            String poll = kickedOff.headers().firstValue("Content-Location").orElseThrow();
            awaitWaiting(statement);
            Path files = data.resolve("exports").resolve(poll.substring(poll.indexOf('=') + 1));
            assertThat(text(files)).as("bob's lines are written").contains("eob-bob");
            stand.optOut("bob");
            connection.commit();
            var manifest = stand.manifest(clinic, poll);
            assertThat(keys(stand.lines(clinic, manifest))).contains("Patient/ann", "ExplanationOfBenefit/eob-cid").noneMatch(key -> key.contains("bob"));
            assertThat(text(files)).as("and gone from the disk").doesNotContain("bob");
        }
    }

    private static void awaitWaiting(Statement statement) throws Exception {
        for (int i = 0; i < 600; i++) {
            try (var row = statement.executeQuery("select exists (select from pg_locks where relation = 'bulk_data.file'::regclass and not granted)")) {
                row.next();
                if (row.getBoolean(1)) {
                    return;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError("the export did not come to the end of its part");
    }

    private static String text(Path folder) throws Exception {
        StringBuilder text = new StringBuilder();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                text.append(Files.readString(file));
            }
        }
        return text.toString();
    }

    @Test
    void prv08_who_opts_out_after_an_export_ended_is_not_in_what_is_fetched_from_then_on() throws Exception {
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient").headers().firstValue("Content-Location").orElseThrow());
        String file = manifest.field("output").firstChild().fieldText("url");
        assertThat(status(clinic, file)).isEqualTo(200);
        assertThat(status(rival, file)).isEqualTo(404);
        stand.optOut("bob");
        assertThat(status(clinic, file)).isEqualTo(410);
    }

    @Test
    void prv11_a_provider_outside_of_the_network_gets_nothing() throws Exception {
        stand.api().takeNetwork("npi,starts,ends\n" + ProviderStand.RIVAL + ",2020-01-01,\n" + ProviderStand.CLINIC + ",2020-01-01,2021-01-01\n");
        try {
            assertThat(ids(stand.get(clinic, "Patient"))).isEmpty();
            assertThat(stand.get(clinic, "Group/clinic").body()).contains("\"quantity\":0");
            assertThat(ids(stand.get(rival, "Patient"))).containsExactly("dee");
        } finally {
            stand.api().takeNetwork("npi,starts,ends\n" + ProviderStand.CLINIC + ",2020-01-01,\n" + ProviderStand.RIVAL + ",2020-01-01,\n");
        }
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann", "bob", "cid");
    }

    @Test
    void prv03_prv16_the_export_takes_the_guides_parameters_and_refuses_what_it_does_not_know() throws Exception {
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "patient", "Patient/ann", "patient", "Patient/dee", "_type", "Patient,Observation")))).as("ids that are not in the Group are passed over")
            .containsExactly("Observation/obs-ann", "Patient/ann");
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Observation", "_typeFilter", "Observation?_id=obs-bob")))).containsExactly("Observation/obs-bob");
        assertThat(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient", "_until", "2020-01-01T00:00:00Z"))).isEmpty();
        assertThat(stand.kickOff(clinic, "clinic", "exportType", "hl7.fhir.us.davinci-pdex#payertopayer").statusCode()).isEqualTo(400);
        assertThat(stand.kickOff(clinic, "clinic", "_since", "yesterday").statusCode()).isEqualTo(400);
        assertThat(stand.kickOff(clinic, "clinic", "_type", "Claim").statusCode()).isEqualTo(400);
        assertThat(stand.kickOff(clinic, "clinic", "colour", "blue").statusCode()).isEqualTo(400);
        HttpResponse<String> synchronous = stand.send(clinic, "POST", "Group/clinic/$davinci-data-export", "{\"resourceType\":\"Parameters\"}");
        assertThat(synchronous.statusCode()).isEqualTo(400);
        assertThat(synchronous.body()).contains("respond-async");
    }

    @Test
    void prv04_a_delta_holds_what_changed_since_and_a_snapshot_does_not_count() throws Exception {
        String pdex = "hl7.fhir.us.davinci-pdex#";
        assertThat(stand.get(rival, "Group/rival").body()).doesNotContain("base-ext-last-transmission");
        stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-snapshot", "_type", "Observation"));
        assertThat(stand.get(rival, "Group/rival").body()).doesNotContain("base-ext-last-transmission");
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-delta", "_type", "Observation")))).as("never sent: all of it").containsExactly("Observation/obs-dee");
        assertThat(stand.get(rival, "Group/rival").body()).contains("base-ext-last-transmission", "base-ext-last-types", "\"valueString\":\"Observation\"");
        assertThat(stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-delta", "_type", "Observation"))).isEmpty();
        stand.put("Observation/new-dee", "\"status\":\"final\",\"code\":{\"text\":\"height\"},\"subject\":{\"reference\":\"Patient/dee\"},\"effectiveDateTime\":\"2025-02-03\"");
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-snapshot", "_type", "Observation")))).containsExactly("Observation/new-dee", "Observation/obs-dee");
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-delta", "_type", "Observation")))).containsExactly("Observation/new-dee");
    }

    @Test
    void prv13_a_provider_adds_and_removes_members_of_its_list_and_makes_it_final() throws Exception {
        String byNumber = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"memberId\",\"valueIdentifier\":{\"system\":\"https://plan.example/members\",\"value\":\"M-eve\"}},"
            + "{\"name\":\"providerNpi\",\"valueIdentifier\":{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"" + ProviderStand.CLINIC + "\"}}]}";
        String reading = stand.token("clinic-ehr", "system/*.rs");
        assertThat(stand.send(reading, "POST", "Group/clinic/$member-add", byNumber).statusCode()).isEqualTo(403);
        assertThat(stand.send(clinic, "POST", "Group/rival/$member-add", byNumber).statusCode()).isEqualTo(404);
        HttpResponse<String> added = stand.send(clinic, "POST", "Group/clinic/$member-add", byNumber);
        assertThat(added.statusCode()).as(added.body()).isEqualTo(200);
        assertThat(status(clinic, "Patient/eve")).isEqualTo(200);
        String byReference = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"patientReference\",\"valueReference\":{\"reference\":\"Patient/eve\"}}]}";
        assertThat(stand.send(clinic, "POST", "Group/clinic/$attribution-status", byReference).body()).contains("Patient/eve", "\"valueCode\":\"add\"");
        assertThat(stand.send(clinic, "POST", "Group/clinic/$member-remove", byReference).statusCode()).isEqualTo(200);
        assertThat(status(clinic, "Patient/eve")).isEqualTo(403);
        assertThat(stand.send(clinic, "POST", "Group/clinic/$member-remove", byReference).statusCode()).isEqualTo(422);
        assertThat(stand.send(clinic, "POST", "Group/clinic/$member-add", byNumber.replace("M-eve", "M-nobody")).statusCode()).isEqualTo(422);
        assertThat(stand.send(clinic, "POST", "Group/clinic/$member-add", byNumber.replace(ProviderStand.CLINIC, "1234567890")).statusCode()).isEqualTo(400);
        assertThat(stand.send(rival, "POST", "Group/rival/$confirm-attribution-list", "{\"resourceType\":\"Parameters\"}").statusCode()).isEqualTo(200);
        assertThat(stand.get(rival, "Group/rival").body()).contains("\"valueCode\":\"final\"");
        assertThat(stand.send(rival, "POST", "Group/rival/$member-add", byNumber).statusCode()).isEqualTo(422);
        stand.attributions().status("rival", dev.portolan.members.attribution.ProviderGroup.ListStatus.OPEN);
    }

    private static String bundle(String id, String family, String born, String subscriber, String npi, String rest) {
        return "{\"name\":\"MemberBundle\",\"part\":[{\"name\":\"MemberPatient\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"" + family + "\",\"given\":[\"" + id
            + "\"]}],\"gender\":\"female\",\"birthDate\":\"" + born + "\"}},{\"name\":\"CoverageToMatch\",\"resource\":{\"resourceType\":\"Coverage\",\"status\":\"draft\",\"subscriberId\":\"" + subscriber
            + "\",\"beneficiary\":{\"reference\":\"Patient/" + id + "\"},\"payor\":[{\"display\":\"plan\"}]}},{\"name\":\"Consent\",\"resource\":{\"resourceType\":\"Consent\",\"status\":\"active\",\"patient\":{\"reference\":\"Patient/"
            + id + "\"},\"dateTime\":\"2026-01-01\",\"organization\":[{\"identifier\":{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"" + npi
            + "\"}}],\"provision\":{\"type\":\"permit\",\"period\":{\"start\":\"2026-01-01\"},\"purpose\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\"TREAT\"}]" + rest + "}}}]}";
    }

    @Test
    void prv13_members_whom_a_provider_attests_to_treat_are_matched_and_exported() throws Exception {
        stand.optOut("cid");
        String own = ProviderStand.RIVAL;
        String body = "{\"resourceType\":\"Parameters\",\"parameter\":[" + String.join(",", bundle("eve", "Ofeve", "1970-01-02", "S-eve", own, ""), bundle("ann", "Ofann", "1970-01-03", "S-ann", own, ""),
            bundle("bob", "Ofbob", "1970-01-02", "S-ann", own, ""), bundle("cid", "Ofcid", "1970-01-02", "S-cid", own, ""), bundle("dee", "Ofdee", "1970-01-02", "S-dee", ProviderStand.CLINIC, "")) + "]}";
        HttpResponse<String> answer = stand.send(rival, "POST", "Group/$provider-member-match", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String matched = part(answer.body(), "MatchedMembers");
        assertThat(matched).contains("\"reference\":\"Patient/eve\"", "\"quantity\":1").doesNotContain("Ofann", "Ofcid");
        assertThat(part(answer.body(), "NonMatchedMembers")).as("a wrong birth date, another's number, another's attestation").contains("Ofann", "Ofbob", "Ofdee").doesNotContain("Patient/ann", "Ofeve");
        assertThat(part(answer.body(), "ConsentConstrainedMembers")).contains("Ofcid").doesNotContain("Patient/cid");
        for (String told : List.of("eve", "cid")) {
            assertThat(stand.server.part(TrailReader.class).find(TrailFilter.ALL.ofMember(told), null, 20).entries()).as("AUD-02: of whom it was told that they are members")
                .anyMatch(entry -> entry.entry().operation().equals("$provider-member-match"));
        }
        String group = dev.portolan.fhir.json.JsonDocument.parse(matched).root().fieldText("id");
        assertThat(ids(stand.get(rival, "Group"))).contains(group, "rival");
        assertThat(status(clinic, "Group/" + group)).isEqualTo(404);
        assertThat(keys(stand.export(rival, stand.kickOff(rival, group, "_type", "Patient")))).containsExactly("Patient/eve");
        assertThat(status(rival, "Patient/eve")).isEqualTo(200);
        stand.optOut("eve");
        assertThat(status(rival, "Patient/eve")).isEqualTo(403);
        stand.optIn("eve");
        stand.optIn("cid");
        assertThat(stand.send(rival, "POST", "Group/$provider-member-match", "{\"resourceType\":\"Parameters\",\"parameter\":[" + bundle("eve", "Ofeve", "1970-01-02", "S-eve", ProviderStand.CLINIC, "") + "]}").statusCode())
            .as("for an organization that is not its own").isEqualTo(403);
        stand.attributions().unbind("rival-ehr", group, "test");
    }

    private static String part(String parameters, String name) {
        for (var parameter : dev.portolan.fhir.json.JsonDocument.parse(parameters).root().field("parameter").each()) {
            if (name.equals(parameter.fieldText("name"))) {
                return parameter.field("resource").toJson();
            }
        }
        return "";
    }

    @Test
    void prv01_who_was_attributed_at_an_instant_can_be_told() throws Exception {
        java.time.Instant before = java.time.Instant.now();
        Thread.sleep(5);
        stand.api().take(ProviderStand.roster("ann"), "test");
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann");
        assertThat(stand.attributions().attributedAt("clinic", before)).containsExactly("ann", "bob", "cid");
        assertThat(stand.attributions().attributedAt("clinic", java.time.Instant.now())).containsExactly("ann");
        assertThat(stand.attributions().versions("clinic")).anySatisfy(version -> {
            assertThat(version.change()).isEqualTo("drop");
            assertThat(version.source()).isEqualTo("roster");
            assertThat(version.recordedBy()).isEqualTo("test");
        });
    }

    private static HttpResponse<String> staff(String user, String method, String path, String type, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(stand.server.url() + path))
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body)).header("Content-Type", type);
        if (user != null) {
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString((user + ":correct horse battery").getBytes(StandardCharsets.UTF_8)));
        }
        return stand.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void prv01_prv05_staff_take_rosters_in_bind_apps_and_print_the_report_and_nobody_else_does() throws Exception {
        Accounts accounts = stand.server.part(Accounts.class);
        accounts.add(Accounts.NewAccount.staff("ada", "correct horse battery", "Ada", null, "ADMIN"));
        accounts.add(Accounts.NewAccount.staff("carl", "correct horse battery", "Carl", null, "CALL_CENTRE"));
        accounts.add(Accounts.NewAccount.member("ann", "correct horse battery", "Ann", "ann"));
        String roster = ProviderStand.roster("ann", "nobody");
        for (String path : List.of("roster", "network")) {
            assertThat(staff(null, "PUT", "/api/provider-access/" + path, "text/csv", roster).statusCode()).isEqualTo(401);
            assertThat(staff("carl", "PUT", "/api/provider-access/" + path, "text/csv", roster).statusCode()).isEqualTo(403);
            assertThat(staff("ann", "PUT", "/api/provider-access/" + path, "text/csv", roster).statusCode()).isEqualTo(403);
        }
        HttpResponse<String> taken = staff("ada", "PUT", "/api/provider-access/roster", "text/csv", roster);
        assertThat(taken.body()).contains("\"members\":1", "\"dropped\":2", "\"unknown_members\":1");
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann");
        HttpResponse<String> malformed = staff("ada", "PUT", "/api/provider-access/roster", "text/csv", roster.replace(ProviderStand.CLINIC, "1234567890"));
        assertThat(malformed.statusCode()).isEqualTo(400);
        assertThat(malformed.body()).contains("Line 2");
        assertThat(staff("carl", "PUT", "/api/provider-access/groups/rival/apps/clinic-ehr", "text/csv", null).statusCode()).isEqualTo(403);
        assertThat(staff("ada", "PUT", "/api/provider-access/groups/rival/apps/nobodys-app", "text/csv", null).statusCode()).isEqualTo(404);
        assertThat(staff("ada", "PUT", "/api/provider-access/groups/rival/apps/clinic-ehr", "text/csv", null).statusCode()).isEqualTo(200);
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann", "dee");
        assertThat(staff("ada", "DELETE", "/api/provider-access/groups/rival/apps/clinic-ehr", "text/csv", null).statusCode()).isEqualTo(200);
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann");
        stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient"));
        HttpResponse<String> report = staff("ada", "GET", "/api/provider-access/report?from=2020-01-01&to=2100-01-01", "text/csv", null);
        assertThat(report.body()).contains("\"members_covered\":", "\"median_seconds_to_ready\":", "clinic-ehr").doesNotContain("\"requests\":0");
        assertThat(staff("ann", "GET", "/api/provider-access/report?from=2020-01-01&to=2100-01-01", "text/csv", null).statusCode()).isEqualTo(403);
        assertThat(staff("ada", "GET", "/api/provider-access/groups/clinic/history?at=2100-01-01", "text/csv", null).body()).contains("\"ann\"");
        assertThat(done(accounts.findByUsername("ada").orElseThrow().id())).as("AUD-01: what staff did, and of whom they learned").containsExactly("list-history [ann] list=clinic; at=2100-01-01",
            "list-report [] from=2020-01-01; to=2100-01-01", "list-taken-away [] list=rival; app=clinic-ehr", "list-given [] list=rival; app=clinic-ehr", "roster-taken [] lists=clinic");
        accounts.add(Accounts.NewAccount.staff("otto", "correct horse battery", "Otto", null, "AUDITOR"));
        assertThat(staff("otto", "GET", "/api/audit/administration", "text/csv", null).body()).contains("list-given", "list-taken-away", "roster-taken").doesNotContain("list-history");
    }

    /** What a member of staff did with the lists, by the trail, the latest first. */
    private static List<String> done(String staff) {
        List<String> done = new ArrayList<>();
        stand.server.part(TrailReader.class).each(TrailFilter.ALL, recorded -> {
            AuditEntry entry = recorded.entry();
            if (entry.api().equals("provider-lists") && staff.equals(entry.caller().person())) {
                done.add(entry.operation() + " " + entry.subject().members() + " " + entry.subject().query());
            }
        });
        return done;
    }

    private static final String LISTS = "/api/provider-access/primary-care";

    /** An 834 with these members' segments, loaded as {@code ./portolan load x12} does. */
    private static void load834(int number, String action, String... members) throws Exception {
        String body = "BGN*00*" + number + "*20240501*1200****" + action + "~REF*38*ABCD012354~N1*P5*ACME MANUFACTURING*FI*999888777~N1*IN*GOOD HEALTH PLAN*XV*payer1~" + String.join("", members);
        long segments = body.chars().filter(letter -> letter == '~').count() + 2;
        String file = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*PLAN           *240501*1200*^*00501*%09d*0*P*:~GS*BE*SENDER*PLAN*20240501*1200*%d*X*005010X220A1~ST*834*0001*005010X220A1~%sSE*%d*0001~GE*1*%d~IEA*1*%09d~"
            .formatted(number, number, body, segments, number, number);
        Path path = Files.writeString(data.resolveSibling("enrollment-" + number + ".834"), file);
        StringWriter said = new StringWriter();
        CommandLine load = new CommandLine(new LoadCommand());
        load.setOut(new PrintWriter(said, true));
        load.setErr(new PrintWriter(said, true));
        assertThat(load.execute("x12", path.toString(), "--data", data.toString(), "--feed", "enrollment")).as(said.toString()).isZero();
    }

    private static String enrolled(String id, String more) {
        return "INS*Y*18*021*20*A***FT~REF*0F*" + id + "~REF*1L*g1~DTP*356*D8*20240101~NM1*IL*1*OF" + id.toUpperCase(java.util.Locale.ROOT) + "*X~N3*12 MAIN ST~N4*LYNN*MA*01901~DMG*D8*19800203*F~HD*021**HLT*PLAN A*EMP~DTP*348*D8*20240101~" + more;
    }

    /** Who counts each day reads the records of a whole plan, and meanwhile the plan says that there is no such list. */
    @Test
    void prv01_a_list_that_is_taken_away_while_it_is_counted_stays_empty() throws Exception {
        stand.server.part(Accounts.class).add(Accounts.NewAccount.staff("rea", "correct horse battery", "Rea", null, "ADMIN"));
        load834(11, "4", enrolled("xia", "LX*1~NM1*P3*1*DIAZ*ANA****XX*" + ProviderStand.RIVAL + "*25~"));
        String csv = "group,name,npi,provider_npi\ntaken,Diaz and Partners," + ProviderStand.CLINIC + "," + ProviderStand.RIVAL + "\n";
        assertThat(staff("rea", "PUT", LISTS, "text/csv", csv).body()).contains("\"group\":\"taken\",\"members\":1");
        stand.attributions().bind("clinic-ehr", "taken", "test");
        CompletableFuture<HttpResponse<String>> counted = new CompletableFuture<>();
        CompletableFuture<HttpResponse<String>> taken = new CompletableFuture<>();
        try (Connection connection = stand.server.part(DataSource.class).getConnection(); Statement sql = connection.createStatement()) {
            connection.setAutoCommit(false);
            sql.execute("lock table store.resource in access exclusive mode");
            counted.completeAsync(() -> unchecked(() -> staff("rea", "POST", LISTS, "text/csv", null)));
            awaitSomebodyWhoWaits();
            taken.completeAsync(() -> unchecked(() -> staff("rea", "PUT", LISTS, "text/csv", "group,name,npi,provider_npi\n")));
            // Whoever takes the list away is through at once, or waits for who counts, as is right: then this goes on.
            for (int tries = 0; tries < 100 && !taken.isDone(); tries++) {
                Thread.sleep(20);
            }
            connection.rollback();
        }
        assertThat(counted.get().statusCode()).isEqualTo(200);
        assertThat(taken.get().statusCode()).isEqualTo(200);
        assertThat(stand.attributions().quantity("taken")).isZero();
        assertThat(status(clinic, "Patient/xia")).isEqualTo(403);
        stand.attributions().unbind("clinic-ehr", "taken", "test");
        load834(12, "2", "INS*Y*18*024*07*A***TE~REF*0F*xia~DTP*357*D8*20240630~NM1*IL*1*OFXIA*X~");
    }

    private static <T> T unchecked(Callable<T> call) {
        try {
            return call.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitSomebodyWhoWaits() throws Exception {
        for (int tries = 0; tries < 1_000; tries++) {
            try (Connection connection = stand.server.part(DataSource.class).getConnection(); Statement sql = connection.createStatement();
                ResultSet row = sql.executeQuery("select count(*) from pg_locks where relation = 'store.resource'::regclass and not granted")) {
                row.next();
                if (row.getInt(1) > 0) {
                    return;
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("nobody waits");
    }

    @Test
    void prv01_members_whose_primary_care_practitioner_an_834_names_are_on_the_list_while_they_are_covered() throws Exception {
        stand.server.part(Accounts.class).add(Accounts.NewAccount.staff("pia", "correct horse battery", "Pia", null, "ADMIN"));
        String diaz = "LX*1~NM1*P3*1*DIAZ*ANA****XX*" + ProviderStand.RIVAL + "*25~";
        load834(1, "4", enrolled("una", diaz), enrolled("vic", ""), enrolled("wes", "LX*1~NM1*P3*1*ELSE*SAM****XX*" + ProviderStand.CLINIC + "*25~"));
        String csv = "group,name,npi,provider_npi\npcp,Diaz and Partners," + ProviderStand.CLINIC + "," + ProviderStand.RIVAL + "\n";
        HttpResponse<String> counted = staff("pia", "PUT", LISTS, "text/csv", csv);
        assertThat(counted.statusCode()).as(counted.body()).isEqualTo(200);
        assertThat(counted.body()).contains("\"group\":\"pcp\",\"members\":1,\"added\":1");
        stand.attributions().bind("clinic-ehr", "pcp", "test");
        try {
            assertThat(stand.get(clinic, "Group/pcp").body()).contains("Patient/una", ProviderStand.RIVAL).doesNotContain("Patient/vic").doesNotContain("Patient/wes");
            assertThat(status(clinic, "Patient/una")).isEqualTo(200);
            assertThat(status(clinic, "Patient/vic")).isEqualTo(403);
            HttpResponse<String> twice = staff("pia", "PUT", "/api/provider-access/roster", "text/csv", "group,name,npi,member\npcp,Diaz and Partners," + ProviderStand.CLINIC + ",Patient/vic\n");
            assertThat(twice.statusCode()).as("from a roster too").isEqualTo(400);
            assertThat(twice.body()).contains("primary care");
            load834(2, "2", "INS*Y*18*024*07*A***TE~REF*0F*una~DTP*357*D8*20240630~NM1*IL*1*OFUNA*X~");
            assertThat(staff("pia", "POST", LISTS, "text/csv", null).body()).contains("\"group\":\"pcp\",\"members\":0,\"added\":0,\"changed\":0,\"dropped\":1");
            assertThat(status(clinic, "Patient/una")).as("covered no more").isEqualTo(403);
            load834(3, "2", enrolled("vic", diaz).replace("INS*Y*18*021", "INS*Y*18*001"));
            assertThat(staff("pia", "POST", LISTS, "text/csv", null).body()).contains("\"members\":1,\"added\":1");
            assertThat(status(clinic, "Patient/vic")).isEqualTo(200);
            assertThat(staff("pia", "PUT", LISTS, "text/csv", "group,name,npi,provider_npi\n").body()).contains("\"members\":0");
            assertThat(status(clinic, "Patient/vic")).as("no practitioner of the organization any more").isEqualTo(403);
            assertThat(staff("pia", "PUT", LISTS, "text/csv", csv.replace(ProviderStand.RIVAL, "123")).statusCode()).isEqualTo(400);
            assertThat(staff(null, "PUT", LISTS, "text/csv", csv).statusCode()).isEqualTo(401);
        } finally {
            stand.attributions().unbind("clinic-ehr", "pcp", "test");
        }
    }

    @Test
    void prv12_members_and_providers_are_told_without_signing_in() throws Exception {
        assertThat(staff(null, "GET", "/about/provider-access", "text/html", null).body()).contains("<html lang=\"en\"", "<h1>", "href=\"/my-consents\"", "say no");
        assertThat(staff(null, "GET", "/about/provider-access/providers", "text/html", null).body()).contains(stand.base, "$davinci-data-export");
    }

    @Test
    void the_trail_names_the_members_of_a_group_that_was_read_and_of_a_file_that_was_fetched() throws Exception {
        stand.get(clinic, "Group/clinic");
        stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Condition"));
        List<AuditEntry> entries = new java.util.ArrayList<>();
        stand.server.part(TrailReader.class).each(TrailFilter.ALL, entry -> entries.add(entry.entry()));
        String trail = entries.toString();
        assertThat(entries).as(trail).anyMatch(entry -> entry.toString().contains("Group/clinic") && entry.toString().contains("ann") && entry.toString().contains("cid"))
            .anyMatch(entry -> entry.toString().contains("$export-file") && entry.toString().contains("bob"));
    }

    @Test
    void a_roster_that_is_malformed_changes_nothing_and_says_which_line() {
        String good = ProviderStand.roster("ann");
        for (String bad : List.of(good + "clinic,Main Street Clinic,1234567890,12-3456789,Patient/bob\n", good.replace("group,", "grp,"), good + "clinic,Other Name," + ProviderStand.CLINIC + ",12-3456789,Patient/bob\n", "group,name,npi,member\n")) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> stand.api().take(bad, "test")).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(stand.attributions().listed("clinic")).hasSize(3);
    }
}
