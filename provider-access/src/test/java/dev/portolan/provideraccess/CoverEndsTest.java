package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.PrimaryCare;
import dev.portolan.store.ResourceKey;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose patients members are by primary care, for as long as a cover runs that is told by days, months or years, or has no end. */
class CoverEndsTest {

    private static final String NPI = "1234567893";
    private static final Clock NOW = Clock.fixed(Instant.parse("2027-03-15T12:00:00Z"), ZoneOffset.UTC);

    private static SearchedMembers members;

    @BeforeAll
    static void open() {
        members = new SearchedMembers();
        members.put(transaction -> transaction.put(new ResourceKey("Practitioner", "doc"), JsonDocument.parse("{\"resourceType\":\"Practitioner\",\"id\":\"doc\",\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"" + NPI + "\"}]}")));
    }

    @AfterAll
    static void close() {
        members.close();
    }

    @BeforeEach
    void noOther() {
        later("2027-04-01", "2027-12-31", "cancelled");
    }

    private static List<Attribution> patients(String starts, String ends) {
        return patients(starts, ends, "Practitioner/doc");
    }

    private static List<Attribution> patients(String starts, String ends, String doctor) {
        members.put(transaction -> {
            transaction.put(new ResourceKey("Patient", "pat"), JsonDocument.parse("{\"resourceType\":\"Patient\",\"id\":\"pat\",\"generalPractitioner\":[{\"reference\":\"" + doctor + "\"}]}"));
            transaction.put(new ResourceKey("Coverage", "cov"), JsonDocument.parse("{\"resourceType\":\"Coverage\",\"id\":\"cov\",\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/pat\"},\"payor\":[{\"display\":\"plan\"}],"
                + "\"period\":{\"start\":\"" + starts + "\",\"end\":\"" + ends + "\"}}"));
        });
        return new PrimaryCare(members.records, NOW).patientsOf(List.of(NPI));
    }

    private static void ends(String ends, String expected) {
        assertThat(patients("2020", ends)).as(ends).singleElement().extracting(Attribution::ends).isEqualTo(expected == null ? null : Instant.parse(expected));
    }

    @Test
    void prv01_a_cover_that_ended_in_a_month_or_a_year_makes_nobody_a_patient() {
        for (String over : List.of("2021", "2026", "2027-02", "2027-03-14")) {
            assertThat(patients("2020", over)).as(over).isEmpty();
        }
        assertThat(patients("2028", "2029")).as("not yet").isEmpty();
    }

    @Test
    void prv01_a_cover_runs_to_the_end_of_its_last_day_month_or_year() {
        ends("2027-03-15", "2027-03-16T00:00:00Z");
        ends("2027-03", "2027-04-01T00:00:00Z");
        ends("2027", "2028-01-01T00:00:00Z");
    }

    /** US Core Patient: generalPractitioner is a Practitioner, an Organization or a PractitionerRole. */
    @Test
    void prv01_a_doctor_can_be_named_by_a_role_that_is_in_force() {
        String role = "{\"resourceType\":\"PractitionerRole\",\"id\":\"role\",\"active\":true,\"practitioner\":{\"reference\":\"Practitioner/doc\"}}";
        members.put(transaction -> transaction.put(new ResourceKey("PractitionerRole", "role"), JsonDocument.parse(role)));
        assertThat(patients("2020", "2029", "PractitionerRole/role")).singleElement().extracting(Attribution::providerNpi).isEqualTo(NPI);
        members.put(transaction -> transaction.put(new ResourceKey("PractitionerRole", "role"), JsonDocument.parse(role.replace("true", "false"))));
        assertThat(patients("2020", "2029", "PractitionerRole/role")).isEmpty();
    }

    @Test
    void prv01_the_last_day_that_dates_have_is_no_end() {
        ends("9999-12-31", null);
        ends("9999", null);
    }

    /** Enrollments are by the year: on its first day nobody is to fall off the lists until they are counted again. */
    @Test
    void prv01_covers_that_follow_each_other_without_a_gap_are_one() {
        later("2027-04", "2027-12-31", "active");
        ends("2027-03-31", "2028-01-01T00:00:00Z");
        later("2027-04-02", "2027-12-31", "active");
        ends("2027-03-31", "2027-04-01T00:00:00Z");
        later("2027-04-01", "2027-12-31", "cancelled");
        ends("2027-03-31", "2027-04-01T00:00:00Z");
    }

    private static void later(String starts, String ends, String status) {
        members.put(transaction -> transaction.put(new ResourceKey("Coverage", "later"), JsonDocument.parse("{\"resourceType\":\"Coverage\",\"id\":\"later\",\"status\":\"" + status
            + "\",\"beneficiary\":{\"reference\":\"Patient/pat\"},\"payor\":[{\"display\":\"plan\"}],\"period\":{\"start\":\"" + starts + "\",\"end\":\"" + ends + "\"}}")));
    }
}
