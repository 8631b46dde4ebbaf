package dev.portolan.server;

import static dev.portolan.server.ProviderStand.ids;
import static dev.portolan.server.ProviderStand.keys;
import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.attribution.NetworkParticipation;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preferences;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists of patients as plans and providers write them, with the odd dates and names that there are, and what members decide against them. */
class ProviderListsTest {

    private static final String C = ProviderStand.CLINIC;
    private static final String R = ProviderStand.RIVAL;
    private static final String NETWORK = "npi,starts,ends\n" + C + ",2020-01-01,\n" + R + ",2020-01-01,\n";
    private static final String LINE = "clinic,Main Street Clinic," + C + ",Patient/";
    private static ProviderStand stand;
    private static String clinic;
    private static String rival;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        stand = new ProviderStand(data, "portolan.provider-access.changes-by-providers", "true", "portolan.provider-access.member-match", "true");
        clinic = stand.token("clinic-ehr");
        rival = stand.token("rival-ehr");
        stand.put("Practitioner/doc", "\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"" + R + "\"}],\"name\":[{\"family\":\"Diaz\"}]");
        stand.put("Practitioner/nameless", "\"name\":[{\"family\":\"Elm\"}]");
    }

    @AfterAll
    static void stop() {
        stand.close();
    }

    @AfterEach
    void asItWas() {
        stand.api().takeNetwork(NETWORK);
        stand.api().take(ProviderStand.roster("ann", "bob", "cid"), "test");
    }

    private static int status(String token, String path) throws Exception {
        return stand.get(token, path).statusCode();
    }

    @Test
    void prv01_prv11_the_last_day_that_dates_have_is_no_end() throws Exception {
        stand.api().takeNetwork(NETWORK.replace(C + ",2020-01-01,", C + ",2020-01-01,9999-12-31"));
        stand.api().take("group,name,npi,member,ends\n" + LINE + "ann,9999-12-31\n" + LINE + "bob,9999-12-31T23:59:59-05:00\n", "test");
        String group = stand.get(clinic, "Group/clinic").body();
        assertThat(group).contains("Patient/ann", "Patient/bob", "\"quantity\":2").doesNotContain("\"end\"");
        assertThat(new NetworkParticipation(C, Instant.EPOCH, Instant.parse("9999-12-31T23:59:59Z")).ends()).isNull();
    }

    @Test
    void prv01_a_line_of_a_roster_that_is_over_adds_nobody_and_refuses_no_list() throws Exception {
        stand.api().take("group,name,npi,member,ends\n" + LINE + "ann,\n" + LINE + "bob,2026-01-31\n" + LINE + "eve,2026-01-31\nrival,Rival Hospital," + R + ",Patient/dee,\n", "test");
        assertThat(ids(stand.get(clinic, "Patient"))).as("bob is no patient any more, and eve never was").containsExactly("ann");
        assertThat(ids(stand.get(rival, "Patient"))).containsExactly("dee");
    }

    @Test
    void prv01_who_left_and_came_back_is_a_patient_whichever_of_the_lines_stands_last() throws Exception {
        stand.api().take("group,name,npi,member,starts,ends\n" + LINE + "ann,2026-06-01,\n" + LINE + "ann,2024-01-01,2024-12-31\n", "test");
        assertThat(ids(stand.get(clinic, "Patient"))).containsExactly("ann");
    }

    private static String parameters(String... parameters) {
        return "{\"resourceType\":\"Parameters\",\"parameter\":[" + String.join(",", parameters) + "]}";
    }

    private static String reference(String name, String reference) {
        return "{\"name\":\"" + name + "\",\"valueReference\":{\"reference\":\"" + reference + "\"}}";
    }

    private static String npi(String npi) {
        return "{\"name\":\"providerNpi\",\"valueIdentifier\":{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"" + npi + "\"}}";
    }

    private static String period(String ends) {
        return "{\"name\":\"attributionPeriod\",\"valuePeriod\":{" + ends + "}}";
    }

    private static HttpResponse<String> list(String operation, String... parameters) throws Exception {
        return stand.send(clinic, "POST", "Group/clinic/$" + operation, parameters(parameters));
    }

    @Test
    void prv13_a_provider_is_named_by_reference_and_one_that_is_not_known_is_nobody() throws Exception {
        String eve = reference("patientReference", "Patient/eve");
        assertThat(list("member-add", eve, npi(C)).statusCode()).isEqualTo(200);
        HttpResponse<String> added = list("member-add", eve, reference("providerReference", stand.base + "/Practitioner/doc"));
        assertThat(added.statusCode()).as(added.body()).isEqualTo(200);
        assertThat(stand.get(clinic, "Group/clinic").body().split("Patient/eve\"", -1)).as("once for each").hasSize(3);
        for (String unknown : List.of("Practitioner/nameless", "Practitioner/nobody", "Location/1", "Practitioner")) {
            assertThat(list("member-remove", eve, reference("providerReference", unknown)).statusCode()).as(unknown).isIn(400, 422);
        }
        assertThat(stand.get(clinic, "Group/clinic").body().split("Patient/eve\"", -1)).as("nobody was removed").hasSize(3);
        assertThat(list("member-remove", eve, reference("providerReference", "Practitioner/doc")).statusCode()).isEqualTo(200);
        assertThat(status(clinic, "Patient/eve")).as("the organization's patient still").isEqualTo(200);
    }

    @Test
    void prv13_prv16_a_period_that_is_over_or_has_no_length_is_400() throws Exception {
        String eve = reference("patientReference", "Patient/eve");
        for (String ends : List.of("\"end\":\"2026-01-01\"", "\"start\":\"2026-01-01T00:00:00.0000001Z\",\"end\":\"2026-01-01T00:00:00.0000002Z\"", "\"start\":\"2026-01-02\",\"end\":\"2026-01-01\"")) {
            HttpResponse<String> refused = list("member-add", eve, npi(C), period(ends));
            assertThat(refused.statusCode()).as(ends + refused.body()).isEqualTo(400);
        }
        assertThat(list("member-add", eve, npi(C), period("\"start\":\"2026-01-01\",\"end\":\"9999-12-31\"")).statusCode()).isEqualTo(200);
        assertThat(status(clinic, "Patient/eve")).isEqualTo(200);
    }

    private static String bundle(String family, String born, String ends) {
        return "{\"name\":\"MemberBundle\",\"part\":[{\"name\":\"MemberPatient\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"" + family + "\",\"given\":[\"eve\"]}],\"birthDate\":\"" + born
            + "\"}},{\"name\":\"CoverageToMatch\",\"resource\":{\"resourceType\":\"Coverage\",\"status\":\"active\",\"subscriberId\":\"S-eve\",\"beneficiary\":{\"reference\":\"Patient/1\"},\"payor\":[{\"display\":\"plan\"}]}},"
            + "{\"name\":\"Consent\",\"resource\":{\"resourceType\":\"Consent\",\"status\":\"active\",\"patient\":{\"reference\":\"Patient/1\"},\"dateTime\":\"2026-01-01\",\"organization\":[{\"identifier\":{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\""
            + R + "\"}}],\"provision\":{\"type\":\"permit\",\"period\":{\"start\":\"2026-01-01\",\"end\":\"" + ends + "\"},\"purpose\":[{\"code\":\"TREAT\"}]}}}]}";
    }

    private static HttpResponse<String> match(String... bundles) throws Exception {
        return stand.send(rival, "POST", "Group/$provider-member-match", parameters(bundles));
    }

    private static String group(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JsonDocument.parse(answer.body()).root().field("parameter").firstChild().field("resource").fieldText("id");
    }

    @Test
    void prv13_a_patient_who_is_attested_twice_is_matched_once_for_the_longer_time() throws Exception {
        String soon = Instant.now().plusSeconds(86_400).toString();
        String later = Instant.now().plusSeconds(5 * 86_400).toString();
        String group = group(match(bundle("Ofeve", "1970-01-02", soon), bundle("Ofeve", "1970-01-02", later), bundle("Ofeve", "1970-01-02", soon)));
        assertThat(stand.get(rival, "Group/" + group).body()).contains("\"quantity\":1", "\"end\":\"" + later.substring(0, 19));
        stand.attributions().unbind("rival-ehr", group, "test");
    }

    @Test
    void prv13_what_no_search_takes_is_unmatched_and_the_rest_is_matched() throws Exception {
        String ends = Instant.now().plusSeconds(86_400).toString();
        HttpResponse<String> answer = match(bundle("Ofeve", "1970-02-30", ends), bundle("Of\\u0000eve", "1970-01-02", ends), bundle("-", "1970-01-02", ends), bundle("Ofeve", "1970-01-02", ends));
        for (String taken : List.of("\"provision\":[{\"type\":\"deny\"}],\"type\"", "\"modifierExtension\":[{\"url\":\"https://example.org/not\",\"valueBoolean\":true}],\"type\"")) {
            HttpResponse<String> nobody = match(bundle("Ofeve", "1970-01-02", ends).replace("\"type\":\"permit\"", taken + ":\"permit\""));
            assertThat(nobody.body()).as("an attestation that takes itself back").contains("NonMatchedMembers").doesNotContain("Patient/eve");
        }
        String group = group(answer);
        assertThat(answer.body()).contains("NonMatchedMembers", "1970-02-30", "\"quantity\":3");
        assertThat(stand.get(rival, "Group/" + group).body()).contains("Patient/eve");
        stand.attributions().unbind("rival-ehr", group, "test");
    }

    @Test
    void prv13_prv11_nobody_is_matched_for_an_organization_outside_of_the_network_and_a_list_of_nobody_is_not_kept() throws Exception {
        String ends = Instant.now().plusSeconds(86_400).toString();
        String group = group(match(bundle("Nobody", "1970-01-02", ends)));
        assertThat(status(rival, "Group/" + group)).isEqualTo(404);
        assertThat(ids(stand.get(rival, "Group"))).containsExactly("rival");
        stand.api().takeNetwork(NETWORK.replace(R + ",2020-01-01,", R + ",2020-01-01,2021-01-01"));
        HttpResponse<String> refused = match(bundle("Ofeve", "1970-01-02", ends));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).as("nor told that there is such a member").doesNotContain("Patient/eve", "MatchedMembers");
    }

    @Test
    void prv06_no_money_leaves_in_what_another_resource_contains() throws Exception {
        stand.put("List/claims-ann", "\"status\":\"current\",\"mode\":\"working\",\"subject\":{\"reference\":\"Patient/ann\"},\"contained\":[{\"resourceType\":\"ExplanationOfBenefit\",\"id\":\"in\",\"status\":\"active\",\"type\":{\"text\":\"x\"},"
            + "\"use\":\"claim\",\"patient\":{\"reference\":\"Patient/ann\"},\"created\":\"2024-03-03\",\"insurer\":{\"display\":\"p\"},\"provider\":{\"display\":\"x\"},\"outcome\":\"complete\",\"insurance\":[{\"focal\":true,\"coverage\":{\"display\":\"c\"}}],"
            + "\"payment\":{\"amount\":{\"value\":66.66,\"currency\":\"USD\"}}}],\"entry\":[{\"item\":{\"reference\":\"#in\"}}]");
        StringBuilder all = new StringBuilder(String.join("", stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "List"))));
        for (String path : List.of("List/claims-ann", "List?patient=ann", "Patient/ann/$everything", "List/claims-ann/_history")) {
            all.append(stand.get(clinic, path).body());
        }
        assertThat(all.toString()).contains("claims-ann").doesNotContain("66.66");
    }

    private static void app(String patient, Decision decision) {
        stand.server.part(Preferences.class).record(new Preferences.Choice(patient, Kind.APP, "clinic-ehr", decision, Set.of(), null), new Preference.Recorded("test", "self", "api", "en"));
    }

    @Test
    void con01_con07_who_shuts_a_providers_app_out_is_out_of_its_reach_its_lists_and_its_files() throws Exception {
        stand.attributions().bind("rival-ehr", "clinic", "test");
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient").headers().firstValue("Content-Location").orElseThrow());
        String file = manifest.field("output").firstChild().fieldText("url");
        app("bob", Decision.DENY);
        try {
            assertThat(status(clinic, "Patient/bob")).isEqualTo(403);
            assertThat(stand.get(clinic, "Group/clinic").body()).contains("Patient/ann", "\"quantity\":2").doesNotContain("Patient/bob");
            assertThat(stand.get(clinic, "Group?_id=clinic").body()).doesNotContain("Patient/bob");
            assertThat(ids(stand.get(clinic, "Group?member=Patient/bob"))).isEmpty();
            assertThat(status(clinic, file)).isEqualTo(410);
            assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient")))).containsExactly("Patient/ann", "Patient/cid");
            assertThat(status(rival, "Patient/bob")).as("another app of the same list").isEqualTo(200);
            assertThat(stand.get(rival, "Group/clinic").body()).contains("Patient/bob");
        } finally {
            app("bob", Decision.PERMIT);
            stand.attributions().unbind("rival-ehr", "clinic", "test");
        }
        assertThat(status(clinic, "Patient/bob")).isEqualTo(200);
    }

    @Test
    void con07_what_is_held_back_after_a_file_was_made_is_not_in_what_is_fetched_and_is_sent_once_it_is_free() throws Exception {
        String delta = "hl7.fhir.us.davinci-pdex#provider-delta";
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Condition").headers().firstValue("Content-Location").orElseThrow());
        String file = manifest.field("output").firstChild().fieldText("url");
        assertThat(stand.get(clinic, file).body()).contains("mind-bob");
        stand.decide("bob", Kind.SENSITIVE, Decision.DENY, Set.of(SensitiveCategory.MENTAL_HEALTH));
        assertThat(status(clinic, file)).isEqualTo(410);
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Condition,Patient")))).contains("Condition/mind-ann", "Patient/bob").doesNotContain("Condition/mind-bob");
        stand.decide("bob", Kind.SENSITIVE, Decision.PERMIT, Set.of());
        assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "exportType", delta, "_type", "Condition,Patient")))).as("it was not sent, though it did not change").contains("Condition/mind-bob")
            .doesNotContain("Condition/mind-ann");
    }

    @Test
    void prv04_who_was_in_a_file_that_is_not_given_out_any_more_is_given_whole_with_the_next_delta() throws Exception {
        String delta = "hl7.fhir.us.davinci-pdex#provider-delta";
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Condition").headers().firstValue("Content-Location").orElseThrow());
        stand.optOut("bob");
        try {
            assertThat(status(clinic, manifest.field("output").firstChild().fieldText("url"))).isEqualTo(410);
            assertThat(keys(stand.export(clinic, stand.kickOff(clinic, "clinic", "exportType", delta, "_type", "Condition")))).as("ann's has not changed, and never came").contains("Condition/mind-ann");
            assertThat(stand.export(clinic, stand.kickOff(clinic, "clinic", "exportType", delta, "_type", "Condition"))).as("now it has").isEmpty();
            assertThat(status(clinic, manifest.field("output").firstChild().fieldText("url"))).isEqualTo(410);
            assertThat(stand.export(clinic, stand.kickOff(clinic, "clinic", "exportType", delta, "_type", "Condition"))).as("that an old file is asked for once more undoes nothing").isEmpty();
        } finally {
            stand.optIn("bob");
        }
    }

    @Test
    void prv04_a_refused_file_of_a_snapshot_takes_nothing_back_of_what_was_sent_before() throws Exception {
        String pdex = "hl7.fhir.us.davinci-pdex#";
        stand.export(clinic, stand.kickOff(clinic, "clinic", "_type", "Condition"));
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "exportType", pdex + "provider-snapshot", "_type", "Condition").headers().firstValue("Content-Location").orElseThrow());
        stand.optOut("bob");
        try {
            assertThat(status(clinic, manifest.field("output").firstChild().fieldText("url"))).isEqualTo(410);
            assertThat(stand.export(clinic, stand.kickOff(clinic, "clinic", "exportType", pdex + "provider-delta", "_type", "Condition"))).isEmpty();
        } finally {
            stand.optIn("bob");
        }
    }

    @Test
    void prv04_a_delta_gives_whole_what_was_not_asked_for_before() throws Exception {
        String delta = "hl7.fhir.us.davinci-pdex#provider-delta";
        stand.export(rival, stand.kickOff(rival, "rival", "_type", "Patient"));
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", delta, "_type", "Patient,Observation")))).as("Observations were never sent").contains("Observation/obs-dee");
        assertThat(stand.export(rival, stand.kickOff(rival, "rival", "exportType", delta, "_type", "Observation"))).as("among what was sent").isEmpty();
        stand.export(rival, stand.kickOff(rival, "rival", "_type", "Observation", "_typeFilter", "Observation?_id=obs-dee"));
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", delta, "_type", "Observation")))).as("a part of them was").contains("Observation/obs-dee");
    }

    @Test
    void prv02_smt22_a_scope_on_some_groups_gives_and_changes_no_others() throws Exception {
        String granular = stand.token("clinic-ehr", "system/Patient.rs system/Group.rus?_id=another");
        for (String path : List.of("Group", "Group/clinic", "Group?_id=clinic")) {
            assertThat(status(granular, path)).as(path).isEqualTo(403);
        }
        String ann = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"patientReference\",\"valueReference\":{\"reference\":\"Patient/ann\"}}]}";
        for (String operation : List.of("$attribution-status", "$member-remove")) {
            assertThat(stand.send(granular, "POST", "Group/clinic/" + operation, ann).statusCode()).as(operation).isEqualTo(403);
        }
        assertThat(status(clinic, "Patient/ann")).isEqualTo(200);
    }

    @Test
    void prv02_from_whom_the_plan_took_a_list_fetches_no_file_of_it() throws Exception {
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient").headers().firstValue("Content-Location").orElseThrow());
        String file = manifest.field("output").firstChild().fieldText("url");
        assertThat(status(clinic, file)).isEqualTo(200);
        stand.attributions().unbind("clinic-ehr", "clinic", "test");
        try {
            assertThat(status(clinic, file)).isEqualTo(410);
        } finally {
            stand.attributions().bind("clinic-ehr", "clinic", "test");
        }
        assertThat(status(clinic, file)).isEqualTo(200);
    }

    private static Instant changed() throws Exception {
        return Instant.parse(String.valueOf(JsonDocument.parse(stand.get(clinic, "Group/clinic").body().getBytes(StandardCharsets.UTF_8)).root().field("meta").fieldText("lastUpdated")));
    }

    @Test
    void prv01_a_list_that_is_counted_anew_and_comes_to_the_same_has_not_changed() throws Exception {
        String group = stand.get(clinic, "Group/clinic").body();
        Instant before = changed();
        stand.attributions().recount(); // as each start does
        stand.api().take(ProviderStand.roster("ann", "bob", "cid"), "test");
        stand.api().takeNetwork(NETWORK);
        assertThat(stand.get(clinic, "Group/clinic").body()).isEqualTo(group);
        stand.api().take(ProviderStand.roster("ann", "bob"), "test");
        assertThat(changed()).isAfter(before);
        Instant fewer = changed();
        stand.api().take(ProviderStand.roster("ann", "bob").replace("Main Street", "High Street"), "test");
        assertThat(changed()).as("another name").isAfter(fewer);
        Instant renamed = changed();
        stand.api().takeNetwork(NETWORK.replace("2020-01-01", "2020-01-02"));
        assertThat(changed()).as("another network").isAfter(renamed);
    }

}
