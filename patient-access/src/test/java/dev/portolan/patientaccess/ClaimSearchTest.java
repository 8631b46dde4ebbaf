package dev.portolan.patientaccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer;
import dev.portolan.rest.RunningServer.Reply;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The searches that CARIN Blue Button and PDex name, each by GET and by POST, against what a look at every stored resource says. SandboxSearchTest asks all that the guides' statements generate; here each row is told by itself. */
class ClaimSearchTest {

    private static final String PA = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-priorauthorization";
    private static RunningServer server;
    private static String base;
    private static final Map<String, List<JsonValue>> STORED = new TreeMap<>();

    @BeforeAll
    static void load() {
        server = RunningServer.get();
        assumeTrue(server.packages.guide("hl7.fhir.us.carin-bb", "2.0.0").isPresent(), "needs the FHIR packages: set PORTOLAN_PACKAGES to their folder");
        SandboxMembersLoaded.into(server);
        base = SandboxMembersLoaded.base();
        for (String type : List.of("ExplanationOfBenefit", "Coverage", "Patient", "Practitioner", "Organization", "RelatedPerson", "Device", "MedicationDispense", "Provenance")) {
            STORED.put(type, entries(server.get(base + "/" + type + "?_count=1000"), "match"));
            assertThat(STORED.get(type)).as(type).isNotEmpty();
        }
    }

    private static List<JsonValue> entries(Reply reply, String mode) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        List<JsonValue> found = new ArrayList<>();
        JsonValue entries = reply.json().root().field("entry");
        if (entries != null) {
            entries.children().forEach(entry -> {
                if (mode.equals(entry.field("search").fieldText("mode"))) {
                    found.add(entry.field("resource"));
                }
            });
        }
        return found;
    }

    private static Set<String> ids(List<JsonValue> resources) {
        Set<String> ids = new TreeSet<>();
        resources.forEach(each -> ids.add(each.fieldText("resourceType") + "/" + each.fieldText("id")));
        return ids;
    }

    /** By GET and by POST: exactly what fits of all that is stored, and that is something. */
    private static void finds(String type, String query, Predicate<JsonValue> fits) {
        Set<String> expected = ids(STORED.get(type).stream().filter(fits).toList());
        assertThat(expected).as(query).isNotEmpty();
        asks(type, query, expected);
    }

    private static void asks(String type, String query, Set<String> expected) {
        assertThat(ids(entries(server.get(base + "/" + type + "?" + query + "&_count=1000", "Prefer", "handling=strict"), "match"))).as(type + "?" + query).isEqualTo(expected);
        Reply posted = server.post(base + "/" + type + "/_search", query + "&_count=1000", "Content-Type", "application/x-www-form-urlencoded");
        assertThat(ids(entries(posted, "match"))).as("POST " + type + " " + query).isEqualTo(expected);
    }

    private static List<String> texts(JsonValue resource, String path) {
        return References.at(resource, path).stream().map(JsonValue::text).toList();
    }

    private static Predicate<JsonValue> has(String path, String value) {
        return resource -> texts(resource, path).contains(value);
    }

    private static boolean isAuthorization(JsonValue eob) {
        return texts(eob, "meta.profile").stream().anyMatch(profile -> profile.startsWith(PA));
    }

    private static String of(JsonValue resource, String path) {
        return texts(resource, path).get(0);
    }

    @Test
    void pac09_the_drugs_of_part_d_are_claims_that_an_app_reads_with_their_cost() {
        Predicate<JsonValue> pharmacy = has("type.coding.code", "pharmacy");
        finds("ExplanationOfBenefit", "patient=samir-haddad&type=pharmacy", pharmacy.and(has("patient.reference", "Patient/samir-haddad")));
        List<JsonValue> claims = STORED.get("ExplanationOfBenefit").stream().filter(pharmacy).toList();
        assertThat(claims).hasSizeGreaterThan(2).allSatisfy(claim -> {
            assertThat(texts(claim, "item.productOrService.coding.system")).as(claim.fieldText("id")).isNotEmpty();
            assertThat(texts(claim, "supportingInfo.category.coding.code")).contains("dayssupply", "refillnum");
            assertThat(texts(claim, "total.category.coding.code")).contains("submitted");
            assertThat(texts(claim, "total.amount.value")).isNotEmpty();
        });
    }

    @Test
    void pac11_a_prior_authorization_is_found_by_each_search_that_pdex_asks_for() {
        List<JsonValue> authorizations = STORED.get("ExplanationOfBenefit").stream().filter(ClaimSearchTest::isAuthorization).toList();
        assertThat(authorizations).hasSizeGreaterThanOrEqualTo(5);
        for (JsonValue one : authorizations) {
            String patient = of(one, "patient.reference");
            String own = "patient=" + patient;
            Predicate<JsonValue> members = has("patient.reference", patient);
            finds("ExplanationOfBenefit", own, members);
            finds("ExplanationOfBenefit", "patient=" + patient.substring("Patient/".length()), members);
            finds("ExplanationOfBenefit", "_id=" + one.fieldText("id"), has("id", one.fieldText("id")));
            finds("ExplanationOfBenefit", "identifier=" + of(one, "identifier.system") + "%7C" + of(one, "identifier.value"), has("identifier.value", of(one, "identifier.value")));
            String type = of(one, "type.coding.code");
            finds("ExplanationOfBenefit", own + "&type=" + type, members.and(has("type.coding.code", type)));
            String updated = of(one, "meta.lastUpdated");
            finds("ExplanationOfBenefit", own + "&_lastUpdated=" + updated, members.and(has("meta.lastUpdated", updated)));
            finds("ExplanationOfBenefit", own + "&use=preauthorization", members.and(has("use", "preauthorization")));
            String start = of(one, "billablePeriod.start");
            asksByDate(own + "&service-date=ge" + start, members.and(claim -> !ends(claim).isBefore(LocalDate.parse(start))), one);
        }
    }

    /** The last day of the billable period; one without an end goes on. */
    private static LocalDate ends(JsonValue claim) {
        List<String> ends = texts(claim, "billablePeriod.end");
        return ends.isEmpty() ? LocalDate.MAX : LocalDate.parse(ends.get(0));
    }

    /** A service date is the billable period's or a line's: at least the claims whose period fits are there, this one among them. */
    private static void asksByDate(String query, Predicate<JsonValue> fits, JsonValue one) {
        Set<String> found = ids(entries(server.get(base + "/ExplanationOfBenefit?" + query + "&_count=1000", "Prefer", "handling=strict"), "match"));
        assertThat(found).as(query).containsAll(ids(STORED.get("ExplanationOfBenefit").stream().filter(fits).toList())).contains("ExplanationOfBenefit/" + one.fieldText("id"));
    }

    @Test
    void pac13_claims_are_found_by_id_patient_time_type_and_identifier() {
        for (JsonValue claim : STORED.get("ExplanationOfBenefit").stream().limit(8).toList()) {
            String patient = of(claim, "patient.reference");
            String updated = of(claim, "meta.lastUpdated");
            finds("ExplanationOfBenefit", "_id=" + claim.fieldText("id"), has("id", claim.fieldText("id")));
            finds("ExplanationOfBenefit", "patient=" + patient, has("patient.reference", patient));
            finds("ExplanationOfBenefit", "_lastUpdated=" + updated, has("meta.lastUpdated", updated));
            finds("ExplanationOfBenefit", "identifier=" + of(claim, "identifier.value"), has("identifier.value", of(claim, "identifier.value")));
            finds("ExplanationOfBenefit", "patient=" + patient + "&identifier=" + of(claim, "identifier.value"), has("patient.reference", patient).and(has("identifier.value", of(claim, "identifier.value"))));
        }
        for (String type : List.of("institutional", "oral", "pharmacy", "professional", "vision")) {
            finds("ExplanationOfBenefit", "type=" + type, has("type.coding.code", type));
            finds("ExplanationOfBenefit", "type=http://terminology.hl7.org/CodeSystem/claim-type%7C" + type, has("type.coding.code", type));
        }
    }

    @Test
    void pac14_the_start_of_a_claim_is_compared_by_every_prefix() {
        String day = "2024-03-01";
        Map<String, Predicate<LocalDate>> prefixes = Map.of("eq", starts -> starts.equals(LocalDate.parse(day)), "ne", starts -> !starts.equals(LocalDate.parse(day)), "gt", starts -> starts.isAfter(LocalDate.parse(day)),
            "ge", starts -> !starts.isBefore(LocalDate.parse(day)), "lt", starts -> starts.isBefore(LocalDate.parse(day)), "le", starts -> !starts.isAfter(LocalDate.parse(day)), "sa", starts -> starts.isAfter(LocalDate.parse(day)),
            "eb", starts -> starts.isBefore(LocalDate.parse(day)));
        prefixes.forEach((prefix, fits) -> asks("ExplanationOfBenefit", "billable-period-start=" + prefix + day,
            ids(STORED.get("ExplanationOfBenefit").stream().filter(claim -> texts(claim, "billablePeriod.start").stream().anyMatch(start -> fits.test(LocalDate.parse(start)))).toList())));
        assertThat(server.get(base + "/ExplanationOfBenefit?billable-period-start=ap" + day).status()).isEqualTo(200);
    }

    @Test
    void pac14_claims_are_found_by_service_date_and_by_its_start() {
        for (JsonValue claim : STORED.get("ExplanationOfBenefit")) {
            String start = of(claim, "billablePeriod.start");
            String id = "ExplanationOfBenefit/" + claim.fieldText("id");
            for (String query : List.of("service-date=ge" + start, "service-start-date=" + start, "billable-period-start=" + start, "billable-period-start=sa" + LocalDate.parse(start).minusDays(1))) {
                Set<String> found = ids(entries(server.get(base + "/ExplanationOfBenefit?" + query + "&_count=1000", "Prefer", "handling=strict"), "match"));
                assertThat(found).as(query).contains(id);
            }
            String after = "service-start-date=gt" + LocalDate.parse(start).plusYears(20);
            assertThat(entries(server.get(base + "/ExplanationOfBenefit?" + after, "Prefer", "handling=strict"), "match")).as(after).isEmpty();
        }
    }

    @Test
    void pac16_coverages_come_with_their_payors_and_people_and_organizations_are_read_and_found_by_id() {
        for (JsonValue coverage : STORED.get("Coverage")) {
            Reply reply = server.get(base + "/Coverage?_id=" + coverage.fieldText("id") + "&_include=Coverage:payor", "Prefer", "handling=strict");
            assertThat(ids(entries(reply, "match"))).containsExactly("Coverage/" + coverage.fieldText("id"));
            assertThat(ids(entries(reply, "include"))).isEqualTo(new TreeSet<>(texts(coverage, "payor.reference")));
        }
        for (String type : List.of("Patient", "Practitioner", "Organization", "RelatedPerson")) {
            for (JsonValue resource : STORED.get(type)) {
                String id = resource.fieldText("id");
                Reply read = server.get(base + "/" + type + "/" + id);
                assertThat(read.status()).as(type + "/" + id).isEqualTo(200);
                assertThat(read.json().root().toJson()).isEqualTo(resource.toJson());
                asks(type, "_id=" + id, Set.of(type + "/" + id));
                finds(type, "_lastUpdated=" + of(resource, "meta.lastUpdated"), has("meta.lastUpdated", of(resource, "meta.lastUpdated")));
            }
        }
    }

    @Test
    void pac29_devices_and_dispenses_and_provenances_of_pdex_are_found() {
        JsonValue device = STORED.get("Device").get(0);
        String wearer = of(device, "patient.reference");
        finds("Device", "patient=" + wearer, has("patient.reference", wearer));
        finds("Device", "patient=" + wearer + "&type=" + of(device, "type.coding.code"), has("patient.reference", wearer).and(has("type.coding.code", of(device, "type.coding.code"))));
        JsonValue dispense = STORED.get("MedicationDispense").get(0);
        String member = of(dispense, "subject.reference");
        finds("MedicationDispense", "patient=" + member, has("subject.reference", member));
        finds("MedicationDispense", "patient=" + member + "&status=" + of(dispense, "status"), has("subject.reference", member).and(has("status", of(dispense, "status"))));
        for (String type : List.of("Device", "MedicationDispense", "ExplanationOfBenefit")) {
            Set<String> told = ids(entries(server.get(base + "/" + type + "?_count=1000&_revinclude=Provenance:target", "Prefer", "handling=strict"), "include"));
            assertThat(told).as(type).isEqualTo(ids(STORED.get("Provenance").stream().filter(each -> texts(each, "target.reference").stream().anyMatch(target -> target.startsWith(type + "/"))).toList())).isNotEmpty();
        }
    }
}
