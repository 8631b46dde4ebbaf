package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer;
import dev.portolan.rest.RunningServer.Reply;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The base, its policy, and the rules that hold among claims, over HTTP on the sandbox's members. */
class PatientAccessTest {

    private static final String CARIN = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/";
    private static RunningServer server;
    private static String base;

    @BeforeAll
    static void load() {
        server = RunningServer.get();
        assumeTrue(server.packages.guide("hl7.fhir.us.core", "6.1.0").isPresent(), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        SandboxMembersLoaded.into(server);
        base = SandboxMembersLoaded.base();
    }

    private static Reply get(String path) {
        return server.get(base + "/" + path);
    }

    private static List<JsonValue> resources(String query) {
        Reply reply = get(query);
        assertThat(reply.status()).as(query + " " + reply.text()).isEqualTo(200);
        List<JsonValue> found = new ArrayList<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            entries.children().forEach(entry -> found.add(entry.field("resource")));
        }
        return found;
    }

    private static List<JsonValue> carinClaims() {
        return resources("ExplanationOfBenefit?_count=500").stream().filter(claim -> "claim".equals(claim.fieldText("use"))).toList();
    }

    private static List<JsonValue> at(JsonValue root, String path) {
        return References.at(root, path);
    }

    @Test
    void pac12_rst01_theCapabilityStatementNamesItsGuidesProfilesAndCombinations() {
        JsonValue statement = get("metadata").json().root();
        assertThat(at(statement, "instantiates")).extracting(JsonValue::text).contains("http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server", "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb");
        Map<String, JsonValue> types = new HashMap<>();
        at(statement, "rest.resource").forEach(resource -> types.put(resource.fieldText("type"), resource));
        assertThat(at(types.get("Observation"), "supportedProfile")).extracting(JsonValue::text).contains("http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab").hasSizeGreaterThan(20);
        assertThat(at(types.get("ExplanationOfBenefit"), "supportedProfile")).extracting(JsonValue::text)
            .contains(CARIN + "C4BB-ExplanationOfBenefit-Pharmacy", "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-priorauthorization");
        assertThat(at(types.get("Consent"), "supportedProfile")).extracting(JsonValue::text).containsExactly("http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-provider-consent");
        assertThat(types.get("Condition").field("extension").toJson()).contains("capabilitystatement-search-parameter-combination", "\"valueString\":\"category\"");
        assertThat(at(types.get("ExplanationOfBenefit"), "searchParam.name")).extracting(JsonValue::text).contains("_id", "patient", "type", "identifier", "service-date", "service-start-date", "billable-period-start");
        assertThat(types).doesNotContainKeys("AuditEvent", "Group", "Subscription");
        assertThat(get("Group").status()).isEqualTo(404);
        assertThat(server.post(base + "/Observation", "{\"resourceType\":\"Observation\"}").status()).isEqualTo(405);
    }

    @Test
    void pac06_aPriorAuthorizationStaysForMoreThanAYearAfterItsLastChange() {
        // The last change of this one was in August 2025, more than a year ago.
        assertThat(get("ExplanationOfBenefit/amara-pa-sleep-cancelled").status()).isEqualTo(200);
        assertThat(resources("ExplanationOfBenefit?patient=amara-okafor&_count=500")).extracting(claim -> claim.fieldText("id"))
            .contains("amara-pa-knee", "amara-pa-mri-denied", "amara-pa-wheelchair-pended", "amara-pa-therapy-modified", "amara-pa-sleep-cancelled");
    }

    @Test
    void pac07_aPriorAuthorizationShowsItsStatusDatesItemsReasonAndDocuments() {
        String item = get("ExplanationOfBenefit/amara-pa-mri-denied").json().root().field("item").toJson();
        assertThat(item).as("denied, when, and why").contains("\"code\":\"A3\"", "\"valueDateTime\":\"2026-06-03\"", "denialreason", "Six weeks of physical therapy come first");
        String approved = get("ExplanationOfBenefit/amara-pa-knee").text();
        assertThat(approved).as("approved, until when, what, and on which documents").contains("\"code\":\"A1\"", "extension-itemPreAuthIssueDate", "\"end\":\"2027-03-15\"", "extension-itemAuthorizedDetail", "QuestionnaireResponse/amara-knee-form");
        assertThat(get("QuestionnaireResponse/amara-knee-form").status()).isEqualTo(200);
        assertThat(get("ExplanationOfBenefit/amara-pa-wheelchair-pended").text()).contains("\"code\":\"A4\"");
        assertThat(get("ExplanationOfBenefit/amara-pa-therapy-modified").text()).contains("\"code\":\"A6\"");
        assertThat(get("ExplanationOfBenefit/amara-pa-sleep-cancelled").json().root().fieldText("status")).isEqualTo("cancelled");
    }

    @Test
    void whatAnEarlierEditionOfTheNamedMembersHadIsGone() {
        assertThat(server.get("ExplanationOfBenefit/" + SandboxMembersLoaded.OF_AN_EARLIER_EDITION).status()).isEqualTo(410);
        assertThat(get("ExplanationOfBenefit/" + SandboxMembersLoaded.OF_AN_EARLIER_EDITION).status()).as("whoever may not see everything of a member is not told what was deleted").isEqualTo(404);
        assertThat(resources("ExplanationOfBenefit?patient=samir-haddad&_count=500")).isNotEmpty().allSatisfy(claim -> assertThat(claim.fieldText("use")).as("whose claims are CARIN Blue Button's has claims alone").isEqualTo("claim"));
    }

    @Test
    void pac08_aPriorAuthorizationOfADrugIsWithheldUnlessThePlanShowsIt() {
        assertThat(get("ExplanationOfBenefit/amara-pa-drug").status()).isEqualTo(404);
        assertThat(get("ExplanationOfBenefit?patient=amara-okafor&_count=500").text()).doesNotContain("amara-pa-drug");
        assertThat(get("ExplanationOfBenefit?identifier=PA-1006").text()).doesNotContain("amara-pa-drug");
        assertThat(get("Patient/amara-okafor/$everything?_count=500").text()).doesNotContain("amara-pa-drug");
        assertThat(resources("Provenance?target=ExplanationOfBenefit/amara-pa-knee,ExplanationOfBenefit/amara-pa-drug")).extracting(each -> each.fieldText("id")).containsExactly("pv-eob-amara-pa-knee");
        assertThat(get("Provenance/pv-eob-amara-pa-drug").status()).isEqualTo(404);
        String shown = server.serve(PatientAccess.base("/showing", server.host), new PatientAccessPolicy(true)::guard);
        assertThat(server.get(shown + "/ExplanationOfBenefit/amara-pa-drug").status()).isEqualTo(200);
        assertThat(server.get(shown + "/Provenance/pv-eob-amara-pa-drug").status()).isEqualTo(200);
    }

    /** A Task of the plan's own work stands in the member's record, and this base has none. */
    @Test
    void rst38_whatTheBaseDoesNotHaveIsNotGivenByWayOfAnotherType() {
        byte[] task = "{\"resourceType\":\"Task\",\"id\":\"amara-review\",\"status\":\"in-progress\",\"intent\":\"order\",\"for\":{\"reference\":\"Patient/amara-okafor\"},\"description\":\"Ask the medical director\"}"
            .getBytes(StandardCharsets.UTF_8);
        assertThat(server.send("PUT", "Task/amara-review", task).status()).isIn(200, 201);
        assertThat(server.get("Patient/amara-okafor/$everything?_count=1000").text()).contains("amara-review");
        assertThat(get("Task/amara-review").status()).isEqualTo(404);
        for (String way : List.of("Patient/amara-okafor/$everything?_count=1000", "Patient?_id=amara-okafor&_revinclude=Task:patient", "Patient?_id=amara-okafor&_revinclude=Task:subject")) {
            assertThat(get(way).text()).as(way).contains("Patient/amara-okafor").doesNotContain("amara-review");
        }
        assertThat(get("Patient?_id=amara-okafor&_has:Task:patient:status=in-progress").status()).isEqualTo(400);
    }

    @Test
    void pac22_everyClaimIsCompleteHasATypeAndNamesItsProfileAndTime() {
        for (JsonValue claim : carinClaims()) {
            assertThat(claim.fieldText("outcome")).isEqualTo("complete");
            assertThat(claim.field("type").toJson()).contains("http://terminology.hl7.org/CodeSystem/claim-type").doesNotContain("data-absent-reason");
            assertThat(claim.field("meta").fieldText("lastUpdated")).isNotBlank();
            assertThat(claim.field("meta").field("profile").toJson()).containsPattern("C4BB-ExplanationOfBenefit-[A-Za-z-]+\\|2\\.[01]\\.0");
        }
        assertThat(carinClaims()).hasSizeGreaterThan(20);
        // Whoever reads claims by CARIN Blue Button sees prior authorizations beside them, and expects each to be complete.
        assertThat(resources("ExplanationOfBenefit?_count=500")).extracting(each -> each.fieldText("outcome")).containsOnly("complete");
    }

    @Test
    void pac26_everyResourceOfCarinBlueButtonSaysWhenItChangedAndWhichProfileItHas() {
        Map<String, String> profiles = Map.of("ExplanationOfBenefit", "(C4BB-ExplanationOfBenefit-[A-Za-z-]+|pdex-priorauthorization)", "Coverage", "C4BB-Coverage", "Patient", "C4BB-Patient", "Organization", "C4BB-Organization",
            "Practitioner", "C4BB-Practitioner", "RelatedPerson", "C4BB-RelatedPerson");
        profiles.forEach((type, profile) -> assertThat(resources(type + "?_count=500").stream().filter(each -> each.field("meta").field("profile") != null).toList()).as(type).isNotEmpty().allSatisfy(each -> {
            assertThat(each.field("meta").fieldText("lastUpdated")).as(each.fieldText("id")).isNotBlank();
            assertThat(each.field("meta").field("profile").toJson()).as(each.fieldText("id")).containsPattern(profile);
        }));
        // Without exception what a claim of CARIN Blue Button refers to, and the claim.
        Set<String> followed = referredTo(List.of("patient", "insurer", "provider", "payee.party", "careTeam.provider", "insurance.coverage"));
        carinClaims().forEach(claim -> followed.add("ExplanationOfBenefit/" + claim.fieldText("id")));
        for (String reference : followed) {
            JsonValue meta = get(reference).json().root().field("meta");
            assertThat(meta.fieldText("lastUpdated")).as(reference).isNotBlank();
            assertThat(meta.field("profile")).as(reference).isNotNull();
            assertThat(meta.field("profile").toJson()).as(reference).contains("carin-bb/StructureDefinition/C4BB-" + reference.substring(0, reference.indexOf('/')));
        }
        assertThat(followed).hasSizeGreaterThan(30);
    }

    @Test
    void pac23_theInsurerIsThePayorOfTheOneFocalCoverage() {
        for (JsonValue claim : carinClaims()) {
            List<JsonValue> focal = at(claim, "insurance").stream().filter(each -> each.field("focal").text().equals("true")).toList();
            assertThat(focal).hasSize(1);
            JsonValue coverage = get(focal.get(0).field("coverage").fieldText("reference")).json().root();
            assertThat(at(coverage, "payor").get(0).fieldText("reference")).isEqualTo(claim.field("insurer").fieldText("reference"));
        }
    }

    @Test
    void pac24_adjustedClaimsNameTheirNeighboursInBothDirections() {
        Map<String, JsonValue> byNumber = new HashMap<>();
        carinClaims().forEach(claim -> byNumber.put(at(claim, "identifier").get(0).fieldText("value"), claim));
        int links = 0;
        for (Map.Entry<String, JsonValue> claim : byNumber.entrySet()) {
            for (JsonValue related : at(claim.getValue(), "related")) {
                JsonValue other = byNumber.get(related.field("reference").fieldText("value"));
                boolean prior = related.field("relationship").toJson().contains("\"prior\"");
                if (other == null) { // the claim before the first that is kept
                    assertThat(prior).isTrue();
                    continue;
                }
                links++;
                assertThat(other.field("related").toJson()).contains(prior ? "replacedby" : "prior", claim.getKey());
            }
        }
        assertThat(links).isGreaterThan(8);
    }

    @Test
    void pac25_adjudicationStandsOnceAndAddsUp() {
        for (JsonValue claim : carinClaims()) {
            Map<String, BigDecimal> totals = amounts(at(claim, "total"));
            if (totals.containsKey("memberliability")) {
                BigDecimal eligible = of(totals, "submitted").subtract(of(totals, "noncovered")).subtract(of(totals, "discount"));
                BigDecimal liability = of(totals, "deductible").add(of(totals, "coinsurance")).add(of(totals, "copay")).add(of(totals, "noncovered"));
                assertThat(of(totals, "eligible")).as(claim.fieldText("id")).isEqualByComparingTo(eligible);
                assertThat(of(totals, "memberliability")).as(claim.fieldText("id")).isEqualByComparingTo(liability);
                assertThat(of(totals, "paidtoprovider")).as(claim.fieldText("id")).isEqualByComparingTo(eligible.subtract(liability));
            }
            if (claim.field("type").toJson().contains("\"institutional\"")) {
                assertThat(amounts(at(claim, "adjudication")).isEmpty()).as(claim.fieldText("id")).isNotEqualTo(amounts(at(claim, "item.adjudication")).isEmpty());
            }
        }
    }

    private static BigDecimal of(Map<String, BigDecimal> amounts, String category) {
        return amounts.getOrDefault(category, BigDecimal.ZERO);
    }

    private static Map<String, BigDecimal> amounts(List<JsonValue> adjudications) {
        Map<String, BigDecimal> amounts = new HashMap<>();
        for (JsonValue adjudication : adjudications) {
            if (adjudication.field("amount") != null) {
                amounts.merge(at(adjudication, "category.coding").get(0).fieldText("code"), new BigDecimal(adjudication.field("amount").field("value").text()), BigDecimal::add);
            }
        }
        return amounts;
    }

    /** What all claims of CARIN Blue Button refer to. */
    private static Set<String> referredTo(List<String> paths) {
        Set<String> followed = new TreeSet<>();
        for (JsonValue claim : carinClaims()) {
            paths.forEach(path -> at(claim, path).stream().filter(each -> each.fieldText("reference") != null).forEach(each -> followed.add(each.fieldText("reference"))));
        }
        return followed;
    }

    @Test
    void pac28_theVersionOfWhatAClaimRefersToReadsTheSame() {
        Set<String> followed = referredTo(List.of("patient", "insurer", "provider", "careTeam.provider", "insurance.coverage"));
        for (String reference : followed) {
            Reply read = get(reference);
            assertThat(read.status()).as(reference).isEqualTo(200);
            Reply version = get(reference + "/_history/" + read.json().root().field("meta").fieldText("versionId"));
            assertThat(version.status()).as(reference).isEqualTo(200);
            assertThat(version.text()).as(reference).isEqualTo(read.text());
        }
        assertThat(followed).hasSizeGreaterThan(8);
    }

    @Test
    void pac30_rst20_whatWasReceivedNamesTheFormatItCameIn() {
        Set<String> formats = new TreeSet<>();
        for (JsonValue provenance : resources("Provenance?_count=500")) {
            assertThat(provenance.toJson()).contains("\"author\"", "\"transmitter\"");
            at(provenance, "entity.extension.valueCodeableConcept.coding").forEach(coding -> formats.add(coding.fieldText("code")));
        }
        assertThat(formats).contains("x12837", "x12278", "ncpdp", "hl7fhirr4", "hl7ccda", "hl7v2vxu");
    }

    @Test
    void pac32_aRepresentativeIsAPersonOfTheMembersRecord() {
        assertThat(resources("RelatedPerson?patient=leo-okafor")).extracting(each -> each.fieldText("id")).containsExactly("leo-mother");
    }

    @Test
    void pac33_aMemberOfTwoPlansIsOnePersonWithBothCoverages() {
        assertThat(resources("Coverage?patient=rosa-delgado")).hasSize(2);
        JsonValue rosa = get("Patient/rosa-delgado").json().root();
        assertThat(at(rosa, "identifier")).hasSize(3);
        assertThat(resources("Patient?identifier=https://sandbox.portolan.example/members%7CSRF-88-01")).extracting(each -> each.fieldText("id")).containsExactly("rosa-delgado");
    }

    @Test
    void rst39_theFiveNoteTypesAndThreeReportCategoriesAreThereAndEveryAttachmentIsFoundBothWays() {
        Set<String> types = new TreeSet<>();
        Set<String> attachments = new TreeSet<>();
        for (JsonValue document : resources("DocumentReference?patient=amara-okafor&category=clinical-note&_count=100")) {
            at(document, "type.coding").forEach(coding -> types.add(coding.fieldText("code")));
            at(document, "content.attachment").stream().filter(each -> each.fieldText("url") != null).forEach(each -> attachments.add(each.fieldText("url")));
        }
        assertThat(types).contains("11488-4", "18842-5", "34117-2", "28570-0", "11506-3").as("the three more that are asked for since US Core 4").contains("18748-4", "11502-2", "11526-1");
        for (String category : List.of("LP29708-2", "LP7839-6", "LP29684-5")) {
            List<JsonValue> reports = resources("DiagnosticReport?patient=amara-okafor&category=" + category);
            assertThat(reports).as(category).isNotEmpty();
            for (JsonValue form : reports.stream().flatMap(report -> at(report, "presentedForm").stream()).toList()) {
                assertThat(attachments).contains(form.fieldText("url"));
                assertThat(get(form.fieldText("url")).status()).isEqualTo(200);
            }
        }
        assertThat(resources("DocumentReference/$docref?patient=amara-okafor")).hasSize(10); // RST-12
    }

    @Test
    void rst40_screeningAndAssessmentCategoriesAreThereAsObservationsAndAsConditions() {
        for (String category : List.of("sdoh", "functional-status", "disability-status", "cognitive-status")) {
            assertThat(resources("Observation?category=survey&category=" + category)).as(category).isNotEmpty();
            assertThat(resources("Condition?category=problem-list-item,health-concern&category=" + category)).as(category).isNotEmpty();
        }
    }

    @Test
    void rst35_everythingOfAMemberComesWithWhatItRefersTo() {
        List<JsonValue> everything = resources("Patient/amara-okafor/$everything?_count=500");
        assertThat(everything.get(0).fieldText("id")).isEqualTo("amara-okafor");
        assertThat(everything).extracting(each -> each.fieldText("resourceType")).contains("ExplanationOfBenefit", "Coverage", "QuestionnaireResponse", "Provenance");
        assertThat(resources("Patient/amara-okafor/$everything?_type=Coverage")).extracting(each -> each.fieldText("resourceType")).containsOnly("Coverage");
    }
}
